"""Operations that run a pipe as a job: copies now, sinks refused by name."""

import uuid
from datetime import UTC, datetime

from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.read import parameter_values
from martlet.copies import run_copy
from martlet.errors import NotFoundError, RequestError
from martlet.query import find_pipe
from martlet.tokens import ADMIN
from martlet.workspace import MAX_JOBS, Workspace


def start_copy(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`POST /v0/pipes/<pipe>/copy[?_mode=append|replace]`: run a copy pipe to its end.

    The answer has the job in its final state; `GET /v0/jobs/<id>` reads it again.
    """
    authenticate(workspace, request).require(ADMIN, "")
    live = workspace.live
    found = find_pipe(live.project, pipe)
    values = parameter_values(request)
    mode = values.pop("_mode", None)
    job: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "kind": "copy",
        "created_at": _now(),
        "pipe_name": found.name,
        "is_cancellable": False,
    }
    job |= {"job_id": job["id"], "job_url": f"/v0/jobs/{job['id']}"}
    rows = run_copy(
        found,
        values,
        mode=None if mode is None else str(mode),
        queries=live.queries,
        engine=workspace.engine,
        sink=workspace.sink,
    )
    job |= {"status": "done", "updated_at": _now(), "rows": rows}
    _keep(workspace, job)
    target = found.output.settings["target_datasource"]
    return json_response({**job, "job": job, "tags": {"copy_target_datasource": target}}, rows=rows)


def start_sink(workspace: Workspace, request: Request, pipe: str) -> Response:
    """`POST /v0/pipes/<pipe>/sink`: not here yet; says which pipe it was."""
    authenticate(workspace, request).require(ADMIN, "")
    found = find_pipe(workspace.live.project, pipe)
    raise RequestError(f"Sinks are not available yet: the pipe '{found.name}' was not run")


def read_job(workspace: Workspace, request: Request, job: str) -> Response:
    """`GET /v0/jobs/<id>`: a job of this server's run, the last hundred."""
    authenticate(workspace, request).require(ADMIN, "")
    found = workspace.jobs.get(job)
    if found is None:
        raise NotFoundError(f"The job '{job[:80]}' does not exist")
    return json_response(found)


def _keep(workspace: Workspace, job: dict[str, object]) -> None:
    workspace.jobs[str(job["id"])] = job
    while len(workspace.jobs) > MAX_JOBS:
        workspace.jobs.pop(next(iter(workspace.jobs)), None)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
