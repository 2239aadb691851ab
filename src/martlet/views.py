"""Materialized pipes as the views that ClickHouse will have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from martlet.catalog import is_derived
from martlet.errors import DatafileError
from martlet.model import Datasource, NodeType, Pipe, Project
from martlet.query import QueryBuilder

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
    query = queries.build(pipe, {})
    return View(pipe, pipe.output.settings["datasource"], query.sql, query.datasources)


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
