"""Tables found in SELECTs, against ClickHouse's own syntax tree."""

import re

import pytest

from martlet.sql.lexer import lex
from martlet.sql.tables import find_tables, replace_tables

CASES = [
    ("SELECT a FROM t", ["t"]),
    ("SELECT 1", []),
    ("SELECT t.a FROM t AS u, v", ["t", "v"]),
    ("SELECT * FROM a LEFT JOIN b ON a.x = b.x JOIN c USING x, y", ["a", "b", "c"]),
    ("SELECT * FROM a JOIN b ON f(a.x, 1) = b.x, c", ["a", "b", "c"]),
    ("SELECT * FROM (SELECT * FROM inner_t) AS t", ["inner_t"]),
    ("SELECT extract(YEAR FROM d), trim(BOTH ' ' FROM s) FROM t", ["t"]),
    ("SELECT a IS NOT DISTINCT FROM b FROM t", ["t"]),
    ("SELECT a FROM t WHERE a IN (SELECT b FROM u) AND c NOT IN (1, 2)", ["t", "u"]),
    ("SELECT arr FROM t ARRAY JOIN arr AS x, brr AS y", ["t"]),
    ("SELECT arr FROM t LEFT ARRAY JOIN arr", ["t"]),
    ("SELECT a FROM t FINAL WHERE b = 1", ["t"]),
    ("SELECT a FROM t SAMPLE 0.1 PREWHERE x GROUP BY y HAVING z ORDER BY a LIMIT 1 BY b", ["t"]),
    ("WITH c AS (SELECT * FROM t) SELECT * FROM c", ["t"]),
    ("WITH c AS (SELECT 1 AS a), d AS (SELECT * FROM c) SELECT * FROM d, e", ["e"]),
    ("WITH c(z) AS (SELECT 1 FROM t) SELECT z FROM c", ["t"]),
    ("WITH c AS MATERIALIZED (SELECT 1 AS z FROM t) SELECT z FROM c", ["t"]),
    ("WITH (SELECT max(a) FROM u) AS m SELECT m FROM t", ["t", "u"]),
    ("WITH 5 AS n, t AS (SELECT n) SELECT * FROM t", []),
    ("SELECT * FROM a UNION ALL SELECT * FROM b", ["a", "b"]),
    ("(SELECT * FROM a) UNION ALL (SELECT * FROM b)", ["a", "b"]),
    ("SELECT * FROM (a JOIN b ON a.x = b.x)", ["a", "b"]),
    ("FROM t SELECT a", ["t"]),
    ("SELECT * FROM a ANY LEFT JOIN b USING (x) ASOF JOIN c USING (x, y)", ["a", "b", "c"]),
    ("SELECT * FROM a GLOBAL ANY INNER JOIN b ON a.x = b.y CROSS JOIN c", ["a", "b", "c"]),
    ('SELECT `from`, "join" FROM `my t`', ["my t"]),
    ("SELECT a, -- FROM x\n b /* FROM y */ FROM t", ["t"]),
    ("SELECT 'FROM x' FROM t", ["t"]),
    ("SELECT count() FROM db.t", ["db.t"]),
    ("SELECT sum(a) OVER (PARTITION BY b ORDER BY c) FROM t", ["t"]),
    ("SELECT x -> y FROM t", ["t"]),
    ("SELECT arrayMap(x -> (x, 1), arr) FROM t WHERE (a, b) IN (SELECT c, d FROM u)", ["t", "u"]),
    ("SELECT (SELECT count() FROM u) FROM t", ["t", "u"]),
    ("SELECT a FROM t ORDER BY a WITH FILL FROM 1 TO 5 STEP 1", ["t"]),
    ("SELECT a FROM t GROUP BY a WITH TOTALS", ["t"]),
    ("SELECT * FROM t INTERSECT SELECT * FROM u EXCEPT SELECT * FROM v", ["t", "u", "v"]),
    ("SELECT * EXCEPT (a) FROM t", ["t"]),
    ("SELECT if(a IN (1), 1, 2), toDate(b) FROM t AS x JOIN (SELECT 1 AS a) AS y ON 1 = 1", ["t"]),
    ("SELECT CASE WHEN a THEN 1 ELSE 2 END FROM t", ["t"]),
    ("SELECT format, limit FROM t", ["t"]),
    ("SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q, r)", ["r"]),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_found(sql: str, expected: list[str]):
    found = [reference.name for reference in find_tables(lex(sql))]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("sql", [sql for sql, _ in CASES])
def test_clickhouse_sees_the_same_tables(engine, sql: str):
    tree = engine.command(f"EXPLAIN AST {sql}")
    theirs = re.findall(r"TableIdentifier (\S+|.+?)(?: \(|\n|$)", tree)
    ctes = set(re.findall(r"WithElement (\S+)", tree)) | set(
        re.findall(r"(\w+)(?:\(\w+\))? AS (?:MATERIALIZED )?\(SELECT", sql)
    )
    ours = {reference.name for reference in find_tables(lex(sql))}
    assert {name for name in theirs if name not in ctes} == ours - ctes


def test_in_operator_names_are_marked():
    (a, b, c) = find_tables(lex("SELECT 1 FROM a WHERE x IN b AND y NOT IN (c)"))
    assert not a.after_in
    assert b.after_in
    assert c.after_in


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT in(x, t)", ["t"]),
        ("SELECT notIn((x, 1), (t))", ["t"]),
        ("SELECT 1 WHERE NOT in(f(x, y), t AS u)", ["t"]),
        ("SELECT globalNullInIgnoreSet(x, w.t)", ["w.t"]),
        ("SELECT x IN ((t))", ["t"]),
        ("SELECT x NOT IN (w.t)", ["w.t"]),
        ("SELECT x IN (t AS u)", ["t"]),
        ("SELECT x IN (a, t)", []),
        ("SELECT x NOT IN (a, t), f(x) IN (a, t)", []),
        ("SELECT in(x, t.a + 1)", []),
        ("SELECT arrayMap(x -> in(x, t), y)", ["t"]),
    ],
)
def test_tables_of_in(sql: str, expected: list[str]):
    assert [table.name for table in find_tables(lex(sql)) if table.after_in] == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT joinGet('t', 'v', k)", ["t"]),
        ("SELECT `joinGetOrNull`(w.t, 'v', k)", ["w.t"]),
        ("SELECT dictGet('it\\'s', 'v', k), dictHas(d, k)", ["it's", "d"]),
        ("SELECT joinGet('t' || 'u', 'v', k), joinGet(concat(t), 'v', k)", ["", ""]),
        ("SELECT joinGet()", []),
    ],
)
def test_tables_that_functions_look_into(sql: str, expected: list[str]):
    found = [table.name for table in find_tables(lex(sql), lookups=True) if table.is_lookup]
    assert found == expected
    assert find_tables(lex(sql)) == []


@pytest.mark.parametrize(
    ("behind", "modifiers", "is_final"),
    [
        ("", None, False),
        (" AS u", None, False),
        (" FINAL", "FINAL", True),
        (" u FINAL WHERE 1", "FINAL", True),
        (" AS u FINAL SAMPLE 1 / 10 OFFSET 0.5 JOIN v", "FINAL SAMPLE 1 / 10 OFFSET 0.5", True),
        (" SAMPLE 1000", "SAMPLE 1000", False),
        (" SAMPLE 0.1 LIMIT 1 OFFSET 2", "SAMPLE 0.1", False),
    ],
)
def test_modifiers_of_a_table(behind: str, modifiers: str | None, is_final: bool):
    sql = f"SELECT * FROM t{behind}"
    table = find_tables(lex(sql))[0]
    assert (sql[slice(*table.modifiers)] if table.modifiers else None) == modifiers
    assert table.is_final == is_final


def test_conditions_belong_to_the_first_table_of_their_select():
    sql = (
        "WITH c AS (SELECT 1 FROM a PREWHERE p) SELECT * FROM b LEFT JOIN d ON 1 = 1"
        " PREWHERE q IN (SELECT 2 FROM e WHERE f) WHERE r GROUP BY s"
        " UNION ALL SELECT * FROM (SELECT 3) FULL JOIN g USING x WHERE y"
    )
    tables = {table.name: table.clauses for table in find_tables(lex(sql))}
    assert [name for name, clauses in tables.items() if clauses is None] == ["d", "g"]
    inner, outer = tables["a"], tables["b"]
    assert inner is not None
    assert outer is not None
    assert (inner.prewhere is not None, inner.where) == (True, None)
    assert (outer.prewhere is not None, outer.where, outer.keeps_right) == (
        True, (sql.index("WHERE r"), sql.index("WHERE r") + 5), False,
    )  # fmt: skip
    assert sql[: outer.where_end].endswith("WHERE r")


def test_table_functions_are_marked():
    (numbers, table) = find_tables(lex("SELECT * FROM numbers(10) AS n, t"))
    assert numbers.is_function
    assert not table.is_function


def test_a_cte_does_not_hide_the_table_it_reads():
    sql = "WITH events AS (SELECT * FROM events WHERE a) SELECT * FROM events"
    (reference,) = find_tables(lex(sql))
    assert reference.start == sql.index("events WHERE")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM n", "SELECT * FROM (\nSELECT 1\n) AS `n`"),
        ("SELECT * FROM n AS m", "SELECT * FROM (\nSELECT 1\n) AS m"),
        ("SELECT * FROM n m", "SELECT * FROM (\nSELECT 1\n) m"),
        ("SELECT n FROM n, n2", "SELECT n FROM (\nSELECT 1\n) AS `n`, n2"),
        ("SELECT 1 FROM t WHERE a IN n", "SELECT 1 FROM t WHERE a IN (\nSELECT 1\n)"),
        ("SELECT * FROM t", "SELECT * FROM t"),
    ],
)
def test_replaced(sql: str, expected: str):
    references = find_tables(lex(sql))
    got = replace_tables(sql, references, lambda r: "SELECT 1" if r.name == "n" else None)
    assert got == expected
