"""UNION, EXCEPT and INTERSECT: queries under each other, in columns that hold the values of all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError, UnsupportedError
from martlet.translate.convert import as_form, cast, common_form, keeps_numbers
from martlet.translate.plan import Item, Plan
from martlet.translate.relations import behind, indented
from martlet.translate.scope import Scope
from martlet.translate.syntax import Query, Select, SetOperation
from martlet.translate.typing import supertype
from martlet.translate.value import Value, name_sql
from martlet.types import ColumnType

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering, Translated

# ClickHouse's operators without a word behind them keep every row, but for UNION, which it refuses.
_OPERATORS = {
    "UNION ALL": "UNION ALL", "UNION DISTINCT": "UNION",
    "EXCEPT": "EXCEPT ALL", "EXCEPT ALL": "EXCEPT ALL", "EXCEPT DISTINCT": "EXCEPT",
    "INTERSECT": "INTERSECT ALL", "INTERSECT ALL": "INTERSECT ALL",
    "INTERSECT DISTINCT": "INTERSECT",
}  # fmt: skip


@dataclass(slots=True)
class _Part:
    """One query of a set operation: a plan whose columns can still be changed."""

    plan: Plan
    start: int

    @property
    def values(self) -> list[Value]:
        return [item.value for item in self.plan.items]


def set_operation(lowering: "Lowering", query: SetOperation, scope: Scope) -> "Translated":
    """Translate queries under each other.

    Raises:
        SqlError: they have different numbers of columns, or no type holds the values of a column.
    """
    from martlet.translate.lower import Translated
    from martlet.translate.select import definitions, register_with

    for operator in query.operators:
        if operator not in _OPERATORS:
            raise SqlError(f"Expected ALL or DISTINCT after {operator}", offset=query.start)
    inside = Scope(parent=scope)
    first = _first(query)
    if first is not None:  # WITH before the first query holds for all of them
        register_with(first, inside)
        first.ctes = ()
    parts = [_part(lowering, part, Scope(parent=inside)) for part in query.queries]
    if len({len(part.values) for part in parts}) > 1:
        raise SqlError(
            "The queries of a UNION have different numbers of columns", offset=query.start
        )
    try:
        columns = _common(parts, query)
        for part in parts:
            _give(lowering, part, columns)
    except UnsupportedError as error:
        error.offset = error.offset or query.start
        raise
    names = [item.sql_name for item in parts[0].plan.items]
    values = [
        replace(value, sql=name_sql(name), literal=None, is_constant=False, is_atomic=True,
                is_aggregate=False)
        for name, value in zip(names, parts[0].values, strict=True)
    ]  # fmt: skip
    sql = _operand(parts[0].plan.sql())
    for operator, part in zip(query.operators, parts[1:], strict=True):
        sql = f"{sql}\n{_OPERATORS[operator]}\n{_operand(part.plan.sql())}"
    ctes = definitions(inside)
    if ctes:
        sql = f"WITH {', '.join(ctes)}\n{sql}"
    shown = tuple(item.name for item in parts[0].plan.items)
    named: dict[str, Value] = {}
    for name, column in zip(shown, values, strict=True):
        named.setdefault(name, column)
    return Translated(sql, named, shown, tuple(values))


def _first(query: Query) -> Select | None:
    while isinstance(query, SetOperation):
        query = query.queries[0]
    return query


def _part(lowering: "Lowering", query: Query, scope: Scope) -> _Part:
    from martlet.translate.select import plan_select

    if isinstance(query, Select):
        plan = plan_select(lowering, query, scope)
        plan.drop_kept_order()
        return _Part(plan, query.start)
    result = set_operation(lowering, query, scope)
    return _Part(around(lowering.fresh("part"), result), query.start)


def around(alias: str, result: "Translated") -> Plan:
    """Return a plan that reads all columns of a translated query."""
    values = behind(alias, dict(enumerate(result.values)))  # type: ignore[arg-type]
    items = [
        Item(name, own.sql.strip('"').replace('""', '"'), value)
        for name, own, value in zip(result.names, result.values, values.values(), strict=True)
    ]
    return Plan(items=items, source=f"(\n{indented(result.sql)}\n) AS {alias}")


def _common(parts: Sequence[_Part], query: SetOperation) -> list[tuple[ColumnType, str]]:
    """Return the type and form of each column, in which the values of all parts are."""
    columns: list[tuple[ColumnType, str]] = []
    for index, item in enumerate(parts[0].plan.items):
        values = [part.values[index] for part in parts]
        type_ = supertype([value.type for value in values])
        if type_ is None:
            types = ", ".join(dict.fromkeys(str(value.type) for value in values))
            raise SqlError(
                f"There is no supertype of {types} in column '{item.name}'", offset=query.start
            )
        for value in values:
            if keeps_numbers(value, type_):
                raise UnsupportedClauseError(
                    f"Bool beside {value.type} in column '{item.name}' of a UNION is not supported:"
                    " use toBool()",
                    offset=query.start,
                )
        columns.append((type_, common_form([cast(value, type_).form for value in values])))
    return columns


def _give(lowering: "Lowering", part: _Part, columns: list[tuple[ColumnType, str]]) -> None:
    """Bring a part's columns into these types and forms."""
    pairs = list(zip(part.values, columns, strict=True))
    if part.plan.distinct and any(_held(v, *column).sql != v.sql for v, column in pairs):
        part.plan = part.plan.wrapped(lowering.fresh("part"), [])
    part.plan.items = [
        replace(item, value=_held(item.value, *column))
        for item, column in zip(part.plan.items, columns, strict=True)
    ]


def _held(value: Value, type_: ColumnType, form: str) -> Value:
    made = cast(value, type_)
    if made.form != "unknown":
        made = as_form(made, form)
    return replace(made, type=type_, form=form)


def _operand(sql: str) -> str:
    """Return a query as an operand: in brackets where a clause would belong to the whole."""
    if sql.startswith("WITH "):  # Trino has no WITH in brackets beside UNION
        return f"SELECT *\nFROM (\n{indented(sql)}\n) AS part"
    if re.search(r"^(?:WITH|ORDER BY|LIMIT|OFFSET|FETCH|UNION|EXCEPT|INTERSECT)\b", sql, re.M):
        return f"(\n{indented(sql)}\n)"
    return sql
