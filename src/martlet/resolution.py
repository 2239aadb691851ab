"""One query of many: the nodes and pipes that it reads put into it, and what the caller may see.

A caller who may not see everything gets a query in which each table has its database's name, and a
connection whose own database is empty: a table that was not found here is not found there either.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from martlet.access import READ_DATASOURCE, READ_PIPE, Access
from martlet.errors import NotRunError, SqlError, TokenError
from martlet.model import Node, Pipe, Project
from martlet.service_tables import PREFIXES, SERVICE_TABLES, service_database, unknown_hint
from martlet.sql.filters import as_source, filtered
from martlet.sql.guard import (
    ALLOWED_SYSTEM_TABLES,
    ALLOWED_TABLE_FUNCTIONS,
    check_select,
    without_end,
)
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.sql.tables import Edit, TableReference, apply_edits, find_tables, put
from martlet.template.choices import Facts
from martlet.template.compiler import Rendered

# A pipe of pipes of pipes: deeper than any real project, shallower than Python's stack.
MAX_DEPTH = 40

# Nodes that read a node twice which reads a node twice: the text would grow without end.
MAX_NODES = 1000
_MAX_REMEMBERED = 64 * 1024

# Bounds of `{{max_threads(n)}}`: each number of threads is a kind of connection of its own.
MAX_THREADS = 16

# ClickHouse reads no longer texts unless it is told to, and Athena none; here one of 2 MB took five
# seconds of the processor.
MAX_QUERY_SIZE = 256 * 1024

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}

# The pipe itself in a request's SQL.
CURRENT_PIPE = "_"

# Where rows are filtered, conditions of the query come behind the filter (measured on chDB 26.9:
# merged with it, `toUInt8(name) = 1` fails on a row outside, and says its value).
_IN_ORDER = {"query_plan_merge_filters": "0", "optimize_move_to_prewhere_if_final": "0"}


class HiddenError(SqlError):
    """A WITH name of a query means something else in the SQL of a node that is put into it."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A node's SQL that has passed the guard: its text up to the end and the tables it names.

    Attributes:
        qualifiers: the names that stand before a dot.
    """

    sql: str
    tables: tuple[TableReference, ...]
    qualifiers: frozenset[str]


def scan(sql: str) -> Scanned:
    """Check one SELECT and find its tables; texts of usual size are remembered."""
    return _scan_again(sql) if len(sql) > _MAX_REMEMBERED else _scan_once(sql)


def _scan_again(sql: str) -> Scanned:
    lexemes = without_end(list(lex(sql)))
    check_select(lexemes)
    tables = tuple(find_tables(lexemes, lookups=True))
    for table in tables:
        if table.is_function and table.name.lower() not in ALLOWED_TABLE_FUNCTIONS:
            message = f"The query uses disabled table functions: '{table.name}'"
            raise SqlError(message, offset=table.start)
    qualifiers = {
        str(lexeme.name)
        for lexeme, dot in pairwise(lexemes)
        if dot.text == "." and lexeme.name is not None
    }
    return Scanned(sql[: lexemes[-1].end], tables, frozenset(qualifiers))


_GENERATION = re.compile(r"__\d+$")

_scan_once = lru_cache(maxsize=1024)(_scan_again)


class Nodes(Protocol):
    """A project's nodes, ready to be rendered."""

    @property
    def project(self) -> Project: ...

    @property
    def database(self) -> str:
        """Where the tables are in ClickHouse; empty for another engine."""
        ...

    def render(
        self, pipe: Pipe, node: Node, values: Mapping[str, object], *, sample: Facts | None = None
    ) -> Rendered: ...

    def resolve(self, pipe: Pipe, node: Node, name: str) -> tuple[Pipe, Node] | None:
        """Return the node that a table name stands for; a node does not see itself."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A node where it is put into a query.

    Attributes:
        pipe: whose the node is; of a request's SQL, the pipe that `_` is, if any.
        hidden: names that mean something else around it.
        is_request: the SQL is the caller's own.
        needs_scopes: the caller must be allowed to read each table and pipe that is named here.
    """

    pipe: Pipe | None
    node: Node
    values: Mapping[str, object]
    depth: int = 0
    hidden: frozenset[str] = frozenset()
    is_request: bool = False
    needs_scopes: bool = False


@dataclass(slots=True)
class Resolution:
    """Makes one query, and notes what it reads and needs.

    Attributes:
        access: what the caller may see; None for Martlet itself.
        is_limited: the caller sees less than everything: tables and filters are written out.
        is_filtered: rows were left out, or parameters bound, for this caller.
        sample: the nodes are rendered with sample values, and this is known of their tests.
        cache_ttl_s: the least that the nodes of the pipe itself, or the request's SQL, ask for.
        asked: name of that pipe; one that it reads does not speak for it.
    """

    nodes: Nodes
    access: Access | None = None
    is_limited: bool = False
    is_filtered: bool = False
    sample: Facts | None = None
    asked: str = ""
    cache_ttl_s: float | None = None
    count: int = 0
    datasources: set[str] = field(default_factory=set)
    pipes: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a caller with a filter of nothing: it may be a misspelled one of something.

        Raises:
            TokenError: a filter's data source is not in the project.
        """
        known = self.nodes.project.datasources
        if self.access and (lost := sorted(self.access.filters.keys() - known.keys())):
            raise TokenError(
                f"The token '{self.access.name}' has a filter of the data"
                f" source '{lost[0]}', which does not exist"
            )
        if self.is_isolated:
            self.settings.update(_IN_ORDER)

    @property
    def is_isolated(self) -> bool:
        """Whether the query must run where no table is found by its bare name."""
        return self.is_limited and bool(self.nodes.database)

    def inlined(self, place: Place) -> str:
        """Return the SQL of a node of the project with all that it reads.

        Raises:
            TemplateError: a parameter is missing or does not fit.
            TokenError: the caller may not read something.
            SqlError: the SQL is not one SELECT, or names a table that is not the project's.
        """
        assert place.pipe is not None
        if place.depth > MAX_DEPTH:
            message = f"The nodes and pipes that '{place.node.name}' reads are nested too deeply"
            raise SqlError(message)
        rendered = self.nodes.render(place.pipe, place.node, place.values, sample=self.sample)
        return self.inlined_text(place, rendered)

    def inlined_text(self, place: Place, rendered: Rendered) -> str:
        """Return a rendering of a node, or of a request's SQL, with all that it reads."""
        self.settings.update(_settings(rendered.settings))
        self._note_ttl(place, rendered)
        self.secrets.update(rendered.secrets)
        self._check_size(rendered.sql)
        scanned = scan(rendered.sql)
        self.count += 1
        if self.count > MAX_NODES:
            raise SqlError(f"The query reads more than {MAX_NODES} nodes, counted where they stand")
        for name in scanned.qualifiers if self.is_isolated else ():
            if _generation_of(name) in (self._first_database, self._service_database):
                raise SqlError(f"The name '{name}' is not allowed before a dot")
        edits: list[Edit] = []
        for reference in scanned.tables:
            edits += self._edits(place, scanned.sql, reference)
        return apply_edits(scanned.sql, edits)

    def _check_size(self, sql: str) -> None:
        settings = self.nodes.project.settings.clickhouse
        limit = settings.get("max_query_size", str(MAX_QUERY_SIZE))
        if limit.isdecimal() and 0 < int(limit) < len(sql):
            raise SqlError(
                f"The SQL with the values of its parameters has {len(sql)} characters, more than"
                f" the {limit} of the setting max_query_size",
                hint="keep long lists in a data source",
            )

    def _note_ttl(self, place: Place, rendered: Rendered) -> None:
        text = str(rendered.settings.get("cache_ttl", ""))
        if text and (place.pipe is None or place.pipe.name == self.asked):
            ttl_s = int(text[:-1]) * _SECONDS[text[-1]]
            self.cache_ttl_s = min(ttl_s, self.cache_ttl_s or ttl_s)

    def enter(self, pipe: Pipe, values: Mapping[str, object]) -> Mapping[str, object]:
        """Return a pipe's values, in which those that the caller is bound to win."""
        self.pipes.add(pipe.name)
        fixed = self.access.fixed.get(pipe.name) if self.access else None
        if not fixed:
            return values
        self.is_filtered = True
        return {**values, **fixed}

    def _edits(self, place: Place, sql: str, reference: TableReference) -> Iterable[Edit]:
        if reference.is_lookup:
            return self._lookup(place, reference)
        if reference.is_function:
            return ()
        inner = self._inner(place, reference)
        if inner is None:
            return self._table(place, sql, reference)
        is_view = self.is_isolated and place.is_request
        return (put(reference, as_source(self.inlined(inner), reference, is_view=is_view)),)

    def _inner(self, place: Place, reference: TableReference) -> Place | None:
        """Return the node that a name stands for, None for a table."""
        project, pipe, name = self.nodes.project, place.pipe, reference.name
        found: tuple[Pipe, Node] | None
        needs_scopes = place.needs_scopes
        if not place.is_request:
            assert pipe is not None
            found = self.nodes.resolve(pipe, place.node, name)
        elif pipe is not None and name == CURRENT_PIPE:
            found, needs_scopes = (pipe, pipe.output), False
        elif pipe is not None and (node := pipe.node(name)):
            found = pipe, node  # read as if its SQL stood in the request's
        else:
            other = project.pipes.get(project.resource(name))
            found = (other, other.output) if other else None
        if found is None:
            return None
        values, owner = place.values, found[0]
        if owner is not pipe:
            if needs_scopes and self.access:
                self.access.require(READ_PIPE, owner.name)
            needs_scopes = False
        if owner is not pipe or place.is_request:
            values = self.enter(owner, values)
        hidden = place.hidden | reference.hidden
        return Place(*found, values, place.depth + 1, hidden, needs_scopes=needs_scopes)

    def _table(self, place: Place, sql: str, reference: TableReference) -> Iterable[Edit]:
        name = self._table_name(place, reference)
        if name in SERVICE_TABLES and not self._is_known(name):
            return self._service(place, reference)
        if not self._is_known(name):
            self.check_other(reference)
            return ()
        self._note(place, name)
        if reference.name in place.hidden and not self.is_isolated:
            raise HiddenError(
                f"The node '{place.node.name}' reads '{reference.name}', but WITH gives that"
                " name to something else where the node is used: rename it there"
            )
        table = self._qualified(name)
        condition = self._filter(name)
        if condition:
            source = self.nodes.project.datasources.get(name)  # a quarantine has parts
            return filtered(
                sql,
                reference,
                table=table,
                condition=condition,
                has_parts=source is None or source.engine.name.endswith("MergeTree"),
                is_view=self.is_isolated and place.is_request,
            )
        if self.is_isolated or name != reference.name:
            return (put(reference, table),)
        return ()

    def _service(self, place: Place, reference: TableReference) -> Iterable[Edit]:
        """Read one of Tinybird's own tables about a workspace."""
        name = reference.name
        self.datasources.add(name)
        if place.needs_scopes and self.access:
            self.access.require_service(name)
        table = name.partition(".")[2]
        if not self.nodes.database:
            return ()
        return (put(reference, f"{quote_identifier(self._service_database)}.{table}"),)

    @property
    def _first_database(self) -> str:
        return _generation_of(self.nodes.database)

    @property
    def _service_database(self) -> str:
        return service_database(self._first_database)

    def _lookup(self, place: Place, reference: TableReference) -> Iterator[Edit]:
        """Follow the name of a table that a function is given."""
        name = self._table_name(place, reference)
        if self._is_known(name):
            self._note(place, name)
        if not self.is_limited:
            return
        if not name:
            message = "joinGet and its like take the name of a data source here, as a text"
            raise SqlError(message, offset=reference.start)
        if not self._is_known(name):
            raise SqlError(f"Resource '{name}' not found", offset=reference.start)
        if self._filter(name):
            raise SqlError(
                f"joinGet does not read '{name}' for a token that sees only some of its rows",
                offset=reference.start,
                hint="use JOIN",
            )
        if self.is_isolated:
            text = quote_string(f"{self.nodes.database}.{name}")
            yield Edit(reference.start, reference.end, text)

    def _table_name(self, place: Place, reference: TableReference) -> str:
        """Return the plain name of a table; in files there is no other."""
        name = reference.name
        return self.nodes.project.resource(name) if place.is_request else name

    def _is_known(self, name: str) -> bool:
        datasources = self.nodes.project.datasources
        source = name.removesuffix("_quarantine")
        return name in datasources or (source != name and source in datasources)

    def _note(self, place: Place, name: str) -> None:
        self.datasources.add(name)
        if place.needs_scopes and self.access and not self.access.may_read_datasource(name):
            is_own = name in self.nodes.project.datasources
            source = name if is_own else name.removesuffix("_quarantine")
            self.access.require(READ_DATASOURCE, source)

    def _filter(self, name: str) -> str:
        condition = self.access.filter_of(name) if self.access else ""
        self.is_filtered |= bool(condition)
        return condition

    def _qualified(self, name: str) -> str:
        table = quote_identifier(name)
        return f"{quote_identifier(self.nodes.database)}.{table}" if self.is_isolated else table

    def check_other(self, reference: TableReference) -> None:
        """Refuse a name that is no table of the project, unless it may be something else.

        Raises:
            SqlError: nothing has that name.
        """
        name = reference.name
        if name in SERVICE_TABLES and not reference.is_function:
            return
        if name.startswith(PREFIXES):
            message = f"Resource '{name}' not found"
            raise NotRunError(message, offset=reference.start, hint=unknown_hint())
        is_elsewhere = reference.after_in or reference.is_function or reference.is_lookup
        if is_elsewhere or self._is_known(name) or name.lower() in ALLOWED_SYSTEM_TABLES:
            return
        raise SqlError(f"Resource '{name}' not found", offset=reference.start)


def _generation_of(database: str) -> str:
    """Return the name that all databases of a project begin with; see `generations`."""
    return _GENERATION.sub("", database)


def within(place: Place, rendered: Rendered) -> Place:
    """Return a request's place, whose placeholders are those that its template has made.

    Raises:
        SqlError: it has written others, with which it would read the secrets of pipes.
    """
    before = None
    for lexeme in lex(rendered.sql):
        if before is not None and before.text == "{" and lexeme.text not in rendered.secrets:
            raise SqlError("{...} is not allowed in the SQL of a request", offset=before.start)
        before = lexeme
    return replace(place, is_request=True)


def _settings(wanted: Mapping[str, object]) -> dict[str, str]:
    """Return the ClickHouse settings of what template functions asked for."""
    threads = wanted.get("max_threads")
    if isinstance(threads, int):
        return {"max_threads": str(max(1, min(threads, MAX_THREADS)))}
    return {}
