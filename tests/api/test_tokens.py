"""Tokens over HTTP: made, changed, limited and refused; and JWTs."""

import json
import time
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.calls import Api, answer, error

from martlet.api.http import Request
from martlet.errors import ProjectError
from martlet.scopes import grant_of_json
from martlet.tokens import ADMIN_TOKEN_NAME, USER_TOKEN_NAME

FILES = {
    "events.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `tenant` String `json:$.tenant`\n",
    "other.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`\n",
    "total.pipe": 'TOKEN "declared" READ\n\nNODE n\nSQL >\n    %\n    SELECT count() AS n, {{String(org, "free")}} AS org FROM events\n\nTYPE endpoint\n',
    "second.pipe": "NODE n\nSQL >\n    SELECT 1 AS n\n\nTYPE endpoint\n",
}
LATER = int(time.time()) + 3600


@pytest.fixture(scope="module")
def api(open_api) -> Api:
    return open_api(FILES)


def make(api: Api, name: str, *scopes: str, **fields: str) -> dict:
    query = urlencode([("name", name), *(("scope", scope) for scope in scopes), *fields.items()])
    return answer(api("POST", f"/v0/tokens?{query}"))


def mint(api: Api, name: str, *scopes: dict, expires: int = LATER, **more: object) -> str:
    body = json.dumps({"scopes": scopes, **more})
    return answer(api("POST", f"/v0/tokens/?name={name}&expiration_time={expires}", body))["token"]


def test_a_token_is_made_listed_and_used(api: Api):
    made = make(api, "made", "PIPES:READ:total", "DATASOURCES:APPEND:other", description="for *me*")
    assert made["scopes"] == [
        {"type": "PIPES:READ", "resource": "total"},
        {"type": "DATASOURCES:APPEND", "resource": "other"},
    ]
    assert (made["name"], made["description"], made["origin"]) == ("made", "for *me*", "api")
    assert made["created_at"] == made["updated_at"]
    value = made["token"]
    assert api.get("/v0/pipes/total.json", token=value).status == 200
    assert api.send("other", '{"id":1}', token=value).status == 202
    for refused in (
        api.get("/v0/pipes/second.json", token=value),
        api.send("events", "{}", token=value),
    ):
        assert error(refused)[0] == 403
    listed = {token["name"]: token for token in answer(api.get("/v0/tokens"))["tokens"]}
    assert listed["made"] == made
    assert {"declared", ADMIN_TOKEN_NAME, USER_TOKEN_NAME} <= listed.keys()
    assert listed["declared"]["scopes"] == [{"type": "PIPES:READ", "resource": "total"}]
    assert listed[ADMIN_TOKEN_NAME]["token"] == "admin"
    for key in (made["id"], "made", value):
        assert answer(api.get(f"/v0/tokens/{key}")) == made


@pytest.mark.parametrize("form", ["query", "form", "JSON", "JSON as a form", "both"])
def test_the_ways_to_say_it(api: Api, form: str):
    name = f"way {form}"
    scopes = ["PIPES:READ:total", "DATASOURCES:READ:events:tenant = 'a&b'"]
    pairs = [("name", name), ("scope", scopes[0]), ("scope", scopes[1]), ("description", "ü")]
    json_scopes = [{"type": "PIPES:READ", "resource": "total"}, scopes[1]]
    content = {"name": name, "scopes": json_scopes, "description": "ü"}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = {
        "query": lambda: api("POST", f"/v0/tokens?{urlencode(pairs)}&from=cli"),
        "form": lambda: api("POST", "/v0/tokens", urlencode(pairs), headers),
        "JSON": lambda: api(
            "POST", "/v0/tokens", json.dumps(content), {"content-type": "application/json"}
        ),
        "JSON as a form": lambda: api("POST", "/v0/tokens", json.dumps(content), headers),
        "both": lambda: api(
            "POST", f"/v0/tokens?{urlencode(pairs[:2])}", urlencode(pairs[2:]), headers
        ),
    }[form]()
    made = answer(response)
    assert (made["name"], made["description"]) == (name, "ü")
    assert made["scopes"] == [
        {"type": "PIPES:READ", "resource": "total"},
        {"type": "DATASOURCES:READ", "resource": "events", "filter": "tenant = 'a&b'"},
    ]


@pytest.mark.parametrize(
    ("target", "body", "status", "reason"),
    [
        ("?scope=ADMIN", "", 400, "'name' is missing"),
        ("?name=x", "", 400, "has no scope"),
        ("?name=&scope=ADMIN", "", 400, "printable"),
        ("?name=x&scope=NOPE", "", 400, "does not exist; use one of ADMIN"),
        ("?name=x&scope=PIPES:READ:nope", "", 404, "no pipe 'nope'"),
        ("?name=x&scope=PIPES:READ:events", "", 404, "no pipe 'events'"),
        ("?name=x&scope=DATASOURCES:DROP:total", "", 404, "no data source 'total'"),
        ("?name=x&scope=DATASOURCES:READ:events:nope%3D1", "", 400, "identifier `nope`"),
        ("?name=x&scope=DATASOURCES:READ:events:tenant", "", 400, "of 'events'"),
        ("?name=x&scope=DATASOURCES:READ:events:id+IN+other", "", 400, "could be a table"),
        ("?name=x&scope=DATASOURCES:READ:events:1)+OR+(1", "", 400, ") closes nothing"),
        (f"?name={quote(USER_TOKEN_NAME)}&scope=ADMIN", "", 409, "There is a token"),
        ("?name=declared&scope=ADMIN", "", 409, "There is a token"),
        ("?name=x", "{", 400, "JSON in the body cannot be read"),
        ("?name=x", "{" * 9000, 400, "JSON in the body cannot be read"),
        ("?name=x", '{"scopes": ["\\ud800"]}', 400, "JSON in the body cannot be read"),
        ("?name=x", '{"scopes": [5]}', 400, "A scope is an object"),
        ("?name=x", '{"scopes": 5}', 400, "A scope is an object"),
        ("", '{"name": 5, "scopes": ["ADMIN"]}', 400, "'name' of a token is a text"),
        ("?name=x", '{"scopes": ["ADMIN"], "limits": 5}', 400, "'limits' is an object"),
        ("?name=x", '{"scopes": ["ADMIN"], "limits": {"rps": "5"}}', 400, "'rps' is a whole"),
        ("?name=x", '{"scopes": [{"type": "PIPES:READ", "resource": "total", "fixed_params": {"org": "a"}}]}', 400, "are for JWTs"),
        ("?name=x&scope=PIPES:READ:total&expiration_time=1", "", 400, "is in the past"),
        ("?name=x&scope=PIPES:READ:total&expiration_time=soon", "", 400, "Unix time"),
        ("?name=x&scope=ADMIN&expiration_time=4102444800", "", 400, "A JWT cannot have the scope ADMIN"),
        ("?name=x&expiration_time=4102444800", "", 400, "has no scope"),
        ("?name=%ff&scope=ADMIN", "", 400, "UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_made(api: Api, target: str, body: str, status: int, reason: str):
    before = api.get("/v0/tokens").body
    found, text = error(api("POST", f"/v0/tokens{target}", body))
    assert found == status
    assert reason in text
    assert api.get("/v0/tokens").body == before


def test_a_token_is_changed_refreshed_and_deleted(api: Api):
    made = make(api, "first", "PIPES:READ:total")
    value = made["token"]
    changed = answer(api("PUT", f"/v0/tokens/{made['id']}?name=last&scope=PIPES:READ:second"))
    assert (changed["id"], changed["name"], changed["token"]) == (made["id"], "last", value)
    assert changed["scopes"] == [{"type": "PIPES:READ", "resource": "second"}]
    assert api.get("/v0/pipes/second.json", token=value).status == 200
    assert error(api.get("/v0/pipes/total.json", token=value)) == (
        403,
        "The token 'last' lacks the scope PIPES:READ:total",
    )
    assert (
        answer(api("PUT", "/v0/tokens/last", '{"description": "new"}'))["scopes"]
        == changed["scopes"]
    )
    assert error(api("PUT", "/v0/tokens/last?scope=PIPES:READ:nope"))[0] == 404
    assert error(api("PUT", "/v0/tokens/last?expiration_time=1"))[0] == 400
    refreshed = answer(api("POST", "/v0/tokens/last/refresh"))
    assert refreshed["id"] == made["id"]
    assert error(api.get("/v0/pipes/second.json", token=value)) == (
        403,
        "The token is not known in this workspace",
    )
    assert api.get("/v0/pipes/second.json", token=refreshed["token"]).status == 200
    assert answer(api("DELETE", "/v0/tokens/last")) == {"ok": True}
    assert error(api.get("/v0/pipes/second.json", token=refreshed["token"]))[0] == 403
    for method, target in (("GET", ""), ("PUT", "?name=x"), ("DELETE", ""), ("POST", "/refresh")):
        assert error(api(method, f"/v0/tokens/last{target}")) == (
            404,
            "There is no such token in this workspace",
        )


def test_declared_and_built_in_tokens_stay(api: Api):
    for method, target in (("DELETE", "/v0/tokens/declared"), ("PUT", "/v0/tokens/declared?name=x"), ("PUT", "/v0/tokens/declared?scope=PIPES:READ:second"), ("DELETE", f"/v0/tokens/{USER_TOKEN_NAME}"), ("PUT", f"/v0/tokens/{ADMIN_TOKEN_NAME}?scope=TOKENS"), ("POST", f"/v0/tokens/{ADMIN_TOKEN_NAME}/refresh")):  # fmt: skip
        assert error(api(method, target))[0] == 409
    more = answer(api("PUT", "/v0/tokens/declared?scope=PIPES:READ:total&scope=PIPES:READ:second"))
    assert [scope["resource"] for scope in more["scopes"]] == ["total", "second"]


def test_who_manages_tokens_is_no_admin(api: Api):
    manager = make(api, "manager", "TOKENS")["token"]
    for token in answer(api.get("/v0/tokens", token=manager))["tokens"]:
        assert "token" not in token
    assert "token" not in answer(api.get("/v0/tokens/declared", token=manager))
    made = answer(api("POST", "/v0/tokens?name=its+own&scope=PIPES:READ:total", token=manager))
    assert api.get("/v0/pipes/total.json", token=made["token"]).status == 200
    assert answer(api("DELETE", "/v0/tokens/its own", token=manager)) == {"ok": True}
    for method, target in (("POST", "?name=x&scope=ADMIN"), ("POST", "?name=x&scope=TOKENS"), ("PUT", "/declared?scope=ADMIN"), ("PUT", "/manager?description=x"), ("DELETE", "/manager"), ("POST", f"/{USER_TOKEN_NAME}/refresh"), ("PUT", f"/{USER_TOKEN_NAME}?description=x")):  # fmt: skip
        status, text = error(api(method, f"/v0/tokens{target}", token=manager))
        assert (status, text) == (403, "The token 'manager' lacks the scope ADMIN")
    assert error(api.get("/v0/pipes/total.json", token=manager))[0] == 403


def test_others_see_themselves_alone(api: Api):
    made = make(api, "plain", "DATASOURCES:READ:events:tenant = 'a'")
    value = made.pop("token")
    for key in (made["id"], "plain", value):
        assert answer(api.get(f"/v0/tokens/{key}", token=value)) == made
    jwt = mint(api, "plain", {"type": "PIPES:READ", "resource": "total"})
    for token, name in ((value, "plain"), (jwt, "plain")):
        targets = ["/v0/tokens", "/v0/tokens/declared", "/v0/tokens/none"]
        for target in [*targets, "/v0/tokens/plain"] if token == jwt else targets:
            assert error(api.get(target, token=token)) == (
                403,
                f"The token '{name}' lacks the scope TOKENS",
            )
        for method, target in (("POST", "?name=x&scope=TOKENS"), ("PUT", "/plain?scope=ADMIN"), ("DELETE", "/plain"), ("POST", "/plain/refresh")):  # fmt: skip
            assert error(api(method, f"/v0/tokens{target}", token=token))[0] == 403


@pytest.mark.parametrize("where", ["authorization", "x-api-key", "token"])
def test_a_jwt_is_a_token(api: Api, where: str):
    jwt = mint(
        api,
        "web",
        {"type": "PIPES:READ", "resource": "total"},
        {"type": "DATASOURCES:APPEND", "resource": "events"},
    )

    def call(method: str, target: str, body: str = ""):
        if where == "token":
            return api(
                method, f"{target}{'&' if '?' in target else '?'}token={jwt}", body, token=None
            )
        value = f"Bearer {jwt}" if where == "authorization" else jwt
        return api(method, target, body, {where: value}, token=None)

    assert call("GET", "/v0/pipes/total.json").status == 200
    assert call("POST", "/v0/events?name=events", '{"id": 1, "tenant": "a"}').status == 202
    assert error(call("GET", "/v0/pipes/second.json")) == (
        403,
        "The token 'web' lacks the scope PIPES:READ:second",
    )
    assert error(call("POST", "/v0/pipes/total/copy"))[0] == 403


def test_a_jwt_that_is_not_of_this_workspace(api: Api):
    jwt = mint(api, "web", {"type": "PIPES:READ", "resource": "total"})
    head, payload, signature = jwt.split(".")
    for forged in (
        f"{head}.{payload}.{signature[:-2]}AA",
        f"{head}.{payload}.",
        f"eyJhbGciOiJub25lIn0.{payload}.",
    ):
        status, text = error(api.get("/v0/pipes/total.json", token=forged))
        assert status == 403
        assert text.startswith("The JWT is not signed with ")


def test_fixed_parameters_are_not_the_callers(api: Api):
    scope = {"type": "PIPES:READ", "resource": "total", "fixed_params": {"org": "mine"}}
    jwt = mint(api, "fixed", scope)
    for query in ("", "?org=yours"):
        (row,) = api.data(f"total{query}", token=jwt)
        assert row["org"] == "mine"
    (row,) = api.data("total?org=yours")
    assert row["org"] == "yours"


def test_limits_are_told_and_kept(api: Api):
    jwt = mint(api, "limited", {"type": "PIPES:READ", "resource": "total"}, limits={"rps": 2})
    answers = [api.get("/v0/pipes/total.json", token=jwt) for _ in range(3)]
    assert [response.status for response in answers] == [200, 200, 429]
    assert [response.headers["x-ratelimit-remaining"] for response in answers] == ["1", "0", "0"]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].headers["x-ratelimit-limit"] == "2"
    assert error(answers[-1])[1].startswith("The token 'limited' has made more than 2 requests")
    stored = answer(
        api("POST", "/v0/tokens?name=slow&scope=PIPES:READ:total", '{"limits": {"rps": 1}}')
    )
    assert stored["limits"] == {"rps": 1}
    statuses = [api.get("/v0/pipes/total.json", token=stored["token"]).status for _ in range(2)]
    assert statuses == [200, 429]
    free = answer(api("PUT", "/v0/tokens/slow", '{"limits": {"rps": 0}}'))
    assert "limits" not in free
    assert api.get("/v0/pipes/total.json", token=stored["token"]).status == 200


@given(
    st.text(max_size=50) | st.text("ey.J-_p=", max_size=20),
    st.sampled_from(["bearer", "key", "query"]),
)
def test_whatever_is_sent_as_a_token_is_a_403(api: Api, value: str, where: str):
    if where == "query":
        response = api.get(
            f"/v0/pipes/total.json?token={quote(value, errors='replace')}", token=None
        )
    elif where == "key":
        response = api("GET", "/v0/pipes/total.json", b"", {"x-api-key": value}, token=None)
    else:
        response = api.get("/v0/pipes/total.json", token=value)
    assert error(response)[0] == 403


def test_a_token_file_with_a_filter(open_api):
    api = open_api(
        {
            **FILES,
            "site.token": "SCOPE DATASOURCES:READ:events:tenant = 'a'\nSCOPE PIPES:READ:total\n",
        }
    )
    site = answer(api.get("/v0/tokens/site"))
    assert {"type": "DATASOURCES:READ", "resource": "events", "filter": "tenant = 'a'"} in site[
        "scopes"
    ]
    assert api.workspace.tokens.find(site["token"]).filters == {"events": "tenant = 'a'"}


def test_a_token_file_with_a_filter_that_does_not_fit(open_api):
    with pytest.raises(ProjectError) as raised:
        open_api(
            {
                **FILES,
                "site.token": "SCOPE PIPES:READ:total\nSCOPE DATASOURCES:READ:events:nope = 'a'\n",
            }
        )
    (found,) = raised.value.errors
    assert str(found.location) == "site.token:2:7"
    assert found.message.startswith("The filter of 'events' does not fit 'events': Unknown expr")


def test_an_id_is_more_than_a_name(api: Api):
    first = make(api, "victim", "PIPES:READ:total")
    second = make(api, first["id"], "PIPES:READ:second")
    assert answer(api("DELETE", f"/v0/tokens/{first['id']}")) == {"ok": True}
    assert error(api.get("/v0/tokens/victim"))[0] == 404
    assert answer(api.get(f"/v0/tokens/{second['id']}"))["name"] == first["id"]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/v0/tokens", "/v0/tokens"),
        ("/v0/tokens/p.abc.def", "/v0/tokens/***"),
        ("/v0/tokens/p.abc.def/refresh", "/v0/tokens/***/refresh"),
        ("/v0/tokens/61f0c404-5cb3-11e7-907b-a6006ad3dba0", "/v0/tokens/61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
        ("/v0/tokens/61f0c404-5cb3-11e7-907b-a6006ad3dba0/refresh", "/v0/tokens/61f0c404-5cb3-11e7-907b-a6006ad3dba0/refresh"),
        ("/v0/tokens/61f0c404-5cb3-11e7-907b-a6006ad3dba0x", "/v0/tokens/***"),
        ("/v0/pipes/tokens.json", "/v0/pipes/tokens.json"),
    ],
)  # fmt: skip
def test_logs_have_no_value_of_a_path(path: str, logged: str):
    assert Request("GET", path).logged_path == logged


def test_a_filter_holds_in_pipes_and_for_jwts(open_api):
    api = open_api(FILES)
    rows = "\n".join(json.dumps({"id": n, "tenant": "ab"[n % 3 == 0]}) for n in range(9))
    assert api.send("events", rows, "&wait=true").status == 200
    scopes = ["PIPES:READ:total", "DATASOURCES:READ:events:tenant = 'b'"]
    stored = make(api, "stored", *scopes)["token"]
    pipe = {"type": "PIPES:READ", "resource": "total"}
    jwt = mint(
        api,
        "jwt",
        pipe,
        {"type": "DATASOURCES:READ", "resource": "events", "filter": "tenant = 'b'"},
    )
    assert [api.data("total", token=token)[0]["n"] for token in ("admin", stored, jwt)] == [9, 3, 3]
    typo = mint_by_hand(
        api,
        "jwt",
        pipe,
        {"type": "DATASOURCES:READ", "resource": "event", "filter": "tenant = 'b'"},
    )
    status, text = error(api.get("/v0/pipes/total.json", token=typo))
    assert (status, text) == (
        403,
        "The token 'jwt' has a filter of the data source 'event', which does not exist",
    )


def mint_by_hand(api: Api, name: str, *scopes: dict) -> str:
    """Sign a JWT as an application does, which nobody looks at before it is used."""
    return api.workspace.tokens.sign_jwt(
        name, [grant_of_json(scope) for scope in scopes], expires=LATER
    )
