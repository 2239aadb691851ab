"""What makes times: the clock, numbers, texts and times of other types."""

import re
from dataclasses import replace

from martlet.translate import slots, times
from martlet.translate.convert import as_bigint, as_number, cast, make, read_default
from martlet.translate.function import Function, Rule, Site
from martlet.translate.typing import is_date, is_datetime, is_number, is_string, nullable, type_of
from martlet.translate.value import TIMESTAMP, Value
from martlet.types import ColumnType, Group

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]*")
_NOW = "CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))"


def zone_of(site: Site, index: int) -> str | None:
    """Return the time zone that an argument names, None if there is no such argument."""
    if len(site.arguments) <= index:
        return None
    zone = site.text(index)
    if not _ZONE.fullmatch(zone):
        raise site.fail(f"'{zone}' is no time zone", index=index)
    return zone


def zoned(site: Site, index: int, zone_index: int) -> Value:
    """Return a time whose clock is the one of the zone that another argument names."""
    value, zone = site.arguments[index], zone_of(site, zone_index)
    if zone is None:
        return value
    if not is_datetime(value.type):
        raise site.fail(f"a time zone is for DateTime, not for {value.type}", index=zone_index)
    digits = None if value.type.bare.family.name == "DateTime" else value.type.bare.scale
    return replace(value, type=_like(times.datetime_type(digits, zone), value), literal=None)


def _like(type_: ColumnType, value: Value) -> ColumnType:
    return nullable(type_) if value.is_nullable else type_


def _digits(site: Site, index: int) -> int:
    """Return the digits of a second that an argument names, 3 if there is none."""
    if len(site.arguments) <= index:
        return 3
    digits = site.constant(index)
    if isinstance(digits, str) and digits.isdigit():
        digits = int(digits)
    if not isinstance(digits, int) or not 0 <= digits <= 9:
        raise site.fail("0 to 9 digits of a second are supported", index=index)
    return digits


# The clock


def _now(site: Site) -> Value:
    sql = f"date_trunc('second', {_NOW})"
    return make(sql, times.datetime_type(None, zone_of(site, 0)), TIMESTAMP)


def _now64(site: Site) -> Value:
    digits = _digits(site, 0)
    now = make(_NOW, type_of("DateTime64(3)"), TIMESTAMP)
    return times.in_digits(now, times.datetime_type(digits, zone_of(site, 1)))


def _utc_now(_: Site) -> Value:
    return make(f"date_trunc('second', {_NOW})", type_of("DateTime('UTC')"), TIMESTAMP)


def _today(days: int) -> Rule:
    def rule(_: Site) -> Value:
        today = "CAST(current_timestamp AT TIME ZONE 'UTC' AS date)"
        return make(f"date_add('day', {days}, {today})" if days else today, type_of("Date"), "date")

    return rule


# Conversions


def _converted(site: Site, value: Value, type_: ColumnType) -> Value:
    if value.form == "unknown":
        return value
    return site.convert(value, type_)


def _to_datetime(site: Site) -> Value:
    value, zone = site.arguments[0], zone_of(site, 1)
    if zone is None and is_datetime(value.type):
        zone = value.type.bare.time_zone
    return _converted(site, value, times.datetime_type(None, zone))


def _to_datetime64(site: Site) -> Value:
    value, digits, zone = site.arguments[0], _digits(site, 1), zone_of(site, 2)
    if zone is None and is_datetime(value.type):
        zone = value.type.bare.time_zone
    return _converted(site, value, times.datetime_type(digits, zone))


def _to_date(name: str) -> Rule:
    def rule(site: Site) -> Value:
        return _converted(site, zoned(site, 0, 1), type_of(name))

    return rule


def _timestamp(site: Site) -> Value:
    return _converted(site, site.arguments[0], type_of("DateTime64(6)"))


def _missing(site: Site) -> str:
    """Return what a function gives for a text that is no time: `error`, `null` or `zero`."""
    if site.name.endswith("OrNull"):
        return "null"
    return "zero" if site.name.endswith(("OrZero", "OrDefault")) else "error"


def _read(site: Site) -> Value:
    """Read a text as one of a type; if it is none, NULL or the type's default."""
    name = re.sub("Or(Null|Zero|Default)$", "", site.name).removeprefix("to")
    value = site.arguments[0]
    type_ = type_of(name.replace("DateTime32", "DateTime")) if name != "DateTime64" else None
    if name == "DateTime":
        type_ = times.datetime_type(None, zone_of(site, 1))
    elif name == "DateTime64":
        type_ = times.datetime_type(_digits(site, 1), zone_of(site, 2))
    assert type_ is not None
    if value.form == "unknown":
        return value
    return _filled(site, value, times.text_to_time(value, type_, or_null=True), type_)


def _filled(site: Site, text: Value, made: Value, type_: ColumnType) -> Value:
    """Fill what a text was not read as: with NULL or with the type's default."""
    if _missing(site) == "null":
        return replace(made, type=nullable(type_))
    filled = f"coalesce({made.sql}, {read_default(type_, made.form).sql})"
    if text.is_nullable:
        filled = f"IF({text.sql} IS NULL, NULL, {filled})"
    return replace(made, sql=filled, is_atomic=True, type=type_)


def _best_effort(site: Site) -> Value:
    value, is_64 = site.arguments[0], "64" in site.name
    if is_64:
        type_ = times.datetime_type(_digits(site, 1), zone_of(site, 2))
    else:
        type_ = times.datetime_type(None, zone_of(site, 1))
    missing = _missing(site)
    if value.form == "unknown":
        return value
    if value.literal is None:
        made = times.best_effort(value, type_, or_null=missing != "error")
        return made if missing == "error" else _filled(site, value, made, type_)
    digits = times.digits_of(type_)
    zone = "UTC" if times.is_utc(type_.time_zone) else type_.time_zone
    writer = f"best {digits} {zone} {type_.family.name} {missing}"
    sql, form = slots.slot(value.literal.start, writer), "bigint" if digits > 3 else TIMESTAMP
    if missing == "null":
        sql, type_ = f"CAST({sql} AS {form})", nullable(type_)
    return make(sql, type_, form, of=(value,))


def _from_unix(digits: int) -> Rule:
    def rule(site: Site) -> Value:
        ticks = site.arguments[0]
        type_ = times.datetime_type(digits, zone_of(site, 1))
        if digits > 3:
            return replace(ticks, type=type_, literal=None)
        make_time = times.from_milliseconds if digits == 3 else times.from_seconds
        return make(make_time(ticks.operand), type_, TIMESTAMP, of=(ticks,))

    return rule


def from_unix_seconds(site: Site) -> Value:
    """Return the DateTime of seconds since 1970."""
    (seconds,) = site.arguments
    return make(times.from_seconds(seconds.operand), type_of("DateTime"), TIMESTAMP, of=(seconds,))


def _to_unix_seconds(site: Site) -> Value:
    value, type_ = site.arguments[0], type_of("UInt32")
    if is_string(value.type):
        value = site.convert(value, times.datetime_type(None, zone_of(site, 1)))
    if is_number(value.type):
        return cast(as_bigint(as_number(value)), type_)
    if is_date(value.type):
        sql = f"date_diff('second', {times.EPOCH}, {times.instant(value)})"
        return make(sql, type_, "bigint", of=(value,))
    if not is_datetime(value.type):
        raise site.fail(f"of {value.type} is not supported", index=0)
    return replace(times.number_of(value), type=type_)


def _to_unix(digits: int) -> Rule:
    def rule(site: Site) -> Value:
        (value,) = site.arguments
        if value.type.bare.family.group is not Group.DATETIME64:
            raise site.fail(f"takes a DateTime64, not {value.type}", index=0)
        have = max(times.digits_of(value.type), 3)
        ticks = value.operand if value.form == "bigint" else times.milliseconds(value.sql)
        factor = 10 ** abs(digits - have)
        sql = ticks if digits == have else f"{ticks} {'*' if digits > have else '/'} {factor}"
        return make(sql, type_of("Int64"), "bigint", of=(value,), atomic=digits == have)

    return rule


def _to_time_zone(site: Site) -> Value:
    return zoned(site, 0, 1)


def _time_zone(_: Site) -> Value:
    return make("'UTC'", type_of("String"), "varchar")


def _time_zone_of(site: Site) -> Value:
    zone = site.arguments[0].type.bare.time_zone or "UTC"
    return make(slots.string_sql(zone), type_of("String"), "varchar", of=(site.arguments[0],))


def _time_zone_offset(site: Site) -> Value:
    (value,) = site.arguments
    sql = f"date_diff('second', {times.instant(value)}, {times.local_time(value)})"
    return make(sql, type_of("Int32"), "bigint", of=(value,))


# Parts of a time


def _whole(site: Site) -> list[Value]:
    """Return numeric arguments as whole numbers, cut as ClickHouse does."""
    return [
        replace(value, sql=f"CAST(truncate({value.sql}) AS bigint)", form="bigint", is_atomic=True)
        if value.form in ("double", "real")
        else as_bigint(value)
        for value in site.arguments
        if is_number(value.type)
    ]


def _day_sql(year: str, month: str, day: str) -> str:
    """Return SQL for the day of three numbers; 31 February is 2 March, other excess 1970-01-01."""
    months = f"({year} - 1970) * 12 + {month} - 1"
    made = f"date_add('day', {day} - 1, date_add('month', {months}, {times.EPOCH_DAY}))"
    test = f"{year} BETWEEN 1970 AND 2149 AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND 31"
    return f"IF({test}, {made}, {times.EPOCH_DAY})"


def _make_date(site: Site) -> Value:
    numbers = _whole(site)
    year, *rest = (value.operand for value in numbers)
    if len(rest) == 2:
        sql = _day_sql(year, *rest)
    else:
        first = f"date_add('year', {year} - 1970, {times.EPOCH_DAY})"
        test = f"{year} BETWEEN 1970 AND 2149 AND {rest[0]} BETWEEN 1 AND 365"
        sql = f"IF({test}, date_add('day', {rest[0]} - 1, {first}), {times.EPOCH_DAY})"
    nulls = [value.sql for value in numbers if value.is_nullable]
    if nulls:
        sql = f"IF({' OR '.join(f'{null} IS NULL' for null in nulls)}, NULL, {sql})"
    return make(sql, type_of("Date"), "date", of=tuple(numbers))


_TEXT_NOTE = (
    "Texts of a column in other shapes than ISO 8601 and seconds since 1970 in 9 or 10 digits, and "
    "days that a month does not have, are {}."
)
_FAILS = _TEXT_NOTE.format("errors")
_NULLS = _TEXT_NOTE.format("no times")

CLOCKS: dict[str, Function] = {
    "now": Function(("constant?",), "DateTime", _now),
    "now64": Function(("constant?", "constant?"), "DateTime64(3)", _now64,
                      note="The digits behind milliseconds are zeros."),
    "today": Function((), "Date", _today(0)),
    "yesterday": Function((), "Date", _today(-1)),
    "UTCTimestamp": Function((), "DateTime", _utc_now),
    "toDate": Function(("any", "constant?"), "Date", _to_date("Date"), note=_FAILS),
    "DATE": Function(("any",), "Date", _to_date("Date"), note=_FAILS),
    "toDate32": Function(("any", "constant?"), "Date32", _to_date("Date32"), note=_FAILS),
    "toDateTime": Function(("any", "constant?"), "DateTime", _to_datetime, note=_FAILS),
    "toDateTime32": Function(("any", "constant?"), "DateTime", _to_datetime, note=_FAILS),
    "toDateTime64": Function(("any", "constant", "constant?"), "DateTime64(3)", _to_datetime64,
                             note=_FAILS),
    "timestamp": Function(("any",), "DateTime64(6)", _timestamp, note=_FAILS),
    **{f"to{name}{suffix}": Function(("text", *takes), name, _read, note=_NULLS)
       for name, takes in (("Date", ()), ("Date32", ()), ("DateTime", ("constant?",)))
       for suffix in ("OrNull", "OrZero")},
    **{f"toDateTime64{suffix}": Function(("text", "constant", "constant?"), "DateTime64(3)", _read,
                                         note=_NULLS) for suffix in ("OrNull", "OrZero")},
    **{f"parseDateTime{bits}BestEffort{us}{suffix}": Function(
        ("text", *(("constant?",) if bits == "64" else ()), "constant?"), "DateTime", _best_effort,
        note=_NULLS if suffix else _FAILS)
       for bits in ("", "32", "64") for us in ("", "US") for suffix in ("", "OrNull", "OrZero")
       if not (bits == "32" and us)},
    "fromUnixTimestamp64Second": Function(("int", "constant?"), "DateTime64(0)", _from_unix(0)),
    "fromUnixTimestamp64Milli": Function(("int", "constant?"), "DateTime64(3)", _from_unix(3)),
    "fromUnixTimestamp64Micro": Function(("int", "constant?"), "DateTime64(6)", _from_unix(6)),
    "fromUnixTimestamp64Nano": Function(("int", "constant?"), "DateTime64(9)", _from_unix(9)),
    "toUnixTimestamp": Function(("any", "constant?"), "UInt32", _to_unix_seconds),
    "toUnixTimestamp64Second": Function(("datetime",), "Int64", _to_unix(0)),
    "toUnixTimestamp64Milli": Function(("datetime",), "Int64", _to_unix(3)),
    "toUnixTimestamp64Micro": Function(("datetime",), "Int64", _to_unix(6)),
    "toUnixTimestamp64Nano": Function(("datetime",), "Int64", _to_unix(9)),
    "toTimezone": Function(("datetime", "constant"), "DateTime", _to_time_zone),
    "timezone": Function((), "String", _time_zone),
    "serverTimezone": Function((), "String", _time_zone),
    "timezoneOf": Function(("datetime",), "String", _time_zone_of, nulls="own"),
    "timezoneOffset": Function(("datetime",), "Int32", _time_zone_offset),
    "makeDate": Function(("number", "number", "number?"), "Date", _make_date),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "CURRENT_TIMESTAMP": "now", "LOCALTIMESTAMP": "now", "NOW": "now", "NOW64": "now64",
    "CURDATE": "today", "CURRENT_DATE": "today", "TODAY": "today",
    "UTC_TIMESTAMP": "UTCTimestamp", "UTCTIMESTAMP": "UTCTimestamp", "TIMESTAMP": "timestamp",
    "toTimeZone": "toTimezone", "timeZoneOf": "timezoneOf", "timeZoneOffset": "timezoneOffset",
    "DATE": "DATE", "TIMEZONE": "timezone", "serverTimeZone": "serverTimezone",
    "MAKEDATE": "makeDate",
}  # fmt: skip
