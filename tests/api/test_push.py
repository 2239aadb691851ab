"""Resources made one at a time: POST /v0/datasources with a schema, /v0/pipes, /v0/sql_tables."""

import json
from urllib.parse import urlencode

import pytest
from tests.api.calls import Api, answer, error
from tests.api.test_deployments import BASE, ROWS

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def api(make_workspace) -> Api:
    api = Api(make_workspace(BASE))
    answer(api.send("events", ROWS), status=202)
    return api


def make(api: Api, **values: str):
    return api("POST", "/v0/datasources", urlencode(values), FORM)


def pipe(api: Api, *nodes: dict, query: str = "", name: str = "made", **more: object):
    return api("POST", f"/v0/pipes{query}", json.dumps({"name": name, "nodes": nodes, **more}))


def test_a_data_source(api):
    made = answer(make(
        api, name="report", description="What 'is'\nTOKEN x READ", format="ndjson",
        schema="`a` String `json:$.a`, `n` UInt32 DEFAULT 7 `json:$.n`",
        engine="ReplacingMergeTree", engine_sorting_key="a, concat(a, '#')", engine_ver="n",
        engine_ttl="", indexes="INDEX i n TYPE minmax GRANULARITY 1", branch_mode="None",
    ))["datasource"]  # fmt: skip
    assert made["engine"]["engine"] == "ReplacingMergeTree"
    assert made["description"] == "What 'is'\nTOKEN x READ"
    assert [column["name"] for column in made["columns"]] == ["a", "n"]
    answer(api.send("report", '{"a": "x"}', "&wait=true"))
    assert api.rows("SELECT a, n FROM report") == [["x", 7]]
    assert api.rows("SELECT count() FROM events") == [[2]]
    assert error(make(api, name="report", schema="a String"))[0] == 409


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"name": "x", "schema": "a Strong"}, 400),
        ({"name": "../x", "schema": "a String"}, 400),
        ({"schema": "a String"}, 400),
        ({"name": "x", "schema": "a String", "kafka_topic": "t"}, 501),
        ({"name": "x", "schema": "a String\nENGINE Null\nTOKEN t READ"}, 400),
    ],
)
def test_a_data_source_that_cannot_be(api, values, status):
    assert error(make(api, **values))[0] == status
    assert [*api.workspace.live.project.datasources] == ["events"]


def test_a_pipe_and_its_change(api):
    first = {"name": "n", "sql": "%\nSELECT * FROM events WHERE id = {{Int64(id, 1)}}"}
    last = {"name": "m", "sql": "SELECT count() AS c FROM n", "type": "endpoint"}
    made = answer(pipe(api, first, last, description="Some"))
    assert (made["name"], made["description"], made["type"]) == ("made", "Some", "endpoint")
    assert api.data("made?id=9") == [{"c": 0}]
    assert error(pipe(api, last))[0] == 409
    changed = {**last, "sql": "SELECT 'a\n  b' AS c -- '"}
    answer(pipe(api, changed, query="?force=true"))
    assert api.data("made") == [{"c": "a\n  b"}]
    assert error(pipe(api, {**last, "sql": "SELECT 1 FROM nowhere"}, query="?force=true"))[0] == 400
    assert api.data("made") == [{"c": "a\n  b"}]


def test_a_changed_pipe_keeps_the_tokens_of_its_file(make_workspace):
    listing = "TOKEN app READ\n" + BASE["pipes/list.pipe"]
    api = Api(make_workspace({**BASE, "pipes/list.pipe": listing}))
    value = answer(api.get("/v0/tokens/app"))["token"]
    answer(pipe(api, {"name": "n", "sql": "SELECT 1 AS one", "type": "endpoint"}, name="list", query="?force=true"))  # fmt: skip
    assert api.data("list", token=value) == [{"one": 1}]


def test_a_copy_pipe(api):
    answer(make(api, name="report", schema="n UInt64"))
    node = {"name": "n", "sql": "SELECT count() AS n FROM events", "type": "copy", "target_datasource": "report"}  # fmt: skip
    made = answer(pipe(api, node))
    assert made["copy_target_datasource"] == answer(api.get("/v0/datasources/report"))["id"]
    put = f"/v0/pipes/made/nodes/{made['nodes'][0]['id']}/copy"
    answer(api("PUT", put, "schedule_cron=0+*+*+*+*&mode=replace", FORM))
    text = api.get("/v0/pipes/made.pipe").body.decode()
    assert 'COPY_SCHEDULE "0 * * * *"\nCOPY_MODE replace' in text
    assert "SELECT count() AS n FROM events" in text
    answer(api("PUT", put, "schedule_cron=None", FORM))
    assert "COPY_SCHEDULE @on-demand" in api.get("/v0/pipes/made.pipe").body.decode()
    assert error(api("PUT", put, "mode=x", FORM))[0] == 400
    assert error(api("PUT", "/v0/pipes/list/nodes/n/copy", "mode=append", FORM))[0] == 501
    for wrong in ({"copy_schedule": "@on-demand\nTOKEN x READ"}, {"mode": "x"}):
        assert error(pipe(api, {**node, **wrong}, name="other"))[0] == 400


@pytest.mark.parametrize(
    ("nodes", "status"),
    [
        ([{"name": "n", "sql": "SELECT 1", "datasource": "events"}], 501),
        ([{"name": "n", "sql": "SELECT 1", "type": "sink"}], 501),
        ([{"name": "n x", "sql": "SELECT 1"}], 400),
        ([{"name": "n", "sql": 1}], 400),
        ([], 400),
        (["n"], 400),
    ],
)  # fmt: skip
def test_a_pipe_that_cannot_be(api, nodes, status):
    assert error(pipe(api, *nodes))[0] == status
    assert error(api("POST", "/v0/pipes", "[1]"))[0] == 400


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", []),
        ("SELECT * FROM a JOIN b USING c", [["", "a"], ["", "b"]]),
        ("WITH a AS (SELECT * FROM d) SELECT * FROM a, numbers(1)", [["", "d"]]),
        ("SELECT * FROM tinybird.pipe_stats, a, a", [["tinybird", "pipe_stats"], ["", "a"]]),
    ],
)
def test_tables_of_a_query(api, sql, tables):
    sent = api("POST", "/v0/sql_tables", urlencode({"q": sql, "raising": "true"}), FORM)
    assert answer(sent) == {"tables": tables}


def test_only_an_admin_may(api):
    answer(api("POST", "/v0/tokens?name=maker&scope=DATASOURCES:CREATE"))
    maker = answer(api.get("/v0/tokens/maker"))["token"]
    sent = api("POST", "/v0/datasources", "name=x&schema=a+String", FORM, token=maker)
    assert error(sent)[0] == 403
    assert error(api("POST", "/v0/pipes", "{}", token=maker))[0] == 403
    assert error(api("POST", "/v0/sql_tables"))[0] == 400
    assert error(api("POST", "/v0/sql_tables", "q=SELECT+'", FORM))[0] == 400


def test_other_files_of_the_project_stay(make_workspace):
    api = Api(make_workspace({
        **BASE, "tokens/app.token": "SCOPE PIPES:READ:list\n",
        "connections/c.connection": "TYPE s3\nS3_REGION eu\nS3_ARN arn\n",
    }))  # fmt: skip
    before = {*api.workspace.live.project.texts}
    answer(pipe(api, {"name": "n", "sql": "SELECT 1 AS one", "type": "endpoint"}))
    project = api.workspace.live.project
    assert {*project.texts} == before | {"pipes/made.pipe"}
    assert "app" in {grant.name for grant in project.pipes["list"].tokens}
    assert set(project.connections) == {"c"}


def test_a_project_with_included_files_is_sent_whole(make_workspace):
    included = {"shared.incl": "NODE n\nSQL >\n    SELECT 1 AS one\n"}
    file = {"pipes/one.pipe": 'INCLUDE "../shared.incl"\n'}
    api = Api(make_workspace({**BASE, **included, **file}))
    assert error(pipe(api, {"name": "n", "sql": "SELECT 1"}))[0] == 501


def test_a_project_that_became_live_meanwhile_is_not_lost(api, monkeypatch):
    deployments = api.workspace.deployments
    build = deployments.build

    def build_late(files, **options):
        monkeypatch.undo()
        other = {name: text.encode() for name, text in api.workspace.live.project.texts.items()}
        other["datasources/others.datasource"] = b"SCHEMA >\n    `a` String\n"
        assert not build(other).errors
        return build(files, **options)

    monkeypatch.setattr(deployments, "build", build_late)
    status, message = error(make(api, name="mine", schema="a String"))
    assert (status, message.partition(":")[0]) == (409, "The project has changed meanwhile")
    assert {*api.workspace.live.project.datasources} == {"events", "others"}
    answer(make(api, name="mine", schema="a String"))
    assert {*api.workspace.live.project.datasources} == {"events", "others", "mine"}
