"""The tokens that a project declares: their values in a secret, their digests in the table."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.access import ADMIN
from martlet.aws.token_items import PROJECT, StoredToken, TokenItems
from martlet.errors import ConfigurationError, EngineError, NotFoundError
from martlet.tokens import ADMIN_TOKEN_NAME, new_value

# Of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_SECRET_BYTES = 65_536

Scopes = Iterable[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a synchronisation changed, by the tokens' names."""

    made: tuple[str, ...]
    removed: tuple[str, ...]


class TokenSecret:
    """The values of the admin token and of declared tokens: one JSON object, name -> value.

    Errors of Secrets Manager are `EngineError`s that name AWS's reason, and never a value.
    """

    def __init__(self, client: Any, arn: str) -> None:  # noqa: ANN401  botocore makes its classes when asked
        """Take a client of Secrets Manager and the secret's ARN or name."""
        self._client = client
        self.arn = arn

    @property
    def workspace_id(self) -> str:
        """The workspace's id, which follows from the secret's ARN."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.arn))

    def read(self) -> dict[str, str] | None:
        """Return the values by name; None while the secret has none of ours."""
        try:
            text = self._client.get_secret_value(SecretId=self.arn).get("SecretString", "")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None  # the secret is there but has no version yet
            raise _unusable(error) from error
        except BotoCoreError as error:
            raise _unusable(error) from error
        try:
            values = json.loads(text)
        except ValueError:
            return None
        if not isinstance(values, dict) or not all(
            isinstance(value, str) and value for value in values.values()
        ):
            return None
        return values or None

    def write(self, values: Mapping[str, str]) -> None:
        """Put values in place of those that are there.

        Raises:
            ConfigurationError: they are more than a secret holds.
        """
        text = json.dumps(values, separators=(",", ":"))
        if len(text) > MAX_SECRET_BYTES:
            raise ConfigurationError(
                f"{len(values)} tokens are more than one secret holds ({MAX_SECRET_BYTES} bytes)",
                hint="declare fewer, and make the others with `martlet token create`",
            )
        try:
            self._client.put_secret_value(SecretId=self.arn, SecretString=text)
        except (BotoCoreError, ClientError) as error:
            raise _unusable(error) from error

    def value(self, name: str) -> str:
        """Return one token's value, for its owner's eyes.

        Raises:
            NotFoundError: the secret has no token of that name.
        """
        values = self.read() or {}
        if name not in values:
            raise NotFoundError(
                f"The secret has no token '{name}'",
                hint="it has the admin token's value and those of `TOKEN` lines, after a deploy",
            )
        return values[name]

    def new_value(self) -> str:
        """Make a value for a token of this workspace."""
        return new_value(self.workspace_id)


def _unusable(error: Exception) -> EngineError:
    return EngineError(f"The secret with the tokens' values cannot be used: {error}")


def _lost() -> ConfigurationError:
    return ConfigurationError(
        "The secret does not have the tokens' values any more, but the table has tokens",
        hint="put back the secret's version before, or remove the table's items of origin"
        f" '{PROJECT}' and deploy to give out new values",
    )


def sync_tokens(
    declared: Mapping[str, Scopes],
    *,
    secret: TokenSecret,
    items: TokenItems,
    clock: Callable[[], float] = time.time,
) -> Synced:
    """Bring secret and table to what a project declares; a second time changes nothing.

    The order keeps every crash harmless: a new value is in the secret before it can be used, so
    that none is lost, and a digest leaves the table before anything else is forgotten. A value
    stays in the secret when its declaration goes, as in the embedded server: a deployment that is
    rolled back, or a line that comes back, gives callers the token that they have.

    Args:
        declared: name -> scopes, of `martlet.tokens.declared_scopes`.
        secret: where values are and new ones go.
        items: the table.
        clock: Unix seconds.

    Raises:
        ConfigurationError: the secret is not ours while the table has tokens of the project.
        EngineError: AWS refused a call.
    """
    stored = {token.digest: token for token in items if token.origin == PROJECT}
    values = secret.read()
    if values is None and stored:
        raise _lost()
    values = values or {}
    wanted = {**declared, ADMIN_TOKEN_NAME: [(ADMIN, "")]}
    made = [name for name in wanted if name not in values]
    if made:
        values |= {name: secret.new_value() for name in made}
        secret.write(values)
    now = int(clock())
    kept = set()
    for name, scopes in wanted.items():
        token = StoredToken.of_value(values[name], name, scopes, origin=PROJECT, created=now)
        kept.add(token.digest)
        if before := stored.get(token.digest):
            token = replace(before, name=name, scopes=token.scopes)
        if token != before:
            items.put(token)
    removed = [token for token in stored.values() if token.digest not in kept]
    for token in removed:
        items.remove(token)
    return Synced(tuple(made), tuple(token.name for token in removed))


def refresh_token(
    token: StoredToken,
    *,
    secret: TokenSecret,
    items: TokenItems,
    clock: Callable[[], float] = time.time,
) -> str:
    """Give a token a new value and return it; the one before is refused within a minute.

    The value of a token of the project is in the secret before it can be used.

    Raises:
        ConfigurationError: the secret is not ours.
        EngineError: AWS refused a call.
    """
    value = secret.new_value()
    if token.origin == PROJECT:
        values = secret.read()
        if values is None:
            raise _lost()
        secret.write({**values, token.name: value})
    items.put(
        StoredToken.of_value(
            value,
            token.name,
            token.scopes,
            origin=token.origin,
            created=int(clock()),
            expires=token.expires,
            rate=token.rate,
        )
    )
    items.remove(token)
    return value
