"""What hostile clients can make the server hold, measured as the resident memory of its process."""

import contextlib
import gzip
import socket
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from tests.server.process import Server
from tests.server.raw_http import CHUNKED, EVENTS, HEALTH, chunk, memory_mb

MB = 1024 * 1024

ENDLESS = {
    "head": (HEALTH + b"X: ", b"a" * MB),
    "headers": (HEALTH, b"X: a\r\n" * 150_000),
    "target": (b"GET /", b"a" * MB),
    "blank lines": (b"", b"\r\n" * 500_000),
    "chunk extension": (EVENTS + CHUNKED + b"1;", b"e" * MB),
    "trailer": (EVENTS + CHUNKED + b"0\r\nT: ", b"t" * MB),
    "trailers": (EVENTS + CHUNKED + b"0\r\n", b"T: a\r\n" * 150_000),
    "small chunks": (EVENTS + CHUNKED, chunk(b" ") * 150_000),
    "requests": (b"", b"GET / HTTP/1.1\r\n\r\n" * 50_000),
    "offers to upgrade": (b"", (HEALTH + b"Connection: upgrade\r\nUpgrade: x\r\n\r\n") * 15_000),
    "body behind a refusal": (EVENTS + b"Content-Length: 99999999999\r\n\r\n", b"a" * MB),
}  # fmt: skip


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_does_not_end_does_not_fill_the_memory(server: Server, kind: str):
    start, more = ENDLESS[kind]
    assert server.get("/v0/health").status == 200
    before = memory_mb(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        with contextlib.suppress(OSError):  # closed, or not read from any more
            connection.sendall(start)
            for _ in range(30):
                connection.sendall(more)
        assert memory_mb(server) - before < 25
    assert server.get("/v0/health").status == 200


def test_many_idle_connections(server: Server):
    before = memory_mb(server)
    with contextlib.ExitStack() as stack:
        for number in range(1500):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            stack.enter_context(connection)
            connection.sendall(
                [b"", b"GET /", HEALTH, EVENTS + b"Content-Length: 9\r\n\r\n{"][number % 4]
            )
        assert server.get("/v0/health").status == 200
        assert server.post("plain", {"id": "among many"}).status == 202
        assert memory_mb(server) - before < 60


BOMBS = {
    "spaces": b" " * (101 * MB),
    "blank lines": b"\n" * (99 * MB) + b"x",
    "one object": b'{"id":"' + b"a" * (101 * MB),
    "refused rows": b'{"id":1e999,"n":"x"}\n' * (4 * MB),
}


def test_bodies_that_unpack_to_much(server: Server):
    packed = [gzip.compress(body, 1) for body in BOMBS.values()]
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    paths = ("/v0/events?name=plain", "/v0/pipes/plain_count.json")

    def send(path: str, body: bytes) -> int:
        return server.request("POST", path, body, headers).status

    peak = before = memory_mb(server)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, path, body) for body in packed for path in paths]
        for each in sent:
            while not wait([each], timeout=0.02).done:
                peak = max(peak, memory_mb(server))
    assert {each.result() for each in sent} <= {202, 400, 413}
    assert peak - before < 1200
    assert server.get("/v0/health").status == 200
