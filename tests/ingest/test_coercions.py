"""How Tinybird takes values, line by line: what is stored, or the message in the quarantine."""

import re
from pathlib import Path

import pytest
from tests.ingest.conftest import Store
from tests.ingest.reading import read
from tests.ingest.schemas import column, datasource

from martlet.engines.clickhouse import ClickHouse
from martlet.ingest.rows import RowCoder

SEND = "you should send a value or recreate the table with a Nullable column type."
AT_X = "While accessing jsonpath '$.x'"
ABSENT = f"Strict type checking failed. Object does not have column 'x', {SEND} {AT_X}"
NULL = f"Null value not allowed on column 'x', {SEND} {AT_X}"


def no(value: str, type_: str, reason: str = "", place: str = "$.x") -> str:
    """The message for a value that a column does not take."""
    because = f": {reason}" if reason else ""
    return (
        f"Value {value} on column 'x' is not {type_}{because}. While accessing jsonpath '{place}'"
    )


MOMENT = "expected YYYY-MM-DD hh:mm:ss"
UUID = "61f0c404-5cb3-11e7-907b-a6006ad3dba0"

# Type, DEFAULT, event, and what is then stored or the message.
LINES = [
    pytest.param("String", "'d'", "{}", {"x": "d"}, id="absent, default"),
    pytest.param("Nullable(String)", None, "{}", {"x": None}, id="absent, nullable"),
    pytest.param("Nullable(String)", "'d'", "{}", {"x": "d"}, id="absent, nullable with default"),
    pytest.param("String", None, "{}", ABSENT, id="absent"),
    pytest.param("Array(String)", None, "{}", ABSENT, id="absent, Array"),
    pytest.param("JSON", None, "{}", ABSENT, id="absent, JSON"),
    pytest.param("Nullable(String)", None, '{"x": null}', {"x": None}, id="null, nullable"),
    pytest.param("Nullable(String)", "'d'", '{"x": null}', {"x": None}, id="null, not default"),
    pytest.param("String", "'d'", '{"x": null}', NULL, id="null, default"),
    pytest.param("String", None, '{"x": null}', NULL, id="null"),
    pytest.param("JSON", None, '{"x": null}', NULL, id="null for JSON"),
    pytest.param("String", None, '{"x": "a", "y": [1]}', {"x": "a"}, id="extra key"),
    pytest.param("String", None, '{"x": "a", "x": "b"}', {"x": "b"}, id="key twice: the last"),
    pytest.param("String", None, '{"X": "a"}', ABSENT, id="another case"),
    pytest.param("Int16", None, '{"x": "3"}', no('"3"', "Int16"), id="text for Int16"),
    pytest.param("Int32", None, '{"x": ""}', no('""', "Int32"), id="empty text for Int32"),
    pytest.param("Int64", None, '{"x": ""}', no('""', "Int64"), id="empty text for Int64"),
    pytest.param("Float32", None, '{"x": ""}', no('""', "Float32"), id="empty text for Float32"),
    pytest.param("Float64", None, '{"x": "1.5"}', no('"1.5"', "Float64"), id="text for Float64"),
    pytest.param("Float64", None, '{"x": "nan"}', no('"nan"', "Float64"), id="nan for Float64"),
    pytest.param("String", None, '{"x": 12345678901234567890123.10}',
                 {"x": "12345678901234567890123.10"}, id="number for String"),
    pytest.param("String", None, '{"x": -0}', {"x": "0"}, id="-0 is 0"),
    pytest.param("Int64", None, '{"x": "3"}', {"x": 3}, id="text for Int64"),
    pytest.param("UInt64", None, '{"x": "18446744073709551615"}', {"x": 2**64 - 1},
                 id="text for UInt64"),
    pytest.param("UInt256", None, f'{{"x": {2**256 - 1}}}', {"x": 2**256 - 1}, id="UInt256"),
    pytest.param("Decimal(18, 6)", None, '{"x": "3.000001"}', {"x": 3.000001},
                 id="text for Decimal"),
    pytest.param("Decimal(9, 2)", None, '{"x": 3.999}', {"x": 3.99}, id="3.999 for Decimal(9, 2)"),
    pytest.param("Int32", None, '{"x": 1.5}',
                 no("1.5", "Int32", "expected a number without point and exponent"),
                 id="1.5 for Int32"),
    pytest.param("Int32", None, '{"x": 5.0}',
                 no("5.0", "Int32", "expected a number without point and exponent"),
                 id="5.0 for Int32"),
    pytest.param("Int8", None, '{"x": 300}', no("300", "Int8", "out of range"), id="300 for Int8"),
    pytest.param("UInt32", None, '{"x": -1}', no("-1", "UInt32", "out of range"), id="-1 for UInt"),
    pytest.param("Bool", None, '{"x": true}', {"x": True}, id="true for Bool"),
    pytest.param("Bool", None, '{"x": "true"}', no('"true"', "Bool"), id="text for Bool"),
    pytest.param("UInt8", None, '{"x": true}', {"x": 1}, id="true for UInt8"),
    pytest.param("Int32", None, '{"x": false}', {"x": 0}, id="false for Int32"),
    pytest.param("String", None, '{"x": {"a": [1.10, "é\\n"]}}', {"x": '{"a":[1.10,"é\\n"]}'},
                 id="object for String"),
    pytest.param("String", None, '{"x": [1, null]}', {"x": "[1,null]"}, id="array for String"),
    pytest.param("String", None, '{"x": ""}', {"x": ""}, id="empty text"),
    pytest.param("Array(UInt8)", None, '{"x": [1, 300]}',
                 no("300", "UInt8", "out of range", "$.x[1]"), id="one element of an array"),
    pytest.param("Array(UInt8)", None, '{"x": "[1]"}', no('"[1]"', "Array(UInt8)"),
                 id="text for Array"),
    pytest.param("Map(String, UInt8)", None, '{"x": {"a": 1}}', {"x": {"a": 1}}, id="Map"),
    pytest.param("Map(String, UInt8)", None, '{"x": {"a": 1, "a": 2}}', {"x": {"a": 2}},
                 id="key twice in Map"),
    pytest.param("JSON", None, '{"x": {"a": 1}}', {"x": {"a": 1}}, id="JSON"),
    pytest.param("JSON", None, '{"x": [{"a": 1}]}', no('[{"a":1}]', "JSON"), id="array for JSON"),
    pytest.param("JSON", None, '{"x": "{\\"a\\": 1}"}', {"x": {"a": 1}}, id="text for JSON"),
    pytest.param("JSON", None, '{"x": "a"}', no('"a"', "JSON", "expected an object"),
                 id="text without object for JSON"),
    pytest.param("String", None, '{"x": "\\udc00"}',
                 no('"\ufffd"', "String", "invalid UTF-16 surrogate in the text"), id="surrogate"),
    pytest.param("String", None, '{"x": "\\ud83d\\ude00"}', {"x": "\U0001f600"},
                 id="pair of surrogates"),
    pytest.param("String", None, '{"x": "ok", "y": "\\udc00", "z": 1e999}', {"x": "ok"},
                 id="surrogate and endless number elsewhere"),
    pytest.param("DateTime", None, '{"x": "2024-01-01 07:58:10"}', {"x": "2024-01-01 07:58:10"},
                 id="DateTime"),
    pytest.param("DateTime", None, '{"x": "2024-01-01T07:58:10.324Z"}',
                 {"x": "2024-01-01 07:58:10"}, id="fraction for DateTime"),
    pytest.param("DateTime", None, '{"x": "1704413030"}', no('"1704413030"', "DateTime", MOMENT),
                 id="epoch text for DateTime"),
    pytest.param("DateTime", None, '{"x": 1704413030}', {"x": "2024-01-05 00:03:50"},
                 id="epoch for DateTime"),
    pytest.param("DateTime64(3)", None, '{"x": 1704413030123}', {"x": "2024-01-05 00:03:50.123"},
                 id="epoch for DateTime64"),
    pytest.param("Date", None, '{"x": "2024-01-01"}', {"x": "2024-01-01"}, id="Date"),
    pytest.param("DateTime", None, '{"x": "2024-01-01"}', {"x": "2024-01-01 00:00:00"},
                 id="day for DateTime"),
    pytest.param("DateTime64(3)", None, '{"x": "2025-02-03 12:30:20"}',
                 {"x": "2025-02-03 12:30:20.000"}, id="no fraction for DateTime64"),
    pytest.param("DateTime64(3)", None, '{"x": "2025-01-01T10:00:00.123Z"}',
                 {"x": "2025-01-01 10:00:00.123"}, id="toISOString for DateTime64"),
    pytest.param("DateTime('Europe/Madrid')", None, '{"x": "2024-01-01 07:58:10"}',
                 {"x": "2024-01-01 07:58:10"}, id="the column's time zone"),
    pytest.param("DateTime", None, '{"x": ""}', no('""', "DateTime", MOMENT),
                 id="empty text for DateTime"),
    pytest.param("UUID", None, f'{{"x": "{UUID}"}}', {"x": UUID}, id="UUID"),
    pytest.param("UUID", None, '{"x": ""}', no('""', "UUID"), id="empty text for UUID"),
    pytest.param("AggregateFunction(sum, UInt8)", None, '{"x": 1}',
                 no("1", "AggregateFunction(sum, UInt8)"), id="AggregateFunction"),
    pytest.param("SimpleAggregateFunction(sum, UInt64)", None, '{"x": 1}', {"x": 1},
                 id="SimpleAggregateFunction"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "default", "event", "outcome"), LINES)
def test_a_line(
    store: Store, type_: str, default: str | None, event: str, outcome: dict[str, object] | str
) -> None:
    schema = datasource(column("x", type_, default=default))
    coded = RowCoder(schema).code(event.encode())
    if coded.accepted:
        assert store(schema, coded.block()) == [outcome]
    else:
        (row,) = coded.refused
        assert (row.columns, row.errors, row.raw) == (["x"], [outcome], event)


API = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
DIFFERENCES = re.findall(
    r"^\| `(.+?)` \| `(.+?)` \| `?(.+?)`? \| `?(.+?)`? \| [^|]+ \|$",
    API.partition("ClickHouse itself\nwould do otherwise here:")[2].partition("\n### ")[0],
    re.MULTILINE,
)


def test_differences_from_clickhouse_are_what_the_docs_say(clickhouse_path: Path) -> None:
    engine = ClickHouse(clickhouse_path, database="differences")
    assert len(DIFFERENCES) == 23
    for type_, sent, theirs, ours in DIFFERENCES:
        member = f'"x": {sent}'
        assert read(engine, type_, {1: member}).get(1, "refused") == theirs, (type_, sent)
        coded = RowCoder(datasource(column("x", type_))).code(f"{{{member}}}".encode())
        rows = {number: row.decode()[1:-1] for number, row in enumerate(coded.rows, 1)}
        found = read(engine, type_, rows).get(1) if rows else "refused"
        assert found == ours, (type_, sent)
    engine.close()
