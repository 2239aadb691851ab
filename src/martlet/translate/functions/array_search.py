"""Functions that look for elements in arrays, and set operations of arrays."""

from dataclasses import replace

from martlet.translate.comparison import comparable
from martlet.translate.convert import make
from martlet.translate.function import Function, Site
from martlet.translate.functions.lambdas import (
    array_argument,
    array_row,
    common_arrays,
    element_of,
    is_missing,
    of_array,
    plain,
)
from martlet.translate.typing import (
    array_of,
    is_float,
    is_map,
    is_string,
    is_unsigned,
    nullable,
    supertype,
    type_of,
)
from martlet.translate.value import INTEGER_FORMS, Value
from martlet.types import ColumnType, Group

# Search


def _sought(site: Site) -> tuple[Value, Value, Value]:
    """Return an array with what is looked for in it, and an element, in comparable forms."""
    if is_map(site.arguments[0].type):
        if site.arguments[1].is_nullable and site.arguments[1].form != "unknown":
            raise site.fail("a Nullable key is not supported: NULL is its default", index=1)
        keys = site.arguments[0]
        key = keys.type.bare.inner[0]
        site.arguments[0] = make(f"map_keys({keys.sql})", array_of(key),
                                 f"array({keys.map_forms[0]})", of=(keys,))  # fmt: skip
    array, item = array_argument(site, 0), plain(site.arguments[1])
    element = element_of(array)
    if item.form == "unknown" or element.form == "unknown":
        return array, element, item
    if supertype([element.type, item.type]) is None:
        raise site.fail(f"{item.type} is not looked for in {array.type}", index=1)
    if is_missing(item) and not is_missing(element) and is_string(element.type) and not (
        item.is_constant or array.is_constant
    ):  # fmt: skip
        raise site.fail(
            "a Nullable text is not supported: NULL finds an empty one; use ifNull(x, '')", index=1
        )
    shown, wanted = comparable(site, element, item, ordered=False)
    if shown.sql != element.sql:
        array = replace(array, sql=f"transform({array.sql}, x -> {shown.sql})",
                        form=f"array({shown.form})")  # fmt: skip
    return array, shown, wanted


def _is_sought(element: Value, item: Value) -> str:
    """Return the test of an element, x; NULL is found where it is looked for."""
    if item.form == "unknown":
        return "x IS NULL"
    if is_missing(element):
        both = f" AND {item.operand} IS NULL" if is_missing(item) else ""
        return f"coalesce(x = {item.operand}, {f'x IS NULL{both}' if both else 'false'})"
    return f"x = {item.operand}"


def has(site: Site) -> Value:
    """Return whether a value is in an array, or among a map's keys."""
    array, element, item = _sought(site)
    if is_missing(element) and is_missing(item):
        sql = f"any_match({array.sql}, x -> {_is_sought(element, item)})"
    elif item.form == "unknown":
        sql = "false"
    else:
        sql = f"contains({array.sql}, {item.sql})"
        sql = f"coalesce({sql}, false)" if is_missing(element) or is_missing(item) else sql
    return make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments))


def _index_of(site: Site) -> Value:
    array, element, item = _sought(site)
    if is_missing(element) and is_missing(item):
        tests = f"transform({array.sql}, x -> {_is_sought(element, item)})"
        sql = f"array_position({tests}, true)"
    elif item.form == "unknown":
        sql = "BIGINT '0'"
    else:
        sql = f"array_position({array.sql}, {item.sql})"
        sql = f"coalesce({sql}, 0)" if is_missing(item) else sql
    return make(sql, type_of("UInt64"), "bigint", of=tuple(site.arguments))


def _count_equal(site: Site) -> Value:
    array, element, item = _sought(site)
    sql = f"cardinality(filter({array.sql}, x -> {_is_sought(element, item)}))"
    return make(sql, type_of("UInt64"), "bigint", of=tuple(site.arguments))


def _both(site: Site) -> list[Value]:
    """Return the two arrays of a call as ones of one type; of floats NaN would be equal to NaN.

    A NULL is looked for in an array without as what lies below it: 0, an empty text, any value.
    """
    given = [array_argument(site, 0), array_argument(site, 1)]
    inner = [element_of(array).type for array in given]
    is_empty = any(str(element) == "Nothing" for element in inner)
    if inner[0].is_nullable is not inner[1].is_nullable and not is_empty:
        raise site.fail(f"{given[0].type} and {given[1].type} must both be of Nullable elements, or"
                        " none: ClickHouse takes NULL for another value")  # fmt: skip
    arrays = common_arrays(site, given)
    if any(is_float(element_of(array).type) for array in arrays):
        raise site.fail(f"of {arrays[0].type} is not supported")
    return arrays


def _has_any(site: Site) -> Value:
    left, right = _both(site)
    sql = f"arrays_overlap({left.sql}, {right.sql})"
    if any(is_missing(element_of(array)) for array in (left, right)):
        sql = f"cardinality(array_intersect({left.sql}, {right.sql})) > 0"
        return make(sql, type_of("UInt8"), "boolean", of=(left, right), atomic=False)
    return make(sql, type_of("UInt8"), "boolean", of=(left, right))


def _has_all(site: Site) -> Value:
    left, right = _both(site)
    sql = f"cardinality(array_except({right.sql}, {left.sql})) = 0"
    return make(sql, type_of("UInt8"), "boolean", of=(left, right), atomic=False)


def _has_part(site: Site) -> Value:
    left, right = _both(site)
    sql = f"contains_sequence({left.sql}, {right.sql})"
    return make(sql, type_of("UInt8"), "boolean", of=(left, right))


def _intersect(site: Site) -> Value:
    """Return the elements that are in all arrays, in the first one's order."""
    arrays = [array_argument(site, i) for i in range(len(site.arguments))]
    elements = [element_of(array) for array in arrays]
    if any(is_float(element.type) for element in elements):
        raise site.fail(f"of {arrays[0].type} is not supported")
    type_ = elements[0].type.bare
    if len({str(element.type.bare) for element in elements}) > 1:
        if not all(e.type.bare.family.group is Group.INTEGER and e.form in INTEGER_FORMS
                   for e in elements):  # fmt: skip
            types = ", ".join(str(array.type) for array in arrays)
            raise site.fail(f"of {types} is not supported")
        type_ = min((e.type.bare for e in elements), key=_width)
    tests = []
    all_missing = all(map(is_missing, elements))
    for array in arrays[1:]:
        test = f"contains({array.sql}, x)"
        if all_missing:
            test = f"({test} OR (x IS NULL AND any_match({array.sql}, y -> y IS NULL)))"
        tests.append(test)
    sql = f"array_distinct({arrays[0].sql})"
    if tests:
        sql = f"array_distinct(filter({arrays[0].sql}, x -> {' AND '.join(tests)}))"
    result = nullable(type_) if all_missing else type_
    return make(sql, array_of(result), arrays[0].form, of=tuple(arrays))


def _width(type_: ColumnType) -> tuple[int, bool]:
    return int(type_.family.name.lstrip("UInt")), not is_unsigned(type_)


def _except(site: Site) -> Value:
    left, right = array_argument(site, 0), array_argument(site, 1)
    if str(left.type) != str(right.type) or is_missing(element_of(left)):
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    sql = f"filter({left.sql}, x -> NOT contains({right.sql}, x))"
    return of_array(site, sql, left)


def _union(site: Site) -> Value:
    made = common_arrays(site, [array_argument(site, i) for i in range(len(site.arguments))])
    sql = f"array_distinct({made[0].sql})"
    if len(made) > 1:
        sql = f"array_distinct(concat({', '.join(value.sql for value in made)}))"
    return make(sql, made[0].type, made[0].form, of=tuple(made))


_TWO = ("array", "array")
_ORDER = "the order of the elements is another one"

ARRAY_SEARCH: dict[str, Function] = {
    "has": array_row(("any", "any"), has),
    "indexOf": array_row(("array", "any"), _index_of),
    "countEqual": array_row(("array", "any"), _count_equal),
    "hasAny": array_row(_TWO, _has_any),
    "hasAll": array_row(_TWO, _has_all),
    "hasSubstr": array_row(_TWO, _has_part),
    "arrayIntersect": array_row(("array", "array*"), _intersect),
    "arrayExcept": array_row(_TWO, _except),
    "arrayUnion": array_row(("array", "array*"), _union, _ORDER),
}  # fmt: skip
