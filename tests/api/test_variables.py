"""Variables: what `tb_secret` reads, set over HTTP, told to nobody."""

import json
import stat
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, answer, error

from martlet.errors import EngineError
from martlet.variables import MAX_VALUE_BYTES, MAX_VARIABLES, Variables

PIPE = """TOKEN "reader" READ
NODE n
SQL >
    %
    SELECT {{tb_secret('%s', 'none')}} AS value
TYPE endpoint
"""


@pytest.fixture
def api(open_api: MakeApi) -> Api:
    return open_api(
        {f"pipes/{name}.pipe": PIPE.replace("%s", name) for name in ("key", "given")},
        secrets={"given": "of the project"},
    )


def set_variable(api: Api, name: str, value: str, **options) -> dict:
    return answer(
        api("POST", "/v0/variables", urlencode({"name": name, "value": value}), **options)
    )


def test_templates_read_a_variable_at_once(api: Api):
    assert api.data("key") == [{"value": "none"}]
    made = set_variable(api, "key", "it's \\ {secret}")
    assert (made["name"], made["type"], made["edited_by"]) == (
        "key",
        "secret",
        "workspace admin token",
    )
    assert api.data("key") == [{"value": "it's \\ {secret}"}]
    changed = answer(api("PUT", "/v0/variables/key", "value=another"))
    assert changed["created_at"] == made["created_at"] < changed["updated_at"]
    assert api.data("key") == [{"value": "another"}]
    assert answer(api("DELETE", "/v0/variables/key")) == {"ok": True}
    assert api.data("key") == [{"value": "none"}]


def test_a_variable_is_above_what_the_project_sets(api: Api):
    assert api.data("given") == [{"value": "of the project"}]
    set_variable(api, "given", "of the API")
    assert api.data("given") == [{"value": "of the API"}]
    api("DELETE", "/v0/variables/given")
    assert api.data("given") == [{"value": "of the project"}]


def test_values_are_told_to_nobody(api: Api):
    set_variable(api, "key", "hush")
    shown = api.get("/v0/variables")
    assert [each["name"] for each in answer(shown)["variables"]] == ["key"]
    shown_one = api.get("/v0/variables/key")
    assert answer(shown_one) == answer(shown)["variables"][0]
    assert set(answer(shown_one)) == {"name", "type", "created_at", "updated_at", "edited_by"}
    plan = api.get("/v0/pipes/key/explain")
    for text in (shown.body, shown_one.body, plan.body, repr(api.workspace.live.project).encode()):
        assert b"hush" not in text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "?name=a&value=b"), ("GET", "/key"), ("PUT", "/key?value=x"), ("DELETE", "/key")],
)  # fmt: skip
def test_variables_are_for_an_admin(api: Api, method: str, path: str):
    set_variable(api, "key", "hush")
    reader = api.workspace.tokens.value("reader")
    status, message = error(api(method, f"/v0/variables{path}", token=reader))
    assert (status, message) == (403, "The token 'reader' lacks the scope ADMIN")
    assert api.data("key") == [{"value": "hush"}]


REFUSED = {
    "no name": ("POST", "", "value=x", 400, "'name' is missing"),
    "no value": ("POST", "", "name=x", 400, "'value' is missing"),
    "a name that is no word": ("POST", "", "name=a-b&value=x", 400, "letters, digits"),
    "another type": ("POST", "", "name=x&value=x&type=plain", 400, "'type' of a variable"),
    "a long value": ("POST", "", f"name=x&value={'a' * (MAX_VALUE_BYTES + 1)}", 400, "8192 bytes"),
    "a name that is taken": ("POST", "", "name=key&value=x", 409, "exists already"),
    "none to change": ("PUT", "/gone", "value=x", 404, "does not exist"),
    "none to delete": ("DELETE", "/gone", "", 404, "does not exist"),
    "none to read": ("GET", "/gone", "", 404, "does not exist"),
    "JSON of numbers": ("POST", "", '{"name": "x", "value": 1}', 400, "are texts"),
    "no JSON": ("POST", "", '{"name": "hush"', 400, "cannot be read"),
    "no UTF-8": ("POST", "", b"name=\xff", 400, "not UTF-8"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_requests_that_are_refused(api: Api, kind: str):
    set_variable(api, "key", "hush")
    method, path, body, status, message = REFUSED[kind]
    found, text = error(api(method, f"/v0/variables{path}", body))
    assert (found, message in text, "hush" in text) == (status, True, False), text


def test_a_variable_may_come_as_json_and_have_any_text(api: Api):
    for value in ("", "a&b=c", "grüß 💬", "x" * MAX_VALUE_BYTES):
        answer(api("POST", "/v0/variables", json.dumps({"name": "key", "value": value})))
        assert api.data("key") == [{"value": value}]
        api("DELETE", "/v0/variables/key")


def test_variables_are_kept_in_a_file_of_their_owner(tmp_path: Path):
    path = tmp_path / "variables.json"
    variables = Variables(path)
    variables.create("key", "hush", by="me")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Variables(path).value("key") == "hush"
    variables.remove("key")
    assert Variables(path).all() == []
    path.write_text('{"variables": [{"name": "hush"}]}')
    with pytest.raises(EngineError) as caught:
        Variables(path)
    assert "hush" not in str(caught.value)


def test_there_is_a_most_of_variables():
    variables = Variables()
    for number in range(MAX_VARIABLES):
        variables.create(f"v{number}", "", by="me")
    with pytest.raises(Exception, match="100 variables already"):
        variables.create("more", "", by="me")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.text(max_size=5)))))
def test_what_is_read_is_what_was_set_last(tmp_path_factory, changes):
    path = tmp_path_factory.mktemp("variables") / "variables.json"
    variables, expected = Variables(path), {}
    for name, value in changes:
        known = name in expected
        if value is None:
            if known:
                variables.remove(name)
            expected.pop(name, None)
        elif known:
            expected[name] = variables.change(name, value, by="me").value
        else:
            expected[name] = variables.create(name, value, by="me").value
    for each in (variables, Variables(path)):
        assert {found.name: found.value for found in each.all()} == expected
