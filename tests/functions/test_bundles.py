"""The bundles that `cdk synth` makes, run as Lambda runs them: nothing else is on their path."""

import base64
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import cloud as script
from tests.cloud.runtime_api import running
from tests.cloud.web import Call, Reply, serving
from tests.conftest import ROOT

from martlet.aws.names import Deployed, variable
from martlet.aws.token_items import StoredToken

MEGABYTE = 1_000_000
MAX_ZIPPED = {
    "events": 3_200_000,
    "jobs": 4 * MEGABYTE,
    "query": 8 * MEGABYTE,
    "setup": 3 * MEGABYTE,
}
TOKEN = "a-token-of-a-test"
EVENT = b'{"event_time": "2025-05-12 06:18:15", "channel": "search", "campaign": "c", "user_id": "u", "event_type": "click"}'

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="no box: `node` is not on the PATH, which the CDK runs on"
)


class Aws:
    """As much of AWS as one request to each function needs."""

    def __init__(self) -> None:
        token = StoredToken.of_value(TOKEN, "t", {("ADMIN", "")}, origin="command", created=1)
        self.token = token
        self.records: list[bytes] = []
        self.sql = ""
        self.operations: list[str] = []

    def handle(self, call: Call) -> Reply:
        body = json.loads(call.body or b"{}")
        self.operations.append(call.operation)
        match call.operation:
            case "GetItem":
                asked = body["Key"].get("digest", {}).get("S")
                return Reply.json(
                    {"Item": self.token.as_item()} if asked == self.token.digest else {}
                )
            case "BatchGetItem":
                return Reply.json({"Responses": {table: [] for table in body["RequestItems"]}})
            case "UpdateItem":
                return Reply.json({})
            case "PutRecordBatch":
                self.records += [base64.b64decode(record["Data"]) for record in body["Records"]]
                taken = [{"RecordId": "1"} for _ in body["Records"]]
                return Reply.json({"FailedPutCount": 0, "RequestResponses": taken})
            case "StartQueryExecution":
                self.sql = body["QueryString"]
                return Reply.json({"QueryExecutionId": "q"})
            case "GetQueryExecution":
                return Reply.json({"QueryExecution": {
                    "QueryExecutionId": "q", "StatementType": "DML", "Status": {"State": "SUCCEEDED"},
                    "ResultConfiguration": {"OutputLocation": "s3://results/q.csv"},
                    "Statistics": {"DataScannedInBytes": 1, "TotalExecutionTimeInMillis": 1},
                }})  # fmt: skip
            case "GetQueryResults":
                column = {"Name": "total_events", "Type": "bigint", "Label": "total_events"}
                rows = [{"Data": [{"VarCharValue": text}]} for text in ("total_events", "42")]
                found = {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": [column]}}
                return Reply.json({"ResultSet": found, "UpdateCount": 0})
        return Reply.error("UnknownOperationException", call.operation)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of all functions' code, by the functions' names."""
    out = tmp_path_factory.mktemp("synth") / "cdk.out"
    context = script.context(ROOT)
    environment = {
        **script.environment("http://127.0.0.1:9"),
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
    }
    command = [sys.executable, "-m", "martlet_infra.app"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (template,) = out.glob("*.template.json")
    found = {}
    for resource in json.loads(template.read_text())["Resources"].values():
        handler = resource.get("Properties", {}).get("Handler", "")
        if resource["Type"] == "AWS::Lambda::Function" and handler.startswith("martlet_functions."):
            key = resource["Properties"]["Code"]["S3Key"]
            found[handler.split(".")[1]] = out / f"asset.{Path(key).stem}"
    return found


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def environment(aws: Aws) -> Iterator[dict[str, str]]:
    deployed = Deployed(
        "martlet", "test", "us-east-1", "project", "tokens", "state", "secret", "data", "results",
        "martlet_test", "martlet-test",
    )  # fmt: skip
    values = {variable(name): getattr(deployed, name) for name in Deployed.__dataclass_fields__}
    with serving(aws) as address:
        yield {**values, "AWS_ENDPOINT_URL": address, "POWERTOOLS_SERVICE_NAME": "test"}


def request(method: str, path: str, query: str = "", body: bytes = b"") -> dict[str, object]:
    """An event of API Gateway's HTTP API, payload 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"authorization": f"Bearer {TOKEN}", "host": "x.execute-api.us-east-1.amazonaws.com"},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
            "requestId": "r", "stage": "$default", "apiId": "x", "accountId": "0", "timeEpoch": round(time.time() * 1000),
        },
        "body": base64.b64encode(body).decode() if body else "",
        "isBase64Encoded": bool(body),
    }  # fmt: skip


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]):
    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return tell


def test_sizes(bundles: dict[str, Path], tell):
    for name, most in MAX_ZIPPED.items():
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(bundles[name].rglob("*")):
                archive.write(path, path.relative_to(bundles[name]))
        size = packed.getbuffer().nbytes
        unpacked = sum(path.stat().st_size for path in bundles[name].rglob("*") if path.is_file())
        tell(f"{name}: {size / MEGABYTE:.2f} MB zipped, {unpacked / MEGABYTE:.1f} MB unpacked")
        assert size <= most, name


def test_events(
    bundles: dict[str, Path], environment: dict[str, str], aws: Aws, tmp_path: Path, tell
):
    event = request("POST", "/v0/events", "name=marketing_events", EVENT)
    with running(
        bundles["events"],
        "martlet_functions.events.handler",
        environment=environment,
        folder=tmp_path,
    ) as function:
        answer = function.invoke(event)
        assert (answer["statusCode"], json.loads(answer["body"])) == (
            202,
            {"successful_rows": 1, "quarantined_rows": 0},
        )
        tell(
            f"events: ready after {function.init_s * 1000:.0f} ms, {function.peak_memory / MEGABYTE:.0f} MB"
        )
        assert (
            function.invoke(request("POST", "/v0/events", "name=none", EVENT))["statusCode"] == 404
        )
    (record,) = aws.records
    assert json.loads(record)["channel"] == "search"
    assert TOKEN not in (tmp_path / "function.log").read_text()


def test_query(
    bundles: dict[str, Path], environment: dict[str, str], aws: Aws, tmp_path: Path, tell
):
    with running(
        bundles["query"],
        "martlet_functions.query.handler",
        environment=environment,
        folder=tmp_path,
    ) as function:
        answer = function.invoke(request("GET", "/v0/pipes/total_events.json"))
        assert answer["statusCode"] == 200, answer
        assert json.loads(answer["body"])["data"] == [{"total_events": 42}]
        tell(
            f"query: ready after {function.init_s * 1000:.0f} ms, {function.peak_memory / MEGABYTE:.0f} MB"
        )
        assert function.invoke(request("GET", "/v0/health"))["statusCode"] == 200
        assert function.invoke(request("GET", "/v0/pipes/none.json"))["statusCode"] == 404
    assert "marketing_events" in aws.sql
    assert TOKEN not in (tmp_path / "function.log").read_text()


def test_jobs(bundles: dict[str, Path], environment: dict[str, str], tmp_path: Path, tell):
    with running(
        bundles["jobs"],
        "martlet_functions.jobs.handler",
        environment=environment,
        folder=tmp_path,
    ) as function:
        answer = function.invoke(request("GET", "/v0/jobs/01M7ZS2T143GS2JMGFSC4Y2MPD"))
        assert answer["statusCode"] == 404, answer
        assert "01M7ZS2T143GS2JMGFSC4Y2MPD" in str(answer["body"])
        tell(
            f"jobs: ready after {function.init_s * 1000:.0f} ms, {function.peak_memory / MEGABYTE:.0f} MB"
        )
    assert TOKEN not in (tmp_path / "function.log").read_text()
