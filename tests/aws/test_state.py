from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from martlet.aws.clients import client
from martlet.aws.state import StateTable, TableState
from martlet.errors import EngineError


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


NOON = at("2026-11-21 12:00:00")


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = client("dynamodb", region="us-east-1")
        made.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "table", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "table", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


class Counting:
    """A client that counts its calls and, if told so, fails."""

    def __init__(self, inner: object) -> None:
        self.inner = inner
        self.calls: list[str] = []
        self.is_down = False

    def __getattr__(self, name: str) -> object:
        def call(**arguments: object) -> object:
            self.calls.append(name)
            if self.is_down:
                raise EndpointConnectionError(endpoint_url="dynamodb")
            return getattr(self.inner, name)(**arguments)

        return call


def test_nothing_is_known_of_a_table_without_rows(dynamodb: object):
    assert StateTable(dynamodb, "state").read("events") == TableState(None, 0)


def test_a_day_of_slack_is_in_both_numbers(dynamodb: object):
    states = StateTable(dynamodb, "state")
    states.cover("events", moment=NOON, days_ahead=0)
    assert states.read("events") == TableState("2026-11-20", 1)


def test_numbers_only_widen(dynamodb: object):
    states = StateTable(dynamodb, "state")
    states.cover("events", moment=NOON, days_ahead=5)
    states.cover("events", moment=at("2026-11-25 00:00:00"), days_ahead=2)
    assert states.read("events") == TableState("2026-11-20", 6)
    states.cover("events", moment=at("2026-11-19 00:00:00"), days_ahead=7)
    assert states.read("events") == TableState("2026-11-18", 8)


def test_functions_side_by_side_keep_the_widest(dynamodb: object):
    first, second = StateTable(dynamodb, "state"), StateTable(dynamodb, "state")
    first.cover("events", moment=NOON, days_ahead=0)
    second.cover("events", moment=NOON, days_ahead=9)
    first.cover("events", moment=NOON, days_ahead=3)  # its copy says 1
    assert first.read("events") == TableState("2026-11-20", 10)


def test_a_function_asks_once(dynamodb: object):
    counting = Counting(dynamodb)
    states = StateTable(counting, "state")
    for day in (21, 22, 23):
        states.cover("events", moment=at(f"2026-11-{day} 12:00:00"), days_ahead=0)
    assert counting.calls == ["get_item", "update_item", "update_item", "get_item"]
    again = StateTable(counting, "state")
    counting.calls.clear()
    for day in (21, 22, 23):
        again.cover("events", moment=at(f"2026-11-{day} 12:00:00"), days_ahead=0)
    assert counting.calls == ["get_item"]


def test_without_dynamodb_only_what_is_known_goes_on(dynamodb: object):
    counting = Counting(dynamodb)
    states = StateTable(counting, "state")
    states.cover("events", moment=NOON, days_ahead=0)
    counting.is_down = True
    states.cover("events", moment=NOON, days_ahead=0)
    for table, ahead in (("events", 1), ("other", 0)):
        with pytest.raises(EngineError, match="nothing of the request was stored"):
            states.cover(table, moment=NOON, days_ahead=ahead)
    counting.is_down = False
    states.cover("events", moment=NOON, days_ahead=1)
    assert states.read("events") == TableState("2026-11-20", 2)


def test_a_missing_table_is_told_by_its_code(dynamodb: object):
    with pytest.raises(EngineError, match="DynamoDB: ResourceNotFoundException"):
        StateTable(dynamodb, "other").read("events")
