"""Tokens: kept by their owner alone, stable, and no wider than what declares them."""

import base64
import json
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.api.calls import Api, error

from martlet.access import Grant
from martlet.errors import (
    ConflictError,
    EngineError,
    NotFoundError,
    RateLimitError,
    RequestError,
    TokenError,
)
from martlet.rates import Rates
from martlet.tokens import ADMIN_TOKEN_NAME, USER_TOKEN_NAME, Names, TokenStore

FILES = {
    "events.datasource": 'TOKEN "both" READ\nTOKEN "both" APPEND\nTOKEN writer APPEND\n'
    "TOKEN reader READ\n\nSCHEMA >\n    `id` UInt32 `json:$.id`\n",
    "other.datasource": 'TOKEN "two" APPEND\n\nSCHEMA >\n    `id` UInt32 `json:$.id`\n',
    "first.pipe": 'TOKEN "reader" READ\nTOKEN "both" READ\n\n'
    "NODE n\nSQL >\n    SELECT count() AS n FROM events\n\nTYPE endpoint\n",
    "second.pipe": 'TOKEN "two" READ\n\n'
    "NODE n\nSQL >\n    SELECT count() AS n FROM other\n\nTYPE endpoint\n",
    "third.pipe": "NODE n\nSQL >\n    SELECT 1 AS n\n\nTYPE endpoint\n",
}
OPERATIONS = {
    "append events": ("POST", "/v0/events?name=events", '{"id":1}'),
    "append other": ("POST", "/v0/events?name=other", '{"id":1}'),
    "read first": ("GET", "/v0/pipes/first.json", ""),
    "read second": ("GET", "/v0/pipes/second.json", ""),
    "read third": ("GET", "/v0/pipes/third.json", ""),
    "tokens": ("DELETE", "/v0/tokens/none", ""),
}
ALLOWED = {
    "both": {"append events", "read first"},
    "writer": {"append events"},
    # READ of `events` is for its rows; endpoints have scopes of their own.
    "reader": {"read first"},
    "two": {"append other", "read second"},
    ADMIN_TOKEN_NAME: set(OPERATIONS),
    USER_TOKEN_NAME: set(OPERATIONS),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokens.json"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_the_file(path: Path):
    TokenStore(path)
    assert mode(path) == 0o600
    path.chmod(0o644)
    store = TokenStore(path)
    assert mode(path) == 0o600
    store.sync({"new": [("PIPES:READ", "p")]})
    assert mode(path) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["tokens.json"]


def test_values_outlive_the_process_and_their_declaration(path: Path):
    store = TokenStore(path)
    store.sync({"a": [("PIPES:READ", "p")], "b": []})
    names = (ADMIN_TOKEN_NAME, USER_TOKEN_NAME, "a", "b")
    values = {name: store.value(name) for name in names}
    assert len(set(values.values())) == 4
    TokenStore(path).sync({})
    again = TokenStore(path)
    assert again.workspace_id == store.workspace_id
    with pytest.raises(TokenError):
        again.find(values["a"])
    again.sync({"a": [("PIPES:READ", "q")], "b": []})
    assert {name: again.value(name) for name in names} == values
    assert again.find(values["a"]).scopes == {("PIPES:READ", "q")}


def test_two_folders_have_different_tokens(tmp_path: Path):
    first, second = TokenStore(tmp_path / "1.json"), TokenStore(tmp_path / "2.json")
    assert first.value(ADMIN_TOKEN_NAME) != second.value(ADMIN_TOKEN_NAME)
    with pytest.raises(TokenError):
        second.find(first.value(ADMIN_TOKEN_NAME))


def test_a_given_admin_token_is_not_stored(path: Path):
    store = TokenStore(path, admin_token="from outside")
    assert store.value(ADMIN_TOKEN_NAME) == "from outside"
    assert store.find("from outside").name == ADMIN_TOKEN_NAME
    assert "from outside" not in path.read_text()
    stored = json.loads(path.read_text())["tokens"][ADMIN_TOKEN_NAME]
    with pytest.raises(TokenError):
        store.find(stored)
    alone = TokenStore(path)
    assert alone.value(ADMIN_TOKEN_NAME) == stored
    with pytest.raises(TokenError):
        alone.find("from outside")


def test_a_declaration_cannot_narrow_the_admin_token(path: Path):
    store = TokenStore(path)
    store.sync({ADMIN_TOKEN_NAME: [("PIPES:READ", "p")]})
    assert store.find(store.value(ADMIN_TOKEN_NAME)).may("DATASOURCES:APPEND", "events")


@pytest.mark.parametrize("value", [None, "", "x", "ключ", "\ud800", "a" * 100_000, "\0"])
def test_other_values_are_refused(path: Path, value: str | None):
    store = TokenStore(path)
    with pytest.raises(TokenError) as raised:
        store.find(value)
    assert raised.value.status == 403
    assert not value or value not in str(raised.value) or value == "x"


def test_a_value_is_found_whole(path: Path):
    store = TokenStore(path)
    value = store.value(ADMIN_TOKEN_NAME)
    assert store.find(value)
    for other in (value[:-1], value + "x", value.upper(), f" {value}"):
        with pytest.raises(TokenError):
            store.find(other)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"tokens": null, "workspace_id": "x"}', '{"tokens": []}'])  # fmt: skip
def test_a_broken_file_is_an_error_and_is_kept(path: Path, text: str):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(EngineError, match="is not a token file") as raised:
        TokenStore(path)
    assert str(path) in raised.value.message
    assert path.read_text() == text


def test_values_have_the_form_that_clients_take_apart(path: Path):
    store = TokenStore(path)
    prefix, content, signature = store.value(USER_TOKEN_NAME).split(".")
    assert (prefix, len(signature)) == ("p", 43)
    decoded = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    assert set(decoded) == {"u", "id", "host"}
    assert decoded["u"] == store.workspace_id


def test_declared_tokens_allow_exactly_what_is_declared(make_workspace, caplog):
    caplog.set_level(logging.DEBUG)
    api = Api(make_workspace(FILES))
    tokens = api.workspace.tokens
    found: dict[str, set[str]] = {}
    texts = []
    for name in ALLOWED:
        value = tokens.value(name)
        found[name] = set()
        for operation, (method, target, body) in OPERATIONS.items():
            for response in (
                api(method, target, body, token=value),
                api(method, target, body, {"x-api-key": value}, token=None),
                api(method, f"{target}{'&' if '?' in target else '?'}token={value}", body, token=None),
            ):  # fmt: skip
                texts.append(response.body.decode() + str(response.headers))
                assert response.status in (200, 202, 403, 404)
                if response.status != 403:
                    found[name].add(operation)
                else:
                    status, text = error(response)
                    assert status == 403
                    assert text.startswith(f"The token '{name}' lacks the scope ")
    assert found == ALLOWED
    shown = "\n".join(texts) + caplog.text
    assert not any(tokens.value(name) in shown for name in ALLOWED)


def test_a_token_that_is_declared_no_more_is_refused(make_workspace):
    workspace = make_workspace(FILES)
    api, project = Api(workspace), workspace.live.project
    value = workspace.tokens.value("two")
    assert api.get("/v0/pipes/second.json", token=value).status == 200
    without = {**project.pipes, "second": replace(project.pipes["second"], tokens=())}
    workspace.apply(replace(project, pipes=without))
    assert error(api.get("/v0/pipes/second.json", token=value)) == (
        403,
        "The token 'two' lacks the scope PIPES:READ:second",
    )
    assert api.send("other", '{"id":1}', token=value).status == 202


READ_P = [Grant("PIPES:READ", "p")]


def test_a_made_token_is_there_after_a_restart(path: Path):
    store = TokenStore(path)
    made = store.create(
        "made", [Grant("DATASOURCES:READ", "e", "a = 'ü'")], description="for me", rate=5
    )
    assert mode(path) == 0o600
    again = TokenStore(path)
    assert again.get("made") == made
    access = again.find(made.value)
    assert access.filters == {"e": "a = 'ü'"}
    assert access.rate_headers["x-ratelimit-limit"] == "5"
    assert [entry.name for entry in path.parent.iterdir()] == ["tokens.json"]


def test_what_a_token_may_changes_at_once(path: Path):
    store = TokenStore(path)
    made = store.create("made", READ_P)
    changed = store.update(made.id, name="other", grants=[Grant("TOKENS")], description="x", rate=9)
    assert (changed.id, changed.value, changed.given.created_at) == (
        made.id,
        made.value,
        made.given.created_at,
    )
    access = store.find(made.value)
    assert (access.name, access.scopes) == ("other", {("TOKENS", "")})
    assert store.update("other", rate=0).given.rate is None
    assert store.update("other").grants == (Grant("TOKENS"),)
    refreshed = store.refresh(made.value)
    assert (refreshed.id, refreshed.name) == (made.id, "other")
    with pytest.raises(TokenError):
        store.find(made.value)
    assert store.find(refreshed.value).name == "other"
    store.remove("other")
    for unknown in ("other", made.id, refreshed.value):
        with pytest.raises(NotFoundError):
            store.get(unknown)
    with pytest.raises(TokenError):
        store.find(refreshed.value)
    assert [token.name for token in TokenStore(path).all()] == [ADMIN_TOKEN_NAME, USER_TOKEN_NAME]


def test_names_are_unique_and_printable(path: Path):
    store = TokenStore(path)
    store.sync({"declared": [("PIPES:READ", "p")]})
    store.create("made", READ_P)
    for name in ("made", "declared", USER_TOKEN_NAME):
        with pytest.raises(ConflictError, match=f"There is a token '{name}' already"):
            store.create(name, READ_P)
    with pytest.raises(ConflictError):
        store.update("made", name="declared")
    for name in ("", "a\nb", "x" * 201, "\ud800"):
        with pytest.raises(RequestError, match="printable"):
            store.create(name, READ_P)


def test_a_declared_token_keeps_what_is_declared(path: Path):
    store = TokenStore(path)
    declared = ("PIPES:READ", "p")
    store.sync({"t": [declared]})
    more = Grant("PIPES:READ", "q")
    assert store.update("t", grants=[*READ_P, more]).grants == (*READ_P, more)
    with pytest.raises(ConflictError, match="cannot lose the scope PIPES:READ:p"):
        store.update("t", grants=[more])
    for change in (lambda: store.remove("t"), lambda: store.update("t", name="u")):
        with pytest.raises(ConflictError, match="the project declares it"):
            change()
    value = store.value("t")
    assert store.find(value).scopes == {declared, ("PIPES:READ", "q")}
    store.sync({})
    assert store.find(value).scopes == {("PIPES:READ", "q")}
    store.remove("t")
    with pytest.raises(TokenError):
        store.find(value)


def test_a_made_token_may_be_declared_later(path: Path):
    store = TokenStore(path)
    value = store.create("t", READ_P).value
    store.sync({"t": [("PIPES:READ", "q")]})
    assert store.find(value).scopes == {("PIPES:READ", "p"), ("PIPES:READ", "q")}
    store.sync({})
    assert store.find(value).scopes == {("PIPES:READ", "p")}


@pytest.mark.parametrize("name", [ADMIN_TOKEN_NAME, USER_TOKEN_NAME])
def test_built_in_tokens_stay(path: Path, name: str):
    store = TokenStore(path)
    changes = [
        lambda: store.remove(name),
        lambda: store.update(name, name="x"),
        lambda: store.update(name, grants=READ_P),
    ]
    for change in changes:
        with pytest.raises(ConflictError, match="it is built in"):
            change()
    before = store.value(name)
    assert store.refresh(name).value == store.value(name) != before
    assert store.find(store.value(name)).is_admin


def test_a_given_admin_token_has_no_other_value(path: Path):
    store = TokenStore(path, admin_token="from outside")
    with pytest.raises(ConflictError, match="is given when the server is started"):
        store.refresh("from outside")
    assert store.get(ADMIN_TOKEN_NAME).id == TokenStore(path, admin_token="other").get("other").id


def test_names_of_resources_are_resolved_when_they_are_used(path: Path):
    store = TokenStore(path)
    store.create("t", [Grant("DATASOURCES:READ", "e__v1", "a = 1"), *READ_P])
    store.sync({}, Names(lambda name: {"e__v1": "e"}.get(name, name)))
    access = store.find(store.value("t"))
    assert access.filters == {"e": "a = 1"}
    jwt = store.sign_jwt("j", [Grant("DATASOURCES:READ", "e__v1", "a = 2")], expires=2**33)
    assert store.find(jwt).filters == {"e": "a = 2"}
    store.sync({}, Names(lambda name: {"e__v1": "f"}.get(name, name)))
    assert store.find(store.value("t")).filters == {"f": "a = 1"}
    assert store.find(jwt).filters == {"f": "a = 2"}


def test_a_filter_of_what_is_gone_lets_nobody_in(path: Path):
    store = TokenStore(path)
    grants = [Grant("DATASOURCES:READ", "e", "a = 1"), *READ_P]
    values = [store.create("t", grants).value, store.sign_jwt("t", grants, expires=2**33)]
    for value in values:
        store.sync({}, Names(datasources=["e"]))
        assert store.find(value).filters == {"e": "a = 1"}
        store.sync({}, Names(datasources=["renamed"]))
        with pytest.raises(TokenError, match="a filter of the data source 'e', which does not"):
            store.find(value)


def test_one_pipe_by_two_names_cannot_be_fixed_in_two_ways(path: Path):
    store = TokenStore(path)
    store.sync({}, Names(lambda name: "p"))
    grants = [Grant("PIPES:READ", "a", fixed={"x": 1}), Grant("PIPES:READ", "b")]
    with pytest.raises(TokenError, match="two kinds of 'fixed_params'"):
        store.find(store.sign_jwt("j", grants, expires=2**33))


def test_jwts_end_with_their_time_and_with_the_admin_token(path: Path):
    now = [1000.0]
    store = TokenStore(path, clock=lambda: now[0])
    jwt = store.sign_jwt("j", [Grant("PIPES:READ", "p", fixed={"org": "x"})], expires=1010)
    for _ in range(2):
        access = store.find(jwt)
        assert (access.name, access.fixed) == ("j", {"p": {"org": "x"}})
    now[0] = 1010.0
    with pytest.raises(TokenError, match="has expired"):
        store.find(jwt)
    now[0] = 1000.0
    store.refresh(ADMIN_TOKEN_NAME)
    with pytest.raises(TokenError, match="not signed with"):
        store.find(jwt)


def test_jwts_of_one_name_are_counted_together(path: Path):
    store = TokenStore(path, rates=Rates(lambda: 0))
    one, two, other = (
        store.sign_jwt(name, [Grant("PIPES:READ", pipe)], expires=2**33, rate=2)
        for name, pipe in (("j", "p"), ("j", "q"), ("k", "p"))
    )
    assert store.find(one).rate_headers["x-ratelimit-remaining"] == "1"
    assert store.find(two).rate_headers["x-ratelimit-remaining"] == "0"
    for jwt in (one, two):
        with pytest.raises(RateLimitError):
            store.find(jwt)
    store.find(other)
    stored = store.create("j", READ_P, rate=1)  # a stored token of that name is another
    store.find(stored.value)
    with pytest.raises(RateLimitError):
        store.find(stored.value)


@pytest.mark.parametrize("given", ['{"x": {}}', '{"t": {"scopes": ["NOPE"]}}', '{"t": {"scopes": ["DATASOURCES:READ:e:"]}}', '{"t": {"more": 1}}', '{"t": {"rate": -1}}', '{"t": {"rate": true}}', '{"t": 5}', "[]"])  # fmt: skip
def test_nothing_is_guessed_of_a_changed_file(path: Path, given: str):
    path.parent.mkdir()
    path.write_text(f'{{"workspace_id": "w", "tokens": {{"t": "v"}}, "given": {given}}}')
    with pytest.raises(EngineError, match="is not a token file"):
        TokenStore(path)


def test_a_change_that_cannot_be_stored_is_none(path: Path, monkeypatch: pytest.MonkeyPatch):
    store = TokenStore(path)
    made = store.create("t", READ_P)
    before = path.read_text()

    def fail(*arguments: object) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(os, "fsync", fail)
    changes = [
        lambda: store.create("u", READ_P),
        lambda: store.remove("t"),
        lambda: store.refresh("t"),
        lambda: store.update("t", grants=[Grant("ADMIN")]),
    ]
    for change in changes:
        with pytest.raises(EngineError, match="cannot be stored: disk full"):
            change()
    assert path.read_text() == before
    assert store.find(made.value).scopes == {("PIPES:READ", "p")}
    assert [token.name for token in store.all()] == [ADMIN_TOKEN_NAME, USER_TOKEN_NAME, "t"]


def test_changes_at_once_lose_nothing(path: Path):
    store = TokenStore(path)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: store.create(f"t{n}", READ_P), range(24)))
    names = {token.name for token in TokenStore(path).all()}
    assert names == {ADMIN_TOKEN_NAME, USER_TOKEN_NAME, *(f"t{n}" for n in range(24))}
    assert {store.find(token.value).name for token in made} == names - {
        ADMIN_TOKEN_NAME,
        USER_TOKEN_NAME,
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TokenStore:
    return TokenStore(tmp_path_factory.mktemp("tokens") / "tokens.json")


PARTS = st.binary(max_size=30).map(lambda b: base64.urlsafe_b64encode(b).decode()) | st.text(
    max_size=20
)


@given(
    st.text()
    | st.binary().map(lambda b: b.decode("latin-1"))
    | st.lists(PARTS, min_size=2, max_size=4).map(lambda parts: "eyJ" + ".".join(parts))
)
@example("eyJ..")
@example("eyJhbGciOiJIUzI1NiJ9..\udcff")
@example("p.eyJ.x")
def test_whatever_is_shown_is_a_token_or_refused(store: TokenStore, value: str):
    with pytest.raises(TokenError):
        store.find(value)
