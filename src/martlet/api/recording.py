"""Requests as records of the service data sources; never with the value of a token.

To record another operation, add a row to `_RECORDED`.
"""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import orjson

from martlet.api.http import Request, Response
from martlet.idempotency import REPLAYED
from martlet.model import Project
from martlet.service_rows import QUERY_API, Operation, QueryRecord


class Recorder(Protocol):
    """Takes records; see `martlet.service_records.Records`."""

    @property
    def is_on(self) -> bool: ...

    @property
    def project(self) -> Callable[[], Project]: ...

    def query(self, record: QueryRecord) -> None: ...

    def events(
        self,
        datasource: str,
        *,
        request_id: str,
        status: int,
        rows: int,
        quarantined: int,
        received: int,
        decompressed: int,
        elapsed_s: float,
        client: str,
        token: str,
        error: bytes,
    ) -> None: ...

    def operation(self, operation: Operation) -> None: ...


def record(records: Recorder, request: Request, response: Response, elapsed_s: float) -> None:
    """Record a request that is about to be answered, where its operation is recorded."""
    recorded = _RECORDED.get(request.noted.operation)
    if recorded is not None and records.is_on:
        recorded(records, request, response, elapsed_s)


def _query(records: Recorder, request: Request, response: Response, elapsed_s: float) -> None:
    noted, access, result = request.noted, request.access, request.noted.result
    # Tinybird does not record who reads the records.
    if noted.reads_service or (access is None and response.status != 429):
        return
    pipe = QUERY_API
    if "pipe" in noted.path:
        project = records.project()
        pipe = noted.path["pipe"]
        pipe = pipe if pipe in project.pipes else project.resource(pipe)
        if pipe not in project.pipes:
            return
    records.query(
        QueryRecord(
            at=time.time() - elapsed_s,
            pipe=pipe,
            token=access.id if access else "",
            token_name=access.name if access else "",
            duration_s=elapsed_s,
            bytes_read=result.bytes_read if result else 0,
            rows_read=result.rows_read if result else 0,
            rows=result.rows if result else 0,
            path=request.path,
            query_string=request.query_string,
            status=response.status,
            error=response.body if response.status >= 400 else b"",
            has_secret=noted.has_secret,
            id=request.id,
            parameters=noted.parameters,
            method=request.method,
            user_agent=request.headers.get("user-agent", ""),
            client=request.client,
        )
    )


def _events(records: Recorder, request: Request, response: Response, elapsed_s: float) -> None:
    datasource, access = request.noted.datasource, request.access
    if not datasource and response.status == 429:
        project = records.project()
        datasource = project.resource(request.query.get("name", ""))
        datasource = datasource if datasource in project.datasources else ""
    if not datasource:
        return
    is_repeated = REPLAYED in request.answer_headers  # its rows were stored before
    records.events(
        datasource,
        request_id=request.id,
        status=response.status,
        rows=0 if is_repeated else response.rows or 0,
        quarantined=0 if is_repeated else response.quarantined,
        received=len(request.body),
        decompressed=request.noted.decoded_bytes,
        elapsed_s=elapsed_s,
        client=request.client,
        token=(access.id or access.name) if access else "",
        error=response.body if response.status >= 400 else b"",
    )


def _change(records: Recorder, request: Request, response: Response, elapsed_s: float) -> None:
    if REPLAYED in request.answer_headers:
        return
    kind = request.noted.change
    content = orjson.loads(response.body) if response.body else {}
    rows = response.rows
    for datasource in request.noted.changed:
        records.operation(
            Operation(
                time.time(),
                kind,
                datasource,
                elapsed_s=elapsed_s,
                error=str(content.get("error")) if response.status >= 400 else "",
                request_id=request.id,
                import_id=content.get("import_id"),
                rows=None if rows is None else rows - response.quarantined,
                quarantined=None if rows is None else response.quarantined,
            )
        )


_RECORDED: Mapping[str, Callable[[Recorder, Request, Response, float], None]] = {
    "run_pipe": _query,
    "run_sql": _query,
    "append_events": _events,
    "append_file": _change,
    "truncate_datasource": _change,
}
