"""`martlet test` does what Tinybird's `tb test` does, rule by rule."""

import pytest

from martlet.errors import DatafileError
from martlet.files.project import load_project
from martlet.project_tests import find_tests, run_file, run_tests

FILES = {
    "events.datasource": "SCHEMA >\n    id UInt64 `json:$.id`,\n    name String `json:$.name`\n",
    "named.pipe": "NODE n\nSQL >\n    %\n    SELECT id, name FROM events"
    " {% if defined(name) %}WHERE name = {{String(name)}}{% end %} ORDER BY id\nTYPE endpoint\n",
    "strict.pipe": "NODE n\nSQL >\n    %\n    SELECT {{Int32(n, required=True)}} AS n"
    " {% if defined(stop) %}{{custom_error({'code': 7}, 418)}}{% end %}\nTYPE endpoint\n",
    "inner.pipe": "NODE first\nSQL >\n    SELECT 1 AS one\n\n"
    "NODE second\nSQL >\n    %\n    SELECT one + {{Int8(more, 1)}} AS two FROM first\n",
}


@pytest.fixture
def outcome(make_workspace):
    """Run a test file for a pipe, by its text, and return the outcome."""
    workspace = make_workspace(FILES)
    datasource = workspace.datasource("events")
    rows = b'{"id":1,"name":"a/b"}\n{"id":2,"name":"\xc3\xa9"}'
    workspace.append(datasource, rows, "ndjson").result()

    def run(text: str, pipe: str = "named"):
        path = workspace.live.project.root / "tests" / f"{pipe}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return run_file(workspace, path)

    return run


def entry(expected: str, parameters: str = "", status: object = None, *, block: str = "|") -> str:
    lines = [
        "- name: t",
        f"  parameters: {parameters!r}",
        f"  expected_result: {block}",
        "\n".join(f"    {line}" for line in expected.splitlines()),
    ]
    return "\n".join(
        [*lines, *([] if status is None else [f"  expected_http_status: {status}"]), ""]
    )


def test_the_answer_is_clickhouses_own_ndjson(outcome):
    found = outcome(entry('{"id":1,"name":"a\\/b"}\n{"id":2,"name":"é"}'))
    assert (found.ok, found.passed, found.failed, found.message) == (True, ["t"], "", "")
    assert (found.pipe, found.file) == ("named", "tests/named.yaml")
    assert not outcome(entry('{"id":1,"name":"a/b"}\n{"id":2,"name":"é"}')).ok


@pytest.mark.parametrize(
    "expected",
    [
        '{"id":2, "name":"é"}',  # a space
        '{"name":"é","id":2}',  # another order
        '{"id":2.0,"name":"é"}',  # another way to write a number
        '{"id":2,"name":"e"}',
        '{"id":2,"name":"é"}\n{"id":2,"name":"é"}',
        "",
    ],
)
def test_equal_means_equal_to_the_byte(outcome, expected):
    assert outcome(entry('{"id":2,"name":"é"}', "name=é")).ok
    assert not outcome(entry(expected, "name=é")).ok


def test_the_last_newline_counts(outcome):
    found = outcome(entry('{"id":2,"name":"é"}', "name=é", block="|-"))
    assert found.message.splitlines()[1:] == [
        '  {"id":2,"name":"é"}',
        "- (no newline at the end)",
    ]


def test_the_order_of_rows_counts(outcome):
    assert not outcome(entry('{"id":2,"name":"é"}\n{"id":1,"name":"a\\/b"}')).ok


def test_no_rows_are_an_empty_text(outcome):
    assert outcome("- name: t\n  parameters: name=nobody\n  expected_result: ''\n").ok
    assert outcome("- name: t\n  parameters: name=nobody\n  expected_result:\n").ok
    found = outcome("- name: t\n  parameters: name=nobody\n  expected_result: x\n")
    assert "+ (nothing)" in found.message


@pytest.mark.parametrize(
    "parameters",
    [
        "name=%C3%A9",
        "name=é",
        "?name=%C3%A9",
        "https://api.example.com/v0/pipes/other.json?name=%C3%A9",
        "name=%C3%A9&unknown=1&token=x",
    ],
)
def test_parameters_are_a_query_string_or_what_is_behind_the_question_mark(outcome, parameters):
    assert outcome(entry('{"id":2,"name":"é"}', parameters)).ok


def test_parameters_may_be_left_out(outcome):
    assert outcome('- name: t\n  expected_result: |\n    {"two":2}\n', "inner").ok


def error(text: str, status: object = 400, parameters: str = "") -> str:
    return entry(text, parameters, status, block="|-")


MISSING = "Template Syntax Error: Error validating 'x' to type Int32"


def test_an_expected_error(outcome):
    assert outcome(error(MISSING, 400, "n=x"), "strict").ok


def test_an_error_without_an_expected_status_fails(outcome):
    found = outcome(error(MISSING, None, "n=x"), "strict")
    assert (found.ok, found.failed) == (False, "t")
    assert found.message == f"Expected to not fail but got an error: 400 {MISSING}"


def test_another_status_than_expected_fails(outcome):
    found = outcome(error(MISSING, 404, "n=x"), "strict")
    assert found.message == f"Expected 404 but got 400: {MISSING}"


def test_another_text_than_expected_fails(outcome):
    found = outcome(error("Something else", 400, "n=x"), "strict")
    assert not found.ok
    assert "- Something else" in found.message
    assert f"+ {MISSING}" in found.message


def test_the_text_of_an_error_without_one_is_empty(outcome):
    assert outcome("- name: t\n  parameters: n=1&stop=1\n  expected_result: ''\n"
                   "  expected_http_status: 418\n", "strict").ok  # fmt: skip


def test_a_status_beside_a_good_answer_is_not_looked_at(outcome):
    assert outcome(entry('{"n":1}', "n=1", 400), "strict").ok
    assert not outcome(entry('{"n":2}', "n=1", 200), "strict").ok


def test_a_pipe_without_an_endpoint_answers_its_last_node(outcome):
    assert outcome(entry('{"two":2}'), "inner").ok
    assert outcome(entry('{"two":6}', "more=5"), "inner").ok
    found = outcome(error("?", 400, "more=x"), "inner")
    assert "+ Template Syntax Error: Error validating 'x' to type Int8" in found.message


def test_the_first_failure_ends_the_file(outcome):
    tests = "".join(
        f'- name: {name}\n  parameters: n={name[1]}\n  expected_result: |\n    {{"n":{n}}}\n'
        for name, n in (("t1", 1), ("t2", 2), ("t3", 9), ("t4", 4))
    )
    found = outcome(tests, "strict")
    assert (found.ok, found.passed, found.failed) == (False, ["t1", "t2"], "t3")


def test_a_file_without_its_pipe_is_skipped(outcome):
    found = outcome("nonsense", "nowhere")
    assert (found.ok, found.skipped) == (True, "nowhere.pipe not found")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- name: [\n", "Not YAML: "),
        ("\x00", "Not YAML: "),
        ("", "A test file is a list of tests"),
        ("name: t\nexpected_result: x\n", "A test file is a list of tests"),
        ("- t\n", "Test 1 has no 'name' or no 'expected_result'"),
        ("- name: t\n", "Test 1 has no 'name' or no 'expected_result'"),
        ("- expected_result: x\n", "Test 1 has no 'name' or no 'expected_result'"),
        ("- name: t\n  expected_result: {\"n\":1}\n", "expected_result of 't' is not a text"),
        ("- name: t\n  expected_result: true\n", "expected_result of 't' is not a text"),
        ("- name: t\n  parameters: {a: 1}\n  expected_result: x\n",
         "parameters of 't' is not a text"),
        ("- name: t\n  expected_result: x\n  expected_http_status: bad\n",
         "expected_http_status of 't' is not a number"),
    ],
)  # fmt: skip
def test_files_that_are_no_tests(outcome, text, message):
    found = outcome(text)
    assert (found.ok, found.failed, found.passed) == (False, "(the file)", [])
    assert message in found.message
    assert found.message.startswith("tests/named.yaml:")


def test_an_error_names_the_line_of_its_test(outcome):
    found = outcome("- name: t\n  expected_result: x\n\n# next\n- name: u\n")
    assert found.message == "tests/named.yaml:5:1: Test 2 has no 'name' or no 'expected_result'"


def test_files_are_found_in_folders_too(tmp_path):
    others = ("d.json", "e.yaml.bak", ".travis.yml", ".github/f.yml", "web/node_modules/x/f.yml")
    for name in ("b.yaml", "a.yml", "deep/er/c.yaml", *others):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "tests" / "folder.yaml").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in find_tests(tmp_path)]
    assert found == ["tests/a.yml", "tests/b.yaml", "tests/deep/er/c.yaml"]
    assert [path.stem for path in find_tests(tmp_path, ["c", "a"])] == ["a", "c"]
    with pytest.raises(DatafileError, match=r"There is no tests/nope\.yaml"):
        find_tests(tmp_path, ["a", "nope"])


def test_a_project_in_the_folder_of_tests_has_its_own(tmp_path):
    for name in ("tests/a.yaml", "tests/deep/b.yaml", "tests/shop/tests/c.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "tests" / "shop" / "datasources").mkdir()
    assert [path.name for path in find_tests(tmp_path)] == ["a.yaml", "b.yaml"]


@pytest.mark.usefixtures("other_folders")
def test_each_run_has_a_fresh_folder_with_the_fixtures_behind_all_views(write_project):
    root = write_project(
        {
            **FILES,
            "copies.datasource": "SCHEMA >\n    id UInt64\n",
            "copying.pipe": "NODE n\nSQL >\n    SELECT id FROM events\n"
            "TYPE materialized\nDATASOURCE copies\n",
            "copied.pipe": "NODE n\nSQL >\n    SELECT sum(id) AS s FROM copies\nTYPE endpoint\n",
            "fixtures/events.ndjson": '{"id":5,"name":"x"}\nbroken\n',
            "tests/copied.yaml": entry('{"s":5}'),
            "tests/named.yaml": entry('{"id":5,"name":"x"}'),
            "tests/nowhere.yaml": "",
        }
    )
    for _ in range(2):
        outcomes = list(run_tests(load_project(root)))
        assert [(o.pipe, o.ok, o.passed, o.skipped) for o in outcomes] == [
            ("copied", True, ["t"], ""),
            ("named", True, ["t"], ""),
            ("nowhere", True, [], "nowhere.pipe not found"),
        ]
    assert not (root / ".martlet").exists()


@pytest.mark.usefixtures("other_folders")
def test_a_fixture_that_cannot_be_loaded_is_named(write_project, caplog):
    files = {**FILES, "tests/named.yaml": "", "fixtures/events.sql": "SELECT nothing AS id\n"}
    root = write_project(files)
    with pytest.raises(DatafileError, match=r"Unknown expression identifier") as caught:
        list(run_tests(load_project(root)))
    assert str(caught.value).startswith("fixtures/events.sql:1:1: ")
    (root / "fixtures/events.sql").write_text(
        "SELECT -1 AS id, 'x' AS name UNION ALL SELECT 2, 'y'"
    )
    list(run_tests(load_project(root)))
    assert caplog.messages == ["warning: 1 rows of fixtures/events.sql are in events_quarantine"]
