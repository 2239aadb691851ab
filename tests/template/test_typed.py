"""Type functions: what they accept, how it prints, what they say otherwise."""

import pytest

from martlet.errors import TemplateError
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
        ("String(x)", "5", "'5'"),
        ("String(x)", "", "''"),
        ("String(x)", 55, "'55'"),
        ("String(x)", True, "'True'"),
        ("String(x)", ["a", 1], r"'[\'a\', 1]'"),
        ("String(x)", "a\\b'c\"d`e%f", "'a\\\\b\\'c\\\"d\\`e\\%f'"),
        ("String(x)", "\n\r\t\b\0\x1a", r"'\n\r\t\b\0\z'"),
        ("String(x)", "ñ漢🙂", "'ñ漢🙂'"),
        ("Int8(x)", "-128", "toInt8('-128')"),
        ("Int32(x)", "+5", "toInt32('5')"),
        ("Int32(x)", "\u0665", "toInt32('5')"),
        ("Int32(x)", 7, "toInt32('7')"),
        ("Int64(x)", "-9223372036854775808", "toInt64('-9223372036854775808')"),
        ("Int128(x)", "1" * 39, f"toInt128('{'1' * 39}')"),
        ("Int256(x)", "5", "toInt256('5')"),
        ("UInt8(x)", "05", "toUInt8('5')"),
        ("UInt256(x)", "9", "toUInt256('9')"),
        ("UInt128(x)", "+5", "toUInt128('5')"),
        ("UInt256(x)", "-0", "toUInt256('0')"),
        ("Int(x)", "+5", "5"),
        ("Integer(x)", 6, "6"),
        ("Float32(x)", "0.1", "toFloat32('0.1')"),
        ("Float64(x)", "5", "toFloat64('5.0')"),
        ("Float64(x)", "nan", "toFloat64('nan')"),
        ("Float64(x)", "1e400", "toFloat64('inf')"),
        ("Boolean(x)", "", "0"),
        ("Boolean(x)", "0", "0"),
        ("Boolean(x)", "FALSE", "0"),
        ("Boolean(x)", 0.0, "0"),
        ("Boolean(x)", False, "0"),
        ("Boolean(x)", "no", "1"),
        ("Boolean(x)", "true", "1"),
        ("Date(x)", "2024-13-45", "'2024-13-45'"),
        ("DateTime(x)", "2024-01-01 00:00:00", "'2024-01-01 00:00:00'"),
        ("DateTime(x)", "2024-01-01T00:00:00.123Z", "'2024-01-01T00:00:00.123Z'"),
        ("DateTime(x)", "2024/01/01 00:00:00+02:00", "'2024/01/01 00:00:00+02:00'"),
        ("DateTime(x)", "01.02.2024.1:2:3", "'01.02.2024.1:2:3'"),
        ("DateTime(x)", "2024-01-01 00:00:00' OR 1", r"'2024-01-01 00:00:00\' OR 1'"),
        ("DateTime64(x)", "2024-01-01 00:00:00.123", "'2024-01-01 00:00:00.123'"),
        ("DateTime64(x)", "2024-01-01 00:00:00,1234", "'2024-01-01 00:00:00,1234'"),
        ("JSON(x)['a']", '{"a": [1, 2]}', "[1, 2]"),
        ("JSON(x).get('a')", '{"a": "b\'"}', r"'b\''"),
        ("JSON(x)", {"a": 1}, "{'a': 1}"),
        ("JSON(x)", None, "{}"),
    ],
)
def test_accepted(call, value, sql):
    assert render(f"{{{{{call}}}}}", x=value) == sql


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int32", ""),
        ("Int32", " 5"),
        ("Int32", "1.0"),
        ("Int32", "1e3"),
        ("Int32", True),
        ("Int32", 5.0),
        ("Int32", "2147483648"),
        ("Int32", "9" * 5000),
        ("UInt8", "+5"),
        ("UInt8", -1),
        ("UInt8", "256"),
        ("UInt256", "-1"),
        ("Float64", "1_0"),
        ("Float64", ""),
        ("Float64", "1'"),
        ("Date", "20240101"),
        ("Date", "2024-01-01 00:00:00"),
        ("DateTime", "2024-01-01"),
        ("DateTime", "1704067200"),
        ("DateTime", "2024\n01\n01 00:00:00"),
        ("DateTime", "2024-01-01 00:00"),
        ("DateTime64", "2024-01-01 00:00:00.1"),
        ("DateTime64", "2024-01-01 00:00:00"),
    ],
)
def test_refused(type_, value):
    expected = f"{PREFIX}Error validating '{value}' to type {type_}"
    assert message(f"{{{{{type_}(x)}}}}", x=value) == expected
    assert message(f"{{{{{type_}(x, y)}}}}", y=value) == expected, "defaults are checked too"


def test_integer_says_int32():
    assert message("{{Integer(x)}}", x="a") == PREFIX + "Error validating 'a' to type Int32"
    assert message("{{Int(x)}}") == PREFIX + "Required parameter is not defined"


def test_a_default_replaces_what_is_not_given_but_not_what_is_empty():
    sql = "{{String(x, 'd')}}"
    assert render(sql) == "'d'"
    assert render(sql, x=None) == "'d'"
    assert render(sql, x="") == "''"
    assert "Required parameter" in message("{{String(x, default=None)}}")


@pytest.mark.parametrize(
    "call",
    [
        "String(x, 'd', True, False, 'text', ['a'], 'e', 'f')",
        "String(x, default='d', required=True, description='t', enum=['a'], example='e')",
        "String(x, default='d', defined=False, format='f')",
    ],
)
def test_metadata_arguments_change_nothing(call):
    assert render(f"{{{{{call}}}}}") == "'d'"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("String(x, foo=1)", "String() got an unexpected keyword argument 'foo'"),
        ("Boolean(x, required=1)", "Boolean() got an unexpected keyword argument 'required'"),
        ("Boolean(x, 1, 2)", "Boolean() takes from 1 to 2 positional arguments but 3 were given"),
        ("String(x, 'a', default='b')", "String() got multiple values for argument 'default'"),
        ("String()", f"{PREFIX}one of the transform type functions is missing an argument"),
    ],
)
def test_wrong_arguments(call, expected):
    assert message(f"{{{{{call}}}}}") == expected


def test_not_defined_is_null():
    assert message("{{Int32(x, defined=False)}}") == (
        PREFIX + 'expression "Int32(x, defined=Fal..." evaluated to null'
    )
    assert render("{% if Int32(x, defined=False) %}a{% else %}b{% end %}") == "b"


def test_missing_parameters_are_all_listed():
    sql = "{% if defined(z) %}{{Int32(a)}}{% end %}{{String(b)}}{{Date(c, '2024-01-01')}}{{d + 1}}"
    advice = "Please provide a value or set a default value in the pipe code."
    needed = f"{PREFIX}Required parameter is not defined. Check the parameters "
    assert message(sql) == f"{needed}a, b and d. {advice}"
    assert message(sql, d=1, a="1") == f"{needed}a, b and d. {advice}", "given or not"
    assert message("{% set z = 1 %}{{String(x)}}") == f"{needed}z and x. {advice}"
    assert message("{{String(None)}}") == PREFIX + "Required parameter is not defined"
    assert message("{{Int32(5 - 5)}}{{String(x)}}") == PREFIX + "Required parameter is not defined"


def test_numbers_compute_and_print():
    assert render("{{Int32(x) * Int32(y, 10)}}", x="5") == "50"
    assert render("{{-Int32(x)}}", x="5") == "-5"
    assert render("{% set n = Int32(x) %}{{n}} {{n + 1}}", x="5") == "toInt32('5') 6"
    assert render("{% if Int32(x) > 4 %}a{% end %}", x="5") == "a"
    assert render("{{Float64(x) * 2}}", x="1.5") == "3.0"
    assert render("{{Boolean(x) + 2}}", x="1") == "3"
    assert render("{{[Int32(x), 1]}}", x="5") == "[5, 1]"


@pytest.mark.parametrize(
    ("call", "value", "sql"),
    [
        ("Array(x)", "a, b'", r"['a',' b\'']"),
        ("Array(x)", "", "['']"),
        ("Array(x)", ["a", 1], "['a','1']"),
        ("Array(x)", [], "[]"),
        ("Array(x, 'Int32')", "1,-2", "[1,-2]"),
        ("Array(x, Int32)", "1", "[1]"),
        ("Array(x, 'Int32')", [1, 2], "[1,2]"),
        ("Array(x, 'Float64')", "1,2.5", "[1.0,2.5]"),
        ("Array(x, 'Boolean')", "1,false,no", "[1,0,1]"),
        ("Array(x, 'Date')", "2024-01-01", "['2024-01-01']"),
        ("""Array(x, "'a','b'")""", "a,b", "['a','b']"),
        ("Array(x, 'Int32', '1,2')", None, "[1,2]"),
        ("Array(x, 'Int32', default=[1, 2])", None, "[1,2]"),
    ],
)
def test_arrays(call, value, sql):
    assert render(f"{{{{{call}}}}}", x=value) == sql


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ("Array(x, 'Int32')", "1,a", "Error validating [1,a][1] (a) to type Int32"),
        ("Array(x, 'Int32')", "", "Error validating [][0] (empty string) to type Int32"),
        ("Array(x, 'Int32')", "[1,2]", "Error validating [[1,2]][0] ([1) to type Int32"),
        ("Array(x, 'UInt8')", "256", "Error validating [256][0] (256) to type UInt8"),
        ("Array(x)", 5, "transform type function Array is not well defined"),
        ("Array(x, 'Int32', 5)", None, "transform type function Array is not well defined"),
    ],
)
def test_refused_arrays(call, value, expected):
    assert message(f"{{{{{call}}}}}", x=value) == PREFIX + expected


@pytest.mark.parametrize(
    ("sql", "value", "expected"),
    [
        ("{{','.join(x)}} {{Array(x)}}", "a,b", "'a,b' ['a','b']"),
        ("{{Array(x)}} {{x}} {{len(x)}} {{x[0]}}", "a,b", "['a','b'] ['a', 'b'] 2 'a'"),
        ("{% if 0 %}{{Array(x)}}{% end %}{{x}}", "a,b", "['a', 'b']"),
        ("{% if x != [''] %}IN {{Array(x)}}{% end %}", "", ""),
        ("{% if x != [''] %}IN {{Array(x)}}{% end %}", "a", "IN ['a']"),
        ("{% if x == 'all' %}y{% else %}{{Array(x)}}{% end %}", "all", "['all']"),
        ("{% if x == 'all' %}y{% end %}{{Array(x)}} {{x}}", "all", "y['all'] 'all'"),
        ("{{split_to_array(x)}} {{Array(x)}} {{x}}", "a,b", "['a', 'b'] ['a','b'] 'a,b'"),
        ("{{Array(x, 'Nullable(Int32)')}} {{x}}", "1,2", "['1','2'] '1,2'"),
        ("{{Array(x, 'Float64')}} {{x}}", "nan,1", "[nan,1.0] 'nan,1'"),
        ("{{Array(x, 'String')}} {{x[0]}}", "50%,`", r"['50\\\%','\\\`'] '50\\\%'"),
        ("{% for i in x %}{{i}} {% end %}{{Array(x)}}", "a,b", "'a' ',' 'b' ['a','b']"),
        ("{% for i in Array(x, 'Int32') %}{{i}} {% end %}", "1,2", "'[' '1' ',' '2' ']' "),
    ],
)
def test_the_value_of_an_array_is_a_list_everywhere(sql, value, expected):
    assert render(sql, x=value) == expected


def test_the_values_of_the_caller_stay_as_they_are():
    values = {"x": "a,b", "y": [1]}
    template = compile_template("{{Array(x)}}{% set _ = y.append(2) %} {{y}}")
    assert template.render(values).sql == "['a','b'] [1, 2]"
    assert values == {"x": "a,b", "y": [1]}
