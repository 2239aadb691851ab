"""JSON Web Tokens: what an application signs with the admin token for its own users.

They are signed with HS256 and nothing else, and stored nowhere: what one allows stands in it.

Source: https://www.rfc-editor.org/rfc/rfc7519, https://www.rfc-editor.org/rfc/rfc7515
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from martlet.access import APPEND, READ_DATASOURCE, READ_PIPE, Grant
from martlet.errors import RequestError, TokenError
from martlet.scopes import grant_as_json, grant_of_json

MAX_CHARACTERS = 16_384
MAX_NAME = 200
MAX_RPS = 1_000_000

# What callers of an application may be given; the rest is for who has a stored token.
SCOPES = (READ_PIPE, READ_DATASOURCE, APPEND)

_HEADER = {"alg": "HS256", "typ": "JWT"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a JWT says.

    Attributes:
        name: for people; requests are counted by it.
        expires: Unix seconds from which on it is refused.
        rate: requests per second, None for as many as it likes.
        not_before: Unix seconds until which it is refused.
    """

    name: str
    expires: float
    grants: tuple[Grant, ...]
    rate: int | None = None
    not_before: float = 0.0

    def require_valid(self, now: float) -> None:
        """Refuse when it is too late or too early.

        Raises:
            TokenError: it is.
        """
        if now >= self.expires:
            raise TokenError(f"The JWT '{self.name}' has expired")
        if now < self.not_before:
            raise TokenError(f"The JWT '{self.name}' is not valid yet")


def looks_like_jwt(value: str) -> bool:
    """Whether a value is meant to be a JWT: its first part is a JSON object in base64."""
    return value.startswith("eyJ") and value.count(".") == 2


def sign(
    key: str,
    *,
    workspace_id: str,
    name: str,
    expires: int,
    grants: Sequence[Grant],
    rate: int | None = None,
) -> str:
    """Return a JWT."""
    content: dict[str, object] = {
        "workspace_id": workspace_id,
        "name": name,
        "exp": expires,
        "scopes": [grant_as_json(grant) for grant in grants],
    }
    if rate is not None:
        content["limits"] = {"rps": rate}
    signed = f"{_encoded(_HEADER)}.{_encoded(content)}"
    return f"{signed}.{_signature(key, signed)}"


def verify(value: str, key: str, *, workspace_id: str) -> Claims:
    """Return what a JWT says; whether it has expired is left to `Claims.require_valid`.

    Raises:
        TokenError: it is not signed with the key, or says what cannot be meant.
    """
    if len(value) > MAX_CHARACTERS:
        raise TokenError(f"The JWT has more than {MAX_CHARACTERS} characters")
    signed, _, signature = value.rpartition(".")
    header, _, payload = signed.partition(".")
    said = _decoded(header, "header")
    if said.get("alg") != "HS256":
        raise TokenError("The JWT is not signed with HS256, the one algorithm that is accepted")
    if "crit" in said or "b64" in said:
        raise TokenError("The JWT asks in its header for what is not known here")
    # Texts are compared, so there is one way only to write a signature.
    sent = signature.encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(_signature(key, signed).encode(), sent):
        raise TokenError("The JWT is not signed with the workspace's admin token")
    content = _decoded(payload, "payload")
    if content.get("workspace_id") != workspace_id:
        raise TokenError("The JWT is for another workspace: its 'workspace_id' is not this one's")
    return _claims(content)


def _claims(content: Mapping[str, object]) -> Claims:
    name = content.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise TokenError(f"The JWT's 'name' is not a text of 1 to {MAX_NAME} printable characters")
    expires = _seconds(content, "exp")
    if expires is None:
        raise TokenError("The JWT has no 'exp', the Unix time at which it ends")
    return Claims(
        name,
        expires,
        _grants(content.get("scopes")),
        _rate(content.get("limits")),
        _seconds(content, "nbf") or 0.0,
    )


def _seconds(content: Mapping[str, object], name: str) -> float | None:
    value = content.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise TokenError(f"The JWT's '{name}' is not a Unix time in seconds")
    return float(value)


def _grants(scopes: object) -> tuple[Grant, ...]:
    if not isinstance(scopes, list):
        raise TokenError("The JWT has no 'scopes', a list of what it allows")
    try:
        grants = tuple(grant_of_json(scope) for scope in scopes)
        require_sound(grants)
    except RequestError as error:
        raise TokenError(f"The JWT's 'scopes' cannot be used: {error.message}") from error
    return grants


def require_sound(grants: Sequence[Grant]) -> None:
    """Refuse grants that a JWT cannot have.

    Raises:
        RequestError: another scope, or one pipe with parameters fixed in two ways.
    """
    fixed: dict[str, str] = {}
    for grant in grants:
        if grant.scope not in SCOPES:
            raise RequestError(f"A JWT cannot have the scope {grant.scope}, only {_SCOPES}")
        text = json.dumps(dict(grant.fixed), sort_keys=True)
        if grant.scope == READ_PIPE and fixed.setdefault(grant.resource, text) != text:
            raise RequestError(f"The pipe '{grant.resource}' has two kinds of 'fixed_params'")


_SCOPES = f"{', '.join(SCOPES[:-1])} and {SCOPES[-1]}"


def _rate(limits: object) -> int | None:
    if limits is None:
        return None
    if not isinstance(limits, dict):
        raise TokenError("The JWT's 'limits' are not an object")
    try:
        return read_rate(limits.get("rps"))
    except RequestError as error:
        raise TokenError(f"The JWT's limits cannot be used: {error.message}") from error


def read_rate(rate: object) -> int | None:
    """Return requests per second of `limits.rps`, None where there is no limit: up to 0.

    Raises:
        RequestError: it is no whole number.
    """
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int) or rate > MAX_RPS:
        raise RequestError(f"'rps' is a whole number of requests per second, up to {MAX_RPS}")
    return rate if rate > 0 else None


def _signature(key: str, signed: str) -> str:
    digest = hmac.digest(
        key.encode("utf-8", "surrogatepass"), signed.encode("utf-8", "surrogatepass"), "sha256"
    )
    return _base64(digest)


def _encoded(content: object) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(part: str, what: str) -> dict[str, object]:
    try:
        text = part.encode("ascii").translate(bytes.maketrans(b"-_", b"+/"))
        content = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        orjson.loads(content)  # refuses more: halves of characters, NaN
        found = json.loads(content)  # exact, also for long integers
    except (ValueError, RecursionError, binascii.Error) as error:
        raise TokenError(f"The JWT's {what} cannot be read") from error
    if not isinstance(found, dict):
        raise TokenError(f"The JWT's {what} is not a JSON object")
    return found
