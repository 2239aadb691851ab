"""Pipes and parameters that try to leave the project: files, network, system, other tables, limits."""

from pathlib import Path
from urllib.parse import quote

import pytest
from tests.api.calls import Api, MakeApi, error

from martlet.errors import QueryError
from martlet.files.project import load_project
from martlet.query import QueryBuilder

EVENTS = """
SCHEMA >
    `a` String `json:$.a`,
    `file` String `json:$.file` DEFAULT '',
    `tags` Array(String) `json:$.tags[:]`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "a"
"""


def pipe(sql: str) -> str:
    indented = sql.replace("\n", "\n    ")
    return f"NODE n\nSQL >\n    {indented}\n\nTYPE endpoint\n"


@pytest.fixture
def queries(tmp_path: Path):
    """The query builder of a project with one pipe."""

    def build(sql: str) -> QueryBuilder:
        (tmp_path / "events.datasource").write_text(EVENTS)
        (tmp_path / "p.pipe").write_text(pipe(sql))
        return QueryBuilder(load_project(tmp_path))

    return build


def functions(*names: str) -> list[tuple[str, str]]:
    return [(f"SELECT {name}('x')", f"The function {name} is not allowed") for name in names]


def table_functions(*calls: str) -> list[tuple[str, str]]:
    disabled = "The query uses disabled table functions: '{}'"
    return [(f"SELECT * FROM {c}", disabled.format(c.partition("(")[0])) for c in calls]


def not_found(name: str, *statements: str) -> list[tuple[str, str]]:
    return [(sql, f"Resource '{name}' not found") for sql in statements]


STATEMENTS = [
    ("DROP TABLE events", "Only SELECT queries are allowed, this one starts with 'DROP'"),
    ("INSERT INTO events VALUES ('x')", "Only SELECT queries are allowed, this one starts with 'INSERT'"),
    ("SET readonly = 0", "Only SELECT queries are allowed, this one starts with 'SET'"),
    ("SYSTEM SHUTDOWN", "Only SELECT queries are allowed, this one starts with 'SYSTEM'"),
    ("EXPLAIN SELECT 1", "Only SELECT queries are allowed, this one starts with 'EXPLAIN'"),
    ("SELECT 1; DROP TABLE events", "Only one statement is allowed"),
    ("SELECT 1;;SELECT 2", "Only one statement is allowed"),
    ("SELECT 1 PARALLEL WITH DROP TABLE events", "Only one statement is allowed"),
    ("SELECT 1 INTO OUTFILE '/tmp/x'", "INTO OUTFILE is not allowed"),
    ("SELECT 1 into /* */ outfile '/tmp/x'", "INTO OUTFILE is not allowed"),
    ("SELECT 1 INTO OUTFILE '/tmp/x' FORMAT CSV", "INTO OUTFILE is not allowed"),
    ("SELECT 1 FORMAT CSV", "FORMAT is not allowed in a pipe"),
    ('SELECT 1 FORMAT "CSV"', "FORMAT is not allowed in a pipe"),
    ("SELECT a FROM events FORMAT CSV SETTINGS readonly = 1", "SETTINGS is not allowed in a pipe"),
    ("SELECT 1 SETTINGS readonly = 0", "SETTINGS is not allowed in a pipe"),
    ("SELECT 1 settings/* */max_execution_time=1000", "SETTINGS is not allowed in a pipe"),
    ("SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)", "SETTINGS is not allowed in a pipe"),
    ("WITH c AS (SELECT 1 SETTINGS `readonly` = 0) SELECT * FROM c", "SETTINGS is not allowed in a pipe"),
    ("SELECT 1) UNION ALL (SELECT 2", "Closing ) without an opening ("),
    ("SELECT 1 /* x", "Unclosed comment /*"),
    ("SELECT 'a\\'", "Unclosed string literal '"),
    ("FROM events |> WHERE a = 'x' |> JOIN system.users ON 1 = 1", "The pipe operator |> is not allowed"),
]  # fmt: skip
FUNCTIONS = [
    *functions("file", "FILE", "`file`", "filesystemAvailable", "getMacro", "getServerSetting"),
    *functions("sleep", "sleepEachRow", "hasColumnInTable", "addressToLine", "aiGenerate"),
    ("SELECT * APPLY(file) FROM (SELECT '/etc/hostname' AS a)", "The function file is not allowed"),
    ("SELECT * APPLY file FROM (SELECT '/etc/hostname' AS a)", "The function file is not allowed"),
    ('SELECT * APPLY("file") FROM (SELECT 1 AS a)', "The function file is not allowed"),
    ("SELECT COLUMNS('a') APPLY(file) FROM events", "The function file is not allowed"),
    ("SELECT * APPLY(x -> file(x)) FROM events", "The function file is not allowed"),
    ("SELECT arrayMap(file, ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT arrayMap((file), ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT arrayMap(file AS f, ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT arrayMap(x -> file(x), ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT mapApply(`sleepEachRow`, map(1, 1))", "The function sleepEachRow is not allowed"),
    ("WITH x -> file(x) AS f SELECT f('/etc/hostname')", "The function file is not allowed"),
    ("SELECT arrayMap(ALL file, ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT arrayMap(all (`file`), ['/etc/hostname'])", "The function file is not allowed"),
    ("SELECT arrayMap()(file, ['/etc/hostname'])", "arrayMap()(...) has empty parameters"),
    ("SELECT mapApply /* */ ( ) (file, map(1, 1))", "mapApply()(...) has empty parameters"),
    ("SELECT joinGet()('default.secret', 'a', 1)", "joinGet()(...) has empty parameters"),
]
TABLE_FUNCTIONS = [
    *table_functions("url('http://localhost/')", "s3('https://b/x')", "URL('http://localhost/')"),
    *table_functions("executable('id', 'CSV', 'a String')", "python('x')", "Python('x')"),
    *table_functions("remote('h', 'system', 'users')", "cluster('c', 'system', 'users')"),
    *table_functions("merge('system', '.*')", "view(SELECT 1)", "viewExplain('EXPLAIN', '', (SELECT 1))"),
    *table_functions("postgresql('h', 'd', 't', 'u', 'p')", "mysql('h', 'd', 't', 'u', 'p')"),
    *table_functions("sqlite('/x', 't')", "input('a String')", "dictionary('d')", "loop(events)"),
    *table_functions("deltaLake('x')", "iceberg('x')", "hudi('x')", "fuzzQuery('SELECT 1')"),
    *table_functions("notYetKnown('x')"),
    ("SELECT * FROM file('/etc/passwd')", "The function file is not allowed"),
    ("SELECT * FROM events, url ('http://x')", "The query uses disabled table functions: 'url'"),
    ("SELECT 'x' IN (SELECT * FROM url('http://x'))", "The query uses disabled table functions: 'url'"),
    ("SELECT 'x' IN remote('h', 'd', 't')", "The query uses disabled table functions: 'remote'"),
    ("WITH c AS (SELECT * FROM s3('x')) SELECT * FROM c", "The query uses disabled table functions: 's3'"),
    ("SELECT * FROM numbers((SELECT count() FROM url('http://x')))", "The query uses disabled table functions: 'url'"),
]  # fmt: skip
SYSTEM = [
    *not_found(
        "system.users",
        "SELECT * FROM system.users",
        "SELECT * FROM `system`.`users`",
        'SELECT * FROM "system"."users"',
        "SELECT * FROM system . users",
        "SELECT * FROM system/* */./* */users",
        "SELECT * FROM system -- x\n. users",
        "SELECT * FROM system\u00a0.\u2003users",
        "SELECT * FROM `s\\x79stem`.users",
        "SELECT * FROM \u201csystem\u201d.\u201cusers\u201d",
        "SELECT * FROM events, system.users",
        "SELECT * FROM events JOIN system.users USING a",
        "SELECT * FROM events JOIN events AS e USING (a), system.users",
        "SELECT * FROM events WHERE a IN system.users",
        "SELECT * FROM events WHERE a NOT IN (system.users)",
        "SELECT * FROM events WHERE a GLOBAL IN ((system.users))",
        "SELECT in(a, system.users) FROM events",
        "SELECT * FROM events WHERE EXISTS (SELECT 1 FROM system.users)",
        "SELECT EXISTS (FROM system.users)",
        "SELECT arrayMap(x -> (SELECT 1 FROM system.users), [1])",
        "SELECT a AS fill FROM system.users",
        "SELECT 1 AS is, is distinct FROM system.users",
        "SELECT * FROM events AS y(z, w, v), system.users",
        "SELECT * FROM (SELECT 1) AS t(x), system.users",
        "SELECT (SELECT count() FROM system.users)",
        "WITH users AS (SELECT 1) SELECT * FROM system.users",
        'WITH "system.users" AS (SELECT 1) SELECT * FROM system.users',
        "WITH system AS (SELECT 1) SELECT * FROM system.users",
        "WITH system.users AS u SELECT 'x' IN u",
        "SELECT 1 UNION ALL SELECT * FROM system.users",
        "FROM system.users",
        "(((SELECT * FROM system.users)))",
    ),
    *not_found("SYSTEM.Users", "SELECT * FROM SYSTEM.Users"),
    *not_found("system.databases", "SELECT in('default', system.databases)"),
    *not_found("information_schema.tables", "SELECT * FROM information_schema.tables"),
    *not_found("INFORMATION_SCHEMA.TABLES", "SELECT * FROM INFORMATION_SCHEMA.TABLES"),
    *not_found("users", "SELECT * FROM users"),
    *not_found("system.functions.x", "SELECT * FROM system.functions.x"),
    *not_found("EXPLAIN", "SELECT * FROM (EXPLAIN SELECT * FROM events)"),
    *not_found("SHOW", "SELECT * FROM (SHOW TABLES)"),
    *not_found("DESCRIBE", "SELECT * FROM (DESCRIBE TABLE events)"),
]
OTHERS = [
    *not_found(
        "default.secret",
        "SELECT * FROM default.secret",
        "SELECT * FROM `default`.secret",
        "SELECT a AS fill FROM default.secret",
        "SELECT 'x' IN default.secret",
        "SELECT 'x' IN (default.secret)",
        "SELECT in('x', default.secret)",
        "WITH default.secret AS s SELECT 'x' IN s",
        'WITH "default.secret" AS (SELECT 1) SELECT * FROM default.secret',
    ),
    *not_found("default.events", "SELECT * FROM default.events"),
    *not_found("another.secret", "SELECT * FROM another.secret"),
    *not_found(
        "__view_x",
        "SELECT * FROM __view_x",
        "SELECT * FROM `__view_x`",
        "SELECT 'x' IN __view_x",
        "SELECT 'x' IN ((__view_x))",
        "SELECT in('x', __view_x)",
        "WITH __view_x AS v SELECT 'x' IN v",
        "SELECT 1 UNION ALL WITH __view_x AS (SELECT 2) SELECT * FROM __view_x"
        " UNION ALL SELECT * FROM __view_x",
    ),
    *not_found("__trial_events", "SELECT * FROM __trial_events"),
    *not_found("__new_events", "SELECT * FROM __new_events"),
    *not_found("__copy_0", "SELECT * FROM __copy_0"),
    *not_found("nothing_quarantine", "SELECT * FROM nothing_quarantine"),
    *not_found("events_quarantine_quarantine", "SELECT * FROM events_quarantine_quarantine"),
    *not_found("EVENTS", "SELECT * FROM EVENTS"),
    *not_found("/etc/passwd", 'SELECT * FROM "/etc/passwd"'),
    *not_found("http://localhost/", "SELECT * FROM `http://localhost/`"),
    *not_found(
        "/etc/passwd", "SELECT * FROM '/etc/passwd'", "SELECT 1 FROM events, '/etc/passwd' AS t"
    ),
    *not_found(
        "__trial_events",
        "SELECT * FROM '__trial_events'",
        "FROM events JOIN '__trial_events' USING a",
    ),
    *not_found("p", "SELECT * FROM p"),
    *not_found("n", "SELECT * FROM n"),
    *not_found("c", "SELECT * FROM c, (WITH c AS (SELECT 1) SELECT * FROM c)"),
    *not_found("c", "SELECT 1 UNION ALL WITH c AS (SELECT 2) SELECT * FROM c UNION ALL FROM c"),
]
REFUSED = [*STATEMENTS, *FUNCTIONS, *TABLE_FUNCTIONS, *SYSTEM, *OTHERS]


@pytest.mark.parametrize(("sql", "message"), REFUSED, ids=[sql for sql, _ in REFUSED])
def test_refused_when_the_project_is_checked_and_when_it_runs(queries, sql: str, message: str):
    built = queries(sql)
    (found, *_) = built.check()
    assert found.message == message.replace("`file`", "file")
    assert found.location is not None
    with pytest.raises(QueryError) as raised:
        built.build(built.project.pipes["p"], {})
    assert raised.value.message == f"[Error] {found.message}"
    assert raised.value.status == 400


# Text that only looks like it, and what pipes may use.
ALLOWED = [
    ("SELECT file, count() AS url FROM events GROUP BY file", []),
    ("SELECT arrayMap(x -> x || file, tags) AS m FROM events", []),
    ("SELECT 'system.users', ';', '/* */ INTO OUTFILE' AS t", [["system.users", ";", "/* */ INTO OUTFILE"]]),
    ("SELECT $$FROM system.users$$ AS t", [["FROM system.users"]]),
    ("SELECT $x$ $$ FROM system.users; $x$ AS t", [[" $$ FROM system.users; "]]),
    ("SELECT 1 AS t -- ; FROM system.users", [[1]]),
    ("SELECT 1 AS t /* ; FROM system.users */", [[1]]),
    ("SELECT 1 AS t # FROM system.users", [[1]]),
    ("SELECT a AS format FROM events ORDER BY format DESC", []),
    ("SELECT a AS format FROM events ORDER BY format", []),
    ("SELECT count() AS n FROM numbers(2) GROUP BY number AS parallel WITH TOTALS", [[1], [1]]),
    ("SELECT a AS settings FROM events WHERE settings = 'x'", []),
    ("SELECT events.a AS settings, settings = 'x' AS t FROM events", []),
    ("SELECT a, 1 AS fill FROM events ORDER BY fill WITH FILL FROM 1 TO 1", []),
    ("SELECT 1 IS NOT DISTINCT FROM 2 AS t", [[0]]),
    ("SELECT (1 IS DISTINCT FROM 2) AS t", [[1]]),
    ("SELECT extract(YEAR FROM toDate('2024-01-01')) AS t", [[2024]]),
    ("SELECT trim(BOTH 'x' FROM 'xax') AS t", [["a"]]),
    ("SELECT * EXCEPT (tags) FROM (SELECT 1 AS a, 2 AS tags)", [[1]]),
    ("WITH c AS (SELECT 1 AS x) SELECT * FROM c UNION ALL SELECT * FROM c", [[1], [1]]),
    ("SELECT 1 AS x UNION ALL WITH c AS (SELECT * EXCEPT (y) FROM (SELECT 2 AS x, 3 AS y)) SELECT * FROM c", [[1], [2]]),
    ("SELECT default.a FROM (SELECT tuple(1) AS t, 2 AS a) AS default", [[2]]),
    ("SELECT * FROM numbers(2)", [[0], [1]]),
    ("SELECT number FROM system.numbers LIMIT 1", [[0]]),
    ("SELECT count() FROM system.functions WHERE name = 'file'", [[1]]),
    ("SELECT * FROM system.one", [[0]]),
    ("SELECT * FROM values('x UInt8', 1, 2)", [[1], [2]]),
    ("SELECT * FROM generateSeries(1, 2)", [[1], [2]]),
    ("SELECT count() FROM events_quarantine", [[0]]),
    ("SELECT has(tags, 'x') AND 'x' IN tags AS t FROM events", []),
]  # fmt: skip


@pytest.fixture(scope="module")
def allowed(open_api: MakeApi) -> Api:
    pipes = {f"p{index}.pipe": pipe(sql) for index, (sql, _) in enumerate(ALLOWED)}
    return open_api({"events.datasource": EVENTS, **pipes})


@pytest.mark.parametrize("index", range(len(ALLOWED)), ids=[sql for sql, _ in ALLOWED])
def test_allowed(allowed: Api, index: int):
    rows = [list(row.values()) for row in allowed.data(f"p{index}")]
    assert sorted(rows) == ALLOWED[index][1]


# What reaches the engine, which refuses it, and what a parameter makes of a template.
ENGINE = {
    "bare_table": "%\nSELECT * FROM {{String(t, 'events')}}",
    "join_get": "SELECT joinGet('default.secret', 'a', 'x')",
    "dict_get": "SELECT dictGet('default.secret', 'a', 'x')",
    "substitution": "SELECT {other: String}",
    "table": "%\nSELECT * FROM {{table(t)}}",
    "in_table": "%\nSELECT 'x' IN {{table(t)}} AS found",
    "symbol": "%\nSELECT * FROM {{symbol(t)}}",
    "two_symbols": "%\nSELECT * FROM {{symbol(d)}}.{{symbol(t)}}",
    "column": "%\nSELECT {{column(c, 'a')}} FROM events",
    "column_table": "%\nSELECT * FROM {{column(c, 'events')}}",
    "columns": "%\nSELECT {{columns(c, 'a')}} FROM events",
    "columns_with": "%\nSELECT {{columns(c, 'a', fn=f)}} FROM events",
    "string": "%\nSELECT {{String(x, '')}} AS x FROM numbers(1)",
    "bare": "%\nSELECT {{x}} AS x FROM numbers(1)",
    "top": "%\nSELECT number FROM numbers(3) LIMIT {{Int32(x, 1)}}",
    "array": "%\nSELECT {{Array(x, 'String', '')}} AS x",
    "unescaped": "%\nSELECT {{sql_unescape(String(x, ''), \"'%\")}} AS x",
    "condition": "%\nSELECT count() AS n FROM events WHERE {{sql_and(a=String(x, ''))}}",
    "threads": "%\n{{max_threads(x)}} SELECT getSetting('max_threads') AS n",
}


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    pipes = {f"{name}.pipe": pipe(sql) for name, sql in ENGINE.items()}
    return open_api({"events.datasource": EVENTS, **pipes})


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("bare_table?t=/etc/passwd", 400, "[Error] Resource '/etc/passwd' not found"),
        ("bare_table?t=__trial_events", 400, "[Error] Resource '__trial_events' not found"),
        ("join_get", 400, "[Error] Table default.secret does not exist:"),
        ("dict_get", 400, "[Error] Dictionary (`default.secret`) not found:"),
        ("substitution", 400, "[Error] Substitution `other` is not set."),
        ("table?t=system.users", 400, "[Error] Resource 'system.users' not found"),
        ("table?t=System.Users", 400, "[Error] Resource 'System.Users' not found"),
        ("table?t=default.events", 400, "[Error] Resource 'default.events' not found"),
        ("table?t=information_schema.tables", 400, "[Error] Resource 'information_schema.tables' not found"),
        ("table?t=__view_x", 400, "[Error] Resource '__view_x' not found"),
        ("table?t=table", 400, "[Error] Resource 'table' not found"),
        ("table?t=none_quarantine", 400, "[Error] Resource 'none_quarantine' not found"),
        ("table?t=", 400, "Template Syntax Error: '' is not a valid table name"),
        ("table?t=a.b.c", 400, "Template Syntax Error: 'a.b.c' is not a valid table name"),
        ("table?t=url('http://x')", 400, "Template Syntax Error: \"url('http://x')\" is not a valid table name"),
        ("table?t=(SELECT+1)", 400, "Template Syntax Error: '(SELECT 1)' is not a valid table name"),
        ("table?t=events;DROP", 400, "Template Syntax Error: 'events;DROP' is not a valid table name"),
        ("table?t=events--", 400, "Template Syntax Error: 'events--' is not a valid table name"),
        ("table?t=events+FINAL", 400, "Template Syntax Error: 'events FINAL' is not a valid table name"),
        ("table?t=final", 400, "Template Syntax Error: 'final' is not a valid table name"),
        ("in_table?t=system.users", 400, "[Error] Resource 'system.users' not found"),
        ("in_table?t=default.events", 400, "[Error] Resource 'default.events' not found"),
        ("in_table?t=__trial_events", 400, "[Error] Resource '__trial_events' not found"),
        ("symbol?t=system.users", 400, "[Error] Resource 'system.users' not found"),
        ("symbol?t=url('http://x')", 400, "[Error] Resource 'url('http://x')' not found"),
        ("symbol?t=a`+UNION+ALL+SELECT+1", 400, "[Error] Resource 'a` UNION ALL SELECT 1' not found"),
        ("symbol?t=a\\", 400, "[Error] Resource 'a\\' not found"),
        ("two_symbols?d=system&t=users", 400, "[Error] Resource 'system.users' not found"),
        ("two_symbols?d=SYSTEM&t=users", 400, "[Error] Resource 'SYSTEM.users' not found"),
        ("two_symbols?d=default&t=events", 400, "[Error] Resource 'default.events' not found"),
        ("column?c=system.users", 400, "[Error] Resource 'system.users' not found"),
        ("column?c=a,1", 400, "[Error] Unknown expression identifier `a,1`."),
        ("column_table?c=system.users", 400, "[Error] Resource 'system.users' not found"),
        ("columns?c=a,system.users", 400, "[Error] Resource 'system.users' not found"),
        ("columns?c=a`,(SELECT+1),`b", 400, "[Error] Unknown expression identifier `a\\``."),
        ("columns_with?c=a&f=file", 400, "[Error] The function file is not allowed"),
        ("columns_with?c=a&f=sum(a),file", 400, "Template Syntax Error: 'sum(a),file' is not a valid function name in columns()"),
        ("top?x=1;DROP", 400, "Template Syntax Error: Error validating '1;DROP' to type Int32"),
        ("top?x=(SELECT+1)", 400, "Template Syntax Error: Error validating '(SELECT 1)' to type Int32"),
    ],
)  # fmt: skip
def test_escapes_are_answered(api: Api, target: str, status: int, message: str):
    path, mark, query = target.partition("?")
    escaped = quote(query, safe="=&+")
    response = api.get(f"/v0/pipes/{path}.json{mark}{escaped}")
    found = error(response)
    assert found == (status, message) or (
        found[0] == status and message.endswith((".", ":")) and found[1].startswith(message)
    ), found  # fmt: skip
    assert str(Path.cwd()) not in found[1]
    assert "Stack trace" not in found[1]


INJECTIONS = [
    "' OR 1=1 --",
    "\\' OR 1=1 --",
    "\\",
    "'; DROP TABLE events; --",
    "') UNION ALL SELECT name FROM system.tables --",
    "${x}",
    "{{x}}",
    "{other: String}",
    "$$ x $$",
    "/* */",
    "\u2018 \u2019",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_parameter_stays_one_value(api: Api, text: str):
    sent = quote(text)
    assert api.data(f"string?x={sent}") == [{"x": text}]
    assert api.data(f"bare?x={sent}") == [{"x": text}]
    assert api.data(f"array?x={sent}") == [{"x": text.split(",")}]
    assert api.data(f"unescaped?x={sent}") == [{"x": text}]
    assert api.data(f"condition?x={sent}") == [{"n": 0}]


def test_tables_that_a_parameter_may_name(api: Api):
    assert api.data("table?t=events") == []
    assert api.data("table?t=events_quarantine") == []
    assert api.data("symbol?t=events") == []
    assert api.data("bare_table?t=events") == []
    assert api.data("in_table?t=string") == [{"found": 0}]


@pytest.mark.parametrize(("asked", "got"), [("2", 2), ("0", 1), ("-5", 1), ("1000000", 16)])
def test_max_threads_is_bounded(api: Api, asked: str, got: int):
    assert api.data(f"threads?x={asked}") == [{"n": got}]


@pytest.mark.parametrize(("toml", "most"), [("", 262_144), ("max_query_size = 300000\n", 300_000)])
def test_sql_is_as_long_as_clickhouse_reads(open_api: MakeApi, toml: str, most: int):
    files = {"long.pipe": pipe("%\n    SELECT length({{String(x)}}) AS n")}
    api = open_api({"martlet.toml": f"[settings.clickhouse]\n{toml}", **files})

    def ask(count: int):
        sent = {"content-type": "application/json"}
        return api("POST", "/v0/pipes/long.ndjson", f'{{"x": "{"a" * count}"}}', sent)

    assert ask(most - 100).body == b'{"n":%d}\n' % (most - 100)
    status, message = error(ask(most))
    assert status == 400
    assert f"characters, more than the {most} of the setting max_query_size" in message


LIMITS = """
[settings]
query_timeout_s = 0.2
max_result_bytes = 10000
max_memory_bytes = 20000000
"""
HEAVY = {
    "slow": "SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1",
    "cross": "SELECT count() AS n FROM numbers(1000000) AS a, numbers(1000000) AS b",
    "memory": "SELECT length(groupArray(number)) AS n FROM numbers(10000000)",
    "large": "SELECT number, toString(number) AS t FROM numbers(1000)",
    "wide": "SELECT repeat('x', 1000000) AS t FROM numbers(1)",
    "small": "SELECT count() AS n FROM numbers(1000)",
    "endless": "SELECT number FROM system.numbers",
}


@pytest.fixture(scope="module")
def heavy(open_api: MakeApi) -> Api:
    pipes = {f"{name}.pipe": pipe(sql) for name, sql in HEAVY.items()}
    return open_api({"martlet.toml": LIMITS, **pipes})


TIMEOUT = "[Error] Timeout exceeded: elapsed "
MEMORY = "[Error] Query memory limit exceeded: would use "
RESULT = "[Error] Limit for result exceeded, max bytes: 9.77 KiB, current bytes: "


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("slow", 408, "159", TIMEOUT),
        ("cross", 408, "159", TIMEOUT),
        ("memory", 400, "241", MEMORY),
        ("large", 413, "396", RESULT),
        ("wide", 413, "396", RESULT),
        ("endless", 413, "396", RESULT),
    ],
)
def test_limits(heavy: Api, name: str, status: int, code: str, message: str):
    response = heavy.get(f"/v0/pipes/{name}.json")
    found = error(response)
    assert found[0] == status
    assert found[1].startswith(message)
    assert response.headers["x-db-exception-code"] == code
    assert heavy.data("small") == [{"n": 1000}]
