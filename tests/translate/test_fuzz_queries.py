"""Random whole queries with fixed seeds: what the translator accepts, both engines agree on."""

import pytest
from tests.translate.fuzz_queries import fuzz
from tests.translate.fuzz_words import TABLES_OWN
from tests.translate.oracle import Oracle

QUERIES = 40


@pytest.mark.parametrize(
    "seed", [31, *(pytest.param(s, marks=pytest.mark.proof) for s in (32, 33, 34))]
)
def test_engines_agree_on_random_queries(oracle: Oracle, seed: int) -> None:
    """No query differs; one that does is shown with all dropped that it does not need."""
    if not {table.name for table in TABLES_OWN} <= set(oracle.facts):
        oracle.load(*TABLES_OWN)
    tally = fuzz(oracle, seed=seed, count=QUERIES)
    assert not tally.differences, "\n\n".join(tally.differences)
    assert tally.counts["agree"] > QUERIES / 2, str(tally)
