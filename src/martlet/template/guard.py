"""That a value never changes how the SQL around it is read.

Every value prints as whole lexemes. That suffices where the template's own text leaves the lexer
between two lexemes on both sides of the tag, which `is_open` decides once, when a template is
compiled. In the few other templates (a tag between quotes, in a comment, next to a word or a minus)
`verify` reads the rendered SQL and refuses a value that would be read differently there.

Choices: `'{{String(x)}}'` renders `''value''` at Tinybird, which puts the value outside of any
literal: refused. A number or a checked name may stand between quotes or continue a word
(`'{{Integer(n)}}'`, `events_{{table(x)}}`). In a comment any text may stand that does not end it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from martlet.errors import SqlError, TemplateError
from martlet.sql.lexer import Kind, Lexeme, lex
from martlet.template.syntax import If, JumpOut, Loop, Output, Set, Statement, Text, Try
from martlet.template.values import failure

# Characters that may touch any value: with them no lexeme, comment or quote can be formed.
_BEFORE: Final = frozenset(" \t\n\r\f\v(),=<>+*%[]{};:?!")
_AFTER: Final = frozenset(" \t\n\r\f\v(),=<>+*%[]};:?!-/")
_VALUE: Final = "value"
# Each loop doubles the work for the loops in it; beyond this the result is checked instead.
_MAX_LOOPS: Final = 200


def is_open(statements: Sequence[Statement]) -> bool:
    """Whether every tag stands between lexemes, whichever branches are taken."""
    return _Walk().block(statements, frozenset((" ",))) is not None


class _Walk:
    """Carries the set of characters (or a value) that may stand just before each piece."""

    def __init__(self) -> None:
        self.loops = 0
        self.jumped: frozenset[str] = frozenset()

    def block(
        self, statements: Iterable[Statement], before: frozenset[str]
    ) -> frozenset[str] | None:
        for statement in statements:
            after = self.statement(statement, before)
            if after is None:
                return None
            before = after
        return before

    def statement(self, statement: Statement, before: frozenset[str]) -> frozenset[str] | None:
        match statement:
            case Text():
                return self.text(statement.text, before)
            case Output():
                return before | {_VALUE} if before <= _BEFORE else None
            case If(branches=branches, otherwise=otherwise):
                return self.any([body for *_, body in branches] + [otherwise or []], before)
            case Loop(body=body, otherwise=otherwise):
                return self.loop(body, otherwise, before)
            case Try():
                bodies = [statement.body, *(handler.body for handler in statement.handlers)]
                return self.sequence([*bodies, statement.otherwise, statement.finally_], before)
            case JumpOut():
                self.jumped |= before
                return before
            case Set():
                return before

    def loop(
        self, body: list[Statement], otherwise: list[Statement] | None, before: frozenset[str]
    ) -> frozenset[str] | None:
        self.loops += 1
        if self.loops > _MAX_LOOPS:
            return None
        # Twice, so that the end of one turn is seen before the start of the next.
        once = self.sequence([body], before)
        if once is None:
            return None
        return self.sequence([body, otherwise], once | before | self.jumped)

    def any(
        self, bodies: Iterable[list[Statement]], before: frozenset[str]
    ) -> frozenset[str] | None:
        result: frozenset[str] = frozenset()
        for body in bodies:
            after = self.block(body, before)
            if after is None:
                return None
            result |= after
        return result

    def sequence(
        self, bodies: Iterable[list[Statement] | None], before: frozenset[str]
    ) -> frozenset[str] | None:
        """Walk blocks any of which may be left after any of its statements."""
        seen = before
        for body in bodies:
            at = seen | self.jumped
            for statement in body or []:
                after = self.statement(statement, at)
                if after is None:
                    return None
                at = after
                seen |= at
        return seen | self.jumped

    def text(self, text: str, before: frozenset[str]) -> frozenset[str] | None:
        if not text:
            return before
        first, last = text[0], text[-1]
        if _VALUE in before and first not in _AFTER:
            return None
        joined = any(_joins(char, first) for char in before)
        return None if joined or not _is_whole(text) else frozenset((last,))


def _joins(left: str, right: str) -> bool:
    """Whether two pieces of the template's own text could form a comment or a heredoc."""
    return "$" in (left, right) or left == "#" or left + right in ("--", "/*", "*/")


# Most texts: whole literals, names and comments, and characters that begin none of them.
_PLAIN: Final = re.compile(
    r"""(?>[\w\s(),=<>+*%.\[\]{};:?!|&]+
      |-(?!-)|/(?!\*)|--[^\n]*\n|/\*.*?\*/
      |'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)*+\Z""",
    re.VERBOSE | re.DOTALL,
)


def _is_whole(text: str) -> bool:
    """Whether a text starts and ends outside of quotes and comments."""
    if _PLAIN.match(text):
        return True
    try:
        lexemes = list(lex(text + " ''"))
    except SqlError:
        return False
    return bool(lexemes) and lexemes[-1].start == len(text) + 1


_COMMENT = re.compile(r"--[^\n]*|#[ !][^\n]*|/\*.*?\*/", re.DOTALL)
_REGION_IN_WORD = re.compile(r"[A-Za-z0-9_]+")
_REGION_IN_NUMBER = re.compile(r"[0-9]+")
_RADIX = re.compile(r"0[xXbB]")
# ClickHouse reads x'41' and b'01' as one literal, in which a backslash escapes nothing.
_LITERAL_PREFIXES = frozenset("xXbB")


def verify(parts: Sequence[str], inserted: Sequence[tuple[int, int]]) -> None:
    """Check SQL in which some parts are values.

    Args:
        parts: the SQL in pieces.
        inserted: index of each value's piece, and its place in the template.

    Raises:
        TemplateError: a value would be read as more or less than a value.
    """
    sql = "".join(parts)
    try:
        lexemes = list(lex(sql))
    except SqlError as error:
        raise failure(f"the rendered SQL cannot be read: {error.message}", page=None) from None
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    first = 0
    for index, offset in inserted:
        start = starts[index]
        end = start + len(parts[index].rstrip("\n"))  # a hint's newline ends its comment
        while first < len(lexemes) and lexemes[first].end <= start:
            first += 1
        if start < end and not _stands(sql, lexemes, first, start, end):
            raise _refused(sql, start, end, offset)


def _refused(sql: str, start: int, end: int, offset: int) -> TemplateError:
    shown = sql[start:end] if end - start <= 40 else sql[start : start + 40] + "..."
    around = f"{sql[max(0, start - 10) : start]}{{{{...}}}}{sql[end : end + 10]}"
    error = failure(
        f"a value cannot stand here without changing the SQL around it: {shown} in {around!r}. "
        "Write the tag without quotes around it, and with spaces",
        page=None,
    )
    error.offset = offset
    return error


def _stands(sql: str, lexemes: Sequence[Lexeme], first: int, start: int, end: int) -> bool:
    """Whether the value sql[start:end] is whole lexemes, or harmless inside of one."""
    if first == len(lexemes) or lexemes[first].start >= end:
        gap = lexemes[first - 1].end if first else 0
        return _is_in_comment(sql, gap, start, end)
    opening = lexemes[first]
    if opening.start < start or opening.end > end:
        return opening.end >= end and _is_inside(opening, start, sql[start:end])
    if opening.start > start:  # the tail of a comment that the value has ended
        return False
    before = lexemes[first - 1] if first else None
    if before is not None and before.end == start and not _may_follow(before, opening):
        return False
    last = first
    while last + 1 < len(lexemes) and lexemes[last + 1].start < end:
        last += 1
    return lexemes[last].end == end


def _may_follow(before: Lexeme, opening: Lexeme) -> bool:
    if opening.text == "-":
        return before.kind is Kind.SYMBOL and before.text not in (".", "$", "-")
    return not (opening.kind is Kind.STRING and before.text in _LITERAL_PREFIXES)


def _is_inside(lexeme: Lexeme, start: int, text: str) -> bool:
    """Whether a value is plain text within a literal, or a part of a word, of the template."""
    if lexeme.kind is Kind.WORD:
        return _REGION_IN_WORD.fullmatch(text) is not None
    if lexeme.kind is Kind.NUMBER:
        plain = _REGION_IN_NUMBER.fullmatch(text) is not None
        return plain and not (lexeme.start == start and _RADIX.match(lexeme.text))
    if lexeme.start == start or lexeme.end == start + len(text) or lexeme.text[0] == "$":
        return False
    return lexeme.text[0] not in text and not set(text) & set("\\$\u2019\u201d")


def _is_in_comment(sql: str, gap: int, start: int, end: int) -> bool:
    for comment in _COMMENT.finditer(sql, gap):
        if comment.start() == start:
            return sql.startswith("-- ", start) and "\n" not in sql[start:end]
        if comment.end() >= end:
            closing = 2 if comment.group().startswith("/*") else 0
            return comment.start() + 2 <= start and end + closing <= comment.end()
    return False
