"""GROUPING SETS, ROLLUP, CUBE and WITH TOTALS: rows for groups of fewer keys.

A key that a row is not grouped by is the default of its type in ClickHouse, and NULL in Trino.
Expressions that are keys are columns of a subquery, for Trino's sets have columns only.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError
from martlet.translate.convert import make, or_default
from martlet.translate.names import text_of
from martlet.translate.plan import Plan
from martlet.translate.relations import indented
from martlet.translate.rewrites import position
from martlet.translate.scope import Scope, walk
from martlet.translate.syntax import Call, Expression, Identifier, Literal, Select
from martlet.translate.typing import type_of
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

# Name of the column that marks the row of WITH TOTALS.
TOTALS = "__totals"

_COLUMN = re.compile(r'(?:\w+|"(?:[^"]|"")*")\.(?:\w+|"(?:[^"]|"")*")')


@dataclass(slots=True)
class GroupKeys:
    """The keys of a SELECT whose rows are of several sets of them.

    Attributes:
        sets: what stands behind GROUP BY.
        columns: name of each key's column, by the key's SQL over the rows.
        made: keys that the subquery has to calculate: name and SQL.
        is_totals: whether the set of no keys is for WITH TOTALS.
        known: values of aliases as they are on the other side of the groups.
        is_off: whether expressions are lowered as the rows below the groups see them.
    """

    sets: str
    columns: dict[str, str]
    made: list[tuple[str, str]]
    is_totals: bool = False
    known: dict[str, Value] = field(default_factory=dict)
    is_off: bool = False

    @contextmanager
    def off(self, scope: Scope) -> Iterator[None]:
        """Lower what is written under it as the rows below the groups see it."""
        was_off, self.is_off = self.is_off, True
        if not was_off:
            scope.known, self.known = self.known, scope.known
        try:
            yield
        finally:
            self.is_off = was_off
            if not was_off:
                scope.known, self.known = self.known, scope.known

    def value(self, lowering: "Lowering", expression: Expression, scope: Scope) -> Value | None:
        """Return a key as the groups have it; None where an expression is no key."""
        if self.is_off or scope.in_aggregate or isinstance(expression, Literal):
            return None
        with self.off(scope):
            value = lowering.value(expression, scope)
        return self.key(lowering, value)

    def key(self, lowering: "Lowering", value: Value) -> Value | None:
        """Return a value of the rows as the groups have it, None if it is no key."""
        column = self.columns.get(lowering.first_equal(value.sql, self.columns))
        if column is None:
            return None
        return or_default(replace(value, sql=column, is_atomic=True, literal=None))


def group_keys(
    lowering: "Lowering", select: Select, columns: Sequence[tuple[str, object]], scope: Scope
) -> GroupKeys | None:
    """Return the keys of ROLLUP, CUBE, GROUPING SETS and WITH TOTALS; None without them."""
    is_totals = select.with_totals
    if is_totals and not scope.is_answer:
        raise UnsupportedClauseError(
            "WITH TOTALS in a subquery is not supported on Athena",
            offset=select.places["with totals"],
        )
    if not (select.group_mode or select.grouping_sets is not None or is_totals):
        return None
    place = select.places["group by"]
    if is_totals:
        _refuse_beside_totals(select)
    if select.group_by_all:
        raise UnsupportedClauseError("GROUP BY ALL is not supported with sets", offset=place)
    found: list[tuple[str, ...]] = []
    seen: list[str] = []
    for expressions in select.grouping_sets or (select.group_by,):
        texts: dict[str, str] = {}
        for expression in expressions:
            meant, key = _key(lowering, expression, columns, scope)
            seen.append(lowering.first_equal(key.sql, seen))
            if texts.setdefault(seen[-1], meant) != meant:
                raise UnsupportedClauseError(
                    "ROLLUP, CUBE, GROUPING SETS and WITH TOTALS of two keys that are the same on"
                    " Athena are not supported",
                    offset=expression.start,
                )
        found.append(tuple(texts))
    if scope.unnests:
        raise UnsupportedClauseError("arrayJoin() is not supported with sets", offset=place)
    every = list(dict.fromkeys(sql for group in found for sql in group))
    if select.group_mode and select.group_mode == "rollup":
        found = [found[0][:length] for length in range(len(found[0]), -1, -1)]
    elif select.group_mode == "cube":
        found = [group for length in range(len(every), -1, -1)
                 for group in combinations(every, length)]  # fmt: skip
    if is_totals:
        found = [*found, ()]
    return _over(lowering, every, found, scope, place, is_totals=is_totals)


def _key(
    lowering: "Lowering",
    expression: Expression,
    columns: Sequence[tuple[str, object]],
    scope: Scope,
) -> tuple[str, Value]:
    """Return a key's text, which is another one for another expression, and its value."""
    number = position(expression, len(columns))
    meant = columns[number][1] if number is not None else expression
    value = lowering.value(meant, scope) if isinstance(meant, Expression) else meant
    assert isinstance(value, Value)
    if value.is_aggregate:
        raise SqlError("An aggregate function is in GROUP BY", offset=expression.start)
    columns_sql = [c.sql for relation in scope.relations for c in relation.columns.values()]
    is_folded = not any(sql in value.sql for sql in columns_sql)
    if isinstance(meant, Expression) and not is_folded:
        is_folded = any(
            isinstance(part, Call) and part.name in _CONDITIONS and any(
                _is_constant(lowering, argument, scope)
                for argument in (part.arguments if part.name in ("and", "or")
                                 else part.arguments[:-1:2])
            )
            for part in _with_aliases(meant, scope)
        )  # fmt: skip
    if value.is_constant or is_folded:  # ClickHouse's totals have it, and no default
        raise UnsupportedClauseError(
            "A constant key of ROLLUP, CUBE, GROUPING SETS or WITH TOTALS is not supported, nor"
            " one with a constant condition",
            offset=expression.start,
        )
    if isinstance(meant, Identifier):
        meant = scope.aliases.get(meant.parts[0], meant)
    if isinstance(meant, Expression) and not isinstance(meant, Identifier):
        return text_of(meant), value
    return value.sql, value


_CONDITIONS = ("if", "multiIf", "and", "or")


def _is_constant(lowering: "Lowering", expression: Expression, scope: Scope) -> bool:
    try:
        return lowering.value(expression, scope).is_constant
    except SqlError:  # of a lambda's parameters
        return False


def _with_aliases(
    expression: Expression, scope: Scope, seen: frozenset[str] = frozenset()
) -> Iterator[Expression]:
    """Yield the parts of an expression, and those of the aliases in it."""
    for part in walk(expression):
        yield part
        name = part.parts[0] if isinstance(part, Identifier) else ""
        if name in scope.aliases and name not in seen:
            yield from _with_aliases(scope.aliases[name], scope, seen | {name})


def _refuse_beside_totals(select: Select) -> None:
    beside = {
        "WITH ROLLUP": select.group_mode == "rollup",
        "WITH CUBE": select.group_mode == "cube",
        "GROUPING SETS": select.grouping_sets is not None,
        "HAVING": select.having is not None,
        "QUALIFY": select.qualify is not None,
        "DISTINCT": select.distinct,
        "LIMIT BY": bool(select.limit_by),
        "LIMIT WITH TIES": select.with_ties,
    }
    for clause, is_there in beside.items():
        if is_there:
            raise UnsupportedClauseError(
                f"{clause} beside WITH TOTALS is not supported on Athena",
                offset=select.places["with totals"],
            )
    if not select.group_by:
        raise SqlError("WITH TOTALS needs GROUP BY", offset=select.places["with totals"])


def _over(
    lowering: "Lowering",
    every: list[str],
    found: list[tuple[str, ...]],
    scope: Scope,
    place: int,
    *,
    is_totals: bool,
) -> GroupKeys:
    columns: dict[str, str] = {}
    made: list[tuple[str, str]] = []
    for sql in every:
        columns[sql] = sql
        if not _COLUMN.fullmatch(sql):
            name = lowering.fresh("group_key")
            if len(scope.relations) != 1:
                raise UnsupportedClauseError(
                    "ROLLUP, CUBE, GROUPING SETS and WITH TOTALS of expressions over a join are"
                    " not supported on Athena",
                    offset=place,
                )
            columns[sql] = name
            made.append((name, sql))
    sets = ", ".join(f"({', '.join(columns[sql] for sql in group)})" for group in found)
    return GroupKeys(f"GROUPING SETS ({sets})", columns, made, is_totals)


def with_sets(select: Select, plan: Plan, keys: GroupKeys, alias: str) -> Plan:
    """Put the sets into a plan: the keys as columns of its source, the row of totals last."""
    plan.group_by = keys.sets
    if select.group_mode:  # without rows ClickHouse has no row for all of them
        plan.having = f"count(*) > 0 AND ({plan.having})" if plan.having else "count(*) > 0"
    if keys.made:
        shown = ", ".join([f"{alias}.*", *(f"{sql} AS {name}" for name, sql in keys.made)])
        where = "\nWHERE " + "\n  AND ".join(plan.where) if plan.where else ""
        inner = f"SELECT {shown}\nFROM {plan.source}{where}"
        plan.source, plan.where = f"(\n{indented(inner)}\n) AS {alias}", []
    return plan


def with_totals(lowering: "Lowering", plan: Plan, keys: GroupKeys) -> Plan:
    """Mark the row of totals in a last column; ORDER BY and LIMIT leave it alone."""
    mark = Value(f"grouping({next(iter(keys.columns.values()))})", type_of("UInt8"), "integer")
    if plan.limit or plan.offset:
        alias = lowering.fresh("grouped")
        orders = ", ".join(order.sql() for order in plan.order_by)
        over = f"PARTITION BY {mark.sql}" + (f" ORDER BY {orders}" if orders else "")
        number = replace(mark, sql=f"row_number() OVER ({over})")
        limit, offset, plan.limit, plan.offset = plan.limit, plan.offset, "", ""
        plan = plan.wrapped(alias, [("number", number), (TOTALS, mark)])
        mark = replace(mark, sql=f"{alias}.{TOTALS}")
        tests = [f"{alias}.number > {offset}"] if offset else []
        if limit:
            tests.append(f"{alias}.number <= {offset + ' + ' if offset else ''}{limit}")
        plan.where = [f"({mark.sql} = 1 OR {' AND '.join(tests)})"]
    plan.hidden = [(TOTALS, mark)]
    return plan


def grouping(lowering: "Lowering", call: Call, scope: Scope) -> Value:
    """Lower `grouping(keys)`: a bit for each key, 1 where the row is not grouped by it."""
    keys = scope.keys
    if keys is None:
        raise SqlError("grouping() needs ROLLUP, CUBE or GROUPING SETS", offset=call.start)
    names = []
    for argument in call.arguments:
        with keys.off(scope):
            value = lowering.value(argument, scope)
        if value.sql not in keys.columns:
            raise SqlError("grouping() takes keys of GROUP BY", offset=argument.start)
        names.append(keys.columns[value.sql])
    made = make(f"grouping({', '.join(names)})", type_of("UInt64"), "bigint")
    return replace(made, is_constant=False, is_aggregate=True)
