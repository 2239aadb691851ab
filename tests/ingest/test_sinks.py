"""Group commits: what is acknowledged is stored, a bad request harms no other."""

import threading
from concurrent.futures import Future

import orjson
import pytest

from martlet.errors import EngineError, QueryError, ViewError
from martlet.ingest.rows import RefusedRow
from martlet.ingest.sinks import Appended, Batch, ClickHouseSink


def batch(*rows: dict, refused: int = 0) -> Batch:
    block = b"\n".join(orjson.dumps(row) for row in rows)
    return Batch(block, len(rows), [RefusedRow("raw", ["a"], ["bad"], {"a": "x"})] * refused)


@pytest.fixture
def tables(engine):
    engine.command("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    engine.command(
        "CREATE TABLE t_quarantine (c__error_column Array(String), c__error Array(String),"
        " c__import_id Nullable(String), a Nullable(String), insertion_date DateTime DEFAULT now(),"
        " c__raw String) ENGINE = MergeTree ORDER BY insertion_date"
    )
    return engine


@pytest.fixture
def sink(tables):
    sink = ClickHouseSink(tables.writer)
    yield sink
    sink.close()


def count(engine, table: str) -> int:
    return int(engine.command(f"SELECT count() FROM {table}"))


class GatedWriter:
    """A writer whose first insert waits until it is let go, so that a group can gather."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.entered, self.gate = threading.Event(), threading.Event()
        self.inserts: list[tuple[str, int]] = []

    def insert(self, table: str, block: bytes) -> int:
        self.inserts.append((table, block.count(b"\n") + 1))
        self.entered.set()
        assert self.gate.wait(30)
        return self.inner.insert(table, block)


def test_counts_are_of_what_is_stored(tables, sink):
    assert sink.append("t", batch({"a": 1}, {"a": 2}, refused=1)).result(30) == Appended(2, 1)
    assert count(tables, "t") == 2
    assert tables.command("SELECT c__error_column, c__error, a, c__raw FROM t_quarantine") == (
        "['a']\t['bad']\tx\traw\n"
    )


def test_only_refused_rows(tables, sink):
    assert sink.append("t", batch(refused=2)).result(30) == Appended(0, 2)
    assert count(tables, "t") == 0


def test_requests_that_come_while_one_is_written_are_written_together(tables):
    writer = GatedWriter(tables.writer())
    sink = ClickHouseSink(lambda: writer, writers=1)
    first = sink.append("t", batch({"a": 1}))
    assert writer.entered.wait(30)
    others = [sink.append("t", batch({"a": number})) for number in range(50)]
    writer.gate.set()
    assert [future.result(30) for future in [first, *others]] == [Appended(1, 0)] * 51
    assert writer.inserts == [("t", 1), ("t", 50)]
    assert count(tables, "t") == 51
    sink.close()


def test_a_row_that_clickhouse_refuses_goes_to_the_quarantine_alone(tables):
    writer = GatedWriter(tables.writer())
    sink = ClickHouseSink(lambda: writer, writers=1)
    first = sink.append("t", batch({"a": 1}))
    assert writer.entered.wait(30)
    good = sink.append("t", batch({"a": 2}, {"a": 3}))
    bad = sink.append("t", batch({"a": 4}, {"a": "no number"}, {"a": 5}))
    late = sink.append("t", batch({"a": 6}))
    writer.gate.set()
    assert first.result(30) == good_counts(1)
    assert good.result(30) == good_counts(2)
    assert bad.result(30) == Appended(2, 1)
    assert late.result(30) == good_counts(1)
    assert tables.command("SELECT arraySort(groupArray(a)) FROM t") == "[1,2,3,4,5,6]\n"
    assert tables.command("SELECT a, c__raw FROM t_quarantine") == 'no number\t{"a":"no number"}\n'
    sink.close()


def good_counts(rows: int) -> Appended:
    return Appended(rows, 0)


def test_a_failing_view_harms_only_the_request_that_fails_it(tables):
    tables.command("CREATE TABLE tv (q Int64) ENGINE = MergeTree ORDER BY q")
    tables.command(
        "CREATE MATERIALIZED VIEW v TO tv AS SELECT throwIf(a = 66) + 100 / a AS q FROM t"
    )
    tables.command("CREATE TABLE trial (a Int8) ENGINE = Null")
    tables.command("CREATE TABLE trial_v (q Int64) ENGINE = Null")
    tables.command(
        "CREATE MATERIALIZED VIEW w TO trial_v AS SELECT throwIf(a = 66) + 100 / a AS q FROM trial"
    )
    writer = GatedWriter(tables.writer())
    sink = ClickHouseSink(lambda: writer, writers=1)
    sink.trials = {"t": "trial"}
    first = sink.append("t", batch({"a": 1}))
    assert writer.entered.wait(30)
    good = [sink.append("t", batch({"a": 10 + n})) for n in range(5)]
    bad = sink.append("t", batch({"a": 66}))
    good += [sink.append("t", batch({"a": 20 + n})) for n in range(5)]
    writer.gate.set()
    assert all(future.result(30) == Appended(1, 0) for future in [first, *good])
    with pytest.raises(ViewError, match="stored in t, but a materialized view"):
        bad.result(30)
    sink.close()
    assert count(tables, "t") == 12
    assert count(tables, "tv") == 11


def test_a_failing_view_does_not_keep_the_other_rows_of_its_request_from_their_place(tables):
    tables.command("CREATE TABLE tv (q Int64) ENGINE = MergeTree ORDER BY q")
    tables.command("CREATE MATERIALIZED VIEW v TO tv AS SELECT throwIf(a = 66) AS q FROM t")
    sink = ClickHouseSink(tables.writer)
    future = sink.append("t", batch({"a": "x"}, {"a": 66}, {"a": 3}, {"a": "y"}))
    with pytest.raises(ViewError, match="do not send them again"):
        future.result(30)
    sink.close()
    assert tables.command("SELECT arraySort(groupArray(a)) FROM t") == "[3,66]\n"
    assert tables.command("SELECT arraySort(groupArray(a)) FROM t_quarantine") == "['x','y']\n"


def test_an_engine_that_cannot_write_stores_nothing_and_says_try_again(tables):
    class Broken:
        def insert(self, table: str, block: bytes) -> int:
            raise EngineError("[Error] no space")

    sink = ClickHouseSink(Broken)
    with pytest.raises(EngineError, match="no space"):
        sink.append("t", batch({"a": 1}, refused=1)).result(30)
    sink.close()


def test_paused_batches_are_written_afterwards(tables, sink):
    with sink.paused():
        future = sink.append("t", batch({"a": 1}))
        assert not future.done()
        tables.command("ALTER TABLE t ADD COLUMN b String")
    assert future.result(30) == Appended(1, 0)


def test_two_pauses_do_not_end_each_other(tables, sink):
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with sink.paused():
            entered.set()
            assert leave.wait(30)

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(30)
    threading.Timer(0.1, leave.set).start()
    with sink.paused():
        thread.join()
        future = sink.append("t", batch({"a": 1}))
        with pytest.raises(TimeoutError):
            future.result(0.2)
    assert future.result(30) == Appended(1, 0)


def test_busy_data_sources_do_not_keep_the_threads_from_others():
    class Instant:
        def insert(self, table: str, block: bytes) -> int:
            if table == "busy":
                sink.append("busy", batch({"a": 1}))  # there is always more
            return 1

    sink = ClickHouseSink(Instant, writers=1)
    try:
        sink.append("busy", batch({"a": 1})).result(30)
        assert sink.append("other", batch({"a": 1})).result(30) == Appended(1, 0)
    finally:
        Instant.insert = lambda self, table, block: 1  # type: ignore[method-assign]
        sink.close()


def test_close_commits_what_was_taken(tables):
    sink = ClickHouseSink(tables.writer)
    futures = [sink.append("t", batch({"a": 1})) for _ in range(200)]
    sink.close()
    assert all(future.done() for future in futures)
    assert count(tables, "t") == 200
    with pytest.raises(EngineError, match="shutting down"):
        sink.append("t", batch({"a": 1}))


def test_a_client_that_leaves_does_not_take_its_rows_back(tables, sink):
    future: Future[Appended] = sink.append("t", batch({"a": 1}))
    assert not future.cancel()
    assert future.result(30) == Appended(1, 0)


def test_many_threads(tables, sink):
    def send(number: int) -> None:
        for _ in range(20):
            assert sink.append("t", batch({"a": number}, refused=number % 2)).result(60)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(tables, "t") == 320
    assert count(tables, "t_quarantine") == 160
    parts = tables.command(
        "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 't'"
    )
    assert int(parts) < 320


def test_a_fault_of_our_own_is_told_to_every_request(tables):
    class Faulty:
        def insert(self, table: str, block: bytes) -> int:
            raise ZeroDivisionError

    sink = ClickHouseSink(Faulty)
    with pytest.raises(ZeroDivisionError):
        sink.append("t", batch({"a": 1})).result(30)
    assert isinstance(QueryError("x"), Exception)
    sink.close()
