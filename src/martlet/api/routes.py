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
        is_job: whether it may take long, so that a server keeps it apart from queries.
    """

    method: str
    path: str
    operation: str
    waits: bool = True
    is_job: bool = False


ROUTES = (
    Route("POST", "/v0/events", "append_events", waits=False),
    Route("POST", "/v0/datasources", "append_file"),
    Route("POST", "/v0/uploads", "start_upload"),
    Route("GET", "/v0/pipes/{pipe}.{extension}", "run_pipe"),
    Route("POST", "/v0/pipes/{pipe}.{extension}", "run_pipe"),
    Route("POST", "/v0/pipes/{pipe}/copy", "start_copy", is_job=True),
    Route("POST", "/v0/pipes/{pipe}/sink", "start_sink"),
    Route("POST", "/v0/jobs/{job}/start", "start_job"),
    Route("GET", "/v0/jobs/{job}", "read_job", waits=False),
    Route("GET", "/v0/health", "health", waits=False),
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
    allowed = []
    wanted = "GET" if method == "HEAD" else method
    for route, pattern in _PATTERNS:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if route.method == wanted:
            return route, found.groupdict()
        allowed.append(route.method)
    if allowed:
        raise MethodError(f"{method} is not allowed on this path; use {' or '.join(allowed)}")
    raise NotFoundError(
        f"Nothing is at {path[:200]}",
        hint="events go to /v0/events, endpoints are at /v0/pipes/<pipe>.json",
    )
