"""The states of aggregates in the lake: what `AggregateFunction(f, T)` columns hold.

ClickHouse's own states are bytes that no other engine reads. Here a state is an ordinary value of
Parquet, Glue and Trino: `STATES` says which, how it is made of rows, how states are put together,
and what `-Merge` and `finalizeAggregation` make of one. NULL is the state of no rows.

A form that is once in a lake stays readable: change none, add a new one beside it (`VERSION`).
In the templates `{0}`, `{1}` are the arguments where a state is made, and `{0}` is a state where
states are merged or finished; three words stand for what no template says:

- `self`: the aggregate itself, of the arguments or of states;
- `parts`: the aggregate itself, of a state's fields;
- `all`: the array of all values, or what the aggregate makes of such an array.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from martlet.errors import LakeTypeError, TypeSyntaxError
from martlet.lake import LakeType, lake_type
from martlet.translate.aggregate_names import own_name
from martlet.translate.typing import (
    array_of,
    is_decimal,
    is_float,
    not_null,
    tuple_of,
    type_of,
    without_low_cardinality,
)
from martlet.types import ColumnType, Group

VERSION = 1

Holds = Callable[[Sequence[ColumnType]], ColumnType]


@dataclass(frozen=True, slots=True)
class State:
    """How one aggregate's states are held.

    Attributes:
        holds: the ClickHouse type in whose form of `martlet.lake` a state lies.
        shown: that type in words, for the documentation.
        made: how a state is made of rows.
        merged: how states become one.
        finished: the aggregate's value of a state.
    """

    holds: Holds
    shown: str
    made: str
    merged: str
    finished: str


def _is(text: str) -> Holds:
    return lambda _: type_of(text)


def _plain(type_: ColumnType) -> ColumnType:
    return without_low_cardinality(not_null(without_low_cardinality(type_)), deep=True)


def _value(types: Sequence[ColumnType]) -> ColumnType:
    return _plain(types[0])


def _sum(types: Sequence[ColumnType]) -> ColumnType:
    bare = types[0].bare
    if is_float(bare):
        return type_of("Float64")
    if is_decimal(bare):
        return type_of(f"Decimal(38, {bare.scale})")
    return type_of("Decimal(38, 0)" if bare.family.name == "UInt64" else "Int64")


def _pair(types: Sequence[ColumnType]) -> ColumnType:
    return tuple_of([_plain(types[0]), _plain(types[1])], ("arg", "val"))


def _all(types: Sequence[ColumnType]) -> ColumnType:
    values = [_plain(type_) for type_ in types]
    return array_of(values[0] if len(values) == 1 else tuple_of(values))


def _counts(types: Sequence[ColumnType]) -> ColumnType:
    return array_of(tuple_of([_plain(types[0]), type_of("Int64")], ("value", "count")))


_FLATTENED = "flatten(array_agg({0}){filter})"
_DISTINCT = f"array_distinct({_FLATTENED})"
_HASHES = State(_is("Array(Int64)"), "array of the values' 64-bit hashes (xxHash64), each once",
                "hashes", _DISTINCT, "cardinality({0})")  # fmt: skip
_SAME = State(_value, "T", "self", "self", "{0}")
_BEST = State(_pair, "row of the argument and the value", "parts", "parts", "{0}[1]")
_VALUES = State(_all, "array of the values", "all", _FLATTENED, "all")
_MOMENTS = _is("Tuple(count Int64, sum Float64, squares Float64)")
_SUMS = "ROW(sum({0}[1]){filter}, sum({0}[2]){filter}, sum({0}[3]){filter})"


def _moments(finished: str) -> State:
    # As doubles: the square of a stored UInt8 is no smallint.
    made = (
        "ROW(count({0}){filter}, sum(CAST({0} AS double)){filter},"
        " sum(CAST({0} AS double) * CAST({0} AS double)){filter})"
    )
    return State(_MOMENTS, "row of count, sum and sum of squares", made, _SUMS, finished)


_VARIANCE = "greatest({0}[3] - {0}[2] * {0}[2] / nullif({0}[1], 0), 0e0)"
_POP = f"{_VARIANCE} / nullif({{0}}[1], 0)"
_SAMP = f"IF({{0}}[1] = 1, nan(), {_VARIANCE} / ({{0}}[1] - 1))"

STATES: dict[str, State] = {
    "count": State(_is("Int64"), "number of rows", "self", "sum({0}){filter}", "{0}"),
    "sum": State(_sum, "the sum", "self", "sum({0}){filter}", "{0}"),
    "avg": State(_is("Tuple(sum Float64, count Int64)"), "row of sum and count",
                 "ROW(sum({0}){filter}, count({0}){filter})",
                 "ROW(sum({0}[1]){filter}, sum({0}[2]){filter})", "{0}[1] / nullif({0}[2], 0)"),
    **dict.fromkeys(("min", "max", "any", "anyLast"), _SAME),
    **dict.fromkeys(("groupBitAnd", "groupBitOr", "groupBitXor"), _SAME),
    **dict.fromkeys(("argMin", "argMax"), _BEST),
    **dict.fromkeys(("uniq", "uniqCombined", "uniqCombined64", "uniqHLL12", "uniqTheta"), _HASHES),
    "uniqExact": State(_all, "array of the values, each once", "array_agg(DISTINCT {*}){filter}",
                       _DISTINCT, "cardinality({0})"),
    "groupArray": _VALUES,
    "groupUniqArray": State(_all, "array of the values, each once", "all", _DISTINCT, "all"),
    **{f"quantile{kind}": _VALUES for kind in (
        "", "Exact", "ExactLow", "ExactHigh", "ExactInclusive", "ExactExclusive", "Timing",
        "TDigest")},
    **{f"quantiles{kind}": _VALUES for kind in (
        "", "Exact", "ExactLow", "ExactHigh", "ExactInclusive", "ExactExclusive", "Timing",
        "TDigest")},
    "topK": State(_counts, "array of rows of a value and its number of rows",
                  "map_entries(histogram({0}){filter})",
                  "map_entries(transform_values(multimap_from_entries(flatten(array_agg({0})"
                  "{filter})), (item, counts) -> reduce(counts, BIGINT '0', (a, b) -> a + b, "
                  "a -> a)))", "all"),
    "varPop": _moments(_POP), "varSamp": _moments(_SAMP),
    "stddevPop": _moments(f"sqrt({_POP})"), "stddevSamp": _moments(f"sqrt({_SAMP})"),
}  # fmt: skip

# Combinators that a state's function may have behind the aggregate's name.
INNER = ("If", "Distinct", "OrNull", "OrDefault", "Array", "State")
# Other names of the same states.
SAME_STATE = {"countDistinct": "uniqExact", "groupArrayDistinct": "groupUniqArray"}


@dataclass(frozen=True, slots=True)
class StateType:
    """An AggregateFunction type taken apart.

    Attributes:
        function: as the type says it: `countIf`.
        name: the row of `STATES`.
        parameters: as written, `0.5, 0.9`; empty without.
        types: of the values that the state was made of, without the condition of -If.
    """

    function: str
    name: str
    parameters: str
    types: tuple[ColumnType, ...]
    combinators: tuple[str, ...]

    @property
    def state(self) -> State:
        return STATES[self.name]

    @property
    def holds(self) -> ColumnType:
        """The ClickHouse type in whose form such a state lies."""
        return self.state.holds(self.types)


def lake_form(type_: ColumnType) -> LakeType:
    """Return a type's form in the lake; that of states is ours, and only Trino writes it.

    Raises:
        LakeTypeError: it has none.
    """
    if type_.family.group is not Group.STATE:
        return lake_type(type_)
    try:
        return lake_type(state_type(type_).holds)
    except TypeSyntaxError as error:
        raise LakeTypeError(error.message) from error


def state_type(type_: ColumnType) -> StateType:
    """Return the parts of `AggregateFunction(f, T)`.

    Raises:
        TypeSyntaxError: states of that function are not held.
    """
    function, _, parameters = str(type_.arguments[0]).partition("(")
    function = function.strip()
    types = type_.inner
    if function.endswith("State"):
        function = function.removesuffix("State")
    name, combinators = own_name(function), list[str]()
    while name not in STATES and name not in SAME_STATE:
        found = next((c for c in INNER if name.endswith(c)), None)
        if found is None:
            raise TypeSyntaxError(f"States of {function} are not supported in the lake")
        name = own_name(name.removesuffix(found))
        combinators.insert(0, found)
    if "Distinct" in combinators:
        raise TypeSyntaxError(f"States of {function} are not supported in the lake")
    if "If" in combinators:
        types = types[:-1]
    if "Array" in combinators:
        types = tuple(item.bare.inner[0] for item in types)
    if name == "count":
        types = types or (type_of("UInt8"),)
    return StateType(function, SAME_STATE.get(name, name), parameters.rstrip(") "), tuple(types),
                     tuple(combinators))  # fmt: skip
