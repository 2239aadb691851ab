"""The whole way from ClickHouse SQL to Trino SQL, and the cache of what was translated before."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from martlet.errors import QueryError
from martlet.translate.cursor import unquote_string
from martlet.translate.lower import Lowering
from martlet.translate.queries import parse
from martlet.translate.select import translate_answer
from martlet.translate.slots import Bound, split
from martlet.translate.tables import TableFacts
from martlet.types import ColumnType

# https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
MAX_SQL_BYTES = 262_144

# Translations kept of one text, for the literals that decide about them.
MAX_VARIANTS = 64

# Longer texts are translated each time: 512 of them would fill the memory of a small function.
MAX_REMEMBERED = 32 * 1024


@dataclass(frozen=True, slots=True)
class Translation:
    """A query for Athena.

    Attributes:
        sql: Trino SQL.
        columns: ClickHouse's names and types of the result, in order.
        has_totals: whether the query has WITH TOTALS: then the SQL has one more column, the last,
            which is 1 in the row of totals and 0 in the others.
    """

    sql: str
    columns: tuple[tuple[str, ColumnType], ...]
    has_totals: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    bound: Bound
    columns: tuple[tuple[str, ColumnType], ...]
    has_totals: bool = False


class Translator:
    """Translates the queries of one project.

    A query that differs from an earlier one in the texts of its string literals only is not
    parsed again: they are put into the SQL that is known.
    """

    def __init__(
        self,
        tables: Mapping[str, TableFacts],
        *,
        join_use_nulls: bool = False,
        text_answers: bool = False,
        max_known: int = 512,
    ) -> None:
        """Make a translator that knows nothing yet.

        Args:
            tables: all that a query may read, by name.
            join_use_nulls: ClickHouse's setting.
            text_answers: whether the SQL delivers arrays, maps and tuples as JSON texts, for an
                API that has texts only; see `translate.delivery`.
            max_known: texts whose translations are kept.
        """
        self.tables = tables
        self.join_use_nulls = join_use_nulls
        self.text_answers = text_answers
        self.max_known = max_known
        self._shapes: OrderedDict[tuple[object, ...], _Shape] = OrderedDict()

    def translate(self, clickhouse_sql: str) -> Translation:
        """Return a SELECT as Trino SQL that gives ClickHouse's answer.

        Raises:
            SqlError: it is no SELECT, or a name in it is unknown.
            UnsupportedError: something in it has no translation.
            QueryError: a literal is not what its place needs, or the SQL is too long for Athena.
        """
        key, texts = shape_of(clickhouse_sql)
        shape = self._shapes.get(key)
        known = shape.find(texts) if shape is not None else None
        if known is None:
            known, pinned = self._translated(clickhouse_sql)
            if len(clickhouse_sql) <= MAX_REMEMBERED:
                self._remember(key, texts, known, pinned)
        else:
            self._shapes.move_to_end(key)
        sql = known.bound.sql(texts)
        if len(sql) > MAX_SQL_BYTES // 4 and len(sql.encode()) > MAX_SQL_BYTES:
            raise QueryError(
                f"[Error] The query is too long for Athena: {len(sql.encode())} bytes of SQL,"
                f" {MAX_SQL_BYTES} at most"
            )
        return Translation(sql, known.columns, known.has_totals)

    def forget(self) -> None:
        """Translate again what was translated before."""
        self._shapes.clear()

    def _translated(self, sql: str) -> tuple[_Known, frozenset[int]]:
        numbers = _numbers(sql)
        lowering = Lowering(self.tables, join_use_nulls=self.join_use_nulls, texts=texts_of(sql))
        result = translate_answer(lowering, parse(sql), text_answers=self.text_answers)
        columns = tuple((name, value.type) for name, value in
                        zip(result.names, result.values, strict=True))  # fmt: skip
        bound = split(result.sql, numbers)
        # A literal without a slot has been read while parsing or translating: it is pinned.
        free = {number for number, _ in bound.slots}
        free -= {numbers[start] for start in lowering.pinned if start in numbers}
        return _Known(bound, columns, result.has_totals), frozenset(numbers.values()) - free

    def _remember(
        self, key: tuple[object, ...], texts: list[str], known: _Known, pinned: frozenset[int]
    ) -> None:
        shape = self._shapes.setdefault(key, _Shape())
        shape.add(texts, known, pinned)
        while len(self._shapes) > self.max_known:
            self._shapes.popitem(last=False)


def _numbers(sql: str) -> dict[int, int]:
    """Return the numbers of a text's string literals by their start."""
    starts = [found.start() for found in _STRING.finditer(sql) if found[1] is not None]
    return {start: number for number, start in enumerate(starts)}


def texts_of(sql: str) -> dict[int, str]:
    """Return the values of a text's string literals by their start."""
    return dict(zip(_numbers(sql), shape_of(sql)[1], strict=True))


def literals_of(clickhouse_sql: str, trino_sql: str) -> str:
    """Return translated SQL with the literals of the text that it was translated from."""
    return split(trino_sql, _numbers(clickhouse_sql)).sql(shape_of(clickhouse_sql)[1])


class _Shape:
    """The translations of one text without its string literals, by the texts that decided them."""

    def __init__(self) -> None:
        self.kinds: list[tuple[tuple[int, ...], OrderedDict[tuple[str, ...], _Known]]] = []

    def find(self, texts: list[str]) -> _Known | None:
        for pinned, known in self.kinds:
            found = known.get(tuple([texts[number] for number in pinned]))
            if found is not None:
                return found
        return None

    def add(self, texts: list[str], known: _Known, pinned: frozenset[int]) -> None:
        numbers = tuple(sorted(pinned))
        entries = next((entries for own, entries in self.kinds if own == numbers), None)
        if entries is None:
            entries = OrderedDict()
            self.kinds.append((numbers, entries))
        entries[tuple([texts[number] for number in numbers])] = known
        while len(entries) > MAX_VARIANTS:
            entries.popitem(last=False)


# The string literals of a text, in the first group; the last one has what may hold a quote that
# opens none: comments and quoted names.
_STRING = re.compile(
    r"""
    ('(?:[^'\\]|\\.|'')*'|\u2018[^\u2019]*\u2019|\$(\w*)\$.*?\$\2\$)
  | (--[^\n]*|\#[ !][^\n]*|/\*.*?\*/
     |"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`|\u201c[^\u201d]*\u201d)
    """,
    re.DOTALL | re.VERBOSE,
)


def shape_of(sql: str) -> tuple[tuple[object, ...], list[str]]:
    """Return a text without its string literals, as a key, and their values."""
    parts: list[object] = list(_STRING.split(sql))
    literals = parts[1::4]
    texts = [_text(str(literal)) for literal in literals if literal is not None]
    parts[1::4] = [literal is None for literal in literals]
    parts[2::4] = [None] * len(literals)
    return tuple(parts), texts


def _text(literal: str) -> str:
    """Return the value of a string literal; most have no escapes."""
    inner = literal[1:-1]
    if literal[0] == "'" and "\\" not in inner and "'" not in inner:
        return inner
    return unquote_string(literal)
