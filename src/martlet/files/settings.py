"""`martlet.toml` and dotenv files."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from martlet.errors import Location
from martlet.files.source import Report, Text, as_lines
from martlet.model import Datasource, Generation, RowIds, Settings


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**63


# Key of [settings] -> what it must be, and the test for it.
_KEYS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "generation": (
        '"detect", "classic" or "forward"',
        lambda value: value in [generation.value for generation in Generation],
    ),
    "join_use_nulls": ("true or false", lambda value: isinstance(value, bool)),
    "query_timeout_s": ("a number of seconds above 0", _is_number),
    "max_result_bytes": (
        "a whole number above 0",
        lambda value: _is_number(value) and isinstance(value, int),
    ),
    "max_memory_bytes": (
        "a whole number above 0",
        lambda value: _is_number(value) and isinstance(value, int),
    ),
    "max_file_bytes": (
        "a whole number above 0",
        lambda value: _is_number(value) and isinstance(value, int),
    ),
    "idempotency_window_h": ("a number of hours above 0", _is_number),
    "cache_bytes": (
        "a whole number, 0 for no cache",
        lambda value: (_is_number(value) or value == 0) and type(value) is int,
    ),
    "service_rows": (
        "a whole number, 0 for no records",
        lambda value: (_is_number(value) or value == 0) and type(value) is int,
    ),
    "allow_private_urls": ("true or false", lambda value: isinstance(value, bool)),
    "clickhouse": (
        "a table of ClickHouse settings",
        lambda value: (
            isinstance(value, dict)
            and all(isinstance(item, str | bool | int | float) for item in value.values())
        ),
    ),
}


def parse_settings(path: str, text: str, report: Report) -> Settings:
    """Return what a `martlet.toml` sets; what it leaves out has its default."""
    file = Text(tuple(as_lines(path, text)))
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        report.error(f"Invalid TOML: {error}", _place_of(str(error), file))
        return Settings()
    table, datasources = document.pop("settings", {}), document.pop("datasources", {})
    for key in document:
        _unknown(key, file, report, "the tables are [settings] and [datasources.<name>].")
    if not isinstance(table, dict):
        report.error("settings must be a table", _find("settings", file), "write [settings].")
        return Settings()
    settings = Settings(**_checked(table, file, report))
    return replace(settings, ids=_ids(datasources, settings, file, report))


def _ids(tables: object, settings: Settings, file: Text, report: Report) -> Mapping[str, RowIds]:
    """Return the ids of rows that [datasources.<name>] tables ask for."""
    found: dict[str, RowIds] = {}
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        report.error(
            "datasources has a table for each data source",
            _find("datasources", file),
            "write [datasources.<name>].",
        )
        return found
    for name, table in tables.items():
        place = _find(name, file)
        for key in table.keys() - {"id_column", "id_window_h"}:
            report.error(
                f"Unknown setting '{key}' of data source '{name}'",
                place,
                "known settings: id_column, id_window_h.",
            )
        column = table.get("id_column")
        window_h = table.get("id_window_h", settings.idempotency_window_h)
        if not isinstance(column, str) or not column:
            report.error(f"id_column of data source '{name}' must be a column's name", place)
        elif not _is_number(window_h):
            report.error(f"id_window_h of data source '{name}' must be a number of hours", place)
        else:
            found[name] = RowIds(column, place, window_h)
    return MappingProxyType(found)


# Types whose values are ids: equal ones have one text, and JSON's reader keeps each as it is.
_ID_TYPES = {"String", "UUID"} | {
    f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}


def check_ids(settings: Settings, datasources: Mapping[str, Datasource], report: Report) -> None:
    """Report ids of rows that are of no data source, or of no column that can have one."""
    for name, ids in settings.ids.items():
        source = datasources.get(name)
        if source is None:
            report.error(f"Data source '{name}' does not exist", ids.location)
            continue
        column = next((one for one in source.columns if one.name == ids.column), None)
        if column is None:
            report.error(f"Data source '{name}' has no column '{ids.column}'", ids.location)
        elif column.type is None or column.type.bare.family.name not in _ID_TYPES:
            report.error(
                f"Column '{ids.column}' of data source '{name}' cannot be an id: its type is"
                f" {column.type}",
                ids.location,
                "an id is a String, a UUID or a whole number of up to 64 bits.",
            )


def _checked(table: dict[str, Any], file: Text, report: Report) -> dict[str, Any]:
    """Return the good values of [settings]."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            _unknown(key, file, report, f"known settings: {', '.join(_KEYS)}.")
            continue
        wanted, is_valid = _KEYS[key]
        if not is_valid(value):
            report.error(f"{key} must be {wanted}", _find(key, file))
        elif key == "generation":
            values[key] = Generation(value)
        elif key == "clickhouse":
            values[key] = MappingProxyType({name: _written(item) for name, item in value.items()})
        else:
            values[key] = value
    return values


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _unknown(key: str, file: Text, report: Report, hint: str) -> None:
    report.error(f"Unknown setting '{key}'", _find(key, file), hint)


def _find(key: str, file: Text) -> Location:
    """Return where a key is written, as a key or in a table's head."""
    found = re.search(rf"^[ \t]*[\[\"'\w.]*?(?<!\w)({re.escape(key)})(?!\w)", file.text, re.M)
    return file.at(found.start(1) if found else 0)


def _place_of(message: str, file: Text) -> Location:
    """Return the place that a message of tomllib names: `... (at line 1, column 2)`."""
    found = re.search(r"at line (\d+), column (\d+)", message)
    if found is None or int(found[1]) > len(file.lines):
        return file.lines[-1].at()
    return file.lines[int(found[1]) - 1].at(int(found[2]) - 1)


_VARIABLE = re.compile(
    r"""^[^\S\n]*(?:export[^\S\n]+)?(?:'(?P<quoted>[^']+)'|(?P<name>(?!')[^=\#\s]+))[^\S\n]*=[^\S\n]*+
    (?:'(?P<single>(?:\\'|[^'])*)'|"(?P<double>(?:\\"|[^"])*)"|(?P<bare>(?!['"])[^\n]*))
    [^\S\n]*(?:\#[^\n]*|(?P<junk>[^\n]+))?$""",
    re.MULTILINE | re.VERBOSE,
)
_ESCAPES = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


def parse_dotenv(text: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of a dotenv file as python-dotenv reads it (measured).

    Values between quotes may span lines; `${NAME}` and `${NAME:-default}` are the file's variables
    above, or the environment's. Lines that set nothing are passed over.
    """
    values: dict[str, str] = {}
    lines = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff"))
    for found in _VARIABLE.finditer(lines):
        if found["junk"]:
            continue
        known = {**(environment or {}), **values}
        values[found["quoted"] or found["name"]] = _REFERENCE.sub(
            lambda reference, known=known: known.get(  # type: ignore[misc]
                reference["name"], reference["default"] or ""
            ),
            _dotenv_value(found),
        )
    return values


def _dotenv_value(found: re.Match[str]) -> str:
    if found["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", found["single"])
    if found["double"] is not None:
        return re.sub(r"\\([\\'\"abfnrtv])", lambda f: _ESCAPES.get(f[1], f[1]), found["double"])
    return re.sub(r"\s+#.*", "", found["bare"]).rstrip()
