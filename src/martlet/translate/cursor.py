"""The lexemes of one statement with a place in them: what every reader of SQL text builds on."""

from typing import NoReturn

from martlet.errors import SqlError
from martlet.sql.lexer import Kind, Lexeme, lex, unquote

_BEHIND = 8  # how far `peek` may look behind the last lexeme
_OPERAND_ENDS = (Kind.WORD, Kind.QUOTED, Kind.NUMBER)


class Cursor:
    """A position in the lexemes; `uppers` are their texts for comparison with keywords."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        lexemes = _with_dots(list(lex(sql))) if "." in sql else list(lex(sql))
        self.lexemes = lexemes
        word = Kind.WORD
        self.uppers = [item.text.upper() if item.kind is word else item.text for item in lexemes]
        self.uppers += [""] * _BEHIND
        self.kinds: list[Kind | None] = [item.kind for item in lexemes]
        self.kinds += [None] * _BEHIND
        self.starts = [item.start for item in lexemes]
        self.starts.append(len(sql))
        self.position = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the keyword or symbol ahead; empty at the end."""
        return self.uppers[self.position + ahead]

    def kind(self, ahead: int = 0) -> Kind | None:
        """Return what the lexeme ahead is; None at the end."""
        return self.kinds[self.position + ahead]

    def at(self, *words: str) -> bool:
        """Whether these words come next."""
        position = self.position
        return self.uppers[position : position + len(words)] == list(words)

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        position = self.position
        if self.uppers[position] != words[0]:
            return False
        if len(words) > 1 and not self.at(*words):
            return False
        self.position = position + len(words)
        return True

    def expect(self, *words: str) -> None:
        """Step over these words, which must come next."""
        for word in words:
            if not self.accept(word):
                self.fail(f"Expected {word}")

    @property
    def start(self) -> int:
        """Index of the next lexeme in the text."""
        return self.starts[self.position]

    @property
    def end(self) -> int:
        """Index behind the lexeme read last."""
        return self.lexemes[self.position - 1].end if self.position else 0

    def fail(self, message: str) -> NoReturn:
        """Refuse the text at the next lexeme."""
        index = self.position
        found = self.lexemes[index].text if index < len(self.lexemes) else "the end of the query"
        raise SqlError(f"Syntax error: {message}, got {found}", offset=self.start)

    def refuse(self, message: str) -> NoReturn:
        """Refuse a form that ClickHouse has and Martlet does not read."""
        raise SqlError(message, offset=self.start)

    def at_name(self) -> bool:
        """Whether an identifier comes next."""
        return self.kinds[self.position] in (Kind.WORD, Kind.QUOTED)

    def name(self) -> str:
        """Read one identifier."""
        if not self.at_name():
            self.fail("Expected a name")
        lexeme = self.lexemes[self.position]
        self.position += 1
        return lexeme.text if lexeme.kind is Kind.WORD else unquote(lexeme.text)

    def names(self) -> tuple[str, ...]:
        """Read names with commas between them."""
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        return tuple(names)

    def string(self) -> str:
        """Read one string literal."""
        if self.kinds[self.position] is not Kind.STRING:
            self.fail("Expected a string")
        self.position += 1
        return unquote_string(self.lexemes[self.position - 1].text)


def unquote_string(text: str) -> str:
    """Return the value of a string literal; heredocs stand for themselves."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)]
    return unquote(text)


def _with_dots(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Part numbers that are places in tuples, as ClickHouse does: `t.1.2` is `t`, `.1`, `.2`.

    A dot behind an operand is an access, spaces or not: only elsewhere `.5` is a number.
    """
    parted: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind is not Kind.NUMBER or "." not in lexeme.text or not parted:
            parted.append(lexeme)
            continue
        last = parted[-1]
        if lexeme.text[0] == ".":
            is_access = last.kind in _OPERAND_ENDS or last.text in (")", "]")
        else:
            is_access = last.text == "."
        parted += _parts(lexeme) if is_access else [lexeme]
    return parted


def _parts(lexeme: Lexeme) -> list[Lexeme]:
    before, _, behind = lexeme.text.partition(".")
    dot = lexeme.start + len(before)
    parts = [Lexeme(Kind.SYMBOL, ".", dot, dot + 1)]
    if before:
        parts.insert(0, Lexeme(Kind.NUMBER, before, lexeme.start, dot))
    if behind:
        parts.append(Lexeme(Kind.NUMBER, behind, dot + 1, lexeme.end))
    return parts
