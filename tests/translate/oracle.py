"""ClickHouse's answer beside Athena's engine: one query, translated, on chDB and on Trino.

`Oracle.check` asserts that the rows agree, and that the names and types that the translation
says of the columns are ClickHouse's own.
"""

import json
from collections.abc import Mapping

from tests.trino.differential import READ_SETTINGS, Table, Twins, _canonical_row, compare
from tests.trino.values import parse

from martlet.translate.tables import TableFacts, flattened
from martlet.translate.translator import Translation, Translator
from martlet.translate.typing import type_of

FLOAT_TOLERANCE = 1e-9


class Oracle:
    """Tables in both engines, and a translator that knows them."""

    def __init__(self, twins: Twins, *tables: Table) -> None:
        self.twins = twins
        self.facts: dict[str, TableFacts] = {}
        self.translators: dict[bool, Translator] = {}
        self.load(*tables)

    def load(self, *tables: Table) -> None:
        """Make tables in both engines, in place of those of the same names."""
        for table in tables:
            self.twins.load(table)
            types = {name: type_of(text) for name, text in table.columns.items()}
            columns, nested = flattened(types)
            self.facts[table.name] = TableFacts(columns, has_hidden=False, nested=nested)
        self.translators.clear()

    def translate(self, sql: str, *, join_use_nulls: bool = False) -> Translation:
        """Translate a query over the tables."""
        if join_use_nulls not in self.translators:
            self.translators[join_use_nulls] = Translator(self.facts, join_use_nulls=join_use_nulls)
        return self.translators[join_use_nulls].translate(sql)

    def clickhouse(self, sql: str, settings: Mapping[str, str] | None = None):
        """Return the names, types and comparable rows that chDB answers."""
        body = self.twins.engine.execute(
            sql, format="JSONCompact", settings={**READ_SETTINGS, **(settings or {})}
        ).body
        answer = json.loads(body)
        names = [column["name"] for column in answer["meta"]]
        types = [column["type"] for column in answer["meta"]]
        parsed = [parse(text) for text in types]
        rows = [_canonical_row(parsed, row) for row in answer["data"]]
        if "totals" in answer:  # a last column marks it, as `Translation.has_totals` says
            rows = [(*row, 0) for row in rows]
            rows.append((*_canonical_row(parsed, answer["totals"]), 1))
        return names, types, rows

    def difference(
        self,
        sql: str,
        *,
        ordered: bool | None = None,
        tolerance: float = FLOAT_TOLERANCE,
        join_use_nulls: bool = False,
    ) -> str:
        """Return what differs between both engines' answers, empty if nothing does.

        Args:
            sql: ClickHouse SQL.
            ordered: whether the order of rows must be the same; by default where the outermost
                query has an ORDER BY.
            tolerance: relative, for floats.
            join_use_nulls: ClickHouse's setting.

        Raises:
            MartletError: the translator or chDB refused it.
            TrinoQueryError: Trino refused the translation.
        """
        translation = self.translate(sql, join_use_nulls=join_use_nulls)
        settings = {"join_use_nulls": str(int(join_use_nulls))}
        names, types, expected = self.clickhouse(sql, settings)
        answer = self.twins.trino.rows(translation.sql, schema=self.twins.schema)
        said = [(name, str(type_)) for name, type_ in translation.columns]
        if said != list(zip(names, types, strict=True)):
            differing = [(a, b) for a, b in zip(said, zip(names, types, strict=False), strict=False)
                         if a != b]  # fmt: skip
            return f"columns (ours, ClickHouse's): {differing or (said, names)}"
        try:
            parsed = [parse(text) for text in types]
            width = len(parsed)
            found = [_canonical_row(parsed, row[:width]) for row in answer]
            if translation.has_totals:
                pairs = zip(found, answer, strict=True)
                found = sorted(((*row, raw[-1]) for row, raw in pairs), key=lambda row: row[-1])
        except (TypeError, ValueError, KeyError) as error:
            return f"a value of Trino's is of another type: {error!r}\n{translation.sql}"
        if ordered is None:
            ordered = "ORDER BY" in sql.rpartition(")")[2].upper()
        text = compare(expected, found, ordered=ordered, tolerance=tolerance)
        return f"{text}\n{translation.sql}" if text else ""

    def check(self, sql: str, **options) -> None:
        """Assert that both engines agree."""
        found = self.difference(sql, **options)
        assert not found, f"{found}\nClickHouse: {sql}"
