"""Fixtures of the translator's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.translate.oracle import Oracle
from tests.translate.tables import TABLES
from tests.trino.client import Trino
from tests.trino.differential import twins

from martlet.engines.clickhouse import ClickHouse


@pytest.fixture(scope="module")
def oracle(clickhouse_path: Path, trino: Trino, request) -> Iterator[Oracle]:
    """Both engines with the tables of `tables.py`, for one test module."""
    name = f"oracle_{request.module.__name__.rsplit('.', 1)[-1]}"
    engine = ClickHouse(clickhouse_path, database=name)
    with twins(engine, trino) as opened:
        yield Oracle(opened, *TABLES)
    engine.close()


@pytest.fixture
def check(oracle: Oracle) -> Callable[..., None]:
    """Assert that a query's answers agree."""
    return oracle.check
