import pytest
from tests.files.reading import connection, errors, warnings


@pytest.mark.parametrize(
    ("type_", "lines"),
    [
        ("kafka", ["KAFKA_BOOTSTRAP_SERVERS h:9092", "KAFKA_KEY k1", "KAFKA_SECRET s"]),
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


def test_a_certificate_keeps_its_indentation_and_loses_blank_lines():
    lines = "KAFKA_SSL_CA_PEM >\n    -----\n\n      abc\n    -----\n"
    text = f"TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\n{lines}"
    assert connection(text).settings["kafka_ssl_ca_pem"] == "-----\n      abc\n    -----"


@pytest.mark.parametrize("value", ['{"a": 1}', "'{\"a\": 1}'", '{{ tb_secret("json") }}'])
def test_credentials_are_json_or_a_secret(value):
    text = f"TYPE gcs\nGCS_SERVICE_ACCOUNT_CREDENTIALS_JSON {value}\n"
    kept = connection(text).settings["gcs_service_account_credentials_json"]
    assert kept == value.strip("'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 The connection has no TYPE"),
        ("TYPE ftp\n", "1:6 Unknown connection type 'ftp'"),
        ("TYPE ''\n", "1:1 Unknown connection type ''"),
        ("TYPE kafka\n", "1:6 A connection of type kafka needs KAFKA_BOOTSTRAP_SERVERS"),
        (
            "TYPE s3\nS3_REGION r\nS3_ACCESS_KEY a\n",
            "1:6 A connection of type s3 needs S3_ARN or S3_ACCESS_KEY and S3_SECRET",
        ),
    ],
)
def test_what_a_connection_lacks_is_a_warning(text, expected):
    assert warnings(text, "connection") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TYPE\n", "1:1 TYPE needs a value"),
        ("TYPE kafka\nKAFKA_KEY\n", "2:1 KAFKA_KEY needs a value"),
        (
            "TYPE gcs\nGCS_SERVICE_ACCOUNT_CREDENTIALS_JSON x\n",
            "2:38 GCS_SERVICE_ACCOUNT_CREDENTIALS_JSON is not JSON: "
            "Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "TYPE kafka\nKAFKA_KEY_AVRO_DESERIALIZATION x\n",
            "2:1 KAFKA_KEY_AVRO_DESERIALIZATION has been deprecated. Use "
            '"KAFKA_KEY_FORMAT avro" in the corresponding .datasource file instead',
        ),
        (
            "TYPE kafka\nSCHEMA >\n    a Int8\n",
            "2:1 SCHEMA is not a valid option in connection files.",
        ),
    ],
)
def test_bad_connections(text, expected):
    assert errors(text, "connection")[0] == expected
