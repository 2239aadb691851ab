"""What the API's answers look like, as an OpenAPI document: for tests that ask what nobody would.

A row of `OPERATIONS` is a method, a path, parameters, a body and the answers: statuses, each with a
schema. `document()` is all of them.
"""

from collections.abc import Mapping

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"enum": ["true", "false", "1", "0", ""]}
# Names that are there, and one that is not; texts come where bad values are asked for.
DATASOURCE: Schema = {"enum": ["events", "typed", "copied", "nowhere"]}
PIPE: Schema = {"enum": ["parameters", "copying", "plain", "chosen", "nowhere"]}
TOKEN: Schema = {"anyOf": [{"enum": ["reader", "workspace admin token", "made"]}, TEXT]}
SCOPE: Schema = {
    "anyOf": [
        {"enum": ["ADMIN", "TOKENS", "PIPES:READ:plain", "DATASOURCES:READ:events:id = 'a'"]},
        TEXT,
    ]
}
SQL: Schema = {
    "anyOf": [
        {
            "enum": [
                "SELECT * FROM events",
                "SELECT count() FROM typed FORMAT JSON",
                "% SELECT {{Int32(n, 1)}} AS n",
                "SELECT * FROM system.tables",
                "SELECT 1 FORMAT Nowhere",
                "INSERT INTO events VALUES ('a')",
            ]
        },
        TEXT,
        {"type": "string", "pattern": r"^SELECT [a-z0-9(), .*+'\"`{}%:-]{1,40}( FROM events)?$"},
    ]
}


def members(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


ANYTHING: Schema = {"type": "object"}
ERROR = members({"error": TEXT}, documentation=TEXT)
ACCEPTED = members({"successful_rows": COUNT, "quarantined_rows": COUNT})
IMPORTED = members({"error": {"type": ["boolean", "string"]}})
STATISTICS = members({"elapsed": {"type": "number"}, "rows_read": COUNT, "bytes_read": COUNT})
ROWS = members(
    {"meta": list_of(members({"name": TEXT, "type": TEXT})), "data": {"type": "array"}, "rows": COUNT,
     "statistics": STATISTICS},
)  # fmt: skip
JOB = members(
    {
        "id": TEXT,
        "kind": TEXT,
        "status": {"enum": ["waiting", "working", "done", "error", "cancelling", "cancelled"]},
        "created_at": TEXT,
    }
)
STORED = members(
    {"id": TEXT, "name": TEXT, "scopes": list_of(members({"type": TEXT})), "origin": TEXT,
     "created_at": {"type": ["string", "null"]}, "updated_at": {"type": ["string", "null"]}},
    token=TEXT, description=TEXT,
)  # fmt: skip
SAID = {
    "name": TOKEN,
    "description": TEXT,
    "scopes": list_of(
        {
            "anyOf": [
                members({"type": SCOPE}, resource=TEXT, filter=TEXT, fixed_params=ANYTHING),
                TEXT,
            ]
        }
    ),
    "limits": members({}, rps={"type": "integer"}),
}

EVENT = members(
    {"id": TEXT},
    n={"anyOf": [{"type": "integer"}, {"type": "null"}]},
    at={"anyOf": [{"type": "string", "format": "date-time"}, TEXT]},
    list=list_of({"type": "integer"}),
)
LINES: Schema = {
    "type": "string",
    "pattern": r'^(\{"id": ?"[a-z]{1,3}"(,"n": ?-?[0-9]{1,20})?\}\n){1,3}$',
}

# Statuses that any operation may answer; 404 for an empty part of a path.
_ERRORS = (400, 403, 404, 405, 409, 413, 422, 429, 501, 503)

Row = tuple[str, str, dict[str, Schema], dict[str, Schema], dict[int, Schema]]
OPERATIONS: tuple[Row, ...] = (
    ("post", "/v0/events", {"name": DATASOURCE, "format": {"enum": ["ndjson", "json", "x"]}, "wait": FLAG},
     {"application/json": EVENT, "application/x-ndjson": LINES}, {200: ACCEPTED, 202: ACCEPTED}),
    ("get", "/v0/datasources", {}, {}, {200: members({"datasources": list_of(members({"id": TEXT, "name": TEXT}))})}),
    ("post", "/v0/datasources",
     {"mode": {"enum": ["append", "replace", "create", "x"]}, "name": DATASOURCE, "format": {"enum": ["csv", "ndjson", "parquet", "x"]},
      "replace_condition": {"anyOf": [{"enum": ["id = 'a'", "id = "]}, TEXT]}, "dialect_delimiter": TEXT,
      "url": {"enum": ["http://127.0.0.1:1/x.csv", "file:///etc/passwd", "http://[::1"]}},
     {"application/x-ndjson": LINES, "text/csv": TEXT}, {200: {"anyOf": [IMPORTED, JOB]}}),
    ("get", "/v0/datasources/{name}", {"name": DATASOURCE}, {}, {200: members({"id": TEXT, "name": TEXT})}),
    ("get", "/v1/datasources/{name}.datasource", {"name": DATASOURCE}, {}, {200: {}}),
    ("post", "/v1/datasources/{name}/append", {"name": DATASOURCE, "format": TEXT}, {"multipart/form-data": members({"ndjson": LINES}, csv=TEXT)}, {200: ANYTHING, 202: ANYTHING}),
    ("post", "/v0/datasources/{name}/truncate", {"name": {"enum": ["copied", "copied_quarantine", "nowhere"]}}, {}, {200: {}, 205: {}}),
    ("post", "/v0/datasources/{name}/delete", {"name": DATASOURCE, "dry_run": FLAG, "delete_condition": {"anyOf": [{"enum": ["id = 'a'", "n > 9"]}, TEXT]}}, {},
     {200: ANYTHING, 201: ANYTHING, 202: ANYTHING}),
    ("post", "/v0/analyze", {"format": TEXT, "dialect_delimiter": TEXT}, {"application/x-ndjson": LINES, "text/csv": TEXT}, {200: members({"analysis": ANYTHING})}),
    ("get", "/v0/sql", {"q": SQL, "pipeline": PIPE, "explain": FLAG, "n": TEXT}, {}, {200: ROWS}),
    ("post", "/v0/sql", {"q": SQL}, {"application/x-www-form-urlencoded": members({"q": SQL}), "application/json": members({"q": SQL}), "text/plain": SQL}, {200: ROWS}),
    ("get", "/v0/pipes", {"attrs": TEXT, "node_attrs": TEXT}, {}, {200: members({"pipes": list_of(ANYTHING)})}),
    ("get", "/v0/pipes/{pipe}", {"pipe": PIPE}, {}, {200: ANYTHING}),
    ("get", "/v0/pipes/{pipe}/explain", {"pipe": PIPE, "n": TEXT}, {}, {200: ANYTHING}),
    ("get", "/v0/pipes/parameters.{extension}", {"extension": {"anyOf": [{"enum": ["csv", "parquet", "prometheus"]}, TEXT]}}, {}, {200: {}}),
    ("post", "/v0/pipes/plain.json", {"q": SQL}, {"application/json": {}, "application/x-www-form-urlencoded": members({}, q=SQL)}, {200: ROWS}),
    ("post", "/v0/pipes/{pipe}/copy", {"pipe": PIPE, "_mode": {"enum": ["append", "replace", "x"]}}, {}, {200: JOB}),
    ("get", "/v0/jobs", {"kind": TEXT, "status": {"anyOf": [{"enum": ["done"]}, TEXT]}, "created_after": {"anyOf": [{"type": "string", "format": "date-time"}, TEXT]}}, {},
     {200: members({"jobs": list_of(JOB)})}),
    ("get", "/v0/jobs/{job}", {"job": TEXT, "debug": TEXT}, {}, {200: JOB}),
    ("post", "/v0/jobs/{job}/cancel", {"job": TEXT}, {}, {200: JOB}),
    ("get", "/v0/dependencies", {"datasources": TEXT, "pipes": TEXT, "match": TEXT}, {}, {200: ANYTHING}),
    ("get", "/v0/tokens", {}, {}, {200: members({"tokens": list_of(STORED)})}),
    ("post", "/v0/tokens", {"name": TOKEN, "scope": SCOPE, "expiration_time": {"type": "integer"}},
     {"application/json": members({}, **SAID), "application/x-www-form-urlencoded": members({}, name=TOKEN, scope=SCOPE)},
     {200: {"anyOf": [STORED, members({"token": TEXT, "expiration_time": COUNT})]}}),
    ("get", "/v0/tokens/{token}", {"token": TOKEN}, {}, {200: STORED}),
    ("put", "/v0/tokens/{token}", {"token": TOKEN, "name": TOKEN, "scope": SCOPE, "description": TEXT}, {"application/json": members({}, **SAID)}, {200: STORED}),
    ("delete", "/v0/tokens/{token}", {"token": TOKEN}, {}, {200: members({"ok": {"const": True}})}),
    ("post", "/v0/tokens/{token}/refresh", {"token": TOKEN}, {}, {200: STORED}),
    ("get", "/examples/query.http", {"q": SQL, "pipe": PIPE}, {}, {200: {}}),
)  # fmt: skip

# Operations whose answers are no JSON, or not always.
_TEXTS = ("/v0/sql", "/v1/datasources/{name}.datasource", "/v0/pipes/parameters.{extension}", "/v0/pipes/plain.json",
          "/examples/query.http", "/v0/pipes/{pipe}", "/v0/datasources/{name}")  # fmt: skip
_ANY_TEXT = (
    "text/plain",
    "text/csv",
    "text/html",
    "application/x-ndjson",
    "application/octet-stream",
    "text/tab-separated-values",
)


def _responses(path: str, answers: Mapping[int, Schema]) -> Schema:
    found: Schema = {}
    for status, schema in answers.items():
        content: dict[str, object] = {"application/json": {"schema": schema}}
        if path in _TEXTS:
            content |= {kind: {} for kind in _ANY_TEXT}
        found[str(status)] = {"description": "It was done", "content": content}
    failed = {"description": "It was not", "content": {"application/json": {"schema": ERROR}}}
    return {**found, **{str(status): failed for status in _ERRORS}}


def document() -> Schema:
    paths: dict[str, dict[str, object]] = {}
    for method, path, parameters, bodies, answers in OPERATIONS:
        listed = []
        for name, schema in parameters.items():
            in_path = f"{{{name}}}" in path
            listed.append(
                {"name": name, "in": "path" if in_path else "query", "required": in_path, "schema": schema}
            )  # fmt: skip
        operation: Schema = {"parameters": listed, "responses": _responses(path, answers)}
        if bodies:
            operation["requestBody"] = {
                "content": {kind: {"schema": schema} for kind, schema in bodies.items()}
            }
        paths.setdefault(path, {})[method] = operation
    return {"openapi": "3.1.0", "info": {"title": "API", "version": "1"}, "paths": paths}
