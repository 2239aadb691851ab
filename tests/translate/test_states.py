"""States in the lake: made by Trino, stored as Parquet, merged by Trino, as ClickHouse merges."""

import pytest

from martlet.errors import LakeTypeError
from martlet.translate.states import STATES, lake_form
from martlet.translate.tables import TableFacts
from martlet.translate.translator import Translator
from martlet.translate.typing import type_of

# How each aggregate is called over `events`, and the parameters of its -Merge.
CALLS = {
    "count()": "countMerge", "count(duration)": "countMerge", "countIf(is_bot)": "countIfMerge",
    "countIf(action = 'buy')": "countIfMerge", "sum(amount)": "sumMerge", "sum(price)": "sumMerge",
    "sum(duration)": "sumMerge", "sum(version)": "sumMerge", "sumIf(amount, is_bot)": "sumIfMerge",
    "sum(toDecimal64(amount, 2))": "sumMerge",
    "avg(amount)": "avgMerge", "avg(duration)": "avgMerge", "avgIf(price, is_bot)": "avgIfMerge",
    "avgOrNull(price)": "avgOrNullMerge", "min(ts3)": "minMerge", "max(timestamp)": "maxMerge",
    "min(action)": "minMerge", "max(duration)": "maxMerge", "minIf(user_id, is_bot)": "minIfMerge",
    "any(version * 0)": "anyMerge", "anyLast(version * 0)": "anyLastMerge",
    "argMax(user_id, event_id)": "argMaxMerge", "argMin(duration, event_id)": "argMinMerge",
    "argMin(tags, event_id)": "argMinMerge", "argMax(ts3, (timestamp, event_id))": "argMaxMerge",
    "uniq(user_id)": "uniqMerge", "uniq(duration)": "uniqMerge", "uniq(user_id, action)": "uniqMerge",
    "uniqIf(user_id, is_bot)": "uniqIfMerge", "uniq(tags)": "uniqMerge", "uniq(ts3)": "uniqMerge",
    "uniqCombined(session_id)": "uniqCombinedMerge",
    "uniqCombined(17)(session_id)": "uniqCombinedMerge(17)",
    "uniqCombined64(price)": "uniqCombined64Merge", "uniqHLL12(version)": "uniqHLL12Merge",
    "uniqExact(user_id)": "uniqExactMerge", "uniqExact(user_id, duration)": "uniqExactMerge",
    "countDistinct(duration)": "countDistinctMerge",
    "groupArray(event_id)": "groupArrayMerge", "groupArray(duration)": "groupArrayMerge",
    "groupUniqArray(user_id)": "groupUniqArrayMerge", "groupUniqArray(tags)": "groupUniqArrayMerge",
    "groupArrayDistinct(user_id)": "groupArrayDistinctMerge",
    "quantile(amount)": "quantileMerge", "quantile(0.9)(price)": "quantileMerge(0.9)",
    "median(duration)": "medianMerge", "quantile(0.3)(timestamp)": "quantileMerge(0.3)",
    "quantileIf(0.9)(price, is_bot)": "quantileIfMerge(0.9)",
    "quantiles(0.1, 0.5)(amount)": "quantilesMerge(0.1, 0.5)",
    **{f"quantile{kind}(0.7)(amount)": f"quantile{kind}Merge(0.7)"
       for kind in ("Exact", "ExactLow", "ExactHigh", "ExactInclusive", "ExactExclusive", "Timing")},
    **{f"quantiles{kind}(0.7, 0.2)(amount)": f"quantiles{kind}Merge(0.7, 0.2)"
       for kind in ("Exact", "ExactLow", "ExactHigh", "ExactInclusive", "ExactExclusive", "Timing")},
    "topK(2)(action)": "topKMerge(2)",
    "varPop(price)": "varPopMerge", "varSamp(duration)": "varSampMerge",
    "stddevPop(amount)": "stddevPopMerge", "stddevSamp(price)": "stddevSampMerge",
    "groupBitAnd(amount)": "groupBitAndMerge", "groupBitOr(amount)": "groupBitOrMerge",
    "groupBitXor(duration)": "groupBitXorMerge", "sumArray([amount, 1])": "sumArrayMerge",
    "uniqArray(tags)": "uniqArrayMerge",
}  # fmt: skip

# An estimate of ClickHouse's own: what is exact here is near it.
ESTIMATED = ("quantileTDigest", "quantilesTDigest", "uniqTheta")


def state_call(call: str) -> str:
    """Return the call with -State: `sumIf(x, c)` is `sumIfState(x, c)`."""
    name, bracket, rest = call.partition("(")
    return f"{name}State{bracket}{rest}"


def in_order(value: object) -> object:
    """Return a value with its arrays sorted: their order is not defined."""
    if isinstance(value, list):
        return sorted((in_order(item) for item in value), key=repr)
    return tuple(in_order(item) for item in value) if isinstance(value, tuple) else value


@pytest.fixture(scope="module")
def stored(oracle):
    """A table of states per version, written by Trino: a column per call."""
    calls = list(CALLS)
    columns = ", ".join(f"{state_call(call)} AS s{i}" for i, call in enumerate(calls))
    sql = f"SELECT version, {columns} FROM events GROUP BY version"
    made = oracle.translate(sql)
    oracle.twins.trino.rows(
        f"CREATE TABLE states WITH (format = 'PARQUET') AS {made.sql}", schema=oracle.twins.schema
    )
    facts = {"states": TableFacts(dict(made.columns), has_hidden=False)}
    return Translator(facts), dict(zip(calls, made.columns[1:], strict=True)), sql


def test_columns_have_the_form_that_the_lake_says(oracle, stored):
    _, columns, _ = stored
    shown = oracle.twins.trino.rows("DESCRIBE states", schema=oracle.twins.schema)
    found = {row[0]: row[1].replace('"', "") for row in shown}
    for name, type_ in columns.values():
        assert found[name] == lake_form(type_).trino.replace('"', ""), type_


def test_types_are_clickhouses(oracle, stored):
    _, columns, sql = stored
    _, types, _ = oracle.clickhouse(f"DESCRIBE ({sql})")
    described = [row[1] for row in oracle.clickhouse(f"DESCRIBE ({sql})")[2]]
    assert types
    assert [str(type_) for _, type_ in columns.values()] == described[1:]


@pytest.mark.parametrize("call", CALLS)
def test_merged_states_are_the_whole(oracle, stored, call):
    translator, columns, sql = stored
    name, _ = columns[call]
    merge = f"SELECT {CALLS[call]}({name}) AS x FROM"
    merged = translator.translate(f"{merge} states")
    names, types, expected = oracle.clickhouse(f"{merge} ({sql})")
    assert [(n, str(t)) for n, t in merged.columns] == list(zip(names, types, strict=True))
    _, _, whole = oracle.clickhouse(f"SELECT {call} AS x FROM events")
    rows = oracle.twins.trino.rows(merged.sql, schema=oracle.twins.schema)
    assert rows_of(types, rows) == near(expected)
    assert near(expected) == near(whole)


@pytest.mark.parametrize("first", range(0, len(CALLS), 12))
def test_states_are_finished_and_merged_in_one_query(oracle, first):
    calls = list(CALLS)[first : first + 12]
    made, merged, finished = [], [], []
    for i, call in enumerate(calls):
        name, bracket, rest = CALLS[call].partition("(")
        made.append(f"{state_call(call)} AS s{i}")
        merged.append(f"{name}State{bracket}{rest}(s{i}) AS s{i}")
        finished.append(f"finalizeAggregation(s{i}) AS x{i}")
    states = f"SELECT version, {', '.join(made)} FROM events GROUP BY version"
    again = f"SELECT version % 2 AS half, {', '.join(merged)} FROM ({states}) GROUP BY half"
    query = f"SELECT half, {', '.join(finished)} FROM ({again}) ORDER BY half"
    _, types, expected = oracle.clickhouse(query)
    translated = oracle.translate(query)
    rows = oracle.twins.trino.rows(translated.sql, schema=oracle.twins.schema)
    assert [str(type_) for _, type_ in translated.columns] == types
    assert rows_of(types, rows) == near(expected)


def rows_of(types: list[str], rows: list[tuple[object, ...]]) -> list[object]:
    """Return Trino's rows as comparable values."""
    from tests.trino.differential import _canonical_row
    from tests.trino.values import parse

    parsed = [parse(text) for text in types]
    return near([_canonical_row(parsed, row) for row in rows])


def near(rows: object) -> object:
    """Return rows with floats rounded to what both engines agree on, and arrays sorted."""
    if isinstance(rows, float):
        return float(f"{rows:.9g}")
    if isinstance(rows, tuple):
        return tuple(near(item) for item in rows)
    if isinstance(rows, list):
        return in_order([near(item) for item in rows])
    return rows


def test_every_state_is_tried():
    named = {call.partition("(")[0].removesuffix("If").removesuffix("OrNull") for call in CALLS}
    named |= {"quantile" if name == "median" else name for name in named}
    assert set(STATES) - named <= set(ESTIMATED)


def test_states_of_no_rows(check):
    made = """SELECT countState() AS s1, uniqState(s) AS s2, sumState(id) AS s3, avgState(f) AS s4,
        minState(ts) AS s5, quantileState(f) AS s6, argMaxState(s, ts) AS s7, sumState(n) AS s8,
        groupArrayState(s) AS s9, countIfState(id > 1) AS s10, varSampState(f) AS s11 FROM nothing"""
    merged = """SELECT countMerge(s1), uniqMerge(s2), sumMerge(s3), avgMerge(s4), minMerge(s5),
        quantileMerge(s6), argMaxMerge(s7), sumMerge(s8), groupArrayMerge(s9), countIfMerge(s10),
        varSampMerge(s11)"""
    check(f"{merged} FROM ({made})")
    check(f"{merged} FROM ({made} GROUP BY id)")


@pytest.mark.parametrize(
    ("text", "trino", "glue"),
    [
        ("AggregateFunction(count)", "bigint", "bigint"),
        ("AggregateFunction(countIf, UInt8)", "bigint", "bigint"),
        ("AggregateFunction(sum, UInt64)", "decimal(38,0)", "decimal(38,0)"),
        ("AggregateFunction(sum, Nullable(Float32))", "double", "double"),
        ("AggregateFunction(avg, UInt8)", 'row("sum" double, "count" bigint)',
         "struct<sum:double,count:bigint>"),
        ("AggregateFunction(argMaxState, String, DateTime)",
         'row("arg" varchar, "val" timestamp(3))', "struct<arg:string,val:timestamp>"),
        ("AggregateFunction(uniq, LowCardinality(String))", "array(bigint)", "array<bigint>"),
        ("AggregateFunction(uniqIf, String, UInt8)", "array(bigint)", "array<bigint>"),
        ("AggregateFunction(uniqExact, String, UInt8)",
         'array(row("f1" varchar, "f2" smallint))', "array<struct<f1:string,f2:smallint>>"),
        ("AggregateFunction(countDistinct, String)", "array(varchar)", "array<string>"),
        ("AggregateFunction(quantiles(0.5, 0.9), Float64)", "array(double)", "array<double>"),
        ("AggregateFunction(median, Date)", "array(date)", "array<date>"),
        ("AggregateFunction(SUM, Decimal(10, 2))", "decimal(38,2)", "decimal(38,2)"),
        ("AggregateFunction(topK(3), String)", 'array(row("value" varchar, "count" bigint))',
         "array<struct<value:string,count:bigint>>"),
        ("AggregateFunction(stddevPop, Int32)",
         'row("count" bigint, "sum" double, "squares" double)',
         "struct<count:bigint,sum:double,squares:double>"),
    ],
)  # fmt: skip
def test_forms(text, trino, glue):
    form = lake_form(type_of(text))
    assert (form.trino, form.glue) == (trino, glue)


def test_unknown_states_have_no_form():
    with pytest.raises(LakeTypeError, match="States of sequenceMatch are not supported"):
        lake_form(type_of("AggregateFunction(sequenceMatch('a'), DateTime, UInt8)"))
