"""What a row of the catalogue of aggregates is, and how its Trino SQL is put together.

A row says what an aggregate takes, returns and becomes; `{distinct}` and `{filter}` in its
template are where DISTINCT and the condition of -If go. As a window function the same row gets
OVER there, and the condition goes into the arguments: Trino has no FILTER before OVER.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from martlet.errors import UnsupportedFunctionError
from martlet.translate import slots
from martlet.translate.constants import evaluate
from martlet.translate.convert import make
from martlet.translate.function import Function, Returns, Site, compile_template
from martlet.translate.syntax import Call
from martlet.translate.typing import (
    array_of,
    is_float,
    not_null,
    nullable,
    without_low_cardinality,
)
from martlet.translate.value import Value
from martlet.types import ColumnType, Group


@dataclass(slots=True)
class AggregateSite(Site):
    """One call of an aggregate.

    Attributes:
        over: ` OVER (...)` of a window function, empty for an aggregate.
        each: whether the first argument is an array whose elements are what is aggregated: its
            type and form are the element's.
        gaps: whether NULL stands in the arguments where a row does not count.
        order: the order of the rows as SQL, empty where they have none.
    """

    over: str = ""
    each: bool = False
    gaps: bool = False

    @property
    def order(self) -> str:
        return "" if self.over else ", ".join(item.sql() for item in self.scope.order)

    def number(self, index: int = 0, default: float | None = None) -> float:
        """Return a parameter that is a number."""
        if index >= len(self.parameters):
            if default is None:
                raise self.fail("a parameter in brackets is missing")
            return default
        expression = self.parameters[index]
        if isinstance(expression, Call) and expression.name in ("toFloat64", "toFloat32"):
            (expression,) = expression.arguments
        value = evaluate(self.lowering, expression, self.scope, self.name)
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise self.fail("a number is expected in the brackets") from None

    def size(self, default: int | None = None) -> int:
        """Return the parameter that is a number of values."""
        value = self.number(0, default)
        if value != int(value) or value < 1:
            raise self.fail("a number of values is expected in the brackets")
        return int(value)


Rule = Callable[[AggregateSite], Value]
Finish = Callable[[AggregateSite, Value], Value]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A row of the catalogue of aggregates.

    Attributes:
        takes: kinds of the arguments, as for functions.
        returns: result type for arguments that are not Nullable.
        to: the Trino form; empty where `finish` makes it of all values.
        form: form of the result where it is not the usual one of its type.
        empty: what it is of no rows: SQL, or "default" of its type; empty where Trino agrees.
        never_null: whether the result is not Nullable though arguments are.
        always: whether `empty` stands for too few rows as well: `varSamp` of one row.
        finish: makes the result of the array of all values; such an aggregate has -Array.
        arrays: whether the rule knows -Array by itself.
        parameters: greatest number of parameters in brackets of their own.
        ordered: whether the array that `finish` is given has the order of the rows.
        note: how it differs from ClickHouse's.
    """

    takes: tuple[str, ...]
    returns: Returns
    to: str | Rule = ""
    form: str = ""
    empty: str = "default"
    never_null: bool = False
    always: bool = False
    finish: Finish | None = None
    arrays: bool = False
    parameters: int = 0
    ordered: bool = False
    note: str = ""

    def function(self) -> Function:
        """Return the row as one of a function, for checking arguments."""
        return Function(self.takes, self.returns, "")


def written(
    site: AggregateSite, template: str, type_: ColumnType, form: str = "", *,
    of: Sequence[Value] = (),
) -> Value:  # fmt: skip
    """Return a template with the arguments, DISTINCT and the filter or the window put in."""
    if site.distinct and (site.over or "{distinct}" not in template):
        where = "before OVER" if site.over else "here"
        raise site.fail(f"DISTINCT is not supported {where}")
    values = list(of) or site.arguments
    text = template.replace("{distinct}", "DISTINCT " if site.distinct else "")
    filled = [compile_template(piece)(values)[0] for piece in text.split("{filter}")]
    return make(suffix(site).join(filled), type_, form, of=tuple(values),
                atomic=_is_call(template))  # fmt: skip


def suffix(site: AggregateSite) -> str:
    """Return what stands behind the brackets of an aggregate function."""
    if site.over:
        return site.over
    return f" FILTER (WHERE {site.condition})" if site.condition else ""


def _is_call(template: str) -> bool:
    """Whether a template is one call with at most FILTER behind it."""
    bare = template.replace("{filter}", "").replace("{distinct}", "")
    depth = 0
    for index, character in enumerate(bare):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return index == len(bare) - 1
    return True


def and_also(condition: str, test: str) -> str:
    """Return a condition and one more."""
    if not condition or condition == test:
        return test
    first = f"({condition})" if " OR " in condition else condition
    return f"{first} AND {test}"


def collected(site: AggregateSite, *, distinct: bool = False, ordered: bool = False) -> Value:
    """Return the array of all values of the first argument, without NULL and NaN's trouble."""
    value = site.arguments[0]
    if site.distinct and len(site.arguments) > 1:
        raise site.fail("DISTINCT is not supported here")
    order = f" ORDER BY {site.order}" if ordered and site.order else ""
    is_plain = not (site.each or site.over or order)
    word = "DISTINCT " if (distinct or site.distinct) and is_plain else ""
    sql = f"array_agg({word}{value.sql}{order}){suffix(site)}"
    if site.each:
        sql = f"flatten({sql})"
    if site.gaps or (site.each and value.is_nullable):
        sql = f"filter({sql}, item -> item IS NOT NULL)"
    if (distinct or site.distinct) and not word:
        sql = f"array_distinct({sql})"
    type_ = array_of(plain([value]))
    return make(sql, type_, f"array({value.form})", of=(value,))


def plain(arguments: Sequence[Value]) -> ColumnType:
    """Return the type of the first argument without NULL and without its dictionary."""
    return without_low_cardinality(not_null(without_low_cardinality(arguments[0].type)), deep=True)


def kept(template: str) -> Rule:
    """Return a rule whose result has the type and form of the first argument."""

    def rule(site: AggregateSite) -> Value:
        value = site.arguments[0]
        return written(site, template, plain([value]), value.form)

    return rule


# Order of values that Trino holds in a form with another one.


def order_key(value: Value) -> Value:
    """Return what Trino must order by for ClickHouse's order of these values.

    Enums are ordered by their numbers, UUIDs by their second half first (measured), addresses
    by their bytes.

    Raises:
        UnsupportedFunctionError: there is no such key.
    """
    bare = value.type.bare
    group = bare.family.group
    if group is Group.ENUM:
        pairs = sorted(bare.enum_values.items(), key=lambda item: item[1])
        cases = " ".join(f"WHEN {slots.string_sql(name)} THEN {n}" for name, n in pairs)
        return replace(value, sql=f"CASE {value.sql} {cases} END", is_atomic=True)
    if group is Group.UUID:
        sql = f"concat(substr({value.sql}, 20), substr({value.sql}, 1, 18))"
        return replace(value, sql=sql, is_atomic=True)
    if group is Group.IP:
        return replace(value, sql=f"CAST({value.sql} AS ipaddress)", is_atomic=True)
    if not has_order(bare, value.form):
        raise UnsupportedFunctionError(f"{value.type} has another order on Athena")
    return value


def has_order(type_: ColumnType, form: str) -> bool:
    """Whether Trino orders the values of a form as ClickHouse orders those of the type."""
    bare = type_.bare
    group = bare.family.group
    if group in (Group.ENUM, Group.UUID, Group.IP, Group.MAP, Group.JSON, Group.STATE):
        return False
    if form == "varchar":
        return group in (Group.STRING, Group.FIXED_STRING)
    if group in (Group.ARRAY, Group.TUPLE):
        value = Value("", bare, form)
        forms = [value.element_form] if group is Group.ARRAY else value.row_forms
        return all(
            has_order(inner, part) and not inner.is_nullable and not is_float(inner)
            for inner, part in zip(bare.inner, forms, strict=True)
        )
    return True


def as_nullable(value: Value) -> Value:
    """Return a value whose type has NULL."""
    return replace(value, type=nullable(value.type))
