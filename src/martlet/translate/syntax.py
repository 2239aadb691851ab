"""ClickHouse SQL as a tree: operators are the functions they stand for, as ClickHouse has it.

`a + b` is `Call("plus", (a, b))`, `CASE` is `multiIf`, `x[1]` is `arrayElement`: one catalogue of
functions covers them all, and the name of a column without alias is the text of its tree.
"""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True, eq=False)
class Expression:
    """A part of a SELECT that has a value.

    Attributes:
        start: 0-based index into the SQL text.
        end: index behind the last character.
        alias: the name that `AS` gives it, None if there is none.
    """

    start: int
    end: int
    alias: str | None = field(default=None, kw_only=True)


@dataclass(slots=True, eq=False)
class Literal(Expression):
    """A number, string, boolean or NULL; `text` is how it is written."""

    value: int | float | str | bool | None
    text: str


@dataclass(slots=True, eq=False)
class Identifier(Expression):
    """A name with its qualifiers: `t.column` has two parts."""

    parts: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Call(Expression):
    """A function of arguments; operators are calls too.

    Attributes:
        name: as written, or the function that the operator stands for.
        parameters: of a parametric aggregate, `quantile(0.5)(x)`; None without such brackets.
        distinct: `count(DISTINCT x)`.
        window: the OVER clause, or the name of a window.
        respects_nulls: None, or what IGNORE NULLS and RESPECT NULLS say.
    """

    name: str
    arguments: tuple[Expression, ...]
    parameters: tuple[Expression, ...] | None = None
    distinct: bool = False
    window: "Window | str | None" = None
    respects_nulls: bool | None = None


@dataclass(slots=True, eq=False)
class Cast(Expression):
    """`CAST(x AS T)`, `x::T`; a literal before `::` is read from its text."""

    operand: Expression
    type: str
    literal_text: str | None = None


@dataclass(slots=True, eq=False)
class Lambda(Expression):
    """`(x, y) -> body`."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(slots=True, eq=False)
class Star(Expression):
    """`*`, `t.*` and `COLUMNS('pattern')`, with EXCEPT, REPLACE and APPLY.

    Attributes:
        qualifier: parts of the table's name, empty for all tables.
        pattern: of COLUMNS, None for a star.
        names: of `COLUMNS(a, b)`.
        transformers: in order: `("except", names)`, `("replace", ((expression, name), ...))`,
            `("apply", function)`.
    """

    qualifier: tuple[str, ...] = ()
    pattern: str | None = None
    names: tuple[str, ...] = ()
    transformers: tuple[tuple[str, object], ...] = ()


@dataclass(slots=True, eq=False)
class Subquery(Expression):
    """`(SELECT ...)` where a value or a list of values stands."""

    query: "Query"


@dataclass(slots=True, eq=False)
class Bound:
    """One end of a window frame: `offset` rows or values before or behind; None is unbounded."""

    kind: str  # "current row", "preceding", "following"
    offset: Expression | None = None


@dataclass(slots=True, eq=False)
class Window:
    """What stands behind OVER; `base` is the name of the window it starts from."""

    partition_by: tuple[Expression, ...] = ()
    order_by: tuple["OrderItem", ...] = ()
    units: str | None = None  # "ROWS", "RANGE", "GROUPS"
    start: Bound | None = None
    end: Bound | None = None
    base: str | None = None


@dataclass(slots=True, eq=False)
class Fill:
    """`WITH FILL FROM ... TO ... STEP ...` of one ORDER BY item."""

    start: int
    from_: Expression | None = None
    to: Expression | None = None
    step: Expression | None = None
    staleness: Expression | None = None


@dataclass(slots=True, eq=False)
class OrderItem:
    """One item of ORDER BY; `nulls_first` is None where the query does not say."""

    expression: Expression
    descending: bool = False
    nulls_first: bool | None = None
    collate: str | None = None
    fill: Fill | None = None


@dataclass(slots=True, eq=False)
class Table:
    """A table or CTE in FROM."""

    start: int
    parts: tuple[str, ...]
    alias: str | None = None
    final: bool = False
    sample: Expression | None = None


@dataclass(slots=True, eq=False)
class TableFunction:
    """`numbers(10)` in FROM."""

    start: int
    call: Call
    alias: str | None = None


@dataclass(slots=True, eq=False)
class TableSubquery:
    """`(SELECT ...) AS alias` in FROM."""

    start: int
    query: "Query"
    alias: str | None = None
    final: bool = False
    column_names: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Join:
    """Two sources joined.

    Attributes:
        kind: "inner", "left", "right", "full", "cross".
        strictness: "all", "any", "semi", "anti", "asof"; None where the query does not say.
        using: names of USING; those with an alias inside USING are not supported.
    """

    start: int
    left: "Source"
    right: "Source"
    kind: str
    strictness: str | None
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(slots=True, eq=False)
class ArrayJoin:
    """`ARRAY JOIN a AS x, b`; a left one keeps rows with empty arrays."""

    start: int
    left: "Source | None"
    expressions: tuple[Expression, ...]
    is_left: bool


Source: TypeAlias = Table | TableFunction | TableSubquery | Join | ArrayJoin


@dataclass(slots=True, eq=False)
class Cte:
    """`name AS (SELECT ...)` in WITH."""

    start: int
    name: str
    query: "Query"


@dataclass(slots=True, eq=False)
class Select:
    """One SELECT with its clauses; offsets of clauses are in `places`, by lower-case name."""

    start: int
    end: int = 0
    ctes: tuple[Cte, ...] = ()
    scalars: tuple[Expression, ...] = ()  # WITH expression AS name
    distinct: bool = False
    distinct_on: tuple[Expression, ...] = ()
    columns: tuple[Expression, ...] = ()
    source: "Source | None" = None
    prewhere: Expression | None = None
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    group_by_all: bool = False
    grouping_sets: tuple[tuple[Expression, ...], ...] | None = None
    group_mode: str | None = None  # "rollup", "cube"
    with_totals: bool = False
    having: Expression | None = None
    windows: tuple[tuple[str, Window], ...] = ()
    qualify: Expression | None = None
    order_by: tuple[OrderItem, ...] = ()
    order_by_all: bool = False
    interpolate: tuple[tuple[str, Expression | None], ...] | None = None
    limit_by: tuple[Expression, ...] = ()
    limit_by_limit: Expression | None = None
    limit_by_offset: Expression | None = None
    limit: Expression | None = None
    offset: Expression | None = None
    with_ties: bool = False
    places: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class SetOperation:
    """UNION, EXCEPT and INTERSECT; `operators[i]` stands before `queries[i + 1]`."""

    start: int
    queries: tuple["Query", ...]
    operators: tuple[str, ...]  # "UNION ALL", "UNION DISTINCT", "EXCEPT", "INTERSECT", ...
    ctes: tuple[Cte, ...] = ()


Query: TypeAlias = Select | SetOperation
