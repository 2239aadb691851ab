"""Comparisons and IN, by the types on both sides."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.errors import UnsupportedFunctionError
from martlet.translate import slots
from martlet.translate.convert import (
    as_boolean,
    as_form,
    as_number,
    cast,
    common_form,
    literal_writer,
    make,
)
from martlet.translate.function import Site
from martlet.translate.syntax import (
    Call,
    Expression,
    Identifier,
    Literal,
    Select,
    Star,
    Subquery,
    Table,
)
from martlet.translate.times import from_seconds
from martlet.translate.typing import (
    is_array,
    is_date,
    is_datetime,
    is_decimal,
    is_integer,
    is_low_cardinality,
    is_number,
    is_string,
    is_time,
    is_tuple,
    low_cardinality,
    nullable,
    supertype,
    type_of,
)
from martlet.translate.value import TIMESTAMP, Value
from martlet.types import ColumnType, Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.scope import Scope

_SYMBOLS = {
    "equals": "=", "notEquals": "<>", "less": "<", "greater": ">", "lessOrEquals": "<=",
    "greaterOrEquals": ">=", "isDistinctFrom": "IS DISTINCT FROM",
    "isNotDistinctFrom": "IS NOT DISTINCT FROM",
}  # fmt: skip
_UNORDERED = (Group.UUID, Group.ENUM, Group.IP)


def comparison(site: Site, name: str, left: Value, right: Value) -> Value:
    """Return a comparison as Trino's boolean.

    Raises:
        UnsupportedFunctionError: these types are not compared, or not in the same order.
    """
    ordered = name not in ("equals", "notEquals", "isDistinctFrom", "isNotDistinctFrom")
    left, right = comparable(site, left, right, ordered=ordered)
    sql = f"{left.operand} {_SYMBOLS[name]} {right.operand}"
    return make(sql, type_of("UInt8"), "boolean", of=(left, right), atomic=False)


def comparable(site: Site, left: Value, right: Value, *, ordered: bool) -> tuple[Value, Value]:
    """Return two values in forms that Trino compares as ClickHouse compares them."""
    if "unknown" in (left.form, right.form):
        return left, right
    if _is_text_literal(right) and not is_string(left.type):
        return left, read_like(site, right, left.type)
    if _is_text_literal(left) and not is_string(right.type):
        return read_like(site, left, right.type), right
    groups = (left.type.bare.family.group, right.type.bare.family.group)
    if ordered and any(group in _UNORDERED for group in groups):
        raise site.fail(f"{left.type} and {right.type} have another order on Athena")
    if is_number(left.type) and is_number(right.type):
        return _numbers(site, left, right)
    if is_time(left.type) and is_time(right.type):
        return _times(left, right)
    if is_time(left.type) and is_number(right.type):
        return left, _time_of_number(site, right, left.type)
    if is_number(left.type) and is_time(right.type):
        return _time_of_number(site, left, right.type), right
    if (is_string(left.type) and is_string(right.type)) or groups[0] is groups[1]:
        if is_array(left.type) or is_tuple(left.type):
            type_ = supertype([left.type, right.type])
            if type_ is None:
                raise site.fail(f"{left.type} and {right.type} are not compared")
            left, right = cast(left, type_), cast(right, type_)
            if left.form.count("boolean") != right.form.count("boolean"):  # a truth beside a 1
                form = common_form([left.form, right.form])
                left, right = as_form(left, form), as_form(right, form)
            return left, right
        return left, right
    raise site.fail(f"{left.type} and {right.type} are not compared")


def _is_text_literal(value: Value) -> bool:
    return value.literal is not None and isinstance(value.literal.value, str)


def read_like(site: Site, value: Value, type_: ColumnType) -> Value:
    """Return a literal text as ClickHouse reads it beside a value of a type."""
    assert value.literal is not None
    if is_date(type_) and re.search(r"\d:\d", str(value.literal.value)):
        site.lowering.pin(value.literal)  # a time beside a Date is no day
        raise site.fail(f"'{value.literal.value}' is no {type_.bare}")
    try:
        writer, form = literal_writer(type_)
    except UnsupportedFunctionError as error:
        raise site.fail(error.message) from error
    return make(slots.slot(value.literal.start, writer), type_.bare, form, of=(value,))


def _numbers(site: Site, left: Value, right: Value) -> tuple[Value, Value]:
    if left.form == right.form == "boolean":
        return left, right
    for one, other, is_swapped in ((left, right, False), (right, left, True)):
        literal = other.literal.value if other.literal else None
        if one.form == "boolean" and literal in (0, 1) and not isinstance(literal, float):
            truth = replace(other, sql="true" if literal else "false", form="boolean")
            return (truth, one) if is_swapped else (one, truth)
    left, right = _wide_literal(left, right), _wide_literal(right, left)
    if "varchar" in (left.form, right.form):
        if str(left.type.bare) != str(right.type.bare):
            raise site.fail(f"{left.type} and {right.type} are not compared")
        return left, right
    return as_number(left), as_number(right)


def _wide_literal(value: Value, other: Value) -> Value:
    """Return a float literal beside an integer as an integer where floats have gaps."""
    number = value.literal.value if value.literal is not None else None
    if not isinstance(number, float) or not is_integer(other.type):
        return value
    if not 2**53 <= abs(number) < 2**63:
        return value
    return replace(value, sql=f"BIGINT '{int(number)}'", form="bigint", literal=None)


def _times(left: Value, right: Value) -> tuple[Value, Value]:
    if left.form == right.form and left.form in ("date", TIMESTAMP):
        return left, right
    type_ = supertype([left.type.bare, right.type.bare])
    assert type_ is not None
    return cast(left, type_), cast(right, type_)


def _time_of_number(site: Site, value: Value, type_: ColumnType) -> Value:
    """Return a number beside a time: seconds since 1970, or days beside a Date."""
    if not is_datetime(type_) or type_.bare.family.group is Group.DATETIME64:
        raise site.fail(f"{type_} and {value.type} are not compared")
    number = as_number(value)
    sql = from_seconds(number.operand)
    return make(sql, type_.bare, TIMESTAMP, of=(value,))


def membership(lowering: "Lowering", call: Call, scope: "Scope") -> Value:
    """Return `x IN ...`: NULLs in a list or among rows are left out, as ClickHouse does."""
    negated = call.name in ("notIn", "globalNotIn")
    negation = "NOT " if negated else ""
    left = lowering.value(call.arguments[0], scope)
    right = call.arguments[1]
    site = Site(lowering, scope, call, "notIn" if negated else "in", [left])
    if isinstance(right, Subquery):
        return in_subquery(site, left, right, negation)
    if isinstance(right, Identifier) and _is_table(site, right):
        star = Select(right.start, columns=(Star(right.start, right.end),),
                      source=Table(right.start, right.parts))  # fmt: skip
        return in_subquery(site, left, Subquery(right.start, right.end, star), negation)
    members = _members(right, left)
    if members is not None:
        return _in_list(site, left, members, negation)
    values = lowering.value(right, scope)
    if is_array(values.type):
        element = values.type.bare.inner[0]
        member = Value("x", element, values.element_form)
        shown, wanted = comparable(site, left, member, ordered=False)
        array = values.sql if wanted.sql == "x" else f"transform({values.sql}, x -> {wanted.sql})"
        test = f"contains({array}, {shown.sql})"
        made = make(f"NOT {test}" if negated else test, type_of("UInt8"), "boolean",
                    of=(left, values), atomic=not negated)  # fmt: skip
        return _null_if_left(made, left)
    test_ = comparison(site, "notEquals" if negated else "equals", left, values)
    if isinstance(right, Identifier) and not values.is_constant:  # measured
        return test_.retyped(type_of("Nullable(UInt8)"))
    return _null_if_left(test_, left)


def _is_table(site: Site, name: Identifier) -> bool:
    dotted = ".".join(name.parts)
    if site.scope.column(name.parts) is not None or dotted in site.scope.aliases:
        return False
    return site.scope.cte(dotted) is not None or dotted in site.lowering.tables


def _null_if_left(value: Value, left: Value) -> Value:
    """Give a test the type that its left side makes it: Nullable, LowCardinality."""
    type_ = nullable(value.type) if left.is_nullable else value.type
    return replace(value, type=low_cardinality(type_) if is_low_cardinality(left.type) else type_)


def _members(right: Expression, left: Value) -> list[Expression] | None:
    """Return the elements of a list; a tuple beside a tuple is one element."""
    if isinstance(right, Call) and right.name in ("tuple", "array") and right.parameters is None:
        if right.name == "tuple" and is_tuple(left.type) and not _holds_tuples(right):
            return [right]
        return list(right.arguments)
    if isinstance(right, Literal):
        return [right]
    return None


def _holds_tuples(call: Call) -> bool:
    return all(isinstance(item, Call) and item.name == "tuple" for item in call.arguments)


def _in_list(site: Site, left: Value, members: list[Expression], negation: str) -> Value:
    values = []
    tests: list[Value] = []
    varies = varies_left = False
    for member in members:
        value = site.lowering.value(member, site.scope)
        varies = varies or not value.is_constant
        if varies and value.is_nullable:
            raise site.fail("NULL among values that are not constant is not supported", index=1)
        if value.form == "unknown":
            continue
        number = value.literal.value if value.literal is not None else None
        scaled = (
            float(number) * 10**left.type.bare.scale
            if is_decimal(left.type) and isinstance(number, float)
            else 0.0
        )
        # ClickHouse cuts 1.005 * 1000 = 1004.9999999999999 to an integer.
        if not scaled.is_integer():
            raise site.fail(f"{number} beside {left.type}: write it as a text", index=1)
        shown, value = comparable(site, left, value, ordered=False)
        varies_left = varies_left or shown.sql != left.sql
        tests.append(comparison(site, "equals", left, value))
        values.append(value)
    if not values:
        constant = "true" if negation else "false"
        return _null_if_left(make(constant, type_of("UInt8"), "boolean", of=(left,)), left)
    if varies or varies_left:  # each comparison has its own types
        sql = " OR ".join(test.sql for test in tests)
        sql = f"NOT ({sql})" if negation else f"({sql})" if len(tests) > 1 else sql
        if is_tuple(left.type) and any(part.is_nullable for part in left.type.bare.inner):
            sql = f"coalesce({sql}, {'true' if negation else 'false'})"  # never NULL here too
        made = make(sql, type_of("UInt8"), "boolean", of=(left, *values), atomic=False)
        # ClickHouse's answer is of a Nullable type where the list varies (measured).
        return made.retyped(type_of("Nullable(UInt8)")) if varies else _null_if_left(made, left)
    form = common_form([value.form for value in values])
    if left.form == "boolean" and form != "boolean":
        left = as_number(left)
    if form == "boolean" and left.form != "boolean":
        left = as_boolean(left)
    if is_tuple(left.type):
        values = [as_form(value, value.form) for value in values]
    sql = f"{left.operand} {negation}IN ({', '.join(value.sql for value in values)})"
    if is_tuple(left.type) and any(part.is_nullable for part in left.type.bare.inner):
        sql = f"coalesce({sql}, {'true' if negation else 'false'})"  # measured: never NULL
    made = make(sql, type_of("UInt8"), "boolean", of=(left, *values), atomic=False)
    return _null_if_left(made, left)


def in_subquery(site: Site, left: Value, subquery: Subquery, negation: str) -> Value:
    """Return `x IN (SELECT ...)`; a NULL among the rows is left out."""
    result = site.lowering.subquery(subquery.query, site.scope)
    sql = result.sql
    names = [column.sql for column in result.values]
    if is_tuple(left.type) and len(names) > 1:
        row, columns = _row_of(site, left, result.values)
        known = " AND ".join(f"{c.sql} IS NOT NULL" for c in result.values if c.is_nullable)
        where = f"\nWHERE {known}" if known else ""
        sql = f"SELECT {columns} FROM (\n{_indented(sql)}\n) AS s{where}"  # noqa: S608
        parts = [f"{left.operand}[{index}] IS NOT NULL AND " for index, part in
                 enumerate(left.type.bare.inner, 1) if part.is_nullable]  # fmt: skip
        test = f"{row} {negation if not parts else ''}IN (\n{_indented(sql)}\n)"
        if parts:  # a row with a NULL in it is equal to none
            test = f"{''.join(parts)}{test}"
            test = f"NOT ({test})" if negation else f"({test})"
        made = make(test, type_of("UInt8"), "boolean", of=(left,), atomic=False)
        return _null_if_left(replace(made, is_constant=False), left)
    if len(names) != 1:
        raise site.fail("the subquery has several columns", index=1)
    (column,) = result.values
    shown, wanted = comparable(site, left, replace(column, literal=None), ordered=False)
    if column.is_nullable or wanted.sql != column.sql:
        where = f"\nWHERE {column.sql} IS NOT NULL" if column.is_nullable else ""
        sql = f"SELECT {wanted.sql} FROM (\n{_indented(sql)}\n) AS s{where}"  # noqa: S608
    test = f"{shown.operand} {negation}IN (\n{_indented(sql)}\n)"
    if left.is_nullable:  # among no rows a NULL is NULL, not false
        test = f"IF({shown.operand} IS NOT NULL, {test})"
    made = make(test, type_of("UInt8"), "boolean", of=(shown,), atomic=left.is_nullable)
    return _null_if_left(replace(made, is_constant=False), left)


def _row_of(site: Site, left: Value, columns: Sequence[Value]) -> tuple[str, str]:
    """Return a tuple, and a subquery's columns in the same Trino types."""
    parts = left.type.bare.inner
    if len(parts) != len(columns):
        raise site.fail(f"{len(parts)} values are looked for among {len(columns)} columns", index=1)
    fields, wanted, forms = [], [], []
    for index, (part, form, column) in enumerate(
        zip(parts, left.row_forms, columns, strict=True), 1
    ):
        field = Value(f"{left.operand}[{index}]", part, form)
        one, other = comparable(site, field, replace(column, literal=None), ordered=False)
        common = common_form([one.form, other.form])
        fields.append(as_form(one, common).sql)
        wanted.append(f"CAST({as_form(other, common).sql} AS {common}) AS f{index}")
        forms.append(f'"f{index}" {common}')
    row = f"row({', '.join(forms)})"  # without the cast a literal is a varchar of its length
    same = all(sql == f"{left.operand}[{i}]" for i, sql in enumerate(fields, 1))
    shown = left.sql if same else f"ROW({', '.join(fields)})"
    return f"CAST({shown} AS {row})", ", ".join(wanted)


def _indented(sql: str) -> str:
    return "  " + sql.replace("\n", "\n  ")
