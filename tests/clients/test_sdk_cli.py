"""The `tinybird` command of `@tinybirdco/sdk`, on a project of TypeScript definitions."""

import json
from datetime import UTC, datetime

import pytest
from tests.clients.conftest import node_clients
from tests.clients.harness import LOCAL_PORT, finished, needs_seal, operation, run_client
from tests.clients.project import PROJECT, VIEWS, WORKSPACE
from tests.server.conftest import write_files
from tests.server.process import TOKEN

from martlet.files.project import load_project
from martlet.model import NodeType

CLIENT = "@tinybirdco/sdk"

RESOURCES = """\
import {
  defineCopyPipe, defineDatasource, defineEndpoint, defineMaterializedView, definePipe, defineToken,
  engine, node, p, t,
} from "@tinybirdco/sdk";

const app = defineToken("app_read");
const ingest = defineToken("ingest_token");

export const pageViews = defineDatasource("page_views", {
  description: "Page views",
  schema: {
    timestamp: t.dateTime(), pathname: t.string(), session_id: t.string(),
    country: t.string().lowCardinality().nullable(), tags: t.array(t.string()),
    amount: t.decimal(10, 2), meta: t.map(t.string(), t.string()), status: t.string().default("new"),
    at: t.dateTime64(3), id: t.uuid(),
  },
  engine: engine.mergeTree({
    sortingKey: ["pathname", "timestamp"], partitionKey: "toYYYYMM(timestamp)",
    ttl: "timestamp + INTERVAL 90 DAY" }),
  tokens: [{ token: app, scope: "READ" }, { token: ingest, scope: "APPEND" }],
});
export const daily = defineDatasource("daily", {
  schema: {
    date: t.date(), pathname: t.string(), views: t.simpleAggregateFunction("sum", t.uint64()),
    sessions: t.aggregateFunction("uniq", t.string()) },
  engine: engine.aggregatingMergeTree({ sortingKey: ["date", "pathname"] }),
  jsonPaths: false,
});
export const dailyView = defineMaterializedView("daily_view", {
  datasource: daily,
  nodes: [node({ name: "aggregate", sql: `
    SELECT toDate(timestamp) AS date, pathname, count() AS views, uniqState(session_id) AS sessions
    FROM page_views GROUP BY date, pathname` })],
});
export const report = defineDatasource("report", {
  schema: { pathname: t.string(), views: t.uint64() },
  engine: engine.mergeTree({ sortingKey: ["pathname"] }),
  jsonPaths: false,
});
export const reporting = defineCopyPipe("reporting", {
  datasource: report, copy_schedule: "@on-demand", copy_mode: "replace",
  nodes: [node({ name: "copied", sql: "SELECT pathname, count() AS views FROM page_views GROUP BY pathname" })],
});
export const inner = definePipe("inner", {
  nodes: [node({ name: "filtered", sql: "SELECT * FROM page_views WHERE pathname != ''" })] });
export const topPages = defineEndpoint("top_pages", {
  description: "The most visited pages",
  params: { country: p.string().optional(), limit: p.int32().optional(10).describe("How many") },
  nodes: [node({ name: "aggregated", sql: `
    SELECT pathname, count() AS views FROM inner
    {% if defined(country) %} WHERE country = {{String(country)}} {% end %}
    GROUP BY pathname ORDER BY views DESC, pathname LIMIT {{Int32(limit, 10)}}` })],
  output: { pathname: t.string(), views: t.uint64() },
  tokens: [{ token: app, scope: "READ" }],
});
"""


@pytest.fixture(scope="module")
def folder(home):
    """A project that the command works on; its modules are found as if they were installed there."""
    (home / "node_modules").symlink_to(node_clients())
    (home / "src").mkdir()
    (home / "src" / "resources.ts").write_text(RESOURCES)
    return home


@pytest.fixture(scope="module")
def tinybird(server, folder):
    """Run the command, in its mode for clouds or in that for Tinybird Local."""

    def run(*arguments: str, mode: str = "local", fails: bool = False) -> str:
        config = {
            "include": ["src/resources.ts"], "token": "${TINYBIRD_TOKEN}", "devMode": mode,
            "baseUrl": f"http://127.0.0.1:{server.port}",
        }  # fmt: skip
        (folder / "tinybird.config.json").write_text(json.dumps(config))
        command = ["node", folder / "node_modules" / "@tinybirdco" / "sdk" / "bin" / "tinybird.js"]
        done = run_client(
            [*command, *arguments], server.port, folder, env={"TINYBIRD_TOKEN": TOKEN, "CI": "1"}
        )
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout

    return run


@operation("`tinybird generate`: its files are a project of Martlet's")
def test_generate(tinybird, folder):
    tinybird("generate", "-o", "made")
    project = load_project(folder / "made")
    assert set(project.datasources) == {"page_views", "daily", "report"}
    assert {name: pipe.type for name, pipe in project.pipes.items()} == {
        "daily_view": NodeType.MATERIALIZED, "inner": NodeType.STANDARD,
        "reporting": NodeType.COPY, "top_pages": NodeType.ENDPOINT,
    }  # fmt: skip


@operation("`tinybird build --dry-run`")
def test_dry_build(tinybird):
    assert "ENGINE_SORTING_KEY" in tinybird("build", "--dry-run")


@needs_seal
@operation("`tinybird info`, `--json`")
def test_info(tinybird, server):
    told = json.loads(tinybird("info", "--json"))
    assert told["cloud"]["workspaceName"] == WORKSPACE
    assert told["cloud"]["apiHost"] == f"http://127.0.0.1:{server.port}"
    assert told["local"]["apiHost"].endswith(f":{LOCAL_PORT}")
    assert told["local"]["running"] is True


@operation("`tinybird pull`")
def test_pull(tinybird, folder):
    tinybird("pull", "-o", "pulled")
    pulled, own = (
        load_project(folder / "pulled"),
        load_project(write_files(folder / "own", PROJECT)),
    )
    assert pulled.pipes.keys() == own.pipes.keys()
    for name, datasource in own.datasources.items():
        columns = pulled.datasources[name].columns
        assert [(column.name, column.type, column.json_path) for column in columns] == [
            (column.name, column.type, column.json_path) for column in datasource.columns
        ]


@operation("`tinybird migrate`: of what `pull` wrote")
def test_migrate(tinybird, folder):
    tinybird("pull", "-o", "again")
    tinybird("migrate", "again", "-o", "migrated.ts")
    assert '"top_pages"' in (folder / "migrated.ts").read_text()


@operation("`tinybird deploy --dry-run`, `--check`")
def test_deploy_check(tinybird, server):
    assert "TYPE endpoint" in tinybird("deploy", "--dry-run")
    tinybird("deploy", "--check")
    assert server.get("/v0/datasources/daily").status == 404


@operation("`tinybird deploy`: new data sources, pipes, views; columns are added")
def test_deploy(tinybird, server, sql):
    recent = {**VIEWS[0], "timestamp": datetime.now(UTC).isoformat(timespec="seconds")}  # the TTL
    server.post("page_views", {**recent, "country": "PT"})
    tinybird("deploy")
    event = {
        **recent, "tags": ["a"], "amount": 1.5, "meta": {"k": "v"}, "at": "2025-01-01 10:00:00.123",
        "id": "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "country": "ES",
    }  # fmt: skip
    assert server.post("page_views", event).json() == {"successful_rows": 1, "quarantined_rows": 0}
    assert sql("SELECT country, tags, status FROM page_views ORDER BY country") == [
        {"country": "ES", "tags": ["a"], "status": "new"},
        {"country": "PT", "tags": [], "status": "new"},
    ]
    assert sql("SELECT sum(views) AS v, uniqMerge(sessions) AS s FROM daily")[0]["v"] in (1, 2)
    assert server.rows("top_pages?country=ES") == [{"pathname": "/", "views": 1}]


@operation("`tinybird deploy --allow-destructive-operations`")
def test_destructive_deploy(tinybird, server, folder):
    job = server.request("POST", "/v0/pipes/reporting/copy").json()["job"]["job_id"]
    assert finished(server, job)["status"] == "done"
    resources = folder / "src" / "resources.ts"
    start, end = RESOURCES.index("export const report ="), RESOURCES.index("export const inner =")
    resources.write_text(RESOURCES[:start] + RESOURCES[end:])
    tinybird("deploy", fails=True)
    assert server.get("/v0/datasources/report").json()["statistics"]["row_count"] == 1
    tinybird("deploy", "--allow-destructive-operations")
    assert server.get("/v0/datasources/report").status == 404


@needs_seal
@operation("`tinybird build --local`")
def test_local_build(tinybird, server, folder):
    more = (
        'export const added = defineEndpoint("added", {'
        ' nodes: [node({ name: "n", sql: "SELECT 7 AS seven" })], output: { seven: t.uint8() } });'
    )
    (folder / "src" / "resources.ts").write_text(RESOURCES + more)
    tinybird("build", "--local")
    assert server.rows("added") == [{"seven": 7}]


@operation(
    "`tinybird branch list`, `build --branch`, `dev --branch`, `preview`",
    why_not="`/v1/environments` is not there: a server has one workspace",
)
def test_branches(tinybird):
    assert "404" in tinybird("branch", "list", mode="branch", fails=True)
