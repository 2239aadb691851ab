"""Jobs over HTTP: files that are sent or fetched, copies; how far they are, and their end."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import zstandard
from tests.api.calls import Api, MakeApi, answer, error

from martlet import imports
from martlet.ids import resource_id
from martlet.ingest import files
from martlet.ingest.sinks import ClickHouseSink
from martlet.jobstore import Job

EVENTS = """
TOKEN "writer" APPEND
SCHEMA >
    `id` Int64 `json:$.id`,
    `name` String `json:$.name` DEFAULT 'nobody'
ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
COPY = """NODE n
SQL >
    %
    SELECT id, throwIf(id = {{Int32(bad, -1)}}) = 0 ? 'x' : '' AS name FROM events
TYPE copy
TARGET_DATASOURCE copies
"""
ENDLESS = "NODE n\nSQL >\n    SELECT toInt64(count()) AS id FROM numbers(1000000000000) WHERE NOT ignore(number)\nTYPE copy\nTARGET_DATASOURCE copies\n"
FILES = {
    "events.datasource": EVENTS,
    "copies.datasource": EVENTS,
    "copy.pipe": COPY,
    "endless.pipe": ENDLESS,
    "martlet.toml": "[settings]\nallow_private_urls = true\n",
}


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


@pytest.fixture(autouse=True)
def emptied(api: Api):
    for table in ("events", "events_quarantine", "copies"):
        api.workspace.engine.command(f"TRUNCATE TABLE `{table}`")


class Files(BaseHTTPRequestHandler):
    """Answers with the files of a test."""

    contents: ClassVar[dict[str, bytes]] = {}
    gate = threading.Event()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/slow":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"id\n1\n")
            self.wfile.flush()
            self.gate.wait(20)
            return
        body = self.contents.get(path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Files.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


def finish(api: Api, started: dict) -> dict:
    api.workspace.jobs.finish(started["job_id"], 30)
    return answer(api.get(started["job_url"]))


def ids(api: Api, table: str = "events") -> list[object]:
    return [row[0] for row in api.rows(f"SELECT id FROM {table} ORDER BY id")]


def test_a_file_at_a_url_is_appended(api: Api, web: str):
    Files.contents["/rows.csv"] = b"name,id\na,1\nb,2\nc,x\n"
    target = f"/v0/datasources?mode=append&name=events&url={web}/rows.csv?key=secret"
    started = answer(api("POST", target))
    assert (started["kind"], started["status"], started["mode"]) == ("import", "waiting", "append")
    assert started["job"]["id"] == started["id"] == started["job_id"] == started["import_id"]
    assert started["datasource"] == {"id": resource_id("datasource", "events"), "name": "events"}
    job = finish(api, started)
    assert "secret" not in json.dumps(job)
    assert (job["status"], job["successful_rows"], job["quarantine_rows"]) == ("done", 2, 1)
    assert job["error"] == "There was an error with file contents: 1 row in quarantine."
    assert (job["invalid_lines"], job["progress_percentage"]) == (0, 100)
    assert job["statistics"] == {"row_count": 2, "bytes": 20}
    assert ids(api) == [1, 2]
    refused = api.rows("SELECT c__raw, c__import_id FROM events_quarantine")
    assert refused == [["c,x", job["import_id"]]]


def test_a_form_may_have_the_url(api: Api, web: str):
    Files.contents["/x"] = b'{"id": 5}\n'
    form = f"mode=replace&name=events&format=ndjson&url={web.replace(':', '%3A')}/x"
    job = finish(api, answer(api("POST", "/v0/datasources", form)))
    assert (job["status"], job["mode"], ids(api)) == ("done", "replace", [5])


def test_a_form_of_many_parts_may_have_the_url(api: Api, web: str):
    Files.contents["/x"] = b'{"id": 6}\n'
    body = "".join(
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("url", f"{web}/x"), ("format", "ndjson"))
    )
    target, head = "/v0/datasources?mode=append&name=events", "multipart/form-data; boundary=xyz"
    started = answer(api("POST", target, f"{body}--xyz--\r\n", {"content-type": head}))
    assert (finish(api, started)["status"], ids(api)) == ("done", [6])


@pytest.mark.parametrize("mode", ["append", "replace"])
@pytest.mark.parametrize(
    ("name", "compress"),
    [("csv", None), ("ndjson.gz", gzip.compress), ("ndjson.zst", zstandard.compress)],
)
def test_files_in_parts(api: Api, web: str, monkeypatch, mode: str, name: str, compress):
    monkeypatch.setattr(files.CsvFile.bodies, "__kwdefaults__", {"size": 4096})
    monkeypatch.setattr(files.ndjson_bodies, "__kwdefaults__", {"size": 4096})
    monkeypatch.setattr(files, "CSV_PART_BYTES", 1000)
    count = 3000
    lines = [f'{n},"a\nb"' if name == "csv" else json.dumps({"id": n}) for n in range(count)]
    lines[7] = lines[2000] = "broken"
    content = "\n".join(["id,name", *lines] if name == "csv" else lines).encode()
    Files.contents[f"/rows.{name}"] = compress(content) if compress else content
    api.send("events", '{"id": -1}')
    job = finish(api, answer(api("POST", f"/v1/datasources/events/{mode}?url={web}/rows.{name}")))
    assert (job["status"], job["successful_rows"], job["quarantine_rows"]) == ("done", count - 2, 2)
    expected = [n for n in range(count) if n not in (7, 2000)]
    assert ids(api) == ([-1] if mode == "append" else []) + expected


def test_parquet_of_a_job(api: Api, tmp_path):
    path = tmp_path / "x.parquet"
    api.workspace.engine.command(
        f"INSERT INTO FUNCTION file('{path}', Parquet) SELECT toInt64(number) AS id FROM numbers(3)"
    )
    headers = {"content-type": "application/vnd.apache.parquet"}
    for body in (path.read_bytes(), gzip.compress(path.read_bytes())):
        job = finish(api, answer(api("POST", "/v1/datasources/events/replace", body, headers)))
        assert (job["status"], job["successful_rows"], ids(api)) == ("done", 3, [0, 1, 2])


def test_parquet_in_parts_tells_how_far_it_is(api: Api, tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    api.workspace.engine.command(
        f"INSERT INTO FUNCTION file('{path}', Parquet)"
        " SELECT toInt64(number) AS id FROM numbers(20000)"
    )
    monkeypatch.setattr(imports, "BODY_BYTES", 1000)
    seen: list[object] = []
    progress = Job.progress
    monkeypatch.setattr(
        Job, "progress", lambda job, **fields: (seen.append(fields), progress(job, **fields))
    )
    body = path.read_bytes()
    job = finish(api, answer(api("POST", "/v1/datasources/events/append?format=parquet", body)))
    assert (job["status"], job["successful_rows"]) == ("done", 20000)
    percentages = [fields["progress_percentage"] for fields in seen]
    assert percentages == sorted(percentages)
    assert 0 < percentages[0] < 60
    assert len(percentages) > 2


def test_what_clients_of_v1_send_and_sum_up(api: Api):
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    body = gzip.compress(b'{"id": 1}\n{"id": "x"}\n')
    started = answer(api("POST", "/v1/datasources/events/append", body, headers))
    api.workspace.jobs.finish(started["id"], 30)
    job = answer(api.get(f"/v0/jobs/{started['id']}?debug=blocks,block_log"))
    read = {"lines": 2, "quarantine": 1, "bytes": len(body), "invalid_lines": 0}
    assert job["blocks"] == [{"block_id": job["id"], "process_return": [read]}]
    found = answer(api.get("/v0/jobs?kind=import&status=done"))["jobs"]
    assert started["id"] in [each["id"] for each in found]
    created = job["created_at"].replace(" ", "T")
    assert answer(api.get(f"/v0/jobs?created_after={created}&kind=copy"))["jobs"] == []
    assert answer(api.get("/v0/jobs?created_before=2020-01-01"))["jobs"] == []
    assert error(api.get("/v0/jobs?status=odd"))[0] == 400
    assert error(api.get("/v0/jobs?created_after=yesterday"))[0] == 400


@pytest.mark.parametrize(
    ("target", "body", "status", "said"),
    [
        ("/v1/datasources/none/append", "1", 404, "'none'"),
        ("/v1/datasources/events/append", "", 400, "The body is empty: send a file"),
        ("/v1/datasources/events/append?format=orc", "1", 400, "Unknown format 'orc'"),
        ("/v1/datasources/events/append?url=s3://b/k", "", 501, "URLs with s3://"),
        ("/v1/datasources/events/append?url=nowhere", "", 400, "does not begin with http"),
        (
            "/v1/datasources/events/replace?replace_condition=nope",
            "1",
            400,
            "does not fit 'events'",
        ),
    ],
)
def test_refused_before_there_is_a_job(api: Api, target: str, body: str, status: int, said: str):
    before = len(api.workspace.jobs.list())
    found = error(api("POST", target, body))
    assert (found[0], said in found[1]) == (status, True), found
    assert len(api.workspace.jobs.list()) == before


@pytest.mark.parametrize(
    ("content", "query", "said"),
    [
        (None, "", "answered 404"),
        (b"", "", "The file is empty"),
        (b"\x1f\x8bnot gzip", "", "The body is not valid gzip"),
        (b"no parquet", "&format=parquet", "The file is not Parquet"),
    ],
)
def test_jobs_that_fail_say_why(api: Api, web: str, content: bytes | None, query: str, said: str):
    Files.contents.pop("/failing", None)
    if content is not None:
        Files.contents["/failing"] = content
    api.send("events", '{"id": 1}')
    job = finish(
        api, answer(api("POST", f"/v1/datasources/events/replace?url={web}/failing{query}"))
    )
    assert (job["status"], said in job["error"], ids(api)) == ("error", True, [1]), job


def test_private_addresses_are_for_projects_that_say_so(open_api: MakeApi, web: str):
    api = open_api({"events.datasource": EVENTS})
    job = finish(api, answer(api("POST", f"/v1/datasources/events/append?url={web}/rows.csv")))
    assert job["status"] == "error"
    assert "not public: it is not asked; allow_private_urls" in job["error"]


def test_a_job_is_cancelled_while_it_fetches(api: Api, web: str):
    started = answer(api("POST", f"/v1/datasources/events/replace?url={web}/slow"))
    while "fetched_bytes" not in answer(api.get(started["job_url"])):
        pass
    cancelled = answer(api("POST", f"{started['job_url']}/cancel"))
    assert cancelled["status"] in ("cancelling", "cancelled")
    assert finish(api, started)["status"] == "cancelled"
    assert error(api("POST", f"{started['job_url']}/cancel")) == (
        409, f"The job '{started['id']}' cannot be cancelled: it is cancelled",
    )  # fmt: skip
    Files.gate.set()


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_cancelled_import_leaves_what_it_says(api: Api, web: str, monkeypatch, mode: str):
    monkeypatch.setattr(files.ndjson_bodies, "__kwdefaults__", {"size": 10})
    Files.contents["/many"] = b"".join(b'{"id": %d}\n' % n for n in range(200))
    commit, started, cancelled = ClickHouseSink.append, {}, threading.Event()

    def commit_and_cancel(self, table, batch):
        future = commit(self, table, batch)
        if b":20}" in batch.block and not cancelled.is_set():
            cancelled.set()
            api.workspace.jobs.cancel(api.workspace.jobs.list()[0]["id"])
        return future

    monkeypatch.setattr(ClickHouseSink, "append", commit_and_cancel)
    api.workspace.append(api.workspace.datasource("events"), b'{"id": -1}', "ndjson").result(20)
    started = answer(api("POST", f"/v1/datasources/events/{mode}?format=ndjson&url={web}/many"))
    job = finish(api, started)
    assert job["status"] == "cancelled"
    if mode == "replace":
        assert ids(api) == [-1]
    else:
        stored = ids(api)
        assert stored[:22] == list(range(-1, 21))
        assert len(stored) < 30
        assert job["successful_rows"] == len(stored) - 1
        assert job["note"] == f"{len(stored) - 1} rows were stored before the job ended, and stay"
    assert "__stage" not in api.workspace.engine.command("SHOW TABLES")


def test_who_sees_a_job(api: Api):
    writer = api.workspace.tokens.value("writer")
    own = answer(api("POST", "/v1/datasources/events/append", "id\n1\n", token=writer))
    other = answer(api("POST", "/v1/datasources/events/replace", "id\n1\n"))
    finish(api, own)
    finish(api, other)
    assert answer(api.get(own["job_url"], token=writer))["status"] == "done"
    assert error(api.get(other["job_url"], token=writer)) == (
        403, "The token 'writer' lacks the scope DATASOURCES:CREATE",
    )  # fmt: skip
    assert error(api("POST", f"{other['job_url']}/cancel", token=writer))[0] == 403
    shown = {job["id"] for job in answer(api.get("/v0/jobs", token=writer))["jobs"]}
    assert own["id"] in shown
    assert other["id"] not in shown
    assert error(api.get("/v0/jobs", token=None))[0] == 403


def test_copies_are_jobs(api: Api):
    api.send("events", '{"id": 1}\n{"id": 2}')
    started = answer(api("POST", "/v0/pipes/copy/copy?_mode=replace"))
    assert (started["kind"], started["pipe_name"], started["mode"]) == ("copy", "copy", "replace")
    target = resource_id("datasource", "copies")
    assert started["tags"] == {"copy_target_datasource": target}
    assert (started["job"]["job_id"], started["job"]["status"]) == (started["id"], "waiting")
    job = finish(api, started)
    assert (job["status"], job["rows"], ids(api, "copies")) == ("done", 2, [1, 2])
    failed = finish(api, answer(api("POST", "/v0/pipes/copy/copy?bad=2")))
    assert (failed["status"], "throwIf" in failed["error"]) == ("error", True)
    assert ids(api, "copies") == [1, 2]


def test_jobs_have_the_address_that_was_asked(api: Api):
    host = {"host": "events.example:7181"}
    form = {**host, "content-type": "application/x-www-form-urlencoded"}
    started = answer(api("POST", "/v0/pipes/copy/copy?_mode=replace", headers=host))
    deleted = answer(api("POST", "/v0/datasources/copies/delete", "delete_condition=0", form))
    listed = answer(api.get("/v0/jobs", headers=host))["jobs"]
    for job in (started, started["job"], deleted, deleted["job"], *listed):
        assert job["job_url"] == f"http://events.example:7181/v0/jobs/{job['id']}"
    api.workspace.jobs.finish(deleted["id"], 30)


def test_a_copy_is_cancelled(api: Api):
    started = answer(api("POST", "/v0/pipes/endless/copy"))
    running = "SELECT count() FROM system.processes WHERE startsWith(query, 'INSERT INTO `__copy_')"
    while api.workspace.engine.command(running) == "0\n":
        pass
    answer(api("POST", f"{started['job_url']}/cancel"))
    assert finish(api, started)["status"] == "cancelled"
    assert ids(api, "copies") == []


# again


def test_a_job_that_failed_is_started_again(api: Api, web: str):
    Files.contents.pop("/later", None)
    failed = finish(
        api, answer(api("POST", f"/v1/datasources/events/append?format=csv&url={web}/later"))
    )
    assert failed["status"] == "error"
    Files.contents["/later"] = b"id\n5\n"
    again = answer(api("POST", f"{failed['job_url']}/retry"))
    assert again["id"] != failed["id"]
    done = finish(api, again)
    assert (done["status"], done["mode"], ids(api)) == ("done", "append", [5])
    assert error(api("POST", f"{again['job_url']}/retry")) == (
        409, f"The job '{again['id']}' is not started again: it is done",
    )  # fmt: skip


def test_copies_and_deletes_are_started_again(api: Api):
    api.send("events", '{"id": 1}\n{"id": 2}')
    failed = finish(api, answer(api("POST", "/v0/pipes/copy/copy?bad=2")))
    assert failed["status"] == "error"
    again = finish(api, answer(api("POST", f"{failed['job_url']}/retry")))
    assert (again["status"], "throwIf" in again["error"]) == ("error", True)  # with the same values
    form = "delete_condition=throwIf(id=2)"
    failed = finish(api, answer(api("POST", "/v0/datasources/events/delete", form)))
    assert failed["status"] == "error"
    api.workspace.engine.command(
        "ALTER TABLE events DELETE WHERE id = 2 SETTINGS mutations_sync = 1"
    )
    again = finish(api, answer(api("POST", f"{failed['job_url']}/retry")))
    assert (again["status"], again["delete_condition"]) == ("done", "throwIf(id=2)")


def test_what_is_not_started_again(api: Api):
    sent = finish(
        api, answer(api("POST", "/v1/datasources/events/append?format=parquet", "no file"))
    )
    assert sent["status"] == "error"
    status, said = error(api("POST", f"{sent['job_url']}/retry"))
    assert (status, "its request is not known any more" in said) == (409, True)
    assert error(api("POST", "/v0/jobs/none/retry"))[0] == 404
    writer = api.workspace.tokens.value("writer")
    copy = finish(api, answer(api("POST", "/v0/pipes/copy/copy?bad=2")))
    assert error(api("POST", f"{copy['job_url']}/retry", token=writer))[0] == 403
