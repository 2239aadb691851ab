"""Endpoints: what they answer, in every format, and how a pipe's nodes become one query."""

import re

import chdb
import orjson
import pytest
from tests.api.calls import Api, MakeApi, answer, error

from martlet.formats import FORMATS

THINGS = """
SCHEMA >
    `id` UInt64 `json:$.id`,
    `name` String `json:$.name`,
    `price` Float64 `json:$.price`,
    `exact` Decimal(18, 4) `json:$.exact`,
    `big` Int128 `json:$.big`,
    `at` DateTime `json:$.at`,
    `ms` DateTime64(3) `json:$.ms`,
    `day` Date `json:$.day`,
    `maybe` Nullable(String) `json:$.maybe`,
    `kind` LowCardinality(String) `json:$.kind`,
    `tags` Array(String) `json:$.tags[:]`,
    `counts` Map(String, UInt8) `json:$.counts`,
    `on` Bool `json:$.on`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
"""
ROWS = [
    {
        "id": 18446744073709551615, "name": "/a/é\"'\\", "price": 1027, "exact": "1.5000",
        "big": 170141183460469231731687303715884105727, "at": "2024-01-02T03:04:05Z",
        "ms": "2024-01-02 03:04:05.1", "day": "2024-01-02", "maybe": None, "kind": "x",
        "tags": ["a/b", "c"], "counts": {"k": 1}, "on": True,
    },
    {
        "id": 1, "name": "", "price": 0.33, "exact": "-0.0001", "big": -1,
        "at": "1970-01-01 00:00:00", "ms": "2024-01-02 03:04:05.123", "day": "2024-12-31",
        "maybe": "here", "kind": "y", "tags": [], "counts": {}, "on": False,
    },
]  # fmt: skip
ALL = "SELECT * FROM things ORDER BY id"
STRANGE = "SELECT nan AS a, inf AS b, toUInt64(9007199254740993) AS c, 'x' AS d, now() > 0 AS e"


def node(name: str, sql: str) -> str:
    indented = sql.strip().replace("\n", "\n    ")
    return f"NODE {name}\nSQL >\n    {indented}\n\n"


def endpoint(*nodes: str | tuple[str, str]) -> str:
    *before, last = nodes
    return "".join(node(*named) for named in before) + node("result", str(last)) + "TYPE endpoint\n"


NUMBERS = "SELECT number AS id, number % 3 AS part FROM numbers(10)"
FILES = {
    "things.datasource": THINGS,
    "events.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`\n",
    "all.pipe": endpoint(ALL),
    "strange.pipe": endpoint(STRANGE),
    "none.pipe": endpoint("SELECT * FROM things WHERE 0"),
    "first.pipe": endpoint("SELECT id FROM things ORDER BY id LIMIT 1"),
    # Parameters.
    "echo.pipe": endpoint(
        "%\nSELECT {{String(s, 'none')}} AS s, {{Int32(n, 0)}} AS n, {{Float64(f, 0)}} AS f,"
        " {{Boolean(b, 0)}} AS b, {{Array(a, 'Int32', '0')}} AS a"
    ),
    "given.pipe": endpoint("%\nSELECT {{1 if defined(s) else 0}} AS given"),
    "needs.pipe": endpoint("%\nSELECT {{String(first)}}, {{Int32(second)}}, {{Date(third)}}"),
    # Nodes and pipes.
    "nodes.pipe": endpoint(
        ("numbered", NUMBERS),
        ("small", "%\nSELECT * FROM numbered WHERE id < {{Int32(below, 5)}}"),
        "%\nSELECT numbered.id AS id, s.part AS part FROM numbered JOIN small AS s USING (id)"
        " WHERE numbered.part = {{Int32(part, 1)}} ORDER BY id",
    ),
    "later.pipe": endpoint(("uses", "SELECT * FROM later_node"), "SELECT * FROM uses")
    + node("later_node", "SELECT 7 AS n"),
    "shared.pipe": node("ignored", "SELECT 0 AS id")
    + node("last", "%\nSELECT id FROM events WHERE id <= {{Int32(most, 100)}}"),
    "cascade.pipe": endpoint(("mine", "SELECT * FROM shared"), "SELECT count() AS n FROM mine"),
    "deeper.pipe": endpoint("SELECT n + 1 AS n FROM cascade"),
    "same_name.pipe": endpoint(
        ("events", "SELECT id * 10 AS tens FROM events WHERE id > 1"),
        "SELECT tens FROM events ORDER BY tens",
    ),
    "membership.pipe": endpoint(
        ("two", "SELECT id FROM events WHERE id = 2"),
        "SELECT id, id IN two AS a, id IN (two) AS b, id NOT IN (SELECT id FROM two) AS c"
        " FROM events ORDER BY id",
    ),
    "shadow.pipe": endpoint(
        ("two", "SELECT 2 AS id"),
        "WITH two AS (SELECT 1 AS id), events AS (SELECT * FROM two)\nSELECT id FROM events",
    ),
    "added.pipe": endpoint(
        ("low", "SELECT 1 AS id"),
        ("high", "SELECT 9 AS id"),
        "SELECT * FROM low UNION ALL SELECT * FROM high UNION ALL (SELECT * FROM low)",
    ),
    "scalar.pipe": endpoint(
        ("most", "SELECT max(id) FROM events"),
        "SELECT (SELECT * FROM most) AS n, [1, 2] AS most, arrayMap(most -> most + 1, most) AS m",
    ),
    "comment.pipe": endpoint(("c", "SELECT 1 AS n -- the end"), "SELECT n FROM c /* events */ -- x"),
    "quoted.pipe": endpoint(("q", "SELECT 1 AS n"), 'SELECT `q`.n AS n, "q"."n" AS m FROM "q"'),
    "semicolon.pipe": endpoint(("q", "SELECT 1 AS n;"), "SELECT n FROM q ;"),
    "text.pipe": endpoint(("q", "SELECT 1 AS n"), "SELECT 'FROM q' AS t FROM q"),
    # Templates that end the request, and the engine that does.
    "error.pipe": endpoint("%\n{{error('start_date (DateTime) query param is required')}} SELECT 1"),
    "error_if.pipe": endpoint(
        "%\n{% if not defined(x) %}{{error('give x')}}{% end %} SELECT {{Int32(x, 1)}} AS x"
    ),
    "custom.pipe": endpoint("%\n{{custom_error({'code': 12, 'why': 'it'}, 418)}} SELECT 1"),
    "custom_text.pipe": endpoint("%\n{{custom_error('no entry', 403)}} SELECT 1"),
    "throws.pipe": endpoint("SELECT throwIf(number = 2, 'too much') FROM numbers(3)"),
    "late.pipe": endpoint("SELECT number, throwIf(number = 70000, 'late') FROM numbers(100000)"),
    "type.pipe": endpoint("%\nSELECT {{String(s, 'a')}} + 1 AS x"),
    # Secrets.
    "secret.pipe": endpoint("%\nSELECT {{tb_secret('key')}} AS k, length({{tb_secret('key')}}) AS n"),
    "default_secret.pipe": endpoint("%\nSELECT {{tb_secret('absent', 'or this')}} AS k"),
    "no_secret.pipe": endpoint("%\n{% if defined(x) %}SELECT {{tb_secret('absent')}} AS k{% else %}SELECT 1 AS k{% end %}"),
}  # fmt: skip
SECRET = 'it\'s a \\ "secret" {{x}} é'


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    api = open_api(FILES, secrets={"key": SECRET})
    body = b"\n".join(map(dumps, ROWS))
    counts = answer(api.send("things", body, "&wait=true"))
    assert counts == {"successful_rows": 2, "quarantined_rows": 0}
    answer(api.send("events", '{"id":1}\n{"id":2}\n{"id":3}', "&wait=true"))
    return api


def dumps(row: dict[str, object]) -> bytes:
    text = orjson.dumps(row, default=str) if row["big"] == -1 else None
    return text or orjson.dumps({**row, "big": orjson.Fragment(str(row["big"]))})


@pytest.fixture(scope="module")
def raw(api: Api):
    """Ask chDB itself, with the settings that endpoints document and the age of its defaults."""
    engine = api.workspace.engine
    connection = chdb.connect(str(engine.path))
    for statement in (
        f"USE {engine.database}",
        "SET compatibility = '24.8'",
        "SET session_timezone = 'UTC'",
        "SET output_format_json_quote_64bit_integers = 0",
        "SET output_format_json_quote_denormals = 0",
        "SET output_format_parquet_string_as_string = 1",
    ):
        connection.query(statement)
    yield lambda sql, format: connection.query(sql, format).bytes()
    connection.close()


def untimed(body: bytes) -> bytes:
    return re.sub(rb'"elapsed": [0-9.e-]+', b'"elapsed": 0', body)


@pytest.mark.parametrize("extension", [name for name in FORMATS if name != "prometheus"])
@pytest.mark.parametrize(("name", "sql"), [("all", ALL), ("strange", STRANGE), ("none", "SELECT * FROM things WHERE 0")])  # fmt: skip
def test_every_format_is_the_engines_own(api: Api, raw, extension: str, name: str, sql: str):
    response = api.get(f"/v0/pipes/{name}.{extension}")
    assert response.status == 200
    assert response.media_type == FORMATS[extension].media_type
    assert untimed(response.body) == untimed(raw(sql, FORMATS[extension].clickhouse))


def test_ndjson_to_the_byte(api: Api):
    body = api.get("/v0/pipes/all.ndjson").body.decode()
    assert body.splitlines() == [
        '{"id":1,"name":"","price":0.33,"exact":-0.0001,"big":-1,"at":"1970-01-01 00:00:00",'
        '"ms":"2024-01-02 03:04:05.123","day":"2024-12-31","maybe":"here","kind":"y","tags":[],'
        '"counts":{},"on":false}',
        '{"id":18446744073709551615,"name":"\\/a\\/é\\"\'\\\\","price":1027,"exact":1.5,'
        '"big":170141183460469231731687303715884105727,"at":"2024-01-02 03:04:05",'
        '"ms":"2024-01-02 03:04:05.100","day":"2024-01-02","maybe":null,"kind":"x",'
        '"tags":["a\\/b","c"],"counts":{"k":1},"on":true}',
    ]
    assert body.endswith("}\n")


def test_json_has_the_parts_that_clients_read(api: Api):
    content = answer(api.get("/v0/pipes/all.json"))
    assert list(content) == ["meta", "data", "rows", "statistics"]
    assert {row["name"]: row["type"] for row in content["meta"]} == {
        "id": "UInt64", "name": "String", "price": "Float64", "exact": "Decimal(18, 4)",
        "big": "Int128", "at": "DateTime", "ms": "DateTime64(3)", "day": "Date",
        "maybe": "Nullable(String)", "kind": "LowCardinality(String)", "tags": "Array(String)",
        "counts": "Map(String, UInt8)", "on": "Bool",
    }  # fmt: skip
    assert content["rows"] == 2
    assert set(content["statistics"]) == {"elapsed", "rows_read", "bytes_read"}
    limited = answer(api.get("/v0/pipes/first.json"))
    assert limited["rows_before_limit_at_least"] == 2


def test_csv_has_a_header(api: Api):
    assert api.get("/v0/pipes/first.csv").body == b'"id"\n1\n'
    assert api.get("/v0/pipes/first.csvwithnames").body == b'"id"\n1\n'


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("", '{"a":null,"b":null,"c":9007199254740993,"d":"x","e":1}'),
        ("?output_format_json_quote_64bit_integers=1", '{"a":null,"b":null,"c":"9007199254740993","d":"x","e":1}'),
        ("?output_format_json_quote_denormals=1", '{"a":"nan","b":"inf","c":9007199254740993,"d":"x","e":1}'),
    ],
)  # fmt: skip
def test_output_settings(api: Api, query: str, line: str):
    assert api.get(f"/v0/pipes/strange.ndjson{query}").body.decode() == line + "\n"


def test_parquet_strings(api: Api):
    plain = api.get("/v0/pipes/strange.parquet").body
    binary = api.get("/v0/pipes/strange.parquet?output_format_parquet_string_as_string=0").body
    assert plain[:4] == plain[-4:] == b"PAR1"
    assert plain != binary


VALUES = {"s": "it's 50/50 é & ?", "n": -7, "f": 1.5, "b": 1, "a": [1, 2, 3]}
URL_ENCODED = "s=it%27s+50%2F50+%C3%A9+%26+%3F&n=-7&f=1.5&b=1&a=1,2,3"


def test_parameters_from_query_form_and_json_are_the_same(api: Api):
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    as_json = {"content-type": "application/json"}
    responses = [
        api.get(f"/v0/pipes/echo.ndjson?{URL_ENCODED}"),
        api("POST", f"/v0/pipes/echo.ndjson?{URL_ENCODED}"),
        api("POST", "/v0/pipes/echo.ndjson", URL_ENCODED, form),
        api("POST", "/v0/pipes/echo.ndjson", URL_ENCODED),
        api("POST", "/v0/pipes/echo.ndjson", orjson.dumps(VALUES), as_json),
        api("POST", "/v0/pipes/echo.ndjson?n=1&s=other", orjson.dumps(VALUES), as_json),
        api("POST", "/v0/pipes/echo.ndjson", orjson.dumps({**VALUES, "a": "1,2,3"}), as_json),
    ]
    assert {response.status for response in responses} == {200}
    (body,) = {response.body for response in responses}
    assert orjson.loads(body) == VALUES


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("", {"s": "none", "n": 0, "f": 0, "b": 0, "a": [0]}),
        ("s=", {"s": "", "n": 0, "f": 0, "b": 0, "a": [0]}),
        ("s=a&s=b", {"s": "b", "n": 0, "f": 0, "b": 0, "a": [0]}),
        ("b=no&from=ui&cli_version=1&__tb__semver=2&unknown=x", {"s": "none", "n": 0, "f": 0, "b": 1, "a": [0]}),
        ("b=FALSE&n=%2B5", {"s": "none", "n": 5, "f": 0, "b": 0, "a": [0]}),
        ("s=a+b%2Bc;d", {"s": "a b+c;d", "n": 0, "f": 0, "b": 0, "a": [0]}),
    ],
)  # fmt: skip
def test_parameters(api: Api, query: str, row: dict[str, object]):
    assert api.data(f"echo?{query}") == [row]


def test_an_empty_parameter_is_given(api: Api):
    assert api.data("given") == [{"given": 0}]
    assert api.data("given?s=") == [{"given": 1}]


def test_parameters_without_default_are_all_named(api: Api):
    response = api.get("/v0/pipes/needs.json?second=1")
    assert error(response) == (
        400,
        "Template Syntax Error: Required parameter is not defined. Check the parameters first,"
        " second and third. Please provide a value or set a default value in the pipe code.",
    )
    assert answer(response, status=400)["documentation"].startswith(
        "https://docs.tinybird.co/cli/advanced-templates.html"
    )


@pytest.mark.parametrize(
    ("target", "rows"),
    [
        ("nodes", [{"id": 1, "part": 1}, {"id": 4, "part": 1}]),
        ("nodes?below=9&part=2", [{"id": 2, "part": 2}, {"id": 5, "part": 2}, {"id": 8, "part": 2}]),
        ("later", [{"n": 7}]),
        ("cascade", [{"n": 3}]),
        ("cascade?most=2", [{"n": 2}]),
        ("deeper?most=1", [{"n": 2}]),
        ("same_name", [{"tens": 20}, {"tens": 30}]),
        ("membership", [
            {"id": 1, "a": 0, "b": 0, "c": 1},
            {"id": 2, "a": 1, "b": 1, "c": 0},
            {"id": 3, "a": 0, "b": 0, "c": 1},
        ]),
        ("shadow", [{"id": 1}]),
        ("scalar", [{"n": 3, "most": [1, 2], "m": [2, 3]}]),
        ("comment", [{"n": 1}]),
        ("quoted", [{"n": 1, "m": 1}]),
        ("semicolon", [{"n": 1}]),
        ("text", [{"t": "FROM q"}]),
    ],
)  # fmt: skip
def test_nodes_and_pipes_are_subqueries(api: Api, target: str, rows: list[dict[str, object]]):
    assert api.data(target) == rows


def test_a_union_of_nodes(api: Api):
    assert sorted(row["id"] for row in api.data("added")) == [1, 1, 9]


def test_secrets_are_bound(api: Api):
    assert api.data("secret") == [{"k": SECRET, "n": len(SECRET.encode())}]
    assert api.data("default_secret") == [{"k": "or this"}]
    assert api.data("no_secret") == [{"k": 1}]
    assert error(api.get("/v0/pipes/no_secret.json?x=1")) == (
        400,
        "Template Syntax Error: Cannot access secret 'absent'. Check the secret exists in the"
        " Workspace and the token has the required scope.",
    )


def test_errors_of_a_template_are_the_authors_own(api: Api):
    assert error(api.get("/v0/pipes/error.json")) == (
        400,
        "start_date (DateTime) query param is required",
    )
    assert error(api.get("/v0/pipes/error_if.ndjson")) == (400, "give x")
    assert api.data("error_if?x=3") == [{"x": 3}]
    response = api.get("/v0/pipes/custom.csv")
    assert (response.status, orjson.loads(response.body)) == (418, {"code": 12, "why": "it"})
    assert error(api.get("/v0/pipes/custom_text.json")) == (403, "no entry")


@pytest.mark.parametrize("extension", [name for name in FORMATS if name != "prometheus"])
@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("throws", "395", "[Error] too much: while executing "),
        ("late", "395", "[Error] late: while executing "),
        ("type?s=b", "43", "[Error] Illegal types String and UInt8 of arguments of function plus"),
    ],
)
def test_errors_of_the_engine(api: Api, name: str, extension: str, code: str, message: str):
    path, mark, query = name.partition("?")
    response = api.get(f"/v0/pipes/{path}.{extension}{mark}{query}")
    status, text = error(response)
    assert status == 400
    assert text.startswith(message)
    assert text.endswith(")")  # ClickHouse's name of the error
    assert "DB::Exception" not in text
    assert "(version" not in text
    assert response.headers["x-db-exception-code"] == code


def test_an_answer_after_a_failed_query_is_its_own(api: Api):
    """chDB keeps what a failed query had written already, and puts it before the next answer."""
    for extension in FORMATS:
        expected = untimed(api.get(f"/v0/pipes/first.{extension}").body)
        assert api.get(f"/v0/pipes/late.{extension}").status == 400
        assert untimed(api.get(f"/v0/pipes/first.{extension}").body) == expected


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/v0/pipes/first.json", 200),
        ("GET", "/v0/pipes/none_such.json", 404),
        ("GET", "/v0/health", 200),
        ("POST", "/v0/events?name=events", 400),
        ("OPTIONS", "/v0/pipes/first.json", 204),
        ("OPTIONS", "/v0/events", 204),
        ("OPTIONS", "/anything", 204),
    ],
)
def test_browsers_may_call(api: Api, method: str, target: str, status: int):
    response = api(method, target, token="admin" if method != "OPTIONS" else None)
    assert response.status == status
    assert response.headers["access-control-allow-origin"] == "*"
    if method == "OPTIONS":
        assert "POST" in response.headers["access-control-allow-methods"].split(", ")
        allowed = response.headers["access-control-allow-headers"].split(", ")
        assert {"authorization", "content-type", "content-encoding"} <= set(allowed)
    assert "access-control-allow-credentials" not in response.headers


def test_request_ids_are_unique_and_sortable(api: Api):
    ids = [api.get("/v0/health").headers["x-request-id"] for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(re.fullmatch("[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in ids)
    times = [one[:10] for one in ids]
    assert times == sorted(times)


def test_head_answers_as_get(api: Api):
    for target in ("/v0/pipes/first.json", "/v0/health"):
        got, head = api.get(target), api("HEAD", target)
        assert (head.status, head.media_type) == (got.status, got.media_type)
    assert api("HEAD", "/v0/pipes/absent.json").status == 404


def test_health_needs_no_token(api: Api):
    assert answer(api.get("/v0/health", token=None)) == {"status": "ok"}


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"host": "localhost:7181"}, 200),
        ("::1", {"host": "[::1]:7181"}, 200),
        ("::ffff:127.0.0.1", {"host": "127.0.0.1"}, 200),
        ("", {}, 403),
        ("10.0.0.1", {}, 403),
        ("::10", {}, 403),
        ("127.0.0.1.example.com", {}, 403),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.1"}, 403),
        # Any web page that the user has open can send these to a server on the laptop.
        ("127.0.0.1", {"origin": "https://example.com"}, 403),
        ("127.0.0.1", {"host": "rebound.example.com:7181"}, 403),
    ],
)
def test_tokens_are_shown_to_programs_on_this_machine(
    api: Api, client: str, headers: dict[str, str], status: int
):
    response = api.get("/tokens", client=client, headers=headers, token=None)
    assert response.status == status
    if status == 200:
        content = orjson.loads(response.body)
        assert set(content) == {"user_token", "admin_token", "workspace_admin_token"}
        assert content["admin_token"] == content["workspace_admin_token"] == "admin"
    else:
        assert error(response)[1] == "/tokens answers on loopback only, and not to web pages"
