"""/v1/build, /v1/deploy and /v1/deployments: projects sent to a running server."""

import uuid

import pytest
from tests.api.calls import Api, answer, error

EVENTS = """SCHEMA >
    `id` Int64 `json:$.id`,
    `kind` String `json:$.kind`
ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
WIDER = EVENTS.replace(
    "`kind` String", "`more` String `json:$.more` DEFAULT 'none',\n    `kind` String"
)
RENUMBERED = EVENTS.replace("`id` Int64", "`id` String")
FORWARD = RENUMBERED + "FORWARD_QUERY >\n    SELECT toString(id) AS id, kind\n"
LIST = "NODE n\nSQL >\n    SELECT * FROM events ORDER BY id\nTYPE endpoint\n"
KINDS = """SCHEMA >
    `kind` String,
    `n` AggregateFunction(count)
ENGINE AggregatingMergeTree
ENGINE_SORTING_KEY kind
"""
VIEW = """NODE n
SQL >
    SELECT kind, countState() AS n FROM events GROUP BY kind
TYPE materialized
DATASOURCE kinds
"""
COUNTS = """NODE n
SQL >
    SELECT kind, countMerge(n) AS n FROM kinds GROUP BY kind ORDER BY kind
TYPE endpoint
"""
BASE = {"datasources/events.datasource": EVENTS, "pipes/list.pipe": LIST}
VIEWED = {
    **BASE,
    "datasources/kinds.datasource": KINDS,
    "pipes/view.pipe": VIEW,
    "pipes/counts.pipe": COUNTS,
}
ROWS = '{"id": 1, "kind": "a"}\n{"id": 2, "kind": "b"}\n'


def form(files: dict[str, str], field: str = "data_project://") -> dict:
    """Return the body and the headers of a form with files."""
    mark = uuid.uuid5(uuid.NAMESPACE_URL, "form").hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: text/plain\r\n\r\n{text}\r\n"
        for name, text in files.items()
    ]
    headers = {"content-type": f"multipart/form-data; boundary={mark}"}
    return {"body": "".join(parts) + f"--{mark}--\r\n", "headers": headers}


def send(api: Api, target: str, files: dict[str, str], **options) -> dict:
    return answer(api("POST", target, **form(files), **options))


def deploy(api: Api, files: dict[str, str], query: str = "auto_promote=true") -> dict:
    return send(api, f"/v1/deploy?{query}", files)


@pytest.fixture
def api(make_workspace) -> Api:
    api = Api(make_workspace(BASE))
    answer(api.send("events", ROWS), status=202)
    return api


@pytest.fixture(scope="module")
def shared(open_api) -> Api:
    """A project for requests that change nothing of it."""
    api = open_api(BASE)
    answer(api.send("events", ROWS), status=202)
    return api


def test_a_build_is_live_at_once(api):
    assert send(api, "/v1/build", BASE) == {
        "result": "success",
        "build": {
            "id": None, "feedback": [],
            **{f"{action}_{kind}_names": [] for action in ("new", "changed", "deleted")
               for kind in ("datasource", "pipe", "data_connector")},
        },
    }  # fmt: skip
    built = send(api, "/v1/build", {**VIEWED, "datasources/events.datasource": WIDER})
    assert built["result"] == "success"
    assert built["build"]["new_datasource_names"] == ["kinds"]
    assert built["build"]["changed_datasource_names"] == ["events"]
    assert built["build"]["new_pipe_names"] == ["counts", "view"]
    assert api.data("list")[0] == {"id": 1, "more": "none", "kind": "a"}
    assert api.data("counts") == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
    answer(api.send("events", '{"id": 3, "kind": "a", "more": "m"}'), status=202)
    assert api.data("counts") == [{"kind": "a", "n": 2}, {"kind": "b", "n": 1}]


def test_a_staged_deployment_is_seen_by_who_asks_for_it(api):
    made = deploy(api, {**VIEWED, "datasources/events.datasource": WIDER}, "")
    assert made["result"] == "success"
    staged = made["deployment"]
    assert (staged["status"], staged["live"]) == ("data_ready", False)
    assert api.get("/v0/pipes/counts.json").status == 404
    staging = "__tb__deployment=staging"
    assert api.data(f"counts?{staging}") == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
    rows = answer(
        api.get(
            f"/v0/sql?q=SELECT+more,count()+AS+c+FROM+events+GROUP+BY+more+FORMAT+JSON&{staging}"
        )
    )
    assert rows["data"] == [{"more": "none", "c": 2}]
    assert error(api.get("/v0/pipes/list.json?__tb__deployment=99"))[0] == 404

    answer(api.send("events", '{"id": 3, "kind": "a"}'), status=202)  # after it was staged
    live = answer(api("POST", f"/v1/deployments/{staged['id']}/set-live"))
    assert live["deployment"]["live"]
    assert api.data("counts") == [{"kind": "a", "n": 2}, {"kind": "b", "n": 1}]
    assert [row["more"] for row in api.data("list")] == ["none"] * 3
    assert error(api.get(f"/v0/pipes/counts.json?{staging}"))[0] == 404
    known = answer(api.get("/v1/deployments"))["deployments"]
    assert [(one["id"], one["live"]) for one in known] == [(staged["id"], True)]


def test_there_is_one_staging_and_it_can_be_discarded(api):
    first = deploy(api, VIEWED, "")["deployment"]["id"]
    status, message = error(api("POST", "/v1/deploy", **form(VIEWED)))
    assert (status, f"deployment {first} is staging" in message) == (409, True)
    gone = answer(api("DELETE", "/v1/deployments/staging"))["deployment"]
    assert (gone["id"], gone["status"]) == (first, "deleted")
    assert api("DELETE", f"/v1/deployments/{first}").status == 200  # as `tb` does again
    assert answer(api.get("/v1/deployments"))["deployments"] == []
    assert len(answer(api.get("/v1/deployments?include_deleted=true"))["deployments"]) == 1
    assert error(api("POST", f"/v1/deployments/{first}/set-live"))[0] == 409
    assert api.data("list")[0] == {"id": 1, "kind": "a"}
    databases = api.workspace.engine.command("SHOW DATABASES").split()
    base = api.workspace.generations.base
    assert [name for name in databases if name.startswith(f"{base}__")] == []


def test_the_live_deployment_is_not_discarded(api):
    live = deploy(api, VIEWED)["deployment"]["id"]
    assert error(api("DELETE", f"/v1/deployments/{live}"))[0] == 409
    assert error(api("POST", f"/v1/deployments/{live}/set-live"))[0] == 409
    assert answer(api.get("/v1/deployments/live"))["deployment"]["id"] == live


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (RENUMBERED, ["column `id` was Int64 and is String", "FORWARD_QUERY > SELECT CAST(`id` AS String) AS `id`, `kind`"]),
        (EVENTS.replace("Int64", "Int65"), ["datasources/events.datasource:2"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT nothing AS id\n", ["FORWARD_QUERY", "nothing"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT * FROM system.one; DROP TABLE events\n", ["FORWARD_QUERY"]),
        (EVENTS.replace(",\n    `kind` String `json:$.kind`", ""), ["column `kind` is gone", "allow destructive"]),
        (EVENTS.replace("ENGINE MergeTree", "ENGINE ReplacingMergeTree"), ["the engine was", "allow destructive"]),
    ],
    ids=["type", "unknown type", "forward query", "forward statements", "column", "engine"],
)  # fmt: skip
def test_what_stored_rows_do_not_fit_is_refused_with_what_to_do(shared, text, messages):
    files = {"datasources/events.datasource": text, "pipes/list.pipe": LIST}
    before = shared.get("/v0/pipes/list.csv").body
    made = deploy(shared, files)
    assert made["result"] == "failed"
    assert made["errors"][0]["filename"] == "datasources/events.datasource"
    for message in messages:
        assert message in made["errors"][0]["error"], made["errors"]
    assert shared.get("/v0/pipes/list.csv").body == before
    answer(shared.send("events", '{"id": 3, "kind": "c"}'), status=202)
    assert shared.get("/v0/pipes/list.csv").body.startswith(before)


@pytest.mark.parametrize(
    ("text", "method", "first"),
    [
        (WIDER, "alter", {"id": 1, "more": "none", "kind": "a"}),
        (EVENTS.replace("`kind` String", "`kind` Nullable(String)"), "alter", {"id": 1, "kind": "a"}),
        (EVENTS + "INDEXES >\n    i kind TYPE set(10)\n", "alter", {"id": 1, "kind": "a"}),
        (EVENTS.replace("SORTING_KEY id", "SORTING_KEY kind"), "rewrite", {"id": 1, "kind": "a"}),
        (FORWARD, "rewrite", {"id": "1", "kind": "a"}),
    ],
    ids=["add", "nullable", "index", "sorting key", "forward query"],
)  # fmt: skip
def test_how_tables_change(api, text, method, first):
    files = {"datasources/events.datasource": text, "pipes/list.pipe": LIST}
    checked = deploy(api, files, "check=true")
    assert checked["result"] == "success"
    assert f"[{method}]" in checked["deployment"]["feedback"][0]["message"]
    assert api.data("list")[0] == {"id": 1, "kind": "a"}
    assert deploy(api, files)["result"] == "success"
    assert api.data("list")[0] == first
    assert deploy(api, files)["result"] == "no_changes"


def test_destructive_changes_are_done_where_they_are_allowed(api):
    without = EVENTS.replace(",\n    `kind` String `json:$.kind`", "")
    files = {"datasources/events.datasource": without, "pipes/list.pipe": LIST}
    made = deploy(api, files, "auto_promote=true&allow_destructive_operations=true")
    assert made["result"] == "success"
    assert api.data("list") == [{"id": 1}, {"id": 2}]
    other = {"datasources/other.datasource": EVENTS}
    assert deploy(api, other)["result"] == "failed"
    made = deploy(api, other, "auto_promote=true&allow_destructive_operations=true")
    assert made["deployment"]["deleted_datasource_names"] == ["events"]
    assert error(api.send("events", ROWS))[0] == 404
    assert deploy(api, BASE)["result"] == "success"  # without the rows of `other`, which has none
    assert api.data("list") == []


@pytest.mark.parametrize(
    "name",
    ["../x.pipe", "/etc/x.pipe", "a/../x.pipe", "", "a\\x.pipe", ".env", "x.py", "a/./x.pipe", "x" * 300 + ".pipe"],
    ids=["above", "absolute", "inside and above", "none", "backslash", "hidden", "other", "dot", "long"],
)  # fmt: skip
def test_names_that_are_no_files_of_a_project(shared, name):
    status, message = error(shared("POST", "/v1/build", **form({**BASE, name: LIST})))
    assert status == 400
    assert "file" in message


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    ],
    ids=["empty", "no end", "no boundary", "json", "nothing"],
)  # fmt: skip
def test_bodies_that_are_no_form(shared, body, kind):
    status, message = error(shared("POST", "/v1/deploy", body, {"content-type": kind}))
    assert status == 400
    assert "form" in message


def test_only_admins_deploy(shared):
    made = answer(shared("POST", "/v0/tokens?name=reader&scope=PIPES:READ:list"))
    for method, path in [("POST", "/v1/build"), ("POST", "/v1/deploy"), ("GET", "/v1/deployments"),
                         ("GET", "/v1/deployments/1"), ("DELETE", "/v1/deployments/1"),
                         ("POST", "/v1/deployments/1/set-live")]:  # fmt: skip
        assert shared(method, path, token=made["token"]).status == 403
        assert shared(method, path, token=None).status == 403


def test_declared_tokens_change_with_a_deployment(api):
    made = deploy(api, {**BASE, "pipes/list.pipe": "TOKEN reader READ\n" + LIST})
    assert made["deployment"]["token_changes"] == [{"token_name": "reader", "change_type": "new"}]
    token = api.workspace.tokens.value("reader")
    assert api.get("/v0/pipes/list.json", token=token).status == 200


def test_no_token_names_the_database_of_another_project(api):
    scope = "DATASOURCES:READ:events:id = 1"
    token = answer(api("POST", "/v0/tokens", f"name=limited&scope={scope}"))["token"]
    for files in (VIEWED, {**VIEWED, "datasources/events.datasource": WIDER}):
        assert deploy(api, files)["result"] == "success"
    deploy(api, BASE, "allow_destructive_operations=true")  # staged
    base = api.workspace.generations.base
    names = [name for name in api.workspace.engine.command("SHOW DATABASES").split()
             if name.startswith(base)]  # fmt: skip
    assert len(names) > 2
    for name in names:
        for who in (token, "admin"):
            asked = api.get(f"/v0/sql?q=SELECT+count()+FROM+{name}.events", token=who)
            assert asked.status in (400, 403), (name, asked.body)
        lookup = f"/v0/sql?q=SELECT+joinGet('{name}.events','kind',1)"
        assert api.get(lookup, token=token).status in (400, 403)
    for staging in ("", "&__tb__deployment=staging"):
        asked = api.get(f"/v0/sql?q=SELECT+id+FROM+events+FORMAT+CSV{staging}", token=token)
        assert asked.body == b"1\n"
