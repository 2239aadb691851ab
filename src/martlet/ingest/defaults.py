"""DEFAULT of columns in the lake: what is filled in when a row arrives, and what when it is read.

A literal and the clock are written with the row. An expression of other columns is not: the lake
holds NULL, and a query reads `coalesce(column, expression)`, so it must give the same value each
time and the column must not hold NULLs of its own. To add a function that is filled in, add a row
to `FILLED`.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from martlet.errors import DatafileError, TypeSyntaxError
from martlet.ingest.coders import RefusalError, compile_type
from martlet.ingest.values import Number
from martlet.model import Column, Datasource
from martlet.sql.lexer import Kind, lex, unquote
from martlet.types import ColumnType, Group

# Of a moment, for each row: a value as a coder of the column's type takes it.
Fill = Callable[[int], object]

_NANOSECONDS = 10**9
_VOLATILE = re.compile(
    r"now\w*|today|yesterday|current_?\w+|utc_?\w+|generate\w*|rand\w*|fuzz\w*|running\w*|neighbor"
    r"|row_?number\w*|block\w*|hostname|fqdn|uptime|server\w*|session\w*|\w*timezone|tid|dictget\w*"
    r"|joinget\w*|filesystem\w*|uuid\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A DEFAULT that is written with the row.

    Attributes:
        make: its value at a moment, in nanoseconds since 1970, as the column's coder takes it.
        is_constant: whether it is the same for all rows of a request.
    """

    make: Fill
    is_constant: bool = True


def filled(column: Column) -> Filled | None:
    """Return how a column's DEFAULT is filled in when a row arrives, None if it is not."""
    if column.default is None or column.type is None:
        return None
    found = _literal(column.default, column.type) or _called(column.default, column.type)
    if found is None:
        return None
    try:
        compile_type(column.type).one(found.make(0))
    except (RefusalError, TypeSyntaxError):
        return None
    return found


def read_defaults(datasource: Datasource) -> dict[str, str]:
    """Return the DEFAULT expressions that are evaluated when rows are read, by column."""
    return {
        column.name: column.default
        for column in datasource.columns
        if column.default is not None and filled(column) is None
    }


def default_errors(datasource: Datasource) -> list[DatafileError]:
    """Return what is wrong with DEFAULTs on AWS: those that are neither filled in nor read."""
    errors = []
    for column in datasource.columns:
        if column.default is None or filled(column) is not None:
            continue
        if column.type is not None and column.type.is_nullable:
            errors.append(_error(
                column, "is an expression, and the column is Nullable: in the lake NULL stands"
                " for both", "use a literal or now(), or a type that is not Nullable",
            ))  # fmt: skip
        elif name := volatile(column.default):
            errors.append(_error(
                column, f"calls {name}(), which would give another value at each reading",
                "use now(), now64(), today(), generateUUIDv4() or an expression of columns",
            ))  # fmt: skip
    return errors


def _error(column: Column, fault: str, hint: str) -> DatafileError:
    message = (
        f"DEFAULT {column.default} of column '{column.name}' cannot be used on AWS: it {fault}"
    )
    return DatafileError(message, location=column.location, hint=hint)


def volatile(sql: str) -> str:
    """Return the first function in an expression that does not give the same value each time."""
    lexemes = list(lex(sql))
    for lexeme, following in zip(lexemes, [*lexemes[1:], None], strict=True):
        is_called = following is not None and following.text == "("
        if lexeme.kind is Kind.WORD and is_called and _VOLATILE.fullmatch(lexeme.text):
            return lexeme.text
    return ""


_TEXT_GROUPS = frozenset((
    Group.STRING, Group.FIXED_STRING, Group.UUID, Group.ENUM, Group.IP, Group.DATE,
    Group.DATETIME, Group.DATETIME64,
))  # fmt: skip
_NUMBER_GROUPS = frozenset((Group.INTEGER, Group.FLOAT, Group.DECIMAL))
_EMPTY: dict[str, tuple[Group, object]] = {
    "[]": (Group.ARRAY, []),
    "array()": (Group.ARRAY, []),
    "{}": (Group.MAP, {}),
    "map()": (Group.MAP, {}),
}


def _literal(sql: str, type_: ColumnType) -> Filled | None:
    """Return a literal whose value ClickHouse and the coder of the type read alike."""
    lexemes = list(lex(sql))
    group = type_.bare.family.group
    text = "".join(lexeme.text for lexeme in lexemes)
    value: Any
    if text in _EMPTY and _EMPTY[text][0] is group:
        value = _EMPTY[text][1]
    elif len(lexemes) == 1 and lexemes[0].kind is Kind.STRING and group in _TEXT_GROUPS:
        value = unquote(text)
    elif lexemes[-1].kind is Kind.NUMBER and len(lexemes) <= 2 and group in _NUMBER_GROUPS:
        value = _number(text, group)
    elif text.lower() in ("true", "false") and group is Group.BOOL:
        value = text.lower() == "true"
    elif text in ("0", "1") and group is Group.BOOL:
        value = int(text)
    elif text.upper() == "NULL" and type_.is_nullable:
        value = None
    else:
        return None
    return None if value is _NO_NUMBER else Filled(lambda moment: value)


_NO_NUMBER = object()
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def _number(text: str, group: Group) -> object:
    if not _PLAIN_NUMBER.fullmatch(text):
        return _NO_NUMBER
    if "." in text:
        return Number(text)
    value = int(text)
    return value if -(2**63) <= value < 2**64 else Number(text)


def _clock_text(moment: int, digits: int) -> str:
    seconds, rest = divmod(moment, _NANOSECONDS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest:09}"[: 20 + digits] if digits else text


def _of_clock(digits: int) -> Callable[[ColumnType], Filled | None]:
    def make(type_: ColumnType) -> Filled | None:
        group = type_.bare.family.group
        if group is Group.DATE:
            return Filled(lambda moment: _clock_text(moment, 0)[:10])
        if group in (Group.DATETIME, Group.DATETIME64):
            return Filled(lambda moment: f"{_clock_text(moment, digits)}Z")
        if group is Group.STRING:
            return Filled(lambda moment: _clock_text(moment, digits))
        return None if digits else _of_seconds(type_)

    return make


def _of_seconds(type_: ColumnType) -> Filled | None:
    is_integer = type_.bare.family.group is Group.INTEGER
    return Filled(lambda moment: moment // _NANOSECONDS) if is_integer else None


def _of_day(type_: ColumnType) -> Filled | None:
    group = type_.bare.family.group
    if group in (Group.DATE, Group.STRING):
        return Filled(lambda moment: _clock_text(moment, 0)[:10])
    if group in (Group.DATETIME, Group.DATETIME64) and type_.bare.time_zone in (None, "UTC"):
        return Filled(lambda moment: f"{_clock_text(moment, 0)[:10]} 00:00:00")
    return None


def _of_uuid(type_: ColumnType) -> Filled | None:
    if type_.bare.family.group in (Group.UUID, Group.STRING):
        return Filled(lambda moment: str(uuid.uuid4()), is_constant=False)
    return None


# The expression without white space, in lower case -> how a column of a type is filled.
FILLED: dict[str, Callable[[ColumnType], Filled | None]] = {
    **dict.fromkeys(("now()", "now('utc')", "now('etc/utc')", "todatetime(now())"), _of_clock(0)),
    **dict.fromkeys(("tounixtimestamp(now())", "tounixtimestamp()"), _of_seconds),
    **{f"now64({n})": _of_clock(n) for n in range(10)},
    "now64()": _of_clock(3),
    **dict.fromkeys(("today()", "todate(now())", "current_date()"), _of_day),
    **dict.fromkeys(("generateuuidv4()", "tostring(generateuuidv4())"), _of_uuid),
}


def _called(sql: str, type_: ColumnType) -> Filled | None:
    text = "".join(lexeme.text for lexeme in lex(sql)).lower()
    make = FILLED.get(text)
    return None if make is None else make(type_)
