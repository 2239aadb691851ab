"""What is known of each table's rows in the lake: how its partitions may be pruned.

One item a table, from the deployment that makes it: `first_day`, no row arrived before, and
`ahead_days`, no row has a time of the partition key more days after its day of arrival. Both only
ever widen, and they are widened before rows are put, so a copy that is out of date is never wrong
for the rows that were there when it was read: a function that writes keeps its copy for ever, one
that reads may keep it for the minute that Firehose takes at least to deliver.

The day in `dt` is Firehose's, not ours: the arrival of the oldest record of the object. A row that
comes at midnight can be in the object of the day before, or, with the clocks some milliseconds
apart, a day later than we think; and Firehose tries for a day to write an object. So a day of slack
is in both numbers: rows are taken as if `dt` were the day before our clock's. A later `dt` makes
rows less far ahead and needs none.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html (timestamp namespace),
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.errors import EngineError

_SLACK_DAYS = 1
_DAY_NS = 86_400 * 10**9
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class TableState:
    """What is known of one table's rows.

    Attributes:
        first_day: `YYYY-MM-DD`, None while no row has come.
        ahead_days: see the module.
        columns: that the table had when its first row came; the others were added. None where
            that is not known.
    """

    first_day: str | None = None
    ahead_days: int = 0
    columns: frozenset[str] | None = None

    def covers(self, first_day: str, ahead_days: int) -> bool:
        """Whether rows of that day and so far ahead are within what is known."""
        is_first = self.first_day is None or first_day < self.first_day
        return not is_first and ahead_days <= self.ahead_days


class StateTable:
    """The DynamoDB table of states."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401  botocore's DynamoDB
        """Start with nothing known.

        Args:
            client: may try again by itself: all calls can be repeated.
            table: its name; the key is `table`, a text.
        """
        self._client = client
        self._table = table
        self._known: dict[str, TableState] = {}

    def read(self, table: str) -> TableState:
        """Return what DynamoDB has of a table.

        Raises:
            EngineError: DynamoDB does not answer.
        """
        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"table": {"S": table}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error
        return state_of(answer.get("Item") or {})

    def cover(
        self, table: str, *, moment: int, days_ahead: int, columns: Collection[str] = ()
    ) -> None:
        """Have the state cover rows that arrive now, before they are put.

        Nothing is asked of DynamoDB where this process knows that it does: after the first
        request, almost always.

        Args:
            table: a data source or quarantine.
            moment: of arrival, nanoseconds since 1970.
            days_ahead: of the furthest row, by the day of the moment.
            columns: of the table, which are remembered with its first row.

        Raises:
            EngineError: DynamoDB does not answer; put nothing.
        """
        first_day = _day(moment)
        ahead_days = days_ahead + _SLACK_DAYS
        known = self._known.get(table)
        if known is None:
            known = self._known[table] = self.read(table)
        if known.covers(first_day, ahead_days):
            return
        if known.first_day is None and columns:
            self._widen(table, "columns", {"SS": sorted(columns)}, "")
        if known.first_day is None or first_day < known.first_day:
            self._widen(table, "first_day", {"S": first_day}, ">")
        if ahead_days > known.ahead_days:
            self._widen(table, "ahead_days", {"N": str(ahead_days)}, "<")
        self._known[table] = self.read(table)

    def begin(self, table: str, *, moment: int, columns: Collection[str] = ()) -> None:
        """Say of a table that is made now that no row arrived before, if nothing is known of it.

        Args:
            table: a data source or quarantine.
            moment: nanoseconds since 1970.
            columns: of the table.

        Raises:
            EngineError: DynamoDB does not answer.
        """
        item: dict[str, Any] = {"table": {"S": table}, "first_day": {"S": _day(moment)}}
        if columns:
            item["columns"] = {"SS": sorted(columns)}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#table)",
                ExpressionAttributeNames={"#table": "table"},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def _widen(self, table: str, name: str, value: dict[str, Any], test: str) -> None:
        """Set an attribute unless another function has set it (wider) meanwhile."""
        wider = f" OR #name {test} :value" if test else ""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"table": {"S": table}},
                UpdateExpression="SET #name = :value",
                ConditionExpression=f"attribute_not_exists(#name){wider}",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error


def _day(moment: int) -> str:
    """Return the first day that `dt` of rows of a moment can say."""
    return date.fromordinal(_EPOCH_DAY + moment // _DAY_NS - _SLACK_DAYS).isoformat()


def state_of(item: dict[str, dict[str, Any]]) -> TableState:
    """Return the state that an item of DynamoDB says."""
    columns = item.get("columns", {}).get("SS")
    return TableState(
        item.get("first_day", {}).get("S"),
        int(item.get("ahead_days", {}).get("N", "0")),
        frozenset(columns) if columns is not None else None,
    )


def _unavailable(error: Exception) -> EngineError:
    reason = type(error).__name__
    if isinstance(error, ClientError):
        reason = error.response.get("Error", {}).get("Code", reason)
    return EngineError(
        f"The state of the data source cannot be read or written now (DynamoDB: {reason});"
        " nothing of the request was stored, send it again later"
    )
