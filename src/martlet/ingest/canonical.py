"""Values as documents for the lake hold them, from values as ClickHouse stores them.

To add a type, add a row to `FORMS`; a group without a row is written alike for both.
"""

import ipaddress
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from martlet.ingest.rows import Finish
from martlet.ingest.times import utc_offset, zone_of
from martlet.ingest.values import EXACT_DECODER, MISSING, Number
from martlet.lake import TIMESTAMP_DIGITS
from martlet.types import ColumnType, Group

# Digits that every double carries.
_DOUBLE_DIGITS = 15
_GREATEST_LONG = 2**63 - 1
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  all moments here are naive and in UTC
_DAY = date(1970, 1, 1).toordinal()

One = Callable[[Any], Any]


def finish(type_: ColumnType) -> Finish | None:
    """Return what makes canonical values of stored ones; None where they are the same.

    What is absent stays `MISSING`, and NULL stays None.
    """
    bare = type_.bare
    one = canonical(bare)
    if one is None:
        return None

    def of_all(values: list[Any]) -> list[Any]:
        return [v if v is None or v is MISSING else one(v) for v in values]

    return _of_longs if bare.family.name == "UInt64" else of_all


def canonical(type_: ColumnType) -> One | None:
    """Return what makes a canonical value of a stored one, None if it is one."""
    make = FORMS.get(type_.bare.family.group)
    return None if make is None else make(type_.bare)


def _element(type_: ColumnType) -> One:
    """Return `canonical` for what is inside another value and may be NULL."""
    one = canonical(type_)
    if one is None:
        return _same
    return lambda value: None if value is None else one(value)


def _same(value: object) -> object:
    return value


def _integer(type_: ColumnType) -> One | None:
    return _long if type_.family.name == "UInt64" else None


def _long(value: int) -> int | str:
    return value if value <= _GREATEST_LONG else str(value)


def _of_longs(values: list[Any]) -> list[Any]:
    try:
        if max(values) <= _GREATEST_LONG:
            return values
    except TypeError:  # NULL or nothing among them
        pass
    return [_long(value) if type(value) is int else value for value in values]


def _decimal(type_: ColumnType) -> One | None:
    """Return a number where a double carries it; wider ones, and those kept as text, are texts."""
    return orjson.Fragment if type_.precision <= _DOUBLE_DIGITS else None


def _fixed_string(type_: ColumnType) -> One:
    return lambda text: text.rstrip("\0")


def _ip(type_: ColumnType) -> One | None:
    return _ipv6_text if type_.family.name == "IPv6" else None


def _ipv6_text(text: str) -> str:
    """Return IPv6 as ClickHouse prints it: with an IPv4 tail behind 96 zero bits, unlike Python."""
    if not text.startswith("::") or "." in text:
        return text
    number = int(ipaddress.IPv6Address(text))
    return f"::{ipaddress.IPv4Address(number)}" if 0xFFFF < number < 2**32 else text


def _datetime(type_: ColumnType) -> One | None:
    zone = zone_of(type_.time_zone)
    scale = type_.scale if type_.family.group is Group.DATETIME64 else 0
    if scale > TIMESTAMP_DIGITS:
        return partial(_ticks, zone, scale)
    return None if zone is None else partial(_utc_text, zone)


def _moment(zone: tzinfo | None, text: str) -> tuple[datetime, str]:
    """Return the moment in UTC of what `martlet.ingest.times` writes, and what follows seconds."""
    if text[4] != "-":  # ten digits of seconds
        return _EPOCH + timedelta(seconds=int(text[:10])), text[10:]
    moment = datetime.fromisoformat(text[:19])
    return moment if zone is None else moment - utc_offset(moment, zone), text[19:]


def _utc_text(zone: tzinfo, text: str) -> str:
    moment, fraction = _moment(zone, text)
    return moment.isoformat(" ") + fraction


def _ticks(zone: tzinfo | None, scale: int, text: str) -> int:
    moment, fraction = _moment(zone, text)
    seconds = (moment.toordinal() - _DAY) * 86_400
    seconds += moment.hour * 3600 + moment.minute * 60 + moment.second
    ticks: int = seconds * 10**scale
    return ticks + int(fraction[1:] or 0)


def _array(type_: ColumnType) -> One | None:
    if canonical(type_.inner[0]) is None:
        return None
    one = _element(type_.inner[0])
    return lambda values: list(map(one, values))


def _map(type_: ColumnType) -> One | None:
    key, value = type_.inner
    if canonical(key) is None and canonical(value) is None:
        return None
    of_key, of_value = canonical(key) or _same, _element(value)
    if key.bare.family.group is Group.INTEGER:  # texts already
        of_key = _same
    return lambda items: {str(of_key(k)): of_value(v) for k, v in items.items()}


def _tuple(type_: ColumnType) -> One:
    parts = [_element(item) for item in type_.inner]
    names = type_.names or tuple(f"f{index}" for index in range(1, len(parts) + 1))
    lower = [name.lower() for name in names]

    def of_tuple(values: Any) -> dict[str, Any]:  # noqa: ANN401
        items = values.values() if isinstance(values, dict) else values
        return {n: part(v) for n, part, v in zip(lower, parts, items, strict=True)}

    return of_tuple


def _nested(type_: ColumnType) -> One:
    one = _tuple(type_)
    return lambda values: list(map(one, values))


def _json(type_: ColumnType) -> One:
    return lambda fragment: json_column_text(orjson.dumps(fragment))


FORMS: dict[Group, Callable[[ColumnType], One | None]] = {
    Group.INTEGER: _integer,
    Group.DECIMAL: _decimal,
    Group.FIXED_STRING: _fixed_string,
    Group.DATETIME: _datetime,
    Group.DATETIME64: _datetime,
    Group.IP: _ip,
    Group.ARRAY: _array,
    Group.MAP: _map,
    Group.TUPLE: _tuple,
    Group.NESTED: _nested,
    Group.JSON: _json,
}


def json_column_text(text: bytes) -> str:
    """Return an object as a JSON column of ClickHouse has it: by path, without NULLs.

    Members with dots in their names lie deeper, empty objects are none. What ClickHouse does to
    the types of elements of mixed arrays and of typed paths it does when it reads the text.
    """
    value = EXACT_DECODER.decode(text.decode())
    return _object(value).decode()


def _object(value: dict[str, Any]) -> bytes:
    tree: dict[str, Any] = {}
    for name, member in value.items():
        _grow(tree, name.split("."), member)
    return _tree_text(tree) or b"{}"


def _grow(tree: dict[str, Any], path: list[str], member: object) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            inner = tree.setdefault(f"{step}.", {})  # a value and deeper ones of one name
        tree = inner
    name = path[-1]
    if isinstance(member, dict):
        for key, item in member.items():
            _grow(tree, [name, *key.split(".")], item)
    elif member is not None:
        tree[name] = _leaf_text(member)


def _tree_text(tree: dict[str, Any]) -> bytes:
    parts = []
    for name, member in sorted(tree.items(), key=_path):
        text = _tree_text(member) if isinstance(member, dict) else member
        if text:
            parts.append(orjson.dumps(name.rstrip(".")) + b":" + text)
    return b"{" + b",".join(parts) + b"}" if parts else b""


def _path(item: tuple[str, Any]) -> bytes:
    """Return what ClickHouse sorts by: the path of the first value below."""
    name, member = item
    return f"{name}.".encode() if isinstance(member, dict) else name.encode()


def _leaf_text(value: object) -> bytes:
    if isinstance(value, list):
        return b"[" + b",".join(map(_leaf_text, value)) + b"]"
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, Number):
        return number_text(value).encode()
    return orjson.dumps(value)


def number_text(number: Number) -> str:
    """Return a number that is no 64-bit integer as ClickHouse prints the double."""
    if number.is_integer:
        return number.text
    text = repr(float(number.text))
    digits, _, exponent = text.partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    if -6 <= int(exponent) < 0 or 0 <= int(exponent) < 21:
        return f"{Decimal(text):f}"
    return f"{digits.removesuffix('.0')}e{int(exponent)}"
