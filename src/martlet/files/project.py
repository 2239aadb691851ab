"""A project folder: finds its files, reads them all, and checks that they fit each other."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from martlet.errors import DatafileError, Location, MartletError, ProjectError
from martlet.files.checks import Found, check_project, classic_targets
from martlet.files.classic import publish, use_plain_names, versioned_names
from martlet.files.connection import parse_connection
from martlet.files.datasource import parse_datasource
from martlet.files.pipe import parse_pipe
from martlet.files.settings import check_ids, parse_dotenv, parse_settings
from martlet.files.source import Report, Source
from martlet.files.tokenfile import grant_scopes, parse_token
from martlet.model import Connection, Datasource, Pipe, Project, Settings

# How many names a path may have; Tinybird's CLI does not look deeper either (measured).
MAX_DEPTH = 3
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
    folder = Folder(project_folder(root), report)
    settings = folder.settings()
    known = {**folder.dotenv(root, environment or {}), **(secrets or {})}
    found, connections = Found(), dict[str, Connection]()
    reader = _Reader(folder, environment or {}, known, report)
    readers = {
        "datasource": partial(_keep, parse_datasource, found.datasources),
        "pipe": partial(_keep, parse_pipe, found.pipes),
        "connection": partial(_keep, parse_connection, connections),
    }
    paths = list(folder.datafiles((*readers, "token")))
    for path in (path for path in paths if path.suffix[1:] in readers):
        text = folder.read(path)
        source = reader.source(path, text)
        found.files.setdefault((path.suffix[1:], source.name), []).append(source.location)
        if text is not None:
            readers[path.suffix[1:]](source, report)
    if not (found.names("datasource") or found.names("pipe")):
        report.error(
            f"No .datasource or .pipe file in {folder.root}",
            None,
            "name the folder of the project.",
        )
    names = {**versioned_names(found), **reader.shared(found)}
    use_plain_names(found, names)
    found.includes.extend(folder.includes)
    generation = publish(found, settings.generation, report)
    for path in (path for path in paths if path.suffix == ".token"):
        source = reader.source(path, folder.read(path))
        grant_scopes(found, source.name, parse_token(source, report), names, report)
    check_project(found, report)
    check_ids(settings, found.datasources, report)
    for made in classic_targets(found.pipes.values(), found.datasources):
        found.datasources[made.name] = made
    project = Project(
        root=folder.root,
        datasources=found.datasources,
        pipes=found.pipes,
        connections=connections,
        settings=settings,
        fixtures=folder.fixtures(found.datasources),
        tests=folder.tests(found.pipes),
        secrets=known,
        files=tuple(sorted(path for path in folder.used if not path.endswith(".connection"))),
        versioned=names,
        texts=folder.texts,
        generation=generation,
        warnings=tuple(sorted(report.warnings, key=_order)),
    )
    return project, sorted(report.errors, key=_order)


def project_folder(root: Path) -> Path:
    """Return the folder of the datafiles, which Tinybird's own settings may name."""
    for name, key in (("tinybird.config.json", "folder"), (".tinyb", "cwd")):
        with suppress(OSError, ValueError):
            settings = json.loads((root / name).read_bytes())
            folder = settings.get(key) if isinstance(settings, dict) else None
            if folder and isinstance(folder, str):
                return root / folder
    return root


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


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes sources of a project's files, and resources of those that others share with it."""

    folder: "Folder"
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    report: Report

    def source(self, path: PurePosixPath, text: str | None) -> Source:
        """Return a file with what may be put into it."""
        self.folder.used.add(str(path))
        self.folder.texts[str(path)] = text or ""
        return Source(
            str(path),
            text or "",
            self.environment,
            secrets=self.secrets if path.suffix == ".datasource" else None,
            include=self.folder.include,
        )

    def shared(self, found: Found) -> dict[str, str]:
        """Add the data sources of other workspaces that a pipe reads.

        Returns:
            How SQL names them, `workspace.name` -> the name that they have here.
        """
        queries = [node.sql for pipe in found.pipes.values() for node in pipe.nodes]
        names: dict[str, str] = {}
        for path in self.folder.vendored():
            workspace, stem = path.parts[1], path.stem
            shown, name = f"{workspace}.{stem}", f"{workspace}__{stem}"
            if not any(shown in sql for sql in queries):
                continue  # Tinybird's CLI does not read it either (measured)
            names[shown] = name
            source = self.source(path, self.folder.read(path))
            found.files.setdefault(("datasource", name), []).append(source.location)
            resource = parse_datasource(source, self.report)
            if resource is not None:  # tokens and shares are the other workspace's
                own = replace(resource, name=name, tokens=(), shared_with=())
                found.datasources.setdefault(name, own)
        return names


class Folder:
    """The files of a project; what cannot be read goes to the report.

    Attributes:
        used: the paths of datafiles, and of what they include.
        includes: the files that include others.
        texts: the datafiles themselves and `martlet.toml`, by path.
    """

    def __init__(self, root: Path, report: Report) -> None:
        self.root = root
        self.report = report
        self.used: set[str] = set()
        self.includes: list[Location] = []
        self.texts: dict[str, str] = {}

    def datafiles(self, kinds: tuple[str, ...]) -> Iterator[PurePosixPath]:
        """Yield the paths of the datafiles, relative to the root, in order."""
        for path in self._walk(self.root, 1):
            if path.suffix[1:] in kinds and not path.name.startswith("."):
                yield PurePosixPath(path.relative_to(self.root).as_posix())

    def vendored(self) -> Iterator[PurePosixPath]:
        """Yield the paths of the data sources in `vendor/<workspace>` and its folders, in order."""
        folder = self.root / "vendor"
        found = [*folder.glob("*/*.datasource"), *folder.glob("*/*/*.datasource")]
        for path in sorted(path for path in found if not path.name.startswith(".")):
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
            elif entry.is_dir() and not _is_skipped(entry.name):
                if depth < MAX_DEPTH:
                    yield from self._walk(entry, depth + 1)
                else:
                    self._warn_of_depth(entry)

    def _warn_of_depth(self, folder: Path) -> None:
        for path in sorted(folder.glob("*.*")):
            if path.suffix in (".datasource", ".pipe", ".connection", ".token"):
                shown = path.relative_to(self.root).as_posix()
                message = f"The file is more than {MAX_DEPTH} levels deep and is not read"
                self.report.warn(message, Location(shown, 1), "move it up.")

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
            text = _decode(inside, target.read_bytes())
        except OSError as error:
            raise DatafileError(f"Cannot read {name}: {error.strerror}") from error
        except ValueError as error:
            hint = "move the file into the project."
            raise DatafileError(f"{name} is outside of the project", hint=hint) from error
        self.includes.append(Location(path, 1))
        self.used.add(inside)
        return inside, text

    def dotenv(self, above: Path, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of the dotenv files, if they are there; also of a folder above."""
        found: dict[str, str] = {}
        for folder in dict.fromkeys((above, self.root)):
            for name in (".env", ".env.local"):
                found |= parse_dotenv(self._optional(folder / name) or "", environment)
        return found

    def settings(self) -> Settings:
        """Return what `martlet.toml` sets."""
        text = self._optional(self.root / "martlet.toml")
        if text is None:
            return Settings()
        self.texts["martlet.toml"] = text
        return parse_settings("martlet.toml", text, self.report)

    def _optional(self, path: Path) -> str | None:
        """Return the text of a file that need not be there."""
        if not path.is_file():
            return None
        return self.read(PurePosixPath(os.path.relpath(path, self.root)))

    def fixtures(self, names: Iterable[str]) -> dict[str, Path]:
        """Return the files with sample rows: `<name>.ndjson` before `.csv` before `.sql`."""
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
                by_name.get(f"{name}.sql"),
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
