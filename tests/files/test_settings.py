import pytest

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
        ("no variable\n1A=2", {}),
        ("\ufeffA=1", {"A": "1"}),
    ],
)
def test_dotenv(text, expected):
    assert parse_dotenv(text) == expected
