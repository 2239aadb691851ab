"""Parts of times, starts of intervals, and what is added to times and counted between them."""

from collections.abc import Callable
from dataclasses import replace

from martlet.translate import times
from martlet.translate.convert import as_bigint, as_number, make
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.clocks import zone_of, zoned
from martlet.translate.functions.operators import shift
from martlet.translate.syntax import Call
from martlet.translate.typing import (
    arithmetic,
    is_date,
    is_integer,
    is_interval,
    is_string,
    type_of,
)
from martlet.translate.value import TIMESTAMP, Value
from martlet.types import Group


def clock(value: Value) -> str:
    """Return SQL for a time on the clock of its zone; a Date stays one."""
    return value.sql if value.form == "date" else times.local_time(value)


# Parts

# {0} is the time on its clock. `toYear(x, zone)` and the like take a zone beside a DateTime.
_PARTS: dict[str, tuple[str, str]] = {
    "toYear": ("UInt16", "year({0})"),
    "toQuarter": ("UInt8", "quarter({0})"),
    "toMonth": ("UInt8", "month({0})"),
    "toDayOfMonth": ("UInt8", "day({0})"),
    "toDayOfYear": ("UInt16", "day_of_year({0})"),
    "toISOWeek": ("UInt8", "week({0})"),
    "toISOYear": ("UInt16", "year_of_week({0})"),
    "toDaysInMonth": ("UInt8", "day(last_day_of_month({0}))"),
    "toYYYYMM": ("UInt32", "year({0}) * 100 + month({0})"),
    "toYYYYMMDD": ("UInt32", "year({0}) * 10000 + month({0}) * 100 + day({0})"),
    "toRelativeYearNum": ("UInt16", "year({0})"),
    "toRelativeQuarterNum": ("UInt32", "year({0}) * 4 + quarter({0}) - 1"),
    "toRelativeMonthNum": ("UInt32", "year({0}) * 12 + month({0})"),
    "toRelativeDayNum": ("UInt32", f"date_diff('day', {times.EPOCH_DAY}, CAST({{0}} AS date))"),
    "toRelativeWeekNum": (
        "UInt32",
        f"(date_diff('day', {times.EPOCH_DAY}, CAST({{0}} AS date)) + 3) / 7",
    ),
}
_CLOCK_PARTS: dict[str, tuple[str, str]] = {
    "toHour": ("UInt8", "hour({0})"),
    "toMinute": ("UInt8", "minute({0})"),
    "toSecond": ("UInt8", "second({0})"),
    "toMillisecond": ("UInt16", "millisecond({0})"),
}


def _part(type_name: str, template: str) -> Rule:
    def rule(site: Site) -> Value:
        value = zoned(site, 0, 1)
        sql = template.replace("{0}", clock(value))
        atomic = template.endswith(")") and " " not in template
        return make(sql, type_of(type_name), "bigint", of=(value,), atomic=atomic)

    return rule


def _number_of_clock(site: Site) -> Value:
    """Return a time as the number YYYYMMDDhhmmss."""
    value = zoned(site, 0, 1)
    sql = "((((year({0}) * 100 + month({0})) * 100 + day({0})) * 100 + hour({0})) * 100"
    sql += " + minute({0})) * 100 + second({0})"
    local = times.local_time(value)
    return make(sql.replace("{0}", local), type_of("UInt64"), "bigint", of=(value,), atomic=False)


def _mode(site: Site) -> int:
    """Return the mode of weeks that the second argument says, 0 if there is none."""
    mode = site.constant(1) if len(site.arguments) > 1 else 0
    if isinstance(mode, bool) or not isinstance(mode, int):
        raise site.fail("the mode must be a number", index=1)
    return mode


# The number of a day of the week by its mode; Trino's Monday is 1.
_DAYS_OF_WEEK = (
    "day_of_week({0})",
    "day_of_week({0}) - 1",
    "day_of_week({0}) % 7",
    "day_of_week({0}) % 7 + 1",
)


def _day_of_week(site: Site) -> Value:
    mode, value = _mode(site) % 4, zoned(site, 0, 2)
    sql = _DAYS_OF_WEEK[mode].replace("{0}", clock(value))
    return make(sql, type_of("UInt8"), "bigint", of=(value,), atomic=mode == 0)


# MySQL's modes of weeks: the day of a week that tells its year, by the days from the week's start;
# week 1 is the first one with that day in the year. Modes 0, 1, 4 and 5 count on from week 0.
_ANCHORS = {0: 0, 1: 3, 2: 0, 3: 3, 4: 3, 5: 0, 6: 3, 7: 0, 8: 6, 9: 6}
_FROM_ZERO = {0: 2, 1: 3, 4: 6, 5: 7}


def _anchor(mode: int, day: str) -> str:
    """Return SQL for the day that tells the year of a day's week."""
    if mode % 2:
        return f"date_add('day', {_ANCHORS[mode]}, date_trunc('week', {day}))"
    return f"date_add('day', {_ANCHORS[mode]} - day_of_week({day}) % 7, {day})"


def _week_mode(site: Site) -> int:
    mode = _mode(site)
    if mode not in _ANCHORS:
        raise site.fail("modes 0 to 9 are supported", index=1)
    return mode


def _week(site: Site) -> Value:
    mode, value = _week_mode(site), zoned(site, 0, 2)
    day = times.local_date(value)
    if mode == 3:
        return make(f"week({clock(value)})", type_of("UInt8"), "bigint", of=(value,))
    if mode in _FROM_ZERO:
        weekday = f"day_of_week({day})" if mode % 2 else f"(day_of_week({day}) % 7 + 1)"
        sql = f"(day_of_year({day}) - {weekday} + {7 + _ANCHORS[mode]}) / 7"
    else:
        sql = f"(day_of_year({_anchor(mode, day)}) + 6) / 7"
    return make(sql, type_of("UInt8"), "bigint", of=(value,), atomic=False)


def _year_week(site: Site) -> Value:
    mode, value = _week_mode(site), zoned(site, 0, 2)
    day = _anchor(_FROM_ZERO.get(mode, mode), times.local_date(value))
    sql = f"year({day}) * 100 + (day_of_year({day}) + 6) / 7"
    return make(sql, type_of("UInt32"), "bigint", of=(value,), atomic=False)


def _relative(unit: str, seconds: int) -> Rule:
    """Return the number of hours, minutes or seconds since 1970."""

    def rule(site: Site) -> Value:
        value = zoned(site, 0, 1)
        if not times.is_utc(value.type.bare.time_zone) and seconds == 3600:
            raise site.fail(f"of {value.type} is not supported", index=0)
        sql = f"date_diff('{unit}', {times.EPOCH}, {times.instant(value)})"
        return make(sql, type_of("UInt32"), "bigint", of=(value,))

    return rule


# Starts of intervals

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_FINE = {"millisecond": 3, "microsecond": 6, "nanosecond": 9}
# Months are counted from 1900: the first year that ClickHouse's calendar has.
_FIRST_MONTH = 1900 * 12


def start_of(site: Site, value: Value, unit: str, count: int = 1) -> Value:
    """Return the start of the interval of `count` units that a time is in.

    From weeks on it is a Date, a day and the units of the clock are DateTimes in the time's zone.
    """
    if unit == "week" or unit in _MONTHS:
        sql = _start_day(times.local_date(value), unit, count)
        return make(sql, type_of("Date"), "date", of=(value,))
    zone = value.type.bare.time_zone
    type_ = times.datetime_type(None, zone)
    if unit == "day":
        return make(_start_of_day(value, count), type_, TIMESTAMP, of=(value,))
    if not is_date(value.type) and unit in _FINE:
        return _start_fine(site, value, unit, count)
    if is_date(value.type) or unit not in _CLOCK_STARTS:
        raise site.fail(f"{unit}s of {value.type} are not supported")
    return make(_CLOCK_STARTS[unit](value, count), type_, TIMESTAMP, of=(value,))


def _start_day(day: str, unit: str, count: int) -> str:
    if count == 1:
        return f"date_trunc('{unit}', {day})"
    if unit == "week":
        days = f"(date_diff('day', {times.EPOCH_DAY}, {day}) - 4) % {7 * count}"
        return f"date_add('day', -({days}), {day})"
    if unit == "year":
        return f"date_add('year', -(year({day}) % {count}), date_trunc('year', {day}))"
    months = count * _MONTHS[unit]
    if 12 % months == 0:
        over = f"(month({day}) - 1) % {months}"
    else:
        over = f"(year({day}) * 12 + month({day}) - {_FIRST_MONTH + 1}) % {months}"
    return f"date_add('month', -({over}), date_trunc('month', {day}))"


def _start_of_day(value: Value, count: int) -> str:
    zone = value.type.bare.time_zone
    if count == 1:
        if value.form == "date":
            return times.instant(value)
        if times.is_utc(zone):
            return f"date_trunc('day', {times.instant(value)})"
        return times.midnight(times.local_date(value), zone)
    day = times.local_date(value)
    days = f"date_diff('day', {times.EPOCH_DAY}, {day}) % {count}"
    return times.midnight(f"date_add('day', -({days}), {day})", zone)


def _start_of_hour(value: Value, count: int) -> str:
    """Hours are counted from midnight on the clock of the zone."""
    zone, moment = value.type.bare.time_zone, times.instant(value)
    local = times.local_time(value)
    if count > 1:
        start = f"date_add('hour', -(hour({local}) % {count}), date_trunc('hour', {local}))"
        return times.first_time(start, zone)
    if times.is_utc(zone):
        return f"date_trunc('hour', {moment})"
    return f"date_add('minute', -minute({local}), date_trunc('minute', {moment}))"


def _start_of_minute(value: Value, count: int) -> str:
    """Minutes are counted from 1970 in UTC, in any zone."""
    moment = times.instant(value)
    if count == 1:
        return f"date_trunc('minute', {moment})"
    if 60 % count == 0:
        return f"date_add('minute', -(minute({moment}) % {count}), date_trunc('minute', {moment}))"
    return _start_of_second(value, 60 * count)


def _start_of_second(value: Value, count: int) -> str:
    moment = times.instant(value)
    whole = (
        moment if value.type.bare.family.name == "DateTime" else f"date_trunc('second', {moment})"
    )
    if count == 1:
        return whole
    return f"date_add('second', -(date_diff('second', {times.EPOCH}, {moment}) % {count}), {whole})"


_CLOCK_STARTS: dict[str, Callable[[Value, int], str]] = {
    "hour": _start_of_hour,
    "minute": _start_of_minute,
    "second": _start_of_second,
}


def _start_fine(site: Site, value: Value, unit: str, count: int) -> Value:
    """Return the start of a number of milliseconds or finer, with the unit's digits."""
    if value.type.bare.family.group is not Group.DATETIME64:
        raise site.fail(f"{unit}s of {value.type} are not supported")
    digits = _FINE[unit]
    made = times.in_digits(value, times.datetime_type(digits, value.type.bare.time_zone))
    if count == 1:
        return made
    ticks = made.operand if digits > 3 else times.milliseconds(made.sql)
    floored = times.floor_multiple(ticks, count)
    sql = floored if digits > 3 else times.from_milliseconds(floored)
    return make(sql, made.type, made.form, of=(value,))


def _start(unit: str, count: int = 1) -> Rule:
    def rule(site: Site) -> Value:
        return start_of(site, zoned(site, 0, 1), unit, count)

    return rule


def _start_of_iso_year(site: Site) -> Value:
    day = times.local_date(zoned(site, 0, 1))
    thursday = f"date_add('day', 3, date_trunc('week', {day}))"
    sql = f"date_trunc('week', date_add('day', 3, date_trunc('year', {thursday})))"
    return make(sql, type_of("Date"), "date", of=(site.arguments[0],))


def _week_start(days: int) -> Rule:
    """Return a day of the week: an even mode's week starts on Sunday, an odd one's on Monday."""

    def rule(site: Site) -> Value:
        mode, day = _mode(site), times.local_date(zoned(site, 0, 2))
        if mode % 2:
            sql = f"date_trunc('week', {day})"
            sql = f"date_add('day', {days}, {sql})" if days else sql
        else:
            sql = f"date_add('day', {days} - day_of_week({day}) % 7, {day})"
        return make(sql, type_of("Date"), "date", of=(site.arguments[0],))

    return rule


def _last_day_of_month(site: Site) -> Value:
    day = times.local_date(zoned(site, 0, 1))
    return make(f"last_day_of_month({day})", type_of("Date"), "date", of=(site.arguments[0],))


def _start_kept(unit: str) -> Rule:
    """Return a DateTime64 with its digits, those behind a unit zero."""

    def rule(site: Site) -> Value:
        value = zoned(site, 0, 1)
        type_ = value.type.bare
        wanted = 0 if unit == "second" else _FINE[unit]
        if type_.family.group is not Group.DATETIME64 or type_.scale < wanted:
            raise site.fail(f"of {value.type} is not supported", index=0)
        coarse = times.in_digits(value, times.datetime_type(wanted, type_.time_zone))
        return replace(times.in_digits(coarse, type_), literal=None)

    return rule


def _start_of_interval(site: Site) -> Value:
    interval = site.arguments[1]
    if len(site.arguments) > 2 and not is_string(site.arguments[2].type):
        raise site.fail("an origin is not supported", index=2)
    value = site.arguments[0]
    if len(site.arguments) > 2 and is_date(value.type):
        raise site.fail("a time zone beside a Date is not supported", index=2)
    unit = interval.type.bare.family.name.removeprefix("Interval").lower()
    return start_of(site, zoned(site, 0, 2), unit, _count(site, 1))


def _count(site: Site, index: int) -> int:
    """Return the number of units of an interval that must be a literal."""
    expression = site.call.arguments[index]
    inside = expression.arguments[0] if isinstance(expression, Call) else expression
    count = site.lowering.constant(inside, site.scope, of=site.name)
    if isinstance(count, str) and count.isdigit():
        count = int(count)
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0:
        raise site.fail("a positive number of units is expected", index=index)
    return count


def _truncated(site: Site) -> Value:
    unit = site.text(0).lower()
    if unit not in (*_MONTHS, *_FINE, *_CLOCK_STARTS, "week", "day"):
        raise site.fail(f"'{unit}' is no unit", index=0)
    return start_of(site, zoned(site, 1, 2), unit)


# Sums

_ADDED = ("Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "Day", "Week",
          "Month", "Quarter", "Year")  # fmt: skip


def _add(unit: str, sign: str = "") -> Rule:
    def rule(site: Site) -> Value:
        time, amount = site.arguments
        type_ = arithmetic("plus", time.type.bare, type_of(f"Interval{unit}"))
        if type_ is None or is_interval(time.type) or not is_integer(amount.type):
            raise site.fail(f"of {time.type} and {amount.type} is not supported")
        number = as_bigint(as_number(amount))
        sql = number.sql if not sign else f"-{number.operand}"
        return shift(time, unit, sql, type_, (time, amount))

    return rule


def _add_interval(sign: str) -> Rule:
    def rule(site: Site) -> Value:
        time, interval = site.arguments
        unit = interval.type.bare.family.name.removeprefix("Interval")
        type_ = arithmetic("plus", time.type.bare, interval.type.bare)
        if type_ is None or is_interval(time.type):
            raise site.fail(f"of {time.type} and {interval.type} is not supported")
        sql = interval.sql if not sign else f"-{interval.operand}"
        return shift(time, unit, sql, type_, (time, interval))

    return rule


# Differences

_UNIT_NAMES: dict[str, str] = {
    short: unit
    for unit, names in {
        "year": "year years yyyy yy", "quarter": "quarter quarters qq q",
        "month": "month months mm m", "week": "week weeks wk ww", "day": "day days dd d",
        "hour": "hour hours hh h", "minute": "minute minutes mi n",
        "second": "second seconds ss s", "millisecond": "millisecond milliseconds ms",
        "microsecond": "microsecond microseconds us u", "nanosecond": "nanosecond nanoseconds ns",
    }.items()
    for short in names.split()
}  # fmt: skip


def _operands(site: Site) -> tuple[str, Value, Value]:
    """Return unit and both times of dateDiff or age, on the clock of one zone."""
    unit = _UNIT_NAMES.get(site.text(0).lower())
    if unit is None:
        raise site.fail(f"'{site.text(0)}' is no unit", index=0)
    values = site.arguments[1:3]
    zone = zone_of(site, 3)
    zones = {value.type.bare.time_zone or "UTC" for value in values}
    if zone is not None:
        if any(is_date(value.type) for value in values):
            raise site.fail("a time zone beside a Date is not supported", index=3)
        values = [zoned(site, index, 3) for index in (1, 2)]
    elif len(zones) > 1:
        raise site.fail("times of different zones need a zone as the fourth argument")
    return unit, values[0], values[1]


def _difference(site: Site) -> Value:
    """Return how many starts of units lie between two times."""
    unit, left, right = _operands(site)
    sql = _between(unit, left, right)
    return make(
        sql, type_of("Int64"), "bigint", of=(left, right), atomic=unit[:2] not in ("mi", "na")
    )


def _between(unit: str, left: Value, right: Value) -> str:
    if unit in _FINE:
        return _between_ticks(_FINE[unit], left, right)
    ends = []
    for value in (left, right):
        if unit == "week" or unit in _MONTHS:
            ends.append(_start_day(times.local_date(value), unit, 1))
        elif unit == "day":
            ends.append(times.local_date(value))
        elif value.form == "date":
            ends.append(times.instant(value))
        elif unit == "hour":
            ends.append(_hour(value))
        else:
            ends.append(_CLOCK_STARTS[unit](value, 1))
    return f"date_diff('{unit}', {ends[0]}, {ends[1]})"


def _hour(value: Value) -> str:
    """Return SQL for the hour of a time as dateDiff counts: by the minutes of the zone in 1970."""
    zone, moment = value.type.bare.time_zone, times.instant(value)
    if times.is_utc(zone):
        return f"date_trunc('hour', {moment})"
    epoch = times.local_time(make(times.EPOCH, times.datetime_type(None, zone), TIMESTAMP))
    offset = f"date_diff('second', {times.EPOCH}, {epoch})"
    return f"date_trunc('hour', date_add('second', -{offset}, {moment}))"


def _between_ticks(digits: int, left: Value, right: Value) -> str:
    type_ = times.datetime_type(digits, None)
    ends = []
    for value in (left, right):
        third = make(times.instant(value), type_of("DateTime64(3)"), TIMESTAMP)
        ends.append(times.in_digits(value if value.form == "bigint" else third, type_))
    if digits == 3:
        return f"date_diff('millisecond', {ends[0].sql}, {ends[1].sql})"
    return f"{ends[1].operand} - {ends[0].operand}"


def _age(site: Site) -> Value:
    """Return how many whole units lie between two times."""
    unit, left, right = _operands(site)
    if unit == "week":  # ClickHouse's are others backwards than forwards
        raise site.fail("of weeks is not supported", index=0)
    if unit in _FINE:
        sql = _between_ticks(_FINE[unit], left, right)
    elif unit in _CLOCK_STARTS:
        sql = f"date_diff('{unit}', {times.instant(left)}, {times.instant(right)})"
    elif unit not in _MONTHS:
        sql = f"date_diff('{unit}', {times.local_time(left)}, {times.local_time(right)})"
    else:
        sql = _whole_months(times.local_time(left), times.local_time(right), _MONTHS[unit])
    if "bigint" in (left.form, right.form) and unit not in _FINE:
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    return make(sql, type_of("Int64"), "bigint", of=(left, right), atomic=False)


def _whole_months(left: str, right: str, months: int) -> str:
    """Return SQL for months between two clocks' times: one less where the day is not reached."""
    starts = [f"date_trunc('month', {end})" for end in (left, right)]
    count = f"date_diff('month', {starts[0]}, {starts[1]})"
    rests = [f"date_diff('millisecond', {start}, {end})"
             for start, end in zip(starts, (left, right), strict=True)]  # fmt: skip
    forth = f"IF({rests[1]} < {rests[0]}, 1, 0)"
    back = f"IF({rests[1]} > {rests[0]}, -1, 0)"
    less = f"IF({left} <= {right}, {forth}, {back})"
    whole = f"({count} - {less})"
    return whole if months == 1 else f"{whole} / {months}"


_ZONED = ("time", "constant?")
_CLOCKED = ("datetime", "constant?")
_MODED = ("time", "constant?", "constant?")

DATES: dict[str, Function] = {
    **{name: Function(_ZONED, type_, _part(type_, sql)) for name, (type_, sql) in _PARTS.items()},
    **{name: Function(_CLOCKED, type_, _part(type_, sql))
       for name, (type_, sql) in _CLOCK_PARTS.items()},
    "toYYYYMMDDhhmmss": Function(_ZONED, "UInt64", _number_of_clock),
    "toDayOfWeek": Function(_MODED, "UInt8", _day_of_week),
    "toWeek": Function(_MODED, "UInt8", _week),
    "toYearWeek": Function(_MODED, "UInt32", _year_week),
    "toRelativeHourNum": Function(_ZONED, "UInt32", _relative("hour", 3600)),
    "toRelativeMinuteNum": Function(_ZONED, "UInt32", _relative("minute", 60)),
    "toRelativeSecondNum": Function(_ZONED, "UInt32", _relative("second", 1)),
    **{f"toStartOf{unit}": Function(_ZONED, "Date", _start(unit.lower()))
       for unit in ("Year", "Quarter", "Month")},
    "toMonday": Function(_ZONED, "Date", _start("week")),
    "toStartOfISOYear": Function(_ZONED, "Date", _start_of_iso_year),
    "toStartOfWeek": Function(_MODED, "Date", _week_start(0)),
    "toLastDayOfWeek": Function(_MODED, "Date", _week_start(6)),
    "toLastDayOfMonth": Function(_ZONED, "Date", _last_day_of_month),
    "toStartOfDay": Function(_ZONED, "DateTime", _start("day")),
    "toStartOfHour": Function(_CLOCKED, "DateTime", _start("hour")),
    "toStartOfMinute": Function(_CLOCKED, "DateTime", _start("minute")),
    "toStartOfFiveMinutes": Function(_CLOCKED, "DateTime", _start("minute", 5)),
    "toStartOfTenMinutes": Function(_CLOCKED, "DateTime", _start("minute", 10)),
    "toStartOfFifteenMinutes": Function(_CLOCKED, "DateTime", _start("minute", 15)),
    "timeSlot": Function(_CLOCKED, "DateTime", _start("minute", 30)),
    "toStartOfSecond": Function(_CLOCKED, "DateTime64(3)", _start_kept("second")),
    "toStartOfMillisecond": Function(_CLOCKED, "DateTime64(3)", _start_kept("millisecond")),
    "toStartOfMicrosecond": Function(_CLOCKED, "DateTime64(6)", _start_kept("microsecond")),
    "toStartOfInterval": Function(("time", "interval", "any?"), "DateTime", _start_of_interval),
    "dateTrunc": Function(("constant", "time", "constant?"), "DateTime", _truncated),
    **{f"add{unit}s": Function(("any", "int"), "DateTime", _add(unit)) for unit in _ADDED},
    **{f"subtract{unit}s": Function(("any", "int"), "DateTime", _add(unit, "-"))
       for unit in _ADDED},
    "addDate": Function(("any", "interval"), "DateTime", _add_interval("")),
    "subDate": Function(("any", "interval"), "DateTime", _add_interval("-")),
    "dateDiff": Function(("constant", "time", "time", "constant?"), "Int64", _difference),
    "age": Function(("constant", "time", "time", "constant?"), "Int64", _age),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "YEAR": "toYear", "QUARTER": "toQuarter", "MONTH": "toMonth", "DAY": "toDayOfMonth",
    "DAYOFMONTH": "toDayOfMonth", "DAYOFWEEK": "toDayOfWeek", "DAYOFYEAR": "toDayOfYear",
    "HOUR": "toHour", "MINUTE": "toMinute", "SECOND": "toSecond", "MILLISECOND": "toMillisecond",
    "WEEK": "toWeek", "YEARWEEK": "toYearWeek", "LAST_DAY": "toLastDayOfMonth",
    "toStartOfFiveMinute": "toStartOfFiveMinutes", "TIME_BUCKET": "toStartOfInterval",
    "DATE_BIN": "toStartOfInterval", "DATE_TRUNC": "dateTrunc", "ADDDATE": "addDate",
    "SUBDATE": "subDate", "DATEDIFF": "dateDiff", "DATE_DIFF": "dateDiff", "date_diff": "dateDiff",
    "TIMESTAMP_DIFF": "dateDiff", "timestampDiff": "dateDiff", "timestamp_diff": "dateDiff",
    "AGE": "age",
}  # fmt: skip
