"""`martlet fmt`: datafiles in their canonical form, and the proof that they mean what they did."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath

from martlet.errors import DatafileError, Location, MartletError, SqlError
from martlet.files import jsonform
from martlet.files.connection import parse_connection
from martlet.files.datasource import parse_datasource
from martlet.files.pipe import parse_pipe
from martlet.files.project import Folder, project_folder
from martlet.files.source import Report, Source, as_lines
from martlet.files.writing import canonical
from martlet.sql.lexer import lex

_PARSERS: Mapping[str, Callable[[Source, Report], object]] = {
    "datasource": parse_datasource,
    "pipe": parse_pipe,
    "connection": parse_connection,
}


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file and what `martlet fmt` makes of it; with errors it stays as it is."""

    path: Path
    before: str
    after: str
    errors: tuple[MartletError, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the file is not in its canonical form."""
        return self.before != self.after

    def diff(self) -> str:
        """Return a unified diff, empty if nothing changes."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.path.as_posix()}",
            f"b/{self.path.as_posix()}",
        )
        ended = (x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines)
        return "".join(ended)

    def write(self) -> None:
        """Put the canonical form into the file.

        Raises:
            DatafileError: the file cannot be written.
        """
        try:
            self.path.write_text(self.after, encoding="utf-8", newline="")
        except OSError as error:
            raise DatafileError(f"Cannot write {self.path}: {error.strerror}") from error


def format_paths(paths: Iterable[Path], *, environment: Mapping[str, str]) -> Iterator[Formatted]:
    """Yield every datafile of the folders, searched like a project, and every named file.

    Args:
        paths: files and folders.
        environment: values of `$NAME`, for the check that a file has no errors.
    """
    for path in paths:
        report = Report()
        root = project_folder(path) if path.is_dir() else path.parent
        names = Folder(root, report).datafiles(tuple(_PARSERS)) if path.is_dir() else [path.name]
        # An INCLUDE may lead out of the folder that is formatted, but not out of the project.
        here = Path.cwd()
        is_inside = root.resolve().is_relative_to(here)
        inner = root.resolve().relative_to(here) if is_inside else Path()
        folder = Folder(here if is_inside else root, report)
        for name in names:
            file = PurePosixPath(inner.as_posix(), name)
            text = folder.read(file) if file.suffix[1:] in _PARSERS else ""
            source = Source(str(file), text or "", environment, include=folder.include)
            if text is not None:
                yield replace(format_text(source), path=root / name)
        for error in report.errors:
            yield Formatted(path, "", "", (error,))


def format_input(content: bytes, name: str | None, environment: Mapping[str, str]) -> Formatted:
    """Return a datafile that is not read from a file; `name` says its kind.

    Raises:
        DatafileError: there is no name.
    """
    if not name:
        message = "Standard input needs a name, which says what it is"
        raise DatafileError(message, hint="for example --name x.pipe")
    path = Path(name)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DatafileError("Standard input is not UTF-8") from error
    include = Folder(path.parent, Report()).include
    formatted = format_text(Source(path.name, text, environment, include=include))
    return replace(formatted, path=path)


def format_text(source: Source) -> Formatted:
    """Return a datafile in its canonical form, or its errors."""
    path, kind = Path(source.path), PurePosixPath(source.path).suffix[1:]
    if kind not in _PARSERS:
        ends = ", ".join(f".{known}" for known in _PARSERS)
        message = f"{source.path} is no datafile: its name does not end with one of {ends}"
        return Formatted(path, source.text, source.text, (DatafileError(message),))
    before, report = _read(source, kind)
    if report.errors:
        return Formatted(path, source.text, source.text, tuple(report.errors))
    text = canonical(source.path, source.text, kind)
    after, report = _read(replace(source, text=text), kind)
    if report.errors or before != after or _loses_text(source, text):
        message = "martlet fmt cannot format this file: it would not mean the same"
        error = DatafileError(message, location=source.location, hint="please report it.")
        return Formatted(path, source.text, source.text, (error,))
    return Formatted(path, source.text, text)


def _read(source: Source, kind: str) -> tuple[object, Report]:
    report = Report()
    return meaning(_PARSERS[kind](source, report)), report


def meaning(value: object) -> object:
    """Return what is left of a resource without places, and without the white space of SQL."""
    if isinstance(value, str):
        return _words(value)
    if isinstance(value, Location | Enum):
        return None if isinstance(value, Location) else value
    if isinstance(value, Mapping):
        return {key: meaning(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [meaning(item) for item in value]
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.compare]
        return {name: meaning(getattr(value, name)) for name in names if name != "sql_lines"}
    return value


def _words(text: str) -> list[str]:
    """Return the lexemes of a text, or its lines without white space around if it is no SQL."""
    try:
        return [lexeme.text for lexeme in lex(text)]
    except SqlError:
        return [line.strip() for line in text.split("\n") if line.strip()]


# What comes and goes: quotes around values, the comma behind the last column, the `>` of a block.
_LAYOUT = frozenset("\"'`\u201c\u201d\u2018\u2019,>\ufeff")


def _loses_text(source: Source, text: str) -> bool:
    """Whether the characters of two texts differ by more than layout; comments count."""
    if jsonform.is_json(as_lines(source.path, source.text)):
        return False
    before, after = (
        Counter(x for x in each.casefold() if not (x.isspace() or x in _LAYOUT))
        for each in (source.text, text)
    )
    return before != after
