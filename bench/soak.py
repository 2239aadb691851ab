"""Half of what a server can do, for minutes: memory over time, errors, p99, and every row counted.

`.venv/bin/python -m bench.soak [minutes]`; 1 is returned where an answer or a row is missing.
"""

import asyncio
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import orjson
import uvloop

from bench.client import drive, request
from bench.process import ROOT, Server, server
from bench.runs import BATCH, TABLE, _events

_CONNECTIONS = 32
_MEASURED_S = 3.0
_PROBED_MINUTES = 0.5
_SHOWN_EVERY = 15  # samples of the memory, one a second
# The order of requests on each connection. A keyed event is sent twice with its key and stored
# once; of a batch one row is for the quarantine; `conditional` has the ETag that was told before.
_MIX = (
    "event endpoint event conditional event keyed event sql event batch "
    "event endpoint event conditional event keyed event sql event event"
).split()
_KINDS = sorted(set(_MIX))
_GOOD = {"200", "202", "304"}

# What is read does not grow, so that reads cost as much at the end; but for a count.
_SEEDED = ("app_events", "marketing_events")
_EVENTS = f"/v0/events?name={TABLE}"
_COUNT = f"/v0/sql?q={quote(f'SELECT count() AS rows FROM {TABLE} FORMAT JSON')}"
_READS = tuple(
    f"/v0/pipes/{target}"
    for target in (
        "total_events.json", "user_sessions.json", "user_sessions.csv?country=US",
        "events_by_channel.json", "user_sessions.ndjson?device_type=tablet",
    )
)  # fmt: skip


@dataclass(slots=True)
class Soak:
    """What a run came to.

    Attributes:
        rows: acknowledged, of requests that were not repetitions.
        refused: rows that went to the quarantine, likewise.
        repeated: keyed events sent for the second time.
        replayed: of these, those that were answered as repetitions.
        memory: seconds from the start, and resident megabytes.
    """

    latencies: dict[str, list[float]]
    rows: int = 0
    refused: int = 0
    repeated: int = 0
    replayed: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)


class _Requests:
    """The requests of each kind, as they go over the wire."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._events = _events()
        refused = orjson.dumps({**orjson.loads(self._events[0]), "timestamp": "never"})
        self._batches = [
            b"\n".join([*self._events[start : start + BATCH - 1], refused])
            for start in range(0, 10 * BATCH, BATCH)
        ]

    def make(self, kind: str, turn: int, *, sender: str, etag: str = "") -> bytes:
        """Return the request of a kind that a sender makes in a turn of this kind."""
        event = self._events[turn % len(self._events)]
        match kind:
            case "event":
                return request("POST", _EVENTS, self._token, event)
            case "keyed":
                event = self._events[turn // 2 % len(self._events)]
                sent = request("POST", _EVENTS, self._token, event)
                return _with_header(sent, f"Idempotency-Key: {sender}-{turn // 2}")
            case "batch":
                body = self._batches[turn % len(self._batches)]
                return request("POST", _EVENTS, self._token, body)
            case "sql":
                return request("GET", _COUNT, self._token)
            case _:
                sent = request("GET", read_path(turn), self._token)
                return _with_header(sent, f"If-None-Match: {etag}") if etag else sent


def read_path(turn: int) -> str:
    """Return what is read in a turn."""
    return _READS[turn % len(_READS)]


def _with_header(sent: bytes, header: str) -> bytes:
    return sent.replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _ask(running: Server, sent: bytes) -> tuple[dict[str, str], bytes]:
    """Send one request; return the headers and the body of its answer."""
    path, headers = sent.split(b" ", 2)[1].decode(), sent.partition(b"\r\n\r\n")[0].decode()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{running.port}{path}",
        headers=dict(line.split(": ", 1) for line in headers.split("\r\n")[1:]),
        data=sent.partition(b"\r\n\r\n")[2] or None,
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def _seed(running: Server) -> None:
    for name in _SEEDED:
        body = (ROOT / "fixtures" / f"{name}.ndjson").read_bytes()
        _ask(running, request("POST", f"/v0/events?name={name}", running.token, body))


def _capacity(running: Server, requests: _Requests) -> float:
    """Return the requests a second of the mix: as many as are answered when more are sent.

    The mix takes more than its kinds do alone: what is written is merged meanwhile.
    """
    more = _alone(running, requests)
    started = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        probe = runner.run(
            _run(running, requests, minutes=_PROBED_MINUTES, rate=more, name="probe")
        )
    rate = sum(probe.statuses.values()) / (time.perf_counter() - started)
    print(f"the mix: {rate:,.0f} requests/s")
    return rate


def _alone(running: Server, requests: _Requests) -> float:
    """Return the requests a second of the mix, from the time that each kind takes alone."""
    cost = 0.0
    for kind in _KINDS:
        status = 202 if kind in ("event", "keyed", "batch") else 200
        if kind == "keyed":  # as many as are sent within the time, each with a key of its own
            sent = [requests.make(kind, 2 * turn, sender="alone") for turn in range(30_000)]
        else:
            sent = [requests.make(kind, turn, sender="alone") for turn in range(1000)]
        if kind == "conditional":
            etag = _ask(running, requests.make(kind, 0, sender="alone"))[0]["etag"]
            sent, status = [requests.make(kind, 0, sender="alone", etag=etag)], 304
        load = drive(
            running.port, sent, connections=_CONNECTIONS, seconds=_MEASURED_S, status=status
        )
        print(f"{kind}: {load.rate:,.0f} requests/s, p99 {load.percentile(0.99):.1f} ms")
        cost += _MIX.count(kind) / len(_MIX) / load.rate
    return 1 / cost


async def _send(
    running: Server, requests: _Requests, soak: Soak, first: int, schedule: list[float], name: str
) -> None:
    """Send the mix on one connection, each request at its time or at once if that is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    turns: Counter[str] = Counter()
    etags: dict[str, str] = {}
    for number, due in enumerate(schedule, start=first):
        kind = _MIX[number % len(_MIX)]
        turn = turns[kind]
        turns[kind] += 1
        path = read_path(turn)
        etag = etags.get(path, "") if kind == "conditional" else ""
        sent = requests.make(kind, turn, sender=f"{name}-{first}", etag=etag)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(sent)
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = dict(each.lower().split(": ", 1) for each in lines)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        soak.latencies[kind].append(time.perf_counter() - due)
        soak.statuses[line[9:12]] += 1
        if kind == "conditional":
            etags[path] = headers["etag"]
        is_repeated = kind == "keyed" and turn % 2 == 1
        is_replayed = "idempotency-replayed" in headers
        soak.repeated += is_repeated
        soak.replayed += is_replayed
        if line[9:12] == "202" and not is_replayed:
            counts = orjson.loads(body)
            soak.rows += counts["successful_rows"]
            soak.refused += counts["quarantined_rows"]
    writer.close()


async def _run(
    running: Server, requests: _Requests, *, minutes: float, rate: float, name: str
) -> Soak:
    soak = Soak(latencies={kind: [] for kind in _KINDS})
    started = time.perf_counter()
    pace = _CONNECTIONS / rate
    each = int(minutes * 60 / pace)
    schedules = [
        [started + (turn + number / _CONNECTIONS) * pace for turn in range(each)]
        for number in range(_CONNECTIONS)
    ]
    ended = asyncio.gather(
        *(
            _send(running, requests, soak, number, schedule, name)
            for number, schedule in enumerate(schedules)
        )
    )
    while not ended.done():
        await asyncio.wait([ended], timeout=1)
        at, size = time.perf_counter() - started, memory_mb(running.pid)
        soak.memory.append((at, size))
        if len(soak.memory) % _SHOWN_EVERY == 0:
            answers = sum(soak.statuses.values())
            print(f"{at:5.0f} s {size:6.0f} MB {answers:9,} answers", flush=True)
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


def _stored(running: Server, table: str) -> int:
    path = f"/v0/sql?q=SELECT+count()+AS+rows+FROM+{table}+FORMAT+JSON"
    _, body = _ask(running, request("GET", path, running.token))
    return int(orjson.loads(body)["data"][0]["rows"])


def main() -> int:
    """Run the soak and print what it came to; 1 where rows are missing or errors were answered."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    tables = (TABLE, f"{TABLE}_quarantine")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), command="serve") as running:
        _seed(running)
        requests = _Requests(running.token)
        rate = _capacity(running, requests) / 2
        before = [_stored(running, table) for table in tables]
        print(f"{rate:,.0f} requests/s for {minutes:g} minutes")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            soak = runner.run(_run(running, requests, minutes=minutes, rate=rate, name="soak"))
        for kind, latencies in soak.latencies.items():
            latencies.sort()
            p50, p99 = (latencies[int(part * (len(latencies) - 1))] * 1000 for part in (0.5, 0.99))
            print(f"{kind}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(latencies):,} requests")
        stored, refused = (
            _stored(running, table) - was for table, was in zip(tables, before, strict=True)
        )
    print(f"statuses {dict(soak.statuses)}")
    print(f"rows acknowledged {soak.rows:,}, stored {stored:,}")
    print(f"rows for the quarantine {soak.refused:,}, stored {refused:,}")
    print(f"keyed events repeated {soak.repeated:,}, answered so {soak.replayed:,}")
    print(f"memory in the second half: {_growth(soak.memory):+.1f} MB a minute")
    is_whole = (
        (stored, refused, soak.replayed) == (soak.rows, soak.refused, soak.repeated)
        and set(soak.statuses) <= _GOOD
        and soak.statuses["304"] > 0
    )
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
