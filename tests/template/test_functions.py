"""Helpers of templates: value to text, or error."""

import pytest

from martlet.errors import TemplateAbort, TemplateError
from martlet.template.compiler import compile_template

PREFIX = "Template Syntax Error: "


def render(sql, **values):
    return compile_template(sql).render(values).sql


def message(sql, **values):
    with pytest.raises(TemplateError) as caught:
        compile_template(sql).render(values)
    return caught.value.message


@pytest.mark.parametrize(
    ("call", "value", "sql"),
    [
        ("symbol(x)", 'a"b', "`ab`"),
        ("symbol(x)", "a'b`c.d", "`a\\'b\\`c.d`"),
        ("symbol(x, '\"')", "a`b", '"a\\`b"'),
        ("column(x)", "j.k", "`j`.`k`"),
        ("column(x, 'd.e')", None, "`d`.`e`"),
        ("column(x, 'd')", "", "``"),
        ("columns(x, 'a,b')", None, "`a`,`b`"),
        ("columns(x)", " a , b.c, ,d'e", "`a`,`b`.`c`,``,`d\\'e`"),
        ("columns(x, 'a', fn='sum')", "a, b", "sum(`a`) as a,sum(`b`) as b"),
        ("columns(x, 'a', 'quantile(0.9)')", "a", "quantile(0.9)(`a`) as a"),
        ("columns(x, 'a', fn='sum')", "a b,from", "sum(`a b`) as `a b`,sum(`from`) as `from`"),
        ("table(x)", "db.t", "db.t"),
        ("TABLE(x)", "t_1", "t_1"),
        ("sql_unescape(x)", "a%'b\\", r"'a\%\'b\\'"),
        ("sql_unescape(x, '%')", "a%'b\\", r"'a%\'b\\'"),
        ("sql_unescape(x, '%\\'\\\\')", "a%'b\\", r"'a\%\'b\\'"),
        ("sql_unescape(x, 'n')", "a\nb", "'anb'"),
        ("sql_unescape(x, '\\\\')", "a\\'b", r"'a\\\'b'"),
        ("sql_unescape(x, '\"')", 'a"b', r"""'a\"b'"""),
        ("sql_unescape(String(x), '%')", "%a%", "'%a%'"),
        ("split_to_array(x)", "a , b", "['a', 'b']"),
        ("split_to_array(x)", None, "['']"),
        ("split_to_array(x, 'q,r')", None, "['q', 'r']"),
        ("split_to_array(x, separator='|')", "a|b", "['a', 'b']"),
        ("','.join(split_to_array(x))", "a, b", "'a,b'"),
        ("enumerate_with_last(x)", [1, 2], "[(False, 1), (True, 2)]"),
        ("defined(x)", "", "True"),
        ("defined(x)", None, "False"),
        ("defined('x')", "1", "True"),
        ("defined('x')", None, "True"),
        ("day_diff('2020-01-05', x)", "2020-01-01", "4"),
        ("date_diff_in_seconds(x, '2020-01-01 00:01:05')", "2020-01-01 00:00:00", "65"),
        ("date_diff_in_minutes(x, '2020-01-01 00:01:05')", "2020-01-01 00:00:00", "1"),
        ("date_diff_in_hours('2020-01-01 01:59:05', x)", "2020-01-01 00:00:00", "1"),
        ("date_diff_in_days(x, '2020-01-05')", "2020-01-01", "4"),
        (
            "date_diff_in_days(x, '2020-01-05T12:00:00Z', date_format='%Y-%m-%dT%H:%M:%SZ')",
            "2020-01-01T00:00:00Z",
            "4",
        ),
        (
            "date_diff_in_seconds(x, '2020-01-01 00:00:09', backup_date_format='%Y-%m-%d')",
            "2020-01-01",
            "9",
        ),
        (
            "date_diff_in_hours(x, '2020-01-01T00:00:00+0000', '%Y-%m-%dT%H:%M:%S%z')",
            "2020-01-01T00:00:00+0200",
            "2",
        ),
        ("max(x, default=3)", [], "3"),
        ("error('a') if x else 1", "", "1"),
        ("JSON(x, [1])", None, "{}"),
        ("columns(x, 'a', fn='')", "b", "`b`"),
        ("len(x)", "abc", "3"),
        ("list(x)", "ab", "['a', 'b']"),
        ("min(x, 'b')", "a", "'a'"),
        ("max(x)", [1, 3, 2], "3"),
        ("int(x) + 1", "5", "6"),
        ("float(x)", "5", "5.0"),
        ("x", True, "True"),
        ("x", [1, "it's", None], r"[1, 'it\'s', None]"),
        ("x", {"a": [True, 1.5]}, "{'a': [True, 1.5]}"),
        ("x", "a\tb", r"'a\tb'"),
        ("x if x else 'z'", "", "'z'"),
        ("f'{x}-{Int32(y, 1)}-{1.5:.2f}'", "it's", "'it\\'s-toInt32(\\'1\\')-1.50'"),
        ("x.replace('a', 'b')", "aa'", r"'bb\''"),
        ("x.split(',')[1]", "a,b", "'b'"),
        ("x + 'b' * 2", "a", "'abb'"),
        ("not x", "", "True"),
        ("x[0:2]", "abc", "'ab'"),
        ("Array(x) + 'b'", "a", r"'[\'a\']b'"),
    ],
)
def test_output(call, value, sql):
    assert render(f"{{{{{call}}}}}", x=value) == sql


@pytest.mark.parametrize(
    ("conditions", "sql"),
    [
        ("a=String(x)", "a = '1'"),
        ("a__in=Array(y, 'Int32'), b__not_in=Array(y)", "a in [1,2] and b not in ['1','2']"),
        ("a__gt=Int32(x), b__lt=1, c__gte=2.5, d__lte=Date(z, '2024-01-01')",
         "a > toInt32('1') and b < 1 and c >= 2.5 and d <= '2024-01-01'"),
        ("a__b__in=x", "a__b in '1'"),
        ("a=Int32(n, defined=False), b=x", "b = '1'"),
        ("a=n, b__foo=n", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_sql_and(conditions, sql):
    assert render(f"{{{{sql_and({conditions})}}}}", x="1", y="1,2") == sql


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ("symbol(x)", None, "'NoneType' object has no attribute 'translate'"),
        ("table(x)", None, "'NoneType' object has no attribute 'translate'"),
        ("sql_unescape(x)", 5, "'int' object has no attribute 'translate'"),
        ("column(x)", None,
         "Missing column() default value, use `column(column_name, 'default_column_name')`"),
        ("columns(x)", None,
         "Missing columns() default value, use `columns(column_names, 'default_column_name')`"),
        ("columns(x)", ["a"], "The 'columns' function expects a String not an Array"),
        ("columns('a', fn=x)", "sum(1) --", "'sum(1) --' is not a valid function name in columns()"),
        ("table(x)", "a b", "'a b' is not a valid table name"),
        ("table(x)", "a.b.c", "'a.b.c' is not a valid table name"),
        ("table(x)", "select", "'select' is not a valid table name"),
        ("table(x)", "", "'' is not a valid table name"),
        ("sql_and(a__foo=x)", "1", "operand foo not supported"),
        ("sql_and(**x)", {"1=1 or a": 1}, "'1=1 or a' is not a valid name in sql_and()"),
        ("sql_and(**{x: 1})", "a__in) or (1", "'a__in) or (1' is not a valid name in sql_and()"),
        ("split_to_array(x)", ["a"], "First argument of split_to_array has to be a value that can "
         "be split to a list of elements, but found a PlaceHolder with no value instead"),
        ("day_diff(x, '2020-01-01')", "2020-01-01 00:00:00", "invalid date format in function "
         "`day_diff`, it must be ISO format date YYYY-MM-DD, e.g. 2018-09-26. For other fotmats, "
         "try `date_diff_in_days`"),
        ("date_diff_in_days(x, '2020-01-01')", "a", "invalid date format in function "
         "`date_diff_in_days`, it must be ISO format date YYYY-MM-DD, e.g. 2018-09-26"),
        ("date_diff_in_seconds(x, x, none_if_error=True)", "a",
         'expression "date_diff_in_seconds..." evaluated to null'),
        ("JSON(x)", "{", "Error parsing JSON: '{' - Expecting property name enclosed in double "
         "quotes: line 1 column 2 (char 1)"),
        ("JSON(x)['b']", "{}", "Missing key 'b' while rendering the template. "
         "Ensure every object accessed in the template has this key."),
        ("x[5]", [1], "list index out of range"),
        ("x", None, 'expression "x" evaluated to null'),
        ("x.get('a')", "s", "'str' object has no attribute 'get'. Make sure you're using an object/dictionary where trying to use .get()"),
        ("x.split(',')", None, "'NoneType' object has no attribute 'split'"),
        ("cache_ttl(x)", "6m", "Invalid TTL cache expression, valid expressions are "
         "('5s', '1m', '5m', '30m', '1h')"),
        ("activate(x)", "foo", "'foo' is not a valid 'activate' argument"),
        ("disable(x)", "foo", "'foo' is not a valid 'disable' argument"),
        ("tb_secret(x)", "s", "Cannot access secret 's'. Check the secret exists in the Workspace "
         "and the token has the required scope."),
        ("JSON(x)", "a" * 17, f"Error parsing JSON: '{'a' * 16}...' - Expecting value: line 1 column 1 "
         "(char 0)"),
        ("split_to_array(symbol(x))", "a", "First argument of split_to_array has to be a value that "
         "can be split to a list of elements, but found a PlaceHolder with no value instead"),
        ("Array(column(x))", "a", "transform type function Array is not well defined"),
        ("symbol(table(x))", "a", "'Symbol' object has no attribute 'translate'"),
        ("day_diff(x)", "a", "one of the transform type functions is missing an argument"),
        ("x", "\ud800", "a value is not valid Unicode"),
    ],
)  # fmt: skip
def test_errors_with_prefix(call, value, expected):
    assert message(f"{{{{{call}}}}}", x=value) == PREFIX + expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("{{1 + x}}", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("{% if x > 0 %}{% end %}", "'>' not supported between instances of 'str' and 'int'"),
        ("{% if 1/0 %}{% end %}", "division by zero"),
        ("{{int(x)}}", "invalid literal for int() with base 10: 'a'"),
        ("{{len(5)}}", "object of type 'int' has no len()"),
        ("{% for i in 5 %}{% end %}", "'int' object is not iterable"),
        ("{% for i, j in [[1]] %}{% end %}",
         "not enough values to unpack (expected 2, got 1)"),
        ("{{sql_unescape(x, foo=1)}}",
         "sql_unescape() got an unexpected keyword argument 'foo'"),
        ("{{symbol(x, 1, 2)}}", "symbol() takes from 1 to 2 positional arguments but 3 were given"),
        ("{{enumerate_with_last(x, 1)}}",
         "enumerate_with_last() takes 1 positional argument but 2 were given"),
        ("{{enumerate_with_last(5)}}", "object of type 'int' has no len()"),
        ("{{len(x, 1)}}", "len() takes exactly one argument (2 given)"),
        ("{{symbol(value=x)}}", "symbol() got an unexpected keyword argument 'value'"),
    ],
)  # fmt: skip
def test_errors_of_python_surface_as_they_are(sql, expected):
    assert message(sql, x="a") == expected


def test_hints_become_settings_and_one_line_of_comment():
    rendered = compile_template(
        "{{max_threads(4)}}{{cache_ttl('5m')}}{{backend_hint('a')}}"
        "{{activate('analyzer')}}{{activate('parallel_replicas')}}{{disable('analyzer')}}SELECT 1"
    ).render({})
    assert rendered.sql.splitlines() == [
        "-- max_threads 4",
        "-- cache_ttl 5m",
        "-- backend_hint a",
        "-- activate analyzer",
        "-- activate parallel_replicas",
        "-- disable analyzer",
        "SELECT 1",
    ]
    assert rendered.settings == {
        "max_threads": 4,
        "cache_ttl": "5m",
        "backend_hint": "a",
        "activate": ("analyzer", "parallel_replicas"),
        "disable": "analyzer",
    }


def test_a_hint_of_a_request_cannot_leave_its_comment():
    assert render("{{max_threads(x)}}SELECT 1", x="3\n; DROP TABLE t") == (
        "-- max_threads: wrong argument 3 ; DROP TABLE t\nSELECT 1"
    )
    rendered = compile_template("{{backend_hint(False)}}").render({})
    assert rendered.settings == {"backend_hint": None}


def test_secrets_are_bound_outside_of_the_text():
    template = compile_template("SELECT {{tb_secret('key')}}, {{tb_var('other', 'd')}}")
    rendered = template.render({}, secrets={"key": "it's", "unused": "u"})
    assert rendered.sql == "SELECT {key: String}, 'd'"
    assert rendered.secrets == {"key": "it's"}
    assert render("{{tb_secret(x, 'd')}}", x="a: String} --") == "'d'"


def test_error_is_the_authors_text():
    with pytest.raises(TemplateAbort) as caught:
        compile_template("{{error('start_date (DateTime) query param is required')}}").render({})
    assert caught.value.message == "start_date (DateTime) query param is required"
    assert (caught.value.status, caught.value.body) == (400, None)


@pytest.mark.parametrize(
    ("call", "status", "body", "text"),
    [
        ("custom_error('no', 403)", 403, None, "no"),
        ("custom_error({'error': 'no'}, code=404)", 404, {"error": "no"}, "{'error': 'no'}"),
        ("custom_error('no')", 400, None, "no"),
        ("custom_error('no', 'x')", 400, None, "no"),
        ("custom_error('no', 9)", 400, None, "no"),
    ],
)
def test_custom_error(call, status, body, text):
    with pytest.raises(TemplateAbort) as caught:
        compile_template(f"{{{{{call}}}}}").render({})
    assert (caught.value.status, caught.value.body, caught.value.message) == (status, body, text)


def test_tinybirds_documentation_paths():
    for sql, page in (
        ("{{Int32(x)}}", "/cli/advanced-templates.html"),
        ("{{column(x)}}", "/cli/advanced-templates.html#column"),
        ("{{String()}}", "/cli/advanced-templates.html#transform-types-functions"),
        ("{{tb_secret('s')}}", None),
        ("{{error('x')}}", None),
    ):
        with pytest.raises(TemplateError) as caught:
            compile_template(sql).render({})
        assert caught.value.documentation == page, sql
