"""SIGTERM and SIGINT: what was accepted is answered and stored, then the process exits with 0."""

import contextlib
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.server.process import in_background, read_to_end, wait_until
from tests.server.test_durability import Posting, check

SIGNALS = [signal.SIGTERM, signal.SIGINT]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        probe.listen()
    return True


@pytest.mark.parametrize("number", SIGNALS)
def test_requests_in_flight_are_answered_and_stored(start_server, project, number):
    server = start_server(project)
    posting = Posting(server.port, prefix="a")
    with ThreadPoolExecutor(1) as pool, in_background(posting.post_until_cut_off, threads=8):
        wait_until(lambda: posting.requests >= 20)
        query = pool.submit(server.get, "/v0/pipes/slow.json")
        wait_until(lambda: query.running())
        assert server.get("/v0/health").status == 200  # sent after the query, so that one is in
        begun = time.monotonic()
        assert server.stop(number) == 0
        assert time.monotonic() - begun < 10
        assert query.result().json()["data"] == [{"c": 20000000}]
    assert is_free(server.port)
    again = start_server(project)
    check(again, [posting])
    # Nothing was killed: what was stored was answered too.
    assert {row["id"] for row in again.rows("plain_ids")} == posting.acknowledged["plain"]


@pytest.mark.parametrize("number", SIGNALS)
def test_an_idle_server_stops_at_once(start_server, project, number):
    server = start_server(project)
    client = server.client()
    assert client.request("GET", "/v0/health").status == 200  # its connection stays open
    begun = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - begun < 3
    assert "Traceback" not in server.err.text
    client.close()


def test_a_body_that_never_ends_does_not_hold_the_server(start_server, project):
    server = start_server(project)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(
            b"POST /v0/events?name=plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
        )
        assert server.get("/v0/health").status == 200
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 8
        received = read_to_end(connection)
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close" in received
    assert received.endswith(b'{"error":"The server is shutting down: send the request again"}')


def test_a_second_signal_waits_for_nobody(start_server, project):
    (project / "pipes" / "large.pipe").write_text(
        "NODE n\nSQL >\n    SELECT toString(number) AS x FROM numbers(2000000)\nTYPE endpoint\n"
    )
    server = start_server(project)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(
            b"GET /v0/pipes/large.csv?token=the-admin-token HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert connection.recv(12) == b"HTTP/1.1 200"  # and the rest is never read
        server.process.send_signal(signal.SIGINT)
        with pytest.raises(Exception, match="timed out"):
            server.process.wait(1)
        assert server.stop(signal.SIGINT, timeout_s=5) == 0


def test_long_copies_hold_neither_queries_nor_the_end(start_server, project):
    (project / "pipes" / "endless.pipe").write_text(
        "NODE n\nSQL >\n    SELECT toString(count()) AS id, 1 AS n FROM numbers(100000000000000)"
        " WHERE NOT ignore(number)\nTYPE copy\nTARGET_DATASOURCE copies\n"
    )
    server = start_server(project)
    with contextlib.ExitStack() as connections:
        for _ in range(10):  # more than there are threads for queries
            address = ("127.0.0.1", server.port)
            connection = connections.enter_context(socket.create_connection(address, timeout=20))
            connection.sendall(
                b"POST /v0/pipes/endless/copy?token=the-admin-token HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
        time.sleep(1)
        begun = time.monotonic()
        assert server.rows("plain_count") == [{"rows": 0, "ids": 0}]
        assert time.monotonic() - begun < 5
        assert server.stop(signal.SIGINT, timeout_s=10) == 0
