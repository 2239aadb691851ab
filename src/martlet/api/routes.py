"""The routes as data: add one by adding a row. A server and API Gateway are made from these."""

import re
from dataclasses import dataclass

from martlet.errors import MethodError, NotFoundError


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path.

    Attributes:
        path: `{name}` stands for one path segment without a slash.
        operation: name of the function in `api.write` or `api.read`.
        waits: whether the operation waits for the engine, so that a server runs it in a thread.
        takes_file: whether the body may be as large as files are.
    """

    method: str
    path: str
    operation: str
    waits: bool = True
    takes_file: bool = False


ROUTES = (
    Route("POST", "/v0/events", "append_events", waits=False),
    Route("POST", "/v0/datasources", "append_file", takes_file=True),
    Route("GET", "/v0/datasources", "list_datasources"),
    Route("GET", "/v1/datasources", "list_datasources"),
    Route("GET", "/v0/datasources/{name}", "read_datasource"),
    Route("GET", "/v1/datasources/{name}", "read_datasource"),
    Route("DELETE", "/v0/datasources/{name}", "remove_datasource"),
    Route("POST", "/v0/datasources/{datasource}/alter", "alter_datasource"),
    Route("POST", "/v1/datasources/{datasource}/append", "start_append", takes_file=True),
    Route("POST", "/v1/datasources/{datasource}/replace", "start_replace", takes_file=True),
    Route("POST", "/v0/datasources/{datasource}/truncate", "truncate_datasource"),
    Route("POST", "/v0/datasources/{datasource}/delete", "start_delete"),
    Route("POST", "/v1/datasources/{datasource}/delete", "delete_now"),
    Route("POST", "/v0/analyze", "analyze_file"),
    Route("POST", "/v0/uploads", "start_upload"),
    Route("GET", "/v0/pipes", "list_pipes"),
    Route("GET", "/v1/pipes", "list_pipes"),
    Route("GET", "/v0/pipes/openapi.json", "openapi_document"),
    Route("GET", "/v0/pipes/{pipe}.pipe", "read_pipe_file"),
    Route("GET", "/v1/pipes/{pipe}.pipe", "read_pipe_file"),
    Route("GET", "/v0/pipes/{pipe}.{extension}", "run_pipe"),
    Route("POST", "/v0/pipes/{pipe}.{extension}", "run_pipe"),
    Route("GET", "/v0/pipes/{pipe}", "read_pipe"),
    Route("DELETE", "/v0/pipes/{pipe}", "remove_pipe"),
    Route("GET", "/v0/pipes/{pipe}/explain", "explain_pipe"),
    Route("GET", "/v0/pipes/{pipe}/nodes/{node}/explain", "explain_pipe"),
    Route("GET", "/v0/sql", "run_sql"),
    Route("POST", "/v0/sql", "run_sql"),
    Route("POST", "/v0/pipes", "create_pipe"),
    Route("PUT", "/v0/pipes/{pipe}/nodes/{node}/copy", "change_copy"),
    Route("POST", "/v0/pipes/{pipe}/nodes/{node}/endpoint", "publish_node"),
    Route("DELETE", "/v0/pipes/{pipe}/nodes/{node}/endpoint", "unpublish_node"),
    Route("GET", "/v0/pipes/{pipe}/nodes/{node}/analysis", "analyze_node"),
    Route("POST", "/v0/pipes/{pipe}/nodes/{node}/population", "populate_node"),
    Route("POST", "/v0/datafiles", "push_files"),
    Route("POST", "/v0/sql_tables", "read_tables"),
    Route("POST", "/v0/pipes/{pipe}/copy", "start_copy"),
    Route("POST", "/v0/pipes/{pipe}/sink", "start_sink"),
    Route("POST", "/v0/jobs/{job}/start", "start_job"),
    Route("GET", "/v0/jobs", "list_jobs"),
    Route("GET", "/v0/jobs/{job}", "read_job", waits=False),
    Route("POST", "/v0/jobs/{job}/cancel", "cancel_job"),
    Route("POST", "/v1/build", "build"),
    Route("POST", "/v1/deploy", "deploy"),
    Route("GET", "/v1/deployments", "list_deployments"),
    Route("GET", "/v1/deployments/{deployment}", "read_deployment"),
    Route("DELETE", "/v1/deployments/{deployment}", "discard_deployment"),
    Route("POST", "/v1/deployments/{deployment}/set-live", "set_live"),
    Route("POST", "/v0/jobs/{job}/retry", "retry_job"),
    Route("GET", "/v0/dependencies", "read_dependencies"),
    Route("GET", "/v0/tags", "list_tags", waits=False),
    Route("GET", "/v0/workspace", "read_workspace", waits=False),
    Route("GET", "/v1/workspace", "read_workspace", waits=False),
    Route("GET", "/v0/user/workspaces", "list_workspaces", waits=False),
    Route("GET", "/v1/user/workspaces", "list_workspaces", waits=False),
    Route("POST", "/v1/workspaces", "create_workspace"),
    Route("DELETE", "/v1/workspaces/{guest}", "delete_workspace"),
    Route("GET", "/v0/connectors", "list_connectors", waits=False),
    Route("GET", "/v0/connectors/{connector}.connection", "read_connection_file", waits=False),
    Route("GET", "/v0/martlet.toml", "read_settings_file", waits=False),
    Route("GET", "/v0/regions", "list_regions", waits=False),
    Route("GET", "/v0/health", "health", waits=False),
    Route("GET", "/version", "read_version", waits=False),
    Route("GET", "/examples/query.http", "example_request"),
    Route("GET", "/v0/tokens", "list_tokens"),
    Route("POST", "/v0/tokens", "create_token"),
    Route("GET", "/v0/tokens/{token}", "read_token"),
    Route("PUT", "/v0/tokens/{token}", "change_token"),
    Route("DELETE", "/v0/tokens/{token}", "delete_token"),
    Route("POST", "/v0/tokens/{token}/refresh", "refresh_token"),
    Route("GET", "/v0/variables", "list_variables"),
    Route("POST", "/v0/variables", "create_variable"),
    Route("GET", "/v0/variables/{variable}", "read_variable"),
    Route("PUT", "/v0/variables/{variable}", "change_variable"),
    Route("DELETE", "/v0/variables/{variable}", "delete_variable"),
    Route("POST", "/v0/snapshots", "take_snapshot"),
    Route("DELETE", "/v0/snapshots/{snapshot}", "remove_snapshot"),
    Route("GET", "/tokens", "local_tokens", waits=False),
)


def _pattern(path: str) -> re.Pattern[str]:
    escaped = path.replace(".", r"\.").replace("{extension}", r"(?P<extension>[^/.]*)")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped) + "/?")


_PATTERNS = [(route, _pattern(route.path)) for route in ROUTES]


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route of a request and the values in its path.

    Raises:
        NotFoundError: no route has the path.
        MethodError: the path exists with other methods, which the message names.
    """
    wanted = "GET" if method == "HEAD" else method
    for route, pattern in _PATTERNS:
        if route.method == wanted and (found := pattern.fullmatch(path)):
            return route, found.groupdict()
    if allowed := methods(path):
        use = " or ".join(name for name in allowed if name not in ("HEAD", "OPTIONS"))
        raise MethodError(f"{method} is not allowed on this path; use {use}", allowed=allowed)
    raise NotFoundError(
        f"Nothing is at {path[:200]}",
        hint="events go to /v0/events, endpoints are at /v0/pipes/<pipe>.json",
    )


def methods(path: str) -> tuple[str, ...]:
    """Return the methods of a path, none where nothing is."""
    found = dict.fromkeys(route.method for route, known in _PATTERNS if known.fullmatch(path))
    if not found:
        return ()
    return (*found, *(("HEAD",) if "GET" in found else ()), "OPTIONS")


def takes_file(method: str, path: str) -> bool:
    """Whether the body of a request may be as large as files are."""
    return any(
        route.takes_file and route.method == method and known.fullmatch(path)
        for route, known in _PATTERNS
    )
