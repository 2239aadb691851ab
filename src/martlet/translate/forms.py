"""ClickHouse SQL text to a tree: forms with words in them, such as CASE, CAST and EXTRACT.

To add one: its word in `parser.FORMS` and its reader in `_READERS`.
"""

from collections.abc import Callable

from martlet.errors import SqlError
from martlet.sql.lexer import Kind
from martlet.translate.parser import ExpressionParser
from martlet.translate.parts import number
from martlet.translate.syntax import Call, Cast, Expression, Literal, Subquery

UNITS = {
    unit: unit.capitalize()
    for unit in """NANOSECOND MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER
    YEAR""".split()
}
UNITS |= {"SQL_TSI_" + unit: name for unit, name in list(UNITS.items())}
UNITS |= {f"{unit}S": name for unit, name in list(UNITS.items()) if unit in name.upper()}
UNITS |= {"SS": "Second", "S": "Second", "MI": "Minute", "N": "Minute", "HH": "Hour", "H": "Hour",
          "DD": "Day", "D": "Day", "WK": "Week", "WW": "Week", "MM": "Month", "M": "Month",
          "QQ": "Quarter", "Q": "Quarter", "YYYY": "Year", "YY": "Year", "MS": "Millisecond",
          "NS": "Nanosecond"}  # fmt: skip

_EXTRACTED = {
    "Nanosecond": "toNanosecond", "Microsecond": "toMicrosecond", "Millisecond": "toMillisecond",
    "Second": "toSecond", "Minute": "toMinute", "Hour": "toHour", "Day": "toDayOfMonth",
    "Month": "toMonth", "Quarter": "toQuarter", "Year": "toYear", "Week": "toISOWeek",
    "EPOCH": "toUnixTimestamp", "DOW": "toDayOfWeek", "DOY": "toDayOfYear",
    "ISODOW": "toDayOfWeek", "ISOYEAR": "toISOYear",
}  # fmt: skip
_ADDED = {"DATEADD": "plus", "DATE_ADD": "plus", "TIMESTAMPADD": "plus", "TIMESTAMP_ADD": "plus",
          "DATESUB": "minus", "DATE_SUB": "minus", "TIMESTAMPSUB": "minus",
          "TIMESTAMP_SUB": "minus"}  # fmt: skip
_DIFFERENCES = ("DATEDIFF", "DATE_DIFF", "TIMESTAMPDIFF", "TIMESTAMP_DIFF")
_TRIMS = {"BOTH": "trimBoth", "LEADING": "trimLeft", "TRAILING": "trimRight"}
_TRIM_NAMES = {"TRIM": "trimBoth", "LTRIM": "trimLeft", "RTRIM": "trimRight"}


class FormParser(ExpressionParser):
    """Reads the forms; each reader leaves the position where it is if its form is not there."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self._no_interval: set[int] = set()  # positions where INTERVAL is a name

    def form(self, word: str) -> Expression | None:
        if word not in _WITHOUT_BRACKET and self.peek(1) != "(":
            return None
        return _READERS[word](self)

    def _open(self) -> int:
        """Step over the form's word and its bracket; return where it starts."""
        start = self.start
        self.position += 2
        return start

    def _case(self) -> Expression | None:
        if self.peek(1) in ("", ",", ")", ".", "FROM", "END", "AS"):
            return None
        start = self.start
        self.position += 1
        operand = None if self.at("WHEN") else self.expression()
        arguments: list[Expression] = [] if operand is None else [operand]
        if not self.at("WHEN"):
            self.fail("Expected WHEN")
        while self.accept("WHEN"):
            arguments.append(self.aliased())
            self.expect("THEN")
            arguments.append(self.aliased())
        if self.accept("ELSE"):
            arguments.append(self.aliased())
        else:
            arguments.append(Literal(self.start, self.start, None, "NULL"))
        self.expect("END")
        return self.call("multiIf" if operand is None else "caseWithExpression", start, *arguments)

    def _cast(self) -> Expression:
        start = self._open()
        operand = self.expression()
        if self.accept("AS"):
            if self.peek(1) not in (",", "AS"):
                return self._cast_to(start, operand)
            operand.alias = self.name()
            if self.accept("AS"):
                return self._cast_to(start, operand)
        self.expect(",")
        second = self.expression()
        self.expect(")")
        if isinstance(second, Literal) and isinstance(second.value, str):
            return Cast(start, self.end, operand, second.value)
        return self.call("CAST", start, operand, second)

    def _cast_to(self, start: int, operand: Expression) -> Cast:
        type_ = self.type_text()
        self.expect(")")
        return Cast(start, self.end, operand, type_)

    def _extract(self) -> Expression | None:
        if self.peek(3) != "FROM":
            return None
        unit = self.peek(2)
        function = _EXTRACTED.get(UNITS.get(unit, unit))
        if function is None:
            self.refuse(f"EXTRACT of {unit} is not supported")
        start = self._open()
        self.position += 2
        operand = self.expression()
        self.expect(")")
        if unit != "DOW":
            return self.call(function, start, operand)
        sunday_is_0 = Literal(self.start, self.start, 2, "2")
        return self.call(function, start, operand, sunday_is_0)

    def _interval(self) -> Expression | None:
        """Read `INTERVAL a + 1 DAY` and `INTERVAL '1 day'`; without a unit it is a name."""
        start, position, depth, height = self.start, self.position, self.depth, self.height
        if position in self._no_interval or self.kind(1) is None:
            return None
        self.position += 1
        if self.kind() is Kind.STRING and self.peek(1) not in UNITS:
            return self._interval_of_text(start)
        if self.peek() not in ("=", ",", ")", ".", "AS", "FROM"):
            try:
                amount = self.expression()
            except SqlError:
                amount = None
            unit = UNITS.get(self.peek()) if self.kind() is Kind.WORD else None
            if amount is not None and unit is not None:
                self.position += 1
                return self.call(f"toInterval{unit}", start, amount)
        self.position, self.depth, self.height = position, depth, height
        self._no_interval.add(position)
        return None

    def _interval_of_text(self, start: int) -> Expression:
        """Read `'1 day 2 hours'`: a tuple of intervals if there is more than one."""
        at, words = self.start, self.string().upper().split()
        intervals: list[Expression] = []
        for text, unit in zip(words[::2], words[1::2], strict=False):
            try:
                amount = Literal(at, self.end, number(text), text)
            except ValueError:
                break
            if unit in UNITS:
                intervals.append(self.call(f"toInterval{UNITS[unit]}", start, amount))
        if not intervals or 2 * len(intervals) != len(words):
            raise SqlError("Syntax error: Expected an interval such as '1 day'", offset=at)
        return intervals[0] if len(intervals) == 1 else self.call("tuple", start, *intervals)

    def _typed_literal(self) -> Expression | None:
        if self.kind(1) is not Kind.STRING:
            return None
        start = self.start
        function = "toDate" if self.peek() == "DATE" else "toDateTime"
        self.position += 1
        return self.call(function, start, self.prefix())

    def _exists(self) -> Expression:
        start = self.start
        self.position += 1
        subquery = self.prefix()
        if not isinstance(subquery, Subquery):
            raise SqlError("Syntax error: Expected a SELECT in EXISTS", offset=subquery.start)
        return self.call("exists", start, subquery)

    def _not(self) -> Expression | None:
        if self.peek(1) in ("", ",", ")"):
            return None
        start = self.start
        self.position += 1
        return self.call("not", start, self.expression(5))

    def _trim(self) -> Expression:
        function = _TRIM_NAMES[self.peek()]
        plain = function == "trimBoth"
        start = self._open()
        if plain and self.peek() in _TRIMS and self.peek(1) not in (")", ",", "."):
            function = _TRIMS[self.peek()]
            self.position += 1
            characters = self.expression()
            self.expect("FROM")
            operand = self.expression()
            self.expect(")")
            return self.call(function, start, operand, characters)
        return self.call(function, start, *self.listed())

    def _substring(self) -> Expression:
        start = self._open()
        arguments: list[Expression] = []
        while not self.accept(")"):
            arguments.append(self.aliased())
            between = "FROM" if len(arguments) == 1 else "FOR"
            if not self.at(")") and not self.accept(between):
                self.expect(",")
        return self.call("substring", start, *arguments)

    def _position(self) -> Expression:
        start = self._open()
        at = self.start
        arguments = self.listed()
        first = arguments[0] if len(arguments) == 1 else None
        if isinstance(first, Call) and first.name == "in" and first.start == at:
            needle, haystack = first.arguments
            return self.call("position", start, haystack, needle)
        return self.call("position", start, *arguments)

    def _added(self) -> Expression:
        """Read `date_add(DAY, 1, x)` and `date_add(x, INTERVAL 1 DAY)`."""
        function = _ADDED[self.peek()]
        start = self._open()
        unit = UNITS.get(self.peek()) if self.peek(1) == "," else None
        if unit is None:
            return self.call(function, start, *self.listed())
        self.position += 2
        at = self.start
        amount = self.aliased()
        interval = self.call(f"toInterval{unit}", at, amount)
        self.expect(",")
        operand = self.aliased()
        self.expect(")")
        return self.call(function, start, operand, interval)

    def _difference(self) -> Expression:
        """Read `dateDiff(day, a, b)`; the unit may be text too."""
        at = self.position + 2
        unit = UNITS.get(self.peek(2)) if self.peek(3) == "," else None
        start = self._open()
        if unit is None:
            return self.call("dateDiff", start, *self.listed())
        text = unit.lower()
        lexeme = self.lexemes[at]
        self.position += 2
        literal = Literal(lexeme.start, lexeme.end, text, f"'{text}'")
        return self.call("dateDiff", start, literal, *self.listed())

    def _columns(self) -> Expression | None:
        if self.kind(2) is Kind.NUMBER:
            return None
        return self.columns(self.start)


_READERS: dict[str, Callable[[FormParser], Expression | None]] = {
    "CASE": FormParser._case,
    "CAST": FormParser._cast,
    "COLUMNS": FormParser._columns,
    "DATE": FormParser._typed_literal,
    "EXISTS": FormParser._exists,
    "EXTRACT": FormParser._extract,
    "INTERVAL": FormParser._interval,
    "NOT": FormParser._not,
    "POSITION": FormParser._position,
    "SUBSTRING": FormParser._substring,
    "TIMESTAMP": FormParser._typed_literal,
    **dict.fromkeys(_ADDED, FormParser._added),
    **dict.fromkeys(_DIFFERENCES, FormParser._difference),
    **dict.fromkeys(_TRIM_NAMES, FormParser._trim),
}
_WITHOUT_BRACKET = {"CASE", "DATE", "INTERVAL", "NOT", "TIMESTAMP"}
