"""Large files in parts of whole rows, in bounded memory; where parts end follows from the bytes."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from martlet.errors import RequestError, TooLargeError
from martlet.ingest.csvrows import Dialect, Records, read_records

PART_BYTES = 4 * 1024 * 1024
# Of one row; more than that is a file that is not what it is said to be.
MAX_ROW_BYTES = 16 * 1024 * 1024

GZIP_MAGIC = b"\x1f\x8b"
_STEP = 256 * 1024

Read = Callable[[int], bytes]
"""Returns so many bytes of a file or fewer, none at its end."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whole rows of a file.

    Attributes:
        offset: of the first byte, in the file without its compression.
    """

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """Return the offset of the next part."""
        return self.offset + len(self.data)


class Cut(Protocol):
    """Finds where the last whole row of a text ends."""

    def __call__(self, data: bytes, *, is_last: bool) -> int:
        """Return an index; 0 where no row is whole."""
        ...


def cut_lines(data: bytes, *, is_last: bool) -> int:
    """Return where the last line ends: one row is one line of NDJSON."""
    return len(data) if is_last else data.rfind(b"\n") + 1


class CsvCut:
    """Finds the end of the last record; records may have ends of lines in quotes.

    Attributes:
        records: that it found when it was asked last.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.records = Records()

    def __call__(self, data: bytes, *, is_last: bool) -> int:
        """Return where the last record ends."""
        self.records = read_records(data, self._dialect, is_last=is_last)
        return self.records.consumed


def read_parts(read: Read, cut: Cut, *, offset: int = 0, size: int = PART_BYTES) -> Iterator[Part]:
    """Yield a file's rows in parts of about one size.

    A part is made of the `size` bytes from its offset, less the row that they cut. So the same
    file gives the same parts, also where reading begins anew at the offset of one.

    Args:
        read: of the file, from `offset` on.
        cut: where rows end.
        offset: where a part begins.
        size: of a part; a longer row is a part by itself.

    Raises:
        TooLargeError: a row is longer than `MAX_ROW_BYTES`.
    """
    rest = b""
    is_over = False
    wanted = size
    while True:
        pieces, have = [rest], len(rest)
        while have < wanted and not is_over:
            piece = read(wanted - have)
            is_over = not piece
            pieces.append(piece)
            have += len(piece)
        rest = b"".join(pieces)
        if not rest:
            return
        end = cut(rest, is_last=is_over)
        if end:
            yield Part(offset, rest[:end])
            offset, rest, wanted = offset + end, rest[end:], size
            continue
        if is_over:  # a cut takes all at the end
            raise AssertionError("the end of the file was not taken")
        if wanted >= max(MAX_ROW_BYTES, size):
            raise TooLargeError(
                f"The row at byte {offset} has more than {MAX_ROW_BYTES} bytes: a quote without"
                " end, or another format"
            )
        wanted *= 2


def inflated(read: Read) -> Read:
    """Return what reads the contents of a gzip file, of one member or several.

    Raises:
        RequestError: when it is read: the file is not gzip, or ends too early.
    """
    state = _Inflater(read)
    return state.read


class _Inflater:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""
        self._is_begun = False

    def read(self, size: int) -> bytes:
        try:
            return self._next(size)
        except zlib.error as error:
            raise RequestError(f"The file is not valid gzip: {error}") from error

    def _next(self, size: int) -> bytes:
        while True:
            if self._member.eof:
                self._input = self._member.unused_data
                self._member, self._is_begun = zlib.decompressobj(wbits=31), False
            if not self._input:
                self._input = self._read(_STEP)
                if not self._input and self._is_begun:
                    raise RequestError("The file is not valid gzip: it ends too early")
                if not self._input:
                    return b""
            self._is_begun = True
            made = self._member.decompress(self._input, size)
            self._input = b"" if self._member.eof else self._member.unconsumed_tail
            if made:
                return made


def skip(read: Read, size: int) -> None:
    """Read past some bytes.

    Raises:
        RequestError: the file is shorter.
    """
    while size:
        piece = read(min(size, _STEP))
        if not piece:
            raise RequestError("The file is shorter than what was read of it before")
        size -= len(piece)
