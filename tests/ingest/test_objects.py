import json

import pytest
from tests.ingest.conftest import Store
from tests.ingest.schemas import column, datasource

from martlet.ingest.rows import RowCoder

GOOD = [
    ("JSON", '{"a": 1, "b": {"c": [1, {"d": 2}]}}', None),
    ("JSON", "{}", None),
    ("JSON", '"{\\"a\\": 1.5}"', '{"a": 1.5}'),
    ("JSON", '{"a": 1.10, "b": [0.1, 1e308], "c": -0.5}', '{"a": 1.1, "b": [0.1, 1e308], "c": -0.5}'),
    ("JSON", '{"a": 12345678901234567890123}', '{"a": "12345678901234567890123"}'),
    ("JSON", '{"a": 18446744073709551615}', None),
    ("JSON", '{"a.b": 1, "a": {"c": 2}}', '{"a": {"b": 1, "c": 2}}'),
    ("JSON", '{"a": {"b": null}, "a.b": 1}', '{"a": {"b": 1}}'),
    ("JSON", '{"a": 1, "a": 2}', '{"a": 2}'),
    ("JSON(max_dynamic_paths=2)", '{"a": 1}', None),
    ("JSON(a UInt8, SKIP e)", '{"a": true, "e": 1}', '{"a": 1}'),
    ("JSON(b.c DateTime64(3))", '{"b": {"c": 1704413030123}}',
     '{"b": {"c": "2024-01-05 00:03:50.123"}}'),
    ("JSON(`a b` Decimal(9, 2))", '{"a b": 1.25}', None),
    ("Array(JSON)", '[{"a": 1}, "{}"]', '[{"a": 1}, {}]'),
    ("Map(String, JSON)", '{"k": {"a": 1}}', None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "stored"), GOOD)
def test_an_object_is_stored_as_expected(
    store: Store, type_: str, value: str, stored: str | None
) -> None:
    schema = datasource(column("x", type_))
    coded = RowCoder(schema).code(f'{{"x": {value}}}'.encode())
    assert coded.refused == []
    assert store(schema, coded.block()) == [{"x": json.loads(stored or value)}]


NO_OBJECT = "JSON: expected an object"
BAD = [
    ("JSON", "[1]", "[1]", "JSON", "$.x"),
    ("JSON", "1", "1", "JSON", "$.x"),
    ("JSON", '"[1]"', '"[1]"', NO_OBJECT, "$.x"),
    ("JSON", '"{"', '"{"', NO_OBJECT, "$.x"),
    ("JSON", '"{\\"a\\": NaN}"', '"{\\"a\\": NaN}"', NO_OBJECT, "$.x"),
    ("JSON", '{"a": {"b": 1}, "a.b": 2}', '{"a":{"b":1},"a.b":2}',
     "JSON: path 'a.b' occurs twice", "$.x"),
    ("JSON", '{"z": [[{"a.b": 1, "a": {"b": 1}}]]}', '{"z":[[{"a.b":1,"a":{"b":1}}]]}',
     "JSON: path 'a.b' occurs twice", "$.x"),
    ("JSON", '{"a": 1e400}', '{"a":1e400}', "JSON: a number is out of range", "$.x"),
    ("JSON", '{"\\ud800": 1}', '{"\ufffd":1}', "JSON: invalid UTF-16 surrogate in the text", "$.x"),
    ("JSON", '{"a":' * 300 + "1" + "}" * 300, "(nested too deeply)",
     "JSON: nested too deeply", "$.x"),
    ("JSON(a.b UInt8)", '{"a": {"b": 300}}', "300", "UInt8: out of range", "$.x.a.b"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "seen", "expected", "place"), BAD)
def test_what_clickhouse_would_refuse_is_refused(
    type_: str, value: str, seen: str, expected: str, place: str
) -> None:
    coded = RowCoder(datasource(column("x", type_))).code(f'{{"x": {value}}}'.encode())
    message = f"Value {seen} on column 'x' is not {expected}. While accessing jsonpath '{place}'"
    assert [row.errors for row in coded.refused] == [[message]]


def test_null_is_no_object() -> None:
    coded = RowCoder(datasource(column("x", "JSON"))).code(b'{"x": null}')
    assert "Null value not allowed on column 'x'" in coded.refused[0].errors[0]
