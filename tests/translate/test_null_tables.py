"""Data sources of engine Null: their rows lie in the lake, and only views over them see any."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.translate.oracle import Oracle
from tests.trino.client import Trino
from tests.trino.differential import Table, twins

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import UnsupportedViewError
from martlet.model import TableEngine
from martlet.translate.tables import Partitions, TableFacts, View
from martlet.translate.translator import Translator
from martlet.types import parse_type

COLUMNS = {"id": "UInt32", "who": "String"}
TYPES = {name: parse_type(text) for name, text in COLUMNS.items()}
EVENTS = [{"id": 1, "who": "a"}, {"id": 2, "who": "b"}]
PASSING = [{"id": 1, "who": "x"}, {"id": 2, "who": "y"}, {"id": 3, "who": "z"}]

VIEWS = {
    "plain": "SELECT id, who FROM passing WHERE id > 1",
    "nested": "SELECT id, who FROM (SELECT * FROM passing) AS p",
    "named": "WITH p AS (SELECT * FROM passing) SELECT id, who FROM p",
    "counted": "SELECT toUInt32(count()) AS id, max(who) AS who FROM passing",
    "looked_up": "SELECT p.id AS id, e.who AS who FROM passing AS p LEFT JOIN events AS e ON p.id = e.id",
    "twice": "SELECT p.id AS id, q.who AS who FROM passing AS p JOIN passing AS q ON p.id = q.id",
    "within": "SELECT id, who FROM passing WHERE id IN (SELECT id FROM passing WHERE who > 'x')",
    # not the table whose rows the view takes
    "other": "SELECT e.id AS id, p.who AS who FROM events AS e LEFT JOIN passing AS p ON e.id = p.id",
    "absent": "SELECT id, who FROM events WHERE id NOT IN (SELECT id FROM passing)",
}


@pytest.fixture(scope="module")
def oracle(clickhouse_path: Path, trino: Trino) -> Iterator[Oracle]:
    engine = ClickHouse(clickhouse_path, database="null_tables")
    with twins(engine, trino) as opened:
        oracle = Oracle(
            opened, Table("raw_events", COLUMNS, EVENTS), Table("raw_passing", COLUMNS, PASSING)
        )
        columns = ", ".join(f"{name} {text}" for name, text in COLUMNS.items())
        engine.command(f"CREATE TABLE events ({columns}) ENGINE = MergeTree ORDER BY id")
        engine.command(f"CREATE TABLE passing ({columns}) ENGINE = Null")
        engine.command(f"CREATE TABLE handed_on ({columns}) ENGINE = Null")
        engine.command(f"CREATE TABLE last ({columns}) ENGINE = MergeTree ORDER BY id")
        engine.command("CREATE MATERIALIZED VIEW to_last TO last AS SELECT id, who FROM handed_on")
        engine.command(
            "CREATE MATERIALIZED VIEW to_handed TO handed_on AS SELECT id, who FROM passing"
        )
        for name, sql in VIEWS.items():
            engine.command(f"CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY id")
            engine.command(f"CREATE MATERIALIZED VIEW to_{name} TO {name} AS {sql}")
        engine.command("INSERT INTO events SELECT * FROM raw_events")
        engine.command("INSERT INTO passing SELECT * FROM raw_passing")
        plain = TableFacts(TYPES, has_hidden=False)
        null = TableEngine("Null")
        oracle.facts |= {
            "events": TableFacts(TYPES, sql_name="raw_events", has_hidden=False),
            "passing": TableFacts(TYPES, null, sql_name="raw_passing", has_hidden=False),
            "handed_on": filled("SELECT id, who FROM passing", null),
            "last": filled("SELECT id, who FROM handed_on", plain.engine),
            **{name: filled(sql, plain.engine) for name, sql in VIEWS.items()},
        }
        oracle.translators.clear()
        yield oracle
    engine.close()


def filled(sql: str, engine: TableEngine) -> TableFacts:
    return TableFacts(TYPES, engine, views=(View("v", sql),), has_events=False, has_hidden=False)


@pytest.mark.parametrize("sql", [
    "SELECT * FROM passing",
    "SELECT count(), max(id) FROM passing AS p WHERE p.id > 0",
    "SELECT e.id, p.who FROM events AS e LEFT JOIN passing AS p ON e.id = p.id ORDER BY e.id",
    "SELECT id FROM events WHERE id NOT IN (SELECT id FROM passing) ORDER BY id",
    "SELECT * FROM handed_on",
    "SELECT count() FROM (SELECT * FROM handed_on UNION ALL SELECT * FROM passing)",
])  # fmt: skip
def test_read_directly_there_are_no_rows(oracle: Oracle, sql: str):
    oracle.check(sql)


@pytest.mark.parametrize("name", [*VIEWS, "last"])
def test_views_see_the_rows_of_the_table_that_they_take(oracle: Oracle, name: str):
    oracle.check(f"SELECT * FROM {name} ORDER BY id, who")


def test_the_days_of_its_rows_are_bounded_in_a_view():
    columns = {"id": parse_type("UInt32"), "ts": parse_type("DateTime")}
    passing = TableFacts(columns, TableEngine("Null"), partitions=Partitions("2024-01-01"))
    kept = TableFacts(columns, views=(View("v", "SELECT id, ts FROM passing"),), has_events=False)
    translator = Translator({"passing": passing, "kept": kept})
    assert "dt >= '2024-01-01'" in translator.translate("SELECT id FROM kept").sql
    assert "WHERE false" not in translator.translate("SELECT id FROM kept").sql
    assert "WHERE false" in translator.translate("SELECT id FROM passing").sql


def test_a_union_as_a_view_is_refused():
    """ClickHouse fills the target with the rows of its first query only (measured on 26.9)."""
    sql = "SELECT id, who FROM events UNION ALL SELECT id, who FROM events"
    translator = Translator({"events": TableFacts(TYPES), "t": filled(sql, TableEngine())})
    with pytest.raises(UnsupportedViewError, match="a UNION as a view"):
        translator.translate("SELECT * FROM t")
