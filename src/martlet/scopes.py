"""Scopes as text, `DATASOURCES:READ:events:tenant = 'a'`, and as JSON.

To add a scope, add a row to `SCOPES`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from martlet.access import (
    ADMIN,
    APPEND,
    CREATE_DATASOURCE,
    DROP_DATASOURCE,
    DROP_PIPE,
    MANAGE_TOKENS,
    READ_ALL,
    READ_DATASOURCE,
    READ_PIPE,
    Grant,
)
from martlet.conditions import parse_condition
from martlet.errors import RequestError


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a scope is given on.

    Attributes:
        resource: what its resource is, empty for a scope of the whole workspace.
        has_filter: whether the resource's rows can be filtered.
        has_fixed: whether parameters can be fixed, in a JWT.
    """

    resource: str = ""
    has_filter: bool = False
    has_fixed: bool = False


SCOPES: Mapping[str, _Kind] = {
    ADMIN: _Kind(),
    MANAGE_TOKENS: _Kind(),
    READ_ALL: _Kind(),
    "WORKSPACE:DEPLOY": _Kind(),
    "ORG_DATASOURCES:READ": _Kind(),
    CREATE_DATASOURCE: _Kind(),
    APPEND: _Kind("data source"),
    READ_DATASOURCE: _Kind("data source", has_filter=True),
    DROP_DATASOURCE: _Kind("data source"),
    "PIPES:CREATE": _Kind(),
    READ_PIPE: _Kind("pipe", has_fixed=True),
    DROP_PIPE: _Kind("pipe"),
}

# A name, or one of another workspace or of an id: what `Project.resource` takes.
_RESOURCE = re.compile(r"\w+(?:\.\w+)?")

_LONGEST_FIRST = sorted(SCOPES, key=len, reverse=True)


def parse_grant(text: str) -> Grant:
    """Return the grant of a text such as `PIPES:READ:top_pages`.

    Raises:
        RequestError: there is no such scope, its resource is missing or too much, or its filter is
            not one condition.
    """
    for scope in _LONGEST_FIRST:
        if text == scope or text.startswith(f"{scope}:"):
            resource, colon, filter = text[len(scope) + 1 :].partition(":")
            if text != scope and not SCOPES[scope].resource:
                raise _no_resource(scope)
            return make_grant(scope, resource, filter if colon else None)
    known = ", ".join(f"{s}:<name>" if kind.resource else s for s, kind in SCOPES.items())
    raise RequestError(f"The scope '{text[:80]}' does not exist; use one of {known}")


def make_grant(
    scope: str,
    resource: str = "",
    filter: str | None = None,
    fixed: Mapping[str, object] | None = None,
) -> Grant:
    """Return a grant whose parts fit each other.

    Raises:
        RequestError: they do not.
    """
    kind = SCOPES.get(scope)
    if kind is None:
        raise RequestError(f"The scope '{scope[:80]}' does not exist")
    if not kind.resource:
        if resource or filter is not None or fixed is not None:
            raise _no_resource(scope)
        return Grant(scope)
    if not _RESOURCE.fullmatch(resource):
        raise RequestError(
            f"The scope {scope} needs the name of one {kind.resource}: {scope}:<name>"
        )
    if filter is not None and not kind.has_filter:
        raise RequestError(f"The scope {scope} takes no filter; {READ_DATASOURCE} does")
    if fixed is not None and not kind.has_fixed:
        raise RequestError(f"The scope {scope} takes no fixed_params; {READ_PIPE} does")
    checked = "" if filter is None else parse_condition(filter, f"The filter of '{resource}'")
    return Grant(scope, resource, checked, fixed or {})


def _no_resource(scope: str) -> RequestError:
    return RequestError(f"The scope {scope} is of the workspace and takes no resource")


def parse_scope(text: str) -> tuple[str, ...]:
    """Return scope, resource, and the filter if there is one, as tables of tokens keep them.

    Raises:
        RequestError: as `parse_grant`.
    """
    grant = parse_grant(text)
    parts = (grant.scope, grant.resource)
    return (*parts, grant.filter) if grant.filter else parts


def format_scope(scope: str, resource: str = "", filter: str = "") -> str:
    """Return a scope as `parse_grant` reads it."""
    return ":".join(part for part in (scope, resource, filter) if part)


def format_grant(grant: Grant) -> str:
    """Return a grant without fixed parameters as `parse_grant` reads it."""
    return format_scope(grant.scope, grant.resource, grant.filter)


def grant_of_json(content: object) -> Grant:
    """Return the grant of `{"type": ..., "resource": ..., "filter": ..., "fixed_params": {...}}`.

    Raises:
        RequestError: it is not of that form; a key that is not known could be meant to narrow it.
    """
    if isinstance(content, str):
        return parse_grant(content)
    if not isinstance(content, dict):
        raise RequestError("A scope is an object with 'type' and 'resource'")
    unknown = content.keys() - {"type", "resource", "filter", "fixed_params"}
    if unknown:
        raise RequestError(f"A scope has no '{min(map(str, unknown))[:80]}'")
    texts = {name: content.get(name) for name in ("type", "resource", "filter")}
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise RequestError(f"The '{name}' of a scope is a text")
    fixed = content.get("fixed_params")
    if fixed is not None and not isinstance(fixed, dict):
        raise RequestError("The 'fixed_params' of a scope are an object: parameter -> value")
    for name, value in (fixed or {}).items():
        if not _is_parameter(value):
            raise RequestError(f"The fixed parameter '{name[:80]}' is no value of a parameter")
    return make_grant(texts["type"] or "", texts["resource"] or "", texts["filter"], fixed or None)


def _is_parameter(value: object) -> bool:
    """Whether JSON's value is one that a request could have sent."""
    if isinstance(value, list):
        return all(isinstance(item, str | int | float) for item in value)
    return isinstance(value, str | int | float)


def grant_as_json(grant: Grant) -> dict[str, object]:
    """Return a grant as `grant_of_json` reads it."""
    parts = {"type": grant.scope, "resource": grant.resource, "filter": grant.filter}
    content: dict[str, object] = {name: text for name, text in parts.items() if text}
    return {**content, "fixed_params": dict(grant.fixed)} if grant.fixed else content
