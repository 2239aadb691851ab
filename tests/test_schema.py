"""Tables and views: made, changed and filled; stored rows are never lost or made up."""

import pytest

from martlet.check import check_project
from martlet.errors import ConflictError, DatafileError, ProjectError, ViewError
from martlet.files.project import load_project
from martlet.ingest.sinks import Appended

EVENTS = """SCHEMA >
    `id` Int64 `json:$.id`,
    `kind` String `json:$.kind`
ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
COUNTS = """SCHEMA >
    `kind` String,
    `n` AggregateFunction(count)
ENGINE AggregatingMergeTree
ENGINE_SORTING_KEY kind
"""
COUNTS_VIEW = """NODE counts_node
SQL >
    SELECT kind, countState() AS n FROM events GROUP BY kind
TYPE materialized
DATASOURCE counts
"""
READ_COUNTS = """NODE read
SQL >
    SELECT kind, countMerge(n) AS n FROM counts GROUP BY kind ORDER BY kind
TYPE endpoint
"""
BASE = {"datasources/events.datasource": EVENTS}
VIEWED = {
    **BASE,
    "datasources/counts.datasource": COUNTS,
    "pipes/counts_view.pipe": COUNTS_VIEW,
    "pipes/read_counts.pipe": READ_COUNTS,
}


@pytest.fixture
def open_and_change(make_workspace, write_project):
    """Open a workspace, post events to `events`, and return it with a function that applies files."""

    def open_(files: dict[str, str], *events: str):
        workspace = make_workspace(files)
        if events:
            send(workspace, *events)

        def change(new: dict[str, str], *, remove: tuple[str, ...] = ()):
            root = workspace.live.project.root
            for name in remove:
                (root / name).unlink()
            write_project(new)
            return [str(change) for change in workspace.apply(load_project(root))]

        return workspace, change

    return open_


def send(workspace, *events: str) -> Appended:
    source = workspace.datasource("events")
    return workspace.append(source, "\n".join(events).encode(), "ndjson").result(30)


def ask(workspace, pipe: str) -> str:
    query = workspace.live.queries.build(workspace.live.project.pipes[pipe], {})
    return workspace.engine.execute(query.sql, format="JSONEachRow").body.decode()


def rows(workspace, sql: str) -> list[str]:
    return workspace.engine.command(sql).splitlines()


A, B, C = '{"id":1,"kind":"a"}', '{"id":2,"kind":"b"}', '{"id":3,"kind":"a"}'


def test_nothing_changes_when_nothing_changed(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    assert change({}) == []
    assert workspace.count("events") == 1


def test_a_view_sees_rows_and_its_target_answers(open_and_change):
    workspace, _ = open_and_change(VIEWED, A, B, C)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n{"kind":"b","n":1}\n'


def test_a_new_view_is_filled_from_the_rows_there(open_and_change):
    workspace, change = open_and_change(BASE, A, B, C)
    assert change(VIEWED) == ["counts created", "counts_view filled: from events"]
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n{"kind":"b","n":1}\n'
    send(workspace, A)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":3}\n{"kind":"b","n":1}\n'


def test_backfill_skip(open_and_change):
    workspace, change = open_and_change(BASE, A)
    change({**VIEWED, "datasources/counts.datasource": COUNTS + "BACKFILL skip\n"})
    assert ask(workspace, "read_counts") == ""


def test_a_chain_of_views_counts_each_row_once(open_and_change):
    second = {
        "datasources/kinds.datasource": "SCHEMA >\n    `kind` String,\n    `rows` UInt64\nENGINE MergeTree\nENGINE_SORTING_KEY kind\n",
        "datasources/copy.datasource": "SCHEMA >\n    `id` Int64,\n    `kind` String\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
        # In the order of names the later view comes first.
        "pipes/a_second.pipe": "NODE n\nSQL >\n    SELECT kind, count() AS rows FROM copy GROUP BY kind\nTYPE materialized\nDATASOURCE kinds\n",
        "pipes/b_first.pipe": "NODE n\nSQL >\n    SELECT id, kind FROM events\nTYPE materialized\nDATASOURCE copy\n",
    }
    workspace, change = open_and_change(BASE, A, B, C)
    change(second)
    assert rows(workspace, "SELECT sum(rows) FROM kinds") == ["3"]
    send(workspace, A)
    assert rows(workspace, "SELECT sum(rows) FROM kinds") == ["4"]


def test_a_changed_view_fills_its_target_again(open_and_change):
    workspace, change = open_and_change(VIEWED, A, B, C)
    made = change(
        {"pipes/counts_view.pipe": COUNTS_VIEW.replace("FROM events", "FROM events WHERE id > 1")}
    )
    assert made == [
        "counts recreated: filled again by its materialized pipes",
        "counts_view filled: from events",
    ]
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n{"kind":"b","n":1}\n'


def test_a_view_that_only_looks_different_is_the_same(open_and_change):
    _, change = open_and_change(VIEWED, A)
    same = COUNTS_VIEW.replace("FROM events", "\n        -- all of them\n        FROM   events")
    assert change({"pipes/counts_view.pipe": same}) == []


def test_a_changed_view_over_rows_that_expire_starts_with_new_rows(open_and_change):
    expiring = EVENTS.replace(
        "`kind` String", "`ts` DateTime `json:$.ts` DEFAULT now(),\n    `kind` String"
    )
    files = {
        **VIEWED,
        "datasources/events.datasource": expiring + "ENGINE_TTL ts + toIntervalDay(1)\n",
    }
    workspace, change = open_and_change(files, A, B)
    made = change(
        {"pipes/counts_view.pipe": COUNTS_VIEW.replace("FROM events", "FROM events WHERE id > 1")}
    )
    assert made == ["counts_view altered: for new rows; those stored stay as they are"]
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n{"kind":"b","n":1}\n'
    send(workspace, A, C)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n{"kind":"b","n":1}\n'


def test_a_removed_view_leaves_its_rows(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    assert change({}, remove=("pipes/counts_view.pipe",)) == ["counts_view dropped"]
    send(workspace, A)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n'


def test_an_added_column_keeps_the_rows(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    wider = EVENTS.replace(
        "`kind` String", "`user` String `json:$.user` DEFAULT 'nobody',\n    `kind` String"
    )
    assert change({"datasources/events.datasource": wider}) == ["events altered: user"]
    send(workspace, '{"id":9,"user":"u","kind":"z"}', '{"id":10,"kind":"z"}')
    assert rows(workspace, "SELECT * FROM events ORDER BY id") == [
        "1\tnobody\ta",
        "9\tu\tz",
        "10\tnobody\tz",
    ]
    assert send(workspace, '{"id":"x","user":"u","kind":"z"}') == Appended(0, 1)
    assert rows(workspace, "SELECT user, id FROM events_quarantine") == ["u\tx"]


def test_an_empty_table_is_made_anew(open_and_change):
    workspace, change = open_and_change(VIEWED)
    text = EVENTS.replace("`id` Int64", "`id` String")
    assert "events recreated: it was empty" in change({"datasources/events.datasource": text})
    send(workspace, '{"id":"x","kind":"a"}')
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EVENTS.replace("`id` Int64", "`id` String"), "column `id` was Int64 and is String"),
        (EVENTS.replace(",\n    `kind` String `json:$.kind`", ""), "column `kind` is gone"),
        (EVENTS.replace("ENGINE MergeTree", "ENGINE ReplacingMergeTree"), "the engine was"),
    ],
)
def test_rows_that_would_not_fit_any_more(open_and_change, text: str, message: str):
    workspace, change = open_and_change(BASE, A)
    before = rows(workspace, "SHOW CREATE TABLE events")
    with pytest.raises(
        ConflictError, match=f"The 1 stored rows of data source 'events' .*{message}"
    ) as raised:
        change({"datasources/events.datasource": text})
    assert raised.value.location is not None
    assert rows(workspace, "SHOW CREATE TABLE events") == before
    assert send(workspace, B) == Appended(1, 0)


def test_a_removed_data_source_keeps_its_rows_for_when_it_comes_back(open_and_change):
    other = {"datasources/other.datasource": EVENTS}
    workspace, change = open_and_change({**BASE, **other}, A)
    change({}, remove=("datasources/events.datasource",))
    change(BASE)
    assert workspace.count("events") == 1


def test_an_interrupted_start_leaves_nothing_behind(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    workspace.engine.command("CREATE TABLE __new_events (a Int8) ENGINE = Memory")
    change({})
    assert rows(workspace, "EXISTS TABLE __new_events") == ["0"]


def test_classic_target_from_the_node(open_and_change):
    view = COUNTS_VIEW + "ENGINE AggregatingMergeTree\nENGINE_SORTING_KEY kind\n"
    files = {**BASE, "pipes/counts_view.pipe": view, "pipes/read_counts.pipe": READ_COUNTS}
    workspace, change = open_and_change(files, A, B, C)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n{"kind":"b","n":1}\n'
    assert change({}) == []


def test_kafka_columns_need_not_be_declared(make_workspace):
    source = EVENTS + "KAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"
    pipe = "NODE n\nSQL >\n    SELECT __timestamp, __offset FROM events\nTYPE endpoint\n"
    workspace = make_workspace({"datasources/events.datasource": source, "pipes/p.pipe": pipe})
    assert ask(workspace, "p") == ""
    assert send(workspace, A) == Appended(1, 0)


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY id\nENGINE_VER ver", "1\t3\n"),
        ("ENGINE SummingMergeTree\nENGINE_SORTING_KEY id\nENGINE_COLUMNS ver", "1\t5\n"),
        ("ENGINE MergeTree\nENGINE_SORTING_KEY id\nENGINE_PARTITION_KEY ver", "1\t2\n1\t3\n"),
        (
            'ENGINE "MergeTree"\nENGINE_PARTITION_KEY ""\nENGINE_SORTING_KEY "tuple()"',
            "1\t2\n1\t3\n",
        ),
        ("ENGINE CollapsingMergeTree\nENGINE_SORTING_KEY id\nENGINE_SIGN sign", "1\t3\n"),
        ("ENGINE Null", ""),
    ],
)
def test_engines(make_workspace, engine: str, expected: str):
    schema = "SCHEMA >\n    `id` Int32 `json:$.id`,\n    `ver` UInt32 `json:$.ver`,\n    `sign` Int8 `json:$.sign` DEFAULT 1\n"
    workspace = make_workspace({"datasources/events.datasource": schema + engine + "\n"})
    send(workspace, '{"id":1,"ver":2}', '{"id":1,"ver":3}')
    final = (
        ""
        if "Null" in engine or '"MergeTree"' in engine or "ENGINE MergeTree" in engine
        else "FINAL"
    )
    assert workspace.engine.command(f"SELECT id, ver FROM events {final} ORDER BY ver") == expected


def test_keys_ttl_indexes_and_codecs_reach_the_table(make_workspace):
    source = """SCHEMA >
    `id` Int64 `json:$.id` CODEC(Delta, ZSTD(1)),
    `ts` DateTime64(3, 'Europe/Madrid') `json:$.ts` DEFAULT now64(3),
    `kind` String `json:$.kind`
INDEXES >
    by_kind kind TYPE set(10) GRANULARITY 2
ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(ts)
ENGINE_PRIMARY_KEY id
ENGINE_SORTING_KEY id, cityHash64(kind)
ENGINE_SAMPLING_KEY cityHash64(kind)
ENGINE_TTL toDateTime(ts) + toIntervalDay(30)
ENGINE_SETTINGS index_granularity=1024
"""
    primary = source.replace("ENGINE_PRIMARY_KEY id\n", "ENGINE_PRIMARY_KEY id, cityHash64(kind)\n")
    workspace = make_workspace({"datasources/events.datasource": primary})
    table = "\n".join(rows(workspace, "SHOW CREATE TABLE events"))
    for text in (
        "`id` Int64 CODEC(Delta(8), ZSTD(1))", "DEFAULT now64(3)", "INDEX by_kind kind TYPE set(10) GRANULARITY 2",
        "PARTITION BY (toYYYYMM(ts))", "PRIMARY KEY (id, cityHash64(kind))", "SAMPLE BY (cityHash64(kind))",
        "TTL toDateTime(ts) + toIntervalDay(30)", "index_granularity = 1024",
    ):  # fmt: skip
        assert text in table


def test_what_clickhouse_refuses_points_at_the_file(make_workspace):
    with pytest.raises(DatafileError, match="ClickHouse refuses data source 'events'") as raised:
        make_workspace(
            {"datasources/events.datasource": EVENTS + "ENGINE_SETTINGS no_such_setting=1\n"}
        )
    assert str(raised.value.location).startswith("datasources/events.datasource:")


def test_a_view_with_a_column_its_target_lacks(make_workspace):
    view = COUNTS_VIEW.replace("countState() AS n", "countState() AS m")
    with pytest.raises(
        DatafileError, match="makes columns that its data source 'counts' does not have: m"
    ):
        make_workspace({**VIEWED, "pipes/counts_view.pipe": view})


def test_views_in_a_circle(make_workspace):
    back = "NODE n\nSQL >\n    SELECT 1 AS id, kind FROM counts\nTYPE materialized\nDATASOURCE events\n"
    with pytest.raises(DatafileError, match="feed each other in a circle"):
        make_workspace({**VIEWED, "pipes/back.pipe": back})


def test_a_view_with_parameters(make_workspace):
    view = COUNTS_VIEW.replace("SELECT", "%\n    SELECT").replace(
        "FROM events", "FROM events WHERE id > {{Int32(least)}}"
    )
    with pytest.raises(ProjectError, match="has the template parameter 'least'"):
        make_workspace({**VIEWED, "pipes/counts_view.pipe": view})


def test_a_view_that_fails_on_a_row(make_workspace):
    view = COUNTS_VIEW.replace("SELECT kind,", "SELECT toString(throwIf(id = 66)) || kind AS kind,")
    workspace = make_workspace({**VIEWED, "pipes/counts_view.pipe": view})
    assert workspace.sink.trials == {"events": "__trial_events"}
    with pytest.raises(ViewError):
        send(workspace, '{"id":66,"kind":"x"}')
    assert send(workspace, A) == Appended(1, 0)
    assert workspace.count("events") == 2
    assert ask(workspace, "read_counts") == '{"kind":"0a","n":1}\n'


CHAIN = {
    **BASE,
    "datasources/t.datasource": "SCHEMA >\n    `id` Int64,\n    `kind` String\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
    "datasources/u.datasource": "SCHEMA >\n    `kind` String,\n    `rows` UInt64\nENGINE MergeTree\nENGINE_SORTING_KEY kind\n",
    "pipes/first.pipe": "NODE n\nSQL >\n    SELECT id, kind FROM events\nTYPE materialized\nDATASOURCE t\n",
    "pipes/second.pipe": "NODE n\nSQL >\n    SELECT kind, count() AS rows FROM t GROUP BY kind\nTYPE materialized\nDATASOURCE u\n",
}


def test_a_changed_view_fills_the_targets_behind_its_target_again(open_and_change):
    workspace, change = open_and_change(CHAIN, A, B, C)
    first = CHAIN["pipes/first.pipe"]
    change({"pipes/first.pipe": first.replace("FROM events", "FROM events WHERE id > 1")})
    assert rows(workspace, "SELECT sum(rows) FROM u") == ["2"]
    change({"pipes/first.pipe": first})
    assert rows(workspace, "SELECT sum(rows) FROM u") == ["3"]


def test_a_target_that_cannot_be_filled_again_does_not_see_old_rows_twice(open_and_change):
    copied = "NODE n\nSQL >\n    SELECT 'x' AS kind, 1 AS rows\nTYPE copy\nTARGET_DATASOURCE u\n"
    workspace, change = open_and_change({**CHAIN, "pipes/copied.pipe": copied}, A, B, C)
    change(
        {
            "pipes/first.pipe": CHAIN["pipes/first.pipe"].replace(
                "FROM events", "FROM events WHERE id > 1"
            )
        }
    )
    assert rows(workspace, "SELECT count() FROM t") == ["2"]
    assert rows(workspace, "SELECT sum(rows) FROM u") == ["3"]
    send(workspace, C)
    assert rows(workspace, "SELECT sum(rows) FROM u") == ["4"]


def test_indexes_ttl_and_settings_change_in_place(open_and_change):
    dated = EVENTS.replace(
        "`kind` String", "`ts` DateTime `json:$.ts` DEFAULT now(),\n    `kind` String"
    )
    workspace, change = open_and_change({"datasources/events.datasource": dated}, A)

    def table() -> str:
        return "\n".join(rows(workspace, "SHOW CREATE TABLE events"))

    indexed = (
        dated + "INDEXES >\n    by_kind kind TYPE set(10) GRANULARITY 2\n    by_id id TYPE minmax\n"
    )
    assert change({"datasources/events.datasource": indexed}) == ["events altered: by_kind, by_id"]
    assert "INDEX by_kind kind TYPE set(10) GRANULARITY 2" in table()
    fewer = dated + "INDEXES >\n    by_kind kind TYPE set(20) GRANULARITY 2\n"
    assert change({"datasources/events.datasource": fewer}) == ["events altered: by_kind, by_id"]
    assert "set(20)" in table()
    assert "by_id" not in table()
    expiring = (
        dated + 'ENGINE_TTL ts + toIntervalDay(1000)\nENGINE_SETTINGS "ttl_only_drop_parts=1"\n'
    )
    assert change({"datasources/events.datasource": expiring}) == [
        "events altered: by_kind, ttl_only_drop_parts, TTL"
    ]
    assert "TTL ts + toIntervalDay(1000)" in table()
    assert "ttl_only_drop_parts = 1" in table()
    assert change({}) == []
    change({"datasources/events.datasource": dated})
    assert "toIntervalDay" not in table()
    assert workspace.count("events") == 1


def test_a_filling_that_was_interrupted_is_done_again(open_and_change):
    workspace, change = open_and_change(VIEWED, A, B, C)
    workspace.engine.command("CREATE TABLE __fill_counts_view (a Int8) ENGINE = Memory")
    workspace.engine.command("TRUNCATE TABLE counts")
    assert change({}) == [
        "counts recreated: filled again by its materialized pipes",
        "counts_view filled: from events",
    ]
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n{"kind":"b","n":1}\n'


def test_a_definition_that_clickhouse_refuses_changes_nothing(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    with pytest.raises(DatafileError, match="noFunction"):
        change(
            {"pipes/counts_view.pipe": COUNTS_VIEW.replace("kind,", "noFunction(kind) AS kind,")}
        )
    assert workspace.sink.trials == {"events": "__trial_events"}
    send(workspace, B)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n{"kind":"b","n":1}\n'
    assert "__rehearsal" not in workspace.engine.command("SHOW DATABASES")


def test_a_view_that_fails_on_stored_rows(open_and_change):
    workspace, change = open_and_change(BASE, A, B)
    failing = COUNTS_VIEW.replace(
        "SELECT kind,", "SELECT toString(throwIf(id = 2)) || kind AS kind,"
    )
    with pytest.raises(DatafileError, match="cannot run: Value passed to 'throwIf'"):
        change({**VIEWED, "pipes/counts_view.pipe": failing})
    change({"pipes/counts_view.pipe": COUNTS_VIEW})
    assert ask(workspace, "read_counts") == '{"kind":"a","n":1}\n{"kind":"b","n":1}\n'


def test_a_view_that_reads_a_quarantine(open_and_change):
    """Tinybird's way to repair refused rows: what it cannot repair harms nothing."""
    repair = """NODE repair
SQL >
    SELECT toInt64(replaceAll(assumeNotNull(id), 'n', '')) AS id, kind FROM events_quarantine
TYPE materialized
DATASOURCE repaired
"""
    files = {
        **BASE,
        "repaired.datasource": "SCHEMA >\n    `id` Int64,\n    `kind` Nullable(String)\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
        "repair.pipe": repair,
    }
    workspace, change = open_and_change(files)
    events = workspace.datasource("events")
    sent = b'{"id": "n5", "kind": "a"}\n{"id": 6, "kind": "b"}'
    assert workspace.append(events, sent, "ndjson").result() == Appended(1, 1)
    assert rows(workspace, "SELECT id, kind FROM repaired") == ["5\ta"]
    sent = b'{"id": "what", "kind": "a"}\n{"id": 7, "kind": "b"}'
    assert workspace.append(events, sent, "ndjson").result() == Appended(1, 1)
    assert rows(workspace, "SELECT id FROM events ORDER BY id") == ["6", "7"]
    assert rows(workspace, "SELECT id FROM events_quarantine ORDER BY id") == ["n5", "what"]
    change({"repair.pipe": repair.replace("'n', ''", "'n', '1'")})
    assert rows(workspace, "SELECT id FROM events ORDER BY id") == ["6", "7"]


def test_filling_a_target_with_keys_of_all_kinds(open_and_change):
    keys = "ENGINE_PRIMARY_KEY kind\nENGINE_PARTITION_KEY kind\nENGINE_TTL at + toIntervalDay(1)\n"
    target = (
        "SCHEMA >\n    `kind` String,\n    `id` Int64,\n    `at` DateTime DEFAULT now()\n"
        f"ENGINE MergeTree\nENGINE_SORTING_KEY kind, id\n{keys}"
    )
    view = "NODE n\nSQL >\n    SELECT kind, id FROM events\nTYPE materialized\nDATASOURCE kept\n"
    workspace, change = open_and_change(BASE, A, B)
    change({"kept.datasource": target, "keep.pipe": view})
    assert rows(workspace, "SELECT id, kind, at > now() - 60 FROM kept ORDER BY id") == [
        "1\ta\t1",
        "2\tb\t1",
    ]


TIMED = EVENTS.replace("`kind` String", "`at` DateTime DEFAULT now(),\n    `kind` String")
# A view over rows that go with time is not filled again.
KEPT = {**VIEWED, "datasources/events.datasource": TIMED + "ENGINE_TTL at + toIntervalDay(99)\n"}
FAILING = {
    "datasources/a.datasource": "SCHEMA >\n    `n` UInt8\nENGINE MergeTree\nENGINE_SORTING_KEY n\n",
    "pipes/a_fails.pipe": "NODE n\nSQL >\n    SELECT throwIf(kind = 'a') AS n FROM events\nTYPE materialized\nDATASOURCE a\n",
}
OTHER_VIEW = {"pipes/counts_view.pipe": COUNTS_VIEW.replace("GROUP", "WHERE 1 GROUP")}


def test_a_refused_change_leaves_the_tables_on_which_groups_are_tried(open_and_change):
    workspace, change = open_and_change(VIEWED, A)
    with pytest.raises(ConflictError):
        change({"datasources/events.datasource": EVENTS.replace("Int64", "String")})
    assert workspace.sink.trials == {"events": "__trial_events"}
    assert "__trial_events" in rows(workspace, "SHOW TABLES")


@pytest.mark.parametrize(
    "more",
    [{}, {"datasources/events.datasource": KEPT["datasources/events.datasource"].replace(
        "`kind`", "`new` UInt8 DEFAULT 1,\n    `kind`")}],
    ids=["as it was", "a column was added"],
)  # fmt: skip
def test_a_change_that_fails_halfway_leaves_the_views_of_before(open_and_change, more):
    workspace, change = open_and_change(KEPT, A)
    with pytest.raises(DatafileError, match="a_fails"):
        change({**OTHER_VIEW, **FAILING, **more})
    send(workspace, A)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n'
    fixed = FAILING["pipes/a_fails.pipe"].replace("throwIf(kind = 'a')", "1")
    change({"pipes/a_fails.pipe": fixed})
    send(workspace, A)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":3}\n'
    assert not [name for name in rows(workspace, "SHOW TABLES") if "__remade" in name]


def test_who_dies_while_a_view_changes_leaves_the_live_one_alone(open_and_change, monkeypatch):
    workspace, change = open_and_change(KEPT, A)
    project = workspace.live.project

    def die(*_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("martlet.schema._Apply.apply_view", die)
    with pytest.raises(KeyboardInterrupt):
        change(OTHER_VIEW)
    monkeypatch.undo()
    assert "__view_counts_view" in rows(workspace, "SHOW TABLES")
    assert workspace.apply(project) == []
    send(workspace, A)
    assert ask(workspace, "read_counts") == '{"kind":"a","n":2}\n'


# What only ClickHouse finds, by data source: (a column or nothing, the lines below, the place).
REFUSED = {
    "index_type": ("", "INDEXES >\n    i id TYPE foo", "6:5"),
    "index_fit": ("", "INDEXES >\n    i v TYPE ngrambf_v1(3, 256, 2, 0)", "6:5"),
    "ttl": ("", "ENGINE_TTL id", "5:12"),
    "partition_random": ("", "ENGINE_PARTITION_KEY rand()", "5:22"),
    "partition_function": ("", "ENGINE_PARTITION_KEY nothing(ts)", "5:22"),
    "sorting_function": ("", "ENGINE_SORTING_KEY id, nothing(id)", "5:20"),
    "primary": ("", "ENGINE_SORTING_KEY id\nENGINE_PRIMARY_KEY ts", "6:20"),
    "sampling": ("", "ENGINE_SORTING_KEY id\nENGINE_SAMPLING_KEY v", "6:21"),
    "settings": ("", "ENGINE_SETTINGS foo=1", "5:17"),
    "sign": ("", "ENGINE CollapsingMergeTree\nENGINE_SORTING_KEY id\nENGINE_SIGN v", "7:13"),
    "ver": ("", "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY v\nENGINE_VER id", "7:12"),
    "codec": (",\n    c UInt8 CODEC(Foo)", "", "5:5"),
    "codec_fit": (",\n    c String CODEC(Delta)", "", "5:5"),
    "default_fit": (",\n    c UInt8 DEFAULT 'x'", "", "5:5"),
    "default_name": (",\n    c UInt8 DEFAULT nothing + 1", "", "5:5"),
    "decimal": (",\n    c Decimal(100, 2)", "", "5:5"),
    "low_cardinality": (",\n    c LowCardinality(Array(String))", "", "5:5"),
    "state": (",\n    c AggregateFunction(nonsense, UInt8)", "", "5:5"),
}


@pytest.mark.usefixtures("other_folders")
def test_places_of_what_clickhouse_refuses(write_project):
    columns = "SCHEMA >\n    id String,\n    ts DateTime,\n    v UInt32"
    root = write_project(
        {
            f"{name}.datasource": "\n".join([columns + column, lines, ""])
            for name, (column, lines, _) in REFUSED.items()
        }
    )
    found = {
        error.location.path: f"{error.location.line}:{error.location.column}"
        for error in check_project(root, environment={}).errors
    }
    assert found == {f"{name}.datasource": place for name, (*_, place) in REFUSED.items()}


def test_a_join_table_is_read_and_joined(make_workspace):
    keys = "ENGINE Join\nENGINE_JOIN_STRICTNESS ANY\nENGINE_JOIN_TYPE LEFT\nENGINE_KEY_COLUMNS id\n"
    events = EVENTS.replace("ENGINE MergeTree\nENGINE_SORTING_KEY id\n", keys)
    sql = (
        "SELECT toInt64(n.number) AS id, kind, joinGet('events', 'kind', id) AS same"
        " FROM (SELECT number, toInt64(number) AS id FROM numbers(1, 2)) n"
        " ANY LEFT JOIN events USING id ORDER BY id"
    )
    workspace = make_workspace(
        {
            "datasources/events.datasource": events,
            "pipes/read.pipe": f"NODE n\nSQL >\n    {sql}\nTYPE endpoint\n",
        }
    )
    send(workspace, A)
    assert (
        ask(workspace, "read") == '{"id":1,"kind":"a","same":"a"}\n{"id":2,"kind":"","same":""}\n'
    )
