"""The blocks of docs/sql.md, from the catalogue: functions, aggregates, states, constructs.

Whether a construct is translated is found by translating its example, not by what is said of it.
"""

from collections.abc import Mapping

from scripts.markdown import table

from martlet.errors import MartletError
from martlet.lake import FORMS, WITHOUT_FORM, lake_type
from martlet.model import TableEngine
from martlet.translate import aggregates
from martlet.translate.catalogue import ALIASES, FAMILIES, REFUSED
from martlet.translate.lower import SPECIAL
from martlet.translate.states import STATES, VERSION
from martlet.translate.tables import TableFacts
from martlet.translate.translator import Translator
from martlet.translate.typing import type_of

# Constructs and an example of each; `events` has the columns of `_COLUMNS`, `users` is like it.
CONSTRUCTS: dict[str, str] = {
    "alias used in other columns, WHERE, GROUP BY, HAVING": "SELECT amount * 2 AS a, a + 1 AS b FROM events WHERE a > 1",
    "alias that shadows a column": "SELECT toDate(ts) AS ts, count() FROM events GROUP BY ts",
    "`WITH expression AS name`": "WITH 5 AS n SELECT n + amount FROM events",
    "`WITH name AS (SELECT ...)`": "WITH e AS (SELECT amount FROM events) SELECT sum(amount) FROM e",
    "subquery in FROM": "SELECT sum(a) FROM (SELECT amount AS a FROM events)",
    "scalar subquery": "SELECT amount, (SELECT max(amount) FROM events) AS top FROM events",
    "correlated subquery": "SELECT amount, (SELECT max(u.amount) FROM users AS u WHERE u.user_id = e.user_id) AS m FROM events AS e",
    "`IN` list, tuple, subquery": "SELECT amount FROM events WHERE user_id IN ('a', 'b') AND amount IN (SELECT amount FROM users)",
    "`EXISTS (SELECT ...)`": "SELECT count() FROM events WHERE exists(SELECT 1 FROM users)",
    "`CASE`, `? :`, `BETWEEN`, `LIKE`, `ILIKE`, `||`, `::`": "SELECT CASE WHEN amount > 1 THEN 'x' END, amount::String || 'y' FROM events WHERE user_id ILIKE '%a%' AND amount BETWEEN 1 AND 2",
    "`INTERVAL` with any amount": "SELECT ts + INTERVAL amount DAY FROM events",
    "lambda": "SELECT arrayMap(x -> x || '!', tags) FROM events",
    "tuple and `t.1`": "SELECT (user_id, amount) AS t, t.1 FROM events",
    "`*`, `t.*`, `EXCEPT`, `REPLACE`, `COLUMNS`": "SELECT * EXCEPT (tags) REPLACE (amount + 1 AS amount) FROM events",
    "`* APPLY(function)`": "SELECT COLUMNS('amount') APPLY(sum) FROM events",
    "`PREWHERE`": "SELECT count() FROM events PREWHERE amount > 1",
    "`FINAL`: ReplacingMergeTree": "SELECT * FROM replacing FINAL",
    "`FINAL`: SummingMergeTree": "SELECT * FROM summing FINAL",
    "`FINAL`: CollapsingMergeTree": "SELECT * FROM collapsing FINAL",
    "`FINAL`: AggregatingMergeTree": "SELECT * FROM aggregating FINAL",
    "`SAMPLE`": "SELECT count() FROM events SAMPLE 0.1",
    "INNER, LEFT, RIGHT, FULL, CROSS JOIN": "SELECT e.amount, u.amount FROM events AS e FULL JOIN users AS u ON e.user_id = u.user_id",
    "`JOIN ... USING`": "SELECT user_id, u.amount FROM events AS e LEFT JOIN users AS u USING (user_id)",
    "`ANY JOIN`": "SELECT e.amount, u.amount FROM events AS e ANY LEFT JOIN users AS u ON e.user_id = u.user_id",
    "`SEMI JOIN`": "SELECT e.amount FROM events AS e SEMI LEFT JOIN users AS u ON e.user_id = u.user_id",
    "`ANTI JOIN`": "SELECT e.amount FROM events AS e ANTI LEFT JOIN users AS u ON e.user_id = u.user_id",
    "`ASOF JOIN`": "SELECT e.amount, u.amount FROM events AS e ASOF LEFT JOIN users AS u ON e.user_id = u.user_id AND e.ts >= u.ts",
    "`ARRAY JOIN`": "SELECT amount, tag FROM events ARRAY JOIN tags AS tag",
    "`LEFT ARRAY JOIN`": "SELECT amount, tag FROM events LEFT ARRAY JOIN tags AS tag",
    "`arrayJoin()`": "SELECT arrayJoin(tags) AS tag, count() FROM events GROUP BY tag",
    "`GROUP BY` names, numbers, `ALL`": "SELECT user_id, count() FROM events GROUP BY ALL",
    "`WITH ROLLUP`": "SELECT user_id, sum(amount) FROM events GROUP BY user_id WITH ROLLUP",
    "`WITH CUBE`": "SELECT user_id, sum(amount) FROM events GROUP BY user_id WITH CUBE",
    "`GROUPING SETS`": "SELECT user_id, sum(amount) FROM events GROUP BY GROUPING SETS ((user_id), ())",
    "`WITH TOTALS`": "SELECT user_id, sum(amount) FROM events GROUP BY user_id WITH TOTALS",
    "`HAVING`, `QUALIFY`": "SELECT user_id, row_number() OVER (ORDER BY amount) AS n FROM events QUALIFY n = 1",
    "window functions, named windows": "SELECT sum(amount) OVER w FROM events WINDOW w AS (PARTITION BY user_id ORDER BY ts)",
    "`DISTINCT`": "SELECT DISTINCT user_id FROM events",
    "`DISTINCT ON`": "SELECT DISTINCT ON (user_id) user_id, amount FROM events ORDER BY amount",
    "`ORDER BY`: NULLS FIRST, numbers, `ALL`": "SELECT user_id FROM events ORDER BY score DESC NULLS FIRST",
    "`ORDER BY ... COLLATE`": "SELECT user_id FROM events ORDER BY user_id COLLATE 'de'",
    "`ORDER BY ... WITH FILL`": "SELECT toDate(ts) AS d, count() AS c FROM events GROUP BY d ORDER BY d WITH FILL STEP 1",
    "`INTERPOLATE`": "SELECT toDate(ts) AS d, count() AS c FROM events GROUP BY d ORDER BY d WITH FILL INTERPOLATE (c AS c + 1)",
    "`LIMIT`, `OFFSET`, of parameters too": "SELECT user_id FROM events LIMIT toInt32('10') OFFSET toInt32('2') * 10",
    "`LIMIT ... WITH TIES`": "SELECT user_id FROM events ORDER BY amount LIMIT 3 WITH TIES",
    "`LIMIT n BY`": "SELECT user_id, amount FROM events ORDER BY amount LIMIT 2 BY user_id",
    "`UNION ALL`, `UNION DISTINCT`": "SELECT 1 AS x UNION ALL SELECT 300",
    "`EXCEPT`, `INTERSECT`": "SELECT user_id FROM events EXCEPT SELECT user_id FROM users",
    "`numbers()`": "SELECT number FROM numbers(10)",
    "`generateSeries()`": "SELECT * FROM generateSeries(1, 10)",
    "`values()`": "SELECT * FROM values('a UInt8, b String', (1, 'x'))",
    "`-State`, `-Merge`": "SELECT uniqMerge(s) FROM (SELECT uniqState(user_id) AS s FROM events)",
    "`WITH RECURSIVE`": "WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x",
}

_COLUMNS = {
    "ts": "DateTime", "user_id": "String", "amount": "UInt32", "score": "Nullable(Float64)",
    "tags": "Array(String)",
}  # fmt: skip


def _facts(engine: TableEngine | None = None, **more: str) -> TableFacts:
    columns = {name: type_of(text) for name, text in {**_COLUMNS, **more}.items()}
    return TableFacts(columns, engine or TableEngine(sorting_key="user_id"))


def _translator() -> Translator:
    def engine(name: str, **keys: str) -> TableEngine:
        return TableEngine(name=f"{name}MergeTree", sorting_key="user_id", **keys)

    return Translator({
        "events": _facts(), "users": _facts(),
        "replacing": _facts(engine("Replacing", ver="ts")),
        "summing": _facts(engine("Summing", columns="amount")),
        "collapsing": _facts(engine("Collapsing", sign="sign"), sign="Int8"),
        "aggregating": _facts(engine("Aggregating"), total="SimpleAggregateFunction(sum, UInt64)"),
    })  # fmt: skip


def _aliases(table: Mapping[str, str], name: str) -> str:
    return ", ".join(f"`{alias}`" for alias, own in sorted(table.items()) if own == name)


def functions() -> str:
    """Return every function by family: arguments, and how exact it is."""
    parts = []
    for family, rows in sorted(FAMILIES.items()):
        lines = [
            (f"`{name}({', '.join(row.takes)})`", _aliases(ALIASES, name), row.note or "exact")
            for name, row in sorted(rows.items(), key=lambda item: item[0].lower())
        ]
        parts.append(f"### {family.capitalize()}\n\n"
                     + table(("function", "also", "result"), lines))  # fmt: skip
    special = ", ".join(f"`{name}`" for name in sorted(SPECIAL))
    return "\n\n".join([*parts, f"Not rows but rules of their own: {special}."])


def aggregate_functions() -> str:
    """Return every aggregate function."""
    return table(
        ("aggregate", "also", "result"),
        [
            (f"`{name}({', '.join(row.takes)})`", _aliases(aggregates.ALIASES, name),
             row.note or "exact")
            for name, row in sorted(aggregates.AGGREGATES.items(), key=lambda item: item[0].lower())
        ],
    )  # fmt: skip


def combinators() -> str:
    """Return the combinators."""
    return ", ".join(f"`-{name}`" for name in aggregates.COMBINATORS)


def constructs() -> str:
    """Return every construct with its example, translated or refused."""
    translator = _translator()
    lines = []
    for name, example in CONSTRUCTS.items():
        try:
            translator.translate(example)
            status = "yes"
        except MartletError as error:
            status = f"no: {error.message}"
        lines.append((name, f"`{example}`", status))
    return table(("construct", "example", "translated"), lines)


def types() -> str:
    """Return the form of every type in the lake."""
    samples = {"Decimal": "Decimal(12, 3)", "Decimal32": "Decimal32(3)", "Decimal64": "Decimal64(3)",
               "Decimal128": "Decimal128(3)", "Decimal256": "Decimal256(3)",
               "DateTime64": "DateTime64(6)", "FixedString": "FixedString(4)",
               "Enum": "Enum('a' = 1)", "Enum8": "Enum8('a' = 1)", "Enum16": "Enum16('a' = 1)",
               "Array": "Array(UInt8)", "Map": "Map(String, UInt8)",
               "Tuple": "Tuple(a UInt8, b String)", "Nested": "Nested(a UInt8)"}  # fmt: skip
    lines = []
    for name in FORMS:
        if name in ("Object", "AggregateFunction"):
            continue
        form = lake_type(type_of(samples.get(name, name)))
        lines.append(
            (f"`{samples.get(name, name)}`", f"`{form.trino}`", f"`{form.glue}`", form.note)
        )
    lines.append(("`AggregateFunction(f, T)`", "", "", "as the state of f lies, see below"))
    reasons = {k: v for k, v in WITHOUT_FORM.items() if k != "AggregateFunction"}
    lines += [(f"`{name}`", "", "", f"none: {reason}") for name, reason in reasons.items()]
    return table(("ClickHouse", "Trino", "Glue", "note"), lines)


def states() -> str:
    """Return how the states of aggregates lie in the lake."""
    lines: dict[str, list[str]] = {}
    for name, state in STATES.items():
        lines.setdefault(state.shown, []).append(f"`{name}`")
    rows = [(", ".join(names), shown) for shown, names in lines.items()]
    return f"Version {VERSION}.\n\n" + table(("state of", "lies as"), rows)


def refused() -> str:
    """Return functions that have no rule, with the reason that their error gives."""
    reasons: dict[str, list[str]] = {}
    for name, reason in sorted(REFUSED.items()):
        reasons.setdefault(reason, []).append(f"`{name}`")
    lines = sorted((", ".join(names), reason) for reason, names in reasons.items())
    return table(("function", "why not"), lines)


def counts() -> str:
    """Return how many functions, aggregates and constructs there are."""
    rows = sum(len(family) for family in FAMILIES.values())
    approximate = sum(bool(row.note) for family in FAMILIES.values() for row in family.values())
    aggregate = len(aggregates.AGGREGATES)
    return (
        f"{rows + len(SPECIAL)} functions ({approximate} with a note on how they differ) and"
        f" {len(ALIASES)} other names of them, {aggregate} aggregate functions with"
        f" {len(aggregates.COMBINATORS)} combinators, {len(CONSTRUCTS)} constructs below."
    )


BLOCKS = {
    "sql-counts": counts,
    "sql-functions": functions,
    "sql-aggregates": aggregate_functions,
    "sql-combinators": combinators,
    "sql-constructs": constructs,
    "sql-types": types,
    "sql-states": states,
    "sql-refused": refused,
}
