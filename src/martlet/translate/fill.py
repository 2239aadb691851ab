"""ORDER BY ... WITH FILL: rows for the missing values of a column, joined to those that are there.

The points between FROM and TO are arrays; more than 10,000 numbers or days, or 10,000,000 seconds
or minutes, are an error of Athena's. What ClickHouse does was measured on chDB 26.9.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError
from martlet.translate.convert import as_form, or_default
from martlet.translate.ordering import Order
from martlet.translate.plan import Item, Plan
from martlet.translate.relations import indented
from martlet.translate.scope import Scope
from martlet.translate.syntax import Call, Expression, Fill, Identifier, Select
from martlet.translate.value import INTEGER_FORMS, TIMESTAMP, WIDE, Value
from martlet.types import Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

# Units of INTERVAL, in those that Trino's intervals have.
_UNITS = {"Second": (1, "SECOND"), "Minute": (1, "MINUTE"), "Hour": (1, "HOUR"), "Day": (1, "DAY"),
          "Week": (7, "DAY"), "Month": (1, "MONTH"), "Quarter": (3, "MONTH"),
          "Year": (12, "MONTH")}  # fmt: skip
# Points of a block.
_BLOCK = 1000
_CLOCK = ("SECOND", "MINUTE", "HOUR")
# Types to which INTERPOLATE adds a number.
_COUNTED = (Group.INTEGER, Group.DECIMAL, Group.DATE)


@dataclass(frozen=True, slots=True)
class _Step:
    """How far two points are apart: a number, or a number of a unit of time."""

    count: int
    unit: str = ""

    def points(self, first: str, last: str, end: str) -> str:
        """Return the points from the first one to the last, or behind it, as a source of rows.

        An array has 10,000 entries at most: points of few seconds or minutes come in blocks.
        """
        if self.unit == "MONTH":  # after a short month the day stays what it has become
            months = f"abs(date_diff('month', {first}, {last})) / {abs(self.count)} + 1"
            following = f"date_add('month', {self.count}, element_at(points, -1))"
            array = (
                f"reduce(sequence(1, {months}), ARRAY[{first}],"
                f" (points, i) -> points || {following}, points -> points)"
            )
            return f"UNNEST(IF({first} {end}, {array})) AS sequence (point)"
        if self.unit not in ("SECOND", "MINUTE"):
            array = f"sequence({first}, {last}, {self._times(1)})"
            return f"UNNEST(IF({first} {end}, {array})) AS sequence (point)"
        blocks = f"sequence({first}, {last}, {self._times(_BLOCK)})"
        in_block = f"date_add('{self.unit.lower()}', {self.count * (_BLOCK - 1)}, block)"
        return (
            f"UNNEST(IF({first} {end}, {blocks})) AS blocks (block)\n"
            f"CROSS JOIN UNNEST(sequence(block, {in_block}, {self._times(1)})) AS sequence (point)"
        )

    def _times(self, factor: int) -> str:
        count = self.count * factor
        if not self.unit:
            return str(count)
        return f"INTERVAL {'-' if count < 0 else ''}'{abs(count)}' {self.unit}"


def _in_larger_unit(step: _Step) -> _Step:
    """Return a step of seconds in minutes, hours or days, where it is a whole number of them."""
    for size, unit in ((86_400, "DAY"), (3600, "HOUR"), (60, "MINUTE")):
        if step.unit == "SECOND" and step.count % size == 0:
            return _Step(step.count // size, unit)
    return step


def with_fill(lowering: "Lowering", select: Select, plan: Plan, scope: Scope) -> Plan:
    """WITH FILL: join the rows with the points, and put defaults where there are points only.

    Columns that are ordered by before the filled one part the rows: each part is filled.
    """
    fills = [item for item in select.order_by if item.fill is not None]
    if not fills:
        if select.interpolate is not None:
            raise SqlError("INTERPOLATE needs WITH FILL", offset=select.places["order by"])
        return plan
    fill = fills[0].fill
    assert fill is not None
    _refuse(select, [item.fill for item in fills if item.fill is not None])
    index = next(i for i, order in enumerate(plan.order_by) if order.item is fills[0])
    step = _step(lowering, fill, plan.order_by[index], scope)
    first, last = (_bound(lowering, plan.order_by[index].source, bound, scope)
                   for bound in (fill.from_, fill.to))  # fmt: skip
    alias = lowering.fresh("filled")
    before = plan
    plan = plan.wrapped(alias, [], as_cte=not (first and last) or index > 0)
    prefix, filled = plan.order_by[:index], plan.order_by[index]
    for order in (*prefix, filled):
        if order.source.is_nullable:
            raise UnsupportedClauseError(
                f"WITH FILL of {order.source.type} is not supported on Athena", offset=fill.start
            )
    points = _points_query(alias, prefix, filled, step, (first, last))
    keys = _keys(before, plan, index)
    names = ["point", *_columns(prefix)]
    tests = [
        f"{order.source.sql} = points.{name}"
        for order, name in zip([filled, *prefix], names, strict=True)
    ]
    plan.source += f"\nFULL JOIN (\n{indented(points)}\n) AS points ON {' AND '.join(tests)}"
    orders = [_joined_order(order, keys) for order in plan.order_by]
    carried, steps = _interpolated(lowering, select, plan, keys, scope)
    over = (
        f"OVER (ORDER BY {', '.join(order.sql() for order in orders)}"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    plan.items = [
        item if item.name in steps else
        replace(item, value=_joined(item.value, keys, over if item.name in carried else ""))
        for item in plan.items
    ]  # fmt: skip
    plan.order_by = orders
    if steps:
        island = replace(filled.source, sql=f"count({filled.source.sql}) {over}", form="bigint")
        plan = _stepped(plan.wrapped(lowering.fresh("islands"), [("island", island)]), steps)
    return plan


def _refuse(select: Select, fills: list[Fill]) -> None:
    refused = {
        "WITH FILL of several columns": fills[1].start if len(fills) > 1 else None,
        "STALENESS": fills[0].start if fills[0].staleness is not None else None,
        "LIMIT BY with WITH FILL": select.places["limit by"] if select.limit_by else None,
        "WITH TIES with WITH FILL": select.places["limit"] if select.with_ties else None,
        "WITH TOTALS with WITH FILL": fills[0].start if select.with_totals else None,
    }
    for what, place in refused.items():
        if place is not None:
            raise UnsupportedClauseError(f"{what} is not supported on Athena", offset=place)


def _step(lowering: "Lowering", fill: Fill, order: Order, scope: Scope) -> _Step:
    """Return the step, in a unit that the filled column's type has."""
    type_, form = order.source.type.bare, order.source.form
    group = type_.family.group
    is_number = group is Group.INTEGER and (form in INTEGER_FORMS or form == WIDE)
    is_time = form in ("date", TIMESTAMP)
    if not (is_number or is_time):
        raise UnsupportedClauseError(
            f"WITH FILL of {order.source.type} is not supported on Athena", offset=fill.start
        )
    unit = "" if is_number else "DAY" if group is Group.DATE else "SECOND"
    expression = fill.step
    is_interval = isinstance(expression, Call) and expression.name.startswith("toInterval")
    if expression is None:
        step = _Step(-1 if order.is_descending else 1, unit)
    elif is_interval and isinstance(expression, Call):
        factor, named = _UNITS.get(expression.name.removeprefix("toInterval"), (0, ""))
        if not factor or is_number or (group is Group.DATE and named in _CLOCK):
            raise SqlError(f"This STEP does not fit {type_}", offset=expression.start)
        count = lowering.integer(expression.arguments[0], scope, of="STEP")
        step = _Step(factor * count, named)
    else:
        step = _Step(lowering.integer(expression, scope, of="STEP"), unit)
    if step.count == 0 or (step.count < 0) is not order.is_descending:
        raise SqlError("The sign of STEP does not fit the direction", offset=fill.start)
    if type_.time_zone not in (None, "", "UTC") and step.unit not in _CLOCK:
        raise UnsupportedClauseError(
            f"WITH FILL by days or longer of {type_} is not supported on Athena",
            offset=fill.start,
        )
    return _in_larger_unit(step)


def _bound(lowering: "Lowering", column: Value, bound: Expression | None, scope: Scope) -> str:
    """Return FROM or TO as SQL, empty where there is none."""
    if bound is None:
        return ""
    value = lowering.value(bound, scope)
    own, other = column.type.bare, value.type.bare
    fits = own.family.group is other.family.group and not value.is_nullable
    if own.family.group is not Group.INTEGER:
        fits = fits and own.family is other.family and value.form == column.form
    if not value.is_constant or not fits:
        raise SqlError(
            f"FROM and TO of WITH FILL must be constants of {own}, this is {value.type}",
            offset=bound.start,
        )
    if value.form == "boolean" or value.form == WIDE:
        value = as_form(value, "bigint")
    return value.sql


def _keys(before: Plan, plan: Plan, index: int) -> dict[str, str]:
    """Return the columns of the points by the columns of the rows, under whichever alias."""
    keys: dict[str, str] = {}
    orders = zip(before.order_by, plan.order_by, strict=True)
    for number, (inner, outer) in enumerate(list(orders)[: index + 1]):
        name = "point" if number == index else f"part{number + 1}"
        keys[outer.source.sql] = f"points.{name}"
        for was, item in zip(before.items, plan.items, strict=True):
            if was.value.sql == inner.source.sql:
                keys[item.value.sql] = f"points.{name}"
    return keys


def _columns(prefix: list[Order]) -> list[str]:
    return [f"part{number}" for number in range(1, len(prefix) + 1)]


def _points_query(
    alias: str, prefix: list[Order], filled: Order, step: _Step, bounds: tuple[str, str]
) -> str:
    """Return the query of the points, with the columns that part the rows."""
    first, last = bounds
    less = "<" if step.count > 0 else ">"
    end = f"{less} {last}" if last else f"{less}= last_there"
    names = _columns(prefix)
    shown = [f"{order.source.sql} AS {name}" for order, name in zip(prefix, names, strict=True)]
    source = ""
    if not (first and last):
        least, greatest = ("min", "max") if step.count > 0 else ("max", "min")
        column = filled.source
        if column.form == WIDE:
            column = as_form(column, "bigint")
        shown.append(f"{least}({column.sql}) AS first_there")
        shown.append(f"{greatest}({column.sql}) AS last_there")
        keys = f"\nGROUP BY {', '.join(o.source.sql for o in prefix)}" if prefix else ""
        source = f"SELECT {', '.join(shown)}\nFROM {alias}{keys}"
    elif prefix:  # without any rows ClickHouse fills for the defaults
        shown = [f"{or_default(order.source).sql} AS {name}"
                 for order, name in zip(prefix, names, strict=True)]  # fmt: skip
        rows = f"FROM (VALUES 1) AS one (one)\nLEFT JOIN {alias} ON TRUE"
        source = f"SELECT DISTINCT {', '.join(shown)}\n{rows}"
    first, last = first or "first_there", last or "last_there"
    points = step.points(first, last, end)
    joined = f"(\n{indented(source)}\n) AS parts\nCROSS JOIN " if source else ""
    return f"SELECT {', '.join([*names, 'point'])}\nFROM {joined}{points}\nWHERE point {end}"


def _joined_order(order: Order, keys: dict[str, str]) -> Order:
    """Return an item of ORDER BY over the joined rows."""
    sql = keys.get(order.source.sql)
    if sql is None:
        return order
    if order.value.sql != order.source.sql:
        value = order.value.sql.replace(order.source.sql, f"coalesce({order.source.sql}, {sql})")
        return replace(order, value=replace(order.value, sql=value))
    value_ = _joined(order.source, keys, "")
    return replace(order, value=value_, source=value_)


def _joined(value: Value, keys: dict[str, str], over: str) -> Value:
    """Return a column of the joined rows: the point, what is carried on, or the default."""
    point = keys.get(value.sql)
    if point is not None:
        form = "bigint" if value.form in INTEGER_FORMS and point == "points.point" else value.form
        if value.form == WIDE and point == "points.point":
            value = as_form(value, form := "bigint")
        return replace(value, sql=f"coalesce({value.sql}, {point})", form=form, literal=None)
    if over:
        value = replace(value, sql=f"last_value({value.sql}) IGNORE NULLS {over}")
    return or_default(value)


def _stepped(plan: Plan, steps: dict[str, int]) -> Plan:
    """Put what is counted on into a plan over the joined rows: an island begins with a row."""
    name = plan.source.rpartition(" AS ")[2]
    orders = ", ".join(order.sql() for order in plan.order_by)
    over = f"OVER (PARTITION BY {name}.island ORDER BY {orders})"
    times = f"(row_number() {over} - IF({name}.island = 0, 0, 1))"
    items = []
    for item in plan.items:
        if item.name in steps:
            first = or_default(replace(item.value, sql=f"first_value({item.value.sql}) {over}"))
            form, step = item.value.form, steps[item.name]
            if form == "date":
                sql = f"date_add('day', {step} * {times}, {first.sql})"
            elif form in INTEGER_FORMS:
                form, sql = "bigint", f"{first.sql} + {step} * {times}"
            else:
                sql = f"CAST({first.sql} + {step} * {times} AS {form})"
            sql = f"coalesce({item.value.sql}, {sql})"
            item = replace(item, value=replace(item.value, sql=sql, form=form, is_atomic=True))
        items.append(item)
    plan.items = items
    return plan


def _interpolated(
    lowering: "Lowering", select: Select, plan: Plan, keys: dict[str, str], scope: Scope
) -> tuple[set[str], dict[str, int]]:
    """Return the columns whose last value is carried on, and those to which a number is added."""
    if select.interpolate is None:
        return set(), {}
    place = select.places["order by"]
    names = {name for name, _ in select.interpolate}
    steps = {
        name: _added(lowering, name, expression, scope)
        for name, expression in select.interpolate
        if expression is not None
        and not (isinstance(expression, Identifier) and expression.parts == (name,))
    }
    items: list[Item] = [item for item in plan.items if item.value.sql not in keys]
    if not names:
        names = {item.name for item in items}
    for name in names:
        found = [item for item in items if item.name == name]
        if not found:
            raise SqlError(f"There is no column '{name}' to interpolate", offset=place)
        type_ = found[0].value.type
        is_counted = type_.bare.family.group in _COUNTED and (
            found[0].value.form not in ("varchar", "boolean")
        )
        if type_.is_nullable or (name in steps and not is_counted):
            what = " with a number" if name in steps else ""
            raise UnsupportedClauseError(
                f"INTERPOLATE of {type_}{what} is not supported on Athena", offset=place
            )
    return names - set(steps), steps


def _added(lowering: "Lowering", name: str, expression: Expression, scope: Scope) -> int:
    """Return the number that an expression of INTERPOLATE adds to its column."""
    if isinstance(expression, Call) and expression.name in ("plus", "minus"):
        left, right = expression.arguments
        if expression.name == "plus" and isinstance(right, Identifier):
            left, right = right, left
        is_column = isinstance(left, Identifier) and left.parts == (name,)
        if is_column and not isinstance(right, Identifier):
            number = lowering.integer(right, scope, of="INTERPOLATE")
            return number if expression.name == "plus" else -number
    raise UnsupportedClauseError(
        f"INTERPOLATE is supported with the column alone, {name} + 1 or {name} - 1 on Athena",
        offset=expression.start,
    )
