"""Column types against ClickHouse: what we accept it accepts, and means the same."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.files.generate_datasource import column_type

from martlet.errors import TypeSyntaxError
from martlet.types import ALIASES, FAMILIES, Group, parse_type

TYPES = [
    "Int8", "UInt256", "Float32", "Decimal(10, 2)", "Decimal32(3)", "Bool", "String", "FixedString(3)",
    "UUID", "Date", "Date32", "DateTime", "DateTime('Europe/Madrid')", "DateTime64(3)", "DateTime64(9, 'UTC')",
    "Enum8('a' = 1, 'b' = -2)", "Enum('x', 'y')", "Enum16('it''s' = 300)", "IPv4", "IPv6", "Array(Array(Nullable(Int8)))",
    "Map(LowCardinality(String), Array(Int64))", "Tuple(a Int8, b String)", "Tuple(Int8, String)",
    "Tuple(`a b` Int8)", "Nested(a Int8, b Array(String))", "LowCardinality(Nullable(String))", "Nullable(DateTime64(6))",
    "SimpleAggregateFunction(any, Nullable(String))", "AggregateFunction(count)", "AggregateFunction(quantiles(0.5, 0.9), Float64)",
    "AggregateFunction(argMin, String, DateTime)", "JSON", "JSON(max_dynamic_paths = 10, a.b UInt32)", "Variant(Int8, String)",
    "Dynamic", "Point", "int", "double precision", "VARCHAR(20)", "boolean", "Boolean", "bigint unsigned", "timestamp",
    "INT(11)", "DateTime(3)", "timestamp(6, 'UTC')", "char large object(3)", "int1 signed", "json", "date32", "enum('a')",
    "IntervalDay", "Geometry", "Dynamic(max_types=3)", "Nullable(BIGINT UNSIGNED)", "Map(national char varying, set('a'))",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPES)
def test_clickhouse_reads_our_spelling_as_the_same_type(engine, text: str):
    ours = str(parse_type(text))
    engine.command(f"CREATE TABLE a (c {text}) ENGINE = Memory")
    engine.command(f"CREATE TABLE b (c {ours}) ENGINE = Memory")
    assert engine.command("DESCRIBE TABLE a") == engine.command("DESCRIBE TABLE b")


def test_random_types(engine):
    texts = [column_type(Random(seed)) for seed in range(150)]
    for table, types in (("a", texts), ("b", [str(parse_type(text)) for text in texts])):
        columns = ", ".join(f"c{number} {text}" for number, text in enumerate(types))
        engine.command(f"CREATE TABLE {table} ({columns}) ENGINE = Memory")
    assert engine.command("DESCRIBE TABLE a") == engine.command("DESCRIBE TABLE b")


def test_object_is_json():
    assert str(parse_type("Object('json')")) == str(parse_type("JSON"))


@pytest.mark.parametrize(("alias", "family"), ALIASES.items())
def test_aliases_are_clickhouses(engine, alias: str, family: str):
    arguments = {"Decimal": "(10, 2)", "FixedString": "(3)"}.get(family, "")
    assert parse_type(alias.lower() + arguments).family is FAMILIES[family]
    engine.command(f"CREATE TABLE t (c {alias}{arguments}) ENGINE = Memory")
    described = engine.command("DESCRIBE TABLE t").split("\t")[1]
    assert described == family + arguments


def test_there_are_no_other_aliases(engine):
    rows = engine.rows("SELECT name FROM system.data_type_families WHERE alias_to != ''")
    others = {str(row["name"]).upper() for row in rows} - set(ALIASES)
    # These are names of types in another case; DateTime32 is no alias in ClickHouse's own table.
    assert others == {"BOOL", "ENUM"}
    assert set(ALIASES) - {str(row["name"]).upper() for row in rows} == {"DATETIME32"}


@pytest.mark.parametrize("family", [f for f in FAMILIES.values() if f.least is not None])
def test_bounds_are_clickhouses(engine, family):
    if family.group is not Group.INTEGER:
        unit = {
            "Date": "toDate({})",
            "Date32": "toDate32('1970-01-01') + {}",
            "DateTime": "toDateTime({})",
        }
        pattern = unit.get(family.name)
        if pattern is None:
            assert family.name == "DateTime64"
            return
        for value in (family.least, family.greatest):
            sql = f"SELECT toInt64({pattern.format(value)})"
            assert engine.command(sql).strip() == str(value)
        return
    for value in (family.least, family.greatest):
        assert engine.command(f"SELECT toString(to{family.name}('{value}'))").strip() == str(value)


def test_enum_numbers_count_on():
    assert parse_type("Enum('a', 'b', 'c')").enum_values == {"a": 1, "b": 2, "c": 3}
    assert parse_type("Enum8('a' = -5, 'b', 'c' = 7)").enum_values == {"a": -5, "b": -4, "c": 7}


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "Missing type", 0),
        ("string", "Unknown data type family: string", 0),
        ("Array(", "Expected closing )", 6),
        ("Array(Int8) x", "Unexpected 'x' after type Array(Int8)", 12),
        ("Array(Int8, Int8)", "Array takes exactly one type", 0),
        ("Map(String)", "Map takes exactly two types, a key and a value", 0),
        ("Nullable(Array(Int8))", "Nested type Array(Int8) cannot be inside Nullable type", 0),
        (
            "Array(Nullable(LowCardinality(String)))",
            "Nested type LowCardinality(String) cannot be inside Nullable type",
            6,
        ),
        ("DateTime64", "DateTime64 type without precision is not supported", 0),
        ("DateTime64(10)", "The precision of DateTime64 is a number from 0 to 9", 0),
        ("Int", "Precision is mandatory for Int types", 0),
        ("AggregateFunction(sum, Strin)", "Unknown data type family: Strin", 23),
        ("String'", "Unclosed string literal '", 6),
    ],
)
def test_what_is_no_type(text: str, message: str, offset: int):
    with pytest.raises(TypeSyntaxError) as raised:
        parse_type(text)
    assert (raised.value.message, raised.value.offset) == (message, offset)


@given(st.text(max_size=40))
def test_any_text_is_a_type_or_an_error(text: str):
    try:
        parse_type(text)
    except TypeSyntaxError as error:
        offset = error.offset
    else:
        offset = 0
    assert 0 <= offset <= len(text)
