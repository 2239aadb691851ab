"""Examples for a person who has just started a server: an event to post, an endpoint to call."""

import json

from martlet.errors import MartletError
from martlet.model import Column, NodeType, Project
from martlet.types import Group
from martlet.workspace import Workspace

_VALUES: dict[Group, object] = {
    Group.INTEGER: 1,
    Group.FLOAT: 1.5,
    Group.DECIMAL: "1.5",
    Group.BOOL: True,
    Group.UUID: "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
    Group.DATE: "2025-01-31",
    Group.DATETIME: "2025-01-31 12:00:00",
    Group.DATETIME64: "2025-01-31 12:00:00.000",
    Group.ARRAY: [],
    Group.MAP: {},
    Group.JSON: {},
}


def sample_datasource(project: Project) -> tuple[str, str] | None:
    """Return a data source that takes events, and one event: its fixture's first, or a made one."""
    for name, source in sorted(project.datasources.items()):
        columns = [column for column in source.columns if column.json_path]
        if not columns:
            continue
        fixture = project.fixtures.get(name)
        if fixture and fixture.suffix == ".ndjson":
            with fixture.open() as file:
                line = file.readline().strip()
            if line:
                return name, line
        return name, json.dumps(_event(columns))
    return None


def _event(columns: list[Column]) -> dict[str, object]:
    event: dict[str, object] = {}
    for column in columns:
        keys = (column.json_path or "").removeprefix("$").strip(".").split(".")
        if column.type is None or not keys[0] or "[" in str(column.json_path):
            continue
        inner = event
        for key in keys[:-1]:
            deeper = inner.setdefault(key, {})
            if not isinstance(deeper, dict):
                break
            inner = deeper
        else:
            inner[keys[-1]] = _VALUES.get(column.type.bare.family.group, "text")
    return event


def sample_endpoint(workspace: Workspace) -> str | None:
    """Return an endpoint that answers rows without parameters; else any that answers."""
    answering = None
    for pipe in workspace.live.project.pipes.values():
        if pipe.type is not NodeType.ENDPOINT:
            continue
        try:
            query = workspace.live.queries.build(pipe, {})
            body = workspace.engine.execute(
                f"SELECT count() FROM (\n{query.sql}\n)",
                format="TSV",
                settings=query.settings,
                parameters=query.secrets,
            ).body
        except MartletError:
            continue
        if body.strip() != b"0":
            return pipe.name
        answering = answering or pipe.name
    return answering
