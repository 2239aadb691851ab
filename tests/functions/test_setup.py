"""The custom resource of tokens: what a deployment does to values, digests and CloudFormation."""

import http.server
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from moto import mock_aws

from martlet.aws import names
from martlet.aws.clients import client
from martlet.aws.state import StateTable, state_of
from martlet.aws.token_items import COMMAND, PROJECT, StoredToken, TokenItems
from martlet.aws.token_sync import TokenSecret, refresh_token, sync_tokens
from martlet.aws.tokens import TokenTable
from martlet.errors import ConfigurationError, EngineError, NotFoundError, TokenError
from martlet.tokens import ADMIN_TOKEN_NAME
from martlet_functions import setup as function

TABLE = "shop-dev-tokens"
STATE = "shop-dev-state"
TABLES = ["events", "events_quarantine"]
READ = ("PIPES:READ", "total")
APPEND = ("DATASOURCES:APPEND", "events")
SOURCE = "TOKEN writer APPEND\n\nSCHEMA >\n    `id` UInt32 `json:$.id`\n"
PIPE = "TOKEN reader READ\n\nNODE n\nSQL >\n    SELECT count() AS n FROM events\n\nTYPE endpoint\n"


@pytest.fixture(scope="module")
def aws():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        yield lambda service: client(service, region="us-east-1")


@pytest.fixture
def items(aws):
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "digest", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "digest", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield TokenItems(dynamodb, TABLE)
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def secret(aws):
    """A secret as CloudFormation makes it: with a random password."""
    manager = aws("secretsmanager")
    arn = manager.create_secret(Name="shop-dev", SecretString="Kj2'random!")["ARN"]
    yield TokenSecret(manager, arn)
    manager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def sync(secret, items):
    def sync(**declared):
        return sync_tokens(
            {name: set(scopes) for name, scopes in declared.items()}, secret=secret, items=items
        )

    return sync


def stored(items: TokenItems) -> dict[str, StoredToken]:
    return {token.name: token for token in items}


class Failing:
    """A client whose n-th call that writes fails, as a process does that dies there."""

    def __init__(self, real, after: int) -> None:
        self.real, self.left = real, after

    def __getattr__(self, name: str):
        def call(**arguments):
            if name.startswith(("put", "delete")):
                if self.left == 0:
                    raise KeyboardInterrupt
                self.left -= 1
            return getattr(self.real, name)(**arguments)

        return call


# synchronisation


def test_a_new_stack_gets_the_admin_token_and_those_declared(sync, secret, items):
    synced = sync(writer=[APPEND], both=[APPEND, READ])
    values = secret.read()
    assert set(values) == {ADMIN_TOKEN_NAME, "writer", "both"} == set(synced.made)
    table = TokenTable(items._client, TABLE)
    assert table.find(values["both"]).scopes == {APPEND, READ}
    assert table.find(values["writer"]).scopes == {APPEND}
    assert table.find(values[ADMIN_TOKEN_NAME]).may(*READ)
    assert {token.origin for token in items} == {PROJECT}


def test_a_second_time_changes_nothing(sync, secret, items):
    sync(writer=[APPEND])
    before = secret.read(), set(items)
    synced = sync(writer=[APPEND])
    assert (synced.made, synced.removed) == ((), ())
    assert (secret.read(), set(items)) == before


def test_values_stay_while_scopes_change(sync, secret, items):
    sync(writer=[APPEND])
    values = secret.read()
    sync(writer=[APPEND, READ])
    assert secret.read() == values
    assert stored(items)["writer"].scopes == {APPEND, READ}


def test_a_token_that_is_declared_no_more_is_refused_and_comes_back_with_its_value(
    sync, secret, items
):
    sync(writer=[APPEND])
    values = secret.read()
    assert sync().removed == ("writer",)
    with pytest.raises(TokenError):
        TokenTable(items._client, TABLE).find(values["writer"])
    sync(writer=[APPEND])
    assert TokenTable(items._client, TABLE).find(values["writer"]).name == "writer"


def test_tokens_of_the_command_are_left_alone(sync, items):
    made = StoredToken.of_value("value", "mine", [READ], origin=COMMAND, created=1)
    items.put(made)
    sync(writer=[APPEND])
    sync()
    assert stored(items)["mine"] == made


def test_a_declaration_cannot_narrow_the_admin_token(sync, items):
    sync(**{ADMIN_TOKEN_NAME: [READ]})
    assert stored(items)[ADMIN_TOKEN_NAME].scopes == {("ADMIN", "")}


def test_a_value_that_its_owner_put_into_the_secret_takes_the_place_of_the_one_before(
    sync, secret, items
):
    sync(writer=[APPEND])
    before = secret.read()["writer"]
    secret.write({**secret.read(), "writer": "chosen"})
    sync(writer=[APPEND])
    table = TokenTable(items._client, TABLE)
    assert table.find("chosen").name == "writer"
    with pytest.raises(TokenError):
        table.find(before)


@pytest.mark.parametrize("after", range(6))
def test_a_crash_anywhere_loses_no_value_and_lets_no_unknown_one_in(sync, secret, items, after):
    sync(old=[READ], writer=[APPEND])
    before = secret.read()
    dying = {
        "secret": TokenSecret(Failing(secret._client, after), secret.arn),
        "items": TokenItems(Failing(items._client, max(after - 1, 0)), TABLE),
    }
    declared = {"writer": {APPEND, READ}, "new": {READ}, "newer": {READ}}
    try:
        sync_tokens(declared, **dying)
        died = False
    except KeyboardInterrupt:
        died = True
    assert died == (after < 5)
    values = secret.read()
    assert before.items() <= values.items()
    known = {StoredToken.of_value(v, "", (), origin="", created=0).digest for v in values.values()}
    assert {token.digest for token in items} <= known
    sync(**declared)
    again = secret.read()
    assert values.items() <= again.items()
    assert set(stored(items)) == {ADMIN_TOKEN_NAME, *declared}


def test_a_secret_that_was_overwritten_is_not_taken_for_a_new_one(sync, secret, items):
    sync(writer=[APPEND])
    before = set(items)
    secret._client.put_secret_value(SecretId=secret.arn, SecretString="oops")
    with pytest.raises(ConfigurationError, match="does not have the tokens' values any more"):
        sync(writer=[APPEND])
    with pytest.raises(ConfigurationError):
        refresh_token(stored(items)["writer"], secret=secret, items=items)
    assert set(items) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"a": 1}', '{"a": ""}', "password"])
def test_what_is_not_ours_in_a_new_secret_is_replaced(secret, sync, text):
    if text:
        secret._client.put_secret_value(SecretId=secret.arn, SecretString=text)
    assert secret.read() is None
    sync()
    assert set(secret.read()) == {ADMIN_TOKEN_NAME}


def test_a_secret_without_a_version_is_a_new_one(aws, items):
    manager = aws("secretsmanager")
    empty = TokenSecret(manager, manager.create_secret(Name="empty")["ARN"])
    sync_tokens({}, secret=empty, items=items)
    assert set(empty.read()) == {ADMIN_TOKEN_NAME}


def test_more_tokens_than_a_secret_holds_are_an_error_before_anything_changes(sync, secret, items):
    with pytest.raises(ConfigurationError, match="401 tokens are more than one secret holds"):
        sync(**{f"token{number}": [READ] for number in range(400)})
    assert (secret.read(), list(items)) == (None, [])


def test_all_values_of_a_workspace_name_it(sync, secret):
    import base64

    sync(writer=[APPEND])
    bodies = [value.split(".")[1] for value in secret.read().values()]
    decoded = [json.loads(base64.urlsafe_b64decode(body + "==")) for body in bodies]
    assert len({content["u"] for content in decoded}) == 1
    assert len({content["id"] for content in decoded}) == 2


@pytest.mark.parametrize("origin", [PROJECT, COMMAND])
def test_a_refreshed_token_has_another_value_and_is_otherwise_the_same(sync, secret, items, origin):
    sync(writer=[APPEND])
    items.put(
        StoredToken.of_value("v", "mine", [READ], origin=COMMAND, created=1, expires=9, rate=5)
    )
    token = stored(items)["writer" if origin == PROJECT else "mine"]
    value = refresh_token(token, secret=secret, items=items)
    now = stored(items)[token.name]
    assert now.digest != token.digest
    assert (now.scopes, now.origin, now.expires, now.rate, now.burst) == (
        token.scopes, token.origin, token.expires, token.rate, token.burst
    )  # fmt: skip
    assert secret.read().get(token.name) == (value if origin == PROJECT else None)
    assert len(list(items)) == 3
    assert sync(writer=[APPEND]).removed == ()


def test_a_missing_value_is_told_by_name(sync, secret):
    sync()
    with pytest.raises(NotFoundError, match="The secret has no token 'other'"):
        secret.value("other")


def test_errors_of_aws_name_the_call_and_no_value(aws):
    with pytest.raises(EngineError, match="ResourceNotFoundException"):
        list(TokenItems(aws("dynamodb"), "none"))
    with pytest.raises(EngineError, match="PutSecretValue") as raised:
        TokenSecret(aws("secretsmanager"), "none").write({"a": "the-value"})
    assert "the-value" not in str(raised.value)


# CloudFormation


class CloudFormation:
    """The server behind ResponseURL; it refuses the first `refusals` answers."""

    def __init__(self) -> None:
        self.answers: list[tuple[str | None, dict]] = []
        self.refusals = 0
        self.arrived = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if outer.refusals:
                    outer.refusals -= 1
                    self.send_response(503)
                else:
                    outer.answers.append((self.headers["content-type"], json.loads(body)))
                    self.send_response(200)
                    outer.arrived.set()
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer?X-Amz-Signature=signed"


@pytest.fixture
def cloudformation():
    made = CloudFormation()
    threading.Thread(target=made.server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def states(aws):
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=STATE,
        KeySchema=[{"AttributeName": "table", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "table", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield lambda: {item["table"]["S"]: state_of(item)
                   for item in dynamodb.scan(TableName=STATE)["Items"]}  # fmt: skip
    dynamodb.delete_table(TableName=STATE)


@pytest.fixture
def environment(monkeypatch, secret, items, states, write_project) -> Path:
    folder = write_project({"events.datasource": SOURCE, "total.pipe": PIPE})
    values = {
        "project": "shop",
        "stage": "dev",
        "region": "us-east-1",
        "folder": str(folder),
        "tokens_table": TABLE,
        "state_table": STATE,
        "tokens_secret": secret.arn,
    }
    for name, value in values.items():
        monkeypatch.setenv(names.variable(name), value)
    monkeypatch.setattr(function, "_PAUSES_S", (0, 0, 0))
    return folder


class Context:
    """What Lambda tells a function of itself."""

    def __init__(self, left_s: float = 60.0) -> None:
        self.left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left_s * 1000)


@pytest.fixture
def call(cloudformation):
    def call(kind: str = "Create", *, left_s: float = 60.0, **given) -> dict:
        event = {
            "RequestType": kind,
            "ResponseURL": cloudformation.url,
            "StackId": "arn:aws:cloudformation:us-east-1:1:stack/shop-dev/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Tokens",
            "ResourceType": "Custom::MartletTokens",
            "ResourceProperties": {"Tables": TABLES},
            **given,
        }
        function.handler(event, Context(left_s))
        ((content_type, answer),) = cloudformation.answers
        cloudformation.answers.clear()
        assert content_type == ""
        assert {k: answer[k] for k in ("StackId", "RequestId", "LogicalResourceId")} == {
            k: event[k] for k in ("StackId", "RequestId", "LogicalResourceId")
        }
        return answer

    return call


def test_create_and_update_answer_success_with_one_id_for_ever(call, environment, secret, items):
    created = call("Create")
    assert created["Status"] == "SUCCESS", created
    assert {name: token.scopes for name, token in stored(items).items()} == {
        ADMIN_TOKEN_NAME: {("ADMIN", "")},
        "writer": {APPEND},
        "reader": {READ},
    }
    (environment / "total.pipe").write_text(PIPE.replace("TOKEN reader READ\n", ""))
    updated = call("Update", PhysicalResourceId=created["PhysicalResourceId"])
    assert updated["Status"] == "SUCCESS"
    assert updated["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert set(stored(items)) == {ADMIN_TOKEN_NAME, "writer"}


def test_a_new_table_has_no_row_before_its_deployment(call, environment, states):
    call("Create")
    made = states()
    assert set(made) == set(TABLES)
    assert made["events"].columns == {"id"}
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert made["events"].first_day in (f"{yesterday}", f"{yesterday - timedelta(days=1)}")


def test_a_table_that_was_there_keeps_what_is_known_or_nothing(call, environment, states, aws):
    call("Create")
    aws("dynamodb").delete_item(TableName=STATE, Key={"table": {"S": "events"}})
    before = states()
    call("Update", OldResourceProperties={"Tables": TABLES})
    assert states() == before  # its rows may be of any day
    StateTable(aws("dynamodb"), STATE).cover("events", moment=10**18, days_ahead=9)
    before = states()
    call("Update", OldResourceProperties={"Tables": ["events_quarantine"]})
    assert states() == before


def test_delete_leaves_everything(call, environment, secret, items):
    created = call("Create")
    before = secret.read(), set(items)
    assert call("Delete", PhysicalResourceId=created["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert (secret.read(), set(items)) == before


def test_a_project_with_errors_fails_with_its_place(call, environment):
    (environment / "total.pipe").write_text(PIPE + "NONSENSE x\n")
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "total.pipe:" in answer["Reason"]


def test_a_deployment_that_tells_nothing_fails_with_the_name_of_what_is_missing(
    call, environment, monkeypatch
):
    monkeypatch.delenv("MARTLET_FOLDER")
    assert "MARTLET_FOLDER" in call()["Reason"]


def test_an_unknown_failure_is_answered_without_its_text(call, environment, monkeypatch):
    def fails(*_):
        raise RuntimeError("the-value")

    monkeypatch.setattr(function, "_set_up", fails)
    answer = call()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "Internal error (RuntimeError); see the function's log"


def test_time_that_runs_out_is_told_before_it_does(call, environment, monkeypatch, cloudformation):
    monkeypatch.setattr(function, "_set_up", lambda *_: cloudformation.arrived.wait(20))
    answer = call(left_s=3.2)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "The function ran out of time")


def test_an_answer_that_does_not_arrive_is_sent_again(call, environment, cloudformation):
    cloudformation.refusals = 3
    assert call()["Status"] == "SUCCESS"


def test_no_value_and_no_signed_url_is_logged_or_answered(
    call, environment, secret, caplog, capsys
):
    caplog.set_level(logging.DEBUG)
    answers = [call("Create"), call("Update")]
    (environment / "total.pipe").write_text("broken")
    answers.append(call("Update"))
    out, err = capsys.readouterr()
    said = f"{answers} {out} {err} {caplog.text}"
    assert "tokens made" in said
    assert "Signature" not in said
    assert not [name for name, value in secret.read().items() if value in said]
