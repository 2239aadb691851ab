"""The types of expressions: common types, wrappers, literals and the results of arithmetic.

The rules are ClickHouse's own (getLeastSupertype and NumberTraits in its source), measured on chDB
26.9 with Martlet's settings; tests/translate/test_typing.py compares every pair of types. None
stands for what ClickHouse refuses.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from martlet.errors import SqlError, TypeSyntaxError
from martlet.sql.lexer import Lexeme, lex
from martlet.types import FAMILIES, ColumnType, Family, Group, _Parser, element_name

# From short to long; the last three have no fixed number of seconds.
INTERVALS = tuple(
    f"Interval{unit}"
    for unit in ("Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "Day",
                 "Week", "Month", "Quarter", "Year")
)  # fmt: skip
_MONTH = INTERVALS.index("IntervalMonth")
_INTERVAL_FAMILIES = {name: Family(name, Group.OTHER, ingested=False) for name in INTERVALS}
_INTERVAL_SCALES = {"IntervalNanosecond": 9, "IntervalMicrosecond": 6, "IntervalMillisecond": 3}
_CLOCK_INTERVALS = {"IntervalSecond", "IntervalMinute", "IntervalHour"}

# A value of these cannot be NULL, and `toNullable` refuses them or leaves them as they are.
_NEVER_NULLABLE = {"Array", "Map", "Nested", "AggregateFunction", "Variant", "Dynamic"}

# The digits that a Decimal can be stored with -> bits of it.
_DECIMALS = {9: 32, 18: 64, 38: 128, 76: 256}
# What ClickHouse holds as an unsigned integer -> bits of it.
_WIDTHS = {"Bool": 8, "IPv4": 32, "IPv6": 128}

# Digits that an integer of so many bits needs in a Decimal, signed and not (128 bits have none).
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19}


class _Expressions(_Parser):
    """The grammar of column types, with the types that only expressions have."""

    def family(self, word: Lexeme) -> Family:
        return _INTERVAL_FAMILIES.get(word.text) or super().family(word)

    def nested_type(self, text: str, at: Lexeme) -> ColumnType:
        return type_of(text)

    def check(self, result: ColumnType, word: Lexeme) -> None:
        inside = [item.family.name for item in result.inner]
        # A column cannot have these, NULL beside a tuple and toNullable(json) do.
        if result.family.name != "Nullable" or inside not in (["Tuple"], ["JSON"]):
            super().check(result, word)


@lru_cache(maxsize=4096)
def type_of(text: str) -> ColumnType:
    """Return the type that a text writes, of a column or of an expression.

    Raises:
        TypeSyntaxError: not a type.
    """
    try:
        return _Expressions(text, list(lex(text))).whole()
    except SqlError as error:
        raise TypeSyntaxError(error.message, offset=error.offset) from error


NOTHING = type_of("Nothing")
NULL = type_of("Nullable(Nothing)")
STRING = type_of("String")
FLOAT64 = type_of("Float64")
DYNAMIC = type_of("Dynamic")

# A literal from 2^32 to 2^63-1. ClickHouse says UInt64, but beside a signed integer it is an
# Int64, also behind a function that hands its argument's type on and inside an array of one such.
# It is not equal to `type_of("UInt64")`; compare texts or families.
LITERAL_UINT64 = ColumnType(FAMILIES["UInt64"], names=("maybe signed",))


@lru_cache(maxsize=4096)
def canonical(column: ColumnType) -> ColumnType:
    """Return the type as DESCRIBE prints it for a column declared with this one; not Nested's."""
    name, group = column.family.name, column.family.group
    if group is Group.DECIMAL:
        return _decimal(column.precision, column.scale)
    if group is Group.ENUM:
        values = sorted(column.enum_values.items(), key=lambda item: item[1])
        fits = all(-128 <= number <= 127 for _, number in values)
        width = 16 if name == "Enum16" or not fits else 8
        return type_of(f"Enum{width}({', '.join(f'{_quote(t)} = {n}' for t, n in values)})")
    if group in (Group.DATETIME, Group.DATETIME64):
        scale = column.scale if group is Group.DATETIME64 else None
        return _datetime(scale, column.time_zone)
    if name in ("Nested", "JSON", "Object") or not column.inner:
        return column
    if group is Group.STATE or name == "SimpleAggregateFunction":
        function = re.sub(r",\s*", ", ", str(column.arguments[0]))
        parts = [function, *(str(canonical(item)) for item in column.inner)]
        return type_of(f"{name}({', '.join(parts)})")
    return _container(name, [canonical(item) for item in column.inner], column.names)


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _container(name: str, inner: Sequence[ColumnType], names: Sequence[str] = ()) -> ColumnType:
    """Return a type around others, which are kept as they are, a marked literal too."""
    texts = [str(item) for item in inner]
    if names:
        texts = [f"{element_name(n)} {text}" for n, text in zip(names, texts, strict=True)]
    return ColumnType(FAMILIES[name], tuple(inner), tuple(names), ", ".join(texts))


def array_of(element: ColumnType) -> ColumnType:
    """Return the type of arrays of these."""
    return _container("Array", (element,))


def map_of(key: ColumnType, value: ColumnType) -> ColumnType:
    """Return the type of maps from these to those."""
    return _container("Map", (key, value))


def tuple_of(types: Sequence[ColumnType], names: Sequence[str] = ()) -> ColumnType:
    """Return the type of tuples of these, with names or without."""
    return _container("Tuple", types, names)


def low_cardinality(column: ColumnType) -> ColumnType:
    """Return the type as a dictionary holds it."""
    return column if is_low_cardinality(column) else _container("LowCardinality", (column,))


def nullable(column: ColumnType) -> ColumnType:
    """Return the type with NULL; arrays, maps, states and Dynamic have none and stay."""
    if column.is_nullable or column.family.name in _NEVER_NULLABLE:
        return column
    if is_low_cardinality(column):
        return _container("LowCardinality", (nullable(column.inner[0]),))
    return _container("Nullable", (column,))


def not_null(column: ColumnType) -> ColumnType:
    """Return the type without NULL, as `assumeNotNull` gives it."""
    if not column.is_nullable:
        return column
    inner = not_null(column.inner[-1])
    return _container("LowCardinality", (inner,)) if is_low_cardinality(column) else inner


def is_low_cardinality(column: ColumnType) -> bool:
    """Whether values are held in a dictionary."""
    return column.family.name == "LowCardinality"


def without_low_cardinality(column: ColumnType, *, deep: bool = False) -> ColumnType:
    """Return the type without its dictionary, and with `deep` without those inside of it."""
    if is_low_cardinality(column):
        return without_low_cardinality(column.inner[0], deep=deep)
    if deep and column.family.name in ("Array", "Map", "Tuple", "Nullable"):
        inner = [without_low_cardinality(item, deep=True) for item in column.inner]
        return _container(column.family.name, inner, column.names)
    return column


def _is(*groups: Group) -> Callable[[ColumnType], bool]:
    members = frozenset(groups)

    def is_member(column: ColumnType) -> bool:
        return column.bare.family.group in members

    return is_member


# What a type is under its wrappers.
is_integer = _is(Group.INTEGER)
is_float = _is(Group.FLOAT)
is_decimal = _is(Group.DECIMAL)
is_number = _is(Group.INTEGER, Group.FLOAT, Group.DECIMAL, Group.BOOL)
is_string = _is(Group.STRING, Group.FIXED_STRING)
is_date = _is(Group.DATE)
is_datetime = _is(Group.DATETIME, Group.DATETIME64)
is_time = _is(Group.DATE, Group.DATETIME, Group.DATETIME64)
is_array = _is(Group.ARRAY)
is_map = _is(Group.MAP)
is_tuple = _is(Group.TUPLE)


def is_unsigned(column: ColumnType) -> bool:
    """Whether values are integers without a sign."""
    return column.bare.family.name.startswith("UInt")


def is_interval(column: ColumnType) -> bool:
    """Whether values are numbers of a unit of time."""
    return column.bare.family.name in _INTERVAL_FAMILIES


@lru_cache(maxsize=1024, typed=True)
def literal_type(value: int | float | str | bool | None) -> ColumnType:
    """Return the type of a literal: the narrowest integer, Float64 for those beyond 64 bits."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return type_of("Bool")
    if isinstance(value, str):
        return STRING
    if isinstance(value, float) or not -(2**63) <= value < 2**64:
        return FLOAT64
    if 2**32 <= value < 2**63:
        return LITERAL_UINT64
    if value < 0:
        bits = next(size for size in (8, 16, 32, 64) if value >= -(2 ** (size - 1)))
        return type_of(f"Int{bits}")
    return type_of(f"UInt{next(size for size in (8, 16, 32, 64) if value < 2**size)}")


def supertype(types: Sequence[ColumnType]) -> ColumnType | None:
    """Return the least type that holds values of all, as in `[a, b]`, `if` and UNION.

    `if` and its like take the dictionaries off first (`without_low_cardinality(deep=True)`).
    """
    first = types[0] if types else NOTHING
    if all(item is first for item in types):
        return first
    return _supertype(tuple(types))


@lru_cache(maxsize=8192)
def _supertype(types: tuple[ColumnType, ...]) -> ColumnType | None:
    # What differs only in a zone, a name or a precision is one type, and the first one wins.
    if len({_identity(item) for item in types}) == 1:
        return types[0]
    types = tuple(item for item in types if item.family.name != "Nothing")
    if len(types) == 1:
        return types[0]
    if any(item.family.name == "Dynamic" for item in types):
        return DYNAMIC
    plain = tuple(map(_without_alias, types))
    if any(map(is_low_cardinality, plain)):
        pairs = zip(types, plain, strict=True)
        common = supertype([p.inner[0] if is_low_cardinality(p) else item for item, p in pairs])
        kept = common is not None and all(map(is_low_cardinality, plain))
        return low_cardinality(common) if kept and common else common
    types = plain
    if any(item.family.name == "Nullable" for item in types):
        present = [not_null(item) for item in types if item.family.name != "Nullable"
                   or item.inner[0].family.name != "Nothing"]  # fmt: skip
        common = supertype(present)
        return nullable(common) if common and common.family.name not in _NEVER_NULLABLE else None
    families = {item.family.name for item in types}
    if families <= {"Array", "Map", "Tuple"}:
        return _element_wise(types) if len(families) == 1 else None
    return next((common(types) for takes, common in _COMMON if any(map(takes, types))), None)


def _identity(column: ColumnType) -> str:
    """Return a text that is the same for types that ClickHouse takes for one."""
    name, group = column.family.name, column.family.group
    if name == "SimpleAggregateFunction" and column.inner:
        return _identity(column.inner[-1])
    if group is Group.BOOL:
        return "UInt8"
    if group is Group.DATETIME:
        return "DateTime"
    if group is Group.DATETIME64:
        return f"DateTime64({column.scale})"
    if group is Group.DECIMAL:
        return f"Decimal({_widest(column.precision)}, {column.scale})"
    if group is Group.ENUM:
        return str(canonical(column))
    if group in (Group.ARRAY, Group.MAP, Group.TUPLE, Group.WRAPPER):
        inner = ", ".join(_identity(item) for item in column.inner)
        return f"{name}({'`'.join(column.names)}: {inner})"
    return str(column)


def _without_alias(column: ColumnType) -> ColumnType:
    """Return what SimpleAggregateFunction is a name for, where that is a wrapper itself."""
    if column.family.name == "SimpleAggregateFunction" and column.inner:
        inner = column.inner[-1]
        return inner if inner.family.group is Group.WRAPPER else column
    return column


def _element_wise(types: tuple[ColumnType, ...]) -> ColumnType | None:
    if len({len(item.inner) for item in types}) != 1:
        return None
    common = [supertype(column) for column in zip(*(t.inner for t in types), strict=True)]
    inner = [item for item in common if item is not None]
    if len(inner) != len(common):
        return None
    names = types[0].names if all(item.names == types[0].names for item in types) else ()
    return _container(types[0].family.name, inner, names)


def _is_json(column: ColumnType) -> bool:
    return column.family.group is Group.JSON


def _common_json(types: tuple[ColumnType, ...]) -> ColumnType | None:
    return type_of("JSON") if all(map(_is_json, types)) else None


def _common_interval(types: tuple[ColumnType, ...]) -> ColumnType | None:
    """Return the finest unit; plain numbers beside it are counted in it."""
    units = [INTERVALS.index(item.family.name) for item in types if is_interval(item)]
    if min(units) < _MONTH <= max(units):
        return None
    numbers = [item for item in types if not is_interval(item)]
    if numbers and min(units) == INTERVALS.index("IntervalYear"):
        return None  # years alone take no numbers: ClickHouse's slip
    if not all((is_number(n) and not is_decimal(n)) or _is_signed(n) for n in numbers):
        return None
    return type_of(INTERVALS[min(units)])


def _common_string(types: tuple[ColumnType, ...]) -> ColumnType | None:
    texts = all(is_string(item) or item.bare.family.group is Group.ENUM for item in types)
    return STRING if texts else None


def _common_time(types: tuple[ColumnType, ...]) -> ColumnType | None:
    if not all(map(is_time, types)):
        return None
    fine = [item for item in types if item.family.group is Group.DATETIME64]
    if fine:
        scale = max(item.scale for item in fine)
        return next(item for item in reversed(fine) if item.scale == scale)
    coarse = [item for item in types if item.family.name == "DateTime"]
    if any(item.family.name == "Date32" for item in types):
        return _datetime(0, None) if coarse else type_of("Date32")
    return coarse[0]


def _common_decimal(types: tuple[ColumnType, ...]) -> ColumnType | None:
    decimals = [item.bare for item in types if is_decimal(item)]
    sizes = [_bits(item) for item in types if not is_decimal(item)]
    if not all(bits in _DIGITS for bits in sizes) or not all(
        is_number(item) and not is_float(item) for item in types
    ):
        return None
    scale = max(item.scale for item in decimals)
    precision = max(_widest(item.precision) for item in decimals)
    unsigned = max((_bits(t) for t in types if is_unsigned(t)), default=0)
    widest = max(sizes, default=0)
    if widest:
        digits = _DIGITS[widest] + (widest == unsigned == 64)
        if scale == 0 and widest != unsigned and widest in (32, 64):
            digits -= 1  # ClickHouse's exception: an Int32 fits Decimal(9, 0), an Int64 (18, 0)
        precision = max(precision, scale + digits)
    return _decimal(_widest(precision), scale) if precision <= max(_DECIMALS) else None


def _common_number(types: tuple[ColumnType, ...]) -> ColumnType | None:
    if any(_is_signed(item) for item in types):
        types = tuple(type_of("Int64") if t == LITERAL_UINT64 else t for t in types)
    addresses = {item.bare.family.name for item in types if item.bare.family.group is Group.IP}
    signed = [_bits(item) for item in types if _is_signed(item)]
    unsigned = [_bits(item) for item in types if not _is_signed(item) and not is_float(item)]
    floats = [int(item.bare.family.name[5:]) for item in types if is_float(item)]
    if 0 in signed + unsigned or "IPv6" in addresses or (addresses and (signed or floats)):
        return None
    widest = max(signed + unsigned, default=0)
    if floats:  # Float32 holds 24 bits, Float64 holds 53
        return type_of(f"Float{max(*floats, 64 if widest == 32 else 32)}") if widest < 64 else None
    if not signed:
        return type_of(f"UInt{widest}")
    bits = widest
    if unsigned and max(unsigned) >= max(signed):
        bits *= 2  # room for the sign, but not from 64 to 128 bits
    return None if bits > 256 or (bits == 128 and widest == 64) else type_of(f"Int{bits}")


# The first row that takes any of the types decides.
_Common: TypeAlias = Callable[[tuple[ColumnType, ...]], ColumnType | None]
_COMMON: tuple[tuple[Callable[[ColumnType], bool], _Common], ...] = (
    (_is_json, _common_json),
    (is_interval, _common_interval),
    (is_string, _common_string),
    (is_time, _common_time),
    (is_decimal, _common_decimal),
    (lambda column: True, _common_number),
)


def _bits(column: ColumnType) -> int:
    """Return the width of an integer or what ClickHouse holds as one, 0 for all else."""
    name = column.bare.family.name
    if column.bare.family.group is Group.ENUM:
        name = str(canonical(column.bare).family.name)
    if name in _WIDTHS:
        return _WIDTHS[name]
    digits = name.lstrip("UIntEum")
    return int(digits) if digits.isdigit() and name != f"Float{digits}" else 0


def _is_signed(column: ColumnType) -> bool:
    bare = column.bare
    return bare.family.group is Group.ENUM or (is_integer(bare) and not is_unsigned(bare))


def _widest(precision: int) -> int:
    """Return the digits of the storage that a precision needs."""
    return next(digits for digits in _DECIMALS if precision <= digits)


def _decimal(precision: int, scale: int) -> ColumnType:
    return type_of(f"Decimal({precision}, {scale})")


def _datetime(scale: int | None, zone: str | None) -> ColumnType:
    arguments = [str(scale)] if scale is not None else []
    arguments += [f"'{zone}'"] if zone else []
    name = "DateTime" if scale is None else "DateTime64"
    return type_of(f"{name}({', '.join(arguments)})" if arguments else name)


@lru_cache(maxsize=8192)
def arithmetic(operator: str, left: ColumnType, right: ColumnType) -> ColumnType | None:
    """Return the type of `plus(left, right)` and the like; dictionaries do not count.

    Arrays and tuples, which ClickHouse takes element by element, and states are not covered.
    """
    if "Dynamic" in (left.family.name, right.family.name):
        return DYNAMIC
    if NULL in (left, right):
        return NULL
    result = _RESULTS[operator](operator, left.bare, right.bare)
    return nullable(result) if result and (left.is_nullable or right.is_nullable) else result


@lru_cache(maxsize=1024)
def unary(operator: str, operand: ColumnType) -> ColumnType | None:
    """Return the type of `negate(operand)` or `abs(operand)`; dictionaries do not count."""
    bare, bits = operand.bare, _bits(operand)
    result: ColumnType | None = None
    if operand == NULL or bare == DYNAMIC:
        return operand
    if is_float(bare) or is_decimal(bare) or (operator == "negate" and is_interval(bare)):
        result = bare
    elif is_number(bare):
        if operator == "abs":
            result = type_of(f"UInt{bits}")
        else:
            result = type_of(f"Int{bits if _is_signed(bare) else _wider(bits)}")
    return nullable(result) if result and operand.is_nullable else result


def _sum(operator: str, left: ColumnType, right: ColumnType) -> ColumnType | None:
    if operator == "plus" and (
        (is_interval(left) and not is_interval(right)) or (is_time(right) and not is_time(left))
    ):
        left, right = right, left
    if is_interval(right):
        return _moved(left, right)
    if is_time(left) and is_time(right):
        return _difference(left, right) if operator == "minus" else None
    if is_time(left):
        return left if _is_step(right) else None
    return _number(operator, left, right)


def _moved(left: ColumnType, interval: ColumnType) -> ColumnType | None:
    """Return the type of a time, a text or an interval and an interval added."""
    name = interval.family.name
    scale = _INTERVAL_SCALES.get(name, 0)
    if is_interval(left):
        return left if left == interval else tuple_of((left, interval))
    if left == STRING:
        return _datetime(max(3, scale), None)
    if is_datetime(left):
        if left.family.name == "DateTime64" or scale:
            coarse = left.scale if left.family.name == "DateTime64" else 0
            return _datetime(max(coarse, scale), left.time_zone)
        return left
    if not is_date(left) or scale:
        return None
    if name in _CLOCK_INTERVALS:
        return _datetime(None if left.family.name == "Date" else 3, None)
    return left


def _difference(left: ColumnType, right: ColumnType) -> ColumnType | None:
    names = {left.family.name, right.family.name}
    if "DateTime64" in names and names <= {"DateTime", "DateTime64"}:
        fine = [item.scale for item in (left, right) if item.family.name == "DateTime64"]
        return _decimal(18, max(fine))
    return type_of("Int32") if names in ({"Date"}, {"DateTime"}) else None


def _is_step(column: ColumnType) -> bool:
    """Whether a number can be added to a time: no Decimal and nothing beyond 64 bits."""
    return is_float(column) or (is_number(column) and 0 < _bits(column) <= 64)


def _modulo(operator: str, left: ColumnType, right: ColumnType) -> ColumnType | None:
    if left.family.name in ("Date", "DateTime"):
        if not _is_step(right):
            return None
        if is_float(right):
            return FLOAT64
        return type_of("UInt8") if right.family.group is Group.BOOL else right
    return _number(operator, left, right)


def _number(operator: str, left: ColumnType, right: ColumnType) -> ColumnType | None:
    operands = (left, right)
    others = [item for item in operands if not is_number(item)]
    if not all(item.family.group is Group.IP for item in others):
        return None
    inexact = any(is_float(item) or is_decimal(item) for item in operands)
    if others and (inexact or len({item.family.name for item in others}) > 1):
        return None
    if operator.startswith("intDiv"):
        return _whole(left, right)
    if any(is_decimal(item) for item in operands):
        return _decimal_number(operator, left, right)
    if operator == "divide":
        return FLOAT64
    if any(is_float(item) for item in operands):
        wide = operator in ("plus", "minus", "multiply") and max(map(_bits, operands)) > 64
        return None if wide else FLOAT64
    if operator in ("modulo", "positiveModulo", "pmod"):
        if operator == "modulo" and _is_signed(left):
            return type_of(f"Int{_wider(_bits(right))}")
        return type_of(f"UInt{_bits(right)}")  # also where the divisor is signed
    signed = operator == "minus" or any(map(_is_signed, operands))
    return type_of(f"{'' if signed else 'U'}Int{_wider(max(map(_bits, operands)))}")


def _whole(left: ColumnType, right: ColumnType) -> ColumnType | None:
    """Return the type of a quotient cut to an integer: the width of the dividend."""
    if is_decimal(left):
        if is_decimal(right) and left.scale < right.scale:
            return None
        return type_of(f"Int{_DECIMALS[_widest(left.precision)]}")
    if is_float(left):
        return type_of(f"Int{left.family.name[5:]}")
    signed = _is_signed(left) or not (_bits(right) and not _is_signed(right))
    return type_of(f"{'' if signed else 'U'}Int{_bits(left)}")


def _decimal_number(operator: str, left: ColumnType, right: ColumnType) -> ColumnType | None:
    if is_float(left) or is_float(right):
        return FLOAT64
    if not (is_decimal(left) and is_decimal(right)):
        decimal = left if is_decimal(left) else right
        return _decimal(decimal.precision, decimal.scale)  # the integer's digits do not count
    precision = max(_widest(left.precision), _widest(right.precision))
    if operator in ("plus", "minus"):
        return _decimal(precision, max(left.scale, right.scale))
    total = left.scale + right.scale  # the dividend is scaled up to it before it is divided
    if total > precision:
        return None
    if operator == "multiply":
        return _decimal(precision, total)
    return _decimal(precision, left.scale) if left.scale >= right.scale else None


def _wider(bits: int) -> int:
    return bits * 2 if bits < 64 else bits


_RESULTS: dict[str, Callable[[str, ColumnType, ColumnType], ColumnType | None]] = {
    "plus": _sum,
    "minus": _sum,
    "multiply": _number,
    "divide": _number,
    "intDiv": _number,
    "intDivOrZero": _number,
    "modulo": _modulo,
    "positiveModulo": _modulo,
    "pmod": _modulo,
}
