"""A SCHEMA block in its canonical form: a column per line, comments where they were."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"""
    (?P<comment>(?:--|\#)[^\n]*)
  | (?P<newline>\n[^\S\n]*)
  | (?P<space>[^\S\n]+)
  | (?P<json>`json:[^`\n]*`)
  | (?P<name>`[^`\n]*`)
  | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<comma>,)
  | (?P<word>(?:[^-\s,()\[\]{}'"`#]|-(?!-))+)
    """,
    re.VERBOSE | re.DOTALL,
)
_EMPTY = ("comment", "newline", "space")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A lexeme of a SCHEMA, with its white space and comments; `depth` counts brackets around."""

    kind: str
    text: str
    depth: int


def column_lines(text: str) -> list[str]:
    """Return the lines of a SCHEMA, not indented.

    Args:
        text: of a SCHEMA that can be read, in which no literal has a line end.
    """
    lines: list[str] = []
    last = 0  # the line of the last column: a comment behind its comma goes there
    margin = ""
    chunks = [_parted(chunk) for chunk in _split(f"\n{text}")]
    for index, (head, body, tail) in enumerate(chunks):
        following = chunks[index + 1 : index + 2]
        behind, *above = head.split("\n")
        if index:
            lines[last] += behind.rstrip()
        if not body:  # below a comma at the end
            lines += map(str.strip, above)
            continue
        margin = above.pop() if above else margin
        column, inside = _column(body, margin)
        lines += [*map(str.strip, above), *inside, *column.split("\n")]
        last = len(lines) - 1
        behind, *below = tail.split("\n")
        if following:
            del below[-1:]  # there the comma stands
        has_comma = any(body for _, body, _ in following)
        lines[last] += ("," if has_comma else "") + behind.rstrip()
        lines += map(str.strip, below)
    return single_spaced(lines)


def _split(text: str) -> Iterator[list[_Piece]]:
    """Yield the pieces between commas outside of brackets."""
    chunk: list[_Piece] = []
    depth = 0
    for found in _PIECE.finditer(text):
        kind = str(found.lastgroup)
        depth -= kind == "close"
        if kind == "comma" and not depth:
            yield chunk
            chunk = []
        else:
            chunk.append(_Piece(kind, found.group(), depth))
        depth += kind == "open"
    yield chunk


def _parted(chunk: list[_Piece]) -> tuple[str, list[_Piece], str]:
    """Return the text before a column, the column's pieces, and the text after it."""
    solid = [index for index, piece in enumerate(chunk) if piece.kind not in _EMPTY]
    start, end = (solid[0], solid[-1] + 1) if solid else (len(chunk), len(chunk))
    head, tail = ("".join(piece.text for piece in part) for part in (chunk[:start], chunk[end:]))
    return head, chunk[start:end], tail


def _column(body: list[_Piece], margin: str) -> tuple[str, list[str]]:
    """Return a column's text and the comments that stood inside of it.

    What is in brackets stays as it is, with its lines and comments.
    """
    written, comments = "", []
    for index, piece in enumerate(body):
        if piece.kind in _EMPTY and not piece.depth:
            written = written.rstrip() + " "
            comments += [piece.text] if piece.kind == "comment" else []
        elif piece.kind == "newline":
            indent = piece.text[1:]
            written += "\n" + (indent.removeprefix(margin) if indent.startswith(margin) else "")
        elif not index:
            written = f"`{piece.text}` " if piece.kind == "word" else f"{piece.text} "
        elif piece.kind == "json":
            written = f"{written.rstrip()} {piece.text} "
        else:
            written += _keyword(body, index)
    return written.strip(), comments


def _keyword(body: list[_Piece], index: int) -> str:
    """Return a piece's text, in upper case if it starts a part of the column."""
    piece, following = body[index], body[index + 1 : index + 2]
    if piece.depth or piece.kind != "word":
        return piece.text
    if piece.text.upper() == "CODEC" and following and following[0].kind == "open":
        return "CODEC"
    is_first = not any(p.text.upper() == "DEFAULT" and not p.depth for p in body[1:index])
    return "DEFAULT" if piece.text.upper() == "DEFAULT" and is_first else piece.text


def single_spaced(lines: list[str]) -> list[str]:
    """Return the lines without a blank one below another."""
    return [line for i, line in enumerate(lines) if line or not i or lines[i - 1]]
