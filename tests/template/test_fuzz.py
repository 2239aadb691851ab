"""Whatever the text, the only exception is TemplateError."""

from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.errors import TemplateError
from martlet.template.compiler import compile_template

ATOMS = st.sampled_from(
    ["x", "y", "1", "-1", "0", "'a'", "''", "None", "True", "[]", "{}", "[x, 1]", "{'a': x}",
     "String(x)", "Int32(x, 1)", "Array(y)", "Array(y, 'Int32', '1')", "JSON(x, '{}')", "defined(x)",
     "columns(x, 'a')", "range(3)", "split_to_array(y)", "error('e')", "f'{x:>5}'", "i", "z", "1.5",
     "Date(x)", "tb_secret('s')", "foo(x)", "sql_and(a=x)", "x.items()", "x[0]", "x[1:]", "(x, y)",
     "enumerate_with_last(y)", "day_diff(x, y)", "list(x)", "int(x)", "max(x, y)", "min(y)",
     "[i for i in y]", "sql_unescape(x, y)", "symbol(x, y)", "Float64(x, 1)", "Boolean(x)", "len(y)"]
)  # fmt: skip
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%<>"), inner).map(" ".join),
        st.tuples(
            inner, st.sampled_from(["**", "//", "==", "in", "and", "or", "is", "<<"]), inner
        ).map(" ".join),
        st.tuples(inner, inner, inner).map(lambda parts: "({} if {} else {})".format(*parts)),
        inner.map("not {}".format),
        inner.map("({}).split(',')".format),
        inner.map("','.join({})".format),
        inner.map("({}).get('a')".format),
        st.tuples(inner, inner).map(lambda parts: "({})[{}]".format(*parts)),
        inner.map("String({})".format),
        inner.map("Int32({}, 1)".format),
        inner.map("column({}, 'a')".format),
        inner.map("str({})".format),
    ),
    max_leaves=5,
)
BLOCKS = st.recursive(
    st.one_of(
        st.sampled_from(
            ["a ", "'", "\n", "-- ", "/*", " FROM t ", "{{!", "{#", "}}", "%}", "{%", "`"]
        ),
        EXPRESSIONS.map("{{{{{}}}}}".format),
        EXPRESSIONS.map("{{% set z = {} %}}".format),
        st.sampled_from(
            ["{% break %}", "{% continue %}", "{% end %}", "{% else %}", "{% set x = 1 %}"]
        ),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.tuples(EXPRESSIONS, inner).map(lambda p: "{{% if {} %}}{}{{% end %}}".format(*p)),
        st.tuples(EXPRESSIONS, inner, inner).map(
            lambda p: "{{% if {} %}}{}{{% else %}}{}{{% end %}}".format(*p)
        ),
        st.tuples(EXPRESSIONS, inner).map(lambda p: "{{% for i in {} %}}{}{{% end %}}".format(*p)),
        st.tuples(EXPRESSIONS, inner).map(
            lambda p: "{{% while {} %}}{}{{% break %}}{{% end %}}".format(*p)
        ),
        st.tuples(inner, inner).map(
            lambda p: "{{% try %}}{}{{% except Exception as e %}}{}{{{{e}}}}{{% end %}}".format(*p)
        ),
    ),
    max_leaves=10,
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(
            st.text(max_size=8),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.none(),
            st.lists(st.integers() | st.text(max_size=3), max_size=3),
            st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
        )
        for name in "xy"
    },
)


def use(sql, values):
    try:
        template = compile_template(sql)
    except TemplateError as error:
        assert error.offset is None or 0 <= error.offset <= len(sql)  # noqa: PT017
        return
    for rendered in template.branches():
        assert isinstance(rendered.sql, str)
    for attempt in (template.render_sample, lambda: template.render(values)):
        try:
            attempt()
        except TemplateError as error:
            assert error.offset is None or 0 <= error.offset <= len(sql)  # noqa: PT017


@settings(max_examples=400, deadline=None)
@given(sql=st.text(), values=VALUES)
def test_any_text(sql, values):
    use(sql, values)


@settings(max_examples=400, deadline=None)
@given(expression=st.text(max_size=30), values=VALUES)
def test_any_expression(expression, values):
    use(f"{{{{{expression}}}}}", values)
    use(f"{{% if {expression} %}}a{{% end %}}{{% set z = {expression} %}}", values)


@settings(max_examples=1000, deadline=None)
@given(sql=BLOCKS, values=VALUES)
def test_likely_templates(sql, values):
    use(sql, values)
