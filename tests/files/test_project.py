import re
from pathlib import Path

import pytest

from martlet.errors import ProjectError
from martlet.files.project import load_project, read_project

DATASOURCE = "SCHEMA >\n    a String `json:$.a`\n"
PIPE = "NODE n\nSQL >\n    SELECT 1\n"
FORWARD = {"martlet.toml": '[settings]\ngeneration = "forward"\n'}


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
            "a/b/deep.pipe": PIPE,
            "a/b/c/too_deep.pipe": PIPE,
            "a/b/c/notes.txt": "",
            "._top.pipe": "a Mac's own",
            "top.pipe": PIPE,
            "connections/kafka.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h:9092\n",
            "notes.txt": "SCHEMA",
            **FORWARD,
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
    assert found.pipes["deep"].location.path == "a/b/deep.pipe"
    assert found.pipes["deep"].nodes[0].location.path == "a/b/deep.pipe"
    assert [str(warning).partition("\n")[0] for warning in found.warnings] == [
        "a/b/c/too_deep.pipe:1:1: The file is more than 3 levels deep and is not read"
    ]


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({"tinybird.config.json": '{"folder": "./inner/"}'}, "inner"),
        ({"tinybird.config.json": '{"include": ["x"]}', ".tinyb": '{"cwd": "inner"}'}, "inner"),
        ({"tinybird.config.json": '{"folder": "."}'}, "."),
        ({"tinybird.config.json": '{"folder": 3}'}, "."),
        ({"tinybird.config.json": "broken", ".tinyb": "[]"}, "."),
        ({}, "."),
    ],
)
def test_the_folder_that_tinybirds_settings_name(project, settings, folder):
    root = project(
        {
            **settings,
            ".env": "A=outer\nB=outer\n",
            "inner/.env": "B=inner\n",
            "inner/pipes/p.pipe": PIPE,
            "top.pipe": PIPE.replace("n", "m", 1),
        }
    )
    found = load_project(root)
    assert found.root == root / folder
    is_inner = folder == "inner"
    assert list(found.pipes) == (["p"] if is_inner else ["p", "top"])
    assert found.secrets == {"A": "outer", "B": "inner" if is_inner else "outer"}


SHARED = {
    "vendor/geo/datasources/countries.datasource": "TOKEN t READ\nSHARED_WITH >\n    us\n" + DATASOURCE,
    "vendor/geo/unused.datasource": "broken",
    "vendor/geo/pipes/p.pipe": "broken",
    "p.pipe": "NODE n\nSQL >\n    SELECT geo.countries.a FROM geo.countries\nTYPE endpoint\n",
}  # fmt: skip


def test_data_sources_of_other_workspaces(project):
    found = load_project(project({**SHARED, "fixtures/geo__countries.ndjson": ""}))
    (source,) = found.datasources.values()
    assert (source.name, source.tokens, source.shared_with) == ("geo__countries", (), ())
    assert found.resource("geo.countries") == "geo__countries"
    assert list(found.fixtures) == ["geo__countries"]
    assert (
        found.pipes["p"].nodes[0].sql == "SELECT `countries`.a FROM geo__countries AS `countries`"
    )
    assert found.warnings == ()


def test_errors_of_other_workspaces_data_sources(project):
    broken = {"vendor/geo/datasources/countries.datasource": "SCHEMA >\n    a Foo\n"}
    assert errors(project({**SHARED, **broken})) == [
        "vendor/geo/datasources/countries.datasource:2:7: Unknown data type family: Foo"
    ]
    clash = {"geo__countries.datasource": DATASOURCE}
    assert errors(project({**SHARED, **clash})) == [
        "vendor/geo/datasources/countries.datasource:1:1: Resource 'geo__countries' is defined twice"
    ]


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
            {"x.datasource": DATASOURCE, "x_quarantine.datasource": DATASOURCE},
            ["x_quarantine.datasource:1:1: 'x_quarantine' is the quarantine of 'x'"],
        ),
        (
            {"x.datasource": DATASOURCE, "x_quarantine.pipe": PIPE},
            ["x_quarantine.pipe:1:1: 'x_quarantine' is the quarantine of 'x'"],
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
    typed = PIPE + "TYPE endpoint\n"
    root = project({"n.datasource": DATASOURCE, "p.pipe": typed, "q.pipe": typed})
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
            + 'TAGS {{ tb_secret("A") }},{{ tb_secret("B") }},{{ tb_secret("C") }}\nENGINE $D\n',
        }
    )
    found = load_project(root, environment={"D": "Null"}, secrets={"B": "given", "C": "c"})
    assert found.datasources["x"].tags == ("second", "given", "c")
    assert found.datasources["x"].engine.name == "Null"
    assert found.secrets == {"A": "second", "B": "given", "C": "c"}


def test_the_process_environment_is_not_read(project, monkeypatch):
    monkeypatch.setenv("D", "secret")
    root = project({"x.datasource": f"{DATASOURCE}ENGINE_SETTINGS $D\n"})
    assert load_project(root).datasources["x"].engine.settings == "$D"


def test_includes_are_relative_to_the_file(project):
    root = project(
        {
            "pipes/p.pipe": 'INCLUDE "../includes/n.incl" "N=7"\n',
            "includes/n.incl": "NODE n\nSQL >\n    SELECT $N\n",
        }
    )
    found = load_project(root)
    node = found.pipes["p"].nodes[0]
    assert found.files == ("includes/n.incl", "pipes/p.pipe")
    assert node.sql == "SELECT 7"
    assert node.location.path == "includes/n.incl"


@pytest.mark.parametrize(
    ("line", "files", "sql"),
    [
        # Inside of an included file a name is relative to the datafile, else to that file.
        ("../a.incl", {"a.incl": "INCLUDE n.incl\n", "pipes/n.incl": PIPE}, "SELECT 1"),
        ("../a/a.incl", {"a/a.incl": "INCLUDE n.incl\n", "a/n.incl": PIPE}, "SELECT 1"),
        (
            "../a.incl",
            {"a.incl": "INCLUDE n.incl\n", "n.incl": "", "pipes/n.incl": PIPE},
            "SELECT 1",
        ),
        ("${STAGE}.incl A=$STAGE", {"pipes/dev.incl": PIPE.replace("1", "$A")}, "SELECT $STAGE"),
        ("n.incl A=1", {"pipes/n.incl": PIPE.replace("1", "$$A, $$, $A$$")}, "SELECT $A, $, 1$"),
    ],
)
def test_paths_and_variables_of_includes(project, line, files, sql):
    root = project({"pipes/p.pipe": f"INCLUDE {line}\n", **files})
    found = load_project(root, environment={"STAGE": "dev"})
    assert found.pipes["p"].nodes[0].sql == sql


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


def test_a_variable_of_an_include_without_a_value(project):
    root = project({"pipes/p.pipe": f"INCLUDE n.incl N\n{PIPE}", "pipes/n.incl": ""})
    assert errors(root) == ["pipes/p.pipe:1:16: N has no value"]


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
        ("[settings]\ncache_bytes = 0\n", {"cache_bytes": 0}),
        (
            "[settings]\njoin_use_nulls = true\nquery_timeout_s = 2.5\nmax_result_bytes = 10\n"
            "max_memory_bytes = 20\nmax_file_bytes = 30\n[settings.clickhouse]\nmax_threads = 2\na = true\nb = 'x'\n",
            {
                "join_use_nulls": True,
                "query_timeout_s": 2.5,
                "max_result_bytes": 10,
                "max_memory_bytes": 20,
                "max_file_bytes": 30,
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
            "[settings]\ngeneration = 'old'\n",
            '2:1: generation must be "detect", "classic" or "forward"',
        ),
        (
            "[settings]\ngeneration = []\n",
            '2:1: generation must be "detect", "classic" or "forward"',
        ),
        (
            "[settings]\nquery_timeout_s = 0\n",
            "2:1: query_timeout_s must be a number of seconds above 0",
        ),
        (
            "[settings]\nmax_result_bytes = 1.5\n",
            "2:1: max_result_bytes must be a whole number above 0",
        ),
        *(
            (
                f"[settings]\ncache_bytes = {value}\n",
                "2:1: cache_bytes must be a whole number, 0 for no cache",
            )
            for value in ("-1", "false", "0.0")
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
