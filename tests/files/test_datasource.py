import pytest
from hypothesis import given
from tests.files.generate_datasource import datasources
from tests.files.reading import datasource, errors, warnings

COLUMNS = "SCHEMA >\n    a String\n"
S3 = "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s3://b/*.csv\nIMPORT_SCHEDULE @auto\n"
KAFKA = "KAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"


def test_every_instruction():
    found = datasource(
        'DESCRIPTION Events\nTOKEN "read me" READ\nTOKEN app append\nTAGS "a, b,c=d"\n'
        f"{COLUMNS}ENGINE MergeTree\nENGINE_SORTING_KEY a\n"
        "FORWARD_QUERY >\n    SELECT *, 1 AS b\nBACKFILL skip\n"
        "SHARED_WITH >\n    one,\n    two three\n    four\n"
        "KAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID $GROUP\n"
        "KAFKA_AUTO_OFFSET_RESET latest\n",
        environment={"GROUP": "g"},
    )
    assert found.name == "x"
    assert found.quarantine == "x_quarantine"
    assert (found.location.path, found.location.line) == ("x.datasource", 1)
    assert found.description == "Events"
    assert [(t.name, t.permission, t.location.line) for t in found.tokens] == [
        ("read me", "READ", 2),
        ("app", "APPEND", 3),
    ]
    assert found.tags == ("a", "b", "c=d")
    assert found.forward_query == "SELECT *, 1 AS b"
    assert found.backfill == "skip"
    assert found.shared_with == ("one", "two three", "four")
    assert found.connector == {
        "kafka_connection_name": "c",
        "kafka_topic": "t",
        "kafka_group_id": "g",
        "kafka_auto_offset_reset": "latest",
    }


@given(datasources())
def test_generated_files(text):
    """The texts that other tests compare and rewrite are valid."""
    assert errors(text, secrets={}) == []


def test_the_last_of_repeated_instructions_holds():
    found = datasource(
        "SCHEMA >\n    a Int8\nSCHEMA >\n    b Int8\nENGINE Null\nENGINE MergeTree\n"
    )
    assert [column.name for column in found.columns] == ["b"]
    assert found.engine.name == "MergeTree"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "TOKEN x",
            '3:7 TOKEN takes two params: token name and permission e.g TOKEN "read api token" READ',
        ),
        (
            "TOKEN",
            '3:1 TOKEN takes two params: token name and permission e.g TOKEN "read api token" READ',
        ),
        (
            "TOKEN x y READ",
            "3:7 Invalid number of arguments for TOKEN command: 3. "
            "Expected 2 arguments: token name and permission",
        ),
        (
            "TOKEN x WRITE",
            "3:7 Invalid permission: WRITE. Only READ and APPEND are supported",
        ),
        (
            "SETTINGS index_granularity = 1",
            "3:1 SETTINGS option is not allowed, use ENGINE_SETTINGS instead. See "
            "https://www.tinybird.co/docs/cli/datafiles#data-source for more information.",
        ),
        (
            "BACKFILL foo",
            "3:10 foo is not an allowed value for BACKFILL. Use one of: {'skip'}",
        ),
        ("VERSION one", "3:9 VERSION must be a whole number, not 'one'"),
        (f"VERSION {'9' * 5000}", f"3:9 VERSION must be a whole number, not '{'9' * 5000}'"),
        ("SHARED_WITH", "3:1 SHARED_WITH requires at least one workspace name"),
        ("SHARED_WITH >\n", "3:1 SHARED_WITH needs a value"),
        ('SHARED_WITH ","', "3:14 SHARED_WITH requires at least one workspace name"),
        ("FORWARD_QUERY >\n", "3:1 FORWARD_QUERY needs a value"),
        ("INDEXES >\n", "3:1 INDEXES needs a value"),
        ("ENGINE_SORTING_KEY >\n", "3:1 ENGINE_SORTING_KEY needs a value"),
        (
            "KAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c",
            "4:1 Some Kafka params have been provided, "
            "but the following required ones are missing: ['kafka_group_id']",
        ),
        (
            'KAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID ""',
            "5:1 KAFKA_GROUP_ID cannot be empty",
        ),
        (
            "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s3://b/x",
            "3:1 Some connection params have been provided, "
            "but the following required ones are missing: ['import_schedule']",
        ),
        (
            "IMPORT_TABLE_ARN x",
            "3:1 Some DynamoDB params have been provided, but the following required ones "
            "are missing: ['import_connection_name', 'import_export_bucket']",
        ),
        (
            "IMPORT_FORMAT csv",
            "3:1 Some connection params have been provided, but the following required ones are "
            "missing: ['import_connection_name', 'import_schedule', 'import_bucket_uri']",
        ),
        (
            "PG_TABLE t",
            "3:1 Some Postgres params have been provided, "
            "but the following required ones are missing: ['pg_connection_name']",
        ),
        (
            S3.replace("@auto", "0 * * * *"),
            "5:1 Invalid import schedule '0 * * * *'. "
            "Only ['@auto', '@on-demand', '@once'] values are allowed",
        ),
        (S3 + KAFKA, "3:1 A data source has one connector, this one has KAFKA and IMPORT params"),
        ("ENGINE", "3:1 ENGINE needs a value"),
        ("ENGINE_TTL", "3:1 ENGINE_TTL needs a value"),
        ("TAGS", "3:1 TAGS needs a value"),
        ("KAFKA_KEY_FORMAT", "3:1 KAFKA_KEY_FORMAT needs a value"),
        ("SCHEMA >\n    -- none", "3:1 SCHEMA needs at least one column"),
    ],
)
def test_bad_instructions(lines, expected):
    assert errors(f"{COLUMNS}{lines}\n") == [expected]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "DESCRIPTION hi\n"])
def test_schema_is_mandatory(text):
    assert errors(text) == ["1:1 SCHEMA is mandatory"]


def test_all_errors_of_a_file():
    assert errors("TOKEN x\nFOO\nSCHEMA >\n    a Foo\nENGINE Joint\nBACKFILL no\n") == [
        "2:1 FOO is not a valid option in datasource files.",
        '1:7 TOKEN takes two params: token name and permission e.g TOKEN "read api token" READ',
        "4:7 Unknown data type family: Foo",
        "6:10 no is not an allowed value for BACKFILL. Use one of: {'skip'}",
        "5:8 Engine Joint is not supported, supported engines include: MergeTree, "
        "ReplacingMergeTree, SummingMergeTree, AggregatingMergeTree, CollapsingMergeTree, "
        "VersionedCollapsingMergeTree, Null, Join",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("VERSION 2", "3:1 VERSION has been deprecated and will be ignored."),
        (
            "IMPORT_STRATEGY append",
            "3:1 IMPORT_STRATEGY has been deprecated and will be ignored. Imports append.",
        ),
        ("EXPORT_SERVICE kafka", "3:1 EXPORT_SERVICE has been deprecated and will be ignored."),
        (
            f"{KAFKA}KAFKA_TARGET_PARTITIONS auto",
            "6:1 KAFKA_TARGET_PARTITIONS has been deprecated and will be ignored.",
        ),
        (
            f"{KAFKA}KAFKA_KEY_AVRO_DESERIALIZATION ''",
            "6:1 KAFKA_KEY_AVRO_DESERIALIZATION has been replaced by KAFKA_KEY_FORMAT",
        ),
    ],
)
def test_classic_instructions_are_warnings(lines, expected):
    assert warnings(f"{COLUMNS}{lines}\n") == [expected]


def test_version_is_kept():
    assert datasource(f"VERSION 2\n{COLUMNS}").file_version == 2


def test_classic_bigquery_has_neither_bucket_nor_table():
    found = datasource(
        f"{COLUMNS}IMPORT_SERVICE bigquery\nIMPORT_SCHEDULE 0 * * * *\n"
        "IMPORT_EXTERNAL_DATASOURCE a.b.c\nIMPORT_QUERY select a from b\n"
    )
    assert found.connector == {
        "import_service": "bigquery",
        "import_schedule": "0 * * * *",
        "import_external_datasource": "a.b.c",
        "import_query": "select a from b",
    }


def test_classic_kafka_settings_in_the_datasource():
    text = f"{COLUMNS}KAFKA_BOOTSTRAP_SERVERS h:9092\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"
    assert datasource(text).connector["kafka_bootstrap_servers"] == "h:9092"
    assert warnings(text) == ["3:1 KAFKA_BOOTSTRAP_SERVERS belongs in a .connection file"]


def test_import_format_is_lower_case():
    assert datasource(f"{COLUMNS}{S3}IMPORT_FORMAT CSV\n").connector["import_format"] == "csv"
