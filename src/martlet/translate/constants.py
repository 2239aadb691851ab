"""Values of expressions of literals, for clauses and parameters that must be written as numbers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from martlet.errors import UnsupportedFunctionError
from martlet.translate.syntax import Call, Cast, Expression, Identifier, Literal

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.scope import Scope


def evaluate(lowering: "Lowering", expression: Expression, scope: "Scope", of: str) -> object:
    """Return the value of an expression of literals; the texts in it are pinned.

    Raises:
        UnsupportedFunctionError: it is none, or has a function that is not known here.
    """
    match expression:
        case Literal():
            return lowering.pin(expression)
        case Identifier() if len(expression.parts) == 1:
            name = expression.parts[0]
            inner: Scope | None = scope
            while inner is not None:
                target = inner.aliases.get(name)
                if target is not None and target is not expression:
                    return evaluate(lowering, target, inner, of)
                inner = inner.parent
        case Cast() if "Int" in expression.type:
            return _to_integer(evaluate(lowering, expression.operand, scope, of))
        case Call() if expression.name in ("array", "tuple"):
            return [evaluate(lowering, item, scope, of) for item in expression.arguments]
        case Call() if expression.name in CONSTANT_FUNCTIONS:
            values = [evaluate(lowering, item, scope, of) for item in expression.arguments]
            try:
                return CONSTANT_FUNCTIONS[expression.name](*values)
            except (TypeError, ValueError, ArithmeticError) as error:
                raise UnsupportedFunctionError(
                    f"{of} cannot be calculated from these values", offset=expression.start
                ) from error
    raise UnsupportedFunctionError(f"{of} needs a constant here", offset=expression.start)


def _to_integer(value: object) -> object:
    if isinstance(value, str | int | float):
        return int(value)
    raise TypeError(value)


def _int_div(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


CONSTANT_FUNCTIONS: dict[str, Callable[..., object]] = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "intDiv": _int_div,
    "modulo": lambda a, b: a - b * _int_div(a, b),
    "negate": lambda a: -a,
    "greatest": max,
    "least": min,
    "if": lambda c, a, b: a if c else b,
    "toString": str,
    "assumeNotNull": lambda a: a,
    "coalesce": lambda *a: next((x for x in a if x is not None), None),
    "ifNull": lambda a, b: b if a is None else a,
    "materialize": lambda a: a,
    **{f"toInterval{unit}": _to_integer for unit in (
        "Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year")},
    **{f"to{sign}Int{bits}": _to_integer for sign in ("", "U") for bits in (8, 16, 32, 64)},
}  # fmt: skip
