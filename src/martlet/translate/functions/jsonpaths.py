r"""JSON by path, values as JSON, and the simple look-ups that only search for a key's text.

`simpleJSON*`, also called `visitParam*`, take the first `"key":` of a text wherever it stands, and
allow no space behind it. Measured on chDB 26.9.
"""

import re
from collections.abc import Callable

from martlet.errors import MartletError
from martlet.translate import slots
from martlet.translate.convert import as_number, make
from martlet.translate.function import Function, Site, padded
from martlet.translate.functions.json import INDEX, found, own_nulls, read_json
from martlet.translate.functions.strings import filled, result, truth
from martlet.translate.parsing import print_decimal, print_float
from martlet.translate.typing import is_string, type_of
from martlet.translate.value import Value
from martlet.types import Group

# By path

_STEP = re.compile(
    r"""\.([A-Za-z0-9_]+)|\."([^"\\]+)"|\["([^"\\]+)"\]|\['([^'\\]+)'\]|\[([0-9]+)\]"""
)


def _path(site: Site) -> str:
    """Return Trino's form of a literal path.

    Raises:
        UnsupportedFunctionError: it has more than keys and indices.
    """
    text, steps, position = site.text(1), [], 1
    while text.startswith("$") and position < len(text):
        step = _STEP.match(text, position)
        if step is None:
            break
        position = step.end()
        key = next((key for key in step.groups()[:4] if key is not None), None)
        steps.append(f"[{step[5]}]" if key is None else f'["{key}"]')
    if not text.startswith("$") or position < len(text):
        raise site.fail("only keys and indices are supported in a path: $.a[0].b", index=1)
    return slots.string_sql("$" + "".join(steps))


def _at_path(site: Site) -> str:
    text = site.arguments[0].sql
    checked = f"IF(TRY(json_parse({text})) IS NOT NULL, {text})"
    return f"json_extract({checked}, {_path(site)})"


def _json_exists(site: Site) -> Value:
    return own_nulls(site, truth(site, f"{_at_path(site)} IS NOT NULL"))


def _json_value(site: Site) -> Value:
    body = (
        "CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN ''"
        " WHEN starts_with(r, '\"') THEN json_extract_scalar(r, '$')"
        r" ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END"
    )
    sql = f"element_at(transform(ARRAY[json_format({_at_path(site)})], r -> {body}), 1)"
    return own_nulls(site, result(site, f"coalesce({sql}, '')", "String"))


def _json_query(site: Site) -> Value:
    sql = f"coalesce('[' || json_format({_at_path(site)}) || ']', '')"
    return own_nulls(site, result(site, sql, "String"))


_TYPES = ("Enum8('Null' = 0, 'String' = 34, 'Array' = 91, 'Bool' = 98, 'Double' = 100, "
          "'Int64' = 105, 'UInt64' = 117, 'Object' = 123)")  # fmt: skip
_WHOLE = "TRY_CAST(r AS decimal(38,0))"
_TYPE = (
    "CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array'"
    " WHEN starts_with(r, '\"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool'"
    r" WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null'"
    r" WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double'"
    f" WHEN {_WHOLE} BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807'"
    f" THEN 'Int64' WHEN {_WHOLE} BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615'"
    " THEN 'UInt64' ELSE 'Double' END"
)


def _json_type(site: Site) -> Value:
    json = f"coalesce(json_format({found(site)}), '')"
    sql = f"element_at(transform(ARRAY[{json}], r -> {_TYPE}), 1)"
    return own_nulls(site, result(site, sql, _TYPES, "varchar"))


def _json_array_length(site: Site) -> Value:
    text = site.arguments[0].sql
    sql = f"IF(TRY(json_parse({text})) IS NOT NULL, json_array_length({text}))"
    return result(site, sql, "Nullable(UInt64)", "bigint")


def _keys_and_values(site: Site) -> Value:
    """Lower `JSONExtractKeysAndValues(x, 'key', 'Type')`: what is of another type is left out."""
    last = len(site.arguments) - 1
    try:
        type_ = type_of(site.text(last))
    except MartletError as error:
        raise site.fail(error.message, index=last) from error
    if type_.family.group not in (Group.STRING, Group.INTEGER, Group.FLOAT):
        raise site.fail(f"the type {type_} is not supported", index=last)
    item = read_json(site, type_, "json_format(e[2])")
    form = f'array(row("f1" varchar, "f2" {item.form}))'
    members = f"map_entries(TRY_CAST({found(site, last)} AS map(varchar, json)))"
    pairs = f"transform({members}, e -> ROW(e[1], {item.sql}))"
    sql = f"coalesce(filter({pairs}, e -> e[2] IS NOT NULL), CAST(ARRAY[] AS {form}))"
    return make(sql, type_of(f"Array(Tuple(String, {type_}))"), form, of=tuple(site.arguments))


# Values as JSON

_ESCAPES = (
    r"CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t'"
    r" WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END"
)


def _escaped(text: str) -> str:
    marked = rf"regexp_replace({text}, '([\\/" + r"""\"])', '\\$1')"""
    return rf"""'"' || regexp_replace({marked}, '([\x00-\x1f])', x -> {_ESCAPES}) || '"'"""


def as_json(site: Site, value: Value, depth: int = 0) -> str:
    """Return SQL for the JSON text of a value, NULL where it is NULL."""
    bare, group = value.type.bare, value.type.bare.family.group
    name = f"j{depth}"
    if value.form == "unknown":
        return "CAST(NULL AS varchar)"
    if group is Group.BOOL:
        return f"CAST({value.sql} AS varchar)"
    if group is Group.INTEGER:
        return f"CAST({as_number(value).sql} AS varchar)"
    if group is Group.FLOAT:
        text = print_float(value.sql, value.form)
        return f"IF(is_finite({value.sql}), {text}, IF({value.operand} IS NOT NULL, 'null'))"
    if group is Group.DECIMAL:
        return print_decimal(value.sql, bare.scale)
    if group is Group.ARRAY:
        item = Value(name, bare.inner[0], value.element_form)
        items = f"transform({value.sql}, {name} -> {_in_json(site, item, depth)})"
        return f"'[' || array_join({items}, ',') || ']'"
    if group is Group.MAP:
        key_form, item_form = value.map_forms
        key = Value(f"{name}[1]", bare.inner[0], key_form)
        item = Value(f"{name}[2]", bare.inner[1], item_form)
        shown = as_json(site, key, depth + 1)
        shown = shown if is_string(key.type) else f"""'"' || {shown} || '"'"""
        pair = f"{shown} || ':' || {_in_json(site, item, depth)}"
        pairs = f"transform(map_entries({value.sql}), {name} -> {pair})"
        return f"'{{' || array_join({pairs}, ',') || '}}'"
    if group is Group.TUPLE:
        return _tuple_json(site, value, depth)
    if group in (Group.STRING, Group.FIXED_STRING, Group.ENUM):
        return _escaped(padded(value).sql)
    return f"""'"' || {site.convert(value, type_of("String")).sql} || '"'"""


def _in_json(site: Site, value: Value, depth: int) -> str:
    sql = as_json(site, value, depth + 1)
    return f"coalesce({sql}, 'null')" if value.is_nullable or value.form == "unknown" else sql


def _tuple_json(site: Site, value: Value, depth: int) -> str:
    bare, parts = value.type.bare, []
    for number, (type_, form) in enumerate(zip(bare.inner, value.row_forms, strict=True), 1):
        item = _in_json(site, Value(f"{value.operand}[{number}]", type_, form), depth)
        name = bare.names[number - 1] if bare.names else ""
        parts.append(
            f"{slots.string_sql(f'{chr(34)}{name}{chr(34)}:')} || {item}" if name else item
        )
    inside = " || ',' || ".join(parts)
    return f"'{{' || {inside} || '}}'" if bare.names else f"'[' || {inside} || ']'"


def _to_json(site: Site) -> Value:
    (value,) = site.arguments
    if value.form == "unknown":
        return value
    if value.type.bare.family.group is Group.JSON:
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    return result(site, as_json(site, value), "String", atomic=False)


# Look-ups by text


def _behind(site: Site, pattern: str) -> str:
    """Return SQL for the first group of a pattern behind the first place of a key."""
    key = site.text(1)
    if not re.fullmatch(r"[\w \-.$@]*", key):
        raise site.fail("a key of letters and digits is expected", index=1)
    quoted = re.sub(r"([^\w])", r"\\\1", key) if key.isascii() else key
    text = filled(site.arguments[0])
    whole = rf'(?s)\A.*?"{quoted}":{pattern}'
    return f"regexp_extract({text}, {slots.string_sql(whole)}, 1)"


def _first_only(pattern: str) -> str:
    """Return a pattern that matches nothing, rather than look for a second place of the key."""
    return f"(?>{pattern}|(?=))"


def _simple_has(site: Site) -> Value:
    key = slots.string_sql(f'"{site.text(1)}":')
    return truth(site, f"strpos({site.arguments[0].sql}, {key}) > 0")


def _simple_number(site: Site) -> Value:
    taken = {"UInt": r"\+?[0-9]+", "Int": r"[+-]?[0-9]+"}[
        site.name.removeprefix("simpleJSONExtract")
    ]
    name = site.name.removeprefix("simpleJSONExtract") + "64"
    found_ = _behind(site, _first_only(f'"?({taken})'))
    form = "decimal(20,0)" if name == "UInt64" else "bigint"
    number = f"TRY_CAST({found_} AS {form})"
    if name == "UInt64":
        number = f"IF({number} <= DECIMAL '18446744073709551615', {number})"
    return own_nulls(site, result(site, f"coalesce({number}, 0)", name, form))


def _simple_float(site: Site) -> Value:
    number = r'"?([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)'
    sql = f"coalesce(CAST({_behind(site, _first_only(number))} AS double), 0e0)"
    return own_nulls(site, result(site, sql, "Float64"))


def _simple_bool(site: Site) -> Value:
    sql = f"{_behind(site, _first_only('(true)'))} IS NOT NULL"
    return own_nulls(site, truth(site, sql))


def _simple_string(site: Site) -> Value:
    text = _behind(site, _first_only(r'("(?:[^"\\]|\\.)*+")'))
    sql = f"coalesce(json_extract_scalar({text}, '$'), '')"
    return own_nulls(site, result(site, sql, "String"))


_NUMBERS = "a number with an exponent in it, or with more than 17 digits, is written otherwise"
_SIMPLE = ("text", "constant")
Rule = Callable[[Site], Value]


def _simple(returns: str, rule: Rule, note: str = "") -> Function:
    return Function(_SIMPLE, returns, rule, note=note)


JSON_PATHS: dict[str, Function] = {
    "JSON_VALUE": Function(("text", "constant"), "String", _json_value, note=_NUMBERS),
    "JSON_QUERY": Function(("text", "constant"), "String", _json_query,
                           note=f"{_NUMBERS}, and 1.0 stays 1.0"),
    "JSON_EXISTS": Function(("text", "constant"), "UInt8", _json_exists),
    "JSONType": Function(("text", "any*"), _TYPES, _json_type, note=INDEX),
    "JSONArrayLength": Function(("text",), "Nullable(UInt64)", _json_array_length),
    "JSONExtractKeysAndValues": Function(("text", "any*"), "Array(String)", _keys_and_values,
                                         note=_NUMBERS),
    "toJSONString": Function(("any",), "String", _to_json),
    "simpleJSONHas": _simple("UInt8", _simple_has),
    "simpleJSONExtractInt": _simple("Int64", _simple_number, "0 for a number beyond 64 bits"),
    "simpleJSONExtractUInt": _simple("UInt64", _simple_number, "0 for a number beyond 64 bits"),
    "simpleJSONExtractFloat": _simple("Float64", _simple_float, "0 for inf and nan"),
    "simpleJSONExtractBool": _simple("UInt8", _simple_bool),
    "simpleJSONExtractString": _simple(
        "String", _simple_string,
        "'' for a text with control characters, or with an escape that JSON does not have"),
}  # fmt: skip

ALIASES: dict[str, str] = {
    **{f"visitParam{name}": f"simpleJSON{name}" for name in (
        "Has", "ExtractInt", "ExtractUInt", "ExtractFloat", "ExtractBool", "ExtractString")},
    "JSON_ARRAY_LENGTH": "JSONArrayLength",
}  # fmt: skip

_RAW = "use JSONExtractRaw(), which is supported"

REFUSED: dict[str, str] = {
    "simpleJSONExtractRaw": _RAW, "visitParamExtractRaw": _RAW,
    "JSONKey": "use JSONExtractKeys()[n]",
    "JSONMergePatch": "Athena has nothing like it",
    "prettyPrintJSON": "Athena has nothing like it",
    **dict.fromkeys(
        [f"JSONExtract{name}CaseInsensitive" for name in (
            "", "ArrayRaw", "Bool", "Float", "Int", "KeysAndValues", "KeysAndValuesRaw", "Keys",
            "Raw", "String", "UInt")],
        "keys are looked up as they are written on Athena: use the function without "
        "CaseInsensitive"),
    **dict.fromkeys(
        """JSONAllPaths JSONAllPathsWithTypes JSONAllValues JSONDynamicPaths
        JSONDynamicPathsWithTypes JSONSharedDataPaths JSONSharedDataPathsWithTypes dynamicElement
        dynamicType variantElement variantType""".split(),
        "the lake holds JSON as text: use JSONExtract() and its like"),
}  # fmt: skip
