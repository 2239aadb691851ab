"""Every route with every kind of nonsense: no answer is an internal error, and all have one form."""

import gzip
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi

from martlet.api.http import Response
from martlet.api.operations import OPERATIONS
from martlet.api.routes import ROUTES, Route

FILES = {
    "events.datasource": """
TOKEN "writer" APPEND
TOKEN "reader" READ

SCHEMA >
    `id` UInt32 `json:$.id`,
    `name` String `json:$.name` DEFAULT 'none',
    `at` Nullable(DateTime) `json:$.at`,
    `tags` Array(String) `json:$.tags[:]`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
""",
    "totals.datasource": "SCHEMA >\n    `n` UInt64\n",
    "search.pipe": """
TOKEN "reader" READ

NODE start
SQL >
    %
    SELECT * FROM events WHERE id > {{Int32(after, 0)}} AND name != {{String(name, '')}}

NODE search_node
SQL >
    %
    SELECT {{columns(c, 'id,name')}} FROM start
    {% if defined(day) %} WHERE toDate(at) = {{Date(day)}} {% end %}
    ORDER BY {{column(order, 'id')}} LIMIT {{Int32(limit, 10)}}

TYPE endpoint
""",
    "plain.pipe": "NODE plain_node\nSQL >\n    SELECT count() AS n FROM events\n",
    # So that removals find something that is used, and leave it for other requests.
    "kept.pipe": "NODE n\nSQL >\n    SELECT 1 FROM search, plain, copy\n",
    "copy.pipe": "NODE copy_node\nSQL >\n    SELECT count() AS n FROM events\n\n"
    "TYPE copy\nTARGET_DATASOURCE totals\n",
}

NAMES = ["events", "totals", "events_quarantine", "search", "plain", "copy", "start", "search_node",
         "none", "reader", "writer", "search.json", "_", "openapi", "SEARCH", "system.one"]  # fmt: skip
FIELDS = ["name", "mode", "format", "q", "query", "pipe", "node", "after", "day", "limit", "c", "order", "token",
          "header", "dialect_delimiter", "dialect_escapechar", "dialect_new_line", "wait", "_mode", "explain", "debug",
          "delete_condition", "dry_run", "attrs", "node_attrs", "template_parameters", "semver", "kind", "status",
          "created_after", "created_before", "page", "page_size", "scope", "scopes", "resource", "description", "schema",
          "engine", "from", "include_token", "output_format_json_quote_64bit_integers", "settings", "release_replacements",
          "finalize_aggregations", "__tb__cache", "optional_fields", "x-api-key", "filter", "origin", "expiration_time"]  # fmt: skip
WORDS = ["", "0", "1", "-1", "true", "false", "null", "x", "append", "replace", "upsert", "csv", "ndjson", "parquet", "json",
         "JSON", "2020-01-01", "2020-13-99", "9" * 40, "1e400", "nan", "id", "id,name", "*", "'", '"', "\\", "`", ";", "--", "/*",
         "{{", "{% if %}", "%", "%00", "\x00", "\ufeff", "\U0001f600", "é" * 300, "ADMIN", "PIPES:READ:search",
         "DATASOURCES:READ:events", "id > 1", "id = (SELECT 1)", "1) OR (1", "name = 'a' --", "{}", "[]", '{"id":1}',
         "waiting", "copy", "import", "FORMAT JSON", "SELECT", "SELECT 1", "SELECT 1; SELECT 2", "SELECT * FROM events",
         "SELECT * FROM _", "SELECT * FROM search FORMAT CSV", "%SELECT {{Int32(limit)}}", "SELECT * FROM file('/etc/passwd')",
         "SELECT * FROM system.tables", "INSERT INTO events VALUES (1)", "WITH a AS (SELECT 1) SELECT * FROM a FORMAT Nothing",
         "SELECT throwIf(1)", "SELECT 1 INTO OUTFILE 'x'", "SELECT (" * 300, "(" * 3000, "SELECT 'a", "/* a", "a Int32, b"]  # fmt: skip
CSV = b'id,name,at,tags\n1,a,2020-01-01 00:00:00,"[\'a\']"\n2,"b\n'
BODIES = [b"", b" ", b"{", b"{}", b"[]", b"null", b"1", b'"x"', b'{"id":1}', b'{"id":1}\n{"id":"x"}', b'[{"id":1},2]', b"[" * 3000,
          b'{"q":"SELECT 1"}', b'{"q":1}', b'{"q":["SELECT 1"],"limit":{"a":[1]}}', b'{"name":null,"scopes":[1]}',
          b'{"name":"t","scopes":[{"type":"PIPES:READ","resource":"search","fixed_params":[1]}]}',
          b'{"scopes":"ADMIN","filter":{}}', b"q=SELECT+1", b"delete_condition=id%3D1", b"name=%ff", b"SELECT 1", CSV, CSV.replace(b",", b"\x00"),
          b"\xff\xfe\x00", b"\x1f\x8b", b"\x28\xb5\x2f\xfd\x00", b"PAR1" + bytes(40) + b"PAR1", b"\xef\xbb\xbf", b"\x00" * 500,
          gzip.compress(CSV), gzip.compress(gzip.compress(b"{}")), b"x" * 70_000,
          b'--b\r\nContent-Disposition: form-data; name="csv"; filename="x.csv"\r\n\r\nid\n1\r\n--b--\r\n',
          b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n--b\r\n\r\n--b--']  # fmt: skip
HEADERS = {
    "content-type": ["application/json", "application/x-www-form-urlencoded", "text/csv", "text/plain", "application/parquet", "multipart/form-data",
                     "multipart/form-data; boundary=b", 'multipart/form-data; boundary="', "application/json; charset=utf-16", ""],
    "content-encoding": ["gzip", "zstd", "identity", "br", "gzip, gzip", ""],
    "accept": ["application/json", "text/csv", "*/*;q=x"],
    "if-none-match": ["*", '"x"', "x"],
    "idempotency-key": ["a", "a", "", "k" * 5000, "\xff"],
    "host": ["localhost", "x y", "[::1]:1", ""],
    "origin": ["http://x", ""],
    "x-forwarded-for": ["1.2.3.4", "x"],
    "x-forwarded-proto": ["https", "javascript"],
    "x-api-key": ["admin", "x", "\xff"],
    "authorization": ["Bearer", "Bearer  ", "Basic x", "admin", "Bearer \xff", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer x y"],
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


texts = st.one_of(st.sampled_from(WORDS), st.sampled_from(NAMES), st.text(max_size=12))
fields = st.lists(st.tuples(st.sampled_from(FIELDS) | st.text(max_size=6), texts), max_size=5)
bodies = st.one_of(
    st.sampled_from(BODIES),
    st.binary(max_size=40),
    fields.map(lambda given: orjson.dumps(dict(given), option=orjson.OPT_NON_STR_KEYS)),
    fields.map(lambda given: urlencode(given, errors="replace").encode()),
)
headers = st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 20), max_size=3).map(
    lambda drawn: {name: HEADERS[name][at % len(HEADERS[name])] for name, at in drawn.items()}
)


@st.composite
def requests(draw: st.DrawFn, route: Route) -> tuple[str, str, bytes, dict[str, str], str | None]:
    """A method, a target, a body, headers and a token for a route, mostly near to good ones."""
    path = route.path
    for name in ("pipe", "datasource", "name", "node", "job", "token", "extension"):
        value = draw(st.sampled_from(NAMES) | st.sampled_from(["json", "csv", "x"]) | texts)
        path = path.replace("{" + name + "}", value)
    method = draw(st.sampled_from([route.method] * 6 + ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "X"]))  # fmt: skip
    query = urlencode(draw(fields), errors="replace")
    query += draw(st.sampled_from([""] * 6 + ["&x=%ff", "&%00", "&" * 30, "&\udcff=1"]))
    token = draw(st.sampled_from(["admin"] * 6 + [None, "nobody", "@reader", "@writer"]))
    return method, f"{path}?{query}", draw(bodies), draw(headers), token


def check(response: Response) -> None:
    assert response.status < 500 or response.status in (501, 503), response.body
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-request-id"]
    for value in (*response.headers, *response.headers.values()):
        assert value.encode("latin-1").isascii()
        assert value.isprintable()
    if response.status >= 400:
        content = orjson.loads(response.body)
        assert response.media_type == "application/json; charset=utf-8"
        assert isinstance(content["error"], str)
        assert content["error"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_no_request_is_an_internal_error(api: Api, route: Route):
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(request=requests(route))
    def ask(request: tuple[str, str, bytes, dict[str, str], str | None]) -> None:
        method, target, body, sent, token = request
        if token and token.startswith("@"):
            token = api.workspace.tokens.value(token[1:])
        if "authorization" in sent:
            token = None
        check(api(method, target, body, sent, token=token, client="127.0.0.1"))

    ask()


@pytest.mark.parametrize(
    "path",
    ["/", "/v0", "/v0/", "/v0/pipes/" + quote("a/b"), "/v0/\x00\n", "/v0/\udcff", "//", "*", ""],
)
def test_paths_that_nothing_is_at(api: Api, path: str):
    for method in ("GET", "POST", "OPTIONS", "TRACE", ""):
        check(api(method, path))


def test_every_route_has_an_operation():
    assert {route.operation for route in ROUTES} <= set(OPERATIONS)
