"""What FROM gives: a source's SQL, and the relations whose columns it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlet.translate.convert import or_default
from martlet.translate.scope import Relation
from martlet.translate.tables import TableFacts
from martlet.translate.typing import nullable
from martlet.translate.value import Value
from martlet.types import ColumnType

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.ordering import Order


@dataclass(slots=True)
class LakeTable:
    """A table of the lake in FROM, for what its partitions may leave out.

    Attributes:
        alias: its name as SQL.
        place: of a table read with FINAL, the mark in the SQL where conditions on it can stand.
        keys: with `place`, the columns whose bounds leave out whole keys only.
        days: the column of days, where it is not the alias's own: of a table that a view reads.
    """

    alias: str
    facts: TableFacts
    relation: Relation
    place: str = ""
    keys: frozenset[str] = frozenset()
    days: str = ""


@dataclass(slots=True)
class From:
    """A source.

    Attributes:
        alias: its name as SQL where it is one relation, empty for a join.
        using: columns of USING, which belong to both sides, by name.
        where: conditions that belong into the query's WHERE.
        is_filled: whether a side of an outer join in it has rows without a match.
        lake: the tables of the lake in it that have no such rows.
        order: the order of its rows, where it is a query that says one.
    """

    sql: str
    relations: list[Relation]
    alias: str = ""
    using: dict[str, Value] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    is_filled: bool = False
    lake: list[LakeTable] = field(default_factory=list)
    order: "tuple[Order, ...]" = ()


def behind(qualifier: str, columns: Mapping[str, Value]) -> dict[str, Value]:
    """Return the columns of a translated query as columns of a source of that name."""
    return {
        name: replace(value, sql=f"{qualifier}.{value.sql}", is_constant=False, is_aggregate=False,
                      literal=None, is_atomic=True)
        for name, value in columns.items()
    }  # fmt: skip


def indented(sql: str) -> str:
    """Return lines two spaces further to the right."""
    return "  " + sql.replace("\n", "\n  ")


def filled(lowering: "Lowering", side: From) -> From:
    """Return a side of an outer join: NULLs, or defaults, where a row has no match."""
    relations = [
        replace(relation, columns={n: unmatched(lowering, v) for n, v in relation.columns.items()})
        for relation in side.relations
    ]
    using = {name: unmatched(lowering, value) for name, value in side.using.items()}
    return replace(side, relations=relations, using=using, is_filled=True, lake=[])


def unmatched(lowering: "Lowering", value: Value) -> Value:
    """Return a column on a side of an outer join, NULL where it has no match."""
    type_ = unmatched_type(lowering, value)
    if type_.is_nullable:
        return value.retyped(type_)
    return or_default(value)


def unmatched_type(lowering: "Lowering", value: Value) -> ColumnType:
    """Return the type that a column has on a side of an outer join."""
    return nullable(value.type) if lowering.join_use_nulls else value.type
