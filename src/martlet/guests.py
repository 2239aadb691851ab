"""Workspaces beside a server's own, for tests: each begins empty, and ends with the server.

One process opens one data folder, so each has a database of its own there.
"""

import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, MartletError, RequestError
from martlet.model import Project
from martlet.sql.lexer import quote_identifier
from martlet.tokens import TokenStore

# Clients that forget to remove theirs are common: the one that was made first goes for the next.
MOST = 4
_MOST_ALIASES = 20

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_SETTINGS = "martlet.toml"


class Guest(Protocol):
    """A workspace, as far as it matters here."""

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> ClickHouse: ...

    @property
    def tokens(self) -> TokenStore: ...

    def close(self) -> None: ...


_G = TypeVar("_G", bound=Guest)


class Guests(Generic[_G]):
    """The workspaces beside one."""

    def __init__(
        self,
        engine: ClickHouse,
        first: str,
        home: Callable[[], Project],
        make: Callable[..., _G],
    ) -> None:
        """Begin with none.

        Args:
            engine: of the server's own workspace.
            first: the first database of that.
            home: returns that workspace's project, whose settings and secrets the others have.
            make: makes a workspace of a project, `engine`, `tokens` and `folder`.
        """
        self._engine = engine
        self._base = f"{first}_guest_"
        self._home = home
        self._make = make
        self._lock = threading.Lock()
        self._count = 0
        self.aliases: Mapping[str, None] = {}
        """Names by which clients call the server's own workspace."""
        # Replaced as a whole: readers have no lock.
        self._all: Mapping[str, tuple[_G, Path, str]] = {}

    def __iter__(self) -> Iterator[_G]:
        """Iterate over them, the first one first."""
        return iter([guest for guest, *_ in self._all.values()])

    def __len__(self) -> int:
        return len(self._all)

    def call(self, name: str) -> None:
        """Remember a name by which a client calls the server's own workspace."""
        names = dict.fromkeys((*self.aliases, name))
        self.aliases = dict.fromkeys([*names][-_MOST_ALIASES:])

    def open(self, name: str) -> _G:
        """Make a workspace without data sources and pipes.

        Raises:
            ConflictError: there is one of that name.
            RequestError: no workspace can have that name.
        """
        if not _NAME.fullmatch(name):
            raise RequestError("The name of a workspace has letters, digits and underscores")
        with self._lock:
            if name in self._all:
                raise ConflictError(f"There is a workspace {name} already")
            while len(self._all) >= MOST:
                self._end(next(iter(self._all)))
            if not self._count:
                self._forget(self._base)  # what a server that was killed has left
            self._count += 1
            made = self._begin(name, f"{self._base}{self._count}_")
            self._all = {**self._all, name: made}
            return made[0]

    def _begin(self, name: str, database: str) -> tuple[_G, Path, str]:
        home = self._home()
        folder = Path(tempfile.mkdtemp(prefix="martlet-guest-"))
        try:
            root = folder / name  # a workspace has the name of its folder
            root.mkdir()
            if settings := home.texts.get(_SETTINGS):
                (root / _SETTINGS).write_text(settings)
            project = Project(root, {}, {}, settings=home.settings, secrets=home.secrets)
            engine = ClickHouse(self._engine.path, settings=home.settings, database=database)
            tokens = TokenStore(folder / "tokens.json")
            (folder / "incoming").mkdir()
            guest = self._make(project, engine=engine, tokens=tokens, folder=folder / "incoming")
        except BaseException:
            self._forget(database)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return guest, folder, database

    def of(self, token: str | None) -> _G | None:
        """Return the workspace whose token a request came with, None where it is none of these."""
        return next((guest for guest in self if guest.tokens.knows(token)), None)

    def remove(self, name: str) -> bool:
        """End the workspace of a name or id; return whether there was one."""
        with self._lock:
            for known, (guest, *_) in self._all.items():
                if name in (known, guest.tokens.workspace_id):
                    self._end(known)
                    return True
        return False

    def _end(self, name: str) -> None:
        guest, folder, database = self._all[name]
        self._all = {known: one for known, one in self._all.items() if known != name}
        guest.close()
        self._forget(database)
        shutil.rmtree(folder, ignore_errors=True)

    def _forget(self, begins: str) -> None:
        """Remove what is left on the disk of the databases whose names begin so."""
        for row in self._engine.rows("SELECT name FROM system.databases"):
            if (found := str(row["name"])).startswith(begins):
                self._engine.command_apart(
                    f"DROP DATABASE IF EXISTS {quote_identifier(found)} SYNC"
                )
        for path in self._engine.path.glob(f"live.{begins}*.json"):
            path.unlink()
        for path in (self._engine.path / "deployments").glob(f"{begins}*"):
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            for name in list(self._all):
                with suppress(MartletError):
                    self._end(name)
