"""Lexemes against ClickHouse itself: what we think a literal is, is what it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.errors import SqlError
from martlet.sql.lexer import Kind, lex, quote_identifier, quote_string, unquote


def kinds(sql: str) -> list[tuple[str, str]]:
    return [(lexeme.kind.value, lexeme.text) for lexeme in lex(sql)]


def test_words_numbers_and_symbols():
    assert kinds("SELECT a.b, 1.5e3,.5 FROM t") == [
        ("word", "SELECT"), ("word", "a"), ("symbol", "."), ("word", "b"), ("symbol", ","),
        ("number", "1.5e3"), ("symbol", ","), ("number", ".5"), ("word", "FROM"), ("word", "t"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("1 -- c 'x\n+ 2", ["1", "+", "2"]),
        ("1 /* ' */ + 2", ["1", "+", "2"]),
        ("1 # c\n+ 2", ["1", "+", "2"]),
        ("a->b::Int8 <=> c || d", ["a", "->", "b", "::", "Int8", "<=>", "c", "||", "d"]),
        ("x?y:z", ["x", "?", "y", ":", "z"]),
        ("'a''b\\'c'", ["'a''b\\'c'"]),
        ('`a``b` "c""d"', ["`a``b`", '"c""d"']),
        ("$$it's$$ $a$x$a$", ["$$it's$$", "$a$x$a$"]),
        ("{p:String}", ["{", "p", ":", "String", "}"]),
        ("été", ["été"]),
    ],
)
def test_lexemes(sql: str, texts: list[str]):
    assert [lexeme.text for lexeme in lex(sql)] == texts


@pytest.mark.parametrize(
    ("sql", "message", "offset"),
    [
        ("SELECT 'abc", "Unclosed string literal '", 7),
        ("SELECT `abc", "Unclosed identifier `", 7),
        ("SELECT 1 /* x", "Unclosed comment /*", 9),
        ("SELECT \x01", "Unexpected character '\\x01'", 7),
    ],
)
def test_what_is_no_sql(sql: str, message: str, offset: int):
    with pytest.raises(SqlError) as raised:
        list(lex(sql))
    assert (raised.value.message, raised.value.offset) == (message, offset)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_quoted_text_is_one_literal_again(text: str):
    (literal,) = lex(quote_string(text))
    assert literal.kind is Kind.STRING
    assert unquote(literal.text) == text
    (name,) = lex(quote_identifier(text))
    assert name.kind is Kind.QUOTED
    assert name.name == text


def test_clickhouse_reads_our_literals_as_the_same_text(engine):
    texts = ["", "'", "\\", "\\'", "a\nb", "%", "`", '"', "é\U0001f600", "\t\r\b\0x", "\\n", "''"]
    for text in texts:
        got = engine.execute(f"SELECT hex({quote_string(text)})", format="TSV").body
        assert bytes.fromhex(got.decode().strip()) == text.encode()


@pytest.mark.parametrize(
    "literal",
    [r"'a\'b'", "'a''b'", r"'\n\t\0\a\b\f\r\v'", r"'\\'", r"'\q'", r"'\%'", "'\\''''"],
)
def test_we_read_literals_as_clickhouse_does(engine, literal: str):
    got = engine.execute(f"SELECT hex({literal})", format="TSV").body
    expected = bytes.fromhex(got.decode().strip()).decode()
    # Unknown escapes keep their backslash in ClickHouse: `\q` is two characters.
    assert unquote(literal) == expected


@given(st.text(max_size=60))
def test_any_text_is_lexemes_or_an_error(text: str):
    offset, found = 0, []
    try:
        found = list(lex(text))
    except SqlError as error:
        offset = error.offset
    assert 0 <= offset < max(len(text), 1)
    assert all(text[lexeme.start : lexeme.end] == lexeme.text for lexeme in found)
