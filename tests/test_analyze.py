"""Schemas guessed from samples: the types, and that no sampled row is refused by its schema."""

import csv
import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from martlet import analyze
from martlet.analyze import Analysis, analyze_csv, analyze_json
from martlet.errors import RequestError
from martlet.files.datasource import parse_datasource
from martlet.files.source import Report, Source
from martlet.ingest.csvrows import CsvReader, Dialect, find_header, read_records
from martlet.ingest.rows import RowCoder
from martlet.model import Datasource


def lines(*rows: object) -> bytes:
    return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)


def guessed(*rows: object) -> dict[str, str]:
    return {c.name: str(c.type) for c in analyze_json(lines(*rows)).columns}


def parsed(analysis: Analysis) -> Datasource:
    """Return the data source of the guessed file, read as files are."""
    report = Report()
    found = parse_datasource(Source("guess.datasource", analysis.datafile()), report)
    assert not report.errors, analysis.datafile()
    return found


NINES = "99999999999999999999"
TYPES = [
    ([1, -2], "Int16"),
    ([32768], "Int32"),
    ([2**31, True], "Int64"),
    ([2**63], "UInt64"),
    ([2**63, -1], "Int128"),
    ([2**200], "Int256"),
    ([2**255], "UInt256"),
    ([2**256], "String"),
    ([1, 2.5], "Float64"),
    ([1.5, True], "String"),
    ([True, False], "Bool"),
    (["a", ""], "String"),
    (["1", "2"], "String"),
    ([1, "a"], "String"),
    (["2024-01-31"], "Date"),
    (["2024-02-30"], "String"),
    (["1890-01-31"], "String"),
    (["1930-01-31"], "Date32"),
    (["2024-01-31 10:00:00", "2024-01-31"], "DateTime"),
    (["2024-01-31T10:00:00Z"], "DateTime"),
    (["2024-01-31T10:00:00+02:00"], "DateTime"),
    (["2024/01/31 10:00:00"], "DateTime"),
    (["1930-01-31 10:00:00"], "DateTime64(3)"),
    (["2024-01-31 10:00:00.1"], "DateTime64(3)"),
    (["2024-01-31 10:00:00.1234", "2024-01-31 10:00:00"], "DateTime64(6)"),
    (["2024-01-31T10:00:00.123456789Z"], "DateTime64(9)"),
    (["2024-01-31T10:00:00.1234567890Z"], "String"),
    (["2024-01-31 25:00:00"], "String"),
    (["10:00"], "String"),
    (["61f0c404-5cb3-11e7-907b-a6006ad3dba0"], "String"),
    ([{}, {}], "String"),
    ([{"b": 1}, 1], "String"),
    ([None, None], "Nullable(String)"),
    ([None, 1], "Nullable(Int16)"),
    ([[1], []], "Array(Int16)"),
    ([[], []], "Array(String)"),
    ([[1, None]], "Array(Nullable(Int16))"),
    ([["a", 1]], "Array(String)"),
    ([[[1], [40000]], [[]]], "Array(Array(Int32))"),
    ([[[1], None]], "Array(Nullable(String))"),
    ([["2024-01-31 10:00:00"]], "Array(DateTime)"),
    ([[1], None], "Nullable(String)"),
    ([[1], 2], "String"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"), TYPES, ids=[f"{n}-{t}" for n, (_, t) in enumerate(TYPES)]
)
def test_types_of_values(values: list[object], expected: str):
    assert guessed(*({"a": value} for value in values)) == {"a": expected}


def test_the_example_of_the_documentation():
    body = lines(
        {"a_nested_array": {"nested_array": [1, 2, 3]}, "an_array": [1, 2, 3], "field": "test",
         "nested": {"nested_field": "bla"}}
    )  # fmt: skip
    assert analyze_json(body).schema == (
        "a_nested_array_nested_array Array(Int16) `json:$.a_nested_array.nested_array[:]`,"
        " an_array Array(Int16) `json:$.an_array[:]`, field String `json:$.field`,"
        " nested_nested_field String `json:$.nested.nested_field`"
    )


def test_members_that_rows_lack():
    found = analyze_json(
        lines({"a": 1, "b": {"c": 2}, "d": [1]}, {"a": None}, {"a": 2}, {"b": None, "a": 3})
    )
    shown = [
        (g.column.name, str(g.column.type), g.column.default, g.present) for g in found.guesses
    ]
    assert shown == [
        ("a", "Nullable(Int16)", None, 0.75),
        ("b_c", "Nullable(Int16)", None, 0.25),
        ("d", "Array(Int16)", "[]", 0.25),
    ]


def test_objects_in_arrays():
    found = analyze_json(lines({"a": [{"b": 1, "c": {"d": "x"}}, {"b": 2, "e": None}]}, {"a": []}))
    assert found.schema == (
        "a_b Array(Int16) `json:$.a[:].b`, a_c_d Array(Nullable(String)) `json:$.a[:].c.d`,"
        " a_e Array(Nullable(String)) `json:$.a[:].e`"
    )


def test_names():
    row = {"a.b": 1, "a": {"b": 2}, "a_b": 3, "First name": 4, "naïve": 5, "2": 6, "--": 7}
    found = analyze_json(lines(row))
    assert [(c.name, c.json_path) for c in found.columns] == [
        ("a_b", "$['a.b']"), ("a_b_2", "$.a.b"), ("a_b_3", "$.a_b"), ("First_name", "$.First name"),
        ("naïve", "$.naïve"), ("2", "$.2"), ("column", "$.--"),
    ]  # fmt: skip
    assert "`2` Int16" in found.schema
    assert [column.name for column in parsed(found).columns] == [
        column.name for column in found.columns
    ]


def test_names_that_no_path_can_have_are_told():
    found = analyze_json(lines({"a": 1, "it's": 2, "": 3, "x": {"b`": 1}, "y": [{"c\n": 1}]}))
    assert found.schema == "a Int16 `json:$.a`"
    reason = "no jsonpath can be written for this name"
    assert found.skipped == tuple(
        (path, reason) for path in ("$.it's", "$.", "$.x.b`", "$.y[:].c\n")
    )


def test_an_object_with_too_many_members_is_text():
    found = analyze_json(lines({"a": {f"m{n}": n for n in range(501)}, "b": 1}))
    assert found.schema == "a String `json:$.a`, b Int16 `json:$.b`"
    halves = [{f"m{n}": 1 for n in range(300)}, {"one": 1}]
    found = analyze_json(lines({"a": halves[0], "b": halves[0], "c": 1}))
    assert len(found.columns) == 302
    assert (found.columns[300].name, str(found.columns[300].type)) == ("b", "String")


def test_too_many_members_of_the_rows_themselves_are_told():
    found = analyze_json(lines({f"m{n}": n for n in range(1000)}))
    assert len(found.columns) == 500
    assert len(found.skipped) == 100
    assert found.skipped[0] == ("$.m500", "there are more than 500 columns")


def test_the_sample_is_bounded(monkeypatch):
    monkeypatch.setattr(analyze, "MAX_SAMPLE_ROWS", 3)
    assert analyze_json(lines(*({"a": n} for n in range(9)))).rows == 3
    assert analyze_csv(b"a\n1\n2\n3\n4\n").rows == 2  # with the header three records
    monkeypatch.setattr(analyze, "MAX_SAMPLE_BYTES", 20)
    assert analyze_json(b'{"a": 1234567}\n{"a": 1234567}\n{"a": 1234567}').rows == 2
    assert analyze_csv(b"a,b\n11,22\n33,44\n55,666666\n").schema == "a Int16, b Int16"


@pytest.mark.parametrize("element", ["1", '{"a": 1}', "[[], {}]"])
def test_of_a_long_array_the_beginning_is_read(element: str):
    body = f"[ {element}\n" + f", {element}" * 300_000 + "]"
    if element[0] != "{":
        with pytest.raises(RequestError):
            analyze_json(body.encode())
        return
    found = analyze_json(body.encode())
    assert (found.rows, found.invalid, found.schema) == (10_000, 0, "a Int16 `json:$.a`")
    mixed = analyze_json(body.encode() + b'\n{"b": 1}')
    assert mixed.schema == found.schema


def test_many_keys_take_time_by_the_size_of_the_sample_alone():
    rows = [{f"k{n}_{m}": {"x": m} for m in range(20)} for n in range(2000)]
    assert len(analyze_json(lines(*rows)).columns) == 500


@pytest.mark.parametrize(
    ("body", "rows", "invalid"),
    [
        (b'{"a": 1}\n{"a": 2', 1, 1),  # cut off
        (b'[{"a": 1}, {"a": 2}]', 2, 0),
        (b'{\n "a": 1\n}\n{"a": 2}\n\n', 2, 0),
        (b'1\n"x"\n{"a": 3}\nno', 1, 3),
    ],
)
def test_lines_that_are_no_rows(body: bytes, rows: int, invalid: int):
    found = analyze_json(body)
    assert (found.rows, found.invalid, found.schema) == (rows, invalid, "a Int16 `json:$.a`")


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"1", b"[]", b"{}", b"{}\n{}", b"\xff", b"[" * 100_000]
)
def test_samples_without_rows(body: bytes):
    with pytest.raises(RequestError):
        analyze_json(body)


def test_the_file_is_sorted_by_a_time_then_a_number_then_a_text():
    for row, key in [
        ({"t": "x", "n": 1, "at": "2024-01-31 10:00:00"}, "at"),
        ({"t": "x", "f": 1.5, "n": 1}, "n"),
        ({"f": 1.5, "not": "x"}, "`not`"),
        ({"f": 1.5}, "tuple()"),
        ({"2": 1}, "`2`"),
    ]:
        found = analyze_json(lines(row))
        assert found.datafile().endswith(f'ENGINE "MergeTree"\nENGINE_SORTING_KEY "{key}"\n')
        assert parsed(found).engine.sorting_key == key
    nullable = analyze_json(lines({"at": "2024-01-31", "b": "x"}, {"b": "y"}))
    assert 'ENGINE_SORTING_KEY "b"' in nullable.datafile()


# --- no sampled row is refused

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
TIMES = st.datetimes().map(str) | st.dates().map(str)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.integers(-300, 300)
    | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | TIMES
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "c.d", "e f", "é", "g[0]", "h'", " i", "\x0cj"]) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.lists(st.dictionaries(KEYS, VALUES, max_size=5), min_size=1, max_size=6)
# Rows that are alike, so that columns are of other types than text.
ALIKE = st.sampled_from(
    [st.integers(-(2**66), 2**66), st.booleans(), st.floats(-1e300, 1e300), TIMES,
     st.lists(st.integers(0, 9) | st.none(), max_size=3),
     st.fixed_dictionaries({}, optional={"x": st.integers(0, 9), "y": st.lists(TIMES, max_size=2)}),
     st.lists(st.fixed_dictionaries({"p": SCALARS}, optional={"q": st.integers(0, 9)}), max_size=3)]
).flatmap(
    lambda value: st.lists(st.fixed_dictionaries({}, optional={"a": value | st.none(), "b": value}), min_size=1)
)  # fmt: skip


@settings(max_examples=80)
@given(ROWS | ALIKE)
@example([{"a": [[]]}, {"a": [[1]]}])
@example([{"a": [{"b": [1]}, {"b": None}]}])
@example([{"a": {"b": None}}, {"a": 1}])
def test_the_guessed_file_takes_every_sampled_row(rows: list[dict]):
    body = lines(*rows)
    try:
        found = analyze_json(body)
    except RequestError:  # no member that a path can name
        assert not any({"a", "b"} & set(row) for row in rows) or any(
            isinstance(value, dict | list) for row in rows for value in row.values()
        )
        return
    assert (found.rows, found.invalid) == (len(rows), 0)
    source = parsed(found)
    assert source.columns  # and its paths are those that were guessed
    coded = RowCoder(source).code(body)
    assert [row.errors for row in coded.refused] == []
    assert (found.coded.accepted, coded.accepted) == (len(rows), len(rows))
    for guess in found.guesses:
        assert 0 <= guess.present <= 1


CSV_FIELDS = (
    st.integers(-(2**70), 2**70).map(str) | st.floats(-1e9, 1e9).map(str) | TIMES | st.just("") | TEXTS
    | st.sampled_from(["true", "FALSE", "007", "+5", "1e5", "\\N", '"', "a,b", "x\ny", "[1]", "-0", "1.0", " 5 ", "0x1"])
)  # fmt: skip
CSV_COLUMN = st.sampled_from(
    [st.integers(-99, 2**66).map(str), st.floats(-9, 9).map(str), TIMES, st.sampled_from(["true", "False"]), CSV_FIELDS]
)  # fmt: skip


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[list[str], list[list[str]], str]:
    kinds = draw(st.lists(CSV_COLUMN, min_size=1, max_size=4))
    names = draw(
        st.lists(st.sampled_from(["id", "First name", "b", "a.b", "c", "not", "naïve"]),
                 min_size=len(kinds), max_size=len(kinds), unique=True)
    )  # fmt: skip
    rows = draw(
        st.lists(
            st.tuples(*(kind | st.just("") for kind in kinds)).map(list), min_size=1, max_size=6
        )
    )
    return names, rows, draw(st.sampled_from(",;\t|"))


@settings(max_examples=80)
@given(csv_files(), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_the_guessed_file_takes_every_record(file, quoting: int):
    names, rows, delimiter = file
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(
        [names, *rows]
    )
    data = written.getvalue().encode()
    dialect = Dialect(delimiter)
    found = analyze_csv(data, dialect=dialect, has_header=True)
    source = parsed(found)
    records = read_records(data, dialect)
    header = find_header(records.fields[0], source)
    assert header == [column.name for column in source.columns]
    records.drop_first()
    reader = CsvReader(source, header)
    body, sent = reader.events(records)
    refused = RowCoder(reader.datasource).code(body, sent=sent).refused if body else []
    assert [row.errors for row in refused if row.columns != [""]] == []
    assert len(refused) == found.invalid


# --- CSV


def layout(data: bytes) -> tuple[str, bool, str]:
    found = analyze_csv(data)
    assert found.layout is not None
    return found.layout.dialect.delimiter, found.layout.has_header, found.schema


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,x\n", (",", True, "a Int16, b String")),
        (b"\xef\xbb\xbfa;b\r\n1;x,y\r\n", (";", True, "a Int16, b String")),
        (b"a\tb\n1\t2.5\n", ("\t", True, "a Int16, b Float64")),
        (b"a|b\n1|2,5\n", ("|", True, "a Int16, b String")),
        (b"1,x\n2,y\n", (",", False, "column_1 Int16, column_2 String")),
        (b"a\n1\n2\n", (",", True, "a Int16")),
        (b"a,b,\n1,2,\n", (",", True, "a Int16, b Int16")),
        (
            b'First name,"at, in UTC"\nx,2024-01-31\n',
            (",", True, "First_name String, at_in_UTC Date"),
        ),
        (b"a,b\n,2\n1,\n", (",", True, "a Nullable(Int16), b Nullable(Int16)")),
        (b'a,b\n"",\\N\nx,1.5\n', (",", True, "a String, b Nullable(Float64)")),
        (b"a,b\n007,true\n8,false\n", (",", True, "a String, b Bool")),
        (b"a,b\ntrue,1e5\n1,2\n", (",", True, "a String, b String")),
        (b"a,b\n", (",", True, "a Nullable(String), b Nullable(String)")),
        (b"2024-01-31,x\n", (",", False, "column_1 Date, column_2 String")),
    ],
)
def test_dialects_headers_and_types(data: bytes, expected: tuple[str, bool, str]):
    assert layout(data) == expected


def test_records_that_are_no_rows():
    found = analyze_csv(b'a,b\n1,2\n3\n4,5,6\n7,8\n9,"x\n')
    assert (found.schema, found.rows, found.invalid) == ("a Int16, b Int16", 2, 3)
    skipped = analyze_csv(b"a,,c\n1,2,3\n")
    assert (skipped.schema, skipped.skipped) == (
        "a Int16, c Int16", (("field 2", "the header has no name for it"),),
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,a\n1,2\n", b"a b,a_b\n1,2\n"])
def test_csv_without_rows_or_with_names_twice(data: bytes):
    with pytest.raises(RequestError):
        analyze_csv(data)


def test_what_a_request_says_counts():
    found = analyze_csv(b"x;y\nz;w\n", dialect=Dialect(";"), has_header=False)
    assert (found.schema, found.rows) == ("column_1 String, column_2 String", 2)
    found = analyze_csv(b"1;2\n3;4\n", has_header=True)
    assert (found.schema, found.rows) == ("`1` Int16, `2` Int16", 1)
