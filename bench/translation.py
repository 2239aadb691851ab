"""Translation to Trino beside sqlglot's transpile of the same SQL, in the same round."""

import time
from collections.abc import Callable
from statistics import median

import sqlglot

from bench.process import ROOT
from martlet.files.project import load_project
from martlet.query import QueryBuilder
from martlet.translations import Translations

REPEATS = 50
# Pipes of the repository, without parameters: a count, an aggregation, a join, conversions.
PIPES = ("total_events", "campaign_stats", "campaign_performance_by_platform", "user_sessions")


def _seconds(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return median(times)


def measure(add: Callable[[str, float], None]) -> None:
    """Add seconds of sqlglot, of a first and of a repeated translation of each pipe."""
    project = load_project(ROOT, environment={})
    builder = QueryBuilder(project)
    translator = Translations(project, builder).translator
    for name in PIPES:
        sql = builder.build(project.pipes[name], {}).sql

        def transpile(sql: str = sql) -> object:
            return sqlglot.transpile(sql, read="clickhouse", write="trino")

        def first(sql: str = sql) -> object:
            translator.forget()
            return translator.translate(sql)

        def again(sql: str = sql) -> object:
            return translator.translate(sql)

        for work in (transpile, first, again):
            work()
        add(f"sqlglot {name}", _seconds(transpile, REPEATS))
        add(f"translate {name}", _seconds(first, REPEATS))
        add(f"translate again {name}", _seconds(again, REPEATS * 10))
