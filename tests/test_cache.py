"""Answers shared and kept: when one run of a query stands for another, and when it does not."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from martlet.cache import MOVING_MAX_AGE_S, Cache, Kept
from martlet.engines.base import Result, Stop
from martlet.errors import QueryError, StoppedError
from martlet.files.project import load_project
from martlet.query import Query
from martlet.versions import Versions

FILES = {
    "datasources/plain.datasource": "SCHEMA >\n    n Int64\n",
    "datasources/other.datasource": "SCHEMA >\n    n Int64\n",
    "datasources/merged.datasource": "SCHEMA >\n    n Int64\nENGINE ReplacingMergeTree\nENGINE_SORTING_KEY n\n",
    "datasources/expiring.datasource": "SCHEMA >\n    t DateTime\nENGINE_TTL t + INTERVAL 1 DAY\n",
    "datasources/stamped.datasource": "SCHEMA >\n    n Int64,\n    t DateTime DEFAULT now()\n",
}  # fmt: skip


class Engine:
    """Answers with the number of the run; can be held, and be told to fail."""

    def __init__(self) -> None:
        self.versions = Versions()
        self.database = "live"
        self.runs: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.started = threading.Semaphore(0)
        self.failure: Exception | None = None
        self.size = 0

    def wait_started(self) -> None:
        """Wait for the next run to begin."""
        assert self.started.acquire(timeout=20), "it was not run"

    def execute(self, sql: str, *, stop: Stop, **given: object) -> Result:
        self.runs.append(sql)
        number = len(self.runs)
        self.started.release()
        ended = threading.Event()
        with stop.ended_by(ended.set):
            while not self.open.wait(0.01):
                if ended.is_set():
                    raise QueryError("cancelled", code=394)
            if self.failure:
                raise self.failure
        return Result(b"%d" % number + b" " * self.size, 1, 1, 1, 0.0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asking:
    """A cache, and requests that ask it."""

    def __init__(self, root, **settings: object) -> None:
        self.engine, self.clock = Engine(), Clock()
        self.cache = Cache(self.engine, clock=self.clock)
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (root / "martlet.toml").write_text(f"[settings]\n{text}")
        self.cache.use(load_project(root))

    def ask(
        self, sql: str = "SELECT n", *tables: str, leaving: list | None = None, **more: object
    ) -> Kept | Future[Kept]:
        format, settings = more.pop("format", "JSON"), more.pop("settings", {})
        secrets = more.pop("secrets", {})
        query = Query(sql, frozenset(tables or ["plain"]), {}, secrets, **more)
        leave = [] if leaving is None else leaving
        return self.cache.answer(query, format=format, settings=settings, when_left=leave.append)

    def number(self, *arguments: str, **more: object) -> int:
        found = self.ask(*arguments, **more)
        assert isinstance(found, Kept)
        return int(found.result.body)

    def change(self, table: str = "plain") -> None:
        with self.engine.versions.changing([table]):
            pass


@pytest.fixture
def make(write_project):
    root = write_project(FILES)
    return lambda **settings: Asking(root, **settings)


@pytest.fixture
def asking(make) -> Asking:
    return make()


def test_an_answer_is_given_again_until_what_it_read_changes(asking):
    assert [asking.number(), asking.number()] == [1, 1]
    asking.change("other")
    assert asking.number() == 1
    asking.change("plain")
    assert [asking.number(), asking.number()] == [2, 2]
    with asking.engine.versions.changing_project():
        pass
    assert asking.number() == 3


def test_one_table_of_several_is_enough(asking):
    both = ("SELECT n", "plain", "other")
    assert [asking.number(*both), asking.number(*both)] == [1, 1]
    asking.change("other")
    assert asking.number(*both) == 2


def test_while_a_change_is_under_way_nothing_is_kept_or_current(asking):
    assert asking.number() == 1
    with asking.engine.versions.changing(["plain"]):
        assert [asking.number(), asking.number()] == [2, 3]
    assert [asking.number(), asking.number()] == [4, 4]


@pytest.mark.parametrize(
    "other",
    [
        {"format": "CSV"},
        {"settings": {"output_format_json_quote_denormals": "1"}},
        {"secrets": {"key": "b"}},
        {"is_isolated": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_is_another_answer(asking, other):
    assert asking.number(secrets={"key": "a"}) == 1
    assert asking.number(**{"secrets": {"key": "a"}, **other}) == 2
    assert asking.number(secrets={"key": "a"}) == 1


def test_tables_that_are_not_live_are_always_read(asking):
    assert [asking.number(database="live"), asking.number(database="live")] == [1, 1]
    staging = {"database": "staging", "cache_ttl_s": 60.0}
    assert [asking.number(**staging), asking.number(**staging)] == [2, 3]


@pytest.mark.parametrize("sql", ["SELECT now()", "SELECT rand()", "SELECT joinGet('t', 'a', 1)"])
def test_what_depends_on_more_than_rows_is_not_kept(asking, sql):
    assert [asking.number(sql), asking.number(sql)] == [1, 2]


@pytest.mark.parametrize("table", ["merged", "expiring", "stamped", "plain_quarantine"])
def test_rows_that_change_without_a_commit_are_looked_at_again(asking, table):
    sql = ("SELECT n", "plain", table)
    assert [asking.number(*sql), asking.number(*sql)] == [1, 1]
    asking.clock.now += MOVING_MAX_AGE_S
    assert asking.number(*sql) == 2
    asking.change(table)
    assert asking.number(*sql) == 3


def test_a_ttl_outlives_changes_but_not_the_project(asking):
    sql = "SELECT rand(), now()"
    assert asking.number(sql, cache_ttl_s=5.0) == 1
    asking.change("plain")
    asking.clock.now += 4.5
    kept = asking.ask(sql, cache_ttl_s=5.0)
    assert (kept.result.body, asking.cache.control(kept)) == (b"1", "private, max-age=0")
    asking.clock.now += 0.5
    assert asking.number(sql, cache_ttl_s=5.0) == 2
    with asking.engine.versions.changing_project():
        pass
    assert asking.number(sql, cache_ttl_s=5.0) == 3


def test_the_same_sql_with_and_without_a_ttl_are_two_answers(asking):
    assert asking.number(cache_ttl_s=60.0) == 1
    assert asking.number() == 2
    asking.change()
    assert asking.number() == 3
    assert asking.number(cache_ttl_s=60.0) == 1


def test_the_cache_is_bounded_and_forgets_what_was_not_asked_for(make):
    asking = make(cache_bytes=10_000)
    asking.engine.size = 1000
    for number in range(1, 5):
        asking.number(f"SELECT {number}")
    assert asking.cache.size <= 10_000
    assert asking.number("SELECT 1") == 1  # the first one, but now the last that was asked for
    asking.number("SELECT 5")
    assert asking.cache.size <= 10_000
    assert asking.number("SELECT 1") == 1
    assert asking.number("SELECT 2") == 6


def test_one_answer_has_no_more_than_a_quarter(make):
    asking = make(cache_bytes=10_000)
    asking.engine.size = 2500
    assert [asking.number(), asking.number()] == [1, 2]
    assert asking.cache.size == 0


def test_a_setting_of_0_turns_it_off(make):
    asking = make(cache_bytes=0)
    assert [asking.number(), asking.number(cache_ttl_s=60.0), asking.number()] == [1, 2, 3]


def test_an_error_is_not_kept(asking):
    asking.engine.failure = QueryError("no")
    with pytest.raises(QueryError, match="no"):
        asking.ask()
    asking.engine.failure = None
    assert asking.number() == 2


@pytest.fixture
def threads(asking):
    with ThreadPoolExecutor(4) as pool:
        yield pool
        asking.engine.open.set()  # also where the test has failed


def test_requests_share_a_run_that_sees_all_that_was_acknowledged(asking, threads):
    asking.engine.open.clear()
    first = threads.submit(asking.ask)
    asking.engine.wait_started()
    joined = [asking.ask(), asking.ask()]
    asking.change("other")
    joined.append(asking.ask())
    asking.change("plain")  # it may have begun before this
    late = threads.submit(asking.ask)
    asking.engine.wait_started()
    asking.engine.open.set()
    assert [found.result().result.body for found in joined] == [b"1", b"1", b"1"]
    assert first.result().result.body == b"1"
    assert late.result().result.body == b"2"
    assert asking.number() == 2


def test_a_run_that_began_within_a_change_is_shared_until_its_end(asking, threads):
    asking.engine.open.clear()
    with asking.engine.versions.changing(["plain"]):
        first = threads.submit(asking.ask)
        asking.engine.wait_started()
        assert isinstance(asking.ask(), Future)
    late = threads.submit(asking.ask)
    asking.engine.wait_started()
    asking.engine.open.set()
    assert (first.result().result.body, late.result().result.body) == (b"1", b"2")


@pytest.mark.parametrize("ttl", [None, 60.0])
def test_a_run_for_the_project_before_is_nobody_elses(asking, threads, ttl):
    asking.engine.open.clear()
    first = threads.submit(asking.ask, cache_ttl_s=ttl)
    asking.engine.wait_started()
    with asking.engine.versions.changing_project():
        pass
    late = threads.submit(asking.ask, cache_ttl_s=ttl)
    asking.engine.wait_started()
    asking.engine.open.set()
    assert (first.result().result.body, late.result().result.body) == (b"1", b"2")
    assert asking.number(cache_ttl_s=ttl) == 2


@pytest.mark.parametrize(
    ("sql", "is_shared"), [("SELECT now()", True), ("SELECT generateUUIDv4()", False)]
)
def test_the_clock_is_shared_and_chance_is_not(asking, threads, sql, is_shared):
    asking.engine.open.clear()
    first = threads.submit(asking.ask, sql)
    asking.engine.wait_started()
    second = threads.submit(asking.ask, sql)
    if not is_shared:
        asking.engine.wait_started()
    else:
        assert isinstance(second.result(), Future)
    asking.engine.open.set()
    first.result()
    second.result()
    assert len(asking.engine.runs) == (1 if is_shared else 2)


def test_who_shares_a_run_shares_its_error(asking, threads):
    asking.engine.failure = QueryError("no")
    asking.engine.open.clear()
    first = threads.submit(asking.ask)
    asking.engine.wait_started()
    joined = asking.ask()
    asking.engine.open.set()
    for future in (first, joined):
        assert str(future.exception()) == "no"
    assert len(asking.engine.runs) == 1


def test_a_run_is_stopped_when_the_last_that_waits_has_left(asking, threads):
    asking.engine.open.clear()
    leaving: list[list] = [[], [], []]
    first = threads.submit(asking.ask, leaving=leaving[0])
    asking.engine.wait_started()
    joined = [asking.ask(leaving=calls) for calls in leaving[1:]]
    for calls in leaving[:2]:
        calls[0]()
    assert not first.done()
    leaving[2][0]()
    assert isinstance(first.exception(), StoppedError)
    assert all(isinstance(future.exception(), StoppedError) for future in joined)


def test_one_that_still_waits_gets_the_answer(asking, threads):
    asking.engine.open.clear()
    leaving: list = []
    first = threads.submit(asking.ask, leaving=leaving)
    asking.engine.wait_started()
    joined = asking.ask()
    leaving[0]()
    asking.engine.open.set()
    assert joined.result().result.body == b"1"
    assert first.result() is joined.result()


def test_nobody_joins_a_run_that_is_being_stopped(asking, threads):
    asking.engine.open.clear()
    leaving: list = []
    first = threads.submit(asking.ask, leaving=leaving)
    asking.engine.wait_started()
    leaving[0]()
    asking.engine.open.set()
    assert asking.number() == 2
    assert isinstance(first.exception(), StoppedError)


def test_a_client_that_left_before_has_no_query_run(asking):
    def gone(call) -> None:
        call()

    for sql in ("SELECT n", "SELECT rand()"):
        query = Query(sql, frozenset(["plain"]), {}, {})
        with pytest.raises(StoppedError):
            asking.cache.answer(query, format="JSON", settings={}, when_left=gone)
