"""Every column type reaches Trino with its least, greatest, empty, NULL and Unicode values."""

import pytest
from tests.trino.differential import Table, Twins, _same
from tests.trino.values import TYPES, canonical, edges

from martlet.errors import LakeTypeError
from martlet.lake import FORMS, WITHOUT_FORM, lake_type
from martlet.types import FAMILIES, Group, parse_type


def test_every_type_family_has_a_form_or_a_reason():
    wrappers = {row.name for row in FAMILIES.values() if row.group is Group.WRAPPER}
    assert FORMS.keys() | WITHOUT_FORM.keys() | wrappers == FAMILIES.keys()
    assert not FORMS.keys() & WITHOUT_FORM.keys()


def test_what_events_carry_has_a_form():
    assert not [row.name for row in FAMILIES.values() if row.ingested and row.name in WITHOUT_FORM]


def test_every_family_with_a_form_is_in_the_round_trip():
    text = " ".join(TYPES)
    aliases = {"Decimal256": "Decimal(76", "Enum": "Enum8", "Object": "JSON"}
    assert not [name for name in FORMS if aliases.get(name, name) not in text]


@pytest.fixture(scope="module")
def answers(pair_of_engines: Twins):
    """All types as the columns of one table, read back from both engines."""
    columns = {f"c{index}": text for index, text in enumerate(TYPES)}
    values = [edges(parse_type(text)) for text in TYPES]
    rows = [
        {"n": n, **{f"c{i}": column[n % len(column)] for i, column in enumerate(values)}}
        for n in range(max(map(len, values)))
    ]
    pair_of_engines.engine.command("SET flatten_nested = 0")
    pair_of_engines.load(Table("every_type", {"n": "UInt32", **columns}, rows))
    sql = "SELECT * FROM every_type ORDER BY n"
    types, expected = pair_of_engines.clickhouse_rows(sql)
    return types, expected, pair_of_engines.trino.query(sql, schema=pair_of_engines.schema)


@pytest.mark.parametrize("text", TYPES)
def test_round_trip(text: str, answers):
    types, expected, answer = answers
    index = TYPES.index(text) + 1
    seen = [canonical(types[index], row[index]) for row in answer.rows]
    assert len(seen) >= len(edges(parse_type(text)))
    wrong = [
        (row[index], value)
        for row, value in zip(expected, seen, strict=True)
        if not _same(row[index], value, 0.0)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "in_trino", "in_glue"),
    [
        ("UInt64", "decimal(20,0)", "decimal(20,0)"),
        ("Int32", "integer", "int"),
        ("Nullable(Float32)", "real", "float"),
        ("Decimal(10,2)", "decimal(10,2)", "decimal(10,2)"),
        ("Decimal(39,2)", "varchar", "string"),
        ("DateTime64(3)", "timestamp(3)", "timestamp"),
        ("DateTime64(4)", "bigint", "bigint"),
        ("LowCardinality(Nullable(String))", "varchar", "string"),
        ("Array(Map(String,UInt8))", "array(map(varchar,smallint))", "array<map<string,smallint>>"),
        ("Tuple(UInt8, Date)", 'row("f1" smallint, "f2" date)', "struct<f1:smallint,f2:date>"),
        ("Nested(A Bool)", 'array(row("a" boolean))', "array<struct<a:boolean>>"),
        ("SimpleAggregateFunction(max, UInt16)", "integer", "int"),
    ],
)
def test_forms(text: str, in_trino: str, in_glue: str):
    form = lake_type(parse_type(text))
    assert (form.trino, form.glue) == (in_trino, in_glue)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AggregateFunction(sum, UInt64)", "ClickHouse's own"),
        ("Variant(String, UInt8)", "one type"),
        ("Array(Dynamic)", "Type Dynamic has no form"),
        ("Point", "Tuple and Array"),
        ("Time", "number of seconds"),
        ("Tuple(a UInt8, A UInt8)", "case only"),
        ("Tuple(`a b` UInt8)", "no field 'a b'"),
    ],
)
def test_types_without_a_form_say_why(text: str, reason: str):
    with pytest.raises(LakeTypeError, match=reason):
        lake_type(parse_type(text))
