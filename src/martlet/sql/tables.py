"""The tables that a SELECT names, found in its lexemes, and their replacement by subqueries.

ClickHouse resolves a name in table position against the CTEs in scope, then the tables; Martlet
puts nodes and pipes between the two. Only positions decide: a column of the same name is not
touched.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from martlet.sql.lexer import Kind, Lexeme, quote_identifier, unquote

Span = tuple[int, int]

# Words that end a table expression, so they are no alias of it.
_CLAUSES = frozenset(
    """SELECT FROM WHERE PREWHERE GROUP HAVING ORDER LIMIT OFFSET UNION INTERSECT EXCEPT SETTINGS
    FORMAT WINDOW QUALIFY INTO FETCH""".split()
)
_AFTER_TABLE = _CLAUSES | frozenset(
    """ON USING FINAL SAMPLE ARRAY JOIN GLOBAL LOCAL ANY ALL ASOF SEMI ANTI INNER LEFT RIGHT FULL
    CROSS OUTER PASTE NATURAL""".split()
)


@dataclass(slots=True)
class Clauses:
    """Where the conditions of one SELECT stand, as far as they are there.

    Attributes:
        prewhere: the word PREWHERE.
        where: the word WHERE.
        where_end: behind the condition of WHERE.
        keeps_right: a join of it keeps rows of its right side that have no left one.
    """

    prewhere: Span | None = None
    where: Span | None = None
    where_end: int = 0
    keeps_right: bool = False


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
        modifiers: FINAL and SAMPLE, which stand behind the alias.
        is_final: FINAL is among them.
        clauses: of the SELECT, for the first table behind FROM: PREWHERE is of that one.
        is_lookup: the first argument of `joinGet` and its like, a text or a name; the name is empty
            where it is neither.
    """

    name: str
    start: int
    end: int
    is_function: bool = False
    has_alias: bool = False
    after_in: bool = False
    is_qualified: bool = False
    hidden: frozenset[str] = frozenset()
    modifiers: Span | None = None
    is_final: bool = False
    clauses: Clauses | None = field(default=None, compare=False)
    is_lookup: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in a query in place of `sql[start:end]`."""

    start: int
    end: int
    text: str


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
        clauses: of the SELECT that is read.
        has_source: something stands behind its FROM already.
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
    clauses: Clauses = field(default_factory=Clauses)
    has_source: bool = False


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
            elif lexeme.upper in ("RIGHT", "FULL") and frame.clause in ("FROM", "ON", "USING"):
                frame.clauses.keeps_right = True
            self.index += 1
        self.end_where(self.frames[-1])
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
        frame.has_source |= is_table
        frame.expects_table = False
        if frame.clause == "WITH" and self.upper(self.index - 1) in ("AS", "MATERIALIZED"):
            self.cte(frame, inner)
        if before is not None and before.name is not None and (is_call or self.is_in_call()):
            self.call(before.name.lower())
        self.frames.append(inner)

    def is_in_call(self) -> bool:
        """Whether `IN (` is the function `in(x, name)`: no operand stands before it."""
        if self.upper(self.index - 1) != "IN":
            return False
        index = self.index - 2
        while self.upper(index) in ("NOT", "GLOBAL"):
            index -= 1
        return index < 0 or not self.is_operand(self.lexemes[index])

    @staticmethod
    def is_operand(lexeme: Lexeme) -> bool:
        if lexeme.kind is Kind.SYMBOL:
            return lexeme.text in (")", "]", "}")
        return lexeme.upper not in _NOT_OPERANDS

    def call(self, name: str) -> None:
        """Note the table that a function is given: `in(x, name)`, `joinGet('name', ...)`."""
        if name in _IN_FUNCTIONS:
            second = self.second_argument(self.index + 1)
            if second:
                self.in_table(second, is_argument=True)
        elif name.startswith(_LOOKUPS):
            first = self.lexemes[self.index + 1] if self.text(self.index + 1) else None
            if first is None or first.text == ")":
                return
            text, following = "", self.index + 2
            if first.kind is Kind.STRING:
                text = unquote(first.text)
            elif first.name is not None:
                text, following = self.dotted(self.index + 1)
            if self.text(following) != ",":
                text, following = "", self.index + 2
            end = self.lexemes[following - 1].end
            self.found.append(TableReference(text, first.start, end, is_lookup=True))

    def second_argument(self, index: int) -> int:
        """Return where the second argument of a call begins, 0 if there is none."""
        depth = 0
        while depth >= 0 and self.text(index):
            text = self.text(index)
            if self.lexemes[index].kind is Kind.SYMBOL:
                if text == "," and depth == 0:
                    return index + 1
                depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            index += 1
        return 0

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
            self.end_where(self.frames[-1])
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
            self.end_where(frame)
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
            self.end_where(frame)
            frame.clause, frame.expects_table = word, False
            if word == "PREWHERE":
                frame.clauses.prewhere = lexeme.start, lexeme.end
            elif word == "WHERE":
                frame.clauses.where = lexeme.start, lexeme.end
        else:
            return False
        return True

    def end_where(self, frame: _Frame) -> None:
        """Note the end of WHERE, before the lexeme that is read."""
        if frame.clause == "WHERE" and not frame.clauses.where_end:
            frame.clauses.where_end = self.lexemes[self.index - 1].end

    def next_branch(self, frame: _Frame, lexeme: Lexeme) -> None:
        if frame.branches:
            for cte in self.ctes:
                if cte.frame is frame and cte.branch == frame.branches:
                    cte.until = lexeme.start
        frame.branches += 1
        self.end_where(frame)
        frame.clauses, frame.has_source = Clauses(), False

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
        return self.is_operand(self.lexemes[index - 1])

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
            clauses=None if frame.has_source else frame.clauses,
        )
        if not reference.is_function:
            reference = self.with_modifiers(reference, index)
        frame.has_source = True
        self.found.append(reference)
        self.index = index

    def with_modifiers(self, reference: TableReference, index: int) -> TableReference:
        """Read `[AS alias] [FINAL] [SAMPLE ratio [OFFSET ratio]]` behind a table."""
        if reference.has_alias:
            index += 2 if self.upper(index) == "AS" else 1
        first = index
        is_final = self.upper(index) == "FINAL"
        index += is_final
        if self.upper(index) == "SAMPLE":
            index = self.ratio(index + 1)
            if self.upper(index) == "OFFSET":
                index = self.ratio(index + 1)
        if index == first:
            return reference
        span = self.lexemes[first].start, self.lexemes[index - 1].end
        return replace(reference, modifiers=span, is_final=is_final)

    def ratio(self, index: int) -> int:
        """Return the index behind a ratio, `0.1` or `1 / 10`."""
        is_fraction = self.text(index + 1) == "/"
        return min(index + (3 if is_fraction else 1), len(self.lexemes))

    def has_alias(self, index: int) -> bool:
        if self.upper(index) == "AS":
            return True
        return self.name(index) is not None and self.upper(index) not in _AFTER_TABLE

    def in_table(self, index: int, *, is_argument: bool = False) -> None:
        """Note the name behind IN: `IN name`, `IN (name)`, or an argument to its end."""
        depth = 0
        while self.text(index) == "(":
            depth, index = depth + 1, index + 1
        if self.name(index) is None or self.upper(index) in ("SELECT", "WITH", "FROM"):
            return
        name, following = self.dotted(index)
        span = self.lexemes[index].start, self.lexemes[following - 1].end
        if self.upper(following) == "AS" and (depth or is_argument):
            following += 2
        behind = [self.text(following + step) for step in range(depth + is_argument)]
        if self.text(following) != "(" and all(text == ")" for text in behind):
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

# The right side of these is a table where it is the name of one, as behind IN.
_IN_FUNCTIONS = frozenset(
    f"{place}{form}{more}"
    for place in ("", "global")
    for form in ("in", "notin", "nullin", "notnullin")
    for more in ("", "ignoreset")
)

# Functions that take a table or dictionary by its name.
_LOOKUPS = ("joinget", "dictget", "dicthas", "dictisin")

_SET_OPERATORS = ("UNION", "INTERSECT")  # EXCEPT is also `* EXCEPT (a)`

# Behind these words a name such as `is` is a column and no operator.
_NOT_OPERANDS = frozenset(
    """SELECT DISTINCT WHERE PREWHERE HAVING QUALIFY AND OR NOT ON BY WHEN THEN ELSE CASE IN LIKE
    ILIKE BETWEEN WITH LIMIT""".split()
)


def find_tables(lexemes: Iterable[Lexeme], *, lookups: bool = False) -> list[TableReference]:
    """Return the tables that a query names, in the order of the text, without its own CTEs.

    Args:
        lexemes: of the query.
        lookups: with those that functions are given by name, which are no subqueries.
    """
    found = _Scanner(list(lexemes)).run()
    wanted = (reference for reference in found if lookups or not reference.is_lookup)
    return sorted(wanted, key=lambda reference: reference.start)


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
    edits: list[Edit] = []
    for reference in references:
        if not reference.is_function and not reference.is_lookup:
            inner = subquery(reference)
            if inner is not None:
                edits.append(put(reference, f"(\n{inner}\n)"))
    return apply_edits(sql, edits)


def put(reference: TableReference, source: str) -> Edit:
    """Return the edit that puts another source of rows in the place of a table."""
    if not reference.has_alias and not reference.after_in:
        source += f" AS {quote_identifier(reference.name.rpartition('.')[2])}"
    return Edit(reference.start, reference.end, source)


def apply_edits(sql: str, edits: Iterable[Edit]) -> str:
    """Return a query with edits made; no two of them touch the same text."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [sql[position : edit.start], edit.text]
        position = edit.end
    pieces.append(sql[position:])
    return "".join(pieces)
