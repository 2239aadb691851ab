"""Quantiles, moments and correlation.

ClickHouse's `quantile` interpolates between the two values beside `level * (n - 1)`; `Exact` takes
the value at `level * n`. Both are made of the sorted array of all values: Trino's own
approx_percentile is an estimate. Measured on chDB 26.9.
"""

from collections.abc import Callable
from dataclasses import replace

from martlet.translate.aggregate_row import Aggregate, AggregateSite, plain, suffix, written
from martlet.translate.convert import as_double, default, make
from martlet.translate.slots import double_sql
from martlet.translate.typing import array_of, is_decimal, is_float, is_number, is_time, type_of
from martlet.translate.value import Value
from martlet.types import ColumnType, Group

# A value as a number that is interpolated, and the number as a value again, by form.
_EPOCH = "TIMESTAMP '1970-01-01 00:00:00.000'"
_FROM = "CAST(from_unixtime(truncate({0}) / {unit}) AT TIME ZONE 'UTC' AS timestamp(3))"
_TIMES = {
    "second": (f"CAST(date_diff('second', {_EPOCH}, {{0}}) AS double)",
               _FROM.replace("{unit}", "1e0")),
    "millisecond": (f"CAST(date_diff('millisecond', {_EPOCH}, {{0}}) AS double)",
                    _FROM.replace("{unit}", "1e3")),
    "day": ("CAST(date_diff('day', DATE '1970-01-01', {0}) AS double)",
            "date_add('day', CAST(truncate({0}) AS bigint), DATE '1970-01-01')"),
    "ticks": ("CAST({0} AS double)", "CAST(truncate({0}) AS bigint)"),
}  # fmt: skip

# Where a level lies in the sorted array `v` of n values: as an index from 0, with a fraction.
_INDICES: dict[str, str] = {
    "": "{q} * (cardinality(v) - 1)",
    "ExactInclusive": "{q} * (cardinality(v) - 1)",
    "ExactExclusive": "least(greatest({q} * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)",
    "Exact": "least(floor({q} * cardinality(v)), cardinality(v) - 1)",
    "ExactHigh": "least(floor({q} * cardinality(v)), cardinality(v) - 1)",
    "ExactLow": "IF({q} = 0.5e0, floor((cardinality(v) - 1) / 2e0), "
                "least(floor({q} * cardinality(v)), cardinality(v) - 1))",
}  # fmt: skip
_ALIASED = {"Timing": "Exact", "TDigest": "", "Deterministic": ""}


def _interpolated(value: Value) -> tuple[str, str, ColumnType, str]:
    """Return how a value becomes a number and back, and type and form of the result."""
    bare = value.type.bare
    if is_decimal(bare):
        scale, form = bare.scale, value.form
        whole = f"CAST(truncate({{0}}) AS decimal(38,0)) * DECIMAL '{10**-scale:.{scale}f}'"
        units = f"CAST({{0}} * DECIMAL '{10**scale}' AS double)"
        return units, f"CAST({whole} AS {form})", bare, form
    if is_time(bare):
        unit = "day" if bare.family.group is Group.DATE else (
            "second" if bare.family.group is Group.DATETIME or bare.scale == 0 else "millisecond"
        )  # fmt: skip
        if value.form == "bigint":
            unit = "ticks"
        return (*_TIMES[unit], bare, value.form)
    return "CAST({0} AS double)", "{0}", type_of("Float64"), "double"


def _picked(kind: str, value: Value, level: str) -> tuple[str, ColumnType, str]:
    """Return the quantile of a level of the sorted array `v` as SQL, its type and form."""
    index = _INDICES[_ALIASED.get(kind, kind)].replace("{q}", level)
    if _ALIASED.get(kind, kind) in ("Exact", "ExactLow", "ExactHigh"):
        sql = f"element_at(v, CAST({index} AS bigint) + 1)"
        if kind == "Timing":
            whole = f"truncate({sql})" if is_float(value.type) else sql
            return f"CAST({whole} AS real)", type_of("Float32"), "real"
        return sql, plain([value]), value.form
    to, back, type_, form = _interpolated(value)
    low = to.replace("{0}", f"element_at(v, CAST(floor({index}) AS bigint) + 1)")
    high = to.replace("{0}", f"element_at(v, CAST(ceil({index}) AS bigint) + 1)")
    share = f"({index} - floor({index}))"
    number = f"{low} * (1 - {share}) + {high} * {share}"
    if kind == "TDigest":
        return f"CAST({number} AS real)", type_of("Float32"), "real"
    return back.replace("{0}", number), type_, form


Finish = Callable[[AggregateSite, Value], Value]


def _sorted(values: Value) -> str:
    items = values.sql
    if values.element_form in ("double", "real"):
        items = f"filter({items}, item -> NOT is_nan(item))"
    return f"array_sort({items})"


def _quantile(kind: str) -> Finish:
    def finish(site: AggregateSite, values: Value) -> Value:
        level = double_sql(_level(site, site.number(0, 0.5), kind))
        element = Value("item", values.type.inner[0], values.element_form)
        sql, type_, form = _picked(kind, element, level)
        whole = (f"element_at(transform(ARRAY[{_sorted(values)}], v -> IF(cardinality(v) > 0, "
                 f"{sql})), 1)")  # fmt: skip
        return make(whole, type_, form, of=(values,))

    return finish


def _quantiles(kind: str) -> Finish:
    def finish(site: AggregateSite, values: Value) -> Value:
        if not site.parameters:
            raise site.fail("levels in brackets are missing")
        numbers = [_level(site, site.number(i), kind) for i in range(len(site.parameters))]
        element = Value("item", values.type.inner[0], values.element_form)
        sql, type_, form = _picked(kind, element, "q")
        levels = ", ".join(double_sql(number) for number in numbers)
        is_exact = kind in ("Exact", "ExactLow", "ExactHigh")
        rest = default(type_, form).sql if is_exact else _empty(type_, form)
        whole = (f"element_at(transform(ARRAY[{_sorted(values)}], v -> transform("
                 f"ARRAY[{levels}], q -> IF(cardinality(v) > 0, {sql}))), 1)")  # fmt: skip
        whole = f"transform({whole}, item -> coalesce(item, {rest}))"
        fillers = ", ".join(rest for _ in numbers)
        whole = f"coalesce({whole}, CAST(ARRAY[{fillers}] AS array({form})))"
        return make(whole, array_of(type_), f"array({form})", of=(values,))

    return finish


def _level(site: AggregateSite, level: float, kind: str) -> float:
    if not 0 <= level <= 1 or (kind == "ExactExclusive" and level in (0, 1)):
        raise site.fail("a level lies between 0 and 1")
    return level


def _empty(type_: ColumnType, form: str) -> str:
    if is_float(type_):
        return "CAST(nan() AS real)" if form == "real" else "nan()"
    return default(type_, form).sql


def _kind_row(kind: str, note: str = "", takes: tuple[str, ...] = ("any",)) -> Aggregate:
    def checked(site: AggregateSite, values: Value) -> Value:
        _check(site, values, kind)
        made = _quantile(kind)(site, values)
        if site.arguments and site.arguments[0].is_nullable:
            return made
        sql = f"coalesce({made.sql}, {_empty(made.type, made.form)})"
        return replace(made, sql=sql, is_atomic=True)

    return Aggregate(takes, "Float64", finish=checked, empty="", parameters=1, note=note)


def _kinds_row(kind: str, note: str = "") -> Aggregate:
    def checked(site: AggregateSite, values: Value) -> Value:
        _check(site, values, kind)
        return _quantiles(kind)(site, values)

    return Aggregate(("any",), "Float64", finish=checked, empty="", never_null=True,
                     parameters=100, note=note)  # fmt: skip


def _check(site: AggregateSite, values: Value, kind: str) -> None:
    element = values.type.inner[0]
    if kind in ("ExactInclusive", "ExactExclusive", "Timing", "TDigest") and is_time(element):
        raise site.fail(f"of {element} is not supported: use quantileExact() or quantile()")
    held = values.element_form != "varchar" and (is_number(element) or is_time(element))
    if not held or element.bare.family.group is Group.BOOL:
        raise site.fail(f"of {element} is not supported")


# Moments


def _shape(power: int, *, of_sample: bool) -> Callable[[AggregateSite], Value]:
    """Return skewness or kurtosis by the sums of powers, as ClickHouse calculates them."""

    def rule(site: AggregateSite) -> Value:
        if site.distinct:
            raise site.fail("DISTINCT is not supported here")
        value = site.arguments[0].operand
        behind = suffix(site)
        sums = [f"count({value}){behind}"] + [
            f"sum({' * '.join([value] * p)}){behind}" for p in range(1, power + 1)
        ]
        n, total, squares, *rest = (f"s[{i}]" for i in range(1, power + 2))
        variance = f"({squares} - {total} * {total} / {n})"
        mean = f"({total} / {n})"
        if power == 3:
            moment = f"({rest[0]} - (3 * {squares} - 2 * {total} * {mean}) * {mean})"
            spread = f"power({variance} / {{n}}, 1.5e0)"
        else:
            moment = (f"({rest[1]} - (4 * {rest[0]} - (6 * {squares} - 3 * {total} * {mean}) "
                      f"* {mean}) * {mean})")  # fmt: skip
            spread = f"power({variance} / {{n}}, 2e0)"
        divisor = f"({n} - 1)" if of_sample else n
        result = f"{moment} / {n} / nullif({spread.replace('{n}', divisor)}, 0e0)"
        enough = f"IF({n} > 1, {result}, nan())" if of_sample else result
        sql = f"element_at(transform(ARRAY[ROW({', '.join(sums)})], s -> {enough}), 1)"
        made = make(sql, type_of("Float64"), of=tuple(site.arguments))
        if site.arguments[0].type.bare.family.name != "Float32":
            return made
        return make(f"CAST({sql} AS real)", type_of("Float32"), of=tuple(site.arguments))

    return rule


def _regression(site: AggregateSite) -> Value:
    x, y = site.arguments
    if x.is_nullable or y.is_nullable:
        raise site.fail("of Nullable values is not supported: use assumeNotNull() and -If")
    behind = suffix(site)
    slope, intercept = (f"coalesce(regr_{name}({y.sql}, {x.sql}){behind}, nan())"
                        for name in ("slope", "intercept"))  # fmt: skip
    return make(f"ROW({slope}, {intercept})", type_of("Tuple(k Float64, b Float64)"),
                'row("k" double, "b" double)', of=(x, y))  # fmt: skip


def _bounding_ratio(site: AggregateSite) -> Value:
    template = ("(max_by({1}, {0}){filter} - min_by({1}, {0}){filter}) / "
                "(max({0}){filter} - min({0}){filter})")  # fmt: skip
    return written(site, template, type_of("Float64"))


def _narrow(template: str, *, narrow: bool = True) -> Callable[[AggregateSite], Value]:
    """Return a rule whose result is Float32 where all arguments are."""

    def rule(site: AggregateSite) -> Value:
        is_small = narrow and all(
            value.type.bare.family.name == "Float32" for value in site.arguments
        )
        made = written(site, template, type_of("Float64"))
        if not is_small:
            return made
        return make(f"CAST({made.sql} AS real)", type_of("Float32"), of=tuple(site.arguments))

    return rule


_NAN = ("of values with NaN it is NaN, ClickHouse gives 0; of Float32 it is calculated in 64 bits, "
        "ClickHouse has 32")  # fmt: skip
_WIDE = "of Float32 it is calculated in 64 bits, ClickHouse has 32"


def _moments(template: str, count: int = 1, note: str = "", *, narrow: bool = True) -> Aggregate:
    empty = "nan()" if narrow else "infinity()"  # the -Stable ones, measured
    return Aggregate(("number",) * count, "Float64", _with_doubles(template, narrow=narrow),
                     empty=empty, always=True, note=note)  # fmt: skip


def _with_doubles(template: str, *, narrow: bool) -> Callable[[AggregateSite], Value]:
    rule = _narrow(template, narrow=narrow)

    def doubled(site: AggregateSite) -> Value:
        types = [value.type for value in site.arguments]
        doubles = [as_double(value) for value in site.arguments]
        site.arguments = [v.retyped(t) for v, t in zip(doubles, types, strict=True)]
        return rule(site)

    return doubled


_ALL = "takes all values into account, ClickHouse a sample of 8192"
_DIGEST = "the exact quantile, ClickHouse estimates it from centroids"

STATISTICS: dict[str, Aggregate] = {
    "quantile": _kind_row("", _ALL),
    "quantileExact": _kind_row("Exact"),
    "quantileExactLow": _kind_row("ExactLow"),
    "quantileExactHigh": _kind_row("ExactHigh"),
    "quantileExactInclusive": _kind_row("ExactInclusive"),
    "quantileExactExclusive": _kind_row("ExactExclusive"),
    "quantileTiming": _kind_row("Timing", "exact, ClickHouse rounds values over 1024"),
    "quantileTDigest": _kind_row("TDigest", _DIGEST),
    "quantileDeterministic": _kind_row("", _ALL, ("any", "integer")),
    "quantiles": _kinds_row("", _ALL),
    "quantilesExact": _kinds_row("Exact"),
    "quantilesExactLow": _kinds_row("ExactLow"),
    "quantilesExactHigh": _kinds_row("ExactHigh"),
    "quantilesExactInclusive": _kinds_row("ExactInclusive"),
    "quantilesExactExclusive": _kinds_row("ExactExclusive"),
    "quantilesTiming": _kinds_row("Timing", "exact, ClickHouse rounds values over 1024"),
    "quantilesTDigest": _kinds_row("TDigest", _DIGEST),
    **{f"{clickhouse}{stable}": _moments(f"{trino}({{0}}){{filter}}", note=_NAN, narrow=not stable)
       for clickhouse, trino in (("varPop", "var_pop"), ("varSamp", "var_samp"),
                                 ("stddevPop", "stddev_pop"), ("stddevSamp", "stddev_samp"))
       for stable in ("", "Stable")},
    **{f"{clickhouse}{stable}": _moments(f"{trino}({{0}}, {{1}}){{filter}}", 2, _WIDE,
                                         narrow=not stable)
       for clickhouse, trino in (("covarPop", "covar_pop"), ("covarSamp", "covar_samp"),
                                 ("corr", "corr"))
       for stable in ("", "Stable")},
    "corrStable": replace(
        _moments("corr({0}, {1}){filter}", 2, "of fewer than two rows it is NaN, ClickHouse's is "
                 "infinite", narrow=False), empty="nan()"),
    "skewPop": Aggregate(("double",), "Float64", _shape(3, of_sample=False), empty="nan()",
                         always=True),
    "skewSamp": Aggregate(("double",), "Float64", _shape(3, of_sample=True), empty="nan()",
                          always=True),
    "kurtPop": Aggregate(("double",), "Float64", _shape(4, of_sample=False), empty="nan()",
                         always=True),
    "kurtSamp": Aggregate(("double",), "Float64", _shape(4, of_sample=True), empty="nan()",
                          always=True),
    "simpleLinearRegression": Aggregate(("double", "double"), "UInt8", _regression, empty="",
                                        never_null=True),
    "boundingRatio": Aggregate(("double", "double"), "Float64", _bounding_ratio, empty="nan()"),
}  # fmt: skip
