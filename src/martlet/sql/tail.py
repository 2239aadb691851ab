"""What stands behind a request's SELECT: FORMAT and SETTINGS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from martlet.errors import SqlError
from martlet.sql.guard import is_format, is_settings, without_end
from martlet.sql.lexer import Kind, Lexeme, lex, unquote

# Those that Tinybird's Query API takes: https://www.tinybird.co/docs/api-reference/query-api
SETTINGS = ("max_execution_time", "max_memory_usage", "max_threads")


@dataclass(frozen=True, slots=True)
class Tail:
    """A SELECT and what stood behind it.

    Attributes:
        sql: the SELECT alone.
        format: ClickHouse's name as written, empty if there is none.
        settings: numbers, by name.
    """

    sql: str
    format: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def split_tail(sql: str) -> Tail:
    """Take FORMAT and SETTINGS off the end of a query; either may come first.

    Raises:
        SqlError: a setting that a request may not change, or a value that is no number.
    """
    lexemes = without_end(list(lex(sql)))
    format = ""
    settings: dict[str, str] | None = None
    while True:
        if not format and len(lexemes) > 2 and is_format(lexemes, len(lexemes) - 2):
            format = str(lexemes[-1].name)
            lexemes = lexemes[:-2]
        elif settings is None and (start := _settings_start(lexemes)):
            settings = _settings(lexemes[start + 1 :])
            lexemes = lexemes[:start]
        else:
            break
    return Tail(sql[: lexemes[-1].end] if lexemes else "", format, settings or {})


def _settings_start(lexemes: Sequence[Lexeme]) -> int:
    """Return where SETTINGS begins that goes on to the end, 0 if it does not."""
    index = len(lexemes) - 1
    while index > 0 and lexemes[index].upper != "SETTINGS":
        if lexemes[index].text in ("(", ")"):
            return 0
        index -= 1
    return index if index > 0 and is_settings(lexemes, index) else 0


def _settings(lexemes: Sequence[Lexeme]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index in range(0, len(lexemes), 4):
        if len(lexemes) < index + 3:
            raise SqlError("SETTINGS is `name = value, ...`", offset=lexemes[index].start)
        name, equals, value, *comma = lexemes[index : index + 4]
        is_whole = equals.text == "=" and (not comma or comma[0].text == ",")
        if not is_whole or name.name is None:
            raise SqlError("SETTINGS is `name = value, ...`", offset=name.start)
        if name.name not in SETTINGS:
            raise SqlError(
                f"The setting '{name.name}' is restricted",
                offset=name.start,
                hint=f"a request may set {', '.join(SETTINGS)}",
            )
        text = unquote(value.text) if value.kind is Kind.STRING else value.text
        if not text.replace(".", "", 1).isdecimal() or not text.isascii() or float(text) <= 0:
            raise SqlError(f"The setting '{name.name}' is a number above 0", offset=value.start)
        found[name.name] = text if name.name == "max_execution_time" else str(int(float(text)))
    return found
