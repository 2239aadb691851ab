"""The app as the CDK runs it: a process, told by its environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.infra.test_bundling import HERE, MACHINE

ROOT = Path(__file__).parent.parent.parent

# What jsii and the CDK must have, and no credentials, no region, no Docker.
BARE = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}

RUN = """
import sys
sys.argv = ["app"]
from martlet_infra.app import main
main()
print([name for name in ("chdb", "sqlglot", "martlet.translate", "botocore") if name in sys.modules])
"""


def run(folder: Path, outdir: Path, context: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {**BARE, "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, "-c", RUN]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_this_repository_is_a_deployment_without_docker_credentials_or_an_engine(
    node: None, tmp_path: Path
):
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    done = run(ROOT, tmp_path, {**context, "runtime": HERE, "architecture": MACHINE})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "tutorials-dev" in manifest["artifacts"]
    assets = json.loads((tmp_path / "tutorials-dev.assets.json").read_text())
    packaged = [
        item["source"] for item in assets["files"].values() if item["source"]["packaging"] == "zip"
    ]
    assert len(packaged) == 4
    for source in packaged:
        assert (tmp_path / source["path"] / "project" / "martlet.toml").is_file()


@pytest.mark.parametrize(
    ("files", "context", "message"),
    [
        ({}, {}, "No .datasource or .pipe file"),
        (
            {"datasources/a.datasource": "SCHEMA >\n    x Dynamic `json:$.x`\n"},
            {"project": "shop"},
            "datasources/a.datasource:2:5: Type Dynamic has no form in the lake",
        ),
        ({}, {"stage": "A"}, "`stage` is 'A'"),
    ],
)
def test_errors_are_said_without_a_traceback(
    node: None, tmp_path: Path, files: dict[str, str], context: dict[str, str], message: str
):
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = run(folder, tmp_path / "out", context)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
