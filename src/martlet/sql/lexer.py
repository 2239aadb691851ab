"""ClickHouse SQL as lexemes: the one place that knows where literals, names and comments end.

Source: https://clickhouse.com/docs/sql-reference/syntax (measured on chDB 26.9 by the tests).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from martlet.errors import SqlError


class Kind(Enum):
    """What a lexeme is. White space and comments are not yielded."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of SQL text with its place: `sql[start:end] == text`."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The text for comparison with a keyword; a quoted identifier is never a keyword."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def name(self) -> str | None:
        """The identifier this lexeme writes, unquoted; None when it is no identifier."""
        if self.kind is Kind.WORD:
            return self.text
        if self.kind is Kind.QUOTED:
            return unquote(self.text)
        return None


# Order matters: comments before operators, heredocs before words. `#` starts a comment only
# before a space or `!`; a `/* */` comment does not nest (measured on chDB 26.9).
_LEXEME = re.compile(
    r"""
    (?P<space>[\s\u00a0\u2000-\u200a\u202f\u205f\u3000\ufeff]+)
  | (?P<comment>--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\.|'')*'|\u2018[^\u2019]*\u2019)
  | (?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`|\u201c[^\u201d]*\u201d)
  | (?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<number>0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?\d+)?|0[bB][01_]+
      |(?:\d[\d_]*(?:\.(?![A-Za-z_.])[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d]\w*(?:\$\w*)*|\$\w+)
  | (?P<symbol><=>|->|::|\|\||==|!=|<>|<=|>=|@@|\\G|/(?!\*)|[-+*%=<>!?:,.;()\[\]{}@^~\\$|&])
    """,
    re.VERBOSE | re.DOTALL,
)


def lex(sql: str) -> Iterator[Lexeme]:
    """Yield the lexemes of a SQL text in order.

    Raises:
        SqlError: an unclosed literal, identifier or comment, or a character that no SQL has.
    """
    position, end = 0, len(sql)
    match = _LEXEME.match
    while position < end:
        found = match(sql, position)
        if found is None:
            raise SqlError(_unreadable(sql, position), offset=position)
        group = found.lastgroup
        if group == "tag" or group == "heredoc":
            yield Lexeme(Kind.STRING, found.group(), position, found.end())
        elif group not in ("space", "comment"):
            yield Lexeme(_KINDS[str(group)], found.group(), position, found.end())
        position = found.end()


_KINDS = {kind.value: kind for kind in Kind}


def _unreadable(sql: str, position: int) -> str:
    names = {"'": "string literal", '"': "identifier", "`": "identifier"}
    if sql.startswith("/*", position):
        return "Unclosed comment /*"
    if sql[position] in names:
        return f"Unclosed {names[sql[position]]} {sql[position]}"
    return f"Unexpected character {sql[position]!r}"


_ESCAPES = {
    "b": "\b", "f": "\f", "r": "\r", "n": "\n", "t": "\t", "0": "\0", "a": "\a", "v": "\v",
    "e": "\x1b", "N": "", "\\": "\\", "'": "'", '"': '"', "`": "`", "/": "/",
}  # fmt: skip
_ESCAPED = {
    quote: re.compile(rf"\\(x[0-9a-fA-F]{{2}}|.)|{quote}{quote}", re.DOTALL) for quote in "'\"`"
}


def unquote(text: str) -> str:
    r"""Return the identifier or string that a quoted lexeme stands for.

    As in ClickHouse, an unknown escape keeps its backslash: `\%` is two characters.
    """
    quote, body = text[0], text[1:-1]
    if quote not in _ESCAPED:
        return body

    def meant(found: re.Match[str]) -> str:
        escape = found[1]
        if escape is None:
            return quote
        if len(escape) == 3:
            return chr(int(escape[1:], 16))
        return _ESCAPES.get(escape, found[0])

    return _ESCAPED[quote].sub(meant, body)


def quote_string(value: str) -> str:
    """Return the ClickHouse string literal that stands for a value."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_identifier(name: str) -> str:
    """Return a name in backticks, whatever characters it has."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
