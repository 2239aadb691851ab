"""The tokens of requests on AWS: found by digest, kept for a minute, counted where limited."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.access import Access, Grant
from martlet.aws.token_items import StoredToken
from martlet.errors import EngineError, RateLimitError, TokenError
from martlet.jwt import looks_like_jwt
from martlet.tokens import digest, missing_token, unknown_token

log = logging.getLogger("martlet.tokens")

# How long an answer of the table is good; so long may a removed token go on.
FRESH_S = 60.0

# How long a token that was found goes on while the table does not answer. A longer outage than
# this is told to callers rather than hiding that a token was removed meanwhile.
GRACE_S = 900.0

# While the table does not answer, a token that goes on asks it again after so long.
RETRY_S = 5.0

# Of each kind, tokens and values that are none. They are apart, so that somebody who tries values
# drives out no token.
MAX_CACHED = 2000

# The two writes of `_spend` follow from what the token did last; a third try decides all but a
# race lost twice in a row.
_ATTEMPTS = 4

_THROTTLED = frozenset(
    ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")
)


@dataclass(slots=True)
class _Known:
    """A token that was found.

    Attributes:
        confirmed: when the table last had it.
        ask_again: when to look it up again.
        busy_until: microseconds; until then all requests that are known of are paid for.
        uncounted_until: until then requests are not counted, as the table did not answer.
    """

    stored: StoredToken
    token: Access
    confirmed: float
    ask_again: float
    busy_until: int = 0
    uncounted_until: float = 0.0


class TokenTable:
    """The tokens of a deployed workspace.

    A value is found by its SHA-256, the table's key. There is no comparison whose time could tell
    anything: who tries values cannot steer their digests towards a stored one, and a part of a
    digest is of no use.

    A token with a limit of `rate` requests per second and `burst` at once is a token bucket. It is
    kept as one number, `busy_until`, the time at which all of its requests are paid for when each
    takes 1/rate seconds (the generic cell rate algorithm): a request adds its time, unless that
    would be more than `burst` requests' time ahead of now. That is one conditional update in
    DynamoDB for each request of such a token, and atomic over all functions; other tokens cost
    none. A token that is known to be over its limit is refused without asking.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401  botocore makes its classes when asked
        table: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look at nothing yet.

        Args:
            client: of DynamoDB; its time-outs and tries are what a request waits at most.
            table: the table's name.
            clock: Unix seconds.
        """
        self._client = client
        self._table = table
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._unknown: dict[str, float] = {}

    def find(self, value: str | None) -> Access:
        """Return the token of a value, with `x-ratelimit-*` if it has a limit.

        Reads are consistent: a token that was just made must be found, and one that was removed
        must not be kept for another minute.

        Raises:
            TokenError: there is no value, no token has it, or the token has expired.
            RateLimitError: the token has made more requests than it may.
            EngineError: the table does not answer, and the token was not seen of late.
        """
        if not value:
            raise missing_token()
        if looks_like_jwt(value):
            raise TokenError(
                "JWTs are not available on AWS: the functions do not know the admin token, with"
                " which they are signed; use a token of `martlet token create`"
            )
        now = self._clock()
        key = digest(value).hex()
        known = self._look_up(key, now)
        stored = known.stored
        if stored.expires is not None and now >= stored.expires:
            raise TokenError(f"The token '{stored.name}' has expired")
        if not stored.rate or now < known.uncounted_until:
            return known.token
        return replace(known.token, rate_headers=self._spend(known, stored.rate, now))

    def _look_up(self, key: str, now: float) -> _Known:
        known = self._known.get(key)
        if known is not None and now < known.ask_again:
            return known
        if now < self._unknown.get(key, 0.0):
            raise unknown_token()
        try:
            item = self._client.get_item(
                TableName=self._table, Key={"digest": {"S": key}}, ConsistentRead=True
            ).get("Item")
        except (BotoCoreError, ClientError) as error:
            log.warning("tokens cannot be looked up: %s", error)
            if known is None or now >= known.confirmed + GRACE_S:
                raise EngineError("Tokens cannot be looked up now", hint="try again") from error
            known.ask_again = now + RETRY_S
            return known
        if item is None:
            self._known.pop(key, None)
            _keep(self._unknown, key, now + FRESH_S)
            raise unknown_token()
        stored = StoredToken.of_item(item)
        self._unknown.pop(key, None)
        access = Access.of_grants(stored.name, (Grant.of_texts(*scope) for scope in stored.scopes))
        found = _Known(stored, access, now, now + FRESH_S)
        found.busy_until = int(item["busy_until"]["N"]) if "busy_until" in item else 0
        _keep(self._known, key, found)
        return found

    def _spend(self, known: _Known, rate: int, now: float) -> dict[str, str]:
        """Count one request, and return what is left.

        There are two updates, for an idle token and for one with requests to pay for. They commute
        with the same of other functions, so none is lost and none is tried again and again.

        Raises:
            RateLimitError: nothing is left.
            TokenError: the token was removed meanwhile.
        """
        burst = known.stored.burst or rate
        cost = 1_000_000 // rate
        at = int(now * 1_000_000)
        for _ in range(_ATTEMPTS):
            ahead = max(known.busy_until - at, 0)
            if ahead + cost > burst * cost:
                raise _over_limit(known, rate, burst, ahead)
            try:
                known.busy_until = self._add(known, at, cost, burst)
            except ClientError as error:
                self._take_over(known, error, now, rate)
            except BotoCoreError as error:
                self._go_on(known, error, now)
            else:
                return _headers(cost, burst, known.busy_until - at)
            if now < known.uncounted_until:
                return {}
        raise EngineError("Requests of the token cannot be counted now", hint="try again")

    def _add(self, known: _Known, at: int, cost: int, burst: int) -> int:
        """Add a request's time to the token's, if what is known of it still holds."""
        if known.busy_until <= at:
            update = "SET busy_until = :next"
            condition = "(attribute_not_exists(busy_until) OR busy_until <= :at)"
            values = {":next": at + cost, ":at": at}
        else:
            update = "SET busy_until = busy_until + :cost"
            condition = "busy_until BETWEEN :at AND :latest"
            values = {":cost": cost, ":at": at, ":latest": at + (burst - 1) * cost}
        answer = self._client.update_item(
            TableName=self._table,
            Key={"digest": {"S": known.stored.digest}},
            UpdateExpression=update,
            # Without the first, an update would make an item of a token that was just removed.
            ConditionExpression=f"attribute_exists(digest) AND {condition}",
            ExpressionAttributeValues={name: {"N": str(n)} for name, n in values.items()},
            ReturnValues="UPDATED_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return int(answer["Attributes"]["busy_until"]["N"])

    def _take_over(self, known: _Known, error: ClientError, now: float, rate: int) -> None:
        """Learn from a refused update what other functions have counted."""
        code = error.response["Error"]["Code"]
        if code in _THROTTLED:  # an item takes 1,000 writes a second, more than any limit
            raise RateLimitError(
                f"The token '{known.stored.name}' has made far more than {rate} requests in a"
                " second; try again in 1 s",
                headers={"retry-after": "1"},
            ) from error
        if code != "ConditionalCheckFailedException":
            self._go_on(known, error, now)
            return
        item = error.response.get("Item")
        if not item:
            self._known.pop(known.stored.digest, None)
            raise unknown_token() from error
        known.busy_until = int(item["busy_until"]["N"]) if "busy_until" in item else 0

    def _go_on(self, known: _Known, error: Exception, now: float) -> None:
        """Let requests pass uncounted for a moment: an outage of the table is not the caller's."""
        log.warning("requests of tokens cannot be counted: %s", error)
        known.uncounted_until = now + RETRY_S


def _headers(cost: int, burst: int, ahead: int) -> dict[str, str]:
    """Return the rate headers of a token whose requests take `ahead` microseconds from now."""
    return {
        "x-ratelimit-limit": str(burst),
        "x-ratelimit-remaining": str(max(burst - math.ceil(ahead / cost), 0)),
        "x-ratelimit-reset": str(math.ceil(max(ahead, 0) / 1_000_000)),
    }


def _over_limit(known: _Known, rate: int, burst: int, ahead: int) -> RateLimitError:
    cost = 1_000_000 // rate
    wait_s = max(math.ceil((ahead - (burst - 1) * cost) / 1_000_000), 1)
    return RateLimitError(
        f"The token '{known.stored.name}' has made more than {rate} requests in a second;"
        f" try again in {wait_s} s",
        headers={**_headers(cost, burst, ahead), "retry-after": str(wait_s)},
    )


def _keep(cache: dict[str, Any], key: str, entry: object) -> None:
    """Put an entry into a cache, which forgets those that were put into it longest ago."""
    cache.pop(key, None)
    while len(cache) >= MAX_CACHED:
        del cache[next(iter(cache))]
    cache[key] = entry
