"""The function behind uploads: API Gateway asks it for URLs and counts, it calls itself for rows.

A run takes in rows until two minutes before Lambda would end it, and then calls the next. Lambda
gives an event again when a run fails; the next run goes on behind the last part that was stored.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from martlet.api.append import Target
from martlet.api.backend import Tokens
from martlet.api.dispatch import Operations, dispatch
from martlet.api.http import Request, Response
from martlet.api.uploads import read_upload, start_job, start_upload
from martlet.aws import firehose
from martlet.aws.append_job import AppendJobs
from martlet.aws.clients import FAILURES, client
from martlet.aws.firehose import FirehoseSink
from martlet.aws.names import Deployed, stream_name
from martlet.aws.state import StateTable
from martlet.aws.tokens import open_tokens
from martlet.aws.uploads import DONE, ERROR, STALLED_S, VALID_S, WORKING, Job, Jobs, Objects
from martlet.errors import ConflictError, EngineError, NotAvailableError
from martlet.files.project import load_project
from martlet.idempotency import Key
from martlet.ingest.rows import Sent
from martlet.ingest.sinks import Appended
from martlet.model import Datasource, Project
from martlet_functions import edge

# Kept for what comes after the last call: the job's item, and the call of the next run. A run ends
# before nine tenths of its time, where the function's alarm is.
MARGIN_S = 100.0

# Of a call of Firehose with 4 MB. Nobody waits for it, and one that is given up may be stored.
READ_TIMEOUT_S = 30.0

_QUICK: dict[str, Any] = {
    "connect_timeout": 1.0,
    "read_timeout": 2.0,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}

OPERATIONS: Operations = {
    "start_upload": start_upload,
    "start_job": start_job,
    "read_job": read_upload,
}

logger = Logger(service="jobs")
metrics = Metrics(namespace="Martlet", service="jobs")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A deployed project, ready to take files.

    Attributes:
        invoker: botocore's Lambda.
        function: this function's name.
    """

    project: Project
    tokens: Tokens
    runner: AppendJobs
    invoker: Any
    function: str

    def answer(self, request: Request) -> Response:
        """Answer a request of API Gateway."""
        return dispatch(_Backend(self), request, OPERATIONS).result()

    def run(self, id: str, owner: str, *, time_left_s: float) -> Job | None:
        """Run a job for as long as there is time; if that was not enough, have another run go on.

        Raises:
            EngineError: the job cannot be read or written, or the next run not be called.
        """
        call_s = READ_TIMEOUT_S + firehose.CONNECT_TIMEOUT_S
        deadline = self.runner.clock() + time_left_s - MARGIN_S - call_s
        job = self.runner.run(id, owner, deadline=deadline, held_s=time_left_s)
        if job is not None and job.status == WORKING:
            self.call(job)
        return job

    def call(self, job: Job) -> None:
        """Have a run of the function begin with a job, or go on with it.

        Raises:
            EngineError: Lambda does not take the event.
        """
        try:
            self.invoker.invoke(
                FunctionName=self.function,
                InvocationType="Event",
                Payload=json.dumps({"job": job.id}).encode(),
            )
        except FAILURES as error:
            raise EngineError(
                f"The job cannot be begun now (Lambda: {type(error).__name__}); start it again"
            ) from error


@dataclass(frozen=True, slots=True)
class _Uploads:
    """The jobs of a workspace; see `martlet.api.uploads.Uploads`."""

    workspace: Workspace

    @property
    def jobs(self) -> Jobs:
        return self.workspace.runner.jobs

    def create(self, target: Target) -> tuple[dict[str, object], dict[str, object]]:
        header = {None: "", True: "true", False: "false"}[target.has_header]
        job = self.jobs.create(
            Job(
                id="",
                datasource=target.datasource.name,
                format=target.format,
                delimiter=target.dialect.delimiter,
                escape=target.dialect.escape,
                header=header,
            )
        )
        url = self.workspace.runner.objects.url(job)
        return job.shown(), {"url": url, "method": "PUT", "expires_in": VALID_S}

    def start(self, job: str) -> dict[str, object]:
        found = self.jobs.read(job)
        now = self.jobs.now()
        is_held = found.owner and found.held_until > now
        is_fresh = found.status == WORKING and found.updated > now - STALLED_S
        if found.status == DONE or is_held or is_fresh:
            raise ConflictError(f"The job '{job}' is {found.status}")
        size, etag = self.workspace.runner.objects.look(found)
        if found.etag and (size, etag) != (found.size, found.etag):
            raise ConflictError(
                f"The file of the job '{job}' is another than it was begun with",
                hint="make a new upload",
            )
        begun = self.jobs.save(
            replace(found, status=WORKING, size=size, etag=etag, message="", idle_runs=0)
        )
        try:
            self.workspace.call(begun)
        except EngineError:
            self.jobs.save(replace(begun, status=found.status))
            raise
        return begun.shown()

    def read(self, job: str) -> dict[str, object]:
        found = self.jobs.read(job)
        now = self.jobs.now()
        is_stalled = (
            found.status == WORKING and found.held_until < now and found.updated < now - STALLED_S
        )
        return {**found.shown(), "is_stalled": is_stalled}


@dataclass(frozen=True, slots=True)
class _Backend:
    """What operations see of a workspace; see `martlet.api.uploads.Uploading`."""

    workspace: Workspace
    records: None = None

    @property
    def tokens(self) -> Tokens:
        return self.workspace.tokens

    @property
    def max_decoded_bytes(self) -> int:
        return 0  # no file is in a request here

    @property
    def uploads(self) -> _Uploads:
        return _Uploads(self.workspace)

    def resource(self, name: str) -> str:
        return self.workspace.project.resource(name)

    def datasource(self, name: str) -> Datasource:
        return self.workspace.project.datasource(name)

    def append(
        self,
        datasource: Datasource,
        body: bytes,
        format: str,
        *,
        sent: Sent | None = None,
        key: Key | None = None,
    ) -> Future[Appended]:
        raise NotAvailableError("Rows in a request are not taken here")

    def read_parquet(self, content: bytes, *, max_bytes: int) -> bytes:
        raise NotAvailableError("Parquet is not read on AWS")


def open_workspace(environment: Mapping[str, str], function: str) -> Workspace:
    """Read the project in the bundle and make the clients of what it runs on.

    Args:
        environment: of the function.
        function: its name.

    Raises:
        ConfigurationError: the environment lacks something.
        ProjectError: the project has errors, which deploying it would have shown.
    """
    deployed = Deployed.read(environment)
    project = load_project(Path(deployed.folder), environment=environment)
    dynamodb = client("dynamodb", region=deployed.region, **_QUICK)
    streams = client(
        "firehose",
        region=deployed.region,
        read_timeout=READ_TIMEOUT_S,
        connect_timeout=firehose.CONNECT_TIMEOUT_S,
    )
    wait = threading.Event().wait
    s3 = client("s3", region=deployed.region, signature_version="s3v4")
    runner = AppendJobs(
        Jobs(dynamodb, deployed.state_table),
        Objects(s3, deployed.results_bucket, wait=wait),
        project.datasources,
        FirehoseSink(streams, lambda table: stream_name(deployed.project, deployed.stage, table)),
        StateTable(dynamodb, deployed.state_table),
        wait=wait,
    )
    tokens = open_tokens(dynamodb, deployed, project)
    invoker = client("lambda", region=deployed.region)
    return Workspace(project, tokens, runner, invoker, function)


@cache
def workspace(function: str) -> Workspace:
    """Return the workspace of the environment."""
    return open_workspace(os.environ, function)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401  Lambda's own
    """Answer an event of API Gateway, or run the job that an event of our own names.

    Raises:
        MartletError: the job cannot be gone on with now; Lambda gives the event again.
    """
    opened = workspace(context.function_name)
    if "requestContext" in event:  # API Gateway's have it, whatever a caller sends
        return edge.serve(event, opened.answer, logger.info)
    left = context.get_remaining_time_in_millis() / 1000
    started = time.perf_counter()
    job = opened.run(str(event["job"]), context.aws_request_id, time_left_s=left)
    if job is None:
        logger.info("job", extra={"job": event["job"], "status": "not ours"})
        return {}
    seconds = round(time.perf_counter() - started, 1)
    logger.info("job", extra={**job.shown(), "seconds": seconds})
    if job.status == ERROR:
        metrics.add_dimension("datasource", job.datasource)
        metrics.add_metric("FailedJobs", MetricUnit.Count, 1)
        metrics.flush_metrics()
    return {"status": job.status}
