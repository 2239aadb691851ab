"""The databases that tables are in: the live one, and those made beside it to take its place.

A change of tables is made in a new database, which begins with the files of the live one: nobody
sees it before it is whole, and what fails on the way is dropped. One file says which database is
live; replacing that file is the switch, so that a kill at any moment leaves one or the other.
"""

import json
import logging
import re
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from martlet.disk import write_whole
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, DatafileError, EngineError, MartletError, QueryError
from martlet.ingest.sinks import ClickHouseSink
from martlet.model import Project
from martlet.query import QueryBuilder
from martlet.rewrites import copy_rows, forward
from martlet.schema import INTERNAL_PREFIXES, MARKS, Applied, apply_schema, restore_views
from martlet.sql.lexer import quote_identifier, quote_string
from martlet.staging import COPY_PREFIX, STAGE_PREFIX, SWAP_PREFIX, definition
from martlet.views import VIEW_PREFIX, targets_of

_INTERNAL = (*INTERNAL_PREFIXES, COPY_PREFIX, STAGE_PREFIX, SWAP_PREFIX)

# And the name of the first database.
_REHEARSAL = "__rehearsal_"

log = logging.getLogger("martlet")


class OvertakenError(ConflictError):
    """Rows came, or went, in a way that what was made beside them does not follow."""


class Generations:
    """The databases of one engine.

    Attributes:
        base: name of the first one.
        note: what was published with the live database.
        step: called with the name of each step of a switch; tests make it fail there.
    """

    def __init__(self, engine: ClickHouse) -> None:
        """Find the live database, make it the engine's, and drop what a killed server has left.

        Args:
            engine: with the first database of its data as its own.
        """
        self.engine = engine
        self.step: Callable[[str], None] = lambda name: None
        self.base = engine.database
        self._path = engine.path / f"live.{self.base}.json"
        self._pattern = re.compile(rf"{re.escape(self.base)}__(\d+)")
        self._unused: SimpleQueue[str | None] = SimpleQueue()
        self._cleaner: threading.Thread | None = None
        found = json.loads(self._path.read_bytes()) if self._path.exists() else {}
        live = str(found.get("database", self.base))
        self.note: Mapping[str, object] = found.get("note", {})
        if live != engine.database:
            engine.move(live, engine.settings, lambda: None)

    def forget_others(self, kept: Collection[str]) -> None:
        """Drop all databases but the live one and those named."""
        for name in (self.base, *self._names()):
            if name != self.engine.database and name not in kept:
                self.drop(name)
        self.drop(f"{_REHEARSAL}{self.base}")

    @contextmanager
    def rehearsal(self, project: Project, queries: QueryBuilder) -> Iterator[ClickHouse]:
        """Give a database with the tables and views of a project, empty; it is dropped at the end.

        Raises:
            DatafileError: ClickHouse refuses a definition.
        """
        name = f"{_REHEARSAL}{self.base}"
        self.drop(name)
        scratch = ClickHouse(self.engine.path, settings=self.engine.settings, database=name)
        try:
            apply_schema(scratch, project, queries)
            yield scratch
        finally:
            scratch.close()
            self.drop(name)

    def new_name(self) -> str:
        """Return a name for a database."""
        numbers = [int(name.rpartition("__")[2]) for name in self._names()]
        return f"{self.base}__{max(numbers, default=1) + 1}"

    def _names(self) -> list[str]:
        rows = self.engine.rows("SELECT name FROM system.databases")
        return [name for row in rows if self._pattern.fullmatch(name := str(row["name"]))]

    def drop(self, database: str) -> None:
        """Drop a database; of the first one, which ClickHouse needs, its tables."""
        place = quote_identifier(database)
        if database != self.base:
            self.engine.command_apart(f"DROP DATABASE IF EXISTS {place} SYNC")
            return
        rows = self.engine.rows(
            f"SELECT name FROM system.tables WHERE database = {quote_string(database)}"
            " ORDER BY engine != 'MaterializedView'"
        )
        for row in rows:
            table = quote_identifier(str(row["name"]))
            self.engine.command_apart(f"DROP TABLE IF EXISTS {place}.{table} SYNC")

    def publish(self, database: str, note: Mapping[str, object]) -> None:
        """Write which database is live.

        Raises:
            EngineError: it cannot be written.
        """
        content = {"database": database, "note": note}
        try:
            write_whole(self._path, json.dumps(content).encode())
        except OSError as error:
            raise EngineError(f"The switch cannot be written: {error.strerror}") from error
        self.note = note

    def drop_after(self, database: str, user: object) -> None:
        """Drop a database when nobody has an object any more: queries of it may still run."""
        if self._cleaner is None:
            self._cleaner = threading.Thread(target=self._clean, name="martlet-clean", daemon=True)
            self._cleaner.start()
        # In whatever thread the last user ends: dropping takes long, and needs locks.
        weakref.finalize(user, self._unused.put, database).atexit = False

    def _clean(self) -> None:
        while (database := self._unused.get()) is not None:
            try:
                self.drop(database)
            except MartletError:
                log.exception("the tables of the project before are not all dropped")

    def close(self) -> None:
        """Stop dropping; what is left is dropped by the next start."""
        if self._cleaner is not None:
            self._unused.put(None)
            self._cleaner.join()


@dataclass(frozen=True, slots=True)
class _Cloned:
    """A table whose files two databases have.

    Attributes:
        id: tells it from another one of its name.
        parts: names of its parts at that time; empty for engines without parts.
    """

    id: str
    parts: frozenset[str]
    has_parts: bool


class Successor:
    """A database with all rows of the live one, for the tables of another project.

    Rows go on to be stored in the live one meanwhile; `catch_up` adds them.
    """

    def __init__(
        self,
        generations: Generations,
        project: Project,
        sink: ClickHouseSink,
        *,
        destructive: bool = False,
        removed: Iterable[str] = (),
        unfilled: Collection[str] = (),
    ) -> None:
        """Start; the database is made when the block is entered.

        Args:
            generations: knows the live one.
            project: whose tables they shall be.
            sink: stores rows in the live one.
            destructive: whether stored values may be given up.
            removed: data sources whose tables are left out.
            unfilled: materialized pipes whose targets get no stored rows when they are made.
        """
        self.generations = generations
        self.project = project
        self.queries = QueryBuilder(project)
        self.applied = Applied()
        self.name = generations.new_name()
        self._engine = generations.engine
        self._live = self._engine.database
        self._sink = sink
        self._destructive = destructive
        self._unfilled = unfilled
        self._removed = {name for table in removed for name in (table, f"{table}_quarantine")}
        self._cloned: dict[str, _Cloned] = {}
        self._is_kept = False
        self._own: ClickHouse | None = None

    @property
    def engine(self) -> ClickHouse:
        """An engine whose database it is."""
        assert self._own is not None
        return self._own

    def __enter__(self) -> Self:
        try:
            self._own = ClickHouse(
                self._engine.path, settings=self.project.settings, database=self.name
            )
            self.queries = QueryBuilder(self.project, database=self.name)
            self._clone()
            self.generations.step("cloned")
            self.applied = apply_schema(
                self.engine,
                self.project,
                self.queries,
                destructive=self._destructive,
                unfilled=self._unfilled,
                known=targets_of(self._engine),
            )
            self._make_views()
            self.generations.step("made")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def keep(self) -> None:
        """Leave the database there at the end of the block."""
        self._is_kept = True

    def _close(self) -> None:
        for name, cloned in self._cloned.items():
            if cloned.has_parts:
                self._start_merges(name)
        if self._own is not None:
            self._own.close()
        if not self._is_kept:
            self.generations.drop(self.name)

    def _table(self, name: str) -> str:
        return f"{quote_identifier(self._live)}.{quote_identifier(name)}"

    def _start_merges(self, name: str) -> None:
        # It is gone where its database was the live one, and nobody had that any more.
        with suppress(QueryError):
            self._engine.command(f"SYSTEM START MERGES {self._table(name)}")

    def _clone(self) -> None:
        rows = self._engine.rows(
            "SELECT name, engine, comment, data_paths[1] AS id FROM system.tables"
            f" WHERE database = {quote_string(self._live)}"
        )
        for row in rows:
            name, kind = str(row["name"]), str(row["engine"])
            own = quote_identifier(name)
            if name.startswith(MARKS):
                # In its place until all rows are there: nothing is to be written through it.
                comment = quote_string(str(row["comment"]))
                self.engine.command(
                    f"CREATE TABLE {own} (none UInt8) ENGINE = Null COMMENT {comment}"
                )
            elif name.startswith(_INTERNAL) or name in self._removed:
                continue
            elif kind.endswith("MergeTree"):
                # Without merges, what is stored from now on is in parts of its own.
                self._engine.command(f"SYSTEM STOP MERGES {self._table(name)}")
                self._cloned[name] = _Cloned("", frozenset(), has_parts=True)
                with self._sink.paused():
                    self._cloned[name] = self._state(name)
                    self.engine.command(f"CREATE TABLE {own} CLONE AS {self._table(name)}")
            else:
                self.engine.command(f"CREATE TABLE {own} AS {self._table(name)}")
                if kind != "Null":
                    copy_rows(self.engine, name, self._live, name)
                    self._cloned[name] = _Cloned(str(row["id"]), frozenset(), has_parts=False)

    def _state(self, name: str) -> _Cloned:
        """Return a table of the live database as it is now."""
        rows = self._engine.rows(
            f"SELECT name FROM system.parts WHERE active AND database = {quote_string(self._live)}"
            f" AND table = {quote_string(name)}"
        )
        parts = frozenset(str(row["name"]) for row in rows)
        return _Cloned(definition(self._engine, name)[0], parts, has_parts=True)

    def _make_views(self) -> None:
        """Make the views that are in the database by their names alone."""
        rows = self.engine.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'Null'"
            f" AND startsWith(name, {quote_string(VIEW_PREFIX)})"
        )
        for row in rows:
            self.engine.command(f"DROP TABLE {quote_identifier(str(row['name']))} SYNC")
        self.applied.trials = restore_views(self.engine, self.project, self.queries).trials

    def catch_up(self) -> None:
        """Add the rows that are new in the live database; nothing may be written meanwhile.

        Raises:
            OvertakenError: it must be made again.
        """
        new: dict[str, frozenset[str]] = {}
        for name, cloned in self._cloned.items():
            if not cloned.has_parts:
                self._copy_whole(name)
                continue
            now = self._state(name)
            if now.id != cloned.id or not cloned.parts <= now.parts:
                raise OvertakenError(f"The rows of '{name}' were replaced meanwhile")
            if now.parts - cloned.parts:
                new[name] = now.parts - cloned.parts
                self._cloned[name] = now
        if not new:
            return
        # What wrote the old rows of a target has written the new ones too; a view whose target
        # was filled from stored rows has to see those that came since.
        for name in self._views() - self.applied.filled:
            self.engine.command(f"DROP TABLE {quote_identifier(name)} SYNC")
        for name, parts in new.items():
            self._add(name, f"_part IN ({', '.join(map(quote_string, sorted(parts)))})")
        restore_views(self.engine, self.project, self.queries)

    def _views(self) -> set[str]:
        rows = self.engine.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            f" AND startsWith(name, {quote_string(VIEW_PREFIX)})"
        )
        return {str(row["name"]) for row in rows}

    def _add(self, name: str, where: str) -> None:
        if name in self.applied.refilled:
            return
        if name in self.applied.emptied:
            raise OvertakenError(f"'{name}' had no rows, and has some now")
        try:
            if name in self.applied.rewritten:
                source = self.project.datasources[name]
                forward(self.engine, source, f"FROM {self._table(name)} WHERE {where}")
            else:
                copy_rows(self.engine, name, self._live, name, where=where)
        except DatafileError:
            raise
        except MartletError as error:
            raise OvertakenError(
                f"Rows that came for '{name}' meanwhile could not be added: {error.message}"
            ) from error

    def _copy_whole(self, name: str) -> None:
        """Copy a table that is in memory again, past the views that would see its rows twice."""
        stage = quote_identifier(f"{STAGE_PREFIX}{name}")
        own = quote_identifier(name)
        self.engine.command(f"CREATE TABLE {stage} AS {own}")
        copy_rows(self.engine, f"{STAGE_PREFIX}{name}", self._live, name)
        self.engine.command(f"EXCHANGE TABLES {stage} AND {own}")
        self.engine.command(f"DROP TABLE {stage} SYNC")
