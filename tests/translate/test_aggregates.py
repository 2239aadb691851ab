"""Aggregates whose arrays have no order, names taken apart, and the catalogue's rows."""

import re
from pathlib import Path

import pytest
from tests.translate.cases import FOLDER, translator
from tests.translate.test_states import near, rows_of

from martlet.errors import MartletError
from martlet.translate.aggregate_names import ALIASES
from martlet.translate.aggregates import AGGREGATES, REFUSED, find_aggregate
from martlet.translate.function import KINDS

LISTS = [
    "groupArray(s)", "groupArray(lc)", "groupArray(ns)", "groupArrayIf(s, nu8)", "groupArray(tup)",
    "groupArray(ai)", "groupArray(e)", "groupArray(ms)", "groupArray(id = 3)", "groupArray(u64)",
    "groupArray(DISTINCT s)", "groupArrayDistinct(s)", "groupUniqArray(s)", "groupUniqArray(lc)",
    "groupUniqArray(ns)", "groupUniqArray(ai)", "groupUniqArray(dt6)", "groupUniqArray(dec)",
    "groupArraySorted(3)(i8)", "groupArraySorted(3)(ns)", "groupArraySorted(5)(dt)",
    "groupUniqArrayArray(`as`)", "groupArrayArray(an)", "groupArrayArray(ai)", "array_agg(s)",
    "groupArrayArraySimpleState(ai)", "groupUniqArrayArraySimpleState(`as`)", "topK(10)(s)",
    "length(groupArray(3)(s))", "length(groupArrayLast(3)(id))", "length(groupUniqArray(2)(s))",
    "length(groupConcat(s))", "length(groupConcat(', ')(s))", "length(groupConcat(ns))",
    "length(groupConcat(', ', 3)(lc = lc ? 'a' : 'b'))", "groupArrayOrNull(s)",
]  # fmt: skip


@pytest.mark.parametrize("call", LISTS)
def test_arrays_hold_the_same_values(oracle, call):
    sql = f"SELECT {call} AS x FROM v"
    translated = oracle.translate(sql)
    names, types, expected = oracle.clickhouse(sql)
    rows = oracle.twins.trino.rows(translated.sql, schema=oracle.twins.schema)
    assert [(name, str(type_)) for name, type_ in translated.columns] == list(
        zip(names, types, strict=True)
    )
    assert rows_of(types, rows) == near(expected)


def test_a_separator_is_put_in_when_the_request_is_answered():
    translate = translator().translate
    assert "array_join(array_agg(v.s), ',')" in translate("SELECT groupConcat(',')(s) FROM v").sql
    assert "array_join(array_agg(v.s), ';')" in translate("SELECT groupConcat(';')(s) FROM v").sql


@pytest.mark.parametrize(
    ("name", "row", "combinators"),
    [
        ("count", "count", ()),
        ("COUNT", "count", ()),
        ("countIf", "count", ("If",)),
        ("sumIfOrNull", "sum", ("If", "OrNull")),
        ("uniqStateIf", "uniq", ("State", "If")),
        ("uniqMergeState", "uniq", ("Merge", "State")),
        ("countDistinct", "count", ("Distinct",)),
        ("groupArrayDistinctMerge", "groupArray", ("Distinct", "Merge")),
        ("groupUniqArray", "groupUniqArray", ()),
        ("groupUniqArrayArraySimpleState", "groupUniqArray", ("Array", "SimpleState")),
        ("anySimpleState", "any", ("SimpleState",)),
        ("sumMap", "sumMap", ()),
        ("medianState", "quantile", ("State",)),
        ("first_value", "any", ()),
    ],
)
def test_names_are_taken_apart(name, row, combinators):
    named = find_aggregate(name)
    assert named is not None
    assert (named.name, named.combinators) == (row, combinators)


@pytest.mark.parametrize("name", ["lower", "If", "State", "nosuchIf", "toStartOfMonth"])
def test_other_names_are_no_aggregates(name):
    assert find_aggregate(name) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why(name):
    with pytest.raises(MartletError, match=r"is not supported on Athena: \w+"):
        translator().translate(f"SELECT {name}(i8) FROM v")


def test_rows_are_whole():
    for name, row in AGGREGATES.items():
        assert row.to or row.finish, name
        assert all(kind.rstrip("?*") in KINDS for kind in row.takes), name
    assert set(ALIASES.values()) <= set(AGGREGATES)


def test_only_functions_of_athena_are_written():
    known = (Path(__file__).parent / "athena_functions.txt").read_text().split("\n")
    words = {"as", "filter", "over", "in", "and", "or", "row", "values", "varchar", "decimal",
             "timestamp", "array", "map", "when", "then", "else", "from", "unnest", "where",
             "select", "by", "not", "is", "with", "on", "exists"}  # fmt: skip
    for name in ("aggregates", "combinators", "states", "windows"):
        text = (FOLDER / f"{name}.sql").read_text()
        for sql in re.findall(r"^-- trino\n(.*?);\n", text, re.DOTALL | re.MULTILINE):
            bare = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", sql)
            written = {word.lower() for word in re.findall(r"(\w+)\(", bare)}
            assert written <= {*known, *words}, name
