"""Rows deleted by a condition."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, answer, error

EVENTS = """
SCHEMA >
    `id` Int64 `json:$.id`,
    `tags` Array(String) `json:$.tags[:]` DEFAULT []
ENGINE MergeTree
ENGINE_PARTITION_KEY id % 3
ENGINE_SORTING_KEY id
"""
FILES = {
    "events.datasource": EVENTS,
    "seen.datasource": "SCHEMA >\n    `id` Int64\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
    "empty.datasource": "SCHEMA >\n    `id` Int64 `json:$.id`\nENGINE Null\n",
    "see.pipe": "NODE n\nSQL >\n    SELECT id FROM events\nTYPE materialized\nDATASOURCE seen\n",
}


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


def fill(api: Api, *ids: int) -> None:
    for table in ("events", "seen"):
        api.workspace.engine.command(f"TRUNCATE TABLE {table}")
    if ids:
        api.send("events", "\n".join(f'{{"id": {id}}}' for id in ids))


def ids(api: Api, table: str = "events") -> list[object]:
    return [row[0] for row in api.rows(f"SELECT id FROM {table} ORDER BY id")]


def delete(api: Api, condition: str) -> dict:
    form = f"delete_condition={quote(condition)}"
    started = answer(api("POST", "/v0/datasources/events/delete", form))
    assert started["delete_id"] == started["id"] == started["job"]["id"]
    api.workspace.jobs.finish(started["id"], 30)
    return answer(api.get(started["job_url"]))


def test_rows_are_deleted_but_not_what_views_made_of_them(api: Api):
    fill(api, 1, 2, 3, 4)
    form = "delete_condition=id%3E2"
    dry = answer(api("POST", "/v0/datasources/events/delete?dry_run=true", form))
    assert dry == {"rows_to_be_deleted": 2}
    assert ids(api) == [1, 2, 3, 4]
    job = delete(api, "id > 2")
    assert (job["kind"], job["status"], job["rows_affected"]) == ("delete_data", "done", 2)
    assert job["delete_condition"] == "id > 2"
    assert (ids(api), ids(api, "seen")) == ([1, 2], [1, 2, 3, 4])
    api.send("events", '{"id": 9}')
    assert ids(api, "seen") == [1, 2, 3, 4, 9]
    assert "__stage" not in api.workspace.engine.command("SHOW TABLES")
    assert api.workspace.apply(api.workspace.live.project) == []


@settings(suppress_health_check=list(HealthCheck), max_examples=12)
@given(
    st.lists(st.integers(0, 9), max_size=10),
    st.sampled_from(
        [
            ("id < 5", lambda id: id < 5),
            ("id IN (1, 2) OR id > 7", lambda id: id in (1, 2) or id > 7),
            ("nullIf(id, 3) != 4", lambda id: id not in (3, 4)),
            ("has(tags, 'x')", lambda id: False),
            ("true", lambda id: True),
        ]
    ),
)
def test_deletes_are_what_a_model_says(api: Api, stored, condition):
    fill(api, *stored)
    job = delete(api, condition[0])
    assert ids(api) == sorted(id for id in stored if not condition[1](id))
    assert job["rows_affected"] == sum(map(condition[1], stored))


@pytest.mark.parametrize(
    ("name", "form", "status", "said"),
    [
        ("events", "", 400, "'delete_condition' is missing"),
        ("events", "delete_condition=", 400, "it is empty"),
        ("events", "delete_condition=nope%3D1", 400, "does not fit 'events'"),
        ("events", "delete_condition=1)--", 400, "is not allowed"),
        ("events", "delete_condition=id IN (SELECT id FROM seen)", 400, "SELECT has no place"),
        ("events", "delete_condition=file('/etc/passwd')=''", 400, "file is not allowed"),
        ("events", "delete_condition=1&dry_run=maybe", 400, "'dry_run' is true or false"),
        ("none", "delete_condition=1", 404, "'none'"),
    ],
)
def test_refused(api: Api, name: str, form: str, status: int, said: str):
    found = error(api("POST", f"/v0/datasources/{name}/delete", form))
    assert (found[0], said in found[1]) == (status, True), found


def test_a_delete_that_fails_changes_nothing(api: Api):
    fill(api, 1, 2, 3)
    job = delete(api, "throwIf(id = 2) = 0")
    assert (job["status"], "throwIf" in job["error"]) == ("error", True), job
    assert ids(api) == [1, 2, 3]
    api.send("events", '{"id": 6}')  # in the partition of 3; merges are no longer held
    api.workspace.engine.command("OPTIMIZE TABLE events FINAL")
    parts = "SELECT count() FROM system.parts WHERE active AND table = 'events' AND partition = '0'"
    assert api.rows(f"{parts} AND database = currentDatabase()") == [[1]]
    assert "__stage" not in api.workspace.engine.command("SHOW TABLES")


def test_a_data_source_that_keeps_no_rows(api: Api):
    started = answer(api("POST", "/v0/datasources/empty/delete", "delete_condition=1"))
    job = api.workspace.jobs.finish(started["id"], 30)
    assert (job["status"], "its engine is Null" in str(job["error"])) == ("error", True)


# at once


def test_a_delete_at_once_is_answered_when_it_is_done(api: Api):
    fill(api, 1, 2, 3)
    form = "delete_condition=id%3E1&wait=true&projection_mode=drop"
    done = answer(api("POST", "/v1/datasources/events/delete", form))
    assert (done["name"], done["rows_affected"]) == ("events", 2)
    assert ids(api) == [1]
    assert answer(api.get("/v0/jobs?kind=delete_data"))["jobs"][0]["rows_affected"] == 2


def test_a_delete_need_not_be_waited_for(api: Api):
    fill(api, 1, 2)
    started = answer(
        api("POST", "/v1/datasources/events/delete?wait=false", "delete_condition=id=1")
    )
    api.workspace.jobs.finish(started["job_id"], 30)
    assert ids(api) == [2]


AT_ONCE = {
    "no condition": ("wait=true", 400, "'delete_condition' is missing"),
    "a partition": ("delete_condition=1&partition=1", 501, "'partition' is not available"),
    "another mode": ("delete_condition=1&projection_mode=x", 400, "throw, drop or rebuild"),
    "no flag": ("delete_condition=1&wait=perhaps", 400, "'wait' is true or false"),
    "what fails": ("delete_condition=throwIf(id>0)", 400, "Value passed to 'throwIf'"),
}


@pytest.mark.parametrize("kind", AT_ONCE)
def test_deletes_at_once_that_are_refused(api: Api, kind: str):
    fill(api, 1, 2)
    form, status, said = AT_ONCE[kind]
    found, message = error(api("POST", "/v1/datasources/events/delete", form))
    assert (found, said in message, ids(api)) == (status, True, [1, 2]), message


# all rows


CHAIN = {
    **FILES,
    "seen_twice.datasource": FILES["seen.datasource"],
    "see_again.pipe": "NODE n\nSQL >\n    SELECT id FROM seen\nTYPE materialized\nDATASOURCE seen_twice\n",
    "other.datasource": 'TOKEN "owner" READ\n' + EVENTS,
}


def test_a_truncate_goes_along_materialized_pipes_if_it_is_told_to(open_api: MakeApi):
    api = open_api(CHAIN)
    tables = ("events", "seen", "seen_twice", "other")

    def fill_all() -> None:
        for name in ("events", "other"):
            api.send(name, '{"id": 1}')

    fill_all()
    told = answer(api("POST", "/v0/datasources/events/truncate"))
    assert (told["truncated"], told["cascaded"]) == ("events", [])
    assert [len(ids(api, table)) for table in tables] == [0, 1, 1, 1]
    api.send("events", '{"id": 2}')
    told = answer(api("POST", "/v0/datasources/events/truncate", "cascade=true"))
    assert (told["truncated"], sorted(told["cascaded"])) == ("events", ["seen", "seen_twice"])
    assert [len(ids(api, table)) for table in tables] == [0, 0, 0, 1]
    fill_all()
    assert [len(ids(api, table)) for table in tables] == [1, 1, 1, 2]
    # Tinybird's command asks which they are, and empties one by one.
    asked = "/v0/dependencies?no_deps=false&check_for_partial_replace=true&datasource=events"
    assert set(answer(api.get(asked))["dependencies"]) == {"events", "seen", "seen_twice"}


def test_a_cascade_is_for_who_may_empty_all_of_them(open_api: MakeApi):
    api = open_api(CHAIN)
    api.send("events", '{"id": 1}')
    scopes = "scope=DATASOURCES:DROP:events&scope=DATASOURCES:DROP:seen"
    token = answer(api("POST", f"/v0/tokens?name=cleaner&{scopes}"))["token"]
    status, _ = error(api("POST", "/v0/datasources/events/truncate?cascade=true", token=token))
    assert (status, ids(api), ids(api, "seen_twice")) == (403, [1], [1])
    answer(api("POST", "/v0/datasources/events/truncate", token=token))
    assert (ids(api), ids(api, "seen")) == ([], [1])
