"""Bytes on a socket as no good client sends them, from a seed; and what must hold of the answers.

Each exchange is a few good requests, then something odd, then the end of what the client sends.
`python -m tests.server.raw_http --count 20000 --seed 7` runs many of them.
"""

import argparse
import gzip
import json
import random
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.server.conftest import PROJECT, write_files
from tests.server.process import TOKEN, Server

LIMIT_S = 20.0
# Not implemented, for now not possible, no such version: all others from 500 on are ours to mend.
DELIBERATE = {501, 503, 505}

HOST = b"Host: x\r\n"
AUTH = HOST + b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
HEALTH = b"GET /v0/health HTTP/1.1\r\n" + HOST
EVENTS = b"POST /v0/events?name=plain HTTP/1.1\r\n" + AUTH
COUNT = b"POST /v0/pipes/plain_count.json HTTP/1.1\r\n" + AUTH
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """What is sent, and what the answers to its good part are.

    Attributes:
        expected: status of each good request and, of events, the id of the row.
        leaves: the client does not wait for answers.
    """

    parts: list[bytes]
    expected: list[tuple[int, str]]
    leaves: bool = False


@dataclass(slots=True)
class Findings:
    exchanges: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    resets: int = 0
    slowest_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def event(number: str) -> bytes:
    return b'{"id":"%s"}' % number.encode()


def sized(head: bytes, body: bytes) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def token(rng: random.Random, size: int) -> bytes:
    return bytes(rng.choices(b"abcXYZ09-_", k=size))


def bad_chunks(rng: random.Random) -> bytes:
    return EVENTS + CHUNKED + rng.choice([
        b"zz\r\nab\r\n0\r\n\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b" 5\r\nabcde\r\n0\r\n\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"5\r\nabcdefgh\r\n0\r\n\r\n",
        b"5\r\nabc",
        b"F" * rng.choice([8, 16, 17, 400]) + b"\r\nabc\r\n0\r\n\r\n",
        b"\r\n0\r\n\r\n",
        b"1;" + b"e" * rng.choice([10, 5000, 600_000]) + b"\r\n{\r\n0\r\n\r\n",
        b"1;a=\x00\r\n{\r\n0\r\n\r\n",
        b"".join(chunk(b" ") for _ in range(rng.randint(1, 4000))) + b"0\r\n\r\n",
        b"0\r\n" + b"T: " + b"t" * rng.choice([10, 70_000, 700_000]) + b"\r\n\r\n",
        b"0\r\n" + b"T: t\r\n" * rng.choice([1, 300, 100_000]) + b"\r\n",
        b"0\r\nAuthorization: Bearer no\r\nContent-Length: 3\r\n\r\n",
        b"0\r\n\r",
    ])  # fmt: skip


def bad_lengths(rng: random.Random) -> bytes:
    lengths = [b"-1", b"+3", b"3, 3", b"0x3", b"3 3", b"", b" ", b"9" * 30, b"1e3", b"3;", b"\xb2",
               b"9223372036854775807", b"18446744073709551616", b"4294967299", b"10485761", b"10"]  # fmt: skip
    lines = b"".join(
        b"Content-Length: " + rng.choice(lengths) + b"\r\n" for _ in range(rng.choice([1, 1, 1, 2]))
    )
    if rng.random() < 0.2:
        lines += b"Transfer-Encoding: chunked\r\n"
    return EVENTS + lines + b"\r\nabc"


def bad_encodings(rng: random.Random) -> bytes:
    codings = [b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"identity", b"xchunked",
               b"\x0bchunked", b"chunked\x00", b'"chunked"', b"chunked;q=1", b"CHUNKED", b""]  # fmt: skip
    lines = b"".join(
        rng.choice([b"Transfer-Encoding: ", b"Transfer-Encoding:\t", b"Transfer-Encoding : "])
        + rng.choice(codings) + b"\r\n"
        for _ in range(rng.choice([1, 1, 2]))
    )  # fmt: skip
    return EVENTS + lines + b"\r\n" + chunk(event("odd")) + b"0\r\n\r\n"


def bad_heads(rng: random.Random) -> bytes:
    return rng.choice([
        HEALTH + b"X: " + token(rng, rng.choice([10, 8000, 250_000, 700_000])) + b"\r\n\r\n",
        HEALTH + b"".join(b"X-%d: a\r\n" % i for i in range(rng.choice([150, 250, 60_000]))) + b"\r\n",
        HEALTH + b"no colon\r\n\r\n",
        HEALTH + b": no name\r\n\r\n",
        HEALTH + b"X : space\r\n\r\n",
        HEALTH + b"X: a\r\n folded\r\n\r\n",
        HEALTH + b"X: " + bytes(rng.choices(range(256), k=rng.randint(1, 40))) + b"\r\n\r\n",
        HEALTH + bytes(rng.choices(range(256), k=rng.randint(1, 10))) + b": x\r\n\r\n",
        HEALTH + b"X: a\rb\r\n\r\n",
        HEALTH.replace(b"\r\n", b"\n") + b"\n",
        HEALTH.replace(b"GET", token(rng, rng.choice([1, 20, 5000]))) + b"\r\n",
        HEALTH.replace(b"HTTP/1.1", rng.choice([b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.9", b"HTTP/11", b"http/1.1", b"ICE/1.0", b"RTSP/1.0", b""])) + b"\r\n",
        HEALTH.replace(b"HTTP/1.1", b"HTTP/1.0") + rng.choice([b"", b"Connection: keep-alive\r\n"]) + b"\r\n",
        b"\r\n" * rng.choice([1, 100, 400_000]) + HEALTH + b"\r\n",
        b"Host: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(64),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rng.randbytes(20),
        HEALTH + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\nHost: y\r\n\r\n",
    ])  # fmt: skip


def bad_targets(rng: random.Random) -> bytes:
    target = rng.choice([
        b"http://x/v0/health", b"http://x", b"https://user:pw@x:99999/v0/health", b"*", b"x:443", b"//v0/health",
        b"?a", b"/?" + b"&" * rng.choice([3, 5000, 300_000]), b"/#f", b"/v0/health#f", b"/v0/%00", b"/v0/%ff%fe", b"/v0/%",
        b"/v0/%zz", b"/v0/\xff\xfe", b"/v0/\xc3\xa9", b"/v0/\x00", b"/v0/a b", b"/v0/pipes/%2e%2e/%2e%2e/etc.json",
        b"/../../etc/passwd", b"/v0/pipes/" + b"a" * rng.choice([300, 60_000, 400_000]) + b".json",
        b"/v0/pipes/plain_count.json?x=%ff", b"/v0/pipes/plain_count.json?\xff=\xfe", b"/v0/pipes/plain_count.json?" + b"a=1&" * 1200,
        b"/v0/events?name=%00", b"/v0/events?name=" + b"n" * 5000, b"/" * rng.choice([1, 5000]),
        rng.randbytes(rng.randint(1, 30)),
    ])  # fmt: skip
    method = rng.choice([b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"CONNECT",
                         b"TRACE", b"PROPFIND", b"get"])  # fmt: skip
    return method + b" " + target + b" HTTP/1.1\r\n" + AUTH + b"\r\n"


def bad_bodies(rng: random.Random) -> bytes:
    packed = gzip.compress(event("odd"))
    coding, body = rng.choice([
        (b"gzip", b"no gzip"),
        (b"gzip", packed[: rng.randint(0, len(packed) - 1)]),
        (b"gzip", gzip.compress(packed)),
        (b"gzip, gzip", gzip.compress(packed)),
        (b"gzip\r\nContent-Encoding: gzip", gzip.compress(packed)),
        (b"gzip", packed + rng.randbytes(20)),
        (b"gzip", BOMB),
        (b"zstd", rng.randbytes(40)),
        (b"zstd", b"\x28\xb5\x2f\xfd" + rng.randbytes(40)),
        (b"br", rng.randbytes(10)),
        (b"deflate", rng.randbytes(10)),
        (b"identity", b"[" * rng.choice([1, 3000, 100_000])),
        (b"identity", b'{"id":"\xff\xfe"}\n' + rng.randbytes(30)),
        (b"identity", b"\x00" * rng.randint(1, 3000)),
        (b"identity", b'{"id":' + b"9" * 6000 + b"}"),
        (b"identity", b""),
        (b"\xff\x80", b"{}"),
    ])  # fmt: skip
    head = rng.choice([EVENTS, COUNT, COUNT + b"Content-Type: application/json\r\n",
                       EVENTS.replace(b"events?", b"datasources?mode=append&")])  # fmt: skip
    sent = sized(head + b"Content-Encoding: " + coding + b"\r\n", body)
    return sent if rng.random() < 0.7 else sent[: len(sent) - rng.randint(0, len(body))]


def upgrades(rng: random.Random) -> bytes:
    offer = b"Connection: " + rng.choice(
        [b"Upgrade", b"upgrade, HTTP2-Settings", b"close, upgrade"]
    )
    offer += (
        b"\r\nUpgrade: " + rng.choice([b"websocket", b"h2c", b"TLS/1.0", b"\x00", b""]) + b"\r\n"
    )
    return rng.choice([
        HEALTH + offer + b"\r\n",
        sized(EVENTS + offer, event("odd")),
        EVENTS + offer + CHUNKED + chunk(event("odd")) + b"0\r\n\r\n",
        HEALTH + offer + b"\r\n" + rng.randbytes(40),
        (HEALTH + offer + b"\r\n") * 30,
    ])  # fmt: skip


def expectations(rng: random.Random) -> bytes:
    expect = b"Expect: " + rng.choice(
        [b"100-continue", b"100-Continue", b"200-ok", b"", b"100-continue, x"]
    )
    return rng.choice([
        sized(EVENTS + expect + b"\r\n", event("odd")),
        EVENTS + expect + b"\r\nContent-Length: 20000000\r\n\r\n",
        EVENTS + expect + b"\r\nContent-Length: 20\r\n\r\n",
        HEALTH + expect + b"\r\n\r\n",
    ])  # fmt: skip


def pipelined(rng: random.Random) -> bytes:
    one = rng.choice([b"GET / HTTP/1.1\r\n\r\n", HEALTH + b"\r\n", sized(EVENTS, b"x"),
                      b"GET /v0/pipes/plain_count.json HTTP/1.1\r\n" + AUTH + b"\r\n"])  # fmt: skip
    return one * rng.choice([2, 90, 99, 101, 150, 3000])


def mutated(rng: random.Random) -> bytes:
    text = bytearray(rng.choice([
        HEALTH + b"\r\n", sized(EVENTS, event("odd")), EVENTS + CHUNKED + chunk(event("odd")) + b"0\r\n\r\n",
        sized(COUNT + b"Content-Type: application/json\r\n", b'{"a":1}'),
    ]))  # fmt: skip
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text)) if text else 0
        match rng.randrange(5):
            case 0:
                text[at : at + 1] = rng.randbytes(1)
            case 1:
                text[at:at] = rng.choice(
                    [b"\r\n", b"\x00", b" ", b":", b"\xff", b"\r\n\r\n", b"\t"]
                )
            case 2:
                del text[at : at + rng.randint(1, 12)]
            case 3:
                text[at:at] = text[at : at + rng.randint(1, 40)]
            case _:
                del text[at:]
    return bytes(text)


def noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice([1, 10, 3000]))


BOMB = gzip.compress(b" " * 120_000_000, 1)
ODD: tuple[Callable[[random.Random], bytes], ...] = (
    bad_chunks, bad_lengths, bad_encodings, bad_heads, bad_targets, bad_bodies, upgrades,
    expectations, pipelined, mutated, mutated, noise,
)  # fmt: skip


def make_exchange(seed: str) -> Exchange:
    rng = random.Random(seed)
    good, expected = b"", []
    for number in range(rng.choice([0, 0, 1, 1, 2, 5])):
        name = f"{seed}-{number}"
        sent, status = rng.choice([
            (HEALTH + b"\r\n", 200),
            (b"GET /v0/nowhere HTTP/1.1\r\n" + HOST + b"\r\n", 404),
            (sized(EVENTS, event(name)), 202),
            (EVENTS + CHUNKED + chunk(event(name)) + b"0\r\n\r\n", 202),
            (sized(EVENTS + b"Content-Encoding: gzip\r\n", gzip.compress(event(name))), 202),
            (sized(EVENTS, b""), 400),
            (HEALTH.replace(b"GET", b"OPTIONS") + b"\r\n", 204),
        ])  # fmt: skip
        good += sent
        expected.append((status, name if status == 202 else ""))
    sent = good + rng.choice(ODD)(rng)
    cuts = sorted(rng.randrange(len(sent) + 1) for _ in range(rng.choice([0, 0, 1, 3, 20])))
    parts = [sent[i:j] for i, j in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    return Exchange(parts, expected, leaves=rng.random() < 0.05)


def read_replies(received: bytes) -> tuple[list[Reply], bytes]:
    """Return the whole answers, and what is left behind them."""
    replies = []
    while True:
        head, blank, rest = received.partition(b"\r\n\r\n")
        if not blank:
            return replies, received
        line, *lines = head.decode("latin-1").split("\r\n")
        assert line.startswith("HTTP/1.1 "), received[:200]
        headers = dict(each.lower().split(": ", 1) for each in lines)
        size = int(headers.get("content-length", "0"))
        if len(rest) < size:
            return replies, received
        if not line.startswith("HTTP/1.1 100 "):
            replies.append(Reply(int(line.split()[1]), headers, rest[:size]))
        received = rest[size:]


def run(port: int, exchange: Exchange) -> tuple[bytes, bool]:
    """Send an exchange; return what came, and whether the server cut the connection off."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received, is_cut = b"", False
        try:
            for part in exchange.parts:
                connection.sendall(part)
            if exchange.leaves:
                return b"", True
            connection.shutdown(socket.SHUT_WR)
        except OSError as error:  # the server has closed: its answer may be there all the same
            if isinstance(error, TimeoutError):
                raise
            is_cut = True
        try:
            while read := connection.recv(65536):
                received += read
        except ConnectionResetError:
            is_cut = True
        return received, is_cut


def check(exchange: Exchange, received: bytes, is_cut: bool) -> list[Reply]:
    replies, rest = read_replies(received)
    assert is_cut or not rest, rest[:300]
    for reply in replies:
        assert reply.status < 500 or reply.status in DELIBERATE, reply
        assert reply.headers["access-control-allow-origin"] == "*", reply
        if reply.status >= 400:
            assert isinstance(json.loads(reply.body)["error"], str), reply
    if not is_cut:
        assert len(replies) >= len(exchange.expected), replies
    for (status, _), reply in zip(exchange.expected, replies, strict=False):
        assert reply.status == status, (status, reply)
    return replies


def fuzz(server: Server, *, count: int, seed: int, threads: int = 4) -> Findings:
    """Run exchanges, of which any can be made again from the seed and its number."""
    findings = Findings()

    def one(number: int) -> None:
        exchange = make_exchange(f"{seed}-{number}")
        begun = time.monotonic()
        try:
            received, is_cut = run(server.port, exchange)
            replies = check(exchange, received, is_cut)
        except (AssertionError, OSError) as error:
            raise AssertionError(f"exchange {seed}-{number}: {error!r}") from error
        with findings.lock:
            findings.exchanges += 1
            findings.resets += is_cut and not exchange.leaves
            findings.slowest_s = max(findings.slowest_s, time.monotonic() - begun)
            findings.statuses.update(reply.status for reply in replies)
            findings.acknowledged.update(
                name for (_, name), _ in zip(exchange.expected, replies, strict=False) if name
            )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(count)))
    assert server.get("/v0/health").json() == {"status": "ok"}
    stored = {row["id"]: row["times"] for row in server.rows("plain_ids")}
    assert {name: stored.get(name) for name in findings.acknowledged} == dict.fromkeys(
        findings.acknowledged, 1
    )
    return findings


def memory_mb(server: Server) -> int:
    """Return the resident memory of a server's process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(write_files(Path(folder), PROJECT), "--log-format", "json").wait_ready()
        try:
            done, step = 0, 1000
            while done < options.count:
                count = min(step, options.count - done)
                found = fuzz(server, count=count, seed=options.seed + done, threads=3)
                done += count
                print(
                    f"{done} exchanges, {memory_mb(server)} MB, slowest {found.slowest_s:.1f} s,"
                    f" {found.resets} resets, {len(found.acknowledged)} rows,"
                    f" {dict(sorted(found.statuses.items()))}",
                    flush=True,
                )
        finally:
            server.close()
            print("\n".join(each for each in server.err.lines if '"error"' in each)[:3000])


if __name__ == "__main__":
    main()
