"""How often tokens are used: a limit of requests per second for each, counted in memory."""

import math
import threading
import time
from collections.abc import Callable, Hashable

from martlet.errors import RateLimitError

# Of idle ones nothing must be known, and they are dropped when there are more than this.
MAX_KEPT = 10_000


class Rates:
    """Token buckets: each holds a second's requests and is filled again evenly.

    A bucket is one number, the time at which all of its requests are paid for when each takes
    1/rate seconds (the generic cell rate algorithm), in nanoseconds as whole numbers: sums of
    floats would drift.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._busy_until: dict[Hashable, int] = {}

    def spend(self, key: Hashable, rate: int, name: str) -> dict[str, str]:
        """Count one request and return what the answer says of the limit.

        Args:
            key: what is counted together.
            rate: requests per second, and at once after a pause.
            name: of the token, for the error.

        Raises:
            RateLimitError: nothing is left.
        """
        cost = -(-1_000_000_000 // rate)  # rounded up: never more than the limit
        with self._lock:
            now = self._clock()
            ahead = max(self._busy_until.get(key, 0) - now, 0)
            has_room = ahead + cost <= rate * cost
            if has_room:
                ahead += cost
                if len(self._busy_until) >= MAX_KEPT and key not in self._busy_until:
                    self._forget_idle(now)
                self._busy_until[key] = now + ahead
        headers = {
            "x-ratelimit-limit": str(rate),
            "x-ratelimit-remaining": str(max(rate - math.ceil(ahead / cost), 0)),
            "x-ratelimit-reset": str(math.ceil(ahead / 1_000_000_000)),
        }
        if has_room:
            return headers
        wait_s = max(math.ceil((ahead - (rate - 1) * cost) / 1_000_000_000), 1)
        raise RateLimitError(
            f"The token '{name}' has made more than {rate} requests in a second;"
            f" try again in {wait_s} s",
            headers={**headers, "retry-after": str(wait_s)},
        )

    def _forget_idle(self, now: int) -> None:
        for key in [key for key, until in self._busy_until.items() if until <= now]:
            del self._busy_until[key]
