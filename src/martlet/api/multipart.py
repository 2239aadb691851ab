"""Bodies of `multipart/form-data`: the file in one, and the fields beside it.

Source: https://datatracker.ietf.org/doc/html/rfc7578
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from martlet.errors import EngineError, RequestError

# Names that a part with the file may have; of curl, `-F csv=@rows.csv`.
FILE_FIELDS = ("csv", "ndjson", "parquet", "file")

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(r'[;\s]filename="?([^";]*)"?', re.IGNORECASE)
_MAX_PARTS = 100


# Of the head of a part, and of a value beside the file.
_MAX_HEAD_BYTES = 16 * 1024
_MAX_VALUE_BYTES = 1024 * 1024
_STEP = 1024 * 1024


@dataclass(slots=True)
class Form:
    """A form with one file, or with the URL of one: then the file is empty.

    Attributes:
        begin: of the file, in the body.
        end: of the file.
        name: of its part.
        file_name: as the client calls it, empty if it does not.
        values: the other parts.
    """

    begin: int
    end: int
    name: str
    file_name: str
    values: dict[str, str] = field(default_factory=dict)


def parse_multipart(body: IO[bytes], content_type: str) -> Form:
    """Return the form in a body, which is read in steps: it may be larger than the memory.

    Raises:
        RequestError: it is none, or has no file or several.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise RequestError("The Content-Type multipart/form-data has no boundary")
    mark = b"--" + (found[1] or found[2]).encode()
    files: list[Form] = []
    values: dict[str, str] = {}
    for begin, end in _parts(body, mark):
        head, blank, _ = _read(body, begin, min(end, begin + _MAX_HEAD_BYTES)).partition(_BLANK)
        named = _NAME.search(head.decode("utf-8", "replace"))
        if not blank or named is None:
            raise RequestError("A part of the multipart form has no name")
        name, file = named[1], _FILE_NAME.search(head.decode("utf-8", "replace"))
        content = begin + len(head) + len(_BLANK)
        if name in FILE_FIELDS:
            files.append(Form(content, end, name, file[1] if file else ""))
        elif end - content > _MAX_VALUE_BYTES:
            raise RequestError(
                f"The field '{name[:80]}' of the multipart form has more than"
                f" {_MAX_VALUE_BYTES} bytes"
            )
        else:
            values[name] = _read(body, content, end).decode("utf-8", "replace")
    if not files and values.get("url"):
        return Form(0, 0, "", "", values)
    if len(files) != 1:
        raise RequestError(
            f"The multipart form has {len(files)} files, and one is needed: in the field"
            f" {', '.join(FILE_FIELDS)}"
        )
    files[0].values = values
    return files[0]


_BLANK = b"\r\n\r\n"


def cut_out(body: IO[bytes], form: Form) -> IO[bytes]:
    """Return a file with the form's alone, in place of a body that is closed.

    Raises:
        EngineError: it cannot be written.
    """
    left = form.end - form.begin
    with body:
        body.seek(form.begin)
        try:
            file = NamedTemporaryFile(dir=Path(body.name).parent, prefix="martlet-")  # noqa: SIM115
            while left and (piece := body.read(min(left, _STEP))):
                file.write(piece)
                left -= len(piece)
            file.flush()
        except OSError as error:
            raise EngineError(f"The rows cannot be put into a file: {error.strerror}") from error
    return file


def _parts(body: IO[bytes], mark: bytes) -> Iterator[tuple[int, int]]:
    """Yield where parts begin and end, heads included."""
    # A boundary is at the beginning of a line; the first may be that of the body.
    boundary, begin = b"\r\n" + mark, len(mark)
    if _read(body, 0, begin) != mark:
        begin = _find(body, boundary, 0) + len(boundary)
    for _ in range(_MAX_PARTS + 1):
        if _read(body, begin, begin + 2) == b"--":
            return
        end = _find(body, boundary, begin)
        yield begin, end
        begin = end + len(boundary)
    raise RequestError(f"The multipart form in the body has more than {_MAX_PARTS} parts")


def _find(body: IO[bytes], boundary: bytes, begin: int) -> int:
    """Return where the next boundary is, from a place on."""
    body.seek(begin)
    window = b""
    while piece := body.read(_STEP):
        window += piece
        found = window.find(boundary)
        if found >= 0:
            return begin + found
        kept = min(len(window), len(boundary) - 1)
        begin += len(window) - kept
        window = window[len(window) - kept :]
    raise RequestError("The multipart form in the body has no end: its last boundary is not in")


def _read(body: IO[bytes], begin: int, end: int) -> bytes:
    body.seek(begin)
    return body.read(end - begin)
