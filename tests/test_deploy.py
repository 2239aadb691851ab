"""`martlet token` and `martlet deploy`: what they ask AWS and the CDK for, and what they say."""

import json
import os
import re
import stat
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from moto import mock_aws
from tests.server.conftest import write_files
from tests.server.process import run

from martlet.aws.clients import client
from martlet.aws.names import (
    TOKENS_SECRET_OUTPUT,
    TOKENS_TABLE_OUTPUT,
    URL_OUTPUT,
    project_name,
    stack_name,
)
from martlet.aws.token_items import TokenItems
from martlet.aws.token_sync import TokenSecret, sync_tokens
from martlet.aws.tokens import TokenTable
from martlet.cli import main
from martlet.deploy import CDK, cdk_command, read_context
from martlet.errors import ConfigurationError, RateLimitError, TokenError
from martlet.tokens import ADMIN_TOKEN_NAME

REGION = "eu-west-1"
TABLE = "shop-dev-tokens"
WHERE = ["--project", "shop", "--stage", "dev", "--region", REGION]
FILES = {
    "datasources/events.datasource": "TOKEN writer APPEND\n\n"
    "SCHEMA >\n    id UInt64 `json:$.id`\n\nENGINE_SORTING_KEY id\n",
    "pipes/total.pipe": "NODE n\nSQL >\n    SELECT count() AS c FROM events\nTYPE endpoint\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_files(tmp_path / "Our shop", FILES)


@pytest.fixture
def no_aws(monkeypatch, tmp_path):
    """An environment without any AWS configuration."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws(stacks):
    """An account with the stack `shop-dev`, as it is after a deployment."""
    with mock_aws():
        dynamodb = client("dynamodb", region=REGION)
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "digest", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "digest", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        manager = client("secretsmanager", region=REGION)
        arn = manager.create_secret(Name="shop-dev")["ARN"]
        outputs = {
            URL_OUTPUT: "https://x.execute-api.eu-west-1.amazonaws.com",
            TOKENS_TABLE_OUTPUT: TABLE,
            TOKENS_SECRET_OUTPUT: arn,
        }
        stacks[stack_name("shop", "dev")] = outputs
        items, secret = TokenItems(dynamodb, TABLE), TokenSecret(manager, arn)
        sync_tokens({"writer": {("DATASOURCES:APPEND", "events")}}, secret=secret, items=items)
        yield items, secret


class Stacks:
    """CloudFormation, as far as stacks are described: name -> outputs."""

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, str]] = {}
        self.columns: dict[str, str] = {}  # of the table of events, as it was deployed last
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                sent = dict(parse_qsl(self.rfile.read(length).decode()))
                told = outer.template if sent["Action"] == "GetTemplate" else outer.describe
                status, body = told(sent["StackName"])
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def describe(self, name: str) -> tuple[int, str]:
        if name not in self.outputs:
            said = f"Stack with id {name} does not exist"
            code = "<Type>Sender</Type><Code>ValidationError</Code>"
            return (
                400,
                f"<ErrorResponse><Error>{code}<Message>{said}</Message></Error></ErrorResponse>",
            )
        members = "".join(
            f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for key, value in self.outputs[name].items()
        )
        stack = f"<member><StackName>{name}</StackName><Outputs>{members}</Outputs></member>"
        result = f"<DescribeStacksResult><Stacks>{stack}</Stacks></DescribeStacksResult>"
        return 200, f"<DescribeStacksResponse>{result}</DescribeStacksResponse>"

    def template(self, name: str) -> tuple[int, str]:
        columns = [{"Name": name, "Comment": kind} for name, kind in self.columns.items()]
        table = {"Name": "events", "StorageDescriptor": {"Columns": columns}}
        resource = {"Type": "AWS::Glue::Table", "Properties": {"TableInput": table}}
        body = json.dumps({"Resources": {"Table": resource} if columns else {}})
        result = f"<GetTemplateResult><TemplateBody>{body}</TemplateBody></GetTemplateResult>"
        return 200, f"<GetTemplateResponse>{result}</GetTemplateResponse>"


@pytest.fixture
def formation(no_aws, monkeypatch):
    made = Stacks()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def stacks(formation):
    return formation.outputs


@pytest.fixture
def call(capsys):
    """Run a command in this process; return its exit code, output and errors."""

    def called(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        return code, *capsys.readouterr()

    return called


# token


def test_a_token_is_made_shown_once_and_lets_in(aws, call):
    items, _ = aws
    code, out, err = call(
        "token", "create", "shop front", "--scope", "PIPES:READ:total",
        "--scope", "DATASOURCES:APPEND:events", "--rate", "2", "--expires", "30", *WHERE,
    )  # fmt: skip
    assert code == 0, err
    value = out.strip()
    assert value.startswith("p.")
    assert value not in err
    table = TokenTable(items._client, TABLE, clock=lambda: 1.0)
    assert table.find(value).scopes == {("PIPES:READ", "total"), ("DATASOURCES:APPEND", "events")}
    table.find(value)
    with pytest.raises(RateLimitError):
        table.find(value)
    (token,) = [each for each in items if each.name == "shop front"]
    assert token.expires - token.created == 30 * 86_400
    late = TokenTable(items._client, TABLE, clock=lambda: float(token.expires))
    with pytest.raises(TokenError, match="has expired"):
        late.find(value)


def test_tokens_are_listed_without_values(aws, call):
    _, secret = aws
    _, value, _ = call("token", "create", "a", "--scope", "ADMIN", "--rate", "5", *WHERE)
    code, out, _ = call("token", "ls", *WHERE)
    assert code == 0
    head, *lines = [re.split(" {2,}", line) for line in out.splitlines()]
    assert head[0] == "NAME"
    assert [line[0] for line in lines] == ["a", "workspace admin token", "writer"]
    assert "5/s" in lines[0]
    assert "DATASOURCES:APPEND:events" in lines[2]
    code, listed, _ = call("token", "ls", "--json", *WHERE)
    assert [(each["name"], each["origin"]) for each in json.loads(listed)] == [
        ("a", "command"), (ADMIN_TOKEN_NAME, "project"), ("writer", "project"),
    ]  # fmt: skip
    for each in (value.strip(), *secret.read().values()):
        assert each not in out + listed


def test_a_removed_token_is_refused(aws, call):
    items, _ = aws
    _, value, _ = call("token", "create", "a", "--scope", "ADMIN", *WHERE)
    assert call("token", "rm", "a", *WHERE)[0] == 0
    with pytest.raises(TokenError):
        TokenTable(items._client, TABLE).find(value.strip())


@pytest.mark.parametrize("name", ["writer", "admin"])
def test_a_token_of_the_project_is_not_removed_but_refreshed(aws, call, name):
    items, secret = aws
    before = secret.value(ADMIN_TOKEN_NAME if name == "admin" else name)
    code, _, err = call("token", "rm", name, *WHERE)
    assert code == 1
    assert "belongs to the project" in err
    assert call("token", "show", name, *WHERE)[1].strip() == before
    code, out, _ = call("token", "refresh", name, *WHERE)
    assert code == 0
    assert call("token", "show", name, *WHERE)[1] == out
    table = TokenTable(items._client, TABLE)
    assert table.find(out.strip())
    with pytest.raises(TokenError):
        table.find(before)


def test_a_table_that_was_lost_comes_back_with_the_values_of_the_secret(aws, call, folder):
    items, secret = aws
    values = secret.read()
    for token in list(items):
        items.remove(token)
    code, out, _ = call("token", "sync", "--folder", folder, *WHERE)
    assert code == 0
    assert out.splitlines()[:2] == ["declared tokens: writer", "new values: none"]
    table = TokenTable(items._client, TABLE)
    assert table.find(values["writer"]).scopes == {("DATASOURCES:APPEND", "events")}
    assert table.find(values[ADMIN_TOKEN_NAME]).may("ADMIN", "")
    assert not [value for value in values.values() if value in out]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "writer", "--scope", "ADMIN"], "There is a token 'writer' already"),
        (["create", "admin", "--scope", "ADMIN"], "There is a token 'admin' already"),
        (["create", "x", "--scope", "PIPES:STOP:total"], "'PIPES:STOP:total' does not exist; use"),
        (["create", "x", "--scope", "PIPES:READ"], "needs the name of one pipe"),
        (
            ["create", "x", "--scope", "DATASOURCES:READ:events:id IN other"],
            "other behind IN could be a table",
        ),
        (["create", "x", "--scope", "ADMIN", "--rate", "0"], "--rate is 1 to 500"),
        (["create", "x", "--scope", "ADMIN", "--rate", "501"], "--rate is 1 to 500"),
        (["create", "x", "--scope", "ADMIN", "--expires", "0"], "--expires is 1 to 36500"),
        (["create", "x\n", "--scope", "ADMIN"], "printable"),
        (["rm", "none"], "There is no token 'none'"),
        (["refresh", "none"], "There is no token 'none'"),
        (["show", "none"], "The secret has no token 'none'"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(aws, call, arguments, said):
    items, secret = aws
    before = set(items), secret.read()
    code, out, err = call("token", *arguments, *WHERE)
    assert (code, out) == (1, "")
    assert said in err
    assert (set(items), secret.read()) == before


@pytest.mark.parametrize("scope", ["PIPES:READ:events", "DATASOURCES:READ:total"])
def test_with_a_folder_scopes_are_of_its_resources(aws, call, folder, scope):
    here = [*WHERE, "--folder", folder]
    code, _, err = call("token", "create", "x", "--scope", scope, *here)
    assert code == 1
    assert f"The project has no {'pipe' if 'PIPES' in scope else 'data source'} '" in err
    assert call("token", "create", "x", "--scope", "PIPES:READ:total", *here)[0] == 0


def test_a_stage_that_is_not_there_is_named(aws, call):
    code, _, err = call("token", "ls", "--project", "shop", "--stage", "prod", "--region", REGION)
    assert code == 1
    assert "There is no stack 'shop-prod' in eu-west-1" in err
    assert "martlet deploy" in err


def test_a_stack_of_somebody_else_is_no_deployment(aws, stacks, call):
    stacks["shop-other"] = {}
    code, _, err = call("token", "ls", "--project", "shop", "--stage", "other", "--region", REGION)
    assert code == 1
    assert "The stack 'shop-other' has no output 'TokensTable'" in err


def test_cdk_json_says_which_stage_is_meant(aws, call, folder, monkeypatch):
    context = {"project": "shop", "stage": "dev", "region": REGION}
    (folder / "cdk.json").write_text(json.dumps({"context": context}))
    monkeypatch.chdir(folder)
    assert call("token", "ls")[0] == 0
    assert "'shop-prod'" in call("token", "ls", "--stage", "prod")[2]


def test_without_a_region_or_credentials_it_says_what_to_do(no_aws):
    ran = run("token", "ls")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "No AWS region is chosen\nhint: give --region, or set AWS_REGION" in ran.stderr
    ran = run("token", "ls", env={"AWS_REGION": REGION})
    assert ran.returncode == 1
    assert "Unable to locate credentials" in ran.stderr
    assert "aws configure" in ran.stderr


# deploy


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A PATH with a node and an npx that notes what it is called with, and where."""
    path = tmp_path / "bin"
    path.mkdir()
    noted = tmp_path / "noted.json"
    code = (
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump([sys.argv[1:], os.getcwd(), os.environ['AWS_REGION']], open({str(noted)!r}, 'w'))\n"
        "print('the CDK says', flush=True)\nsys.exit(int(os.environ.get('CDK_EXIT', '0')))\n"
    )
    for name in ("npx", "node"):
        (path / name).write_text(code)
        (path / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(path))
    return noted


@pytest.fixture
def bootstrapped(aws):
    client("ssm", region=REGION).put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="25", Type="String"
    )


def test_a_project_is_checked_and_deployed(bootstrapped, programs, capfd, folder):
    code = main(["deploy", str(folder), *WHERE, "-c", "retention=90"])
    out, err = capfd.readouterr()
    assert code == 0, err
    arguments, where, region = json.loads(programs.read_text())
    assert arguments[:3] == ["--yes", CDK, "deploy"]
    assert arguments[3:5] == ["--app", f"{sys.executable} -m martlet_infra.app"]
    context = [arguments[i + 1] for i, each in enumerate(arguments) if each == "--context"]
    assert context == ["project=shop", "stage=dev", f"region={REGION}", "retention=90"]
    assert (where, region) == (str(folder), REGION)
    assert "--require-approval" not in arguments
    lines = out.splitlines()
    assert lines.index("athena: 1 of 1 pipes run") < lines.index("the CDK says")
    assert "  url    https://x.execute-api.eu-west-1.amazonaws.com" in lines
    assert (
        "  token  martlet token show admin --stage dev --project shop --region eu-west-1" in lines
    )


def test_errors_of_the_project_stop_it(bootstrapped, programs, call, folder):
    (folder / "pipes" / "bad.pipe").write_text(
        "NODE n\nSQL >\n    SELECT sipHash128(id) AS s FROM events\nTYPE endpoint\n"
    )
    code, _, err = call("deploy", folder, *WHERE)
    assert code == 1
    assert "bad: does not run on Athena" in err
    assert "nothing was deployed" in err
    assert "--partial deploys the pipes that run" in err
    assert not programs.exists()


def test_rows_that_could_not_be_read_any_more_stop_it(
    bootstrapped, formation, programs, call, folder
):
    formation.columns = {"id": "String"}
    code, _, err = call("deploy", folder, *WHERE)
    assert code == 1
    assert "datasources/events.datasource:1: events: column id was String and is UInt64" in err
    assert "nothing was deployed" in err
    assert not programs.exists()
    formation.columns = {"id": "UInt64", "more": "String"}
    assert call("deploy", folder, *WHERE)[0] == 0
    assert programs.exists()


def test_partial_deploys_what_runs_but_nothing_that_is_no_project(
    bootstrapped, programs, call, folder
):
    bad = folder / "pipes" / "bad.pipe"
    bad.write_text("NODE n\nSQL >\n    SELEC 1\nTYPE endpoint\n")
    assert call("deploy", folder, "--partial", *WHERE)[0] == 1
    assert not programs.exists()
    bad.write_text("NODE n\nSQL >\n    SELECT sipHash128(id) AS s FROM events\nTYPE endpoint\n")
    code, _, err = call("deploy", folder, "--partial", *WHERE)
    assert code == 0, err
    assert "bad: does not run on Athena" in err
    assert programs.exists()


def test_a_deployment_that_fails_fails_the_command(
    bootstrapped, programs, call, folder, monkeypatch
):
    monkeypatch.setenv("CDK_EXIT", "1")
    code, out, err = call("deploy", folder, *WHERE)
    assert code == 1
    assert "the deployment failed" in err
    assert "url" not in out


def test_an_account_without_the_cdks_stack_is_told_the_command(aws, programs, call, folder):
    code, _, err = call("deploy", folder, *WHERE)
    assert code == 1
    assert f"npx {CDK} bootstrap aws://123456789012/eu-west-1" in err
    assert not programs.exists()


def test_without_node_it_says_so(bootstrapped, call, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = call("deploy", folder, *WHERE)
    assert code == 1
    assert "Node.js is missing" in err


def test_a_folder_that_is_not_there(call):
    code, _, err = call("deploy", "/nowhere")
    assert code == 1
    assert "The folder /nowhere does not exist" in err


def test_a_context_is_a_name_and_a_value(bootstrapped, programs, call, folder):
    code, _, err = call("deploy", folder, *WHERE, "-c", "retention")
    assert code == 1
    assert "--context retention is not NAME=VALUE" in err
    assert not programs.exists()


def test_the_cdk_leaves_nothing_where_the_project_would_read_it(folder):
    command = cdk_command(folder, {}, ask=False)
    assert command[command.index("--output") + 1] == str(Path(".martlet/cdk.out"))
    assert command[-2:] == ["--require-approval", "never"]


def test_an_app_of_ones_own_stays(folder):
    (folder / "cdk.json").write_text('{"app": "node mine.js", "output": "there"}')
    command = cdk_command(folder, {}, ask=True)
    assert list(command) == ["--yes", CDK, "deploy"]


@pytest.mark.parametrize("text", ["[]", "{"])
def test_a_cdk_json_that_is_none_is_named(folder, text):
    (folder / "cdk.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"cdk\.json is not"):
        read_context(folder)


@pytest.mark.parametrize(
    ("folder_name", "name"),
    [("Our shop", "our-shop"), ("_x_", "x"), ("a" * 31 + "-b", "a" * 31), ("Été 2024", "t-2024")],
)
def test_a_project_without_a_name_has_its_folders(tmp_path, folder_name, name):
    assert project_name(tmp_path / folder_name) == name
