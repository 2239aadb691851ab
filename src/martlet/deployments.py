"""Deployments: projects sent to a running server, checked, staged, made live, or discarded.

Which one is live is said by the note of the live database (`generations`), so that rows and files
change at one moment.
"""

import logging
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from martlet.analysis import node_errors
from martlet.catalog import definitions, fingerprint
from martlet.deployment_plan import (
    DELETED,
    Change,
    Facts,
    Plan,
    make_plan,
)
from martlet.deployment_store import OVER, Deployment, Store, digest_of
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import (
    ConflictError,
    EngineError,
    MartletError,
    NotFoundError,
    ProjectError,
)
from martlet.files.project import load_project
from martlet.generations import Generations, Successor
from martlet.ingest.rows import RowCoder
from martlet.ingest.sinks import ClickHouseSink
from martlet.model import Project
from martlet.query import QueryBuilder
from martlet.rewrites import compare
from martlet.schema import SchemaChange, stored_definitions
from martlet.shapes import Differences, shape_of
from martlet.views import VIEW_PREFIX, renamed, views_in_order

STAGING, LIVE = "staging", "live"

log = logging.getLogger("martlet")


class Published(Protocol):
    """A project at one moment."""

    @property
    def project(self) -> Project: ...

    @property
    def queries(self) -> QueryBuilder: ...


class Place(Protocol):
    """What deployments need of a workspace."""

    @property
    def live(self) -> Published: ...

    @property
    def engine(self) -> ClickHouse: ...

    @property
    def generations(self) -> Generations: ...

    @property
    def sink(self) -> ClickHouseSink: ...

    def apply(
        self,
        project: Project,
        *,
        destructive: bool = False,
        removed: Collection[str] = (),
        unfilled: Collection[str] = (),
        note: Mapping[str, object] | None = None,
    ) -> list[SchemaChange]: ...


@dataclass(frozen=True, slots=True)
class Staged:
    """The project of the staged deployment, over its own tables."""

    project: Project
    queries: QueryBuilder


class Deployments:
    """The deployments of a workspace; one is under way at a time."""

    def __init__(self, place: Place) -> None:
        """Read what there is; a staged project is there again, with its tables."""
        self._place = place
        self._store = Store(place.engine.path / "deployments" / place.generations.base)
        self._lock = threading.Lock()
        self.staged: Staged | None = None
        for found in self._store.all.values():
            self._mend(found)

    def _mend(self, found: Deployment) -> None:
        """Bring a deployment to what its tables say: a server may have been killed at any time."""
        if found.id == self.live_id:
            if found.status != "data_ready" or found.database:
                found.database = ""
                self._set(found, "data_ready")
        elif self._is_staging(found):
            self._open_staged(found)
        elif found.status == "data_ready":
            self._set(found, "deleted")
        elif found.status not in OVER:
            self._fail(found, EngineError("The server was stopped before it was done"))

    def databases(self) -> list[str]:
        """Return the databases of staged projects."""
        return [found.database for found in self._store.all.values() if self._is_staging(found)]

    @property
    def live_id(self) -> str:
        """The id of the live deployment."""
        return str(self._place.generations.note.get("deployment", ""))

    def known(self, *, include_deleted: bool = False) -> list[Deployment]:
        """Return the deployments, the newest last: clients take the second for the staged one."""
        found = sorted(self._store.all.values(), key=lambda one: int(one.id))
        return [one for one in found if include_deleted or one.status not in OVER]

    def find(self, id: str) -> Deployment:
        """Return a deployment.

        Raises:
            NotFoundError: there is none of that id.
        """
        id = self.live_id if id == LIVE else id
        found = self._store.all.get(id)
        if id == STAGING:
            found = next((one for one in self._store.all.values() if self._is_staging(one)), None)
        if found is None:
            if id == STAGING:
                raise NotFoundError("No deployment is staging")
            raise NotFoundError(f"The deployment '{id[:40]}' does not exist")
        return found

    def published(self, name: str) -> Published:
        """Return the project that a request asks for: `live`, `staging`, or one of these by id.

        Raises:
            NotFoundError: it is neither.
        """
        found = self.find(name) if name not in ("", LIVE) else None
        if found is None or found.id == self.live_id:
            return self._place.live
        if self.staged is None or not self._is_staging(found):
            raise NotFoundError(f"The deployment '{name}' is neither live nor staging")
        return self.staged

    def _is_staging(self, deployment: Deployment) -> bool:
        is_ready = deployment.status == "data_ready" and bool(deployment.database)
        return is_ready and deployment.id != self.live_id

    # the project's own folder

    def apply_folder(self, project: Project) -> Sequence[SchemaChange]:
        """Make the files of the project's own folder live.

        Raises:
            MartletError: they cannot be; the project before goes on.
        """
        with self._alone():
            changes = self._place.apply(project)
            self._mark_folder(project)
            return changes

    def mark_folder(self, project: Project) -> None:
        """Say that the live project is that of its own folder."""
        with self._alone():
            self._mark_folder(project)

    def _mark_folder(self, project: Project) -> None:
        digest = digest_of(project)
        known = self._store.all.get(self.live_id)
        if known is None or known.kind != "folder" or known.folder != digest:
            made = self._store.new("folder", digest)
            place = self._place
            place.generations.publish(place.engine.database, self._note(made))
            self._become_live(made)

    # projects that are sent

    def check(self, files: Mapping[str, bytes], *, destructive: bool) -> "Checked":
        """Return what a deployment of files would do."""
        with self._alone(), self._store.draft(files, self._place.live.project) as root:
            return self._check(root, destructive=destructive)

    def build(
        self,
        files: Mapping[str, bytes],
        *,
        over: Project | None = None,
        destructive: bool = False,
        unfilled: Collection[str] = (),
    ) -> "Checked":
        """Make files live at once.

        Args:
            files: all of the project.
            over: the live project that they were made of, None where that does not matter.
            destructive: whether stored values may be given up; else that is for a deployment.
            unfilled: materialized pipes whose targets get no stored rows when they are made.

        Raises:
            ConflictError: another project is live by now, and would be lost.
        """
        return self._deploy(
            "build",
            files,
            destructive=destructive,
            is_promoted=True,
            over=over,
            unfilled=unfilled,
        )

    def deploy(
        self, files: Mapping[str, bytes], *, destructive: bool, is_promoted: bool
    ) -> "Checked":
        """Make a deployment of files, staged or live."""
        return self._deploy("deploy", files, destructive=destructive, is_promoted=is_promoted)

    def _deploy(
        self,
        kind: str,
        files: Mapping[str, bytes],
        *,
        destructive: bool,
        is_promoted: bool,
        over: Project | None = None,
        unfilled: Collection[str] = (),
    ) -> "Checked":
        with self._alone():
            if over is not None and self._place.live.project is not over:
                raise ConflictError(
                    "The project has changed meanwhile: nothing was made", hint="send it again"
                )
            staging = next((one for one in self._store.all.values() if self._is_staging(one)), None)
            if staging is not None and kind == "deploy":
                raise ConflictError(
                    f"The deployment {staging.id} is staging, and there is one at a time",
                    hint="set it live or discard it first",
                )
            with self._store.draft(files, self._place.live.project) as root:
                checked = self._check(root, destructive=destructive)
                if checked.errors or checked.plan.is_empty:
                    return checked
                folder = str(self._place.generations.note.get("folder", ""))
                made = checked.deployment = self._store.new(kind, folder, root)
            made.is_destructive = destructive
            checked.plan = checked.plan.without_filling(unfilled)
            made.allowed = [change.name for change in checked.plan.destructive]
            checked.describe(made)
            try:
                self._set(made, "creating_schema")
                if is_promoted:
                    self._promote(made, checked.plan, unfilled)
                else:
                    self._stage(made)
            except MartletError as error:
                if made.id == self.live_id:  # what failed comes after the switch
                    made.status = "data_ready"
                    raise
                self._fail(made, error)
                checked.errors = made.errors
            return checked

    def set_live(self, id: str) -> Deployment:
        """Make the staged deployment the live one.

        Raises:
            ConflictError: it is not staged, or rows that came since do not fit it.
        """
        with self._alone():
            found = self.find(id)
            if found.id == self.live_id:
                raise ConflictError(f"The deployment {found.id} is already live")
            if not self._is_staging(found):
                raise ConflictError(f"The deployment {found.id} is {found.status}, not staging")
            files = self._store.files(found)
            checked = self._check(files, destructive=found.is_destructive, allowed=found.allowed)
            if checked.errors:
                raise ConflictError(
                    "The live project is another one by now, or has other rows: "
                    + "; ".join(error["error"] for error in checked.errors),
                    hint="discard it and deploy again",
                )
            database = found.database
            self._promote(found, checked.plan)
            self.staged = None
            self._place.generations.drop(database)
            found.database = ""
            self._store.save(found)
            return found

    def discard(self, id: str) -> Deployment:
        """Remove the staged deployment.

        Raises:
            ConflictError: it is not staged.
        """
        with self._alone():
            found = self.find(id)
            if found.id == self.live_id:
                raise ConflictError(f"The deployment {found.id} is live: it cannot be discarded")
            if found.status == "deleted":  # clients remove what was live before: that is done
                return found
            if not self._is_staging(found):
                raise ConflictError(f"The deployment {found.id} is {found.status}, not staging")
            self.staged = None
            self._set(found, "deleted")
            self._place.generations.drop(found.database)
            return found

    def _promote(self, made: Deployment, plan: Plan, unfilled: Collection[str] = ()) -> None:
        project = self._read(self._store.files(made))
        self._place.apply(
            project,
            destructive=made.is_destructive,
            removed=plan.removed(),
            unfilled=unfilled,
            note=self._note(made),
        )
        self._become_live(made)

    def _become_live(self, made: Deployment) -> None:
        for other in self._store.all.values():
            if other.id != made.id and other.status == "data_ready" and not other.database:
                other.status = "deleted"
                self._store.save(other)
        self._set(made, "data_ready")
        self._store.forget()

    def _stage(self, made: Deployment) -> None:
        """Make the tables of a project beside the live ones, with the rows of now."""
        project = self._read(self._store.files(made))
        with Successor(
            self._place.generations,
            project,
            self._place.sink,
            destructive=made.is_destructive,
            removed=made.names.get(f"{DELETED}_datasource_names", ()),
        ) as successor:
            with self._place.sink.paused():
                successor.catch_up()
            made.database = successor.name
            self._set(made, "data_ready")
            successor.keep()
            self.staged = Staged(project, successor.queries)

    def _open_staged(self, found: Deployment) -> None:
        try:
            names = self._place.engine.command("SELECT name FROM system.databases").split("\n")
            if found.database not in names:
                raise EngineError("Its tables are not there any more")
            project = self._read(self._store.files(found))
            self.staged = Staged(project, QueryBuilder(project, database=found.database))
        except MartletError as error:
            self._fail(found, error)

    # checks

    def _check(
        self, root: Path, *, destructive: bool, allowed: Collection[str] | None = None
    ) -> "Checked":
        live = self._place.live.project
        try:
            project = self._read(root)
            queries = QueryBuilder(project)
            if wrong := queries.check():
                raise ProjectError(wrong)
            for source in project.datasources.values():
                RowCoder(source)
            with self._place.generations.rehearsal(project, queries) as scratch:
                facts = survey(self._place.engine, self._place.live, project, queries, scratch)
                broken = node_errors(scratch, project, queries)
        except MartletError as error:
            return Checked(Plan(), _errors(error), [])
        plan = make_plan(live, project, facts)
        known = [str(error) for error in self._known_errors()] if broken else []
        errors = [one for one in _errors(*broken) if one["error"] not in known]
        errors += [_error(change, change.error) for change in plan.errors]
        errors += [
            _error(change, f"{change} needs to be allowed: allow destructive operations")
            for change in plan.destructive
            if not destructive or (allowed is not None and change.name not in allowed)
        ]
        warnings = [
            {"resource": _file(w), "level": "WARNING", "message": w.message}
            for w in (*project.warnings, *(one for one in broken if str(one) in known))
        ]
        return Checked(plan, errors, warnings)

    def _known_errors(self) -> list[MartletError]:
        """Return what is wrong with the live project already: it keeps no other from going live."""
        engine, project = self._place.engine, self._place.live.project
        return node_errors(engine, project, QueryBuilder(project))

    def _read(self, root: Path) -> Project:
        """Read the project of a deployment, with folder and secrets of the live one."""
        live = self._place.live.project
        project = load_project(root, secrets=live.secrets)
        return replace(project, root=live.root, deployed=root)

    # records

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=30):
            raise ConflictError("Another deployment is under way", hint="try it again later")
        try:
            yield
        finally:
            self._lock.release()

    def _note(self, made: Deployment) -> dict[str, object]:
        return {"deployment": made.id, "kind": made.kind, "folder": made.folder}

    def _set(self, deployment: Deployment, status: str) -> None:
        deployment.status = status
        self._store.save(deployment)

    def _fail(self, deployment: Deployment, error: MartletError) -> None:
        deployment.errors = _errors(error)
        with suppress(EngineError):  # the next start finds that it was not done
            self._set(deployment, "failed")
        log.error("deployment %s failed: %s", deployment.id, error)


@dataclass(slots=True)
class Checked:
    """What files would change.

    Attributes:
        errors: pairs of `filename` and `error`; none if they can be deployed.
        deployment: that was made of them.
    """

    plan: Plan
    errors: list[dict[str, str]]
    warnings: list[dict[str, str]]
    deployment: Deployment | None = None

    @property
    def result(self) -> str:
        """`success`, `failed` or `no_changes`."""
        return "failed" if self.errors else "no_changes" if self.plan.is_empty else "success"

    def describe(self, deployment: Deployment) -> None:
        """Put what changes into a deployment's record."""
        deployment.names = self.plan.named()
        deployment.feedback = self.warnings + [
            {"resource": change.name, "level": "INFO", "message": str(change)}
            for change in self.plan.changes
            if change.method or change.reason
        ]
        deployment.errors = self.errors
        deployment.tokens = [
            {"token_name": change.name, "change_type": change.action} for change in self.plan.tokens
        ]
        deployment.moves = [
            {"datasource_name": name, "method": change.method, "rows": change.rows}
            for name, change in self.plan.moved.items()
        ]


def survey(
    engine: ClickHouse,
    live: Published,
    project: Project,
    queries: QueryBuilder,
    scratch: ClickHouse,
) -> Facts:
    """Return what the plan of a project has to know of the tables that there are.

    Args:
        engine: of the live project.
        live: the live project.
        project: the new one.
        queries: of the new one.
        scratch: has the new one's tables.

    Raises:
        DatafileError: ClickHouse refuses a definition.
    """
    views = views_in_order(project, queries)
    shapes = {name: shape_of(scratch, name) for name in project.datasources}
    stored = stored_definitions(engine)
    wanted = definitions(project)
    counted = engine.rows(
        "SELECT name, ifNull(total_rows, 0) AS rows FROM system.tables"
        " WHERE database = currentDatabase()"
    )
    before = views_in_order(live.project, live.queries)
    rows = {str(row["name"]): int(str(row["rows"])) for row in counted}
    return Facts(
        rows=rows,
        differences={
            name: compare(engine, project.datasources[name], shapes[name])
            if rows.get(name)
            else Differences(shape_of(engine, name), shapes[name])
            for name, text in wanted.items()
            if name in stored and name in shapes and stored[name] != text
        },
        views={view.pipe.name: view.sql for view in before},
        new_views=views,
        renamed={
            new.removeprefix(VIEW_PREFIX): old.removeprefix(VIEW_PREFIX)
            for new, old in renamed(
                {view.name: fingerprint(view.sql) for view in before},
                {view.name: view.target for view in before},
                views,
            ).items()
        },
    )


def _errors(*errors: MartletError) -> list[dict[str, str]]:
    found = [one for error in errors for one in getattr(error, "errors", [error])]
    return [{"filename": _file(one), "error": str(one)} for one in found]


def _error(change: Change, text: str) -> dict[str, str]:
    place = change.location
    where = f"{place}: " if place else ""
    return {"filename": place.path if place else change.name, "error": f"{where}{text}"}


def _file(error: MartletError) -> str:
    return error.location.path if error.location else ""
