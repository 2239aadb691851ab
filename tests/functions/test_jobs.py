"""Uploads, from API Gateway's event over S3 to Firehose, in as many runs as it takes."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from tests.aws.test_firehose import Clock, Firehose

from martlet.api.http import Request
from martlet.aws.append_job import AppendJobs
from martlet.aws.clients import client
from martlet.aws.firehose import FirehoseSink
from martlet.aws.state import StateTable
from martlet.aws.token_items import COMMAND, StoredToken, TokenItems
from martlet.aws.tokens import TokenTable
from martlet.aws.uploads import Jobs, Objects
from martlet.files.project import load_project
from martlet_functions import jobs as function
from martlet_functions.jobs import Workspace

SOURCE = "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `name` String `json:$.name`\n"
CONTEXT = SimpleNamespace(
    function_name="shop-dev-jobs", memory_limit_in_mb=1024, aws_request_id="1",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:shop-dev-jobs",
    get_remaining_time_in_millis=lambda: 900_000,
)  # fmt: skip


class Lambda:
    """Takes events, which the test runs when it likes."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.is_down = False

    def invoke(self, **call: Any) -> object:
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="lambda")
        assert (call["FunctionName"], call["InvocationType"]) == ("shop-dev-jobs", "Event")
        self.events.append(json.loads(call["Payload"]))
        return {"StatusCode": 202}


class Deployment:
    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.seconds = [time.time()]
        self.dynamodb = client("dynamodb", region="us-east-1")
        self.s3 = client("s3", region="us-east-1", signature_version="s3v4")
        self.s3.create_bucket(Bucket="results")
        for name, key in (("tokens", "digest"), ("state", "table")):
            self.dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        for name in ("events", "other"):
            token = StoredToken.of_value(
                f"token-{name}", name, [("DATASOURCES:APPEND", name)], origin=COMMAND, created=1
            )
            TokenItems(self.dynamodb, "tokens").put(token)
        project = load_project(folder)
        self.firehose, self.invoker = Firehose(clock=self.clock), Lambda()
        sink = FirehoseSink(self.firehose, lambda t: t, clock=self.clock, wait=self.clock.wait)
        self.jobs = Jobs(self.dynamodb, "state", now=lambda: self.seconds[0])
        self.workspace = Workspace(
            project,
            TokenTable(self.dynamodb, "tokens"),
            AppendJobs(
                self.jobs,
                Objects(self.s3, "results", wait=self.clock.wait),
                project.datasources,
                sink,
                StateTable(self.dynamodb, "state"),
                wait=self.clock.wait,
                clock=self.clock,
            ),
            self.invoker,
            "shop-dev-jobs",
        )

    def __call__(
        self, method: str, target: str, token: str = "token-events"
    ) -> tuple[int, dict[str, Any]]:
        path, _, query = target.partition("?")
        request = Request(method, path, query, headers={"x-api-key": token})
        response = self.workspace.answer(request)
        return response.status, json.loads(response.body)

    def upload(self, content: bytes, query: str = "") -> str:
        status, made = self("POST", f"/v0/uploads?mode=append&name=events{query}")
        assert status == 200, made
        url = urlsplit(made["upload"]["url"])
        assert parse_qs(url.query)["X-Amz-Expires"] == ["3600"]
        assert url.path.endswith(f"/uploads/{made['id']}")
        self.s3.put_object(Bucket="results", Key=f"uploads/{made['id']}", Body=content)
        return str(made["id"])

    def run_all(self, seconds: float = 900) -> int:
        runs = 0
        while self.invoker.events:
            event = self.invoker.events.pop(0)
            runs += 1
            self.workspace.run(event["job"], f"run {runs}", time_left_s=seconds)
            assert runs < 50
        return runs


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    (tmp_path / "datasources").mkdir()
    for name in ("events", "other"):
        (tmp_path / "datasources" / f"{name}.datasource").write_text(SOURCE)
    with mock_aws():
        yield Deployment(tmp_path)


def test_an_upload_is_put_begun_and_followed(deployed: Deployment):
    job = deployed.upload(b"name,id\na,1\nb,x\n", "&format=csv")
    assert deployed("GET", f"/v0/jobs/{job}")[1]["status"] == "waiting"
    status, begun = deployed("POST", f"/v0/jobs/{job}/start")
    assert (status, begun["status"], begun["bytes_total"]) == (200, "working", 16)
    assert deployed.run_all() == 1
    status, done = deployed("GET", f"/v0/jobs/{job}")
    assert {key: done[key] for key in ("job_id", "kind", "status", "datasource", "successful_rows", "quarantined_rows", "quarantine_rows", "perhaps_twice_rows", "error", "bytes_stored")} == {
        "job_id": job, "kind": "import", "status": "done", "datasource": {"name": "events"},
        "successful_rows": 1, "quarantined_rows": 1, "quarantine_rows": 1, "perhaps_twice_rows": 0,
        "error": "There was an error with file contents: 1 row in quarantine.", "bytes_stored": 16,
    }  # fmt: skip
    (stored,) = deployed.firehose.stored["events"]
    row = json.loads(stored)
    assert (row["id"], row["name"], row["__batch"], row["__row"]) == (1, "a", f"{job}-0", 1)


def test_runs_call_each_other_until_the_file_is_over(deployed: Deployment, monkeypatch):
    from martlet.ingest.parts import read_parts

    monkeypatch.setattr(
        "martlet.aws.append_job.read_parts",
        lambda *given, **named: read_parts(*given, **named, size=500),
    )
    job = deployed.upload(
        b"".join(b'{"id": %d, "name": ""}\n' % n for n in range(300)), "&format=ndjson"
    )
    deployed.firehose.takes_s = 1
    deployed("POST", f"/v0/jobs/{job}/start")
    assert deployed.run_all(seconds=140) > 1
    done = deployed("GET", f"/v0/jobs/{job}")[1]
    assert (done["status"], done["successful_rows"], done["error"]) == ("done", 300, False)


@pytest.mark.parametrize(
    ("method", "target", "token", "status"),
    [
        ("POST", "/v0/uploads?mode=append&name=events", "none", 403),
        ("POST", "/v0/uploads?mode=append&name=events", "token-other", 403),
        ("POST", "/v0/uploads?mode=replace&name=events", "token-events", 501),
        ("POST", "/v0/uploads?mode=append&name=events&format=parquet", "token-events", 501),
        ("POST", "/v0/uploads?mode=append&name=events&dialect_quotechar='", "token-events", 501),
        ("POST", "/v0/uploads?mode=append&name=events&format=orc", "token-events", 400),
        ("POST", "/v0/jobs/JOB/start", "token-other", 403),
        ("GET", "/v0/jobs/JOB", "token-other", 403),
        ("GET", "/v0/jobs/none", "token-events", 404),
        ("GET", "/v0/jobs/JOB", "none", 403),
    ],
)
def test_what_is_not_allowed_or_there(
    deployed: Deployment, method: str, target: str, token: str, status: int
):
    job = deployed.upload(b"1,a\n") if "JOB" in target else ""
    assert deployed(method, target.replace("JOB", job), token)[0] == status
    assert deployed.invoker.events == []


def test_a_job_without_its_file_is_not_begun(deployed: Deployment):
    _, made = deployed("POST", "/v0/uploads?mode=append&name=events")
    status, answer = deployed("POST", f"/v0/jobs/{made['id']}/start")
    assert (status, "is not there" in answer["error"]) == (409, True)


def test_a_job_is_begun_once(deployed: Deployment):
    job = deployed.upload(b"1,a\n")
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 200
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 409
    deployed.run_all()
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 409
    assert len(deployed.firehose.calls) == 1


def test_a_job_whose_run_was_never_called_is_seen_and_begun_again(deployed: Deployment):
    job = deployed.upload(b"1,a\n")
    deployed.invoker.is_down = True
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 503
    deployed.invoker.is_down = False
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 200
    deployed.invoker.events.clear()  # lost on the way
    assert deployed("GET", f"/v0/jobs/{job}")[1]["is_stalled"] is False
    deployed.seconds[0] += 61
    assert deployed("GET", f"/v0/jobs/{job}")[1]["is_stalled"] is True
    assert deployed("POST", f"/v0/jobs/{job}/start")[0] == 200
    deployed.run_all()
    assert deployed("GET", f"/v0/jobs/{job}")[1]["status"] == "done"


def test_the_handler_tells_its_two_kinds_of_events_apart(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(function, "workspace", lambda name: deployed.workspace)
    job = deployed.upload(b"1,a\n")
    call = {
        "version": "2.0", "rawPath": f"/v0/jobs/{job}/start", "rawQueryString": "", "job": job,
        "headers": {"authorization": "Bearer token-events"},
        "requestContext": {"http": {"method": "POST", "path": f"/v0/jobs/{job}/start"}},
    }  # fmt: skip
    assert function.handler(call, CONTEXT)["statusCode"] == 200
    assert function.handler({"job": job}, CONTEXT) == {"status": "done"}
    assert function.handler({"job": job}, CONTEXT) == {}


def test_the_function_is_put_together_from_its_environment(
    deployed: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened: Callable[..., Workspace] = function.open_workspace
    environment = {
        "MARTLET_PROJECT": "shop", "MARTLET_STAGE": "dev", "MARTLET_REGION": "us-east-1",
        "MARTLET_FOLDER": str(tmp_path), "MARTLET_TOKENS_TABLE": "tokens",
        "MARTLET_STATE_TABLE": "state", "MARTLET_RESULTS_BUCKET": "results",
    }  # fmt: skip
    workspace = opened(environment, "shop-dev-jobs")
    request = Request(
        "POST", "/v0/uploads", "mode=append&name=events", headers={"x-api-key": "token-events"}
    )
    made = json.loads(workspace.answer(request).body)
    assert made["upload"]["url"].startswith("https://")
