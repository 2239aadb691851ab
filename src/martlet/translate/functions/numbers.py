"""Functions of numbers: rounding, logarithms, angles, bits and chance."""

import re
from collections.abc import Sequence
from dataclasses import replace

from martlet.translate.convert import as_bigint, as_form, cast, common_form, make
from martlet.translate.function import Function, Site, same
from martlet.translate.functions.operators import united
from martlet.translate.typing import (
    is_decimal,
    is_float,
    is_integer,
    is_number,
    is_string,
    is_time,
    is_unsigned,
    nullable,
    type_of,
    unary,
)
from martlet.translate.value import WIDE, Value
from martlet.types import ColumnType, Group

_UINT8 = type_of("UInt8")
MAX_DIGITS = 100


def _digits(site: Site) -> int:
    """Return the number of digits behind the point that a rounding function keeps."""
    digits = site.constant(1) if len(site.arguments) > 1 else 0
    if isinstance(digits, bool) or not isinstance(digits, int) or abs(digits) > MAX_DIGITS:
        raise site.fail("the number of digits must be a small constant integer", index=1)
    return digits


def _round(site: Site) -> Value:
    """Round floats to the even neighbour, integers and decimals away from zero."""
    value, digits = site.arguments[0], _digits(site)
    if value.form == "unknown":
        return value
    if is_float(value.type):
        return _round_float(site, value, digits)
    if is_decimal(value.type):
        return _round_decimal(site, value, digits)
    if digits >= 0 or value.type.bare.family.group is Group.BOOL:
        return value
    if site.name == "roundBankers" or digits < -18:
        raise site.fail("of integers is not supported with these digits")
    value, unit = as_bigint(value), 10**-digits
    sql = {
        "round": f"round({value.sql}, {digits})",
        "floor": f"{value.operand} - mod(mod({value.sql}, {unit}) + {unit}, {unit})",
        "ceil": f"{value.operand} + mod({unit} - mod({value.sql}, {unit}), {unit})",
        "trunc": f"{value.operand} - mod({value.sql}, {unit})",
    }[site.name]
    return make(sql, value.type, "bigint", of=(value,), atomic=site.name == "round")


def _round_float(site: Site, value: Value, digits: int) -> Value:
    """Round a float scaled by a power of ten, in the width that it has."""
    single = value.form == "real"
    scale = f"REAL '1e{abs(digits)}'" if single else f"1e{abs(digits)}"
    scaled, back = value.operand, ""
    if digits:
        scaled, back = ("*", "/") if digits > 0 else ("/", "*")
        scaled, back = f"{value.operand} {scaled} {scale}", f" {back} {scale}"
    if site.name in ("round", "roundBankers"):
        # Adding and taking away the first number without a fraction leaves the nearest integer,
        # the even one of two. Measured: bit for bit ClickHouse's result, -0 too.
        whole = "REAL '8388608'" if single else "4503599627370496e0"
        sql = _nearest(scaled, whole, is_name=bool(_NAME.match(value.sql)))
    else:
        name = {"trunc": "truncate"}.get(site.name, site.name)
        sql = f"{name}({scaled})"
    return make(sql + back, value.type, value.form, of=(value,), atomic=not back)


_NAME = re.compile(r'[\w."]+\Z')


def _nearest(scaled: str, whole: str, *, is_name: bool) -> str:
    """Return SQL for the nearest integer of a float; what is more than a name is written once."""
    if is_name:
        bracketed = f"({scaled})" if " " in scaled else scaled
        return (f"IF(abs({scaled}) < {whole}, sign({scaled}) * (abs({scaled}) + {whole} - {whole})"
                f", {bracketed})")  # fmt: skip
    rounded = f"IF(abs(y) < {whole}, sign(y) * (abs(y) + {whole} - {whole}), y)"
    return f"transform(ARRAY[{scaled}], y -> {rounded})[1]"


def _round_decimal(site: Site, value: Value, digits: int) -> Value:
    if digits >= value.type.bare.scale:
        return value
    name = site.name
    if name == "roundBankers" or (digits < 0 and name != "round"):
        raise site.fail(f"of {value.type} is not supported with these digits")
    if name == "round":
        sql = f"round({value.sql}, {digits})"
    elif name == "trunc":
        sql = f"truncate({value.sql}, {digits})"
    else:
        unit = f"DECIMAL '{10**digits}'"
        part = f"DECIMAL '0.{'1'.rjust(digits, '0')}'" if digits else "DECIMAL '1'"
        sql = f"{name}({value.operand} * {unit}) * {part}"
    return make(f"CAST({sql} AS {value.form})", value.type, value.form, of=(value,))


def _abs(site: Site) -> Value:
    (value,) = site.arguments
    type_ = unary("abs", value.type)
    if type_ is None or value.form == "unknown":
        return value
    if is_unsigned(value.type) or value.type.bare.family.group is Group.BOOL:
        return value.retyped(type_)
    if is_integer(value.type):
        value = as_bigint(value)
    return make(f"abs({value.sql})", type_, value.form, of=(value,))


def _sign(site: Site) -> Value:
    (value,) = site.arguments
    sql = f"CAST(sign({value.sql}) AS bigint)"
    if is_float(value.type):
        sql = f"IF(is_nan({value.sql}), 1, {sql})"
    return make(sql, type_of("Int8"), "bigint", of=(value,))


def _wide_decimal(type_: ColumnType) -> ColumnType:
    """Return a decimal with as many digits as its bytes hold, as ClickHouse makes it (measured)."""
    digits = next(most for most in (9, 18, 38, 76) if type_.bare.precision <= most)
    wide = type_of(f"Decimal({digits}, {type_.bare.scale})")
    return nullable(wide) if type_.is_nullable else wide


def _extreme(site: Site) -> Value:
    """Return the greatest or least; of two floats the second one where one is NaN."""
    if any(value.form == "unknown" for value in site.arguments):
        return Value("NULL", type_of("Nullable(Nothing)"), "unknown", is_constant=True)
    for index, value in enumerate(site.arguments):
        if not (is_number(value.type) or is_string(value.type) or is_time(value.type)):
            raise site.fail(f"of {value.type} is not supported", index=index)
    if len({is_decimal(value.type) for value in site.arguments}) > 1:
        raise site.fail("of decimals and other numbers is not supported")
    values = united(site, site.arguments)
    if is_decimal(values[0].type) and len(values) > 1:
        wide = _wide_decimal(values[0].type)
        values = [site.convert(value, wide) for value in values]
    form = common_form([value.form for value in values])
    values = [as_form(value, form) for value in values]
    type_ = values[0].type
    if not is_float(type_) or len(values) != 2:
        sql = f"{site.name}({', '.join(value.sql for value in values)})"
        sql = values[0].sql if len(values) == 1 else sql
        return make(sql, type_, form, of=tuple(values))
    sign = ">" if site.name == "greatest" else "<"
    left, right = values
    sql = f"CASE WHEN {left.operand} {sign} {right.operand} THEN {left.sql} "
    if type_.is_nullable:
        sql += f"WHEN {left.operand} IS NOT NULL THEN {right.sql} END"
    else:
        sql += f"ELSE {right.sql} END"
    return make(sql, type_, form, of=(left, right))


def _if_not_finite(site: Site) -> Value:
    value, other = united(site, site.arguments)
    sql = f"IF(is_finite({value.sql}), {value.sql}, {other.sql})"
    return make(sql, value.type, value.form, of=(value, other))


# Bits


def bit_type(values: Sequence[Value]) -> ColumnType:
    """Return the type of a bitwise result: the widest one, signed if an operand is."""
    bits = max(int((v.type.bare.family.name.lstrip("UInt")) or 8) for v in values
               if v.type.bare.family.group is not Group.BOOL)  # fmt: skip
    signed = any(is_integer(v.type) and not is_unsigned(v.type) for v in values)
    return type_of(f"{'' if signed else 'U'}Int{bits}")


def _bits(site: Site) -> Value:
    values = site.arguments
    if any(value.type.bare.family.group is not Group.INTEGER for value in values):
        raise site.fail(f"of {values[0].type} is not supported")
    type_ = bit_type(values)
    names = {
        "bitAnd": "bitwise_and", "bitOr": "bitwise_or", "bitXor": "bitwise_xor",
    }  # fmt: skip
    sql = f"{names[site.name]}({values[0].sql}, {values[1].sql})"
    return wrapped(sql, type_, values, fits=all(_fits(v.type, type_) for v in values))


def _fits(narrow: ColumnType, wide: ColumnType) -> bool:
    one, other = narrow.bare.family, wide.bare.family
    assert one.least is not None
    assert one.greatest is not None
    assert other.least is not None
    assert other.greatest is not None
    return one.least >= other.least and one.greatest <= other.greatest


def wrapped(sql: str, type_: ColumnType, of: Sequence[Value], *, fits: bool) -> Value:
    """Return a signed 64-bit result as one of a type, whose bits it has."""
    made = make(sql, type_of("Int64"), "bigint", of=tuple(of))
    return made.retyped(type_) if fits else replace(cast(made, type_), type=type_)


def _bit_not(site: Site) -> Value:
    (value,) = site.arguments
    type_ = value.type.bare
    if type_.family.group is not Group.INTEGER or value.form == WIDE:
        raise site.fail(f"of {value.type} is not supported")
    return wrapped(f"bitwise_not({as_bigint(value).sql})", type_, (value,),
                    fits=not is_unsigned(type_))  # fmt: skip


def _bit_test(site: Site) -> Value:
    value, position = site.arguments
    sql = f"bitwise_and(bitwise_right_shift({value.sql}, CAST({position.sql} AS integer)), 1)"
    return make(sql, _UINT8, "bigint", of=(value, position))


def _bit_count(site: Site) -> Value:
    (value,) = site.arguments
    bits = 64
    if is_integer(value.type) and not is_unsigned(value.type):
        bits = int(value.type.bare.family.name[3:])
    return make(f"bit_count({value.sql}, {bits})", _UINT8, "bigint", of=(value,))


def _rows(
    kinds: tuple[str, ...], returns: str, forms: dict[str, str], note: str = ""
) -> dict[str, Function]:
    return {name: Function(kinds, returns, form, note=note) for name, form in forms.items()}


_LOG1P = (
    "CASE WHEN 1e0 + {0} = 1e0 THEN {0} WHEN {0} > 1e10 THEN ln(1e0 + {0}) "
    "ELSE {0} * ln(1e0 + {0}) / ((1e0 + {0}) - 1e0) END"
)
_RANDOM = "another random value than ClickHouse's"

NUMBERS: dict[str, Function] = {
    **{name: Function(("number", "constant?"), same(), _round) for name in (
        "round", "roundBankers", "floor", "ceil", "trunc")},
    "abs": Function(("number",), "UInt8", _abs),
    "sign": Function(("number",), "Int8", _sign),
    **{name: Function(("any*",), "UInt8", _extreme,
                      note="of three floats or more NaN is left out")
       for name in ("greatest", "least")},
    **_rows(("double", "double"), "Float64", {
        "max2": "CASE WHEN {0} > {1} THEN {0} WHEN {0} IS NOT NULL THEN {1} END",
        "min2": "CASE WHEN {0} < {1} THEN {0} WHEN {0} IS NOT NULL THEN {1} END",
    }),
    # of floats
    **_rows(("double",), "Float64", {
        "sqrt": "sqrt({0})", "cbrt": "cbrt({0})", "exp": "exp({0})", "exp2": "power(2e0, {0})",
        "exp10": "power(1e1, {0})", "log": "ln({0})", "log2": "log2({0})", "log10": "log10({0})",
        "log1p": _LOG1P,
        "sin": "sin({0})", "cos": "cos({0})", "tan": "tan({0})", "asin": "asin({0})",
        "acos": "acos({0})", "atan": "atan({0})", "cosh": "cosh({0})",
        "sinh": "tanh({0}) * cosh({0})",
        "degrees": "degrees({0})", "radians": "radians({0})",
    }),
    "tanh": Function(("double",), "Float64", "tanh({0})",
                     note="ClickHouse's is only good to 1e-7 near zero"),
    "pow": Function(("double", "double"), "Float64", "power({0}, {1})",
                    note="NaN, not 1, for 1 to the power of NaN and 1 or -1 to that of infinity; "
                         "the sign of powers beyond 2^53 of negative numbers"),
    "atan2": Function(("double", "double"), "Float64", "atan2({0}, {1})"),
    "hypot": Function(("double", "double"), "Float64", "sqrt({0} * {0} + {1} * {1})",
                      note="infinite where a square is greater than 1.8e308"),
    "pi": Function((), "Float64", "pi()"),
    "e": Function((), "Float64", "e()"),
    **{name: Function(("double",), "UInt8", sql, form="boolean") for name, sql in (
        ("isNaN", "is_nan({0})"), ("isFinite", "is_finite({0})"),
        ("isInfinite", "is_infinite({0})"))},
    "ifNotFinite": Function(("number", "number"), "Float64", _if_not_finite, nulls="own"),
    # of bits
    **{name: Function(("int", "int"), "UInt8", _bits) for name in ("bitAnd", "bitOr", "bitXor")},
    "bitNot": Function(("integer",), "UInt8", _bit_not),
    "bitTest": Function(("int", "int"), "UInt8", _bit_test),
    "bitCount": Function(("int",), "UInt8", _bit_count),
    # of chance
    "rand": Function((), "UInt32", "CAST(floor(random() * 4294967296e0) AS bigint)",
                     note=_RANDOM, is_constant=False),
    "rand64": Function((), "UInt64", "CAST(floor(random() * 9223372036854775807e0) AS bigint)",
                       form="bigint", note=f"{_RANDOM}, below 2^63", is_constant=False),
    "randCanonical": Function((), "Float64", "random()", note=_RANDOM, is_constant=False),
    "generateUUIDv4": Function((), "UUID", "CAST(uuid() AS varchar)", note=_RANDOM,
                               is_constant=False),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "ROUND": "round", "FLOOR": "floor", "CEIL": "ceil", "CEILING": "ceil", "TRUNC": "trunc",
    "TRUNCATE": "trunc", "ABS": "abs", "SIGN": "sign", "GREATEST": "greatest", "LEAST": "least",
    "MAX2": "max2", "MIN2": "min2", "SQRT": "sqrt", "EXP": "exp", "LOG": "log", "LN": "log",
    "LOG2": "log2", "LOG10": "log10", "SIN": "sin", "COS": "cos", "TAN": "tan", "ASIN": "asin",
    "ACOS": "acos", "ATAN": "atan", "DEGREES": "degrees", "RADIANS": "radians", "POW": "pow",
    "POWER": "pow", "ATAN2": "atan2", "HYPOT": "hypot", "PI": "pi", "RAND": "rand",
    "rand32": "rand",
}  # fmt: skip
