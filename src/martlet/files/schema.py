"""The SCHEMA and INDEXES blocks of a data source.

A column is `` `name` Type [`json:<path>`] [DEFAULT expression] [CODEC(...)] ``; the parts after
the type stand in any order, columns are separated by commas, `--` starts a comment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from martlet.errors import DatafileError, SqlError, TypeSyntaxError
from martlet.files.source import Line, Report, Text
from martlet.model import Column, Index
from martlet.sql.lexer import lex
from martlet.types import FAMILIES, ColumnType, parse_type

MAX_COLUMNS = 500
# Types nest a few levels; more would only exhaust the stack of the recursive parser.
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class _Piece:
    """A lexeme of a SCHEMA; `depth` counts the brackets around it."""

    kind: str
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        """The text for comparison with a keyword, empty inside of brackets."""
        return self.text.upper() if self.kind == "word" and not self.depth else ""


_PIECE = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<json>`json:[^`\n]*`)
  | (?P<name>`[^`\n]*`)
  | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<comma>,)
  | (?P<word>(?:[^-\s,()\[\]{}'"`]|-(?!-))+)
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}

# What ClickHouse allows in a column and a data source does not; the parts of a column are found
# by these words and by the three that are allowed.
_REFUSED = {
    "NULL": ("NULL column syntax not supported", "use Nullable(...)."),
    "NOT": (
        "NOT NULL column syntax not supported",
        "leave it out: only Nullable(...) columns take NULL.",
    ),
    "MATERIALIZED": ("MATERIALIZED columns are not supported", "use DEFAULT."),
    "ALIAS": ("ALIAS columns are not supported", "compute it in a pipe."),
    "EPHEMERAL": ("EPHEMERAL columns are not supported", "compute it in a pipe."),
    "TTL": ("column TTL is not supported", "use ENGINE_TTL for the whole data source."),
    "COMMENT": ("COMMENT on a column is not supported", "use a -- comment or DESCRIPTION."),
    "PRIMARY": ("PRIMARY KEY in SCHEMA is not supported", "use ENGINE_PRIMARY_KEY."),
}
_MISSING_COMMA = "is a comma missing before it?"
_MISSPELT = "is a comma missing before it, or is it a misspelt instruction?"


def parse_schema(source: Text, report: Report) -> tuple[Column, ...]:
    """Return the columns of a SCHEMA; each bad column is one error in the report."""
    columns: dict[str, Column] = {}
    with report.collect():
        for pieces in _split(_scan(source)):
            with report.collect():
                column = _column(pieces, source)
                if column.name in columns:
                    raise DatafileError(
                        f"Column '{column.name}' is defined twice",
                        location=column.location,
                        hint=f"the first one is in line {columns[column.name].location.line}.",
                    )
                columns[column.name] = column
    found = tuple(columns.values())
    if len(found) > MAX_COLUMNS:
        message = f"A data source has at most {MAX_COLUMNS} columns, this one has {len(found)}"
        report.error(message, found[MAX_COLUMNS].location)
    return found


def _scan(source: Text) -> list[_Piece]:
    """Return the pieces of the text, its brackets checked."""
    text, position = source.text, 0
    pieces: list[_Piece] = []
    opened: list[_Piece] = []

    def fail(message: str, offset: int, hint: str = "") -> DatafileError:
        return DatafileError(message, location=source.at(offset), hint=hint)

    while position < len(text):
        found = _PIECE.match(text, position)
        if found is None:
            raise fail(f"Expected closing {text[position]}", position)
        kind, value = str(found.lastgroup), found.group()
        if kind == "close" and (not opened or _PAIRS[opened.pop().text] != value):
            raise fail(f"Unexpected {value}", position)
        piece = _Piece(kind, value, position, len(opened))
        if kind == "open":
            opened.append(piece)
            if len(opened) > _MAX_DEPTH:
                raise fail("Brackets are nested too deeply", position)
        if kind == "word" and "#" in value:
            offset = position + value.index("#")
            raise fail("Invalid character '#'", offset, "comments in SCHEMA start with --.")
        if kind != "space":
            pieces.append(piece)
        position = found.end()
    if opened:
        raise fail(f"Expected closing {_PAIRS[opened[-1].text]}", opened[-1].start)
    return pieces


def _split(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Yield the pieces between commas; a comma at the end yields nothing more."""
    column: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "comma" and not piece.depth:
            yield column or [piece]
            column = []
        else:
            column.append(piece)
    if column:
        yield column


def _column(pieces: list[_Piece], source: Text) -> Column:
    head, body = pieces[0], pieces[1:]
    name = _name(head, body, source)
    type_, json_path, default, codec = None, None, None, None
    before = "COLUMN"
    while body:
        part, length = _part(body, source)
        span, body = body[:length], body[length:]
        if part == "TYPE":
            if type_ is not None or before not in ("COLUMN", "JSONPATH"):
                hint = f"the type comes first; {_MISSING_COMMA}"
                place = source.at(span[0].start)
                raise DatafileError(f"Unexpected TYPE after {before}", location=place, hint=hint)
            type_ = _type(span, source)
        elif part == "JSONPATH":
            json_path = _json_path(span[0], source)
        elif (part == "DEFAULT" and default is not None) or (part == "CODEC" and codec is not None):
            place = source.at(span[0].start)
            raise DatafileError(f"Unexpected {part} after {before}", location=place)
        elif part == "DEFAULT":
            default = _default(span, source)
        else:
            codec = _codec(span, source)
        before = part
    if type_ is None and default is None:
        raise DatafileError(
            "Column name and either type or DEFAULT are required", location=source.at(head.start)
        )
    if default is not None and default.upper() == "NULL" and type_ and type_.is_nullable:
        default = None
    return Column(name, type_, source.at(head.start), json_path, default, codec)


_BARE_NAME = re.compile(r"[A-Za-z0-9._*<>+\-]*")


def _name(head: _Piece, body: list[_Piece], source: Text) -> str:
    """Return the column's name, the first piece."""
    if head.upper == "INDEX" and any(piece.upper == "TYPE" for piece in body):
        raise DatafileError(
            "INDEX in SCHEMA is not supported",
            location=source.at(head.start),
            hint="write it in a block of its own: INDEXES >",
        )
    if head.kind == "name" and len(head.text) > 2:
        return head.text[1:-1]
    if head.kind in ("name", "json", "comma"):
        raise DatafileError(
            "Column name and either type or DEFAULT are required", location=source.at(head.start)
        )
    found = _BARE_NAME.match(head.text)
    offset = found.end() if found and head.kind == "word" else 0
    touching = bool(body) and body[0].start == head.end and body[0].kind in ("open", "string")
    if offset < len(head.text) or touching:
        character = source.text[head.start + offset]
        raise DatafileError(
            f"Column name contains invalid character '{character}'",
            location=source.at(head.start + offset),
            hint="use backticks.",
        )
    return head.text


def _part(body: list[_Piece], source: Text) -> tuple[str, int]:
    """Return what the pieces start with and how many belong to it."""
    head = body[0]
    if head.kind == "json":
        return "JSONPATH", 1
    if head.upper in _REFUSED:
        message, hint = _REFUSED[head.upper]
        raise DatafileError(message, location=source.at(head.start), hint=hint)
    if head.upper == "CODEC":
        if len(body) < 2 or body[1].text != "(":
            raise DatafileError(
                "CODEC needs its codecs in parentheses",
                location=source.at(head.start),
                hint="for example CODEC(ZSTD(1)).",
            )
        closing = next(i for i, p in enumerate(body) if p.kind == "close" and not p.depth)
        return "CODEC", closing + 1
    if head.upper == "DEFAULT":
        ends = (i for i in range(1, len(body)) if _ends_default(body[i], is_first=i == 1))
        return "DEFAULT", next(ends, len(body))
    return "TYPE", next((i for i in range(1, len(body)) if _ends_part(body[i])), len(body))


def _ends_part(piece: _Piece) -> bool:
    is_keyword = piece.upper in _REFUSED or piece.upper in ("DEFAULT", "CODEC")
    return is_keyword or (piece.kind == "json" and not piece.depth)


def _ends_default(piece: _Piece, *, is_first: bool) -> bool:
    # The first word is the expression's whatever it is, NULL and NOT are so anywhere.
    is_expression = piece.upper in (_REFUSED if is_first else ("NULL", "NOT"))
    return _ends_part(piece) and not is_expression


def _type(span: list[_Piece], source: Text) -> ColumnType:
    start = span[0].start
    text = source.text[start : span[-1].end]
    try:
        return parse_type(text)
    except TypeSyntaxError as error:
        hint = error.hint
        location = source.at(start + error.offset)
        if not hint and error.message.startswith("Unexpected"):
            is_outside = location.column == 1 and location.text[:1].isupper()
            hint = _MISSPELT if is_outside else _MISSING_COMMA
        raise DatafileError(error.message, location=location, hint=hint) from error


def _default(span: list[_Piece], source: Text) -> str:
    """Return the expression after DEFAULT, comments left out."""
    if len(span) == 1:
        raise DatafileError(
            "Missing mandatory value for DEFAULT", location=source.at(span[0].start)
        )
    written = span[1].text
    for index in range(2, len(span)):
        piece, following = span[index], span[index + 1 : index + 2]
        gap = source.text[span[index - 1].end : piece.start]
        is_name = piece.kind in ("word", "name") and not piece.depth
        # A name on a new line with a type behind it is the next column, not an expression's end.
        if "\n" in gap and is_name and following and following[0].text in FAMILIES:
            raise DatafileError(
                "Unexpected COLUMN after DEFAULT",
                location=source.at(piece.start),
                hint=_MISSING_COMMA,
            )
        written += (" " if "--" in gap else gap) + piece.text
    return written


def _codec(span: list[_Piece], source: Text) -> str:
    return source.text[span[1].end : span[-1].start].strip()


_JSON_PATH = re.compile(
    r"""\$(?:\.?\[(?::|\*|[0-9]{1,9})\]|\.[^.\[\]"'`]+|\['[^'`]+'\]|\["[^"`]+"\])*"""
)


def _json_path(piece: _Piece, source: Text) -> str | None:
    path = piece.text[len("`json:") : -1].strip()
    found = _JSON_PATH.match(path)
    if path and (found is None or found.end() < len(path)):
        offset = piece.start + piece.text.index(path) + (found.end() if found else 0)
        raise DatafileError(
            f"Invalid JSON path '{path}'",
            location=source.at(offset),
            hint="a path is like $.a, $.a.b, $.a[:] (every element), $.a[:].b, or $ (everything).",
        )
    return path or None


_INDEX_USAGE = "[INDEX] name expression TYPE type[(arguments)] [GRANULARITY number]"
_GRANULARITY = re.compile(r"[1-9][0-9]{0,8}")


def parse_indexes(source: Text, report: Report) -> tuple[Index, ...]:
    """Return the indexes of an INDEXES block, one per line."""
    found: list[Index] = []
    for line in source.lines:
        with report.collect():
            if index := _index(line):
                found.append(index)
    return tuple(found)


def _index(line: Line) -> Index | None:
    text = line.text.rstrip().rstrip(",")
    try:
        words = list(lex(text))
    except SqlError as error:
        place = line.at(error.offset)
        raise DatafileError(error.message, location=place, hint=f"write {_INDEX_USAGE}") from error
    if not words:
        return None
    granularity = "1"
    at = next((i for i, word in enumerate(words) if i and word.upper == "GRANULARITY"), None)
    if at is not None:
        granularity = " ".join(word.text for word in words[at + 1 :])
        words = words[:at]
    if words[0].upper == "INDEX" and len(words) > 1:
        words = words[1:]
    name = words[0].name if words else None
    split = max((index for index, word in enumerate(words) if word.upper == "TYPE"), default=0)
    is_type = _is_call([word.text for word in words[split + 1 :]])
    is_whole = 2 <= split < len(words) - 1 and words[1].text != "." and is_type
    if name is None or not is_whole or not _GRANULARITY.fullmatch(granularity):
        location = line.at(words[0].start if words else 0)
        raise DatafileError("Invalid INDEX syntax", location=location, hint=f"write {_INDEX_USAGE}")
    return Index(
        name=name,
        expression=text[words[1].start : words[split - 1].end],
        type=text[words[split + 1].start : words[-1].end],
        location=line.at(words[0].start),
        granularity=int(granularity),
    )


def _is_call(words: list[str]) -> bool:
    """Whether words are one name, or a name and what stands in its parentheses."""
    depths = list(accumulate((word == "(") - (word == ")") for word in words))
    is_closed = 0 not in depths[1:-1] and depths[-1:] == [0]
    return len(words) == 1 or (words[1:2] == ["("] and is_closed)
