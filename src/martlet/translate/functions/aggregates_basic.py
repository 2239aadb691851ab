"""Counts, sums, extremes, distinct values and bits."""

from collections.abc import Callable
from dataclasses import replace

from martlet.translate.aggregate_row import (
    Aggregate,
    AggregateSite,
    Rule,
    and_also,
    has_order,
    kept,
    order_key,
    plain,
    suffix,
    written,
)
from martlet.translate.convert import as_double, cast, make
from martlet.translate.typing import (
    is_array,
    is_decimal,
    is_float,
    is_integer,
    is_map,
    is_tuple,
    is_unsigned,
    tuple_of,
    type_of,
)
from martlet.translate.value import Value
from martlet.types import ColumnType, Group

_SUM_OF_ARRAY = (
    "reduce({0}, CAST(NULL AS {form}), (total, item) -> coalesce(total + item, total, item), "
    "total -> total)"
)


def sum_type(arguments: list[Value]) -> ColumnType:
    """Return the type of a sum."""
    type_ = arguments[0].type.bare
    if is_float(type_):
        return type_of("Float64")
    if is_decimal(type_):
        return type_of(f"Decimal({76 if type_.precision > 38 else 38}, {type_.scale})")
    return type_of("UInt64" if is_unsigned(type_) or type_.family.name == "Bool" else "Int64")


def _sum(site: AggregateSite) -> Value:
    (value,) = site.arguments
    type_ = sum_type([value])
    form = "bigint"
    if is_float(type_):
        form = "double"
        value = value if site.each else as_double(value)
    elif value.form.startswith("decimal"):
        form = f"decimal(38,{type_.scale if is_decimal(type_) else 0})"
    if site.each:
        value = replace(value, sql=_SUM_OF_ARRAY.replace("{0}", value.sql).replace("{form}", form))
    site.arguments = [value]
    return written(site, "sum({distinct}{0}){filter}", type_, form)


def _sum_with_overflow(site: AggregateSite) -> Value:
    type_ = plain(site.arguments)
    if is_decimal(type_):  # of as many digits as the bytes of the type hold, measured
        digits = next(most for most in (9, 18, 38, 76) if type_.precision <= most)
        type_ = type_of(f"Decimal({digits}, {type_.scale})")
    total = _sum(site)
    return replace(cast(total, type_), type=type_)


def _average(site: AggregateSite) -> Value:
    (value,) = site.arguments
    if not site.each:
        return written(site, "avg({distinct}{0}){filter}", type_of("Float64"))
    total = _SUM_OF_ARRAY.replace("{0}", value.sql).replace("{form}", "double")
    count = f"cardinality(filter({value.sql}, item -> item IS NOT NULL))"
    behind = suffix(site)
    sql = f"sum({total}){behind} / nullif(sum({count}){behind}, 0)"
    return make(sql, type_of("Float64"), of=(value,), atomic=False)


def _weighted_average(site: AggregateSite) -> Value:
    value, weight = site.arguments
    if is_integer(value.type) and is_integer(weight.type) and (
        is_unsigned(value.type) != is_unsigned(weight.type)
    ):  # fmt: skip
        # Measured: ClickHouse multiplies them without a sign, and negative sums become huge.
        raise site.fail(f"of {value.type} weighted by {weight.type} is not supported")
    template = "sum({0} * {1}){filter} / sum({1}){filter}"
    if is_float(value.type) and is_integer(weight.type):  # values are cut to integers, measured
        template = template.replace("{0}", "truncate({0})")
    return written(site, template, type_of("Float64"))


def _count(site: AggregateSite) -> Value:
    if not site.arguments:
        return written(site, "count(*){filter}", type_of("UInt64"), "bigint")
    if site.each:
        (value,) = site.arguments
        lengths = f"cardinality(filter({value.sql}, item -> item IS NOT NULL))"
        sql = f"coalesce(sum({lengths}){suffix(site)}, 0)"
        return make(sql, type_of("UInt64"), "bigint", of=(value,))
    if len(site.arguments) > 1:
        raise site.fail("takes one argument at most")
    return written(site, "count({0}){filter}", type_of("UInt64"), "bigint")


def _sum_count(site: AggregateSite) -> Value:
    total = _sum(site)
    count = written(site, "count({0}){filter}", type_of("UInt64"), "bigint")
    sql = f"ROW(coalesce({total.sql}, CAST(0 AS {total.form})), {count.sql})"
    form = f'row("f1" {total.form}, "f2" bigint)'
    return make(sql, tuple_of([total.type, count.type]), form, of=tuple(site.arguments))


def _extreme(site: AggregateSite, name: str) -> Value:
    (value,) = site.arguments
    bare = value.type.bare
    if site.each:
        if not has_order(bare, value.form):
            raise site.fail(f"of arrays of {value.type} is not supported")
        items = f"filter({value.sql}, item -> item IS NOT NULL)" if value.is_nullable else value.sql
        site.arguments = [replace(value, sql=f"array_{name}({items})")]
    elif not has_order(bare, value.form):
        site.arguments = [value, order_key(value)]
        site.distinct = False
        return kept(f"{name}_by({{0}}, {{1}}){{filter}}")(site)
    site.distinct = False
    return kept(f"{name}({{0}}){{filter}}")(site)


def _extreme_argument(site: AggregateSite, name: str) -> Value:
    site.arguments[1] = key = order_key(site.arguments[1])
    orders_by_it = bool(site.order) and key.sql == site.scope.order[0].value.sql
    if site.order and site.scope.is_grouped and not (orders_by_it or is_float(key.type)):
        # Of equal ones the first row counts; measured: in groups only.
        value = site.arguments[0]
        orders = f"{key.sql}{' DESC' if name == 'max' else ''}, {site.order}"
        sql = f"element_at(array_agg({value.sql} ORDER BY {orders}){suffix(site)}, 1)"
        return make(sql, plain([value]), value.form, of=(value, key))
    return kept(f"{name}_by({{0}}, {{1}}){{filter}}")(site)


def _any(site: AggregateSite, function: str) -> Value:
    site.distinct = False
    if site.each:
        value = site.arguments[0]
        items = f"filter({value.sql}, item -> item IS NOT NULL)" if value.is_nullable else value.sql
        index = "1" if function == "first_value" else "-1"
        site.arguments = [replace(value, sql=f"element_at({items}, {index})")]
    if site.over:
        if site.call.respects_nulls and site.gaps:
            raise site.fail("RESPECT NULLS is not supported with a condition")
        nulls = "" if site.call.respects_nulls else " IGNORE NULLS"
        return kept(f"{function}({{0}}){nulls}{{filter}}")(site)
    if site.order:
        return _of_order(site, is_first=function == "first_value")
    return kept("arbitrary({0}){filter}")(site)


def _of_order(site: AggregateSite, *, is_first: bool) -> Value:
    """Return the value of the first or last row that has one, in the order of the rows."""
    (value,) = site.arguments
    if value.is_nullable or site.each:
        site.condition = and_also(site.condition, f"{value.operand} IS NOT NULL")
    order = site.scope.order[0]
    key = order.value
    if len(site.scope.order) == 1 and not (key.is_nullable or is_float(key.type)):
        name = "min_by" if is_first != order.is_descending else "max_by"
        sql = f"{name}({value.sql}, {key.sql}){suffix(site)}"
    else:
        index = 1 if is_first else -1
        sql = f"element_at(array_agg({value.sql} ORDER BY {site.order}){suffix(site)}, {index})"
    return make(sql, plain([value]), value.form, of=(value,))


def _unique(site: AggregateSite) -> Value:
    """Count distinct values; NULLs are tested away before where there are several arguments."""
    if site.each:
        (value,) = site.arguments
        items = f"flatten(array_agg({value.sql}){suffix(site)})"
        if value.is_nullable:
            items = f"filter({items}, item -> item IS NOT NULL)"
        sql = f"cardinality(array_distinct({items}))"
        return make(sql, type_of("UInt64"), "bigint", of=(value,))
    if site.over:
        sql = f"array_agg({row_sql(site.arguments)}){suffix(site)}"
        if site.gaps or site.arguments[0].is_nullable:
            place = "item" if len(site.arguments) == 1 else "item[1]"
            sql = f"filter({sql}, item -> {place} IS NOT NULL)"
        sql = f"cardinality(array_distinct({sql}))"
        return make(sql, type_of("UInt64"), "bigint", of=tuple(site.arguments))
    sql = f"count(DISTINCT {row_sql(site.arguments)}){suffix(site)}"
    return make(sql, type_of("UInt64"), "bigint", of=tuple(site.arguments))


def row_sql(values: list[Value]) -> str:
    """Return one value for several."""
    if len(values) == 1:
        return values[0].sql
    return f"ROW({', '.join(value.sql for value in values)})"


def _unique_up_to(site: AggregateSite) -> Value:
    most = site.size() + 1
    made = _unique(site)
    return replace(made, sql=f"least({made.sql}, {most})", is_atomic=True)


def _bits(function: str) -> Rule:
    def rule(site: AggregateSite) -> Value:
        site.distinct = False
        type_ = _bits_type(site)
        made = written(site, f"{function}({{0}}){{filter}}", type_, "bigint")
        if site.name == "groupBitAnd" and not site.arguments[0].is_nullable:
            family = type_.bare.family
            ones = -1 if (family.least or 0) < 0 or family.name == "UInt64" else family.greatest
            return replace(made, sql=f"coalesce({made.sql}, {ones})", is_atomic=True)
        return made

    return rule


_XOR = (
    "reduce_agg({0}, BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)){filter}"
)


def _bits_xor(site: AggregateSite) -> Value:
    return written(site, _XOR, _bits_type(site), "bigint")


def _bits_type(site: AggregateSite) -> ColumnType:
    type_ = plain(site.arguments)
    return type_of("UInt8") if type_.family.group is Group.BOOL else type_


def _retention(site: AggregateSite) -> Value:
    """Whether any row met each condition, and the first one too."""
    behind = suffix(site)
    met = [f"coalesce(bool_or({value.sql}){behind}, false)" for value in site.arguments]
    parts = [met[0], *(f"{met[0]} AND {other}" for other in met[1:])]
    return make(f"ARRAY[{', '.join(parts)}]", type_of("Array(UInt8)"), "array(boolean)",
                of=tuple(site.arguments))  # fmt: skip


def hash_sql(site: AggregateSite, value: Value, sql: str = "") -> str:
    """Return a varbinary of 8 bytes that is the same for equal values only.

    What is hashed: a text as UTF-8; a number, date or time as Trino's text of it; an array or a
    tuple the hashes of its elements in a row, with eight zeros for NULL.
    """
    sql = sql or value.sql
    type_ = value.type.bare
    if is_array(type_):
        element = Value("item", type_.inner[0], value.element_form)
        inner = _element_hash(site, element)
        whole = f"reduce({sql}, X'', (bytes, item) -> bytes || {inner}, bytes -> bytes)"
        return f"xxhash64({whole})"
    if is_tuple(type_):
        pairs = enumerate(zip(type_.inner, value.row_forms, strict=True), 1)
        parts = [_element_hash(site, Value(f"{value.operand}[{i}]", t, f)) for i, (t, f) in pairs]
        return f"xxhash64({' || '.join(parts)})"
    if is_map(type_) or type_.family.group is Group.STATE:
        raise site.fail(f"states of {value.type} are not supported")
    if value.form == "varchar":
        return f"xxhash64(to_utf8({sql}))"
    if value.form == "boolean":
        return f"xxhash64(to_utf8(CAST(CAST({sql} AS bigint) AS varchar)))"
    return f"xxhash64(to_utf8(CAST({sql} AS varchar)))"


def _element_hash(site: AggregateSite, value: Value) -> str:
    hashed = hash_sql(site, value)
    if not value.is_nullable:
        return hashed
    return f"coalesce({hashed}, X'0000000000000000')"


def hashes(site: AggregateSite) -> str:
    """Return the array of the distinct hashes of the arguments."""
    if site.each:
        value = site.arguments[0]
        items = f"filter(flatten(array_agg({value.sql}){suffix(site)}), item -> item IS NOT NULL)"
        number = f"from_big_endian_64({hash_sql(site, value, 'item')})"
        return f"array_distinct(transform({items}, item -> {number}))"
    parts = [hash_sql(site, value) for value in site.arguments]
    whole = parts[0] if len(parts) == 1 else f"xxhash64({' || '.join(parts)})"
    if site.over:
        sql = f"array_agg(from_big_endian_64({whole})){suffix(site)}"
        return f"array_distinct(filter({sql}, item -> item IS NOT NULL))"
    site.condition = site.condition if len(parts) > 1 or not site.arguments[0].is_nullable else (
        and_also(site.condition, f"{site.arguments[0].operand} IS NOT NULL")
    )  # fmt: skip
    return f"array_agg(DISTINCT from_big_endian_64({whole})){suffix(site)}"


_EXACT = "counts exactly what ClickHouse estimates"
_WRAPS = "a sum beyond 64 bits fails instead of wrapping"
_ANY = "which of several values is not defined"


def _of(rule: Callable[[AggregateSite, str], Value], name: str) -> Rule:
    return lambda site: rule(site, name)


def _distinct_count(note: str = "", parameters: int = 0) -> Aggregate:
    return Aggregate(("any*",), "UInt64", _unique, empty="0", never_null=True, arrays=True,
                     parameters=parameters, note=note)  # fmt: skip


_BITS = ("int",)

BASIC: dict[str, Aggregate] = {
    "count": Aggregate(("any*",), "UInt64", _count, empty="", never_null=True, arrays=True),
    "sum": Aggregate(("number",), "UInt8", _sum, arrays=True, note=_WRAPS),
    "sumWithOverflow": Aggregate(("number",), "UInt8", _sum_with_overflow),
    "sumKahan": Aggregate(("double",), "Float64", "sum({0}){filter}",
                          note="of infinite values ClickHouse's is NaN"),
    "sumCount": Aggregate(("number",), "UInt8", _sum_count, empty="", never_null=True),
    "avg": Aggregate(("double",), "Float64", _average, empty="nan()", arrays=True),
    "avgWeighted": Aggregate(("double", "double"), "Float64", _weighted_average, empty="nan()",
                             note="of negative floats weighted by unsigned integers ClickHouse's"
                             " is a huge number"),
    "min": Aggregate(("any",), plain, _of(_extreme, "min"), arrays=True),
    "max": Aggregate(("any",), plain, _of(_extreme, "max"), arrays=True),
    "argMin": Aggregate(("any", "any"), plain, _of(_extreme_argument, "min"), note=_ANY),
    "argMax": Aggregate(("any", "any"), plain, _of(_extreme_argument, "max"), note=_ANY),
    "any": Aggregate(("any",), plain, _of(_any, "first_value"), arrays=True, note=_ANY),
    "anyLast": Aggregate(("any",), plain, _of(_any, "last_value"), arrays=True, note=_ANY),
    "uniq": _distinct_count(_EXACT),
    "uniqExact": _distinct_count(),
    # Of Nullable values these are Nullable themselves (measured), NULL of no rows.
    "uniqCombined": replace(_distinct_count(_EXACT, 1), never_null=False),
    "uniqCombined64": replace(_distinct_count(_EXACT, 1), never_null=False),
    "uniqHLL12": _distinct_count(_EXACT),
    "uniqTheta": _distinct_count(_EXACT),
    "uniqUpTo": Aggregate(("any*",), "UInt64", _unique_up_to, empty="0", never_null=True,
                          parameters=1),
    "groupBitAnd": Aggregate(_BITS, plain, _bits("bitwise_and_agg")),
    "groupBitOr": Aggregate(_BITS, plain, _bits("bitwise_or_agg")),
    "groupBitXor": Aggregate(_BITS, plain, _bits_xor),
    "retention": Aggregate(("bool*",), "UInt8", _retention, empty="", never_null=True),
}  # fmt: skip
