"""The data folder as it is at one moment, made while the server runs, in a folder beside it.

ClickHouse never changes the files of a part, so a snapshot has hard links of them; all other files
are few and small, and copied. Commits wait while it is noted which parts there are, and the others
are copied: what was acknowledged before is there, in its table and behind its views, and what is
acknowledged later is not. A restart on a snapshot is one after `kill -9` at that moment, which
every change of tables is made for.
"""

import os
import re
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import EngineError, NotFoundError
from martlet.ingest.sinks import ClickHouseSink
from martlet.sql.lexer import quote_string
from martlet.staging import COPY_PREFIX, STAGE_PREFIX

# Their folder in the data folder.
SNAPSHOTS = "snapshots"

# Of one that nobody has taken away.
_KEPT_S = 24 * 3600

# A part that is merged is there for minutes still; should one be gone, the snapshot begins anew.
_TRIES = 3

# What is beside ClickHouse's folder.
_OWN_FILES = ("tokens.json", "variables.json", "jobs.jsonl")
JOURNAL = "journal.sqlite"

# Tables that a start drops.
_ON_THEIR_WAY = (STAGE_PREFIX, COPY_PREFIX)

_UUID = re.compile(r"\bUUID '([0-9a-f]{8}-[0-9a-f-]{27})'")
_ID = re.compile(r"[0-9a-f]{32}")


class Snapshots:
    """The snapshots of a data folder, each in a folder of its id."""

    def __init__(self, data: Path) -> None:
        """Start; what an earlier server has left is removed.

        Args:
            data: the data folder.
        """
        self._data = data.resolve()
        self._folder = self._data / SNAPSHOTS
        shutil.rmtree(self._folder, ignore_errors=True)

    def take(
        self, engine: ClickHouse, sink: ClickHouseSink, databases: Callable[[], Collection[str]]
    ) -> Path:
        """Make a snapshot and return its folder.

        Args:
            engine: of the data folder.
            sink: what commits rows; it is held meanwhile.
            databases: returns those whose tables belong to it.

        Raises:
            EngineError: it cannot be made.
        """
        self._forget()
        path = self._folder / uuid.uuid4().hex
        for attempt in range(1, _TRIES + 1):
            try:
                taking = _Taking(self._data, engine, path)
                with sink.paused():
                    taking.run(databases())
                taking.link()
                return path
            except (FileNotFoundError, shutil.Error) as error:  # of a folder of files, the latter
                shutil.rmtree(path, ignore_errors=True)
                if attempt == _TRIES:
                    raise EngineError("Files change too fast for a snapshot: try again") from error
            except OSError as error:
                shutil.rmtree(path, ignore_errors=True)
                raise EngineError(f"A snapshot cannot be made: {error.strerror}") from error
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                raise
        raise AssertionError

    def remove(self, id: str) -> None:
        """Remove a snapshot.

        Raises:
            NotFoundError: there is none of that id.
        """
        path = self._folder / id
        if not _ID.fullmatch(id) or not path.is_dir():
            raise NotFoundError(f"The snapshot '{id[:80]}' does not exist")
        shutil.rmtree(path, ignore_errors=True)

    def _forget(self) -> None:
        with suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.stat().st_mtime < time.time() - _KEPT_S:
                    shutil.rmtree(path, ignore_errors=True)


class _Taking:
    """One snapshot while it is made."""

    def __init__(self, data: Path, engine: ClickHouse, to: Path) -> None:
        self._from = engine.path.resolve()
        self._to = to / engine.path.name
        self._data, self._root = data, to
        self._engine = engine
        self._parts_to_link: list[tuple[Path, Path]] = []

    def run(self, databases: Collection[str]) -> None:
        """Copy what may change; nothing may be committed meanwhile."""
        self._to.mkdir(parents=True, mode=0o700)
        self._root.chmod(0o700)
        parts = self._parts(databases)
        for database in databases:
            for table in self._definitions(database):
                self._table(table, parts.get(table, []))
        for path in self._from.glob("live.*.json"):
            shutil.copy2(path, self._to / path.name)
        if (self._from / "deployments").is_dir():
            shutil.copytree(
                self._from / "deployments",
                self._to / "deployments",
                ignore=shutil.ignore_patterns("draft", "*.new"),
            )
        copy_journal(self._from / JOURNAL, self._to / JOURNAL)
        for name in _OWN_FILES:
            with suppress(FileNotFoundError):
                shutil.copy2(self._data / name, self._root / name)

    def link(self) -> None:
        """Add the parts of that moment: those that are merged meanwhile stay for some minutes."""
        for part, to in self._parts_to_link:
            shutil.copytree(part, to, copy_function=_hard_link)

    def _parts(self, databases: Collection[str]) -> dict[Path, list[str]]:
        """Return the active parts of all tables, by the tables' folders: of one moment."""
        names = ", ".join(map(quote_string, databases))
        rows = self._engine.rows(
            f"SELECT path FROM system.parts WHERE active AND database IN ({names})"  # noqa: S608
        )
        found: dict[Path, list[str]] = {}
        for row in rows:
            path = Path(str(row["path"]))
            found.setdefault(path.parent.resolve(), []).append(path.name)
        return found

    def _definitions(self, database: str) -> Iterator[Path]:
        """Copy a database's definitions; yield the folders of its tables."""
        link = self._from / "metadata" / database
        if not link.is_symlink():
            return  # it has no table yet
        self._link(link)
        for path in (self._from / "data" / database).glob("*"):
            if path.is_symlink() and not path.name.startswith(_ON_THEIR_WAY):
                self._link(path)
        with suppress(FileNotFoundError):  # ClickHouse makes its default database itself
            self._copy(link.with_name(f"{database}.sql"))
        for path in sorted(link.resolve().glob("*.sql")):
            if path.name.startswith(_ON_THEIR_WAY):
                continue
            self._copy(path)
            found = _UUID.search(path.read_text())
            folder = self._from / "store" / found[1][:3] / found[1] if found else None
            if folder is not None and folder.is_dir():
                yield folder.resolve()

    def _table(self, folder: Path, parts: Collection[str]) -> None:
        to = self._place(folder)
        if not (folder / "format_version.txt").is_file():  # no MergeTree: files may be written to
            shutil.copytree(folder, to, ignore=_drafts)
            return
        to.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.is_file():
                shutil.copy2(path, to / path.name)
        if (folder / "deduplication_logs").is_dir():
            shutil.copytree(folder / "deduplication_logs", to / "deduplication_logs")
        self._parts_to_link += [(folder / name, to / name) for name in parts]

    def _copy(self, path: Path) -> None:
        to = self._place(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)

    def _link(self, path: Path) -> None:
        to = self._place(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.symlink_to(path.readlink())

    def _place(self, path: Path) -> Path:
        return self._to / path.relative_to(self._from)


def _drafts(folder: str, names: list[str]) -> list[str]:
    """Return what is left out of a folder: files on their way, but not the folder that has them.

    Without that, ClickHouse takes a table of engine Join for a new one (measured on chDB 26.9).
    """
    return names if Path(folder).name == "tmp" else []


def _hard_link(path: str, to: str) -> None:
    """Give a file that never changes another name, or copy it where a file has one name alone."""
    try:
        os.link(path, to)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(path, to)


def copy_journal(path: Path, to: Path) -> None:
    """Copy the journal, which is a file of SQLite with another one beside it, as it is now."""
    if not path.is_file():
        return
    with (
        closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
