"""Half of what a server can do, for minutes: memory over time, errors, p99, and every row counted.

`.venv/bin/python -m bench.soak [minutes]`
"""

import asyncio
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import uvloop

from bench.client import drive, request
from bench.process import Server, server
from bench.runs import BATCH, ENDPOINTS, TABLE, _events

_CONNECTIONS = 32
_MEASURED_S = 3.0
_SHOWN_EVERY_S = 15.0
# Of the requests: single events, batches, endpoints.
_MIX = ("event",) * 6 + ("batch",) + ("endpoint",) * 3


@dataclass(slots=True)
class Soak:
    """What a run came to.

    Attributes:
        rows: acknowledged.
        memory: seconds from the start, and resident megabytes.
    """

    latencies: dict[str, list[float]]
    rows: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)


def _requests(running: Server) -> dict[str, list[bytes]]:
    lines = _events()
    path = f"/v0/events?name={TABLE}"
    return {
        "event": [request("POST", path, running.token, line) for line in lines[:1000]],
        "batch": [
            request("POST", path, running.token, b"\n".join(lines[start : start + BATCH]))
            for start in range(0, 10 * BATCH, BATCH)
        ],
        "endpoint": [
            request("GET", f"/v0/pipes/{name}.json", running.token)
            for name, parameters in ENDPOINTS
            if not parameters
        ],
    }


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _capacity(running: Server, requests: dict[str, list[bytes]]) -> float:
    """Return the requests a second of the mix, from the time that each kind takes alone."""
    shares = {kind: _MIX.count(kind) / len(_MIX) for kind in requests}
    cost = 0.0
    for kind, sent in requests.items():
        status = 200 if kind == "endpoint" else 202
        load = drive(
            running.port, sent, connections=_CONNECTIONS, seconds=_MEASURED_S, status=status
        )
        print(f"{kind}: {load.rate:,.0f} requests/s, p99 {load.percentile(0.99):.1f} ms")
        cost += shares[kind] / load.rate
    return 1 / cost


async def _send(
    running: Server, requests: dict[str, list[bytes]], soak: Soak, first: int, schedule: list[float]
) -> None:
    """Send the mix on one connection, each request at its time or at once if that is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    for number, due in enumerate(schedule, start=first):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kind = _MIX[number % len(_MIX)]
        writer.write(requests[kind][number % len(requests[kind])])
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        body = await reader.readexactly(size)
        soak.latencies[kind].append(time.perf_counter() - due)
        soak.statuses[head[9:12].decode()] += 1
        if kind != "endpoint" and head[9:12] == b"202":
            soak.rows += orjson.loads(body)["successful_rows"]
    writer.close()


async def _run(
    running: Server, requests: dict[str, list[bytes]], *, minutes: float, rate: float
) -> Soak:
    soak = Soak(latencies={kind: [] for kind in requests})
    started = time.perf_counter()
    pace = _CONNECTIONS / rate
    each = int(minutes * 60 / pace)
    schedules = [
        [started + (turn + number / _CONNECTIONS) * pace for turn in range(each)]
        for number in range(_CONNECTIONS)
    ]
    ended = asyncio.gather(
        *(
            _send(running, requests, soak, number, schedule)
            for number, schedule in enumerate(schedules)
        )
    )
    while not ended.done():
        await asyncio.wait([ended], timeout=_SHOWN_EVERY_S)
        soak.memory.append((time.perf_counter() - started, memory_mb(running.pid)))
        at, size = soak.memory[-1]
        print(f"{at:5.0f} s {size:6.0f} MB {sum(soak.statuses.values()):9,} answers", flush=True)
    await ended
    return soak


def _growth(memory: list[tuple[float, float]]) -> float:
    """Return the megabytes a minute of the second half, by least squares: caches are full then."""
    half = memory[len(memory) // 2 :]
    times, sizes = [at / 60 for at, _ in half], [size for _, size in half]
    middle, mean = sum(times) / len(half), sum(sizes) / len(half)
    spread = sum((at - middle) ** 2 for at in times)
    covered = sum((at - middle) * (size - mean) for at, size in zip(times, sizes, strict=True))
    return covered / spread if spread else 0.0


def _stored(running: Server) -> int:
    path = f"/v0/sql?q=SELECT+count()+AS+rows+FROM+{TABLE}+FORMAT+JSON"
    asked = urllib.request.Request(
        f"http://127.0.0.1:{running.port}{path}",
        headers={"Authorization": f"Bearer {running.token}"},
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        return int(orjson.loads(answer.read())["data"][0]["rows"])


def main() -> int:
    """Run the soak and print what it came to; 1 where rows are missing or errors were answered."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), command="serve") as running:
        requests = _requests(running)
        rate = _capacity(running, requests) / 2
        before = _stored(running)
        print(f"{rate:,.0f} requests/s for {minutes:g} minutes")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            soak = runner.run(_run(running, requests, minutes=minutes, rate=rate))
        for kind, latencies in soak.latencies.items():
            latencies.sort()
            p50, p99 = (latencies[int(part * (len(latencies) - 1))] * 1000 for part in (0.5, 0.99))
            print(f"{kind}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(latencies):,} requests")
        stored = _stored(running) - before
        print(f"statuses {dict(soak.statuses)}; rows acknowledged {soak.rows:,}, stored {stored:,}")
        print(f"memory in the second half: {_growth(soak.memory):+.1f} MB a minute")
    is_whole = stored == soak.rows and set(soak.statuses) <= {"200", "202"}
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
