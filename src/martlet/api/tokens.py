"""Operations on tokens: who may what, from when on, and JWTs for an application's own users."""

import hmac
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from martlet.access import ADMIN, MANAGE_TOKENS, READ_DATASOURCE, Access, Grant
from martlet.api.http import Request, Response, authenticate, json_response, parse_fields
from martlet.errors import NotFoundError, RequestError, TokenError
from martlet.filters import check_filter
from martlet.jwt import read_rate, require_sound
from martlet.scopes import SCOPES, grant_as_json, grant_of_json, parse_grant
from martlet.service_tables import SERVICE_TABLES
from martlet.tokens import Stored, digest, require_name
from martlet.workspace import Workspace

_MAX_BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request says of a token, each None where it says nothing.

    Attributes:
        rate: requests per second, 0 for no limit.
        expires: Unix seconds: a JWT is asked for.
    """

    name: str | None
    description: str | None
    grants: tuple[Grant, ...] | None
    rate: int | None
    expires: int | None


def list_tokens(workspace: Workspace, request: Request) -> Response:
    """`GET /v0/tokens`: all tokens, their values for an admin."""
    access = _manager(workspace, request)
    shown = [_as_json(token, with_value=access.is_admin) for token in workspace.tokens.all()]
    return json_response({"tokens": shown})


def create_token(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/tokens?name=&scope=`: a token, or a JWT where there is an `expiration_time`."""
    access = _manager(workspace, request)
    asked = _read(request)
    if asked.name is None:
        raise RequestError("The parameter 'name' is missing")
    if not asked.grants:
        raise RequestError("The token has no scope", hint="send scope=PIPES:READ:<pipe>")
    _require_over(access, asked.grants)
    grants = _checked(workspace, asked.grants)
    if asked.expires is not None:
        return _jwt(workspace, asked.name, grants, asked)
    _require_stored(grants)
    made = workspace.tokens.create(
        asked.name, grants, description=asked.description or "", rate=asked.rate or None
    )
    return json_response(_as_json(made, with_value=True))


def _jwt(workspace: Workspace, name: str, grants: Sequence[Grant], asked: _Asked) -> Response:
    require_name(name)
    require_sound(grants)
    expires = asked.expires or 0
    if expires <= time.time():
        raise RequestError("The parameter 'expiration_time' is in the past: it is Unix seconds")
    value = workspace.tokens.sign_jwt(name, grants, expires=expires, rate=asked.rate or None)
    return json_response(
        {
            "name": name,
            "token": value,
            "scopes": [grant_as_json(grant) for grant in grants],
            "expiration_time": expires,
        }
    )


def read_token(workspace: Workspace, request: Request, token: str) -> Response:
    """`GET /v0/tokens/<id, name or value>`: a token; each may read itself."""
    access = authenticate(workspace, request)
    if not access.may(MANAGE_TOKENS, ""):
        return json_response(_as_json(_itself(workspace, request, access, token), with_value=False))
    return json_response(_as_json(workspace.tokens.get(token), with_value=access.is_admin))


def _itself(workspace: Workspace, request: Request, access: Access, token: str) -> Stored:
    """Return a token if it is the one that the request came with.

    Raises:
        TokenError: it is another one, or there is none.
    """
    try:
        found = workspace.tokens.get(token)
    except NotFoundError:
        found = None
    if found is None or not hmac.compare_digest(digest(found.value), digest(request.token or "")):
        access.require(MANAGE_TOKENS, "")
        raise TokenError("Only tokens with the scope TOKENS read others")
    return found


def change_token(workspace: Workspace, request: Request, token: str) -> Response:
    """`PUT /v0/tokens/<id, name or value>?name=&description=&scope=`: changes what is sent."""
    access = _manager(workspace, request)
    asked = _read(request)
    if asked.expires is not None:
        raise RequestError("A stored token has no 'expiration_time'; only JWTs have one")
    stored = workspace.tokens.get(token)
    _require_over(access, stored.grants)
    grants = asked.grants
    if grants is not None:
        _require_over(access, grants)
        grants = _checked(workspace, grants)
        _require_stored(grants)
    changed = workspace.tokens.update(
        stored.id,
        name=asked.name,
        grants=grants,
        description=asked.description,
        rate=asked.rate,
    )
    return json_response(_as_json(changed, with_value=access.is_admin))


def delete_token(workspace: Workspace, request: Request, token: str) -> Response:
    """`DELETE /v0/tokens/<id, name or value>`: it is refused from now on."""
    access = _manager(workspace, request)
    stored = workspace.tokens.get(token)
    _require_over(access, stored.grants)
    workspace.tokens.remove(stored.id)
    return json_response({"ok": True})


def refresh_token(workspace: Workspace, request: Request, token: str) -> Response:
    """`POST /v0/tokens/<id, name or value>/refresh`: another value; the one before is refused."""
    access = _manager(workspace, request)
    stored = workspace.tokens.get(token)
    _require_over(access, stored.grants)
    return json_response(_as_json(workspace.tokens.refresh(stored.id), with_value=True))


def _manager(workspace: Workspace, request: Request) -> Access:
    access = authenticate(workspace, request)
    access.require(MANAGE_TOKENS, "")
    return access


def _require_over(access: Access, grants: Iterable[Grant]) -> None:
    """Refuse to give, take or use a right over tokens to who has not the highest.

    Raises:
        TokenError: only an admin may.
    """
    if any(grant.scope in (ADMIN, MANAGE_TOKENS) for grant in grants):
        access.require(ADMIN, "")


def _require_stored(grants: Iterable[Grant]) -> None:
    if any(grant.fixed for grant in grants):
        raise RequestError("'fixed_params' are for JWTs", hint="send an expiration_time")


def _checked(workspace: Workspace, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return grants whose resources there are, and whose filters fit them.

    Raises:
        NotFoundError: the project has no such data source or pipe.
        RequestError: a filter that is none for the data source.
    """
    project = workspace.live.project
    for grant in grants:
        kind = SCOPES[grant.scope].resource
        name = workspace.resource(grant.resource)
        if grant.scope == READ_DATASOURCE and name in SERVICE_TABLES:
            if grant.filter:
                raise RequestError("A service data source is read whole: it takes no filter")
            continue
        known = {"pipe": project.pipes, "data source": project.datasources}.get(kind)
        if known is not None and name not in known:
            raise NotFoundError(f"The project has no {kind} '{grant.resource}'")
        if grant.filter:
            check_filter(workspace.engine, name, grant.filter)
    return tuple(grants)


def _as_json(token: Stored, *, with_value: bool) -> dict[str, object]:
    given = token.given
    content: dict[str, object] = {
        "id": token.id,
        "name": token.name,
        "description": given.description,
        "scopes": [grant_as_json(grant) for grant in token.grants],
        "origin": token.origin,
        "created_at": given.created_at or None,
        "updated_at": given.updated_at or None,
    }
    if given.rate is not None:
        content["limits"] = {"rps": given.rate}
    return {**content, "token": token.value} if with_value else content


def _read(request: Request) -> _Asked:
    """Return what a request asks for: in its query string, then its form or JSON body.

    Raises:
        RequestError: it cannot be read, or says what no token has.
    """
    fields = parse_fields(request.query_string, "The query string")
    content: dict[str, object] = {}
    if len(request.body) > _MAX_BODY_BYTES:
        raise RequestError(f"The body has more than {_MAX_BODY_BYTES} bytes")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = request.body.strip()
    if body and (media_type == "application/json" or body.startswith(b"{")):
        content = _read_json(body)
    elif body and media_type in ("application/x-www-form-urlencoded", ""):
        try:
            fields += parse_fields(body.decode(), "The form in the body")
        except UnicodeDecodeError as error:
            raise RequestError("The form in the body is not UTF-8") from error
    elif body:
        raise RequestError(
            f"The body's Content-Type is {media_type[:80]!r}; send a token as"
            " application/x-www-form-urlencoded or application/json"
        )
    return _asked(fields, content)


def _read_json(body: bytes) -> dict[str, object]:
    try:
        orjson.loads(body)  # refuses more: halves of characters, NaN
        content = json.loads(body)  # exact, also for long integers
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The JSON in the body cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RequestError("The JSON in the body is not an object")
    return content


def _asked(fields: Sequence[tuple[str, str]], content: dict[str, object]) -> _Asked:
    found: dict[str, object] = {**dict(fields), **content}
    scopes: list[object] = [text for name, text in fields if name == "scope"]
    for name in ("scopes", "scope"):
        more = content.get(name)
        scopes += more if isinstance(more, list) else [] if more is None else [more]
    limits = content.get("limits")
    if limits is not None and not isinstance(limits, dict):
        raise RequestError("'limits' is an object: {\"rps\": <requests per second>}")
    rate = limits.get("rps") if isinstance(limits, dict) else None
    is_said = bool(scopes) or "scopes" in content
    return _Asked(
        _text(found, "name"),
        _text(found, "description"),
        tuple(map(_grant, scopes)) if is_said else None,
        None if rate is None else read_rate(rate) or 0,
        _seconds(found.get("expiration_time")),
    )


def _grant(scope: object) -> Grant:
    return parse_grant(scope) if isinstance(scope, str) else grant_of_json(scope)


def _text(found: dict[str, object], name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise RequestError(f"The '{name}' of a token is a text")
    return value


def _seconds(value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < 13):
        raise RequestError("The parameter 'expiration_time' is a Unix time in seconds")
    return int(text)
