"""Data sources that materialized pipes fill: their rows are selected when they are read.

Nothing writes such rows into the lake. A view over all rows of its source gives what views over
its blocks give once they are merged; so what is read through -Merge, sums or FINAL, and what a
view without groups gives, is ClickHouse's. Columns are matched by name and converted as INSERT
does; those that a view lacks have their DEFAULT. A row with NULL where the data source takes none
is left out: ClickHouse refuses what it was made of (code 349, measured on 26.9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from martlet.errors import (
    MartletError,
    UnsupportedClauseError,
    UnsupportedFunctionError,
    UnsupportedViewError,
)
from martlet.lake import HIDDEN
from martlet.model import TableEngine
from martlet.sql.lexer import quote_identifier
from martlet.translate.convert import as_form, cast, stored_form
from martlet.translate.fills import filled_table, on_one_line, steps_of
from martlet.translate.names import text_of
from martlet.translate.plan import Plan
from martlet.translate.pruning import days_column, is_never_later, mark_in_view
from martlet.translate.relations import LakeTable, behind, indented
from martlet.translate.scope import Relation, Scope
from martlet.translate.states import lake_form, state_type
from martlet.translate.syntax import (
    ArrayJoin,
    Join,
    Query,
    Select,
    SetOperation,
    Table,
    TableSubquery,
)
from martlet.translate.tables import Partitions, TableFacts, View
from martlet.translate.typing import is_time, type_of
from martlet.translate.value import Value, name_sql
from martlet.types import ColumnType, Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

_OWN = "own"
_TEXT = type_of("String")


@dataclass(frozen=True, slots=True)
class Rows:
    """What one view puts into its data source.

    Attributes:
        sql: a query of its rows, in the forms of the lake.
        lake: the data source as it bounds the days of what the view reads: by each column that is
            a time not after the clock there.
        has_hidden: whether the columns of `HIDDEN` are there: those of the rows they are made of.
    """

    sql: str
    lake: tuple[LakeTable, ...] = ()
    has_hidden: bool = False


def view_rows(
    lowering: "Lowering",
    name: str,
    facts: TableFacts,
    relation: Relation,
    *,
    wants_hidden: bool = False,
) -> list[Rows]:
    """Return the rows of each view of a data source.

    Args:
        lowering: of the query that reads the data source.
        name: the data source's.
        facts: with views.
        relation: the data source in FROM.
        wants_hidden: whether to say which rows came last, where that is known.

    Raises:
        UnsupportedViewError: the query of one has no translation, or gives other columns.
    """
    rows = []
    for view in facts.views:
        try:
            rows.append(_rows(lowering, name, facts, view, relation, wants_hidden))
        except UnsupportedViewError:
            raise
        except MartletError as error:
            message = f"The materialized pipe '{view.pipe}', which fills '{name}': {error.message}"
            failure = UnsupportedViewError(message, hint=error.hint)
            failure.pipe = view.pipe
            raise failure from error
    return rows


def _rows(
    lowering: "Lowering",
    name: str,
    facts: TableFacts,
    view: View,
    relation: Relation,
    wants_hidden: bool,
) -> Rows:
    from martlet.translate.lower import Lowering
    from martlet.translate.queries import parse
    from martlet.translate.select import plan_select, translated
    from martlet.translate.translator import literals_of, texts_of

    if view.error is not None:
        raise view.error
    if name in lowering.inside:
        raise UnsupportedClauseError(f"reading '{name}', which it fills, is not supported")
    own = Lowering(
        lowering.tables,
        join_use_nulls=lowering.join_use_nulls,
        texts=texts_of(view.sql),
        counters=lowering.counters,
        inside=(*lowering.inside, name),
    )
    tree, scope, lake = parse(view.sql), Scope(), tuple[LakeTable, ...]()
    own.trigger = _trigger(tree, {})
    plan = Plan()
    if isinstance(tree, Select):
        plan = plan_select(own, tree, scope)
        if plan.scope is scope:
            lake = _bounds(own, tree, plan, facts, relation)
            if wants_hidden and _is_row_by_row(tree, plan):
                alias = scope.lake[0].alias
                plan.hidden = [(each, Value(f"{alias}.{each}", _TEXT, form))
                               for each, form in HIDDEN.items()]  # fmt: skip
        plan.drop_kept_order()
        query = translated(plan)
    else:
        raise UnsupportedClauseError(
            "a UNION as a view is not supported: ClickHouse runs its first query only",
            hint="SELECT from it in another node",
        )
    found = behind(_OWN, query.columns)
    if unknown := [column for column in found if column not in facts.columns]:
        raise UnsupportedClauseError(f"'{name}' does not have its columns {', '.join(unknown)}")
    has_hidden = bool(plan.hidden)
    shown = replace(facts, has_hidden=has_hidden, partitions=None)
    sql = on_one_line(literals_of(view.sql, _converted(query.sql, found, shown)))
    return Rows(_with_defaults(sql, shown, set(facts.columns) - set(found)), lake, has_hidden)


def _trigger(query: Query, ctes: Mapping[str, Query]) -> str:
    """Return the table whose new rows a view takes: the first in FROM; empty if there is none.

    ClickHouse gives the view these rows wherever it reads that table (measured on 26.9).
    """
    if isinstance(query, SetOperation):
        return _trigger(query.queries[0], {**ctes, **{cte.name: cte.query for cte in query.ctes}})
    known = {**ctes, **{cte.name: cte.query for cte in query.ctes}}
    source = query.source
    while isinstance(source, Join | ArrayJoin):
        source = source.left
    if isinstance(source, TableSubquery):
        return _trigger(source.query, known)
    if not isinstance(source, Table):
        return ""
    name = source.parts[-1]
    if len(source.parts) == 1 and name in known:
        outer = {other: inner for other, inner in known.items() if other != name}
        return _trigger(known[name], outer)
    return name


def _is_row_by_row(tree: Select, plan: Plan) -> bool:
    """Whether each row of a view is made of one row of the lake that says when it came."""
    tables = plan.scope.lake
    return (
        len(tables) == len(plan.scope.relations) == 1
        and tables[0].facts.has_hidden
        and not (tables[0].place or tables[0].days)
        and not (tree.group_by or tree.group_by_all or plan.scope.has_aggregates)
        and not (tree.distinct or plan.hidden or tree.grouping_sets)
    )


def _bounds(
    own: "Lowering", tree: Select, plan: Plan, facts: TableFacts, relation: Relation
) -> tuple[LakeTable, ...]:
    """Return how a condition on a time of the data source bounds the days that its view reads.

    That is so where the rows of a later time do not depend on those of earlier ones: the time is
    one of the view's rows, or of the keys of its groups. The plan's WHERE gets a place for it.
    """
    scope = plan.scope
    depends = (
        tree.limit, tree.offset, tree.limit_by, tree.distinct_on, tree.qualify, tree.with_totals,
        tree.grouping_sets, tree.group_mode, tree.group_by_all,
    )  # fmt: skip
    is_windowed = any(" OVER (" in item.value.sql for item in plan.items)
    if len(scope.relations) != 1 or is_windowed or any(depends):
        return ()
    bounds: list[LakeTable] = []
    for lake in scope.lake:
        days = days_column(lake)
        if not days or (lake.place and not lake.days):
            continue
        place = lake.place or mark_in_view(own.fresh("view"))
        found = _times(own, tree, facts, lake, scope)
        for column, late in found.items():
            assert lake.facts.partitions is not None
            partitions = Partitions(None, lake.facts.partitions.ahead_days + late)
            engine = TableEngine(partition_key=quote_identifier(column))
            seen = replace(facts, engine=engine, partitions=partitions)
            alias = name_sql(relation.name.lower())
            bounds.append(LakeTable(alias, seen, relation, place, frozenset([column]), days))
        if found and not lake.place:
            plan.where.append(f"true{place}")
    return tuple(bounds)


def _times(
    own: "Lowering", tree: Select, facts: TableFacts, lake: LakeTable, scope: Scope
) -> dict[str, int]:
    """Return the data source's columns that are times not after a clock, with days on top."""
    keys = {text_of(key) for key in tree.group_by}
    is_grouped = bool(keys) or scope.has_aggregates
    found = {}
    for expression in tree.columns:
        name = expression.alias or text_of(expression)
        is_own = not is_grouped or name in keys or text_of(expression) in keys
        if is_own and name in facts.columns and is_time(facts.columns[name]):
            late = is_never_later(own, expression, lake, scope)
            if late is not None:
                found[name] = late
    return found


def _converted(sql: str, found: Mapping[str, Value], facts: TableFacts) -> str:
    """Return a view's rows with the columns of its data source; NULL for those that it lacks."""
    shown, tests = [], []
    for column, type_ in facts.columns.items():
        form = lake_form(type_).trino
        if column not in found:
            shown.append(f"CAST(NULL AS {form}) AS {name_sql(column.lower())}")
            continue
        value = _inserted(found[column], column, type_, form)
        shown.append(f"{value.sql} AS {name_sql(column.lower())}")
        if value.is_nullable and not type_.is_nullable:
            tests.append(f"{value.sql} IS NOT NULL")
    if facts.has_hidden:
        shown += [f"{_OWN}.{name}" for name in HIDDEN]
    lines = ["SELECT", indented(",\n".join(shown)), "FROM (", indented(sql), f") AS {_OWN}"]
    if tests:
        lines.append(f"WHERE {' AND '.join(tests)}")
    return "\n".join(lines)


def _inserted(value: Value, column: str, type_: ColumnType, form: str) -> Value:
    """Return a value as INSERT puts it into a column."""
    if value.type.family.group is Group.STATE and type_.family.group is Group.STATE:
        made, wanted = state_type(value.type), state_type(type_)
        if made.name != wanted.name or str(made.holds) != str(wanted.holds):
            raise UnsupportedFunctionError(
                f"Column '{column}': {value.type} cannot be stored as {type_}"
            )
        return as_form(value, form)
    try:
        return as_form(stored_form(cast(value, type_)), form)
    except MartletError as error:
        raise UnsupportedFunctionError(f"Column '{column}': {error.message}") from error


def _with_defaults(sql: str, facts: TableFacts, missing: set[str]) -> str:
    """Return a view's rows with the DEFAULT of columns that it lacks; without one, the type's."""
    wanted: dict[str, str] = {}
    for name in missing:
        default = facts.defaults.get(name, "")
        if default is None:
            raise UnsupportedClauseError(
                f"it lacks column '{name}', whose DEFAULT is of the moment at which a row is"
                " written: select the column"
            )
        if default or not facts.columns[name].is_nullable:
            wanted[name] = default
    steps, errors = steps_of(wanted, facts.columns)
    for name, error in errors.items():
        raise UnsupportedClauseError(f"DEFAULT of column '{name}': {error.message}")
    if not steps:
        return sql
    source = filled_table(f"(\n{indented(sql)}\n)", replace(facts, fills=steps, nested={}))
    return f"SELECT *\nFROM {source} AS {_OWN}"
