"""Answers of queries that stand for other runs of them: shared while they run, kept until a change.

An answer is kept with the versions of the tables that it read, and given only while they are those:
what was acknowledged before a request is in its answer. Where rows change without a commit (merges
of some table engines, TTL), it is kept for a second at most: as if that had come a second later.
"""

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from martlet.engines.base import Result, Stop
from martlet.model import Datasource, Project
from martlet.query import Query
from martlet.service_tables import SERVICE_TABLES
from martlet.sql.volatile import Volatility, volatility
from martlet.versions import Seen, Versions

# For how long an answer may miss a merge or an expired row.
MOVING_MAX_AGE_S = 1.0

# Of an entry beside its SQL and its body, about.
_ENTRY_BYTES = 1024

# A larger part of the cache is for no answer alone.
_LARGEST_PART = 4


class StoppableEngine(Protocol):
    """An engine whose queries can be ended before their time."""

    @property
    def versions(self) -> Versions: ...

    @property
    def database(self) -> str:
        """Where the tables of the versions are."""
        ...

    def execute(
        self,
        sql: str,
        *,
        format: str,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        database: str = "",
        stop: Stop | None = None,
    ) -> Result:
        """Run one SELECT; see `engines.base.Engine.execute`."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and how long it stands for others.

    Attributes:
        seen: versions that it is of.
        expires_at: by the cache's clock.
        etag: strong, of the body.
        ttl_s: for how long the query itself wants answers kept, None where it says nothing.
    """

    result: Result
    seen: Seen
    expires_at: float
    etag: str
    ttl_s: float | None


@dataclass(frozen=True, slots=True)
class _Key:
    """All that an answer depends on but rows and time."""

    sql: str
    format: str
    settings: tuple[tuple[str, str], ...]
    secrets: bytes
    is_isolated: bool
    database: str


# No change of the tables has ended since a run at such a place began.
_Place = tuple[_Key, tuple[str, ...], tuple[int, ...]]


@dataclass(slots=True)
class _Flight:
    """One run of a query, and how many requests wait for it."""

    place: _Place
    waiting: int = 0
    stop: Stop = field(default_factory=Stop)
    landed: Future[Kept] = field(default_factory=Future)


class Cache:
    """Runs the queries of requests, as few of them as will do; any thread may ask."""

    def __init__(
        self, engine: StoppableEngine, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start without a project: `use` one.

        Args:
            engine: runs the queries.
            clock: in seconds.
        """
        self._engine = engine
        self._versions = engine.versions
        self._clock = clock
        self._lock = threading.Lock()
        self._max_bytes = 0
        self._moving: set[str] = set()
        self._kept: OrderedDict[tuple[_Key, tuple[str, ...]], Kept] = OrderedDict()
        self._flights: dict[_Place, _Flight] = {}
        self.size = 0
        """Bytes, about, that are kept."""

    def use(self, project: Project) -> None:
        """Take a project's limits; called while it takes the place of another one."""
        sources = project.datasources.values()
        moving = {source.name for source in sources if _is_moving(source)}
        with self._lock:
            # These have a TTL.
            self._moving = moving | {source.quarantine for source in sources} | {*SERVICE_TABLES}
            self._max_bytes = project.settings.cache_bytes
            self._kept.clear()
            self.size = 0

    def answer(
        self,
        query: Query,
        *,
        format: str,
        settings: Mapping[str, str],
        when_left: Callable[[Callable[[], None]], None],
    ) -> Kept | Future[Kept]:
        """Return a query's answer: one that is kept, that of a run under way, or of its own run.

        Args:
            query: to be run.
            format: ClickHouse's name of the output format.
            settings: of the request, on top of the query's.
            when_left: takes what to call once the request's client does not wait any more.

        Returns:
            A future for another request's run; its exception is that of the run.

        Raises:
            StoppedError: nobody waits for the answer any more.
            MartletError: the query failed; see `engines.base.Engine.execute`.
        """
        settings = {**query.settings, **settings}
        kind = volatility(query.sql)

        def run(stop: Stop) -> Result:
            return self._engine.execute(
                query.sql,
                format=format,
                settings=settings,
                parameters=query.secrets,
                is_isolated=query.is_isolated,
                database=query.database,
                stop=stop,
            )

        # Nobody counts the changes of tables that are not live.
        is_other = query.database not in ("", self._engine.database)
        is_single = kind is Volatility.SINGLE and query.cache_ttl_s is None
        if is_other or is_single or not self._max_bytes:
            stop = Stop()
            when_left(stop.ask)
            return self._made(run(stop), self._versions.of(()), 0, None)
        max_age_s = self._max_age_s(query, kind)
        key = _key(query, format, settings)
        # An answer that may be old depends on the project alone.
        seen = self._versions.of(query.datasources if query.cache_ttl_s is None else ())
        place = (key, seen.tables, seen.ended)
        with self._lock:
            if kept := self._find(key, seen):
                return kept
            flight = self._flights.setdefault(place, _Flight(place))
            is_first = not flight.waiting
            flight.waiting += 1
        when_left(lambda: self._leave(flight))
        if not is_first:
            return flight.landed
        return self._fly(flight, run, seen, max_age_s, query.cache_ttl_s)

    def control(self, kept: Kept) -> str:
        """Return the Cache-Control of an answer: browsers ask again, unless the query has a TTL."""
        if kept.ttl_s is None:
            return "private, no-cache"
        return f"private, max-age={max(0, int(kept.expires_at - self._clock()))}"

    def _max_age_s(self, query: Query, kind: Volatility) -> float:
        if query.cache_ttl_s is not None:
            return query.cache_ttl_s
        if kind is not Volatility.STABLE:
            return 0
        return math.inf if self._moving.isdisjoint(query.datasources) else MOVING_MAX_AGE_S

    def _fly(
        self,
        flight: _Flight,
        run: Callable[[Stop], Result],
        seen: Seen,
        max_age_s: float,
        ttl_s: float | None,
    ) -> Kept:
        """Run a query for all that wait for it, and keep its answer."""
        expires_at = self._clock() + max_age_s  # rows are read after this moment
        try:
            kept = self._made(run(flight.stop), seen, expires_at, ttl_s)
        except BaseException as error:
            self._land(flight)
            flight.landed.set_exception(error)
            raise
        with self._lock:
            if max_age_s and self._versions.are(seen):
                self._keep((flight.place[0], seen.tables), kept)
        self._land(flight)
        flight.landed.set_result(kept)
        return kept

    @staticmethod
    def _made(result: Result, seen: Seen, expires_at: float, ttl_s: float | None) -> Kept:
        digest = hashlib.blake2b(result.body, digest_size=16).hexdigest()
        return Kept(result, seen, expires_at, f'"{digest}"', ttl_s)

    def _land(self, flight: _Flight) -> None:
        with self._lock:
            if self._flights.get(flight.place) is flight:
                del self._flights[flight.place]

    def _leave(self, flight: _Flight) -> None:
        """Count one request less; a run that nobody waits for is stopped, and nobody joins it."""
        with self._lock:
            flight.waiting -= 1
            if flight.waiting:
                return
            if self._flights.get(flight.place) is flight:
                del self._flights[flight.place]
        flight.stop.ask()

    def _find(self, key: _Key, seen: Seen) -> Kept | None:
        place = (key, seen.tables)
        kept = self._kept.get(place)
        if kept is None or kept.seen != seen or kept.expires_at <= self._clock():
            return None
        self._kept.move_to_end(place)
        return kept

    def _keep(self, place: tuple[_Key, tuple[str, ...]], kept: Kept) -> None:
        self._drop(place)
        size = _size(place[0], kept)
        if size > self._max_bytes // _LARGEST_PART:
            return
        self._kept[place] = kept
        self.size += size
        while self.size > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, place: tuple[_Key, tuple[str, ...]]) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            self.size -= _size(place[0], kept)


def _size(key: _Key, kept: Kept) -> int:
    return len(kept.result.body) + 4 * len(key.sql) + _ENTRY_BYTES


def _key(query: Query, format: str, settings: Mapping[str, str]) -> _Key:
    digest = b""
    if query.secrets:
        digest = hashlib.blake2b(repr(sorted(query.secrets.items())).encode()).digest()
    return _Key(
        query.sql,
        format,
        tuple(sorted(settings.items())),
        digest,
        query.is_isolated,
        query.database,
    )


def _is_moving(source: Datasource) -> bool:
    """Whether rows of a table change without a commit.

    Merges make one row of several, or remove those that have expired; a column that was added later
    may be made of the clock, until a merge has written it.
    """
    return (
        source.engine.name not in ("MergeTree", "Join", "Null")
        or bool(source.engine.ttl)
        or any(
            column.default and volatility(column.default) is not Volatility.STABLE
            for column in source.columns
        )
    )
