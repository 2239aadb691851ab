"""A project's pipes on both engines: what the tests of whole projects share."""

from collections.abc import Mapping
from dataclasses import replace

from tests.translate.oracle import Oracle
from tests.trino.differential import Twins

from martlet.model import Project
from martlet.query import QueryBuilder
from martlet.sql.lexer import Kind, lex
from martlet.translations import Translations


class PipeOracle:
    """A project's pipes, its translations, and the same rows in both engines.

    Attributes:
        translations: as a deployment has them, but of tables that the caller has made.
    """

    def __init__(self, project: Project, queries: QueryBuilder, opened: Twins) -> None:
        self.project, self.queries = project, queries
        self.translations = Translations(project, queries)
        self.oracle = Oracle(opened)
        self.uses_nulls = project.settings.join_use_nulls
        self.oracle.translators = {self.uses_nulls: self.translations.translator}

    def columns(self, name: str) -> dict[str, str]:
        """Return the types of a data source's columns."""
        return {c: str(type_) for c, type_ in self.translations.tables[name].columns.items()}

    def place(self, name: str, *, sql_name: str = "", has_hidden: bool = False) -> None:
        """Say where the rows of a data source are in Trino."""
        self.translations.tables[name] = replace(
            self.translations.tables[name],
            sql_name=sql_name,
            has_hidden=has_hidden,
            partitions=None,
        )

    def difference(
        self, name: str, values: Mapping[str, object], *, ordered: bool | None = None
    ) -> str:
        """Return what differs between both engines' answers of a pipe, empty if nothing does.

        Args:
            name: of the pipe.
            values: of its parameters.
            ordered: whether the order of rows must be the same; by default `is_ordered`.
        """
        sql = self.queries.build(self.project.pipes[name], values).sql
        if ordered is None:
            ordered = is_ordered(sql)
        return self.oracle.difference(sql, ordered=ordered, join_use_nulls=self.uses_nulls)

    def count(self, name: str, values: Mapping[str, object]) -> int:
        """Return how many rows ClickHouse answers."""
        sql = self.queries.build(self.project.pipes[name], values).sql
        settings = {"join_use_nulls": str(int(self.uses_nulls))}
        return len(self.oracle.clickhouse(sql, settings)[2])


def is_ordered(sql: str) -> bool:
    """Whether the outermost query has an ORDER BY and is not a union."""
    depth, words = 0, set()
    for lexeme in lex(sql):
        depth += (lexeme.text in "([{") - (lexeme.text in ")]}")
        if depth == 0 and lexeme.kind is Kind.WORD:
            words.add(lexeme.text.upper())
    return "ORDER" in words and "UNION" not in words
