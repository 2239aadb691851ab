"""The sandbox: what may stand in `{{ }}` and in `{% %}`."""

import pytest

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template

PREFIX = "Template Syntax Error: "


def render(sql, **values):
    return compile_template(sql).render(values).sql


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 / 2", "Invalid BinOp: Div()"),
        ("2 ** 2", "Invalid BinOp: Pow()"),
        ("1 % 2", "Invalid BinOp: Mod()"),
        ("~x", "Invalid UnaryOp: Invert()"),
        ("str(x)", "Invalid function name: str"),
        ("range(3)", "Invalid function name: range"),
        ("now()", "Invalid function name: now"),
        ("Symbol(x)", "Invalid function name: Symbol"),
        ("x.upper()", "Invalid method name: upper"),
        ("x[-1]", "Invalid Slice expression: UnaryOp("),
        ("...", "Invalid Constant: "),
        ("b'a'", "Invalid Constant: "),
        ("x == 1", "Invalid expression type: Compare("),
        ("x and y", "Invalid expression type: BoolOp("),
        ("x.y", "Invalid expression type: Attribute("),
        ("lambda: 1", "Invalid expression type: Lambda("),
        ("[*x]", "Invalid expression type: Starred("),
        ("{**x}", "Invalid expression type: Dict("),
        ("[a for a in x]", "Invalid expression type: ListComp("),
        ("x = 5", "Invalid expression type: Assign("),
        ("max(*x)", "Invalid expression type: Starred("),
        ("(x := 1)", "Invalid expression type: NamedExpr("),
        ("Date", "Date is a function"),
    ],
)
def test_refused_in_output(expression, message):
    with pytest.raises(TemplateError) as caught:
        compile_template(f"a {{{{ {expression} }}}}")
    assert caught.value.message.startswith(PREFIX + message)
    assert caught.value.offset == 5


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("x.__class__", "Invalid attribute: __class__"),
        ("x.__class__.__mro__[1].__subclasses__()", "Invalid attribute: __subclasses__"),
        ("''.__class__", "Invalid attribute: __class__"),
        ("x.format(1)", "Invalid attribute: format"),
        ("x.format_map(1)", "Invalid attribute: format_map"),
        ("x.translate({})", "Invalid attribute: translate"),
        ("eval('1')", "Invalid function name: eval"),
        ("exec('1')", "Invalid function name: exec"),
        ("type(x)", "Invalid function name: type"),
        ("getattr(x, 'y')", "Invalid function name: getattr"),
        ("lambda a=1: a", "Invalid expression type: Lambda("),
        ("(y := x)", "Invalid expression type: NamedExpr("),
        ("(yield)", "Invalid expression type: Yield("),
    ],
)
def test_refused_in_control(expression, message):
    with pytest.raises(TemplateError) as caught:
        compile_template(f"{{% if {expression} %}}{{% end %}}")
    assert caught.value.message.startswith(PREFIX + message)


def test_an_unknown_function_in_control_fails_where_it_is_called():
    template = compile_template("{% if x %}{% if open('/etc/passwd') %}{% end %}{% end %}")
    assert template.render({}).sql == ""
    with pytest.raises(TemplateError, match="not valid function inside a control block"):
        template.render({"x": "1"})


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("x == 1 and not y", 1, "True"),
        ("y or x", 1, "1"),
        ("1 < x <= 5", 6, "False"),
        ("x in [1, 2]", 1, "True"),
        ("x not in (1, 2)", 1, "False"),
        ("x is None", None, "True"),
        ("x is not None and len(x) > 2", "abc", "True"),
        ("x / 4", 2, "0.5"),
        ("x // 4", 9, "2"),
        ("x % 4", 9, "1"),
        ("x ** 4", 2, "16"),
        ("x << 4 | 1", 2, "33"),
        ("~x", 2, "-3"),
        ("x[::2]", "abcd", "'ac'"),
        ("x[-1]", "abcd", "'d'"),
        ("'a%s' % x", 2, "'a2'"),
        ("[i * 2 for i in range(4) if i != x]", 1, "[0, 4, 6]"),
        ("sum(i for i in x)", [1, 2], "3"),
        ("{i for i in 'aa'}", None, "{'a'}"),
        ("[x for x in range(2)] + [x]", 9, "[0, 1, 9]"),
        ("[(i, j) for i in 'ab' for j in range(2)][3]", None, "('b', 1)"),
        ("x.upper().strip()", " a", "'A'"),
        ("x.startswith('a')", "ab", "True"),
        ("list(x.items())", {"a": 1}, "[('a', 1)]"),
        ("sorted(x.values())", {"a": 2, "b": 1}, "[1, 2]"),
        ("(x, 1)", 2, "(2, 1)"),
        ("str(x) + 'a'", 2, "'2a'"),
        ("round(x, 1)", 2.25, "2.2"),
        ("[i for i, _ in enumerate(x)]", "ab", "[0, 1]"),
        ("dict(a=1)['a']", None, "1"),
        ("x.count('a')", "aba", "2"),
        ("f'{x:>5}|{x!r:<4}|{x:{5}}'", "a", r"'    a|\'a\' |a    '"),
    ],
)
def test_control_expressions(expression, value, expected):
    assert render(f"{{% set a = {expression} %}}{{{{a}}}}", x=value) == expected


def test_names_of_functions_and_parameters():
    assert render("{{Int32(min)}} {{list}} {{end}}", min=5, list=1, end="e") == "toInt32('5') 1 'e'"
    assert render("{% set table = 'a' %}{{table}}", table="b") == "'a'"


def test_a_local_before_its_set():
    for sql in ("{{x}}{% set x = 1 %}", "{% set x = x %}", "{% for i in [] %}{% end %}{{i}}",
                "{% if x %}{% set x = 1 %}{% end %}", "{% set x += 1 %}"):  # fmt: skip
        with pytest.raises(TemplateError, match=r"^Template Syntax Error: cannot access local"):
            render(sql, x=1)


def test_the_error_points_at_the_tag():
    sql = "SELECT 1 WHERE\n  {% if x > 1 %} a = {{Int32(y)}} {% end %}"
    template = compile_template(sql)
    for values, tag in (({"x": "a"}, "x > 1"), ({"x": 2}, "Int32(y)")):
        with pytest.raises(TemplateError) as caught:
            template.render(values)
        assert sql[caught.value.offset :].startswith(tag)


@pytest.mark.parametrize(
    ("template", "sql"),
    [
        ("{% set f = lambda n: n if n < 2 else f(n - 1) + f(n - 2) %}{% set z = f(9) %}{{z}}", "34"),
        ("{% set z = [[i for i in 'ab'] + [i] for i in 'cd'] %}{{z}}",
         "[['a', 'b', 'c'], ['a', 'b', 'd']]"),
        ("{% set a, *b = [1, 2, 3] %}{{b}}", "[2, 3]"),
        ("{% set z = {'a': 1} %}{% set z['a'] += 1 %}{{z}}", "{'a': 2}"),
        ("{% set z = {'b': 2}.items() %}{{z[0]}}", "('b', 2)"),
        ("{% if defined(table) %}a{% end %}{{table}}", "table is a function"),
        ("{% set z = {'a': 1} %}{% for k in z %}{% set z[k + 'b'] = 1 %}{% end %}",
         "dictionary changed size during iteration"),
        ("{% set z = str %}{{z}}", "a value of type function cannot be written in SQL"),
    ],
)  # fmt: skip
def test_python_in_control(template, sql):
    try:
        rendered = compile_template(template).render({}).sql
    except TemplateError as error:
        rendered = error.message.removeprefix(PREFIX)
    assert rendered.startswith(sql)
