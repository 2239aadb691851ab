"""Functions of arrays without lambdas, and those that have one only to change the elements first.

Athena's sequence() and repeat() give 10,000 elements at most, and raise an error beyond.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from martlet.translate.convert import (
    as_bigint,
    as_double,
    as_form,
    as_number,
    common_form,
    default,
    make,
)
from martlet.translate.function import Function, Site
from martlet.translate.functions.lambdas import (
    array_argument,
    array_row,
    common_arrays,
    element_of,
    has_lambda,
    is_missing,
    mapped,
    numbers,
    of_array,
    orderable,
    plain,
)
from martlet.translate.lengths import aligned
from martlet.translate.typing import (
    arithmetic,
    array_of,
    is_array,
    is_decimal,
    is_float,
    is_map,
    is_unsigned,
    not_null,
    nullable,
    supertype,
    tuple_of,
    type_of,
)
from martlet.translate.value import INTEGER_FORMS, WIDE, Value
from martlet.types import ColumnType, Group


def _sum_type(element: ColumnType) -> tuple[ColumnType, str]:
    """Return the type and form of a sum."""
    bare = element.bare
    if is_float(bare):
        return type_of("Float64"), "double"
    if is_decimal(bare):
        return type_of(f"Decimal(38, {bare.scale})"), f"decimal(38,{bare.scale})"
    unsigned = is_unsigned(bare) or bare.family.group is Group.BOOL
    return type_of("UInt64" if unsigned else "Int64"), "bigint"


def _total(array: Value) -> Value:
    element = element_of(array)
    type_, form = _sum_type(element.type)
    item = as_number(element).sql
    form = WIDE if element.form == WIDE else form
    first = {"bigint": "BIGINT '0'", "double": "0e0"}.get(form, f"CAST(0 AS {form})")
    step = f"s + {item}" if form in ("bigint", "double") else f"CAST(s + {item} AS {form})"
    sql = f"reduce({array.sql}, {first}, (s, x) -> {step}, s -> s)"
    return make(sql, type_, form, of=(array,))


def _sum(site: Site) -> Value:
    return _total(numbers(site, mapped(site)))


def _average(site: Site) -> Value:
    array = numbers(site, mapped(site))
    if is_decimal(element_of(array).type):
        raise site.fail(f"of {array.type} is not supported: ClickHouse cuts off digits")
    item = as_double(element_of(array)).sql
    total = f"reduce({array.sql}, 0e0, (s, x) -> s + {item}, s -> s)"
    sql = f"coalesce({total} / nullif(cardinality({array.sql}), 0), 0e0)"
    return make(sql, type_of("Float64"), "double", of=(array,))


def _product(site: Site) -> Value:
    array = numbers(site, mapped(site))
    item = as_double(element_of(array)).operand
    step = f"(s, x) -> coalesce(s, 1e0) * {item}"
    sql = f"coalesce(reduce({array.sql}, CAST(NULL AS double), {step}, s -> s), 0e0)"
    return make(sql, type_of("Float64"), "double", of=(array,))


def _extreme(name: str) -> Callable[[Site], Value]:
    """Return a rule for the least or greatest element; NaN and NULL only without others."""

    def rule(site: Site) -> Value:
        array = mapped(site)
        element = element_of(array)
        if element.form == "unknown":
            raise site.fail(f"of {array.type} is not supported")
        orderable(site, element)
        source = array.sql
        spare = []
        if element.form in ("double", "real"):
            source = f"filter({source}, x -> NOT is_nan(x))"
            present = "filter({0}, x -> x IS NOT NULL)" if is_missing(element) else "{0}"
            spare.append(f"element_at({present.replace('{0}', array.sql)}, 1)")
        elif is_missing(element):
            source = f"filter({source}, x -> x IS NOT NULL)"
        if not is_missing(element):
            spare.append(default(element.type, element.form).sql)
        sql = f"{name}({source})"
        sql = f"coalesce({', '.join([sql, *spare])})" if spare else sql
        return make(sql, element.type, element.form, of=tuple(site.arguments))

    return rule


def _running(site: Site) -> Value:
    array = numbers(site, mapped(site))
    element = element_of(array)
    type_, form = _sum_type(element.type)
    form = WIDE if element.form == WIDE else form
    item = as_number(element).operand
    value = f"coalesce(element_at(s, -1), 0) + {item}"
    if site.name == "arrayCumSumNonNegative":
        if form not in ("bigint", "double"):
            raise site.fail(f"of {array.type} is not supported")
        value = f"greatest({value}, 0)"
    elif form not in ("bigint", "double"):
        value = f"CAST({value} AS {form})"
    step = f"(s, x) -> s || ARRAY[{value}]"
    sql = f"reduce({array.sql}, CAST(ARRAY[] AS array({form})), {step}, s -> s)"
    return make(sql, array_of(type_), f"array({form})", of=(array,))


def _difference(site: Site) -> Value:
    array = numbers(site, mapped(site))
    element = element_of(array)
    type_ = element.type if is_decimal(element.type) else arithmetic(
        "minus", element.type, element.type)  # fmt: skip
    if type_ is None or element.form == WIDE:
        raise site.fail(f"of {array.type} is not supported")
    item = as_number(element)
    item = as_bigint(item) if item.form in INTEGER_FORMS else item
    item = as_double(item) if item.form == "real" else item
    value, before = item.operand, item.operand.replace("x", "y")
    doubled = f"concat(ARRAY[element_at({array.sql}, 1)], {array.sql})"
    shifted = f"slice({doubled}, 1, cardinality({array.sql}))"
    step = f"{value} - {before}"
    if is_decimal(type_):
        step = f"CAST({step} AS {element.form})"
    sql = f"zip_with({array.sql}, {shifted}, (x, y) -> {step})"
    return make(sql, array_of(type_), f"array({item.form})", of=(array,))


def _reduce(site: Site) -> Value:
    """Aggregate an array; NULLs are left out."""
    name = site.text(0)
    rule = _REDUCED.get(name)
    if rule is None or len(site.arguments) != 2:
        raise site.fail(f"with {name} is not supported", index=0)
    array = array_argument(site, 1)
    element = element_of(array)
    if is_missing(element) and name not in ("min", "max"):
        if name in ("sum", "avg", "any") or element.form == "unknown":
            raise site.fail(f"{name} of {array.type} is not supported", index=1)
        sql = f"filter({array.sql}, x -> x IS NOT NULL)"
        array = make(sql, array_of(not_null(element.type)), array.form, of=(array,))
    return rule(replace(site, arguments=[array]))


def _mean(site: Site) -> Value:
    array = numbers(site, site.arguments[0])
    if is_decimal(element_of(array).type):
        raise site.fail(f"of {array.type} is not supported")
    item = as_double(element_of(array)).sql
    total = f"reduce({array.sql}, 0e0, (s, x) -> s + {item}, s -> s)"
    sql = f"{total} / cardinality({array.sql})"
    return make(sql, type_of("Float64"), "double", of=(array,), atomic=False)


def _size(site: Site) -> Value:
    (array,) = site.arguments
    return make(f"cardinality({array.sql})", type_of("UInt64"), "bigint", of=(array,))


def _size_of_distinct(site: Site) -> Value:
    (array,) = site.arguments
    sql = f"cardinality(array_distinct({array.sql}))"
    return make(sql, type_of("UInt64"), "bigint", of=(array,))


def _any(site: Site) -> Value:
    (array,) = site.arguments
    element = element_of(array)
    sql = f"coalesce(element_at({array.sql}, 1), {default(element.type, element.form).sql})"
    return make(sql, element.type, element.form, of=(array,))


_REDUCED: dict[str, Callable[[Site], Value]] = {
    "sum": _sum, "avg": _mean, "min": _extreme("array_min"), "max": _extreme("array_max"),
    "any": _any, "count": _size, "uniq": _size_of_distinct, "uniqExact": _size_of_distinct,
    "groupArray": lambda site: site.arguments[0],
}  # fmt: skip


# Elements


def _distinct(site: Site) -> Value:
    array = array_argument(site, 0)
    element = element_of(array)
    sql = f"array_distinct({array.sql})"
    if not is_missing(element):
        return of_array(site, sql, array)
    sql = f"filter({sql}, x -> x IS NOT NULL)"
    return make(sql, array_of(not_null(element.type)), array.form, of=(array,))


def _zipped(site: Site) -> Value:
    """Return the arrays of a call as one."""
    arrays = [array_argument(site, i) for i in range(len(site.arguments))]
    if len(arrays) == 1:
        return arrays[0]
    if len(arrays) > 5:
        raise site.fail("more than five arrays are not supported")
    return _zip_of(arrays)


def _zip_of(arrays: list[Value]) -> Value:
    elements = [element_of(array) for array in arrays]
    fields = ", ".join(f'"f{i}" {element.form}' for i, element in enumerate(elements, 1))
    type_ = array_of(tuple_of([element.type for element in elements]))
    if len(arrays) == 1:
        sql = f"transform({arrays[0].sql}, x -> ROW(x))"
    else:
        sql = f"zip({', '.join(aligned([array.sql for array in arrays]))})"
    return make(sql, type_, f"array(row({fields}))", of=tuple(arrays))


def _zip(site: Site) -> Value:
    arrays = [array_argument(site, i) for i in range(len(site.arguments))]
    if len(arrays) > 5:
        raise site.fail("more than five arrays are not supported")
    return _zip_of(arrays)


def _unique(site: Site) -> Value:
    sql = f"cardinality(array_distinct({_zipped(site).sql}))"
    return make(sql, type_of("UInt32"), "bigint", of=tuple(site.arguments))


def _same_element(element: Value, left: str, right: str) -> str:
    """Return the test that two elements are the same; NULL is the same as NULL."""
    test = f"{left} = {right}"
    return f"coalesce({test}, {left} IS NULL AND {right} IS NULL)" if is_missing(element) else test


def _compact(site: Site) -> Value:
    if has_lambda(site):
        raise site.fail("with a lambda is not supported", index=0)
    array = array_argument(site, 0)
    element = element_of(array)
    if is_float(element.type):
        raise site.fail(f"of {array.type} is not supported")
    test = f"cardinality(s) > 0 AND {_same_element(element, 'element_at(s, -1)', 'x')}"
    step = f"(s, x) -> IF({test}, s, s || ARRAY[x])"
    sql = f"reduce({array.sql}, CAST(ARRAY[] AS {array.form}), {step}, s -> s)"
    return of_array(site, sql, array)


def _concat(site: Site) -> Value:
    arrays = [array_argument(site, i) for i in range(len(site.arguments))]
    made = common_arrays(site, arrays)
    if len(made) == 1:
        return made[0]
    sql = f"concat({', '.join(value.sql for value in made)})"
    return make(sql, made[0].type, common_form([v.form for v in made]), of=tuple(made))


def _push(site: Site) -> Value:
    array, item = array_argument(site, 0), plain(site.arguments[1])
    single = make(f"ARRAY[{item.sql}]", array_of(item.type), f"array({item.form})", of=(item,))
    type_ = supertype([element_of(array).type, item.type])
    if type_ is None:
        raise site.fail(f"{item.type} cannot be put into {array.type}", index=1)
    if element_of(array).form == "unknown":
        return replace(single, type=array_of(type_))
    if item.form == "unknown":
        single = replace(single, sql=f"CAST(ARRAY[NULL] AS {array.form})", form=array.form)
        made = [replace(array, type=array_of(type_)), replace(single, type=array_of(type_))]
    else:
        made = common_arrays(site, [array, single])
    ordered = made if site.name == "arrayPushBack" else made[::-1]
    sql = f"concat({ordered[0].sql}, {ordered[1].sql})"
    return make(sql, made[0].type, made[0].form, of=tuple(made))


def _pop_back(site: Site) -> Value:
    array = array_argument(site, 0)
    sql = f"slice({array.sql}, 1, greatest(cardinality({array.sql}) - 1, 0))"
    return of_array(site, sql, array)


def _pop_front(site: Site) -> Value:
    array = array_argument(site, 0)
    return of_array(site, f"slice({array.sql}, 2, cardinality({array.sql}))", array)


def integer_argument(site: Site, index: int) -> Value:
    """Return an argument that must be an integer and never NULL, as bigint."""
    value = as_number(site.arguments[index])
    if (
        value.type.bare.family.group is not Group.INTEGER
        or value.is_nullable
        or (value.form not in (*INTEGER_FORMS, WIDE))
    ):
        raise site.fail(f"an argument of type {value.type} is not supported", index=index)
    return value if value.literal is not None else as_bigint(value)


def _slice(site: Site) -> Value:
    """Cut out a part; an offset from the end may lie before the start, a length may be negative."""
    array = array_argument(site, 0)
    size = f"cardinality({array.sql})"
    offset = _part_of_slice(site, 1)
    length = _part_of_slice(site, 2)
    first = _literal_integer(offset) if offset is not None else 1
    count = _literal_integer(length)
    if first == 0:
        return of_array(site, f"slice({array.sql}, 1, 0)", array)
    if first is None or (length is not None and count is None):
        return of_array(site, _moving_slice(array, offset, length), array)
    before = str(first) if first > 0 else f"{size} - {-first - 1}"
    start = before if first > 0 else f"greatest({before}, 1)"
    if length is None:
        taken = size if first > 0 else str(-first)
    elif count is not None and count < 0:
        taken = f"greatest({size} - {-count - 1} - {start}, 0)"
    elif first > 0:
        taken = str(count)
    else:  # what lies before the start counts, too
        taken = f"greatest(least({before} - 1, 0) + {count}, 0)"
    return of_array(site, f"slice({array.sql}, {start}, {taken})", array)


def _part_of_slice(site: Site, index: int) -> Value | None:
    if index >= len(site.arguments) or site.arguments[index].form == "unknown":
        return None
    return integer_argument(site, index)


def _literal_integer(value: Value | None) -> int | None:
    """Return the integer that an argument is, None if it is none: a sign makes it a call."""
    if value is None:
        return None
    if value.literal is not None and isinstance(value.literal.value, int):
        return value.literal.value
    found = re.fullmatch(r"-(?:BIGINT )?'?(\d+)'?", value.sql)
    return -int(found[1]) if found else None


def _moving_slice(array: Value, offset: Value | None, length: Value | None) -> str:
    """Return SQL for a part whose bounds differ from row to row."""
    size = f"cardinality({array.sql})"
    at = offset.operand if offset is not None else "1"
    before = f"IF({at} > 0, {at}, {size} + {at} + 1)"
    start = f"greatest({before}, 1)"
    end = f"{size} + 1"
    if length is not None:
        by = length.operand
        end = f"IF({by} >= 0, {before} + {by}, {size} + {by} + 1)"
    return f"slice({array.sql}, {start}, IF({at} = 0, 0, greatest({end} - {start}, 0)))"


def _resize(site: Site) -> Value:
    array = array_argument(site, 0)
    element = element_of(array)
    size = integer_argument(site, 1)
    filler = plain(site.arguments[2]) if len(site.arguments) > 2 else default(
        element.type, element.form)  # fmt: skip
    if len(site.arguments) > 2:
        type_ = supertype([element.type, filler.type])
        if type_ is None:
            raise site.fail(f"{filler.type} cannot be put into {array.type}", index=2)
        array = plain(site.convert(array, array_of(type_)))
        element = element_of(array)
        filler = replace(filler, type=type_) if filler.form == "unknown" else as_form(
            site.convert(filler, type_), element.form)  # fmt: skip
    number = size.literal.value if size.literal else None
    if number is None or not isinstance(number, int):
        raise site.fail("the size must be a literal", index=1)
    missing = f"greatest({number} - cardinality({array.sql}), 0)"
    more = f"repeat(CAST({filler.sql} AS {element.form}), {missing})"
    sql = f"concat(slice({array.sql}, 1, {number}), {more})"
    return of_array(site, sql, array)


def _with_constant(site: Site) -> Value:
    size, item = integer_argument(site, 0), plain(site.arguments[1])
    sql = f"repeat({item.sql}, {size.sql})"
    return make(sql, array_of(item.type), f"array({item.form})", of=tuple(site.arguments))


def _reverse(site: Site) -> Value:
    array = array_argument(site, 0)
    return of_array(site, f"reverse({array.sql})", array)


def _flatten(site: Site) -> Value:
    array = array_argument(site, 0)
    while is_array(element_of(array).type):
        inner = element_of(array)
        array = make(f"flatten({array.sql})", inner.type, inner.form, of=(array,))
    return array


def _enumerate(site: Site) -> Value:
    array = array_argument(site, 0)
    size = f"cardinality({array.sql})"
    sql = f"slice(sequence(0, {size}), 2, {size})"
    return make(sql, type_of("Array(UInt32)"), "array(bigint)", of=(array,))


def _enumerate_unique(site: Site) -> Value:
    """Return for each element which one of its value it is."""
    array = _zipped(site)
    element = element_of(array)
    if element.form.startswith("row(") and any(t.is_nullable for t in element.type.bare.inner):
        raise site.fail(f"of {array.type} is not supported")
    test = _same_element(element, "y", f"element_at({array.sql}, i)")
    size = f"cardinality({array.sql})"
    counted = f"cardinality(filter(slice({array.sql}, 1, i), y -> {test}))"
    sql = f"transform(slice(sequence(0, {size}), 2, {size}), i -> {counted})"
    return make(sql, type_of("Array(UInt32)"), "array(bigint)", of=(array,))


def _range(site: Site) -> Value:
    values = [integer_argument(site, i) for i in range(len(site.arguments))]
    type_ = supertype([value.type for value in values])
    if type_ is None:
        raise site.fail("there is no common type of the bounds")
    start = values[0].operand if len(values) > 1 else "0"
    end = values[1].operand if len(values) > 1 else values[0].operand
    step = values[2] if len(values) > 2 else None
    given = site.constant(2) if step is not None else 1
    if not isinstance(given, int) or given <= 0:
        raise site.fail("the step must be a literal above zero", index=2)
    stepped = f", {given}" if step is not None else ""
    sql = f"sequence({start}, {end} - 1{stepped})"
    bounds = [v.literal.value for v in values[:2] if v.literal]
    least = 0 if len(values) == 1 else bounds[0] if bounds else 0
    is_known = len(bounds) == min(len(values), 2) and all(isinstance(b, int) for b in bounds)
    if is_known and bounds[-1] > least:  # type: ignore[operator]
        sql = f"sequence({start}, {int(bounds[-1]) - 1}{stepped})"  # type: ignore[arg-type]
    else:
        sql = f"IF({start} < {end}, {sql}, CAST(ARRAY[] AS array(bigint)))"
    return make(f"CAST({sql} AS array(bigint))" if is_known else sql, array_of(type_),
                "array(bigint)", of=tuple(values))  # fmt: skip


def _empty(element: str) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        type_ = type_of(f"Array({element})")
        made = default(type_)
        return replace(made, type=type_)

    return rule


# Texts and elements

_JOINABLE = (Group.STRING, Group.FIXED_STRING, Group.UUID, Group.ENUM, Group.IP, Group.INTEGER,
             Group.BOOL, Group.DATE)  # fmt: skip


def _join(site: Site) -> Value:
    array = array_argument(site, 0)
    element = element_of(array)
    group = element.type.bare.family.group
    if element.form == "boolean" and group is not Group.BOOL:
        array = replace(array, sql=f"transform({array.sql}, x -> {as_number(element).sql})")
    elif element.form != "unknown" and group not in _JOINABLE:
        text = site.convert(element, type_of("String"))
        array = replace(array, sql=f"transform({array.sql}, x -> {text.sql})")
    if len(site.arguments) < 2:
        return make(f"array_join({array.sql}, '')", type_of("String"), "varchar", of=(array,))
    separator = site.arguments[1]
    if separator.form != "varchar":
        raise site.fail("the separator must be a text", index=1)
    type_ = nullable(type_of("String")) if separator.is_nullable else type_of("String")
    sql = f"array_join({array.sql}, {separator.sql})"
    return make(sql, type_, "varchar", of=(array, separator))


def _element_or_null(site: Site) -> Value:
    value, index = plain(site.arguments[0]), site.arguments[1]
    if is_map(value.type):
        key = site.convert(index, not_null(value.type.bare.inner[0]))
        item, form = value.type.bare.inner[1], value.map_forms[1]
        sql = f"element_at({value.sql}, {key.sql})"
    else:
        array = array_argument(site, 0)
        position = integer_argument(site, 1)
        at = position.sql if position.literal is not None else f"nullif({position.sql}, 0)"
        if position.literal is not None and position.literal.value == 0:
            raise site.fail("indices start at 1", index=1)
        item, form = element_of(array).type, array.element_form
        sql = f"element_at({array.sql}, {at})"
    if item.bare.family.group in (Group.ARRAY, Group.MAP, Group.TUPLE):
        raise site.fail(f"of {value.type} is not supported", index=0)
    return make(sql, nullable(item), form, of=tuple(site.arguments))


_MAPPED = ("any", "any*")
_ONE, _TWO = ("array",), ("array", "array")
_AT_MOST = "more than 10,000 elements are an error"

ARRAYS: dict[str, Function] = {
    "arraySum": array_row(_MAPPED, _sum),
    "arrayAvg": array_row(_MAPPED, _average),
    "arrayProduct": array_row(_MAPPED, _product),
    "arrayMin": array_row(_MAPPED, _extreme("array_min")),
    "arrayMax": array_row(_MAPPED, _extreme("array_max")),
    "arrayCumSum": array_row(_MAPPED, _running),
    "arrayCumSumNonNegative": array_row(_MAPPED, _running),
    "arrayDifference": array_row(_MAPPED, _difference),
    "arrayReduce": array_row(("constant", "array", "array*"), _reduce),
    "arrayDistinct": array_row(_ONE, _distinct),
    "arrayUniq": array_row(("array", "array*"), _unique),
    "arrayCompact": array_row(_MAPPED, _compact),
    "arrayConcat": array_row(("array", "array*"), _concat),
    "arrayPushBack": array_row(("array", "any"), _push),
    "arrayPushFront": array_row(("array", "any"), _push),
    "arrayPopBack": array_row(_ONE, _pop_back),
    "arrayPopFront": array_row(_ONE, _pop_front),
    "arraySlice": array_row(("array", "any", "any?"), _slice),
    "arrayResize": array_row(("array", "integer", "any?"), _resize, _AT_MOST),
    "arrayWithConstant": array_row(("integer", "any"), _with_constant, _AT_MOST),
    "arrayReverse": array_row(_ONE, _reverse),
    "arrayFlatten": array_row(_ONE, _flatten),
    "arrayZip": array_row(("array", "array*"), _zip),
    "arrayEnumerate": array_row(_ONE, _enumerate, _AT_MOST),
    "arrayEnumerateUniq": array_row(("array", "array*"), _enumerate_unique, _AT_MOST),
    "range": array_row(("integer", "integer?", "integer?"), _range, _AT_MOST),
    "arrayStringConcat": array_row(("array", "any?"), _join),
    "arrayElementOrNull": array_row(("any", "any"), _element_or_null),
    **{f"emptyArray{name}": array_row((), _empty(name)) for name in (
        "UInt8", "UInt16", "UInt32", "UInt64", "Int8", "Int16", "Int32", "Int64", "Float32",
        "Float64", "Date", "DateTime", "String")},
}  # fmt: skip

ALIASES: dict[str, str] = {
    "FLATTEN": "arrayFlatten", "ARRAY_TO_STRING": "arrayStringConcat",
}  # fmt: skip
