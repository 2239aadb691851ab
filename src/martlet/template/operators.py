"""Python's operators and methods for template expressions, each with a bound on its result."""

import ast
import contextlib
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from martlet.template.run import MAX_INTEGER_BITS, MAX_SQL_CHARACTERS, Run
from martlet.template.values import SAMPLE, LimitError, Sample

Binary = Callable[[Run, Any, Any], Any]
Method = Callable[..., Any]

_TOO_LARGE = "Template Syntax Error: an expression grows too large"
_SIZED = (str, list, tuple)


def _check_size(run: Run, size: int) -> None:
    if size > MAX_SQL_CHARACTERS:
        raise LimitError(_TOO_LARGE)
    run.spend(size)


def _bounded(run: Run, result: Any) -> Any:  # noqa: ANN401
    if isinstance(result, _SIZED):
        _check_size(run, len(result))
    elif isinstance(result, int) and result.bit_length() > MAX_INTEGER_BITS:
        raise LimitError(_TOO_LARGE)
    return result


def _simple(function: Callable[[Any, Any], Any]) -> Binary:
    """Return an operator whose result is at most as large as both operands together."""
    return lambda run, left, right: _bounded(run, function(left, right))


def _multiply(run: Run, left: Any, right: Any) -> Any:  # noqa: ANN401
    for items, times in ((left, right), (right, left)):
        if isinstance(items, _SIZED) and isinstance(times, int) and times > 0:
            _check_size(run, len(items) * int(times))
    return _bounded(run, left * right)


def _power(run: Run, left: Any, right: Any) -> Any:  # noqa: ANN401
    are_integers = isinstance(left, int) and isinstance(right, int)
    if are_integers and abs(int(left).bit_length() * int(right)) > MAX_INTEGER_BITS:
        raise LimitError(_TOO_LARGE)
    return _bounded(run, left**right)


def _shift(run: Run, left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(right, int) and right > MAX_INTEGER_BITS:
        raise LimitError(_TOO_LARGE)
    return _bounded(run, left << right)


def _modulo(run: Run, left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(right, Sample):
        return right
    if isinstance(left, str) and not isinstance(left, Sample):
        _check_format(left)
        _check_size(run, len(left) * 3 + len(str(right)) * (left.count("%") + 1))
    return _bounded(run, left % right)


OUTPUT_BINARY: Final[dict[type[ast.operator], Binary]] = {
    ast.Add: _simple(operator.add),
    ast.Sub: _simple(operator.sub),
    ast.Mult: _multiply,
}
CONTROL_BINARY: Final[dict[type[ast.operator], Binary]] = {
    **OUTPUT_BINARY,
    ast.BitAnd: _simple(operator.and_),
    ast.BitOr: _simple(operator.or_),
    ast.BitXor: _simple(operator.xor),
    ast.Div: _simple(operator.truediv),
    ast.FloorDiv: _simple(operator.floordiv),
    ast.LShift: _shift,
    ast.MatMult: _simple(operator.matmul),
    ast.Mod: _modulo,
    ast.Pow: _power,
    ast.RShift: _simple(operator.rshift),
}
OUTPUT_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
}
CONTROL_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    **OUTPUT_UNARY,
    ast.Invert: operator.invert,
    ast.UAdd: operator.pos,
}


def _contains(run: Run, item: Any, container: Any) -> bool:  # noqa: ANN401
    if isinstance(container, Sample):
        return False
    if isinstance(container, list | tuple):
        run.spend(len(container))
    return item in container


COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Run, Any, Any], Any]]] = {
    ast.Eq: lambda run, left, right: left == right,
    ast.Gt: lambda run, left, right: left > right,
    ast.GtE: lambda run, left, right: left >= right,
    ast.In: _contains,
    ast.Is: lambda run, left, right: left is right,
    ast.IsNot: lambda run, left, right: left is not right,
    ast.Lt: lambda run, left, right: left < right,
    ast.LtE: lambda run, left, right: left <= right,
    ast.NotEq: lambda run, left, right: left != right,
    ast.NotIn: lambda run, left, right: not _contains(run, left, right),
}

_WIDTH = re.compile(r"\d{4}|\*")


def _check_format(specification: str) -> None:
    """Refuse widths and precisions of thousands of characters."""
    if _WIDTH.search(specification):
        raise LimitError("Template Syntax Error: a format is too wide")


def format_value(run: Run, value: Any, conversion: int, specification: str) -> str:  # noqa: ANN401
    """Return what an f-string prints for a value."""
    if conversion in (ord("r"), ord("a")):
        value = repr(value) if conversion == ord("r") else ascii(value)
    elif conversion == ord("s"):
        value = str(value)
    _check_format(specification)
    text = format(value, specification)
    _check_size(run, len(text))
    return text


def subscript(run: Run, value: Any, index: Any) -> Any:  # noqa: ANN401
    """Return an element or a slice."""
    return _bounded(run, value[index])


def assign_item(run: Run, container: Any, index: Any, value: Any) -> None:  # noqa: ANN401
    """Give an item of a list or a dict, or a slice of a list, a value."""
    if isinstance(container, Sample):
        return
    if not isinstance(container, dict | list):
        raise TypeError(f"{type(container).__name__!r} object does not support item assignment")
    if isinstance(index, slice):
        run.spend(len(value))
    container[index] = value


def spread(run: Run, value: Any) -> list[object]:  # noqa: ANN401
    """Return the items that `*value` stands for."""
    if not isinstance(value, Iterable):
        raise TypeError(f"Value after * must be an iterable, not {type(value).__name__}")
    items = list(value)
    run.spend(len(items))
    return items


def mapping(run: Run, value: Any) -> dict[Any, object]:  # noqa: ANN401
    """Return the items that `**value` stands for."""
    if isinstance(value, Sample):
        return {}
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__!r} object is not a mapping")
    run.spend(len(value))
    return value


def add_named(named: dict[str, object], more: dict[Any, object]) -> None:
    """Add the arguments of `**more` to those of a call."""
    for name, value in more.items():
        if not isinstance(name, str):
            raise TypeError("keywords must be strings")
        named[name] = value


def unpacked(value: Any, count: int, starred: int | None) -> list[object]:  # noqa: ANN401
    """Return one value for each of some targets, of which one may take what is left."""
    if not isinstance(value, Iterable):
        raise TypeError(f"cannot unpack non-iterable {type(value).__name__} object")
    values = list(value)
    least = count - (starred is not None)
    if len(values) < least:
        wanted = f"{count}" if starred is None else f"at least {least}"
        raise ValueError(f"not enough values to unpack (expected {wanted}, got {len(values)})")
    if starred is not None:
        end = starred + len(values) - least
        values[starred:end] = [values[starred:end]]
    if len(values) > count:
        raise ValueError(f"too many values to unpack (expected {count})")
    return values


def _of(method: Method) -> Method:
    """Return a method whose result is no larger than the object."""

    def call(run: Run, value: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        run.spend(len(value))
        return method(value, *arguments, **options)

    return call


def _sized(method: Method, size: Callable[..., int]) -> Method:
    """Return a method whose result is as large as a function of the arguments says.

    Arguments that the function does not take are wrong ones: Python's own method refuses them.
    """

    def call(run: Run, value: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        with contextlib.suppress(TypeError):
            _check_size(run, size(value, *arguments, **options))
        return method(value, *arguments, **options)

    return call


def _joined_size(separator: str, items: Any) -> int:  # noqa: ANN401
    size = sum(len(item) for item in items if isinstance(item, str))
    return size + len(separator) * len(items)


def _replaced_size(text: str, old: str, new: str, count: int = -1) -> int:
    return len(text) + text.count(old) * len(new)


def _padded_size(text: str, width: int, fill: str = " ") -> int:
    return max(len(text), width)


def _expanded_size(text: str, tabsize: int = 8) -> int:
    return len(text) + text.count("\t") * max(tabsize, 0)


def _longer_size(items: Any, more: Any = (), **options: object) -> int:  # noqa: ANN401
    return len(items) + len(more) + len(options)


def _listed(method: Method) -> Method:
    """Return a method that gives a list where Python has a view."""
    return _of(lambda value, *arguments: list(method(value, *arguments)))


def _plain(kind: type, names: str) -> dict[str, Method]:
    return {name: _of(getattr(kind, name)) for name in names.split()}


OUTPUT_METHODS: Final = frozenset(("split", "join", "get", "replace"))
METHODS: Final[dict[type, dict[str, Method]]] = {
    str: {
        **_plain(
            str,
            "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal"
            " isdigit isidentifier islower isnumeric isprintable isspace istitle isupper lower"
            " lstrip partition removeprefix removesuffix rfind rindex rpartition rsplit rstrip"
            " split splitlines startswith strip swapcase title upper",
        ),
        "center": _sized(str.center, _padded_size),
        "expandtabs": _sized(str.expandtabs, _expanded_size),
        "join": _sized(str.join, _joined_size),
        "ljust": _sized(str.ljust, _padded_size),
        "replace": _sized(str.replace, _replaced_size),
        "rjust": _sized(str.rjust, _padded_size),
        "zfill": _sized(str.zfill, _padded_size),
    },
    list: {
        **_plain(list, "append clear copy count index insert pop remove reverse sort"),
        "extend": _sized(list.extend, _longer_size),
    },
    dict: {
        **_plain(dict, "clear copy get pop popitem setdefault"),
        **{name: _listed(getattr(dict, name)) for name in ("items", "keys", "values")},
        "update": _sized(dict.update, _longer_size),
    },
    tuple: _plain(tuple, "count index"),
    set: _plain(set, "add copy difference discard intersection isdisjoint issubset issuperset"
                     " remove symmetric_difference union"),
}  # fmt: skip
METHOD_NAMES: Final = frozenset(name for methods in METHODS.values() for name in methods)
# What Python's values have and a template may not use.
REFUSED_ATTRIBUTES: Final = (
    frozenset(name for kind in (*METHODS, bytes, float, int) for name in dir(kind)) - METHOD_NAMES
)


_OF_SAMPLE: Final[dict[str, object]] = {
    "count": 0,
    "endswith": False,
    "find": -1,
    "items": [(SAMPLE, SAMPLE)],
    "rfind": -1,
    "startswith": False,
}


def method_of(value: Any, name: str) -> Method:  # noqa: ANN401
    """Return a method of a value.

    Raises:
        AttributeError: the value has none of that name.
    """
    if isinstance(value, Sample):
        result = _OF_SAMPLE.get(name, False if name.startswith("is") else SAMPLE)
        return lambda run, *arguments, **options: result
    for kind, methods in METHODS.items():
        if isinstance(value, kind) and name in methods:
            method = methods[name]
            return lambda run, *arguments, **options: method(run, value, *arguments, **options)
    text = f"{type(value).__name__!r} object has no attribute {name!r}"
    if name == "get" and type(value) is str:
        text += ". Make sure you're using an object/dictionary where trying to use .get()"
    raise AttributeError(text)
