"""The vendor's packages as processes: questions in, answers out."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.environments import Environment

WORKER = Path(__file__).with_name("worker.py")

Answer = Mapping[str, Any]


class Vendor:
    """One of the vendor's packages, in a process of its own.

    An answer has `value`, or `error` (the text), `class`, `kinds` (its base classes too) and `known`
    (its attributes). `tests.vendor.worker` has what can be asked.
    """

    def __init__(self, environment: Environment) -> None:
        self._process = subprocess.Popen(
            [str(environment.python), "-I", str(WORKER)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def ask(self, what: str, **given: object) -> Answer:
        """Ask one question."""
        (found,) = self.ask_all([{"ask": what, **given}])
        return found

    def ask_all(self, questions: Iterable[Mapping[str, object]]) -> Sequence[Answer]:
        """Ask many in one go, which costs a hundredth of a millisecond each for the way."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(list(questions)) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the vendor's process has ended ({process.poll()})"
        found: list[Answer] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
