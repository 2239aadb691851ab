"""AGGREGATES: every aggregate function that has a Trino form, and calls of them.

An aggregate is added as one row in a table of `functions/aggregates_*.py`. What its name says
behind the row's name, `sumIfOrNull`, is taken apart and applied in `combinators`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.errors import UnsupportedFunctionError
from martlet.translate.aggregate_names import ALIASES as ALIASES
from martlet.translate.aggregate_row import Aggregate, AggregateSite
from martlet.translate.combinators import COMBINATORS as COMBINATORS
from martlet.translate.combinators import Named, combined, take_apart
from martlet.translate.function import Function, Site
from martlet.translate.functions.aggregates_arrays import ARRAYS
from martlet.translate.functions.aggregates_basic import BASIC
from martlet.translate.functions.aggregates_statistics import STATISTICS
from martlet.translate.functions.funnels import FUNNELS
from martlet.translate.syntax import Call
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.scope import Scope

AGGREGATES: dict[str, Aggregate] = {**BASIC, **ARRAYS, **STATISTICS, **FUNNELS}

# What has no exact translation, and what to write instead.
REFUSED: dict[str, str] = {
    **dict.fromkeys(("neighbor", "runningDifference", "runningAccumulate",
                     "runningDifferenceStartingWithFirstValue"),
                    "it reads rows in the order of blocks, which Athena does not have: use "
                    "lagInFrame() with OVER"),
    "anyHeavy": "its answer depends on the order of rows: use topK(1)",
    "histogram": "its bins are ClickHouse's own estimate",
    "sparkbar": "it has no counterpart",
    **dict.fromkeys(("deltaSum", "deltaSumTimestamp", "exponentialMovingAverage"),
                    "its answer depends on the order of rows: use a window function"),
    **dict.fromkeys(("sequenceMatch", "sequenceCount", "sequenceNextNode"),
                    "Athena has no counterpart that gives the same answer"),
    **dict.fromkeys(("sumForEach", "avgForEach", "maxForEach", "minForEach", "sumResample",
                     "countResample", "avgMap", "countMap", "uniqMap"),
                    "Athena has nothing like -ForEach, -Resample and -Map"),
}  # fmt: skip


def find_aggregate(name: str) -> Named | None:
    """Return the aggregate and the combinators that a name stands for."""
    return take_apart(name, AGGREGATES)


def aggregate(lowering: "Lowering", call: Call, scope: "Scope") -> Value:
    """Lower a call of an aggregate function."""
    named = find_aggregate(call.name)
    assert named is not None
    if scope.in_aggregate:
        raise UnsupportedFunctionError(
            f"{call.name}() is inside of another aggregate", offset=call.start
        )
    scope.has_aggregates = scope.in_aggregate = True
    try:
        arguments = [lowering.value(argument, scope) for argument in call.arguments]
    finally:
        scope.in_aggregate = False
    site = _site(lowering, scope, call, named, arguments)
    if call.respects_nulls:
        raise site.fail("RESPECT NULLS is supported before OVER only")
    made = combined(site, named, AGGREGATES, may_be_empty=not scope.is_grouped)
    return replace(made, is_aggregate=True, is_constant=False, literal=None)


def aggregate_over(
    lowering: "Lowering", call: Call, scope: "Scope", over: str, *, may_be_empty: bool
) -> Value | None:
    """Lower a call of an aggregate as a window function; None if it is no aggregate."""
    named = find_aggregate(call.name)
    if named is None:
        return None
    arguments = [lowering.value(argument, scope) for argument in call.arguments]
    site = _site(lowering, scope, call, named, arguments)
    site.over = over
    made = combined(site, named, AGGREGATES, may_be_empty=may_be_empty)
    is_aggregate = any(value.is_aggregate for value in arguments)
    return replace(made, is_aggregate=is_aggregate, is_constant=False, literal=None)


def _site(
    lowering: "Lowering", scope: "Scope", call: Call, named: Named, arguments: list[Value]
) -> AggregateSite:
    return AggregateSite(lowering, scope, call, named.name, arguments, distinct=call.distinct,
                         parameters=call.parameters or ())  # fmt: skip


def _finalize(site: Site) -> Value:
    """Return an aggregate's value of a state."""
    (state,) = site.arguments
    function = str(state.type.bare.arguments[0]).partition("(")[0] if state.type.arguments else ""
    named = find_aggregate(f"{function.removesuffix('State')}Merge")
    if state.type.bare.family.name != "AggregateFunction" or named is None:
        raise site.fail(f"of {state.type} is not supported")
    own = AggregateSite(site.lowering, site.scope, site.call, named.name, [state])
    made = combined(own, named, AGGREGATES, may_be_empty=True, is_merged=True)
    return replace(made, is_constant=False, is_aggregate=state.is_aggregate)


STATE_FUNCTIONS: dict[str, Function] = {
    "finalizeAggregation": Function(("any",), "UInt8", _finalize, nulls="own"),
}
