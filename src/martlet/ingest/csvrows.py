"""CSV to events: each record as a JSON object by column name, so that rows are typed in one way.

A field becomes what ClickHouse's reader of CSV takes it for (compared with chDB 26.9 by a test),
but for what it makes up: an empty field of a number is no 0, a number that does not fit is not cut.
Such rows are refused, as those of events are.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import orjson

from martlet.errors import DatafileError, RequestError
from martlet.ingest.coders import compile_type
from martlet.ingest.literals import json_number, json_of_literal
from martlet.ingest.paths import parse_path
from martlet.ingest.rows import Sent
from martlet.model import Column, Datasource
from martlet.types import ColumnType, Group

_BOM = b"\xef\xbb\xbf"
_NULL = rb"\N"
_OTHER = re.compile(r"\W+")
_OUTER = re.compile(r"^\W+|\W+$")


class Quoted(bytes):
    """A field that stood in quotes: it is never NULL, nor left to a DEFAULT."""

    __slots__ = ()


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        delimiter: one ASCII character between fields.
        escape: one ASCII character before a character that stands for itself, empty for none; a
            quote in quotes may always be doubled.
    """

    delimiter: str = ","
    escape: str = ""

    def __post_init__(self) -> None:
        """Refuse characters that cannot be told from others.

        Raises:
            RequestError: one is not a single ASCII character, or has another meaning.
        """
        for name, value in (("delimiter", self.delimiter), ("escapechar", self.escape)):
            if name == "escapechar" and not value:
                continue
            if len(value) != 1 or not value.isascii() or value in '"\r\n':
                raise RequestError(
                    f"The parameter 'dialect_{name}' is one ASCII character, and neither a quote"
                    f" nor the end of a line: not {value[:40]!r}"
                )
        if self.delimiter == self.escape:
            raise RequestError("The dialect's delimiter and escapechar are the same character")

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """One field with what ends it."""
        cut, space = re.escape(self.delimiter.encode()), self.blanks
        blank = b"[" + space + b"]*+" if space else b""
        plain = rb"[^" + cut + rb"\n]"
        first = rb"[^" + cut + rb'\n"]'
        if self.escape:
            mark = re.escape(self.escape.encode())
            plain = rb"(?:" + mark + rb".|[^" + cut + mark + rb"\n])"
            first = rb"(?:" + mark + rb".|[^" + cut + mark + rb'\n"])'
        return re.compile(
            blank
            + rb"(?:" + self.quoted.pattern + blank + rb"|((?:" + first + plain + rb"*+)?+))"
            + rb"(" + cut + rb"|\r?\n|\Z)",
            re.DOTALL,
        )  # fmt: skip

    @cached_property
    def quoted(self) -> re.Pattern[bytes]:
        """A field in quotes."""
        if not self.escape:
            return re.compile(rb'"((?:[^"]++|"")*+)"', re.DOTALL)
        mark = re.escape(self.escape.encode())
        return re.compile(rb'"((?:[^"' + mark + rb']++|""|' + mark + rb'.)*+)"', re.DOTALL)

    @cached_property
    def blanks(self) -> bytes:
        """White space around fields, which is not part of them."""
        return b" \t".replace(self.delimiter.encode(), b"")

    @cached_property
    def escaped(self) -> re.Pattern[bytes] | None:
        """What is unescaped: its first group, or else a quote."""
        if not self.escape:
            return None
        return re.compile(rb'""|' + re.escape(self.escape.encode()) + rb"(.)", re.DOTALL)


@dataclass(slots=True)
class Records:
    """The records of a text.

    Attributes:
        fields: of each record.
        texts: each record as it was sent, without the end of its line.
        faults: why a record, by its index, cannot be read.
        consumed: bytes of the text that they take.
    """

    fields: list[list[bytes]] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    consumed: int = 0

    def drop_first(self) -> None:
        """Take the first record, which has names, off the others."""
        del self.fields[0], self.texts[0]
        self.faults = {index - 1: fault for index, fault in self.faults.items()}


def read_records(data: bytes, dialect: Dialect, *, is_last: bool = True) -> Records:
    """Return the whole records of a text; empty lines are none.

    Args:
        data: begins with a record.
        dialect: how it is written.
        is_last: whether the file ends with the text, so that its last record does too.
    """
    if b'"' not in data and not dialect.escape:
        return _read_lines(data, dialect, is_last=is_last)
    records = Records()
    position, size = 0, len(data)
    match = dialect.field.match
    while position < size:
        start, fields, fault, end = position, [], "", b""
        while True:
            found = match(data, position)
            if found is None:
                stop = _malformed_end(data, position, dialect, is_last=is_last)
                if stop is None:
                    return records
                fault, position, end = "a quote has no end, or more follows it", stop, b"\n"
                break
            quoted, plain, end = found.groups()
            fields.append(_field(quoted, plain, dialect))
            position = found.end()
            if end != dialect.delimiter.encode():
                break
        if not end and not is_last:
            return records
        text = data[start:position].removesuffix(b"\n").removesuffix(b"\r")
        records.consumed = position
        if text.strip():
            if fault:
                records.faults[len(records.texts)] = f"Invalid CSV: {fault}"
            records.texts.append(text)
            records.fields.append(fields)
    return records


def _read_lines(data: bytes, dialect: Dialect, *, is_last: bool) -> Records:
    """Return the records of a text without quotes: its lines."""
    end = len(data) if is_last else data.rfind(b"\n") + 1
    blanks, cut = dialect.blanks + b"\r", dialect.delimiter.encode()
    texts = [line for line in data[:end].split(b"\n") if line and not line.isspace()]
    fields = [[part.strip(blanks) for part in line.split(cut)] for line in texts]
    return Records(fields, [line.removesuffix(b"\r") for line in texts], {}, end)


def _malformed_end(data: bytes, position: int, dialect: Dialect, *, is_last: bool) -> int | None:
    """Return where a record ends that cannot be read; None if more of the file may mend it."""
    opened = data.find(b'"', position)
    closed = dialect.quoted.match(data, opened) if opened >= 0 else None
    line_end = data.find(b"\n", closed.end() if closed else len(data))
    if line_end >= 0:
        return line_end + 1
    return len(data) if is_last else None


def _field(quoted: bytes | None, plain: bytes | None, dialect: Dialect) -> bytes:
    if quoted is None:
        text = (plain or b"").rstrip(dialect.blanks + b"\r")
        return dialect.escaped.sub(_unescape, text) if dialect.escaped else text
    if dialect.escaped is not None:
        return Quoted(dialect.escaped.sub(_unescape, quoted))
    return Quoted(quoted.replace(b'""', b'"') if b'"' in quoted else quoted)


def _unescape(match: re.Match[bytes]) -> bytes:
    return match[1] if match[1] is not None else b'"'


def by_name(datasource: Datasource) -> Datasource:
    """Return a data source whose columns are read from members of their own names."""
    columns = tuple(_by_name(column) for column in datasource.columns)
    return replace(datasource, columns=columns)


def _by_name(column: Column) -> Column:
    """Return a column with a path of its name, without one where no event can have a value."""
    path = f"$.{column.name}"
    parsed = parse_path(path)
    if column.type is None or parsed is None or parsed.steps != (column.name,):
        return replace(column, json_path=None)
    if column.type.bare.family.group is Group.STATE:
        return replace(column, json_path=None)
    return replace(column, json_path=path)


Convert = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class _Member:
    """What a field becomes: a member of the object, or nothing."""

    key: bytes
    convert: Convert


class CsvReader:
    """Makes events of the records of one file.

    Attributes:
        datasource: whose columns are read from the events, see `by_name`.
        header: names of columns, by position, as they are taken.
    """

    def __init__(self, datasource: Datasource, header: Sequence[str] | None = None) -> None:
        """Start.

        Args:
            datasource: as in the project.
            header: names by position, of which those that are no column are passed over; without
                it records have all columns in the schema's order.

        Raises:
            RequestError: the data source has no column that CSV can fill.
        """
        self.datasource = by_name(datasource)
        columns = {c.name: c for c in self.datasource.columns if c.json_path and c.type}
        if not columns:
            raise RequestError(f"No column of data source '{datasource.name}' can be read from CSV")
        self.header = list(columns) if header is None else list(header)
        self._members = [_member(columns.get(name)) for name in self.header]

    def events(self, records: Records) -> tuple[bytes, Sent]:
        """Return a JSON object a line, one for each record, and what they were made of."""
        lines: list[bytes] = []
        faults = {index + 1: fault for index, fault in records.faults.items()}
        for index, fields in enumerate(records.fields):
            line = b"null"
            if index not in records.faults:
                try:
                    line = self._event(fields)
                except RequestError as error:
                    faults[index + 1] = error.message
                except UnicodeDecodeError as error:
                    faults[index + 1] = f"Invalid UTF-8: {error.reason} at byte {error.start}"
            lines.append(line)
        return b"\n".join(lines), Sent(records.texts, faults)

    def _event(self, fields: list[bytes]) -> bytes:
        members = self._members
        if len(fields) != len(members):
            if len(fields) == len(members) + 1 and not fields[-1]:
                fields.pop()  # a delimiter at the end of the line
            else:
                raise RequestError(
                    f"Invalid CSV: {len(fields)} fields, expected {len(members)}"
                    f" ({', '.join(self.header)[:200]})"
                )
        parts = []
        for member, text in zip(members, fields, strict=True):
            if member is not None and (value := member.convert(text)) is not None:
                parts.append(member.key + value)
        return b"{" + b",".join(parts) + b"}"


def find_header(fields: Sequence[bytes], datasource: Datasource) -> list[str] | None:
    """Return the names in a first record, None if it is a row: most of its names are no column.

    A name that is no column is taken for the one that `column_name` makes of it, if there is that.
    """
    names = [item.decode("utf-8", "replace") for item in fields]
    if names and not names[-1]:
        names.pop()
    known = {column.name for column in datasource.columns}
    made = {name: column_name(name) for name in names if name not in known}
    names = [made[name] if made.get(name) in known else name for name in names]
    found = sum(name in known for name in names)
    return names if found * 2 > len(names) else None


def column_name(text: str) -> str:
    """Return the name of a column for what a file calls it: letters, digits and underscores."""
    return _OTHER.sub("_", _OUTER.sub("", text))


def without_mark(data: bytes) -> bytes:
    """Return a file's first bytes without the mark of UTF-8."""
    return data.removeprefix(_BOM)


def _member(column: Column | None) -> _Member | None:
    if column is None or column.type is None:
        return None
    try:
        compile_type(column.type)
    except DatafileError as error:
        raise RequestError(error.message) from error
    key = orjson.dumps(column.name) + b":"
    return _Member(key, _converter(column, column.type))


def _converter(column: Column, type_: ColumnType) -> Convert:
    """Return what makes the JSON value of a field, None where the member is left out."""
    may_be_absent = column.default is not None or type_.is_nullable
    value = _VALUES.get(type_.bare.family.group, _text)
    bare, empty = type_.bare, _EMPTY.get(type_.bare.family.group, b'""')

    def convert(text: bytes) -> bytes | None:
        if type(text) is bytes:
            if not text:
                return None if may_be_absent else empty
            if text == _NULL:
                return b"null" if type_.is_nullable or column.default is None else None
        return value(text, bare)

    return convert


def _text(text: bytes, type_: ColumnType) -> bytes:
    return orjson.dumps(text.decode())


def _integer(text: bytes, type_: ColumnType) -> bytes:
    number = json_number(text)
    if number is None or b"." in number or b"e" in number:
        return _text(text, type_)
    bits = (type_.family.greatest or 0).bit_length()
    return b'"' + number + b'"' if bits > 64 else number


def _float(text: bytes, type_: ColumnType) -> bytes:
    number = json_number(text)
    if number == b"-0":  # an integer to readers of JSON, and so without its sign
        return b"-0.0"
    return number or _text(text, type_)


def _decimal(text: bytes, type_: ColumnType) -> bytes:
    number = json_number(text)
    return b'"' + number + b'"' if number is not None else _text(text, type_)


def _bool(text: bytes, type_: ColumnType) -> bytes:
    return _BOOLS.get(text.lower()) or _text(text, type_)


_BOOLS = {
    **dict.fromkeys((b"true", b"t", b"yes", b"y", b"on", b"enable", b"enabled", b"1"), b"true"),
    **dict.fromkeys((b"false", b"f", b"no", b"n", b"off", b"disable", b"disabled", b"0"), b"false"),
}

_DATE = re.compile(rb"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})(\d\d)(\d\d)")
_SECONDS = re.compile(rb"\d{5,10}")
_MOMENT = re.compile(rb"\d{5,19}(?:\.\d+)?")


def _date(text: bytes, type_: ColumnType) -> bytes:
    found = _DATE.fullmatch(text)
    if found is None:
        return _text(text, type_)
    year, month, day = (part for part in found.groups() if part is not None)
    return b'"%b-%b-%b"' % (year, month.zfill(2), day.zfill(2))


def _datetime(text: bytes, type_: ColumnType) -> bytes:
    return _json_integer(text) if _SECONDS.fullmatch(text) else _text(text, type_)


def _datetime64(text: bytes, type_: ColumnType) -> bytes:
    """Return seconds or, from ClickHouse's bound on, ticks: 10^9 times the precision."""
    if not _MOMENT.fullmatch(text):
        return _text(text, type_)
    if b"." in text:
        return json_number(text) or _text(text, type_)
    is_ticks = type_.scale > 0 and int(text) >= 10**9 * type_.scale
    return _json_integer(text) if is_ticks or not type_.scale else _json_integer(text) + b".0"


def _json_integer(text: bytes) -> bytes:
    return text.lstrip(b"0") or b"0"


def _enum(text: bytes, type_: ColumnType) -> bytes:
    if text.decode() not in type_.enum_values and (number := json_number(text)) is not None:
        return number
    return _text(text, type_)


def _container(text: bytes, type_: ColumnType) -> bytes:
    return json_of_literal(text) or _text(text, type_)


_VALUES: dict[Group, Callable[[bytes, ColumnType], bytes]] = {
    Group.INTEGER: _integer,
    Group.FLOAT: _float,
    Group.DECIMAL: _decimal,
    Group.BOOL: _bool,
    Group.DATE: _date,
    Group.DATETIME: _datetime,
    Group.DATETIME64: _datetime64,
    Group.ENUM: _enum,
    Group.ARRAY: _container,
    Group.MAP: _container,
    Group.TUPLE: _container,
    Group.NESTED: _container,
}

# What an empty field is where it cannot be left out; numbers and times refuse the text.
_EMPTY = {Group.ARRAY: b"[]", Group.NESTED: b"[]", Group.MAP: b"{}"}
