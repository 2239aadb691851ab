"""`martlet check`: every error of a project at once, by resource."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import (
    DatafileError,
    DatafileWarning,
    Location,
    MartletError,
    ProjectError,
    QueryError,
)
from martlet.files.project import read_project
from martlet.ingest.rows import RowCoder
from martlet.model import Node, Pipe, Project
from martlet.query import QueryBuilder
from martlet.schema import apply_schema
from martlet.template.values import NO_VALUE, SAMPLE_NAME

_KINDS = {".datasource": "datasource", ".pipe": "pipe", ".connection": "connection"}


@dataclass(frozen=True, slots=True)
class Report:
    """A project as far as it could be read, and all that is wrong with it.

    Attributes:
        athena: for each pipe, and each data source at fault, why it does not run on Athena; None
            where that was not asked.
    """

    project: Project
    errors: list[MartletError]
    athena: Mapping[str, list[MartletError]] | None = None

    @property
    def ok(self) -> bool:
        return not self.errors and not any((self.athena or {}).values())

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
            name = Path(path).stem or self.project.root.resolve().name
            files.setdefault(path, (name, _KINDS.get(Path(path).suffix, "project")))
        return {
            "ok": self.ok,
            "resources": [self._resource(path, *named) for path, named in sorted(files.items())],
        }

    def _resource(self, path: str, name: str, kind: str) -> dict[str, object]:
        errors = [e for e in self.errors if (e.location.path if e.location else ".") == path]
        warnings: list[DatafileWarning] = [
            w for w in self.project.warnings if w.location and w.location.path == path
        ]
        resource: dict[str, object] = {
            "name": name,
            "kind": kind,
            "file": path,
            "ok": not errors,
            "errors": [error.as_json() for error in errors],
            "warnings": [warning.as_json() for warning in warnings],
        }
        refused = (self.athena or {}).get(name, [])
        if self.athena is not None and (kind == "pipe" or refused):
            resource["athena_ok"] = not refused and not errors
            resource["athena_errors"] = [error.as_json() for error in refused]
        return resource


def check_project(root: Path, *, environment: Mapping[str, str], athena: bool = False) -> Report:
    """Read a project and find every error in its files, templates and SQL.

    When the files fit each other, its tables and views are made in an empty ClickHouse and every
    node is analysed there: unknown columns and functions are found now, not by a request.

    Args:
        root: the project folder.
        environment: values for `tb_secret` and the like.
        athena: also translate every pipe, and say what has no translation.
    """
    project, errors = read_project(root, environment=environment)
    queries = QueryBuilder(project)
    found = [*errors, *_compile_errors(project, queries, errors)]
    if not found:
        found += _engine_errors(project, queries)
    refused = _athena_errors(project, queries) if athena else None
    return Report(project, sorted(found, key=_place), refused)


def _athena_errors(project: Project, queries: QueryBuilder) -> dict[str, list[MartletError]]:
    from martlet.translations import Translations

    translations = Translations(project, queries)
    refused = {pipe.name: translations.errors(pipe) for pipe in project.pipes.values()}
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
    errors += [*_compile_errors(project, QueryBuilder(project), errors)]
    raise ProjectError(sorted(errors, key=_place))


def _compile_errors(
    project: Project, queries: QueryBuilder, known: Sequence[MartletError]
) -> Iterator[MartletError]:
    """Yield errors of templates, SQL and rows, without those that only follow from known ones."""
    broken = {Path(error.location.path).stem for error in known if error.location}
    follow = {f"Resource '{name}' not found" for name in broken}
    yield from (error for error in queries.check() if error.message not in follow)
    for source in project.datasources.values():
        try:
            RowCoder(source)
        except MartletError as error:
            yield error


def _engine_errors(project: Project, queries: QueryBuilder) -> Iterator[MartletError]:
    with tempfile.TemporaryDirectory(prefix="martlet-check-") as folder:
        engine = ClickHouse(Path(folder), settings=project.settings)
        try:
            apply_schema(engine, project, queries)
            for pipe in project.pipes.values():
                yield from _pipe_errors(pipe, engine, queries)
        except MartletError as error:
            yield error
        finally:
            engine.close()


def _pipe_errors(pipe: Pipe, engine: ClickHouse, queries: QueryBuilder) -> Iterator[MartletError]:
    reported: set[str] = set()
    for node in pipe.nodes:
        for sql in queries.samples(pipe, node):
            try:
                engine.execute(f"DESCRIBE TABLE (\n{sql}\n)", format="TSV")
            except QueryError as error:
                message = error.message.removeprefix("[Error] ")
                is_sure = not node.is_template or error.code in _SURE_CODES
                is_sampled = NO_VALUE in message or SAMPLE_NAME in message
                if is_sure and not is_sampled and message not in reported:
                    reported.add(message)
                    shown = _SCOPE.sub(r"\g<code>", message)
                    yield DatafileError(shown, location=_blame(node, message))


# A sample value in a template can fail where a real one would not (a text that is no date), so of
# templates only these count: unknown functions, columns and tables, syntax, numbers of arguments,
# aggregates where none may be.
_SURE_CODES = frozenset({42, 46, 47, 60, 62, 184, 215})


# The query in which a name is unknown: with all nodes put in, it hides what is wrong.
_SCOPE = re.compile(r"[.:]? In scope .*?(?P<code> \([A-Z_]+\))?\Z", re.DOTALL)


def _blame(node: Node, message: str) -> Location:
    """Return the place in the node's SQL of the first name that a message of ClickHouse quotes."""
    for name in re.findall(r"[`'.](\w+)[`']", message):
        found = re.search(rf"\b{re.escape(name)}\b", node.sql)
        if found:
            return node.locate(found.start(), node.location.path)
    return node.locate(len(node.sql) - len(node.sql.lstrip()), node.location.path)


def _place(error: MartletError) -> tuple[str, int, int]:
    where = error.location
    return (where.path, where.line, where.column) if where else ("", 0, 0)
