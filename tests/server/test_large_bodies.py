"""Files of rows larger than other bodies: on disk on their way, stored by parts, gone afterwards."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.conftest import PROJECT, write_files
from tests.server.process import Client, Server, wait_until
from tests.server.raw_http import memory_mb

MB = 1024 * 1024
LIMIT_MB = 40
READER = 'TOKEN "reader" READ\nTOKEN "writer" APPEND\n'

SHORT = {"x": "a" * 80}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    files = {
        **PROJECT,
        "datasources/plain.datasource": READER + PROJECT["datasources/plain.datasource"],
        "martlet.toml": f"[settings]\nmax_file_bytes = {LIMIT_MB * MB}\n",
    }
    started = Server(write_files(tmp_path_factory.mktemp("large"), files))
    yield started.wait_ready()
    started.close()


def ndjson(count: int, *, refused: int = 0) -> Iterator[bytes]:
    """Yield about 100 bytes a row, some thousand rows at a time."""
    for begin in range(0, count, 5000):
        yield b"".join(
            b'{"id":"%d","n":%s,"more":"%s"}\n'
            % (number, b'"no"' if number < refused else b"7", b"a" * 60)
            for number in range(begin, min(begin + 5000, count))
        )


def token(server: Server, name: str) -> str:
    tokens = server.get("/v0/tokens").json()["tokens"]
    return next(each["token"] for each in tokens if each["name"] == name)


def stored(server: Server, table: str = "plain") -> dict:
    (row,) = server.rows(f"{table}_count")
    return row


def empty(server: Server, table: str) -> None:
    assert server.request("POST", f"/v0/datasources/{table}/truncate").status == 200


def leftovers(server: Server) -> list[Path]:
    return list((Path(server.process.args[4]) / ".martlet" / "incoming").iterdir())


ROWS = 150_000  # 13 MB
APPEND = "/v0/datasources?mode=append&name=plain&format=ndjson"


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_large_body_is_stored_by_parts(server: Server, is_chunked: bool):
    empty(server, "plain")
    pieces = list(ndjson(ROWS, refused=3))
    before = memory_mb(server)
    body = iter(pieces) if is_chunked else b"".join(pieces)
    answer = server.request("POST", APPEND, body)
    assert answer.status == 200, answer.body
    content = answer.json()
    assert (content["successful_rows"], content["quarantined_rows"]) == (ROWS - 3, 3)
    assert content["error"] == "There was an error with file contents: 3 rows in quarantine."
    assert stored(server) == {"rows": ROWS - 3, "ids": ROWS - 3}
    # It is a job too, that clients may look at and cancel.
    job = server.get(f"/v0/jobs/{content['import_id']}").json()
    assert (job["status"], job["quarantine_rows"]) == ("done", 3)
    wait_until(lambda: not leftovers(server))
    assert memory_mb(server) - before < 150


def test_a_large_form_replaces(server: Server):
    empty(server, "viewed")
    assert server.post("viewed", {"id": "old"}).status == 202
    rows = b"".join(b"%d,%d,%s\n" % (n, n, b"a" * 60) for n in range(ROWS))
    head = (
        b'--x\r\nContent-Disposition: form-data; name="mode"\r\n\r\nreplace\r\n'
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nviewed\r\n'
        b'--x\r\nContent-Disposition: form-data; name="csv"; filename="rows.csv"\r\n\r\n'
    )
    tail = b'\r\n--x\r\nContent-Disposition: form-data; name="header"\r\n\r\ntrue\r\n--x--\r\n'
    sent = head + b"id,n,more\n" + rows + tail
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = server.request("POST", "/v0/datasources", sent, kind)
    assert answer.status == 200, answer.body
    content = answer.json()
    assert (content["successful_rows"], content["header"]) == (ROWS, True)
    assert stored(server, "viewed") == stored(server, "copies") == {"rows": ROWS, "ids": ROWS}
    wait_until(lambda: not leftovers(server))


def test_a_large_body_of_a_job(server: Server):
    empty(server, "plain")
    path = "/v1/datasources/plain/append?format=ndjson"
    started = server.request("POST", path, ndjson(ROWS), {"Content-Encoding": "identity"})
    assert started.status == 200, started.body
    url = f"/v0/jobs/{started.json()['id']}"
    wait_until(lambda: server.get(url).json()["status"] == "done")
    assert stored(server)["rows"] == ROWS
    wait_until(lambda: not leftovers(server))


def test_a_part_that_cannot_be_read_is_told_with_what_is_stored(server: Server):
    empty(server, "plain")
    body = b"".join(ndjson(ROWS)) + b'{"id":"' + b"a" * (17 * MB)
    answer = server.request("POST", APPEND, body)
    assert answer.status == 413
    found = stored(server)["rows"]
    assert found > 100_000
    assert answer.json()["error"].endswith(
        f"{found} rows were stored before the job ended, and stay"
    )


def test_a_large_body_of_which_the_client_says_no_end(server: Server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(
            f"POST {APPEND} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer the-admin-token\r\n"
            f"Content-Length: {30 * MB}\r\n\r\n".encode()
        )
        connection.sendall(b'{"id":"cut off"}\n' * MB)
        wait_until(lambda: leftovers(server))
    wait_until(lambda: not leftovers(server))
    assert server.get("/v0/health").status == 200


REFUSED = {
    "above the limit": (APPEND, LIMIT_MB + 1, None, 413, "limit of one request"),
    "events": ("/v0/events?name=plain", 11, None, 413, "10485760 bytes"),
    "a query": ("/v0/sql", 11, None, 413, "10485760 bytes"),
    "who may read": (APPEND, 11, "reader", 403, "DATASOURCES:CREATE"),
    "who may append may not replace": (
        APPEND.replace("append", "replace"), 11, "writer", 403, "DATASOURCES:CREATE",
    ),
    "nobody": (APPEND, 11, "", 403, "No token"),
}  # fmt: skip


@pytest.mark.parametrize("is_chunked", [True, False])
@pytest.mark.parametrize("kind", REFUSED)
def test_large_bodies_that_are_refused(server: Server, kind: str, is_chunked: bool):
    path, size_mb, name, status, message = REFUSED[kind]
    value = token(server, name) if name else "the-admin-token" if name is None else None
    client = Client(server.port, token=value)
    pieces = [json.dumps(SHORT).encode() + b"\n" * (MB - 90) for _ in range(size_mb)]
    answer = client.request("POST", path, iter(pieces) if is_chunked else b"".join(pieces))
    assert (answer.status, message in answer.json()["error"]) == (status, True), answer.body
    assert client.request("GET", "/v0/health").status == 200
    client.close()
    wait_until(lambda: not leftovers(server))
