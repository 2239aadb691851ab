"""The parameters of a template, found in its syntax without rendering it."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from martlet.errors import TemplateError
from martlet.model import Parameter
from martlet.template.expressions import (
    FUNCTION_NAMES,
    arguments_of,
    element_type,
    targets_of,
)
from martlet.template.syntax import If, JumpOut, Loop, Output, Set, Statement, Text, Try
from martlet.template.typed import TYPES

RESERVED: Final = ("format", "q")
# Begun by a letter, which Python's `re` looks for quickly, unlike `\b`.
_RESERVED: Final = [re.compile(rf"{name}(?<!\w{name})(?!\w)") for name in RESERVED]
# Helpers whose first argument is documented as `used_in: function_call`.
_CALLS = ("defined", "column", "columns", "split_to_array")
_UNLISTED = ("symbol", "table", "TABLE", "Int", "Integer")
_MAX_EXACT: Final = 2**53 - 1


@dataclass(slots=True)
class Declared:
    """What the syntax of a template says about its names.

    Attributes:
        parameters: in order of first appearance; the first definition with a type wins.
        required: those that the error for missing parameters lists if they have no value.
        arrays: element type of those whose text value is split for the whole template.
    """

    parameters: tuple[Parameter, ...]
    required: tuple[str, ...]
    arrays: dict[str, str]


@dataclass(slots=True)
class _Use:
    parameter: Parameter
    rank: int
    is_required: bool


def local_names(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the names that `set`, `for` and `except` give values."""
    names: set[str] = set()
    for statement in walk(statements):
        if isinstance(statement, Set) and isinstance(statement.statement, ast.Assign):
            for target in statement.statement.targets:
                names.update(targets_of(target))
        elif isinstance(statement, Set) and isinstance(statement.statement, ast.AugAssign):
            names.update(targets_of(statement.statement.target))
        elif isinstance(statement, Loop) and statement.target is not None:
            names.update(targets_of(statement.target))
        elif isinstance(statement, Try):
            names.update(handler.name for handler in statement.handlers if handler.name)
    return frozenset(names)


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """Yield all statements of a template in the order of its text."""
    for statement in statements:
        yield statement
        for body in bodies_of(statement):
            yield from walk(body)


def bodies_of(statement: Statement) -> list[list[Statement]]:
    """Return the blocks of a statement in the order of the text."""
    match statement:
        case If(branches=branches, otherwise=otherwise):
            return [*(body for *_, body in branches), otherwise or []]
        case Loop(body=body, otherwise=otherwise):
            return [body, otherwise or []]
        case Try():
            handlers = [handler.body for handler in statement.handlers]
            return [statement.body, *handlers, statement.otherwise or [], statement.finally_ or []]
        case _:
            return []


def declared(sql: str, statements: Sequence[Statement], names: frozenset[str]) -> Declared:
    """Return the parameters of a template.

    Args:
        sql: the template's text, for the line of an error.
        statements: what it says.
        names: what the template itself gives values.

    Raises:
        TemplateError: a name that only the API may use.
    """
    finder = _Finder(sql, names, any(name.search(sql) for name in _RESERVED))
    finder.statements(statements)
    uses = finder.uses
    return Declared(
        tuple(use.parameter for use in uses.values()),
        tuple(name for name, use in uses.items() if use.is_required),
        {name: kind for name, kind in finder.arrays.items() if name not in names},
    )


@dataclass(slots=True)
class _Finder:
    sql: str
    names: frozenset[str]
    may_be_reserved: bool
    uses: dict[str, _Use] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    unsplit: set[str] = field(default_factory=set)
    offset: int = 0
    in_output: bool = False

    def statements(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, statement: Statement) -> None:
        if not isinstance(statement, Text | JumpOut):
            self.offset = statement.offset
        match statement:
            case Output(expression=expression):
                self.in_output = True
                self.expression(expression, is_required=not isinstance(expression, ast.Name))
                self.in_output = False
            case Set(statement=assigned):
                self.assigned(assigned)
            case If():
                self.condition(statement)
                return
            case Loop(expression=expression, target=target):
                if target is not None:
                    self.check_reserved(target)
                self.keep_whole(expression)
                self.expression(expression)
            case _:
                pass
        for body in bodies_of(statement):
            self.statements(body)

    def condition(self, statement: If) -> None:
        for test, offset, body in statement.branches:
            self.offset = offset
            self.keep_compared(test)
            self.expression(test)
            self.statements(body)
        self.statements(statement.otherwise or [])

    def assigned(self, statement: ast.Assign | ast.AugAssign | ast.Expr) -> None:
        if not isinstance(statement, ast.Expr):
            self.check_reserved(statement)
        self.keep_whole(statement.value)
        self.expression(statement.value)

    def keep_whole(self, expression: ast.expr) -> None:
        """Note a name whose text is iterated or copied before any `Array` has it.

        Tinybird splits the text of every other parameter of an `Array` before it renders.
        """
        match expression:
            case ast.Call(func=ast.Name(id="enumerate_with_last"), args=[ast.Name(id=name)]):
                self.stays_text(name)
            case ast.Name(id=name):
                self.stays_text(name)
            case _:
                pass

    def keep_compared(self, test: ast.expr) -> None:
        """Note a name that an `if` compares with a text, `{% if x == 'all' %}`."""
        if isinstance(test, ast.Compare):
            compared = [test.left, *test.comparators]
            if all(isinstance(item, ast.Name | ast.Constant) for item in compared):
                for item in compared:
                    self.keep_whole(item)

    def stays_text(self, name: str) -> None:
        if name not in self.arrays:
            self.unsplit.add(name)

    def check_reserved(self, tree: ast.AST) -> None:
        if not self.may_be_reserved:
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in RESERVED:
                line = self.sql.count("\n", 0, self.offset) + 1
                error = TemplateError(
                    f'"{node.id}" can not be used as a variable name, line {line}'
                )
                error.offset = self.offset
                raise error

    def expression(self, node: ast.expr, *, is_required: bool = True) -> None:
        self.check_reserved(node)
        self.visit(node, is_required=is_required)

    def visit(self, node: ast.AST, *, is_required: bool = True) -> None:
        match node:
            case ast.Name(id=name):
                self.add(Parameter(name), 1, is_required=is_required)
            case ast.Call(func=ast.Name(id=function)):
                self.call(function, node)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                if attribute != "join":
                    self.stays_text(name)
                self.children(node)
            case ast.Subscript(value=ast.Name(id=name)):
                self.stays_text(name)
                self.children(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                self.comprehension(node)
            case _:
                self.children(node)

    def children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        outer = self.names
        self.names = outer | frozenset(targets_of(node))
        self.children(node)
        self.names = outer

    def call(self, function: str, node: ast.Call) -> None:
        rest: list[ast.expr] = [*node.args, *(keyword.value for keyword in node.keywords)]
        first = rest[0] if node.args else None
        if function in TYPES or function in ("Array", "JSON"):
            self.typed(function, node, first)
            rest = rest[1:] if isinstance(first, ast.Name) else rest
            rest = [] if function == "Array" else rest
        elif function in _CALLS and isinstance(first, ast.Name | ast.Constant):
            self.helper(function, first, rest[1:])
            rest = rest[1:]
        elif function in _UNLISTED and isinstance(first, ast.Name):
            rest = rest[1:]
        for argument in rest:
            self.visit(argument, is_required=not isinstance(argument, ast.Name))

    def helper(self, function: str, first: ast.Name | ast.Constant, rest: list[ast.expr]) -> None:
        name = first.id if isinstance(first, ast.Name) else first.value
        if not isinstance(name, str) or (isinstance(first, ast.Constant) and function != "defined"):
            return
        default = _literal(rest[0]) if rest and function != "defined" else None
        self.add(Parameter(name, default=default, used_in="function_call"), 0, is_required=False)

    def typed(self, function: str, node: ast.Call, first: ast.expr | None) -> None:
        given, _ = arguments_of("String" if function == "JSON" else function, node)
        if not isinstance(first, ast.Name):
            return
        kind = function
        if function == "Array":
            kind = f"Array({element_type(given.get('type'))})"
            if first.id not in self.unsplit:
                self.arrays.setdefault(first.id, element_type(given.get("type")))
        elif self.in_output:
            self.stays_text(first.id)
        if function in _UNLISTED:
            return
        parameter = _parameter(first.id, kind, given)
        has_default = "default" in given and not _is_none(given["default"])
        self.add(parameter, 2, is_required=not has_default)

    def add(self, parameter: Parameter, rank: int, *, is_required: bool) -> None:
        if parameter.name in self.names or parameter.name in FUNCTION_NAMES:
            return
        use = self.uses.get(parameter.name)
        if use is None:
            self.uses[parameter.name] = _Use(parameter, rank, is_required)
            return
        if rank > use.rank:
            use.parameter, use.rank = parameter, rank
        use.is_required = use.is_required or is_required


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(node: ast.expr | None) -> object:
    """Return what a literal stands for, None for anything else."""
    if node is None:
        return None
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    is_large = isinstance(value, int) and abs(value) > _MAX_EXACT
    return str(value) if is_large else value


def _parameter(name: str, kind: str, given: dict[str, ast.expr]) -> Parameter:
    written = {key: _literal(node) for key, node in given.items()}
    description, required, enum = (written.get(key) for key in ("description", "required", "enum"))
    format_ = written.get("format")
    return Parameter(
        name=name,
        type=kind,
        default=written.get("default"),
        description=None if description is None else str(description),
        required=None if required is None else bool(required),
        example=written.get("example"),
        enum=tuple(enum) if isinstance(enum, list | tuple) else None,
        format=None if format_ is None else str(format_),
    )
