"""A table as ClickHouse spells it, and what changes from one spelling to another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from martlet.catalog import column_ddl, index_ddl, stored_columns
from martlet.engines.clickhouse import ClickHouse
from martlet.model import Datasource
from martlet.sql.lexer import quote_identifier, quote_string

# `engine_full` of system.tables, which ends with the TTL and the settings if there are any.
ENGINE_FULL = re.compile(
    r"(?P<engine>.*?)(?: TTL (?P<ttl>.*?))?(?: SETTINGS (?P<settings>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as ClickHouse spells it.

    Attributes:
        columns: name -> type, default and codec.
        indexes: name -> expression, type and granularity.
        engine: with its keys, without TTL and settings.
    """

    columns: Mapping[str, tuple[object, object, object]]
    indexes: Mapping[str, tuple[object, object, object]]
    engine: str
    ttl: str
    settings: Mapping[str, str]


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
    parts = ENGINE_FULL.fullmatch(full.strip())
    assert parts is not None
    return Shape(
        {str(c["name"]): (c["type"], c["default"], c["codec"]) for c in columns},
        {str(i["name"]): (i["expr"], i["type_full"], i["granularity"]) for i in indexes},
        parts["engine"],
        parts["ttl"] or "",
        dict(pair.split(" = ", 1) for pair in (parts["settings"] or "").split(", ") if pair),
    )


@dataclass(frozen=True, slots=True)
class Differences:
    """What changes from one shape of a table to another."""

    old: Shape
    new: Shape

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
        if self.is_copied and _kind(self.old.engine) != _kind(self.new.engine):
            lost.append(self._engines)  # rows of one key may become one
        return lost

    @property
    def is_copied(self) -> bool:
        """Whether all rows are written anew, into a table with other keys."""
        return self.old.engine != self.new.engine

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

    def altered(self) -> list[str]:
        """Return the names of what changes, for people."""
        changed = [*self.columns(), *self.dropped, *self.indexes(), *self.settings()]
        return [*changed, "TTL"] if self.old.ttl != self.new.ttl else changed

    def actions(self, source: Datasource) -> Iterator[str]:
        """Yield the actions of ALTER TABLE, in order."""
        columns = {column.name: column for column in stored_columns(source)}
        names = list(columns)
        for name in self.columns():
            verb = "MODIFY" if name in self.old.columns else "ADD"
            before = names[names.index(name) - 1] if names.index(name) else None
            place = f"AFTER {quote_identifier(before)}" if before else "FIRST"
            yield f"{verb} COLUMN {column_ddl(columns[name])} {place}"
        indexes = {index.name: index for index in source.indexes}
        for name in self.indexes():
            if name in self.old.indexes:
                yield f"DROP INDEX {quote_identifier(name)}"
        for name in self.dropped:
            yield f"DROP COLUMN {quote_identifier(name)}"
        for name in self.indexes():
            if name in indexes:
                yield f"ADD {index_ddl(indexes[name])}"
        if self.old.ttl != self.new.ttl:
            yield f"MODIFY TTL {self.new.ttl}" if self.new.ttl else "REMOVE TTL"
        if settings := self.settings():
            yield f"MODIFY SETTING {', '.join(f'{n} = {v}' for n, v in settings.items())}"


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
