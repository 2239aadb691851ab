import pytest
from tests.files.reading import connection, errors


@pytest.mark.parametrize(
    ("type_", "lines"),
    [
        ("kafka", ["KAFKA_BOOTSTRAP_SERVERS h:9092", "KAFKA_KEY k#1", "KAFKA_SECRET s"]),
        ("s3", ["S3_REGION eu-west-1", "S3_ARN arn:aws:iam::1:role/r"]),
        ("s3", ["S3_REGION eu-west-1", "S3_ACCESS_KEY a", "S3_SECRET b"]),
        ("gcs", ["GCS_SERVICE_ACCOUNT_CREDENTIALS_JSON {}"]),
        ("gcs", ["GCS_HMAC_ACCESS_ID a", "GCS_HMAC_SECRET b"]),
        ("dynamodb", ["DYNAMODB_ARN a", "DYNAMODB_REGION eu-west-1"]),
        ("postgres", ["PG_HOST h", "PG_PORT 5432", "PG_DATABASE d", "PG_USER u"]),
    ],
)
def test_types(type_, lines):
    found = connection("\n".join([f"TYPE {type_.upper()}", "DESCRIPTION hi", *lines]))
    assert (found.name, found.type, found.description) == ("x", type_, "hi")
    assert found.settings == {
        name.lower(): value for name, value in (line.split(" ", 1) for line in lines)
    }


def test_a_certificate_spans_lines():
    text = "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\nKAFKA_SSL_CA_PEM >\n    -----\n    abc\n"
    assert connection(text).settings["kafka_ssl_ca_pem"] == "-----\n    abc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 TYPE is mandatory"),
        ("TYPE ftp\n", "1:6 Invalid connection type 'ftp'"),
        ("TYPE kafka\n", "1:1 A connection of type kafka needs KAFKA_BOOTSTRAP_SERVERS"),
        (
            "TYPE s3\nS3_REGION r\nS3_ACCESS_KEY a\n",
            "1:1 A connection of type s3 needs S3_ARN or S3_ACCESS_KEY and S3_SECRET",
        ),
        (
            "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\nKAFKA_KEY_AVRO_DESERIALIZATION x\n",
            "3:1 KAFKA_KEY_AVRO_DESERIALIZATION is not a valid option in connection files.",
        ),
        (
            "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\nSCHEMA >\n    a Int8\n",
            "3:1 SCHEMA is not a valid option in connection files.",
        ),
    ],
)
def test_bad_connections(text, expected):
    assert errors(text, "connection")[0] == expected
