"""Functions of maps. A map of ClickHouse may have a key twice; in Trino that is an error."""

from collections.abc import Callable
from dataclasses import replace

from martlet.translate import slots
from martlet.translate.convert import as_boolean, as_form, common_form, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.array_search import has
from martlet.translate.functions.lambdas import is_missing, lambda_body, orderable, plain, row_body
from martlet.translate.functions.operators import united
from martlet.translate.syntax import Lambda
from martlet.translate.typing import (
    array_of,
    is_float,
    is_map,
    is_string,
    is_tuple,
    is_unsigned,
    map_of,
    type_of,
)
from martlet.translate.value import WIDE, Value
from martlet.types import ColumnType, Group


def _parts(site: Site, index: int = 0) -> tuple[Value, Value]:
    """Return a key and a value of a map, under the names k and v."""
    value = site.arguments[index]
    if not is_map(value.type) or not value.form.startswith("map("):
        raise site.fail(f"an argument of type {value.type} is not supported", index=index)
    key_type, item_type = value.type.bare.inner
    key_form, item_form = value.map_forms
    return Value("k", key_type, key_form), Value("v", item_type, item_form)


def _keys(site: Site) -> Value:
    key, _ = _parts(site)
    made = make(f"map_keys({site.arguments[0].sql})", array_of(key.type), f"array({key.form})",
                of=tuple(site.arguments))  # fmt: skip
    return plain(made)


def _values(site: Site) -> Value:
    _, item = _parts(site)
    made = make(f"map_values({site.arguments[0].sql})", array_of(item.type),
                f"array({item.form})", of=tuple(site.arguments))  # fmt: skip
    return plain(made)


def _contains_key(site: Site) -> Value:
    return _has(site, _keys(site))


def _contains_value(site: Site) -> Value:
    return _has(site, _values(site))


def _has(site: Site, array: Value) -> Value:
    item = site.arguments[1]
    if item.is_nullable and item.form != "unknown":
        raise site.fail("a Nullable is not supported: ClickHouse finds defaults for NULL", index=1)
    site.arguments[0] = array
    return has(site)


def _like(site: Site, item: Value) -> str:
    """Return the test of a key or value against the pattern, a literal."""
    pattern = site.arguments[1]
    if item.form != "varchar" or item.is_nullable or not is_string(item.type):
        raise site.fail(f"of {site.arguments[0].type} is not supported", index=0)
    if pattern.literal is None or not isinstance(pattern.literal.value, str):
        raise site.fail("the pattern must be a literal", index=1)
    return f"{item.sql} LIKE {slots.slot(pattern.literal.start, 'like')} ESCAPE '\\'"


def _contains_like(index: int, taken: str) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        item = _parts(site)[index]
        sql = f"any_match({taken}({site.arguments[0].sql}), {item.sql} -> {_like(site, item)})"
        return make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments))

    return rule


def _extract_like(index: int) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        value = plain(site.arguments[0])
        sql = f"map_filter({value.sql}, (k, v) -> {_like(site, _parts(site)[index])})"
        return make(sql, value.type, value.form, of=tuple(site.arguments))

    return rule


def _filter(site: Site) -> Value:
    value = site.arguments[1]
    parameters, body = lambda_body(site, 0, _parts(site, 1))
    sql = f"map_filter({value.sql}, {parameters} -> {as_boolean(body).sql})"
    return make(sql, value.type, value.form, of=tuple(site.arguments))


def _entries(site: Site) -> tuple[str, str, Value]:
    """Return the pairs of a map, the name of one, and the lambda over their key and value."""
    lambda_ = site.call.arguments[0]
    if not isinstance(lambda_, Lambda) or len(lambda_.parameters) != 2:
        raise site.fail("a lambda of two parameters is expected", index=0)
    fields = list(_parts(site, 1))
    name, body = row_body(site, lambda_, fields)
    return f"map_entries({site.arguments[1].sql})", name, body


def _matches(name: str) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        pairs, pair, body = _entries(site)
        test = as_boolean(body).sql
        test = f"coalesce({test}, false)" if is_missing(body) else test
        sql = f"{name}({pairs}, {pair} -> {test})"
        return make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments))

    return rule


def _apply(site: Site) -> Value:
    pairs, pair, body = _entries(site)
    body = plain(body)
    if not is_tuple(body.type) or len(body.type.bare.inner) != 2:
        raise site.fail("the lambda must return a key and a value", index=0)
    (key, item), (key_form, item_form) = body.type.bare.inner, body.row_forms
    sql = f"map_from_entries(transform({pairs}, {pair} -> {body.sql}))"
    return make(sql, map_of(key, item), f"map({key_form},{item_form})", of=tuple(site.arguments))


def _united_maps(site: Site) -> list[Value]:
    """Return maps as ones of their supertype."""
    for index in range(len(site.arguments)):
        _parts(site, index)
    if len({str(value.type) for value in site.arguments}) == 1:
        return list(site.arguments)
    return united(site, [plain(value) for value in site.arguments])


def _concat(site: Site) -> Value:
    values = _united_maps(site)
    if len(values) == 1:
        return values[0]
    pairs = ", ".join(f"map_entries({value.sql})" for value in values)
    sql = f"map_from_entries(concat({pairs}))"
    return make(sql, values[0].type, values[0].form, of=tuple(values))


def _update(site: Site) -> Value:
    left, right = (plain(value) for value in site.arguments)
    _parts(site), _parts(site, 1)
    if str(left.type) != str(right.type):
        raise site.fail(f"of {left.type} and {right.type} is not supported")
    form = common_form([left.form, right.form])
    sql = f"map_concat({as_form(left, form).sql}, {as_form(right, form).sql})"
    return make(sql, left.type, form, of=(left, right))


def _from_arrays(site: Site) -> Value:
    keys, items = site.arguments
    if keys.type.bare.inner[0].is_nullable:
        raise site.fail(f"keys of type {keys.type} are not supported", index=0)
    type_ = map_of(keys.type.bare.inner[0], items.type.bare.inner[0])
    form = f"map({keys.element_form},{items.element_form})"
    return make(f"map({keys.sql}, {items.sql})", type_, form, of=(keys, items))


def _add(site: Site) -> Value:
    """Add or subtract values by key; an absent one counts as nothing."""
    if len(site.arguments) != 2:
        raise site.fail("of more than two maps is not supported")
    (left_key, left), (right_key, right) = _parts(site), _parts(site, 1)
    if str(left_key.type.bare) != str(right_key.type.bare):
        raise site.fail("the maps have keys of different types")
    promoted = {_promoted(site, item.type) for item in (left, right)}
    if len(promoted) > 1:
        raise site.fail(f"of values {left.type} and {right.type} is not supported")
    name = promoted.pop()
    sign = "+" if site.name == "mapAdd" else "-"
    form = "double" if name == "Float64" else "bigint"
    if name == "UInt64" and (sign == "-" or WIDE in (left.form, right.form)):
        if sign == "-":
            raise site.fail("of unsigned values is not supported: ClickHouse's differences wrap")
        form = WIDE
    one, two = (
        as_form(replace(item, sql=sql), form).sql for item, sql in ((left, "x"), (right, "y"))
    )
    total = f"coalesce({one}, 0) {sign} coalesce({two}, 0)"
    total = f"CAST({total} AS {form})" if form == WIDE else total
    sql = f"map_zip_with({site.arguments[0].sql}, {site.arguments[1].sql}, (k, x, y) -> {total})"
    key_type = plain(left_key).type
    return make(sql, map_of(key_type, type_of(name)), f"map({left_key.form},{form})",
                of=tuple(site.arguments))  # fmt: skip


def _promoted(site: Site, type_: ColumnType) -> str:
    if type_.is_nullable or type_.bare.family.group not in (Group.INTEGER, Group.FLOAT):
        raise site.fail(f"of values of type {type_} is not supported")
    if is_float(type_):
        return "Float64"
    return "UInt64" if is_unsigned(type_) else "Int64"


def _sort(site: Site) -> Value:
    """Sort a map by its keys, or by what a lambda makes of its pairs."""
    before, after = (">", "<") if site.name == "mapReverseSort" else ("<", ">")
    if isinstance(site.call.arguments[0], Lambda):
        if len(site.arguments) != 2:
            raise site.fail("takes a lambda and a map")
        value = site.arguments[1]
        pairs, pair, by = _entries(site)
        rows = f"transform({pairs}, {pair} -> ROW({by.sql}, {pair}))"
    else:
        value = site.arguments[0]
        by, _ = _parts(site)
        rows = f"map_entries({value.sql})"
    if is_missing(by) or is_float(by.type):
        raise site.fail(f"by values of type {by.type} is not supported")
    orderable(site, by)
    cases = f"WHEN l[1] {before} r[1] THEN -1 WHEN l[1] {after} r[1] THEN 1"
    ordered = f"array_sort({rows}, (l, r) -> CASE {cases} ELSE 0 END)"
    if isinstance(site.call.arguments[0], Lambda):
        ordered = f"transform({ordered}, x -> x[2])"
    return make(f"map_from_entries({ordered})", value.type, value.form, of=tuple(site.arguments))


def _row(takes: tuple[str, ...], rule: Callable[[Site], Value], note: str = "") -> Function:
    return Function(takes, "UInt8", rule, nulls="own", note=note, low_cardinality=False)


_DUPLICATES = "a key that is there twice is an error"
_LAMBDA = ("lambda", "map")

MAPS: dict[str, Function] = {
    "mapKeys": _row(("map",), _keys),
    "mapValues": _row(("map",), _values),
    "mapContainsKey": _row(("map", "any"), _contains_key),
    "mapContainsValue": _row(("map", "any"), _contains_value),
    "mapContainsKeyLike": _row(("map", "text"), _contains_like(0, "map_keys")),
    "mapContainsValueLike": _row(("map", "text"), _contains_like(1, "map_values")),
    "mapExtractKeyLike": _row(("map", "text"), _extract_like(0)),
    "mapExtractValueLike": _row(("map", "text"), _extract_like(1)),
    "mapFilter": _row(_LAMBDA, _filter),
    "mapApply": _row(_LAMBDA, _apply, _DUPLICATES),
    "mapExists": _row(_LAMBDA, _matches("any_match")),
    "mapAll": _row(_LAMBDA, _matches("all_match")),
    "mapConcat": _row(("map", "map*"), _concat, _DUPLICATES),
    "mapUpdate": _row(("map", "map"), _update),
    "mapFromArrays": _row(("array", "array"), _from_arrays, _DUPLICATES),
    "mapAdd": _row(("map", "map*"), _add),
    "mapSubtract": _row(("map", "map*"), _add),
    "mapSort": _row(("any", "map?"), _sort),
    "mapReverseSort": _row(("any", "map?"), _sort),
}  # fmt: skip

ALIASES: dict[str, str] = {"mapContains": "mapContainsKey", "MAP_FROM_ARRAYS": "mapFromArrays"}
