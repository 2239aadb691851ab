"""JWTs on AWS: whom they let in, for how long, how often, and what the secret's outages do."""

import json

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from tests.aws.test_tokens import START, Calls, Clock, outage

from martlet.access import Grant
from martlet.aws.clients import client
from martlet.aws.rates import Counter
from martlet.aws.signed import ASK_AGAIN_S, FRESH_S, GRACE_S, SignedTokens
from martlet.aws.token_sync import TokenSecret
from martlet.aws.tokens import TokenTable
from martlet.errors import ConfigurationError, EngineError, RateLimitError, TokenError
from martlet.jwt import sign
from martlet.tokens import ADMIN_TOKEN_NAME, Names

READ = Grant("PIPES:READ", "total", fixed={"tenant": "a"})
ROWS = Grant("DATASOURCES:READ", "events", filter="tenant = 'a'")
WEB = {"name": "web", "expires": int(START) + 3600, "grants": [READ, ROWS]}


class Stage:
    """The tables and the secret of a deployment, and tokens signed for it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.dynamodb = Calls(client("dynamodb", region="us-east-1"))
        for name, key in (("tokens", "digest"), ("state", "table")):
            self.dynamodb.real.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        self.manager = Calls(client("secretsmanager", region="us-east-1"))
        self.secret = TokenSecret(
            self.manager, self.manager.real.create_secret(Name="values")["ARN"]
        )
        self.replace("the-key")

    def replace(self, value: str) -> None:
        self.secret.write({ADMIN_TOKEN_NAME: value, "other": "x"})

    def table(self) -> TokenTable:
        names = Names(lambda name: {"t_1": "events"}.get(name, name), {"events": 1})
        counter = Counter(self.dynamodb, "state", makes_items=True)
        signed = SignedTokens(lambda: self.secret, counter, names=names, clock=self.clock)
        return TokenTable(self.dynamodb, "tokens", signed=signed, names=names, clock=self.clock)

    def sign(self, key: str = "the-key", **changes) -> str:
        return sign(key, **{"workspace_id": self.secret.workspace_id, **WEB, **changes})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Stage()


@pytest.fixture
def table(stage: Stage) -> TokenTable:
    return stage.table()


def test_a_jwt_allows_what_stands_in_it(stage: Stage, table: TokenTable):
    token = table.find(stage.sign())
    assert token.name == "web"
    assert token.scopes == {("PIPES:READ", "total"), ("DATASOURCES:READ", "events")}
    assert dict(token.fixed["total"]) == {"tenant": "a"}
    assert token.filters == {"events": "tenant = 'a'"}
    assert not token.is_admin
    assert stage.dynamodb.made == []


def test_resources_may_be_named_by_their_ids(stage: Stage, table: TokenTable):
    token = table.find(stage.sign(grants=[Grant("DATASOURCES:READ", "t_1", filter="x = 1")]))
    assert token.filters == {"events": "x = 1"}


REFUSED = {
    "another key": ({"key": "another"}, "not signed with the workspace's admin token"),
    "another token of the secret": ({"key": "x"}, "not signed with the workspace's admin token"),
    "another workspace": ({"workspace_id": "other"}, "for another workspace"),
    "the end": ({"expires": int(START)}, "'web' has expired"),
    "a wide scope": ({"grants": [Grant("ADMIN")]}, "cannot have the scope ADMIN"),
    "a filter of nothing": (
        {"grants": [Grant("DATASOURCES:READ", "gone", filter="x = 1")]}, "does not exist",
    ),
    "more than can be counted": ({"rate": 501}, "up to 500 can be counted"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_jwts_that_are_refused(stage: Stage, table: TokenTable, kind: str):
    changes, message = REFUSED[kind]
    with pytest.raises(TokenError, match=message):
        table.find(stage.sign(**changes))
    assert table.find(stage.sign()).name == "web"


def test_a_jwt_ends_when_its_time_is_over(stage: Stage, table: TokenTable):
    value = stage.sign()
    table.find(value)
    stage.clock.now = WEB["expires"] - 0.001
    table.find(value)
    stage.clock.now = WEB["expires"]
    with pytest.raises(TokenError, match="has expired"):
        table.find(value)


def test_without_the_secret_jwts_are_refused(stage: Stage):
    with pytest.raises(TokenError, match="JWTs are not accepted"):
        TokenTable(stage.dynamodb, "tokens").find(stage.sign())


# the admin token's value


def test_the_secret_is_asked_once_a_minute(stage: Stage, table: TokenTable):
    for name in ("a", "b", "c"):
        table.find(stage.sign(name=name))
    stage.clock.now += FRESH_S - 0.001
    table.find(stage.sign())
    assert stage.manager.count("get_secret_value") == 1
    stage.clock.now += 0.001
    table.find(stage.sign())
    assert stage.manager.count("get_secret_value") == 2


def test_jwts_end_with_the_admin_token_that_has_signed_them(stage: Stage, table: TokenTable):
    before, after = stage.sign(), stage.sign("newer")
    table.find(before)
    stage.replace("newer")
    stage.clock.now += ASK_AGAIN_S
    assert table.find(after).name == "web"  # at once, and not when the minute is over
    with pytest.raises(TokenError, match="not signed"):
        table.find(before)


def test_a_replaced_admin_token_ends_within_a_minute(stage: Stage, table: TokenTable):
    value = stage.sign()
    table.find(value)
    stage.replace("newer")
    stage.clock.now += FRESH_S
    with pytest.raises(TokenError, match="not signed"):
        table.find(value)


def test_who_tries_signatures_does_not_make_the_secret_be_asked(stage: Stage, table: TokenTable):
    for number in range(50):
        with pytest.raises(TokenError):
            table.find(stage.sign(f"guess {number}"))
    assert stage.manager.count("get_secret_value") == 1


def test_an_outage_of_the_secret(stage: Stage, table: TokenTable):
    value = stage.sign(expires=int(START) + 10_000)
    stage.manager.error = outage()
    with pytest.raises(EngineError):
        table.find(value)
    stage.manager.error = None
    table.find(value)
    stage.manager.error = outage()
    stage.clock.now += GRACE_S - 0.001
    assert table.find(value).name == "web"
    stage.clock.now += ASK_AGAIN_S
    for _ in range(2):
        with pytest.raises(EngineError):
            table.find(value)
    stage.manager.error = None
    assert table.find(value).name == "web"


@pytest.mark.parametrize("content", ["{}", json.dumps({"other": "x"})])
def test_a_secret_without_the_admin_token(stage: Stage, content: str):
    stage.manager.real.put_secret_value(SecretId=stage.secret.arn, SecretString=content)
    for key in ("", "the-key"):
        with pytest.raises(ConfigurationError, match="no value of the admin token"):
            stage.table().find(stage.sign(key))


# limits


def remaining(table: TokenTable, value: str, times: int) -> list[str]:
    return [table.find(value).rate_headers["x-ratelimit-remaining"] for _ in range(times)]


def test_requests_of_one_name_are_counted_together_in_all_functions(stage: Stage):
    tables = [stage.table() for _ in range(3)]
    values = [stage.sign(rate=3), stage.sign(rate=3, expires=WEB["expires"] + 1)]
    assert remaining(tables[0], values[0], 2) == ["2", "1"]
    assert remaining(tables[1], values[1], 1) == ["0"]
    with pytest.raises(RateLimitError) as caught:
        tables[2].find(values[0])
    assert caught.value.headers["retry-after"] == "1"
    assert remaining(tables[2], stage.sign(name="another", rate=3), 1) == ["2"]
    stage.clock.now += 1
    assert remaining(tables[2], values[0], 1) == ["2"]


def test_counters_are_items_that_expire_and_are_no_tokens(stage: Stage, table: TokenTable):
    table.find(stage.sign(rate=3))
    (item,) = stage.dynamodb.real.scan(TableName="state")["Items"]
    assert item["table"]["S"].startswith("jwt/")
    assert START < int(item["expires"]["N"]) < START + 3 * 86_400
    assert stage.dynamodb.real.scan(TableName="tokens")["Items"] == []


def test_an_outage_of_the_table_lets_jwts_pass_uncounted(stage: Stage, table: TokenTable):
    stage.dynamodb.error = ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")
    for _ in range(10):
        assert dict(table.find(stage.sign(rate=3)).rate_headers) == {}
    assert stage.dynamodb.count("update_item") == 1
