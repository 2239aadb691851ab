"""The tokens of requests on AWS: found by digest, kept for a minute, counted where limited."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.access import Access, Grant
from martlet.aws.clients import client as open_client
from martlet.aws.names import Deployed
from martlet.aws.rates import RETRY_S, Bucket, Counter, GoneError, busy_until
from martlet.aws.signed import SignedTokens
from martlet.aws.token_items import StoredToken
from martlet.aws.token_sync import TokenSecret
from martlet.errors import EngineError, TokenError
from martlet.jwt import looks_like_jwt
from martlet.model import Project
from martlet.tokens import Names, digest, missing_token, unknown_token

log = logging.getLogger("martlet.tokens")

# How long an answer of the table is good; so long may a removed token go on.
FRESH_S = 60.0

# How long a token that was found goes on while the table does not answer. A longer outage than
# this is told to callers rather than hiding that a token was removed meanwhile.
GRACE_S = 900.0

# Of each kind, tokens and values that are none. They are apart, so that somebody who tries values
# drives out no token.
MAX_CACHED = 2000


@dataclass(slots=True)
class _Known:
    """A token that was found.

    Attributes:
        bucket: its requests, where they are limited.
        confirmed: when the table last had it.
        ask_again: when to look it up again.
    """

    stored: StoredToken
    token: Access
    bucket: Bucket | None
    confirmed: float
    ask_again: float


class TokenTable:
    """The tokens of a deployed workspace.

    A value is found by its SHA-256, the table's key. There is no comparison whose time could tell
    anything: who tries values cannot steer their digests towards a stored one, and a part of a
    digest is of no use. Requests of a token with a limit are counted in its item.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401  botocore makes its classes when asked
        table: str,
        *,
        signed: SignedTokens | None = None,
        names: Names | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look at nothing yet.

        Args:
            client: of DynamoDB; its time-outs and tries are what a request waits at most.
            table: the table's name.
            signed: JWTs; without it they are refused.
            names: of the project's resources.
            clock: Unix seconds.
        """
        self._client = client
        self._table = table
        self._signed = signed
        self._names = names or Names()
        self._clock = clock
        self._counter = Counter(client, table, makes_items=False)
        self._known: dict[str, _Known] = {}
        self._unknown: dict[str, float] = {}

    @property
    def workspace_id(self) -> str:
        """The workspace's id, empty where no JWTs are accepted."""
        return self._signed.workspace_id if self._signed else ""

    def find(self, value: str | None) -> Access:
        """Return what the token of a value allows, with `x-ratelimit-*` if it has a limit.

        Reads are consistent: a token that was just made must be found, and one that was removed
        must not be kept for another minute.

        Raises:
            TokenError: there is no value, no token has it, or the token is not valid.
            RateLimitError: the token has made more requests than it may.
            EngineError: the table does not answer, and the token was not seen of late.
        """
        if not value:
            raise missing_token()
        if looks_like_jwt(value):
            if self._signed is None:
                raise TokenError("JWTs are not accepted here")
            return self._signed.find(value)
        now = self._clock()
        key = digest(value).hex()
        known = self._look_up(key, now)
        stored = known.stored
        if stored.expires is not None and now >= stored.expires:
            raise TokenError(f"The token '{stored.name}' has expired")
        if known.bucket is None:
            return known.token
        try:
            return replace(known.token, rate_headers=self._counter.spend(known.bucket, now))
        except GoneError:
            self._known.pop(key, None)
            raise unknown_token() from None

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
        self._names.require_filtered(access)
        bucket = None
        if rate := stored.rate:
            burst = stored.burst or rate
            bucket = Bucket({"digest": key}, stored.name, rate, burst, busy_until(item))
        found = _Known(stored, access, bucket, now, now + FRESH_S)
        _keep(self._known, key, found)
        return found


def _keep(cache: dict[str, Any], key: str, entry: object) -> None:
    """Put an entry into a cache, which forgets those that were put into it longest ago."""
    cache.pop(key, None)
    while len(cache) >= MAX_CACHED:
        del cache[next(iter(cache))]
    cache[key] = entry


def open_tokens(dynamodb: Any, deployed: Deployed, project: Project) -> TokenTable:  # noqa: ANN401  botocore makes its classes when asked
    """Return the tokens of a deployment, as its functions know them."""
    names = Names(project.resource, project.datasources)

    def open_secret() -> TokenSecret:
        retries = {"total_max_attempts": 2, "mode": "standard"}
        manager = open_client(
            "secretsmanager",
            region=deployed.region,
            connect_timeout=1.0,
            read_timeout=2.0,
            retries=retries,
        )
        return TokenSecret(manager, deployed.tokens_secret)

    counter = Counter(dynamodb, deployed.state_table, makes_items=True)
    signed = SignedTokens(open_secret, counter, names=names)
    return TokenTable(dynamodb, deployed.tokens_table, signed=signed, names=names)
