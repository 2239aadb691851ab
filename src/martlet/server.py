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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import uvicorn
import watchfiles

from martlet.api.dispatch import dispatch
from martlet.api.http import CORS, Request, Response, failure
from martlet.api.operations import OPERATIONS
from martlet.api.routes import ROUTES
from martlet.api.writes import largest_body
from martlet.connections import allow_connections, check_connections
from martlet.errors import EngineError, MartletError, ProjectError
from martlet.incoming import UNCOUNTED_BYTES, Bodies, Receive
from martlet.model import Project
from martlet.workspace import Workspace

DEFAULT_PORT = 7181

# Reading events of this size takes less than a change of threads costs.
_INLINE_BODY_BYTES = UNCOUNTED_BYTES

# Threads for queries: enough that short ones are not stuck behind long ones.
_READERS = 8

# Queries that take longer are ended when nobody waits for them any more.
_NOTICE_AFTER_S = 0.1

# Connections that wait to be accepted.
_BACKLOG = 2048

# After a signal to stop, bodies that are still being sent have this long to end.
_UPLOAD_GRACE_S = 3.0

_WAITING = tuple({route.path.partition("{")[0] for route in ROUTES if route.waits})

log = logging.getLogger("martlet")
access_log = logging.getLogger("martlet.access")

Send = Callable[[dict[str, Any]], Awaitable[None]]
SendWhole = Callable[[int, Mapping[str, str], bytes], None]


class App:
    """The ASGI application: one request is read whole, dispatched, and answered whole."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.threads = ThreadPoolExecutor(_READERS, thread_name_prefix="martlet-read")
        self._bodies = Bodies(
            workspace.folder, lambda request: largest_body(self._place(request), request)
        )
        self._uploads: set[asyncio.Timeout] = set()
        self._upload_deadline: float | None = None
        self._answers = _Answers()

    def _place(self, request: Request) -> Workspace:
        """Return the workspace whose token a request has."""
        guests = self.workspace.guests
        if not guests:
            return self.workspace
        with contextlib.suppress(MartletError):  # a token that cannot be read is refused later
            return guests.of(request.token) or self.workspace
        return self.workspace

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
        request = _request(scope)
        try:
            await self._read(request, receive)
            with _noticing(request, receive):
                response = await self._answer(request)
        except MartletError as error:
            response = failure(request, error)
            response.headers.update(CORS)
            if isinstance(error, EngineError) or "expect" in request.headers:
                # The rest of the body may never come. Otherwise uvicorn reads on and throws it
                # away: closing now would reset clients that only read when all is sent.
                response.headers["connection"] = "close"
        except ConnectionError:
            return
        finally:
            self._bodies.leave(request)
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in _sent_headers(request, response).items()
        ]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        log_access(request, response, time.perf_counter() - started, scope["method"])

    def answer_now(self, scope: Mapping[str, Any], body: bytes, send: SendWhole) -> bool:
        """Answer a whole request in the event loop, if nothing in it waits but a commit.

        A task of its own for each request, and all that goes with one, would take a third of the
        loop's time for small events.
        """
        started = time.perf_counter()
        request = _request(scope)
        request.body = body
        if scope["method"] == "HEAD" or not _is_quick(request):
            return False

        def finish(response: Response) -> None:
            send(response.status, _sent_headers(request, response), response.body)
            log_access(request, response, time.perf_counter() - started, request.method)

        self._answers.call(finish, dispatch(self._place(request), request, OPERATIONS))
        return True

    async def _read(self, request: Request, receive: Receive) -> None:
        try:
            async with asyncio.timeout_at(self._upload_deadline) as upload:
                self._uploads.add(upload)
                await self._bodies.read(request, receive)
        except TimeoutError:
            raise EngineError("The server is shutting down: send the request again") from None
        finally:
            self._uploads.discard(upload)

    async def _answer(self, request: Request) -> Response:
        if _is_quick(request):
            answered = dispatch(self._place(request), request, OPERATIONS)
        else:
            loop = asyncio.get_running_loop()
            answered = await loop.run_in_executor(
                self.threads, dispatch, self._place(request), request, OPERATIONS
            )
        return answered.result() if answered.done() else await self._answers.wait(answered)


@contextlib.contextmanager
def _noticing(request: Request, receive: Receive) -> Iterator[None]:
    """Tell a request that its client has left, where the answer takes longer than most."""
    loop = asyncio.get_running_loop()
    watchers: list[asyncio.Task[None]] = []

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await asyncio.to_thread(request.leaving.tell)  # it may wait for a query's end

    timer = loop.call_later(_NOTICE_AFTER_S, lambda: watchers.append(loop.create_task(watch())))
    try:
        yield
    finally:
        timer.cancel()
        for watcher in watchers:
            watcher.cancel()


class _Answers:
    """Takes answers that other threads finish to the event loop: all of one commit at once.

    `asyncio.wrap_future` would wake the loop for each of them.
    """

    def __init__(self) -> None:
        self._done: deque[tuple[Callable[[Response], None], Response]] = deque()
        self._is_waking = False

    async def wait(self, answered: Future[Response]) -> Response:
        """Return the answer once it is there; the future never fails."""
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def finish(response: Response) -> None:
            if not waiter.done():
                waiter.set_result(response)

        self.call(finish, answered)
        return await waiter

    def call(self, finish: Callable[[Response], None], answered: Future[Response]) -> None:
        """Call a function in the event loop with the answer: now, or once it is there."""
        if answered.done():
            finish(answered.result())
            return
        loop = asyncio.get_running_loop()

        def done(finished: Future[Response]) -> None:
            self._done.append((finish, finished.result()))
            if not self._is_waking:
                self._is_waking = True
                with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                    loop.call_soon_threadsafe(self._deliver)

        answered.add_done_callback(done)

    def _deliver(self) -> None:
        self._is_waking = False  # first: what comes from now on wakes the loop again
        while self._done:
            finish, response = self._done.popleft()
            try:
                finish(response)
            except Exception:
                log.exception("an answer could not be sent")  # the others still are


def _is_quick(request: Request) -> bool:
    """Whether to answer in the event loop: nothing to wait for, and nothing to decompress."""
    return (
        len(request.body) <= _INLINE_BODY_BYTES
        and "content-encoding" not in request.headers
        and not request.path.startswith(_WAITING)
    )


def _request(scope: Mapping[str, Any]) -> Request:
    """Return the request of an ASGI scope, without its body."""
    method = scope["method"]
    return Request(
        method="GET" if method == "HEAD" else method,  # uvicorn leaves the body out
        path=scope["path"],
        query_string=scope["query_string"].decode("latin-1"),
        headers=_headers(scope["headers"]),
        client=scope["client"][0] if scope["client"] else "",
    )


def _headers(sent: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name; repeated ones are one list, as RFC 9110 has it in 5.3."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
    if len(headers) < len(sent):
        headers.clear()
        for raw_name, raw_value in sent:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _sent_headers(request: Request, response: Response) -> dict[str, str]:
    if response.status == 304:  # says nothing of a body that the client has
        return {"x-request-id": request.id, **response.headers}
    return {
        "content-type": response.media_type,
        "content-length": str(len(response.body)),
        "x-request-id": request.id,
        **response.headers,
    }


def log_access(request: Request, response: Response, elapsed_s: float, method: str) -> None:
    """Log one line for a request; never its query string, where tokens are."""
    path = request.logged_path
    access_log.info(
        "%s %s %d %.1f ms%s",
        method,
        path if path.isprintable() else ascii(path),
        response.status,
        elapsed_s * 1000,
        "" if response.rows is None else f" {response.rows} rows",
        extra={
            "method": method,
            "path": path,
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
    logging._srcfile = None  # where a line is logged from: as Python's logging HOWTO has it
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
        http=allow_connections(),
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
    workspace.records.start()
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_run(server, app, listener, started, reload))
    finally:
        app.threads.shutdown(wait=True)
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
    checker = asyncio.create_task(check_connections(server.server_state))
    await server.serve(sockets=[listener])
    stop.set()
    announcer.cancel()
    checker.cancel()
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
        changes = workspace.deployments.apply_folder(reload())
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
