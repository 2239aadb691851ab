"""Clients as processes of their own, which can reach one Martlet server and nothing else."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.server.process import Server, wait_until

HERE = Path(__file__).parent
DEADLINE_S = 120.0

# Where Tinybird Local listens: some clients know no other address of a local server.
LOCAL_PORT = 7181

# What the clients document to send nothing about their use.
QUIET = {"DO_NOT_TRACK": "1", "TB_CLI_TELEMETRY_OPTOUT": "1", "TB_VERSION_WARNING": "0"}


class ClientError(AssertionError):
    """A client failed; the message is its own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a test is about, for docs/clients.md.

    Attributes:
        text: the operation as the client's documentation names it.
        why_not: the reason why it does not work, which the test holds; none where it does.
    """

    text: str
    why_not: str | None = None


def operation(text: str, *, why_not: str | None = None) -> Callable:
    """Mark a test as that of one operation of a client."""

    def mark(test: Callable) -> Callable:
        test.operation = Operation(text, why_not)
        return test

    return mark


@cache
def why_not_sealed() -> str | None:
    """Return why processes cannot be put into a network of their own here."""
    if shutil.which("unshare") is None:
        return "There is no `unshare` here."
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        report = Path(folder, "report")
        process, listeners = _seal(["true"], [0], report, stderr=errors)
        process.wait(DEADLINE_S)
        for listener in listeners:
            listener.close()
        errors.seek(0)
        return None if report.exists() else f"`unshare` says: {errors.read().strip()[-200:]}"


def _seal(
    command: Sequence[str], ports: Sequence[int], report: Path, **options
) -> tuple[subprocess.Popen, list[socket.socket]]:
    """Start a command in a network of its own; return it, and what listens in there."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        seal = ["unshare", "-rnm", sys.executable, str(HERE / "seal.py")]
        given = [",".join(map(str, ports)), str(theirs.fileno()), str(report)]
        process = subprocess.Popen(
            [*seal, *given, "--", *command], pass_fds=[theirs.fileno()], **options
        )
        theirs.close()
        _, descriptors, *_ = socket.recv_fds(ours, 1, len(ports))
    return process, [socket.socket(fileno=descriptor) for descriptor in descriptors]


# For clients that would reach others but for the seal: their vendor, or what is on Tinybird Local's port.
needs_seal = pytest.mark.skipif(why_not_sealed() is not None, reason="no network of its own")


class Sealed:
    """A process whose whole network is the server: on its own port, and on Tinybird Local's."""

    def __init__(self, command: Sequence[str | Path], port: int, **options) -> None:
        self._port = port
        self._folder = tempfile.TemporaryDirectory(prefix="martlet-seal-")
        self._report = Path(self._folder.name, "report")
        self._listeners: list[socket.socket] = []
        command = [str(part) for part in command]
        if why_not_sealed():
            self.process = subprocess.Popen(command, **options)
            return
        ports = [port, LOCAL_PORT]
        self.process, self._listeners = _seal(command, ports, self._report, **options)
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:  # it is over
                return
            threading.Thread(target=_relay, args=(inner, self._port), daemon=True).start()

    def close(self) -> dict:
        """Wait for the end of the process and return what it tried to reach."""
        self.process.wait(DEADLINE_S)
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._folder:
            if why_not_sealed():
                return {"names": [], "addresses": 0}
            assert self._report.exists(), "what the client has tried is not known"
            return json.loads(self._report.read_text())


def _relay(inner: socket.socket, port: int) -> None:
    """Pass bytes between a connection of a client and one of ours, until both ends are done."""
    with inner, socket.create_connection(("127.0.0.1", port)) as outer:
        asking = threading.Thread(target=_pump, args=(inner, outer), daemon=True)
        asking.start()
        _pump(outer, inner)
        asking.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def environment(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a client: nothing of the caller's but where programs are."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), **QUIET, **given}


class Worker:
    """Runs snippets of code in a client's environment, one after another, in one process."""

    def __init__(self, command: Sequence[str | Path], port: int, home: Path, **env: str) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by `close`
        self._sealed = Sealed(
            command, port,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            text=True, cwd=home, env=environment(home, env),
        )  # fmt: skip

    def __call__(self, code: str, **values: object):
        """Return what a snippet returns.

        Raises:
            ClientError: it raised something; the message names it.
        """
        process = self._sealed.process
        process.stdin.write(json.dumps({"code": code, "values": values}) + "\n")
        process.stdin.flush()
        deadline = threading.Timer(DEADLINE_S, process.terminate)
        deadline.start()
        line = process.stdout.readline()
        deadline.cancel()
        if not line:
            self._errors.seek(0)
            raise ClientError(f"the client is gone:\n{self._errors.read()[-3000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise ClientError(answer["error"])
        return answer["value"]

    def close(self) -> dict:
        process = self._sealed.process
        process.stdin.close()
        tried = self._sealed.close()
        process.stdout.close()
        self._errors.close()
        return tried


def finished(server: Server, job: str) -> dict:
    """Wait for the end of a job and return it."""
    return wait_until(
        lambda: (
            found
            if (found := server.get(f"/v0/jobs/{job}").json())["status"] in ("done", "error")
            else None
        )
    )


@contextlib.contextmanager
def only_loopback(client, *, but: Sequence[str] = (), probes: bool = False) -> Iterator:
    """Close a client at the end, and fail if it has tried to reach another host.

    Args:
        client: what has a `close` that returns what it has tried.
        but: names that it is known to ask for.
        probes: whether it may try addresses without names.
    """
    try:
        yield client
    finally:
        tried = client.close()
    tried["names"] = [name for name in tried["names"] if name not in but]
    if probes:
        tried["addresses"] = 0
    assert tried == {"names": [], "addresses": 0}, f"the client tried to reach {tried}"


def run_client(
    command: Sequence[str | Path],
    port: int,
    home: Path,
    *,
    env: Mapping[str, str] | None = None,
    input: str = "",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command of a client to its end, as `subprocess.run` does.

    Raises:
        AssertionError: it has tried to reach another host.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as given:
        given.write(input)
        given.seek(0)
        sealed = Sealed(
            command, port, stdin=given, stdout=out, stderr=subprocess.STDOUT, text=True,
            cwd=cwd or home, env=environment(home, env or {}),
        )  # fmt: skip
        with only_loopback(sealed):
            pass
        out.seek(0)
        return subprocess.CompletedProcess(list(command), sealed.process.returncode, out.read())
