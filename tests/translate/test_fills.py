"""Columns with NULLs in the lake that have none in ClickHouse: what is read in their place."""

import pytest
from tests.trino.client import Trino

from martlet.model import Column, Location
from martlet.translate.fills import filled_table, fills_of
from martlet.translate.tables import Partitions, TableFacts
from martlet.translate.translator import Translator
from martlet.types import parse_type

TYPES = {
    "id": "UInt32", "name": "String", "At": "DateTime", "n": "Nullable(Int32)", "x": "UInt64",
    "label": "LowCardinality(String)", "kind": "Enum8('a' = 1, 'b' = 0, 'c' = -1)",
    "day": "Date32", "tags": "Array(String)",
}  # fmt: skip
COLUMNS = {name: parse_type(text) for name, text in TYPES.items()}


def fills(defaults: dict[str, str], **options):
    place = Location("events.datasource", 1)
    columns = [Column(n, type_, place, default=defaults.get(n)) for n, type_ in COLUMNS.items()]
    return fills_of(COLUMNS, columns, **options)


def test_a_default_that_is_read_is_the_expression_in_the_columns_type():
    found, errors = fills({"x": "id + 1", "label": "concat('it''s ', name)"}, read=["x", "label"])
    assert found == (
        {"x": "CAST(own.id + 1 AS decimal(20,0))", "label": "concat('it''s ', own.\"name\")"},
    )
    assert errors == {}


def test_an_added_column_has_its_default_or_its_types():
    found, _ = fills({"x": "7"}, added=["x", "name", "kind", "day", "tags", "n"])
    (step,) = found
    assert step["x"] in ("CAST(7 AS decimal(20,0))", "DECIMAL '7'")
    assert step["kind"] == "'c'"
    assert step["day"] == "DATE '1900-01-01'"
    assert "n" not in step  # NULL is a value there


def test_defaults_of_other_defaults_come_after_them():
    found, errors = fills({"x": "id * 2", "label": "toString(x)"}, read=["x", "label"])
    assert [list(step) for step in found] == [["x"], ["label"]]
    assert errors == {}


def test_what_cannot_be_said_has_its_reason():
    _, errors = fills({"x": "length(label)", "label": "toString(x)", "name": "frobnicate(id)"},
                      read=["x", "label", "name"])  # fmt: skip
    assert "need one another" in errors["x"].message
    assert "frobnicate" in errors["name"].message


def test_a_line_feed_in_a_literal_stays_one_whatever_is_around():
    found, _ = fills({"label": "concat(name, 'a\\nb')"}, read=["label"])
    assert "\n" not in found[0]["label"]


@pytest.mark.parametrize("sql", [
    "SELECT label FROM events AS e WHERE x > 3 ORDER BY label",
    "SELECT a.label FROM events AS a JOIN events AS b ON a.x = b.x",
    "SELECT count() FROM events WHERE label = 'it''s k'",
])  # fmt: skip
def test_queries_see_plain_columns(sql: str):
    found, _ = fills({"x": "id * 2", "label": "concat('it''s ', name)"}, read=["x", "label"])
    facts = TableFacts(COLUMNS, fills=found, partitions=Partitions())
    translated = Translator({"events": facts}).translate(sql).sql
    assert "coalesce(own.label, concat('it''s ', own.\"name\")) AS label" in translated


def test_conditions_on_days_and_other_columns_reach_the_table(trino: Trino):
    """Pruning of days survives, and so does the condition on a column that is not filled."""
    trino.rows("CREATE SCHEMA IF NOT EXISTS fills")
    trino.rows("DROP TABLE IF EXISTS fills.events")
    trino.rows("CREATE TABLE fills.events (id bigint, x bigint, dt varchar)"
               " WITH (partitioned_by = ARRAY['dt'])")  # fmt: skip
    trino.rows("INSERT INTO fills.events VALUES (1, NULL, '2026-01-01'), (2, 5, '2026-01-02')")
    columns = {"id": parse_type("Int64"), "x": parse_type("Int64")}
    facts = TableFacts(columns, fills=({"x": "0"},), has_hidden=False, partitions=Partitions())
    source = filled_table("fills.events", facts)
    sql = f"SELECT * FROM {source} AS e WHERE e.dt = '2026-01-02' AND e.id > 1 AND e.x > 3"
    plan = "\n".join(row[0] for row in trino.rows(f"EXPLAIN {sql}"))
    assert "[[2026-01-02]]" in plan
    assert "dt:string:PARTITION_KEY" in plan
    assert trino.rows(sql) == [(2, 5, "2026-01-02")]
    io = trino.rows(f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}")[0][0]
    assert '"columnName" : "id"' in io
    assert '"columnName" : "x"' not in io
    trino.rows("DROP TABLE fills.events")
    trino.rows("DROP SCHEMA fills")
