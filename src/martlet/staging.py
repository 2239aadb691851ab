"""Tables made beside a data source's own and put in their place at once: readers see old or new.

A kill at any moment leaves the old tables or the new ones: what is left of a change is dropped,
and a change of several tables, once begun, is brought to its end by the next start (`recover`).
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, MartletError, RequestError
from martlet.jobstore import Job
from martlet.model import Datasource, Project
from martlet.query import QueryBuilder
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.sql.tables import find_tables
from martlet.views import View, can_refill, views_in_order

STAGE_PREFIX = "__stage_"
SWAP_PREFIX = "__swap_"
COPY_PREFIX = "__copy_"

# Statements of a change may take longer than a request's query, but not for ever.
TIMEOUT_S = 3600

# How often a mutation is asked how far it is.
_POLL_S = 0.05

# Changes of a table by others while it is rewritten, after which it is given up.
TRIES = 3

log = logging.getLogger("martlet")


class Stages:
    """Tables on their way to be a data source's; what is left of them at the end is dropped."""

    def __init__(self, engine: ClickHouse, job: Job) -> None:
        self.engine = engine
        self.job = job
        self._names: list[str] = []

    def __enter__(self) -> Self:
        self._passing = self.engine.gate.passing()
        self._passing.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for name in self._names:
                self.engine.command(f"DROP TABLE IF EXISTS {quote_identifier(name)} SYNC")
        finally:
            self._passing.__exit__(None, None, None)

    def like(self, table: str, *, name: str | None = None) -> str:
        """Make an empty table like another one and return its name."""
        return self._make(table, "AS", name or new_name())

    def clone(self, table: str) -> str:
        """Make a table with the rows of another one, whose files both then have."""
        return self._make(table, "CLONE AS", new_name())

    def _make(self, table: str, how: str, name: str) -> str:
        self._names.append(name)
        self.engine.command(
            f"CREATE TABLE {quote_identifier(name)} {how} {quote_identifier(table)}"
        )
        return name

    def run(self, table: str, columns: str, sql: str) -> None:
        """Write what a SELECT gives into a stage; the job's end is its end too.

        Raises:
            QueryError: the SELECT failed.
        """
        mark = f"INSERT INTO {quote_identifier(table)} "

        def stop() -> None:
            text = quote_string(mark)
            self.engine.command(f"KILL QUERY WHERE startsWith(query, {text}) ASYNC")

        with self.job.stopped_by(stop):
            self.engine.command_apart(
                f"{mark}({columns}) SETTINGS max_execution_time = {TIMEOUT_S},"
                f" max_memory_usage = {self.engine.settings.max_memory_bytes}\n{sql}"
            )

    def delete(self, table: str, condition: str) -> None:
        """Delete the rows of a stage for which a condition is true.

        Raises:
            QueryError: ClickHouse cannot evaluate it.
        """
        self.engine.command(
            f"ALTER TABLE {quote_identifier(table)} DELETE WHERE {is_true(condition)}"
        )
        while True:
            found = self.engine.rows(
                "SELECT is_done, parts_to_do AS parts, latest_fail_reason AS reason"
                " FROM system.mutations"
                f" WHERE database = currentDatabase() AND table = {quote_string(table)}"
                " AND NOT is_done"
            )
            if not found:
                return
            if reason := str(found[0]["reason"]):
                raise RequestError(f"The rows cannot be deleted: {reason[:500]}")
            self.job.check()
            self.job.cancelled.wait(_POLL_S)


def new_name() -> str:
    """Return a name for a stage."""
    return f"{STAGE_PREFIX}{uuid.uuid4().hex}"


def is_true(condition: str) -> str:
    """Return an expression that is 1 where a condition is true, and 0 where it is not or NULL."""
    return f"ifNull((\n{condition}\n) != 0, 0)"


def definition(engine: ClickHouse, table: str) -> tuple[str, str]:
    """Return what tells a table from another of its name, and how it is defined.

    It is where its files are: chDB's database `default` knows no UUIDs (measured on 26.9).
    """
    found = engine.rows(
        "SELECT data_paths[1] AS id, create_table_query AS text FROM system.tables"
        f" WHERE database = currentDatabase() AND name = {quote_string(table)}"
    )
    return (str(found[0]["id"]), str(found[0]["text"])) if found else ("", "")


def count(engine: ClickHouse, table: str, condition: str = "") -> int:
    """Return how many rows a table has, or how many of them meet a condition."""
    where = f" WHERE {is_true(condition)}" if condition else ""
    return int(engine.command(f"SELECT count() FROM {quote_identifier(table)}{where}"))


def columns_of(engine: ClickHouse, table: str) -> str:
    """Return the names of a table's stored columns, for INSERT and SELECT."""
    described = engine.rows(
        "SELECT name FROM system.columns WHERE database = currentDatabase()"
        f" AND table = {quote_string(table)} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')"
        " ORDER BY position"
    )
    return ", ".join(quote_identifier(str(row["name"])) for row in described)


def swap(engine: ClickHouse, pairs: Sequence[tuple[str, str]]) -> None:
    """Put stages in the place of tables, each at once and all of them whatever happens.

    Args:
        engine: where they are; nothing else may change the tables meanwhile.
        pairs: stage and table; what the table was has the stage's name afterwards.
    """
    with engine.versions.changing([table for _, table in pairs]):
        _swap(engine, pairs)


def _swap(engine: ClickHouse, pairs: Sequence[tuple[str, str]]) -> None:
    plan = [(stage, table, definition(engine, stage)[0]) for stage, table in pairs]
    plan = [entry for entry in plan if entry[2]]  # one without files has no rows either
    if len(plan) < 2:
        for stage, table, _ in plan:
            _exchange(engine, stage, table)
        return
    mark = quote_identifier(SWAP_PREFIX + uuid.uuid4().hex)
    text = quote_string(json.dumps(plan))
    engine.command(f"CREATE TABLE {mark} (none UInt8) ENGINE = Null COMMENT {text}")
    done: list[tuple[str, str]] = []
    try:
        for stage, table, _ in plan:
            _exchange(engine, stage, table)
            done.append((stage, table))
    except MartletError:
        for pair in reversed(done):
            _exchange(engine, *pair)
        raise
    finally:
        engine.command(f"DROP TABLE {mark} SYNC")


def _exchange(engine: ClickHouse, stage: str, table: str) -> None:
    engine.command(f"EXCHANGE TABLES {quote_identifier(stage)} AND {quote_identifier(table)}")


def recover(engine: ClickHouse) -> None:
    """Finish the changes that a killed server had begun, and drop what is left of others."""
    found = engine.rows(
        "SELECT name, comment, data_paths[1] AS id FROM system.tables"
        " WHERE database = currentDatabase()"
    )
    ids = {str(row["name"]): str(row["id"]) for row in found}
    for row in found:
        if not str(row["name"]).startswith(SWAP_PREFIX):
            continue
        for stage, table, id in json.loads(str(row["comment"])):
            if ids.get(stage) == id and table in ids:
                _exchange(engine, stage, table)
        engine.command(f"DROP TABLE {quote_identifier(str(row['name']))} SYNC")
        log.info("a change of several tables is finished that a server had begun before")
    for name in ids:
        if name.startswith((STAGE_PREFIX, COPY_PREFIX)):
            engine.command(f"DROP TABLE IF EXISTS {quote_identifier(name)} SYNC")


class Rest:
    """The rows of a table that a condition leaves, as a stage that follows the table.

    The stage has the table's files, so that only parts with rows to delete are written anew, and
    that without holding anybody. `catch_up` adds what has been stored since, while commits wait.
    """

    def __init__(
        self,
        stages: Stages,
        datasource: Datasource,
        condition: str,
        paused: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Start; the stage is made when the block is entered.

        Raises:
            ConflictError: the data source's engine keeps no rows in parts.
        """
        if not datasource.engine.name.endswith("MergeTree"):
            raise ConflictError(
                f"Rows of data source '{datasource.name}' cannot be chosen by a condition: its"
                f" engine is {datasource.engine.name}"
            )
        self._stages = stages
        self._engine = stages.engine
        self._table = datasource.name
        self._condition = condition
        self._paused = paused
        self._definition = definition(self._engine, self._table)
        self._parts: set[str] = set()
        self.name = ""
        self.deleted = 0

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _make(self) -> None:
        # Without merges, what is stored from now on is in parts of its own.
        self._engine.command(f"SYSTEM STOP MERGES {quote_identifier(self._table)}")
        with self._paused():
            self._definition = definition(self._engine, self._table)
            self._parts = self._active_parts()
            self.name = self._stages.clone(self._table)
        before = count(self._engine, self.name)
        self._stages.delete(self.name, self._condition)
        self.deleted = before - count(self._engine, self.name)

    def close(self) -> None:
        """Let the table's parts be merged again; after a swap it has the stage's name."""
        for name in (self._table, self.name):
            if name and definition(self._engine, name)[0] == self._definition[0]:
                self._engine.command(f"SYSTEM START MERGES {quote_identifier(name)}")

    def _active_parts(self) -> set[str]:
        rows = self._engine.rows(
            "SELECT name FROM system.parts WHERE active AND database = currentDatabase()"
            f" AND table = {quote_string(self._table)}"
        )
        return {str(row["name"]) for row in rows}

    def catch_up(self) -> bool:
        """Add the rows that are new in the table; False where the stage is not of it any more."""
        now = definition(self._engine, self._table)
        if now[1] != self._definition[1]:
            raise ConflictError(
                f"The data source '{self._table}' changed meanwhile: nothing was written",
                hint="try it again",
            )
        parts = self._active_parts()
        if now[0] != self._definition[0] or not self._parts <= parts:
            return False
        if new := parts - self._parts:
            names = ", ".join(map(quote_string, sorted(new)))
            where = f"_part IN ({names})"
            columns = columns_of(self._engine, self._table)
            table = quote_identifier(self._table)
            keep = f"{where} AND NOT {is_true(self._condition)}"
            self.deleted += int(
                self._engine.command(
                    f"SELECT count() FROM {table} WHERE {where} AND {is_true(self._condition)}"
                )
            )
            self._stages.run(self.name, columns, f"SELECT {columns} FROM {table} WHERE {keep}")
        return True


@dataclass(frozen=True, slots=True)
class Fed:
    """The data sources that materialized pipes fill from the rows of another one, and its own.

    Attributes:
        targets: their names; each is made anew where the rows of the other are replaced.
        views: all that fill them, those that feed a source of another one first.
    """

    targets: Sequence[str]
    views: Sequence[View]


def fed_by(
    engine: ClickHouse, project: Project, queries: QueryBuilder, table: str, *, is_whole: bool
) -> Fed:
    """Return what materialized pipes fill from a data source, directly or not.

    Args:
        engine: knows whose inserts a view sees.
        project: the live one.
        queries: its queries.
        table: name of the data source whose rows are to be replaced.
        is_whole: whether all of them are.

    Raises:
        ConflictError: some of it cannot be made anew from stored rows as it would be now.
    """
    triggers = {
        str(row["view"]): str(row["name"])
        for row in engine.rows(
            "SELECT name, arrayJoin(dependencies_table) AS view FROM system.tables"
            " WHERE database = currentDatabase()"
        )
    }
    views = views_in_order(project, queries)
    targets: list[str] = []
    for view in views:
        if triggers.get(view.name) in (table, *targets) and view.target not in targets:
            targets.append(view.target)
    for target in targets:
        source = project.datasources[target]
        is_skipped = not is_whole and source.backfill == "skip"
        if (
            target == table
            or is_skipped
            or not can_refill(target, views, project, project.datasources)
        ):
            raise ConflictError(
                f"Rows of data source '{table}' cannot be replaced: a materialized pipe fills"
                f" '{target}' from them, which also has rows that could not be made again",
                hint="see docs/api.md, Replace",
            )
    return Fed(targets, [view for view in views if view.target in targets])


def refill(stages: Stages, fed: Fed, staged: Mapping[str, str]) -> dict[str, str]:
    """Make stages of what materialized pipes fill, from other stages.

    Args:
        stages: where they are made.
        fed: what they are of.
        staged: table -> stage that is read in its place.

    Returns:
        Target -> stage.
    """
    made = dict(staged)
    for target in fed.targets:
        made[target] = stages.like(target)
    for view in fed.views:
        described = stages.engine.command(f"DESCRIBE TABLE ({view.sql})")
        names = [line.split("\t")[0] for line in described.splitlines()]
        columns = ", ".join(map(quote_identifier, names))
        sql = _reading(view.sql, made)
        stages.run(made[view.target], columns, f"SELECT {columns} FROM (\n{sql}\n)")
    return {target: made[target] for target in fed.targets}


def _reading(sql: str, staged: Mapping[str, str]) -> str:
    """Return SQL that reads stages in place of tables."""
    for reference in reversed(find_tables(list(lex(sql)))):
        stage = staged.get(reference.name)
        if stage is None or reference.is_function:
            continue
        name = quote_identifier(stage)
        if not reference.has_alias and not reference.after_in:
            name += f" AS {quote_identifier(reference.name)}"
        sql = sql[: reference.start] + name + sql[reference.end :]
    return sql
