"""Resources made one at a time, as Classic's clients do: small builds of the live project."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from martlet.access import ADMIN
from martlet.api.datasources import read_datasource
from martlet.api.http import Request, Response, authenticate, json_response, parse_form
from martlet.api.pipes import node_id, read_pipe, readable_pipe
from martlet.errors import ConflictError, NotAvailableError, RequestError
from martlet.files.text import pipe_text
from martlet.ids import resource_id
from martlet.model import NodeType
from martlet.sql.lexer import lex
from martlet.sql.tables import find_tables
from martlet.workspace import Workspace

_FORM_TYPE = "application/x-www-form-urlencoded"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_SCHEDULE = re.compile(r"@?[\w*/, -]+")
_PLAIN = re.compile(r"[\w(), .+*-]+")
_INDENT = "    "

_alone = threading.Lock()

# Parameters of a data source that say nothing of its table.
_OTHERS = frozenset(
    ("name", "mode", "description", "schema", "indexes", "indexes_list", "format", "branch_mode",
     "token", "cli_version", "debug", "tags", "engine")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Node:
    """A node as clients send it."""

    name: str
    sql: str
    description: str
    kind: str
    target: str
    schedule: str
    mode: str


def is_new_datasource(request: Request) -> bool:
    """Whether `POST /v0/datasources` has a schema in place of rows."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    mode = request.query.get("mode", "create")
    return (
        mode == "create"
        and kind == _FORM_TYPE
        and re.search(rb"(^|&)schema=", request.body) is not None
    )


def create_datasource(workspace: Workspace, request: Request) -> Response:
    """Make a data source of the form of `POST /v0/datasources`."""
    authenticate(workspace, request).require(ADMIN, "")
    values = {**request.query, **_fields(request)}
    name = make_datasource(workspace, values, values["schema"])
    made = json.loads(read_datasource(workspace, request, name).body)
    return json_response({"import_id": None, "datasource": made, "quarantine_rows": 0,
                          "invalid_lines": 0, "error": False})  # fmt: skip


def make_datasource(workspace: Workspace, values: Mapping[str, str], schema: str) -> str:
    """Make a data source of parameters, empty; return its name.

    Args:
        workspace: whose live project gets it.
        values: `name`, `description`, `indexes`, `engine` and its keys; other ones are refused.
        schema: its columns.

    Raises:
        ConflictError: there is one of that name.
        RequestError: the project has errors with it.
    """
    name = _name(values.get("name"))
    engine = {key: value for key, value in values.items() if key not in _OTHERS and value}
    if unknown := [key for key in engine if not key.startswith("engine_")]:
        raise NotAvailableError(
            f"The parameter '{unknown[0][:80]}' of a new data source is not available"
        )
    parts = [
        _block("DESCRIPTION", values.get("description", "")),
        _block("SCHEMA", schema),
        _block("ENGINE", values.get("engine", "")),
        *[_block(key.upper(), value) for key, value in engine.items()],
        _block("INDEXES", values.get("indexes", "")),
    ]
    _build(workspace, f"datasources/{name}.datasource", parts, is_new=True)
    return name


def create_pipe(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/pipes[?force=true]`: makes a pipe of `{"name", "description", "nodes"}`, or changes one."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    content = _object(request)
    name = _name(content.get("name"))
    project = workspace.live.project
    known = project.pipes.get(name)
    if known is not None and request.query.get("force") != "true":
        raise ConflictError(
            f"There is a pipe '{name}' already", hint="send force=true to change it"
        )
    nodes = content.get("nodes")
    if not isinstance(nodes, list) or not nodes:
        raise RequestError("'nodes' of a pipe is a list of objects")
    parts = [_block("DESCRIPTION", _text(content, "description"))]
    if known is not None:  # which the request says nothing of
        parts += [f"TOKEN {json.dumps(grant.name)} {grant.permission}" for grant in known.tokens]
    for node in nodes:
        parts.append(_node(_read_node(node)))
    path = known.location.path if known is not None else f"pipes/{name}.pipe"
    _build(workspace, path, parts)
    made = json.loads(read_pipe(workspace, request, name).body)
    if target := workspace.live.project.pipes[name].output.settings.get("target_datasource"):
        made["copy_target_datasource"] = resource_id("datasource", target)
    return json_response(made)


def change_copy(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`PUT /v0/pipes/<pipe>/nodes/<node>/copy` with `schedule_cron=`, `mode=`: changes what is sent."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    access.require(ADMIN, "")
    found = readable_pipe(workspace.live, access, pipe)
    known = found.output
    if node not in (known.name, node_id(found, known)) or known.type is not NodeType.COPY:
        raise NotAvailableError("Only the node of a copy pipe can be changed: it stays what it is")
    values = {**request.query, **_fields(request)}
    settings = dict(known.settings)
    if (schedule := values.get("schedule_cron")) is not None:
        settings["copy_schedule"] = _schedule("" if schedule == "None" else schedule)
    if mode := values.get("mode"):
        settings["copy_mode"] = _mode(mode)
    if settings != known.settings:
        nodes = [replace(one, settings=settings) if one is known else one for one in found.nodes]
        text = pipe_text(replace(found, nodes=tuple(nodes)))
        _build(workspace, found.location.path, [text.rstrip()])
    return read_pipe(workspace, request, found.name)


def read_tables(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/sql_tables` with `q=`: the tables that a query names, as pairs of database and table."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request)
    sql = {**request.query, **_fields(request)}.get("q")
    if sql is None:
        raise RequestError("The parameter 'q' is missing: a query")
    names = dict.fromkeys(
        reference.name for reference in find_tables(lex(sql)) if not reference.is_function
    )
    return json_response({"tables": [_pair(name) for name in names]})


def _pair(name: str) -> tuple[str, str]:
    database, _, table = name.rpartition(".")
    return database, table


def _build(workspace: Workspace, path: str, parts: list[str], *, is_new: bool = False) -> None:
    """Make the live project with one more file, or another one in its place, the live one.

    Raises:
        ConflictError: a data source is to be new, and there is one of its name; or somebody else
            made another project the live one meanwhile.
        RequestError: it has errors.
    """
    with _alone:  # pushes wait for each other: clients send many
        project = workspace.live.project
        name = PurePosixPath(path).stem
        if is_new and name in project.datasources:
            raise ConflictError(f"There is a data source '{name}' already")
        if others := sorted({*project.files} - {*project.texts}):
            raise NotAvailableError(
                f"Single resources cannot be made where the project has other files: {others[0]}",
                hint="send the whole project with `martlet build`",
            )
        files = {name: text.encode() for name, text in project.texts.items()}
        files[path] = ("\n\n".join(part for part in parts if part) + "\n").encode()
        checked = workspace.deployments.build(files, over=project)
    if checked.errors:
        raise RequestError("\n".join(error["error"] for error in checked.errors))


def _node(node: _Node) -> str:
    if node.kind == "materialized":
        raise NotAvailableError(
            "Materialized pipes cannot be made one at a time",
            hint="send the whole project with `martlet build` or `martlet deploy`",
        )
    parts = [f"NODE {node.name}", _block("DESCRIPTION", node.description), _block("SQL", node.sql)]
    if node.kind == "endpoint":
        parts.append("TYPE endpoint")
    elif node.kind == "copy":
        parts.append(
            f"TYPE copy\nTARGET_DATASOURCE {_name(node.target)}"
            f"\nCOPY_SCHEDULE {_schedule(node.schedule)}\nCOPY_MODE {_mode(node.mode)}"
        )
    elif node.kind not in ("standard", "default", ""):
        raise NotAvailableError(f"Nodes of type {node.kind[:40]!r} are not available")
    return "\n".join(part for part in parts if part)


def _read_node(node: object) -> _Node:
    if not isinstance(node, Mapping):
        raise RequestError("'nodes' of a pipe is a list of objects")
    is_view = bool(node.get("datasource"))
    return _Node(
        name=_name(node.get("name")),
        sql=_text(node, "sql"),
        description=_text(node, "description"),
        kind="materialized" if is_view else _text(node, "type"),
        target=_text(node, "target_datasource"),
        schedule=_text(node, "copy_schedule"),
        mode=_text(node, "mode"),
    )


def _schedule(text: str) -> str:
    if text and not _SCHEDULE.fullmatch(text):
        raise RequestError("The schedule of a copy is a cron expression, or @on-demand")
    return text or "@on-demand"


def _mode(text: str) -> str:
    if text not in ("", "append", "replace"):
        raise RequestError("The mode of a copy is append or replace")
    return text or "append"


def _block(name: str, value: str) -> str:
    """Return an instruction; where its value is not plain, as a block, all of which is value."""
    if _PLAIN.fullmatch(value) and name.startswith("ENGINE"):
        return f"{name} {value}"
    lines = [_INDENT + line for line in value.splitlines()]
    return "\n".join([f"{name} >", *lines]) if value.strip() else ""


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RequestError("A 'name' has letters, digits and underscores, and begins with no digit")
    return value


def _text(content: Mapping[str, object], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str | None):
        raise RequestError(f"'{name}' is a text")
    return value or ""


def _fields(request: Request) -> dict[str, str]:
    try:
        return parse_form(request.body.decode(), "The form in the body")
    except UnicodeDecodeError as error:
        raise RequestError("The form in the body is not UTF-8") from error


def _object(request: Request) -> dict[str, object]:
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise RequestError("The JSON in the body cannot be read") from error
    if not isinstance(content, dict):
        raise RequestError("The JSON in the body is not an object")
    return content
