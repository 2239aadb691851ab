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
    ) -> Result:
        """Run one SELECT and return its result in a ClickHouse output format.

        Args:
            sql: one statement, already checked by `sql.guard`.
            format: ClickHouse's name of the output format.
            settings: settings for this query alone, on top of the engine's.
            parameters: values of `{name: String}` placeholders, bound outside of the text.

        Raises:
            QueryTimeoutError: the time limit passed; the engine has stopped the query.
            ResultTooLargeError: more rows or bytes than the limit.
            QueryError: the engine refused or failed the statement.
            EngineError: the engine cannot work now.
        """
        ...
