"""Functions that take a lambda and arrays: arrayMap, arrayFilter, arrayExists and their like.

Trino's functions take one array. Several arrays are read as one of rows, whose fields are the
lambda's parameters.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from martlet.translate.convert import as_boolean, default, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.operators import united
from martlet.translate.lengths import aligned
from martlet.translate.syntax import Lambda
from martlet.translate.typing import (
    array_of,
    is_array,
    is_float,
    is_number,
    is_tuple,
    nullable,
    type_of,
    without_low_cardinality,
)
from martlet.translate.value import Value
from martlet.types import Group


def plain(value: Value) -> Value:
    """Return a value without dictionaries in its type: array functions take them off."""
    type_ = without_low_cardinality(value.type, deep=True)
    return value if type_ is value.type else replace(value, type=type_)


def element_of(array: Value, sql: str = "x") -> Value:
    """Return an element of an array, under a name."""
    return Value(sql, array.type.bare.inner[0], array.element_form)


def is_missing(value: Value) -> bool:
    """Whether a value may be NULL."""
    return value.is_nullable or value.form == "unknown"


def array_argument(site: Site, index: int) -> Value:
    """Return an argument that must be an array, without dictionaries."""
    value = site.arguments[index]
    if not is_array(value.type) or not value.form.startswith("array("):
        raise site.fail(f"an argument of type {value.type} is not supported", index=index)
    return plain(value)


def numbers(site: Site, array: Value) -> Value:
    """Return an array of numbers that are never NULL, else fail."""
    element = element_of(array)
    if not is_number(element.type) or element.is_nullable or element.form == "varchar":
        raise site.fail(f"of {array.type} is not supported")
    return array


def common_arrays(site: Site, values: list[Value]) -> list[Value]:
    """Return arrays as ones of their supertype."""
    return [plain(value) for value in united(site, [plain(value) for value in values])]


def array_row(takes: tuple[str, ...], rule: Callable[[Site], Value], note: str = "") -> Function:
    """Return a row of a function that types its result itself, without dictionaries."""
    return Function(takes, "UInt8", rule, nulls="own", note=note, low_cardinality=False)


def has_lambda(site: Site) -> bool:
    """Whether the first argument is a lambda."""
    return isinstance(site.call.arguments[0], Lambda)


@dataclass(frozen=True, slots=True)
class Applied:
    """A lambda with the arrays it goes over, as one array.

    Attributes:
        source: SQL of the array that Trino's function takes.
        parameters: the lambda's parameters as Trino writes them.
        first: of several arrays: SQL of the first one's element inside of the lambda.
        is_zipped: whether `source` has rows of several arrays' elements.
    """

    source: str
    parameters: str
    body: Value
    array: Value
    first: str
    is_zipped: bool

    @property
    def condition(self) -> str:
        """The body as a condition; NULL is false."""
        test = as_boolean(self.body)
        return f"coalesce({test.sql}, false)" if is_missing(self.body) else test.sql

    @property
    def bare_condition(self) -> str:
        """The body as a condition, where Trino takes NULL for false."""
        return as_boolean(self.body).sql

    def filtered(self) -> str:
        """Return SQL of the rows or elements that meet the condition."""
        return f"filter({self.source}, {self.parameters} -> {self.bare_condition})"

    def picked(self, sql: str) -> str:
        """Return SQL of the first array's element of one item of the source."""
        return f"{sql}[1]" if self.is_zipped else sql


def applied(site: Site, *, index: int = 0) -> Applied:
    """Lower the lambda that is an argument over the arrays behind it."""
    arrays = [array_argument(site, i) for i in range(index + 1, len(site.arguments))]
    if not arrays:
        raise site.fail("an array is missing")
    lambda_ = site.call.arguments[index]
    if not isinstance(lambda_, Lambda):
        raise site.fail("a lambda is expected here", index=index)
    first = arrays[0]
    count = len(lambda_.parameters)
    if len(arrays) == count == 1:
        parameters, body = lambda_body(site, index, [element_of(first)])
        return Applied(first.sql, parameters, plain(body), first, parameters, is_zipped=False)
    inner = first.type.bare.inner[0]
    if len(arrays) == 1 and is_tuple(inner) and len(inner.bare.inner) == count:
        row = element_of(first)
        fields = [Value("", t, f) for t, f in zip(inner.bare.inner, row.row_forms, strict=True)]
        name, body = row_body(site, lambda_, fields)
        return Applied(first.sql, name, plain(body), first, name, is_zipped=False)
    if len(arrays) > 5:
        raise site.fail("more than five arrays are not supported")
    if len(arrays) != count:
        raise site.fail(f"a lambda of {len(arrays)} parameters is expected", index=index)
    name, body = row_body(site, lambda_, [element_of(array) for array in arrays])
    source = f"zip({', '.join(aligned([array.sql for array in arrays]))})"
    return Applied(source, name, plain(body), first, f"{name}[1]", is_zipped=True)


def lambda_body(site: Site, index: int, elements: Sequence[Value]) -> tuple[str, Value]:
    """Lower the lambda that is an argument: its parameters and the body."""
    parameters, body = site.body(index, elements)
    return parameters, _calculable(site, body)


_SUBQUERY = re.compile(r"\(\s*(SELECT|WITH)\b|\bOVER \(")


def _calculable(site: Site, body: Value) -> Value:
    """Refuse what Trino does not take in a lambda."""
    if body.is_aggregate or _SUBQUERY.search(body.sql):
        raise site.fail("aggregates, windows and subqueries in a lambda are not supported")
    return body


def row_body(site: Site, lambda_: Lambda, fields: list[Value]) -> tuple[str, Value]:
    """Lower a lambda whose parameters are the fields of one row: its name, and the body."""
    scope, lowering = site.scope, site.lowering
    name = lowering._variable(lambda_, "item", scope)
    before = scope.variables
    scope.variables = dict(before) | {
        parameter: replace(field, sql=f"{name}[{number}]")
        for number, (parameter, field) in enumerate(zip(lambda_.parameters, fields, strict=True), 1)
    }
    try:
        return name, _calculable(site, lowering.value(lambda_.body, scope))
    finally:
        scope.variables = before


def of_array(site: Site, sql: str, array: Value) -> Value:
    """Return SQL as an array of the same type and form as another."""
    return make(sql, array.type, array.form, of=tuple(site.arguments))


def mapped(site: Site) -> Value:
    """Return the array that a function goes over: what a lambda makes, or the array itself."""
    if not has_lambda(site):
        if len(site.arguments) != 1:
            raise site.fail("takes one array, or a lambda with arrays")
        return array_argument(site, 0)
    over = applied(site)
    body = over.body
    if body.sql == over.source:
        return over.array
    sql = f"transform({over.source}, {over.parameters} -> {body.sql})"
    return make(sql, array_of(body.type), f"array({body.form})", of=tuple(site.arguments))


def _test(site: Site) -> Applied:
    """Return the condition of a function that counts or looks for elements."""
    if has_lambda(site):
        over = applied(site)
        if not _is_condition(over.body):
            raise site.fail(f"a condition cannot be of type {over.body.type}", index=0)
        return over
    if len(site.arguments) != 1:
        raise site.fail("takes one array, or a lambda with arrays")
    array = array_argument(site, 0)
    element = element_of(array)
    if element.type.family.name != "UInt8":
        raise site.fail(f"a condition cannot be of type {element.type}", index=0)
    return Applied(array.sql, "x", element, array, "x", is_zipped=False)


def _is_condition(value: Value) -> bool:
    group = value.type.bare.family.group
    return value.form == "unknown" or group in (Group.INTEGER, Group.BOOL)


def _map(site: Site) -> Value:
    if not has_lambda(site):
        raise site.fail("a lambda is expected here", index=0)
    return mapped(site)


def _filter(site: Site) -> Value:
    over = _test(site)
    hits = over.filtered()
    if over.is_zipped:
        hits = f"transform({hits}, {over.parameters} -> {over.parameters}[1])"
    return of_array(site, hits, over.array)


def _any_match(site: Site) -> Value:
    over = _test(site)
    sql = f"any_match({over.source}, {over.parameters} -> {over.condition})"
    return make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments))


def _all_match(site: Site) -> Value:
    over = _test(site)
    sql = f"all_match({over.source}, {over.parameters} -> {over.condition})"
    return make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments))


def _count(site: Site) -> Value:
    sql = f"cardinality({_test(site).filtered()})"
    return make(sql, type_of("UInt32"), "bigint", of=tuple(site.arguments))


def _found(position: int, *, or_null: bool = False) -> Callable[[Site], Value]:
    """Return a rule for the first or last element that meets a condition."""

    def rule(site: Site) -> Value:
        over = _test(site)
        element = element_of(over.array)
        sql = over.picked(f"element_at({over.filtered()}, {position})")
        if or_null:
            if is_array(element.type) or element.type.bare.family.group in (Group.MAP, Group.TUPLE):
                raise site.fail(f"of {over.array.type} is not supported")
            return make(sql, nullable(element.type), element.form, of=tuple(site.arguments))
        if not is_missing(element):
            sql = f"coalesce({sql}, {default(element.type, element.form).sql})"
        return make(sql, element.type, element.form, of=tuple(site.arguments))

    return rule


def _first_index(site: Site) -> Value:
    over = _test(site)
    sql = f"array_position(transform({over.source}, {over.parameters} -> {over.condition}), true)"
    return make(sql, type_of("UInt32"), "bigint", of=tuple(site.arguments))


def _last_index(site: Site) -> Value:
    over = _test(site)
    tests = f"reverse(transform({over.source}, {over.parameters} -> {over.condition}))"
    from_end = f"nullif(array_position({tests}, true), 0)"
    sql = f"coalesce(cardinality({over.array.sql}) + 1 - {from_end}, 0)"
    return make(sql, type_of("UInt32"), "bigint", of=tuple(site.arguments))


_UNORDERED = (Group.UUID, Group.ENUM, Group.IP, Group.MAP, Group.JSON)


def orderable(site: Site, element: Value) -> None:
    """Refuse elements that Trino orders in another way."""
    pending = [element]
    while pending:
        value = pending.pop()
        bare = value.type.bare
        if bare.family.group in _UNORDERED or (
            value.form == "varchar" and bare.family.group is Group.INTEGER
        ):
            raise site.fail(f"values of type {element.type} have another order on Athena")
        inside = []
        if value.form.startswith("array("):
            inside = [element_of(value)]
        elif value.form.startswith("row("):
            inside = [Value("", t, f) for t, f in zip(bare.inner, value.row_forms, strict=True)]
        if any(item.is_nullable or is_float(item.type) for item in inside):
            raise site.fail(f"values of type {element.type} have another order on Athena")
        pending += inside


def _is_double(value: Value) -> bool:
    return value.form in ("double", "real")


def _sort(site: Site) -> Value:
    """Sort: NaN behind the numbers, and NULL behind it."""
    is_reverse = site.name == "arrayReverseSort"
    if has_lambda(site):
        return _sorted_by(site, is_reverse=is_reverse)
    if len(site.arguments) != 1:
        raise site.fail("takes one array, or a lambda with arrays")
    array = array_argument(site, 0)
    element = element_of(array)
    orderable(site, element)
    sql = f"array_sort({array.sql})"
    if not is_reverse:
        return of_array(site, sql, array)
    parts = []
    if _is_double(element):
        sql = f"array_sort(filter({array.sql}, x -> NOT is_nan(x)))"
        parts.append(f"filter({array.sql}, x -> is_nan(x))")
    elif is_missing(element):
        sql = f"array_sort(filter({array.sql}, x -> x IS NOT NULL))"
    if is_missing(element):
        parts.append(f"filter({array.sql}, x -> x IS NULL)")
    reversed_ = f"reverse({sql})"
    joined = f"concat({', '.join([reversed_, *parts])})" if parts else reversed_
    return of_array(site, joined, array)


def _sorted_by(site: Site, *, is_reverse: bool) -> Value:
    """Sort pairs of a key and an element."""
    over = applied(site)
    key = over.body
    orderable(site, key)
    before, after = (">", "<") if is_reverse else ("<", ">")
    cases = []
    if is_missing(key):
        order = "IF(l[1] IS NULL, 1, 0) - IF(r[1] IS NULL, 1, 0)"
        cases.append(f"WHEN l[1] IS NULL OR r[1] IS NULL THEN {order}")
    if _is_double(key):
        order = "IF(is_nan(l[1]), 1, 0) - IF(is_nan(r[1]), 1, 0)"
        cases.append(f"WHEN is_nan(l[1]) OR is_nan(r[1]) THEN {order}")
    cases += [f"WHEN l[1] {before} r[1] THEN -1", f"WHEN l[1] {after} r[1] THEN 1"]
    pairs = f"transform({over.source}, {over.parameters} -> ROW({key.sql}, {over.first}))"
    compared = f"(l, r) -> CASE {' '.join(cases)} ELSE 0 END"
    sql = f"transform(array_sort({pairs}, {compared}), x -> x[2])"
    return of_array(site, sql, over.array)


def _fold(site: Site) -> Value:
    """Fold arrays from the left; the lambda's result has the type of the start value."""
    *arrays, start = site.arguments[1:]
    start = plain(start)
    lambda_ = site.call.arguments[0]
    if not arrays or not isinstance(lambda_, Lambda) or len(lambda_.parameters) != len(arrays) + 1:
        raise site.fail("takes a lambda, arrays and a start value")
    if len(arrays) > 1:
        raise site.fail("of several arrays is not supported")
    array = array_argument(site, 1)
    element, state = element_of(array), replace(start, literal=None)
    form = state.form
    if state.form in ("integer", "smallint", "tinyint", "boolean"):
        form = "bigint"
    parameters, body = lambda_body(site, 0, [replace(state, form=form), element])
    body = plain(body)
    if str(body.type) != str(start.type):
        raise site.fail(f"the lambda returns {body.type}, the start value is {start.type}")
    if "unknown" in form:
        form = body.form
    first = f"CAST({start.sql} AS {form})"
    after = body.sql if body.form == form else f"CAST({body.sql} AS {form})"
    state_name = parameters.strip("()").split(", ")[0]
    sql = f"reduce({array.sql}, {first}, {parameters} -> {after}, {state_name} -> {state_name})"
    return make(sql, start.type, form, of=tuple(site.arguments))


def _fill(site: Site) -> Value:
    """Put the element before in place of each one that does not meet the condition."""
    over = _test(site)
    if over.is_zipped:
        raise site.fail("of several arrays is not supported")
    array = over.array
    is_reverse = site.name == "arrayReverseFill"
    x, state = over.parameters, f"CAST(ARRAY[] AS {array.form})"
    source = f"reverse({over.source})" if is_reverse else over.source
    test = f"{over.condition} OR cardinality(s) = 0"
    step = f"IF({test}, s || ARRAY[{x}], s || ARRAY[element_at(s, -1)])"
    if x == "s":
        raise site.fail("a lambda's parameter of the name s is not supported")
    sql = f"reduce({source}, {state}, (s, {x}) -> {step}, s -> s)"
    return of_array(site, f"reverse({sql})" if is_reverse else sql, array)


def _row(rule: Callable[[Site], Value], note: str = "") -> Function:
    return Function(
        ("lambda", "any*"), "UInt8", rule, nulls="own", note=note, low_cardinality=False
    )


LAMBDAS: dict[str, Function] = {
    "arrayMap": _row(_map),
    "arrayFilter": _row(_filter),
    "arrayExists": _row(_any_match),
    "arrayAll": _row(_all_match),
    "arrayCount": _row(_count),
    "arrayFirst": _row(_found(1)),
    "arrayFirstOrNull": _row(_found(1, or_null=True)),
    "arrayFirstIndex": _row(_first_index),
    "arrayLast": _row(_found(-1)),
    "arrayLastOrNull": _row(_found(-1, or_null=True)),
    "arrayLastIndex": _row(_last_index),
    "arraySort": _row(_sort),
    "arrayReverseSort": _row(_sort),
    "arrayFold": _row(_fold),
    "arrayFill": _row(_fill),
    "arrayReverseFill": _row(_fill),
}  # fmt: skip
