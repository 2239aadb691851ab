"""The graph of a project's resources, as far as a token may see it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from martlet.access import Access
from martlet.api.backend import Published, Reading
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.catalog import feeders_of
from martlet.ids import resource_id
from martlet.model import NodeType, Pipe
from martlet.query import find_pipe
from martlet.views import feeds


@dataclass(frozen=True, slots=True)
class Resource:
    """A data source or pipe with its edges, which are names.

    Attributes:
        reads: what a pipe reads in its own nodes.
        used_by: the pipes that read it so.
        fills: the data source that a materialized or copy pipe writes to.
        filled_by: the pipes that write to it.
    """

    kind: str
    name: str
    reads: tuple[str, ...]
    used_by: tuple[str, ...]
    fills: tuple[str, ...]
    filled_by: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as it is answered."""
        edges: dict[str, tuple[str, ...]] = {"used_by": self.used_by, "filled_by": self.filled_by}
        if self.kind == "pipe":
            edges = {"reads": self.reads, "used_by": self.used_by, "fills": self.fills}
        head = {"id": resource_id(self.kind, self.name), "name": self.name, "type": self.kind}
        return {**head, **edges}


def read_dependencies(backend: Reading, request: Request) -> Response:
    """`GET /v0/dependencies[?datasource=<name>|pipe=<name>]`: what reads and fills what, of all that the token may read."""  # noqa: E501  one line of the table of routes
    access = authenticate(backend, request)
    live, query = backend.live, request.query
    known = resources_of(live, access)
    asked: dict[str, Resource] = {}
    if name := query.get("pipe"):
        name = find_pipe(live.project, name).name
    elif name := query.get("datasource"):
        name = live.project.datasource(name).name
    if name:
        asked = {name: known[name]} if name in known else {}
    else:
        asked = {key: item for key, item in known.items() if item.kind == "datasource"}
    if pattern := query.get("match"):
        asked = {key: item for key, item in asked.items() if fnmatchcase(key, f"*{pattern}*")}
    found = {
        key: item.reads if item.kind == "pipe" else item.used_by for key, item in asked.items()
    }
    if name and _flag(query, "check_for_partial_replace"):
        # Clients empty all data sources in the answer with the one that they ask for.
        filled = [known[item] for item in filled_from(live, name) if item in known]
        found |= {item.name: item.used_by for item in filled}
    if _flag(query, "recursive"):
        found = {key: _reached(known, known[key].kind, names) for key, names in found.items()}
    if _flag(query, "no_deps"):
        found = {key: names for key, names in found.items() if not names}
    shown = known if not name and not pattern else asked
    return json_response(
        {"dependencies": found, "resources": [item.as_json() for item in shown.values()]}
    )


def filled_from(live: Published, table: str) -> list[str]:
    """Return the data sources that materialized pipes fill from one, along several too."""
    fed = feeds(live.project, live.queries)
    found: dict[str, None] = {}
    pending = sorted(fed.get(table, ()))
    while pending:
        name = pending.pop()
        if name not in found and name != table:
            found[name] = None
            pending += sorted(fed.get(name, ()))
    return list(found)


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _reached(known: Mapping[str, Resource], kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return what is reached from names: what a pipe reads, or what a data source goes into."""
    found: dict[str, None] = {}
    pending = list(names)
    while pending:
        name = pending.pop(0)
        if name not in found:
            found[name] = None
            item = known.get(name)  # a name that the token may not read ends there
            if item is not None:
                pending += (
                    (*item.reads, *item.filled_by)
                    if kind == "pipe"
                    else (*item.used_by, *item.fills)
                )
    return tuple(found)


def resources_of(live: Published, access: Access) -> dict[str, Resource]:
    """Return what a token may read, by name; edges of that lead to what it may not read too."""
    project = live.project
    pipes = {p.name: p for p in project.pipes.values() if access.may_read_pipe(p.name)}
    reads = {name: _reads(live, pipe) for name, pipe in pipes.items()}
    targets = {name: target for name, pipe in pipes.items() if (target := _target(pipe))}
    feeders = feeders_of(project)

    def readers(name: str) -> tuple[str, ...]:
        return tuple(reader for reader in pipes if name in reads[reader])

    found: dict[str, Resource] = {}
    for name in project.datasources:
        if access.may_read_datasource(name):
            views = [pipe.name for pipe in feeders[name] if pipe.name in pipes]
            writers = (*views, *(pipe for pipe, target in targets.items() if target == name))
            filled_by = tuple(dict.fromkeys(writers))
            found[name] = Resource("datasource", name, (), readers(name), (), filled_by)
    for name in pipes:
        fills = (targets[name],) if name in targets else ()
        found[name] = Resource("pipe", name, reads[name], readers(name), fills, ())
    return found


def _reads(live: Published, pipe: Pipe) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for node in pipe.nodes:
        names |= dict.fromkeys(live.queries.datasources(pipe, node))
        others = (owner.name for owner, _ in live.queries.reads(pipe, node))
        names |= dict.fromkeys(name for name in others if name != pipe.name)
    return tuple(names)


def _target(pipe: Pipe) -> str | None:
    settings = pipe.output.settings
    if pipe.type is NodeType.MATERIALIZED:
        return settings.get("datasource")
    return settings.get("target_datasource") if pipe.type is NodeType.COPY else None
