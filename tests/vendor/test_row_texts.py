"""Texts as values: what the vendor's packages take for one, ClickHouse reads, and Martlet takes.

The packages hold the vendor's tests of a text by type; rows themselves are typed by its service.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ingest.reading import read
from tests.ingest.schemas import column, datasource
from tests.vendor.oracle import Vendor

from martlet.engines.clickhouse import ClickHouse
from martlet.ingest.csvrows import CsvReader, Dialect, read_records
from martlet.ingest.rows import RowCoder

DAYS = (
    "2024-03-02", "2024/03/02", "2024.03.02", "2024:03:02", "2024_03_02", "2024 03 02", "2024/03-02",
    "2024-02-30", "2024-13-01", "02/03/2024", "13-03-2024", "2024-3-2", "20240302", "1969-12-31", "2200-01-01",
    "0000-00-00",
)  # fmt: skip
CLOCKS = (
    "",
    " 10:00:00",
    "T10:00:00",
    "t10:00:00",
    "_10:00:00",
    " 10:00",
    " 9:05:07",
    " 24:00:00",
    " 23:59:60",
)
FRACTIONS = ("", ".", ".1", ".123", ".123456789", ",5")
ZONES = (
    "", "Z", "z", " Z", " UTC", "utc", " GMT", "+02:00", " +0200", "-05", " -0530", "+2", "+00:00 UTC",
    " +0000 UTC", " UTC+2", " EST", " CET", " AM", " PM", " ", "[UTC]", " x",
)  # fmt: skip
TIMES = [
    *DAYS,
    *("".join(parts) for parts in itertools.product(DAYS, CLOCKS[1:], ("", ".123Z"))),
    *("".join(parts) for parts in itertools.product(DAYS[:2], CLOCKS[1:3], FRACTIONS, ZONES)),
    "1704413030", "1704413030123", "1704413030.5", "Mon, 02 Mar 2024 10:00:00 GMT", "10:00:00", "",
]  # fmt: skip

_GUESSED = re.compile(r".* (?:AM|PM|UTC\+2)|.*\+2|.* (?:24:00:00|23:59:60).*", re.DOTALL)
# Texts that the vendor and ClickHouse both take for a time, and Martlet refuses: why.
STRICTER: dict[str, Callable[[str], bool]] = {
    "day or month first is not said": lambda text: bool(re.match(r"\d\d[/-]", text)),
    "separators differ, of which ClickHouse makes another day": lambda text: "2024/03-02" in text,
    "out of range becomes the nearest": lambda text: text[:4] in ("1969", "2200"),
    "no such time, twelve hours, or half an offset": lambda text: bool(_GUESSED.fullmatch(text)),
    "no such day": lambda text: text.startswith("0000"),
}


@pytest.fixture(scope="module")
def engine(clickhouse_path: Path) -> Iterator[ClickHouse]:
    opened = ClickHouse(clickhouse_path, database="row_texts")
    yield opened
    opened.close()


@pytest.fixture(params=["forward", "classic"])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("type_", ["DateTime", "DateTime64(3)"])
def test_times_that_the_vendor_and_clickhouse_take_are_taken(
    engine: ClickHouse, vendor: Vendor, type_: str
) -> None:
    members = {number: f'"x": {json.dumps(text)}' for number, text in enumerate(TIMES, 1)}
    theirs = read(engine, type_, members)
    coded = RowCoder(datasource(column("x", type_))).code(
        "\n".join(f"{{{member}}}" for member in members.values()).encode()
    )
    rows = [row.decode()[1:-1] for row in coded.rows]
    ours = read(engine, type_, dict(zip(coded.numbers, rows, strict=True)))
    # A text without a fraction is a DateTime64 too (public senders), though not to the package.
    fits = vendor.ask("fits", type="DateTime", texts=TIMES)["value"]
    used, taken = set(), 0
    for number, (text, is_time) in enumerate(zip(TIMES, fits, strict=True), 1):
        if is_time and number in theirs and number not in ours:
            reasons = [reason for reason, holds in STRICTER.items() if holds(text)]
            assert reasons, text
            used.update(reasons)
        elif number in ours:
            taken += 1
            # ClickHouse takes no lower-case z; RFC 3339 does.
            assert ours[number] == theirs.get(number) or (number not in theirs and "z" in text), (
                text
            )
            # A day alone is midnight, which the vendor does not say.
            assert is_time or re.fullmatch(r"\d{4}-\d\d-\d\d", text), text
    assert taken > 100
    assert used == {*STRICTER}


FIELDS = (
    "", "0", "1", "-1", "+1", "007", "1.5", "1.0", "1e3", "nan", "inf", "-Infinity", "1_0", "0x10", "127", "128",
    "255", "256", "-128", "-129", "32767", "32768", "65536", "2147483647", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    str(2**127 - 1), str(2**127), str(2**256 - 1), str(2**256), "1e39", "1e400", ".5", "5.", "true", "True", "T",
    "Yes", "On", "Enabled", "False", "F", "0", "No", "Off", "Disabled", "abc", "2024-01-01", "2024-13-45",
)  # fmt: skip
TESTED = (
    *(f"{sign}Int{bits}" for bits in (8, 16, 32, 64, 128, 256) for sign in ("", "U")),
    "Float32", "Float64", "Bool", "Date",
)  # fmt: skip
# Fields of CSV that Martlet takes and the package does not, and the other way round: why.
TAKEN_MORE: dict[str, Callable[[str, str], bool]] = {
    "a sign before an unsigned number": lambda type_, text: type_[0] == "U" and text == "+1",
    "nothing behind the point, which ClickHouse passes over": lambda type_, text: text == "5.",
}
TAKEN_LESS: dict[str, Callable[[str, str], bool]] = {
    "infinity and NaN have no JSON": lambda type_, text: (
        type_[0] == "F" and text.lower() in ("nan", "inf", "-infinity")
    ),
    "a number that would become infinite": lambda type_, text: text in ("1e39", "1e400"),
    "a number that would become infinite as a Float32": lambda type_, text: (
        type_ == "Float32" and len(text) > 38
    ),
    "no such day": lambda type_, text: text == "2024-13-45",
    "the package's bound of UInt256 is too wide": lambda type_, text: text == str(2**256),
}


def test_fields_of_csv_are_taken_as_the_vendor_does(vendor: Vendor) -> None:
    used: set[str] = set()
    for type_ in TESTED:
        reader = CsvReader(datasource(column("x", type_)))
        records = read_records("\n".join(f'"{text}"' for text in FIELDS).encode(), Dialect())
        body, sent = reader.events(records)
        taken = set(RowCoder(reader.datasource).code(body, sent=sent).numbers)
        fits = vendor.ask("fits", type=type_, texts=FIELDS)["value"]
        for number, (text, does_fit) in enumerate(zip(FIELDS, fits, strict=True), 1):
            if (number in taken) != does_fit:
                reasons = TAKEN_LESS if does_fit else TAKEN_MORE
                found = [reason for reason, holds in reasons.items() if holds(type_, text)]
                assert found, (type_, text)
                used.update(found)
    assert used == {*TAKEN_LESS, *TAKEN_MORE}
