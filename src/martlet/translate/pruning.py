"""Partitions that a query need not read: conditions on a time, said of the day of arrival.

A table of the lake is partitioned by the day on which rows arrived, in the column `dt`. A row of a
time X arrived on the day of X or later, but for `ahead_days` of clocks that run ahead. So a
condition that holds only from a time on leaves out all days before. What is added to WHERE follows
from what stands there: no answer changes. Trino reads the days while it plans a query, if they are
texts or expressions of now(); EXPLAIN (TYPE IO) shows it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from martlet.errors import MartletError
from martlet.lake import PARTITION_COLUMN
from martlet.translate import slots
from martlet.translate.catalogue import find_function
from martlet.translate.convert import as_bigint, literal_writer
from martlet.translate.relations import From, LakeTable
from martlet.translate.scope import Scope
from martlet.translate.syntax import Call, Cast, Expression, Identifier, Literal, Select
from martlet.translate.times import instant, is_utc
from martlet.translate.typing import is_datetime, is_integer, is_time
from martlet.translate.value import Value, name_sql
from martlet.types import ColumnType, Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

MAX_MEMBERS = 50  # of a list that is looked through for its least day

# A comparison that bounds its left side from below -> the same with the sides exchanged.
_BOUNDS = {"greaterOrEquals": "lessOrEquals", "greater": "less", "equals": "equals"}

# Functions that never give a later time than their first argument's, and those that keep it.
_FLOORS = frozenset(
    """toDate toDate32 toDateTime toDateTime64 toTimeZone toMonday toStartOfDay toStartOfHour
    toStartOfMinute toStartOfSecond toStartOfFiveMinutes toStartOfTenMinutes toStartOfFifteenMinutes
    timeSlot toStartOfWeek toStartOfMonth toStartOfQuarter toStartOfYear toStartOfISOYear
    toStartOfInterval assumeNotNull toNullable materialize identity""".split()
)
# Functions of an integer that count from 1970 -> units in a second.
_COUNTS = {
    "fromUnixTimestamp": 1,
    "fromUnixTimestamp64Milli": 10**3,
    "fromUnixTimestamp64Micro": 10**6,
    "fromUnixTimestamp64Nano": 10**9,
}
# Functions of a time that count from 1970.
_COUNTED = {
    "toUnixTimestamp": 1,
    "toUnixTimestamp64Milli": 10**3,
    "toUnixTimestamp64Micro": 10**6,
    "toUnixTimestamp64Nano": 10**9,
}
# Functions that write a time as a number -> how the number is read, and its digits.
_NUMBERS = {"toYear": ("%Y", 4), "toYYYYMM": ("%Y%m", 6), "toYYYYMMDD": ("%Y%m%d", 8)}


@dataclass(frozen=True, slots=True)
class _Clock:
    """The column whose values tell when rows can have arrived.

    Attributes:
        units: in a second, of an integer column that counts from 1970; 0 for a time.
    """

    column: str
    units: int = 0


@dataclass(frozen=True, slots=True)
class _Time:
    """An expression that is not later than a column, and how it says so.

    Attributes:
        value: the column.
        units: in a second, where it is a number that counts from 1970; 0 for a time.
        pattern: of a number of digits, 202401.
        is_zoned: whether a day in it may be another one in UTC.
    """

    value: Value
    units: int = 0
    pattern: str = ""
    is_zoned: bool = False


def pruned(
    lowering: "Lowering", select: Select, found: From, scope: Scope
) -> tuple[str, list[str]]:
    """Return FROM and conditions on the partitions of its tables."""
    source, tests = found.sql, []
    for lake in found.lake:
        days = _days(lowering, select, lake, scope)
        if lake.days:
            open_ = f"true{lake.place}"
            source = source.replace(open_, " AND ".join([*days, open_]))
        elif lake.place:
            where = f"\nWHERE {' AND '.join(days)}" if days else ""
            source = source.replace(lake.place, where.replace("\n", "\n    "))
        else:
            tests += days
    if not lowering.inside:
        source = _IN_VIEWS.sub("", source)
    return re.sub("\x03[^\x03]*\x03", "", source), tests


# Where conditions on the tables that views read can stand: one that is always true, and a mark.
_IN_VIEWS = re.compile(r"(?:\n *(?:WHERE|AND)| AND) true\x04[^\x04]*\x04")


def mark_in_view(name: str) -> str:
    """Return the mark behind `true` in a view's WHERE where conditions on days can stand."""
    return f"\x04{name}\x04"


def days_column(lake: LakeTable) -> str:
    """Return the column of days of a table as SQL, empty if it has none."""
    if lake.facts.partitions is None or PARTITION_COLUMN in map(str.lower, lake.facts.columns):
        return ""
    return lake.days or f"{lake.alias}.{PARTITION_COLUMN}"


def is_never_later(
    lowering: "Lowering", expression: Expression, lake: LakeTable, scope: Scope
) -> int | None:
    """Return whether an expression is a time not after a table's clock.

    None if it is not; else the days by which it may be later all the same, as another zone's day.
    """
    clock = clock_of(lake)
    if clock is None or clock.units:
        return None
    found = _Reader(lowering, scope, lake, clock, 0)._time(expression)
    if found is None or found.units or found.pattern:
        return None
    return int(found.is_zoned)


def _days(lowering: "Lowering", select: Select, lake: LakeTable, scope: Scope) -> list[str]:
    """Return the conditions on one table's days."""
    partitions = lake.facts.partitions
    if partitions is None or any(name.lower() == PARTITION_COLUMN for name in lake.facts.columns):
        return []
    column = lake.days or f"{lake.alias}.{PARTITION_COLUMN}"
    tests = []
    if partitions.first_day:
        tests.append(f"{column} >= {slots.string_sql(partitions.first_day)}")
    clock = clock_of(lake)
    if clock is None or (lake.place and clock.column not in lake.keys):
        return tests
    reader = _Reader(lowering, scope, lake, clock, partitions.ahead_days)
    for condition in (select.prewhere, select.where):
        if condition is not None:
            for part in _conjuncts(condition):
                day = reader.day(part)
                if day is not None:
                    tests.append(f"{column} >= {day}")
    return list(dict.fromkeys(tests))


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Call) and expression.name == "and":
        for argument in expression.arguments:
            yield from _conjuncts(argument)
    else:
        yield expression


def clock_of(lake: LakeTable) -> _Clock | None:
    """Return the column that the partition key takes the time of, None if it takes none."""
    from martlet.translate.queries import parse

    key = lake.facts.engine.partition_key
    if not key.strip():
        return None
    try:
        query = parse(f"SELECT {key}")
    except MartletError:
        return None
    if not isinstance(query, Select):
        return None
    found = (_clock(expression, lake.facts.columns) for expression in _flat(query.columns))
    return next((clock for clock in found if clock is not None), None)


def _flat(expressions: tuple[Expression, ...]) -> Iterator[Expression]:
    for expression in expressions:
        if isinstance(expression, Call) and expression.name == "tuple":
            yield from _flat(expression.arguments)
        else:
            yield expression


def _clock(expression: Expression, columns: Mapping[str, ColumnType]) -> _Clock | None:
    units = 0
    while isinstance(expression, Call) and expression.arguments:
        name = own_name(expression.name)
        if name in _COUNTS:
            units = _COUNTS[name]
        elif name not in _FLOORS and name not in _NUMBERS:
            return None
        expression = expression.arguments[0]
    if not isinstance(expression, Identifier):
        return None
    column = ".".join(expression.parts)
    type_: ColumnType | None = columns.get(column)
    if type_ is None or is_time(type_) == bool(units):
        return None
    return _Clock(column, units) if is_time(type_) or is_integer(type_) else None


def own_name(name: str) -> str:
    """Return a function's own name, by any of its names."""
    row = find_function(name)
    return row[0] if row is not None else name


@dataclass(slots=True)
class _Reader:
    """Reads conditions on one table's clock."""

    lowering: "Lowering"
    scope: Scope
    lake: LakeTable
    clock: _Clock
    ahead_days: int

    def day(self, condition: Expression) -> str | None:
        """Return SQL for the first day on which rows can have arrived that pass a condition."""
        if not isinstance(condition, Call) or len(condition.arguments) != 2:
            return None
        left, right = condition.arguments
        if condition.name == "in":
            return self._least(left, right)
        if condition.name in _BOUNDS:
            found = self._time(left)
            if found is not None:
                return self._bound(found, right)
        if condition.name in _BOUNDS.values():
            found = self._time(right)
            if found is not None:
                return self._bound(found, left)
        return None

    def _least(self, left: Expression, right: Expression) -> str | None:
        """Return the least day of a list."""
        found = self._time(left)
        if found is None:
            return None
        members: tuple[Expression, ...] = (right,)
        if isinstance(right, Call) and right.name in ("tuple", "array"):
            members = right.arguments
        if not 0 < len(members) <= MAX_MEMBERS or not all(
            isinstance(member, Literal) for member in members
        ):
            return None
        days = [self._bound(found, member) for member in members]
        known = list(dict.fromkeys(day for day in days if day is not None))
        if len(known) == 0 or None in days:
            return None
        return known[0] if len(known) == 1 else f"least({', '.join(known)})"

    def _time(self, expression: Expression, seen: frozenset[str] = frozenset()) -> _Time | None:
        """Return what an expression says of the clock's column, None if nothing."""
        match expression:
            case Identifier():
                return self._column(expression, seen)
            case Cast() if re.match(r"(Nullable\()?Date", expression.type):
                inner = self._time(expression.operand, seen)
                is_plain = inner is not None and not inner.units and not inner.pattern
                return _zoned(inner) if is_plain else None
            case Call() if expression.arguments:
                name, first = own_name(expression.name), expression.arguments[0]
                if name == "dateTrunc" and len(expression.arguments) > 1:
                    name, first = "toDate", expression.arguments[1]
                inner = self._time(first, seen)
                if inner is None or inner.pattern:
                    return None
                return self._called(name, inner, len(expression.arguments) > 1)
        return None

    def _called(self, name: str, inner: _Time, has_more: bool) -> _Time | None:
        is_number = inner.units > 0
        if is_number and name in _COUNTS:
            return _Time(inner.value) if _COUNTS[name] == inner.units else None
        if is_number:
            return inner if name in ("assumeNotNull", "toNullable", "materialize") else None
        if name in _FLOORS:
            return _zoned(inner) if has_more or name == "toTimeZone" else inner
        if name in _COUNTED:
            return _Time(inner.value, units=_COUNTED[name])
        if name in _NUMBERS:
            zoned = inner.is_zoned or has_more
            return _Time(inner.value, pattern=_NUMBERS[name][0], is_zoned=zoned)
        return None

    def _column(self, name: Identifier, seen: frozenset[str]) -> _Time | None:
        alias = name.parts[0]
        target = self.scope.aliases.get(alias)
        if (
            len(name.parts) == 1
            and target is not None
            and target is not name
            and (alias not in seen)
        ):
            return self._time(target, seen | {alias})
        if len(name.parts) == 1 and alias in self.scope.using:
            value = self.scope.using[alias]
        else:
            place = self.scope.column(name.parts)
            if place is None:
                return None
            value = place[0].columns[place[1]]
        own = f"{self.lake.alias}.{name_sql(self.clock.column.lower())}"
        if value.sql != own:
            return None
        zone = value.type.bare.time_zone if is_datetime(value.type) else None
        return _Time(value, units=self.clock.units, is_zoned=not is_utc(zone))

    def _bound(self, time: _Time, bound: Expression) -> str | None:
        """Return SQL for the first day of arrival where a time is not before a bound."""
        back = self.ahead_days + time.is_zoned
        literal = bound.value if isinstance(bound, Literal) else None
        if isinstance(literal, str):
            return self._text(time, bound, back)
        if time.pattern:
            return _of_digits(literal, time.pattern, back)
        if isinstance(literal, int) and not isinstance(literal, bool):
            units = time.units or int(is_datetime(time.value.type))
            return _of_seconds(literal / units, back) if units else None
        try:
            value = self.lowering.value(bound, self.scope)
        except MartletError:
            return None
        if not value.is_constant or value.is_aggregate or "SELECT" in value.sql:
            return None
        if time.units:
            return _of_count(value, time.units, back)
        if not is_time(value.type):
            return None
        if value.form == "date":
            return f"CAST({_back(value.sql, back)} AS varchar)"
        return f"date_format({_back(instant(value), back)}, '%Y-%m-%d')"

    def _text(self, time: _Time, bound: Expression, back: int) -> str | None:
        """Return a slot for the day of a literal text."""
        if time.units or time.pattern:
            return None
        type_ = time.value.type.bare
        if type_.family.group is Group.DATETIME64 or not is_time(type_):
            writer = "timestamp 3 DateTime64"
        else:
            writer = literal_writer(type_)[0]
        return slots.slot(bound.start, f"day {back} {writer}")


def _zoned(time: _Time | None) -> _Time | None:
    return None if time is None else _Time(time.value, time.units, time.pattern, is_zoned=True)


def _back(sql: str, days: int) -> str:
    return f"date_add('day', -{days}, {sql})" if days else sql


def _of_digits(number: object, pattern: str, back: int) -> str | None:
    digits = 4 if pattern == "%Y" else 6 if pattern == "%Y%m" else 8
    if not isinstance(number, int) or len(str(number)) != digits:
        return None
    try:
        day = datetime.strptime(str(number), pattern).replace(tzinfo=UTC).date()
        return slots.string_sql((day - timedelta(days=back)).isoformat())
    except (ValueError, OverflowError):
        return None


def _of_seconds(seconds: float, back: int) -> str | None:
    try:
        day = date(1970, 1, 1) + timedelta(days=seconds // 86_400 - back)
    except OverflowError:
        return None
    return slots.string_sql(day.isoformat())


def _of_count(value: Value, units: int, back: int) -> str | None:
    """Return the day of a constant number of units since 1970."""
    if not is_integer(value.type) or value.form == "varchar":
        return None
    number = as_bigint(value).operand
    days = f"{number} / {86_400 * units}"
    return f"CAST(date_add('day', {days} - {back}, DATE '1970-01-01') AS varchar)"
