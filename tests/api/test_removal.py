"""DELETE /v0/datasources/<name> and /v0/pipes/<name>: resources removed one at a time."""

import pytest
from tests.api.calls import Api, answer, error
from tests.api.test_deployments import BASE, ROWS, VIEWED

LONE = {**BASE, "datasources/lone.datasource": "SCHEMA >\n    `a` String `json:$.a`\n"}


@pytest.fixture
def api(make_workspace) -> Api:
    api = Api(make_workspace({**LONE, **VIEWED}))
    answer(api.send("events", ROWS), status=202)
    return api


def token(api: Api, *scopes: str) -> str:
    query = "&".join(f"scope={scope}" for scope in scopes)
    return answer(api("POST", f"/v0/tokens?name=t&{query}"))["token"]


def test_a_pipe(api):
    identifier = answer(api.get("/v0/pipes/counts"))["id"]
    removed = api("DELETE", f"/v0/pipes/{identifier}")
    assert (removed.status, removed.body) == (204, b"")
    assert api.get("/v0/pipes/counts").status == 404
    assert error(api("DELETE", "/v0/pipes/counts"))[0] == 404
    assert len(api.data("list")) == 2


def test_a_data_source_goes_with_its_rows(api):
    answer(api.send("lone", '{"a": "x"}', "&wait=true"))
    assert answer(api("DELETE", "/v0/datasources/lone?dry_run=true")) == {"dependent_pipes": []}
    assert api.rows("SELECT * FROM lone") == [["x"]]
    assert api("DELETE", "/v0/datasources/lone?force=true&dry_run=false").status == 204
    assert api.send("lone", '{"a": "x"}').status == 404
    assert api.data("list") == [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}]
    answer(api("POST", "/v0/datasources", "name=lone&schema=a+String", {"content-type": "application/x-www-form-urlencoded"}))  # fmt: skip
    assert api.rows("SELECT * FROM lone") == []


@pytest.mark.parametrize(
    ("path", "users"),
    [
        ("datasources/events", ["list", "view"]),
        ("datasources/kinds", ["counts", "view"]),
    ],
)
def test_what_is_used_stays(api, path, users):
    status, message = error(api("DELETE", f"/v0/{path}?force=true"))
    assert status == 409
    assert message == (
        f"The Data Source '{path.partition('/')[2]}' cannot be removed: it is used by the pipes"
        f" {', '.join(users)}; remove or change them first"
    )
    assert answer(api("DELETE", f"/v0/{path}?dry_run=true")) == {"dependent_pipes": users}
    assert api.get(f"/v0/{path}").status == 200


def test_what_reads_a_quarantine_or_a_pipe_keeps_it(make_workspace):
    refused = "NODE n\nSQL >\n    SELECT count() AS c FROM events_quarantine\nTYPE endpoint\n"
    again = "NODE n\nSQL >\n    SELECT * FROM list\nTYPE endpoint\n"
    api = Api(make_workspace({**BASE, "pipes/refused.pipe": refused, "pipes/again.pipe": again}))
    assert "again" in error(api("DELETE", "/v0/pipes/list"))[1]
    assert api("DELETE", "/v0/pipes/again").status == 204
    assert api("DELETE", "/v0/pipes/list").status == 204
    assert "refused" in error(api("DELETE", "/v0/datasources/events"))[1]


def test_what_a_token_file_names_stays(make_workspace):
    api = Api(make_workspace({**LONE, "tokens/app.token": "SCOPE DATASOURCES:READ:lone\n"}))
    status, message = error(api("DELETE", "/v0/datasources/lone"))
    assert status == 409
    assert "'lone' cannot be removed: " in message
    assert "tokens/app.token" in message
    assert api.get("/v0/datasources/lone").status == 200


def test_the_last_resource_stays(make_workspace):
    api = Api(make_workspace(BASE))
    assert api("DELETE", "/v0/pipes/list").status == 204
    assert error(api("DELETE", "/v0/datasources/events"))[0] == 409
    assert api.get("/v0/datasources/events").status == 200


def test_scopes(api):
    drops = token(api, "DATASOURCES:DROP:lone", "PIPES:DROP:counts", "DATASOURCES:DROP:events", "PIPES:READ:list")  # fmt: skip
    message = error(api("DELETE", "/v0/datasources/events", token=drops))[1]
    assert "the pipes list, 1 that the token may not read" in message
    assert answer(api("DELETE", "/v0/datasources/events?dry_run=true", token=drops)) == {
        "dependent_pipes": ["list"]
    }
    assert error(api("DELETE", "/v0/datasources/kinds", token=drops)) == (
        403, "The token 't' lacks the scope DATASOURCES:DROP:kinds",
    )  # fmt: skip
    assert error(api("DELETE", "/v0/pipes/list", token=drops))[0] == 403
    assert error(api("DELETE", "/v0/pipes/nothing", token=drops))[0] == 403
    assert api("DELETE", "/v0/datasources/lone", token=drops).status == 204
    assert api("DELETE", "/v0/pipes/counts", token=drops).status == 204


def test_a_removed_view_stops_writing_and_its_rows_stay(api):
    assert api.data("counts") == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
    assert api("DELETE", "/v0/pipes/view").status == 204
    answer(api.send("events", '{"id": 3, "kind": "a"}', "&wait=true"))
    assert api.data("counts") == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
