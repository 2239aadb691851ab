"""What every engine is to the rest of Martlet."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from martlet.errors import StoppedError

# How long a query has to end before it is told again; the first time it may not have begun.
_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of one SELECT, already written in the format that was asked for.

    Attributes:
        body: the bytes of that format.
        rows: rows of the result.
        rows_read: rows that the engine read from tables.
        bytes_read: bytes that the engine read from tables.
        elapsed_s: seconds that the engine took.
        headers: what the engine says of the query beside its result, for the answer.
    """

    body: bytes
    rows: int
    rows_read: int
    bytes_read: int
    elapsed_s: float
    headers: Mapping[str, str] = field(default_factory=dict)


class Stop:
    """The end of one query before its time; any thread may ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._end: Callable[[], None] | None = None
        self.is_asked = False

    def ask(self) -> None:
        """End the query, now or before it begins; returns when it has ended."""
        self.is_asked = True
        while not self._ended.is_set():
            with self._lock:  # the query cannot end meanwhile, and its place be another's
                if self._end is None:
                    return
                self._end()
            self._ended.wait(_AGAIN_S)

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Run a query in the block, and end it with a function that another thread calls.

        Raises:
            StoppedError: its end was asked for.
        """
        with self._lock:
            if self.is_asked:
                raise StoppedError
            self._end = end
        try:
            yield
        except Exception as error:
            if self.is_asked:
                raise StoppedError from error
            raise
        finally:
            with self._lock:
                self._end = None
                self._ended.set()


class Engine(Protocol):
    """Runs ClickHouse SELECTs, read-only and within the project's limits."""

    def execute(
        self,
        sql: str,
        *,
        format: str,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        max_age_s: float = 0,
    ) -> Result:
        """Run one SELECT and return its result in a ClickHouse output format.

        Args:
            sql: one statement, already checked by `sql.guard`.
            format: ClickHouse's name of the output format.
            settings: settings for this query alone, on top of the engine's.
            parameters: values of `{name: String}` placeholders, bound outside of the text.
            is_isolated: find tables by their database's name and theirs only.
            max_age_s: an answer of so long ago will do, where the engine keeps answers.

        Raises:
            QueryTimeoutError: the time limit passed; the engine has stopped the query.
            ResultTooLargeError: more rows or bytes than the limit.
            QueryError: the engine refused or failed the statement.
            EngineError: the engine cannot work now.
        """
        ...

    def columns(
        self, sql: str, *, parameters: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """Return the columns that a SELECT has, names and ClickHouse types, without its rows.

        Raises:
            QueryTimeoutError: what must be run for that takes seconds.
            QueryError: the engine refuses the statement.
            EngineError: the engine cannot work now.
        """
        ...

    def explain(
        self,
        sql: str,
        *,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
    ) -> str:
        """Return the plan of a SELECT as text for people; the arguments are those of `execute`.

        Raises:
            QueryError: the engine refuses the statement.
            NotAvailableError: the engine has no plans to show.
        """
        ...
