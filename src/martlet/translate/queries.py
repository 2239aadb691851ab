"""ClickHouse SQL text to a tree: SELECT with its clauses, joins and set operations.

Source: https://clickhouse.com/docs/sql-reference/statements/select
"""

from martlet.sql.lexer import Kind
from martlet.translate.forms import FormParser
from martlet.translate.parser import MAX_DEPTH
from martlet.translate.parts import RESERVED
from martlet.translate.syntax import (
    ArrayJoin,
    Call,
    Cte,
    Expression,
    Fill,
    Identifier,
    Join,
    OrderItem,
    Query,
    Select,
    SetOperation,
    Source,
    Table,
    TableFunction,
    TableSubquery,
    Window,
)

_KINDS = {"INNER": "inner", "LEFT": "left", "RIGHT": "right", "FULL": "full", "CROSS": "cross"}
_STRICTNESS = {"ANY", "ALL", "SEMI", "ANTI", "ASOF"}
_JOIN_WORDS = {*_KINDS, *_STRICTNESS, "JOIN", "GLOBAL", "LOCAL", "OUTER"}


def parse(sql: str) -> Query:
    """Return the tree of one SELECT.

    Raises:
        SqlError: not ClickHouse SQL, or a form that is not read; `offset` points into the text.
    """
    parser = QueryParser(sql)
    try:
        query = parser.query()
    except RecursionError:
        parser.too_deep()
    while parser.accept(";"):
        pass
    if parser.peek():
        parser.fail("Expected the end of the query")
    return query


class QueryParser(FormParser):
    """Reads whole queries."""

    def query(self) -> Query:
        start = self.start
        return self.set_operations(self._simple(), start)

    def set_operations(self, first: Query, start: int) -> Query:
        queries, operators = [self._intersections(first, start)], []
        while self.peek() in ("UNION", "EXCEPT"):
            operators.append(self._set_operator())
            at = self.start
            queries.append(self._intersections(self._simple(), at))
        return SetOperation(start, tuple(queries), tuple(operators)) if operators else queries[0]

    def _intersections(self, first: Query, start: int) -> Query:
        queries, operators = [first], []
        while self.at("INTERSECT"):
            operators.append(self._set_operator())
            queries.append(self._simple())
        return SetOperation(start, tuple(queries), tuple(operators)) if operators else queries[0]

    def _set_operator(self) -> str:
        operator = self.peek()
        self.position += 1
        if self.peek() in ("ALL", "DISTINCT"):
            operator += f" {self.peek()}"
            self.position += 1
        return operator

    def _simple(self) -> Query:
        if not self.at("("):
            return self._select()
        self._deeper()
        self.position += 1
        query = self.query()
        self.expect(")")
        self.depth -= 2
        return query

    def _deeper(self) -> None:
        """Count a query as two levels: it needs more of Python's stack than an operator."""
        self.depth += 2
        if self.depth > MAX_DEPTH:
            self.too_deep()

    def _select(self) -> Select:
        self._deeper()
        select = Select(self.start)
        if self.accept("WITH"):
            self._with(select)
        if self.accept("FROM"):
            select.source = self._sources()
        self.expect("SELECT")
        self._select_distinct(select)
        select.columns = self._columns_list()
        if select.source is None and self.accept("FROM"):
            select.source = self._sources()
        self._array_join_without_from(select)
        self._filters(select)
        self._grouping(select)
        self._windows(select)
        self._ordering(select)
        self._limits(select)
        if self.at("SETTINGS") or self.at("FORMAT"):
            self.refuse(f"{self.peek()} is not supported here")
        select.end = self.end
        self.depth -= 2
        return select

    def _with(self, select: Select) -> None:
        if self.at("RECURSIVE"):
            self.refuse("WITH RECURSIVE is not supported")
        ctes: list[Cte] = []
        scalars: list[Expression] = []
        while True:
            start = self.start
            if self._is_cte():
                name = self.name()
                self.expect("AS")
                self.accept("MATERIALIZED")
                self.expect("(")
                ctes.append(Cte(start, name, self.query()))
                self.expect(")")
            else:
                expression = self.aliased()
                if expression.alias is None and self.at("("):
                    self.refuse("Names of columns behind the name of a CTE are not supported")
                if expression.alias is None:
                    self.fail("Expected AS and a name")
                scalars.append(expression)
            if not self.accept(",") or self.peek() in ("SELECT", "FROM"):
                break
        select.ctes, select.scalars = tuple(ctes), tuple(scalars)

    def _is_cte(self) -> bool:
        if self.kind() not in (Kind.WORD, Kind.QUOTED) or self.peek(1) != "AS":
            return False
        ahead = 3 if self.peek(2) == "MATERIALIZED" else 2
        if self.peek(ahead) != "(":
            return False
        ahead += 1
        while self.peek(ahead) == "(":
            ahead += 1
        return self.peek(ahead) in ("SELECT", "WITH")

    def _select_distinct(self, select: Select) -> None:
        if self.accept("DISTINCT"):
            select.distinct = True
            if self.accept("ON"):
                self.expect("(")
                select.places["distinct on"] = self.start
                select.distinct_on = self.listed()
        else:
            self.accept("ALL")
        if self.at("TOP") and self.kind(1) is Kind.NUMBER:
            self.refuse("TOP is not supported: write LIMIT")

    def _columns_list(self) -> tuple[Expression, ...]:
        columns = [self.aliased(implicit=True)]
        while self.accept(","):
            if self.peek() in ("FROM", ")", ""):
                break  # a comma behind the last column
            columns.append(self.aliased(implicit=True))
        return tuple(columns)

    # FROM

    def _sources(self) -> Source:
        left = self._source()
        while True:
            start = self.start
            if self.accept(","):
                left = Join(start, left, self._source(), "cross", None)
            elif self.at("ARRAY", "JOIN") or (
                self.peek() in ("LEFT", "INNER") and self.peek(1) == "ARRAY"
            ):
                left = self._array_join(left)
            elif self.peek() in _JOIN_WORDS and self._joins():
                left = self._join(left)
            else:
                return left

    def _joins(self) -> bool:
        ahead = 0
        while self.peek(ahead) in _JOIN_WORDS:
            if self.peek(ahead) == "JOIN":
                return True
            ahead += 1
        return False

    def _array_join(self, left: Source | None) -> ArrayJoin:
        start = self.start
        is_left = self.accept("LEFT")
        self.accept("INNER")
        self.expect("ARRAY", "JOIN")
        items = [self.aliased(implicit=True)]
        while self.accept(","):
            items.append(self.aliased(implicit=True))
        return ArrayJoin(start, left, tuple(items), is_left)

    def _array_join_without_from(self, select: Select) -> None:
        if select.source is None and self.at("ARRAY", "JOIN"):
            select.source = self._array_join(None)

    def _join(self, left: Source) -> Join:
        start = self.start
        kind: str | None = None
        strictness: str | None = None
        while not self.accept("JOIN"):
            word = self.peek()
            self.position += 1
            if word in _KINDS:
                kind = _KINDS[word]
            elif word in _STRICTNESS:
                strictness = word.lower()
        join = Join(start, left, self._source(), kind or "inner", strictness)
        if self.accept("ON"):
            join.on = self.expression()
        elif self.accept("USING"):
            bracket = self.accept("(")
            names = [self._using()]
            while self.accept(","):
                names.append(self._using())
            if bracket:
                self.expect(")")
            join.using = tuple(names)
        elif join.kind != "cross":
            self.fail("Expected ON or USING")
        return join

    def _using(self) -> Identifier:
        start = self.start
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        name = Identifier(start, self.end, tuple(parts))
        if self.at("AS"):
            self.refuse("An alias in USING is not supported")
        return name

    def _source(self) -> Source:
        start = self.start
        if self.at("("):
            if self._opens_query():
                self.position += 1
                query = self.query()
                self.expect(")")
                subquery = TableSubquery(start, query)
                subquery.final = self.accept("FINAL")
                subquery.alias = self._source_alias()
                subquery.final = self.accept("FINAL") or subquery.final
                if subquery.alias and self.at("(") and self.kind(1) in (Kind.WORD, Kind.QUOTED):
                    self.position += 1
                    subquery.column_names = self._names_up_to_bracket()
                return subquery
            self.position += 1
            source = self._sources()
            self.expect(")")
            if self.at("AS"):
                self.refuse("An alias of a join in brackets is not supported")
            return source
        return self._named_source(start)

    def _opens_query(self) -> bool:
        ahead = 0
        while self.peek(ahead) == "(":
            ahead += 1
        return self.peek(ahead) in ("SELECT", "WITH") or (ahead == 1 and self.peek(1) == "FROM")

    def _names_up_to_bracket(self) -> tuple[str, ...]:
        names = self.names()
        self.expect(")")
        return names

    def _named_source(self, start: int) -> Source:
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        if self.at("("):
            self.position += 1
            arguments = self.listed()
            call = Call(start, self.end, parts[-1], arguments)
            return TableFunction(start, call, self._source_alias())
        table = Table(start, tuple(parts))
        table.final = self.accept("FINAL")
        table.alias = self._source_alias()
        table.final = self.accept("FINAL") or table.final
        if self.accept("SAMPLE"):
            table.sample = self.expression()
            if self.accept("OFFSET"):
                self.expression()
        return table

    def _source_alias(self) -> str | None:
        if self.accept("AS"):
            return self.name()
        word = self.peek()
        if word in ("NATURAL", "PASTE") and self.peek(1) == "JOIN":
            self.refuse(f"{word} JOIN is not supported")
        if self.at_name() and word not in RESERVED and word != "SELECT":
            return self.name()
        return None

    # The other clauses

    def _filters(self, select: Select) -> None:
        for word in ("PREWHERE", "WHERE"):
            select.places[word.lower()] = self.start
            if self.accept(word):
                condition = self.aliased()
                if word == "WHERE":
                    select.where = condition
                else:
                    select.prewhere = condition

    def _grouping(self, select: Select) -> None:
        select.places["group by"] = self.start
        if self.accept("GROUP", "BY"):
            if self.accept("ALL"):
                select.group_by_all = True
            elif self.accept("GROUPING", "SETS"):
                self.expect("(")
                select.grouping_sets = self._grouping_sets()
            elif self.peek() in ("ROLLUP", "CUBE") and self.peek(1) == "(":
                select.group_mode = self.peek().lower()
                self.position += 2
                select.group_by = self.listed()
            else:
                select.group_by = self.comma_list()
        while self.at("WITH") and self.peek(1) in ("ROLLUP", "CUBE", "TOTALS"):
            word = self.peek(1)
            select.places["with " + word.lower()] = self.start
            self.position += 2
            if word == "TOTALS":
                select.with_totals = True
            else:
                select.group_mode = word.lower()
        select.places["having"] = self.start
        if self.accept("HAVING"):
            select.having = self.aliased()

    def _grouping_sets(self) -> tuple[tuple[Expression, ...], ...]:
        sets: list[tuple[Expression, ...]] = []
        while True:
            if self.accept("("):
                sets.append(self.listed())
            else:
                sets.append((self.expression(),))
            if self.accept(")"):
                return tuple(sets)
            self.expect(",")

    def _windows(self, select: Select) -> None:
        if self.accept("WINDOW"):
            windows: list[tuple[str, Window]] = []
            while True:
                name = self.name()
                self.expect("AS", "(")
                windows.append((name, self.window()))
                if not self.accept(","):
                    break
            select.windows = tuple(windows)
        select.places["qualify"] = self.start
        if self.accept("QUALIFY"):
            select.qualify = self.aliased()

    def _ordering(self, select: Select) -> None:
        select.places["order by"] = self.start
        if not self.accept("ORDER", "BY"):
            return
        if self.at("ALL") and self.peek(1) not in (",", "."):
            self.position += 1
            select.order_by_all = True
            if self.peek() in ("DESC", "ASC", "NULLS"):
                self.refuse(f"ORDER BY ALL {self.peek()} is not supported")
            return
        items = [self._ordered()]
        while self.accept(","):
            items.append(self._ordered())
        select.order_by = tuple(items)
        if self.accept("INTERPOLATE"):
            select.interpolate = self._interpolated() if self.accept("(") else ()

    def _ordered(self) -> OrderItem:
        item = self.order_item()
        start = self.start
        if self.accept("WITH", "FILL"):
            item.fill = Fill(start)
            if self.accept("FROM"):
                item.fill.from_ = self.expression()
            if self.accept("TO"):
                item.fill.to = self.expression()
            if self.accept("STEP"):
                item.fill.step = self.expression()
            if self.accept("STALENESS"):
                item.fill.staleness = self.expression()
        return item

    def _interpolated(self) -> tuple[tuple[str, Expression | None], ...]:
        items: list[tuple[str, Expression | None]] = []
        while not self.accept(")"):
            name = self.name()
            items.append((name, self.expression() if self.accept("AS") else None))
            if not self.at(")"):
                self.expect(",")
        return tuple(items)

    def _limits(self, select: Select) -> None:
        while self.at("LIMIT"):
            place = self.start
            self.position += 1
            first = self.expression()
            offset: Expression | None = None
            if self.accept(","):
                offset, first = first, self.expression()
            elif self.accept("OFFSET"):
                offset = self.expression()
            if self.accept("BY"):
                if self.at("ALL"):
                    self.refuse("LIMIT BY ALL is not supported")
                select.places["limit by"] = place
                select.limit_by = self.comma_list()
                select.limit_by_limit, select.limit_by_offset = first, offset
                continue
            select.places["limit"] = place
            select.limit, select.offset = first, offset
            select.with_ties = self.accept("WITH", "TIES")
            break
        if self.accept("OFFSET"):
            select.offset = self.expression()
            if self.peek() in ("ROW", "ROWS"):
                self.position += 1
        if self.accept("FETCH"):
            self.position += self.peek() in ("FIRST", "NEXT")
            if self.peek() in ("ROW", "ROWS"):
                self.fail("Expected a number of rows")
            select.limit = self.expression()
            self.position += self.peek() in ("ROW", "ROWS")
            if self.accept("WITH", "TIES"):
                select.with_ties = True
            else:
                self.expect("ONLY")
