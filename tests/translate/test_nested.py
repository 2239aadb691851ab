"""Nested columns: an array for each field in ClickHouse, one array of rows in the lake."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.conftest import write_files
from tests.translate.oracle import Oracle
from tests.trino.client import Trino
from tests.trino.differential import Table, twins

from martlet.answers import write_answer
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import SqlError, UnsupportedClauseError
from martlet.files.project import load_project
from martlet.model import Column, Datasource, Location, TableEngine
from martlet.query import QueryBuilder
from martlet.translate.fills import fills_of
from martlet.translate.tables import TableFacts, View, facts_of, flattened, quarantine_facts
from martlet.translate.translator import Translator
from martlet.translations import Translations
from martlet.types import parse_type

ORDERS = Table(
    "orders",
    {
        "id": "UInt32",
        "c": "Nested(ID UInt8, at DateTime, price Nullable(Decimal(9, 2)), big UInt64)",
        "Tags": "Nested(name LowCardinality(String), fine DateTime64(6))",
        "deep": "Nested(inner Array(Tuple(x Int8, y String)))",
    },
    [
        {"id": 1, "c.ID": [1, 2], "c.at": ["2024-01-01 00:00:00", "2024-02-01 10:00:00"],
         "c.price": [1.25, None], "c.big": [18446744073709551615, 0],
         "Tags.name": ["a", "a"], "Tags.fine": ["2024-01-01 00:00:00.123456", "1969-12-31 23:59:59.9"],
         "deep.inner": [[{"x": 1, "y": "é"}], []]},
        {"id": 2, "c.ID": [], "c.at": [], "c.price": [], "c.big": [], "Tags.name": [], "Tags.fine": [],
         "deep.inner": []},
        {"id": 3, "c.ID": [255], "c.at": ["1970-01-01 00:00:00"], "c.price": [0], "c.big": [7],
         "Tags.name": [""], "Tags.fine": ["2024-03-01 00:00:00"], "deep.inner": [[]]},
        {"id": 4, "c.ID": [], "c.at": [], "c.price": [], "c.big": [], "Tags.name": ["x"],
         "Tags.fine": ["2024-03-01 00:00:00"], "deep.inner": []},
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def oracle(clickhouse_path: Path, trino: Trino) -> Iterator[Oracle]:
    engine = ClickHouse(clickhouse_path, database="nested")
    with twins(engine, trino) as opened:
        yield Oracle(opened, ORDERS)


@pytest.mark.parametrize("sql", [
    "SELECT * FROM orders ORDER BY id",
    "SELECT o.* FROM orders AS o ORDER BY id",
    "SELECT * EXCEPT id FROM orders WHERE id = 1",
    "SELECT COLUMNS('^c[.]') FROM orders ORDER BY id",
    "SELECT c.ID, o.c.at FROM orders AS o ORDER BY id",
    "SELECT orders.c.ID, orders.c.at FROM orders ORDER BY orders.id",
    "SELECT `c.ID`, length(c.ID) AS n, arraySum(c.ID) AS s, c.price[2] AS p, c.ID[1] AS f FROM orders ORDER BY id",
    "SELECT id FROM orders WHERE has(c.ID, 2) OR notEmpty(deep.inner) ORDER BY id",
    "SELECT arrayZip(c.ID, c.at) AS pairs, arrayMap((a, b) -> a + b, c.ID, c.big) AS sums FROM orders WHERE id > 1 ORDER BY id",
    "SELECT * FROM orders ARRAY JOIN c ORDER BY ALL",
    "SELECT id, c.ID, c.price FROM orders ARRAY JOIN c ORDER BY ALL",
    "SELECT id, c.ID, c.at, c.big FROM orders LEFT ARRAY JOIN c ORDER BY ALL",
    "SELECT id, c.ID, x FROM orders ARRAY JOIN c.ID AS x ORDER BY id, x",
    "SELECT id, c.ID, c.at FROM orders ARRAY JOIN c.ID, c.at ORDER BY ALL",
    "SELECT id, c.ID, c.at FROM orders ARRAY JOIN c.ID ORDER BY ALL",
    "SELECT id, e.ID, e.at, c.ID FROM orders ARRAY JOIN c AS e ORDER BY ALL",
    "SELECT id, e.ID, number FROM orders ARRAY JOIN c AS e, arrayEnumerate(c.ID) AS number ORDER BY ALL",
    "SELECT o.c.ID FROM orders AS o ARRAY JOIN o.c ORDER BY ALL",
    "SELECT id, c.ID, Tags.name FROM orders ARRAY JOIN c, Tags WHERE id IN (1, 3) ORDER BY ALL",
    "SELECT Tags.name, count() AS n, max(Tags.fine) AS last FROM orders ARRAY JOIN Tags GROUP BY Tags.name ORDER BY Tags.name",
    "SELECT arrayJoin(c.ID) AS x, count() AS n FROM orders GROUP BY x ORDER BY x",
    "SELECT c.ID, count() AS n FROM orders GROUP BY c.ID ORDER BY n, c.ID",
    "SELECT id, c.ID FROM (SELECT * FROM orders) ARRAY JOIN c ORDER BY ALL",
    "WITH o AS (SELECT id, c.ID, c.at FROM orders) SELECT * FROM o ARRAY JOIN c ORDER BY ALL",
    "SELECT a.id, a.c.ID, b.c.ID FROM orders AS a JOIN orders AS b ON a.id = b.id ORDER BY a.id",
    "SELECT a.id, b.c.ID FROM orders AS a LEFT JOIN (SELECT * FROM orders WHERE id < 3) AS b ON a.id = b.id ORDER BY a.id",
    "SELECT id FROM orders WHERE c.ID IN (SELECT c.ID FROM orders WHERE id = 1) ORDER BY id",
    "SELECT id, x.1, x.2 FROM orders ARRAY JOIN arrayFlatten(deep.inner) AS x ORDER BY id",
    "SELECT * FROM (SELECT id, c.ID FROM orders WHERE id = 1 UNION ALL SELECT id, c.ID FROM orders WHERE id = 3) ORDER BY id",
    "SELECT sum(length(c.ID)) AS n, groupArray(length(Tags.name)) AS k FROM (SELECT * FROM orders ORDER BY id)",
    "SELECT c.ID AS c FROM orders ORDER BY id",
])  # fmt: skip
def test_nested_columns_are_what_clickhouse_has(oracle: Oracle, sql: str):
    oracle.check(sql)


@pytest.mark.parametrize("sql", [
    "SELECT c FROM orders", "SELECT o.c FROM orders AS o", "SELECT count(c) FROM orders", "SELECT c.1 FROM orders",
    "SELECT c FROM (SELECT * FROM orders)",
])  # fmt: skip
def test_a_nested_column_as_a_whole_is_refused(oracle: Oracle, sql: str):
    with pytest.raises(UnsupportedClauseError, match=r"c' is a Nested column, .* as a whole"):
        oracle.translate(sql)


@pytest.mark.parametrize("sql", [
    "SELECT e FROM orders ARRAY JOIN c AS e", "SELECT c FROM orders ARRAY JOIN c", "SELECT * FROM orders ARRAY JOIN orders",
    "SELECT * FROM (SELECT 1 AS id, 'x' AS `c.b`) ARRAY JOIN c",
])  # fmt: skip
def test_its_elements_and_other_dotted_names_are_refused_too(oracle: Oracle, sql: str):
    with pytest.raises(SqlError, match="Unknown expression identifier"):
        oracle.translate(sql)


def test_the_columns_of_a_nested_one_of_two_tables(oracle: Oracle):
    sql = "SELECT a.id, a.c.ID, b.c.ID FROM orders AS a JOIN orders AS b ON a.id = b.id ARRAY JOIN c ORDER BY ALL"
    oracle.check(sql)


def test_rows_older_than_the_column_have_empty_arrays(oracle: Oracle):
    columns, nested = flattened(
        {"id": parse_type("UInt32"), "new": parse_type("Nested(a UInt64, b String)")}
    )
    facts = TableFacts(columns, has_hidden=False, nested=nested, sql_name="older")
    opened = oracle.twins
    opened.trino.rows("CREATE TABLE older (id bigint, new array(row(a decimal(20,0), b varchar)))",
                      schema=opened.schema)  # fmt: skip
    opened.trino.rows("INSERT INTO older VALUES (1, NULL), (2, ARRAY[]), (3, ARRAY[ROW(7, 'x')])",
                      schema=opened.schema)  # fmt: skip
    translator = Translator({"added": facts})

    def rows(sql: str) -> list[tuple[object, ...]]:
        return opened.trino.rows(translator.translate(sql).sql, schema=opened.schema)

    assert rows("SELECT id, new.b, length(new.a) FROM added ORDER BY id") == [
        (1, [], 0), (2, [], 0), (3, ["x"], 1),
    ]  # fmt: skip
    assert rows("SELECT id, new.b FROM added ARRAY JOIN new") == [(3, "x")]
    opened.trino.rows("DROP TABLE older", schema=opened.schema)


def test_a_nested_column_beside_what_views_give(oracle: Oracle):
    """A view gives the arrays by their names, and those that it lacks are empty."""
    columns, nested = flattened(
        {"id": parse_type("UInt32"), "c": parse_type("Nested(ID UInt16, at Date)")}
    )
    view = View("v", "SELECT id, c.ID AS `c.ID` FROM orders WHERE id = 1")
    facts = TableFacts(
        columns, views=(view,), has_events=True, has_hidden=False, nested=nested, sql_name="own"
    )
    opened = oracle.twins
    opened.load(Table("own", {"id": "UInt32", "c": "Nested(ID UInt16, at Date)"},
                      [{"id": 9, "c.ID": [300], "c.at": ["2024-01-01"]}]))  # fmt: skip
    sql = Translator({**oracle.facts, "t": facts}).translate("SELECT * FROM t ORDER BY id").sql
    found = opened.trino.rows(sql, schema=opened.schema)
    assert [(row[0], list(row[1])) for row in found] == [(1, [1, 2]), (9, [300])]
    assert list(found[0][2]) == []
    assert [str(day) for day in found[1][2]] == ["2024-01-01"]


def test_final_keeps_the_last_rows_arrays(oracle: Oracle):
    opened = oracle.twins
    engine = opened.engine
    columns = {"id": "UInt32", "c": "Nested(a UInt8, b String)"}
    rows = [{"id": 1, "c.a": [1], "c.b": ["old"]}, {"id": 2, "c.a": [], "c.b": []},
            {"id": 1, "c.a": [2, 3], "c.b": ["new", ""]}]  # fmt: skip
    hidden = {"__ingested_at": "Int64", "__batch": "String", "__row": "Int64"}
    stored = [{**row, "__ingested_at": 5, "__batch": "b", "__row": n} for n, row in enumerate(rows)]
    opened.load(Table("kept", {**columns, **hidden}, stored))
    engine.command("DROP TABLE kept")
    engine.command(
        "CREATE TABLE kept (id UInt32, c Nested(a UInt8, b String)) ENGINE = ReplacingMergeTree ORDER BY id"
    )
    for row in rows:
        engine.command(f"INSERT INTO kept VALUES ({row['id']}, {row['c.a']}, {row['c.b']})")
    types, nested = flattened({name: parse_type(text) for name, text in columns.items()})
    oracle.facts["kept"] = TableFacts(
        types, TableEngine("ReplacingMergeTree", sorting_key="id"), nested=nested
    )
    oracle.translators.clear()
    oracle.check("SELECT * FROM kept FINAL ORDER BY id")
    oracle.check("SELECT id, c.a, c.b FROM kept FINAL ARRAY JOIN c ORDER BY ALL")


def test_parts_of_a_sum_that_nested_columns_are(oracle: Oracle):
    """A SummingMergeTree adds up Nested columns whose name ends in Map by their first field."""
    columns, nested = flattened(
        {"id": parse_type("UInt32"), "hitsMap": parse_type("Nested(k UInt8, n UInt64)")}
    )
    facts = TableFacts(columns, TableEngine("SummingMergeTree", sorting_key="id"), nested=nested)
    with pytest.raises(UnsupportedClauseError, match="nested map 'hitsMap"):
        Translator({"t": facts}).translate("SELECT * FROM t FINAL")


@pytest.mark.parametrize("sql", [
    "SELECT * FROM orders ORDER BY id",
    "SELECT id, c.ID, c.price, Tags.fine FROM orders ARRAY JOIN c, Tags WHERE id IN (1, 3) ORDER BY ALL",
])  # fmt: skip
def test_answers_are_clickhouses_bytes(oracle: Oracle, sql: str):
    translation = Translator(oracle.facts, text_answers=True).translate(sql)
    names = [f"x{number}" for number, _ in enumerate(translation.columns)]
    columns = ", ".join(f"CAST({name} AS varchar)" for name in names)
    rows = oracle.twins.trino.rows(
        f"SELECT {columns} FROM ({translation.sql}) AS t({', '.join(names)}) ORDER BY 1, 2",
        schema=oracle.twins.schema,
    )
    truth = oracle.twins.engine.execute(sql, format="JSONEachRow").body
    assert write_answer(translation.columns, rows, format="JSONEachRow") == truth


@pytest.mark.parametrize(("type_", "reason"), [
    ("Nested(a UInt8, A UInt8)", "differ in case only"),
    ("Nested(`b c` UInt8)", "no field 'b c'"),
])  # fmt: skip
def test_a_nested_column_without_a_form_says_why(type_: str, reason: str):
    columns, nested = flattened({"id": parse_type("UInt32"), "c": parse_type(type_)})
    with pytest.raises(UnsupportedClauseError, match=reason):
        Translator({"t": TableFacts(columns, nested=nested)}).translate("SELECT id FROM t")


def test_facts_have_the_columns_in_order():
    at = Location("x.datasource", 1, 1, "")
    columns = (
        Column("id", parse_type("UInt32"), at),
        Column("c", parse_type("Nested(ID UInt8, at DateTime('UTC'))"), at),
        Column("n", None, at, default="length(c.ID)"),
        Column("last", parse_type("Decimal(10,2)"), at),
    )
    facts = facts_of(Datasource("t", at, columns))
    assert {name: str(type_) for name, type_ in facts.columns.items()} == {
        "id": "UInt32", "c.ID": "Array(UInt8)", "c.at": "Array(DateTime('UTC'))", "n": "UInt64",
        "last": "Decimal(10, 2)",
    }  # fmt: skip
    assert facts.nested == {"c.ID": ("c", "ID"), "c.at": ("c", "at")}
    assert list(quarantine_facts(Datasource("t", at, columns)).columns)[3:7] == [
        "id",
        "c",
        "n",
        "last",
    ]


def test_a_default_of_a_nested_columns_length_is_evaluated_when_read(oracle: Oracle):
    columns, nested = flattened(
        {"id": parse_type("UInt32"), "c": parse_type("Nested(ID UInt8)"), "n": parse_type("UInt64")}
    )
    declared = [Column("n", parse_type("UInt64"), Location("x", 1), default="length(c.ID) + 1")]
    fills, errors = fills_of(columns, declared, read=["n"])
    assert errors == {}
    oracle.twins.load(Table("lengths", {"id": "UInt32", "c": "Nested(ID UInt8)", "n": "Nullable(UInt64)"},
                            [{"id": 1, "c.ID": [4, 5]}, {"id": 2, "c.ID": [], "n": 8}]))  # fmt: skip
    facts = TableFacts(columns, has_hidden=False, fills=fills, nested=nested)
    sql = Translator({"lengths": facts}).translate("SELECT id, n FROM lengths ORDER BY id").sql
    assert oracle.twins.trino.rows(sql, schema=oracle.twins.schema) == [(1, 3), (2, 8)]


def test_pipes_of_a_project_with_a_nested_column_run_on_athena(tmp_path: Path):
    files = {
        "datasources/orders.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`,\n"
        "    `c` Nested(ID UInt8, at DateTime) `json:$.c[:]`\n\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
        "pipes/good.pipe": "NODE all_rows\nSQL >\n    SELECT * FROM orders\n\n"
        "NODE n\nSQL >\n    SELECT c.ID AS item, max(c.at) AS last FROM all_rows ARRAY JOIN c GROUP BY item\n\nTYPE endpoint\n",
        "pipes/refused.pipe": "NODE n\nSQL >\n    SELECT c_error, c FROM (SELECT c__error AS c_error, c FROM orders_quarantine)\n\nTYPE endpoint\n",
        "pipes/whole.pipe": "NODE n\nSQL >\n    SELECT id, c FROM orders\n\nTYPE endpoint\n",
    }  # fmt: skip
    project = load_project(write_files(tmp_path / "project", files))
    translations = Translations(project, QueryBuilder(project))
    assert translations.errors(project.pipes["good"]) == []
    assert translations.errors(project.pipes["refused"]) == []
    (error,) = translations.errors(project.pipes["whole"])
    assert str(error).startswith("pipes/whole.pipe:3:16: 'c' is a Nested column")
