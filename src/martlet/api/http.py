"""Requests, responses, and the one door through which every failure leaves."""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
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
)

if TYPE_CHECKING:
    from martlet.access import Access

log = logging.getLogger("martlet.api")

JSON = "application/json; charset=utf-8"

# Template errors name a page of Tinybird's documentation, and so do its answers.
_DOCUMENTATION = "https://docs.tinybird.co"

# Endpoints and events are called from browsers with tokens in the URL or a header, never cookies.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, x-ratelimit-limit, x-ratelimit-remaining,"
    " x-ratelimit-reset, retry-after, etag, location, x-db-exception-code",
}
# The star stands for all headers but Authorization; browsers that take it as a name have the list.
PREFLIGHT = {
    "access-control-allow-headers": "authorization, content-type, content-encoding, x-api-key,"
    " if-none-match, idempotency-key, *",
    "access-control-max-age": "86400",
}


# Ids are shown.
_TOKEN_IN_PATH = re.compile(r"(/tokens/)(?![0-9a-f-]{36}(?:/|$))[^/]+")


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
    """

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""
    id: str = field(default_factory=lambda: new_request_id())
    answer_headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string's parameters; of a repeated one the last.

        Raises:
            RequestError: percent-escapes that are not UTF-8.
        """
        return parse_form(self.query_string, "The query string")

    @property
    def logged_path(self) -> str:
        """The path for logs: without the token that `/v0/tokens/<value>` may name."""
        return _TOKEN_IN_PATH.sub(r"\1***", self.path)

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
    """

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    rows: int | None = None


Answer = Response | Future[Response]


def authenticate(backend: Backend, request: Request) -> "Access":
    """Return what the token of a request allows; its rate limit is told in the answer.

    Raises:
        TokenError: there is none, or nobody knows it.
        RateLimitError: it has made more requests than it may.
    """
    token = backend.tokens.find(request.token)
    request.answer_headers.update(token.rate_headers)
    return token


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


def json_response(content: object, *, status: int = 200, rows: int | None = None) -> Response:
    """Return an answer with a JSON body."""
    return Response(status, orjson.dumps(content), rows=rows)


_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?", re.ASCII)


def base_url(request: Request) -> str:
    """Return the address that a request was sent to, empty where its Host tells none."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return ""
    # A proxy that ends TLS says so.
    proto = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return f"{'https' if proto == 'https' else 'http'}://{host}"


def then(future: Future[object], answer: Callable[[object], Response]) -> Future[Response]:
    """Return a future with the answer made from another future's result."""
    result: Future[Response] = Future()

    def done(finished: Future[object]) -> None:
        error = finished.exception()
        if error is not None:
            result.set_exception(error)
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
    number = (int(time.time() * 1000) << 80) | next(_tails)
    return "".join(_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10))
