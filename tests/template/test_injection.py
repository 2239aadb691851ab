"""A value never changes how the SQL around it is read: kinds of lexemes depend on its shape only."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from martlet.errors import TemplateError
from martlet.sql.lexer import Kind, lex, unquote
from martlet.template.compiler import compile_template

# One use each of everything that takes text from a request.
EXPRESSIONS = [
    "x", "String(x)", "String(y, x)", "Int32(x)", "UInt8(x)", "Int(x)", "Float64(x)", "Boolean(x)",
    "Date(x)", "DateTime(x)", "DateTime64(x)", "Array(x)", "Array(x, 'Int32')", "Array(x, 'Foo')",
    "Array(x, 'Float64')", "JSON(x)", "JSON(x).get('a', x)", "column(x)", "column(y, x)",
    "columns(x)", "columns(x, 'a', fn='sum')", "columns('a', fn=x)", "symbol(x)", "symbol(x, '\"')",
    "symbol(x, '')", "symbol('a', x)", "table(x)", "TABLE(x)", "sql_and(a=x)", "sql_and(a__in=[x])",
    "sql_and(a__in=Array(x))", "sql_unescape(x)", "sql_unescape(x, '%')", "sql_unescape(x, '\\'')",
    "sql_unescape(x, '\\\\')", "sql_unescape(x, x)", "sql_unescape(String(x), '\"`\\n')",
    "split_to_array(x)", "','.join(split_to_array(x))", "x.split(',')", "x.split(',')[0]",
    "x.replace('a', '\\'')", "x.replace('\\\\', '')", "x[0]", "x[1:]", "f'{x}'", "f'{x!r} {x:>5}'",
    "f'a {String(x)} {Array(x)}'", "x + x", "'a' + x + '\\''", "x * 3", "[x, [x]]", "(x,)",
    "{x: x}", "{x}", "list(x)", "min(x)", "max(x, 'b')", "String(x) + Array(x)", "x if x else 'b'",
    "tb_secret(x, x)", "tb_secret(x)", "max_threads(x)", "backend_hint(x)", "enumerate_with_last(x)",
    "Array(x) + ''", "column(x) + ''", "sql_and(a=column(x))", "String(column(x))", "x.get('a')",
    "','.join(Array(x))", "sql_unescape(Array(x), '\\'')", "column(sql_unescape(x, '`'))",
]  # fmt: skip
STATEMENTS = [
    "{% for i in x %}{{i}} {% end %}",
    "{% for i in split_to_array(x) %}{{i}} , {% end %}",
    "{% for l, i in enumerate_with_last(x.split(',')) %}{{column(i)}}{% if not l %},{% end %}{% end %}",
    "{% set z = x %}{{z}}",
    "{% set z = x.upper() %}{{z}}",
    "{% set z = 'a%s' % x %}{{z}}",
    "{% set z = Array(x) %}{{z}}",
    "{% set z = [sql_unescape(x, '%')] %}{{z}}",
    "{% set z = str(column(x)) %}{{z}}",
    "{% try %}{{int(x)}}{% except ValueError as e %}{{e}}{% end %}",
    "{% try %}{{column(x, y)}}{{error(x)}}{% except Exception as e %} {{e}}{% end %}",
]
PLACES = [
    "SELECT @ , 1 FROM t WHERE a = 'b'",
    "SELECT 1 WHERE a IN (@)\nAND b = 'c'",
    "SELECT 1 -- @ it's\n, 'a' FROM t",
    "SELECT 1 # @ it's\n, 'a' FROM t",
    "SELECT /* @ it's */ 'a' FROM t",
    "SELECT /*@*/ 'a' FROM t",
    "SELECT '@' FROM t WHERE 'a'",
    "SELECT 'b @ c' FROM t WHERE 'a'",
    "SELECT \"b @\", `@ b` FROM t WHERE 'a'",
    "SELECT 'b\\@', 'c' FROM t",
    "SELECT 1-@ , 'b' FROM t",
    "SELECT a.@ , 'b' FROM t",
    "SELECT a@ , @b , x@ , 5@ , @5 , 'b' FROM t",
    "SELECT $@$ , $a$ @ $a$ FROM t",
    "SELECT 'a'@'b' FROM t WHERE 'a'",
    "SELECT {% if a %}'{% end %}@{% if a %}'{% end %} FROM t",
    "SELECT {a: @} \u2018 @ \u2019 FROM t",
    "SELECT @@ FROM t",
    "@ @",
]
NASTY = st.one_of(
    st.text(),
    st.text(alphabet="'\"`\\%-*/#$!;.,()[]{}\n\r\t\0 ab5\u2018\u2019\u201c\u201d\xa0", max_size=20),
    st.sampled_from(
        ["'", "\\", "\\'", "''", "' OR 1=1 --", "a' --", "*/ 1 /*", "a\n1", "a`b", 'a"b', "-5", "-",
         "--", "5", "0", "1e5", "-1.5", "nan", "inf", "$a$ 1", "}", "{a:String}", "select", "a.b",
         "2024-01-01", "2024-01-01 00:00:00.000 ' 1", '{"a": "b\'"}', "a,b", "1,2", "1,-2", "\x1a"]
    ),
)  # fmt: skip


def shape(text):
    """Return the simplest text of the same shape: same length, separators, and kind of number."""
    if re.fullmatch(r"\s*[+-]?[\d.,_einfatyNIFAE+-]+\s*", text):
        return text  # a number, or a list of them: its digits change nothing
    return re.sub(r"[^,.\s|]", "a", text)


def kinds(template, value):
    """Return the lexemes as kinds, None where the value is refused."""
    try:
        sql = template.render({"x": value, "a": ""}).sql
    except TemplateError:
        return None
    # A word and a quoted word are both one identifier (columns() quotes an alias if it must).
    return ["word" if item.kind is Kind.QUOTED else item.kind.value for item in lex(sql)]


TAGS = [f"{{{{ {expression} }}}}" for expression in EXPRESSIONS] + STATEMENTS
IN_CODE = [compile_template(f"SELECT {tag} , 1 FROM t WHERE a = 'b'") for tag in TAGS]


@settings(max_examples=200, deadline=None)
@given(text=NASTY)
@example(text="')--")
@example(text="\\")
@example(text="*/'")
def test_text_is_a_value_in_every_function(text):
    for template, tag in zip(IN_CODE, TAGS, strict=True):
        found = kinds(template, text)
        if found is None:
            continue
        expected = kinds(template, shape(text))
        # A shape may be refused where the text is not: JSON, dates and numbers have their own.
        assert expected is None or found == expected or _is_json(tag, text), (tag, text)
        assert template.render({"x": text, "a": ""}).sql.endswith(" , 1 FROM t WHERE a = 'b'")


def _is_json(tag, text):
    """JSON text decides itself between number, text and list; each element is one literal.

    So does the name of a function, which can have parameters.
    """
    if "fn=" in tag:
        return text.endswith(")")
    return "JSON" in tag and text.strip()[:1] in '{["-0123456789ntfNI'


SIMPLE = ["x", "String(x)", "Int(x)", "Int32(x)", "Array(x)", "column(x)", "columns(x, 'a', fn='sum')",
          "table(x)", "sql_unescape(x, '\\n')", "x.split(',')", "max_threads(x)", "{x: x}", "(x,)",
          "sql_and(a=x)"]  # fmt: skip
IN_PLACES = [
    (place, expression, compile_template(place.replace("@", f"{{{{ {expression} }}}}")))
    for place in PLACES
    for expression in SIMPLE
]


@settings(max_examples=150, deadline=None)
@given(text=NASTY)
@example(text="")
@example(text="*/")
@example(text="-5")
@example(text="a\nb")
def test_text_is_a_value_in_every_place(text):
    for place, expression, template in IN_PLACES:
        found = kinds(template, text)
        if found is not None:
            expected = kinds(template, shape(text))
            assert expected is None or found == expected, (place, expression, text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=6,
)


def json_shape(value):
    if isinstance(value, str):
        return "a"
    if isinstance(value, list):
        return [json_shape(item) for item in value]
    if isinstance(value, dict):
        return {f"k{index}": json_shape(item) for index, item in enumerate(value.values())}
    return value


BARE = [(place, compile_template(place.replace("@", "{{x}}"))) for place in PLACES]


@settings(max_examples=200, deadline=None)
@given(value=JSON_VALUES)
@example(value=-5)
@example(value=[-5, "'"])
def test_json_is_a_value_in_every_place(value):
    for place, template in BARE:
        found = kinds(template, value)
        if found is not None:
            expected = kinds(template, json_shape(value))
            assert expected is None or found == expected, (place, value)


@settings(max_examples=150, deadline=None)
@given(text=NASTY)
def test_a_text_is_exactly_the_literal_that_is_read(text):
    if "\x1a" in text:
        return  # Tinybird writes \z, which ClickHouse reads as two characters
    try:
        sql = compile_template("{{String(x)}}").render({"x": text}).sql
    except TemplateError:
        return  # not Unicode
    [literal] = lex(sql)
    assert literal.kind is Kind.STRING
    # Tinybird escapes the percent sign, and ClickHouse keeps that backslash.
    assert unquote(literal.text) == text.replace("%", "\\%")


@pytest.mark.parametrize(
    ("sql", "value", "expected"),
    [
        ("SELECT '{{Integer(x)}}'", "5", "SELECT '5'"),
        ("SELECT '%{{x}}%'", 5, "SELECT '%5%'"),
        ("FROM events_{{table(x)}}", "a", "FROM events_a"),
        ("FROM t{{Int(x)}}_b", "5", "FROM t5_b"),
        ('SELECT "{{x}}"', "a", "SELECT \"'a'\""),
        ("-- {{x}}\nSELECT 1", "a' \n b", "-- 'a\\' \\n b'\nSELECT 1"),
        ("-- {{max_threads(x)}}\nSELECT 1", "4", "-- -- max_threads 4\n\nSELECT 1"),
        ("/* {{x}} */SELECT 1", "a", "/* 'a' */SELECT 1"),
        ("SELECT 1 -{{x}}", 5, "SELECT 1 -5"),
        ("SELECT {{x}}::Int32", "5", "SELECT '5'::Int32"),
        ("{{x}}{{max_threads(1)}}", "5", "'5'-- max_threads 1\n"),
    ],
)
def test_values_that_may_touch_the_text(sql, value, expected):
    assert compile_template(sql).render({"x": value}).sql == expected


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT '{{x}}'", "a"),
        ("SELECT '{{String(x)}}'", "a"),
        ("SELECT '{{Int32(x)}}'", "5"),
        ("SELECT 1 -{{x}} AND secret", -5),
        ("SELECT col{{x}}", -5),
        ("SELECT x{{x}}", "41"),
        ("SELECT b{{String(x)}}", "\\'"),
        ("/* {{x}} */ SELECT 1", "*/ 2 /*"),
        ("SELECT `{{column(x)}}`", "a"),
        ("SELECT \"{{x}}\"", '"'),
        ("SELECT ${{Int(x)}}$ a $5$", "5"),
        ("SELECT {{Int(x)}}x41", "0"),
    ],
)  # fmt: skip
def test_values_that_would_change_the_text(sql, value):
    with pytest.raises(TemplateError, match=r"cannot stand here|cannot be read") as caught:
        compile_template(sql).render({"x": value})
    assert caught.value.offset is None or sql[caught.value.offset :].split("(")[0]
