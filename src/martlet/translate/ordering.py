"""ORDER BY: what Trino sorts by so that rows come in ClickHouse's order of a type's values."""

from dataclasses import dataclass, replace

from martlet.errors import UnsupportedClauseError
from martlet.translate import slots
from martlet.translate.syntax import OrderItem
from martlet.translate.value import INTEGER_FORMS, Value
from martlet.types import ColumnType, Group


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
    type_ = value.type.bare
    group = type_.family.group
    if group is Group.UUID:  # by the second half first
        return _made(value, f"substr({value.sql}, 20) || substr({value.sql}, 1, 18)", "varchar")
    if group is Group.ENUM:
        numbers = " ".join(
            f"WHEN {slots.string_sql(name)} THEN {number}"
            for name, number in type_.enum_values.items()
        )
        return _made(value, f"CASE {value.sql} {numbers} END", "bigint")
    if group is Group.IP:
        return _made(value, f"CAST({value.sql} AS ipaddress)", "ipaddress")
    if not _is_sorted_alike(value.type, value.form):
        raise UnsupportedClauseError(
            f"ORDER BY of {value.type} is not supported on Athena: it has another order there",
            offset=item.expression.start,
        )
    return value


def _made(value: Value, sql: str, form: str) -> Value:
    return replace(value, sql=sql, form=form, is_atomic=False, literal=None)


_ALIKE = (Group.INTEGER, Group.FLOAT, Group.DECIMAL, Group.BOOL, Group.STRING, Group.FIXED_STRING,
          Group.DATE, Group.DATETIME, Group.DATETIME64)  # fmt: skip
# Trino does not compare a NULL inside of an array or a row, and NaN there has one place only.
_ALIKE_INSIDE = tuple(group for group in _ALIKE if group is not Group.FLOAT)


def _is_sorted_alike(type_: ColumnType, form: str) -> bool:
    """Whether Trino sorts values of a type as ClickHouse does."""
    bare = type_.bare
    if bare.family.group in (Group.ARRAY, Group.TUPLE):
        return all(_is_sorted_inside(inner) for inner in bare.inner)
    if bare.family.group is Group.INTEGER:
        return form in (*INTEGER_FORMS, "boolean", "unknown") or form.startswith("decimal")
    return bare.family.group in _ALIKE or form in ("unknown", "bigint")


def _is_sorted_inside(type_: ColumnType) -> bool:
    bare = type_.bare
    if type_.is_nullable or bare.family.name in ("Int128", "Int256", "UInt128", "UInt256"):
        return False
    if bare.family.group in (Group.ARRAY, Group.TUPLE):
        return all(_is_sorted_inside(inner) for inner in bare.inner)
    return bare.family.group in _ALIKE_INSIDE
