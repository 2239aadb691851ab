"""Requests with an Idempotency-Key on AWS: one DynamoDB item a key, written before Firehose's call.

DynamoDB and Firehose commit nothing together. So an outcome that is noted is exact: its rows are
in Firehose, and nothing is sent again. A function that ends between the two leaves a key without
an outcome; the next request with it sends the rows again, as the same batch, so that both copies
have the same `__batch` and `__row` and duplicates can be told.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.aws.names import KEY_PREFIX
from martlet.errors import EngineError, MartletError
from martlet.idempotency import Key
from martlet.ingest.sinks import Appended

# No function runs so long: one that has noted no outcome by then has ended without.
LEASE_S = 60

# How long to wait for a request that is under way, and between looks at it.
WAIT_S = 5.0
_POLL_S = 0.2

# The key is free, or what began with it has ended without an outcome.
_FREE = "attribute_not_exists(#digest) OR #expires <= :now"
_LOST = "(attribute_not_exists(#rows) AND #lease <= :now AND #digest = :digest)"
_NAMES = {
    f"#{name}": name for name in ("digest", "note", "batch", "lease", "expires", "rows", "refused")
}


class KeyTable:
    """Keys in the table of states, which has them deleted when their window is over."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401  botocore's DynamoDB
        table: str,
        *,
        window_s: float,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """Start.

        Args:
            client: of DynamoDB.
            table: its name; the key is `table`, a text.
            window_s: how long an outcome is known.
            clock: Unix seconds.
            wait: waits some seconds.
        """
        self._client = client
        self._table = table
        self._window_s = window_s
        self._clock = clock
        self._wait = wait or threading.Event().wait

    def run(self, key: Key, batch: str, put: Callable[[str], Appended]) -> Appended:
        """Store a request unless one with its key is stored.

        Args:
            key: of the request.
            batch: what tells it from others, if it is the first one.
            put: stores it as the batch that it is given.

        Raises:
            IdempotencyError: the key is another request's.
            EngineError: DynamoDB does not answer, or one with the key is still under way.
            MartletError: as `put` raises them.
        """
        end = self._clock() + WAIT_S
        while (known := self._claim(key, batch)) is not None:
            key.repeat(known["digest"]["B"], known["note"]["B"])
            if "rows" in known:
                return Appended(int(known["rows"]["N"]), int(known["refused"]["N"]))
            key.is_replayed = False
            if float(known["lease"]["N"]) <= self._clock():
                batch = known["batch"]["S"]
            elif self._clock() + _POLL_S > end:
                raise EngineError(
                    "A request with the same Idempotency-Key is under way: send it again later"
                )
            else:
                self._wait(_POLL_S)
        try:
            appended = put(batch)
        except MartletError as error:
            self._release(key, batch, is_unknown=isinstance(error, EngineError))
            raise
        with suppress(_RefusedError):  # another function took over, with the same batch
            self._update(
                key,
                "SET #rows = :rows, #refused = :refused",
                "#batch = :batch",
                {":rows": {"N": str(appended.successful)}, ":batch": {"S": batch},
                 ":refused": {"N": str(appended.quarantined)}},
            )  # fmt: skip
        return appended

    def _claim(self, key: Key, batch: str) -> dict[str, Any] | None:
        """Begin a request as a batch; return what is known of the key if it may not begin."""
        now = self._clock()
        free = f"({_FREE}) OR ({_LOST} AND #batch = :batch)"
        try:
            self._update(
                key,
                "SET #digest = :digest, #note = :note, #batch = :batch, #lease = :lease,"
                " #expires = :expires REMOVE #rows, #refused",
                free,
                {":digest": {"B": key.digest}, ":note": {"B": key.note}, ":batch": {"S": batch},
                 ":lease": {"N": f"{now + LEASE_S:.3f}"}, ":now": {"N": f"{now:.3f}"},
                 ":expires": {"N": str(int(now + self._window_s))}},
            )  # fmt: skip
        except _RefusedError as refused:
            return refused.item
        return None

    def _release(self, key: Key, batch: str, *, is_unknown: bool) -> None:
        """Let the next request with the key begin; it is the same batch if rows may be stored."""
        now = self._clock()
        update = "SET #lease = :now" if is_unknown else "SET #expires = :now REMOVE #digest"
        values = {":now": {"N": str(int(now))}, ":batch": {"S": batch}}
        with suppress(_RefusedError):  # another function took over
            self._update(key, update, "#batch = :batch", values)

    def _update(self, key: Key, update: str, condition: str, values: dict[str, Any]) -> None:
        used = {name: own for name, own in _NAMES.items() if name in update or name in condition}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"table": {"S": f"{KEY_PREFIX}{key.name.hex()}"}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=used,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "ConditionalCheckFailedException":
                raise _RefusedError(dict(error.response).get("Item") or {}) from error
            raise _unavailable(code) from error
        except BotoCoreError as error:
            raise _unavailable(type(error).__name__) from error


class _RefusedError(Exception):
    """The item is not as it had to be."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__("the condition does not hold")
        self.item = item


def _unavailable(reason: str) -> EngineError:
    return EngineError(
        f"Idempotency-Keys cannot be looked up or noted now (DynamoDB: {reason}); send the request"
        " again with the same key"
    )
