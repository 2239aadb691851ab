"""ClickHouse column types: the grammar of their text and one row of facts per family.

To add a type, add a row to `FAMILIES`; everything else reads the row.

Source: https://clickhouse.com/docs/sql-reference/data-types
"""

from dataclasses import dataclass
from enum import Enum

from martlet.errors import SqlError, TypeSyntaxError
from martlet.sql.lexer import Kind, Lexeme, lex, unquote


class Group(Enum):
    """What values of a family are like; rows are typed and literals are written by group."""

    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOL = "bool"
    STRING = "string"
    FIXED_STRING = "fixed string"
    UUID = "uuid"
    DATE = "date"
    DATETIME = "datetime"
    DATETIME64 = "datetime64"
    ENUM = "enum"
    IP = "ip"
    ARRAY = "array"
    MAP = "map"
    TUPLE = "tuple"
    NESTED = "nested"
    JSON = "json"
    WRAPPER = "wrapper"
    STATE = "aggregate state"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Family:
    """The facts of one type family.

    Attributes:
        name: ClickHouse's name, case-sensitive.
        group: what its values are like.
        least: the least value, for families with bounds.
        greatest: the greatest value, for families with bounds.
        ingested: whether a JSON event can carry a value of it.
    """

    name: str
    group: Group
    least: int | None = None
    greatest: int | None = None
    ingested: bool = True


def _integers() -> list[Family]:
    signed = [
        Family(f"Int{bits}", Group.INTEGER, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        for bits in (8, 16, 32, 64, 128, 256)
    ]
    unsigned = [
        Family(f"UInt{bits}", Group.INTEGER, 0, 2**bits - 1) for bits in (8, 16, 32, 64, 128, 256)
    ]
    return signed + unsigned


_ROWS = [
    *_integers(),
    Family("Float32", Group.FLOAT),
    Family("Float64", Group.FLOAT),
    Family("Decimal", Group.DECIMAL),
    Family("Decimal32", Group.DECIMAL),
    Family("Decimal64", Group.DECIMAL),
    Family("Decimal128", Group.DECIMAL),
    Family("Decimal256", Group.DECIMAL),
    Family("Bool", Group.BOOL),
    Family("String", Group.STRING),
    Family("FixedString", Group.FIXED_STRING),
    Family("UUID", Group.UUID),
    # Days and seconds since 1970-01-01; outside of these ClickHouse clamps without a word.
    Family("Date", Group.DATE, 0, 65_535),
    Family("Date32", Group.DATE, -25_567, 120_529),
    Family("DateTime", Group.DATETIME, 0, 4_294_967_295),
    Family("DateTime64", Group.DATETIME64, -2_208_988_800, 10_413_791_999),
    Family("Enum", Group.ENUM),
    Family("Enum8", Group.ENUM),
    Family("Enum16", Group.ENUM),
    Family("IPv4", Group.IP),
    Family("IPv6", Group.IP),
    Family("Array", Group.ARRAY),
    Family("Map", Group.MAP),
    Family("Tuple", Group.TUPLE),
    Family("Nested", Group.NESTED),
    Family("JSON", Group.JSON),
    Family("Object", Group.JSON),
    Family("Nullable", Group.WRAPPER),
    Family("LowCardinality", Group.WRAPPER),
    Family("SimpleAggregateFunction", Group.WRAPPER),
    Family("AggregateFunction", Group.STATE, ingested=False),
    Family("Variant", Group.OTHER, ingested=False),
    Family("Dynamic", Group.OTHER, ingested=False),
    Family("Nothing", Group.OTHER, ingested=False),
    *(
        Family(name, Group.OTHER, ingested=False)
        for name in (
            "Point", "Ring", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "Geometry",
            "Time", "Time64", "IntervalNanosecond", "IntervalMicrosecond", "IntervalMillisecond",
            "IntervalSecond", "IntervalMinute", "IntervalHour", "IntervalDay", "IntervalWeek",
            "IntervalMonth", "IntervalQuarter", "IntervalYear",
        )
    ),
]  # fmt: skip

FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}

# ClickHouse's own aliases (system.data_type_families, chDB 26.9), matched in any case as it does.
_ALIAS_NAMES = {
    "Int8": "BYTE, INT1, INT1 SIGNED, TINYINT, TINYINT SIGNED",
    "Int16": "SMALLINT, SMALLINT SIGNED",
    "Int32": "INT, INT SIGNED, INTEGER, INTEGER SIGNED, MEDIUMINT, MEDIUMINT SIGNED",
    "Int64": "BIGINT, BIGINT SIGNED, SIGNED",
    "UInt8": "INT1 UNSIGNED, TINYINT UNSIGNED",
    "UInt16": "SMALLINT UNSIGNED, YEAR",
    "UInt32": "INT UNSIGNED, INTEGER UNSIGNED, MEDIUMINT UNSIGNED",
    "UInt64": "BIGINT UNSIGNED, BIT, SET, UNSIGNED",
    "Float32": "FLOAT, REAL, SINGLE",
    "Float64": "DOUBLE, DOUBLE PRECISION",
    "Decimal": "DEC, FIXED, NUMERIC",
    "Bool": "BOOLEAN",
    "FixedString": "BINARY",
    "String": "BINARY LARGE OBJECT, BINARY VARYING, BLOB, BYTEA, CHAR, CHAR LARGE OBJECT, "
    "CHAR VARYING, CHARACTER, CHARACTER LARGE OBJECT, CHARACTER VARYING, CLOB, LONGBLOB, LONGTEXT, "
    "MEDIUMBLOB, MEDIUMTEXT, NATIONAL CHAR, NATIONAL CHAR VARYING, NATIONAL CHARACTER, "
    "NATIONAL CHARACTER LARGE OBJECT, NATIONAL CHARACTER VARYING, NCHAR, NCHAR LARGE OBJECT, "
    "NCHAR VARYING, NVARCHAR, TEXT, TINYBLOB, TINYTEXT, VARBINARY, VARCHAR, VARCHAR2",
    "DateTime": "DATETIME32, TIMESTAMP",
    "Geometry": "GEOMETRY",
    "IPv4": "INET4",
    "IPv6": "INET6",
}
ALIASES: dict[str, str] = {
    alias: name for name, aliases in _ALIAS_NAMES.items() for alias in aliases.split(", ")
}
# Names that ClickHouse matches in any case though they are no aliases.
_ANY_CASE = {
    name.upper(): name
    for name in (
        "Bool", "Date", "Date32", "DateTime", "DateTime64", "Decimal", "Decimal32", "Decimal64",
        "Decimal128", "Decimal256", "Enum", "JSON", "Time", "Time64",
    )
}  # fmt: skip
_LONGEST_ALIAS = max(alias.count(" ") + 1 for alias in ALIASES)

# What a data source cannot have though ClickHouse could, with what to write in its place.
REFUSED: dict[str, tuple[str, str]] = {
    "Int": (
        "Precision is mandatory for Int types",
        "use one of Int8, Int16, Int32, Int64, Int128, Int256.",
    ),
    "UInt": (
        "Precision is mandatory for UInt types",
        "use one of UInt8, UInt16, UInt32, UInt64, UInt128, UInt256.",
    ),
    "BFloat16": ("BFloat16 type is not supported", "use Float32 instead."),
}

# ClickHouse takes VARCHAR(20) and INT(11), and ignores what is in the parentheses.
_WITHOUT_ARGUMENTS = frozenset({Group.STRING, Group.INTEGER, Group.FLOAT})

# Beside JSON and states, these take what is no type: a function's name, or a setting.
_LOOSE = frozenset({"SimpleAggregateFunction", "Dynamic"})

# Types that cannot be inside Nullable (ClickHouse: "Nested type X cannot be inside Nullable").
_NOT_NULLABLE = {"Array", "Map", "Nested", "LowCardinality", "Nullable", "AggregateFunction",
                 "Variant", "Dynamic", "Object", "Tuple", "JSON"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type as a tree; `str()` is ClickHouse's own spelling of it.

    Attributes:
        family: the row of facts.
        arguments: inner types, numbers, strings (time zone, enum names) and raw texts in order.
        names: element names of a named Tuple or Nested, parallel to `arguments`, else empty.
    """

    family: Family
    arguments: tuple["ColumnType | int | str", ...] = ()
    names: tuple[str, ...] = ()
    raw_arguments: str = ""

    def __str__(self) -> str:
        return (
            f"{self.family.name}({self.raw_arguments})" if self.raw_arguments else self.family.name
        )

    @property
    def inner(self) -> tuple["ColumnType", ...]:
        """The argument types, without numbers and texts."""
        return tuple(item for item in self.arguments if isinstance(item, ColumnType))

    @property
    def is_nullable(self) -> bool:
        """Whether a value may be NULL."""
        if self.family.name == "Nullable":
            return True
        return self.family.group is Group.WRAPPER and any(item.is_nullable for item in self.inner)

    @property
    def bare(self) -> "ColumnType":
        """The type without Nullable, LowCardinality and SimpleAggregateFunction around it."""
        return self.inner[-1].bare if self.family.group is Group.WRAPPER and self.inner else self

    @property
    def time_zone(self) -> str | None:
        """The zone written in a DateTime or DateTime64, None where the data source's UTC holds."""
        if self.family.group not in (Group.DATETIME, Group.DATETIME64):
            return None
        return next((item for item in self.arguments if isinstance(item, str)), None)

    @property
    def scale(self) -> int:
        """Digits after the point of a DateTime64 or Decimal."""
        numbers = [item for item in self.arguments if isinstance(item, int)]
        if self.family.group is Group.DATETIME64:
            return numbers[0]
        if self.family.name == "Decimal":
            return numbers[1] if len(numbers) > 1 else 0
        return numbers[0] if numbers else 0

    @property
    def precision(self) -> int:
        """Significant decimal digits of a Decimal."""
        fixed = {"Decimal32": 9, "Decimal64": 18, "Decimal128": 38, "Decimal256": 76}
        if self.family.name in fixed:
            return fixed[self.family.name]
        numbers = [item for item in self.arguments if isinstance(item, int)]
        return numbers[0] if numbers else 10

    @property
    def enum_values(self) -> dict[str, int]:
        """Name -> number of an Enum; numbers left out count on from the one before, from 1."""
        values: dict[str, int] = {}
        following = 1
        items = list(self.arguments)
        for index, item in enumerate(items):
            if isinstance(item, str):
                after = items[index + 1] if index + 1 < len(items) else None
                number = after if isinstance(after, int) else following
                values[item] = number
                following = number + 1
        return values


def parse_type(text: str) -> ColumnType:
    """Return the type that a text writes.

    Raises:
        TypeSyntaxError: not a type, or one that a data source cannot have; `offset` points into
            the text.
    """
    try:
        parser = _Parser(text, list(lex(text)))
    except SqlError as error:
        raise TypeSyntaxError(error.message, offset=error.offset) from error
    return parser.whole()


class _Parser:
    """Recursive descent over the lexemes of one type."""

    def __init__(self, text: str, lexemes: list[Lexeme]) -> None:
        self.text = text
        self.lexemes = lexemes
        self.position = 0

    def whole(self) -> ColumnType:
        result = self.type()
        if self.peek() is not None:
            self.fail(f"Unexpected {self.peek_text()!r} after type {result}")
        return result

    def peek(self) -> Lexeme | None:
        return self.lexemes[self.position] if self.position < len(self.lexemes) else None

    def peek_text(self) -> str:
        lexeme = self.peek()
        return lexeme.text if lexeme else ""

    def fail(self, message: str, hint: str = "", at: Lexeme | None = None) -> None:
        lexeme = at or self.peek()
        offset = lexeme.start if lexeme else len(self.text)
        raise TypeSyntaxError(message, offset=offset, hint=hint)

    def type(self) -> ColumnType:
        word = self.peek()
        if word is None or word.kind is not Kind.WORD:
            self.fail(f"Expected a type, got {self.peek_text()!r}" if word else "Missing type")
        assert word is not None
        self.position += 1
        family = self.family(word)
        arguments: list[ColumnType | int | str] = []
        names: list[str] = []
        raw = ""
        if self.peek_text() == "(":
            opening = self.lexemes[self.position]
            self.position += 1
            self.arguments(family, arguments, names)
            closing = self.lexemes[self.position - 1]
            raw = _spelling(arguments, names) or self.text[opening.end : closing.start].strip()
        if family.group in _WITHOUT_ARGUMENTS:
            return ColumnType(family)
        if family.name == "Object":  # gone from ClickHouse; JSON is what replaced it there
            return ColumnType(FAMILIES["JSON"])
        if family.name == "DateTime" and arguments and isinstance(arguments[0], int):
            family = FAMILIES["DateTime64"]  # as ClickHouse reads DateTime(3) and TIMESTAMP(3)
        result = ColumnType(family, tuple(arguments), tuple(names), raw)
        self.check(result, word)
        return result

    def family(self, word: Lexeme) -> Family:
        name = word.text
        if name in REFUSED:
            message, hint = REFUSED[name]
            self.fail(message, hint, word)
        if name in FAMILIES:
            return FAMILIES[name]
        words = [lexeme.upper for lexeme in self.lexemes[self.position - 1 :][:_LONGEST_ALIAS]]
        for count in range(len(words), 0, -1):
            if family := ALIASES.get(" ".join(words[:count])):
                self.position += count - 1
                return FAMILIES[family]
        alias = _ANY_CASE.get(name.upper())
        if alias is None:
            near = [known for known in FAMILIES if known.lower() == name.lower()]
            hint = f"did you mean {near[0]}?" if near else ""
            self.fail(f"Unknown data type family: {name}", hint, word)
        assert alias is not None
        return FAMILIES[alias]

    def arguments(
        self, family: Family, arguments: list[ColumnType | int | str], names: list[str]
    ) -> None:
        """Read up to the closing parenthesis, which is consumed."""
        if family.group in (Group.JSON, Group.STATE) or family.name in _LOOSE:
            self.loose_arguments(family, arguments)
            return
        while self.peek_text() != ")":
            lexeme = self.peek()
            if lexeme is None:
                self.fail("Expected closing )")
                return
            following = self.lexemes[self.position + 1 : self.position + 2]
            if lexeme.kind is Kind.STRING:
                arguments.append(unquote(lexeme.text))
                self.position += 1
                if self.peek_text() == "=":
                    self.position += 1
                    arguments.append(self.integer())
            elif lexeme.kind is Kind.NUMBER or lexeme.text == "-":
                arguments.append(self.integer())
            elif family.name in ("Tuple", "Nested") and _starts_type(lexeme, following):
                names.append(str(lexeme.name))
                self.position += 1
                arguments.append(self.type())
            else:
                arguments.append(self.type())
            if self.peek_text() == ",":
                self.position += 1
            elif self.peek_text() != ")":
                self.fail(f"Expected , or ), got {self.peek_text()!r}" if self.peek() else
                          "Expected closing )")  # fmt: skip
        self.position += 1

    def integer(self) -> int:
        sign = 1
        if self.peek_text() == "-":
            sign = -1
            self.position += 1
        lexeme = self.peek()
        if lexeme is None or not lexeme.text.isdigit():
            self.fail(f"Expected a number, got {self.peek_text()!r}")
        assert lexeme is not None
        self.position += 1
        return sign * int(lexeme.text)

    def loose_arguments(self, family: Family, arguments: list[ColumnType | int | str]) -> None:
        """Read the arguments of JSON and aggregate functions: a name or setting, then types."""
        depth, start, first = 0, self.position, True
        while True:
            lexeme = self.peek()
            if lexeme is None:
                self.fail("Expected closing )")
                return
            if depth == 0 and lexeme.text in (",", ")"):
                span = self.lexemes[start : self.position]
                if span:
                    text = self.text[span[0].start : span[-1].end]
                    is_type = not first and family.group is not Group.JSON
                    arguments.append(self.nested_type(text, span[0]) if is_type else text)
                first = False
                start = self.position + 1
                if lexeme.text == ")":
                    self.position += 1
                    return
            depth += (lexeme.text == "(") - (lexeme.text == ")")
            self.position += 1

    def nested_type(self, text: str, at: Lexeme) -> ColumnType:
        try:
            return parse_type(text)
        except TypeSyntaxError as error:
            raise TypeSyntaxError(
                error.message, offset=at.start + error.offset, hint=error.hint
            ) from error

    def check(self, result: ColumnType, word: Lexeme) -> None:
        """Refuse arguments that do not fit the family."""
        name, arguments = result.family.name, result.arguments
        if name == "DateTime64" and not arguments:
            self.fail("DateTime64 type without precision is not supported",
                      "use DateTime64(3) instead.", word)  # fmt: skip
        if name == "DateTime64" and not (isinstance(arguments[0], int) and 0 <= arguments[0] <= 9):
            self.fail("The precision of DateTime64 is a number from 0 to 9", "", word)
        if name in ("Nullable", "LowCardinality", "Array") and len(result.inner) != 1:
            self.fail(f"{name} takes exactly one type", "", word)
        if name == "Map" and len(result.inner) != 2:
            self.fail("Map takes exactly two types, a key and a value", "", word)
        if name in ("Tuple", "Nested") and not result.inner:
            self.fail(f"{name} needs at least one element", "", word)
        if name in ("Enum", "Enum8", "Enum16") and not any(isinstance(a, str) for a in arguments):
            self.fail(f"{name} needs its values, e.g. {name}('a' = 1, 'b' = 2)", "", word)
        if name == "FixedString" and not (arguments and isinstance(arguments[0], int)):
            self.fail("FixedString needs its length, e.g. FixedString(16)", "", word)
        if name in ("AggregateFunction", "SimpleAggregateFunction") and not arguments:
            self.fail(f"{name} needs a function, e.g. {name}(sum, UInt64)", "", word)
        if name == "Nullable" and result.inner[0].family.name in _NOT_NULLABLE:
            self.fail(f"Nested type {result.inner[0]} cannot be inside Nullable type", "", word)


def _starts_type(lexeme: Lexeme, following: list[Lexeme]) -> bool:
    """Whether a lexeme inside Tuple(...) is an element's name: a name with a type behind it."""
    if lexeme.kind is Kind.QUOTED:
        return True
    return bool(following) and following[0].kind is Kind.WORD


def _spelling(arguments: list[ColumnType | int | str], names: list[str]) -> str:
    """Return types in canonical spelling; nothing where texts or numbers must stay as written."""
    if not arguments or not all(isinstance(item, ColumnType) for item in arguments):
        return ""
    if names and len(names) == len(arguments):
        return ", ".join(f"{element_name(n)} {a}" for n, a in zip(names, arguments, strict=True))
    return ", ".join(str(item) for item in arguments)


# Measured: the words that ClickHouse quotes where they are names of a Tuple's elements.
_QUOTED_NAMES = frozenset(
    "all distinct false from inf nan select some table top true values".split()
)


def element_name(name: str) -> str:
    """Return the name of a Tuple's element as ClickHouse writes it in the type."""
    if name.isidentifier() and name.lower() not in _QUOTED_NAMES:
        return name
    return "`" + name.replace("`", "\\`") + "`"
