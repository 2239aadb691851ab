"""Requests stored once by way of the journal, with faults at each step of an insert."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import EngineError, IdempotencyError, MartletError, ViewError
from martlet.idempotency import Key
from martlet.ingest.sinks import Appended, Batch, Waiting
from martlet.journal import MAX_BYTES, Journal, NewKey, Rows, Share
from martlet.model import Settings
from martlet.once import Once, mend

DEDUPLICATED = "SETTINGS non_replicated_deduplication_window = 1000"
TABLES = (
    f"CREATE TABLE events (id String, part UInt8, CONSTRAINT good CHECK id NOT LIKE '%bad') ENGINE = MergeTree PARTITION BY part ORDER BY id {DEDUPLICATED}",
    f"CREATE TABLE totals (of String, n UInt64) ENGINE = SummingMergeTree ORDER BY of {DEDUPLICATED}",
    "CREATE MATERIALIZED VIEW counting TO totals AS"
    " SELECT substring(id, 1, position(id, '/')) AS of, count() AS n FROM events GROUP BY of",
    "CREATE TABLE events_quarantine (c__raw String, c__error Array(String), c__error_column Array(String),"
    f" c__import_id Nullable(String), id Nullable(String), part Nullable(String)) ENGINE = MergeTree ORDER BY c__raw {DEDUPLICATED}",
)


# Making a failure small takes longer than reading a long one.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


class KilledError(Exception):
    """The process is gone: nothing of it runs any more."""


class Faulty:
    """A writer of rows that does, at one insert, what the fault says."""

    def __init__(self, writer, fault: str = "", at: int = 0) -> None:
        self._writer, self._fault, self._left = writer, fault, at

    def insert(self, table: str, block: bytes, *, token: str = "") -> int:
        self._left -= 1
        if self._left != -1 or not self._fault:
            return self._writer.insert(table, block, token=token)
        if self._fault.endswith("after"):
            self._writer.insert(table, block, token=token)
        if self._fault.startswith("killed"):
            raise KilledError
        raise EngineError("ClickHouse cannot write now")


FAULTS = ("", "", "killed before", "killed after", "busy before", "busy after")
_prefixes = itertools.count()


def request(id: str, body: int) -> bytes:
    """Return rows for both partitions, told apart by the request's id; `bad` is refused by ClickHouse."""
    rows = [f'{{"id": "{id}/{row}", "part": {row % 2}}}' for row in range(1 + body % 3)]
    if body == 4:
        rows.append(f'{{"id": "{id}/bad", "part": 0}}')
    return "\n".join(rows).encode()


REQUESTS = st.lists(  # number of the key, and what the body is
    st.tuples(st.integers(0, 3), st.integers(0, 4)),
    min_size=1,
    max_size=3,
    unique_by=lambda asked: asked[0],
)


class Asked:
    """A request of a state machine's clients; it has an item once its rows are to be stored."""

    def __init__(self, number: int, body: int, prefix: str) -> None:
        self.number, self.body = number, body
        self.key = Key(f"{prefix}.{number}".encode(), b"%d" % body, b"202")
        self.block = request(f"{prefix}.{number}.{body}", body)
        self.item: Waiting | None = None

    def append(self) -> Future[Appended]:
        batch = Batch(self.block, self.block.count(b"\n") + 1, key=self.key)
        self.item = Waiting(batch, Future())
        return self.item.future


class Clients(RuleBasedStateMachine):
    """Clients that repeat requests, and a server that fails and is started again."""

    def __init__(self, engine: ClickHouse, folder: Path) -> None:
        super().__init__()
        self.engine = engine
        self.prefix = f"{next(_prefixes)}"
        self.path = folder / f"{self.prefix}.sqlite"
        self.bodies: dict[int, int] = {}  # key -> body of the request that has it
        self.answered: dict[int, Appended] = {}
        self.start()

    def start(self) -> None:
        self.once = Once(Journal(self.path))
        self.once.configure(Settings())
        self.once.recover(self.engine.writer)

    @rule()
    def restart(self) -> None:
        self.once.journal.close()
        self.start()

    @rule(requests=REQUESTS, fault=st.sampled_from(FAULTS), at=st.integers(0, 3))
    def send(self, requests: list[tuple[int, int]], fault: str, at: int) -> None:
        """Send requests that are committed together."""
        asked = [Asked(number, body, self.prefix) for number, body in requests]
        futures: list[tuple[Asked, Future[Appended]]] = []
        for one in asked:
            try:
                futures.append((one, self.once.run(one.key, one.append)))
            except IdempotencyError:
                assert self.bodies[one.number] != one.body
        items = [one.item for one in asked if one.item is not None]
        try:
            if items:
                writer = Faulty(self.engine.writer(), fault, at)
                self.once.commit(writer, "events", None, items)
        except KilledError:
            self.bodies |= {one.number: one.body for one in asked if one.item is not None}
            self.restart()
            return
        except EngineError as error:
            for item in items:
                item.outcome = item.outcome or error
        for item in items:
            item.settle()
        for one, future in futures:
            self.check_told(one, future)

    def check_told(self, asked: Asked, future: Future[Appended]) -> None:
        number, body, key = asked.number, asked.body, asked.key
        try:
            told = future.result(0)
        except EngineError:
            if self.once.journal.find(key.name):
                self.bodies[number] = body
            return
        assert told == Appended(1 + body % 3, int(body == 4))
        assert key.is_replayed == (number in self.answered) or number not in self.answered
        assert self.answered.setdefault(number, told) == told
        assert self.bodies.setdefault(number, body) == body

    @invariant()
    def is_stored_once(self) -> None:
        rows = self.engine.rows(
            "SELECT substring(id, 1, position(id, '/') - 1) AS of, toUInt32(count()) AS n, toUInt32(uniqExact(id)) AS ids"
            f" FROM events WHERE startsWith(id, '{self.prefix}.') GROUP BY of"
        )
        left = any(self.once._left.values())
        for row in rows:
            number, body = map(int, str(row["of"]).split(".")[1:])
            assert row["n"] == row["ids"], row
            assert self.bodies[number] == body
            assert left or row["n"] == 1 + body % 3, row
        stored = {int(str(row["of"]).split(".")[1]) for row in rows}
        assert self.answered.keys() <= stored
        counted = self.engine.rows(
            "SELECT substring(of, 1, length(of) - 1) AS of, toUInt32(sum(n)) AS n FROM totals"
            f" WHERE startsWith(of, '{self.prefix}.') GROUP BY of"
        )
        assert left or {r["of"]: r["n"] for r in counted} == {r["of"]: r["n"] for r in rows}
        refused = self.engine.rows(
            "SELECT c__raw AS raw, toUInt32(count()) AS n FROM events_quarantine"
            f" WHERE position(c__raw, '\"{self.prefix}.') > 0 GROUP BY raw"
        )
        assert all(row["n"] == 1 for row in refused), refused

    def teardown(self) -> None:
        self.once.journal.close()


@pytest.fixture
def engine(make_engine: Callable[..., ClickHouse]) -> ClickHouse:
    made = make_engine()
    for ddl in TABLES:
        made.command(ddl)
    return made


def run_clients(engine: ClickHouse, folder: Path, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        partial(Clients, engine, folder),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=PHASES
        ),
    )


def test_requests_are_stored_once_whatever_fails(engine: ClickHouse, tmp_path: Path):
    run_clients(engine, tmp_path, examples=8, steps=10)


@pytest.mark.proof
def test_requests_are_stored_once_whatever_fails_in_many_ways(engine: ClickHouse, tmp_path: Path):
    run_clients(engine, tmp_path, examples=300, steps=30)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite", clock=clock)
    yield opened
    opened.close()


def test_a_key_is_known_for_its_window(journal: Journal, clock: Clock):
    journal.begin([], [NewKey(b"k", b"d", b"202", clock.now + 10, 7)])
    found = journal.find(b"k")
    assert found is not None
    assert found.appended == Appended(7, 0)
    clock.now += 11
    assert journal.find(b"k") is None


def test_a_key_whose_rows_are_on_their_way_is_known_for_as_long(journal: Journal, clock: Clock):
    rows = Rows("events", b"{}", [Share(0, b"k", 1)])
    journal.begin([rows], [NewKey(b"k", b"d", b"202", clock.now + 10)])
    clock.now += 1000
    journal.begin([], [NewKey(b"other", b"d", b"202", clock.now + 10)])
    assert journal.find(b"k") is not None
    assert [left.token for left in journal.left()] == [rows.token]
    journal.end(rows)
    assert (journal.find(b"k"), journal.left()) == (None, [])


def test_what_is_over_leaves_the_file(journal: Journal, clock: Clock, tmp_path: Path):
    for turn in range(5):
        clock.now += 100
        keys = [
            NewKey(b"%d-%d" % (turn, n), b"d" * 16, b"202", clock.now + 10) for n in range(2000)
        ]
        ids = [b"%d-%d" % (turn, n) for n in range(2000)]
        journal.begin([], keys, ids, ids_expire=clock.now + 10)
    count = journal._db.execute("SELECT (SELECT count() FROM keys), (SELECT count() FROM ids)")
    assert count.fetchone() == (2000, 2000)


def test_what_is_over_leaves_as_fast_as_it_came(
    journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("martlet.journal._FORGOTTEN_AT_ONCE", 10)
    for turn in range(50):
        clock.now += 1
        ids = [b"%d-%d" % (turn, number) for number in range(20)]
        journal.begin([], [], ids, ids_expire=clock.now + 5)
    ((left,),) = journal._db.execute("SELECT count() FROM ids")
    assert left <= 20 * 7


def test_a_full_journal_refuses(journal: Journal):
    journal._db.execute("PRAGMA max_page_count = 40")

    def fill() -> None:
        for number in range(100):
            rows = Rows("events", b"x" * 20_000, [])
            journal.begin([rows], [NewKey(b"%d" % number, b"d", b"", 1e12)])

    with pytest.raises(EngineError, match="journal"):
        fill()
    assert MAX_BYTES == 4 * 2**30
    assert journal.find(b"99") is None
    assert journal.find(b"0") is not None


def test_a_full_journal_takes_requests_again_when_windows_end(
    journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("martlet.journal._FORGOTTEN_AT_ONCE", 50)
    journal._db.execute("PRAGMA max_page_count = 200")
    digests = (hashlib.blake2b(b"%d" % number).digest() for number in itertools.count())

    def is_taken(rows: list[Rows], count: int) -> bool:
        ids = list(itertools.islice(digests, count))
        try:
            journal.begin(rows, [], ids, ids_expire=clock.now + 10)
        except EngineError:
            return False
        return True

    for count in (200, 5):
        while is_taken([], count):
            pass
    rows = [Rows("events", b"x" * 20_000, [])]
    assert not is_taken(rows, 1)
    clock.now += 11  # with each try a part of what is over leaves
    assert any(is_taken(rows, 1) for clock.now in range(int(clock.now), int(clock.now) + 100))


@pytest.mark.parametrize(
    ("parts", "log", "left"),
    [
        (["all_1_1_0", "all_2_2_0"], ["all_1_1_0", "all_2_2_0"], 2),
        (["all_1_1_0", "tmp_insert_all_2_2_0"], ["all_1_1_0", "all_2_2_0"], 1),
        (["all_1_3_1"], ["all_1_1_0", "all_2_2_0"], 2),
        (["all_1_2_1_5"], ["all_1_1_0", "all_2_2_0"], 2),
        (["all_1_1_0"], ["202601_2_2_0"], 0),
        (["202601_2_2_0"], ["202601_2_2_0"], 1),
        ([], [], 0),
    ],
    ids=["there", "not renamed", "merged", "mutated", "other partition", "partition", "empty"],
)
def test_a_part_that_was_noted_and_not_written_is_taken_out(
    tmp_path: Path, parts: list[str], log: list[str], left: int
):
    table = tmp_path / "store" / "abc" / "abcdef"
    for part in parts:
        (table / part).mkdir(parents=True)
    logs = table / "deduplication_logs"
    logs.mkdir(parents=True)
    lines = [f"1\t{part}\tall_1_{number}\n" for number, part in enumerate(log)]
    (logs / "deduplication_log_1.txt").write_text("".join(lines))
    (logs / "deduplication_log_2.txt").write_text("")
    mend(tmp_path)
    assert (logs / "deduplication_log_1.txt").read_text() == "".join(lines[:left])


def test_an_error_is_told_again(journal: Journal, clock: Clock):
    rows = Rows("events", b"{}", [Share(0, b"k", 1)])
    journal.begin([rows], [NewKey(b"k", b"d", b"202", clock.now + 10)])
    journal.end(rows, ViewError("a view failed"))
    found = journal.find(b"k")
    assert found is not None
    assert isinstance(found.error, MartletError)
    assert (found.error.message, found.error.status) == ("a view failed", 422)
