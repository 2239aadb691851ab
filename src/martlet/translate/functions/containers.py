"""What makes arrays, tuples and maps, and takes one element out of them."""

from collections.abc import Sequence
from dataclasses import replace

from martlet.translate.convert import as_bigint, as_form, as_number, common_form, default, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.lambdas import element_of, is_missing, plain
from martlet.translate.functions.operators import united
from martlet.translate.typing import (
    array_of,
    is_array,
    is_map,
    is_number,
    is_string,
    is_tuple,
    map_of,
    not_null,
    nullable,
    tuple_of,
    type_of,
)
from martlet.translate.value import INTEGER_FORMS, WIDE, Value
from martlet.types import ColumnType, Group


def _array(site: Site) -> Value:
    if not site.arguments:
        return make("ARRAY[]", type_of("Array(Nothing)"), "array(unknown)")
    if len(site.arguments) > 254:
        raise site.fail("Athena's arrays of literals have 254 elements at most")
    values = united(site, site.arguments)
    form = common_form([value.form for value in values])
    sql = f"ARRAY[{', '.join(value.sql for value in values)}]"
    return make(sql, array_of(values[0].type), f"array({form})", of=tuple(values))


def row_of(values: Sequence[Value]) -> Value:
    """Return a tuple of values."""
    forms = ", ".join(f'"f{i}" {value.form}' for i, value in enumerate(values, 1))
    sql = f"ROW({', '.join(value.sql for value in values)})"
    type_ = tuple_of([value.type for value in values])
    return make(sql, type_, f"row({forms})", of=tuple(values))


def _tuple(site: Site) -> Value:
    return row_of(site.arguments)


def fields_of(value: Value) -> list[Value]:
    """Return the elements of a tuple."""
    parts = zip(value.type.bare.inner, value.row_forms, strict=True)
    return [
        replace(value, sql=f"{value.operand}[{number}]", type=type_, form=form, is_atomic=True,
                literal=None)
        for number, (type_, form) in enumerate(parts, 1)
    ]  # fmt: skip


def _tuple_element(site: Site) -> Value:
    """Return an element of a tuple by its name or number, or of each tuple in an array."""
    value = site.arguments[0]
    if is_array(value.type) and value.form.startswith("array(row("):
        inner = element_of(value)
        picked = _picked(site, inner)
        sql = f"transform({value.sql}, x -> {picked.sql})"
        return make(sql, array_of(picked.type), f"array({picked.form})", of=(value,))
    if not is_tuple(value.type):
        raise site.fail(f"of {value.type} is not supported", index=0)
    return _picked(site, value)


def _picked(site: Site, value: Value) -> Value:
    index, type_ = site.constant(1), value.type.bare
    if isinstance(index, str) and index in type_.names:
        index = type_.names.index(index) + 1
    size = len(type_.inner)
    if not isinstance(index, int) or not 0 < abs(index) <= size:
        if len(site.arguments) > 2:
            return site.arguments[2]
        raise site.fail(f"there is no element {index!r} in {type_}", index=1)
    field = fields_of(value)[index - 1 if index > 0 else index]
    if value.is_nullable:
        return replace(field, type=nullable(field.type))
    return field


def _array_element(site: Site) -> Value:
    value, index = plain(site.arguments[0]), site.arguments[1]
    if is_map(value.type):
        return _map_element(site, site.arguments[0], index)
    if not value.form.startswith("array("):
        raise site.fail(f"of {value.type} is not supported", index=0)
    element = element_of(value)
    if index.form == "unknown":
        return replace(index, type=type_of("Nullable(Nothing)"))
    position = as_number(index)
    if position.type.bare.family.group is not Group.INTEGER or position.form == "varchar":
        raise site.fail(f"an index of type {index.type} is not supported", index=1)
    if index.literal is not None and index.literal.value == 0:
        raise site.fail("indices start at 1", index=1)
    position = as_bigint(position) if position.form == WIDE else position
    at = position.sql if index.literal is not None else f"nullif({position.sql}, 0)"
    return _present(site, element, index, f"element_at({value.sql}, {at})")


def _present(site: Site, element: Value, index: Value, sql: str) -> Value:
    """Return what is found by an index or key: a default where there is nothing."""
    of, element = (site.arguments[0], index), plain(element)
    if index.is_nullable:
        if element.type.bare.family.group in (Group.ARRAY, Group.MAP, Group.TUPLE):
            raise site.fail(f"an index of type {index.type} is not supported", index=1)
        if not is_missing(element):
            filled = f"coalesce({sql}, {default(element.type, element.form).sql})"
            sql = f"IF({index.operand} IS NULL, NULL, {filled})"
        return make(sql, nullable(element.type), element.form, of=of)
    if not is_missing(element):
        sql = f"coalesce({sql}, {default(element.type, element.form).sql})"
    return make(sql, element.type, element.form, of=of)


def _map_element(site: Site, value: Value, key: Value) -> Value:
    key_type, item_type = value.type.bare.inner
    key_form, item_form = value.map_forms
    if key.form == "unknown":
        return replace(key, type=type_of("Nullable(Nothing)"))
    if key_form == "unknown":
        raise site.fail(f"of {value.type} is not supported", index=0)
    wanted = as_key(site, key, key_type, key_form)
    return _present(
        site, Value("", item_type, item_form), key, f"element_at({value.sql}, {wanted})"
    )


def as_key(site: Site, key: Value, type_: ColumnType, form: str) -> str:
    """Return SQL of a value in the form of a map's keys."""
    made = site.convert(key, not_null(type_)) if key.literal is not None else key
    if is_number(type_) and is_number(made.type) and "varchar" not in (form, made.form):
        return made.sql if made.form in INTEGER_FORMS and form in INTEGER_FORMS else as_form(
            made, form).sql  # fmt: skip
    if str(made.type.bare) != str(type_.bare) and not (is_string(type_) and is_string(made.type)):
        raise site.fail(f"a key of type {key.type} is not supported", index=1)
    return made.sql


def _map(site: Site) -> Value:
    values = site.arguments
    if len(values) % 2:
        raise site.fail("takes keys with values")
    if not values:
        return make("MAP()", type_of("Map(Nothing, Nothing)"), "map(unknown,unknown)")
    keys, items = united(site, values[::2]), united(site, values[1::2])
    if any(map(is_missing, keys)):
        raise site.fail("keys must not be NULL")
    key_form = common_form([value.form for value in keys])
    form = common_form([value.form for value in items])
    pairs = ", ".join(f"ROW({k.sql}, {v.sql})" for k, v in zip(keys, items, strict=True))
    sql = f"map_from_entries(ARRAY[{pairs}])"
    return make(sql, map_of(keys[0].type, items[0].type), f"map({key_form},{form})",
                of=tuple(values))  # fmt: skip


def _tuple_concat(site: Site) -> Value:
    for index, value in enumerate(site.arguments):
        if value.is_nullable:
            raise site.fail(f"of {value.type} is not supported", index=index)
    return row_of([field for value in site.arguments for field in fields_of(value)])


_DUPLICATES = "a key that is there twice is an error"

CONTAINERS: dict[str, Function] = {
    "array": Function(("any*",), "UInt8", _array, nulls="own", low_cardinality=False),
    "tuple": Function(("any*",), "UInt8", _tuple, nulls="own", low_cardinality=False),
    "map": Function(("any*",), "UInt8", _map, nulls="own", note=_DUPLICATES, low_cardinality=False),
    "tupleElement": Function(("any", "constant", "any?"), "UInt8", _tuple_element, nulls="own",
                             low_cardinality=False),
    "tupleConcat": Function(("tuple*",), "UInt8", _tuple_concat, nulls="own",
                            low_cardinality=False),
    "arrayElement": Function(("any", "any"), "UInt8", _array_element, nulls="own",
                             low_cardinality=False),
}  # fmt: skip
