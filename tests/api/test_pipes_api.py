"""Pipes as the API tells of them, the documents about a workspace, and what browsers ask."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.api.calls import answer, error

from martlet.api.routes import ROUTES, find_route, methods
from martlet.errors import NotFoundError

EVENTS = """TAGS "web, raw"
SCHEMA >
    `at` DateTime `json:$.at`,
    `action` String `json:$.action`,
    `amount` Float64 `json:$.amount`
"""
TOP = """DESCRIPTION >
    The most frequent actions

TOKEN "reader" READ
TAGS "web"

NODE counted
DESCRIPTION >
    Counts
SQL >
    %
    SELECT action, count() AS events
    FROM events
    WHERE at >= {{DateTime(since, '2020-01-01 00:00:00', description='From when')}}
    GROUP BY action

NODE top
SQL >
    %
    SELECT counted.* FROM counted JOIN known USING (action)
    ORDER BY events DESC LIMIT {{Int32(limit, 10)}}
TYPE endpoint
"""
FILES = {
    "datasources/events.datasource": EVENTS,
    "datasources/sums.datasource": "SCHEMA >\n    `action` String,\n    `total` Float64\n",
    "datasources/copied.datasource": "SCHEMA >\n    `action` String\n",
    "pipes/top.pipe": TOP,
    "pipes/known.pipe": "NODE n\nSQL >\n    %\n    SELECT action FROM events WHERE action != {{String(hidden, '')}}\n",
    "pipes/sums_mv.pipe": "NODE sums_mv_0\nSQL >\n    SELECT action, amount AS total FROM events\nTYPE materialized\nDATASOURCE sums\n",
    "pipes/copier.pipe": "NODE n\nSQL >\n    SELECT action FROM sums\nTYPE copy\nTARGET_DATASOURCE copied\n",
    "pipes/needs.pipe": "NODE n\nSQL >\n    %\n    SELECT {{String(who)}} AS who, {{Array(ids, 'Int32', '1,2')}} AS ids,"
    " {{Date(day, example='2025-02-03')}} AS day\nTYPE endpoint\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api):
    return open_api(FILES)


def reader(api) -> str:
    return api.workspace.tokens.value("reader")


def pipe(api, name: str) -> dict:
    return answer(api.get(f"/v0/pipes/{name}"))


# --- pipes


def test_a_pipe_with_its_nodes(api):
    response = api.get("/v0/pipes/top", headers={"host": "example.com:8000"})
    found = answer(response)
    first, last = found["nodes"]
    assert {
        k: v for k, v in found.items() if k not in ("id", "nodes", "created_at", "updated_at")
    } == {
        "name": "top",
        "description": "The most frequent actions",
        "endpoint": last["id"],
        "type": "endpoint",
        "parent": None,
        "url": "http://example.com:8000/v0/pipes/top.json",
    }
    path = api.workspace.live.project.root / "pipes" / "top.pipe"
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    times = {each[name] for each in (found, first) for name in ("created_at", "updated_at")}
    assert times == {written}
    assert first["sql"].startswith("%\n")
    assert "SELECT action, count() AS events" in first["sql"]
    assert (first["name"], first["description"], first["node_type"]) == (
        "counted", "Counts", "standard",
    )  # fmt: skip
    assert (last["node_type"], last["description"]) == ("endpoint", None)
    assert first["dependencies"] == ["events"]
    assert last["dependencies"] == ["counted", "known"]
    assert first["params"] == [
        {
            "name": "since",
            "type": "DateTime",
            "default": "2020-01-01 00:00:00",
            "description": "From when",
        }
    ]
    # The output's are all that a request may give.
    assert {each["name"] for each in last["params"]} == {"limit", "since", "hidden"}


def test_pipes_of_each_type(api):
    ids = {each["name"]: each["id"] for each in answer(api.get("/v0/datasources"))["datasources"]}
    found = {each["name"]: each for each in answer(api.get("/v0/pipes"))["pipes"]}
    assert {name: each["type"] for name, each in found.items()} == {
        "copier": "copy",
        "known": "default",
        "needs": "endpoint",
        "sums_mv": "materialized",
        "top": "endpoint",
    }
    assert [name for name, each in found.items() if each["endpoint"]] == ["needs", "top"]
    assert found["sums_mv"]["nodes"][0]["materialized"] == ids["sums"]
    assert found["copier"]["nodes"][0]["tags"] == {"copy_target_datasource": ids["copied"]}
    assert found["known"]["url"] is None


def test_ids_stand_for_names_and_differ(api):
    found = answer(api.get("/v0/pipes"))["pipes"]
    ids = [each["id"] for each in found] + [node["id"] for each in found for node in each["nodes"]]
    assert len(set(ids)) == len(ids)
    for each in found:
        assert each["id"].startswith("t_")
        assert len(each["id"]) == 34
        assert pipe(api, each["id"]) == pipe(api, each["name"])
    top = pipe(api, "top")["id"]
    assert top == "t_9d541c49962a8b6e5d23cd8768886490"  # in each place, and for good
    assert api.get(f"/v0/pipes/{top}.json").status == 200
    assert api.get(f"/v0/pipes/{top}.pipe").body.decode() == TOP
    assert api.get("/v0/pipes/t_00000000000000000000000000000000").status == 404


def test_the_list_has_the_attributes_that_are_asked_for(api):
    listed = answer(api.get("/v0/pipes?attrs=name,nothing"))["pipes"]
    assert all(set(each) == {"id", "name", "url"} for each in listed)
    # As Tinybird's command asks: members of nodes, but not for the nodes.
    listed = answer(api.get("/v0/pipes?attrs=name,nothing&node_attrs=name,sql"))["pipes"]
    assert all(set(each) == {"id", "name", "nodes", "url"} for each in listed)
    assert all(set(node) == {"id", "name", "sql"} for each in listed for node in each["nodes"])
    (whole,) = [each for each in answer(api.get("/v0/pipes"))["pipes"] if each["name"] == "top"]
    assert "dependencies" not in whole["nodes"][0]
    assert answer(api.get("/v1/pipes")) == answer(api.get("/v0/pipes"))
    listed = answer(api.get("/v0/pipes?dependencies=true"))["pipes"]
    (whole,) = [each for each in listed if each["name"] == "top"]
    assert whole == pipe(api, "top")


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_the_file_of_a_pipe_is_its_text(api, version):
    response = api.get(f"/{version}/pipes/top.pipe", token=reader(api))
    assert (response.status, response.body.decode()) == (200, TOP)
    assert response.media_type == "text/plain"  # as Tinybird's command needs it


def test_the_text_is_that_of_the_project_that_runs(api):
    path = api.workspace.live.project.root / "pipes" / "needs.pipe"
    before = path.read_text()
    path.write_text("NODE broken")
    try:
        assert api.get("/v0/pipes/needs.pipe").body.decode() == before
    finally:
        path.write_text(before)


def test_a_token_sees_what_it_may_read(api):
    token = reader(api)
    assert [each["name"] for each in answer(api.get("/v0/pipes", token=token))["pipes"]] == ["top"]
    assert answer(api.get("/v0/pipes/top", token=token))["name"] == "top"
    for target in ("needs", "needs.pipe", "known", "needs.json"):
        assert error(api.get(f"/v0/pipes/{target}", token=token))[0] == 403
    for target in ("/v0/pipes", "/v0/pipes/top", "/v0/pipes/top.pipe", "/v0/pipes/openapi.json",
                   "/v0/dependencies", "/v0/tags", "/v0/workspace", "/v0/regions",
                   "/examples/query.http?pipe=top"):  # fmt: skip
        assert error(api.get(target, token=None))[0] == 403, target
        assert error(api.get(target, token="wrong"))[0] == 403, target
    assert error(api.get("/v0/pipes/nothing")) == (404, "The pipe 'nothing' does not exist")
    assert error(api.get("/v0/pipes/nothing.pipe"))[0] == 404


# --- the workspace


def test_connectors_are_connections_without_their_settings(open_api):
    files = {
        "stream.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS host:9092\nKAFKA_KEY k\nKAFKA_SECRET hush\n",
        "n.pipe": 'TOKEN "reader" READ\nNODE n\nSQL >\n    SELECT 1\nTYPE endpoint\n',
    }
    api = open_api(files)
    (found,) = answer(api.get("/v0/connectors"))["connectors"]
    assert (found["name"], found["service"]) == ("stream", "kafka")
    assert b"hush" not in api.get("/v0/connectors").body
    assert error(api.get("/v0/connectors", token=reader(api)))[0] == 403


def test_dependencies(api):
    found = answer(api.get("/v0/dependencies"))
    assert found["dependencies"] == {
        "copied": [], "events": ["known", "sums_mv", "top"], "sums": ["copier"],
    }  # fmt: skip
    graph = {each.pop("name"): each for each in found["resources"]}
    assert all(each.pop("id").startswith("t_") for each in graph.values())
    assert graph["events"] == {
        "type": "datasource", "used_by": ["known", "sums_mv", "top"], "filled_by": [],
    }  # fmt: skip
    assert graph["sums"]["filled_by"] == ["sums_mv"]
    assert graph["copied"]["filled_by"] == ["copier"]
    assert graph["top"] == {
        "type": "pipe", "reads": ["events", "known"], "used_by": [], "fills": [],
    }  # fmt: skip
    assert graph["known"]["used_by"] == ["top"]
    assert graph["copier"]["fills"] == ["copied"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?pipe=top", {"top": ["events", "known"]}),
        ("?pipe=copier", {"copier": ["sums"]}),
        ("?pipe=copier&recursive=true", {"copier": ["sums", "sums_mv", "events"]}),
        ("?datasource=sums&recursive=false", {"sums": ["copier"]}),
        ("?datasource=events&recursive=true",
         {"events": ["known", "sums_mv", "top", "sums", "copier", "copied"]}),
        ("?match=um", {"sums": ["copier"]}),
        ("?no_deps=true", {"copied": []}),
    ],
)  # fmt: skip
def test_dependencies_that_are_asked_for(api, query, expected):
    assert answer(api.get(f"/v0/dependencies{query}"))["dependencies"] == expected


def test_dependencies_of_nothing_and_of_one_token(api):
    assert error(api.get("/v0/dependencies?pipe=events"))[0] == 404
    assert error(api.get("/v0/dependencies?datasource=top"))[0] == 404
    found = answer(api.get("/v0/dependencies", token=reader(api)))
    assert found["dependencies"] == {}
    assert [each["name"] for each in found["resources"]] == ["top"]
    found = answer(api.get("/v0/dependencies?datasource=events", token=reader(api)))
    assert found == {"dependencies": {}, "resources": []}


def test_tags(api):
    found = answer(api.get("/v0/tags"))["tags"]
    assert [(tag["name"], [each["name"] for each in tag["resources"]]) for tag in found] == [
        ("raw", ["events"]),
        ("web", ["events", "top"]),
    ]
    (tag,) = answer(api.get("/v0/tags", token=reader(api)))["tags"]
    assert [(each["name"], each["type"]) for each in tag["resources"]] == [("top", "pipe")]


def test_the_workspace_its_version_and_region(api):
    found = answer(api.get("/v0/workspace", token=reader(api)))
    assert found == answer(api.get("/v1/workspace"))
    assert found["id"] == api.workspace.tokens.workspace_id
    assert found["name"] == api.workspace.live.project.root.name
    for version in ("v0", "v1"):
        (listed,) = answer(api.get(f"/{version}/user/workspaces/"))["workspaces"]
        assert {**listed, **found} == listed
        assert listed["token"] == "admin"  # the caller's own
    assert answer(api.get("/version", token=None))["version"]
    headers = {"host": "api.example.com", "x-forwarded-proto": "https"}
    (region,) = answer(api.get("/v0/regions", headers=headers))["regions"]
    assert region["api_host"] == "https://api.example.com"


@pytest.mark.parametrize("host", ["a/b", "a\r\nx: y", "<script>", "user@host", ""])
def test_a_host_that_is_none_is_in_no_address(api, host):
    (region,) = answer(api.get("/v0/regions", headers={"host": host}))["regions"]
    assert region["host"] == ""


def test_example_requests_can_be_sent(api):
    headers = {"host": "localhost:7181"}
    target = "/examples/query.http?pipe=needs&format=csv&token=admin"
    url = urlsplit(api.get(target, headers=headers, token=None).body.decode().strip())
    assert (url.scheme, url.netloc, url.path) == ("http", "localhost:7181", "/v0/pipes/needs.csv")
    assert parse_qs(url.query) == {
        "who": ["text"], "ids": ["1,2"], "day": ["2025-02-03"], "token": ["admin"],
    }  # fmt: skip
    assert api.get(f"{url.path}?{url.query}", token=None).status == 200
    given = api.get(f"{target}&who=me%26you", headers=headers, token=None).body.decode()
    assert parse_qs(urlsplit(given.strip()).query)["who"] == ["me&you"]
    sql = api.get("/examples/query.http?q=SELECT+1&token=admin", token=None).body.decode()
    assert sql == "/v0/sql?q=SELECT+1&token=admin"
    for asked in ("pipe=top", "q=SELECT+1"):
        shared = api.get(f"/examples/query.http?{asked}&token=reader").body.decode()
        assert parse_qs(urlsplit(shared).query)["token"] == ["reader"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("pipe=nothing", 404), ("pipe=known", 404), ("pipe=top&format=xml", 404)],
)
def test_example_requests_of_nothing(api, query, status):
    assert error(api.get(f"/examples/query.http?{query}"))[0] == status


# --- browsers


def path_of(route) -> str:
    return route.path.replace("{extension}", "json").replace("{", "").replace("}", "")


@pytest.mark.parametrize("path", sorted({path_of(route) for route in ROUTES}))
def test_preflight_names_the_methods_of_each_route(api, path):
    response = api("OPTIONS", path, token=None, headers={"origin": "https://example.com"})
    assert response.status == 204
    allowed = response.headers["access-control-allow-methods"].split(", ")
    assert allowed == list(methods(path))
    expected = {route.method for route in ROUTES if path_of(route) == path}
    assert expected | {"OPTIONS"} <= set(allowed)
    assert ("HEAD" in allowed) == ("GET" in allowed)
    for method in allowed[:-1]:
        assert find_route(method, path)
    headers = response.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "*"} <= set(headers)


def test_answers_and_errors_show_their_headers_to_pages(api):
    for target, status in (("/v0/pipes", 200), ("/v0/pipes/nothing.json", 404), ("/nothing", 404)):
        response = api.get(target)
        assert response.status == status
        assert response.headers["access-control-allow-origin"] == "*"
        exposed = response.headers["access-control-expose-headers"].split(", ")
        assert {"x-request-id", "x-ratelimit-remaining", "retry-after", "etag"} <= set(exposed)


def test_a_method_that_a_path_has_not_is_told_which_it_has(api):
    response = api("PUT", "/v0/pipes/top")
    assert error(response) == (405, "PUT is not allowed on this path; use GET or DELETE")
    assert response.headers["allow"] == "GET, DELETE, HEAD, OPTIONS"
    with pytest.raises(NotFoundError):
        find_route("GET", "/v9/pipes")
    assert methods("/v9/pipes") == ()
