"""Tests of one template that say the same, the opposite, or shut each other out."""

import ast

import pytest

from martlet.template.choices import Facts


def truth(known: dict[str, bool], asked: str) -> bool | None:
    facts = Facts()
    for test, value in known.items():
        facts.assume(_tree(test), value)
    return facts.truth(_tree(asked))


def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("known", "asked", "expected"),
    [
        ({}, "defined(a)", None),
        ({"defined(a)": True}, "defined( a )", True),
        ({"defined(a)": False}, "not defined(a)", True),
        ({"not defined(a)": True}, "defined(a)", False),
        ({"defined(a) and defined(b)": True}, "defined(b)", True),
        ({"defined(a) and defined(b)": False}, "defined(b)", None),
        ({"defined(a)": True, "defined(a) and defined(b)": False}, "defined(b)", False),
        ({"defined(a) or b": False}, "b", False),
        ({"defined(a)": False}, "defined(a) and b", False),
        ({"defined(a)": True}, "b or defined(a)", True),
        ({"x == 'a'": True}, "x == 'b'", False),
        ({"x == 'a'": True}, "x != 'a'", False),
        ({"x == 'a'": False}, "x == 'b'", None),
        ({"x == 'a'": True}, "x in ['a', 'b']", True),
        ({"x == 'a'": True}, "x not in ('a', 'b')", False),
        ({"x == 'c'": True}, "x in ['a', 'b']", False),
        ({"x in ['a', 'b']": False}, "x == 'a'", False),
        ({"days(a, b) > 24 * 30": True}, "days(a, b) > 1", True),
        ({"days(a, b) > 24 * 30": True}, "days(a, b) <= 24 * 7", False),
        ({"n > 5": False}, "n >= 6", False),
        ({"n > 5": False}, "n >= 5", None),
        ({"n >= 5": True}, "n > 5", None),
        ({"n < 5": True}, "n >= 5", False),
        ({"5 < n": True}, "n > 4", True),
        ({"n == 5": True}, "n > 4", True),
        ({"1 < n < 5": True}, "n > 1", None),
        ({"n > m": True}, "n > m", True),
        ({}, "2 > 1", None),
        ({"2 > 1": True}, "2 > 1", True),
        ({"2 > 1": True}, "2 <= 1", False),
    ],
)
def test_what_follows(known, asked, expected):
    assert truth(known, asked) is expected
