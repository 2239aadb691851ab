"""Many clients that ask for few URLs, with the cache and without, alone and beside a writer.

`.venv/bin/python -m bench.cache [seconds] [rounds]`
"""

import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

from bench.client import drive, request
from bench.process import ROOT, Server, project_copy, server

CLIENTS = 200
WRITES_PER_S = 10
URLS = (
    *(
        f"/v0/pipes/user_sessions.json?device_type={device}&country={country}"
        for device in ("smartphone", "tablet")
        for country in ("US", "DE", "FR", "GB", "ES")
    ),
    *(f"/v0/pipes/events_by_channel.json?campaign=c{number}" for number in range(10)),
    *(f"/v0/pipes/total_events.json?channel=c{number}" for number in range(10)),
)
_TABLES = ("app_events", "marketing_events")

# Of each run: requests a second, p50 and p99 in ms, the server's processor time a request in ms.
Figures = dict[tuple[bool, bool], list[tuple[float, ...]]]


def _append(running: Server, table: str, body: bytes) -> None:
    with urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{running.port}/v0/events?name={table}&wait=true",
            data=body,
            headers={"Authorization": f"Bearer {running.token}"},
        )
    ) as answer:
        answer.read()


@contextmanager
def _writing(running: Server) -> Iterator[None]:
    """Append one event at a time to what is read, so many a second, until the block ends."""
    done = threading.Event()
    events = {t: (ROOT / f"fixtures/{t}.ndjson").read_bytes().splitlines() for t in _TABLES}

    def write() -> None:
        number = 0
        while not done.wait(1 / WRITES_PER_S):
            table = _TABLES[number % len(_TABLES)]
            _append(running, table, events[table][number % len(events[table])])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def measure(figures: Figures, *, cached: bool, seconds: float) -> None:
    """Add what a server of its own does, alone and beside a writer."""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as name:
        folder = Path(name)
        root = project_copy(folder / "project", cached=cached)
        with server(folder / "data", command="serve", root=root) as running:
            for table in _TABLES:
                _append(running, table, (ROOT / f"fixtures/{table}.ndjson").read_bytes())
            gets = [request("GET", url, running.token) for url in URLS]
            drive(running.port, gets, connections=8, seconds=0.5)
            for is_writing in (False, True):
                cpu = running.cpu_seconds()
                with _writing(running) if is_writing else nullcontext():
                    load = drive(running.port, gets, connections=CLIENTS, seconds=seconds)
                spent_ms = (running.cpu_seconds() - cpu) * 1000 / load.requests
                figures.setdefault((cached, is_writing), []).append(
                    (load.rate, load.percentile(0.5), load.percentile(0.99), spent_ms)
                )


def table(figures: Figures) -> str:
    """Return the medians as a Markdown table."""
    lines = [
        f"| {CLIENTS} clients, {len(URLS)} URLs | requests/s | p50 ms | p99 ms | CPU ms |"
        " requests/s, no cache | p50 ms | p99 ms | CPU ms | requests/s ÷ | p99 ÷ | CPU ÷ |",
        "| --- |" + " ---: |" * 11,
    ]
    for is_writing in (False, True):
        found = [
            [median(column) for column in zip(*figures[cached, is_writing], strict=True)]
            for cached in (True, False)
        ]
        name = f"{WRITES_PER_S} commits a second between" if is_writing else "nothing written"
        cells = [
            f"{value:,.{digits}f}"
            for side in found
            for value, digits in zip(side, (0, 0, 0, 2), strict=True)
        ]
        cells += [f"{found[0][i] / found[1][i]:.2f}" for i in (0, 2, 3)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure both sides in turns and print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    figures: Figures = {}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for cached in (True, False):
            measure(figures, cached=cached, seconds=seconds)
    print(table(figures))


if __name__ == "__main__":
    main()
