"""Service data sources: what has just happened is in them, for who may read them, without secrets."""

import gzip
import json
from urllib.parse import quote

import pytest
from tests.api.calls import Api, MakeApi, answer, error

from martlet.errors import ProjectError
from martlet.ids import resource_id
from martlet.service_tables import SERVICE_TABLES
from martlet.tokens import ADMIN_TOKEN_NAME

SECRET = "xK9-hidden"


def pipe(sql: str, end: str = "TYPE endpoint\n") -> str:
    return f"NODE n\nSQL >\n    %\n    {sql}\n{end}"


FILES = {
    "events.datasource": "SCHEMA >\n    `id` Int64 `json:$.id`\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
    "made.datasource": "SCHEMA >\n    `id` Int64\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
    "copied.datasource": "SCHEMA >\n    `pipe_name` String,\n    `n` UInt64\nENGINE MergeTree\n",
    "makes.pipe": pipe("SELECT id FROM events", "TYPE materialized\nDATASOURCE made\n"),
    "listed.pipe": pipe("SELECT id FROM events WHERE id > {{Int64(above, 0)}} ORDER BY id"),
    "secret.pipe": pipe("SELECT toUInt8({{tb_secret('key')}}) AS n"),
    "aborts.pipe": pipe("{% if defined(no) %}{{error('no ' + no)}}{% end %} SELECT 1 AS n"),
    "calls.pipe": pipe("SELECT count() AS n FROM tinybird.pipe_stats_rt WHERE pipe_name = {{String(of, 'listed')}}"),
    "copies.pipe": pipe(
        "SELECT pipe_name, count() AS n FROM tinybird.pipe_stats_rt GROUP BY pipe_name",
        "TYPE copy\nTARGET_DATASOURCE copied\n",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES, secrets={"key": SECRET})


LOGS = ("pipe_stats_rt", "endpoint_errors", "datasources_ops_log")


@pytest.fixture
def new(api: Api):
    """Return the rows of a log that have come since the test began, in the order of requests."""
    seen = {name: ids(api, name) for name in LOGS}

    def rows(name: str) -> list[dict]:
        key = "operation_id" if name == "datasources_ops_log" else "request_id"
        return [row for row in read(api, f"tinybird.{name}") if row[key] not in seen[name]]

    return rows


def ids(api: Api, name: str) -> set[str]:
    key = "operation_id" if name == "datasources_ops_log" else "request_id"
    return {row[key] for row in read(api, f"tinybird.{name}")}


def sql(api: Api, text: str, **options):
    return api.get(f"/v0/sql?q={quote(text)}", **options)


def rows_of(api: Api, text: str) -> list[dict]:
    return answer(sql(api, f"{text} FORMAT JSON"))["data"]


def read(api: Api, name: str) -> list[dict]:
    order = " ORDER BY request_id" if name.removeprefix("tinybird.") in LOGS else ""
    return rows_of(api, f"SELECT * FROM {name}{order}")


def token(api: Api, name: str, *scopes: str) -> str:
    asked = "&".join(f"scope={quote(scope)}" for scope in scopes)
    return answer(api("POST", f"/v0/tokens?name={name}&{asked}"))["token"]


def test_the_columns_are_tinybirds(api: Api):
    for name, table in SERVICE_TABLES.items():
        described = answer(sql(api, f"SELECT * FROM {name} LIMIT 0 FORMAT JSON"))["meta"]
        assert [column["name"] for column in described] == [column for column, _ in table.columns]
        assert [column["type"] for column in described] == [kind for _, kind in table.columns]


def test_a_request_is_recorded_as_it_was(api: Api, new):
    path = "/v0/pipes/listed.json?above=3&token=admin&%74oken=x"
    asked = api.get(path, headers={"user-agent": "me/1"}, client="10.0.0.7")
    (row,) = new("pipe_stats_rt")
    admin = next(one for one in api.workspace.tokens.all() if one.name == ADMIN_TOKEN_NAME)
    duration = row.pop("duration")
    assert 0 < duration < 30
    assert row.pop("start_datetime")[:2] == "20"
    result = answer(asked)["statistics"]
    assert row == {
        "pipe_id": resource_id("pipe", "listed"), "pipe_name": "listed",
        "token": admin.id, "token_name": ADMIN_TOKEN_NAME,
        "read_bytes": result["bytes_read"], "read_rows": result["rows_read"], "cpu_time": 0,
        "result_rows": asked.rows, "url": "/v0/pipes/listed.json?above=3", "error": 0,
        "error_message": None, "status_code": 200, "request_id": asked.headers["x-request-id"],
        "parameters": {"above": "3"}, "method": "GET", "release": "", "user_agent": "me/1",
        "client_ip": "10.0.0.7", "resource_tags": [], "memory_usage": 0, "replica": "",
    }  # fmt: skip


def test_each_request_counts_also_where_its_answer_is_kept(api: Api, new):
    bodies = {api.get("/v0/pipes/listed.json?above=7").body for _ in range(3)}
    assert len(bodies) == 1
    assert [row["pipe_name"] for row in new("pipe_stats_rt")] == ["listed"] * 3


def test_an_answer_about_records_is_never_old(api: Api):
    count = api.data("calls")[0]["n"]
    for number in range(1, 4):
        api.get("/v0/pipes/listed.json")
        assert api.data("calls")[0]["n"] == api.data("calls")[0]["n"] == count + number


def test_who_reads_records_is_not_recorded(api: Api, new):
    api.data("calls")
    assert new("pipe_stats_rt") == new("endpoint_errors") == []
    assert sql(api, "SELECT nothing FROM tinybird.jobs_log").status == 400
    assert new("pipe_stats_rt") == []


def test_the_query_api_and_its_parameters(api: Api, new):
    body = json.dumps({"q": "%SELECT {{Int64(n)}} AS n", "n": 5})
    api("POST", "/v0/sql", body, {"content-type": "application/json"})
    (row,) = new("pipe_stats_rt")
    assert (row["pipe_id"], row["pipe_name"], row["method"]) == ("query_api", "query_api", "POST")
    assert row["parameters"] == {"q": "%SELECT {{Int64(n)}} AS n", "n": "5"}


def test_errors_are_told_as_the_caller_was(api: Api, new):
    failed = api.get("/v0/pipes/aborts.json?no=way")
    refused = sql(api, "SELECT no")
    rows = {row["request_id"]: row for row in new("endpoint_errors")}
    by_pipe = rows[failed.headers["x-request-id"]]
    assert (by_pipe["error"], by_pipe["status_code"]) == (error(failed)[1], 400)
    assert json.loads(by_pipe["params"]) == {"no": "way"}
    assert rows[refused.headers["x-request-id"]]["error"] == error(refused)[1]
    assert [row["error"] for row in new("pipe_stats_rt")] == [1, 1]


def test_aggregates_by_day(api: Api):
    text = (
        "SELECT sum(view_count) AS n, sum(error_count) AS errors, avgMerge(avg_duration_state) AS ms,"
        " quantilesTimingMerge(0.9, 0.95, 0.99)(quantile_timing_state) AS q"
        " FROM tinybird.pipe_stats WHERE pipe_name = 'aborts'"
    )
    before = rows_of(api, text)[0]
    for query in ("", "?no=1"):
        api.get(f"/v0/pipes/aborts.json{query}")
    after = rows_of(api, text)[0]
    assert (after["n"], after["errors"]) == (before["n"] + 2, before["errors"] + 1)
    exact = rows_of(
        api,
        "SELECT avg(duration) * 1000 AS ms FROM tinybird.pipe_stats_rt WHERE pipe_name = 'aborts'",
    )
    assert after["ms"] == pytest.approx(exact[0]["ms"], rel=1e-3)
    assert len(after["q"]) == 3


def test_events_are_counted(api: Api, new):
    counts = ", ".join(f"sum({name}) AS {name}" for name in COUNTS)
    text = f"SELECT {counts} FROM tinybird.hfi_requests"
    (before,) = rows_of(api, text)
    sent = ['{"id": 1}\n{"id": 2}\n{"id": "x"}', "{nothing"]
    first = api.send(
        "events",
        gzip.compress(sent[0].encode()),
        headers={"content-encoding": "gzip"},
        client="10.0.0.8",
    )
    second = api.send("events", sent[1], "&format=json")
    assert (first.status, second.status) == (202, 400)
    (after,) = rows_of(api, text)
    received = len(gzip.compress(sent[0].encode())) + len(sent[1])
    assert [after[name] - before[name] for name in COUNTS] == [
        1,
        1,
        3,
        2,
        1,
        received,
        len("".join(sent)),
        2,
    ]
    (known,) = rows_of(
        api,
        "SELECT groupUniqArrayArray(ips) AS ips, groupUniqArrayArray(tokens) AS tokens FROM tinybird.hfi_requests",
    )
    assert "10.0.0.8" in known["ips"]
    assert "admin" not in known["tokens"]
    done = [row for row in new("datasources_ops_log") if row["event_type"] == "append-hfi"]
    assert {row["datasource_name"] for row in done} == {"events"}
    assert sum(row["rows"] or 0 for row in done) == 2
    assert [row["error"] for row in done if row["result"] == "error"] == [error(second)[1]]


def test_events_that_cannot_be_read_are_errors(api: Api, new):
    text = "SELECT sum(error_requests) AS n, sum(bytes_received) AS received FROM tinybird.hfi_requests"
    (before,) = rows_of(api, text)
    answer(api.send("events", b"no gzip", headers={"content-encoding": "gzip"}), status=400)
    answer(api.send("events", "{}", "&wait=perhaps"), status=400)
    (after,) = rows_of(api, text)
    assert (after["n"] - before["n"], after["received"] - before["received"]) == (2, 9)
    done = new("datasources_ops_log")
    assert {(row["event_type"], row["result"]) for row in done} == {("append-hfi", "error")}


def test_a_repeated_request_stores_no_rows(api: Api, new):
    text = (
        "SELECT sum(successful_requests) AS n, sum(rows_total) AS rows FROM tinybird.hfi_requests"
    )
    (before,) = rows_of(api, text)
    file = "/v0/datasources?mode=append&name=events&format=ndjson"
    for _ in range(3):
        api.send("events", '{"id": 5}', headers={"idempotency-key": "events-5"})
        api("POST", file, '{"id": 6}', {"idempotency-key": "file-6"})
    (after,) = rows_of(api, text)
    assert (after["n"] - before["n"], after["rows"] - before["rows"]) == (3, 1)
    assert [row["rows"] for row in new("datasources_ops_log") if row["event_type"] == "append"] == [
        1
    ]


COUNTS = (
    "successful_requests", "error_requests", "rows_total", "rows_successful", "rows_quarantined",
    "bytes_received", "bytes_decompressed", "ch_written_rows",
)  # fmt: skip


def test_changes_of_data_sources_and_jobs(api: Api, new):
    api("POST", "/v0/datasources?mode=append&name=events&format=ndjson", '{"id": 9}\n{"id": "y"}')
    api("POST", "/v0/datasources?mode=replace&name=events&format=ndjson", '{"id": 10}')
    deleted = api("POST", "/v1/datasources/events/delete?delete_condition=id%3D10")
    assert answer(deleted)["rows_affected"] == 1
    job = answer(api("POST", "/v0/pipes/copies/copy"))["job_id"]
    api.workspace.jobs.finish(job, 30)
    api("POST", "/v0/datasources/copied/truncate")
    found = [
        (
            row["event_type"],
            row["datasource_name"],
            row["result"],
            row["rows"],
            row["rows_quarantine"],
        )
        for row in new("datasources_ops_log")
    ]
    copied = next(row[3] for row in found if row[0] == "copy")
    assert sorted(found) == [
        ("append", "events", "ok", 1, 1),
        ("copy", "copied", "ok", copied, None),
        ("delete", "events", "ok", 1, None),
        ("replace", "events", "ok", 1, 0),
        ("truncate", "copied", "ok", None, None),
    ]
    assert copied > 0  # of what had just happened
    jobs = [
        row for row in rows_of(api, "SELECT * FROM tinybird.jobs_log FINAL") if row["job_id"] == job
    ]
    assert [(row["job_type"], row["status"], row["error"]) for row in jobs] == [
        ("copy", "done", None)
    ]
    assert jobs[0]["pipe_id"] == resource_id("pipe", "copies")
    (stats,) = rows_of(
        api,
        "SELECT sum(executions) AS n, sum(error_count) AS e FROM tinybird.datasources_ops_stats"
        " WHERE event_type = 'truncate' AND datasource_name = 'copied'",
    )
    assert stats == {"n": 1, "e": 0}


def test_tables_that_were_made(api: Api):
    made = rows_of(
        api,
        "SELECT datasource_name AS name FROM tinybird.datasources_ops_log WHERE event_type = 'create' ORDER BY name",
    )
    assert [row["name"] for row in made] == ["copied", "events", "made"]


def test_how_large_data_sources_are(api: Api):
    api.send("events", '{"id": 77}')
    text = "SELECT max(rows) AS n, max(bytes) AS bytes FROM tinybird.datasources_storage WHERE datasource_name = 'events'"
    (stored,) = rows_of(api, text)
    assert stored["n"] >= int(api.rows("SELECT count() FROM events")[0][0]) > 0
    assert stored["bytes"] > 0


def test_tables_of_what_does_not_run_are_empty(api: Api):
    for name in ("kafka_ops_log", "sinks_ops_log", "block_log", "llm_usage"):
        assert read(api, f"tinybird.{name}") == []


def test_no_secret_is_in_any_record(api: Api):
    value = token(api, "spender", "PIPES:READ:secret", "DATASOURCES:APPEND:events")
    for shown in (value, "admin"):
        answer(api.get("/v0/pipes/secret.json", token=shown), status=400)
        api.get(f"/v0/pipes/secret.json?token={shown}", token=None)
        api.get(
            f"/v0/pipes/listed.json?above={shown}x&x=1", headers={"x-api-key": shown}, token=None
        )
        api.send("events", f'{{"id": 1, "t": "{shown}"}}', token=shown)
        sql(api, f"SELECT toUInt8('{SECRET}')", token=shown)
    texts = {name: json.dumps(read(api, name)) for name in SERVICE_TABLES}
    for name, text in texts.items():
        assert value not in text, name
    secrets = [row for row in read(api, "tinybird.endpoint_errors") if row["pipe_name"] == "secret"]
    assert secrets
    assert all("has a secret" in row["error"] for row in secrets)
    errors = json.dumps([row["error"] for row in read(api, "tinybird.endpoint_errors")])
    assert SECRET not in errors


def test_who_may_read_records(api: Api):
    none = token(api, "reader", "DATASOURCES:READ:events", "PIPES:READ:calls")
    wide = token(api, "wide", "WORKSPACE:READ_ALL")
    one = token(api, "watcher", "DATASOURCES:READ:tinybird.pipe_stats_rt")
    text = "SELECT count() AS n FROM tinybird.pipe_stats_rt"
    for shown, name in ((none, "reader"), (wide, "wide")):
        refused = error(sql(api, text, token=shown))
        assert refused == (
            403,
            f"The token '{name}' lacks the scope DATASOURCES:READ:tinybird.pipe_stats_rt",
        )
    assert sql(api, text, token=one).status == 200
    assert sql(api, "SELECT count() FROM tinybird.jobs_log", token=one).status == 403
    assert sql(api, "SELECT count() FROM events", token=one).status == 403
    assert api.data("calls", token=none)  # the pipe's author reads them


def test_records_have_no_filters(api: Api):
    scope = quote("DATASOURCES:READ:tinybird.pipe_stats_rt:pipe_name = 'listed'")
    assert error(api("POST", f"/v0/tokens?name=f&scope={scope}")) == (
        400, "A service data source is read whole: it takes no filter",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["api_1__tinybird.pipe_stats_rt", "default__tinybird.jobs_log"])
def test_the_tables_have_no_other_name(api: Api, name: str):
    name = name.replace("api_1", api.workspace.generations.base)
    limited = token(api, f"limited{name[0]}", "DATASOURCES:READ:events")
    for shown in ("admin", limited):
        for text in (
            f"SELECT * FROM {name}",
            f"SELECT 1 WHERE 1 IN {name}",
            f"SELECT 1 FROM events, {name}",
        ):
            assert sql(api, text, token=shown).status == 400, text


@pytest.mark.parametrize(
    "name", ["tinybird.releases_log", "tinybird.nothing", "organization.pipe_stats_rt"]
)
def test_others_are_refused_with_those_there_are(api: Api, name: str):
    status, message = error(sql(api, f"SELECT * FROM {name}"))
    assert status == 400
    assert message.startswith(
        f"[Error] Resource '{name}' not found; the service data sources are tinybird."
    )
    assert all(known in message for known in SERVICE_TABLES)


def test_a_plan_of_a_query_of_records(api: Api):
    plan = answer(api.get("/v0/pipes/calls/explain"))
    assert "ReadFromMergeTree" in plan["query_explain"]


def test_a_materialized_pipe_reads_no_records(open_api: MakeApi):
    target = {"t.datasource": "SCHEMA >\n    `n` UInt64\n"}
    end = "TYPE materialized\nDATASOURCE t\n"
    direct = pipe("SELECT count() AS n FROM tinybird.pipe_stats_rt", end)
    for files, place, more in (
        ({"m.pipe": direct}, "m.pipe:4:30", ""),
        ({"m.pipe": pipe("SELECT n FROM other", end), "other.pipe": FILES["calls.pipe"]},
         "m.pipe:1:1", "; it reads a pipe that does"),
    ):  # fmt: skip
        with pytest.raises(ProjectError) as caught:
            open_api(target | files)
        (fault,) = caught.value.errors
        assert str(fault.location) == place
        assert fault.message == (
            f"A materialized pipe cannot read the service data source 'tinybird.pipe_stats_rt'{more}"
        )


def test_without_records(open_api: MakeApi):
    api = open_api(
        {**FILES, "martlet.toml": "[settings]\nservice_rows = 0\n"}, secrets={"key": SECRET}
    )
    api.get("/v0/pipes/listed.json")
    api.send("events", '{"id": 1}')
    assert api.data("calls") == [{"n": 0}]
    assert all(read(api, name) == [] for name in SERVICE_TABLES)


def test_requests_that_nobody_may_make(api: Api, new):
    assert api.get("/v0/pipes/listed.json", token="unknown").status == 403
    assert api.get("/v0/pipes/nothing.json").status == 404
    refused = api.get("/v0/pipes/listed.json", token=token(api, "poor", "PIPES:READ:calls"))
    (row,) = new("pipe_stats_rt")
    assert (row["status_code"], row["token_name"], row["error_message"]) == (
        403,
        "poor",
        error(refused)[1],
    )
