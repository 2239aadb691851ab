"""`martlet check`: every error of a project at once, by resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from martlet.errors import DatafileWarning, MartletError
from martlet.files.project import read_project
from martlet.model import Project
from martlet.query import QueryBuilder
from martlet.schema import views_in_order

_KINDS = {".datasource": "datasource", ".pipe": "pipe", ".connection": "connection"}


@dataclass(frozen=True, slots=True)
class Report:
    """A project as far as it could be read, and all that is wrong with it."""

    project: Project
    errors: list[MartletError]

    @property
    def ok(self) -> bool:
        return not self.errors

    def as_json(self) -> dict[str, object]:
        """Return one object: `ok`, and for each resource what is wrong with it."""
        files: dict[str, tuple[str, str]] = {}
        for kind, resources in (
            ("datasource", self.project.datasources),
            ("pipe", self.project.pipes),
            ("connection", self.project.connections),
        ):
            for resource in resources.values():
                files[resource.location.path] = (resource.name, kind)
        for error in self.errors:
            path = error.location.path if error.location else "."
            files.setdefault(path, (Path(path).stem, _KINDS.get(Path(path).suffix, "project")))
        return {
            "ok": self.ok,
            "resources": [self._resource(path, *named) for path, named in sorted(files.items())],
        }

    def _resource(self, path: str, name: str, kind: str) -> dict[str, object]:
        errors = [e for e in self.errors if (e.location.path if e.location else ".") == path]
        warnings: list[DatafileWarning] = [
            w for w in self.project.warnings if w.location and w.location.path == path
        ]
        return {
            "name": name,
            "kind": kind,
            "file": path,
            "ok": not errors,
            "errors": [error.as_json() for error in errors],
            "warnings": [warning.as_json() for warning in warnings],
        }


def check_project(root: Path, *, environment: Mapping[str, str]) -> Report:
    """Read a project and find every error in its files, templates and SQL."""
    project, errors = read_project(root, environment=environment)
    queries = QueryBuilder(project)
    found = [*errors, *queries.check()]
    if not found:
        try:
            views_in_order(project, queries)
        except MartletError as error:
            found.append(error)
    return Report(project, sorted(found, key=_place))


def _place(error: MartletError) -> tuple[str, int, int]:
    where = error.location
    return (where.path, where.line, where.column) if where else ("", 0, 0)
