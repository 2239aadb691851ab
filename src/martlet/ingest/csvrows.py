"""CSV to events: each record as a JSON object by column name, so that rows are typed in one way.

A field becomes what ClickHouse's reader of CSV takes it for (compared with chDB 26.9 by a test),
but for what it makes up: an empty field of a number is no 0, a number that does not fit is not cut.
Such rows are refused, as those of events are.
"""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import orjson

from martlet.errors import DatafileError, RequestError
from martlet.ingest.coders import compile_type
from martlet.ingest.csvcolumns import (
    LONG_INTEGERS,
    MANY,
    NULL,
    Many,
    Quoted,
    from_table,
    many_texts,
    quoted_field,
    read_columns,
)
from martlet.ingest.literals import json_number, json_of_literal
from martlet.ingest.paths import parse_path
from martlet.ingest.rows import Sent
from martlet.model import Column, Datasource
from martlet.types import ColumnType, Group

_BOM = b"\xef\xbb\xbf"
_OTHER = re.compile(r"\W+")
_OUTER = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        delimiter: one ASCII character between fields.
        escape: one ASCII character before a character that stands for itself, empty for none; a
            quote in quotes may always be doubled.
        quote: one ASCII character around fields.
    """

    delimiter: str = ","
    escape: str = ""
    quote: str = '"'

    def __post_init__(self) -> None:
        """Refuse characters that cannot be told from others.

        Raises:
            RequestError: one is not a single ASCII character, or has another meaning.
        """
        if len(self.quote) != 1 or not self.quote.isascii() or self.quote.isspace():
            raise RequestError(
                "The parameter 'dialect_quotechar' is one ASCII character, and no white space: not"
                f" {self.quote[:40]!r}"
            )
        for name, value in (("delimiter", self.delimiter), ("escapechar", self.escape)):
            if name == "escapechar" and not value:
                continue
            if len(value) != 1 or not value.isascii() or value in f"{self.quote}\r\n":
                raise RequestError(
                    f"The parameter 'dialect_{name}' is one ASCII character, and neither a quote"
                    f" nor the end of a line: not {value[:40]!r}"
                )
        if self.delimiter == self.escape:
            raise RequestError("The dialect's delimiter and escapechar are the same character")

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """One field with what ends it."""
        cut, quote = re.escape(self.delimiter.encode()), re.escape(self.quote.encode())
        space = self.blanks
        blank = b"[" + space + b"]*+" if space else b""
        plain = rb"[^" + cut + rb"\n]"
        first = rb"[^" + cut + quote + rb"\n]"
        if self.escape:
            mark = re.escape(self.escape.encode())
            plain = rb"(?:" + mark + rb".|[^" + cut + mark + rb"\n])"
            first = rb"(?:" + mark + rb".|[^" + cut + mark + quote + rb"\n])"
        return re.compile(
            blank
            + rb"(?:" + self.quoted.pattern + blank + rb"|((?:" + first + plain + rb"*+)?+))"
            + rb"(" + cut + rb"|\r?\n|\Z)",
            re.DOTALL,
        )  # fmt: skip

    @cached_property
    def quoted(self) -> re.Pattern[bytes]:
        """A field in quotes."""
        quote, mark = re.escape(self.quote.encode()), re.escape(self.escape.encode())
        inside = rb"[^" + quote + mark + rb"]++|" + quote * 2
        if mark:
            inside += rb"|" + mark + rb"."
        return re.compile(quote + rb"((?:" + inside + rb")*+)" + quote, re.DOTALL)

    @cached_property
    def blanks(self) -> bytes:
        """White space around fields, which is not part of them."""
        return b" \t".replace(self.delimiter.encode(), b"")

    @cached_property
    def escaped(self) -> re.Pattern[bytes] | None:
        """What is unescaped: its first group, or else a quote."""
        if not self.escape:
            return None
        twice = re.escape(self.quote.encode()) * 2
        return re.compile(twice + rb"|" + re.escape(self.escape.encode()) + rb"(.)", re.DOTALL)


@dataclass(slots=True)
class Records:
    """The records of a text.

    Attributes:
        texts: each record as it was sent, without the end of its line.
        faults: why a record, by its index, cannot be read.
        consumed: bytes of the text that they take.
        columns: the fields of each column, where all records have as many; else None.
    """

    texts: list[bytes] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    consumed: int = 0
    columns: list[list[bytes]] | None = None
    _rows: list[list[bytes]] = field(default_factory=list)

    @property
    def fields(self) -> list[list[bytes]]:
        """The fields of each record; they are not there as columns any more."""
        if self.columns is not None:
            self._rows = list(map(list, zip(*self.columns, strict=True)))
            self.columns = None
        return self._rows

    @property
    def first(self) -> list[bytes] | None:
        """The fields of the first record that can be read; None if that is not the first of all."""
        if not self.texts or 0 in self.faults:
            return None
        return self._rows[0] if self.columns is None else [column[0] for column in self.columns]

    def drop_first(self) -> None:
        """Take the first record, which has names, off the others."""
        for items in (self.texts, *([self._rows] if self.columns is None else self.columns)):
            del items[0]
        self.faults = {index - 1: fault for index, fault in self.faults.items()}


def read_records(data: bytes, dialect: Dialect, *, is_last: bool = True) -> Records:
    """Return the whole records of a text; empty lines are none.

    Args:
        data: begins with a record.
        dialect: how it is written.
        is_last: whether the file ends with the text, so that its last record does too.
    """
    cut, quote = dialect.delimiter.encode(), dialect.quote.encode()
    if not dialect.escape:
        blanks = dialect.blanks
        found = read_columns(data, cut=cut, quote=quote, blanks=blanks, is_last=is_last)
        if found is not None:
            return Records(found.texts, {}, found.consumed, found.fields)
        if quote not in data:
            return _read_lines(data, dialect, is_last=is_last)
    return read_fields(data, dialect, is_last=is_last)


def read_fields(data: bytes, dialect: Dialect, *, is_last: bool = True) -> Records:
    """Return what `read_records` does, field by field."""
    cut, records = dialect.delimiter.encode(), Records()
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
            if end != cut:
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
    blanks, cut = dialect.blanks, dialect.delimiter.encode()
    texts = [line for line in data[:end].split(b"\n") if line and not line.isspace()]
    fields = [
        [part.lstrip(blanks).rstrip(blanks + b"\r") for part in line.split(cut)] for line in texts
    ]
    return Records([line.removesuffix(b"\r") for line in texts], {}, end, None, fields)


def _malformed_end(data: bytes, position: int, dialect: Dialect, *, is_last: bool) -> int | None:
    """Return where a record ends that cannot be read; None if more of the file may mend it."""
    opened = data.find(dialect.quote.encode(), position)
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
        return quoted_field(dialect.escaped.sub(_unescape, quoted))
    quote = dialect.quote.encode()
    return quoted_field(quoted.replace(quote * 2, quote))


def _unescape(match: re.Match[bytes]) -> bytes:
    return match[1] if match[1] is not None else match[0][:1]


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
    """What a field becomes: a member of the object, or nothing.

    Attributes:
        convert: makes the JSON value of a field, None where the member is left out.
        may_be_absent: whether an empty field is left out.
        many: does for most columns what `convert` does for a field.
    """

    key: bytes
    convert: Convert
    may_be_absent: bool
    many: Many | None

    def of(self, fields: Sequence[bytes]) -> tuple[bytes, Sequence[bytes | None]]:
        """Return how the values of a column are written in JSON, and its values.

        Raises:
            UnicodeDecodeError: one is no text.
        """
        joined = b"\n".join(fields)
        is_plain = NULL not in joined and joined.count(b"\n") == len(fields) - 1
        if self.many is None or not is_plain:
            return b"%b", list(map(self.convert, fields))
        if not self.may_be_absent or all(fields):
            made: tuple[bytes, Sequence[bytes | None]] | None = self.many(fields, joined)
        else:
            made = self._of_present(fields, self.many)
        return made or (b"%b", list(map(self.convert, fields)))

    def _of_present(
        self, fields: Sequence[bytes], many: Many
    ) -> tuple[bytes, Sequence[bytes | None]] | None:
        present = list(filter(None, fields))
        if Quoted in set(map(type, fields)):
            return None
        if not present:
            return b"%b", [None] * len(fields)
        made = many(present, b"\n".join(present))
        if made is None:
            return None
        values = iter(made[1])
        return made[0], [next(values) if field else None for field in fields]


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
            RequestError: the data source has no column that CSV can fill, or the names cannot be
                those of its columns.
        """
        self.datasource = by_name(datasource)
        columns = {c.name: c for c in self.datasource.columns if c.json_path and c.type}
        if not columns:
            raise RequestError(f"No column of data source '{datasource.name}' can be read from CSV")
        self.header = list(columns) if header is None else list(header)
        _check_header(self.header, columns, datasource.name)
        self._members = [_member(columns.get(name)) for name in self.header]

    def events(self, records: Records) -> tuple[bytes, Sent]:
        """Return a JSON object a line, one for each record, and what they were made of."""
        if records.columns is not None:
            body = self._objects(records.columns, len(records.texts))
            if body is not None:
                return body, Sent(records.texts, {})
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

    def _objects(self, columns: list[list[bytes]], count: int) -> bytes | None:
        """Return the objects of records by column, None where something is wrong with one."""
        if len(columns) == len(self._members) + 1 and not any(columns[-1]):
            columns = columns[:-1]  # a delimiter at the end of the lines
        if len(columns) != len(self._members):
            return None
        form, values, may_begin = b"", [], True
        try:
            for member, fields in zip(self._members, columns, strict=True):
                if member is None:
                    continue
                written, made = member.of(fields)
                before = b"," + member.key
                if None in made:
                    may_begin = may_begin and bool(form)
                    made = [b"" if v is None else before + written % v for v in made]
                    form += b"%b"
                else:
                    form += before.replace(b"%", b"%%") + written
                values.append(made)
        except UnicodeDecodeError:
            return None
        if not values:
            return b"\n".join([b"{}"] * count)
        rows = zip(*values, strict=True)
        if may_begin:
            return b"\n".join(map((b"{" + form[1:] + b"}").__mod__, rows))
        return b"\n".join([b"{" + (form % row)[1:] + b"}" for row in rows])

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


def _check_header(names: Sequence[str], columns: Container[str], datasource: str) -> None:
    """Refuse names with which all rows, or a column of them, would be left out without a word."""
    if any(map(_LONE_RETURN.search, names)):
        raise RequestError(
            "The lines of the file end with a carriage return alone", hint="end them with \\n"
        )
    known = [name for name in names if name in columns]
    if not known:
        raise RequestError(
            f"The header has no column of data source '{datasource}': {', '.join(names)[:200]!r}",
            hint="is the delimiter another one, or is it a row (header=false)?",
        )
    twice = next((name for name in known if known.count(name) > 1), None)
    if twice is not None:
        raise RequestError(f"The header names the column '{twice}' more than once")


_LONE_RETURN = re.compile(r"\r(?!\n)")


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
    may_be_absent = column.default is not None or column.type.is_nullable
    convert = _converter(column, column.type, may_be_absent=may_be_absent)
    return _Member(key, convert, may_be_absent, _many(column.type.bare))


def _many(type_: ColumnType) -> Many | None:
    """Return what makes JSON of the fields of a column, None where nothing does."""
    match type_.family.group:
        case Group.BOOL:
            written = (bytes.lower, bytes.upper, bytes.capitalize)
            return from_table({form(text): _BOOLS[text] for form in written for text in _BOOLS})
        case Group.ENUM:
            return from_table({name.encode(): orjson.dumps(name) for name in type_.enum_values})
        case Group.INTEGER if _is_long(type_):
            return LONG_INTEGERS
        case group:
            return None if _VALUES.get(group) is _container else MANY.get(group, many_texts)


def _converter(column: Column, type_: ColumnType, *, may_be_absent: bool) -> Convert:
    """Return what makes the JSON value of a field, None where the member is left out."""
    value = _VALUES.get(type_.bare.family.group, _text)
    bare, empty = type_.bare, _EMPTY.get(type_.bare.family.group, b'""')

    def convert(text: bytes) -> bytes | None:
        if type(text) is bytes:
            if not text:
                return None if may_be_absent else empty
            if text == NULL:
                return b"null" if type_.is_nullable or column.default is None else None
        return value(text, bare)

    return convert


def _text(text: bytes, type_: ColumnType) -> bytes:
    return orjson.dumps(text.decode())


def _integer(text: bytes, type_: ColumnType) -> bytes:
    number = json_number(text)
    if number is None or b"." in number or b"e" in number:
        return _text(text, type_)
    return b'"' + number + b'"' if _is_long(type_) else number


def _is_long(type_: ColumnType) -> bool:
    """Whether JSON has an integer type's values as texts."""
    return (type_.family.greatest or 0).bit_length() > 64


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
