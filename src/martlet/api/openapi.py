"""The OpenAPI document of the endpoints that a token may read.

Source: https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from martlet import __version__
from martlet.api.backend import Reading
from martlet.api.http import Request, Response, authenticate, base_url, json_response
from martlet.api.pipes import pipe_id
from martlet.api.schemas import Schema, column_schema, parameter_object, quoted_by, row_schema
from martlet.api.ways import find_ways, required_parameters
from martlet.model import NodeType, Pipe

_ERRORS = {
    400: "A parameter is missing or does not fit, or the query failed",
    403: "The token is missing, unknown, or may not read the endpoint",
    404: "The endpoint does not exist",
    408: "The query took too long",
    413: "The result is too large",
    429: "The token has made more requests than it may",
    503: "The server cannot answer now",
}
_META: Schema = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "type": {"type": "string"}},
    "required": ["name", "type"],
}
_STATISTICS: Schema = {
    "type": "object",
    "properties": {
        "elapsed": {"type": "number"},
        "rows_read": {"type": "integer"},
        "bytes_read": {"type": "integer"},
    },
    "required": ["elapsed", "rows_read", "bytes_read"],
}
_ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "documentation": {"type": "string"}},
    "required": ["error"],
}


def openapi_document(backend: Reading, request: Request) -> Response:
    """`GET /v0/pipes/openapi.json`: the endpoints that the token may read, as OpenAPI 3.1."""
    access = authenticate(backend, request)
    live = backend.live
    shown = [
        pipe
        for pipe in live.project.pipes.values()
        if pipe.type is NodeType.ENDPOINT
        and access.may_read_pipe(pipe.name)
        and pipe.name != "openapi"  # whose path with .json is this document's
    ]
    quoted = quoted_by(live.project.settings.clickhouse)
    paths: dict[str, object] = {}
    rows: dict[str, Schema] = {}
    for pipe in shown:
        ways = find_ways(live.queries, backend.engine, pipe, access)
        fixed = access.fixed.get(pipe.name)
        required = required_parameters(live.queries, pipe, fixed) if fixed else ways.required
        parameters = [
            parameter_object(
                each,
                is_required=each.name in required or bool(each.required),
                is_filled=each.name in ways.filled,
            )
            for each in live.queries.parameters(pipe)
            if each.name not in (fixed or {})
        ]
        paths[f"/v0/pipes/{quote(pipe.name)}.json"] = _path(pipe, parameters)
        columns = [
            {name: column_schema(text, quoted) for name, text in variant.items()}
            for variant in ways.variants
        ]
        rows[_row_name(pipe)] = row_schema(columns, is_whole=ways.is_whole)
    return json_response(_document(shown, paths, rows, base_url(request)))


def _document(
    pipes: list[Pipe],
    paths: Mapping[str, object],
    rows: Mapping[str, Schema],
    address: str,
) -> dict[str, object]:
    tags = list(dict.fromkeys(tag for pipe in pipes for tag in pipe.tags))
    errors = {
        f"Error{status}": {"description": text, "content": _json({"$ref": _schema("Error")})}
        for status, text in _ERRORS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Endpoints",
            "version": __version__,
            "description": "Each path answers other formats behind its last dot too (`.csv`,"
            " `.ndjson`, `.parquet`), and POST with the parameters as a form or JSON object.",
        },
        "servers": [{"url": address or "/"}],
        "security": [{"bearer": []}, {"token": []}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
            },
            "responses": errors,
            "schemas": {"Error": _ERROR, "Column": _META, "Statistics": _STATISTICS, **rows},
        },
    }


def _row_name(pipe: Pipe) -> str:
    """Return the name of the schema of a pipe's rows; OpenAPI takes letters of ASCII alone."""
    name = pipe.name if re.fullmatch(r"[\w.-]+", pipe.name, re.ASCII) else pipe_id(pipe)
    return f"{name}_row"


def _schema(name: str) -> str:
    return f"#/components/schemas/{name}"


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}


def _path(pipe: Pipe, parameters: list[dict[str, object]]) -> dict[str, object]:
    answer: Schema = {
        "type": "object",
        "properties": {
            "meta": {"type": "array", "items": {"$ref": _schema("Column")}},
            "data": {"type": "array", "items": {"$ref": _schema(_row_name(pipe))}},
            "rows": {"type": "integer"},
            "rows_before_limit_at_least": {"type": "integer"},
            "statistics": {"$ref": _schema("Statistics")},
        },
        "required": ["meta", "data", "rows", "statistics"],
    }
    failures = {
        str(status): {"$ref": f"#/components/responses/Error{status}"} for status in _ERRORS
    }
    operation: dict[str, object] = {
        "operationId": pipe.name,
        "summary": pipe.name,
        "parameters": parameters,
        "responses": {"200": {"description": "The rows", "content": _json(answer)}, **failures},
    }
    if description := pipe.description or pipe.output.description:
        operation["description"] = description
    if pipe.tags:
        operation["tags"] = list(pipe.tags)
    return {"get": operation}
