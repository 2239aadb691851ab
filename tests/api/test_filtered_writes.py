"""What a token with a filter is told by all that is no query: nothing of rows that it does not see."""

import json
from urllib.parse import quote

import pytest
from tests.api.calls import Api, MakeApi, answer, error

SOURCE = """SCHEMA >
    `id` Int64 `json:$.id`,
    `tenant` String `json:$.tenant`,
    `secret` String `json:$.secret`
ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
FILES = {
    "events.datasource": SOURCE,
    "joined.datasource": SOURCE,
    "numbers.datasource": "SCHEMA >\n    `n` Int64\nENGINE MergeTree\nENGINE_SORTING_KEY n\n",
    "to_numbers.pipe": "NODE n\nSQL >\n    SELECT toInt64(e.secret) AS n FROM joined AS j"
    " JOIN events AS e ON j.id = e.id\nTYPE materialized\nDATASOURCE numbers\n",
    "all.pipe": "NODE n\nSQL >\n    SELECT * FROM events ORDER BY id\nTYPE endpoint\n",
    "copy.pipe": "NODE n\nSQL >\n    SELECT * FROM events\nTYPE copy\nTARGET_DATASOURCE joined\n",
}
ROWS = [
    {"id": 1, "tenant": "a", "secret": "1"},
    {"id": 2, "tenant": "b", "secret": "canary"},
    {"id": 3, "tenant": "b", "secret": "canary"},
]
FILTER = "tenant = 'a'"


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    api = open_api(FILES)
    api.send(
        "events",
        "\n".join(map(json.dumps, [*ROWS, {"id": "x", "tenant": "b", "secret": "canary"}])),
    )
    return api


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    """All that can be given beside a filter."""
    scopes = [
        {"type": "DATASOURCES:READ", "resource": "events", "filter": FILTER},
        {"type": "DATASOURCES:READ", "resource": "joined"},
        {"type": "DATASOURCES:CREATE"},
        *({"type": "DATASOURCES:DROP", "resource": name} for name in ("events", "joined")),
        {"type": "PIPES:READ", "resource": "all"},
    ]
    return answer(api("POST", "/v0/tokens", json.dumps({"name": "some", "scopes": scopes})))[
        "token"
    ]


def test_what_is_looked_for_can_be_seen_by_one_who_may(api: Api):
    assert b"canary" in api.get("/v0/pipes/all.csv").body
    failed = error(
        api("POST", "/v1/datasources/events/delete", "delete_condition=toInt64(secret)>0")
    )
    assert "canary" in failed[1]


@pytest.mark.parametrize("extension", ["json", "csv", "csvwithnames", "ndjson", "parquet"])
def test_every_format_has_the_same_rows(api: Api, token: str, extension: str):
    shown = api.get(f"/v0/pipes/all.{extension}", token=token)
    assert (shown.status, b"canary" in shown.body) == (200, False)
    assert api.get(f"/v0/pipes/all.{extension}").body.find(b"canary") >= 0


@pytest.mark.parametrize(
    "format", ["JSONEachRow", "Parquet", "Native", "RowBinary", "Vertical", "Markdown"]
)
def test_every_format_of_sql_has_the_same_rows(api: Api, token: str, format: str):
    for table in ("events", "events_quarantine"):
        asked = f"/v0/sql?q={quote(f'SELECT * FROM {table} FORMAT {format}')}"
        shown = api.get(asked, token=token)
        assert (shown.status, b"canary" in shown.body) == (200, False)
        assert b"canary" in api.get(asked).body


def test_numbers_of_rows_are_not_told(api: Api, token: str):
    for shown in (
        answer(api.get("/v0/datasources/events", token=token)),
        *(each for each in answer(api.get("/v0/datasources", token=token))["datasources"] if each["name"] == "events"),
    ):  # fmt: skip
        assert shown["statistics"] == {"bytes": None, "row_count": None}
        assert shown["quarantine_rows"] is None
    assert answer(api.get("/v0/datasources/events"))["statistics"]["row_count"] == 3


CONDITIONS = {
    "dry run": ("/v0/datasources/events/delete?dry_run=true", "delete_condition=secret='canary'"),
    "delete": ("/v0/datasources/events/delete", "delete_condition=toInt64(secret)>0"),
    "delete at once": ("/v1/datasources/events/delete", "delete_condition=toInt64(secret)>0"),
    "replace": (
        "/v0/datasources?mode=replace&name=events&replace_condition=toInt64(secret)%3E0",
        "id\n9\n",
    ),
    "replace by a job": (
        "/v1/datasources/events/replace?replace_condition=secret='canary'",
        "id\n9\n",
    ),
}


@pytest.mark.parametrize("kind", CONDITIONS)
def test_rows_are_not_chosen_by_a_condition(api: Api, token: str, kind: str):
    target, body = CONDITIONS[kind]
    found = error(api("POST", target, body, token=token))
    assert found == (
        403, "The token 'some' sees only some rows of 'events': it cannot choose rows by a condition",
    )  # fmt: skip
    assert len(api.rows("SELECT * FROM events")) == 3


def test_a_view_that_fails_on_other_rows_does_not_tell_them(api: Api, token: str):
    sent = '{"id": 2, "tenant": "a", "secret": "1"}'
    for who, shows in ((token, False), ("admin", True)):
        status, said = error(api.send("joined", sent, token=who))
        assert (status, "canary" in said) == (422, shows), said


@pytest.mark.parametrize("path", ["/v0/datasources?mode=replace&name=joined&format=ndjson"])
def test_a_replacement_that_fails_on_other_rows_does_not_tell_them(api: Api, token: str, path: str):
    sent = '{"id": 2, "tenant": "a", "secret": "1"}'
    for who, shows in ((token, False), ("admin", True)):
        _, said = error(api("POST", path, sent, token=who))
        assert ("canary" in said) is shows, said


def test_jobs_do_not_tell_of_other_rows(api: Api, token: str):
    started = [
        answer(api("POST", "/v1/datasources/joined/replace?format=ndjson", '{"id": 2, "tenant": "a", "secret": "1"}')),
        answer(api("POST", "/v0/datasources/events/delete", "delete_condition=secret='canary' AND toInt64(secret) > 0")),
        answer(api("POST", "/v0/datasources/events/delete", "delete_condition=secret='no%20canary'")),
    ]  # fmt: skip
    for each in started:
        api.workspace.jobs.finish(each["id"], 30)
    whole = [answer(api.get(each["job_url"])) for each in started]
    assert all("canary" in json.dumps(each) for each in whole)
    for each in started:
        for shown in (
            api.get(f"{each['job_url']}?debug=blocks,block_log", token=token),
            api.get("/v0/jobs", token=token),
            api("POST", f"{each['job_url']}/cancel", token=token),
            api("POST", f"{each['job_url']}/retry", token=token)
            if each is started[2]
            else api.get("/v0/jobs", token=token),
        ):
            assert b"canary" not in shown.body, shown.body
            assert b"rows_affected" not in shown.body
            assert b"blocks" not in shown.body
    failed = answer(api.get(started[0]["job_url"], token=token))
    assert (
        failed["error"] == "Why it failed is not shown to a token that sees only some of the rows"
    )


def test_copies_are_not_for_it(api: Api, token: str):
    assert error(api("POST", "/v0/pipes/copy/copy", token=token))[0] == 403
    assert error(api.get("/v0/pipes/all/explain", token=token))[0] == 403
    assert error(api.get("/v0/pipes/all.json?explain=true", token=token))[0] == 403


def test_a_sample_is_analyzed_without_tables(api: Api, token: str):
    shown = answer(api("POST", "/v0/analyze", '{"secret": "mine"}', token=token))
    assert shown["preview"]["data"] == [{"secret": "mine"}]
