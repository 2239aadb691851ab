"""What the state table says of a project's rows, for queries: read at once, kept for a minute.

A row is in Firehose for a minute at least before a query can see it, and its state is written
before it is put: so a copy of so old knows of every row that is in the lake.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.aws.state import TableState, state_of
from martlet.errors import EngineError
from martlet.ingest.clocks import UNKNOWN_DAYS_AHEAD
from martlet.model import Project
from martlet.translate.tables import Partitions

# Firehose delivers after 60 s, or as soon as it has 64 MiB, which takes it seconds at least.
FRESH_S = 50.0

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH = 100
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the rows of a project's tables.

    Attributes:
        partitions: by table, which days can have rows at all.
        added: by data source, the columns that some of its rows came before.
    """

    partitions: Mapping[str, Partitions] = field(default_factory=dict)
    added: Mapping[str, frozenset[str]] = field(default_factory=dict)


class KnownRows:
    """Asks the state table, and remembers its answer."""

    def __init__(
        self,
        dynamodb: Any,  # noqa: ANN401  botocore makes its classes when asked
        table: str,
        project: Project,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask nothing yet.

        Args:
            dynamodb: client, which may try again by itself.
            table: the state table's name.
            project: whose data sources and quarantines are asked for.
            clock: seconds, from anywhere.
        """
        self._client, self._table, self._clock = dynamodb, table, clock
        self._columns = {
            source.name: frozenset(column.name for column in source.columns)
            for source in project.datasources.values()
        }
        quarantines = [source.quarantine for source in project.datasources.values()]
        self._names = [*self._columns, *quarantines]
        self._last: Known | None = None
        self._good_until = 0.0

    def __call__(self) -> Known:
        """Return what is known, at most `FRESH_S` seconds old.

        Raises:
            EngineError: DynamoDB does not answer; an older copy could hide rows.
        """
        now = self._clock()
        if self._last is None or now >= self._good_until:
            self._last = self._read()
            self._good_until = now + FRESH_S
        return self._last

    def _read(self) -> Known:
        states = dict(self._states())
        # A table without an item has no rows, or its item was lost: leave no day out.
        partitions = dict.fromkeys(self._names, Partitions(ahead_days=UNKNOWN_DAYS_AHEAD))
        partitions |= {
            name: Partitions(state.first_day, state.ahead_days) for name, state in states.items()
        }
        added: dict[str, frozenset[str]] = {}
        for name, columns in self._columns.items():
            first = states[name].columns if name in states else None
            if first is not None and columns - first:
                added[name] = columns - first
        return Known(partitions, added)

    def _states(self) -> Iterator[tuple[str, TableState]]:
        names = iter(self._names)
        while batch := list(islice(names, _BATCH)):
            keys = [{"table": {"S": name}} for name in batch]
            wanted: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
            for _ in range(_TRIES):
                answer = self._get(wanted)
                for item in answer["Responses"].get(self._table, ()):
                    yield item["table"]["S"], state_of(item)
                wanted = answer.get("UnprocessedKeys") or {}
                if not wanted:
                    break
            else:
                raise _unavailable("throttled")

    def _get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._client.batch_get_item(RequestItems=wanted)
        except ClientError as error:
            raise _unavailable(error.response["Error"].get("Code", "")) from error
        except BotoCoreError as error:
            raise _unavailable(type(error).__name__) from error
        return answer


def _unavailable(reason: str) -> EngineError:
    return EngineError(f"What is known of the rows cannot be read now (DynamoDB: {reason})")
