"""A table as ClickHouse spells it, and what changes from one spelling to another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from martlet.catalog import DEDUPLICATION_WINDOW, column_ddl, index_ddl, stored_columns
from martlet.engines.clickhouse import ClickHouse
from martlet.model import Datasource
from martlet.sql.lexer import quote_identifier, quote_string
from martlet.sql.volatile import Volatility, volatility

# `engine_full` of system.tables, which ends with the TTL and the settings if there are any.
ENGINE_FULL = re.compile(
    r"(?P<engine>.*?)(?: TTL (?P<ttl>.*?))?(?: SETTINGS (?P<settings>.*))?", re.DOTALL
)

# What a table is made with: ALTER TABLE cannot change these settings.
_FIXED_SETTINGS = frozenset(
    """add_minmax_index_for_numeric_columns add_minmax_index_for_string_columns
    add_minmax_index_for_temporal_columns enable_mixed_granularity_parts index_granularity
    index_granularity_bytes table_disk""".split()
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as ClickHouse spells it.

    Attributes:
        columns: name -> type, default and codec.
        indexes: name -> expression, type and granularity.
        engine: with its keys, without TTL and settings.
        unwritten: columns that some part does not have: their DEFAULT is evaluated when it is read.
    """

    columns: Mapping[str, tuple[object, object, object]]
    indexes: Mapping[str, tuple[object, object, object]]
    engine: str
    ttl: str
    settings: Mapping[str, str]
    unwritten: frozenset[str] = frozenset()


def shape_of(engine: ClickHouse, table: str) -> Shape:
    """Return a table as ClickHouse spells it."""
    where = f"database = currentDatabase() AND table = {quote_string(table)}"
    columns = engine.rows(
        "SELECT name, type, default_expression AS default, compression_codec AS codec"
        f" FROM system.columns WHERE {where} ORDER BY position"
    )
    indexes = engine.rows(
        "SELECT name, expr, type_full, toString(granularity) AS granularity"
        f" FROM system.data_skipping_indices WHERE {where}"
    )
    full = engine.command(
        "SELECT engine_full FROM system.tables"
        f" WHERE database = currentDatabase() AND name = {quote_string(table)}"
    )
    written = engine.rows(
        f"SELECT column FROM system.parts_columns WHERE active AND {where} GROUP BY column"
        f" HAVING count() = (SELECT count() FROM system.parts WHERE active AND {where})"
    )
    everywhere = {str(row["column"]) for row in written}
    parts = ENGINE_FULL.fullmatch(full.strip())
    assert parts is not None
    return Shape(
        {str(c["name"]): (c["type"], c["default"], c["codec"]) for c in columns},
        {str(i["name"]): (i["expr"], i["type_full"], i["granularity"]) for i in indexes},
        parts["engine"],
        parts["ttl"] or "",
        dict(pair.split(" = ", 1) for pair in (parts["settings"] or "").split(", ") if pair),
        frozenset(str(c["name"]) for c in columns) - everywhere,
    )


@dataclass(frozen=True, slots=True)
class Differences:
    """What changes from one shape of a table to another.

    Attributes:
        forwarded: the columns that the FORWARD_QUERY makes of stored rows; None where it has no
            part in the change.
    """

    old: Shape
    new: Shape
    forwarded: frozenset[str] | None = None

    @property
    def refused(self) -> list[str]:
        """What cannot be made of stored rows without being told how, in words."""
        old, new = self.old, self.new
        refused = [
            f"column `{name}` was {old.columns[name][0]} and is {facts[0]}"
            for name, facts in new.columns.items()
            if name in old.columns
            and old.columns[name][0] != facts[0]
            and not is_made_nullable(str(old.columns[name][0]), str(facts[0]))
        ]
        if old.engine != new.engine and not (_is_tree(old.engine) and _is_tree(new.engine)):
            refused.append(self._engines)
        return refused

    @property
    def lost(self) -> list[str]:
        """What stored rows lose, in words."""
        lost = [f"column `{name}` is gone" for name in self.dropped]
        if self.forwarded is not None:
            left = self.old.columns.keys() & self.new.columns.keys() - self.forwarded
            lost += [f"column `{name}` is not in the FORWARD_QUERY" for name in sorted(left)]
        if self.old.engine != self.new.engine and _kind(self.old.engine) != _kind(self.new.engine):
            lost.append(self._engines)  # rows of one key may become one
        return lost

    @property
    def is_copied(self) -> bool:
        """Whether all rows are written anew: no ALTER TABLE would leave them as they are."""
        old, new = self.old, self.new
        return (
            old.engine != new.engine
            or any(old.settings.get(name) != new.settings.get(name) for name in _FIXED_SETTINGS)
            or any(self._is_evaluated(name) for name in self.columns())
        )

    def _is_evaluated(self, column: str) -> bool:
        """Whether stored rows would have another value of a column, or another one each time."""
        default = str(self.new.columns[column][1])
        if column not in self.old.columns:
            return volatility(default) is not Volatility.STABLE
        return column in self.old.unwritten and self.old.columns[column][1] != default

    @property
    def added(self) -> list[str]:
        """The columns that are new."""
        return [name for name in self.new.columns if name not in self.old.columns]

    @property
    def is_reordered(self) -> bool:
        """Whether columns that stay come in another order."""
        old = [name for name in self.old.columns if name in self.new.columns]
        return old != [name for name in self.new.columns if name in self.old.columns]

    @property
    def dropped(self) -> list[str]:
        """The columns that are gone."""
        return [name for name in self.old.columns if name not in self.new.columns]

    @property
    def _engines(self) -> str:
        return f"the engine was `{self.old.engine}` and is `{self.new.engine}`"

    def columns(self) -> list[str]:
        """Return columns to add, and those whose default or codec changes; stored values stay."""
        return [n for n, facts in self.new.columns.items() if self.old.columns.get(n) != facts]

    def indexes(self) -> list[str]:
        names = {**self.old.indexes, **self.new.indexes}
        return [n for n in names if self.old.indexes.get(n) != self.new.indexes.get(n)]

    def settings(self) -> dict[str, str]:
        return {
            name: value
            for name, value in self.new.settings.items()
            if self.old.settings.get(name) != value
        }

    def unset(self) -> list[str]:
        """Return the settings that have their usual value again."""
        return [name for name in self.old.settings if name not in self.new.settings]

    def altered(self) -> list[str]:
        """Return the names of what changes, for people."""
        changed = [*self.columns(), *self.dropped, *self.indexes(), *self.settings(), *self.unset()]
        if self.is_reordered:
            changed.append("order of columns")
        return [*changed, "TTL"] if self.old.ttl != self.new.ttl else changed

    def actions(self, source: Datasource) -> Iterator[str]:
        """Yield the actions of ALTER TABLE, in order."""
        columns = {column.name: column for column in stored_columns(source)}
        names = list(columns)
        for name in names if self.is_reordered else self.columns():
            verb = "MODIFY" if name in self.old.columns else "ADD"
            before = names[names.index(name) - 1] if names.index(name) else None
            place = f"AFTER {quote_identifier(before)}" if before else "FIRST"
            yield f"{verb} COLUMN {column_ddl(columns[name])} {place}"
        indexes = {index.name: index for index in source.indexes}
        for name in self.indexes():
            if name in self.old.indexes:
                yield f"DROP INDEX {quote_identifier(name)}"
        if self.old.ttl != self.new.ttl:  # which may be of a column that goes
            yield f"MODIFY TTL {self.new.ttl}" if self.new.ttl else "REMOVE TTL"
        for name in self.dropped:
            yield f"DROP COLUMN {quote_identifier(name)}"
        for name in self.indexes():
            if name in indexes:
                yield f"ADD {index_ddl(indexes[name])}"
        if settings := self.settings():
            yield f"MODIFY SETTING {', '.join(f'{n} = {v}' for n, v in settings.items())}"
        if unset := self.unset():
            yield f"RESET SETTING {', '.join(unset)}"


def quarantine_actions(source: Datasource) -> Iterator[str]:
    """Yield the actions of ALTER TABLE that make a quarantine that of a data source as it is."""
    for column in source.columns:
        yield f"ADD COLUMN IF NOT EXISTS {quote_identifier(column.name)} Nullable(String)"
    yield f"MODIFY SETTING non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"


def is_made_nullable(old: str, new: str) -> bool:
    """Whether a type differs from another one only in that it also has NULL."""
    inner = re.fullmatch(r"LowCardinality\((.*)\)", old, re.DOTALL)
    if inner:
        return new == f"LowCardinality(Nullable({inner[1]}))"
    return new == f"Nullable({old})"


def _kind(engine: str) -> str:
    return engine.partition(" ")[0]


def _is_tree(engine: str) -> bool:
    return _kind(engine).partition("(")[0].endswith("MergeTree")
