"""Template values as SQL text: the only place where a value becomes part of a statement.

A value prints as one literal whatever it contains. Text that is SQL already is a `Fragment`, which
only functions of this package make; whatever a template does to one yields a plain string again.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, SupportsIndex, TypeGuard

from martlet.errors import TemplateError

PREFIX: Final = "Template Syntax Error: "
PAGE: Final = "/cli/advanced-templates.html"
NO_VALUE: Final = "__no_value__"


def failure(message: str, *, page: str | None = PAGE) -> TemplateError:
    """Return the error that Tinybird words `Template Syntax Error: ...`."""
    error = TemplateError(PREFIX + message)
    error.documentation = page
    return error


class LimitError(TemplateError):
    """A template needs more time or memory than one may have; `{% except %}` does not catch it."""


class Fragment(str):
    """SQL text that is printed as it stands."""

    __slots__ = ()


Fragment.__name__ = "Expression"  # as Python's errors name it at Tinybird


class Symbol(Fragment):
    """The name of a column, a table or a secret: printed, but no text for functions of texts."""

    __slots__ = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def is_text(value: object) -> TypeGuard[str]:
    """Whether functions of texts take a value."""
    return isinstance(value, str) and not isinstance(value, Symbol)


class Sample(str):
    """Stands for the value of a parameter while a template is checked: it survives any use."""

    __slots__ = ()

    def _same(self, *_: object) -> "Sample":
        return self

    def _false(self, _: object) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _same
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _same
    __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __pos__ = __invert__ = _same
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _same
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __abs__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = _false
    __hash__ = str.__hash__

    def __getitem__(self, _: SupportsIndex | slice) -> str:
        return self

    def __iter__(self) -> Iterator[str]:
        return iter((self, self, self))  # as many as at Tinybird

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __float__(self) -> float:
        return 0.0


SAMPLE: Final = Sample(NO_VALUE)

# The table or column that a sample names, where a template takes the name from a parameter.
SAMPLE_NAME: Final = "__sample_name__"


class TypedInt(int):
    """An integer that is printed as a call, `toInt32('5')`, and counts as a number."""

    __slots__ = ()
    function = ""

    def __str__(self) -> str:
        return f"{self.function}('{int(self)}')"

    def __repr__(self) -> str:
        return int.__repr__(self)


class TypedFloat(float):
    """A float that is printed as a call, `toFloat64('1.0')`, and counts as a number."""

    __slots__ = ()
    function = ""

    def __str__(self) -> str:
        return f"{self.function}('{float(self)!r}')"

    def __repr__(self) -> str:
        return float.__repr__(self)


_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "`": "\\`",
        "%": "\\%",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\0": "\\0",
        "\x1a": "\\z",
    }
)
_SPECIAL = re.compile(r"""[\\'"`%\n\r\t\b\0\x1a]""")


def escape(text: str) -> str:
    """Return the text with everything escaped that could end any kind of quotes."""
    if text.isalnum() or not _SPECIAL.search(text):
        return text
    return text.translate(_ESCAPES)


def quote(text: str) -> str:
    """Return the string literal that Tinybird writes for a value."""
    return f"'{escape(text)}'"


def quote_except(text: str, what: str) -> str:
    """Return the literal with no backslash before the text `what`.

    A quote and a backslash stay escaped whatever `what` says: bare, they could end the literal.
    """
    escaped = escape(text)
    if what and what[0] not in "'\"\\":
        escaped = escaped.replace(f"\\{what}", what)
    return f"'{escaped}'"


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words that, unquoted, would be read as part of the statement around a table or column.
_RESERVED = frozenset(
    """
    ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE CAST CROSS DESC DISTINCT ELSE END EXCEPT
    FINAL FORMAT FROM FULL GLOBAL GROUP HAVING ILIKE IN INNER INTERSECT INTERVAL INTO IS JOIN LEFT
    LIKE LIMIT NOT NULL OFFSET ON OR ORDER OUTER PASTE PREWHERE QUALIFY RIGHT SAMPLE SELECT SEMI
    SETTINGS THEN UNION USING WHEN WHERE WINDOW WITH
    """.split()
)


def is_plain_name(text: str) -> bool:
    """Whether a text can stand unquoted as one identifier and nothing else."""
    return _WORD.fullmatch(text) is not None and text.upper() not in _RESERVED


def identifier(text: str) -> str:
    """Return the name in backticks; double quotes are dropped, as Tinybird does."""
    return f"`{escape(text.replace(chr(34), ''))}`"


# What Python's repr escapes, but always between single quotes: with repr a value with an
# apostrophe would stand between double quotes, which ClickHouse reads as an identifier.
_IN_CONTAINER = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    | {code: f"\\x{code:02x}" for code in (*range(9), 11, 12, *range(14, 32), 127)}
)


def _element(value: object) -> str:
    if isinstance(value, str):
        return f"'{value.translate(_IN_CONTAINER)}'"
    if value is None or isinstance(value, int | float):
        return repr(value)
    return to_sql(value)


def _list(value: list[object]) -> str:
    return f"[{', '.join(map(_element, value))}]"


def _tuple(value: tuple[object, ...]) -> str:
    return f"({', '.join(map(_element, value))}{',' if len(value) == 1 else ''})"


def _dict(value: dict[object, object]) -> str:
    return f"{{{', '.join(f'{_element(k)}: {_element(v)}' for k, v in value.items())}}}"


_WRITERS: Final[dict[type, Callable[..., str]]] = {
    str: quote,
    Sample: quote,
    Fragment: str,
    Symbol: str,
    int: str,
    float: str,
    bool: str,
    list: _list,
    tuple: _tuple,
    dict: _dict,
}


def typed_int(function: str) -> type[TypedInt]:
    """Return the class of integers that print as calls of a ClickHouse function."""
    made = type("Integer", (TypedInt,), {"__slots__": (), "function": function})
    _WRITERS[made] = str
    return made


def typed_float(function: str) -> type[TypedFloat]:
    """Return the class of floats that print as calls of a ClickHouse function."""
    made = type("Float", (TypedFloat,), {"__slots__": (), "function": function})
    _WRITERS[made] = str
    return made


def to_sql(value: object) -> str:
    """Return the SQL text of any value but None.

    Raises:
        TemplateError: SQL has no literal for it.
    """
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    if isinstance(value, str):
        return quote(str(value))
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(_element, value)))}}}"
    raise failure(f"a value of type {type(value).__name__} cannot be written in SQL")
