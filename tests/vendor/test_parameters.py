"""What a template's syntax says of its parameters, beside the vendor's reading of it."""

from collections.abc import Iterator
from dataclasses import asdict
from random import Random

import pytest
from tests.vendor.calls import call
from tests.vendor.grammar import Case
from tests.vendor.test_functions import assert_same

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template
from martlet.template.expressions import FUNCTION_NAMES

GENERATED = 1000
_TAGS = (
    "{{%s}}", "{{%s}}", "{{%s}}", "{%% if %s %%}a{%% end %%}", "{%% set w = %s %%}", "{{[x, %s, y]}}",
    "{%% if x %%}{{%s}}{%% else %%}{{y}}{%% end %%}", "{%% if defined(x) %%}{{%s}}{%% end %%}",
    "{%% if x == 'a' %%}a{%% elif %s %%}{{x}}{%% end %%}", "{{sql_and(a=%s, b=y)}}",
    "{%% for i in [1] %%}{{%s}}{{i}}{%% end %%}",
)  # fmt: skip
_USES = (
    "{{x}}", "{% if x == 'a' %}b{% end %}", "{% if defined(y) %}c{% end %}", "{{x + y}}", "{{len(x)}}",
    "{{x[0]}}", "{% set v = x %}", "{{','.join(x)}}", "{% for i in x %}{{i}} {% end %}", "{{[x, y]}}",
    "{% if x in ['a', y] and not defined(x) %}{% end %}", "{{split_to_array(x, 'a')}}", "{{Int32(u)}}",
    "{{Array(x, 'Int32')}}", "{{String(x, 'a')}}", "{{column(x, 'a')}}", "{{Int32(x)}}", "{{Array(y, 'String')}}",
)  # fmt: skip


def templates(count: int, seed: int) -> Iterator[Case]:
    """Yield templates of some tags that use the same names in many ways."""
    random = Random(seed)
    for _ in range(count):
        parts, values = [], {}
        for _ in range(random.choice((1, 2, 3))):
            text, given = call(random, random.choice((1, 2, 2)))
            parts.append(random.choice(_TAGS) % text)
            parts += random.choices(_USES, k=random.choice((0, 1, 1)))
            values.update(given)
        random.shuffle(parts)
        yield Case(" ".join(parts), {"x": "1,2", **values} if random.random() < 0.6 else values)


def test_what_a_rendering_makes_of_names(forward):
    """Which texts become lists and which names an error lists is decided by the syntax alone."""
    assert_same(forward, list(templates(GENERATED, seed=1)))


# What stands in `{% %}` and `{{ }}`; `nope` comes first, so the error lists every name.
LISTED = [
    *(f"{{% for last, item in enumerate_with_last({items}) %}}{{% end %}}" for items in (
        "['a']", "[a, b]", "[]", "('a',)", "split_to_array(x)", "'ab'", "x + y", "['a', b]", "[-5]", "['a', b[0]]")),
    *(f"{{{{UInt32({text})}}}}" for text in (
        "Int64(a) + y", "Int64(a) + b[0], 1", "'' + 'b'", "0 + b[0]", "[Int64(a)] + 'b'", "not 'all'", "not x", "- 'a'", "-5",
        "w, -None", "w, b[0] + ['a', c]", "w, not 5", "['a', b]", "w, [5, -5]", "w, description=['a', b]", "(Int64(a) + b) + c, 1",
        "w, Int64(a) * 0")),
    *(f"{{% try %}}{{{{String(b)}}}}{{% except {kind} %}}{{{{String(c)}}}}{{% end %}}" for kind in (
        "Nope", "Nope as e", "(Nope, Other)", "ValueError", "String", "len")),
    "{{[error, table, symbol, JSON, String, len]}}", "{% if x %}{{error.split(',')}}{% end %}", "{{[job_timestamp, x]}}",
    "{{(sql_and(a__nope=z), max(['a', i], UInt128(x)))}}",
]  # fmt: skip


@pytest.mark.parametrize("sql", LISTED)
def test_names_that_an_error_lists(forward, sql):
    assert_same(forward, [Case(f"{{{{Int32(nope)}}}}{sql}")])


KEYS = (
    "name",
    "type",
    "default",
    "description",
    "required",
    "example",
    "enum",
    "format",
    "used_in",
)


def ours(sql):
    return [
        {key: list(value) if isinstance(value, tuple) else value
         for key, value in asdict(parameter).items() if value is not None}
        for parameter in compile_template(sql).parameters
    ]  # fmt: skip


def theirs(answer):
    return [
        {key: value for key, value in one.items() if key in KEYS and value is not None}
        for one in answer["value"]
        if one.get("name") not in (*FUNCTION_NAMES, "i")  # variables of the template itself
    ]


LITERALS = (
    "'a'", "''", "5", "-5", "1.5", "True", "None", "['a', 'b']", "[]", "(1, 2)", "{'a': 1}",
    "9007199254740991", "9007199254740992", "-9007199254740993", "'a' + 'b'", "5 + 5", "f'a'", "y",
    "y + 'a'", "y[0]", "len(y)", "String(y, 'a')", "\"it's\"", "'a' 'b'", "1e16",
)  # fmt: skip
FORMS = [
    *(f"{{{{{name}(x)}}}}" for name in ("String", "Int32", "UInt256", "Float64", "Boolean", "Date",
                                        "DateTime", "DateTime64", "JSON", "Array")),
    *(f"{{{{String(x, {text})}}}}" for text in LITERALS),
    *(f"{{{{Int32(x, default={text})}}}}" for text in LITERALS),
    *(f"{{{{Array(x, 'Int32', {text})}}}}" for text in LITERALS),
    *(f"{{{{String(x, 'a', example={text})}}}}" for text in LITERALS if text != "y"),
    *(f"{{{{Array(x, {text})}}}}" for text in ("'Int32'", "Int32", "'Foo'", "foo", "''", "None", "5")),
    "{{String(x, 'a', False, True, 'd', ['a'], 'e', 'f')}}", "{{Array(x, 'Int32', '1', False)}}",
    "{{String(x, description='d', required=True, enum=['a', 1], example='e', format='f')}}",
    "{{String(x, required=False)}}", "{{Boolean('x', True)}}", "{{String('x', 'd')}}", "{{JSON(x, '{}')}}",
    "{{x + y}}", "{{[x, y]}}", "{{x[0]}}", "{{x.split(',')}}", "{{f'{x}'}}", "{{x if y else z}}",
    "{{Int(x)}}", "{{Integer(x, 5)}}", "{{symbol(x)}}", "{{table(x)}}", "{{TABLE(x)}}", "{{Int(x + y)}}",
    "{{defined(x)}}", "{{defined('x')}}", "{{column(x)}}", "{{column(x, 'a')}}", "{{column('x')}}",
    "{{columns(x, 'a', fn='sum')}}", "{{split_to_array(x, 'a')}}", "{{enumerate_with_last(x)}}",
    "{{day_diff(x, '2024-01-01')}}", "{{date_diff_in_days(x, '2024-01-01')}}", "{{sql_and(a=x)}}",
    "{{date_diff_in_seconds(x, '2024-01-01 00:00:00')}}", "{{sql_and(a=Int32(x), b__in=Array(y))}}",
    "{% if x %}{% end %}", "{% if x == 'a' and Int32(y, 1) > 0 or not z %}{% end %}",
    "{% if a %}{{String(b)}}{% if c %}{{d[0]}}{% end %}{% elif e %}{{Int32(f)}}{% else %}{{g[0]}}{% end %}",
    "{% for i in x.split(',') %}{{String(y)}}{% end %}{{Int32(z)}}", "{% while x %}{{Int32(y)}}{% end %}",
    "{% try %}{{Int32(a)}}{% except %}{{Int32(b)}}{% else %}{{Int32(c)}}{% finally %}{{Int32(d)}}{% end %}",
    "{{String(x + String(y))}}", "{{max(String(x), Int32(y))}}", "{{String(x).split(',')}}",
    "{{symbol(String(x, 'a'))}}", "{{String(symbol, 'a')}}", "{{String(min, 'a')}}", "{{Int32(tag, 5)}}",
    "{{String(x, 'a')}}{% if x == 'a' %}{% end %}",
    "{{String(x[0], 'd')}}", "{{String({'a': 1}, 'd')}}", "{{String(x.get('a'), 'd')}}",
    "{{Array(x, y[0], 'd')}}", "{{String(x, {'a': 1}, 'd')}}", "{{column(x[0], 'd')}}",
]  # fmt: skip


@pytest.mark.parametrize("sql", FORMS)
def test_metadata(forward, sql):
    expected = theirs(forward.ask("parameters", sql=sql))
    names = [one["name"] for one in expected]
    assert [one for one in ours(sql) if one["name"] in names] == expected


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("{{x}}", ["x"]),
        ("{{max(x, y)}}", ["x", "y"]),
        ("{{error(x)}}", ["x"]),
        ("{{column('a', x)}}", ["a", "x"]),
        ("{% set z = x %}{{z}}", ["x"]),
        ("{% for i in x %}{{i}}{% end %}", ["x"]),
        ("{% set z = [i for i in x] %}", ["x"]),
    ],
)
def test_parameters_that_only_we_list(sql, names):
    """Tinybird leaves out what is printed as it is, and has the template's own variables."""
    assert [parameter.name for parameter in compile_template(sql).parameters] == names


def refusal(sql):
    try:
        compile_template(sql)
    except TemplateError as error:
        return error.message
    return None


@pytest.mark.parametrize(
    "sql",
    [
        f"{before}{use}"
        for before in ("", "\n\n")
        for use in (
            "{{format}}", "{{String(format)}}", "{% if q == 'a' %}{% end %}", "{{Int(q)}}", "{{max(q)}}",
            "{% set q = 1 %}", "{% for format in x %}{% end %}", "{{q.get('a')}}", "{{f'{q}'}}",
            "{{\nq}}", "{% if a %}\n{{b}}{% if q %}{% end %}{% end %}", "{{String(x, format=format)}}",
            "{% try %}{% except ValueError as q %}{% end %}", "{{[1, x, format]}}", "{{symbol(q)}}",
            "{% set z = format('a') %}", "{% for i in q(x) %}{% end %}", "{{sql_and(a=format(1))}}", "{{format(1)}}",
            "{{Int32(x, default=[q(1)])}}", "{% set z = [format(i) for i in x] %}", "{% if defined([q]) %}{% end %}",
            "{{String(['a'])}}", "{{[z, defined([b])]}}", "{% try %}{% except format %}{% end %}", "{{x ^ format}}",
            "{{String(x, format='a')}}", "{{String('format')}}", "{{sql_and(format=x)}}", "{{defined('q')}}",
        )
    ],
)  # fmt: skip
def test_names_that_the_api_needs(forward, sql):
    answer = forward.ask("parameters", sql=sql)
    assert refusal(sql) == answer.get("error")
