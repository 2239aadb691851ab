"""SQL in requests: the Query API, `q` over an endpoint, plans, and what a token may read by them."""

from urllib.parse import quote, urlencode

import orjson
import pytest
from tests.api.calls import Api, MakeApi, answer, error

from martlet.access import READ_ALL, READ_DATASOURCE, READ_PIPE, Access, Grant
from martlet.errors import TokenError
from martlet.formats import QUERY_FORMATS
from martlet.sql.tail import Tail, split_tail

EVENTS = """
SCHEMA >
    `id` UInt32 `json:$.id`,
    `kind` String `json:$.kind`

ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
LOOKED_UP = """
SCHEMA >
    `id` UInt32 `json:$.id`,
    `name` String `json:$.name`

ENGINE Join
ENGINE_JOIN_STRICTNESS ANY
ENGINE_JOIN_TYPE LEFT
ENGINE_KEY_COLUMNS id
"""


def pipe(*nodes: tuple[str, str], kind: str = "endpoint") -> str:
    texts = [f"NODE {name}\nSQL >\n    {sql}\n" for name, sql in nodes]
    return "\n".join(texts) + (f"TYPE {kind}\n" if kind else "")


FILES = {
    "events.datasource": EVENTS,
    "others.datasource": EVENTS,
    "names.datasource": LOOKED_UP,
    "kinds.pipe": pipe(
        ("all_rows", "SELECT id, kind FROM events"),
        ("out", "%\n    SELECT kind, count() AS n FROM all_rows WHERE kind != {{String(without, 'z')}} GROUP BY kind ORDER BY kind DESC"),
    ),
    "plain.pipe": pipe(("rows", "SELECT max(id) AS most FROM events"), kind=""),
    "locked.pipe": pipe(("n", "%\n    SELECT length({{tb_secret('key')}}) AS n")),
    "looks.pipe": pipe(("n", "SELECT joinGet('names', 'name', toUInt32(1)) AS name")),
}  # fmt: skip

GRANTS = {
    "admin": [Grant("ADMIN")],
    "all": [Grant(READ_ALL)],
    "events": [Grant(READ_DATASOURCE, "events")],
    "kinds": [Grant(READ_PIPE, "kinds")],
    "looks": [Grant(READ_PIPE, "looks"), Grant(READ_PIPE, "locked")],
    "names": [Grant(READ_DATASOURCE, "names")],
    "nothing": [],
}


class Tokens:
    """Tokens by their names."""

    def find(self, value: str | None) -> Access:
        if value not in GRANTS:
            raise TokenError("unknown")
        return Access.of_grants(value, GRANTS[value])


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    made = open_api(FILES, secrets={"key": "s3cret"})
    rows = [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}, {"id": 3, "kind": "a"}]
    body = b"\n".join(map(orjson.dumps, rows))
    assert made.send("events", body).status == 202
    assert made.send("names", '{"id":1,"name":"one"}').status == 202
    made.workspace.tokens = Tokens()
    return made


def ask(api: Api, sql: str, token: str = "admin", **values: str):
    return api.get(f"/v0/sql?{urlencode({'q': sql, **values})}", token=token)


def text(api: Api, sql: str, token: str = "admin", **values: str) -> str:
    response = ask(api, sql, token, **values)
    assert response.status == 200, response.body
    return response.body.decode()


@pytest.mark.parametrize("semicolon", ["", ";", " ; "])
@pytest.mark.parametrize("name", QUERY_FORMATS)
def test_every_format(api: Api, name: str, semicolon: str):
    sql = "SELECT 'a' AS name, toUInt64(1) AS value"
    response = ask(api, f"{sql} FORMAT {name}{semicolon}")
    assert (response.status, response.media_type) == (200, QUERY_FORMATS[name])
    if "statistics" not in response.body.decode(errors="replace"):
        assert response.body == api.workspace.engine.execute(sql, format=name).body


def test_json_is_the_format_without_one_and_case_does_not_count(api: Api):
    answered = answer(ask(api, "SELECT toUInt64(1) AS n"))
    assert (answered["data"], answered["rows"]) == ([{"n": 1}], 1)
    assert text(api, "SELECT 1 AS n format jsoneachrow") == '{"n":1}\n'
    status, message = error(ask(api, "SELECT 1 FORMAT Template"))
    assert status == 400
    assert message.startswith("FORMAT Template is not available; use one of CSV, ")
    assert text(api, "SELECT 1 AS format FORMAT CSV") == "1\n"
    quoted = ask(api, "SELECT toUInt64(1) AS n", output_format_json_quote_64bit_integers="1")
    assert answer(quoted)["data"] == [{"n": "1"}]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/plain"}, "SELECT {} FORMAT CSV"),
        ({"content-type": "application/x-www-form-urlencoded"}, "SELECT {} FORMAT CSV"),
        ({}, "  (SELECT {}) FORMAT CSV"),
        ({}, "q=SELECT+{}+FORMAT+CSV"),
        ({"content-type": "application/x-www-form-urlencoded"}, "a=1&q=SELECT%20{}%20FORMAT%20CSV"),
        ({"content-type": "application/json"}, '{{"q": "SELECT {} FORMAT CSV", "other": [1]}}'),
        ({}, "%\nSELECT {} FORMAT CSV"),
    ],
)
def test_where_the_sql_can_be(api: Api, headers: dict[str, str], body: str):
    response = api("POST", "/v0/sql", body.format(7), headers)
    assert (response.status, response.body) == (200, b"7\n")


def test_templates_take_the_other_parameters(api: Api):
    sql = "% SELECT {{Int32(n, 5)}} AS n, {{Array(many, 'Int32')}} AS many FORMAT CSV"
    assert text(api, sql, many="1,2") == '5,"[1,2]"\n'
    body = orjson.dumps({"q": sql, "n": 9, "many": list(range(3000))})
    response = api("POST", "/v0/sql", body, {"content-type": "application/json"})
    assert response.body.startswith(b'9,"[0,1,2,')
    assert text(api, "SELECT '{{n}}' AS x FORMAT CSV", n="1") == '"{{n}}"\n'
    assert error(ask(api, "% SELECT {{Int32(n)}}", n="x")) == (
        400, "Template Syntax Error: Error validating 'x' to type Int32",
    )  # fmt: skip


def test_settings_of_a_request(api: Api):
    shown = "getSetting('max_threads') AS t, getSetting('max_memory_usage') AS m, toFloat64(getSetting('max_execution_time')) AS s"
    sql = f"SELECT {shown} SETTINGS max_threads = 1, max_memory_usage = '1000000', max_execution_time = 2.5 FORMAT CSV"
    assert text(api, sql) == "1,1000000,2.5\n"
    more = f"SELECT {shown} FORMAT CSV SETTINGS max_memory_usage = 99999999999999, max_execution_time = 3600"
    assert text(api, more).endswith(f",{4 * 1024**3},10\n")
    slow = ask(
        api,
        "SELECT count() FROM numbers(1e13) WHERE NOT ignore(sipHash64(number)) SETTINGS max_execution_time = 0.05",
    )
    assert slow.status == 408


@pytest.mark.parametrize(
    ("sql", "status", "message"),
    [
        ("SELECT 1 SETTINGS max_rows_to_read = 5", 400, "[Error] The setting 'max_rows_to_read' is restricted; a request may set max_execution_time, max_memory_usage, max_threads"),
        ("SELECT 1 SETTINGS readonly = 0, max_threads = 1", 400, "[Error] The setting 'readonly' is restricted; a request may set max_execution_time, max_memory_usage, max_threads"),
        ("SELECT 1 SETTINGS max_threads = 'many'", 400, "[Error] The setting 'max_threads' is a number above 0"),
        ("SELECT 1 SETTINGS max_threads = 0", 400, "[Error] The setting 'max_threads' is a number above 0"),
        ("DROP TABLE events", 400, "[Error] Only SELECT queries are allowed, this one starts with 'DROP'"),
        ("SELECT 1; SELECT 2", 400, "[Error] Only one statement is allowed"),
        ("", 400, "[Error] Empty query"),
        ("FORMAT JSON", 400, "[Error] Only SELECT queries are allowed, this one starts with 'FORMAT'"),
        ("SELECT * FROM nothing", 400, "[Error] Resource 'nothing' not found"),
        ("SELECT * FROM _", 400, "[Error] Resource '_' not found"),
        ("SELECT * FROM url('http://localhost')", 400, "[Error] The query uses disabled table functions: 'url'; nothing outside of the project is read"),
        ("SELECT {key: String} FROM locked", 400, "[Error] {...} is not allowed in the SQL of a request"),
        ("SELECT '" + "x" * 8200 + "'", 413, "The SQL has more than 8192 bytes, the limit"),
    ],
)  # fmt: skip
def test_refused(api: Api, sql: str, status: int, message: str):
    assert error(ask(api, sql)) == (status, message)


def test_a_query_without_sql_or_of_an_unknown_pipe(api: Api):
    assert error(api.get("/v0/sql")) == (400, "The parameter 'q' is missing: it is the SQL to run")
    found = error(ask(api, "SELECT 1", pipeline="none"))
    assert found == (404, "The pipe 'none' does not exist")


READS = [
    ("events", "SELECT count() FROM events", "3"),
    ("events", "SELECT count() FROM events_quarantine", "0"),
    ("events", "SELECT count() FROM others", "DATASOURCES:READ:others"),
    ("events", "SELECT count() FROM kinds", "PIPES:READ:kinds"),
    (
        "events",
        "SELECT count() FROM events WHERE id IN (SELECT id FROM others)",
        "DATASOURCES:READ:others",
    ),
    (
        "events",
        "SELECT count() FROM events AS e JOIN others AS o USING (id)",
        "DATASOURCES:READ:others",
    ),
    ("events", "SELECT (SELECT count() FROM others_quarantine)", "DATASOURCES:READ:others"),
    ("events", "SELECT in((toUInt32(1), 'a'), others)", "DATASOURCES:READ:others"),
    ("events", "SELECT (toUInt32(1), 'a') NOT IN ((others))", "DATASOURCES:READ:others"),
    ("events", "WITH others AS (SELECT 1 AS id) SELECT id FROM others", "1"),
    ("events", "SELECT joinGet('names', 'name', toUInt32(1))", "DATASOURCES:READ:names"),
    ("events", "SELECT joinGetOrNull(names, 'name', toUInt32(1))", "DATASOURCES:READ:names"),
    ("names", "SELECT joinGet('names', 'name', toUInt32(1))", '"one"'),
    ("names", "SELECT joinGetOrNull(names, 'name', toUInt32(1))", '"one"'),
    ("kinds", "SELECT sum(n) FROM kinds", "3"),
    ("kinds", "SELECT count() FROM events", "DATASOURCES:READ:events"),
    ("kinds", "SELECT (SELECT most FROM plain)", "PIPES:READ:plain"),
    ("nothing", "SELECT sum(number) FROM numbers(3)", "3"),
    ("nothing", "SELECT count() FROM events", "DATASOURCES:READ:events"),
    ("all", "SELECT (SELECT count() FROM events) + (SELECT most FROM plain)", "6"),
]


@pytest.mark.parametrize(("token", "sql", "expected"), READS)
def test_what_a_token_may_read(api: Api, token: str, sql: str, expected: str):
    response = ask(api, f"{sql} FORMAT CSV", token)
    if "READ:" in expected:
        assert error(response) == (403, f"The token '{token}' lacks the scope {expected}")
    else:
        assert (response.status, response.body.decode()) == (200, expected + "\n")


# What our own reading of a query does not find must not be there for ClickHouse either.
UNSEEN = [
    "WITH others AS o SELECT (toUInt32(1), 'a') IN o",
    "SELECT joinGet('nam' || 'es', 'name', toUInt32(1))",
    "WITH 'names' AS t SELECT joinGet(t, 'name', toUInt32(1))",
    "SELECT joinGet('{db}.names', 'name', toUInt32(1))",
    "SELECT 1 AS {db}, (toUInt32(1), 'a') IN {db}.others",
    "SELECT dictGet('others', 'kind', toUInt64(1))",
    "SELECT (toUInt32(1), 'a') IN {db}.others",
]


@pytest.mark.parametrize("sql", UNSEEN)
def test_tables_that_are_not_named_as_tables(api: Api, sql: str):
    status, message = error(ask(api, sql.format(db=api.workspace.engine.database), "events"))
    assert status in (400, 403), message
    assert "Internal" not in message


def test_a_pipe_is_the_table_behind_pipeline(api: Api):
    assert text(api, "SELECT * FROM _ FORMAT CSV", "kinds", pipeline="kinds") == '"b",1\n"a",2\n'
    assert text(api, "SELECT most FROM _ FORMAT CSV", pipeline="plain") == "3\n"
    found = text(api, "SELECT n FROM _ FORMAT CSV", "kinds", pipeline="kinds", without="a")
    assert found == "1\n"
    assert text(api, "SELECT count() FROM all_rows FORMAT CSV", pipeline="kinds") == "3\n"
    assert error(ask(api, "SELECT * FROM all_rows", "kinds", pipeline="kinds")) == (
        403, "The token 'kinds' lacks the scope DATASOURCES:READ:events",
    )  # fmt: skip
    assert ask(api, "SELECT 1", "kinds", pipeline="plain").status == 403


def test_q_over_an_endpoint(api: Api):
    sql = quote("SELECT sum(n) AS s FROM _")
    assert api.data(f"kinds?q={sql}&without=b", token="kinds") == [{"s": 2}]
    response = api("POST", "/v0/pipes/kinds.csv", "SELECT kind FROM _ LIMIT 1", token="kinds")
    assert response.body == b'"kind"\n"b"\n'
    body = orjson.dumps({"q": "% SELECT {{String(x)}} AS x FROM _ LIMIT 1", "x": "y"})
    headers = {"content-type": "application/json"}
    assert api("POST", "/v0/pipes/kinds.ndjson", body, headers).body == b'{"x":"y"}\n'
    other = api.get(f"/v0/pipes/kinds.json?q={quote('SELECT * FROM events')}", token="kinds")
    assert error(other) == (403, "The token 'kinds' lacks the scope DATASOURCES:READ:events")
    assert api.get("/v0/pipes/kinds.json?q=SELECT+1+FORMAT+CSV").status == 400


@pytest.mark.parametrize("token", ["admin", "kinds"])
def test_rows_of_an_endpoint_keep_their_order(api: Api, token: str):
    assert [row["kind"] for row in api.data("kinds?q=SELECT+*+FROM+_", token=token)] == ["b", "a"]


def test_names_of_a_request_mean_nothing_in_a_pipe(api: Api):
    """A lambda may have the name of a function, and ClickHouse takes it in subqueries too."""
    for name, count in (("events", "3"), ("kinds", "2")):
        sql = f"WITH (a, b) -> 0 AS notEquals, 'z' AS kind SELECT count() FROM {name} FORMAT CSV"
        token = "all" if name == "events" else "kinds"
        assert text(api, sql, token) == f"{count}\n"


def test_secrets_are_for_admins(api: Api):
    sql = "% SELECT {{tb_secret('key')}} AS s FORMAT CSV"
    assert text(api, sql) == '"s3cret"\n'
    assert text(api, "SELECT n FROM locked FORMAT CSV", "looks") == "6\n"
    attempts = [
        sql,
        "SELECT {key: String} FROM locked",
        "% SELECT {key: String} FROM locked",
        "SELECT nothing FROM locked",
        "SELECT n + 'x' FROM locked",
        "SELECT throwIf(n > 0) FROM locked",
        "SELECT * FROM locked AS a JOIN locked AS a USING (n)",
    ]
    for attempt in attempts:
        response = ask(api, attempt, "looks")
        assert response.status == 400
        assert b"s3cret" not in response.body
    assert b"nothing" in ask(api, "SELECT nothing FROM locked").body


def test_a_pipe_that_looks_up_by_name(api: Api):
    assert api.data("looks", token="looks") == [{"name": "one"}]
    assert text(api, "SELECT name FROM looks FORMAT CSV", "looks") == '"one"\n'


def test_plans(api: Api):
    target = "/v0/pipes/kinds.json?explain=true&without=a"
    for found in (
        answer(api.get(target, token="kinds")),
        answer(api.get("/v0/pipes/kinds/explain?without=a", token="kinds")),
    ):
        assert set(found) == {"debug_query", "query_explain"}
        assert "'a'" in found["debug_query"]
        assert "ReadFromMergeTree" in found["query_explain"]
    node = answer(api.get("/v0/pipes/kinds/nodes/all_rows/explain"))
    assert node["debug_query"].split() == "SELECT id, kind FROM events".split()
    known = {each["name"]: each["id"] for each in answer(api.get("/v0/pipes/kinds"))["nodes"]}
    assert answer(api.get(f"/v0/pipes/kinds/nodes/{known['all_rows']}/explain")) == node
    assert api.get("/v0/pipes/kinds/nodes/none/explain").status == 404
    over = "q=SELECT+max(n)+AS+most+FROM+_"
    assert (
        answer(api.get(f"/v0/pipes/kinds/explain?{over}"))
        == answer(api.get(f"/v0/pipes/kinds.json?explain=1&{over}"))
        != answer(api.get("/v0/pipes/kinds/explain"))
    )
    refused = error(api.get(f"/v0/pipes/kinds/nodes/all_rows/explain?{over}"))
    assert refused[0] == 400
    assert api.get("/v0/pipes/kinds/explain", token="events").status == 403
    locked = api.get("/v0/pipes/locked/explain")
    assert locked.status == 200
    assert b"s3cret" not in locked.body
    assert b"{key: String}" in locked.body
    assert b"Sorting" in ask(api, "SELECT id FROM events ORDER BY kind", "events", explain="1").body


def test_prometheus(api: Api):
    sql = quote("SELECT kind AS name, n AS value, 'counter' AS type FROM _ ORDER BY name")
    response = api.get(f"/v0/pipes/kinds.prometheus?q={sql}")
    assert response.media_type == "text/plain; version=0.0.4; charset=utf-8"
    assert response.body == b"# TYPE a counter\na 2\n\n# TYPE b counter\nb 1\n\n"
    status, message = error(api.get("/v0/pipes/kinds.prometheus"))
    assert status == 400
    assert "for output format 'Prometheus'" in message
    assert "version" not in message


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", Tail("SELECT 1")),
        ("SELECT 1 FORMAT CSV;", Tail("SELECT 1", "CSV")),
        (
            "SELECT 1 SETTINGS max_threads=2 FORMAT `CSV`",
            Tail("SELECT 1", "CSV", {"max_threads": "2"}),
        ),
        ("SELECT a AS format", Tail("SELECT a AS format")),
        ("SELECT settings, max_threads = 1", Tail("SELECT settings, max_threads = 1")),
        ("SELECT (1 SETTINGS max_threads = 1)", Tail("SELECT (1 SETTINGS max_threads = 1)")),
        ("SELECT 1 FORMAT CSV FORMAT JSON", Tail("SELECT 1 FORMAT CSV", "JSON")),
    ],
)
def test_the_tail_of_a_query(sql: str, expected: Tail):
    assert split_tail(sql) == expected
