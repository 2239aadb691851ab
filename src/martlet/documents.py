"""A JSON column's text as ClickHouse prints the column: paths in order, without NULLs.

ClickHouse's JSON type keeps a document as typed paths and prints those, which is not the text that
came in. Rules measured on chDB 26.9 with `compatibility` 24.8: paths are sorted, NULLs and empty
objects are gone, texts that read as a date or a time are one, elements of an array have one type.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_LEAST, _GREATEST = -(2**63), 2**64 - 1

_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})\Z")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:(\.)(\d{0,9}))?\Z")


def print_document(
    text: str, *, write_text: Callable[[str], str], write_float: Callable[[float], str],
    quote_integers: bool = False,
) -> str:  # fmt: skip
    """Return what ClickHouse's JSON formats print of a document.

    Types written into the column's type (`JSON(a UInt8)`) are not looked at: a path that is not
    in the document is not printed.

    Args:
        text: a JSON object.
        write_text: a string as JSON.
        write_float: a float as JSON.
        quote_integers: ClickHouse's `output_format_json_quote_64bit_integers`.

    Raises:
        ValueError: the text is no JSON.
    """

    def shown(value: Any) -> str:  # noqa: ANN401  any JSON value
        match value:
            case None:
                return "null"
            case bool():
                return "true" if value else "false"
            case int() if not _LEAST <= value <= _GREATEST:
                return write_text(str(value))
            case int():
                return f'"{value}"' if quote_integers else str(value)
            case float():
                return write_float(value)
            case str():
                return write_text(_as_time(value))
            case list():
                return f"[{','.join([shown(item) for item in _of_one_type(value, write_float)])}]"
            case _:
                members = [f"{write_text(key)}:{shown(item)}" for key, item in _tree(value)]
                return "{" + ",".join(members) + "}"

    return shown(json.loads(text))


def _paths(value: dict[str, Any], prefix: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Return all paths with a value; a dot in a name parts it, as in ClickHouse."""
    found = []
    for key, item in value.items():
        path = (*prefix, *key.split("."))
        if isinstance(item, dict):
            found += _paths(item, path)
        elif item is not None:
            found.append((path, item))
    return found


def _tree(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return an object's members in the order of their paths; those inside are objects again.

    A name may be there twice: with a value, and with what is below it.
    """
    paths = sorted(_paths(value, ()), key=lambda pair: ".".join(pair[0]).encode())
    members: list[tuple[str, Any]] = []
    for (name, *rest), item in paths:
        if not rest:
            members.append((name, item))
            continue
        if not members or members[-1][0] != name or not isinstance(members[-1][1], dict):
            members.append((name, {}))
        members[-1][1][".".join(rest)] = item
    return members


def _of_one_type(values: list[Any], write_float: Callable[[float], str]) -> list[Any]:
    """Return an array's elements as one type: texts beside others make texts, truth numbers."""
    kinds = {type(value) for value in values if value is not None}
    if kinds & {list, dict}:
        return values
    is_wide = any(type(v) is int and not _LEAST <= v <= _GREATEST for v in values)
    if (str in kinds and len(kinds) > 1) or is_wide:
        return [_plain(value, write_float) for value in values]
    if float in kinds and len(kinds) > 1:
        return [None if value is None else float(value) for value in values]
    if bool in kinds and len(kinds) > 1:
        return [int(value) if isinstance(value, bool) else value for value in values]
    if kinds == {str}:
        return _texts(values)
    return values


def _plain(value: Any, write_float: Callable[[float], str]) -> Any:  # noqa: ANN401  any JSON value
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return write_float(value)
        case _:
            return value


def _texts(values: list[Any]) -> list[Any]:
    """Return texts; all of them are times of one precision, or none is."""
    times = [_as_time(value) for value in values if value is not None]
    if any("." in time for time in times) and all(_TIME.match(time) for time in times):
        return [f"{v}." if v is not None and "." not in v else v for v in values]
    return values


def _as_time(text: str) -> str:
    """Return a text that ClickHouse takes for a date or time as it prints that."""
    found = _DATE.match(text)
    if found is not None:
        year, month, day = (int(part) for part in found.groups())
        is_day = 1 <= month <= 12 and 1 <= day <= 31
        return f"{year:04}-{month:02}-{day:02}" if is_day else text
    found = _TIME.match(text)
    if found is None:
        return text
    year, month, day, hours, minutes, seconds = (int(part) for part in found.groups()[:6])
    try:
        start = datetime(year, month, day)  # noqa: DTZ001  ClickHouse's UTC
    except ValueError:
        return text
    time = start + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    fraction = f".{found[8].ljust(9, '0')}" if found[7] else ""
    return f"{time:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + fraction
