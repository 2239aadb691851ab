"""Operations that answer from data."""

from martlet.access import READ_PIPE, Access
from martlet.api.backend import Backend, Published, Reading
from martlet.api.http import Answer, Request, Response, authenticate, json_response
from martlet.api.pipes import node_id
from martlet.api.queries import (
    answer_query,
    explained,
    published,
    request_values,
    take_flag,
    take_text,
)
from martlet.errors import NotFoundError, RequestError
from martlet.formats import FORMATS
from martlet.model import NodeType, Pipe
from martlet.query import Query, find_pipe

# Parameters of endpoints that would do nothing elsewhere.
_OF_ENDPOINTS = {"q": "SQL over an endpoint's result", "explain": "the plan of a query"}


def run_pipe(backend: Reading, request: Request, pipe: str, extension: str) -> Answer:
    """`GET|POST /v0/pipes/<pipe>.<extension>?<parameters>`: the rows of an endpoint.

    With `q`, the rows of that SQL, in which the endpoint is the table `_`.
    """
    access = authenticate(backend, request)
    live = published(backend, request)
    found = find_pipe(live.project, pipe)
    access.require(READ_PIPE, found.name)
    _require_endpoint(found)
    format = FORMATS.get(extension)
    if format is None:
        raise NotFoundError(
            f"The format '.{extension[:40]}' does not exist; use one of"
            f" {', '.join('.' + name for name in FORMATS)}"
        )
    values = request_values(request)
    is_explained = take_flag(values, "explain")
    query = _query(live, found, values, access)
    if is_explained:
        return explained(backend, request, query)
    return answer_query(
        backend, request, query, access=access, values=values,
        format=format.clickhouse, media_type=format.media_type,
    )  # fmt: skip


def explain_pipe(
    backend: Reading, request: Request, pipe: str, node: str | None = None
) -> Response:
    """`GET /v0/pipes/<pipe>[/nodes/<name or id>]/explain?<parameters>`: its query and how it is run."""  # noqa: E501  one line of the table of routes
    access = authenticate(backend, request)
    live = published(backend, request)
    found = find_pipe(live.project, pipe)
    access.require(READ_PIPE, found.name)
    if node is None:
        query = _query(live, found, request_values(request), access)
    else:
        part = next(
            (each for each in found.nodes if node in (each.name, node_id(found, each))), None
        )
        if part is None:
            raise NotFoundError(f"The pipe '{found.name}' has no node '{node}'")
        query = live.queries.build(found, parameter_values(request), node=part, access=access)
    return explained(backend, request, query)


def _query(live: Published, pipe: Pipe, values: dict[str, object], access: Access) -> Query:
    """Return the query of a pipe, or of `q` over it."""
    sql = take_text(values, "q")
    if sql is None:
        return live.queries.build(pipe, values, access=access)
    return live.queries.build_sql(sql, values, access=access, pipe=pipe)


def _require_endpoint(pipe: Pipe) -> None:
    if pipe.type is not NodeType.ENDPOINT:
        raise NotFoundError(f"The pipe '{pipe.name}' does not have an endpoint yet")


def parameter_values(request: Request) -> dict[str, object]:
    """Return the template parameters of a request that is no query.

    Raises:
        RequestError: a body that cannot be read, or a parameter that endpoints alone have.
    """
    values = request_values(request)
    for name, meaning in _OF_ENDPOINTS.items():
        if name in values:
            raise RequestError(f"The parameter '{name}' ({meaning}) is not available here")
    return values


def health(backend: Backend, request: Request) -> Response:
    """`GET /v0/health`: somebody answers."""
    return json_response({"status": "ok"})
