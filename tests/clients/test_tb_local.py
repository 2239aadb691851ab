"""`tb --local` of the Forward CLI: what it asks of Tinybird Local, asked of a Martlet server."""

import json
import re
from pathlib import Path

import pytest
from tests.clients.conftest import python_client
from tests.clients.harness import needs_seal, operation, run_client
from tests.clients.project import PROJECT, VIEWS, WORKSPACE
from tests.server.conftest import write_files
from tests.server.process import TOKEN

CLIENT = "tinybird"

FILES = {
    "datasources/report.datasource": """\
SCHEMA >
    `pathname` String,
    `views` UInt64

ENGINE MergeTree
ENGINE_SORTING_KEY pathname
""",
    "pipes/to_report.pipe": """\
NODE counted
SQL >
    %
    SELECT pathname, count() AS views FROM page_views
    WHERE session_id != {{String(without, '')}} GROUP BY pathname

TYPE copy
TARGET_DATASOURCE report
COPY_SCHEDULE @on-demand
""",
}

ONE = "NODE n\nSQL >\n    SELECT 1 AS one\n\nTYPE endpoint\n"


@pytest.fixture(scope="module")
def project(home) -> Path:
    """The folder that the command is started in."""
    (home / ".tinyb").write_text("{}")  # without one it makes up a name for the workspace
    files = {**PROJECT, **FILES}
    del files["martlet.toml"]
    return write_files(home, files)


@pytest.fixture(scope="module")
def run(server, project):
    """Run the command and return what it prints."""
    program = python_client(CLIENT).program("tb")

    def run(*arguments: str, fails: bool = False, **env: str) -> str:
        given = {"CI": "1", "TB_LOCAL_PORT": str(server.port), **env}
        done = run_client([program, *arguments], server.port, project, env=given)
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout

    server.post("page_views", *VIEWS)
    return run


@pytest.fixture
def tb(run):
    return lambda *arguments, **options: run("--local", *arguments, **options)


def views(sql, condition: str = "1") -> int:
    return sql(f"SELECT count() AS c FROM page_views WHERE {condition}")[0]["c"]


@needs_seal
@operation("`tb --local`: a server on port 7181 is Tinybird Local; no container is looked for")
def test_port_of_tinybird_local(run):
    assert "page_views" in run("--local", "datasource", "ls", TB_LOCAL_PORT="7181")


@operation("`TB_LOCAL_HOST`, `TB_LOCAL_PORT`: a server elsewhere")
def test_another_address(tb, server):
    assert "row_count: 5" in tb("datasource", "ls", TB_LOCAL_HOST="127.0.0.1")


@operation("`tb --local info`")
def test_info(run, server):
    # Its other half asks Tinybird's cloud, in whose place the same server stands.
    cloud = {"TB_HOST": f"http://127.0.0.1:{server.port}", "TB_TOKEN": TOKEN}
    told = json.loads(run("--output", "json", "--local", "info", **cloud))
    assert told["local"]["workspace_name"] == WORKSPACE
    assert told["local"]["api"] == f"http://localhost:{server.port}"


@operation("`tb --local datasource append --file`: NDJSON, CSV")
def test_append_of_files(tb, project, sql):
    (project / "more.ndjson").write_text(json.dumps({**VIEWS[0], "pathname": "/nd"}) + "\n")
    (project / "more.csv").write_text(
        "timestamp,pathname,session_id,country\n2025-03-01 10:00:00,/csv,c,PT\n"
    )
    assert "Rows appended" in tb("datasource", "append", "page_views", "--file", "more.ndjson")
    assert "Rows appended" in tb("datasource", "append", "page_views", "--file", "more.csv")
    assert views(sql, "pathname IN ('/nd', '/csv')") == 2


@operation("`tb --local datasource append --events`: also rows for the quarantine")
def test_append_of_events(tb, sql):
    event = json.dumps({**VIEWS[0], "pathname": "/ev"})
    assert "1 row appended" in tb("datasource", "append", "page_views", "--events", event)
    told = tb("datasource", "append", "page_views", "--events", '{"pathname": 1}')
    assert "quarantine" in told
    assert views(sql, "pathname = '/ev'") == 1


@operation("`tb --local datasource append --url`")
def test_append_of_a_url(tb, files, sql):
    address = files("views.ndjson", json.dumps({**VIEWS[0], "pathname": "/url"}).encode())
    tb("datasource", "append", "page_views", "--url", address)
    assert views(sql, "pathname = '/url'") == 1


@operation("`tb --local datasource data`")
def test_data(tb):
    told = tb("datasource", "data", "page_views", "--limit", "1")
    assert len(re.findall(r"2025-", told)) == 1


@operation("`tb --local datasource export`: CSV, NDJSON")
def test_export(tb, project, sql):
    of = ("datasource", "export", "page_views", "--where", "pathname = '/docs'", "--target")
    tb(*of, "out.csv", "--format", "csv")
    assert (project / "out.csv").read_text() == (
        '"timestamp","pathname","session_id","country"\n"2025-01-05 10:00:00","/docs","s5","FR"\n'
    )
    tb(*of, "out.ndjson", "--format", "ndjson")
    assert json.loads((project / "out.ndjson").read_text()) == VIEWS[4]


@operation("`tb --local datasource analyze`")
def test_analyze(tb):
    assert "`json:$.pathname`" in tb("datasource", "analyze", "more.ndjson")


@operation("`tb --local datasource delete`: `--dry-run`, `--wait`, `--lightweight-delete`")
def test_delete(tb, sql):
    of = ("datasource", "delete", "page_views", "--yes", "--sql-condition")
    assert "rows '1' matching" in tb(*of, "pathname = '/nd'", "--dry-run")
    assert views(sql, "pathname = '/nd'") == 1
    tb(*of, "pathname = '/nd'", "--wait")
    assert "Rows affected: 1" in tb(*of, "pathname = '/ev'", "--lightweight-delete")
    assert views(sql, "pathname IN ('/nd', '/ev')") == 0


@operation("`tb --local sql`: rows, `--output json`, no rows, errors")
def test_sql(run, tb):
    assert re.search(r"/docs\s+1", tb("sql", "SELECT pathname, count() AS c FROM page_views GROUP BY 1"))  # fmt: skip
    told = run("--output", "json", "--local", "sql", "SELECT toUInt64(1) AS one")
    assert json.loads(told)["data"] == [{"one": 1}]
    assert "No rows" in tb("sql", "SELECT 1 WHERE 0")
    assert "nowhere" in tb("sql", "SELECT 1 FROM nowhere", fails=True)


@operation("`tb --local endpoint ls`, `pipe ls`, `copy ls`, `materialization ls`")
def test_lists(tb):
    assert "name: top_pages" in tb("endpoint", "ls")
    assert re.search(r"top_pages .* endpoint", tb("pipe", "ls"))
    assert "to_report" in tb("copy", "ls")
    assert "to_report" not in tb("materialization", "ls")


@operation("`tb --local endpoint data`: parameters, `--format csv`, `--query`")
def test_endpoint_data(tb):
    assert re.search(r"/ +\| +1 ", tb("endpoint", "data", "top_pages", "--country", "ES"))
    told = tb("endpoint", "data", "top_pages", "--limit", "1", "--format", "csv")
    assert told.splitlines()[:2] == ['"pathname","views"', '"/",3']
    told = tb("endpoint", "data", "top_pages", "--query", "SELECT count() AS c FROM _")
    assert re.search(r"\| +5 \|", told)


@operation("`tb --local endpoint url`")
def test_endpoint_url(tb):
    told = tb("endpoint", "url", "top_pages")
    assert "/v0/pipes/top_pages.json?" in told
    assert TOKEN in told


@operation("`tb --local endpoint stats`")
def test_endpoint_stats(tb):
    assert re.search(r"top_pages +\| +[1-9]", tb("endpoint", "stats"))


@operation("`tb --local copy run`: `--param`, `--wait`, `--mode`")
def test_copy(tb, sql):
    tb("copy", "run", "to_report", "--wait", "--yes", "--param", "without=s5")
    found = sql("SELECT pathname, views FROM report ORDER BY views DESC, pathname")
    assert found[0] == {"pathname": "/", "views": 3}
    assert "/docs" not in [row["pathname"] for row in found]
    tb("copy", "run", "to_report", "--wait", "--yes", "--mode", "replace")
    assert sql("SELECT views FROM report WHERE pathname IN ('/', '/docs') ORDER BY 1") == [
        {"views": 1}, {"views": 3},
    ]  # fmt: skip


@operation("`tb --local job ls`, `job details`, `job cancel`")
def test_jobs(tb):
    (id, *_) = re.findall(r"id: (\S+)\nkind: copy\nstatus: done", tb("job", "ls"))
    assert "done" in tb("job", "details", id)
    assert id in tb("job", "cancel", id, fails=True)


@operation("`tb --local datasource replace`, `truncate`")
def test_replace_and_truncate(tb, sql):
    tb("datasource", "replace", "page_views", "more.csv")
    assert views(sql) == 1
    tb("datasource", "truncate", "page_views", "--yes")
    assert views(sql) == 0


@operation("`tb --local token create static`, `ls`, `scopes`, `refresh`, `rm`")
def test_tokens(tb, server):
    tb("token", "create", "static", "reader", "--scope", "ADMIN")
    value = server.get("/v0/tokens/reader").json()["token"]
    assert value in tb("token", "ls")
    assert "ADMIN" in tb("token", "scopes", "reader")
    tb("token", "refresh", "reader", "--yes")
    assert server.get("/v0/tokens/reader").json()["token"] != value
    tb("token", "rm", "reader", "--yes")
    assert server.get("/v0/tokens/reader").status == 404


@operation("`tb --local token create jwt`: fixed parameters, filters")
def test_jwts(tb, server):
    server.post("page_views", *VIEWS)
    of = ("--ttl", "1h", "--scope")
    told = tb("token", "create", "jwt", "a", *of, "PIPES:READ", "--resource", "top_pages", "--fixed-params", "limit=1")  # fmt: skip
    token = re.search(r"token is: (\S+)", told)[1]
    answer = server.request("GET", "/v0/pipes/top_pages.json?limit=9", token=token)
    assert answer.json()["data"] == [{"pathname": "/", "views": 3}]
    told = tb("token", "create", "jwt", "b", *of, "DATASOURCES:READ", "--resource", "page_views", "--filter", "country = 'ES'")  # fmt: skip
    token = re.search(r"token is: (\S+)", told)[1]
    counted = "/v0/sql?q=SELECT+count()+AS+c+FROM+page_views+FORMAT+JSON"
    assert server.request("GET", counted, token=token).json()["data"] == [{"c": 2}]


@operation("`tb --local secret set`, `ls`, `rm`")
def test_secrets(tb, server):
    tb("secret", "set", "key", "one")
    tb("secret", "set", "key", "two")
    assert "key" in tb("secret", "ls")
    asked = "/v0/sql?q=%25SELECT+{{tb_secret('key')}}+AS+s+FORMAT+JSON"
    assert server.get(asked).json()["data"] == [{"s": "two"}]
    tb("secret", "rm", "key")
    assert server.get(asked).status == 400


@operation("`tb --local logs`, `--source '*'`")
@pytest.mark.parametrize("of", [(), ("--source", "*")], ids=["some", "all"])
def test_logs(tb, of):
    assert re.search(r"append-hfi\W+page_views\W+ok", tb("logs", *of))


@operation("`tb --local build`: new, changed, unchanged, wrong")
def test_build(tb, project, server):
    assert "No changes" in tb("build")
    (project / "pipes" / "added.pipe").write_text(ONE)
    assert "pipes/added.pipe created" in tb("build")
    assert server.rows("added") == [{"one": 1}]
    (project / "pipes" / "added.pipe").write_text(ONE.replace("1 AS one", "2 AS one"))
    assert "pipes/added.pipe changed" in tb("build")
    assert server.rows("added") == [{"one": 2}]
    (project / "pipes" / "added.pipe").write_text(ONE.replace("1 AS one", "1 FROM nowhere"))
    assert "pipes/added.pipe:3:19: Resource 'nowhere' not found" in tb("build", fails=True)
    assert server.rows("added") == [{"one": 2}]


@operation("`tb --local build`: the rows of `fixtures/` of a new data source")
def test_fixtures(tb, project, sql):
    (project / "pipes" / "added.pipe").write_text(ONE)
    write_files(project, {
        "datasources/sessions.datasource": "SCHEMA >\n    `id` UInt64 `json:$.id`\n\nENGINE MergeTree\nENGINE_SORTING_KEY id\n",
        "fixtures/sessions.ndjson": '{"id": 7}\n{"id": 8}\n',
    })  # fmt: skip
    tb("build")
    assert sql("SELECT id FROM sessions ORDER BY id") == [{"id": 7}, {"id": 8}]


@operation(
    "`tb --local deploy`, `deploy --check`: data sources are not removed unless it is allowed"
)
def test_deploy(tb, project, server):
    (project / "datasources" / "sessions.datasource").unlink()
    (project / "pipes" / "added.pipe").write_text(ONE.replace("1 AS one", "3 AS one"))
    assert "allow destructive operations" in tb("deploy", "--check", fails=True)
    assert "allow destructive operations" in tb("deploy", fails=True)
    assert server.get("/v0/datasources/sessions").status == 200
    assert "is live" in tb("deploy", "--allow-destructive-operations")
    assert server.get("/v0/datasources/sessions").status == 404
    assert server.rows("added") == [{"one": 3}]
    assert "No changes" in tb("deploy")


@operation(
    "`tb --local deployment create`, `ls`, `promote`, `discard`; `tb --staging endpoint data`"
)
def test_deployments(run, tb, project, server):
    (project / "pipes" / "added.pipe").write_text(ONE.replace("1 AS one", "4 AS one"))
    tb("deployment", "create", "--wait")
    assert re.search(r"\| Staging \|.*\n.*\| Live ", tb("deployment", "ls"))
    assert re.search(r"\| +4 \|", run("--local", "--staging", "endpoint", "data", "added"))
    assert server.rows("added") == [{"one": 3}]
    tb("deployment", "promote")
    assert server.rows("added") == [{"one": 4}]
    (project / "pipes" / "added.pipe").write_text(ONE.replace("1 AS one", "5 AS one"))
    tb("deployment", "create", "--wait")
    tb("deployment", "discard", "--wait")
    assert "Staging" not in tb("deployment", "ls")
    assert server.rows("added") == [{"one": 4}]


@operation("`tb --local test run`: in a workspace of its own, with the rows of `fixtures/`")
def test_tests(tb, project, server, sql):
    before = views(sql)
    write_files(project, {
        "fixtures/page_views.ndjson": "".join(json.dumps(view) + "\n" for view in VIEWS[:4]),
        "tests/top_pages.yaml": """\
- name: spain
  description: what Spain visits
  parameters: country=ES
  expected_result: |
    {"pathname":"\\/","views":1}
    {"pathname":"\\/pricing","views":1}
- name: no number
  description: an error
  parameters: limit=x
  expected_http_status: 400
  expected_result: "Template Syntax Error: Error validating 'x' to type Int32"
""",
    })  # fmt: skip
    told = tb("test", "run")
    assert "1/1 passed" in told, told
    assert views(sql) == before
    tests = project / "tests" / "top_pages.yaml"
    tests.write_text(tests.read_text().replace('"views":1', '"views":2'))
    assert "0/1 passed" in tb("test", "run", fails=True)


@operation(
    "`tb --local endpoint url --language …`, `token copy`",
    why_not="they need a clipboard, which the machine of the tests has none of; the server is asked as by `endpoint url`",
)
def test_clipboard(tb):
    assert "copy/paste" in tb("endpoint", "url", "top_pages", "--language", "curl", fails=True)


@operation(
    "`tb --local workspace ls`, `current`",
    why_not="the command itself refuses: these are for the cloud; `tb --cloud --host <url>` asks a server",
)
def test_workspaces(tb):
    assert "cloud-only" in tb("workspace", "ls", fails=True)
