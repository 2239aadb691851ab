"""HTTP as it comes over a socket: framing, limits, garbage, clients that are slow."""

import contextlib
import gzip
import itertools
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.server.process import read_to_end

AUTH = b"Host: x\r\nAuthorization: Bearer the-admin-token\r\n"
TEN_MB = 10 * 1024 * 1024
HEALTH = b"GET /v0/health HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def server(shared_server):
    return shared_server


def count(server) -> int:
    return server.rows("plain_count")[0]["rows"]


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=15)


def receive(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        chunk = connection.recv(65536)
        assert chunk, received
        received += chunk
    return received


def split(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def test_pipelined_requests_are_answered_in_order(server):
    before = count(server)
    post = (
        b"POST /v0/events?name=plain HTTP/1.1\r\n"
        + AUTH
        + b"Content-Length: 10\r\n\r\n"
        + b'{"id":"p"}'
    )
    query = b"GET /v0/pipes/plain_count.ndjson HTTP/1.1\r\n" + AUTH
    last = HEALTH + b"Connection: close\r\n\r\n"
    received = server.raw(post + query + b"\r\n" + post + query + b"\r\n" + last)
    answers = [part.partition(b"\r\n\r\n") for part in received.split(b"HTTP/1.1 ")[1:]]
    assert [head.split()[0] for head, _, _ in answers] == [b"202", b"200", b"202", b"200", b"200"]
    counts = [json.loads(body)["rows"] for _, _, body in answers[1:4:2]]
    assert counts == [before + 1, before + 2]
    assert answers[4][2] == b'{"status":"ok"}'


def test_a_connection_is_kept(server):
    client = server.client()
    assert client.request("POST", "/v0/events?name=plain", b'{"id":"k"}').status == 202
    assert client.request("GET", "/v0/nowhere").status == 404
    assert client.request("POST", "/v0/events?name=nowhere", b"{}").status == 404
    before = client._connection.sock.getsockname()
    assert client.request("GET", "/v0/health").status == 200
    assert client._connection.sock.getsockname() == before
    client.close()


def test_a_chunked_body(server):
    before = count(server)
    answer = server.raw(
        b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH + b"Connection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
        b'5\r\n{"id"\r\n7;ext=1\r\n:"c1"}\n\r\na\r\n{"id":"c2"\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n'
    )
    status, _, body = split(answer)
    assert (status, body) == (202, b'{"successful_rows":2,"quarantined_rows":0}')
    assert count(server) == before + 2


def test_expect_continue(server):
    with connect(server) as connection:
        connection.sendall(
            b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH
            + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"
        )  # fmt: skip
        assert receive(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"id":"e"}')
        assert split(read_to_end(connection))[0] == 202


def test_a_body_announced_too_large_is_not_asked_for(server):
    with connect(server) as connection:
        connection.sendall(
            b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH
            + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (TEN_MB + 1)
        )  # fmt: skip
        status, headers, _ = split(read_to_end(connection))
    assert status == 413
    assert headers["connection"] == "close"


@pytest.mark.parametrize("encoding", ["length", "chunks"])
def test_a_body_too_large_is_answered_also_to_clients_that_send_it_all_first(server, encoding):
    before = count(server)
    body = b'{"id":"large"}\n' * (TEN_MB // 15 + 1)
    assert len(body) > TEN_MB
    client = server.client()
    sent = body if encoding == "length" else iter([body[:TEN_MB], body[TEN_MB:]])
    answer = client.request(
        "POST", "/v0/events?name=plain", sent, encode_chunked=encoding != "length"
    )
    assert answer.status == 413
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {
        "error": "The body is larger than 10485760 bytes (10 MB), the limit of one request;"
        " nothing of it was stored"
    }
    assert client.request("GET", "/v0/health").json() == {"status": "ok"}  # the connection goes on
    client.close()
    assert count(server) == before


def test_a_body_just_within_the_limit(server):
    before = count(server)
    row = b'{"id":"%s"}\n' % (b"x" * (512 * 1024 - 10))
    body = row * 20
    body = body + b" " * (TEN_MB - len(body))
    assert len(body) == TEN_MB
    answer = server.request("POST", "/v0/events?name=plain", body)
    assert (answer.status, answer.json()["successful_rows"]) == (202, 20)
    assert count(server) == before + 20


def test_head_is_get_without_the_body(server):
    for path in ("/v0/health", "/v0/pipes/plain_ids.json", "/v0/nowhere"):
        got, head = server.get(path), server.request("HEAD", path)
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
    assert server.request("HEAD", "/v0/health").headers["content-length"] == "15"


def test_http_1_0(server):
    received = server.raw(b"GET /v0/health HTTP/1.0\r\n\r\n")
    status, headers, body = split(received)
    assert (status, headers["connection"], body) == (200, "close", b'{"status":"ok"}')


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v0/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v0/health HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /v0/health HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST /v0/events HTTP/1.1\r\n" + AUTH + b"Content-Length: -1\r\n\r\n",
        b"POST /v0/events HTTP/1.1\r\n" + AUTH + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        # Both framings at once: what a proxy reads as one request another reads as two.
        b"POST /v0/events HTTP/1.1\r\n" + AUTH + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
def test_what_is_not_http_is_answered_400(server, sent):
    status, headers, body = split(server.raw(sent))
    assert status == 400
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {"error": "The request is not valid HTTP/1.1"}


@pytest.mark.parametrize(
    "sent",
    [
        HEALTH + b"X-Long: " + b"a" * 2_000_000 + b"\r\n\r\n",
        HEALTH + b"".join(b"X-%d: a\r\n" % i for i in range(100_000)) + b"\r\n",
        b"GET /v0/health?a=" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["one long", "many", "long URL"],
)
def test_absurd_heads_are_refused(server, sent):
    with connect(server) as connection:
        with contextlib.suppress(OSError):  # closed while we were sending
            connection.sendall(sent)
        received = read_to_end(connection)
    # A reset may overtake the answer; what matters is that the server reads no further.
    assert received.startswith(b"HTTP/1.1 431 ") or not received
    assert server.get("/v0/health").status == 200


def test_a_head_of_100_kb_is_not_absurd(server):
    token = {"X-Long": "a" * 60_000}
    path = f"/v0/health?a={'a' * 40_000}"
    assert server.request("GET", path, headers=token).status == 200


def test_slow_clients_do_not_hold_others(server):
    head = b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH + b"Content-Length: 12\r\n"
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(100)]
        for i, connection in enumerate(slow):
            connection.sendall([b"P", head, head + b"\r\n", head + b'\r\n{"id"'][i % 4])
        begun = time.monotonic()
        assert server.post("plain", {"id": "quick"}).status == 202
        assert server.get("/v0/pipes/plain_count.json").status == 200
        assert time.monotonic() - begun < 2
        slow[3].sendall(b':"slo"}')
        assert receive(slow[3], b"}").startswith(b"HTTP/1.1 202 ")


def test_a_client_that_leaves_harms_nothing(server):
    for sent in (b"GET /v0/pipes/slow.json HTTP/1.1\r\n" + AUTH + b"\r\n",
                 b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH + b"Content-Length: 99\r\n\r\n{"):  # fmt: skip
        with connect(server) as connection:
            connection.sendall(sent)
    assert server.get("/v0/health").status == 200
    errors = [line for line in map(json.loads, server.err.lines) if line["level"] == "error"]
    assert errors == []


def test_queries_do_not_hold_others(server):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(3)]
        for connection in slow:
            connection.sendall(b"GET /v0/pipes/slow.json HTTP/1.1\r\n" + AUTH + b"\r\n")
        begun = time.monotonic()
        assert server.get("/v0/health").status == 200
        assert time.monotonic() - begun < 0.5
        for connection in slow:
            assert receive(connection, b"}\n").startswith(b"HTTP/1.1 200 ")


def test_a_body_that_unpacks_to_much_does_not_hold_others(server):
    body = gzip.compress(b'{"id":"z"}\n' * 500_000)
    assert len(body) < 64 * 1024
    path, headers = "/v0/events?name=plain", {"Content-Encoding": "gzip"}
    with ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        large = pool.submit(server.request, "POST", path, body, headers)
        answered = [time.monotonic()]
        while not large.done():
            assert server.get("/v0/health").status == 200
            answered.append(time.monotonic())
        assert large.result().json() == {"successful_rows": 500_000, "quarantined_rows": 0}
        longest = max(later - earlier for earlier, later in itertools.pairwise(answered))
        assert longest < (time.monotonic() - begun) / 3


def test_an_offer_to_upgrade_is_ignored(server):
    received = server.raw(
        HEALTH + b"Connection: upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert split(received)[0] == 200


def test_a_target_with_a_host_in_it(server):
    received = server.raw(
        b"GET http://x/v0/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert split(received)[0] == 200
