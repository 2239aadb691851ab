"""CSV a column at a time is CSV field by field: the same records, the same bytes of JSON."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.test_csvrows import TEXTS, TYPES

from martlet.ingest.csvcolumns import read_columns
from martlet.ingest.csvrows import CsvReader, Dialect, Records, read_fields, read_records
from martlet.model import Column, Datasource, Location
from martlet.types import parse_type

PLACE = Location("x.datasource", 1)

# What tells fields, records and quotes apart, and what looks like it.
MARKS = (
    ",",
    ";",
    '"',
    '""',
    "'",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "a",
    "1",
    "\\N",
    "",
    "ñ",
    "\0",
    "\f",
    "x,y\n",
)
DIALECTS = (Dialect(), Dialect(";"), Dialect("\t"), Dialect(quote="'"), Dialect(" "), Dialect("|", quote="\\"))  # fmt: skip

# Values that are mostly alike within a column, and some that are not.
VALUES = st.one_of(
    st.sampled_from([*TEXTS, "", "-0", "0", "-7", "1.50", "1e5", "1E5", "2024-01-02 03:04:05", "\ud7ff", "FALSE"]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(max_size=6),
)  # fmt: skip


def as_seen(records: Records) -> tuple[object, ...]:
    fields = [[(type(field), field) for field in record] for record in records.fields]
    return fields, records.texts, records.faults, records.consumed


@given(st.lists(st.sampled_from(MARKS), max_size=40), st.sampled_from(DIALECTS))
def test_the_records_are_those_of_reading_field_by_field(marks: list[str], dialect: Dialect):
    data = "".join(marks).encode()
    assert as_seen(read_records(data, dialect)) == as_seen(read_fields(data, dialect))


@given(st.lists(st.lists(VALUES, min_size=2, max_size=2), min_size=1), st.data())
def test_well_formed_records_are_read_by_column(rows: list[list[str]], data: st.DataObject):
    dialect = data.draw(st.sampled_from(DIALECTS[:4]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = "".join(dialect.delimiter.join(quoted(f, dialect) for f in row) + end for row in rows)
    records = read_records(text.encode(), dialect)
    assert records.columns is not None
    assert records.fields == [[field.encode() for field in row] for row in rows]
    stop = data.draw(st.integers(0, len(text.encode())))
    head = read_records(text.encode()[:stop], dialect, is_last=False)
    assert as_seen(head)[0] == as_seen(records)[0][: len(head.texts)]
    assert head.texts == records.texts[: len(head.texts)]


def quoted(text: str, dialect: Dialect) -> str:
    return dialect.quote + text.replace(dialect.quote, dialect.quote * 2) + dialect.quote


SOURCES = [
    Datasource("t", PLACE, (
        Column("k%d", parse_type("String"), PLACE),
        Column("v", parse_type(type_), PLACE, default=default),
        Column("last", parse_type("Nullable(Int32)"), PLACE),
    ))
    for type_ in (*TYPES, "JSON", "Nullable(DateTime64(3))", "Tuple(Int32, String)")
    for default in (None, "'x'")
]  # fmt: skip


@given(st.sampled_from(SOURCES), st.data())
def test_the_events_are_those_of_reading_field_by_field(source: Datasource, data: st.DataObject):
    some = data.draw(st.lists(VALUES, min_size=1, max_size=3))
    value = st.tuples(st.sampled_from(some) | VALUES, st.booleans()).map(field)
    rows = data.draw(st.lists(st.tuples(value, value, value), min_size=1, max_size=8))
    text = b"\n".join(map(b",".join, rows))
    header = data.draw(st.sampled_from([None, ["v", "other", "last"], ["last", "v", "k%d"]]))
    reader = CsvReader(source, header)
    by_column, by_field = read_records(text, Dialect()), read_fields(text, Dialect())
    assert reader.events(by_column) == reader.events(by_field)


def field(sent: tuple[str, bool]) -> bytes:
    text, in_quotes = sent
    plain = text.encode()
    return b'"' + plain.replace(b'"', b'""') + b'"' if in_quotes else plain


@pytest.mark.parametrize("type_", TYPES)
def test_columns_of_one_kind_are_not_gone_through_field_by_field(type_: str):
    """What makes it worth its while: where this fails, files of such columns take long."""
    if type_.startswith(("Array", "Map")):
        return
    text = {"Bool": b"true", "UUID": b"61f0c404-5cb3-11e7-907b-a6006ad3dba0", "IPv4": b"1.2.3.4"}
    texts = {"Enum8('a' = 1, '2' = 3)": b"a", "Date": b"2024-01-02", "Date32": b"2024-01-02"}
    value = {**text, **texts}.get(type_, b"2024-01-02 03:04:05" if "Time" in type_ else b"17")
    columns = (Column("v", parse_type(type_), PLACE),)
    reader = CsvReader(Datasource("t", PLACE, columns))
    (member,) = reader._members
    assert member is not None
    fails = replace(member, convert=lambda text: pytest.fail("one by one"))
    for fields in ([value] * 3, [value, b"", value] if "Nullable" in type_ else [value]):
        written, made = fails.of(fields)
        assert [m and written % m for m in made] == [member.convert(f) for f in fields]


def test_the_end_of_a_text_is_found_behind_quotes_only():
    def consumed(data: bytes) -> int | None:
        found = read_columns(data, cut=b",", quote=b'"', blanks=b" \t", is_last=False)
        return found and found.consumed

    assert consumed(b'a,b\n"c\nd",e\nf,"g\n') == 12
    assert consumed(b'"a\n\n\n') is None
    assert consumed(b'a,"' + b"\n" * 200) is None
