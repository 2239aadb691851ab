import pytest

from martlet.ingest.paths import parse_path
from martlet.ingest.values import MISSING

EVENT = {"a": {"b": 1, "n": None}, "l": [{"b": 1}, {"c": 2}, 3], "m": [[{"b": 1}], []], "s": "text",
         "x.y": [7]}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.a", {"b": 1, "n": None}),
        ("$.a.b", 1),
        ("$.a.n", None),
        ("$.a.n.x", MISSING),
        ("$.a.z", MISSING),
        ("$.s.z", MISSING),
        ("$.l.b", MISSING),
        ("$.l[:]", EVENT["l"]),
        ("$.l[:].b", [1, MISSING, MISSING]),
        ("$.l.[:].b", [1, MISSING, MISSING]),
        ("$.m[:][:].b", [[1], []]),
        ("$.s[:]", "text"),
        ("$.z[:].b", MISSING),
        ("$.[:]", EVENT),
        ("$.l[*].b", [1, MISSING, MISSING]),
        ("$['a']['b']", 1),
        ('$["a"].b', 1),
        ("$.l[0].b", 1),
        ("$.l[3].b", MISSING),
        ("$.a[0]", MISSING),
        ("$.s[0]", MISSING),
        ("$['x.y'][0]", 7),
    ],
)
def test_a_path_finds_a_value(path: str, value: object) -> None:
    parsed = parse_path(path)
    assert parsed
    assert parsed.reader()(EVENT) == value


@pytest.mark.parametrize("text", ["", "a", ".a", "$a", "$.", "$..a", "$.a[-1]", "$.a[:]b", "$['a]",
                                  "$['']"])  # fmt: skip
def test_what_is_no_path(text: str) -> None:
    assert parse_path(text) is None


@pytest.mark.parametrize(
    ("path", "inside", "place"),
    [
        ("$.a", [], "$.a"),
        ("$.a", [1], "$.a[1]"),
        ("$.a[:].b", [2], "$.a[2].b"),
        ("$.a[:].b", [2, 0, "k"], "$.a[2].b[0].k"),
        ("$.a[*].b", [2], "$.a[2].b"),
        ("$['a.b'][1]", [2], "$['a.b'][1][2]"),
    ],
)
def test_the_place_of_an_element(path: str, inside: list[int | str], place: str) -> None:
    parsed = parse_path(path)
    assert parsed
    assert parsed.place(inside) == place
