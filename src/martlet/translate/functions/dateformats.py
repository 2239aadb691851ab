"""Times written and read by a format: MySQL's codes and Joda's letters.

A code that Trino's `date_format` has too is one in `_CODES`, another is SQL in `_PIECES`.
"""

import re
from dataclasses import replace

from martlet.translate import slots, times
from martlet.translate.convert import default, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.clocks import from_unix_seconds, zone_of, zoned
from martlet.translate.typing import nullable, type_of
from martlet.translate.value import TIMESTAMP, Value

# ClickHouse's code -> what date_format writes in its place.
_CODES = {
    "a": "%a", "b": "%b", "c": "%m", "d": "%d", "D": "%m/%d/%y", "F": "%Y-%m-%d", "G": "%x",
    "h": "%h", "H": "%H", "i": "%i", "I": "%h", "j": "%j", "k": "%H", "l": "%h",
    "m": "%m", "M": "%M", "n": "\n",
    "p": "%p", "r": "%h:%i %p", "R": "%H:%i", "s": "%s", "S": "%s", "t": "\t", "T": "%H:%i:%s",
    "V": "%v", "W": "%W", "y": "%y", "Y": "%Y", "%": "%%",
}  # fmt: skip
# {0} is the time on the clock of its zone.
_PIECES = {
    "C": "lpad(CAST(year({0}) / 100 AS varchar), 2, '0')",
    "e": "lpad(CAST(day({0}) AS varchar), 2, ' ')",
    "g": "lpad(CAST(year_of_week({0}) % 100 AS varchar), 2, '0')",
    "Q": "CAST(quarter({0}) AS varchar)",
    "u": "CAST(day_of_week({0}) AS varchar)",
    "w": "CAST(day_of_week({0}) % 7 AS varchar)",
}


def _format_datetime(site: Site) -> Value:
    return _formatted(site, zoned(site, 0, 2), site.text(1))


def _formatted(site: Site, value: Value, format_: str) -> Value:
    """Return a time written by a format with percent signs."""
    local = times.local_time(value)
    pieces: list[str] = []
    run = ""
    for code, other in re.findall(r"%(.)|([^%]+|%)", format_, re.DOTALL):
        if other == "%":
            raise site.fail("a percent sign must not be the last character", index=1)
        if other or code in _CODES:
            run += other or _CODES[code]
            continue
        pieces += [_run(run, local)] if run else []
        run = ""
        pieces.append(_piece(site, code, value, local))
    if run or not pieces:
        pieces.append(_run(run, local))
    sql = pieces[0] if len(pieces) == 1 else f"concat({', '.join(pieces)})"
    if "{0}" not in sql and local not in sql and value.is_nullable:
        sql = f"IF({value.sql} IS NULL, NULL, {sql})"
    return make(sql, type_of("String"), "varchar", of=(value,))


def _run(codes: str, local: str) -> str:
    """Return SQL for codes that date_format has; text alone needs none."""
    if not re.search("%[^%]", codes.replace("%%", "")):
        return _line(codes.replace("%%", "%"))
    return f"date_format({local}, {_line(codes)})"


def _line(text: str) -> str:
    """Return a text as a literal on one line: what is printed around it may be indented."""
    if "\n" not in text:
        return slots.string_sql(text)
    escaped = text.replace("\\", "\\\\").replace("\n", "\\000a")
    return f"U&{slots.string_sql(escaped)}"


def _piece(site: Site, code: str, value: Value, local: str) -> str:
    if code == "f":
        digits = times.digits_of(value.type)
        if digits == 0:
            return "'000000'"
        if value.form == "bigint":
            return times.fraction_text(value)
        return f"substr(CAST({local} AS varchar), 21, {digits})"
    if code == "z" and value.form != "date":
        return _offset(value, local)
    if code not in _PIECES:
        raise site.fail(f"the code %{code} is not supported", index=1)
    return _PIECES[code].replace("{0}", local)


def _offset(value: Value, local: str) -> str:
    """Return SQL for the offset of a time's zone: `+0530`."""
    if times.is_utc(value.type.bare.time_zone):
        return "'+0000'"
    minutes = f"date_diff('minute', {times.instant(value)}, {local})"
    sign = f"IF({minutes} < 0, '-', '+')"
    hours = f"lpad(CAST(abs({minutes}) / 60 AS varchar), 2, '0')"
    rest = f"lpad(CAST(abs({minutes}) % 60 AS varchar), 2, '0')"
    return f"concat({sign}, {hours}, {rest})"


def _from_unix_timestamp(site: Site) -> Value:
    """Return seconds since 1970 as a DateTime, or with a format as text."""
    if len(site.arguments) == 1:
        return from_unix_seconds(site)
    seconds = site.arguments[0]
    zone = zone_of(site, 2)
    time = make(times.from_seconds(seconds.operand), times.datetime_type(None, zone), TIMESTAMP,
                of=(seconds,))  # fmt: skip
    return _formatted(site, time, site.text(1))


# Letters of Joda that ClickHouse and Trino write in the same way (measured).
_JODA = re.compile(
    r"(?:yyyy|yy|y|MMMM|MMM|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|a|EEEE|EEE|DDD|[^A-Za-z'])*"
)


def _format_joda(site: Site) -> Value:
    value, format_ = zoned(site, 0, 2), site.text(1)
    if not _JODA.fullmatch(re.sub("'[^']*'", "", format_)):
        raise site.fail(f"the format '{format_}' is not supported", index=1)
    sql = f"format_datetime({times.local_time(value)}, {_line(format_)})"
    return make(sql, type_of("String"), "varchar", of=(value,))


def _month_name(site: Site) -> Value:
    return _formatted(site, site.arguments[0], "%M")


_NAMES = {
    "year": "CAST(year({0}) AS varchar)", "quarter": "CAST(quarter({0}) AS varchar)",
    "month": "date_format({0}, '%M')", "dayofyear": "CAST(day_of_year({0}) AS varchar)",
    "day": "CAST(day({0}) AS varchar)", "week": "CAST(week({0}) AS varchar)",
    "weekday": "date_format({0}, '%W')", "hour": "CAST(hour({0}) AS varchar)",
    "minute": "CAST(minute({0}) AS varchar)", "second": "CAST(second({0}) AS varchar)",
}  # fmt: skip


def _date_name(site: Site) -> Value:
    part, value = site.text(0).lower(), zoned(site, 1, 2)
    if part not in _NAMES:
        raise site.fail(f"'{part}' is no part of a time", index=0)
    sql = _NAMES[part].replace("{0}", times.local_time(value))
    return make(sql, type_of("String"), "varchar", of=(value,))


# ClickHouse's code -> the shape of what it reads, and date_parse's code.
_READ = {
    "Y": (r"\d{4}", "%Y"), "m": (r"\d{2}", "%m"), "d": (r"\d{2}", "%d"), "H": (r"\d{2}", "%H"),
    "i": (r"\d{2}", "%i"), "s": (r"\d{2}", "%s"), "S": (r"\d{2}", "%s"),
    "F": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"), "T": (r"\d{2}:\d{2}:\d{2}", "%H:%i:%s"),
    "R": (r"\d{2}:\d{2}", "%H:%i"), "%": ("%", "%%"),
}  # fmt: skip


def _parse_datetime(site: Site) -> Value:
    text, format_ = site.arguments[0], site.text(1)
    if text.form == "unknown":
        return text
    zone = zone_of(site, 2) or "UTC"
    if not times.is_utc(zone):  # ClickHouse reads these with the offset of the day's midnight
        raise site.fail("a time zone is not supported", index=2)
    shape, codes = "", ""
    for code, other in re.findall(r"%(.)|([^%]+|%)", format_, re.DOTALL):
        if other == "%" or not (other or code in _READ):
            raise site.fail(f"the code %{code} is not supported", index=1)
        shape += re.escape(other) if other else _READ[code][0]
        codes += other or _READ[code][1]
    found = f"regexp_extract({text.sql}, {_line(f'^{shape}' + chr(92) + 'z')})"
    type_ = times.datetime_type(None, zone)
    if site.name == "parseDateTime":
        found = f"coalesce({found}, concat('no time: ', {text.sql}))"
    sql = f"date_parse({found}, {_line(codes)})"
    if site.name != "parseDateTime":
        sql = f"TRY({sql})"
    made = make(sql, type_, TIMESTAMP, of=(text,))
    if site.name == "parseDateTimeOrNull":
        return replace(made, type=nullable(type_))
    if site.name == "parseDateTimeOrZero":
        filled = f"coalesce({made.sql}, {default(type_).sql})"
        if text.is_nullable:
            filled = f"IF({text.sql} IS NULL, NULL, {filled})"
        return replace(made, sql=filled)
    return made


_PARSED = ("text", "constant", "constant?")
_PARSE_NOTE = "Days that a month does not have are errors, and no times for OrNull and OrZero."

DATE_FORMATS: dict[str, Function] = {
    "formatDateTime": Function(("time", "constant", "constant?"), "String", _format_datetime),
    "formatDateTimeInJodaSyntax": Function(("time", "constant", "constant?"), "String",
                                           _format_joda),
    "fromUnixTimestamp": Function(("int", "constant?", "constant?"), "DateTime",
                                  _from_unix_timestamp),
    "monthName": Function(("time",), "String", _month_name),
    "dateName": Function(("constant", "time", "constant?"), "String", _date_name),
    **{f"parseDateTime{suffix}": Function(_PARSED, "DateTime", _parse_datetime, note=_PARSE_NOTE)
       for suffix in ("", "OrNull", "OrZero")},
}  # fmt: skip

ALIASES: dict[str, str] = {
    "DATE_FORMAT": "formatDateTime", "FROM_UNIXTIME": "fromUnixTimestamp",
    "MONTHNAME": "monthName", "DATENAME": "dateName", "TO_UNIXTIME": "parseDateTime",
    "STR_TO_DATE": "parseDateTimeOrNull",
}  # fmt: skip
