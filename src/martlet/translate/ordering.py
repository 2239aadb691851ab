"""ORDER BY: what Trino sorts by so that rows come in ClickHouse's order of a type's values."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from martlet.errors import UnsupportedClauseError, UnsupportedFunctionError
from martlet.translate.aggregate_row import order_key
from martlet.translate.syntax import OrderItem
from martlet.translate.value import Value


@dataclass(frozen=True, slots=True)
class Order:
    """One item of ORDER BY.

    Attributes:
        value: what is ordered by.
        direction: what stands behind it: ` DESC`, ` NULLS FIRST`.
        nan: what stands before it, where Trino would put NaN elsewhere; `{0}` is the value.
        source: the value as the query has it, before it became what Trino sorts by.
        item: the item of the query.
    """

    value: Value
    source: Value
    item: OrderItem
    direction: str = ""
    nan: str = ""

    @property
    def is_descending(self) -> bool:
        return self.direction.startswith(" DESC")

    def sql(self) -> str:
        """Return the item as SQL."""
        return self.nan.replace("{0}", self.value.sql) + self.value.sql + self.direction

    def behind(self, qualifier: str) -> "Order":
        """Return the item for a query around the one that has its column, by that one's name."""
        source = replace(self.source, sql=f"{qualifier}.{self.source.sql}", is_atomic=True)
        if self.value.sql == self.source.sql:
            return replace(self, value=source, source=source)
        return order_of(source, self.item)


def orders_sql(orders: Iterable[Order]) -> str:
    """Return what stands behind ORDER BY."""
    return ", ".join(order.sql() for order in orders)


def order_of(value: Value, item: OrderItem) -> Order:
    """Return an item of ORDER BY for a value.

    NaN stands beside NULL in ClickHouse, in both directions; Trino has it as the largest number.

    Raises:
        UnsupportedClauseError: Trino has another order of such values.
    """
    if item.collate is not None:
        raise UnsupportedClauseError(
            "COLLATE is not supported on Athena", offset=item.expression.start
        )
    key = _key(value, item)
    direction = " DESC" if item.descending else ""
    nulls = " NULLS FIRST" if item.nulls_first else ""
    nan = ""
    if value.form in ("double", "real") and nulls:
        nan = "is_nan({0}) DESC NULLS FIRST, "
    elif value.form in ("double", "real") and item.descending:
        nan = "is_nan({0}), "
    return Order(key, value, item, direction + nulls, nan)


def _key(value: Value, item: OrderItem) -> Value:
    """Return what sorts as ClickHouse sorts a value."""
    try:
        return order_key(value)
    except UnsupportedFunctionError as error:
        raise UnsupportedClauseError(
            f"ORDER BY of {value.type} is not supported on Athena: it has another order there",
            offset=item.expression.start,
        ) from error
