import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)  # fmt: skip
from botocore.stub import Stubber

from martlet.aws.clients import client
from martlet.aws.firehose import (
    MAX_CALL_BYTES,
    MAX_CALL_RECORDS,
    MAX_RECORD_BYTES,
    MAX_RECORD_DOCUMENTS,
    Appended,
    FirehoseSink,
    pack,
)  # fmt: skip
from martlet.errors import EngineError
from martlet.ingest.lake import LakeRows


def document(number: int, size: int = 0) -> bytes:
    return json.dumps({"n": number, "x": "a" * size}).encode() + b"\n"


def rows(count: int, size: int = 0, refused: int = 0) -> LakeRows:
    """Rows of events 1, 2, ...; the refused ones come last."""
    numbers = range(1, count + 1)
    refused_numbers = range(count + 1, count + refused + 1)
    return LakeRows(
        [document(n, size) for n in numbers], numbers,
        [document(n) for n in refused_numbers], refused_numbers,
    )  # fmt: skip


class Clock:
    """A clock that goes on only by waiting, and by what calls take."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


Fault = Callable[[list[bytes]], object]


class Firehose:
    """Firehose as documented: takes records, or does what the next fault says."""

    def __init__(self, *faults: object, clock: Clock | None = None, takes_s: float = 0) -> None:
        self.faults = list(faults)
        self.calls: list[tuple[str, list[bytes]]] = []
        self.stored: dict[str, list[bytes]] = {}
        self.clock, self.takes_s = clock, takes_s
        self.real = client("firehose", region="us-east-1")
        self.exceptions = self.real.exceptions

    def put_record_batch(self, **call: Any) -> object:
        stream = call["DeliveryStreamName"]
        data = [record["Data"] for record in call["Records"]]
        self.calls.append((stream, data))
        if self.clock:
            self.clock.now += self.takes_s
        assert len(data) <= 500
        assert sum(map(len, data)) <= 4 * 1024 * 1024
        fault = self.faults.pop(0) if self.faults else ()
        if isinstance(fault, Exception):
            raise fault
        results = []
        for index, one in enumerate(data):
            if index in fault:
                results.append(
                    {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"}
                )
            else:
                self.stored.setdefault(stream, []).append(one)
                results.append({"RecordId": str(index)})
        return {"FailedPutCount": len(fault), "RequestResponses": results}

    def error(self, code: str, status: int) -> Exception:
        return self.exceptions.ClientError(
            {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
            "PutRecordBatch",
        )


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def append(
    firehose: Firehose, batch: LakeRows, *, seconds: float = 20, clock: Clock | None = None
) -> Appended:
    clock = clock or firehose.clock or Clock()
    sink = FirehoseSink(firehose, lambda table: f"p-dev-{table}", clock=clock, wait=clock.wait)
    return sink.append("events", "events_quarantine", batch, deadline=clock.now + seconds)


def message(appended: Appended) -> str:
    error = appended.error("events")
    assert isinstance(error, EngineError)
    return error.message


def throttles(firehose: Firehose, count: int) -> list[Exception]:
    return [firehose.error("ServiceUnavailableException", 503)] * count


def test_a_small_request_is_one_record():
    firehose = Firehose()
    batch = rows(3)
    appended = append(firehose, batch)
    assert firehose.calls == [("p-dev-events", [b"".join(batch.documents)])]
    assert (appended.rows.stored, appended.error("events")) == (3, None)


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, 0), (500, 10), (501, 10), (20, 100_000), (7, 890_000), (2, 950_000), (1100, 2000)],
)
def test_records_keep_every_limit_and_every_document(count: int, size: int):
    documents = rows(count, size).documents
    packed = list(pack(documents))
    assert b"".join(data for data, _, _ in packed) == b"".join(documents)
    assert [start for _, start, _ in packed] == [0, *(stop for _, _, stop in packed[:-1])]
    for data, start, stop in packed:
        assert stop - start <= MAX_RECORD_DOCUMENTS
        assert len(data) <= MAX_RECORD_BYTES or stop - start == 1


def test_sizes_are_counted_in_bytes_not_characters():
    documents = ["é".encode() * 300_000 + b"\n"] * 2
    assert [len(data) for data, _, _ in pack(documents)] == [600_001, 600_001]


def test_calls_keep_their_limits():
    firehose = Firehose()
    batch = rows(5000, 3000)
    assert append(firehose, batch).rows.stored == 5000
    assert len(firehose.calls) > 3
    for _, data in firehose.calls:
        assert len(data) <= MAX_CALL_RECORDS
        assert sum(map(len, data)) <= MAX_CALL_BYTES
    assert b"".join(firehose.stored["p-dev-events"]) == b"".join(batch.documents)


def test_only_failed_records_are_sent_again():
    clock = Clock()
    firehose = Firehose({0, 2}, {1}, clock=clock)
    batch = rows(2000)  # four records
    appended = append(firehose, batch)
    records = [data for data, _, _ in pack(batch.documents)]
    assert [data for _, data in firehose.calls] == [records, [records[0], records[2]], [records[2]]]
    assert (appended.rows.stored, appended.error("events")) == (2000, None)
    assert sorted(firehose.stored["p-dev-events"]) == sorted(records)
    assert 0.025 <= clock.waits[0] <= 0.05
    assert 0.05 <= clock.waits[1] <= 0.1


def test_throttled_calls_are_tried_until_the_deadline():
    clock = Clock()
    firehose = Firehose(clock=clock)
    firehose.faults = throttles(firehose, 1000)
    appended = append(firehose, rows(600), seconds=10)
    assert 95 <= clock.now <= 110
    assert len(firehose.calls) > 5
    assert message(appended) == (
        "0 of 600 rows for 'events' are stored; not stored: events 1-600 (Firehose: ServiceUnavailableException)"
    )
    assert appended.rows.failed() == 600


def test_what_is_told_is_what_is_stored():
    clock = Clock()
    firehose = Firehose({1}, *[{0}] * 1000, clock=clock)
    appended = append(firehose, rows(1400), seconds=3)
    assert message(appended) == (
        "900 of 1400 rows for 'events' are stored; not stored: events 501-1000 (Firehose: ServiceUnavailableException)"
    )
    assert b"".join(firehose.stored["p-dev-events"]).count(b"\n") == 900 == appended.rows.stored


def test_a_call_without_an_answer_may_have_stored_its_rows():
    clock = Clock()
    firehose = Firehose(clock=clock, takes_s=5)
    firehose.faults = [ReadTimeoutError(endpoint_url="x")] * 100
    appended = append(firehose, rows(3), seconds=9)
    assert message(appended) == (
        "0 of 3 rows for 'events' are stored; perhaps stored, the call got no answer: 1-3 (Firehose: ReadTimeoutError)"
    )


def test_rows_whose_second_call_is_answered_are_stored():
    firehose = Firehose(ReadTimeoutError(endpoint_url="x"))
    appended = append(firehose, rows(3))
    assert (appended.rows.stored, appended.error("events")) == (3, None)
    assert firehose.calls[0] == firehose.calls[1]  # so copies have the same __batch and __row


@pytest.mark.parametrize(
    ("fault", "is_sent_again", "is_unknown"),
    [
        (ConnectTimeoutError(endpoint_url="x"), True, False),
        (EndpointConnectionError(endpoint_url="x"), True, False),
        (ReadTimeoutError(endpoint_url="x"), True, True),
        (("InternalFailure", 500), True, True),
        (("ServiceUnavailableException", 503), True, False),
        (("ThrottlingException", 400), True, False),
        (("ResourceNotFoundException", 400), False, False),
        (("AccessDeniedException", 400), False, False),
        (NoCredentialsError(), False, False),
    ],
)
def test_each_fault_is_told_for_what_it_is(fault: object, is_sent_again: bool, is_unknown: bool):
    clock = Clock()
    firehose = Firehose(clock=clock)
    firehose.faults = [firehose.error(*fault) if isinstance(fault, tuple) else fault] * 100
    outcome = append(firehose, rows(3), seconds=2).rows
    assert (len(firehose.calls) > 1) == is_sent_again
    assert [list(numbers) for numbers in outcome.unknown] == ([[1, 2, 3]] if is_unknown else [])
    assert [list(numbers) for numbers in outcome.lost] == ([] if is_unknown else [[1, 2, 3]])


def test_no_call_is_begun_after_the_deadline():
    firehose = Firehose()
    appended = append(firehose, rows(3), seconds=0)
    assert firehose.calls == []
    assert "not stored: events 1-3 (there was no time left)" in message(appended)


def test_the_quarantine_comes_first():
    firehose = Firehose()
    appended = append(firehose, rows(2, refused=1))
    assert [name for name, _ in firehose.calls] == ["p-dev-events_quarantine", "p-dev-events"]
    assert (appended.rows.stored, appended.refused.stored) == (2, 1)


def test_without_the_quarantine_no_row_is_stored():
    clock = Clock()
    firehose = Firehose(clock=clock)
    firehose.faults = throttles(firehose, 1000)
    appended = append(firehose, rows(2, refused=1), seconds=1)
    assert {name for name, _ in firehose.calls} == {"p-dev-events_quarantine"}
    assert message(appended) == (
        "0 of 2 rows for 'events' are stored; 0 of 1 refused rows are in its quarantine; not stored: events 1-2;"
        " not stored: events 3 (Firehose: ServiceUnavailableException)"
    )


def test_a_request_may_have_refused_rows_only():
    firehose = Firehose()
    appended = append(firehose, rows(0, refused=2))
    assert [name for name, _ in firehose.calls] == ["p-dev-events_quarantine"]
    assert (appended.rows.stored, appended.refused.stored, appended.error("events")) == (0, 2, None)


def test_any_order_of_faults_loses_and_invents_nothing():
    chance = random.Random(7)
    for _ in range(150):
        clock = Clock()
        firehose = Firehose(clock=clock)
        firehose.faults = [
            chance.choice([
                (), {0}, {0, 1} if chance.random() < 0.5 else {0}, ReadTimeoutError(endpoint_url="x"),
                firehose.error("ServiceUnavailableException", 503),
            ])
            for _ in range(chance.randrange(8))
        ]  # fmt: skip
        firehose.put_record_batch = _in_range(firehose.put_record_batch, firehose)  # type: ignore[method-assign]
        batch = rows(chance.randrange(1, 2500), chance.choice([0, 2000]))
        outcome = append(firehose, batch, seconds=chance.choice([0.1, 30])).rows
        stored = [
            json.loads(line)["n"]
            for one in firehose.stored.get("p-dev-events", [])
            for line in one.splitlines()
        ]
        failed = {n for numbers in (*outcome.lost, *outcome.unknown) for n in numbers}
        assert len(stored) == len(set(stored)) == outcome.stored
        assert set(stored) | failed == set(batch.numbers)
        assert not set(stored) & failed


def _in_range(put: Callable[..., object], firehose: Firehose) -> Callable[..., object]:
    """Have a fault name only records that the call has."""

    def checked(**arguments: object) -> object:
        if firehose.faults and isinstance(firehose.faults[0], set):
            firehose.faults[0] = {i for i in firehose.faults[0] if i < len(arguments["Records"])}
        return put(**arguments)

    return checked


def test_the_call_has_the_shape_that_botocore_checks():
    real = client("firehose", region="us-east-1")
    with Stubber(real) as stub:
        expected = {"DeliveryStreamName": "p-dev-events", "Records": [{"Data": document(1)}]}
        answer = {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}]}
        stub.add_response("put_record_batch", answer, expected)
        sink = FirehoseSink(real, lambda table: f"p-dev-{table}", clock=lambda: 0.0)
        assert sink.put("events", [document(1)], [1], deadline=1).stored == 1
        stub.add_client_error("put_record_batch", "ResourceNotFoundException", http_status_code=400)
        outcome = sink.put("events", [document(1)], [1], deadline=1)
        assert (outcome.stored, outcome.reason) == (0, "Firehose: ResourceNotFoundException")
