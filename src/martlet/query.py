"""Pipes as queries: templates rendered, nodes and pipes inlined, every table accounted for."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from martlet.access import READ_PIPE, Access
from martlet.errors import (
    DatafileError,
    DatafileWarning,
    Location,
    MartletError,
    NotFoundError,
    NotRunError,
    OutsideError,
    QueryError,
    SqlError,
    TemplateError,
    TooLargeError,
)
from martlet.model import Node, NodeType, Parameter, Pipe, Project
from martlet.resolution import (
    CURRENT_PIPE,
    HiddenError,
    Place,
    Resolution,
    scan,
    within,
)
from martlet.service_tables import PREFIXES, SERVICE_TABLES, unknown_hint
from martlet.sql.tables import TableReference
from martlet.sql.tail import Tail, split_tail
from martlet.template.choices import Facts
from martlet.template.compiler import Rendered, Template, compile_template
from martlet.template.parameters import CAPTURED
from martlet.template.values import SAMPLE_NAME

# https://www.tinybird.co/docs/api-reference/query-api
MAX_SQL_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT ready for an engine.

    Attributes:
        sql: ClickHouse SQL without placeholders but those of `secrets`.
        datasources: names of the data sources and quarantines that it reads.
        settings: ClickHouse settings that the templates asked for.
        secrets: values of `{name: String}` placeholders.
        pipes: names of the pipes that it reads, the one it was built for too.
        format: of `FORMAT` at the end of a request's SQL, empty if there is none.
        is_isolated: tables have their database's name, and no other may be found.
        is_filtered: the caller does not see all rows, or has parameters that are bound.
        database: where its tables are; empty for the one that the engine has.
        cache_ttl_s: how old an answer may be that the pipe allows, None where it says nothing.
    """

    sql: str
    datasources: frozenset[str]
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    pipes: frozenset[str] = frozenset()
    format: str = ""
    is_isolated: bool = False
    is_filtered: bool = False
    database: str = ""
    cache_ttl_s: float | None = None


class QueryBuilder:
    """Builds the query of any node of a project.

    Templates are compiled once; a rendering whose text was seen before is not read again.
    """

    def __init__(self, project: Project, *, database: str = "") -> None:
        """Compile all templates; an error is kept for `check`, and raised by `build`.

        Args:
            project: whose nodes are built.
            database: where its tables are in ClickHouse, empty for another engine.
        """
        self.project = project
        self.database = database
        self._templates: dict[tuple[str, str], Template | TemplateError] = {}
        self._reads: dict[tuple[str, str], list[tuple[Pipe, Node]]] = {}
        self._sources: dict[tuple[str, str], list[str]] = {}
        for pipe in project.pipes.values():
            for node in pipe.nodes:
                if node.is_template:
                    self._templates[pipe.name, node.name] = _compile(node)

    def build(
        self,
        pipe: Pipe,
        values: Mapping[str, object],
        *,
        node: Node | None = None,
        access: Access | None = None,
    ) -> Query:
        """Render a node (by default the output) with all that it refers to.

        Args:
            pipe: whose node it is.
            values: parameters of the request; those that the access is bound to win.
            node: of the pipe.
            access: whose filters leave rows out of every table that is read. That the pipe may be
                read is for the caller to check.

        Raises:
            TemplateError: a parameter is missing or does not fit.
            QueryError: the SQL is not one SELECT, or names a table that is not the project's.
        """
        is_limited = access is not None and not access.is_admin and bool(access.filters)
        resolution = Resolution(self, access, is_limited, asked=pipe.name)
        try:
            place = Place(pipe, node or pipe.output, resolution.enter(pipe, values))
            sql = resolution.inlined(place)
        except SqlError as error:
            raise _as_query_error(error) from error
        return _query(resolution, sql)

    def build_sql(
        self,
        sql: str,
        values: Mapping[str, object],
        *,
        access: Access | None,
        pipe: Pipe | None = None,
        has_tail: bool = False,
    ) -> Query:
        """Return the query of a request's own SQL.

        Args:
            sql: one SELECT, or a template of one behind `%`.
            values: parameters of the request.
            access: must be allowed to read each table and pipe that the SQL names; its filters
                leave rows out everywhere.
            pipe: what `_` stands for; its nodes can be named too, and their tables are then read
                as if the SQL named them. It must be allowed.
            has_tail: whether FORMAT and SETTINGS may stand at the end.

        Raises:
            TemplateError: a parameter is missing or does not fit.
            TokenError: the access does not allow something that is read.
            TooLargeError: the SQL is too long.
            QueryError: the SQL is not one SELECT, or names a table that is not the project's.
        """
        if len(sql.encode()) > MAX_SQL_BYTES:
            raise TooLargeError(f"The SQL has more than {MAX_SQL_BYTES} bytes, the limit")
        is_limited = access is not None and not access.is_admin
        if pipe is not None and access is not None:
            access.require(READ_PIPE, pipe.name)
        resolution = Resolution(self, access, is_limited, asked=pipe.name if pipe else "")
        try:
            rendered = self._render_request(sql, values, with_secrets=not is_limited)
            tail = split_tail(rendered.sql) if has_tail else Tail(rendered.sql)
            place = Place(pipe, _request_node(tail.sql), values, needs_scopes=access is not None)
            rendered = replace(rendered, sql=tail.sql)
            text = resolution.inlined_text(within(place, rendered), rendered)
        except SqlError as error:
            raise _as_query_error(error) from error
        resolution.settings.update(tail.settings)
        return replace(_query(resolution, text), format=tail.format)

    def _render_request(
        self, sql: str, values: Mapping[str, object], *, with_secrets: bool
    ) -> Rendered:
        mark, percent, text = sql.partition("%")
        if mark.strip() or not percent:
            return Rendered(sql, {}, {})
        template = compile_template(text, name="q")
        return template.render(values, secrets=self.project.secrets if with_secrets else {})

    def render(
        self, pipe: Pipe, node: Node, values: Mapping[str, object], *, sample: Facts | None = None
    ) -> Rendered:
        """Return a node's SQL for the values of a request, or with sample values."""
        if not node.is_template:
            return Rendered(node.sql, {}, {})
        template = self._templates[pipe.name, node.name]
        if isinstance(template, TemplateError):
            raise template
        if sample is not None:
            return template.render_sample(sample)
        return template.render(values, secrets=self.project.secrets)

    def resolve(self, pipe: Pipe, node: Node, name: str) -> tuple[Pipe, Node] | None:
        """Return the node that a table name stands for; a node does not see itself."""
        sibling = pipe.node(name)
        if sibling is not None and sibling.name != node.name:
            return pipe, sibling
        other = self.project.pipes.get(name)
        if other is not None and other.name != pipe.name:
            return other, other.output
        return None

    def parameters(self, pipe: Pipe) -> tuple[Parameter, ...]:
        """Return the parameters of a pipe: of every node that its output reaches, first wins."""
        found: dict[str, Parameter] = {}
        for owner, node in self.reached(pipe, pipe.output):
            template = self._templates.get((owner.name, node.name))
            if isinstance(template, Template):
                for parameter in template.parameters:
                    found.setdefault(parameter.name, parameter)
        return tuple(found.values())

    def own_parameters(self, pipe: Pipe, node: Node) -> tuple[Parameter, ...]:
        """Return the parameters of a node's own template."""
        template = self._templates.get((pipe.name, node.name))
        return template.parameters if isinstance(template, Template) else ()

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
                if not reference.is_lookup
            }
            found = (self.resolve(pipe, node, name) for name in names)
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
        key = (pipe.name, node.name)
        if key not in self._sources:
            names = {
                reference.name: None
                for rendered in self._samples(pipe, node)
                for reference in _tables(rendered.sql)
                if reference.name in self.project.datasources
            }
            found = [name for name in names if self.resolve(pipe, node, name) is None]
            self._sources[key] = found
        return self._sources[key]

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
                yield self._sample(pipe, node, rendered)
            except (SqlError, TemplateError):
                continue  # `check` reports it

    def _sample(self, pipe: Pipe, node: Node, rendered: Rendered) -> str:
        """Return the query of one way through a node: what it reads goes the same way."""
        resolution = Resolution(self, sample=rendered.facts or Facts())
        return resolution.inlined_text(Place(pipe, node, {}), rendered)

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

    def warnings(self) -> list[DatafileWarning]:
        """Return a warning for each name of Tinybird's API that a template takes from a request."""
        found = []
        for pipe in self.project.pipes.values():
            for node in pipe.nodes:
                template = self._templates.get((pipe.name, node.name))
                names = template.parameters if isinstance(template, Template) else ()
                found += [_captured(node, item.name) for item in names if item.name in CAPTURED]
        return found

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
                if node is pipe.nodes[0]:
                    _check_first(node, template)
            except DatafileError as failure:
                yield failure
                return
            except TemplateError as failure:
                yield _located(failure, pipe, node, failure.offset or 0)
        reported: set[str] = set()
        for rendered in self._samples(pipe, node):
            for error in self._check_sql(pipe, node, rendered.sql):
                if error.message not in reported:
                    reported.add(error.message)
                    yield error
            try:
                self._sample(pipe, node, rendered)
            except HiddenError as error:
                if error.message not in reported:
                    reported.add(error.message)
                    yield _located(error, pipe, node, 0)
            except (SqlError, TemplateError):
                continue  # reported where it is
        if node.type is NodeType.MATERIALIZED:
            for name in sorted(self._services_of_others(pipe, node)):
                message = f"{_in_view(name)}; it reads a pipe that does"
                yield DatafileError(message, location=node.location, hint=_VIEW_HINT)

    def _services_of_others(self, pipe: Pipe, node: Node) -> set[str]:
        """Return the service data sources that a node reads by way of other pipes."""
        return {
            reference.name
            for owner, inner in self.reached(pipe, node)
            if owner.name != pipe.name
            for rendered in self._samples(owner, inner)
            for reference in _tables(rendered.sql)
            if reference.name in SERVICE_TABLES
        }

    def _check_sql(self, pipe: Pipe, node: Node, sql: str) -> Iterator[MartletError]:
        try:
            scanned = scan(sql)
        except SqlError as error:
            yield _located(error, pipe, node, _offset_in_source(node, sql, error.offset))
            return
        resolution = Resolution(self)
        is_view = pipe.type is NodeType.MATERIALIZED
        for reference in scanned.tables:
            if is_view and reference.name in SERVICE_TABLES:
                yield DatafileError(
                    _in_view(reference.name),
                    location=node.locate(
                        _offset_in_source(node, sql, reference.start, reference.name),
                        node.location.path,
                    ),
                    hint=_VIEW_HINT,
                )
            is_named_by_request = SAMPLE_NAME in reference.name
            if not is_named_by_request and self.resolve(pipe, node, reference.name) is None:
                try:
                    resolution.check_other(reference)
                except SqlError as error:
                    yield _located(
                        error,
                        pipe,
                        node,
                        _offset_in_source(node, sql, reference.start, reference.name),
                        hint=self._hint(reference.name),
                    )

    def _hint(self, name: str) -> str:
        if name.startswith(PREFIXES):
            return unknown_hint()
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


_VIEW_HINT = "read it in an endpoint, or copy its rows with a copy pipe"


def _in_view(name: str) -> str:
    return f"A materialized pipe cannot read the service data source '{name}'"


def _tables(sql: str) -> Iterable[TableReference]:
    try:
        return scan(sql).tables
    except SqlError:
        return ()  # `check` reports it


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
    pipe = project.pipes.get(project.resource(name))
    if pipe is None:
        raise NotFoundError(f"The pipe '{name}' does not exist")
    return pipe


def _query(resolution: Resolution, sql: str) -> Query:
    return Query(
        sql,
        frozenset(resolution.datasources),
        resolution.settings,
        resolution.secrets,
        pipes=frozenset(resolution.pipes),
        is_isolated=resolution.is_isolated,
        is_filtered=resolution.is_filtered,
        database=resolution.nodes.database,
        cache_ttl_s=resolution.cache_ttl_s,
    )


def _as_query_error(error: SqlError) -> QueryError:
    failure = QueryError(f"[Error] {error.message}")
    failure.hint = error.hint
    return failure


def _request_node(sql: str) -> Node:
    """Return a request's SQL as a node, for what is said of it."""
    where = Location("q", 1)
    return Node(CURRENT_PIPE, sql, is_template=False, location=where, sql_location=where)


_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def _captured(node: Node, name: str) -> DatafileWarning:
    word = re.compile(rf"\b{name}\b")
    places = (word.search(node.sql, *tag.span()) for tag in _TAG.finditer(node.sql))
    offset = next((place.start() for place in places if place), 0)
    return DatafileWarning(
        f"The API reads '{name}' itself: a template may not get what a request gives it",
        location=node.locate(offset, node.location.path),
        hint="give the parameter another name.",
    )


def _check_first(node: Node, template: Template) -> None:
    """Render the first node of a pipe with samples, as Tinybird does when it reads a pipe.

    Raises:
        DatafileError: nothing is rendered.
        TemplateError: it fails with samples.
    """
    if not template.render_sample().sql.strip():
        raise DatafileError(
            "Template renders to an empty query without parameters",
            location=node.sql_location,
            hint="write a query for requests that give no parameters, in an {% else %} for example",
        )


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
