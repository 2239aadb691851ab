"""Operations that take data in."""

from concurrent.futures import Future
from typing import cast

from martlet.access import APPEND
from martlet.api.backend import Writing
from martlet.api.http import Answer, Request, Response, authenticate, json_response, then
from martlet.errors import RequestError, TooLargeError
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
    status = 200 if _flag(request, "wait") else 202
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    body = decode_body(
        request.body,
        encoding=request.headers.get("content-encoding"),
        max_decoded_bytes=MAX_DECODED_BYTES,
    )
    appended = backend.append(datasource, body, request.query.get("format", "ndjson"))

    def answer(result: object) -> Response:
        counts = cast(Appended, result)
        return json_response(
            {"successful_rows": counts.successful, "quarantined_rows": counts.quarantined},
            status=status,
            rows=counts.successful + counts.quarantined,
        )

    return then(cast("Future[object]", appended), answer)


def body_too_large() -> TooLargeError:
    """Return the error for a request above `MAX_BODY_BYTES`."""
    return TooLargeError(
        f"The body is larger than {MAX_BODY_BYTES} bytes (10 MB), the limit of one request;"
        " nothing of it was stored"
    )


def _flag(request: Request, name: str) -> bool:
    value = request.query.get(name, "false").lower()
    if value not in ("true", "false", "1", "0", ""):
        raise RequestError(f"The parameter '{name}' is true or false, not {value[:40]!r}")
    return value in ("true", "1")
