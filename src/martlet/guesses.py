"""Types guessed from values: what the row coder takes, and a column becomes text where it does not.

To guess another type, add it to the names that `_number_names` or `_text_names` return.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from martlet.errors import Location
from martlet.ingest.coders import RefusalError, compile_type
from martlet.ingest.rows import CodedRows
from martlet.ingest.values import Number
from martlet.model import Column, Datasource
from martlet.types import parse_type

_PLACE = Location("sample", 1)


@dataclass(frozen=True, slots=True)
class Guess:
    """A column that the sample seems to have.

    Attributes:
        present: the part of the rows in which it has a value, 1 if all have one.
    """

    column: Column
    present: float


@dataclass(frozen=True, slots=True)
class Field:
    """A place in events, and what stands there.

    Attributes:
        path: as a jsonpath.
        name: of the column, if it is free.
        type: ClickHouse's, without Nullable around it.
        values: of how many rows there is one, and it is not null.
    """

    path: str | None
    name: str
    type: str
    values: int

    def guess(self, name: str, rows: int) -> Guess:
        """Return the column: what rows are without must be Nullable, or have a DEFAULT."""
        text, default = self.type, None
        if self.values < rows:
            if text.startswith("Array("):  # no Nullable can be around it
                default = "[]"
            else:
                text = f"Nullable({text})"
        column = Column(name, parse_type(text), _PLACE, self.path, default)
        return Guess(column, _part(self.values, rows))


def _part(count: int, rows: int) -> float:
    return 1 if count == rows else min(round(count / rows, 4), 0.9999)


def sample_datasource(columns: Iterable[Column]) -> Datasource:
    """Return a data source of guessed columns."""
    return Datasource("sample", _PLACE, tuple(columns))


_INTEGERS = ("Int16", "Int32", "Int64", "UInt64", "Int128", "UInt128", "Int256", "UInt256")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(
    r"\d{4}([-/])\d\d\1\d\d[ T]\d\d:\d\d:\d\d(?:\.(?P<fraction>\d{1,9})?)?(?:[^\d.].*)?"
)


def scalar_type(values: Sequence[object], *, declared: str = "") -> str:
    """Return the narrowest type that takes values and keeps all of each, String if nothing does.

    Args:
        values: as `EXACT_DECODER` reads them, none of them null.
        declared: the type that the file itself says, if it does.
    """
    if declared and _takes(declared, values):
        return declared
    kinds = set(map(type, values))
    names: tuple[str, ...] = ()
    if kinds == {bool}:
        names = ("Bool",)
    elif kinds and kinds <= {bool, int, Number}:
        names = _number_names(values)
    elif kinds == {str}:
        names = _text_names([str(value) for value in values])
    return next((name for name in names if _takes(name, values)), "String")


def _number_names(values: Sequence[object]) -> tuple[str, ...]:
    numbers = [value for value in values if isinstance(value, Number)]
    return _INTEGERS if all(number.is_integer for number in numbers) else ("Float64",)


def _text_names(texts: list[str]) -> tuple[str, ...]:
    """Return the types of dates and times whose form all texts have."""
    if all(map(_DAY.fullmatch, texts)):
        return "Date", "Date32"
    digits = 0
    for text in texts:
        found = _MOMENT.fullmatch(text)
        if found:
            digits = max(digits, len(found["fraction"] or ""))
        elif not _DAY.fullmatch(text):
            return ()
    scale = next(scale for scale in (0, 3, 6, 9) if digits <= scale)
    return (f"DateTime64({scale})",) if scale else ("DateTime", "DateTime64(3)")


def _takes(name: str, values: Sequence[object]) -> bool:
    one = compile_type(parse_type(name)).one
    try:
        for value in values:
            one(value)
    except RefusalError:
        return False
    return True


def tried(
    guesses: list[Guess], code: Callable[[Datasource], CodedRows]
) -> tuple[list[Guess], CodedRows]:
    """Return guesses that the row coder has agreed to: a column that refuses a row becomes text."""
    coded = code(sample_datasource(guess.column for guess in guesses))
    refusing = {name for row in coded.refused for name in row.columns}
    texts = [_as_text(g) if g.column.name in refusing else g for g in guesses]
    if texts == guesses:
        return guesses, coded
    return texts, code(sample_datasource(guess.column for guess in texts))


def _as_text(guess: Guess) -> Guess:
    path = guess.column.json_path
    path = path and path.partition("[:]")[0]
    kind = parse_type("Nullable(String)")
    return replace(guess, column=replace(guess.column, type=kind, json_path=path, default=None))
