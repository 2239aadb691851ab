"""`pytest-tinybird`: outcomes of tests as rows."""

import pytest
from tests.clients.conftest import python_client
from tests.clients.harness import operation, run_client
from tests.server.process import TOKEN

CLIENT = "pytest-tinybird"
FILES = {
    # As the plugin's page has it, and what it says may be sent as well.
    "datasources/reports.datasource": """\
TOKEN "pytest-executor-write" APPEND

SCHEMA >
    `commit` String `json:$.commit`,
    `branch` String `json:$.branch`,
    `date` DateTime `json:$.date`,
    `duration` Float32 `json:$.duration`,
    `job_id` String `json:$.job_id`,
    `job_name` String `json:$.job_name`,
    `job_url` String `json:$.job_url`,
    `outcome` LowCardinality(String) `json:$.outcome`,
    `test_name` String `json:$.test_name`,
    `test_nodeid` String `json:$.test_nodeid`,
    `test_part` LowCardinality(String) `json:$.test_part`,
    `repository` Nullable(String) `json:$.repository`,
    `workflow` Nullable(String) `json:$.workflow`

ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(date)
"""
}
TESTS = """
import pytest
def test_good(): pass
def test_bad(): assert 1 == 2
@pytest.mark.parametrize("n", [1, 2])
def test_of_two(n): assert n == 1
@pytest.mark.skip
def test_left_out(): pass
"""
# Names that the project's own run does not know.
CI = {
    "CI_COMMIT_SHA": "abc", "CI_COMMIT_BRANCH": "main", "CI_JOB_ID": "7", "CI_JOB_NAME": "unit",
    "CI_JOB_URL": "http://127.0.0.1/7", "CI_REPOSITORY_NAME": "repo", "CI_WORKFLOW_NAME": "flow",
}  # fmt: skip


@pytest.fixture(scope="module")
def append_token(server) -> str:
    tokens = server.get("/v0/tokens").json()["tokens"]
    return next(token["token"] for token in tokens if token["name"] == "pytest-executor-write")


def report(server, home, datasource: str, token: str):
    """Run pytest with the plugin on some tests."""
    (home / "test_some.py").write_text(TESTS)
    command = [python_client(CLIENT).program("pytest"), "-p", "no:cacheprovider", "test_some.py", "--report-to-tinybird"]  # fmt: skip
    where = {
        "TINYBIRD_URL": f"http://127.0.0.1:{server.port}", "TINYBIRD_DATASOURCE": datasource,
        "TINYBIRD_TOKEN": token,
    }  # fmt: skip
    return run_client(command, server.port, home, env={**where, **CI})


@operation("`pytest --report-to-tinybird`, with what `CI_…` variables say")
def test_outcomes_are_rows(server, sql, home, append_token):
    done = report(server, home, "reports", append_token)
    assert "2 failed, 2 passed, 1 skipped" in done.stdout
    found = sql(
        "SELECT test_nodeid, outcome FROM reports WHERE test_part = 'call' OR outcome = 'skipped' ORDER BY 1"
    )
    assert [(row["test_nodeid"].partition("::")[2], row["outcome"]) for row in found] == [
        ("test_bad", "failed"), ("test_good", "passed"), ("test_left_out", "skipped"),
        ("test_of_two[1]", "passed"), ("test_of_two[2]", "failed"),
    ]  # fmt: skip
    columns = "commit, branch, job_id, job_name, job_url, repository, workflow"
    assert sql(f"SELECT DISTINCT {columns}, abs(now() - date) < 600 AS recent FROM reports") == [
        dict(zip(columns.split(", "), CI.values(), strict=True)) | {"recent": 1}
    ]
    assert sql("SELECT count() AS c FROM reports_quarantine") == [{"c": 0}]


@operation(
    "the first report makes the data source",
    why_not="events make no data sources, as in Tinybird Forward: the project needs a `.datasource` file of the schema on the plugin's page",
)
def test_a_data_source_is_not_made(server, home):
    report(server, home, "unheard_of", TOKEN)
    assert server.get("/v0/datasources/unheard_of").status == 404
