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
