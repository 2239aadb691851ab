"""What a query may not do, and that nothing else is refused."""

import pytest

from martlet.errors import SqlError
from martlet.sql.guard import (
    ALLOWED_TABLE_FUNCTIONS,
    REFUSED_FUNCTIONS,
    REFUSED_TABLE_FUNCTIONS,
    SCALAR_TABLE_FUNCTIONS,
    check_select,
)
from martlet.sql.lexer import lex

REFUSED = [
    ("", "Empty query", 0),
    ("  -- nothing\n", "Empty query", 0),
    ("INSERT INTO t VALUES (1)", "Only SELECT queries are allowed, this one starts with 'INSERT'", 0),
    ("SHOW TABLES", "Only SELECT queries are allowed, this one starts with 'SHOW'", 0),
    ("EXPLAIN SELECT 1", "Only SELECT queries are allowed, this one starts with 'EXPLAIN'", 0),
    ("SET readonly = 0", "Only SELECT queries are allowed, this one starts with 'SET'", 0),
    ("SELECT 1; DROP TABLE t", "Only one statement is allowed", 8),
    ("SELECT 1 INTO OUTFILE '/tmp/x'", "INTO OUTFILE is not allowed", 9),
    ("SELECT 1 FORMAT CSV", "FORMAT is not allowed in a pipe", 9),
    ("SELECT * FROM file('/etc/passwd')", "The function file is not allowed", 14),
    ("SELECT file('/etc/passwd')", "The function file is not allowed", 7),
    ("SELECT `file`('/etc/passwd')", "The function file is not allowed", 7),
    ("SELECT FILE ('/etc/passwd')", "The function FILE is not allowed", 7),
    ("SELECT * FROM url('http://x')", "The query uses disabled table functions: 'url'", 14),
    ("SELECT * FROM s3('x')", "The query uses disabled table functions: 's3'", 14),
    ("SELECT * FROM python('x')", "The query uses disabled table functions: 'python'", 14),
    ("SELECT 1 IN (SELECT * FROM remote('h', 'd', 't'))",
     "The query uses disabled table functions: 'remote'", 27),
    ("SELECT * FROM system.users", "Resource 'system.users' not found", 14),
    ("SELECT * FROM `system`.`tables`", "Resource 'system.tables' not found", 14),
    ("SELECT * FROM System . Tables", "Resource 'System.Tables' not found", 14),
    ("SELECT * FROM information_schema.tables", "Resource 'information_schema.tables' not found", 14),
    ("SELECT 1 IN default_guest_1_.t", "Resource 'default_guest_1_.t' not found", 12),
    ("SELECT 1 IN default_guest_1___2.t", "Resource 'default_guest_1___2.t' not found", 12),
    ("SELECT sleep(3)", "The function sleep is not allowed", 7),
    ("SELECT f()(1)", "f()(...) has empty parameters", 7),
    ("SELECT map(ALL file, m)", "The function file is not allowed", 15),
    ("SELECT a FROM t SETTINGS max_threads = 1", "SETTINGS is not allowed in a pipe", 16),
    ("SELECT 1) UNION ALL (SELECT 2", "Closing ) without an opening (", 8),
    ("SELECT (1", "Opening ( is never closed", 7),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message", "offset"), REFUSED)
def test_refused(sql: str, message: str, offset: int):
    with pytest.raises(SqlError) as raised:
        check_select(list(lex(sql)))
    assert (raised.value.message, raised.value.offset) == (message, offset)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1;",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "WITH 1 AS x SELECT x",
        "FROM t SELECT a",
        "SELECT ';', 'INTO OUTFILE', 'system.users' FROM t",
        "SELECT format, a AS format FROM t",
        "SELECT format('{}', a) FROM t",
        "SELECT a AS format FROM t ORDER BY format",
        "SELECT file, url FROM t",
        "SELECT * FROM numbers(10), primes(1), system.numbers LIMIT 1",
        "SELECT s.system.x FROM s",
        "SELECT settings, t.settings = 1 FROM t WHERE settings = 'x'",
    ],
)
def test_allowed(sql: str):
    check_select(list(lex(sql)))


def test_every_table_function_of_the_engine_is_decided(engine):
    names = set(engine.command("SELECT lower(name) FROM system.table_functions").split())
    decided = ALLOWED_TABLE_FUNCTIONS | REFUSED_TABLE_FUNCTIONS | SCALAR_TABLE_FUNCTIONS
    assert names == decided | (names & REFUSED_FUNCTIONS)


def test_every_refused_function_exists(engine):
    known = set(engine.command("SELECT lower(name) FROM system.functions").split())
    assert known >= REFUSED_FUNCTIONS - {"catboostevaluate", "reversednsquery"}


@pytest.mark.parametrize(
    "call",
    [
        "numbers(2)", "numbers_mt(2)", "values('a Int8', 1)", "null('a Int8')", "primes(3)",
        "SQLStandardValues((1))", "generateRandom('a Int8', 1, 1, 1) LIMIT 1", "generateSeries(1, 3)",
        "generate_series(1, 2)",
    ],
)  # fmt: skip
def test_allowed_table_functions_run_read_only(engine, call: str):
    assert call.partition("(")[0].lower() in ALLOWED_TABLE_FUNCTIONS
    engine.execute(f"SELECT * FROM {call}", format="TSV")
