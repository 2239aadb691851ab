"""docs/*.md: generated blocks are up to date, and every example does what is printed below it."""

import ast
import base64
import json
import re
import tomllib
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest
from scripts import make_docs, project_reference

from martlet import cli
from martlet.api.dispatch import dispatch
from martlet.api.http import Request
from martlet.api.operations import OPERATIONS
from martlet.check import check_project
from martlet.errors import Location, TemplateError
from martlet.files.project import load_project
from martlet.fixtures import empty_with_fixture, load_fixture
from martlet.ingest.rows import RowCoder
from martlet.model import Column, Datasource, Settings
from martlet.project_tests import run_file
from martlet.sql.lexer import quote_string
from martlet.template.compiler import compile_template
from martlet.types import parse_type

TEXTS = {path.name: path.read_text() for path in sorted(make_docs.DOCS.glob("*.md"))}


def fences(document: str, language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a language: what follows its name, and the text."""
    found = re.finditer(
        rf"^```{language}(?: (?P<rest>[^\n]*))?\n(?P<text>.*?)^```$", TEXTS[document], re.M | re.S
    )
    return [(block["rest"] or "", block["text"]) for block in found]


FILES = {
    path: text
    for language in ("text", "toml", "yaml")
    for path, text in fences("projects.md", language)
}


def test_the_documents():
    assert list(TEXTS) == [
        "api.md", "aws.md", "cli.md", "clients.md", "deployments.md", "leaving.md", "migrating.md", "projects.md", "service-data-sources.md",
        "sql.md", "templates.md",
    ]  # fmt: skip


@pytest.mark.parametrize("document", TEXTS)
def test_generated_blocks_are_as_the_code_has_them(document: str, monkeypatch):
    monkeypatch.delenv("MARTLET_PORT", raising=False)
    assert make_docs.rewritten(TEXTS[document]) == TEXTS[document], "run scripts/make_docs.py"


def test_every_generated_block_is_used_once():
    used = re.findall(r"<!-- generated: ([\w-]+) -->", "".join(TEXTS.values()))
    assert sorted(used) == sorted(make_docs.BLOCKS)


def test_check_says_what_is_stale_and_writes_nothing(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: formats -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(make_docs, "DOCS", tmp_path)
    monkeypatch.delenv("MARTLET_PORT", raising=False)
    monkeypatch.setattr("sys.argv", ["make_docs.py", "--check"])
    assert make_docs.main() == 1
    assert "docs/page.md: differs" in capsys.readouterr().out
    assert "old" in page.read_text()
    monkeypatch.setattr("sys.argv", ["make_docs.py"])
    assert make_docs.main() == 0
    assert "`.csv`" in page.read_text()
    monkeypatch.setattr("sys.argv", ["make_docs.py", "--check"])
    assert make_docs.main() == 0


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", TEXTS)
def test_links_lead_to_headings(document: str):
    for page, anchor in re.findall(r"\]\(([\w.]*)#([^)]+)\)", TEXTS[document]):
        assert anchor in anchors(TEXTS[page or document]), f"{page}#{anchor}"


# --- projects.md


def test_the_files_of_projects_md_are_a_project_without_warnings(write_project):
    project = load_project(write_project(FILES))
    assert project.warnings == ()
    assert set(project.datasources) == {"events", "actions_daily", "top_actions"}
    assert set(project.pipes) == {"actions", "actions_mv", "top_actions_copy"}
    assert set(project.connections) == {"stream"}
    assert set(project.fixtures) == {"events"}
    assert set(project.tests) == {"actions"}


def test_martlet_toml_shows_every_key_with_its_default():
    (_, text), *_ = fences("projects.md", "toml")
    written = tomllib.loads(text)["settings"]
    assert set(written) == set(project_reference.settings._KEYS)
    assert written.pop("clickhouse") == {"max_threads": 2}
    assert written == {key: getattr(Settings(), key) for key in written}


@pytest.fixture
def workspace(make_workspace):
    made = make_workspace(FILES)
    for datasource, path in empty_with_fixture(made):
        assert load_fixture(made, datasource, path).quarantined == 0
    return made


def test_the_endpoint_tests_of_projects_md_pass(workspace):
    outcome = run_file(workspace, workspace.live.project.tests["actions"])
    assert outcome.message == ""
    ((_, text),) = [block for block in fences("cli.md", "json") if block[0] == "test"]
    assert outcome.as_json() == json.loads(text)


def test_the_data_quality_tests_of_projects_md_pass(workspace):
    outcome = run_file(workspace, workspace.live.project.root / "tests" / "quality.yaml")
    assert (outcome.passed, outcome.message) == (["no_negative_amounts", "limit_is_kept"], "")


# --- templates.md

TEMPLATES = [text for _, text in fences("templates.md", "template")]


@pytest.mark.parametrize("block", TEMPLATES)
def test_templates_render_what_is_printed(block: str):
    source, *cases = re.split(r"^\?", block, flags=re.M)
    template = compile_or_error(source.rstrip("\n"))
    assert cases
    for case in cases:
        query, _, expected = case.partition("\n")
        values = dict(parse_qsl(query.strip(), keep_blank_values=True))
        expected = expected.removesuffix("\n")
        if expected.startswith("! "):
            with pytest.raises(TemplateError) as caught:
                (template if callable(template) else raiser(template))(values)
            assert caught.value.message == expected[2:]
        else:
            assert template(values) == expected


def compile_or_error(source: str):
    try:
        template = compile_template(source)
    except TemplateError as error:
        return error
    return lambda values: template.render(values).sql


def raiser(error: TemplateError):
    def raise_it(_values):
        raise error

    return raise_it


# --- api.md


def requests() -> list[tuple[str, str, str]]:
    """Return the HTTP examples: the request, the status, the expected body."""
    found = []
    for _, text in fences("api.md", "http"):
        request, status, body = re.split(r"^HTTP/1\.1 (\d+)\n", text, flags=re.M)
        found.append((request.strip("\n"), status, body.strip("\n")))
    return found


def test_http_examples_are_answered_as_printed(make_workspace):
    workspace = make_workspace({k: v for k, v in FILES.items() if not k.startswith("fixtures/")})
    before = fences("projects.md", "text")
    fixture = next(text for path, text in before if path == "fixtures/events.ndjson")
    bought = fixture.splitlines()[1].encode()  # so that the answers have more than one row
    workspace.append(workspace.datasource("events"), bought, "ndjson").result()
    tokens = {
        "$TOKEN": "admin",
        "$TRACKER": workspace.tokens.value("tracker"),
        "$REPORTS": workspace.tokens.value("reports"),
    }
    examples = requests()
    assert len(examples) >= 10
    for text, status, expected in examples:
        head, _, body = text.partition("\n\n")
        first, *lines = head.splitlines()
        method, target = first.split(" ")
        path, _, query = target.partition("?")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        for name, value in tokens.items():
            if headers.get("authorization") == f"Bearer {name}":
                headers["authorization"] = f"Bearer {value}"
        request = Request(method, path, query, headers, body.encode())
        response = dispatch(workspace, request, OPERATIONS).result()
        got = response.body.decode().strip("\n")
        assert str(response.status) == status, f"{first}: {got}"
        pattern = ".*".join(map(re.escape, expected.split("…")))
        assert re.fullmatch(pattern, got, re.S), f"{first}: {got}"
    refused = workspace.engine.rows("SELECT c__error FROM events_quarantine")
    (printed,) = re.findall(r"`c__error` is ``(.*?)``", TEXTS["api.md"])
    assert refused == [{"c__error": json.loads(printed)}]


COERCIONS = re.findall(
    r"^\| `([^`]+)`(?: \([^)|]*\))? \| (`.*?`) \| (`.*?`) \|$",
    TEXTS["api.md"].partition("### What a column takes")[2].partition("\n### ")[0],
    re.M,
)


def stored(engine, type_text: str, sent: str) -> str:
    """Return what ClickHouse has of a value, as JSON, or `refused`."""
    place = Location("x", 1)
    column = Column("v", parse_type(type_text), place, "$.v")
    coder = RowCoder(Datasource("d", place, (column,)))
    coded = coder.code(f'{{"v": {sent}}}'.encode())
    if coded.refused:
        return "refused"
    schema, row = quote_string(f"v {type_text}"), quote_string(coded.rows[0].decode())
    answer = engine.command(
        f"SELECT v FROM format(JSONEachRow, {schema}, {row}) FORMAT JSONEachRow"
        " SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_quote_decimals = 0"
    )
    return answer.strip().removeprefix('{"v":').removesuffix("}")


def test_columns_take_and_refuse_what_the_table_says(engine):
    assert len(COERCIONS) == 21
    for type_text, taken, refused in COERCIONS:
        for case in taken.split("; "):
            sent, _, kept = (part.strip("`") for part in case.partition(" → "))
            assert stored(engine, type_text, sent) == (kept or sent), (type_text, sent)
        for case in refused.split("; "):
            assert stored(engine, type_text, case.strip("`")) == "refused", (type_text, case)


def test_queries_that_are_refused_and_what_is_left_of_the_table_functions(make_workspace):
    sources = {name: name for name in make_docs.guard.ALLOWED_SYSTEM_TABLES}
    sources |= {
        "numbers": "numbers(1)",
        "numbers_mt": "numbers_mt(1)",
        "null": "null('a Int8')",
        "values": "values('a Int8', 1)",
        "generaterandom": "generateRandom('a Int8', 1, 1, 1)",
        "generateseries": "generateSeries(1, 1)",
        "generate_series": "generate_series(1, 1)",
        "primes": "primes(1)",
        "sqlstandardvalues": "(VALUES (1))",
    }
    assert set(sources) - make_docs.guard.ALLOWED_SYSTEM_TABLES == (
        make_docs.guard.ALLOWED_TABLE_FUNCTIONS
    )
    names = {source: f"x_{index}" for index, source in enumerate(sources)}
    workspace = make_workspace(
        {
            **{
                f"{names[key]}.pipe": f"NODE n\nSQL >\n    SELECT * FROM {source} LIMIT 1\nTYPE endpoint\n"
                for key, source in sources.items()
            },
        }
    )

    def ask(pipe: str):
        return dispatch(
            workspace, Request("GET", f"/v0/pipes/{pipe}.csv", "token=admin"), OPERATIONS
        ).result()

    failing = {key for key, pipe in names.items() if ask(pipe).status != 200}
    assert not failing


# --- cli.md


@pytest.mark.usefixtures("other_folders")
def test_check_prints_the_json_of_cli_md(write_project):
    ((file, text),) = [
        (rest.removeprefix("check "), text)
        for rest, text in fences("cli.md", "text")
        if rest.startswith("check ")
    ]
    ((_, expected),) = [block for block in fences("cli.md", "json") if block[0] == "check"]
    report = check_project(write_project({file: text}), environment={})
    assert report.as_json() == json.loads(expected)
    assert f"error: {report.errors[0]}" in TEXTS["cli.md"]


# --- aws.md


def test_the_script_of_aws_md_puts_failed_records_back(tmp_path, monkeypatch):
    ((_, script),) = [block for block in fences("aws.md", "python") if block[0] == "replay"]
    records = [b'{"a":1}\n{"a":2}\n', '{"a":"ü"}\n'.encode()]
    failed = [json.dumps({"rawData": base64.b64encode(record).decode()}) for record in records]
    path = tmp_path / "format-conversion-failed" / "part"
    path.parent.mkdir()
    path.write_text("\n".join(failed) + "\n")
    put = []
    client = SimpleNamespace(put_record=lambda **call: put.append(call))
    session = SimpleNamespace(create_client=lambda service: {"firehose": client}[service])
    monkeypatch.setattr("botocore.session.get_session", lambda: session)
    monkeypatch.setattr("sys.argv", ["replay.py", str(tmp_path), "shop-dev-events"])
    exec(compile(script, "replay.py", "exec"), {})
    assert [call["Record"]["Data"] for call in put] == records
    assert {call["DeliveryStreamName"] for call in put} == {"shop-dev-events"}
    assert not path.exists(), "a second run would put it again"


def test_the_commands_of_aws_md_exist():
    parser = cli._parser()
    lines = [line for _, text in fences("aws.md", "sh") for line in text.splitlines()]
    commands = [
        part.partition("#")[0].split()
        for line in lines
        for part in line.split(" | ")
        if part.startswith("martlet ")
    ]
    assert len(commands) >= 7
    for _, *arguments in commands:
        parser.parse_args(arguments)
    targets = {line.split()[1] for line in lines if line.startswith("make ")}
    made = re.findall(
        r"^([\w-]+|\$\(STAMP\)):", (make_docs.DOCS.parent / "Makefile").read_text(), re.M
    )
    assert targets - {".venv/.from-lock"} <= set(made)


def test_the_construct_of_aws_md_takes_what_it_is_given():
    ((_, text),) = [block for block in fences("aws.md", "python") if "MartletProject" in block[1]]
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    (call,) = [node for node in calls if getattr(node.func, "id", "") == "MartletProject"]
    # Read, not imported: the CDK takes seconds, and Node.
    source = (make_docs.DOCS.parent / "src" / "martlet_infra" / "project.py").read_text()
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    (made,) = [node for node in classes if node.name == "MartletProject"]
    (init,) = [node for node in made.body if getattr(node, "name", "") == "__init__"]
    assert {each.arg for each in call.keywords} <= {each.arg for each in init.args.kwonlyargs}
