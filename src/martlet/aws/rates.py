"""Requests of tokens with a limit, counted in DynamoDB: one conditional update for each.

A limit of `rate` requests per second and `burst` at once is a token bucket. It is kept as one
number, `busy_until`, the time at which all requests are paid for when each takes 1/rate seconds
(the generic cell rate algorithm): a request adds its time, unless that would be more than `burst`
requests' time ahead of now. That is one update, and atomic over all functions. What is known to be
over its limit is refused without asking.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.errors import EngineError, RateLimitError

log = logging.getLogger("martlet.tokens")

# While the table does not answer, requests are not counted for so long.
RETRY_S = 5.0

# An item that expires is there for so long behind the last request that it has counted.
_KEPT_S = 86_400

# The two writes of `spend` follow from what the bucket was last; a third try decides all but a
# race lost twice in a row.
_ATTEMPTS = 4

_THROTTLED = frozenset(
    ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")
)


class GoneError(Exception):
    """The item of a bucket was removed."""


@dataclass(slots=True)
class Bucket:
    """The requests of one token.

    Attributes:
        key: of its item.
        name: of the token, for errors.
        rate: requests per second.
        burst: requests at once after a pause.
        busy_until: microseconds; until then all requests that are known of are paid for.
        uncounted_until: seconds; until then requests are not counted, as the table did not answer.
    """

    key: Mapping[str, str]
    name: str
    rate: int
    burst: int
    busy_until: int = 0
    uncounted_until: float = 0.0

    @property
    def cost(self) -> int:
        """The microseconds of one request."""
        return 1_000_000 // self.rate


class Counter:
    """Counts requests in a table."""

    def __init__(self, client: Any, table: str, *, makes_items: bool) -> None:  # noqa: ANN401  botocore makes its classes when asked
        """Look at nothing yet.

        Args:
            client: of DynamoDB.
            table: its name.
            makes_items: whether a bucket without an item gets one, which expires when it is idle.
        """
        self._client = client
        self._table = table
        self._makes_items = makes_items

    def spend(self, bucket: Bucket, now: float) -> dict[str, str]:
        """Count one request and return what is left, nothing where it could not be counted.

        There are two updates, for an idle bucket and for one with requests to pay for. They commute
        with the same of other functions, so none is lost and none is tried again and again.

        Raises:
            RateLimitError: nothing is left.
            GoneError: there is no item, and none is made.
            EngineError: others count too fast.
        """
        if now < bucket.uncounted_until:
            return {}
        at = int(now * 1_000_000)
        for _ in range(_ATTEMPTS):
            ahead = max(bucket.busy_until - at, 0)
            if ahead + bucket.cost > bucket.burst * bucket.cost:
                raise _over_limit(bucket, ahead)
            try:
                bucket.busy_until = self._add(bucket, at)
            except ClientError as error:
                self._take_over(bucket, error, now)
            except BotoCoreError as error:
                _go_on(bucket, error, now)
            else:
                return _headers(bucket, bucket.busy_until - at)
            if now < bucket.uncounted_until:
                return {}
        raise EngineError("Requests of the token cannot be counted now", hint="try again")

    def _add(self, bucket: Bucket, at: int) -> int:
        """Add a request's time to the bucket's, if what is known of it still holds."""
        if bucket.busy_until <= at:
            update = "SET busy_until = :next"
            condition = "(attribute_not_exists(busy_until) OR busy_until <= :at)"
            values = {":next": at + bucket.cost, ":at": at}
        else:
            update = "SET busy_until = busy_until + :cost"
            condition = "busy_until BETWEEN :at AND :latest"
            latest = at + (bucket.burst - 1) * bucket.cost
            values = {":cost": bucket.cost, ":at": at, ":latest": latest}
        names = {}
        if self._makes_items:
            update += ", expires = :expires"
            values[":expires"] = at // 1_000_000 + _KEPT_S
        else:
            # Without it, an update would make an item of a token that was just removed.
            condition = f"attribute_exists(#key) AND {condition}"
            names = {"ExpressionAttributeNames": {"#key": next(iter(bucket.key))}}
        answer = self._client.update_item(
            TableName=self._table,
            Key={name: {"S": value} for name, value in bucket.key.items()},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues={name: {"N": str(n)} for name, n in values.items()},
            ReturnValues="UPDATED_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **names,
        )
        return int(answer["Attributes"]["busy_until"]["N"])

    def _take_over(self, bucket: Bucket, error: ClientError, now: float) -> None:
        """Learn from a refused update what other functions have counted."""
        code = error.response["Error"]["Code"]
        if code in _THROTTLED:  # an item takes 1,000 writes a second, more than any limit
            raise RateLimitError(
                f"The token '{bucket.name}' has made far more than {bucket.rate} requests in a"
                " second; try again in 1 s",
                headers={"retry-after": "1"},
            ) from error
        if code != "ConditionalCheckFailedException":
            _go_on(bucket, error, now)
            return
        item = error.response.get("Item")
        if not item and not self._makes_items:
            raise GoneError from error
        bucket.busy_until = busy_until(item or {})


def busy_until(item: Mapping[str, Any]) -> int:
    """Return what an item says of its bucket."""
    return int(item["busy_until"]["N"]) if "busy_until" in item else 0


def _go_on(bucket: Bucket, error: Exception, now: float) -> None:
    """Let requests pass uncounted for a moment: an outage of the table is not the caller's."""
    log.warning("requests of tokens cannot be counted: %s", error)
    bucket.uncounted_until = now + RETRY_S


def _headers(bucket: Bucket, ahead: int) -> dict[str, str]:
    """Return the rate headers of a token whose requests take `ahead` microseconds from now."""
    return {
        "x-ratelimit-limit": str(bucket.burst),
        "x-ratelimit-remaining": str(max(bucket.burst - math.ceil(ahead / bucket.cost), 0)),
        "x-ratelimit-reset": str(math.ceil(max(ahead, 0) / 1_000_000)),
    }


def _over_limit(bucket: Bucket, ahead: int) -> RateLimitError:
    wait_s = max(math.ceil((ahead - (bucket.burst - 1) * bucket.cost) / 1_000_000), 1)
    return RateLimitError(
        f"The token '{bucket.name}' has made more than {bucket.rate} requests in a second;"
        f" try again in {wait_s} s",
        headers={**_headers(bucket, ahead), "retry-after": str(wait_s)},
    )
