r"""String literals that are put into the translated SQL when a request is answered.

The translation of a query does not depend on the text of most of its string literals: they are
values of parameters. Where such a literal stands, the translated SQL has a slot: the literal's
number and the way in which it is written there. A literal whose text decides how something is
translated (a pattern, a time zone) is pinned: another text is another translation.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from martlet.errors import QueryError

# A slot in SQL text, before it is split: start of the literal in the source, and a way to write.
_OPEN, _CLOSE = "\x01", "\x02"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  all times here are UTC

_SLOT = re.compile(f"{_OPEN}(\\d+):([^{_CLOSE}]*){_CLOSE}")


def slot(start: int, writer: str) -> str:
    """Return the mark of a slot for the literal that starts at an index of the source."""
    return f"{_OPEN}{start}:{writer}{_CLOSE}"


def starts(sql: str) -> list[int]:
    """Return where the literals of the slots in SQL start."""
    return [int(found[1]) for found in _SLOT.finditer(sql)]


def shape(sql: str) -> str:
    """Return SQL with its slots, without the literals that they are for."""
    return _SLOT.sub(f"{_OPEN}\\2{_CLOSE}", sql)


@dataclass(frozen=True, slots=True)
class Bound:
    """SQL in pieces with slots between them: `pieces[i]`, then slot `i`."""

    pieces: tuple[str, ...]
    slots: tuple[tuple[int, str], ...]

    def sql(self, texts: Sequence[str]) -> str:
        """Return the SQL for the values of all string literals of the source, in order.

        Raises:
            QueryError: a text is not what its place needs.
        """
        if not self.slots:
            return self.pieces[0]
        parts = [self.pieces[0]]
        for (number, writer), piece in zip(self.slots, self.pieces[1:], strict=True):
            parts.append(write(writer, texts[number]))
            parts.append(piece)
        return "".join(parts)


def split(sql: str, numbers: Mapping[int, int]) -> Bound:
    """Split SQL at its slots; `numbers` are the literals' numbers by their start."""
    pieces, slots, position = [], [], 0
    for found in _SLOT.finditer(sql):
        pieces.append(sql[position : found.start()])
        slots.append((numbers[int(found[1])], found[2]))
        position = found.end()
    pieces.append(sql[position:])
    return Bound(tuple(pieces), tuple(slots))


def write(writer: str, text: str) -> str:
    """Return a literal's text as Trino SQL.

    Raises:
        QueryError: the text does not fit.
    """
    name, _, argument = writer.partition(" ")
    return WRITERS[name](text, argument)


def string_sql(text: str) -> str:
    """Return Trino's literal of a text, on one line: what is around it may be indented."""
    if not re.search(r"[\0-\x1f\x7f]", text):
        return _quoted(text)
    escaped = re.sub(r"[\0-\x1f\x7f]", lambda found: f"\\{ord(found[0]):04X}",
                     text.replace("\\", "\\\\"))  # fmt: skip
    return f"U&{_quoted(escaped)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(text: str, _: str) -> str:
    return _quoted(text)


def _integer(text: str, argument: str) -> str:
    """Write a number for an integer type: `argument` is its name, least and greatest value."""
    name, least, greatest = argument.split(" ")
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is None or not re.fullmatch(r"[+-]?\d+", text):
        raise QueryError(f"[Error] Cannot parse string '{text}' as {name}")
    if not int(least) <= value <= int(greatest):
        span = int(greatest) - int(least) + 1
        value = (value - int(least)) % span + int(least)  # as ClickHouse does
    return integer_sql(value)


def integer_sql(value: int) -> str:
    """Return Trino's literal of an integer; a negative one is in brackets."""
    text = str(value) if -(2**63) < value < 2**63 else f"DECIMAL '{value}'"
    return f"({text})" if value < 0 and not text.startswith("D") else text


def _bigint(text: str, argument: str) -> str:
    sql = _integer(text, argument)
    return sql if sql.startswith("DECIMAL") else f"BIGINT '{sql.strip('()')}'"


def _count(text: str, _: str) -> str:
    """Write a number of rows."""
    if not re.fullmatch(r"\+?\d{1,18}", text):
        raise QueryError(f"[Error] '{text}' is no number of rows")
    return str(int(text))


def _double(text: str, _: str) -> str:
    try:
        return double_sql(float(text))
    except ValueError:
        raise QueryError(f"[Error] Cannot parse string '{text}' as Float64") from None


def double_sql(value: float) -> str:
    """Return Trino's literal of a double."""
    if value != value:
        return "nan()"
    if value in (float("inf"), float("-inf")):
        return "infinity()" if value > 0 else "(-infinity())"
    text = repr(value)
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if value < 0 else text


# Days and times as ClickHouse's CAST reads them; '/' and '.' separate as well as '-'.
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|(\d{2})(\d{2}))"
    r"(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?"
)
_TIME = re.compile(r"(\d{4})[-/.](\d{2})[-/.](\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?)?")
_LAST_DAY = date(2149, 6, 6)
_LAST_SECOND = datetime(2106, 2, 7, 6, 28, 15)  # noqa: DTZ001

# The last seconds since 1970 of a DateTime and of a DateTime64.
LAST_SECOND = 2**32 - 1
LAST_SECOND_64 = 253_402_300_799


def _date(text: str, type_name: str) -> str:
    """Write a date as ClickHouse reads one: a time behind it is dropped, 31 February is 2 March."""
    found = _DATE.fullmatch(text)
    try:
        if not found:
            raise ValueError(text)
        month, day = int(found[2] or found[4]), int(found[3] or found[5])
        if not 0 < day < 32:
            raise ValueError(text)
        value = date(int(found[1]), month, 1) + timedelta(days=day - 1)
    except ValueError:
        raise QueryError(f"[Error] Cannot parse string '{text}' as {type_name or 'Date'}") from None
    if type_name != "Date32":
        value = min(max(value, EPOCH.date()), _LAST_DAY)
    return f"DATE '{value.isoformat()}'"


def parse_datetime(text: str, type_name: str) -> tuple[datetime, int]:
    """Return the second that a text names and the nanoseconds behind it.

    Raises:
        QueryError: the text is no time.
    """
    seconds = re.fullmatch(r"\d{5,}" if type_name == "DateTime" else r"(?=\d{5})0*\d{1,12}", text)
    if seconds and int(text) < 2**63:
        last = LAST_SECOND if type_name == "DateTime" else LAST_SECOND_64
        return EPOCH + timedelta(seconds=min(int(text), last)), 0
    if not text and type_name != "DateTime":
        return EPOCH, 0  # as ClickHouse has it
    found = _TIME.fullmatch(text)
    try:
        if not found or (found[7] and type_name == "DateTime"):
            raise ValueError(text)
        numbers = [int(found[i] or 0) for i in range(1, 7)]
        value = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        raise QueryError(f"[Error] Cannot parse string '{text}' as {type_name}") from None
    if type_name == "DateTime":
        value = min(max(value, EPOCH), _LAST_SECOND)
    return value, int((found[7] or "0")[:9].ljust(9, "0"))


def _timestamp(text: str, argument: str) -> str:
    """Write a time in UTC; `argument` is digits of the fraction to keep and the type's name."""
    digits, _, name = argument.partition(" ")
    return _timestamp_sql(*parse_datetime(text, name or "DateTime"), int(digits))


def _timestamp_sql(value: datetime, nanoseconds: int, digits: int) -> str:
    kept = str(nanoseconds).rjust(9, "0")[:digits].ljust(3, "0")
    return f"TIMESTAMP '{value.isoformat(' ', 'seconds')}.{kept}'"


def _zoned(text: str, argument: str) -> str:
    """Write a time of a time zone as UTC: the zone and digits are in `argument`."""
    zone, digits = argument.split(" ")
    if re.fullmatch(r"\d*", text):  # seconds since 1970, in any zone
        return _timestamp(text, f"{digits} {'DateTime64' if int(digits) else 'DateTime'}")
    name = "DateTime64" if int(digits) else "DateTime"
    return _in_zone(*parse_datetime(text, name), int(digits), zone)


def _in_zone(value: datetime, nanoseconds: int, digits: int, zone: str) -> str:
    """Write a clock's time in a zone as UTC; clocks are put between one and four at night."""
    if zone == "UTC":
        return _timestamp_sql(value, nanoseconds, digits)

    name = string_sql(zone)

    def moment(step: int) -> str:
        return _timestamp_sql(value + timedelta(hours=step), nanoseconds, digits)

    def shifted(step: int) -> str:
        utc = f"CAST(with_timezone({moment(step)}, {name}) AT TIME ZONE 'UTC' AS timestamp(3))"
        return f"date_add('hour', {-step}, {utc})" if step else utc

    if not 1 <= value.hour <= 3:
        return shifted(0)
    # As times.nearest_time: the first one of two, and an hour earlier where there is none.
    shown = f"CAST(with_timezone({shifted(-1)}, 'UTC') AT TIME ZONE {name} AS timestamp(3))"
    return f"least(IF({shown} = {moment(0)}, {shifted(-1)}, {shifted(0)}), {shifted(1)})"


def _ticks(text: str, argument: str) -> str:
    """Write a time of a zone as ticks since 1970; `argument` is digits of a second and the zone."""
    digits, _, zone = argument.partition(" ")
    value, nanoseconds = parse_datetime(text, f"DateTime64({digits})")
    if re.fullmatch(r"\d*", text):
        zone = "UTC"
    return _ticks_sql(value, nanoseconds, int(digits), zone)


def _ticks_sql(value: datetime, nanoseconds: int, digits: int, zone: str) -> str:
    fraction = nanoseconds // 10 ** (9 - digits)
    if zone not in ("", "UTC"):
        epoch = _timestamp_sql(EPOCH, 0, 3)
        seconds = f"date_diff('second', {epoch}, {_in_zone(value, 0, 3, zone)})"
        return f"({seconds} * {10**digits} + {fraction})"
    since = value - EPOCH
    return f"BIGINT '{(since.days * 86_400 + since.seconds) * 10**digits + fraction}'"


_EFFORT = re.compile(
    r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?"
    r"\s*(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?)?\s*"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2}))?(Z)?")


def best_effort(text: str) -> tuple[datetime, int, bool]:
    """Return second, nanoseconds and whether it is UTC, as parseDateTimeBestEffort reads a text.

    Raises:
        ValueError: the text is no time, or has a shape that is not read here.
    """
    if re.fullmatch(r"\d{9,10}", text):
        return EPOCH + timedelta(seconds=int(text)), 0, True
    if re.fullmatch(r"\d{13}", text):
        return EPOCH + timedelta(seconds=int(text[:10])), int(text[10:]) * 10**6, True
    found = _COMPACT.fullmatch(text)
    if found:
        numbers = [int(found[i] or 0) for i in range(1, 7)]
        return datetime(*numbers), 0, found[7] is not None  # type: ignore[arg-type]  # noqa: DTZ001
    found = _EFFORT.fullmatch(text)
    if not found:
        raise ValueError(text)
    numbers = [int(found[i] or 0) for i in range(1, 7)]
    value = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001
    if found[9]:
        offset = timedelta(hours=int(found[10]), minutes=int(found[11] or 0))
        value = value - offset if found[9] == "+" else value + offset
    nanoseconds = int((found[7] or "0")[:9].ljust(9, "0"))
    return value, nanoseconds, bool(found[8] or found[9])


def _best(text: str, argument: str) -> str:
    """Write a time read with best effort: `argument` is digits, zone, type, and what if it is none.

    That is `error`, `null` or `zero`.
    """
    digits, zone, name, missing = argument.split(" ")
    try:
        value, nanoseconds, is_utc = best_effort(text)
    except ValueError:
        if missing == "error":
            raise QueryError(f"[Error] Cannot parse string '{text}' as {name}") from None
        if re.search(r"\d", text):  # ClickHouse reads more shapes
            raise QueryError(f"[Error] Athena cannot tell whether '{text}' is a time: write it as"
                             " YYYY-MM-DD hh:mm:ss") from None  # fmt: skip
        if missing == "null":
            return "NULL"
        value, nanoseconds, is_utc = EPOCH, 0, True
    if name == "DateTime":
        value = min(max(value, EPOCH), _LAST_SECOND)
    zone = "UTC" if is_utc else zone
    if int(digits) > 3:
        return _ticks_sql(value, nanoseconds, int(digits), zone)
    return _in_zone(value, nanoseconds, int(digits), zone)


def _decimal(text: str, argument: str) -> str:
    """Write a decimal of so many digits behind the point; more digits are cut off."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise QueryError(f"[Error] Cannot parse string '{text}' as Decimal") from None
    scaled = int(value.scaleb(int(argument)))
    return f"DECIMAL '{Decimal(scaled).scaleb(-int(argument)):f}'"


def _like(text: str, _: str) -> str:
    """Write a LIKE pattern: Trino escapes only what needs it, here with a backslash too."""
    out, position = [], 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            following = text[position + 1 : position + 2]
            out.append(f"\\{following}" if following in ("%", "_", "\\") and following
                       else f"\\\\{following}" if following else "\\\\")  # fmt: skip
            position += 2
            continue
        out.append(character)
        position += 1
    return _quoted("".join(out))


def _uuid(text: str, _: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", text):
        raise QueryError(f"[Error] Cannot parse string '{text}' as UUID")
    digits = text.replace("-", "").lower()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return string_sql("-".join(parts))


def _day(text: str, argument: str) -> str:
    """Write a day some days before a literal's: `argument` is their number and its own writer."""
    back, _, writer = argument.partition(" ")
    found = re.search(r"(\d{4})-(\d\d)-(\d\d)", write(writer, text))
    assert found is not None
    day = date(int(found[1]), int(found[2]), int(found[3]))
    return string_sql((day - timedelta(days=min(int(back), day.toordinal() - 1))).isoformat())


WRITERS: dict[str, Callable[[str, str], str]] = {
    "text": _text,
    "count": _count,
    "day": _day,
    "integer": _integer,
    "bigint": _bigint,
    "double": _double,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "zoned": _zoned,
    "ticks": _ticks,
    "best": _best,
    "like": _like,
    "uuid": _uuid,
}
