"""Queries of requests: run within what the caller may see, explained, and their values read."""

import json
import re
from collections.abc import Mapping
from concurrent.futures import Future
from typing import cast

import orjson

from martlet.access import Access
from martlet.api.backend import Published, Reading
from martlet.api.http import (
    Answer,
    Request,
    Response,
    conditional,
    json_response,
    parse_form,
    then,
)
from martlet.cache import Kept
from martlet.engines.base import Engine, Result
from martlet.errors import (
    QueryError,
    QueryTimeoutError,
    RequestError,
    ResultTooLargeError,
    StoppedError,
    TokenError,
)
from martlet.ingest.bodies import decode_body
from martlet.query import Query
from martlet.service_tables import SERVICE_TABLES

# The parameter that names a deployment, as Tinybird's clients send it.
DEPLOYMENT = "__tb__deployment"

# Parameters of the API itself that set how ClickHouse writes a result.
_OUTPUT_SETTINGS = (
    "output_format_json_quote_64bit_integers",
    "output_format_json_quote_denormals",
    "output_format_parquet_string_as_string",
)

# A form or JSON object of parameters, after gunzip or unzstd.
MAX_PARAMETER_BYTES = 10 * 1024 * 1024

# ClickHouse's codes of errors that speak of the query's text and its limits; the text of others may
# have a value in it. 395 is `throwIf`, whose text is the query's own.
_TELLING_CODES = frozenset(
    (36, 42, 43, 44, 46, 47, 48, 51, 57, 60, 62, 63, 81, 115, 158, 179, 182, 184, 207, 215, 241,
     352, 386, 395, 403, 452, 456)
)  # fmt: skip

# SQL as the whole body of a form is not URL-encoded, so it has blanks that a form never has.
_SQL_BODY = re.compile(r"\s*(?:%(?![0-9a-f]{2})|[\s(]*(?:select|with|from)[\s(])", re.IGNORECASE)


def published(backend: Reading, request: Request) -> Published:
    """Return the project that a request is for: the live one, unless it names a deployment.

    Raises:
        NotFoundError: the deployment is neither live nor staging.
    """
    name = request.query.get(DEPLOYMENT, "")
    return backend.published(name) if name not in ("", "live") else backend.live


def answer_query(
    backend: Reading,
    request: Request,
    query: Query,
    *,
    access: Access,
    values: Mapping[str, object],
    format: str,
    media_type: str,
) -> Answer:
    """Answer a request with the rows of a query in a ClickHouse format.

    Where another request's run of the query is under way the answer is a future.

    Raises:
        QueryError: the query failed; a caller who does not see all rows is not told on which value,
            and one who is no admin nothing that may have a secret in it.
    """
    settings, cache = _output_settings(values), backend.cache
    _prepare(backend, request, query)
    if cache is None:
        result = _run(backend.engine, query, access, format, settings)
        return Response(200, result.body, media_type, dict(result.headers), result.rows)

    def response(kept: object) -> Response:
        assert isinstance(kept, Kept)
        result = request.noted.result = kept.result
        headers = {**result.headers, "cache-control": cache.control(kept)}
        whole = Response(200, result.body, media_type, headers, result.rows)
        return conditional(request, whole, kept.etag)

    try:
        found = cache.answer(
            query, format=format, settings=settings, when_left=request.leaving.then
        )
    except QueryError as error:
        raise _told(error, query, access) from None
    if isinstance(found, Kept):
        return response(found)
    return then(cast(Future[object], found), response, lambda error: _told(error, query, access))


def _prepare(backend: Reading, request: Request, query: Query) -> None:
    noted = request.noted
    noted.has_secret = bool(query.secrets)
    noted.reads_service = not query.datasources.isdisjoint(SERVICE_TABLES)
    backend.prepare(query)


def _run(
    engine: Engine, query: Query, access: Access, format: str, settings: Mapping[str, str]
) -> Result:
    try:
        return engine.execute(
            query.sql,
            format=format,
            settings={**query.settings, **settings},
            parameters=query.secrets,
            max_age_s=query.cache_ttl_s or 0,
            **({"is_isolated": True} if query.is_isolated else {}),
        )
    except QueryError as error:
        raise _told(error, query, access) from None


def _told(error: BaseException, query: Query, access: Access) -> BaseException:
    """Return the error of a query as its caller may know it.

    Who does not see all rows is not told on which value, and who is no admin nothing that may have
    a secret in it.
    """
    if not isinstance(error, QueryError) or isinstance(
        error, QueryTimeoutError | ResultTooLargeError | StoppedError
    ):
        return error
    if query.secrets and not access.is_admin:
        # ClickHouse puts the query into its messages, with the values of placeholders.
        return QueryError(
            "[Error] The query failed; it has a secret, so the reason is shown to admins only",
            code=error.code,
        )
    if not query.is_filtered or error.code in _TELLING_CODES:
        return error
    return QueryError(
        "[Error] The query failed on a value, which is not shown to a token that sees only some"
        " of the rows",
        code=error.code,
    )


def explained(backend: Reading, request: Request, query: Query) -> Response:
    """Return a query and its plan; the values of secrets are in neither.

    Raises:
        TokenError: the caller sees only some of the rows, and would see what keeps it from others.
        NotAvailableError: the engine has no plans.
    """
    if query.is_filtered:
        raise TokenError("A token with filters or fixed parameters may not see how a query is run")
    blank = dict.fromkeys(query.secrets, "")
    _prepare(backend, request, query)
    plan = backend.engine.explain(
        query.sql,
        parameters=blank,
        is_isolated=query.is_isolated,
        **({"database": query.database} if query.database else {}),
    )
    return json_response({"debug_query": query.sql, "query_explain": plan})


def request_values(request: Request) -> dict[str, object]:
    """Return the parameters of a request: query string, then form or JSON body.

    SQL as the whole body of a POST is the parameter `q`.

    Raises:
        RequestError: a body that is none of these.
    """
    values: dict[str, object] = {**request.query, **_body_values(request)}
    values.pop("token", None)
    request.noted.parameters = {**values}
    return values


def take_flag(values: dict[str, object], name: str) -> bool:
    """Take a parameter that is true or false out of the others.

    Raises:
        RequestError: it is something else.
    """
    text = str(values.pop(name, "false")).lower()
    if text not in ("true", "false", "1", "0", ""):
        raise RequestError(f"The parameter '{name}' is true or false, not {text[:40]!r}")
    return text in ("true", "1")


def take_text(values: dict[str, object], name: str) -> str | None:
    """Take a parameter that is a text out of the others.

    Raises:
        RequestError: it is something else.
    """
    value = values.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise RequestError(f"The parameter '{name}' is a text")
    return value


def _body_values(request: Request) -> dict[str, object]:
    if request.method != "POST" or not request.body.strip():
        return {}
    body = decode_body(
        request.body,
        encoding=request.headers.get("content-encoding"),
        max_decoded_bytes=MAX_PARAMETER_BYTES,
    )
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _json_values(body)
    if media_type in ("text/plain", "application/sql"):
        return {"q": _text(body, "The text in the body")}
    if media_type in ("application/x-www-form-urlencoded", ""):
        text = _text(body, "The form in the body")
        if _SQL_BODY.match(text):
            return {"q": text}
        return {**parse_form(text, "The form in the body")}
    raise RequestError(
        f"The body's Content-Type is {media_type[:80]!r}; send parameters as"
        " application/x-www-form-urlencoded or application/json, and SQL as text/plain"
    )


def _text(body: bytes, what: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"{what} is not UTF-8") from error


def _json_values(body: bytes) -> dict[str, object]:
    try:
        content = orjson.loads(body)
        if isinstance(content, dict):
            content = json.loads(body)  # orjson makes floats of long integers, this is exact
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The JSON in the body cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RequestError("The JSON in the body is not an object of parameters")
    return content


def _output_settings(values: Mapping[str, object]) -> dict[str, str]:
    settings = {}
    for name in _OUTPUT_SETTINGS:
        if name in values:
            value = str(values[name])
            if value not in ("0", "1"):
                raise RequestError(f"The parameter '{name}' is 0 or 1, not {value[:40]!r}")
            settings[name] = value
    return settings
