"""Names with versions and workspaces, and which pipes of a project of Classic are endpoints."""

import pytest

from martlet.files.classic import with_plain_names
from martlet.files.project import read_project
from martlet.model import NodeType

SCHEMA = "SCHEMA >\n    `a` String `json:$.a`\n"
NODE = "NODE n\nSQL >\n    SELECT 1\n"
ENDPOINT = NODE + "TYPE endpoint\n"


@pytest.fixture
def read(write_project):
    return lambda files: read_project(write_project(files))


def test_pipes_may_use_names_with_versions(read):
    project, errors = read(
        {
            "events.datasource": "VERSION 3\n" + SCHEMA,
            "sums.datasource": "VERSION 0\nSCHEMA >\n    `a` String\n",
            "plain.datasource": SCHEMA,
            "fill.pipe": "VERSION 1\nNODE n\nSQL >\n    SELECT events__v3.a FROM events__v3, events__v30\nTYPE materialized\nDATASOURCE sums__v0\n",
        }
    )
    assert errors == []
    (node,) = project.pipes["fill"].nodes
    assert node.sql == "SELECT events__v3.a FROM events AS `events__v3`, events__v30"
    assert node.settings == {"datasource": "sums"}
    assert project.versioned == {"events__v3": "events", "sums__v0": "sums", "fill__v1": "fill"}


@pytest.mark.parametrize("other", ["events__v3.datasource", "events__v3.pipe"])
def test_a_file_of_that_name_wins(read, other):
    pipe = "NODE n\nSQL >\n    SELECT 1 FROM events__v3\nTYPE endpoint\n"
    text = SCHEMA if other.endswith("datasource") else ENDPOINT
    project, errors = read(
        {"events.datasource": "VERSION 3\n" + SCHEMA, other: text, "p.pipe": pipe}
    )
    assert errors == []
    assert project.pipes["p"].nodes[0].sql == "SELECT 1 FROM events__v3"
    assert "events__v3" not in project.versioned


NAMES = {"events__v3": "events", "ws.events": "ws__events", "ws.b": "ws__b"}


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("SELECT 'events__v3' FROM other", None),
        ("SELECT 1 AS events__v3, x.events__v3 FROM other AS x -- events__v3", None),
        ("SELECT events__v3 FROM events__v30", None),
        ("SELECT ws.events.a FROM ws.other", None),
        ("SELECT * FROM events__v3", "SELECT * FROM events AS `events__v3`"),
        ("SELECT * FROM `events__v3` FINAL", "SELECT * FROM events AS `events__v3` FINAL"),
        ("SELECT * FROM events__v3 AS e", "SELECT * FROM events AS e"),
        ("SELECT a IN events__v3 FROM t", "SELECT a IN events FROM t"),
        ("WITH events__v3 AS (SELECT 1) SELECT * FROM events__v3", None),
        (
            "%\nSELECT {{String(events__v3, 'events__v3')}} FROM {% if x %}t{% else %}events__v3{% end %} WHERE a",
            "%\nSELECT {{String(events__v3, 'events__v3')}} FROM {% if x %}t{% else %}events AS `events__v3`{% end %} WHERE a",
        ),
        (
            "SELECT ws.events.a, events.a FROM ws.events",
            "SELECT `events`.a, events.a FROM ws__events AS `events`",
        ),
        (
            "SELECT ws.events.a FROM events JOIN ws.events ON ws.events.a = events.a",
            "SELECT `ws__events`.a FROM events JOIN ws__events ON `ws__events`.a = events.a",
        ),
        ("SELECT b.* FROM ws.events AS b, ws.b", "SELECT b.* FROM ws__events AS b, ws__b AS `b`"),
        ("SELECT * FROM events__v3 WHERE 'open", None),
    ],
)  # fmt: skip
def test_only_tables_are_renamed(sql, plain):
    assert with_plain_names(sql, NAMES) == (sql if plain is None else plain)


UNTYPED = {"p.pipe": NODE.replace("n\n", "first\n", 1) + NODE, "q.pipe": ENDPOINT}
MV = "NODE n\nSQL >\n    SELECT a FROM x\nTYPE materialized\nDATASOURCE y\nENGINE Null\n"


@pytest.mark.parametrize(
    ("files", "sign"),
    [
        ({"x.datasource": "VERSION 1\n" + SCHEMA}, "x.datasource:1:1 VERSION"),
        ({"r.pipe": "VERSION 1\n" + ENDPOINT}, "r.pipe:1:1 VERSION"),
        ({"r.pipe": "INCLUDE i.incl\n", "i.incl": ENDPOINT}, "r.pipe:1:1 INCLUDE"),
        ({"x.datasource": SCHEMA, "m.pipe": MV}, "m.pipe:6:8 ENGINE in a pipe"),
        ({"endpoints/e.pipe": NODE}, "endpoints/e.pipe:1:1 a pipe without TYPE in endpoints/"),
        ({"t.pipe": "TOKEN t READ\n" + NODE}, "t.pipe:1:1 a pipe without TYPE that has a token"),
        ({"q.pipe": NODE}, "p.pipe:1:1 no TYPE in any pipe"),
        # What only Forward knows outweighs what it ignores, and nothing else.
        (
            {"x.datasource": "BACKFILL skip\n" + SCHEMA, "m.pipe": MV},
            "m.pipe:6:8 ENGINE in a pipe",
        ),
    ],
)
def test_signs_of_classic(read, files, sign):
    project, errors = read({**UNTYPED, **files})
    assert errors == []
    assert project.pipes["p"].type is NodeType.ENDPOINT
    assert project.pipes["p"].output.name == "n"
    (told,) = [w for w in project.warnings if "one of Tinybird Classic" in w.message]
    found = told.message.removeprefix("The project is one of Tinybird Classic, since it has ")
    assert f"{told.location} {found.partition(':')[0]}" == sign
    assert "p" in told.message.rpartition("are endpoints, ")[2].split(", ")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"x.datasource": SCHEMA},
        {"pipes/helper.pipe": NODE},
        {"x.datasource": "VERSION 1\n" + SCHEMA + "BACKFILL skip\n"},
        {"x.datasource": "VERSION 1\n" + SCHEMA + "FORWARD_QUERY >\n    SELECT a\n"},
        {"x.datasource": "VERSION 1\n" + SCHEMA, "martlet.toml": '[settings]\ngeneration = "forward"\n'},
        {"t.pipe": "TOKEN t READ\n" + NODE, "martlet.toml": '[settings]\ngeneration = "forward"\n'},
    ],
)  # fmt: skip
def test_a_project_of_forward(read, files):
    project, errors = read({**UNTYPED, **files})
    assert errors == []
    assert project.pipes["p"].type is NodeType.STANDARD
    assert not [w for w in project.warnings if "Tinybird Classic" in w.message]


def test_a_project_may_say_that_it_is_one_of_classic(read):
    project, errors = read({**UNTYPED, "martlet.toml": '[settings]\ngeneration = "classic"\n'})
    assert errors == []
    assert project.pipes["p"].type is NodeType.ENDPOINT
    assert project.warnings == ()


TOKENS = {"events.datasource": "VERSION 1\n" + SCHEMA, "p.pipe": ENDPOINT}


def test_token_files(read):
    text = (
        "DESCRIPTION >\n    For the site.\nSCOPE PIPES:READ\nRESOURCE p\n"
        "SCOPE DATASOURCES:APPEND:events__v1\nscope DATASOURCES:CREATE\nRESOURCE events\n"
    )
    project, errors = read({**TOKENS, "tokens/site.token": text})
    assert errors == []
    grants = [*project.datasources["events"].tokens, *project.pipes["p"].tokens]
    assert [f"{grant.location} {grant.name} {grant.permission}" for grant in grants] == [
        "tokens/site.token:5:7 site APPEND",
        "tokens/site.token:6:7 site APPEND",
        "tokens/site.token:3:7 site READ",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SCOPE DATASOURCES:READ:events:a = 1\n",
        "SCOPE DATASOURCES:READ\nRESOURCE events\nFILTER 'a = 1'\n",
        "SCOPE DATASOURCES:READ:events__v1\nFILTER a = 1\n",
    ],
)
def test_filters_of_token_files(read, text):
    project, errors = read({**TOKENS, "t.token": text})
    assert errors == []
    (grant,) = project.datasources["events"].tokens
    assert (grant.permission, grant.filter) == ("READ", "a = 1")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("SCOPE ADMIN\n", "use the workspace admin token."),
        ("SCOPE DATASOURCES:CREATE\n", "write RESOURCE and a name below it; files make"),
        ("SCOPE DATASOURCES:DROP:events\n", "scopes here are DATASOURCES:READ, "),
        ("SCOPE DATASOURCES:APPEND:events:a = 1\n", "a filter is of rows that are read"),
    ],
)
def test_scopes_that_nothing_is_given_for(read, text, hint):
    project, errors = read({**TOKENS, "t.token": text})
    assert errors == []
    assert project.datasources["events"].tokens == ()
    (told,) = [w for w in project.warnings if str(w.location) == "t.token:1:7"]
    assert told.message.startswith("The token 't' does not get the scope ")
    assert told.hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SCOPE PIPES:READ:nope\n", "t.token:1:7: There is no pipe 'nope'"),
        ("SCOPE PIPES:READ:events\n", "t.token:1:7: There is no pipe 'events'"),
        ("RESOURCE events\n", "t.token:1:1: RESOURCE must be called after a SCOPE command"),
        ("FOO\n", "t.token:1:1: FOO is not a valid option in token files."),
        ("SCOPE\n", "t.token:1:1: SCOPE needs a value"),
        (
            "SCOPE DATASOURCES:READ:events:a IN (SELECT 1)\n",
            "t.token:1:7: The filter is not allowed: SELECT has no place in it",
        ),
    ],
)
def test_bad_token_files(read, text, error):
    _, errors = read({**TOKENS, "t.token": text})
    assert [f"{e.location}: {e.message}" for e in errors] == [error]


def test_a_column_of_forward_may_have_a_name_of_classic(read):
    words = ("maintainer", "resource", "test", "indices")
    schema = "SCHEMA >\n" + ",\n".join(f"{word} String" for word in words) + "\n"
    project, errors = read({"x.datasource": schema, "p.pipe": ENDPOINT})
    assert errors == []
    assert [column.name for column in project.datasources["x"].columns] == list(words)


def test_create_is_append(read):
    project, errors = read({"x.datasource": "TOKEN t CREATE\n" + SCHEMA, "p.pipe": ENDPOINT})
    assert errors == []
    (grant,) = project.datasources["x"].tokens
    assert (grant.name, grant.permission) == ("t", "APPEND")
    (told,) = project.warnings
    assert str(told.location) == "x.datasource:1:1"
