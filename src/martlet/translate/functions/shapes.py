"""Arrays turned and shifted, and numbers for their different elements."""

from martlet.translate.convert import default, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.arrays import integer_argument
from martlet.translate.functions.lambdas import (
    array_argument,
    array_row,
    element_of,
    is_missing,
    of_array,
)
from martlet.translate.functions.strings import number_of
from martlet.translate.typing import type_of
from martlet.translate.value import Value


def _rotate(site: Site) -> Value:
    array, count = array_argument(site, 0), integer_argument(site, 1)
    size = f"cardinality({array.sql})"
    sign = "-" if site.name == "arrayRotateRight" else ""
    by = f"mod(mod({sign}{count.operand}, {size}) + {size}, {size})"
    turned = f"concat(slice({array.sql}, {by} + 1, {size}), slice({array.sql}, 1, {by}))"
    return of_array(site, f"IF({size} = 0, {array.sql}, {turned})", array)


def _shift(site: Site) -> Value:
    """Shift by a literal number; what comes in is the type's default, or the third argument."""
    array, count = array_argument(site, 0), number_of(site.arguments[1])
    if count is None:
        raise site.fail("a literal number is expected", index=1)
    element = element_of(array)
    if element.form == "unknown":
        raise site.fail(f"of {array.type} is not supported", index=0)
    filler = f"CAST(NULL AS {element.form})"
    if not is_missing(element):
        filler = f"CAST({default(element.type, element.form).sql} AS {element.form})"
    if len(site.arguments) > 2:
        given = site.arguments[2]
        if str(given.type) != str(element.type):
            raise site.fail(f"the default must be of type {element.type}", index=2)
        filler = f"CAST({given.sql} AS {element.form})"
    count = -count if site.name == "arrayShiftRight" else count
    size = f"cardinality({array.sql})"
    new = f"repeat({filler}, CAST(least({abs(count)}, {size}) AS integer))"
    if count >= 0:
        sql = f"concat(slice({array.sql}, {count + 1}, {size}), {new})"
    else:
        sql = f"concat({new}, slice({array.sql}, 1, greatest({size} - {-count}, 0)))"
    return of_array(site, sql, array)


def _dense(site: Site) -> Value:
    array = array_argument(site, 0)
    element = element_of(array)
    if is_missing(element) or element.form in ("double", "real"):
        raise site.fail(f"of {array.type} is not supported", index=0)
    sql = f"transform({array.sql}, x -> array_position(array_distinct({array.sql}), x))"
    return make(sql, type_of("Array(UInt32)"), "array(bigint)", of=(array,))


_COUNTED = ("array", "integer", "any?")

SHAPES: dict[str, Function] = {
    "arrayRotateLeft": array_row(("array", "integer"), _rotate),
    "arrayRotateRight": array_row(("array", "integer"), _rotate),
    "arrayShiftLeft": array_row(_COUNTED, _shift),
    "arrayShiftRight": array_row(_COUNTED, _shift),
    "arrayEnumerateDense": array_row(("array",), _dense),
}
