"""Names, resolved as ClickHouse does.

An alias defined anywhere in a SELECT is seen in all of its clauses and wins over a column of the
same name, except inside its own definition.

Source: https://clickhouse.com/docs/sql-reference/syntax#expression-aliases, and chDB's answers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.errors import SqlError
from martlet.translate.names import text_of
from martlet.translate.syntax import (
    Call,
    Cast,
    Cte,
    Expression,
    Identifier,
    Lambda,
    Select,
    Star,
    Window,
)
from martlet.translate.typing import is_array
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.array_join import Late
    from martlet.translate.ordering import Order
    from martlet.translate.relations import LakeTable
    from martlet.translate.totals import GroupKeys


@dataclass(slots=True)
class Relation:
    """A source of columns in FROM: a table, a subquery, what ARRAY JOIN adds.

    Attributes:
        name: its alias or name; empty where it has none.
        qualifiers: dotted names that columns can be written behind.
        columns: ClickHouse's column names and what they are in Trino, in order.
        hidden: names that a star does not show.
        qualified: names that are shown behind the relation's own, as others have them too.
        equal: names that others have for columns that are equal to these: they are not ambiguous.
        before: the columns before ARRAY JOIN put elements in place of arrays: `t.*` shows them.
    """

    name: str
    qualifiers: frozenset[str]
    columns: dict[str, Value]
    hidden: frozenset[str] = frozenset()
    qualified: frozenset[str] = frozenset()
    equal: frozenset[str] = frozenset()
    before: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Scope:
    """What the names in one SELECT stand for.

    Attributes:
        parent: the SELECT around it; CTEs and WITH's scalars are seen from there.
        relations: in order of FROM.
        aliases: expressions by alias, of the whole SELECT.
        scalars: aliases of WITH, which subqueries see too.
        expanding: aliases whose definition is being read: inside they are columns.
        variables: parameters of the lambdas around.
        keys_only: whether no rows mean that there is no group: then aggregates have values.
        unnests: arrays that `arrayJoin` multiplies rows by: their SQL, and the alias of the source.
        late: set while expressions are lowered as a query around this SELECT sees them.
        keys: set while expressions are lowered as the groups of several sets of keys see them.
        order: the order of FROM's rows, which aggregates follow and a SELECT keeps.
        is_answer: whether this is the outermost query, the only one whose totals are seen.
        lake: the tables of the lake in FROM.
        is_select: whether this is a SELECT's own scope, whose rows `arrayJoin` can multiply.
    """

    parent: "Scope | None" = None
    relations: list[Relation] = field(default_factory=list)
    ctes: dict[str, "CteEntry"] = field(default_factory=dict)
    aliases: dict[str, Expression] = field(default_factory=dict)
    scalars: frozenset[str] = frozenset()
    expanding: set[str] = field(default_factory=set)
    variables: dict[str, Value] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    is_grouped: bool = False
    has_aggregates: bool = False
    in_aggregate: bool = False
    unnests: dict[str, tuple[str, Value]] = field(default_factory=dict)
    late: "Late | None" = None
    keys: "GroupKeys | None" = None
    is_select: bool = False
    is_answer: bool = False
    known: dict[str, Value] = field(default_factory=dict)
    using: dict[str, Value] = field(default_factory=dict)
    order: "tuple[Order, ...]" = ()
    lake: "list[LakeTable]" = field(default_factory=list)

    def column(self, parts: tuple[str, ...]) -> tuple[Relation, str] | None:
        """Return the relation and column that a name stands for, the first in FROM's order."""
        whole = ".".join(parts)
        for relation in self.relations:
            if whole in relation.columns:
                return relation, whole
        for length in range(len(parts) - 1, 0, -1):
            qualifier, name = ".".join(parts[:length]), ".".join(parts[length:])
            for relation in self.relations:
                if qualifier in relation.qualifiers and name in relation.columns:
                    return relation, name
        return None

    def nested(self, name: str) -> list[tuple[Relation, str]]:
        """Return the arrays of a Nested column, of the first relation that has one of that name."""
        for relation in self.relations:
            starts = ("", *(f"{qualifier}." for qualifier in relation.qualifiers))
            found = [
                (relation, column)
                for column, value in relation.columns.items()
                if is_array(value.type)
                and any(
                    f"{start}{column}".startswith(f"{name}.") and f"{name}." != start
                    for start in starts
                )
            ]
            if found:
                return found
        return []

    def cte(self, name: str) -> "CteEntry | None":
        """Return the CTE of a name, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None


@dataclass(slots=True)
class CteEntry:
    """A CTE of WITH: translated when it is first used.

    Attributes:
        scope: where its names are resolved.
        sql_name: its name in Trino.
        columns: None until it is translated.
        order: the order of its rows, if it says one.
    """

    cte: Cte
    scope: Scope
    sql_name: str = ""
    columns: Mapping[str, Value] | None = None
    is_open: bool = False
    sql: str = ""
    order: "tuple[Order, ...]" = ()


def aliases_of(select: Select) -> dict[str, Expression]:
    """Return the expressions with an alias of one SELECT, those inside expressions too.

    Raises:
        SqlError: different expressions have one alias.
    """
    found: dict[str, Expression] = {}
    for expression in roots(select):
        in_lambdas: set[int] = set()
        for inner in walk(expression):
            if isinstance(inner, Lambda):
                in_lambdas |= {id(part) for part in walk(inner.body)}
            if inner.alias is None or id(inner) in in_lambdas:
                continue
            first = found.setdefault(inner.alias, inner)
            if first is not inner:
                _check_same(first, inner)
    return found


def _check_same(first: Expression, second: Expression) -> None:
    if text_of(first) != text_of(second):
        raise SqlError(
            f"The alias '{second.alias}' stands for several expressions", offset=second.start
        )


def roots(select: Select) -> Iterator[Expression]:
    """Yield the expressions of a SELECT's clauses."""
    yield from select.scalars
    yield from select.columns
    yield from select.distinct_on
    for clause in (select.prewhere, select.where, select.having, select.qualify):
        if clause is not None:
            yield clause
    yield from select.group_by
    for group in select.grouping_sets or ():
        yield from group
    for item in select.order_by:
        yield item.expression
    yield from select.limit_by


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and what is in it, without subqueries and lambdas' bodies' names."""
    yield expression
    match expression:
        case Call():
            for argument in (*(expression.parameters or ()), *expression.arguments):
                yield from walk(argument)
            if isinstance(expression.window, Window):
                for part in expression.window.partition_by:
                    yield from walk(part)
                for item in expression.window.order_by:
                    yield from walk(item.expression)
        case Cast():
            yield from walk(expression.operand)
        case Lambda():
            yield from walk(expression.body)
        case Star():
            for kind, what in expression.transformers:
                if kind == "replace":
                    for inner, _ in what:  # type: ignore[attr-defined]
                        yield from walk(inner)
        case _:  # nothing is inside
            pass


def captures(lambda_: Lambda) -> bool:
    """Whether a lambda reads more than its parameters, so that its value differs by row."""
    inside = list(walk(lambda_))
    own = {name for part in inside if isinstance(part, Lambda) for name in part.parameters}
    return any(isinstance(part, Identifier) and part.parts[0] not in own for part in inside)
