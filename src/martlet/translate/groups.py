"""Columns of a query with groups that are neither a key nor inside of an aggregate: an error.

ClickHouse refuses them, and Trino would when the query runs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from martlet.errors import SqlError
from martlet.translate.aggregates import find_aggregate
from martlet.translate.catalogue import find_function
from martlet.translate.rewrites import position
from martlet.translate.scope import Scope
from martlet.translate.syntax import (
    Call,
    Cast,
    Expression,
    Identifier,
    Lambda,
    Select,
    Window,
)
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

_LISTS = ("in", "notIn", "globalIn", "globalNotIn")


def check_groups(
    lowering: "Lowering",
    select: Select,
    columns: Sequence[tuple[str, "Expression | Value"]],
    keys: Iterable[str],
    scope: Scope,
) -> None:
    """Check all that is calculated of groups, whose keys are these texts.

    Raises:
        SqlError: a column is neither a key nor under an aggregate; it points there.
    """
    known = tuple(dict.fromkeys(keys))
    for name, column in columns:
        if isinstance(column, Value):
            is_key = lowering.first_equal(column.sql, known) in known
            if not (column.is_constant or column.is_aggregate or is_key):
                raise _error(name, select.start)
        else:
            _check(lowering, column, known, scope)
    behind = [item.expression for item in select.order_by]
    behind += [clause for clause in (select.having, select.qualify) if clause is not None]
    for expression in [*behind, *select.limit_by]:
        if position(expression, len(columns)) is None:
            _check(lowering, expression, known, scope)


def _check(
    lowering: "Lowering", expression: Expression, keys: tuple[str, ...], scope: Scope
) -> None:
    found = _ungrouped(lowering, expression, keys, scope)
    if found is not None:
        raise _error(".".join(found.parts), found.start)


def _error(name: str, start: int) -> SqlError:
    return SqlError(
        f"Column '{name}' is not under aggregate function and not in GROUP BY keys", offset=start
    )


def _ungrouped(
    lowering: "Lowering", expression: Expression, keys: tuple[str, ...], scope: Scope
) -> Identifier | None:
    """Return the first column in an expression that groups have no value for."""
    alias = expression.alias
    is_definition = (
        alias is not None
        and alias not in scope.expanding
        and scope.aliases.get(alias) is expression
    )
    if is_definition:
        scope.expanding.add(str(alias))
    try:
        if isinstance(expression, Identifier):
            found = _ungrouped_name(lowering, expression, keys, scope)
        else:
            parts = _parts(expression)
            inner = (_ungrouped(lowering, part, keys, scope) for part in parts)
            found = next((column for column in inner if column is not None), None)
        if found is None:
            return None
        if lowering.first_equal(lowering.value(expression, scope).sql, keys) in keys:
            return None
        return found
    finally:
        if is_definition:
            scope.expanding.discard(str(alias))


def _ungrouped_name(
    lowering: "Lowering", name: Identifier, keys: tuple[str, ...], scope: Scope
) -> Identifier | None:
    target = scope.aliases.get(name.parts[0])
    is_alias = (
        target is not None and target is not name and name.parts[0] not in scope.expanding
        and not (len(name.parts) > 1 and scope.column(name.parts) is not None)
    )  # fmt: skip
    if is_alias and target is not None:
        return _ungrouped(lowering, target, keys, scope)
    try:
        value = lowering.value(name, scope)
    except SqlError:  # no column: a unit of time, a table
        return None
    if value.is_constant or value.is_aggregate or value.sql in keys:
        return None
    return name


def keys_beside(lowering: "Lowering", expression: Expression, scope: Scope) -> Iterator[Value]:
    """Yield the largest parts without an aggregate: what GROUP BY ALL groups by."""
    value = lowering.value(expression, scope)
    if not value.is_aggregate:
        yield value
        return
    target = scope.aliases.get(expression.parts[0]) if isinstance(expression, Identifier) else None
    for part in _parts(expression) if target is None else (target,):
        yield from keys_beside(lowering, part, scope)


def _parts(expression: Expression) -> Iterator[Expression]:
    """Yield the parts of an expression that are calculated of groups."""
    match expression:
        case Call():
            is_aggregate = expression.window is None and not find_function(expression.name) and (
                find_aggregate(expression.name) is not None
            )  # fmt: skip
            if is_aggregate:
                return
            arguments = expression.arguments[:1] if expression.name in _LISTS else (
                expression.arguments
            )  # fmt: skip
            yield from (part for part in arguments if not isinstance(part, Lambda))
            if isinstance(expression.window, Window):
                yield from expression.window.partition_by
                yield from (item.expression for item in expression.window.order_by)
        case Cast():
            yield expression.operand
        case _:
            pass
