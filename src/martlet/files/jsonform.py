"""A `.datasource` written as one JSON object, as a tutorial prints it: read as if it were text."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from martlet.errors import DatafileError
from martlet.files.sections import Instruction, Section
from martlet.files.source import Line, Report, Text, tokens, unquote_value

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class _Object(list[tuple[Text, Any]]):
    """A JSON object as its pairs, in order."""


def is_json(lines: list[Line]) -> bool:
    """Whether the file is one JSON object instead of instructions."""
    return next((line.text.lstrip()[0] for line in lines if line.text.strip()), "") == "{"


def read_json(
    lines: list[Line], rows: Mapping[str, Instruction[Any]], report: Report
) -> list[Section]:
    """Return the pairs of the object as sections.

    Raises:
        DatafileError: not a JSON object.
    """
    whole = Text(tuple(lines))
    report.warn(
        "A .datasource file written as JSON",
        next(line.at() for line in lines if line.text.strip()),
        "write it as text: DESCRIPTION, SCHEMA >, ENGINE ...",
    )
    sections: list[Section] = []
    for name, value in _load(whole):
        with report.collect():
            row = rows.get(name.text.upper())
            if row is None:
                raise DatafileError(
                    f"{name.text} is not a valid option in datasource files.", location=name.at()
                )
            texts = (_columns if row.name == "SCHEMA" else _texts)(name, value)
            is_block = row.name == "SCHEMA" or (row.block and len(texts) > 1)
            if is_block:
                sections.append(Section(row.name, name.lines[0], _joined(texts), is_block))
            else:
                sections += [_section(row.name, name, text) for text in texts]
    return sections


def _load(whole: Text) -> _Object:
    """Return the file's object, each string in it as a `Text` at its place."""
    text = whole.text
    try:
        loaded = json.loads(text, object_pairs_hook=_Object)
        starts = (found.start() + 1 for found in _STRING.finditer(text))
        # A string with an escape is shorter than its source; its columns are near enough.
        placed = _placed(loaded, whole, starts)
    except json.JSONDecodeError as error:
        message = f"Invalid JSON: {error.msg}"
        raise DatafileError(message, location=whole.at(error.pos)) from error
    except (RecursionError, ValueError) as error:  # too deep; a number of too many digits
        raise DatafileError("Invalid JSON", location=whole.at()) from error
    assert isinstance(placed, _Object)
    return placed


def _placed(value: Any, whole: Text, starts: Iterator[int]) -> Any:  # noqa: ANN401  it is JSON
    if isinstance(value, str):
        line, index = whole.place(next(starts))
        return Text((line.cut(index, value),))
    if isinstance(value, _Object):
        return _Object(
            (_placed(key, whole, starts), _placed(item, whole, starts)) for key, item in value
        )
    if isinstance(value, list):
        return [_placed(item, whole, starts) for item in value]
    return value


_LISTS = ("TOKEN", "TAGS", "SHARED_WITH", "INDEXES")


def _texts(name: Text, value: Any) -> list[Text]:  # noqa: ANN401  it is JSON
    """Return a value, or each value of a list, as text."""
    is_list = isinstance(value, list) and not isinstance(value, _Object)
    if is_list and name.text.upper() in _LISTS:
        return [text for item in value for text in _texts(name, item)]
    if isinstance(value, Text):
        return [value]
    if isinstance(value, bool | int | float):
        return [Text((replace(name.lines[0], text=str(value)),))]
    raise DatafileError(f"{name.text} must be a string", location=name.at())


def _section(row_name: str, name: Text, text: Text) -> Section:
    words = tuple(unquote_value(token.text) for token in tokens(text.lines[0]))
    return Section(row_name, name.lines[0], text, arguments=words or ("",))


def _joined(texts: list[Text]) -> Text:
    return Text(tuple(line for text in texts for line in text.lines))


# Where a column's member goes in SCHEMA's grammar, and what is put around it there.
_MEMBERS = {
    "name": "`{}`",
    "type": "{}",
    "json_path": "`json:{}`",
    "jsonpath": "`json:{}`",
    "default": "DEFAULT {}",
    "codec": "CODEC({})",
}


def _columns(name: Text, value: Any) -> list[Text]:  # noqa: ANN401  it is JSON
    """Return the list of columns as lines of a SCHEMA block, one line for each member."""
    if isinstance(value, Text):
        return [value]
    is_list = isinstance(value, list) and not isinstance(value, _Object)
    if not is_list or not all(isinstance(item, _Object) for item in value):
        raise DatafileError("SCHEMA must be a list of columns", location=name.at())
    return [Text(tuple(_column(item, name))) for item in value] or [
        Text((name.lines[0].cut(0, ""),))
    ]


def _column(pairs: _Object, schema: Text) -> Iterator[Line]:
    members = {key.text: (key, value) for key, value in pairs}
    for key, _ in members.values():
        if key.text not in _MEMBERS:
            raise DatafileError(
                f"{key.text} is not a member of a column",
                location=key.at(),
                hint=f"use {', '.join(_MEMBERS)}.",
            )
    written = [member for member in _MEMBERS if member in members]
    for member in written:
        key, value = members[member]
        text = _member(key, value)
        shape = _MEMBERS[member] + ("," if member == written[-1] else "")
        line = text.lines[0]
        yield line.cut(-shape.index("{"), shape.format(line.text))
    if not written:
        yield schema.lines[0].cut(0, ",")


def _member(key: Text, value: object) -> Text:
    if isinstance(value, Text):
        return value
    if value is None or isinstance(value, bool | int | float):
        return Text((replace(key.lines[0], text=json.dumps(value)),))
    raise DatafileError(f"{key.text} must be a string", location=key.at())
