"""`martlet.toml` and dotenv files."""

import re
import tomllib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from martlet.errors import Location
from martlet.files.source import Report, Text, as_lines
from martlet.model import Generation, Settings


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
    table = document.pop("settings", {})
    for key in document:
        _unknown(key, file, report, "the only table is [settings].")
    if not isinstance(table, dict):
        report.error("settings must be a table", _find("settings", file), "write [settings].")
        return Settings()
    return Settings(**_checked(table, file, report))


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
