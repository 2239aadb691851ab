"""The text of a template as a tree of statements; expressions are Python's own syntax trees.

The grammar is Tornado's (https://www.tornadoweb.org/en/stable/template.html) less what loads or
runs other templates and code.
"""

import ast
import keyword
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from martlet.errors import TemplateError
from martlet.template.values import failure

_FORBIDDEN = frozenset(
    ("import", "from", "include", "extends", "raw", "module", "apply", "block", "autoescape")
)
# Where the parts that continue a block may stand.
_CONTINUES: Final[dict[str, tuple[str, ...]]] = {
    "else": ("if", "try", "while", "for"),
    "elif": ("if",),
    "except": ("try",),
    "finally": ("try",),
}
_JUMPS = ("break", "continue")


@dataclass(slots=True)
class Text:
    """SQL that is printed as it stands."""

    text: str
    offset: int


@dataclass(slots=True)
class Output:
    """`{{ expression }}`."""

    source: str
    expression: ast.expr
    offset: int


@dataclass(slots=True)
class Set:
    """`{% set target = value %}`; a bare expression is evaluated and dropped."""

    statement: ast.Assign | ast.AugAssign | ast.Expr
    offset: int


@dataclass(slots=True)
class JumpOut:
    """`{% break %}` and `{% continue %}`."""

    word: Literal["break", "continue"]
    offset: int


@dataclass(slots=True)
class If:
    """Tests with their bodies in order, and what holds when none is true (None if not written)."""

    offset: int
    branches: list[tuple[ast.expr, int, "list[Statement]"]] = field(default_factory=list)
    otherwise: "list[Statement] | None" = None


@dataclass(slots=True)
class Loop:
    """`for target in expression` or, without a target, `while expression`."""

    offset: int
    target: ast.expr | None
    expression: ast.expr
    body: "list[Statement]" = field(default_factory=list)
    otherwise: "list[Statement] | None" = None


@dataclass(slots=True)
class Handler:
    """`{% except Class as name %}`: no class catches everything."""

    classes: tuple[str, ...]
    name: str | None
    body: "list[Statement]" = field(default_factory=list)


@dataclass(slots=True)
class Try:
    """`try` with all that may follow it."""

    offset: int
    body: "list[Statement]" = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    otherwise: "list[Statement] | None" = None
    finally_: "list[Statement] | None" = None


Statement = Text | Output | Set | JumpOut | If | Loop | Try


def parse(sql: str) -> list[Statement]:
    """Return the statements of a template.

    Raises:
        TemplateError: not a template; `offset` is set.
    """
    parser = _Parser(sql)
    with warnings.catch_warnings():
        # Python warns of odd escapes and numbers in expressions; they mean what they mean.
        warnings.simplefilter("ignore")
        return parser.whole()


_TAG = re.compile(r"\{\{(?=\{)|\{[{%#]")
_NAMES = {"{{": ("expression", "}}"), "{%": ("block", "%}"), "{#": ("comment", "#}")}


class _Parser:
    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.whitespace = "all"
        self.root: list[Statement] = []
        self.target = self.root
        self.open: list[tuple[If | Loop | Try, str, list[Statement], int, int]] = []
        self.at_end = 0  # of the tag in hand: errors count lines to there, as Tornado's do

    def whole(self) -> list[Statement]:
        for kind, text, offset in self.pieces():
            self.at_end = offset + len(text)
            if kind == "text":
                self.text(text, offset)
            elif kind == "{{":
                self.output(text, offset)
            elif kind == "{%":
                self.block(text, offset)
        if self.open:
            *_, offset, at_end = self.open[-1]
            # Tinybird says `if` whatever the block is.
            raise self.error(
                f"Missing {{% end %}} block for if at line {self.line(at_end)}", offset
            )
        return self.root

    def pieces(self) -> Iterator[tuple[str, str, int]]:
        """Yield text, tags and comments: kind, content, and where the content starts."""
        sql, position = self.sql, 0
        while (found := _TAG.search(sql, position)) is not None:
            start = found.start()
            while sql.startswith("{{{", start):  # the last two of many braces are the tag
                start += 1
            if start > position:
                yield "text", sql[position:start], position
            tag = sql[start : start + 2]
            if sql.startswith("!", start + 2):  # `{{!` writes `{{`
                yield "text", tag, start
                position = start + 3
                continue
            name, close = _NAMES[tag]
            end = sql.find(close, start + 2)
            if end < 0:
                self.at_end = start
                raise self.error_at(f"Missing end {name} {close}", start)
            yield tag, sql[start + 2 : end], start + 2
            position = end + 2
        if position < len(sql):
            yield "text", sql[position:], position

    def line(self, offset: int) -> int:
        return self.sql.count("\n", 0, offset) + 1

    def error(self, message: str, offset: int) -> TemplateError:
        error = TemplateError(message)
        error.offset = offset
        return error

    def error_at(self, message: str, offset: int) -> TemplateError:
        return self.error(f"{message} at <string>:{self.line(self.at_end)}", offset)

    def text(self, text: str, offset: int) -> None:
        if self.whitespace == "single":
            text = re.sub(r"[\t ]+", " ", text)
            text = re.sub(r"\s*\n\s*", "\n", text)
        elif self.whitespace == "oneline":
            text = re.sub(r"\s+", " ", text)
        self.target.append(Text(text, offset))

    def output(self, content: str, offset: int) -> None:
        source = content.strip()
        offset += len(content) - len(content.lstrip())
        if not source:
            raise self.error_at("Empty expression", offset)
        if source.startswith("#"):  # Tinybird writes it behind a `=`
            raise self.error_at("invalid syntax", offset)
        expression = self.expression(source, offset, "output")
        if "#" in source or isinstance(expression, ast.Tuple):
            # Tinybird makes it an argument of a call: a comment or a second one breaks that.
            match self.python(f"f({source})", offset, source).body:
                case [ast.Expr(value=ast.Call(args=[only], keywords=[]))] if type(only) is type(
                    expression
                ):
                    pass
                case _:
                    raise self.marked(f"Invalid expression type: {ast.dump(expression)}", offset)
        self.target.append(Output(source, expression, offset))

    def block(self, content: str, offset: int) -> None:
        offset += len(content) - len(content.lstrip())
        content = content.strip()
        if not content:
            raise self.error_at("Empty block tag ({% %})", offset)
        word, _, rest = content.partition(" ")  # and no other white space
        start = offset + len(content) - len(rest.lstrip())
        rest = rest.strip()
        if word in _FORBIDDEN:
            raise self.error_at(f"{word} is forbidden", offset)
        if word in _CONTINUES:
            self.continued(word, rest, start)
        elif word == "end":
            self.end(offset)
        elif word in ("if", "for", "while", "try"):
            self.begin(word, rest, start)
        elif word in _JUMPS:
            self.jump(word, rest, offset)
        elif word == "set":
            self.assign(rest, start)
        elif word == "whitespace":
            self.set_whitespace(rest, start)
        elif word != "comment":
            raise self.error_at(f"unknown operator: {word!r}", offset)

    def set_whitespace(self, mode: str, offset: int) -> None:
        if mode not in ("all", "single", "oneline"):
            raise self.error(f"invalid whitespace mode {mode}", offset)
        self.whitespace = mode

    def begin(self, word: str, rest: str, offset: int) -> None:
        statement: If | Loop | Try
        if word == "if":
            statement = If(offset)
            body: list[Statement] = []
            statement.branches.append((self.test(word, rest, offset), offset, body))
        elif word == "try":
            statement = Try(offset)
            body = statement.body
            if rest:
                raise self.marked(f"Invalid control block: try {rest}", offset)
        elif word == "while":
            statement = Loop(offset, None, self.test(word, rest, offset))
            body = statement.body
        else:
            statement = self.for_loop(rest, offset)
            body = statement.body
        self.target.append(statement)
        self.open.append((statement, word, self.target, offset, self.at_end))
        self.target = body

    def test(self, word: str, rest: str, offset: int) -> ast.expr:
        """Return what an `if` or `while` tests.

        Tinybird puts the block's colon behind it: a comment hides that, a tuple without brackets
        cannot stand before it.
        """
        expression = self.expression(rest, offset, f"{word} {rest}")
        if "#" in rest or isinstance(expression, ast.Tuple):
            self.python(f"{word.removeprefix('el')} {rest}: pass", offset, f"{word} {rest}")
        return expression

    def for_loop(self, rest: str, offset: int) -> Loop:
        module = self.python(f"for {rest}: pass", offset, f"for {rest}")
        match module.body:
            case [ast.For(target=target, iter=iterable, body=[ast.Pass()], orelse=[])]:
                return Loop(offset, target, iterable)
            case _:
                pass
        raise failure(f"Invalid control block: for {rest}", page=None)

    def continued(self, word: str, rest: str, offset: int) -> None:
        allowed = _CONTINUES[word]
        if not self.open:
            names = ", ".join(f"'{name}'" for name in allowed)
            raise self.error_at(f"{word} outside {{{names}}} block", offset)
        statement, opened, *_ = self.open[-1]
        if opened not in allowed:
            raise self.error_at(f"{word} block cannot be attached to {opened} block", offset)
        if rest and word in ("else", "finally"):
            raise self.marked(f"Invalid control block: {word} {rest}", offset)
        body: list[Statement] = []
        if not self.attach(statement, word, rest, body, offset):
            raise self.error_at(f"invalid syntax: {word} after the last part of {opened}", offset)
        self.target = body

    def attach(
        self, statement: If | Loop | Try, word: str, rest: str, body: list[Statement], offset: int
    ) -> bool:
        """Add a part to the block that is open; False if it cannot stand there."""
        if isinstance(statement, Try) and word == "finally":
            free = statement.finally_ is None
            statement.finally_ = body
            return free
        if isinstance(statement, Try) and statement.finally_ is not None:
            return False
        if word == "else":
            free = statement.otherwise is None
            free = free and (not isinstance(statement, Try) or bool(statement.handlers))
            statement.otherwise = body
            return free
        if statement.otherwise is not None:
            return False
        if isinstance(statement, If):
            statement.branches.append((self.test(word, rest, offset), offset, body))
        elif isinstance(statement, Try):
            if statement.handlers and not statement.handlers[-1].classes:
                raise self.error_at("default 'except:' must be last", offset)
            handler = self.handler(rest, offset)
            handler.body = body
            statement.handlers.append(handler)
        return True

    def handler(self, rest: str, offset: int) -> Handler:
        source = f"try: pass\nexcept {rest}: pass"
        match self.python(source, offset, f"except {rest}").body:
            case [ast.Try(handlers=[ast.ExceptHandler(type=kind, name=name, body=[ast.Pass()])],
                          orelse=[], finalbody=[])]:  # fmt: skip
                classes = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind else []
                if all(isinstance(item, ast.Name) for item in classes):
                    return Handler(
                        tuple(item.id for item in classes if isinstance(item, ast.Name)), name
                    )
            case _:
                pass
        raise self.marked(f"Invalid control block: except {rest}", offset)

    def end(self, offset: int) -> None:
        if not self.open:
            raise self.error_at("Extra {% end %} block", offset)
        statement, _, self.target, start, _ = self.open.pop()
        if isinstance(statement, Try) and not statement.handlers and statement.finally_ is None:
            raise self.error_at("expected 'except' or 'finally' block", start)

    def jump(self, word: str, rest: str, offset: int) -> None:
        if not any(opened in ("for", "while") for _, opened, *_ in self.open):
            raise self.error_at(f"{word} outside {{'while', 'for'}} block", offset)
        if rest:
            raise self.error_at(f"invalid syntax: {word} {rest}", offset)
        if not any(isinstance(loop, Loop) and loop.otherwise is None for loop, *_ in self.open):
            raise self.error_at(f"{word!r} outside loop", offset)
        self.target.append(JumpOut("break" if word == "break" else "continue", offset))

    def assign(self, rest: str, offset: int) -> None:
        if not rest:
            raise self.error_at("set missing statement", offset)
        match self.python(rest, offset, f"set {rest}").body:
            case [ast.Assign() | ast.AugAssign() | ast.Expr() as statement]:
                self.target.append(Set(statement, offset))
            case _:
                raise self.marked(f"Invalid set statement: {rest}", offset)

    def expression(self, source: str, offset: int, shown: str) -> ast.expr:
        simple = _SIMPLE.fullmatch(source)
        if simple and _KEYWORDS.isdisjoint(simple.groups()):
            return _simple(*simple.groups())
        try:
            return ast.parse(source, mode="eval").body
        except SyntaxError as error:
            at = offset + max((error.offset or 1) - 1, 0) if error.lineno == 1 else offset
            at = min(at, offset + len(source))
            raise self.unreadable(source, shown, error.msg, (offset, at)) from None
        except (ValueError, RecursionError, MemoryError):
            raise self.error_at(f"expression cannot be read: {source[:40]}", offset) from None

    def unreadable(
        self, source: str, shown: str, message: str, places: tuple[int, int]
    ) -> TemplateError:
        offset, at = places
        if shown == "output":
            bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "", source)
            for word in ("import", "from"):
                if re.search(rf"\b{word}\b", bare):
                    return self.error_at(f'"{word}" is a forbidden word', offset)
            if statement := _statement(source):
                return self.marked(f"Invalid expression type: {statement}", offset)
        elif not source:
            message = f"{message}: {shown.strip()}"
        return self.error_at(message, at)

    def marked(self, message: str, offset: int) -> TemplateError:
        error = failure(message, page=None)
        error.offset = offset
        return error

    def python(self, source: str, offset: int, shown: str) -> ast.Module:
        if "\0" in source:
            raise self.error("source code string cannot contain null bytes", offset)
        try:
            return ast.parse(source)
        except SyntaxError as error:
            raise self.error_at(f"{error.msg}: {shown.strip()}", offset) from None
        except (ValueError, RecursionError, MemoryError):
            raise self.error_at(f"statement cannot be read: {shown[:40]}", offset) from None


# `x` and `f(x)`, two thirds of the expressions in public projects: Python's parser takes ten times
# as long for them.
_SIMPLE = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)(?:\(([A-Za-z_][A-Za-z_0-9]*)\))?")
_KEYWORDS = frozenset(keyword.kwlist)
_LOAD = ast.Load()


def _simple(name: str, argument: str | None) -> ast.expr:
    read = ast.Name(name, _LOAD, lineno=1, col_offset=0)
    if argument is None:
        return read
    given = ast.Name(argument, _LOAD, lineno=1, col_offset=len(name) + 1)
    return ast.Call(read, [given], [], lineno=1, col_offset=0)


def _statement(source: str) -> str:
    """Return the dump of the one Python statement that a text is, or nothing."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return ast.dump(body[0]) if len(body) == 1 else ""
