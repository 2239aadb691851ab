"""Clients of Tinybird Classic: names with versions, endpoints without TYPE."""

from tests.api.calls import answer


def test_a_project_of_classic(open_api):
    call = open_api(
        {
            "events.datasource": "VERSION 2\nTOKEN sender APPEND\nSCHEMA >\n    `a` Int32 `json:$.a`\n",
            "total.pipe": "VERSION 4\nNODE n\nSQL >\n    SELECT sum(a) AS total FROM events__v2\n",
            "half.pipe": "TOKEN app READ\nNODE all\nSQL >\n    SELECT a FROM events\nNODE n\nSQL >\n    SELECT sum(a) / 2 AS half FROM all\n",
            "inner.pipe": "NODE n\nSQL >\n    SELECT 1\n",
        }
    )
    sender = call.workspace.tokens.value("sender")
    for name in ("events", "events__v2"):
        answer(call.send(name, '{"a": 3}', "&wait=true", token=sender))
    assert call.data("total") == call.data("total__v4") == [{"total": 6}]
    app = call.workspace.tokens.value("app")
    assert call.data("half", token=app) == [{"half": 3}]
    assert call.get("/v0/pipes/total.json", token=app).status == 403
    assert call.get("/v0/pipes/inner.json").status == 404
    assert call.get("/v0/pipes/total__v5.json").status == 404
