"""A datafile's text with its places, and the report that collects what is wrong with it.

Nothing is cut out of a file without its `Line`, so every message can point into the file.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from martlet.errors import DatafileError, DatafileWarning, Location, MartletError


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, or the part of it that starts at `shift`.

    Attributes:
        text: what is read, with secrets and variables put in.
        shown: the whole line as the file has it; messages show it, so no secret gets into them.
    """

    path: str
    number: int
    text: str
    shown: str
    shift: int = 0

    def at(self, index: int = 0) -> Location:
        """Return the place of a 0-based index into `text`."""
        column = max(0, min(self.shift + index, len(self.shown))) + 1
        return Location(self.path, self.number, column, self.shown)

    def cut(self, start: int, text: str | None = None) -> "Line":
        """Return the line from an index on, with another text if one is given."""
        return replace(
            self, text=self.text[start:] if text is None else text, shift=self.shift + start
        )

    @property
    def first_word(self) -> str:
        """The first word in upper case; empty for a blank line and for a comment."""
        words = self.text.partition("#")[0].split(None, 1)
        return words[0].upper() if words else ""


@dataclass(frozen=True, slots=True)
class Text:
    """A value of one or more lines; `at` leads from an offset in it back into the file."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines, joined."""
        return "\n".join(line.text for line in self.lines)

    def place(self, offset: int) -> tuple[Line, int]:
        """Return the line that holds a 0-based offset, and the index in that line."""
        for line in self.lines:
            if offset <= len(line.text):
                return line, offset
            offset -= len(line.text) + 1
        return self.lines[-1], len(self.lines[-1].text)

    def at(self, offset: int = 0) -> Location:
        """Return the place in the file of a 0-based offset."""
        line, index = self.place(offset)
        return line.at(index)


class Report:
    """The errors and warnings of all files read with it, in the order found."""

    def __init__(self) -> None:
        self.errors: list[MartletError] = []
        self.warnings: list[DatafileWarning] = []

    def error(self, message: str, location: Location | None, hint: str = "") -> None:
        """Record an error and go on."""
        self.errors.append(DatafileError(message, location=location, hint=hint))

    def warn(self, message: str, location: Location | None, hint: str = "") -> None:
        """Record a form that is accepted but should be written otherwise."""
        self.warnings.append(DatafileWarning(message, location=location, hint=hint))

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Record a `DatafileError` that the block raises, and go on after the block."""
        try:
            yield
        except DatafileError as error:
            self.errors.append(error)


@dataclass(frozen=True, slots=True)
class Source:
    """A datafile to parse and what may be put into it.

    Attributes:
        path: relative to the project, POSIX; the stem is the resource's name.
        environment: values of `$NAME` and `${NAME}` in single-line values.
        secrets: values of `{{ tb_secret("name") }}`; None keeps these tags as they are.
        include: (path of the including file, file named there) -> (path, text); raises
            DatafileError. None: no file can be included.
    """

    path: str
    text: str
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] | None = None
    include: Callable[[str, str], tuple[str, str]] | None = None

    @property
    def name(self) -> str:
        """The resource's name."""
        return PurePosixPath(self.path).stem

    @property
    def location(self) -> Location:
        """The first line, where errors of the file as a whole point."""
        return as_lines(self.path, self.text)[0].at()


def as_lines(path: str, text: str) -> list[Line]:
    """Return the lines of a text, whose ends may be Windows' own."""
    # Not splitlines(): form feeds and Unicode separators do not end a line of SQL.
    rows = (row.removesuffix("\r") for row in text.removeprefix("\ufeff").split("\n"))
    return [Line(path, number, row, row) for number, row in enumerate(rows, 1)]


def read_lines(source: Source, report: Report) -> list[Line]:
    """Return a file's lines with INCLUDEs replaced by their files and secrets put in."""
    lines: list[Line] = []
    for line in _included(source, as_lines(source.path, source.text), report, (source.path,)):
        with report.collect():
            lines.append(_with_secrets(line, source.secrets))
    return lines


def _included(
    source: Source, lines: list[Line], report: Report, inside: tuple[str, ...]
) -> Iterator[Line]:
    for line in lines:
        if line.first_word != "INCLUDE" or line.text[0].isspace():
            yield line
            continue
        with report.collect():
            found = _inclusion(source, line, report, inside)
            yield from _included(source, found, report, (*inside, found[0].path))


def _inclusion(source: Source, line: Line, report: Report, inside: tuple[str, ...]) -> list[Line]:
    """Return the lines that an `INCLUDE "file" "NAME=value" ...` line stands for."""
    _, *arguments = tokens(line)
    if not arguments:
        raise DatafileError("INCLUDE needs the name of a file", location=line.at())
    if source.include is None:
        raise DatafileError("INCLUDE is not supported here", location=line.at())
    place = line.at(arguments[0].start)
    name = expand(unquote_value(arguments[0].text), source.environment)
    try:
        path, text = _included_file(source, line.path, name)
    except DatafileError as error:
        raise DatafileError(error.message, location=place, hint=error.hint) from error
    if path in inside:
        raise DatafileError(f"{path} includes itself", location=place)
    report.warn(
        "INCLUDE belongs to Tinybird Classic", line.at(), "write the included text into this file."
    )
    variables = dict(_variable(line, token) for token in arguments[1:])
    return [line.cut(0, _put_in(line.text, variables)) for line in as_lines(path, text)]


def _included_file(source: Source, including: str, name: str) -> tuple[str, str]:
    """Return path and text of a file that is named relative to the datafile.

    That holds inside of included files too (measured); there a file beside the including one is
    taken as well.
    """
    assert source.include is not None
    try:
        return source.include(source.path, name)
    except DatafileError:
        if including != source.path:
            with suppress(DatafileError):
                return source.include(including, name)
        raise


def _variable(line: Line, token: "Token") -> tuple[str, str]:
    """Return name and value of a `"NAME=value"` behind INCLUDE."""
    name, is_pair, value = unquote_value(token.text).partition("=")
    if not is_pair:
        hint = 'write "NAME=value".'
        raise DatafileError(f"{token.text} has no value", location=line.at(token.start), hint=hint)
    return name, unquote_value(value)


def _put_in(text: str, variables: Mapping[str, str]) -> str:
    """Return a line of an included file with its variables; `$$` stands for `$` there."""
    return "$".join(expand(part, variables) for part in text.split("$$"))


_TAG = re.compile(r"\{\{(.*?)\}\}")


_SECRET_PARAMETERS = ("secret_name", "default")


def _secret(source: str) -> tuple[str, object]:
    """Return name and default of a `tb_secret("name", "default")`, whose arguments are literals.

    Raises:
        ValueError: it is something else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes; they mean what they mean
            call = ast.parse(source.strip(), mode="eval").body
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "tb_secret"):
            raise ValueError(source)
        positional = zip(_SECRET_PARAMETERS, call.args, strict=False)
        named = [(keyword.arg, keyword.value) for keyword in call.keywords]
        given = {key: ast.literal_eval(tree) for key, tree in [*positional, *named]}
    except (SyntaxError, TypeError) as error:
        raise ValueError(source) from error
    name = given.get("secret_name")
    is_whole = len(given) == len(call.args) + len(named) and given.keys() <= {*_SECRET_PARAMETERS}
    if not (is_whole and isinstance(name, str)):
        raise ValueError(source)
    return name, given.get("default")


def _with_secrets(line: Line, secrets: Mapping[str, str] | None) -> Line:
    """Return the line with its `{{ tb_secret(...) }}` tags replaced, comments excepted."""
    if secrets is None or "{{" not in line.text or not line.first_word:
        return line
    values = secrets

    def value(tag: re.Match[str]) -> str:
        try:
            name, default = _secret(tag[1])
        except ValueError:
            raise DatafileError(
                f"Only tb_secret() can be used in a datasource file, not {tag[0]}",
                location=line.at(tag.start()),
                hint='write {{ tb_secret("name") }} or {{ tb_secret("name", "default") }}.',
            ) from None
        found = values.get(name, default)
        if found is None:
            raise DatafileError(
                f"Cannot access secret '{name}'",
                location=line.at(tag.start()),
                hint=f"set {name} in .env.local, or give tb_secret a default.",
            )
        return str(found) or '""'

    return line.cut(0, _TAG.sub(value, line.text))


_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with `$NAME` and `${NAME}` replaced; unknown names stay."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], found[0]), text)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a line as the file has it, quotes included; `start` and `end` index the line."""

    text: str
    start: int
    end: int


# Quotes group words; the typographic ones come from text processors. Inside of a word they do too,
# but one that is not closed is part of it there (`it's`), and so is a backtick.
_QUOTED = r"\"[^\"]*\"|'[^']*'|\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019"
_TOKEN = re.compile(rf"{_QUOTED}|(?!['\"\u201c\u2018])(?:{_QUOTED}|`[^`]*`|[^\s#])+")
_SPACE = re.compile(r"\s*")
_CLOSING = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_QUOTED_LIST = re.compile(r"([\"'])[^\"']*\1(?:\s*,\s*\1[^\"']*\1)+")


def tokens(line: Line) -> list[Token]:
    """Return the words of a line up to a `#` comment.

    Raises:
        DatafileError: a quote that is not closed.
    """
    found: list[Token] = []
    position = 0
    while True:
        position = _match_end(_SPACE, line.text, position)
        if position >= len(line.text) or line.text[position] == "#":
            return found
        end = _match_end(_TOKEN, line.text, position)
        if end == position:
            raise DatafileError(
                f"Unclosed quote {line.text[end]}",
                location=line.at(end),
                hint="close it, or put the whole value between the other kind of quotes.",
            )
        found.append(Token(line.text[position:end], position, end))
        position = end


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def unquote_value(value: str) -> str:
    """Return a value without the pair of quotes around it."""
    is_pair = len(value) > 1 and value[-1] == _CLOSING.get(value[0])
    # `"a", "b"` is a list of quoted names, not one quoted text.
    return value[1:-1] if is_pair and not _QUOTED_LIST.fullmatch(value) else value
