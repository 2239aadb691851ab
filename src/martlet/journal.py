"""The journal of what must be stored once: keys with their outcomes, ids, and rows on their way.

ClickHouse cannot commit a key together with rows in several partitions, in a quarantine and in the
targets of materialized views. So the rows of a group are written here first, in one transaction
with their keys and under a token; then they are inserted with that token, by which ClickHouse
leaves out what of the same insert it already has, table by table and part by part. A server that
was killed in between inserts them again at its next start, before anything else is done, and so
completes the insert wherever it was cut off. When rows are in their tables they leave the journal,
and the outcome stays until its window is over.
"""

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from martlet.errors import EngineError, MartletError, QueryError, ViewError
from martlet.ingest.sinks import Appended

# Of the file: keys take about 150 bytes and ids 60 (measured). What does not fit is refused.
MAX_BYTES = 4 * 1024 * 1024 * 1024
_PAGE_BYTES = 4096

# Outcomes and ids whose window is over leave so many at a time at least, and so often.
_FORGOTTEN_AT_ONCE = 5000
_FORGET_EVERY_S = 1.0

# SQLite takes a few more parameters than this in one statement.
_ASKED_AT_ONCE = 900

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, token TEXT, datasource TEXT, block BLOB, shares TEXT,
    is_quarantine INTEGER, id_column TEXT
);
CREATE TABLE IF NOT EXISTS keys (
    name BLOB PRIMARY KEY, digest BLOB, note BLOB, expires INTEGER, waiting INTEGER,
    successful INTEGER, quarantined INTEGER, error TEXT, message TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_expire ON keys (expires);
CREATE TABLE IF NOT EXISTS ids (id BLOB PRIMARY KEY, expires INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ids_expire ON ids (expires);
"""

# Outcomes that are no success, and after which rows are stored all the same.
_ERRORS: dict[str, type[MartletError]] = {"ViewError": ViewError, "QueryError": QueryError}


@dataclass(slots=True)
class Share:
    """The rows of one request in a batch.

    Attributes:
        item: number of the request among those that are committed together.
        key: name of its key, empty if it has none.
        import_id: for the quarantine.
    """

    item: int
    key: bytes
    rows: int
    import_id: str | None = None


@dataclass(slots=True)
class Rows:
    """Rows for one insert, under a token of their own.

    Attributes:
        shares: of each request, in the order of the rows.
        is_quarantine: whether they are for the data source's quarantine.
        id_column: by which its rows are told apart, empty for none.
    """

    datasource: str
    block: bytes
    shares: Sequence[Share]
    is_quarantine: bool = False
    id_column: str = ""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    id: int = 0

    @property
    def table(self) -> str:
        """Where they go."""
        return f"{self.datasource}_quarantine" if self.is_quarantine else self.datasource

    def halves(self) -> list["Rows"]:
        """Return them as two batches, at a seam between requests if there is one."""
        lines = self.block.split(b"\n")
        if len(self.shares) > 1:
            middle = len(self.shares) // 2
            first, second = list(self.shares[:middle]), list(self.shares[middle:])
        else:
            (whole,) = self.shares
            middle = whole.rows // 2
            first = [Share(whole.item, whole.key, middle, whole.import_id)]
            second = [Share(whole.item, whole.key, whole.rows - middle, whole.import_id)]
        cut = sum(share.rows for share in first)
        return [
            Rows(self.datasource, b"\n".join(part), shares, self.is_quarantine, self.id_column)
            for part, shares in ((lines[:cut], first), (lines[cut:], second))
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a key.

    Attributes:
        waiting: how many batches of its rows are not where they belong yet.
        error: told instead of the counts.
    """

    digest: bytes
    note: bytes
    waiting: int
    appended: Appended
    error: MartletError | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key whose rows begin to be stored.

    Attributes:
        successful: rows that count as stored already.
    """

    name: bytes
    digest: bytes
    note: bytes
    expires: float
    successful: int = 0


class Journal:
    """A file of SQLite; any thread may use it."""

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        """Open the file.

        Args:
            path: of the file; without one nothing outlives this object.
            clock: Unix seconds.

        Raises:
            EngineError: the file cannot be opened.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._reading = threading.Lock() if path else self._lock
        self._forgotten = 0.0
        self._begun = 0  # keys and ids since then
        with _translated():
            self._db = _connect(path)
            for pragma in ("journal_mode = WAL", "cache_size = -32000",
                           "journal_size_limit = 67108864",
                           f"max_page_count = {MAX_BYTES // _PAGE_BYTES}"):  # fmt: skip
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
            self._reader = _connect(path) if path else self._db

    def find(self, name: bytes) -> Outcome | None:
        """Return what is known of a key, None if that is nothing."""
        with self._reading, _translated():
            found = self._reader.execute(
                "SELECT digest, note, waiting, successful, quarantined, error, message FROM keys"
                " WHERE name = ? AND (expires > ? OR waiting > 0)",
                (name, self._clock()),
            ).fetchone()
        if found is None:
            return None
        digest, note, waiting, successful, quarantined, error, message = found
        failure = _ERRORS[error](message) if error else None
        return Outcome(digest, note, waiting, Appended(successful, quarantined), failure)

    def known_ids(self, ids: Collection[bytes]) -> set[bytes]:
        """Return those of some ids that are stored, or about to be."""
        asked, now = list(ids), self._clock()
        known: set[bytes] = set()
        with self._lock, _translated():  # who asks for a key waits for no thousands of ids
            for start in range(0, len(asked), _ASKED_AT_ONCE):
                part = asked[start : start + _ASKED_AT_ONCE]
                marks = ", ".join("?" * len(part))
                known.update(
                    id
                    for (id,) in self._db.execute(
                        f"SELECT id FROM ids WHERE id IN ({marks}) AND expires > ?",  # noqa: S608
                        (*part, now),
                    )
                )
        return known

    def begin(
        self,
        batches: Sequence[Rows],
        keys: Sequence[NewKey],
        ids: Collection[bytes] = (),
        *,
        ids_expire: float = 0,
    ) -> None:
        """Note rows before they are inserted, with the keys and ids that they are of.

        Raises:
            EngineError: that cannot be written; nothing may be inserted.
        """
        waiting = {key.name: 0 for key in keys}
        for batch in batches:
            for share in batch.shares:
                if share.key:
                    waiting[share.key] += 1
        self._forget(len(keys) + len(ids))
        with self._transaction(is_synced=not batches) as db:
            db.executemany(
                "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, 0, NULL, NULL)",
                [
                    (k.name, k.digest, k.note, int(k.expires), waiting[k.name], k.successful)
                    for k in keys
                ],
            )
            db.executemany(
                "INSERT OR REPLACE INTO ids VALUES (?, ?)",
                [(id, int(ids_expire)) for id in sorted(ids)],
            )
            for batch in batches:
                self._add(db, batch)

    def replace(self, batch: Rows, parts: Sequence[Rows], lost_ids: Collection[bytes] = ()) -> None:
        """Put other batches in the place of one of which nothing is stored."""
        with self._transaction() as db:
            self._remove(db, batch)
            for part in parts:
                self._add(db, part)
            moved = [(1, share) for part in parts for share in part.shares]
            moved += [(-1, share) for share in batch.shares]
            db.executemany(
                "UPDATE keys SET waiting = waiting + ? WHERE name = ?",
                [(by, share.key) for by, share in moved if share.key],
            )
            db.executemany("DELETE FROM ids WHERE id = ?", [(id,) for id in lost_ids])

    def end(self, batch: Rows, error: MartletError | None = None) -> None:
        """Note that a batch is where it belongs, or what is told of it instead."""
        column = "quarantined" if batch.is_quarantine else "successful"
        with self._transaction(is_synced=True) as db:
            self._remove(db, batch)
            db.executemany(
                f"UPDATE keys SET waiting = waiting - 1, {column} = {column} + ?"  # noqa: S608  our names
                " WHERE name = ?",
                [(share.rows, share.key) for share in batch.shares if share.key],
            )
            if error is not None:
                db.executemany(
                    "UPDATE keys SET error = ?, message = ? WHERE name = ?",
                    [(type(error).__name__, error.message, s.key) for s in batch.shares if s.key],
                )

    def left(self) -> list[Rows]:
        """Return the batches that are on their way, oldest first."""
        with self._lock, _translated():
            return [
                Rows(
                    datasource,
                    block,
                    [
                        Share(number, bytes.fromhex(key), rows, import_id)
                        for number, (key, rows, import_id) in enumerate(orjson.loads(shares))
                    ],
                    bool(is_quarantine),
                    id_column,
                    token,
                    id,
                )
                for id, token, datasource, block, shares, is_quarantine, id_column in (
                    self._db.execute("SELECT * FROM batches ORDER BY id")
                )
            ]

    def forget_ids(self, prefix: bytes) -> None:
        """Forget the ids that begin so: the rows that had them are gone."""
        with self._transaction() as db:
            db.execute("DELETE FROM ids WHERE id >= ? AND id < ?", (prefix, prefix + b"\xff" * 32))

    def close(self) -> None:
        with self._lock:
            self._reader.close()
            self._db.close()

    def _forget(self, begun: int) -> None:
        """Remove what is over, faster than it comes.

        In a transaction of its own: in a full file that of what begins fails, however often.
        """
        self._begun += begun
        now = self._clock()
        if now < self._forgotten + _FORGET_EVERY_S:
            return
        limit = max(_FORGOTTEN_AT_ONCE, 2 * self._begun)
        self._forgotten, self._begun = now, 0
        with self._transaction() as db:
            for table, key, condition in (("keys", "name", " AND waiting = 0"), ("ids", "id", "")):
                db.execute(
                    f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table}"  # noqa: S608  our names
                    f" WHERE expires <= ?{condition} ORDER BY expires LIMIT {limit})",
                    (now,),
                )

    @staticmethod
    def _add(db: sqlite3.Connection, batch: Rows) -> None:
        shares = [(share.key.hex(), share.rows, share.import_id) for share in batch.shares]
        added = db.execute(
            "INSERT INTO batches (token, datasource, block, shares, is_quarantine, id_column)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (batch.token, batch.datasource, batch.block, orjson.dumps(shares).decode(),
             batch.is_quarantine, batch.id_column),
        )  # fmt: skip
        batch.id = added.lastrowid or 0

    @staticmethod
    def _remove(db: sqlite3.Connection, batch: Rows) -> None:
        db.execute("DELETE FROM batches WHERE id = ?", (batch.id,))

    @contextmanager
    def _transaction(self, *, is_synced: bool = False) -> Iterator[sqlite3.Connection]:
        """Change the file; what is acknowledged next must be synced to the disk first.

        A killed process loses nothing either way. When the machine loses its power, ClickHouse's
        own log of tokens may be gone too, so that syncing what is begun would help nobody.
        """
        with self._lock, _translated():
            self._db.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _connect(path: Path | None) -> sqlite3.Connection:
    return sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise EngineError(
            f"The journal of idempotent requests cannot be used: {error}; nothing that is not"
            " stored yet was stored"
        ) from error
