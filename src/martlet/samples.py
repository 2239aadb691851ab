"""Examples for a person who has just started a server: an event to post, an endpoint to call."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.errors import MartletError
from martlet.ingest.rows import RowCoder
from martlet.model import Column, NodeType, Project
from martlet.types import ColumnType, Group

if TYPE_CHECKING:  # examples for another place need no ClickHouse
    from martlet.workspace import Workspace

_VALUES: dict[Group, object] = {
    Group.INTEGER: 1,
    Group.FLOAT: 1.5,
    Group.DECIMAL: "1.5",
    Group.BOOL: True,
    Group.FIXED_STRING: "",
    Group.UUID: "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
    Group.DATE: "2025-01-31",
    Group.DATETIME: "2025-01-31 12:00:00",
    Group.DATETIME64: "2025-01-31 12:00:00.000",
    Group.ARRAY: [],
    Group.MAP: {},
    Group.NESTED: [],
    Group.JSON: {},
}

# Looking for an endpoint to show takes no longer, except for one last query.
_SEARCH_S = 1.0


def sample_datasource(workspace: "Workspace") -> tuple[str, str] | None:
    """Return a data source and an event it accepts: its fixture's first, or a made one."""
    live = workspace.live
    for name in sorted(live.project.datasources):
        if event := sample_event(live.project, name, live.coders[name]):
            return name, event
    return None


def sample_event(project: Project, name: str, coder: RowCoder) -> str:
    """Return an event that a data source accepts, empty if none is found."""
    columns = [column for column in project.datasources[name].columns if column.json_path]
    for event in (_first_line(project.fixtures.get(name)), json.dumps(_event(columns))):
        if columns and event and coder.code(event.encode(), "ndjson").accepted == 1:
            return event
    return ""


def _first_line(fixture: Path | None) -> str:
    if fixture is None or fixture.suffix != ".ndjson":
        return ""
    with fixture.open(errors="replace") as file:
        return file.readline().strip()


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
            inner[keys[-1]] = _value(column.type.bare)
    return event


def _value(kind: ColumnType) -> object:
    if kind.family.group is Group.IP:
        return "127.0.0.1" if kind.family.name == "IPv4" else "::1"
    if kind.family.group is Group.ENUM:
        return next(name for name in kind.arguments if isinstance(name, str))
    if kind.family.group is Group.TUPLE:
        values = [_value(inner.bare) for inner in kind.inner]
        return dict(zip(kind.names, values, strict=True)) if kind.names else values
    return _VALUES.get(kind.family.group, "text")


def sample_endpoint(workspace: "Workspace") -> str | None:
    """Return an endpoint that answers rows without parameters; else any that answers."""
    answering = None
    until = time.monotonic() + _SEARCH_S
    for pipe in workspace.live.project.pipes.values():
        if pipe.type is not NodeType.ENDPOINT:
            continue
        if time.monotonic() > until:
            break
        try:
            query = workspace.live.queries.build(pipe, {})
            body = workspace.engine.execute(
                f"SELECT count() FROM (SELECT 1 FROM (\n{query.sql}\n) LIMIT 1)",
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
