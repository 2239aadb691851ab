"""Where coded rows go: the Sink protocol and the embedded one, which commits in groups."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from martlet.errors import EngineError, MartletError, QueryError, ViewError
from martlet.idempotency import Key
from martlet.ingest.rows import RefusedRow
from martlet.versions import Versions

# One insert is one block, so that ClickHouse commits all of it or nothing (per partition).
MAX_GROUP_BYTES = 32 * 1024 * 1024
MAX_GROUP_ROWS = 500_000
# Above this much waiting, new events are answered 503 until the engine has caught up.
MAX_PENDING_BYTES = 256 * 1024 * 1024

VIEW_FAILED = "while pushing to view"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one request for one data source.

    Attributes:
        block: accepted rows, one JSON document a line, without a newline inside one.
        count: how many lines `block` has.
        refused: rows for the quarantine.
        import_id: of the import that they are of, for the quarantine.
        key: with which the rows are stored once.
        renew: returns what to write in its place, as the project is when it is written.
    """

    block: bytes
    count: int
    refused: Sequence[RefusedRow] = ()
    import_id: str | None = None
    key: Key | None = None
    renew: "Callable[[Batch], Batch] | None" = None

    @property
    def size(self) -> int:
        """Bytes, about, that it keeps in memory."""
        return len(self.block) + sum(len(row.raw) for row in self.refused)


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch; both numbers are committed."""

    successful: int
    quarantined: int


class Sink(Protocol):
    """Takes batches; the future is done when the rows are where they cannot be lost."""

    def append(self, datasource: str, batch: Batch) -> Future[Appended]:
        """Store a batch.

        Returns:
            A future with the counts; its exception is a MartletError: `ViewError` when rows were
            stored but a view failed, `EngineError` when nothing was stored and to try again.
        """
        ...


class TableWriter(Protocol):
    """What the sink needs of an engine: insert a block into a table, committed on return.

    Rows that were inserted with a token before are left out when it comes again.
    """

    def insert(self, table: str, block: bytes, *, token: str = "") -> int: ...


@dataclass(slots=True)
class Waiting:
    """A batch whose request waits to be told."""

    batch: Batch
    future: Future[Appended]
    outcome: Appended | Exception | None = None

    def settle(self) -> None:
        """Tell the request what became of it."""
        assert self.outcome is not None
        if isinstance(self.outcome, Appended):
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.outcome)


class Once(Protocol):
    """Commits what must be stored once however often it is sent."""

    def takes(self, datasource: str, batch: Batch) -> bool: ...

    def commit(
        self, writer: TableWriter, datasource: str, trial: str | None, group: Sequence[Waiting]
    ) -> None: ...

    def left(self) -> list[str]: ...

    def finish(self, open_writer: Callable[[], TableWriter]) -> None: ...

    def forget(self, datasource: str) -> None: ...


@dataclass(slots=True)
class _Queue:
    """Batches of one data source that wait for the commit before theirs to end."""

    waiting: list[Waiting] = field(default_factory=list)
    is_busy: bool = False


class ClickHouseSink:
    """Commits batches in groups: while one group of a data source is written, the next gathers.

    A request alone is written at once; under load a group holds all that came in meanwhile, so
    the number of parts follows the number of commits and not of requests.
    """

    def __init__(
        self,
        writer: Callable[[], TableWriter],
        *,
        writers: int = 2,
        versions: Versions | None = None,
        once: Once | None = None,
    ) -> None:
        """Start.

        Args:
            writer: opens a writer; called once in each of the writing threads.
            writers: how many data sources are written at the same time.
            versions: of the tables that it writes, where anybody asks for them.
            once: commits what must be stored once, where anything must.
        """
        self._open_writer = writer
        self._versions = versions or Versions()
        self._once = once
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(writers, thread_name_prefix="martlet-write")
        self._queues: dict[str, _Queue] = {}
        self._changed = threading.Condition()
        self._pausing = threading.Lock()
        self._pending_bytes = 0
        self._busy = 0
        self._paused = False
        self._closed = False
        self.trials: dict[str, str] = {}
        """Data source with materialized views -> the table on which a group is tried first."""

    def append(self, datasource: str, batch: Batch) -> Future[Appended]:
        """Queue a batch for the next commit of its data source; see `Sink.append`."""
        future: Future[Appended] = Future()
        future.set_running_or_notify_cancel()  # taken is taken: a client that leaves undoes nothing
        with self._changed:
            if self._closed:
                raise EngineError("The server is shutting down: send the events again")
            if self._pending_bytes > MAX_PENDING_BYTES:
                raise EngineError(
                    f"More than {MAX_PENDING_BYTES} bytes of events wait to be written: "
                    "nothing of this request was stored, send it again later"
                )
            self._pending_bytes += batch.size
            queue = self._queues.setdefault(datasource, _Queue())
            queue.waiting.append(Waiting(batch, future))
            self._start(datasource, queue)
        return future

    def _start(self, datasource: str, queue: _Queue) -> None:
        """Have a thread write what waits, unless one does already. Called under the lock."""
        if queue.waiting and not queue.is_busy and not self._paused:
            queue.is_busy = True
            self._busy += 1
            self._threads.submit(self._drain, datasource, queue)

    def _drain(self, datasource: str, queue: _Queue) -> None:
        """Write one group; what came meanwhile queues behind the other data sources."""
        with self._changed:
            group = [] if self._paused else _take_group(queue.waiting)
        size = sum(item.batch.size for item in group)
        try:
            ready = [item for item in group if _is_ready(item)]
            if ready:
                # Requests are told behind it: who asks after that gets no answer of before.
                with self._versions.changing(_tables([datasource])):
                    self._commit(datasource, ready)
        except Exception as error:  # noqa: BLE001  whatever it is, the requests are told
            for item in group:
                item.outcome = item.outcome or error
        finally:
            for item in group:
                item.settle()
            with self._changed:
                self._pending_bytes -= size
                queue.is_busy = False
                self._busy -= 1
                self._start(datasource, queue)
                self._changed.notify_all()

    def _writer(self) -> TableWriter:
        writer: TableWriter | None = getattr(self._local, "writer", None)
        if writer is None:
            writer = self._local.writer = self._open_writer()
        return writer

    def _commit(self, datasource: str, group: list[Waiting]) -> None:
        writer = self._writer()
        once, group = self._apart(datasource, group)
        # The quarantine first: if the rows fail then, the client sends the request again and
        # only the quarantine has rows twice.
        refused = [
            quarantine_document(row, item.batch.import_id)
            for item in group
            for row in item.batch.refused
        ]
        if refused:
            _quarantine(writer, datasource, refused)
        filled = [item for item in group if item.batch.count]
        for item in group:
            if not item.batch.count:
                item.outcome = Appended(0, len(item.batch.refused))
        if filled:
            GroupCommit(writer, datasource, self.trials.get(datasource)).run(filled)
        if self._once is not None and once:
            self._once.commit(writer, datasource, self.trials.get(datasource), once)

    def _apart(self, datasource: str, group: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Return what is stored once, and the others: of those a failure stores nothing."""
        if self._once is None:
            return [], group
        taken = [self._once.takes(datasource, item.batch) for item in group]
        once = [item for item, is_taken in zip(group, taken, strict=True) if is_taken]
        return once, [item for item, is_taken in zip(group, taken, strict=True) if not is_taken]

    @contextmanager
    def paused(self, *, settled: bool = True) -> Iterator[None]:
        """Hold commits while tables change, one change at a time; batches go on to be queued.

        Args:
            settled: whether rows that an insert left on their way are inserted first; in tables
                other than theirs nothing would tell whether they are there.

        Raises:
            EngineError: these rows cannot be inserted now.
        """
        with self._pausing:
            with self._changed:
                self._paused = True
                self._changed.wait_for(lambda: not self._busy)
            try:
                if settled and self._once is not None and (left := self._once.left()):
                    with self._versions.changing(_tables(left)):
                        self._once.finish(self._open_writer)
                yield
            finally:
                with self._changed:
                    self._paused = False
                    for datasource, queue in self._queues.items():
                        self._start(datasource, queue)

    def forget(self, datasource: str) -> None:
        """Forget the ids of rows of a data source: the rows are replaced or gone."""
        if self._once is not None:
            self._once.forget(datasource)

    def close(self) -> None:
        """Take no more batches, and return when all that were taken are committed."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(
                lambda: not self._busy and not any(q.waiting for q in self._queues.values())
            )
        self._threads.shutdown(wait=True)


def _tables(datasources: Iterable[str]) -> list[str]:
    """Return the tables of data sources."""
    return [table for name in datasources for table in (name, f"{name}_quarantine")]


def _is_ready(item: Waiting) -> bool:
    """Have a batch as it is to be written now; False where it cannot be any more."""
    if item.batch.renew is not None:
        try:
            item.batch = item.batch.renew(item.batch)
        except MartletError as error:
            item.outcome = error
            return False
    return True


def _take_group(waiting: list[Waiting]) -> list[Waiting]:
    """Take the first batches off the queue, as many as fit one insert, at least one."""
    size = rows = taken = 0
    for item in waiting:
        size += len(item.batch.block)
        rows += item.batch.count
        if taken and (size > MAX_GROUP_BYTES or rows > MAX_GROUP_ROWS):
            break
        taken += 1
    group = waiting[:taken]
    del waiting[:taken]
    return group


@dataclass(slots=True)
class GroupCommit:
    """Commits the rows of several requests so that a bad one harms no other.

    ClickHouse stores the rows of an insert even when a view behind the table fails on them
    (measured on chDB 26.9), so an insert with views cannot be tried twice. Where there are views
    the group goes first to a table of engine Null with the same views: what fails there is
    committed by itself.
    """

    writer: TableWriter
    datasource: str
    trial: str | None

    def run(self, group: list[Waiting]) -> None:
        if self.trial is None or self.passes_trial(group):
            self.insert(group)
            return
        if len(group) == 1:
            self.insert(group)
            return
        middle = len(group) // 2
        self.run(group[:middle])
        self.run(group[middle:])

    def passes_trial(self, group: list[Waiting]) -> bool:
        assert self.trial is not None
        try:
            self.writer.insert(self.trial, _block(group))
        except QueryError:
            return False
        return True

    def insert(self, group: list[Waiting]) -> None:
        """Insert in one block; when ClickHouse refuses it, find the rows that it refuses."""
        try:
            self.writer.insert(self.datasource, _block(group))
        except QueryError as error:
            if VIEW_FAILED in error.message:
                self.fail(group, ViewError(view_message(self.datasource, error)))
            elif len(group) > 1:
                middle = len(group) // 2
                self.insert(group[:middle])
                self.insert(group[middle:])
            else:
                self.insert_apart(group[0])
            return
        except EngineError as error:
            self.fail(group, error)
            return
        for item in group:
            item.outcome = Appended(item.batch.count, len(item.batch.refused))

    def insert_apart(self, item: Waiting) -> None:
        """Quarantine the rows of one request that ClickHouse itself refuses, store the others."""
        refused: list[RefusedRow] = []
        failures: list[ViewError] = []
        try:
            self.refuse_rows(item.batch.block.split(b"\n"), refused, failures)
            if refused:
                documents = [quarantine_document(row, item.batch.import_id) for row in refused]
                _quarantine(self.writer, self.datasource, documents)
        except MartletError as error:
            self.fail([item], error)
            return
        if failures:  # told once every row is where it belongs
            self.fail([item], failures[0])
            return
        stored = item.batch.count - len(refused)
        item.outcome = Appended(stored, len(item.batch.refused) + len(refused))

    def refuse_rows(
        self, rows: list[bytes], refused: list[RefusedRow], failures: list[ViewError]
    ) -> None:
        """Store rows; note those that ClickHouse refuses, and views that fail on stored ones."""
        try:
            self.writer.insert(self.datasource, b"\n".join(rows))
        except QueryError as error:
            if VIEW_FAILED in error.message:
                failures.append(ViewError(view_message(self.datasource, error)))
            elif len(rows) == 1:
                refused.append(refused_by_engine(rows[0], error))
            else:
                middle = len(rows) // 2
                self.refuse_rows(rows[:middle], refused, failures)
                self.refuse_rows(rows[middle:], refused, failures)

    @staticmethod
    def fail(group: list[Waiting], error: MartletError) -> None:
        for item in group:
            item.outcome = error


def _quarantine(writer: TableWriter, datasource: str, documents: list[bytes]) -> None:
    """Store refused rows; a view that reads them may fail, that is not the request's fault."""
    try:
        writer.insert(f"{datasource}_quarantine", b"\n".join(documents))
    except QueryError as error:
        if VIEW_FAILED not in error.message:
            raise


def _block(group: list[Waiting]) -> bytes:
    return group[0].batch.block if len(group) == 1 else b"\n".join(i.batch.block for i in group)


def view_message(datasource: str, error: QueryError) -> str:
    """Return what is told when rows are stored that a view fails on."""
    return (
        f"The rows are stored in {datasource}, but a materialized view that reads it failed, so"
        f" its target lacks them; do not send them again. {error.message}"
    )


def refused_by_engine(row: bytes, error: QueryError) -> RefusedRow:
    """Return a row that ClickHouse refuses, for the quarantine."""
    values = {
        name: value if isinstance(value, str) or value is None else orjson.dumps(value).decode()
        for name, value in orjson.loads(row).items()
    }
    return RefusedRow(row.decode(), [""], [error.message.removeprefix("[Error] ")], values)


def quarantine_document(row: RefusedRow, import_id: str | None) -> bytes:
    """Return a refused row as a row of the quarantine table."""
    return orjson.dumps(
        {
            **row.values,
            "c__error_column": row.columns,
            "c__error": row.errors,
            "c__raw": row.raw,
            "c__import_id": import_id,
        }
    )
