import json
import re

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.ingest.conftest import Store
from tests.ingest.schemas import column, datasource

from martlet.errors import DatafileError, MartletError, RequestError, TooLargeError
from martlet.ingest.rows import MAX_ROW_BYTES, RefusedRow, RowCoder
from martlet.model import Column, Datasource


def code_one(schema: Datasource, event: str) -> bytes | RefusedRow:
    coded = RowCoder(schema).code(event.encode("utf-8", "surrogatepass"))
    assert coded.accepted + len(coded.refused) == 1
    return coded.rows[0] if coded.accepted else coded.refused[0]


PATHS = [
    (column("x", "String", "$"), '{"a": [1.10]}', '{"a":[1.10]}'),
    (column("x", "JSON", "$"), '{"a": [1]}', {"a": [1]}),
    (column("x", "String", "$.a.b"), '{"a": {"b": "c"}}', "c"),
    (column("x", "Nullable(String)", "$.a.b"), '{"a": 1}', None),
    (column("x", "Nullable(String)", "$.a.b"), '{"a": null}', None),
    (column("x", "Array(String)", "$.a[:]"), '{"a": ["b", 1]}', ["b", "1"]),
    (column("x", "Array(Nullable(UInt8))", "$.a[:].b"), '{"a": [{"b": 1}, {}]}', [1, None]),
    (column("x", "Array(UInt8)", "$.a.c.[:].b"), '{"a": {"c": [{"b": 1}]}}', [1]),
    (column("x", "Array(UInt8)", "$.a[:].b", "[7]"), "{}", [7]),
    (column("x", "String", "$.a[:].b"), '{"a": [{"b": 1}, {}]}', "[1,null]"),
]


@pytest.mark.parametrize(("field", "event", "stored"), PATHS)
def test_paths(store: Store, field: Column, event: str, stored: object) -> None:
    coded = code_one(datasource(field), event)
    assert isinstance(coded, bytes)
    assert store(datasource(field), coded) == [{"x": stored}]


@pytest.mark.parametrize(
    ("field", "event", "fault", "place"),
    [
        (column("x", "String", "$.a.b"), '{"a": 1}', "does not have column 'x'", "$.a.b"),
        (column("x", "Array(UInt8)", "$.a[:].b"), '{"a": [{"b": 1}, {}]}',
         "does not have column 'x'", "$.a[1].b"),
        (column("x", "Array(UInt8)", "$.a[:].b"), '{"a": [{"b": null}]}',
         "Null value not allowed", "$.a[0].b"),
        (column("x", "Array(UInt8)", "$.a[:]"), '{"a": {"b": 1}}', 'Value {"b":1}', "$.a[:]"),
        (column("x", "Array(Array(UInt8))", "$.a[:].b[:]"), '{"a": [{"b": [1, "c"]}]}',
         'Value "c"', "$.a[0].b[1]"),
        (column("x", "Tuple(a UInt8, b UInt8)"), '{"x": {"a": 1}}',
         "does not have column 'x'", "$.x.b"),
    ],
)  # fmt: skip
def test_refused_below_a_path(field: Column, event: str, fault: str, place: str) -> None:
    coded = code_one(datasource(field), event)
    assert isinstance(coded, RefusedRow)
    assert fault in coded.errors[0]
    assert coded.errors[0].endswith(f"While accessing jsonpath '{place}'")


def test_nested_columns_are_stored_as_arrays(store: Store) -> None:
    schema = datasource(
        column("n", "Nested(a UInt8, `b c` Nullable(String))", "$.items[:]"),
        column("m", "Nested(a UInt8)", "$.items"),
    )
    coded = code_one(schema, '{"items": [{"a": 1, "b c": "x"}, {"a": 2}]}')
    assert isinstance(coded, bytes)
    assert store(schema, coded) == [{"n.a": [1, 2], "n.b c": ["x", None], "m.a": [1, 2]}]
    refused = code_one(schema, '{"items": [{"a": 300}]}')
    assert isinstance(refused, RefusedRow)
    assert refused.columns == ["n", "m"]
    assert refused.values == {"n": '[{"a":300}]', "m": '[{"a":300}]'}


def test_one_member_feeds_several_columns_and_order_is_the_schemas(store: Store) -> None:
    schema = datasource(
        column("raw", "String", "$.p"),
        column("id", "UInt64", "$.p.id"),
        column("loaded", "DateTime", None, "toDateTime(5)"),
    )
    coder = RowCoder(schema)
    assert coder.columns == ("raw", "id")
    rows = store(schema, coder.code(b'{"p": {"id": 7}}').block())
    assert rows == [{"raw": '{"id":7}', "id": 7, "loaded": "1970-01-01 00:00:05"}]


def test_a_refused_row_names_all_faults_and_keeps_all_values() -> None:
    schema = datasource(
        column("a", "UInt8"), column("b", "String"), column("c", "Date"), column("d", "Float64"),
        column("e", "Bool"), column("f", "Array(UInt8)"), column("g", "String"),
    )  # fmt: skip
    coded = code_one(
        schema, '{"a": -1, "b": "\\ud800é", "c": 12.50, "d": 1e2, "e": true, "f": [1, 2]}'
    )
    assert isinstance(coded, RefusedRow)
    assert coded.columns == ["a", "b", "c", "g"]
    assert len(coded.errors) == 4
    assert coded.values == {
        "a": "-1", "b": "\ufffdé", "c": "12.50", "d": "1e2", "e": "true", "f": "[1,2]", "g": None,
    }  # fmt: skip


TWO = datasource(column("a", "UInt8"), column("b", "String", default="''"))


@pytest.mark.parametrize(
    ("body", "accepted", "errors"),
    [
        (b'{"a": 1}\nnot json\n{"a": 2}', 2, ["Invalid JSON: Expecting value: line 1 column 1"]),
        (b'{"a": 1}\n7\n"x"', 1, ["Expected a JSON object, got 7", 'a JSON object, got "x"']),
        (b"null\n[1]", 0, ["Expected a JSON object, got null", "Expected a JSON object, got [1]"]),
        (b'{"a": NaN}\n{"a": 3}', 1, ["Invalid JSON: NaN is not JSON"]),
        (b'{"a": 1, "b": "\xff"}\n{"a": 3}', 1, ["Invalid UTF-8: invalid start byte at byte 15"]),
        (b"[" * 100_000 + b'\n{"a": 3}', 1, ["Invalid JSON: nested too deeply"]),
        (b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n', 2, []),
        (b'{\n  "a": 1,\n  "b": "x"\n}\n', 1, []),
        (b'[{"a": 1}, {"a": 2}, 3]', 2, ["Expected a JSON object, got 3"]),
    ],
)
def test_bodies(body: bytes, accepted: int, errors: list[str]) -> None:
    coded = RowCoder(TWO).code(body)
    assert coded.accepted == len(coded.rows) == accepted
    for row, error in zip(coded.refused, errors, strict=True):
        assert error in row.errors[0]
        assert (row.columns, row.values) == ([""], {"a": None, "b": None})


def test_the_raw_text_of_a_line_that_is_no_json() -> None:
    coded = RowCoder(TWO).code(b' {"a": \xff}\r\n{"a": 1}')
    assert [row.raw for row in coded.refused] == ['{"a": \ufffd}']


def test_a_part_of_nothing_but_blank_lines() -> None:
    schema = datasource(column("a", "UInt8"), column("b", "String"))
    row = b'{"a":1,"b":"x"}'
    coded = RowCoder(schema).code(row + b"\n" * 1_000_000 + row)
    assert (coded.rows, list(coded.numbers)) == ([row, row], [1, 2])


def test_json_format_takes_one_document() -> None:
    assert RowCoder(TWO).code(b'{\n"a": 1\n}', "json").rows == [b'{"a":1}']
    with pytest.raises(RequestError, match="The body is not JSON"):
        RowCoder(TWO).code(b'{"a": 1}\n{"a": 2}', "json")


def test_rows_are_documents_and_parts_of_them_are_blocks(store: Store) -> None:
    coded = RowCoder(TWO).code(b'{"a": 1, "b": "x\\ny,\\n,"}\n{"a": 2}\n{"a": -1}\n{"a": 3}')
    assert coded.rows == [b'{"a":1,"b":"x\\ny,\\n,"}', b'{"a":2}', b'{"a":3}']
    assert coded.block() == b"\n".join(coded.rows)
    assert store(TWO, b"\n".join(coded.rows[1:])) == [{"a": 2, "b": ""}, {"a": 3, "b": ""}]
    nothing = RowCoder(TWO).code(b"{}")
    assert (nothing.rows, nothing.block(), nothing.accepted) == ([], b"", 0)


def test_a_row_above_the_limit_refuses_the_body() -> None:
    overhead = len(b'{"a":1,"b":""}')
    rows = [b'{"a":1,"b":"%s"}' % (b"x" * (MAX_ROW_BYTES - overhead + more)) for more in (0, 1)]
    assert RowCoder(TWO).code(rows[0]).accepted == 1
    body = b'{"a":1}\n' * 100_000 + rows[1]
    with pytest.raises(TooLargeError, match=f"Row 100001 is larger than {MAX_ROW_BYTES} bytes"):
        RowCoder(TWO).code(body)


def test_a_data_source_without_paths_takes_no_events() -> None:
    coder = RowCoder(datasource(column("a", "UInt8", None)))
    assert coder.columns == ()
    with pytest.raises(RequestError, match="Data source 'events' cannot take events"):
        coder.code(b"{}")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (column("x", "Decimal(99, 2)"), "Column 'x': Decimal(99, 2) has no such precision"),
        (column("x", "String", "$.a[1:2]"), "Column 'x': '$.a[1:2]' is no jsonpath"),
        (column("x", None, default="1"), "Column 'x': a column with a jsonpath needs a type"),
    ],
)
def test_columns_that_cannot_be_read_are_errors_in_the_file(field: Column, message: str) -> None:
    with pytest.raises(DatafileError, match=re.escape(message)) as raised:
        RowCoder(datasource(field))
    assert raised.value.location == field.location


def test_states_without_a_path_are_left_alone() -> None:
    schema = datasource(column("x", "UInt8"), column("s", "AggregateFunction(sum, UInt8)", None))
    assert RowCoder(schema).columns == ("x",)


def test_extra_keys_never_reach_the_row_whatever_the_batch() -> None:
    schema = datasource(column("a", "UInt8"), column("b", "DateTime"))
    good = b'{"a": 1, "b": "2024-01-01T00:00:00Z"}'
    more = b'{"a": 1, "b": "2024-01-01T00:00:00Z", "c": 1}'
    row = b'{"a":1,"b":"2024-01-01 00:00:00"}'
    assert RowCoder(schema).code(good + b"\n" + good).rows == [row, row]
    assert RowCoder(schema).code(good + b"\n" + more).rows == [row, row]


SCALARS = [
    "Int8", "UInt8", "Int32", "UInt64", "Int64", "Int128", "UInt256", "Float32", "Float64",
    "Decimal(9, 2)", "Decimal(38, 10)", "Decimal(76, 0)", "Bool", "String", "FixedString(3)",
    "UUID", "Date", "Date32", "DateTime", "DateTime('Europe/Madrid')", "DateTime64(3)",
    "DateTime64(9, 'America/New_York')", "DateTime64(0)", "Enum8('a' = 1, 'b' = -2)", "IPv4",
    "IPv6",
]  # fmt: skip
# What fits some type, so that rows are accepted often enough.
FITTING = st.sampled_from([
    0, 1, -1, 127, 2**31, 2**63, 2**64, 2**127, 1.0, 1.5, -0.01, 1e22, 3.5e38, 1e-300, True, "",
    "1", "-5", "12.34", "a", "b", "abc", "2024-02-29", "2024-02-29 12:00:00", "1999-10-31 02:30:00",
    "2024-10-27T01:30:00.123456789Z", "1950-07-01 00:00:00.5+02", "1704413030", 1704413030123,
    "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "192.0.2.1", "2001:db8::1", '{"a": 1.5}', None,
])  # fmt: skip
TEXTS = st.text(max_size=8)
VALUES = st.recursive(
    FITTING | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "a.b", "1", ""]) | TEXTS, inner, max_size=3)
    ),
    max_leaves=5,
)
TYPES = st.recursive(
    st.sampled_from([*SCALARS, "JSON"]),
    lambda inner: st.one_of(
        inner.map(lambda t: f"Array({t})"),
        inner.map(lambda t: f"Map(String, {t})"),
        st.tuples(inner, inner).map(lambda ts: f"Tuple(a {ts[0]}, b {ts[1]})"),
        st.tuples(inner, inner).map(lambda ts: f"Tuple({ts[0]}, {ts[1]})"),
        st.sampled_from(SCALARS).map(lambda t: f"Nullable({t})"),
    ),
    max_leaves=3,
)
PLACES = st.sampled_from(["$.a", "$.b", "$.a.b", "$.a[:]", "$.a[:].b", "$"])
LINES = st.lists(
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3).map(
        lambda event: json.dumps(event).encode()
    )
    | VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    | st.binary(max_size=20).map(lambda noise: noise.replace(b"\n", b"")),
    min_size=1,
    max_size=8,
)


def _some_default(type_: str) -> str | None:
    quoted = type_.replace("'", "\\'")
    return None if "JSON" in type_ else f"defaultValueOfTypeName('{quoted}')"


@given(
    st.lists(st.tuples(TYPES, PLACES, st.booleans()), min_size=1, max_size=4),
    st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), min_size=1, max_size=8),
)
@settings(max_examples=150)
@example([("JSON", "$.a", False)], [{"a": {"a.b": 1, "a": {"b": 2}}}])
def test_whatever_is_accepted_clickhouse_takes_too(
    store: Store, fields: list[tuple[str, str, bool]], events: list[dict[str, object]]
) -> None:
    schema = datasource(
        *[
            column(f"c{index}", type_, path, _some_default(type_) if has_default else None)
            for index, (type_, path, has_default) in enumerate(fields)
        ]
    )
    coded = RowCoder(schema).code("\n".join(map(json.dumps, events)).encode())
    assert coded.accepted + len(coded.refused) == len(events)
    assert all(isinstance(orjson.loads(row), dict) for row in coded.rows)
    if coded.accepted:
        assert len(store(schema, coded.block())) == coded.accepted


@given(st.lists(st.tuples(TYPES, PLACES), max_size=3), LINES, st.sampled_from(["ndjson", "json"]))
@settings(max_examples=200)
def test_any_body_is_coded_or_refused_with_our_own_error(
    fields: list[tuple[str, str]], lines: list[bytes], format: str
) -> None:
    schema = datasource(*[column(f"c{i}", *field) for i, field in enumerate(fields)])
    body = b"\n".join(lines)
    try:
        coded = RowCoder(schema).code(body, format)
    except MartletError:
        return
    numbers = sorted([*coded.numbers, *(row.number for row in coded.refused)])
    assert numbers == list(range(1, coded.accepted + len(coded.refused) + 1))
    for row in coded.refused:
        assert len(row.columns) == len(row.errors) > 0
        orjson.dumps([row.raw, row.errors, row.values])
    filled = [line for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    if format == "ndjson" and not (len(filled) == 1 and filled[0].lstrip().startswith(b"[")):
        assert coded.accepted + len(coded.refused) == len(filled)


def test_a_body_of_nothing_but_broken_lines_is_refused_whole():
    coder = RowCoder(datasource(column("a", "Int8")))
    with pytest.raises(
        RequestError,
        match=r"^More than 100000 rows do not fit data source '.+': nothing was stored\. The first: ",
    ):
        coder.code(b"x\n" * 100_001)
