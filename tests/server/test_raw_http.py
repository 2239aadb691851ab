"""Clients that are odd, slow or hostile: a seeded crowd of them, and each that once did harm."""

import gzip
import re
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server import process, raw_http
from tests.server.conftest import PROJECT, write_files
from tests.server.process import Server, read_to_end
from tests.server.raw_http import AUTH, CHUNKED, EVENTS, HEALTH, chunk, event, read_replies, sized

COUNT = 120
SEED = 20261121

LARGE = """\
NODE n
SQL >
    SELECT repeat('x', 1000000) AS x FROM numbers(30)
TYPE endpoint
"""

IMPATIENT = """\
import runpy
import martlet.connections as connections
import martlet.incoming as incoming
connections.HEAD_TIMEOUT_S = connections.BODY_PAUSE_TIMEOUT_S = connections.READ_TIMEOUT_S = 0.4
connections.REQUEST_TIMEOUT_S = 1.2
connections.MAX_CONNECTIONS = 20
connections._CHECK_EVERY_S = 0.1
incoming.MAX_BODIES_BYTES = 3_000_000
runpy.run_module("martlet.cli", run_name="__main__")
"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives its clients little of everything."""
    root = write_files(tmp_path_factory.mktemp("impatient"), {**PROJECT, "pipes/large.pipe": LARGE})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process, "COMMAND", [process.COMMAND[0], "-c", IMPATIENT])
        server = Server(root, "--log-format", "json")
    yield server.wait_ready()
    server.close()


def connect(server: Server, *, buffer_bytes: int = 0) -> socket.socket:
    connection = socket.socket()
    if buffer_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connection.settimeout(15)
    connection.connect(("127.0.0.1", server.port))
    return connection


def talk(server: Server, *parts: bytes, ends: bool = True) -> list[tuple[int, bytes]]:
    """Send parts, end, and return all answers."""
    with connect(server) as connection:
        for part in parts:
            connection.sendall(part)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        replies, rest = read_replies(read_to_end(connection))
    assert not rest
    return [(reply.status, reply.body) for reply in replies]


def statuses(server: Server, *parts: bytes, ends: bool = True) -> list[int]:
    return [status for status, _ in talk(server, *parts, ends=ends)]


def times_stored(server: Server, name: str) -> int:
    return sum(row["times"] for row in server.rows("plain_ids") if row["id"] == name)


def test_a_crowd_of_odd_clients(server: Server):
    raw_http.fuzz(server, count=COUNT, seed=SEED)
    assert '"level": "error"' not in server.err.text


def test_the_crowd_is_mixed():
    sent = b"".join(
        b"".join(raw_http.make_exchange(f"{SEED}-{number}").parts) for number in range(COUNT)
    )
    for mark in (b"Upgrade: h2c", b"Expect: ", b"Encoding: gzip, ", b"//", raw_http.BOMB):
        assert mark in sent, mark


@pytest.mark.parametrize("framing", ["length", "chunks"])
@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_the_body_of_a_request_that_offers_an_upgrade(server: Server, framing: str, offer: str):
    """Java's HttpClient offers h2c with its first request, and a body all the same."""
    name = f"{offer}-{framing}"
    head = EVENTS + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: %s\r\n" % offer.encode()
    body = event(name)
    sent = sized(head, body) if framing == "length" else head + CHUNKED + chunk(body) + b"0\r\n\r\n"
    cut = sent.index(b"\r\n\r\n") + 4
    assert statuses(server, sent, HEALTH + b"\r\n") == [202, 200]
    assert statuses(server, sent[:cut], sent[cut:], HEALTH + b"\r\n") == [202, 200]
    assert times_stored(server, name) == 2


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (EVENTS, event("same")),
        (EVENTS + b"Connection: close\r\n", event("same")),
        (EVENTS.replace(b"HTTP/1.1", b"HTTP/1.0"), event("same")),
        (EVENTS.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Connection: keep-alive\r\n", event("same")),
        (EVENTS.replace(b"plain", b"missing"), event("same")),
        (EVENTS.replace(b"Bearer the", b"Bearer not-the"), event("same")),
        (EVENTS, b"no event"),
        (EVENTS, b""),
        (EVENTS + b"Expect: 100-continue\r\n", event("same")),
        (EVENTS.replace(b"POST", b"PATCH"), event("same")),
        (EVENTS.replace(b"POST", b"OPTIONS"), b""),
        (HEALTH, b""),
        (HEALTH.replace(b"GET", b"HEAD"), b""),
        (b"GET /v0/nowhere HTTP/1.1\r\n" + AUTH, b""),
    ],
    ids=range(14),
)
def test_a_request_is_answered_the_same_with_and_without_a_task(
    server: Server, head: bytes, body: bytes
):
    """One that is whole when it is read needs none; one that waited behind another has one."""
    first, sent = HEALTH + b"\r\n", sized(head, body) if body else head + b"\r\n"

    def answers(*parts: bytes) -> list[bytes]:
        received = b""
        with connect(server) as connection:
            for part in parts:
                connection.sendall(part)
                while b'{"status":"ok"}' not in received:
                    received += connection.recv(65536)
            connection.shutdown(socket.SHUT_WR)
            received += read_to_end(connection)
        final = received.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")  # of slow answers
        return re.sub(rb"(date|x-request-id): [^\r]+", rb"\1: -", final).split(b"\r\n")

    without, with_task = answers(first, sent), answers(first + sent)
    assert without == with_task
    assert len(without) > 12


def test_a_client_that_has_closed_its_half_is_answered(server: Server):
    slow = b"GET /v0/pipes/slow.json?n=3000000 HTTP/1.1\r\n" + AUTH + b"\r\n"
    assert statuses(server, slow) == [200]
    assert statuses(server, sized(EVENTS, event("half")), slow) == [202, 200]


@pytest.mark.parametrize(
    "unfinished",
    [b"GET /v0/hea", EVENTS, EVENTS + b"Content-Length: 9\r\n\r\n{", EVENTS + CHUNKED + b"5\r\n{"],
)
def test_a_request_that_ends_too_early(server: Server, unfinished: bytes):
    ended = (400, b'{"error":"The request ends before it is whole"}')
    assert talk(server, unfinished) == [ended]
    assert talk(server, HEALTH + b"\r\n" + unfinished)[1:] == [ended]


@pytest.mark.parametrize("garbage", [b"GARBAGE\r\n\r\n", b"GET http://x HTTP/1.1\r\n\r\n", EVENTS + b"Transfer-Encoding: chunked\r\n\r\nzz"])  # fmt: skip
def test_garbage_does_not_take_the_answers_of_what_came_before(server: Server, garbage: bytes):
    """A 400 in the place of a 202 made clients send stored events again."""
    sent = sized(EVENTS, event("before")) * 2
    assert statuses(server, sent + garbage, ends=False) == [202, 202, 400]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501),
        (
            b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            400,
        ),
    ],
)
def test_an_encoding_is_never_passed_over(server: Server, head: bytes, status: int):
    body = chunk(gzip.compress(gzip.compress(event("packed")))) + b"0\r\n\r\n"
    assert statuses(server, EVENTS + head + b"\r\n" + body) == [status]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /v0/health HTTP/2.0\r\n\r\n", 505),
        (b"GET /v0/health\r\n\r\n", 505),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (HEALTH + b"".join(b"X-%d: a\r\n" % i for i in range(200)) + b"\r\n", 431),
        (EVENTS + CHUNKED + b"1;" + b"e" * 1_000_000, 431),
        (EVENTS + CHUNKED + b"0\r\nT: " + b"t" * 1_000_000, 431),
    ],
)
def test_refused_heads_and_tails(server: Server, sent: bytes, status: int):
    assert statuses(server, sent, ends=False) == [status]


def test_a_trailer_is_no_header(server: Server):
    head = EVENTS.replace(b"Authorization: Bearer the-admin-token\r\n", b"")
    tail = b"0\r\nAuthorization: Bearer the-admin-token\r\n\r\n"
    assert statuses(server, head + CHUNKED + chunk(event("trailer")) + tail) == [403]


def test_more_requests_at_once_than_are_kept_waiting(server: Server):
    sent = b"".join(sized(EVENTS, event(f"many-{number}")) for number in range(300))
    answered = statuses(server, sent, ends=False)
    assert set(answered[:-1]) == {202}
    assert answered[-1] == 429
    assert len(answered) == 102
    stored = [row["id"] for row in server.rows("plain_ids") if row["id"].startswith("many-")]
    assert len(stored) == 101


@pytest.mark.parametrize(
    "unfinished", [b"G", HEALTH, EVENTS + b"Content-Length: 9\r\n\r\n{", EVENTS + CHUNKED]
)
def test_clients_that_send_nothing_more(impatient: Server, unfinished: bytes):
    slow = (408, b'{"error":"The request did not come in time"}')
    assert talk(impatient, unfinished, ends=False) == [slow]
    assert talk(impatient, HEALTH + b"\r\n" + unfinished, ends=False)[1:] == [slow]


@pytest.mark.parametrize("start", [b"", HEALTH, HEALTH + b"\r\n", EVENTS + CHUNKED])
def test_clients_that_send_a_little_from_time_to_time(impatient: Server, start: bytes):
    drip = {EVENTS + CHUNKED: b"1\r\n \r\n", HEALTH: b"X: a\r\n"}.get(start, b"\r\n")
    with connect(impatient) as connection:
        connection.sendall(start)
        connection.settimeout(0.1)
        begun, ended, received = time.monotonic(), False, b""
        while not ended and time.monotonic() - begun < 10:
            try:
                connection.sendall(drip)
                ended = not (read := connection.recv(65536))
                received += read
            except TimeoutError:
                continue
            except OSError:
                ended = True
    assert ended
    assert [reply.status for reply in read_replies(received)[0]] in ([], [408], [200], [200, 408])


def test_a_client_that_never_begins_is_left_without_a_word(impatient: Server):
    assert talk(impatient, b"", ends=False) == []


def test_a_client_that_does_not_read_its_answer(impatient: Server):
    before = sockets(impatient)
    with connect(impatient, buffer_bytes=4096) as connection:
        connection.sendall(b"GET /v0/pipes/large.ndjson HTTP/1.1\r\n" + AUTH + b"\r\n")
        impatient.err.wait_for("large.ndjson")
        process.wait_until(lambda: sockets(impatient) <= before)


def sockets(server: Server) -> int:
    """Return how many sockets a server's process has open."""
    files = Path(f"/proc/{server.process.pid}/fd").iterdir()
    return sum("socket:" in str(file.readlink()) for file in files if file.is_symlink())


def test_the_connection_idle_for_longest_makes_room(impatient: Server):
    first = connect(impatient)
    others = [connect(impatient) for _ in range(40)]
    assert impatient.get("/v0/health").status == 200
    assert first.recv(1) == b""
    for connection in (first, *others):
        connection.close()


def test_no_room_among_requests_under_way(impatient: Server):
    busy = [connect(impatient) for _ in range(20)]
    for connection in busy:
        connection.sendall(EVENTS + b"Content-Length: 9\r\n\r\n{")
    time_left = time.monotonic() + 10
    refused = []
    while 503 not in refused and time.monotonic() < time_left:
        with connect(impatient) as connection:
            refused += [reply.status for reply in read_replies(read_to_end(connection))[0]]
    assert 503 in refused
    for connection in busy:
        connection.close()
    process.wait_until(lambda: impatient.get("/v0/health").status == 200)


def test_large_bodies_of_many_requests_at_once(impatient: Server):
    body = b"\n" * 2_500_000 + event("large")
    with connect(impatient) as first, connect(impatient) as second:
        for connection in (first, second):
            connection.sendall(sized(EVENTS, body)[:-1])
        with selectors.DefaultSelector() as both:  # `select` takes no file numbers above 1024
            for connection in (first, second):
                both.register(connection, selectors.EVENT_READ)
            ((found, _),) = both.select(15)
        refused = found.fileobj
        assert next_status(refused) == 503
        other = second if refused is first else first
        other.sendall(body[-1:])
        assert next_status(other) == 202
    assert impatient.request("POST", "/v0/events?name=plain", body).status == 202


def next_status(connection: socket.socket) -> int:
    received = b""
    while not (replies := read_replies(received)[0]):
        read = connection.recv(65536)
        assert read, received
        received += read
    return replies[0].status
