"""SELECT: clauses in ClickHouse's order of evaluation, lowered into one plan and rewritten.

What Trino's SELECT has no clause for is in `rewrites.REWRITES`, applied in that order.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError
from martlet.translate.array_join import deep, find_late, outside, with_unnests
from martlet.translate.convert import as_boolean, stored_form
from martlet.translate.delivery import delivered
from martlet.translate.groups import check_groups, keys_beside
from martlet.translate.lower import Translated
from martlet.translate.ordering import Order, order_of
from martlet.translate.plan import Item, Plan
from martlet.translate.pruning import pruned
from martlet.translate.relations import indented
from martlet.translate.rewrites import REWRITES, position
from martlet.translate.scope import CteEntry, Scope, aliases_of
from martlet.translate.sources import output_name, source
from martlet.translate.stars import Column, expanded
from martlet.translate.syntax import (
    Call,
    Expression,
    Identifier,
    Literal,
    OrderItem,
    Query,
    Select,
    SetOperation,
)
from martlet.translate.totals import TOTALS, group_keys, with_sets, with_totals
from martlet.translate.typing import is_number
from martlet.translate.unions import around, set_operation
from martlet.translate.value import Value, name_sql

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering


def translate_query(
    lowering: "Lowering", query: Query, scope: Scope, *, is_source: bool = False
) -> Translated:
    """Translate a query whose names are resolved in a new scope of its own.

    One that is a source has hidden columns for its order, where it needs them.
    """
    if isinstance(query, SetOperation):
        return set_operation(lowering, query, scope)
    plan = plan_select(lowering, query, scope)
    order = plan.carry_order() if is_source else ()
    plan.drop_kept_order()
    return replace(translated(plan), order=order)


def translate_answer(
    lowering: "Lowering", query: Query, *, text_answers: bool = False
) -> Translated:
    """Translate the outermost query: its columns are in the forms that an answer is read from."""
    plan = _answer(lowering, query)
    if isinstance(plan, Plan):
        return translated(delivered(plan, lowering.fresh) if text_answers else plan)
    if not text_answers:
        return plan
    return translated(delivered(around(lowering.fresh("answer"), plan), lowering.fresh))


def _answer(lowering: "Lowering", query: Query) -> Plan | Translated:
    scope = Scope(is_answer=isinstance(query, Select))
    if isinstance(query, Select):
        plan = plan_select(lowering, query, scope)
        changed = [replace(item, value=stored_form(item.value)) for item in plan.items]
        if plan.distinct and changed != plan.items:
            plan = plan.wrapped(lowering.fresh("answer"), [])
            changed = [replace(item, value=stored_form(item.value)) for item in plan.items]
        orders = {item.value.sql: new.value for item, new in zip(plan.items, changed, strict=True)}
        plan.order_by = [
            replace(order, value=orders.get(order.value.sql, order.value))
            for order in plan.order_by
        ]
        plan.items = changed
        return plan
    result = set_operation(lowering, query, scope)
    if all(stored_form(value).form == value.form for value in result.values):
        return result
    plan = around(lowering.fresh("answer"), result)
    plan.items = [replace(item, value=stored_form(item.value)) for item in plan.items]
    return plan


def translated(plan: Plan) -> Translated:
    """Return a plan as a query that another one can read."""
    references = [item.reference for item in plan.items]
    columns: dict[str, Value] = {}
    for item, reference in zip(plan.items, references, strict=True):
        columns.setdefault(item.name, reference)
    return Translated(
        plan.sql(),
        columns,
        tuple(item.name for item in plan.items),
        tuple(references),
        has_totals=any(name == TOTALS for name, _ in plan.hidden),
    )


def plan_select(lowering: "Lowering", select: Select, scope: Scope) -> Plan:
    """Lower all clauses of one SELECT."""
    plan = Plan(scope=scope)
    scope.aliases = aliases_of(select)
    register_with(select, scope)
    scope.windows = dict(select.windows)
    scope.is_select = True
    if select.source is not None:
        found = source(lowering, select.source, scope)
        scope.relations, scope.using, scope.order = found.relations, found.using, found.order
        scope.lake = found.lake
        plan.source, plan.where = pruned(lowering, select, found, scope)
        plan.where += found.where
    columns = expanded(lowering, select, scope)
    scope.is_grouped = bool(select.group_by or select.group_by_all)
    keys = group_keys(lowering, select, columns, scope)
    if keys is not None:  # a set of no keys has a row for no rows
        scope.is_grouped = bool(select.group_mode)
    late = find_late(lowering, select, columns, scope)
    with outside(late, scope):
        scope.keys = keys
        items = _items(lowering, columns, scope)
        scope.keys = None
    for condition in (select.prewhere, select.where):
        if condition is not None:
            plan.where += _conjuncts(lowering, condition, scope)
    plan.items = items
    scope.keys = keys
    group_by = _group(lowering, select, columns, plan, scope)
    if keys is not None:
        plan = with_sets(select, plan, keys, found.alias if select.source is not None else "")
    plan.distinct = select.distinct and not select.distinct_on
    with outside(late, scope):
        plan.order_by = _orders(lowering, select, columns, items, scope)
    plan.items = _beside_orders(plan)
    if late is None:
        _keep_order(select, plan, scope)
        if keys is None and (scope.is_grouped or scope.has_aggregates):
            check_groups(lowering, select, columns, group_by, scope)
    if () in (select.grouping_sets or ()) and not scope.has_aggregates:  # measured: no row
        raise UnsupportedClauseError(
            "An empty set of GROUPING SETS is not supported without an aggregate function",
            offset=select.places["group by"],
        )
    if plan.having and keys is None and not scope.is_grouped and not scope.has_aggregates:
        plan.where, plan.having = [*plan.where, plan.having], ""
    is_folded = not plan.having and not any(item.value.is_aggregate for item in plan.items)
    if scope.has_aggregates and is_folded and not plan.group_by and late is None:
        plan.group_by = "()"  # `toTypeName(count())` is a constant, of one row all the same
    _limits(lowering, select, plan, scope)
    plan.source = with_unnests(plan.source, scope.unnests)
    if late is not None:
        plan = late.plan(plan)
    with outside(late, scope):
        for rewrite in REWRITES:
            plan = rewrite(lowering, select, plan, scope)
    if keys is not None and keys.is_totals:
        plan = with_totals(lowering, plan, keys)
    plan.ctes = definitions(scope) + plan.ctes
    return plan


def register_with(select: Select, scope: Scope) -> None:
    """Make the names of WITH known in a scope: those of CTEs and of expressions."""
    scalars = {e.alias: e for e in select.scalars if e.alias is not None}
    scope.aliases = {**scalars, **scope.aliases}
    scope.scalars |= frozenset(scalars)
    names: set[str] = set()
    for cte in select.ctes:
        if cte.name.lower() in names:
            raise UnsupportedClauseError(
                f"A second CTE '{cte.name}' is not supported: case does not count on Athena",
                offset=cte.start,
            )
        names.add(cte.name.lower())
        inside = Scope(parent=scope.parent, ctes=dict(scope.ctes), aliases=scalars,
                       scalars=frozenset(scalars))  # fmt: skip
        scope.ctes[cte.name] = CteEntry(cte, inside)


def definitions(scope: Scope) -> list[str]:
    """Return the definitions of the CTEs that were used, each before those that use it."""
    used = [entry for entry in scope.ctes.values() if entry.columns is not None]
    return [f"{name_sql(entry.sql_name)} AS (\n{indented(entry.sql)}\n)" for entry in used]


def _items(lowering: "Lowering", columns: list[Column], scope: Scope) -> list[Item]:
    taken: set[str] = set()
    items = []
    for name, column in columns:
        value = column if isinstance(column, Value) else lowering.value(column, scope)
        if isinstance(column, Value) and scope.keys is not None:
            value = scope.keys.key(lowering, column) or column
        items.append(Item(name, output_name(name, taken), value))
    return items


def _beside_orders(plan: Plan) -> list[Item]:
    """Return the columns, none named as a source in ORDER BY, where it would be the column."""
    orders = " ".join(order.sql() for order in plan.order_by if plan.number_of(order.value) is None)
    taken = {item.sql_name for item in plan.items}
    return [
        replace(item, sql_name=output_name(item.name, taken))
        if re.search(rf'(?<![\w"]){re.escape(name_sql(item.sql_name))}\.', orders) else item
        for item in plan.items
    ]  # fmt: skip


def _conjuncts(lowering: "Lowering", condition: Expression, scope: Scope) -> list[str]:
    """Return a condition as the list of what must all be true."""
    if isinstance(condition, Call) and condition.name == "and" and condition.alias is None:
        return [sql for part in condition.arguments for sql in _conjuncts(lowering, part, scope)]
    value = _condition(lowering, condition, scope)
    if value.is_aggregate:
        raise SqlError(
            "An aggregate function is in WHERE: it is calculated later, use HAVING",
            offset=condition.start,
        )
    if " OVER (" in value.sql and any(map(_is_windowed, deep(condition, scope))):
        raise SqlError("A window function is in WHERE: it is calculated later, use QUALIFY",
                       offset=condition.start)  # fmt: skip
    return [value.operand if " OR " in value.sql else value.sql]


def _is_windowed(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.window is not None


def _condition(lowering: "Lowering", condition: Expression, scope: Scope) -> Value:
    value = lowering.value(condition, scope)
    if value.form != "unknown" and not is_number(value.type):
        raise SqlError(f"A condition cannot be of type {value.type}", offset=condition.start)
    return as_boolean(value)


def _group(
    lowering: "Lowering", select: Select, columns: list[Column], plan: Plan, scope: Scope
) -> list[str]:
    """Put GROUP BY and HAVING into the plan, and return the keys.

    Numbers are columns, and constants are no keys.
    """
    if select.having is not None:
        plan.having = _condition(lowering, select.having, scope).sql
    if scope.keys is not None:
        return []
    keys: list[Value] = []
    if select.group_by_all:
        keys = _all_keys(lowering, columns, plan, scope)
        if all(_is_fixed(key) for key in keys):
            raise UnsupportedClauseError(
                "GROUP BY ALL of aggregates only is not supported: leave it out",
                offset=select.columns[0].start,
            )
    for expression in select.group_by:
        number = position(expression, len(columns))
        column = columns[number][1] if number is not None else expression
        for part in [column] if isinstance(column, Value) else _elements(column, scope):
            key = part if isinstance(part, Value) else lowering.value(part, scope)
            if key.is_aggregate:
                raise SqlError("An aggregate function is in GROUP BY", offset=expression.start)
            keys.append(key)
    plan.group_by = ", ".join(dict.fromkeys(key.sql for key in keys if not _is_fixed(key)))
    if scope.is_grouped and not plan.group_by:  # without rows there is no group
        plan.group_by = "()"
        plan.having = f"count(*) > 0 AND ({plan.having})" if plan.having else "count(*) > 0"
    return [key.sql for key in keys]


def _all_keys(lowering: "Lowering", columns: list[Column], plan: Plan, scope: Scope) -> list[Value]:
    keys: list[Value] = []
    for (_, column), item in zip(columns, plan.items, strict=True):
        if " OVER (" in item.value.sql:
            continue
        if isinstance(column, Value):
            keys.append(column)
        else:
            keys += keys_beside(lowering, column, scope)
    return keys


def _elements(key: Expression, scope: Scope) -> list[Expression]:
    """Return what a key groups by: of a tuple its elements, which are then keys themselves."""
    target = scope.aliases.get(key.parts[0]) if isinstance(key, Identifier) else None
    meant = target if target is not None else key
    if not isinstance(meant, Call) or meant.name != "tuple" or not meant.arguments:
        return [key]
    return [part for argument in meant.arguments for part in _elements(argument, scope)]


def _is_fixed(value: Value) -> bool:
    """Whether a value is the same for all rows; a number would be a column's place for Trino."""
    return value.is_constant or value.sql.isdecimal()


def _orders(
    lowering: "Lowering", select: Select, columns: list[Column], items: list[Item], scope: Scope
) -> list[Order]:
    if select.order_by_all:
        return [order_of(item.value, OrderItem(Literal(0, 0, 1, "1"))) for item in items]
    orders = []
    for item in select.order_by:
        number = position(item.expression, len(columns))
        value = items[number].value if number is not None else lowering.value(
            item.expression, scope)  # fmt: skip
        if _is_fixed(value) and number is None and item.fill is None:
            continue
        orders.append(order_of(value, item))
    return orders


def _keep_order(select: Select, plan: Plan, scope: Scope) -> None:
    """Give a SELECT that says no order the one of its source, as ClickHouse reads on in it."""
    if select.order_by or select.order_by_all or select.with_ties or select.with_totals:
        return
    if scope.is_grouped or scope.has_aggregates or scope.keys is not None:
        return
    if plan.distinct and any(plan.number_of(o.value) is None or o.nan for o in scope.order):
        return
    plan.order_by, plan.keeps_order = list(scope.order), bool(scope.order)


def _limits(lowering: "Lowering", select: Select, plan: Plan, scope: Scope) -> None:
    if select.limit is not None:
        plan.limit = lowering.count(select.limit, scope, of="LIMIT")
    if select.offset is not None:
        plan.offset = lowering.count(select.offset, scope, of="OFFSET")
    plan.with_ties = select.with_ties
