"""What the ways taken through a template say about its other tests.

One request cannot take `{% if days > 30 %}` at one place and `{% if days <= 7 %}` at another: SQL
made of both would be checked for nothing.
"""

import ast
from collections.abc import Callable
from typing import Final

_SWAPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE,
    ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip
_OPPOSITES: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.NotEq: ast.Eq(), ast.NotIn: ast.In(), ast.IsNot: ast.Is(), ast.Lt: ast.GtE(),
    ast.LtE: ast.Gt(),
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}

# Whether a value is above a number: (n, 0) stands for >= n, (n, 1) for > n.
_Bound = tuple[float, int]


class Facts:
    """What is known of a template's tests: all of one request.

    Not all that follows is found; what is not found is None, never wrong.
    """

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._equal: dict[str, object] = {}
        self._above: dict[str, _Bound] = {}
        self._below: dict[str, _Bound] = {}

    def truth(self, test: ast.expr) -> bool | None:
        """Return what a test must be, None if it may be either."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.truth(test.operand)
            return None if inner is None else not inner
        if ast.unparse(test) in self._known:
            return self._known[ast.unparse(test)]
        if isinstance(test, ast.BoolOp):
            decisive = isinstance(test.op, ast.Or)
            values = [self.truth(value) for value in test.values]
            if decisive in values:
                return decisive
            return None if None in values else not decisive
        return self._comparison(test) if isinstance(test, ast.Compare) else None

    def assume(self, test: ast.expr, value: bool) -> None:
        """Take a test as true or as false."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.assume(test.operand, not value)
            return
        self._known[ast.unparse(test)] = value
        if isinstance(test, ast.BoolOp):
            decisive = isinstance(test.op, ast.Or)
            open_ = [part for part in test.values if self.truth(part) is not (not decisive)]
            # All parts have the value that does not decide, or only one is left that can decide.
            for part in test.values if value is not decisive else open_[: len(open_) == 1]:
                self.assume(part, value)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            self._assume_comparison(test, value)

    def _assume_comparison(self, test: ast.Compare, value: bool) -> None:
        operator, left, right = _normal(test)
        if type(operator) in _OPPOSITES:
            self.assume(ast.Compare(left, [_OPPOSITES[type(operator)]], [right]), not value)
            return
        key, number = ast.unparse(left), _number(right)
        if isinstance(operator, ast.Eq) and value:
            self._equal[key] = number if number is not None else _constant(right)
        elif isinstance(operator, ast.In) and not value:
            for item in _items(right):
                self.assume(ast.Compare(left, [ast.Eq()], [item]), False)
        elif isinstance(operator, ast.Gt | ast.GtE) and number is not None:
            bound = (number, int(isinstance(operator, ast.Gt)))
            if value:
                self._above[key] = max(bound, self._above.get(key, bound))
            else:
                self._below[key] = min(bound, self._below.get(key, bound))

    def _comparison(self, test: ast.Compare) -> bool | None:
        if len(test.ops) != 1:
            return None
        operator, left, right = _normal(test)
        if type(operator) in _OPPOSITES:
            opposite = self.truth(ast.Compare(left, [_OPPOSITES[type(operator)]], [right]))
            return None if opposite is None else not opposite
        normal = ast.unparse(ast.Compare(left, [operator], [right]))
        if normal in self._known:
            return self._known[normal]
        key, number = ast.unparse(left), _number(right)
        equal = self._equal.get(key)
        if isinstance(operator, ast.Eq) and equal is not None:
            other = number if number is not None else _constant(right)
            return None if other is None else equal == other
        if isinstance(operator, ast.In) and equal is not None and _items(right):
            return any(equal == _constant(item) for item in _items(right))
        if isinstance(operator, ast.Gt | ast.GtE) and number is not None:
            return self._is_above(key, (number, int(isinstance(operator, ast.Gt))))
        return None

    def _is_above(self, key: str, bound: _Bound) -> bool | None:
        equal = self._equal.get(key)
        if isinstance(equal, int | float):
            return (equal, 0) >= bound
        if key in self._above and self._above[key] >= bound:
            return True
        return False if key in self._below and self._below[key] <= bound else None


def _normal(test: ast.Compare) -> tuple[ast.cmpop, ast.expr, ast.expr]:
    """Return a comparison with what is compared on the left and the constant on the right."""
    operator, left, right = test.ops[0], test.left, test.comparators[0]
    is_swapped = _constant(left) is not None and _constant(right) is None
    if is_swapped and type(operator) in _SWAPPED:
        return _SWAPPED[type(operator)](), right, left
    return operator, left, right


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _items(node: ast.expr) -> list[ast.expr]:
    """Return the items of a list of constants; none if it is not one."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return items if all(isinstance(item, ast.Constant) for item in items) else []


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _number(node.left), _number(node.right)
        if left is None or right is None:
            return None
        return _ARITHMETIC[type(node.op)](left, right)
    value = _constant(node)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
