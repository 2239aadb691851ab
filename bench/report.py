"""The figures as Markdown tables."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import templates
from bench.process import machine
from bench.runs import BATCH, CONNECTIONS, ENDPOINTS, INGEST, LARGE_BLOCK, Figures
from bench.translation import PIPES

README = Path(__file__).parent / "README.md"
_FENCE = "<!-- figures -->\n"


def _table(head: str, rows: Iterable[Sequence[str]]) -> list[str]:
    names = head.split(" | ")
    align = ["---", *["---:"] * (len(names) - 1)]
    return ["", *(f"| {' | '.join(row)} |" for row in [names, align, *rows])]


def _rate(value: float) -> str:
    return f"{value:,.0f}"


def _mb(value: float) -> str:
    return f"{value / 1e6:.1f}"


def _ms(value: float) -> str:
    return f"{value:.2f}"


def ingest_table(figures: Figures) -> list[str]:
    """Return the table of events in, with raw inserts of the same rows below."""
    raw_batch = figures[f"raw insert {BATCH} rows"]
    raw_large = figures[f"raw insert {LARGE_BLOCK} rows"]
    rows = []
    for count, connections in INGEST:
        name = f"ingest {count}x{connections}"
        events = figures[f"{name} requests"] * count
        rows.append(
            [
                f"{count} a request, {connections} connections",
                _rate(figures[f"{name} requests"]),
                _rate(events),
                _mb(figures[f"{name} bytes"]),
                _ms(figures[f"{name} p50"]),
                f"{events / raw_batch:.2f}",
                f"{events / raw_large:.2f}",
                f"{figures[f'{name} server']:.2f} / {figures[f'{name} client']:.2f}",
            ]
        )
    for count in (1, BATCH, LARGE_BLOCK):
        found = figures[f"raw insert {count} rows"]
        rows.append(
            [
                f"raw chDB, blocks of {count:,}",
                _rate(found / count),
                _rate(found),
                _mb(figures[f"raw insert {count} bytes"]),
                _ms(count / found * 1000),
                f"{found / raw_batch:.2f}",
                f"{found / raw_large:.2f}",
                "",
            ]
        )
    head = (
        f"events in | requests/s | events/s | MB/s | p50 ms | ÷ raw {BATCH} | ÷ raw"
        f" {LARGE_BLOCK:,} | cores: server / client"
    )
    return _table(head, rows)


def endpoint_table(figures: Figures) -> list[str]:
    """Return the table of endpoints beside the same SQL on raw chDB."""
    rows = []
    for pipe, _ in ENDPOINTS:
        for connections in CONNECTIONS:
            name = f"{pipe} {connections}"
            found, base = figures[f"{name} p50"], figures[f"raw {name} p50"]
            rows.append(
                [
                    f"{pipe}, {connections} connections",
                    _ms(found),
                    _ms(figures[f"{name} p99"]),
                    _ms(base),
                    _ms(figures[f"raw {name} p99"]),
                    f"{found - base:+.2f}",
                    f"{found / base:.2f}",
                ]
            )
    return _table("endpoint | p50 ms | p99 ms | raw p50 | raw p99 | p50 - raw | ÷ raw", rows)


def inside_table(figures: Figures) -> list[str]:
    """Return the tables of the row coder and of rendering."""
    coder = [
        [
            f"{count:,} rows",
            _mb(figures[f"coder {count} bytes"]),
            _mb(figures[f"orjson {count} bytes"]),
            f"{figures[f'coder {count} bytes'] / figures[f'orjson {count} bytes']:.2f}",
        ]
        for count in (1, BATCH, LARGE_BLOCK)
    ]
    build = [[pipe, f"{figures[f'build {pipe}'] * 1e6:.0f}"] for pipe, _ in ENDPOINTS]
    return [
        *_table("row coder | MB/s | orjson.loads MB/s | ÷ orjson", coder),
        *_table("request to SQL | µs", build),
    ]


def start_table(figures: Figures) -> list[str]:
    """Return the table of starts."""
    rows = [
        ["empty data folder, seeded from fixtures", _ms(figures["start empty"])],
        ["the same folder again", _ms(figures["start again"])],
    ]
    return _table("start of `martlet dev` to the first answer | s", rows)


def rendering_table(figures: Figures) -> list[str]:
    """Return the table of renderings beside the vendor's."""
    rows = []
    for name in templates.NAMES:
        for kind in ("first", "again"):
            ours, theirs = figures[f"martlet {kind} {name}"], figures[f"vendor {kind} {name}"]
            figure = [f"{value * 1e6:,.1f}" for value in (ours, theirs)]
            rows.append([f"{name}, {kind}", *figure, f"{theirs / ours:.1f}"])
    return _table("template to SQL | µs | `tinybird` µs | `tinybird` ÷ Martlet", rows)


def translation_table(figures: Figures) -> list[str]:
    """Return the table of translations beside sqlglot's transpile."""
    rows = []
    for pipe in PIPES:
        base, first = figures[f"sqlglot {pipe}"], figures[f"translate {pipe}"]
        again = figures[f"translate again {pipe}"]
        rows.append(
            [
                pipe,
                f"{base * 1e6:,.0f}",
                f"{first * 1e6:,.0f}",
                f"{again * 1e6:,.0f}",
                f"{first / base:.2f}",
                f"{base / again:.0f}",
            ]
        )
    head = (
        "ClickHouse to Trino | sqlglot µs | first µs | again µs | first ÷ sqlglot | sqlglot ÷ again"
    )
    return _table(head, rows)


TABLES = {
    "ingest": ingest_table,
    "endpoints": endpoint_table,
    "inside": inside_table,
    "rendering": rendering_table,
    "start": start_table,
    "translation": translation_table,
}


def report(figures: Figures, names: Sequence[str], *, rounds: int, seconds: float) -> str:
    """Return the tables of the benchmarks that ran."""
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; medians of {rounds} rounds,"
        f" {seconds:g} s a measurement.",
        *(line for name in names for line in TABLES[name](figures)),
    ]
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Put the tables into the README, in place of those that are there."""
    content = README.read_text()
    pattern = re.compile(f"(?<={_FENCE}).*(?={_FENCE})", re.DOTALL)
    README.write_text(pattern.sub(lambda _: f"\n{text}\n", content))
