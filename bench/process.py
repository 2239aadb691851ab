"""Processes that a benchmark starts: the server, and raw chDB in one of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_START_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server of this repository's project that answers.

    Attributes:
        pid: of its process.
        ready_s: seconds from the start of the process to its first answer.
        token: the admin token.
    """

    pid: int
    port: int
    ready_s: float
    token: str = "bench"  # noqa: S105  known to this machine alone, for the run

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far, 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def server(
    data: Path, *, command: str = "dev", arguments: tuple[str, ...] = (), root: Path = ROOT
) -> Iterator[Server]:
    """Start `martlet` on a data folder and a free port, for this project; it ends with the block.

    Its log goes to a file in the data folder, as it would go to one in production.
    """
    port = _free_port()
    data.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with (data / "server.log").open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            [Path(sys.executable).parent / "martlet", command, root, "--data", data,
             "--port", str(port), *arguments],
            stdout=output, stderr=output, env={**os.environ, "MARTLET_ADMIN_TOKEN": "bench"},
        )  # fmt: skip
    try:
        _wait(port, process, data)
        yield Server(process.pid, port, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def project_copy(folder: Path, *, cached: bool) -> Path:
    """Return a copy of this repository's project, whose server keeps answers or does not."""
    for name in ("datasources", "pipes", "fixtures"):
        shutil.copytree(ROOT / name, folder / name)
    text = (ROOT / "martlet.toml").read_text()
    (folder / "martlet.toml").write_text(text if cached else f"{text}cache_bytes = 0\n")
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], data: Path) -> None:
    until = time.perf_counter() + _START_LIMIT_S
    while time.perf_counter() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v0/health"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise RuntimeError(f"The server did not start:\n{(data / 'server.log').read_text()}")


def raw(job: dict[str, object]) -> dict[str, float]:
    """Run a job of `bench.raw` in a process of its own and return its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.raw"],
        input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def machine() -> str:
    """Return a description of this machine: processor, cores, memory, system."""
    model = "unknown processor"
    memory = ""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else model
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {pages / 2**30:.0f} GiB"
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores{memory}, {sys.platform}"
