"""A Trino connection for tests: SQL in, typed rows out."""

import warnings
from dataclasses import dataclass
from pathlib import Path

with warnings.catch_warnings():  # what its dependencies say of each other's versions
    warnings.simplefilter("ignore")
    import trino

from scripts.trino import Server
from trino.exceptions import TrinoQueryError

__all__ = ["Answer", "Trino", "TrinoQueryError"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned: names and Trino's types of its columns, and its rows."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[object, ...]]


class Trino:
    """One client of the shared server; whoever makes a schema drops it."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def lake(self) -> Path:
        """The folder that SQL calls `local:///`."""
        return self.server.lake

    def query(self, sql: str, *, schema: str = "default") -> Answer:
        """Run one statement.

        Integers are `int`, decimals `Decimal`, dates and timestamps `date` and naive `datetime`,
        rows tuples.

        Raises:
            TrinoQueryError: the server refused it, or it failed.
        """
        with (
            trino.dbapi.connect(
                host="127.0.0.1",
                port=self.server.port,
                user="martlet",
                catalog="hive",
                schema=schema,
                timezone="UTC",
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            rows = [tuple(row) for row in cursor.fetchall()]
            columns = cursor.description or []
            return Answer(
                tuple(column[0] for column in columns),
                tuple(column[1] for column in columns),
                rows,
            )

    def rows(self, sql: str, *, schema: str = "default") -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""
        return self.query(sql, schema=schema).rows
