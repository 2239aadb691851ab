"""CSV a column at a time: texts whose records all have as many fields, and values of one form.

This is `csvrows` by loops in C, for what files mostly are. What is not plain here is None, and is
left to `csvrows`, which goes field by field; where both can, both make the same bytes (tested).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import orjson

from martlet.types import Group

NULL = rb"\N"

# Ends of lines that are looked at for one outside of quotes before `csvrows` does.
_MAX_ENDS = 100


class Quoted(bytes):
    """A field that stood in quotes, and would mean another thing without: it is a text."""

    __slots__ = ()


def quoted_field(text: bytes) -> bytes:
    """Return the field of a text that stood in quotes: never NULL, nor left to a DEFAULT."""
    return Quoted(text) if text in _OTHER_QUOTED else text


_OTHER_QUOTED = {b"", NULL}


@dataclass(frozen=True, slots=True)
class Columns:
    """The records of a text, by column.

    Attributes:
        fields: of each column, one for each record.
        texts: each record as it was sent, without the end of its line.
        consumed: bytes of the text that they take.
    """

    fields: list[list[bytes]]
    texts: list[bytes]
    consumed: int


def read_columns(
    data: bytes, *, cut: bytes, quote: bytes, blanks: bytes, is_last: bool
) -> Columns | None:
    """Return the whole records of a text, None where they are not all alike and well-formed.

    Args:
        data: begins with a record.
        cut: between fields.
        quote: around fields, doubled inside of them.
        blanks: around fields too, and not part of them.
        is_last: whether the file ends with the text.
    """
    end = len(data) if is_last else _last_end(data, quote)
    text = data[:end]
    # What stands in quotes is taken out, and the two quotes become one: then the ends of lines and
    # fields are all that are left.
    pieces = text.split(quote)
    inside, bare = pieces[1::2], quote.join(pieces[::2])
    if len(pieces) % 2 == 0:
        return None
    if b"\r" in bare:
        bare = bare.replace(b"\r\n", b"\n")
        if b"\r" in bare:
            return None
    lines = [line for line in bare.split(b"\n") if line and not line.isspace()]
    cuts = {line.count(cut) for line in lines}
    if len(cuts) != 1:
        return None
    width = cuts.pop() + 1
    fields = cut.join(lines).split(cut)
    if any(blank in bare for blank in _each(blanks)):
        fields = [field.strip(blanks) for field in fields]
    columns = [fields[start::width] for start in range(width)]
    if inside and not _put_back(columns, inside, quote):
        return None
    is_same = not inside and b"\r" not in text
    texts = lines if is_same else _texts(text, bare, inside, quote)
    return Columns(columns, texts, end)


def _each(text: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in text]


def _last_end(data: bytes, quote: bytes) -> int:
    """Return where the last line ends that is not inside of quotes, 0 if none is found."""
    end = len(data)
    for _ in range(_MAX_ENDS):
        end = data.rfind(b"\n", 0, end) + 1
        if data.count(quote, 0, end) % 2 == 0:
            return end
        end -= 1
    return 0


def _put_back(columns: list[list[bytes]], inside: list[bytes], quote: bytes) -> bool:
    """Put what stood in quotes into its fields; False where a field has more than that."""
    at = [index for index, column in enumerate(columns) if quote in b"".join(column)]
    # A field that is joined of several is none of these, unless one of the several is.
    has_other = not _OTHER_QUOTED.isdisjoint(inside)
    pieces = map(quoted_field, inside) if has_other else iter(inside)
    made: list[bytes] = []
    for field in chain.from_iterable(zip(*(columns[index] for index in at), strict=True)):
        if field == quote:
            made.append(next(pieces))
        elif not field.startswith(quote):
            made.append(field)
        elif field == quote * len(field):  # quotes that were doubled
            whole = quote.join([next(pieces) for _ in field])
            made.append(quoted_field(whole) if has_other else whole)
        else:
            return False
    if next(pieces, None) is not None:
        return False
    for number, index in enumerate(at):
        columns[index] = made[number :: len(at)]
    return True


def _texts(text: bytes, bare: bytes, inside: list[bytes], quote: bytes) -> list[bytes]:
    """Return the records as they were sent."""
    lines = text.split(b"\n")
    if text.count(b"\n") == bare.count(b"\n"):  # none inside of quotes
        return [line.removesuffix(b"\r") for line in lines if line and not line.isspace()]
    texts: list[bytes] = []
    line = piece = 0
    for record in bare.split(b"\n"):
        last = piece + record.count(quote)
        next_line = line + 1 + sum(part.count(b"\n") for part in inside[piece:last])
        if record and not record.isspace():
            texts.append(b"\n".join(lines[line:next_line]).removesuffix(b"\r"))
        line, piece = next_line, last
    return texts


Many = Callable[[Sequence[bytes], bytes], tuple[bytes, Sequence[bytes]] | None]
"""Makes JSON of fields, each on one line, and of all of them joined by ends of lines; returns how
the values are written, and the values. None where one of them needs a closer look."""

_AS_IT_IS = b"%b"
_IN_QUOTES = b'"%b"'

# What stands for itself in JSON, ends of lines apart: they are between fields.
_PLAIN = bytes(byte for byte in range(256) if byte >= 32 and byte not in b'"\\') + b"\n"


def _each_line(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern + rb"(?:\n" + pattern + rb")*+")


_INTEGERS = _each_line(rb"-?(?:0|[1-9][0-9]*+)")
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:e[+-]?[0-9]++)?+"
_NUMBERS = _each_line(_NUMBER)
_FLOATS = _each_line(rb"(?!-0(?:\n|\Z))" + _NUMBER)
_DATES = _each_line(rb"[0-9]{4}-[0-9][0-9]-[0-9][0-9]")
_SECONDS = _each_line(rb"[1-9][0-9]{4,9}+")


def many_texts(fields: Sequence[bytes], joined: bytes) -> tuple[bytes, Sequence[bytes]] | None:
    """Return texts as JSON."""
    try:
        text = joined.decode()
    except UnicodeDecodeError:
        return None
    if not joined.translate(None, _PLAIN):
        return _IN_QUOTES, fields
    return _AS_IT_IS, list(map(orjson.dumps, text.split("\n")))


def _matching(pattern: re.Pattern[bytes], form: bytes) -> Many:
    def many(fields: Sequence[bytes], joined: bytes) -> tuple[bytes, Sequence[bytes]] | None:
        return (form, fields) if pattern.fullmatch(joined) else None

    return many


def from_table(table: dict[bytes, bytes]) -> Many:
    """Return what makes JSON of fields that are keys of a table."""

    def many(fields: Sequence[bytes], joined: bytes) -> tuple[bytes, Sequence[bytes]] | None:
        found = list(map(table.get, fields))
        values = [value for value in found if value is not None]
        return (_AS_IT_IS, values) if len(values) == len(found) else None

    return many


def _many_times(fields: Sequence[bytes], joined: bytes) -> tuple[bytes, Sequence[bytes]] | None:
    """Return times as JSON: what has another fifth character than a number is a text."""
    if _NUMBER_BYTES.isdisjoint({field[4:5] for field in fields}):
        return many_texts(fields, joined)
    return None


_NUMBER_BYTES = {b"", *(bytes((byte,)) for byte in b"0123456789.")}


def _many_seconds(fields: Sequence[bytes], joined: bytes) -> tuple[bytes, Sequence[bytes]] | None:
    if _SECONDS.fullmatch(joined):
        return _AS_IT_IS, fields
    return _many_times(fields, joined)


MANY: dict[Group, Many] = {
    Group.INTEGER: _matching(_INTEGERS, _AS_IT_IS),
    Group.FLOAT: _matching(_FLOATS, _AS_IT_IS),
    Group.DECIMAL: _matching(_NUMBERS, _IN_QUOTES),
    Group.DATE: _matching(_DATES, _IN_QUOTES),
    Group.DATETIME: _many_seconds,
    Group.DATETIME64: _many_times,
}
"""How columns of some types are made JSON; others have a way of their own in `csvrows`."""

LONG_INTEGERS = _matching(_INTEGERS, _IN_QUOTES)
