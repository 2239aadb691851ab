"""Random whole queries: both engines agree, or the translator refuses. Never a silent difference.

`python -m tests.translate.fuzz_queries --count 2000 --seed 1` runs many against the Trino server
that `scripts/trino.py start` keeps up; the test runs some with fixed seeds. A query is made of
`Part`s, so that one that differs can be shown with everything dropped that it does not need.
"""

import argparse
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests.translate.fuzz_grammar import Grammar
from tests.translate.fuzz_parts import Part, Query
from tests.translate.fuzz_words import TABLES_OWN
from tests.translate.oracle import Oracle
from tests.translate.tables import TABLES
from tests.trino.client import TrinoQueryError

from martlet.errors import MartletError, UnsupportedError

SHRINKING_TRIES = 40


@dataclass
class Tally:
    """What became of the queries."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    run_time: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))


def outcome(oracle: Oracle, query: Query, use_nulls: bool) -> tuple[str, str]:
    """Return what becomes of a query: one word, and what is to be said of it."""
    sql = query.sql()
    try:
        oracle.clickhouse(sql, {"join_use_nulls": str(int(use_nulls))})
    except (MartletError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        return "refused by ClickHouse", str(getattr(error, "message", error))
    try:
        oracle.translate(sql, join_use_nulls=use_nulls)
    except UnsupportedError as error:
        return "refused by the translator", error.message
    except MartletError as error:
        return "refused by the translator", f"other: {error.message}"
    except Exception as error:  # noqa: BLE001  a defect of the translator's
        return "DIFFER", f"the translator fails: {error!r}"
    try:
        found = oracle.difference(sql, ordered=query.is_ordered(), tolerance=1e-6, join_use_nulls=use_nulls)  # fmt: skip
    except TrinoQueryError as error:
        kind = "DIFFER" if "line " in str(error) else "fail on Trino when run"
        return kind, f"Trino: {error}"
    return ("DIFFER", found) if found else ("agree", "")


def smaller(query: Query) -> Iterator[Query]:
    """Yield queries with one thing less."""
    for place in _places(query):
        copy = deepcopy(query)
        if place(copy):
            yield copy


def _places(query: Query) -> list[Callable[[Query], bool]]:
    """Return edits that each make a copy of a query smaller."""
    edits: list[Callable[[Query], bool]] = []
    for path, node in _nodes(query, ()):
        if isinstance(node, Query):
            edits += [
                lambda q, p=path, n=name, i=index: bool(getattr(_at(q, p), n).pop(i))
                for name in ("after", "ctes", "qualify", "having", "where", "prewhere",
                             "array_join", "order", "columns", "group")
                for index in reversed(range(len(getattr(node, name))))
            ]  # fmt: skip
            edits += [
                lambda q, p=path, n=name: setattr(_at(q, p), n, "") is None
                for name in ("limit", "mode", "distinct") if getattr(node, name)
            ]  # fmt: skip
        elif path:
            edits += [
                lambda q, p=path, i=index: _replace(_at(q, p), i)
                for index, inner in enumerate(node.inner) if isinstance(inner, Part)
            ]  # fmt: skip
    return edits


def _replace(part: Part, index: int) -> bool:
    """Put what is in a part in its place; its alias stays."""
    alias = part.text.rpartition(" AS ")
    tail = f" AS {alias[2]}" if alias[1] and "{}" not in alias[2] and ")" not in alias[2] else ""
    child = part.inner[index]
    assert isinstance(child, Part)
    part.text, part.inner = child.text + tail, child.inner
    return True


def _nodes(node, path: tuple) -> Iterator[tuple[tuple, "Part | Query"]]:
    yield path, node
    if isinstance(node, Part):
        for index, inner in enumerate(node.inner):
            yield from _nodes(inner, (*path, ("inner", index)))
        return
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, list):
            for index, inner in enumerate(value):
                yield from _nodes(inner, (*path, (item.name, index)))


def _at(node, path: tuple):
    for name, index in path:
        node = getattr(node, name)[index]
    return node


def _kind_of(difference: str) -> str:
    """Return what a difference has in common with those of the same cause."""
    name = re.search(r"name=\w+", difference)
    return name[0] if name else difference[:8]


def shrunk(oracle: Oracle, query: Query, use_nulls: bool) -> tuple[Query, str]:
    """Return the smallest query found that still differs, and what differs."""
    tries, said = SHRINKING_TRIES, ""
    kind = _kind_of(outcome(oracle, query, use_nulls)[1])
    progress = True
    while progress and tries:
        progress = False
        for candidate in smaller(query):
            try:
                what, text = outcome(oracle, candidate, use_nulls)
            except Exception:  # noqa: BLE001  what is no query at all
                continue
            if what != "refused by ClickHouse":
                tries -= 1
            if what == "DIFFER" and _kind_of(text) == kind:
                query, said, progress = candidate, text, True
                break
            if not tries:
                break
    return query, said


def fuzz(
    oracle: Oracle,
    *,
    seed: int,
    count: int,
    shrink: bool = True,
    out=None,
    tally: Tally | None = None,
) -> Tally:
    """Put `count` random queries that chDB accepts to both engines."""
    tally = tally or Tally()
    number = 0
    while tally.counts["tried"] < count:
        number += 1
        grammar = Grammar(seed * 1_000_003 + number)
        query, _ = grammar.query(grammar.rng.choice([0, 1, 2, 3]), top=True)
        use_nulls = grammar.maybe(0.3)
        what, text = outcome(oracle, query, use_nulls)
        tally.counts[what] += 1
        if what == "refused by ClickHouse":
            tally.examples.setdefault(f"ClickHouse {text[:60]}", query.sql())
            continue
        tally.counts["tried"] += 1
        if what == "refused by the translator":
            tally.refused[text] += 1
            tally.examples.setdefault(text, query.sql())
        elif what == "fail on Trino when run":
            tally.run_time[text[:200]] += 1
            tally.examples.setdefault(text[:200], query.sql())
        elif what == "DIFFER":
            said = ""
            if shrink:
                query, said = shrunk(oracle, query, use_nulls)
            report = f"{query.sql()}\n  join_use_nulls={int(use_nulls)}: {(said or text)[:1800]}"
            tally.differences.append(report)
            if out is not None:
                print(f"#{number} {report}\n", file=out, flush=True)
    return tally


def make_oracle(folder: Path) -> Iterator[Oracle]:
    """Open both engines with the tables."""
    from scripts import trino as script
    from tests.trino.client import Trino
    from tests.trino.differential import twins

    from martlet.engines.clickhouse import ClickHouse

    engine = ClickHouse(folder, database="fuzz_queries")
    home = script.default_home()
    with (
        script.borrowed(home, script.default_run(home)) as server,
        twins(engine, Trino(server)) as opened,
    ):
        yield Oracle(opened, *TABLES, *TABLES_OWN)
    engine.close()


def main() -> None:
    """Run many and print what differs."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", action="store_true", help="show a query for each refusal")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for oracle in make_oracle(Path(folder)):
            tally = Tally()
            with suppress(KeyboardInterrupt):  # what was found until then is shown
                fuzz(oracle, seed=options.seed, count=options.count, out=sys.stdout, tally=tally)
            for message, number in (tally.refused + tally.run_time).most_common(60):
                print(f"{number:6} {message[:200]}")
                if options.examples:
                    print(f"         {tally.examples[message][:600]}")
            if options.examples:
                for message, sql in tally.examples.items():
                    if message.startswith("ClickHouse "):
                        print(f"   {message}\n         {sql[:300]}")
            print(tally)
            sys.exit(1 if tally.differences else 0)


if __name__ == "__main__":
    main()
