"""POST /v0/datasources/<name>/alter: columns and descriptions changed one at a time."""

from urllib.parse import urlencode

import pytest
from tests.api.calls import Api, answer, error
from tests.api.test_deployments import BASE, ROWS

FORM = {"content-type": "application/x-www-form-urlencoded"}
EVENTS = {
    "datasources/events.datasource": "TOKEN app APPEND\n" + BASE["datasources/events.datasource"]
}


@pytest.fixture
def api(make_workspace) -> Api:
    api = Api(make_workspace({**BASE, **EVENTS}))
    answer(api.send("events", ROWS), status=202)
    return api


def alter(api: Api, **values: str):
    return api("POST", "/v0/datasources/events/alter", urlencode(values), FORM)


def test_a_column_more(api):
    schema = answer(api.get("/v0/datasources/events"))["schema"]["sql_schema"]
    assert schema == "`id` Int64 `json:$.id`,`kind` String `json:$.kind`"
    assert answer(alter(api, schema="id Int64, kind String")) == {"operations": []}
    assert answer(alter(api, schema=schema, dry="false")) == {"operations": []}
    wider = f"{schema},`more` String `json:$.more` DEFAULT 'none'"
    tried = answer(alter(api, schema=wider, dry="true"))["operations"]
    assert len(tried) == 1
    assert "more" in tried[0]
    assert api.data("list")[0] == {"id": 1, "kind": "a"}
    assert answer(alter(api, schema=wider, dry="false"))["operations"] == tried
    assert api.data("list")[0] == {"id": 1, "kind": "a", "more": "none"}
    # Paths and tokens that the request says nothing of stay.
    token = api.workspace.tokens.value("app")
    answer(api.send("events", '{"id": 3, "kind": "c", "more": "m"}', "&wait=true", token=token))
    assert api.data("list")[2] == {"id": 3, "kind": "c", "more": "m"}


def test_a_description(api):
    answer(alter(api, description="What 'is'"))
    assert answer(api.get("/v0/datasources/events"))["description"] == "What 'is'"
    assert len(api.data("list")) == 2


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"schema": "id Int64"}, 400),  # the values of a column are lost
        ({"schema": "id Strong"}, 400),
        ({"schema": "id Int64, kind String\nENGINE Null"}, 400),
        ({"ttl": "id"}, 501),
        ({"dry": "x"}, 400),
    ],
    ids=range(5),
)
def test_what_cannot_be(api, values, status):
    assert error(alter(api, **values))[0] == status
    assert api.data("list")[0] == {"id": 1, "kind": "a"}


def test_only_an_admin_may(api):
    token = api.workspace.tokens.value("app")
    sent = api("POST", "/v0/datasources/events/alter", "description=x", FORM, token=token)
    assert error(sent)[0] == 403
