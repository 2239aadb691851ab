"""CSV as ClickHouse reads it: every value that is taken is the one that chDB has."""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import EngineError, QueryError, RequestError
from martlet.ingest.csvrows import CsvReader, Dialect, find_header, read_records
from martlet.ingest.literals import json_number, json_of_literal
from martlet.ingest.rows import RowCoder
from martlet.model import Column, Datasource, Location
from martlet.types import parse_type

PLACE = Location("x.datasource", 1)
COMMAS = Dialect()

TYPES = (
    "Int8", "UInt64", "Int256", "Nullable(Int32)", "Float64", "Float32", "Decimal(10, 2)", "Bool",
    "String", "Nullable(String)", "LowCardinality(String)", "FixedString(3)", "Date", "Date32",
    "DateTime", "DateTime('Europe/Madrid')", "DateTime64(3)", "DateTime64(6)", "UUID", "IPv4",
    "Enum8('a' = 1, '2' = 3)", "Array(Int32)", "Array(String)", "Array(Nullable(Float64))",
    "Map(String, Int32)", "Array(Array(String))",
)  # fmt: skip

TEXTS = (
    "1", "+5", "-0", "012", " 7 ", "-128", "1.5", ".5", "5.", "1e5", "1E-2", "abc", "true", "T", "off",
    "Yes", "2", "a", "a b", " a ", 'a"b', "'a'", "18446744073709551615", "1.25", "-1.50", "99999999.99",
    "2024-01-02", "2024-1-2", "20240102", "2024-02-30", "2024-01-02 03:04:05", "2024-01-02T03:04:05",
    "2024-01-02 03:04:05.123", "1704413030", "1704413030123", "1704413030.5", "17044130",
    "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "127.0.0.1", "ab", "ñ", "[]", "[1,2]", "[1, -2 ]",
    "['a','b']", "['a\\'b','c''d']", "['\\n\\\\']", "[1.5,NULL]", "{'a':1,'b':-2}", "{}", "[['a'],[]]",
    "a\\nb", "NULL", "\\N", "0", "00", "[a]", "{a}", "2024",
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(clickhouse_path: Path) -> Iterator[ClickHouse]:
    opened = ClickHouse(clickhouse_path, database="csvrows")
    yield opened
    opened.close()


def source(type_: str, *, default: str | None = None) -> Datasource:
    columns = (
        Column("k", parse_type("Int32"), PLACE),
        Column("v", parse_type(type_), PLACE, default=default),
    )
    return Datasource("t", PLACE, columns)


def taken(datasource: Datasource, text: bytes, dialect: Dialect = COMMAS) -> list[object]:
    """What is made of CSV: rows as ClickHouse gets them, None in the place of those refused."""
    records = read_records(text, dialect)
    reader = CsvReader(datasource)
    body, sent = reader.events(records)
    coded = RowCoder(reader.datasource).code(body, sent=sent)
    rows = dict(zip(coded.numbers, coded.rows, strict=True))
    assert rows.keys().isdisjoint(row.number for row in coded.refused)
    return [rows.get(number + 1) for number in range(len(records.texts))]


class Oracle:
    def __init__(self, engine: ClickHouse, type_: str, default: str = "") -> None:
        self.engine, self.writer, self.type_ = engine, engine.writer(), type_
        for table in ("ours", "theirs"):
            engine.command(f"DROP TABLE IF EXISTS {table}")
            engine.command(f"CREATE TABLE {table} (k Int32, v {type_} {default}) ENGINE = Memory")

    def values(self, table: str) -> dict[int, object]:
        # An Enum of an empty text is 0, which ClickHouse itself cannot print.
        where = "WHERE CAST(v, 'Int8') != 0" if self.type_.startswith("Enum") else ""
        found = self.engine.rows(f"SELECT k, toString(v) AS text FROM {table} {where}")
        return {int(str(row["k"])): row["text"] for row in found}

    def insert(self, table: str, block: bytes, format: str) -> bool:
        try:
            self.writer.insert(table, block, format=format)
        except (QueryError, EngineError, UnicodeDecodeError):  # chDB cuts texts that it quotes
            return False
        return True


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_taken_is_what_clickhouse_reads(engine: ClickHouse, type_: str):
    oracle = Oracle(engine, type_)
    accepted = 0
    for number, (text, is_quoted) in enumerate(itertools.product(TEXTS, (False, True))):
        field = '"' + text.replace('"', '""') + '"' if is_quoted or "," in text else text
        line = f"{number},{field}\n".encode()
        (row,) = taken(source(type_), line)
        if row is not None:
            accepted += 1
            assert oracle.insert("ours", row, "JSONEachRow")
        oracle.insert("theirs", line, "CSV")
    ours, theirs = oracle.values("ours"), oracle.values("theirs")
    assert accepted > 0
    assert {k: theirs[k] for k in ours.keys() & theirs.keys()} == {
        k: ours[k] for k in ours.keys() & theirs.keys()
    }
    refused = [TEXTS[k // 2] for k in theirs.keys() - ours.keys()]
    assert [text for text in refused if not _may_be_refused(text, type_)] == []


def _may_be_refused(text: str, type_: str) -> bool:
    """Whether ClickHouse makes something up of a text, or drops a part of it."""
    is_cut = re.fullmatch(r"[\d.+-]+", text) and ("Int" in type_ or "Decimal" in type_)
    is_null = "NULL" in text or text == "\\N"
    is_rolled = text == "2024-02-30"
    is_time = "Date" in type_ and re.fullmatch(r"[\d+.-]+", text)
    is_bare = type_.startswith("Array") and not text.startswith("[")  # an array of one
    return bool(is_cut or is_null or is_rolled or is_time or is_bare)


@pytest.mark.parametrize(
    ("type_", "default", "text", "value"),
    [
        ("String", None, "", b""),
        ("String", "'d'", "", MISSING := "left out"),
        ("String", "'d'", '""', b""),
        ("String", "'d'", "\\N", MISSING),
        ("String", None, "\\N", None),
        ("Nullable(String)", None, "", MISSING),
        ("Nullable(String)", None, '"\\N"', b"\\N"),
        ("Int32", None, "", None),
        ("Int32", None, '""', None),
        ("Int32", "5", "", MISSING),
        ("Float64", None, "nan", None),
        ("Int8", None, "300", None),
    ],
)
def test_empty_fields_are_never_made_up(type_: str, default: str | None, text: str, value: object):
    (row,) = taken(source(type_, default=default), f"1,{text}\n".encode())
    if value is None:
        assert row is None
    else:
        stored = orjson.loads(row).get("v", MISSING)
        assert stored == (value.decode() if isinstance(value, bytes) else value)


@given(
    st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.text(), st.booleans()), min_size=1),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_text_comes_back_as_it_was(rows, delimiter: str, end: str):
    lines = []
    for number, text, is_quoted in rows:
        needs = (
            is_quoted
            or text != text.strip()
            or not text
            or text == "\\N"
            or re.search(r'["\r\n;|\t,]', text)
        )
        lines.append(
            f"{number}{delimiter}" + ('"' + text.replace('"', '""') + '"' if needs else text)
        )
    data = end.join(lines).encode()
    made = taken(source("String"), data, Dialect(delimiter))
    assert [orjson.loads(row) for row in made] == [{"k": n, "v": text} for n, text, _ in rows]


@given(st.binary(max_size=200), st.integers(1, 50), st.sampled_from(["", "\\"]))
def test_records_do_not_depend_on_where_the_text_is_cut(noise: bytes, size: int, escape: str):
    data, dialect = noise.replace(b"\0", b'"').replace(b"\1", b"\n"), Dialect(escape=escape)
    whole = read_records(data, dialect)
    position, fields = 0, []
    stop = size
    while position < len(data):
        part = read_records(data[position:stop], dialect, is_last=stop >= len(data))
        fields += part.fields
        position += part.consumed
        stop = max(position, stop) + size
    if '"' not in data.decode("latin-1") or not whole.faults:
        assert fields == whole.fields
    assert whole.consumed == len(data)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_digits(value: float):
    for text in (repr(value), f"+{abs(value)!r}", f"00{abs(value)!r}"):
        made = json_number(text.encode())
        assert made is not None
        assert orjson.loads(made) == float(text)
    assert math.isclose(float(json_number(b".5") or 0), 0.5)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (b"['a','b''c\\'']", b'["a","b\'c\'"]'), (b"(1,'x')", b'[1,"x"]'), (b"{1:'a'}", b'{"1":"a"}'),
        (b'{"a": [1]}', b'{"a":[1]}'), (b"[a]", None), (b"[1", None), (b"1", None), (b"['\xff']", None), (b"[]]", None),
    ],
)  # fmt: skip
def test_literals(text: bytes, made: bytes | None):
    assert json_of_literal(text) == made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
).filter(lambda value: isinstance(value, list | dict))  # fmt: skip


@given(JSON)
def test_json_is_a_literal_as_it_is(value: object):
    text = orjson.dumps(value)
    assert json_of_literal(text) == text
    assert json_of_literal(b" " + text) == text  # which is taken apart


def test_a_header_is_one_if_most_names_are_columns():
    datasource = source("String")
    assert find_header([b"v", b"k", b""], datasource) == ["v", "k"]
    assert find_header([b"v", b"k", b"x"], datasource) == ["v", "k", "x"]
    assert find_header([b"v", b"x"], datasource) is None


@pytest.mark.parametrize(
    "wrong", [{"delimiter": ""}, {"delimiter": '"'}, {"delimiter": "ñ"}, {"escape": ","}]
)
def test_dialects_that_cannot_be_read_are_refused(wrong: dict[str, str]):
    with pytest.raises(RequestError):
        Dialect(**wrong)


def test_a_column_that_no_text_fits_is_refused_and_a_state_is_no_field() -> None:
    columns = tuple(
        Column(name, parse_type(type_), PLACE)
        for name, type_ in (("a", "Int8"), ("s", "AggregateFunction(sum, Int8)"), ("d", "Dynamic"))
    )
    datasource = Datasource("t", PLACE, columns)
    reader = CsvReader(datasource)
    assert reader.header == ["a", "d"]
    assert taken(datasource, b"1,2") == [None]
    only = replace(datasource, columns=columns[:2])
    assert taken(only, b"1") == [b'{"a":1}']
