"""What is read, compared with ClickHouse's own tree (`EXPLAIN AST`) of the text and of our tree."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError, SqlError
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.translate.queries import parse
from martlet.translate.syntax import (
    Call,
    Cast,
    Expression,
    Identifier,
    Lambda,
    Literal,
    Select,
    Subquery,
)


def printed(expression: Expression, sql: str) -> str:
    """Write a tree with a bracket or a function for each operator: nothing is left to precedence."""
    text = _printed(expression, sql)
    return text if expression.alias is None else f"({text} AS {quote_identifier(expression.alias)})"


def _printed(expression: Expression, sql: str) -> str:
    match expression:
        case Literal():
            return (
                quote_string(expression.value)
                if isinstance(expression.value, str)
                else expression.text
            )
        case Identifier():
            return ".".join(quote_identifier(part) for part in expression.parts)
        case Cast():
            operand = (
                printed(expression.operand, sql)
                if expression.literal_text is None
                else quote_string(expression.literal_text)
            )
            return f"CAST({operand}, {quote_string(expression.type)})"
        case Lambda():
            names = ", ".join(map(quote_identifier, expression.parameters))
            names = names if len(expression.parameters) == 1 else f"({names})"
            body = printed(expression.body, sql)
            return (
                f"{names} -> ({body})"
                if isinstance(expression.body, Lambda)
                else f"{names} -> {body}"
            )
        case Subquery():
            return sql[expression.start : expression.end]
        case Call():
            arguments = ", ".join(printed(item, sql) for item in expression.arguments)
            opening = sql[expression.start]
            if expression.name == "array" and opening == "[":
                return f"[{arguments}]"
            if expression.name == "tuple" and opening == "(":
                return f"({arguments}{',' * (len(expression.arguments) == 1)})"
            parameters = ""
            if expression.parameters is not None:
                parameters = f"({', '.join(printed(item, sql) for item in expression.parameters)})"
            distinct = "Distinct" if expression.distinct else ""
            return f"{quote_identifier(expression.name + distinct)}{parameters}({arguments})"
    raise AssertionError(expression)


def tree(engine: ClickHouse, sql: str) -> str:
    return engine.execute(f"EXPLAIN AST {sql}", format="TSVRaw").body.decode()


def same_tree(engine: ClickHouse, texts: list[str]) -> None:
    """Check that ClickHouse reads our tree of each text as it reads the text."""
    whole = "SELECT " + ", ".join(texts)
    select = parse(whole)
    assert isinstance(select, Select)
    assert len(select.columns) == len(texts)
    ours = [printed(column, whole) for column in select.columns]
    if tree(engine, whole) == tree(engine, "SELECT " + ", ".join(ours)):
        return
    for text, our in zip(texts, ours, strict=True):
        assert tree(engine, f"SELECT {text}") == tree(engine, f"SELECT {our}"), (text, our)
    raise AssertionError(whole)


LEAVES = (
        ["a", "b", "t.c", "`x y`", "1", "-1", "- 2", "1.5", "0x1F", "1_0", "'x'", "'it''s'", "NULL",
         "true", "[1, 2]", "(1, 'y')", "[]", "date", "count", "interval", "(1,)", "$$h$$", "-inf"]
)  # fmt: skip
BINARY = (
    "OR,AND,or,and,=,==,!=,<>,<,<=,>,>=,<=>,LIKE,ILIKE,IN,||,+,-,*,/,%,DIV,MOD,NOT LIKE,NOT ILIKE,"
    "NOT IN,GLOBAL IN,GLOBAL NOT IN,REGEXP,IS DISTINCT FROM,IS NOT DISTINCT FROM"
).split(",")
TEMPLATES = (
        ["({0})", "({0})", "- {0}", "-({0})", "+{0}", "NOT {0}", "not({0})", "{0}::Int8", "{0}[1]",
         "({0}).1", "({0}).name", "{0} IS NULL", "{0} IS NOT NULL", "({0} ? {1} : {2})",
         "{0} BETWEEN {1} AND {2}", "{0} NOT BETWEEN {1} AND {2}", "[{0}, {1}]", "({0}, {1})",
         "({0}, {1}, {2},)", "f({0})", "if({0}, {1}, {2})", "f({0}, x -> {1})",
         "f((x, y) -> {0}, {1})", "CASE WHEN {0} THEN {1} ELSE {2} END",
         "CASE {0} WHEN {1} THEN {2} END", "CAST({0} AS Nullable(Int8))", "CAST({0}, 'String')",
         "INTERVAL {0} DAY", "({0} AS z)", "f({0} AS y, y)", "{0} IN ({1}, {2})", "{0} IN (SELECT 1)",
         "EXTRACT(month FROM {0})", "TRIM(BOTH {0} FROM {1})", "SUBSTRING({0} FROM {1} FOR {2})",
         "POSITION(({0}) IN ({1}))", "date_add(DAY, {0}, {1})", "dateDiff(day, {0}, {1})", "left({0}, 1)",
         "quantile(0.5)({0})", "sum(DISTINCT {0})", "replace({0}, {1}, {2})", "DATE '2020-01-01'"]
)  # fmt: skip


def random_text(chance: random.Random, depth: int) -> str:
    """Write an expression; brackets are left out at random."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(LEAVES)
    parts = [random_text(chance, depth - 1) for _ in range(3)]
    if chance.random() < 0.5:
        return f"{parts[0]} {chance.choice(BINARY)} {parts[1]}"
    return chance.choice(TEMPLATES).format(*parts)


def accepted(engine: ClickHouse, texts: list[str]) -> list[str]:
    """Return those that ClickHouse reads: not every text of the grammar is one of its language."""
    try:
        tree(engine, "SELECT " + ", ".join(texts))
    except QueryError:
        if len(texts) == 1:
            return []
        middle = len(texts) // 2
        return accepted(engine, texts[:middle]) + accepted(engine, texts[middle:])
    return texts


def test_a_heredoc_in_brackets_is_cast_as_a_text_if_it_stands_alone(engine: ClickHouse):
    inside = ["$$h$$", "NULL, $$h$$", "$$h$$,", "$$h$$, NULL", "NULL, $$h$$, NULL,", "a, $$h$$"]
    same_tree(engine, [f"({text})::Int8" for text in inside])


def test_expressions_are_read_as_clickhouse_reads_them(engine: ClickHouse):
    compared = 0

    @settings(max_examples=35)
    @given(st.integers(0, 2**32))
    def compare(seed: int) -> None:
        nonlocal compared
        chance = random.Random(seed)
        texts = accepted(engine, [random_text(chance, 3) for _ in range(60)])
        if texts:
            same_tree(engine, texts)
        compared += len(texts)

    compare()
    assert compared > 1000


EXPRESSIONS = r"""
a.1
a .1
t.1.2
t . 1.2
(a, s).1
t.-1
1.1.1
a.b.c
a.1.b
f(a).b.1
- -1
+ -1
-+1
+1::Int8
- 1::Int8
1::Int8::String
-a::Int8
[1, -2]::Array(Int8)
[1, NULL]::Array(Nullable(Int8))
(1)::Int8
(1, 'a')::Tuple(Int8, String)
a::Nullable(DateTime('UTC'))
a::Enum8('a'=-1,'b'=2)
a::Tuple(`a b` Int8,c Array(String))
a::double precision
a::int unsigned
a::JSON(a Int8, max_dynamic_paths=3)
a BETWEEN 1 AND 2 AND b AND c
x AND a BETWEEN 1 AND 2 AND b
(a AND b) AND c
and(a, b) AND c
a OR b AND c OR d
NOT NOT a
NOT a IN (1)
a = NOT b AND c
a * NOT b + 1
a IS NULL IS NOT NULL = 1
a = b IS NULL
a ? b = 1 : NOT 2
a IN 1
a IN (1)
a IN ((1, 2))
a IN (1,)
a IN tuple(1, 2)
a = ANY (SELECT 1)
a != ALL (SELECT 1)
a IN ((SELECT 1) UNION ALL SELECT 2)
((SELECT 1) + 1)
f(x -> x, 1)
f(() -> 1)
f(`x y` -> 1)
f(x -> (y -> x))
f(x -> x ? 1 : 2)
f(DISTINCT)
f(distinct, 1)
count(distinct (a, b))
count(ALL a)
sum(a) FILTER (WHERE b)
sum(DISTINCT a) FILTER (WHERE b)
groupArray(3)(DISTINCT a)
INTERVAL a + 1 DAY
INTERVAL -1 DAY
INTERVAL a OR b DAYS
INTERVAL '1 day'
INTERVAL '1 day 2 hours'
INTERVAL '-1.5 day'
INTERVAL interval DAY
interval + 1
interval(a)
date = 1
DATE('2020-01-01')
TIMESTAMP '2020-01-01 00:00:00'
timestamp + 1
EXTRACT(dow FROM d)
EXTRACT(SQL_TSI_DAY FROM d + 1)
extract(s, 'x')
TRIM(s)
trim(s, 'x')
SUBSTRING(s, 1 FOR 2)
POSITION('x' || 'y' IN s)
position(s, 'x', 1)
date_add(dt, INTERVAL 1 DAY)
a IS NOT TRUE
a IS UNKNOWN
date_sub(DAY, a + 1, d)
dateDiff('day', a, b)
dateDiff(SQL_TSI_DAY, a, b)
CASE a + 1 WHEN 1 THEN b AS z END
CASE WHEN a THEN CASE WHEN b THEN 1 END END
case
exists(SELECT 1)
EXISTS((SELECT 1) UNION ALL SELECT 2)
left(s, 1)
replace(s, 'a', 'b')
any(a)
range(5)
a select
a key
x'4142'
b'01000001'
'\%\n\x41'
1e-7
0xFF.8p1
18446744073709551616
""".strip().splitlines()


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expression(engine: ClickHouse, text: str):
    same_tree(engine, [text])


QUERIES = """
WITH 1 AS x, y AS (SELECT 1), (a, b) -> a + b AS f, SELECT x FROM y
WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x
WITH x AS ((SELECT 1) UNION ALL (SELECT 2)) SELECT * FROM x
SELECT DISTINCT ON (a, b) c FROM t
SELECT a, b, FROM t
SELECT a FROM t AS x FINAL SAMPLE 1/10 OFFSET 1/2 PREWHERE a WHERE b
SELECT a FROM t LEFT ARRAY JOIN arr AS x, b AS y
SELECT a FROM t LEFT ANY JOIN u USING a
SELECT a FROM t ANY LEFT JOIN u USING (a)
SELECT a FROM t GLOBAL LEFT OUTER JOIN u ON t.a = u.a
SELECT a FROM t ASOF LEFT JOIN u ON a = b AND c > d CROSS JOIN v, w
SELECT a FROM t LEFT SEMI JOIN u USING a FULL OUTER JOIN v USING b ARRAY JOIN c
SELECT a FROM (t JOIN u USING a)
SELECT a FROM ((SELECT 1) UNION ALL (SELECT 2)) x
SELECT a FROM (SELECT 1) AS x (c)
SELECT a FROM values('a Int', 1, 2) v
SELECT a FROM t GROUP BY ALL
SELECT a FROM t GROUP BY ROLLUP(a, b) HAVING a > 1
SELECT a FROM t GROUP BY a WITH CUBE WITH TOTALS
SELECT a FROM t GROUP BY GROUPING SETS ((a), (a, b), ())
SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY a), v AS (w ORDER BY b) QUALIFY sum(a) OVER w = 1
SELECT a FROM t ORDER BY a DESC NULLS LAST, b ASC COLLATE 'en'
SELECT a FROM t ORDER BY ALL
SELECT a FROM t ORDER BY a WITH FILL FROM 1 TO 10 STEP INTERVAL 1 DAY INTERPOLATE (b AS b + 1, c)
SELECT a FROM t ORDER BY a WITH FILL STEP 1 STALENESS 5
SELECT a FROM t ORDER BY a OFFSET 2 ROWS FETCH NEXT 3 ROWS WITH TIES
SELECT a FROM t ORDER BY a LIMIT 1, 2 BY b LIMIT 3 OFFSET 4
(SELECT 1 UNION ALL SELECT 2) EXCEPT SELECT 3 INTERSECT SELECT 4;
SELECT * EXCEPT (a) REPLACE (b + 1 AS b) APPLY toString, t.*, COLUMNS('x') FROM t
SELECT count, date, timestamp, key, first, interval, left, replace, format, values FROM t
SELECT a count, b date, c timestamp, d key, count(*) interval FROM t first
SELECT /* x */ a -- y
FROM t SELECT a WHERE b
SELECT ((SELECT 1) UNION ALL (SELECT 2)), (SELECT 1, 2).1
""".strip().splitlines()


@pytest.mark.parametrize("sql", QUERIES)
def test_query_is_read(engine: ClickHouse, sql: str):
    tree(engine, sql)
    assert parse(sql)


REFUSED = [
    ("SELECT a FROM t WHERE", 21, "Expected an expression"),
    ("SELECT a FROM t FORMAT JSON", 16, "FORMAT is not supported here"),
    ("SELECT a FROM t NATURAL JOIN u", 16, "NATURAL JOIN"),
    ("SELECT a FROM t PASTE JOIN u", 16, "PASTE JOIN"),
    ("SELECT (a, b FROM t", 13, "Expected )"),
    ("SELECT a b c", 11, "Expected the end of the query"),
    ("SELECT a > ALL (SELECT 1)", 11, "> ALL of a subquery"),
    ("SELECT {x: Int8}", 7, "Query parameters"),
    ("SELECT 1e400", 7, "range of Float64"),
    ("SELECT json.a.:Int8", 14, "Access with .: is not supported"),
    ("WITH RECURSIVE x AS (SELECT 1) SELECT 1", 5, "RECURSIVE"),
    ("SELECT 1; SELECT 2", 10, "Expected the end"),
    ("", 0, "Expected SELECT"),
    ("SELECT " + "(" * 10_000 + "1" + ")" * 10_000, None, "nested too deeply"),
    ("SELECT " + "f(" * 10_000, None, "nested too deeply"),
    ("SELECT " + "- " * 10_000 + "a", None, "nested too deeply"),
    ("SELECT " + "NOT " * 10_000 + "a", None, "nested too deeply"),
    ("SELECT " + "INTERVAL (" * 10_000, None, "nested too deeply"),
    ("(" * 10_000 + "SELECT 1", None, "nested too deeply"),
    ("SELECT * FROM " + "(SELECT * FROM " * 10_000, None, "nested too deeply"),
    ("SELECT * FROM " + "(" * 10_000 + "t", None, "nested too deeply"),
    ("SELECT " + "a + " * 5000 + "a", None, "nested too deeply"),
    ("SELECT a" + "[1]" * 5000, None, "nested too deeply"),
    ("SELECT " + "CASE WHEN a THEN " * 5000, None, "nested too deeply"),
]


@pytest.mark.parametrize(("sql", "offset", "message"), REFUSED, ids=[r[0][:40] for r in REFUSED])
def test_refused_at_its_place(sql: str, offset: int | None, message: str):
    with pytest.raises(SqlError, match=message.replace(")", r"\)")) as caught:
        parse(sql)
    assert offset is None or caught.value.offset == offset


def test_a_chain_of_the_same_operator_is_flat():
    select = parse("SELECT " + "a AND " * 5000 + "a")
    assert isinstance(select, Select)
    assert isinstance(select.columns[0], Call)
    assert len(select.columns[0].arguments) == 5001


def test_a_mutated_query_is_a_tree_or_an_sql_error():
    valid = QUERIES + [f"SELECT {text} FROM t" for text in EXPRESSIONS]
    chance = random.Random(1)
    for _ in range(6000):
        sql = chance.choice(valid)
        texts = [lexeme.text for lexeme in lex(sql)]
        for _ in range(chance.randint(1, 2)):
            at, other = chance.randrange(len(texts)), chance.randrange(len(texts))
            mutate(texts, at, other, chance.choice)
        mutated = " ".join(texts)
        assert 0 <= offset_of_error(mutated) <= len(mutated), mutated


def offset_of_error(sql: str) -> int:
    try:
        parse(sql)
    except SqlError as error:
        return error.offset
    return 0


def mutate(texts: list[str], at: int, other: int, choose: Callable) -> None:
    kind = choose(["delete", "duplicate", "swap", "copy"])
    if kind == "delete" and len(texts) > 1:
        del texts[at]
    elif kind == "duplicate":
        texts.insert(at, texts[at])
    elif kind == "swap":
        texts[at], texts[other] = texts[other], texts[at]
    else:
        texts[at] = texts[other]
