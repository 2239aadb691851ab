"""Fixtures of the differential tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trino.client import Trino
from tests.trino.differential import Twins, twins

from martlet.engines.clickhouse import ClickHouse


@pytest.fixture(scope="module")
def pair_of_engines(clickhouse_path: Path, trino: Trino, request) -> Iterator[Twins]:
    """The twins of one test module: its tests use tables of their own."""
    name = f"twins_{request.module.__name__.rsplit('.', 1)[-1]}"
    engine = ClickHouse(clickhouse_path, database=name)
    with twins(engine, trino) as opened:
        yield opened
    engine.close()
