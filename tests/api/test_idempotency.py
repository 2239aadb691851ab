"""Requests with an Idempotency-Key: stored once, and answered as the first time."""

import gzip
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from tests.api.calls import Api, MakeApi, answer, error

from martlet.engines.clickhouse import ClickHouse, Writer
from martlet.errors import EngineError
from martlet.files.project import load_project
from martlet.workspace import Workspace

FILES = {
    "datasources/events.datasource": """
SCHEMA >
    id String `json:$.id`,
    day UInt8 `json:$.day`,
    n Int32 `json:$.n` DEFAULT 1

ENGINE MergeTree
ENGINE_PARTITION_KEY day
ENGINE_SORTING_KEY id
""",
    "datasources/others.datasource": "SCHEMA >\n    id String `json:$.id`\n",
    "datasources/by_day.datasource": """
SCHEMA >
    day UInt8,
    events UInt64

ENGINE SummingMergeTree
ENGINE_SORTING_KEY day
""",
    "pipes/counting.pipe": """
NODE counted
SQL >
    SELECT day, count() AS events FROM events WHERE NOT throwIf(n = 13) GROUP BY day
TYPE materialized
DATASOURCE by_day
""",
}


@pytest.fixture(scope="module")
def opened(open_api: MakeApi) -> Api:
    return open_api(FILES)


@pytest.fixture
def api(opened: Api) -> Api:
    return emptied(opened)


def emptied(api: Api) -> Api:
    """Return a workspace as if nothing had been sent to it."""
    for table in ("events", "events_quarantine", "by_day", "others"):
        api.workspace.engine.command(f"TRUNCATE TABLE {table}")
    for table in ("keys", "ids"):
        api.workspace.once.journal._db.execute(f"DELETE FROM {table}")
    return api


def event(id: str, day: int = 1, **more: object) -> dict[str, object]:
    return {"id": id, "day": day, **more}


def send(api: Api, key: str, *events: dict, query: str = "", name: str = "events", **headers: str):
    body = "\n".join(map(json.dumps, events))
    return api.send(name, body, query, headers={"idempotency-key": key, **headers})


def stored(api: Api) -> list:
    """Return the ids, how many events the aggregate has, and how many rows the quarantine."""
    ids = [id for (id,) in api.rows("SELECT id FROM events ORDER BY id")]
    ((counted,),) = api.rows("SELECT sum(events) FROM by_day")
    return [ids, counted, api.workspace.count("events_quarantine")]


def told(response) -> tuple:
    return response.status, response.body, response.headers.get("idempotency-replayed")


@pytest.mark.parametrize("query", ["", "&wait=true"])
def test_a_repetition_is_answered_as_the_first_time(api: Api, query: str):
    events = [event("a"), event("b", 2), {"id": "c", "day": "no"}]
    status = 200 if query else 202
    first = send(api, "k", *events, query=query)
    assert told(first) == (status, b'{"successful_rows":2,"quarantined_rows":1}', None)
    # `wait` says when to answer and not what to store: the first status comes again.
    for repeated in ("", "&wait=true"):
        again = send(api, "k", *events, query=repeated)
        assert told(again) == (*told(first)[:2], "true")
    assert stored(api) == [["a", "b"], 2, 1]


def test_a_body_may_be_compressed_in_another_way(api: Api):
    body = json.dumps(event("a")).encode()
    for sent, encoding in ((body, "identity"), (gzip.compress(body), "gzip")):
        headers = {"idempotency-key": "k", "content-encoding": encoding}
        answer(api.send("events", sent, headers=headers), status=202)
    assert stored(api)[:2] == [["a"], 1]


def test_keys_are_of_a_data_source(api: Api):
    for name in ("events", "others"):
        assert told(send(api, "k", event("a"), name=name))[2] is None
    assert api.rows("SELECT count() FROM others") == [[1]]


def test_another_request_with_the_key_is_refused(api: Api):
    send(api, "k", event("a"))
    status, message = error(send(api, "k", event("b")))
    assert (status, message.partition(":")[0]) == (
        422, "The Idempotency-Key was used before, for another request to this data source"
    )  # fmt: skip
    assert error(send(api, "k", event("a"), query="&format=json"))[0] == 422
    assert stored(api)[0] == ["a"]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("", "1 to 255"), ("k" * 256, "1 to 255"), ("\xff", "1 to 255"), ("a\x01", "1 to 255"),
     ("a, b", "different keys")],
    ids=["empty", "long", "no ASCII", "control", "two"],
)  # fmt: skip
def test_what_is_no_key_is_refused(api: Api, key: str, wrong: str):
    status, message = error(send(api, key, event("a")))
    assert (status, wrong in message) == (400, True), message
    assert stored(api)[0] == []


def test_a_header_that_is_sent_twice_is_one_key(api: Api):
    send(api, "k" * 255, event("a"))
    assert told(send(api, f"{'k' * 255}, {'k' * 255}", event("a")))[2] == "true"


def test_an_attempt_that_stored_nothing_frees_the_key(api: Api):
    headers = {"idempotency-key": "k"}
    assert api.send("events", "", headers=headers).status == 400
    assert api.send("events", "[1", "&format=json", headers=headers).status == 400
    assert told(send(api, "k", event("a")))[2] is None
    assert stored(api)[0] == ["a"]


def test_rows_that_a_view_fails_on_are_stored_once_and_told_so_again(api: Api):
    first = send(api, "k", event("a", n=13))
    again = send(api, "k", event("a", n=13))
    assert first.status == 422
    assert "do not send them again" in error(first)[1]
    assert told(again) == (*told(first)[:2], "true")
    assert stored(api) == [["a"], 0, 0]


def test_a_bad_request_harms_no_other_of_its_group(api: Api):
    events = {str(n): event(f"{n}", n=13 if n % 5 == 0 else 1) for n in range(20)}
    with api.workspace.sink.paused(), ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(send, api, key, one) for key, one in events.items()]
        queue = api.workspace.sink._queues
        while "events" not in queue or len(queue["events"].waiting) < 20:
            pass
    del answers
    for key, one in events.items():
        assert told(send(api, key, one))[2] == "true"
    ids, counted, _ = stored(api)
    assert (ids, counted) == (sorted(events), 16)


def test_rows_that_only_clickhouse_refuses_are_quarantined_once(open_api: MakeApi):
    api = open_api({
        "datasources/events.datasource": "SCHEMA >\n    id String `json:$.id`,\n"
        "    n UInt8 DEFAULT throwIf(id = 'bad')\n"
    })  # fmt: skip
    events = [{"id": id} for id in ("a", "bad", "b", "c", "bad")]
    first = send(api, "k", *events)
    assert answer(first, status=202) == {"successful_rows": 3, "quarantined_rows": 2}
    assert told(send(api, "k", *events)) == (*told(first)[:2], "true")
    assert api.rows("SELECT id FROM events ORDER BY id") == [["a"], ["b"], ["c"]]
    assert api.workspace.count("events_quarantine") == 2


def test_one_of_many_at_once_is_stored(api: Api):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: send(api, f"k{n % 4}", event(f"{n % 4}")), range(64)))
    assert {response.status for response in answers} == {202}
    assert sum(told(response)[2] is None for response in answers) == 4
    assert stored(api)[:2] == [["0", "1", "2", "3"], 4]


def test_who_comes_while_the_first_is_under_way_waits_for_it(api: Api):
    with ThreadPoolExecutor(2) as pool:
        with api.workspace.sink.paused():
            first = pool.submit(send, api, "k", event("a"))
            while not api.workspace.once._running:
                threading.Event().wait(0.001)
            second = pool.submit(send, api, "k", event("a"))
            assert send(api, "k", event("b")).status == 422
            assert not second.done()
        assert told(first.result(30)) == (202, b'{"successful_rows":1,"quarantined_rows":0}', None)
        assert told(second.result(30)) == (*told(first.result())[:2], "true")
    assert stored(api)[0] == ["a"]


@pytest.mark.parametrize(
    ("format", "body"),
    [("csv", "id,day,n\na,1,1\nb,2,1\nc,x,1\n"), ("ndjson", '{"id":"a","day":1}\n{"id":"b","day":2}\n{}')],
)  # fmt: skip
def test_files_are_appended_once(api: Api, format: str, body: str):
    def append(target: str = ""):
        headers = {"idempotency-key": "k"}
        return api("POST", f"/v0/datasources?mode=append&name=events{target}", body, headers)

    first = append(f"&format={format}")
    assert answer(first)["quarantined_rows"] == 1
    assert told(append(f"&format={format}")) == (*told(first)[:2], "true")
    assert append(f"&format={format}&dialect_delimiter=;").status == 422
    assert stored(api) == [["a", "b"], 2, 1]


def test_keys_are_refused_where_a_job_stores_the_file(api: Api):
    url = "/v0/datasources?mode=append&name=events&url=https://example.com/a.csv"
    status, message = error(api("POST", url, b"", {"idempotency-key": "k"}))
    assert (status, "stored by a job" in message) == (501, True)


def test_equal_events_without_a_key_are_all_stored(api: Api):
    for _ in range(3):
        answer(api.send("events", json.dumps(event("a"))), status=202)
    assert stored(api)[:2] == [["a"] * 3, 3]


WITH_IDS = {
    **FILES,
    "martlet.toml": """
[datasources.events]
id_column = "id"
id_window_h = 2
""",
}


@pytest.fixture(scope="module")
def opened_by_id(open_api: MakeApi) -> Api:
    return open_api(WITH_IDS)


@pytest.fixture
def by_id(opened_by_id: Api) -> Api:
    return emptied(opened_by_id)


def post(api: Api, *events: dict) -> dict:
    return answer(api.send("events", "\n".join(map(json.dumps, events))), status=202)


def test_an_event_is_stored_once_by_its_id(by_id: Api):
    assert post(by_id, event("a"), event("b"), event("a")) == {
        "successful_rows": 3, "quarantined_rows": 0
    }  # fmt: skip
    assert post(by_id, event("b", 2), event("c")) == {"successful_rows": 2, "quarantined_rows": 0}
    assert stored(by_id) == [["a", "b", "c"], 3, 0]
    assert by_id.rows("SELECT day FROM events WHERE id = 'b'") == [[1]]


def test_events_without_an_id_are_all_stored(by_id: Api):
    post(by_id, event(""), event(""))
    assert stored(by_id)[:2] == [["", ""], 2]


def test_ids_of_refused_rows_are_not_taken(by_id: Api):
    post(by_id, {"id": "a", "day": "no"})
    post(by_id, event("a"))
    assert stored(by_id) == [["a"], 1, 1]


def test_ids_of_rows_that_only_clickhouse_refuses_are_free_again(open_api: MakeApi):
    api = open_api({
        "datasources/events.datasource": "SCHEMA >\n    id UInt64 `json:$.id`,\n"
        "    s String `json:$.s`,\n    n UInt8 DEFAULT throwIf(s = 'bad')\n",
        "martlet.toml": '[datasources.events]\nid_column = "id"\n',
    })  # fmt: skip
    rows = [{"id": 1, "s": "good"}, {"id": 2, "s": "bad"}]
    assert post(api, *rows) == {"successful_rows": 1, "quarantined_rows": 1}
    assert post(api, {"id": "1", "s": "again"}, {"id": 2, "s": "good"})["successful_rows"] == 2
    assert api.rows("SELECT id, s FROM events ORDER BY id") == [[1, "good"], [2, "good"]]


def test_a_row_is_left_out_only_for_one_that_is_stored(open_api: MakeApi):
    api = open_api({
        "datasources/events.datasource": "SCHEMA >\n    id UInt64 `json:$.id`,\n"
        "    s String `json:$.s`,\n    n UInt8 DEFAULT throwIf(s = 'bad')\n",
        "martlet.toml": '[datasources.events]\nid_column = "id"\n',
    })  # fmt: skip
    sink = api.workspace.sink
    with ThreadPoolExecutor(2) as pool:
        with sink.paused():
            answers = []
            for count, text in enumerate(("bad", "good"), start=1):
                answers.append(pool.submit(post, api, {"id": 1, "s": text}))
                while "events" not in sink._queues or len(sink._queues["events"].waiting) < count:
                    pass
        told = [each.result(30)["successful_rows"] for each in answers]
    assert told == [0, 1]
    assert api.rows("SELECT id, s FROM events") == [[1, "good"]]


def test_requests_with_and_without_a_key_in_one_group(api: Api):
    sink = api.workspace.sink
    with ThreadPoolExecutor(8) as pool:
        with sink.paused():
            keyed = [pool.submit(send, api, f"k{n}", event(f"k{n}")) for n in range(4)]
            plain = [pool.submit(post, api, event("plain")) for _ in range(4)]
            while "events" not in sink._queues or len(sink._queues["events"].waiting) < 8:
                pass
        for each in (*keyed, *plain):
            each.result(30)
    assert stored(api)[:2] == [["k0", "k1", "k2", "k3", *["plain"] * 4], 8]


def test_ids_of_many_at_once(by_id: Api):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: post(by_id, event(f"{n % 7}"), event(f"{n % 5}")), range(64)))
    assert stored(by_id)[:2] == [[str(n) for n in range(7)], 7]


def test_keys_and_ids_together(by_id: Api):
    post(by_id, event("a"))
    first = send(by_id, "k", event("a"), event("b"))
    assert answer(first, status=202)["successful_rows"] == 2
    assert told(send(by_id, "k", event("a"), event("b"))) == (*told(first)[:2], "true")
    assert stored(by_id)[0] == ["a", "b"]


def test_files_go_by_ids_too_and_a_truncate_forgets_them(by_id: Api):
    post(by_id, event("a"))
    file = "id,day\na,1\nb,1\n"
    counts = answer(by_id("POST", "/v0/datasources?mode=append&name=events&format=csv", file))
    assert counts["successful_rows"] == 2
    assert stored(by_id)[0] == ["a", "b"]
    assert by_id("POST", "/v0/datasources/events/truncate").status in (200, 205)
    post(by_id, event("a"))
    assert stored(by_id)[0] == ["a"]


def test_a_replacement_forgets_ids(by_id: Api):
    post(by_id, event("a"))
    answer(by_id("POST", "/v0/datasources?mode=replace&name=events&format=csv", "id,day\nb,1\n"))
    post(by_id, event("a"))
    assert stored(by_id)[0] == ["a", "b"]


def test_a_replacement_of_some_rows_keeps_the_ids_of_others(by_id: Api):
    post(by_id, event("a", 1), event("b", 2))
    target = "/v0/datasources?mode=replace&name=events&format=csv&replace_condition=day%3D1"
    answer(by_id("POST", target, "id,day\nc,1\n"))
    post(by_id, event("b", 2))
    assert stored(by_id)[0] == ["b", "c"]


@pytest.fixture
def changing(open_api: MakeApi) -> Callable[..., Api]:
    """Return what opens a project, and puts other files in the place of its own."""
    api = open_api(TWO_IDS)

    def change(files: dict[str, str], **more: object) -> Api:
        root = api.workspace.live.project.root
        for path in TWO_IDS:
            (root / path).unlink(missing_ok=True)
        for path, text in files.items():
            (root / path).write_text(text)
        api.workspace.apply(load_project(root), **more)
        return api

    return change


TWO_IDS = {
    "datasources/events.datasource": "SCHEMA >\n    id String `json:$.id`,\n    other String `json:$.other`\n",
    "datasources/others.datasource": "SCHEMA >\n    id String `json:$.id`\n",
    "pipes/copies.pipe": "NODE n\nSQL >\n    SELECT id, id AS other FROM others\nTYPE copy\nTARGET_DATASOURCE events\n",
    "martlet.toml": '[datasources.events]\nid_column = "id"\n',
}  # fmt: skip


def test_a_data_source_that_is_made_again_knows_no_ids(changing: Callable[..., Api]):
    api = changing(TWO_IDS)
    post(api, {"id": "a", "other": "1"})
    kept = "datasources/others.datasource"
    changing({kept: TWO_IDS[kept]}, removed=["events"], destructive=True)
    changing(TWO_IDS)
    post(api, {"id": "a", "other": "1"})
    assert api.rows("SELECT id FROM events") == [["a"]]


def test_a_server_without_tables_knows_no_ids(open_api: MakeApi):
    before = open_api(TWO_IDS)
    post(before, {"id": "a", "other": "1"})
    left = before.workspace
    engine = ClickHouse(left.engine.path, database="of_no_tables")
    later = Workspace(
        left.live.project, engine=engine, tokens=left.tokens, journal=left.once.journal
    )
    try:
        post(Api(later), {"id": "a", "other": "1"})
        assert later.count("events") == 1
    finally:
        later.close()


def test_ids_of_another_column_are_others(changing: Callable[..., Api]):
    api = changing(TWO_IDS)
    post(api, {"id": "1", "other": "2"})
    changing({**TWO_IDS, "martlet.toml": '[datasources.events]\nid_column = "other"\n'})
    post(api, {"id": "2", "other": "1"})
    assert api.rows("SELECT id FROM events ORDER BY id") == [["1"], ["2"]]


def test_a_truncate_forgets_ids_that_nobody_asks_for_now(changing: Callable[..., Api]):
    api = changing(TWO_IDS)
    post(api, {"id": "a", "other": "1"})
    changing({**TWO_IDS, "martlet.toml": ""})
    answer(api("POST", "/v0/datasources/events/truncate"))
    changing(TWO_IDS)
    post(api, {"id": "a", "other": "1"})
    assert api.rows("SELECT id FROM events") == [["a"]]


def test_a_copy_that_replaces_forgets_ids(changing: Callable[..., Api]):
    api = changing(TWO_IDS)
    post(api, {"id": "a", "other": "1"})
    for mode, left in (("append", [["a"]]), ("replace", [])):
        job = answer(api("POST", f"/v0/pipes/copies/copy?_mode={mode}"))["job"]["job_id"]
        api.workspace.jobs.finish(job, 30)
        assert api.rows("SELECT id FROM events") == left
        post(api, {"id": "a", "other": "1"})
    assert api.rows("SELECT id FROM events") == [["a"]]


def test_tables_of_before_get_what_keys_need(api: Api):
    tables = ("events", "events_quarantine", "by_day")
    for table in tables:
        api.workspace.engine.command(
            f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 0"
        )
        api.workspace.engine.command(f"ALTER TABLE {table} MODIFY COMMENT 'martlet:before'")
    send(api, "k", event("a"))
    api.workspace.apply(api.workspace.live.project)
    made = api.rows(
        "SELECT name, position(engine_full, 'deduplication_window = 10000') > 0 FROM system.tables"
        f" WHERE database = currentDatabase() AND name IN {tables} ORDER BY name"
    )
    assert made == [["by_day", 1], ["events", 1], ["events_quarantine", 1]]
    assert stored(api)[:2] == [["a"], 1]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what has inserts with a token fail, before or after they have stored their rows."""
    insert = Writer.insert

    def fail(*, is_stored: bool) -> None:
        def insert_and_fail(self: Writer, table: str, block: bytes, *, token: str = "") -> int:
            written = insert(self, table, block, token=token) if is_stored or not token else 0
            if token:
                raise EngineError("ClickHouse cannot tell")
            return written

        monkeypatch.setattr(Writer, "insert", insert_and_fail)

    return fail


@pytest.mark.parametrize("is_stored", [False, True])
def test_rows_that_an_insert_left_are_stored_before_their_table_is_another(
    open_api: MakeApi, failing: Callable[..., None], monkeypatch, is_stored: bool
):
    api = open_api(FILES)
    failing(is_stored=is_stored)
    assert send(api, "k", event("a"), event("b")).status == 503
    monkeypatch.undo()
    folder = api.workspace.live.project.root
    file = folder / "datasources/events.datasource"
    file.write_text(file.read_text().replace("n Int32", "more String DEFAULT 'x',\n    n Int32"))
    before = api.workspace.engine.database
    api.workspace.apply(load_project(folder))
    assert api.workspace.engine.database != before
    assert stored(api) == [["a", "b"], 2, 0]
    assert send(api, "k", event("a"), event("b")).status == 202
    assert stored(api) == [["a", "b"], 2, 0]


def test_rows_that_an_insert_left_are_in_answers_when_it_is_finished(
    api: Api, failing: Callable[..., None], monkeypatch
):
    def counted() -> list[int]:
        queries = ("count() AS n FROM events", "sum(events) AS n FROM by_day")
        targets = [f"/v0/sql?q={quote(f'SELECT {query} FORMAT JSON')}" for query in queries]
        return [answer(api.get(target))["data"][0]["n"] for target in targets]

    failing(is_stored=False)
    assert send(api, "k", event("a"), event("b")).status == 503
    assert counted() == [0, 0]
    monkeypatch.undo()
    answer(api("POST", "/v0/datasources/others/truncate"))  # finishes what was left
    assert told(send(api, "k", event("a"), event("b")))[2] == "true"
    assert counted() == [2, 2]
