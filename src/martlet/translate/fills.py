"""Columns that the lake holds in another way than ClickHouse: what a query reads in their place.

Some hold NULL where ClickHouse has a value: columns whose DEFAULT is an expression of other
columns, which is not evaluated when a row arrives, and columns that were added when older rows were
there. Both are read as `coalesce(column, value)` in a query around the table, so that all else sees
plain columns. A Nested column is one array of rows there, and in ClickHouse an array for each of
their fields. Trino pushes conditions on such columns no further than to that query, so nothing of
the table is skipped for them; conditions on other columns and on the day of arrival go on to the
table (EXPLAIN on 476).
"""

import re
from collections.abc import Collection, Mapping, Sequence

from martlet.errors import MartletError, UnsupportedError, UnsupportedFunctionError
from martlet.lake import HIDDEN, PARTITION_COLUMN
from martlet.model import Column
from martlet.sql.lexer import lex, quote_string
from martlet.translate.convert import as_form, read_default
from martlet.translate.slots import string_sql
from martlet.translate.states import lake_form
from martlet.translate.tables import TableFacts
from martlet.translate.value import name_sql
from martlet.types import ColumnType, Group

Fills = tuple[Mapping[str, str], ...]

# The name of the table in the SQL of fills.
_OWN = "own"


def fills_of(
    columns: Mapping[str, ColumnType],
    datasource: Sequence[Column],
    *,
    read: Collection[str] = (),
    added: Collection[str] = (),
) -> tuple[Fills, dict[str, MartletError]]:
    """Return what stands for the NULLs of a table's columns.

    A Nullable column is left as it is: there NULL is a value.

    Args:
        columns: ClickHouse's types.
        datasource: the columns as declared.
        read: names of the columns whose DEFAULT is evaluated when rows are read.
        added: names of the columns that some rows came before.

    Returns:
        Trino SQL by column, over a table `own`, in steps: each may read columns of those before
        it. And by column, why its DEFAULT cannot be evaluated.
    """
    wanted = {
        column.name: column.default or ""
        for column in datasource
        if (column.name in read or column.name in added)
        and column.name in columns
        and not columns[column.name].is_nullable
    }
    return steps_of(wanted, columns)


def steps_of(
    defaults: Mapping[str, str], columns: Mapping[str, ColumnType]
) -> tuple[Fills, dict[str, MartletError]]:
    """Return what stands for the NULLs of these columns, whose DEFAULT may be empty; `fills_of`."""
    wanted = dict(defaults)
    errors: dict[str, MartletError] = {}
    steps: list[dict[str, str]] = []
    while wanted:
        ready = [name for name, default in wanted.items() if not _named(default, wanted, name)]
        if not ready:
            message = "DEFAULTs that need one another have no value on Athena"
            errors.update(dict.fromkeys(wanted, UnsupportedFunctionError(message)))
            break
        step: dict[str, str] = {}
        for name in ready:
            try:
                step[name] = _fill(wanted.pop(name), columns[name], columns)
            except MartletError as error:
                errors[name] = error
        steps.append(step)
    return tuple(step for step in steps if step), errors


def _named(default: str, names: Collection[str], own: str) -> bool:
    """Whether an expression may read one of these columns."""
    return any(lexeme.name in names and lexeme.name != own for lexeme in lex(default))


def _fill(default: str, type_: ColumnType, columns: Mapping[str, ColumnType]) -> str:
    form = lake_form(type_).trino
    if default:
        return _expression(default, type_, columns, form)
    if type_.bare.family.group is Group.ENUM:  # of a column, unlike of a join, the least
        values = type_.bare.enum_values
        return string_sql(min(values, key=lambda name: values[name]))
    return as_form(read_default(type_, form), form).sql


def _expression(
    default: str, type_: ColumnType, columns: Mapping[str, ColumnType], form: str
) -> str:
    from martlet.translate.lower import Lowering
    from martlet.translate.queries import parse
    from martlet.translate.scope import Scope
    from martlet.translate.select import plan_select
    from martlet.translate.syntax import Select
    from martlet.translate.translator import literals_of, texts_of

    text = f"SELECT CAST(({default}), {quote_string(str(type_))}) FROM {_OWN}"  # noqa: S608  the project's own
    lowering = Lowering(
        {_OWN: TableFacts(columns, has_hidden=False)}, join_use_nulls=False, texts=texts_of(text)
    )
    query = parse(text)
    assert isinstance(query, Select)
    plan = plan_select(lowering, query, Scope())
    (item,) = plan.items
    if plan.source != _OWN or plan.where or item.value.is_aggregate or plan.ctes:
        raise UnsupportedError("A DEFAULT that is more than an expression of one row")
    return on_one_line(literals_of(text, as_form(item.value, form).sql))


# A quoted name, or a literal in the group.
_LITERAL = re.compile(r"\"(?:[^\"]|\"\")*\"|'((?:[^']|'')*)'")


def on_one_line(sql: str) -> str:
    """Return SQL with each literal on one line, so that all of it can be indented."""
    return _LITERAL.sub(_as_one_line, sql)


def _as_one_line(found: re.Match[str]) -> str:
    if found[1] is None or not re.search(r"[\0-\x1f\x7f]", found[1]):
        return found[0]
    return string_sql(found[1].replace("''", "'"))


def filled_table(sql_name: str, facts: TableFacts) -> str:
    """Return a table as a source of ClickHouse's columns; the name where it has them itself."""
    if not facts.fills and not facts.nested:
        return sql_name
    names = [name_sql(name.lower()) for name in facts.columns]
    names += HIDDEN if facts.has_hidden else []
    names += [PARTITION_COLUMN] if facts.partitions is not None else []
    source = sql_name
    if facts.nested:
        parts = {name_sql(name.lower()): _part(*place) for name, place in facts.nested.items()}
        shown = ", ".join(
            f"{parts[name]} AS {name}" if name in parts else f"{_OWN}.{name}" for name in names
        )
        source = f"(SELECT {shown} FROM {source} AS {_OWN})"  # noqa: S608  checked names
    for step in facts.fills:
        values = {
            name_sql(name.lower()): f"coalesce({_OWN}.{name_sql(name.lower())}, {sql})"
            for name, sql in step.items()
        }
        shown = ", ".join(
            f"{values[name]} AS {name}" if name in values else f"{_OWN}.{name}" for name in names
        )
        source = f"(SELECT {shown} FROM {source} AS {_OWN})"  # noqa: S608  checked names
    return source


def _part(column: str, field: str) -> str:
    """Return one field of a Nested column, which is NULL in rows that are older than it."""
    fields = f"transform({_OWN}.{name_sql(column.lower())}, x -> x.{name_sql(field.lower())})"
    return f"coalesce({fields}, ARRAY[])"
