"""Jobs: what they are, their end before time; copies that are started, sinks refused by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from martlet.access import ADMIN, APPEND, CREATE_DATASOURCE, DROP_DATASOURCE, Access
from martlet.api.http import Request, Response, addressed, authenticate, json_response
from martlet.api.read import parameter_values
from martlet.copies import prepare_copy, run_copy
from martlet.errors import RequestError
from martlet.ids import resource_id
from martlet.jobstore import ERROR, STATUSES, Fields, Job
from martlet.query import find_pipe
from martlet.workspace import Workspace

_FILTERS = ("kind", "status", "pipe_id", "pipe_name")

# What every token is told of a job that it may see.
_HARMLESS = frozenset(
    ("id", "job_id", "job_url", "import_id", "delete_id", "kind", "status", "mode", "datasource",
     "pipe_id", "pipe_name", "created_at", "updated_at", "started_at", "is_cancellable")
)  # fmt: skip


def start_copy(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`POST /v0/pipes/<pipe>/copy[?_mode=append|replace]`: a job that runs a copy pipe."""
    authenticate(workspace, request).require(ADMIN, "")
    job = addressed(request, _start_copy(workspace, pipe, parameter_values(request)))
    target = cast(Fields, job["datasource"])
    return json_response({**job, "job": job, "tags": {"copy_target_datasource": target["id"]}})


def _start_copy(workspace: Workspace, pipe: str, values: Mapping[str, object]) -> Fields:
    live = workspace.live
    found = find_pipe(live.project, pipe)
    mode = values.get("_mode")
    copy = prepare_copy(
        found,
        {name: value for name, value in values.items() if name != "_mode"},
        mode=None if mode is None else str(mode),
        queries=live.queries,
    )

    def work(job: Job) -> Fields:
        workspace.prepare(copy.query)
        rows = run_copy(copy, job, engine=workspace.engine, sink=workspace.sink)
        return {"rows": rows, "statistics": {"row_count": rows}}

    return workspace.jobs.start(
        "copy",
        work,
        again=lambda: _start_copy(workspace, pipe, values),
        pipe_id=resource_id("pipe", found.name),
        pipe_name=found.name,
        mode=copy.mode,
        datasource={"id": resource_id("datasource", copy.target), "name": copy.target},
    )


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
        _as_told(request, access, job)
        for job in workspace.jobs.list()
        if _may_see(access, job)
        and all(job.get(name) == value for name, value in wanted.items())
        and after <= str(job["created_at"]) <= before
    ]
    return json_response({"jobs": jobs})


def read_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`GET /v0/jobs/<id>`: how far a job is, and what came of it."""
    access = authenticate(workspace, request)
    found = _find(workspace, access, job)
    if "blocks" in request.query.get("debug", ""):
        found |= _blocks(found)
    return json_response(_as_told(request, access, found))


def cancel_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`POST /v0/jobs/<id>/cancel`: ends a job that is not over."""
    access = authenticate(workspace, request)
    found = _find(workspace, access, job)
    return json_response(_as_told(request, access, workspace.jobs.cancel(str(found["id"]))))


def retry_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`POST /v0/jobs/<id>/retry`: another job for what one that failed or was cancelled was for."""
    access = authenticate(workspace, request)
    found = _find(workspace, access, job)
    again = _as_told(request, access, workspace.jobs.retry(str(found["id"])))
    return json_response({**again, "job": again})


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


def _as_told(request: Request, access: Access, job: Fields) -> Fields:
    """Return a job without what would tell of rows that a token does not see."""
    job = addressed(request, job)
    if not access.filters:
        return job
    shown = {name: value for name, value in job.items() if name in _HARMLESS}
    if job["status"] == ERROR:
        shown["error"] = "Why it failed is not shown to a token that sees only some of the rows"
    return shown


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
