"""What the translation needs to know of tables: columns, engine, and how they lie in the lake."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from martlet.catalog import (
    QUARANTINE_AFTER,
    QUARANTINE_BEFORE,
    quarantine_columns,
    stored_columns,
)
from martlet.errors import LakeTypeError, MartletError
from martlet.lake import lake_type
from martlet.model import Datasource, Project, TableEngine
from martlet.translate.typing import array_of, canonical, nullable, type_of
from martlet.types import ColumnType, Group


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
class View:
    """A materialized pipe that fills a data source.

    Attributes:
        pipe: its name.
        sql: ClickHouse SQL that reads tables only.
        error: why there is no SQL.
    """

    pipe: str
    sql: str = ""
    error: MartletError | None = None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A data source as the translation sees it.

    Attributes:
        columns: ClickHouse types by name, in order.
        engine: its table engine, for FINAL and for pruning.
        sql_name: its name in Trino; the data source's own if empty.
        partitions: None where the table has no partition column.
        has_hidden: whether the columns of `HIDDEN` are there.
        fills: what stands for NULLs of columns that have none in ClickHouse; see `fills`.
        unread: by column, why what stands for its NULLs cannot be said.
        views: what fills it; their rows are selected when it is read.
        has_events: whether it has rows of its own in the lake, of events.
        defaults: with views, the DEFAULT of columns that they may lack; None where it is of the
            moment at which a row is written.
        nested: by column that is part of a Nested one, the column in the lake and its field there.
    """

    columns: Mapping[str, ColumnType]
    engine: TableEngine = field(default_factory=TableEngine)
    sql_name: str = ""
    partitions: Partitions | None = None
    has_hidden: bool = True
    fills: tuple[Mapping[str, str], ...] = ()
    unread: Mapping[str, MartletError] = field(default_factory=dict)
    views: tuple[View, ...] = ()
    has_events: bool = True
    defaults: Mapping[str, str | None] = field(default_factory=dict)
    nested: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def facts_of_project(
    project: Project,
    *,
    partitions: Mapping[str, Partitions] | None = None,
    read: Mapping[str, Collection[str]] | None = None,
    added: Mapping[str, Collection[str]] | None = None,
) -> dict[str, TableFacts]:
    """Return the facts of all tables of a project, those of refused rows too, by name.

    Args:
        project: the project.
        partitions: how tables of the lake are partitioned; by day of arrival if it does not say.
        read: by data source, the columns whose DEFAULT is evaluated when rows are read.
        added: by data source, the columns that some of its rows came before.
    """
    from martlet.translate.fills import fills_of

    known = partitions or {}
    facts: dict[str, TableFacts] = {}
    for source in project.datasources.values():
        for name, own in (
            (source.name, facts_of(source)), (source.quarantine, quarantine_facts(source))
        ):  # fmt: skip
            facts[name] = replace(own, partitions=known.get(name, Partitions()))
        read_later, newer = (read or {}).get(source.name, ()), (added or {}).get(source.name, ())
        if read_later or newer:
            own = facts[source.name]
            fills, unread = fills_of(own.columns, source.columns, read=read_later, added=newer)
            facts[source.name] = replace(own, fills=fills, unread=unread)
    for versioned, name in project.versioned.items():
        if name in facts:
            facts.setdefault(versioned, replace(facts[name], sql_name=name))
    return facts


def facts_of(source: Datasource) -> TableFacts:
    """Return the facts of a data source.

    A column whose type is left to its DEFAULT has that expression's type; it is left out if the
    expression has no translation.
    """
    order = {column.name: column.type for column in stored_columns(source)}
    columns, _ = flattened({name: type_ for name, type_ in order.items() if type_ is not None})
    inferred = {
        column.name: _default_type(column.default, columns)
        for column in source.columns
        if column.type is None and column.default is not None
    }
    types = {name: type_ or inferred.get(name) for name, type_ in order.items()}
    columns, nested = flattened({name: kind for name, kind in types.items() if kind is not None})
    return TableFacts(columns, source.engine, partitions=Partitions(), nested=nested)


def flattened(
    columns: Mapping[str, ColumnType],
) -> tuple[dict[str, ColumnType], dict[str, tuple[str, str]]]:
    """Return columns as ClickHouse has them, where a Nested column is an array for each field.

    A Nested column without a form in the lake is left as it is, so that reading it says why.

    Returns:
        ClickHouse's types by name, and `TableFacts.nested`.
    """
    found: dict[str, ColumnType] = {}
    nested: dict[str, tuple[str, str]] = {}
    for name, type_ in columns.items():
        if type_.family.group is not Group.NESTED or not _has_form(type_):
            found[name] = canonical(type_)
            continue
        for field_name, inner in zip(type_.names, type_.inner, strict=True):
            found[f"{name}.{field_name}"] = array_of(canonical(inner))
            nested[f"{name}.{field_name}"] = (name, field_name)
    return found, nested


def _has_form(type_: ColumnType) -> bool:
    try:
        lake_type(type_)
    except LakeTypeError:
        return False
    return True


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
