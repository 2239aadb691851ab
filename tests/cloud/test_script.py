"""The command that makes a box is careful with folders."""

import json
import os
from pathlib import Path

import pytest
from scripts import cloud as script


def test_nothing_runs(tmp_path: Path):
    assert script.status(tmp_path) is None
    assert not script.down(tmp_path)
    assert tmp_path.is_dir()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("...")
    with pytest.raises(script.CloudError, match="holds something else"):
        script.up(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_process_that_has_got_another_ones_number_is_not_ended(tmp_path: Path):
    processes = {"ministack": (os.getpid(), "Sat Jan  1 00:00:00 2000")}
    content = {"folder": "", "processes": processes, "outputs": {}}
    (tmp_path / "cloud.json").write_text(json.dumps(content))
    found = script.status(tmp_path)
    assert found is not None
    assert found.processes == {}
    assert script.down(tmp_path)


def test_functions_and_tools_get_no_credentials_of_the_user(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    found = script.environment("http://127.0.0.1:1")
    assert "AWS_PROFILE" not in found
    assert "AWS_SESSION_TOKEN" not in found
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
