import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from martlet.engines.clickhouse import ClickHouse
from martlet.model import Datasource

_numbers = itertools.count(1)

Store = Callable[[Datasource, bytes], list[object]]


@pytest.fixture(scope="module")
def store(clickhouse_path: Path) -> Iterator[Store]:
    """Insert a block in a new table and read back what ClickHouse has stored."""
    engine = ClickHouse(clickhouse_path, database=f"rows_{next(_numbers)}")
    writer = engine.writer()

    def store(datasource: Datasource, block: bytes) -> list[object]:
        table = f"t{next(_numbers)}"
        columns = ", ".join(
            f"`{c.name}` {c.type}" + (f" DEFAULT {c.default}" if c.default else "")
            for c in datasource.columns
        )
        engine.command(f"CREATE TABLE {table} ({columns}) ENGINE = Memory")
        if block:
            writer.insert(table, block)
        result = engine.execute(f"SELECT * FROM {table}", format="JSONEachRow")
        engine.command(f"DROP TABLE {table}")
        return [json.loads(line) for line in result.body.splitlines()]

    yield store
    writer.close()
    engine.close()
