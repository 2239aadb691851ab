"""Workspaces beside the server's own: POST and DELETE /v1/workspaces."""

import pytest
from tests.api.calls import Api, answer, error
from tests.api.test_deployments import BASE, EVENTS, ROWS, send

from martlet.access import Grant
from martlet.api.http import Request
from martlet.guests import MOST
from martlet.server import App

NAME = "Tinybird_Local_Test_"


@pytest.fixture
def api(make_workspace) -> Api:
    api = Api(make_workspace(BASE))
    answer(api.send("events", ROWS), status=202)
    return api


def create(api: Api, name: str) -> dict:
    return answer(api("POST", f"/v1/workspaces?name={name}"))


def listed(api: Api) -> list[str]:
    return [each["name"] for each in answer(api.get("/v1/user/workspaces"))["workspaces"]]


def databases(api: Api) -> set[str]:
    base = api.workspace.generations.base
    rows = api.workspace.engine.rows("SELECT name FROM system.databases")
    return {str(row["name"]) for row in rows if f"{base}_guest_" in str(row["name"])}


def test_a_workspace_for_tests_has_tables_and_tokens_of_its_own(api):
    made = create(api, NAME + "a")
    guest = Api(api.workspace.guests.of(made["token"]))
    assert guest.workspace.name == NAME + "a"
    assert guest.workspace.tokens.workspace_id == made["id"] != api.workspace.tokens.workspace_id
    own = {"token": made["token"]}
    assert answer(guest.get("/v0/datasources", **own)) == {"datasources": []}
    files = {"datasources/events.datasource": EVENTS.replace("`kind`", "`sort`")}
    built = send(guest, "/v1/build", files, **own)
    assert built["build"]["new_datasource_names"] == ["events"]
    asked = "/v0/sql?q=SELECT+count()+AS+c+FROM+events+FORMAT+JSON"
    assert answer(guest.get(asked, **own))["data"] == [{"c": 0}]
    assert answer(api.get(asked))["data"] == [{"c": 2}]
    assert error(api.get(asked, **own))[0] == 403
    assert listed(api) == [api.workspace.name, NAME + "a"]
    requests = "/v0/sql?q=SELECT+count()+AS+c+FROM+tinybird.pipe_stats_rt+FORMAT+JSON"
    assert answer(guest.get(requests, **own))["data"][0]["c"] > 0


def test_the_token_tells_the_server_which_workspace_is_asked(api):
    app = App(api.workspace)
    token = create(api, NAME + "a")["token"]

    def place(token: str) -> str:
        return app._place(Request("GET", "/", f"token={token}")).name

    assert [place(token), place("admin"), place("unknown")] == [
        NAME + "a", api.workspace.name, api.workspace.name,
    ]  # fmt: skip
    assert app._place(Request("GET", "/", headers={"authorization": "?"})) is api.workspace
    app.threads.shutdown()


def test_a_request_is_counted_where_it_is_answered_alone(api):
    guest = api.workspace.guests.of(create(api, NAME + "a")["token"])
    limited = guest.tokens.create("limited", [Grant("ADMIN")], rate=5).value
    ended = guest.tokens.sign_jwt("ended", [], expires=1)
    for _ in range(3):
        assert api.workspace.guests.of(limited) is guest
        assert api.workspace.guests.of(ended) is guest
    answered = Api(guest).get("/v0/pipes", token=limited)
    assert answered.headers["x-ratelimit-remaining"] == "4"
    assert error(Api(guest).get("/v0/pipes", token=ended)) == (403, "The JWT 'ended' has expired")
    assert api.workspace.guests.of(None) is None


@pytest.mark.parametrize("key", ["name", "id"])
def test_a_workspace_that_ends_leaves_nothing(api, key):
    made = create(api, NAME + "a")
    send(Api(api.workspace.guests.of(made["token"])), "/v1/build", BASE, token=made["token"])
    assert databases(api)
    assert answer(api("DELETE", f"/v1/workspaces/{made[key]}")) == {"ok": True}
    assert databases(api) == set()
    assert listed(api) == [api.workspace.name]
    path = api.workspace.engine.path
    assert not [*path.glob("live.*_guest_*"), *path.glob("deployments/*_guest_*")]
    assert error(api("DELETE", f"/v1/workspaces/{made[key]}"))[0] == 404


def test_the_first_one_goes_when_there_are_too_many(api):
    for number in range(MOST + 1):
        create(api, f"{NAME}{number}")
    assert listed(api)[1:] == [f"{NAME}{number}" for number in range(1, MOST + 1)]


def test_the_workspace_of_a_folder_is_the_server_s_own(api):
    made = create(api, "Tinybird_Local_Build_0af")
    assert made["id"] == api.workspace.tokens.workspace_id
    assert listed(api) == [api.workspace.name, "Tinybird_Local_Build_0af"]
    assert databases(api) == set()


def test_who_may_and_what_there_may_be(api):
    create(api, NAME + "a")
    for name, status in [(f"{NAME}a", 409), ("other", 501), (f"{NAME}%2F..", 400), ("", 400)]:
        assert error(api("POST", f"/v1/workspaces?name={name}"))[0] == status
    answer(api("POST", "/v0/tokens?name=reader&scope=DATASOURCES:READ:events"))
    reader = answer(api.get("/v0/tokens/reader"))["token"]
    assert error(api("POST", f"/v1/workspaces?name={NAME}b", token=reader))[0] == 403
    assert error(api("DELETE", f"/v1/workspaces/{NAME}a", token=reader))[0] == 403
    names = answer(api.get("/v1/user/workspaces", token=reader))["workspaces"]
    assert [each["name"] for each in names] == [api.workspace.name]


def test_what_a_killed_server_has_left_goes(api):
    engine, base = api.workspace.engine, api.workspace.generations.base
    engine.command(f"CREATE DATABASE `{base}_guest_9_`")
    (engine.path / f"live.{base}_guest_9_.json").write_text("{}")
    create(api, NAME + "a")
    assert f"{base}_guest_9_" not in databases(api)
    assert not [*engine.path.glob(f"live.{base}_guest_9_*")]
