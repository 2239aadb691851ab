"""`tb` of Tinybird Classic, which changes a workspace in place, one resource after another."""

import json
import re
from pathlib import Path

import pytest
from tests.clients.conftest import python_client
from tests.clients.harness import operation, run_client
from tests.clients.project import EVENTS, TOP_PAGES, VIEWS, WORKSPACE
from tests.server.conftest import write_files
from tests.server.process import TOKEN

from martlet.files.project import load_project

CLIENT = "tinybird-cli"

REPORT = """\
DESCRIPTION Reports of 'pages'

TOKEN app APPEND

SCHEMA >
    `pathname` String `json:$.pathname`,
    `views` UInt32 `json:$.views` DEFAULT 3

ENGINE ReplacingMergeTree
ENGINE_SORTING_KEY pathname
ENGINE_VER views
"""

OF_COUNTRY = """\
TOKEN app READ

NODE filtered
DESCRIPTION >
    of one country
SQL >
    %
    SELECT * FROM page_views WHERE country = {{String(country, 'ES')}}

NODE counted
SQL >
    SELECT count() AS views FROM filtered

TYPE endpoint
"""

TO_REPORT = """\
NODE counted
SQL >
    SELECT pathname, toUInt32(count()) AS views FROM page_views GROUP BY pathname

TYPE copy
TARGET_DATASOURCE report
COPY_SCHEDULE @on-demand
COPY_MODE replace
"""

TO_COUNTS = """\
NODE n
SQL >
    SELECT pathname, countState() AS views FROM page_views GROUP BY pathname

TYPE materialized
DATASOURCE counts
ENGINE AggregatingMergeTree
ENGINE_SORTING_KEY pathname
"""

# As most pipes of Classic are: its last node is published without saying so.
VISITS = "NODE counted\nSQL >\n    SELECT count() AS visits FROM page_views\n"


@pytest.fixture(scope="module")
def project(home) -> Path:
    """The folder that the command is started in."""
    return write_files(home, {
        "datasources/page_views.datasource": EVENTS,
        "datasources/report.datasource": REPORT,
        "datasources/fixtures/report.ndjson": '{"pathname": "/fixture"}\n',
        "pipes/of_country.pipe": OF_COUNTRY,
        "pipes/to_report.pipe": TO_REPORT,
        "pipes/top_pages.pipe": TOP_PAGES,
        "pipes/to_counts.pipe": TO_COUNTS,
        "pipes/visits.pipe": VISITS,
        "more.csv": "timestamp,pathname,session_id,country\n2025-03-01 10:00:00,/csv,c,PT\n",
    })  # fmt: skip


@pytest.fixture(scope="module")
def tb(server, project):
    """Run the command and return what it prints."""
    program = python_client(CLIENT).program("tb")
    there = ["--host", f"http://127.0.0.1:{server.port}", "--token", TOKEN]

    def run(*arguments: str, fails: bool = False) -> str:
        done = run_client([program, *there, *arguments], server.port, project, env={"CI": "1"})
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout

    server.post("page_views", *VIEWS)
    return run


@operation("`tb auth --host … --token …`, `auth info`, `workspace ls`, `workspace current`")
def test_auth(tb, project):
    assert "Auth successful" in tb("auth")
    assert json.loads((project / ".tinyb").read_text())["name"] == WORKSPACE
    assert f"workspace_name: {WORKSPACE}" in tb("auth", "info")
    assert WORKSPACE in tb("workspace", "ls")
    assert WORKSPACE in tb("workspace", "current")


@operation("`tb sql`")
def test_sql(tb):
    assert re.search(r"\| +5 \|", tb("sql", "SELECT count() FROM page_views"))


@operation("`tb pipe data`: JSON, CSV, parameters")
def test_pipe_data(tb):
    told = tb("pipe", "data", "top_pages", "--format", "json", "--limit", "1")
    assert json.loads(told)["data"] == [{"pathname": "/", "views": 3}]
    told = tb("pipe", "data", "top_pages", "--format", "csv", "--country", "FR")
    assert told.split() == ['"pathname","views"', '"/docs",1']


@operation("`tb datasource append`, `replace --sql-condition`")
def test_append_and_replace(tb, sql):
    assert "Total rows in page_views: 6" in tb("datasource", "append", "page_views", "more.csv")
    tb("datasource", "replace", "page_views", "more.csv", "--sql-condition", "pathname = '/csv'")
    assert sql("SELECT count() AS c FROM page_views WHERE pathname = '/csv'") == [{"c": 1}]


@operation("`tb datasource delete --sql-condition … --wait`")
def test_delete(tb, sql):
    tb("datasource", "delete", "page_views", "--sql-condition", "pathname = '/csv'", "--yes", "--wait")  # fmt: skip
    assert sql("SELECT count() AS c FROM page_views") == [{"c": len(VIEWS)}]


@operation("`tb datasource ls`, `pipe ls`, `token ls`, `job ls`")
def test_lists(tb):
    assert "row_count: 5" in tb("datasource", "ls")
    assert "top_pages" in tb("pipe", "ls")
    assert "workspace admin token" in tb("token", "ls")
    assert "kind: delete_data" in tb("job", "ls")


@operation("`tb datasource analyze`, `check`")
def test_analyze(tb):
    assert "timestamp DateTime, pathname String" in tb("datasource", "analyze", "more.csv")
    assert "processed correctly" in tb("check")


@operation("`tb push` of a data source: with its token; what there is already is skipped")
def test_push_of_a_datasource(tb, server):
    assert "'report' created" in tb("push", "datasources/report.datasource")
    made = server.get("/v0/datasources/report").json()
    assert made["engine"]["engine"] == "ReplacingMergeTree"
    assert made["description"] == "Reports of 'pages'"
    token = server.get("/v0/tokens/app").json()["token"]
    sent = server.request("POST", "/v0/events?name=report&wait=true", b'{"pathname": "/sent"}', token=token)  # fmt: skip
    assert sent.json() == {"successful_rows": 1, "quarantined_rows": 0}
    assert "already exists, skipping" in tb("push", "datasources/report.datasource")


@operation("`tb push --force` of a data source: as it is, with a column more; not with one less")
def test_push_of_a_changed_datasource(tb, project, server, sql):
    file = project / "datasources" / "report.datasource"
    forced = ("push", "datasources/report.datasource", "--force", "--yes")
    assert "has changed" not in tb(*forced)
    file.write_text(REPORT.replace("DEFAULT 3", "DEFAULT 3,\n    `more` String `json:$.more` DEFAULT 'none'"))  # fmt: skip
    assert "has changed" in tb(*forced)
    assert sql("SELECT * FROM report") == [{"pathname": "/sent", "views": 3, "more": "none"}]
    server.post("report", {"pathname": "/more", "more": "m"})
    assert sql("SELECT more FROM report WHERE pathname = '/more'") == [{"more": "m"}]
    file.write_text(REPORT)
    assert "`more` is gone" in tb(*forced, fails=True)
    assert sql("SELECT count() AS c FROM report WHERE more != ''") == [{"c": 2}]


@operation("`tb push` of a pipe: `--push-deps`, its token; `--force` of a changed one")
def test_push_of_a_pipe(tb, project, server):
    assert "'of_country' created" in tb("push", "pipes/of_country.pipe", "--push-deps")
    token = server.get("/v0/tokens/app").json()["token"]
    asked = server.request("GET", "/v0/pipes/of_country.json", token=token)
    assert asked.json()["data"] == [{"views": 2}]
    (project / "pipes" / "of_country.pipe").write_text(OF_COUNTRY.replace("'ES'", "'FR'"))
    tb("push", "pipes/of_country.pipe", "--force", "--no-check")
    assert server.rows("of_country") == [{"views": 1}]
    assert server.request("GET", "/v0/pipes/of_country.json", token=token).status == 200


@operation(
    "`tb push` of a pipe without TYPE: published; `--force` with its check of recent requests"
)
def test_push_of_an_untyped_pipe(tb, project, server):
    tb("push", "pipes/visits.pipe")
    assert server.rows("visits") == [{"visits": len(VIEWS)}]
    (project / "pipes" / "visits.pipe").write_text(VISITS.replace("count()", "sum(1)"))
    assert re.search(r"100\.0 \| +0\.0", tb("push", "pipes/visits.pipe", "--force"))
    assert server.get("/v0/pipes/visits__checker").status == 404
    assert server.rows("visits") == [{"visits": 5}]


@operation("`tb pipe unpublish`, `pipe publish`")
def test_publish(tb, server):
    tb("pipe", "unpublish", "visits", "counted")
    assert server.get("/v0/pipes/visits.json").status == 404
    tb("pipe", "publish", "visits", "counted")
    assert server.rows("visits") == [{"visits": 5}]


@operation("`tb push` of a pipe that has errors")
def test_push_of_errors(tb, project, server):
    (project / "pipes" / "bad.pipe").write_text("NODE n\nSQL >\n    SELECT 1 FROM nowhere\n")
    assert "nowhere" in tb("push", "pipes/bad.pipe", fails=True)
    assert server.get("/v0/pipes/bad").status == 404
    assert server.rows("of_country") == [{"views": 1}]


@operation("`tb push` of a copy pipe, `tb pipe copy run --wait`")
def test_copy(tb, sql):
    tb("push", "pipes/to_report.pipe")
    tb("pipe", "copy", "run", "to_report", "--wait", "--yes")
    assert sql("SELECT views FROM report WHERE pathname = '/'") == [{"views": 3}]


COUNTED = "SELECT countMerge(views) AS views FROM counts WHERE pathname = '/'"


@operation("`tb push` of a materialized pipe: its data source is made, new rows are in it")
def test_push_of_a_materialized_pipe(tb, server, sql):
    told = tb("push", "pipes/to_counts.pipe")
    assert "'to_counts' created the Data Source 'counts'" in told
    assert sql(COUNTED) == [{"views": 0}]
    server.post("page_views", VIEWS[0])
    assert sql(COUNTED) == [{"views": 1}]
    assert server.get("/v0/pipes/to_counts__checker").status == 404


@operation("`tb pipe rm`, `push --populate --wait` of a materialized pipe: also the rows of before")
def test_populate(tb, sql):
    tb("pipe", "rm", "to_counts", "--yes")
    tb("datasource", "truncate", "counts", "--yes")
    told = tb("push", "pipes/to_counts.pipe", "--populate", "--wait")
    assert "using the Data Source 'counts'" in told
    assert sql(COUNTED) == [{"views": 4}]


@operation(
    "`tb pipe populate`, `push --populate` with `--sql-condition` or `--subset`",
    why_not="a materialized pipe gets all stored rows when it is made, or none: `tb pipe rm` and `push --populate`",
)
def test_populate_of_a_part(tb, sql):
    assert "push it with --populate" in tb("pipe", "populate", "to_counts", "--node", "n", fails=True)  # fmt: skip
    some = ["--sql-condition", "pathname = '/'", "--force", "--no-check"]
    assert "populate_condition" in tb("push", "pipes/to_counts.pipe", "--populate", *some, fails=True)  # fmt: skip
    assert sql(COUNTED) == [{"views": 4}]


@operation("`tb pull`: its files are the same project")
def test_pull(tb, project, server):
    (project / "pulled").mkdir()
    tb("pull", "--folder", "pulled", "--force")
    pulled = load_project(project / "pulled")
    assert set(pulled.datasources) == {"page_views", "report", "counts"}
    assert set(pulled.pipes) == {"of_country", "to_report", "top_pages", "to_counts", "visits"}
    assert server.rows("top_pages?limit=1") == [{"pathname": "/", "views": 4}]
    assert (project / "pulled" / "pipes" / "top_pages.pipe").read_text() == TOP_PAGES
    assert pulled.datasources["report"].engine.name == "ReplacingMergeTree"


@operation("`tb datasource truncate`")
def test_truncate(tb, sql):
    tb("datasource", "truncate", "report", "--yes")
    assert sql("SELECT count() AS c FROM report") == [{"c": 0}]


@operation("`tb datasource rm`, `pipe rm`: not of what others read")
def test_rm(tb, server, sql):
    assert "used by the pipes" in tb("datasource", "rm", "counts", "--yes", fails=True)
    tb("pipe", "rm", "to_counts", "--yes")
    assert "'counts' deleted" in tb("datasource", "rm", "counts", "--yes")
    assert server.get("/v0/datasources/counts").status == 404
    assert server.get("/v0/pipes/to_counts").status == 404
    assert server.rows("top_pages?limit=1") == [{"pathname": "/", "views": 4}]
