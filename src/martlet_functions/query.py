"""The function behind every route but events: endpoints run on Athena; what is nowhere is a 404.

Its parts are made when it is loaded, so that a cold start pays for them before the first request.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from martlet.api import datasources, dependencies, openapi, pipes, workspace_info
from martlet.api.backend import Published, Tokens
from martlet.api.dispatch import Operations, dispatch
from martlet.api.http import CORS, Request, Response, failure
from martlet.api.read import health, run_pipe
from martlet.api.sql import run_sql
from martlet.aws.athena import Athena
from martlet.aws.clients import client
from martlet.aws.engine import LakeEngine
from martlet.aws.known import KnownRows
from martlet.aws.names import Deployed
from martlet.aws.project_secrets import ProjectSecrets, SecretValues
from martlet.aws.results import LargeAnswers, compressed, fits
from martlet.aws.tokens import open_tokens
from martlet.engines.base import Engine
from martlet.engines.stored import Stored, written_at
from martlet.errors import MartletError, NotAvailableError
from martlet.files.project import load_project
from martlet.model import Datasource, Project
from martlet.query import Query, QueryBuilder
from martlet_functions import edge

# Kept for what comes after the query's last look: stopping it, or writing its answer.
MARGIN_S = 1.5

_SHORTEST_S = 0.1

# DynamoDB and Secrets Manager answer in milliseconds; what we ask them can be repeated, so
# botocore may.
_QUICK: dict[str, Any] = {
    "connect_timeout": 1.0,
    "read_timeout": 2.0,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}

OPERATIONS: Operations = {
    "list_datasources": datasources.list_datasources,
    "read_datasource": datasources.read_datasource,
    "list_pipes": pipes.list_pipes,
    "read_pipe": pipes.read_pipe,
    "read_pipe_file": pipes.read_pipe_file,
    "openapi_document": openapi.openapi_document,
    "run_pipe": run_pipe,
    "run_sql": run_sql,
    "read_dependencies": dependencies.read_dependencies,
    "list_tags": workspace_info.list_tags,
    "read_workspace": workspace_info.read_workspace,
    "list_workspaces": workspace_info.list_workspaces,
    "list_regions": workspace_info.list_regions,
    "health": health,
    "read_version": workspace_info.read_version,
    "example_request": workspace_info.example_request,
}

logger = Logger(service="query")
metrics = Metrics(namespace="Martlet", service="query")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A deployed project, ready to be asked.

    Attributes:
        name: of the project on AWS.
        engine: whose time limit is the project's.
    """

    name: str
    project: Project
    queries: QueryBuilder
    tokens: Tokens
    engine: LakeEngine
    answers: LargeAnswers

    def answer(self, request: Request, timeout_s: float) -> Response:
        """Answer a request in so many seconds; one too large for Lambda is put on S3."""
        backend = _Reading(self.tokens, self.name, self, self.engine.within(timeout_s))
        response = dispatch(backend, request, OPERATIONS).result()
        if response.status != 200 or fits(response.body):
            return response
        try:
            return self.large(request, response)
        except MartletError as error:
            failed = failure(request, error)
            failed.headers = {**CORS, "x-request-id": request.id, **failed.headers}
            return failed

    def large(self, request: Request, response: Response) -> Response:
        """Return an answer that Lambda cannot send as it is: compressed, or 303 to where it is.

        Raises:
            EngineError: S3 does not take the answer.
        """
        if edge.takes_gzip(request.headers.get("accept-encoding", "")):
            body = compressed(response.body)
            if body is not None:
                more = {"content-encoding": "gzip", "vary": "accept-encoding"}
                return replace(response, body=body, headers={**response.headers, **more})
        url = self.answers.put(response.body, response.media_type, request.id)
        headers = {**response.headers, "location": url, "cache-control": "no-store"}
        return replace(response, status=303, body=b"", headers=headers)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What operations see of a workspace in one request; see `martlet.api.backend.Reading`."""

    tokens: Tokens
    name: str
    live: Workspace
    engine: Engine
    cache: None = None
    records: None = None

    def published(self, deployment: str) -> Published:
        raise NotAvailableError("Nothing is staged on AWS: there is the live project alone")

    def resource(self, name: str) -> str:
        return self.live.project.resource(name)

    def datasource(self, name: str) -> Datasource:
        return self.live.project.datasource(name)

    def stored(self, sources: Sequence[Datasource]) -> dict[str, Stored]:
        # To count rows Athena would read them, for seconds and money.
        tables = {}
        for source in sources:
            changed = written_at(self.live.project.root / source.location.path)
            tables[source.name] = Stored(created_at=changed, updated_at=changed)
            tables[source.quarantine] = Stored()
        return tables

    def prepare(self, query: Query) -> None:
        pass  # what it reads is there


def open_workspace(environment: Mapping[str, str]) -> Workspace:
    """Read the project in the bundle and make the clients of what it runs on.

    Raises:
        ConfigurationError: the environment lacks something.
        ProjectError: the project has errors, which deploying it would have shown.
    """
    deployed = Deployed.read(environment)
    project = load_project(Path(deployed.folder), environment=environment)
    s3 = client("s3", region=deployed.region, signature_version="s3v4")
    athena = Athena(
        client("athena", region=deployed.region),
        s3,
        workgroup=deployed.workgroup,
        database=deployed.database,
    )
    dynamodb = client("dynamodb", region=deployed.region, **_QUICK)
    if deployed.project_secrets:
        manager = client("secretsmanager", region=deployed.region, **_QUICK)
        values = SecretValues(ProjectSecrets(manager, deployed.project_secrets), project.secrets)
        project = replace(project, secrets=values)
    queries = QueryBuilder(project)
    known = KnownRows(dynamodb, deployed.state_table, project)
    return Workspace(
        deployed.project,
        project,
        queries,
        open_tokens(dynamodb, deployed, project),
        LakeEngine(project, athena, queries=queries, known=known),
        LargeAnswers(s3, deployed.results_bucket),
    )


@cache
def workspace() -> Workspace:
    """Return the workspace of the environment."""
    return open_workspace(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401  Lambda's own
    """Answer an event of API Gateway."""
    opened = workspace()

    def answer(request: Request) -> Response:
        left = edge.time_left_s(event, context) - MARGIN_S
        response = opened.answer(request, max(left, _SHORTEST_S))
        count(response)
        return response

    return edge.serve(event, answer, logger.info)


def count(response: Response) -> None:
    """Write the metrics of a query that ran on Athena as a line that CloudWatch reads."""
    scanned = response.headers.get("x-athena-scanned-bytes")
    if scanned is None:
        return
    metrics.add_metric("Queries", MetricUnit.Count, 1)
    metrics.add_metric("ScannedBytes", MetricUnit.Bytes, int(scanned))
    if response.rows is not None:
        metrics.add_metric("ResultRows", MetricUnit.Count, response.rows)
    metrics.flush_metrics()


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    workspace()
