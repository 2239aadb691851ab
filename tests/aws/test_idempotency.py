"""Keys of requests in DynamoDB: moto evaluates the conditions as DynamoDB does."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from tests.aws.test_firehose import Clock

from martlet.aws.clients import client
from martlet.aws.idempotency import LEASE_S, WAIT_S, KeyTable
from martlet.errors import EngineError, IdempotencyError, MartletError, RequestError
from martlet.idempotency import Key
from martlet.ingest.sinks import Appended

WINDOW_S = 3600
DONE = Appended(2, 1)


def key(name: str = "k", body: str = "body", note: str = "202") -> Key:
    return Key(name.encode(), body.encode(), note.encode())


class Stream:
    """What requests are put into: notes the batches."""

    def __init__(self, *outcomes: Appended | BaseException) -> None:
        self.batches: list[str] = []
        self._outcomes = list(outcomes)

    def put(self, batch: str) -> Appended:
        self.batches.append(batch)
        outcome = self._outcomes.pop(0) if self._outcomes else DONE
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        found = client("dynamodb", region="us-east-1")
        found.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "table", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "table", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_table(dynamodb: Any, clock: Clock) -> Callable[..., KeyTable]:
    def open_one(found: Any = None) -> KeyTable:
        return KeyTable(found or dynamodb, "state", window_s=WINDOW_S, clock=clock, wait=clock.wait)

    return open_one


def test_a_repetition_has_the_first_outcome(open_table: Callable[..., KeyTable]):
    stream, again = Stream(), key(note="200")
    assert open_table().run(key(), "first", stream.put) == DONE
    assert open_table().run(again, "second", stream.put) == DONE
    assert (again.is_replayed, again.note, stream.batches) == (True, b"202", ["first"])


def test_another_request_with_the_key_is_refused(open_table: Callable[..., KeyTable]):
    stream = Stream()
    open_table().run(key(), "first", stream.put)
    with pytest.raises(IdempotencyError):
        open_table().run(key(body="another"), "second", stream.put)
    assert stream.batches == ["first"]


def test_a_window_ends(open_table: Callable[..., KeyTable], clock: Clock):
    stream, later = Stream(), key(body="another")
    open_table().run(key(), "first", stream.put)
    clock.now += WINDOW_S + 1
    open_table().run(later, "second", stream.put)
    assert (later.is_replayed, stream.batches) == (False, ["first", "second"])


def test_what_stored_nothing_frees_the_key(open_table: Callable[..., KeyTable]):
    stream = Stream(RequestError("no events"))
    with pytest.raises(RequestError):
        open_table().run(key(), "first", stream.put)
    assert open_table().run(key(body="another"), "second", stream.put) == DONE
    assert stream.batches == ["first", "second"]


def test_what_may_be_stored_is_sent_again_as_the_same_batch(open_table: Callable[..., KeyTable]):
    stream = Stream(EngineError("1 of 2 rows are stored"))
    with pytest.raises(EngineError):
        open_table().run(key(), "first", stream.put)
    with pytest.raises(IdempotencyError):
        open_table().run(key(body="another"), "second", stream.put)
    again = key()
    assert open_table().run(again, "third", stream.put) == DONE
    assert (again.is_replayed, stream.batches) == (False, ["first", "first"])
    assert open_table().run(key(), "fourth", stream.put) == DONE
    assert stream.batches == ["first", "first"]


class Killed(BaseException):
    """The function ends: nothing of it runs any more."""


def test_a_function_that_ended_without_an_outcome_is_followed_by_the_same_batch(
    open_table: Callable[..., KeyTable], clock: Clock
):
    stream = Stream(Killed())
    with pytest.raises(Killed):
        open_table().run(key(), "first", stream.put)
    started = clock.now
    with pytest.raises(EngineError, match="under way"):
        open_table().run(key(), "second", stream.put)
    assert clock.now - started == pytest.approx(WAIT_S, abs=0.5)
    clock.now = started + LEASE_S
    assert open_table().run(key(), "third", stream.put) == DONE
    assert stream.batches == ["first", "first"]


def test_who_comes_while_the_first_is_under_way_waits_for_it(
    open_table: Callable[..., KeyTable], dynamodb: Any, clock: Clock
):
    stream, second = Stream(), key()
    has_begun, may_end, is_waiting = threading.Event(), threading.Event(), threading.Event()

    def put(batch: str) -> Appended:
        has_begun.set()  # the key is noted by now
        assert may_end.wait(10)
        return stream.put(batch)

    def wait(seconds: float) -> None:
        is_waiting.set()
        first.result(10)  # while it sleeps, the first one ends

    waiting = KeyTable(dynamodb, "state", window_s=WINDOW_S, clock=clock, wait=wait)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(open_table().run, key(), "first", put)
        assert has_begun.wait(10)
        repeated = pool.submit(waiting.run, second, "second", stream.put)
        assert is_waiting.wait(10)
        may_end.set()
        assert repeated.result(10) == DONE
    assert (second.is_replayed, stream.batches) == (True, ["first"])


def test_without_dynamodb_nothing_is_put(open_table: Callable[..., KeyTable]):
    class Down:
        def update_item(self, **call: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    stream = Stream()
    with pytest.raises(EngineError, match="with the same key"):
        open_table(Down()).run(key(), "first", stream.put)
    assert stream.batches == []


def test_an_outcome_that_cannot_be_noted_is_not_acknowledged(
    open_table: Callable[..., KeyTable], dynamodb: Any
):
    class Failing:
        def __init__(self) -> None:
            self.calls = 0

        def update_item(self, **call: object) -> object:
            self.calls += 1
            if self.calls == 2:
                raise EndpointConnectionError(endpoint_url="https://dynamodb")
            return dynamodb.update_item(**call)

    stream = Stream()
    with pytest.raises(EngineError):
        open_table(Failing()).run(key(), "first", stream.put)
    assert stream.batches == ["first"]


@pytest.mark.parametrize("error", [RequestError("no"), EngineError("perhaps")], ids=["4xx", "5xx"])
def test_an_item_is_gone_some_time_after_its_window(
    open_table: Callable[..., KeyTable], dynamodb: Any, clock: Clock, error: MartletError
):
    open_table().run(key("done"), "first", Stream().put)
    with pytest.raises(type(error)):
        open_table().run(key("failed"), "second", Stream(error).put)
    items = dynamodb.scan(TableName="state")["Items"]
    assert len(items) == 2
    for item in items:
        assert clock.now <= float(item["expires"]["N"]) <= clock.now + WINDOW_S
