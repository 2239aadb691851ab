"""The harness finds what differs, shows the fewest rows, and stays quiet where nothing does."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trino.differential import Pair, Table, Twins, compare, smallest
from tests.trino.values import TYPES, canonical, values

from martlet.types import parse_type

COLUMNS = {"id": "UInt64", "name": "Nullable(String)", "at": "DateTime", "x": "Float64"}
ROWS = [
    {"id": n, "name": [None, "", "naïve 🦜"][n % 3], "at": 1_774_745_999 + n, "x": n / 7}
    for n in range(50)
]
EVENTS = Table("events", COLUMNS, ROWS)


@pytest.mark.parametrize(
    "pair",
    [
        Pair("SELECT * FROM events ORDER BY id", "SELECT * FROM events ORDER BY id", ordered=True),
        Pair("SELECT * FROM events", "SELECT * FROM events ORDER BY id DESC"),
        Pair(
            "SELECT name, count() AS n, sum(x) AS s, max(at) AS m FROM events GROUP BY name",
            "SELECT name, count(*), sum(x), max(at) FROM events GROUP BY name",
        ),
        Pair("SELECT sum(id) FROM events WHERE id > 99", "SELECT 0"),
        Pair("SELECT toDate(at), id FROM events", "SELECT date(at), id FROM events"),
        Pair("SELECT [id], (id, name) FROM events", "SELECT ARRAY[id], ROW(id, name) FROM events"),
        Pair("SELECT toDecimal64(1.5, 2)", "SELECT DECIMAL '1.5'"),
    ],
    ids=lambda pair: pair.clickhouse,
)
def test_agreement(pair_of_engines: Twins, pair: Pair):
    pair_of_engines.check(pair, EVENTS)


@pytest.mark.parametrize(
    ("pair", "found"),
    [
        (Pair("SELECT id FROM events", "SELECT id + 1 FROM events"), "only in ClickHouse"),
        (Pair("SELECT name FROM events", "SELECT coalesce(name, '') FROM events"), "None"),
        (Pair("SELECT id FROM events", "SELECT id, x FROM events"), "1 columns in ClickHouse"),
        (Pair("SELECT id FROM events", "SELECT x FROM events"), "is of another type"),
        (Pair("SELECT x FROM events", "SELECT x * 1.00000001 FROM events"), "only in ClickHouse"),
        (Pair("SELECT at FROM events", "SELECT at + INTERVAL '1' HOUR FROM events"), "only in"),
        (
            Pair("SELECT id FROM events ORDER BY id",
                 "SELECT id FROM events ORDER BY id DESC", ordered=True),
            "row 0",
        ),
    ],
    ids=lambda item: getattr(item, "trino", ""),
)  # fmt: skip
def test_a_difference_is_found(pair_of_engines: Twins, pair: Pair, found: str):
    pair_of_engines.load(EVENTS)
    assert found in pair_of_engines.difference(pair)


def test_a_failure_shows_the_fewest_rows(pair_of_engines: Twins):
    pair = Pair("SELECT id FROM events", "SELECT if(id IN (17, 31), 0, id) FROM events")
    with pytest.raises(AssertionError) as failure:
        pair_of_engines.check(pair, EVENTS)
    text = str(failure.value)
    assert text.count('{"id":') == 1
    assert '{"id": 17,' in text or '{"id": 31,' in text
    assert "events (id UInt64, name Nullable(String), at DateTime, x Float64):" in text


def test_an_empty_table_is_empty_on_both(pair_of_engines: Twins):
    pair_of_engines.check(
        Pair("SELECT count() FROM nothing", "SELECT count(*) FROM nothing"),
        Table("nothing", COLUMNS, []),
    )


@settings(max_examples=4)
@given(st.data())
def test_generated_rows_of_every_type(pair_of_engines: Twins, data: st.DataObject):
    columns = {f"c{i}": text for i, text in enumerate(TYPES) if not text.startswith("Nested")}
    row = st.fixed_dictionaries({c: values(parse_type(text)) for c, text in columns.items()})
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    pair_of_engines.check(
        Pair("SELECT * FROM generated", "SELECT * FROM generated", float_tolerance=0.0),
        Table("generated", columns, rows),
    )


def test_shrinking_stops_at_one_row_or_where_rows_fail_together_only():
    rows = [{"n": n} for n in range(20)]
    assert smallest(rows, lambda some: {"n": 7} in some) == [{"n": 7}]
    both = [{"n": 3}, {"n": 15}]
    assert smallest(rows, lambda some: all(row in some for row in both)) == both


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ((1.0,), (1.0 + 1e-14,), True),
        ((1.0,), (1.0 + 1e-9,), False),
        ((float("nan"),), (float("nan"),), True),
        ((1,), (True,), False),
        ((1,), (1.0,), False),
        ((Decimal("1.50"),), (Decimal("1.5"),), True),
        ((None,), ("",), False),
        (([1, None],), ([1, None],), True),
        (({"a": 0.5},), ({"a": 0.5},), True),
        (({"a": 0.5},), ({"b": 0.5},), False),
    ],
)
@pytest.mark.parametrize("ordered", [True, False])
def test_comparison(left: tuple, right: tuple, same: bool, ordered: bool):
    assert (compare([left], [right], ordered=ordered) == "") is same


def test_multisets_count():
    assert compare([(1,), (1,)], [(1,)], ordered=False)
    assert not compare([(1,), (2,)], [(2,), (1,)], ordered=False)


@pytest.mark.parametrize(
    ("type_", "value"), [("UInt8", 1.5), ("Bool", "yes"), ("String", 1), ("DateTime64(3)", 5)]
)
def test_values_of_another_type_are_refused(type_: str, value: object):
    with pytest.raises((TypeError, ValueError, KeyError)):
        canonical(parse_type(type_), value)
