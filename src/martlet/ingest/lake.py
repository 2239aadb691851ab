"""Rows as documents for Firehose, which makes Parquet of them with the OpenX JSON SerDe.

A document is one JSON object with lower-case keys and a newline behind it. Its values have the
forms of `martlet.lake`, written so that no reader has to guess:

- Times are `YYYY-MM-DD hh:mm:ss[.fraction]` in UTC, which is one of the SerDe's own forms; finer
  ones are ticks.
- A number that a double does not carry (UInt64 above 2^63 - 1, a Decimal of more than 15 digits)
  is a JSON text. The SerDe takes numbers from texts, and so do Trino's reader of the format and
  MiniStack (read back, 1.5.33), which makes doubles of JSON numbers with a point.
- Floats need nothing: events have no infinity and no NaN, since JSON has none.

Keys of maps keep their case, so the stream's `CaseInsensitive` must be off: with it on the SerDe
writes all keys in lower case, those of maps too.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html,
https://github.com/trinodb/trino/blob/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/openxjson/README.md
"""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from martlet.catalog import quarantine_columns
from martlet.errors import TooLargeError
from martlet.ingest.canonical import finish
from martlet.ingest.clocks import Clock, clocks, days_ahead
from martlet.ingest.coders import Coder, compile_type
from martlet.ingest.defaults import Filled, filled
from martlet.ingest.rows import Finish, RefusedRow, RowCoder, Sent
from martlet.ingest.values import MISSING
from martlet.lake import HIDDEN
from martlet.model import Column, Datasource
from martlet.types import Group

# Of a Firehose record before Base64; a document is in one record.
# https://docs.aws.amazon.com/firehose/latest/APIReference/API_Record.html
MAX_DOCUMENT_BYTES = 1_024_000

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  all moments here are naive and in UTC


@dataclass(frozen=True, slots=True)
class LakeRows:
    """The rows of one request as documents.

    Attributes:
        documents: of accepted rows, each with a newline at its end.
        numbers: of each one's event in the request, from 1.
        refused: documents for the quarantine.
        refused_numbers: of each one's event in the request.
        days_ahead: how many days the furthest time of the partition key lies after the day of
            arrival; 0 where none does.
    """

    documents: list[bytes]
    numbers: Sequence[int]
    refused: list[bytes]
    refused_numbers: Sequence[int]
    days_ahead: int = 0


class LakeCoder:
    """The way from the events of one data source to documents."""

    def __init__(self, datasource: Datasource) -> None:
        """Compile the schema; do it once per data source.

        Raises:
            DatafileError: a column with a JSON path cannot be read from JSON.
        """
        self._coder = RowCoder(datasource, finish=finish)
        self._name = datasource.name
        made = map(_lake_column, datasource.columns)
        self._columns = [item for item in made if item is not None]
        self._clocks = clocks(datasource)
        self._refused_columns = quarantine_columns(datasource)

    def code(
        self, body: bytes, format: str, *, batch: str, moment: int, sent: Sent | None = None
    ) -> LakeRows:
        """Return the rows of a body.

        Args:
            body: decoded, as the client wrote it.
            format: `ndjson` or `json`.
            batch: what tells this request's rows from all others.
            moment: of arrival, nanoseconds since 1970.
            sent: what the body was made of.

        Raises:
            RequestError: the body as a whole is at fault; nothing of it may be stored.
            TooLargeError: a row is above a limit; nothing of the body may be stored.
        """
        layout = _Layout(self._columns, self._clocks, moment)
        coded = self._coder.code(body, format, layout=layout, sent=sent)
        hidden = _hidden(batch, moment)
        numbers = list(coded.numbers)
        documents = [
            b"%b%b%d}\n" % (row[:-1], hidden, number)
            for row, number in zip(coded.rows, numbers, strict=True)
        ]
        _check_sizes(documents, numbers)
        arrived = _clock_text(moment)
        refused = [self._refused(row, arrived, hidden) for row in coded.refused]
        refused_numbers = [row.number for row in coded.refused]
        return LakeRows(documents, numbers, refused, refused_numbers, layout.days_ahead)

    def _refused(self, row: RefusedRow, arrived: str, hidden: bytes) -> bytes:
        """Return a document for the quarantine; a column's value may be left out, the text not."""
        values = {name.lower(): row.values.get(name) for name in self._refused_columns}
        document = _quarantine_document(row, values, arrived, hidden)
        if len(document) > MAX_DOCUMENT_BYTES:  # all of it is in the text
            document = _quarantine_document(row, {}, arrived, hidden)
        if len(document) > MAX_DOCUMENT_BYTES:
            document = _quarantine_document(_cut(row), {}, arrived, hidden)
        return document


@dataclass(frozen=True, slots=True)
class _Default:
    """A DEFAULT that is filled in, and the way of its value to the lake."""

    filled: Filled
    coder: Coder
    finish: Finish | None

    def values(self, moment: int, count: int) -> list[Any]:
        make = self.filled.make
        if self.filled.is_constant:
            return self._finished([self.coder.one(make(moment))]) * count
        return self._finished([self.coder.one(make(moment)) for _ in range(count)])

    def _finished(self, values: list[Any]) -> list[Any]:
        return values if self.finish is None else self.finish(values)


@dataclass(frozen=True, slots=True)
class _LakeColumn:
    """A column that documents have.

    Attributes:
        source: its name in the row coder, of its first array if it is a Nested column.
        parts: the names of a Nested column's arrays in the row coder, and in the document.
    """

    name: str
    source: str | None
    default: _Default | None
    parts: tuple[tuple[str, str], ...] = ()


def _lake_column(column: Column) -> _LakeColumn | None:
    type_, default = column.type, filled(column)
    made = None
    if type_ is not None and default is not None:
        made = _Default(default, compile_type(type_), finish(type_))
    if not column.json_path:
        return _LakeColumn(column.name.lower(), None, made) if made else None
    parts: tuple[tuple[str, str], ...] = ()
    if type_ is not None and type_.family.group is Group.NESTED:
        parts = tuple((f"{column.name}.{name}", name.lower()) for name in type_.names)
    source = parts[0][0] if parts else column.name
    return _LakeColumn(column.name.lower(), source, made, parts)


class _Layout:
    """The columns of one request's rows, see `martlet.ingest.rows.Layout`."""

    def __init__(
        self, columns: Sequence[_LakeColumn], clocks: Sequence[Clock], moment: int
    ) -> None:
        self._columns = columns
        self._clocks = clocks
        self._moment = moment
        self.days_ahead = 0

    def arrange(
        self,
        names: list[str],
        columns: list[list[Any]],
        incomplete: Container[str],
        left_out: Collection[int],
    ) -> tuple[list[str], list[list[Any]]]:
        """Return lower-case names and values, Nested columns as one, and NULL for what is absent.

        The names are those that came in, if they are right, so that rows need not be made anew.
        """
        read = dict(zip(names, columns, strict=True))
        count = len(columns[0])
        arranged = {
            item.name: self._values(item, read, count, incomplete) for item in self._columns
        }
        self._watch(arranged, left_out)
        values = list(arranged.values())
        return (names if names == list(arranged) else list(arranged)), values

    def _values(
        self, item: _LakeColumn, read: dict[str, list[Any]], count: int, incomplete: Container[str]
    ) -> list[Any]:
        values = read[item.source] if item.source else [MISSING] * count
        if item.parts:
            values = _structs(item, read)
        if item.source and item.source not in incomplete:
            return values
        default = item.default.values(self._moment, count) if item.default else [None] * count
        return [default[i] if value is MISSING else value for i, value in enumerate(values)]

    def _watch(self, arranged: dict[str, list[Any]], left_out: Collection[int]) -> None:
        for clock in self._clocks:
            values = arranged.get(clock.column.lower())
            if values is not None and left_out:
                values = [value for i, value in enumerate(values) if i not in left_out]
            ahead = days_ahead(clock, values, self._moment)
            self.days_ahead = max(self.days_ahead, ahead)


def _structs(item: _LakeColumn, read: dict[str, list[Any]]) -> list[Any]:
    """Return the values of a Nested column, which is read array by array, as arrays of structs."""
    names = [name for _, name in item.parts]
    return [
        [dict(zip(names, fields, strict=True)) for fields in zip(*arrays, strict=True)]
        if all(isinstance(array, list) for array in arrays)
        else MISSING  # absent; or a row that is looked at again
        for arrays in zip(*(read[part] for part, _ in item.parts), strict=True)
    ]


def _hidden(batch: str, moment: int) -> bytes:
    """Return the hidden columns as they stand behind a row's own, up to the number."""
    ingested, mark, row = HIDDEN
    text = f',"{ingested}":{moment // 1_000_000},"{mark}":"{batch}","{row}":'
    return text.encode()


def _check_sizes(documents: Sequence[bytes], numbers: Sequence[int]) -> None:
    for document, number in zip(documents, numbers, strict=True):
        if len(document) > MAX_DOCUMENT_BYTES:
            raise TooLargeError(
                f"Row {number} has {len(document)} bytes as it is stored, and a record of Firehose"
                f" has {MAX_DOCUMENT_BYTES} at most; nothing of the request was stored"
            )


def _quarantine_document(
    row: RefusedRow, values: dict[str, str | None], arrived: str, hidden: bytes
) -> bytes:
    own = {
        "c__error_column": row.columns,
        "c__error": row.errors,
        "c__import_id": None,
        **values,
        "insertion_date": arrived,
        "c__raw": row.raw,
    }
    return b"%b%b%d}\n" % (orjson.dumps(own)[:-1], hidden, row.number)


def _cut(row: RefusedRow) -> RefusedRow:
    """Return a refused row whose text fits a record, with an error that says so."""
    # An escape makes six bytes of one, beside a KiB or so for the other members.
    length = MAX_DOCUMENT_BYTES // 6 - 64 * 1024
    note = f"The text is cut: it has {len(row.raw)} characters, and a record of Firehose cannot"
    errors = [error[:1000] for error in row.errors[:10]]
    columns = row.columns[:10]
    return RefusedRow(
        row.raw[:length], [*columns, ""], [*errors, f"{note} hold them."], {}, row.number
    )


def _clock_text(moment: int) -> str:
    return (_EPOCH + timedelta(seconds=moment // 10**9)).isoformat(" ")
