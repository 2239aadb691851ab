"""Conditions: one boolean expression over the columns of one table, as ClickHouse reads it."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from martlet.conditions import MAX_CHARACTERS, check_condition, parse_condition
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import EngineError, MartletError, RequestError


@pytest.fixture(scope="module")
def table(clickhouse_path):
    """A table `t`, and others that a condition on it may not read."""
    engine = ClickHouse(clickhouse_path, database="conditions")
    engine.command(
        "CREATE TABLE t (tenant String, n Int32, d DateTime, a Array(Int32), o Tuple(x Int32)) ENGINE = MergeTree ORDER BY n"
    )
    engine.command("CREATE TABLE other (tenant String) ENGINE = MergeTree ORDER BY tuple()")
    engine.command("CREATE TABLE joined (k String, v String) ENGINE = Join(ANY, LEFT, k)")
    yield engine
    engine.close()


def describe(engine: ClickHouse):
    return lambda sql: engine.execute(sql, format="TSVRaw").body


GOOD = [
    "tenant = 'a'", "  tenant = 'a' ", "tenant IN ('a', 'b') AND n NOT IN (1, 2)", "tenant IN 'a'", "n IN [1, 2]",
    "tenant IN (toString(n), 'b')", "(n, tenant) IN ((1, 'a'), (2, 'b'))", "n BETWEEN 1 AND 2 OR n IS NULL", "d > now() - INTERVAL 1 DAY",
    "tenant LIKE 'a%'", "CAST(n AS String) = '1'", "n::String = '1'", "extract(year FROM d) = 2020", "trim(BOTH ' ' FROM tenant) = 'a'",
    "a[1] = 1", "o.x = 1", "t.tenant = 'a'", "arrayExists(x -> x = n, a)", "n % 2 = 1 ? 1 : 0", "`tenant` = \"tenant\"", "tenant = $$a$$",
    "tenant = 'SELECT; -- /* x'", "tenant = '}{'", "true", "match(tenant, '^a')", "NOT (n = 1)", "n > 0x10", "tenant IN (NULL, 'a')",
    "CASE WHEN n = 1 THEN 1 ELSE 0 END", "toBool(n)", "toNullable(n) = 1",
]  # fmt: skip

# With a part of the reason.
BAD = {
    "": "is empty",
    "  ": "is empty",
    "x" * (MAX_CHARACTERS + 1): "has more than",
    "tenant = 'a\0'": "null character",
    "tenant = 'a": "Unclosed string",
    "tenant = 'a' -- ": "comments",
    "tenant = 'a' /* x */": "comments",
    "tenant = /* x */ 'a'": "comments",
    "# x\ntenant = 'a'": "comments",
    "tenant = 'a') OR (1 = 1": ") closes nothing",
    "(tenant = 'a'": "( is never closed",
    "a[1 = 1": "[ is never closed",
    "(a[1) = 1]": "closes nothing",
    "n = 1, 1": "more than one expression",
    "n = 1; DROP TABLE t": "; has no place",
    "tenant = {p:String}": "{ has no place",
    "tenant = @@version": "@@ has no place",
    "n |> n": "| has no place",
    "n = (SELECT 1)": "SELECT has no place",
    "n IN (select 1)": "select has no place",
    "n = (WITH 1 AS x SELECT x)": "WITH has no place",
    "tenant IN (FROM other)": "FROM has no place",
    "(FROM other) = 'a'": "FROM has no place",
    "tenant IN (VALUES ('a'))": "VALUES has no place",
    "tenant IN (TABLE other)": "TABLE has no place",
    "EXISTS (SELECT 1)": "EXISTS has no place",
    "tenant IN other": "other behind IN",
    "tenant NOT IN other": "other behind IN",
    "tenant GLOBAL IN other": "other behind IN",
    "tenant IN (other)": "other behind IN",
    "tenant IN ((other))": "other behind IN",
    "tenant IN `other`": "`other` behind IN",
    "tenant IN conditions.other": "conditions behind IN",
    "tenant IN (conditions.other)": "behind IN",
    "in(tenant, other)": "behind IN",
    "NOT in(tenant, other)": "behind IN",
    "`in`(tenant, other)": "behind IN",
    "CASE WHEN in(tenant, other) THEN 1 END": "behind IN",
    "notIn(tenant, other)": "notIn has no place",
    "globalNullIn(tenant, other)": "globalNullIn has no place",
    "arrayExists(x -> x IN other, [tenant])": "other behind IN",
    "joinGet('joined', 'v', tenant) = 'a'": "joinGet has no place",
    "dictGet('d', 'v', tenant) = 'a'": "dictGet has no place",
    "arrayJoin(a) = 1": "arrayJoin has no place",
    "COLUMNS('t') = 'a'": "COLUMNS has no place",
    "1 AS tenant": "alias",
    "count() OVER () = 1": "OVER has no place",
    "file('/etc/passwd') = ''": "function file is not allowed",
    "tenant = 'a' INTO OUTFILE 'x'": "INTO OUTFILE",
    "n = 1 SETTINGS max_threads = 1": "SETTINGS",
    "system.tables.name = 'a'": "not found",
}

UNFIT = {
    "nope = 1": "Unknown expression",
    "other.tenant = 'a'": "Unknown expression",
    "nope(n)": "does not exist",
    "n": "no truth value but of type Int32",
    "1.5": "no truth value but of type Float64",
    "tenant": "Invalid type",
    "count() > 1": "Aggregate function",
    "tenant = 'a' foo": "Syntax error",
    "tenant = 1": "",
    "(1, 1)": "Invalid type",
}


@pytest.mark.parametrize("text", GOOD)
def test_conditions_that_are_taken(table, text: str):
    parsed = parse_condition(text)
    assert parsed == text.strip()
    check_condition(parsed, "t", describe(table))


@pytest.mark.parametrize(("text", "reason"), BAD.items())
def test_what_is_no_condition(text: str, reason: str):
    with pytest.raises(RequestError, match=r"^The filter is not allowed: ") as raised:
        parse_condition(text)
    assert reason in raised.value.message


@pytest.mark.parametrize(("text", "reason"), UNFIT.items())
def test_conditions_that_do_not_fit_the_table(table, text: str, reason: str):
    with pytest.raises(RequestError, match=r"^The condition ") as raised:
        check_condition(parse_condition(text), "t", describe(table), "The condition")
    message = raised.value.message
    assert reason in message
    assert "SELECT" not in message
    assert "FROM `" not in message


def test_an_outage_is_not_the_conditions_fault():
    def fail(sql: str) -> bytes:
        raise EngineError("down")

    with pytest.raises(EngineError, match="down"):
        check_condition("n = 1", "t", fail)


PIECES = st.sampled_from(
    """tenant n a other joined t.tenant o.x conditions.other 'a' 1 [1] ( ) [ ] , . = != AND OR NOT IN in IN( in( nullIn( NOT_IN GLOBAL
    toString( tuple( identity( any( all( exists( CASE WHEN THEN ELSE END BETWEEN LIKE IS NULL SELECT FROM VALUES( AS x -> `other` `in`(
    :: String + - /* */ -- joinGet('joined','v', DISTINCT ALL () in()(""".split()
).map(lambda piece: piece.replace("_", " "))


@settings(max_examples=500)
@given(st.lists(PIECES, min_size=1, max_size=9).map(" ".join))
@example("tenant IN ( 'a' , other )")
@example("( n , tenant ) IN other")
@example("n = any ( other )")
@example("in()( n , other )")
@example("in( ALL n , other )")
def test_what_is_taken_reads_no_other_table(table, text: str):
    """ClickHouse's own tree is asked which tables and queries are in it."""
    try:
        parse_condition(text)
        tree = describe(table)(f"EXPLAIN QUERY TREE run_passes = 1 SELECT 1 FROM t WHERE ({text})")
    except MartletError:
        return
    assert set(re.findall(r"table_name: (\S+)", tree.decode())) == {"conditions.t"}
    assert len(re.findall(r"^\s*(?:QUERY|UNION) id", tree.decode(), re.MULTILINE)) == 1
    assert "TABLE_FUNCTION" not in tree.decode()
