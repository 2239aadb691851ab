"""What one project changes of another, and how: as a function of both and of what is stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from martlet.errors import Location
from martlet.model import Connection, Datasource, NodeType, Pipe, Project
from martlet.rewrites import forward_hint
from martlet.shapes import Differences
from martlet.tokens import declared_scopes
from martlet.views import View, can_refill, unfilled_sources

# Kinds of resources, as clients call them.
DATASOURCE, PIPE, CONNECTION = "datasource", "pipe", "data_connector"
KINDS = (DATASOURCE, PIPE, CONNECTION)

NEW, CHANGED, DELETED = "new", "changed", "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that changes.

    Attributes:
        kind: one of `KINDS`.
        action: new, changed or deleted.
        method: how it comes about: `create`, `alter` (in place), `rewrite` (rows written anew),
            `refill` (rows made again by materialized pipes), `fill` (rows made for the first time),
            `drop`, or empty where no stored row has to do with it.
        reason: why so, for people.
        rows: stored rows that it is about.
        target: the data source that a materialized pipe fills.
        lost: what stored rows lose, in words.
        error: why it cannot be, with what to do.
        location: of the resource.
    """

    kind: str
    name: str
    action: str
    method: str = ""
    reason: str = ""
    rows: int = 0
    target: str = ""
    lost: str = ""
    error: str = ""
    location: Location | None = None

    @property
    def is_destructive(self) -> bool:
        return bool(self.lost)

    def __str__(self) -> str:
        """Return it as one line."""
        method = f" [{self.method}]" if self.method else ""
        reason = f": {self.reason}" if self.reason else ""
        lost = f" (destructive: {self.lost})" if self.lost else ""
        return f"{self.action} {self.kind} {self.name}{method}{reason}{lost}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored for a project.

    Attributes:
        rows: of each table that there is.
        differences: of each table whose definition is another one in the new project.
        views: the materialized pipes of the project before, name -> SQL.
        new_views: those of the new one, those that feed a source of another one first.
        renamed: name in the new project -> name of the one before whose place it takes.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    differences: Mapping[str, Differences] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    new_views: Sequence[View] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def known(self, name: str) -> str | None:
        """Return the SQL that a materialized pipe had before."""
        return self.views.get(self.renamed.get(name, name))


@dataclass(frozen=True, slots=True)
class TokenChange:
    """A token that a project declares, and no longer, or otherwise, or for the first time."""

    name: str
    action: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes from one project to another, in the order in which they are shown."""

    changes: tuple[Change, ...] = ()
    tokens: tuple[TokenChange, ...] = ()
    has_settings: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.tokens or self.has_settings)

    @property
    def errors(self) -> list[Change]:
        """Changes that cannot be."""
        return [change for change in self.changes if change.error]

    @property
    def destructive(self) -> list[Change]:
        """Changes at which stored values are given up."""
        return [change for change in self.changes if change.is_destructive]

    @staticmethod
    def name_lists() -> list[str]:
        """Return how clients call the lists of what changes."""
        return [f"{action}_{kind}_names" for action in (NEW, CHANGED, DELETED) for kind in KINDS]

    def named(self) -> dict[str, list[str]]:
        """Return what changes, in these lists."""
        return {
            f"{action}_{kind}_names": self.names(kind, action)
            for action in (NEW, CHANGED, DELETED)
            for kind in KINDS
        }

    def names(self, kind: str, action: str) -> list[str]:
        """Return the names of resources that change so."""
        return [c.name for c in self.changes if (c.kind, c.action) == (kind, action)]

    def without_filling(self, pipes: Collection[str]) -> "Plan":
        """Return the plan where new materialized pipes get no stored rows."""
        changes = (
            replace(change, method="", reason="for new rows")
            if change.method == "fill" and change.name in pipes
            else change
            for change in self.changes
        )
        return replace(self, changes=tuple(changes))

    def removed(self) -> list[str]:
        """Return the data sources that the new project does not have."""
        return self.names(DATASOURCE, DELETED)

    @property
    def moved(self) -> dict[str, Change]:
        """Data source -> change for which its rows are written."""
        found: dict[str, Change] = {}
        for change in self.changes:
            if change.method in ("rewrite", "refill", "fill"):
                found.setdefault(change.target or change.name, change)
        return found


def make_plan(old: Project, new: Project, facts: Facts) -> Plan:
    """Return what changes from one project to another."""
    refilled = _refilled(new, facts)
    changes = [
        *_datasources(old, new, facts, refilled),
        *_pipes(old, new, facts, refilled),
        *_connections(old.connections, new.connections),
    ]
    return Plan(tuple(changes), tuple(_tokens(old, new)), old.settings != new.settings)


def _refilled(new: Project, facts: Facts) -> set[str]:
    """Return the data sources that are made anew from others, as `schema` does it."""
    wanted = {name for name in facts.differences if facts.rows.get(name)}
    wanted |= {
        view.target
        for view in facts.new_views
        if facts.known(view.pipe.name) not in (None, view.sql)
    }
    found: set[str] = set()
    for view in facts.new_views:
        is_wanted = view.target in wanted or bool(view.reads & found)
        if is_wanted and can_refill(view.target, facts.new_views, new, new.datasources):
            found.add(view.target)
    return found


def _datasources(old: Project, new: Project, facts: Facts, refilled: set[str]) -> Iterable[Change]:
    for name, source in new.datasources.items():
        if name not in old.datasources:
            kept = facts.rows.get(name, 0)
            reason = f"{kept} rows of an earlier one of that name are still there" if kept else ""
            yield Change(
                DATASOURCE, name, NEW, "create", reason, rows=kept, location=source.location
            )
        elif name in refilled:
            rows = facts.rows.get(name, 0)
            sources = unfilled_sources(name, facts.new_views, facts.rows)
            yield Change(
                DATASOURCE, name, CHANGED, "refill",
                "its rows are made again by its materialized pipes", rows,
                lost=f"its {rows} rows, since {sources} has none" if sources else "",
                location=source.location,
            )  # fmt: skip
        elif name in facts.differences:
            yield _altered(source, facts.rows.get(name, 0), facts.differences[name])
        elif _text(old, old.datasources[name]) != _text(new, source):
            yield Change(
                DATASOURCE, name, CHANGED, reason="its table stays as it is",
                location=source.location,
            )  # fmt: skip
    for name, source in old.datasources.items():
        if name not in new.datasources:
            rows = facts.rows.get(name, 0) + facts.rows.get(source.quarantine, 0)
            lost = f"its {rows} rows" if rows else ""
            yield Change(DATASOURCE, name, DELETED, "drop", rows=rows, lost=lost)


def _altered(source: Datasource, rows: int, differences: Differences) -> Change:
    """Return how a table becomes what it is defined as now."""
    whole = Change(DATASOURCE, source.name, CHANGED, rows=rows, location=source.location)
    if not rows:
        return replace(whole, method="create", reason="it has no rows")
    lost = "; ".join(differences.lost)
    why = "; ".join(differences.refused)
    if differences.forwarded is not None:
        reason = f"{why or ', '.join(differences.altered())}: by its FORWARD_QUERY"
        return replace(whole, method="rewrite", reason=reason, lost=lost)
    if differences.refused:
        hint = forward_hint(source, differences.old)
        error = f"its {rows} stored rows do not fit: {why}; {hint}"
        return replace(whole, reason=why, error=error)
    changed = ", ".join(differences.altered())
    if differences.is_copied:
        reason = changed or "its keys or its engine change"
        return replace(whole, method="rewrite", reason=reason, lost=lost)
    return replace(whole, method="alter", reason=changed, lost=lost)


def _pipes(old: Project, new: Project, facts: Facts, refilled: set[str]) -> Iterable[Change]:
    views = {view.pipe.name: view for view in facts.new_views}
    for name, pipe in new.pipes.items():
        view = views.get(name)
        method = reason = ""
        if view is not None:
            method, reason = _view_method(view, new, facts, refilled)
        target = view.target if view else ""
        if name not in old.pipes:
            yield Change(PIPE, name, NEW, method, reason, target=target, location=pipe.location)
        elif _text(old, old.pipes[name]) != _text(new, pipe) or (
            view is not None and facts.views.get(name) != view.sql
        ):
            yield Change(PIPE, name, CHANGED, method, reason, target=target, location=pipe.location)
    for name, pipe in old.pipes.items():
        if name not in new.pipes:
            reason = "what it has written stays" if pipe.type is NodeType.MATERIALIZED else ""
            yield Change(PIPE, name, DELETED, reason=reason)


def _view_method(view: View, new: Project, facts: Facts, refilled: set[str]) -> tuple[str, str]:
    name = view.pipe.name
    known = facts.known(name)
    if known == view.sql:
        is_renamed = name in facts.renamed
        return "", f"takes the place of '{facts.renamed[name]}'" if is_renamed else ""
    if view.target in refilled:
        return "refill", f"'{view.target}' is made again from {', '.join(sorted(view.reads))}"
    if known is not None:
        return "", "for new rows; those stored stay as they are"
    if new.datasources[view.target].backfill == "skip":
        return "", "for new rows (BACKFILL skip)"
    rows = facts.rows.get(view.target, 0)
    beside = f", beside its {rows} rows" if rows else ""
    return "fill", f"'{view.target}' is filled from {', '.join(sorted(view.reads))}{beside}"


def _connections(old: Mapping[str, Connection], new: Mapping[str, Connection]) -> Iterable[Change]:
    for name, connection in new.items():
        before = old.get(name)
        if before is None:
            yield Change(CONNECTION, name, NEW, location=connection.location)
        elif (before.type, before.settings, before.description) != (
            connection.type, connection.settings, connection.description,
        ):  # fmt: skip
            yield Change(CONNECTION, name, CHANGED, location=connection.location)
    for name in old:
        if name not in new:
            yield Change(CONNECTION, name, DELETED)


def _tokens(old: Project, new: Project) -> Iterable[TokenChange]:
    before, now = declared_scopes(old), declared_scopes(new)
    for name in sorted({*before, *now}):
        if name not in before:
            yield TokenChange(name, NEW)
        elif name not in now:
            yield TokenChange(name, DELETED)
        elif before[name] != now[name]:
            yield TokenChange(name, CHANGED)


def _text(project: Project, resource: Datasource | Pipe) -> str:
    """Return what a resource was read from; of one that no file was written for, what it is."""
    return project.texts.get(resource.location.path) or repr(resource)
