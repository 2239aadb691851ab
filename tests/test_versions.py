"""Versions of tables: counted around every change, those of what follows from it too."""

import threading

import pytest

from martlet.copies import prepare_copy, run_copy
from martlet.ingest.rows import RefusedRow
from martlet.ingest.sinks import Batch
from martlet.jobstore import Job
from martlet.staging import Stages, swap
from martlet.versions import Versions


def test_a_change_is_seen_from_its_beginning_to_its_end_and_after():
    versions = Versions()
    before = versions.of(["t"])
    assert versions.are(before)
    with versions.changing(["t"]):
        within = versions.of(["t"])
        assert not versions.are(before)
        assert not within.is_settled
        assert not versions.are(within)
    after = versions.of(["t"])
    assert not versions.are(before)
    assert not versions.are(within)
    assert versions.are(after)


def test_a_change_that_fails_counts():
    versions = Versions()
    before = versions.of(["t"])
    with pytest.raises(ValueError, match="in between"), versions.changing(["t"]):
        raise ValueError("in between")
    assert not versions.are(before)
    assert versions.of(["t"]).is_settled


def test_tables_are_counted_each_for_itself():
    versions = Versions()
    seen = versions.of(["a", "b"])
    with versions.changing(["c"]):
        assert versions.are(seen)
    with versions.changing(["b"]):
        pass
    assert not versions.are(seen)
    assert versions.are(versions.of(["b", "a"]))


def test_what_views_write_changes_with_what_they_read():
    versions = Versions()
    versions.follow({"a": ["b"], "b": ["c", "a"]})
    seen, other = versions.of(["c"]), versions.of(["d"])
    with versions.changing(["a"]):
        assert not versions.of(["c"]).is_settled
    assert not versions.are(seen)
    assert versions.are(other)


def test_the_project_is_part_of_every_version():
    versions = Versions()
    seen, generation = versions.of([]), versions.generation
    with versions.changing_project():
        assert versions.generation == generation
        assert not versions.are(seen)
    assert versions.generation == generation + 1
    assert versions.of(["t"]).generation == versions.generation
    assert not versions.are(seen)


def test_changes_of_one_table_that_overlap_are_counted_in_any_order():
    versions = Versions()
    first, second = versions.changing(["t"]), versions.changing(["t"])
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    within = versions.of(["t"])
    assert not within.is_settled
    second.__exit__(None, None, None)
    assert not versions.are(within)
    assert versions.of(["t"]).is_settled


FILES = {
    "datasources/a.datasource": "SCHEMA >\n    n Int64\n",
    "datasources/b.datasource": "SCHEMA >\n    n Int64\n",
    "datasources/c.datasource": "SCHEMA >\n    n Int64\n",
    "pipes/ab.pipe": "NODE x\nSQL >\n    SELECT n FROM a\nTYPE materialized\nDATASOURCE b\n",
    "pipes/bc.pipe": "NODE x\nSQL >\n    SELECT n FROM b\nTYPE copy\nTARGET_DATASOURCE c\n",
    "pipes/qc.pipe": "NODE x\nSQL >\n    SELECT 1 AS n FROM a_quarantine\nTYPE materialized\nDATASOURCE c\n",
}


def test_rows_are_told_stored_when_their_tables_have_another_version(make_workspace):
    workspace = make_workspace(FILES)
    seen = {name: workspace.versions.of([name]) for name in ("a", "a_quarantine", "b", "c")}
    told: list[dict[str, bool]] = []

    def note(_: object) -> None:
        told.append({name: workspace.versions.are(of) for name, of in seen.items()})

    batch = Batch(b'{"n":1}', 1, [RefusedRow("x", [""], ["no"], {})])
    future = workspace.sink.append("a", batch)
    future.add_done_callback(note)
    assert future.result().successful == 1
    assert told == [{"a": False, "a_quarantine": False, "b": False, "c": False}]
    assert all(workspace.versions.of([name]).is_settled for name in seen)


def test_every_other_way_to_change_rows_changes_the_version(make_workspace):
    workspace = make_workspace(FILES)
    engine, versions = workspace.engine, workspace.versions

    def is_changed(table: str, change) -> bool:
        before, other = versions.of([table]), versions.of(["elsewhere"])
        change()
        return not versions.are(before) and versions.are(other)

    def exchange() -> None:
        with Stages(engine, Job()) as stages:
            swap(engine, [(stages.like("b"), "b")])

    def copy(mode: str) -> None:
        queries = workspace.live.queries
        prepared = prepare_copy(queries.project.pipes["bc"], {}, mode=mode, queries=queries)
        run_copy(prepared, Job(), engine=engine, sink=workspace.sink)

    assert is_changed("b", exchange)
    assert is_changed("c", lambda: copy("append"))
    assert is_changed("c", lambda: copy("replace"))


def test_a_reload_changes_everything_also_where_it_fails(make_workspace):
    workspace = make_workspace(FILES)
    seen = workspace.versions.of([])
    workspace.apply(workspace.live.project)
    assert not workspace.versions.are(seen)
    assert workspace.versions.of(["a"]).is_settled


def test_any_thread_may_count():
    versions = Versions()

    def work() -> None:
        for _ in range(500):
            with versions.changing(["t"]):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions.of(["t"]).ended[1] == 2000
