"""Functions of integers: shifts, common divisors, and values rounded down to given ones."""

from math import factorial

from martlet.translate.convert import as_number, make
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.lambdas import array_argument, element_of, numbers
from martlet.translate.functions.numbers import bit_type, wrapped
from martlet.translate.functions.operators import united
from martlet.translate.functions.strings import number_of, result
from martlet.translate.syntax import Literal
from martlet.translate.typing import arithmetic, is_integer, is_unsigned
from martlet.translate.value import WIDE, Value
from martlet.types import Group


def _shift(site: Site) -> Value:
    value, count = site.arguments
    for index, argument in enumerate(site.arguments):
        if argument.type.bare.family.group is not Group.INTEGER:
            raise site.fail(f"of {argument.type} is not supported", index=index)
    known = number_of(count)
    if known is not None and known < 0:
        raise site.fail("the number of bits must not be negative", index=1)
    type_ = bit_type(site.arguments)
    if site.name == "bitShiftLeft":
        sql = f"bitwise_left_shift({value.sql}, CAST({count.sql} AS integer))"
        return wrapped(sql, type_, (value, count), fits=str(type_) == "Int64")
    bits = (type_.family.greatest - type_.family.least).bit_length()  # type: ignore[operator]
    sql = f"bitwise_right_shift_arithmetic({value.sql}, CAST({count.sql} AS integer))"
    if known is None or known >= bits:
        sql = f"IF({count.operand} >= {bits}, 0, {sql})"
    return wrapped(sql, type_, (value, count), fits=True)


# Euclid's steps; 92 are enough for two numbers of 64 bits.
_DIVISOR = (
    "reduce(repeat(0, 92), CAST(ROW({0}, {1}) AS row(a bigint, b bigint)), (s, x) -> "
    "IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1]))"
)


def _common(template: str) -> Rule:
    """Return a rule for the greatest common divisor or the least common multiple."""

    def rule(site: Site) -> Value:
        left, right = site.arguments
        type_ = arithmetic("plus", left.type.bare, right.type.bare)
        if type_ is None or not is_integer(type_):
            raise site.fail(f"of {left.type} and {right.type} is not supported")
        sql = template.replace("{d}", _DIVISOR)
        sql = sql.replace("{0}", left.operand).replace("{1}", right.operand)
        return make(sql, type_, "bigint", of=(left, right))

    return rule


_FACTORIALS = ", ".join(f"BIGINT '{factorial(n)}'" for n in range(1, 21))


def _factorial(site: Site) -> Value:
    (value,) = site.arguments
    sql = f"ARRAY[{_FACTORIALS}][greatest({value.sql}, 1)]"
    return result(site, sql, "UInt64", "bigint")


def _round_down(site: Site) -> Value:
    """Return the greatest of given numbers that is not above a value, else the least one."""
    value, given = site.arguments[0], numbers(site, array_argument(site, 1))
    element = element_of(given)
    wanted, like = united(site, [value, element])
    if like.sql != "x":
        given = make(f"transform({given.sql}, x -> {like.sql})", given.type,
                     f"array({like.form})", of=(given,))  # fmt: skip
    below = f"array_max(filter({given.sql}, x -> x <= {wanted.sql}))"
    sql = f"coalesce({below}, array_min({given.sql}))"
    if wanted.is_nullable:
        sql = f"IF({wanted.operand} IS NOT NULL, {sql})"
    return make(sql, wanted.type, wanted.form, of=(value, given))


def _steps(type_: str, *steps: tuple[int, int]) -> Rule:
    """Return a rule for ranges: below the first number of a pair it is the second one."""

    def rule(site: Site) -> Value:
        value = as_number(site.arguments[0])
        cases = " ".join(f"WHEN {value.operand} < {bound} THEN {n}" for bound, n in steps[:-1])
        last = f"WHEN {value.operand} IS NOT NULL THEN {steps[-1][1]}"
        return result(site, f"CASE {cases} {last} END", type_, "integer")

    return rule


_AGES = ((1, 0), (18, 17), (25, 18), (35, 25), (45, 35), (55, 45), (0, 55))
_DURATIONS = ((1, 0), (10, 1), (30, 10), (60, 30), (120, 60), (180, 120), (240, 180), (300, 240),
              (600, 300), (1200, 600), (1800, 1200), (3600, 1800), (7200, 3600), (18_000, 7200),
              (36_000, 18_000), (0, 36_000))  # fmt: skip


_BUCKETS = {"UInt8": "UInt16", "Bool": "UInt16", "UInt16": "UInt32"}


def _bucket(site: Site) -> Value:
    type_ = _BUCKETS.get(site.arguments[3].type.bare.family.name, "UInt64")
    low, high = (argument.operand for argument in site.arguments[1:3])
    inner = ", ".join(argument.sql for argument in site.arguments)
    sql = f"width_bucket({inner})"
    bounds = [a.value for a in site.call.arguments[1:3]
              if isinstance(a, Literal) and isinstance(a.value, int | float)]  # fmt: skip
    if len(bounds) < 2 or bounds[0] >= bounds[1]:  # where they are no bounds Trino turns them
        tests = [f"{low} >= {high}"]
        tests += [f"{a.operand} IS NOT NULL" for a in site.arguments if a.is_nullable]
        sql = f"IF({' AND '.join(tests)}, 0, {sql})"
    return result(site, sql, type_, "bigint")


def _clamp(site: Site) -> Value:
    values = united(site, site.arguments)
    first, low, high = (value.sql for value in values)
    sql = f"least(greatest({first}, {low}), {high})"
    return make(sql, values[0].type, values[0].form, of=tuple(values))


def _power_below(site: Site) -> Value:
    (value,) = site.arguments
    if not is_unsigned(value.type) or value.form == WIDE:
        raise site.fail(f"of {value.type} is not supported")
    sql = f"bitwise_left_shift(BIGINT '1', CAST(length(to_base({value.sql}, 2)) - 1 AS integer))"
    return make(f"IF({value.operand} = 0, 0, {sql})", value.type.bare, "bigint", of=(value,))


_PAIR = ("int", "int")

INTEGERS: dict[str, Function] = {
    "bitShiftLeft": Function(_PAIR, "UInt8", _shift),
    "bitShiftRight": Function(_PAIR, "UInt8", _shift),
    "gcd": Function(_PAIR, "UInt8", _common("{d}"), note="0 is no error"),
    "lcm": Function(_PAIR, "UInt8", _common("abs({0} / {d} * {1})"),
                    note="an error beyond 64 bits, not wrapped"),
    "factorial": Function(("int",), "UInt64", _factorial),
    "roundDown": Function(("number", "array"), "UInt8", _round_down),
    "roundAge": Function(("number",), "UInt8", _steps("UInt8", *_AGES)),
    "roundDuration": Function(("number",), "UInt16", _steps("UInt16", *_DURATIONS)),
    "roundToExp2": Function(("int",), "UInt8", _power_below),
    "widthBucket": Function(("double", "double", "double", "int"), "UInt16", _bucket,
                            note="NaN is an error"),
    "clamp": Function(("number", "number", "number"), "UInt8", _clamp),
    "sigmoid": Function(("double",), "Float64", "1e0 / (1e0 + exp(-{0}))"),
    "ignore": Function(("any*",), "UInt8", lambda site: result(site, "0", "UInt8", "integer"),
                       nulls="own", low_cardinality=False),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "GCD": "gcd", "LCM": "lcm", "FACTORIAL": "factorial", "WIDTH_BUCKET": "widthBucket",
}  # fmt: skip

REFUSED: dict[str, str] = {
    **dict.fromkeys(("intExp2", "intExp10"), "use pow"),
    "sqr": "write x * x",
    **dict.fromkeys(("bitRotateLeft", "bitRotateRight"), "use bitShiftLeft() and bitShiftRight()"),
    **dict.fromkeys(("erf", "erfc", "lgamma", "tgamma", "asinh", "acosh", "atanh"),
                    "Athena has no such function"),
    **dict.fromkeys(("divideOrNull", "moduloOrNull", "intDivOrNull", "positiveModuloOrNull"),
                    "use nullIf(divisor, 0)"),
    "moduloOrZero": "use if (divisor = 0, 0, ...)",
    **dict.fromkeys(("divideDecimal", "multiplyDecimal"), "use / and * or convert to Float64"),
}  # fmt: skip
