"""Times around changes of clocks and texts of columns, beside ClickHouse's."""

import random
from datetime import datetime, timedelta

import pytest
from tests.translate.cases import translator
from tests.trino.differential import Table

from martlet.errors import QueryError, UnsupportedFunctionError

# Days on which the clocks of these zones are put, and some others.
_ZONES = {
    "ny": "DateTime('America/New_York')", "ma": "DateTime('Europe/Madrid')",
    "ko": "DateTime('Asia/Kolkata')", "kt": "DateTime('Asia/Kathmandu')",
    "am": "DateTime('Asia/Amman')", "ny6": "DateTime64(6, 'America/New_York')",
    "ma3": "DateTime64(3, 'Europe/Madrid')",
}  # fmt: skip
_DAYS = ("2024-03-10", "2024-11-03", "2024-03-31", "2024-10-27", "2021-10-29", "2024-01-01",
         "2024-02-29", "1987-12-31")  # fmt: skip


def _clock_rows() -> list[dict[str, object]]:
    rng = random.Random(3)
    rows: list[dict[str, object]] = []
    steps = [-90_000, -3601, *range(-3600, 4 * 3600, 1800), 5399, 86_400]
    for day in _DAYS:
        for step in steps:
            text = f"{datetime.fromisoformat(day) + timedelta(seconds=step):%Y-%m-%d %H:%M:%S}"
            row: dict[str, object] = dict.fromkeys(("u", *_ZONES), text)
            row |= {"id": len(rows), "d": text[:10], "ny6": f"{text}.{rng.randrange(10**6):06}",
                    "ma3": f"{text}.{rng.randrange(1000):03}"}  # fmt: skip
            rows.append(row)
    return rows


CLOCKS = Table("clocks", {"id": "UInt32", "d": "Date", "u": "DateTime", **_ZONES}, _clock_rows())

_TEXTS = {
    "basic": ["2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024-01-02", "2024-02-29 23:59:59",
              "1704164645", "2000-12-31 00:00:00"],
    "fine": ["2024-01-02 03:04:05.123", "2024-01-02T03:04:05.1", "2024-01-02", "", "1704164645",
             "2024-02-29 23:59:59.123456", "2024-01-02 03:04:05", "2024-01-02 03:04:05.9999999"],
    "best": ["2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2024-01-02T03:04:05.678+02:00",
             "2024-01-02T03:04:05.678912-0530", "2024-01-02", "1704164645", "1704164645123",
             "2024-01-02 03:04", "2024-01-02T03:04:05.9999999"],
    "day": ["2024-01-02", "2024-1-2", "20240102", "2024-01-02 03:04:05", "2024-01-02T03:04:05.5",
            "2149-06-06", "1970-01-01"],
    "junk": ["x", "", "abc 1", "2024-01-02 03:04:05", "  ", "1704164645", "2024-01-02"],
    "nullable": [None, "2024-01-02 03:04:05", "2024-01-02", "1704164645"],
}  # fmt: skip
TEXTS = Table(
    "texts",
    {"id": "UInt32", **dict.fromkeys(_TEXTS, "String"), "nullable": "Nullable(String)"},
    [{"id": i, **{name: texts[i % len(texts)] for name, texts in _TEXTS.items()}}
     for i in range(18)],
)  # fmt: skip


@pytest.fixture(scope="module")
def engines(oracle):
    """Both engines with the tables of this module."""
    oracle.load(CLOCKS, TEXTS)
    return oracle


_STARTS = "toStartOfDay({0}), toStartOfHour({0}), toStartOfMinute({0}), toMonday({0}), toHour({0}), " \
    "timezoneOffset({0}), formatDateTime({0}, '%F %T %z')"  # fmt: skip
_INTERVALS = ", ".join(
    f"toStartOfInterval({{0}}, INTERVAL {count} {unit})"
    for unit, counts in (("HOUR", (1, 2, 3, 24)), ("MINUTE", (7, 30, 60)), ("DAY", (1, 7)),
                         ("WEEK", (1, 2)), ("MONTH", (1, 5)), ("YEAR", (1, 4)))
    for count in counts
)  # fmt: skip
_SUMS = "addDays({0}, 1), addMonths({0}, -1), subtractWeeks({0}, 3), {0} + INTERVAL 90 MINUTE"
_DIFFERENCES = ", ".join(
    f"dateDiff('{unit}', {{0}}, {{0}} + INTERVAL 40 DAY), "
    f"dateDiff('{unit}', {{0}}, toDateTime('2024-02-29 12:34:56', 'America/New_York'), 'Asia/Tokyo')"
    for unit in ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
)


_SHORT = ("u", "ny")


@pytest.mark.parametrize("values", [_STARTS, _INTERVALS, _SUMS, _DIFFERENCES],
                         ids=["starts", "intervals", "sums", "differences"])  # fmt: skip
@pytest.mark.parametrize(
    "column",
    [*_SHORT, *(pytest.param(z, marks=pytest.mark.proof) for z in _ZONES if z not in _SHORT)],
)
def test_clocks_that_are_put(engines, column: str, values: str):
    engines.check(f"SELECT id, {values.format(column)} FROM clocks ORDER BY id")


def test_ages(engines):
    units = ("second", "hour", "day", "month", "quarter", "year")
    values = ", ".join(f"age('{unit}', ny, ny + INTERVAL 40 DAY), age('{unit}', ma3, ma3 - INTERVAL 31 DAY), "
                       f"age('{unit}', d, u)" for unit in units)  # fmt: skip
    engines.check(f"SELECT id, {values} FROM clocks ORDER BY id")


@pytest.mark.parametrize("values", [
    "toDateTime(basic), toDateTime(basic, 'Europe/Madrid'), toDateTimeOrNull(basic), toDateTimeOrZero(basic)",
    "toDateTime(nullable), toDateTimeOrNull(nullable), toDateTimeOrZero(nullable), toDate(day), toDateOrNull(day), toDate32(day)",
    "toDateTime64(fine, 3), toDateTime64(fine, 6), toDateTime64(fine, 1), toDateTime64(fine, 0), toDateTime64OrNull(fine, 3), toDateTime64OrZero(fine, 6)",
    "toDateTimeOrNull(junk), toDateTimeOrZero(junk), toDateOrNull(junk), toDate32OrZero(junk), toDateTime64OrNull(junk, 3), toDateTime64OrZero(junk, 6), parseDateTimeBestEffortOrNull(junk)",
    "parseDateTimeBestEffort(best), parseDateTimeBestEffort(best, 'Asia/Tokyo'), parseDateTimeBestEffortOrNull(best), parseDateTimeBestEffortOrZero(best), parseDateTimeBestEffortUS(best)",
    "parseDateTime64BestEffort(best), parseDateTime64BestEffort(best, 6), parseDateTime64BestEffort(best, 6, 'Asia/Tokyo'), parseDateTime64BestEffortOrNull(best), parseDateTimeBestEffortOrNull(nullable)",
])  # fmt: skip
def test_texts_of_columns(engines, values: str):
    engines.check(f"SELECT id, {values} FROM texts ORDER BY id")


def test_low_cardinality_and_nullable(engines):
    engines.check("SELECT id, toYear(toLowCardinality(d)), toDateTime(toLowCardinality(basic)), "
                  "toStartOfMonth(toNullable(u)), toStartOfDay(toLowCardinality(d)) "
                  "FROM clocks JOIN texts USING id ORDER BY id")  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [
    ("SELECT toDateTime('2024-01-01 00:00:00')", "SELECT toDateTime('2025-06-07 08:09:10')"),
    ("SELECT toDateTime('2024-01-01 00:00:00', 'Asia/Tokyo')", "SELECT toDateTime('2024-01-01 02:00:00', 'Asia/Tokyo')"),
    ("SELECT parseDateTimeBestEffort('2024-01-01')", "SELECT parseDateTimeBestEffort('2024-01-01T01:02:03+02:00')"),
    ("SELECT formatDateTime(u, '%Y') FROM clocks", "SELECT formatDateTime(u, '%d') FROM clocks"),
    ("SELECT toHour(u, 'Asia/Tokyo') FROM clocks", "SELECT toHour(u, 'Europe/Madrid') FROM clocks"),
    ("SELECT dateDiff('day', d, u) FROM clocks", "SELECT dateDiff('month', d, u) FROM clocks"),
])  # fmt: skip
def test_another_text_is_another_translation(engines, first: str, second: str):
    fresh = engines.translate(second).sql
    engines.translators.clear()
    known = engines.translate(first).sql
    assert known != fresh
    assert engines.translate(second).sql == fresh


@pytest.mark.parametrize("value", [
    "toHour(d)", "toStartOfHour(d)", "toStartOfSecond(dt)", "toYear(s)", "addDays(dt, 1.5)",
    "dateDiff('fortnight', d, dt)", "toStartOfMonth(d, 'Asia/Tokyo')", "toTimeZone(dt, '; DROP')",
    "toStartOfInterval(dt, toIntervalHour(u8))", "toDateTime(dec)", "toUnixTimestamp64Milli(dt)",
])  # fmt: skip
def test_what_is_refused(value: str):
    with pytest.raises(UnsupportedFunctionError):
        translator().translate(f"SELECT {value} FROM v")


@pytest.mark.parametrize("text", ["2.5", "31/01/2024", "Jan 31 2024", "10:20:30", "2024-01"])
@pytest.mark.parametrize("end", ["OrNull", "OrZero"])
def test_literals_that_only_clickhouse_reads(text: str, end: str):
    with pytest.raises(QueryError, match="cannot tell whether"):
        translator().translate(f"SELECT parseDateTimeBestEffort{end}('{text}')")
