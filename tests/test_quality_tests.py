"""Data-quality tests of Tinybird Classic find what they look for."""

import pytest

from martlet.project_tests import run_file
from martlet.quality_tests import QualityTest, problem_of, read_quality_tests

FILES = {
    "events.datasource": "VERSION 1\nSCHEMA >\n    id UInt64 `json:$.id`\n",
    "p.pipe": "NODE n\nSQL >\n    %\n    SELECT id FROM events WHERE id > {{Int32(least, 0)}} ORDER BY id\nTYPE endpoint\n",
}


@pytest.fixture
def workspace(make_workspace):
    workspace = make_workspace(FILES)
    rows = b'{"id":1}\n{"id":2}'
    workspace.append(workspace.datasource("events"), rows, "ndjson").result()
    return workspace


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        (QualityTest("t", "SELECT * FROM events WHERE id = 0"), ""),
        (QualityTest("t", "SELECT * FROM events__v1 WHERE events__v1.id = 0"), ""),
        (
            QualityTest("t", "SELECT * FROM events ORDER BY id DESC"),
            'The query must find no row, and found 2: {"id":2}',
        ),
        (
            QualityTest("t", "SELECT number FROM numbers(50)"),
            'The query must find no row, and found 20: {"number":0}',
        ),
        (QualityTest("t", pipe="p", parameters={"least": "2"}), ""),
        (
            QualityTest("t", pipe="p", parameters={"least": "1"}),
            'The query must find no row, and found 1: {"id":2}',
        ),
        (QualityTest("t", "SELECT * FROM p WHERE id = 1", "p", {"least": "1"}), ""),
        (
            QualityTest("t", "SELECT * FROM _ WHERE id = 2", "p", {"least": "1"}),
            'The query must find no row, and found 1: {"id":2}',
        ),
        (QualityTest("t", "SELECT * FROM nope"), "[Error] Resource 'nope' not found"),
        (QualityTest("t", pipe="nope"), "The pipe 'nope' does not exist"),
        (QualityTest("t", "SELECT 1", "nope"), "The pipe 'nope' does not exist"),
        (QualityTest("t", "SELECT 1; DROP TABLE events"), "[Error] Only one statement is allowed"),
    ],
)
def test_what_a_test_finds(workspace, test, problem):
    assert problem_of(workspace, test) == problem


@pytest.mark.parametrize(
    ("content", "tests"),
    [
        (None, []),
        ("text", []),
        ({"a": {"sql": "SELECT 1"}}, []),
        ([{"name": "t", "expected_result": ""}], []),
        ([{"a": "SELECT 1"}], []),
        (
            [{"a": {"sql": "SELECT 1"}, "b": {"sql": "SELECT 2"}}, {3: {"sql": "SELECT 3"}}],
            [
                QualityTest("a", "SELECT 1"),
                QualityTest("b", "SELECT 2"),
                QualityTest("3", "SELECT 3"),
            ],
        ),
        (
            [{"a": {"pipe": {"name": "p", "params": {"x": True, "y": None, "z": [1, 2]}}}}],
            [QualityTest("a", "", "p", {"x": "True", "y": "None", "z": "[1, 2]"})],
        ),
        ([{"a": {"max_time": 1}}], [QualityTest("a", fault="'sql' or 'pipe' attribute not found")]),
        ([{"a": {"sql": ""}}], [QualityTest("a", fault="'sql' or 'pipe' attribute not found")]),
        (
            [{"a": {"pipe": "p"}}, {"b": {"pipe": {"name": "p", "params": "x=1"}}}],
            [
                QualityTest(name, fault="pipe and its params must be `key: value`")
                for name in ("a", "b")
            ],
        ),
    ],
)
def test_what_a_file_says(content, tests):
    assert read_quality_tests(content) == tests


@pytest.mark.parametrize(
    ("text", "passed", "failed", "skipped"),
    [
        ("- a: {sql: SELECT 1 WHERE 0}\n- b: {sql: SELECT 1}\n- c: {sql: SELECT 2}\n", ["a"], "b", ""),
        ("- a: {sql: SELECT 1 WHERE 0}\n", ["a"], "", ""),
        ("- a: [\n", [], "", "x.pipe not found"),
        ("[]\n", [], "", "x.pipe not found"),
        ("- name: t\n  expected_result: ''\n", [], "", "x.pipe not found"),
    ],
)  # fmt: skip
def test_files(workspace, text, passed, failed, skipped):
    path = workspace.live.project.root / "tests" / "x.yaml"
    path.parent.mkdir()
    path.write_text(text)
    found = run_file(workspace, path)
    assert (found.passed, found.failed, found.skipped) == (passed, failed, skipped)
    if failed:
        assert [line.partition(":")[0] for line in found.message.splitlines()] == ["b", "c"]
