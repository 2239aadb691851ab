"""A Martlet server as a process of its own, and clients that know only HTTP."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TOKEN = "the-admin-token"
DEADLINE_S = 20.0
COMMAND = [sys.executable, "-m", "martlet.cli"]


def environment(**given: str) -> dict[str, str]:
    """Return the environment of a process: nothing of Martlet's but what is given."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MARTLET_")}
    return {**inherited, "MARTLET_ADMIN_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1", **given}


def wait_until(what: Callable[[], object], *, timeout_s: float = DEADLINE_S) -> object:
    """Poll for something that comes about without telling, and return it."""
    end = time.monotonic() + timeout_s
    while not (found := what()):
        assert time.monotonic() < end, f"not within {timeout_s} s"
        time.sleep(0.02)
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class Output:
    """The lines that a process writes to one of its pipes."""

    def __init__(self, pipe) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def _read(self, pipe) -> None:
        for line in pipe:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, *, after: int = 0, timeout_s: float = DEADLINE_S) -> re.Match:
        """Return the first match in a line, of the lines from `after` on."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if found := re.search(pattern, line):
                        return found
                left = end - time.monotonic()
                missing = f"no {pattern!r} in:\n{self.text}"
                assert left > 0, missing
                assert not self._ended, missing
                self._changed.wait(left)

    def finish(self) -> str:
        self._thread.join(DEADLINE_S)
        return self.text


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, *, token: str | None = TOKEN) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def request(self, method: str, path: str, body=None, headers=None, **options) -> Answer:
        self._connection.request(
            method, path, body, {**self._headers, **(headers or {})}, **options
        )
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def close(self) -> None:
        self._connection.close()


class Server:
    """A running `martlet dev` or `martlet serve`."""

    def __init__(
        self,
        root: Path,
        *arguments: str,
        command: str = "serve",
        port: int | None = 0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        options = [] if port is None else ["--port", str(port)]
        self.process = subprocess.Popen(
            [*COMMAND, command, str(root), *options, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(**(env or {})),
        )
        self.out, self.err = Output(self.process.stdout), Output(self.process.stderr)
        self.port = 0

    def wait_ready(self) -> "Server":
        """Wait for the printed block, or the line that JSON logs have for it."""
        is_json = "json" in self.process.args
        output = self.err if is_json else self.out
        try:
            self.port = int(
                output.wait_for(r"(?:^  url +|ready in .* on )http://[^ ]+:(\d+)").group(1)
            )
        except AssertionError:
            raise AssertionError(f"not started:\n{self.out.text}\n{self.err.text}") from None
        return self

    def client(self, **options) -> Client:
        return Client(self.port, **options)

    def request(self, method: str, path: str, body=None, headers=None, **options) -> Answer:
        client = self.client(**options)
        try:
            return client.request(method, path, body, headers)
        finally:
            client.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def rows(self, path: str) -> list[dict]:
        """Return the rows of an endpoint, `<pipe>?<parameters>`, that must answer."""
        pipe, _, parameters = path.partition("?")
        answer = self.get(f"/v0/pipes/{pipe}.json?{parameters}")
        assert answer.status == 200, answer.body
        return answer.json()["data"]

    def post(self, datasource: str, *events: Mapping[str, object], parameters: str = "") -> Answer:
        return self.request("POST", f"/v0/events?name={datasource}{parameters}", ndjson(events))

    def raw(self, sent: bytes, *, timeout_s: float = DEADLINE_S) -> bytes:
        """Send bytes and return all that comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            connection.sendall(sent)
            return read_to_end(connection)

    def stop(self, number: int = signal.SIGTERM, *, timeout_s: float = DEADLINE_S) -> int:
        """Send a signal and return the exit code; all output is there then."""
        self.process.send_signal(number)
        return self.wait_exit(timeout_s=timeout_s)

    def wait_exit(self, *, timeout_s: float = DEADLINE_S) -> int:
        code = self.process.wait(timeout_s)
        self.out.finish()
        self.err.finish()
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait_exit()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()


def ndjson(events: Iterable[Mapping[str, object]]) -> bytes:
    return "\n".join(json.dumps(event) for event in events).encode()


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


@contextlib.contextmanager
def in_background(work: Callable[[threading.Event], None], threads: int = 1) -> Iterator[None]:
    """Run a function in threads until the block ends; it is told by an event; raise what it did."""
    stop = threading.Event()
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, stop) for _ in range(threads)]
        try:
            yield
        finally:
            stop.set()
        for future in futures:
            future.result(DEADLINE_S)


def run(*arguments: str | Path, env: Mapping[str, str] | None = None, timeout_s: float = 60.0):
    """Run a command of Martlet to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=environment(**(env or {})),
    )
