"""Templates render as the vendor's own package renders them, Forward's and Classic's."""

import re
from random import Random

import pytest
from scripts.environments import ROOT
from tests.vendor.fuzz import (
    DELIBERATE,
    differences,
    explained,
    of_ours,
    of_vendor,
    question,
    smallest,
)
from tests.vendor.grammar import Case, Grammar
from tests.vendor.oracle import Vendor

_COUNT = 6000


def test_generated_templates_render_the_same(forward: Vendor):
    cases = Grammar(Random(20_251)).cases(_COUNT)
    unexplained = smallest(item for item in differences(forward, cases) if item.reason is None)
    assert {name: str(item) for name, item in unexplained.items()} == {}


# What was once different, each the smallest case of its kind; values are those of `VALUES`.
SAME = [
    # Statements.
    "{% if x %}a",
    "{% for i in x %}a",
    "\n{%\n  end\n%}",
    "{%\n  foo\n%}",
    "{% try x %}{% except %}{% end %}",
    "{% break %}",
    "{% for i in x %}{% else %}{% break %}{% end %}",
    "{% if\nx %}{% end %}",
    "{% set\nz = 1 %}",
    "{% else %}",
    "{% try %}{{int(x)}}{% except %}a{% except %}b{% end %}",
    "{% try %}{{int(x)}}{% except Nope %}b{% end %}",
    "{% try %}{{l[9]}}{% except KeyError %}a{% except IndexError %}b{% end %}",
    "{% try %}{{d['q']}}{% except ValueError %}a{% except KeyError %}b{% end %}",
    "{% try %}{{x.get('a')}}{% except ValueError %}a{% except AttributeError %}b{% end %}",
    "{% try %}{{Array()}}{% except ValueError %}a{% except TypeError %}b{% end %}",
    "{% try %}{{z}}{% except ValueError %}a{% except NameError %}b{% end %}{% set z = 1 %}",
    "{% try %}{{String(nope)}}{% except ValueError %}a{% end %}",
    "{% try %}{{int(x)}}{% except ValueError as e %}a{% end %}{{e}}",
    "{% for a, b in [[1, 2, 3]] %}{% end %}",
    "{% for a, b in [1] %}{% end %}",
    "{% for a, *b in ['abc', 'd'] %}{{a}} {{b}} {% end %}",
    "{% set *a, b = l %}{{a}} {{b}}",
    "{% set a, *b, c = [1] %}",
    "{% set d['a'] += 1 %}{{d}}",
    "{% set d['z'] += 1 %}",
    "{% set l[0] *= 5 %}{{l}}",
    "{% set l[0:1] = [7, 8] %}{{l}}",
    "{% set l[9] = 1 %}",
    "{% set x[0] = 1 %}",
    "{% set d[[1]] = 1 %}",
    # Names.
    "{% if defined('nope') %}a{% end %}",
    "{% if defined(table) %}a{% end %}{% if len %}b{% end %}{% if defined(sum) %}c{% end %}",
    "{% if table == 'a' %}a{% end %}",
    "{{Int32(min, 1)}}",
    "{{__x__}}",
    "{% if __class__ %}{% end %}",
    "{% set z = [z for i in 'a'] %}",
    "{% set z = [[x for x in 'ab'] + [x] for x in 'cd'] %}{{z}}",
    # Expressions.
    "{% set z = {i: 1 for i in 'ab'} %}{{z}}",
    "{% set z = [*l, *'ab'] %}{{z}}",
    "{% set z = {**d, 'b': 2} %}{{z}}",
    "{% set z = max(*l) %}{{z}}",
    "{% set z = dict(c=1, **d) %}{{z}}",
    "{% set z = list(map(lambda i: i + 1, l)) %}{{z}}",
    "{% set z = list(map(int, s.split(','))) %}{{z}}",
    "{% set z = list(filter(None, [0, 1])) %}{{z}}",
    "{% set z = sorted(['aa', 'b'], key=len) %}{{z}}",
    "{% set z = sorted(l, key=lambda i: -i) %}{{z}}",
    "{% set f = lambda a, b: a + b %}{% set z = f(1, 2) %}{{z}}",
    "{% set f = lambda n: 1 if n < 2 else n * f(n - 1) %}{% set z = f(5) %}{{z}}",
    "{% set f = lambda a: a %}{% set z = f() %}",
    "{% set z = x @ 1 %}",
    "{% set z = x.foo %}",
    "{% set z = x.foo(Int32(x)) %}",
    "{% if False and x.foo() %}{% end %}a",
    "{% set z = foo(Int32(x)) %}",
    "{% set z = l.pop() %}{{z}} {{l}}",
    "{% set l.extend([3]) %}{% set l.sort(reverse=True) %}{{l}}",
    "{% set z = x.partition('b') %}{{z}} {{x.join(['1', '2'])}}",
    "{% set z = x.join() %}",
    "{% set z = x.zfill(l) %}",
    "{{d.get(l)}}",
    "{{d[0]}}",
    "{{x.get('a')}}",
    "{{nope.get('a')}}",
    "{{l[n]}}",
    "{{l[len(x)]}}",
    "{{l[1:len(x)]}}",
    "{{ x, n }}",
    "{{ x, }}",
    "{{ x # note }}",
    "{% if x # note %}{% end %}",
    "{% if x, n %}{% end %}",
    "{{[1]()}}",
    "{{String(x, a=1, a=2)}}",
    # Arguments are computed, needed or not.
    "{{String(x, Int32(nope))}}",
    "{{Int32(x, Int32(nope))}}",
    "{{String(Int32(nope), foo=1)}}",
    "{% if False %}{{String(x, 1j, foo=1)}}{% end %}",
    "{% set t = 'Int32' %}{{Array(s, t)}}",
    "{{Array(s, Int32)}}",
    "{{Array(t, Int32)}}",
]  # fmt: skip
VALUES = {"x": "ab", "l": [1, 2], "d": {"a": 1}, "n": 1, "s": "1,2", "t": "a,2"}


@pytest.mark.parametrize("sql", SAME)
def test_once_different(forward: Vendor, sql: str):
    case = Case(sql, VALUES)
    (answer,) = forward.ask_all([question(case)])
    theirs, ours = of_vendor(answer), of_ours(case)
    if ours.is_early:  # the same meaning: the place in the text is ours
        assert theirs.error is not None
        assert explained(case, theirs, ours)
    else:
        assert ours == theirs


@pytest.mark.parametrize("sql", SAME)
def test_classic_accepts_what_forward_does(forward: Vendor, classic: Vendor, sql: str):
    """One renderer serves both: what Forward refuses is all that may differ."""
    asked = [question(Case(sql, VALUES))]
    (here,), (there,) = forward.ask_all(asked), classic.ask_all(asked)
    if "value" in here:
        assert there == here


def test_deliberate_differences_are_documented():
    text = (ROOT / "docs" / "templates.md").read_text()
    rows = re.findall(
        r"^\| (.*?) \| ", text.partition("## Differences from Tinybird")[2], re.MULTILINE
    )
    assert [row.name for row in DELIBERATE if row.name not in rows] == []
