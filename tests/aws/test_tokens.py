"""Tokens in DynamoDB: who is let in, for how long, how often, and what outages do to that."""

import hashlib
import itertools
import re
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from martlet.aws import tokens as module
from martlet.aws.clients import client
from martlet.aws.token_items import COMMAND, PROJECT, StoredToken, TokenItems
from martlet.aws.tokens import FRESH_S, GRACE_S, RETRY_S, TokenTable
from martlet.errors import EngineError, RateLimitError, TokenError

TABLE = "shop-dev-tokens"
READ = frozenset({("PIPES:READ", "total")})
START = 1_763_745_600.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Calls:
    """DynamoDB, with its calls counted; it fails while `error` is set."""

    def __init__(self, real) -> None:
        self.real, self.made, self.error = real, [], None

    def __getattr__(self, name: str):
        def call(**arguments):
            self.made.append((name, arguments))
            if self.error is not None:
                raise self.error
            return getattr(self.real, name)(**arguments)

        return call

    def count(self, name: str) -> int:
        return sum(made == name for made, _ in self.made)


@pytest.fixture(scope="module")
def aws():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        yield client("dynamodb", region="us-east-1")


@pytest.fixture
def dynamodb(aws):
    aws.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "digest", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "digest", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield Calls(aws)
    aws.delete_table(TableName=TABLE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def items(dynamodb) -> TokenItems:
    return TokenItems(dynamodb.real, TABLE)


@pytest.fixture
def table(dynamodb, clock) -> TokenTable:
    return TokenTable(dynamodb, TABLE, clock=clock)


@pytest.fixture
def put(items):
    """Store a token and return it."""

    def put(value: str, **given) -> StoredToken:
        values = {"name": "reader", "scopes": READ, "origin": COMMAND, "created": 1, **given}
        token = StoredToken.of_value(value, **values)
        items.put(token)
        return token

    return put


def outage() -> ClientError:
    return ClientError({"Error": {"Code": "InternalServerError", "Message": "down"}}, "GetItem")


# finding


def test_a_token_is_found_by_its_value_with_its_name_and_scopes(table, put):
    put("value")
    token = table.find("value")
    assert (token.name, token.scopes, dict(token.rate_headers)) == ("reader", READ, {})
    token.require("PIPES:READ", "total")
    with pytest.raises(
        TokenError, match=re.escape("The token 'reader' lacks the scope PIPES:READ:o")
    ):
        token.require("PIPES:READ", "o")


def test_the_table_holds_no_value(dynamodb, put):
    put("the-value", rate=3)
    (item,) = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert "the-value" not in str(item)
    assert item["digest"] == {"S": hashlib.sha256(b"the-value").hexdigest()}


@pytest.mark.parametrize("value", ["x", "ключ", "\ud800", "a" * 100_000, "value ", "VALUE", "\0"])
def test_other_values_are_refused_and_not_repeated(table, put, value):
    put("value")
    with pytest.raises(TokenError) as raised:
        table.find(value)
    assert str(raised.value) == "The token is not known in this workspace"
    assert raised.value.status == 403


@pytest.mark.parametrize("value", [None, ""])
def test_no_value_asks_nobody(table, dynamodb, value):
    with pytest.raises(TokenError, match="No token: send one as"):
        table.find(value)
    assert dynamodb.made == []


@pytest.mark.parametrize(
    "token",
    [
        StoredToken("d", "n", frozenset(), PROJECT, 1),
        StoredToken("d", "n", frozenset({("ADMIN", ""), ("PIPES:READ", "p")}), COMMAND, 1, 2, 3, 4),
        StoredToken("d", "n", frozenset({("DATASOURCES:READ", "e", "a = ':ü'")}), COMMAND, 1),
    ],
)
def test_items_are_read_as_they_were_written(token):
    assert StoredToken.of_item(token.as_item()) == token


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": {"L": [{"S": "EVERYTHING"}]}},
        {"scopes": {"S": "ADMIN"}},
        {"scopes": {"L": [{"S": "PIPES:READ:total:tenant = 1"}]}},
        {"expires": {"S": "soon"}},
    ],
)
def test_an_item_that_is_not_ours_lets_nobody_in(table, dynamodb, put, change):
    item = put("value").as_item()
    dynamodb.real.put_item(TableName=TABLE, Item={**item, **change})
    with pytest.raises(EngineError, match="An item in the table of tokens cannot be read"):
        table.find("value")


def test_filters_of_rows_are_found(table, put):
    put("value", scopes=READ | {("DATASOURCES:READ", "events", "tenant = 'a'")})
    token = table.find("value")
    assert token.filters == {"events": "tenant = 'a'"}
    assert token.scopes == READ | {("DATASOURCES:READ", "events")}


def test_all_tokens_are_listed_over_pages(items, put):
    made = {put(f"value {number}", name=f"n{number}" + "x" * 60_000).name for number in range(40)}
    assert {token.name for token in items} == made


# time


def test_an_answer_is_kept_for_a_minute(table, dynamodb, clock, put):
    put("value")
    for _ in range(3):
        table.find("value")
    clock.now += FRESH_S - 0.001
    table.find("value")
    assert dynamodb.count("get_item") == 1
    clock.now += 0.001
    table.find("value")
    assert dynamodb.count("get_item") == 2
    assert all(made["ConsistentRead"] for _, made in dynamodb.made)


def test_a_removed_token_is_refused_within_a_minute(table, clock, items, put):
    token = put("value")
    table.find("value")
    items.remove(token)
    clock.now += FRESH_S
    with pytest.raises(TokenError, match="not known"):
        table.find("value")


def test_changed_scopes_hold_within_a_minute(table, clock, items, put):
    token = put("value")
    table.find("value")
    items.put(replace(token, scopes=frozenset({("ADMIN", "")})))
    clock.now += FRESH_S
    assert table.find("value").may("DATASOURCES:APPEND", "any")


def test_a_refusal_is_kept_for_a_minute_too(table, dynamodb, clock, put):
    for _ in range(3):
        with pytest.raises(TokenError):
            table.find("value")
    assert dynamodb.count("get_item") == 1
    put("value")
    clock.now += FRESH_S
    assert table.find("value").name == "reader"


def test_expiry_is_exact_whatever_is_kept(table, dynamodb, clock, put):
    put("value", expires=int(START) + 30)
    clock.now += 29.999
    assert table.find("value")
    clock.now += 0.001
    with pytest.raises(TokenError, match="The token 'reader' has expired") as raised:
        table.find("value")
    assert raised.value.status == 403
    assert dynamodb.count("get_item") == 1


def test_trying_values_neither_fills_memory_nor_drives_out_tokens(
    table, dynamodb, put, monkeypatch
):
    monkeypatch.setattr(module, "MAX_CACHED", 10)
    put("value")
    table.find("value")
    for number in range(30):
        with pytest.raises(TokenError):
            table.find(f"guess {number}")
    assert (len(table._unknown), len(table._known)) == (10, 1)
    asked = dynamodb.count("get_item")
    table.find("value")
    assert dynamodb.count("get_item") == asked


def test_tokens_that_are_kept_have_a_bound(table, put, monkeypatch):
    monkeypatch.setattr(module, "MAX_CACHED", 3)
    for number in range(5):
        put(f"value {number}", name=f"n{number}")
        assert table.find(f"value {number}").name == f"n{number}"
    assert len(table._known) == 3


# outages


@pytest.mark.parametrize("error", [outage(), ConnectTimeoutError(endpoint_url="https://x")])
def test_a_token_goes_on_while_the_table_is_away_and_others_are_told_to_try_again(
    table, dynamodb, clock, put, error
):
    put("value")
    put("other")
    table.find("value")
    dynamodb.error = error
    clock.now += FRESH_S
    assert table.find("value").name == "reader"
    for value in ("other", "guess"):
        with pytest.raises(EngineError, match="Tokens cannot be looked up now") as raised:
            table.find(value)
        assert raised.value.status == 503
    clock.now = START + GRACE_S - 0.001
    assert table.find("value")
    clock.now = START + GRACE_S + RETRY_S
    with pytest.raises(EngineError):
        table.find("value")
    dynamodb.error = None
    assert table.find("value")


def test_an_outage_is_asked_about_once_in_a_while(table, dynamodb, clock, put):
    put("value")
    table.find("value")
    dynamodb.error = outage()
    clock.now += FRESH_S
    for _ in range(5):
        table.find("value")
    assert dynamodb.count("get_item") == 2
    clock.now += RETRY_S
    table.find("value")
    assert dynamodb.count("get_item") == 3


def test_a_refusal_that_is_old_is_not_trusted_in_an_outage(table, dynamodb, clock):
    with pytest.raises(TokenError):
        table.find("value")
    dynamodb.error = outage()
    with pytest.raises(TokenError):
        table.find("value")
    clock.now += FRESH_S
    with pytest.raises(EngineError):
        table.find("value")


# limits


def test_a_token_without_a_limit_costs_no_write(table, dynamodb, put):
    put("value")
    table.find("value")
    assert dynamodb.count("update_item") == 0


def spend(table: TokenTable, times: int) -> list[str]:
    """Make requests until one is refused; return what was left after each."""
    return [table.find("value").rate_headers["x-ratelimit-remaining"] for _ in range(times)]


def test_a_limit_lets_through_what_it_says_and_tells_the_rest(table, dynamodb, clock, put):
    put("value", rate=4)
    assert spend(table, 4) == ["3", "2", "1", "0"]
    with pytest.raises(RateLimitError) as raised:
        table.find("value")
    assert raised.value.status == 429
    assert str(raised.value) == (
        "The token 'reader' has made more than 4 requests in a second; try again in 1 s"
    )
    assert raised.value.headers == {
        "x-ratelimit-limit": "4",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1",
        "retry-after": "1",
    }
    # Four writes and none for the refusal: that nothing is left was known.
    assert dynamodb.count("update_item") == 4
    clock.now += 0.25
    assert spend(table, 1) == ["0"]
    with pytest.raises(RateLimitError):
        table.find("value")
    clock.now += 10
    assert spend(table, 4) == ["3", "2", "1", "0"]


def test_over_a_long_time_exactly_the_rate_goes_through(table, clock, put):
    put("value", rate=5)
    passed = 0
    for _ in range(400):
        clock.now += 0.05
        try:
            table.find("value")
        except RateLimitError:
            continue
        passed += 1
    assert passed in range(5 * 20, 5 * 20 + 5 + 1)


def test_waiting_as_told_is_enough(table, clock, put, items):
    token = put("value", rate=1)
    items.put(replace(token, burst=3))
    assert spend(table, 3) == ["2", "1", "0"]
    with pytest.raises(RateLimitError) as raised:
        table.find("value")
    clock.now += int(raised.value.headers["retry-after"])
    assert spend(table, 1) == ["0"]
    clock.now += int(table._known[token.digest].bucket.busy_until / 1e6 - clock.now) + 1
    assert spend(table, 3) == ["2", "1", "0"]


def test_functions_share_one_limit(dynamodb, clock, put):
    put("value", rate=10)
    tables = [TokenTable(dynamodb, TABLE, clock=clock) for _ in range(3)]
    for table in tables:
        table.find("value")
    passed, refused = 3, 0
    for table in itertools.islice(itertools.cycle(tables), 30):
        try:
            table.find("value")
            passed += 1
        except RateLimitError:
            refused += 1
    assert (passed, refused) == (10, 23)


def test_a_limited_token_that_is_removed_stays_removed(table, dynamodb, items, put):
    token = put("value", rate=10)
    table.find("value")
    items.remove(token)
    with pytest.raises(TokenError, match="not known"):
        table.find("value")
    assert dynamodb.real.scan(TableName=TABLE)["Items"] == []
    with pytest.raises(TokenError, match="not known"):
        table.find("value")


def test_an_outage_lets_known_tokens_pass_uncounted_for_a_moment(table, dynamodb, clock, put):
    put("value", rate=2)
    table.find("value")
    dynamodb.error = outage()
    for _ in range(5):
        assert table.find("value").rate_headers == {}
    assert dynamodb.count("update_item") == 2
    dynamodb.error = None
    clock.now += RETRY_S
    assert spend(table, 2) == ["1", "0"]


def test_an_item_that_dynamodb_throttles_is_over_its_limit(table, dynamodb, put):
    put("value", rate=500)
    table.find("value")
    dynamodb.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
    with pytest.raises(RateLimitError) as raised:
        table.find("value")
    assert raised.value.headers == {"retry-after": "1"}
