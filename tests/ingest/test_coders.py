import json

import pytest
from tests.ingest.conftest import Store
from tests.ingest.schemas import column, datasource

from martlet.ingest.rows import RowCoder
from martlet.types import FAMILIES

UUID = "61f0c404-5cb3-11e7-907b-a6006ad3dba0"

# Type, the value in the event, the value that ClickHouse then has (None: the same).
GOOD = [
    *[
        (f"{sign}Int{bits}", str(value), None)
        for bits in (8, 16, 32, 64, 128, 256)
        for sign in ("", "U")
        for value in (FAMILIES[f"{sign}Int{bits}"].least, FAMILIES[f"{sign}Int{bits}"].greatest)
    ],
    ("UInt8", "true", "1"),
    ("UInt8", "false", "0"),
    ("Int32", "true", "1"),
    ("Int256", "true", "1"),
    ("Int64", '"9223372036854775807"', "9223372036854775807"),
    ("Int64", '"-007"', "-7"),
    ("UInt64", '"+1"', "1"),
    ("UInt64", f'"{"0" * 5000}1"', "1"),
    ("Int128", '"000"', "0"),
    ("UInt64", '"18446744073709551615"', "18446744073709551615"),
    ("Int128", '"-170141183460469231731687303715884105728"', str(-(2**127))),
    ("Float32", "1", None),
    ("Float32", "1.5", None),
    ("Float32", "3.4028235677973362e+38", "3.4028235e38"),
    ("Float64", "0.1", None),
    ("Float64", "-0.0", "-0"),
    ("Float64", "5e-324", None),
    ("Float64", "1.7976931348623157e+308", None),
    ("Float64", "9007199254740993", "9007199254740992"),
    ("Float64", "12345678901234567890123", "12345678901234567890123.0"),
    ("Bool", "true", None),
    ("Bool", "0", "false"),
    ("String", '"é \\u0000 \\" \\n"', None),
    ("String", '""', None),
    ("String", "42", '"42"'),
    ("String", "1.10", '"1.10"'),
    ("String", "-1E+5", '"-1E+5"'),
    ("String", "1e999", '"1e999"'),
    ("String", "12345678901234567890123", '"12345678901234567890123"'),
    ("String", "true", '"true"'),
    ("String", '{ "a": [1, 1.10, "x y", null] }', '"{\\"a\\":[1,1.10,\\"x y\\",null]}"'),
    ("String", "[ ]", '"[]"'),
    ("FixedString(3)", '"abc"', None),
    ("FixedString(3)", '"é"', '"é\\u0000"'),
    ("FixedString(3)", "12", '"12\\u0000"'),
    ("Decimal(9, 2)", "1.10", "1.1"),
    ("Decimal(9, 2)", "7", "7"),
    ("Decimal(9, 2)", '"-9999999.99"', "-9999999.99"),
    ("Decimal(9, 2)", '"1.10000"', "1.1"),
    ("Decimal(9, 2)", '"1.5e3"', "1500"),
    ("Decimal(9, 2)", '"+.5"', "0.5"),
    ("Decimal(9, 2)", '"-0.00"', "0"),
    ("Decimal(9, 2)", "0e99999999", "0"),
    # Cut like ClickHouse does, and by no double's error.
    ("Decimal(9, 2)", "1.109", "1.1"),
    ("Decimal(9, 2)", "-1.109", "-1.1"),
    ("Decimal(9, 2)", '"2.0999999999999996"', "2.09"),
    ("Decimal(9, 2)", "2.0999999999999996", "2.09"),
    ("Decimal(9, 2)", "9999999.999", "9999999.99"),
    ("Decimal(9, 2)", "-0.001", "0"),
    ("Decimal(9, 2)", "-0.0", "0"),
    ("Decimal(9, 2)", "1e-999999", "0"),
    ("Decimal(9, 2)", "0.29", None),
    ("Decimal(9, 2)", "0.29999999999999999", "0.3"),  # the double 0.3, as C's %.17g writes it
    ("Decimal(9, 2)", '"0.29999999999999999"', "0.29"),
    ("Decimal(38, 20)", "1.10000000000000000001", None),
    ("Decimal(18, 4)", "99999999999999.9999", None),
    ("Decimal(76, 0)", "1e75", "1" + "0" * 75),
    ("Decimal(76, 76)", "1e-76", None),
    ("Decimal(5, 5)", "0.12345", None),
    ("Decimal(9)", "123456789", None),
    ("Decimal64(4)", '"12345678901234.5678"', "12345678901234.5678"),
    ("Decimal(38, 2)", "123456789012345678901234567890123456.78", None),
    ("UUID", f'"{UUID}"', None),
    ("UUID", f'"{UUID.upper()}"', f'"{UUID}"'),
    ("UUID", '"61f0c4045cb311e7907ba6006ad3dba0"', f'"{UUID}"'),
    ("Enum8('a' = 1, 'b' = -2)", '"b"', None),
    ("Enum8('a' = 1, 'b' = -2)", "-2", '"b"'),
    ("Enum16('1' = 5, 'b')", '"1"', None),
    ("Enum16('1' = 5, 'b')", "6", '"b"'),
    ("IPv4", '"192.0.2.1"', None),
    ("IPv6", '"2001:DB8::1"', '"2001:db8::1"'),
    ("IPv6", '"192.0.2.1"', '"::ffff:192.0.2.1"'),
    ("IPv6", '"::ffff:192.0.2.1"', None),
    ("Array(String)", '["a", "b"]', None),
    ("Array(UInt8)", "[1, true, 255]", "[1, 1, 255]"),
    ("Array(UInt8)", "[]", None),
    ("Array(Nullable(UInt8))", "[1, null]", None),
    ("Array(Array(Int128))", '[[1], ["2"], []]', "[[1], [2], []]"),
    ("Array(Decimal(9, 2))", "[1.25]", None),
    ("Map(String, UInt64)", '{"a": 1, "b": "2"}', '{"a": 1, "b": 2}'),
    ("Map(UInt64, String)", '{"18446744073709551615": 1.10}', '{"18446744073709551615": "1.10"}'),
    ("Map(Int128, String)", '{"-1": "x"}', None),
    ("Map(UInt8, UInt8)", '{"01": 1}', '{"1": 1}'),
    ("Map(Bool, String)", "{}", None),
    ("Map(LowCardinality(String), Array(UInt8))", '{"a": [1]}', None),
    ("Map(Date, Nullable(Int8))", '{"2024-01-01": null}', None),
    ("Map(UUID, Tuple(a UInt8))", f'{{"{UUID}": {{"a": 1}}}}', None),
    ("Tuple(UInt8, String)", '[1, "x"]', None),
    ("Tuple(a UInt8, b String)", '[1, "x"]', '{"a": 1, "b": "x"}'),
    ("Tuple(a UInt8, b Nullable(String))", '{"a": 1, "z": 9}', '{"a": 1, "b": null}'),
    ("Tuple(`a b` UInt8)", '{"a b": 1}', None),
    ("Array(Tuple(a UInt8, b Array(Date)))", '[{"a": 1, "b": ["2024-01-01"]}]', None),
    ("Array(Nested(a UInt8))", '[[{"a": 1}], []]', None),
    ("Nullable(String)", "null", None),
    ("Nullable(String)", '"x"', None),
    ("Nullable(Decimal(9, 2))", "null", None),
    ("LowCardinality(String)", '"x"', None),
    ("LowCardinality(Nullable(String))", "null", None),
    ("SimpleAggregateFunction(sum, Decimal(38, 2))", "1.1", None),
    ("SimpleAggregateFunction(anyLast, Nullable(String))", "null", None),
    ("SimpleAggregateFunction(groupArrayArray, Array(UInt8))", "[1]", None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "stored"), GOOD)
def test_a_value_is_stored_as_expected(
    store: Store, type_: str, value: str, stored: str | None
) -> None:
    schema = datasource(column("x", type_))
    coded = RowCoder(schema).code(f'{{"x": {value}}}'.encode())
    assert coded.refused == []
    rows = store(schema, coded.block())
    expected = {"x": json.loads(stored or value)}
    assert json.dumps(rows) == json.dumps([expected])  # 1 is not 1.0 and not true


# Type, the value in the event, what the message says of it: value, type and reason, jsonpath.
BAD = [
    ("UInt8", "256", "256", "UInt8: out of range", "$.x"),
    ("UInt8", "-1", "-1", "UInt8: out of range", "$.x"),
    ("Int16", '"3"', '"3"', "Int16", "$.x"),
    ("Int16", "1.5", "1.5", "Int16: expected a number without point and exponent", "$.x"),
    ("Int16", "1.0", "1.0", "Int16: expected a number without point and exponent", "$.x"),
    ("Int64", "9223372036854775808", "9223372036854775808", "Int64: out of range", "$.x"),
    ("UInt64", "1" + "0" * 30, "1" + "0" * 30, "UInt64: out of range", "$.x"),
    ("UInt64", f'"{"9" * 90}"', f'"{"9" * 78}…', "UInt64: out of range", "$.x"),
    ("UInt64", '"1_0"', '"1_0"', "UInt64", "$.x"),
    ("UInt64", '"\u0661"', '"\u0661"', "UInt64", "$.x"),
    ("UInt256", '"-1"', '"-1"', "UInt256: out of range", "$.x"),
    ("Float32", "1e39", "1e39", "Float32: out of range", "$.x"),
    ("Float32", "3.4028235677973366e+38", "3.4028235677973366e+38", "Float32: out of range", "$.x"),
    ("Float64", "1e309", "1e309", "Float64: out of range", "$.x"),
    ("Float64", '"1.5"', '"1.5"', "Float64", "$.x"),
    ("Float64", "false", "false", "Float64", "$.x"),
    ("Bool", "2", "2", "Bool: expected true, false, 1 or 0", "$.x"),
    ("Bool", '"true"', '"true"', "Bool", "$.x"),
    ("String", '"a\\ud800b"', '"a\ufffdb"', "String: invalid UTF-16 surrogate in the text", "$.x"),
    ("FixedString(3)", '"abcd"', '"abcd"', "FixedString(3): longer than 3 bytes", "$.x"),
    ("FixedString(3)", '"éé"', '"éé"', "FixedString(3): longer than 3 bytes", "$.x"),
    ("Decimal(9, 2)", "12345678.5", "12345678.5",
     "Decimal(9, 2): more than 7 digits before the point", "$.x"),
    ("Decimal(9, 2)", "12345678", "12345678",
     "Decimal(9, 2): more than 7 digits before the point", "$.x"),
    ("Decimal(9, 2)", "1e999999999", "1e999999999",
     "Decimal(9, 2): more than 7 digits before the point", "$.x"),
    ("Decimal(9, 2)", "1e9999999999999999999", "1e9999999999999999999",
     "Decimal(9, 2): out of range", "$.x"),
    ("Decimal(9, 2)", '"1,5"', '"1,5"', "Decimal(9, 2)", "$.x"),
    ("Decimal(9, 2)", '"NaN"', '"NaN"', "Decimal(9, 2)", "$.x"),
    ("Decimal(9, 2)", "true", "true", "Decimal(9, 2)", "$.x"),
    ("UUID", '"61f0c404"', '"61f0c404"', "UUID", "$.x"),
    ("UUID", "1", "1", "UUID", "$.x"),
    ("Enum8('a' = 1)", '"b"', '"b"', "Enum8('a' = 1)", "$.x"),
    ("Enum8('a' = 1)", "2", "2", "Enum8('a' = 1)", "$.x"),
    ("Enum8('a' = 1)", '"1"', '"1"', "Enum8('a' = 1)", "$.x"),
    ("IPv4", '"256.1.1.1"', '"256.1.1.1"', "IPv4", "$.x"),
    ("IPv4", "16909060", "16909060", "IPv4", "$.x"),
    ("IPv6", '"fe80::1%eth0"', '"fe80::1%eth0"', "IPv6", "$.x"),
    ("Array(UInt8)", "1", "1", "Array(UInt8)", "$.x"),
    ("Array(UInt8)", '[1, "a"]', '"a"', "UInt8", "$.x[1]"),
    ("Array(Array(UInt8))", "[[1], [2, 300]]", "300", "UInt8: out of range", "$.x[1][1]"),
    ("Map(String, UInt8)", "[]", "[]", "Map(String, UInt8)", "$.x"),
    ("Map(String, UInt8)", '{"a": 1, "b": "c"}', '"c"', "UInt8", "$.x.b"),
    ("Map(UInt8, UInt8)", '{"300": 1}', '"300"', "UInt8: out of range", "$.x.300"),
    ("Map(UInt8, UInt8)", '{"x": 1}', '"x"', "UInt8", "$.x.x"),
    ("Map(Bool, String)", '{"true": ""}', '"true"', "Bool", "$.x.true"),
    ("AggregateFunction(uniq, String)", '"x"', '"x"', "AggregateFunction(uniq, String)", "$.x"),
    ("Array(AggregateFunction(uniq, String))", "[1]", "1", "AggregateFunction(uniq, String)",
     "$.x[0]"),
    ("Variant(UInt8, String)", "1", "1", "Variant(UInt8, String)", "$.x"),
    ("Dynamic", "1", "1", "Dynamic", "$.x"),
    ("Tuple(UInt8, String)", "[1]",
     "[1]", "Tuple(UInt8, String): expected 2 elements, got 1", "$.x"),
    ("Tuple(UInt8, String)", '{"1": 1}', '{"1":1}', "Tuple(UInt8, String)", "$.x"),
    ("Tuple(a UInt8, b String)", '{"a": "1", "b": "x"}', '"1"', "UInt8", "$.x.a"),
    ("Nullable(UInt8)", '"a"', '"a"', "UInt8", "$.x"),
    ("LowCardinality(Nullable(FixedString(1)))", '"ab"', '"ab"',
     "FixedString(1): longer than 1 bytes", "$.x"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "seen", "expected", "place"), BAD)
def test_a_value_that_does_not_fit_is_refused(
    type_: str, value: str, seen: str, expected: str, place: str
) -> None:
    coded = RowCoder(datasource(column("x", type_))).code(f'{{"x": {value}}}'.encode())
    assert coded.accepted == 0
    message = f"Value {seen} on column 'x' is not {expected}. While accessing jsonpath '{place}'"
    assert coded.refused[0].errors == [message]


@pytest.mark.parametrize("value", [10**1000, -(10**1000), 2**256])
@pytest.mark.parametrize("type_", ["Int8", "Int256", "DateTime", "DateTime64(9)", "Decimal(76, 9)"])
def test_enormous_numbers_are_refused_and_cost_nothing(type_: str, value: int) -> None:
    coded = RowCoder(datasource(column("x", type_))).code(f'{{"x": {value}}}'.encode())
    assert len(coded.refused) == 1


@pytest.mark.parametrize(
    "type_", ["AggregateFunction(uniq, String)", "Variant(UInt8, String)", "Dynamic", "Point"]
)
def test_types_that_events_cannot_carry_are_left_to_their_default(store: Store, type_: str) -> None:
    schema = datasource(column("x", type_), column("n", "UInt8"))
    assert store(schema, RowCoder(schema).code(b'{"n": 1}').block())[0].keys() == {"x", "n"}
