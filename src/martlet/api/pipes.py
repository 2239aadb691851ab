"""Operations that tell of pipes: the list, one of them, its file."""

from datetime import UTC, datetime
from pathlib import Path

from martlet.access import READ_PIPE, Access
from martlet.api.backend import Published, Reading
from martlet.api.http import Request, Response, authenticate, base_url, json_response
from martlet.errors import NotFoundError
from martlet.files.text import has_include, pipe_text
from martlet.ids import resource_id
from martlet.model import Node, NodeType, Parameter, Pipe
from martlet.query import find_pipe

Object = dict[str, object]

_FILE = ".pipe"


def list_pipes(backend: Reading, request: Request) -> Response:
    """`GET /v0/pipes[?attrs=name,nodes&node_attrs=name,sql&dependencies=true]`: the pipes that the token may read."""  # noqa: E501  one line of the table of routes
    access = authenticate(backend, request)
    live = backend.live
    has_dependencies = request.query.get("dependencies", "").lower() in ("true", "1")
    shown = [pipe for pipe in live.project.pipes.values() if access.may_read_pipe(pipe.name)]
    described = [_described(live, pipe, request) for pipe in shown]
    if not has_dependencies:
        for pipe in described:
            for node in _nodes(pipe):
                del node["dependencies"]
    names, node_names = _names(request, "attrs"), _names(request, "node_attrs")
    if node_names and names:
        names |= {"nodes"}  # tools ask for members of nodes alone
    for pipe in described:
        pipe["nodes"] = [_only(node, node_names) for node in _nodes(pipe)]
    if names:
        names |= {"url"}  # clients that ask for others fail without
    return json_response({"pipes": [_only(pipe, names) for pipe in described]})


def read_pipe(backend: Reading, request: Request, pipe: str) -> Response:
    """`GET /v0/pipes/<name or id>`: a pipe with its nodes and their parameters."""
    live = backend.live
    found = readable_pipe(live, authenticate(backend, request), pipe)
    return json_response(_described(live, found, request))


def read_pipe_file(backend: Reading, request: Request, pipe: str) -> Response:
    """`GET /v0/pipes/<name or id>.pipe`: the text of a pipe's file."""
    live = backend.live
    found = readable_pipe(live, authenticate(backend, request), pipe)
    path = found.location.path
    text = live.project.texts.get(path)
    if text is None or not path.endswith(_FILE):
        raise NotFoundError(f"The pipe '{found.name}' has no file of its own")
    if has_include(text):
        text = pipe_text(found)
    # Without a charset: Tinybird's command takes it for JSON otherwise (measured).
    return Response(200, text.encode(), "text/plain")


def readable_pipe(live: Published, access: Access, name: str) -> Pipe:
    """Return the pipe of a name or id.

    Raises:
        NotFoundError: there is none.
        TokenError: the token may not read it.
    """
    found = find_pipe(live.project, name)
    access.require(READ_PIPE, found.name)
    return found


def pipe_id(pipe: Pipe) -> str:
    """Return a pipe's id."""
    return resource_id("pipe", pipe.name)


def node_id(pipe: Pipe, node: Node) -> str:
    """Return a node's id."""
    return resource_id("node", pipe.name, node.name)


def _names(request: Request, parameter: str) -> frozenset[str]:
    return frozenset(name.strip() for name in request.query.get(parameter, "").split(",")) - {""}


def _only(described: Object, names: frozenset[str]) -> Object:
    """Return the members that are asked for, all where none is; id and name are always there."""
    if not names:
        return described
    return {key: value for key, value in described.items() if key in names | {"id", "name"}}


def _nodes(described: Object) -> list[Object]:
    nodes = described["nodes"]
    assert isinstance(nodes, list)
    return nodes


def _described(live: Published, pipe: Pipe, request: Request) -> Object:
    is_endpoint = pipe.type is NodeType.ENDPOINT
    url = f"{base_url(request)}/v0/pipes/{pipe.name}.json"
    folder = live.project.deployed or live.project.root
    written_at = _written_at(folder / pipe.location.path)
    return {
        "id": pipe_id(pipe),
        "name": pipe.name,
        "description": pipe.description,
        "endpoint": node_id(pipe, pipe.output) if is_endpoint else None,
        "type": "default" if pipe.type is NodeType.STANDARD else pipe.type.value,
        "created_at": written_at,
        "updated_at": written_at,
        "parent": None,
        "nodes": [_described_node(live, pipe, node, written_at) for node in pipe.nodes],
        "url": url if is_endpoint else None,
    }


def _written_at(path: Path) -> str:
    """Return when a file was written: clients sort by it, so there must be something."""
    try:
        changed = path.stat().st_mtime
    except OSError:
        changed = 0.0  # it is gone meanwhile
    return datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _described_node(live: Published, pipe: Pipe, node: Node, written_at: str) -> Object:
    queries, settings = live.queries, node.settings
    # Those of the output are the pipe's: of every node and pipe that it reads.
    is_output = node is pipe.output
    parameters = queries.parameters(pipe) if is_output else queries.own_parameters(pipe, node)
    read = [
        inner.name if owner is pipe else owner.name for owner, inner in queries.reads(pipe, node)
    ]
    view, target = settings.get("datasource"), settings.get("target_datasource")
    is_view = node.type is NodeType.MATERIALIZED and view
    tags = {"copy_target_datasource": resource_id("datasource", target)} if target else {}
    return {
        "id": node_id(pipe, node),
        "name": node.name,
        "sql": f"%\n{node.sql}" if node.is_template else node.sql,
        "description": node.description or None,
        "materialized": resource_id("datasource", view) if is_view and view else None,
        "cluster": None,
        "tags": tags,
        "created_at": written_at,
        "updated_at": written_at,
        "version": pipe.file_version or 0,
        "project": None,
        "node_type": node.type.value,
        "params": [described_parameter(parameter) for parameter in parameters],
        "dependencies": list(dict.fromkeys((*read, *queries.datasources(pipe, node)))),
    }


def described_parameter(parameter: Parameter) -> Object:
    """Return a parameter with the members that its template has; the default is always there."""
    written = {
        "description": parameter.description,
        "required": parameter.required,
        "example": parameter.example,
        "enum": parameter.enum and list(parameter.enum),
        "format": parameter.format,
        "used_in": parameter.used_in,
    }
    return {
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
        **{name: value for name, value in written.items() if value is not None},
    }
