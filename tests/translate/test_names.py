"""The names that ClickHouse gives to columns, compared with `DESCRIBE`."""

import math
import random
import struct

import orjson
import pytest
from tests.translate.test_parser import EXPRESSIONS

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError
from martlet.translate.names import column_name
from martlet.translate.queries import parse
from martlet.translate.syntax import Select

SOURCE = """ FROM (SELECT 1 AS a, 2 AS b, 0 AS c, 'x' AS s, [1, 2] AS arr, (1, (2, 3)) AS t,
    toDate('2020-01-01') AS d, toDate('2020-01-01') AS date) AS source"""

NAMED = r"""
[1.5, 2]
[1, -2]
[1, NULL, 2.5]
[[1], [2.5]]
[[], [1]]
[true, false]
[true, 2]
[(1, -1), (2.5, 3)]
[1, (2)]
[1, a]
(1, [1, 2.5])
(true, 1)
(true, [true])
(1, (2, 'x'))
(1,)
()
array(1, 2.5)
array(true)
tuple(1, 2.5)
['a\nb', 'it''s']
'a\tb\0'
'é😀'
`a`
arrayMap(`x y` -> `x y`, arr)
CAST(a AS DateTime64(3,'UTC'))
CAST(a, 'DateTime64(3,\'UTC\')')
CAST(a AS VARCHAR( 10 ))
CAST(a AS Enum8('a'=1,'b'=2))
'it''s'::String
sum(DISTINCT a)
COUNT(DISTINCT a)
COUNT(*)
count()
sum(a) FILTER (WHERE a > 1)
quantiles(0.5, 0.9)(a)
SUM(a) + Sum(a)
any(a) IGNORE NULLS
sum(a) OVER (PARTITION BY a, b ORDER BY s COLLATE 'en', b DESC NULLS FIRST)
sum(a) OVER (ROWS 1 PRECEDING)
sum(a) OVER (GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
t.2.1
plus(a AS x, x)
SUBSTRING(s, 1, 1)
POSITION(s, 'x')
1_000 + 0x10 + 0b11
-0.0
18446744073709551616
""".strip().splitlines()


def described(engine: ClickHouse, columns: list[str]) -> list[str]:
    sql = f"DESCRIBE (SELECT {', '.join(columns)}{SOURCE})"
    body = engine.execute(sql, format="JSONCompactColumns").body
    return orjson.loads(body)[0]


def named(columns: list[str]) -> list[str]:
    select = parse(f"SELECT {', '.join(columns)}")
    assert isinstance(select, Select)
    return [column_name(column) for column in select.columns]


@pytest.mark.parametrize("text", NAMED)
def test_name(engine: ClickHouse, text: str):
    assert named([text]) == described(engine, [text])


def test_names_of_what_the_parser_reads(engine: ClickHouse):
    compared = 0
    for text in EXPRESSIONS:
        if "SELECT" in text:
            continue  # the number of a subquery is the caller's
        try:
            theirs = described(engine, [text])
        except QueryError:
            continue  # not of these types
        assert named([text]) == theirs, text
        compared += 1
    assert compared > 20


def test_names_of_floats(engine: ClickHouse):
    chance = random.Random(2)
    texts = [repr(10.0**power) for power in range(-12, 26)]
    texts += [
        f"{chance.uniform(0, 10):.{chance.randint(1, 17)}f}e{chance.randint(-30, 30)}"
        for _ in range(500)
    ]
    values = (struct.unpack("d", chance.randbytes(8))[0] for _ in range(500))
    texts += [repr(abs(value)) for value in values if 1e-300 < abs(value) < math.inf]
    columns = [f"materialize({text})" for text in texts]
    assert named(columns) == described(engine, columns)
