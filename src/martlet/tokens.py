"""Tokens: what a caller shows, and what it allows."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from martlet.errors import EngineError, RequestError, TokenError
from martlet.model import Project

ADMIN = "ADMIN"
READ_DATASOURCE = "DATASOURCES:READ"
APPEND = "DATASOURCES:APPEND"
READ_PIPE = "PIPES:READ"

ADMIN_TOKEN_NAME = "workspace admin token"  # noqa: S105  its name, not its value
USER_TOKEN_NAME = "user token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the API knows it once it is shown; the value itself is not kept here.

    Attributes:
        name: for people; unique in a workspace.
        scopes: pairs of scope and resource, the resource empty for ADMIN.
        rate_headers: `X-RateLimit-*` of a token that has a limit.
    """

    name: str
    scopes: frozenset[tuple[str, str]]
    rate_headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def may(self, scope: str, resource: str) -> bool:
        """Whether the token allows a scope on a resource."""
        return (ADMIN, "") in self.scopes or (scope, resource) in self.scopes

    def require(self, scope: str, resource: str) -> None:
        """Refuse unless the token allows a scope on a resource.

        Raises:
            TokenError: it does not; the message names the scope that is missing.
        """
        if not self.may(scope, resource):
            needed = format_scope(scope, resource)
            raise TokenError(f"The token '{self.name}' lacks the scope {needed}")


def declared_scopes(project: Project) -> dict[str, frozenset[tuple[str, str]]]:
    """Return the scopes of the tokens that a project's `TOKEN` lines declare, by name."""
    scopes: dict[str, set[tuple[str, str]]] = {}
    for datasource in project.datasources.values():
        for grant in datasource.tokens:
            scope = APPEND if grant.permission == "APPEND" else READ_DATASOURCE
            scopes.setdefault(grant.name, set()).add((scope, datasource.name))
    for pipe in project.pipes.values():
        for grant in pipe.tokens:
            scopes.setdefault(grant.name, set()).add((READ_PIPE, pipe.name))
    return {name: frozenset(found) for name, found in scopes.items()}


def parse_scope(text: str) -> tuple[str, str]:
    """Return scope and resource of a text such as `PIPES:READ:top_pages`.

    Raises:
        RequestError: there is no such scope, or its resource is missing or too much.
    """
    if text == ADMIN:
        return ADMIN, ""
    for scope in (READ_DATASOURCE, APPEND, READ_PIPE):
        if text == scope or text.startswith(f"{scope}:"):
            resource = text[len(scope) + 1 :]
            if re.fullmatch(r"\w+", resource):
                return scope, resource
            raise RequestError(
                f"The scope '{text}' needs the name of one resource: {scope}:<name>",
                hint="filters of rows are not available yet" if ":" in resource else "",
            )
    known = ", ".join((ADMIN, *(f"{s}:<name>" for s in (APPEND, READ_DATASOURCE, READ_PIPE))))
    raise RequestError(f"The scope '{text}' does not exist; use one of {known}")


def format_scope(scope: str, resource: str) -> str:
    """Return a scope as `parse_scope` reads it."""
    return f"{scope}:{resource}" if resource else scope


def new_value(workspace_id: str) -> str:
    """Make a value of the form that Tinybird's clients take apart: p.<JSON>.<signature>.

    Its signature is 256 random bits.
    """
    content = {"u": workspace_id, "id": str(uuid.uuid4()), "host": "martlet"}
    body = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode())
    return f"p.{body.decode().rstrip('=')}.{secrets.token_urlsafe(32)}"


def digest(value: str) -> bytes:
    """Return the SHA-256 of a value, by which tokens are found."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def missing_token() -> TokenError:
    """Return the error for a request without a token."""
    return TokenError(
        "No token: send one as `Authorization: Bearer <token>`, `?token=` or `x-api-key`"
    )


def unknown_token() -> TokenError:
    """Return the error for a value that no token has."""
    return TokenError("The token is not known in this workspace")


class TokenStore:
    """The tokens of a workspace, in one file of its data folder that only its owner reads.

    Values are found by their SHA-256 and compared in constant time, so that the time of a look-up
    tells nothing of them. A token keeps its value as long as it is in the file, also while no
    datafile declares it.
    """

    def __init__(self, path: Path, *, admin_token: str | None = None) -> None:
        """Read the file, or make it with a new workspace.

        Args:
            path: the JSON file; its mode is set to 0600.
            admin_token: the admin token's value when it is given from outside; it is not stored.

        Raises:
            EngineError: the file is there but is not a token file.
        """
        self._path = path
        self._given = admin_token
        self._stored = self._read()
        self._tokens: dict[bytes, tuple[bytes, Token]] = {}
        self.sync({})

    def _read(self) -> dict[str, str]:
        try:
            content = json.loads(self._path.read_text())
            stored = {str(name): str(value) for name, value in content["tokens"].items()}
            self.workspace_id = str(content["workspace_id"])
            self._path.chmod(0o600)
        except FileNotFoundError:
            self.workspace_id = str(uuid.uuid4())
            return {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(
                f"{self._path} is not a token file: {error}",
                hint="remove it for new tokens, or put back the file that was there",
            ) from error
        return stored

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = {"workspace_id": self.workspace_id, "tokens": self._stored}
        replacement = self._path.with_suffix(".new")
        replacement.touch(mode=0o600)
        replacement.chmod(0o600)
        replacement.write_text(json.dumps(content, indent=2))
        replacement.replace(self._path)

    def sync(self, declared: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Take over the declared tokens; those without a value get one."""
        names = [ADMIN_TOKEN_NAME, USER_TOKEN_NAME, *declared]
        missing = [name for name in names if name not in self._stored]
        for name in missing:
            self._stored[name] = new_value(self.workspace_id)
        if missing:
            self._write()
        scopes = {name: set(found) for name, found in declared.items()}
        scopes |= {ADMIN_TOKEN_NAME: {(ADMIN, "")}, USER_TOKEN_NAME: {(ADMIN, "")}}
        tokens = [
            (digest(self.value(name)), Token(name, frozenset(found)))
            for name, found in scopes.items()
        ]
        self._tokens = {key[:8]: (key, token) for key, token in tokens}

    def value(self, name: str) -> str:
        """Return the value of a token, for its owner's eyes."""
        return self._given if name == ADMIN_TOKEN_NAME and self._given else self._stored[name]

    def find(self, value: str | None) -> Token:
        """Return the token of a value.

        Raises:
            TokenError: there is no value, or no token has it.
        """
        if not value:
            raise missing_token()
        key = digest(value)
        known, token = self._tokens.get(key[:8], (b"", None))
        if token is not None and hmac.compare_digest(known, key):
            return token
        raise unknown_token()
