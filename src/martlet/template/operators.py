"""Python's operators and methods for template expressions, each with a bound on its result."""

import ast
import operator
import re
from collections.abc import Callable
from typing import Any, Final

from martlet.template.run import MAX_INTEGER_BITS, MAX_SQL_CHARACTERS, Run
from martlet.template.values import SAMPLE, LimitError, Sample, failure

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
    try:
        return _bounded(run, value[index])
    except KeyError as error:
        raise failure(
            f"Missing key {error} while rendering the template. "
            "Ensure every object accessed in the template has this key."
        ) from None
    except IndexError as error:
        if not isinstance(value, str):
            raise failure(str(error)) from None
        raise failure(
            "String index out of range. Check that string parameters have values before accessing "
            "specific characters (e.g., param[0]). Provide default values or add length checks in "
            "your template."
        ) from None


def _join(run: Run, separator: str, items: Any) -> str:  # noqa: ANN401
    listed = list(items)
    size = sum(len(item) for item in listed if isinstance(item, str))
    _check_size(run, size + len(separator) * len(listed))
    return str(separator).join(listed)


def _replace(run: Run, text: str, old: str, new: str, count: int = -1) -> str:
    _check_size(run, len(text) + text.count(old) * len(new))
    return str(text).replace(old, new, count)


def _zfill(run: Run, text: str, width: int) -> str:
    _check_size(run, max(len(text), width))
    return text.zfill(width)


def _append(run: Run, items: list[object], item: object) -> None:
    run.spend(1)
    items.append(item)


def _of(method: Method) -> Method:
    """Return a method whose result is no larger than the object."""

    def call(run: Run, value: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        run.spend(len(value))
        return method(value, *arguments, **options)

    return call


OUTPUT_METHODS: Final = frozenset(("split", "join", "get", "replace"))
METHODS: Final[dict[str, tuple[type, Method]]] = {
    "append": (list, _append),
    "capitalize": (str, _of(str.capitalize)),
    "count": (str, _of(str.count)),
    "endswith": (str, _of(str.endswith)),
    "find": (str, _of(str.find)),
    "get": (dict, lambda run, value, *arguments: value.get(*arguments)),
    "index": (str, _of(str.index)),
    "isalnum": (str, _of(str.isalnum)),
    "isalpha": (str, _of(str.isalpha)),
    "isdigit": (str, _of(str.isdigit)),
    "isnumeric": (str, _of(str.isnumeric)),
    "items": (dict, _of(lambda value: list(value.items()))),
    "join": (str, _join),
    "keys": (dict, _of(lambda value: list(value))),
    "lower": (str, _of(str.lower)),
    "lstrip": (str, _of(str.lstrip)),
    "removeprefix": (str, _of(str.removeprefix)),
    "removesuffix": (str, _of(str.removesuffix)),
    "replace": (str, _replace),
    "rsplit": (str, _of(str.rsplit)),
    "rstrip": (str, _of(str.rstrip)),
    "split": (str, _of(str.split)),
    "splitlines": (str, _of(str.splitlines)),
    "startswith": (str, _of(str.startswith)),
    "strip": (str, _of(str.strip)),
    "title": (str, _of(str.title)),
    "upper": (str, _of(str.upper)),
    "values": (dict, _of(lambda value: list(value.values()))),
    "zfill": (str, _zfill),
}


_OF_SAMPLE: Final[dict[str, object]] = {
    "count": 0,
    "endswith": False,
    "find": -1,
    "isalnum": False,
    "isalpha": False,
    "isdigit": False,
    "isnumeric": False,
    "items": [(SAMPLE, SAMPLE)],
    "startswith": False,
}


def call_method(run: Run, name: str, value: Any, arguments: list[Any], options: Any) -> Any:  # noqa: ANN401
    """Call one of `METHODS`."""
    if isinstance(value, Sample):
        return _OF_SAMPLE.get(name, SAMPLE)
    if value is None or not isinstance(value, METHODS[name][0]):
        if name in ("index", "count") and isinstance(value, list | tuple):
            run.spend(len(value))
            return getattr(value, name)(*arguments)
        raise failure(f"{type(value).__name__!r} object has no attribute {name!r}")
    return METHODS[name][1](run, value, *arguments, **options)
