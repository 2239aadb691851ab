"""FROM: tables, subqueries, CTEs and joins, and the columns that each of them gives."""

from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.errors import LakeTypeError, SqlError, UnsupportedClauseError, UnsupportedViewError
from martlet.lake import HIDDEN
from martlet.translate.array_join import array_join_clause
from martlet.translate.fills import filled_table
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
from martlet.translate.views import view_rows

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
    if facts.views:
        return _derived(lowering, tree, facts, relation)
    lake = LakeTable(qualifier, facts, relation)
    sql = _stored(tree, facts, qualifier)
    if facts.engine.name == "Null" and not _is_trigger(lowering, tree, facts):
        sql = f"(SELECT * FROM {sql} WHERE false) AS {qualifier}"  # noqa: S608  a checked name
    if tree.final and facts.engine.name != "MergeTree":
        return final_rows(lowering, tree, From(sql, [relation], qualifier, lake=[lake]), facts)
    return From(sql, [relation], qualifier, lake=[lake])


def _stored(tree: Table, facts: TableFacts, qualifier: str) -> str:
    """Return the rows of a table that lie in the lake, as a source of that name."""
    for column, error in facts.unread.items():
        raise UnsupportedClauseError(f"{error.message} (DEFAULT of '{column}')", offset=tree.start)
    read = filled_table(_lake_name(tree, facts), facts)
    return read if qualifier == read else f"{read} AS {qualifier}"


def _is_trigger(lowering: "Lowering", tree: Table, facts: TableFacts) -> bool:
    """Whether this is the table of a view whose rows it takes, the only reader of a Null engine."""
    trigger = lowering.trigger
    known = lowering.tables.get(trigger)
    name = facts.sql_name or tree.parts[-1]
    return known is not None and (known.sql_name or trigger) == name


def _lake_name(tree: Table, facts: TableFacts) -> str:
    return name_sql((facts.sql_name or tree.parts[-1]).lower())


def _derived(lowering: "Lowering", tree: Table, facts: TableFacts, relation: Relation) -> From:
    """Return a data source that views fill: their rows, under those of its own."""
    qualifier = name_sql(relation.name.lower())
    try:
        rows = view_rows(
            lowering,
            facts.sql_name or tree.parts[-1],
            facts,
            relation,
            wants_hidden=tree.final and len(facts.views) == 1 and facts.has_hidden,
        )
    except UnsupportedViewError as error:
        error.offset = tree.start
        raise
    queries = [each.sql for each in rows]
    lake = [table for each in rows for table in each.lake]
    is_known = all(each.has_hidden for each in rows)  # which row came last
    if facts.has_events:
        place = f"\x03{lowering.fresh('events')}\x03"
        names = ", ".join(
            [*(name_sql(name.lower()) for name in facts.columns), *(HIDDEN if is_known else ())]
        )
        queries.insert(0, f"SELECT {names}\nFROM {_stored(tree, facts, qualifier)}{place}")
        lake.append(LakeTable(qualifier, facts, relation, place, frozenset(facts.columns)))
    if facts.engine.name == "Null" and not _is_trigger(lowering, tree, facts):
        queries, lake = [f"SELECT *\nFROM (\n{indented(queries[0])}\n) AS own\nWHERE false"], []
    sql = f"(\n{indented(f'{chr(10)}UNION ALL{chr(10)}'.join(queries))}\n) AS {qualifier}"
    if tree.final and facts.engine.name != "MergeTree":
        merged = replace(facts, has_hidden=is_known, partitions=None)
        return final_rows(lowering, tree, From(sql, [relation], qualifier, lake=lake), merged)
    return From(sql, [relation], qualifier, lake=lake)


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
