"""Times in Trino's hands: zones, ticks, and what times, numbers and texts become of each other.

A Date is a `date`, a DateTime is UTC in a `timestamp(3)`, a DateTime64 of more than three digits is
a `bigint` of ticks since 1970. The clock of a zone is a `timestamp(3)` too, but never a value.
"""

from dataclasses import replace

from martlet.errors import UnsupportedFunctionError
from martlet.translate import slots
from martlet.translate.typing import is_date, is_float, type_of
from martlet.translate.value import TIMESTAMP, WIDE, Value
from martlet.types import ColumnType, Group

EPOCH = "TIMESTAMP '1970-01-01 00:00:00.000'"
EPOCH_DAY = "DATE '1970-01-01'"

_UTC = (None, "UTC", "Etc/UTC")


def digits_of(type_: ColumnType) -> int:
    """Return how many digits of a second a type holds."""
    bare = type_.bare
    return bare.scale if bare.family.group is Group.DATETIME64 else 0


def datetime_type(digits: int | None, zone: str | None) -> ColumnType:
    """Return DateTime, or with digits DateTime64, of a zone or of none."""
    arguments = [] if digits is None else [str(digits)]
    arguments += [slots.string_sql(zone)] if zone else []
    name = "DateTime" if digits is None else "DateTime64"
    return type_of(f"{name}({', '.join(arguments)})" if arguments else name)


def is_utc(zone: str | None) -> bool:
    """Whether the clock of a zone is the one of the values."""
    return zone in _UTC


def milliseconds(sql: str) -> str:
    """Return SQL for the milliseconds since 1970 of a timestamp(3), exactly."""
    return f"date_diff('millisecond', {EPOCH}, {sql})"


def from_milliseconds(sql: str) -> str:
    """Return SQL for the timestamp(3) of milliseconds since 1970, a number that is an operand.

    `date_add` takes no more than 2^31 units (measured), an interval does.
    """
    return f"({EPOCH} + {sql} * INTERVAL '0.001' SECOND)"


def from_seconds(sql: str) -> str:
    """Return SQL for the timestamp(3) of seconds since 1970, a number that is an operand."""
    return f"({EPOCH} + {sql} * INTERVAL '1' SECOND)"


def floor_multiple(sql: str, unit: int) -> str:
    """Return SQL for the greatest multiple of a unit that is not above a bigint operand."""
    return f"({sql} - mod(mod({sql}, {unit}) + {unit}, {unit}))"


def from_ticks(sql: str, digits: int) -> str:
    """Return SQL for the timestamp(3) of ticks, finer digits cut off downwards."""
    unit = 10 ** (digits - 3)
    floored = f"{floor_multiple(sql, unit)} / {unit}" if unit > 1 else sql
    return from_milliseconds(floored)


def instant(value: Value) -> str:
    """Return SQL for the timestamp(3) in UTC of a time; a Date starts at midnight in UTC."""
    if value.form == "date":
        return f"CAST({value.sql} AS timestamp(3))"
    return from_ticks(value.operand, digits_of(value.type)) if value.form == "bigint" else value.sql


def local_time(value: Value) -> str:
    """Return SQL for the clock's time of a Date or DateTime in its own time zone."""
    sql = instant(value)
    return sql if value.form == "date" else zone_time(sql, value.type.bare.time_zone)


def zone_time(sql: str, zone: str | None) -> str:
    """Return SQL for the clock's time in a zone of a UTC time."""
    if is_utc(zone):
        return sql
    quoted = slots.string_sql(checked_zone(str(zone)))
    return f"CAST(with_timezone({sql}, 'UTC') AT TIME ZONE {quoted} AS timestamp(3))"


def local_date(value: Value) -> str:
    """Return SQL for the day of a time on the clock of its zone."""
    return value.sql if value.form == "date" else f"CAST({local_time(value)} AS date)"


def universal_time(sql: str, zone: str | None) -> str:
    """Return SQL for the UTC time of a zone's clock; of a time that it skips, an hour later."""
    if is_utc(zone):
        return sql
    quoted = slots.string_sql(checked_zone(str(zone)))
    return f"CAST(with_timezone({sql}, {quoted}) AT TIME ZONE 'UTC' AS timestamp(3))"


def first_time(sql: str, zone: str | None) -> str:
    """Return `universal_time`, and of a time that the clock shows twice the first one.

    Trino has the second one in zones east of Greenwich (measured).
    """
    if is_utc(zone):
        return sql
    later = universal_time(sql, zone)
    before = universal_time(f"date_add('hour', -1, {sql})", zone)
    before = f"date_add('hour', 1, {before})"
    shown = zone_time(before, zone)
    return f"IF({shown} = {sql}, {before}, {later})"


def nearest_time(sql: str, zone: str | None) -> str:
    """Return `first_time`, of a time that the clock skips as ClickHouse has it: an hour earlier.

    It holds for clocks that are put by an hour, as all are since 1987 whose zone is not refused.
    """
    if is_utc(zone):
        return sql
    later = universal_time(f"date_add('hour', 1, {sql})", zone)
    return f"least({first_time(sql, zone)}, date_add('hour', -1, {later}))"


# East of Greenwich, with years in which the clock went back from one o'clock to midnight.
_MIDNIGHT_TWICE = ("Asia/Amman", "Asia/Gaza", "Asia/Hebron", "Asia/Damascus")


def midnight(day: str, zone: str | None) -> str:
    """Return SQL for the UTC time that a day starts with in a zone; `day` is a date."""
    start = f"CAST({day} AS timestamp(3))"
    return first_time(start, zone) if zone in _MIDNIGHT_TWICE else universal_time(start, zone)


def checked_zone(zone: str) -> str:
    """Return the name of a zone whose clock can be calculated with.

    Raises:
        UnsupportedFunctionError: its clock is put by half an hour, which Trino counts otherwise.
    """
    if zone in ("Australia/Lord_Howe", "Australia/LHI"):
        raise UnsupportedFunctionError(f"The time zone {zone} is not supported")
    return zone


def in_digits(value: Value, type_: ColumnType) -> Value:
    """Return a time with other digits of a second: more are zeros, fewer are cut off."""
    have, want = digits_of(value.type), digits_of(type_)
    value = replace(value, type=type_, literal=None)
    if have <= 3 and want <= 3:
        if want >= have:
            return value
        return replace(value, sql=_cut(value.sql, want), is_atomic=True)
    if have <= 3:
        sql = f"{milliseconds(value.sql)} * {10 ** (want - 3)}"
        return replace(value, sql=sql, form="bigint", is_atomic=False)
    if want > 3:
        factor = 10 ** abs(want - have)
        sql = f"{value.operand} * {factor}"
        if want < have:
            sql = f"{floor_multiple(value.operand, factor)} / {factor}"
        return value if want == have else replace(value, sql=sql, is_atomic=False)
    sql = from_ticks(value.operand, have)
    sql = sql if want == 3 else _cut(sql, want)
    return replace(value, sql=sql, form=TIMESTAMP, is_atomic=True)


def _cut(sql: str, digits: int) -> str:
    """Return SQL for a timestamp(3) without the digits behind those of a second."""
    if digits == 0:
        return f"date_trunc('second', {sql})"
    return f"date_add('millisecond', -(millisecond({sql}) % {10 ** (3 - digits)}), {sql})"


# CAST, rows of convert.CASTS: `is_constant` and NULL are seen to there.


def _made(value: Value, sql: str, type_: ColumnType, form: str, *, atomic: bool = True) -> Value:
    return replace(value, sql=sql, type=type_, form=form, is_atomic=atomic, literal=None)


def date_to_datetime(value: Value, type_: ColumnType) -> Value:
    """Return the midnight that a day starts with in the zone."""
    sql = midnight(value.sql, type_.time_zone)
    third = _made(value, sql, datetime_type(3, type_.time_zone), TIMESTAMP)
    return in_digits(third, type_) if digits_of(type_) > 3 else replace(third, type=type_)


def datetime_to_datetime(value: Value, type_: ColumnType) -> Value:
    """Change the digits of a time, and the zone that its clock is shown in."""
    return in_digits(value, type_)


def datetime_to_date(value: Value, type_: ColumnType) -> Value:
    """Return the day of a time."""
    return _made(value, local_date(value), type_, "date")


def date_to_date(value: Value, type_: ColumnType) -> Value:
    """Return a day as it is: Date and Date32 differ in their bounds."""
    return _made(value, value.sql, type_, "date", atomic=value.is_atomic)


def number_of(value: Value) -> Value:
    """Return the Int64 that a time is as a number: days of a Date, whole seconds of others."""
    if is_date(value.type):
        sql, atomic = f"date_diff('day', {EPOCH_DAY}, {value.sql})", True
    elif value.form == "bigint":
        sql, atomic = f"{value.operand} / {10 ** digits_of(value.type)}", False
    elif digits_of(value.type):
        sql, atomic = f"{milliseconds(value.sql)} / 1000", False
    else:
        sql, atomic = f"date_diff('second', {EPOCH}, {value.sql})", True
    return _made(value, sql, type_of("Int64"), "bigint", atomic=atomic)


def time_to_float(value: Value, type_: ColumnType) -> Value:
    """Return a time as a number with the digits behind the second."""
    if digits_of(value.type) == 0:
        form = "real" if type_.bare.family.name == "Float32" else "double"
        return _made(value, f"CAST({number_of(value).sql} AS {form})", type_, form)
    digits = digits_of(value.type) if value.form == "bigint" else 3
    ticks = value.sql if value.form == "bigint" else milliseconds(value.sql)
    sql = f"CAST({ticks} AS double) / 1e{digits}"
    if type_.bare.family.name == "Float32":
        return _made(value, f"CAST({sql} AS real)", type_, "real")
    return _made(value, sql, type_, "double", atomic=False)


def number_to_time(value: Value, type_: ColumnType) -> Value:
    """Return the time of a number: seconds since 1970, or of a Date up to 65535 days."""
    sql = value.operand
    if is_float(value.type) or value.form in ("double", "real"):
        if digits_of(type_):
            return _fraction_to_time(value, type_)
        sql = f"CAST(truncate({value.sql}) AS bigint)"
    elif value.form in ("boolean", WIDE):
        sql = f"CAST({value.sql} AS bigint)"
    if is_date(type_):
        return _made(value, _days_or_seconds(value, sql, type_), type_, "date")
    if digits_of(type_) > 3:
        whole = value.operand if value.form == "bigint" else f"CAST({sql} AS bigint)"
        ticks = f"{whole} * {10 ** digits_of(type_)}"
        return _made(value, ticks, type_, "bigint", atomic=False)
    return _made(value, from_seconds(sql), type_, TIMESTAMP)


def _fraction_to_time(value: Value, type_: ColumnType) -> Value:
    digits = digits_of(type_)
    ticks = f"CAST(truncate({value.operand} * 1e{digits}) AS bigint)"
    if digits > 3:
        return _made(value, ticks, type_, "bigint")
    ticks = ticks if digits == 3 else f"{ticks} * {10 ** (3 - digits)}"
    return _made(value, from_milliseconds(ticks), type_, TIMESTAMP)


def _days_or_seconds(value: Value, sql: str, type_: ColumnType) -> str:
    """Return SQL for the day of a number: up to 65535 it is days since 1970, above it seconds."""
    if type_.family.name != "Date":
        raise UnsupportedFunctionError(f"{type_} from a number is not supported")
    days = f"date_add('day', {sql}, {EPOCH_DAY})"
    if value.type.bare.family.name in ("UInt8", "Int8", "UInt16", "Int16", "Bool"):
        return days
    return f"IF({sql} < 65536, {days}, CAST({from_seconds(sql)} AS date))"


def time_to_text(value: Value, type_: ColumnType) -> Value:
    """Write a time as ClickHouse prints it: `2024-01-31 10:20:30.123`, on the clock of its zone."""
    digits = digits_of(value.type)
    if value.form == "date":
        sql = f"CAST({value.sql} AS varchar)"
    elif digits == 3:
        sql = f"CAST({local_time(value)} AS varchar)"
    elif digits < 3:
        sql = f"substr(CAST({local_time(value)} AS varchar), 1, {19 + digits + (digits > 0)})"
    else:
        sql = f"concat(substr(CAST({local_time(value)} AS varchar), 1, 20), {fraction_text(value)})"
    return _made(value, sql, type_, "varchar")


def fraction_text(value: Value) -> str:
    """Return SQL for the digits behind the second of ticks, as text."""
    digits = digits_of(value.type)
    unit = 10**digits
    rest = f"mod(mod({value.sql}, {unit}) + {unit}, {unit})"
    return f"lpad(CAST({rest} AS varchar), {digits}, '0')"


# Texts that are no literals.

_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}:\d{2}"


def text_to_time(value: Value, type_: ColumnType, *, or_null: bool = False) -> Value:
    """Read a text as CAST does: a day with or without a clock's time, or seconds since 1970.

    With `or_null` a text of another shape is NULL, else the query fails when it meets one.
    """
    text = value.sql
    if is_date(type_):
        found = f"regexp_extract({text}, '^(\\d{{4}}-\\d{{1,2}}-\\d{{1,2}})"
        found += f"(?:[ T]{_CLOCK}(?:\\.\\d+)?)?\\z', 1)"
        compact = f"regexp_replace({text}, '^(\\d{{4}})(\\d{{2}})(\\d{{2}})\\z', '$1-$2-$3')"
        found = found.replace(f"({text},", f"({compact},", 1)
        return _made(value, _read(found, text, "date", or_null), type_, "date")
    zone, digits = type_.time_zone, digits_of(type_)
    has_digits = type_.family.group is Group.DATETIME64
    fraction = r"(?:\.\d+)?" if has_digits else ""
    shape = f"^(?={_DAY}(?:[ T]{_CLOCK}{fraction})?\\z).{{10}}(?:.{{9}}"
    shape += r"(?:\.\d{1,3})?)?" if has_digits and digits <= 3 else ")?"
    found = f"replace(regexp_extract({text}, '{shape}'), 'T', ' ')"
    parsed = universal_time(_read(found, text, "timestamp(3)", or_null), zone)
    # Seconds since 1970; an empty text is their beginning as a DateTime64, and no DateTime.
    number, digits_shape, last = (
        (f"concat('0', {text})", r"((?=\d{5})0*\d{1,12})?", slots.LAST_SECOND_64)
        if has_digits
        else (text, r"\d{5,}", slots.LAST_SECOND)
    )
    number = f"TRY_CAST({number} AS bigint)" if or_null else f"CAST({number} AS bigint)"
    unix = from_seconds(f"least({number}, {last})")
    sql = f"IF(regexp_like({text}, '^{digits_shape}\\z'), {unix}, {parsed})"
    made = _with_fraction(value, sql, type_)
    return _or_ticks(text, made, digits, or_null=or_null) if has_digits else made


def _or_ticks(text: str, read: Value, digits: int, *, or_null: bool) -> Value:
    """Return a DateTime64: a number of more than twelve digits is that many ticks since 1970."""
    ticks = f"TRY_CAST({text} AS bigint)" if or_null else f"CAST({text} AS bigint)"
    if digits <= 3:
        ticks = f"least({ticks}, {slots.LAST_SECOND_64 * 10**digits})"
        ticks += f" * {10 ** (3 - digits)}" if digits < 3 else ""
        ticks = from_milliseconds(ticks)
    sql = f"IF(regexp_like({text}, '^0*[1-9]\\d{{12,}}\\z'), {ticks}, {read.sql})"
    return replace(read, sql=sql, is_atomic=True)


def _read(found: str, text: str, form: str, or_null: bool) -> str:
    """Return SQL that reads a text where it has been found to have the shape."""
    if or_null:
        return f"TRY_CAST({found} AS {form})"
    return f"CAST(coalesce({found}, concat('no time: ', {text})) AS {form})"


def _with_fraction(value: Value, sql: str, type_: ColumnType) -> Value:
    """Return a parsed timestamp(3) with the digits that it has in the text."""
    digits = digits_of(type_)
    third = _made(value, sql, datetime_type(3, type_.time_zone), TIMESTAMP)
    if digits <= 3:
        return third.retyped(type_) if digits == 3 else in_digits(third, type_)
    found = f"coalesce(regexp_extract({value.sql}, '\\.(\\d+)', 1), '')"
    fraction = f"CAST(rpad(substr({found}, 1, {digits}), {digits}, '0') AS bigint)"
    whole = in_digits(replace(third, sql=_cut(sql, 0)), type_)
    return replace(whole, sql=f"{whole.sql} + {fraction}")


_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})"


def best_effort(value: Value, type_: ColumnType, *, or_null: bool) -> Value:
    """Read a text as parseDateTimeBestEffort does, of the shapes that are usual.

    They are ISO 8601 with `T` or a space, with or without seconds, fraction and offset, days alone,
    and seconds or milliseconds since 1970. Others are NULL with `or_null`, else the query fails.
    """
    text = value.sql
    shape = f"^{_DAY}(?:[ T]\\d{{2}}:\\d{{2}}(?::\\d{{2}}(?:\\.\\d+)?)?{_OFFSET}?)?\\z"
    found = f"replace(regexp_extract({text}, '{shape}'), ' ', 'T')"
    if not or_null:
        found = f"coalesce({found}, concat('no time: ', {text}))"
    parsed = f"from_iso8601_timestamp({found})"
    parsed = f"TRY({parsed})" if or_null else parsed
    parsed = f"CAST({parsed} AT TIME ZONE 'UTC' AS timestamp(3))"
    if not is_utc(type_.time_zone):
        local = universal_time(parsed, type_.time_zone)
        parsed = f"IF(regexp_like({text}, ':.*{_OFFSET}\\z'), {parsed}, {local})"
    number = f"CAST({text} AS bigint)"
    sql = f"CASE WHEN regexp_like({text}, '^\\d{{9,10}}\\z') THEN {from_seconds(number)} "
    sql += f"WHEN regexp_like({text}, '^\\d{{13}}\\z') THEN {from_milliseconds(number)} "
    sql += f"ELSE {parsed} END"
    if type_.family.group is not Group.DATETIME64:
        return _made(value, _cut(sql, 0), type_, TIMESTAMP)
    made = _with_fraction(value, sql, type_)
    if digits_of(type_) > 3:
        # Milliseconds since 1970 have a fraction, but no point.
        whole = in_digits(
            _made(value, from_milliseconds(number), type_of("DateTime64(3)"), TIMESTAMP), type_
        )
        sql = f"IF(regexp_like({text}, '^\\d{{13}}\\z'), {whole.sql}, {made.sql})"
        made = replace(made, sql=sql, is_atomic=True)
    return made
