"""Operations that tell of a workspace: its tags and connections, where it is, what runs it."""

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from martlet import __version__
from martlet.access import ADMIN
from martlet.api.backend import Backend, Reading
from martlet.api.http import Request, Response, authenticate, base_url, json_response
from martlet.api.pipes import readable_pipe
from martlet.api.ways import required_parameters, sample_value
from martlet.errors import NotFoundError, RequestError
from martlet.formats import FORMATS
from martlet.ids import resource_id
from martlet.model import NodeType

if TYPE_CHECKING:  # a deployed project has no data folder to open
    from martlet.workspace import Workspace

Object = dict[str, object]


def list_tags(backend: Reading, request: Request) -> Response:
    """`GET /v0/tags`: the tags of what the token may read, with the resources that have them."""
    access = authenticate(backend, request)
    project = backend.live.project
    tagged = [
        ("datasource", source.name, source.tags)
        for source in project.datasources.values()
        if access.may_read_datasource(source.name)
    ]
    tagged += [
        ("pipe", pipe.name, pipe.tags)
        for pipe in project.pipes.values()
        if access.may_read_pipe(pipe.name)
    ]
    found: dict[str, list[Object]] = {}
    for kind, name, tags in tagged:
        for tag in tags:
            item: Object = {"id": resource_id(kind, name), "name": name, "type": kind}
            found.setdefault(tag, []).append(item)
    return json_response(
        {"tags": [{"name": tag, "resources": found[tag]} for tag in sorted(found)]}
    )


def read_workspace(workspace: Reading, request: Request) -> Response:
    """`GET /v0/workspace`, `/v1/workspace`: the workspace's id and name, which is its folder's."""
    authenticate(workspace, request)
    return json_response(workspace_as_json(workspace))


def list_workspaces(workspace: Reading, request: Request) -> Response:
    """`GET /v0/user/workspaces`, `/v1/user/workspaces`: the one workspace."""
    authenticate(workspace, request)
    own = workspace_as_json(workspace)
    # Clients work on with the token that they find here: their own, since there is one workspace.
    listed = {**own, "role": "admin", "plan": "martlet", "token": request.token}
    return json_response({**own, "workspaces": [listed]})


def workspace_as_json(workspace: Reading) -> Object:
    """Return what a workspace is."""
    return {
        "id": workspace.tokens.workspace_id,
        "name": workspace.name,
        "main": None,  # it is no branch of another
        "is_branch": False,
        "members": [],
    }


def list_connectors(workspace: "Workspace", request: Request) -> Response:
    """`GET /v0/connectors`: the project's connections, without their settings."""
    authenticate(workspace, request).require(ADMIN, "")
    connections = workspace.live.project.connections.values()
    return json_response(
        {
            "connectors": [
                {
                    "id": resource_id("connection", connection.name),
                    "name": connection.name,
                    "service": connection.type,
                    "description": connection.description,
                }
                for connection in connections
            ]
        }
    )


def read_connection_file(workspace: "Workspace", request: Request, connector: str) -> Response:
    """`GET /v0/connectors/<name>.connection`: the text of a connection's file."""
    authenticate(workspace, request).require(ADMIN, "")
    project = workspace.live.project
    found = project.connections.get(connector)
    if found is None:
        raise NotFoundError(f"The connection '{connector[:200]}' does not exist")
    return _text(project.texts[found.location.path])


def read_settings_file(workspace: "Workspace", request: Request) -> Response:
    """`GET /v0/martlet.toml`: the text of the project's settings."""
    authenticate(workspace, request).require(ADMIN, "")
    text = workspace.live.project.texts.get("martlet.toml")
    if text is None:
        raise NotFoundError("The project has no martlet.toml")
    return _text(text)


def read_version(backend: Backend, request: Request) -> Response:
    """`GET /version`: Martlet's version."""
    return json_response({"version": __version__})


def list_regions(backend: Backend, request: Request) -> Response:
    """`GET /v0/regions`: the one region, which is where the request was sent to."""
    authenticate(backend, request)
    address = base_url(request)
    region = {"name": "martlet", "provider": "martlet", "api_host": address, "host": address}
    return json_response({"regions": [region]})


# Parameters of the operation itself; all others are those of the endpoint.
_OWN = ("pipe", "format", "q", "token")


def example_request(backend: Reading, request: Request) -> Response:
    """`GET /examples/query.http?pipe=<name>[&format=json][&q=<SQL>]`: the URL that asks an endpoint, or `q`."""  # noqa: E501  one line of the table of routes
    access = authenticate(backend, request)
    query = request.query
    # Commands come with their own token, and with the one that the URL is to have.
    token = query.get("token") or request.token or ""
    name, sql = query.get("pipe"), query.get("q")
    if not name:
        if not sql:
            raise RequestError("The parameter 'pipe' is missing: which endpoint is to be asked?")
        return _text(f"{base_url(request)}/v0/sql?{urlencode({'q': sql, 'token': token})}")
    live = backend.live
    pipe = readable_pipe(live, access, name)
    extension = query.get("format", "json")
    if extension not in FORMATS:
        raise NotFoundError(f"The format '.{extension[:40]}' does not exist")
    if pipe.type is not NodeType.ENDPOINT:
        raise NotFoundError(f"The pipe '{pipe.name}' does not have an endpoint yet")
    fixed = access.fixed.get(pipe.name, {})
    needed = required_parameters(live.queries, pipe, fixed)
    values = {
        parameter.name: sample_value(parameter)
        for parameter in live.queries.parameters(pipe)
        if parameter.name in needed or (parameter.default is not None and not sql)
    }
    values |= {key: value for key, value in query.items() if key not in _OWN}
    values |= {"q": sql} if sql else {}
    address = f"{base_url(request)}/v0/pipes/{quote(pipe.name)}.{extension}"
    return _text(f"{address}?{urlencode({**values, 'token': token})}")


def _text(text: str) -> Response:
    return Response(200, text.encode(), "text/plain; charset=utf-8")
