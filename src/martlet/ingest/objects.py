"""Objects for columns of type JSON: their text, and what ClickHouse would refuse in them."""

import re
from collections.abc import Iterator

import orjson

from martlet.ingest.values import EXACT_DECODER, MismatchError, Number, json_text
from martlet.types import ColumnType, parse_type

# Above this a float that orjson made may be an integer of more than 64 bits, which ClickHouse
# keeps as text; below, it keeps a double itself.
_LEAST_INEXACT_INTEGER = 2.0**63
# What a path that occurs twice or a number out of range has in its text.
_NEEDS_CHECK = re.compile(rb"\.|[0-9][eE]|[0-9]{20}")
_TYPED_PATH = re.compile(r"((?:`[^`]+`|\w+)(?:\.(?:`[^`]+`|\w+))*)\s+([A-Za-z].*)", re.DOTALL)
_STEP = re.compile(r"`([^`]+)`|(\w+)")


def object_text(value: dict[str, object]) -> orjson.Fragment:
    """Return an object for a row.

    Raises:
        MismatchError: ClickHouse would refuse it, or it holds a float that is not exact.
    """
    text = json_text(value, least_float=_LEAST_INEXACT_INTEGER)
    if _NEEDS_CHECK.search(text):
        _check(value)
    return orjson.Fragment(text)


def read_object(text: str) -> dict[str, object]:
    """Return the object that a text holds.

    Raises:
        MismatchError: it holds something else.
    """
    try:
        value = EXACT_DECODER.decode(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise MismatchError("expected an object")
    return value


def typed_paths(type_: ColumnType) -> list[tuple[list[str], ColumnType]]:
    """Return the paths that a JSON type gives a type: `JSON(a.b UInt8)`."""
    found = []
    for argument in type_.arguments:
        match = _TYPED_PATH.fullmatch(str(argument))
        if match and match[1].upper() != "SKIP":
            path = [quoted or plain for quoted, plain in _STEP.findall(match[1])]
            found.append((path, parse_type(match[2])))
    return found


def _check(value: dict[str, object]) -> None:
    """Refuse a path that occurs twice, as in `{"a": {"b": 1}, "a.b": 2}`, and endless numbers."""
    seen = set()
    for path in _leaves(value, ""):
        if path in seen:
            raise MismatchError(f"path '{path}' occurs twice")
        seen.add(path)


def _leaves(value: dict[str, object], prefix: str) -> Iterator[str]:
    for name, member in value.items():
        path = prefix + name
        if isinstance(member, dict):
            yield from _leaves(member, f"{path}.")
        elif member is not None:
            _check_leaf(member)
            yield path


def _check_leaf(value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _check_leaf(item)
    elif isinstance(value, dict):
        _check(value)
    elif isinstance(value, Number) and abs(float(value.text)) == float("inf"):
        raise MismatchError("a number is out of range")
