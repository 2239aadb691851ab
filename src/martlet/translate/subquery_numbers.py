"""How many subqueries ClickHouse has met: it names them `_subquery_1`, `_subquery_2` by that.

Each has a number before those inside of it, and those in FROM come before all else of their query.
A CTE counts wherever it is read, and so does an alias; EXISTS counts twice. Measured on chDB 26.9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from martlet.translate.scope import Scope, aliases_of, roots, walk
from martlet.translate.syntax import (
    ArrayJoin,
    Call,
    Expression,
    Identifier,
    Join,
    Query,
    SetOperation,
    Source,
    Subquery,
    Table,
    TableSubquery,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a query sees of those around it.

    Attributes:
        ctes: queries of CTEs by name, with what they see themselves.
        scalars: expressions of WITH by name.
        counts: numbers that the CTEs take, by their identity, once they are known.
    """

    ctes: Mapping[str, "tuple[Query, Known]"]
    scalars: Mapping[str, Expression]
    counts: dict[int, int] = field(default_factory=dict)


def known_of(scope: Scope) -> Known:
    """Return what the subqueries of a scope see."""
    outer = known_of(scope.parent) if scope.parent is not None else Known({}, {})
    ctes: dict[str, tuple[Query, Known]] = {}
    for name, entry in scope.ctes.items():  # each sees those before it
        ctes[name] = (entry.cte.query, Known({**outer.ctes, **ctes}, outer.scalars, outer.counts))
    scalars = {name: scope.aliases[name] for name in scope.scalars if name in scope.aliases}
    return Known({**outer.ctes, **ctes}, {**outer.scalars, **scalars}, outer.counts)


def in_query(query: Query, known: Known) -> int:
    """Return how many numbers the subqueries inside of a query take."""
    if isinstance(query, SetOperation):
        return sum(in_query(part, known) for part in query.queries)
    scalars = {e.alias: e for e in query.scalars if e.alias is not None}
    for cte in query.ctes:
        known = replace(known, ctes={**known.ctes, cte.name: (cte.query, known)})
    known = replace(known, scalars={**known.scalars, **scalars})
    aliases = {**known.scalars, **aliases_of(query)}
    count = in_source(query.source, known) if query.source is not None else 0
    inside = [root for root in roots(query) if not any(root is e for e in query.scalars)]
    return count + sum(in_expression(root, known, aliases) for root in inside)


def _in_cte(query: Query, known: Known) -> int:
    if id(query) not in known.counts:
        known.counts[id(query)] = in_query(query, known)
    return known.counts[id(query)]


def in_source(source: Source, known: Known) -> int:
    """Return how many numbers FROM takes."""
    match source:
        case TableSubquery():
            return 1 + in_query(source.query, known)
        case Table():
            found = known.ctes.get(source.parts[0]) if len(source.parts) == 1 else None
            return 1 + _in_cte(*found) if found is not None else 0
        case Join():
            return in_source(source.left, known) + in_source(source.right, known)
        case ArrayJoin():
            return in_source(source.left, known) if source.left is not None else 0
        case _:
            return 0


def in_expression(expression: Expression, known: Known, aliases: Mapping[str, Expression]) -> int:
    """Return how many numbers an expression takes."""
    count = 0
    for part in walk(expression):
        if isinstance(part, Subquery):
            count += 1 + in_query(part.query, known)
        elif isinstance(part, Call):
            count += part.name == "exists"
        elif isinstance(part, Identifier):
            count += behind(part, known, aliases)
    return count


def behind(name: Identifier, known: Known, aliases: Mapping[str, Expression]) -> int:
    """Return how many numbers an alias takes where it is read."""
    target = aliases.get(name.parts[0])
    if target is None or any(part is name for part in walk(target)):
        return 0
    others = {alias: value for alias, value in aliases.items() if value is not target}
    return in_expression(target, known, others)
