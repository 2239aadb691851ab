"""Random ClickHouse queries: both engines agree, or the translator refuses. Never a silent difference.

`python -m tests.translate.fuzz --count 20000 --seed 1` runs many against the Trino server that
`scripts/trino.py start` keeps up; the test runs some with fixed seeds. Expressions are made from the
catalogue's rows and the kinds of their arguments, then put into queries of random clauses. What
chDB itself refuses is not counted.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.translate.oracle import Oracle
from tests.trino.client import TrinoQueryError
from tests.trino.differential import Table

from martlet.errors import MartletError, UnsupportedError
from martlet.translate.aggregates import AGGREGATES
from martlet.translate.catalogue import FUNCTIONS

BATCH = 12

# Values well inside of their types: beyond a type's bounds ClickHouse wraps, which is documented.
COLUMNS = {
    "id": "UInt32", "g": "UInt8", "i8": "Int8", "i32": "Int32", "i64": "Int64", "u8": "UInt8",
    "u16": "UInt16", "u64": "UInt64", "f32": "Float32", "f64": "Float64", "dec": "Decimal(12, 2)",
    "b": "Bool", "s": "String", "s2": "String", "lc": "LowCardinality(String)", "d": "Date",
    "dt": "DateTime", "dt3": "DateTime64(3)", "dt6": "DateTime64(6)",
    "dtz": "DateTime('America/New_York')", "ni": "Nullable(Int32)", "nf": "Nullable(Float64)",
    "ns": "Nullable(String)", "nd": "Nullable(Date)", "ndt": "Nullable(DateTime)",
    "as": "Array(String)", "ai": "Array(Int32)", "m": "Map(String, Int32)",
    "t": "Tuple(String, UInt8)", "js": "String", "url": "String",
}  # fmt: skip

BY_KIND = {
    "any": list(COLUMNS),
    "text": ["s", "s2", "lc", "ns", "js", "url"],
    "int": ["i8", "i32", "i64", "u8", "u16", "u64", "ni", "b"],
    "integer": ["i8", "i32", "i64", "u8", "u16", "u64", "ni"],
    "number": ["i8", "i32", "i64", "u8", "u16", "u64", "f32", "f64", "dec", "ni", "nf"],
    "double": ["i32", "u8", "f32", "f64", "nf", "u64"],
    "bool": ["u8", "b", "g"],
    "date": ["d", "nd"],
    "datetime": ["dt", "dt3", "dt6", "dtz", "ndt"],
    "time": ["d", "dt", "dt3", "dt6", "dtz", "nd", "ndt"],
    "local": ["d", "dt", "dt3", "dt6", "dtz", "nd", "ndt"],
    "array": ["as", "ai"],
    "map": ["m"],
    "tuple": ["t"],
}  # fmt: skip
LITERALS = {
    "any": ["1", "0", "-3", "2.5", "'abc'", "''", "NULL", "'2024-01-02'", "[1, 2]"],
    "text": ["'abc'", "''", "'b'", "'a,b'", "'ü'", "'Hello'", "NULL"],
    "int": ["1", "0", "3", "-2", "NULL"], "integer": ["1", "0", "3", "-2"],
    "number": ["1", "0", "2.5", "-3", "NULL"], "double": ["1", "0.5", "-2", "3"],
    "bool": ["1", "0", "NULL", "u8 > 2", "s = 'abc'"],
    "date": ["toDate('2024-02-29')", "toDate(dt)"], "datetime": ["toDateTime('2024-03-31 02:30:00')"],
    "time": ["toDate('2024-02-29')", "toDateTime('2024-12-31 23:59:59')"],
    "local": ["toDate('2024-02-29')", "toDateTime('2024-12-31 23:59:59')"],
    "interval": ["INTERVAL 1 DAY", "INTERVAL 2 HOUR", "INTERVAL 1 MONTH", "INTERVAL 3 WEEK", "INTERVAL 15 MINUTE"],
    "array": ["[1, 2, 3]", "['a', 'b']", "splitByChar(',', s)"], "map": ["map('a', 1)"], "tuple": ["(1, 'x')", "(s, i32)"],
    "constant": ["'day'", "'month'", "'hour'", "'week'", "1", "2", "0.5", "'%Y-%m-%d'", "'UTC'", "'Asia/Tokyo'", "'a'", "'Int64'", "INTERVAL 1 DAY", "INTERVAL 5 MINUTE"],
    "lambda": ["x -> x", "x -> toString(x)", "x -> x = x", "(x, y) -> x", "x -> length(toString(x))", "x -> x > 1", "x -> x != 'a'"],
}  # fmt: skip
OPERATORS = ["{} + {}", "{} - {}", "{} * {}", "{} / {}", "{} = {}", "{} != {}", "{} < {}", "{} >= {}",
             "{} AND {}", "{} OR {}", "{} || {}", "{} % {}", "{} IN ({}, {})", "{} NOT IN ({}, {})", "{} BETWEEN {} AND {}",
             "if({}, {}, {})", "{} LIKE '%a%'", "NOT {}", "-{}", "{} IS NULL",
             "CASE WHEN {} THEN {} ELSE {} END", "coalesce({}, {})", "toString({})", "CAST({} AS Nullable(String))",
             "{}::Float64", "multiIf({}, {}, {})", "({}, {})", "[{}, {}]"]  # fmt: skip

# Their answers are not determined by their arguments.
SKIPPED = {"now", "now64", "today", "yesterday", "rand", "rand32", "rand64", "randCanonical",
           "generateUUIDv4", "any", "anyLast", "UTCTimestamp", "any_value", "first_value",
           "last_value", "anyHeavy", "topK", "topKWeighted", "groupArray", "groupUniqArray",
           "groupArrayDistinct", "groupConcat", "argMin", "argMax", "uuid", "serverTimezone"}  # fmt: skip


def rows(count: int = 60) -> list[dict[str, object]]:
    """Return rows of the table `f`."""
    rng = random.Random(11)
    texts = ["abc", "", "Hello World", "ünïçödé", "b", "a,b,,c", "  pad ", "123", "-4", "2.5", "abcabc"]
    out = []
    for i in range(count):
        second = rng.choice([1_704_067_200, 1_711_846_800, 1_730_611_800, 1_709_210_096]) + rng.randrange(4_000_000)
        stamp = _stamp(second)
        out.append({
            "id": i, "g": i % 4, "i8": rng.randrange(-5, 6), "i32": rng.randrange(-50, 50), "i64": rng.randrange(-999, 999),
            "u8": rng.randrange(9), "u16": rng.randrange(99), "u64": rng.randrange(9999),
            "f32": rng.choice([0.5, 1.25, -2.0, 3.75]), "f64": rng.choice([0.0, 0.1, 2.5, -7.25, 1000.125]),
            "dec": rng.choice(["1.25", "0", "-3.50", "12.01"]), "b": rng.random() < 0.5, "s": rng.choice(texts),
            "s2": rng.choice(texts), "lc": rng.choice(["red", "green", ""]), "d": stamp[:10], "dt": stamp,
            "dt3": f"{stamp}.{rng.randrange(1000):03}", "dt6": f"{stamp}.{rng.randrange(10**6):06}", "dtz": stamp,
            "ni": rng.choice([None, 1, -4, 7]), "nf": rng.choice([None, 0.5, 2.0]), "ns": rng.choice([None, *texts]),
            "nd": rng.choice([None, stamp[:10]]), "ndt": rng.choice([None, stamp]),
            "as": rng.choice([[], ["a"], ["b", "a", "b"], ["x", ""]]), "ai": rng.choice([[], [1, 2, 3], [-1], [5, 5]]),
            "m": rng.choice([{}, {"a": 1}, {"a": 2, "b": -1}]), "t": [rng.choice(texts), rng.randrange(9)],
            "js": rng.choice(['{"a": 1, "b": "x", "c": [1, 2]}', "", "no", '{"a": "7", "d": {"e": 2.5}}', "[1]"]),
            "url": rng.choice(["https://www.example.com/a/b?x=1&y=2#f", "", "http://h:80", "/p?q"]),
        })  # fmt: skip
    return out


def _stamp(second: int) -> str:
    from datetime import datetime, timedelta

    return f"{datetime(1970, 1, 1) + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}"


class Grammar:
    """Makes random expressions and queries."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.functions = sorted(set(FUNCTIONS) - SKIPPED)
        self.aggregates = sorted(set(AGGREGATES) - SKIPPED)

    def argument(self, kind: str, depth: int) -> str:
        """Return an argument of a kind, which chDB may refuse."""
        kind = kind.rstrip("?*")
        draw = self.rng.random()
        if kind in ("constant", "lambda", "interval"):
            return self.rng.choice(LITERALS[kind])
        if depth > 0 and draw < 0.35:
            return self.expression(depth - 1)
        if draw < 0.8 and kind in BY_KIND:
            return self.rng.choice(BY_KIND[kind])
        return self.rng.choice(LITERALS.get(kind, LITERALS["any"]))

    def expression(self, depth: int = 2) -> str:
        """Return an expression of a random function or operator."""
        if self.rng.random() < 0.35:
            pattern = self.rng.choice(OPERATORS)
            kind = self.rng.choice(["any", "number", "text", "time", "number", "bool"])
            parts = [self.argument(kind, depth) for _ in range(pattern.count("{}"))]
            return "(" + pattern.format(*(f"({part})" for part in parts)) + ")"
        name = self.rng.choice(self.functions)
        return f"{name}({self.arguments(FUNCTIONS[name].takes, depth)})"

    def arguments(self, takes: tuple[str, ...], depth: int) -> str:
        """Return arguments for kinds; some optional ones are left out."""
        parts: list[str] = []
        for kind in takes:
            if kind.endswith("?") and self.rng.random() < 0.5:
                break
            times = self.rng.randrange(1, 4) if kind.endswith("*") else 1
            parts += [self.argument(kind, depth) for _ in range(times)]
        return ", ".join(parts)

    def aggregate(self) -> str:
        """Return an aggregate of random arguments, some with combinators."""
        name = self.rng.choice(self.aggregates)
        arguments = self.arguments(AGGREGATES[name].takes, 1)
        parameters = ""
        if name.startswith("quantile"):
            parameters = self.rng.choice(["", "(0.25)", "(0.9)"])
        draw = self.rng.random()
        if draw < 0.3:
            condition = self.rng.choice(["u8 > 3", "s = 'abc'", "ni > 0", "b"])
            return f"{name}If{parameters}({arguments}{', ' if arguments else ''}{condition})"
        if draw < 0.4:
            return f"{name}OrNull{parameters}({arguments})"
        if draw < 0.5:
            return f"{name}Distinct{parameters}({arguments})"
        return f"{name}{parameters}({arguments})"

    def tail(self) -> str:
        """Return a WHERE clause or none."""
        condition = self.rng.choice(["", "", "u8 > 2", "s != ''", "ni IS NOT NULL", "d >= '2024-03-01'",
                                     "dt < '2024-11-03 00:00:00'", "has(as, 'a')", "i32 IN (SELECT i32 FROM f WHERE g = 1)",
                                     "id > 1000"])  # fmt: skip
        return f" WHERE {condition}" if condition else ""


@dataclass
class Tally:
    """What became of the expressions."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    run_time: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))


def fuzz(oracle: Oracle, *, seed: int, count: int) -> Tally:
    """Make queries of random expressions until `count` expressions were put to both engines."""
    grammar, tally = Grammar(seed), Tally()
    while tally.counts["tried"] < count:
        is_grouped = grammar.rng.random() < 0.35
        tail = grammar.tail()
        wanted = grammar.aggregate if is_grouped else grammar.expression
        key = grammar.rng.choice(["g", "lc", "ni", "toStartOfMonth(dt)"])
        template = (
            f"SELECT {key} AS k, {{}} FROM f{tail} GROUP BY k" if is_grouped and grammar.rng.random() < 0.7
            else f"SELECT {{}} FROM f{tail}" if is_grouped else f"SELECT id, {{}} FROM f{tail}"
        )  # fmt: skip
        kept: list[str] = []
        while len(kept) < BATCH and tally.counts["tried"] < count:
            tally.counts["tried"] += 1
            expression = f"{wanted()} AS x{len(kept)}"
            if _survives(oracle, template.format(expression), tally):
                kept.append(expression)
        _compare(oracle, template, kept, tally)
    return tally


def _survives(oracle: Oracle, sql: str, tally: Tally) -> bool:
    try:
        oracle.clickhouse(sql)
    except (MartletError, ValueError, KeyError, TypeError):
        tally.counts["refused by ClickHouse"] += 1
        return False
    try:
        oracle.translate(sql)
    except UnsupportedError as error:
        tally.counts["refused by the translator"] += 1
        tally.refused[error.message] += 1
        return False
    except MartletError as error:
        tally.counts["refused by the translator"] += 1
        tally.refused[f"other: {error.message}"] += 1
        return False
    return True


def _compare(oracle: Oracle, template: str, expressions: list[str], tally: Tally) -> None:
    """Compare in one query; where that fails, one by one."""
    if not expressions:
        return
    sql = template.format(", ".join(expressions))
    try:
        found = oracle.difference(sql, ordered=False, tolerance=1e-6)
    except (TrinoQueryError, MartletError) as error:
        found = f"Trino: {getattr(error, 'message', error)}"
    if not found:
        tally.counts["agree"] += len(expressions)
    elif len(expressions) > 1:
        for expression in expressions:
            _compare(oracle, template, [expression], tally)
    elif found.startswith("Trino: ") and "line " not in found:
        tally.counts["fail on Trino when run"] += 1
        tally.run_time[found] += 1
    else:
        tally.counts["DIFFER"] += 1
        tally.differences.append(f"{sql}\n  {found[:1500]}")


def make_oracle(folder: Path) -> Iterator[Oracle]:
    """Open both engines with the table `f`."""
    from scripts import trino as script
    from tests.trino.client import Trino
    from tests.trino.differential import twins

    from martlet.engines.clickhouse import ClickHouse

    engine = ClickHouse(folder, database="fuzz")
    home = script.default_home()
    with (
        script.borrowed(home, script.default_run(home)) as server,
        twins(engine, Trino(server)) as opened,
    ):
        yield Oracle(opened, Table("f", COLUMNS, rows()))
    engine.close()


def main() -> None:
    """Run many and print what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for oracle in make_oracle(Path(folder)):
            tally = fuzz(oracle, seed=options.seed, count=options.count)
            for difference in tally.differences:
                print(difference, "\n")
            for message, number in (tally.refused + tally.run_time).most_common(60):
                print(f"{number:6} {message[:160]}")
            print(tally)
            sys.exit(1 if tally.differences else 0)


if __name__ == "__main__":
    main()
