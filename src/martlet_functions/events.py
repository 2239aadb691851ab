"""The function behind `POST /v0/events`: rows are typed and put into Firehose, or counted as not.

Its parts are made when it is loaded, so that a cold start pays for them before the first request;
the coder of a data source is compiled by its first request. There is no tracer: X-Ray's SDK
takes 290 ms to import, all of this 220 ms (measured), and the access line has the time taken.
"""

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from martlet.api.append import append_file
from martlet.api.backend import Tokens
from martlet.api.dispatch import dispatch
from martlet.api.http import Request, Response
from martlet.api.write import append_events
from martlet.aws import firehose
from martlet.aws.clients import client
from martlet.aws.firehose import FirehoseSink
from martlet.aws.idempotency import KeyTable
from martlet.aws.names import Deployed, stream_name
from martlet.aws.state import StateTable
from martlet.aws.tokens import open_tokens
from martlet.errors import NotAvailableError, TooLargeError
from martlet.files.project import load_project
from martlet.idempotency import Key
from martlet.ingest.lake import LakeCoder
from martlet.ingest.rows import Sent
from martlet.ingest.sinks import Appended
from martlet.model import Datasource, Project
from martlet_functions import edge

# Kept for what comes after the last call: counting, and writing the answer.
MARGIN_S = 1.0

# Of a body after gunzip or unzstd: Lambda takes 6 MB of it compressed, and the function's 512 MB of
# memory hold this one with its rows (measured: 198 MB at the peak; 411 MB if 99,000 are refused).
MAX_DECODED_BYTES = 32 * 1024 * 1024

# DynamoDB answers in milliseconds; its calls can be repeated, so botocore may.
_DYNAMODB = {
    "connect_timeout": 1.0,
    "read_timeout": 2.0,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}

OPERATIONS = {"append_events": append_events, "append_file": append_file}

logger = Logger(service="events")
metrics = Metrics(namespace="Martlet", service="events")


@dataclass(slots=True)
class Workspace:
    """A deployed project, ready to take events.

    Attributes:
        now: nanoseconds since 1970.
    """

    project: Project
    tokens: Tokens
    sink: FirehoseSink
    states: StateTable
    keys: KeyTable
    now: Callable[[], int] = time.time_ns
    _coders: dict[str, LakeCoder] = field(default_factory=dict)

    def answer(self, request: Request, *, deadline: float) -> Response:
        """Answer a request; after the deadline, of the sink's clock, no call is begun."""
        return dispatch(_Writing(self, request.id, deadline), request, OPERATIONS).result()

    def coder(self, datasource: Datasource) -> LakeCoder:
        """Return the coder of a data source, compiled once if it is the project's own."""
        if datasource is not self.project.datasources.get(datasource.name):
            return LakeCoder(datasource)
        found = self._coders.get(datasource.name)
        if found is None:
            found = self._coders[datasource.name] = LakeCoder(datasource)
        return found


@dataclass(frozen=True, slots=True)
class _Writing:
    """What operations see of a workspace in one request; see `martlet.api.backend.Writing`."""

    workspace: Workspace
    batch: str
    deadline: float
    records: None = None

    @property
    def tokens(self) -> Tokens:
        return self.workspace.tokens

    @property
    def max_decoded_bytes(self) -> int:
        return MAX_DECODED_BYTES

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
        """Type the events of a body and put them into Firehose, now: the future is done.

        Args:
            datasource: the project's, or one made of it that is read in another way.
            body: decoded.
            format: `ndjson` or `json`.
            sent: what the body was made of.
            key: with which they are put once.

        Raises:
            IdempotencyError: the key is another request's.
            RequestError: the body has no events, or is not in that format.
            TooLargeError: it is above `MAX_DECODED_BYTES`.
            EngineError: not all is stored; the message has counts.
        """
        if len(body) > MAX_DECODED_BYTES:
            raise TooLargeError(
                f"The body has {len(body)} bytes when decoded, and {MAX_DECODED_BYTES} (32 MB) is"
                " the limit of one request on AWS; nothing of it was stored"
            )

        def put(batch: str) -> Appended:
            return self._put(datasource, body, format, sent, batch)

        future: Future[Appended] = Future()
        keys = self.workspace.keys
        future.set_result(put(self.batch) if key is None else keys.run(key, self.batch, put))
        return future

    def _put(
        self, datasource: Datasource, body: bytes, format: str, sent: Sent | None, batch: str
    ) -> Appended:
        opened, name = self.workspace, datasource.name
        moment = opened.now()
        rows = opened.coder(datasource).code(body, format, batch=batch, moment=moment, sent=sent)
        if rows.refused:
            opened.states.cover(datasource.quarantine, moment=moment, days_ahead=0)
        if rows.documents:
            columns = [column.name for column in datasource.columns]
            opened.states.cover(name, moment=moment, days_ahead=rows.days_ahead, columns=columns)
        put = opened.sink.append(name, datasource.quarantine, rows, deadline=self.deadline)
        count(name, put)
        if error := put.error(name):
            raise error
        return Appended(put.rows.stored, put.refused.stored)

    def read_parquet(self, content: bytes, *, max_bytes: int) -> bytes:
        """Refuse: what reads Parquet is larger than a function may be.

        Raises:
            NotAvailableError: always.
        """
        raise NotAvailableError(
            "Parquet is not read on AWS", hint="use `martlet append`, which sends the rows as JSON"
        )


def count(datasource: str, put: firehose.Appended) -> None:
    """Write the metrics of one request, by data source, as a line that CloudWatch reads."""
    metrics.add_dimension("datasource", datasource)
    failed = put.rows.failed() + put.refused.failed()
    for name, unit, value in (
        ("AcceptedRows", MetricUnit.Count, put.rows.stored),
        ("QuarantinedRows", MetricUnit.Count, put.refused.stored),
        ("FailedRows", MetricUnit.Count, failed),
        ("StoredBytes", MetricUnit.Bytes, put.rows.bytes + put.refused.bytes),
        ("RepeatedCalls", MetricUnit.Count, put.rows.tries + put.refused.tries),
    ):
        metrics.add_metric(name, unit, value)
    metrics.flush_metrics()


def open_workspace(environment: Mapping[str, str]) -> Workspace:
    """Read the project in the bundle and make the clients of what it runs on.

    Raises:
        ConfigurationError: the environment lacks something.
        ProjectError: the project has errors, which deploying it would have shown.
    """
    deployed = Deployed.read(environment)
    dynamodb = client("dynamodb", region=deployed.region, **_DYNAMODB)
    streams = client(
        "firehose",
        region=deployed.region,
        read_timeout=firehose.READ_TIMEOUT_S,
        connect_timeout=firehose.CONNECT_TIMEOUT_S,
    )
    project = load_project(Path(deployed.folder), environment=environment)
    return Workspace(
        project,
        open_tokens(dynamodb, deployed, project),
        FirehoseSink(streams, lambda table: stream_name(deployed.project, deployed.stage, table)),
        StateTable(dynamodb, deployed.state_table),
        KeyTable(
            dynamodb,
            deployed.state_table,
            window_s=project.settings.idempotency_window_h * 3600,
        ),
    )


@cache
def workspace() -> Workspace:
    """Return the workspace of the environment."""
    return open_workspace(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401  Lambda's own
    """Answer an event of API Gateway."""
    opened = workspace()
    # So that the last call that is begun ends before all is cut off.
    left = edge.time_left_s(event, context) - firehose.CALL_S - MARGIN_S
    deadline = time.monotonic() + left
    return edge.serve(event, lambda request: opened.answer(request, deadline=deadline), logger.info)


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    workspace()
