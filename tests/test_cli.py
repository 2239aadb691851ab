"""The command line: exit codes, what it prints, and its JSON."""

import json
import re
from pathlib import Path

import pytest
from tests.server.conftest import write_files
from tests.server.process import run

from martlet import __version__
from martlet.cli import main

GOOD = {
    "datasources/events.datasource": "SCHEMA >\n    id UInt64 `json:$.id`\n\nENGINE_SORTING_KEY id\n",
    "pipes/total.pipe": "NODE n\nSQL >\n    %\n    SELECT count() AS c FROM events"
    " WHERE id >= {{UInt64(least, 0)}}\nTYPE endpoint\n",
    "fixtures/events.ndjson": '{"id":1}\n{"id":2}\n',
}


@pytest.fixture
def project(tmp_path) -> Path:
    return write_files(tmp_path / "project", GOOD)


@pytest.fixture
def call(capsys):
    """Run a command in this process; return its exit code, output and errors."""

    def called(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        return code, *capsys.readouterr()

    return called


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"martlet {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required"),
        (["fly"], "invalid choice: 'fly'"),
        (["check", "--fly"], "unrecognized arguments: --fly"),
        (["serve", "--log-format", "xml"], "invalid choice: 'xml'"),
        (["serve", "--port"], "expected one argument"),
    ],
)
def test_a_wrong_command_line_exits_with_2(capsys, arguments, said):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_the_installed_command(project):
    ran = run("check", project)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("\nok: 1 data sources, 1 pipes (1 endpoint)\n")


# check


WELL = """\
data sources (1)
  events  MergeTree, 1 columns, takes events, sample rows in fixtures/events.ndjson

pipes (1)
  total  GET /v0/pipes/total.json  (least)

tokens (1)
  workspace admin token  ADMIN

athena: 1 of 1 pipes run
ok: 1 data sources, 1 pipes (1 endpoint)
"""


def test_check_of_a_good_project_says_what_becomes_of_it(call, project):
    assert call("check", project) == (0, WELL, "")
    assert call("check", project, "--strict") == (0, WELL, "")
    assert not (project / ".martlet").exists()


def test_check_prints_the_report_of_migrating_md(call, tmp_path):
    text = (Path(__file__).parent.parent / "docs" / "migrating.md").read_text()
    blocks = dict(re.findall(r"^```text (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    report = blocks.pop("report")
    folder = write_files(tmp_path / "shop", blocks)
    assert call("check", folder) == (0, report, "")
    assert call("check", folder, "--strict")[0] == 1


def test_check_json_of_a_good_project(call, project):
    code, out, err = call("check", project, "--json")
    assert (code, err) == (0, "")
    none = {"ok": True, "errors": [], "warnings": [], "not_run": [], "unchecked": None}
    table = {
        "type": "table",
        "engine": "MergeTree",
        "columns": 1,
        "takes_events": True,
        "quarantine": "events_quarantine",
        "filled_by": [],
        "fixture": "fixtures/events.ndjson",
    }
    parameters = [{"name": "least", "type": "UInt64", "required": False, "default": 0}]
    endpoint = {"url": "/v0/pipes/total.json", "parameters": parameters, "tests": None}
    events = {"name": "events", "kind": "datasource", "file": "datasources/events.datasource"}
    total = {"name": "total", "kind": "pipe", "file": "pipes/total.pipe"}
    assert json.loads(out) == {
        "ok": True,
        "runs": {"clickhouse": True, "athena": True},
        "resources": [
            {**events, "becomes": table, **none},
            {
                **total,
                "becomes": {"type": "endpoint", **endpoint},
                **none,
                "athena_ok": True,
                "athena_errors": [],
            },
        ],
        "tokens": {"workspace admin token": ["ADMIN"]},
        "secrets": [],
    }


def node(sql: str) -> str:
    return f"NODE n\nSQL >\n    {sql}\nTYPE endpoint\n"


BROKEN = {
    "datasources/key.datasource": "SCHEMA >\n    a String `json:$.a`\n\nENGINE_SORTING_KEY nope\n",
    "datasources/type.datasource": "SCHEMA >\n    a Strin `json:$.a`,\n    b Int7 `json:$.b`\n",
    "datasources/word.datasource": "SCHEMAS >\n    a String\n",
    "pipes/events.pipe": node("SELECT 1"),
    "pipes/filter.pipe": node("%\n    SELECT {{ nofunction(x) }}"),
    "pipes/follows.pipe": node("SELECT a FROM type"),
    "pipes/lost.pipe": node("SELECT 1 FROM nowhere"),
    "pipes/open.pipe": node("%\n    SELECT 1 {% if defined(x) %}"),
    "pipes/sql.pipe": node("INSERT INTO events VALUES (1)"),
    "pipes/target.pipe": "NODE n\nSQL >\n    SELECT id FROM events\nTYPE materialized\nDATASOURCE gone\n",
    "pipes/utf.pipe": "",
    "martlet.toml": "[settings]\nunknown_setting = 1\n",
}

# file -> lines with an error
EXPECTED = {
    "datasources/key.datasource": [4],
    "datasources/type.datasource": [2, 3],
    "datasources/word.datasource": [1],
    "martlet.toml": [2],
    "pipes/events.pipe": [1],
    "pipes/filter.pipe": [4],
    "pipes/lost.pipe": [3],
    "pipes/open.pipe": [4],
    "pipes/sql.pipe": [3],
    "pipes/target.pipe": [5],
    "pipes/utf.pipe": [2],
}


@pytest.fixture
def broken(project) -> Path:
    write_files(project, BROKEN)
    (project / "pipes" / "utf.pipe").write_bytes(b"NODE n\nSQL > \xff\n")
    return project


def test_check_json_has_every_error_with_its_place(call, broken):
    code, out, err = call("check", broken, "--json")
    assert (code, err) == (1, "")
    report = json.loads(out)
    assert report["ok"] is False
    found = {
        resource["file"]: sorted({error["line"] for error in resource["errors"]})
        for resource in report["resources"]
        if not resource["ok"]
    }
    assert found == EXPECTED
    for resource in report["resources"]:
        assert resource.keys() >= {"name", "kind", "file", "ok", "errors"}
        assert resource["ok"] == (not resource["errors"])
        kind = {"datasource": "datasource", "pipe": "pipe"}.get(
            Path(resource["file"]).suffix[1:], "project"
        )
        assert (resource["name"], resource["kind"]) == (Path(resource["file"]).stem, kind)
        for error in resource["errors"]:
            assert error.keys() >= {"message", "file", "line", "column"}
            assert error["message"]
            assert error["file"] == resource["file"]
            assert error["column"] >= 1


def test_check_prints_every_error_with_its_line(call, broken):
    code, out, err = call("check", broken)
    assert code == 1
    assert "ok: " not in out
    for file, lines in EXPECTED.items():
        for line in lines:
            assert f"\n{file}:{line}:" in f"\n{err}"
    assert "    2 |     a Strin `json:$.a`,\n      |       ^\n" in err
    assert err.endswith("errors\n")
    assert err.count("\n\n") == int(err.splitlines()[-1].split()[0])


def test_check_finds_what_only_clickhouse_knows(call, project):
    write_files(project, {"pipes/total.pipe": node("SELECT missing FROM events")})
    code, _, err = call("check", project)
    assert code == 1
    assert err.startswith("pipes/total.pipe:3:12: ")
    assert "`missing`" in err
    assert err.endswith("\n1 error\n")


@pytest.mark.parametrize("command", ["check", "test", "serve"])
def test_a_folder_without_a_project(call, tmp_path, command):
    code, out, err = call(command, tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert f"Cannot read {tmp_path}/nowhere: No such file or directory" in err


def test_check_json_of_a_folder_without_a_project(call, tmp_path):
    code, out, _ = call("check", tmp_path, "--json")
    assert code == 1
    (resource,) = json.loads(out)["resources"]
    assert (resource["name"], resource["kind"], resource["file"]) == (tmp_path.name, "project", ".")
    assert resource["errors"][0]["message"] == f"No .datasource or .pipe file in {tmp_path}"


def test_warnings_do_not_fail(call, project):
    events = "datasources/events.datasource"
    write_files(project, {events: GOOD[events] + "ENGINE_VER id\n"})
    code, out, err = call("check", project)
    assert code == 0
    assert "\nok: " in out
    assert err.startswith(f"warning: {events}:5:")
    assert call("check", project, "--strict")[0] == 1
    code, out, err = call("check", project, "--json")
    assert (code, err) == (0, "")
    resource = json.loads(out)["resources"][0]
    assert resource["ok"] is True
    assert resource["warnings"][0]["line"] == 5


# test


def test_no_tests(call, project):
    assert call("test", project) == (0, "no tests to run\n", "")


TESTS = """\
- name: all
  parameters: ''
  expected_result: |
    {{"c":2}}
- name: some
  parameters: least=2
  expected_result: |
    {{"c":{some}}}
"""


def test_tests_that_pass(call, project):
    write_files(project, {"tests/total.yaml": TESTS.format(some=1)})
    assert call("test", project) == (0, "✓ total: all\n✓ total: some\n✓ 1/1 passed\n", "")
    assert not (project / ".martlet").exists()


def test_tests_that_fail_show_the_difference(call, project):
    write_files(
        project,
        {
            "tests/total.yaml": TESTS.format(some=7),
            "tests/nowhere.yaml": TESTS.format(some=1),
            "pipes/other.pipe": node("SELECT 1 AS one"),
            "tests/other.yml": '- name: one\n  expected_result: "{\\"one\\":1}\\n"\n',
        },
    )
    code, out, err = call("test", project)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "- nowhere: skipped, nowhere.pipe not found",
        "✓ other: one",
        "✓ total: all",
        "✗ total: some failed (tests/total.yaml)",
        "Output and expected output are different (- expected, + got):",
        '- {"c":7}',
        "?      ^",
        '+ {"c":1}',
        "?      ^",
        "✗ 1/2 passed (1 skipped)",
    ]


def test_test_json(call, project):
    write_files(
        project,
        {"tests/total.yaml": TESTS.format(some=7), "tests/nowhere.yaml": TESTS.format(some=1)},
    )
    code, out, err = call("test", project, "--json")
    assert (code, err) == (1, "")
    report = json.loads(out)
    assert report["ok"] is False
    skipped, failed = report["files"]
    assert skipped == {
        "pipe": "nowhere", "file": "tests/nowhere.yaml", "ok": True, "passed": [],
        "failed": None, "message": None, "skipped": "nowhere.pipe not found",
    }  # fmt: skip
    message = failed.pop("message")
    assert failed == {
        "pipe": "total", "file": "tests/total.yaml", "ok": False, "passed": ["all"],
        "failed": "some", "skipped": None,
    }  # fmt: skip
    assert '- {"c":7}' in message


def test_tests_of_named_pipes(call, project):
    write_files(
        project,
        {"tests/total.yaml": TESTS.format(some=1), "tests/nowhere.yaml": "nonsense"},
    )
    assert call("test", project, "total")[:2] == (0, "✓ total: all\n✓ total: some\n✓ 1/1 passed\n")
    assert call("test", project, "total", "nope") == (
        1, "", "error: There is no tests/nope.yaml\n",
    )  # fmt: skip


def test_tests_of_a_broken_project(call, project):
    write_files(project, {"pipes/lost.pipe": node("SELECT 1 FROM nowhere")})
    code, out, err = call("test", project)
    assert (code, out) == (1, "")
    assert err.startswith("error: pipes/lost.pipe:3:19: Resource 'nowhere' not found\n")


def test_a_test_file_that_is_not_yaml(call, project):
    write_files(project, {"tests/total.yaml": "- name: a\n\texpected_result: x\n"})
    code, out, _ = call("test", project)
    assert code == 1
    assert out.startswith(
        "✗ total: (the file) failed (tests/total.yaml)\ntests/total.yaml:2:1: Not YAML: "
    )
