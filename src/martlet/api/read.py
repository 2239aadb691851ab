"""Operations that answer from data."""

import json

import orjson

from martlet.api.backend import Backend, Reading
from martlet.api.http import Request, Response, authenticate, json_response, parse_form
from martlet.errors import NotFoundError, RequestError
from martlet.formats import FORMATS
from martlet.ingest.bodies import decode_body
from martlet.model import NodeType, Pipe
from martlet.query import find_pipe
from martlet.tokens import READ_PIPE

# Parameters of the API itself that set how ClickHouse writes a result.
_OUTPUT_SETTINGS = (
    "output_format_json_quote_64bit_integers",
    "output_format_json_quote_denormals",
    "output_format_parquet_string_as_string",
)

# What Tinybird's API does with these would change the answer, so they are not ignored.
_NOT_YET = {
    "q": "SQL over an endpoint's result",
    "explain": "the plan of an endpoint's query",
}

# A form or JSON object of parameters, after gunzip or unzstd.
MAX_PARAMETER_BYTES = 10 * 1024 * 1024


def run_pipe(backend: Reading, request: Request, pipe: str, extension: str) -> Response:
    """`GET|POST /v0/pipes/<pipe>.<extension>?<parameters>`: the rows of an endpoint."""
    token = authenticate(backend, request)
    live = backend.live
    found = find_pipe(live.project, pipe)
    token.require(READ_PIPE, found.name)
    _require_endpoint(found)
    format = FORMATS.get(extension)
    if format is None:
        raise NotFoundError(
            f"The format '.{extension[:40]}' does not exist; use one of"
            f" {', '.join('.' + name for name in FORMATS)}"
        )
    values = parameter_values(request)
    query = live.queries.build(found, values)
    result = backend.engine.execute(
        query.sql,
        format=format.clickhouse,
        settings={**query.settings, **_output_settings(values)},
        parameters=query.secrets,
    )
    return Response(200, result.body, format.media_type, dict(result.headers), result.rows)


def _require_endpoint(pipe: Pipe) -> None:
    if pipe.type is not NodeType.ENDPOINT:
        raise NotFoundError(f"The pipe '{pipe.name}' does not have an endpoint yet")


def parameter_values(request: Request) -> dict[str, object]:
    """Return the template parameters of a request: query string, then form or JSON body.

    Raises:
        RequestError: a body that is neither, or a parameter of Tinybird's API that is not here yet.
    """
    values: dict[str, object] = {**request.query, **_body_values(request)}
    values.pop("token", None)
    for name, meaning in _NOT_YET.items():
        if name in values:
            raise RequestError(f"The parameter '{name}' ({meaning}) is not available yet")
    return values


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
    if media_type in ("application/x-www-form-urlencoded", ""):
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise RequestError("The form in the body is not UTF-8") from error
        return {**parse_form(text, "The form in the body")}
    raise RequestError(
        f"The body's Content-Type is {media_type[:80]!r}; send parameters as"
        " application/x-www-form-urlencoded or application/json"
    )


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


def _output_settings(values: dict[str, object]) -> dict[str, str]:
    settings = {}
    for name in _OUTPUT_SETTINGS:
        if name in values:
            value = str(values[name])
            if value not in ("0", "1"):
                raise RequestError(f"The parameter '{name}' is 0 or 1, not {value[:40]!r}")
            settings[name] = value
    return settings


def health(backend: Backend, request: Request) -> Response:
    """`GET /v0/health`: somebody answers."""
    return json_response({"status": "ok"})
