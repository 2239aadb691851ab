"""The grammar: tags, escapes, white space, what is refused and where the error points."""

import pytest

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template

PREFIX = "Template Syntax Error: "


def render(sql, **values):
    return compile_template(sql).render(values).sql


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a {# b #}c", "a c"),
        ("a {% comment from b %}c", "a c"),
        ("{{!x}} {%!y%} {#!z#}", "{{x}} {%y%} {#z#}"),
        ("{ {x} }", "{ {x} }"),
        ("{{{ 5 }}}", "{5}"),
        ("{{{{5}}}}", "{{5}}"),
        (" a  \n b {{1}} \n c  ", " a  \n b 1 \n c  "),
        ("{% whitespace single %} a  b \n\n c", " a b\nc"),
        ("{% whitespace oneline %} a  b \n\n c", " a b c"),
        ("{% whitespace oneline %} a  b {% whitespace all %} a  b", " a b  a  b"),
        ("{%if 1%}a{%end if%}", "a"),
        ("{%\nif 1\n%}a{% end %}", "a"),
        ("{{ (1\n+ 1) }}", "2"),
        ("{{ 'import' }}", "'import'"),
        ("-- {{1}} it's\n{{2}}", "-- 1 it's\n2"),
    ],
)
def test_text(sql, expected):
    assert render(sql) == expected


@pytest.mark.parametrize(
    ("sql", "message", "offset"),
    [
        ("{{x", "Missing end expression }} at <string>:1", 0),
        ("a\n{% if x", "Missing end block %} at <string>:2", 2),
        ("{# a", "Missing end comment #} at <string>:1", 0),
        ("{{ }}", "Empty expression at <string>:1", 3),
        ("{% %}", "Empty block tag ({% %}) at <string>:1", 3),
        ("a {% end %}", "Extra {% end %} block at <string>:1", 5),
        ("{% foo %}", "unknown operator: 'foo' at <string>:1", 3),
        ("{% endif %}", "unknown operator: 'endif' at <string>:1", 3),
        ("{% else %}", "else outside {'if', 'try', 'while', 'for'} block at <string>:1", 7),
        ("{% elif x %}", "elif outside {'if'} block at <string>:1", 8),
        ("{% except %}", "except outside {'try'} block at <string>:1", 9),
        ("{% for i in x %}{% elif x %}{% end %}",
         "elif block cannot be attached to for block at <string>:1", 24),
        ("{% break %}", "break outside {'while', 'for'} block at <string>:1", 3),
        ("{% if 1 %}{% break %}{% end %}",
         "break outside {'while', 'for'} block at <string>:1", 13),
        ("a\n {% if x %}b", "Missing {% end %} block for if at line 2", 9),
        ("{% set %}", "set missing statement at <string>:1", 6),
        ("{% whitespace foo %}", "invalid whitespace mode foo", 14),
        ("{% if 1 %}{% else if 2 %}{% end %}",
         PREFIX + "Invalid control block: else if 2", 18),
        ("{% set a = 1; b = 2 %}", PREFIX + "Invalid set statement: a = 1; b = 2", 7),
        ("{{ from }}", '"from" is a forbidden word at <string>:1', 3),
        ("\n{{ String(from) }}", '"from" is a forbidden word at <string>:2', 4),
        ("{{ x.from }}", '"from" is a forbidden word at <string>:1', 3),
        ("{{ x y }}", "invalid syntax at <string>:1", 5),
        ("{% if x: %}a{% end %}", "invalid syntax at <string>:1", 7),
        ("{{ x( }}", "'(' was never closed at <string>:1", 4),
        ("{{ '}}' }}", "unterminated string literal (detected at line 1) at <string>:1", 3),
        ("{% try %}a{% end %}", "expected 'except' or 'finally' block at <string>:1", 6),
        ("{{ format }}", '"format" can not be used as a variable name, line 1', 3),
        ("\n{% if defined(q) %}{% end %}", '"q" can not be used as a variable name, line 2', 7),
        ("{% set q = 1 %}", '"q" can not be used as a variable name, line 1', 7),
        ("{% for q in [] %}{% end %}", '"q" can not be used as a variable name, line 1', 7),
    ],
)  # fmt: skip
def test_errors(sql, message, offset):
    with pytest.raises(TemplateError) as caught:
        compile_template(sql)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize(
    "word",
    ["import", "from", "include", "extends", "raw", "module", "apply", "block", "autoescape"],
)
def test_forbidden_statements(word):
    with pytest.raises(TemplateError, match=f"^{word} is forbidden at <string>:2$"):
        compile_template(f"a\n{{% {word} x %}}")


@pytest.mark.parametrize(
    ("parts", "fails"),
    [
        ("{% else %}b{% elif 1 %}c", "elif after the last part of if"),
        ("{% else %}b{% else %}c", "else after the last part of if"),
    ],
)
def test_parts_out_of_order(parts, fails):
    with pytest.raises(TemplateError, match=fails):
        compile_template(f"{{% if 1 %}}a{parts}{{% end %}}")


def test_for_must_be_one_statement():
    for header in ("i in x: y", "i in x: pass\nimport os\nfor i in x", "x", "i in", ""):
        with pytest.raises(TemplateError):
            compile_template(f"{{% for {header} %}}{{% end %}}")


def test_deep_nesting_is_an_error_not_a_crash():
    for sql in ("{{" + "(" * 5000 + ")" * 5000 + "}}", "{{" + "-" * 5000 + "1}}",
                "{% if 1 %}" * 3000 + "{% end %}" * 3000, "{{" + "1+" * 5000 + "1}}"):  # fmt: skip
        with pytest.raises(TemplateError):
            compile_template(sql).render({})


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("{{# x\n}}", "invalid syntax at <string>:2"),
        ("{% set x = '\0' %}", "source code string cannot contain null bytes"),
    ],
)
def test_what_python_would_not_read_at_tinybird(sql, message):
    with pytest.raises(TemplateError) as caught:
        compile_template(sql)
    assert caught.value.message == message
