"""The name that ClickHouse gives to a column without alias: the text of its tree.

Measured on chDB 26.9: functions are named as they are written, operators by their function, an
expression with an alias by the alias.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from martlet.translate.syntax import (
    Bound,
    Call,
    Cast,
    Expression,
    Identifier,
    Lambda,
    Literal,
    OrderItem,
    Star,
    Subquery,
    Window,
)


@dataclass(slots=True)
class Naming:
    """What names depend on beside the tree.

    Attributes:
        identifier: the text of a name: a column that others are called like keeps its table's.
        inside: how many numbers of subqueries a subquery or an alias takes for what is in it.
        taken: how many numbers are taken.
        subqueries: numbers of the query's subqueries by identity, for `_subquery_1`.
    """

    identifier: Callable[[Identifier], str] = lambda identifier: identifier.parts[-1]
    inside: Callable[[Subquery | Identifier], int] = lambda _: 0
    taken: int = 0
    subqueries: dict[int, int] = field(default_factory=dict)

    def number(self, subquery: Expression) -> int:
        """Return the number of a subquery; those inside of it come after it."""
        if id(subquery) not in self.subqueries:
            self.taken += 1
            self.subqueries[id(subquery)] = self.taken
            if isinstance(subquery, Subquery):
                self.taken += self.inside(subquery)
        return self.subqueries[id(subquery)]


def column_name(expression: Expression, naming: Naming | None = None) -> str:
    """Return the name of a column: its alias, or its text."""
    if expression.alias is not None:
        return expression.alias
    return _text(expression, naming or Naming())


def text_of(expression: Expression, naming: Naming | None = None) -> str:
    """Return an expression's text, whatever its own alias is."""
    return _text(expression, naming or Naming())


def _text(expression: Expression, naming: Naming) -> str:
    match expression:
        case Literal():
            return literal_name(expression.value)
        case Identifier():
            naming.taken += naming.inside(expression)
            return naming.identifier(expression)
        case Cast():
            operand = (
                literal_name(expression.literal_text)
                if expression.literal_text is not None
                else column_name(expression.operand, naming)
            )
            return f"CAST({operand}, {literal_name(expression.type)})"
        case Lambda():
            body = column_name(expression.body, naming)
            return f"lambda(tuple({', '.join(expression.parameters)}), {body})"
        case Subquery():
            return f"_subquery_{naming.number(expression)}"
        case Star():
            return "*"
        case Call():
            return _call(expression, naming)
        case _:
            raise AssertionError(expression)


def _call(call: Call, naming: Naming) -> str:
    if _is_literal(call):
        return _literals(call, _common(call))
    arguments = ", ".join(column_name(item, naming) for item in call.arguments)
    if call.name == "array":
        text = f"[{arguments}]"
    elif call.name == "tuple":
        text = f"({arguments})"
    elif call.name == "exists":
        text = f"in(1, {arguments})"
        naming.number(call)  # it is read twice
    else:
        name = call.name + ("Distinct" if call.distinct else "")
        if call.parameters is not None:
            name += f"({', '.join(column_name(item, naming) for item in call.parameters)})"
        text = f"{name}({arguments})"
    if call.window is None:
        return text
    if isinstance(call.window, str):
        return f"{text} OVER {call.window}"
    return f"{text} OVER ({_window(call.window, naming)})"


def _is_literal(call: Call) -> bool:
    """Whether it is one literal for ClickHouse: an array of literals in `[]`, or a tuple in `()`.

    A written `array(1, 2)` is none, nor is one with an alias inside; a call starts with its name
    and is longer than its brackets, which the first argument shows.
    """
    if call.name not in ("array", "tuple") or call.window is not None:
        return False
    if call.arguments and call.arguments[0].start >= call.start + len(call.name):
        return False
    if call.name == "tuple" and len(call.arguments) < 2:
        return False
    return all(
        (isinstance(item, Literal) or
         (isinstance(item, Call) and item.name == call.name and _is_literal(item)))
        and item.alias is None
        for item in call.arguments
    )  # fmt: skip


def _leaves(call: Call) -> Iterator[object]:
    for item in call.arguments:
        if isinstance(item, Call):
            yield from _leaves(item)
        elif isinstance(item, Literal):
            yield item.value


def _common(call: Call) -> type[float] | type[bool] | None:
    """Return what the numbers of a literal array become: it has one type."""
    if call.name != "array":
        return None
    values = list(_leaves(call))
    if any(isinstance(value, float) for value in values):
        return float
    return bool if any(isinstance(value, bool) for value in values) else None


def _literals(call: Call, common: type[float] | type[bool] | None) -> str:
    parts: list[str] = []
    for item in call.arguments:
        if isinstance(item, Call):
            parts.append(_literals(item, common))
        elif isinstance(item, Literal):
            value = item.value
            if common is not None and isinstance(value, int):
                value = common(value)
            parts.append(literal_name(int(value) if isinstance(value, bool) else value))
    text = ", ".join(parts)
    return f"[{text}]" if call.name == "array" else f"({text})"


def _window(window: Window, naming: Naming) -> str:
    parts = [window.base] if window.base else []
    if window.partition_by:
        names = ", ".join(column_name(item, naming) for item in window.partition_by)
        parts.append(f"PARTITION BY {names}")
    if window.order_by:
        parts.append("ORDER BY " + ", ".join(_order(item, naming) for item in window.order_by))
    if window.units and window.start and window.end:
        bounds = f"{_bound(window.start, naming)} AND {_bound(window.end, naming)}"
        parts.append(f"{window.units} BETWEEN {bounds}")
    return " ".join(parts)


def _order(item: OrderItem, naming: Naming) -> str:
    text = column_name(item.expression, naming) + (" DESC" if item.descending else " ASC")
    if item.nulls_first is not None:
        text += " NULLS FIRST" if item.nulls_first else " NULLS LAST"
    return text if item.collate is None else f"{text} COLLATE {item.collate}"


def _bound(bound: Bound, naming: Naming) -> str:
    if bound.kind == "current row":
        return "CURRENT ROW"
    amount = "UNBOUNDED" if bound.offset is None else column_name(bound.offset, naming)
    return f"{amount} {bound.kind.upper()}"


def literal_name(value: object) -> str:
    """Return a literal as ClickHouse writes it in a name."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.translate(_ESCAPES) + "'"
    if isinstance(value, float):
        return _float(value)
    return str(value)


_ESCAPES = str.maketrans({"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
                          "\0": "\\0", "\\": "\\\\", "'": "\\'"})  # fmt: skip


def _float(value: float) -> str:
    """Return a float in ClickHouse's shortest form: `1.`, `0.1`, `1e-7`, `10000000000.`."""
    if not math.isfinite(value):
        return str(value)
    sign, digits, power = Decimal(repr(value)).normalize().as_tuple()
    text, minus = "".join(map(str, digits)), "-" if sign else ""
    if value == 0:
        return f"{minus}0."
    first = len(text) - 1 + int(power)  # the power of ten of the first digit
    if -7 < first < 0:
        return f"{minus}0.{'0' * (-first - 1)}{text}"
    if 0 <= first < 21:
        whole = text[: first + 1].ljust(first + 1, "0")
        return f"{minus}{whole}.{text[first + 1 :]}"
    point = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{point}e{first}"
