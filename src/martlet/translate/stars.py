"""The columns of a SELECT: stars taken apart, and the names of what stands there."""

import re
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError
from martlet.translate.names import Naming, column_name, text_of
from martlet.translate.scope import Relation, Scope, walk
from martlet.translate.subquery_numbers import behind, in_query, in_source, known_of
from martlet.translate.syntax import (
    Call,
    Expression,
    Identifier,
    Lambda,
    Literal,
    Select,
    Star,
    Subquery,
)
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

_NUMBERED = re.compile(r"\b_subquery_\d")

# ClickHouse's name of a column, and what it is.
Column = tuple[str, Expression | Value]


def expanded(lowering: "Lowering", select: Select, scope: Scope) -> list[Column]:
    """Return the columns of a SELECT with stars taken apart, and their names."""
    found: list[Column] = []
    columns, naming = select.columns, _naming(select, scope)
    _check_replaced(columns)
    for column in columns:
        if isinstance(column, Star):
            found += _star(lowering, column, scope)
            if scope.is_answer and any(_NUMBERED.search(name) for name, _ in found):
                raise UnsupportedClauseError(
                    "A scalar subquery without a name below * is not supported: name it with AS",
                    offset=column.start,
                )
        else:
            if column.alias is None:  # the texts in it are in its name
                for inner in walk(column):
                    if isinstance(inner, Literal):
                        lowering.pin(inner)
            else:
                text_of(column, naming)  # subqueries in it have numbers too
            found.append((column_name(column, naming), column))
    return found


def _naming(select: Select, scope: Scope) -> Naming:
    def identifier(name: Identifier) -> str:
        return _identifier_name(name, scope)

    parts = (part for column in select.columns for part in walk(column))
    if not any(isinstance(part, Subquery) for part in parts):
        return Naming(identifier)
    known = known_of(scope)

    def inside(part: Subquery | Identifier) -> int:
        if isinstance(part, Subquery):
            return in_query(part.query, known)
        return behind(part, known, scope.aliases)

    taken = in_source(select.source, known) if select.source is not None else 0
    return Naming(identifier, inside, taken)


def _check_replaced(columns: tuple[Expression, ...]) -> None:
    """Refuse other columns that read what REPLACE gives: it depends on which of them is first."""
    names = {
        name for column in columns if isinstance(column, Star)
        for kind, what in column.transformers if kind == "replace"
        for _, name in what  # type: ignore[attr-defined]
    }  # fmt: skip
    for column in columns:
        if isinstance(column, Star) or not names:
            continue
        for inner in walk(column):
            if isinstance(inner, Identifier) and inner.parts[0] in names:
                raise UnsupportedClauseError(
                    f"'{inner.parts[0]}' beside REPLACE of it is not supported", offset=inner.start
                )


def _identifier_name(column: Identifier, scope: Scope) -> str:
    """Return a column's name, with its qualifier where the name alone is something else too."""
    place = scope.column(column.parts)
    if len(column.parts) == 1 and column.parts[0] in scope.aliases:
        return column.parts[-1]
    if place is None:
        return _part_name(column, scope)
    relation, name = place
    is_taken = name in relation.qualified or name in scope.aliases or (
        relation.before.get(name, relation.columns[name]) != relation.columns[name]
    )  # fmt: skip
    is_alone = ".".join(column.parts) == name
    if is_alone or not is_taken or not relation.name:
        return name
    return f"{relation.name}.{name}"


def _part_name(column: Identifier, scope: Scope) -> str:
    """Return the name of a part of a column, `tuple.element`, without the table's name."""
    if column.parts[0] not in scope.aliases:
        for length in range(len(column.parts) - 1, 0, -1):
            place = scope.column(column.parts[:length])
            if place is not None:
                return ".".join((place[1], *column.parts[length:]))
    return ".".join(column.parts)


def _star(lowering: "Lowering", star: Star, scope: Scope) -> list[Column]:
    columns: list[Column] = []
    own_names: dict[str, str] = {}
    qualifier = ".".join(star.qualifier)
    matching = [r for r in scope.relations if not qualifier or qualifier in r.qualifiers]
    if not matching:
        raise SqlError(f"Unknown table '{qualifier}' before .*", offset=star.start)
    shared = {} if qualifier else scope.using
    whole = Relation("", frozenset(), shared)
    for relation in (whole, *matching):
        shown = relation.before if qualifier and relation.before else relation.columns
        for name, value in shown.items():
            is_shared = name in shared and relation is not whole
            if not qualifier and (name in relation.hidden or is_shared):
                continue
            if star.pattern is not None and not re.search(star.pattern, name):
                continue
            if star.names and name not in star.names:
                continue
            is_qualified = name in relation.qualified and relation.name
            label = f"{relation.name}.{name}" if is_qualified else name
            own_names[label] = name
            columns.append((label, value))
    if star.names:
        columns.sort(key=lambda column: star.names.index(own_names[column[0]]))
    return _transformed(lowering, star, columns, own_names, scope)


def _transformed(
    lowering: "Lowering", star: Star, columns: list[Column], own_names: dict[str, str], scope: Scope
) -> list[Column]:
    for kind, what in star.transformers:
        if kind == "except":
            columns = [c for c in columns if own_names.get(c[0], c[0]) not in what]  # type: ignore[operator]
        elif kind == "replace":
            replaced = {name: expression for expression, name in what}  # type: ignore[attr-defined]
            columns = [
                (name, replaced.get(own_names.get(name, name), value)) for name, value in columns
            ]
        else:
            columns = [_applied(lowering, star, what, column, scope) for column in columns]
    return columns


def _applied(
    lowering: "Lowering", star: Star, function: object, column: Column, scope: Scope
) -> Column:
    """Return `function(column)` for APPLY: a function's name, one with parameters, or a lambda."""
    name, value = column
    if isinstance(value, Expression):
        value = lowering.value(value, scope)
    parameter = function.parameters[0] if isinstance(function, Lambda) else name
    own = Identifier(star.start, star.end, (parameter,))
    if isinstance(function, Lambda):
        applied = function.body
    elif isinstance(function, Call):
        applied = Call(star.start, star.end, function.name, (own,), function.arguments)
    else:
        applied = Call(star.start, star.end, str(function), (own,))
    # The column stands behind a name of its own, as a lambda's parameter does.
    before, scope.variables = scope.variables, {**scope.variables, parameter: value}
    try:
        made = lowering.value(applied, scope)
    finally:
        scope.variables = before
    return _renamed(column_name(applied), parameter, name), made


def _renamed(text: str, parameter: str, name: str) -> str:
    """Return a name's text with a lambda's parameter replaced by a column."""
    return re.sub(rf"(?<![\w.'`]){re.escape(parameter)}(?![\w'`(])", lambda _: name, text)
