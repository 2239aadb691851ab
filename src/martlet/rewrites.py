"""Rows of a data source as it is now, made of rows of the table that it was."""

from collections.abc import Mapping

from martlet.catalog import stored_columns
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import DatafileError, QueryError, SqlError
from martlet.model import Datasource
from martlet.sql.guard import check_select
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.sql.tables import find_tables


def forward_hint(source: Datasource, old: Mapping[str, str]) -> str:
    """Say what to write so that stored rows fit.

    Args:
        source: as it is now.
        old: the columns of its table, with their types.
    """
    parts = []
    for column in stored_columns(source):
        name, kind = quote_identifier(column.name), str(column.type or "")
        if old.get(column.name) == kind:
            parts.append(name)
        elif column.name in old:
            parts.append(f"CAST({name} AS {kind}) AS {name}")
    return f"say how its rows become new ones: FORWARD_QUERY > SELECT {', '.join(parts)}"


def forward(engine: ClickHouse, source: Datasource, rows: str) -> None:
    """Write rows of a data source as it was, as its FORWARD_QUERY makes them, into its table.

    Args:
        engine: where both are.
        source: as it is now.
        rows: FROM, and WHERE.

    Raises:
        DatafileError: the query is no list of columns, or cannot run on the rows.
    """
    select = f"{source.forward_query}\n{rows}"
    known = {column.name for column in stored_columns(source)}
    try:
        lexemes = list(lex(f"{source.forward_query}\nFROM one"))
        check_select(lexemes)
        if len(find_tables(lexemes)) != 1:
            raise SqlError("it is a SELECT list alone, without FROM")
        described = engine.command(f"DESCRIBE TABLE ({select})")
        names = [line.split("\t")[0] for line in described.splitlines()]
        columns = ", ".join(quote_identifier(name) for name in names if name in known)
        engine.command_apart(
            f"INSERT INTO {quote_identifier(source.name)} ({columns})"
            f" SELECT {columns} FROM ({select})"
        )
    except (QueryError, SqlError) as error:
        raise DatafileError(
            f"The FORWARD_QUERY of data source '{source.name}' cannot run on its stored rows:"
            f" {error.message.removeprefix('[Error] ')}",
            location=source.location,
        ) from error


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
