"""Rows of a data source as it is now, made of rows of the table that it was."""

import re
from dataclasses import replace

from martlet.catalog import stored_columns
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import DatafileError, QueryError, SqlError
from martlet.model import Datasource
from martlet.shapes import Differences, Shape, shape_of
from martlet.sql.guard import check_select
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.sql.tables import find_tables

# ClickHouse stores 300 as an Int8 without a word: 44.
_NUMBER = re.compile(r"(?:Nullable\()?(?:U?Int|Float)\d+\)?")
_INTEGER = re.compile(r"(?:Nullable\()?U?Int\d+\)?")


def forward_hint(source: Datasource, old: Shape) -> str:
    """Say what to write so that stored rows fit.

    Args:
        source: as it is now.
        old: its table.
    """
    parts = []
    for column in stored_columns(source):
        name, kind = quote_identifier(column.name), str(column.type or "")
        if column.name in old.columns:
            is_same = old.columns[column.name][0] == kind
            cast = f"accurateCast({name}, {quote_string(kind)}) AS {name}"
            parts.append(name if is_same else cast)
    return f"say how its rows become new ones: FORWARD_QUERY > SELECT {', '.join(parts)}"


def compare(engine: ClickHouse, source: Datasource, new: Shape) -> Differences:
    """Return what changes of a data source's table, which has rows, and whether by FORWARD_QUERY.

    It runs where rows do not fit without it, and where it makes a column that is new: what it was
    written for. Otherwise it may be of a change that was made long ago.

    Args:
        engine: where the table is.
        source: as it is now.
        new: the table as it is defined now.

    Raises:
        DatafileError: the query is needed, and cannot run.
    """
    differences = Differences(shape_of(engine, source.name), new)
    if not source.forward_query or not (differences.refused or differences.added):
        return differences
    try:
        made = _forwarded(engine, source, f"FROM {quote_identifier(source.name)}")
        if unknown := made.keys() - differences.old.columns.keys() - differences.new.columns.keys():
            names = ", ".join(sorted(unknown))
            raise _forward_error(source, f"the data source does not have its columns {names}")
    except DatafileError:
        if differences.refused:
            raise
        return differences
    if not differences.refused and not made.keys() & set(differences.added):
        return differences
    return replace(differences, forwarded=frozenset(made))


def forward(engine: ClickHouse, source: Datasource, rows: str) -> None:
    """Write rows of a data source as it was, as its FORWARD_QUERY makes them, into its table.

    Args:
        engine: where both are.
        source: as it is now.
        rows: FROM, and WHERE.

    Raises:
        DatafileError: the query is no list of columns, or cannot run on the rows.
    """
    known = {column.name: str(column.type or "") for column in stored_columns(source)}
    made = {n: kind for n, kind in _forwarded(engine, source, rows).items() if n in known}
    columns = ", ".join(map(quote_identifier, made))
    values = ", ".join(_value(name, kind, known[name]) for name, kind in made.items())
    try:
        engine.command_apart(
            f"INSERT INTO {quote_identifier(source.name)} ({columns})"
            f" SELECT {values} FROM ({source.forward_query}\n{rows})"
        )
    except QueryError as error:
        raise _forward_error(source, error.message) from error


def _value(name: str, kind: str, wanted: str) -> str:
    """Return a column as one of another type: a number that has no place there is an error."""
    column = quote_identifier(name)
    is_number = _NUMBER.fullmatch(kind) and _INTEGER.fullmatch(wanted)
    return f"accurateCast({column}, {quote_string(wanted)})" if is_number else column


def _forwarded(engine: ClickHouse, source: Datasource, rows: str) -> dict[str, str]:
    """Return name -> type of the columns that a FORWARD_QUERY makes of rows."""
    try:
        lexemes = list(lex(f"{source.forward_query}\nFROM one"))
        check_select(lexemes)
        if len(find_tables(lexemes)) != 1:
            raise SqlError("it is a SELECT list alone, without FROM")
        described = engine.command(f"DESCRIBE TABLE ({source.forward_query}\n{rows})")
    except (QueryError, SqlError) as error:
        raise _forward_error(source, error.message) from error
    columns = (line.split("\t") for line in described.splitlines())
    return {column[0]: column[1] for column in columns}


def _forward_error(source: Datasource, why: str) -> DatafileError:
    return DatafileError(
        f"The FORWARD_QUERY of data source '{source.name}' cannot run on its stored rows:"
        f" {why.removeprefix('[Error] ')}",
        location=source.forward_location or source.location,
    )


def copy_rows(engine: ClickHouse, table: str, database: str, old: str, *, where: str = "") -> None:
    """Write rows of another table into one: the columns that both have.

    Args:
        engine: where the table is.
        table: its name.
        database: of the other table, empty for the same.
        old: name of the other table.
        where: which rows, as SQL; empty for all.
    """
    own, other = columns_of(engine, table), columns_of(engine, old, database=database)
    columns = ", ".join(quote_identifier(name) for name in own if name in other)
    place = f"{quote_identifier(database)}." if database else ""
    engine.command_apart(
        f"INSERT INTO {quote_identifier(table)} ({columns}) SELECT {columns}"
        f" FROM {place}{quote_identifier(old)}{where and f' WHERE {where}'}"
    )


def columns_of(engine: ClickHouse, table: str, *, database: str = "") -> list[str]:
    """Return the names of a table's stored columns."""
    place = quote_string(database) if database else "currentDatabase()"
    described = engine.rows(
        f"SELECT name FROM system.columns WHERE database = {place}"
        f" AND table = {quote_string(table)} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')"
        " ORDER BY position"
    )
    return [str(row["name"]) for row in described]
