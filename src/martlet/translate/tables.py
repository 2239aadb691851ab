"""What the translation needs to know of tables: columns, engine, and how they lie in the lake."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from martlet.catalog import (
    QUARANTINE_AFTER,
    QUARANTINE_BEFORE,
    quarantine_columns,
    stored_columns,
)
from martlet.errors import MartletError
from martlet.model import Datasource, Project, TableEngine
from martlet.translate.typing import canonical, nullable, type_of
from martlet.types import ColumnType


@dataclass(frozen=True, slots=True)
class Partitions:
    """How a table of the lake is partitioned by day of arrival, and what that says of its rows.

    Attributes:
        first_day: no row arrived before, `YYYY-MM-DD`.
        ahead_days: no row has a time more days behind its arrival than this.
    """

    first_day: str | None = None
    ahead_days: int = 0


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A data source as the translation sees it.

    Attributes:
        columns: ClickHouse types by name, in order.
        engine: its table engine, for FINAL and for pruning.
        sql_name: its name in Trino; the data source's own if empty.
        partitions: None where the table has no partition column.
        has_hidden: whether the columns of `HIDDEN` are there.
    """

    columns: Mapping[str, ColumnType]
    engine: TableEngine = field(default_factory=TableEngine)
    sql_name: str = ""
    partitions: Partitions | None = None
    has_hidden: bool = True


def facts_of_project(
    project: Project, *, partitions: Mapping[str, Partitions] | None = None
) -> dict[str, TableFacts]:
    """Return the facts of all tables of a project, those of refused rows too, by name.

    `partitions` says how tables of the lake are partitioned; by day of arrival if it does not.
    """
    known = partitions or {}
    facts: dict[str, TableFacts] = {}
    for source in project.datasources.values():
        for name, own in (
            (source.name, facts_of(source)), (source.quarantine, quarantine_facts(source))
        ):  # fmt: skip
            facts[name] = replace(own, partitions=known.get(name, Partitions()))
    for versioned, name in project.versioned.items():
        if name in facts:
            facts.setdefault(versioned, replace(facts[name], sql_name=name))
    return facts


def facts_of(source: Datasource) -> TableFacts:
    """Return the facts of a data source.

    A column whose type is left to its DEFAULT has that expression's type; it is left out if the
    expression has no translation.
    """
    columns: dict[str, ColumnType] = {}
    for column in stored_columns(source):
        if column.type is not None:
            columns[column.name] = canonical(column.type)
    inferred = {
        column.name: _default_type(column.default, columns)
        for column in source.columns
        if column.type is None and column.default is not None
    }
    order = [column.name for column in stored_columns(source)]
    types = {**columns, **{name: type_ for name, type_ in inferred.items() if type_ is not None}}
    return TableFacts({name: types[name] for name in order if name in types}, source.engine,
                      partitions=Partitions())  # fmt: skip


def _default_type(default: str, columns: Mapping[str, ColumnType]) -> ColumnType | None:
    """Return the type of a DEFAULT expression over a table's columns."""
    from martlet.translate.translator import Translator

    tables = {"own": TableFacts(columns, has_hidden=False)}
    try:
        answer = Translator(tables).translate(f"SELECT {default} FROM own")  # noqa: S608
    except MartletError:
        return None
    ((_, type_),) = answer.columns
    return type_


def quarantine_facts(source: Datasource) -> TableFacts:
    """Return the facts of the table of a data source's refused rows."""
    text = nullable(type_of("String"))
    columns = {name: type_of(kind) for name, kind in QUARANTINE_BEFORE}
    columns |= dict.fromkeys(quarantine_columns(source), text)
    columns |= {name: type_of(kind.partition(" ")[0]) for name, kind in QUARANTINE_AFTER}
    return TableFacts(columns, partitions=Partitions())
