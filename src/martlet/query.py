"""Pipes as queries: templates rendered, nodes and pipes inlined, every table accounted for."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from martlet.errors import (
    DatafileError,
    Location,
    MartletError,
    NotFoundError,
    NotRunError,
    OutsideError,
    QueryError,
    SqlError,
    TemplateError,
)
from martlet.model import Node, NodeType, Parameter, Pipe, Project
from martlet.sql.guard import (
    ALLOWED_SYSTEM_TABLES,
    ALLOWED_TABLE_FUNCTIONS,
    check_select,
    without_end,
)
from martlet.sql.lexer import lex
from martlet.sql.tables import TableReference, find_tables, replace_tables
from martlet.template.choices import Facts
from martlet.template.compiler import Rendered, Template, compile_template
from martlet.template.values import SAMPLE_NAME

# A pipe of pipes of pipes: deeper than any real project, shallower than Python's stack.
MAX_DEPTH = 40

# Nodes that read a node twice which reads a node twice: the text would grow without end.
MAX_NODES = 1000
_MAX_REMEMBERED = 64 * 1024

# Tinybird's own tables about a workspace: https://www.tinybird.co/docs/monitoring/service-datasources
SERVICE_PREFIXES = ("tinybird.", "organization.")

# Bounds of `{{max_threads(n)}}`: each number of threads is a kind of connection of its own.
MAX_THREADS = 16


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT ready for an engine.

    Attributes:
        sql: ClickHouse SQL without placeholders but those of `secrets`.
        datasources: names of the data sources and quarantines that it reads.
        settings: ClickHouse settings that the templates asked for.
        secrets: values of `{name: String}` placeholders.
    """

    sql: str
    datasources: frozenset[str]
    settings: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(slots=True)
class _Gathered:
    """What the nodes of one query have added so far.

    Attributes:
        sample: the nodes are rendered with sample values, and this is known of their tests.
    """

    sample: Facts | None = None
    nodes: int = 0
    datasources: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


class _HiddenError(SqlError):
    """A WITH name of a query means something else in the SQL of a node that is put into it."""


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A node's SQL that has passed the guard: its text up to the end and the tables it names."""

    sql: str
    tables: tuple[TableReference, ...]


def _scan(sql: str) -> _Scanned:
    """Check one SELECT and find its tables; texts of usual size are remembered."""
    return _scan_again(sql) if len(sql) > _MAX_REMEMBERED else _scan_once(sql)


def _scan_again(sql: str) -> _Scanned:
    lexemes = without_end(list(lex(sql)))
    check_select(lexemes)
    tables = tuple(find_tables(lexemes))
    for table in tables:
        if table.is_function and table.name.lower() not in ALLOWED_TABLE_FUNCTIONS:
            message = f"The query uses disabled table functions: '{table.name}'"
            raise SqlError(message, offset=table.start)
    return _Scanned(sql[: lexemes[-1].end], tables)


_scan_once = lru_cache(maxsize=1024)(_scan_again)


class QueryBuilder:
    """Builds the query of any node of a project.

    Templates are compiled once; a rendering whose text was seen before is not read again.
    """

    def __init__(self, project: Project) -> None:
        """Compile all templates; an error is kept for `check`, and raised by `build`."""
        self.project = project
        self._templates: dict[tuple[str, str], Template | TemplateError] = {}
        self._reads: dict[tuple[str, str], list[tuple[Pipe, Node]]] = {}
        for pipe in project.pipes.values():
            for node in pipe.nodes:
                if node.is_template:
                    self._templates[pipe.name, node.name] = _compile(node)

    def build(self, pipe: Pipe, values: Mapping[str, object], *, node: Node | None = None) -> Query:
        """Render a node (by default the output) with all that it refers to.

        Raises:
            TemplateError: a parameter is missing or does not fit.
            QueryError: the SQL is not one SELECT, or names a table that is not the project's.
        """
        gathered = _Gathered()
        try:
            sql = self._inlined(pipe, node or pipe.output, values, gathered, 0)
        except SqlError as error:
            raise QueryError(f"[Error] {error.message}") from error
        return Query(sql, frozenset(gathered.datasources), gathered.settings, gathered.secrets)

    def _inlined(
        self,
        pipe: Pipe,
        node: Node,
        values: Mapping[str, object],
        gathered: _Gathered,
        depth: int,
        hidden: frozenset[str] = frozenset(),
    ) -> str:
        if depth > MAX_DEPTH:
            raise SqlError(f"The nodes and pipes that '{node.name}' reads are nested too deeply")
        rendered = self._render(pipe, node, values, sample=gathered.sample)
        return self._inlined_text(pipe, node, rendered, values, gathered, depth, hidden)

    def _inlined_text(
        self,
        pipe: Pipe,
        node: Node,
        rendered: Rendered,
        values: Mapping[str, object],
        gathered: _Gathered,
        depth: int,
        hidden: frozenset[str] = frozenset(),
    ) -> str:
        gathered.settings.update(_settings(rendered.settings))
        gathered.secrets.update(rendered.secrets)
        scanned = _scan(rendered.sql)
        gathered.nodes += 1
        if gathered.nodes > MAX_NODES:
            raise SqlError(f"The query reads more than {MAX_NODES} nodes, counted where they stand")

        def subquery(reference: TableReference) -> str | None:
            found = self._resolve(pipe, node, reference.name)
            if found is None:
                self._note_table(reference, gathered)
                if reference.name in hidden:
                    raise _HiddenError(
                        f"The node '{node.name}' reads '{reference.name}', but WITH gives that"
                        " name to something else where the node is used: rename it there"
                    )
                return None
            return self._inlined(*found, values, gathered, depth + 1, hidden | reference.hidden)

        return replace_tables(scanned.sql, scanned.tables, subquery)

    def _render(
        self, pipe: Pipe, node: Node, values: Mapping[str, object], *, sample: Facts | None = None
    ) -> Rendered:
        if not node.is_template:
            return Rendered(node.sql, {}, {})
        template = self._templates[pipe.name, node.name]
        if isinstance(template, TemplateError):
            raise template
        if sample is not None:
            return template.render_sample(sample)
        return template.render(values, secrets=self.project.secrets)

    def _resolve(self, pipe: Pipe, node: Node, name: str) -> tuple[Pipe, Node] | None:
        """Return the node that a table name stands for; a node does not see itself."""
        sibling = pipe.node(name)
        if sibling is not None and sibling.name != node.name:
            return pipe, sibling
        other = self.project.pipes.get(name)
        if other is not None and other.name != pipe.name:
            return other, other.output
        return None

    def _note_table(self, reference: TableReference, gathered: _Gathered) -> None:
        name = reference.name
        if name in self.project.datasources or self._quarantined(name):
            gathered.datasources.add(name)
        elif not (
            reference.after_in or reference.is_function or name.lower() in ALLOWED_SYSTEM_TABLES
        ):
            kind = NotRunError if name.startswith(SERVICE_PREFIXES) else SqlError
            raise kind(f"Resource '{name}' not found", offset=reference.start)

    def _quarantined(self, name: str) -> str | None:
        source = name.removesuffix("_quarantine")
        return source if source != name and source in self.project.datasources else None

    def parameters(self, pipe: Pipe) -> tuple[Parameter, ...]:
        """Return the parameters of a pipe: of every node that its output reaches, first wins."""
        found: dict[str, Parameter] = {}
        for owner, node in self.reached(pipe, pipe.output):
            template = self._templates.get((owner.name, node.name))
            if isinstance(template, Template):
                for parameter in template.parameters:
                    found.setdefault(parameter.name, parameter)
        return tuple(found.values())

    def reached(self, pipe: Pipe, node: Node) -> Iterator[tuple[Pipe, Node]]:
        """Yield a node and all that it reads, over all branches of the templates, each once."""
        return self._reached(pipe, node, set())

    def _reached(
        self, pipe: Pipe, node: Node, seen: set[tuple[str, str]]
    ) -> Iterator[tuple[Pipe, Node]]:
        if (pipe.name, node.name) in seen:
            return
        seen.add((pipe.name, node.name))
        yield pipe, node
        for found in self._inner(pipe, node):
            yield from self._reached(*found, seen)

    def _inner(self, pipe: Pipe, node: Node) -> list[tuple[Pipe, Node]]:
        """Return the nodes that a node reads, over all branches of its template."""
        key = (pipe.name, node.name)
        if key not in self._reads:
            names = {
                reference.name: None  # in the order of the text, each once
                for rendered in self._samples(pipe, node)
                for reference in _tables(rendered.sql)
            }
            found = (self._resolve(pipe, node, name) for name in names)
            self._reads[key] = [inner for inner in found if inner is not None]
        return self._reads[key]

    def _samples(self, pipe: Pipe, node: Node) -> list[Rendered]:
        """Return renderings that take every branch; none where `check` has an error to show."""
        if not node.is_template:
            return [Rendered(node.sql, {}, {})]
        template = self._templates[pipe.name, node.name]
        try:
            return [] if isinstance(template, TemplateError) else list(template.branches())
        except TemplateError:
            return []

    def reads(self, pipe: Pipe, node: Node) -> list[tuple[Pipe, Node]]:
        """Return the nodes that a node reads itself, over all branches of its template."""
        return self._inner(pipe, node)

    def datasources(self, pipe: Pipe, node: Node) -> list[str]:
        """Return the data sources that a node reads itself, over all branches of its template."""
        names = {
            reference.name: None
            for rendered in self._samples(pipe, node)
            for reference in _tables(rendered.sql)
            if reference.name in self.project.datasources
        }
        return [name for name in names if self._resolve(pipe, node, name) is None]

    def renderings(self, pipe: Pipe, node: Node) -> list[Rendered]:
        """Return renderings of a node alone that take every branch of its template."""
        return self._samples(pipe, node)

    def located(self, pipe: Pipe, node: Node, sql: str, error: SqlError) -> MartletError:
        """Return an error in a rendering of a node as one in the file."""
        return _located(error, pipe, node, _offset_in_source(node, sql, error.offset))

    def samples(self, pipe: Pipe, node: Node) -> Iterator[str]:
        """Yield queries of a node that take each branch of its template, with sample values."""
        for rendered in self._samples(pipe, node):
            try:
                yield self._inlined_text(pipe, node, rendered, {}, _sample_of(rendered), 0)
            except (SqlError, TemplateError):
                continue  # `check` reports it

    def check(self) -> list[MartletError]:
        """Return every error of the SQL and templates that keeps the project from starting."""
        return [error for error in self.problems() if not isinstance(error, NotRunError)]

    def problems(self) -> list[MartletError]:
        """Return every error of the project's SQL and templates, in file order.

        A `NotRunError` among them concerns its pipe alone: it answers with that error.
        """
        errors: list[MartletError] = []
        for pipe in self.project.pipes.values():
            for node in pipe.nodes:
                errors.extend(self._check_node(pipe, node))
        return [*errors, *self._check_cycles()]

    def _check_node(self, pipe: Pipe, node: Node) -> Iterator[MartletError]:
        template = self._templates.get((pipe.name, node.name))
        if isinstance(template, TemplateError):
            yield _located(template, pipe, node, template.offset or 0)
            return
        if node.type is NodeType.MATERIALIZED and template and template.parameters:
            yield DatafileError(
                f"The materialized node '{node.name}' has the template parameter"
                f" '{template.parameters[0].name}': no request gives it a value",
                location=node.location,
                hint="a materialized view runs on insert: write the value into the SQL",
            )
        if template:
            try:
                deque(template.branches(), maxlen=0)
            except TemplateError as failure:
                yield _located(failure, pipe, node, failure.offset or 0)
        reported: set[str] = set()
        for rendered in self._samples(pipe, node):
            for error in self._check_sql(pipe, node, rendered.sql):
                if error.message not in reported:
                    reported.add(error.message)
                    yield error
            try:
                self._inlined_text(pipe, node, rendered, {}, _sample_of(rendered), 0)
            except _HiddenError as error:
                if error.message not in reported:
                    reported.add(error.message)
                    yield _located(error, pipe, node, 0)
            except (SqlError, TemplateError):
                continue  # reported where it is

    def _check_sql(self, pipe: Pipe, node: Node, sql: str) -> Iterator[MartletError]:
        try:
            scanned = _scan(sql)
        except SqlError as error:
            yield _located(error, pipe, node, _offset_in_source(node, sql, error.offset))
            return
        for reference in scanned.tables:
            is_named_by_request = SAMPLE_NAME in reference.name
            if not is_named_by_request and self._resolve(pipe, node, reference.name) is None:
                try:
                    self._note_table(reference, _Gathered())
                except SqlError as error:
                    yield _located(
                        error,
                        pipe,
                        node,
                        _offset_in_source(node, sql, reference.start, reference.name),
                        hint=self._hint(reference.name),
                    )

    def _hint(self, name: str) -> str:
        if name.startswith(SERVICE_PREFIXES):
            return "service data sources are not available yet"
        known = [*self.project.datasources, *self.project.pipes]
        near = [other for other in known if other.lower() == name.rpartition(".")[2].lower()]
        if near:
            return f"did you mean {near[0]}?"
        workspace, dot, table = name.rpartition(".")
        if dot:
            path = f"vendor/{workspace}/datasources/{table}.datasource"
            return f"the file of what {workspace} shares belongs into {path}"
        return "data sources, pipes and nodes of the same pipe can be read by name"

    def _check_cycles(self) -> Iterator[MartletError]:
        """Report each circle of nodes once, at the first of them that is met."""
        done: set[tuple[str, str]] = set()
        for pipe in self.project.pipes.values():
            for node in pipe.nodes:
                for circle in self._circles(pipe, node, [], done):
                    yield DatafileError(
                        f"Nodes that read each other in a circle: {' -> '.join(circle)}",
                        location=node.location,
                    )

    def _circles(
        self, pipe: Pipe, node: Node, path: list[tuple[str, str]], done: set[tuple[str, str]]
    ) -> Iterator[list[str]]:
        key = (pipe.name, node.name)
        if key in path:
            circle = [*path[path.index(key) :], key]
            is_one_pipe = len({owner for owner, _ in circle}) == 1
            yield [name if is_one_pipe else f"{owner}.{name}" for owner, name in circle]
        elif key not in done:
            for inner in self._inner(pipe, node):
                yield from self._circles(*inner, [*path, key], done)
            done.add(key)


def _tables(sql: str) -> Iterable[TableReference]:
    try:
        return _scan(sql).tables
    except SqlError:
        return ()  # `check` reports it


def _sample_of(rendered: Rendered) -> _Gathered:
    """Return a start for what one way through a node reads: the same request's ways."""
    return _Gathered(sample=rendered.facts or Facts())


def _compile(node: Node) -> Template | TemplateError:
    try:
        return compile_template(node.sql, name=node.name)
    except TemplateError as error:
        return error


def find_pipe(project: Project, name: str) -> Pipe:
    """Return the pipe of that name.

    Raises:
        NotFoundError: there is none.
    """
    pipe = project.pipes.get(project.versioned.get(name, name))
    if pipe is None:
        raise NotFoundError(f"The pipe '{name}' does not exist")
    return pipe


def _settings(wanted: Mapping[str, object]) -> dict[str, str]:
    """Return the ClickHouse settings of what template functions asked for."""
    threads = wanted.get("max_threads")
    if isinstance(threads, int):
        return {"max_threads": str(max(1, min(threads, MAX_THREADS)))}
    return {}


def _offset_in_source(node: Node, sql: str, offset: int, name: str = "") -> int:
    """Return where in the node's text a place of its rendered SQL is, as near as can be told."""
    if sql == node.sql:
        return offset
    if name and (found := node.sql.find(name)) >= 0:
        return found
    start = sql.rfind("\n", 0, offset) + 1
    whole = sql[start:].split("\n")[0]
    line = whole.strip()
    found = node.sql.find(line) if line else -1
    if found >= 0:
        return max(found, found + offset - start - (len(whole) - len(whole.lstrip())))
    # The line has values of parameters in it.
    word = re.match(r"\w+", sql[offset:]) or re.match(r"\w+", line)
    return max(node.sql.find(word[0]), 0) if word else 0


def _located(
    error: MartletError, pipe: Pipe, node: Node, offset: int, *, hint: str = ""
) -> MartletError:
    where: Location = node.locate(offset, node.location.path)
    # What a view reads must be there when it is made.
    early = NodeType if isinstance(error, OutsideError) else (NodeType.MATERIALIZED,)
    if isinstance(error, NotRunError) and (pipe.type is NodeType.COPY or pipe.type not in early):
        late = NotRunError(error.message, hint=hint or error.hint)
        late.location = where
        return late
    return DatafileError(error.message, location=where, hint=hint or error.hint)
