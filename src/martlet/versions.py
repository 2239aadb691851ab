"""Versions of tables: which stored rows an answer can have seen.

A change is begun before its first row can be seen, and ended before anybody is told that it is
stored. So rows that were acknowledged before a query began are in what the query saw, and a query
during which no change of its tables began or ended saw one state of them.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

# Counts as a table that everything reads.
_PROJECT = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Versions of tables at one moment; equal ones are of the same rows, if they are settled.

    Attributes:
        tables: those that it is of, in order, behind the project as a whole.
        begun: how many changes of each had begun.
        ended: how many of them had ended.
    """

    tables: tuple[str, ...]
    begun: tuple[int, ...]
    ended: tuple[int, ...]

    @property
    def is_settled(self) -> bool:
        """Whether no change was under way."""
        return self.begun == self.ended

    @property
    def generation(self) -> int:
        """How often the project as a whole had been changed."""
        return self.ended[0]


class Versions:
    """Counts the changes of tables, and of the project as a whole; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, int] = {_PROJECT: 0}
        self._ended: dict[str, int] = {_PROJECT: 0}
        self._feeds: Mapping[str, Iterable[str]] = {}

    @property
    def generation(self) -> int:
        """How often the project as a whole has been changed."""
        return self._ended[_PROJECT]

    def of(self, tables: Iterable[str]) -> Seen:
        """Return the versions of tables, and of the project, as they are now."""
        names = (_PROJECT, *sorted(tables))
        with self._lock:
            return Seen(
                names,
                tuple([self._begun.get(name, 0) for name in names]),
                tuple([self._ended.get(name, 0) for name in names]),
            )

    def are(self, seen: Seen) -> bool:
        """Whether versions are still these, and were settled: no change fell in between."""
        return seen.is_settled and self.of(seen.tables[1:]) == seen

    def follow(self, feeds: Mapping[str, Iterable[str]]) -> None:
        """Say which tables change when another one does: materialized views write them."""
        with self._lock:
            self._feeds = feeds

    @contextmanager
    def changing(self, tables: Iterable[str]) -> Iterator[None]:
        """Change tables, and what follows them; to be left before the change is acknowledged.

        It counts as a change whether or not it succeeds: a part of it may be stored.
        """
        names = self._with_followers(tables)
        self._count(self._begun, names)
        try:
            yield
        finally:
            self._count(self._ended, names)

    @contextmanager
    def changing_project(self) -> Iterator[None]:
        """Change anything: every table, and what queries are made of."""
        with self.changing((_PROJECT,)):
            yield

    def _count(self, counts: dict[str, int], names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                counts[name] = counts.get(name, 0) + 1

    def _with_followers(self, tables: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(tables)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._feeds.get(name, ())
        return found
