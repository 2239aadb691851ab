"""Scalar subqueries: what they are where they have no rows.

ClickHouse's is NULL then, or an error where its type cannot be Nullable. Measured on chDB 26.9.
"""

from dataclasses import replace

from martlet.translate.aggregates import find_aggregate
from martlet.translate.catalogue import find_function
from martlet.translate.scope import walk
from martlet.translate.syntax import Call, Query, Select
from martlet.translate.typing import is_low_cardinality, nullable, tuple_of
from martlet.translate.value import Value
from martlet.types import ColumnType, Group


def always_has_row(query: Query) -> bool:
    """Whether a query is one of aggregates over all rows, as far as its columns show."""
    if not isinstance(query, Select) or query.group_by or query.group_by_all:
        return False
    if query.having or query.qualify or query.limit or query.offset or query.grouping_sets:
        return False
    calls = [part for column in query.columns for part in walk(column) if isinstance(part, Call)]
    return any(
        call.window is None and find_function(call.name) is None and find_aggregate(call.name)
        for call in calls
    )


def not_empty(value: Value) -> Value:
    """Return a scalar subquery that fails where it has no rows, as in ClickHouse."""
    if "unknown" in value.form:  # of `[]` and NULL only
        return value
    failure = "CAST('A scalar subquery has no rows' AS bigint)"
    missing = f"element_at(transform(ARRAY[{failure}], x -> CAST(NULL AS {value.form})), 1)"
    return replace(value, sql=f"coalesce({value.sql}, {missing})", is_atomic=True)


def nullable_fields(type_: ColumnType) -> ColumnType:
    """Return the type of a tuple that may be NULL as a whole, by its fields."""
    fields = [
        field if field.bare.family.group in (Group.ARRAY, Group.MAP, Group.TUPLE)
        or is_low_cardinality(field) else nullable(field)
        for field in type_.inner
    ]  # fmt: skip
    return tuple_of(fields, type_.names)
