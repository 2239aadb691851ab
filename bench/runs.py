"""The benchmarks: each adds its figures of one round to a `Figures`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import orjson

from bench import templates
from bench.client import Load, drive, request
from bench.process import ROOT, Server, project_copy, raw, server
from bench.raw import blocks_of
from bench.translation import measure
from martlet.catalog import table_ddl
from martlet.files.project import load_project
from martlet.ingest.rows import RowCoder
from martlet.query import QueryBuilder

TABLE = "email_events"
BATCH = 100
LARGE_BLOCK = 10_000

# Rows a request and connections.
INGEST = ((1, 256), (1, 64), (1, 1), (BATCH, 32), (BATCH, 8), (BATCH, 1))
# An endpoint and its parameters: a count, an aggregation, a join.
ENDPOINTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("total_events", {}),
    ("campaign_stats", {}),
    (
        "campaign_performance_by_platform",
        {"start_date": "2020-01-01 00:00:00", "end_date": "2030-01-01 00:00:00"},
    ),
)
CONNECTIONS = (1, 8)


def _events() -> list[bytes]:
    """Return the fixture's events as they come from a live source: all of today.

    The fixture spreads them over months, and a block makes a part for each month that is in it.
    """
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = []
    for number, line in enumerate((ROOT / "fixtures" / f"{TABLE}.ndjson").open()):
        minutes, seconds = divmod(number % 3600, 60)
        event = {**orjson.loads(line), "timestamp": f"{today} 12:{minutes:02}:{seconds:02}"}
        lines.append(orjson.dumps(event))
    return lines


@dataclass(slots=True)
class Figures:
    """Figures by name, one value for each round; the median is what counts."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> float:
        return median(self.values[name])


def ingest(figures: Figures, folder: Path, seconds: float) -> None:
    """Post events to a server, then insert the same rows with raw chDB."""
    lines = _events()
    with server(folder / "ingest", command="serve") as running:
        for rows, connections in INGEST:
            blocks = blocks_of(lines, rows)
            path = f"/v0/events?name={TABLE}"
            posts = [request("POST", path, running.token, block) for block in blocks]
            load, share = _drive(running, posts, connections, seconds, 202)
            name = f"ingest {rows}x{connections}"
            figures.add(f"{name} requests", load.rate)
            figures.add(f"{name} bytes", load.rate * sum(map(len, blocks)) / len(blocks))
            figures.add(f"{name} p50", load.percentile(0.5))
            figures.add(f"{name} client", load.client_share)
            figures.add(f"{name} server", share)
    project = load_project(ROOT, environment={})
    events = folder / "events.ndjson"
    events.write_bytes(b"\n".join(lines))
    for rows in (1, BATCH, LARGE_BLOCK):
        found = raw(
            {
                "kind": "insert",
                "folder": str(folder / f"raw-{rows}"),
                "ddl": table_ddl(project.datasources[TABLE]),
                "table": TABLE,
                "events": str(events),
                "block_rows": rows,
                "seconds": seconds,
            }
        )
        figures.add(f"raw insert {rows} rows", found["rows"])
        figures.add(f"raw insert {rows} bytes", found["bytes"])


def endpoints(figures: Figures, folder: Path, seconds: float) -> None:
    """Call endpoints over the fixtures, then run the same SQL on the same folder with raw chDB."""
    loaded = load_project(ROOT, environment={})
    queries = QueryBuilder(loaded)
    # Each request runs its query, as raw chDB does; `bench.cache` measures kept answers.
    root = project_copy(folder / "project", cached=False)
    with server(folder / "endpoints", root=root) as running:
        for pipe, values in ENDPOINTS:
            path = f"/v0/pipes/{pipe}.json?{urlencode(values)}"
            get = request("GET", path, running.token)
            for connections in CONNECTIONS:
                load, _ = _drive(running, [get], connections, seconds, 200)
                for part in (50, 99):
                    name = f"{pipe} {connections} p{part}"
                    figures.add(name, load.percentile(part / 100))
    for pipe, values in ENDPOINTS:
        query = queries.build(loaded.pipes[pipe], values)
        for connections in CONNECTIONS:
            found = raw(
                {
                    "kind": "select",
                    "folder": str(folder / "endpoints" / "clickhouse"),
                    "sql": query.sql,
                    "settings": dict(query.settings),
                    "connections": connections,
                    "seconds": seconds,
                }
            )
            for part in (50, 99):
                figures.add(f"raw {pipe} {connections} p{part}", found[f"p{part}"])


def _drive(
    running: Server, requests: list[bytes], connections: int, seconds: float, status: int
) -> tuple[Load, float]:
    """Return the load, after a short warm-up, and the server's processor time a second."""
    drive(running.port, requests, connections=connections, seconds=seconds / 5, status=status)
    cpu = running.cpu_seconds()
    load = drive(running.port, requests, connections=connections, seconds=seconds, status=status)
    return load, (running.cpu_seconds() - cpu) / load.seconds


def inside(figures: Figures, folder: Path, seconds: float) -> None:
    """Time the parts in this process: the row coder beside orjson, and the templates."""
    project = load_project(ROOT, environment={})
    lines = _events()
    coder = RowCoder(project.datasources[TABLE])
    for rows in (1, BATCH, LARGE_BLOCK):
        block = blocks_of(lines, rows)[0]
        parts = block.split(b"\n")
        coded = _each(lambda body=block: coder.code(body).block(), seconds / 5)
        loaded = _each(lambda texts=parts: [orjson.loads(text) for text in texts], seconds / 5)
        figures.add(f"coder {rows} bytes", len(block) / coded)
        figures.add(f"orjson {rows} bytes", len(block) / loaded)
    queries = QueryBuilder(project)
    for pipe, values in ENDPOINTS:
        build = _each(lambda p=pipe, v=values: queries.build(project.pipes[p], v), seconds / 5)
        figures.add(f"build {pipe}", build)


def _each(operation: Callable[[], object], seconds: float) -> float:
    """Return the median time of an operation."""
    operation()
    times = []
    until = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        operation()
        times.append(time.perf_counter() - begun)
    return median(times)


def start(figures: Figures, folder: Path, seconds: float) -> None:
    """Start `martlet dev` on an empty data folder, which it seeds, and then on the same again."""
    for name in ("start empty", "start again"):
        with server(folder / "start") as running:
            figures.add(name, running.ready_s)


def rendering(figures: Figures, _folder: Path, _seconds: float) -> None:
    """Render templates, beside the vendor's own package."""
    templates.measure(figures.add)


def translation(figures: Figures, _folder: Path, _seconds: float) -> None:
    """Translate queries for Athena, beside sqlglot."""
    measure(figures.add)


RUNS: dict[str, Callable[[Figures, Path, float], None]] = {
    "ingest": ingest,
    "endpoints": endpoints,
    "inside": inside,
    "rendering": rendering,
    "start": start,
    "translation": translation,
}
