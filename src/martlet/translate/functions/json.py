r"""JSON in texts: `JSONExtractString(x, 'key', 1)` and its like.

A text that is not one whole JSON value has nothing in it, so each text is parsed before a value is
looked up: Trino's own look-up would read `{"a": 1` and `{"a": 1} x` too. What is found is taken as
its JSON text `r`; the rules below read that text as ClickHouse reads the value. Measured on chDB
26.9: numbers and texts of numbers are taken for one another, 1.6 becomes 1 as an integer.
"""

from collections.abc import Callable
from dataclasses import replace

from martlet.errors import MartletError
from martlet.translate import slots
from martlet.translate.convert import default, make
from martlet.translate.function import Function, Site
from martlet.translate.parsing import print_float
from martlet.translate.typing import is_integer, is_string, not_null, type_of
from martlet.translate.value import WIDE, Value, form_of
from martlet.types import ColumnType, Group

_INTEGER = r"\A[+-]?[0-9]+\z"
_NUMBER = r"\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z"
_QUOTES = "'\"', '\\\"'"
_TRUE = r"\A(true|-?[1-9][0-9]{0,18}|1[0-9]{19})\z"  # no fractions, nothing beyond 64 bits
_NUMBERS = (
    "numbers in them are written as Trino writes them, 1.0 and not 1, "
    "1e400 as Infinity, integers beyond 64 bits in full, and emoji as \\\\u escapes"
)
INDEX = "an index into an object with a key twice finds nothing"
_KEYS = f"an object with a key twice has none; {INDEX}"


def _key(site: Site, index: int) -> tuple[str, bool]:
    """Return SQL for a key's step of a JSON path, and whether it is a literal."""
    step = site.arguments[index]
    if is_string(step.type) and step.literal is not None:
        key = site.text(index).replace("\\", "\\\\").replace('"', '\\"')
        return slots.string_sql(f'["{key}"]'), True
    if is_string(step.type) and not step.is_nullable:
        return rf"""'["', replace(replace({step.sql}, '\', '\\'), {_QUOTES}), '"]'""", False
    raise site.fail("a key must be a text, an index a constant number", index=index)


def _at_keys(json: str, keys: list[tuple[str, bool]]) -> str:
    """Return SQL for what keys of objects in objects lead to."""
    if all(is_literal for _, is_literal in keys):
        path = "'$" + "".join(step[1:-1] for step, _ in keys) + "'"
    else:
        path = f"concat('$', {', '.join(step for step, _ in keys)})"
    return f"json_extract({json}, {path})"


def _at_index(site: Site, json: str, index: int) -> str:
    """Return SQL for an element of an array, or the value of an object's key by its place."""
    number = site.constant(index)
    if not isinstance(number, int) or number == 0:
        raise site.fail("an index must be a constant number, and not 0", index=index)
    values = "coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json))))"
    return f"element_at(transform(ARRAY[{json}], j -> element_at({values}, {number})), 1)"


def found(site: Site, last: int | None = None) -> str:
    """Return SQL for the JSON that a call's keys lead to, NULL if there is none."""
    text = site.arguments[0]
    if not is_string(text.type):
        raise site.fail(f"an argument of type {text.type} is not supported", index=0)
    json = f"IF(TRY(json_parse({text.sql})) IS NOT NULL, {text.sql})"
    keys: list[tuple[str, bool]] = []
    steps = range(1, last if last is not None else len(site.arguments))
    for index in steps:
        step = site.arguments[index]
        if not (is_integer(step.type) and step.is_constant):
            keys.append(_key(site, index))
            continue
        is_first = index == 1
        json = _at_index(site, _at_keys(json, keys) if keys or is_first else json, index)
        keys = []
    return _at_keys(json, keys) if keys or not steps else json


# The text of a number, and of all else as it is: `r` is JSON as Trino writes it.
_PRINTED = (
    r" WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '')"
    r" WHEN regexp_like(r, '\A-?[0-9.]+E')"
    f" THEN {print_float('CAST(r AS double)', 'double')} ELSE r END"
)


def _read(type_: ColumnType, r: str, *, truth: bool = True) -> str:
    """Return SQL for JSON text as a value of a scalar type, NULL if it is none.

    Args:
        type_: without Nullable.
        r: the JSON text's name, `r`.
        truth: whether true and false are numbers.
    """
    family = type_.family
    if family.group is Group.STRING:
        return (
            f"CASE WHEN {r} = 'null' THEN NULL"
            f" WHEN starts_with({r}, '\"') THEN json_extract_scalar({r}, '$'){_PRINTED}"
        )
    if family.group is Group.BOOL:
        return f"({_read(type_of('UInt8'), r)}) <> 0"
    text = f"trim(BOTH '\"' FROM {r})"
    if family.group is Group.FLOAT:
        form = form_of(type_)
        bools = f" WHEN {r} IN ('true', 'false') THEN IF({r} = 'true', 1, 0)" if truth else ""
        return (f"CASE WHEN regexp_like({text}, '{_NUMBER}') THEN CAST({text} AS {form})"
                f"{bools} END")  # fmt: skip
    form = form_of(type_)
    if family.name == "Int64":
        bools = f" WHEN {r} IN ('true', 'false') THEN IF({r} = 'true', 1, 0)" if truth else ""
        return (
            f"CASE WHEN regexp_like({text}, '{_INTEGER}') THEN TRY_CAST({text} AS bigint)"
            f" WHEN regexp_like({text}, '{_NUMBER}')"
            f" THEN TRY_CAST(truncate(CAST({text} AS double)) AS bigint){bools} END"
        )
    whole = f"TRY_CAST({text} AS decimal(38,0))"
    cut = f"TRY_CAST(truncate(CAST({text} AS double)) AS decimal(38,0))"
    value = (
        f"CASE WHEN regexp_like({text}, '{_INTEGER}') THEN {whole}"
        f" WHEN regexp_like({text}, '{_NUMBER}') THEN {cut}"
    )
    if truth:
        value += f" WHEN {r} IN ('true', 'false') THEN IF({r} = 'true', 1, 0)"
    value += " END"
    bounds = f"BETWEEN DECIMAL '{family.least}' AND DECIMAL '{family.greatest}'"
    return (
        f"element_at(transform(filter(ARRAY[{value}], n -> n {bounds}), n -> CAST(n AS {form})), 1)"
    )


def read_json(site: Site, type_: ColumnType, text: str, *, truth: bool = True) -> Value:
    """Return JSON text as a value of a scalar type; NULL if it is none."""
    bare = not_null(type_)
    if bare.family.group not in (Group.STRING, Group.INTEGER, Group.FLOAT, Group.BOOL) or (
        form_of(bare) not in ("varchar", "bigint", WIDE, "real", "double", "boolean")
        or bare.family.name.endswith(("128", "256"))
    ):
        raise site.fail(f"the type {type_} is not supported")
    body = _read(bare, "r", truth=truth)
    sql = f"element_at(transform(ARRAY[{text}], r -> {body}), 1)"
    return make(sql, type_, form_of(bare), of=tuple(site.arguments))


def _scalar(site: Site, type_: ColumnType, json: str, *, truth: bool = True) -> Value:
    value = read_json(site, type_, f"json_format({json})", truth=truth)
    if type_.is_nullable:
        return value
    sql = f"coalesce({value.sql}, {default(not_null(type_), value.form).sql})"
    return replace(value, sql=sql)


def _extract(type_text: str) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        truth = site.name not in ("JSONExtractInt", "JSONExtractUInt", "JSONExtractFloat")
        return own_nulls(site, _scalar(site, type_of(type_text), found(site), truth=truth))

    return rule


def own_nulls(site: Site, value: Value) -> Value:
    """Keep NULL where the text is NULL and ClickHouse's result is."""
    text = site.arguments[0]
    if not text.is_nullable or value.is_nullable:
        return value
    return make(f"IF({text.operand} IS NOT NULL, {value.sql})", value.type, value.form,
                of=tuple(site.arguments))  # fmt: skip


def _bool(site: Site) -> Value:
    sql = f"coalesce(regexp_like(json_format({found(site)}), '{_TRUE}'), false)"
    return own_nulls(site, make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments)))


def _raw(site: Site) -> Value:
    text = f"CASE WHEN r = '' THEN r{_PRINTED}"
    sql = f"element_at(transform(ARRAY[coalesce(json_format({found(site)}), '')], r -> {text}), 1)"
    return own_nulls(site, make(sql, type_of("String"), "varchar", of=tuple(site.arguments)))


def _has(site: Site) -> Value:
    sql = f"{found(site)} IS NOT NULL"
    made = make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments), atomic=False)
    return own_nulls(site, made)


def _length(site: Site) -> Value:
    sql = f"coalesce(json_size({found(site)}, '$'), 0)"
    return own_nulls(site, make(sql, type_of("UInt64"), "bigint", of=tuple(site.arguments)))


def _array_raw(site: Site) -> Value:
    elements = f"TRY_CAST({found(site)} AS array(json))"
    sql = (f"coalesce(transform({elements}, e -> coalesce(json_format(e), 'null')), "
           "CAST(ARRAY[] AS array(varchar)))")  # fmt: skip
    return make(sql, type_of("Array(String)"), "array(varchar)", of=tuple(site.arguments))


def _keys(site: Site) -> Value:
    members = f"TRY_CAST({found(site)} AS map(varchar, json))"
    sql = f"coalesce(map_keys({members}), CAST(ARRAY[] AS array(varchar)))"
    return make(sql, type_of("Array(String)"), "array(varchar)", of=tuple(site.arguments))


def _pairs_raw(site: Site) -> Value:
    members = f"TRY_CAST({found(site)} AS map(varchar, json))"
    form = 'array(row("f1" varchar, "f2" varchar))'
    pair = "ROW(e[1], coalesce(json_format(e[2]), 'null'))"
    sql = f"coalesce(transform(map_entries({members}), e -> {pair}), CAST(ARRAY[] AS {form}))"
    return make(sql, type_of("Array(Tuple(String, String))"), form, of=tuple(site.arguments))


def _is_valid(site: Site) -> Value:
    sql = f"TRY(json_parse({site.arguments[0].sql})) IS NOT NULL"
    return own_nulls(site, make(sql, type_of("UInt8"), "boolean", of=tuple(site.arguments),
                                 atomic=False))  # fmt: skip


def _typed(site: Site) -> Value:
    """Lower `JSONExtract(x, 'key', 'Type')`."""
    last = len(site.arguments) - 1
    try:
        type_ = type_of(site.text(last))
    except MartletError as error:
        raise site.fail(error.message, index=last) from error
    json = found(site, last)
    if type_.family.group is Group.ARRAY:
        return _typed_array(site, type_, json)
    if str(type_) == "Map(String, String)":
        body = _read(type_of("String"), "r")
        member = f"element_at(transform(ARRAY[json_format(v)], r -> {body}), 1)"
        members = f"TRY_CAST({json} AS map(varchar, json))"
        sql = f"transform_values({members}, (k, v) -> coalesce({member}, ''))"
        sql = f"coalesce({sql}, CAST(MAP() AS map(varchar,varchar)))"
        return make(sql, type_, "map(varchar,varchar)", of=tuple(site.arguments))
    if str(type_).startswith("LowCardinality"):
        raise site.fail(f"the type {type_} is not supported", index=last)
    return own_nulls(site, _scalar(site, type_, json))


def _typed_array(site: Site, type_: ColumnType, json: str) -> Value:
    """Read an array; one of which no element can be read is empty."""
    element = type_.inner[0]
    bare = not_null(element)
    if bare.family.group not in (Group.STRING, Group.INTEGER, Group.FLOAT) or bare is not element:
        raise site.fail(f"the type {type_} is not supported")
    form = form_of(bare)
    texts = f"transform(TRY_CAST({json} AS array(json)), e -> coalesce(json_format(e), 'null'))"
    items = f"transform({texts}, r -> {_read(bare, 'r')})"
    items = f"IF(none_match({texts}, r -> ({_read(bare, 'r')}) IS NOT NULL), NULL, {items})"
    filled = f"transform({items}, i -> coalesce(i, {default(bare, form).sql}))"
    sql = f"coalesce({filled}, CAST(ARRAY[] AS array({form})))"
    return make(sql, type_, f"array({form})", of=tuple(site.arguments))


JSON: dict[str, Function] = {
    "JSONExtractString": Function(("text", "any*"), "String", _extract("String"),
                                  note=f"{_NUMBERS}; {INDEX}"),
    "JSONExtractInt": Function(("text", "any*"), "Int64", _extract("Int64"), note=INDEX),
    "JSONExtractUInt": Function(("text", "any*"), "UInt64", _extract("UInt64"), note=INDEX),
    "JSONExtractFloat": Function(("text", "any*"), "Float64", _extract("Float64"), note=INDEX),
    "JSONExtractBool": Function(("text", "any*"), "UInt8", _bool, note=INDEX),
    "JSONExtractRaw": Function(("text", "any*"), "String", _raw, note=f"{_NUMBERS}; {INDEX}"),
    "JSONExtract": Function(("text", "any*"), "String", _typed, note=f"{_NUMBERS}; {_KEYS}"),
    "JSONHas": Function(("text", "any*"), "UInt8", _has, note=INDEX),
    "JSONLength": Function(("text", "any*"), "UInt64", _length, note=INDEX),
    "JSONExtractArrayRaw": Function(("text", "any*"), "Array(String)", _array_raw,
                                    note=f"{_NUMBERS}; {_KEYS}"),
    "JSONExtractKeys": Function(("text", "any*"), "Array(String)", _keys, note=_KEYS),
    "JSONExtractKeysAndValuesRaw": Function(("text", "any*"), "Array(Tuple(String, String))",
                                            _pairs_raw, note=f"{_NUMBERS}; {_KEYS}"),
    "isValidJSON": Function(("text",), "UInt8", _is_valid),
}  # fmt: skip
JSON = {name: replace(row, low_cardinality=False) for name, row in JSON.items()}
