"""Combinators of aggregates: what stands behind an aggregate's name, in any order.

The last one is the outermost: of `uniqStateIf(x, c)` the rows are chosen first, then a state is
made of `uniq`. Source: https://clickhouse.com/docs/sql-reference/aggregate-functions/combinators,
and chDB's types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from martlet.errors import LakeTypeError, TypeSyntaxError
from martlet.lake import lake_type
from martlet.translate.aggregate_names import own_name
from martlet.translate.aggregate_row import (
    Aggregate,
    AggregateSite,
    and_also,
    as_nullable,
    collected,
    suffix,
    written,
)
from martlet.translate.convert import as_boolean, default, make
from martlet.translate.function import compile_template
from martlet.translate.functions.aggregates_basic import hashes, row_sql
from martlet.translate.names import literal_name
from martlet.translate.states import StateType, state_type
from martlet.translate.syntax import Literal
from martlet.translate.typing import (
    is_array,
    type_of,
    without_low_cardinality,
)
from martlet.translate.value import Value, form_of
from martlet.types import ColumnType, Group

# "SimpleState" before "State": the longer name is read first.
COMBINATORS = ("If", "Distinct", "OrNull", "OrDefault", "Array", "SimpleState", "State", "Merge")

# https://clickhouse.com/docs/sql-reference/data-types/simpleaggregatefunction
SIMPLE = frozenset(
    """any anyLast min max sum sumWithOverflow groupBitAnd groupBitOr groupBitXor sumMap minMap
    maxMap groupArrayArray groupUniqArrayArray""".split()
)
_ANY_DISTINCT = {"count": "uniqExact", "groupArray": "groupUniqArray"}


@dataclass(frozen=True, slots=True)
class Named:
    """An aggregate's name taken apart: `sumIfOrNull` is sum with If and OrNull."""

    name: str
    row: Aggregate
    combinators: tuple[str, ...]

    @property
    def split(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The combinators inside of a state, what is done with states, and those outside."""
        for index, combinator in enumerate(self.combinators):
            if combinator in ("State", "SimpleState", "Merge"):
                return self.combinators[:index], combinator, self.combinators[index + 1 :]
        return self.combinators, "", ()


def take_apart(name: str, rows: Mapping[str, Aggregate]) -> Named | None:
    """Return the aggregate and the combinators that a name stands for."""
    combinators: list[str] = []
    rest = name
    while True:
        own = own_name(rest)
        if own in rows:
            return Named(own, rows[own], tuple(reversed(combinators)))
        ends = (c for c in COMBINATORS if rest.endswith(c) and len(rest) > len(c))
        combinator = next(ends, None)
        if combinator is None:
            return None
        combinators.append(combinator)
        rest = rest.removesuffix(combinator)


def combined(
    site: AggregateSite, named: Named, rows: Mapping[str, Aggregate], *, may_be_empty: bool,
    is_merged: bool = False,
) -> Value:  # fmt: skip
    """Return the value of a call; `is_merged` if the argument is one state for itself."""
    inner, what, outer = named.split
    if len(site.parameters) > named.row.parameters:
        raise site.fail("takes no parameters in brackets of their own" if not named.row.parameters
                        else f"takes {named.row.parameters} parameters at most")  # fmt: skip
    if set(outer) - {"If", "State", "OrNull", "OrDefault"} or (
        what != "Merge" and set(outer) - {"If"}
    ):
        raise site.fail(f"-{''.join(outer)} behind -{what} is not supported")
    for combinator in reversed(outer):
        if combinator == "If":
            _take_condition(site)
    if what == "Merge":
        return _merged(site, named, rows, outer, may_be_empty=may_be_empty, is_merged=is_merged)
    types = [value.type for value in site.arguments]
    for combinator in reversed(inner):
        _APPLIED.get(combinator, _nothing)(site)
    shown = named.name + "".join(inner)
    if site.distinct and named.name in _ANY_DISTINCT and site.arguments:
        own = _ANY_DISTINCT[named.name]
        named = replace(named, name=own, row=rows[own])
        site.distinct = False
    if named.name.startswith("uniq"):
        site.distinct = False
    nulls = _skip_nulls(site, named.row, all_tested=what == "State")
    may_be_empty = may_be_empty or bool(site.condition) or site.gaps or site.each
    _prepare(site, named.row)
    if what == "State":
        return _made_state(site, named, rows, shown, types)
    made = _filled(site, named.row, _made(site, named.row), inner, nulls=nulls,
                   may_be_empty=may_be_empty)  # fmt: skip
    if what == "SimpleState":
        if shown not in SIMPLE:
            raise site.fail(f"there is no simple state of {shown}")
        return replace(made, type=type_of(f"SimpleAggregateFunction({shown}, {made.type})"))
    return made


# The arguments


def _nothing(site: AggregateSite) -> None:
    """OrNull and OrDefault say only what becomes of no rows."""


def _take_condition(site: AggregateSite) -> None:
    if not site.arguments:
        raise site.fail("a condition is missing")
    condition = as_boolean(site.arguments.pop())
    shown = f"({condition.sql})" if " OR " in condition.sql and site.condition else condition.sql
    site.condition = and_also(site.condition, shown)


def _take_distinct(site: AggregateSite) -> None:
    if site.name in ("sumMap", "simpleLinearRegression"):
        raise site.fail("DISTINCT is not supported here")
    site.distinct = True


def _take_array(site: AggregateSite) -> None:
    if len(site.arguments) != 1 or site.each or not is_array(site.arguments[0].type):
        raise site.fail("-Array takes one array")
    (value,) = site.arguments
    if value.form == "array(unknown)":
        raise site.fail(f"of {value.type} is not supported")
    element = value.type.bare.inner[0]
    site.arguments = [replace(value, type=element, form=value.element_form, literal=None)]
    site.each = True


_APPLIED = {
    "If": _take_condition, "Distinct": _take_distinct, "Array": _take_array, "OrNull": _nothing,
    "OrDefault": _nothing,
}  # fmt: skip


def _skip_nulls(site: AggregateSite, row: Aggregate, *, all_tested: bool) -> bool:
    """Let rows with NULL in an argument not count; return whether there may be such rows."""
    nulls = [value for value in site.arguments if value.is_nullable]
    if any(value.form == "unknown" for value in site.arguments):
        raise site.fail("of NULL alone is not supported")
    untested = len(site.arguments) == 1 and row.to and not row.finish and not all_tested
    if not site.each and not untested:
        for value in nulls:
            site.condition = and_also(site.condition, f"{value.operand} IS NOT NULL")
    if site.over and site.condition:
        condition, site.condition, site.gaps = site.condition, "", True
        if site.arguments:
            site.arguments = [
                replace(value, sql=f"IF({condition}, {value.sql})", is_atomic=True, literal=None)
                for value in site.arguments
            ]
        else:
            site.arguments = [make(f"IF({condition}, 1)", type_of("UInt8"), "integer")]
    return bool(nulls)


def _prepare(site: AggregateSite, row: Aggregate) -> None:
    """Check the arguments and bring them into the forms that the row expects."""
    function = row.function()
    least, most = function.arity()
    if not least <= len(site.arguments) <= most:
        raise site.fail(f"takes {least} to {most} arguments, got {len(site.arguments)}")
    if site.each and not (row.finish or row.arrays):
        raise site.fail("-Array is not supported here")
    for index, value in enumerate(site.arguments):
        kind = function.kind(index)
        if not kind.accepts(value):
            raise site.fail(f"an argument of type {value.type} is not supported", index=index)
        if site.each:
            item = kind.prepare(replace(value, sql="item", is_atomic=True))
            sql = value.sql
            if item.sql != "item":
                sql = f"transform({value.sql}, item -> {item.sql})"
            site.arguments[index] = replace(item, sql=sql)
        else:
            site.arguments[index] = kind.prepare(value)


# The value


def _made(site: AggregateSite, row: Aggregate) -> Value:
    if row.to == "":
        assert row.finish is not None
        return row.finish(site, collected(site, ordered=row.ordered))
    if callable(row.to):
        return row.to(site)
    returns = row.returns
    type_ = type_of(returns) if isinstance(returns, str) else returns(site.arguments)
    return written(site, row.to, type_, row.form)


def _filled(
    site: AggregateSite, row: Aggregate, made: Value, combinators: tuple[str, ...], *,
    nulls: bool, may_be_empty: bool,
) -> Value:  # fmt: skip
    """Return the aggregate with ClickHouse's value where there were no rows."""
    is_list = made.type.bare.family.group in (Group.ARRAY, Group.MAP)
    asked = {"OrNull", "OrDefault"} & set(combinators)
    # Of no rows these have a value of their own: one for each level, all bits.
    has_own = site.name.startswith("quantiles") or site.name == "groupBitAnd"
    is_known = not has_own and (is_list or not (
        row.always or row.finish or (nulls and "OrDefault" in asked)))  # fmt: skip
    if asked and not is_known:
        raise site.fail("-OrNull and -OrDefault are not supported here")
    is_count = row.empty == "0" or (row.never_null and not row.empty)
    if "OrNull" in combinators and not is_list:
        if is_count and "If" in combinators[: combinators.index("OrNull")] and row.never_null:
            raise site.fail("-IfOrNull is not supported here: use -OrNullIf")  # 0 where rows are
        if is_count:
            if made.form != "bigint":
                raise site.fail("-OrNull is not supported here")
            made = replace(made, sql=f"nullif({made.sql}, 0)", is_atomic=True)
        return as_nullable(made)
    if nulls and not row.never_null:
        if is_count:
            made = replace(made, sql=f"nullif({made.sql}, 0)", is_atomic=True)
        if row.always:
            tested = written(site, "count({0}){filter}", type_of("UInt64"), "bigint")
            sql = f"IF({tested.sql} > 0, coalesce({made.sql}, {row.empty}))"
            made = replace(made, sql=sql, is_atomic=True)
        return as_nullable(made)
    if not row.empty or not (may_be_empty or row.always):
        return made
    filler = default(made.type, made.form).sql
    if row.empty != "default" and "OrDefault" not in combinators:
        filler = f"CAST({row.empty} AS real)" if made.form == "real" else row.empty
    return replace(made, sql=f"coalesce({made.sql}, {filler})", is_atomic=True)


# States


def _held(site: AggregateSite, parts: StateType) -> str:
    """Return the form of a state."""
    try:
        return lake_type(parts.holds).trino
    except LakeTypeError as error:
        raise site.fail(error.message) from error


def _parts(site: AggregateSite, type_: ColumnType) -> StateType:
    try:
        return state_type(type_)
    except TypeSyntaxError as error:
        raise site.fail(error.message) from error


def _as_state(made: Value, type_: ColumnType, form: str) -> Value:
    if made.form == form:
        return replace(made, type=type_)
    return replace(made, sql=f"CAST({made.sql} AS {form})", form=form, type=type_, is_atomic=True)


def _made_state(
    site: AggregateSite, named: Named, rows: Mapping[str, Aggregate], shown: str,
    types: list[ColumnType],
) -> Value:  # fmt: skip
    """Return the state of the rows: an ordinary value, as `states` says."""
    if site.over:
        raise site.fail("-State before OVER is not supported")
    texts = [
        literal_name(site.lowering.constant(item, site.scope, of=site.name))
        for item in site.parameters
    ]
    function = f"{shown}({', '.join(texts)})" if texts else shown
    inside = ", ".join([function, *(str(without_low_cardinality(type_)) for type_ in types)])
    type_ = type_of(f"AggregateFunction({inside})")
    parts = _parts(site, type_)
    form, rule = _held(site, parts), parts.state.made
    if rule == "self":
        return _as_state(_made(site, named.row), type_, form)
    if rule == "all":
        is_distinct = parts.name == "groupUniqArray"
        values = collected(site, distinct=is_distinct, ordered=named.row.ordered)
        return _as_state(values, type_, form)
    if rule == "hashes":
        return make(hashes(site), type_, form, of=tuple(site.arguments))
    if site.each:
        raise site.fail("states of -Array are not supported here")
    if rule == "parts":
        return _best(site, named, rows, site.arguments, type_, form)
    row = row_sql(site.arguments)
    # What is put in holds braces of its own, of patterns: it must not be read as a template.
    template = rule.replace("{*}", "\0row").replace("{filter}", "\0filter")
    sql = compile_template(template)(site.arguments)[0]
    sql = sql.replace("\0row", row).replace("\0filter", suffix(site))
    is_list = rule.startswith("array_agg(") and len(site.arguments) == 1
    own_form = f"array({site.arguments[0].form})" if is_list else "row"
    return _as_state(make(sql, type_, own_form, of=tuple(site.arguments)), type_, form)


def _best(
    site: AggregateSite, named: Named, rows: Mapping[str, Aggregate], pair: list[Value],
    type_: ColumnType, form: str,
) -> Value:  # fmt: skip
    """Return the state of argMin or argMax: the argument, and the value that it was best by."""
    extreme = rows["min" if named.name == "argMin" else "max"]
    site.arguments = list(pair)
    argument = _made(site, named.row)
    site.arguments = [pair[1]]
    value = _made(site, extreme)
    sql = f"CAST(ROW({argument.sql}, {value.sql}) AS {form})"
    return make(sql, type_, form, of=tuple(pair))


def _merged(
    site: AggregateSite, named: Named, rows: Mapping[str, Aggregate], outer: tuple[str, ...], *,
    may_be_empty: bool, is_merged: bool,
) -> Value:  # fmt: skip
    """Put states together, and finish them unless a state is asked for."""
    if len(site.arguments) != 1 or site.arguments[0].type.bare.family.group is not Group.STATE:
        raise site.fail("a state is expected")
    if site.distinct:
        raise site.fail("DISTINCT is not supported here")
    (state,) = site.arguments
    type_ = state.type.bare
    parts = _parts(site, type_)
    inner = named.split[0]
    if (parts.name, parts.combinators) != _own_state(named.name, inner):
        raise site.fail(f"{state.type} is the state of another aggregate")
    form = _held(site, parts)
    own = rows[parts.name]
    if parts.name == "count":
        own = replace(own, empty="0")
    if is_merged:
        site.parameters = _parameters(parts)
    else:
        state = _put_together(site, replace(named, name=parts.name, row=own), rows, parts, form)
    if "State" in outer:
        return replace(state, type=type_)
    dummies = [Value("x", item, form_of(item), is_atomic=True) for item in parts.types]
    site.arguments, site.condition, site.over, site.each = dummies, "", "", False
    site.name, site.gaps = parts.name, False
    _prepare(site, own)
    made = _finished(site, own, parts, state, form)
    nulls = any(item.is_nullable for item in parts.types)
    if not own.always:
        return _filled(site, own, made, (*parts.combinators, *outer), nulls=nulls,
                       may_be_empty=True)  # fmt: skip
    if nulls:
        return as_nullable(made)
    return replace(made, sql=f"coalesce({made.sql}, {own.empty})", is_atomic=True)


def _parameters(parts: StateType) -> tuple[Literal, ...]:
    """Return the numbers in the brackets of a state's type as the literals of a call."""
    numbers = [text.strip() for text in parts.parameters.split(",") if text.strip()]
    return tuple(Literal(0, 0, float(text), text) for text in numbers)


def _own_state(name: str, combinators: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if "Distinct" in combinators:
        name = _ANY_DISTINCT.get(name, name)
        combinators = tuple(c for c in combinators if c != "Distinct")
    return name, combinators


def _put_together(
    site: AggregateSite, named: Named, rows: Mapping[str, Aggregate], parts: StateType, form: str
) -> Value:
    (state,) = site.arguments
    rule = parts.state.merged
    if site.over and site.condition:
        site.arguments = [replace(state, sql=f"IF({site.condition}, {state.sql})")]
        site.condition = ""
        (state,) = site.arguments
    if rule == "self":
        site.arguments = [replace(state, type=parts.types[0], form=form)]
        _prepare(site, named.row)
        return _as_state(_made(site, named.row), state.type, form)
    if rule == "parts":
        shown = replace(state, type=parts.holds, form=form)
        pair = [
            Value(f"{shown.operand}[{i}]", item, part)
            for i, (item, part) in enumerate(zip(parts.types, shown.row_forms, strict=True), 1)
        ]
        return _best(site, named, rows, pair, state.type, form)
    if rows[parts.name].ordered and site.order:
        rule = rule.replace("array_agg({0})", f"array_agg({{0}} ORDER BY {site.order})")
    made = written(site, rule, state.type, form)
    if rule.startswith(("ROW(", "map_entries(")):
        made = replace(made, sql=f"CAST({made.sql} AS {form})", is_atomic=True)
    return made


def _finished(
    site: AggregateSite, row: Aggregate, parts: StateType, state: Value, form: str
) -> Value:
    """Return the aggregate's value of one state; NULL of the state of no rows."""
    finished = parts.state.finished
    held = Value(state.sql, parts.holds, form, is_atomic=state.is_atomic,
                 is_aggregate=state.is_aggregate)  # fmt: skip
    if finished == "all":
        assert row.finish is not None
        return row.finish(site, held)
    shape = _made(site, row)
    if finished == "{0}":
        return replace(held, type=shape.type)
    if finished == "{0}[1]":
        part = f"{held.operand}[1]"
        return replace(held, sql=part, type=shape.type, form=held.row_forms[0], is_atomic=True)
    sql = finished.replace("{0}", held.operand)
    if finished.count("{0}") > 1:
        sql = f"element_at(transform(ARRAY[{held.sql}], s -> {finished.replace('{0}', 's')}), 1)"
    return make(sql, shape.type, shape.form, of=(held,))
