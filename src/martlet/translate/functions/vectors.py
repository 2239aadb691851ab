"""Norms, distances and products of arrays of numbers, calculated as Float64."""

from dataclasses import replace

from martlet.translate.convert import as_double, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.lambdas import array_argument, array_row, element_of, numbers
from martlet.translate.lengths import aligned
from martlet.translate.typing import arithmetic, is_float, type_of
from martlet.translate.value import Value


def _as_doubles(array: Value) -> Value:
    element = element_of(array)
    item = as_double(element)
    if item.sql == element.sql:
        return array
    return replace(array, sql=f"transform({array.sql}, x -> {item.sql})", form="array(double)",
                   is_atomic=True)  # fmt: skip


def _vectors(site: Site) -> list[Value]:
    """Return arrays of numbers as arrays of doubles."""
    arrays = [numbers(site, array_argument(site, i)) for i in range(len(site.arguments))]
    if all(element_of(array).form == "real" for array in arrays):
        raise site.fail("of Float32 is not supported: it is calculated with less precision there")
    return [_as_doubles(array) for array in arrays]


def _folded(array: str, step: str) -> str:
    return f"reduce({array}, 0e0, (s, x) -> {step}, s -> s)"


def _pairs(site: Site, step: str) -> str:
    left, right = aligned([array.sql for array in _vectors(site)])
    return f"zip_with({left}, {right}, (x, y) -> {step})"


def _double_of(site: Site, sql: str) -> Value:
    return make(sql, type_of("Float64"), "double", of=tuple(site.arguments))


_NORMS = {
    "L1Norm": ("s + abs(x)", "{0}"),
    "L2Norm": ("s + x * x", "sqrt({0})"),
    "L2SquaredNorm": ("s + x * x", "{0}"),
    "LinfNorm": ("greatest(s, abs(x))", "{0}"),
}


def _norm(site: Site) -> Value:
    step, after = _NORMS[site.name]
    (array,) = _vectors(site)
    return _double_of(site, after.replace("{0}", _folded(array.sql, step)))


def _distance(site: Site) -> Value:
    step, after = _NORMS[site.name.replace("Distance", "Norm")]
    return _double_of(site, after.replace("{0}", _folded(_pairs(site, "x - y"), step)))


def _dot_product(site: Site) -> Value:
    left, right = (numbers(site, array_argument(site, i)) for i in range(2))
    type_ = arithmetic("multiply", element_of(left).type, element_of(right).type)
    if type_ is None or not is_float(type_):
        raise site.fail(f"of {left.type} and {right.type} is not supported: ClickHouse's sum wraps")
    return _double_of(site, _folded(_pairs(site, "x * y"), "s + x"))


def _cosine(site: Site) -> Value:
    left, right = _vectors(site)
    product = _folded(_pairs(site, "x * y"), "s + x")
    lengths = [f"sqrt({_folded(array.sql, 's + x * x')})" for array in (left, right)]
    return _double_of(site, f"1e0 - {product} / ({lengths[0]} * {lengths[1]})")


_ONE, _TWO = ("array",), ("array", "array")

VECTORS: dict[str, Function] = {
    **{name: array_row(_ONE, _norm) for name in _NORMS},
    **{name.replace("Norm", "Distance"): array_row(_TWO, _distance) for name in _NORMS},
    "arrayDotProduct": array_row(_TWO, _dot_product),
    "cosineDistance": array_row(_TWO, _cosine),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "DISTANCEL1": "L1Distance", "DISTANCEL2": "L2Distance", "DISTANCELINF": "LinfDistance",
    "DISTANCEL2SQUARED": "L2SquaredDistance",
}  # fmt: skip
