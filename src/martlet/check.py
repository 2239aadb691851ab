"""`martlet check`: what becomes of a project, everything wrong with it, and what does not run."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from martlet.analysis import Analysis, Unchecked, analyse
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import DatafileWarning, MartletError, NotRunError, ProjectError
from martlet.files.project import read_project
from martlet.ingest.rows import RowCoder
from martlet.inventory import Inventory, take_inventory
from martlet.limits import Limit, limits
from martlet.model import Project
from martlet.query import QueryBuilder

ENGINES = ("clickhouse", "athena")

_KINDS = {".datasource": "datasource", ".pipe": "pipe", ".connection": "connection"}


@dataclass(frozen=True, slots=True)
class Report:
    """A project as far as it could be read, and all that can be said of it.

    Attributes:
        engine: where it is to run, one of `ENGINES`.
        limits: what the project asks for and does not get.
        unchecked: pipes that ClickHouse could not be asked about.
        athena: for each pipe, and each data source at fault, why it does not run on Athena; pipes
            without a verdict, since they have errors, are not in it.
    """

    project: Project
    engine: str
    errors: list[MartletError]
    inventory: Inventory
    limits: list[Limit]
    unchecked: list[Unchecked]
    athena: Mapping[str, list[MartletError]]

    @property
    def runs(self) -> dict[str, bool]:
        """Whether the project runs, by engine."""
        embedded = not self.errors
        return {"clickhouse": embedded, "athena": embedded and not any(self.athena.values())}

    @property
    def ok(self) -> bool:
        """Whether the project runs where it is to run."""
        return self.runs[self.engine]

    @property
    def is_spotless(self) -> bool:
        """Whether nothing at all is to be said."""
        return self.ok and not (self.project.warnings or self.limits or self.unchecked)

    def as_json(self) -> dict[str, object]:
        """Return one object: the verdict, and each resource with what is said of it."""
        files: dict[str, tuple[str, str]] = {}
        for kind, resources in (
            ("datasource", self.project.datasources),
            ("pipe", self.project.pipes),  # also for a table that Classic's node defines
            ("connection", self.project.connections),
        ):
            for resource in resources.values():
                files[resource.location.path] = (resource.name, kind)
        for error in self.errors:
            path = error.location.path if error.location else "."
            name = Path(path).stem or self.project.root.resolve().name
            files.setdefault(path, (name, _KINDS.get(Path(path).suffix, "project")))
        return {
            "ok": self.ok,
            "runs": self.runs,
            "resources": [self._resource(path, *named) for path, named in sorted(files.items())],
            "tokens": self.inventory.tokens,
            "secrets": [secret.as_json() for secret in self.inventory.secrets],
        }

    def _resource(self, path: str, name: str, kind: str) -> dict[str, object]:
        errors = [e for e in self.errors if (e.location.path if e.location else ".") == path]
        warnings: list[DatafileWarning] = [
            w for w in self.project.warnings if w.location and w.location.path == path
        ]
        unchecked = [each.reason for each in self.unchecked if each.location.path == path]
        resource: dict[str, object] = {
            "name": name,
            "kind": kind,
            "file": path,
            "ok": not errors,
            "becomes": self.inventory.becomes.get((kind, name)),
            "errors": [error.as_json() for error in errors],
            "warnings": [warning.as_json() for warning in warnings],
            "not_run": [limit.as_json() for limit in self.limits if limit.location.path == path],
            "unchecked": unchecked[0] if unchecked else None,
        }
        refused = self.athena.get(name, [])
        if kind == "pipe" or refused:
            resource["athena_ok"] = name in self.athena and not refused
            resource["athena_errors"] = [error.as_json() for error in refused]
        return resource


def check_project(
    root: Path, *, environment: Mapping[str, str], engine: str = "clickhouse"
) -> Report:
    """Read a project and find every error in its files, templates and SQL.

    Its tables and views are made in an empty ClickHouse and every node is analysed there: unknown
    columns and functions are found now, not by a request. What cannot be read, and what needs it,
    is left out. Then every pipe is translated for Athena.

    Args:
        root: the project folder.
        environment: values of `$NAME` in datafiles.
        engine: where the project is to run, one of `ENGINES`.
    """
    project, errors = read_project(root, environment=environment)
    queries = QueryBuilder(project)
    found = [*errors, *_compile_errors(project, queries, errors)]
    late = [error for error in found if isinstance(error, NotRunError)]
    analysis = _analysis(project, queries, found)
    found = [error for error in found if not isinstance(error, NotRunError)]
    found = sorted([*found, *analysis.errors], key=_place)
    blocked = {each.location.path for each in analysis.unchecked if each.is_blocked}
    without_verdict = _files([*found, *late]) | blocked
    warnings = sorted([*project.warnings, *queries.warnings()], key=_place)
    return Report(
        project=replace(project, warnings=tuple(warnings)),
        engine=engine,
        errors=found,
        inventory=take_inventory(project, queries, broken=_files(errors)),
        limits=limits(project, late),
        unchecked=analysis.unchecked,
        athena=_athena_errors(project, queries, without_verdict),
    )


def _athena_errors(
    project: Project, queries: QueryBuilder, without_verdict: set[str]
) -> dict[str, list[MartletError]]:
    from martlet.translations import Translations  # a server that reads its project needs none

    translations = Translations(project, queries)
    refused = {
        pipe.name: translations.errors(pipe)
        for pipe in project.pipes.values()
        if pipe.location.path not in without_verdict
    }
    for source in project.datasources.values():
        if errors := translations.datasource_errors(source):
            refused[source.name] = errors
    return refused


def load_checked(root: Path, *, environment: Mapping[str, str]) -> Project:
    """Read a project that must be without errors in its files; its templates are looked at later.

    Raises:
        ProjectError: all errors, those of templates too.
    """
    project, errors = read_project(root, environment=environment)
    if not errors:
        return project
    found = [*errors, *_compile_errors(project, QueryBuilder(project), errors)]
    errors = [error for error in found if not isinstance(error, NotRunError)]
    raise ProjectError(sorted(errors, key=_place))


def _compile_errors(
    project: Project, queries: QueryBuilder, known: Sequence[MartletError]
) -> list[MartletError]:
    """Return errors of templates, SQL and rows, without those that only follow from known ones."""
    broken = {Path(error.location.path).stem for error in known if error.location}
    follow = {f"Resource '{name}' not found" for name in broken}
    found = [error for error in queries.problems() if error.message not in follow]
    for source in project.datasources.values():
        try:
            RowCoder(source)
        except MartletError as error:
            found.append(error)
    return found


def _analysis(project: Project, queries: QueryBuilder, known: Sequence[MartletError]) -> Analysis:
    with tempfile.TemporaryDirectory(prefix="martlet-check-") as folder:
        try:
            engine = ClickHouse(Path(folder), settings=project.settings)
        except MartletError as error:  # a setting that ClickHouse does not have
            return Analysis([error])
        try:
            return analyse(engine, project, queries, known)
        finally:
            engine.close()


def _files(errors: Sequence[MartletError]) -> set[str]:
    return {error.location.path for error in errors if error.location}


def _place(error: MartletError) -> tuple[str, int, int]:
    where = error.location
    return (where.path, where.line, where.column) if where else ("", 0, 0)
