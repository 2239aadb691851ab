"""Calls of type functions, and functions as values."""

import ast
import builtins
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from martlet.template.functions import CONTROL_BUILTINS, FUNCTIONS, OUTPUT_BUILTINS, Function
from martlet.template.run import Evaluate, Run
from martlet.template.typed import (
    ARRAY_PARAMETERS,
    BOOLEAN_PARAMETERS,
    PARAMETERS,
    TYPES,
    array,
    typed_value,
)

_T = TypeVar("_T")

CONTROL_FUNCTIONS: Final = FUNCTIONS | OUTPUT_BUILTINS | CONTROL_BUILTINS


class Callback:
    """A function as a value: what `map` and `sorted` call, and always true."""

    __slots__ = ("call", "shown")

    def __init__(self, shown: str, call: Function) -> None:
        self.shown = shown
        self.call = call

    def __call__(self, *arguments: object, **options: object) -> object:
        return self.call(*arguments, **options)

    def __repr__(self) -> str:
        return self.shown


Callback.__name__ = "function"  # Python's errors name the class


def callback(run: Run, name: str) -> Callback:
    """Return a template function as a value."""
    if name in TYPES:
        type_ = TYPES[name]
        return Callback(
            f"<function {name}>",
            lambda value: typed_value(type_, lambda run: value, None, None)(run),
        )
    if name == "Array":
        return Callback(
            "<function Array>",
            lambda value: array(None, lambda run: value, None, None)(run),
        )
    function = CONTROL_FUNCTIONS[name]
    shown = f"<function {name}>" if name in FUNCTIONS else repr(getattr(builtins, name, name))
    return Callback(shown, lambda *values, **options: function(run, *values, **options))


def check_count(names: Sequence[str], values: Sequence[object]) -> None:
    """Refuse another number of arguments than a lambda has."""
    if len(values) < len(names):
        raise missing_argument("<lambda>")
    if len(values) > len(names):
        s = "" if len(names) == 1 else "s"
        raise TypeError(
            f"<lambda>() takes {len(names)} positional argument{s} but {len(values)} were given"
        )


def typed_call(name: str, kind: object, value: Evaluate, options: dict[str, Evaluate]) -> Evaluate:
    """Return a type function with the closures of its arguments."""
    default, defined = options.get("default"), options.get("defined")
    if name == "Array":
        return array(kind, value, default, defined)
    return typed_value(TYPES[name], value, default, defined)


def constant(value: object) -> Evaluate:
    """Return the closure of a value that is known."""
    return lambda run: value


def is_constant(node: ast.expr) -> bool:
    """Whether computing an expression can do nothing but give its value."""
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return isinstance(node, ast.Constant)


def arguments_of(
    name: str, positional: Sequence[_T], named: Iterable[tuple[str | None, _T]]
) -> dict[str, _T]:
    """Return the arguments of a type function by parameter.

    Raises:
        TypeError: not the arguments that it takes; the text is Python's.
    """
    parameters = {"Array": ARRAY_PARAMETERS, "Boolean": BOOLEAN_PARAMETERS}.get(name, PARAMETERS)
    if len(positional) > len(parameters):
        raise TypeError(
            f"{name}() takes from 1 to {len(parameters)} positional arguments "
            f"but {len(positional)} were given"
        )
    given = dict(zip(parameters, positional, strict=False))
    for key, value in named:
        if key not in parameters[1:]:
            raise TypeError(f"{name}() got an unexpected keyword argument {key!r}")
        if key in given:
            raise TypeError(f"{name}() got multiple values for argument {key!r}")
        given[key] = value
    if "name" not in given:
        raise missing_argument(name)
    return given


def missing_argument(name: str) -> TypeError:
    """Return Python's error for a call without an argument that it needs."""
    return TypeError(f"{name}() missing 1 required positional argument")


def element_type(node: ast.expr | None) -> object:
    """Return what an `Array` has for the type of its elements: only a text names one."""
    if isinstance(node, ast.Constant):
        return node.value
    return [] if isinstance(node, ast.List) else None  # a list fails, whatever is in it
