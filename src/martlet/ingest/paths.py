"""JSON paths of columns: `$`, `$.a.b`, `$.a[:]`, `$.a[:].b`, `$.[:]`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from martlet.ingest.values import MISSING

# What stands for `[:]` among the steps of a path.
EACH = None

_PATH = re.compile(r"\$(?:\.?\[:\]|\.[^.\[\]]+)*")
_STEP = re.compile(r"\.?\[:\]|\.([^.\[\]]+)")

Reader = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path as written, and its steps: a member's name, or `EACH`."""

    text: str
    steps: tuple[str | None, ...]

    def reader(self) -> Reader:
        """Return the function that finds the value in an event.

        It returns `MISSING` where a member is absent, also below something that is no object.
        Below `[:]` it returns a list with a value or `MISSING` for each element; something that
        is no list is returned itself, for the type to refuse.
        """
        return _reader(self.steps)

    def place(self, inside: list[int | str]) -> str:
        """Return the path of one element, given the indexes and keys that lead to it."""
        text = self.text
        for step in inside:
            if isinstance(step, str):
                text += f".{step}"
            elif "[:]" in text:
                text = text.replace("[:]", f"[{step}]", 1)
            else:
                text += f"[{step}]"
        return text


def parse_path(text: str) -> JsonPath | None:
    """Return the path that a text writes, None if it writes none."""
    if not _PATH.fullmatch(text):
        return None
    return JsonPath(text, tuple(match[1] for match in _STEP.finditer(text)))


def _reader(steps: tuple[str | None, ...]) -> Reader:
    if not steps:
        return _itself
    inner = _reader(steps[1:])
    return _each(inner) if steps[0] is EACH else _member(steps[0], inner)


def _itself(value: object) -> object:
    return value


def _member(name: str, inner: Reader) -> Reader:
    def read(value: object) -> object:
        if type(value) is not dict or name not in value:
            return MISSING
        return inner(value[name])

    return read


def _each(inner: Reader) -> Reader:
    def read(value: object) -> object:
        return [inner(item) for item in value] if type(value) is list else value

    return read
