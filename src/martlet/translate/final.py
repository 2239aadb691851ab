"""FINAL: the rows that the table engine would leave when all of its parts are merged.

Every kind of row that goes away in a merge is left out, or made one, by the sorting key. The last
row of a key is the one of the last partition that arrived last there: the hidden columns of a
lake's table say so. Rules measured on chDB 26.9; https://clickhouse.com/docs/sql-reference/statements/select/from#final-modifier

How it differs: a sum beyond its column's type does not wrap. SummingMergeTree drops a key whose
sums are zero whenever it merges, here it is done once: what a later row of that key finds as first
row for its other columns may be another one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlet.errors import MartletError, UnsupportedClauseError
from martlet.lake import HIDDEN
from martlet.translate.relations import From, LakeTable, indented
from martlet.translate.scope import Scope, walk
from martlet.translate.states import state_type
from martlet.translate.syntax import Call, Expression, Identifier, Literal, Select, Table
from martlet.translate.tables import TableFacts
from martlet.translate.typing import is_integer, is_number
from martlet.translate.value import INTEGER_FORMS, Value, name_sql
from martlet.types import Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering


@dataclass(slots=True)
class _Site:
    """A table read with FINAL.

    Attributes:
        keys: the sorting key as SQL.
        key_columns: names of the columns that are keys themselves.
        read: names of all columns in the keys of sorting and partition.
        place: the mark where conditions on partitions can stand.
        partition: the text that orders partitions, where rows of one key can be in several.
    """

    lowering: "Lowering"
    tree: Table
    side: From
    facts: TableFacts
    keys: list[str] = field(default_factory=list)
    key_columns: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    place: str = ""
    partition: str = ""

    def fail(self, message: str) -> UnsupportedClauseError:
        return UnsupportedClauseError(f"FINAL {message}", offset=self.tree.start)

    @property
    def alias(self) -> str:
        return self.side.alias

    @property
    def arrival(self) -> list[str]:
        """The columns by which rows are ordered as ClickHouse merges them.

        There are none where views fill the table: which row came last is not known.
        """
        if not self.facts.has_hidden:
            return []
        partition = [self.partition] if self.partition else []
        return [*partition, *(f"{self.alias}.{name}" for name in HIDDEN)]

    def column(self, name: str) -> Value:
        """Return a column that the engine's settings name."""
        bare = name.strip().strip("`")
        columns = self.side.relations[0].columns
        if bare not in columns:
            raise self.fail(f"needs the column '{bare}'")
        return columns[bare]


def final_rows(lowering: "Lowering", tree: Table, side: From, facts: TableFacts) -> From:
    """Return a table as FINAL reads it.

    Raises:
        UnsupportedClauseError: not with this engine, these columns or this sorting key.
    """
    site = _Site(lowering, tree, side, facts)
    rule = ENGINES.get(facts.engine.name)
    if rule is None:
        raise site.fail(f"of a {facts.engine.name} table is not supported")
    if not facts.has_hidden and not facts.views:
        raise site.fail("is not supported: the table does not say in which order rows arrived")
    _read_keys(site)
    site.place = f"\x03{lowering.fresh('final')}\x03"
    made = rule(site)
    keys = frozenset(site.key_columns)
    if facts.views:
        return replace(made, lake=[lake for lake in side.lake if lake.days and lake.keys <= keys])
    lake = LakeTable(site.alias, facts, side.relations[0], site.place, keys)
    return replace(made, lake=[lake])


_DAY_KEYS = ("toDate", "toStartOfDay", "toStartOfHour", "toStartOfMinute", "toStartOfSecond")


def _read_keys(site: _Site) -> None:
    engine = site.facts.engine
    for expression in _expressions(engine.sorting_key):
        site.keys.append(_key_value(site, expression, engine.sorting_key).sql)
        inner = expression
        if isinstance(inner, Call) and inner.name in _DAY_KEYS and len(inner.arguments) == 1:
            inner = inner.arguments[0]
        if isinstance(inner, Identifier):
            site.key_columns.append(".".join(inner.parts))
        site.read |= _names(expression)
    site.partition = _partition(site)


def _partition(site: _Site) -> str:
    """Return what orders the partitions of one key: parts are merged by the partition's name."""
    texts = []
    key = site.facts.engine.partition_key
    expressions = _expressions(key)
    for expression in expressions:
        site.read |= _names(expression)
    exact = {".".join(e.parts) for e in _expressions(site.facts.engine.sorting_key)
             if isinstance(e, Identifier)}  # fmt: skip
    for expression in expressions:
        names = _names(expression)
        is_day = isinstance(expression, Call) and expression.name in _DAYS
        if names <= exact or (is_day and names <= set(site.key_columns)):
            continue
        value = _key_value(site, expression, key)
        if value.form == "date":
            texts.append(f"date_format({value.sql}, '%Y%m%d')")
        elif is_integer(value.type) and not value.is_nullable:
            texts.append(f"CAST({value.sql} AS varchar)")
        elif not site.facts.engine.ver:
            raise site.fail(f"is not supported: partitions by {key} have no order here")
    return f"concat({', '.join(_joined(texts))})" if len(texts) > 1 else "".join(texts)


def _joined(texts: list[str]) -> list[str]:
    return [item for text in texts for item in (text, "'-'")][:-1]


# Functions that are the same for all times of a day.
_DAYS = (
    "toYYYYMM",
    "toYYYYMMDD",
    "toYear",
    "toDate",
    "toMonday",
    "toStartOfMonth",
    "toStartOfWeek",
)


def _expressions(text: str) -> tuple[Expression, ...]:
    """Return the expressions of a key."""
    from martlet.translate.queries import parse

    if not text.strip():
        return ()
    query = parse(f"SELECT {text}")
    assert isinstance(query, Select)
    if (
        len(query.columns) == 1
        and isinstance(query.columns[0], Call)
        and (query.columns[0].name == "tuple")
    ):
        return query.columns[0].arguments
    return query.columns


def _names(expression: Expression) -> set[str]:
    return {".".join(inner.parts) for inner in walk(expression) if isinstance(inner, Identifier)}


def _key_value(site: _Site, expression: Expression, text: str) -> Value:
    """Return an expression of a key as SQL; its literals are not the query's."""
    from martlet.translate.lower import Lowering
    from martlet.translate.translator import literals_of

    try:
        value = Lowering(site.lowering.tables).value(
            expression, Scope(relations=site.side.relations)
        )
        return replace(value, sql=literals_of(f"SELECT {text}", value.sql), literal=None)
    except MartletError as error:
        raise site.fail(f"needs the key {text}: {error.message}") from error


# One row of a key is left


def _picked(site: _Site, columns: list[str], test: str) -> From:
    """Return the rows that pass a test of more columns."""
    inner = f"SELECT {', '.join([f'{site.alias}.*', *columns])}\nFROM {site.side.sql}{site.place}"
    sql = f"SELECT *\nFROM (\n{indented(inner)}\n) AS {site.alias}\nWHERE {test}"
    return replace(site.side, sql=f"(\n{indented(sql)}\n) AS {site.alias}")


def _over(site: _Site, order: list[str], *more: str) -> str:
    keys = [*site.keys, *more]
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    return f"OVER ({partition}ORDER BY {', '.join(f'{item} DESC' for item in order)})"


def _replacing(site: _Site) -> From:
    """Keep the row of the greatest version, of several the last one."""
    engine, order = site.facts.engine, site.arrival
    if not order and not engine.ver:
        raise site.fail("of a ReplacingMergeTree that a materialized pipe fills needs ENGINE_VER")
    if engine.ver:
        order = [site.column(engine.ver).sql, *order]
    name = site.lowering.fresh("newest")
    test = f"{site.alias}.{name} = 1"
    if engine.is_deleted:
        test += f" AND {site.column(engine.is_deleted).sql} = 0"
    return _picked(site, [f"row_number() {_over(site, order)} AS {name}"], test)


def _collapsing(site: _Site) -> From:
    """Keep the last positive row, if more rows are positive, or as many and the last one is."""
    if not site.arrival:
        raise site.fail("of a CollapsingMergeTree that a materialized pipe fills is not supported")
    sign = site.column(site.facts.engine.sign).sql
    newest, balance, last = (site.lowering.fresh(stem) for stem in ("newest", "balance", "last"))
    partition = f"PARTITION BY {', '.join(site.keys)}" if site.keys else ""
    columns = [
        f"row_number() {_over(site, site.arrival, sign)} AS {newest}",
        f"sum({sign}) OVER ({partition}) AS {balance}",
        f"first_value({sign}) {_over(site, site.arrival)} AS {last}",
    ]
    own = site.alias
    test = f"{sign} = 1 AND {own}.{newest} = 1"
    test += f" AND ({own}.{balance} > 0 OR ({own}.{balance} = 0 AND {own}.{last} = 1))"
    return _picked(site, columns, test)


# The rows of a key become one


def _merged(site: _Site, made: dict[str, Value], having: str = "") -> From:
    """Return one row per key: columns as given, of the others that of the first row."""
    relation = site.side.relations[0]
    columns: dict[str, Value] = {}
    shown: list[str] = []
    for name, value in relation.columns.items():
        column = name_sql(name.lower())
        if value.sql in site.keys:
            columns[name] = value
            shown.append(value.sql)
            continue
        merged = made.get(name) or replace(value, sql=_first(site, value.sql))
        columns[name] = replace(merged, sql=f"{site.alias}.{column}")
        shown.append(f"{merged.sql} AS {column}")
    sql = "SELECT\n" + ",\n".join(f"  {item}" for item in shown)
    sql += f"\nFROM {site.side.sql}{site.place}\nGROUP BY {', '.join(site.keys)}{having}"
    return replace(site.side, sql=f"(\n{indented(sql)}\n) AS {site.alias}",
                   relations=[replace(relation, columns=columns)])  # fmt: skip


def _first(site: _Site, sql: str, *, function: str = "min_by") -> str:
    if not site.arrival:  # any of them, as ClickHouse says of what is neither key nor measure
        return f"arbitrary({sql})"
    return f"{function}({sql}, ROW({', '.join(site.arrival)}))"


def _summing(site: _Site) -> From:
    """Add up the columns that are named, or all numbers outside of the keys."""
    if not site.keys:
        raise site.fail("of a SummingMergeTree without a sorting key is not supported")
    made = _measures(site)
    columns = site.side.relations[0].columns
    named = [".".join(e.parts) for e in _expressions(site.facts.engine.columns)
             if isinstance(e, Identifier)]  # fmt: skip
    tests = []
    for name, value in columns.items():
        if name in site.read or name in made or (named and name not in named):
            continue
        if "." in name and name.partition(".")[0].endswith("Map"):
            raise site.fail(f"of the nested map '{name}' is not supported")
        if not is_number(value.type):
            if name in named:
                raise site.fail(f"adding up '{name}' of type {value.type} is not supported")
            continue
        made[name] = _sum(site, value)
        zero = "IS NULL" if value.is_nullable else "<> 0"
        test = f"{made[name].sql} {'IS NOT NULL' if value.is_nullable else zero}"
        tests.append(made[name].sql if value.form == "boolean" else test)
    summed_only = not any(_is_measure(value) for value in columns.values())
    having = f"\nHAVING {' OR '.join(tests)}" if tests and summed_only else ""
    return _merged(site, made, having)


def _sum(site: _Site, value: Value) -> Value:
    if value.form == "boolean":
        return replace(value, sql=f"bool_or({value.sql})")
    if value.form in INTEGER_FORMS:
        return replace(value, sql=f"sum({value.sql})", form="bigint")
    if value.form in ("real", "double"):
        return replace(value, sql=f"sum({value.sql})")
    if value.form.startswith("decimal"):
        return replace(value, sql=f"CAST(sum({value.sql}) AS {value.form})")
    raise site.fail(f"adding up values of type {value.type} is not supported")


def _is_measure(value: Value) -> bool:
    return value.type.family.name in ("SimpleAggregateFunction", "AggregateFunction")


def _aggregating(site: _Site) -> From:
    if not site.keys:
        raise site.fail("of an AggregatingMergeTree without a sorting key is not supported")
    return _merged(site, _measures(site))


def _measures(site: _Site) -> dict[str, Value]:
    """Return the columns that are aggregates, merged."""
    made: dict[str, Value] = {}
    for name, value in site.side.relations[0].columns.items():
        if _is_measure(value) and name not in site.read:
            if value.type.family.name == "AggregateFunction":
                made[name] = _state(site, name, value)
                continue
            rule = MERGES.get(str(value.type.arguments[0]))
            if rule is None:
                raise site.fail(f"of the column '{name}' of type {value.type} is not supported")
            made[name] = rule(site, value)
    return made


def _state(site: _Site, name: str, value: Value) -> Value:
    """Return a column of aggregate states, put together."""
    from martlet.translate.lower import Lowering

    parts = state_type(value.type)
    numbers = [text.strip() for text in parts.parameters.split(",") if text.strip()]
    parameters = tuple(Literal(0, 0, float(text), text) for text in numbers) or None
    column = Identifier(0, 0, (name,))
    call = Call(0, 0, f"{parts.function}MergeState", (column,), parameters=parameters)
    try:
        merged = Lowering(site.lowering.tables).value(call, Scope(relations=site.side.relations))
    except MartletError as error:
        raise site.fail(f"of the column '{name}': {error.message}") from error
    return replace(merged, type=value.type, is_aggregate=False)


_UNORDERED = (Group.UUID, Group.ENUM, Group.IP)

Merge = Callable[[_Site, Value], Value]


def _extreme(function: str) -> Merge:
    def merge(site: _Site, value: Value) -> Value:
        group = value.type.bare.family.group
        if group in _UNORDERED or (group is Group.INTEGER and value.form == "varchar"):
            raise site.fail(f"of {value.type} is not supported: it has another order on Athena")
        return replace(value, sql=f"{function}({value.sql})")

    return merge


def _by_arrival(function: str) -> Merge:
    def merge(site: _Site, value: Value) -> Value:
        sql = _first(site, value.sql, function=function)
        if value.is_nullable:
            sql += f" FILTER (WHERE {value.sql} IS NOT NULL)"
        return replace(value, sql=sql)

    return merge


def _bits(function: str) -> Merge:
    return lambda site, value: replace(value, sql=f"{function}({value.sql})", form="bigint")


def _arrays(template: str) -> Merge:
    def merge(site: _Site, value: Value) -> Value:
        order = f" ORDER BY {', '.join(site.arrival)}" if site.arrival else ""
        arrays = f"array_agg({value.sql}{order})"
        return replace(value, sql=template.replace("{0}", f"flatten({arrays})"))

    return merge


# How the values of a SimpleAggregateFunction column are merged, by the function.
MERGES: dict[str, Merge] = {
    "sum": _sum,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "any": _by_arrival("min_by"),
    "anyLast": _by_arrival("max_by"),
    "groupBitOr": _bits("bitwise_or_agg"),
    "groupBitAnd": _bits("bitwise_and_agg"),
    "groupArrayArray": _arrays("{0}"),
    "groupUniqArrayArray": _arrays("array_distinct({0})"),
}

ENGINES: dict[str, Callable[[_Site], From]] = {
    "ReplacingMergeTree": _replacing,
    "CollapsingMergeTree": _collapsing,
    "SummingMergeTree": _summing,
    "AggregatingMergeTree": _aggregating,
}
