"""Bodies of `multipart/form-data`: the file in one, and the fields beside it.

Source: https://datatracker.ietf.org/doc/html/rfc7578
"""

import re
from dataclasses import dataclass, field

from martlet.errors import RequestError

# Names that a part with the file may have; of curl, `-F csv=@rows.csv`.
FILE_FIELDS = ("csv", "ndjson", "parquet", "file")

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(r'[;\s]filename="?([^";]*)"?', re.IGNORECASE)
_MAX_PARTS = 100


@dataclass(slots=True)
class Form:
    """A form with one file.

    Attributes:
        content: of the file.
        name: of its part.
        file_name: as the client calls it, empty if it does not.
        values: the other parts.
    """

    content: bytes
    name: str
    file_name: str
    values: dict[str, str] = field(default_factory=dict)


def parse_multipart(body: bytes, content_type: str) -> Form:
    """Return the form in a body.

    Raises:
        RequestError: it is none, or has no file or several.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise RequestError("The Content-Type multipart/form-data has no boundary")
    mark = b"--" + (found[1] or found[2]).encode()
    # A boundary is at the beginning of a line; the first may be that of the body.
    pieces = (b"\r\n" + body).split(b"\r\n" + mark, _MAX_PARTS + 1)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise RequestError("The multipart form in the body has no end: its last boundary is not in")
    files: list[Form] = []
    values: dict[str, str] = {}
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        named = _NAME.search(head.decode("utf-8", "replace"))
        if not blank or named is None:
            raise RequestError("A part of the multipart form has no name")
        name, file = named[1], _FILE_NAME.search(head.decode("utf-8", "replace"))
        if name in FILE_FIELDS:
            files.append(Form(content, name, file[1] if file else ""))
        else:
            values[name] = content.decode("utf-8", "replace")
    if len(files) != 1:
        raise RequestError(
            f"The multipart form has {len(files)} files, and one is needed: in the field"
            f" {', '.join(FILE_FIELDS)}"
        )
    files[0].values = values
    return files[0]
