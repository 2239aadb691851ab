"""The differential harness: the same rows in chDB and in Trino, a query on each, one comparison.

chDB writes the rows as Parquet in the types of `martlet.lake`, Trino reads them with its hive
connector. Integers, texts, dates, times, decimals, booleans and NULLs must be equal; so must the
order, where the caller says that ORDER BY fixes it. Floats may differ by `FLOAT_TOLERANCE`, for
sums are added up in another order.
"""

import itertools
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from tests.trino.client import Trino, TrinoQueryError
from tests.trino.values import canonical, parse

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError
from martlet.lake import WRITE_SETTINGS, lake_type
from martlet.types import ColumnType, parse_type

FLOAT_TOLERANCE = 1e-12
SHRINKING_TRIES = 60

READ_SETTINGS = {
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_decimals": "1",
    "output_format_json_quote_denormals": "1",
    "output_format_json_named_tuples_as_objects": "0",
    "date_time_output_format": "iso",
}

Row = Mapping[str, object]
_names = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Table:
    """A table for both engines: types by column name, and rows as JSON events carry them."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Pair:
    """A ClickHouse query and what should be the same for Trino.

    Attributes:
        ordered: whether ORDER BY fixes the order of all rows; otherwise they are a multiset.
    """

    clickhouse: str
    trino: str
    ordered: bool = False
    float_tolerance: float = FLOAT_TOLERANCE


class Twins:
    """One database in chDB and one schema in Trino, of the same tables."""

    def __init__(self, engine: ClickHouse, trino: Trino) -> None:
        self.engine, self.trino = engine, trino
        self.schema = f"twins_{os.getpid()}_{next(_names)}"
        self.folder = trino.lake / self.schema
        self.folder.mkdir()
        trino.rows(f"CREATE SCHEMA {self.schema}")
        self.loaded: set[str] = set()

    def close(self) -> None:
        self.trino.rows(f"DROP SCHEMA {self.schema} CASCADE")
        shutil.rmtree(self.folder)

    def load(self, table: Table) -> None:
        """Make a table in both engines, in place of the one of that name."""
        types = {name: parse_type(text) for name, text in table.columns.items()}
        if table.name in self.loaded:
            self.engine.command(f"DROP TABLE `{table.name}`")
            self.trino.rows(f'DROP TABLE "{table.name}"', schema=self.schema)
        self.loaded.add(table.name)
        body = ", ".join(f"`{name}` {text}" for name, text in table.columns.items())
        self.engine.command(
            f"CREATE TABLE `{table.name}` ({body}) ENGINE = MergeTree ORDER BY tuple()"
            " SETTINGS allow_nullable_key = 1"
        )
        if table.rows:
            block = "\n".join(json.dumps(dict(row)) for row in table.rows)
            writer = self.engine.writer()
            writer.insert(table.name, block.encode())
            writer.close()
        self._publish(table.name, types)

    def _publish(self, name: str, types: Mapping[str, ColumnType]) -> None:
        """Write a chDB table to the lake and declare it in Trino."""
        forms = {column: lake_type(type_) for column, type_ in types.items()}
        folder = f"{name}_{next(_names)}"
        (self.folder / folder).mkdir()
        written = ", ".join(f"{form.written(f'`{c}`')} AS `{c}`" for c, form in forms.items())
        settings = ", ".join(f"{key} = '{value}'" for key, value in WRITE_SETTINGS.items())
        self.engine.command(
            f"INSERT INTO FUNCTION file('{self.folder / folder / 'rows.parquet'}', 'Parquet')"
            f" SELECT {written} FROM `{name}` SETTINGS {settings}"
        )
        declared = ", ".join(f'"{c}" {form.trino}' for c, form in forms.items())
        place = f"local:///{self.schema}/{folder}"
        self.trino.rows(
            f"CREATE TABLE \"{name}\" ({declared}) WITH (external_location = '{place}')",
            schema=self.schema,
        )

    def difference(self, pair: Pair) -> str:
        """Run both queries and return what differs, empty if nothing does.

        Raises:
            QueryError: chDB refused its query.
            TrinoQueryError: Trino refused its query.
        """
        types, expected = self.clickhouse_rows(pair.clickhouse)
        answer = self.trino.rows(pair.trino, schema=self.schema)
        if answer and len(answer[0]) != len(types):
            return f"{len(types)} columns in ClickHouse, {len(answer[0])} in Trino"
        try:
            found = [_canonical_row(types, row) for row in answer]
        except (TypeError, ValueError, KeyError) as error:
            return f"a value of Trino's is of another type: {error!r}"
        return compare(expected, found, ordered=pair.ordered, tolerance=pair.float_tolerance)

    def clickhouse_rows(self, sql: str) -> tuple[list[ColumnType], list[tuple[object, ...]]]:
        """Return chDB's types and comparable rows."""
        body = self.engine.execute(sql, format="JSONCompact", settings=READ_SETTINGS).body
        answer = json.loads(body)
        types = [parse(column["type"]) for column in answer["meta"]]
        return types, [_canonical_row(types, row) for row in answer["data"]]

    def check(self, pair: Pair, *tables: Table) -> None:
        """Load the tables and assert that both queries agree; a failure shows the fewest rows."""
        for table in tables:
            self.load(table)
        found = self.difference(pair)
        if not found:
            return
        smallest = list(tables)
        for index in range(len(tables)):
            smallest[index] = self._shrunk(pair, smallest, index)
        for table in smallest:
            self.load(table)
        raise AssertionError(_report(pair, self.difference(pair) or found, smallest))

    def _shrunk(self, pair: Pair, tables: Sequence[Table], index: int) -> Table:
        """Return one of the tables with the fewest rows found that still make a difference."""
        table = tables[index]

        def fails(rows: Sequence[Row]) -> bool:
            self.load(Table(table.name, table.columns, rows))
            try:
                return bool(self.difference(pair))
            except (QueryError, TrinoQueryError):
                return False  # another failure than the one that is looked at

        rows = smallest(list(table.rows), fails)
        self.load(Table(table.name, table.columns, rows))
        return Table(table.name, table.columns, rows)


def smallest(rows: list[Row], fails) -> list[Row]:
    """Return few of the rows that still fail: drop halves, then quarters, ... then single rows."""
    tries, size = SHRINKING_TRIES, len(rows)
    while size and rows:
        size = max(1, size // 2)
        start, dropped = 0, False
        while start < len(rows) and tries:
            tries -= 1
            fewer = rows[:start] + rows[start + size :]
            if fails(fewer):
                rows, dropped = fewer, True
            else:
                start += size
        if not tries or (size == 1 and not dropped):
            break
    return rows


def compare(
    expected: list[tuple[object, ...]],
    found: list[tuple[object, ...]],
    *,
    ordered: bool,
    tolerance: float = FLOAT_TOLERANCE,
) -> str:
    """Return what differs between rows, empty if nothing does."""
    if ordered:
        for number, (left, right) in enumerate(itertools.zip_longest(expected, found)):
            if not _same(left, right, tolerance):
                return f"row {number}: ClickHouse has {left}, Trino has {right}"
        return ""
    left_over = _by_exact_part(found)
    missing = []
    for row in expected:
        candidates = left_over.get(_exact_part(row), [])
        match = next((c for c in candidates if _same(row, c, tolerance)), None)
        if match is None:
            missing.append(row)
        else:
            candidates.remove(match)
    added = [row for rows in left_over.values() for row in rows]
    if not missing and not added:
        return ""
    return f"only in ClickHouse: {missing[:5]}; only in Trino: {added[:5]}"


def _by_exact_part(rows: list[tuple[object, ...]]) -> dict[str, list[tuple[object, ...]]]:
    groups: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        groups.setdefault(_exact_part(row), []).append(row)
    return groups


def _exact_part(value: object) -> str:
    """Return a text that is equal for values that differ in floats only."""
    if isinstance(value, float):
        return "float"
    if isinstance(value, list | tuple):
        return f"({','.join(map(_exact_part, value))})"
    if isinstance(value, dict):
        return str(sorted((repr(key), _exact_part(item)) for key, item in value.items()))
    return str(hash(value)) if isinstance(value, Decimal) else repr(value)  # 1.5 is 1.50


def _same(left: object, right: object, tolerance: float) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or math.isclose(left, right, rel_tol=tolerance, abs_tol=0.0)
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(
            _same(a, b, tolerance) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            _same(item, right[key], tolerance) for key, item in left.items()
        )
    return left == right


def _canonical_row(types: Sequence[ColumnType], row: Sequence[object]) -> tuple[object, ...]:
    return tuple(canonical(t, value) for t, value in zip(types, row, strict=True))


def _report(pair: Pair, difference: str, tables: Sequence[Table]) -> str:
    lines = [difference, f"ClickHouse: {pair.clickhouse}", f"Trino: {pair.trino}"]
    for table in tables:
        lines.append(f"{table.name} ({', '.join(f'{n} {t}' for n, t in table.columns.items())}):")
        lines += [f"  {json.dumps(dict(row), ensure_ascii=False)}" for row in table.rows]
    return "\n".join(lines)


@contextmanager
def twins(engine: ClickHouse, trino: Trino) -> Iterator[Twins]:
    """Open twins and remove what they made."""
    opened = Twins(engine, trino)
    try:
        yield opened
    finally:
        opened.close()
