"""What an ENGINE needs, and whether its keys fit the columns.

To support a table engine, add a row to `ENGINES`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from martlet.errors import DatafileError, Location, SqlError
from martlet.files.source import Report, Text
from martlet.model import Column, Index, TableEngine
from martlet.sql.lexer import Kind, Lexeme, lex
from martlet.types import FAMILIES, Group

_COMMON = ("sorting_key", "partition_key", "primary_key", "sampling_key", "ttl", "settings")

_JOIN = ("join_strictness", "join_type", "key_columns")


@dataclass(frozen=True, slots=True)
class EngineRow:
    """A table engine: its name, the keys only it has, and those it cannot do without."""

    name: str
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def common(self) -> tuple[str, ...]:
        """The keys that it shares with others."""
        has_parts = self.name.endswith("MergeTree")
        return _COMMON if has_parts else ("settings",) if self.name == "Join" else ()


_ROWS = [
    EngineRow("MergeTree"),
    EngineRow("ReplacingMergeTree", ("ver", "is_deleted"), ("sorting_key",)),
    EngineRow("SummingMergeTree", ("columns",)),
    EngineRow("AggregatingMergeTree"),
    EngineRow("CollapsingMergeTree", ("sign",), ("sign", "sorting_key")),
    EngineRow("VersionedCollapsingMergeTree", ("sign", "version"), ("sign", "version")),
    EngineRow("Null"),
    # Of older projects of Tinybird Classic; its last package does not know it any more.
    EngineRow("Join", _JOIN, _JOIN),
]
ENGINES: dict[str, EngineRow] = {row.name: row for row in _ROWS}


def engine_name(written: str) -> str:
    """Return the name of an engine as ClickHouse has it; Tinybird reads it in any case."""
    name = written.strip().removesuffix("()").rstrip()
    return next((known for known in ENGINES if known.lower() == name.lower()), name)


_NOT_COLUMNS = ("settings", "join_strictness", "join_type")


def check_engine(
    engine: TableEngine,
    location: Location,
    texts: Mapping[str, Text],
    columns: Mapping[str, Column] | None,
    extra: frozenset[str],
    report: Report,
) -> None:
    """Report what is wrong with an engine and its keys.

    Args:
        engine: as the file has it.
        location: the ENGINE line.
        texts: the keys with their places, by their name in `TableEngine`.
        columns: the data source's columns by name; None if they are not known.
        extra: columns that the data source has without declaring them.
        report: takes the errors.
    """
    row = ENGINES.get(engine.name)
    if row is None:
        near = get_close_matches(engine.name, ENGINES, n=1)
        supported = f"supported engines include: {', '.join(ENGINES)}"
        report.error(
            f"Engine {engine.name} is not supported, {supported}",
            location,
            f"did you mean {near[0]}?" if near else "",
        )
        return
    for key in row.required:
        if not getattr(engine, key) or _is_empty_key(getattr(engine, key)):
            report.error(f"ENGINE_{key.upper()} is required for {row.name}", location)
    if "is_deleted" in row.keys and engine.is_deleted and not engine.ver:
        report.error("ENGINE_IS_DELETED requires ENGINE_VER", texts["is_deleted"].at())
    for key, text in texts.items():
        if key not in (*row.common, *row.keys):
            report.warn(f"ENGINE_{key.upper()} has no effect on {row.name}", text.at())
        elif key not in _NOT_COLUMNS and columns is not None:
            with report.collect():
                check_columns(text, {*columns, *extra})
    if "sorting_key" in texts:
        with report.collect():
            _check_sorting_key(engine, texts["sorting_key"], columns or {})


def check_indexes(indexes: Iterable[Index], columns: set[str], report: Report) -> None:
    """Report indexes of one name, and those over a column that does not exist."""
    known: set[str] = set()
    for index in indexes:
        if index.name in known:
            report.error(f"Index '{index.name}' is defined twice", index.location)
        known.add(index.name)
        if missing := next(_missing(index.expression, columns), None):
            report.error(
                f"Index '{index.name}' uses the column '{missing.name}', which does not exist",
                index.location,
                _did_you_mean(str(missing.name), columns),
            )


def check_columns(text: Text, columns: set[str]) -> None:
    """Refuse a key expression over a column that does not exist."""
    try:
        missing = next(_missing(text.text, columns), None)
    except SqlError as error:
        raise DatafileError(error.message, location=text.at(error.offset)) from error
    if missing:
        raise DatafileError(
            f"Column '{missing.name}' does not exist in the SCHEMA",
            location=text.at(missing.start),
            hint=_did_you_mean(str(missing.name), columns),
        )


def _did_you_mean(name: str, columns: set[str]) -> str:
    near = get_close_matches(name, sorted(columns), n=1)
    return f"did you mean {near[0]}?" if near else ""


# Words that a key or TTL expression has beside columns and functions.
_KEYWORDS = frozenset(
    "AND OR NOT IN IS NULL LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END AS DIV MOD ASC DESC TRUE "
    "FALSE DISTINCT INTERVAL SECOND SECONDS MINUTE MINUTES HOUR HOURS DAY DAYS WEEK WEEKS MONTH "
    "MONTHS QUARTER QUARTERS YEAR YEARS DELETE WHERE TO VOLUME DISK GROUP BY SET RECOMPRESS CODEC "
    "IF EXISTS DATE TIMESTAMP NULLS FIRST LAST GLOBAL INF NAN".split()
)


def _missing(sql: str, columns: set[str]) -> Iterator[Lexeme]:
    """Yield the names in an expression that are neither columns nor anything else known."""
    lexemes = list(lex(sql))
    texts = ["", *(lexeme.text for lexeme in lexemes), "", ""]
    bound = _lambda_arguments(lexemes)
    is_cast = any(text == "::" or text.upper() == "AS" for text in texts)
    codecs = _codecs(lexemes)
    for index, lexeme in enumerate(lexemes):
        before, after, then = texts[index], texts[index + 2], texts[index + 3]
        is_known = (
            lexeme.name is None
            or lexeme.name in columns
            or f"{lexeme.name}{after}{then}" in columns
            or lexeme.upper in _KEYWORDS
            or lexeme.name in bound
            or before == "."
            or any(start < lexeme.start < end for start, end in codecs)
            or (after == "(" and lexeme.kind is Kind.WORD)
            or (is_cast and lexeme.text in FAMILIES)
        )
        if not is_known:
            yield lexeme


def _codecs(lexemes: list[Lexeme]) -> list[tuple[int, int]]:
    """Return where the parentheses behind each CODEC are: `RECOMPRESS CODEC(ZSTD(1))` of a TTL."""
    return [
        (opening.start, _closing(lexemes, index + 1))
        for index, (word, opening) in enumerate(pairwise(lexemes))
        if word.upper == "CODEC" and opening.text == "("
    ]


def _lambda_arguments(lexemes: list[Lexeme]) -> set[str]:
    """Return the names before each `->`: `x -> ...` or `(x, y) -> ...`."""
    names: set[str] = set()
    for index, lexeme in enumerate(lexemes):
        if lexeme.text == "->":
            names.add(lexemes[index - 1].text if index else "")
            for argument in reversed(lexemes[:index]):
                names.add(argument.text)
                if argument.text in "(" or lexemes[index - 1].text != ")":
                    break
    return names


_SUFFIX = r"(?:If|State|Merge|MergeState|OrNull|OrDefault|Array|Map|Distinct|ForEach|Simple\w*)*"
_AGGREGATE = re.compile(
    r"(?:sum|sumMap|sumWithOverflow|count|avg|avgWeighted|min|max|any|anyLast|anyHeavy|argMin|argMax"
    r"|uniq|uniqExact|uniqCombined|uniqCombined64|uniqHLL12|uniqTheta|groupArray|groupUniqArray"
    r"|groupBit(?:And|Or|Xor|map)|median\w*|quantiles?(?:Exact|TDigest|Timing|BFloat16|GK)?"
    rf"|topK|topKWeighted|stddev\w+|var(?:Pop|Samp)|covar\w+|corr){_SUFFIX}",
    re.IGNORECASE,
)


def _check_sorting_key(engine: TableEngine, key: Text, columns: Mapping[str, Column]) -> None:
    """Refuse what ClickHouse cannot sort by, or what would defeat the engine."""
    sql = key.text
    lexemes = list(lex(sql)) if _lexes(sql) else []
    for index, lexeme in enumerate(lexemes[:-1]):
        if _AGGREGATE.fullmatch(lexeme.text) and lexemes[index + 1].text == "(":
            expression = sql[lexeme.start : _closing(lexemes, index + 1)]
            raise DatafileError(
                f"Sorting key contains aggregate function expression '{expression}'. "
                "Aggregate function expressions cannot be used in sorting keys.",
                location=key.at(lexeme.start),
            )
    for lexeme in _plain_names(lexemes):
        name = str(lexeme.name)
        problem = _problem(name, engine, columns.get(name))
        if problem:
            raise DatafileError(problem, location=key.at(lexeme.start))


def _problem(name: str, engine: TableEngine, column: Column | None) -> str:
    if engine.name == "ReplacingMergeTree" and name == engine.ver:
        return (
            f"ENGINE_VER column '{name}' cannot be included in the sorting key for "
            "ReplacingMergeTree. Including the version column in the sorting key prevents "
            "deduplication because rows with different versions will have different sorting keys "
            "and won't be considered duplicates. The sorting key should define the record identity "
            "(what makes it unique), while ENGINE_VER tracks which version to keep."
        )
    if column is None or column.type is None:
        return ""
    if column.type.is_nullable and "allow_nullable_key" not in engine.settings:
        return (
            f"Sorting key contains nullable column '{name}'. "
            "Nullable columns cannot be used in sorting keys."
        )
    if column.type.family.group is Group.STATE:
        return (
            f"Sorting key contains column '{name}' with AggregateFunction type. "
            "AggregateFunction columns cannot be used in sorting keys."
        )
    return ""


def _lexes(sql: str) -> bool:
    """Whether the text is lexemes at all; `check_columns` has said so if it is not."""
    try:
        list(lex(sql))
    except SqlError:
        return False
    return True


def _closing(lexemes: list[Lexeme], opening: int) -> int:
    """Return the end of the bracket that opens at an index, or of the text."""
    depth = 0
    for lexeme in lexemes[opening:]:
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        if not depth:
            return lexeme.end
    return lexemes[-1].end


def _plain_names(lexemes: list[Lexeme]) -> Iterator[Lexeme]:
    """Yield the parts of a key that are nothing but a name: `a` and `b` of `(a, f(c), (b))`."""
    texts = ["", *(lexeme.text for lexeme in lexemes), ""]
    calls: list[bool] = []
    for index, lexeme in enumerate(lexemes):
        before, after = texts[index], texts[index + 2]
        if lexeme.text == "(":
            calls.append(before not in ("", ",", "(", "tuple"))
        elif lexeme.text == ")" and calls:
            calls.pop()
        is_alone = before in ("", ",", "(") and after in ("", ",", ")")
        if is_alone and lexeme.name is not None and not any(calls):
            yield lexeme


def _is_empty_key(key: str) -> bool:
    return "".join(key.split()) in ("tuple()", "()")
