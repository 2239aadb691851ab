"""Connections: HTTP/1.1 on a socket, with bounds on bytes, time and numbers, refusals in JSON."""

import asyncio
import contextlib
import logging
import resource
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import httptools
import orjson
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from martlet.api.http import CORS, JSON

# Request line and headers. Not less than one read of a socket, so that the limit is the same
# however the bytes arrive. Chunk extensions and trailers have as much between bytes of a body.
MAX_HEAD_BYTES = 256 * 1024
MAX_HEADERS = 200

# Requests of a connection that wait behind the one that is being answered.
MAX_PIPELINED = 100

# Beyond this the connection that has waited longest for a request is closed for a new one.
MAX_CONNECTIONS = 4096

# Files and sockets that the process may have open: ClickHouse has a file for each column it reads.
_WANTED_FILES = 65536
_LEAST_WANTED_FILES = 10240  # what macOS gives, whatever it says the limit is

# What a client may take: for a head, between pieces of a body, for a whole request, between
# pieces of an answer that it reads; and how long bytes behind a refusal are thrown away.
HEAD_TIMEOUT_S = 30.0
BODY_PAUSE_TIMEOUT_S = 30.0
REQUEST_TIMEOUT_S = 300.0
READ_TIMEOUT_S = 60.0
_LINGER_S = 3.0
# A body that comes at this pace has the time it takes beside `REQUEST_TIMEOUT_S`.
SLOWEST_BYTES_PER_S = 256 * 1024

# How long an answer may take before a client that sends no more is probed.
_PROBE_AFTER_S = 0.1

# How often connections are looked at.
_CHECK_EVERY_S = 1.0

_INVALID = "400 Bad Request", "The request is not valid HTTP/1.1"
_TOO_LARGE = "431 Request Header Fields Too Large", "The headers are too large"
_ENDED = "400 Bad Request", "The request ends before it is whole"
_SLOW = "408 Request Timeout", "The request did not come in time"


log = logging.getLogger("martlet")

# Of an application that can answer without a task: takes an ASGI scope, the body, and what sends
# a status, headers and a body; False where the request must be served as ASGI has it.
AnswerNow = Callable[[Any, bytes, Callable[[int, Mapping[str, str], bytes], None]], bool]


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 for clients that are slow, hostile or only half there."""

    # Most connections at a time; set for the process by `allow_connections`.
    most = MAX_CONNECTIONS

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._begun = self._in_head = self._is_offer = self._had_body = False
        # A request whose head was parsed just now: its answer begins when all that was read is.
        self._new: tuple[RequestResponseCycle, ASGI3Application] | None = None
        self._is_parsing = False
        self._bytes_without_body = self._body_bytes = 0
        # Since when a request is awaited from the client; None where it has sent a whole one.
        self._since: float | None = self.loop.time()
        self._heard_at = self._answered_at = self._since
        self._fault: tuple[str, str] | None = None
        # What is said when the answers under way are sent, and the end of the connection then.
        self._last_words: bytes | None = None
        self._closing_since: float | None = None
        self._unsent = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        others = cast("set[Connection]", self.connections)
        idle = [each for each in others if each is not self and each.is_idle()]
        if idle:
            min(idle, key=lambda each: each._answered_at).transport.abort()
        else:
            self._refuse("503 Service Unavailable", "Too many connections: try again")

    def is_idle(self) -> bool:
        """Whether nothing is under way but at most the head of a request."""
        return self._is_answered() and (self._in_head or not self._begun) and not self._unsent

    def data_received(self, data: bytes) -> None:
        """Feed the parser; then see whether what it did not finish is still within bounds."""
        self._unset_keepalive_if_required()
        if self._last_words is not None or self._closing_since is not None:
            return
        self._heard_at = self.loop.time()
        self._had_body = False
        is_continued = self._begun
        self._is_parsing = True
        self._feed(data)
        self._is_parsing = False
        if self._new is not None:
            self._start(*self._new)
        if self._begun and is_continued and not self._had_body:
            self._bytes_without_body += len(data)
            if self._bytes_without_body > MAX_HEAD_BYTES:
                self._refuse(*_TOO_LARGE)
        elif self._since is None and self._is_answered():
            self._since = self._heard_at  # blank lines between requests: the time for a head runs

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # The parser takes what follows for another protocol. It is the request's body,
                # since the offer is not accepted: read again as if it had not been made.
                data = self._head_without_offer() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            except httptools.HttpParserError:
                self._refuse(*(self._fault or _INVALID))
                return
            else:
                return

    def _head_without_offer(self) -> bytes:
        line = b"%s %s HTTP/%s" % (
            self.parser.get_method(), self.url, self.parser.get_http_version().encode()
        )  # fmt: skip
        kept = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([line, *kept, b"", b""])

    def _reject(self, status: str, message: str) -> None:
        """Stop the parser in one of its callbacks."""
        self._fault = (status, message)
        raise httptools.HttpParserError(message)

    def on_message_begin(self) -> None:
        self._begun = self._in_head = True
        self._is_offer = False
        self._bytes_without_body = self._body_bytes = 0
        self._since = self._heard_at
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer is none, or it could be a second `Authorization`."""
        if not self._in_head:
            return
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._reject(*_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._check_head()
        if self._is_offer:
            return
        super().on_headers_complete()  # fails where the target has no path: still in the head
        self._in_head = False

    def _check_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            self._reject(*_TOO_LARGE)
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            self._reject("505 HTTP Version Not Supported", "The server speaks HTTP/1.1")
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._reject("405 Method Not Allowed", "CONNECT is not allowed: this is no proxy")
            self._is_offer = True
            return
        for name, value in self.headers:
            if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
                self._reject("501 Not Implemented", "The only Transfer-Encoding is chunked")
        if len(self.pipeline) >= MAX_PIPELINED:
            self._reject(
                "429 Too Many Requests",
                f"More than {MAX_PIPELINED} requests of this connection wait for their answers",
            )

    def on_body(self, body: bytes) -> None:
        self._had_body = True
        self._bytes_without_body = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_offer:
            return
        self._begun = False
        self._since = None
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._is_parsing:
            self._new = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _start(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Answer a request without a task if it is whole and the application can; with one else."""
        self._new = None
        answer_now: AnswerNow | None = getattr(app, "answer_now", None)
        must_wait = (
            cycle.more_body
            or cycle.disconnected
            or cycle.waiting_for_100_continue
            or self.flow.write_paused
        )
        if must_wait or not (
            answer_now and answer_now(cycle.scope, bytes(cycle.body), partial(self._send, cycle))
        ):
            super()._start_asgi_task(cycle, app)

    def _send(
        self, cycle: RequestResponseCycle, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Write a whole answer, as `cycle.send` does in two messages that it checks one by one."""
        if cycle.disconnected or self.transport.is_closing():
            return
        cycle.response_started = True
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        if not cycle.keep_alive and "connection" not in headers:
            lines.append("connection: close\r\n")
        head = "".join(lines)
        if head.count("\n") + head.count("\r") != 2 * len(lines) or "\0" in head:
            self.transport.abort()
            raise RuntimeError("Invalid HTTP header value")
        dated = [b"%s: %s\r\n" % header for header in cycle.default_headers]
        self.transport.write(
            b"".join([STATUS_LINE[status], *dated, head.encode("latin-1"), b"\r\n", body])
        )
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        self._answered_at = self.loop.time()
        if self._last_words is not None and not self.pipeline:
            self._say_and_close(self._last_words)
        else:
            super().on_response_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Answer what a client asked before it closed its own half of the connection."""
        if self._begun and not self._is_closing():
            self._refuse(*_ENDED)
        if self._is_closing() or self._is_answered():
            return None
        if self._last_words is None:
            self._last_words = b""
            self._probe_after(_PROBE_AFTER_S)
        return True

    def _probe_after(self, delay_s: float) -> None:
        self.loop.call_later(delay_s, self._probe, delay_s)

    def _probe(self, delay_s: float) -> None:
        """Find out whether who has closed a half of the connection has closed all of it.

        The two look alike until something was sent, and refused, and sent again. A client that
        still reads passes over this.
        """
        if self.transport.is_closing() or self._closing_since is not None:
            return
        is_first = not self._is_answered() and not self.pipeline
        if is_first and not self.cycle.response_started and self.scope["http_version"] == "1.1":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._probe_after(2 * delay_s)

    def _is_closing(self) -> bool:
        return self._closing_since is not None or self.transport.is_closing()

    def _is_answered(self) -> bool:
        newest: object = self.cycle  # None before the first request, whatever uvicorn's type says
        is_under_way = isinstance(newest, RequestResponseCycle) and not newest.response_complete
        return not self.pipeline and not is_under_way

    def _refuse(self, status: str, message: str) -> None:
        """Refuse what the client sends now, behind the answers to what it sent before."""
        if self._is_closing() or self._last_words is not None:
            return
        log.info("refused: %s: %s", status, message)
        broken = self.cycle if self._begun and not self._in_head else None
        if broken is not None and broken.response_complete:
            self._say_and_close(b"")  # only the rest of its body was still read
            return
        if broken is not None and broken.response_started:
            self.transport.abort()
            return
        if broken is not None and self.pipeline:
            self.pipeline.popleft()  # the newest
        elif broken is not None or self._is_answered():
            self._say_and_close(_refusal(status, message))
            return
        self._last_words = _refusal(status, message)

    def _say_and_close(self, words: bytes) -> None:
        """Send the last words, and close when the client has: a reset could overtake them."""
        self._unset_keepalive_if_required()
        self._closing_since = self.loop.time()
        self.transport.write(words)
        if not self._is_answered():
            self.cycle.disconnected = True  # nobody waits for its answer
            self.cycle.message_event.set()
        try:
            self.transport.write_eof()
        except (OSError, RuntimeError):
            self.transport.close()
        FlowControl.resume_reading(self.flow)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: an offer to upgrade may be ignored."""

    def check(self, now: float) -> None:
        """End the connection where its client has taken too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent == self._unsent:
            if now - self._unsent_since > READ_TIMEOUT_S:
                self.transport.abort()
            return
        self._unsent, self._unsent_since = unsent, now
        if self._closing_since is not None:
            if not unsent and now - self._closing_since > _LINGER_S:
                self.transport.abort()
            return
        if self._since is None or self.flow.read_paused or self.transport.is_closing():
            return
        if self._begun and not self._in_head:
            pause, whole = now - self._heard_at, now - self._since
            longest = REQUEST_TIMEOUT_S + self._body_bytes / SLOWEST_BYTES_PER_S
            if pause > BODY_PAUSE_TIMEOUT_S or whole > longest:
                self._refuse(*_SLOW)
        elif now - self._since > HEAD_TIMEOUT_S:
            if self._begun:
                self._refuse(*_SLOW)
            else:
                self.transport.close()  # it never began: browsers open connections to spare


class _Flow(FlowControl):
    """Reads no further while requests wait behind the one that is being answered."""

    def __init__(self, transport: asyncio.Transport, pipeline: deque[Any]) -> None:
        super().__init__(transport)
        self._pipeline = pipeline

    def resume_reading(self) -> None:
        if not self._pipeline:
            super().resume_reading()


def _refusal(status: str, message: str) -> bytes:
    body = orjson.dumps({"error": message})
    headers = {
        "content-type": JSON,
        "content-length": str(len(body)),
        **CORS,
        "connection": "close",
    }
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def check_connections(state: ServerState) -> None:
    """Look after the connections of a server until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_CHECK_EVERY_S)
        now = loop.time()
        for connection in cast("list[Connection]", list(state.connections)):
            try:
                connection.check(now)
            except Exception:
                log.exception("a connection could not be looked at")  # the others still are


def allow_connections() -> type[Connection]:
    """Let the process have many files open; return connections of which half of them may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (_WANTED_FILES, _LEAST_WANTED_FILES):
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        if wanted > soft:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                soft = wanted
    return type("Connection", (Connection,), {"most": min(MAX_CONNECTIONS, soft // 2)})
