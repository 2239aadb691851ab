"""What an engine knows of the tables that it has: how many rows and bytes, since when."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import orjson

from martlet.engines.base import Engine
from martlet.errors import NotFoundError


class Database(Engine, Protocol):
    """A ClickHouse with a data folder."""

    @property
    def path(self) -> Path: ...

    @property
    def database(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a table; None where nobody counts.

    Attributes:
        rows: how many it has.
        bytes: that they take on disk.
        created_at: when it was made, UTC.
        updated_at: when its definition was written last, UTC.
        types: of its columns by name, as ClickHouse writes them.
    """

    rows: int | None = None
    bytes: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    types: Mapping[str, str] = field(default_factory=dict)


_TABLES = (
    "SELECT name, ifNull(total_rows, 0) AS rows, ifNull(total_bytes, 0) AS bytes,"
    " data_paths[1] AS folder"
    " FROM system.tables WHERE database = currentDatabase()"
)
_COLUMNS = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"


def stored_tables(
    engine: Database, names: Collection[str], *, with_types: bool
) -> dict[str, Stored]:
    """Return what ClickHouse knows of tables.

    Args:
        engine: whose database has them.
        names: of tables.
        with_types: say the types of columns too, which is another query.

    Raises:
        NotFoundError: one is gone: the files were changed meanwhile.
    """
    types: dict[str, dict[str, str]] = {}
    for row in _read(engine, _COLUMNS) if with_types else ():
        types.setdefault(str(row["table"]), {})[str(row["name"])] = str(row["type"])
    found = {str(row["name"]): row for row in _read(engine, _TABLES)}
    tables = {}
    for name in names:
        table = found.get(name)
        if table is None:
            raise NotFoundError(f"Data Source '{name}' does not exist")
        # ClickHouse writes the first file when a table is made and never again, the second one when
        # its definition changes too. `metadata_modification_time` is 1970 in chDB's own database.
        changed = written_at(engine.path / "metadata" / engine.database / f"{name}.sql")
        folder = str(table["folder"])
        created = written_at(Path(folder) / "format_version.txt") if folder else None
        rows, size = int(str(table["rows"])), int(str(table["bytes"]))
        tables[name] = Stored(rows, size, created or changed, changed, types.get(name, {}))
    return tables


def _read(engine: Database, sql: str) -> list[dict[str, object]]:
    """Return rows as queries do: commands wait for each other, and may take long."""
    body = engine.execute(sql, format="JSONEachRow").body
    return [orjson.loads(line) for line in body.splitlines()]


def written_at(path: Path) -> datetime | None:
    """Return when a file was written last, None if it is not there."""
    with suppress(OSError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None
