"""Lambda's Runtime API on loopback, and functions run against it as AWS runs them.

A function is its unpacked bundle and AWS's own runtime client, `awslambdaric`, in a fresh process
whose path has nothing else. Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import importlib.util
import json
import os
import queue
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cloud.web import Call, Reply, serving

PATIENCE_S = 60.0
API = "/2018-06-01/runtime"

# awslambdaric and what it needs; in AWS they are part of the runtime.
_RUNTIME = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")

_START = (
    "import sys; sys.path[:0] = sys.argv[1:3]; del sys.argv[1:3];"
    "from awslambdaric.__main__ import main; main(sys.argv)"
)


class FunctionError(Exception):
    """The function failed; the content is what it reported."""


@dataclass
class RuntimeApi:
    """Hands events to a function and takes what it answers."""

    events: "queue.Queue[tuple[str, bytes]]" = field(default_factory=queue.Queue)
    answers: "queue.Queue[tuple[str, str, bytes]]" = field(default_factory=queue.Queue)
    asked: "queue.Queue[float]" = field(default_factory=queue.Queue)

    def handle(self, call: Call) -> Reply:
        what = call.path.removeprefix(f"{API}/").split("/")
        if what == ["invocation", "next"]:
            self.asked.put(time.monotonic())
            request, event = self.events.get()
            deadline = round(time.time() * 1000) + 30_000
            headers = {
                "lambda-runtime-aws-request-id": request,
                "lambda-runtime-deadline-ms": str(deadline),
                "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:0:function:f",
                "lambda-runtime-trace-id": "Root=1-0-0;Sampled=0",
                "content-type": "application/json",
            }
            return Reply(200, event, headers)
        request = what[1] if what[0] == "invocation" else ""
        self.answers.put((what[-1], request, call.body))
        return Reply(202)


@dataclass
class Function:
    """A running function.

    Attributes:
        init_s: from the start of the process until it asks for its first event.
    """

    api: RuntimeApi
    process: "subprocess.Popen[bytes]"
    log: Path
    init_s: float = 0.0

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function answers to an event.

        Raises:
            FunctionError: it raised, or ended.
        """
        request = str(uuid.uuid4())
        self.api.events.put((request, json.dumps(event).encode()))
        kind, answered, body = self._take(self.api.answers)
        if kind != "response" or answered != request:
            raise FunctionError(f"{kind}: {body.decode()}")
        found: dict[str, Any] = json.loads(body)
        return found

    def wait_until_ready(self, began: float) -> None:
        """Wait for the first question; a failing import is an answer."""
        self.init_s = self._take(self.api.asked) - began

    @property
    def peak_memory(self) -> int:
        """Bytes that the process has held at most, 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return 0
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024

    def _take(self, waiting: "queue.Queue[Any]") -> Any:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                return waiting.get(timeout=0.1)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
        raise FunctionError(f"no answer:\n{self.log.read_text(errors='replace')[-3000:]}")


def runtime(folder: Path) -> Path:
    """Put awslambdaric, and nothing beside it, into a folder."""
    folder.mkdir()
    for name in _RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec is not None, f"{name} is not installed"
        assert spec.origin is not None
        place = Path(spec.origin)
        place = place.parent if place.name == "__init__.py" else place
        (folder / place.name).symlink_to(place)
    return folder


@contextmanager
def running(
    bundle: Path, handler: str, *, environment: Mapping[str, str], folder: Path
) -> Iterator[Function]:
    """Start the function of an unpacked bundle and yield it when it is ready.

    Args:
        bundle: the folder, which the function cannot see more than.
        handler: `module.function`.
        environment: what the deployment gives it.
        folder: an empty one for the runtime and the log.
    """
    given = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": handler,
        "LAMBDA_TASK_ROOT": str(bundle),
        "AWS_LAMBDA_FUNCTION_NAME": handler.split(".")[-2],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    api, log = RuntimeApi(), folder / "function.log"
    libraries = runtime(folder / "runtime")
    with serving(api) as address, log.open("wb") as file:
        given["AWS_LAMBDA_RUNTIME_API"] = address.removeprefix("http://")
        command = [sys.executable, "-I", "-S", "-c", _START, str(bundle), str(libraries), handler]
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=bundle, env=given, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        function = Function(api, process, log)
        try:
            function.wait_until_ready(began)
            yield function
        finally:
            process.kill()
            process.wait()
            api.events.put(("", b"{}"))  # lets go of a thread that still waits for an event
