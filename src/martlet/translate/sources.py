"""FROM: tables, subqueries, CTEs and joins, and the columns that each of them gives."""

from typing import TYPE_CHECKING

from martlet.errors import LakeTypeError, SqlError, UnsupportedClauseError
from martlet.translate.array_join import array_join_clause
from martlet.translate.final import final_rows
from martlet.translate.joins import join
from martlet.translate.relations import From, LakeTable, behind, indented
from martlet.translate.scope import CteEntry, Relation, Scope
from martlet.translate.states import lake_form
from martlet.translate.syntax import (
    ArrayJoin,
    Join,
    Source,
    Table,
    TableFunction,
    TableSubquery,
)
from martlet.translate.table_functions import SYSTEM_TABLES, table_function
from martlet.translate.tables import TableFacts
from martlet.translate.value import Value, name_sql

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering


def source(lowering: "Lowering", tree: Source, scope: Scope) -> From:
    """Translate what stands behind FROM."""
    match tree:
        case Table():
            return _table(lowering, tree, scope)
        case TableSubquery():
            return _subquery(lowering, tree, scope)
        case Join():
            left = source(lowering, tree.left, scope)
            return join(lowering, tree, left, source(lowering, tree.right, scope), scope)
        case TableFunction():
            return table_function(lowering, tree, scope)
        case ArrayJoin():
            inner = source(lowering, tree.left, scope) if tree.left is not None else None
            return array_join_clause(lowering, tree, inner, scope)
    raise AssertionError(tree)


def _table(lowering: "Lowering", tree: Table, scope: Scope) -> From:
    name = ".".join(tree.parts)
    if tree.sample is not None:
        raise UnsupportedClauseError("SAMPLE is not supported", offset=tree.start)
    entry = scope.cte(name) if len(tree.parts) == 1 else None
    if entry is not None:
        if tree.final:
            raise UnsupportedClauseError("FINAL of a subquery is not supported", offset=tree.start)
        return _cte(lowering, tree, entry)
    facts = lowering.tables.get(name) or lowering.tables.get(tree.parts[-1])
    if facts is None:
        if name in SYSTEM_TABLES:
            return SYSTEM_TABLES[name](tree)
        raise SqlError(f"Unknown table '{name}'", offset=tree.start)
    alias = tree.alias or tree.parts[-1]
    qualifier = name_sql(alias.lower())
    qualifiers = {alias} if tree.alias else {tree.parts[-1], name}
    relation = Relation(alias, frozenset(qualifiers), stored_columns(facts, qualifier, tree))
    sql_name = name_sql((facts.sql_name or tree.parts[-1]).lower())
    lake = LakeTable(qualifier, facts, relation)
    sql = sql_name if qualifier == sql_name else f"{sql_name} AS {qualifier}"
    if tree.final and facts.engine.name != "MergeTree":
        return final_rows(lowering, tree, From(sql, [relation], qualifier, lake=[lake]), facts)
    return From(sql, [relation], qualifier, lake=[lake])


def stored_columns(facts: TableFacts, qualifier: str, tree: Table) -> dict[str, Value]:
    """Return a table's columns as they lie in the lake.

    Raises:
        UnsupportedClauseError: a column's type has no form there.
    """
    columns: dict[str, Value] = {}
    for name, type_ in facts.columns.items():
        try:
            form = "unknown" if type_.bare.family.name == "Nothing" else lake_form(type_).trino
        except LakeTypeError as error:
            raise UnsupportedClauseError(
                f"{error.message} (column '{name}' of {'.'.join(tree.parts)})", offset=tree.start
            ) from error
        columns[name] = Value(f"{qualifier}.{name_sql(name.lower())}", type_, form)
    return columns


def _cte(lowering: "Lowering", tree: Table, entry: CteEntry) -> From:
    if entry.columns is None:
        if entry.is_open:
            raise UnsupportedClauseError("A recursive CTE is not supported", offset=tree.start)
        entry.is_open = True
        from martlet.translate.select import translate_query

        inside = Scope(parent=entry.scope)
        translated = translate_query(lowering, entry.cte.query, inside, is_source=True)
        entry.columns, entry.order = translated.columns, translated.order
        entry.sql_name = lowering.fresh(f"{entry.cte.name.lower()}_") if (
            entry.cte.name.lower() in {name.lower() for name in lowering.tables}
        ) else entry.cte.name.lower()  # fmt: skip
        entry.sql = translated.sql
    alias = tree.alias or entry.cte.name
    qualifier = name_sql(alias.lower())
    shown = f" AS {qualifier}" if alias.lower() != entry.sql_name else ""
    relation = Relation(alias, frozenset({alias}), behind(qualifier, entry.columns))
    order = tuple(item.behind(qualifier) for item in entry.order)
    return From(f"{name_sql(entry.sql_name)}{shown}", [relation], qualifier, order=order)


def _subquery(lowering: "Lowering", tree: TableSubquery, scope: Scope) -> From:
    if tree.final:
        raise UnsupportedClauseError("FINAL of a subquery is not supported", offset=tree.start)
    translated = lowering.subquery(tree.query, scope, is_source=True)
    alias = tree.alias or ""
    qualifier = name_sql(alias.lower()) if alias else lowering.fresh("subquery")
    columns = dict(translated.columns)
    if tree.column_names:
        if len(tree.column_names) != len(columns):
            raise SqlError("Another number of names than columns", offset=tree.start)
        columns = dict(zip(tree.column_names, columns.values(), strict=True))
    relation = Relation(alias, frozenset({alias} if alias else ()), behind(qualifier, columns))
    order = tuple(item.behind(qualifier) for item in translated.order)
    sql = f"(\n{indented(translated.sql)}\n) AS {qualifier}"
    return From(sql, [relation], qualifier, order=order)


def output_name(name: str, taken: set[str]) -> str:
    """Return a column's name in Trino, where case does not count."""
    shown = name.lower() or "column"
    candidate, number = shown, 2
    while candidate in taken:
        candidate = f"{shown}_{number}"
        number += 1
    taken.add(candidate)
    return candidate
