"""Values for tb_secret: a secret of the stage, read when a template asks, set by a command."""

import io
import json
import sys
from dataclasses import replace

import pytest
from moto import mock_aws

from martlet.aws import account
from martlet.aws.clients import client
from martlet.aws.names import PROJECT_SECRETS_OUTPUT
from martlet.aws.project_secrets import FRESH_S, RETRY_S, ProjectSecrets, SecretValues
from martlet.cli import main
from martlet.errors import ConfigurationError, EngineError, TemplateError
from martlet.files.project import load_project
from martlet.model import Project
from martlet.query import QueryBuilder
from martlet_functions import query

REGION = "us-east-1"
WHERE = ["--project", "shop", "--stage", "dev", "--region", REGION]
FILES = {
    "datasources/events.datasource": "SCHEMA >\n    `id` UInt64 `json:$.id`\n",
    "pipes/keyed.pipe": "NODE n\nSQL >\n    %\n    SELECT id, {{tb_secret('key')}} AS k FROM events\nTYPE endpoint\n",
    "pipes/plain.pipe": "NODE n\nSQL >\n    %\n    SELECT id + {{Int32(a, 1)}} AS x FROM events\nTYPE endpoint\n",
}


class Counted:
    """Secrets Manager with its calls counted; it fails while `error` is set."""

    def __init__(self, real) -> None:
        self.real, self.reads, self.error = real, 0, None

    def get_secret_value(self, **arguments):
        self.reads += 1
        if self.error:
            raise self.error
        return self.real.get_secret_value(**arguments)

    def put_secret_value(self, **arguments):
        return self.real.put_secret_value(**arguments)


@pytest.fixture
def manager(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Counted(client("secretsmanager", region=REGION))


@pytest.fixture
def secrets(manager) -> ProjectSecrets:
    return ProjectSecrets(manager, manager.real.create_secret(Name="shop-dev-project")["ARN"])


@pytest.fixture
def project(write_project) -> Project:
    return load_project(write_project(FILES))


def test_only_a_template_that_asks_for_a_secret_reads_them_and_once(manager, secrets, project):
    secrets.write({"key": "it's"})
    queries = QueryBuilder(replaced(project, SecretValues(secrets, {})))
    queries.parameters(project.pipes["keyed"])
    assert queries.build(project.pipes["plain"], {"a": "3"}).secrets == {}
    assert manager.reads == 0
    for _ in range(3):
        assert queries.build(project.pipes["keyed"], {}).secrets == {"key": "it's"}
    assert manager.reads == 1


def replaced(project: Project, values: SecretValues) -> Project:
    return replace(project, secrets=values)


def test_a_new_value_is_seen_after_a_while_and_an_outage_is_survived(manager, secrets):
    now = [100.0]
    values = SecretValues(secrets, {"key": "file", "own": "x"}, clock=lambda: now[0])
    assert dict(values) == {"key": "file", "own": "x"}
    secrets.write({"key": "first"})
    now[0] += FRESH_S
    assert values["key"] == "first"
    secrets.write({"key": "second"})
    assert values["key"] == "first"
    manager.error = EngineError("down")
    now[0] += FRESH_S
    assert values["key"] == "first"
    manager.error = None
    now[0] += RETRY_S
    assert values["key"] == "second"
    assert "second" not in repr(values)


def test_without_any_value_an_outage_is_an_error(manager, secrets):
    manager.error = EngineError("down")
    with pytest.raises(EngineError):
        SecretValues(secrets, {}).get("key")


def test_a_name_that_is_nowhere_is_the_embedded_servers_error(secrets, project):
    for values in (SecretValues(secrets, {}), {}):
        queries = QueryBuilder(replaced(project, values))
        with pytest.raises(TemplateError, match=r"Cannot access secret 'key'\. Check the secret"):
            queries.build(project.pipes["keyed"], {})


@pytest.mark.parametrize("text", ["topsecret", '["topsecret"]', '{"key": {"a": "topsecret"}}'])
def test_what_is_no_object_of_texts_is_said_without_it(manager, secrets, text):
    manager.put_secret_value(SecretId=secrets.arn, SecretString=text)
    with pytest.raises(ConfigurationError) as caught:
        secrets.read()
    assert "topsecret" not in f"{caught.value}{caught.value.hint}{caught.value.__cause__}"


def test_the_query_function_reads_the_secret_of_its_environment(secrets, write_project):
    told = {"PROJECT": "shop", "STAGE": "dev", "REGION": REGION, "FOLDER": str(write_project(FILES)),
            "PROJECT_SECRETS": secrets.arn}  # fmt: skip
    environment = {f"MARTLET_{name}": value for name, value in told.items()}
    secrets.write({"key": "v"})
    opened = query.open_workspace(environment)
    assert opened.project.secrets["key"] == "v"
    del environment["MARTLET_PROJECT_SECRETS"]
    assert dict(query.open_workspace(environment).project.secrets) == {}


@pytest.fixture
def call(secrets, monkeypatch, capsys):
    """Run `martlet secret` for a stage with that secret; answer exit code, output and errors."""
    outputs = {PROJECT_SECRETS_OUTPUT: secrets.arn}
    monkeypatch.setattr(account.Account, "outputs", lambda *_: outputs)

    def called(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = main(["secret", *arguments, *WHERE])
        return code, *capsys.readouterr()

    called.outputs = outputs
    return called


def test_values_are_set_from_standard_input_and_listed_by_name(call, secrets):
    code, out, err = call("set", "key", typed="it's a\nsecret\n")
    assert (code, err) == (0, "")
    assert "it's" not in out
    assert call("set", "other", typed="x")[0] == 0
    assert secrets.read() == {"key": "it's a\nsecret", "other": "x"}
    assert call("ls")[1] == "key\nother\n"
    assert json.loads(call("ls", "--json")[1]) == ["key", "other"]


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("key", "", "The value is empty"), ("a-b", "x", "'a-b' is no name that tb_secret takes")],
)
def test_what_cannot_be_set_changes_nothing(call, secrets, name, typed, said):
    code, _, err = call("set", name, typed=typed)
    assert code == 1
    assert said in err
    assert secrets.read() == {}


def test_a_stage_without_the_secret_says_how_to_get_it(call):
    call.outputs.clear()
    code, _, err = call("ls")
    assert code == 1
    assert "has no secret for tb_secret" in err
    assert "is deployed" in err
