"""Operations on nodes of pipes: published, analyzed, copies changed; each a small build."""

from dataclasses import replace

from martlet.access import ADMIN
from martlet.api.changes import Changes, change_project
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.pipes import node_id, read_pipe, readable_pipe
from martlet.api.push import columns_of, copy_mode, copy_schedule, form_fields, own_tokens
from martlet.errors import ConflictError, NotAvailableError, NotFoundError
from martlet.files.text import pipe_text
from martlet.ids import resource_id
from martlet.model import Generation, Node, NodeType, Pipe, Project
from martlet.query import find_pipe
from martlet.workspace import Workspace


def publish_node(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`POST /v0/pipes/<pipe>/nodes/<node>/endpoint`: makes a node the endpoint of its pipe."""
    return _publish(workspace, request, pipe, node, is_published=True)


def unpublish_node(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`DELETE /v0/pipes/<pipe>/nodes/<node>/endpoint`: the pipe has no endpoint any more."""
    return _publish(workspace, request, pipe, node, is_published=False)


def _publish(
    workspace: Workspace, request: Request, pipe: str, node: str, *, is_published: bool
) -> Response:
    access = authenticate(workspace, request)
    access.require(ADMIN, "")
    name = readable_pipe(workspace.live, access, pipe).name

    def change(project: Project) -> Changes:
        found = find_pipe(project, name)
        asked = _node_of(found, node)
        if found.type not in (NodeType.STANDARD, NodeType.ENDPOINT):
            raise ConflictError(
                f"The pipe '{name}' is a {found.type.value} pipe, which has no endpoint"
            )
        if not is_published and project.generation is Generation.CLASSIC:
            raise NotAvailableError(
                "In a project of Tinybird Classic each pipe without TYPE is an endpoint",
                hint='remove the pipe, or write generation = "forward" into martlet.toml',
            )
        output = asked.name if is_published else ""
        nodes = tuple(
            replace(one, type=NodeType.ENDPOINT if one.name == output else NodeType.STANDARD)
            for one in found.nodes
        )
        return _with_nodes(found, nodes)

    change_project(workspace, change)
    return read_pipe(workspace, request, name)


def _node_of(pipe: Pipe, node: str) -> Node:
    found = next((one for one in pipe.nodes if node in (one.name, node_id(pipe, one))), None)
    if found is None:
        raise NotFoundError(f"The pipe '{pipe.name}' has no node '{node[:80]}'")
    return found


def _with_nodes(pipe: Pipe, nodes: tuple[Node, ...]) -> Changes:
    if nodes == pipe.nodes:
        return {}
    return {pipe.location.path: pipe_text(replace(pipe, nodes=nodes, tokens=own_tokens(pipe)))}


def change_copy(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`PUT /v0/pipes/<pipe>/nodes/<node>/copy` with `schedule_cron=`, `mode=`: changes what is sent."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    access.require(ADMIN, "")
    name = readable_pipe(workspace.live, access, pipe).name
    values = {**request.query, **form_fields(request)}
    new: dict[str, str] = {}
    if (schedule := values.get("schedule_cron")) is not None:
        new["copy_schedule"] = copy_schedule("" if schedule == "None" else schedule)
    if mode := values.get("mode"):
        new["copy_mode"] = copy_mode(mode)

    def change(project: Project) -> Changes:
        found = find_pipe(project, name)
        known = found.output
        if node not in (known.name, node_id(found, known)) or known.type is not NodeType.COPY:
            raise NotAvailableError(
                "Only the node of a copy pipe can be changed: it stays what it is"
            )
        changed = replace(known, settings={**known.settings, **new})
        return _with_nodes(
            found, tuple(changed if one.name == known.name else one for one in found.nodes)
        )

    change_project(workspace, change)
    return read_pipe(workspace, request, name)


def analyze_node(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`GET /v0/pipes/<pipe>/nodes/<node>/analysis[?datasource=]`: the columns that a data source of a node would have."""  # noqa: E501  one line of the table of routes
    live = workspace.live
    found = readable_pipe(live, authenticate(workspace, request), pipe)
    asked = _node_of(found, node)
    columns = columns_of(workspace, live.queries, found, asked)
    return json_response({
        "analysis": {
            "pipe": {"id": resource_id("pipe", found.name), "name": found.name},
            "node": {"id": node_id(found, asked), "name": asked.name},
            "sql": asked.sql,
            "datasource": {
                "name": request.query.get("datasource", ""),
                "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
            },
        },
        "warnings": [],
    })  # fmt: skip


def populate_node(workspace: Workspace, request: Request, pipe: str, node: str) -> Response:
    """`POST /v0/pipes/<pipe>/nodes/<node>/population`: not here; says how a materialized pipe gets stored rows."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    access.require(ADMIN, "")
    found = readable_pipe(workspace.live, access, pipe)
    raise NotAvailableError(
        f"A materialized pipe gets stored rows when it is made: '{found.name}' was not populated",
        hint="remove it, truncate its data source, and push it with --populate",
    )
