"""A SELECT on its way to text: lowered parts, which rewrites put into one another."""

import re
from dataclasses import dataclass, field, replace

from martlet.translate.ordering import Order, order_of
from martlet.translate.relations import indented
from martlet.translate.scope import Relation, Scope
from martlet.translate.value import Value, name_sql

_QUALIFIER = re.compile(r"""\A(\w+|"([^"]|"")*")\.""")


@dataclass(frozen=True, slots=True)
class Item:
    """A column of the result: ClickHouse's name, the name in Trino, and what it is."""

    name: str
    sql_name: str
    value: Value

    @property
    def reference(self) -> Value:
        """The column as a query around this one sees it, before its source's name is put to it."""
        return _outside(self.value, name_sql(self.sql_name))


@dataclass(slots=True)
class Plan:
    """The parts of one SELECT in Trino's words.

    Attributes:
        ctes: definitions of WITH, `name AS (...)`.
        items: the columns of the result.
        hidden: more columns, `(name, value)`, that only rewrites see.
        limit: number of rows as SQL, empty for all.
        scope: where the names of clauses are resolved that come after this plan.
        keeps_order: whether `order_by` is not the query's own but its source's.
    """

    ctes: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    hidden: list[tuple[str, Value]] = field(default_factory=list)
    distinct: bool = False
    source: str = ""
    where: list[str] = field(default_factory=list)
    group_by: str = ""
    having: str = ""
    order_by: list[Order] = field(default_factory=list)
    limit: str = ""
    offset: str = ""
    with_ties: bool = False
    scope: Scope = field(default_factory=Scope)
    keeps_order: bool = False

    def sql(self) -> str:
        """Return the text."""
        lines: list[str] = []
        if self.ctes:
            lines.append("WITH " + ",\n".join(self.ctes))
        columns = [*((item.sql_name, item.value) for item in self.items), *self.hidden]
        shown = []
        for name, value in columns:
            quoted = name_sql(name)
            is_own_name = _QUALIFIER.sub("", value.sql, count=1) == quoted
            shown.append(value.sql if is_own_name else f"{value.sql} AS {quoted}")
        distinct = " DISTINCT" if self.distinct else ""
        one_line = f"SELECT{distinct} {', '.join(shown)}"
        if len(one_line) <= 80 and "\n" not in one_line:
            lines.append(one_line)
        else:
            body = ",\n".join("  " + column.replace("\n", "\n  ") for column in shown)
            lines.append(f"SELECT{distinct}\n{body}")
        if self.source:
            lines.append(f"FROM {self.source}")
        if self.where:
            lines.append("WHERE " + "\n  AND ".join(self.where))
        if self.group_by:
            lines.append(f"GROUP BY {self.group_by}")
        if self.having:
            lines.append(f"HAVING {self.having}")
        if self.order_by:
            lines.append("ORDER BY " + ", ".join(self._order(order) for order in self.order_by))
        if self.offset:
            lines.append(f"OFFSET {self.offset}")
        if self.limit:
            ties = self.with_ties
            lines.append(f"FETCH FIRST {self.limit} ROWS WITH TIES" if ties
                         else f"LIMIT {self.limit}")  # fmt: skip
        return "\n".join(lines)

    def _order(self, order: Order) -> str:
        """Return an item of ORDER BY; what is a column of the result is said by its number."""
        number = self.number_of(order.value)
        if number is None or order.nan:
            return order.sql()
        return replace(order, value=replace(order.value, sql=str(number))).sql()

    def number_of(self, value: Value) -> int | None:
        """Return the number of the column that a value is, counted from 1."""
        for number, item in enumerate(self.items, 1):
            if item.value.sql == value.sql:
                return number
        return None

    def wrapped(
        self, alias: str, hidden: list[tuple[str, Value]], *, as_cte: bool = False
    ) -> "Plan":
        """Return a plan around this one that has its columns, order and limit.

        Args:
            alias: name of this plan as a source.
            hidden: columns that this plan gets for the one around it.
            as_cte: whether it is in WITH, to be read more than once.
        """
        items = [
            replace(item, value=_outside(item.value, f"{alias}.{name_sql(item.sql_name)}"))
            for item in self.items
        ]
        orders: list[Order] = []
        extra = list(hidden)
        for number, order in enumerate(self.order_by, 1):
            column = self.number_of(order.source)
            if column is not None:
                orders.append(order_of(items[column - 1].value, order.item))
                continue
            name = f"order{number}"
            extra.append((name, order.value))
            value = _outside(order.value, f"{alias}.{name}")
            orders.append(replace(order, value=value, source=value))
        inner = replace(self, hidden=[*self.hidden, *extra], order_by=[], limit="", offset="",
                        ctes=[], with_ties=False)  # fmt: skip
        text = f"(\n{indented(inner.sql())}\n)"
        ctes = [*self.ctes, f"{alias} AS {text}"] if as_cte else self.ctes
        return Plan(ctes=ctes, items=items, source=alias if as_cte else f"{text} AS {alias}",
                    order_by=orders, limit=self.limit, offset=self.offset,
                    with_ties=self.with_ties, scope=self._scope_around(items),
                    keeps_order=self.keeps_order)  # fmt: skip

    def carry_order(self) -> tuple[Order, ...]:
        """Return the order of the rows as a query around this one sees it.

        What is ordered by and not selected becomes a hidden column.
        """
        orders: list[Order] = []
        hidden: list[tuple[str, Value]] = []
        for number, order in enumerate(self.order_by, 1):
            column = self.number_of(order.source)
            if column is not None:
                orders.append(order_of(self.items[column - 1].reference, order.item))
                continue
            name = f"__order{number}"
            hidden.append((name, order.value))
            value = _outside(order.value, name)
            orders.append(replace(order, value=value, source=value))
        if hidden and self.distinct:
            return ()
        self.hidden = [*self.hidden, *hidden]
        return tuple(orders)

    def drop_kept_order(self) -> None:
        """Leave an order out that is the source's and decides about no rows here."""
        if self.keeps_order and not self.limit and not self.offset:
            self.order_by = []

    def _scope_around(self, items: list[Item]) -> Scope:
        """Return the scope of a query around this one: its names are those of the columns."""
        columns: dict[str, Value] = {}
        for item in items:
            columns.setdefault(item.name, item.value)
        relations = [Relation("", frozenset(), columns)]
        return Scope(parent=self.scope.parent, ctes=self.scope.ctes, relations=relations)


def _outside(value: Value, sql: str) -> Value:
    """Return a column as a query around its own sees it."""
    return replace(value, sql=sql, is_atomic=True, is_constant=False, is_aggregate=False,
                   literal=None)  # fmt: skip
