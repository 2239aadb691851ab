"""Random ClickHouse queries: both engines agree, or the translator refuses. Never a silent difference.

`python -m tests.translate.fuzz --count 20000 --seed 1` runs many against the Trino server that
`scripts/trino.py start` keeps up; the test runs some with fixed seeds. `grammar` makes the
expressions. What chDB itself refuses is not counted.
"""

import argparse
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.translate.grammar import COLUMNS, Grammar, Query, rows
from tests.translate.oracle import Oracle
from tests.trino.client import TrinoQueryError
from tests.trino.differential import Table

from martlet.errors import MartletError

BATCH = 24
# Hashes, for one: Trino takes seconds to plan them, and they have tests of their own.
LONGEST = 3000
TABLE = Table("f", COLUMNS, rows())


@dataclass
class Tally:
    """What became of the expressions."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    run_time: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))


@dataclass(frozen=True)
class Item:
    """An expression of a query, and one of the query inside of it."""

    outer: str
    inner: str = ""


def written(query: Query, items: list[Item]) -> str:
    """Return a query with its expressions."""
    sql = query.template.replace("{inner}", ", ".join(item.inner for item in items))
    return sql.replace("{}", ", ".join(item.outer for item in items), 1)


def fuzz(
    oracle: Oracle, *, seed: int, count: int, types_only: bool = False, tally: Tally | None = None
) -> Tally:
    """Make queries of random expressions until `count` expressions were put to both engines.

    Args:
        oracle: of the table `f`.
        seed: of the random choices.
        count: of the expressions.
        types_only: whether the types of the answers are compared only, without Trino.
        tally: what is added to, for who wants to know before the end.
    """
    grammar, tally = Grammar(seed), tally or Tally()
    while tally.counts["tried"] < count:
        query, kept, attempts = grammar.query(), list[Item](), 0
        while len(kept) < BATCH and attempts < 3 * BATCH and tally.counts["tried"] < count:
            attempts += 1
            tally.counts["tried"] += 1
            item = _item(grammar, query, len(kept))
            if _survives(oracle, grammar, query, item, tally, types_only=types_only):
                kept.append(item)
        if types_only:
            tally.counts["agree in type"] += len(kept)
        else:
            _compare(oracle, query, kept, tally)
    return tally


def _item(grammar: Grammar, query: Query, number: int) -> Item:
    if query.kind == "states":
        state, merge = grammar.states()
        return Item(f"{merge}(y{number}) AS x{number}", f"{state} AS y{number}")
    makers = {
        "expression": grammar.expression,
        "aggregate": grammar.aggregate,
        "window": grammar.window,
    }
    return Item(f"{makers[query.kind]()} AS x{number}")


def _survives(
    oracle: Oracle, grammar: Grammar, query: Query, item: Item, tally: Tally, *, types_only: bool
) -> bool:
    sql = written(query, [item])
    try:
        names, types, _ = oracle.clickhouse(sql)
    except (MartletError, ValueError, KeyError, TypeError, AttributeError):  # or not to compare
        tally.counts["refused by ClickHouse"] += 1
        return False
    try:
        translation = oracle.translate(sql)
    except MartletError as error:
        tally.counts["refused by the translator"] += 1
        tally.refused[error.message] += 1
        return False
    except Exception as error:  # noqa: BLE001  each is a bug
        _differs(tally, sql, f"the translator raised {error!r}")
        return False
    said = [(name, str(type_)) for name, type_ in translation.columns]
    if said != list(zip(names, types, strict=True)):
        _differs(tally, sql, f"columns (ours, ClickHouse's): {said[-1]} {types[-1]}")
        return False
    if len(translation.sql) > LONGEST and not types_only:
        tally.counts["agree in type, too long to run"] += 1
        return False
    if query.kind == "expression":
        grammar.learn(item.outer.rpartition(" AS ")[0], types[-1])
    return True


def _compare(oracle: Oracle, query: Query, items: list[Item], tally: Tally) -> None:
    """Compare in one query; where that fails, in halves."""
    if not items:
        return
    sql = written(query, items)
    try:
        found = oracle.difference(sql, ordered=query.ordered, tolerance=1e-6)
    except (TrinoQueryError, MartletError) as error:
        found = f"Trino: {getattr(error, 'message', error)}"
    except Exception as error:  # noqa: BLE001  of the comparison itself
        found = f"{type(error).__name__}: {error}"
    if not found:
        tally.counts["agree"] += len(items)
    elif len(items) > 1:
        middle = len(items) // 2
        _compare(oracle, query, items[:middle], tally)
        _compare(oracle, query, items[middle:], tally)
    elif found.startswith("Trino: ") and "line " not in found:
        tally.counts["fail on Trino when run"] += 1
        tally.run_time[f"{found[:120]}  of {sql[:300]}"] += 1
    else:
        _differs(tally, sql, found[:1500])


def _differs(tally: Tally, sql: str, found: str) -> None:
    tally.counts["DIFFER"] += 1
    tally.differences.append(f"{sql}\n  {found}")
    print(tally.differences[-1], "\n", flush=True)


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
        yield Oracle(opened, TABLE)
    engine.close()


def main() -> None:
    """Run many and print what differs."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--types", action="store_true", help="compare types only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for oracle in make_oracle(Path(folder)):
            tally = Tally()
            with suppress(KeyboardInterrupt):  # what was found until then is shown
                fuzz(oracle, seed=options.seed, count=options.count, types_only=options.types,
                     tally=tally)  # fmt: skip
            most = [*tally.refused.most_common(60), *tally.run_time.most_common(60)]
            for message, number in most:
                print(f"{number:6} {message[:420]}")
            print(tally)
            sys.exit(1 if tally.differences else 0)


if __name__ == "__main__":
    main()
