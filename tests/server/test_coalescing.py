"""Equal requests at a time run one query, which ends when the last of their clients has left."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.server.process import TOKEN, Server, wait_until

# Takes far longer than any test waits; what is added makes it another query.
ENDLESS = 10**13


# No other module asks it, so that all of its lines in the access log are of the tests here.
PATH = "/v0/pipes/shared_slow.json"


def slow(n: int) -> str:
    return f"{PATH}?n={n}"


def rows_for(server: Server, seconds: float) -> int:
    """Return for how many rows the slow query takes so long here and now, about.

    Its own line is in the access log by then: that is written behind the answer.
    """
    before = len(server.err.lines)
    tried = 1_000_000
    elapsed = server.get(slow(tried)).json()["statistics"]["elapsed"]
    wait_until(lambda: statuses(server, after=before))
    return int(tried * seconds / elapsed)


def connect(server: Server, path: str) -> socket.socket:
    """Send a request and do not wait for its answer."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def statuses(server: Server, *, after: int) -> list[int]:
    """Return the statuses of slow queries that the access log has behind so many lines."""
    lines = [json.loads(line) for line in server.err.lines[after:] if line.startswith("{")]
    return [line["status"] for line in lines if line.get("path") == PATH]


def wait_while_it_runs() -> None:
    threading.Event().wait(0.3)


def test_equal_requests_at_a_time_run_one_query(shared_server: Server):
    path = slow(rows_for(shared_server, 0.5))
    before = len(shared_server.err.lines)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(shared_server.get, [path] * 12))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1  # with its time in it
    wait_until(lambda: len(statuses(shared_server, after=before)) == 12)


def test_a_query_ends_when_its_client_leaves(shared_server: Server):
    before = len(shared_server.err.lines)
    connection = connect(shared_server, slow(ENDLESS))
    wait_while_it_runs()
    connection.close()
    # Far below the time limit of a query, which would be another status.
    wait_until(lambda: statuses(shared_server, after=before), timeout_s=15)
    assert statuses(shared_server, after=before) == [499]


def test_clients_that_leave_make_room_for_others(shared_server: Server):
    before = len(shared_server.err.lines)
    # One more than there are threads for queries.
    connections = [connect(shared_server, slow(ENDLESS + 1 + number)) for number in range(9)]
    for connection in connections:
        connection.close()
    assert shared_server.get("/v0/pipes/plain_count.json").status == 200
    wait_until(lambda: len(statuses(shared_server, after=before)) == 9)
    assert set(statuses(shared_server, after=before)) == {499}


def test_another_client_keeps_the_query_alive(shared_server: Server):
    n = rows_for(shared_server, 1.5)
    before = len(shared_server.err.lines)
    first = connect(shared_server, slow(n))
    wait_while_it_runs()
    second = connect(shared_server, slow(n))
    wait_while_it_runs()
    first.close()
    with second, second.makefile("rb") as received:
        assert received.readline() == b"HTTP/1.1 200 OK\r\n"
    wait_until(lambda: len(statuses(shared_server, after=before)) == 2)
    assert statuses(shared_server, after=before) == [200, 200]


def test_who_has_closed_only_a_half_gets_the_answer(shared_server: Server):
    n = rows_for(shared_server, 0.5)
    with connect(shared_server, slow(n)) as connection, connection.makefile("rb") as received:
        connection.shutdown(socket.SHUT_WR)
        *interim, answer = received.read().split(b"HTTP/1.1 ")[1:]
    assert set(interim) <= {b"100 Continue\r\n\r\n"}
    assert answer.startswith(b"200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["data"] == [{"c": n}]


def test_a_client_that_has_the_answer_gets_none(shared_server: Server):
    whole = shared_server.get(slow(10))
    etag = whole.headers["etag"]
    found = shared_server.request("GET", slow(10), headers={"If-None-Match": etag})
    assert (found.status, found.body) == (304, b"")
    assert found.headers["etag"] == etag
    assert "content-length" not in found.headers
    assert "content-type" not in found.headers
    head = shared_server.request("HEAD", slow(10))
    assert (head.status, head.headers["etag"]) == (200, etag)
    assert head.headers["content-length"] == str(len(whole.body))
    assert shared_server.request("HEAD", slow(10), headers={"If-None-Match": etag}).status == 304
    client = shared_server.client()  # the connection goes on behind a 304
    for _ in range(3):
        assert client.request("GET", slow(10), headers={"If-None-Match": etag}).status == 304
        assert client.request("GET", slow(10)).body == whole.body
    client.close()
