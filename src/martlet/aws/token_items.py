"""Tokens as items of their DynamoDB table, which has their values' digests only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from martlet.errors import EngineError, RequestError
from martlet.scopes import format_scope, parse_scope
from martlet.tokens import digest

# Where a token comes from: the project's files, or the command `martlet token create`.
PROJECT = "project"
COMMAND = "command"

# Each request of a token with a limit is one write of its item, of which DynamoDB takes 1,000 a
# second: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
MAX_RATE = 500


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as the table has it.

    Attributes:
        digest: hex SHA-256 of the value: the key.
        scopes: of `martlet.scopes.parse_scope`.
        origin: `PROJECT` or `COMMAND`.
        created: Unix seconds.
        expires: Unix seconds from which on it is refused.
        rate: requests per second that it may make; None for as many as it likes.
        burst: requests that it may make at once after a pause.
    """

    digest: str
    name: str
    scopes: frozenset[tuple[str, ...]]
    origin: str
    created: int
    expires: int | None = None
    rate: int | None = None
    burst: int | None = None

    @classmethod
    def of_value(
        cls,
        value: str,
        name: str,
        scopes: Iterable[tuple[str, ...]],
        *,
        origin: str,
        created: int,
        expires: int | None = None,
        rate: int | None = None,
    ) -> "StoredToken":
        """Return the token of a value; its burst is what it may do in one second."""
        return cls(
            digest(value).hex(), name, frozenset(scopes), origin, created, expires, rate, rate
        )

    @classmethod
    def of_item(cls, item: dict[str, Any]) -> "StoredToken":
        """Return the token of an item.

        Raises:
            EngineError: the item is not one that Martlet wrote; nothing is guessed of scopes.
        """
        try:
            return cls(
                item["digest"]["S"],
                item["name"]["S"],
                frozenset(parse_scope(scope["S"]) for scope in item["scopes"]["L"]),
                item["origin"]["S"],
                int(item["created"]["N"]),
                _number(item, "expires"),
                _number(item, "rate"),
                _number(item, "burst"),
            )
        except (KeyError, TypeError, ValueError, RequestError) as error:
            raise EngineError(
                f"An item in the table of tokens cannot be read: {error}",
                hint="remove it and make the token again",
            ) from error

    def as_item(self) -> dict[str, Any]:
        """Return the item; what the token has not got is left out."""
        scopes = [{"S": format_scope(*scope)} for scope in sorted(self.scopes)]
        item: dict[str, Any] = {
            "digest": {"S": self.digest},
            "name": {"S": self.name},
            "scopes": {"L": scopes},
            "origin": {"S": self.origin},
        }
        for name in ("created", "expires", "rate", "burst"):
            number = getattr(self, name)
            if number is not None:
                item[name] = {"N": str(number)}
        return item


def _number(item: dict[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


class TokenItems:
    """All tokens of a workspace, for who manages them: the deployment and the commands.

    Errors of DynamoDB are `EngineError`s that name the call and AWS's reason.
    """

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401  botocore makes its classes when asked
        """Take a DynamoDB client and the table's name."""
        self._client = client
        self._table = table

    def __iter__(self) -> Iterator[StoredToken]:
        """Yield every token, as it is after all writes that were answered before."""
        start: dict[str, Any] | None = {}
        while start is not None:
            page = self._call("scan", ConsistentRead=True, **start)
            yield from map(StoredToken.of_item, page.get("Items", ()))
            last = page.get("LastEvaluatedKey")
            start = {"ExclusiveStartKey": last} if last else None

    def put(self, token: StoredToken) -> None:
        """Store a token, in place of one with its digest."""
        self._call("put_item", Item=token.as_item())

    def remove(self, token: StoredToken) -> None:
        """Remove a token; functions that have seen it go on for up to a minute."""
        self._call("delete_item", Key={"digest": {"S": token.digest}})

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                TableName=self._table, **arguments
            )
        except (BotoCoreError, ClientError) as error:
            raise EngineError(f"The table of tokens cannot be used: {error}") from error
        return answer
