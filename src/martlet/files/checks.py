"""Whether the resources of a project fit each other; to add a check, add it to `CHECKS`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from martlet.errors import Location
from martlet.files.keys import engine_name
from martlet.files.source import Report
from martlet.model import Datasource, Node, NodeType, Pipe, TableEngine

# Names that could not be told from SQL or from a database.
_RESERVED = frozenset(
    "and as by from group join left limit max min not null on order select to union where with "
    "tinybird system public default main origin live snapshot "
    "_temporary_and_external_tables".split()
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Found:
    """What the files of a project hold.

    Attributes:
        files: (kind, name) -> the places of the files, the broken ones too, by path.
        includes: the files that include others.
    """

    datasources: dict[str, Datasource] = field(default_factory=dict)
    pipes: dict[str, Pipe] = field(default_factory=dict)
    files: dict[tuple[str, str], list[Location]] = field(default_factory=dict)
    includes: list[Location] = field(default_factory=list)

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind's files, the broken ones too."""
        return [name for found, name in self.files if found == kind]

    def has(self, name: str) -> bool:
        """Whether a file of any kind has that name."""
        return any(name == found for _, found in self.files)


def check_project(found: Found, report: Report) -> None:
    """Report everything about the project as a whole."""
    for check in CHECKS:
        check(found, report)


def _names(found: Found, report: Report) -> None:
    for (_, name), places in found.files.items():
        if not _NAME.fullmatch(name):
            hint = "use letters, digits and underscores, no digit in front."
            report.error(f"Invalid resource name '{name}'", places[0], f"rename the file: {hint}")
        elif name.lower() in _RESERVED:
            report.error(f"'{name}' is a reserved name", places[0], "rename the file.")


def _duplicates(found: Found, report: Report) -> None:
    places: dict[tuple[bool, str], list[Location]] = {}
    for (kind, name), locations in found.files.items():
        # Data sources and pipes are both tables in SQL; connections are not.
        places.setdefault((kind == "connection", name), []).extend(locations)
    for (_, name), locations in places.items():
        for location in locations[1:]:
            report.error(
                f"Resource '{name}' is defined twice",
                location,
                f"the other one is {locations[0].path}; rename or remove one.",
            )


def _quarantines(found: Found, report: Report) -> None:
    """Each data source has a table of refused rows beside it."""
    for source in found.datasources.values():
        for kind in ("datasource", "pipe"):
            for place in found.files.get((kind, source.quarantine), ()):
                report.error(
                    f"'{source.quarantine}' is the quarantine of '{source.name}'",
                    place,
                    "rename the file.",
                )


def _targets(found: Found, report: Report) -> None:
    """Materialized views and copies write into data sources of the project."""
    names = found.names("datasource")
    for pipe in found.pipes.values():
        for node in pipe.nodes:
            key = _TARGETS.get(node.type)
            target = node.settings.get(key, "") if key else ""
            # Classic makes the target from the node's own ENGINE if there is no data source.
            if not key or not target or target in names or "engine" in node.settings:
                continue
            near = get_close_matches(target, names, n=1)
            report.error(
                f"Data source '{target}' of {node.type.value} node '{node.name}' does not exist",
                node.setting_locations.get(key, node.location),
                f"did you mean {near[0]}?" if near else f"add {target}.datasource.",
            )


_TARGETS = {NodeType.MATERIALIZED: "datasource", NodeType.COPY: "target_datasource"}


def _clashes(found: Found, report: Report) -> None:
    resources = {name for kind, name in found.files if kind != "connection"}
    for pipe in found.pipes.values():
        for node in pipe.nodes:
            if node.name in resources:
                report.warn(
                    f"Node '{node.name}' has the name of a resource",
                    node.location,
                    "in this pipe's SQL the name means the node; rename it.",
                )


def classic_targets(pipes: Iterable[Pipe], known: Mapping[str, Datasource]) -> list[Datasource]:
    """Return the data sources that Classic makes from a materialized node's own ENGINE.

    They have no columns here: those are the columns of the node's SELECT, which an engine knows.
    """
    nodes = [node for pipe in pipes for node in pipe.nodes if "engine" in node.settings]
    found: dict[str, Datasource] = {}
    for node in nodes:
        target = node.settings.get("datasource", "")
        if target and target not in known:
            found.setdefault(target, Datasource(target, node.location, (), _node_engine(node)))
    return list(found.values())


def _node_engine(node: Node) -> TableEngine:
    keys: dict[str, Any] = {
        key.removeprefix("engine_"): value
        for key, value in node.settings.items()
        if key.startswith("engine_")
    }
    names = {field.name for field in fields(TableEngine)}
    kept = {key: value for key, value in keys.items() if key in names}
    return TableEngine(engine_name(node.settings["engine"]), **kept)


CHECKS: tuple[Callable[[Found, Report], None], ...] = (
    _names,
    _duplicates,
    _quarantines,
    _targets,
    _clashes,
)
