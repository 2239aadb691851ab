"""Jobs: what they are, their end before time; copies that are started, sinks refused by name."""

from datetime import datetime

from martlet.access import ADMIN, APPEND, CREATE_DATASOURCE, DROP_DATASOURCE, Access
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.read import parameter_values
from martlet.copies import prepare_copy, run_copy
from martlet.errors import RequestError
from martlet.ids import resource_id
from martlet.jobstore import STATUSES, Fields, Job
from martlet.query import find_pipe
from martlet.workspace import Workspace

_FILTERS = ("kind", "status", "pipe_id", "pipe_name")


def start_copy(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`POST /v0/pipes/<pipe>/copy[?_mode=append|replace]`: a job that runs a copy pipe."""
    authenticate(workspace, request).require(ADMIN, "")
    live = workspace.live
    found = find_pipe(live.project, pipe)
    values = parameter_values(request)
    mode = values.pop("_mode", None)
    copy = prepare_copy(
        found, values, mode=None if mode is None else str(mode), queries=live.queries
    )

    def work(job: Job) -> Fields:
        rows = run_copy(copy, job, engine=workspace.engine, sink=workspace.sink)
        return {"rows": rows, "statistics": {"row_count": rows}}

    target = resource_id("datasource", copy.target)
    job = workspace.jobs.start(
        "copy",
        work,
        pipe_id=resource_id("pipe", found.name),
        pipe_name=found.name,
        mode=copy.mode,
        datasource={"id": target, "name": copy.target},
    )
    return json_response({**job, "job": job, "tags": {"copy_target_datasource": target}})


def start_sink(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`POST /v0/pipes/<pipe>/sink`: not here yet; says which pipe it was."""
    authenticate(workspace, request).require(ADMIN, "")
    found = find_pipe(workspace.live.project, pipe)
    raise RequestError(f"Sinks are not available yet: the pipe '{found.name}' was not run")


def list_jobs(workspace: Workspace, request: Request) -> Response:
    """`GET /v0/jobs[?kind=&status=&pipe_id=&pipe_name=&created_after=&created_before=]`: the last hundred jobs of two days."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    wanted = {name: value for name, value in request.query.items() if name in _FILTERS and value}
    if wanted.get("status", STATUSES[0]) not in STATUSES:
        raise RequestError(f"The parameter 'status' is one of {', '.join(STATUSES)}")
    after = _moment(request, "created_after") or ""
    before = _moment(request, "created_before") or "9999"
    jobs = [
        job
        for job in workspace.jobs.list()
        if _may_see(access, job)
        and all(job.get(name) == value for name, value in wanted.items())
        and after <= str(job["created_at"]) <= before
    ]
    return json_response({"jobs": jobs})


def read_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`GET /v0/jobs/<id>`: how far a job is, and what came of it."""
    found = _find(workspace, authenticate(workspace, request), job)
    if "blocks" in request.query.get("debug", ""):
        found |= _blocks(found)
    return json_response(found)


def cancel_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`POST /v0/jobs/<id>/cancel`: ends a job that is not over."""
    found = _find(workspace, authenticate(workspace, request), job)
    return json_response(workspace.jobs.cancel(str(found["id"])))


def _find(workspace: Workspace, access: Access, id: str) -> Fields:
    """Return a job that may be seen.

    Raises:
        NotFoundError: there is no such job.
        TokenError: it is not the token's business.
    """
    found = workspace.jobs.read(id)
    if not _may_see(access, found):
        access.require(*_scopes(found)[0])
    return found


def _may_see(access: Access, job: Fields) -> bool:
    return any(access.may(scope, resource) for scope, resource in _scopes(job))


def _scopes(job: Fields) -> list[tuple[str, str]]:
    """Return the scopes with any of which a job could have been started."""
    datasource = job.get("datasource")
    name = str(datasource.get("name")) if isinstance(datasource, dict) else ""
    if job["kind"] == "import" and job.get("mode") == "append":
        return [(APPEND, name)]
    if job["kind"] == "import":
        return [(CREATE_DATASOURCE, "")]
    if job["kind"] == "delete_data":
        return [(CREATE_DATASOURCE, ""), (DROP_DATASOURCE, name)]
    return [(ADMIN, "")]


def _blocks(job: Fields) -> Fields:
    """Return what clients sum up of an import: its rows, as one block."""
    if job["kind"] != "import" or "successful_rows" not in job:
        return {"blocks": [], "block_log": []}
    refused = int(str(job["quarantine_rows"]))
    lines = int(str(job["successful_rows"])) + refused
    read = {"lines": lines, "quarantine": refused, "bytes": job.get("bytes", 0)}
    block = {"block_id": job["id"], "process_return": [{**read, "invalid_lines": 0}]}
    return {"blocks": [block], "block_log": []}


def _moment(request: Request, name: str) -> str | None:
    """Return a time of the query string in the form of `created_at`."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", ""))
    except ValueError as error:
        raise RequestError(f"The parameter '{name}' is not a time: {text[:40]!r}") from error
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
