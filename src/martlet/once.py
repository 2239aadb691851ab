"""What is stored once: requests with an Idempotency-Key, and rows with an id, by the journal."""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from martlet.errors import EngineError, MartletError, QueryError, ViewError
from martlet.idempotency import Key
from martlet.ingest.sinks import (
    VIEW_FAILED,
    Appended,
    Batch,
    GroupCommit,
    TableWriter,
    Waiting,
    quarantine_document,
    refused_by_engine,
    view_message,
)
from martlet.journal import Journal, NewKey, Rows, Share
from martlet.model import RowIds, Settings

_MEMORY = 241
_UNKNOWN_TABLE = 60

# Of a line in ClickHouse's log of deduplication, which is a part's name and an insert's digest.
_ADDED = "1"
_PART = re.compile(
    r"(?P<partition>(?!tmp_|delete_)[^_]+)_(?P<first>\d+)_(?P<last>\d+)_\d+(?:_\d+)?"
)

log = logging.getLogger("martlet")


@dataclass(slots=True)
class _Told:
    """What becomes of a request, batch by batch.

    Attributes:
        repeated: rows that were stored before, by their ids: they count as stored.
    """

    repeated: int = 0
    successful: int = 0
    quarantined: int = 0
    error: MartletError | None = None

    @property
    def outcome(self) -> Appended | MartletError:
        counts = Appended(self.successful + self.repeated, self.quarantined)
        return counts if self.error is None else self.error


class Once:
    """Stores requests and rows once."""

    def __init__(self, journal: Journal, *, clock: Callable[[], float] = time.time) -> None:
        """Start; `recover` comes before anything else.

        Args:
            journal: open.
            clock: Unix seconds.
        """
        self.journal = journal
        self.window_s = 0.0
        self.ids: Mapping[str, RowIds] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[bytes, tuple[Key, Future[Appended]]] = {}
        # Of each data source, batches of which ClickHouse could not tell what it has stored.
        self._left: dict[str, list[Rows]] = {}

    def configure(self, settings: Settings) -> None:
        """Go by other settings from the next group on."""
        self.window_s = settings.idempotency_window_h * 3600
        self.ids = settings.ids

    def run(self, key: Key, append: Callable[[], Future[Appended]]) -> Future[Appended]:
        """Store a request unless one with its key is stored, or about to be.

        Args:
            key: of the request.
            append: begins to store it.

        Returns:
            The outcome of the first such request. An attempt that stored nothing is no such one.

        Raises:
            IdempotencyError: the key is another request's.
            MartletError: as `append` raises them.
        """
        done: Future[Appended] = Future()
        with self._lock:
            first = self._running.get(key.name)
            found = None if first else self.journal.find(key.name)
            if first is not None:
                key.repeat(first[0].digest, first[0].note)
                return first[1]
            if found is not None:
                key.repeat(found.digest, found.note)
                if not found.waiting:
                    return _finished(found.error or found.appended)
                key.is_begun = True
            self._running[key.name] = (key, done)

        def end(appended: Future[Appended]) -> None:
            with self._lock:
                del self._running[key.name]
            _settle(done, appended.exception() or appended.result())

        try:
            appended = append()
        except BaseException as error:
            with self._lock:
                del self._running[key.name]
            done.set_exception(error)
            raise
        appended.add_done_callback(end)
        return done

    def takes(self, datasource: str, batch: Batch) -> bool:
        """Whether the rows of a request must be stored once."""
        return batch.key is not None or datasource in self.ids

    def commit(
        self, writer: TableWriter, datasource: str, trial: str | None, group: Sequence[Waiting]
    ) -> None:
        """Commit a group; see `ClickHouseSink`.

        Raises:
            EngineError: nothing of the group is stored.
        """
        self._settle_left(writer, datasource)
        told = {id(item): _Told() for item in group}
        begun = [item for item in group if item.batch.key and item.batch.key.is_begun]
        for item in begun:
            assert item.batch.key is not None
            found = self.journal.find(item.batch.key.name)
            if found is not None:  # else its window has ended meanwhile
                item.outcome = found.error or found.appended
        commit = _Commit(writer, datasource, trial, self, told)
        waiting = [item for item in group if item.outcome is None]
        while waiting:
            items, waiting = commit.without_known(waiting)
            filled = [item for item in items if item.batch.count]
            if empty := [item for item in items if not item.batch.count]:
                commit.insert(empty)
            if filled:
                commit.run(filled)
            if waiting:
                self._settle_left(writer, datasource)

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self._clock()

    def recover(self, open_writer: Callable[[], TableWriter]) -> None:
        """Bring the rows to their tables that a killed server had on their way.

        The tables must be as they were then.
        """
        left = self.journal.left()
        if not left:
            return
        writer = open_writer()
        for batch in left:
            self._left.setdefault(batch.datasource, []).append(batch)
        for datasource in list(self._left):
            try:
                self._settle_left(writer, datasource)
            except EngineError:
                log.exception("rows that were begun to be stored in %s still are not", datasource)
        if not self._left:
            log.info("%d inserts are finished that a server had begun before", len(left))

    def left(self) -> list[str]:
        """Return the data sources with rows that failed inserts have left."""
        return list(self._left)

    def finish(self, open_writer: Callable[[], TableWriter]) -> None:
        """Insert the rows that failed inserts have left; no commit may be under way.

        Raises:
            EngineError: not all of them are known to be stored.
        """
        writer = open_writer()
        for datasource in self.left():
            self._settle_left(writer, datasource)

    def forget(self, datasource: str) -> None:
        """Forget the ids of a data source, whose rows are replaced or gone."""
        self.journal.forget_ids(_prefix(datasource))

    def _settle_left(self, writer: TableWriter, datasource: str) -> None:
        if datasource in self._left:
            self.settle(writer, self._left.pop(datasource), {})

    def settle(self, writer: TableWriter, batches: list[Rows], told: Mapping[int, _Told]) -> None:
        """Insert batches of one data source, in parts where ClickHouse refuses them.

        Raises:
            EngineError: not all is known to be stored; what is not is tried again before the next
                rows of the data source, or at the next start.
        """
        waiting = list(batches)
        try:
            while waiting:
                waiting[:1] = self._insert(writer, waiting[0], told)
        except BaseException:
            self._left.setdefault(waiting[0].datasource, []).extend(waiting)
            raise

    def _insert(
        self, writer: TableWriter, batch: Rows, told: Mapping[int, _Told]
    ) -> Sequence[Rows]:
        """Insert a batch; return those that are to be inserted in its place."""
        failure: MartletError | None = None
        try:
            writer.insert(batch.table, batch.block, token=batch.token)
        except QueryError as error:
            if error.code == _MEMORY:  # it may have stored the rows of some partitions
                raise EngineError(error.message) from error
            if VIEW_FAILED in error.message:
                failure = ViewError(view_message(batch.datasource, error))
                if batch.is_quarantine:  # no fault of the request
                    failure = None
            elif batch.is_quarantine or error.code == _UNKNOWN_TABLE:
                failure = QueryError(error.message, code=error.code)
            else:
                return self._part(batch, error)
        self.journal.end(batch, failure)
        for share in batch.shares:
            if share.item in told:
                one = told[share.item]
                one.error = one.error or failure
                if batch.is_quarantine:
                    one.quarantined += share.rows
                else:
                    one.successful += share.rows
        return ()

    def _part(self, batch: Rows, error: QueryError) -> Sequence[Rows]:
        """Put two batches in the place of one that is refused; one row goes to the quarantine."""
        if sum(share.rows for share in batch.shares) > 1:
            halves = batch.halves()
            self.journal.replace(batch, halves)
            return halves
        (share,) = batch.shares
        row = quarantine_document(refused_by_engine(batch.block, error), share.import_id)
        refused = Rows(batch.datasource, row, [share], is_quarantine=True)
        lost = _ids(batch.datasource, batch.id_column, batch.block) if batch.id_column else []
        self.journal.replace(batch, [refused], [id for id in lost if id])
        return [refused]


@dataclass(slots=True)
class _Commit(GroupCommit):
    """Commits a group by way of the journal."""

    once: Once
    told: dict[int, _Told]
    new_ids: dict[int, list[bytes]] = field(default_factory=dict)

    def without_known(self, group: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Take out the rows whose ids are stored already, or occur again in their request.

        Returns:
            Requests without these rows, and those with ids of the others: they come next, when
            it is known what is stored.
        """
        ids = self.once.ids.get(self.datasource)
        if ids is None:
            return group, []
        found = {id(item): _ids(self.datasource, ids.column, item.batch.block) for item in group}
        asked = {one for each in found.values() for one in each if one}
        known = self.once.journal.known_ids(asked)
        taken: set[bytes] = set()
        now: list[Waiting] = []
        later: list[Waiting] = []
        for item in group:
            new = dict.fromkeys(one for one in found[id(item)] if one and one not in known)
            if taken.isdisjoint(new):
                taken.update(new)
                self.new_ids[id(item)] = list(new)
                self.told[id(item)].repeated = _leave_out(item, found[id(item)], known)
                now.append(item)
            else:
                later.append(item)
        return now, later

    def insert(self, group: list[Waiting]) -> None:
        """Note the rows in the journal, insert them, and note the outcomes."""
        batches, once = self._batches(group), self.once
        now = once.now()
        keys = [
            NewKey(
                key.name, key.digest, key.note, now + once.window_s, self.told[id(item)].repeated
            )
            for item in group
            if (key := item.batch.key) is not None
        ]
        ids = [one for item in group for one in self.new_ids.get(id(item), ())]
        if batches or keys:
            window_s = once.ids[self.datasource].window_h * 3600 if ids else 0
            once.journal.begin(batches, keys, ids, ids_expire=now + window_s)
        failure: EngineError | None = None
        try:
            once.settle(self.writer, batches, self.told)
        except EngineError as error:
            failure = error
        for item in group:
            item.outcome = failure or self.told[id(item)].outcome

    def _batches(self, group: list[Waiting]) -> list[Rows]:
        """Return what is to be inserted: the refused rows first, as without a journal."""
        refused = [
            quarantine_document(row, item.batch.import_id)
            for item in group
            for row in item.batch.refused
        ]
        batches: list[Rows] = []
        if refused:
            shares = [_share(item, len(item.batch.refused)) for item in group if item.batch.refused]
            batches.append(Rows(self.datasource, b"\n".join(refused), shares, is_quarantine=True))
        filled = [item for item in group if item.batch.count]
        if filled:
            block = b"\n".join(item.batch.block for item in filled)
            shares = [_share(item, item.batch.count) for item in filled]
            ids = self.once.ids.get(self.datasource)
            batches.append(
                Rows(self.datasource, block, shares, id_column=ids.column if ids else "")
            )
        return batches


def mend(path: Path) -> None:
    """Take out of ClickHouse's files what would make it leave out rows that it does not have.

    It notes that it has a part before it has: killed in between, it would take the same insert for
    a repetition (measured on chDB 26.9). No other part of a table comes after that one.

    Args:
        path: the folder that ClickHouse will open.
    """
    for folder in [
        *path.glob("store/*/*/deduplication_logs"),
        *path.glob("data/*/*/deduplication_logs"),
    ]:
        logs = sorted(folder.iterdir(), key=lambda file: int(file.stem.rpartition("_")[2]))
        for log_file in reversed(logs):
            lines = log_file.read_bytes().splitlines(keepends=True)
            if not lines:
                continue
            operation, part, _ = lines[-1].decode().split("\t")
            if operation == _ADDED and not _has_part(folder.parent, part):
                log_file.write_bytes(b"".join(lines[:-1]))
                log.info("a part is taken as missing that a server did not come to write")
            break


def _has_part(table: Path, name: str) -> bool:
    """Whether a table has a part, or one that it was merged into."""
    wanted = _PART.fullmatch(name)
    assert wanted is not None
    block = int(wanted["first"])
    return any(
        part["partition"] == wanted["partition"]
        and int(part["first"]) <= block <= int(part["last"])
        for found in table.iterdir()
        if (part := _PART.fullmatch(found.name))
    )


def _leave_out(item: Waiting, ids: Sequence[bytes], known: Set[bytes]) -> int:
    """Take rows with known ids, or with one of the rows before them, out of a request."""
    kept: list[bytes] = []
    seen: set[bytes] = set()
    lines = item.batch.block.split(b"\n") if item.batch.count else []
    for line, one in zip(lines, ids, strict=True):
        if one not in known and one not in seen:
            kept.append(line)
        if one:
            seen.add(one)
    if len(kept) < len(lines):
        item.batch = replace(item.batch, block=b"\n".join(kept), count=len(kept))
    return len(lines) - len(kept)


def _share(item: Waiting, rows: int) -> Share:
    key = item.batch.key.name if item.batch.key else b""
    return Share(id(item), key, rows, item.batch.import_id)


def _prefix(datasource: str) -> bytes:
    return hashlib.blake2b(datasource.encode(), digest_size=8).digest()


def _ids(datasource: str, column: str, block: bytes) -> list[bytes]:
    """Return what tells each row of a block from others, empty where it has no id."""
    prefix = _prefix(datasource)
    found: list[bytes] = []
    for line in block.split(b"\n") if block else ():
        value = orjson.loads(line).get(column)
        if value is None or value == "":
            found.append(b"")
            continue
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        named = f"{column}\0{text}"  # the same value in another column is no id of before
        found.append(prefix + hashlib.blake2b(named.encode(), digest_size=12).digest())
    return found


def _finished(outcome: Appended | BaseException) -> Future[Appended]:
    future: Future[Appended] = Future()
    _settle(future, outcome)
    return future


def _settle(future: Future[Appended], outcome: Appended | BaseException) -> None:
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
