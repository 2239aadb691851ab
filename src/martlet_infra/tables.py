"""A project's tables in the lake: Glue's columns for each data source and each quarantine."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from martlet.aws import names
from martlet.catalog import (
    QUARANTINE_AFTER,
    QUARANTINE_BEFORE,
    feeders_of,
    id_error,
    is_derived,
    quarantine_columns,
    stored_columns,
)
from martlet.errors import DatafileError, LakeTypeError, Location, MartletError, ProjectError
from martlet.ingest.defaults import default_errors
from martlet.lake import HIDDEN, PARTITION_COLUMN, lake_type
from martlet.model import Column, Datasource, Project
from martlet.types import parse_type

# Glue's own type names of what HIDDEN says in Trino's words.
_HIDDEN_GLUE = {"bigint": "bigint", "varchar": "string"}

# Longer comments are refused.
# https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html
_MAX_COMMENT = 255

_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class GlueColumn:
    """A column of a Glue table; `comment` is the type that ClickHouse gives it."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table of the lake.

    Attributes:
        name: of the data source or quarantine, as the project has it.
        columns: in order, those that no star shows behind the others.
        is_quarantine: whether it holds refused rows.
        has_stream: whether events are put into it.
    """

    name: str
    columns: tuple[GlueColumn, ...]
    is_quarantine: bool
    has_stream: bool


def lake_tables(project: Project) -> list[LakeTable]:
    """Return all tables of a project, ordered by name.

    A data source that only materialized views fill has none of its own: it is the query of its
    views over their sources.

    Raises:
        ProjectError: columns and DEFAULTs that the lake cannot hold, and names that it cannot tell
            apart; all of them.
    """
    errors: list[MartletError] = []
    tables: list[LakeTable] = []
    seen: dict[str, Datasource] = {}
    feeders = feeders_of(project)
    for source in sorted(project.datasources.values(), key=lambda source: source.name):
        has_stream = not is_derived(source)
        if error := id_error(project, source.name):
            errors.append(error)
        if has_stream:
            errors += default_errors(source)
        refused = (source.quarantine, list(_refused_columns(source)), True)
        described = [refused]
        if has_stream or not feeders[source.name]:
            described.insert(0, (source.name, list(_own_columns(source, errors)), False))
        for name, columns, is_quarantine in described:
            other = seen.setdefault(names.table_name(name), source)
            if other is not source:
                errors.append(_same_name(source.location, name, other.location))
                break  # its quarantine's name is then another's too
            hidden = [GlueColumn(key, _HIDDEN_GLUE[kind]) for key, kind in HIDDEN.items()]
            tables.append(LakeTable(name, (*columns, *hidden), is_quarantine, has_stream))
    if errors:
        raise ProjectError(errors)
    return sorted(tables, key=lambda table: table.name)


def _own_columns(source: Datasource, errors: list[MartletError]) -> Iterator[GlueColumn]:
    """Yield a data source's columns; what cannot be one is an error with its place."""
    taken: dict[str, Column | None] = dict.fromkeys([*HIDDEN, PARTITION_COLUMN])
    for column in stored_columns(source):
        key = column.name.lower()
        if key in taken:
            other = taken[key]
            place = other.location if other else None
            errors.append(_same_name(column.location, column.name, place))
            continue
        taken[key] = column
        try:
            yield _column(column, key)
        except LakeTypeError as error:
            errors.append(DatafileError(error.message, location=column.location, hint=error.hint))


def _column(column: Column, key: str) -> GlueColumn:
    if not _COLUMN_NAME.fullmatch(column.name):
        raise LakeTypeError(
            f"Column {column.name} cannot be in the lake",
            hint="Glue and Athena take letters, digits and underscores; rename the column",
        )
    if column.type is None:
        raise LakeTypeError(
            f"Column {column.name} has no type in the file", hint="write it before DEFAULT"
        )
    return GlueColumn(key, lake_type(column.type).glue, str(column.type)[:_MAX_COMMENT])


def _refused_columns(source: Datasource) -> Iterator[GlueColumn]:
    """Yield the columns of a quarantine; names that differ in case only are reported once."""
    own = [(name, "Nullable(String)") for name in quarantine_columns(source)]
    for name, kind in _first_of_each([*QUARANTINE_BEFORE, *own, *QUARANTINE_AFTER]):
        type_ = kind.partition(" DEFAULT ")[0]
        yield GlueColumn(name.lower(), lake_type(parse_type(type_)).glue, type_)


def _first_of_each(columns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    first: dict[str, tuple[str, str]] = {}
    for name, kind in columns:
        first.setdefault(name.lower(), (name, kind))
    return list(first.values())


def _same_name(place: Location, name: str, other: Location | None) -> DatafileError:
    taken = f"the name at {other}" if other else "a column that every table of the lake has"
    return DatafileError(
        f"{name} cannot be told apart from {taken}",
        location=place,
        hint="Glue and Athena know no upper case; rename one of them",
    )
