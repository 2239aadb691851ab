"""What each resource of a project becomes: tables, endpoints, views, copies, tokens, secrets."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from martlet.catalog import feeders_of, stored_columns
from martlet.limits import takes_events
from martlet.model import Connection, Datasource, NodeType, Parameter, Pipe, Project
from martlet.query import QueryBuilder
from martlet.scopes import format_scope
from martlet.tokens import ADMIN_TOKEN_NAME, declared_scopes

Object = dict[str, object]

_SECRET = re.compile(r"""\btb_secret\(\s*(["'])(?P<name>.*?)\1\s*(?P<comma>,)?""")


@dataclass(frozen=True, slots=True)
class Secret:
    """A name that files give to `tb_secret`.

    Attributes:
        has_value: `.env` or `.env.local` has one.
        has_default: every use brings a default.
        files: where it is used.
    """

    name: str
    has_value: bool
    has_default: bool
    files: tuple[str, ...]

    def as_json(self) -> Object:
        """Return one object for `--json`."""
        return {
            "name": self.name,
            "has_value": self.has_value,
            "has_default": self.has_default,
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True)
class Inventory:
    """A project as what it becomes, each resource as one object of `--json`.

    Attributes:
        becomes: by kind and name, what a resource becomes.
        tokens: name -> scopes of the tokens that are made.
    """

    becomes: dict[tuple[str, str], Object]
    tokens: dict[str, list[str]]
    secrets: list[Secret]


def take_inventory(
    project: Project, queries: QueryBuilder, *, broken: Collection[str] = ()
) -> Inventory:
    """Return what the resources of a project become, as far as the files could be read.

    Args:
        project: with or without errors.
        queries: of the project.
        broken: paths of files with errors; they may ask for secrets too.
    """
    feeders = feeders_of(project)
    writers = {
        source.name: [pipe.name for pipe in feeders[source.name]] + _copies_into(project, source)
        for source in project.datasources.values()
    }
    becomes: dict[tuple[str, str], Object] = {}
    for source in project.datasources.values():
        becomes["datasource", source.name] = _table(project, source, writers[source.name])
    for pipe in project.pipes.values():
        becomes["pipe", pipe.name] = _pipe(project, pipe, queries)
    for connection in project.connections.values():
        found: Object = {"type": "connection", "service": connection.type}
        becomes["connection", connection.name] = found
    scopes = declared_scopes(project)
    tokens = {ADMIN_TOKEN_NAME: ["ADMIN"]}
    tokens |= {name: sorted(format_scope(*s) for s in found) for name, found in scopes.items()}
    return Inventory(becomes, tokens, _secrets(project, broken))


def _copies_into(project: Project, source: Datasource) -> list[str]:
    return [
        pipe.name
        for pipe in project.pipes.values()
        if pipe.output.settings.get("target_datasource") == source.name
    ]


def _table(project: Project, source: Datasource, writers: list[str]) -> Object:
    return {
        "type": "table",
        "engine": source.engine.name,
        "columns": len(stored_columns(source)) or None,  # those of the SELECT that fills it
        "takes_events": takes_events(source),
        "quarantine": source.quarantine,
        "filled_by": writers,
        "fixture": _relative(project, project.fixtures.get(source.name)),
    }


def _relative(project: Project, path: Path | None) -> str | None:
    return path.relative_to(project.root).as_posix() if path else None


def _pipe(project: Project, pipe: Pipe, queries: QueryBuilder) -> Object:
    settings = pipe.output.settings
    tests = _relative(project, project.tests.get(pipe.name))
    match pipe.type:
        case NodeType.ENDPOINT:
            parameters = [_parameter(found) for found in queries.parameters(pipe)]
            url = f"/v0/pipes/{pipe.name}.json"
            return {"type": "endpoint", "url": url, "parameters": parameters, "tests": tests}
        case NodeType.MATERIALIZED:
            to = settings.get("datasource")
            return {"type": "materialized view", "from": _sources(pipe, queries), "to": to}
        case NodeType.COPY:
            return {
                "type": "copy",
                "to": settings.get("target_datasource"),
                "mode": settings.get("copy_mode") or "append",
                "schedule": settings.get("copy_schedule") or "@on-demand",
            }
        case NodeType.SINK:
            target = settings.get("export_kafka_topic") or settings.get("export_bucket_uri")
            return {"type": "sink", "to": target}
        case _:
            return {"type": "helper", "tests": tests}


def _parameter(parameter: Parameter) -> Object:
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": bool(parameter.required),
        "default": parameter.default,
    }


def _sources(pipe: Pipe, queries: QueryBuilder) -> list[str]:
    """Return the data sources that a pipe's output reads, through all nodes and pipes."""
    reached = queries.reached(pipe, pipe.output)
    return sorted({name for found in reached for name in queries.datasources(*found)})


def _secrets(project: Project, broken: Collection[str]) -> list[Secret]:
    """Return the secrets that datafiles ask for."""
    resources: list[Datasource | Pipe | Connection] = [
        *project.datasources.values(),
        *project.pipes.values(),
        *project.connections.values(),
    ]
    uses: dict[str, list[tuple[str, bool]]] = {}
    for path in sorted({*broken, *(resource.location.path for resource in resources)}):
        with suppress(OSError):
            text = (project.root / path).read_text(errors="replace")
            for use in _SECRET.finditer(text):
                uses.setdefault(use["name"], []).append((path, bool(use["comma"])))
    return [
        Secret(
            name,
            name in project.secrets,
            all(has_default for _, has_default in found),
            tuple(sorted({path for path, _ in found})),
        )
        for name, found in sorted(uses.items())
    ]
