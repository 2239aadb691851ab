"""Clauses of ClickHouse's SELECT that Trino has none for, each put into queries around a plan.

`REWRITES` are applied in ClickHouse's order of evaluation: QUALIFY, DISTINCT, LIMIT BY and
DISTINCT ON, and WITH FILL.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError, UnsupportedError
from martlet.translate.convert import as_boolean
from martlet.translate.fill import with_fill
from martlet.translate.ordering import Order, order_of
from martlet.translate.plan import Plan
from martlet.translate.scope import Scope
from martlet.translate.syntax import Expression, Literal, Select
from martlet.translate.typing import type_of
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

Rewrite = Callable[["Lowering", Select, Plan, Scope], Plan]


def position(expression: Expression, count: int) -> int | None:
    """Return the index of the column that a number stands for in GROUP BY, ORDER BY, LIMIT BY."""
    if not isinstance(expression, Literal) or isinstance(expression.value, bool):
        return None
    value = expression.value
    if not isinstance(value, int):
        return None
    index = value - 1 if value > 0 else count + value
    if not 0 <= index < count:
        raise SqlError(f"There is no column {value}", offset=expression.start)
    return index


def qualify(lowering: "Lowering", select: Select, plan: Plan, scope: Scope) -> Plan:
    """QUALIFY: calculate the condition as a column, and leave rows out around it."""
    if select.qualify is None:
        return plan
    condition = as_boolean(lowering.value(select.qualify, scope))
    if scope.unnests:  # measured: it is multiplied after the window functions are calculated
        raise UnsupportedClauseError(
            "arrayJoin() beside QUALIFY is not supported: use ARRAY JOIN in a subquery",
            offset=select.places["qualify"],
        )
    if condition.is_constant:
        raise UnsupportedClauseError(
            "QUALIFY of a constant is not supported", offset=select.places["qualify"]
        )
    alias = lowering.fresh("windowed")
    is_distinct, plan.distinct = plan.distinct, False
    outer = plan.wrapped(alias, [("is_qualified", condition)])
    outer.where, outer.distinct = [f"{alias}.is_qualified"], is_distinct
    return outer


def distinct(lowering: "Lowering", select: Select, plan: Plan, scope: Scope) -> Plan:
    """DISTINCT with an order or LIMIT BY that is calculated of its columns: around it."""
    if not plan.distinct:
        return plan
    is_plain = all(plan.number_of(o.value) is not None and not o.nan for o in plan.order_by)
    if is_plain and not select.limit_by and not any(item.fill for item in select.order_by):
        return plan
    orders, plan.order_by = plan.order_by, []
    before = plan
    plan = plan.wrapped(lowering.fresh("distinct_rows"), [])
    plan.order_by = [_order_around(lowering, before, order, plan) for order in orders]
    return plan


def _order_around(lowering: "Lowering", before: Plan, order: Order, plan: Plan) -> Order:
    """Return an item of ORDER BY as a query around the distinct rows has it."""
    number = before.number_of(order.source)
    if number is not None:
        return order_of(plan.items[number - 1].value, order.item)
    try:
        value = lowering.value(order.item.expression, plan.scope)
    except SqlError as error:
        raise UnsupportedClauseError(
            "ORDER BY of what DISTINCT has not selected is not supported on Athena: it could be"
            " of any of the equal rows",
            offset=order.item.expression.start,
        ) from error
    return order_of(value, order.item)


def limit_by(lowering: "Lowering", select: Select, plan: Plan, scope: Scope) -> Plan:
    """LIMIT BY and DISTINCT ON: number the rows of each group of keys, in ORDER BY's order."""
    keys, limit, offset = select.limit_by, "1", ""
    if select.distinct_on:
        if keys:
            raise SqlError(
                "DISTINCT ON and LIMIT BY exclude each other", offset=select.places["limit by"]
            )
        keys = select.distinct_on
    elif keys:
        assert select.limit_by_limit is not None
        limit = lowering.count(select.limit_by_limit, scope, of="LIMIT BY")
        if select.limit_by_offset is not None:
            offset = lowering.count(select.limit_by_offset, scope, of="LIMIT BY")
    if not keys:
        return plan
    values = [_key(lowering, key, plan, scope) for key in keys]
    used = [*values, *(order.value for order in plan.order_by)]
    if any(" OVER (" in value.sql for value in used):  # no window inside of another
        plan = plan.wrapped(lowering.fresh("windowed"), [])
        values = [_key(lowering, key, plan, scope) for key in keys]
    over = f"PARTITION BY {', '.join(value.sql for value in values)}"
    if plan.order_by:
        over += f" ORDER BY {', '.join(order.sql() for order in plan.order_by)}"
    number = Value(f"row_number() OVER ({over})", type_of("UInt64"), "bigint")
    alias = lowering.fresh("limited")
    outer = plan.wrapped(alias, [("number_in_group", number)])
    column = f"{alias}.number_in_group"
    if offset and offset != "0":
        outer.where = [f"{column} > {offset}", f"{column} <= {offset} + {limit}"]
    else:
        outer.where = [f"{column} <= {limit}"]
    return outer


def _key(lowering: "Lowering", key: Expression, plan: Plan, scope: Scope) -> Value:
    number = position(key, len(plan.items))
    if number is not None:
        return plan.items[number].value
    try:
        return lowering.value(key, plan.scope)
    except SqlError as error:
        if plan.scope is scope or isinstance(error, UnsupportedError):
            raise
        raise UnsupportedClauseError(
            "LIMIT BY of what is not selected is not supported here", offset=key.start
        ) from error


REWRITES: tuple[Rewrite, ...] = (qualify, distinct, limit_by, with_fill)
