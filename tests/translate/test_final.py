"""FINAL: chDB's merged rows beside the lake's raw ones, which say when they arrived."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from tests.translate.oracle import Oracle
from tests.trino.differential import Table

from martlet.catalog import engine_ddl
from martlet.errors import UnsupportedClauseError
from martlet.lake import HIDDEN
from martlet.model import TableEngine
from martlet.translate.tables import TableFacts
from martlet.translate.translator import Translator
from martlet.translate.typing import canonical, type_of

Batches = Sequence[Sequence[Mapping[str, object]]]


def load(
    oracle: Oracle, name: str, columns: dict[str, str], engine: TableEngine, batches: Batches
) -> None:
    """Make a table with an engine in chDB, and one of its raw rows in Trino."""
    command = oracle.twins.engine.command
    body = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    command(f"DROP TABLE IF EXISTS `{name}`")
    command(f"CREATE TABLE `{name}` ({body}) {engine_ddl(engine)}")
    command(f"SYSTEM STOP MERGES `{name}`")
    raw = []
    for number, batch in enumerate(batches):
        writer = oracle.twins.engine.writer()
        writer.insert(name, "\n".join(json.dumps(row) for row in batch).encode())
        writer.close()
        raw += [{**row, "__ingested_at": 1_700_000_000_000 + number // 2, "__batch": f"b{number:03}", "__row": index}
                for index, row in enumerate(batch)]  # fmt: skip
    random.Random(3).shuffle(raw)
    kinds = {"bigint": "Int64", "varchar": "String"}
    hidden = {column: kinds[form] for column, form in HIDDEN.items()}
    oracle.twins.load(Table(f"raw_{name}", {**columns, **hidden}, raw))
    types = {column: canonical(type_of(kind)) for column, kind in columns.items()}
    oracle.facts[name] = TableFacts(types, engine, sql_name=f"raw_{name}")
    oracle.translators.clear()


def rows(columns: Sequence[str], *values: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(zip(columns, item, strict=True)) for item in values]


REPLACED = {
    "k": "Int32",
    "v": "Int32",
    "s": "String",
    "n": "Nullable(Int32)",
    "d": "UInt8",
    "t": "DateTime",
}


def replaced_batches(seed: int) -> Batches:
    rng = random.Random(seed)
    return [
        rows(REPLACED, *((rng.randrange(8), rng.randrange(4), rng.choice("abcÜ"), rng.choice([None, 0, 7]), rng.randrange(2),
                          f"2024-01-0{rng.randrange(1, 4)} 0{rng.randrange(10)}:00:00") for _ in range(rng.randrange(1, 9))))
        for _ in range(6)
    ]  # fmt: skip


ENGINES = {
    "last": TableEngine("ReplacingMergeTree", sorting_key="k"),
    "version": TableEngine("ReplacingMergeTree", sorting_key="k", ver="v"),
    "time": TableEngine("ReplacingMergeTree", sorting_key="k", ver="t"),
    "deleted": TableEngine("ReplacingMergeTree", sorting_key="k", ver="v", is_deleted="d"),
    "two keys": TableEngine("ReplacingMergeTree", sorting_key="k, s", ver="v"),
    "expression": TableEngine("ReplacingMergeTree", sorting_key="(toDate(t), lower(s))", ver="v"),
    "nullable": TableEngine("ReplacingMergeTree", sorting_key="n"),
    "no key": TableEngine("ReplacingMergeTree", sorting_key="tuple()"),
    "last of a month": TableEngine("ReplacingMergeTree", sorting_key="k", partition_key="toYYYYMMDD(t)"),
    "two partition keys": TableEngine("ReplacingMergeTree", sorting_key="k", partition_key="(toDate(t), v)"),
    "partition in the key": TableEngine("ReplacingMergeTree", sorting_key="(k, t)", partition_key="toYYYYMM(t)"),
    "partitions": TableEngine("ReplacingMergeTree", sorting_key="k", partition_key="toYYYYMM(t)", ver="v"),
}  # fmt: skip


QUICK = ("last", "version", "deleted", "partitions")


@pytest.mark.parametrize(
    "name",
    [*QUICK, *(pytest.param(n, marks=pytest.mark.proof) for n in ENGINES if n not in QUICK)],
)
def test_replacing(oracle: Oracle, name: str):
    for seed in range(3):
        load(oracle, "f", REPLACED, ENGINES[name], replaced_batches(seed))
        oracle.check("SELECT * FROM f FINAL ORDER BY ALL")
        oracle.check("SELECT count(), sum(v), countIf(s = 'a') FROM f FINAL")
        oracle.check("SELECT k, s FROM f FINAL WHERE s != 'a' ORDER BY ALL")


def test_clauses_around_final(oracle: Oracle):
    load(oracle, "f", REPLACED, ENGINES["deleted"], replaced_batches(9))
    load(oracle, "g", REPLACED, ENGINES["last"], replaced_batches(10))
    for sql in (
        "SELECT k, v FROM f FINAL PREWHERE k > 2 WHERE v > 0 ORDER BY ALL",
        "SELECT s AS name, count() FROM f AS x FINAL WHERE x.v < 3 GROUP BY name ORDER BY ALL",
        "SELECT f.k, f.v, g.v FROM f FINAL LEFT JOIN g FINAL ON f.k = g.k ORDER BY ALL",
        "SELECT f.k, f.v, g.v FROM f FINAL RIGHT JOIN g FINAL ON f.k = g.k ORDER BY ALL",
        "SELECT count() FROM f FINAL WHERE k IN (SELECT k FROM g FINAL WHERE v = 1)",
        "WITH a AS (SELECT k, v FROM f FINAL) SELECT count(), max(v) FROM a",
        "SELECT * FROM (SELECT k FROM f FINAL) AS f ORDER BY k",
    ):
        oracle.check(sql)


SUMMED = {"k": "Int32", "v": "Int32", "w": "Int64", "f": "Float64", "n": "Nullable(Int32)", "c": "Decimal(10, 2)",
          "s": "String", "d": "Date", "b": "Bool", "u": "UInt64"}  # fmt: skip


@pytest.mark.parametrize(
    "engine",
    [
        TableEngine("SummingMergeTree", sorting_key="k"),
        TableEngine("SummingMergeTree", sorting_key="(d, k)", columns="v"),
        *(
            pytest.param(engine, marks=pytest.mark.proof)
            for engine in (
                TableEngine("SummingMergeTree", sorting_key="k, d"),
                TableEngine("SummingMergeTree", sorting_key="k", columns="v, n"),
                TableEngine("SummingMergeTree", sorting_key="k, intDiv(w, 3)"),
                TableEngine("SummingMergeTree", sorting_key="k", partition_key="intDiv(w, 3)"),
            )
        ),
    ],
    ids=lambda e: f"{e.sorting_key} {e.columns} {e.partition_key}",
)
def test_summing(oracle: Oracle, engine: TableEngine):
    for seed in range(2):
        rng = random.Random(seed)
        batches = [
            rows(SUMMED, *((key, rng.randrange(1, 5), rng.randrange(6), rng.choice([0.5, 1.25]), rng.choice([None, 1, 2]), "1.25",
                            "s", "2024-01-02", rng.random() < 0.5, "12345678901234567890" if rng.random() < 0.1 else 1)
                           for key in rng.sample(range(12), 4)))
            for _ in range(5)
        ]  # fmt: skip
        load(oracle, "f", SUMMED, engine, batches)
        oracle.check("SELECT k, v, f, n, c, s, d, b FROM f FINAL ORDER BY ALL")
        oracle.check("SELECT k, sum(v), sum(w) FROM f FINAL GROUP BY k ORDER BY ALL")


def test_sums_of_zero_are_left_out(oracle: Oracle):
    columns = {"k": "Int32", "v": "Int32", "w": "Int32", "s": "String"}
    engine = TableEngine("SummingMergeTree", sorting_key="k", columns="v")
    load(oracle, "f", columns, engine, [
        rows(columns, (1, 10, 1, "a"), (2, 1, 1, "b")), rows(columns, (1, -10, 2, "c"), (2, 0, 0, "d"), (3, 0, 5, "e")),
    ])  # fmt: skip
    oracle.check("SELECT * FROM f FINAL ORDER BY k")
    engine = TableEngine("SummingMergeTree", sorting_key="k")
    columns = {"k": "Int32", "v": "Int32", "n": "Nullable(Int32)"}
    load(oracle, "f", columns, engine, [
        rows(columns, (1, 1, None), (2, 1, 0), (3, 1, 1)), rows(columns, (1, -1, None), (2, -1, 0), (3, -1, -1)),
    ])  # fmt: skip
    oracle.check("SELECT * FROM f FINAL ORDER BY k")
    columns = {"k": "Int32", "v": "Int32", "m": "SimpleAggregateFunction(max, Int32)"}
    load(oracle, "f", columns, engine, [rows(columns, (1, 1, 0)), rows(columns, (1, -1, 0))])
    oracle.check("SELECT * FROM f FINAL ORDER BY k")


AGGREGATED = {
    "k": "Int32", "d": "Date", "total": "SimpleAggregateFunction(sum, Int64)",
    "sumn": "SimpleAggregateFunction(sum, Nullable(Int64))", "top": "SimpleAggregateFunction(max, Nullable(Float64))",
    "low": "SimpleAggregateFunction(min, DateTime)", "one": "SimpleAggregateFunction(any, Nullable(String))",
    "last": "SimpleAggregateFunction(anyLast, String)", "bits": "SimpleAggregateFunction(groupBitOr, UInt8)",
    "all": "SimpleAggregateFunction(groupArrayArray, Array(Int32))", "z": "Int32", "big": "SimpleAggregateFunction(sum, UInt64)",
}  # fmt: skip


def test_aggregating(oracle: Oracle):
    for seed, key in enumerate(("k", "k, d", "(toStartOfMonth(d), k)")):
        rng = random.Random(seed)
        batches = [
            rows(AGGREGATED, *((number, f"2024-01-0{rng.randrange(1, 3)}", rng.randrange(-5, 5), rng.choice([None, 3]),
                                rng.choice([None, 1.5, 2]), f"2024-01-01 00:00:0{rng.randrange(9)}", rng.choice([None, "x", "y"]),
                                rng.choice("pqr"), rng.randrange(8), [rng.randrange(9)], rng.randrange(9), 10**19 // 8)
                               for number in rng.sample(range(8), 4)))
            for _ in range(5)
        ]  # fmt: skip
        load(oracle, "f", AGGREGATED, TableEngine("AggregatingMergeTree", sorting_key=key), batches)
        oracle.check("SELECT * FROM f FINAL ORDER BY ALL")
        oracle.check("SELECT sum(total), max(top), count() FROM f FINAL WHERE k > 2")


STATES = {
    "uniqState(u)": "AggregateFunction(uniq, String)",
    "countIfState(u = 'a')": "AggregateFunction(countIf, UInt8)",
    "avgState(v)": "AggregateFunction(avg, Int32)",
    "argMaxState(u, v)": "AggregateFunction(argMax, String, Int32)",
    "quantileState(0.9)(v)": "AggregateFunction(quantile(0.9), Int32)",
}


def test_states(oracle: Oracle):
    rng = random.Random(2)
    values = [
        {"k": rng.randrange(4), "b": rng.randrange(3), "u": rng.choice("abcd"), "v": i}
        for i in range(60)
    ]
    oracle.load(Table("base", {"k": "Int32", "b": "Int32", "u": "String", "v": "Int32"}, values))
    columns = {"k": "Int32", **{f"s{i}": kind for i, kind in enumerate(STATES.values())}}
    engine = TableEngine("AggregatingMergeTree", sorting_key="k")
    command, trino = oracle.twins.engine.command, oracle.twins.trino
    body = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    command("DROP TABLE IF EXISTS states")
    command(f"CREATE TABLE states ({body}) {engine_ddl(engine)}")
    types = {name: canonical(type_of(kind)) for name, kind in columns.items()}
    oracle.facts["states"] = TableFacts(types, engine, sql_name="raw_states")
    oracle.translators.clear()
    calls = ", ".join(f"{call} AS s{i}" for i, call in enumerate(STATES))
    for batch in range(3):
        command(f"INSERT INTO states SELECT k, {calls} FROM base WHERE b = {batch} GROUP BY k")
    made = oracle.translate(f"SELECT k, {calls}, b FROM base GROUP BY k, b").sql
    hidden = "CAST(s.b AS bigint) AS __ingested_at, 'b' AS __batch, BIGINT '0' AS __row"
    trino.rows(
        f"CREATE TABLE raw_states AS SELECT s.*, {hidden} FROM ({made}) AS s",
        schema=oracle.twins.schema,
    )
    finished = ", ".join(f"finalizeAggregation(s{i})" for i in range(len(STATES)))
    oracle.check(f"SELECT k, {finished} FROM states FINAL ORDER BY k")
    oracle.check("SELECT uniqMerge(s0), countIfMerge(s1), count() FROM states FINAL WHERE k > 0")


def test_collapsing(oracle: Oracle):
    columns = {"k": "Int32", "v": "Int32", "sign": "Int8"}
    engine = TableEngine("CollapsingMergeTree", sorting_key="k", sign="sign")
    for seed in range(4):
        rng = random.Random(seed)
        if seed == 3:
            engine = replace(engine, partition_key="v % 3")
        batches = [
            rows(columns, *((key, 10 * number + index, rng.choice([1, 1, -1])) for index, key in enumerate(rng.sample(range(9), 5))))
            for number in range(5)
        ]  # fmt: skip
        load(oracle, "f", columns, engine, batches)
        oracle.check("SELECT * FROM f FINAL ORDER BY k")
        oracle.check("SELECT sum(v * sign), sum(sign) FROM f FINAL")


def translator(columns: dict[str, str], engine: TableEngine, **options) -> Translator:
    types = {name: canonical(type_of(kind)) for name, kind in columns.items()}
    return Translator({"f": TableFacts(types, engine, **options)})


REFUSED = {
    "SimpleAggregateFunction": ({"k": "Int32", "a": "SimpleAggregateFunction(sumMap, Tuple(Array(Int8), Array(Int64)))"},
                          TableEngine("AggregatingMergeTree", sorting_key="k"), "of the column 'a' of type"),
    "versioned": ({"k": "Int32", "s": "Int8", "v": "UInt8"},
                  TableEngine("VersionedCollapsingMergeTree", sorting_key="k", sign="s", version="v"),
                  "of a VersionedCollapsingMergeTree table"),
    "key": ({"k": "String"}, TableEngine("ReplacingMergeTree", sorting_key="sipHash64(k)"), "needs the key"),
    "partition": ({"k": "String", "s": "String"}, TableEngine("ReplacingMergeTree", sorting_key="k", partition_key="s"),
                  "partitions by s have no order"),
    "map": ({"k": "Int32", "aMap.id": "Array(Int32)"}, TableEngine("SummingMergeTree", sorting_key="k"), "nested map"),
    "no key": ({"k": "Int32"}, TableEngine("SummingMergeTree"), "without a sorting key"),
    "wide": ({"k": "Int32", "w": "Int256"}, TableEngine("SummingMergeTree", sorting_key="k"), "adding up values of type Int256"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str):
    columns, engine, message = REFUSED[name]
    with pytest.raises(UnsupportedClauseError) as caught:
        translator(columns, engine).translate("SELECT k FROM f FINAL")
    assert message in caught.value.message
    assert caught.value.offset == 14


def test_without_hidden_columns():
    engine = TableEngine("ReplacingMergeTree", sorting_key="k")
    with pytest.raises(UnsupportedClauseError, match="in which order rows arrived"):
        translator({"k": "Int32"}, engine, has_hidden=False).translate("SELECT k FROM f FINAL")


def test_merge_tree_has_nothing_to_merge():
    plain = translator({"k": "Int32"}, TableEngine())
    assert plain.translate("SELECT k FROM f FINAL").sql == plain.translate("SELECT k FROM f").sql
