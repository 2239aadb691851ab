"""What a request may see and do: the scopes of its token, filters of rows, fixed parameters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from martlet.errors import TokenError

ADMIN = "ADMIN"
MANAGE_TOKENS = "TOKENS"
READ_ALL = "WORKSPACE:READ_ALL"
CREATE_DATASOURCE = "DATASOURCES:CREATE"
APPEND = "DATASOURCES:APPEND"
READ_DATASOURCE = "DATASOURCES:READ"
DROP_DATASOURCE = "DATASOURCES:DROP"
READ_PIPE = "PIPES:READ"
DROP_PIPE = "PIPES:DROP"

QUARANTINE = "_quarantine"

# Scopes that are part of a wider one.
_READS = frozenset((READ_DATASOURCE, READ_PIPE))
_WIDER = {
    READ_DATASOURCE: (READ_ALL, ""),
    READ_PIPE: (READ_ALL, ""),
    APPEND: (CREATE_DATASOURCE, ""),
}

_NOTHING: Mapping[str, str] = MappingProxyType({})
_FREE: Mapping[str, Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Grant:
    """One scope that a token has.

    Attributes:
        resource: name of a data source or pipe, empty for scopes of the workspace.
        filter: SQL expression that the rows of the data source must fulfil, empty for all rows.
        fixed: values of the pipe's parameters that the caller cannot choose.
    """

    scope: str
    resource: str = ""
    filter: str = ""
    fixed: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    @classmethod
    def of_texts(cls, scope: str, resource: str = "", filter: str = "") -> "Grant":
        """Return the grant of a scope as it is declared and stored, checked before."""
        return cls(scope, resource, filter)


@dataclass(frozen=True, slots=True)
class Access:
    """What a request may see and do.

    Attributes:
        name: of the token, for people.
        scopes: pairs of scope and resource, the resource empty for scopes of the workspace.
        filters: data source -> one SQL boolean expression over its columns, which holds for its
            quarantine too; a data source that is not here is seen whole.
        fixed: pipe -> values that stand in place of what the caller sends.
        rate_headers: `X-RateLimit-*` of a token that has a limit.
        id: of the token, empty for a JWT.
    """

    name: str
    scopes: frozenset[tuple[str, str]]
    filters: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    fixed: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: _FREE)
    rate_headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    id: str = ""

    @classmethod
    def of_grants(cls, name: str, grants: Iterable[Grant], *, id: str = "") -> "Access":
        """Return what several grants allow together.

        Filters of one data source widen each other, and a grant without one is of all its rows.
        Of several values that pipes are bound to, the last one counts.
        """
        grants = tuple(grants)
        scopes = frozenset((grant.scope, grant.resource) for grant in grants)
        sees_all = not scopes.isdisjoint(((ADMIN, ""), (READ_ALL, "")))
        whole = {g.resource for g in grants if g.scope == READ_DATASOURCE and not g.filter}
        found: dict[str, dict[str, None]] = {}
        fixed: dict[str, dict[str, object]] = {}
        for grant in grants:
            if grant.filter and not sees_all and grant.resource not in whole:
                found.setdefault(grant.resource, {})[grant.filter] = None
            if grant.fixed and (ADMIN, "") not in scopes:
                fixed.setdefault(grant.resource, {}).update(grant.fixed)
        filters = {source: _any_of(list(texts)) for source, texts in found.items()}
        return cls(name, scopes, filters, fixed, id=id)

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return (ADMIN, "") in self.scopes

    def may(self, scope: str, resource: str) -> bool:
        """Whether a scope is allowed on a resource, by itself or as a part of a wider one."""
        scopes = self.scopes
        return (ADMIN, "") in scopes or (scope, resource) in scopes or _WIDER.get(scope) in scopes

    def require(self, scope: str, resource: str) -> None:
        """Refuse unless a scope is allowed on a resource.

        Raises:
            TokenError: it is not; the message names the scope that is missing.
        """
        if not self.may(scope, resource):
            needed = f"{scope}:{resource}" if resource else scope
            raise TokenError(f"The token '{self.name}' lacks the scope {needed}")

    def require_service(self, name: str) -> None:
        """Refuse unless a service data source may be read: by its own scope, or as an admin.

        Raises:
            TokenError: it may not; the message names the scope.
        """
        if not self.is_admin and (READ_DATASOURCE, name) not in self.scopes:
            raise TokenError(f"The token '{self.name}' lacks the scope {READ_DATASOURCE}:{name}")

    def may_read_datasource(self, name: str) -> bool:
        """Whether rows of a data source or of a quarantine may be read, perhaps not all of them."""
        return self.may(READ_DATASOURCE, name) or self.may(
            READ_DATASOURCE, name.removesuffix(QUARANTINE)
        )

    def may_read_pipe(self, name: str) -> bool:
        """Whether a pipe may be read."""
        return self.may(READ_PIPE, name)

    def filter_of(self, table: str) -> str:
        """Return the filter for reads of a data source or a quarantine, empty if there is none."""
        return self.filters.get(table) or self.filters.get(table.removesuffix(QUARANTINE), "")


def _any_of(filters: list[str]) -> str:
    return filters[0] if len(filters) == 1 else " OR ".join(f"({text})" for text in filters)
