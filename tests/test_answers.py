"""Answers of Athena are the bytes that chDB prints, for every type and format."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trino.differential import Table, Twins, twins
from tests.trino.values import TYPES, edges, values

from martlet.answers import Statistics, float_text, printer, write_answer
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import NotAvailableError
from martlet.lake import LakeType, lake_type
from martlet.translate.tables import TableFacts
from martlet.translate.translator import Translation, Translator
from martlet.translate.typing import canonical
from martlet.types import parse_type

FORMATS = ["JSON", "JSONEachRow", "CSVWithNames"]
QUOTES = {
    "output_format_json_quote_64bit_integers": "1",
    "output_format_json_quote_denormals": "1",
}
# How the small encoder below reads what chDB holds.
READ = {
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_decimals": "1",
    "output_format_json_quote_denormals": "1",
    "output_format_json_named_tuples_as_objects": "0",
}


@pytest.fixture(scope="module")
def chdb(clickhouse_path):
    engine = ClickHouse(clickhouse_path, database="answers")
    engine.command("SET flatten_nested = 0")
    yield engine
    engine.close()


def without_statistics(body: bytes) -> str:
    text = re.sub(r'\t"rows_before_limit_at_least": \d+,\n\n', "", body.decode())
    return re.sub(r'\t"statistics":\n\t\{.*?\n\t\}\n', "", text, flags=re.DOTALL)


def load(engine: ClickHouse, name: str, type_text: str, rows: list[object]) -> None:
    engine.command(f"DROP TABLE IF EXISTS {name}")
    engine.command(
        f"CREATE TABLE {name} (n UInt32, c {type_text}) ENGINE = MergeTree ORDER BY tuple()"
    )
    writer = engine.writer()
    lines = [json.dumps({"n": n, "c": value}) for n, value in enumerate(rows)]
    writer.insert(name, "\n".join(lines).encode())
    writer.close()


def athena_text(form: LakeType, value: object) -> str | None:
    """Return what GetQueryResults has of a value of a lake's column, as chDB's JSON reads it."""
    if value is None:
        return None
    if form.parts:
        return json.dumps(delivered(form, value), ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):  # a JSON column
        return json.dumps(value, ensure_ascii=False)
    return java_float(value) if isinstance(value, float) else str(value)


def java_float(value: float) -> str:
    return (
        f"{value:.17E}".replace("E+", "E").replace("E0", "E") if abs(value) >= 1e7 else str(value)
    )


def delivered(form: LakeType, value: object) -> object:
    if value is None or not form.parts:
        return value
    if form.trino.startswith("map("):
        key, item = form.parts
        return [[key_of(key, k), delivered(item, v)] for k, v in value.items()]
    if form.trino.startswith("row("):
        return [delivered(part, v) for part, v in zip(form.parts, value, strict=True)]
    return [delivered(form.parts[0], item) for item in value]


def key_of(form: LakeType, text: str) -> object:
    """JSON of chDB has map keys as strings."""
    return int(text) if form.trino in ("tinyint", "smallint", "integer", "bigint") else text


def encoded(engine: ClickHouse, name: str, type_text: str) -> list[tuple[str | None, ...]]:
    form = lake_type(parse_type(type_text))
    sql = f"SELECT n, {form.written('c')} FROM {name} ORDER BY n"
    body = engine.execute(sql, format="JSONCompactEachRow", settings=READ).body
    lines = [json.loads(line, parse_int=integer) for line in body.splitlines()]
    return [(str(n), athena_text(form, value)) for n, value in lines]


def integer(text: str) -> float:
    return -0.0 if text == "-0" else int(text)


def agree(engine: ClickHouse, name: str, type_text: str, quotes: dict[str, str]) -> None:
    columns = [("n", parse_type("UInt32")), ("c", canonical(parse_type(type_text)))]
    rows = encoded(engine, name, type_text)
    for format in FORMATS:
        truth = engine.execute(f"SELECT n, c FROM {name} ORDER BY n", format=format,
                               settings=quotes).body  # fmt: skip
        found = write_answer(columns, rows, format=format, settings=quotes)
        assert without_statistics(found) == without_statistics(truth)


@pytest.mark.parametrize("quotes", [{}, QUOTES], ids=["plain", "quoted"])
@pytest.mark.parametrize("text", TYPES)
def test_every_type_is_printed_as_clickhouse_does(chdb, text: str, quotes):
    load(chdb, "edge", text, edges(parse_type(text)))
    agree(chdb, "edge", text, quotes)


@settings(max_examples=60)
@given(data=st.data())
def test_any_values_are_printed_as_clickhouse_does(chdb, data: st.DataObject):
    text = data.draw(st.sampled_from(TYPES))
    rows = data.draw(st.lists(values(parse_type(text)), min_size=1, max_size=8))
    load(chdb, "drawn", text, rows)
    agree(chdb, "drawn", text, data.draw(st.sampled_from([{}, QUOTES])))


@settings(max_examples=40)
@given(
    st.lists(st.floats() | st.floats(width=32) | st.sampled_from([1e21, 1e-7, 1e20, 5e-324, -0.0]),
             min_size=1, max_size=30),
    st.sampled_from(["Float32", "Float64"]),
)  # fmt: skip
def test_floats_have_the_shortest_digits(chdb, numbers: list[float], text: str):
    rows = ["nan" if n != n else str(n) for n in numbers]
    load(chdb, "floats", text, rows)
    truth = chdb.execute("SELECT c FROM floats ORDER BY n", format="CSVWithNames").body
    held = chdb.execute("SELECT toFloat64(c) AS c FROM floats ORDER BY n", format="JSONCompactEachRow",
                        settings=READ).body  # fmt: skip
    texts = [(java_float(float(json.loads(line, parse_int=str)[0])),) for line in held.splitlines()]
    found = write_answer([("c", parse_type(text))], texts, format="CSVWithNames")
    assert found.decode() == truth.decode()


@pytest.mark.parametrize("format", FORMATS)
def test_every_character_is_escaped_as_clickhouse_does(chdb, format: str):
    text = "".join(map(chr, range(0x180))) + "\u2027\u2028\u2029\u202a\ufeff\ufffd/\U0001f99c"
    load(chdb, "characters", "String", [text])
    sql = 'SELECT c, [c] AS a, (c, 1) AS t, map(c, c) AS `m/% "` FROM characters'
    columns = [("c", "String"), ("a", "Array(String)"), ("t", "Tuple(String, UInt8)"),
               ('m/% "', "Map(String, String)")]  # fmt: skip
    row = (text, json.dumps([text]), json.dumps([text, 1]), json.dumps([[text, text]]))
    truth = chdb.execute(sql, format=format).body
    found = write_answer([(n, parse_type(t)) for n, t in columns], [row], format=format)
    assert without_statistics(found) == without_statistics(truth)


@pytest.mark.parametrize("quotes", [{}, QUOTES], ids=["plain", "quoted"])
@pytest.mark.parametrize(
    ("sql", "type_text", "delivered"),
    [
        ("[nan, inf, -inf, 1.5, 1]", "Array(Float64)", '["NaN","Infinity","-Infinity",1.5,1.0]'),
        ("map(toFloat64(1.5), nan)", "Map(Float64, Float64)", '[[1.5,"NaN"]]'),
        ("map(nan, 1)", "Map(Float64, UInt8)", '[["NaN",1]]'),
        ("map(true, false)", "Map(Bool, Bool)", "[[true,false]]"),
        ("map(toInt64(-5), toUInt64(6))", "Map(Int64, UInt64)", "[[-5,6]]"),
        ("map(toDecimal32(1.5, 3), 1)", "Map(Decimal(9, 3), UInt8)", '[["1.500",1]]'),
        ("map('k', map('a', 'b'))", "Map(String, Map(String, String))", '[["k",[["a","b"]]]]'),
        ("[toDecimal64(1.5, 3), toDecimal64(-2, 3)]", "Array(Decimal(18, 3))", '["1.500","-2.000"]'),
        ("[(1, ('a', [NULL]))]", "Array(Tuple(UInt8, Tuple(String, Array(Nullable(Nothing)))))",
         '[[1,["a",[null]]]]'),
        ("(1, (2, 'x'), [(3, 'y')])", "Tuple(UInt8, Tuple(UInt8, String), Array(Tuple(UInt8, String)))",
         '[1,[2,"x"],[[3,"y"]]]'),
        ("CAST(tuple(1), 'Tuple(`a/b` UInt64)')", "Tuple(`a/b` UInt64)", "[1]"),
        ("[toFixedString('ab', 3)]", "Array(FixedString(3))", '["ab"]'),
        ("[toNullable(toInt64(5)), NULL]", "Array(Nullable(Int64))", "[5,null]"),
        ("[]", "Array(Nothing)", "[]"),
        ("map()", "Map(Nothing, Nothing)", "[]"),
        ("NULL", "Nullable(Nothing)", None),
        ("toInt128(4)", "Int128", "4"),
        ("toIntervalDay(3)", "IntervalDay", "3"),
    ],
)  # fmt: skip
def test_containers(chdb, sql: str, type_text: str, delivered: str | None, quotes):
    type_ = parse_type(type_text) if type_text != "IntervalDay" else interval()
    for format in FORMATS:
        truth = chdb.execute(f"SELECT {sql} AS c", format=format, settings=quotes).body
        found = write_answer([("c", type_)], [(delivered,)], format=format, settings=quotes)
        assert without_statistics(found) == without_statistics(truth)


def interval():
    from martlet.translate.typing import type_of

    return type_of("IntervalDay")


DOCUMENTS = """
{"b":1,"a":{"z":null,"y":{}},"c":[{"q":1,"p":null},{"r":2}],"d":null,"e":1.0,"f":1e30}
{"g":"2020-01-01","h":18446744073709551615,"i":true,"j":[1,"a",null],"k":"a/b","l":[],"m":[[1],[2]]}
{"a.x":5,"n":-0.0,"o":123456789012345678901234567890,"p":[1,2.5],"r":[null,1],"s":[[],[{}]]}
{"q":"2020-01-01 00:00:00.123","g":"2020-1-1","h":"20200101","i":"2020/01/01","j":"2020-13-01 00:00:00.5"}
{"a":"2020-01-01T00:00:00Z","b":"2020-01-01T00:00:00","d":"2020-01-01 25:00:00.5","e":"1900-01-01 00:00:00.5"}
{"a":["2020-01-01 00:00:00.5","2020-01-01 00:00:00"]}
{"a":[1,1.5,true],"b":[1.5,"x"],"c":["x",true],"d":[18446744073709551615,-1],"e":[1,18446744073709551616]}
{"a-b":1,"a":{"x":1}}
{"a":1,"a.b":2}
{"a":[{"z":1,"b":"2020-01-01 00:00:00.1"}],"":1," b":[null]}
""".strip().splitlines()


@pytest.mark.parametrize("quotes", [{}, QUOTES], ids=["plain", "quoted"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_json_columns_are_printed_as_paths(chdb, document: str, quotes):
    for format in FORMATS:
        truth = chdb.execute(f"SELECT '{document}'::JSON AS c", format=format, settings=quotes).body
        found = write_answer([("c", parse_type("JSON"))], [(document,)], format=format,
                             settings=quotes)  # fmt: skip
        assert without_statistics(found) == without_statistics(truth)


@pytest.mark.parametrize("format", FORMATS)
def test_totals_stand_apart(chdb, format: str):
    sql = (
        "SELECT number % 2 AS a, sum(number) AS b, [a] AS c FROM numbers(5)"
        " GROUP BY a WITH TOTALS ORDER BY a"
    )
    columns = [(n, parse_type(t)) for n, t in
               (("a", "UInt8"), ("b", "UInt64"), ("c", "Array(UInt8)"))]  # fmt: skip
    rows = [("0", "6", "[0]", "0"), ("0", "10", "[0]", "1"), ("1", "4", "[1]", "0")]
    found = write_answer(columns, rows, format=format, has_totals=True)
    truth = chdb.execute(sql, format=format).body
    assert without_statistics(found) == without_statistics(truth)


@pytest.mark.parametrize("format", FORMATS)
def test_no_rows(chdb, format: str):
    sql = "SELECT toUInt8(1) AS x, [x] AS y WHERE 0"
    columns = [("x", parse_type("UInt8")), ("y", parse_type("Array(UInt8)"))]
    found = write_answer(columns, [], format=format)
    assert without_statistics(found) == without_statistics(chdb.execute(sql, format=format).body)


@pytest.mark.parametrize("text", [t for t in TYPES if "Nullable(" not in t and t != "JSON"])
def test_a_column_without_a_value_shows_its_types_default(chdb, text: str):
    chdb.command("DROP TABLE IF EXISTS filled")
    chdb.command(f"CREATE TABLE filled (n UInt8, c {text}) ENGINE = Memory")
    chdb.command("INSERT INTO filled (n) VALUES (1)")
    truth = chdb.execute("SELECT c FROM filled", format="JSONEachRow").body
    found = write_answer([("c", canonical(parse_type(text)))], [(None,)], format="JSONEachRow")
    assert found == truth


def test_statistics_are_clickhouses_members():
    body = write_answer([("a", parse_type("UInt8"))], [("1",)], format="JSON",
                        statistics=Statistics(0.25, 3, 1024))  # fmt: skip
    assert json.loads(body)["statistics"] == {"elapsed": 0.25, "rows_read": 3, "bytes_read": 1024}


def test_what_cannot_be_written_is_said():
    with pytest.raises(NotAvailableError, match="Parquet is not available on AWS"):
        write_answer([("a", parse_type("UInt8"))], [("1",)], format="Parquet")
    with pytest.raises(NotAvailableError, match=r"type AggregateFunction\(sum, UInt64\)"):
        write_answer([("a", parse_type("AggregateFunction(sum, UInt64)"))], [], format="JSON")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_float_reads_back_as_itself(number: float):
    assert float(float_text(number)) == number


# Through the real engine: what Trino delivers of the lake, translated for texts.


@pytest.fixture(scope="module")
def pair(clickhouse_path, trino):
    engine = ClickHouse(clickhouse_path, database="answers_trino")
    engine.command("SET flatten_nested = 0")
    with twins(engine, trino) as opened:
        yield opened
    engine.close()


def texts(pair: Twins, translation: Translation) -> list[tuple[str | None, ...]]:
    """Return rows as Athena delivers them: CAST to text is its text of every scalar."""
    names = [f"c{number}" for number, _ in enumerate(translation.columns)]
    columns = ", ".join(f"CAST({name} AS varchar)" for name in names)
    sql = f"SELECT {columns} FROM ({translation.sql}) AS t({', '.join(names)})"
    return pair.trino.rows(sql, schema=pair.schema)


def check(pair: Twins, facts: dict[str, TableFacts], sql: str) -> None:
    translation = Translator(facts, text_answers=True).translate(sql)
    rows = ordered(pair, translation.sql)
    for format in FORMATS:
        truth = pair.engine.execute(sql, format=format).body
        found = write_answer(translation.columns, rows, format=format,
                             has_totals=translation.has_totals)  # fmt: skip
        assert without_statistics(found) == without_statistics(truth)


def ordered(pair: Twins, sql: str) -> list[tuple[str | None, ...]]:
    """Return rows in the query's order, of texts and whole numbers only."""
    return [tuple(None if v is None else str(v) for v in row)
            for row in pair.trino.rows(sql, schema=pair.schema)]  # fmt: skip


def facts_of(table: Table) -> dict[str, TableFacts]:
    columns = {name: canonical(parse_type(text)) for name, text in table.columns.items()}
    return {table.name: TableFacts(columns, has_hidden=False)}


@pytest.fixture(scope="module")
def every_type(pair: Twins):
    """A column of each type, and what Trino delivers of them."""
    columns = {f"c{index}": text for index, text in enumerate(TYPES)}
    cells = [edges(parse_type(text)) for text in TYPES]
    rows = [
        {f"c{i}": column[n % len(column)] for i, column in enumerate(cells)}
        for n in range(max(map(len, cells)))
    ]
    table = Table("every_type", columns, rows)
    pair.load(table)
    translation = Translator(facts_of(table), text_answers=True).translate(
        "SELECT * FROM every_type"
    )
    return translation.columns, texts(pair, translation)


@pytest.mark.parametrize("text", TYPES)
def test_what_trino_delivers_becomes_clickhouses_bytes(pair, every_type, text: str):
    columns, rows = every_type
    index = TYPES.index(text)
    for format in FORMATS:
        truth = pair.engine.execute(f"SELECT c{index} FROM every_type", format=format).body
        found = write_answer([columns[index]], [(row[index],) for row in rows], format=format)
        assert without_statistics(found) == without_statistics(truth)


NUMBERS = Table(
    "numbers_of",
    {"id": "UInt8", "list": "Array(UInt8)", "pair": "Tuple(a UInt8, B String)", "r": "Array(Float32)"},
    [{"id": n, "list": [10 - n, n], "pair": {"a": n % 2, "B": f"'{n}\""}, "r": [n / 10, 3.4028235e38]}
     for n in range(4)],
)  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list FROM numbers_of ORDER BY list",
        "SELECT list, pair FROM numbers_of ORDER BY pair DESC, list LIMIT 3",
        "SELECT DISTINCT pair.a AS a, [a, 1] AS l FROM numbers_of ORDER BY l",
        "SELECT pair.a AS k, arraySort(groupArray(id)) AS ids, count() AS n FROM numbers_of GROUP BY k ORDER BY ids",
        "SELECT pair.a AS k, [sum(id)] AS s FROM numbers_of GROUP BY k WITH TOTALS ORDER BY k",
        "SELECT map('a', id, 'b', 1) AS m, [m] AS ms, (id, m) AS t FROM numbers_of ORDER BY id",
        "SELECT [1, 2] AS a UNION ALL SELECT [1, 2] AS a",
        "SELECT [(1, 'x'), (2, NULL)] AS a, [] AS b, map() AS c, [[1.5, NULL]] AS d",
        "SELECT [id = 1] AS a, [toDate('2020-01-01')] AS b, [toDecimal64(0.0000000001, 10)] AS c FROM numbers_of ORDER BY id",
        "SELECT * FROM numbers_of ORDER BY id LIMIT 1 BY pair.a",
        "SELECT map('r', r) AS m, [(r, r[1])] AS t FROM numbers_of ORDER BY id",
        "WITH q AS (SELECT list AS l FROM numbers_of) SELECT l AS list FROM q ORDER BY l DESC",
    ],
)  # fmt: skip
def test_queries_with_containers(pair, sql: str):
    if NUMBERS.name not in pair.loaded:
        pair.load(NUMBERS)
    check(pair, facts_of(NUMBERS), sql)


def test_a_printer_is_made_once():
    type_ = parse_type("Array(String)")
    from martlet.answers import Options

    assert printer(type_, Options()) is printer(type_, Options())
