"""Tokens: what a caller shows, and what it allows."""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from martlet.access import ADMIN, APPEND, READ_DATASOURCE, READ_PIPE, Access, Grant
from martlet.disk import write_whole
from martlet.errors import ConflictError, EngineError, NotFoundError, RequestError, TokenError
from martlet.jwt import Claims, looks_like_jwt, require_sound, sign, verify
from martlet.model import Project
from martlet.rates import Rates
from martlet.scopes import format_grant, parse_grant

ADMIN_TOKEN_NAME = "workspace admin token"  # noqa: S105  its name, not its value
USER_TOKEN_NAME = "user token"  # noqa: S105
_BUILT_IN = (ADMIN_TOKEN_NAME, USER_TOKEN_NAME)

MAX_NAME = 200

# JWTs that were verified of late.
_MAX_VERIFIED = 5000


def declared_scopes(project: Project) -> dict[str, frozenset[tuple[str, ...]]]:
    """Return the scopes of the tokens that a project's `TOKEN` lines declare, by name.

    A scope is a pair of scope and resource, or has the filter of its rows behind them.
    """
    scopes: dict[str, set[tuple[str, ...]]] = {}
    for datasource in project.datasources.values():
        for grant in datasource.tokens:
            scope = APPEND if grant.permission == "APPEND" else READ_DATASOURCE
            found = (scope, datasource.name, grant.filter)
            scopes.setdefault(grant.name, set()).add(found if grant.filter else found[:2])
    for pipe in project.pipes.values():
        for grant in pipe.tokens:
            scopes.setdefault(grant.name, set()).add((READ_PIPE, pipe.name))
    return {name: frozenset(found) for name, found in scopes.items()}


def new_value(workspace_id: str, *, id: str | None = None) -> str:
    """Make a value of the form that Tinybird's clients take apart: p.<JSON>.<signature>.

    Its signature is 256 random bits.
    """
    content = {"u": workspace_id, "id": id or str(uuid.uuid4()), "host": "martlet"}
    body = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode())
    return f"p.{body.decode().rstrip('=')}.{secrets.token_urlsafe(32)}"


def _id_in(value: str) -> str | None:
    """Return the id in a value of Tinybird's form."""
    with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        body = value.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(uuid.UUID(content["id"]))
    return None


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


@dataclass(frozen=True, slots=True)
class Given:
    """What a token was given by the API, beside what the project declares.

    Attributes:
        is_made: the API made the token; without it the project did.
        scopes: as `parse_grant` reads them.
        rate: requests per second that it may make, None for as many as it likes.
        created_at: UTC, as the API tells it; so is `updated_at`.
    """

    is_made: bool = False
    description: str = ""
    scopes: tuple[str, ...] = ()
    rate: int | None = None
    created_at: str = ""
    updated_at: str = ""

    @classmethod
    def of_json(cls, content: Mapping[str, object]) -> "Given":
        """Return what the token file says of a token.

        Raises:
            ValueError: it says what was never written there; nothing is guessed of scopes.
        """
        given = cls(**{**content, "scopes": tuple(content.get("scopes", ()))})  # type: ignore[arg-type]
        try:
            for text in given.scopes:
                parse_grant(text)
        except RequestError as error:
            raise ValueError(error.message) from error
        if given.rate is not None and not (type(given.rate) is int and given.rate > 0):
            raise ValueError(f"a limit of {given.rate!r} requests per second")
        return given


@dataclass(frozen=True, slots=True)
class Stored:
    """A token of the store, for who manages tokens.

    Attributes:
        value: what callers show.
        origin: `workspace`, `project` or `api`.
        declared: what the project's files grant, with names resolved as in `grants`.
        grants: all that it has.
    """

    id: str
    name: str
    value: str
    origin: str
    declared: tuple[Grant, ...]
    grants: tuple[Grant, ...]
    given: Given


@dataclass(frozen=True, slots=True)
class _State:
    """What requests are answered from; replaced as a whole.

    Attributes:
        tokens: the first bytes of a value's digest -> digest, access, limit.
        key: what JWTs are signed with.
        names: of the project's resources.
        verified: JWTs by their digest.
    """

    tokens: Mapping[bytes, tuple[bytes, Access, int | None]]
    key: str
    names: "Names"
    verified: dict[bytes, tuple[Claims, Access]] = field(default_factory=dict)

    def find(self, key: bytes) -> tuple[Access | None, int | None]:
        """Return access and limit of the stored token whose value has this digest."""
        known, access, rate = self.tokens.get(key[:8], (b"", None, None))
        return (access, rate) if hmac.compare_digest(known, key) else (None, None)


def _same(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a project's resources.

    Attributes:
        resource: what a name or an id of one stands for.
        datasources: their names, None where they are not known.
    """

    resource: Callable[[str], str] = _same
    datasources: Collection[str] | None = None

    def resolved(self, grants: Iterable[Grant]) -> tuple[Grant, ...]:
        """Return grants on resources by their names."""
        return tuple(
            replace(grant, resource=self.resource(grant.resource)) if grant.resource else grant
            for grant in grants
        )

    def require_filtered(self, access: Access) -> None:
        """Refuse filters of what is not there: what they should hide has another name by now.

        Raises:
            TokenError: there is no data source for a filter.
        """
        for name in access.filters:
            if self.datasources is not None and name not in self.datasources:
                raise TokenError(
                    f"The token '{access.name}' has a filter of the data source '{name}', which"
                    " does not exist"
                )


class TokenStore:
    """The tokens of a workspace, in one file of its data folder that only its owner reads.

    Values are found by their SHA-256 and compared in constant time, so that the time of a look-up
    tells nothing of them. A token keeps its value as long as it is in the file, also while no
    datafile declares it.
    """

    def __init__(
        self,
        path: Path,
        *,
        admin_token: str | None = None,
        clock: Callable[[], float] = time.time,
        rates: Rates | None = None,
    ) -> None:
        """Read the file, or make it with a new workspace.

        Args:
            path: the JSON file; its mode is set to 0600.
            admin_token: the admin token's value when it is given from outside; it is not stored.
            clock: Unix seconds, for the ends of JWTs.
            rates: counts the requests of tokens that have a limit.

        Raises:
            EngineError: the file is there but is not a token file.
        """
        self._path = path
        self._given_admin = admin_token
        self._clock = clock
        self._rates = rates or Rates()
        self._lock = threading.RLock()
        self._declared: Mapping[str, tuple[Grant, ...]] = {}
        self._values, self._given = self._read()
        self._names = Names()
        self.sync({})

    def _read(self) -> tuple[dict[str, str], dict[str, Given]]:
        try:
            content = json.loads(self._path.read_text())
            values = {str(name): str(value) for name, value in content["tokens"].items()}
            given = {
                str(name): Given.of_json(said) for name, said in content.get("given", {}).items()
            }
            if given.keys() - values.keys():
                raise ValueError(f"no value of the token {min(given.keys() - values.keys())!r}")
            self.workspace_id = str(content["workspace_id"])
            self._path.chmod(0o600)
        except FileNotFoundError:
            self.workspace_id = str(uuid.uuid4())
            return {}, {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(
                f"{self._path} is not a token file: {error}",
                hint="remove it for new tokens, or put back the file that was there",
            ) from error
        return values, given

    def _write(self, values: Mapping[str, str], given: Mapping[str, Given]) -> None:
        content: dict[str, object] = {"workspace_id": self.workspace_id, "tokens": dict(values)}
        if given:
            content["given"] = {name: asdict(said) for name, said in given.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(content, indent=2).encode(), is_private=True)
        except OSError as error:
            raise EngineError(f"Tokens cannot be stored: {error.strerror}") from error

    def sync(
        self,
        declared: Mapping[str, Iterable[tuple[str, ...]]],
        names: Names = Names(),
    ) -> None:
        """Take over the declared tokens; those without a value get one.

        Args:
            declared: name -> scopes, of `declared_scopes`.
            names: of the project's resources.

        Raises:
            EngineError: the file cannot be written; this is so of every change.
        """
        with self._lock:
            values = dict(self._values)
            for name in (*_BUILT_IN, *declared):
                if name not in values:
                    values[name] = new_value(self.workspace_id)
            if values != self._values:
                self._write(values, self._given)
            self._values, self._names = values, names
            self._declared = {
                name: tuple(Grant.of_texts(*scope) for scope in sorted(found))
                for name, found in declared.items()
            }
            self._publish()

    def _commit(self, values: dict[str, str], given: dict[str, Given]) -> None:
        """Make a change durable, and known to requests."""
        self._write(values, given)
        self._values, self._given = values, given
        self._publish()

    def _publish(self) -> None:
        tokens = {}
        for stored in self._all():
            key = digest(stored.value)
            access = Access.of_grants(stored.name, stored.grants, id=stored.id)
            tokens[key[:8]] = (key, access, stored.given.rate)
        self._state = _State(tokens, self.value(ADMIN_TOKEN_NAME), self._names)

    def value(self, name: str) -> str:
        """Return the value of a token, for its owner's eyes."""
        if name == ADMIN_TOKEN_NAME and self._given_admin:
            return self._given_admin
        return self._values[name]

    def find(self, value: str | None) -> Access:
        """Return what the token of a value allows; a request of a limited one is counted.

        Raises:
            TokenError: there is no value, no token has it, or it is a JWT that is not valid.
            RateLimitError: the token has made more requests than it may.
        """
        if not value:
            raise missing_token()
        key, state = digest(value), self._state
        access, rate = state.find(key)
        if access is not None:
            if access.filters:
                state.names.require_filtered(access)
            if rate is None:
                return access
            return replace(access, rate_headers=self._rates.spend(access.name, rate, access.name))
        if not looks_like_jwt(value):
            raise unknown_token()
        claims, access = self._verified(state, key, value)
        claims.require_valid(self._clock())
        if claims.rate is None:
            return access
        headers = self._rates.spend(("JWT", claims.name), claims.rate, claims.name)
        return replace(access, rate_headers=headers)

    def knows(self, value: str | None) -> bool:
        """Whether a value is a token's of this workspace, also one that has ended.

        Nothing is counted: this is for who looks for the workspace of a request.
        """
        if not value:
            return False
        key, state = digest(value), self._state
        if state.find(key)[0] is not None:
            return True
        with contextlib.suppress(TokenError):
            return looks_like_jwt(value) and bool(self._verified(state, key, value))
        return False

    def _verified(self, state: _State, key: bytes, value: str) -> tuple[Claims, Access]:
        """Return what a JWT says and allows; whether it has ended is left to the caller."""
        claims, access = state.verified.get(key, (None, None))
        if claims is None or access is None:
            claims = verify(value, state.key, workspace_id=self.workspace_id)
            grants = state.names.resolved(claims.grants)
            try:
                require_sound(grants)
            except RequestError as error:
                raise TokenError(f"The JWT cannot be used: {error.message}") from error
            access = Access.of_grants(claims.name, grants)
            state.names.require_filtered(access)
            while len(state.verified) >= _MAX_VERIFIED:
                state.verified.pop(next(iter(state.verified)), None)
            state.verified[key] = claims, access
        return claims, access

    def all(self) -> list[Stored]:
        """Return every token that is accepted, JWTs aside."""
        with self._lock:
            return list(self._all())

    def _all(self) -> Iterable[Stored]:
        for name in self._values:
            given = self._given.get(name, Given())
            declared = self._names.resolved(self._declared.get(name, ()))
            if name in _BUILT_IN:
                declared = (Grant(ADMIN), *declared)
            more = self._names.resolved(map(parse_grant, given.scopes))
            if not declared and not given.is_made and not more and name not in self._declared:
                continue  # its line is gone, and may come back
            value = self.value(name)
            origin = "workspace" if name in _BUILT_IN else "api" if given.is_made else "project"
            id = _id_in(value) or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.workspace_id}/{name}"))
            grants = (*declared, *(grant for grant in more if grant not in declared))
            yield Stored(id, name, value, origin, declared, grants, given)

    def get(self, key: str) -> Stored:
        """Return a token by its id, name or value.

        Raises:
            NotFoundError: there is none.
        """
        shown = digest(key)
        with self._lock:
            tokens = list(self._all())
        # A token's name may be another one's id: ids come first.
        for is_it in (
            lambda stored: stored.id == key,
            lambda stored: stored.name == key,
            lambda stored: hmac.compare_digest(digest(stored.value), shown),
        ):
            for stored in tokens:
                if is_it(stored):
                    return stored
        raise NotFoundError("There is no such token in this workspace")

    def create(
        self,
        name: str,
        grants: Sequence[Grant],
        *,
        description: str = "",
        rate: int | None = None,
    ) -> Stored:
        """Make a token; it is accepted, and stored, when this returns.

        Raises:
            RequestError: a name that no token can have.
            ConflictError: there is one of that name.
        """
        with self._lock:
            self._require_free(name)
            now = _now()
            scopes = tuple(map(format_grant, grants))
            given = Given(True, description, scopes, rate, now, now)
            value = new_value(self.workspace_id)
            self._commit({**self._values, name: value}, {**self._given, name: given})
            return self.get(value)

    def update(
        self,
        key: str,
        *,
        name: str | None = None,
        grants: Sequence[Grant] | None = None,
        description: str | None = None,
        rate: int | None = None,
    ) -> Stored:
        """Change a token; what is None stays.

        Args:
            key: its id, name or value.
            name: another name.
            grants: in place of those that it has.
            description: another one.
            rate: requests per second, 0 for no limit.

        Raises:
            NotFoundError: there is no such token.
            ConflictError: the project or the workspace gives it what would be taken away.
        """
        with self._lock:
            stored = self.get(key)
            given = replace(stored.given, updated_at=_now())
            if grants is not None:
                given = replace(given, scopes=self._beside_declared(stored, grants))
            if description is not None:
                given = replace(given, description=description)
            if rate is not None:
                given = replace(given, rate=rate or None)
            values, others = dict(self._values), dict(self._given)
            if name is not None and name != stored.name:
                self._require_own(stored, "be renamed")
                self._require_free(name)
                values[name] = values.pop(stored.name)
                others.pop(stored.name, None)
            others[name or stored.name] = given
            self._commit(values, others)
            return self.get(stored.value)

    def _beside_declared(self, stored: Stored, grants: Sequence[Grant]) -> tuple[str, ...]:
        wanted = self._names.resolved(grants)
        for grant in stored.declared:
            if grant not in wanted:
                raise ConflictError(
                    f"The token '{stored.name}' cannot lose the scope {format_grant(grant)}",
                    hint="it is built in" if stored.name in _BUILT_IN else _DECLARED,
                )
        return tuple(format_grant(grant) for grant in wanted if grant not in stored.declared)

    def remove(self, key: str) -> Stored:
        """Remove a token; it is refused when this returns.

        Raises:
            NotFoundError: there is no such token.
            ConflictError: the project declares it, or it is built in.
        """
        with self._lock:
            stored = self.get(key)
            self._require_own(stored, "be deleted")
            values, given = dict(self._values), dict(self._given)
            del values[stored.name]
            given.pop(stored.name, None)
            self._commit(values, given)
            return stored

    def refresh(self, key: str) -> Stored:
        """Give a token another value; the one before is refused when this returns.

        With the admin token's value all JWTs end, as they are signed with it.

        Raises:
            NotFoundError: there is no such token.
            ConflictError: its value is given from outside.
        """
        with self._lock:
            stored = self.get(key)
            if stored.name == ADMIN_TOKEN_NAME and self._given_admin:
                raise ConflictError(
                    f"The value of the token '{stored.name}' is given when the server is started",
                    hint="start it with another one in MARTLET_ADMIN_TOKEN",
                )
            value = new_value(self.workspace_id, id=stored.id)
            given = dict(self._given)
            if stored.name in given:
                given[stored.name] = replace(given[stored.name], updated_at=_now())
            self._commit({**self._values, stored.name: value}, given)
            return self.get(stored.id)

    def sign_jwt(
        self, name: str, grants: Sequence[Grant], *, expires: int, rate: int | None = None
    ) -> str:
        """Return a JWT of this workspace."""
        return sign(
            self._state.key,
            workspace_id=self.workspace_id,
            name=name,
            expires=expires,
            grants=grants,
            rate=rate,
        )

    def _require_free(self, name: str) -> None:
        require_name(name)
        if any(stored.name == name for stored in self._all()):
            raise ConflictError(f"There is a token '{name}' already")

    def _require_own(self, stored: Stored, what: str) -> None:
        if stored.declared or stored.name in self._declared:
            raise ConflictError(
                f"The token '{stored.name}' cannot {what}",
                hint="it is built in" if stored.name in _BUILT_IN else _DECLARED,
            )


_DECLARED = "the project declares it: take it out of its files"


def require_name(name: str) -> None:
    """Refuse a name that no token can have.

    Raises:
        RequestError: it is empty, too long or not printable.
    """
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise RequestError(f"A token's name has 1 to {MAX_NAME} printable characters")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
