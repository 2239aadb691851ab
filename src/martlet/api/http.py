"""Requests, responses, and the one door through which every failure leaves."""

import itertools
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson

from martlet.api.backend import Backend
from martlet.errors import (
    MartletError,
    MethodError,
    QueryError,
    RateLimitError,
    RequestError,
    TemplateAbort,
    TemplateError,
    TokenError,
    ViewError,
)

if TYPE_CHECKING:
    from martlet.access import Access
    from martlet.engines.base import Result

log = logging.getLogger("martlet.api")

JSON = "application/json; charset=utf-8"

# Template errors name a page of Tinybird's documentation, and so do its answers.
_DOCUMENTATION = "https://docs.tinybird.co"

# Endpoints and events are called from browsers with tokens in the URL or a header, never cookies.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, x-ratelimit-limit, x-ratelimit-remaining,"
    " x-ratelimit-reset, retry-after, etag, location, x-db-exception-code,"
    " idempotency-replayed",
}
# The star stands for all headers but Authorization; browsers that take it as a name have the list.
PREFLIGHT = {
    "access-control-allow-headers": "authorization, content-type, content-encoding, x-api-key,"
    " if-none-match, idempotency-key, *",
    "access-control-max-age": "86400",
}


# Ids are shown.
_TOKEN_IN_PATH = re.compile(r"(/tokens/)(?![0-9a-f-]{36}(?:/|$))[^/]+")


class Leaving:
    """Calls functions when a client leaves without its answer; any thread may add some."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._is_over = False

    def then(self, call: Callable[[], None]) -> None:
        """Have a function called, at once if the client has left."""
        with self._lock:
            if not self._is_over:
                self._calls.append(call)
                return
        call()

    def tell(self) -> None:
        """Say that the client has left."""
        with self._lock:
            self._is_over = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()


@dataclass(slots=True)
class Noted:
    """What is learned of a request on its way, for its record.

    Attributes:
        operation: its name in the table of routes.
        path: values in the request's path.
        parameters: of a query.
        result: of a query.
        has_secret: the query has one, and so may an error of the engine.
        reads_service: the query reads records.
        datasource: that events are for.
        decoded_bytes: of events, without their compression.
        change: what is done to data sources, as Tinybird calls it.
        changed: their names.
    """

    operation: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    result: "Result | None" = None
    has_secret: bool = False
    reads_service: bool = False
    datasource: str = ""
    decoded_bytes: int = 0
    change: str = ""
    changed: Sequence[str] = ()


@dataclass
class Request:
    """One HTTP request, whole.

    Attributes:
        headers: by lower-case name.
        path: decoded, without the query string.
        query_string: as sent.
        client: the caller's address, empty where it is not known.
        id: a ULID, in the answer's `x-request-id`.
        answer_headers: headers that the answer gets, whatever it is.
        file: has the body in place of `body`, where it is large; who takes it closes it.
        counted_bytes: of the body, for who bounds those of all requests.
        access: of its token, once it was looked up.
        leaving: what happens when its client leaves before the answer.
        noted: for its record.
    """

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""
    id: str = field(default_factory=lambda: new_request_id())
    answer_headers: dict[str, str] = field(default_factory=dict)
    file: IO[bytes] | None = None
    counted_bytes: int = 0
    access: "Access | None" = None
    leaving: "Leaving" = field(default_factory=lambda: Leaving())
    noted: Noted = field(default_factory=Noted)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string's parameters; of a repeated one the last.

        Raises:
            RequestError: percent-escapes that are not UTF-8.
        """
        return parse_form(self.query_string, "The query string")

    def take_file(self) -> IO[bytes] | None:
        """Return the file of the body, which is the caller's to close from now on."""
        file, self.file = self.file, None
        return file

    @property
    def logged_path(self) -> str:
        """The path for logs: without the token that `/v0/tokens/<value>` may name."""
        path = self.path
        return _TOKEN_IN_PATH.sub(r"\1***", path) if "/tokens/" in path else path

    @property
    def token(self) -> str | None:
        """The token's value, from wherever it was put.

        Raises:
            TokenError: an Authorization header of another form, and no token elsewhere.
        """
        header = self.headers.get("authorization", "").strip()
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer" and value.strip():
            return value.strip()
        found = self.query.get("token") or self.headers.get("x-api-key") or None
        if header and not found:
            raise TokenError("The Authorization header is not of the form `Bearer <token>`")
        return found


@dataclass
class Response:
    """One HTTP answer, whole.

    Attributes:
        rows: rows taken in or read, for the access log.
        quarantined: those of them that were refused.
    """

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    quarantined: int = 0


Answer = Response | Future[Response]


def authenticate(backend: Backend, request: Request) -> "Access":
    """Return what the token of a request allows; its rate limit is told in the answer.

    It is looked up, and counted, once for a request.

    Raises:
        TokenError: there is none, or nobody knows it.
        RateLimitError: it has made more requests than it may.
    """
    if request.access is None:
        request.access = backend.tokens.find(request.token)
        request.answer_headers.update(request.access.rate_headers)
    return request.access


def parse_form(text: str, what: str) -> dict[str, str]:
    """Return the fields of a URL-encoded text; of a repeated one the last.

    Raises:
        RequestError: it is not UTF-8 behind its escapes, or has too many fields.
    """
    return dict(parse_fields(text, what))


def parse_fields(text: str, what: str) -> list[tuple[str, str]]:
    """Return the fields of a URL-encoded text, also those that are repeated.

    Raises:
        RequestError: it is not UTF-8 behind its escapes, or has too many fields.
    """
    try:
        text.encode()  # bytes that a server could not decode are lone surrogates here
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeError as error:
        raise RequestError(f"{what} is not UTF-8 behind its percent-escapes") from error
    except ValueError as error:
        raise RequestError(f"{what} has more than 1000 fields") from error


def json_response(
    content: object, *, status: int = 200, rows: int | None = None, quarantined: int = 0
) -> Response:
    """Return an answer with a JSON body."""
    return Response(status, orjson.dumps(content), rows=rows, quarantined=quarantined)


_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?", re.ASCII)


def base_url(request: Request) -> str:
    """Return the address that a request was sent to, empty where its Host tells none."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return ""
    # A proxy that ends TLS says so.
    proto = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return f"{'https' if proto == 'https' else 'http'}://{host}"


def addressed(request: Request, job: Mapping[str, object]) -> dict[str, object]:
    """Return a job with the whole address at which it is: clients ask for it as it stands."""
    return {**job, "job_url": f"{base_url(request)}{job['job_url']}"}


def conditional(request: Request, response: Response, etag: str) -> Response:
    """Return an answer with its entity tag, or 304 to who has it already; GET and HEAD alone."""
    if request.method != "GET":
        return response
    response.headers["etag"] = etag
    # The one URL gives each token what it may see.
    response.headers["vary"] = "authorization, x-api-key"
    wanted = request.headers.get("if-none-match", "")
    if wanted.strip() == "*" or etag in _ETAG.findall(wanted):
        return Response(304, b"", response.media_type, response.headers, response.rows)
    return response


# The tag of a weak one is compared as that of a strong one.
_ETAG = re.compile(r'"[^"]*"')


def then(
    future: Future[object],
    answer: Callable[[object], Response],
    told: Callable[[BaseException], BaseException] = lambda error: error,
) -> Future[Response]:
    """Return a future with the answer made from another future's result.

    Args:
        future: of what the answer is made of.
        answer: makes it.
        told: returns what the caller is told of an error.
    """
    result: Future[Response] = Future()

    def done(finished: Future[object]) -> None:
        error = finished.exception()
        if error is not None:
            result.set_exception(told(error))
            return
        result.set_result(answer(finished.result()))

    future.add_done_callback(done)
    return result


def failure(request: Request, error: BaseException) -> Response:
    """Return the answer for an error: the one place where errors become statuses.

    The text of an error that is not ours stays in the log.
    """
    if not isinstance(error, MartletError):
        log.error("request %s failed: %s %s", request.id, request.method, request.logged_path,
                  exc_info=error)  # fmt: skip
        return json_response({"error": f"Internal error, request {request.id}"}, status=500)
    if isinstance(error, TemplateAbort) and isinstance(error.body, dict):
        return json_response(error.body, status=error.status)
    if isinstance(error, ViewError) and request.access is not None and request.access.filters:
        # ClickHouse's text may have values of rows that the view has joined.
        error = ViewError(
            "The rows are stored, but a materialized view failed on them; why is not shown to a"
            " token that sees only some of the rows"
        )
    content: dict[str, object] = {"error": _with_advice(error)}
    if isinstance(error, TemplateError) and error.documentation:
        content["documentation"] = _DOCUMENTATION + error.documentation
    response = json_response(content, status=error.status)
    if isinstance(error, QueryError) and error.code:
        response.headers["x-db-exception-code"] = str(error.code)
    if isinstance(error, MethodError):
        response.headers["allow"] = ", ".join(error.allowed)
    if error.status == 503:
        response.headers["retry-after"] = "1"
    if isinstance(error, RateLimitError):
        response.headers.update(error.headers)
    return response


def _with_advice(error: MartletError) -> str:
    """Return the message with what to do; clients show only `error`."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    return text.encode("utf-8", "replace").decode()  # a path's lone surrogates are no JSON


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]

# Fresh random bits for each request would be a system call for each.
_tails = itertools.count(secrets.randbits(79))


def new_request_id() -> str:
    """Return a ULID, sortable by time: 48 bits of milliseconds, 80 counted from a random start."""
    tail = next(_tails)
    start = _base32(int(time.time() * 1000)) + _base32(tail >> 30)
    return f"{start}{_PAIRS[tail >> 20 & 1023]}{_PAIRS[tail >> 10 & 1023]}{_PAIRS[tail & 1023]}"


@lru_cache(maxsize=16)
def _base32(number: int) -> str:
    """Return 50 bits as 10 characters; those of two requests in a row mostly are the same."""
    return "".join(_PAIRS[(number >> shift) & 1023] for shift in range(40, -1, -10))
