"""The `tinybird` command of `tinybird-sdk`, on a project of Python definitions."""

import json
import re
from pathlib import Path

import pytest
from tests.clients.conftest import python_client
from tests.clients.harness import needs_seal, operation, run_client
from tests.clients.project import PROJECT, VIEWS, WORKSPACE
from tests.server.conftest import write_files
from tests.server.process import TOKEN

from martlet.files.project import load_project
from martlet.model import NodeType

CLIENT = "tinybird-sdk"

pytestmark = needs_seal

RESOURCES = """\
from tinybird_sdk import (
    define_copy_pipe, define_datasource, define_endpoint, define_materialized_view, define_pipe,
    define_token, engine, node, p, t,
)

app = define_token("app_read")
page_views = define_datasource("page_views", {
    "description": "Page views",
    "schema": {
        "timestamp": t.date_time(), "pathname": t.string(), "session_id": t.string(),
        "country": t.string().low_cardinality().nullable(), "tags": t.array(t.string()),
        "status": t.string().default("new"), "meta": t.map(t.string(), t.string()),
    },
    "engine": engine.merge_tree({"sorting_key": ["pathname", "timestamp"]}),
    "tokens": [{"token": app, "scope": "READ"}],
})
daily = define_datasource("daily", {
    "schema": {
        "date": t.date(), "pathname": t.string(),
        "views": t.simple_aggregate_function("sum", t.uint64()),
        "sessions": t.aggregate_function("uniq", t.string()),
    },
    "engine": engine.aggregating_merge_tree({"sorting_key": ["date", "pathname"]}),
    "json_paths": False,
})
daily_view = define_materialized_view("daily_view", {
    "datasource": daily,
    "nodes": [node({"name": "aggregate", "sql": '''
        SELECT toDate(timestamp) AS date, pathname, count() AS views, uniqState(session_id) AS sessions
        FROM page_views GROUP BY date, pathname'''})],
})
inner = define_pipe("inner", {
    "nodes": [node({"name": "filtered", "sql": "SELECT * FROM page_views WHERE pathname != ''"})]})
top_pages = define_endpoint("top_pages", {
    "description": "The most visited pages",
    "params": {"country": p.string().optional(), "limit": p.int32().optional(10)},
    "nodes": [node({"name": "aggregated", "sql": '''
        SELECT pathname, count() AS views FROM inner
        {% if defined(country) %} WHERE country = {{String(country)}} {% end %}
        GROUP BY pathname ORDER BY views DESC, pathname LIMIT {{Int32(limit, 10)}}'''})],
    "output": {"pathname": t.string(), "views": t.uint64()},
    "tokens": [{"token": app, "scope": "READ"}],
})
"""


@pytest.fixture(scope="module")
def tinybird(server, home):
    """Run the command on a project whose resources are in Python."""
    config = {
        "include": ["lib/*.py"], "token": "${TINYBIRD_TOKEN}", "dev_mode": "local",
        "base_url": f"http://127.0.0.1:{server.port}",
    }  # fmt: skip
    write_files(home, {"lib/resources.py": RESOURCES, "tinybird.config.json": json.dumps(config)})
    program = python_client(CLIENT).program("tinybird")

    def run(*arguments: str, fails: bool = False) -> str:
        env = {
            "TINYBIRD_TOKEN": TOKEN, "CI": "1",
            # Commands that it hands to `tb` know the address and the token from these alone.
            "TB_HOST": config["base_url"], "TB_TOKEN": TOKEN,
        }  # fmt: skip
        done = run_client([program, *arguments], server.port, home, env=env)
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout

    return run


@operation("`tinybird generate`: its files are a project of Martlet's")
def test_generate(tinybird, home):
    tinybird("generate", "-o", "made")
    project = load_project(home / "made")
    assert set(project.datasources) == {"page_views", "daily"}
    assert {name: pipe.type for name, pipe in project.pipes.items()} == {
        "daily_view": NodeType.MATERIALIZED, "inner": NodeType.STANDARD,
        "top_pages": NodeType.ENDPOINT,
    }  # fmt: skip


@operation("`tinybird migrate`: of a project of files")
def test_migrate(tinybird, home):
    (home / "old").mkdir()
    (home / "old" / "top_pages.pipe").write_text(PROJECT["pipes/top_pages.pipe"])
    tinybird("migrate", "old/*.pipe", "--out", "migrated.py")
    assert '"top_pages"' in (home / "migrated.py").read_text()


@operation("`tinybird info`")
def test_info(tinybird, server):
    told = tinybird("info")
    assert f"workspace_name: {WORKSPACE}" in told
    assert f"api: http://127.0.0.1:{server.port}" in told


@operation("`tinybird pull`")
def test_pull(tinybird):
    written = re.findall(r"Writing (\S+)", tinybird("pull", "--force"))
    pulled = {Path(path).name: Path(path).read_text() for path in written}
    assert pulled["top_pages.pipe"] == PROJECT["pipes/top_pages.pipe"]
    assert "ENGINE_SORTING_KEY pathname, timestamp" in pulled["page_views.datasource"]


@operation("`tinybird deploy --check`")
def test_deploy_check(tinybird, server):
    assert "Deployment is valid" in tinybird("deploy", "--check")
    assert server.get("/v0/datasources/daily").status == 404


@operation("`tinybird deploy`: new data sources, pipes, views; columns are added")
def test_deploy(tinybird, server, sql):
    server.post("page_views", VIEWS[0])
    tinybird("deploy")
    event = {**VIEWS[1], "tags": ["a"], "meta": {"k": "v"}}
    assert server.post("page_views", event).json() == {"successful_rows": 1, "quarantined_rows": 0}
    assert sql("SELECT country, tags, status FROM page_views ORDER BY country") == [
        {"country": "ES", "tags": [], "status": "new"},
        {"country": "US", "tags": ["a"], "status": "new"},
    ]
    assert server.rows("top_pages?country=US") == [{"pathname": "/", "views": 1}]


@operation('`tinybird build`, of `"dev_mode": "local"`')
def test_build(tinybird, server, home):
    added = (
        'added = define_endpoint("added", {"nodes": [node({"name": "n", "sql": "SELECT 7 AS seven"})],'
        ' "output": {"seven": t.uint8()}})'
    )
    (home / "lib" / "resources.py").write_text(RESOURCES + added)
    assert "Build completed" in tinybird("build")
    assert server.rows("added") == [{"seven": 7}]


@operation(
    "`tinybird branch list`, `status`",
    why_not="the `tb` that it hands this to has no such command; a server has one workspace",
)
def test_branches(tinybird):
    assert "No such command" in tinybird("branch", "list", fails=True)
