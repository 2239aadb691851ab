"""Answers that are kept: never one of other rows or of another caller, and 304 to who has them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, answer, error

from martlet.api import read, sql
from martlet.api.dispatch import dispatch
from martlet.api.http import Request, Response
from martlet.cache import Cache
from martlet.files.project import load_project
from martlet.workspace import Workspace

ROWS = "SCHEMA >\n    `id` Int64 `json:$.id`,\n    `who` String `json:$.who` DEFAULT 'a'\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
MADE = "SCHEMA >\n    `who` String,\n    `n` UInt64\nENGINE {0}\nENGINE_SORTING_KEY who\n"


def pipe(sql: str, end: str = "TYPE endpoint\n") -> str:
    return f"NODE n\nSQL >\n    %\n    {sql}\n{end}"


FILES = {
    "events.datasource": ROWS,
    "sums.datasource": MADE.format("SummingMergeTree"),
    "copied.datasource": MADE.format("MergeTree"),
    "to_sums.pipe": pipe(
        "SELECT who, count() AS n FROM events WHERE NOT throwIf(who = 'bad') GROUP BY who",
        "TYPE materialized\nDATASOURCE sums\n",
    ),
    "to_copied.pipe": pipe(
        "SELECT who, sum(n) AS n FROM sums GROUP BY who ORDER BY who",
        "TYPE copy\nTARGET_DATASOURCE copied\n",
    ),
    "listed.pipe": pipe("SELECT id, who FROM events WHERE who != {{String(but, '')}} ORDER BY id, who"),
    "summed.pipe": pipe("SELECT who, sum(n) AS n FROM sums GROUP BY who ORDER BY who"),
    "copies.pipe": pipe("SELECT who, sum(n) AS n FROM copied GROUP BY who ORDER BY who"),
    "refused.pipe": pipe("SELECT count() AS n FROM events_quarantine"),
    "secret.pipe": pipe("SELECT count() AS n, {{tb_secret('shown', 'none')}} AS s FROM events"),
    "clock.pipe": pipe("SELECT now64(9) AS t"),
    "old.pipe": pipe("SELECT count() AS n FROM events {{cache_ttl('1h')}}"),
    "reads_old.pipe": pipe("SELECT n FROM old"),
    "failing.pipe": pipe("SELECT toUInt8(concat(who, {{tb_secret('key')}})) AS n FROM events"),
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    opened = open_api(FILES, secrets={"key": "hidden"})
    answer(opened("POST", "/v0/variables", "name=shown&value=first"))
    return opened


def token(api: Api, name: str, *scopes: str) -> str:
    asked = "&".join(f"scope={quote(scope)}" for scope in scopes)
    return answer(api("POST", f"/v0/tokens?name={name}&{asked}"))["token"]


@pytest.fixture(scope="module")
def tokens(api: Api) -> list[str]:
    reads = [f"PIPES:READ:{name}" for name in ("listed", "summed", "copies", "failing")]
    fixed = {"type": "PIPES:READ", "resource": "listed", "fixed_params": {"but": "b"}}
    minted = f"/v0/tokens/?name=fixed&expiration_time={2**33}"
    return [
        "admin",
        token(api, "only_a", "DATASOURCES:READ:events:who = 'a'", *reads),
        token(api, "changing", "DATASOURCES:READ:events:who = 'b'", *reads),
        token(api, "all", "DATASOURCES:READ:events", *reads),
        answer(api("POST", minted, json.dumps({"scopes": [fixed]})))["token"],
    ]


LISTED = "/v0/pipes/listed.json"


def test_an_answer_is_given_again_as_it_is(api: Api):
    first, second = api.get(LISTED), api.get(LISTED)
    assert second.body is first.body  # with the statistics of the run, and not copied
    assert first.headers["etag"] == second.headers["etag"]
    assert api.get("/v0/pipes/clock.json").body != api.get("/v0/pipes/clock.json").body


def test_rows_are_in_the_answers_after_their_acknowledgement(api: Api):
    for id in range(1000, 1005):
        assert id not in [row["id"] for row in api.data("listed")]
        seen = sum(row["n"] for row in api.data("summed"))
        assert api.send("events", json.dumps({"id": id})).status == 202
        assert id in [row["id"] for row in api.data("listed")]
        assert sum(row["n"] for row in api.data("summed")) == seen + 1  # behind a view
    refused = api.data("refused")
    api.send("events", '{"id": "none"}')
    assert api.data("refused")[0]["n"] == refused[0]["n"] + 1


@pytest.mark.parametrize("target", [LISTED, "/v0/sql?q=SELECT+id+FROM+events+FORMAT+CSV"])
def test_who_has_an_answer_is_told_so(api: Api, target):
    whole = api.get(target)
    etag = whole.headers["etag"]
    assert whole.headers["cache-control"] == "private, no-cache"
    assert whole.headers["vary"] == "authorization, x-api-key"
    for sent in (etag, f"W/{etag}", f'"x", {etag}', f'W/"x",{etag} , "y"', "*"):
        found = api.get(target, headers={"if-none-match": sent})
        assert (found.status, found.body) == (304, b"")
        for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
            assert found.headers[name] == whole.headers[name]
    for sent in ('"x"', etag.strip('"'), "", f'"{etag[1:-2]}"'):
        assert api.get(target, headers={"if-none-match": sent}).body == whole.body


def test_an_answer_with_other_rows_has_another_tag(api: Api):
    before = api.get(LISTED)
    api.send("events", '{"id": 77}')
    found = api.get(LISTED, headers={"if-none-match": before.headers["etag"]})
    assert found.status == 200
    assert found.headers["etag"] != before.headers["etag"]


def test_only_answers_to_get_have_a_tag(api: Api):
    posted = api("POST", LISTED, headers={"if-none-match": "*"})
    assert posted.status == 200
    assert "etag" not in posted.headers
    failed = api.get("/v0/sql?q=SELECT+no", headers={"if-none-match": "*"})
    assert failed.status == 400
    assert "etag" not in failed.headers


def test_a_request_is_counted_also_where_its_answer_is_kept(api: Api):
    api.send("events", '{"id": 78}')
    assert api.get(LISTED).rows == api.get(LISTED).rows > 0


def test_a_ttl_holds_for_the_pipe_that_asks_for_it_alone(api: Api):
    def count(target: str) -> int:
        return answer(api.get(target))["data"][0]["n"]

    before = api.get("/v0/pipes/old.json")
    seconds = int(before.headers["cache-control"].removeprefix("private, max-age="))
    assert 3590 <= seconds <= 3600
    old, over = count("/v0/pipes/old.json"), "/v0/pipes/old.json?q=SELECT+n+FROM+_"
    assert count(over) == old
    api.send("events", '{"id": 5000}')
    assert count("/v0/pipes/old.json") == count(over) == old
    assert count("/v0/pipes/reads_old.json") == old + 1
    assert count("/v0/sql?q=SELECT+n+FROM+old") == old + 1
    api.workspace.apply(api.workspace.live.project)
    assert count("/v0/pipes/old.json") == old + 1


class Held:
    """An engine whose queries wait until they may run."""

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.engine
        self.versions = workspace.versions
        self.database = workspace.engine.database
        self.started = threading.Event()
        self.open = threading.Event()

    def execute(self, *arguments: object, **more: object) -> object:
        self.started.set()
        assert self.open.wait(20)
        return self.engine.execute(*arguments, **more)


@pytest.mark.parametrize("first", ["admin", "reader"])
def test_each_caller_is_told_of_a_shared_error_what_it_may_know(api: Api, tokens, first):
    api.send("events", '{"id": 1, "who": "zzz"}')
    workspace, held = api.workspace, Held(api.workspace)
    before, workspace.cache = workspace.cache, Cache(held)
    workspace.cache.use(workspace.live.project)
    order = ["admin", tokens[3]] if first == "admin" else [tokens[3], "admin"]
    try:
        with ThreadPoolExecutor(2) as threads:
            target = "/v0/pipes/failing.json"
            asked = {order[0]: threads.submit(api.get, target, token=order[0])}
            assert held.started.wait(20)
            held.started.clear()
            asked[order[1]] = threads.submit(api.get, target, token=order[1])
            # It joins, or it would run by itself.
            assert not held.started.wait(0.2)
            held.open.set()
            told = {name: error(future.result(30))[1] for name, future in asked.items()}
    finally:
        held.open.set()
        workspace.cache = before
    assert "hidden" in told["admin"]
    assert "it has a secret" in told[tokens[3]]


@dataclass
class Uncached:
    """A workspace whose every query is run."""

    workspace: Workspace
    cache: None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.workspace, name)

    def get(self, target: str, token: str) -> Response:
        path, _, query = target.partition("?")
        request = Request("GET", path, query, headers={"authorization": f"Bearer {token}"})
        operations = {"run_pipe": read.run_pipe, "run_sql": sql.run_sql}
        return dispatch(self, request, operations).result(timeout=30)


def finish(api: Api, response: Response) -> Response:
    started = answer(response)
    id = started.get("id") or started["job"]["job_id"]
    api.workspace.jobs.finish(id, 30)
    assert answer(api.get(f"/v0/jobs/{id}"))["status"] == "done"
    return response


def change_files(api: Api, name: str, old: str, new: str) -> Response:
    root = api.workspace.live.project.root
    (root / name).write_text(FILES[name].replace(old, new))
    api.workspace.apply(load_project(root, secrets={"key": "hidden"}))
    return Response(200)


IDS = st.integers(0, 5)
WHO = st.sampled_from("abc")
EVENTS = st.lists(st.builds(lambda id, who: {"id": id, "who": who}, IDS, WHO), min_size=1, max_size=4).map(lambda events: "\n".join(map(json.dumps, events)))  # fmt: skip
NOTHING = st.none()
FILE = "/v0/datasources?name=events&format=ndjson&mode"

# What changes the answers of queries: what is given, and how it is sent.
WRITES = {
    "events": (EVENTS, lambda api, body: api.send("events", body)),
    "file": (EVENTS, lambda api, body: api("POST", f"{FILE}=append", body)),
    "file as a job": (EVENTS, lambda api, body: finish(api, api("POST", "/v1/datasources/events/append?format=ndjson", body))),
    "refused": (NOTHING, lambda api, _: api.send("events", '{"id": "none"}')),
    "a view fails": (IDS, lambda api, id: api.send("events", json.dumps({"id": id, "who": "bad"}))),
    "replace": (EVENTS, lambda api, body: api("POST", f"{FILE}=replace", body)),
    "replace some": (EVENTS, lambda api, body: api("POST", f"{FILE}=replace&replace_condition=id%3C3", body)),
    "delete": (IDS, lambda api, id: finish(api, api("POST", "/v0/datasources/events/delete", f"delete_condition=id%20%3D%20{id}"))),
    "truncate": (st.sampled_from(["events", "events_quarantine", "sums", "copied"]), lambda api, name: api("POST", f"/v0/datasources/{name}/truncate")),
    "copy": (st.sampled_from(["append", "replace"]), lambda api, mode: finish(api, api("POST", f"/v0/pipes/to_copied/copy?_mode={mode}"))),
    "secret": (WHO, lambda api, value: api("PUT", "/v0/variables/shown", f"value={value}")),
    "filter": (WHO, lambda api, who: api("PUT", f"/v0/tokens/changing?scope=DATASOURCES:READ:events:who%3D'{who}'&scope=PIPES:READ:listed")),
    "pipe": (WHO, lambda api, who: change_files(api, "listed.pipe", "''", f"'{who}'")),
    "column": (WHO, lambda api, who: change_files(api, "events.datasource", "DEFAULT 'a'", f"DEFAULT '{who}'")),
}  # fmt: skip


READS = (
    LISTED,
    f"{LISTED}?but=a",
    "/v0/pipes/summed.json",
    "/v0/pipes/copies.json",
    "/v0/pipes/refused.json",
    "/v0/pipes/secret.json",
    "/v0/sql?q=SELECT+id,who+FROM+events+ORDER+BY+id,who+FORMAT+JSON",
    "/v0/sql?q=SELECT+id+FROM+listed+WHERE+id+IN+(SELECT+id+FROM+events)+ORDER+BY+id+FORMAT+JSON",
    "/v0/sql?q=SELECT+event_type,sum(rows)+AS+n+FROM+tinybird.datasources_ops_log+GROUP+BY+1+ORDER+BY+1+FORMAT+JSON",
)
STEPS = st.tuples(
    st.one_of([st.tuples(st.just(name), given) for name, (given, _) in WRITES.items()]),
    st.lists(st.sampled_from(READS), min_size=1, max_size=3),
)


@settings(max_examples=8)
@given(st.lists(STEPS, max_size=6))
def test_no_answer_is_stale_or_another_callers(api: Api, tokens, steps):
    uncached = Uncached(api.workspace)
    for (what, given_), targets in steps:
        written = WRITES[what][1](api, given_)
        assert written.status in ((422,) if what == "a view fails" else (200, 202)), written.body
        for target in targets:
            for asking in tokens:
                found = [api.get(target, token=asking) for _ in range(2)]
                fresh = uncached.get(target, asking)
                for response in found:
                    assert response.status == fresh.status
                    kept, now = json.loads(response.body), json.loads(fresh.body)
                    assert kept.get("data") == now.get("data"), (what, target, asking)
                    assert kept.get("error") == now.get("error")


def test_writers_read_what_they_wrote_while_others_read(api: Api):
    answer(api("POST", "/v0/datasources/events/truncate"))
    done = threading.Event()
    counted = "/v0/sql?q=SELECT+count()+AS+n+FROM+events+FORMAT+JSON"

    def read_on() -> list[int]:
        found = []
        while not done.is_set():
            found.append(answer(api.get(counted))["data"][0]["n"])
        return found

    def write_on(start: int) -> None:
        for id in range(start, start + 8):
            api.send("events", json.dumps({"id": id}))
            assert id in [row["id"] for row in api.data("listed")]
            sums = api.data("summed")
            assert sum(row["n"] for row in sums) >= id - start + 1

    with ThreadPoolExecutor(5) as threads:
        readers = [threads.submit(read_on) for _ in range(2)]
        writers = [threads.submit(write_on, 10_000 * (1 + number)) for number in range(3)]
        try:
            for writer in writers:
                writer.result(60)
        finally:
            done.set()
        for reader in readers:
            seen = reader.result(30)
            assert seen == sorted(seen)
            assert seen[-1] <= 24
    assert answer(api.get(counted))["data"][0]["n"] == 24
