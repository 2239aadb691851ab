"""The embedded server: ASGI around the API, its life from start to SIGTERM, reload on changes."""

import asyncio
import contextlib
import errno
import json
import logging
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import orjson
import uvicorn
import watchfiles
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from martlet.api.dispatch import dispatch
from martlet.api.http import JSON, Request, Response, failure
from martlet.api.operations import OPERATIONS
from martlet.api.routes import ROUTES
from martlet.api.write import MAX_BODY_BYTES, body_too_large
from martlet.copies import cancel_copies
from martlet.errors import EngineError, MartletError, ProjectError, TooLargeError
from martlet.model import Project
from martlet.workspace import Workspace

DEFAULT_PORT = 7181

# Reading events of this size takes less than a change of threads costs.
_INLINE_BODY_BYTES = 64 * 1024

# Threads for queries: enough that short ones are not stuck behind long ones.
_READERS = 8

# Threads for copies, which may each take an hour: others wait, and no query does.
_JOBS = 2

# Request line and headers. Not less than one read of a socket, so that the limit is the same
# however the bytes arrive.
_MAX_HEAD_BYTES = 256 * 1024

# Connections that wait to be accepted.
_BACKLOG = 2048

# After a signal to stop, bodies that are still being sent have this long to end.
_UPLOAD_GRACE_S = 3.0

_WAITING = tuple({route.path.partition("{")[0] for route in ROUTES if route.waits})
_JOB_ENDS = tuple({"/" + route.path.rpartition("/")[2] for route in ROUTES if route.is_job})

log = logging.getLogger("martlet")
access_log = logging.getLogger("martlet.access")

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class App:
    """The ASGI application: one request is read whole, dispatched, and answered whole."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.threads = ThreadPoolExecutor(_READERS, thread_name_prefix="martlet-read")
        self.job_threads = ThreadPoolExecutor(_JOBS, thread_name_prefix="martlet-job")
        self._uploads: set[asyncio.Timeout] = set()
        self._upload_deadline: float | None = None
        self._answers = _Answers()

    def stop_uploads(self) -> None:
        """Refuse requests whose body is not there in a few seconds: nothing else would end them."""
        self._upload_deadline = asyncio.get_running_loop().time() + _UPLOAD_GRACE_S
        for upload in self._uploads:
            upload.reschedule(self._upload_deadline)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one ASGI connection scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        head = scope["method"] == "HEAD"
        request = Request(
            method="GET" if head else scope["method"],  # uvicorn leaves the body out
            path=scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
            client=scope["client"][0] if scope["client"] else "",
        )
        try:
            request.body = await self._read(request, receive)
        except MartletError as error:
            response = failure(request, error)
            if not isinstance(error, TooLargeError) or "expect" in request.headers:
                # The rest of the body may never come. Otherwise uvicorn reads on and throws it
                # away: closing now would reset clients that only read when all is sent.
                response.headers["connection"] = "close"
        except ConnectionError:
            return
        else:
            response = await self._answer(request)
        await send(_start_message(request, response))
        await send({"type": "http.response.body", "body": response.body})
        log_access(request, response, time.perf_counter() - started, scope["method"])

    async def _read(self, request: Request, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout_at(self._upload_deadline) as upload:
                self._uploads.add(upload)
                return await _read_body(request, receive)
        except TimeoutError:
            raise EngineError("The server is shutting down: send the request again") from None
        finally:
            self._uploads.discard(upload)

    async def _answer(self, request: Request) -> Response:
        if _is_quick(request):
            answered = dispatch(self.workspace, request, OPERATIONS)
        else:
            loop = asyncio.get_running_loop()
            is_job = request.path.rstrip("/").endswith(_JOB_ENDS)
            threads = self.job_threads if is_job else self.threads
            answered = await loop.run_in_executor(
                threads, dispatch, self.workspace, request, OPERATIONS
            )
        return answered.result() if answered.done() else await self._answers.wait(answered)


class _Answers:
    """Takes answers that other threads finish to the event loop: all of one commit at once.

    `asyncio.wrap_future` would wake the loop for each of them.
    """

    def __init__(self) -> None:
        self._done: deque[tuple[asyncio.Future[Response], Response]] = deque()
        self._is_waking = False

    async def wait(self, answered: Future[Response]) -> Response:
        """Return the answer once it is there; the future never fails."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()

        def done(finished: Future[Response]) -> None:
            self._done.append((waiter, finished.result()))
            if not self._is_waking:
                self._is_waking = True
                with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                    loop.call_soon_threadsafe(self._deliver)

        answered.add_done_callback(done)
        response: Response = await waiter
        return response

    def _deliver(self) -> None:
        self._is_waking = False  # first: what comes from now on wakes the loop again
        while self._done:
            waiter, response = self._done.popleft()
            if not waiter.done():
                waiter.set_result(response)


def _is_quick(request: Request) -> bool:
    """Whether to answer in the event loop: nothing to wait for, and nothing to decompress."""
    return (
        len(request.body) <= _INLINE_BODY_BYTES
        and "content-encoding" not in request.headers
        and not request.path.startswith(_WAITING)
    )


async def _read_body(request: Request, receive: Receive) -> bytes:
    """Read the body up to the limit.

    Raises:
        TooLargeError: it is announced, or turns out, larger.
        ConnectionError: the client left before the end.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
        raise body_too_large()
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise body_too_large()
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _start_message(request: Request, response: Response) -> dict[str, Any]:
    headers = {
        "content-type": response.media_type,
        "content-length": str(len(response.body)),
        "x-request-id": request.id,
        **response.headers,
    }
    return {
        "type": "http.response.start",
        "status": response.status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in
                    headers.items()],
    }  # fmt: skip


def log_access(request: Request, response: Response, elapsed_s: float, method: str) -> None:
    """Log one line for a request; never its query string, where tokens are."""
    access_log.info(
        "%s %s %d %.1f ms%s",
        method,
        request.path if request.path.isprintable() else ascii(request.path),
        response.status,
        elapsed_s * 1000,
        "" if response.rows is None else f" {response.rows} rows",
        extra={
            "method": method,
            "path": request.path,
            "status": response.status,
            "ms": round(elapsed_s * 1000, 2),
            "rows": response.rows,
            "request_id": request.id,
        },
    )


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, and the fields of an access line."""

    FIELDS = ("method", "path", "status", "ms", "rows", "request_id")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        content: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        content |= {name: getattr(record, name) for name in self.FIELDS if hasattr(record, name)}
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str)


def configure_logging(log_format: str) -> None:
    """Write logs to standard error, as text or as JSON lines."""
    # Fields of a record that no format shows, and that every access line would pay for.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    if log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in (("martlet", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with a limit on the head of a request, and refusals in JSON."""

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES and not self.transport.is_closing():
                self._refuse("431 Request Header Fields Too Large", "The headers are too large")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: an offer to upgrade may be ignored."""

    def send_400_response(self, msg: str) -> None:
        self._refuse("400 Bad Request", "The request is not valid HTTP/1.1")

    def _refuse(self, status: str, message: str) -> None:
        body = orjson.dumps({"error": message})
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: it would end the process by the signal, not with 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; a port of 0 finds a free one.

    It listens from here on, so that a second server on the port fails now; who connects before
    the server answers, waits.

    Raises:
        EngineError: the port is taken, or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise EngineError(
                f"Port {port} on {host} is taken by another program",
                hint="choose one with --port or MARTLET_PORT",
            ) from error
        raise EngineError(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def serve(
    workspace: Workspace,
    listener: socket.socket,
    *,
    started: Callable[[], None],
    reload: Callable[[], Project] | None,
) -> None:
    """Serve until SIGTERM or SIGINT; what was accepted is finished before this returns.

    Args:
        workspace: the open project; it is closed at the end.
        listener: from `bind`.
        started: called once the server answers.
        reload: reads the project again when its files change; without it changes are left alone.
    """
    app = App(workspace)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nothing reads the client that a proxy names
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=30,
        timeout_keep_alive=75,
        backlog=_BACKLOG,
    )
    server = _Server(config)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_run(server, app, listener, started, reload))
    finally:
        app.threads.shutdown(wait=True)
        app.job_threads.shutdown(wait=False, cancel_futures=True)
        cancel_copies(workspace.engine)  # one that was still at it had its time
        app.job_threads.shutdown(wait=True)
        workspace.close()


async def _run(
    server: uvicorn.Server,
    app: App,
    listener: socket.socket,
    started: Callable[[], None],
    reload: Callable[[], Project] | None,
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_signal() -> None:
        server.force_exit = server.should_exit  # the second one waits for nobody
        server.should_exit = True
        stop.set()
        app.stop_uploads()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, on_signal)
    watcher = None
    if reload:
        watcher = asyncio.create_task(_watch(app.workspace, reload, stop))
    announcer = asyncio.create_task(_announce(server, started))
    await server.serve(sockets=[listener])
    stop.set()
    announcer.cancel()
    if watcher:
        await watcher


async def _announce(server: uvicorn.Server, started: Callable[[], None]) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
    await asyncio.get_running_loop().run_in_executor(None, started)


_DATAFILES = {".datasource", ".pipe", ".connection", ".incl", ".token"}


def _is_datafile(path: PurePath) -> bool:
    return path.suffix in _DATAFILES or path.name in (
        "martlet.toml",
        ".env",
        ".env.local",
    )


def _folders(project: Project) -> set[PurePath]:
    """Return the folders that have a project's files, relative to it."""
    places = [source.location for source in project.datasources.values()]
    places += [pipe.location for pipe in project.pipes.values()]
    return {folder for place in places for folder in PurePath(place.path).parents}


async def _changes(
    workspace: Workspace, stop: asyncio.Event
) -> AsyncIterator[set[tuple[watchfiles.Change, str]]]:
    root = workspace.live.project.root.resolve()

    def is_watched(change: watchfiles.Change, path: str) -> bool:
        changed = PurePath(path).relative_to(root)
        if any(part in (".martlet", ".venv", ".git", "node_modules") for part in changed.parts):
            return False
        if _is_datafile(changed):
            return True
        # A folder moved in or away is one change, without one for each of its files.
        if change is watchfiles.Change.added:
            return Path(path).is_dir()
        return changed in _folders(workspace.live.project)

    async for found in watchfiles.awatch(
        root, watch_filter=is_watched, stop_event=stop, debounce=200, step=50
    ):
        yield found


async def _watch(workspace: Workspace, reload: Callable[[], Project], stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    async for changed in _changes(workspace, stop):
        names = ", ".join(sorted({Path(path).name for _, path in changed}))
        log.info("changed: %s", names)
        await loop.run_in_executor(None, _reload, workspace, reload)


def _reload(workspace: Workspace, reload: Callable[[], Project]) -> None:
    """Apply the files as they are now; on an error the project before goes on serving."""
    try:
        changes = workspace.apply(reload())
    except ProjectError as error:
        log.error("not applied, the project before goes on:\n%s", error)
    except MartletError as error:
        log.error("not applied, the project before goes on:\n%s", error)
    except Exception:
        log.exception("not applied, the project before goes on")
    else:
        for change in changes:
            log.info("%s", change)
        log.info("applied")
