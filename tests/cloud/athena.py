"""A stand-in for Athena: its AWS JSON calls over HTTP, SQL run by a real Trino server.

Queries go QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED; results are there as pages and as
the file that Athena writes to the work group's location. Faults of single calls are planned at
`/_admin/faults` as `tests.cloud.faults` has them, and what happens to queries with the operation
`query`: `slow` (`seconds` before it runs), `fail` (`reason`, `error`), `cancel` (`reason`).
`/_admin/queries` tells what was run. Source: the service model in botocore, and
https://docs.aws.amazon.com/athena/latest/APIReference/Welcome.html.
"""

import argparse
import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.cloud.athena_values import column_info, csv, text
from tests.cloud.faults import Faults
from tests.cloud.web import Call, DroppedError, Reply, make_server

MAX_SQL_BYTES = 262_144  # https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
MAX_PAGE = 1000
FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}

# https://docs.aws.amazon.com/athena/latest/ug/error-reference.html: 1 system, 2 user, 3 other.
_CATEGORIES = {"USER_ERROR": 2, "INSUFFICIENT_RESOURCES": 2, "INTERNAL_ERROR": 1, "EXTERNAL": 3}
_TYPES = {"INSUFFICIENT_RESOURCES": 1, "INTERNAL_ERROR": 200, "EXTERNAL": 204, "USER_ERROR": 1006}

WorkGroup = dict[str, Any]


class RefusedError(Exception):
    """A call that Athena answers with an error."""

    def __init__(self, message: str, code: str = "InvalidRequestException", **more: str) -> None:
        super().__init__(message)
        self.reply = Reply.error(code, message, **more)


@dataclass
class Query:
    """One execution."""

    id: str
    sql: str
    database: str
    group: str
    location: str = ""
    state: str = "QUEUED"
    reason: str = ""
    error: dict[str, object] | None = None
    columns: list[dict[str, object]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    update_count: int | None = None
    stats: dict[str, int] = field(default_factory=dict)
    submitted: float = field(default_factory=time.time)
    completed: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def is_select(self) -> bool:
        return self.sql.lstrip(" \n\t(").split(None, 1)[0].upper() in {"SELECT", "WITH", "VALUES"}

    @property
    def statement_type(self) -> str:
        first = self.sql.split(None, 1)[0].upper()
        return "DML" if self.is_select or first in {"INSERT", "UNLOAD", "MERGE"} else "DDL"

    @property
    def file(self) -> str:
        return f"{self.location.rstrip('/')}/{self.id}.{'csv' if self.is_select else 'txt'}"


class TrinoQueryError(Exception):
    """What Trino says of a statement that it cannot run."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


class Trino:
    """Trino's HTTP protocol, https://trino.io/docs/476/develop/client-protocol.html."""

    def __init__(self, address: str, catalog: str) -> None:
        self.address, self.catalog = urlsplit(address), catalog

    def run(self, query: Query) -> None:
        """Run a query to its end, or until it is stopped."""
        place = (str(self.address.hostname), self.address.port)
        connection = http.client.HTTPConnection(*place, timeout=120)
        headers = {
            "X-Trino-User": "athena",
            "X-Trino-Catalog": self.catalog,
            "X-Trino-Time-Zone": "UTC",
            **({"X-Trino-Schema": query.database.lower()} if query.database else {}),
        }
        try:
            page = _page(connection, "POST", "/v1/statement", query.sql.encode(), headers)
            while True:
                self._take(query, page)
                following = page.get("nextUri")
                if following is None:
                    break
                path = urlsplit(following).path
                if query.stopped.is_set():
                    connection.request("DELETE", path, headers=headers)
                    return
                page = _page(connection, "GET", path, None, headers)
        finally:
            connection.close()

    def _take(self, query: Query, page: dict[str, Any]) -> None:
        stats = page.get("stats", {})
        query.stats = {
            "QueryQueueTimeInMillis": stats.get("queuedTimeMillis", 0),
            "QueryPlanningTimeInMillis": stats.get("planningTimeMillis", 0),
            "EngineExecutionTimeInMillis": stats.get("elapsedTimeMillis", 0),
            "DataScannedInBytes": stats.get("physicalInputBytes", 0),
        }
        if "error" in page:
            raise TrinoQueryError(page["error"])
        if "columns" in page and query.is_select:
            signatures = [column["typeSignature"] for column in page["columns"]]
            query.columns = [
                column_info(column["name"], signature)
                for column, signature in zip(page["columns"], signatures, strict=True)
            ]
            for row in page.get("data", []):
                query.rows.append([text(v, s) for v, s in zip(row, signatures, strict=True)])
        query.update_count = page.get("updateCount", query.update_count)


def _page(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
) -> dict[str, Any]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise OSError(f"Trino answered {answer.status}: {content[:200]!r}")
    page: dict[str, Any] = json.loads(content, parse_float=str)
    return page


class Athena:
    """The service. Work groups and files are somewhere else: MiniStack's, or a test's own."""

    def __init__(
        self,
        trino: Trino,
        *,
        work_group: Callable[[str], WorkGroup | None],
        store: Callable[[str, bytes], None],
        faults: Faults | None = None,
    ) -> None:
        self.trino, self.work_group, self.store = trino, work_group, store
        self.faults = faults or Faults()
        self.queries: dict[str, Query] = {}
        self._by_token: dict[str, tuple[str, Query]] = {}
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[dict[str, Any]], object]] = {
            "StartQueryExecution": self.start,
            "GetQueryExecution": lambda body: {"QueryExecution": self.describe(self._find(body))},
            "GetQueryResults": self.results,
            "StopQueryExecution": self.stop,
            "GetWorkGroup": lambda body: {"WorkGroup": self._group(body.get("WorkGroup", ""))},
        }

    def handle(self, call: Call) -> Reply:
        if call.path == "/_admin/queries":
            return Reply.json([self.describe(query) for query in self.queries.values()])
        answered = self.faults.admin(call)
        if answered:
            return answered
        fault = self.faults.take(call.operation)
        if fault:
            match fault["fault"]:
                case "throttle":
                    return RefusedError(
                        "Rate exceeded", "TooManyRequestsException",
                        Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED",
                    ).reply  # fmt: skip
                case "refuse":
                    raise DroppedError
                case "error":
                    code = fault.get("code", "InternalServerException")
                    return Reply.error(code, "planned by a test", fault.get("status", 500))
                case unknown:
                    raise ValueError(f"no fault {unknown!r}")
        operation = self._operations.get(call.operation)
        if operation is None:
            return Reply.error("UnknownOperationException", call.operation)
        try:
            return Reply.json(operation(json.loads(call.body)))
        except RefusedError as error:
            return error.reply

    def start(self, body: dict[str, Any]) -> object:
        sql, token = body["QueryString"], body.get("ClientRequestToken")
        if not sql.strip():
            raise RefusedError("QueryString must not be empty")
        if len(sql.encode()) > MAX_SQL_BYTES:
            raise RefusedError(
                f"1 validation error detected: Value at 'queryString' failed to satisfy constraint:"
                f" Member must have length less than or equal to {MAX_SQL_BYTES}"
            )
        if token is not None and not 32 <= len(token) <= 128:
            raise RefusedError("Value at 'clientRequestToken' must have 32 to 128 characters")
        name = body.get("WorkGroup", "primary")
        group = self._group(name)
        if group.get("State", "ENABLED") != "ENABLED":
            raise RefusedError(f"WorkGroup {name} is disabled.")
        wanted = json.dumps(body, sort_keys=True)
        with self._lock:
            if token in self._by_token:
                earlier, query = self._by_token[token]
                if earlier != wanted:
                    raise RefusedError("Idempotent parameters do not match")
                return {"QueryExecutionId": query.id}
            database = (body.get("QueryExecutionContext") or {}).get("Database", "")
            query = Query(str(uuid.uuid4()), sql, database, name, _location(body, group))
            self.queries[query.id] = query
            if token is not None:
                self._by_token[token] = (wanted, query)
        cutoff = group.get("Configuration", {}).get("BytesScannedCutoffPerQuery")
        fault = self.faults.take("query")
        threading.Thread(target=self._run, args=(query, cutoff, fault), daemon=True).start()
        return {"QueryExecutionId": query.id}

    def _run(self, query: Query, cutoff: int | None, fault: dict[str, Any] | None) -> None:
        if fault and fault["fault"] == "slow" and query.stopped.wait(fault["seconds"]):
            return
        with self._lock:
            if query.state in FINAL:
                return
            query.state = "RUNNING"
        if fault and fault["fault"] in {"fail", "cancel"}:
            state = "FAILED" if fault["fault"] == "fail" else "CANCELLED"
            self._end(query, state, fault.get("reason", "planned by a test"), fault.get("error"))
            return
        try:
            self.trino.run(query)
            if query.stopped.is_set():
                return
            if cutoff and query.stats["DataScannedInBytes"] > cutoff:
                self._end(query, "CANCELLED", "Bytes scanned limit was exceeded", None)
                return
            if query.location:
                names = [str(column["Name"]) for column in query.columns]
                self.store(query.file, csv(names, query.rows) if query.is_select else b"")
        except TrinoQueryError as failure:
            self._end(query, "FAILED", *_failure(failure.error, query))
        except Exception as failure:  # noqa: BLE001  whatever it is, the client shall see it
            self._end(query, "FAILED", f"GENERIC_INTERNAL_ERROR: {failure!r}", _error(1, 200, ""))
        else:
            self._end(query, "SUCCEEDED", "", None)

    def _end(self, query: Query, state: str, reason: str, error: dict[str, object] | None) -> None:
        with self._lock:
            if query.state not in FINAL:
                query.state, query.reason, query.error = state, reason, error
                query.completed = time.time()

    def stop(self, body: dict[str, Any]) -> object:
        query = self._find(body)
        self._end(query, "CANCELLED", "Query cancelled by user", None)
        query.stopped.set()
        return {}

    def describe(self, query: Query) -> dict[str, object]:
        """Return Athena's QueryExecution."""
        status: dict[str, object] = {"State": query.state, "SubmissionDateTime": query.submitted}
        ended = query.completed or time.time()
        if query.reason:
            status["StateChangeReason"] = query.reason
        if query.error:
            status["AthenaError"] = query.error
        if query.completed:
            status["CompletionDateTime"] = query.completed
        return {
            "QueryExecutionId": query.id,
            "Query": query.sql,
            "StatementType": query.statement_type,
            "ResultConfiguration": {"OutputLocation": query.file} if query.location else {},
            "QueryExecutionContext": {"Database": query.database, "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": {
                "DataScannedInBytes": 0,
                **query.stats,
                "TotalExecutionTimeInMillis": round((ended - query.submitted) * 1000),
                "ServiceProcessingTimeInMillis": 1,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            },
            "WorkGroup": query.group,
            "EngineVersion": {
                "SelectedEngineVersion": "Athena engine version 3",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }

    def results(self, body: dict[str, Any]) -> object:
        query = self._find(body)
        if query.state in {"QUEUED", "RUNNING"}:
            raise RefusedError(f"Query has not yet finished. Current state: {query.state}")
        if query.state != "SUCCEEDED":
            raise RefusedError(
                f"Query did not finish successfully. Final query state: {query.state}"
            )
        limit = body.get("MaxResults", MAX_PAGE)
        if not 1 <= limit <= MAX_PAGE:
            raise RefusedError(f"MaxResults is not in [1, {MAX_PAGE}]")
        header: list[list[str | None]] = []
        if query.is_select:
            header = [[str(column["Name"]) for column in query.columns]]
        everything = header + query.rows
        start = int(body.get("NextToken") or 0)
        rows = everything[start : start + limit]
        answer: dict[str, object] = {
            "UpdateCount": query.update_count or 0,
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
                    for row in rows
                ],
                "ResultSetMetadata": {"ColumnInfo": query.columns},
            },
        }
        if start + limit < len(everything):
            answer["NextToken"] = str(start + limit)
        return answer

    def _find(self, body: dict[str, Any]) -> Query:
        query = self.queries.get(body.get("QueryExecutionId", ""))
        if query is None:
            raise RefusedError(f"QueryExecution {body.get('QueryExecutionId')} was not found")
        return query

    def _group(self, name: str) -> WorkGroup:
        group = self.work_group(name)
        if group is None:
            raise RefusedError(f"WorkGroup {name} is not found.")
        return group


def _location(body: dict[str, Any], group: WorkGroup) -> str:
    """Return where the result goes, empty where Athena keeps it itself.

    Raises:
        RefusedError: neither the work group nor the call says it.
    """
    configuration = group.get("Configuration", {})
    if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        return ""
    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation", "")
    given = (body.get("ResultConfiguration") or {}).get("OutputLocation", "")
    enforced = configuration.get("EnforceWorkGroupConfiguration", True)
    location = str(own if enforced or not given else given)
    if not location:
        raise RefusedError(
            "No output location provided. An output location is required either through the"
            " Workgroup result configuration setting or as an API input."
        )
    return location


def _error(category: int, type_: int, message: str) -> dict[str, object]:
    return {
        "ErrorCategory": category, "ErrorType": type_, "Retryable": category == 1,
        "ErrorMessage": message,
    }  # fmt: skip


def _failure(error: dict[str, Any], query: Query) -> tuple[str, dict[str, object]]:
    """Return the reason and the error of a failed query."""
    first = f"{error['errorName']}: {error['message']}"
    kind = error.get("errorType", "INTERNAL_ERROR")
    reason = (
        f'{first}\nThis query ran against the "{query.database}" database, unless qualified by the'
        " query. Please post the error message on our forum or contact customer support with"
        f" Query Id: {query.id}"
    )
    return reason, _error(_CATEGORIES.get(kind, 3), _TYPES.get(kind, 200), first)


def of_ministack(address: str, region: str) -> tuple[Callable[[str], WorkGroup | None],
                                                     Callable[[str, bytes], None]]:  # fmt: skip
    """Return how to find a work group, and how to store a file, in MiniStack."""
    session = botocore.session.get_session()
    session.set_credentials("000000000000", "test")
    path_style = Config(s3={"addressing_style": "path"})
    options = {"region_name": region, "endpoint_url": address}
    athena = session.create_client("athena", **options)
    s3 = session.create_client("s3", config=path_style, **options)

    def work_group(name: str) -> WorkGroup | None:
        try:
            found: WorkGroup = athena.get_work_group(WorkGroup=name)["WorkGroup"]
        except ClientError:
            return None
        found.pop("CreationTime", None)
        return found

    def store(location: str, content: bytes) -> None:
        place = urlsplit(location)
        s3.put_object(Bucket=place.netloc, Key=place.path.lstrip("/"), Body=content)

    return work_group, store


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud.athena", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--trino", required=True, help="address of Trino")
    parser.add_argument("--catalog", default="awsdatacatalog")
    parser.add_argument("--aws", required=True, help="address of MiniStack")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--ready", type=Path, help="a file to make when it listens")
    given = parser.parse_args()
    work_group, store = of_ministack(given.aws, given.region)
    service = Athena(Trino(given.trino, given.catalog), work_group=work_group, store=store)
    server = make_server(service, given.port)
    if given.ready:
        given.ready.touch()
    server.serve_forever()


if __name__ == "__main__":
    main()
