"""Clauses: where errors point, what depends on the texts of literals, orders of random values."""

import random
import uuid

import pytest
from tests.translate.cases import translator
from tests.trino.client import TrinoQueryError
from tests.trino.differential import Table

from martlet.errors import SqlError, UnsupportedError

POINTS = [
    ("SELECT max(amount) AS m FROM events WHERE m > 1", "m > 1", SqlError),
    ("SELECT count() FROM events GROUP BY count()", "count()", SqlError),
    ("SELECT 1 AS a, 2 AS a", "2 AS a", SqlError),
    ("SELECT country FROM events ORDER BY country COLLATE 'en'", "country COLLATE", UnsupportedError),
    ("SELECT id FROM v ORDER BY id, af", "af", UnsupportedError),
    ("SELECT DISTINCT s FROM v ORDER BY id", "id", UnsupportedError),
    ("SELECT id FROM v LIMIT -1", "-1", UnsupportedError),
    ("SELECT id FROM v LIMIT 1 BY id LIMIT 0.5", "0.5", UnsupportedError),
    ("SELECT id FROM v ORDER BY id WITH FILL STALENESS 1", "WITH FILL", UnsupportedError),
    ("SELECT id FROM v ORDER BY id WITH FILL FROM 'x'", "'x'", SqlError),
    ("SELECT id FROM v ORDER BY id WITH FILL LIMIT 1 BY id", "LIMIT 1", UnsupportedError),
    ("SELECT id, s FROM v ORDER BY id WITH FILL INTERPOLATE (s AS lower(s))", "lower", UnsupportedError),
    ("SELECT id, count() FROM v GROUP BY id WITH TOTALS HAVING id > 1", "WITH TOTALS", UnsupportedError),
    ("SELECT count() FROM v GROUP BY 'x', id WITH CUBE", "'x'", UnsupportedError),
    ("SELECT (SELECT count() FROM users WHERE name = s) FROM v", "s)", UnsupportedError),
    ("SELECT 1 AS x UNION ALL SELECT 'a'", "SELECT 1", SqlError),
    ("SELECT count() FROM v SAMPLE 1", "v SAMPLE", UnsupportedError),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "place", "error"), POINTS, ids=[sql for sql, _, _ in POINTS])
def test_an_error_points_to_its_place(sql: str, place: str, error: type[SqlError]):
    with pytest.raises(error) as caught:
        translator().translate(sql)
    assert caught.value.offset == sql.rindex(place)


# Queries whose literals differ in another text only: the second one is put into the first's SQL.
SHAPES = [
    ("SELECT event_id FROM events ORDER BY event_id LIMIT toInt32('{}')", ("3", "5")),
    ("SELECT event_id FROM events ORDER BY event_id LIMIT 3 OFFSET toUInt32('{}') * 2", ("3", "5")),
    ("SELECT event_id, country FROM events ORDER BY event_id LIMIT toInt8('{}') BY country", ("1", "2")),
    ("SELECT toDate('2024-01-02') AS d ORDER BY d WITH FILL FROM toDate('{}')", ("2024-01-01", "2023-12-01")),
    ("SELECT 1 AS n ORDER BY n WITH FILL TO 9 STEP toInt32('{}')", ("1", "3")),
    ("WITH '{}' AS c SELECT c, count() FROM events WHERE country = c GROUP BY c", ("DE", "XX")),
    ("SELECT '{}' AS k, count() FROM events GROUP BY k", ("a", "b")),
    ("SELECT '{}' UNION ALL SELECT 'x'", ("a", "b")),
    ("SELECT concat(country, '{}') AS k, count() FROM events GROUP BY k WITH ROLLUP", ("a", "b")),
    ("SELECT DISTINCT country FROM events ORDER BY concat(country, '{}')", ("a", "b")),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "texts"), SHAPES, ids=[sql for sql, _ in SHAPES])
def test_a_known_translation_has_the_text_of_each_query(check, sql: str, texts: tuple[str, str]):
    for text in (*texts, texts[0]):
        check(sql.format(text))


def test_totals_are_marked_in_a_last_column():
    sql = "SELECT country, count() AS c FROM events GROUP BY country"
    assert not translator().translate(sql).has_totals
    translation = translator().translate(f"{sql} WITH TOTALS")
    assert translation.has_totals
    assert [name for name, _ in translation.columns] == ["country", "c"]


@pytest.mark.parametrize("direction", ["", "DESC", "NULLS FIRST", "DESC NULLS FIRST"])
def test_order_of_random_values(oracle, direction: str):
    rng = random.Random(11)
    rows = [
        {
            "id": number,
            "u": str(uuid.UUID(int=rng.getrandbits(128))),
            "nu": None if number % 5 == 0 else str(uuid.UUID(int=rng.getrandbits(128))),
            "e": rng.choice(["b", "a", "c"]),
            "ip": f"{rng.randrange(256)}.{rng.randrange(256)}.0.1",
            "ip6": f"{rng.randrange(65536):x}::{rng.randrange(65536):x}",
            "t": [rng.choice(["", "a", "ä"]), rng.randrange(3)],
            "a": [rng.randrange(-2, 2) for _ in range(rng.randrange(4))],
            "an": [rng.choice([None, -1, 0, 1]) for _ in range(rng.randrange(4))],
            "sn": [rng.choice([None, "", "a", "ä"]) for _ in range(rng.randrange(4))],
            "m": {rng.choice("abc"): rng.randrange(2) for _ in range(rng.randrange(3))},
        }
        for number in range(60)
    ]
    types = {"id": "UInt32", "u": "UUID", "nu": "Nullable(UUID)", "ip": "IPv4", "ip6": "IPv6",
             "e": "Nullable(Enum16('c' = -300, 'a' = 5, 'b' = 300))",
             "t": "Tuple(String, UInt8)", "a": "Array(Int8)", "an": "Array(Nullable(Int8))",
             "sn": "Array(Nullable(String))", "m": "Map(String, UInt8)"}  # fmt: skip
    oracle.load(Table("sorted", types, rows))
    for column in ("u", "nu", "ip", "ip6", "e", "t", "a", "an", "sn", "m"):
        oracle.check(f"SELECT id FROM sorted ORDER BY {column} {direction}, id")


@pytest.mark.parametrize("columns", ["tags", "attributes", "action", "user_id, tags"])
def test_a_scalar_subquery_that_must_have_a_row(oracle, columns: str):
    sql = f"SELECT (SELECT {columns} FROM events WHERE event_id = 'none') AS x"
    with pytest.raises(TrinoQueryError, match="A scalar subquery has no rows"):
        oracle.twins.trino.rows(oracle.translate(sql).sql, schema=oracle.twins.schema)
