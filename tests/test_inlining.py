"""Nodes and pipes inside one another: the query means what the pipe says, and ClickHouse runs it."""

import pytest

from martlet import resolution
from martlet.errors import QueryError

EVENTS = "SCHEMA >\n    `id` Int64 `json:$.id`,\n    `kind` String `json:$.kind`\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"


@pytest.fixture
def ask(make_workspace):
    """Answer a pipe of the given nodes over three events, as CSV."""

    def ask(pipe: str, others: dict[str, str] | None = None, **values: object) -> str:
        files = {"events.datasource": EVENTS, "p.pipe": pipe, **(others or {})}
        workspace = make_workspace(files)
        body = b'{"id":1,"kind":"a"}\n{"id":2,"kind":"b"}\n{"id":3,"kind":"a"}'
        workspace.append(workspace.datasource("events"), body, "ndjson").result(30)
        query = workspace.live.queries.build(workspace.live.project.pipes["p"], values)
        return workspace.engine.execute(
            query.sql, format="CSV", settings=query.settings, parameters=query.secrets
        ).body.decode()

    return ask


def pipe(*nodes: tuple[str, str], kind: str = "endpoint") -> str:
    texts = [f"NODE {name}\nSQL >\n{sql}\n" for name, sql in nodes]
    return "\n".join(texts) + (f"TYPE {kind}\n" if kind else "")


@pytest.mark.parametrize("indent", ["", "    ", "\n\n        ", "    -- a comment\n    "])
def test_a_node_is_a_subquery_wherever_it_starts(ask, indent: str):
    text = pipe(
        ("a", f"{indent}SELECT id FROM events WHERE id > 1"),
        ("b", f"{indent}SELECT sum(id) FROM a"),
    )
    assert ask(text) == "5\n"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("SELECT a.id FROM a ORDER BY a.id", "2\n3\n"),
        ("SELECT x.id FROM a AS x ORDER BY 1", "2\n3\n"),
        ("SELECT id FROM events WHERE id IN a ORDER BY id", "2\n3\n"),
        ("SELECT id FROM events WHERE id NOT IN (a)", "1\n"),
        ("SELECT l.id, r.id FROM a AS l JOIN a AS r ON l.id = r.id ORDER BY 1", "2,2\n3,3\n"),
        ("SELECT count() FROM a, events", "6\n"),
        ("WITH a AS (SELECT 7 AS id) SELECT id FROM a", "7\n"),
        ("WITH (SELECT max(id) FROM a) AS m SELECT m", "3\n"),
        ("SELECT id FROM a WHERE 0 UNION ALL SELECT 9 AS id FROM a LIMIT 1", "9\n"),
        ("SELECT sum(id) FROM (SELECT id FROM (SELECT id FROM a))", "5\n"),
        ("SELECT a FROM (SELECT id AS a FROM a) ORDER BY a", "2\n3\n"),
        ("SELECT id -- FROM a\nFROM a /* a */ ORDER BY id;", "2\n3\n"),
    ],
)
def test_ways_to_name_a_node(ask, second: str, expected: str):
    first = "SELECT id FROM events WHERE id > 1 -- no more\n"
    assert ask(pipe(("a", f"    {first}"), ("b", f"    {second}"))) == expected


def test_later_nodes_can_be_read(ask):
    assert (
        ask(
            "NODE out\nSQL >\n    SELECT count() FROM later\nTYPE endpoint\n\nNODE later\nSQL >\n    SELECT * FROM events\n"
        )
        == "3\n"
    )


def test_a_node_named_like_its_data_source(ask):
    assert (
        ask(
            pipe(
                ("events", "    SELECT id FROM events WHERE id = 2"),
                ("out", "    SELECT * FROM events"),
            )
        )
        == "2\n"
    )


def test_other_pipes_and_their_parameters(ask):
    other = pipe(("n", "    %\n    SELECT id FROM events WHERE id >= {{Int64(least, 0)}}"), kind="")
    text = pipe(("m", "    SELECT sum(id) FROM other"))
    assert ask(text, {"other.pipe": other}) == "6\n"
    assert ask(text, {"other.pipe": other}, least="3") == "3\n"


def test_parameters_reach_every_node(ask):
    text = pipe(
        ("a", "%\n    SELECT id FROM events WHERE id > {{Int64(least)}}"),
        ("b", "%\n    SELECT id * {{Int64(least)}} FROM a ORDER BY id"),
    )
    assert ask(text, least="2") == "6\n"


def test_the_table_is_chosen_by_a_parameter(ask):
    text = pipe(
        ("a", "    SELECT 1 AS id"),
        ("b", "%\n    SELECT sum(id) FROM {{table(source)}}"),
    )
    assert ask(text, source="a") == "1\n"
    assert ask(text, source="events") == "6\n"
    with pytest.raises(QueryError, match="Resource 'elsewhere' not found"):
        ask(text, source="elsewhere")


def test_threads_are_capped(ask):
    text = pipe(("a", "%\n    SELECT {{max_threads(threads)}} getSetting('max_threads')"))
    assert ask(text, threads=1) == "1\n"
    assert ask(text, threads=10**6) == "16\n"


def test_nodes_that_read_each_other_twice_do_not_grow_without_end(ask):
    nodes = [("n0", "    SELECT id FROM events")]
    nodes += [(f"n{i}", f"    SELECT a.id FROM n{i - 1} AS a, n{i - 1} AS b") for i in range(1, 30)]
    with pytest.raises(QueryError, match="The query reads more than 1000 nodes"):
        ask(pipe(*nodes))


def test_long_queries_are_not_remembered(ask):
    text = pipe(("a", "%\n    SELECT length({{String(long)}}) AS n"))
    assert ask(text, long="x") == "1\n"
    before = resolution._scan_once.cache_info().currsize
    assert ask(text, long="x" * 100_000) == "100000\n"
    assert resolution._scan_once.cache_info().currsize == before
