import re
from pathlib import Path

import pytest

from martlet.errors import ProjectError
from martlet.files.project import load_project, read_project

DATASOURCE = "SCHEMA >\n    a String `json:$.a`\n"
PIPE = "NODE n\nSQL >\n    SELECT 1\n"


@pytest.fixture
def project(tmp_path):
    """Return a function that writes files into an empty project and returns its root."""

    def write(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


def errors(root, **options) -> list[str]:
    return [f"{e.location or ''}: {e.message}" for e in read_project(root, **options)[1]]


def test_files_are_found_by_extension_in_any_folder(project):
    root = project(
        {
            "datasources/events.datasource": DATASOURCE,
            "a/b/c/deep.pipe": PIPE,
            "a/b/c/d/too_deep.pipe": PIPE,
            "top.pipe": PIPE,
            "connections/kafka.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h:9092\n",
            "notes.txt": "SCHEMA",
            "pipes/shared.incl": "nothing",
            **{
                f"{skipped}/x.pipe": "broken"
                for skipped in (
                    ".hidden", ".venv", ".martlet", "node_modules", "vendor/other", "playgrounds",
                    "deploy/1", "tests", "a/tests", "fixtures", "datasources/fixtures",
                )
            },
        }
    )  # fmt: skip
    found = load_project(root)
    assert list(found.datasources) == ["events"]
    assert list(found.pipes) == ["deep", "top"]
    assert list(found.connections) == ["kafka"]
    assert found.root == root
    assert found.pipes["deep"].location.path == "a/b/c/deep.pipe"
    assert found.pipes["deep"].nodes[0].location.path == "a/b/c/deep.pipe"


def test_fixtures_and_tests(project):
    names = "abcdef"
    root = project(
        {
            **{f"datasources/{name}.datasource": DATASOURCE for name in names},
            "pipes/p.pipe": PIPE,
            "pipes/q.pipe": PIPE.replace("n", "m", 1),
            "fixtures/a.csv": "",
            "fixtures/a.ndjson": "",
            "fixtures/b.csv": "",
            "fixtures/c_0123abcd.ndjson": "",
            "fixtures/d_nothex.ndjson": "",
            "datasources/fixtures/e.csv": "",
            "fixtures/unknown.ndjson": "",
            "tests/p.yaml": "",
            "tests/q.yml": "",
            "tests/other.yaml": "",
        }
    )
    found = load_project(root)
    assert found.fixtures == {
        "a": root / "fixtures/a.ndjson",
        "b": root / "fixtures/b.csv",
        "c": root / "fixtures/c_0123abcd.ndjson",
        "e": root / "datasources/fixtures/e.csv",
    }
    assert found.tests == {"p": root / "tests/p.yaml", "q": root / "tests/q.yml"}


def test_all_errors_of_all_files_in_order(project):
    root = project(
        {
            "pipes/b.pipe": PIPE + "TYPE foo\n",
            "pipes/good.pipe": PIPE,
            "datasources/a.datasource": "FOO\nSCHEMA >\n    a Foo,\n    b Bar\n",
        }
    )
    with pytest.raises(ProjectError) as raised:
        load_project(root)
    places = [str(error.location) for error in raised.value.errors]
    assert places == [
        "datasources/a.datasource:1:1",
        "datasources/a.datasource:3:7",
        "datasources/a.datasource:4:7",
        "pipes/b.pipe:4:6",
    ]
    assert str(raised.value).startswith(
        "datasources/a.datasource:1:1: FOO is not a valid option in datasource files.\n"
        "    1 | FOO\n      | ^"
    )
    partial, found = read_project(root)
    assert list(partial.pipes) == ["good"]
    assert not partial.datasources
    assert len(found) == 4


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"1st.pipe": PIPE}, ["1st.pipe:1:1: Invalid resource name '1st'"]),
        ({"a-b.datasource": DATASOURCE}, ["a-b.datasource:1:1: Invalid resource name 'a-b'"]),
        ({"a.b.pipe": PIPE}, ["a.b.pipe:1:1: Invalid resource name 'a.b'"]),
        ({"Join.pipe": PIPE}, ["Join.pipe:1:1: 'Join' is a reserved name"]),
        ({"system.datasource": DATASOURCE}, ["system.datasource:1:1: 'system' is a reserved name"]),
        (
            {"a/x.pipe": PIPE, "b/x.pipe": PIPE},
            ["b/x.pipe:1:1: Resource 'x' is defined twice"],
        ),
        (
            {"datasources/x.datasource": DATASOURCE, "pipes/x.pipe": PIPE},
            ["pipes/x.pipe:1:1: Resource 'x' is defined twice"],
        ),
        (
            {"v.pipe": f"{PIPE}TYPE materialized\nDATASOURCE tagret\n"},
            ["v.pipe:5:12: Data source 'tagret' of materialized node 'n' does not exist"],
        ),
        (
            {"c.pipe": f"{PIPE}TYPE copy\nTARGET_DATASOURCE t\n"},
            ["c.pipe:5:19: Data source 't' of copy node 'n' does not exist"],
        ),
        (
            # The target is there, and its own error is the only one.
            {
                "c.pipe": f"{PIPE}TYPE copy\nTARGET_DATASOURCE t\n",
                "t.datasource": "SCHEMA >\n    a Foo\n",
            },
            ["t.datasource:2:7: Unknown data type family: Foo"],
        ),
        (
            {"x.datasource": "# é\nSCHEMA >\n    a ".encode() + b"\xff\xfe\n"},
            ["x.datasource:3:7: The file is not UTF-8"],
        ),
        (
            {"p.pipe": PIPE, "martlet.toml": "[settings]\njoin_use_nuls = true\n"},
            ["martlet.toml:2:1: Unknown setting 'join_use_nuls'"],
        ),
    ],
)
def test_bad_projects(project, files, expected):
    assert errors(project(files)) == expected


@pytest.mark.parametrize("files", [{}, {"c.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\n"}])
def test_empty_project(project, files):
    root = project(files)
    assert errors(root) == [f": No .datasource or .pipe file in {root}"]


def test_a_project_that_is_not_there(tmp_path):
    found = errors(tmp_path / "nowhere")
    assert found[0] == f": Cannot read {tmp_path / 'nowhere'}: No such file or directory"


def test_targets_that_exist(project):
    root = project(
        {
            "t.datasource": DATASOURCE,
            "v.pipe": f"{PIPE}TYPE materialized\nDATASOURCE t\n",
            "c.pipe": f"{PIPE}TYPE copy\nTARGET_DATASOURCE t\n",
            "classic.pipe": f"{PIPE}TYPE materialized\nDATASOURCE made\nENGINE MergeTree\n",
        }
    )
    assert errors(root) == []


def test_a_node_with_the_name_of_a_resource_is_a_warning(project):
    root = project({"n.datasource": DATASOURCE, "p.pipe": PIPE, "q.pipe": PIPE})
    found = [str(w).splitlines()[0] for w in load_project(root).warnings]
    assert found == [
        "p.pipe:1:1: Node 'n' has the name of a resource",
        "q.pipe:1:1: Node 'n' has the name of a resource",
    ]


def test_connections_have_names_of_their_own(project):
    root = project({"x.pipe": PIPE, "x.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h:9092\n"})
    assert errors(root) == []


def test_secrets_and_variables(project):
    root = project(
        {
            ".env": "A=first\nB=file # comment\n",
            ".env.local": "A=second\n",
            "x.datasource": DATASOURCE
            + 'TAGS {{ tb_secret("A") }},{{ tb_secret("B") }},{{ tb_secret("C") }},$D\n',
        }
    )
    found = load_project(root, environment={"D": "d"}, secrets={"B": "given", "C": "c"})
    assert found.datasources["x"].tags == ("second", "given", "c", "d")
    assert found.secrets == {"A": "second", "B": "given", "C": "c"}


def test_the_process_environment_is_not_read(project, monkeypatch):
    monkeypatch.setenv("D", "secret")
    root = project({"x.datasource": f"{DATASOURCE}TAGS $D\n"})
    assert load_project(root).datasources["x"].tags == ("$D",)


def test_includes_are_relative_to_the_file(project):
    root = project(
        {
            "pipes/p.pipe": 'INCLUDE "../includes/n.incl" "N=7"\n',
            "includes/n.incl": "NODE n\nSQL >\n    SELECT $N\n",
        }
    )
    node = load_project(root).pipes["p"].nodes[0]
    assert node.sql == "    SELECT 7"
    assert node.location.path == "includes/n.incl"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.incl", "Cannot read none.incl: No such file or directory"),
        ("../../../etc/hostname", "../../../etc/hostname is outside of the project"),
        ("latin.incl", "The file is not UTF-8"),
    ],
)
def test_bad_includes(project, name, message):
    root = project({"pipes/p.pipe": f"INCLUDE {name}\n{PIPE}", "pipes/latin.incl": b"# \xe9"})
    assert errors(root) == [f"pipes/p.pipe:1:9: {message}"]


def test_a_file_that_cannot_be_read(project):
    root = project({"p.pipe": PIPE})
    (root / "q.pipe").symlink_to(root / "nothing")
    (root / "r.pipe").mkdir()
    assert list(load_project(root).pipes) == ["p"]


def test_this_repository_is_a_project_without_errors_or_warnings():
    root = Path(__file__).parents[2]
    found = load_project(root)
    assert sorted(path.stem for path in root.glob("datasources/*.datasource")) == sorted(
        found.datasources
    )
    assert sorted(path.stem for path in root.glob("pipes/*.pipe")) == sorted(found.pipes)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("[settings]\n", {}),
        (
            "[settings]\njoin_use_nulls = true\nquery_timeout_s = 2.5\nmax_result_bytes = 10\n"
            "max_memory_bytes = 20\n[settings.clickhouse]\nmax_threads = 2\na = true\nb = 'x'\n",
            {
                "join_use_nulls": True,
                "query_timeout_s": 2.5,
                "max_result_bytes": 10,
                "max_memory_bytes": 20,
                "clickhouse": {"max_threads": "2", "a": "1", "b": "x"},
            },
        ),
    ],
)
def test_settings(project, text, expected):
    found = load_project(project({"p.pipe": PIPE, "martlet.toml": text})).settings
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[settings\n", "1:10: Invalid TOML: Expected ']' at the end of a table declaration"),
        ("\n[other]\na = 1\n", "2:2: Unknown setting 'other'"),
        ("settings = 1\n", "1:1: settings must be a table"),
        ("[settings]\njoin_use_nulls = 1\n", "2:1: join_use_nulls must be true or false"),
        (
            "[settings]\nquery_timeout_s = 0\n",
            "2:1: query_timeout_s must be a number of seconds above 0",
        ),
        (
            "[settings]\nmax_result_bytes = 1.5\n",
            "2:1: max_result_bytes must be a whole number above 0",
        ),
        (
            "[settings]\nmax_memory_bytes = true\n",
            "2:1: max_memory_bytes must be a whole number above 0",
        ),
        (
            "[settings]\n[settings.clickhouse]\na = [1]\n",
            "2:11: clickhouse must be a table of ClickHouse settings",
        ),
    ],
)
def test_bad_settings(project, text, expected):
    found = errors(project({"p.pipe": PIPE, "martlet.toml": text}))
    assert len(found) == 1
    assert re.sub(r" \(at .*\)", "", found[0]) == f"martlet.toml:{expected}"
