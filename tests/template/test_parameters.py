"""Parameter metadata without rendering."""

import pytest

from martlet.model import Parameter
from martlet.template.compiler import compile_template


def parameters(sql):
    return list(compile_template(sql).parameters)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("{{x}}", [Parameter("x")]),
        ("{{Int32(x)}}", [Parameter("x", "Int32")]),
        ("{{Int32(x, 5)}}", [Parameter("x", "Int32", 5)]),
        ("{{Int32(x, -5)}}", [Parameter("x", "Int32", -5)]),
        ("{{Array(x, 'Int32', '1,2')}}", [Parameter("x", "Array(Int32)", "1,2")]),
        ("{{Array(x)}}", [Parameter("x", "Array(String)")]),
        ("{{Boolean(x, default=True)}}", [Parameter("x", "Boolean", True)]),
        ("{{UInt64(x, 9007199254740993)}}", [Parameter("x", "UInt64", "9007199254740993")]),
        ("{{UInt64(x, 9007199254740991)}}", [Parameter("x", "UInt64", 9007199254740991)]),
        ("{{String(x, 'a', description='d', required=True, example='e', enum=['a', 'b'],"
         " format='f')}}",
         [Parameter("x", "String", "a", "d", True, "e", ("a", "b"), "f")]),
        ("{% if defined(x) %}{% end %}", [Parameter("x", used_in="function_call")]),
        ("{% if defined('x') %}{% end %}", [Parameter("x", used_in="function_call")]),
        ("{{column(x, 'a')}}", [Parameter("x", used_in="function_call")]),
        ("{{columns(x)}}{{split_to_array(y)}}",
         [Parameter("x", used_in="function_call"), Parameter("y", used_in="function_call")]),
        ("{% if defined(x) %}{{Date(x)}}{% end %}", [Parameter("x", "Date")]),
        ("{{symbol(x)}}{{table(y)}}{{Int(z)}}{{Integer(w, 1)}}", []),
        ("{{String(b)}}{{Int32(a)}}", [Parameter("b"), Parameter("a", "Int32")]),
        ("{{Int8(a, 1)}}{{Int32(a, 2)}}", [Parameter("a", "Int8", 1)]),
        ("{% if 0 %}{{Int32(a)}}{% else %}{% for i in b %}{{String(i)}}{{c}}{% end %}{% end %}",
         [Parameter("a", "Int32"), Parameter("c"), Parameter("b")]),
        ("{% set x = String(y) %}{{x}}{{defined(x)}}", [Parameter("y")]),
        ("{% set x = [i for i in y] %}{{x}}", [Parameter("y")]),
        ("{{sql_and(a=Int32(x), b__in=Array(y))}}",
         [Parameter("x", "Int32"), Parameter("y", "Array(String)")]),
        ("{{String(x, default=String(y, 'z'))}}", [Parameter("x"), Parameter("y", default="z")]),
        ("{{JSON(x, '{}').get('a')}}", [Parameter("x", "JSON", "{}")]),
        ("{{x.split(',')[0] if y else z}}", [Parameter("y"), Parameter("z"), Parameter("x")]),
        ("-- {{String(x)}}\n{# {{y}} #}", [Parameter("x")]),
        ("{{day_diff(Date(a), b)}}",
         [Parameter("b", used_in="function_call"), Parameter("a", "Date")]),
        ("{{String('x', 'd')}}", [Parameter("x", default="d")]),
        ("{{Int32(5)}}{{Int32(len(x), 1)}}", [Parameter("x")]),
        ("{{String(symbol, 'a')}}{{String(min, 'b')}}",
         [Parameter("symbol", default="a"), Parameter("min", default="b")]),
    ],
)  # fmt: skip
def test_parameters(sql, expected):
    assert parameters(sql) == expected
