"""JSON values to values of a ClickHouse type, exactly as the type stores them, or a refusal.

To add a type, add a row to `CODERS`. Every form that a coder returns was measured on chDB 26.9,
which by itself wraps integers around and clamps times without a word.
"""

import ipaddress
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation

from martlet.errors import TypeSyntaxError
from martlet.ingest.objects import object_text, read_object, typed_paths
from martlet.ingest.times import Many, Takes, date_takes, time_takes
from martlet.ingest.values import (
    MISSING,
    MismatchError,
    Missing,
    Number,
    json_text,
)
from martlet.types import FAMILIES, ColumnType, Group

# Zeros and then 78 digits at most, which is as many as UInt256 has.
_INTEGER_TEXT = re.compile(r"([+-]?)(?=[0-9])0*+([0-9]{0,78})")
_LONG_INTEGER_TEXT = re.compile(r"[+-]?[0-9]+")
_DECIMAL_TEXT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UUID_TEXT = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
_OUT_OF_RANGE = "out of range"
# Digits that every double carries.
_DOUBLE_DIGITS = 15
# The greatest double that is nearer to the greatest Float32 than to the power of two above it.
_GREATEST_FLOAT32 = 3.4028235677973362e38


class RefusalError(Exception):
    """A value that a type does not take.

    Attributes:
        expected: the type.
        value: the value, as read from JSON.
        reason: why, empty if that is plain.
        inside: indexes and keys from the column's value to this one.
    """

    def __init__(self, expected: ColumnType, value: object, reason: str = "") -> None:
        super().__init__(reason)
        self.expected = expected
        self.value = value
        self.reason = reason
        self.inside: list[int | str] = []


@dataclass(frozen=True, slots=True)
class Coder:
    """The way from JSON values to one type.

    Attributes:
        takes: what to do with a value of each type that the JSON readers return; a value of
            another type is refused.
        plain: those whose values stay as they are, if within the bounds.
        least: the least plain number.
        greatest: the greatest plain number.
        many: a fast way for texts only; it returns None when some text needs a closer look.
    """

    expected: ColumnType
    takes: Takes
    plain: frozenset[type] = frozenset()
    least: float | None = None
    greatest: float | None = None
    many: Many | None = None

    def one(self, value: object) -> object:
        """Return a value as stored.

        Raises:
            RefusalError: the type does not take it, or it is a float whose exact text matters.
        """
        take = self.takes.get(type(value))
        if take is None:
            raise RefusalError(self.expected, value)
        try:
            return take(value)
        except MismatchError as error:
            raise RefusalError(self.expected, value, str(error)) from error

    def are_plain(self, values: list[object], kinds: set[type]) -> bool:
        """Whether all values stay as they are; `kinds` are the types among them."""
        if not kinds <= self.plain:
            return False
        if self.least is None or self.greatest is None:
            return True
        numbers = values if kinds <= _NUMBERS else [v for v in values if type(v) in _NUMBERS]
        # All are int or float, which mypy cannot know.
        return not numbers or (
            min(numbers) >= self.least and max(numbers) <= self.greatest  # type: ignore[type-var,operator]
        )


_NUMBERS = {int, float}


def compile_type(type_: ColumnType, *, may_be_absent: bool = False) -> Coder:
    """Return the coder of a type.

    Args:
        type_: a type that events can carry.
        may_be_absent: whether `MISSING` is taken, and returned.

    Raises:
        TypeSyntaxError: there is no such type.
    """
    bare = type_.bare
    coder = CODERS.get(bare.family.group, _unreadable)(bare)
    if type_.is_nullable:
        coder = _also_takes(coder, type(None), _same)
    if may_be_absent:
        coder = _also_takes(coder, Missing, _same)
    return coder


def _also_takes(coder: Coder, kind: type, take: Callable[[object], object]) -> Coder:
    return replace(coder, takes={**coder.takes, kind: take}, plain=coder.plain | {kind})


def _same(value: object) -> object:
    return value


def _unreadable(type_: ColumnType) -> Coder:
    """Return the coder of a type that events cannot carry, such as a state of an aggregation.

    A column may have a path all the same, for the vendor's packages take such a file (measured,
    tinybird 5.0): what is absent is left to ClickHouse, and any value is refused.
    """
    return Coder(type_, {Missing: _same})


def _integer(type_: ColumnType) -> Coder:
    least, greatest = type_.family.least, type_.family.greatest
    assert least is not None
    assert greatest is not None
    bits = greatest.bit_length()

    def of_integer(value: int) -> object:
        if not least <= value <= greatest:
            raise MismatchError(_OUT_OF_RANGE)
        return str(value) if bits > 64 else value

    def of_number(number: Number) -> object:
        if not number.is_integer:
            raise MismatchError("expected a number without point and exponent")
        return of_text(number.text)

    def of_text(text: str) -> object:
        return of_integer(_integer_of(text))

    takes: Takes = {int: of_integer, Number: of_number, bool: int}
    if bits > 32:
        takes[str] = of_text
    if bits > 64:
        return Coder(type_, takes)
    return Coder(type_, takes, frozenset({int}), least, greatest)


def _integer_of(text: str) -> int:
    match = _INTEGER_TEXT.fullmatch(text)
    if match is None:
        raise MismatchError(_OUT_OF_RANGE if _LONG_INTEGER_TEXT.fullmatch(text) else "")
    return int(f"{match[1]}0{match[2]}")


def _float(type_: ColumnType) -> Coder:
    greatest = _GREATEST_FLOAT32 if type_.family.name == "Float32" else sys.float_info.max

    def of_float(value: float) -> float:
        if not -greatest <= value <= greatest:
            raise MismatchError(_OUT_OF_RANGE)
        return value

    def of_number(number: Number) -> float:
        return of_float(float(number.text))

    takes: Takes = {int: of_float, float: of_float, Number: of_number}
    return Coder(type_, takes, frozenset({int, float}), -greatest, greatest)


def _decimal(type_: ColumnType) -> Coder:
    """Return the coder of a Decimal; like ClickHouse it cuts digits beyond the scale."""
    precision, scale = type_.precision, type_.scale
    if not 0 < precision <= 76 or not 0 <= scale <= precision:
        raise TypeSyntaxError(f"{type_} has no such precision and scale")
    step = Decimal((0, (1,), -scale))
    context = Context(prec=precision + 1, rounding=ROUND_DOWN, traps=[InvalidOperation])
    # Below this a double tells apart all numbers of the scale, so its text is not needed.
    least_inexact = 10.0 ** (min(_DOUBLE_DIGITS, precision) - scale)

    def of_text(text: str) -> str:
        if not _DECIMAL_TEXT.fullmatch(text):
            raise MismatchError("")
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise MismatchError(_OUT_OF_RANGE) from error
        if value and value.adjusted() >= precision - scale:
            raise MismatchError(f"more than {precision - scale} digits before the point")
        value = value.quantize(step, context=context) if value else value
        return f"{value:f}" if value else "0"

    def of_float(value: float) -> str:
        if -least_inexact < value < least_inexact and round(value, scale) == value:
            return f"{value or 0:.{scale}f}"
        raise MismatchError("a number is not exact")

    def of_integer(value: int) -> str:
        return of_text(str(value))

    def of_number(number: Number) -> str:
        try:
            return of_float(float(number.text))
        except MismatchError:
            return of_text(number.text)

    return Coder(type_, {str: of_text, float: of_float, int: of_integer, Number: of_number})


def _bool(type_: ColumnType) -> Coder:
    def of_integer(value: int) -> bool:
        if value not in (0, 1):
            raise MismatchError("expected true, false, 1 or 0")
        return value == 1

    return Coder(type_, {bool: _same, int: of_integer}, frozenset({bool}))


def _bool_text(value: bool) -> str:
    return "true" if value else "false"


def _number_text(number: Number) -> str:
    return number.text


def _document_text(value: object) -> str:
    return json_text(value).decode()


_TEXTS: Takes = {
    str: _same,
    int: str,
    Number: _number_text,
    bool: _bool_text,
    dict: _document_text,
    list: _document_text,
}


def _string(type_: ColumnType) -> Coder:
    return Coder(type_, _TEXTS, frozenset({str}))


def _fixed_string(type_: ColumnType) -> Coder:
    length = type_.arguments[0]
    assert isinstance(length, int)

    def fits(take: Callable[..., object]) -> Callable[..., object]:
        def of_any(value: object) -> str:
            text = str(take(value))
            if len(text.encode("utf-8", "replace")) > length:
                raise MismatchError(f"longer than {length} bytes")
            return text

        return of_any

    return Coder(type_, {kind: fits(take) for kind, take in _TEXTS.items()})


def _uuid(type_: ColumnType) -> Coder:
    def of_text(text: str) -> str:
        text = text.lower()
        match = _UUID_TEXT.fullmatch(text)
        if not match:
            raise MismatchError("")
        if match[1]:
            return text
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    return Coder(type_, {str: of_text})


def _date(type_: ColumnType) -> Coder:
    takes, many = date_takes(type_)
    return Coder(type_, takes, many=many)


def _time(type_: ColumnType) -> Coder:
    takes, many = time_takes(type_)
    return Coder(type_, takes, many=many)


def _enum(type_: ColumnType) -> Coder:
    names = set(type_.enum_values)
    by_number = {number: name for name, number in type_.enum_values.items()}

    def of_name(name: str) -> str:
        if name not in names:
            raise MismatchError("")
        return name

    def of_number(number: int) -> str:
        if number not in by_number:
            raise MismatchError("")
        return by_number[number]

    def of_names(texts: list[str]) -> list[str] | None:
        return texts if names.issuperset(texts) else None

    return Coder(type_, {str: of_name, int: of_number}, many=of_names)


def _ip(type_: ColumnType) -> Coder:
    read = {"IPv4": _ipv4_text, "IPv6": _ipv6_text}[type_.family.name]

    def of_text(text: str) -> str:
        try:
            return read(text)
        except ValueError as error:
            raise MismatchError("") from error

    return Coder(type_, {str: of_text})


def _ipv4_text(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _ipv6_text(text: str) -> str:
    """Return IPv6 text; an IPv4 address is mapped, as ClickHouse does."""
    if ":" not in text:
        return f"::ffff:{ipaddress.IPv4Address(text)}"
    if "%" in text:
        raise ValueError("an address with a scope cannot be stored")
    address = ipaddress.IPv6Address(text)
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)


def _array(type_: ColumnType) -> Coder:
    return _array_of(type_, type_.inner[0])


def _array_of(type_: ColumnType, element: ColumnType) -> Coder:
    inner = _element(element)

    def of_list(values: list[object]) -> list[object]:
        if inner.are_plain(values, set(map(type, values))):
            return values
        return [_inside(index, inner, value) for index, value in enumerate(values)]

    return Coder(type_, {list: of_list})


def _element(type_: ColumnType) -> Coder:
    """Return the coder of what is inside another value: what is absent there is NULL."""
    coder = compile_type(type_)
    if type_.is_nullable:
        return replace(coder, takes={**coder.takes, Missing: _null})
    return coder


def _null(value: object) -> None:
    return None


def _inside(step: int | str, coder: Coder, value: object) -> object:
    try:
        return coder.one(value)
    except RefusalError as refusal:
        refusal.inside.insert(0, step)
        raise


_KEY_GROUPS = {
    Group.STRING, Group.FIXED_STRING, Group.UUID, Group.DATE, Group.DATETIME, Group.DATETIME64,
    Group.ENUM, Group.IP,
}  # fmt: skip


def _map(type_: ColumnType) -> Coder:
    key_type, value_type = type_.inner
    key, value = _key(key_type), _element(value_type)

    def of_object(items: dict[str, object]) -> dict[object, object]:
        return {_inside(k, key, k): _inside(k, value, v) for k, v in items.items()}

    return Coder(type_, {dict: of_object})


def _key(type_: ColumnType) -> Coder:
    """Return the coder of map keys, which JSON always writes as texts."""
    bare = type_.bare
    if bare.family.group in _KEY_GROUPS:
        return compile_type(type_)
    if bare.family.group is not Group.INTEGER:
        return _unreadable(bare)
    of_integer = _integer(bare).takes[int]

    def of_text(text: str) -> str:
        return str(of_integer(_integer_of(text)))

    return Coder(bare, {str: of_text})


def _tuple(type_: ColumnType) -> Coder:
    elements = [_element(item) for item in type_.inner]
    names = type_.names

    def of_list(values: list[object]) -> object:
        if len(values) != len(elements):
            raise MismatchError(f"expected {len(elements)} elements, got {len(values)}")
        pairs = enumerate(zip(elements, values, strict=True))
        coded = [_inside(index, coder, value) for index, (coder, value) in pairs]
        return dict(zip(names, coded, strict=True)) if names else coded

    def of_object(values: dict[str, object]) -> object:
        pairs = zip(names, elements, strict=True)
        return {name: _inside(name, coder, values.get(name, MISSING)) for name, coder in pairs}

    return Coder(type_, {list: of_list, dict: of_object} if names else {list: of_list})


def _nested(type_: ColumnType) -> Coder:
    """Return the coder of a Nested inside another type, which ClickHouse has as Array(Tuple)."""
    element = ColumnType(FAMILIES["Tuple"], type_.arguments, type_.names, type_.raw_arguments)
    return _array_of(type_, element)


def nested_columns(type_: ColumnType) -> list[tuple[str, ColumnType]]:
    """Return the arrays as which ClickHouse stores a column of type Nested."""
    arrays = [ColumnType(FAMILIES["Array"], (item,), (), str(item)) for item in type_.inner]
    return list(zip(type_.names, arrays, strict=True))


def _json(type_: ColumnType) -> Coder:
    hints = [(path, _element(hint)) for path, hint in typed_paths(type_)]

    def of_object(value: dict[str, object]) -> object:
        for path, coder in hints:
            value = _with_hint(value, path, coder)
        return object_text(value)

    def of_text(text: str) -> object:
        return of_object(read_object(text))

    return Coder(type_, {dict: of_object, str: of_text})


def _with_hint(value: dict[str, object], path: list[str], coder: Coder) -> dict[str, object]:
    """Return an object with the member at a path coded; ClickHouse has a default for absent."""
    name, member = path[0], value.get(path[0], MISSING)
    if len(path) == 1 and member is not MISSING:
        return {**value, name: _inside(name, coder, member)}
    if len(path) > 1 and isinstance(member, dict):
        try:
            return {**value, name: _with_hint(member, path[1:], coder)}
        except RefusalError as refusal:
            refusal.inside.insert(0, name)
            raise
    return value


CODERS: dict[Group, Callable[[ColumnType], Coder]] = {
    Group.INTEGER: _integer,
    Group.FLOAT: _float,
    Group.DECIMAL: _decimal,
    Group.BOOL: _bool,
    Group.STRING: _string,
    Group.FIXED_STRING: _fixed_string,
    Group.UUID: _uuid,
    Group.DATE: _date,
    Group.DATETIME: _time,
    Group.DATETIME64: _time,
    Group.ENUM: _enum,
    Group.IP: _ip,
    Group.ARRAY: _array,
    Group.MAP: _map,
    Group.TUPLE: _tuple,
    Group.NESTED: _nested,
    Group.JSON: _json,
}
