"""Joins of small tables with every kind of match, under both settings of join_use_nulls."""

import pytest
from tests.translate.oracle import Oracle
from tests.trino.differential import Table

from martlet.errors import MartletError, UnsupportedClauseError

LEFT = Table(
    "l",
    {"k": "Int32", "a": "String", "n": "Nullable(Int32)", "t": "DateTime", "d": "Date", "lc": "LowCardinality(String)"},
    [
        {"k": 1, "a": "x", "n": 1, "t": "2024-01-01 00:01:40", "d": "2024-01-01", "lc": "p"},
        {"k": 1, "a": "y", "n": None, "t": "2024-01-01 00:03:20", "d": "2024-01-02", "lc": "q"},
        {"k": 2, "a": "x", "n": 2, "t": "2024-01-01 00:02:30", "d": "2024-01-01", "lc": "p"},
        {"k": 3, "a": "z", "n": None, "t": "2024-01-01 00:00:50", "d": "2024-01-03", "lc": ""},
        {"k": 0, "a": "", "n": 0, "t": "1970-01-01 00:00:00", "d": "1970-01-01", "lc": "r"},
    ],
)  # fmt: skip
RIGHT = Table(
    "r",
    {"k": "Int64", "a": "LowCardinality(String)", "b": "UInt8", "n": "Nullable(Int32)", "t": "DateTime", "m": "Int32",
     "ar": "Array(Int32)", "mp": "Map(String, UInt8)", "f": "Float64",
     "bo": "Bool", "dec": "Decimal(9, 2)", "e": "Enum8('one' = 1, 'two' = 2)", "t6": "DateTime64(6)", "u": "UInt64"},
    [
        {"k": 1, "a": "p", "b": 7, "n": 1, "t": "2024-01-01 00:01:30", "m": 1, "ar": [1], "mp": {"a": 1},
         "f": 1.5, "bo": True, "dec": "1.25", "e": "two", "t6": "2024-01-01 00:00:00.000001", "u": "18446744073709551615"},
        {"k": 1, "a": "q", "b": 8, "n": None, "t": "2024-01-01 00:02:30", "m": 2, "ar": [], "mp": {},
         "f": 0.0, "bo": False, "dec": "0", "e": "one", "t6": "2024-01-01 00:00:00", "u": "0"},
        {"k": 2, "a": "r", "b": 9, "n": 3, "t": "2024-01-01 00:02:30", "m": 2, "ar": [2, 3], "mp": {"b": 2},
         "f": -1.0, "bo": True, "dec": "-3.5", "e": "two", "t6": "2024-01-01 00:00:00", "u": "5"},
        {"k": 5, "a": "x", "b": 1, "n": None, "t": "2024-01-01 00:00:10", "m": 0, "ar": [3], "mp": {},
         "f": 2.0, "bo": False, "dec": "7", "e": "one", "t6": "1970-01-01 00:00:00", "u": "1"},
    ],
)  # fmt: skip
THIRD = Table(
    "s",
    {"k": "UInt8", "c": "String", "a": "String"},
    [{"k": 1, "c": "cc", "a": "x"}, {"k": 5, "c": "dd", "a": "y"}, {"k": 9, "c": "ee", "a": "w"},
     {"k": 1, "c": "ff", "a": ""}],
)  # fmt: skip


@pytest.fixture(scope="module")
def joined(oracle: Oracle) -> Oracle:
    oracle.load(LEFT, RIGHT, THIRD)
    return oracle


KINDS = ("", "LEFT", "RIGHT", "FULL")

QUERIES = [
    *(f"SELECT * FROM l {kind} JOIN r ON l.k = r.k" for kind in KINDS),
    *(f"SELECT * FROM l {kind} JOIN r USING k" for kind in KINDS),
    *(f"SELECT k, l.k, r.k, k + 1 FROM l {kind} JOIN r USING (k)" for kind in KINDS),
    *(f"SELECT * FROM l {kind} JOIN s USING (a)" for kind in KINDS),
    *(f"SELECT * FROM l {kind} JOIN r USING (k, a)" for kind in KINDS),
    *(f"SELECT n, l.n, r.m FROM l {kind} JOIN r USING (n)" for kind in KINDS),
    *(f"SELECT l.*, b FROM l {kind} JOIN r ON l.k = r.k AND r.b > 7" for kind in KINDS[:3]),
    *(f"SELECT r.* FROM l {kind} JOIN r ON l.k = r.k AND l.a = 'x'" for kind in KINDS[:3]),
    *(f"SELECT l.a, r.k, l.n, r.n FROM l {kind} JOIN r ON l.n = r.n" for kind in KINDS),
    *(f"SELECT l.a, r.k FROM l {kind} JOIN r ON l.k = r.k AND l.t > r.t" for kind in KINDS[:3]),
    *(f"SELECT l.a, r.k, l.k FROM l {kind} JOIN r ON l.k = r.k OR l.n = r.n" for kind in KINDS[:3]),
    "SELECT l.a, r.k FROM l JOIN r ON l.k < r.k",
    "SELECT l.a, r.k FROM l LEFT JOIN r ON 1",
    "SELECT l.a, r.k FROM l JOIN r ON true",
    "SELECT * FROM l, s WHERE l.k = s.k",
    "SELECT * FROM l CROSS JOIN s",
    "SELECT l.k, r.k, s.k, c FROM l, r, s WHERE l.k = r.k AND r.k = s.k",
    # Columns of rows without a match.
    "SELECT l.k, r.b, r.b IS NULL, coalesce(r.b, 5), r.b + 1, r.n IS NULL, r.a = '', u, bo FROM l LEFT JOIN r ON l.k = r.k",
    "SELECT count(r.b), count(), sum(r.b), max(r.a), min(r.t), uniq(r.k) FROM l LEFT JOIN r ON l.k = r.k",
    "SELECT l.k FROM l LEFT JOIN r ON l.k = r.k WHERE r.k IS NULL",
    "SELECT l.k FROM l LEFT JOIN r ON l.k = r.k WHERE r.k = 0",
    "SELECT l.k, count() FROM l LEFT JOIN r ON l.k = r.k WHERE r.b != 7 GROUP BY l.k",
    "SELECT r.a AS name, count() AS c FROM l LEFT JOIN r ON l.k = r.k GROUP BY name ORDER BY name",
    "SELECT l.k AS k, max(l.n) FROM l LEFT JOIN r ON l.k = r.k GROUP BY k",
    "SELECT r.k, one, l.a FROM l LEFT JOIN (SELECT k, 1 AS one, b = 7 AS seven FROM r) AS r ON l.k = r.k",
    "SELECT l.a, seven, total FROM l LEFT JOIN (SELECT k, max(b = 7) AS seven, count() AS total FROM r GROUP BY k) r ON l.k = r.k",
    # Several joins.
    "SELECT * FROM l FULL JOIN r ON l.k = r.k JOIN s ON s.k = r.k",
    "SELECT * FROM l LEFT JOIN r ON l.k = r.k LEFT JOIN s ON s.k = r.k",
    "SELECT * FROM l FULL JOIN r USING k FULL JOIN s USING k",
    *(f"SELECT k, l.k, r.k, s.k, c FROM l {kind} JOIN r USING k LEFT JOIN s USING k" for kind in KINDS),
    *(f"SELECT k, l.k, r.k, s.k, c FROM l LEFT JOIN r USING k {kind} JOIN s USING k" for kind in KINDS),
    "SELECT b, r.b, l.n, l.t AS tt, l.d, c, s.c FROM l JOIN r ON l.k = r.k JOIN s ON s.k = r.k",
    "SELECT l.a, x.k, c FROM l LEFT JOIN (SELECT r.k AS k, s.c AS c FROM r JOIN s ON r.k = s.k) AS x ON l.k = x.k",
    # Names.
    "SELECT x.k, y.k, y.a, x.a AS foo, y.a AS bar FROM l x JOIN l y ON x.k = y.k",
    "SELECT * FROM l AS x JOIN l AS y ON x.k = y.k AND x.a = y.a",
    "SELECT s.* FROM l JOIN r ON l.k = r.k JOIN s ON s.k = r.k",
    "SELECT r.*, l.a FROM l JOIN r ON l.k = r.k",
    "SELECT * EXCEPT (a, t6) FROM l JOIN r ON l.k = r.k",
    "SELECT a, t FROM l JOIN r ON l.k = r.k",
    "WITH c AS (SELECT k, a FROM r) SELECT c.k, c.a, l.a FROM l JOIN c ON l.k = c.k",
    "WITH c AS (SELECT k, count() AS many FROM r GROUP BY k) SELECT a, many FROM l LEFT JOIN c USING (k)",
    "WITH c AS (SELECT k FROM r) SELECT x.k, y.k FROM c AS x JOIN c AS y ON x.k = y.k",
    "SELECT * FROM (SELECT k, a FROM l) AS x JOIN (SELECT k, b FROM r) AS y ON x.k = y.k",
    "SELECT k, b FROM (SELECT k AS kk, a FROM l) JOIN (SELECT k, b FROM r) ON kk = k",
    # Types of keys.
    "SELECT l.a, c FROM l JOIN s ON l.k = s.k",
    "SELECT l.a, r.k FROM l JOIN r ON l.lc = r.a",
    "SELECT l.a, r.k FROM l JOIN r ON l.a = r.a",
    "SELECT l.a, r.k FROM l JOIN r ON l.d = toDate(r.t)",
    "SELECT l.a, r.k FROM l JOIN r ON l.n = r.m",
    "SELECT l.a, r.k FROM l JOIN r ON l.k = r.b - 6",
    "SELECT l.a, r.t FROM l JOIN r ON l.d = r.t",
    "SELECT l.a, r.t6 FROM l JOIN r ON l.d = r.t6",
    # ANY, SEMI, ANTI: what is determined.
    *(f"SELECT l.a, l.k, r.k FROM l ANY LEFT JOIN r ON l.k = r.k{more}" for more in ("", " AND r.b > 7", " AND l.a = 'x'")),
    *(f"SELECT r.b, l.k, r.k FROM l ANY RIGHT JOIN r ON l.k = r.k{more}" for more in ("", " AND r.b > 7", " AND l.a = 'x'")),
    *(f"SELECT l.k, r.k FROM l ANY JOIN r ON l.k = r.k{more}" for more in ("", " AND r.b > 7", " AND l.a = 'x'")),
    "SELECT k, l.a, r.k FROM l ANY LEFT JOIN r USING k",
    "SELECT k, r.b, l.k FROM l ANY RIGHT JOIN r USING k",
    "SELECT k FROM l ANY JOIN r USING (k)",
    *(f"SELECT l.a, l.k, r.k FROM l {kind} JOIN r ON l.k = r.k" for kind in ("SEMI LEFT", "LEFT SEMI", "SEMI")),
    "SELECT l.k, r.k, r.b FROM l RIGHT SEMI JOIN r ON l.k = r.k",
    "SELECT k, l.a, r.k FROM l SEMI LEFT JOIN r USING (k)",
    *(f"SELECT * FROM l {kind} JOIN r ON l.k = r.k" for kind in ("LEFT ANTI", "ANTI RIGHT", "ANTI")),
    "SELECT l.a, r.k FROM l ANTI LEFT JOIN r ON l.k = r.k AND r.b > 7",
    "SELECT l.a, r.k FROM l ANTI LEFT JOIN r ON l.k = r.k AND l.a = 'x'",
    "SELECT l.a, r.k FROM l ANTI LEFT JOIN r ON l.k = r.k AND l.t < r.t",
    "SELECT k, l.a, r.k FROM l ANTI LEFT JOIN r USING (k)",
    "SELECT k, l.k, r.b FROM l ANTI RIGHT JOIN r USING (k)",
    "SELECT l.a, c FROM l ANTI LEFT JOIN r ON l.k = r.k LEFT JOIN (SELECT k, c FROM s) AS s ON l.k = s.k",
    # ASOF.
    *(f"SELECT l.a, l.t, r.t, b FROM l ASOF {kind} JOIN r ON l.k = r.k AND l.t {sign} r.t"
      for kind in ("", "LEFT") for sign in (">=", ">", "<=", "<")),
    "SELECT l.a, r.t, b FROM l ASOF LEFT JOIN r ON l.k = r.k AND r.t <= l.t",
    "SELECT l.a, r.t, b FROM l ASOF LEFT JOIN r ON l.k = r.k AND r.t <= l.t AND r.b = 7",
    "SELECT l.a, r.t, b FROM l ASOF LEFT JOIN r ON l.k = r.k AND r.t <= l.t AND l.n = 1",
    "SELECT * FROM l ASOF LEFT JOIN r USING (k, t)",
    "SELECT k, t, l.t, r.t, b FROM l ASOF JOIN r USING (k, t)",
    "SELECT l.a, r.f, l.n FROM l ASOF JOIN r ON l.k = r.k AND l.n >= r.f",
]  # fmt: skip


@pytest.mark.parametrize(
    "nulls", [False, pytest.param(True, marks=pytest.mark.proof)], ids=["defaults", "nulls"]
)
@pytest.mark.parametrize("sql", list(dict.fromkeys(QUERIES)))
def test_join(joined: Oracle, sql: str, nulls: bool):
    joined.check(sql, join_use_nulls=nulls)


REFUSED = {
    "SELECT a FROM l JOIN r ON l.k = r.k JOIN s ON s.k = r.k": "Ambiguous identifier 'a'",
    "SELECT * FROM l LEFT JOIN s USING (a) JOIN r USING (k)": "The column 'k' in USING is ambiguous",
    "SELECT * FROM l JOIN r USING (q)": "The column 'q' in USING is unknown",
    "SELECT l.k FROM l ANY FULL JOIN r USING (k)": "ANY FULL JOIN is not supported",
    "SELECT l.k FROM l ANY LEFT JOIN r ON l.k = r.k AND l.t > r.t": "ANY JOIN takes equal keys only",
    "SELECT l.k FROM l ASOF JOIN r ON l.t >= r.t": "ASOF JOIN needs a column that must be equal",
    "SELECT l.k FROM l ASOF JOIN r ON l.k = r.k": "ASOF JOIN takes one condition",
    "SELECT l.k FROM l ASOF RIGHT JOIN r USING (k, t)": "ASOF RIGHT JOIN is not supported",
    "SELECT l.k FROM l ANTI LEFT JOIN r USING (k) RIGHT JOIN s ON l.k = s.k": "An ANTI JOIN inside",
    "SELECT l.k FROM l JOIN r ON l.a = r.b": "are not compared",
}  # fmt: skip


@pytest.mark.parametrize("sql", list(REFUSED))
def test_refused(joined: Oracle, sql: str):
    with pytest.raises(MartletError) as caught:
        joined.translate(sql)
    assert REFUSED[sql] in caught.value.message
    if isinstance(caught.value, UnsupportedClauseError):
        assert caught.value.offset
