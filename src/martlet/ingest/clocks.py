"""How far the times of rows lie after the day on which they arrive.

The lake is partitioned by day of arrival, and `martlet.translate.pruning` leaves out days by a
condition on a time of the partition key: a row of a time X is in the partition of X's day or
later, but for `ahead_days`. Here that number is found for the rows of a request, for every column
that pruning may take for the key's time, in UTC days as pruning counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from martlet.ingest.defaults import filled
from martlet.model import Column, Datasource
from martlet.sql.lexer import Kind, lex
from martlet.types import Group

# Days ahead of a time that is not known when the row arrives: from now to beyond the year 9999,
# so that nothing is left out.
UNKNOWN_DAYS_AHEAD = 3_000_000

_DAY_NS = 86_400 * 10**9
_EPOCH_DAY = date(1970, 1, 1).toordinal()

# Functions of an integer that count from 1970 -> units in a second, in lower case.
_COUNTS = {
    "fromunixtimestamp": 1,
    "from_unixtime": 1,
    "fromunixtimestamp64second": 1,
    "fromunixtimestamp64milli": 10**3,
    "fromunixtimestamp64micro": 10**6,
    "fromunixtimestamp64nano": 10**9,
    # Not read by pruning today; they would be seconds.
    "todatetime": 1,
    "todatetime64": 1,
}
_TIMES = frozenset((Group.DATE, Group.DATETIME, Group.DATETIME64))


@dataclass(frozen=True, slots=True)
class Clock:
    """A column that the partition key takes a time of.

    Attributes:
        units: in a second, of a column that holds integers; 0 for dates and texts of times.
        is_read_later: whether an absent value is an expression that is evaluated when rows are
            read, so that it is not known here.
    """

    column: str
    units: int = 0
    is_read_later: bool = False


def clocks(datasource: Datasource) -> list[Clock]:
    """Return the columns in a data source's partition key that hold times."""
    columns = {column.name: column for column in datasource.columns}
    found: dict[str, Clock] = {}
    functions: list[str] = []
    before = ""
    for lexeme in lex(datasource.engine.partition_key):
        if lexeme.text == "(":
            functions.append(before.lower())
        elif lexeme.text == ")" and functions:
            functions.pop()
        column = columns.get(lexeme.name or "")
        if column is not None and lexeme.kind in (Kind.WORD, Kind.QUOTED):
            clock = _clock(column, functions)
            if clock is not None:
                found.setdefault(column.name, clock)
        before = lexeme.text
    return list(found.values())


def _clock(column: Column, functions: list[str]) -> Clock | None:
    if column.type is None:
        return None
    bare = column.type.bare
    units = next((_COUNTS[name] for name in reversed(functions) if name in _COUNTS), 0)
    if bare.family.group in _TIMES:
        is_ticks = bare.family.group is Group.DATETIME64 and bare.scale > 3
        units = 10**bare.scale if is_ticks else 0
    elif bare.family.group is not Group.INTEGER or not units:
        return None
    is_read_later = column.default is not None and filled(column) is None
    return Clock(column.name, units, is_read_later)


def days_ahead(clock: Clock, values: Sequence[Any] | None, moment: int) -> int:
    """Return how many days the latest value lies after the day of a moment, 0 if none does.

    Args:
        clock: the column.
        values: as documents hold them, None where rows have none; None if no row has the column.
        moment: of arrival, nanoseconds since 1970.
    """
    if values is None:
        return UNKNOWN_DAYS_AHEAD if clock.is_read_later else 0
    try:
        latest = max(values, default=None)
    except TypeError:  # NULL or large integers, which are texts, among them
        if clock.is_read_later and None in values:
            return UNKNOWN_DAYS_AHEAD
        known = [value for value in values if value is not None]
        latest = max(map(int, known) if clock.units else known, default=None)
    if latest is None:
        return UNKNOWN_DAYS_AHEAD if clock.is_read_later and values else 0
    today = moment // _DAY_NS
    return min(max(0, _day(clock, latest) - today), UNKNOWN_DAYS_AHEAD)


def _day(clock: Clock, value: Any) -> int:  # noqa: ANN401
    if clock.units:
        return int(value) // (86_400 * clock.units)
    return date.fromisoformat(value[:10]).toordinal() - _EPOCH_DAY
