"""Column types in the lake: what Parquet, Glue and Trino (Athena) hold for each ClickHouse type.

To add a type, add a row to `FORMS`. A form keeps every value: what is read back from the lake is
what ClickHouse holds, which a test shows for the bounds of every type. Types without such a form
are in `WITHOUT_FORM`, with the reason.

Sources: https://docs.aws.amazon.com/athena/latest/ug/data-types.html,
https://trino.io/docs/476/connector/hive.html, and what chDB 26.9 writes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from martlet.errors import LakeTypeError
from martlet.types import FAMILIES, ColumnType, Group

# Athena has timestamps of milliseconds only; finer ones are counted.
TIMESTAMP_DIGITS = 3
MAX_DECIMAL_DIGITS = 38

# Columns that every table of the lake has and no star shows, with their Trino types: when a row
# arrived (milliseconds since 1970), the batch it came in and its number there. With them FINAL
# knows the last row.
HIDDEN = {"__ingested_at": "bigint", "__batch": "varchar", "__row": "bigint"}

# The day a row arrived, UTC, `YYYY-MM-DD`.
PARTITION_COLUMN = "dt"

# Settings under which ClickHouse writes files of the lake.
WRITE_SETTINGS: dict[str, str] = {
    "output_format_parquet_compression_method": "zstd",
    "output_format_parquet_string_as_string": "1",
    "output_format_json_quote_64bit_integers": "0",  # for JSON columns, which become text
    "output_format_json_quote_denormals": "1",
}

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class LakeType:
    """One column's form in the lake. Every column there may be NULL.

    Attributes:
        trino: the type in Trino's and Athena's SQL.
        glue: the type in a Glue table.
        stored: the ClickHouse type that is written as Parquet.
        note: how the form differs from ClickHouse's own, empty if it does not.
        parts: the forms of the element, of key and value, or of the fields.
    """

    trino: str
    glue: str
    stored: str
    note: str = ""
    parts: tuple["LakeType", ...] = ()
    is_ticks: bool = False

    def written(self, expression: str) -> str:
        """Return the ClickHouse expression that turns a column into what is stored."""
        counted = self._counted(expression, 0) if self._has_ticks else expression
        return f"CAST({counted} AS {self.stored})"

    @property
    def _has_ticks(self) -> bool:
        return self.is_ticks or any(part._has_ticks for part in self.parts)

    def _counted(self, value: str, depth: int) -> str:
        """Return the value with times inside of it as ticks, which no CAST does."""
        if self.is_ticks:
            return f"reinterpretAsInt64({value})"
        if not self._has_ticks:
            return value
        if self.trino.startswith("row("):
            fields = [
                part._counted(f"tupleElement({value}, {index})", depth)
                for index, part in enumerate(self.parts, 1)
            ]
            return f"tuple({', '.join(fields)})"
        inner = [part._counted(f"{'kv'[i]}{depth}", depth + 1) for i, part in enumerate(self.parts)]
        if self.trino.startswith("map("):
            return f"mapApply((k{depth}, v{depth}) -> ({', '.join(inner)}), {value})"
        return f"arrayMap(k{depth} -> {inner[0]}, {value})"


def lake_type(type_: ColumnType) -> LakeType:
    """Return a type's form in the lake.

    Raises:
        LakeTypeError: it has none.
    """
    if type_.family.group is Group.WRAPPER:
        form = lake_type(type_.bare)
        if not type_.is_nullable:
            return form
        return LakeType(form.trino, form.glue, f"Nullable({form.stored})", form.note,
                        form.parts, form.is_ticks)  # fmt: skip
    make = FORMS.get(type_.family.name)
    if make is None:
        reason = WITHOUT_FORM.get(type_.family.name, "Parquet and Glue have no type for it")
        raise LakeTypeError(f"Type {type_} has no form in the lake: {reason}")
    return make(type_)


def _fixed(trino: str, stored: str, glue: str = "", note: str = "") -> "_Make":
    form = LakeType(trino, glue or trino, stored, note)
    return lambda _: form


def _text(note: str = "") -> "_Make":
    return _fixed("varchar", "String", "string", note)


def _decimal(type_: ColumnType) -> LakeType:
    if type_.precision > MAX_DECIMAL_DIGITS:
        return LakeType("varchar", "string", "String", "text: decimals have 38 digits at most")
    name = f"decimal({type_.precision},{type_.scale})"
    return LakeType(name, name, f"Decimal({type_.precision}, {type_.scale})")


def _datetime64(type_: ColumnType) -> LakeType:
    if type_.scale <= TIMESTAMP_DIGITS:
        return LakeType("timestamp(3)", "timestamp", "DateTime64(3, 'UTC')", _UTC)
    note = f"ticks of 10^-{type_.scale} s since 1970: Athena's timestamps have milliseconds"
    return LakeType("bigint", "bigint", "Int64", note, is_ticks=True)


def _array(type_: ColumnType) -> LakeType:
    part = lake_type(type_.inner[0])
    return LakeType(
        f"array({part.trino})", f"array<{part.glue}>", f"Array({part.stored})", parts=(part,)
    )


def _map(type_: ColumnType) -> LakeType:
    key, value = (lake_type(inner) for inner in type_.inner)
    return LakeType(
        f"map({key.trino},{value.trino})",
        f"map<{key.glue},{value.glue}>",
        f"Map({key.stored}, {value.stored})",
        "a key is there once: of several ClickHouse keeps, one is read",
        (key, value),
    )


def _tuple(type_: ColumnType) -> LakeType:
    names = type_.names or tuple(f"f{index}" for index in range(1, len(type_.inner) + 1))
    if len({name.lower() for name in names}) < len(names):
        raise LakeTypeError(f"Type {type_} has no form in the lake: names differ in case only")
    for name in names:
        if not _FIELD_NAME.fullmatch(name):
            raise LakeTypeError(f"Type {type_} has no form in the lake: Glue has no field {name!r}")
    parts = tuple(lake_type(inner) for inner in type_.inner)
    fields = list(zip(names, parts, strict=True))
    return LakeType(
        "row(" + ", ".join(f'"{name.lower()}" {part.trino}' for name, part in fields) + ")",
        "struct<" + ",".join(f"{name.lower()}:{part.glue}" for name, part in fields) + ">",
        "Tuple(" + ", ".join(f"{name} {part.stored}" for name, part in fields) + ")",
        "" if type_.names else "fields without names are f1, f2, ...",
        parts,
    )


def _nested(type_: ColumnType) -> LakeType:
    part = _tuple(type_)
    return LakeType(
        f"array({part.trino})", f"array<{part.glue}>", f"Array({part.stored})", parts=(part,)
    )


_Make = Callable[[ColumnType], LakeType]

_UTC = "UTC, whatever zone the column shows"
_WIDE = "text: decimals have 38 digits at most"

FORMS: dict[str, _Make] = {
    "Int8": _fixed("tinyint", "Int8"),
    "Int16": _fixed("smallint", "Int16"),
    "Int32": _fixed("integer", "Int32", "int"),
    "Int64": _fixed("bigint", "Int64"),
    "Int128": _text(_WIDE),
    "Int256": _text(_WIDE),
    # Glue has no unsigned types: the next wider one holds all values.
    "UInt8": _fixed("smallint", "Int16"),
    "UInt16": _fixed("integer", "Int32", "int"),
    "UInt32": _fixed("bigint", "Int64"),
    "UInt64": _fixed("decimal(20,0)", "Decimal(20, 0)"),
    "UInt128": _text(_WIDE),
    "UInt256": _text(_WIDE),
    "Float32": _fixed("real", "Float32", "float"),
    "Float64": _fixed("double", "Float64"),
    "Decimal": _decimal,
    "Decimal32": _decimal,
    "Decimal64": _decimal,
    "Decimal128": _decimal,
    "Decimal256": _decimal,
    "Bool": _fixed("boolean", "Bool"),
    "String": _text(),
    "FixedString": _text("without the zero bytes at the end"),
    "UUID": _text("36 lower-case characters"),
    "Date": _fixed("date", "Date32"),
    "Date32": _fixed("date", "Date32"),
    "DateTime": _fixed("timestamp(3)", "DateTime64(3, 'UTC')", "timestamp", _UTC),
    "DateTime64": _datetime64,
    "Enum": _text("the name"),
    "Enum8": _text("the name"),
    "Enum16": _text("the name"),
    "IPv4": _text("as ClickHouse prints it"),
    "IPv6": _text("as ClickHouse prints it"),
    "Array": _array,
    "Map": _map,
    "Tuple": _tuple,
    "Nested": _nested,
    "JSON": _text("the JSON text"),
    "Object": _text("the JSON text"),
}

WITHOUT_FORM: dict[str, str] = {
    "AggregateFunction": "its state is ClickHouse's own, which no other engine reads",
    "Variant": "a column of the lake has one type",
    "Dynamic": "a column of the lake has one type",
    "Nothing": "it has no values",
    **dict.fromkeys(
        (
            "Point",
            "Ring",
            "LineString",
            "MultiLineString",
            "Polygon",
            "MultiPolygon",
            "Geometry",
        ),
        "write it as Tuple and Array",
    ),
    **dict.fromkeys(("Time", "Time64"), "Glue has no time of day; store a number of seconds"),
    **dict.fromkeys(
        (name for name in FAMILIES if name.startswith("Interval")),
        "Glue has no intervals; store a number of units",
    ),
}
