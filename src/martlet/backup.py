"""`martlet backup` and `martlet restore`: a data folder with checksums, taken while a server runs.

A running server makes a snapshot inside of its data folder; what copies it needs that folder too,
so that nobody gets files by HTTP. Without a server the folder itself is copied.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import IO, cast

from martlet import __version__
from martlet.client import AnswerError, Client
from martlet.errors import ConflictError, MartletError, NotFoundError
from martlet.snapshots import SNAPSHOTS

CATALOG = "catalog.json"
_FORMAT = 1
_CHUNK = 1024 * 1024

# Of a data folder; what a start makes anew, or what is no data.
_LEFT_OUT = frozenset((
    "incoming", SNAPSHOTS, "clickhouse/status", "clickhouse/tmp", "clickhouse/metadata_dropped",
    "clickhouse/journal.sqlite-shm", "cdk.out",
))  # fmt: skip


class BackupError(MartletError):
    """A backup cannot be made or is not whole."""


@dataclass(slots=True)
class Catalog:
    """What is in a backup.

    Attributes:
        version: of Martlet.
        clickhouse: version of ClickHouse, empty where nobody knows.
        files: path -> number of bytes and SHA-256.
        links: path of a symbolic link -> where it leads.
        folders: paths of those with nothing in them.
    """

    created_at: str
    version: str = __version__
    clickhouse: str = field(default_factory=lambda: _clickhouse())
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())

    def as_bytes(self) -> bytes:
        """Return it as the file `catalog.json`."""
        content = {
            "format": _FORMAT,
            "created_at": self.created_at,
            "martlet": self.version,
            "clickhouse": self.clickhouse,
            "files": self.files,
            "links": self.links,
            "folders": self.folders,
        }
        return json.dumps(content, indent=1).encode()

    @classmethod
    def of_bytes(cls, content: bytes) -> "Catalog":
        """Read the file.

        Raises:
            BackupError: it is none, or of another format, or made by a later ClickHouse.
        """
        try:
            found = json.loads(content)
            if found["format"] != _FORMAT:
                raise BackupError(
                    f"The backup has format {found['format']}, this version reads {_FORMAT}"
                )
            made_by, own = str(found.get("clickhouse", "")), _clickhouse()
            if _numbers(made_by) > _numbers(own) > []:
                raise BackupError(
                    f"The backup was made by ClickHouse {made_by}, and this is {own}, which may not"
                    " be able to read it",
                    hint="restore it with the version of Martlet that made it, or a later one:"
                    f" {found['martlet']}, here is {__version__}",
                )
            files = {
                _safe(path): (int(size), str(sum)) for path, (size, sum) in found["files"].items()
            }
            links = {_safe(path): str(target) for path, target in found["links"].items()}
            folders = [_safe(path) for path in found["folders"]]
            created_at, version = str(found["created_at"]), str(found["martlet"])
            return cls(created_at, version, made_by, files, links, folders)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"{CATALOG} of the backup cannot be read: {error}") from error


def _clickhouse() -> str:
    try:
        return metadata.version("chdb-core")
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _safe(path: str) -> str:
    """Return a path that stays inside of a folder.

    Raises:
        BackupError: it does not.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or ".." in pure.parts or "\0" in path:
        raise BackupError(f"The backup has a file {path[:200]!r} that is outside of its folder")
    return str(pure)


# Making one


def make_backup(data: Path, to: Path, server: Callable[[], Client]) -> Catalog:
    """Write a backup of a data folder.

    Args:
        data: the data folder.
        to: a folder or, with the ending `.tar`, a file; neither may be there.
        server: returns the one that runs on it; called if one does.

    Raises:
        NotFoundError: there is no data folder.
        ConflictError: the target is there.
        AnswerError: the server does not make a snapshot.
        BackupError: it cannot be written.
    """
    if to.exists():
        raise ConflictError(f"{to} is there already", hint="choose another name")
    with source(data, server) as folder:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            return _write_tar(folder, to) if to.suffix == ".tar" else _write_folder(folder, to)
        except FileNotFoundError as error:
            raise BackupError(f"{error.filename} is gone: nothing was written") from error
        except OSError as error:
            raise BackupError(f"The backup cannot be written: {error.strerror}") from error


@contextmanager
def source(data: Path, server: Callable[[], Client], *, is_held: bool = True) -> Iterator[Path]:
    """Give a data folder as it is at one moment: itself if no server runs, else a snapshot.

    Args:
        data: the data folder.
        server: returns the one that runs on it; called if one does.
        is_held: whether the folder itself is kept from servers meanwhile, and from ClickHouse.

    Raises:
        NotFoundError: there is no data folder.
        ConflictError: the server that answers runs on another data folder.
        AnswerError: it makes no snapshot.
    """
    if not (data / "clickhouse").is_dir():
        raise NotFoundError(
            f"{data} is no data folder of Martlet", hint="name it with --data; it has tokens.json"
        )
    with _claimed(data) as is_free:
        if is_free and is_held:
            yield data
            return
    if is_free:
        yield data
        return
    client = server()
    try:
        id = json.loads(client.send("POST", "/v0/snapshots"))["snapshot"]["id"]
    except AnswerError as error:
        if not error.status:
            error.hint = f"a server runs on {data}: name its address with --url"
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise AnswerError(f"{client.url} does not answer as a Martlet server") from error
    folder = data / SNAPSHOTS / PurePosixPath(str(id)).name
    try:
        if not folder.is_dir():
            raise ConflictError(
                f"The server at {client.url} runs on another data folder than {data}",
                hint="name the right one with --url or --data",
            )
        yield folder
    finally:
        with suppress(AnswerError):  # it removes what is left itself
            client.send("DELETE", f"/v0/snapshots/{folder.name}")


@contextmanager
def _claimed(data: Path) -> Iterator[bool]:
    """Keep servers off a data folder; False where one runs on it."""
    path = data / "clickhouse" / "status"
    with path.open("ab") as status:
        try:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _entries(folder: Path, inside: str = "") -> Iterator[tuple[str, Path]]:
    """Yield files, symbolic links and empty folders below a folder, in order, by their paths."""
    for path in sorted((folder / inside).iterdir()):
        name = f"{inside}/{path.name}" if inside else path.name
        if name in _LEFT_OUT:
            continue
        if path.is_dir() and not path.is_symlink():
            if any(path.iterdir()):
                yield from _entries(folder, name)
            else:
                yield name, path
        elif path.is_symlink() or path.is_file():
            yield name, path


class _Hashing:
    """Reads a file and knows the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._found = hashlib.sha256()
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._found.update(data)
        self._size += len(data)
        return data

    @property
    def entry(self) -> tuple[int, str]:
        """Bytes and checksum, for the catalog."""
        return self._size, self._found.hexdigest()


Add = Callable[[str, _Hashing, int], None]
"""Takes a file's name, its content and its size."""


def _fill(folder: Path, add: Add) -> Catalog:
    """Put a data folder and then its catalog into a backup."""
    catalog = Catalog(datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))
    for name, path in _entries(folder):
        if path.is_symlink():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise BackupError(f"{path} leads out of the folder: what is there is no part of it")
            catalog.links[name] = str(path.readlink())
            continue
        if path.is_dir():
            catalog.folders.append(name)
            continue
        with path.open("rb") as file:
            reader = _Hashing(file)
            add(f"data/{name}", reader, os.fstat(file.fileno()).st_size)
        catalog.files[name] = reader.entry
    content = catalog.as_bytes()
    add(CATALOG, _Hashing(io.BytesIO(content)), len(content))
    return catalog


def _write_folder(folder: Path, to: Path) -> Catalog:
    draft = Path(tempfile.mkdtemp(prefix=f".{to.name}.", dir=to.parent))
    try:
        catalog = _fill(folder, lambda name, content, size: _put(content, draft / name))
        os.sync()
        draft.rename(to)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return catalog


def _put(content: _Hashing, path: Path) -> None:
    """Write a file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        while data := content.read(_CHUNK):
            file.write(data)


def _write_tar(folder: Path, to: Path) -> Catalog:
    number, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:

                def add(name: str, content: _Hashing, size: int) -> None:
                    member = tarfile.TarInfo(name)
                    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
                    tar.addfile(member, cast("IO[bytes]", content))

                catalog = _fill(folder, add)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(to)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return catalog


# Reading one


def restore_backup(backup: Path, data: Path) -> Catalog:
    """Make a data folder of a backup; all of it is looked at before it is there.

    Args:
        backup: a folder or a tar file.
        data: the data folder, which has nothing in it or is not there.

    Raises:
        NotFoundError: there is no backup.
        ConflictError: the data folder has something in it.
        BackupError: the backup is damaged, or not one; nothing is restored.
    """
    if not backup.exists():
        raise NotFoundError(f"There is no backup {backup}")
    if data.is_symlink() or (data.exists() and (not data.is_dir() or any(data.iterdir()))):
        raise ConflictError(f"{data} is not empty", hint="name another folder with --data")
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{data.name}.", dir=data.parent))
        try:
            catalog = _extract(backup, draft)
            os.sync()
            draft.rename(data)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{backup} is no whole tar file: {error}") from error
    except OSError as error:
        raise BackupError(f"The backup cannot be restored: {error.strerror or error}") from error
    return catalog


def _extract(backup: Path, draft: Path) -> Catalog:
    found: dict[str, tuple[int, str]] = {}
    content = b""
    for name, reader in _members(backup):
        if name == CATALOG:
            content = reader.read()
            continue
        inside = _safe(name).removeprefix("data/")
        _put(reader, draft / inside)
        found[inside] = reader.entry
    if not content:
        raise BackupError(f"{backup} has no {CATALOG}: it is no backup, or not whole")
    catalog = Catalog.of_bytes(content)
    wrong = sorted(
        name
        for name in {*found, *catalog.files}
        if found.get(name) != catalog.files.get(name)
    )  # fmt: skip
    if wrong:
        raise BackupError(
            f"The backup is damaged: {len(wrong)} files are not as its catalog says,"
            f" {', '.join(wrong[:3])} among them"
        )
    for name in catalog.folders:
        (draft / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, target in catalog.links.items():  # last: nothing is written through one
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.symlink_to(target)
    for name in catalog.links:
        if not (draft / name).resolve().is_relative_to(draft.resolve()):
            raise BackupError(f"The backup's link {name!r} leads out of its folder")
    return catalog


def _members(backup: Path) -> Iterator[tuple[str, _Hashing]]:
    """Yield the files of a backup."""
    if backup.is_dir():
        for name, path in _entries(backup):
            if path.is_symlink() or path.is_dir():
                raise BackupError(f"The backup has {name!r}, which is no file")
            with path.open("rb") as file:
                yield name, _Hashing(file)
        return
    with tarfile.open(backup, mode="r:") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise BackupError(f"The backup has {member.name!r}, which is no file")
            yield member.name, _Hashing(content)
