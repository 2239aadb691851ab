"""What of a project runs on Athena: pipes translated, and reasons with their place in the pipe."""

import json

import pytest
from tests.server.conftest import write_files

from martlet.cli import main
from martlet.errors import SqlError, UnsupportedFunctionError
from martlet.files.project import load_project
from martlet.query import QueryBuilder
from martlet.translations import Translations, with_secrets

EVENTS = """\
SCHEMA >
    `id` UInt64 `json:$.id`,
    `ts` DateTime `json:$.ts`,
    `name` String `json:$.name`

ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(ts)
ENGINE_SORTING_KEY id
"""
FILES = {
    "datasources/events.datasource": EVENTS,
    "datasources/shapes.datasource": "SCHEMA >\n    `id` UInt8 `json:$.id`,\n    `t` Tuple(a UInt8, A UInt8) `json:$.t`\n",
    "pipes/good.pipe": "NODE first\nSQL >\n    %\n    SELECT id, lower(name) AS n FROM events\n"
    "    WHERE ts >= {{DateTime(start, '2024-01-01 00:00:00')}}\n\n"
    "NODE last\nSQL >\n    SELECT n, count() AS c FROM first GROUP BY n ORDER BY c DESC, n\nTYPE endpoint\n",
    "pipes/bad.pipe": "NODE first\nSQL >\n    SELECT id,\n        sparkbar(9)(id, id) AS bars\n    FROM events\n    GROUP BY id\n\n"
    "NODE last\nSQL >\n    SELECT bars FROM first\nTYPE endpoint\n",
    "pipes/reads_bad.pipe": "NODE n\nSQL >\n    SELECT count() AS c FROM bad\nTYPE endpoint\n",
    "pipes/branches.pipe": "NODE n\nSQL >\n    %\n    SELECT id FROM events\n"
    "    {% if defined(sampled) %}\n    SAMPLE 0.1\n    {% end %}\nTYPE endpoint\n",
    "pipes/shaped.pipe": "NODE n\nSQL >\n    SELECT id FROM shapes\nTYPE endpoint\n",
    "pipes/recursive.pipe": "NODE n\nSQL >\n    %\n    WITH RECURSIVE x AS (SELECT 1) SELECT {{Int32(a, 1)}} FROM events\nTYPE endpoint\n",
    "pipes/unsampled.pipe": "NODE n\nSQL >\n    %\n    SELECT id FROM events WHERE ts > {{String(when)}}\nTYPE endpoint\n",
    "pipes/reads_unsampled.pipe": "NODE n\nSQL >\n    SELECT id FROM unsampled\nTYPE endpoint\n",
    "pipes/refused_rows.pipe": "NODE n\nSQL >\n    SELECT id, c__error FROM events_quarantine\nTYPE endpoint\n",
}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path / "project", FILES)


def translations(root) -> Translations:
    project = load_project(root)
    return Translations(project, QueryBuilder(project))


def reasons(made: Translations, name: str) -> list[str]:
    errors = made.errors(made.project.pipes[name])
    return [f"{error.location}: {error.message}" for error in errors]


def test_a_pipe_of_several_nodes_is_translated(root):
    made = translations(root)
    assert reasons(made, "good") == []
    pipe = made.project.pipes["good"]
    query = made.queries.build(pipe, {"start": "2024-02-03 04:05:06"})
    translation = made.translate(query)
    assert "TIMESTAMP '2024-02-03 04:05:06.000'" in translation.sql
    assert "'2024-02-03'" in translation.sql  # the day of arrival
    assert [(name, str(type_)) for name, type_ in translation.columns] == [
        ("n", "String"),
        ("c", "UInt64"),
    ]


def test_a_reason_points_into_the_node_that_it_stands_in(root):
    made = translations(root)
    (reason,) = reasons(made, "bad")
    assert reason.startswith("pipes/bad.pipe:4:9: Function sparkbar() is not supported on Athena")
    assert reasons(made, "reads_bad") == [reason]


def test_every_branch_of_a_template_is_looked_at(root):
    assert reasons(translations(root), "branches") == [
        "pipes/branches.pipe:4:20: SAMPLE is not supported"
    ]


def test_a_column_without_a_form_in_the_lake_is_an_error(root):
    (reason,) = reasons(translations(root), "shaped")
    assert reason.startswith(
        "pipes/shaped.pipe:3:20: Type Tuple(a UInt8, A UInt8) has no form in the lake"
    )
    assert "column 't' of shapes" in reason


def test_what_the_parser_refuses_in_a_template_is_said(root):
    assert reasons(translations(root), "recursive") == [
        "pipes/recursive.pipe:4:10: WITH RECURSIVE is not supported"
    ]


def test_a_pipe_that_no_sample_value_fits_does_not_pass_unseen(root):
    (reason,) = reasons(translations(root), "unsampled")
    assert "Cannot be translated with sample values" in reason
    assert reasons(translations(root), "reads_unsampled") == [reason]


def test_a_quarantine_can_be_read(root):
    assert reasons(translations(root), "refused_rows") == []


def test_a_request_gets_the_same_error(root):
    made = translations(root)
    query = made.queries.build(made.project.pipes["bad"], {})
    with pytest.raises(UnsupportedFunctionError) as caught:
        made.translate(query)
    assert caught.value.status == 400


def test_secrets_become_literals():
    sql = "SELECT {key: String} AS a, '{key}' AS b"
    assert with_secrets(sql, {"key": "it's"}) == "SELECT 'it\\'s' AS a, '{key}' AS b"
    with pytest.raises(SqlError, match="'key' has no value"):
        with_secrets(sql, {})


@pytest.fixture
def call(capsys):
    def called(*arguments) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        return code, *capsys.readouterr()

    return called


def test_translate_prints_both_texts(root, call):
    code, out, err = call("translate", "good", root, "--param", "start=2024-02-03 04:05:06")
    assert (code, err) == (0, "")
    assert out.startswith("-- ClickHouse\nSELECT n, count() AS c FROM (")
    assert "\n-- Trino\nSELECT" in out


def test_translate_of_a_node_as_json(root, call):
    code, out, _ = call("translate", "good", root, "--node", "first", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["columns"] == [{"name": "id", "type": "UInt64"}, {"name": "n", "type": "String"}]
    assert answer["datasources"] == ["events"]
    assert (answer["pipe"], answer["node"], answer["parameters"]) == ("good", "first", {})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "The pipe 'nothing' does not exist"),
        (["good", "--node", "zz"], "The pipe 'good' has no node 'zz'"),
        (["bad"], "pipes/bad.pipe:4:9: Function sparkbar() is not supported on Athena"),
        (["good", "--param", "start=nonsense"], "nonsense"),
    ],
)
def test_translate_says_what_is_wrong(root, call, arguments, said):
    name, *rest = arguments
    code, out, err = call("translate", name, root, *rest)
    assert (code, out) == (1, "")
    assert said in err


def test_translate_needs_name_and_value(root, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["translate", "good", str(root), "--param", "start"])
    assert stopped.value.code == 2
    assert "'start' is not NAME=VALUE" in capsys.readouterr().err


VIEWS = {
    "datasources/events.datasource": EVENTS,
    "datasources/days.datasource": "SCHEMA >\n    `day` Date,\n    `hits` UInt64\n\nENGINE SummingMergeTree\nENGINE_SORTING_KEY day\n",
    "pipes/to_days.pipe": "NODE n\nSQL >\n    SELECT toDate(ts) AS day, count() AS hits FROM events GROUP BY day\nTYPE materialized\nDATASOURCE days\n",
    "pipes/read_days.pipe": "NODE n\nSQL >\n    SELECT day, sum(hits) AS hits FROM days GROUP BY day\nTYPE endpoint\n",
}  # fmt: skip


def with_views(tmp_path, **changed: str) -> Translations:
    names = {"to_days": "pipes/to_days.pipe", "days": "datasources/days.datasource"}
    files = {
        **VIEWS,
        **{names.get(name, f"pipes/{name}.pipe"): text for name, text in changed.items()},
    }
    return translations(write_files(tmp_path / "views", files))


def test_what_a_materialized_pipe_fills_is_read_from_its_source(tmp_path):
    made = with_views(tmp_path)
    assert reasons(made, "to_days") == reasons(made, "read_days") == []
    sql = made.translate(made.queries.build(made.project.pipes["read_days"], {})).sql
    assert "FROM events" in sql
    assert "FROM days" not in sql


def test_a_view_without_a_translation_is_an_error_of_all_that_reads_it(tmp_path):
    text = VIEWS["pipes/to_days.pipe"].replace("count()", "length(sparkbar(9)(id, id))")
    made = with_views(tmp_path, to_days=text)
    (reason,) = reasons(made, "to_days")
    assert reason.startswith("pipes/to_days.pipe:3:38: Function sparkbar() is not supported")
    assert reasons(made, "read_days") == [reason]


def test_a_view_whose_column_cannot_be_stored_is_an_error(tmp_path):
    days = VIEWS["datasources/days.datasource"].replace("`hits` UInt64", "`hits` Array(UInt64)")
    made = with_views(tmp_path, days=days)
    (reason,) = reasons(made, "to_days")
    assert reason == (
        "pipes/to_days.pipe:1:1: The materialized pipe 'to_days', which fills 'days': Column 'hits':"
        " CAST from UInt64 to Array(UInt64) is not supported"
    )
    assert "pipes/to_days.pipe:1:1:" in " ".join(reasons(made, "read_days"))


def test_columns_of_a_classic_node_with_an_engine_are_its_selects(tmp_path):
    text = VIEWS["pipes/to_days.pipe"].replace(
        "DATASOURCE days\n", "DATASOURCE found\nENGINE MergeTree\nENGINE_SORTING_KEY day\n"
    )
    reads = VIEWS["pipes/read_days.pipe"].replace("days", "found")
    made = with_views(tmp_path, to_days=text, reads=reads)
    assert reasons(made, "reads") == []
    assert {name: str(t) for name, t in made.tables["found"].columns.items()} == {"day": "Date", "hits": "UInt64"}  # fmt: skip


def test_copies_and_what_only_they_fill_do_not_run_on_aws(tmp_path, call):
    copy = VIEWS["pipes/to_days.pipe"].replace(
        "TYPE materialized\nDATASOURCE", "TYPE copy\nTARGET_DATASOURCE"
    )
    made = with_views(tmp_path, to_days=copy)
    assert reasons(made, "to_days") == ["pipes/to_days.pipe:1:1: The copy pipe 'to_days' does not run on AWS yet"]  # fmt: skip
    (reason,) = reasons(made, "read_days")
    assert reason.startswith("pipes/read_days.pipe:1:1: The data source 'days' is never filled on AWS: only the copy pipe 'to_days'")  # fmt: skip
    code, out, _ = call("check", tmp_path / "views", "--engine", "athena", "--json")
    answer = {item["name"]: item for item in json.loads(out)["resources"]}
    assert code == 1
    assert answer["to_days"]["athena_ok"] is False
    assert answer["read_days"]["athena_ok"] is False


def test_a_default_that_cannot_be_evaluated_is_an_error_of_the_data_source(tmp_path):
    source = (
        "SCHEMA >\n    `id` UInt64 `json:$.id`,\n"
        "    `good` String `json:$.good` DEFAULT concat('n', toString(id)),\n"
        "    `odd` String `json:$.odd` DEFAULT normalizeQuery(good),\n"
        "    `chance` UInt32 `json:$.chance` DEFAULT rand()\n"
    )
    pipe = "NODE n\nSQL >\n    SELECT good FROM events\nTYPE endpoint\n"
    files = {"datasources/events.datasource": source, "pipes/good.pipe": pipe}
    made = translations(write_files(tmp_path / "project", files))
    errors = made.datasource_errors(made.project.datasources["events"])
    places = {error.location.line: error.message for error in errors}
    assert list(places) == [5, 4]
    assert "rand()" in places[5]
    assert "normalizeQuery" in places[4]
    assert reasons(made, "good") == []


def test_a_join_table_does_not_run_on_aws(tmp_path):
    keys = "ENGINE_JOIN_STRICTNESS ANY\nENGINE_JOIN_TYPE LEFT\nENGINE_KEY_COLUMNS id\n"
    files = {"datasources/users.datasource": f"SCHEMA >\n    id Int64\nENGINE Join\n{keys}"}
    made = translations(write_files(tmp_path / "project", files))
    (error,) = made.datasource_errors(made.project.datasources["users"])
    assert error.message == "Data source 'users' does not run on AWS: Athena has no engine Join"


def test_a_sink_does_not_run_on_aws(tmp_path):
    store = "TYPE s3\nS3_REGION eu-west-1\nS3_ARN arn:aws:iam::1:role/x\n"
    sink = (
        "NODE n\nSQL >\n    SELECT * FROM events\nTYPE sink\nEXPORT_CONNECTION_NAME store\n"
        "EXPORT_BUCKET_URI s3://bucket/x\nEXPORT_FILE_TEMPLATE x\nEXPORT_FORMAT csv\nEXPORT_SCHEDULE @on-demand\n"
    )
    files = {**VIEWS, "connections/store.connection": store, "pipes/out.pipe": sink}
    made = translations(write_files(tmp_path / "sinks", files))
    assert reasons(made, "out") == ["pipes/out.pipe:1:1: The sink 'out' does not run on AWS yet"]
