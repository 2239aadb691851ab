"""Operations that take data in."""

from concurrent.futures import Future
from typing import cast

from martlet.access import APPEND
from martlet.api.backend import Writing
from martlet.api.http import Answer, Request, Response, authenticate, json_response, then
from martlet.errors import EngineError, RequestError, TooLargeError
from martlet.idempotency import REPLAYED, Key, read_key
from martlet.ingest.bodies import decode_body
from martlet.ingest.sinks import Appended

# A body as it is sent, and after gunzip or unzstd.
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_DECODED_BYTES = 100 * 1024 * 1024


def append_events(backend: Writing, request: Request) -> Answer:
    """`POST /v0/events?name=<data source>[&format=ndjson|json][&wait=true]`.

    Both with and without `wait` the answer comes when the rows are committed; `wait=false` is
    answered 202 for clients that look at the status.
    """
    token = authenticate(backend, request)
    name = request.query.get("name")
    if not name:
        raise RequestError("The parameter 'name' is missing: which data source are the events for?")
    token.require(APPEND, backend.resource(name))
    datasource = backend.datasource(name)
    request.noted.datasource = datasource.name
    status = 200 if _flag(request, "wait") else 202
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    body = decode_body(
        request.body,
        encoding=request.headers.get("content-encoding"),
        max_decoded_bytes=MAX_DECODED_BYTES,
    )
    format = request.query.get("format", "ndjson")
    request.noted.decoded_bytes = len(body)
    key = read_key(request.headers, datasource.name, body, form=format, note=b"%d" % status)
    appended = mark_replayed(request, key, backend.append(datasource, body, format, key=key))

    def answer(result: object) -> Response:
        counts = cast(Appended, result)
        return json_response(
            {"successful_rows": counts.successful, "quarantined_rows": counts.quarantined},
            status=int(key.note) if key else status,
            rows=counts.successful + counts.quarantined,
            quarantined=counts.quarantined,
        )

    return then(cast("Future[object]", appended), answer)


def mark_replayed(
    request: Request, key: Key | None, appended: Future[Appended]
) -> Future[Appended]:
    """Have the answer say that it is an earlier request's, if it is."""

    def mark(done: Future[Appended]) -> None:
        assert key is not None
        if key.is_replayed and not isinstance(done.exception(), EngineError):
            request.answer_headers[REPLAYED] = "true"

    if key is not None:
        appended.add_done_callback(mark)
    return appended


def body_too_large(limit: int = MAX_BODY_BYTES) -> TooLargeError:
    """Return the error for a request above a limit."""
    return TooLargeError(
        f"The body is larger than {limit} bytes ({limit / 1024**2:g} MB), the limit of one request;"
        " nothing of it was stored"
    )


def _flag(request: Request, name: str) -> bool:
    value = request.query.get(name, "false").lower()
    if value not in ("true", "false", "1", "0", ""):
        raise RequestError(f"The parameter '{name}' is true or false, not {value[:40]!r}")
    return value in ("true", "1")
