"""What a query's answer depends on beside rows: every function of the installed ClickHouse."""

import sys

import pytest

from martlet.engines.clickhouse import ClickHouse
from martlet.sql.guard import REFUSED_FUNCTIONS
from martlet.sql.volatile import CONSTANT, SINGLE, TIMELY, Volatility, volatility


def names(engine: ClickHouse, condition: str) -> set[str]:
    sql = f"SELECT DISTINCT lower(name) AS name FROM system.functions WHERE {condition}"
    return {str(row["name"]) for row in engine.rows(sql)}


def test_every_function_that_is_not_deterministic_is_listed_once(engine):
    found = names(engine, "deterministic = 0")
    assert found - SINGLE - TIMELY - CONSTANT - REFUSED_FUNCTIONS == set()
    assert not SINGLE & TIMELY
    assert not CONSTANT & (SINGLE | TIMELY)
    assert found >= CONSTANT


def test_what_clickhouse_says_nothing_of_aggregates_reads_neighbours_or_is_listed(engine):
    unknown = names(engine, "deterministic IS NULL AND NOT is_aggregate")
    neighbours = {name for name in unknown if name.startswith(("running", "neighbor", "region"))}
    assert unknown - neighbours - REFUSED_FUNCTIONS - SINGLE == set()


def test_functions_that_look_at_the_clock_in_secret_are_listed(engine):
    assert names(engine, "name ILIKE '%besteffort%'") <= TIMELY
    # The year is the current one.
    year = engine.command("SELECT toYear(parseDateTimeBestEffort('3 Jan')) = toYear(now())")
    assert year == "1\n"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT n FROM t WHERE s = 'now()' -- today()", Volatility.STABLE),
        ("SELECT version(), hostName()", Volatility.STABLE),
        ("SELECT NOW()", Volatility.TIMELY),
        ("SELECT `now`()", Volatility.TIMELY),
        ("SELECT * APPLY(toString), current_timestamp", Volatility.TIMELY),
        ("SELECT now(), rand()", Volatility.SINGLE),
        ("SELECT arrayMap(x -> generateUUIDv4(x), [1])", Volatility.SINGLE),
        ("SELECT * FROM generateRandom('a Int8')", Volatility.SINGLE),
        ("SELECT 'open", Volatility.SINGLE),
    ],
)
def test_one_such_name_is_enough(sql, expected):
    assert volatility(sql) is expected


@pytest.mark.parametrize(("size", "is_remembered"), [(1000, True), (1_000_000, False)])
def test_only_texts_of_usual_size_are_remembered(size, is_remembered):
    sql = f"SELECT '{'x' * size}'"
    before = sys.getrefcount(sql)
    assert volatility(sql) is Volatility.STABLE
    assert (sys.getrefcount(sql) > before) is is_remembered
