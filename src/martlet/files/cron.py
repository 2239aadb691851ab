"""Cron expressions, as Tinybird's own package takes them: compared by tests."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of an expression.

    Attributes:
        names: stand for numbers, in any case.
        special: a pattern of what the field may have beyond numbers, names, `*`, ranges and steps.
    """

    least: int
    greatest: int
    names: tuple[str, ...] = ()
    special: str = "(?!)"

    def takes(self, text: str) -> bool:
        """Whether the field may have this text, in lower case."""
        return all(self._takes_part(part) for part in text.split(","))

    def _takes_part(self, part: str) -> bool:
        if re.fullmatch(self.special, part, re.ASCII):
            return True
        found = _RANGE.fullmatch(part)
        return (
            found is not None
            and all(self._is_value(end) for end in (found["first"], found["last"]) if end)
            and (found["step"] is None or int(found["step"]) > 0)
        )

    def _is_value(self, text: str) -> bool:
        return text in self.names or (text.isdigit() and self.least <= int(text) <= self.greatest)


_RANGE = re.compile(
    r"(?:\*|(?P<first>\d{1,9}|(?!l[-/])[a-z]+)(?:-(?P<last>\d{1,9}|[a-z]+))?)(?:/(?P<step>\d{1,9}))?",
    re.ASCII,
)
_MONTHS = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
_DAYS = tuple("sun mon tue wed thu fri sat".split())
_FIELDS = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31, ("l",), special=r"\?|(?=\d+w|w\d+)w?(?:[1-9]|[12]\d|3[01])w?"),
    _Field(1, 12, _MONTHS),
    _Field(0, 7, _DAYS, special=rf"\?|l[0-7]|(?:[0-7]|{'|'.join(_DAYS)})#[1-5]"),
    _Field(0, 59),  # seconds
    _Field(1970, 2099),  # years
)
_LEAST_FIELDS = 5
_ALIASES = frozenset("@midnight @hourly @daily @weekly @monthly @yearly @annually".split())


def is_cron(text: str) -> bool:
    """Whether a text is a cron expression: of five fields, seconds and years behind them."""
    written = text.lower().split()
    return text.lower() in _ALIASES or (
        _LEAST_FIELDS <= len(written) <= len(_FIELDS)
        and all(field.takes(part) for field, part in zip(_FIELDS, written, strict=False))
    )
