"""A project's queries as Athena will run them: translated, or refused with the place in the pipe.

A node is translated as it is written, with the nodes and pipes that it reads as tables: so what
has no translation is reported once, where it stands. A request's query is translated whole.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from martlet.catalog import feeders_of, id_error, is_derived
from martlet.errors import (
    DatafileError,
    MartletError,
    SqlError,
    UnsupportedError,
    UnsupportedViewError,
)
from martlet.ingest.defaults import default_errors, read_defaults, volatile
from martlet.model import Datasource, Node, NodeType, Pipe, Project
from martlet.query import Query, QueryBuilder
from martlet.service_tables import SERVICE_TABLES, reads_service
from martlet.sql.lexer import Kind, lex, quote_string
from martlet.sql.tables import find_tables
from martlet.template.values import NO_VALUE, SAMPLE_NAME
from martlet.translate.lower import Lowering
from martlet.translate.scope import Relation
from martlet.translate.tables import Partitions, TableFacts, View, facts_of_project
from martlet.translate.translator import Translation, Translator
from martlet.translate.views import view_rows

# What a pipe of such a type is called.
_NOT_RUN = {NodeType.COPY: "copy pipe", NodeType.SINK: "sink"}

# Ways through one template that are translated; real templates have fewer.
MAX_SAMPLES = 256


@dataclass(slots=True)
class _Checked:
    """A node after its check: what is wrong, and its columns if it could be translated."""

    errors: list[MartletError] = field(default_factory=list)
    facts: TableFacts | None = None
    reads: list[tuple[Pipe, Node]] = field(default_factory=list)


class Translations:
    """Translates the queries of a project and says what cannot be."""

    def __init__(self, project: Project, queries: QueryBuilder) -> None:
        self.project = project
        self.queries = queries
        tables = lake_tables(project, queries)
        self._unread = {name: facts.unread for name, facts in tables.items()}
        self.tables = {name: replace(facts, unread={}) for name, facts in tables.items()}
        self.translator = Translator(self.tables, join_use_nulls=project.settings.join_use_nulls)
        self._checked: dict[tuple[str, str], _Checked] = {}
        self._feeders = feeders_of(project)

    def translate(self, query: Query) -> Translation:
        """Return a query as Trino SQL.

        Raises:
            UnsupportedError: something in it has no translation.
            QueryError: a value is not what its place needs, or the SQL is too long for Athena.
        """
        _refuse_services(query.sql)
        return self.translator.translate(with_secrets(query.sql, query.secrets))

    def datasource_errors(self, source: Datasource) -> list[MartletError]:
        """Return why a data source cannot be what it is in ClickHouse: its engine, DEFAULTs."""
        found: list[MartletError] = [] if is_derived(source) else [*default_errors(source)]
        if source.engine.name == "Join":
            message = f"Data source '{source.name}' does not run on AWS: Athena has no engine Join"
            found.append(DatafileError(message, location=source.location))
        if error := id_error(self.project, source.name):
            found.append(error)
        places = {error.location for error in found}
        unread = self._unread[source.name]
        found += [
            DatafileError(
                f"DEFAULT {column.default} of column '{column.name}' cannot be evaluated on Athena:"
                f" {unread[column.name].message}",
                location=column.location,
            )
            for column in source.columns
            if column.name in unread and column.location not in places
        ]
        return found

    def errors(self, pipe: Pipe) -> list[MartletError]:
        """Return why a pipe's output does not run on Athena; nothing if it does.

        That is so of what it reads too: other pipes, and those that fill its data sources.
        """
        if pipe.type in _NOT_RUN:
            message = f"The {_NOT_RUN[pipe.type]} '{pipe.name}' does not run on AWS yet"
            return [DatafileError(message, location=pipe.output.location)]
        found: dict[str, MartletError] = {}
        todo, seen = [(pipe, pipe.output)], set()
        while todo:
            owner, node = todo.pop(0)
            if (owner.name, node.name) in seen:
                continue
            seen.add((owner.name, node.name))
            checked = self._check(owner, node, ())
            for error in checked.errors:
                found.setdefault(str(error), error)
            todo += checked.reads
            for name in self.queries.datasources(owner, node):
                feeders = self._feeders[name]
                todo += [(feeder, feeder.output) for feeder in feeders]
                if not feeders and (copy := self._copy_into(name)):
                    error = _never_filled(owner, node, name, copy)
                    found.setdefault(str(error), error)
        return list(found.values())

    def _copy_into(self, name: str) -> Pipe | None:
        """Return a copy pipe that fills a data source which takes no events."""
        if not is_derived(self.project.datasources[name]):
            return None
        return next((pipe for pipe in self.project.pipes.values()
                     if pipe.output.settings.get("target_datasource") == name), None)  # fmt: skip

    def _check(self, pipe: Pipe, node: Node, path: tuple[tuple[str, str], ...]) -> _Checked:
        """Translate every way through a node's template."""
        key = (pipe.name, node.name)
        if key in self._checked:
            return self._checked[key]
        checked = _Checked(reads=list(self.queries.reads(pipe, node)))
        if key in path:  # nodes that read each other: `check` reports it
            return checked
        self._checked[key] = checked
        tables = dict(self.tables)
        is_whole = True
        for owner, inner in checked.reads:
            facts = self._check(owner, inner, (*path, key)).facts
            name = inner.name if owner.name == pipe.name else owner.name
            tables.pop(name, None)
            if facts is None:
                is_whole = False
            else:
                tables[name] = facts
        if is_whole:
            translator = Translator(tables, join_use_nulls=self.project.settings.join_use_nulls)
            self._check_samples(pipe, node, translator, checked)
        if node.type is NodeType.MATERIALIZED and node is pipe.output and not checked.errors:
            self._check_target(pipe, node, checked)
        return checked

    def _check_target(self, pipe: Pipe, node: Node, checked: _Checked) -> None:
        """Translate what reading a materialized node's data source makes of the node."""
        name = node.settings["datasource"]
        facts = self.tables.get(name)
        view = next((v for v in facts.views if v.pipe == pipe.name), None) if facts else None
        if facts is None or view is None:
            return
        try:
            lowering = Lowering(self.tables, join_use_nulls=self.translator.join_use_nulls)
            relation = Relation(name, frozenset(), {})
            view_rows(lowering, name, replace(facts, views=(view,)), relation)
        except UnsupportedViewError as error:
            if error.pipe == pipe.name:
                failure = DatafileError(error.message, location=node.location, hint=error.hint)
                checked.errors.append(failure)

    def _check_samples(
        self, pipe: Pipe, node: Node, translator: Translator, checked: _Checked
    ) -> None:
        messages: set[str] = set()
        unknown: MartletError | None = None
        for rendered in islice(self.queries.renderings(pipe, node), MAX_SAMPLES):
            sql = rendered.sql
            try:
                _refuse_services(sql)
                translation = translator.translate(with_secrets(sql, rendered.secrets))
            except UnsupportedViewError:  # an error of the pipe that fills what is read here
                continue
            except SqlError as error:
                if NO_VALUE in error.message or SAMPLE_NAME in error.message:
                    unknown = error
                elif error.message not in messages:
                    messages.add(error.message)
                    checked.errors.append(self.queries.located(pipe, node, sql, error))
            except MartletError as error:
                unknown = error  # a sample value is not what its place needs; a request's may be
            else:
                checked.facts = checked.facts or TableFacts(
                    dict(translation.columns), has_hidden=False
                )
        if checked.facts is None and not checked.errors and unknown is not None:
            message = f"Cannot be translated with sample values: {unknown.message}"
            failure = SqlError(message, hint="try it with real ones: martlet translate --param")
            checked.errors.append(self.queries.located(pipe, node, node.sql, failure))


def _refuse_services(sql: str) -> None:
    """Refuse what nothing records on AWS.

    Raises:
        UnsupportedError: the SQL reads a service data source.
    """
    if not reads_service(sql):
        return
    for reference in find_tables(list(lex(sql))):
        if reference.name in SERVICE_TABLES:
            raise UnsupportedError(
                f"The service data source '{reference.name}' is not available on AWS yet",
                offset=reference.start,
                hint="the dashboard and the functions' logs tell of requests there",
            )


def lake_tables(
    project: Project,
    queries: QueryBuilder,
    *,
    partitions: Mapping[str, Partitions] | None = None,
    added: Mapping[str, Collection[str]] | None = None,
) -> dict[str, TableFacts]:
    """Return the facts of a project's tables in the lake, and of those that pipes fill.

    Args:
        project: the project.
        queries: of the project.
        partitions: how tables are partitioned, by name.
        added: by data source, the columns that some of its rows came before.
    """
    sources = project.datasources.values()
    read = {source.name: read_defaults(source) for source in sources if not is_derived(source)}
    tables = facts_of_project(project, partitions=partitions, read=read, added=added)
    for name, feeders in feeders_of(project).items():
        if feeders:
            source = project.datasources[name]
            tables[name] = replace(
                tables[name],
                views=tuple(_view(pipe, queries) for pipe in feeders),
                has_events=not is_derived(source),
                defaults=_defaults(source),
            )
    for versioned, name in project.versioned.items():
        if versioned in tables and name in tables:
            tables[versioned] = replace(tables[name], sql_name=name)
    _infer_columns(tables)
    return tables


def _view(pipe: Pipe, queries: QueryBuilder) -> View:
    try:
        query = queries.build(pipe, {})
        return View(pipe.name, with_secrets(query.sql, query.secrets))
    except MartletError as error:
        return View(pipe.name, error=error)


def _defaults(source: Datasource) -> dict[str, str | None]:
    """Return the DEFAULTs of a data source, None for those that differ each time."""
    return {
        column.name: None if volatile(column.default) else column.default
        for column in source.columns
        if column.default is not None
    }


def _infer_columns(tables: dict[str, TableFacts]) -> None:
    """Give data sources that Classic pipes define the columns of what fills them."""
    todo = {name for name, facts in tables.items() if facts.views and not facts.columns}
    while todo:
        ready = set()
        for name in sorted(todo):
            others = {other: facts for other, facts in tables.items() if other not in todo}
            with suppress(MartletError):
                answer = Translator(others).translate(tables[name].views[0].sql)
                tables[name] = replace(tables[name], columns=dict(answer.columns))
                ready.add(name)
        if not ready:  # a query without a translation, which is said of its pipe
            break
        todo -= ready


def _never_filled(pipe: Pipe, node: Node, name: str, copy: Pipe) -> DatafileError:
    return DatafileError(
        f"The data source '{name}' is never filled on AWS: only the copy pipe '{copy.name}' writes"
        " to it, and copy pipes do not run there yet",
        location=node.location,
        hint="fill it with a materialized pipe",
    )


def with_secrets(sql: str, secrets: Mapping[str, str]) -> str:
    """Return SQL with its `{name: String}` placeholders as literals.

    Raises:
        SqlError: a placeholder has no value.
    """
    if "{" not in sql:
        return sql
    parts, position = [], 0
    lexemes = list(lex(sql))
    for index, lexeme in enumerate(lexemes):
        if lexeme.text != "{" or lexeme.kind is not Kind.SYMBOL:
            continue
        name = lexemes[index + 1].text if index + 1 < len(lexemes) else ""
        close = next((item for item in lexemes[index:] if item.text == "}"), None)
        if close is None or name not in secrets:
            raise SqlError(f"The placeholder '{name}' has no value", offset=lexeme.start)
        parts += [sql[position : lexeme.start], quote_string(secrets[name])]
        position = close.end
    return "".join([*parts, sql[position:]])
