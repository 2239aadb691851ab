"""Data sources that materialized pipes fill: real views in chDB beside their queries on Trino."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.server.conftest import write_files
from tests.translate.pipes import PipeOracle
from tests.trino.client import Trino
from tests.trino.differential import Table, twins

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import UnsupportedClauseError, UnsupportedViewError
from martlet.files.project import load_project
from martlet.model import TableEngine
from martlet.query import QueryBuilder
from martlet.schema import apply_schema
from martlet.translate.tables import Partitions, TableFacts, View
from martlet.translate.translator import Translator
from martlet.types import parse_type

EVENTS = """\
SCHEMA >
    `id` UInt32 `json:$.id`,
    `ts` DateTime `json:$.ts`,
    `user` String `json:$.user`,
    `amount` Nullable(Int64) `json:$.amount`,
    `price` Float64 `json:$.price`,
    `tags` Array(String) `json:$.tags`

ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(ts)
ENGINE_SORTING_KEY id
"""
SECOND = """\
SCHEMA >
    `id` UInt32 `json:$.id`,
    `ts` DateTime `json:$.ts`,
    `who` String `json:$.who`

ENGINE Null
"""


def target(columns: str, engine: str) -> str:
    body = ",\n    ".join(line.strip() for line in columns.strip().splitlines())
    return f"SCHEMA >\n    {body}\n\n{engine}\n"


def view(name: str, sql: str) -> str:
    return f"NODE first\nSQL >\n    {sql}\n\nTYPE materialized\nDATASOURCE {name}\n"


FILES = {
    "datasources/events.datasource": EVENTS,
    "datasources/second.datasource": SECOND,
    # a view without groups, narrower types, and columns that it does not give
    "datasources/plain.datasource": target(
        """id UInt8
        day Date
        who LowCardinality(String)
        amount Nullable(Int32)
        price Decimal(9, 2)
        label String DEFAULT concat(who, '!\\n', toString(id))
        seven Nullable(Int64) DEFAULT 7
        kind Enum8('b' = 1, 'a' = 0)
        born Date32
        tags Array(String)
        note Nullable(String)""",
        "ENGINE MergeTree\nENGINE_SORTING_KEY id",
    ),
    "pipes/to_plain.pipe": view("plain", "SELECT id, ts AS day, user AS who, amount, price, tags FROM events WHERE user != 'it''s'"),
    # sums, by two views
    "datasources/sums.datasource": target(
        "day Date\nwho String\nhits UInt64\nseconds Int64\nlast SimpleAggregateFunction(max, DateTime)",
        "ENGINE SummingMergeTree\nENGINE_SORTING_KEY day, who",
    ),
    "pipes/to_sums.pipe": view("sums", "SELECT toDate(ts) AS day, user AS who, count() AS hits, sum(coalesce(amount, 0)) AS seconds, max(ts) AS last"
                               " FROM events GROUP BY day, who"),
    "pipes/to_sums_too.pipe": view("sums", "SELECT toDate(ts) AS day, who, count() AS hits, max(ts) AS last FROM second GROUP BY day, who"),
    # states
    "datasources/states.datasource": target(
        """day Date
        who String
        hits AggregateFunction(count)
        users AggregateFunction(uniqExact, String)
        total AggregateFunction(sum, Nullable(Int64))
        mean AggregateFunction(avg, Float64)
        newest AggregateFunction(argMax, String, DateTime)
        dear AggregateFunction(countIf, UInt8)
        first SimpleAggregateFunction(min, DateTime)""",
        "ENGINE AggregatingMergeTree\nENGINE_SORTING_KEY day, who",
    ),
    "pipes/to_states.pipe": view("states", "SELECT toDate(ts) AS day, user AS who, countState() AS hits, uniqExactState(user) AS users, sumState(amount) AS total,"
                                 " avgState(price) AS mean, argMaxState(toString(id), ts) AS newest, countIfState(price > 5) AS dear, min(ts) AS first"
                                 " FROM events GROUP BY day, who"),
    # a view of what views fill
    "datasources/months.datasource": target(
        "month Date\nhits UInt64", "ENGINE SummingMergeTree\nENGINE_SORTING_KEY month"
    ),
    "pipes/to_months.pipe": view("months", "SELECT toStartOfMonth(day) AS month, sum(hits) AS hits FROM sums GROUP BY month"),
    # versions
    "datasources/users.datasource": target(
        "who String\nid UInt32\nseen DateTime64(3)", "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY who\nENGINE_VER seen"
    ),
    "pipes/to_users.pipe": view("users", "SELECT user AS who, id, ts AS seen FROM events"),
    "datasources/lasts.datasource": target(
        "who String\nid UInt32", "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY who"
    ),
    "pipes/to_lasts.pipe": view("lasts", "SELECT user AS who, id FROM events"),
    # events of its own, and a view
    "datasources/both.datasource": target(
        "`id` UInt32 `json:$.id`\n`who` String `json:$.who` DEFAULT 'nobody'\n`double` UInt64 `json:$.double` DEFAULT id * 2",
        "ENGINE MergeTree\nENGINE_SORTING_KEY id",
    ),
    "pipes/to_both.pipe": view("both", "SELECT id FROM second"),
    # several nodes, a pipe, a template, ARRAY JOIN
    "datasources/tagged.datasource": target("tag String\nhits UInt64", "ENGINE SummingMergeTree\nENGINE_SORTING_KEY tag"),
    "pipes/cheap.pipe": "NODE n\nSQL >\n    SELECT * FROM events WHERE price < 15\n",
    "pipes/to_tagged.pipe": "NODE parts\nSQL >\n    SELECT arrayJoin(tags) AS tag FROM cheap\n\n"
    "NODE n\nSQL >\n    %\n    SELECT tag, count() AS hits FROM parts {% if True %} WHERE tag != 'a\\n' {% end %} GROUP BY tag\n\n"
    "TYPE materialized\nDATASOURCE tagged\n",
    # NULLs where the target has none
    "datasources/amounts.datasource": target("id UInt32\namount Int64", "ENGINE MergeTree\nENGINE_SORTING_KEY id"),
    "pipes/to_amounts.pipe": view("amounts", "SELECT id, if(price > 100, NULL, id) AS amount FROM events"),
}  # fmt: skip


def batches() -> Iterator[tuple[str, list[dict[str, object]]]]:
    rng = random.Random(5)
    number = 0
    for _ in range(4):
        rows = []
        for _ in range(25):
            number += 1
            rows.append({
                "id": number * 7, "user": rng.choice(["ann", "bob", "cléo", "it's", ""]),
                "ts": f"2024-0{rng.randrange(1, 4)}-1{rng.randrange(3)} 0{rng.randrange(10)}:{number % 60:02}:00",
                "amount": rng.choice([None, 0, 5, -3, 40]), "price": rng.choice([0.0, 9.75, 19.5, -1.25]),
                "tags": rng.choice([[], ["a"], ["a", "b"], ["ü", "c", "c"]]),
            })  # fmt: skip
        yield "events", rows
        yield (
            "second",
            [{"id": row["id"], "ts": row["ts"], "who": row["user"]} for row in rows[::2]],
        )
        yield (
            "both",
            [{"id": row["id"], "who": row["user"], "double": row["id"] * 2} for row in rows[::3]],
        )


def arrival(time: str, number: int) -> str:
    """Return the day on which a row arrived: from one before its time to two after."""
    day = date.fromisoformat(time[:10]) if time else date(2024, 1, 1)
    return str(day + timedelta(days=number % 4 - 1))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory):
    return load_project(write_files(tmp_path_factory.mktemp("views") / "project", FILES))


@pytest.fixture(scope="module")
def pipes(clickhouse_path: Path, trino: Trino, project) -> Iterator[PipeOracle]:
    """The project with views in chDB, fed by several inserts; in Trino the rows of events alone."""
    queries = QueryBuilder(project)
    engine = ClickHouse(clickhouse_path, database="views", settings=project.settings)
    apply_schema(engine, project, queries)
    for name in project.datasources:
        if name != "second":
            engine.command(f"SYSTEM STOP MERGES `{name}`")
    stored: dict[str, list[dict[str, object]]] = {}
    for name, rows in batches():
        stored.setdefault(name, []).extend(rows)
        writer = engine.writer()
        writer.insert(name, "\n".join(map(json.dumps, rows)).encode())
        writer.close()
    with twins(engine, trino) as opened:
        made = PipeOracle(project, queries, opened)
        for name, rows in stored.items():
            raw = [
                {**row, "dt": arrival(str(row.get("ts", "")), int(row["id"])),
                 "__ingested_at": 1_700_000_000_000 + number // 25, "__batch": "b", "__row": number}
                for number, row in enumerate(rows)
            ]  # fmt: skip
            random.Random(3).shuffle(raw)
            types = {
                "__ingested_at": "Int64",
                "__batch": "String",
                "__row": "Int64",
                "dt": "String",
            }
            opened.load(Table(f"raw_{name}", {**made.columns(name), **types}, raw))
            made.place(name, sql_name=f"raw_{name}", has_hidden=True)
            placed = replace(made.translations.tables[name], partitions=Partitions(None, 1))
            made.translations.tables[name] = placed
        yield made
    engine.close()


@pytest.mark.parametrize("sql", [
    "SELECT * FROM plain ORDER BY id, day, label",
    "SELECT who, count(), sum(price) FROM plain AS p WHERE p.day >= '2024-02-01' AND label LIKE 'a%' GROUP BY who ORDER BY who",
    "SELECT day, who, sum(hits), sum(seconds), max(last) FROM sums GROUP BY day, who ORDER BY day, who",
    "SELECT * FROM sums FINAL ORDER BY day, who",
    "SELECT day, countMerge(hits), uniqExactMerge(users), sumMerge(total), avgMerge(mean), argMaxMerge(newest), countIfMerge(dear), min(first)"
    " FROM states GROUP BY day ORDER BY day",
    "SELECT day, who, finalizeAggregation(hits), finalizeAggregation(mean), first FROM states FINAL ORDER BY day, who",
    "SELECT month, sum(hits) FROM months GROUP BY month ORDER BY month",
    "SELECT * FROM months FINAL ORDER BY month",
    "SELECT * FROM users FINAL ORDER BY who",
    "SELECT * FROM lasts FINAL ORDER BY who",
    "SELECT l.id, who FROM lasts AS l FINAL WHERE who != 'bob' ORDER BY who",
    "SELECT who, argMax(id, seen) FROM users GROUP BY who ORDER BY who",
    "SELECT * FROM both ORDER BY ALL",
    "SELECT * FROM both AS b WHERE b.id > 100 AND who = 'nobody' ORDER BY ALL",
    "SELECT tag, sum(hits) AS c FROM tagged GROUP BY tag ORDER BY tag",
    "SELECT count() FROM second",
    "SELECT count() FROM amounts",
    "SELECT p.id, u.id FROM plain AS p LEFT JOIN users AS u FINAL ON p.who = u.who ORDER BY ALL",
    "WITH events AS (SELECT 1 AS id) SELECT count(), sum(e.id) FROM plain, events AS e",
    "SELECT count() FROM events WHERE user IN (SELECT who FROM users)",
])  # fmt: skip
def test_what_views_fill_is_what_clickhouse_has(pipes: PipeOracle, sql: str):
    found = pipes.oracle.difference(sql)
    assert not found, found


@pytest.mark.parametrize(("sql", "days"), [
    ("SELECT day, count() FROM plain WHERE day >= '2024-02-12' GROUP BY day ORDER BY day", ["2024-02-11"]),
    ("SELECT who, sum(hits) FROM sums WHERE day >= '2024-02-11' AND day <= '2024-03-10' GROUP BY who ORDER BY who", ["2024-02-10"]),
    ("SELECT * FROM sums FINAL WHERE day = '2024-02-11' ORDER BY ALL", ["2024-02-10"]),
    ("SELECT day, countMerge(hits) FROM states WHERE day > '2024-02-11' GROUP BY day ORDER BY day", ["2024-02-10"]),
    ("SELECT month, sum(hits) AS h FROM months WHERE month >= '2024-02-01' GROUP BY month ORDER BY month", ["2024-01-31"]),
    ("SELECT who, argMax(id, seen) FROM users WHERE seen >= '2024-02-12 05:00:00' GROUP BY who ORDER BY who", ["2024-02-11"]),
    # what a later row replaces is no reason to leave a row out
    ("SELECT * FROM users FINAL WHERE seen >= '2024-02-12 05:00:00' ORDER BY ALL", []),
    ("SELECT count() FROM sums WHERE last >= '2024-03-01 00:00:00' AND hits < 0", []),
    ("SELECT a.day, b.hits FROM (SELECT day, sum(hits) AS h FROM sums WHERE day >= '2024-03-11' GROUP BY day) AS a"
     " JOIN (SELECT day, sum(hits) AS hits FROM sums GROUP BY day) AS b ON a.day = b.day ORDER BY a.day", ["2024-03-10"]),
    ("SELECT count() FROM sums AS a JOIN sums AS b ON a.who = b.who WHERE a.day >= '2024-03-11'", ["2024-03-10"]),
])  # fmt: skip
def test_days_that_a_view_need_not_read(pipes: PipeOracle, sql: str, days: list[str]):
    found = pipes.oracle.difference(sql) if "count()" not in sql or "GROUP" in sql else ""
    assert not found, found
    text = pipes.oracle.translate(sql).sql
    assert list(dict.fromkeys(re.findall(r"\.dt >= '([\d-]+)'", text))) == days
    assert "\x04" not in text
    assert " true" not in text


@pytest.mark.parametrize("view_sql", [
    "SELECT ts, id FROM e ORDER BY ts LIMIT 5",
    "SELECT ts, row_number() OVER (ORDER BY ts) AS id FROM e",
    "SELECT max(ts) AS ts, id FROM e GROUP BY id",
    "SELECT ts, id FROM e ORDER BY ts LIMIT 1 BY id",
    "SELECT addDays(ts, 1) AS ts, id FROM e",
])  # fmt: skip
def test_days_are_read_that_others_depend_on(view_sql: str):
    columns = {"id": parse_type("UInt64"), "ts": parse_type("DateTime")}
    events = TableFacts(columns, TableEngine(partition_key="ts"), partitions=Partitions())
    facts = TableFacts(columns, views=(View("v", view_sql),), has_events=False)
    translator = Translator({"t": facts, "e": events})
    assert (
        ".dt" not in translator.translate("SELECT id FROM t WHERE ts >= '2024-01-01 00:00:00'").sql
    )
    plain = replace(facts, views=(View("v", "SELECT ts, id FROM e"),))
    assert (
        ".dt"
        in Translator({"t": plain, "e": events})
        .translate("SELECT id FROM t WHERE ts >= '2024-01-01 00:00:00'")
        .sql
    )


def test_a_null_that_clickhouse_refuses_is_no_row():
    """In chDB such an insert fails, and its rows are in the quarantine."""
    text = "SELECT id, if(id > 2, NULL, id) AS n FROM events"
    columns = {"id": parse_type("UInt32"), "n": parse_type("UInt32")}
    facts = TableFacts(columns, views=(View("v", text),), has_events=False)
    sql = (
        Translator({"events": TableFacts({"id": parse_type("UInt32")}), "t": facts})
        .translate("SELECT * FROM t")
        .sql
    )
    assert "IS NOT NULL" in sql


@pytest.mark.parametrize("views", [
    ["SELECT id, max(n) AS n FROM e GROUP BY id"],
    ["SELECT DISTINCT id, n FROM e"],
    ["SELECT id, n FROM (SELECT * FROM e)"],
    ["SELECT e.id AS id, f.n AS n FROM e JOIN e AS f ON e.id = f.n"],
    ["SELECT id, n FROM e", "SELECT n AS id, n FROM e"],
])  # fmt: skip
def test_which_row_came_last_is_not_always_known(views: list[str]):
    columns = {"id": parse_type("UInt32"), "n": parse_type("UInt32")}
    facts = TableFacts(columns, TableEngine("ReplacingMergeTree", sorting_key="id"),
                       views=tuple(View("v", sql) for sql in views), has_events=False)  # fmt: skip
    with pytest.raises(UnsupportedClauseError, match="needs ENGINE_VER"):
        Translator({"t": facts, "e": TableFacts(columns)}).translate("SELECT * FROM t FINAL")


def test_a_view_that_reads_what_it_fills_is_refused():
    columns = {"id": parse_type("UInt32")}
    looped = TableFacts(columns, views=(View("loop", "SELECT id FROM t"),))
    with pytest.raises(UnsupportedViewError, match="pipe 'loop', which fills 't': reading 't'"):
        Translator({"t": looped}).translate("SELECT id FROM t")


def test_a_default_of_the_moment_is_refused_where_a_view_leaves_it_out():
    columns = {"id": parse_type("UInt32"), "at": parse_type("DateTime")}
    facts = TableFacts(columns, views=(View("v", "SELECT id FROM e"),), defaults={"at": None})
    events = TableFacts({"id": parse_type("UInt32"), "at": parse_type("DateTime")})
    with pytest.raises(UnsupportedViewError, match="column 'at', whose DEFAULT is of the moment"):
        Translator({"t": facts, "e": events}).translate("SELECT id FROM t")
    given = replace(facts, views=(View("v", "SELECT id, at FROM e"),))
    assert Translator({"t": given, "e": events}).translate("SELECT id FROM t").sql


def test_days_of_own_rows_are_pruned_beside_a_views():
    columns = {"id": parse_type("UInt32"), "ts": parse_type("DateTime")}
    events = TableFacts(columns, partitions=Partitions("2024-01-01"))
    facts = replace(events, views=(View("v", "SELECT id, ts FROM e WHERE ts > '2024-05-05'"),),
                    engine=replace(events.engine, partition_key="toYYYYMM(ts)"))  # fmt: skip
    sql = (
        Translator({"t": facts, "e": events})
        .translate("SELECT count() FROM t WHERE ts >= '2024-06-01 00:00:00'")
        .sql
    )
    assert "t.dt >= '2024-01-01' AND t.dt >= '2024-06-01'" in sql
    assert "e.dt >= '2024-01-01'" in sql
    assert "\x03" not in sql
