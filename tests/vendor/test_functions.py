"""Template functions beside the vendor's: what they print, what they say.

`python -m tests.vendor.test_functions --count 50000 --seed 1` compares as many random calls and
prints the smallest of each kind of difference that `fuzz.DELIBERATE` does not explain.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from scripts.environments import FORWARD
from tests.vendor.calls import HELPERS, INTEGERS, TYPES, VALUES, call
from tests.vendor.fuzz import Difference, differences, smallest
from tests.vendor.grammar import Case
from tests.vendor.oracle import Vendor

from martlet.files.source import Report, Source, read_lines

GENERATED = 2000
MOST_FORMS = 300


def random_cases(count: int, seed: int) -> Iterator[Case]:
    random = Random(seed)
    for _ in range(count):
        text, values = call(random, random.choice((0, 1, 2, 2)))
        yield Case(f"SELECT {{{{{text}}}}} FROM t", values)


def unexplained(vendor: Vendor, cases: Sequence[Case]) -> dict[str, Difference]:
    return smallest(item for item in differences(vendor, cases) if item.reason is None)


def shown(found: dict[str, Difference]) -> str:
    return "\n".join(
        f"{name}\n  {item.case.sql} {item.case.values}\n  theirs: {item.theirs}\n  ours:   {item.ours}"
        for name, item in found.items()
    )


def assert_same(vendor: Vendor, cases: Sequence[Case]) -> None:
    found = unexplained(vendor, cases)
    assert not found, shown(found)


def test_random_calls(forward):
    assert_same(forward, list(random_cases(GENERATED, seed=1)))


@pytest.mark.parametrize("name", TYPES)
def test_every_value_of_a_type(forward, name):
    values = [*VALUES[TYPES[name]], *VALUES["text"]]
    cases = [Case(f"{{{{{name}(x)}}}}", {"x": value}) for value in values]
    cases += [Case(f"{{{{{name}(x, y)}}}}", {"y": value}) for value in values]
    assert_same(forward, cases)


@pytest.mark.parametrize("name", [*TYPES, "Foo", ""])
def test_every_array(forward, name):
    values = [*VALUES["array"], *VALUES[TYPES.get(name, "text")]]
    values = [value for value in values if "\xa0" not in str(value)]  # repr, in a list of theirs
    array = f"Array(x, {name!r})"
    cases = [Case(f"{{{{{array}}}}}", {"x": value}) for value in values]
    cases += [Case(f"{{{{{array}}}}} {{{{x}}}}", {"x": value}) for value in values]
    cases += [Case(f"{{{{Array(x, {name!r}, y)}}}}", {"y": value}) for value in values]
    assert_same(forward, cases)


@pytest.mark.parametrize("name", HELPERS)
def test_every_form_of_a_helper(forward, name):
    kind, forms = HELPERS[name]
    cases = [
        Case(f"SELECT {{{{{name}({form.replace('@', 'x')})}}}}", {"x": value, "y": "a,b"})
        for form in forms
        for value in VALUES[kind]
    ]
    assert_same(forward, Random(1).sample(cases, min(MOST_FORMS, len(cases))))


@pytest.mark.parametrize(
    "sql",
    [
        "{{%s}}", "{%% set z = %s %%}{{z}}", "{%% if %s %%}a{%% else %%}b{%% end %%}",
        "{{sql_and(a=%s)}}", "{{String(%s)}}", "{%% for i in [%s] %%}{{i}}{%% end %%}",
    ],
)  # fmt: skip
def test_where_a_call_stands(forward, sql):
    calls = [
        f"{name}(x)" for name in (*TYPES, "JSON", "symbol", "column", "sql_unescape", "defined")
    ]
    calls += [
        "Array(x, 'String')",
        "Int32(x, defined=False)",
        "split_to_array(x)",
        "tb_secret('password')",
    ]
    values = ("5", "a", "2024-01-31", "2024-01-31 10:00:00.123", "50%", None, 5, ["a"])
    cases = [Case(sql % text, {"x": value}) for text in calls for value in values]
    assert_same(forward, cases)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("Array(x)", [None]),
        ("Array(x)", [1, "a"]),
        ("Array(x, default=[300])", None),
        ("Array(x, default=['a', 5])", None),
        ("Array(x, _type='Int32')", "1,2"),
        ("Array(x, 5)", [1, "a"]),
        ("Array(x, ['Int32'])", "1,2"),
        ("Array(x, 'Float32')}}{{Array(x)", "1,2"),
        ("Array(x, Int32)}}{{Array(x)}}{{x", "1,2"),
    ],
)
def test_element_types_that_are_no_text(forward, call, value):
    assert_same(forward, [Case(f"{{{{{call}}}}}", {"x": value})])


@pytest.mark.parametrize(
    "call",
    [
        "bool('false')", "bool(x)", "bool(x, 'true')", "bool()", "bool([])", "list(map(bool, ['0', 'a']))", "Symbol(x)",
        "Symbol('it\"`s')", "Symbol()", "Symbol(None)", "reversed(5)", "reversed()", "reversed(1, 2)", "reversed({1})",
        "list(reversed([1, 2]))",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, "false", "no", ""])
def test_functions_of_control_tags(forward, call, value):
    assert_same(forward, [Case(f"{{% set z = {call} %}}{{{{z}}}}", {"x": value})])


@pytest.mark.parametrize(
    "text",
    [
        "sql_and(a=10**2)", "Int32(x, default=10**2)", "sql_and(a='A'.lower())", "sql_and(b__in=[str(5)])", "sql_and(a=x == 1)",
        "Array(x, default=[i for i in 'ab'])", "Int32(x, 10**2)", "sql_and(a=eval('1'))", "sql_and(a=foo(1))", "sql_and(a=x.foo)",
        "max(1, 2, key=lambda i: -i)", "sql_and(**JSON(d))", "sql_and(**d)", "max(**d)", "String(**d)", "sql_and(a=String(2**2))",
        "sql_and(a=x.__class__)",
    ],
)  # fmt: skip
def test_keyword_arguments_are_as_free_as_control_tags(forward, text):
    values = {"x": "it's", "d": {"a": 1, "b": "it's"}}
    assert_same(forward, [Case(f"{{{{{text}}}}}", values), Case(f"{{{{{text}}}}}", {"d": {}})])


SAMPLES = [
    *(f"{{{{{name}(x)}}}}" for name in TYPES),
    *(f"{{{{{name}(x, defined=False)}}}}" for name in TYPES if name != "Boolean"),
    *(f"{{{{Array(x, {name!r})}}}}" for name in ("String", *INTEGERS, "Float32", "Boolean", "Date")),
    "{{Array(x, 'DateTime')}}", "{{Array(x, 'DateTime64')}}", "{{Array(x)}}", "{{Int32(x, 7)}}",
    "{{String(x, 'a')}}", "{{Array(x, 'Int32', '1,2')}}", "{{column(x, 'a')}}", "{{columns(x, 'a,b')}}",
    "{{tb_secret('password')}}", "{{tb_secret('nope')}}", "{{tb_secret('nope', 'd')}}", "{{defined(x)}}",
    "{{split_to_array(x, 'a,b')}}", "{{max_threads(4)}}", "{{cache_ttl('5m')}}", "{{backend_hint('a')}}",
    "{{activate('analyzer')}}", "{{disable('analyzer')}}", "{{JSON(x, '[1]')}}", "{{day_diff(x, x)}}",
    "{{date_diff_in_hours(x, x)}}", "{{date_diff_in_days(x, '2024-01-01')}}", "{{sql_and(a=Int32(x))}}",
    "{{Int32(x, 'a')}}", "{{activate('foo')}}", "{{max_threads(x)}}", "{{max_threads(Int32(x))}}",
]  # fmt: skip


def test_placeholders(forward):
    """A template is checked with values of its types where it has no defaults."""
    found = differences(forward, [Case(sql, is_sample=True) for sql in SAMPLES])
    # Texts of errors have the line there; ours have a place of their own.
    wrong = [item for item in found if item.theirs.error is None or item.ours.error is None]
    assert not wrong, "\n".join(map(str, wrong))


SECRETS = {"other": "o", "quotes": "v'a\"l\\ue", "my.key": "m", "empty": ""}


def with_ours(text):
    report = Report()
    lines = read_lines(Source("x.connection", text, secrets=SECRETS), report)
    return "\n".join(line.text for line in lines), report.errors


@pytest.mark.parametrize(
    "text",
    [
        'KAFKA_SECRET {{ tb_secret("quotes") }}',
        "A {{tb_secret(\"other\")}} B {{ tb_secret('other') }}{{tb_secret( 'other' )}} %",
        'A {{ tb_secret("nope", "d") }}', "A {{ tb_secret(\"nope\", \"it's\") }}",
        "A {{ tb_secret(\"nope\", 'it\"s') }}", 'A {{ tb_secret("nope", "") }}',
        'A {{ tb_secret("empty") }}', 'A {{ tb_secret("empty", "d") }}', 'A {{ tb_secret("my.key") }}',
        'A {{ tb_secret("a b", "a,b") }}', 'A {{ tb_secret("nope", "a)b") }}', "A { } }}",
        'A {{ tb_secret("nope", default="d") }}', 'A {{ tb_secret("empty", default=5) }}', 'A {{ tb_secret("nope", 5) }}',
        'A {{ tb_secret("nope", True) }}', 'A {{ tb_secret("nope", [1, "a"]) }}', "A {{ tb_secret ( 'other' , ) }}",
        'A {{ tb_secret("""other""") }}', 'A {{ tb_secret(r"other") }}', 'A {{ tb_secret("oth" "er") }}',
        "A {{ tb_secret('nope', 'it\\'s') }}", 'A {{ tb_secret("nope", "a\\\\b") }}', 'A {{ (tb_secret("other")) }}',
        'A {{ tb_secret(secret_name="other") # note }}', 'A {{ tb_secret("nope", -1.5) }}',
        'SCHEMA >\n    `a` String DEFAULT {{ tb_secret("other") }}', 'A ${X} {{ tb_secret("other") }}',
    ],
)  # fmt: skip
def test_secrets_of_files(forward, text):
    assert with_ours(text) == (
        forward.ask("with_secrets", content=text, secrets=SECRETS)["value"],
        [],
    )


@pytest.mark.parametrize(
    "text",
    [
        'A {{ tb_secret("nope") }}', 'A {{ tb_secret("nope", None) }}', "A {{ tb_secret(other) }}",
        "A {{ tb_secret() }}", 'A {{ tb_var("other") }}', "A {{ other }}", 'A {{ String("a") }}',
        'A {{ TB_SECRET("other") }}', 'A {{ tb_secret("other", "d", 1) }}', "A {{ }}",
        'A {{ tb_secret("nope", default=None) }}', 'A {{ tb_secret(name="other") }}', 'A {{ tb_secret("other", secret_name="other") }}',
        'A {{ tb_secret(b"other") }}', 'A {{ tb_secret("nope", foo="d") }}', 'A {{ tb_secret("other"; }}', 'A {{ tb_secret(5) }}',
    ],
)  # fmt: skip
def test_secrets_that_files_cannot_have(forward, text):
    assert "error" in forward.ask("with_secrets", content=text, secrets=SECRETS)
    assert with_ours(text)[1]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    vendor = Vendor(FORWARD)
    found = unexplained(vendor, list(random_cases(options.count, options.seed)))
    vendor.close()
    print(shown(found))
    print(f"{options.count} calls, {len(found)} unexplained kinds of difference")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
