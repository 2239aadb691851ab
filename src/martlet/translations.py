"""A project's queries as Athena will run them: translated, or refused with the place in the pipe.

A node is translated as it is written, with the nodes and pipes that it reads as tables: so what
has no translation is reported once, where it stands. A request's query is translated whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from martlet.catalog import QUARANTINE_AFTER, QUARANTINE_BEFORE
from martlet.errors import LakeTypeError, MartletError, SqlError, UnsupportedError
from martlet.model import Datasource, Node, Pipe, Project
from martlet.query import Query, QueryBuilder
from martlet.sql.lexer import Kind, lex, quote_string
from martlet.translate.tables import TableFacts, facts_of
from martlet.translate.translator import Translation, Translator
from martlet.translate.typing import nullable, type_of

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
        self.tables, self.refused = _tables(project)
        self.translator = Translator(self.tables, join_use_nulls=project.settings.join_use_nulls)
        self._checked: dict[tuple[str, str], _Checked] = {}

    def translate(self, query: Query) -> Translation:
        """Return a query as Trino SQL.

        Raises:
            UnsupportedError: something in it has no translation.
            QueryError: a value is not what its place needs, or the SQL is too long for Athena.
        """
        return self.translator.translate(with_secrets(query.sql, query.secrets))

    def errors(self, pipe: Pipe) -> list[MartletError]:
        """Return why a pipe's output does not run on Athena; nothing if it does."""
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
        return list(found.values())

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
        return checked

    def _check_samples(
        self, pipe: Pipe, node: Node, translator: Translator, checked: _Checked
    ) -> None:
        messages: set[str] = set()
        for rendered in islice(self.queries.renderings(pipe, node), MAX_SAMPLES):
            sql = rendered.sql
            try:
                translation = translator.translate(with_secrets(sql, rendered.secrets))
            except SqlError as error:
                if not self._is_sure(node, error) or error.message in messages:
                    continue
                messages.add(error.message)
                checked.errors.append(self._located(pipe, node, sql, error))
            except MartletError:
                continue  # a sample value is not what its place needs; a request's may be
            else:
                checked.facts = checked.facts or TableFacts(
                    dict(translation.columns), has_hidden=False
                )

    def _is_sure(self, node: Node, error: SqlError) -> bool:
        """Whether an error is the query's and not that of a sample value in a template."""
        return isinstance(error, UnsupportedError) or not node.is_template

    def _located(self, pipe: Pipe, node: Node, sql: str, error: SqlError) -> MartletError:
        message = error.message
        for name, reason in self.refused.items():
            if f"'{name}'" in message:
                message = f"{message}: {reason}"
        return self.queries.located(pipe, node, sql, SqlError(message, offset=error.offset,
                                                              hint=error.hint))  # fmt: skip


def _tables(project: Project) -> tuple[dict[str, TableFacts], dict[str, str]]:
    """Return the facts of all tables, and why some have no form in the lake."""
    tables: dict[str, TableFacts] = {}
    refused: dict[str, str] = {}
    for source in project.datasources.values():
        try:
            tables[source.name] = facts_of(source)
        except LakeTypeError as error:
            refused[source.name] = error.message
        tables[source.quarantine] = _quarantine(source)
    return tables, refused


def _quarantine(source: Datasource) -> TableFacts:
    def typed(columns: tuple[tuple[str, str], ...]) -> dict[str, object]:
        return {name: type_of(text.partition(" DEFAULT")[0]) for name, text in columns}

    own = {column.name: nullable(type_of("String")) for column in source.columns}
    columns = {**typed(QUARANTINE_BEFORE), **own, **typed(QUARANTINE_AFTER)}
    return TableFacts(columns)  # type: ignore[arg-type]


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
