"""Operators, conditions and NULLs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from martlet.translate.comparison import comparison
from martlet.translate.convert import (
    as_bigint,
    as_boolean,
    as_double,
    as_form,
    as_number,
    cast,
    common_form,
    default,
    keeps_numbers,
    make,
)
from martlet.translate.function import Function, Site, padded, same
from martlet.translate.times import (
    datetime_type,
    instant,
    is_utc,
    local_time,
    nearest_time,
)
from martlet.translate.typing import (
    arithmetic,
    is_date,
    is_decimal,
    is_interval,
    is_number,
    is_time,
    not_null,
    nullable,
    supertype,
    type_of,
    unary,
    without_low_cardinality,
)
from martlet.translate.value import INTEGER_FORMS, TIMESTAMP, WIDE, Value, form_of
from martlet.types import ColumnType, Group

_SYMBOLS = {"plus": "+", "minus": "-", "multiply": "*"}


def united(site: Site, values: Sequence[Value]) -> list[Value]:
    """Return values as ones of their supertype, in one form."""
    type_ = supertype([value.type for value in values])
    if type_ is None:
        types = ", ".join(str(value.type) for value in values)
        raise site.fail(f"there is no supertype of {types}")
    if type_.bare.family.group is Group.STRING and any(
        value.type.bare.family.group is Group.FIXED_STRING for value in values
    ):
        raise site.fail("a FixedString beside a String keeps its zero bytes; use toString()")
    converted = [
        value if value.form == "unknown" else site.convert(value, type_) for value in values
    ]
    _check_truths(site, values, type_)
    form = common_form([value.form for value in converted])
    return [
        replace(value if value.form == "unknown" else as_form(value, form), type=type_)
        for value in converted
    ]


def _check_truths(site: Site, values: Sequence[Value], type_: ColumnType) -> None:
    """Refuse a Bool that is another number: ClickHouse keeps `if(c, flag, 5)` as a Bool of 5."""
    for value in values:
        if keeps_numbers(value, type_):
            raise site.fail(f"of Bool beside {value.type} is not supported: use toBool()")


def _null() -> Value:
    return Value("NULL", type_of("Nullable(Nothing)"), "unknown", is_constant=True)


def _arithmetic(site: Site) -> Value:
    left, right = site.arguments
    name = site.name
    if "unknown" in (left.form, right.form):
        return _null()
    if name in ("plus", "minus") and (is_interval(left.type) or is_interval(right.type)):
        return _shift(site, left, right)
    type_ = arithmetic(name, left.type, right.type)
    if type_ is None:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    if is_time(left.type) or is_time(right.type):
        return _time_arithmetic(site, left, right, type_)
    left, right = as_number(left), as_number(right)
    form = form_of(type_)
    if type_.bare.family.group is Group.FLOAT:
        left, right = as_double(left), as_double(right)
        form = "double"
    elif type_.bare.family.group is Group.INTEGER:
        form = "bigint" if {left.form, right.form} <= set(INTEGER_FORMS) else WIDE
        if form == "bigint" and "bigint" not in (left.form, right.form):
            left = as_bigint(left)
        elif form == WIDE and type_.bare.family.name != "UInt64":
            left, right, form = as_bigint(left), as_bigint(right), "bigint"
    elif "varchar" in (left.form, right.form, form):
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    sql = f"{left.operand} {_SYMBOLS[name]} {right.operand}"
    if form not in ("bigint", "double"):
        return make(f"CAST({sql} AS {form})", type_, form, of=(left, right))
    return make(sql, type_, form, of=(left, right), atomic=False)


def _time_arithmetic(site: Site, left: Value, right: Value, type_: ColumnType) -> Value:
    """A time plus a number of days or seconds, and differences of times."""
    if is_time(left.type) and is_time(right.type):
        return _time_difference(left, right, type_)
    if is_number(left.type):
        left, right = right, left
    if right.type.bare.family.group is not Group.INTEGER:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    amount = as_bigint(as_number(right))
    if site.name == "minus":
        amount = replace(amount, sql=f"-{amount.operand}", is_atomic=False)
    if left.form == "bigint":
        sql = f"{left.operand} + {amount.operand} * {10**left.type.bare.scale}"
        return make(sql, type_, "bigint", of=(left, right), atomic=False)
    unit = "day" if is_date(left.type) else "second"
    return make(f"date_add('{unit}', {amount.sql}, {left.sql})", type_, left.form, of=(left, right))


def _time_difference(left: Value, right: Value, type_: ColumnType) -> Value:
    """Days between days, seconds between times, with their fraction where one has digits."""
    if type_.bare.family.group is not Group.DECIMAL:
        unit = "day" if is_date(left.type) else "second"
        sql = f"date_diff('{unit}', {right.sql}, {left.sql})"
        return make(sql, type_, "bigint", of=(left, right))
    digits = type_.bare.scale
    fine = [cast(value, datetime_type(digits, None)) for value in (left, right)]
    if digits > 3:
        ticks, places = f"{fine[0].operand} - {fine[1].operand}", digits
    else:
        ticks, places = f"date_diff('millisecond', {fine[1].sql}, {fine[0].sql})", 3
    unit = f"DECIMAL '{Decimal(1).scaleb(-places):f}'"
    form = form_of(type_)
    sql = f"CAST(CAST({ticks} AS decimal(18,0)) * {unit} AS {form})"
    return make(sql, type_, form, of=(left, right))


# Units that are the same on all clocks -> how many of them are a second.
_UNITS: dict[str, Fraction] = {
    "Nanosecond": Fraction(10**9), "Microsecond": Fraction(10**6), "Millisecond": Fraction(1000),
    "Second": Fraction(1), "Minute": Fraction(1, 60), "Hour": Fraction(1, 3600),
}  # fmt: skip


def _shift(site: Site, left: Value, right: Value) -> Value:
    """A time plus or minus an interval: on the zone's clock from a day on, else on the time."""
    time, interval = (left, right) if is_interval(right.type) else (right, left)
    type_ = arithmetic(site.name, left.type, right.type)
    if type_ is None or is_interval(time.type):
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    unit = interval.type.bare.family.name.removeprefix("Interval")
    amount = interval.sql if site.name == "plus" else f"-{interval.operand}"
    return shift(time, unit, amount, type_, (left, right))


def shift(time: Value, unit: str, amount: str, type_: ColumnType, of: tuple[Value, ...]) -> Value:
    """Return a time moved by a number of units; `amount` is SQL."""
    if is_date(type_):
        return make(f"date_add('{unit.lower()}', {amount}, {time.sql})", type_, "date", of=of)
    moved = cast(time, type_)
    zone = type_.bare.time_zone
    if moved.form == "bigint":
        return make(f"{moved.operand} + {_ticks(moved, unit, amount)}", type_, "bigint", of=of,
                    atomic=False)  # fmt: skip
    if unit in _UNITS or is_utc(zone):
        sql = f"date_add('{unit.lower()}', {amount}, {moved.sql})"
    else:
        sql = nearest_time(f"date_add('{unit.lower()}', {amount}, {local_time(moved)})", zone)
    return make(sql, type_, TIMESTAMP, of=of)


def _ticks(time: Value, unit: str, amount: str) -> str:
    """Return SQL for the ticks that units are from a time of ticks on."""
    digits = time.type.bare.scale
    if unit in _UNITS:
        return f"({amount}) * {10**digits / _UNITS[unit]}"
    later = f"date_add('{unit.lower()}', {amount}, {local_time(time)})"
    later = nearest_time(later, time.type.bare.time_zone)
    return f"date_diff('millisecond', {instant(time)}, {later}) * {10 ** (digits - 3)}"


def _divide(site: Site) -> Value:
    if any(value.form == "unknown" for value in site.arguments):
        return _null()
    if any(value.type.bare.family.group is Group.DECIMAL for value in site.arguments):
        return _divide_decimals(site)
    left, right = (as_double(value) for value in site.arguments)
    sql = f"{left.operand} / {right.operand}"
    return make(sql, type_of("Float64"), "double", of=(left, right), atomic=False)


def _divide_decimals(site: Site) -> Value:
    """Divide as floats where one is, else as whole numbers, whose quotient is cut off.

    Trino's own division of decimals has other digits behind the point, and rounds.
    """
    left, right = site.arguments
    type_ = arithmetic("divide", left.type, right.type)
    if type_ is None:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    if type_.bare.family.group is Group.FLOAT:
        left, right = as_double(left), as_double(right)
        return make(f"{left.operand} / {right.operand}", type_, "double", of=(left, right),
                    atomic=False)  # fmt: skip
    if "varchar" in (left.form, right.form, form_of(type_)):
        raise site.fail(f"of {left.type} and {right.type} is not supported: convert one to a Float")
    below = right.type.bare.scale if is_decimal(right.type) else 0
    above = _unscaled(left, type_.bare.scale + below)
    divisor = _unscaled(right, below)
    sql = f"({above} - mod({above}, {divisor})) / {divisor}"
    if type_.bare.scale:
        sql = f"({sql}) * DECIMAL '{Decimal(1).scaleb(-type_.bare.scale):f}'"
    form = form_of(type_)
    return make(f"CAST({sql} AS {form})", type_, form, of=(left, right))


def _unscaled(value: Value, digits: int) -> str:
    """Return SQL for a number times 10^digits, which is whole."""
    if not digits:
        return f"CAST({value.sql} AS decimal(38,0))"
    return f"CAST({value.operand} * DECIMAL '{10**digits}' AS decimal(38,0))"


def _int_div_or_zero(site: Site) -> Value:
    value, divisor = site.arguments
    made = _int_div(site)
    if made.form == "unknown":
        return made
    guarded = replace(divisor, sql=f"nullif({divisor.sql}, 0)", is_atomic=True, literal=None)
    site.arguments[1] = guarded
    test = f"{divisor.operand} = 0"
    if value.is_nullable:
        test += f" AND {value.operand} IS NOT NULL"
    sql = f"IF({test}, 0, {_int_div(site).sql})"
    return make(sql, made.type, made.form, of=(made,))


def _positive_modulo(site: Site) -> Value:
    left, right = site.arguments
    type_ = arithmetic("positiveModulo", left.type, right.type)
    made = _modulo(site)
    if made.form not in INTEGER_FORMS or type_ is None:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    divisor = as_bigint(right)
    sql = f"mod({made.operand} + abs({divisor.sql}), abs({divisor.sql}))"
    return make(sql, type_, "bigint", of=(left, right))


def _int_div(site: Site) -> Value:
    left, right = site.arguments
    if "unknown" in (left.form, right.form):
        return _null()
    type_ = arithmetic("intDiv", left.type, right.type)
    if type_ is None:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    if "double" in (left.form, right.form) or "real" in (left.form, right.form):
        sql = f"CAST(truncate({as_double(left).operand} / {as_double(right).operand}) AS bigint)"
        return make(sql, type_, "bigint", of=(left, right))
    if WIDE in (left.form, right.form):
        form = WIDE if type_.bare.family.name == "UInt64" else "bigint"
        inner = f"{left.operand} / {right.operand}"
        remainder = f"mod({left.sql}, {right.sql})"
        inner = f"({left.operand} - {remainder}) / {right.operand}"
        return make(f"CAST({inner} AS {form})", type_, form, of=(left, right))
    if right.type.bare.family.group is Group.DECIMAL:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    if left.type.bare.family.group is Group.DECIMAL:  # a cast would round
        left = replace(left, sql=f"truncate({left.sql})", is_atomic=True, literal=None)
    left, right = as_bigint(left), as_bigint(right)
    return make(f"{left.operand} / {right.operand}", type_, "bigint", of=(left, right),
                atomic=False)  # fmt: skip


def _modulo(site: Site) -> Value:
    left, right = site.arguments
    if "unknown" in (left.form, right.form):
        return _null()
    type_ = arithmetic("modulo", left.type, right.type)
    if type_ is None or type_.bare.family.group is Group.DECIMAL:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    if type_.bare.family.group is Group.FLOAT:
        left, right = as_double(left), as_double(right)
        return make(f"mod({left.sql}, {right.sql})", type_, "double", of=(left, right))
    form = "bigint"
    if WIDE in (left.form, right.form):
        sql = f"CAST(mod({left.sql}, {right.sql}) AS bigint)"
        if type_.bare.family.name == "UInt64":
            sql, form = f"mod({left.sql}, {right.sql})", WIDE
        return make(sql, type_, form, of=(left, right))
    left = left if "bigint" in (left.form, right.form) else as_bigint(left)
    return make(f"mod({left.sql}, {right.sql})", type_, form, of=(left, right))


def _negate(site: Site) -> Value:
    (value,) = site.arguments
    type_ = unary("negate", value.type)
    if type_ is None:
        raise site.fail(f"of {value.type} is not supported")
    if value.form in (*INTEGER_FORMS, WIDE):
        value = as_bigint(value)
    return make(f"-{value.operand}", type_, value.form, of=(value,), atomic=False)


def _truth(values: Sequence[Value]) -> ColumnType:
    """Return Bool if an operand is one, else UInt8."""
    is_bool = any(value.type.bare.family.group is Group.BOOL for value in values)
    return type_of("Bool" if is_bool else "UInt8")


def _logical(word: str) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        sql = f" {word} ".join(value.operand for value in site.arguments)
        values = tuple(site.arguments)
        # Bools count only where they are not Nullable (measured).
        type_ = _truth([value for value in values if not value.is_nullable])
        if any(value.is_nullable for value in values):  # of NULL alone too: true OR NULL is true
            type_ = nullable(type_)
        return make(sql, type_, "boolean", of=values, atomic=False)

    return rule


def _is_null(site: Site) -> Value:
    (value,) = site.arguments
    test = "IS NULL" if site.name == "isNull" else "IS NOT NULL"
    if not value.is_nullable and value.form != "unknown":
        # A column of the lake may hold NULL where ClickHouse's type says it cannot.
        constant = "false" if site.name == "isNull" else "true"
        return make(constant, type_of("UInt8"), "boolean", of=(value,))
    return make(f"{value.operand} {test}", type_of("UInt8"), "boolean", of=(value,), atomic=False)


def _if(site: Site) -> Value:
    condition = as_boolean(site.arguments[0])
    then, other = united(site, site.arguments[1:])
    form = common_form([then.form, other.form])
    sql = f"IF({condition.sql}, {then.sql}, {other.sql})"
    return make(sql, without_low_cardinality(then.type), form, of=(condition, then, other))


def _multi_if(site: Site) -> Value:
    arguments = site.arguments
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        raise site.fail("takes conditions with values, and a value at the end")
    results = united(site, [*arguments[1:-1:2], arguments[-1]])
    conditions = [as_boolean(value) for value in arguments[:-1:2]]
    return _case(conditions, results, of=tuple(arguments))


def _case(conditions: list[Value], results: list[Value], *, of: tuple[Value, ...]) -> Value:
    parts = [f"WHEN {c.sql} THEN {r.sql}" for c, r in zip(conditions, results, strict=False)]
    if results[-1].form != "unknown":
        parts.append(f"ELSE {results[-1].sql}")
    form = common_form([result.form for result in results])
    type_ = without_low_cardinality(results[0].type)
    return make(f"CASE {' '.join(parts)} END", type_, form, of=of)


def _case_with_expression(site: Site) -> Value:
    operand, *rest = site.arguments
    keys, results = rest[:-1:2], united(site, [*rest[1:-1:2], rest[-1]])
    conditions = [  # NULL is equal to NULL, measured
        comparison(site, "isNotDistinctFrom" if operand.is_nullable and key.is_nullable
                   else "equals", operand, key)
        for key in keys
    ]  # fmt: skip
    return _case(conditions, results, of=tuple(site.arguments))


def _itself(site: Site) -> Value:
    return replace(site.arguments[0], literal=None)


def _coalesce(site: Site) -> Value:
    values = [value for value in site.arguments if value.form != "unknown"]
    if not values:
        return site.arguments[0]
    kept: list[Value] = []
    for value in values:
        kept.append(value)
        if not value.is_nullable:
            break
    is_nullable = all(value.is_nullable for value in kept)
    types = [value.type if value is kept[-1] else not_null(value.type) for value in kept]
    shown = [value.retyped(type_) if value.literal is None else value
             for value, type_ in zip(kept, types, strict=True)]  # fmt: skip
    made = united(site, shown)
    type_ = nullable(made[0].type) if is_nullable else not_null(made[0].type)
    if len(made) == 1:
        return replace(made[0], type=without_low_cardinality(type_))
    form = common_form([value.form for value in made])
    sql = f"coalesce({', '.join(value.sql for value in made)})"
    return make(sql, type_, form, of=tuple(site.arguments))


def _null_if(site: Site) -> Value:
    left, right = site.arguments
    test = comparison(site, "equals", left, right)
    sql = f"IF({test.sql}, NULL, {left.sql})"
    return make(sql, nullable(without_low_cardinality(left.type)), left.form, of=(left, right))


def _assume_not_null(site: Site) -> Value:
    (value,) = site.arguments
    if not value.is_nullable:
        return value
    type_ = not_null(value.type)
    filler = default(type_, value.form)
    return make(f"coalesce({value.sql}, {filler.sql})", type_, value.form, of=(value,))


def _to_nullable(site: Site) -> Value:
    (value,) = site.arguments
    return replace(value, type=nullable(value.type))


def _concat(site: Site) -> Value:
    texts = [_as_text(site, value) for value in site.arguments]
    if len(texts) == 1:
        return texts[0]
    sql = f"concat({', '.join(value.sql for value in texts)})"
    return make(sql, type_of("String"), "varchar", of=tuple(texts))


def _as_text(site: Site, value: Value) -> Value:
    if value.form == "unknown":
        return replace(value, sql="CAST(NULL AS varchar)", form="varchar")
    return padded(value) if value.form == "varchar" else site.convert(value, type_of("String"))


def _compare(site: Site) -> Value:
    return comparison(site, site.name, *site.arguments)


_COMPARED = ("any", "any")

OPERATORS: dict[str, Function] = {
    "plus": Function(("any", "any"), "UInt8", _arithmetic),
    "minus": Function(("any", "any"), "UInt8", _arithmetic),
    "multiply": Function(("number", "number"), "UInt8", _arithmetic),
    "divide": Function(("number", "number"), "Float64", _divide),
    "intDiv": Function(("number", "number"), "UInt8", _int_div),
    "intDivOrZero": Function(("number", "number"), "UInt8", _int_div_or_zero),
    "modulo": Function(("number", "number"), "UInt8", _modulo),
    "positiveModulo": Function(("number", "number"), "UInt8", _positive_modulo),
    "negate": Function(("number",), "UInt8", _negate),
    **{name: Function(_COMPARED, "UInt8", _compare,
                      note="integers beyond 2^53 beside a column of floats are compared as floats")
       for name in (
        "equals", "notEquals", "less", "greater", "lessOrEquals", "greaterOrEquals")},
    **{name: Function(_COMPARED, "UInt8", _compare, nulls="own") for name in (
        "isDistinctFrom", "isNotDistinctFrom")},
    "and": Function(("bool*",), "UInt8", _logical("AND"), nulls="own", low_cardinality=False),
    "or": Function(("bool*",), "UInt8", _logical("OR"), nulls="own", low_cardinality=False),
    "xor": Function(("bool", "bool"), _truth, "{0} <> {1}", form="boolean",
                    low_cardinality=False),
    "isZeroOrNull": Function(("number",), "UInt8", "coalesce({0} = 0, true)", form="boolean",
                             nulls="own"),
    "not": Function(("bool",), _truth, "NOT {0}", form="boolean"),
    "if": Function(("any", "any", "any"), "UInt8", _if, nulls="own", low_cardinality=False),
    "multiIf": Function(("any*",), "UInt8", _multi_if, nulls="own", low_cardinality=False),
    "caseWithExpression": Function(("any*",), "UInt8", _case_with_expression, nulls="own"),
    **{name: Function(("any",), "UInt8", _is_null, nulls="own", low_cardinality=False)
       for name in ("isNull", "isNotNull")},
    "coalesce": Function(("any*",), "UInt8", _coalesce, nulls="own"),
    "ifNull": Function(("any", "any"), "UInt8", _coalesce, nulls="own"),
    "nullIf": Function(("any", "any"), "UInt8", _null_if, nulls="own"),
    "assumeNotNull": Function(("any",), "UInt8", _assume_not_null, nulls="own"),
    "toNullable": Function(("any",), "UInt8", _to_nullable, nulls="own"),
    "concat": Function(("any*",), "String", _concat),
    "identity": Function(("any",), same(), _itself, nulls="own"),
    "materialize": Function(("any",), same(), _itself, nulls="own", is_constant=False),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "IF": "if", "COALESCE": "coalesce", "IFNULL": "ifNull", "NULLIF": "nullIf",
    "CONCAT": "concat", "MOD": "modulo", "ISNULL": "isNull", "POSITIVEMODULO": "positiveModulo",
    "POSITIVE_MODULO": "positiveModulo", "PMOD": "positiveModulo",
}  # fmt: skip
