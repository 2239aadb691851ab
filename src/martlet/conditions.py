"""SQL conditions that come from tokens and requests: one boolean expression over one table.

A condition is read twice: by its lexemes, which decides that it is one expression that names
nothing but columns, and by ClickHouse, which knows the columns and the type. What the first does
not know is refused, not passed on.
"""

import re
from collections.abc import Callable, Sequence

from martlet.errors import EngineError, MartletError, RequestError, SqlError
from martlet.sql.guard import check_select
from martlet.sql.lexer import Kind, Lexeme, lex, quote_identifier

MAX_CHARACTERS = 10_000

_SYMBOLS = frozenset("( ) [ ] , . : :: ? -> || == != <> <= >= <=> = < > + - * / %".split())

# Words that begin a query, name a result or read the rows' surroundings.
_REFUSED_WORDS = frozenset("SELECT WITH EXPLAIN OVER UNION INTERSECT EXCEPT APPLY REPLACE".split())

# Functions in whose parentheses FROM is no clause, and those in which AS names a type.
_FROM_CALLS = frozenset("extract overlay substring substr position trim ltrim rtrim".split())
_AS_CALLS = frozenset(("cast", "accuratecast", "try_cast"))

# Calls that read other tables, make rows, or stand for several columns.
_REFUSED_CALLS = re.compile(
    r"dictget.*|dicthas|dictisin|joinget.*|arrayjoin|unnest|columns|exists|values|table|view"
    r"|(global|not|null)+in(ignoreset)?|inignoreset"
)

# What ClickHouse's messages say of the query around the condition.
_OUR_QUERY = re.compile(
    r"[:.]? In (?:scope|query) SELECT .*?(?=\. Maybe you meant|$)| FROM `.*?(?= \([A-Z_]+\)$)",
    re.DOTALL,
)

_BOOLEAN = re.compile(r"(?:Nullable\(|LowCardinality\()*(?:UInt8|Bool)\)*")


def parse_condition(text: str, what: str = "The filter") -> str:
    """Return a condition without the white space around it, if it is one.

    Args:
        text: as somebody wrote it.
        what: how errors call it.

    Raises:
        RequestError: it is not one expression, or it could read anything but its table's columns.
    """
    text = text.strip()
    try:
        _check(text)
    except SqlError as error:
        raise RequestError(f"{what} is not allowed: {error.message}", hint=error.hint) from error
    return text


def check_condition(
    text: str, table: str, describe: Callable[[str], bytes], what: str = "The filter"
) -> None:
    """Ask ClickHouse whether a parsed condition fits a table.

    Args:
        text: of `parse_condition`.
        table: whose columns it is over.
        describe: runs SQL read-only and returns the answer as `TSVRaw`.
        what: how errors call it.

    Raises:
        RequestError: an unknown column or function, or another type than a truth value.
    """
    query = f"SELECT ({text}) FROM {quote_identifier(table)} WHERE ({text})"  # noqa: S608  checked
    try:
        described = describe(f"DESCRIBE TABLE ({query})").decode()
    except EngineError:
        raise
    except MartletError as error:
        reason = _OUR_QUERY.sub("", error.message).removeprefix("[Error] ")
        raise RequestError(f"{what} does not fit '{table}': {reason}") from error
    type_ = described.split("\t")[1]
    if not _BOOLEAN.fullmatch(type_):
        raise RequestError(f"{what} is no truth value but of type {type_}")


def _check(text: str) -> None:
    if not text:
        raise SqlError("it is empty")
    if len(text) > MAX_CHARACTERS:
        raise SqlError(f"it has more than {MAX_CHARACTERS} characters")
    if "\0" in text:
        raise SqlError("it has a null character")
    lexemes = list(lex(text))
    _check_gaps(text, lexemes)
    _check_places(lexemes)
    check_select(list(lex(f"SELECT ({text}) AS condition")))


def _check_gaps(text: str, lexemes: Sequence[Lexeme]) -> None:
    """Refuse comments: one at the end would swallow what follows the condition."""
    ends = [0, *(lexeme.end for lexeme in lexemes)]
    starts = [*(lexeme.start for lexeme in lexemes), len(text)]
    for end, start in zip(ends, starts, strict=True):
        if text[end:start].strip():
            raise SqlError("comments have no place in it")


def _check_places(lexemes: Sequence[Lexeme]) -> None:
    """Refuse what is not one expression, and what may be more than columns and functions."""
    calls: list[tuple[str, str]] = []  # the open brackets: which one, and what it belongs to
    for index, lexeme in enumerate(lexemes):
        inside = calls[-1][1] if calls else ""
        if lexeme.kind is not Kind.SYMBOL:
            _check_word(lexemes, index, inside)
        elif lexeme.text not in _SYMBOLS:
            raise SqlError(f"{lexeme.text} has no place in it")
        elif lexeme.text == "(":
            name = lexemes[index - 1].name if index else None
            # Parentheses in those of IN change nothing: `IN ((t))` is the table too.
            calls.append(("(", name.lower() if name else "in" if inside == "in" else ""))
        elif lexeme.text == "[":
            calls.append(("[", ""))
        elif lexeme.text in ")]":
            if not calls or calls.pop()[0] + lexeme.text not in ("()", "[]"):
                raise SqlError(f"{lexeme.text} closes nothing")
        elif lexeme.text == "," and not calls:
            raise SqlError("it is more than one expression")
    if calls:
        raise SqlError(f"{calls[-1][0]} is never closed")


def _check_word(lexemes: Sequence[Lexeme], index: int, inside: str) -> None:
    lexeme, name = lexemes[index], lexemes[index].name
    before = lexemes[index - 1].text if index else ""
    behind = lexemes[index + 1].text if index + 1 < len(lexemes) else ""
    if name is None:
        return
    if behind == "(" and _REFUSED_CALLS.fullmatch(name.lower()):
        raise SqlError(f"{name} has no place in it")
    if name.lower() == "in" and behind != "(":
        _check_in(lexemes, index + 1)
    elif inside == "in" and before in ("(", ",", ".") and behind in (")", ","):
        _check_value(lexeme)
    if before == ".":  # of a qualified name, or of a tuple
        return
    word = lexeme.upper
    if (
        word in _REFUSED_WORDS
        or (word == "FROM" and inside not in _FROM_CALLS)
        or (word in ("VALUES", "TABLE", "EXISTS") and before == "(")
    ):
        raise SqlError(f"{lexeme.text} has no place in it", hint="a condition is over one table")
    if word == "AS" and inside not in _AS_CALLS:
        raise SqlError("nothing in it can have an alias")


def _check_in(lexemes: Sequence[Lexeme], index: int) -> None:
    """Refuse a name behind IN that calls nothing: it may be a table's."""
    behind = lexemes[index + 1].text if index + 1 < len(lexemes) else ""
    if index < len(lexemes) and behind != "(":
        _check_value(lexemes[index])


def _check_value(lexeme: Lexeme) -> None:
    """Refuse a name that stands alone where IN takes a table too."""
    if lexeme.name is not None and lexeme.upper not in ("NULL", "TRUE", "FALSE"):
        raise SqlError(
            f"{lexeme.text} behind IN could be a table", hint="write values between parentheses"
        )
