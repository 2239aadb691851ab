"""JSON paths of columns: `$`, `$.a.b`, `$.a[:]`, `$.a[:].b`, `$.[:]`.

The vendor documents these. Its packages look into no path (measured, tinybird 5.0), so files may
have the others of JSONPath (RFC 9535), of which `$['a.b']`, `$.a[*]` and `$.a[0]` mean as there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from martlet.ingest.values import MISSING

# What stands for `[:]` among the steps of a path.
EACH = None

_EACH_STEP, _INDEX = r"\.?\[:\]", r"\[(?P<index>[0-9]{1,9})\]"
_NAME = r"""\.(?P<plain>[^.\[\]]+)|\['(?P<single>[^']+)'\]|\["(?P<double>[^"]+)"\]"""
_STEP = re.compile(f"{_EACH_STEP}|{_INDEX}|{_NAME}")

Step = str | int | None
Reader = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path as written, and its steps: a member's name, the index of an element, or `EACH`."""

    text: str
    steps: tuple[Step, ...]

    def reader(self) -> Reader:
        """Return the function that finds the value in an event.

        It returns `MISSING` where a member or an element is absent, also below something else.
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
    if not text.startswith("$"):
        return None
    text = text.replace("[*]", "[:]")
    steps: list[Step] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        steps.append(_step(match))
        position = match.end()
    return JsonPath(text, tuple(steps))


def _step(match: re.Match[str]) -> Step:
    if match["index"]:
        return int(match["index"])
    return match["plain"] or match["single"] or match["double"] or EACH


def _reader(steps: tuple[Step, ...]) -> Reader:
    if not steps:
        return _itself
    step, inner = steps[0], _reader(steps[1:])
    if step is EACH:
        return _each(inner)
    return _member(step, inner) if isinstance(step, str) else _element(step, inner)


def _itself(value: object) -> object:
    return value


def _member(name: str, inner: Reader) -> Reader:
    def read(value: object) -> object:
        if type(value) is not dict or name not in value:
            return MISSING
        return inner(value[name])

    return read


def _element(index: int, inner: Reader) -> Reader:
    def read(value: object) -> object:
        if type(value) is not list or index >= len(value):
            return MISSING
        return inner(value[index])

    return read


def _each(inner: Reader) -> Reader:
    def read(value: object) -> object:
        return [inner(item) for item in value] if type(value) is list else value

    return read
