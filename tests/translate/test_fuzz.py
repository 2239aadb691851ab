"""Random expressions: both engines agree, or the translator refuses. See `fuzz`."""

from pathlib import Path

import pytest
from tests.translate.fuzz import TABLE, fuzz
from tests.translate.oracle import Oracle
from tests.trino.differential import twins

from martlet.engines.clickhouse import ClickHouse


@pytest.fixture(scope="module")
def oracle(trino, clickhouse_path: Path):
    engine = ClickHouse(clickhouse_path, database="fuzz")
    with twins(engine, trino) as opened:
        yield Oracle(opened, TABLE)
    engine.close()


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(s, marks=pytest.mark.proof) for s in (4, 5, 6))]
)
def test_values(oracle: Oracle, seed: int) -> None:
    tally = fuzz(oracle, seed=seed, count=150)
    assert not tally.differences
    assert tally.counts["agree"] > 90


@pytest.mark.parametrize("seed", [3])
def test_types(oracle: Oracle, seed: int) -> None:
    tally = fuzz(oracle, seed=seed, count=700, types_only=True)
    assert not tally.differences
    assert tally.counts["agree in type"] > 450
