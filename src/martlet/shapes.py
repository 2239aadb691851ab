"""A table as ClickHouse spells it, and what changes from one spelling to another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from martlet.catalog import column_ddl, index_ddl, stored_columns
from martlet.model import Datasource
from martlet.sql.lexer import quote_identifier

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


@dataclass(frozen=True, slots=True)
class Differences:
    """What changes from one shape of a table to another."""

    old: Shape
    new: Shape

    @property
    def refused(self) -> list[str]:
        """What stored rows would have to be rewritten for, in words."""
        old, new = self.old, self.new
        refused = [f"column `{name}` is gone" for name in old.columns if name not in new.columns]
        refused += [
            f"column `{name}` was {old.columns[name][0]} and is {new.columns[name][0]}"
            for name in new.columns
            if name in old.columns and old.columns[name][0] != new.columns[name][0]
        ]
        if old.engine != new.engine:
            refused.append(f"the engine was `{old.engine}` and is `{new.engine}`")
        return refused

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
        changed = [*self.columns(), *self.indexes(), *self.settings()]
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
            if name in indexes:
                yield f"ADD {index_ddl(indexes[name])}"
        if self.old.ttl != self.new.ttl:
            yield f"MODIFY TTL {self.new.ttl}" if self.new.ttl else "REMOVE TTL"
        if settings := self.settings():
            yield f"MODIFY SETTING {', '.join(f'{n} = {v}' for n, v in settings.items())}"
