"""What only ClickHouse finds: a project's tables, views and nodes, tried in an empty database.

Each resource is tried for itself. What needs a broken one is named as not checked, with the broken
one: an error is reported once, where it is.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from martlet.catalog import stored_columns, table_ddl
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import DatafileError, Location, MartletError, NotRunError, QueryError, SqlError
from martlet.filters import filter_errors
from martlet.model import Column, Datasource, Node, NodeType, Pipe, Project, TableEngine
from martlet.query import QueryBuilder
from martlet.schema import try_schema
from martlet.service_records import make_tables
from martlet.service_tables import reads_service, service_database
from martlet.sql.lexer import lex
from martlet.sql.tables import find_tables
from martlet.template.values import NO_VALUE, SAMPLE_NAME

# A sample value in a template can fail where a real one would not (a text that is no date), so of
# templates only these count: unknown functions, columns and tables, syntax, numbers of arguments,
# aggregates where none may be.
_SURE_CODES = frozenset({42, 46, 47, 60, 62, 184, 215})

_UNKNOWN_TABLE = 60

_DESCRIBE = "DESCRIBE TABLE (\n"
_POSITION = re.compile(r"Syntax error: failed at position (\d+)")

# The query in which a name is unknown: with all nodes put in, it hides what is wrong.
_SCOPE = re.compile(r"[.:]? In (?:scope|query) .*?(?P<code> \([A-Z_]+\))?\Z", re.DOTALL)

_ATTEMPT = "__attempt"


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A pipe that ClickHouse could not be asked about.

    Attributes:
        reason: what kept it from that, as the end of "not checked: ...".
        is_blocked: something that it reads has an error or does not run.
    """

    pipe: str
    location: Location
    reason: str
    is_blocked: bool


@dataclass(slots=True)
class Analysis:
    """What the empty database said: errors by resource, and the pipes that were not looked at."""

    errors: list[MartletError] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)


def analyse(
    engine: ClickHouse, project: Project, queries: QueryBuilder, known: Sequence[MartletError]
) -> Analysis:
    """Try all of a project in an empty database.

    Args:
        engine: of the empty database.
        project: as far as its files could be read.
        queries: of the project.
        known: errors found without ClickHouse; what they concern is not tried.
    """
    if any(reads_service(node.sql) for pipe in project.pipes.values() for node in pipe.nodes):
        services = ClickHouse(engine.path, database=service_database(""))
        try:
            make_tables(services)
        finally:
            services.close()
    nodes = _Nodes(engine, project, queries, known)
    views = [pipe for pipe in project.pipes.values() if pipe.type is NodeType.MATERIALIZED]
    broken = nodes.broken | {pipe.name for pipe in views if nodes.obstacle(pipe, pipe.output)}
    refused = try_schema(engine, project, queries, broken=broken)
    for name, error in refused.items():
        source = project.datasources.get(name)
        nodes.found.errors += table_errors(engine, source, error) if source else [error]
    made = {str(row["name"]) for row in engine.rows(_TABLES)}
    nodes.found.errors += filter_errors(
        engine, (source for name, source in project.datasources.items() if name in made)
    )
    nodes.forget_obstacles()
    nodes.broken |= {name for name in project.datasources if name not in made}
    nodes.broken_nodes |= {
        (name, project.pipes[name].output.name): "has an error"
        for name in refused
        if name in project.pipes
    }
    for pipe in project.pipes.values():
        nodes.check_pipe(pipe)
    return nodes.found


def node_errors(engine: ClickHouse, project: Project, queries: QueryBuilder) -> list[MartletError]:
    """Return what ClickHouse finds in the nodes of a project whose tables are there.

    Nodes that do not run here, or read service data sources, whose tables are elsewhere, are not
    looked at.

    Args:
        engine: of the database with the tables.
        project: without errors that are found without ClickHouse.
        queries: of the project.
    """
    nodes = _Nodes(engine, project, queries, queries.problems())
    nodes.broken_nodes |= {
        (pipe.name, node.name): "reads a service data source"
        for pipe in project.pipes.values()
        for node in pipe.nodes
        if reads_service(node.sql)
    }
    for pipe in project.pipes.values():
        nodes.check_pipe(pipe)
    return nodes.found.errors


_TABLES = "SELECT name FROM system.tables WHERE database = currentDatabase()"


class _Nodes:
    """Nodes as ClickHouse sees them, those first that others read."""

    def __init__(
        self,
        engine: ClickHouse,
        project: Project,
        queries: QueryBuilder,
        known: Sequence[MartletError],
    ) -> None:
        self.engine = engine
        self.project = project
        self.queries = queries
        self.found = Analysis()
        self.broken: set[str] = set()
        self.broken_nodes: dict[tuple[str, str], str] = {}
        self._obstacles: dict[tuple[str, str], str] = {}
        self._checked: set[tuple[str, str]] = set()
        self._note(known)

    def _note(self, known: Sequence[MartletError]) -> None:
        """Remember which resources and nodes have errors."""
        for error in known:
            if error.location is None:
                continue
            why = "does not run" if isinstance(error, NotRunError) else "has an error"
            nodes = self._nodes_at(error.location)
            self.broken_nodes |= dict.fromkeys(nodes, why)
            if not nodes:
                self.broken.add(PurePosixPath(error.location.path).stem)

    def _nodes_at(self, place: Location) -> list[tuple[str, str]]:
        """Return the node that a place is in: several, where pipes include the same file."""
        nodes = [(pipe, node) for pipe in self.project.pipes.values() for node in pipe.nodes]
        above = [
            (node.location.line, (pipe.name, node.name))
            for pipe, node in nodes
            if node.location.path == place.path and node.location.line <= place.line
        ]
        if above:
            nearest = max(line for line, _ in above)
            return [key for line, key in above if line == nearest]
        return [(pipe.name, node.name) for pipe, node in nodes if pipe.location.path == place.path]

    def forget_obstacles(self) -> None:
        self._obstacles.clear()

    def obstacle(self, pipe: Pipe, node: Node) -> str:
        """Return why ClickHouse cannot be asked about a node; empty if it can."""
        key = (pipe.name, node.name)
        if key not in self._obstacles:
            self._obstacles[key] = ""  # of a circle, whose error is known
            self._obstacles[key] = self._find_obstacle(pipe, node)
        return self._obstacles[key]

    def _find_obstacle(self, pipe: Pipe, node: Node) -> str:
        if why := self.broken_nodes.get((pipe.name, node.name)):
            return f"node '{node.name}' of '{pipe.name}' {why}"
        named = self._named(pipe, node)
        inner = self.queries.reads(pipe, node)
        resolved = {found.name for _, found in inner} | {owner.name for owner, _ in inner}
        if broken := sorted((named - resolved) & self.broken):
            return f"'{broken[0]}' has an error"
        return next(filter(None, (self.obstacle(*found) for found in inner)), "")

    def _named(self, pipe: Pipe, node: Node) -> set[str]:
        """Return all names of tables in a node's SQL, the unknown ones too."""
        names: set[str] = set()
        for rendered in self.queries.renderings(pipe, node):
            with suppress(SqlError):
                names |= {table.name for table in find_tables(list(lex(rendered.sql)))}
        return names

    def check_pipe(self, pipe: Pipe) -> None:
        for node in pipe.nodes:
            self._check(pipe, node)
        keys = [(pipe.name, node.name) for node in pipe.nodes]
        if any(key in self.broken_nodes for key in keys):
            return
        for node in pipe.nodes:
            if reason := self.obstacle(pipe, node):
                self.found.unchecked.append(Unchecked(pipe.name, node.location, reason, True))
                return

    def _check(self, pipe: Pipe, node: Node) -> None:
        key = (pipe.name, node.name)
        if key in self._checked:
            return
        self._checked.add(key)
        for inner in self.queries.reads(pipe, node):
            self._check(*inner)
        if self.obstacle(pipe, node):
            return
        if errors := self._errors(pipe, node):
            self.found.errors += errors
            self.broken_nodes[key] = "has an error"
            self._obstacles.clear()

    def _errors(self, pipe: Pipe, node: Node) -> list[MartletError]:
        """Analyse each way through a node's template; note it where none of them works."""
        errors: dict[str, MartletError] = {}
        doubt, is_blocked = "every way through its template ends with an error", False
        columns: list[str] | None = None
        for sql in self.queries.samples(pipe, node):
            try:
                answer = self.engine.execute(f"{_DESCRIBE}{sql}\n)", format="TSV").body
            except QueryError as error:
                message = _SCOPE.sub(r"\g<code>", error.message.removeprefix("[Error] "))
                if self._is_sure(pipe, node, error, message):
                    place = self._place(pipe, node, sql, message) or _blame(node, message)
                    errors.setdefault(message, DatafileError(message, location=place))
                else:
                    doubt = self._doubt(error, message)
                    is_blocked = bool(self._misses_broken(error))
            else:
                columns = [line.split("\t")[0] for line in answer.decode().splitlines()]
                errors |= {error.message: error for error in self._copy_errors(node, columns)}
        if columns is None and not errors:
            self.found.unchecked.append(Unchecked(pipe.name, node.location, doubt, is_blocked))
        return list(errors.values())

    def _place(self, pipe: Pipe, node: Node, sql: str, message: str) -> Location | None:
        """Return the place in the node of a syntax error, whose position in the query is known."""
        found = _POSITION.search(message)
        if found is None:
            return None
        before = f"{_DESCRIBE}{sql}".encode()[: int(found[1]) - 1].decode(errors="ignore")
        error = SqlError(message, offset=max(len(before) - len(_DESCRIBE), 0))
        return self.queries.located(pipe, node, sql, error).location

    def _is_sure(self, pipe: Pipe, node: Node, error: QueryError, message: str) -> bool:
        """Whether no value that a request gives could make an error go away."""
        if SAMPLE_NAME in message or NO_VALUE in message or self._misses_broken(error):
            return False
        has_template = any(inner.is_template for _, inner in self.queries.reached(pipe, node))
        return error.code in _SURE_CODES or not has_template

    def _misses_broken(self, error: QueryError) -> str:
        """Return the broken data source that ClickHouse misses, as in `joinGet('x', ...)`."""
        if error.code != _UNKNOWN_TABLE:
            return ""
        found = re.search(r"Table \S+\.(\w+) does not exist", error.message)
        return found[1] if found and found[1] in self.broken else ""

    def _doubt(self, error: QueryError, message: str) -> str:
        """Return why nothing can be said of a node that ClickHouse refuses."""
        if SAMPLE_NAME in message:
            return "each request says which column or table it reads"
        if name := self._misses_broken(error):
            return f"'{name}' has an error"
        return f"with sample values ClickHouse says: {message}"

    def _copy_errors(self, node: Node, columns: list[str]) -> Iterator[MartletError]:
        """Yield an error if a copy makes columns that its data source does not have."""
        target = self.project.datasources.get(node.settings.get("target_datasource", ""))
        if node.type is not NodeType.COPY or target is None or target.name in self.broken:
            return
        known = {column.name for column in stored_columns(target)}
        if unknown := [name for name in columns if name not in known and name != SAMPLE_NAME]:
            yield DatafileError(
                f"The copy node '{node.name}' makes columns that its data source"
                f" '{target.name}' does not have: {', '.join(unknown)}",
                location=node.location,
                hint="columns are matched by name: rename them with AS, or add them to the SCHEMA",
            )


def _blame(node: Node, message: str) -> Location:
    """Return the place in the node's SQL of the first name that a message of ClickHouse quotes."""
    for name in re.findall(r"[`'.](\w+)[`']", message):
        found = re.search(rf"\b{re.escape(name)}\b", node.sql)
        if found:
            return node.locate(found.start(), node.location.path)
    return node.locate(len(node.sql) - len(node.sql.lstrip()), node.location.path)


# Keys of a table that ClickHouse can refuse, in the order in which they are tried.
_KEYS = ("settings", "sorting_key", "primary_key", "partition_key", "sampling_key", "ttl")
# Arguments of an engine; where there are two, the place of the first stands for both.
_OWN_KEYS = ("sign", "ver", "columns", "version", "is_deleted", "join_strictness")


def table_errors(
    engine: ClickHouse, source: Datasource, refusal: MartletError
) -> list[MartletError]:
    """Return why ClickHouse refuses a table, with the place of each column, index and key at fault.

    A table of the columns alone is made again with each of the parts: those that it refuses then
    are at fault. Where only several together are, the refusal of the whole is the answer.
    """
    columns = tuple(replace(c, default=None, codec=None) if c.type else c for c in source.columns)
    bare = replace(source, columns=columns, indexes=(), engine=TableEngine())
    if message := _refusal(engine, bare):
        alone = [
            _table_error(source, refused, column.location)
            for column in columns
            if (refused := _refusal(engine, replace(bare, columns=(column,))))
        ]
        return alone or [_table_error(source, message, source.location)]
    errors: dict[str, MartletError] = {}
    for place, variant in _variants(source, bare):
        if message := _refusal(engine, variant):
            errors.setdefault(message, _table_error(source, message, place))
    return list(errors.values()) or [refusal]


def _variants(source: Datasource, bare: Datasource) -> Iterator[tuple[Location, Datasource]]:
    """Yield tables of the columns and one part more each."""
    for index, column in enumerate(source.columns):
        if column != bare.columns[index]:
            columns: tuple[Column, ...] = (
                *bare.columns[:index], column, *bare.columns[index + 1 :])  # fmt: skip
            yield column.location, replace(bare, columns=columns)
    for item in source.indexes:
        yield item.location, replace(bare, indexes=(item,))
    whole = source.engine
    plain = TableEngine(settings=whole.settings)
    for key in _KEYS:
        if value := str(getattr(whole, key)):
            kept: dict[str, Any] = {key: value}
            engine = replace(plain, **kept)
            if key in ("primary_key", "sampling_key"):  # these are parts of the sorting key
                engine = replace(engine, sorting_key=whole.sorting_key)
            yield whole.locations.get(key, source.location), replace(bare, engine=engine)
    if own := next((key for key in _OWN_KEYS if getattr(whole, key)), ""):
        cleared: dict[str, Any] = dict.fromkeys(_KEYS[1:], "")
        alone = replace(whole, **cleared)
        yield whole.locations.get(own, source.location), replace(bare, engine=alone)


def _refusal(engine: ClickHouse, source: Datasource) -> str:
    """Return why ClickHouse does not make a table; empty if it does."""
    try:
        engine.command(table_ddl(source, name=_ATTEMPT))
    except QueryError as error:
        return error.message.removeprefix("[Error] ")
    engine.command(f"DROP TABLE IF EXISTS {_ATTEMPT} SYNC")
    return ""


def _table_error(source: Datasource, message: str, place: Location) -> MartletError:
    shown = _SCOPE.sub(r"\g<code>", message)
    return DatafileError(f"ClickHouse refuses data source '{source.name}': {shown}", location=place)
