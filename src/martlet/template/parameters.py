"""The parameters of a template, found in its syntax without rendering it."""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from martlet.errors import TemplateError
from martlet.model import Parameter
from martlet.template.expressions import FUNCTION_NAMES, targets_of
from martlet.template.syntax import If, JumpOut, Loop, Output, Set, Statement, Text, Try
from martlet.template.typed import TYPES

RESERVED: Final = ("format", "q")
# Helpers whose first argument is documented as `used_in: function_call`.
_CALLS: Final = frozenset(
    """
    column columns date_diff_in_days date_diff_in_hours date_diff_in_minutes date_diff_in_seconds
    day_diff defined enumerate_with_last split_to_array sql_and
    """.split()
)
# Functions whose own parameters no documentation has.
_SILENT: Final = frozenset(("Int", "Integer", "TABLE", "symbol", "table"))
_TYPED: Final = (TYPES.keys() | {"Array", "JSON"}) - _SILENT
_PYTHON_NAMES: Final = frozenset(dir(builtins))
_ARRAY: Final = re.compile(r"Array\((\w+)\)")
_MAX_EXACT: Final = 2**53 - 1


@dataclass(slots=True)
class Declared:
    """What the syntax of a template says about its names.

    Attributes:
        parameters: in order of first appearance; the first definition with a type wins.
        required: what the error for a missing value lists, given or not, as Tinybird does.
        arrays: element type of those whose text value is split for the whole template.
    """

    parameters: tuple[Parameter, ...]
    required: tuple[str, ...]
    arrays: dict[str, str]


@dataclass(slots=True)
class _Use:
    """A tag's use of a name.

    Attributes:
        rank: how much it says about the parameter.
        is_listed: whether Tinybird has it among the template's parameters; it leaves out a name
            that is printed as it is, and arguments of most functions.
        is_number: whether no name stands where one should, `Int32(5)`.
    """

    parameter: Parameter
    rank: int = 1
    is_listed: bool = True
    is_number: bool = False


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
    finder = _Finder(sql)
    finder.statements(statements)
    listed = [use.parameter for use in finder.uses if use.is_listed]
    required = [item.name for item in listed if item.default is None and item.used_in is None]
    if any(use.is_number and use.parameter.default is None for use in finder.uses):
        required = []  # Tinybird cannot sort names and numbers, and lists none
    types = {item.name: item.type for item in reversed(listed)}
    arrays = {name: _ARRAY.fullmatch(kind) for name, kind in types.items()}
    return Declared(
        _documented(finder.uses, names | finder.stored),
        tuple(dict.fromkeys(required)),
        {name: found[1] for name, found in arrays.items() if found is not None},
    )


def _documented(uses: Iterable[_Use], names: frozenset[str]) -> tuple[Parameter, ...]:
    best: dict[str, _Use] = {}
    for use in uses:
        name = use.parameter.name
        if name in names or name in FUNCTION_NAMES or use.is_number:
            continue
        known = best.setdefault(name, use)
        if use.rank > known.rank:
            best[name] = use
    return tuple(use.parameter for use in best.values())


@dataclass(slots=True)
class _Finder:
    """Goes through a template in Tinybird's order: a block before the test that it is for."""

    sql: str
    uses: list[_Use] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    printed: set[str] = field(default_factory=set)

    def statements(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            match statement:
                case Output(expression=expression, offset=offset):
                    self.output(expression, offset)
                case Set(statement=assigned, offset=offset):
                    self.control([assigned], offset)
                case If():
                    self.condition(statement)
                case Loop(expression=expression, target=target, offset=offset):
                    self.bodies(statement)
                    self.control([expression] if target is None else [target, expression], offset)
                case Try(offset=offset, handlers=handlers):
                    for handler in handlers:
                        self.check(handler.name or "", offset)
                    self.bodies(statement)
                case Text() | JumpOut():
                    pass

    def bodies(self, statement: Statement) -> None:
        for body in bodies_of(statement):
            self.statements(body)

    def condition(self, statement: If) -> None:
        (test, offset, body), *others = statement.branches
        self.statements(body)
        for other, place, block in others:
            self.control([other], place)
            self.statements(block)
        self.statements(statement.otherwise or [])
        self.control([test], offset)

    def check(self, name: str, offset: int) -> None:
        if name in RESERVED:
            line = self.sql.count("\n", 0, self.sql.rfind("{", 0, offset + 1)) + 1
            error = TemplateError(f'"{name}" can not be used as a variable name, line {line}')
            error.offset = offset
            raise error

    def output(self, expression: ast.expr, offset: int) -> None:
        if isinstance(expression, ast.Name):
            self.check(expression.id, offset)
            self.uses.append(_Use(Parameter(expression.id), is_listed=False))
        else:
            found = self.found([expression], offset)
            self.uses += found.values()
            self.printed.update(name for name, use in found.items() if use.is_listed)

    def control(self, trees: Sequence[ast.AST], offset: int) -> None:
        """Note what a control tag uses, but nothing of a parameter that was printed before."""
        found = self.found(trees, offset)
        self.uses += [
            use for name, use in found.items() if name not in self.printed and not use.is_number
        ]

    def found(self, trees: Sequence[ast.AST], offset: int) -> dict[str, _Use]:
        """Return what expressions use, level by level; of one name the last use counts."""
        found: dict[str, _Use] = {}
        level = list(trees)
        while level:
            below: list[ast.AST] = []
            for node in level:
                if isinstance(node, ast.Name):
                    self.name(node, offset, found)
                elif isinstance(node, ast.Call):
                    below += self.call(node, offset, found)
                else:
                    below += ast.iter_child_nodes(node)
            level = below
        return found

    def name(self, node: ast.Name, offset: int, found: dict[str, _Use]) -> None:
        self.check(node.id, offset)
        if isinstance(node.ctx, ast.Store):
            self.stored.add(node.id)
        if node.id in _PYTHON_NAMES:
            found.setdefault(node.id, _Use(Parameter(node.id), is_listed=False))
        else:
            found[node.id] = _Use(Parameter(node.id))

    def call(self, node: ast.Call, offset: int, found: dict[str, _Use]) -> list[ast.AST]:
        """Note a call's own parameter; return what is to be looked through."""
        function = node.func.id if isinstance(node.func, ast.Name) else None
        first: object = None
        if function in _TYPED and (values := _values(node)):
            first = values[0]
            use = _Use(_parameter(str(first), str(function), node), rank=2)
            use.is_number = not isinstance(first, str)
            if first is not None or function == "Array":
                found[str(first)] = use
        elif function in _CALLS and (values := _values(node)) and isinstance(values[0], str):
            first = values[0]
            found.setdefault(values[0], _Use(Parameter(values[0], used_in="function_call"), rank=0))
        inner: list[ast.AST] = [] if function is not None else [node.func]
        for argument in node.args:
            if not isinstance(argument, ast.Name):
                inner.append(argument)
                continue
            self.check(argument.id, offset)
            if argument.id != first and not (function in _SILENT and argument is node.args[0]):
                found.setdefault(argument.id, _Use(Parameter(argument.id), is_listed=False))
        return inner + [keyword.value for keyword in node.keywords]


def _plain(node: ast.expr) -> tuple[object, ...]:
    """Return the value that documentation has for an argument, nothing for a call.

    A name stands for its text, and of an operation Tinybird takes the first operand (measured).
    """
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return (value,)
        case ast.Name(id=name):
            return (name,)
        case ast.List(elts=items):
            plain = [item for item in items if isinstance(item, ast.Constant | ast.Name)]
            return ([value for item in plain for value in _plain(item)],)
        case ast.BinOp(left=left):
            return _plain(left)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return (-value,)
        case ast.Call():
            return ()
        case _:
            return (None,)


def _values(node: ast.Call) -> list[object]:
    return [value for argument in node.args for value in _plain(argument)]


def _parameter(name: str, function: str, node: ast.Call) -> Parameter:
    """Return what a type function says; of its positional arguments only the default counts."""
    _, *values = _values(node)
    written = {keyword.arg: value for keyword in node.keywords for value in _plain(keyword.value)}
    kind = function
    if function == "Array":
        kind = f"Array({values.pop(0) if values else 'String'})"
        values = values if any(values[:1]) else []
    default = written.get("default", values[0] if values else None)
    if isinstance(default, int) and default > _MAX_EXACT:
        default = str(default)  # JavaScript's numbers would change it
    enum = written.get("enum")
    texts = {
        key: None if written.get(key) is None else str(written[key])
        for key in ("description", "format")
    }
    required = written.get("required")
    return Parameter(
        name=name,
        type=kind,
        default=default,
        description=texts["description"],
        required=None if required is None else bool(required),
        example=written.get("example"),
        enum=tuple(enum) if isinstance(enum, list) else None,
        format=texts["format"],
    )
