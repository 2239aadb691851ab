"""ORDER BY: what Trino sorts by so that rows come in ClickHouse's order of a type's values."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from martlet.errors import UnsupportedClauseError, UnsupportedFunctionError
from martlet.translate.aggregate_row import has_order, order_key
from martlet.translate.convert import default
from martlet.translate.syntax import OrderItem
from martlet.translate.typing import is_float, not_null
from martlet.translate.value import Value
from martlet.types import Group


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
    """Return what sorts as ClickHouse sorts a value.

    A map is sorted by its entries, and a NULL in an array as NULL alone is, in both directions.
    """
    bare = value.type.bare
    if bare.family.group is Group.MAP and all(
        has_order(inner, form) and not (inner.is_nullable or is_float(inner))
        for inner, form in zip(bare.inner, value.map_forms, strict=True)
    ):
        return replace(value, sql=f"map_entries({value.sql})", is_atomic=True)
    if bare.family.group is Group.ARRAY and bare.inner[0].is_nullable:
        inner = not_null(bare.inner[0])
        if has_order(inner, value.element_form) and not is_float(inner):
            null = int(item.descending is bool(item.nulls_first))
            filler = default(inner, value.element_form).sql
            key = f"ROW(IF(x IS NULL, {null}, {1 - null}), coalesce(x, {filler}))"
            return replace(value, sql=f"transform({value.sql}, x -> {key})", is_atomic=True)
    try:
        return order_key(value)
    except UnsupportedFunctionError as error:
        raise UnsupportedClauseError(
            f"ORDER BY of {value.type} is not supported on Athena: it has another order there",
            offset=item.expression.start,
        ) from error
