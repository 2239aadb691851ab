"""What every engine is to the rest of Martlet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


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
    ) -> Result:
        """Run one SELECT and return its result in a ClickHouse output format.

        Args:
            sql: one statement, already checked by `sql.guard`.
            format: ClickHouse's name of the output format.
            settings: settings for this query alone, on top of the engine's.
            parameters: values of `{name: String}` placeholders, bound outside of the text.
            is_isolated: find tables by their database's name and theirs only.

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
