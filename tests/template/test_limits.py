"""No template and no parameter may hang or exhaust the server."""

import time

import pytest

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template

HUNGRY = [
    "{% while 1 %}{% end %}",
    "{% while 1 %}{% try %}{% while 1 %}{% end %}{% except %}{% end %}{% end %}",
    "{% while 1 %}{{'a' * 1000}} {% end %}",
    "{% while 1 %}text that grows{% end %}",
    "{% for i in range(10**9) %}{% end %}",
    "{% for i in range(10**30) %}{% end %}",
    "{% for i in range(5000) %}{% for j in range(5000) %}{% end %}{% end %}",
    "{% set a = [i for i in range(9000) for j in range(9000)] %}",
    "{% set a = list(range(10**9)) %}",
    "{% set a = sum(range(10**9)) %}",
    "{% if 'a' in range(10**9) %}{% end %}",
    "{{'x' * 1000000000}}",
    "{{1000000000 * 'x'}}",
    "{{[0] * 1000000000}}",
    "{{x * 1000000 * 1000000}}",
    "{% set a = 'x' %}{% for i in range(100) %}{% set a = a + a %}{% end %}",
    "{% set a = 'x' %}{% for i in range(100) %}{% set a = f'{a}{a}' %}{% end %}",
    "{% set a = [1] %}{% for i in range(100) %}{% set a = a + a %}{% end %}",
    "{% set a = 'x' %}{% for i in range(100) %}{% set a = a.replace('x', 'xx') %}{% end %}",
    "{% set a = 'x' %}{% for i in range(100) %}{% set a = a.join([a, a, a]) %}{% end %}",
    "{% set a = 2 %}{% for i in range(100) %}{% set a = a * a %}{% end %}",
    "{% set a = 2 ** 1000000000 %}",
    "{% set a = 2 ** 2 ** 2 ** 2 ** 2 ** 2 %}",
    "{% set a = 1 << 1000000000 %}",
    "{% set a = '%999999999d' % 5 %}",
    "{% set a = '%*d' % (999999999, 5) %}",
    "{{f'{x:>999999999}'}}",
    "{{ f'{x:{999999999} }' }}",
    "{{f'{1.5:.999999999f}'}}",
    "{% set a = x.zfill(999999999) %}",
    "{% set a = round(5, -1000000000) %}",
    "{% set a = [] %}{% for i in range(9000) %}{% set _ = a.append(i) %}{{a}} {% end %}",
    "{% set a = [] %}{% set _ = a.append(a) %}{{a}}",
    "{% set f = lambda n: f(n) %}{% set a = f(1) %}",
    "{% set f = lambda n: f(n - 1) + f(n - 1) %}{% set a = f(500) %}",
    "{% set f = lambda n: f(n) %}{% while 1 %}{% try %}{% set a = f(1) %}{% except %}{% end %}{% end %}",
    "{% set a = [1] %}{% for i in range(100) %}{% set a.extend(a) %}{% end %}",
    "{% set a = [1] %}{% for i in range(100) %}{% set a[0:0] = a %}{% end %}",
    "{% set a = [1] %}{% for i in range(100) %}{% set a = [*a, *a] %}{% end %}",
    "{% set a = 'x'.center(999999999) %}",
    "{% set a = ('\t' * 9000).expandtabs(999999999) %}",
    "{% set a = 'x' * 1000000 %}{% for i in range(9000) %}{% set b = a + 'y' %}{% end %}",
    "{% set a = 'x' * 1000000 %}{% for i in range(9000) %}{% set b = a.upper() %}{% end %}",
]


@pytest.mark.parametrize("sql", HUNGRY)
def test_bounded(sql):
    started = time.perf_counter()
    template = compile_template(sql)
    with pytest.raises(TemplateError):
        template.render({"x": "x" * 1000})
    list(template.branches())
    assert time.perf_counter() - started < 5


def test_limits_are_not_caught_by_the_template():
    with pytest.raises(TemplateError, match="grows too large"):
        compile_template("{% try %}{{'x' * 1000000000}}{% except %}a{% end %}").render({})


def test_long_values_are_fine():
    value = "x" * 1_000_000
    assert len(compile_template("{{String(x)}}").render({"x": value}).sql) == 1_000_002
    items = ",".join(["1"] * 100_000)
    assert compile_template("{{Array(x, 'Int32')}}").render({"x": items}).sql == f"[{items}]"


def test_numbers_of_thousands_of_digits():
    for sql in ("{{int(x)}}", "{{Int32(x)}}", "{{JSON(x)}}", "{{float(x)}} {{int(float(x))}}"):
        with pytest.raises(TemplateError):
            compile_template(sql).render({"x": "9" * 5000})
    with pytest.raises(TemplateError):
        compile_template("{{x}}").render({"x": 10**5000})
    with pytest.raises(TemplateError):
        compile_template("{% set a = int(x, 16) %}").render({"x": "f" * 100_000})


def test_json_of_great_depth():
    with pytest.raises(TemplateError):
        compile_template("{{JSON(x)}}").render({"x": "[" * 100_000})
