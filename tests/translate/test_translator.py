"""The cache of translations: texts are put in, decisions are kept apart, memory is bounded."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.translate.cases import translator

from martlet.errors import QueryError, SqlError
from martlet.sql.lexer import quote_string
from martlet.translate import slots
from martlet.translate.translator import MAX_VARIANTS, Translator, shape_of


@given(st.text(max_size=30))
def test_any_text_is_one_literal(text: str):
    sql = translator().translate(f"SELECT {quote_string(text)} AS x").sql
    assert sql == "SELECT '" + text.replace("'", "''") + "' AS x"


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=10), max_size=5))
def test_the_shape_has_no_texts_and_all_of_them(texts: list[str]):
    sql = "SELECT " + ", ".join(
        f"{quote_string(t)} /* ' */ AS `a'{i}`" for i, t in enumerate(texts)
    )
    key, found = shape_of(sql + " -- it's")
    assert found == texts
    other, _ = shape_of(
        "SELECT " + ", ".join(f"'' /* ' */ AS `a'{i}`" for i in range(len(texts))) + " -- it's"
    )
    assert key == other


def test_names_and_comments_with_quotes_are_part_of_the_shape():
    assert shape_of('SELECT 1 AS "a\'b"') != shape_of('SELECT 1 AS "a\'c"')


@pytest.mark.parametrize("text", ["\u2018it\u2019", "$x$it's$x$", "'a''b'"])
def test_every_way_to_write_a_text(text: str):
    made = translator()
    first, again = (made.translate(f"SELECT s = {text} AS x FROM v").sql for _ in range(2))
    assert first == again
    assert any(value in first for value in ("= 'it'", "= 'it''s'", "= 'a''b'"))


def test_a_second_request_is_not_parsed(monkeypatch):
    made = translator()
    first = made.translate(
        "SELECT s FROM v WHERE s = 'abc' AND d >= '2024-01-01' LIMIT toInt32('5')"
    )
    monkeypatch.setattr(Translator, "_translated", None)
    second = made.translate(
        "SELECT s FROM v WHERE s = 'it\\'s' AND d >= '2024-2-3' LIMIT toInt32('7')"
    )
    assert "s = 'abc'" in first.sql
    assert second.sql == (
        first.sql.replace("'abc'", "'it''s'")
        .replace("2024-01-01", "2024-02-03")
        .replace("LIMIT 5", "LIMIT 7")
    )


def test_a_text_that_does_not_fit_its_place_is_an_error():
    made = translator()
    made.translate("SELECT s FROM v WHERE d >= '2024-01-01'")
    with pytest.raises(QueryError, match="2024-13-01"):
        made.translate("SELECT s FROM v WHERE d >= '2024-13-01'")


def test_what_is_remembered_is_bounded():
    made = translator()
    made.max_known = 3
    for number in range(10):
        made.translate(f"SELECT {number} AS x")
    assert len(made._shapes) == 3
    for number in range(MAX_VARIANTS * 2):
        made.translate(f"SELECT concat(s, '{number}') FROM v")  # the text is in the column's name
    kinds = [entries for shape in made._shapes.values() for _, entries in shape.kinds]
    assert max(map(len, kinds)) <= MAX_VARIANTS


def test_an_unknown_name_is_an_error_with_its_place():
    with pytest.raises(SqlError) as caught:
        translator().translate("SELECT s,\n  nothing_here FROM v")
    assert caught.value.offset == 12
    assert "nothing_here" in caught.value.message


def test_integers_of_literals_wrap_as_in_clickhouse():
    assert slots.write("integer UInt8 0 255", "256") == "0"
    assert slots.write("integer Int8 -128 127", "200") == "(-56)"


def test_the_translator_loads_no_engine_and_no_parser_library():
    code = (
        "import sys, martlet.translate.translator;"
        "print([m for m in ('sqlglot', 'chdb', 'orjson') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_texts_that_make_two_expressions_the_same_are_kept_apart():
    sql = (
        "SELECT CASE s WHEN 'a' THEN '{}' ELSE 'z' END AS k, s FROM v"
        " GROUP BY CASE s WHEN 'a' THEN '{}' ELSE 'z' END, s WITH ROLLUP"
    )
    one, other = translator(), translator()
    same, apart = sql.format("A", "A"), sql.format("A", "B")
    assert one.translate(same).sql == other.translate(same).sql
    assert one.translate(apart).sql == translator().translate(apart).sql
    assert other.translate(sql.format("C", "C")).sql == other.translate(same).sql.replace(
        "'A'", "'C'"
    )
