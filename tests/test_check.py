"""Every error of a project at once, each with its place; nothing reported that is right."""

import pytest

from martlet.check import Report, check_project

EVENTS = "SCHEMA >\n    `id` Int64 `json:$.id`,\n    `ts` DateTime `json:$.ts`\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"


def pipe(sql: str, more: str = "TYPE endpoint\n") -> str:
    return f"NODE n\nSQL >\n    {sql}\n{more}"


@pytest.fixture
def check(write_project, clickhouse_path, monkeypatch):
    """Check files; this process has its one chDB folder, so the empty ClickHouse is there too."""
    from martlet import check as module
    from martlet.engines.clickhouse import ClickHouse

    numbers = iter(range(1000))

    def empty(path, *, settings):
        return ClickHouse(
            clickhouse_path, settings=settings, database=f"check_{path.name}_{next(numbers)}"
        )

    monkeypatch.setattr(module, "ClickHouse", empty)

    def run(files: dict[str, str], *, athena: bool = False) -> Report:
        root = write_project({"events.datasource": EVENTS, **files})
        return check_project(root, environment={}, athena=athena)

    return run


def found(report: Report) -> list[str]:
    return [f"{error.location}: {error.message.split('. ')[0]}" for error in report.errors]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM nowhere", "p.pipe:3:19: Resource 'nowhere' not found"),
        (
            "SELECT * FROM tinybird.pipe_stats",
            "p.pipe:3:19: Resource 'tinybird.pipe_stats' not found",
        ),
        ("SELECT idd FROM events", "p.pipe:3:12: Unknown expression identifier `idd`"),
        (
            "SELECT fooBar(id) FROM events",
            "p.pipe:3:12: Function with name `fooBar` does not exist",
        ),
        (
            "SELECT id, count() FROM events",
            "p.pipe:3:12: Column '`",
        ),
        ("SELECT FROM WHERE", "p.pipe:3:5: Syntax error"),
        ("SELECT 1; SELECT 2", "p.pipe:3:13: Only one statement is allowed"),
        ("SELECT 1 FORMAT CSV", "p.pipe:3:14: FORMAT is not allowed in a pipe"),
        ("SELECT 'abc", "p.pipe:3:12: Unclosed string literal '"),
        ("SELECT {{Int32(a}} FROM events", "p.pipe:3:19: '(' was never closed"),
        ("SELECT * FROM n2", "p.pipe:3:19: Resource 'n2' not found"),
        ("SELECT toDateTime('x') FROM events", "p.pipe:3:"),
    ],
)
def test_one_error(check, sql: str, expected: str):
    report = check({"p.pipe": pipe(sql)})
    assert len(report.errors) == 1, found(report)
    assert found(report)[0].startswith(expected)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM events WHERE ts > {{DateTime(since)}}",
        "%\n    SELECT {{column(c)}} FROM events ORDER BY {{symbol(s)}}",
        "%\n    SELECT * FROM {{table(t)}}",
        "%\n    SELECT toDateTime({{String(d)}}) AS d FROM events",
        "%\n    SELECT id FROM events WHERE id IN {{Array(ids, 'Int64')}} LIMIT {{Int32(limit, 10)}}",
        "%\n    {% if not defined(a) %} {{ error('a is required') }} {% end %} SELECT id FROM events",
        "%\n    SELECT id FROM events WHERE {{sql_and(id__gt=Int64(least))}}",
        "SELECT a.id FROM events a ANY LEFT JOIN events b USING id",
    ],
)
def test_nothing_to_report(check, sql: str):
    assert found(check({"p.pipe": pipe(sql)})) == []


def test_errors_of_branches_no_request_takes_by_itself(check):
    sql = "%\n    SELECT id FROM events WHERE 1 {% if defined(a) %} AND aa = 1 {% elif b == 'x' %} AND bb {% else %} AND id IN (SELECT 1 FROM cc) {% end %}"
    assert found(check({"p.pipe": pipe(sql)})) == ["p.pipe:4:129: Resource 'cc' not found"]
    sql = sql.replace("IN (SELECT 1 FROM cc)", "= cc")
    messages = " ".join(found(check({"p.pipe": pipe(sql)})))
    assert "`aa`" in messages
    assert "`bb`" in messages
    assert "`cc`" in messages


def test_messages_do_not_repeat_the_whole_query(check):
    report = check({"p.pipe": pipe("SELECT idd FROM events WHERE id IN (SELECT 1)")})
    (error,) = report.errors
    assert "`idd`" in error.message
    assert error.message.endswith("(UNKNOWN_IDENTIFIER)")
    assert "In scope" not in error.message


def test_branches_that_one_request_cannot_take_together(check):
    hourly = "SCHEMA >\n    `hour` DateTime,\n    `n` AggregateFunction(count)\nENGINE AggregatingMergeTree\nENGINE_SORTING_KEY hour\n"
    nodes = (
        "NODE source\nSQL >\n    %\n    {% if span == 'day' %} SELECT id, ts FROM events {% else %} SELECT id, toDate(ts) AS day FROM events {% end %}\n"
        "NODE n\nSQL >\n    %\n    SELECT {% if hours > 24 * 7 %} countMerge(n) {% else %} count(ts) {% end %} AS c FROM {% if hours > 24 * 7 %} hourly {% else %} events {% end %}\n"
        "NODE last\nSQL >\n    %\n    SELECT {% if span == 'day' %} ts {% else %} day {% end %} FROM source\nTYPE endpoint\n"
    )
    assert found(check({"hourly.datasource": hourly, "p.pipe": nodes})) == []


def test_all_errors_of_all_files(check):
    report = check(
        {
            "a.pipe": pipe("SELECT * FROM nowhere"),
            "b.pipe": pipe("SELECT * FROM c"),
            "c.pipe": pipe("SELECT * FROM b"),
            "d.datasource": EVENTS.replace("Int64", "Int65").replace(
                "SORTING_KEY id", "SORTING_KEY idd"
            ),
            "e.pipe": "NODE n\nSQL >\n    SELECT 1 AS id, now() AS ts\nTYPE materialized\nDATASOURCE nothing\n",
            "f.pipe": "TYPE endpoint\n",
        }
    )
    files = {error.location.path for error in report.errors if error.location}
    assert files == {"a.pipe", "b.pipe", "d.datasource", "e.pipe", "f.pipe"}
    assert any("in a circle: b.n -> c.n -> b.n" in error.message for error in report.errors)
    resources = {r["file"]: r for r in report.as_json()["resources"]}
    assert set(resources) == files | {"events.datasource", "c.pipe"}
    assert resources["events.datasource"]["ok"] is True
    assert resources["d.datasource"]["ok"] is False
    assert {e["line"] for e in resources["d.datasource"]["errors"]} == {2}


def test_a_path_for_a_type_that_no_event_can_carry(check):
    source = "SCHEMA >\n    `s` AggregateFunction(count) `json:$.s`\nENGINE MergeTree\n"
    report = check({"s.datasource": source})
    assert len(report.errors) == 1
    assert found(report)[0].startswith("s.datasource:2:")


def test_a_view_that_cannot_run_is_found(check):
    target = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\n"
    report = check(
        {
            "t.datasource": target,
            "v.pipe": pipe(
                "SELECT count() AS n, idd FROM events GROUP BY idd",
                "TYPE materialized\nDATASOURCE t\n",
            ),
        }
    )
    assert len(report.errors) == 1
    assert "cannot run: Unknown expression identifier `idd`" in report.errors[0].message


def test_for_athena_each_pipe_says_whether_it_runs_there_and_why_not(check):
    files = {
        "good.pipe": pipe("SELECT count() AS c FROM events"),
        "bad.pipe": pipe("SELECT id, toStartOfDay(ts) AS d, sipHash128(id) AS r FROM events"),
    }
    assert check(files).ok
    report = check(files, athena=True)
    assert not report.ok
    resources = {item["name"]: item for item in report.as_json()["resources"]}
    assert resources["good"]["athena_ok"]
    assert not resources["bad"]["athena_ok"]
    (error,) = resources["bad"]["athena_errors"]
    assert (error["file"], error["line"], error["column"]) == ("bad.pipe", 3, 39)
    assert "sipHash128()" in error["message"]
    assert "athena_ok" not in resources["events"]
