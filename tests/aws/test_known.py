"""What queries know of rows: read from DynamoDB at once, in time, and never guessed."""

import pytest
from moto import mock_aws

from martlet.aws.clients import client
from martlet.aws.known import KnownRows
from martlet.aws.state import StateTable
from martlet.errors import EngineError
from martlet.files.project import load_project
from martlet.ingest.clocks import UNKNOWN_DAYS_AHEAD
from martlet.translate.tables import Partitions

NOON = 1_795_262_400 * 10**9  # 2026-11-21 12:00:00
UNKNOWN = Partitions(None, UNKNOWN_DAYS_AHEAD)
SOURCE = "SCHEMA >\n    `id` UInt8 `json:$.id`,\n    `n` UInt8 `json:$.n`\n"


@pytest.fixture
def dynamodb(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        made = client("dynamodb", region="eu-west-1")
        made.create_table(
            TableName="state", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "table", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "table", "AttributeType": "S"}],
        )  # fmt: skip
        yield made


@pytest.fixture
def make_project(write_project):
    return lambda *names: load_project(
        write_project({f"datasources/{name}.datasource": SOURCE for name in names})
    )


def test_without_an_item_no_day_is_left_out(dynamodb, make_project):
    known = KnownRows(dynamodb, "state", make_project("events"))()
    assert known.partitions == {"events": UNKNOWN, "events_quarantine": UNKNOWN}
    assert known.added == {}


def test_states_of_tables_and_quarantines_are_read(dynamodb, make_project):
    states = StateTable(dynamodb, "state")
    states.cover("events", moment=NOON, days_ahead=3, columns=["id", "n"])
    states.cover("events_quarantine", moment=NOON, days_ahead=0)
    known = KnownRows(dynamodb, "state", make_project("events", "others"))()
    assert known.partitions == {
        "events": Partitions("2026-11-20", 4), "events_quarantine": Partitions("2026-11-20", 1),
        "others": UNKNOWN, "others_quarantine": UNKNOWN,
    }  # fmt: skip
    assert known.added == {}


def test_columns_that_came_after_the_first_row_are_added(dynamodb, make_project):
    states = StateTable(dynamodb, "state")
    states.cover("events", moment=NOON, days_ahead=0, columns=["id"])
    StateTable(dynamodb, "state").cover("events", moment=NOON, days_ahead=5, columns=["id", "n"])
    known = KnownRows(dynamodb, "state", make_project("events"))()
    assert known.added == {"events": frozenset({"n"})}


def test_an_answer_is_kept_for_less_than_rows_take_to_arrive(dynamodb, make_project):
    now = [0.0]
    known = KnownRows(dynamodb, "state", make_project("events"), clock=lambda: now[0])
    assert known().partitions["events"] == UNKNOWN
    StateTable(dynamodb, "state").cover("events", moment=NOON, days_ahead=0)
    now[0] = 49.0
    assert known().partitions["events"] == UNKNOWN
    now[0] = 51.0
    assert known().partitions["events"].first_day == "2026-11-20"


def test_a_project_of_more_tables_than_a_call_takes(dynamodb, make_project):
    names = [f"t{number}" for number in range(60)]
    states = StateTable(dynamodb, "state")
    for name in names:
        states.cover(name, moment=NOON, days_ahead=0)
    known = KnownRows(dynamodb, "state", make_project(*names))()
    assert {known.partitions[name].first_day for name in names} == {"2026-11-20"}


def test_no_answer_is_told_and_not_guessed(dynamodb, make_project):
    dynamodb.delete_table(TableName="state")
    with pytest.raises(EngineError, match="ResourceNotFoundException"):
        KnownRows(dynamodb, "state", make_project("events"))()


def test_keys_that_dynamodb_left_out_are_asked_for_again(make_project):
    class Busy:
        def __init__(self):
            self.asked = []

        def batch_get_item(self, **arguments):
            keys = arguments["RequestItems"]["state"]["Keys"]
            self.asked.append(len(keys))
            item = {"table": keys[0]["table"], "first_day": {"S": "2026-01-01"}}
            left = {"state": {"Keys": keys[1:]}} if keys[1:] else {}
            return {"Responses": {"state": [item]}, "UnprocessedKeys": left}

    busy = Busy()
    known = KnownRows(busy, "state", make_project("a", "b"))()
    assert busy.asked == [4, 3, 2, 1]
    assert len(known.partitions) == 4
