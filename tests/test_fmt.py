"""`martlet fmt`: the canonical form, what is left alone, and that no file comes to mean another thing."""

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.files.generate_datasource import datasources
from tests.files.generate_pipe import connections, pipes
from tests.files.reading import read
from tests.files.test_fuzz import VALID, WORDS
from tests.server.conftest import write_files

from martlet.cli import main
from martlet.files.source import Source
from martlet.fmt import Formatted, format_text, meaning

ROOT = Path(__file__).parents[1]
TUTORIALS = ROOT / "tests" / "tutorials"
FILES = [
    path
    for folder in (ROOT / "datasources", ROOT / "pipes", TUTORIALS)
    for path in sorted(folder.rglob("*.*"))
    if path.suffix in (".datasource", ".pipe", ".connection")
]


def included(path: str, name: str) -> tuple[str, str]:
    return name, "    `z` Int8\n" if name == "columns.incl" else "WHERE 1\n"


def formatted(text: str, kind: str) -> Formatted:
    return format_text(Source(f"x.{kind}", text, include=included))


def fmt(text: str, kind: str = "datasource") -> str:
    """Return the canonical form, which must be its own canonical form."""
    once = formatted(text, kind)
    assert not once.errors, once.errors[0]
    assert formatted(once.after, kind).after == once.after
    return once.after


SCHEMA = "SCHEMA >\n    `a` Int8\n"
# what, kind, a file, its canonical form
CASES = [
    (
        "instructions in capitals, one space, groups apart",
        "datasource",
        "description  What it is\n  token  t   read\nTOKEN 'a b' APPEND\nschema >\n a Int8\n"
        "Engine  MergeTree\nENGINE_SORTING_KEY a,  a\nKAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c\n"
        "KAFKA_GROUP_ID $GROUP\nTAGS a,b",
        'DESCRIPTION >\n    What it is\n\nTOKEN "t" READ\nTOKEN "a b" APPEND\n\n' + SCHEMA + "\n"
        "ENGINE MergeTree\nENGINE_SORTING_KEY a, a\n\nKAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c\n"
        'KAFKA_GROUP_ID $GROUP\n\nTAGS "a, b"\n',
    ),
    (
        "a column per line, its parts in the file's order and spelling",
        "datasource",
        "SCHEMA >\n  a   Array( Int8 ) `json:$.a[:]`,b text default   'x,  y' codec(ZSTD(1)),\n"
        "     c DateTime\n       DEFAULT now(),\n\n\n  `d` Enum8('a'=1),",
        "SCHEMA >\n    `a` Array( Int8 ) `json:$.a[:]`,\n    `b` text DEFAULT 'x,  y' CODEC(ZSTD(1)),\n"
        "    `c` DateTime DEFAULT now(),\n\n    `d` Enum8('a'=1)\n",
    ),
    (
        "comments of a SCHEMA",
        "datasource",
        "SCHEMA >\n  -- above\n  a Int8,   -- behind, it's\n# a line\n  b Int8 -- before the comma\n"
        "  , c Int8 -- inside\n    DEFAULT 1,\n  d Int8, -- last\n  -- below\n",
        "SCHEMA >\n    -- above\n    `a` Int8,   -- behind, it's\n    # a line\n"
        "    `b` Int8, -- before the comma\n    -- inside\n    `c` Int8 DEFAULT 1,\n"
        "    `d` Int8 -- last\n    -- below\n",
    ),
    (
        "lines inside of brackets keep their shape",
        "datasource",
        "SCHEMA >\n  n Nested(\n      x Int8, -- first\n      y String\n  ),\n  `m` Map(String,   Int8)\n",
        "SCHEMA >\n    `n` Nested(\n        x Int8, -- first\n        y String\n    ),\n"
        "    `m` Map(String,   Int8)\n",
    ),
    (
        "comments between instructions",
        "datasource",
        "\n\n# of the file\n\n\n# too\n" + SCHEMA + "# of the engine\nENGINE MergeTree # behind\n"
        "   # of the key\nENGINE_SORTING_KEY a\n\n# alone\n\nTOKEN t READ\n# end\n\n",
        "# of the file\n\n# too\n" + SCHEMA + "\n# of the engine\nENGINE MergeTree # behind\n"
        '# of the key\nENGINE_SORTING_KEY a\n\n# alone\n\nTOKEN "t" READ\n# end\n',
    ),
    (
        "blocks of a data source",
        "datasource",
        SCHEMA + "indexes > # why\n\tINDEX i  a TYPE minmax GRANULARITY 1\n\n"
        "ENGINE_SORTING_KEY >\n  a,\n    a\nFORWARD_QUERY >\nSELECT a,\n  a\nSHARED_WITH >\n  b\n",
        SCHEMA + "\nINDEXES > # why\n    INDEX i  a TYPE minmax GRANULARITY 1\n\n"
        "ENGINE_SORTING_KEY >\n    a,\n      a\n\nFORWARD_QUERY >\n    SELECT a,\n      a\n\n"
        "SHARED_WITH >\n    b\n",
    ),
    (
        "quotes and their absence stay, typographic ones become straight",
        "datasource",
        SCHEMA + "ENGINE \u201cMergeTree\u201d\nENGINE_SORTING_KEY 'a'\nENGINE_PARTITION_KEY \"\"\n",
        SCHEMA + "\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY 'a'\nENGINE_PARTITION_KEY \"\"\n",
    ),
    (
        "Windows' line ends and a byte order mark",
        "datasource",
        "\ufeffSCHEMA >\r\n  `a` Int8\r\n",
        SCHEMA,
    ),
    (
        "a secret",
        "datasource",
        SCHEMA + 'KAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID g\nKAFKA_TOPIC  {{ tb_secret("t") }}',
        SCHEMA + '\nKAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID g\nKAFKA_TOPIC {{ tb_secret("t") }}\n',
    ),
    (
        "a data source as JSON",
        "datasource",
        '{"DESCRIPTION": "d", "SCHEMA": [{"name": "a", "type": "Int8", "default": 1}, {"name": "b",'
        ' "type": "String", "json_path": "$.b"}], "TOKEN": ["t READ"], "ENGINE_SORTING_KEY": "a, b"}',
        "DESCRIPTION >\n    d\n\nSCHEMA >\n    `a` Int8 DEFAULT 1,\n    `b` String `json:$.b`\n\n"
        'TOKEN "t" READ\n\nENGINE_SORTING_KEY "a, b"\n',
    ),
    (
        "SCHEMA behind the DESCRIPTION",
        "datasource",
        "DESCRIPTION > \n  What it is. SCHEMA >\n  a Int8\n",
        "DESCRIPTION >\n    What it is.\n\n" + SCHEMA,
    ),
    (
        "a description that means another thing as a block stays",
        "datasource",
        "DESCRIPTION  it is # not this\n" + SCHEMA,
        "DESCRIPTION it is # not this\n\n" + SCHEMA,
    ),
    (
        "a pipe",
        "pipe",
        "TOKEN t READ\nNODE n\nDESCRIPTION one\nSQL >\n  % \n  SELECT  a, -- c\n      b  \n\n  FROM t\n"
        "# end\nnode m\nsql >\n%SELECT 1\nTYPE  copy\n\nTARGET_DATASOURCE t\nCOPY_SCHEDULE @on-demand",
        'TOKEN "t" READ\n\nNODE n\nDESCRIPTION >\n    one\n\nSQL >\n    %\n    SELECT  a, -- c\n'
        "        b\n\n    FROM t\n\n# end\nNODE m\nSQL >\n    %\n    SELECT 1\n\nTYPE copy\n"
        "TARGET_DATASOURCE t\nCOPY_SCHEDULE @on-demand\n",
    ),
    (
        "a query whose literal has several lines stays",
        "pipe",
        "NODE n\nSQL >\n  SELECT 'a  \n b'   \nTYPE endpoint",
        "NODE n\nSQL >\n  SELECT 'a  \n b'   \n\nTYPE endpoint\n",
    ),
    (
        "and so does one whose literals a template opens",
        "pipe",
        "NODE n\nSQL >\n  %\n  SELECT {% if defined(x) %}'a{% else %}'b{% end %}\n c'\nTYPE endpoint",
        "NODE n\nSQL >\n  %\n  SELECT {% if defined(x) %}'a{% else %}'b{% end %}\n c'\n\nTYPE endpoint\n",
    ),
    (
        "a string in a tag that has several lines",
        "pipe",
        'NODE n\nSQL >\n  %\n  SELECT {{String(x, """a\n  b""")}}\nTYPE endpoint\n',
        'NODE n\nSQL >\n  %\n  SELECT {{String(x, """a\n  b""")}}\n\nTYPE endpoint\n',
    ),
    (
        "INCLUDE in the middle of a query",
        "pipe",
        "NODE  n\nSQL >\n  SELECT 1\nINCLUDE  \"where.incl\" \"A=1\"\n  AND 2\nTYPE endpoint\n",
        'NODE n\nSQL >\n  SELECT 1\nINCLUDE "where.incl" "A=1"\n  AND 2\nTYPE endpoint\n',
    ),
    (
        "INCLUDE in the middle of a SCHEMA",
        "datasource",
        'SCHEMA >\n  a Int8,\nINCLUDE "columns.incl"\n\nENGINE  MergeTree',
        'SCHEMA >\n  a Int8,\nINCLUDE "columns.incl"\n\nENGINE MergeTree\n',
    ),
    (
        "a connection",
        "connection",
        "type kafka\n\nKAFKA_BOOTSTRAP_SERVERS  b:1\nKAFKA_KEY {{ tb_secret('k') }}  # of prod\n",
        "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS b:1\nKAFKA_KEY {{ tb_secret('k') }} # of prod\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "expected"), [pytest.param(*case, id=name) for name, *case in CASES]
)
def test_canonical_form(kind, text, expected):
    assert fmt(text, kind) == expected


def squeezed(text: str, kind: str) -> object:
    return meaning(read(text, kind, include=included)[0])


@pytest.mark.parametrize("case", CASES, ids=[name for name, *_ in CASES])
def test_the_canonical_form_means_the_same(case):
    _, kind, before, after = case
    assert squeezed(before, kind) == squeezed(after, kind) is not None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("datasource", SCHEMA, SCHEMA.replace("Int8", "Int16")),
        ("datasource", SCHEMA + "ENGINE_TTL a + 1", SCHEMA + "ENGINE_TTL a + 2"),
        ("pipe", "NODE n\nSQL >\n SELECT 'a\n b'", "NODE n\nSQL >\n SELECT 'a\n  b'"),
        ("pipe", "NODE n\nSQL >\n SELECT 1", "NODE n\nSQL >\n %\n SELECT 1"),
        (
            "pipe",
            "TOKEN a READ\nNODE n\nSQL >\n SELECT 1",
            "TOKEN b READ\nNODE n\nSQL >\n SELECT 1",
        ),
    ],
)
def test_meaning_tells_files_apart(kind, one, other):
    assert squeezed(one, kind) != squeezed(other, kind)


@pytest.mark.parametrize("wrong", [SCHEMA.replace("Int8", "Int16"), SCHEMA, "SCHEMAS", ""])
def test_a_faulty_writer_changes_no_file(monkeypatch, wrong):
    monkeypatch.setattr("martlet.fmt.canonical", lambda *_: wrong)
    found = formatted(SCHEMA + "# a comment\n", "datasource")
    assert not found.changes
    (error,) = found.errors
    assert error.message == "martlet fmt cannot format this file: it would not mean the same"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_the_repository(path):
    once = fmt(path.read_text(), path.suffix[1:])
    if TUTORIALS not in path.parents:
        assert once == path.read_text()


EXAMPLE = re.compile(
    r"^```text (\S+\.(?:datasource|pipe|connection))\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def test_examples_of_the_documentation():
    examples = EXAMPLE.findall((ROOT / "docs" / "projects.md").read_text())
    assert len(examples) > 5
    for name, text in examples:
        assert fmt(text, name.rpartition(".")[2]) == text


@given(st.one_of(*(st.tuples(made, st.just(kind)) for made, kind in (
    (datasources(), "datasource"), (pipes(), "pipe"), (connections(), "connection"),
))))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_generated_files(made):
    text, kind = made
    if not read(text, kind)[1].errors:
        fmt(text, kind)


@given(st.sampled_from([*VALID, *(text for _, _, text, _ in CASES)]), st.data())
@settings(max_examples=60, deadline=None)
def test_a_garbled_file_is_formatted_or_left_alone(text, data):
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 10)))
        text = text[:start] + data.draw(st.sampled_from(WORDS)) + text[end:]
    for kind in ("datasource", "pipe", "connection"):
        found = formatted(text, kind)
        wrong = read(text, kind, include=included)[1].errors
        assert [str(error) for error in found.errors] == [str(error) for error in wrong]
        if not wrong:
            assert formatted(found.after, kind).after == found.after
        else:
            assert not found.changes


# the command


@pytest.fixture
def project(tmp_path) -> Path:
    return write_files(
        tmp_path / "project",
        {
            "datasources/good.datasource": SCHEMA,
            "datasources/wide.datasource": "SCHEMA >\n  a Int8\n",
            "pipes/bad.pipe": "NODE n\nTYPO endpoint\nSQL >\n  SELECT 1\n",
            "pipes/fine.pipe": "node n\nSQL >\n    SELECT 1\n",
            "fixtures/pipes/x.pipe": "node n\n",
            "includes/x.incl": "node  n\n",
        },
    )


@pytest.fixture
def call(capsys):
    def called(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["fmt", *(str(each) for each in arguments)])
        return code, *capsys.readouterr()

    return called


def texts(project: Path) -> dict[str, str]:
    return {str(p.relative_to(project)): p.read_text() for p in project.rglob("*.*") if p.is_file()}


ERROR = (
    "pipes/bad.pipe:2:1: TYPO is not a valid option in pipe files.\n    2 | TYPO endpoint\n"
    "      | ^\nhint: did you mean TYPE?\n\n"
)


def test_fmt_writes_what_changes_and_names_it(call, project):
    before = texts(project)
    code, out, err = call(project)
    assert (code, err) == (1, ERROR)
    assert out == (
        f"formatted {project}/datasources/wide.datasource\nformatted {project}/pipes/fine.pipe\n"
        "2 changed, 1 unchanged, 1 with errors\n"
    )
    assert texts(project) == before | {
        "datasources/wide.datasource": SCHEMA,
        "pipes/fine.pipe": "NODE n\nSQL >\n    SELECT 1\n",
    }
    (project / "pipes/bad.pipe").unlink()
    assert call(project) == (0, "0 changed, 3 unchanged\n", "")


def test_check_names_what_would_change_and_writes_nothing(call, project):
    before = texts(project)
    file = project / "pipes/fine.pipe"
    assert call("--check", file) == (1, f"would change {file}\n1 changed, 0 unchanged\n", "")
    assert call("--check", project / "datasources/good.datasource")[0] == 0
    assert texts(project) == before


def test_diff(call, project):
    before = texts(project)
    file = project / "pipes/fine.pipe"
    diff = f"--- a/{file}\n+++ b/{file}\n@@ -1,3 +1,3 @@\n-node n\n+NODE n\n SQL >\n     SELECT 1\n"
    assert call("--diff", file) == (0, diff, "")
    assert call("--diff", "--check", file) == (1, diff, "")
    assert texts(project) == before


def test_diff_of_a_file_that_does_not_end_with_a_line_end(call, project):
    file = project / "pipes/fine.pipe"
    file.write_text("NODE n\nSQL >\n    SELECT 1")
    _, out, _ = call("--diff", file)
    assert out.endswith("-    SELECT 1\n\\ No newline at end of file\n+    SELECT 1\n")


def test_line_ends_alone_are_a_change(call, project):
    file = project / "datasources/good.datasource"
    file.write_bytes(SCHEMA.replace("\n", "\r\n").encode())
    assert call("--check", file)[0] == 1
    assert call(file)[0] == 0
    assert file.read_bytes() == SCHEMA.encode()


def test_includes_are_found_and_kept(call, project, monkeypatch):
    write_files(
        project,
        {
            "pipes/i.pipe": 'INCLUDE  "../includes/n.incl"\n',
            "includes/n.incl": "node n\nsql >\n SELECT 1\n",
        },
    )
    monkeypatch.chdir(project)
    assert call("pipes/i.pipe") == (0, "formatted pipes/i.pipe\n1 changed, 0 unchanged\n", "")
    assert (project / "pipes/i.pipe").read_text() == 'INCLUDE "../includes/n.incl"\n'
    assert (project / "includes/n.incl").read_text() == "node n\nsql >\n SELECT 1\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "notes.txt",
            b"",
            "notes.txt is no datafile: its name does not end with one of .datasource,",
        ),
        ("missing.pipe", None, "missing.pipe:1:1: Cannot read the file: No such file or directory"),
        ("x.pipe", b"NODE \xff", "x.pipe:1:6: The file is not UTF-8"),
    ],
)
def test_files_that_cannot_be_read(call, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = call(tmp_path / name)
    assert (code, out) == (1, "0 changed, 0 unchanged, 1 with errors\n")
    assert said in err


def test_a_file_that_cannot_be_written(call, project, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    code, _, err = call(project / "pipes/fine.pipe")
    assert code == 1
    assert err == f"error: Cannot write {project}/pipes/fine.pipe: Permission denied\n"


@pytest.fixture
def given_input(monkeypatch):
    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return give


def test_standard_input(call, given_input):
    given_input(b"node n\nSQL >\n  SELECT 1")
    assert call("-", "--name", "x.pipe") == (0, "NODE n\nSQL >\n    SELECT 1\n", "")
    given_input(b"node n\nSQL >\n  SELECT 1")
    assert call("-", "--name", "x.pipe", "--check") == (1, "would change x.pipe\n", "")
    given_input(SCHEMA.encode())
    assert call("-", "--name", "x.datasource", "--check") == (0, "", "")


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (
            b"",
            [],
            "error: Standard input needs a name, which says what it is\nhint: for example --name x.pipe\n",
        ),
        (b"\xff", ["--name", "x.pipe"], "error: Standard input is not UTF-8\n"),
        (b"NODE", ["--name", "x.pipe"], "x.pipe:1:1: NODE needs"),
    ],
)
def test_standard_input_with_errors(call, given_input, content, options, said):
    given_input(content)
    code, out, err = call("-", *options)
    assert (code, out) == (1, "")
    assert err.startswith(said)
