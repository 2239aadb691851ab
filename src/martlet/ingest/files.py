"""Files of rows on disk, taken apart into bodies of events in bounded memory."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from martlet.errors import RequestError, TooLargeError
from martlet.ingest.bodies import ENCODINGS
from martlet.ingest.csvrows import (
    CsvReader,
    Dialect,
    Records,
    find_header,
    without_mark,
)
from martlet.ingest.parts import CsvCut, Read, cut_lines, read_parts
from martlet.ingest.rows import Sent
from martlet.model import Datasource

# Of a CSV file that is taken apart at a time: its fields take many times the memory of its text.
CSV_PART_BYTES = 256 * 1024
# Of a body, about; an insert is one of them.
BODY_BYTES = 8 * 1024 * 1024
# Of a file without its compression: what it takes on disk as rows is bounded by that.
MAX_DECODED_BYTES = 64 * 1024**3

# Compressed files by their first bytes, for those that come without a Content-Encoding.
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}

# No UTF-8 begins with one of these.
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

# What a decoder may make of one small step.
_DECODED_STEP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """Events of a file.

    Attributes:
        datasource: as they are read for it.
        data: one event a line.
        sent: what they were made of, if they were no JSON.
        read_bytes: bytes of the decoded file that are read by now.
    """

    datasource: Datasource
    data: bytes
    sent: Sent | None
    read_bytes: int


class CsvFile:
    """A CSV file in parts.

    Attributes:
        header: the names in its first record, None if it has none; known after the first part.
    """

    def __init__(self, datasource: Datasource, dialect: Dialect, has_header: bool | None) -> None:
        self.header: list[str] | None = None
        self._datasource = datasource
        self._has_header = has_header
        self._dialect = dialect

    def bodies(self, read: Read, *, size: int = BODY_BYTES) -> Iterator[Body]:
        """Yield the file's events in bodies of about one size.

        Raises:
            RequestError: the file is empty, or no column can be read from CSV.
        """
        cut, reader = CsvCut(self._dialect), CsvReader(self._datasource)
        bodies: list[bytes] = []
        texts: list[bytes] = []
        faults: dict[int, str] = {}
        is_empty, taken = True, 0
        for part in read_parts(_without_mark(read), cut, size=CSV_PART_BYTES):
            records = cut.records
            if not part.offset:
                self.header = self._header(records)
                if self.header is not None:
                    is_empty = False
                    records.drop_first()
                    reader = CsvReader(self._datasource, self.header)
            if not records.texts:
                continue
            is_empty = False
            body, of_part = reader.events(records)
            bodies.append(body)
            faults |= {len(texts) + number: fault for number, fault in of_part.faults.items()}
            texts += of_part.texts
            taken += len(body)
            if taken >= size:
                yield Body(reader.datasource, b"\n".join(bodies), Sent(texts, faults), part.end)
                bodies, texts, faults, taken = [], [], {}, 0
        if bodies:
            yield Body(reader.datasource, b"\n".join(bodies), Sent(texts, faults), part.end)
        if is_empty:
            raise RequestError("The file is empty", hint="send at least one row")

    def _header(self, records: Records) -> list[str] | None:
        """Return the names in a file's first record, None if it is a row."""
        first = records.first
        if first is None or self._has_header is False:
            return None
        names = find_header(first, self._datasource)
        if names is None and self._has_header:
            return [text.decode("utf-8", "replace") for text in first]
        return names


def ndjson_bodies(datasource: Datasource, read: Read, *, size: int = BODY_BYTES) -> Iterator[Body]:
    """Yield the events of a file that has one a line.

    Raises:
        RequestError: the file is empty.
    """
    is_empty = True
    for part in read_parts(_without_mark(read), cut_lines, size=size):
        if not part.data.isspace():
            is_empty = False
            yield Body(datasource, part.data, None, part.end)
    if is_empty:
        raise RequestError("The file is empty", hint="send at least one row")


class Decoded:
    """A file on disk, read without its compression; close it."""

    def __init__(self, path: Path, encoding: str | None) -> None:
        """Open a file.

        Args:
            path: of the file.
            encoding: as a Content-Encoding names it; what the first bytes say wins.

        Raises:
            RequestError: the encoding is unknown.
        """
        self._file = path.open("rb")
        first = self._file.read(4)
        self._file.seek(0)
        seen = next((name for magic, name in MAGIC.items() if first.startswith(magic)), None)
        name = seen or ((encoding or "identity").strip().lower() if first else "identity")
        decode = ENCODINGS.get(name)
        if decode is None:
            self._file.close()
            raise RequestError(
                f"Unknown Content-Encoding '{encoding}'", hint="use gzip, zstd or identity"
            )
        self._map: mmap.mmap | None = None
        self._pieces: Iterator[bytes] | None = None
        self._rest = b""
        self._size = 0
        if name != "identity":
            # A map of the file is sliced as bytes are, and is not in our memory.
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            self._pieces = decode(cast(bytes, self._map), _DECODED_STEP_BYTES)

    @property
    def is_compressed(self) -> bool:
        return self._pieces is not None

    def read(self, size: int) -> bytes:
        """Return so many bytes or fewer, none at the end.

        Raises:
            RequestError: the file is not in its encoding.
            TooLargeError: what it holds is above the limit.
        """
        if self._pieces is None:
            return self._file.read(size)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        self._size += len(taken)
        if self._size > MAX_DECODED_BYTES:
            raise TooLargeError(f"The file has more than {MAX_DECODED_BYTES} bytes when decoded")
        return taken

    def close(self) -> None:
        """Close the file."""
        self._pieces = None
        if self._map is not None:
            self._map.close()
        self._file.close()


def _without_mark(read: Read) -> Read:
    """Return what reads a file past the mark of UTF-8 at its beginning."""
    first = b""
    while len(first) < 3 and (piece := read(3 - len(first))):
        first += piece
    if first.startswith(_UTF_16):
        raise RequestError("The file is UTF-16", hint="write it as UTF-8")
    waiting = [text for text in [without_mark(first)] if text]

    def read_on(size: int) -> bytes:
        return waiting.pop() if waiting else read(size)

    return read_on
