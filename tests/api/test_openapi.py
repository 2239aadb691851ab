"""The OpenAPI document: valid, true of what endpoints answer, and of what the token may read."""

import json
import time

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.api.calls import answer, error

from martlet.access import Access, Grant
from martlet.api.schemas import column_schema, parameter_object, quoted_by, row_schema
from martlet.api.ways import find_ways
from martlet.errors import QueryTimeoutError
from martlet.jwt import sign
from martlet.model import Parameter

# Every kind of value that a column can have, as ClickHouse writes it in JSON.
VALUES = """
toInt8(-1)  toUInt8(255)  toInt64(-9223372036854775808)  toUInt64(18446744073709551615)
toInt128(-5)  toUInt256(5)  toFloat32(1.5)  toFloat64(2)  nan  -inf  toDecimal64('1.50',4)
toDecimal256('1.5',40)  true  'text'  toFixedString('ab',4)  toDate('2025-01-31')
toDate32('1950-01-01')  toDateTime('2025-01-31')  toDateTime('2025-01-31','Europe/Madrid')
toDateTime64('2025-01-31',3)  CAST('a','Enum8(\\'a\\'=1,\\'b\\'=2)')  toIPv4('1.2.3.4')  toIPv6('::1')
generateUUIDv4()  [1,2]  [[],[nan]]  [NULL,1]  map('a',1)  map(1,[nan])  tuple(1,'a')
CAST((1,'a'),'Tuple(a\\ Int8,b\\ Nullable(String))')  CAST([(1,'x')],'Nested(a\\ Int8,b\\ String)')
CAST('{"a":1}','JSON')  CAST(1,'Dynamic')  toIntervalDay(3)  NULL  (1.,2.)::Point  [(1.,2.)]::Ring
sumState(1)  CAST(1,'Nullable(Int8)')  CAST(NULL,'Nullable(Enum8(\\'a\\'=1))')
CAST(NULL,'Nullable(Float64)')  toLowCardinality('x')  CAST(NULL,'LowCardinality(Nullable(String))')
toBFloat16(1.5)  CAST(1,'SimpleAggregateFunction(sum,Int64)')
""".replace("\\ ", "\0").split()  # fmt: skip
COLUMNS = [text.replace("\0", " ") for text in VALUES]

PARAMETERS = """%
SELECT {{String(name, 'all', description='Whose', example='me')}} AS name,
    {{Int32(limit, 10, description='How many', enum=[10, 20])}} AS "limit",
    {{Int64(big, '7')}} AS big,
    {{Float64(rate, 0.5)}} AS rate,
    {{Boolean(flag, True)}} AS flag,
    {{Date(day, '2025-01-31', format='YYYY-MM-DD')}} AS day,
    {{DateTime(at, '2025-01-31 10:00:00')}} AS at,
    {{Array(ids, 'Int32', '1,2', description='Which')}} AS ids,
    {{String(kind, 'c', enum=['a', 'b'])}} AS kind,
    {% if defined(only) %} 1 {% else %} 0 {% end %} AS given
"""


def endpoint(sql: str, head: str = "") -> str:
    return (
        f"{head}NODE n\nSQL >\n"
        + "".join(f"    {x}\n" for x in sql.splitlines())
        + "TYPE endpoint\n"
    )


FILES = {
    "events.datasource": "SCHEMA >\n    `id` UInt64 `json:$.id`\n",
    "values.pipe": endpoint(
        "SELECT " + ", ".join(f"{text} AS c{index}" for index, text in enumerate(COLUMNS))
    ),
    "parameters.pipe": endpoint(
        PARAMETERS, 'DESCRIPTION >\n    All of them\n\nTOKEN "reader" READ\nTAGS "shop"\n'
    ),
    "ways.pipe": endpoint(
        "%\n{% if Int8(wide, 0) == 1 %}SELECT 1 AS a, 'x' AS b{% else %}SELECT 'text' AS a{% end %}"
    ),
    "needs.pipe": endpoint(
        "%\nSELECT {{String(who)}} AS who"
        " {% if defined(also) %}, {{Int32(amount)}} AS amount{% end %}"
        " {% if not defined(since) %}, 1 AS one{% end %}, {{Boolean(on)}} AS f"
    ),
    "asks.pipe": endpoint("%\n{% if not defined(id) %}{{error('id is needed')}}{% end %}SELECT 1"),
    "odd.pipe": endpoint("%\nSELECT {{Date(x, '2025-13-01')}} AS x"),
    "secret.pipe": endpoint("%\nSELECT {{tb_secret('key')}} AS k"),
    "empty.pipe": endpoint("SELECT id FROM events"),
    "totals.pipe": endpoint("SELECT number % 2 AS k, count() AS n FROM numbers(3) GROUP BY k WITH TOTALS LIMIT 1"),
    "tells.pipe": endpoint(
        "WITH (SELECT max(id) + 1 FROM events) AS most SELECT toFixedString('a', most) AS a"
    ),
    "openapi.pipe": endpoint("SELECT 1 AS n"),
    "inner.pipe": "NODE n\nSQL >\n    SELECT 1\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api):
    return open_api(FILES, secrets={"key": "k"})


@pytest.fixture(scope="module")
def document(api) -> dict:
    return answer(api.get("/v0/pipes/openapi.json", headers={"host": "localhost:7181"}))


def operation(document: dict, name: str) -> dict:
    return document["paths"][f"/v0/pipes/{name}.json"]["get"]


def parameters(document: dict, name: str) -> dict[str, dict]:
    found = operation(document, name)["parameters"]
    return {each["name"]: each for each in found}


def check(document: dict, name: str, content: object) -> None:
    """Raise unless an answer is what the document says of its endpoint."""
    schema = operation(document, name)["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(content)


def test_it_is_valid(document):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://localhost:7181"}]
    assert set(document["paths"]) == {
        f"/v0/pipes/{name}.json"
        for name in ("asks", "empty", "needs", "odd", "parameters", "secret", "tells", "totals", "values", "ways")
    }  # fmt: skip


@pytest.mark.parametrize(
    "target",
    ["values", "parameters", "ways", "ways?wide=1", "needs?who=a", "needs?who=a&also=1&amount=2",
     "needs?who=a&since=1", "asks?id=1", "odd?x=2025-01-31", "secret", "empty", "totals"],
)  # fmt: skip
def test_answers_are_as_it_says(api, document, target):
    name, mark, query = target.partition("?")
    check(document, name, answer(api.get(f"/v0/pipes/{name}.json{mark}{query}")))


def test_an_answer_that_is_otherwise_would_be_found(api, document):
    content = answer(api.get("/v0/pipes/values.json"))
    for index, text in enumerate(COLUMNS):
        if text == "CAST(1,'Dynamic')" or "::Ring" in text or "BFloat" in text:
            continue  # anything goes
        wrong = {**content, "data": [{**content["data"][0], f"c{index}": {"no": [[]]}}]}
        if "map(" in text or "JSON" in text or "Tuple" in text:
            wrong["data"][0][f"c{index}"] = "text"
        with pytest.raises(jsonschema.ValidationError):
            check(document, "values", wrong)
    with pytest.raises(jsonschema.ValidationError):
        check(document, "values", {**content, "data": [{}]})


def test_parameters(document):
    found = parameters(document, "parameters")
    assert all(each["in"] == "query" and not each["required"] for each in found.values())
    assert {name: each["schema"] for name, each in found.items()} == {
        "name": {"type": "string", "default": "all"},
        "limit": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1,
                  "enum": [10, 20], "default": 10},
        "big": {"type": "integer", "format": "int64", "default": 7},
        "rate": {"type": "number", "format": "double", "default": 0.5},
        "flag": {"type": "boolean", "default": True},
        "day": {"type": "string", "format": "date", "default": "2025-01-31"},
        "at": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}",
               "default": "2025-01-31 10:00:00"},
        "ids": {"type": "string", "pattern": r"^-?\d+(,-?\d+)*$", "default": "1,2"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "only": {"type": "string"},
    }  # fmt: skip
    assert found["name"]["example"] == "me"
    assert found["kind"]["description"] == "Default: c."  # no value of the enum
    assert found["day"]["description"] == "Format: YYYY-MM-DD."
    assert found["ids"]["description"] == "Which\nValues of Int32 with commas between them."
    assert parameters(document, "odd")["x"]["schema"] == {"type": "string", "format": "date"}


def test_what_every_request_needs_is_required(api, document):
    def required(name: str) -> set[str]:
        return {each["name"] for each in parameters(document, name).values() if each["required"]}

    assert required("needs") == {"who"}
    assert api.get("/v0/pipes/needs.json").status == 400
    assert required("asks") == {"id"}
    assert required("ways") == set()


def test_ways_with_other_columns(document):
    schema = document["components"]["schemas"]["ways_row"]
    kinds = [each["x-clickhouse-type"] for each in schema["properties"]["a"]["anyOf"]]
    assert kinds == ["String", "UInt8"]
    assert schema["required"] == ["a"]


def test_words_about_an_endpoint(document):
    found = operation(document, "parameters")
    assert (found["operationId"], found["description"]) == ("parameters", "All of them")
    assert found["tags"] == ["shop"]
    assert document["tags"] == [{"name": "shop"}]
    assert {"200", "400", "403", "404", "408", "429"} <= set(found["responses"])


@pytest.mark.parametrize("target", ["needs.json", "parameters.json?limit=x"])
def test_errors_are_as_it_says(api, document, target):
    content = answer(api.get(f"/v0/pipes/{target}"), status=400)
    jsonschema.Draft202012Validator(document["components"]["schemas"]["Error"]).validate(content)


def test_security_schemes_are_ways_to_ask(api, document):
    schemes = document["components"]["securitySchemes"]
    assert {next(iter(each)) for each in document["security"]} == set(schemes)
    assert schemes["token"] == {"type": "apiKey", "in": "query", "name": "token"}
    assert api.get("/v0/pipes/openapi.json?token=admin", token=None).status == 200


def test_it_has_what_the_token_may_read(api):
    token = api.workspace.tokens.value("reader")
    found = answer(api.get("/v0/pipes/openapi.json", token=token))
    assert list(found["paths"]) == ["/v0/pipes/parameters.json"]
    assert "values_row" not in json.dumps(found)
    OpenAPIV31SpecValidator(found).validate()


def jwt(api, *grants: Grant) -> str:
    return sign(
        "admin",
        workspace_id=api.workspace.tokens.workspace_id,
        name="page",
        expires=int(time.time()) + 3600,
        grants=grants,
    )


def test_types_do_not_tell_of_rows_that_are_filtered(open_api):
    api = open_api(FILES, secrets={"key": "k"})
    answer(api.send("events", '{"id": 2}\n{"id": 76}', "&wait=true"))

    def kind(token: str) -> str:
        found = answer(api.get("/v0/pipes/openapi.json", token=token))
        column = found["components"]["schemas"]["tells_row"]["properties"]["a"]
        return column["x-clickhouse-type"]

    pipe, rows = Grant("PIPES:READ", "tells"), Grant("DATASOURCES:READ", "events", "id < 9")
    assert "(77)" in kind("admin")
    assert "(3)" in kind(jwt(api, pipe, rows))
    assert "(77)" in kind(jwt(api, pipe))


def test_fixed_parameters_are_none_of_the_callers(api):
    token = jwt(api, Grant("PIPES:READ", "needs", fixed={"who": "me"}))
    found = answer(api.get("/v0/pipes/openapi.json", token=token))
    assert set(parameters(found, "needs")) == {"also", "amount", "since", "on"}
    assert not any(each["required"] for each in parameters(found, "needs").values())


def test_it_follows_the_project(open_api):
    api = open_api({"n.pipe": endpoint("SELECT 1 AS before")})
    from martlet.files.project import load_project

    def columns() -> set[str]:
        found = answer(api.get("/v0/pipes/openapi.json"))
        return set(found["components"]["schemas"]["n_row"]["properties"])

    assert columns() == columns() == {"before"}
    path = api.workspace.live.project.root / "n.pipe"
    path.write_text(endpoint("SELECT 1 AS after"))
    api.workspace.apply(load_project(path.parent))
    assert columns() == {"after"}


class Slow:
    """An engine that answers so many questions."""

    def __init__(self, answers: int) -> None:
        self.left = answers

    def columns(self, sql: str, *, parameters: object = None) -> list[tuple[str, str]]:
        self.left -= 1
        if self.left < 0:
            raise QueryTimeoutError("too long")
        return [("a", "Int8")]


def test_an_endpoint_that_takes_too_long_is_asked_once(open_api):
    live = open_api({"ways.pipe": FILES["ways.pipe"]}).workspace.live
    pipe = live.project.pipes["ways"]
    engine = Slow(1)
    access = Access("admin", frozenset({("ADMIN", "")}))
    found = find_ways(live.queries, engine, pipe, access)
    assert (found.variants, found.is_whole) == (({"a": "Int8"},), False)
    assert find_ways(live.queries, engine, pipe, access) is found
    assert engine.left == -1
    assert "required" not in row_schema([{"a": column_schema("Int8")}], is_whole=False)


def test_the_documents_own_path_is_no_endpoint(api):
    assert "paths" in answer(api.get("/v0/pipes/openapi.json"))
    assert api.get("/v0/pipes/openapi.ndjson").body == b'{"n":1}\n'
    assert error(api("POST", "/v0/pipes/openapi.xml"))[0] == 404


# --- schemas


@pytest.mark.parametrize("name", ["64bit_integers", "denormals", "decimals"])
def test_numbers_that_settings_make_texts(api, name):
    setting = {f"output_format_json_quote_{name}": "1"}
    result = api.workspace.engine.execute(
        "SELECT toUInt64(1) AS i, -inf AS f, toDecimal64(1.5, 2) AS d, toInt32(1) AS s",
        format="JSON", settings=setting,
    )  # fmt: skip
    content = json.loads(result.body)
    quoted = quoted_by(setting)
    columns = {each["name"]: column_schema(each["type"], quoted) for each in content["meta"]}
    jsonschema.validate(content["data"][0], row_schema([columns]))
    assert row_schema([columns]) != row_schema(
        [{each["name"]: column_schema(each["type"]) for each in content["meta"]}]
    )


SCALARS = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())  # fmt: skip
TYPES = ["String", "Int8", "UInt64", "Int256", "Float32", "Boolean", "Date", "DateTime", "DateTime64", "JSON",
         "Array(Int32)", "Array(String)", "Array(Date)", "Array(Strange)", "Column"]  # fmt: skip


@settings(max_examples=60)
@given(
    st.builds(
        Parameter,
        name=st.text("abc", min_size=1, max_size=3),
        type=st.sampled_from(TYPES),
        default=st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.sampled_from(["1,2", "2025-01-31", "2025-13-01", "0.5", "true"])),
        description=st.one_of(st.none(), st.text(max_size=5)),
        example=st.one_of(SCALARS, st.lists(SCALARS, max_size=2)),
        enum=st.one_of(st.none(), st.lists(SCALARS, max_size=3).map(tuple)),
        format=st.one_of(st.none(), st.text(max_size=5)),
    ),
    st.booleans(),
)  # fmt: skip
def test_whatever_a_template_writes_of_a_parameter_is_valid(parameter, is_required):
    made = parameter_object(parameter, is_required=is_required)
    made = json.loads(json.dumps(made, allow_nan=False))
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"get": {"parameters": [made], "responses": {"200": {"description": ""}}}}},
    }
    OpenAPIV31SpecValidator(document).validate()
    schema = made["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    if "default" in schema:
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(schema["default"])


def test_where_an_empty_text_is_refused_it_says_so(open_api):
    sql = (
        "%\nSELECT {{column(by, 'id')}} AS shown, {{columns(more, 'id')}},"
        " toDate({{String(day, '2025-01-31')}}) AS day, {{String(name, 'all')}} AS name,"
        " {% if defined(only) %} {{symbol(only)}} {% else %} 1 {% end %} AS given"
        " FROM events ORDER BY {{column(by, 'id')}}"
    )
    api = open_api({"events.datasource": FILES["events.datasource"], "ordered.pipe": endpoint(sql)})
    document = answer(api.get("/v0/pipes/openapi.json"))
    OpenAPIV31SpecValidator(document).validate()
    parameters = document["paths"]["/v0/pipes/ordered.json"]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in parameters}
    assert {name: schema.get("minLength", 0) for name, schema in schemas.items()} == {
        "by": 1, "more": 1, "day": 1, "name": 0, "only": 1,
    }  # fmt: skip
    for name, schema in schemas.items():
        asked = api.get(f"/v0/pipes/ordered.json?{name}=")
        assert (asked.status == 400) is (schema.get("minLength") == 1)
