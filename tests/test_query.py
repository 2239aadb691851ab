"""Pipes as one query each: what is inlined, what is gathered, and every fault of a project."""

from collections.abc import Callable
from pathlib import Path

import pytest

from martlet.errors import NotFoundError, QueryError, TemplateError
from martlet.files.project import load_project
from martlet.query import Query, QueryBuilder, find_pipe
from martlet.resolution import MAX_DEPTH
from martlet.service_tables import unknown_hint

EVENTS = "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `name` String `json:$.name`\n"
Make = Callable[..., QueryBuilder]


def pipe(*nodes: str, end: str = "TYPE endpoint\n") -> str:
    """Write nodes named a, b, c, ...; `end` belongs to the last."""
    return "".join(
        f"NODE {name}\nSQL >\n    " + sql.replace("\n", "\n    ") + "\n\n"
        for name, sql in zip("abcdefgh", nodes, strict=False)
    ) + end  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make(secrets: dict[str, str] | None = None, **pipes: str) -> QueryBuilder:
        (tmp_path / "events.datasource").write_text(EVENTS)
        for name, text in pipes.items():
            (tmp_path / f"{name}.pipe").write_text(text)
        return QueryBuilder(load_project(tmp_path, secrets=secrets))

    return make


def build(queries: QueryBuilder, name: str = "p", **values: object) -> Query:
    return queries.build(queries.project.pipes[name], values)


def words(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.parametrize(
    ("nodes", "sql"),
    [
        (["SELECT 1"], "SELECT 1"),
        (["SELECT id FROM events", "SELECT * FROM a"], "SELECT * FROM ( SELECT id FROM events ) AS `a`"),
        (["SELECT 1 AS x", "SELECT y.x FROM a AS y"], "SELECT y.x FROM ( SELECT 1 AS x ) AS y"),
        (["SELECT 1 AS x", "SELECT y.x FROM a y"], "SELECT y.x FROM ( SELECT 1 AS x ) y"),
        (["SELECT 1 AS x", "SELECT x IN a FROM a"], "SELECT x IN ( SELECT 1 AS x ) FROM ( SELECT 1 AS x ) AS `a`"),
        (["SELECT 1", "SELECT a FROM (SELECT 1 AS a)"], "SELECT a FROM (SELECT 1 AS a)"),
        (["SELECT 1", "WITH a AS (SELECT 2) SELECT * FROM a"], "WITH a AS (SELECT 2) SELECT * FROM a"),
        (["SELECT 1", "WITH a AS (SELECT * FROM a) SELECT * FROM a"], "WITH a AS (SELECT * FROM ( SELECT 1 ) AS `a`) SELECT * FROM a"),
        (["SELECT 1", "SELECT 1 AS a", "SELECT * FROM a, b"], "SELECT * FROM ( SELECT 1 ) AS `a`, ( SELECT 1 AS a ) AS `b`"),
        (["SELECT * FROM b", "SELECT 2"], "SELECT 2"),
        (["SELECT 1", "SELECT 'FROM a' -- FROM a\nFROM `a`"], "SELECT 'FROM a' -- FROM a FROM ( SELECT 1 ) AS `a`"),
        (["SELECT 1", "SELECT 1 AS fill FROM a"], "SELECT 1 AS fill FROM ( SELECT 1 ) AS `a`"),
        (["SELECT 1", "SELECT EXISTS (FROM a)"], "SELECT EXISTS (FROM ( SELECT 1 ) AS `a`)"),
        (["SELECT 1 AS x", "SELECT * FROM a AS l JOIN a AS r USING (x), a"], "SELECT * FROM ( SELECT 1 AS x ) AS l JOIN ( SELECT 1 AS x ) AS r USING (x), ( SELECT 1 AS x ) AS `a`"),
    ],
)  # fmt: skip
def test_nodes_are_inlined(make: Make, nodes: list[str], sql: str):
    queries = make(p=pipe(*nodes))
    assert queries.check() == []
    assert words(build(queries).sql) == sql


def test_other_pipes_are_their_output_with_the_same_parameters(make: Make):
    queries = make(
        p=pipe("%\nSELECT {{Int32(x)}} AS x, {{Int32(y, 2)}} AS y FROM untyped"),
        untyped=pipe("SELECT 0", "%\nSELECT {{Int32(x)}} * 10 AS ten FROM events", end=""),
    )
    assert words(build(queries, x="7").sql) == (
        "SELECT toInt32('7') AS x, toInt32('2') AS y"
        " FROM ( SELECT toInt32('7') * 10 AS ten FROM events ) AS `untyped`"
    )


def test_a_node_hides_a_pipe_and_a_data_source(make: Make):
    queries = make(
        p="NODE events\nSQL >\n    SELECT id FROM events\n\n"
        "NODE other\nSQL >\n    SELECT 1\n\n"
        "NODE last\nSQL >\n    SELECT * FROM events, other\n\nTYPE endpoint\n",
        other=pipe("SELECT 2"),
    )
    assert words(build(queries).sql) == (
        "SELECT * FROM ( SELECT id FROM events ) AS `events`, ( SELECT 1 ) AS `other`"
    )


def test_what_a_query_reads_and_needs(make: Make):
    queries = make(
        {"key": "s3cret", "unused": "x"},
        p=pipe(
            "%\n{{max_threads(2)}} SELECT * FROM events WHERE name = {{tb_secret('key')}}",
            "%\n{% if defined(bad) %}SELECT * FROM events_quarantine{% else %}SELECT * FROM a{% end %}",
        ),
    )
    query = build(queries)
    assert query.datasources == {"events"}
    assert query.settings == {"max_threads": "2"}
    assert query.secrets == {"key": "s3cret"}
    assert "s3cret" not in query.sql
    query = build(queries, bad="1")
    assert query.datasources == {"events_quarantine"}
    assert (query.settings, query.secrets) == ({}, {})


def test_any_node_can_be_built(make: Make):
    queries = make(p=pipe("SELECT 1", "SELECT * FROM a", "SELECT 3"))
    found = queries.project.pipes["p"]
    node = found.node("b")
    assert words(queries.build(found, {}, node=node).sql) == "SELECT * FROM ( SELECT 1 ) AS `a`"


def test_parameters_of_all_that_is_read(make: Make):
    queries = make(
        p=pipe(
            "%\nSELECT {{Int32(shared, 5, description='inner')}}, {{String(deep)}} FROM far",
            "%\nSELECT {{String(unread)}}",
            "%\nSELECT {{Float64(shared, 1.5, description='outer')}} FROM a"
            "{% if defined(x) %} WHERE {{Array(list, 'Int32', '1', required=True)}} = [1]{% end %}",
        ),
        far=pipe("%\nSELECT {{Date(day, '2020-01-01', example='2024-01-01')}} AS d", end=""),
    )
    found = queries.parameters(queries.project.pipes["p"])
    assert [(p.name, p.type, p.default, p.description) for p in found] == [
        ("shared", "Float64", 1.5, "outer"),
        ("list", "Array(Int32)", "1", None),
        ("x", "String", None, None),
        ("deep", "String", None, None),
        ("day", "Date", "2020-01-01", None),
    ]


def test_parameters_that_are_missing_are_those_of_the_node(make: Make):
    queries = make(p=pipe("%\nSELECT {{Int32(inner)}}", "%\nSELECT {{Int32(outer)}} FROM a"))
    with pytest.raises(TemplateError, match=r"Check the parameters outer\. "):
        build(queries)
    with pytest.raises(TemplateError, match=r"Check the parameters inner\. "):
        build(queries, outer="1")


# Pipes, and what `check` says: place, message, hint.
FAULTS = [
    (
        {"p": pipe("SELECT *\nFROM evnts")},
        ["p.pipe:4:10: Resource 'evnts' not found"],
        "data sources, pipes and nodes of the same pipe can be read by name",
    ),
    (
        {"p": pipe("SELECT * FROM Events")},
        ["p.pipe:3:19: Resource 'Events' not found"],
        "did you mean events?",
    ),
    (
        {"p": pipe("SELECT * FROM tinybird.releases_log, tinybird.pipe_stats")},
        ["p.pipe:3:19: Resource 'tinybird.releases_log' not found"],
        unknown_hint(),
    ),
    ({"p": pipe("DELETE FROM events")}, ["p.pipe:3:5: Only SELECT queries are allowed, this one starts with 'DELETE'"], ""),
    ({"p": pipe("SELECT 1, (2")}, ["p.pipe:3:15: Opening ( is never closed"], ""),
    ({"p": pipe("SELECT * FROM x", "SELECT * FROM y")}, ["p.pipe:3:19: Resource 'x' not found", "p.pipe:7:19: Resource 'y' not found"], None),
    ({"p": pipe("%\nSELECT 1 {% if x %}FROM gone{% else %}FROM events{% end %}")}, ["p.pipe:4:29: Resource 'gone' not found"], None),
    ({"p": pipe("%\n{% if defined(x) %}SELECT 1{% end %}")}, ["p.pipe:4:1: Template renders to an empty query without parameters"], None),
    ({"p": pipe("%\nSELECT {{Int32(x, 'a')}}")}, ["p.pipe:4:14: Template Syntax Error: Error validating 'a' to type Int32"], None),
    ({"p": pipe("SELECT 1", "%\n{% if defined(x) %}SELECT 1{% end %}")}, [], None),  # only the first must
    ({"p": pipe("%\nSELECT '{{Int(x, 1)}}', '{{x}}', {{list(y)[2]}}, {{z.get('a')}}")}, [], None),
    ({"p": pipe("SELECT * FROM b", "SELECT * FROM a")}, ["p.pipe:1:1: Nodes that read each other in a circle: a -> b -> a"], ""),
    ({"p": pipe("SELECT * FROM q"), "q": pipe("SELECT * FROM p")}, ["p.pipe:1:1: Nodes that read each other in a circle: p.a -> q.a -> p.a"], ""),
    (
        {"p": pipe("SELECT id FROM events", "WITH events AS (SELECT 5 AS id) SELECT a.id FROM a, events")},
        ["p.pipe:7:5: The node 'a' reads 'events', but WITH gives that name to something else where the node is used: rename it there"],
        "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("pipes", "messages", "hint"), FAULTS)
def test_faults_are_found_with_their_places(make: Make, pipes, messages, hint):
    queries = make(**pipes)
    errors = queries.problems()
    shown = [str(error).partition("\n")[0] for error in errors]
    assert [line.rpartition("/")[2] for line in shown] == messages
    assert hint is None or errors[0].hint == hint


def test_a_with_expression_may_have_the_name_of_what_it_reads(make: Make):
    queries = make(
        p=pipe("SELECT id FROM events", "WITH events AS (SELECT * FROM a) SELECT * FROM events")
    )
    assert queries.check() == []
    assert words(build(queries).sql) == (
        "WITH events AS (SELECT * FROM ( SELECT id FROM events ) AS `a`) SELECT * FROM events"
    )


def test_pipes_of_pipes_of_pipes(make: Make):
    chain = {f"p{n}": pipe(f"SELECT n + 1 AS n FROM p{n + 1}") for n in range(MAX_DEPTH + 2)}
    queries = make(**chain, **{f"p{MAX_DEPTH + 2}": pipe("SELECT 0 AS n")})
    assert build(queries, "p2").sql.count("SELECT") == MAX_DEPTH + 1
    with pytest.raises(QueryError, match="nested too deeply"):
        build(queries, "p1")


def test_unknown_pipe(make: Make):
    queries = make(p=pipe("SELECT 1"))
    assert find_pipe(queries.project, "p").name == "p"
    with pytest.raises(NotFoundError, match="The pipe 'q' does not exist"):
        find_pipe(queries.project, "q")


@pytest.mark.parametrize("name", ["a'b", "x" * 300, "P", ""])
def test_pipe_names_are_exact(make: Make, name: str):
    with pytest.raises(NotFoundError) as raised:
        find_pipe(make(p=pipe("SELECT 1")).project, name)
    assert raised.value.status == 404
