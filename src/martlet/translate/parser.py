"""ClickHouse SQL text to a tree: expressions by precedence.

Queries are read in `queries`, forms with words in them (CASE, CAST, EXTRACT) in `forms`.

Source: https://clickhouse.com/docs/sql-reference/operators; a test compares what is read with
ClickHouse's own trees and names.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn

from martlet.errors import SqlError
from martlet.sql.lexer import Kind, quote_string
from martlet.translate.cursor import unquote_string
from martlet.translate.parts import PartParser, number
from martlet.translate.syntax import (
    Call,
    Cast,
    Expression,
    Identifier,
    Lambda,
    Literal,
    Query,
    Star,
    Subquery,
)

# Of a query and of its tree: with some frames for each level, those who walk the tree stay below
# Python's limit of 1000. ClickHouse's own limit is 1000 levels.
MAX_DEPTH = 120

# Operator -> (binding power, function); equal powers associate to the left.
BINARY: dict[str, tuple[int, str]] = {
    "OR": (3, "or"), "AND": (4, "and"),
    "==": (9, "equals"), "=": (9, "equals"), "!=": (9, "notEquals"), "<>": (9, "notEquals"),
    "<=": (9, "lessOrEquals"), "<": (9, "less"), ">=": (9, "greaterOrEquals"), ">": (9, "greater"),
    "<=>": (9, "isNotDistinctFrom"),
    "LIKE": (9, "like"), "ILIKE": (9, "ilike"), "REGEXP": (9, "match"), "IN": (9, "in"),
    "||": (10, "concat"), "+": (11, "plus"), "-": (11, "minus"), "*": (12, "multiply"),
    "/": (12, "divide"), "%": (12, "modulo"), "MOD": (12, "modulo"), "DIV": (12, "intDiv"),
}  # fmt: skip
_CHAINED = {"and", "or", "concat"}
_NEGATED = {"LIKE": "notLike", "ILIKE": "notILike", "IN": "notIn"}
_QUANTIFIED = {"==": ("in", "ANY"), "=": ("in", "ANY"), "!=": ("notIn", "ALL"),
               "<>": ("notIn", "ALL")}  # fmt: skip
_COMPARISONS = {*_QUANTIFIED, "<", "<=", ">", ">="}
_WORDS: dict[str, float | bool | None] = {
    "NULL": None, "TRUE": True, "FALSE": False, "INF": float("inf"), "INFINITY": float("inf"),
    "NAN": float("nan"),
}  # fmt: skip
_INFINITE = {"INF", "INFINITY", "NAN"}
_SETS = {"UNION", "EXCEPT", "INTERSECT"}
_UNARY = 13
_NAMES = (Kind.WORD, Kind.QUOTED)
_BEHIND_CALL = {"IGNORE", "RESPECT", "FILTER", "OVER"}
# Words that begin a form of their own in some places; `forms` reads them.
FORMS = frozenset(
    """CASE CAST EXTRACT INTERVAL DATE TIMESTAMP EXISTS NOT SUBSTRING POSITION COLUMNS TRIM LTRIM
    RTRIM DATEADD DATE_ADD TIMESTAMPADD TIMESTAMP_ADD DATESUB DATE_SUB TIMESTAMPSUB TIMESTAMP_SUB
    DATEDIFF DATE_DIFF TIMESTAMPDIFF TIMESTAMP_DIFF""".split()
)


class ExpressionParser(PartParser):
    """Recursive descent with binding powers over the lexemes of one statement."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self.depth = 0
        self.height = 0  # of the highest operand so far of what is being read

    def query(self) -> Query:
        """Read a query; `queries.QueryParser` does."""
        raise NotImplementedError

    def set_operations(self, first: Query, start: int) -> Query:
        """Read on behind the first query of a UNION; `queries.QueryParser` does."""
        raise NotImplementedError

    def form(self, word: str) -> Expression | None:
        """Read a form that starts with this word, if it is one; `forms.FormParser` does."""
        raise NotImplementedError

    # Operators

    def expression(self, power: int = 0) -> Expression:
        """Read an expression whose operators bind more tightly than `power`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.too_deep()
        above, self.height = self.height, 0
        first = self.position
        left = self.prefix()
        uppers, start = self.uppers, self.starts[first]
        while True:
            operator = uppers[self.position]
            row = BINARY.get(operator)
            if row is not None:
                binding, function = row
                if binding <= power:
                    break
                left = self._binary(left, start, operator, binding, function)
            else:
                special = _SPECIAL.get(operator)
                if special is None or special[0] <= power:
                    break
                if power >= 7 and operator == "NOT" and uppers[self.position + 1] == "BETWEEN":
                    break
                found = special[1](self, left, first)
                if found is None:
                    break
                left = found
            self.height += 1
            if self.height > MAX_DEPTH:
                self.too_deep()
        self.depth -= 1
        self.height = max(above, self.height + 1)
        return left

    def too_deep(self) -> NoReturn:
        """Refuse a query with more levels than Python could walk."""
        self.refuse(f"The query is nested too deeply: Martlet reads {MAX_DEPTH} levels")

    def _binary(
        self, left: Expression, start: int, operator: str, binding: int, function: str
    ) -> Expression:
        self.position += 1
        if operator in _COMPARISONS and self.peek() in ("ANY", "ALL", "SOME"):
            quantified = self._quantified(left, start, operator)
            if quantified is not None:
                return quantified
        right = self.expression(binding)
        if function not in _CHAINED:
            return Call(start, self.end, function, (left, right))
        items = [left, right]
        while self.uppers[self.position] == operator:
            self.position += 1
            items.append(self.expression(binding))
        return Call(start, self.end, function, tuple(items))

    def _quantified(self, left: Expression, start: int, operator: str) -> Call | None:
        """Read `= ANY (SELECT ...)`, which is IN; other comparisons would rewrite the query."""
        if self.peek(1) != "(" or self.peek(2) not in ("SELECT", "WITH"):
            return None
        function, word = _QUANTIFIED.get(operator, ("", ""))
        if self.peek() != word and (self.peek(), word) != ("SOME", "ANY"):
            self.refuse(f"{operator} {self.peek()} of a subquery is not supported")
        self.position += 1
        return self.call(function, start, left, self.prefix())

    def _not_behind(self, left: Expression, first: int) -> Expression | None:
        """Read `a NOT IN b`, `a NOT LIKE b`, `a NOT BETWEEN b AND c`."""
        operator = self.peek(1)
        if operator == "BETWEEN":
            self.position += 1
            return self._between(left, first, names=("less", "greater"), joined="or")
        if operator not in _NEGATED:
            return None
        self.position += 2
        right = self.expression(9)
        return self.call(_NEGATED[operator], self.starts[first], left, right)

    def _global(self, left: Expression, first: int) -> Expression | None:
        function = "globalIn"
        if self.at("GLOBAL", "NOT", "IN"):
            function = "globalNotIn"
        elif not self.at("GLOBAL", "IN"):
            return None
        self.position += 3 if function == "globalNotIn" else 2
        return self.call(function, self.starts[first], left, self.expression(9))

    def _ternary(self, left: Expression, first: int) -> Expression:
        self.position += 1
        then = self.expression(2)
        self.expect(":")
        return self.call("if", self.starts[first], left, then, self.expression(1))

    def _is(self, left: Expression, first: int) -> Expression | None:
        start, negated = self.starts[first], self.peek(1) == "NOT"
        behind = 2 if negated else 1
        word = self.peek(behind)
        if word in ("TRUE", "FALSE"):
            self.position += behind + 1
            function = "isDistinctFrom" if negated else "isNotDistinctFrom"
            truth = Literal(self.end - len(word), self.end, word == "TRUE", word.lower())
            return self.call(function, start, left, truth)
        if word in ("NULL", "UNKNOWN"):
            self.position += behind + 1
            return self.call("isNotNull" if negated else "isNull", start, left)
        if self.peek(behind) == "DISTINCT" and self.peek(behind + 1) == "FROM":
            self.position += behind + 2
            function = "isNotDistinctFrom" if negated else "isDistinctFrom"
            return self.call(function, start, left, self.expression(6))
        return None

    def _between(
        self,
        left: Expression,
        first: int,
        *,
        names: tuple[str, str] = ("greaterOrEquals", "lessOrEquals"),
        joined: str = "and",
    ) -> Expression:
        start = self.starts[first]
        self.position += 1
        low = self.expression(7)
        self.expect("AND")
        high = self.expression(7)
        parts = self.call(names[0], start, left, low), self.call(names[1], start, left, high)
        self.height += 1
        return self.call(joined, start, *parts)

    def _subscript(self, left: Expression, first: int) -> Expression:
        self.position += 1
        index = self.aliased()
        self.expect("]")
        return self.call("arrayElement", self.starts[first], left, index)

    def _element(self, left: Expression, first: int) -> Expression:
        """Read what stands behind a dot: `t.1`, `t.name`."""
        self.position += 1
        start, at = self.starts[first], self.start
        if self.kind() is Kind.NUMBER:
            text = self.lexemes[self.position].text
            if not text.isdigit():
                self.fail("Expected the place of a tuple's element")
            self.position += 1
            place = Literal(at, self.end, int(text), text)
            return self.call("tupleElement", start, left, place)
        if self.at("-") and self.kind(1) is Kind.NUMBER:
            self.position += 1
            operand = self._number("", at)
            return self.call("tupleElement", start, left, self.call("negate", at, operand))
        if not self.at_name():
            self.refuse(f"Access with .{self.peek()} is not supported")
        name = self.name()
        return self.call("tupleElement", start, left,
                         Literal(at, self.end, name, quote_string(name)))  # fmt: skip

    def _cast_behind(self, left: Expression, first: int) -> Cast:
        text = self._literal_text(first)
        self.position += 1
        type_ = self.type_text()
        return Cast(self.starts[first], self.end, left, type_, text)

    # Types

    def _literal_text(self, first: int) -> str | None:
        """Return the text that `::` casts: literals, and brackets with nothing else in them."""
        lexemes = self.lexemes[first : self.position]
        start, end = lexemes[0].start, lexemes[-1].end
        negative = lexemes[0].text == "-"
        if len(lexemes) == 1 + negative and lexemes[-1].kind is Kind.NUMBER:
            return self.sql[start:end]
        if len(lexemes) == 1 and lexemes[0].kind is Kind.STRING:
            return unquote_string(lexemes[0].text)
        if lexemes[0].text not in ("[", "(") or lexemes[-1].text not in ("]", ")"):
            return None
        inside = [lexeme for lexeme in lexemes if lexeme.text not in ("(", ")")]
        if any(lexeme.text.startswith("$") for lexeme in inside):
            # No literal with brackets has a heredoc, but brackets may stand around one.
            return unquote_string(inside[0].text) if len(inside) == 1 else None
        last = "["
        for lexeme in lexemes:
            scalar = lexeme.kind is Kind.NUMBER or lexeme.kind is Kind.STRING
            if not scalar and lexeme.text not in ("[", "(", "]", ")", ",", "-"):
                return None
            if last == "," and lexeme.text in ("]", ")"):
                return None
            if lexeme.text in ("[", "(") and last not in ("[", "(", ","):
                return None
            last = lexeme.text
        return self.sql[start:end]

    # What an expression starts with

    def prefix(self) -> Expression:
        """Read an operand."""
        position = self.position
        kind = self.kinds[position]
        if kind is Kind.WORD:
            return self._word()
        lexeme = self.lexemes[position] if kind is not None else None
        if lexeme is None:
            self.fail("Expected an expression")
        if kind is Kind.NUMBER:
            return self._number("", lexeme.start)
        if kind is Kind.STRING:
            value = self.string()
            return Literal(lexeme.start, lexeme.end, value, lexeme.text)
        if kind is Kind.SYMBOL:
            return self._symbol(lexeme.text, lexeme.start)
        if self.uppers[position + 1] == "(":
            return self._function()
        if self.uppers[position + 1] == "->":
            return self._lambda()
        return self._identifier()

    def _word(self) -> Expression:
        position = self.position
        word, behind = self.uppers[position], self.uppers[position + 1]
        if word in FORMS:
            found = self.form(word)
            if found is not None:
                return found
        if behind == "(":
            return self._function()
        if behind == "->":
            return self._lambda()
        if word in _WORDS and behind != ".":
            lexeme = self.lexemes[position]
            self.position += 1
            return Literal(lexeme.start, lexeme.end, _WORDS[word], lexeme.text)
        if self.kinds[position + 1] is Kind.STRING and word in ("X", "B"):
            return self._bytes(word)
        return self._identifier()

    def _number(self, sign: str, start: int) -> Literal:
        lexeme = self.lexemes[self.position]
        try:
            value = number(sign + lexeme.text)
        except (ValueError, OverflowError):
            self.fail("Expected a number in the range of Float64")
        self.position += 1
        return Literal(start, lexeme.end, value, sign + lexeme.text)

    def _bytes(self, word: str) -> Literal:
        """Read `x'41'` and `b'01000001'`, if they are UTF-8."""
        start, digits = self.start, self.lexemes[self.position + 1].text[1:-1]
        base, width = (16, 2) if word == "X" else (2, 8)
        try:
            padded = digits.zfill(-(-len(digits) // width) * width)
            value = int(padded or "0", base).to_bytes(len(padded) // width, "big").decode()
        except ValueError:
            self.refuse("A binary literal must be UTF-8 text")
        self.position += 2
        return Literal(start, self.end, value, self.sql[start : self.end])

    def _identifier(self) -> Expression:
        start = self.start
        parts = [self.name()]
        while self.uppers[self.position] == ".":
            if self.uppers[self.position + 1] == "*":
                self.position += 2
                return self.star(Star(start, self.end, tuple(parts)))
            if self.at(".", "COLUMNS", "("):
                self.position += 1
                return self.columns(start, tuple(parts))
            if self.kinds[self.position + 1] not in (Kind.WORD, Kind.QUOTED):
                break
            self.position += 1
            parts.append(self.name())
        if self.uppers[self.position] == "->":
            self.position -= 1
            self.fail("Expected one name before ->")
        return Identifier(start, self.end, tuple(parts))

    def _symbol(self, symbol: str, start: int) -> Expression:
        self.position += 1
        match symbol:
            case "(":
                return self._parenthesis(start)
            case "-":
                if self.kind() is Kind.NUMBER:
                    return self._number("-", start)
                if self.peek() in _INFINITE:
                    return self._negative_word(start)
                return self.call("negate", start, self.expression(_UNARY))
            case "+":
                while self.accept("+"):
                    pass
                if self.accept("-"):  # no literal here: + -1 is negate(1)
                    return self.call("negate", start, self.expression(_UNARY))
                return self.prefix()
            case "[":
                items = self.listed("]")
                return Call(start, self.end, "array", items)
            case "*":
                return self.star(Star(start, self.end))
            case _:
                self.position -= 1
                if symbol in ("{", "@@"):
                    self.refuse("Query parameters and settings in a query are not supported")
                return self.fail("Expected an expression")

    def _negative_word(self, start: int) -> Literal:
        value = -float(_WORDS[self.peek()] or 0)
        self.position += 1
        return Literal(start, self.end, value, self.sql[start : self.end])

    def _parenthesis(self, start: int) -> Expression:
        if self.peek() in ("SELECT", "WITH"):
            return self._subquery(start, None)
        if self.accept(")"):
            return self._behind_tuple(start, [])
        first = self.aliased()
        if isinstance(first, Subquery) and self.peek() in _SETS:
            return self._subquery(start, first)
        if self.accept(")"):
            return self._lambda_of(start, [first]) if self.at("->") else first
        items = [first]
        while self.accept(","):
            if self.at(")"):
                break
            items.append(self.aliased())
        self.expect(")")
        return self._behind_tuple(start, items)

    def _behind_tuple(self, start: int, items: list[Expression]) -> Expression:
        if self.at("->"):
            return self._lambda_of(start, items)
        return Call(start, self.end, "tuple", tuple(items))

    def _subquery(self, start: int, first: Subquery | None) -> Subquery:
        query = self.set_operations(first.query, first.start) if first else self.query()
        self.expect(")")
        return Subquery(start, self.end, query)

    def _lambda_of(self, start: int, names: Sequence[Expression]) -> Lambda:
        parameters: list[str] = []
        for name in names:
            if not isinstance(name, Identifier) or len(name.parts) != 1:
                raise SqlError("Syntax error: a lambda's parameters are names", offset=name.start)
            parameters.append(name.parts[0])
        self.expect("->")
        body = self.expression(1)
        return Lambda(start, self.end, tuple(parameters), body)

    def _lambda(self) -> Lambda:
        start = self.start
        name = self.name()
        self.position += 1
        body = self.expression(1)
        return Lambda(start, self.end, (name,), body)

    # Functions

    def _function(self) -> Expression:
        start = self.start
        name = self.name()
        self.position += 1
        distinct = self._distinct()
        arguments = self.listed()
        parameters = None
        if self.uppers[self.position] == "(":
            self.position += 1
            parameters = arguments
            distinct = self._distinct()
            arguments = self.listed()
        if not distinct and name.lower() == "count":
            arguments = tuple(item for item in arguments if not _is_bare_star(item))
        call = Call(start, self.end, name, arguments, parameters, distinct)
        if self.uppers[self.position] in _BEHIND_CALL:
            self._behind_call(call)
        return call

    def _distinct(self) -> bool:
        """Read DISTINCT or ALL in front of arguments; before a comma they are names."""
        word = self.uppers[self.position]
        if word not in ("DISTINCT", "ALL") or self.peek(1) in (")", ",", "."):
            return False
        self.position += 1
        return word == "DISTINCT"

    def _behind_call(self, call: Call) -> None:
        if self.peek() in ("IGNORE", "RESPECT") and self.peek(1) == "NULLS":
            call.respects_nulls = self.peek() == "RESPECT"
            self.position += 2
        if self.accept("FILTER", "("):
            self.expect("WHERE")
            condition = self.expression()
            self.expect(")")
            call.name += "DistinctIf" if call.distinct else "If"
            call.distinct = False
            call.arguments = (*call.arguments, condition)
        if self.peek() == "OVER" and (self.peek(1) == "(" or self.kind(1) in _NAMES):
            self.position += 1
            call.window = self.window() if self.accept("(") else self.name()
        call.end = self.end


def _is_bare_star(expression: Expression) -> bool:
    if not isinstance(expression, Star) or expression.pattern is not None:
        return False
    return not (expression.qualifier or expression.transformers or expression.names)


_SPECIAL: dict[
    str, tuple[int, Callable[[ExpressionParser, Expression, int], Expression | None]]
] = {
    "NOT": (9, ExpressionParser._not_behind),
    "GLOBAL": (9, ExpressionParser._global),
    "BETWEEN": (7, ExpressionParser._between),
    "IS": (6, ExpressionParser._is),
    "?": (2, ExpressionParser._ternary),
    ".": (14, ExpressionParser._element),
    "[": (14, ExpressionParser._subscript),
    "::": (14, ExpressionParser._cast_behind),
}
