import pytest
from tests.files.reading import errors, pipe, warnings

from martlet.model import NodeType

NODE = "NODE n\nSQL >\n    SELECT 1\n"


def test_every_part_of_a_pipe():
    found = pipe(
        'DESCRIPTION The pipe\nTOKEN "my app" READ\nTOKEN other READ\nTAGS "a,b"\n\n'
        "NODE first\nDESCRIPTION >\n    The first\nSQL >\n    SELECT 1\n\n"
        'NODE "second"\nSQL >\n    SELECT 2\nDESCRIPTION The second\nTYPE Endpoint\n'
    )
    assert (found.name, found.description, found.tags) == ("x", "The pipe", ("a", "b"))
    assert [(t.name, t.permission) for t in found.tokens] == [("my app", "READ"), ("other", "READ")]
    first, second = found.nodes
    assert (first.name, first.type, first.description) == (
        "first",
        NodeType.STANDARD,
        "The first",
    )
    assert (second.name, second.type, second.description) == (
        "second",
        NodeType.ENDPOINT,
        "The second",
    )
    assert (first.sql, first.is_template) == ("SELECT 1", False)
    assert found.output is second
    assert (second.location.line, second.sql_location.line) == (12, 14)


@pytest.mark.parametrize(
    ("block", "sql", "places"),
    [
        ("    %\n    SELECT x", "    SELECT x", (4, 12)),
        ("%\nSELECT x", "SELECT x", (4, 8)),
        ("    % SELECT x", " SELECT x", (3, 14)),
        ("%SELECT x", "SELECT x", (3, 9)),
        ("\n\n    %\n\n    SELECT x", "    SELECT x", (7, 12)),
        ("\t%   \n\tSELECT\n\t\tx", "\tSELECT\n\t\tx", (5, 3)),
    ],
)
def test_a_template_is_the_text_after_the_percent_sign(block, sql, places):
    node = pipe(f"NODE n\nSQL >\n{block}\n").nodes[0]
    assert (node.is_template, node.sql) == (True, sql)
    place = node.locate(node.sql.index("x"), "x.pipe")
    assert (place.line, place.column) == places
    assert place.text[place.column - 1] == "x"


@pytest.mark.parametrize(
    ("sql", "is_template"),
    [
        ("SELECT {{Int8(x)}}", True),
        ("SELECT 1\n    {% if defined(x) %} , 2 {% end %}", True),
        ("SELECT '{{'", False),
        ("SELECT x % 2", False),
    ],
)
def test_tags_without_a_percent_sign(sql, is_template):
    text = f"NODE n\nSQL >\n    {sql}\n"
    node = pipe(text).nodes[0]
    assert (node.is_template, node.sql) == (is_template, sql.replace("\n    ", "\n"))
    found = warnings(text, "pipe")
    assert len(found) == is_template
    assert all("does not start with %" in text for text in found)


@pytest.mark.parametrize(
    ("lines", "type_", "settings"),
    [
        ("TYPE standard", "standard", {}),
        ('TYPE ""', "standard", {}),
        ("TYPE ENDPOINT", "endpoint", {}),
        (
            "TYPE materialized\nDATASOURCE d\nDEPLOYMENT_METHOD alter",
            "materialized",
            {"datasource": "d", "deployment_method": "alter"},
        ),
        (
            "TYPE COPY\nTARGET_DATASOURCE d\nCOPY_SCHEDULE 0 */2 * * 1-5\nCOPY_MODE replace",
            "copy",
            {"target_datasource": "d", "copy_schedule": "0 */2 * * 1-5", "copy_mode": "replace"},
        ),
        (
            "TYPE copy\nTARGET_DATASOURCE d\nMODE append\nCOPY_SCHEDULE @on-demand\n"
            "ON_DEMAND_COMPUTE true",
            "copy",
            {
                "target_datasource": "d",
                "copy_mode": "append",
                "copy_schedule": "@on-demand",
                "on_demand_compute": "true",
            },
        ),
        (
            "TYPE sink\nEXPORT_CONNECTION_NAME c\nEXPORT_SCHEDULE '@on-demand'\n"
            "EXPORT_KAFKA_TOPIC t",
            "sink",
            {
                "export_connection_name": "c",
                "export_schedule": "@on-demand",
                "export_kafka_topic": "t",
            },
        ),
        (
            "TYPE sink\nEXPORT_CONNECTION_NAME c\nEXPORT_SCHEDULE 5 4 * jan mon,fri\n"
            "EXPORT_BUCKET_URI s3://b\nEXPORT_FILE_TEMPLATE {a, '%Y'}/x",
            "sink",
            {
                "export_connection_name": "c",
                "export_schedule": "5 4 * jan mon,fri",
                "export_bucket_uri": "s3://b",
                "export_file_template": "{a, '%Y'}/x",
            },
        ),
    ],
)
def test_types_and_their_settings(lines, type_, settings):
    found = pipe(f"{NODE}{lines}\n")
    assert (found.type.value, found.output.settings) == (type_, settings)
    assert set(found.output.setting_locations) == set(settings)
    assert warnings(f"{NODE}{lines}\n", "pipe") == []


SINK = "TYPE sink\nEXPORT_CONNECTION_NAME c\nEXPORT_SCHEDULE @on-demand\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 Pipe data file must have at least one node"]),
        ("DESCRIPTION x\n", ["1:1 Pipe data file must have at least one node"]),
        ("TYPE endpoint\n" + NODE, ["1:1 TYPE must be called after a NODE command"]),
        ("SQL >\n    SELECT 1\n" + NODE, ["1:1 SQL must be called after a NODE command"]),
        ("NODE n\nSQL SELECT 1\n", ["2:1 SQL must be multiline"]),
        ("NODE n\nSQL\nSELECT 1\nFROM x\n", ["2:1 SQL must be multiline"]),
        ("NODE n\n", ['1:1 error parsing node "n" from pipe "x.pipe": Empty query']),
        (
            "NODE n\nSQL >\n\nSQL >\n    SELECT 1\n",
            ['1:1 error parsing node "n" from pipe "x.pipe": Empty query'],
        ),
        ("NODE n\nSQL >\n\n", ['1:1 error parsing node "n" from pipe "x.pipe": Empty query']),
        (
            "NODE n\nSQL >\n    %\n",
            ['1:1 error parsing node "n" from pipe "x.pipe": Empty query'],
        ),
        (NODE + "NODE\nSQL >\n    SELECT 1\n", ["4:1 NODE needs a name"]),
        (NODE + "TYPE\n", ["4:1 TYPE needs a value"]),
        (NODE + "TYPE endpoint\nEXPORT_FORMAT # csv\n", ["5:1 EXPORT_FORMAT needs a value"]),
        (
            NODE + "TYPE standard\nDATASOURCE d\n",
            ["5:12 Standard node 'n' has an invalid attribute (datasource)"],
        ),
        (NODE + NODE, ["4:6 Node 'n' is defined twice"]),
        (
            "TOKEN r APPEND\n" + NODE,
            ["1:7 Invalid permission APPEND for token r. Only READ is allowed for pipes"],
        ),
        (
            NODE + "TYPE foo\nDATASOURCE d\n",
            [
                "4:6 Invalid node 'n' of type (foo). "
                "Allowed node types: {'copy', 'endpoint', 'materialized', 'sink'}",
                "5:12 Standard node 'n' has an invalid attribute (datasource)",
            ],
        ),
        (
            NODE + "TYPE endpoint\nNODE m\nSQL >\n    SELECT 1\nTYPE endpoint\n",
            ["8:1 Multiple non-standard nodes in pipe. There can only be one"],
        ),
        (
            NODE + "TYPE materialized\n",
            [
                "4:1 Some materialized node params have been provided, "
                "but the following required ones are missing: ['datasource']"
            ],
        ),
        (
            NODE + "TYPE materialized\nDATASOURCE d\nDEPLOYMENT_METHOD swap\n",
            ["6:19 swap is not an allowed value for DEPLOYMENT_METHOD. Use one of: {'alter'}"],
        ),
        (
            NODE + "TYPE copy\n",
            [
                "4:1 Some copy node params have been provided, "
                "but the following required ones are missing: ['target_datasource']"
            ],
        ),
        (
            NODE + "TYPE copy\nTARGET_DATASOURCE d\nCOPY_MODE merge\nON_DEMAND_COMPUTE 2\n",
            [
                "6:11 COPY node mode must be append or replace",
                "7:19 ON_DEMAND_COMPUTE must be true or false",
            ],
        ),
        (NODE + "DATASOURCE d\n", ["4:12 Standard node 'n' has an invalid attribute (datasource)"]),
        (NODE + "FILTER x\n", ["4:8 Standard node 'n' has an invalid attribute (filter)"]),
        (
            NODE + "TYPE sink\nEXPORT_KAFKA_TOPIC t\n",
            ["4:1 Sink node 'n' is missing required parameter 'export_connection_name'"],
        ),
        (
            NODE + "TYPE sink\nEXPORT_CONNECTION_NAME c\nEXPORT_BUCKET_URI s3://b\n",
            [
                "4:1 S3/GCS sink node 'n' is missing required parameters: "
                "['export_file_template', 'export_schedule']"
            ],
        ),
        (
            NODE + SINK,
            [
                "4:1 Sink node 'n' is missing required parameters. For Kafka sinks, provide "
                "'export_kafka_topic'. For S3/GCS sinks, provide 'export_bucket_uri' and "
                "'export_file_template'."
            ],
        ),
        (
            NODE + SINK + "EXPORT_BUCKET_URI s3://b\nEXPORT_KAFKA_TOPIC t\n",
            [
                "4:1 Sink node 'n' has mixed Kafka and S3/GCS parameters. Use either Kafka "
                "parameters (export_kafka_topic) or S3/GCS parameters (export_bucket_uri, "
                "export_file_template), not both."
            ],
        ),
        (
            NODE + SINK.replace("@on-demand", "@once") + "EXPORT_KAFKA_TOPIC t\n",
            [
                "4:1 Sink node 'n' has invalid export_schedule '@once'. "
                "Must be @on-demand or a valid cron expression."
            ],
        ),
        ("CACHE 5\n" + NODE, ["1:1 CACHE is not a valid option in pipe files."]),
    ],
)
def test_bad_pipes(text, expected):
    assert errors(text, "pipe") == expected


@pytest.mark.parametrize(
    "schedule",
    [
        "@once", "@auto", "@On-Demand", "* * * *", "* * * * * 60", "* * * * * * 1969", "* * * * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
        "* * * 13 *", "* * * * 8", "*/0 * * * *", "a * * * *", "mon * * * *", "1- * * * *",
        "1,,2 * * * *", "-1 * * * *", "* * * * *;",
    ],
)  # fmt: skip
def test_bad_schedules(schedule):
    assert errors(f"{NODE}TYPE copy\nTARGET_DATASOURCE d\nCOPY_SCHEDULE {schedule}\n", "pipe") == [
        "6:15 COPY node schedule must be @on-demand or a valid cron expression."
    ]


@pytest.mark.parametrize(
    "schedule",
    [
        "@hourly", "@Daily", "*/100 * * * *", "007 * * * *", "* * L * *", "* * 1,l * *",
        "* * 15W * *", "* * ? * ?", "* * * jan-MAR,12 *", "* * * * 7-1", "* * * * mon#1,5#5",
        "* * * * L5", "50-10/3 22-2 28-3 * *", "* * * * * 59", "* * * * * * 2099",
    ],
)  # fmt: skip
def test_good_schedules(schedule):
    found = pipe(f"{NODE}TYPE copy\nTARGET_DATASOURCE d\nCOPY_SCHEDULE '{schedule}'\n")
    assert found.output.settings["copy_schedule"] == schedule


@pytest.mark.parametrize(
    ("line", "name"),
    [("NODE 1", "1"), ("NODE a b", "a"), ('NODE "a-b"', "a-b"), ("SCOPE n", "n")],
)
def test_names_of_nodes(line, name):
    assert [node.name for node in pipe(f"{line}\nSQL >\n    SELECT 1\n").nodes] == [name]


@pytest.mark.parametrize(
    ("block", "sql"),
    [
        ("    SELECT 1\n\n  \n    FROM x  \n", "SELECT 1\nFROM x"),
        ("\t\tSELECT 1\n\tFROM x", "\tSELECT 1\nFROM x"),
        ("\t SELECT 1\n \tFROM x", "\t SELECT 1\n \tFROM x"),
        ("    SELECT 1\nFROM x", "    SELECT 1\nFROM x"),
        ("    SELECT 'a\n\n      b'", "SELECT 'a\n  b'"),
        ("    %\n    SELECT 'a\n\n      b'  ", "    SELECT 'a\n      b'"),
    ],
)
def test_blank_lines_and_the_common_indentation_are_left_out(block, sql):
    node = pipe(f"NODE n\nSQL >\n{block}\n").nodes[0]
    assert node.sql == sql
    for index in (i for i, char in enumerate(sql) if char in "SFb"):
        place = node.locate(index, "x.pipe")
        assert place.text[place.column - 1] == sql[index]


def test_the_mode_of_a_copy_in_any_case():
    text = f"{NODE}TYPE copy\nTARGET_DATASOURCE d\nMODE Append\nCOPY_MODE REPLACE\n"
    assert pipe(text).output.settings["copy_mode"] == "replace"


def test_classic_engine_of_a_materialized_node():
    text = f'{NODE}TYPE materialized\nDATASOURCE d\nENGINE "MergeTree"\nENGINE_SORTING_KEY "a, b"\n'
    assert pipe(text).output.settings == {
        "datasource": "d",
        "engine": "MergeTree",
        "engine_sorting_key": "a, b",
    }
    assert warnings(text, "pipe") == [
        "6:1 ENGINE belongs in the .datasource file of the target",
        "7:1 ENGINE_SORTING_KEY belongs in the .datasource file of the target",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "    type Endpoint ",
            "4:5 TYPE is indented, so it is part of the SQL of node 'n'",
        ),
        (
            "\n    TYPE materialized\n    DATASOURCE d\n",
            "5:5 TYPE is indented, so it is part of the SQL of node 'n'",
        ),
        ("TYPE endpoint\nVERSION 3", "5:1 VERSION has been deprecated and will be ignored."),
        ("TYPE endpoint\nDATASOURCE d", "5:12 DATASOURCE has no effect on an endpoint node"),
        (
            "TYPE copy\nTARGET_DATASOURCE d\nEXPORT_FORMAT csv",
            "6:15 EXPORT_FORMAT has no effect on a copy node",
        ),
    ],
)
def test_warnings(lines, expected):
    assert warnings(f"{NODE}{lines}\n", "pipe") == [expected]


@pytest.mark.parametrize(("line", "version"), [("VERSION 3", 3), ("VERSION x", None)])
def test_version_is_kept_if_it_is_one(line, version):
    assert pipe(f"{line}\n{NODE}").file_version == version
    assert "1:1 VERSION has been deprecated and will be ignored." in warnings(
        line + "\n" + NODE, "pipe"
    )


def test_what_has_no_effect():
    text = f"TAGS >\n    a,\n    b\n{NODE}EXPORT_SERVICE s3\n"
    assert pipe(text).tags == ("a", "b")
    assert warnings(text, "pipe") == ["7:1 EXPORT_SERVICE has been deprecated and will be ignored."]
