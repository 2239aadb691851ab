"""Aggregates that give arrays, maps and texts of all values."""

from dataclasses import replace

from martlet.translate.aggregate_row import (
    Aggregate,
    AggregateSite,
    Finish,
    Rule,
    has_order,
    plain,
    suffix,
    written,
)
from martlet.translate.convert import as_form, make
from martlet.translate.functions.aggregates_basic import sum_type
from martlet.translate.typing import (
    array_of,
    is_float,
    is_map,
    is_tuple,
    map_of,
    not_null,
    tuple_of,
    type_of,
    without_low_cardinality,
)
from martlet.translate.value import Value, form_of
from martlet.types import ColumnType


def _group_array(site: AggregateSite, values: Value) -> Value:
    if site.parameters:
        return replace(values, sql=f"slice({values.sql}, 1, {site.size()})")
    return values


def _group_distinct(site: AggregateSite, values: Value) -> Value:
    distinct = replace(values, sql=f"array_distinct({values.sql})")
    if values.sql.startswith(("array_agg(DISTINCT", "array_distinct(")):
        distinct = values
    return _group_array(site, distinct)


def _group_last(site: AggregateSite, values: Value) -> Value:
    size = site.size()
    sql = f"slice({values.sql}, greatest(cardinality({values.sql}) - {size - 1}, 1), {size})"
    return replace(values, sql=sql)


def _group_sorted(site: AggregateSite, values: Value) -> Value:
    if not has_order(values.type.inner[0], values.element_form):
        raise site.fail(f"{values.type.inner[0]} has another order on Athena", index=0)
    return replace(values, sql=f"slice(array_sort({values.sql}), 1, {site.size()})")


def _group_concat(site: AggregateSite, values: Value) -> Value:
    """Join the values' texts; the separator is the first parameter, how many the second."""
    if len(site.parameters) > 1:
        count = int(site.number(1))
        values = replace(values, sql=f"slice({values.sql}, 1, {count})")
    separator = "''"
    if site.parameters:
        separator = site.lowering.value(site.parameters[0], site.scope).sql
    item = Value("item", values.type.inner[0], values.element_form)
    text = site.convert(item, type_of("String"))
    items = values.sql if text.sql == "item" else f"transform({values.sql}, item -> {text.sql})"
    return make(f"array_join({items}, {separator})", type_of("String"), of=(values,))


# The most frequent values.


def most_frequent(site: AggregateSite, counts: Value) -> Value:
    """Return the values with the greatest counts of rows `(value, count)`, equal ones in order."""
    size = site.size(10)
    pairs = f"transform({counts.sql}, item -> ROW(-item[2], item[1]))"
    sql = f"transform(slice(array_sort({pairs}), 1, {size}), item -> item[2])"
    pair = replace(counts, type=counts.type.inner[0], form=counts.element_form)
    return make(sql, array_of(pair.type.inner[0]), f"array({pair.row_forms[0]})", of=(counts,))


def _counts(site: AggregateSite, template: str) -> Value:
    """Return the array of values and their numbers by a template that makes a map of them."""
    value = site.arguments[0]
    type_ = array_of(tuple_of([plain([value]), type_of("Int64")]))
    form = f'array(row("f1" {value.form}, "f2" bigint))'
    return written(site, f"map_entries({template})", type_, form)


def _top(site: AggregateSite) -> Value:
    return most_frequent(site, _counts(site, "histogram({0}){filter}"))


_ADDED = "reduce({values}, {zero}, (total, item) -> total + item, total -> total)"


def _top_weighted(site: AggregateSite) -> Value:
    added = _ADDED.replace("{values}", "weights").replace("{zero}", "BIGINT '0'")
    weights = f"transform_values(multimap_agg({{0}}, {{1}}){{filter}}, (item, weights) -> {added})"
    return most_frequent(site, _counts(site, weights))


def _entropy(site: AggregateSite) -> Value:
    """Sum up `-p log2 p` of the values' shares."""
    counts = "histogram({0}){filter}"
    total = "CAST(count({0}){filter} AS double)"
    if len(site.arguments) > 1:
        raise site.fail("takes one argument")
    template = (
        f"reduce(map_values({counts}), 0e0, (total, item) -> total - item * log2(item), "
        f"total -> total) / nullif({total}, 0e0) + log2({total})"
    )
    return written(site, template, type_of("Float64"))


# Maps


def _maps_value(site: AggregateSite) -> tuple[Value, Value, Value]:
    """Return the pairs of keys and values of a row as a map, a key and a value."""
    first = site.arguments[0]
    if is_map(first.type):
        key_type, item_type = first.type.bare.inner
        key_form, item_form = first.map_forms
        pairs = first
    else:
        if is_tuple(first.type):
            types, forms = first.type.bare.inner, first.row_forms
            parts = [Value(f"{first.operand}[{i}]", t, f)
                     for i, (t, f) in enumerate(zip(types, forms, strict=True), 1)]  # fmt: skip
        else:
            parts = list(site.arguments)
        if len(parts) != 2 or not all(part.form.startswith("array(") for part in parts):
            raise site.fail("a map, or an array of keys and one of values is expected")
        keys, items = parts
        key_type, item_type = keys.type.bare.inner[0], items.type.bare.inner[0]
        key_form, item_form = keys.element_form, items.element_form
        pairs = replace(keys, sql=f"zip({keys.sql}, {items.sql})")
    if item_type.is_nullable:
        raise site.fail("of values that may be NULL is not supported")
    return pairs, Value("", key_type, key_form), Value("item", item_type, item_form)


def _maps(name: str) -> Rule:
    """Return the rule of sumMap, minMap or maxMap: keys of all maps, in order of the keys."""

    def rule(site: AggregateSite) -> Value:
        is_plain = is_map(site.arguments[0].type)
        pairs, key, item = _maps_value(site)
        made: ColumnType = not_null(item.type)
        form = item.form
        if name == "sum":
            made = sum_type([item])
            form = "double" if is_float(made) else form_of(made)
            form = "bigint" if form == "decimal(20,0)" and item.form != form else form
        entries = f"map_entries({pairs.sql})" if is_plain else pairs.sql
        all_pairs = f"flatten(array_agg({entries}){suffix(site)})"
        reduced = f"array_{name}(items)"
        if name == "sum":
            element = as_form(item, form).sql
            zero = f"CAST(0 AS {form})"
            reduced = f"reduce(items, {zero}, (total, item) -> total + {element}, total -> total)"
        sql = f"transform_values(multimap_from_entries({all_pairs}), (item, items) -> {reduced})"
        keys, maps = key.type, f"map({key.form},{form})"
        if is_plain:
            held = map_of(without_low_cardinality(keys), made)
            return make(sql, held, maps, of=tuple(site.arguments))
        if name == "sum":
            sql = f"map_filter({sql}, (item, total) -> total <> 0)"
        entries = f"array_sort(map_entries({sql}))"
        columns = "ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2]))"
        sql = (f"element_at(transform(ARRAY[{entries}], pairs -> IF(pairs IS NOT NULL, "
               f"{columns})), 1)")  # fmt: skip
        forms = f'row("f1" array({key.form}), "f2" array({form}))'
        return make(f"CAST({sql} AS {forms})", tuple_of([array_of(keys), array_of(made)]), forms,
                    of=tuple(site.arguments))  # fmt: skip

    return rule


_ORDER = "the values' order is not defined"
_UNLESS = "the values' order is not defined, unless the rows come from a query with ORDER BY"


def _list(finish: Finish, note: str = _ORDER, *, ordered: bool = False) -> Aggregate:
    return Aggregate(("any",), "UInt8", finish=finish, never_null=True, parameters=1,
                     ordered=ordered, note=note)  # fmt: skip


_MAPPED = "of maps with a key twice one value counts"
_TOP = "counts exactly what ClickHouse estimates; the order of equally frequent values may differ"

ARRAYS: dict[str, Aggregate] = {
    "groupArray": _list(_group_array, _UNLESS, ordered=True),
    "groupUniqArray": _list(_group_distinct),
    "groupArrayLast": _list(_group_last, _UNLESS, ordered=True),
    "groupArraySorted": _list(_group_sorted, note="NaN is last, ClickHouse has it first"),
    "groupConcat": Aggregate(("any",), "String", finish=_group_concat, parameters=2, ordered=True,
                             note=f"{_UNLESS}; ClickHouse separates no empty texts at the start"),
    "topK": Aggregate(("any",), "UInt8", _top, finish=most_frequent, never_null=True,
                      parameters=3, note=_TOP),
    "topKWeighted": Aggregate(("any", "int"), "UInt8", _top_weighted, never_null=True,
                              parameters=3, note=_TOP),
    "entropy": Aggregate(("any*",), "Float64", _entropy, empty="0e0"),
    "sumMap": Aggregate(("any", "array?"), "UInt8", _maps("sum"), note=_MAPPED),
    "minMap": Aggregate(("any", "array?"), "UInt8", _maps("min"), note=_MAPPED),
    "maxMap": Aggregate(("any", "array?"), "UInt8", _maps("max"), note=_MAPPED),
}  # fmt: skip
