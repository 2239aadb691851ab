"""Values of every column type: what to put in, and how both engines' answers become comparable."""

import datetime
import json
import math
import re
import struct
from decimal import Decimal

from hypothesis import strategies as st

from martlet.lake import TIMESTAMP_DIGITS
from martlet.types import ColumnType, Group, parse_type

TEXTS = ["", "a", " x  ", "naïve ΑΩ 漢字 🦜", "'\"\\\n\t%_", "e\u0301 é", "0", "NULL", "z" * 300]
FLOATS = [0.0, 1.5, -2.25, 0.1, 1e-30, -1e30, "nan", "inf", "-inf"]
EPOCH = datetime.date(1970, 1, 1)

# One of each family at least, with its wrappers; what a data source can ingest.
TYPES = (
    """
Int8 Int16 Int32 Int64 Int128 Int256 UInt8 UInt16 UInt32 UInt64 UInt128 UInt256
Float32 Float64
Decimal(5,2) Decimal(18,0) Decimal(38,10) Decimal(76,20) Decimal32(3) Decimal64(18) Decimal128(5)
Bool String FixedString(5) UUID Date Date32
DateTime DateTime('Europe/Berlin') DateTime64(0) DateTime64(3) DateTime64(3,'America/New_York')
DateTime64(4) DateTime64(6) DateTime64(6,'Asia/Kolkata') DateTime64(9)
Enum8('a'=-128,'naïve'=0,'z'=127) Enum16('x'=-32768,'y'=32767) IPv4 IPv6
LowCardinality(String) LowCardinality(Nullable(String)) LowCardinality(UInt64)
Nullable(UInt8) Nullable(UInt64) Nullable(Int256) Nullable(Float64) Nullable(Decimal(20,5))
Nullable(String) Nullable(UUID) Nullable(Date) Nullable(DateTime) Nullable(DateTime64(6))
Nullable(Bool) Nullable(Enum8('a'=1)) Nullable(IPv6) Nullable(FixedString(3))
SimpleAggregateFunction(sum,UInt64) SimpleAggregateFunction(anyLast,Nullable(DateTime64(6)))
Array(UInt64) Array(String) Array(Nullable(Int32)) Array(Array(DateTime)) Array(DateTime64(6))
Array(LowCardinality(Nullable(String))) Array(Tuple(a,Date)) Array(Array(Nullable(DateTime64(9))))
Map(String,UInt64) Map(LowCardinality(String),Array(String)) Map(UInt8,DateTime64(5)) Map(UUID,Date)
Map(String,Map(String,DateTime64(6)))
Tuple(UInt64,String) Tuple(a|UInt8,Bc|Nullable(DateTime)) Tuple(DateTime64(6),Array(DateTime64(6)))
Nested(id|UInt64,at|DateTime64(6)) JSON
""".replace("(a,Date)", "(Int16,Date)")
    .replace("|", "\0")
    .split()
)  # "|" stands for a space
TYPES = [name.replace("\0", " ") for name in TYPES]


def edges(type_: ColumnType) -> list[object]:
    """Values of a type as JSON carries them: empty, typical, extreme, Unicode, and NULL."""
    null: list[object] = [None] if type_.is_nullable else []
    return null + _edges(type_.bare)


def _edges(type_: ColumnType) -> list[object]:
    family, group = type_.family, type_.family.group
    if group is Group.INTEGER:
        return [str(n) for n in sorted({0, 1, 42, family.least, family.greatest})]
    if group is Group.FLOAT:
        return [*FLOATS, 3.4028235e38 if family.name == "Float32" else 1.7976931348623157e308]
    if group is Group.DECIMAL:
        most = 10**type_.precision - 1
        return [_decimal_text(n, type_.scale) for n in (0, 1, 12, most, -most)]
    if group is Group.BOOL:
        return [False, True]
    if group is Group.STRING:
        return list(TEXTS)
    if group is Group.FIXED_STRING:
        length = type_.arguments[0]
        return ["", "a", "é", "~" * length]
    if group is Group.UUID:
        parts = ["0" * 32, "f" * 32, "61f0c4045cb311e7907ba6006ad3dba0"]
        return [f"{x[:8]}-{x[8:12]}-{x[12:16]}-{x[16:20]}-{x[20:]}" for x in parts]
    if group in (Group.DATE, Group.DATETIME, Group.DATETIME64):
        return _times(type_)
    if group is Group.ENUM:
        return list(type_.enum_values)
    if group is Group.IP and family.name == "IPv4":
        return ["0.0.0.0", "127.0.0.1", "255.255.255.255"]
    if group is Group.IP:
        return ["::", "::1", "::ffff:1.2.3.4", "2001:db8::ff00:42:8329", ":".join(["ffff"] * 8)]
    if group is Group.JSON:
        return [{}, {"a": 1, "b": {"c": [1, 2], "d": "naïve 🦜"}}, {"x": 1.5, "t": True}]
    return _composed(type_)


def _decimal_text(units: int, scale: int) -> str:
    digits = str(abs(units)).rjust(scale + 1, "0")
    whole, fraction = digits[: len(digits) - scale], digits[len(digits) - scale :]
    return f"{'-' if units < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"


def _composed(type_: ColumnType) -> list[object]:
    columns = [edges(inner) for inner in type_.inner]
    size = max(len(column) for column in columns)
    rows = [[column[i % len(column)] for column in columns] for i in range(size)]
    if type_.family.group is Group.ARRAY:
        return [[], *([value] for value in columns[0]), columns[0]]
    if type_.family.group is Group.MAP:
        texts = [(value if isinstance(value, str) else json.dumps(value)) for value in columns[0]]
        return [{}, dict(zip(texts, columns[1], strict=False)), {texts[-1]: columns[1][0]}]
    fields = [dict(zip(type_.names, row, strict=True)) if type_.names else row for row in rows]
    return [[], fields[:1], fields] if type_.family.group is Group.NESTED else list(fields)


def _times(type_: ColumnType) -> list[object]:
    least, greatest = type_.family.least, type_.family.greatest
    assert least is not None
    assert greatest is not None
    if type_.family.group is Group.DATE:
        days = [least, 0, 11_017, greatest]
        return [(EPOCH + datetime.timedelta(days=day)).isoformat() for day in days]
    digits = type_.scale if type_.family.group is Group.DATETIME64 else 0
    if digits == 9:  # 64 bits of nanoseconds
        greatest = 9_223_372_035
    fraction = "." + "123456789"[:digits] if digits else ""
    texts = []
    for second in (least + 86_400, 0, 951_827_696, 1_774_745_999, greatest - 86_400):
        time = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=second)
        texts.append(f"{time:%Y-%m-%d %H:%M:%S}{fraction}".rjust(19 + len(fraction), "0"))
    return [*texts, texts[1][:19]]


def values(type_: ColumnType) -> st.SearchStrategy[object]:
    """Return a strategy of values as JSON carries them: the edges, and what is between them."""
    fixed = st.sampled_from(edges(type_))
    bare = type_.bare
    group = bare.family.group
    if group is Group.INTEGER:
        return fixed | st.integers(bare.family.least, bare.family.greatest).map(str)
    if group is Group.FLOAT:
        width = 32 if bare.family.name == "Float32" else 64
        return fixed | st.floats(-1e6, 1e6, width=width)
    if group is Group.STRING:
        return fixed | st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
    if group is Group.ARRAY:
        return st.lists(values(bare.inner[0]), max_size=4)
    return fixed


def canonical(type_: ColumnType, value: object) -> object:
    """Return a value of either engine as the same Python value, by ClickHouse's type of it.

    Raises:
        ValueError, TypeError: the value is not one of the type.
    """
    if value is None:
        return None
    bare = type_.bare
    group = bare.family.group
    if group is Group.INTEGER:
        return _integer(value)
    if group is Group.FLOAT:
        number = float(value)
        single = bare.family.name == "Float32" and math.isfinite(number)
        return struct.unpack("f", struct.pack("f", number))[0] if single else number
    if group is Group.DECIMAL:
        return Decimal(str(value))
    if group is Group.BOOL:
        return {True: True, False: False, "true": True, "false": False}[value]
    if group is Group.FIXED_STRING:
        return str(value).rstrip("\0")
    if group is Group.DATE:
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    if group in (Group.DATETIME, Group.DATETIME64):
        return _time(value, bare.scale if group is Group.DATETIME64 else 0)
    if group is Group.JSON:
        return json.loads(value) if isinstance(value, str) else value
    return _canonical_composed(bare, value)


def _canonical_composed(type_: ColumnType, value: object) -> object:
    group = type_.family.group
    if group is Group.ARRAY:
        return [canonical(type_.inner[0], item) for item in value]
    if group is Group.MAP:
        key, inner = type_.inner
        return {canonical(key, k): canonical(inner, v) for k, v in value.items()}
    if group is Group.TUPLE:
        return tuple(canonical(t, v) for t, v in zip(type_.inner, value, strict=True))
    if group is Group.NESTED:
        rows = (zip(type_.inner, row, strict=True) for row in value)
        return [tuple(canonical(t, v) for t, v in row) for row in rows]
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no {type_}")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or (not isinstance(value, str) and int(value) != value):
        raise TypeError(f"{value!r} is no integer")
    return int(value)


def _time(value: object, digits: int) -> object:
    """Return a time as ticks of its type; texts are chDB's in `iso` form."""
    if isinstance(value, int):
        if digits <= TIMESTAMP_DIGITS:
            raise TypeError(f"{value} is a number where a timestamp stands in the lake")
        return value
    if isinstance(value, datetime.datetime):
        text = value.replace(tzinfo=None).isoformat(sep="T", timespec="microseconds")
    else:
        text = str(value).rstrip("Z")
    whole, _, fraction = text.partition(".")
    since = datetime.datetime.fromisoformat(whole) - datetime.datetime(1970, 1, 1)
    if fraction[digits:].strip("0"):
        raise ValueError(f"{value} is finer than 10^-{digits} s")
    seconds = since.days * 86_400 + since.seconds
    return seconds * 10**digits + int(fraction[:digits].ljust(digits, "0") or "0")


def parse(text: str) -> ColumnType:
    """Return a type as chDB spells it in its answers; a column of NULLs is like one of texts."""
    return parse_type(re.sub(r"Nullable\(Nothing\)", "Nullable(String)", text))
