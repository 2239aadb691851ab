"""/v1/build, /v1/deploy and /v1/deployments: projects sent to a running server."""

import errno
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.api.calls import Api, answer, error

from martlet import deployments

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


def test_pipes_say_when_they_were_deployed(api):
    def times() -> dict[str, str]:
        return {pipe["name"]: pipe["updated_at"] for pipe in answer(api.get("/v0/pipes"))["pipes"]}

    of_the_folder = times()["list"]
    started = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"
    deploy(api, VIEWED)
    first = times()
    assert first["view"] > started
    assert first["list"] == of_the_folder
    deploy(api, {**VIEWED, "pipes/more.pipe": LIST})
    assert times() == {**first, "more": times()["more"]}


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


def test_a_staged_deployment_costs_no_more_than_was_allowed(api):
    allowed = "allow_destructive_operations=true"
    staged = {"pipes/one.pipe": "NODE n\nSQL >\n    SELECT 1 AS one\nTYPE endpoint\n"}
    assert deploy(api, staged, allowed)["result"] == "success"
    assert (
        send(api, "/v1/build", {**BASE, "datasources/later.datasource": EVENTS})["result"]
        == "success"
    )
    answer(api.send("later", ROWS), status=202)
    status, message = error(api("POST", "/v1/deployments/staging/set-live"))
    assert (status, "deleted datasource later [drop] (destructive: its 2 rows)" in message) == (
        409,
        True,
    )
    assert "events" not in message  # which was there when it was allowed
    assert deploy(api, BASE, "check=true")["result"] == "failed"  # it is still live
    assert send(api, "/v1/build", BASE)["result"] == "failed"
    answer(api("POST", "/v0/datasources/later/truncate"))
    assert answer(api("POST", "/v1/deployments/staging/set-live"))["deployment"]["live"]


def test_the_live_deployment_is_not_discarded(api):
    live = deploy(api, VIEWED)["deployment"]["id"]
    assert error(api("DELETE", f"/v1/deployments/{live}"))[0] == 409
    assert error(api("POST", f"/v1/deployments/{live}/set-live"))[0] == 409
    assert answer(api.get("/v1/deployments/live"))["deployment"]["id"] == live


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (RENUMBERED, ["column `id` was Int64 and is String", "FORWARD_QUERY > SELECT accurateCast(`id`, 'String') AS `id`, `kind`"]),
        (EVENTS.replace("Int64", "Int65"), ["datasources/events.datasource:2"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT nothing AS id\n", ["events.datasource:6:1: The FORWARD_QUERY", "nothing"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT toString(id) AS idd, kind\n", ["does not have its columns idd"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT toString(id) AS id\n", ["column `kind` is not in the FORWARD_QUERY", "allow destructive"]),
        (EVENTS.replace("`kind` String `json:$.kind`", "`sort` String `json:$.sort`") + "FORWARD_QUERY >\n    SELECT id, kind AS sort\n", ["column `kind` is gone"]),
        (EVENTS.replace("Int64", "Bool") + "FORWARD_QUERY >\n    SELECT toInt8(id + 300) AS id, CAST(kind, 'nope') AS kind\n", ["nope"]),
        (RENUMBERED + "FORWARD_QUERY >\n    SELECT * FROM system.one; DROP TABLE events\n", ["FORWARD_QUERY"]),
        (EVENTS.replace(",\n    `kind` String `json:$.kind`", ""), ["column `kind` is gone", "allow destructive"]),
        (EVENTS.replace("ENGINE MergeTree", "ENGINE ReplacingMergeTree"), ["the engine was", "allow destructive"]),
    ],
    ids=[
        "type", "unknown type", "forward query", "forward typo", "forward lacks", "renamed",
        "forward type", "forward statements", "column", "engine",
    ],
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
        (WIDER + "FORWARD_QUERY >\n    SELECT *, upper(kind) AS more\n", "rewrite", {"id": 1, "more": "A", "kind": "a"}),
        (WIDER + "FORWARD_QUERY >\n    SELECT toInt64(id * 100) AS id, kind\n", "alter", {"id": 1, "more": "none", "kind": "a"}),
        (EVENTS + "ENGINE_SETTINGS index_granularity=1024\n", "rewrite", {"id": 1, "kind": "a"}),
        (EVENTS + "ENGINE_SETTINGS merge_with_ttl_timeout=99\n", "alter", {"id": 1, "kind": "a"}),
    ],
    ids=[
        "add", "nullable", "index", "sorting key", "forward query", "forward fills a new column",
        "forward of an earlier change", "fixed setting", "setting",
    ],
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


def change(api: Api, *texts: str, query: str = "auto_promote=true") -> None:
    """Make the data source each of several texts, one after another."""
    for text in texts:
        made = deploy(api, {"datasources/events.datasource": text, "pipes/list.pipe": LIST}, query)
        assert made["result"] == "success", made


def test_which_data_sources_rows_are_written_into(api):
    def moved(files: dict[str, str]) -> list[tuple[str, str]]:
        found = deploy(api, files, "check=true")["deployment"]["data_movements"]
        return [(one["datasource_name"], one["method"]) for one in found]

    assert moved(VIEWED) == [("kinds", "fill")]
    deploy(api, VIEWED)
    changed = {**VIEWED, "pipes/view.pipe": VIEW.replace("kind,", "upper(kind) AS kind,")}
    assert moved(changed) == [("kinds", "refill")]


def test_columns_come_in_the_order_of_the_file(api):
    kind, id = "`kind` String `json:$.kind`", "`id` Int64 `json:$.id`"
    change(api, EVENTS.replace(f"{id},\n    {kind}", f"{kind},\n    {id}"))
    assert [*api.data("list")[0]] == ["kind", "id"]


def test_another_default_is_for_new_rows(api):
    change(api, WIDER, WIDER.replace("'none'", "'some'"))
    answer(api.send("events", '{"id": 3, "kind": "c"}'), status=202)
    assert [row["more"] for row in api.data("list")] == ["none", "none", "some"]


def test_a_default_by_chance_is_the_same_each_time(api):
    change(api, WIDER.replace("'none'", "toString(generateUUIDv4())"))
    assert api.data("list") == api.data("list")


def test_settings_that_go_have_their_usual_value(api):
    change(api, EVENTS + "ENGINE_SETTINGS merge_with_ttl_timeout=99\n", EVENTS)
    table = api.workspace.engine.command("SHOW CREATE TABLE events")
    assert "merge_with_ttl_timeout" not in table


def test_a_column_goes_together_with_its_ttl(api):
    text = EVENTS.replace("`kind`", "`at` DateTime `json:$.at` DEFAULT now(),\n    `kind`")
    allowed = "auto_promote=true&allow_destructive_operations=true"
    change(api, text + "ENGINE_TTL at + INTERVAL 9 YEAR\n", EVENTS, query=allowed)
    assert api.data("list")[0] == {"id": 1, "kind": "a"}


def test_numbers_without_a_place_in_their_new_type_are_an_error(api):
    answer(api.send("events", '{"id": 300, "kind": "c"}'), status=202)
    text = EVENTS.replace("Int64", "Int8") + "FORWARD_QUERY >\n    SELECT *\n"
    made = deploy(api, {"datasources/events.datasource": text, "pipes/list.pipe": LIST})
    assert "cannot be safely converted" in made["errors"][0]["error"]
    assert api.data("list")[2]["id"] == 300


@pytest.mark.parametrize("ttl", ["", "ENGINE_TTL at + INTERVAL 50 YEAR\n"], ids=["refilled", "ttl"])
def test_a_materialized_pipe_by_another_name_does_not_fill_again(make_workspace, ttl):
    events = EVENTS.replace("`kind`", "`at` DateTime `json:$.at` DEFAULT now(),\n    `kind`")
    files = {**VIEWED, "datasources/events.datasource": events + ttl}
    api = Api(make_workspace(files))
    answer(api.send("events", ROWS), status=202)
    files["pipes/renamed.pipe"] = files.pop("pipes/view.pipe")
    assert deploy(api, files)["result"] == "success"
    assert api.data("counts") == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
    files["pipes/changed.pipe"] = files.pop("pipes/renamed.pipe").replace(
        "kind,", "upper(kind) AS kind,"
    )
    made = deploy(api, files)
    answer(api.send("events", '{"id": 3, "kind": "c"}'), status=202)
    assert sum(row["n"] for row in api.data("counts")) == 3
    if ttl:  # what was materialized before cannot be made again, which is told
        assert api.data("counts")[0]["kind"] == "C"
        messages = [line["message"] for line in made["deployment"]["feedback"]]
        assert "new pipe changed: for new rows; those stored stay as they are" in messages


def test_a_materialized_pipe_that_comes_again_is_told_of_rows(make_workspace):
    api = Api(make_workspace(VIEWED))
    answer(api.send("events", ROWS), status=202)
    deploy(api, {name: text for name, text in VIEWED.items() if name != "pipes/view.pipe"})
    made = deploy(api, VIEWED, "check=true")["deployment"]
    message = "new pipe view [fill]: 'kinds' is filled from events, beside its 2 rows"
    assert message in [line["message"] for line in made["feedback"]]


def test_what_sources_have_no_more_is_not_made_again_unasked(make_workspace):
    api = Api(make_workspace(VIEWED))
    answer(api.send("events", ROWS), status=202)
    answer(api("POST", "/v0/datasources/events/truncate"))
    files = {**VIEWED, "pipes/view.pipe": VIEW.replace("kind,", "upper(kind) AS kind,")}
    for target in ("/v1/build", "/v1/deploy?auto_promote=true"):
        made = send(api, target, files)
        assert "its 2 rows, since events has none" in made["errors"][0]["error"]
    assert len(api.data("counts")) == 2
    made = deploy(api, files, "auto_promote=true&allow_destructive_operations=true")
    assert (made["result"], api.data("counts")) == ("success", [])


def test_endpoints_that_cannot_run_are_refused(api):
    broken = {**BASE, "pipes/broken.pipe": LIST.replace("*", "nothing")}
    made = send(api, "/v1/build", broken)
    assert made["errors"][0]["filename"] == "pipes/broken.pipe"
    assert "pipes/broken.pipe:3:12: Unknown expression" in made["errors"][0]["error"]
    without = EVENTS.replace("`kind` String `json:$.kind`", "`sort` String `json:$.sort`")
    reading = {**BASE, "pipes/kinds.pipe": LIST.replace("*", "kind")}
    assert send(api, "/v1/build", reading)["result"] == "success"
    allowed = "auto_promote=true&allow_destructive_operations=true"
    made = deploy(api, {**reading, "datasources/events.datasource": without}, allowed)
    assert "`kind`" in made["errors"][0]["error"]
    assert api.data("kinds") == [{"kind": "a"}, {"kind": "b"}]


def test_what_was_broken_before_keeps_no_other_change(make_workspace):
    files = {**BASE, "pipes/broken.pipe": LIST.replace("*", "nothing")}
    api = Api(make_workspace(files))
    made = send(api, "/v1/build", {**files, "pipes/more.pipe": LIST})
    assert made["result"] == "success"
    line = made["build"]["feedback"][0]
    assert (line["level"], line["resource"]) == ("WARNING", "pipes/broken.pipe")
    assert "nothing" in line["message"]


def test_pipes_that_nobody_can_try_are_built(api):
    stats = "NODE n\nSQL >\n    SELECT count() AS n FROM tinybird.pipe_stats_rt\nTYPE endpoint\n"
    copy = (
        "NODE n\nSQL >\n    SELECT toInt64(c1) AS id, c2 AS kind FROM url('http://localhost:1/x')\n"
        "TYPE copy\nTARGET_DATASOURCE events\n"
    )
    files = {**BASE, "pipes/stats.pipe": stats, "pipes/fetch.pipe": copy}
    assert send(api, "/v1/build", files)["result"] == "success"


def test_a_secret_that_is_not_there_is_told_with_the_place(api):
    view = VIEW.replace("SQL >\n", "SQL >\n    %\n").replace(
        "kind,", "{{tb_secret('no')}} AS kind,"
    )
    made = deploy(api, {**VIEWED, "pipes/view.pipe": view})
    assert made["errors"][0]["filename"] == "pipes/view.pipe"
    assert "pipes/view.pipe:4:1: " in made["errors"][0]["error"]


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


def test_workspaces_of_one_server_deploy_side_by_side(make_workspace, monkeypatch):
    one, other = Api(make_workspace(BASE)), Api(make_workspace(BASE))
    shape_of = deployments.shape_of

    def meanwhile(*given):
        monkeypatch.setattr(deployments, "shape_of", shape_of)
        assert deploy(other, VIEWED)["result"] == "success"
        return shape_of(*given)

    monkeypatch.setattr(deployments, "shape_of", meanwhile)
    assert deploy(one, VIEWED)["result"] == "success"


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_changes_nothing(api, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("martlet.deployment_store.write_whole", full_disk)
        status, said = error(api("POST", "/v1/build", **form(VIEWED)))
        assert (status, said) == (503, "The files cannot be written: No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr("martlet.generations.write_whole", full_disk)
        said = send(api, "/v1/build", VIEWED)["errors"][0]["error"]
        assert said == "The switch cannot be written: No space left on device"
        answer(api.send("events", '{"id": 3, "kind": "c"}'), status=202)
    assert len(api.data("list")) == 3
    found = answer(api.get("/v1/deployments"))["deployments"]
    assert [one["status"] for one in found if not one["live"]] == []
    assert send(api, "/v1/build", VIEWED)["result"] == "success"
    assert len(api.data("counts")) == 3


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
