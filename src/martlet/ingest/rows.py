"""Rows of a data source from JSON events: typed and canonical, or refused with the reason."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import Any, Protocol

import orjson

from martlet.errors import DatafileError, RequestError, TooLargeError, TypeSyntaxError
from martlet.ingest.bodies import Events, split_events
from martlet.ingest.coders import Coder, RefusalError, compile_type, nested_columns
from martlet.ingest.paths import JsonPath, Reader, Step, parse_path
from martlet.ingest.values import (
    EXACT_DECODER,
    MISSING,
    MismatchError,
    Missing,
    json_text,
    printable,
    raw_text,
    shown,
)
from martlet.model import Column, Datasource
from martlet.types import ColumnType, Group

MAX_ROW_BYTES = 900 * 1024
MAX_REFUSED_ROWS = 100_000
_SHOWN_LENGTH = 80
_ACCESSING = " While accessing jsonpath "

# Texts held at a time before they are joined. With more of them glibc gives memory back to the
# system and takes it again, which costs up to ten times as long (measured, rows of 0.3 to 3 KB).
_DUMPED_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row for the quarantine.

    Attributes:
        raw: the event as it was sent; U+FFFD stands for what is not UTF-8.
        columns: the columns at fault; one empty name if the event is no JSON object.
        errors: what is wrong with each of them.
        values: each ingested column's value as sent, None when it is absent or null.
        number: of the event in its request, from 1.
    """

    raw: str
    columns: list[str]
    errors: list[str]
    values: dict[str, str | None]
    number: int = 0


@dataclass(slots=True)
class CodedRows:
    """The rows of a body.

    Attributes:
        accepted: the number of accepted rows.
        refused: the others, in the body's order.
    """

    accepted: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    _blocks: list[bytes] = field(default_factory=list)
    _numbers: list[Sequence[int]] = field(default_factory=list)

    def block(self) -> bytes:
        """Return all accepted rows as ClickHouse's JSONEachRow, one per line."""
        return b"\n".join(self._blocks)

    @property
    def rows(self) -> list[bytes]:
        """Each accepted row as a JSON document, in the body's order.

        Columns that a row leaves to their defaults are absent. Any part of the list joined by
        newlines is a block too.
        """
        return self.block().split(b"\n") if self.accepted else []

    @property
    def numbers(self) -> Iterator[int]:
        """The number, from 1, that each accepted row's event has in the body."""
        return chain.from_iterable(self._numbers)

    def add(self, block: bytes, numbers: Sequence[int]) -> None:
        """Append accepted rows, one per line, and the numbers of their events."""
        if numbers:
            self._blocks.append(block)
            self._numbers.append(numbers)
            self.accepted += len(numbers)


@dataclass(frozen=True, slots=True)
class Sent:
    """What events were made of, where the client has sent them in another form than JSON.

    Attributes:
        texts: of each event, as sent.
        faults: why some, by their number from 1, are no event; `null` stands in their place.
    """

    texts: Sequence[bytes]
    faults: Mapping[int, str]

    def restored(self, row: RefusedRow) -> RefusedRow:
        """Return a refused row as the client knows it: its own text, and no JSON path."""
        raw = self.texts[row.number - 1].decode("utf-8", "replace")
        if fault := self.faults.get(row.number):
            return replace(row, raw=raw, errors=[fault])
        errors = [error.partition(_ACCESSING)[0] for error in row.errors]
        return replace(row, raw=raw, errors=errors)


Finish = Callable[[list[Any]], list[Any]]


class Layout(Protocol):
    """How rows are written for another store than ClickHouse: one for each request."""

    def arrange(
        self,
        names: list[str],
        columns: list[list[Any]],
        incomplete: Container[str],
        left_out: Collection[int],
    ) -> tuple[list[str], list[list[Any]]]:
        """Return the names and values of what is stored.

        Args:
            names: as `RowCoder` has them.
            columns: values as stored, finished; `MISSING` where an event has none.
            incomplete: the names of columns with `MISSING` among their values.
            left_out: indexes of rows that are not stored from here.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Field:
    """A key of the stored row and how it is made.

    Attributes:
        name: the key; `column.element` for each element of a Nested column.
        column: the column's name in the data source.
        member: the event's member if the path is only that.
        finish: what makes another store's values of stored ones, None if they stay.
    """

    name: str
    column: str
    path: JsonPath
    coder: Coder
    read: Reader
    member: str | None
    finish: Finish | None = None


@dataclass(slots=True)
class _Batch:
    """Events on their way through the fields.

    Attributes:
        suspects: the indexes of events that need `RowCoder._code_alone`.
        incomplete: the fields that some event leaves to their default.
    """

    events: list[dict[str, object]]
    suspects: set[int] = field(default_factory=set)
    incomplete: list[str] = field(default_factory=list)

    def read(self, field: _Field) -> list[object]:
        if field.member is not None:
            try:
                return list(map(itemgetter(field.member), self.events))
            except KeyError:
                return [event.get(field.member, MISSING) for event in self.events]
        return list(map(field.read, self.events))

    def code(self, field: _Field, values: list[Any]) -> list[Any]:
        """Return the values as stored; events where that cannot be become suspects."""
        coded = self._code(field, values)
        return coded if field.finish is None else field.finish(coded)

    def _code(self, field: _Field, values: list[Any]) -> list[Any]:
        coder = field.coder
        kinds = _kinds(values)
        if Missing in kinds:
            self.incomplete.append(field.name)
        if coder.are_plain(values, kinds):
            return values
        if coder.many and kinds == _ONLY_TEXTS and (coded := coder.many(values)) is not None:
            return coded
        return [self._one(coder, index, value) for index, value in enumerate(values)]

    def _one(self, coder: Coder, index: int, value: object) -> object:
        try:
            return coder.one(value)
        except RefusalError:
            self.suspects.add(index)
            return None


_ONLY_TEXTS: set[type] = {str}
_ONLY_OBJECTS = {dict}


def _kinds(values: list[Any]) -> set[type]:
    """Return the types among values; that all are texts is known fastest by joining them."""
    if type(values[0]) is str:
        try:
            "".join(values)
        except TypeError:
            pass
        else:
            return _ONLY_TEXTS
    return set(map(type, values))


def _batch(events: Events) -> _Batch:
    values: list[Any] = events.values
    if set(map(type, values)) == _ONLY_OBJECTS:
        return _Batch(values)
    suspects = {index for index, value in enumerate(values) if type(value) is not dict}
    return _Batch([{} if i in suspects else value for i, value in enumerate(values)], suspects)


class RowCoder:
    """The one way in for the events of one data source.

    Attributes:
        columns: the columns that are read from JSON, in schema order.
    """

    def __init__(
        self,
        datasource: Datasource,
        *,
        finish: Callable[[ColumnType], Finish | None] = lambda type_: None,
    ) -> None:
        """Compile the schema; do it once per data source.

        Args:
            datasource: whose events these are.
            finish: what another store than ClickHouse does to the values of a type.

        Raises:
            DatafileError: a column with a JSON path cannot be read from JSON.
        """
        fields = [
            replace(field, finish=finish(field.coder.expected))
            for column in datasource.columns
            for field in _fields(column)
        ]
        self._name = datasource.name
        self._fields = fields
        self._names = [field.name for field in fields]
        # Then an event with just these members is the row already.
        self._is_flat = all(field.member == field.name for field in fields)
        members = [field.member for field in fields if field.member is not None]
        # All members of an event at once, where each field is one.
        self._take = itemgetter(*members) if len(members) == len(fields) > 1 else None
        self._readers = {
            column.name: path.reader()
            for column in datasource.columns
            if column.json_path and (path := parse_path(column.json_path))
        }
        self.columns = tuple(self._readers)

    def code(
        self,
        body: bytes,
        format: str = "ndjson",
        *,
        layout: Layout | None = None,
        sent: Sent | None = None,
    ) -> CodedRows:
        """Return the rows of a body, each either accepted or refused.

        Args:
            body: decoded, as the client wrote it.
            format: `ndjson` or `json`, see `split_events`.
            layout: of another store than ClickHouse.
            sent: what the body was made of.

        Raises:
            RequestError: the body as a whole is at fault, has more than `MAX_REFUSED_ROWS` that do
                not fit, or the data source takes no events; nothing of it may be stored.
            TooLargeError: a row is above `MAX_ROW_BYTES`; nothing of the body may be stored.
        """
        if not self._fields:
            raise RequestError(
                f"Data source '{self._name}' cannot take events: no column has a jsonpath",
                hint="add a path such as `json:$.name` to each column of the schema",
            )
        result = CodedRows()
        seen = 0
        for events in split_events(body, format=format):
            if not events.texts:  # blank lines
                continue
            _check_sizes(events.texts, seen)
            self._code_part(events, result, seen, layout)
            if len(result.refused) > MAX_REFUSED_ROWS:
                raise RequestError(
                    f"More than {MAX_REFUSED_ROWS} rows do not fit data source '{self._name}':"
                    f" nothing was stored. The first: {result.refused[0].errors[0]}"
                )
            seen += len(events.texts)
        if sent is not None:
            result.refused = list(map(sent.restored, result.refused))
        return result

    def _code_part(
        self, events: Events, result: CodedRows, seen: int, layout: Layout | None
    ) -> None:
        batch = _batch(events)
        rows = self._rows(batch, layout)
        for index in batch.suspects:
            rows[index] = {}
        block = _dump(rows)
        if not batch.suspects:
            result.add(block, range(seen + 1, seen + 1 + len(rows)))
            return
        accepted, numbers = [], []
        for index, row in enumerate(block.split(b"\n")):
            is_suspect = index in batch.suspects
            coded = self._code_alone(events.texts[index], layout) if is_suspect else row
            number = seen + index + 1
            if isinstance(coded, bytes):
                accepted.append(coded)
                numbers.append(number)
            else:
                result.refused.append(replace(coded, number=number))
        result.add(b"\n".join(accepted), numbers)

    def _rows(self, batch: _Batch, layout: Layout | None) -> list[dict[str, object]]:
        read = self._read(batch)
        coded = list(map(batch.code, self._fields, read))
        names = self._names
        if layout is not None:
            names, coded = layout.arrange(names, coded, batch.incomplete, batch.suspects)
            batch.incomplete.clear()
        is_flat = self._is_flat and names is self._names and not batch.incomplete
        if is_flat and set(map(len, batch.events)) == {len(names)}:
            for name, before, after in zip(names, read, coded, strict=True):
                if after is not before:
                    for event, value in zip(batch.events, after, strict=True):
                        event[name] = value
            return batch.events
        rows = [dict(zip(names, row, strict=True)) for row in zip(*coded, strict=True)]
        for name in batch.incomplete:
            for row in rows:
                if row[name] is MISSING:
                    del row[name]
        return rows

    def _read(self, batch: _Batch) -> list[list[object]]:
        """Return the values of each field."""
        if self._take is not None:
            try:
                return list(map(list, zip(*map(self._take, batch.events), strict=True)))
            except KeyError:
                pass
        return [batch.read(field) for field in self._fields]

    def _code_alone(self, text: bytes, layout: Layout | None) -> bytes | RefusedRow:
        """Return one row from its text, numbers as sent: slow, but with every reason."""
        try:
            event = EXACT_DECODER.decode(text.decode())
        except UnicodeDecodeError as error:
            return self._unreadable(text, f"Invalid UTF-8: {error.reason} at byte {error.start}")
        except ValueError as error:
            return self._unreadable(text, f"Invalid JSON: {error}")
        except RecursionError:
            return self._unreadable(text, "Invalid JSON: nested too deeply")
        if not isinstance(event, dict):
            seen = shown(event, length=_SHOWN_LENGTH)
            return self._unreadable(text, f"Expected a JSON object, got {seen}")
        row: dict[str, object] = {}
        faults: dict[str, str] = {}
        for item in self._fields:
            try:
                row[item.name] = self._code_field(item, event, layout)
            except RefusalError as refusal:
                faults.setdefault(item.column, _explain(item, refusal))
        if not faults:
            return self._document(row, layout)
        values = {name: raw_text(read(event)) for name, read in self._readers.items()}
        raw = text.decode("utf-8", "replace")
        return RefusedRow(raw, list(faults), list(faults.values()), values)

    def _code_field(self, field: _Field, event: object, layout: Layout | None) -> object:
        value = field.read(event)
        coded = field.coder.one(value)
        if coded is MISSING:
            return coded
        try:
            text = json_text(coded, least_float=float("inf"))
        except MismatchError as error:
            raise RefusalError(field.coder.expected, value, str(error)) from error
        if layout is None:
            return orjson.Fragment(text)
        return coded if field.finish is None else field.finish([coded])[0]

    def _document(self, row: dict[str, object], layout: Layout | None) -> bytes:
        if layout is not None:
            columns = [[value] for value in row.values()]
            incomplete = [name for name, value in row.items() if value is MISSING]
            names, columns = layout.arrange(list(row), columns, incomplete, ())
            row = {name: values[0] for name, values in zip(names, columns, strict=True)}
        return orjson.dumps({name: value for name, value in row.items() if value is not MISSING})

    def _unreadable(self, text: bytes, reason: str) -> RefusedRow:
        values: dict[str, str | None] = dict.fromkeys(self.columns)
        return RefusedRow(text.decode("utf-8", "replace").strip(), [""], [reason], values)


def _fields(column: Column) -> list[_Field]:
    if not column.json_path:
        return []
    try:
        return _compile(column, column.json_path)
    except TypeSyntaxError as error:
        message = f"Column '{column.name}': {error.message}"
        raise DatafileError(message, location=column.location, hint=error.hint) from error


def _compile(column: Column, path_text: str) -> list[_Field]:
    path = parse_path(path_text)
    if path is None:
        raise TypeSyntaxError(
            f"'{path_text}' is no jsonpath", hint="write $.a, $.a.b, $.a[:] or $.a[:].b"
        )
    if column.type is None:
        raise TypeSyntaxError("a column with a jsonpath needs a type")
    if column.type.family.group is not Group.NESTED:
        return [_field(column.name, column, column.type, path)]
    each = path.text if path.text.endswith("[:]") else f"{path.text}[:]"
    return [
        _field(
            f"{column.name}.{name}", column, type_, JsonPath(f"{each}.{name}", _below(path, name))
        )
        for name, type_ in nested_columns(column.type)
    ]


def _below(path: JsonPath, name: str) -> tuple[Step, ...]:
    steps = path.steps if path.text.endswith("[:]") else (*path.steps, None)
    return (*steps, name)


def _field(name: str, column: Column, type_: ColumnType, path: JsonPath) -> _Field:
    may_be_absent = column.default is not None or type_.is_nullable
    coder = compile_type(type_, may_be_absent=may_be_absent)
    member = path.steps[0] if len(path.steps) == 1 else None
    member = member if isinstance(member, str) else None
    return _Field(name, column.name, path, coder, path.reader(), member)


def _check_sizes(texts: list[bytes], seen: int) -> None:
    if texts and max(map(len, texts)) > MAX_ROW_BYTES:
        index = next(i for i, text in enumerate(texts) if len(text) > MAX_ROW_BYTES)
        raise TooLargeError(
            f"Row {seen + index + 1} is larger than {MAX_ROW_BYTES} bytes, the limit of one row;"
            " nothing of the request was stored"
        )


def _dump(rows: list[dict[str, object]]) -> bytes:
    """Return rows as JSON, one per line."""
    starts = range(0, len(rows), _DUMPED_AT_ONCE)
    parts = (map(orjson.dumps, rows[start : start + _DUMPED_AT_ONCE]) for start in starts)
    return b"\n".join([b"\n".join(part) for part in parts])


def _explain(field: _Field, refusal: RefusalError) -> str:
    """Return the message for the quarantine."""
    name = field.column
    place = field.path.place(refusal.inside)
    if refusal.value is MISSING:
        fault = (
            f"Strict type checking failed. Object does not have column '{name}', you should send"
            " a value or recreate the table with a Nullable column type."
        )
    elif refusal.value is None:
        fault = (
            f"Null value not allowed on column '{name}', you should send a value or recreate the"
            " table with a Nullable column type."
        )
    else:
        value = shown(refusal.value, length=_SHOWN_LENGTH)
        reason = f": {refusal.reason}" if refusal.reason else ""
        fault = f"Value {value} on column '{name}' is not {refusal.expected}{reason}."
    return printable(f"{fault}{_ACCESSING}'{place}'")
