"""A project's queries as Athena will run them: translated, or refused with the place in the pipe.

A node is translated as it is written, with the nodes and pipes that it reads as tables: so what
has no translation is reported once, where it stands. A request's query is translated whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from martlet.errors import MartletError, SqlError
from martlet.model import Node, Pipe, Project
from martlet.query import Query, QueryBuilder
from martlet.sql.lexer import Kind, lex, quote_string
from martlet.template.values import NO_VALUE, SAMPLE_NAME
from martlet.translate.tables import TableFacts, facts_of_project
from martlet.translate.translator import Translation, Translator

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
        self.tables = facts_of_project(project)
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
        unknown: MartletError | None = None
        for rendered in islice(self.queries.renderings(pipe, node), MAX_SAMPLES):
            sql = rendered.sql
            try:
                translation = translator.translate(with_secrets(sql, rendered.secrets))
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
