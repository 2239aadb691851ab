"""Copy pipes: all rows of the result, or nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from martlet.copies import prepare_copy, run_copy
from martlet.errors import ConflictError, QueryError, RequestError, TemplateError
from martlet.jobstore import CancelledJobError, Job
from martlet.model import Settings

SOURCE = "SCHEMA >\n    `id` Int64 `json:$.id`\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
TARGET = "SCHEMA >\n    `id` Int64,\n    `at` String DEFAULT 'x'\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
SEEN = "SCHEMA >\n    `n` UInt64\nENGINE MergeTree\nENGINE_SORTING_KEY n\n"
COPY = """NODE n
SQL >
    %
    SELECT id, throwIf(id = {{Int32(bad, -1)}}) = 0 ? 'at' : '' AS at FROM source WHERE id >= {{Int32(least, 0)}}
TYPE copy
TARGET_DATASOURCE target
COPY_SCHEDULE @on-demand
"""
WATCH = "NODE n\nSQL >\n    SELECT count() AS n FROM target\nTYPE materialized\nDATASOURCE seen\n"
FILES = {
    "source.datasource": SOURCE,
    "target.datasource": TARGET,
    "copy.pipe": COPY,
    "stamp.pipe": "NODE n\nSQL >\n    %\n    SELECT 1 AS id, {{String(job_timestamp)}} AS at\nTYPE copy\nTARGET_DATASOURCE target\nCOPY_MODE replace\n",
    "plain.pipe": "NODE n\nSQL >\n    SELECT 1\nTYPE endpoint\n",
}


@pytest.fixture
def workspace(make_workspace):
    workspace = make_workspace(FILES)
    body = b'{"id":1}\n{"id":2}\n{"id":3}'
    workspace.append(workspace.datasource("source"), body, "ndjson").result(30)
    return workspace


def copy(
    workspace, name: str = "copy", mode: str | None = None, *, job: Job | None = None, **values
):
    live = workspace.live
    prepared = prepare_copy(live.project.pipes[name], values, mode=mode, queries=live.queries)
    return run_copy(prepared, job or Job(), engine=workspace.engine, sink=workspace.sink)


def test_a_cancelled_copy_writes_nothing(workspace):
    job = Job()
    job.stop()
    for mode in ("append", "replace"):
        with pytest.raises(CancelledJobError):
            copy(workspace, mode=mode, job=job)
    assert ids(workspace) == "[]"
    assert "__copy" not in workspace.engine.command("SHOW TABLES")


def ids(workspace) -> str:
    return workspace.engine.command("SELECT arraySort(groupArray(id)) FROM target").strip()


def test_append_and_replace(workspace):
    assert copy(workspace) == 3
    assert copy(workspace, least=3) == 1
    assert ids(workspace) == "[1,2,3,3]"
    assert copy(workspace, mode="replace", least="2") == 2
    assert ids(workspace) == "[2,3]"


def test_the_pipes_own_mode_and_job_timestamp(workspace):
    copy(workspace)
    assert copy(workspace, "stamp") == 1
    assert (
        workspace.engine.command(
            "SELECT match(at, '^20\\\\d\\\\d-\\\\d\\\\d-\\\\d\\\\d \\\\d\\\\d:') FROM target"
        )
        == "1\n"
    )


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_query_that_fails_changes_nothing(workspace, mode: str):
    copy(workspace)
    with pytest.raises(QueryError, match="throwIf"):
        copy(workspace, mode=mode, bad=3)
    assert ids(workspace) == "[1,2,3]"
    assert "__copy" not in workspace.engine.command("SHOW TABLES")


def test_views_of_the_target_see_appended_rows(make_workspace):
    workspace = make_workspace({**FILES, "seen.datasource": SEEN, "watch.pipe": WATCH})
    workspace.append(workspace.datasource("source"), b'{"id":1}', "ndjson").result(30)
    copy(workspace)
    assert workspace.engine.command("SELECT sum(n) FROM seen") == "1\n"


def test_refused(workspace):
    with pytest.raises(ConflictError, match="'plain' is not a copy pipe"):
        copy(workspace, "plain")
    with pytest.raises(RequestError, match="Copy mode 'upsert' is not one of: append, replace"):
        copy(workspace, mode="upsert")
    with pytest.raises(TemplateError, match="Error validating 'x' to type Int32"):
        copy(workspace, least="x")


def test_into_a_data_source_of_engine_null(make_workspace):
    null = TARGET.replace("ENGINE MergeTree\nENGINE_SORTING_KEY id", "ENGINE Null")
    workspace = make_workspace(
        {**FILES, "target.datasource": null, "seen.datasource": SEEN, "watch.pipe": WATCH}
    )
    workspace.append(workspace.datasource("source"), b'{"id":1}\n{"id":2}', "ndjson").result(30)
    assert copy(workspace) == 2
    assert workspace.engine.command("SELECT sum(n) FROM seen") == "2\n"


def test_a_replaced_table_is_the_same_data_source(workspace):
    copy(workspace, mode="replace")
    assert workspace.apply(workspace.live.project) == []


def test_a_target_that_changes_meanwhile_is_left_alone(workspace, monkeypatch):
    from martlet.engines.clickhouse import ClickHouse

    run = ClickHouse.command_apart

    def change_then_run(engine, sql: str, **options) -> None:
        engine.command("ALTER TABLE target ADD COLUMN more UInt8")
        run(engine, sql, **options)

    monkeypatch.setattr(ClickHouse, "command_apart", change_then_run)
    with pytest.raises(ConflictError, match="'target' changed while the copy ran"):
        copy(workspace, mode="replace")
    assert "more" in workspace.engine.command("DESCRIBE TABLE target")


def test_a_long_copy_holds_neither_commands_nor_commits(make_workspace, monkeypatch):
    monkeypatch.setattr("martlet.copies.COPY_TIMEOUT_S", 3)
    endless = COPY.replace("FROM source", "FROM source, numbers(100000000000)")
    workspace = make_workspace({**FILES, "copy.pipe": endless})
    source = workspace.datasource("source")
    workspace.append(source, b'{"id":1}', "ndjson").result(30)
    with ThreadPoolExecutor() as threads:
        copying = threads.submit(copy, workspace)
        time.sleep(0.5)  # it is in its query
        workspace.apply(replace(workspace.live.project, settings=Settings(join_use_nulls=True)))
        workspace.append(source, b'{"id":3}', "ndjson").result(30)
        assert not copying.done()
        with pytest.raises(QueryError, match="Timeout exceeded"):
            copying.result(30)


def test_a_copy_has_limits_of_its_own(workspace, monkeypatch):
    monkeypatch.setattr("martlet.copies.COPY_TIMEOUT_S", 1)
    endless = COPY.replace("FROM source", "FROM source, numbers(100000000000)")
    root = workspace.live.project.root
    (root / "copy.pipe").write_text(endless)
    from martlet.files.project import load_project

    workspace.apply(load_project(root))
    with pytest.raises(QueryError, match="Timeout exceeded"):
        copy(workspace)
    assert ids(workspace) == "[]"
