"""ARRAY JOIN and arrayJoin(): one row for each element of an array.

Elements are columns of an UNNEST in FROM. Where arrayJoin() belongs behind aggregates or windows,
they are in a subquery, and the UNNEST stands beside it.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError, UnsupportedFunctionError
from martlet.translate.aggregates import find_aggregate
from martlet.translate.convert import or_default
from martlet.translate.lengths import aligned
from martlet.translate.names import column_name
from martlet.translate.relations import From, indented
from martlet.translate.scope import Relation, Scope, walk
from martlet.translate.syntax import ArrayJoin, Call, Expression, Identifier, Literal, Select
from martlet.translate.typing import array_of, is_array, is_map, type_of
from martlet.translate.value import Value
from martlet.types import FAMILIES, ColumnType

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.plan import Plan


def as_array(value: Value) -> Value | None:
    """Return the array whose elements an array join gives: of a map its pairs; None if not one."""
    if is_array(value.type) and value.form.startswith("array("):
        return value
    if is_map(value.type):
        (key, item), (key_form, item_form) = value.type.bare.inner, value.map_forms
        pair = ColumnType(FAMILIES["Tuple"], (key, item), ("keys", "values"),
                          f"keys {key}, `values` {item}")  # fmt: skip
        type_ = array_of(pair)
        form = f'array(row("keys" {key_form}, "values" {item_form}))'
        return replace(
            value, sql=f"map_entries({value.sql})", type=type_, form=form, is_atomic=True
        )
    return None


def unnested(array: Value) -> str:
    """Return an array as UNNEST takes it: it would spread a row into columns."""
    if array.element_form.startswith("row("):
        return f"transform({array.sql}, x -> ROW(x))"
    return array.sql


def element(array: Value, sql: str) -> Value:
    """Return what an array join gives for an array, as a column."""
    return Value(sql, array.type.bare.inner[0], array.element_form)


# The clause


def array_join_clause(
    lowering: "Lowering", tree: ArrayJoin, left: "From | None", scope: Scope
) -> From:
    """Return FROM with `ARRAY JOIN a AS x, b`: the arrays are read together, side by side."""
    inside = Scope(parent=scope, aliases=scope.aliases, ctes=scope.ctes)
    inside.relations = list(left.relations) if left else []
    inside.using = dict(left.using) if left else {}
    alias = lowering.fresh("joined")
    arrays: list[str] = []
    names: list[str] = []
    added = Relation("", frozenset(), {})
    replaced: dict[tuple[int, str], Value] = {}
    for expression in tree.expressions:
        for name, array, place in _joined(lowering, expression, inside):
            column = f"item{len(arrays) + 1}"
            names.append(column)
            arrays.append(unnested(array))
            value = element(array, f"{alias}.{column}")
            value = or_default(value) if tree.is_left else value
            if place is not None and expression.alias is None:
                replaced[place] = value
            else:
                added.columns[name] = value
    if inside.unnests:
        raise UnsupportedClauseError(
            "arrayJoin() in ARRAY JOIN is not supported", offset=tree.start
        )
    source = f"UNNEST({', '.join(aligned(arrays))}) AS {alias} ({', '.join(names)})"
    added.hidden = frozenset(added.columns)
    relations = _replaced(inside.relations, replaced)
    if left is None:
        return From(source, [added])
    kind, condition = ("LEFT", " ON TRUE") if tree.is_left else ("CROSS", "")
    sql = f"{left.sql}\n{kind} JOIN {source}{condition}"
    return replace(left, sql=sql, relations=[added, *relations], alias="")


def _joined(
    lowering: "Lowering", expression: Expression, scope: Scope
) -> Iterator[tuple[str, Value, tuple[int, str] | None]]:
    """Yield the arrays of one expression: new names, and which column each of them replaces."""
    if isinstance(expression, Identifier):
        yield from _columns(lowering, expression, scope)
        return
    value = as_array(lowering.value(expression, scope))
    if value is None:
        raise UnsupportedClauseError("ARRAY JOIN takes arrays and maps", offset=expression.start)
    name = expression.alias or column_name(expression)
    yield name, value, None


def _columns(
    lowering: "Lowering", name: Identifier, scope: Scope
) -> Iterator[tuple[str, Value, tuple[int, str] | None]]:
    """Yield the column of a name, or the columns of the Nested that it names."""
    found = scope.column(name.parts)
    if found is None:
        nested = scope.nested(".".join(name.parts))
        if nested:
            own = name.parts[-1]
            for relation, column in nested:
                part = column.rpartition(".")[2]
                yield (
                    f"{name.alias or own}.{part}",
                    relation.columns[column],
                    _place(scope, relation, column),
                )
            return
    value = as_array(lowering.value(name, scope))
    if value is None:
        raise SqlError(f"ARRAY JOIN takes arrays and maps, '{'.'.join(name.parts)}' is none",
                       offset=name.start)  # fmt: skip
    shown = name.alias or name.parts[-1]
    is_column = found is not None and name.parts[0] not in scope.aliases
    yield shown, value, _place(scope, *found) if found is not None and is_column else None


def _place(scope: Scope, relation: Relation, column: str) -> tuple[int, str]:
    return next(i for i, r in enumerate(scope.relations) if r is relation), column


def _replaced(relations: list[Relation], values: dict[tuple[int, str], Value]) -> list[Relation]:
    return [
        replace(relation, before=relation.before or relation.columns, columns={
            name: values.get((index, name), value) for name, value in relation.columns.items()
        })
        for index, relation in enumerate(relations)
    ]  # fmt: skip


# The function


def array_join(lowering: "Lowering", call: Call, scope: Scope) -> Value:
    """Lower `arrayJoin(x)`: the element is a column of an UNNEST; the same array is joined once."""
    if len(call.arguments) != 1:
        raise UnsupportedFunctionError("arrayJoin() takes one argument", offset=call.start)
    if scope.variables or not scope.is_select:
        raise UnsupportedFunctionError(
            "arrayJoin() is not supported here: rows cannot be multiplied", offset=call.start
        )
    late = scope.late
    given = lowering.value(call.arguments[0], scope)
    array = as_array(given)
    if array is None:
        raise UnsupportedFunctionError(f"arrayJoin() of {given.type} is not supported",
                                       offset=call.start)  # fmt: skip
    if late is None and (array.is_aggregate or " OVER (" in array.sql):
        raise UnsupportedFunctionError("arrayJoin() of an aggregate is not supported here",
                                       offset=call.start)  # fmt: skip
    unnests = scope.unnests if late is None else late.unnests
    key = unnested(array)
    if key not in unnests:
        name = lowering.fresh("unnested")
        unnests[key] = (name, element(array, f"{name}.item"))
    return unnests[key][1]


def with_unnests(source: str, unnests: dict[str, tuple[str, Value]]) -> str:
    """Return FROM with the arrays that arrayJoin() multiplies its rows by."""
    for array, (alias, _) in unnests.items():
        unnest = f"UNNEST({array}) AS {alias} (item)"
        source = f"{source}\nCROSS JOIN {unnest}" if source else unnest
    return source


@dataclass(slots=True)
class Late:
    """The arrayJoin() calls of a SELECT that follow its aggregates and windows.

    Attributes:
        alias: of the subquery with what comes before.
        calls: `id` of these calls.
        columns: of the subquery: name and value by SQL.
        known: values of aliases as they are outside of the subquery.
    """

    alias: str
    calls: frozenset[int]
    columns: dict[str, tuple[str, Value]] = field(default_factory=dict)
    unnests: dict[str, tuple[str, Value]] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)

    @contextmanager
    def switched(self, scope: Scope, late: "Late | None") -> Iterator[None]:
        before, scope.late = scope.late, late
        if before is not late:
            scope.known, self.known = self.known, scope.known
        try:
            yield
        finally:
            if before is not late:
                scope.known, self.known = self.known, scope.known
            scope.late = before

    def value(self, lowering: "Lowering", expression: Expression, scope: Scope) -> Value | None:
        """Return an expression as a column of the subquery; None where it cannot be one."""
        if isinstance(expression, Literal) or self._is_outside(expression, scope):
            return None
        with self.switched(scope, None):
            value = lowering.value(expression, scope)
        if value.is_constant and not any(map(_is_stage, deep(expression, scope))):
            return value
        if value.sql not in self.columns:
            self.columns[value.sql] = (f"column{len(self.columns) + 1}", value)
        name, _ = self.columns[value.sql]
        return replace(value, sql=f"{self.alias}.{name}", is_atomic=True, literal=None,
                       is_aggregate=False)  # fmt: skip

    def _is_outside(self, expression: Expression, scope: Scope) -> bool:
        return any(
            id(inner) in self.calls
            or (isinstance(inner, Identifier) and inner.parts[0] in scope.variables)
            for inner in deep(expression, scope, frozenset(scope.expanding))
        )

    def plan(self, plan: "Plan") -> "Plan":
        """Return the plan with its rows multiplied outside of it."""
        one = Value("1", type_of("UInt8"), "integer")
        hidden = list(self.columns.values()) or [("column1", one)]
        inner = replace(plan, items=[], hidden=hidden, distinct=False,
                        order_by=[], limit="", offset="", with_ties=False, ctes=[])  # fmt: skip
        source = f"(\n{indented(inner.sql())}\n) AS {self.alias}"
        return replace(plan, source=with_unnests(source, self.unnests), where=[], group_by="",
                       having="")  # fmt: skip


def outside(late: Late | None, scope: Scope) -> AbstractContextManager[None]:
    """Lower what is written under it as it is seen outside of the subquery, if there is one."""
    return nullcontext() if late is None else late.switched(scope, late)


def find_late(
    lowering: "Lowering", select: Select, columns: Iterable[tuple[str, object]], scope: Scope
) -> Late | None:
    """Return the calls of arrayJoin() that follow aggregates or windows, None if none do.

    Those in WHERE, in keys and inside of aggregates and windows come first, and so do the others
    of the same arrays. Measured on chDB.
    """
    shown = [column for _, column in columns if isinstance(column, Expression)]
    roots = [*shown, *(item.expression for item in select.order_by)]
    everything = [inner for root in roots for inner in deep(root, scope)]
    if select.group_mode or select.grouping_sets is not None or select.with_totals:
        where = [inner for root in _conditions(select) for inner in deep(root, scope)]
        if any(map(_is_array_join, [*everything, *where])):
            raise UnsupportedClauseError(
                "arrayJoin() is not supported with sets of keys and totals",
                offset=select.places.get("group by", select.start),
            )
        return None
    if not any(map(_is_array_join, everything)):
        return None
    stages = [inner for inner in everything if _is_stage(inner)]
    if select.having is not None:
        stages += [inner for inner in deep(select.having, scope) if _is_stage(inner)]
    if not stages and not select.group_by:
        return None
    if select.group_by_all:
        return None
    first: list[Expression] = [*select.group_by, *stages]
    first = [_meant(expression, shown) for expression in first]
    first += _conditions(select)
    before = {id(inner) for root in first for inner in deep(root, scope)}
    if all(id(call) in before for call in everything if _is_array_join(call)):
        return None
    for expression in first:
        lowering.value(expression, scope)
    calls: set[int] = set()
    for call in everything:
        if (
            _is_array_join(call)
            and id(call) not in before
            and not _is_joined(lowering, call, scope)
        ):
            calls.add(id(call))
    if not calls:
        return None
    if select.qualify is not None:
        raise UnsupportedClauseError(
            "arrayJoin() beside QUALIFY is not supported: use ARRAY JOIN in a subquery",
            offset=select.places["qualify"],
        )
    if select.having is not None and any(id(e) in calls for e in deep(select.having, scope)):
        raise UnsupportedClauseError("arrayJoin() in HAVING is not supported",
                                     offset=select.having.start)  # fmt: skip
    return Late(lowering.fresh("grouped"), frozenset(calls))


def _conditions(select: Select) -> list[Expression]:
    return [clause for clause in (select.prewhere, select.where) if clause is not None]


def _is_array_join(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.name == "arrayJoin"


def _is_stage(expression: Expression) -> bool:
    """Whether an expression is calculated of several rows: an aggregate or a window function."""
    if not isinstance(expression, Call):
        return False
    return expression.window is not None or find_aggregate(expression.name) is not None


def _meant(expression: Expression, shown: list[Expression]) -> Expression:
    """Return the column that a number in GROUP BY stands for."""
    value = expression.value if isinstance(expression, Literal) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= len(shown):
        return shown[value - 1]
    return expression


def _is_joined(lowering: "Lowering", call: Expression, scope: Scope) -> bool:
    """Whether the array of a call is one that an earlier call has joined already."""
    assert isinstance(call, Call)
    if any(_is_stage(e) or _is_array_join(e) for a in call.arguments for e in deep(a, scope)):
        return False
    array = as_array(lowering.value(call.arguments[0], scope))
    return array is not None and unnested(array) in scope.unnests


def deep(
    expression: Expression, scope: Scope, seen: frozenset[str] = frozenset()
) -> Iterator[Expression]:
    """Yield an expression, what is in it, and what its aliases stand for."""
    for inner in walk(expression):
        yield inner
        if isinstance(inner, Identifier) and inner.parts[0] not in seen:
            target = scope.aliases.get(inner.parts[0])
            if target is not None and target is not inner:
                yield from deep(target, scope, seen | {inner.parts[0]})
