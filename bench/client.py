"""A client that is cheap enough for the server to be the bottleneck: keep-alive, no pipelining."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

import uvloop

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_SHOWN_BYTES = 300


class UnexpectedAnswerError(Exception):
    """The server answered with another status than the benchmark expects."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests came to.

    Attributes:
        requests: how many were answered.
        seconds: from the first request sent to the last answer.
        cpu_seconds: processor time of this process in between.
        latencies: seconds of each request, sorted.
    """

    requests: int
    seconds: float
    cpu_seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def client_share(self) -> float:
        """Part of one core that the client took."""
        return self.cpu_seconds / self.seconds

    def percentile(self, part: float) -> float:
        """Return a latency in milliseconds, 0.5 for the median."""
        last = len(self.latencies) - 1
        return self.latencies[min(last, round(part * last))] * 1000


@dataclass(slots=True)
class _Run:
    """What the connections of a run share."""

    requests: Iterator[bytes]
    status: bytes
    until: float
    done: asyncio.Future[None]
    open: int
    latencies: list[float] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    """Sends a request, reads its answer, sends the next, until the time is over."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._answer = b""
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._run.requests))

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data if self._answer else data
        end = answer.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(answer, 0, end)  # 304 has none, and no body
        if found is not None and len(answer) < end + 4 + int(found[1]):
            return
        now = time.perf_counter()
        run = self._run
        run.latencies.append(now - self._sent_at)
        if answer[9:12] != run.status:
            self._fail(UnexpectedAnswerError(answer[:_SHOWN_BYTES].decode("latin-1")))
        elif now < run.until:
            self._send()
        else:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        if not self._run.done.done():
            self._run.done.set_exception(error)
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        run = self._run
        run.open -= 1
        if not run.done.done() and exc is not None:
            run.done.set_exception(exc)
        elif not run.done.done() and not run.open:
            run.done.set_result(None)


async def _drive(
    port: int, requests: list[bytes], connections: int, seconds: float, status: int
) -> Load:
    loop = asyncio.get_running_loop()
    started, cpu = time.perf_counter(), time.process_time()
    run = _Run(
        requests=cycle(requests),
        status=b"%d" % status,
        until=started + seconds,
        done=loop.create_future(),
        open=connections,
    )
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await run.done
    return Load(
        len(run.latencies),
        time.perf_counter() - started,
        time.process_time() - cpu,
        sorted(run.latencies),
    )


def drive(
    port: int, requests: list[bytes], *, connections: int, seconds: float, status: int = 200
) -> Load:
    """Send requests over and over, each connection one at a time, and return what it came to.

    Raises:
        UnexpectedAnswerError: an answer has another status.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(port, requests, connections, seconds, status))


def request(
    method: str,
    path: str,
    token: str,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return an HTTP/1.1 request as it goes over the wire."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        *([f"Content-Length: {len(body)}"] if body else []),
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
