"""`POST /v0/events` from API Gateway's event to what lies in S3, and to what the client is told."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import zstandard
from moto import mock_aws
from tests.aws.test_firehose import Clock, Firehose, throttles

from martlet.api.http import Request
from martlet.aws.clients import client
from martlet.aws.firehose import FirehoseSink
from martlet.aws.idempotency import KeyTable
from martlet.aws.state import StateTable, TableState
from martlet.aws.token_items import COMMAND, StoredToken, TokenItems
from martlet.aws.tokens import TokenTable
from martlet.files.project import load_project
from martlet_functions import events as function
from martlet_functions.events import Workspace

EVENT = json.loads((Path(__file__).parent.parent / "events" / "http_api_v2_post.json").read_text())
SOURCE = """
SCHEMA >
    `Timestamp` DateTime `json:$.timestamp`,
    `id` UInt64 `json:$.id`,
    `tags` Array(String) `json:$.tags[:]` DEFAULT []

ENGINE "MergeTree"
ENGINE_PARTITION_KEY "toYYYYMM(Timestamp)"
ENGINE_SORTING_KEY "id"
"""
DERIVED = "SCHEMA >\n    `n` UInt64\n"
TOKEN = "p.secret+value"
NOW = 1_795_273_514_000_000_000  # 2026-11-21 15:05:14
CONTEXT = SimpleNamespace(
    function_name="shop-dev-events", memory_limit_in_mb=512, aws_request_id="1",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:shop-dev-events",
    get_remaining_time_in_millis=lambda: 30_000,
)  # fmt: skip

Send = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "datasources").mkdir()
    (tmp_path / "datasources" / "events.datasource").write_text(SOURCE)
    (tmp_path / "datasources" / "totals.datasource").write_text(DERIVED)
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        dynamodb = client("dynamodb", region="us-east-1")
        for name, key in (("tokens", "digest"), ("state", "table")):
            dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        scopes = [("DATASOURCES:APPEND", name) for name in ("events", "totals")]
        token = StoredToken.of_value(TOKEN, "writer", scopes, origin=COMMAND, created=1)
        TokenItems(dynamodb, "tokens").put(token)
        yield lambda service: client(service, region="us-east-1")


class Function:
    """The function's workspace over a Firehose that fails as it is told."""

    def __init__(self, folder: Path, aws: Callable[[str], Any]) -> None:
        self.clock = Clock()
        self.firehose = Firehose(clock=self.clock)
        self.states = StateTable(aws("dynamodb"), "state")
        self.workspace = Workspace(
            load_project(folder),
            TokenTable(aws("dynamodb"), "tokens"),
            FirehoseSink(
                self.firehose, lambda table: table, clock=self.clock, wait=self.clock.wait
            ),
            self.states,
            KeyTable(
                aws("dynamodb"),
                "state",
                window_s=3600,
                clock=lambda: self.clock.now,
                wait=self.clock.wait,
            ),
            now=lambda: NOW,
        )

    def post(
        self, *lines: object, query: str = "name=events", **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        parts = {"headers": {"x-api-key": TOKEN}, "body": body.encode(), **changes}
        request = Request("POST", "/v0/events", query, **parts)
        response = self.workspace.answer(request, deadline=self.clock.now + 10)
        return response.status, json.loads(response.body)

    def stored(self, table: str) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for one in self.firehose.stored.get(table, [])
            for line in one.splitlines()
        ]


@pytest.fixture
def deployed(folder: Path, aws: Callable[[str], Any]) -> Function:
    return Function(folder, aws)


def event(number: int, timestamp: str = "2026-11-21 10:00:00") -> dict[str, object]:
    return {"timestamp": timestamp, "id": number}


def test_rows_are_acknowledged_when_firehose_has_them(deployed: Function):
    assert deployed.post(event(1), event(2)) == (202, {"successful_rows": 2, "quarantined_rows": 0})
    first, second = deployed.stored("events")
    assert {k: v for k, v in first.items() if k != "__batch"} == {
        "timestamp": "2026-11-21 10:00:00", "id": 1, "tags": [], "__ingested_at": NOW // 10**6, "__row": 1
    }  # fmt: skip
    assert first["__batch"] == second["__batch"]
    assert len(first["__batch"]) == 26


def test_refused_rows_are_in_the_quarantine(deployed: Function):
    status, answer = deployed.post(event(1), {"id": 2}, "no JSON", query="name=events&wait=true")
    assert (status, answer) == (200, {"successful_rows": 1, "quarantined_rows": 2})
    second, third = deployed.stored("events_quarantine")
    assert (second["c__error_column"], second["id"], second["__row"]) == (["Timestamp"], "2", 2)
    assert (third["c__raw"], third["__row"]) == ("no JSON", 3)


def test_a_repetition_with_a_key_is_put_once(deployed: Function):
    headers = {"x-api-key": TOKEN, "idempotency-key": "k"}
    first = deployed.post(event(1), {"id": 2}, headers=headers)
    assert deployed.post(event(1), {"id": 2}, headers=headers) == first
    assert (first[0], len(deployed.stored("events"))) == (202, 1)
    assert len(deployed.stored("events_quarantine")) == 1
    assert deployed.post(event(2), headers=headers)[0] == 422
    assert deployed.post(event(2), headers={"x-api-key": TOKEN})[0] == 202


def test_what_may_be_there_twice_has_the_same_batch_and_row(deployed: Function):
    headers = {"x-api-key": TOKEN, "idempotency-key": "k"}
    lost = deployed.firehose.error("InternalFailure", 500)
    events = [event(number) for number in range(3)]
    deployed.firehose.faults = [lost] * 50
    assert deployed.post(*events, headers=headers)[0] == 503
    deployed.firehose.faults = []
    assert deployed.post(*events, headers=headers)[0] == 202
    (kept,) = {row["__batch"] for row in deployed.stored("events")}
    assert deployed.post(*events, headers=headers)[0] == 202
    assert {row["__batch"] for row in deployed.stored("events")} == {kept}
    assert [row["__row"] for row in deployed.stored("events")] == [1, 2, 3]


def test_compressed_bodies_are_taken(deployed: Function):
    body = gzip.compress(json.dumps(event(1)).encode())
    headers = {"authorization": f"Bearer {TOKEN}", "content-encoding": "gzip"}
    status, _ = deployed.post(body=body, headers=headers)
    assert (status, len(deployed.stored("events"))) == (202, 1)


def test_a_body_that_grows_beyond_the_memory_is_refused(deployed: Function):
    body = gzip.compress(b" " * function.MAX_DECODED_BYTES + json.dumps(event(1)).encode())
    headers = {"x-api-key": TOKEN, "content-encoding": "gzip"}
    status, answer = deployed.post(body=body, headers=headers)
    assert (status, deployed.firehose.calls) == (413, [])
    assert "nothing of it was stored" in answer["error"]


CSV = "tags,id,Timestamp\n\"['a']\",1,2026-11-21 10:00:00\n,x,2026-11-21 10:00:00\n"


def test_a_file_is_stored_as_events_are(deployed: Function):
    request = Request(
        "POST",
        "/v0/datasources",
        "mode=append&name=events",
        headers={"x-api-key": TOKEN},
        body=CSV.encode(),
    )
    response = deployed.workspace.answer(request, deadline=deployed.clock.now + 10)
    answer = json.loads(response.body)
    assert (response.status, answer["successful_rows"], answer["quarantine_rows"]) == (200, 1, 1)
    (row,), (refused,) = deployed.stored("events"), deployed.stored("events_quarantine")
    assert (row["id"], row["tags"], row["__row"]) == (1, ["a"], 1)
    assert (refused["c__raw"], refused["__row"]) == (",x,2026-11-21 10:00:00", 2)


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("&format=parquet", b"PAR1", 501, "use `martlet append`"),
        ("&format=csv", b"id\n" + b"1\n" * 200, 413, "nothing is stored"),
    ],
    ids=["parquet", "many short rows"],
)
def test_files_that_are_not_for_a_function(
    deployed: Function,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    body: bytes,
    status: int,
    said: str,
):
    monkeypatch.setattr(function, "MAX_DECODED_BYTES", 1000)
    request = Request(
        "POST",
        "/v0/datasources",
        f"mode=append&name=events{query}",
        headers={"x-api-key": TOKEN},
        body=body,
    )
    response = deployed.workspace.answer(request, deadline=deployed.clock.now + 10)
    assert (response.status, said in response.body.decode(), deployed.firehose.calls) == (
        status,
        True,
        [],
    )


def test_zstd_is_read_with_pythons_own_library_where_zstandard_is_not(
    deployed: Function, monkeypatch: pytest.MonkeyPatch
):
    body = zstandard.compress(json.dumps(event(1)).encode())
    headers = {"x-api-key": TOKEN, "content-encoding": "zstd"}
    monkeypatch.setitem(sys.modules, "zstandard", None)
    status, answer = deployed.post(body=body, headers=headers)
    assert (status, answer["error"]) == (
        400,
        "Content-Encoding zstd is not supported here; use gzip",
    )
    own = ModuleType("compression.zstd")  # as in Python 3.14
    own.ZstdDecompressor = lambda: zstandard.ZstdDecompressor().decompressobj()  # type: ignore[attr-defined]
    own.ZstdError = zstandard.ZstdError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "compression", ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", own)
    assert deployed.post(body=body, headers=headers)[0] == 202


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {}}, 403),
        ({"headers": {"x-api-key": "other"}}, 403),
        ({"query": "name=unknown"}, 403),
        ({"query": ""}, 400),
        ({"body": b""}, 400),
        ({"query": "name=totals"}, 400),
        ({"headers": {"x-api-key": TOKEN, "content-encoding": "lzma"}}, 400),
    ],
)
def test_a_wrong_request_stores_nothing(deployed: Function, changes: dict[str, Any], status: int):
    assert deployed.post(event(1), **changes)[0] == status
    assert deployed.firehose.calls == []


def test_the_client_is_told_what_is_stored(deployed: Function):
    deployed.firehose.faults = [{1}, *throttles(deployed.firehose, 1000)]
    status, answer = deployed.post(*map(event, range(1, 701)))
    assert status == 503
    assert "500 of 700 rows for 'events' are stored; not stored: events 501-700" in answer["error"]
    assert [row["id"] for row in deployed.stored("events")] == list(range(1, 501))


def test_the_state_covers_rows_before_they_are_put(deployed: Function):
    seen: list[TableState] = []
    put = deployed.firehose.put_record_batch
    deployed.firehose.put_record_batch = lambda **call: (  # type: ignore[method-assign]
        seen.append(deployed.states.read(call["DeliveryStreamName"])),
        put(**call),
    )[1]
    deployed.post(event(1), event(2, "2026-11-25 00:00:00"), "x")
    columns = frozenset({"Timestamp", "id", "tags"})
    assert seen == [TableState("2026-11-20", 1), TableState("2026-11-20", 5, columns)]


def test_without_the_state_nothing_is_put(deployed: Function, aws: Callable[[str], Any]):
    deployed.post(event(1))
    aws("dynamodb").delete_table(TableName="state")
    assert deployed.post(event(2))[0] == 202  # the state is known and covers it
    status, answer = deployed.post(event(3, "2026-12-31 00:00:00"))
    assert status == 503
    assert "nothing of the request was stored" in answer["error"]
    assert [row["id"] for row in deployed.stored("events")] == [1, 2]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def send(
    folder: Path, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Send]:
    """Call the handler as Lambda does, with streams that write to S3."""
    environment = {
        "MARTLET_PROJECT": "shop", "MARTLET_STAGE": "dev", "MARTLET_REGION": "us-east-1",
        "MARTLET_FOLDER": str(folder), "MARTLET_TOKENS_TABLE": "tokens", "MARTLET_STATE_TABLE": "state",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    aws("s3").create_bucket(Bucket="lake")
    for table in ("events", "events_quarantine"):
        aws("firehose").create_delivery_stream(
            DeliveryStreamName=f"shop.dev.{table}",
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::123456789012:role/firehose",
                "BucketARN": "arn:aws:s3:::lake", "Prefix": f"{table}/",
            },
        )  # fmt: skip
    function.workspace.cache_clear()
    yield lambda **changes: function.handler({**EVENT, **changes}, CONTEXT)
    function.workspace.cache_clear()


def test_an_event_of_api_gateway_ends_in_s3(
    send: Send, aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
):
    now = {**EVENT["requestContext"], "timeEpoch": int(time.time() * 1000)}
    answer = send(requestContext=now)
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"successful_rows": 1, "quarantined_rows": 0}
    (found,) = aws("s3").list_objects_v2(Bucket="lake")["Contents"]
    row = json.loads(aws("s3").get_object(Bucket="lake", Key=found["Key"])["Body"].read())
    assert (row["id"], row["__batch"]) == (1, answer["headers"]["x-request-id"])
    printed = capsys.readouterr().out
    assert "secret" not in printed
    (metrics,) = [line for line in lines(printed) if "_aws" in line]
    assert {k: v for k, v in metrics.items() if k != "_aws"} == {
        "datasource": "events", "service": "events", "AcceptedRows": [1.0], "QuarantinedRows": [0.0],
        "FailedRows": [0.0], "StoredBytes": [float(len(json.dumps(row, separators=(",", ":"))) + 1)],
        "RepeatedCalls": [0.0],
    }  # fmt: skip


def test_the_function_loads_neither_engine_nor_translator():
    code = (
        "import sys, martlet_functions.events;"
        "print([m for m in ('chdb', 'martlet.translate', 'sqlglot', 'boto3', 'aws_xray_sdk') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ}
    )
    assert done.stdout.strip() == "[]"
