import time

import pytest
from tests.ingest.conftest import Store
from tests.ingest.schemas import column, datasource

from martlet.errors import DatafileError
from martlet.ingest.rows import RowCoder

DATE_TIMES = [
    ('"2024-01-01 07:58:10"', "2024-01-01 07:58:10"),
    ('"2024-01-01T07:58:10"', "2024-01-01 07:58:10"),
    ('"2024-01-01T07:58:10Z"', "2024-01-01 07:58:10"),
    ('"2024-01-01T07:58:10.324Z"', "2024-01-01 07:58:10"),
    ('"2024-01-01 07:58:10.999999999999"', "2024-01-01 07:58:10"),
    ('"2024-01-01T07:58:10+02:00"', "2024-01-01 05:58:10"),
    ('"2024-01-01T07:58:10.5-0530"', "2024-01-01 13:28:10"),
    ('"2024-01-01T23:58:10-05"', "2024-01-02 04:58:10"),
    ('"2024-01-01"', "2024-01-01 00:00:00"),
    ('"2024/01/02 07:58:10"', "2024-01-02 07:58:10"),
    ('"2024.01.02T07:58:10.5Z"', "2024-01-02 07:58:10"),
    ('"2024-01-01 07:58:10 UTC"', "2024-01-01 07:58:10"),
    ('"2024-01-01 07:58:10.123 gmt "', "2024-01-01 07:58:10"),
    ('"2024-01-01 07:58:10 +0200"', "2024-01-01 05:58:10"),
    ('"2024-01-01 07:58:10.5 +0000 UTC"', "2024-01-01 07:58:10"),
    ('"2024-01-01 07:58:10.Z"', "2024-01-01 07:58:10"),
    ("1704413030", "2024-01-05 00:03:50"),
    ("1704413030.9", "2024-01-05 00:03:50"),
    ("0", "1970-01-01 00:00:00"),
    ("4294967295", "2106-02-07 06:28:15"),
    ('"1970-01-01 00:00:00"', "1970-01-01 00:00:00"),
    ('"1969-12-31 23:00:00-01"', "1970-01-01 00:00:00"),
    ('"2106-02-07 06:28:15"', "2106-02-07 06:28:15"),
]
MILLISECONDS = [
    ('"2025-01-01 10:00:00.123"', "2025-01-01 10:00:00.123"),
    ('"2025-02-03 12:30:20"', "2025-02-03 12:30:20.000"),
    ('"2025-02-03T12:30:20.1Z"', "2025-02-03 12:30:20.100"),
    ('"2025-02-03T12:30:20.1239+01:00"', "2025-02-03 11:30:20.123"),
    ('"2025-02-03"', "2025-02-03 00:00:00.000"),
    ("1704413030123", "2024-01-05 00:03:50.123"),
    ("1", "1970-01-01 00:00:00.001"),
    ("-1", "1969-12-31 23:59:59.999"),
    ("1704413030.1239", "2024-01-05 00:03:50.123"),
    ("1.704413030e9", "2024-01-05 00:03:50.000"),
    ("-0.5", "1969-12-31 23:59:59.500"),
    ("1e-999999999", "1970-01-01 00:00:00.000"),
    ('"1900-01-01 00:00:00"', "1900-01-01 00:00:00.000"),
    ('"2299-12-31 23:59:59.999"', "2299-12-31 23:59:59.999"),
    ("-2208988800000", "1900-01-01 00:00:00.000"),
]
# The hour from 02:00 occurs twice on 2024-10-27 in Madrid, and not at all on 2024-03-31.
MADRID = [
    ('"2024-07-01 12:00:00"', "2024-07-01 12:00:00"),
    ('"2024-07-01T12:00:00Z"', "2024-07-01 14:00:00"),
    ('"2024/07/01 12:00:00 UTC"', "2024-07-01 14:00:00"),
    ('"2024/07/01 12:00:00"', "2024-07-01 12:00:00"),
    ('"2024-07-01"', "2024-07-01 00:00:00"),
    ('"2024-10-27 02:30:00"', "2024-10-27 02:30:00"),
    ('"2024-10-27T01:30:00Z"', "2024-10-27 02:30:00"),
    ('"2024-03-31 02:30:00"', "2024-03-31 01:30:00"),
    ("1", "1970-01-01 01:00:01"),
]
GOOD = [
    *[("DateTime", *case) for case in DATE_TIMES],
    *[("DateTime('Etc/UTC')", *case) for case in DATE_TIMES[:3]],
    *[("DateTime64(3)", *case) for case in MILLISECONDS],
    *[("DateTime('Europe/Madrid')", *case) for case in MADRID],
    *[("DateTime64(0, 'Europe/Madrid')", *case) for case in MADRID],
    ("DateTime64(0)", '"2024-01-01 07:58:10.9"', "2024-01-01 07:58:10"),
    ("DateTime64(6)", "1704413030123456", "2024-01-05 00:03:50.123456"),
    ("DateTime64(9)", "1704413030123456789", "2024-01-05 00:03:50.123456789"),
    ("DateTime64(9)", '"2262-04-11 23:47:15.999999999"', "2262-04-11 23:47:15.999999999"),
    ("DateTime64(3, 'Europe/Madrid')", '"2024-10-27T01:30:00.5Z"', "2024-10-27 02:30:00.500"),
    ("DateTime64(3, 'Europe/Madrid')", '"1950-07-01 12:00:00.5"', "1950-07-01 12:00:00.500"),
    ("DateTime64(3, 'Asia/Kolkata')", '"2290-07-01 12:00:00.5"', "2290-07-01 12:00:00.500"),
    ("Map(DateTime('Asia/Kolkata'), UInt8)", '{"2024-10-27T01:30:00Z": 1}',
     {"2024-10-27 07:00:00": 1}),
    ("Array(DateTime64(3))", '[1704413030123, "2024-01-01"]',
     ["2024-01-05 00:03:50.123", "2024-01-01 00:00:00.000"]),
    ("Date", '"2024-02-29"', "2024-02-29"),
    ("Date", '"1970-01-01"', "1970-01-01"),
    ("Date", '"2149-06-06"', "2149-06-06"),
    ("Date", '"2024-01-01T00:00:00.000Z"', "2024-01-01"),
    ("Date", '"2024-01-01 00:00:00"', "2024-01-01"),
    ("Date32", '"1900-01-01"', "1900-01-01"),
    ("Date32", '"2299-12-31"', "2299-12-31"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "stored"), GOOD)
def test_a_time_is_stored_as_expected(store: Store, type_: str, value: str, stored: object) -> None:
    schema = datasource(column("x", type_))
    coded = RowCoder(schema).code(f'{{"x": {value}}}\n'.encode() * 2)
    assert coded.refused == []
    assert store(schema, coded.block()) == [{"x": stored}] * 2


NO_TIME = "expected YYYY-MM-DD hh:mm:ss"
RANGE = "out of range"
BAD = [
    ("DateTime", '"1704413030"', NO_TIME),
    ("DateTime", '""', NO_TIME),
    ("DateTime", '"2024-02-30 00:00:00"', NO_TIME),
    ("DateTime", '"2024-01-01 24:00:00"', NO_TIME),
    ("DateTime", '"2024-01-01 23:59:60"', NO_TIME),
    ("DateTime", '"2024-01-01 10:00"', NO_TIME),
    ("DateTime", '"2024-W01-1T10:00:00"', NO_TIME),
    ("DateTime", '"20240101T100000"', NO_TIME),
    ("DateTime", '"2024-01-01_10:00:00"', NO_TIME),
    ("DateTime", '"2024/01-01 10:00:00"', NO_TIME),
    ("DateTime", '"2024/01/01"', NO_TIME),
    ("DateTime", '"01/02/2024 10:00:00"', NO_TIME),
    ("DateTime", '"0000-00-00 00:00:00"', NO_TIME),
    ("DateTime", '"2024-01-01 10:00:00 EST"', NO_TIME),
    ("DateTime", '"2024-01-01 10:00:00 PM"', NO_TIME),
    ("DateTime", '"2024-01-01 10:00:00 +0200 UTC"', NO_TIME),
    ("DateTime", '"2024-01-01 10:00:00+02:99"', NO_TIME),
    ("DateTime", '"\uff12024-01-01 10:00:00"', NO_TIME),
    ("DateTime", '"1969-12-31 23:59:59"', RANGE),
    ("DateTime", '"2106-02-07 06:28:16"', RANGE),
    ("DateTime", '"0001-01-01 00:00:00+10"', RANGE),
    ("DateTime", "-1", RANGE),
    ("DateTime", "4294967296", RANGE),
    ("DateTime", "1704413030000", RANGE),
    ("DateTime", "1e400", RANGE),
    ("DateTime", "1e9999999999999999999", RANGE),
    ("DateTime", "true", ""),
    ("DateTime('Europe/Madrid')", '"0001-01-01 00:00:00"', RANGE),
    ("DateTime64(3)", '"1704413030123"', NO_TIME),
    ("DateTime64(3)", '"1899-12-31 23:59:59"', RANGE),
    ("DateTime64(3)", "10413792000000", RANGE),
    ("DateTime64(9)", '"2262-04-11 23:47:17"', RANGE),
    ("Date", '"2024-02-30"', "expected YYYY-MM-DD"),
    ("Date", '"2024-1-1"', "expected YYYY-MM-DD"),
    ("Date", '"2024-W01-1"', "expected YYYY-MM-DD"),
    ("Date", '"2024-01-01 10:00:00"', "expected YYYY-MM-DD"),
    ("Date", '"1969-12-31"', RANGE),
    ("Date", '"2149-06-07"', RANGE),
    ("Date", "19723", ""),
    ("Date32", '"2300-01-01"', RANGE),
]


@pytest.mark.parametrize(("type_", "value", "reason"), BAD)
def test_a_time_that_would_change_is_refused(type_: str, value: str, reason: str) -> None:
    coded = RowCoder(datasource(column("x", type_))).code(f'{{"x": {value}}}'.encode())
    because = f": {reason}" if reason else ""
    message = f"Value {value} on column 'x' is not {type_}{because}. While accessing jsonpath '$.x'"
    assert [row.errors for row in coded.refused] == [[message]]


def test_hours_that_occur_twice_stay_apart(store: Store) -> None:
    schema = datasource(
        column("x", "DateTime('Europe/Madrid')"),
        column("y", "DateTime64(3, 'Europe/Madrid')", "$.x"),
        column("a", "Int64", None, default="toUnixTimestamp(x)"),
        column("b", "Int64", None, default="toUnixTimestamp64Milli(y)"),
    )
    coded = RowCoder(schema).code(
        b'{"x": "2024-10-27T00:30:00Z"}\n{"x": "2024-10-27T01:30:00Z"}\n{"x": "2024-10-27 02:30:00"}'
    )
    rows = store(schema, coded.block())
    first, second = 1729989000, 1729992600
    assert [row["a"] for row in rows] == [first, second, first]
    assert [row["b"] for row in rows] == [first * 1000, second * 1000, first * 1000]


def test_an_unknown_time_zone_is_an_error_in_the_file() -> None:
    with pytest.raises(DatafileError, match="Column 'x': Unknown time zone 'Mars/Olympus'"):
        RowCoder(datasource(column("x", "DateTime('Mars/Olympus')")))


@pytest.mark.parametrize(
    ("type_", "value", "accepted"),
    [
        ("DateTime64(3)", b"1." + b"0" * 900_000 + b"1", 1),
        ("DateTime64(3)", b'"2024-01-01 10:00:00.%s"' % (b"1" * 900_000), 1),
        ("DateTime64(3)", b'"2024-01-01 10:00:00%sx"' % (b" " * 900_000), 0),
        ("Int64", b'"%s1"' % (b"0" * 900_000), 1),
        ("Int64", b'"%sx"' % (b"0" * 900_000), 0),
        ("Decimal(9, 2)", b"1.%s" % (b"1" * 900_000), 1),
    ],
)
def test_long_texts_take_linear_time(type_: str, value: bytes, accepted: int) -> None:
    started = time.perf_counter()
    coded = RowCoder(datasource(column("x", type_))).code(b'{"x": %s}' % value)
    assert coded.accepted == accepted
    assert time.perf_counter() - started < 2
