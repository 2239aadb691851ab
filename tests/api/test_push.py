"""Resources made one at a time: POST /v0/datasources with a schema, /v0/pipes, /v0/datafiles."""

import json
from urllib.parse import urlencode

import pytest
from tests.api.calls import Api, answer, error
from tests.api.test_deployments import BASE, COUNTS, KINDS, LIST, ROWS, form

FORM = {"content-type": "application/x-www-form-urlencoded"}

TO_KINDS = {
    "name": "n", "type": "materialized", "datasource": "kinds",
    "sql": "SELECT kind, countState() AS n FROM events GROUP BY kind",
}  # fmt: skip
SMUGGLED = "engine_sorting_key tuple()\nTOKEN T READ\nENGINE_SETTINGS"
ENGINE = {"engine": "AggregatingMergeTree", "engine_sorting_key": "kind"}


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


def test_keys_of_an_engine_are_no_other_instructions(api):
    node = {**TO_KINDS, "datasource": "fresh", "engine": "MergeTree", SMUGGLED: "a=1"}
    assert error(pipe(api, node))[0] == 501
    assert b'"T"' not in api("GET", "/v0/tokens").body


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"name": "x", "schema": "a Strong"}, 400),
        ({"name": "../x", "schema": "a String"}, 400),
        ({"schema": "a String"}, 400),
        ({"name": "x", "schema": "a String", "kafka_topic": "t"}, 501),
        ({"name": "x", "schema": "a String\nENGINE Null\nTOKEN t READ"}, 400),
        # Its name would be instructions of the file, also for a token that may only create.
        ({"name": "x", "schema": "a String", SMUGGLED: "index_granularity=8192"}, 501),
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


def test_a_changed_pipe_keeps_the_tokens_and_tags_of_its_file(make_workspace):
    listing = 'TOKEN "my é" READ\nTAGS "web, raw"\n' + BASE["pipes/list.pipe"]
    others = {"tokens/other.token": "SCOPE PIPES:READ:list\n"}
    api = Api(make_workspace({**BASE, "pipes/list.pipe": listing, **others}))
    values = [api.workspace.tokens.value(name) for name in ("my é", "other")]
    answer(pipe(api, {"name": "n", "sql": "SELECT 1 AS one", "type": "endpoint"}, {"name": "m", "sql": "SELECT 2 AS two"}, name="list", query="?force=true"))  # fmt: skip
    assert [api.data("list", token=value) for value in values] == [[{"one": 1}]] * 2
    answer(api("POST", "/v0/pipes/list/nodes/m/endpoint"))
    assert [api.data("list", token=value) for value in values] == [[{"two": 2}]] * 2
    listed = api.workspace.live.project.pipes["list"]
    assert listed.tags == ("web", "raw")
    text = api.workspace.live.project.texts["pipes/list.pipe"]
    assert [line for line in text.splitlines() if "TOKEN" in line] == ['TOKEN "my é" READ']


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


def counts(api: Api) -> list:
    return api.rows("SELECT kind, countMerge(n) FROM kinds GROUP BY kind ORDER BY kind")


def test_a_materialized_pipe_and_its_data_source(api):
    made = answer(pipe(api, {**TO_KINDS, **ENGINE}))
    assert (made["type"], made["created_datasource"]) == ("materialized", True)
    target = answer(api.get("/v0/datasources/kinds"))
    assert made["datasource"] == {"id": target["id"], "name": "kinds"}
    assert [(c["name"], c["type"]) for c in target["columns"]] == [
        ("kind", "String"), ("n", "AggregateFunction(count)"),
    ]  # fmt: skip
    assert target["engine"]["engine"] == "AggregatingMergeTree"
    assert target["engine"]["sorting_key"] == "kind"
    assert counts(api) == []  # as in Classic: the rows of before come by populating
    live = answer(api.get("/v1/deployments/live"))["deployment"]
    assert live["data_movements"] == []
    assert "new pipe made: for new rows" in [entry["message"] for entry in live["feedback"]]
    answer(api.send("events", '{"id": 3, "kind": "a"}', "&wait=true"))
    assert counts(api) == [["a", 1]]


def test_a_populated_materialized_pipe(api):
    answer(make(api, name="kinds", schema="kind String, n AggregateFunction(count)", **ENGINE))
    made = answer(pipe(api, TO_KINDS, query="?populate=true&unlink_on_populate_error=false"))
    assert made["created_datasource"] is False
    job = answer(api.get(f"/v0/jobs/{made['job']['job_id']}"))
    assert (job["kind"], job["datasource"]["name"]) == ("populateview", "kinds")
    assert counts(api) == [["a", 1], ["b", 1]]
    answer(api.send("events", '{"id": 3, "kind": "a"}', "&wait=true"))
    assert counts(api) == [["a", 2], ["b", 1]]
    # Neither again, nor at once with another one: rows would be there twice.
    assert error(pipe(api, TO_KINDS, query="?populate=true&force=true"))[0] == 409
    assert error(api("POST", "/v0/pipes/made/nodes/n/population"))[0] == 501
    assert counts(api) == [["a", 2], ["b", 1]]
    assert api("DELETE", "/v0/pipes/made").status == 204
    answer(api("POST", "/v0/datasources/kinds/truncate"))
    answer(pipe(api, TO_KINDS, query="?populate=true"))
    assert counts(api) == [["a", 2], ["b", 1]]


@pytest.mark.parametrize("part", ["populate_condition=id=1", "populate_subset=0.1"])
def test_a_part_of_the_rows_cannot_be_populated(api, part):
    sent = pipe(api, {**TO_KINDS, **ENGINE}, query=f"?populate=true&{part}")
    assert error(sent)[0] == 501
    assert [*api.workspace.live.project.datasources] == ["events"]


def test_a_target_with_backfill_skip_is_not_populated(make_workspace):
    kinds = {"datasources/kinds.datasource": KINDS + "BACKFILL skip\n"}
    api = Api(make_workspace({**BASE, **kinds}))
    assert error(pipe(api, TO_KINDS, query="?populate=true"))[0] == 409
    assert [*api.workspace.live.project.pipes] == ["list"]


def test_what_clients_send_to_check_a_materialized_pipe(api):
    """They push it as nodes without a type, ask what it would be, and remove it."""
    check = {**TO_KINDS, **ENGINE, "type": "standard"}
    answer(pipe(api, check, name="made__checker", query="?force=true"))
    asked = "/v0/pipes/made__checker/nodes/n/analysis?datasource=kinds&dry_run=true"
    found = answer(api.get(asked))
    assert found["warnings"] == []
    assert found["analysis"]["datasource"]["columns"] == [
        {"name": "kind", "type": "String"},
        {"name": "n", "type": "AggregateFunction(count)"},
    ]
    assert error(api.get("/v0/pipes/made__checker/nodes/other/analysis"))[0] == 404
    assert api("DELETE", "/v0/pipes/made__checker").status == 204
    assert [*api.workspace.live.project.datasources] == ["events"]


def test_the_sandbox_holds_for_a_new_target(api):
    node = {**TO_KINDS, **ENGINE, "sql": "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')"}
    status, message = error(pipe(api, node))
    assert status == 400
    assert "url" in message


@pytest.mark.parametrize(
    ("nodes", "status"),
    [
        ([{"name": "n", "sql": "SELECT 1", "datasource": "events"}], 400),
        ([{"name": "n", "sql": "SELECT 1 AS id", "datasource": "nowhere"}], 400),
        ([{"name": "n", "sql": "SELECT 1", "type": "materialized"}], 400),
        ([{**TO_KINDS, "override_datasource": "true"}], 501),
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
    assert error(api("POST", "/v0/datafiles", **form(BASE), token=maker))[0] == 403
    assert error(api("POST", "/v0/pipes/list/nodes/n/population", token=maker))[0] == 403
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


def test_a_node_is_published_and_no_more(api):
    made = answer(pipe(api, {"name": "a", "sql": "SELECT 1 AS one"}, {"name": "b", "sql": "SELECT 2 AS two"}))  # fmt: skip
    assert made["endpoint"] is None
    first, last = (node["id"] for node in made["nodes"])
    for node, data in ((last, [{"two": 2}]), ("a", [{"one": 1}]), (first, [{"one": 1}])):
        answer(api("POST", f"/v0/pipes/made/nodes/{node}/endpoint"))
        assert api.data("made") == data
    assert answer(api("DELETE", "/v0/pipes/made/nodes/a/endpoint"))["endpoint"] is None
    assert api.get("/v0/pipes/made.json").status == 404
    assert error(api("POST", "/v0/pipes/made/nodes/c/endpoint"))[0] == 404
    answer(pipe(api, {**TO_KINDS, **ENGINE}, name="view"))
    assert error(api("POST", "/v0/pipes/view/nodes/n/endpoint"))[0] == 409


def test_a_change_without_types_leaves_an_endpoint_published(api):
    """Clients publish a node in a request of its own."""
    answer(pipe(api, {"name": "a", "sql": "SELECT 1 AS n", "type": "endpoint"}, {"name": "b", "sql": "SELECT 2 AS n"}))  # fmt: skip
    for node, n in (("a", 3), ("c", 4)):
        sent = {"name": node, "sql": f"SELECT {n} AS n", "type": "standard"}
        answer(pipe(api, sent, query="?force=true"))
        assert api.data("made") == [{"n": n}]


def test_a_pipe_of_classic_cannot_be_unpublished(make_workspace):
    api = Api(make_workspace(CLASSIC))
    assert error(api("DELETE", "/v0/pipes/list/nodes/n/endpoint"))[0] == 501
    answer(api("POST", "/v0/pipes/list/nodes/n/endpoint"))
    assert api.data("list") == []


CLASSIC = {
    **BASE,
    "pipes/list.pipe": "NODE n\nSQL >\n    SELECT * FROM events ORDER BY id\n",
}


@pytest.mark.parametrize(
    "settings",
    ["", "[settings]  # mine\njoin_use_nulls = true\n", '[settings]\ngeneration = "detect"\n',
     "[datasources.events]\nid_column = \"id\"\n"],
    ids=["none", "some", "detect", "others"],
)  # fmt: skip
def test_pipes_that_nobody_changed_stay_endpoints(make_workspace, settings):
    """One more file tells otherwise for which product a project is."""
    files = {**CLASSIC, **({"martlet.toml": settings} if settings else {})}
    api = Api(make_workspace(files))
    before = api.workspace.live.project.settings
    answer(api.send("events", ROWS), status=202)
    answer(pipe(api, {"name": "n", "sql": "SELECT 1 AS one", "type": "endpoint"}))
    assert len(api.data("list")) == 2
    after = api.workspace.live.project.settings
    assert after.join_use_nulls == before.join_use_nulls
    assert {*after.ids} == {*before.ids}
    assert api("DELETE", "/v0/pipes/made").status == 204
    assert len(api.data("list")) == 2


def files(api: Api, files: dict[str, str], query: str = "force=True&dry_run=False"):
    target = f"/v0/datafiles?filenames={','.join(files)}&{query}"
    sent = form(files)
    return api("POST", target, sent["body"].replace('name="data_project://"', 'name="x"'), sent["headers"])  # fmt: skip


def test_files(api):
    made = answer(files(api, {"kinds.datasource": KINDS, "counts.pipe": COUNTS}))
    assert made == {"result": {"kinds.datasource": "created", "counts.pipe": "created"}}
    assert api.data("counts") == []
    changed = answer(files(api, {"list.pipe": COUNTS}))
    assert changed == {"result": {"list.pipe": "changed"}}
    assert api.data("list") == []
    assert api.rows("SELECT count() FROM events") == [[2]]


@pytest.mark.parametrize(
    ("sent", "query", "status"),
    [
        ({"list.pipe": COUNTS}, "force=True", 400),  # what it reads is not there
        ({"list.pipe": "NODE n\nSQL >\n    SELECT 1 AS one\nTYPE endpoint\n"}, "", 409),
        ({"more.pipe": "NODE n\nSQL >\n    SELECT 1 AS one\nTYPE endpoint\n"}, "force=x", 400),
        ({"a b.pipe": "NODE n\nSQL >\n    SELECT 1 AS one\n"}, "", 400),
        ({"x.sh": "ls"}, "", 400),
        ({"a/x.pipe": LIST, "b/x.pipe": COUNTS}, "", 400),
        ({"x.datasource": "SCHEMA >\n    `a` Strong\n"}, "", 400),
        ({}, "", 400),
    ],
    ids=range(8),
)
def test_files_that_cannot_be(api, sent, query, status):
    assert error(files(api, sent, query))[0] == status
    assert {*api.workspace.live.project.texts} == {*BASE}
    assert len(api.data("list")) == 2


def test_files_that_are_tried(api):
    made = answer(files(api, {"kinds.datasource": KINDS}, "dry_run=true"))
    assert made == {"result": {"kinds.datasource": "created"}}
    assert [*api.workspace.live.project.datasources] == ["events"]
    assert error(files(api, {"counts.pipe": COUNTS}, "dry_run=true"))[0] == 400
