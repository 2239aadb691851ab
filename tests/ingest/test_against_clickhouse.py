"""The row coder and ClickHouse's own reader of JSONEachRow: where they differ, a reason is known."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.ingest.reading import read
from tests.ingest.schemas import column, datasource

from martlet.engines.clickhouse import ClickHouse
from martlet.ingest.rows import RowCoder
from martlet.types import ColumnType, Group, parse_type

TYPES = (
    "Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Int128", "UInt128",
    "Int256", "UInt256", "Float32", "Float64", "Decimal(9, 2)", "Decimal32(4)", "Decimal64(4)",
    "Decimal128(10)", "Decimal256(20)", "Decimal", "String", "FixedString(3)", "UUID", "Date", "Date32",
    "DateTime", "DateTime('Europe/Madrid')", "DateTime64(3)",
    "DateTime64(9)", "Bool", "Enum8('a' = 1, 'ab' = 2)",
    "IPv4", "IPv6", "Array(Int32)", "Array(String)", "Array(Nullable(Int32))",
    "Array(Array(Int64))", "Map(String, Int32)", "Map(String, String)", "Map(UInt8, String)",
    "Tuple(Int32)", "Tuple(a Int32)", "LowCardinality(String)", "Nullable(Int32)",
    "Nullable(String)", "Nullable(DateTime)", "LowCardinality(Nullable(String))", "JSON",
    "SimpleAggregateFunction(sum, Int64)",
)  # fmt: skip

NUMBERS = (
    "0", "-0", "-0.0", "1", "-1", "5.0", "1e3", "1E3", "1.5", "127", "128", "255", "256", "-129", "32768",
    "65536", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", f"1{'0' * 30}", f"1{'0' * 77}", f"1{'0' * 90}", "1e39",
    "1e400", "-1e400", "1e-400", "16777217", "0.1", "0.30000000000000004", "9007199254740993",
    "123456789.123", "1.005", "2.0999999999999996", "19723", "1704413030", "1704413030123",
    "1704413030.5", "-1000",
)  # fmt: skip
TEXTS = (
    "", "0", "1", "-1", "+1", "007", "1.5", "1e3", " 1", "1 ", "1_0", "0x10", "true", "nan", "NaN", "inf", "-inf",
    "Infinity", "18446744073709551616", "1e400", "1.2345", "a", "ab", "x", "é", "abcd", "a\0b",
    "\U0001f600", "[1]", '{"a":1}', "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
    "61F0C404-5CB3-11E7-907B-A6006AD3DBA0", "61f0c4045cb311e7907ba6006ad3dba0", "127.0.0.1", "127.1",
    "256.0.0.1", "::1", "::ffff:1.2.3.4", "2001:DB8::1", "fe80::1%eth0",
)  # fmt: skip
TIMES = (
    "2024-01-01", "2024-1-1", "20240101", "2024/01/01", "2024-02-30", "1969-12-31", "2150-01-01",
    "2300-01-01", "0000-00-00", "2024-01-01 10:00:00", "2024-01-01T10:00:00Z",
    "2024-01-01T10:00:00.123Z", "2024-01-01 10:00:00.123456789", "2024-01-01T10:00:00+02:00",
    "2024-01-01 10:00:00 UTC", "2024-01-01 10:00:00 +0200", "2024-01-01 10:00:00.5 +0000 UTC",
    "2024/01/02 10:00:00", "2024.01.02 10:00:00", "01/02/2024 10:00:00", "13/02/2024 10:00:00",
    "02/13/2024 10:00:00", "2024-01-01 10:00", "2024-01-01 9:05:07", "10:00:00",
    "Mon, 01 Jan 2024 10:00:00 GMT", "Jan 1 2024 10:00:00", "1704413030", "1704413030123",
    "1704413030.5", "2024-01-01T10:00:00,123Z", "2024-01-01 24:00:00", "2024-01-01 23:59:60",
    "0000-00-00 00:00:00", "1969-12-31 23:59:59", "2110-01-01 00:00:00", "2024-03-31 02:30:00",
    "2024-10-27 02:30:00", "2024-07-01 10:00:00 PM",
)  # fmt: skip
OTHERS = (
    "null", "true", "false", "NaN", "nan", "inf", "-inf", '"\\ud800"', '"\\u0041"', "[]", "[1]", '[1, "2"]',
    "[null]", '["a"]', "[[1]]", "[1, 2]", '[{"a": 1}]', "{}", '{"a": 1}', '{"a": null}', '{"a": "x", "b": 2}',
    '{"a": 1, "a": 2}', '{"a": {"b": 1.50}}', '{"300": "a"}', '{"1": "a"}', '{"007": "a"}',
)  # fmt: skip
VALUES = (*NUMBERS, *map(json.dumps, (*TEXTS, *TIMES)), *OTHERS)


@dataclass(frozen=True)
class Case:
    """A value for a type, and what each side stores as JSON; None where it is refused."""

    type_: ColumnType
    sent: str
    ours: str | None
    theirs: str | None

    @property
    def group(self) -> Group:
        return self.type_.bare.family.group

    @property
    def is_text(self) -> bool:
        return self.sent.startswith('"')


_TIMES = {Group.DATE, Group.DATETIME, Group.DATETIME64}
_NUMERIC = {Group.INTEGER, Group.FLOAT, Group.DECIMAL}
_HOLDERS = {Group.ARRAY, Group.MAP, Group.TUPLE, Group.NESTED}


def _is_wrapped(case: Case) -> bool:
    return case.group is Group.INTEGER and bool(re.fullmatch(r'"?[+-]?\d+"?', case.sent))


# Where ClickHouse takes a value that Martlet refuses: why, and which.
STRICTER: dict[str, Callable[[Case], bool]] = {
    "null is a default only where it is left out": lambda c: "null" in c.sent,
    "an integer out of range is wrapped around": _is_wrapped,
    "a float out of range becomes infinite, and infinity has no JSON": lambda c: (
        c.group is Group.FLOAT and c.theirs in ('"inf"', '"-inf"', '"nan"')
    ),
    "a text is no number below 64 bits, nor is an empty or true one": lambda c: (
        c.group in _NUMERIC and c.is_text
    ),
    "a boolean is no fraction": lambda c: c.group is Group.FLOAT and c.sent in ("true", "false"),
    "infinity as a literal is no JSON": lambda c: c.sent == "-inf",
    "the bits of a number name an Enum": lambda c: c.group is Group.ENUM,
    "a day is no number": lambda c: c.group is Group.DATE and not c.is_text,
    "a time out of range becomes the nearest, in UTC or not": lambda c: (
        c.group in _TIMES and _is_far(c)
    ),
    "a part of a time is guessed": lambda c: c.group in _TIMES and c.is_text,
    "an absent member becomes 0": lambda c: (
        c.group in (Group.TUPLE, Group.NESTED) and c.sent in ("[]", "{}")
    ),
    "an element is as strict as a column": lambda c: c.group in _HOLDERS,
}


def _is_far(case: Case) -> bool:
    year = re.search(r"\d{4}", case.theirs or "")
    return bool(re.fullmatch(r"-?\d+", case.sent)) or bool(
        year and year[0] in ("1970", "2106", "2149", "2300", "9999", "1900")
    )


# Where Martlet takes a value that ClickHouse refuses.
MORE_LENIENT: dict[str, Callable[[Case], bool]] = {
    "-0 is 0": lambda c: c.sent == "-0",
    "FixedString takes what String takes": lambda c: c.group is Group.FIXED_STRING,
    "a number with a point is seconds": lambda c: c.group in _TIMES and bool(re.search(r"[.eE]", c.sent)),
    "midnight is a day": lambda c: c.group is Group.DATE and "00:00:00" in c.sent,
    "named tuples are taken as arrays": lambda c: c.group is Group.TUPLE and c.sent.startswith("["),
    "JSON as text": lambda c: c.group is Group.JSON and c.is_text,
    "of a key that occurs twice the last counts": lambda c: c.sent.count('"a"') == 2,
}  # fmt: skip
# Where both take it and store something else.
OTHERWISE: dict[str, Callable[[Case], bool]] = {
    "-0 is 0": lambda c: c.sent == "-0",
    "of a key that occurs twice the last counts": lambda c: c.sent.count('"a"') == 2,
    "an object in a String is compact JSON": lambda c: (
        "String" in str(c.type_) and c.sent[0] in "[{"
    ),
}


@pytest.fixture(scope="module")
def engine(clickhouse_path: Path) -> Iterator[ClickHouse]:
    opened = ClickHouse(clickhouse_path, database="against")
    yield opened
    opened.close()


def cases(engine: ClickHouse, type_: str) -> Iterator[Case]:
    coder = RowCoder(datasource(column("x", type_)))
    coded = coder.code("\n".join(f'{{"x": {value}}}' for value in VALUES).encode())
    members = {
        number: row.decode()[1:-1] for number, row in zip(coded.numbers, coded.rows, strict=True)
    }
    ours = read(engine, type_, members)
    assert len(ours) == coded.accepted
    theirs = read(engine, type_, {i: f'"x": {value}' for i, value in enumerate(VALUES, 1)})
    for number, value in enumerate(VALUES, 1):
        yield Case(parse_type(type_), value, ours.get(number), theirs.get(number))


def test_a_difference_from_clickhouse_has_a_reason(engine: ClickHouse) -> None:
    unexplained: list[Case] = []
    used: set[str] = set()
    same = 0
    for case in (case for type_ in TYPES for case in cases(engine, type_)):
        if case.ours == case.theirs:
            same += 1
            continue
        reasons = (
            MORE_LENIENT if case.theirs is None else STRICTER if case.ours is None else OTHERWISE
        )
        found = [reason for reason, holds in reasons.items() if holds(case)]
        used.update(found)
        if not found:
            unexplained.append(case)
    assert unexplained == []
    assert used == {*STRICTER, *MORE_LENIENT, *OTHERWISE}
    assert same > 5000
