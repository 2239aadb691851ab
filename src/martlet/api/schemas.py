"""ClickHouse types and template parameters as JSON Schema, as OpenAPI 3.1 has it.

Source: https://json-schema.org/draft/2020-12/json-schema-validation
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from martlet.errors import TypeSyntaxError
from martlet.model import Parameter
from martlet.types import FAMILIES, ColumnType, Group, parse_type

Schema = dict[str, object]

# Numbers that ClickHouse writes as texts where a setting says so.
_QUOTED = {
    "output_format_json_quote_64bit_integers": "integers",
    "output_format_json_quote_decimals": "decimals",
    "output_format_json_quote_denormals": "denormals",
}
_PLAIN: dict[Group, Schema] = {
    Group.DECIMAL: {"type": "number"},
    Group.BOOL: {"type": "boolean"},
    Group.STRING: {"type": "string"},
    Group.FIXED_STRING: {"type": "string"},
    Group.UUID: {"type": "string", "format": "uuid"},
    Group.DATE: {"type": "string", "format": "date"},
    # No `date-time`: there is no T between date and time, and no zone behind.
    Group.DATETIME: {"type": "string"},
    Group.DATETIME64: {"type": "string"},
    Group.JSON: {"type": "object"},
    Group.STATE: {"type": "string"},
}
_POINT: Schema = {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]}


def quoted_by(settings: Mapping[str, str]) -> frozenset[str]:
    """Return which numbers are texts by ClickHouse settings: `integers` (64 bits and more), ..."""
    return frozenset(kind for name, kind in _QUOTED.items() if settings.get(name) in ("1", "true"))


def column_schema(type_text: str, quoted: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of a column's values in ClickHouse's format JSON.

    Args:
        type_text: ClickHouse's type; anything goes where Martlet does not know it.
        quoted: see `quoted_by`.
    """
    try:
        schema = _value(parse_type(type_text), quoted)
    except TypeSyntaxError:
        schema = {}
    return {**schema, "x-clickhouse-type": type_text}


def _value(kind: ColumnType, quoted: frozenset[str]) -> Schema:
    family = kind.family
    match family.group:
        case Group.INTEGER:
            if "integers" in quoted and int(re.sub(r"\D", "", family.name)) >= 64:
                return {"type": "string", "pattern": r"^-?\d+$"}
            return {"type": "integer", "format": family.name.lower()}
        case Group.FLOAT:
            # NaN and the infinities are null, or texts where a setting says so.
            other = "string" if "denormals" in quoted else "null"
            format = "float" if family.name == "Float32" else "double"
            return {"type": ["number", other], "format": format}
        case Group.DECIMAL if "decimals" in quoted:
            return {"type": "string"}
        case Group.ENUM:
            return {"type": "string", "enum": list(kind.enum_values)}
        case Group.IP:
            return {"type": "string", "format": family.name.lower()}
        case Group.ARRAY:
            return {"type": "array", "items": _value(kind.inner[0], quoted)}
        case Group.MAP:
            return {"type": "object", "additionalProperties": _value(kind.inner[1], quoted)}
        case Group.NESTED:
            return {"type": "array", "items": _tuple(kind, quoted)}
        case Group.TUPLE:
            return _tuple(kind, quoted)
        case Group.WRAPPER if kind.inner:
            # LowCardinality(T), and SimpleAggregateFunction(name, T), are T.
            inner = _value(kind.inner[-1], quoted)
            return nullable(inner) if family.name == "Nullable" else inner
        case Group.OTHER:
            return _other(family.name)
        case _:
            return dict(_PLAIN.get(family.group, {}))


def _tuple(kind: ColumnType, quoted: frozenset[str]) -> Schema:
    items = [_value(item, quoted) for item in kind.inner]
    if kind.names:
        properties = dict(zip(kind.names, items, strict=True))
        return {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _other(name: str) -> Schema:
    if name.startswith("Interval"):
        return {"type": "integer"}
    if name == "Nothing":
        return {"type": "null"}
    return dict(_POINT) if name == "Point" else {}


def nullable(schema: Schema) -> Schema:
    """Return a schema that takes null too."""
    kinds = schema.get("type")
    if kinds is None:
        return schema
    known = kinds if isinstance(kinds, list) else [kinds]
    made = {**schema, "type": list(dict.fromkeys((*known, "null")))}
    enum = schema.get("enum")
    return {**made, "enum": [*enum, None]} if isinstance(enum, list) else made


def row_schema(variants: Iterable[Mapping[str, Schema]], *, is_whole: bool = True) -> Schema:
    """Return the schema of a row whose columns, name -> schema, differ from request to request.

    Args:
        variants: the columns of each kind of request.
        is_whole: whether there are no others; if there are, no column is in each row.
    """
    rows = list(variants)
    properties: dict[str, Schema] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        found = [row[name] for row in rows if name in row]
        distinct = [one for index, one in enumerate(found) if one not in found[:index]]
        properties[name] = distinct[0] if len(distinct) == 1 else {"anyOf": distinct}
    required = [name for name in properties if all(name in row for row in rows)]
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required and is_whole else schema


_ARRAY = re.compile(r"Array\((.*)\)")
_SHOWN = {"DateTime": "YYYY-MM-DD hh:mm:ss", "DateTime64": "YYYY-MM-DD hh:mm:ss.sss"}
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}"
_INTEGERS = r"^-?\d+(,-?\d+)*$"
_PARAMETERS: dict[str, Schema] = {
    "Boolean": {"type": "boolean"},
    "Date": {"type": "string", "format": "date"},
    "Float32": {"type": "number", "format": "float"},
    "Float64": {"type": "number", "format": "double"},
    "DateTime": {"type": "string", "pattern": _MOMENT},
    "DateTime64": {"type": "string", "pattern": _MOMENT + r"\.\d{3}"},
}


def parameter_object(
    parameter: Parameter, *, is_required: bool, is_filled: bool = False
) -> dict[str, object]:
    """Return a template's parameter as OpenAPI's Parameter Object.

    Args:
        parameter: of the template.
        is_required: whether no request is answered without it.
        is_filled: whether none is answered with an empty text.

    An array is a text with commas: clients made by generators repeat the parameter where it is
    said to be an array, whatever `explode` says (measured), and of those the last counts.
    """
    array = _ARRAY.fullmatch(parameter.type)
    schema = _array(array[1]) if array else _base(parameter.type)
    if is_filled and "enum" not in schema:
        schema["minLength"] = 1
    notes = [parameter.description] if parameter.description else []
    if array:
        notes.append(f"Values of {array[1]} with commas between them.")
    enum = [_converted(item, schema) for item in parameter.enum or ()]
    if enum and not array and all(_fits(item, schema) for item in enum):
        schema["enum"] = list(dict.fromkeys(enum))
    elif enum:
        notes.append(f"One of {_text(enum)}.")
    if shown := parameter.format or _SHOWN.get(array[1] if array else parameter.type):
        notes.append(f"Format: {shown}.")
    if parameter.default is not None:
        default = _converted(parameter.default, schema)
        if _fits(default, schema):
            schema["default"] = default
        else:
            notes.append(f"Default: {_text(parameter.default)}.")
    made: dict[str, object] = {"name": parameter.name, "in": "query", "required": is_required}
    if notes:
        made["description"] = "\n".join(notes)
    made["schema"] = schema
    if parameter.example is not None:
        made["example"] = parameter.example
    return made


def _array(element: str) -> Schema:
    is_integer = _base(element)["type"] == "integer"
    return {"type": "string", "pattern": _INTEGERS} if is_integer else {"type": "string"}


def _base(type_name: str) -> Schema:
    family = FAMILIES.get(type_name)
    if family is not None and family.group is Group.INTEGER:
        schema: Schema = {"type": "integer", "format": type_name.lower()}
        # Beyond, a generator's language may have no such number.
        if family.greatest is not None and family.greatest < 2**53:
            schema |= {"minimum": family.least, "maximum": family.greatest}
        elif family.least == 0:
            schema["minimum"] = 0
        return schema
    return dict(_PARAMETERS.get(type_name, {"type": "string"}))


def _converted(value: object, schema: Schema) -> object:
    """Return a value of a template as the schema's type has it, as it is where that has none."""
    kind = schema["type"]
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    if kind == "boolean" and text.lower() in ("true", "false", "1", "0"):
        return text.lower() in ("true", "1")
    return text if kind == "string" else value


_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
}


def _fits(value: object, schema: Schema) -> bool:
    """Whether a value is what its schema says."""
    kind = schema["type"]
    if not isinstance(value, _TYPES[str(kind)]) or (isinstance(value, bool) != (kind == "boolean")):
        return False
    enum = schema.get("enum")
    if isinstance(enum, list) and value not in enum:
        return False
    if isinstance(value, int | float):
        least, most = schema.get("minimum"), schema.get("maximum")
        return not (isinstance(least, int) and value < least) and not (
            isinstance(most, int) and value > most
        )
    pattern = schema.get("pattern")
    if len(str(value)) < int(str(schema.get("minLength", 0))):
        return False
    if isinstance(pattern, str) and not re.search(pattern, str(value)):
        return False
    return _is_of_format(str(value), schema.get("format"))


def _is_of_format(text: str, format: object) -> bool:
    try:
        if format == "date":
            return date.fromisoformat(text).isoformat() == text
        if format == "uuid":
            return bool(UUID(text))
    except ValueError:
        return False
    return True


def _text(value: object) -> str:
    return (
        value
        if isinstance(value, str) and value
        else json.dumps(value, default=str, ensure_ascii=False)
    )
