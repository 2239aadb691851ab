"""Raw chDB, the baseline: `python -m bench.raw` reads a job as JSON and answers its figures.

It runs in a process of its own, while no server works: chDB has one data folder a process.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

from martlet.engines.clickhouse import COMMON_SETTINGS, READ_SETTINGS, chdb


def main() -> None:
    """Run one job."""
    job = json.load(sys.stdin)
    kinds: dict[str, Callable[..., dict[str, float]]] = {"insert": _insert, "select": _select}
    json.dump(kinds[job.pop("kind")](**job), sys.stdout)


def _insert(
    folder: str, ddl: str, table: str, events: str, block_rows: int, seconds: float
) -> dict[str, float]:
    """Insert blocks one after the other with chDB's own settings."""
    connection = chdb.connect(folder)
    connection.query(ddl)
    lines = Path(events).read_bytes().splitlines()
    blocks = [block.decode() for block in blocks_of(lines, block_rows)]
    inserts = [f"INSERT INTO `{table}` FORMAT JSONEachRow\n{block}" for block in blocks]
    connection.query(inserts[0])
    started, size, count = time.perf_counter(), 0, 0
    for insert in cycle(inserts):
        connection.query(insert)
        size, count = size + len(insert), count + 1
        if time.perf_counter() - started > seconds:
            break
    elapsed = time.perf_counter() - started
    connection.close()
    return {"rows": count * block_rows / elapsed, "bytes": size / elapsed}


def blocks_of(lines: Sequence[bytes], rows: int) -> list[bytes]:
    """Return lines in blocks of a size, from the start again where they do not suffice."""
    source = cycle(lines)
    count = max(1, len(lines) // rows)
    return [b"\n".join(next(source) for _ in range(rows)) for _ in range(count)]


def _select(
    folder: str, sql: str, settings: dict[str, str], connections: int, seconds: float
) -> dict[str, float]:
    """Run a SELECT over and over, each connection in a thread of its own."""
    settings = {**COMMON_SETTINGS, **READ_SETTINGS, **settings}
    opened = [_open(folder, settings) for _ in range(connections)]

    def run(connection: Any) -> list[float]:  # noqa: ANN401  chdb is not typed
        latencies = []
        until = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < until:
            connection.query(sql, "JSON").bytes()
            latencies.append(time.perf_counter() - begun)
        return latencies

    with ThreadPoolExecutor(connections) as threads:
        found = sorted(x for part in threads.map(run, opened) for x in part)
    for connection in opened:
        connection.close()
    last = len(found) - 1
    return {"p50": found[round(last * 0.5)] * 1000, "p99": found[round(last * 0.99)] * 1000}


def _open(folder: str, settings: dict[str, str]) -> Any:  # noqa: ANN401
    connection = chdb.connect(folder)
    for name, value in settings.items():
        connection.query(f"SET {name} = '{value}'")
    return connection


if __name__ == "__main__":
    main()
