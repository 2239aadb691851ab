"""Rows as documents for the lake hold what ClickHouse holds of the same events."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.schemas import HERE, column, datasource
from tests.trino.values import TYPES, edges, values

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import TooLargeError
from martlet.ingest.canonical import json_column_text
from martlet.ingest.clocks import UNKNOWN_DAYS_AHEAD, clocks
from martlet.ingest.defaults import default_errors, filled, read_defaults
from martlet.ingest.lake import MAX_DOCUMENT_BYTES, LakeCoder, LakeRows
from martlet.ingest.rows import RowCoder
from martlet.lake import WRITE_SETTINGS, lake_type
from martlet.model import Column, Datasource, TableEngine
from martlet.sql.lexer import quote_string
from martlet.translate.pruning import clock_of
from martlet.translate.tables import facts_of
from martlet.types import ColumnType, Group, parse_type

MOMENT = 1_774_745_999_123_456_789  # 2026-03-29 00:59:59.123456789


def lake_rows(source: Datasource, *events: object, body: bytes = b"") -> LakeRows:
    lines = body or b"\n".join(json.dumps(event).encode() for event in events)
    return LakeCoder(source).code(lines, "ndjson", batch="01BATCH", moment=MOMENT)


def documents(source: Datasource, *events: object) -> list[dict[str, object]]:
    rows = lake_rows(source, *events)
    assert not rows.refused
    own = [json.loads(document) for document in rows.documents]
    return [{k: v for k, v in document.items() if not k.startswith("__")} for document in own]


def sent(type_: ColumnType, value: object) -> object:
    """A value as events carry it: small integers are no texts, and there is no NaN."""
    bare = type_.bare
    match bare.family.group, value:
        case _, None:
            return None
        case Group.INTEGER, str() if (bare.family.greatest or 0) < 2**32:
            return int(value)
        case Group.DATETIME, str() if bare.time_zone:  # the day that is before 1970 in UTC
            return value.replace("1970-01-01", "1970-01-02")
        case Group.FLOAT, str():
            return 0.5
        case Group.FLOAT, float() if bare.family.name == "Float64" and abs(value) > 1e300:
            return 1e300
        case (Group.ARRAY, list()):
            return [sent(bare.inner[0], item) for item in value]
        case (Group.MAP, dict()):
            return {key: sent(bare.inner[1], item) for key, item in value.items()}
        case (Group.TUPLE, list()):
            return [sent(*pair) for pair in zip(bare.inner, value, strict=True)]
        case (Group.TUPLE, dict()):
            pairs = zip(bare.inner, value.items(), strict=True)
            return {key: sent(type_, item) for type_, (key, item) in pairs}
        case (Group.NESTED, list()):
            return [
                {k: sent(t, v) for t, (k, v) in zip(bare.inner, item.items(), strict=True)}
                for item in value
            ]
    return value


class Both:
    """A data source with a column of each type, as ClickHouse's table and as the lake's."""

    def __init__(self, engine: ClickHouse) -> None:
        self.engine = engine
        self.writer = engine.writer()
        # Names in mixed case: those of the lake are lower.
        self.types = {f"C{index}": parse_type(text) for index, text in enumerate(TYPES)}
        self.source = datasource(*(column(name, str(type_)) for name, type_ in self.types.items()))
        self.rows, self.lake = RowCoder(self.source), LakeCoder(self.source)
        stored = {name: lake_type(type_).stored for name, type_ in self.types.items()}
        self.make("written", ", ".join(f"{name} {type_}" for name, type_ in self.types.items()))
        arrived = ", ".join(f"{name.lower()} {t}" for name, t in stored.items())
        self.make("arrived", arrived.replace("Bc ", "bc "))  # documents and Glue have lower case

    def make(self, table: str, columns: str) -> None:
        self.engine.command(f"CREATE TABLE {table} ({columns}) ENGINE = Memory")

    def answers(self, body: bytes) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """What ClickHouse stores of events, in the lake's forms, and what the documents say."""
        coded = self.rows.code(body)
        assert not coded.refused, coded.refused[0].errors
        found = self.lake.code(body, "ndjson", batch="b", moment=MOMENT)
        assert not found.refused
        for table in ("written", "arrived"):
            self.engine.command(f"TRUNCATE TABLE {table}")
        self.writer.insert("written", coded.block())
        own = [document.partition(b',"__ingested_at"')[0] + b"}" for document in found.documents]
        self.writer.insert("arrived", b"\n".join(own))
        forms = [(name, self._expression(name), lake_type(t)) for name, t in self.types.items()]
        written = ", ".join(f"{form.written(sql)} AS {name.lower()}" for name, sql, form in forms)
        arrived = ", ".join(
            f"CAST(CAST({name.lower()} AS JSON) AS String) AS {name.lower()}"
            if self.types[name].family.group is Group.JSON
            else name.lower()
            for name, _, _ in forms
        )
        return self._rows(f"SELECT {written} FROM written"), self._rows(
            f"SELECT {arrived} FROM arrived"
        )

    def _expression(self, name: str) -> str:
        type_ = self.types[name]
        if type_.family.group is not Group.NESTED:
            return name
        letters = [f"x{index}" for index, _ in enumerate(type_.names)]
        tuple_ = ", ".join(f"{n} {t}" for n, t in zip(type_.names, type_.inner, strict=True))
        arrays = ", ".join(f"{name}.{n}" for n in type_.names)
        row = f"CAST(({', '.join(letters)}) AS Tuple({tuple_}))"
        return f"arrayMap(({', '.join(letters)}) -> {row}, {arrays})"

    def _rows(self, sql: str) -> list[dict[str, object]]:
        settings = {**WRITE_SETTINGS, "output_format_json_quote_decimals": "1"}
        result = self.engine.execute(sql, format="JSONEachRow", settings=settings)
        return [json.loads(line) for line in result.body.replace(b'"Bc"', b'"bc"').splitlines()]


_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def both(clickhouse_path: Path) -> Iterator[Both]:
    engine = ClickHouse(clickhouse_path, database=f"lake_rows_{next(_numbers)}")
    pair = Both(engine)
    yield pair
    pair.writer.close()
    engine.close()


def test_documents_hold_the_edges_of_every_type(both: Both):
    columns = {name: [sent(t, v) for v in edges(t)] for name, t in both.types.items()}
    length = max(map(len, columns.values()))
    rows = [{k: v[i % len(v)] for k, v in columns.items()} for i in range(length)]
    written, arrived = both.answers(b"\n".join(json.dumps(row).encode() for row in rows))
    for name in columns:
        key = name.lower()
        assert [r[key] for r in arrived] == [r[key] for r in written], both.types[name]


def events(types: dict[str, ColumnType]) -> st.SearchStrategy[list[dict[str, object]]]:
    row = {name: values(t).map(lambda v, t=t: sent(t, v)) for name, t in types.items()}
    return st.lists(st.fixed_dictionaries(row), min_size=1, max_size=3)


EVERY = {f"C{index}": parse_type(text) for index, text in enumerate(TYPES)}


@settings(max_examples=15)
@given(events(EVERY))
def test_documents_hold_what_clickhouse_holds(both: Both, rows: list[dict[str, object]]):
    written, arrived = both.answers(b"\n".join(json.dumps(row).encode() for row in rows))
    assert arrived == written


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("DateTime('Europe/Berlin')", "2024-07-01 12:00:00", "2024-07-01 10:00:00"),
        ("DateTime('Europe/Berlin')", "2024-10-27 02:30:00", "2024-10-27 00:30:00"),
        ("DateTime64(3, 'Asia/Tokyo')", "1969-01-01 00:00:00.5", "1968-12-31 15:00:00.500"),
        ("DateTime64(6)", "1969-12-31 23:59:59.999999", -1),
        ("UInt64", 2**63 - 1, 2**63 - 1),
        ("UInt64", 2**63, "9223372036854775808"),
        ("Decimal(15, 2)", 1.5, 1.5),
        ("Decimal(16, 2)", 1.5, "1.50"),
        ("Array(UInt64)", [1, 2**64 - 1], [1, "18446744073709551615"]),
        ("Tuple(A UInt8, bC String)", [1, "x"], {"a": 1, "bc": "x"}),
        ("Tuple(UInt8, String)", [1, "x"], {"f1": 1, "f2": "x"}),
        ("Map(String, UInt8)", {"Key": 1}, {"Key": 1}),
        ("IPv6", "::102:304", "::1.2.3.4"),
        ("IPv6", "::ffff", "::ffff"),
        ("FixedString(4)", "ab\0\0", "ab"),
        ("JSON", {"b": None, "a.c": 1.0, "a": {"b": {}}}, '{"a":{"c":1}}'),
        ("Bool", 1, True),
    ],
)
def test_values_are_written_so_that_no_reader_guesses(type_: str, value: object, expected: object):
    assert documents(datasource(column("x", type_)), {"x": value}) == [{"x": expected}]


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2}', '{"b":{"d":1,"c":[1,2,{"z":1,"y":null}]},"a":null}', '{"a.b":1,"a":{"c":2}}',
        '{"x":1.0,"y":1.5e10,"z":1e300,"u":18446744073709551615,"i":-5,"s":1.5e-7,"t":1.5e-6,"v":0.00001}', '{"x":[],"y":{},"z":"é"}',
        '{"a":1,"a.b":2}', '{"Zed":1,"abc":2,"é":3}', '{"a b":1,"a":{"x":1},"a-":3}', '{"a":{"b":{}}}',
        '{"n":[{"b":1,"a":2},{"c":{"d":null}}]}', '{"x":1e3,"y":-0.0,"z":1e20,"w":1e21}', '{"a":[[1,2],[3]]}', "{}",
    ],
)  # fmt: skip
def test_a_json_column_has_the_text_that_clickhouse_makes(both: Both, text: str):
    (answer,) = both._rows(f"SELECT CAST(CAST({quote_string(text)} AS JSON) AS String) AS x")
    assert json_column_text(text.encode()) == answer["x"]


def test_a_nested_column_is_an_array_of_structs():
    source = datasource(column("Items", "Nested(Id UInt8, name String)", "$.Items"))
    event = {"Items": [{"Id": 1, "name": "a"}, {"Id": 2, "name": "b"}]}
    assert documents(source, event, {"Items": []}) == [
        {"items": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}, {"items": []}
    ]  # fmt: skip


def test_every_document_has_the_hidden_columns_and_the_number_of_its_event():
    source = datasource(column("x", "UInt8"))
    rows = lake_rows(source, body=b'{"x":1}\n{"x":"no"}\n\n{"x":3}\n')
    assert rows.documents == [
        b'{"x":1,"__ingested_at":1774745999123,"__batch":"01BATCH","__row":1}\n',
        b'{"x":3,"__ingested_at":1774745999123,"__batch":"01BATCH","__row":3}\n',
    ]
    assert (list(rows.numbers), list(rows.refused_numbers)) == ([1, 3], [2])
    (refused,) = map(json.loads, rows.refused)
    assert refused["c__raw"] == '{"x":"no"}'
    assert refused["x"] == "no"
    assert refused["insertion_date"] == "2026-03-29 00:59:59"
    assert refused["__row"] == 2


def test_numbers_go_on_over_the_parts_of_a_large_body():
    source = datasource(column("x", "String"))
    body = b"\n".join(b'{"x":"%s"}' % (b"a" * 1000) for _ in range(700))
    rows = lake_rows(source, body=body)
    assert [json.loads(document)["__row"] for document in rows.documents] == list(range(1, 701))


def test_a_row_that_no_record_holds_is_refused_with_its_request():
    source = datasource(column("x", "JSON"), column("y", "String"))
    event = {"x": {"k": '"' * 300_000}, "y": ""}
    with pytest.raises(TooLargeError, match="Row 2 has"):
        lake_rows(source, {"x": {}, "y": ""}, event)


@pytest.mark.parametrize("text", ["a", '"', "\u0001", "é"])
def test_a_refused_row_always_fits_a_record(text: str):
    source = datasource(column("x", "UInt8"), column("y", "String"))
    raw = json.dumps({"x": "no", "y": text * 150_000}, ensure_ascii=False)
    (document,) = lake_rows(source, body=raw.encode()).refused
    assert len(document) <= MAX_DOCUMENT_BYTES
    refused = json.loads(document)
    is_whole = refused["c__raw"] == raw
    assert is_whole or "The text is cut" in refused["c__error"][-1]


# --- DEFAULT


@pytest.mark.parametrize(
    ("type_", "default", "expected"),
    [
        ("String", "'a''b'", "a'b"),
        ("UInt8", "7", 7),
        ("Int64", "-7", -7),
        ("Decimal(9, 2)", "1.5", 1.5),
        ("Bool", "true", True),
        ("Array(UInt8)", "[]", []),
        ("Map(String, UInt8)", "map()", {}),
        ("Nullable(String)", "NULL", None),
        ("LowCardinality(String)", "'x'", "x"),
        ("Date", "'2024-01-01'", "2024-01-01"),
        ("DateTime('Europe/Berlin')", "'2024-07-01 12:00:00'", "2024-07-01 10:00:00"),
        ("DateTime", "now()", "2026-03-29 00:59:59"),
        ("DateTime('Europe/Berlin')", "now()", "2026-03-29 00:59:59"),
        ("DateTime64(3)", "now64()", "2026-03-29 00:59:59.123"),
        ("DateTime64(6)", "now64(6)", 1_774_745_999_123_456),
        ("DateTime64(9)", "now64(3)", 1_774_745_999_123_000_000),
        ("Date", "today()", "2026-03-29"),
        ("Date", "toDate( now() )", "2026-03-29"),
        ("UInt32", "toUnixTimestamp(now())", 1_774_745_999),
    ],
)
@pytest.mark.parametrize("path", ["$.x", None])
def test_a_default_is_filled_in(type_: str, default: str, expected: object, path: str | None):
    source = datasource(column("k", "UInt8"), column("x", type_, path, default))
    assert documents(source, {"k": 1}) == [{"k": 1, "x": expected}]
    assert not read_defaults(source)
    assert not default_errors(source)


def test_a_value_that_is_there_wins_over_the_default():
    source = datasource(column("x", "UInt8", default="7"), column("y", "DateTime", default="now()"))
    assert documents(source, {"x": 1, "y": "2024-01-01 00:00:00"}, {"x": 2}) == [
        {"x": 1, "y": "2024-01-01 00:00:00"}, {"x": 2, "y": "2026-03-29 00:59:59"},
    ]  # fmt: skip


def test_each_row_has_a_uuid_of_its_own():
    source = datasource(column("k", "UInt8"), column("x", "UUID", default="generateUUIDv4()"))
    rows = documents(source, {"k": 1}, {"k": 2})
    assert len({row["x"] for row in rows}) == 2


@pytest.mark.parametrize("default", ["k + 1", "0x10", "toDateTime('2024-01-01 00:00:00')", "256"])
def test_other_expressions_are_left_to_the_reading(default: str):
    source = datasource(column("k", "UInt8"), column("x", "UInt8", default=default))
    assert documents(source, {"k": 1}) == [{"k": 1, "x": None}]
    assert read_defaults(source) == {"x": default}


@pytest.mark.parametrize(
    ("type_", "default", "fault"),
    [
        ("Nullable(UInt8)", "k + 1", "the column is Nullable"),
        ("UInt32", "rand()", "calls rand()"),
        ("DateTime", "now() - 5", "calls now()"),
        ("String", "concat(toString(generateUUIDv7()), 'x')", "calls generateUUIDv7()"),
    ],
)
def test_a_default_that_no_place_can_evaluate_is_an_error(type_: str, default: str, fault: str):
    source = datasource(column("k", "UInt8"), column("x", type_, default=default))
    (error,) = default_errors(source)
    assert fault in error.message
    assert error.location == HERE


def test_the_defaults_of_clickhouse_agree(make_engine: Callable[..., ClickHouse]):
    cases = [
        ("Int64", "-7"), ("Decimal(9, 2)", "1.5"), ("Float64", "0.1"), ("FixedString(3)", "'a'"),
        ("Enum8('a' = 1)", "'a'"), ("IPv6", "'::1.2.3.4'"), ("Int128", "'5'"), ("Bool", "1"),
        ("DateTime64(6)", "'2024-01-01 00:00:00'"), ("DateTime('Europe/Berlin')", "'2024-07-01 12:00:00'"),
        ("String", "'\\'\\n'"), ("UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'"), ("UInt8", "7"),
    ]  # fmt: skip
    engine = make_engine()
    for type_, default in cases:
        source = datasource(column("k", "UInt8"), column("x", type_, default=default))
        form = lake_type(parse_type(type_))
        sql = f"SELECT {form.written(f'CAST({default} AS {type_})')} AS x"
        result = engine.execute(sql, format="JSONEachRow", settings=WRITE_SETTINGS)
        (row,) = documents(source, {"k": 1})
        expected = json.loads(result.body)["x"]
        if filled(source.columns[1]) is not None:
            assert str(row["x"]).removesuffix(".0") == str(expected).removesuffix(".000"), type_


# --- How far ahead


def partitioned(key: str, *columns: Column) -> Datasource:
    return Datasource("events", HERE, columns, TableEngine(partition_key=key))


@pytest.mark.parametrize(
    ("type_", "value", "days"),
    [
        ("DateTime", "2026-03-29 23:59:59", 0),
        ("DateTime", "2026-03-30 00:00:00", 1),
        ("DateTime", "2020-01-01 00:00:00", 0),
        ("DateTime('Asia/Tokyo')", "2026-03-30 08:59:59", 0),
        ("DateTime('Asia/Tokyo')", "2026-03-30 09:00:00", 1),
        ("DateTime64(6)", "2026-04-03 00:00:00.000001", 5),
        ("Date", "2026-04-08", 10),
        ("Nullable(Date)", None, 0),
    ],
)
def test_days_ahead_are_counted_in_utc_from_the_day_of_arrival(
    type_: str, value: object, days: int
):
    source = partitioned("toYYYYMM(Ts)", column("Ts", type_))
    old = (
        {"Ts": "2026-01-01"}
        if "Date" in type_ and "Time" not in type_
        else {"Ts": "2026-01-01 00:00:00"}
    )
    assert lake_rows(source, old, {"Ts": value}).days_ahead == days


def test_refused_rows_are_not_ahead():
    source = partitioned("toDate(ts)", column("ts", "DateTime"), column("x", "UInt8"))
    rows = lake_rows(
        source, {"ts": "2030-01-01 00:00:00", "x": "no"}, {"ts": "2026-01-01 00:00:00", "x": 1}
    )
    assert (len(rows.documents), rows.days_ahead) == (1, 0)


def test_rows_that_are_looked_at_again_count():
    source = partitioned("toDate(ts)", column("ts", "DateTime"), column("x", "Float64"))
    body = b'{"ts": "2026-03-31 00:00:00", "x": 12345678901234567890123456789012345678901}'
    assert lake_rows(source, body=body).days_ahead == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("toDate(fromUnixTimestamp64Milli(n))", (1_774_745_999 + 86_400) * 1000),
        ("toYYYYMM(FROM_UNIXTIME(n))", 1_774_745_999 + 86_400),
    ],
)
def test_integers_that_count_are_times(key: str, value: int):
    assert lake_rows(partitioned(key, column("n", "UInt64")), {"n": value}).days_ahead == 1


def test_a_time_that_is_evaluated_when_read_may_be_any_time_ahead():
    source = partitioned("day", column("k", "UInt8"), column("day", "Date", default="toDate(k)"))
    assert lake_rows(source, {"k": 1}).days_ahead == UNKNOWN_DAYS_AHEAD
    assert lake_rows(source, {"k": 1, "day": "2026-03-30"}).days_ahead == 1
    absent = partitioned("day", column("k", "UInt8"), column("day", "Date", None, "toDate(k)"))
    assert lake_rows(absent, {"k": 1}).days_ahead == UNKNOWN_DAYS_AHEAD


def test_no_key_has_no_clock():
    assert clocks(partitioned("", column("ts", "DateTime"))) == []
    assert clocks(partitioned("cityHash64(n) % 8", column("n", "UInt64"))) == []


@pytest.mark.parametrize(
    "key",
    """toYYYYMM(ts) toDate(ts) ts day toMonday(day) (n,toYYYYMM(ts)) tuple(toYear(t6),n) DATE(ts)
    toStartOfMonth(`ts`) toYYYYMM(toTimeZone(ts,'Asia/Tokyo')) toDate(fromUnixTimestamp(n))
    toDate(FROM_UNIXTIME(n)) toDate(fromUnixTimestamp64Milli(n)) toYYYYMM(fromUnixTimestamp64Nano(n))
    toDate(fromUnixTimestamp64Micro(assumeNotNull(n))) n%8 cityHash64(n) toStartOfInterval(ts,toIntervalDay(1))""".split(),
)
def test_every_column_that_pruning_goes_by_is_watched(key: str):
    columns = [
        column("ts", "DateTime"),
        column("day", "Date"),
        column("t6", "DateTime64(6)"),
        column("n", "UInt64"),
    ]
    source = partitioned(key, *columns)
    found = clock_of(SimpleNamespace(facts=facts_of(source)))
    watched = {(c.column, c.units) for c in clocks(source)}
    if found is not None:
        units = 10**6 if found.column == "t6" else found.units
        assert (found.column, units) in watched
