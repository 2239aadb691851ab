"""JWTs on AWS: verified with the admin token's value, which the secret of the tokens has."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from martlet.access import Access
from martlet.aws.names import JWT_PREFIX
from martlet.aws.rates import Bucket, Counter
from martlet.aws.token_items import MAX_RATE
from martlet.aws.token_sync import TokenSecret
from martlet.errors import ConfigurationError, EngineError, RequestError, TokenError
from martlet.jwt import Claims, require_sound, verify
from martlet.tokens import ADMIN_TOKEN_NAME, Names, digest

log = logging.getLogger("martlet.tokens")

# How long an answer of the secret is good: so long may JWTs go on that a replaced admin token
# has signed.
FRESH_S = 60.0

# A JWT that does not fit the value that is known may be signed with a newer one: the secret is
# asked again, but not more often than this, whatever is sent.
ASK_AGAIN_S = 5.0

# How long what is known is good while the secret does not answer.
GRACE_S = 900.0

# JWTs that were verified of late, and names of those whose requests are counted.
_MAX_KEPT = 2000


class SignedTokens:
    """The JWTs of a deployed workspace."""

    def __init__(
        self,
        secret: Callable[[], TokenSecret],
        counter: Counter,
        *,
        names: Names,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask for nothing yet.

        Args:
            secret: opens the secret, when the first JWT comes: most functions see none.
            counter: of requests, in a table whose key is `table`.
            names: of the project's resources.
            clock: Unix seconds.
        """
        self._open_secret = secret
        self._counter = counter
        self._names = names
        self._clock = clock
        self._secret: TokenSecret | None = None
        self._key = ""
        self._read_at = self._tried_at = float("-inf")
        self._verified: dict[bytes, tuple[Claims, Access]] = {}
        self._buckets: dict[tuple[str, int], Bucket] = {}

    @property
    def workspace_id(self) -> str:
        """The workspace's id."""
        return self._opened().workspace_id

    def find(self, value: str) -> Access:
        """Return what a JWT allows; a request of a limited one is counted.

        Raises:
            TokenError: it is not valid, or not any more.
            RateLimitError: JWTs of its name have made more requests than they may.
            EngineError: the secret does not answer.
        """
        now = self._clock()
        claims, access = self._verify(value, now)
        claims.require_valid(now)
        if claims.rate is None:
            return access
        bucket = self._bucket(claims.name, claims.rate)
        return replace(access, rate_headers=self._counter.spend(bucket, now))

    def _verify(self, value: str, now: float) -> tuple[Claims, Access]:
        if now >= self._read_at + FRESH_S:
            self._read(now)
        shown = digest(value)
        found = self._verified.get(shown)
        if found is not None:
            return found
        try:
            claims = self._claims(value)
        except TokenError:
            before = self._key
            if now < self._tried_at + ASK_AGAIN_S:
                raise
            self._read(now)
            if self._key == before:
                raise
            claims = self._claims(value)
        if claims.rate is not None and claims.rate > MAX_RATE:
            raise TokenError(
                f"The JWT has a limit of {claims.rate} requests per second: up to {MAX_RATE} can be"
                " counted on AWS"
            )
        try:
            grants = self._names.resolved(claims.grants)
            require_sound(grants)
        except RequestError as error:
            raise TokenError(f"The JWT cannot be used: {error.message}") from error
        access = Access.of_grants(claims.name, grants)
        self._names.require_filtered(access)
        while len(self._verified) >= _MAX_KEPT:
            del self._verified[next(iter(self._verified))]
        self._verified[shown] = claims, access
        return claims, access

    def _claims(self, value: str) -> Claims:
        return verify(value, self._key, workspace_id=self.workspace_id)

    def _opened(self) -> TokenSecret:
        if self._secret is None:
            self._secret = self._open_secret()
        return self._secret

    def _read(self, now: float) -> None:
        """Learn the admin token's value; what an older one has verified is forgotten."""
        if now < self._tried_at + ASK_AGAIN_S and self._key:
            return
        self._tried_at = now
        try:
            key = (self._opened().read() or {}).get(ADMIN_TOKEN_NAME, "")
        except EngineError as error:
            if now >= self._read_at + GRACE_S:
                self._key = ""
                self._verified.clear()
                raise
            log.warning("the admin token's value cannot be read: %s", error)
            return
        if not key:
            raise ConfigurationError("The secret of the tokens has no value of the admin token")
        self._read_at = now
        if key != self._key:
            self._key = key
            self._verified.clear()

    def _bucket(self, name: str, rate: int) -> Bucket:
        bucket = self._buckets.get((name, rate))
        if bucket is None:
            while len(self._buckets) >= _MAX_KEPT:
                del self._buckets[next(iter(self._buckets))]
            key = {"table": JWT_PREFIX + digest(name).hex()}
            bucket = self._buckets[name, rate] = Bucket(key, name, rate, rate)
        return bucket
