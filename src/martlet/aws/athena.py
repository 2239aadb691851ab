"""Athena's API: a query started, waited for, cancelled when its time is over, and its rows read.

PyAthena is not used: importing it takes longer than all of this function's own code, and its
polling, retries and deadline would each have to be replaced.

Limits and shapes: https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
"""

import csv
import io
import logging
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from martlet.errors import (
    ConfigurationError,
    EngineError,
    MartletError,
    QueryError,
    QueryTimeoutError,
    ResultTooLargeError,
)

log = logging.getLogger("martlet.aws")

Row = tuple[str | None, ...]

# Athena answers nothing sooner than this; then looks are cheap at first and rarer later.
FIRST_LOOK_S = 0.4
NEXT_LOOK_S = 0.25
LONGEST_LOOK_S = 1.0
_GROWTH = 1.5

# Calls that are throttled or fail on AWS's side are made again after up to so long, twice as long
# each time.
_RETRY_S = 0.1
_LONGEST_RETRY_S = 1.0
_TRIES = 8
_AGAIN = frozenset(
    ("TooManyRequestsException", "ThrottlingException", "Throttling", "SlowDown",
     "RequestLimitExceeded", "InternalServerException", "InternalError", "ServiceUnavailable")
)  # fmt: skip

# Rows of one page of GetQueryResults, at most; more are read from the result file on S3.
PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Execution:
    """What Athena says of a query that has succeeded.

    Attributes:
        id: by which AWS's console and support know it.
        scanned_bytes: that are paid for.
        is_reused: whether the result is an earlier query's.
    """

    id: str
    scanned_bytes: int
    queue_ms: int
    plan_ms: int
    run_ms: int
    total_ms: int
    is_reused: bool
    output: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's rows, as texts, and how they came about."""

    rows: list[Row]
    execution: Execution


class Athena:
    """One work group and database."""

    def __init__(
        self,
        athena: Any,  # noqa: ANN401  botocore makes its classes when asked
        s3: Any,  # noqa: ANN401
        *,
        workgroup: str,
        database: str,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """Take clients that do not try again by themselves.

        Args:
            athena: client of Athena.
            s3: client of S3, for results of more rows than a page has.
            workgroup: says where results go, how much may be scanned, and which engine runs.
            database: Glue database of unqualified names.
            clock: seconds, from anywhere.
            wait: lets so many seconds pass.
        """
        self._athena, self._s3 = athena, s3
        self.workgroup, self.database = workgroup, database
        self._clock = clock
        self._wait = wait or threading.Event().wait

    def run(
        self, sql: str, *, timeout_s: float, max_bytes: int, max_age_minutes: int = 0
    ) -> Answer:
        """Run one SELECT and return all of its rows.

        Args:
            sql: Trino SQL, 262,144 bytes at most.
            timeout_s: seconds from now; the query is cancelled when they pass.
            max_bytes: of the result's texts.
            max_age_minutes: the result of the same query of so long ago will do; 0 for none.

        Returns:
            Rows in the query's order; NULL is None.

        Raises:
            QueryTimeoutError: the time passed; Athena has been told to stop.
            ResultTooLargeError: more bytes than `max_bytes`, or than the work group may scan.
            QueryError: Athena refused or failed the query.
            EngineError: Athena is throttled or does not work now.
            ConfigurationError: the deployment lacks a table or a permission.
        """
        deadline = self._clock() + timeout_s
        id = self._start(sql, deadline, max_age_minutes)
        try:
            execution = self._finished(id, deadline, timeout_s)
            rows = self._rows(execution, deadline, max_bytes)
        except (QueryTimeoutError, EngineError):
            self._stop(id)
            raise
        return Answer(rows, execution)

    def _start(self, sql: str, deadline: float, max_age_minutes: int) -> str:
        """Start the query; made again with the same token, a start is the same one."""
        options: dict[str, Any] = {}
        if max_age_minutes:
            options["ResultReuseConfiguration"] = {
                "ResultReuseByAgeConfiguration": {
                    "Enabled": True, "MaxAgeInMinutes": max_age_minutes,
                }
            }  # fmt: skip
        started = self._call(
            self._athena.start_query_execution,
            deadline,
            QueryString=sql,
            ClientRequestToken=str(uuid.uuid4()),
            QueryExecutionContext={"Database": self.database},
            WorkGroup=self.workgroup,
            **options,
        )
        return str(started["QueryExecutionId"])

    def _finished(self, id: str, deadline: float, timeout_s: float) -> Execution:
        pause = FIRST_LOOK_S
        following = NEXT_LOOK_S
        while True:
            self._pause(pause, deadline, timeout_s)
            found = self._call(
                self._athena.get_query_execution, deadline, QueryExecutionId=id
            )["QueryExecution"]  # fmt: skip
            state = found["Status"]["State"]
            if state == "SUCCEEDED":
                return _execution(id, found)
            if state in ("FAILED", "CANCELLED"):
                log.warning("Athena query %s: %s", id, state)
                raise failure(state, found["Status"])
            pause, following = following, min(following * _GROWTH, LONGEST_LOOK_S)

    def _pause(self, seconds: float, deadline: float, timeout_s: float) -> None:
        left = deadline - self._clock()
        if left <= 0:
            raise QueryTimeoutError(
                f"[Error] Timeout exceeded: the query took longer than {timeout_s:.3g} seconds",
                code=_TIMEOUT,
            )
        self._wait(min(seconds, left))

    def _stop(self, id: str) -> None:
        try:
            self._athena.stop_query_execution(QueryExecutionId=id)
        except (BotoCoreError, ClientError) as error:
            log.warning("Athena query %s was not stopped: %s", id, error)

    # Results

    def _rows(self, execution: Execution, deadline: float, max_bytes: int) -> list[Row]:
        page = self._page(execution.id, deadline, None)
        labels = [each["Label"] for each in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        rows = _page_rows(page)
        if rows and list(rows[0]) == labels:  # a SELECT's first row
            del rows[0]
        following = page.get("NextToken")
        if following and execution.output.startswith("s3://"):
            return self._file_rows(execution.output, len(labels), deadline, max_bytes)
        size = _checked(_size(rows), max_bytes)
        while following:
            page = self._page(execution.id, deadline, following)
            more = _page_rows(page)
            size = _checked(size + _size(more), max_bytes)
            rows += more
            following = page.get("NextToken")
        return rows

    def _page(self, id: str, deadline: float, token: str | None) -> dict[str, Any]:
        options = {"NextToken": token} if token else {}
        page: dict[str, Any] = self._call(
            self._athena.get_query_results,
            deadline,
            QueryExecutionId=id,
            MaxResults=PAGE_ROWS,
            **options,
        )
        return page

    def _file_rows(self, output: str, width: int, deadline: float, max_bytes: int) -> list[Row]:
        """Read the whole result from its CSV file: one call in place of one for each page."""
        bucket, _, key = output.removeprefix("s3://").partition("/")
        found = self._call(self._s3.get_object, deadline, Bucket=bucket, Key=key)
        # Quotes are around every value; the texts themselves are shorter.
        _checked(int(found["ContentLength"]), max_bytes + max_bytes // 2)
        try:
            body: bytes = found["Body"].read()
        except (BotoCoreError, HTTPClientError) as error:
            raise EngineError("The result cannot be read from S3 now") from error
        rows = parse_csv(body.decode(), width)
        del rows[:1]
        _checked(_size(rows), max_bytes)
        return rows

    # Calls

    def _call(self, operation: Callable[..., Any], deadline: float, **arguments: Any) -> Any:  # noqa: ANN401
        """Make a call, again where AWS is busy, while there is time.

        Raises:
            QueryError: Athena does not take the query.
            EngineError: AWS does not answer, or is busy still.
            ConfigurationError: the function may not make the call.
        """
        for attempt in range(_TRIES):
            try:
                return operation(**arguments)
            except ClientError as error:
                again = refusal(error)
            except (BotoCoreError, HTTPClientError) as error:
                again = EngineError(f"AWS does not answer: {type(error).__name__}")
            if not isinstance(again, EngineError):
                raise again
            pause = random.uniform(0, min(_RETRY_S * 2**attempt, _LONGEST_RETRY_S))  # noqa: S311  jitter
            if self._clock() + pause >= deadline or attempt == _TRIES - 1:
                raise again
            self._wait(pause)
        raise AssertionError("unreachable")


def _execution(id: str, found: dict[str, Any]) -> Execution:
    statistics = found.get("Statistics", {})
    reuse = statistics.get("ResultReuseInformation", {})
    return Execution(
        id,
        scanned_bytes=statistics.get("DataScannedInBytes", 0),
        queue_ms=statistics.get("QueryQueueTimeInMillis", 0),
        plan_ms=statistics.get("QueryPlanningTimeInMillis", 0),
        run_ms=statistics.get("EngineExecutionTimeInMillis", 0),
        total_ms=statistics.get("TotalExecutionTimeInMillis", 0),
        is_reused=reuse.get("ReusedPreviousResult", False),
        output=found.get("ResultConfiguration", {}).get("OutputLocation", ""),
    )


def _page_rows(page: dict[str, Any]) -> list[Row]:
    return [
        tuple([cell.get("VarCharValue") for cell in row["Data"]])
        for row in page["ResultSet"]["Rows"]
    ]


def _size(rows: Iterable[Row]) -> int:
    return sum([sum(map(len, filter(None, row))) for row in rows])


def _checked(size: int, max_bytes: int) -> int:
    if size > max_bytes:
        raise ResultTooLargeError(
            f"[Error] Limit for result exceeded, max bytes: {max_bytes / 2**20:.2f} MiB,"
            f" current bytes: {size / 2**20:.2f} MiB",
            code=_RESULT,
        )
    return size


# Where an empty text may be; C's reader of CSV does not tell it from NULL.
_EMPTY = re.compile(r'(?:\A|[,\n])""(?=[,\r\n]|\Z)')

# Values are as long as a result may be.
csv.field_size_limit(2**31 - 1)

# A value in quotes, or none at all, and what ends it. Athena puts every value in quotes; what is
# empty without them is NULL.
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\Z)')


def parse_csv(text: str, width: int) -> list[Row]:
    """Return the rows of a result file, of which the first has the names.

    Args:
        text: as Athena writes it.
        width: the number of columns.

    Raises:
        ValueError: the text is no such file.

    Source: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
    """
    if _EMPTY.search(text) is None:  # what is empty is NULL: C's reader will do, faster
        read = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            rows = [tuple([value or None for value in row]) or (None,) for row in read]
        except csv.Error as error:
            raise ValueError(f"not a result of Athena: {error}") from error
        if any(len(row) != width for row in rows):
            raise ValueError(f"not a result of Athena: rows of other than {width} values")
        return rows
    return _parse_cells(text, width)


def _parse_cells(text: str, width: int) -> list[Row]:
    cells: list[str | None] = []
    position, end = 0, len(text)
    match = _CELL.match
    while position < end:
        found = match(text, position)
        if found is None:
            raise ValueError(f"not a result of Athena at {position}")
        quoted = found[1]
        if quoted is None:
            cells.append(found[2] or None)
        else:
            cells.append(quoted.replace('""', '"') if '"' in quoted else quoted)
        position = found.end()
    if len(cells) % width:
        raise ValueError(f"{len(cells)} values in rows of {width}")
    return [tuple(cells[start : start + width]) for start in range(0, len(cells), width)]


# Failures. The codes are ClickHouse's, which the API has in `x-db-exception-code`.

_TIMEOUT, _RESULT, _MEMORY, _SYNTAX, _SCANNED = 159, 396, 241, 62, 307

_ADVICE = "deploy the project again"

# What a message begins with or has in it -> the error that it is. A message of Trino starts with
# the name of its error: https://trino.io/docs/current/develop/spi-overview.html
_FAILURES: tuple[tuple[re.Pattern[str], Callable[[str], MartletError]], ...] = (
    (re.compile("bytes scanned limit", re.I), lambda _: ResultTooLargeError(
        "[Error] The query reads more data than the work group allows: let it read fewer days or"
        " columns, or raise the limit", code=_SCANNED)),
    (re.compile("EXCEEDED_TIME_LIMIT|query timeout", re.I), lambda _: QueryTimeoutError(
        "[Error] Timeout exceeded: the query took longer than Athena allows", code=_TIMEOUT)),
    (re.compile("EXCEEDED_\\w*MEMORY_LIMIT|exhausted resources|CLUSTER_OUT_OF", re.I),
     lambda _: QueryError("[Error] Memory limit exceeded: the query needs more than Athena has for"
                          " it", code=_MEMORY)),
    (re.compile("(?:TABLE|SCHEMA|CATALOG)_NOT_FOUND|EntityNotFoundException"), lambda _:
     ConfigurationError("A table of the project is not in the deployment", hint=_ADVICE)),
    (re.compile("COLUMN_NOT_FOUND"), lambda _: ConfigurationError(
        "A column of the project is not in the deployment", hint=_ADVICE)),
    (re.compile("PERMISSION_DENIED|Access ?Denied|not authorized", re.I), lambda _:
     ConfigurationError("The deployment does not let Athena read its data", hint=_ADVICE)),
    (re.compile("INTERNAL_ERROR|NO_NODES_AVAILABLE|SERVER_STARTING_UP|HIVE_METASTORE_ERROR"
                "|SlowDown|REMOTE_HOST_GONE|PAGE_TRANSPORT"), lambda _:
     EngineError("Athena failed; the query may succeed when it is sent again")),
    (re.compile("SYNTAX_ERROR|FUNCTION_NOT_FOUND|TYPE_MISMATCH"),
     lambda message: QueryError(f"[Error] {message}", code=_SYNTAX)),
)  # fmt: skip

# What tells callers about the account: ARNs, objects, accounts, and the catalog before a table.
_PRIVATE = re.compile(r"\barn:aws[\w-]*:\S+|\bs3[an]?://\S+|\b\d{12}\b")
_CATALOG = re.compile(r"\bawsdatacatalog\.(?:\w+\.)?|\bhive\.(?=\w+\.)", re.I)
_SUPPORT = re.compile(r"\s*(?:This query ran against the|If a data manifest file was generated).*")


def failure(state: str, status: dict[str, Any]) -> MartletError:
    """Return the error of a query that Athena failed or cancelled.

    Args:
        state: FAILED or CANCELLED.
        status: `Status` of GetQueryExecution.
    """
    reason = status.get("StateChangeReason") or ""
    error = status.get("AthenaError") or {}
    text = reason or error.get("ErrorMessage") or ""
    for pattern, make in _FAILURES:
        if pattern.search(text):
            return make(public(text))
    if error.get("ErrorCategory") == 1:  # AWS's own fault
        return EngineError("Athena failed; the query may succeed when it is sent again")
    if state == "CANCELLED":
        return QueryError("[Error] The query was cancelled")
    return QueryError(f"[Error] {public(text) or 'Athena failed the query'}")


def refusal(error: ClientError) -> MartletError:
    """Return the error of a call that AWS refused; an `EngineError` where it may be made again."""
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if code in _AGAIN or status >= 500 or status == 429:
        return EngineError("Athena has too much to do now")
    text = error.response["Error"].get("Message", "")
    log.warning("AWS refused a call: %s: %s", code, text)
    if code == "InvalidRequestException" and not re.search("WorkGroup|bucket|output", text, re.I):
        return failure("FAILED", {"StateChangeReason": text})
    return ConfigurationError("The deployment does not let this query run", hint=_ADVICE)


def public(text: str) -> str:
    """Return a message's first line without what tells callers about the account."""
    line = _SUPPORT.sub("", text.strip().split("\n")[0])
    return _CATALOG.sub("", _PRIVATE.sub("...", line)).strip()
