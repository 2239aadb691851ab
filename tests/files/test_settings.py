import pytest

from martlet.files.project import read_project
from martlet.files.settings import parse_dotenv


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("A=1", {"A": "1"}),
        ("A = 1 \r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("export A=1", {"A": "1"}),
        ("  A=1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("# A=1\nB=2", {"B": "2"}),
        ("A=x y # z", {"A": "x y"}),
        ("A=x#y", {"A": "x#y"}),
        ("A='x # y'", {"A": "x # y"}),
        ("A='x\\n'", {"A": "x\\n"}),
        ('A="x\\n\\"y\\""', {"A": 'x\n"y"'}),
        ('A="-----BEGIN\nabc\n-----END" # key\nB=2', {"A": "-----BEGIN\nabc\n-----END", "B": "2"}),
        ("A=b=c", {"A": "b=c"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A='x", {}),
        ("A='x' y\nB=2", {"B": "2"}),
        ("A='it\\'s'", {"A": "it's"}),
        ('A=it\'s "so"', {"A": 'it\'s "so"'}),
        ("A='x'# y", {"A": "x"}),
        ("'a b'=1\n2-é.C=3", {"a b": "1", "2-é.C": "3"}),
        ("A=1\nB=${A}${C:-d}${E}\nF='${HOME}' ", {"A": "1", "B": "1d", "F": "/home"}),
        ("no variable\nA\n", {}),
        ("\ufeffA=1", {"A": "1"}),
    ],
)
def test_dotenv(text, expected):
    assert parse_dotenv(text, {"HOME": "/home", "A": "0"}) == expected


def test_secrets_may_refer_to_the_environment(write_project):
    root = write_project({".env": "A=${HOST}:1\nB=1", ".env.local": "B=${HOST}", "x.pipe": ""})
    project, _ = read_project(root, environment={"HOST": "h"})
    assert project.secrets == {"A": "h:1", "B": "h"}


SOURCE = "SCHEMA >\n    id String `json:$.id`,\n    n Float64 `json:$.n`\n"


def read_ids(write_project, text: str):
    root = write_project({"datasources/events.datasource": SOURCE, "martlet.toml": text})
    return read_project(root)


def test_ids_of_rows(write_project):
    project, errors = read_ids(
        write_project,
        '[settings]\nidempotency_window_h = 2\n[datasources.events]\nid_column = "id"\n',
    )
    assert not errors
    ids = project.settings.ids["events"]
    assert (ids.column, ids.window_h, ids.location.line) == ("id", 2, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[datasources.other]\nid_column = "id"', "Data source 'other' does not exist"),
        ('[datasources.events]\nid_column = "x"', "Data source 'events' has no column 'x'"),
        (
            '[datasources.events]\nid_column = "n"',
            "Column 'n' of data source 'events' cannot be an id: its type is Float64",
        ),
        (
            "[datasources.events]\nid_column = 1",
            "id_column of data source 'events' must be a column's name",
        ),
        ("[datasources.events]", "id_column of data source 'events' must be a column's name"),
        (
            '[datasources.events]\nid_column = "id"\nid_window_h = 0',
            "id_window_h of data source 'events' must be a number of hours",
        ),
        (
            '[datasources.events]\nid_column = "id"\nx = 0',
            "Unknown setting 'x' of data source 'events'",
        ),
        ("datasources = 1", "datasources has a table for each data source"),
    ],
    ids=["source", "column", "type", "number", "none", "window", "key", "table"],
)
def test_ids_that_cannot_be_are_errors(write_project, text: str, message: str):
    _, (error,) = read_ids(write_project, text)
    assert error.message == message
    assert (error.location.path, error.location.line) == ("martlet.toml", 1)
