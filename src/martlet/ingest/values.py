"""What a JSON event holds: exact numbers, absent members, and JSON text made of them."""

import json
import re
from typing import Final

import orjson

_MAY_HOLD_FLOAT = re.compile(rb"[0-9][.e]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Missing:
    """The type of `MISSING`: a member that the event does not have."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Number:
    """A JSON number that is no 64-bit integer, as its text was sent."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def is_integer(self) -> bool:
        """Whether it is written without point and exponent."""
        return not any(mark in self.text for mark in ".eE")


class MismatchError(Exception):
    """A JSON value does not fit a type; the text says why, or is empty if that is plain."""


def _exact_integer(text: str) -> int | Number:
    value = int(text) if len(text) <= 20 else 2**64
    return value if -(2**63) <= value < 2**64 else Number(text)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


# Reads what orjson reads and, unlike it, numbers of any size and lone surrogates. Slow.
EXACT_DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=_exact_integer, parse_constant=_refuse_constant
)


def json_text(value: object, *, least_float: float = 0.0) -> bytes:
    """Return compact JSON, numbers as sent.

    Args:
        value: a JSON value as orjson or `EXACT_DECODER` reads it.
        least_float: floats of at least this size are refused, because their text is lost.

    Raises:
        MismatchError: a float, a lone surrogate, or more than 254 levels.
    """
    try:
        text = orjson.dumps(value, default=_number_text)
    except TypeError as error:
        raise MismatchError(_plain_reason(error)) from error
    if _MAY_HOLD_FLOAT.search(text) and _holds_float(value, least_float):
        raise MismatchError("a number is not exact")
    return text


def _number_text(value: object) -> orjson.Fragment | None:
    if value is MISSING:  # in a list that a path with [:] collected
        return None
    assert isinstance(value, Number)
    return orjson.Fragment(value.text)


def _plain_reason(error: TypeError) -> str:
    if "surrogates" in str(error):
        return "invalid UTF-16 surrogate in the text"
    return "nested too deeply" if "ecursion" in str(error) else str(error)


def _holds_float(value: object, least: float) -> bool:
    if isinstance(value, float):
        return abs(value) >= least
    if isinstance(value, dict):
        return any(_holds_float(item, least) for item in value.values())
    return isinstance(value, list) and any(_holds_float(item, least) for item in value)


def raw_text(value: object) -> str | None:
    """Return a value as the quarantine keeps it: text as is, others as JSON, None when absent."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, str):
        return printable(value)
    return shown(value)


def shown(value: object, *, length: int | None = None) -> str:
    """Return a value as JSON for a person to read, shortened to `length` characters."""
    try:
        text = orjson.dumps(_cleaned(value), default=_number_text).decode()
    except (TypeError, RecursionError):
        text = "(nested too deeply)"
    return text if length is None or len(text) <= length else text[: length - 1] + "…"


def printable(text: str) -> str:
    """Return text with U+FFFD for lone surrogates, which no output can carry."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): _cleaned(item) for key, item in value.items()}
    return value
