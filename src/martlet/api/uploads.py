"""Files too large for a request: put where a URL says, then taken in by a job."""

from typing import Protocol

from martlet.access import APPEND, Access
from martlet.api.append import Target, quarantine_error, read_target, required_name
from martlet.api.backend import Writing
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.errors import NotAvailableError
from martlet.ingest.csvrows import Dialect

Job = dict[str, object]


class Uploads(Protocol):
    """The jobs of a place that takes large files."""

    def create(self, target: Target) -> tuple[Job, dict[str, object]]:
        """Make a job that waits for its file; return it, and where the file goes."""
        ...

    def start(self, job: str) -> Job:
        """Begin a job, or go on with one that has stopped.

        Raises:
            ConflictError: the file is not there, or the job is done or at work.
        """
        ...

    def read(self, job: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: there is none of that id.
        """
        ...


class Uploading(Writing, Protocol):
    """Where files are taken in."""

    @property
    def uploads(self) -> Uploads | None: ...


def start_upload(backend: Uploading, request: Request) -> Response:
    """`POST /v0/uploads?mode=append&name=<data source>&format=csv|ndjson`: a job and the URL to PUT its file to (AWS)."""  # noqa: E501  one line of the table of routes
    uploads = _uploads(backend)
    token = authenticate(backend, request)
    name = required_name(request.query)
    token.require(APPEND, backend.resource(name))
    target = read_target(request.query, backend.datasource(name))
    if target.format == "parquet":
        raise NotAvailableError(
            "Parquet is not read on AWS", hint="use `martlet append`, which sends the rows as JSON"
        )
    if target.dialect.quote != Dialect().quote:
        raise NotAvailableError(
            "The parameter 'dialect_quotechar' is not available for uploads",
            hint="send files of up to 4.5 MB in requests",
        )
    job, upload = uploads.create(target)
    return json_response({**_shown(job), "upload": upload})


def start_job(backend: Uploading, request: Request, job: str) -> Response:
    """`POST /v0/jobs/<id>/start`: takes in the file of an upload (AWS)."""
    uploads = _uploads(backend)
    token = authenticate(backend, request)
    _check(token, uploads.read(job))
    return json_response(_shown(uploads.start(job)))


def read_upload(backend: Uploading, request: Request, job: str) -> Response:
    """`GET /v0/jobs/<id>`: how far the job of an upload is, with counts of what is stored."""
    uploads = _uploads(backend)
    token = authenticate(backend, request)
    found = uploads.read(job)
    _check(token, found)
    return json_response(_shown(found))


def _uploads(backend: Uploading) -> Uploads:
    if backend.uploads is None:
        raise NotAvailableError(
            "Uploads are for deployments on AWS",
            hint="send the file to /v0/datasources?mode=append, in parts if it is large",
        )
    return backend.uploads


def _check(token: Access, job: Job) -> None:
    token.require(APPEND, str(job["datasource"]))


def _shown(job: Job) -> Job:
    """Return a job as it is answered, with Tinybird's names of the same things."""
    refused = int(str(job["quarantined_rows"]))
    return {
        "id": job["id"],
        "job_id": job["id"],
        "job_url": f"/v0/jobs/{job['id']}",
        "kind": "import",
        "import_id": job["id"],
        **{key: value for key, value in job.items() if key != "datasource"},
        "datasource": {"name": job["datasource"]},
        "quarantine_rows": refused,
        "invalid_lines": 0,
        "error": job.get("error") or quarantine_error(refused) or False,
    }
