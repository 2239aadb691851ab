"""Dates and times in events, as texts that ClickHouse reads in only one way.

A column in UTC gets `YYYY-MM-DD hh:mm:ss[.fraction]`. So does one in another time zone for a local
time; for a moment (`Z`, an offset, a number) it gets ten digits of seconds since 1970, so that
hours which occur twice stay apart. These are read alike with `date_time_input_format` basic and
best_effort. Other forms are not (measured, chDB 26.9): a JSON integer for a DateTime64 is ticks or
seconds, few digits are a day or month, `Z` is an error in basic, and values out of range become
the nearest in range without a word.
"""

import re
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Context, Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from martlet.errors import TypeSyntaxError
from martlet.ingest.values import MismatchError, Number
from martlet.types import ColumnType, Group

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  all moments here are naive and in UTC
_DAY = date(1970, 1, 1)
# Every third character of `YYYY-MM-DD hh:mm:ss` from the first dash: keeps out the other forms
# that fromisoformat takes (weeks, no dashes, any separator).
_WITH_T = "--T::"
_SHAPES = {"-- ::", _WITH_T}
# What may stand in the place of both dashes, as far as ClickHouse's best_effort and the vendor's
# test of a text agree (measured, chDB 26.9 and tinybird 5.0). So it is with names of UTC.
_SEPARATORS = frozenset("/._: ")
_TAIL = re.compile(
    r"(?:\.([0-9]*+))? *+(?:(Z|UTC|GMT|\+00:?00 UTC)|([+-])([0-9]{2})(?::?([0-5][0-9]))?)? *+",
    re.IGNORECASE,
)
_UTC_NAMES = {"UTC", "Etc/UTC"}
_OUT_OF_RANGE = "out of range"
_FLOOR = Context(prec=40, rounding=ROUND_FLOOR, traps=[InvalidOperation])
# 2**63 - 1 nanoseconds are some milliseconds more.
_GREATEST_NANOSECONDS = datetime(2262, 4, 11, 23, 47, 15)  # noqa: DTZ001

Takes = dict[type, Callable[..., object]]
Many = Callable[[list[str]], list[str] | None]


@dataclass(frozen=True, slots=True)
class Clock:
    """The reading of one DateTime or DateTime64 type.

    Attributes:
        zone: of texts that name none, None for UTC.
        scale: digits of the fraction, 0 for DateTime.
        has_ticks: whether integers count ticks of the scale, not seconds.
    """

    zone: tzinfo | None
    scale: int
    has_ticks: bool
    least: datetime
    greatest: datetime

    def of_text(self, text: str) -> str:
        moment, fraction, local = _read_moment(text, self.zone)
        return self.write(moment, fraction, local)

    def of_integer(self, number: int) -> str:
        seconds, ticks = divmod(number, 10**self.scale) if self.has_ticks else (number, 0)
        return self.write(_after_epoch(seconds), f"{ticks:0{self.scale}}")

    def of_number(self, number: Number) -> str:
        """Return seconds with a fraction; an integer of more than 64 bits is out of range."""
        if number.is_integer:
            raise MismatchError(_OUT_OF_RANGE)
        ticks = _ticks(number.text, self.scale)
        seconds, rest = divmod(ticks, 10**self.scale)
        return self.write(_after_epoch(seconds), f"{rest:0{self.scale}}")

    def write(self, moment: datetime, fraction: str, local: datetime | None = None) -> str:
        """Return the text of a moment in UTC, or of a local time, which ClickHouse converts."""
        if not self.least <= moment <= self.greatest:
            raise MismatchError(_OUT_OF_RANGE)
        seconds = local.isoformat(" ") if local else self._seconds_text(moment)
        return f"{seconds}{self.suffix(fraction)}"

    def _seconds_text(self, moment: datetime) -> str:
        if self.zone is None:
            return moment.isoformat(" ")
        seconds = (moment - _EPOCH) // timedelta(seconds=1)
        if 0 <= seconds < 10**10:
            return f"{seconds:010}"
        # No sign and no eleventh digit are read, so here hours that occur twice do merge.
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        return local.replace(tzinfo=None).isoformat(" ")

    def suffix(self, fraction: str) -> str:
        """Return what follows the seconds; digits beyond the scale are dropped."""
        return f".{fraction[: self.scale]:0<{self.scale}}" if self.scale else ""


def _many(clock: Clock) -> Many:
    """Return a function that does what `Clock.of_text` does in UTC, for many texts and faster."""
    least, greatest = str(clock.least), str(clock.greatest)

    @lru_cache(maxsize=4096)
    def plain_suffix(tail: str) -> str | None:
        match = _TAIL.fullmatch(tail)
        return clock.suffix(match[1] or "") if match and not match[3] else None

    def of_texts(texts: list[str]) -> list[str] | None:
        heads = [text[:19] for text in texts]
        suffixes = {tail: plain_suffix(tail) for tail in {text[19:] for text in texts}}
        shapes = {head[4::3] for head in heads}
        if None in suffixes.values() or not _are_moments(heads, shapes):
            return None
        if _WITH_T in shapes:
            heads = [head.replace("T", " ") for head in heads]
        if min(heads) < least or max(heads) > greatest:
            return None
        if not any(suffixes.values()):
            return heads
        return [f"{head}{suffixes[text[19:]]}" for head, text in zip(heads, texts, strict=True)]

    return of_texts


def _are_moments(heads: list[str], shapes: set[str]) -> bool:
    if not shapes <= _SHAPES:
        return False
    try:
        deque(map(datetime.fromisoformat, heads), maxlen=0)
    except ValueError:
        return False
    # From Python 3.14 on it takes 24:00:00.
    return sys.version_info < (3, 14) or "24" not in {head[11:13] for head in heads}


def _read_moment(text: str, zone: tzinfo | None) -> tuple[datetime, str, datetime | None]:
    """Return the moment in UTC, the digits of the fraction, and the local time if it is one."""
    if len(text) == 10:
        head, tail = f"{text} 00:00:00", ""
    else:
        head, tail = _with_dashes(text[:19]), text[19:]
    match = _TAIL.fullmatch(tail)
    if not match or not _are_moments([head], {head[4::3]}):
        raise MismatchError("expected YYYY-MM-DD hh:mm:ss")
    moment = datetime.fromisoformat(head)
    local = None
    fraction, is_utc, sign, hours, minutes = match.groups()
    try:
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            moment = moment - offset if sign == "+" else moment + offset
        elif zone and not is_utc:
            local, moment = moment, moment - utc_offset(moment, zone)
    except OverflowError as error:
        raise MismatchError(_OUT_OF_RANGE) from error
    return moment, fraction or "", local


def _with_dashes(head: str) -> str:
    if head[4:5] in _SEPARATORS and head[4:5] == head[7:8]:
        return f"{head[:4]}-{head[5:7]}-{head[8:]}"
    return head


def utc_offset(moment: datetime, zone: tzinfo) -> timedelta:
    """Return how far local time is ahead of UTC: of two offsets the greater, as in ClickHouse.

    That is the first of two hours alike, and before the gap for an hour that is skipped
    (measured, chDB 26.9).
    """
    offsets = [moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    return max(offset for offset in offsets if offset is not None)


def _after_epoch(seconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise MismatchError(_OUT_OF_RANGE) from error


def _ticks(seconds: str, scale: int) -> int:
    try:
        value = Decimal(seconds)
        if value.adjusted() > 12:
            raise MismatchError(_OUT_OF_RANGE)
        step = Decimal((0, (1,), -scale))
        return int(value.quantize(step, context=_FLOOR).scaleb(scale, context=_FLOOR))
    except InvalidOperation as error:  # an exponent of more than 18 digits
        raise MismatchError(_OUT_OF_RANGE) from error


def _clock(type_: ColumnType) -> Clock:
    """Return the reading of a DateTime or DateTime64."""
    has_ticks = type_.family.group is Group.DATETIME64
    scale = type_.scale if has_ticks else 0
    least, greatest = type_.family.least, type_.family.greatest
    assert least is not None
    assert greatest is not None
    last = _after_epoch(greatest)
    return Clock(
        zone=zone_of(type_.time_zone),
        scale=scale,
        has_ticks=has_ticks,
        least=_after_epoch(least),
        greatest=min(last, _GREATEST_NANOSECONDS) if scale == 9 else last,
    )


def zone_of(name: str | None) -> tzinfo | None:
    """Return a time zone, None for UTC.

    Raises:
        TypeSyntaxError: it is not known.
    """
    if name is None or name in _UTC_NAMES:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TypeSyntaxError(f"Unknown time zone '{name}'") from error


def time_takes(type_: ColumnType) -> tuple[Takes, Many | None]:
    """Return how each JSON type becomes a DateTime or DateTime64, and if it can, how many texts do.

    Raises:
        TypeSyntaxError: the time zone is not known.
    """
    clock = _clock(type_)
    takes: Takes = {str: clock.of_text, int: clock.of_integer, Number: clock.of_number}
    return takes, None if clock.zone else _many(clock)


def date_takes(type_: ColumnType) -> tuple[Takes, Many]:
    """Return how each JSON type becomes a Date or Date32, and how many texts do.

    A text with a time is taken if it is midnight, as `Date.toISOString()` writes days: any other
    time would be lost.
    """
    assert type_.family.least is not None
    assert type_.family.greatest is not None
    least = str(_DAY + timedelta(days=type_.family.least))
    greatest = str(_DAY + timedelta(days=type_.family.greatest))

    def of_text(text: str) -> str:
        day = text[:10] if _MIDNIGHT.fullmatch(text[10:]) else text
        if not _are_days([day]):
            raise MismatchError("expected YYYY-MM-DD")
        if not least <= day <= greatest:
            raise MismatchError(_OUT_OF_RANGE)
        return day

    def of_texts(texts: list[str]) -> list[str] | None:
        is_good = _are_days(texts) and min(texts) >= least and max(texts) <= greatest
        return texts if is_good else None

    return {str: of_text}, of_texts


_MIDNIGHT = re.compile(r"(?:[ T]00:00:00(?:\.0+)?[Zz]?)?")


def _are_days(texts: list[str]) -> bool:
    if {text[4::3] for text in texts} != {"--"}:
        return False
    try:
        deque(map(date.fromisoformat, texts), maxlen=0)
    except ValueError:
        return False
    return True
