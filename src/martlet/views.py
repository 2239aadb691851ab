"""Materialized pipes as the views that ClickHouse will have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.catalog import fingerprint, is_derived
from martlet.errors import DatafileError, MartletError
from martlet.model import Datasource, NodeType, Pipe, Project
from martlet.query import QueryBuilder

if TYPE_CHECKING:  # Lambda functions have no ClickHouse
    from martlet.engines.clickhouse import ClickHouse

VIEW_PREFIX = "__view_"


@dataclass(frozen=True, slots=True)
class View:
    """A materialized pipe as ClickHouse will have it."""

    pipe: Pipe
    target: str
    sql: str
    reads: frozenset[str]

    @property
    def name(self) -> str:
        return VIEW_PREFIX + self.pipe.name

    def error(self, why: MartletError) -> DatafileError:
        """Return that ClickHouse refuses it, at its place."""
        return DatafileError(
            f"The materialized pipe '{self.pipe.name}' cannot run:"
            f" {why.message.removeprefix('[Error] ')}",
            location=self.pipe.output.sql_location,
        )


def views_in_order(project: Project, queries: QueryBuilder) -> list[View]:
    """Return the materialized pipes, those that feed a source of another one first.

    Raises:
        DatafileError: they feed each other in a circle.
    """
    pipes = project.pipes.values()
    return ordered([view_of(pipe, queries) for pipe in pipes if pipe.type is NodeType.MATERIALIZED])


def feeds(project: Project, queries: QueryBuilder) -> dict[str, set[str]]:
    """Return the data sources that materialized pipes write when rows of a table change."""
    found: dict[str, set[str]] = {}
    for view in views_in_order(project, queries):
        for name in view.reads:
            found.setdefault(name, set()).add(view.target)
    return found


def ordered(views: list[View]) -> list[View]:
    """Return views so that those that feed a source of another one come first.

    Raises:
        DatafileError: they feed each other in a circle.
    """
    found: list[View] = []
    while views:
        targets = {view.target for view in views}
        ready = [view for view in views if not view.reads & (targets - {view.target})]
        if not ready:
            names = ", ".join(view.pipe.name for view in views)
            raise DatafileError(
                f"Materialized pipes that feed each other in a circle: {names}",
                location=views[0].pipe.location,
            )
        found += ready
        views = [view for view in views if view not in ready]
    return found


def view_of(pipe: Pipe, queries: QueryBuilder) -> View:
    """Return the view of a materialized pipe."""
    try:
        query = queries.build(pipe, {})
    except MartletError as error:
        if error.location:
            raise
        place = pipe.output.sql_location
        raise DatafileError(error.message, location=place, hint=error.hint) from error
    return View(pipe, pipe.output.settings["datasource"], query.sql, query.datasources)


def targets_of(engine: "ClickHouse") -> dict[str, str]:
    """Return view -> table that it writes to, of the materialized pipes' views in a database."""
    target = r"' TO (?:`?\\w+`?\\.)?`?(\\w+)`? '"
    rows = engine.rows(
        f"SELECT name, extract(create_table_query, {target}) AS target FROM system.tables"
        f" WHERE database = currentDatabase() AND startsWith(name, '{VIEW_PREFIX}')"
        " AND engine = 'MaterializedView'"
    )
    return {str(row["name"]): str(row["target"]) for row in rows}


def renamed(
    texts: Mapping[str, str], targets: Mapping[str, str], views: Iterable[View]
) -> dict[str, str]:
    """Return new view -> the one whose place it takes, which is gone and had the same target.

    Most often it is the same by another name. What the one has written, the other does not write
    again.

    Args:
        texts: view -> fingerprint of its SQL, of the views that there were.
        targets: view -> target, of these.
        views: those that there are.
    """
    views = list(views)
    gone = sorted(targets.keys() - {view.name for view in views})
    found = {}
    for view in views:
        before = [name for name in gone if targets[name] == view.target]
        if before and view.name not in targets:
            same = [name for name in before if texts.get(name) == fingerprint(view.sql)]
            found[view.name] = (same or before)[0]
    return found


def unfilled_sources(target: str, views: Iterable[View], rows: Mapping[str, int]) -> str:
    """Return the sources of a data source that has rows where they have none, not even one.

    They were truncated, say, or are others than those of which its rows were made.

    Args:
        target: name of the data source, which is to be made again.
        views: all that there are.
        rows: of each table that there is.
    """
    reads = sorted({name for view in views if view.target == target for name in view.reads})
    is_lost = rows.get(target) and not any(rows.get(name) for name in reads)
    return ", ".join(reads) if is_lost else ""


def can_refill(
    target: str, views: Iterable[View], project: Project, sources: Mapping[str, Datasource]
) -> bool:
    """Whether all rows of a data source come from views over rows that are still there."""
    reads = {name for view in views if view.target == target for name in view.reads}
    copied = any(
        pipe.output.settings.get("target_datasource") == target for pipe in project.pipes.values()
    )
    read = [sources[name] for name in reads & set(sources)]
    return (
        bool(reads)
        and len(read) == len(reads)  # a quarantine forgets its rows
        and not copied
        and is_derived(sources[target])
        and all(not source.engine.ttl and source.engine.name != "Null" for source in read)
    )
