"""A project folder: finds its files, reads them all, and checks that they fit each other."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from martlet.errors import DatafileError, Location, MartletError, ProjectError
from martlet.files.checks import Found, check_project, classic_targets
from martlet.files.classic import use_plain_names, versioned_names
from martlet.files.connection import parse_connection
from martlet.files.datasource import parse_datasource
from martlet.files.pipe import parse_pipe
from martlet.files.settings import parse_dotenv, parse_settings
from martlet.files.source import Report, Source
from martlet.model import Connection, Datasource, Pipe, Project, Settings

# Tinybird's CLI looks that deep too.
_MAX_DEPTH = 3
_SKIPPED = frozenset(
    ("node_modules", "vendor", "playgrounds", "deploy", "tests", "fixtures", "__pycache__", "venv",
     "cdk.out")  # the CDK's output has the project's files in it too
)  # fmt: skip
_FIXTURE_FOLDERS = ("fixtures", "datasources/fixtures")

Resource = TypeVar("Resource", Datasource, Pipe, Connection)


def load_project(
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Project:
    """Read a project that must be without errors.

    Args:
        root: the folder.
        environment: values of `$NAME` in single-line values of datafiles.
        secrets: values for `tb_secret`, in addition to `.env` and `.env.local` and above them.

    Raises:
        ProjectError: all errors of all files.
    """
    project, errors = read_project(root, environment=environment, secrets=secrets)
    if errors:
        raise ProjectError(errors)
    return project


def read_project(
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> tuple[Project, list[MartletError]]:
    """Read as much of a project as can be read.

    Args:
        root: the folder.
        environment: values of `$NAME` in single-line values of datafiles.
        secrets: values for `tb_secret`, in addition to `.env` and `.env.local` and above them.

    Returns:
        The project with the resources that are right in themselves, and all errors in order of
        file and line. Paths in them are relative to the root.
    """
    report = Report()
    folder = _Folder(root, report)
    known = {**folder.dotenv(".env"), **folder.dotenv(".env.local"), **(secrets or {})}
    found = Found({}, {}, {})
    connections: dict[str, Connection] = {}
    readers = {
        "datasource": partial(_keep, parse_datasource, found.datasources),
        "pipe": partial(_keep, parse_pipe, found.pipes),
        "connection": partial(_keep, parse_connection, connections),
    }
    for path in folder.datafiles(tuple(readers)):
        kind = path.suffix[1:]
        text = folder.read(path)
        source = Source(
            str(path),
            text or "",
            environment or {},
            secrets=known if kind == "datasource" else None,
            include=folder.include,
        )
        found.files.setdefault((kind, source.name), []).append(source.location)
        if text is not None:
            readers[kind](source, report)
    if not (found.names("datasource") or found.names("pipe")):
        report.error(
            f"No .datasource or .pipe file in {root}", None, "name the folder of the project."
        )
    versioned = versioned_names(found)
    use_plain_names(found, versioned)
    check_project(found, report)
    for made in classic_targets(found.pipes.values(), found.datasources):
        found.datasources[made.name] = made
    project = Project(
        root=root,
        datasources=found.datasources,
        pipes=found.pipes,
        connections=connections,
        settings=folder.settings(),
        fixtures=folder.fixtures(found.datasources),
        tests=folder.tests(found.pipes),
        secrets=known,
        versioned=versioned,
        warnings=tuple(sorted(report.warnings, key=_order)),
    )
    return project, sorted(report.errors, key=_order)


def _order(error: MartletError) -> tuple[str, int, int]:
    place = error.location or Location("", 0)
    return place.path, place.line, place.column


def _keep(
    parse: Callable[[Source, Report], Resource | None],
    into: dict[str, Resource],
    source: Source,
    report: Report,
) -> None:
    resource = parse(source, report)
    if resource is not None:
        into.setdefault(resource.name, resource)


class _Folder:
    """The files of a project; what cannot be read goes to the report."""

    def __init__(self, root: Path, report: Report) -> None:
        self.root = root
        self.report = report

    def datafiles(self, kinds: tuple[str, ...]) -> Iterator[PurePosixPath]:
        """Yield the paths of the datafiles, relative to the root, in order."""
        for path in self._walk(self.root, 0):
            if path.suffix[1:] in kinds:
                yield PurePosixPath(path.relative_to(self.root).as_posix())

    def _walk(self, folder: Path, depth: int) -> Iterator[Path]:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self.report.error(f"Cannot read {folder}: {error.strerror}", None)
            return
        for entry in entries:
            if entry.is_file():
                yield entry
            elif entry.is_dir() and depth < _MAX_DEPTH and not _is_skipped(entry.name):
                yield from self._walk(entry, depth + 1)

    def read(self, path: PurePosixPath) -> str | None:
        """Return a file's text, or nothing if there is none."""
        try:
            return _decode(str(path), (self.root / path).read_bytes())
        except OSError as error:
            message = f"Cannot read the file: {error.strerror}"
            self.report.error(message, Location(str(path), 1))
        except DatafileError as error:
            self.report.errors.append(error)
        return None

    def include(self, path: str, name: str) -> tuple[str, str]:
        """Return path and text of the file that another one includes.

        Raises:
            DatafileError: outside of the project, or not to be read.
        """
        target = (self.root / path).parent / name
        try:
            inside = target.resolve().relative_to(self.root.resolve()).as_posix()
            return inside, _decode(inside, target.read_bytes())
        except OSError as error:
            raise DatafileError(f"Cannot read {name}: {error.strerror}") from error
        except ValueError as error:
            hint = "move the file into the project."
            raise DatafileError(f"{name} is outside of the project", hint=hint) from error

    def dotenv(self, name: str) -> dict[str, str]:
        """Return the variables of a dotenv file in the root, if it is there."""
        text = self._optional(name)
        return parse_dotenv(text) if text is not None else {}

    def settings(self) -> Settings:
        """Return what `martlet.toml` sets."""
        text = self._optional("martlet.toml")
        return Settings() if text is None else parse_settings("martlet.toml", text, self.report)

    def _optional(self, name: str) -> str | None:
        return self.read(PurePosixPath(name)) if (self.root / name).is_file() else None

    def fixtures(self, names: Iterable[str]) -> dict[str, Path]:
        """Return the files with sample rows: `<name>.ndjson` before `<name>.csv`."""
        files = [path for folder in _FIXTURE_FOLDERS for path in self._files(folder)]
        by_name = {path.name: path for path in reversed(files)}
        # The first Forward CLI put a hash behind the name.
        hashed = {found[1]: path for path in files if (found := _HASHED.fullmatch(path.name))}
        return _first(
            names,
            lambda name: (
                by_name.get(f"{name}.ndjson"),
                by_name.get(f"{name}.csv"),
                hashed.get(name),
            ),
        )

    def tests(self, names: Iterable[str]) -> dict[str, Path]:
        """Return the files with endpoint tests, by pipe."""
        files = {path.name: path for path in self._files("tests")}
        return _first(names, lambda name: (files.get(f"{name}.yaml"), files.get(f"{name}.yml")))

    def _files(self, folder: str) -> list[Path]:
        path = self.root / folder
        return sorted(entry for entry in path.iterdir() if entry.is_file()) if path.is_dir() else []


_HASHED = re.compile(r"(\w+)_[0-9a-f]{8}\.ndjson")


def _first(
    names: Iterable[str], candidates: Callable[[str], tuple[Path | None, ...]]
) -> dict[str, Path]:
    """Return the first candidate of each name that has one."""
    found = ((name, next(filter(None, candidates(name)), None)) for name in names)
    return {name: path for name, path in found if path is not None}


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED


def _decode(path: str, content: bytes) -> str:
    """Return the text of a file.

    Raises:
        DatafileError: not UTF-8; points at the first byte that is not.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        shown = content.split(b"\n")[line - 1].decode("utf-8", "replace").rstrip("\r")
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise DatafileError(
            "The file is not UTF-8",
            location=Location(path, line, column, shown),
            hint="save it as UTF-8.",
        ) from error
