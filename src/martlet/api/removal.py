"""Data sources and pipes removed one at a time, as Classic's clients do: small builds."""

from collections.abc import Callable

from martlet.access import ADMIN, DROP_DATASOURCE, DROP_PIPE, QUARANTINE, Access
from martlet.api.changes import Changes, change_project
from martlet.api.dependencies import resources_of
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.queries import take_flag
from martlet.errors import ConflictError, RequestError
from martlet.model import Project
from martlet.query import find_pipe
from martlet.workspace import Workspace

_ALL = Access("", frozenset({(ADMIN, "")}))


def remove_datasource(workspace: Workspace, request: Request, name: str) -> Response:
    """`DELETE /v0/datasources/<name or id>[?dry_run=true]`: removes a data source and its rows; tried, it says which pipes keep it."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    name = workspace.resource(name)
    access.require(DROP_DATASOURCE, name)
    found = workspace.datasource(name)
    if take_flag(dict(request.query), "dry_run"):
        pipes, _ = _pipes_of(workspace, access, name)
        return json_response({"dependent_pipes": pipes})

    def change(project: Project) -> Changes:
        _check_unused(workspace, access, "Data Source", name)
        return {project.datasource(found.name).location.path: None}

    return _removed(workspace, change, name)


def remove_pipe(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`DELETE /v0/pipes/<name or id>`: removes a pipe; what it has written stays."""
    access = authenticate(workspace, request)
    name = workspace.resource(pipe)
    access.require(DROP_PIPE, name)
    found = find_pipe(workspace.live.project, name)

    def change(project: Project) -> Changes:
        _check_unused(workspace, access, "pipe", found.name)
        return {find_pipe(project, found.name).location.path: None}

    return _removed(workspace, change, name)


def _removed(workspace: Workspace, change: Callable[[Project], Changes], name: str) -> Response:
    try:
        change_project(workspace, change, destructive=True)
    except RequestError as error:  # of what is left: something needs it that is not in the graph
        raise ConflictError(f"'{name}' cannot be removed: {error.message}") from error
    return Response(204)  # clients take an answer with a body for a failure


def _check_unused(workspace: Workspace, access: Access, what: str, name: str) -> None:
    pipes, hidden = _pipes_of(workspace, access, name)
    others = [f"{hidden} that the token may not read"] if hidden else []
    if pipes or others:
        raise ConflictError(
            f"The {what} '{name}' cannot be removed: it is used by the pipes"
            f" {', '.join(pipes + others)}",
            hint="remove or change them first",
        )


def _pipes_of(workspace: Workspace, access: Access, name: str) -> tuple[list[str], int]:
    """Return the pipes that read or write something, and how many more the token may not read."""
    names = {name, f"{name}{QUARANTINE}"}
    found = [
        item.name
        for item in resources_of(workspace.live, _ALL).values()
        if item.kind == "pipe" and names & {*item.reads, *item.fills}
    ]
    shown = [pipe for pipe in found if access.may_read_pipe(pipe)]
    return shown, len(found) - len(shown)
