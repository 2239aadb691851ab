"""Events with an Idempotency-Key, and events stored once by their id, beside events without.

`.venv/bin/python -m bench.idempotency [seconds] [rounds]`
"""

import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.client import Load, drive, request
from bench.process import Server, server

# Events in a request, connections, and more requests than are sent in a second.
SIZES = ((1, 256, 8000), (1, 1, 1000), (100, 32, 1500))

_SCHEMA = "SCHEMA >\n    id String `json:$.id`,\n    n UInt32 `json:$.n`\n"
_FILES = {
    "datasources/plain.datasource": _SCHEMA,
    "datasources/by_id.datasource": _SCHEMA,
    "martlet.toml": '[datasources.by_id]\nid_column = "id"\n',
}

Figures = dict[tuple[str, int, int], list[Load]]


def _requests(running: Server, table: str, key: bool, size: int, count: int) -> list[bytes]:
    made = []
    for _ in range(count):
        body = "\n".join(f'{{"id":"{uuid.uuid4()}","n":{n}}}' for n in range(size)).encode()
        headers = {"Idempotency-Key": str(uuid.uuid4())} if key else {}
        made.append(
            request("POST", f"/v0/events?name={table}", running.token, body, headers=headers)
        )
    return made


def measure(figures: Figures, running: Server, seconds: float) -> None:
    """Add what the three kinds of requests come to, in turns."""
    for size, connections, rate in SIZES:
        for name, table, key in (
            ("without", "plain", False),
            ("key", "plain", True),
            ("id", "by_id", False),
        ):
            sent = _requests(running, table, key, size, int(rate * seconds))
            load = drive(running.port, sent, connections=connections, seconds=seconds, status=202)
            assert load.requests <= len(sent), "requests were repeated: raise the rate in SIZES"
            figures.setdefault((name, size, connections), []).append(load)


def table(figures: Figures) -> str:
    """Return the medians as a Markdown table."""
    lines = [
        "| events in | requests/s | p50 ms | with a key | p50 ms | ÷ | by id | p50 ms | ÷ |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rate: Callable[[Load], float] = lambda load: load.rate  # noqa: E731  a column
    for size, connections, _ in SIZES:
        cells = []
        plain = median(map(rate, figures["without", size, connections]))
        for name in ("without", "key", "id"):
            loads = figures[name, size, connections]
            found = median(map(rate, loads))
            cells += [f"{found:,.0f}", f"{median(load.percentile(0.5) for load in loads):,.1f}"]
            cells += [] if name == "without" else [f"{found / plain:.2f}"]
        lines.append(f"| {size} a request, {connections} connections | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure in rounds, so that each kind meets the same weather."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as name:
        root = Path(name) / "project"
        for path, text in _FILES.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        with server(Path(name) / "data", command="serve", root=root) as running:
            for _ in range(rounds):
                measure(figures, running, seconds)
    print(table(figures))


if __name__ == "__main__":
    main()
