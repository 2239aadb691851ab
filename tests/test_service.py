"""Records in memory, how they are written, bounded and kept; texts of which secrets are taken."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet import service_records
from martlet.engines.clickhouse import ClickHouse
from martlet.jobstore import Jobs
from martlet.model import Project, Settings
from martlet.service_records import Records, make_tables
from martlet.service_rows import MAX_TEXT, Operation, QueryRecord, RowMaker, bounded, without_token
from martlet.service_tables import SERVICE_TABLES

ASKED = QueryRecord(
    at=float(int(time.time())), pipe="p", token="", token_name="t", duration_s=0.5, bytes_read=10,
    rows_read=3, rows=1, path="/v0/pipes/p.json", query_string="", status=200, error=b"",
    has_secret=False, id="r", parameters={}, method="GET", user_agent="", client="",
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {}, {})


@pytest.fixture
def make(engine: ClickHouse, project: Project, clock: Clock):
    made: list[Records] = []

    def records(rows: int = 1000) -> Records:
        found = Records(
            engine, first=engine.database, workspace_id="w", project=lambda: project, clock=clock
        )
        found.configure(Settings(service_rows=rows))
        made.append(found)
        return found

    yield records
    for each in made:
        each.close()


def count(engine: ClickHouse, name: str = "pipe_stats_rt", where: str = "1") -> int:
    return int(
        engine.command(f"SELECT count() FROM {engine.database}__tinybird.{name} WHERE {where}")
    )


READ = frozenset({"tinybird.pipe_stats_rt"})


def test_nothing_is_written_before_it_is_asked_for(
    engine: ClickHouse, make: Callable[..., Records]
):
    records = make()
    records.query(ASKED)
    assert f"{engine.database}__tinybird" not in engine.command("SHOW DATABASES")
    before = engine.versions.of(READ)
    records.flush(READ)
    assert count(engine) == 1
    assert not engine.versions.are(before)
    before = engine.versions.of(READ)
    records.flush(READ)
    assert engine.versions.are(before)  # an answer stays that of now


def test_a_thread_writes(engine: ClickHouse, project: Project, monkeypatch):
    monkeypatch.setattr(service_records, "WRITE_EVERY_S", 0.01)
    begun = threading.Event()

    def seen() -> Project:
        begun.set()
        return project

    records = Records(engine, first=engine.database, workspace_id="w", project=seen)
    records.configure(Settings())
    records.query(ASKED)
    records.start()
    assert begun.wait(20)
    records.flush(())  # waits for the thread, and has nothing to write itself
    assert count(engine) == 1
    records.close()


def test_what_is_left_is_written_at_the_end(engine: ClickHouse, make: Callable[..., Records]):
    records = make()
    records.start()
    records.query(ASKED)
    records.close()
    assert count(engine) == 1


def test_records_stay_for_the_next_start(engine: ClickHouse, make: Callable[..., Records]):
    for number in (1, 2):
        records = make()
        records.query(ASKED)
        records.flush(READ)
        records.close()
        assert count(engine) == number


def test_what_comes_too_fast_is_left_out_and_told_of(
    engine: ClickHouse, make: Callable[..., Records], monkeypatch, caplog
):
    monkeypatch.setattr(service_records, "MAX_WAITING_ROWS", 3)
    records = make()
    for _ in range(5):
        records.query(ASKED)
    records.flush(READ)
    assert count(engine) == 3
    assert "2 records were left out" in caplog.text
    monkeypatch.setattr(service_records, "MAX_WAITING_BYTES", 600)
    records.query(ASKED)
    records.query(replace(ASKED, query_string="x" * 600))
    records.flush(READ)
    assert count(engine) == 4


def test_the_oldest_rows_go_first(engine: ClickHouse, make: Callable[..., Records]):
    records = make(rows=100)
    start = int(ASKED.at) - 1000
    for begin in range(0, 200, 40):
        for second in range(begin, begin + 40):
            records.query(replace(ASKED, at=start + second, id=str(second)))
        records.flush(READ)
        assert count(engine) <= 100
    newest = count(engine, where=f"toUnixTimestamp(start_datetime) >= {start + 150}")
    assert newest == 50
    assert int(engine.command(f"SELECT sum(view_count) FROM {records.database}.pipe_stats")) == 200


def test_rows_end_with_their_ttl(engine: ClickHouse, make: Callable[..., Records]):
    records = make()
    records.query(replace(ASKED, at=1_600_000_000.0, status=500, error=b'{"error":"x"}'))
    records.flush(READ)
    for name in ("pipe_stats_rt", "endpoint_errors"):
        engine.command(f"OPTIMIZE TABLE {records.database}.{name} FINAL")
        assert count(engine, name) == 0  # of 2020
    assert count(engine, "pipe_stats") == 1


def test_a_table_of_another_form_is_made_anew(
    engine: ClickHouse, make: Callable[..., Records], caplog
):
    make().flush(READ)
    table = f"{engine.database}__tinybird.jobs_log"
    engine.command(f"ALTER TABLE {table} MODIFY COMMENT 'old'")
    records = make()
    records.flush(READ)
    assert "tinybird.jobs_log is made anew" in caplog.text
    assert "old" not in engine.command(f"SHOW CREATE TABLE {table}")


def test_views_are_made_again_where_a_start_was_cut_off(engine: ClickHouse, make):
    make().flush(READ)
    own = ClickHouse(engine.path, database=f"{engine.database}__tinybird")
    own.command("DROP VIEW __fill_pipe_stats SYNC")
    own.command("ALTER TABLE pipe_stats MODIFY COMMENT ''")
    make_tables(own)
    own.close()
    records = make()
    records.query(ASKED)
    records.flush(READ)
    assert count(engine, "pipe_stats") == 1


def test_jobs_of_a_killed_server_are_interrupted(engine: ClickHouse, make, tmp_path: Path):
    path = tmp_path / "jobs.jsonl"
    began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    job = {
        "id": "j", "kind": "import", "mode": "append", "status": "working", "started_at": None,
        "created_at": began, "updated_at": began, "datasource": {"id": "t_1", "name": "events"},
    }  # fmt: skip
    path.write_text(json.dumps(job) + "\n")
    records = make()
    records.follow(Jobs(path))
    records.flush(READ)
    assert count(engine, "datasources_ops_log") == 0  # or each start would add one
    (row,) = engine.rows(
        f"SELECT status, error, datasource_id, toString(created_at) AS at FROM {records.database}.jobs_log"
    )
    assert row == {
        "status": "error", "error": "interrupted", "datasource_id": "t_1",
        "at": began[:23],
    }  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "token", "TOKEN", "to", "token2"]), st.text(max_size=5)),
        max_size=6,
    ),
    st.booleans(),
)
def test_a_url_loses_its_token_and_nothing_else(fields: list[tuple[str, str]], is_escaped: bool):
    def written(name: str) -> str:
        return "".join(f"%{ord(c):02X}" for c in name) if is_escaped else name

    query = "&".join(f"{written(name)}={quote(value)}" for name, value in fields)
    found = without_token(f"/p?{query}" if query else "/p").partition("?")[2]
    kept = [(name, value) for name, value in fields if name != "token"]
    assert parse_qsl(found, keep_blank_values=True) == kept


VALUE = "p.eyJ1IjogIjEifQ.abcdefghijklmnop_-"


def test_texts_without_secrets():
    make = RowMaker("w", ["hush", ""])
    record = replace(
        ASKED, status=400, error=b'{"error": "hush, no %s"}' % VALUE.encode(),
        query_string=f"x={VALUE}&token={VALUE}", parameters={"x": VALUE, "list": [1, VALUE]},
        user_agent=VALUE,
    )  # fmt: skip
    text = str(make.request(record))
    assert "hush" not in text
    assert VALUE not in text
    assert "***, no ***" in text
    hidden = str(make.request(replace(record, has_secret=True)))
    assert "it has a secret" in hidden
    job = {
        "id": "j", "kind": "copy", "status": "error", "error": "on hush", "started_at": None,
        "created_at": "2026-01-02 03:04:05.678901", "updated_at": "2026-01-02 03:04:06.000000",
        "mode": "append", "datasource": {"id": "t_1", "name": "events"}, "note": "hush",
    }  # fmt: skip
    assert "hush" not in str(make.job(job))
    done = make.operation_of(job)
    assert done is not None
    assert "hush" not in str(make.operation(done))
    assert "hush" not in str(make.operation(Operation(1.0, "append", "events", error="hush")))


def test_parameters_are_bounded():
    many = bounded({str(n): "x" * 10_000 for n in range(1000)})
    assert len(many) <= 100
    assert {len(value) for value in many.values()} == {MAX_TEXT}
    assert bounded({"n": 2**70, "l": [1, "a"], "b": True, "s": "\ud800"}) == {
        "n": str(2**70), "l": '[1,"a"]', "b": "true", "s": "?",
    }  # fmt: skip


def test_every_table_says_by_what_it_is_old():
    for name, table in SERVICE_TABLES.items():
        assert table.time in dict(table.columns), name
        assert bool(table.source) == bool(table.view), name
