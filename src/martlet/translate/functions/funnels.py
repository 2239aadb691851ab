"""windowFunnel: how far events get in a chain of conditions within a time."""

from martlet.translate.aggregate_row import Aggregate, AggregateSite, suffix
from martlet.translate.convert import as_bigint, make
from martlet.translate.times import number_of
from martlet.translate.typing import is_integer, is_time, type_of
from martlet.translate.value import Value
from martlet.types import Group


def _window_funnel(site: AggregateSite) -> Value:
    """Lower to a walk over the sorted pairs of a time and the number of a condition.

    Per condition the walk keeps the time of the first event of the chain that got there last.
    Measured on chDB 26.9: at one time the conditions count in their order.
    """
    time, *conditions = site.arguments
    count = len(conditions)
    if len(site.parameters) > 1:
        raise site.fail("modes such as 'strict_order' are not supported")
    if not conditions or count > 32:
        raise site.fail("1 to 32 conditions are expected")
    if any(value.is_nullable for value in site.arguments):
        raise site.fail("of values that may be NULL is not supported: use assumeNotNull()")
    if is_time(time.type) and time.type.bare.family.group is not Group.DATETIME64:
        time = number_of(time)
    elif not is_integer(time.type):
        raise site.fail(f"of {time.type} is not supported", index=0)
    moment = as_bigint(time).sql
    rows = ", ".join(
        f"IF({value.sql}, ROW({moment}, {i}))" for i, value in enumerate(conditions, 1)
    )
    agg = f"array_agg(filter(ARRAY[{rows}], e -> e IS NOT NULL)){suffix(site)}"
    nulls = ", ".join(["NULL"] * count)
    first = f"concat(ARRAY[e[1]], slice(s, 2, {count}))"
    further = f"concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, {count}))"
    step = (
        f"(s, e) -> CASE WHEN e[2] = 1 THEN {first}"
        f" WHEN e[1] <= s[e[2] - 1] + {site.size()} THEN {further} ELSE s END"
    )
    sql = (
        f"reduce(array_sort(flatten({agg})), CAST(ARRAY[{nulls}] AS array(bigint)), {step},"
        " s -> cardinality(filter(s, x -> x IS NOT NULL)))"
    )
    return make(sql, type_of("UInt8"), "bigint", of=tuple(site.arguments))


FUNNELS: dict[str, Aggregate] = {
    "windowFunnel": Aggregate(("any", "bool*"), "UInt8", _window_funnel, form="bigint",
                              parameters=2),
}  # fmt: skip
