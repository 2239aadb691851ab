"""Request bodies: undoing Content-Encoding, and finding the JSON documents in the bytes."""

import importlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from martlet.errors import RequestError, TooLargeError
from martlet.ingest.values import EXACT_DECODER

# Compressed bytes fed at a time. A block of zstd can say "this byte, 128 KiB times" in 4 bytes,
# so this bounds what one step can produce.
_GZIP_STEP = 16 * 1024
_ZSTD_STEP = 256

# What is taken at a time: enough rows to pay for a loop over columns, few enough for the cache.
_PART_BYTES = 256 * 1024
_PART_ELEMENTS = 1000

# Bytes of a document over several lines that are read first; then twice as many.
_FIRST_WINDOW = 512

_BOM = b"\xef\xbb\xbf"
_WHITE = re.compile(rb"\s*")
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_REST = re.compile(r"[ \t\r]*(?:\n|\Z)")

# In place of the value of a document that orjson does not read.
UNREAD: Final = object()


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


@dataclass
class Events:
    """Documents of a body, in order.

    Attributes:
        texts: the bytes of each.
        values: what orjson reads from each, `UNREAD` where it does not.
    """

    texts: list[bytes]
    values: list[object]


def decode_body(body: bytes, *, encoding: str | None, max_decoded_bytes: int) -> bytes:
    """Return a body without its Content-Encoding.

    Args:
        body: as it was sent.
        encoding: the header's value; nothing means identity.
        max_decoded_bytes: more than this is never held in memory.

    Raises:
        RequestError: an unknown encoding, or bytes that are not in it.
        TooLargeError: the decoded body is above the limit.
    """
    name = (encoding or "identity").strip().lower()
    decode = ENCODINGS.get(name)
    if decode is None:
        raise RequestError(
            f"Unknown Content-Encoding '{encoding}'", hint="use gzip, zstd or identity"
        )
    pieces, size = [], 0
    for piece in decode(body, max_decoded_bytes):
        pieces.append(piece)
        size += len(piece)
        if size > max_decoded_bytes:
            raise TooLargeError(f"The body is larger than {max_decoded_bytes} bytes when decoded")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _identity(body: bytes, limit: int) -> Iterator[bytes]:
    yield body


def _gzip(body: bytes, limit: int) -> Iterator[bytes]:
    def start() -> tuple[_Inflater, Callable[[bytes], bytes]]:
        inflater = zlib.decompressobj(wbits=31)
        return inflater, lambda chunk: inflater.decompress(chunk, limit + 1)

    try:
        yield from _frames(body, start, _GZIP_STEP, "gzip")
    except zlib.error as error:
        raise RequestError(f"The body is not valid gzip: {error}") from error


def _zstd(body: bytes, limit: int) -> Iterator[bytes]:
    new_inflater, broken = _zstd_library()

    def start() -> tuple[_Inflater, Callable[[bytes], bytes]]:
        inflater = new_inflater()
        return inflater, inflater.decompress

    try:
        yield from _frames(body, start, _ZSTD_STEP, "zstd")
    except broken as error:
        raise RequestError(f"The body is not valid zstd: {error}") from error


def _zstd_library() -> tuple[Callable[[], Any], type[Exception]]:
    """Return what makes a decompressor, and its error: zstandard's, else Python 3.14's own.

    Raises:
        RequestError: neither is there.
    """
    try:
        import zstandard
    except ImportError:
        pass
    else:
        return lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError
    try:
        own = importlib.import_module("compression.zstd")
    except ImportError as error:
        raise RequestError(
            "Content-Encoding zstd is not supported here", hint="use gzip"
        ) from error
    return own.ZstdDecompressor, own.ZstdError


def _frames(
    body: bytes,
    start: Callable[[], tuple[_Inflater, Callable[[bytes], bytes]]],
    step: int,
    name: str,
) -> Iterator[bytes]:
    """Yield what concatenated gzip members or zstd frames hold, a bounded piece at a time."""
    position = 0
    while position < len(body):
        inflater, decompress = start()
        while not inflater.eof:
            chunk = body[position : position + step]
            if not chunk:
                raise RequestError(f"The body is not valid {name}: it ends too early")
            yield decompress(chunk)
            position += len(chunk) - len(inflater.unused_data)


ENCODINGS: dict[str, Callable[[bytes, int], Iterator[bytes]]] = {
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "zstd": _zstd,
}


def split_events(body: bytes, *, format: str = "ndjson") -> Iterator[Events]:
    """Yield the documents of a body, some at a time so that memory is used again.

    Args:
        body: UTF-8, with or without BOM.
        format: `ndjson`: a document per line, and where a line is none by itself, a document over
            several lines; what is neither stays as a line. `json`: one document. In both, a body
            that is one array stands for its elements.

    Raises:
        RequestError: an unknown format, an empty body, or no JSON with `json`.
    """
    split = FORMATS.get(format)
    if split is None:
        raise RequestError(f"Unknown format '{format}'", hint="use ndjson or json")
    body = body.removeprefix(_BOM)
    if not body or body.isspace():
        raise RequestError("The body is empty", hint="send at least one JSON object")
    return split(body)


def _split_lines(body: bytes) -> Iterator[Events]:
    if body[:_PART_BYTES].lstrip().startswith(b"[") and (events := _elements(body)):
        yield from _parts(events)
        return
    position, mixed = 0, None
    while position < len(body):
        end = _line_end(body, position + _PART_BYTES)
        lines = body[position:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        try:
            yield Events(lines, list(map(orjson.loads, lines)))
            position = end + 1
        except orjson.JSONDecodeError:
            mixed = mixed or _MixedLines(body)
            events, position = mixed.split(position, end)
            yield events


def _line_end(body: bytes, position: int) -> int:
    end = body.find(b"\n", position)
    return len(body) if end < 0 else end


def _parts(events: Events) -> Iterator[Events]:
    for start in range(0, len(events.texts), _PART_ELEMENTS):
        end = start + _PART_ELEMENTS
        yield Events(events.texts[start:end], events.values[start:end])


class _MixedLines:
    """A body with blank lines, broken lines, or documents over several lines."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        # Bytes that attempts to read beyond a line may cost in vain, so that a body of opening
        # brackets takes linear time.
        self.patience = len(body)

    def split(self, position: int, stop: int) -> tuple[Events, int]:
        """Return the documents that start before `stop`, and the position after them."""
        events = Events([], [])
        while position < stop:
            end = _line_end(self.body, position)
            line = self.body[position:end]
            if not line or line.isspace():
                position = self._behind_blank_lines(position)
                continue
            value = _read(line)
            if value is UNREAD and (longer := self.document_end(position, end)) > end:
                line, end = self.body[position:longer], _line_end(self.body, longer)
                value = _read(line)
            events.texts.append(line)
            events.values.append(value)
            position = end + 1
        return events, position

    def _behind_blank_lines(self, position: int) -> int:
        """Pass over all of them at once: a gzip of 100 KB has a hundred million."""
        white = _WHITE.match(self.body, position)
        assert white
        end = white.end()
        return end if end == len(self.body) else self.body.rindex(b"\n", position, end) + 1

    def document_end(self, position: int, line_end: int) -> int:
        """Return where the object or array ends that alone fills the lines from here, or 0."""
        size = _FIRST_WINDOW
        while self.patience > 0:
            end = _line_end(self.body, max(position + size, line_end))
            # One character per byte, so that places in text and body are the same.
            text = self.body[position:end].decode("latin-1")
            length, seen = _document_length(text)
            if length or seen < len(text.rstrip()) or end == len(self.body):
                self.patience -= 0 if length else max(0, seen - (line_end - position))
                return position + length if length else 0
            size = 2 * len(text)
        return 0


def _document_length(text: str) -> tuple[int, int]:
    """Return the length of the object or array that alone fills the first lines, or 0.

    Also return how far reading came. That is the end of the text if more may follow: nothing in
    JSON but white space goes over the end of a line.
    """
    start = _skip_space(text, 0)
    if text[start : start + 1] not in ("{", "["):
        return 0, 0
    try:
        _, end = EXACT_DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return 0, error.pos
    except (ValueError, RecursionError):
        return 0, len(text) - 1
    return (end, end) if _LINE_REST.match(text, end) else (0, end - 1)


def _read(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return UNREAD


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match
    return match.end()


def _split_document(body: bytes) -> Iterator[Events]:
    text = body.decode("latin-1")
    start = _skip_space(text, 0)
    try:
        _, end = EXACT_DECODER.raw_decode(text, start)
    except ValueError as error:
        raise RequestError(f"The body is not JSON: {error}") from error
    except RecursionError as error:
        raise RequestError("The body is not JSON: nested too deeply") from error
    if _skip_space(text, end) < len(text):
        line = text.count("\n", 0, end) + 1
        raise RequestError(
            f"The body is not JSON: more follows the document at line {line}",
            hint="use format=ndjson for several documents",
        )
    document = body[start:end]
    events = _elements(document) if document.startswith(b"[") else None
    yield from _parts(events or Events([document], [_read(document)]))


def _elements(array: bytes) -> Events | None:
    """Return the elements of the array that a body is, None if it is none."""
    text = array.decode("latin-1")
    events = Events([], [])
    position = _skip_space(text, _skip_space(text, 0) + 1)
    try:
        while text[position : position + 1] != "]" or events.texts:
            _, end = EXACT_DECODER.raw_decode(text, position)
            element = array[position:end]
            events.texts.append(element)
            events.values.append(_read(element))
            position = _skip_space(text, end)
            if text[position : position + 1] != ",":
                break
            position = _skip_space(text, position + 1)
    except (ValueError, RecursionError):
        return None
    is_whole = text[position : position + 1] == "]" and _skip_space(text, position + 1) == len(text)
    return events if is_whole else None


FORMATS: dict[str, Callable[[bytes], Iterator[Events]]] = {
    "ndjson": _split_lines,
    "json": _split_document,
}
