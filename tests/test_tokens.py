"""Tokens: kept by their owner alone, stable, and no wider than what declares them."""

import base64
import json
import logging
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.api.calls import Api, error

from martlet.errors import EngineError, TokenError
from martlet.tokens import ADMIN_TOKEN_NAME, USER_TOKEN_NAME, TokenStore

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
    "jobs": ("GET", "/v0/jobs/none", ""),
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
