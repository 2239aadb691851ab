"""What is wrong with a request, in its status and its words; and the good rows beside bad ones.

Every row of the tables is one request. None may answer 500, and none may lose a good row.
"""

import gzip
from urllib.parse import quote

import orjson
import pytest
import zstandard
from tests.api.calls import Api, MakeApi, answer, error

BITS = (8, 16, 32, 64, 128, 256)
DEFAULTS = {
    "String": "a",
    **{f"{sign}Int{bits}": "1" for sign in ("", "U") for bits in BITS},
    "Int": "1",
    "Integer": "1",
    "Float32": "1",
    "Float64": "1",
    "Boolean": "1",
    "Date": "2020-01-01",
    "DateTime": "2020-01-01 00:00:00",
    "DateTime64": "2020-01-01 00:00:00.000",
}
SINK = """
NODE files_node
SQL >
    SELECT count() AS n FROM events

TYPE sink
EXPORT_CONNECTION_NAME bucket
EXPORT_BUCKET_URI s3://b/x
EXPORT_FILE_TEMPLATE f
EXPORT_FORMAT csv
EXPORT_SCHEDULE @on-demand
"""
FILES = {
    "events.datasource": """
TOKEN "writer" APPEND
TOKEN "reader" READ

SCHEMA >
    `id` UInt32 `json:$.id`,
    `name` String `json:$.name` DEFAULT 'none',
    `at` Nullable(DateTime) `json:$.at`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
""",
    "other.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`\n",
    "totals.datasource": "SCHEMA >\n    `n` UInt64\n",
    "search.pipe": """
TOKEN "reader" READ

NODE search_node
SQL >
    %
    SELECT id FROM events WHERE name = {{String(name)}} AND id > {{Int32(after)}}
    {% if defined(day) %} AND toDate(at) = {{Date(day)}} {% end %}
    LIMIT {{Int32(limit, 10)}}

TYPE endpoint
""",
    "types.pipe": "NODE types_node\nSQL >\n    %\n    SELECT {{column(p_column, 'number')}} AS c"
    + "".join(f",\n    {{{{{kind}(p_{kind}, '{default}')}}}}" for kind, default in DEFAULTS.items())
    + ",\n    {{Array(p_Array, 'Int32', '1,2')}}, {{JSON(p_JSON, '{}').get('a', 'b')}}"
    + "\n    FROM numbers(1)\n\nTYPE endpoint\n",
    "plain.pipe": "NODE plain_node\nSQL >\n    SELECT count() AS n FROM events\n",
    "view.pipe": "NODE view_node\nSQL >\n    SELECT count() AS n FROM other\n\n"
    "TYPE materialized\nDATASOURCE totals\n",
    "copy.pipe": "NODE copy_node\nSQL >\n    SELECT count() AS n FROM events\n\n"
    "TYPE copy\nTARGET_DATASOURCE totals\n",
    "bucket.connection": 'TYPE s3\nS3_REGION "eu-west-1"\nS3_ARN "arn:aws:iam::1:role/x"\n',
    "files.pipe": SINK,
}


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


EVENTS = "/v0/events?name=events"
SEARCH = "/v0/pipes/search.json"
GOOD = SEARCH + "?name=a&after=0"
ROW = '{"id":1}\n'
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ADVICE = "; events go to /v0/events, endpoints are at /v0/pipes/<pipe>.json"
FORMATS = ".json, .ndjson, .csv, .csvwithnames, .parquet, .prometheus"
MISSING = (
    "Template Syntax Error: Required parameter is not defined. Check the parameters {}. Please"
    " provide a value or set a default value in the pipe code."
)
INVALID = "Template Syntax Error: Error validating '{}' to type {}"
NO_TOKEN = "No token: send one as `Authorization: Bearer <token>`, `?token=` or `x-api-key`"
UNKNOWN_TOKEN = "The token is not known in this workspace"
NOT_BEARER = "The Authorization header is not of the form `Bearer <token>`"
LACKS = "The token '{}' lacks the scope {}"
NOT_UTF8 = "The query string is not UTF-8 behind its percent-escapes"
NO_ENDPOINT = "The pipe '{}' does not have an endpoint yet"
NO_NAME = "The parameter 'name' is missing: which data source are the events for?"
TOO_LARGE = (
    "The body is larger than 10485760 bytes (10 MB), the limit of one request;"
    " nothing of it was stored"
)
BOMB = "The body is larger than 104857600 bytes when decoded"
UNREADABLE = "The JSON in the body cannot be read: {}"
CONTENT_TYPE = (
    "The body's Content-Type is '{}'; send parameters as application/x-www-form-urlencoded or"
    " application/json, and SQL as text/plain"
)


def given(header: str) -> dict:
    return {"token": None, "headers": {"authorization": header}}


def encoded(encoding: str, body: bytes) -> dict:
    return {"headers": {"content-encoding": encoding}, "body": body}


SPACES = b" " * (101 * 1024 * 1024)

# Name, method, path and query, the rest of the request, status, error.
REFUSED = [
    # Tokens. `@name` is the value of the token of that name.
    ("no token", "GET", GOOD, {"token": None}, 403, NO_TOKEN),
    ("empty token", "GET", GOOD + "&token=", {"token": None}, 403, NO_TOKEN),
    ("unknown token", "GET", GOOD, {"token": "nope"}, 403, UNKNOWN_TOKEN),
    ("unknown token in the URL", "GET", GOOD + "&token=no", {"token": None}, 403, UNKNOWN_TOKEN),
    ("unknown api key", "GET", GOOD, {"token": None, "headers": {"x-api-key": "no"}}, 403, UNKNOWN_TOKEN),
    ("Cyrillic token", "GET", GOOD, {"token": "ключ"}, 403, UNKNOWN_TOKEN),
    ("token in upper case", "GET", GOOD, {"token": "ADMIN"}, 403, UNKNOWN_TOKEN),
    ("header wins over the URL", "GET", GOOD + "&token=admin", {"token": "no"}, 403, UNKNOWN_TOKEN),
    ("token without Bearer", "GET", GOOD, given("admin"), 403, NOT_BEARER),
    ("Bearer without token", "GET", GOOD, given("Bearer "), 403, NOT_BEARER),
    ("basic authentication", "GET", GOOD, given("Basic YWRtaW46YWRtaW4="), 403, NOT_BEARER),
    ("append token on a pipe", "GET", GOOD, {"token": "@writer"}, 403, LACKS.format("writer", "PIPES:READ:search")),
    ("read token on events", "POST", EVENTS, {"token": "@reader", "body": ROW}, 403, LACKS.format("reader", "DATASOURCES:APPEND:events")),
    ("append token on another data source", "POST", "/v0/events?name=other", {"token": "@writer", "body": ROW}, 403, LACKS.format("writer", "DATASOURCES:APPEND:other")),
    ("append token on no data source", "POST", "/v0/events?name=none", {"token": "@writer", "body": ROW}, 403, LACKS.format("writer", "DATASOURCES:APPEND:none")),
    ("read token on another pipe", "GET", "/v0/pipes/types.json", {"token": "@reader"}, 403, LACKS.format("reader", "PIPES:READ:types")),
    ("read token on a copy", "POST", "/v0/pipes/copy/copy", {"token": "@reader"}, 403, LACKS.format("reader", "ADMIN")),
    ("no token on events", "POST", EVENTS, {"token": None, "body": ROW}, 403, NO_TOKEN),
    ("no token on a copy", "POST", "/v0/pipes/copy/copy", {"token": None}, 403, NO_TOKEN),
    # Paths and methods.
    ("root", "GET", "/", {}, 404, "Nothing is at /" + ADVICE),
    ("empty path", "GET", "", {}, 404, "Nothing is at " + ADVICE),
    ("unknown path", "GET", "/v0/workspaces", {}, 404, "Nothing is at /v0/workspaces" + ADVICE),
    ("long path", "GET", "/" + "a" * 500, {}, 404, "Nothing is at /" + "a" * 199 + ADVICE),
    ("no pipe name", "GET", "/v0/pipes/.json", {}, 404, "The pipe '.json' does not exist"),
    ("dots in a path", "GET", "/v0/pipes/../events", {}, 404, "Nothing is at /v0/pipes/../events" + ADVICE),
    ("slash in a pipe name", "GET", "/v0/pipes/a/b.json", {}, 404, "Nothing is at /v0/pipes/a/b.json" + ADVICE),
    ("unknown pipe", "GET", "/v0/pipes/none.json", {}, 404, "The pipe 'none' does not exist"),
    ("pipe name in upper case", "GET", "/v0/pipes/SEARCH.json", {}, 404, "The pipe 'SEARCH' does not exist"),
    ("pipe name not ASCII", "GET", "/v0/pipes/sé.json", {}, 404, "The pipe 'sé' does not exist"),
    ("pipe name still encoded", "GET", "/v0/pipes/%73earch.json", {}, 404, "The pipe '%73earch' does not exist"),
    ("pipe name with a quote", "GET", "/v0/pipes/a'b.json", {}, 404, "The pipe 'a'b' does not exist"),
    ("two extensions", "GET", "/v0/pipes/search.csv.json", {}, 404, "The pipe 'search.csv' does not exist"),
    ("data source as a pipe", "GET", "/v0/pipes/events.json", {}, 404, "The pipe 'events' does not exist"),
    ("unknown extension", "GET", "/v0/pipes/search.xml", {}, 404, f"The format '.xml' does not exist; use one of {FORMATS}"),
    ("empty extension", "GET", "/v0/pipes/search.", {}, 404, f"The format '.' does not exist; use one of {FORMATS}"),
    ("extension in upper case", "GET", "/v0/pipes/search.JSON", {}, 404, f"The format '.JSON' does not exist; use one of {FORMATS}"),
    ("pipe without endpoint", "GET", "/v0/pipes/plain.json", {}, 404, NO_ENDPOINT.format("plain")),
    ("materialized pipe", "GET", "/v0/pipes/view.json", {}, 404, NO_ENDPOINT.format("view")),
    ("copy pipe", "GET", "/v0/pipes/copy.json", {}, 404, NO_ENDPOINT.format("copy")),
    ("sink pipe", "GET", "/v0/pipes/files.json", {}, 404, NO_ENDPOINT.format("files")),
    ("trailing slash is the same path", "GET", SEARCH + "/", {}, 400, MISSING.format("name, after and day")),
    ("GET events", "GET", EVENTS, {}, 405, "GET is not allowed on this path; use POST"),
    ("HEAD events", "HEAD", EVENTS, {}, 405, "HEAD is not allowed on this path; use POST"),
    ("PUT events", "PUT", EVENTS, {"body": ROW}, 405, "PUT is not allowed on this path; use POST"),
    ("DELETE an endpoint", "DELETE", SEARCH, {}, 404, "The pipe 'search.json' does not exist"),
    ("PATCH health", "PATCH", "/v0/health", {}, 405, "PATCH is not allowed on this path; use GET"),
    ("copy of a plain pipe", "POST", "/v0/pipes/plain/copy", {}, 409, "The pipe 'plain' is not a copy pipe"),
    ("copy of no pipe", "POST", "/v0/pipes/none/copy", {}, 404, "The pipe 'none' does not exist"),
    ("unknown copy mode", "POST", "/v0/pipes/copy/copy?_mode=upsert", {}, 400, "Copy mode 'upsert' is not one of: append, replace"),
    ("sink", "POST", "/v0/pipes/files/sink", {}, 400, "Sinks are not available yet: the pipe 'files' was not run"),
    ("unknown job", "GET", "/v0/jobs/none", {}, 404, "The job 'none' does not exist"),
    # Parameters.
    ("parameters missing", "GET", SEARCH, {}, 400, MISSING.format("name, after and day")),
    ("parameter missing", "GET", SEARCH + "?name=a", {}, 400, MISSING.format("name, after and day")),
    ("empty number", "GET", SEARCH + "?name=a&after=", {}, 400, INVALID.format("", "Int32")),
    ("last of repeated keys", "GET", GOOD + "&after=1&after=x", {}, 400, INVALID.format("x", "Int32")),
    ("control characters", "GET", SEARCH + "?name=a&after=%00%1b%0a", {}, 400, INVALID.format("\0\x1b\n", "Int32")),
    ("escape that is no number", "GET", SEARCH + "?name=a&after=%zz", {}, 400, INVALID.format("%zz", "Int32")),
    ("escape that is not UTF-8", "GET", GOOD + "&x=%FF", {}, 400, NOT_UTF8),
    ("escaped surrogate", "GET", GOOD + "&x=%ED%A0%80", {}, 400, NOT_UTF8),
    ("raw bytes that are not UTF-8", "GET", GOOD + "&x=\udcff", {}, 400, NOT_UTF8),
    ("name that is not UTF-8", "POST", EVENTS + "&%FF=1", {"body": ROW}, 400, NOT_UTF8),
    ("1001 fields", "GET", SEARCH + "?" + "&".join("x=1" for _ in range(1001)), {}, 400, "The query string has more than 1000 fields"),
    ("very long value", "GET", SEARCH + "?name=a&after=" + "9" * 5000, {}, 400, INVALID.format("9" * 5000, "Int32")),
    ("q", "GET", GOOD + "&q=SELECT+*+FROM+nothing", {}, 400, "[Error] Resource 'nothing' not found"),
    ("q is no text", "POST", SEARCH, {"headers": JSON, "body": '{"q":1}'}, 400, "The parameter 'q' is a text"),
    ("q in a copy", "POST", "/v0/pipes/copy/copy?q=SELECT+1", {}, 400, "The parameter 'q' (SQL over an endpoint's result) is not available here"),
    ("explain", "GET", GOOD + "&explain=maybe", {}, 400, "The parameter 'explain' is true or false, not 'maybe'"),
    ("64 bits", "GET", GOOD + "&output_format_json_quote_64bit_integers=2", {}, 400, "The parameter 'output_format_json_quote_64bit_integers' is 0 or 1, not '2'"),
    ("denormals", "GET", GOOD + "&output_format_json_quote_denormals=yes", {}, 400, "The parameter 'output_format_json_quote_denormals' is 0 or 1, not 'yes'"),
    ("parquet strings", "GET", GOOD + "&output_format_parquet_string_as_string=", {}, 400, "The parameter 'output_format_parquet_string_as_string' is 0 or 1, not ''"),
    ("array element", "GET", "/v0/pipes/types.json?p_Array=1,x", {}, 400, "Template Syntax Error: Error validating [1,x][1] (x) to type Int32"),
    ("array empty", "GET", "/v0/pipes/types.json?p_Array=", {}, 400, "Template Syntax Error: Error validating [][0] (empty string) to type Int32"),
    ("array as JSON text", "GET", "/v0/pipes/types.json?p_Array=[1,2]", {}, 400, "Template Syntax Error: Error validating [[1,2]][0] ([1) to type Int32"),
    ("JSON parameter", "GET", "/v0/pipes/types.json?p_JSON={", {}, 400, "Template Syntax Error: Error parsing JSON: '{' - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("JSON parameter of another type", "GET", "/v0/pipes/types.json?p_JSON=5", {}, 400, "Template Syntax Error: 'int' object has no attribute 'get'"),
    # Bodies of events.
    ("empty body", "POST", EVENTS, {}, 400, "The body is empty; send at least one JSON object"),
    ("only spaces", "POST", EVENTS, {"body": " \n\t\r\n"}, 400, "The body is empty; send at least one JSON object"),
    ("only a BOM", "POST", EVENTS, {"body": b"\xef\xbb\xbf"}, 400, "The body is empty; send at least one JSON object"),
    ("name missing", "POST", "/v0/events", {"body": ROW}, 400, NO_NAME),
    ("name empty", "POST", "/v0/events?name=", {"body": ROW}, 400, NO_NAME),
    ("name in the body only", "POST", "/v0/events", {"body": "name=events", "headers": FORM}, 400, NO_NAME),
    ("unknown data source", "POST", "/v0/events?name=none", {"body": ROW}, 404, "Data Source 'none' does not exist"),
    ("pipe as a data source", "POST", "/v0/events?name=search", {"body": ROW}, 404, "Data Source 'search' does not exist"),
    ("quarantine as a data source", "POST", "/v0/events?name=events_quarantine", {"body": ROW}, 404, "Data Source 'events_quarantine' does not exist"),
    ("data source without paths", "POST", "/v0/events?name=totals", {"body": ROW}, 400, "Data source 'totals' cannot take events: no column has a jsonpath; add a path such as `json:$.name` to each column of the schema"),
    ("wait", "POST", EVENTS + "&wait=maybe", {"body": ROW}, 400, "The parameter 'wait' is true or false, not 'maybe'"),
    ("unknown format", "POST", EVENTS + "&format=csv", {"body": ROW}, 400, "Unknown format 'csv'; use ndjson or json"),
    ("empty format", "POST", EVENTS + "&format=", {"body": ROW}, 400, "Unknown format ''; use ndjson or json"),
    ("several JSON documents", "POST", EVENTS + "&format=json", {"body": ROW + ROW}, 400, "The body is not JSON: more follows the document at line 1; use format=ndjson for several documents"),
    ("cut JSON document", "POST", EVENTS + "&format=json", {"body": '{"id":'}, 400, "The body is not JSON: Expecting value: line 1 column 7 (char 6)"),
    ("deep JSON document", "POST", EVENTS + "&format=json", {"body": "[" * 100_000}, 400, "The body is not JSON: nested too deeply"),
    ("unknown encoding", "POST", EVENTS, encoded("br", ROW.encode()), 400, "Unknown Content-Encoding 'br'; use gzip, zstd or identity"),
    ("cut gzip", "POST", EVENTS, encoded("gzip", gzip.compress(ROW.encode())[:-5]), 400, "The body is not valid gzip: it ends too early"),
    ("gzip that is none", "POST", EVENTS, encoded("gzip", ROW.encode()), 400, "The body is not valid gzip: Error -3 while decompressing data: incorrect header check"),
    ("zstd that is none", "POST", EVENTS, encoded("zstd", ROW.encode()), 400, "The body is not valid zstd: zstd decompressor error: Unknown frame descriptor"),
    ("gzip bomb", "POST", EVENTS, encoded("gzip", gzip.compress(SPACES, 1)), 413, BOMB),
    ("zstd bomb", "POST", EVENTS, encoded("zstd", zstandard.compress(SPACES)), 413, BOMB),
    ("body above 10 MB", "POST", EVENTS, {"body": ROW.encode() + SPACES[: 10 * 1024 * 1024 - 8]}, 413, TOO_LARGE),
    ("row above 900 KB", "POST", EVENTS, {"body": ROW + '{"id":2,"name":"' + "x" * 921_600 + '"}'}, 413, "Row 2 is larger than 921600 bytes, the limit of one row; nothing of the request was stored"),
    # Bodies of parameters.
    ("cut JSON", "POST", SEARCH, {"headers": JSON, "body": '{"name":'}, 400, UNREADABLE.format("unexpected end of data: line 1 column 9 (char 8)")),
    ("JSON array", "POST", SEARCH, {"headers": JSON, "body": "[1]"}, 400, "The JSON in the body is not an object of parameters"),
    ("JSON scalar", "POST", SEARCH, {"headers": JSON, "body": "1"}, 400, "The JSON in the body is not an object of parameters"),
    ("JSON with NaN", "POST", SEARCH, {"headers": JSON, "body": '{"a":NaN}'}, 400, UNREADABLE.format("unexpected character, expected a JSON value: line 1 column 6 (char 5)")),
    ("JSON with a lone surrogate", "POST", SEARCH, {"headers": JSON, "body": '{"name":"\\ud800"}'}, 400, UNREADABLE.format("no low surrogate in string: line 1 column 10 (char 9)")),
    ("JSON that is not UTF-8", "POST", SEARCH, {"headers": JSON, "body": b'{"a":"\xff"}'}, 400, UNREADABLE.format("str is not valid UTF-8: surrogates not allowed: line 1 column 1 (char 0)")),
    ("deep JSON", "POST", SEARCH, {"headers": JSON, "body": "[" * 5000}, 400, UNREADABLE.format("depth limit exceeded: line 1 column 1026 (char 1025)")),
    ("JSON null is no value", "POST", SEARCH, {"headers": JSON, "body": '{"name":null,"after":0}'}, 400, MISSING.format("name, after and day")),
    ("JSON true is no number", "POST", SEARCH, {"headers": JSON, "body": '{"name":"a","after":true}'}, 400, INVALID.format("True", "Int32")),
    ("JSON float is no integer", "POST", SEARCH, {"headers": JSON, "body": '{"name":"a","after":1.0}'}, 400, INVALID.format("1.0", "Int32")),
    ("JSON integer out of range", "POST", SEARCH, {"headers": JSON, "body": '{"name":"a","after":12345678901234567890123}'}, 400, INVALID.format("12345678901234567890123", "Int32")),
    ("body of parameters not gzip", "POST", SEARCH, {"headers": {**JSON, "content-encoding": "gzip"}, "body": "{}"}, 400, "The body is not valid gzip: Error -3 while decompressing data: incorrect header check"),
    ("text as parameters", "POST", SEARCH, {"headers": {"content-type": "text/plain"}, "body": "name=a"}, 400, "[Error] Only SELECT queries are allowed, this one starts with 'name'"),
    ("multipart parameters", "POST", SEARCH, {"headers": {"content-type": "multipart/form-data; boundary=x"}, "body": "x"}, 400, CONTENT_TYPE.format("multipart/form-data")),
    ("form with bad escapes", "POST", SEARCH, {"headers": FORM, "body": "name=%ff"}, 400, "The form in the body is not UTF-8 behind its percent-escapes"),
    ("form that is not UTF-8", "POST", SEARCH, {"headers": FORM, "body": b"name=\xff"}, 400, "The form in the body is not UTF-8"),
    ("form with 1001 fields", "POST", SEARCH, {"headers": FORM, "body": "&".join("x=1" for _ in range(1001))}, 400, "The form in the body has more than 1000 fields"),
    ("body of spaces has no parameters", "POST", SEARCH, {"headers": JSON, "body": "  "}, 400, MISSING.format("name, after and day")),
]  # fmt: skip

# What a type does not take; everything else that starts `p_` keeps its default.
WRONG = {
    **{f"Int{bits}": ("x", "", "1.0", "1e3", " 1", str(2 ** (bits - 1)), str(-(2 ** (bits - 1)) - 1)) for bits in BITS},
    **{f"UInt{bits}": ("x", "", "1.0", "-1", str(2**bits)) for bits in BITS},
    "Int": ("x", "2147483648"),
    "Integer": ("x", "-2147483649"),
    "Float32": ("x", "", "1_0", "1,5"),
    "Float64": ("x", "", "1_0", "0x10"),
    "Date": ("x", "", "20200101", "2020-1-1", "2020-01-01 00:00:00"),
    "DateTime": ("x", "", "2020-01-01", "1577836800", "2020-01-01 00:00"),
    "DateTime64": ("x", "", "2020-01-01 00:00:00", "2020-01-01 00:00:00.1"),
}  # fmt: skip
LABELS = {"Int": "Int32", "Integer": "Int32"}


@pytest.mark.parametrize(
    ("method", "target", "options", "status", "message"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_refused(api: Api, method: str, target: str, options: dict, status: int, message: str):
    token = options.get("token")
    if token and token.startswith("@"):
        options = {**options, "token": api.workspace.tokens.value(token[1:])}
    empty(api)
    response = api(method, target, **options)
    assert error(response) == (status, message)
    assert response.rows is None
    assert stored(api) == []
    assert quarantined(api) == []


def test_there_are_at_least_sixty_cases():
    assert len(REFUSED) >= 60


@pytest.mark.parametrize("kind", WRONG)
def test_values_that_a_type_does_not_take(api: Api, kind: str):
    for value in WRONG[kind]:
        target = f"/v0/pipes/types.json?p_{kind}={value.replace(' ', '+')}"
        assert error(api.get(target)) == (400, INVALID.format(value, LABELS.get(kind, kind)))


def test_every_type_function_has_wrong_values():
    assert set(WRONG) == set(DEFAULTS) - {"String", "Boolean"}
    # These two take anything.


def empty(api: Api) -> None:
    for table in ("events", "events_quarantine"):
        api.workspace.engine.command(f"TRUNCATE TABLE {table}")


def stored(api: Api) -> list[object]:
    return api.rows("SELECT id, name FROM events ORDER BY id")


def quarantined(api: Api) -> list[object]:
    return api.rows(
        "SELECT c__error_column, c__error, c__raw FROM events_quarantine ORDER BY c__raw"
    )


PATH = " While accessing jsonpath '$.id'"
ABSENT = (
    "Strict type checking failed. Object does not have column 'id', you should send a value or"
    " recreate the table with a Nullable column type." + PATH
)
NULL = (
    "Null value not allowed on column 'id', you should send a value or recreate the table with a"
    " Nullable column type." + PATH
)
NO_OBJECT = "Expected a JSON object, got {}"


def value(shown: str, reason: str = "") -> str:
    return f"Value {shown} on column 'id' is not UInt32{reason}.{PATH}"


# Name, body, ids stored, and for each refused row its column and error. `1` is always good.
MIXED = [
    ("not JSON", ROW + "hello", [1], [("", "Invalid JSON: Expecting value: line 1 column 1 (char 0)")]),
    ("scalars", ROW + '2\n"x"\nnull\n[2]', [1], [("", NO_OBJECT.format(text)) for text in ('"x"', "2", "[2]", "null")]),
    ("array with other things", '[{"id":1},2,null,[{"id":3}],{"id":4}]', [1, 4], [("", NO_OBJECT.format(text)) for text in ("2", '[{"id":3}]', "null")]),
    ("array that does not end", ROW + '[{"id":2}', [1], [("", "Invalid JSON: Expecting ',' delimiter: line 1 column 10 (char 9)")]),
    ("object that does not end", '{"id":2\n' + ROW, [1], [("", "Invalid JSON: Expecting ',' delimiter: line 1 column 8 (char 7)")]),
    ("two objects in a line", ROW + '{"id":2}{"id":3}', [1], [("", "Invalid JSON: Extra data: line 1 column 9 (char 8)")]),
    ("commas between lines", '{"id":2},\n{"id":1}', [1], [("", "Invalid JSON: Extra data: line 1 column 9 (char 8)")]),
    ("single quotes", ROW + "{'id':2}", [1], [("", "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")]),
    ("NaN", ROW + '{"id":NaN}', [1], [("", "Invalid JSON: NaN is not JSON")]),
    ("Infinity", ROW + '{"id":-Infinity}', [1], [("", "Invalid JSON: -Infinity is not JSON")]),
    ("control character", ROW + '{"id":2,"name":"\x01"}', [1], [("", "Invalid JSON: Invalid control character at: line 1 column 17 (char 16)")]),
    ("not UTF-8", ROW.encode() + b'{"id":2,"name":"\xff"}', [1], [("", "Invalid UTF-8: invalid start byte at byte 16")]),
    ("deep value", ROW + '{"id":2,"name":' + "[" * 100_000 + "]" * 100_000 + "}", [1], [("", "Invalid JSON: nested too deeply")]),
    ("deep nonsense", "[" * 100_000 + "\n" + ROW, [1], [("", "Invalid JSON: nested too deeply")]),
    ("lone surrogate", ROW + '{"id":2,"name":"\\ud800"}', [1], [("name", "Value \"\ufffd\" on column 'name' is not String: invalid UTF-16 surrogate in the text. While accessing jsonpath '$.name'")]),
    ("key absent", ROW + '{"ID":2}', [1], [("id", ABSENT)]),
    ("null", ROW + '{"id":null}', [1], [("id", NULL)]),
    ("text", ROW + '{"id":"3"}', [1], [("id", value('"3"'))]),
    ("other types", ROW + '{"id":"1"}\n{"id":[1]}\n{"id":{}}', [1], [("id", value(text)) for text in ('"1"', "[1]", "{}")]),
    ("too large", ROW + '{"id":4294967296}', [1], [("id", value("4294967296", ": out of range"))]),
    ("huge", ROW + '{"id":' + "9" * 5000 + "}", [1], [("id", value("9" * 79 + "…", ": out of range"))]),
    ("negative", ROW + '{"id":-1}', [1], [("id", value("-1", ": out of range"))]),
    ("fraction", ROW + '{"id":1.5}', [1], [("id", value("1.5", ": expected a number without point and exponent"))]),
    ("epoch as text", ROW + '{"id":2,"at":"1704413030"}', [1], [("at", "Value \"1704413030\" on column 'at' is not DateTime: expected YYYY-MM-DD hh:mm:ss. While accessing jsonpath '$.at'")]),
    ("last of repeated keys", '{"id":"x","id":1}', [1], []),
    ("BOM", b"\xef\xbb\xbf" + ROW.encode(), [1], []),
    ("CRLF", '{"id":1}\r\n\r\n{"id":2}\r\n', [1, 2], []),
    ("NUL in a text", '{"id":1,"name":"a\\u0000b"}', [1], []),
    ("exactly 10 MB", ROW.encode() + SPACES[: 10 * 1024 * 1024 - len(ROW)], [1], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "ids", "faults"), [row[1:] for row in MIXED], ids=[row[0] for row in MIXED]
)
def test_good_rows_beside_bad_ones_are_stored(
    api: Api, body: str | bytes, ids: list[int], faults: list[tuple[str, str]]
):
    empty(api)
    counts = answer(api.send("events", body), status=202)
    assert counts == {"successful_rows": len(ids), "quarantined_rows": len(faults)}
    assert [row[0] for row in stored(api)] == ids
    assert [([column], [text]) for column, text in faults] == [
        (columns, texts) for columns, texts, _ in quarantined(api)
    ]
    raw = [text for _, _, text in quarantined(api)]
    assert all(text in bytes_of(body).decode("utf-8", "replace") for text in raw)


def bytes_of(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def test_every_column_at_fault_is_named(api: Api):
    empty(api)
    answer(api.send("events", '{"id":"3","name":null,"at":"x"}\n' + ROW), status=202)
    ((columns, texts, raw),) = quarantined(api)
    assert columns == ["id", "name", "at"]
    assert [text.partition(" While")[0] for text in texts] == [
        value('"3"').partition(" While")[0],
        NULL.partition(" While")[0].replace("'id'", "'name'"),
        "Value \"x\" on column 'at' is not DateTime: expected YYYY-MM-DD hh:mm:ss.",
    ]
    assert raw == '{"id":"3","name":null,"at":"x"}'
    assert stored(api) == [[1, "none"]]


def test_text_in_parameters_is_only_text(api: Api):
    """Quotes, escapes and control characters arrive as they were sent."""
    empty(api)
    answer(api.send("events", '{"id":1,"name":"a\\u0000\'\\"\\\\`\\t\\u001bé"}'), status=202)
    assert api.data("search?name=a%00%27%22%5C%60%09%1Bé&after=0") == [{"id": 1}]
    assert api.data("search?name=a%00%27%22%5C%60%09%1Bé'&after=0") == []


@pytest.mark.parametrize("character", ["%", "\x1a"])
def test_characters_that_keep_their_backslash(api: Api, character: str):
    """ClickHouse keeps the backslash of an escape that it does not know; Tinybird writes these."""
    empty(api)
    answer(api.send("events", orjson.dumps({"id": 1, "name": f"a{character}"})), status=202)
    assert api.data(f"search?name=a{quote(character)}&after=0") == []
