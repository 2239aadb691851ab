"""A project's tables and views brought into the engine, without losing a stored row.

Every table and view carries the fingerprint of its definition as its comment, so a start compares
texts and changes nothing that is as it should be. Views are made in the order in which rows flow,
each filled from the rows already there before the next one is made.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from martlet.catalog import (
    column_ddl,
    comment_of,
    fingerprint,
    quarantine_ddl,
    stored_columns,
    table_ddl,
    view_ddl,
)
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, DatafileError, MartletError, QueryError
from martlet.model import Column, Datasource, NodeType, Project
from martlet.query import QueryBuilder
from martlet.rewrites import compare, copy_rows, forward, forward_hint
from martlet.shapes import Differences, quarantine_actions, shape_of
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.sql.tables import find_tables, replace_tables
from martlet.types import parse_type
from martlet.views import (
    VIEW_PREFIX,
    View,
    can_refill,
    ordered,
    renamed,
    targets_of,
    unfilled_sources,
    view_of,
    views_in_order,
)

TRIAL_PREFIX = "__trial_"
_TRIAL_VIEW_PREFIX = "__trial_view_"
_NEW_PREFIX = "__new_"
_FILL_PREFIX = "__fill_"
_REMADE_PREFIX = "__remade_"
_OLD_PREFIX = "__old_"
# Tables whose names say something, whatever they hold; and all that hold no project's rows.
MARKS = (VIEW_PREFIX, _FILL_PREFIX, _REMADE_PREFIX)
INTERNAL_PREFIXES = (*MARKS, TRIAL_PREFIX, _NEW_PREFIX, _OLD_PREFIX)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One thing that was done.

    Attributes:
        kind: created, altered, recreated, filled, interrupted or dropped.
    """

    kind: str
    resource: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.resource} {self.kind}" + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Applied:
    """What `apply_schema` did.

    Attributes:
        datasources: the project's, with the columns of those that a view defines.
        made: the changes in order.
        trials: data source with views -> table on which inserts are tried first.
        refilled: data sources that were made anew and filled from others.
        emptied: data sources that were made anew since they had no rows.
        filled: materialized pipes that have written what they select from stored rows.
        rewritten: data source -> SELECT list that made its rows of those that were stored.
    """

    datasources: dict[str, Datasource] = field(default_factory=dict)
    made: list[SchemaChange] = field(default_factory=list)
    trials: dict[str, str] = field(default_factory=dict)
    refilled: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    rewritten: dict[str, str] = field(default_factory=dict)


def apply_schema(
    engine: ClickHouse,
    project: Project,
    queries: QueryBuilder,
    *,
    destructive: bool = False,
    unfilled: Collection[str] = (),
    known: Mapping[str, str] | None = None,
) -> Applied:
    """Create, alter and fill what the project needs; nothing else may write meanwhile.

    Args:
        engine: where the tables are, which are not to be used any more if it fails.
        project: whose tables they shall be.
        queries: of the project.
        destructive: whether stored values may be given up where a definition has no place for them.
        unfilled: materialized pipes whose targets get no stored rows when they are made.
        known: name -> data source of the materialized pipes that there were, where the database
            does not have their views.

    Raises:
        ConflictError: stored rows do not fit a definition any more; nothing was changed.
        DatafileError: ClickHouse refuses a definition, and nothing was changed; or a view fails on
            stored rows, and its target lacks them.
    """
    views = views_in_order(project, queries)
    apply = _Apply(engine, project, views, destructive=destructive, unfilled=unfilled)
    apply.renamed = renamed(apply.existing, known or targets_of(engine), views)
    return apply.run()


def stored_definitions(engine: ClickHouse) -> dict[str, str]:
    """Return table -> fingerprint of its definition."""
    rows = engine.rows("SELECT name, comment FROM system.tables WHERE database = currentDatabase()")
    return {str(row["name"]): str(row["comment"]) for row in rows}


def is_current(engine: ClickHouse, project: Project, queries: QueryBuilder) -> bool:
    """Whether the tables and views of a project are there, and no other project's views."""
    apply = _Apply(engine, project, views_in_order(project, queries))
    views = {name for name in apply.existing if name.startswith(VIEW_PREFIX)}
    begun = (_FILL_PREFIX, _REMADE_PREFIX, _OLD_PREFIX)
    return (
        apply.is_current()
        and views == {view.name for view in apply.views}
        and not any(name.startswith(begun) for name in apply.existing)
    )


def try_schema(
    engine: ClickHouse, project: Project, queries: QueryBuilder, *, broken: Collection[str]
) -> dict[str, MartletError]:
    """Make in an empty database all that can be made, each resource for itself.

    Args:
        engine: of the empty database.
        project: with or without errors.
        queries: of the project.
        broken: data sources and pipes with errors: neither they nor what needs them is made.

    Returns:
        Why other resources are not made, by name.
    """
    refused: dict[str, MartletError] = {}
    views: list[View] = []
    for pipe in project.pipes.values():
        if pipe.type is NodeType.MATERIALIZED and pipe.name not in broken:
            try:
                views.append(view_of(pipe, queries))
            except MartletError as error:
                refused[pipe.name] = DatafileError(error.message, location=pipe.output.location)
    try:
        views = ordered(views)
    except DatafileError as error:
        refused[views[0].pipe.name] = error
        views = []
    apply = _Apply(engine, project, views)
    for source in project.datasources.values():
        if source.columns and source.name not in broken:
            try:
                apply.apply_datasource(source, set())
            except MartletError as error:
                refused[source.name] = error
    for view in views:
        unmade = {
            name for name in view.reads if name in apply.sources and not apply.sources[name].columns
        }
        if not unmade and not {view.target, *view.reads} & {*refused, *broken}:
            try:
                if not apply.sources[view.target].columns:
                    apply.infer_target(view, set())
                apply.apply_view(view, set())
            except MartletError as error:
                refused[view.pipe.name] = error
    return refused


def restore_views(engine: ClickHouse, project: Project, queries: QueryBuilder) -> Applied:
    """Bring back the views of a project after another could not be applied; tables stay.

    Raises:
        DatafileError: a view does not fit the tables any more.
    """
    return _Apply(engine, project, views_in_order(project, queries)).restore_views()


class _Apply:
    """One run of `apply_schema`."""

    def __init__(
        self,
        engine: ClickHouse,
        project: Project,
        views: list[View],
        *,
        destructive: bool = False,
        unfilled: Collection[str] = (),
    ) -> None:
        self.engine = engine
        self.project = project
        self.views = views
        self.destructive = destructive
        self.unfilled = unfilled
        self.applied = Applied(dict(project.datasources))
        self.existing = self.comments()
        self.renamed: Mapping[str, str] = {}

    def comments(self) -> dict[str, str]:
        """Return name -> fingerprint of what the database has."""
        return stored_definitions(self.engine)

    @property
    def sources(self) -> dict[str, Datasource]:
        return self.applied.datasources

    def infer_target(self, view: View, refilled: set[str]) -> None:
        """Define the data source of a Classic node with an ENGINE: its columns are the SELECT's."""
        source = self.sources[view.target]
        columns = tuple(
            Column(name, parse_type(kind), source.location)
            for name, kind in self.view_columns(view).items()
        )
        source = self.sources[view.target] = replace(source, columns=columns)
        if source.name in self.existing and self.existing[source.name] != comment_of(
            table_ddl(source)
        ):
            self.check_change(source)
        self.apply_datasource(source, refilled)

    def note(self, kind: str, resource: str, detail: str = "") -> None:
        self.applied.made.append(SchemaChange(kind, resource, detail))

    def is_current(self) -> bool:
        """Whether every table and view is there as it is defined now."""
        wanted = {view.name: fingerprint(view.sql) for view in self.views}
        for source in self.project.datasources.values():
            if source.columns:
                wanted[source.name] = comment_of(table_ddl(source))
                wanted[source.quarantine] = comment_of(quarantine_ddl(source))
        return all(self.existing.get(name) == text for name, text in wanted.items())

    def run(self) -> Applied:
        interrupted = {
            name.removeprefix(_FILL_PREFIX)
            for name in self.existing
            if name.startswith(_FILL_PREFIX)
        }
        self.drop(
            name
            for name in self.existing
            if name.startswith((TRIAL_PREFIX, _NEW_PREFIX, _FILL_PREFIX))
        )
        for mark in [name for name in self.existing if name.startswith(_REMADE_PREFIX)]:
            self.existing.setdefault(VIEW_PREFIX + mark.removeprefix(_REMADE_PREFIX), "changed")
        changed = self.changed_datasources()
        self.existing |= {name: self.existing.get(old, "") for name, old in self.renamed.items()}
        refilled = self.applied.refilled = self.targets_to_refill(changed, interrupted)
        for name in refilled:
            self.check_refill(self.sources[name])
        for source in changed:  # all that can be refused is refused before anything is changed
            if source.name not in refilled:
                self.check_change(source)
        self.drop_stale_views(refilled)
        self.existing |= {name: "remade" for name in self.renamed if name in self.existing}
        for source in self.project.datasources.values():
            if source.columns:
                self.apply_datasource(source, refilled)
        for view in self.views:
            if not self.sources[view.target].columns:
                self.infer_target(view, refilled)
            self.apply_view(view, refilled)
        self.make_trials()
        self.drop([name for name in self.comments() if name.startswith(_REMADE_PREFIX)])
        return self.applied

    def restore_views(self) -> Applied:
        """Make views that are not as this project has them, over the tables as they are."""
        self.drop(name for name in self.existing if name.startswith(TRIAL_PREFIX))
        for view in self.views:
            if self.existing.get(view.name) != fingerprint(view.sql):
                self.drop([view.name])
                self.define_view(view, view_ddl(view.name, view.target, view.sql))
        self.make_trials()
        return self.applied

    def changed_datasources(self) -> list[Datasource]:
        return [
            source
            for source in self.project.datasources.values()
            if source.name in self.existing
            and source.columns
            and self.existing[source.name] != comment_of(table_ddl(source))
        ]

    def targets_to_refill(self, changed: Iterable[Datasource], interrupted: set[str]) -> set[str]:
        """Return targets made anew from their sources, since they or a view of theirs changed.

        Args:
            changed: data sources that are not as they were.
            interrupted: pipes whose filling did not come to its end.
        """
        wanted = {source.name for source in changed}
        for view in self.views:
            if view.pipe.name in interrupted:
                wanted.add(view.target)
                if view.name in self.existing and not self.can_refill(view.target):
                    self.note("interrupted", view.pipe.name, "rows of before may be missing")
        wanted |= {
            view.target
            for view in self.views
            if self.existing.get(view.name, fingerprint(view.sql)) != fingerprint(view.sql)
        }
        refilled: set[str] = set()
        for view in self.views:  # in the order in which rows flow, so that one pass is enough
            if (view.target in wanted or view.reads & refilled) and self.can_refill(view.target):
                refilled.add(view.target)
        return refilled

    def can_refill(self, target: str) -> bool:
        return can_refill(target, self.views, self.project, self.sources)

    def count(self, table: str) -> int:
        return int(self.engine.command(f"SELECT count() FROM {quote_identifier(table)}"))

    def check_change(self, source: Datasource) -> None:
        if not self.count(source.name):
            return
        differences = self.differences(source)
        if differences.refused and differences.forwarded is None:
            raise self.misfit(source, differences.refused, forward_hint(source, differences.old))
        if differences.lost and not self.destructive:
            raise self.misfit(source, differences.lost, "allow destructive operations")

    def check_refill(self, source: Datasource) -> None:
        rows = {name: self.count(name) for name in self.sources if name in self.existing}
        sources = unfilled_sources(source.name, self.views, rows)
        if sources and not self.destructive:
            why = f"they would be made again of {sources}, which has no rows"
            raise self.misfit(source, [why], "allow destructive operations")

    def misfit(self, source: Datasource, reasons: list[str], hint: str) -> ConflictError:
        return ConflictError(
            f"The {self.count(source.name)} stored rows of data source '{source.name}' do not fit"
            f" its definition any more: {'; '.join(reasons)}",
            location=source.location,
            hint=f"{hint}; or undo the change, or start with --fresh to drop all local data",
        )

    def differences(self, source: Datasource) -> Differences:
        """Compare a table with its definition, both as ClickHouse spells them."""
        new = _NEW_PREFIX + source.name
        self.define(source, table_ddl(source, name=new))
        try:
            return compare(self.engine, source, shape_of(self.engine, new))
        finally:
            self.drop([new])

    def apply_datasource(self, source: Datasource, refilled: set[str]) -> None:
        ddl = table_ddl(source)
        if source.name not in self.existing:
            self.define(source, ddl)
            self.note("created", source.name)
        elif source.name in refilled:
            self.drop([source.name])
            self.define(source, ddl)
            self.note("recreated", source.name, "filled again by its materialized pipes")
        elif self.existing[source.name] != comment_of(ddl):
            self.change(source, ddl)
        self.apply_quarantine(source)

    def change(self, source: Datasource, ddl: str) -> None:
        if not self.count(source.name):
            self.drop_views_of(source.name)
            self.drop([source.name])
            self.define(source, ddl)
            self.applied.emptied.add(source.name)
            self.note("recreated", source.name, "it was empty")
            return
        table = quote_identifier(source.name)
        differences = self.differences(source)
        is_forwarded = differences.forwarded is not None
        if is_forwarded or differences.is_copied:
            self.rewrite(source, ddl, is_copied=not is_forwarded)
            return
        for action in differences.actions(source):
            self.define(source, f"ALTER TABLE {table} {action}")
        self.engine.command(f"ALTER TABLE {table} MODIFY COMMENT {quote_string(comment_of(ddl))}")
        self.note("altered", source.name, ", ".join(differences.altered()))

    def rewrite(self, source: Datasource, ddl: str, *, is_copied: bool) -> None:
        """Fill a data source's new table from the one that it was."""
        old = _OLD_PREFIX + source.name
        self.drop_views_of(source.name)
        self.engine.command(
            f"RENAME TABLE {quote_identifier(source.name)} TO {quote_identifier(old)}"
        )
        self.define(source, ddl)
        if is_copied:
            copy_rows(self.engine, source.name, "", old)
        else:
            self.applied.rewritten[source.name] = source.forward_query
            forward(self.engine, source, f"FROM {quote_identifier(old)}")
        self.drop([old])
        self.note("rewritten", source.name, "as they are" if is_copied else "by its FORWARD_QUERY")

    def apply_quarantine(self, source: Datasource) -> None:
        ddl = quarantine_ddl(source)
        known = self.existing.get(source.quarantine)
        if known is None:
            self.define(source, ddl)
        elif known != comment_of(ddl):
            table = quote_identifier(source.quarantine)
            for action in quarantine_actions(source):
                self.engine.command(f"ALTER TABLE {table} {action}")
            self.engine.command(
                f"ALTER TABLE {table} MODIFY COMMENT {quote_string(comment_of(ddl))}"
            )

    def define(self, source: Datasource, ddl: str) -> None:
        try:
            self.engine.command(ddl)
        except QueryError as error:
            raise DatafileError(
                f"ClickHouse refuses data source '{source.name}':"
                f" {error.message.removeprefix('[Error] ')}",
                location=source.location,
            ) from error

    def drop(self, names: Iterable[str]) -> None:
        # A view before the table it writes to: names sort so, "__trial_view_" is dropped first.
        for name in sorted(names, key=lambda name: not name.startswith(_TRIAL_VIEW_PREFIX)):
            self.engine.command(f"DROP TABLE IF EXISTS {quote_identifier(name)} SYNC")

    def drop_stale_views(self, refilled: set[str]) -> None:
        """Drop views that no pipe defines so any more, or whose target is filled again."""
        wanted = {view.name: view for view in self.views}
        for name, comment in list(self.existing.items()):
            if not name.startswith(VIEW_PREFIX):
                continue
            view = wanted.get(name)
            is_same = view is not None and comment == fingerprint(view.sql)
            if view and is_same and not refilled & {view.target, *view.reads}:
                continue
            is_kept = view is not None and view.target not in refilled
            if is_kept:  # marked as long as it is gone: what is made anew then is not filled again
                mark = quote_identifier(_REMADE_PREFIX + name.removeprefix(VIEW_PREFIX))
                self.engine.command(f"CREATE TABLE IF NOT EXISTS {mark} (none UInt8) ENGINE = Null")
            self.drop([name])
            del self.existing[name]
            if view is None:
                self.note("dropped", name.removeprefix(VIEW_PREFIX))
            elif is_kept:  # it must not see the rows of a refilled source
                self.existing[name] = "remade" if is_same else "changed"

    def drop_views_of(self, table: str) -> None:
        """Drop the views that read or feed a table about to be made anew; it has no rows."""
        for view in self.views:
            if table in (view.target, *view.reads) and view.name in self.existing:
                self.drop([view.name])
                self.existing[view.name] = "remade"

    def apply_view(self, view: View, refilled: set[str]) -> None:
        known = self.existing.get(view.name)
        if known == fingerprint(view.sql):
            return
        self.check_view_columns(view)
        ddl = view_ddl(view.name, view.target, view.sql)
        if known is not None and view.target not in refilled:
            self.define_view(view, ddl)
            if known == "changed":
                self.note("altered", view.pipe.name, "for new rows; those stored stay as they are")
            return
        is_skipped = self.sources[view.target].backfill == "skip"
        if (is_skipped or view.pipe.name in self.unfilled) and view.target not in refilled:
            self.define_view(view, ddl)
            reason = " (BACKFILL skip)" if is_skipped else ""
            self.note("created", view.pipe.name, f"not filled{reason}")
            return
        self.fill(view, ddl)

    def view_columns(self, view: View) -> dict[str, str]:
        """Return name -> type of a view's columns."""
        try:
            described = self.engine.command(f"DESCRIBE TABLE ({view.sql})")
        except QueryError as error:
            raise view.error(error) from error
        rows = (line.split("\t") for line in described.splitlines())
        return {row[0]: row[1] for row in rows}

    def check_view_columns(self, view: View) -> None:
        target = self.sources[view.target]
        known = {column.name for column in stored_columns(target)}
        if unknown := [name for name in self.view_columns(view) if name not in known]:
            raise DatafileError(
                f"The materialized node '{view.pipe.output.name}' makes columns that its data"
                f" source '{target.name}' does not have: {', '.join(unknown)}",
                location=view.pipe.output.location,
                hint="columns are matched by name: rename them with AS, or add them to the SCHEMA",
            )

    def define_view(self, view: View, ddl: str) -> None:
        try:
            self.engine.command(ddl)
        except QueryError as error:
            raise view.error(error) from error

    def fill(self, view: View, ddl: str) -> None:
        """Make a view and write to its target what it selects from the rows there.

        A start that finds the stage knows that the filling did not come to its end.
        """
        columns = ", ".join(quote_identifier(name) for name in self.view_columns(view))
        target = quote_identifier(view.target)
        stage = quote_identifier(_FILL_PREFIX + view.pipe.name)
        self.engine.command(
            f"CREATE TABLE {stage} {self.columns_ddl(view.target)}"
            " ENGINE = MergeTree ORDER BY tuple()"
        )
        try:
            self.engine.command(
                f"INSERT INTO {stage} ({columns}) SELECT {columns} FROM (\n{view.sql}\n)"
            )
            self.define_view(view, ddl)
            self.engine.command(f"INSERT INTO {target} SELECT * FROM {stage}")
        except DatafileError:
            raise
        except MartletError as error:
            self.drop([view.name])
            raise view.error(error) from error
        finally:
            self.drop([_FILL_PREFIX + view.pipe.name])
        self.applied.filled.add(view.name)
        self.note("filled", view.pipe.name, f"from {', '.join(sorted(view.reads))}")

    def make_trials(self) -> None:
        """Make the tables of engine Null on which a group of rows is tried before it is kept."""
        triggers = self.triggers()
        involved = {view.target for view in self.views} | set(triggers.values())
        for name in sorted(involved & set(self.sources)):
            trial = quote_identifier(TRIAL_PREFIX + name)
            self.engine.command(f"CREATE TABLE {trial} {self.columns_ddl(name)} ENGINE = Null")
        for view in self.views:
            trigger = triggers.get(view.name)
            if trigger not in self.sources:  # a quarantine: what is refused needs no trial
                continue
            name = _TRIAL_VIEW_PREFIX + view.pipe.name
            sql = _read_trial(view.sql, trigger)
            self.define_view(view, view_ddl(name, TRIAL_PREFIX + view.target, sql))
            self.applied.trials[trigger] = TRIAL_PREFIX + trigger

    def columns_ddl(self, name: str) -> str:
        """Return the columns of a data source alone: `AS table` would copy its keys and TTL too."""
        columns = ",\n  ".join(column_ddl(c) for c in stored_columns(self.sources[name]))
        return f"(\n  {columns}\n)"

    def triggers(self) -> dict[str, str]:
        """Return view -> table whose inserts it sees; ClickHouse chose it from the view's SQL."""
        rows = self.engine.rows(
            "SELECT name, arrayJoin(dependencies_table) AS view FROM system.tables"
            " WHERE database = currentDatabase()"
        )
        return {str(row["view"]): str(row["name"]) for row in rows}


def _read_trial(sql: str, trigger: str) -> str:
    """Return a view's SQL with the table that triggers it replaced by its trial."""
    trial = f"SELECT * FROM {quote_identifier(TRIAL_PREFIX + trigger)}"
    references = find_tables(list(lex(sql)))
    return replace_tables(sql, references, lambda r: trial if r.name == trigger else None)
