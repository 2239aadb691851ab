"""What records for the service data sources cost: events and endpoints with them and without.

`.venv/bin/python -m bench.service [seconds] [rounds]`
"""

import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.client import drive, request
from bench.process import ROOT, Server, server

_TABLE = "app_events"
_SIDES = {"with": "", "without": "service_rows = 0\n"}

# Processor time of a request in ms, p50 in ms; one of each run, by case and side.
Figures = dict[tuple[str, str], list[tuple[float, float]]]


def _project(folder: Path, settings: str) -> Path:
    """Return a copy of this repository's project with other settings."""
    for name in ("datasources", "pipes"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "martlet.toml").write_text(f"{(ROOT / 'martlet.toml').read_text()}{settings}")
    return folder


def _append(running: Server, body: bytes) -> None:
    with urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{running.port}/v0/events?name={_TABLE}&wait=true",
            data=body,
            headers={"Authorization": f"Bearer {running.token}"},
        )
    ) as answer:
        answer.read()


def _cases(running: Server) -> Mapping[str, tuple[list[bytes], int, int]]:
    """Return requests, connections and the status of each case."""
    events = (ROOT / f"fixtures/{_TABLE}.ndjson").read_bytes().splitlines()
    posted = f"/v0/events?name={_TABLE}"
    # Kept answers are the cheapest requests, of which a record is the largest part.
    kept = [f"/v0/pipes/user_sessions.json?country={country}" for country in ("US", "DE", "FR")]
    ran = [
        f"/v0/sql?q=SELECT+count()+FROM+{_TABLE}+WHERE+rand()+%3E+{number}" for number in range(20)
    ]
    return {
        "events, one each": (
            [request("POST", posted, running.token, event) for event in events], 64, 202,
        ),
        "endpoint, kept answers": ([request("GET", url, running.token) for url in kept], 32, 200),
        "Query API, each one run": ([request("GET", url, running.token) for url in ran], 4, 200),
    }  # fmt: skip


def measure(figures: Figures, sides: Mapping[str, Server], seconds: float) -> None:
    """Add one run of each case, on both sides at once: what else the machine does hits both."""
    for name in _cases(sides["with"]):

        def run(side: str, name: str = name) -> tuple[float, float]:
            running = sides[side]
            requests, connections, status = _cases(running)[name]
            before = running.cpu_seconds()
            load = drive(
                running.port, requests, connections=connections, seconds=seconds, status=status
            )
            spent_ms = (running.cpu_seconds() - before) * 1000 / load.requests
            return spent_ms, load.percentile(0.5)

        with ThreadPoolExecutor(len(sides)) as threads:
            for side, found in zip(sides, threads.map(run, sides), strict=True):
                figures.setdefault((name, side), []).append(found)


def table(figures: Figures) -> str:
    """Return the medians as a Markdown table; ratios are medians of those of the rounds."""
    lines = [
        "| | CPU ms | without | ratio | p50 ms | without | ratio |",
        "| --- |" + " ---: |" * 6,
    ]
    for name in dict.fromkeys(name for name, _ in figures):
        cells = []
        for column in (0, 1):
            pairs = [
                (one[column], other[column])
                for one, other in zip(figures[name, "with"], figures[name, "without"], strict=True)
            ]
            cells += [f"{median(one for one, _ in pairs):.4f}"]
            cells += [f"{median(other for _, other in pairs):.4f}"]
            cells += [f"{median(one / other for one, other in pairs):.3f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure both sides and print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    figures: Figures = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="martlet-bench-")))
        sides = {}
        for side, settings in _SIDES.items():
            root = _project(folder / side, settings)
            sides[side] = stack.enter_context(
                server(folder / f"{side}-data", command="serve", root=root)
            )
            _append(sides[side], (ROOT / f"fixtures/{_TABLE}.ndjson").read_bytes())
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            measure(figures, sides, seconds)
    print(table(figures))


if __name__ == "__main__":
    main()
