"""Records of what a server does, as rows of Tinybird's service data sources.

Requests leave what is to be known of them in memory, which takes microseconds; a thread writes
that every few seconds. Who reads a service data source has what is left written first.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from martlet.catalog import fingerprint
from martlet.engines.clickhouse import ClickHouse, Writer
from martlet.errors import MartletError, QueryError
from martlet.ids import resource_id
from martlet.jobstore import INTERRUPTED, Jobs
from martlet.model import Project, Settings
from martlet.schema import SchemaChange
from martlet.service_rows import (
    MAX_ITEMS,
    MAX_TEXT,
    OVER,
    EventsRecord,
    Operation,
    QueryRecord,
    Row,
    RowMaker,
)
from martlet.service_tables import PREFIX, SERVICE_TABLES, service_database
from martlet.sql.lexer import quote_identifier, quote_string
from martlet.versions import Versions

# Between two writings, each of which takes ClickHouse some 20 ms, and between two looks at how
# large the data sources are.
WRITE_EVERY_S = 5.0
MEASURE_EVERY_S = 60.0

# What may wait in memory; what comes above it is counted and left out.
MAX_WAITING_ROWS = 50_000
MAX_WAITING_BYTES = 32 * 1024 * 1024

# Of the bytes that may wait, the part with which they are due.
_DUE_PART = 4

# How much of the cap is left when the oldest rows are removed, and after how much of it they are.
_KEPT_PART = 0.75
_LOOK_EVERY_PART = 0.1

_EVENTS = {"created": "create", "altered": "alter", "recreated": "alter", "filled": "populateview"}

log = logging.getLogger("martlet")


@dataclass(slots=True)
class _Waiting:
    """What is not written yet; requests as lines of JSON.

    Tens of thousands of objects would be work for Python's collector of garbage, more than it is to
    make the rows, and orjson leaves a page of memory to each text that it makes (measured).
    """

    requests: int = 0
    queries: bytearray = field(default_factory=bytearray)
    failures: bytearray = field(default_factory=bytearray)
    events: dict[tuple[int, str], EventsRecord] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    jobs: dict[str, Mapping[str, object]] = field(default_factory=dict)
    over: list[Mapping[str, object]] = field(default_factory=list)
    size: int = 0
    dropped: int = 0


class Records:
    """The service data sources of a workspace; any thread may add to them.

    Until `start` nothing is written but for who reads.
    """

    def __init__(
        self,
        engine: ClickHouse,
        *,
        first: str,
        workspace_id: str,
        project: Callable[[], Project],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with empty memory.

        Args:
            engine: of the workspace.
            first: name of its first database.
            workspace_id: of the workspace.
            project: returns the live one.
            clock: Unix seconds.
        """
        self.database = service_database(first)
        self._engine = engine
        self._workspace_id = workspace_id
        self.project = project
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = _Waiting()
        self._max_rows = 0
        self._made_without: Mapping[str, str] | None = None
        self._made = RowMaker(workspace_id, ())
        self._write_lock = threading.Lock()
        self._tables: _Tables | None = None
        self._measured: dict[str, tuple[int, ...]] = {}
        self._measured_at = 0.0
        self._is_stopped = False
        self._due = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is recorded."""
        return self._max_rows > 0

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._max_rows = settings.service_rows

    # what requests and jobs leave

    def query(self, record: QueryRecord) -> None:
        """Take a request of an endpoint or of the Query API."""
        make = self._maker()
        line = _line(make.request(record))
        failure = _line(make.failure(record)) if record.status >= 400 else b""
        with self._lock:
            if self._has_room(len(line) + len(failure)):
                waiting = self._waiting
                waiting.requests += 1
                waiting.queries += line
                waiting.failures += failure

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
    ) -> None:
        """Count a request with events."""
        key = (int(self._clock()), datasource)
        with self._lock:
            found = self._waiting.events.get(key)
            if found is None:
                if not self._has_room(1024):
                    return
                found = self._waiting.events[key] = EventsRecord(request_id)
            if status < 400:
                found.successful += 1
                found.ok_s += elapsed_s
            else:
                found.failed += 1
                found.failed_s += elapsed_s
                found.error = found.error or error[:MAX_TEXT]
                found.rate_limited |= status == 429
            found.rows += rows
            found.quarantined += quarantined
            found.received += received
            found.decompressed += decompressed
            if len(found.clients) < MAX_ITEMS:
                found.clients.add(client)
            if len(found.tokens) < MAX_ITEMS:
                found.tokens.add(token)

    def operation(self, operation: Operation) -> None:
        """Take a change of a data source."""
        with self._lock:
            if self._has_room(1024):
                self._waiting.operations.append(operation)

    def follow(self, jobs: Jobs) -> None:
        """Record jobs from now on, and those that a server before has left."""
        jobs.told = self.job
        left = jobs.list()  # not under our lock: jobs call us under theirs
        with self._lock:
            for fields in left:
                if fields.get("error") == INTERRUPTED and self._has_room(2048):
                    self._waiting.jobs[str(fields["id"])] = fields

    def job(self, fields: Mapping[str, object]) -> None:
        """Take a job as it is now; once it is over, it counts as what it did, too."""
        with self._lock:
            if self._has_room(2048):
                self._waiting.jobs[str(fields["id"])] = fields
                if fields["status"] in OVER:
                    self._waiting.over.append(fields)

    def schema(self, changes: Collection[SchemaChange]) -> None:
        """Take changes of tables, and views that were filled."""
        project = self.project()
        for change in changes:
            kind, name, pipe = _EVENTS.get(change.kind, ""), change.resource, ""
            if kind == "populateview" and (filled := project.pipes.get(name)):
                name, pipe = filled.output.settings.get("datasource", ""), name
            if kind and name in project.datasources:
                self.operation(Operation(self._clock(), kind, name, pipe=pipe))

    def _has_room(self, size: int) -> bool:
        """Count what is to wait; called under the lock."""
        waiting = self._waiting
        if not self._max_rows:
            return False
        count = waiting.requests + len(waiting.operations) + len(waiting.jobs)
        if count >= MAX_WAITING_ROWS or waiting.size + size > MAX_WAITING_BYTES:
            waiting.dropped += 1
            return False
        waiting.size += size
        if waiting.size > MAX_WAITING_BYTES // _DUE_PART:
            self._due.set()
        return True

    # writing

    def start(self) -> None:
        """Write every few seconds from now on, or when much waits."""
        self._thread = threading.Thread(target=self._run, name="martlet-records", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is left, if anything was to be written at all."""
        self._is_stopped = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()
            self._flush_quietly(frozenset())
        with self._write_lock:
            if self._tables is not None:
                self._tables.close()

    def _run(self) -> None:
        while not self._is_stopped:
            self._due.wait(WRITE_EVERY_S)
            self._due.clear()
            self._flush_quietly(frozenset())

    def _flush_quietly(self, read: Collection[str]) -> None:
        try:
            self.flush(read)
        except MartletError as error:
            log.warning("records are not written: %s", error.message)
        except Exception:
            log.exception("records are not written")

    def flush(self, read: Collection[str]) -> None:
        """Write what has been recorded so far.

        Args:
            read: service data sources that are to be read: they are there afterwards.
        """
        with self._write_lock:
            with self._lock:
                taken, self._waiting = self._waiting, _Waiting()
            if taken.dropped:
                log.warning("%d records were left out: too many came at once", taken.dropped)
            rows = self._rows(taken)
            is_due = self._thread and self._clock() - self._measured_at >= MEASURE_EVERY_S
            if self.is_on and (is_due or f"{PREFIX}datasources_storage" in read):
                rows["datasources_storage"] = _lines(self._storage())
            rows = {name: found for name, found in rows.items() if found}
            if not rows and not read:
                return
            if self._tables is None:
                self._tables = _Tables(self._engine, self.database)
            if rows and self.is_on:
                self._tables.write(rows, self._max_rows)

    def _maker(self) -> RowMaker:
        """Return what makes rows, without the secrets of the live project."""
        secrets = self.project().secrets
        if self._made_without is not secrets:
            self._made = RowMaker(self._workspace_id, secrets.values())
            self._made_without = secrets
        return self._made

    def _rows(self, taken: _Waiting) -> dict[str, bytes]:
        """Return the rows of what was taken as lines of JSON, by table."""
        make = self._maker()
        done = [*taken.operations, *filter(None, map(make.operation_of, taken.over))]
        operations = [make.operation(each) for each in done]
        for key, found in taken.events.items():
            operations += make.operations_of(*key, found)
        return {
            "pipe_stats_rt": bytes(taken.queries),
            "endpoint_errors": bytes(taken.failures),
            "datasources_ops_log": _lines(operations),
            "hfi_requests": _lines(make.events(*key, each) for key, each in taken.events.items()),
            "jobs_log": _lines(make.job(fields) for fields in taken.jobs.values()),
        }

    def _storage(self) -> list[Row]:
        """Return the sizes of the data sources that are not as they were, of this hour."""
        now = int(self._clock())
        self._measured_at = now
        hour = now - now % 3600
        sizes = {
            str(row["name"]): (int(str(row["bytes"])), int(str(row["rows"])))
            for row in self._engine.rows(
                "SELECT name, toString(ifNull(total_bytes, 0)) AS bytes,"
                " toString(ifNull(total_rows, 0)) AS rows"
                " FROM system.tables WHERE database = currentDatabase()"
            )
        }
        rows: list[Row] = []
        for name in self.project().datasources:
            size = (*sizes.get(name, (0, 0)), *sizes.get(f"{name}_quarantine", (0, 0)))
            if self._measured.get(name) != (hour, *size):
                self._measured[name] = (hour, *size)
                rows.append([resource_id("datasource", name), name, hour, *size])
        return rows


def _line(row: Row) -> bytes:
    return orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _lines(rows: Iterable[Row]) -> bytes:
    return b"".join(map(_line, rows))


class _Tables:
    """The tables, in a database of their own; one thread at a time may use them."""

    def __init__(self, engine: ClickHouse, database: str) -> None:
        self._versions: Versions = engine.versions
        self._own = ClickHouse(engine.path, database=database)
        try:
            make_tables(self._own)
            self._writer: Writer = self._own.writer()
        except BaseException:
            self._own.close()
            raise
        self._added = dict.fromkeys(SERVICE_TABLES, 1.0)  # of before: as if many had come

    def close(self) -> None:
        self._own.close()

    def write(self, rows: Mapping[str, bytes], max_rows: int) -> None:
        """Store rows, lines of JSON; whoever asks for them from now on sees them."""
        counts = {name: lines.count(b"\n") for name, lines in rows.items()}
        with self._versions.changing(SERVICE_TABLES):
            for name, lines in rows.items():
                try:
                    self._writer.insert(name, lines, format="JSONCompactEachRow")
                except QueryError as error:
                    log.warning("%d records of %s are lost: %s", counts[name], name, error.message)
        for name, table in SERVICE_TABLES.items():
            own = name.removeprefix(PREFIX)
            self._added[name] += counts.get(table.source or own, 0) / max_rows
            if self._added[name] >= _LOOK_EVERY_PART:
                self._added[name] = 0.0
                self._remove_oldest(own, table.time, max_rows)

    def _remove_oldest(self, name: str, time: str, max_rows: int) -> None:
        """Keep a table below its cap."""
        table = quote_identifier(name)
        if int(self._own.command(f"SELECT count() FROM {table}")) <= max_rows:
            return
        kept = int(max_rows * _KEPT_PART)
        last = self._own.command(
            f"SELECT toString({time}) FROM {table} ORDER BY {time} DESC LIMIT 1 OFFSET {kept}"
        ).strip()
        with self._versions.changing(SERVICE_TABLES):
            self._own.command(
                f"ALTER TABLE {table} DELETE WHERE {time} <= {quote_string(last)}"
                " SETTINGS mutations_sync = 1"
            )


# Names depend on the ids in the key; statistics are of no use here and take a part of each insert.
_SETTINGS = "allow_dimensions_outside_sorting_key = 1, auto_statistics_types = ''"


def make_tables(engine: ClickHouse) -> None:
    """Make the service data sources in an engine's own database, where they are not there."""
    stored = {
        str(row["name"]): str(row["comment"])
        for row in engine.rows(
            "SELECT name, comment FROM system.tables WHERE database = currentDatabase()"
        )
    }
    for full, table in SERVICE_TABLES.items():
        name = full.removeprefix(PREFIX)
        columns = ", ".join(f"{quote_identifier(column)} {kind}" for column, kind in table.columns)
        ddl = f"({columns}) ENGINE = {table.engine} SETTINGS {_SETTINGS}"
        view = f"__fill_{name}"
        comment = fingerprint(f"{ddl} {table.view}")
        if stored.get(name) == comment:
            continue
        if name in stored:
            log.warning("%s is made anew: an earlier version had it in another form", full)
        engine.command(f"DROP VIEW IF EXISTS {quote_identifier(view)} SYNC")
        engine.command(f"DROP TABLE IF EXISTS {quote_identifier(name)} SYNC")
        engine.command(f"CREATE TABLE {quote_identifier(name)} {ddl}")
        if table.view:
            engine.command(
                f"CREATE MATERIALIZED VIEW {quote_identifier(view)} TO {quote_identifier(name)}"
                f" AS {table.view}"
            )
        # Last: it says that all of it is there.
        engine.command(
            f"ALTER TABLE {quote_identifier(name)} MODIFY COMMENT {quote_string(comment)}"
        )
