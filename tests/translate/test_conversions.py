"""Texts of numbers, floats with awkward digits and JSON documents, read as ClickHouse reads them."""

import pytest
from tests.trino.differential import Table

from martlet.errors import UnsupportedFunctionError

TEXTS = ["12", "-7", "+5", " 12", "12 ", "", "12abc", "1.5", "-0", "007", "0x10", "1e3", "1.5e-2",
         ".5", "5.", "inf", "-inf", "nan", "NaN", "Infinity", "INF", "true", "abc", "300", "-300",
         "70000", "99999999999999999999", "9223372036854775807", "-9223372036854775808",
         "18446744073709551615", "1_000", "\uff11\uff12", "1e", "--1", "+-1", "1.5d", "1.5f", "\t3", "3\n",
         "2.675", "123456789.123456789", "1e400", "-.5", "+.5", "-", "+", "1,5", "-0.0", "infinit",
         "+inf", "-nan", "nano", "1e+5", "1E5", "12.000", "4294967296", "128", "-129", "0."]  # fmt: skip
FLOATS = [0.0, -0.0, 1.0, 0.1, 0.30000000000000004, 1e20, 1e21, 123456789012345680.0, 1e15, 1e16,
          123456.789, 1e-5, 1e-6, 1e-7, 1.5e-7, 0.00012345, -1e-9, 1e100, 1.7976931348623157e308,
          2.5, 3.5, -2.5, 0.5, -0.5, 1.005, 2.675, -1234.5678, 15.0, 25.0, 150.0, 99999.5,
          4503599627370497.5, 9007199254740993.0, 1 / 3, 2 / 3, 1e7, 12345678.9, -1e10, 0.001,
          1.2345e20, 1.2345e21, 1.2345e22, "nan", "inf", "-inf"]  # fmt: skip
DOCUMENTS = [
    '{"a": 1.6, "b": "1.6", "t": "true", "c": {"x": 1}, "d": [1,2]}',
    '{"a": -1.6, "b": 1e3, "t": "false", "c": "[1]"}',
    '{"a": true, "b": false, "c": null, "d": 5, "t": 0}',
    '{"a": null, "b": null}',
    '{"a": " 7", "b": "7 ", "c": "+7", "d": "-7", "t": "1"}',
    '{"a": "abc", "b": "1e3", "c": "0x10", "t": 2}',
    '{"a": 1, "a": 2, "b": "first", "b": "second"}',
    '{"a": 1.0, "b": 100.10, "c": 1E+2, "d": 0.1}',
    '{"b": [], "a": {}, "d": {"e": "2"}, "c": ["1", 2, null, true, [3], {"k": 4}, 2.5]}',
    "42", "null", "true", "[]", "{}", '{"a": 1', '{"a": 1} x', ' {"a" : 3 , "b" : "sp" } ',
    '{"A": 1}', '{"b": "\\n\\t\\u20ac\\ud83d\\ude00\\/", "a": "日本"}', "{'a': 1}", "[[1,2],[3]]",
    '{"a": 3000000000, "b": "3000000000", "c": [3000000000, "x"]}', '{"a": -1, "b": "-1", "t": -1}',
    '{"a": 99999999999999999999, "b": -9223372036854775808, "c": 9223372036854775808}',
    '{"d": {"e": 1.5, "g": "x"}, "a": "true", "b": 0.5, "t": "yes"}', '{"a": 0, "t": 1.5}',
    '{"a": "", "c": ["a", "b"], "d": {"x": "1", "y": "2"}}', '{"a": 4294967295, "t": 300}',
]  # fmt: skip


def _rows(values: list, **columns: object) -> list[dict[str, object]]:
    return [{"id": i, "x": x, "nx": None if i % 5 == 3 else x, **columns}
            for i, x in enumerate(values)]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def tables(oracle):
    """Make a table of texts, one of floats and one of documents."""
    texts = {"id": "UInt32", "x": "String", "nx": "Nullable(String)"}
    floats = {"id": "UInt32", "x": "Float64", "nx": "Nullable(Float64)", "y": "Float32"}
    rows = [{**row, "y": x if isinstance(x := row["x"], str) or abs(x) < 3e38 else 1.5}
            for row in _rows(FLOATS)]  # fmt: skip
    oracle.load(
        Table("texts", texts, _rows(TEXTS)),
        Table("floats", floats, rows),
        Table("documents", texts, _rows(DOCUMENTS)),
    )


NUMBERS = ("Int8", "Int32", "Int64", "UInt8", "UInt32", "UInt64", "Float32", "Float64")


@pytest.mark.parametrize("name", NUMBERS)
def test_texts_become_numbers(check, name):
    made = [f"to{name}{way}({x})" for way in ("OrNull", "OrZero", "OrDefault") for x in ("x", "nx")]
    check(f"SELECT id, {', '.join(made)} FROM texts ORDER BY id")


@pytest.mark.parametrize("column", ["x", "nx", "y"])
def test_floats_become_text(check, column):
    check(f"SELECT id, toString({column}), concat('a', toString({column})) FROM floats ORDER BY id")


@pytest.mark.parametrize("name", ["round", "floor", "ceil", "trunc", "roundBankers"])
@pytest.mark.parametrize(
    "digits",
    [
        "",
        ", 2",
        *(pytest.param(d, marks=pytest.mark.proof) for d in (", 1", ", 10", ", -1", ", -2")),
    ],
)
def test_rounding(check, name, digits):
    check(f"SELECT id, {name}(x{digits}), {name}(y{digits}), {name}(nx{digits}) "
          "FROM floats ORDER BY id")  # fmt: skip


@pytest.mark.parametrize("key", "abcdt")
def test_json_scalars(check, key):
    names = ("JSONExtractString", "JSONExtractInt", "JSONExtractUInt", "JSONExtractFloat",
             "JSONHas", "JSONLength")  # fmt: skip
    check(f"SELECT id, {', '.join(f'''{name}(x, '{key}')''' for name in names)}, "
          f"JSONExtractBool(nx, '{key}') FROM documents WHERE id != 23 ORDER BY id")  # fmt: skip


@pytest.mark.parametrize("key", ["a", *(pytest.param(k, marks=pytest.mark.proof) for k in "bcdt")])
def test_json_types(check, key):
    types = ("Int8", "UInt32", "Float64", "String", "Bool", "Nullable(Int64)", "Nullable(String)",
             "Array(String)", "Array(Int64)", "Map(String, String)")  # fmt: skip
    check(f"SELECT id, {', '.join(f'''JSONExtract(x, '{key}', '{type_}')''' for type_ in types)} "
          "FROM documents ORDER BY id")  # fmt: skip


def test_json_keys_of_parameters(oracle):
    texts = {"a": 1, 'q"': 2, "b\\": 3}
    for key in texts:
        escaped = key.replace("\\", "\\\\")
        oracle.check(f"SELECT JSONExtractInt(x, '{escaped}') FROM documents ORDER BY id")


@pytest.mark.parametrize(
    "sql",
    ["SELECT toString([1, 2])", "SELECT throwIf(1)",
     "SELECT round(x, id) FROM floats", "SELECT JSONExtractInt(x, 0) FROM documents"],
)  # fmt: skip
def test_refused(oracle, sql):
    with pytest.raises(UnsupportedFunctionError):
        oracle.translate(sql)
