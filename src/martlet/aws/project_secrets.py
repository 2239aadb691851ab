"""Values for `tb_secret` on AWS: one secret of a stage, a JSON object name -> value.

Errors name AWS's reason and never a value.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.errors import ConfigurationError, EngineError

# Of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65_536

# How long a value that was replaced may still be used.
FRESH_S = 300.0

# While AWS does not answer, what is known stays in use, and it is asked again after so long.
RETRY_S = 10.0


class ProjectSecrets:
    """The secret of a stage."""

    def __init__(self, client: Any, arn: str) -> None:  # noqa: ANN401  botocore makes its classes when asked
        """Take a client of Secrets Manager and the secret's ARN or name."""
        self._client = client
        self.arn = arn

    def read(self) -> dict[str, str]:
        """Return the values by name; none while the secret has no version.

        Raises:
            ConfigurationError: the secret holds something else.
            EngineError: AWS refused the call.
        """
        try:
            text = self._client.get_secret_value(SecretId=self.arn).get("SecretString", "")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return {}
            raise _unusable(error) from error
        except BotoCoreError as error:
            raise _unusable(error) from error
        try:
            values = json.loads(text)
        except ValueError:  # its text would be shown as the cause
            values = None
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise ConfigurationError(
                f"The secret {self.arn} holds no JSON object of texts",
                hint='put {"name": "value"} into it, or {} and `martlet secret set`',
            )
        return values

    def write(self, values: Mapping[str, str]) -> None:
        """Put values in place of those that are there.

        Raises:
            ConfigurationError: they are more than a secret holds.
            EngineError: AWS refused the call.
        """
        text = json.dumps(values, separators=(",", ":"))
        if len(text) > MAX_BYTES:
            raise ConfigurationError(f"A stage's secrets have {MAX_BYTES} bytes at most in all")
        try:
            self._client.put_secret_value(SecretId=self.arn, SecretString=text)
        except (BotoCoreError, ClientError) as error:
            raise _unusable(error) from error


class SecretValues(Mapping[str, str]):
    """The secret's values above others, read when a template first asks, kept for `FRESH_S`."""

    def __init__(
        self,
        secrets: ProjectSecrets,
        others: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read nothing yet.

        Args:
            secrets: where values are.
            others: what holds where the secret has no such name.
            clock: seconds, from anywhere.
        """
        self._secrets, self._others, self._clock = secrets, others, clock
        self._known: dict[str, str] | None = None
        self._good_until = 0.0

    def __getitem__(self, name: str) -> str:
        return self._values()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        return "SecretValues(...)"

    def _values(self) -> dict[str, str]:
        now = self._clock()
        if self._known is None or now >= self._good_until:
            try:
                self._known = {**self._others, **self._secrets.read()}
                self._good_until = now + FRESH_S
            except EngineError:
                if self._known is None:
                    raise
                self._good_until = now + RETRY_S
        return self._known


def _unusable(error: Exception) -> EngineError:
    return EngineError(f"The secret with the values for tb_secret cannot be used: {error}")
