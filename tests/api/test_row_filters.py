"""Row filters and fixed parameters: a caller's answers are those of a project without other rows.

The property is differential: whatever is asked of all tenants' rows behind a filter is answered as
by a server that has the rows of one tenant alone, errors included.
"""

import re
from urllib.parse import unquote_plus, urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, error

from martlet.access import READ_DATASOURCE, READ_PIPE, Access, Grant
from martlet.api.http import JSON, Response
from martlet.errors import QueryError, SqlError, TokenError
from martlet.files.project import load_project
from martlet.formats import QUERY_FORMATS
from martlet.query import QueryBuilder
from martlet.translations import Translations

COLUMNS = """
SCHEMA >
    `id` UInt32 `json:$.id`,
    `tenant` String `json:$.tenant`,
    `secret` String `json:$.secret`,
    `n` Int32 `json:$.n`
"""


def pipe(*nodes: tuple[str, str], end: str = "TYPE endpoint\n") -> str:
    return "\n".join(f"NODE {name}\nSQL >\n    {sql}\n" for name, sql in nodes) + end


OWN = "SELECT id, tenant, secret, n FROM"
FILES = {
    "events.datasource": COLUMNS + "ENGINE MergeTree\nENGINE_SORTING_KEY id\nENGINE_SAMPLING_KEY id\n",
    "latest.datasource": COLUMNS + "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY id\nENGINE_VER n\n",
    "names.datasource": COLUMNS + "ENGINE Join\nENGINE_JOIN_STRICTNESS ANY\nENGINE_JOIN_TYPE LEFT\nENGINE_KEY_COLUMNS id\n",
    "daily.datasource": "SCHEMA >\n    `id` UInt32,\n    `tenant` String,\n    `secret` String,\n    `n` Int32\nENGINE MergeTree\nENGINE_SORTING_KEY tenant\n",
    "view.pipe": pipe(("n", f"{OWN} events"), end="TYPE materialized\nDATASOURCE daily\n"),
    "by_who.pipe": pipe(
        ("rows", f"{OWN} events WHERE n >= 0"),
        ("out", "%\n    SELECT id, tenant, secret, n FROM rows WHERE tenant = {{String(who, 'a')}}"),
    ),
    "chained.pipe": pipe(("out", f"{OWN} by_who WHERE id IN (SELECT id FROM by_who)")),
    "joined.pipe": pipe(("out", "SELECT e.id AS id, l.tenant AS tenant, l.secret AS secret, e.n AS n FROM events AS e ANY LEFT JOIN latest AS l FINAL ON e.id = l.id")),
    "cte.pipe": pipe(("out", "WITH latest AS (SELECT * FROM events PREWHERE n > 1 WHERE id > 0) SELECT id, tenant, secret, n FROM latest UNION ALL SELECT * FROM daily")),
}  # fmt: skip
DATASOURCES = {name: text for name, text in FILES.items() if name.endswith(".datasource")}
SOURCES = ("events", "latest", "names", "daily")
PIPES = ("by_who", "chained", "joined", "cte")

# Rows of one tenant have numbers for secrets: what fails on another row's text is told by it.
ROWS = [
    {"id": i, "tenant": "abc"[i % 3], "secret": f"canary_{i}" if i % 3 else str(1000 + i), "n": i - 2}
    for i in range(12)
]  # fmt: skip
REFUSED = [{**row, "n": "none"} for row in ROWS[:6]]

FILTERS = ("tenant = 'a'", "tenant IN ('a', 'x')", "startsWith(tenant, 'a') OR tenant = 'nobody'")
READ_PIPES = [Grant(READ_PIPE, name) for name in PIPES]
GRANTS = {
    **{
        f"filter{number}": [*(Grant(READ_DATASOURCE, name, text) for name in SOURCES), *READ_PIPES]
        for number, text in enumerate(FILTERS)
    },
    "fixed": [Grant(READ_PIPE, name, fixed={"who": "a"}) for name in ("by_who", "chained")],
    "mixed": [Grant(READ_DATASOURCE, "events", FILTERS[0]), Grant(READ_PIPE, "chained"), Grant(READ_PIPE, "by_who", fixed={"who": "a"})],
}  # fmt: skip


class Tokens:
    """Tokens by their names; a server without other rows needs no filters."""

    def __init__(self, *, has_filters: bool) -> None:
        self.has_filters = has_filters

    def find(self, value: str | None) -> Access:
        if value == "admin":
            return Access.of_grants("admin", [Grant("ADMIN")])
        if value not in GRANTS:
            raise TokenError("unknown")
        grants = [
            Grant(
                grant.scope, grant.resource, grant.filter if self.has_filters else "", grant.fixed
            )
            for grant in GRANTS[value]
        ]
        return Access.of_grants(value, grants)


@pytest.fixture(scope="module")
def apis(open_api: MakeApi) -> tuple[Api, Api]:
    """A server with the rows of all tenants, and one with those of one."""
    made = []
    for is_whole in (True, False):
        api = open_api(FILES)
        for name in ("events", "latest", "names"):
            rows = [row for row in [*ROWS, *REFUSED] if is_whole or row["tenant"] == "a"]
            assert api.send(name, b"\n".join(map(orjson.dumps, rows))).status == 202
        api.workspace.tokens = Tokens(has_filters=is_whole)
        made.append(api)
    return made[0], made[1]


# --- requests

COLUMN = st.sampled_from(["id", "tenant", "secret", "n"])
CONDITION = st.sampled_from(
    [
        "1", "n > 3", "tenant = 'a'", "tenant = 'b'", "tenant != 'a' OR 1", "toUInt32(secret) >= 0",
        "throwIf(tenant != 'a', 'another') = 0", "throwIf(startsWith(secret, 'can'), 'it') = 0",
        "id IN (SELECT id FROM events WHERE tenant != 'a')", "id NOT IN (SELECT id FROM latest)",
        "(id, tenant, secret, n) IN events", "(id, tenant, secret, n) NOT IN (latest)",
        "in((id, tenant, secret, n), daily)", "n = (SELECT max(n) FROM events)",
        "EXISTS (SELECT 1 FROM events WHERE tenant = 'b')", "intDiv(1, toUInt8(tenant = 'a')) = 1",
        "toUInt32OrZero(secret) = 0", "CAST(secret AS UInt32) % 2 = 0", "length(secret) / n > 0",
    ]
)  # fmt: skip
TABLE = st.sampled_from(
    [
        "events", "events AS t", "`events` t", "latest FINAL", "latest AS t FINAL", "events SAMPLE 1",
        "names", "names AS t", "daily", "events_quarantine", "by_who", "chained", "joined", "cte", "_",
        "rows", "'events'", "(events JOIN latest USING (id, tenant, secret, n))",
        "(SELECT * FROM daily PREWHERE n > 0)", "(SELECT * FROM events WHERE id > 2 UNION ALL SELECT * FROM daily)",
        "(SELECT * FROM _ ORDER BY ALL LIMIT 3)", "(SELECT * FROM latest ORDER BY ALL LIMIT 1 BY tenant)",
        "(SELECT * FROM by_who UNION DISTINCT SELECT * FROM events)", "(SELECT * FROM latest EXCEPT SELECT * FROM by_who)",
        "(WITH RECURSIVE r AS (SELECT * FROM events UNION ALL SELECT * FROM r WHERE 0) SELECT * FROM r)",
        "(WITH m AS MATERIALIZED (SELECT * FROM events) SELECT * FROM m)", "(SELECT * FROM events ARRAY JOIN [id] AS events)",
    ]
)  # fmt: skip
# Names around a query that ClickHouse might take for those within.
WITH = st.sampled_from(
    [
        "", "", "", "WITH (a, b) -> 1 AS equals", "WITH lambda(tuple(a, b), 1) AS `in`",
        "WITH (a, b) -> 1 AS startsWith", "WITH x -> 1 AS toString", "WITH 'a' AS tenant",
        "WITH events AS (SELECT * FROM latest)", "WITH daily AS (SELECT * FROM daily)",
        "WITH by_who AS (SELECT 1 AS id, 'b' AS tenant, 'x' AS secret, 2 AS n)",
        "WITH events AS e", "WITH (SELECT max(secret) FROM events) AS secret2",
        "WITH _ AS (SELECT * FROM events)", "WITH 'default.names' AS names", "WITH (a, b) -> 1 AS `and`",
    ]
)  # fmt: skip
TARGET = st.one_of(
    st.lists(COLUMN, min_size=1, max_size=4, unique=True).map(", ".join),
    st.sampled_from(
        [
            "*", "toUInt32(secret)", "arrayMap((a, b) -> 1 AS equals, [1], [1]), tenant, secret", "throwIf(n = 2, 'two')",
            "joinGet('names', 'secret', id)", "joinGet()('names', 'secret', id)", "dictGet('names', 'secret', id)",
            "toString(tuple(*))", "upper(tenant) AS tenant, secret", "sum(n) OVER (ORDER BY id), secret",
            "* EXCEPT (secret)", "* REPLACE (secret AS tenant)", "COLUMNS('^[is]')", "* APPLY(x -> toString(x))",
            "secret, lagInFrame(secret) OVER (ORDER BY id)", "max(secret) OVER ()", "secret IN (SELECT secret FROM by_who)",
            "(SELECT arraySort(groupArray(secret)) FROM latest)", "toUInt8('5' || secret)", "indexHint(tenant = 'b'), id",
            "CAST(secret AS Enum16('1000' = 1))", "lowCardinalityKeys(toLowCardinality(tenant))", "[1][toUInt8(secret)]",
        ]
    ),
)  # fmt: skip
END = st.sampled_from(
    [
        "", "", "ORDER BY ALL LIMIT 3", "ORDER BY ALL LIMIT 2 OFFSET 1", "ORDER BY tenant LIMIT 1 WITH TIES", "LIMIT 100",
        "LIMIT 0", "ORDER BY id WITH FILL", "QUALIFY row_number() OVER (PARTITION BY tenant ORDER BY id) = 1",
    ]
)  # fmt: skip
AGGREGATE = st.sampled_from(
    [
        "count()", "max(secret), min(tenant)", "arraySort(groupArray(secret))", "any(throwIf(startsWith(secret, 'can')))",
        "min(id), max(id), count(secret)", "uniqExact(tenant)", "sum(n) FILTER (WHERE tenant != 'a')",
        "countIf(throwIf(tenant != 'a') = 0)", "argMax(secret, n)", "quantileExact(0.5)(n)", "count() AS n, 1 AS id",
    ]
)  # fmt: skip
GROUPS = st.sampled_from(
    [
        "", "", "GROUP BY tenant", "GROUP BY tenant WITH TOTALS", "GROUP BY tenant, n WITH ROLLUP", "GROUP BY id WITH CUBE",
        "GROUP BY GROUPING SETS ((tenant), (n))", "HAVING count() > 0", "GROUP BY tenant ORDER BY ALL LIMIT 1",
    ]
)  # fmt: skip


@st.composite
def selects(draw: st.DrawFn, depth: int = 1) -> str:
    source = draw(TABLE)
    if depth and draw(st.booleans()):
        source = f"({draw(selects(depth - 1))}) AS s"
    elif draw(st.integers(0, 3)) == 0:
        kind = draw(st.sampled_from(["JOIN", "LEFT JOIN", "FULL JOIN", "ANY LEFT JOIN", ","]))
        other = draw(TABLE.filter(lambda name: " t" not in name and "names" not in name))
        source += f" {kind} {other}" + ("" if kind == "," else " USING (id)")
    word = draw(st.sampled_from(["WHERE", "WHERE", "WHERE", "PREWHERE", "PREWHERE 1 WHERE"]))
    target, end = draw(st.sampled_from([(TARGET, END), (TARGET, END), (AGGREGATE, GROUPS)]))
    sql = f"{draw(WITH)} SELECT {draw(target)} FROM {source}"
    if draw(st.booleans()):
        sql += f" {word} {draw(CONDITION)}"
        if draw(st.booleans()):
            sql += f" AND {draw(CONDITION)}"
    return f"{sql} {draw(end)}"


@st.composite
def requests(draw: st.DrawFn) -> str:
    who = draw(st.sampled_from(["", "&who=a", "&who=b", "&who=c&who=a"]))
    if draw(st.integers(0, 4)) == 0:
        return f"/v0/pipes/{draw(st.sampled_from(PIPES))}.csv?x=1{who}"
    sql = draw(selects())
    if draw(st.integers(0, 3)) == 0:
        sql = f"({sql}) UNION ALL ({draw(selects())})"
    if draw(st.booleans()):
        sql = f"{sql} FORMAT {draw(st.sampled_from(['CSV', 'JSON', 'JSONEachRow']))}"
        pipeline = draw(st.sampled_from([{}, {"pipeline": "by_who"}]))
        return f"/v0/sql?{urlencode({'q': sql, **pipeline})}{who}"
    return f"/v0/pipes/{draw(st.sampled_from(PIPES))}.csv?{urlencode({'q': sql})}{who}"


# Refused by the text of a query alone, whatever rows there are.
NOT_BEHIND_FILTERS = (b"PREWHERE before RIGHT or FULL JOIN", b"joinGet does not read")

# When the rows of a quarantine came.
TIME = re.compile(rb"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d")


def told(response: Response) -> object:
    """Return what a caller is told, but for the order of rows and what was looked through."""
    if response.status != 200:
        return response.status
    body = TIME.sub(b"", response.body)
    if response.media_type != JSON:
        return sorted(body.splitlines())
    content = orjson.loads(body)
    del content["statistics"]
    return {**content, "data": sorted(map(orjson.dumps, content["data"]))}


@settings(max_examples=100)
@given(target=requests(), token=st.sampled_from(list(GRANTS)))
def test_answers_are_those_of_a_server_without_other_rows(apis, target: str, token: str):
    whole, own = (api.get(target, token=token) for api in apis)
    assert b"canary" not in whole.body, (token, target, whole.body)
    if not any(text in whole.body for text in NOT_BEHIND_FILTERS):
        assert told(whole) == told(own), (token, unquote_plus(target), whole.body, own.body)


def test_the_requests_do_find_other_rows_where_nothing_keeps_them(apis):
    """What the property looks for can be seen by one who may see it."""
    answered = apis[0].get("/v0/pipes/cte.csv", token="admin").body
    assert b"canary" in answered
    sql = urlencode({"q": "SELECT count() FROM events_quarantine FORMAT CSV"})
    counts = [api.get(f"/v0/sql?{sql}", token="filter0").body for api in apis]
    assert counts == [b"2\n", b"2\n"]


def ask(api: Api, sql: str, token: str = "filter0"):
    return api.get(f"/v0/sql?{urlencode({'q': sql})}", token=token)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count() FROM events", "4"),
        ("SELECT count() FROM events AS e WHERE e.n > 1", "2"),
        ("SELECT count() FROM latest AS l FINAL", "4"),
        ("SELECT count() FROM events SAMPLE 1 OFFSET 0", "4"),
        (
            "SELECT count() FROM events AS e SAMPLE 1/1 PREWHERE e.n > 1 OR 0 WHERE 0 OR id > 0 GROUP BY tenant",
            "2",
        ),
        ("SELECT count() FROM events PREWHERE n > 1 -- more\n ORDER BY 1 LIMIT 1", "2"),
        ("FROM events SELECT count() PREWHERE 1 WHERE n > 1 -- the end", "2"),
        ("SELECT count() FROM events AS e, names", "16"),
        ("SELECT count() FROM (SELECT 1 AS n) AS o JOIN events USING n", "1"),
        ("SELECT count() FROM events e ANY LEFT JOIN names USING id WHERE names.secret != ''", "4"),
        ("SELECT count() FROM system.one, events", "4"),
        ("SELECT (3, 'a', '1003', 1)::Tuple(UInt32, String, String, Int32) IN events", "1"),
        ("SELECT (1, 'b', 'canary_1', -1)::Tuple(UInt32, String, String, Int32) IN events", "0"),
    ],
)
def test_places_of_a_table(apis, sql: str, expected: str):
    response = ask(apis[0], f"{sql}\nFORMAT CSV")
    assert (response.status, response.body.decode()) == (200, expected + "\n")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT joinGet('names', 'secret', toUInt32(1))", "[Error] joinGet does not read 'names' for a token that sees only some of its rows; use JOIN"),
        ("SELECT count() FROM events AS e RIGHT JOIN latest AS l USING (id) PREWHERE e.n > 0", "[Error] PREWHERE before RIGHT or FULL JOIN does not work where a token sees only some rows of 'events'; filter in a subquery"),
        ("SELECT _part FROM events", "_part"),
        ("SELECT toUInt32(tenant) FROM events", "[Error] The query failed on a value, which is not shown to a token that sees only some of the rows"),
    ],
)  # fmt: skip
def test_what_does_not_work_behind_a_filter(apis, sql: str, message: str):
    status, found = error(ask(apis[0], sql))
    assert status == 400
    assert message in found


def test_keys_of_other_rows_are_in_no_format(open_api: MakeApi):
    """A JSON column has the keys of all rows that it was read with."""
    schema = (
        "SCHEMA >\n    `tenant` LowCardinality(String) `json:$.tenant`,\n    `d` JSON `json:$.d`\n"
    )
    own = pipe(("n", "%\n    SELECT * FROM objects WHERE tenant = {{String(who)}}"))
    api = open_api({"objects.datasource": schema, "own_objects.pipe": own})
    rows = [{"tenant": name, "d": {f"key_of_{name}": 1}} for name in ("a", "canary", "a")]
    assert api.send("objects", b"\n".join(map(orjson.dumps, rows))).status == 202
    grants = {
        "objects": Grant(READ_DATASOURCE, "objects", "tenant = 'a'"),
        "own_objects": Grant(READ_PIPE, "own_objects", fixed={"who": "a"}),
    }

    class OneEach:
        def find(self, value: str | None) -> Access:
            return Access.of_grants("one", [grants[str(value)]])

    api.workspace.tokens = OneEach()
    for source in grants:
        for name in QUERY_FORMATS:
            sql = (
                f"SELECT *, [tuple(d)] AS e, lowCardinalityKeys(tenant) FROM {source} FORMAT {name}"
            )
            assert b"canary" not in ask(api, sql, source).body, (name, source)
        found = ask(api, f"SELECT d FROM {source} FORMAT Native", source)
        assert (found.status, found.body.count(b"key_of_a")) == (200, 2)
        refused = error(ask(api, f"SELECT dumpColumnStructure(tenant) FROM {source}", source))
        assert refused == (400, "[Error] The function dumpColumnStructure is not allowed")


def test_a_filter_is_behind_final(open_api: MakeApi):
    """A row that was given to another tenant is nobody's older row."""
    api = open_api(DATASOURCES)
    api.workspace.tokens = Tokens(has_filters=True)
    for row in (
        {"id": 1, "tenant": "a", "secret": "1", "n": 1},
        {"id": 1, "tenant": "b", "secret": "canary", "n": 2},
    ):
        assert api.send("latest", orjson.dumps(row)).status == 202
    assert ask(api, "SELECT count() FROM latest FINAL FORMAT CSV").body == b"0\n"
    assert b"canary" not in ask(api, "SELECT * FROM latest FORMAT CSV").body
    assert ask(api, "SELECT count() FROM latest FINAL WHERE toUInt32(secret) > 0").status == 200


def test_a_project_cannot_have_conditions_merged_with_filters(open_api: MakeApi):
    """Then those of the query come first where their columns are smaller."""
    toml = "[settings.clickhouse]\nquery_plan_merge_filters = 1\n"
    api = open_api({"martlet.toml": toml, **DATASOURCES})
    api.workspace.tokens = Tokens(has_filters=True)
    sql = "SELECT getSetting('query_plan_merge_filters') FORMAT CSV"
    assert [ask(api, sql, token).body for token in ("admin", "filter0")] == [b"true\n", b"false\n"]


def test_fixed_values_win_everywhere(apis):
    api = apis[0]
    for target in ("by_who.csv?who=b", "chained.csv?who=b", "by_who.csv?who="):
        body = api.get(f"/v0/pipes/{target}", token="fixed").body
        assert (body.count(b'"a"'), b"canary" in body) == (3, False)
    headers = {"content-type": "application/json"}
    answered = api("POST", "/v0/pipes/by_who.csv", '{"who": "b"}', headers, token="fixed")
    assert b"canary" not in answered.body
    sql = urlencode(
        {"q": "% SELECT {{String(who)}} AS asked, max(tenant) AS got FROM _", "who": "b"}
    )
    assert api.data(f"by_who?{sql}", token="fixed") == [{"asked": "b", "got": "a"}]


def test_how_a_query_is_run_is_not_shown(apis):
    for token, target in (
        ("filter0", "/v0/pipes/by_who/explain"),
        ("fixed", "/v0/pipes/by_who.json?explain=1"),
    ):
        status, message = error(apis[0].get(target, token=token))
        assert (status, "nobody" in message) == (403, False)


# --- the same on AWS


@pytest.fixture
def lake(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    project = load_project(tmp_path)
    queries = QueryBuilder(project)
    return queries, Translations(project, queries)


ACCESS = Tokens(has_filters=True)


@pytest.mark.parametrize(
    ("name", "count"), [("by_who", 1), ("chained", 2), ("joined", 2), ("cte", 2)]
)
def test_filters_are_translated(lake, name: str, count: int):
    queries, translations = lake
    query = queries.build(queries.project.pipes[name], {}, access=ACCESS.find("filter0"))
    assert (query.is_filtered, query.is_isolated) == (True, False)
    sql = translations.translate(query).sql
    assert sql.count(".tenant = 'a'") >= count


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM latest FINAL", "SELECT e.id FROM events AS e PREWHERE n > 1 WHERE id > 2",
        "SELECT 1 IN (SELECT id FROM events)", "SELECT in((1, 'a', 'b', 1), events)",
        "SELECT (1, 'a', 'b', 1) IN ((events))", "SELECT id FROM _",
    ],
)  # fmt: skip
def test_requests_are_translated(lake, sql: str):
    queries, translations = lake
    pipe = queries.project.pipes["by_who"]
    query = queries.build_sql(sql, {}, access=ACCESS.find("filter0"), pipe=pipe)
    assert translations.translate(query).sql.count("tenant = 'a'") >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "WITH (a, b) -> 1 AS equals SELECT count() FROM events",
        "WITH lambda(tuple(a, b), 1) AS equals SELECT count() FROM events",
        "SELECT arrayMap((a, b) -> 1 AS equals, [1], [1]), id FROM events",
        "WITH events AS e SELECT 1 IN e",
        "SELECT joinGet('names', 'secret', 1)",
    ],
)
def test_names_around_a_filter_do_not_change_it(lake, sql: str):
    queries, translations = lake
    try:
        found = translations.translate(
            queries.build_sql(sql, {}, access=ACCESS.find("filter0"))
        ).sql
    except (SqlError, QueryError):
        return
    assert "tenant = 'a'" in found


def test_a_filter_on_nothing_opens_nothing(tmp_path):
    """On AWS nobody compares a token with the project before a query is built."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    queries = QueryBuilder(load_project(tmp_path))
    access = Access("t", frozenset(), {"evnts": "tenant = 'a'"})
    shown = next(pipe for pipe in queries.project.pipes.values() if pipe.name == "view")
    for build in (
        lambda: queries.build(shown, {}, access=access),
        lambda: queries.build_sql("SELECT 1", {}, access=access),
    ):
        with pytest.raises(TokenError, match="filter of the data source 'evnts'"):
            build()
