"""The proxy makes the faults that a test plans, each once, and nothing else."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from tests.cloud.faults import Proxy
from tests.cloud.web import Call, Reply, serving


class Firehose:
    """Takes every record."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def handle(self, call: Call) -> Reply:
        records = [base64.b64decode(r["Data"]) for r in json.loads(call.body)["Records"]]
        self.taken += records
        responses = [{"RecordId": str(index)} for index in range(len(records))]
        return Reply.json({"FailedPutCount": 0, "RequestResponses": responses})


class Caller:
    def __init__(self, address: str, proxy: Proxy, firehose: Firehose) -> None:
        self.faults, self.firehose = proxy.faults, firehose
        session = botocore.session.get_session()
        session.set_credentials("000000000000", "test")
        once = Config(retries={"total_max_attempts": 1})
        self.client = session.create_client(
            "firehose", region_name="us-east-1", endpoint_url=address, config=once
        )

    def put(self, *records: bytes) -> dict:
        return self.client.put_record_batch(
            DeliveryStreamName="s", Records=[{"Data": record} for record in records]
        )


@pytest.fixture
def caller() -> Iterator[Caller]:
    with ExitStack() as stack:
        firehose = Firehose()
        proxy = Proxy({"": stack.enter_context(serving(firehose))})
        yield Caller(stack.enter_context(serving(proxy)), proxy, firehose)


def plan(fault: str, **more) -> list[dict]:
    return [{"operation": "PutRecordBatch", "fault": fault, **more}]


def test_nothing_planned(caller: Caller):
    assert caller.put(b"a")["FailedPutCount"] == 0
    assert caller.firehose.taken == [b"a"]
    assert caller.faults.calls == {"PutRecordBatch": 1}


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (plan("throttle"), "ServiceUnavailableException", []),
        (plan("error", code="InternalFailure", status=503), "InternalFailure", []),
        (plan("refuse"), "", []),
        (plan("lost"), "", [b"a"]),
    ],
)
def test_failing_calls(caller: Caller, fault: list[dict], error: str, taken: list[bytes]):
    caller.faults.plan(fault)
    with pytest.raises(ClientError if error else ConnectionClosedError) as raised:
        caller.put(b"a")
    assert error in str(raised.value)
    assert caller.firehose.taken == taken
    assert caller.put(b"b")["FailedPutCount"] == 0
    assert caller.firehose.taken == [*taken, b"b"]


def test_duplicates(caller: Caller):
    caller.faults.plan(plan("twice"))
    assert caller.put(b"a")["FailedPutCount"] == 0
    assert caller.firehose.taken == [b"a", b"a"]


@pytest.mark.parametrize(
    ("more", "failed"),
    [
        ({}, [0, 2]),
        ({"positions": [1]}, [1]),
        ({"positions": [0, 1, 2]}, [0, 1, 2]),
        ({"text": "2"}, [2]),
    ],
)
def test_partial_failures(caller: Caller, more: dict, failed: list[int]):
    caller.faults.plan(plan("partial", **more))
    found = caller.put(b"0", b"1", b"2")
    assert found["FailedPutCount"] == len(failed)
    wrong = [i for i, response in enumerate(found["RequestResponses"]) if "ErrorCode" in response]
    assert wrong == failed
    assert caller.firehose.taken == [b"%d" % i for i in range(3) if i not in failed]
