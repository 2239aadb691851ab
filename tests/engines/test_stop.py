"""A query ended before its time, and only that one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from martlet.engines.base import Stop
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import StoppedError

ENDLESS = "SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number, {}))"


def running(engine: ClickHouse) -> set[str]:
    sql = "SELECT query FROM system.processes WHERE query LIKE '%10000000000000%sipHash%'"
    return {str(row["query"]) for row in engine.rows(sql)} - {sql}


def wait_for(engine: ClickHouse, *expected: str) -> None:
    for _ in range(400):
        if running(engine) == set(expected):
            return
        threading.Event().wait(0.05)
    raise AssertionError(running(engine))


def test_a_query_ends_and_others_go_on(engine):
    stops, sqls = [Stop(), Stop()], [ENDLESS.format(number) for number in (1, 2)]
    with ThreadPoolExecutor(2) as threads:
        asked = [
            threads.submit(engine.execute, sql, format="CSV", stop=stop)
            for sql, stop in zip(sqls, stops, strict=True)
        ]
        wait_for(engine, *sqls)
        stops[0].ask()
        wait_for(engine, sqls[1])
        assert isinstance(asked[0].exception(20), StoppedError)
        assert engine.execute("SELECT 1", format="CSV").body == b"1\n"
        assert not asked[1].done()
        stops[1].ask()
        assert isinstance(asked[1].exception(20), StoppedError)
    wait_for(engine)


def test_a_query_that_has_not_begun_does_not(engine):
    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        engine.execute("SELECT 1", format="CSV", stop=stop)


def test_the_end_of_one_that_has_ended_is_no_harm(engine):
    stop = Stop()
    assert engine.execute("SELECT 1", format="CSV", stop=stop).rows == 1
    stop.ask()
    assert engine.execute("SELECT 1", format="CSV").rows == 1
