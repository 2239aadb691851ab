"""Files and pushes of Tinybird Classic, read by its own package and by ours."""

import json
import re
import shutil
from pathlib import Path

import pytest
from scripts.environments import CLASSIC
from tests.vendor.oracle import Answer, Vendor
from tests.vendor.stub import stubbed

from martlet.files.project import load_project, read_project
from martlet.model import NodeType, Project
from martlet.project_tests import run_file
from martlet.scopes import format_scope
from martlet.tokens import declared_scopes

PROJECT = Path(__file__).parents[1] / "classic"
SCHEMA = "SCHEMA >\n    `a` String `json:$.a`\n"
NODE = "NODE n\nSQL >\n    SELECT 1\n"


def source(main: str, **included: str) -> dict[str, str]:
    return {"datasources/x.datasource": main, **_included(included)}


def pipe(main: str, **included: str) -> dict[str, str]:
    return {"pipes/x.pipe": main, **_included(included)}


def _included(files: dict[str, str]) -> dict[str, str]:
    return {f"includes/{name}.incl": text for name, text in files.items()}


# Files that both read, and read the same.
READ = [
    source("VERSION 3\nMAINTAINER me\nFROM a\nSOURCE b.csv\nTEST t\n" + SCHEMA),
    source("MAINTAINER >\n    me\nSOURCE >\n    b.csv\n" + SCHEMA),
    source("RESOURCE x\n" + SCHEMA),
    source(SCHEMA + "SOURCE b.csv\n"),
    source(SCHEMA + "INDICES >\n    i a TYPE minmax GRANULARITY 1\n"),
    source(SCHEMA + "INDEXES >\n    INDEX i a TYPE minmax GRANULARITY 1\n"),
    source(SCHEMA + "VERSION 0\nTOKEN t append\nTOKEN 'u v' READ\n"),
    source(SCHEMA + "IMPORT_SERVICE bigquery\nIMPORT_SCHEDULE '*/5 * * * *'\nIMPORT_EXTERNAL_DATASOURCE a.b\nIMPORT_STRATEGY REPLACE\n"),
    source(SCHEMA + "IMPORT_SERVICE snowflake\nIMPORT_CONNECTION_NAME c\nIMPORT_SCHEDULE @on-demand\nIMPORT_QUERY >\n    SELECT 1\nIMPORT_STRATEGY APPEND\n"),
    source(SCHEMA + "IMPORT_SERVICE s3_iamrole\nIMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s3://x\nIMPORT_SCHEDULE @auto\n"),
    source(SCHEMA + "KAFKA_BOOTSTRAP_SERVERS h\nKAFKA_KEY k\nKAFKA_SECRET s\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"),
    source(SCHEMA + "KAFKA_TOPIC t\nKAFKA_GROUP_ID g\nINCLUDE '../includes/k.incl' 'HOST=h=1:2' KEY=k\n", k="KAFKA_BOOTSTRAP_SERVERS '$HOST'\nKAFKA_KEY ${KEY}\n"),
    source("INCLUDE ../includes/s.incl T=Int32\nENGINE MergeTree\n", s="SCHEMA >\n    `a` ${T}\n"),
    source(SCHEMA + "INCLUDE '../includes/a.incl' 'X=Null' # c\n", a="# c\nINCLUDE '../includes/b.incl' 'Y=$X'\n", b="ENGINE $Y\n"),
    source(SCHEMA + "INCLUDE '../includes/a.incl' 'X=b'\n", a="INCLUDE '../includes/$X.incl'\n", b="ENGINE Null\n"),
    source(SCHEMA + "INCLUDE '../includes/a.incl' 'X=1'\n", a="DESCRIPTION >\n    $$X is ${X}, not $$ or $Y\n"),
    pipe("INCLUDE '../includes/n.incl' 'N=7'\n", n=NODE.replace("1", "$N, '$N$$', ${M}, $1")),
    pipe("INCLUDE '../includes/n.incl' 'N=7'\nINCLUDE '../includes/n.incl' 'N=8'\n", n="NODE n$N\nSQL >\n    SELECT $N\n"),
    pipe("INCLUDE '../includes/n.incl'\nNODE z\nSQL >\n    SELECT * FROM n\n", n=NODE),
    pipe(NODE + "INCLUDE '../includes/n.incl' 'N=a b'\n", n="NODE m\nSQL >\n    SELECT '$N'\n"),
    pipe("NODE n\nINCLUDE '../includes/n.incl' 'N='\n", n="SQL >\n    SELECT '$N'\n"),
    pipe("TOKEN a READ\nINCLUDE '../includes/n.incl' 'N=7'\n" + NODE, n="TOKEN b READ\nDESCRIPTION d$N\n"),
    pipe("VERSION 1\nINCLUDE '../includes/n.incl'\n" + NODE, n="VERSION 2\n"),
    pipe(NODE + "TYPE ENDPOINT\n"),
    pipe("MAINTAINER me\nSOURCE x\nTEST y\n" + NODE),
    pipe(NODE + "FROM t\n"),
    {"datasources/x.datasource": SCHEMA + "INCLUDE '../includes/a.incl'\n", "includes/a.incl": "INCLUDE 'b.incl'\n", "datasources/b.incl": "ENGINE Null\n"},
]  # fmt: skip

# Files that neither reads.
REFUSED = [
    source(SCHEMA + "NODE n\n"),
    source(SCHEMA + "FROM a\n"),
    source(SCHEMA + "SETTINGS a=1\n"),
    source(SCHEMA + "TOKEN t\n"),
    source(SCHEMA + "VERSION\n"),
    source("CACHE 1\n" + SCHEMA),
    source(SCHEMA + "INCLUDE 'includes/k.incl'\n", k=""),
    source(SCHEMA + "INCLUDE '../includes/k.incl' 'HOST'\n", k="ENGINE Null\n"),
    source(SCHEMA + "  INCLUDE '../includes/k.incl'\n", k="ENGINE Null\n"),
    pipe("INCLUDE\n" + NODE),
    pipe("INCLUDE ''\n" + NODE),
    pipe("INCLUDE '../includes/n.incl'\n", n="INCLUDE '../includes/m.incl'\n"),
    pipe("SQL >\n    SELECT 1\n"),
    pipe("NODE n\nSQL SELECT 1\n"),
    pipe("FOO\n" + NODE),
]

# What Classic's command takes and we do not -> why, or what Classic's server says later.
STRICTER = [
    (pipe(NODE + "NODE n\nSQL >\n    SELECT 2\n"), "two nodes of one name"),
    (pipe(NODE + "TYPE endpoint\nNODE m\nSQL >\n    SELECT 2\nTYPE endpoint\n"), "a pipe has one result"),
    (pipe(NODE + "TYPE stream\n"), "there are no streams"),
    (pipe(NODE + "TYPE materialized\n"), "no target"),
    (pipe("DESCRIPTION a\n"), "no node"),
    (source("MAINTAINER me\n"), "no SCHEMA"),
    (source(SCHEMA + "KAFKA_TOPIC t\n"), "no broker"),
    (source(SCHEMA + "IMPORT_SCHEDULE foo\n"), "nothing to import"),
    (source(SCHEMA + "IMPORT_FORMAT foo\n"), "no such format"),
    (source(SCHEMA + "TOKEN t DROP\n"), "no such permission"),
    (source(SCHEMA + "TOKEN t READ x\n"), "a name with a space, without quotes"),
]  # fmt: skip


def ids(cases: list) -> list[str]:
    texts = (next(iter((case[0] if isinstance(case, tuple) else case).values())) for case in cases)
    return [re.sub(r"\s+", " ", text)[-60:] for text in texts]


def ask(classic: Vendor, files: dict[str, str]) -> Answer:
    name = next(iter(files))
    return classic.ask("classic", kind=Path(name).suffix[1:], files=files, name=name)


@pytest.mark.parametrize("files", READ, ids=ids(READ))
def test_files_that_both_read(classic: Vendor, write_project, files):
    theirs = ask(classic, files)["value"]
    ours = load_project(write_project(files))
    if "datasources/x.datasource" in files:
        assert _ours(ours) == _theirs(theirs)
    else:
        (found,) = ours.pipes.values()
        assert [(node.name, node.sql) for node in found.nodes] == [
            (node["name"], node["sql"]) for node in theirs["nodes"]
        ]
        assert found.file_version == theirs["version"]
        assert found.description == (theirs["description"] or "")
        assert [grant.name for grant in found.tokens] == [
            token["token_name"] for token in theirs["tokens"]
        ]


def _ours(project: Project) -> dict[str, object]:
    (found,) = project.datasources.values()
    return {
        "columns": [(column.name, column.json_path) for column in found.columns],
        "indexes": [(index.name, index.expression, index.type) for index in found.indexes],
        "engine": found.engine.name,
        "version": found.file_version,
        "description": found.description,
        "tokens": [(grant.name, grant.permission) for grant in found.tokens],
        "connector": dict(found.connector),
    }


def _theirs(value: dict) -> dict[str, object]:
    (node,) = value["nodes"]
    return {
        "columns": [(column["name"], column["jsonpath"]) for column in node["columns"]],
        "indexes": [(i["name"], i["expr"], i["type_full"]) for i in node.get("indexes", ())],
        "engine": node.get("engine", {}).get("type") or "MergeTree",
        "version": value["version"],
        "description": value["description"] or "",
        "tokens": [(t["token_name"], t["permissions"].upper()) for t in value["tokens"]],
        "connector": {k: v for k, v in node.items() if k.startswith(("kafka_", "import_"))},
    }


@pytest.mark.parametrize("files", REFUSED, ids=ids(REFUSED))
def test_files_that_neither_reads(classic: Vendor, write_project, files):
    assert "error" in ask(classic, files)
    assert read_project(write_project(files))[1]


@pytest.mark.parametrize(("files", "reason"), STRICTER, ids=ids(STRICTER))
def test_files_that_only_classic_reads(classic: Vendor, write_project, files, reason):
    assert "value" in ask(classic, files), reason
    assert read_project(write_project(files))[1], reason


TREE = (
    "a.pipe datasources/b.datasource endpoints/c.pipe pipes/d.pipe x/e.pipe x/y/f.pipe"
    " x/y/z/g.pipe vendor/ws/datasources/h.datasource connections/i.connection .hidden/j.pipe"
    " x/.hidden/k.pipe .l.pipe x/y/m.PIPE includes/n.incl d.txt pipes/sub/o.pipe copies/p.pipe"
    " scripts/q.pipe explorations/r.pipe"
).split()
# Read by Forward's command and not by us, each for the reason on the page.
NOT_OURS = ["node_modules/a.pipe", "tests/b.pipe", "fixtures/c.pipe", "playgrounds/d.pipe",
            "deploy/e.pipe", "venv/f.pipe", "__pycache__/g.pipe", "cdk.out/h.pipe"]  # fmt: skip


def ours_of(write_project, paths: list[str]) -> list[str]:
    texts = {".pipe": "NODE n_{}\nSQL >\n    SELECT 1\nTYPE endpoint\n", ".datasource": SCHEMA}
    connection = "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h:1\nKAFKA_KEY k\nKAFKA_SECRET s\n"
    files = {
        path: texts.get(Path(path).suffix, connection).replace("{}", Path(path).stem)
        for path in paths
    }
    found = load_project(write_project(files))
    kinds = (found.datasources, found.pipes, found.connections)
    return sorted(resource.location.path for kind in kinds for resource in kind.values())


def test_the_files_of_a_forward_project(forward: Vendor, write_project):
    theirs = forward.ask("filenames", files=TREE + NOT_OURS)["value"]
    assert ours_of(write_project, TREE + NOT_OURS) == [p for p in theirs if p not in NOT_OURS]
    assert set(NOT_OURS) < set(theirs)


def test_what_classic_finds_we_find(classic: Vendor, write_project):
    theirs = classic.ask("filenames", files=TREE + NOT_OURS)["value"]
    # A vendored data source is read where a pipe names it.
    assert set(theirs) - {"vendor/ws/datasources/h.datasource"} <= set(
        ours_of(write_project, TREE + NOT_OURS)
    )


VARIANTS = {
    "endpoints/untyped.pipe": NODE + "NODE last\nSQL >\n    SELECT * FROM n\n",
    "pipes/standard.pipe": "NODE s\nSQL >\n    SELECT 2\nTYPE standard\n",
    "pipes/first.pipe": "NODE f\nSQL >\n    SELECT 3\nTYPE Endpoint\nNODE g\nSQL >\n    SELECT 4\n",
    "pipes/literal.pipe": "NODE l\nSQL >\n    SELECT 'events' AS a, 'x' AS events FROM actions\nTYPE endpoint\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def pushed(classic: Vendor, tmp_path_factory: pytest.TempPathFactory):
    """Push the example and some variants; return the requests and our reading."""
    folder = tmp_path_factory.mktemp("push") / "project"
    shutil.copytree(PROJECT, folder)
    for path, text in VARIANTS.items():
        (folder / path).write_text(text)
    with stubbed() as stub:
        printed = stub.run(
            CLASSIC.program("tb"), folder, "push", "--push-deps", "--no-check", "--yes"
        )
    assert "Not pushing fixtures" in printed, printed
    return stub.asked, load_project(folder)


def test_the_pipes_that_a_push_publishes_are_endpoints(pushed):
    asked, project = pushed
    typed = [
        (pipe["name"], node["name"])
        for request in asked
        if (request.method, request.path) == ("POST", "/v0/pipes")
        for pipe in [json.loads(request.body)]
        for node in pipe["nodes"]
        if node["type"] == "endpoint"
    ]
    called = [
        re.fullmatch(r"/v0/pipes/(\w+)/nodes/id_(\w+)/endpoint", request.path) for request in asked
    ]
    theirs = {(project.resource(name), node) for name, node in typed}
    theirs |= {(project.resource(found[1]), found[2]) for found in called if found}
    ours = {
        (pipe.name, pipe.output.name)
        for pipe in project.pipes.values()
        if pipe.type is NodeType.ENDPOINT
    }
    assert ours == theirs
    assert len(ours) == 7


def test_the_names_and_tokens_of_a_push(pushed):
    asked, project = pushed
    made = {
        json.loads(request.body)["name"]
        for request in asked
        if (request.method, request.path) == ("POST", "/v0/pipes")
    }
    assert {project.resource(name) for name in made} == set(project.pipes)
    assert "top_users__v2" in made
    scopes: dict[str, set[str]] = {}
    for request in asked:
        if (request.method, request.path) == ("POST", "/v0/tokens"):
            (name,) = request.query["name"]
            scopes.setdefault(name, set()).update(request.query["scope"])
    plain = {name: {_plain(scope, project) for scope in found} for name, found in scopes.items()}
    ours = declared_scopes(project)
    assert plain == {
        name: {format_scope(*scope) for scope in found} for name, found in ours.items()
    }


def _plain(scope: str, project: Project) -> str:
    """Return a scope with the resource's own name; CREATE is APPEND here."""
    name, _, resource = scope.replace(":CREATE:", ":APPEND:").rpartition(":")
    return f"{name}:{project.resource(resource)}"


QUALITY = """\
- no_rows: {sql: SELECT 1 WHERE 0}
- over_time: {sql: SELECT 1 WHERE 0, max_time: 0.1, max_bytes_read: 5}
- neither: {max_time: 1}
- params: {sql: SELECT 1 WHERE 0, pipe: {name: p, params: day=1}}
"""


def test_data_quality_tests(classic: Vendor, make_workspace, tmp_path):
    folder = tmp_path / "theirs"
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "x.yaml").write_text(QUALITY)
    with stubbed() as stub:
        printed = stub.run(CLASSIC.program("tb"), folder, "test", "run")
    assert "Total Pass: 1" in printed, printed
    assert "Total Pass Over Time and Over Read Bytes: 1" in printed
    assert "Total Error: 2" in printed
    assert [request.query["q"] for request in stub.asked if request.path == "/v0/sql"] == [
        ["SELECT * FROM (SELECT 1 WHERE 0) LIMIT 20 FORMAT JSON"]
    ] * 2
    workspace = make_workspace({"p.pipe": NODE + "TYPE endpoint\n"})
    path = workspace.live.project.root / "tests" / "x.yaml"
    path.parent.mkdir()
    path.write_text(QUALITY)
    found = run_file(workspace, path)
    assert found.passed == ["no_rows", "over_time"]
    assert found.message.splitlines() == [
        "neither: 'sql' or 'pipe' attribute not found",
        "params: pipe and its params must be `key: value`",
    ]
