"""Table functions in FROM: numbers(), generateSeries(), values(), null(), and system.one.

A function is added as one row in `TABLE_FUNCTIONS`.
https://clickhouse.com/docs/sql-reference/table-functions
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from martlet.errors import MartletError, UnsupportedClauseError
from martlet.translate.convert import as_bigint, as_form, common_form
from martlet.translate.relations import From, behind
from martlet.translate.scope import Relation, Scope, walk
from martlet.translate.syntax import Call, Expression, Literal, Table, TableFunction
from martlet.translate.typing import canonical, is_integer, not_null, supertype, type_of
from martlet.translate.value import Value, form_of, name_sql
from martlet.types import ColumnType

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

MAX_SEQUENCE = 10_000  # elements of Trino's sequence()
MAX_NUMBERS = MAX_SEQUENCE**2

_UINT64 = type_of("UInt64")


def table_function(lowering: "Lowering", tree: TableFunction, scope: Scope) -> From:
    """Translate a table function.

    Raises:
        UnsupportedClauseError: Athena has nothing like it.
    """
    rule = TABLE_FUNCTIONS.get(tree.call.name)
    if rule is None:
        raise _fail(tree, "is not supported on Athena")
    return rule(lowering, tree, scope)


def _fail(
    tree: TableFunction, message: str, at: Expression | None = None
) -> UnsupportedClauseError:
    place = at.start if at is not None else tree.start
    return UnsupportedClauseError(f"The table function {tree.call.name}() {message}", offset=place)


def _source(lowering: "Lowering", tree: TableFunction, sql: str, columns: dict[str, Value]) -> From:
    """Return a query with its columns as what the function gives."""
    alias = tree.alias or ""
    qualifier = name_sql(alias.lower()) if alias else lowering.fresh("numbers")
    relation = Relation(alias, frozenset({alias} if alias else ()), behind(qualifier, columns))
    names = ", ".join(value.sql for value in columns.values())
    return From(f"({sql}) AS {qualifier} ({names})", [relation], qualifier)


# numbers

_Number = int | Value


def _numbers(lowering: "Lowering", tree: TableFunction, scope: Scope) -> From:
    """`numbers(count)`, `numbers(start, length[, step])`: length counts numbers, not steps."""
    given = _arguments(lowering, tree, scope, 1, 3)
    start, length, step = (0, given[0], 1) if len(given) == 1 else (*given, 1)[:3]
    if isinstance(step, int) and isinstance(length, int):
        if step < 1:
            raise _fail(tree, "needs a step above 0")
        return _series(lowering, tree, "number", start, -(-length // step), step)
    if step != 1:
        raise _fail(tree, "with a step needs constant numbers")
    return _series(lowering, tree, "number", start, length, 1)


def _generate_series(lowering: "Lowering", tree: TableFunction, scope: Scope) -> From:
    """`generateSeries(first, last[, step])`."""
    start, last, step = (*_arguments(lowering, tree, scope, 2, 3), 1)[:3]
    if isinstance(start, Value) or isinstance(last, Value) or isinstance(step, Value):
        raise _fail(tree, "needs constant numbers")
    if step < 1:
        raise _fail(tree, "needs a step above 0")
    count = max(0, (last - start) // step + 1)
    return _series(lowering, tree, "generate_series", start, count, step)


def _arguments(
    lowering: "Lowering", tree: TableFunction, scope: Scope, least: int, most: int
) -> list[_Number]:
    """Return the arguments: numbers where they can be calculated now, else expressions."""
    arguments = tree.call.arguments
    if not least <= len(arguments) <= most:
        raise _fail(tree, f"takes {least} to {most} arguments")
    return [_number(lowering, tree, argument, scope) for argument in arguments]


def _number(
    lowering: "Lowering", tree: TableFunction, expression: Expression, scope: Scope
) -> _Number:
    texts = [item for item in walk(expression)
             if isinstance(item, Literal) and isinstance(item.value, str)]  # fmt: skip
    if not texts:
        try:
            number = lowering.integer(expression, scope, of=f"{tree.call.name}()")
        except MartletError:
            number = None
        if number is not None:
            if not 0 <= number < 2**63:
                raise _fail(tree, f"of {number} is not supported", expression)
            return number
    inside = Scope(parent=scope.parent, aliases=scope.aliases, scalars=scope.scalars)
    value = lowering.value(expression, inside)
    if not value.is_constant or not is_integer(value.type) or value.is_nullable:
        raise _fail(tree, "needs integers that are the same for all rows", expression)
    return as_bigint(value)


def _series(
    lowering: "Lowering", tree: TableFunction, name: str, start: _Number, count: _Number, step: int
) -> From:
    column = Value(name, _UINT64, "bigint")
    if isinstance(count, int) and count <= MAX_SEQUENCE and isinstance(start, int):
        if count == 0:
            return _source(lowering, tree, "SELECT BIGINT '0' WHERE false", {name: column})
        more = f", {step}" if step > 1 else ""
        sequence = f"sequence({start}, {start + (count - 1) * step}{more})"
        return _source(lowering, tree, f"SELECT * FROM UNNEST({sequence})", {name: column})  # noqa: S608
    if isinstance(count, int) and count > MAX_NUMBERS:
        raise _fail(tree, f"of more than {MAX_NUMBERS} rows is not supported")
    total = str(count) if isinstance(count, int) else count.operand
    if isinstance(count, int):
        blocks = str((count - 1) // MAX_SEQUENCE)
    else:
        blocks = f"greatest({total} - 1, 0) / {MAX_SEQUENCE}"
    index = f"block * {MAX_SEQUENCE} + number"
    shown = index if step == 1 else f"({index}) * {step}"
    if start != 0:
        shown += f" + {start.operand if isinstance(start, Value) else start}"
    sql = f"SELECT {shown} FROM UNNEST(sequence(0, {blocks})) AS blocks (block)"  # noqa: S608
    sql += f" CROSS JOIN UNNEST(sequence(0, {MAX_SEQUENCE - 1})) AS numbers (number)"
    return _source(lowering, tree, f"{sql} WHERE {index} < {total}", {name: column})


# values and null


def _values(lowering: "Lowering", tree: TableFunction, scope: Scope) -> From:
    """`values('x UInt8, s String', (1, 'a'), ...)`, or without the types."""
    arguments = list(tree.call.arguments)
    first = arguments[0] if arguments else None
    types: list[ColumnType] | None = None
    if isinstance(first, Literal) and isinstance(first.value, str) and len(arguments) > 1:
        names, types = _structure(lowering, tree, first)
        arguments = arguments[1:]
    inside = Scope(parent=scope.parent, aliases=scope.aliases, scalars=scope.scalars)
    rows = [[lowering.value(item, inside) for item in _cells(row, types)] for row in arguments]
    if not rows or len({len(row) for row in rows}) > 1 or (types and len(rows[0]) != len(types)):
        raise _fail(tree, "needs rows of as many values as columns")
    if types is None:
        names = [f"c{index}" for index in range(1, len(rows[0]) + 1)]
    columns: dict[str, Value] = {}
    made: list[list[str]] = []
    for index, name in enumerate(names):
        cells = [row[index] for row in rows]
        type_ = types[index] if types else supertype([cell.type for cell in cells])
        if type_ is None:
            raise _fail(tree, f"has no common type for the column '{name}'")
        texts, form = _column(lowering, tree, cells, type_)
        columns[name] = Value(name_sql(name.lower()), type_, form)
        made.append(texts)
    shown = ", ".join(f"({', '.join(row)})" for row in zip(*made, strict=True))
    return _source(lowering, tree, f"VALUES {shown}", columns)


def _structure(
    lowering: "Lowering", tree: TableFunction, literal: Literal
) -> tuple[list[str], list[ColumnType]]:
    """Return the names and types that a text of columns lists."""
    text = str(lowering.pin(literal))
    try:
        parsed = type_of(f"Tuple({text})")
    except MartletError as error:
        raise _fail(tree, f"needs names and types, not '{text}'", literal) from error
    if not parsed.names:
        raise _fail(tree, f"needs names and types, not '{text}'", literal)
    return list(parsed.names), [canonical(type_) for type_ in parsed.inner]


def _cells(row: Expression, types: Sequence[ColumnType] | None) -> tuple[Expression, ...]:
    if isinstance(row, Call) and row.name == "tuple" and (types is None or len(types) > 1):
        return row.arguments
    return (row,)


def _column(
    lowering: "Lowering", tree: TableFunction, cells: list[Value], type_: ColumnType
) -> tuple[list[str], str]:
    """Return the values of a column as SQL in one form."""
    made: list[Value] = []
    for cell in cells:
        if not cell.is_constant:
            raise _fail(tree, "needs constant values")
        if cell.is_nullable and not type_.is_nullable:
            raise _fail(tree, f"has a NULL for {type_}")
        family, literal = type_.bare.family, cell.literal.value if cell.literal else None
        least, greatest = family.least or 0, family.greatest
        if isinstance(literal, int) and greatest and not least <= literal <= greatest:
            raise _fail(tree, f"has {literal} for {type_}, which it does not fit")
        wanted = type_ if cell.is_nullable else not_null(type_)
        made.append(lowering.converted(cell, wanted, tree.call))
    form = common_form([cell.form for cell in made])
    if form == "unknown":
        form = form_of(type_)
    return [as_form(cell, form).sql for cell in made], form


def _null(lowering: "Lowering", tree: TableFunction, scope: Scope) -> From:
    """`null('x UInt8')`: columns without rows."""
    arguments = tree.call.arguments
    if len(arguments) != 1 or not isinstance(arguments[0], Literal):
        raise _fail(tree, "takes one literal")
    names, types = _structure(lowering, tree, arguments[0])
    columns = {
        name: Value(name_sql(name.lower()), type_, form_of(type_))
        for name, type_ in zip(names, types, strict=True)
    }
    empty = ", ".join(f"CAST(NULL AS {value.form})" for value in columns.values())
    return _source(lowering, tree, f"SELECT {empty} WHERE false", columns)


TABLE_FUNCTIONS: dict[str, Callable[["Lowering", TableFunction, Scope], From]] = {
    "generateSeries": _generate_series,
    "generate_series": _generate_series,
    "null": _null,
    "numbers": _numbers,
    "numbers_mt": _numbers,
    "values": _values,
}


# Tables of the database `system`


def _one(tree: Table) -> From:
    alias = tree.alias or "one"
    qualifier = name_sql(alias.lower())
    columns = {"dummy": Value("dummy", type_of("UInt8"), "integer")}
    names = {alias} if tree.alias else {"one", "system.one"}
    relation = Relation(alias, frozenset(names), behind(qualifier, columns))
    return From(f"(SELECT 0) AS {qualifier} (dummy)", [relation], qualifier)


def _endless(tree: Table) -> From:
    raise UnsupportedClauseError(
        f"{'.'.join(tree.parts)} has no end: write numbers(n)", offset=tree.start
    )


SYSTEM_TABLES: dict[str, Callable[[Table], From]] = {
    "system.numbers": _endless,
    "system.numbers_mt": _endless,
    "system.one": _one,
}
