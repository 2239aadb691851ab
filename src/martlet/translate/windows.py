"""Window functions: what stands before OVER, and the window itself.

An aggregate before OVER is the aggregate's own row. Functions that are windows' only are rows of
`WINDOWS`. Source: https://clickhouse.com/docs/sql-reference/window-functions, and chDB's answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError, UnsupportedFunctionError
from martlet.translate.aggregate_row import order_key, plain
from martlet.translate.aggregates import aggregate_over
from martlet.translate.convert import as_bigint, as_form, common_form, default, make
from martlet.translate.function import Site
from martlet.translate.ordering import orders_sql
from martlet.translate.syntax import Bound, Call, OrderItem, Window
from martlet.translate.typing import is_time, nullable, supertype, type_of
from martlet.translate.value import Value
from martlet.types import Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.scope import Scope


def windowed(lowering: "Lowering", call: Call, scope: "Scope") -> Value:
    """Lower a function with OVER."""
    name = ALIASES.get(call.name.upper(), call.name)
    window = _following(resolved(call.window, scope, call), name, scope)
    if call.name in REFUSED:
        raise UnsupportedFunctionError(
            f"{call.name}() is not supported on Athena: {REFUSED[call.name]}", offset=call.start
        )
    rule = WINDOWS.get(name)
    if rule is not None:
        if call.respects_nulls is not None:
            raise UnsupportedFunctionError(
                f"{call.name}(): IGNORE NULLS and RESPECT NULLS are not supported here",
                offset=call.start,
            )
        arguments = [lowering.value(argument, scope) for argument in call.arguments]
        site = Site(lowering, scope, call, name, arguments)
        made = rule(site, window)
        keys = [*window.partition_by, *(item.expression for item in window.order_by)]
        is_aggregate = any(lowering.value(key, scope).is_aggregate for key in keys)
        return replace(made, is_constant=False, literal=None,
                       is_aggregate=made.is_aggregate or is_aggregate)  # fmt: skip
    over = f" OVER ({window_sql(lowering, window, scope)})"
    found = aggregate_over(lowering, call, scope, over, may_be_empty=window.units is not None)
    if found is None:
        raise UnsupportedFunctionError(f"{call.name}() OVER is not supported", offset=call.start)
    return found


@dataclass(slots=True, eq=False)
class _Following(Window):
    """A window over all rows without an order, which has the one that its rows come in."""


# Functions of the rows' places, beside those with a frame of rows.
_OF_PLACES = frozenset(
    """row_number ntile nth_value lag lead lagInFrame leadInFrame any anyLast any_value first_value
    last_value groupArray groupConcat""".split()
)


def _following(window: Window, name: str, scope: "Scope") -> Window:
    """Return a window that follows the order of FROM's rows, where it matters.

    Measured: PARTITION BY does not keep that order in ClickHouse.
    """
    if window.partition_by or window.order_by or not scope.order:
        return window
    if window.units != "ROWS" and (window.units or name not in _OF_PLACES):
        return window
    ends = (window.start, window.end) if window.units else (Bound("preceding"), Bound("following"))
    return _Following(units="ROWS", start=ends[0], end=ends[1])


def resolved(window: "Window | str | None", scope: "Scope", call: Call) -> Window:
    """Return a window with what it takes from the named one it starts from."""
    if isinstance(window, str):
        if window not in scope.windows:
            raise SqlError(f"Window '{window}' is not defined", offset=call.start)
        return resolved(scope.windows[window], scope, call)
    assert window is not None
    if window.base is None:
        return window
    base = resolved(window.base, scope, call)
    return Window(window.partition_by or base.partition_by, window.order_by or base.order_by,
                  window.units, window.start, window.end)  # fmt: skip


# The window


def window_sql(lowering: "Lowering", window: Window, scope: "Scope", *, frame: bool = True) -> str:
    """Return a window's definition; some functions take none with a frame."""
    parts = []
    if window.partition_by:
        keys = ", ".join(lowering.value(item, scope).sql for item in window.partition_by)
        parts.append(f"PARTITION BY {keys}")
    if window.order_by:
        items = ", ".join(order_sql(lowering, item, scope) for item in window.order_by)
        parts.append(f"ORDER BY {items}")
    elif isinstance(window, _Following):
        parts.append(f"ORDER BY {orders_sql(scope.order)}")
    if frame and window.units and window.start and window.end:
        unit = _unit_of_range(lowering, window, scope)
        start, end = (_bound_sql(lowering, b, scope, unit) for b in (window.start, window.end))
        parts.append(f"{window.units} BETWEEN {start} AND {end}")
    return " ".join(parts)


def _unit_of_range(lowering: "Lowering", window: Window, scope: "Scope") -> str:
    """Return the unit that the numbers of RANGE count in, empty where they are numbers."""
    bounds = (window.start, window.end)
    if window.units != "RANGE" or not any(b and b.offset is not None for b in bounds):
        return ""
    if len(window.order_by) != 1:
        raise UnsupportedClauseError("RANGE with an offset needs one expression in ORDER BY")
    item = window.order_by[0]
    value = lowering.value(item.expression, scope)
    if value.is_nullable or (value.form in ("double", "real") and item.descending):
        raise UnsupportedClauseError(
            f"RANGE with an offset over {value.type} is not supported",
            offset=item.expression.start,
        )
    if not is_time(value.type):
        return ""
    group = value.type.bare.family.group
    if group is Group.DATETIME64:
        raise UnsupportedClauseError(
            f"RANGE with an offset over {value.type} is not supported",
            offset=item.expression.start,
        )
    return "DAY" if group is Group.DATE else "SECOND"


def _bound_sql(lowering: "Lowering", bound: Bound, scope: "Scope", unit: str) -> str:
    """Return one end of a frame."""
    if bound.kind == "current row":
        return "CURRENT ROW"
    if bound.offset is None:
        return f"UNBOUNDED {bound.kind.upper()}"
    number = lowering.integer(bound.offset, scope, of="a window frame")
    if number < 0:
        raise UnsupportedClauseError("A window's frame cannot have a negative offset",
                                     offset=bound.offset.start)  # fmt: skip
    distance = f"INTERVAL '{number}' {unit}" if unit else str(number)
    return f"{distance} {bound.kind.upper()}"


def order_sql(lowering: "Lowering", item: OrderItem, scope: "Scope") -> str:
    """Return one item of ORDER BY: NaN is last in both directions, NULLs where asked."""
    value = lowering.value(item.expression, scope)
    try:
        return ordered(order_key(value), item)
    except UnsupportedFunctionError as error:
        error.offset = error.offset or item.expression.start
        raise


def ordered(value: Value, item: OrderItem) -> str:
    """Return an item of ORDER BY for a value."""
    if item.collate is not None:
        raise UnsupportedFunctionError("COLLATE is not supported", offset=item.expression.start)
    direction = " DESC" if item.descending else ""
    nulls = " NULLS FIRST" if item.nulls_first else ""
    sql = f"{value.sql}{direction}{nulls}"
    if value.form in ("double", "real") and (item.descending or item.nulls_first):
        first = " DESC" if item.nulls_first else ""
        return f"is_nan({value.sql}){first}{nulls}, {sql}"
    return sql


# Functions that are windows' only

WindowRule = Callable[[Site, Window], Value]


def _rank(sql: str, type_name: str = "UInt64", form: str = "bigint") -> WindowRule:
    def rule(site: Site, window: Window) -> Value:
        if site.arguments:
            raise site.fail("takes no arguments")
        over = window_sql(site.lowering, window, site.scope, frame=False)
        return make(f"{sql} OVER ({over})", type_of(type_name), form)

    return rule


def _ntile(site: Site, window: Window) -> Value:
    if len(site.arguments) != 1:
        raise site.fail("takes a number of groups")
    buckets = site.lowering.integer(site.call.arguments[0], site.scope, of="ntile")
    over = window_sql(site.lowering, window, site.scope, frame=False)
    return make(f"ntile({buckets}) OVER ({over})", type_of("UInt64"), "bigint")


def _nth_value(site: Site, window: Window) -> Value:
    if len(site.arguments) != 2:
        raise site.fail("takes a value and a number")
    value = site.arguments[0]
    number = site.lowering.integer(site.call.arguments[1], site.scope, of="nth_value")
    over = window_sql(site.lowering, window, site.scope)
    type_ = plain([value])
    sql = f"nth_value({value.sql}, {number}) OVER ({over})"
    if value.is_nullable:
        return make(sql, nullable(type_), value.form, of=(value,))
    filler = default(type_, value.form).sql
    return make(f"coalesce({sql}, {filler})", type_, value.form, of=(value,))


def _shifted(function: str, *, in_frame: bool) -> WindowRule:
    """Return the rule of lag and lead, and of those that see the frame only.

    In a frame that ends at the current row no later row is seen: the default is all there is.
    """

    def rule(site: Site, window: Window) -> Value:
        if not 1 <= len(site.arguments) <= 3:
            raise site.fail("takes a value, an offset and a default")
        if not window.order_by and not isinstance(window, _Following):
            raise site.fail("a window with ORDER BY is needed")
        offset = 1
        if len(site.arguments) > 1:
            offset = site.lowering.integer(site.call.arguments[1], site.scope, of=site.name)
        if offset < 0:
            raise site.fail("the offset must not be negative", index=1)
        value = site.arguments[0]
        type_ = nullable(plain([value])) if value.is_nullable else plain([value])
        rest = _default(site, value)
        if in_frame and not _is_seen(site, window, function, offset):
            return make(rest.sql, type_, value.form, of=(value,))
        over = window_sql(site.lowering, window, site.scope, frame=False)
        sql = f"{function}({value.sql}, {offset}, {rest.sql}) OVER ({over})"
        return make(sql, type_, value.form, of=(value,))

    return rule


def _default(site: Site, value: Value) -> Value:
    """Return what stands where there is no row: the third argument, or the type's default."""
    plain_type = nullable(plain([value])) if value.is_nullable else plain([value])
    if len(site.arguments) < 3:
        if value.is_nullable:
            return Value("NULL", plain_type, value.form)
        if plain_type.bare.family.group is Group.ENUM and 0 not in (
            plain_type.bare.enum_values.values()
        ):
            raise site.fail(f"{plain_type} has no value for no row: give a default", index=0)
        return as_form(default(plain_type, value.form), value.form)
    given = site.arguments[2]
    if given.form == "unknown":
        return Value("NULL", plain_type, value.form)
    common = supertype([plain_type, plain([given])])
    if common is None or str(common) != str(plain_type):
        raise site.fail(f"a default of type {given.type} does not fit {value.type}", index=2)
    made = site.convert(given, plain_type)
    form = common_form([made.form, value.form])
    if form != value.form and value.form in ("tinyint", "smallint", "integer"):
        site.arguments[0] = as_bigint(value)
    return as_form(made, value.form)


def _is_seen(site: Site, window: Window, function: str, offset: int) -> bool:
    """Whether the row at an offset lies in the frame of each row, where it exists at all."""
    start, end = window.start, window.end
    if window.units is None or start is None or end is None:
        if function == "lag":
            return True
        raise site.fail("the default frame ends at the current row: write ROWS BETWEEN UNBOUNDED "
                        "PRECEDING AND UNBOUNDED FOLLOWING")  # fmt: skip
    near, far = (end, start) if function == "lag" else (start, end)
    ahead = "preceding" if function == "lag" else "following"
    if near.kind == ahead:
        raise site.fail("a frame without the current row is not supported")
    if far.kind == ahead and far.offset is None:
        return True
    if window.units != "ROWS":
        raise site.fail(f"a frame of {window.units} with an offset is not supported")
    if far.kind != ahead:
        return offset == 0
    assert far.offset is not None
    return offset <= site.lowering.integer(far.offset, site.scope, of="a window frame")


WINDOWS: dict[str, WindowRule] = {
    "row_number": _rank("row_number()"),
    "rank": _rank("rank()"),
    "denseRank": _rank("dense_rank()"),
    "percentRank": _rank("percent_rank()", "Float64", "double"),
    "cume_dist": _rank("cume_dist()", "Float64", "double"),
    "ntile": _ntile,
    "nth_value": _nth_value,
    "lag": _shifted("lag", in_frame=False),
    "lead": _shifted("lead", in_frame=False),
    "lagInFrame": _shifted("lag", in_frame=True),
    "leadInFrame": _shifted("lead", in_frame=True),
}

# Other names, matched in any case.
ALIASES: dict[str, str] = {
    "ROW_NUMBER": "row_number", "RANK": "rank", "DENSE_RANK": "denseRank",
    "PERCENT_RANK": "percentRank", "NTILE": "ntile", "NTH_VALUE": "nth_value", "LAG": "lag",
    "LEAD": "lead",
}  # fmt: skip

REFUSED: dict[str, str] = {
    "nonNegativeDerivative": "divide differences to lagInFrame() instead",
    **dict.fromkeys(
        ("exponentialTimeDecayedAvg", "exponentialTimeDecayedMax", "exponentialTimeDecayedSum",
         "exponentialTimeDecayedCount"),
        "there is no window function like it",
    ),
}  # fmt: skip
