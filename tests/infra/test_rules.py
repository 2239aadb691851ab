"""cdk-nag's AwsSolutions rules and cfn-lint."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.infra.conftest import Template
from tests.infra.test_stack import PROJECT

EVERYTHING = {
    "retention": 90,
    "alarm_email": "ops@example.com",
    "budget": 10,
    "domain": "api.example.com",
    "certificate": "arn:aws:acm:eu-west-1:000000000000:certificate/c",
}


@pytest.fixture
def checks(node: None):
    import cdk_nag

    return cdk_nag.AwsSolutionsChecks


def test_the_stack_keeps_the_rules(make_template: Callable[..., Template], checks):
    report = json.loads(make_template(PROJECT, checks(), **EVERYTHING).report.read_text())
    assert report["pluginReports"] == []


@pytest.mark.parametrize("rule", ["APIG4", "IAM5", "SMG4"])
def test_without_an_acknowledgment_its_rule_is_broken(
    make_template: Callable[..., Template], checks, rule: str, monkeypatch: pytest.MonkeyPatch
):
    """The rules do run: a clean report looks like that of a pack which was never asked."""
    from martlet_infra import api, nag, tokens

    def accept_others(scope: object, found: str, reason: str) -> None:
        if not found.startswith(rule):
            accept(scope, found, reason)

    accept = nag.accept
    for module in (api, nag, tokens):
        monkeypatch.setattr(module, "accept", accept_others)
    with pytest.raises(RuntimeError, match=f"AwsSolutions-{rule}"):
        make_template(PROJECT, checks())


def test_cloudformation_would_take_the_template(
    make_template: Callable[..., Template], tmp_path: Path
):
    path = tmp_path / "shop.template.json"
    path.write_text(json.dumps(make_template(PROJECT, **EVERYTHING).json))
    # W3005: the CDK states a function's dependency on its role, which is there anyway.
    command = [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", "W3005", "--", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
