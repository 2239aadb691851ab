"""Control flow, rendering with placeholders, and every branch."""

from pathlib import Path

import pytest

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template


def render(sql, **values):
    return compile_template(sql).render(values).sql


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("{% if x %}a{% elif y %}b{% else %}c{% end %}", {"x": "1"}, "a"),
        ("{% if x %}a{% elif y %}b{% else %}c{% end %}", {"y": "1"}, "b"),
        ("{% if x %}a{% elif y %}b{% else %}c{% end %}", {}, "c"),
        ("{% if defined(x) and x == 'a' %}b{% end %}", {}, ""),
        ("{% if true %}a{% else %}b{% end %}", {}, "b"),
        ("{% for i in range(3) %}{{i}} {% end %}{{i}}", {}, "0 1 2 2"),
        ("{% for i in x %}{{i}}{% else %}none{% end %}", {"x": []}, "none"),
        ("{% for i in range(4) %}{% if i == 1 %}{% continue %}{% end %}{{i}} {% end %}", {},
         "0 2 3 "),
        ("{% for i in range(4) %}{% if i == 2 %}{% break %}{% end %}{{i}} {% else %}n{% end %}",
         {}, "0 1 "),
        ("{% for k, v in x.items() %}{{column(k)}} = {{v}} {% end %}", {"x": {"a": 1, "b": "c"}},
         "`a` = 1 `b` = 'c' "),
        ("{% for i, (a, b) in x %}{{a}} {% end %}", {"x": [[1, [2, 3]]]}, "2 "),
        ("{% for last, i in enumerate_with_last(split_to_array(x)) %}"
         "{{i}}{% if not last %},{% end %}{% end %}", {"x": "a, b"}, "'a','b'"),
        ("{% set n = 3 %}{% while n > 0 %}{{n}} {% set n -= 1 %}{% else %}z{% end %}", {},
         "3 2 1 z"),
        ("{% set a, b = 1, 2 %}{% set c = d = a + b %}{{c}} {{d}}", {}, "3 3"),
        ("{% set a = [] %}{% for i in x %}{% set _ = a.append(i) %}{% end %}{{a}}",
         {"x": "ab"}, "['a', 'b']"),
        ("{% set x['b'] = 2 %}{{x}}", {"x": {"a": 1}}, "{'a': 1, 'b': 2}"),
        ("{% try %}a{{error('x')}}{% except %}b{% end %}", {}, "ab"),
        ("{% try %}a{{Int32(x)}}{% except ValueError %}b{% finally %}c{% end %}", {}, "abc"),
        ("{% try %}a{% except %}b{% else %}d{% finally %}c{% end %}", {}, "adc"),
        ("{% try %}{{int(x)}}{% except TypeError %}t{% except (KeyError, ValueError) as e %}"
         "{{e}}{% end %}", {"x": "a"}, r"'invalid literal for int() with base 10: \'a\''"),
    ],
)  # fmt: skip
def test_control_flow(sql, values, expected):
    assert render(sql, **values) == expected


def test_finally_runs_when_the_error_goes_on():
    template = compile_template("{% try %}{{error('x')}}{% finally %}{% set a = 1/0 %}{% end %}")
    with pytest.raises(TemplateError, match="division by zero"):
        template.render({})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("{{String(x)}} {{String(x, 'a')}}", "'__no_value__' 'a'"),
        ("{{Int32(x)}} {{Int8(x, 5)}} {{Int(x)}}", "toInt32('0') toInt8('5') 0"),
        ("{{Float64(x)}} {{Boolean(x)}}", "toFloat64('0.0') 0"),
        ("{{Date(x)}} {{DateTime(x)}}", "'2019-01-01' '2019-01-01 00:00:00'"),
        ("{{DateTime64(x)}}", "'2019-01-01 00:00:00.000'"),
        ("{{Array(x)}} {{Array(x, 'Int32')}} {{Array(x, 'Date')}}",
         "[''] [0,0] ['2019-01-01','2019-01-01']"),
        ("{{Array(x, 'Int32', '1')}} {{Array(x, 'Float32')}}", "[1] [0.0,0.0]"),
        ("{{x}} {{x[0]}} {{x.get('a')}} {{x + 1}} {{x * 2}} {{-x}}", " ".join(["'__no_value__'"] * 6)),
        ("{{JSON(x)['a'][0]}} {{JSON(x, '[1]')}}", "'__no_value__' [1]"),
        ("{{column(x)}} {{columns(x)}} {{symbol(x)}} {{table(x)}}",
         "`__sample_name__` `__sample_name__` `__sample_name__` __sample_name__"),
        ("{{column(x, 'a')}} {{split_to_array(x)}}", "`a` ['']"),
        ("{{day_diff(x, y)}} {{date_diff_in_hours(DateTime(x), y)}}", "0 0"),
        ("{{tb_secret('s')}} {{error('a')}}{{custom_error('b')}}", "{s: String} "),
        ("{% if defined(x) %}a{% else %}b{% end %}", "b"),
        ("{% if x > 1 %}a{% elif x == 'a' %}b{% elif x %}c{% end %}", "c"),
        ("{% for k, v in x.items() %}{{k}} {% end %}", "'__no_value__' "),
        ("{% for i in range(x) %}a{% end %}{{len(x.split(','))}}", "12"),
        ("{{sql_and(a=String(x, defined=False), b=x)}}", "a = '__no_value__' and b = '__no_value__'"),
        ("{{sql_unescape(x)}} {{int(x)}} {{float(x)}} {{f'{x}'}}", "'__no_value__' 0 0.0 '__no_value__'"),
    ],
)  # fmt: skip
def test_sample(sql, expected):
    assert compile_template(sql).render_sample().sql == expected


def test_sample_reports_what_is_wrong_whatever_the_parameters():
    for sql in ("{{Int32(x, 'a')}}", "{% if foo(x) %}{% end %}", "{{String(x, foo=1)}}",
                "{{1 + 'a'}}"):  # fmt: skip
        with pytest.raises(TemplateError):
            compile_template(sql).render_sample()


def branches(sql):
    return [rendered.sql for rendered in compile_template(sql).branches()]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a", ["a"]),
        ("{% if x %}a{% end %}", ["a"]),
        ("{% if x %}a{% else %}b{% end %}", ["a", "b"]),
        ("{% if x %}a{% elif y %}b{% else %}c{% end %}", ["a", "b", "c"]),
        ("{% if x %}a{% else %}b{% end %} {% if y %}c{% elif z %}d{% else %}e{% end %}",
         ["a c", "b d", "a e"]),
        ("{% if x %}a{% if y %}b{% else %}c{% end %}{% else %}d{% if z %}e{% else %}f{% end %}"
         "{% end %}", ["ab", "de", "ac", "df"]),
        ("{% for t in x %}{% if t %}a{% else %}b{% end %}{% end %}", ["a", "b"]),
        ("{% for t in [] %}a{% end %}", ["a"]),
        ("{% while x %}a{% end %}", ["a"]),
        ("{% while 0 %}a{% break %}{% end %}", ["a"]),
        ("{% for t in split_to_array(x, 'p,q') %}{{table(t)}}{% end %}", ["p"]),
        ("{{error('a')}}{% if x %}{{custom_error('b')}}a{% else %}{{Int32(x, 'bad')}}{% end %}",
         ["a", "'__no_value__'"]),
        ("{% try %}a{% except %}b{% finally %}c{% end %}", ["ac", "bc"]),
        ("{{ table('a') if defined(x) else table('b') }}", ["a", "b"]),
        ("{% for i in range(3) %}{% if i %}{% break %}{% end %}a{% end %}", [""]),
        ("{% set n = 1/0 %}{% if n > 1 %}a{% else %}b{% end %}", ["a", "b"]),
        ("{% for a, b in 5 %}{{a}} {{b}}{% end %}", ["'__no_value__' '__no_value__'"]),
        ("{% if d > 9 %}a{% else %}b{% end %} {% if not d > 9 %}c{% else %}d{% end %}",
         ["a d", "b c"]),
        ("{% if d <= 7 %}{% if m %}a{% end %}{% end %}{% if d > 30 %}b{% elif d > 7 %}c{% end %}",
         ["a", "b", "c"]),
        ("{% if g == 'h' %}a{% elif defined(m) %}b{% end %}"
         "{{ table('c') if defined(m) else table('d') }}", ["ac", "bc", "ad"]),
        ("{% if defined(x) %}a{% end %}{% if not defined(x) %}b{% end %}", ["a", "b"]),
        ("{% if x %}{% if not x %}a{% end %}b{% end %}", ["b"]),
    ],
)  # fmt: skip
def test_branches(sql, expected):
    assert branches(sql) == expected


def test_branches_of_long_templates_are_few():
    many = "".join(f"{{% if x{i} %}}a{{% else %}}b{{% end %}}" for i in range(200))
    assert len(branches(many)) == 2
    nested = "".join(f"{{% if x{i} %}}a{{% else %}}b" for i in range(30)) + "{% end %}" * 30
    assert len(branches(nested)) == 31


PIPES = sorted(Path(__file__).parents[2].glob("pipes/*.pipe"))


def test_the_templates_of_this_repository():
    for path in PIPES:
        text = path.read_text()
        if "\n    %\n" not in text:
            continue
        sql = text.split("\n    %\n", 1)[1].split("\nTYPE", 1)[0]
        template = compile_template(sql, name=path.stem)
        names = {parameter.name: "2024-01-01 00:00:00" for parameter in template.parameters}
        assert all(parameter.description for parameter in template.parameters), path
        template.render({})
        template.render(names | {"limit": "5"})
        assert "{%" not in "".join(rendered.sql for rendered in template.branches())
