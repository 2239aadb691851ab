"""Literals of ClickHouse in texts, `['a', 'b']` and `+.5`, as JSON."""

import re

import orjson

_NUMBER = re.compile(rb"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
_TOKEN = re.compile(
    rb"""\s*+(?:
        (?P<text>'(?:[^'\\]|\\.|'')*+')
      | (?P<json>"(?:[^"\\]|\\.)*+")
      | (?P<sign>[][(){},:])
      | (?P<word>(?:NULL|null|true|false)\b)
      | (?P<number>[+-]?[0-9.][0-9.eE+-]*+)
    )\s*+""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(rb"''|\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0", b"b": b"\b", b"f": b"\f"}
_SIGNS = {b"(": b"[", b")": b"]"}


def json_number(text: bytes) -> bytes | None:
    """Return a decimal number as JSON writes it, digit by digit; None if the text is none."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction, bare, exponent = found.groups()
    digits = (whole or b"").lstrip(b"0") or b"0"
    tail = fraction or bare
    made = (b"-" if sign == b"-" else b"") + digits + (b"." + tail if tail else b"")
    return made + (b"e" + exponent if exponent else b"")


def json_of_literal(text: bytes) -> bytes | None:
    """Return the JSON of an array, tuple or map, a tuple as an array; None if the text is none.

    JSON itself is taken too.
    """
    if _is_compact_json(text):
        return text
    parts: list[bytes] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return None
        position = found.end()
        part = _part(found)
        if part is None:
            return None
        if part == b":" and parts and not parts[-1].startswith(b'"'):
            parts[-1] = b'"' + parts[-1] + b'"'
        parts.append(part)
    made = b"".join(parts)
    try:
        value = orjson.loads(made)
    except orjson.JSONDecodeError:
        return None
    return made if isinstance(value, list | dict) else None


def _is_compact_json(text: bytes) -> bool:
    """Whether a text is JSON as it would be made here: most are, and this is a loop in C."""
    try:
        value = orjson.loads(text)
        return isinstance(value, list | dict) and orjson.dumps(value) == text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return False


def _part(found: re.Match[bytes]) -> bytes | None:
    token = found[found.lastgroup or 0]
    match found.lastgroup:
        case "text":
            try:
                return orjson.dumps(_ESCAPE.sub(_unescape, token[1:-1]).decode())
            except UnicodeDecodeError:
                return None
        case "number":
            return json_number(token)
        case "word":
            return token.lower()
        case "sign":
            return _SIGNS.get(token, token)
        case _:
            return token


def _unescape(match: re.Match[bytes]) -> bytes:
    return b"'" if match[1] is None else _ESCAPED.get(match[1], match[1])
