"""`martlet append`: files to an embedded server and to a stand-in for AWS, and what is printed."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.api.calls import Api, MakeApi
from tests.api.conftest import open_api  # noqa: F401  a fixture
from tests.cloud.web import Call, DroppedError, Reply, serving
from tests.functions.test_jobs import Deployment, deployed  # noqa: F401  a fixture

from martlet import append as client
from martlet.api.dispatch import dispatch
from martlet.api.http import Request
from martlet.api.operations import OPERATIONS
from martlet.append import Append, AppendError, Totals
from martlet.cli import main
from martlet.errors import NotFoundError, RequestError

SOURCE = "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `name` String `json:$.name`\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"


class Embedded:
    """A workspace behind HTTP, which fails as it is told."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.requests: list[Request] = []
        self.faults: dict[int, Reply | Exception] = {}

    def handle(self, call: Call) -> Reply:
        path, _, query = call.path.partition("?")
        request = Request(call.method, path, query, headers=call.headers, body=call.body)
        self.requests.append(request)
        fault = self.faults.get(len(self.requests))
        if isinstance(fault, Exception):
            raise fault
        if fault:
            return fault
        response = dispatch(self.api.workspace, request, OPERATIONS).result()
        return Reply(response.status, response.body, response.headers)

    @property
    def sent(self) -> list[Request]:
        return [request for request in self.requests if request.path == "/v0/datasources"]

    def rows(self) -> list[list[object]]:
        return self.api.rows("SELECT count(), uniqExact(id), sum(id) FROM events")


@pytest.fixture
def embedded(open_api: MakeApi) -> Embedded:  # noqa: F811
    return Embedded(open_api({"datasources/events.datasource": SOURCE}))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of a few rows, so that small files are large ones."""
    monkeypatch.setattr(client, "MAX_REQUEST_BYTES", 1000)


@contextmanager
def appending(service: Any, path: Path, **options: Any) -> Iterator[Append]:
    with serving(service) as url:
        yield Append(
            url, options.pop("token", "admin"), "events", path, wait=lambda s: None, **options
        )


def csv(count: int, *, header: bool = True) -> bytes:
    return (b"name,id\n" if header else b"") + b"".join(
        b'"a ""%d""\n,",%d\n' % (n, n) for n in range(count)
    )


def ndjson(count: int) -> bytes:
    return b"".join(b'{"id": %d, "name": "x"}\n' % n for n in range(count))


def test_a_small_file_is_one_request(embedded: Embedded, tmp_path: Path):
    (tmp_path / "rows.csv").write_bytes(csv(10) + b"x,y\n")
    with appending(embedded, tmp_path / "rows.csv") as append:
        assert str(append.run()) == "10 rows stored, 1 in the quarantine"
    assert len(embedded.requests) == 1
    assert embedded.rows() == [[10, 10, 45]]


@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson", "rows.csv.gz", "rows.ndjson.gz"])
def test_a_large_file_is_sent_in_parts_of_whole_rows(
    embedded: Embedded, tmp_path: Path, small: None, name: str
):
    content = csv(500) if "csv" in name else ndjson(500)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with appending(embedded, tmp_path / name) as append:
        assert append.run() == Totals(500, 0, 0, len(content), is_over=True)
    assert len(embedded.sent) > 5
    assert max(len(request.body) for request in embedded.sent) <= 1000 + len(b"name,id\n")
    assert embedded.rows() == [[500, 500, sum(range(500))]]


def test_a_large_csv_without_a_header_is_not_given_one(
    embedded: Embedded, tmp_path: Path, small: None
):
    (tmp_path / "rows.txt").write_bytes(b"".join(b"%d,id\n" % n for n in range(500)))
    with appending(embedded, tmp_path / "rows.txt", format="csv") as append:
        assert append.run().stored == 500
    assert embedded.rows() == [[500, 500, sum(range(500))]]


def test_parquet_is_sent_as_json(embedded: Embedded, tmp_path: Path):
    path = tmp_path / "rows.parquet"
    embedded.api.workspace.engine.command(
        f"INSERT INTO FUNCTION file('{path}', Parquet) SELECT toUInt32(number) AS id, 'x' AS name FROM numbers(60000)"
    )
    with serving(embedded) as url:  # in a process of its own: in this one chDB has a folder open
        command = [sys.executable, "-m", "martlet.cli", "append", "events", str(path), "--url", url]
        done = subprocess.run(
            [*command, "--token", "-"],
            input="admin\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "60000 rows stored, 0 in the quarantine\n"), (
        done.stderr
    )
    assert len(embedded.sent) == 1
    assert embedded.rows() == [[60_000, 60_000, sum(range(60_000))]]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Reply.json({"error": "More than 256 MiB wait"}, 503), "HTTP 503: More than 256 MiB wait"),
        (DroppedError(), "it may have stored the rows that were sent last"),
        (Reply(502, b"<html>"), "HTTP 502"),
    ],
    ids=["unavailable", "dropped", "no JSON"],
)
def test_an_error_in_the_middle_says_what_is_stored(
    embedded: Embedded, tmp_path: Path, small: None, fault, said: str
):
    (tmp_path / "rows.ndjson").write_bytes(ndjson(500))
    embedded.faults = {5: fault}
    with (
        appending(embedded, tmp_path / "rows.ndjson") as append,
        pytest.raises(AppendError) as error,
    ):
        append.run()
    assert said in error.value.message
    stored = append.totals.stored
    assert embedded.rows()[0][0] == stored > 0
    assert f"of rows.ndjson: {stored} rows stored, 0 in the quarantine" in error.value.message
    size = append.totals.bytes_done
    assert f"all from its first {size} bytes" in error.value.message
    assert ndjson(500)[:size].count(b"\n") == stored


def test_throttled_requests_are_sent_again(embedded: Embedded, tmp_path: Path):
    (tmp_path / "rows.ndjson").write_bytes(ndjson(5))
    embedded.faults = {1: Reply.json({"message": "Too Many Requests"}, 429)}
    with appending(embedded, tmp_path / "rows.ndjson") as append:
        assert append.run().stored == 5


def test_what_cannot_be_begun(embedded: Embedded, tmp_path: Path):
    (tmp_path / "rows.txt").write_bytes(b"1,a")
    with appending(embedded, tmp_path / "rows.txt") as append:
        with pytest.raises(RequestError, match=r"give --format|cannot be told"):
            append.run()
        with pytest.raises(NotFoundError):
            Append(append.url, "admin", "events", tmp_path / "none.csv").run()
        with pytest.raises(RequestError):
            Append("example.com", "admin", "events", tmp_path / "rows.txt").run()
        with pytest.raises(AppendError, match="HTTP 403"):
            Append(append.url, "wrong", "events", tmp_path / "rows.txt", format="csv").run()


def test_the_command_prints_counts_and_is_strict_when_told(
    embedded: Embedded,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    path = tmp_path / "rows.csv"
    path.write_bytes(csv(3) + b"x,y\n")
    monkeypatch.setenv("MARTLET_TOKEN", "admin")
    with serving(embedded) as url:
        assert main(["append", "events", str(path), "--url", url]) == 0
        assert capsys.readouterr().out == "3 rows stored, 1 in the quarantine\n"
        assert main(["append", "events", str(path), "--url", url, "--strict"]) == 1
        monkeypatch.setenv("MARTLET_TOKEN", "")
        assert main(["append", "events", str(path), "--url", url]) == 1
    assert "No token" in capsys.readouterr().err


class Aws:
    """The function `jobs`, S3's PUT, and Lambda, which runs a job at the next look at it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.url = ""
        self.lost = 0
        self.faults: list[Exception] = []
        self._lock = threading.Lock()

    def handle(self, call: Call) -> Reply:
        with self._lock:
            return self._handle(call)

    def _handle(self, call: Call) -> Reply:
        path, _, query = call.path.partition("?")
        if call.method == "PUT":
            self.deployment.s3.put_object(
                Bucket="results", Key=path.removeprefix("/"), Body=call.body
            )
            return Reply(200, b"", {})
        if call.method == "GET" and self.faults:
            raise self.faults.pop()
        request = Request(call.method, path, query, headers=call.headers, body=call.body)
        response = self.deployment.workspace.answer(request)
        body = json.loads(response.body)
        if "upload" in body:
            body["upload"]["url"] = f"{self.url}/uploads/{body['id']}"
        if call.method == "GET":
            self.deployment.seconds[0] += 30
            if self.lost:
                self.deployment.invoker.events.clear()
                self.lost -= 1
            self.deployment.run_all()
        return Reply.json(body, response.status)


@pytest.fixture
def aws(deployed: Deployment) -> Aws:  # noqa: F811
    return Aws(deployed)


@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson.gz"])
def test_a_large_file_is_uploaded_where_that_is_possible(
    aws: Aws, tmp_path: Path, small: None, name: str
):
    content = csv(500) if "csv" in name else ndjson(500)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with appending(aws, tmp_path / name, token="token-events") as append:
        aws.url = append.url
        assert append.run() == Totals(500, 0, 0, len(content), is_over=True)
    lines = b"".join(aws.deployment.firehose.stored["events"]).splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(500))


def test_a_job_that_is_lost_is_begun_again_and_a_failed_look_is_no_failure(
    aws: Aws, tmp_path: Path, small: None
):
    (tmp_path / "rows.ndjson").write_bytes(ndjson(500))
    aws.lost, aws.faults = 3, [DroppedError(), DroppedError()]
    with appending(aws, tmp_path / "rows.ndjson", token="token-events") as append:
        aws.url = append.url
        assert append.run().stored == 500


def test_a_job_that_fails_is_told_with_its_counts(aws: Aws, tmp_path: Path, small: None):
    (tmp_path / "rows.ndjson").write_bytes(ndjson(500))
    firehose = aws.deployment.firehose
    firehose.faults = [firehose.error("ResourceNotFoundException", 400)]
    with appending(aws, tmp_path / "rows.ndjson", token="token-events") as append:
        aws.url = append.url
        with pytest.raises(AppendError, match="ResourceNotFoundException") as error:
            append.run()
    assert "0 rows stored" in error.value.message
