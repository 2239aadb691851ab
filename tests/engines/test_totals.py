"""Totals over no rows stand where a format has them, as they do over some rows."""

import re

import orjson
import pytest

from martlet.formats import QUERY_FORMATS

# Texts that look like an answer's own, and names that look like rows.
SQL = """SELECT '{\n\t"meta":\n"a",1\n' AS s, tuple('x' AS `meta`)::Tuple(`meta` String) AS t, count() AS `"n"\n`
FROM numbers(3) WHERE number < {rows} GROUP BY number % 1 WITH TOTALS"""


def body(engine, format: str, rows: int) -> bytes:
    sql = SQL.replace("{rows}", str(rows))
    return engine.execute(sql, format=format).body


@pytest.mark.parametrize("name", ["JSON", "JSONCompact", "JSONStrings", "JSONCompactStrings"])
def test_json_of_no_rows_is_json(engine, name: str):
    some, none = (orjson.loads(body(engine, name, rows)) for rows in (1, 0))
    totals = some["totals"] if isinstance(some["totals"], list) else [*some["totals"].values()]
    nothing = none["totals"] if isinstance(none["totals"], list) else [*none["totals"].values()]
    assert (list(none), none["meta"], none["data"]) == (list(some), some["meta"], [])
    assert (nothing[:2], str(nothing[2])) == (totals[:2], "0")


@pytest.mark.parametrize("name", [name for name in QUERY_FORMATS if "WithNames" in name])
def test_a_header_is_first(engine, name: str):
    some, none = body(engine, name, 1), body(engine, name, 0)
    if name.startswith("RowBinary"):  # these have no totals
        assert some.startswith(none)
        return
    row = re.escape(body(engine, name.partition("With")[0], 1).partition(b"\n\n")[0] + b"\n")
    assert re.sub(row, b"", some, count=1).replace(b"1\n", b"0\n") == none.replace(b"1\n", b"0\n")


def test_without_totals_nothing_is_moved(engine):
    for name in QUERY_FORMATS:
        sql = "SELECT number AS n, 'a' AS name, 1 AS value FROM numbers(3) WHERE {} "
        some, none = (
            engine.execute(sql.format(word) + "ORDER BY n", format=name).body for word in ("1", "0")
        )
        if name not in ("Native", "Parquet") and not name.startswith("JSON"):
            assert some.startswith(none), name
