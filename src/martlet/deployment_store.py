"""Deployments on the disk: a folder for each, with its files and its record."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from martlet.disk import write_whole
from martlet.errors import EngineError, RequestError
from martlet.model import Project

# What a client may send; other files have no place in a project.
SUFFIXES = frozenset((".datasource", ".pipe", ".connection", ".token", ".incl"))
SETTINGS = "martlet.toml"
MAX_FILES = 2000
_MAX_NAME = 250

# What a deployment is when nothing comes any more.
OVER = ("deleted", "failed")

# Of deployments that are over, so many are remembered.
_REMEMBERED = 50


@dataclass(slots=True)
class Deployment:
    """One deployment.

    Attributes:
        kind: `folder` (the project's own), `build` or `deploy`.
        status: calculating, creating_schema, data_ready, deleted or failed.
        folder: digest of the files of the project's own folder when it was made.
        database: of a staged one.
        allowed: names of the resources that it may cost stored values.
        names: `new_datasource_names` and the like -> names.
        moves: which rows are written, in words.
    """

    id: str
    kind: str
    status: str = "calculating"
    created_at: str = ""
    updated_at: str = ""
    folder: str = ""
    database: str = ""
    is_destructive: bool = False
    allowed: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    feedback: list[dict[str, str]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    tokens: list[dict[str, str]] = field(default_factory=list)
    moves: list[dict[str, object]] = field(default_factory=list)


def digest_of(project: Project) -> str:
    """Return what tells the files of a folder from those of another time."""
    found = hashlib.sha256()
    for path in sorted({*project.texts, *project.files, SETTINGS}):
        file = project.root / path
        content = file.read_bytes() if file.is_file() else b""
        found.update(f"{path}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:32]


def check_name(name: str) -> PurePosixPath:
    """Return the path of a file that a client sent.

    Raises:
        RequestError: it is not one of a project's files, or not inside of the project.
    """
    path = PurePosixPath(name)
    if (
        not name
        or len(name) > _MAX_NAME
        or not name.isprintable()
        or "\\" in name
        or path.is_absolute()
        or any(part in ("..", ".") for part in name.split("/"))
        or any(part.startswith(".") for part in path.parts)
    ):
        raise RequestError(
            f"The file name {name[:200]!r} is not a path inside of the project",
            hint="name files relative to the project folder: datasources/events.datasource",
        )
    if path.suffix not in SUFFIXES and name != SETTINGS:
        raise RequestError(
            f"The file {name} has no place in a deployment: those of a project end with"
            f" {', '.join(sorted(SUFFIXES))}, or are {SETTINGS}"
        )
    return path


class Store:
    """The deployments in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._folder = folder
        self.all: dict[str, Deployment] = {}
        for path in folder.glob("*/record.json"):
            found = Deployment(**json.loads(path.read_bytes()))
            self.all[found.id] = found

    def files(self, deployment: Deployment) -> Path:
        """Return the folder of a deployment's project."""
        return self._path(deployment) / "files"

    def _path(self, deployment: Deployment) -> Path:
        return self._folder / deployment.id

    def new(self, kind: str, folder: str, files: Path | None = None) -> Deployment:
        """Begin a deployment.

        Args:
            kind: of it.
            folder: digest of the project's own folder.
            files: a folder of files, which is moved.

        Raises:
            EngineError: it cannot be written.
        """
        number = max((int(id) for id in self.all), default=0) + 1
        made = Deployment(str(number), kind, created_at=_now(), folder=folder)
        try:
            shutil.rmtree(self._path(made), ignore_errors=True)
            self._path(made).mkdir(parents=True, mode=0o700)
            if files is not None:
                files.replace(self.files(made))
        except OSError as error:
            raise _unwritten(error) from error
        self.save(made)
        self.all[made.id] = made
        return made

    def save(self, deployment: Deployment) -> None:
        """Write a deployment's record.

        Raises:
            EngineError: it cannot be written.
        """
        deployment.updated_at = _now()
        content = json.dumps(asdict(deployment)).encode()
        try:
            write_whole(self._path(deployment) / "record.json", content)
        except OSError as error:
            raise _unwritten(error) from error

    def forget(self) -> None:
        """Remove the files of deployments that are over, and in time their records."""
        over = [one for one in self.all.values() if one.status in OVER]
        for one in over:
            shutil.rmtree(self.files(one), ignore_errors=True)
        for one in sorted(over, key=lambda one: int(one.id))[:-_REMEMBERED]:
            shutil.rmtree(self._path(one), ignore_errors=True)
            del self.all[one.id]

    @contextmanager
    def draft(self, files: Mapping[str, bytes], live: Project) -> Iterator[Path]:
        """Write files into a folder that is gone afterwards, unless it was moved.

        Args:
            files: name -> content.
            live: whose `martlet.toml` is taken where none is among them; files that are the same
                as its own were written when those were.

        Raises:
            RequestError: there are none, or too many, or one is not a project's.
            EngineError: they cannot be written.
        """
        if not files:
            raise RequestError("The form has no files: send each datafile as a part of it")
        if len(files) > MAX_FILES:
            raise RequestError(f"The form has more than {MAX_FILES} files")
        paths = {str(check_name(name)): content for name, content in files.items()}
        settings, before = live.root / SETTINGS, live.deployed or live.root
        if SETTINGS not in paths and settings.is_file():
            paths[SETTINGS] = settings.read_bytes()
        root = self._folder / "draft"
        try:
            shutil.rmtree(root, ignore_errors=True)
            for path, content in paths.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(root / path, content)
                known = before / path
                if known.is_file() and known.read_bytes() == content:
                    times = known.stat()
                    os.utime(root / path, ns=(times.st_atime_ns, times.st_mtime_ns))
        except OSError as error:
            raise EngineError(f"The files cannot be written: {error.strerror}") from error
        try:
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)


def stored_files(path: Path) -> tuple[Path, str] | None:
    """Return the files of the live deployment in a data folder, and the digest of the folder then.

    Args:
        path: ClickHouse's data folder, which no server has open.
    """
    file = path / "live.default.json"
    if not file.is_file():
        return None
    note: dict[str, str] = json.loads(file.read_bytes()).get("note", {})
    files = path / "deployments" / "default" / note.get("deployment", "") / "files"
    if note.get("kind", "folder") == "folder" or not files.is_dir():
        return None
    return files, note.get("folder", "")


def _unwritten(error: OSError) -> EngineError:
    return EngineError(f"The deployment cannot be written: {error.strerror}")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
