"""ClickHouse SQL text to a tree: what expressions have in them beside operators.

Lists, aliases, types, windows, stars and numbers; `parser` reads the expressions.
"""

import math

from martlet.sql.lexer import Kind, quote_identifier
from martlet.translate.cursor import Cursor
from martlet.translate.names import literal_name
from martlet.translate.syntax import Bound, Call, Expression, OrderItem, Star, Window

# Words that cannot be an alias without AS (measured on chDB 26.9).
RESERVED = frozenset(
    """FROM FINAL SAMPLE ARRAY LEFT RIGHT INNER FULL CROSS JOIN GLOBAL ANY ALL ASOF SEMI ANTI ON
    USING PREWHERE WHERE GROUP WITH HAVING WINDOW QUALIFY ORDER LIMIT OFFSET SETTINGS FORMAT UNION
    INTERSECT EXCEPT BETWEEN LIKE ILIKE REGEXP NOT AND OR IN AS INTO DIV MOD PASTE ELSE ONLY
    PARALLEL""".split()
)

_WINDOW_WORDS = {"PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"}
# SQL's own names of types have more than one word: DOUBLE PRECISION, INT UNSIGNED.
_TYPE_WORDS = {"SIGNED", "UNSIGNED", "PRECISION", "VARYING", "LARGE", "OBJECT"}
_TYPE_SYMBOLS = {"(": "(", ")": ")", ",": ", ", "=": " = ", "-": "-", ".": "."}


class PartParser(Cursor):
    """Reads parts of expressions."""

    def expression(self, power: int = 0) -> Expression:
        """Read an expression; `parser.ExpressionParser` does."""
        raise NotImplementedError

    # Lists and aliases

    def aliased(self, *, implicit: bool = False) -> Expression:
        """Read an expression with its alias; `implicit` allows one without AS."""
        expression = self.expression()
        word = self.uppers[self.position]
        if word == "AS":
            self.position += 1
            expression.alias = self.name()
        elif implicit and self.at_name() and word not in RESERVED:
            expression.alias = self.name()
        return expression

    def listed(self, close: str = ")") -> tuple[Expression, ...]:
        """Read expressions up to a closing bracket, which is consumed."""
        if self.accept(close):
            return ()
        items: list[Expression] = []
        while True:
            items.append(self.aliased())
            if self.accept(close):
                return tuple(items)
            self.expect(",")

    def comma_list(self) -> tuple[Expression, ...]:
        """Read expressions with commas between them."""
        items = [self.aliased()]
        while self.accept(","):
            items.append(self.aliased())
        return tuple(items)

    def call(self, function: str, start: int, *arguments: Expression) -> Call:
        """Return a call that ends with the lexeme read last."""
        return Call(start, self.end, function, arguments)

    # Types

    def type_text(self) -> str:
        """Read a type and return it as ClickHouse writes it: `DateTime64(3, 'UTC')`."""
        parts = [self._type_name()]
        if not self.at("("):
            return parts[0]
        depth = 0
        while True:
            word, kind = self.peek(), self.kind()
            if kind is Kind.STRING or self.at_name():
                if self.kind(-1) in (Kind.WORD, Kind.QUOTED):
                    parts.append(" ")
                parts.append(
                    literal_name(self.string()) if kind is Kind.STRING else self._type_name()
                )
                continue
            if kind is not Kind.NUMBER and word not in _TYPE_SYMBOLS:
                self.fail("Expected a type")
            self.position += 1
            parts.append(_TYPE_SYMBOLS.get(word, word))
            depth += (word == "(") - (word == ")")
            if depth == 0:
                return "".join(parts).removesuffix("()")

    def _type_name(self) -> str:
        if self.kind() is Kind.QUOTED:
            name = self.name()
            return name if name.isidentifier() else quote_identifier(name)
        if self.kind() is not Kind.WORD:
            self.fail("Expected a type")
        words = [self.name()]
        while self.peek() in _TYPE_WORDS or (
            words[0].upper() == "NATIONAL" and self.peek() in ("CHARACTER", "CHAR")
        ):
            words.append(self.name())
        return words[0] if len(words) == 1 else " ".join(words).upper()

    # Windows and order

    def window(self) -> Window:
        """Read a window's definition up to its closing bracket, which is consumed."""
        window = Window()
        if self.at_name() and self.peek() not in _WINDOW_WORDS:
            window.base = self.name()
        if self.accept("PARTITION", "BY"):
            window.partition_by = self.comma_list()
        if self.accept("ORDER", "BY"):
            items = [self.order_item()]
            while self.accept(","):
                items.append(self.order_item())
            window.order_by = tuple(items)
        if self.peek() in ("ROWS", "RANGE", "GROUPS"):
            window.units = self.peek()
            self.position += 1
            if self.accept("BETWEEN"):
                window.start = self._bound()
                self.expect("AND")
                window.end = self._bound()
            else:
                window.start = self._bound()
                window.end = Bound("current row")
        self.expect(")")
        return window

    def _bound(self) -> Bound:
        if self.accept("CURRENT", "ROW"):
            return Bound("current row")
        offset = None if self.accept("UNBOUNDED") else self.expression(4)
        if self.accept("PRECEDING"):
            return Bound("preceding", offset)
        self.expect("FOLLOWING")
        return Bound("following", offset)

    def order_item(self) -> OrderItem:
        """Read one item of ORDER BY, without what only a query's own ORDER BY may have."""
        item = OrderItem(self.aliased())
        if self.peek() in ("DESC", "DESCENDING"):
            self.position += 1
            item.descending = True
        elif self.peek() in ("ASC", "ASCENDING"):
            self.position += 1
        if self.accept("NULLS"):
            item.nulls_first = self.accept("FIRST")
            if not item.nulls_first:
                self.expect("LAST")
        if self.accept("COLLATE"):
            item.collate = self.string()
        return item

    # Stars

    def columns(self, start: int, qualifier: tuple[str, ...] = ()) -> Star:
        """Read `COLUMNS('pattern')` and `COLUMNS(a, b)`."""
        self.position += 2
        star = Star(start, self.end, qualifier)
        if self.kind() is Kind.STRING:
            star.pattern = self.string()
        else:
            star.names = self.names()
        self.expect(")")
        return self.star(star)

    def star(self, star: Star) -> Star:
        """Read EXCEPT, REPLACE and APPLY behind a star."""
        transformers: list[tuple[str, object]] = []
        while True:
            word, behind = self.peek(), self.peek(1)
            if word == "EXCEPT" and behind not in ("SELECT", "ALL", "DISTINCT") and not (
                behind == "(" and self.peek(2) in ("SELECT", "WITH", "(")
            ):  # fmt: skip
                self.position += 1
                self.accept("STRICT")
                transformers.append(("except", self._excepted()))
            elif word == "REPLACE":
                self.position += 1
                self.accept("STRICT")
                transformers.append(("replace", self._replaced()))
            elif word == "APPLY":
                self.position += 1
                bracket = self.accept("(")
                transformers.append(("apply", self._applied()))
                if bracket:
                    self.expect(")")
            else:
                break
        star.transformers = tuple(transformers)
        star.end = self.end
        return star

    def _excepted(self) -> tuple[str, ...]:
        if not self.accept("("):
            return (self.name(),)
        names = self.names()
        self.expect(")")
        return names

    def _replaced(self) -> tuple[tuple[Expression, str], ...]:
        bracket = self.accept("(")
        pairs: list[tuple[Expression, str]] = []
        while True:
            expression = self.expression()
            self.expect("AS")
            expression.alias = self.name()  # other clauses see it (measured)
            pairs.append((expression, expression.alias))
            if not bracket or not self.accept(","):
                break
        if bracket:
            self.expect(")")
        return tuple(pairs)

    def _applied(self) -> object:
        if self.kind() is Kind.WORD and self.peek(1) not in ("(", "->"):
            return self.name()
        return self.expression()


def number(text: str) -> int | float:
    """Return the number that a lexeme writes; integers above 64 bits are floats.

    Raises:
        ValueError: it is no number, or not in the range of a float.
    """
    digits = text.replace("_", "").lower()
    sign, body = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
    if body.startswith("0x") and ("." in body or "p" in body):
        value: int | float = float.fromhex(body)
    elif body.startswith("0x"):
        value = int(body, 16)
    elif body.startswith("0b"):
        value = int(body, 2)
    elif body.isdigit():
        value = int(body) if len(body) < 400 else math.inf
    else:
        value = float(body)
    if value == math.inf:
        raise ValueError(text)
    if isinstance(value, int) and not -(2**63) <= sign * value < 2**64:
        value = float(value)
    return sign * value
