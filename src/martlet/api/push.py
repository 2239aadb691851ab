"""Resources made one at a time, as Classic's clients do: small builds of the live project."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from martlet.access import ADMIN
from martlet.api.changes import Changes, change_project
from martlet.api.datasources import read_datasource
from martlet.api.deployments import form_files
from martlet.api.http import Request, Response, addressed, authenticate, json_response, parse_form
from martlet.api.pipes import read_pipe
from martlet.api.queries import take_flag
from martlet.errors import (
    ConflictError,
    MartletError,
    NotAvailableError,
    RequestError,
)
from martlet.files.pipe import parse_pipe
from martlet.files.source import Report, Source
from martlet.ids import resource_id
from martlet.model import Node, NodeType, Pipe, Project, TokenGrant
from martlet.query import QueryBuilder
from martlet.sql.lexer import lex, quote_identifier
from martlet.sql.tables import find_tables
from martlet.workspace import Workspace

_FORM_TYPE = "application/x-www-form-urlencoded"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_SCHEDULE = re.compile(r"@?[\w*/, -]+")
_ENGINE_KEY = re.compile(r"engine_[a-z_]+")

_PLAIN = re.compile(r"[\w(), .+*-]+")
_INDENT = "    "

# What clients send of what a materialized pipe is filled with; all stored rows are what there is.
_PARTS = ("populate_condition", "populate_subset")

_UNTYPED = ("standard", "default", "")

_FOLDERS = {".datasource": "datasources", ".pipe": "pipes"}

# Parameters of a data source that say nothing of its table.
_OTHERS = frozenset(
    ("name", "mode", "description", "schema", "indexes", "indexes_list", "format", "branch_mode",
     "token", "cli_version", "debug", "tags", "engine")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Node:
    """A node as clients send it.

    Attributes:
        kind: as Tinybird calls it; a node of a check is `standard`, whatever it will be.
        target: the data source that it writes.
        engine: of a target that there is not yet, with its keys.
    """

    name: str
    sql: str
    description: str
    kind: str
    target: str
    schedule: str
    mode: str
    engine: Mapping[str, str]


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
    values = {**request.query, **form_fields(request)}
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
    keys = [key for key, value in values.items() if key not in _OTHERS and value]
    _check_keys(keys)

    def change(project: Project) -> Changes:
        if name in project.datasources:
            raise ConflictError(f"There is a data source '{name}' already")
        return {f"datasources/{name}.datasource": _datasource_text(values, schema)}

    change_project(workspace, change)
    return name


def _check_keys(keys: Iterable[str]) -> None:
    """Refuse names that become no instruction of a file, or more than one."""
    if unknown := [key for key in keys if not _ENGINE_KEY.fullmatch(key)]:
        raise NotAvailableError(
            f"The parameter {unknown[0][:80]!r} of a new data source is not available"
        )


def _datasource_text(values: Mapping[str, str], schema: str) -> str:
    return _joined([
        _block("DESCRIPTION", values.get("description", "")),
        _block("SCHEMA", schema),
        _block("ENGINE", values.get("engine", "")),
        *[_block(key.upper(), text) for key, text in values.items() if key.startswith("engine_")],
        _block("INDEXES", values.get("indexes", "")),
    ])  # fmt: skip


def create_pipe(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/pipes[?force=true][&populate=true]`: makes a pipe of `{"name", "description", "nodes"}`, or changes one."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    content = _object(request)
    name = _name(content.get("name"))
    sent = content.get("nodes")
    if not isinstance(sent, list) or not sent:
        raise RequestError("'nodes' of a pipe is a list of objects")
    nodes = [_read_node(node) for node in sent]
    view = next((node for node in nodes if node.kind == "materialized"), None)
    is_filled = view is not None and _flag(request, "populate")
    if is_filled and (part := next((key for key in _PARTS if request.query.get(key)), "")):
        raise NotAvailableError(
            f"The parameter '{part}' is not available: a materialized pipe gets all stored rows",
            hint="leave it out, or do not populate and append the rows yourself",
        )
    is_forced = _flag(request, "force")
    made_targets: list[str] = []

    def change(project: Project) -> Changes:
        known = project.pipes.get(name)
        if known is not None and not is_forced:
            raise ConflictError(
                f"There is a pipe '{name}' already", hint="send force=true to change it"
            )
        path = known.location.path if known is not None else f"pipes/{name}.pipe"
        text = _pipe_of(content, _published(nodes, known), known)
        changes = {path: text}
        if view is not None:
            if is_filled:
                _check_fill(project, known, view)
            if view.target not in project.datasources and view.engine:
                target = _target_text(workspace, project, path, text, view)
                changes[f"datasources/{view.target}.datasource"] = target
                made_targets.append(view.target)
        return changes

    change_project(workspace, change, unfilled=() if is_filled else (name,))
    made = json.loads(read_pipe(workspace, request, name).body)
    if target := workspace.live.project.pipes[name].output.settings.get("target_datasource"):
        made["copy_target_datasource"] = resource_id("datasource", target)
    if view is not None:
        written = {"id": resource_id("datasource", view.target), "name": view.target}
        made |= {"datasource": written, "created_datasource": bool(made_targets)}
        if is_filled:  # it is by now; clients ask for the job that did it
            job = workspace.jobs.start(
                "populateview",
                lambda job: {"progress_percentage": 100.0},
                pipe_id=made["id"],
                pipe_name=name,
                datasource=written,
            )
            made["job"] = addressed(request, job)
    return json_response(made)


def _published(nodes: list[_Node], known: Pipe | None) -> list[_Node]:
    """Return the nodes of a pipe that goes on to be an endpoint.

    Clients send nodes without types first and publish one of them then; who asks between the two
    gets an answer too.
    """
    if known is None or known.type is not NodeType.ENDPOINT or any(map(_is_typed, nodes)):
        return nodes
    names = [node.name for node in nodes]
    name = known.output.name if known.output.name in names else names[-1]
    return [replace(node, kind="endpoint") if node.name == name else node for node in nodes]


def _is_typed(node: _Node) -> bool:
    return node.kind not in _UNTYPED


def _pipe_of(content: Mapping[str, object], nodes: list[_Node], known: Pipe | None) -> str:
    """Return the text of a pipe, with what the request says nothing of."""
    grants = own_tokens(known) if known is not None else ()
    tags = ", ".join(known.tags) if known is not None else ""
    return _joined([
        _block("DESCRIPTION", _text(content, "description")),
        *[f'TOKEN "{grant.name}" {grant.permission}' for grant in grants],
        f'TAGS "{tags}"' if tags else "",
        *[_node(node) for node in nodes],
    ])  # fmt: skip


def own_tokens(pipe: Pipe) -> tuple[TokenGrant, ...]:
    """Return the tokens of a pipe's own file; `.token` files go on to give theirs."""
    return tuple(one for one in pipe.tokens if one.location.path == pipe.location.path)


def _check_fill(project: Project, known: Pipe | None, view: _Node) -> None:
    """Refuse to fill what would not be, or where rows would be there twice."""
    target = project.datasources.get(view.target)
    if known is not None and known.type is NodeType.MATERIALIZED:
        raise ConflictError(
            f"The materialized pipe '{known.name}' is there already: stored rows are added to"
            f" '{view.target}' only when it is made",
            hint=f"remove the pipe, truncate '{view.target}', and send it again",
        )
    if target is not None and target.backfill == "skip":
        raise ConflictError(
            f"The data source '{view.target}' has BACKFILL skip: it gets no stored rows",
            hint="leave populate out, or change its file",
        )


def _target_text(workspace: Workspace, project: Project, path: str, text: str, view: _Node) -> str:
    """Return a data source for a materialized pipe, with the columns of its SELECT.

    Raises:
        RequestError: the pipe has errors.
    """
    report = Report()
    pipe = parse_pipe(Source(path, text), report)
    errors: Sequence[MartletError] = report.errors
    if pipe is not None:
        larger = replace(project, pipes={**project.pipes, pipe.name: pipe})
        queries = QueryBuilder(larger, database=workspace.engine.database)
        errors = queries.check()
    if pipe is None or errors:
        raise RequestError("\n".join(map(str, errors)))
    columns = columns_of(workspace, queries, pipe, pipe.output)
    schema = ",\n".join(f"{quote_identifier(name)} {kind}" for name, kind in columns.items())
    return _datasource_text(view.engine, schema)


def columns_of(
    workspace: Workspace, queries: QueryBuilder, pipe: Pipe, node: Node
) -> dict[str, str]:
    """Return name -> type of the columns of a node."""
    query = queries.build(pipe, {}, node=node)
    workspace.prepare(query)
    described = workspace.engine.execute(
        f"DESCRIBE TABLE (\n{query.sql}\n)", format="TSVRaw", parameters=query.secrets
    )
    rows = (line.split("\t") for line in described.body.decode().splitlines())
    return {row[0]: row[1] for row in rows}


def push_files(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/datafiles?filenames=<name>[&force=true][&dry_run=true]`: makes the resources of datafiles, the parts of a form, or changes them."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    sent = form_files(request, lambda field: True)
    sent.pop("", None)  # fields that are no files
    texts: dict[str, str] = {}
    for path, content in sent.items():
        name = PurePosixPath(path).name
        if PurePosixPath(name).suffix not in _FOLDERS:
            raise RequestError(f"The file {path[:200]!r} is neither a .datasource nor a .pipe")
        if name in texts:
            raise RequestError(f"The form has two files {name[:200]!r}")
        _name(PurePosixPath(name).stem)
        texts[name] = _decoded(path, content)
    if not texts:
        raise RequestError("The form has no files: send .datasource and .pipe files as its parts")
    is_forced = _flag(request, "force")
    named: dict[str, str] = {}

    def change(project: Project) -> Changes:
        changes: dict[str, str | None] = {}
        for name, text in texts.items():
            stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
            known = (project.pipes if suffix == ".pipe" else project.datasources).get(stem)
            if known is not None and not is_forced:
                raise ConflictError(
                    f"There is '{stem}' already", hint="send force=true to change it"
                )
            own = known is not None and known.location.path.endswith(suffix)
            path = known.location.path if known and own else f"{_FOLDERS[suffix]}/{name}"
            changes[path] = text
            named[name] = "changed" if known is not None else "created"
        return changes

    change_project(workspace, change, is_tried=_flag(request, "dry_run"))
    return json_response({"result": named})


def read_tables(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/sql_tables` with `q=`: the tables that a query names, as pairs of database and table."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request)
    sql = {**request.query, **form_fields(request)}.get("q")
    if sql is None:
        raise RequestError("The parameter 'q' is missing: a query")
    names = dict.fromkeys(
        reference.name for reference in find_tables(lex(sql)) if not reference.is_function
    )
    return json_response({"tables": [_pair(name) for name in names]})


def _pair(name: str) -> tuple[str, str]:
    database, _, table = name.rpartition(".")
    return database, table


def _node(node: _Node) -> str:
    parts = [f"NODE {node.name}", _block("DESCRIPTION", node.description), _block("SQL", node.sql)]
    if node.kind == "endpoint":
        parts.append("TYPE endpoint")
    elif node.kind == "materialized":
        parts.append(f"TYPE materialized\nDATASOURCE {_name(node.target)}")
    elif node.kind == "copy":
        parts.append(
            f"TYPE copy\nTARGET_DATASOURCE {_name(node.target)}"
            f"\nCOPY_SCHEDULE {copy_schedule(node.schedule)}\nCOPY_MODE {copy_mode(node.mode)}"
        )
    elif _is_typed(node):
        raise NotAvailableError(f"Nodes of type {node.kind[:40]!r} are not available")
    return "\n".join(part for part in parts if part)


def _read_node(node: object) -> _Node:
    if not isinstance(node, Mapping):
        raise RequestError("'nodes' of a pipe is a list of objects")
    kind = _text(node, "type")
    target = _text(node, "datasource")
    if target and not kind:
        kind = "materialized"
    if kind == "materialized" and not target:
        raise RequestError("A materialized node has a 'datasource', which it writes")
    if _text(node, "override_datasource") == "true":
        raise NotAvailableError(
            "'override_datasource' of a node is not available",
            hint=f"change the data source '{target[:80]}' itself, or remove it first",
        )
    engine = {key: _text(node, key) for key in node if str(key).startswith("engine")}
    _check_keys(engine.keys() - {"engine"})
    return _Node(
        name=_name(node.get("name")),
        sql=_text(node, "sql"),
        description=_text(node, "description"),
        kind=kind,
        target=target if kind == "materialized" else _text(node, "target_datasource"),
        schedule=_text(node, "copy_schedule"),
        mode=_text(node, "mode"),
        engine=engine,
    )


def copy_schedule(text: str) -> str:
    """Return the COPY_SCHEDULE of what a request says."""
    if text and not _SCHEDULE.fullmatch(text):
        raise RequestError("The schedule of a copy is a cron expression, or @on-demand")
    return text or "@on-demand"


def copy_mode(text: str) -> str:
    """Return the COPY_MODE of what a request says."""
    if text not in ("", "append", "replace"):
        raise RequestError("The mode of a copy is append or replace")
    return text or "append"


def _block(name: str, value: str) -> str:
    """Return an instruction; where its value is not plain, as a block, all of which is value."""
    if _PLAIN.fullmatch(value) and name.startswith("ENGINE"):
        return f"{name} {value}"
    lines = [_INDENT + line for line in value.splitlines()]
    return "\n".join([f"{name} >", *lines]) if value.strip() else ""


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"The file {name[:200]!r} is not UTF-8") from error


def _flag(request: Request, name: str) -> bool:
    return take_flag(dict(request.query), name)


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RequestError("A 'name' has letters, digits and underscores, and begins with no digit")
    return value


def _text(content: Mapping[str, object], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str | None):
        raise RequestError(f"'{name}' is a text")
    return value or ""


def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of the form in a body."""
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
