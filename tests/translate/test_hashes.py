"""Hashes of random texts and numbers, against ClickHouse: every length that has a rule of its own."""

import random

import pytest
from tests.trino.differential import Table

from martlet.errors import UnsupportedFunctionError

LETTERS = [*"abcXYZ019 _-./\n\t'", "ä", "ß", "é", "語", "テ", "🙂", "\x00", "\x7f", "\uffff"]
EDGES = [0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63), 0x4CF2D2BAAE6DA887]


def _texts() -> list[str]:
    rng = random.Random(21)
    plain = ["".join(rng.choices("abcdef0123456789", k=length)) for length in range(301)]
    mixed = ["".join(rng.choices(LETTERS, k=rng.randrange(151))) for _ in range(2500)]
    short = ["".join(rng.choices(LETTERS, k=rng.randrange(24))) for _ in range(1200)]
    return plain + mixed + short + ["\x00" * n for n in range(140)] + ["z" * 4000, "ä語" * 3000]


@pytest.fixture(scope="module")
def hashed(oracle):
    rng = random.Random(22)
    rows = [
        {"id": i, "s": text, "n": EDGES[i] if i < len(EDGES) else rng.randrange(-(2**63), 2**63)}
        for i, text in enumerate(_texts())
    ]
    oracle.load(Table("hashed", {"id": "UInt32", "s": "String", "n": "Int64"}, rows))
    return oracle


@pytest.mark.proof
@pytest.mark.parametrize("call", ["cityHash64(s)", "cityHash64(n, n)", "intHash64(n)"])
def test_random_values(call, hashed):
    hashed.check(f"SELECT id, {call} FROM hashed ORDER BY id")


@pytest.mark.parametrize(
    "call", ["cityHash64(ai)", "cityHash64(ms)", "cityHash64(NULL)", "intHash64(s)", "halfMD5(u8)"]
)
def test_refused_arguments(call, oracle):
    with pytest.raises(UnsupportedFunctionError, match=r"of type .* is not supported"):
        oracle.translate(f"SELECT {call} FROM v")
