"""The columns of an answer as texts: arrays, maps and tuples as JSON that keeps all of them.

Athena delivers every value as text, and its own text of a container is ambiguous: `[a, b]` may be
one string or two. So containers leave the query as JSON: arrays and tuples as JSON arrays, maps as
arrays of `[key, value]`, which keeps the order of keys and any type of key. Scalars inside are
numbers, truth values and strings; NaN and the infinities are strings, told apart from texts by
the column's type, as times and decimals are.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from martlet.errors import UnsupportedFunctionError
from martlet.translate.plan import Plan
from martlet.translate.totals import TOTALS
from martlet.translate.value import Value, name_sql
from martlet.types import ColumnType, Group

# A decimal's JSON number may have an exponent, and Trino's text of a real lacks digits that tell
# it from the next one (`3.402823E38`, measured on 476).
_FRACTION = re.compile(r"decimal\(\d+,[1-9]")
_REMADE = re.compile(r"row\(|map\(|\breal\b|decimal\(\d+,[1-9]")

_CONTAINERS = (Group.ARRAY, Group.MAP, Group.TUPLE, Group.NESTED)


def delivered(plan: Plan, fresh: Callable[[str], str]) -> Plan:
    """Return the plan of an answer with its containers as JSON texts.

    ORDER BY stays on the values: the texts are made around the query.

    Raises:
        UnsupportedFunctionError: a column has no text, as the states of aggregates.
    """
    for item in plan.items:
        if item.value.type.bare.family.group is Group.STATE:
            raise UnsupportedFunctionError(
                f"The column '{item.name}' has states of an aggregate, which are no text on Athena:"
                " use the aggregate with -Merge"
            )
    if all(_as_text(item.value) is item.value for item in plan.items):
        return plan
    alias = fresh("answer")
    marks = [
        (name, replace(value, sql=f"{alias}.{name_sql(name)}", is_aggregate=False))
        for name, value in plan.hidden
        if name == TOTALS
    ]
    outer = plan.wrapped(alias, [])
    outer.hidden = marks
    outer.items = [replace(item, value=_as_text(item.value)) for item in outer.items]
    return outer


def is_container(type_: ColumnType) -> bool:
    """Whether values of a type are delivered as JSON."""
    return type_.bare.family.group in _CONTAINERS


def _as_text(value: Value) -> Value:
    if value.form == "real":
        return replace(value, sql=_castable(value, 0), form="double", is_atomic=True, literal=None)
    if not is_container(value.type):
        return value
    return replace(
        value,
        sql=f"json_format({_as_json(value, 0)})",
        form="varchar",
        is_atomic=True,
        literal=None,
    )


def _as_json(value: Value, depth: int) -> str:
    """Return a value as Trino's `json`."""
    return f"CAST({_castable(value, depth)} AS json)"


def _castable(value: Value, depth: int) -> str:
    """Return a value in a form whose CAST to json keeps everything.

    Rows would become objects with names, whose case is lost, and maps objects with sorted keys.
    """
    bare = value.type.bare
    if not is_container(bare):
        if value.form == "real":
            return f"CAST({value.sql} AS double)"
        return f"CAST({value.sql} AS varchar)" if _FRACTION.match(value.form) else value.sql
    if not _REMADE.search(value.form):
        return value.sql
    name = f"x{depth}"
    match bare.family.group:
        case Group.ARRAY:
            element = _castable(Value(name, bare.inner[0], value.element_form), depth + 1)
            return f"transform({value.sql}, {name} -> {element})"
        case Group.NESTED:
            return f"transform({value.sql}, {name} -> {_fields(name, bare, value, depth + 1)})"
        case Group.MAP:
            forms = value.map_forms
            pair = ", ".join(
                _as_json(Value(f"{name}[{index}]", type_, form), depth + 1)
                for index, (type_, form) in enumerate(zip(bare.inner, forms, strict=True), 1)
            )
            return f"transform(map_entries({value.sql}), {name} -> ARRAY[{pair}])"
        case _:
            return f"IF({value.sql} IS NULL, NULL, {_row(value.sql, bare, value.row_forms, depth)})"


def _fields(name: str, bare: ColumnType, value: Value, depth: int) -> str:
    return _row(name, bare, Value("", bare, value.element_form).row_forms, depth)


def _row(sql: str, bare: ColumnType, forms: list[str], depth: int) -> str:
    fields = [
        _as_json(Value(f"{sql}[{index}]", type_, form), depth)
        for index, (type_, form) in enumerate(zip(bare.inner, forms, strict=True), 1)
    ]
    return f"ARRAY[{', '.join(fields)}]"
