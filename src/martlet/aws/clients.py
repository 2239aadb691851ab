"""Clients of AWS services: botocore without boto3, with time-outs that fit a request."""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# What a call of a client raises: AWS did not answer, or refused it.
FAILURES = (BotoCoreError, ClientError)

# Of one call, in seconds. A data-plane call of Firehose or DynamoDB takes tens of milliseconds;
# botocore's own 60 s would be longer than the caller of an HTTP API waits.
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0

# Connections kept open; a function has one request at a time.
_CONNECTIONS = 4


def client(service: str, *, region: str, **config: Any) -> Any:  # noqa: ANN401  botocore makes its classes when asked
    """Return a client that does not try again by itself, as our modules count what was done.

    Where AWS is comes from `AWS_ENDPOINT_URL[_<SERVICE>]`, credentials from where botocore looks
    for them.

    Args:
        service: botocore's name, `firehose`.
        region: AWS region.
        config: of `botocore.config.Config`, in place of what is set here; for example
            `read_timeout=2.0`, `retries={"total_max_attempts": 3, "mode": "standard"}`.

    Source: https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html
    """
    chosen: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "max_pool_connections": _CONNECTIONS,
        "tcp_keepalive": True,
    }
    return _session().create_client(
        service, region_name=region, config=Config(**{**chosen, **config})
    )


@lru_cache(maxsize=1)
def _session() -> Any:  # noqa: ANN401
    """Return the one session: it holds the loader's cache of service descriptions."""
    return botocore.session.get_session()
