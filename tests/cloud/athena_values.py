"""Values and types as Athena prints them, from what Trino's HTTP protocol gives.

Floating-point numbers are Java's text on both sides. Source of the forms: what GetQueryResults and
result files of Athena engine v3 hold, https://docs.aws.amazon.com/athena/latest/ug/querying.html.
"""

import base64
from collections.abc import Mapping
from typing import Any

Signature = Mapping[str, Any]  # Trino's `typeSignature`: rawType, arguments

_PRECISIONS = {
    "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17,
    "varchar": 2147483647, "timestamp": 3, "varbinary": 1073741824,
}  # fmt: skip


def column_info(name: str, signature: Signature) -> dict[str, object]:
    """Return Athena's ColumnInfo of a column."""
    type_ = "float" if signature["rawType"] == "real" else signature["rawType"]
    precision, scale = _PRECISIONS.get(type_, 0), 0
    if type_ == "decimal":
        precision, scale = (part["value"] for part in signature["arguments"])
    return {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name,
        "Type": type_, "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN",
        "CaseSensitive": type_ in {"varchar", "char"},
    }  # fmt: skip


def text(value: Any, signature: Signature) -> str | None:
    """Return a value's text, None for NULL.

    Args:
        value: as Trino's JSON has it, numbers with a point kept as their text.
        signature: its type.
    """
    if value is None:
        return None
    kind = signature["rawType"]
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "varbinary":
        return base64.b64decode(value).hex(" ")
    if kind in {"array", "map", "row"}:
        return _nested(value, kind, signature["arguments"])
    return str(value)


def _nested(value: Any, kind: str, arguments: list[Signature]) -> str:
    parts = [argument["value"] for argument in arguments]
    if kind == "array":
        return "[" + ", ".join(_inner(item, parts[0]) for item in value) + "]"
    if kind == "map":
        pairs = (f"{key}={_inner(item, parts[1])}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    fields = []
    for index, (item, part) in enumerate(zip(value, parts, strict=True)):
        name = (part.get("fieldName") or {}).get("name") or f"field{index}"
        fields.append(f"{name}={_inner(item, part['typeSignature'])}")
    return "{" + ", ".join(fields) + "}"


def _inner(value: Any, signature: Signature) -> str:
    found = text(value, signature)
    return "null" if found is None else found


def csv(names: list[str], rows: list[list[str | None]]) -> bytes:
    """Return a result file: every value quoted, NULL as nothing at all."""
    lines = [",".join(_quoted(name) for name in names)]
    lines += [",".join("" if v is None else _quoted(v) for v in row) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
