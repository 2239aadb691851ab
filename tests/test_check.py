"""Every error of a project at once, each with its place; nothing reported that is right."""

import random

import pytest
from tests.mutants import disagreements

from martlet.check import Report, check_project
from martlet.check_text import inventory_lines, warning_lines
from martlet.errors import QueryError
from martlet.inventory import Secret
from martlet.service_tables import unknown_hint

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

    def run(files: dict[str, str], *, engine: str = "clickhouse") -> Report:
        root = write_project({"events.datasource": EVENTS, **files})
        return check_project(root, environment={}, engine=engine)

    return run


def found(report: Report) -> list[str]:
    return [f"{error.location}: {error.message.split('. ')[0]}" for error in report.errors]


def unchecked(report: Report) -> dict[str, str]:
    return {each.pipe: each.reason for each in report.unchecked}


def not_run(report: Report) -> list[str]:
    return [f"{limit.location}: {limit.name}: {limit.reason}" for limit in report.limits]


def resources(report: Report) -> dict[str, dict]:
    return {item["name"]: item for item in report.as_json()["resources"]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM nowhere", "p.pipe:3:19: Resource 'nowhere' not found"),
        ("SELECT idd FROM events", "p.pipe:3:12: Unknown expression identifier `idd`"),
        (
            "SELECT fooBar(id) FROM events",
            "p.pipe:3:12: Function with name `fooBar` does not exist",
        ),
        (
            "SELECT id, count() FROM events",
            "p.pipe:3:12: Column '`",
        ),
        ("SELECT FROM WHERE", "p.pipe:3:22: Syntax error"),
        (
            "%\n    SELECT 'ü', {{Int8(x, 1)}}\n    FROM\n    WHERE {{Int8(y)}}",
            "p.pipe:6:5: Syntax error",
        ),
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
    report = check({"p.pipe": pipe(sql)})
    assert found(report) == []
    assert report.ok


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
    assert report.ok
    assert not_run(report) == [
        "s.datasource:2:5: s: no event can bring a value for 's', AggregateFunction(count)"
    ]


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
    report = check(files, engine="athena")
    assert not report.ok
    assert report.runs == {"clickhouse": True, "athena": False}
    items = resources(report)
    assert items["good"]["athena_ok"]
    assert not items["bad"]["athena_ok"]
    (error,) = items["bad"]["athena_errors"]
    assert (error["file"], error["line"], error["column"]) == ("bad.pipe", 3, 39)
    assert "sipHash128()" in error["message"]
    assert "athena_ok" not in items["events"]


# errors do not hide each other


def test_what_a_broken_file_does_not_concern_is_analysed(check):
    report = check(
        {
            "bad.datasource": "SCHEMA >\n    `a` Int65\nENGINE MergeTree\n",
            "bad_reader.pipe": pipe("SELECT a FROM bad"),
            "reader_of_reader.pipe": pipe("SELECT * FROM bad_reader"),
            "wrong.pipe": pipe("SELECT idd FROM events"),
            "fine.pipe": pipe("SELECT id FROM events"),
        }
    )
    assert [text.partition(": ")[0] for text in found(report)] == [
        "bad.datasource:2:9",
        "wrong.pipe:3:12",
    ]
    why = "'bad' has an error"
    assert unchecked(report) == {"bad_reader": why, "reader_of_reader": why}
    items = resources(report)
    assert items["bad_reader"]["unchecked"] == why
    assert items["fine"]["unchecked"] is None
    assert "athena_ok" in items["fine"]


def test_one_table_that_clickhouse_refuses_does_not_keep_the_others_from_being_made(check):
    bad = "SCHEMA >\n    `a` String DEFAULT toDate(b),\n    `c` UInt8\nENGINE MergeTree\n"
    target = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\n"
    report = check(
        {
            "bad.datasource": bad,
            "filled.datasource": target,
            "view.pipe": pipe(
                "SELECT count() AS n FROM bad", "TYPE materialized\nDATASOURCE filled\n"
            ),
            "reads_filled.pipe": pipe("SELECT nn FROM filled"),
        }
    )
    assert [text.partition(": ")[0] for text in found(report)] == [
        "bad.datasource:2:5",
        "reads_filled.pipe:3:12",
    ]
    assert unchecked(report) == {"view": "'bad' has an error"}


def test_an_error_of_a_node_is_not_repeated_by_what_reads_it(check):
    nodes = (
        "NODE first\nSQL >\n    SELECT idd FROM events\n"
        "NODE second\nSQL >\n    SELECT * FROM first\n"
        "NODE apart\nSQL >\n    SELECT tss FROM events\nTYPE endpoint\n"
    )
    other = pipe("SELECT count() AS c FROM a")
    report = check({"a.pipe": nodes, "b.pipe": other})
    assert [text.partition(": ")[0] for text in found(report)] == ["a.pipe:3:12", "a.pipe:9:12"]
    assert unchecked(report) == {"b": "node 'apart' of 'a' has an error"}


def test_an_error_in_an_included_file_is_of_the_pipes_that_include_it(check):
    report = check(
        {
            "common.incl": "NODE n\nSQL >\n    %\n    SELECT {{noFunction(x)}}\n",
            "p.pipe": 'INCLUDE "common.incl"\nNODE e\nSQL >\n    SELECT * FROM n\nTYPE endpoint\n',
            "q.pipe": pipe("SELECT * FROM p"),
        }
    )
    assert {text.partition(": ")[0] for text in found(report)} == {"common.incl:4:14"}
    assert unchecked(report) == {"q": "node 'n' of 'p' has an error"}


def test_views_in_a_chain_name_the_one_that_is_broken(check):
    table = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\n"
    view = "TYPE materialized\nDATASOURCE {}\nENGINE MergeTree\nENGINE_SORTING_KEY n\n"
    report = check(
        {
            "last.datasource": table,
            "one.pipe": pipe("SELECT idd AS n FROM events", view.format("made")),
            "two.pipe": pipe("SELECT n FROM made", "TYPE materialized\nDATASOURCE last\n"),
        }
    )
    assert [text.partition(": ")[0] for text in found(report)] == ["one.pipe:3:5"]
    assert unchecked(report) == {"two": "'made' has an error"}


def test_a_broken_data_source_that_a_function_reads(check):
    report = check(
        {
            "dim.datasource": "SCHEMA >\n    `a` Int65\nENGINE MergeTree\n",
            "p.pipe": pipe("SELECT joinGet('dim', 'v', id) AS v FROM events"),
        }
    )
    assert len(report.errors) == 1
    assert unchecked(report) == {"p": "'dim' has an error"}


def test_values_in_a_query_do_not_hide_its_errors(check):
    """The message quotes the query, and with it sample values; what is wrong is no value."""
    sql = "%\n    SELECT multiIf({{String(a)}} = 'x', id, idd) AS c FROM events"
    assert found(check({"p.pipe": pipe(sql)}))[0].startswith("p.pipe:4:")


def test_a_plain_node_over_a_template_has_no_errors_of_sample_values(check):
    nodes = "NODE a\nSQL >\n    %\n    SELECT {{String(x)}} AS t\nNODE b\nSQL >\n    SELECT toDate(t) AS d, arrayJoin(range(length(t))) FROM a\nTYPE endpoint\n"
    assert found(check({"p.pipe": nodes})) == []


def test_templates_that_cannot_be_checked_are_named(check):
    report = check(
        {
            "asks.pipe": pipe("%\n    SELECT {{symbol(c)}} FROM events"),
            "fails.pipe": pipe("%\n    SELECT toDateTime({{String(d)}}) AS d FROM events"),
        }
    )
    assert report.errors == []
    assert unchecked(report)["asks"] == "each request says which column or table it reads"


def test_a_copy_that_does_not_fit_its_target(check):
    target = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\n"
    more = "TYPE copy\nTARGET_DATASOURCE t\n"
    files = {"t.datasource": target, "p.pipe": pipe("SELECT count() AS c FROM events", more)}
    (error,) = check(files).errors
    assert error.message.endswith("its data source 't' does not have: c")
    assert check({**files, "p.pipe": pipe("SELECT count() AS n FROM events", more)}).ok


# what only ClickHouse finds in a data source has its place


COLUMNS = (
    "SCHEMA >\n    `a` String `json:$.a`,\n    `n` UInt64 `json:$.n`,\n    `t` DateTime `json:$.t`"
)


# text of a data source -> places of its errors
REFUSED = [
    (f"{COLUMNS},\n    `b` UInt8 DEFAULT noFunction(a)\n", ["5:5"]),
    (f"{COLUMNS} CODEC(NoCodec)\n", ["4:5"]),
    (f"{COLUMNS} CODEC(Delta, NoCodec),\n    `b` UInt8 DEFAULT zzz\n", ["4:5", "5:5"]),
    (f"{COLUMNS}\nINDEXES >\n    i n TYPE minmax\n    j n TYPE nothing\n", ["7:5"]),
    (f"{COLUMNS}\nINDEXES >\n    i zzz TYPE minmax\n", ["6:5"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_SORTING_KEY noFunction(n)\n", ["6:20"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_PARTITION_KEY noFunction(t)\n", ["6:22"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_TTL n\n", ["6:12"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_SETTINGS no_setting=1\n", ["6:17"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_PARTITION_KEY f(t)\nENGINE_TTL a\n", ["6:22", "7:12"]),
    (f"{COLUMNS}\nENGINE MergeTree\nENGINE_SORTING_KEY n\nENGINE_SAMPLING_KEY t\n", ["7:21"]),
    (f"{COLUMNS}\nENGINE ReplacingMergeTree\nENGINE_SORTING_KEY n\nENGINE_VER a\n", ["7:12"]),
    (f"{COLUMNS}\nENGINE CollapsingMergeTree\nENGINE_SORTING_KEY n\nENGINE_SIGN a\n", ["7:13"]),
]


def test_what_clickhouse_refuses_in_a_data_source_has_its_place(check):
    files = {f"d{n:02}.datasource": text for n, (text, _) in enumerate(REFUSED)}
    files |= {f"p{n:02}.pipe": pipe(f"SELECT * FROM d{n:02}") for n in range(len(REFUSED))}
    report = check(files)
    assert [str(error.location) for error in report.errors] == [
        f"d{n:02}.datasource:{place}" for n, (_, places) in enumerate(REFUSED) for place in places
    ]
    assert unchecked(report) == {f"p{n:02}": f"'d{n:02}' has an error" for n in range(len(REFUSED))}


# what does not run


def test_what_does_not_run_is_named_and_no_error(check):
    report = check(
        {
            "stream.datasource": "SCHEMA >\n    `a` String `json:$.a`\nENGINE MergeTree\nKAFKA_CONNECTION_NAME k\nKAFKA_TOPIC orders\nKAFKA_GROUP_ID g\nSHARED_WITH >\n    other\n",
            "files.datasource": "SCHEMA >\n    `id` Int64\nENGINE MergeTree\nIMPORT_CONNECTION_NAME s\nIMPORT_BUCKET_URI s3://b/*.csv\nIMPORT_SCHEDULE @auto\n",
            "service.pipe": pipe("SELECT count() AS c FROM tinybird.releases_log"),
            "reads.pipe": pipe("SELECT c FROM service"),
            "copy.pipe": pipe(
                "SELECT id FROM events",
                "TYPE copy\nTARGET_DATASOURCE files\nCOPY_SCHEDULE 0 * * * *\n",
            ),
            "outside.pipe": pipe(
                "SELECT id FROM url('http://x', CSV, 'id Int64')",
                "TYPE copy\nTARGET_DATASOURCE files\n",
            ),
            "out.pipe": pipe(
                "SELECT id FROM events",
                "TYPE sink\nEXPORT_CONNECTION_NAME k\nEXPORT_KAFKA_TOPIC t\nEXPORT_SCHEDULE @on-demand\n",
            ),
        }
    )
    assert found(report) == []
    assert report.ok
    assert not report.is_spotless
    assert not_run(report) == [
        "copy.pipe:6:15: copy: the schedule 0 * * * * is kept, nothing runs by itself",
        "files.datasource:5:1: files: nothing is read from the files s3://b/*.csv",
        "out.pipe:5:24: out: nothing is written to t: sinks do not run",
        "outside.pipe:3:20: outside: The query uses disabled table functions: 'url': nothing outside of the project is read",
        f"service.pipe:3:30: service: Resource 'tinybird.releases_log' not found: {unknown_hint()}",
        "stream.datasource:1:1: stream: it is not shared with other: there is one workspace",
        "stream.datasource:5:1: stream: nothing is read from the Kafka topic orders",
    ]
    assert unchecked(report) == {"reads": "node 'n' of 'service' does not run"}
    instead = {limit.name: limit.instead for limit in report.limits}
    assert "POST /v0/events?name=stream" in instead["stream"]
    assert "martlet append files FILE" in instead["files"]
    assert "POST /v0/pipes/copy/copy" in instead["copy"]
    (said,) = resources(report)["out"]["not_run"]
    assert (said["line"], said["instead"][:15]) == (5, "its SQL is chec")


@pytest.mark.parametrize(
    ("sql", "more"),
    [
        ("SELECT id FROM url('http://x', CSV, 'id Int64')", "TYPE endpoint\n"),
        ("SELECT count() AS n FROM tinybird.pipe_stats", "TYPE materialized\nDATASOURCE t\n"),
        ("SELECT id FROM file('x', CSV)", "TYPE copy\nTARGET_DATASOURCE t\n"),
    ],
)
def test_what_tinybird_refuses_too_is_an_error(check, sql: str, more: str):
    target = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\n"
    report = check({"t.datasource": target, "p.pipe": pipe(sql, more)})
    assert [str(error.location)[:7] for error in report.errors] == ["p.pipe:"]
    assert report.limits == []


def test_a_project_starts_although_a_pipe_does_not_run(make_workspace):
    workspace = make_workspace(
        {
            "events.datasource": EVENTS,
            "ops.pipe": pipe("SELECT * FROM organization.processed_data"),
            "fine.pipe": pipe("SELECT 1 AS one"),
        }
    )
    queries, pipes = workspace.live.queries, workspace.live.project.pipes
    assert queries.build(pipes["fine"], {}).sql
    with pytest.raises(QueryError, match=r"Resource 'organization\.processed_data' not found"):
        queries.build(pipes["ops"], {})


# the inventory


def test_what_each_resource_becomes(check):
    state = "SCHEMA >\n    `day` Date,\n    `n` AggregateFunction(count)\nENGINE AggregatingMergeTree\nENGINE_SORTING_KEY day\n"
    report = check(
        {
            "daily.datasource": state,
            "daily_mv.pipe": pipe(
                "SELECT toDate(ts) AS day, countState() AS n FROM events GROUP BY day",
                "TYPE materialized\nDATASOURCE daily\n",
            ),
            "top.pipe": 'TOKEN "app" READ\n'
            + pipe(
                "%\n    SELECT id FROM events WHERE id > {{Int64(least, 3, required=True)}} AND {{tb_secret('salt', 'x')}} != ''"
            ),
            "helper.pipe": pipe("SELECT 1 AS one", ""),
            "c.connection": 'TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS {{ tb_secret("servers") }}\n',
            ".env": "other=1\n",
        }
    )
    assert found(report) == []
    becomes = {name: item["becomes"] for name, item in resources(report).items()}
    assert becomes["events"] == {
        "type": "table", "engine": "MergeTree", "columns": 2, "takes_events": True,
        "quarantine": "events_quarantine", "filled_by": [], "fixture": None,
    }  # fmt: skip
    assert becomes["daily"]["filled_by"] == ["daily_mv"]
    assert becomes["daily"]["takes_events"] is False
    assert becomes["daily_mv"] == {"type": "materialized view", "from": ["events"], "to": "daily"}
    assert becomes["top"] == {
        "type": "endpoint",
        "url": "/v0/pipes/top.json",
        "parameters": [{"name": "least", "type": "Int64", "required": True, "default": 3}],
        "tests": None,
    }
    assert becomes["helper"] == {"type": "helper", "tests": None}
    assert becomes["c"] == {"type": "connection", "service": "kafka"}
    said = report.as_json()
    assert said["tokens"] == {"workspace admin token": ["ADMIN"], "app": ["PIPES:READ:top"]}
    assert said["secrets"] == [
        {"name": "salt", "has_value": False, "has_default": True, "files": ["top.pipe"]},
        {"name": "servers", "has_value": False, "has_default": False, "files": ["c.connection"]},
    ]
    assert said["runs"] == {"clickhouse": True, "athena": True}


def test_a_table_that_a_classic_node_defines_is_in_the_text_and_its_pipe_in_the_json(check):
    more = "TYPE materialized\nDATASOURCE made\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
    report = check({"p.pipe": pipe("SELECT id FROM events", more)})
    assert ("datasource", "made") in report.inventory.becomes
    assert resources(report)["p"]["becomes"]["to"] == "made"
    assert any(line.startswith("  made ") for line in inventory_lines(report))


def test_secrets_of_a_file_with_an_error(check):
    source = 'SCHEMA >\n    `a` String\nENGINE MergeTree\nENGINE_TTL {{ tb_secret("ttl") }}\n'
    report = check({"s.datasource": source})
    assert found(report) == ["s.datasource:4:12: Cannot access secret 'ttl'"]
    (secret,) = report.inventory.secrets
    assert secret == Secret("ttl", False, False, ("s.datasource",))


def test_warnings_of_many_files_are_said_once(check):
    files = {f"p{n}.pipe": "VERSION 1\n" + pipe("SELECT id FROM events") for n in range(3)}
    lines = list(warning_lines(check(files)))
    assert len(lines) == 4
    assert lines[0].endswith("(3 times)")
    assert lines[1:] == ["  p0.pipe:1:1", "  p1.pipe:1:1", "  p2.pipe:1:1"]


def test_names_that_the_api_reads_itself_give_a_warning(check):
    sql = "%\n    SELECT 'tag' AS tag, {{Int32(tag, 1)}} {% if token == 1 %}{% end %}, {{String(tags, '')}}"
    report = check({"p.pipe": pipe(sql)})
    places = {str(item.location): item.message.split("'")[1] for item in report.project.warnings}
    assert report.ok
    assert not report.is_spotless
    assert places == {"p.pipe:4:34": "tag", "p.pipe:4:50": "token"}


def test_what_check_calls_right_starts(tmp_path, clickhouse_path):
    assert disagreements(random.Random(1), tmp_path, clickhouse_path, 8) == []


def test_filters_of_tokens_are_tried_on_their_tables(check):
    report = check(
        {
            "good.token": "SCOPE DATASOURCES:READ:events:id = 1\n",
            "bad.token": "SCOPE PIPES:READ:p\nSCOPE DATASOURCES:READ:events:tenant = 'a'\n",
            "p.pipe": pipe("SELECT * FROM events"),
        }
    )
    (found,) = report.errors
    assert str(found.location) == "bad.token:2:7"
    assert found.message == (
        "The filter of 'events' does not fit 'events':"
        " Unknown expression or function identifier `tenant`"
    )
    assert report.inventory.tokens["good"] == ["DATASOURCES:READ:events:id = 1"]


def test_pipes_over_service_data_sources_are_checked_as_others(check):
    report = check(
        {
            "good.pipe": pipe(
                "SELECT pipe_name, max(duration) AS d FROM tinybird.pipe_stats_rt GROUP BY pipe_name"
            ),
            "merged.pipe": pipe(
                "SELECT avgMerge(avg_duration_state) AS d FROM tinybird.pipe_stats"
            ),
            "bad.pipe": pipe("SELECT nothing FROM tinybird.jobs_log"),
            "other.pipe": pipe("SELECT 1 FROM tinybird.releases_log"),
        },
        engine="athena",
    )
    assert found(report) == [
        "bad.pipe:3:12: Unknown expression identifier `nothing` (UNKNOWN_IDENTIFIER)"
    ]
    assert [line.partition(":")[0] for line in not_run(report)] == ["other.pipe"]
    items = resources(report)
    (error,) = items["good"]["athena_errors"]
    assert (error["line"], error["column"]) == (3, 47)
    assert (
        error["message"]
        == "The service data source 'tinybird.pipe_stats_rt' is not available on AWS yet"
    )
    assert not items["merged"]["athena_ok"]
