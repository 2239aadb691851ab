"""The tables that a SELECT names, found in its lexemes, and their replacement by subqueries.

ClickHouse resolves a name in table position against the CTEs in scope, then the tables; Martlet
puts nodes and pipes between the two. Only positions decide: a column of the same name is not
touched.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from martlet.sql.lexer import Kind, Lexeme, quote_identifier, unquote

# Words that end a table expression, so they are no alias of it.
_CLAUSES = frozenset(
    """SELECT FROM WHERE PREWHERE GROUP HAVING ORDER LIMIT OFFSET UNION INTERSECT EXCEPT SETTINGS
    FORMAT WINDOW QUALIFY INTO FETCH""".split()
)
_AFTER_TABLE = _CLAUSES | frozenset(
    """ON USING FINAL SAMPLE ARRAY JOIN GLOBAL LOCAL ANY ALL ASOF SEMI ANTI INNER LEFT RIGHT FULL
    CROSS OUTER PASTE NATURAL""".split()
)


@dataclass(frozen=True, slots=True)
class TableReference:
    """A name in table position: `sql[start:end]` writes it.

    Attributes:
        name: unquoted; parts of a qualified name joined by a dot.
        is_function: a table function, `numbers(10)`; `end` is before its parenthesis.
        has_alias: an alias follows.
        after_in: the right side of `x IN name`, where a name that is no table is a column.
        is_qualified: written `database.name`, so that it is no CTE.
        hidden: names that mean a CTE in a subquery at this place.
    """

    name: str
    start: int
    end: int
    is_function: bool = False
    has_alias: bool = False
    after_in: bool = False
    is_qualified: bool = False
    hidden: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Cte:
    """A `name AS (SELECT ...)` of a WITH clause; seen from its end to `until`.

    That of the first SELECT of a UNION is seen in the others too, any other one only in its own.
    """

    name: str
    body_start: int
    frame: "_Frame"
    recursive: bool
    branch: int
    body_end: int = 0
    until: int = 1 << 62


@dataclass(slots=True, eq=False)
class _Frame:
    """One level of parentheses.

    Attributes:
        is_call: the parenthesis belongs to a function, where FROM may be part of the call.
        clause: the clause we are in, in upper case.
        expects_table: the next name is a table.
        recursive: WITH RECURSIVE was read.
        defines: the CTE whose body this frame is.
        branches: how often UNION and the like were read.
    """

    start: int
    is_call: bool = False
    clause: str = ""
    is_query: bool = False
    expects_table: bool = False
    recursive: bool = False
    defines: _Cte | None = None
    end: int = field(default=1 << 62)
    branches: int = 0


class _Scanner:
    """Walks the lexemes once, keeping a stack of frames."""

    def __init__(self, lexemes: list[Lexeme]) -> None:
        self.lexemes = lexemes
        self.found: list[TableReference] = []
        self.ctes: list[_Cte] = []
        self.frames = [_Frame(0)]
        self.index = 0

    def text(self, index: int) -> str:
        return self.lexemes[index].text if 0 <= index < len(self.lexemes) else ""

    def upper(self, index: int) -> str:
        return self.lexemes[index].upper if 0 <= index < len(self.lexemes) else ""

    def name(self, index: int) -> str | None:
        return self.lexemes[index].name if 0 <= index < len(self.lexemes) else None

    def run(self) -> list[TableReference]:
        while self.index < len(self.lexemes):
            lexeme = self.lexemes[self.index]
            frame = self.frames[-1]
            if lexeme.text == "(" and lexeme.kind is Kind.SYMBOL:
                self.open(frame, lexeme)
            elif lexeme.text == ")" and lexeme.kind is Kind.SYMBOL:
                self.close(lexeme)
            elif lexeme.text == "," and self.is_between_tables(frame):
                frame.clause, frame.expects_table = "FROM", True
            elif lexeme.upper and self.text(self.index - 1) != "." and self.keyword(frame, lexeme):
                pass
            elif frame.expects_table and (lexeme.name or lexeme.kind is Kind.STRING):
                self.table(frame)
                continue
            self.index += 1
        return [
            self.with_hidden(reference) for reference in self.found if not self.is_cte(reference)
        ]

    def with_hidden(self, reference: TableReference) -> TableReference:
        names = frozenset(cte.name for cte in self.ctes if self.sees(reference, cte))
        return replace(reference, hidden=names) if names else reference

    def is_between_tables(self, frame: _Frame) -> bool:
        if frame.clause == "USING":  # `USING x, y` names columns; `USING (x), t` goes on
            return self.text(self.index - 1) == ")"
        return frame.clause in ("FROM", "ON")

    def open(self, frame: _Frame, lexeme: Lexeme) -> None:
        before = self.lexemes[self.index - 1] if self.index else None
        is_table = frame.expects_table
        is_call = (
            not is_table
            and before is not None
            and before.name is not None
            and before.upper not in _NOT_CALLS
        )
        inner = _Frame(lexeme.start, is_call=is_call, expects_table=is_table)
        inner.clause = "FROM" if is_table else ""
        frame.expects_table = False
        if frame.clause == "WITH" and self.upper(self.index - 1) in ("AS", "MATERIALIZED"):
            self.cte(frame, inner)
        if self.upper(self.index - 1) == "IN" and self.text(self.index + 2) == ")":
            self.in_table(self.index + 1)
        self.frames.append(inner)

    def cte(self, frame: _Frame, inner: _Frame) -> None:
        name = self.name(self.cte_name(self.index - 1))
        if name is not None and self.upper(self.index + 1) in ("SELECT", "WITH", "FROM", "VALUES"):
            inner.defines = _Cte(name, inner.start, frame, frame.recursive, frame.branches)
            self.ctes.append(inner.defines)

    def cte_name(self, index: int) -> int:
        """Return where the name stands of `name [(columns)] AS [[NOT] MATERIALIZED] (`.

        Args:
            index: of the word before the parenthesis.
        """
        while self.upper(index) in ("MATERIALIZED", "NOT", "AS"):
            index -= 1
        if self.text(index) != ")":
            return index
        while index >= 0 and self.text(index) != "(":
            index -= 1
        return index - 1

    def close(self, lexeme: Lexeme) -> None:
        if len(self.frames) > 1:
            frame = self.frames.pop()
            frame.end = lexeme.end
            if frame.defines:
                frame.defines.body_end = lexeme.end

    def keyword(self, frame: _Frame, lexeme: Lexeme) -> bool:
        """Follow the clauses of one query level; False when the word is no keyword here."""
        word = lexeme.upper
        if word in _SET_OPERATORS or (word == "EXCEPT" and frame.clause != "SELECT"):
            self.next_branch(frame, lexeme)
        if word == "SELECT" or (word == "WITH" and frame.clause in _BEFORE_WITH):
            frame.is_query, frame.clause, frame.expects_table = True, word, False
        elif word == "RECURSIVE" and frame.clause == "WITH":
            frame.recursive = True
        elif word == "FROM" and self.is_from_clause(frame):
            frame.is_query, frame.clause, frame.expects_table = True, "FROM", True
        elif word == "JOIN" and frame.clause in ("FROM", "ON", "USING", "ARRAY JOIN"):
            if self.upper(self.index - 1) == "ARRAY":
                frame.clause = "ARRAY JOIN"
            else:
                frame.clause, frame.expects_table = "FROM", True
        elif word in ("ON", "USING") and frame.clause == "FROM" and not frame.expects_table:
            frame.clause = word
        elif word == "IN":
            self.in_table(self.index + 1)
        elif word in _CLAUSES and frame.is_query and word != "FROM":
            frame.clause, frame.expects_table = word, False
        else:
            return False
        return True

    def next_branch(self, frame: _Frame, lexeme: Lexeme) -> None:
        if frame.branches:
            for cte in self.ctes:
                if cte.frame is frame and cte.branch == frame.branches:
                    cte.until = lexeme.start
        frame.branches += 1

    def is_from_clause(self, frame: _Frame) -> bool:
        if self.is_distinct_before():
            return False
        if frame.clause == "ORDER" and self.upper(self.index - 1) == "FILL":
            return self.upper(self.index - 2) != "WITH"
        first = self.index == 0 or self.text(self.index - 1) == "("
        return frame.is_query or (first and not frame.is_call)

    def is_distinct_before(self) -> bool:
        """Whether `IS [NOT] DISTINCT` stands before, with an operand before it."""
        index = self.index - 1
        if self.upper(index) != "DISTINCT":
            return False
        index -= 2 if self.upper(index - 1) == "NOT" else 1
        if index < 1 or self.upper(index) != "IS":
            return False
        operand = self.lexemes[index - 1]
        if operand.kind is Kind.SYMBOL:
            return operand.text in (")", "]")
        return operand.upper not in _NOT_OPERANDS

    def dotted(self, index: int) -> tuple[str, int]:
        """Read a possibly qualified name; return it and the index behind it."""
        parts = [str(self.name(index))]
        index += 1
        while self.text(index) == "." and self.name(index + 1) is not None:
            parts.append(str(self.name(index + 1)))
            index += 2
        return ".".join(parts), index

    def table(self, frame: _Frame) -> None:
        first = self.lexemes[self.index]
        if first.kind is Kind.STRING:  # `FROM 'name'` is `FROM name` to ClickHouse
            name, index = unquote(first.text), self.index + 1
        else:
            name, index = self.dotted(self.index)
        frame.expects_table = False
        reference = TableReference(
            name,
            first.start,
            self.lexemes[index - 1].end,
            is_function=self.text(index) == "(",
            has_alias=self.has_alias(index),
            is_qualified=index > self.index + 1,
        )
        self.found.append(reference)
        self.index = index

    def has_alias(self, index: int) -> bool:
        if self.upper(index) == "AS":
            return True
        return self.name(index) is not None and self.upper(index) not in _AFTER_TABLE

    def in_table(self, index: int) -> None:
        """Note the name behind IN, `IN name` or `IN (name)`."""
        if self.name(index) is None or self.upper(index) in ("SELECT", "WITH", "FROM"):
            return
        name, following = self.dotted(index)
        if self.text(following) != "(":
            span = self.lexemes[index].start, self.lexemes[following - 1].end
            self.found.append(TableReference(name, *span, after_in=True))

    def is_cte(self, reference: TableReference) -> bool:
        return not reference.is_qualified and any(
            self.sees(reference, cte) for cte in self.ctes if cte.name == reference.name
        )

    @staticmethod
    def sees(reference: TableReference, cte: _Cte) -> bool:
        if not cte.frame.start <= reference.start < cte.frame.end:
            return False
        inside_own = cte.body_start <= reference.start < cte.body_end
        if inside_own:
            return cte.recursive
        return cte.body_end < reference.start < cte.until


# Elsewhere WITH belongs to WITH FILL, WITH TOTALS and the like.
_BEFORE_WITH = ("", "FROM", "UNION", "INTERSECT", "EXCEPT")

# A parenthesis behind these words is not the argument list of a function.
_NOT_CALLS = _AFTER_TABLE | frozenset(
    """AS IN AND OR NOT BY THEN ELSE WHEN CASE BETWEEN LIKE ILIKE DISTINCT WITH IS VALUES
    OVER EXISTS""".split()
)

_SET_OPERATORS = ("UNION", "INTERSECT")  # EXCEPT is also `* EXCEPT (a)`

# Behind these words a name such as `is` is a column and no operator.
_NOT_OPERANDS = frozenset(
    "SELECT DISTINCT WHERE PREWHERE HAVING AND OR NOT ON BY WHEN THEN ELSE CASE IN LIKE".split()
)


def find_tables(lexemes: Iterable[Lexeme]) -> list[TableReference]:
    """Return the tables that a query names, in the order of the text, without its own CTEs."""
    found = _Scanner(list(lexemes)).run()
    return sorted(found, key=lambda reference: reference.start)


def replace_tables(
    sql: str,
    references: Iterable[TableReference],
    subquery: Callable[[TableReference], str | None],
) -> str:
    """Put subqueries in the place of table names.

    Args:
        sql: the query's text.
        references: what `find_tables` found in it.
        subquery: SQL for a reference, without parentheses; None leaves the name as it is.

    Returns:
        The query, each replaced name aliased to itself unless it has an alias.
    """
    pieces: list[str] = []
    position = 0
    for reference in references:
        inner = None if reference.is_function else subquery(reference)
        if inner is None:
            continue
        pieces.append(sql[position : reference.start])
        pieces.append(f"(\n{inner}\n)")
        if not reference.has_alias and not reference.after_in:
            pieces.append(f" AS {quote_identifier(reference.name.rpartition('.')[2])}")
        position = reference.end
    pieces.append(sql[position:])
    return "".join(pieces)
