"""The parameters of a template, found in its syntax without rendering it."""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from martlet.errors import TemplateError
from martlet.model import Parameter
from martlet.template.expressions import FUNCTION_NAMES, targets_of
from martlet.template.functions import FUNCTIONS
from martlet.template.syntax import If, JumpOut, Loop, Output, Set, Statement, Text, Try
from martlet.template.typed import TYPES

RESERVED: Final = ("format", "q")
_GIVEN: Final = "job_timestamp"  # every run of a copy has it
# Names that Tinybird's API reads itself: what a request gives them may not get to a template.
CAPTURED: Final = frozenset(
    """
    __tb__csv_header __tb__semver debug debug_source_tables explain finalize_aggregations
    output_format_json_quote_64bit_integers output_format_json_quote_denormals
    output_format_parquet_string_as_string pipeline playground query_id release_replacements tag
    template_parameters token
    """.split()
)
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
# Names that stand for themselves wherever nothing calls them.
_KNOWN: Final = frozenset((*dir(builtins), *FUNCTIONS))
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
    required = [
        item.name
        for item in listed
        if item.default is None and item.used_in is None and item.name != _GIVEN
    ]
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


class _ListNameError(Exception):
    """A list stands where a call has the name of a parameter."""


class _UnreadableError(Exception):
    """An argument of a call is none from which documentation can be made."""


def _not_a_name(name: str, offset: int, place: str = "") -> TemplateError:
    error = TemplateError(f'"{name}" can not be used as a variable name{place}')
    error.offset = offset
    return error


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
                case Try():
                    self.attempt(statement)
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

    def attempt(self, statement: Try) -> None:
        self.statements(statement.body)
        for handler in statement.handlers:
            self.check(handler.name or "", statement.offset)
            self.control([ast.Name(name, ast.Load()) for name in handler.classes], statement.offset)
            self.statements(handler.body)
        self.statements(statement.otherwise or [])
        self.statements(statement.finally_ or [])

    def check(self, name: str, offset: int) -> None:
        if name in RESERVED:
            line = self.sql.count("\n", 0, self.sql.rfind("{", 0, offset + 1)) + 1
            raise _not_a_name(name, offset, f", line {line}")

    def output(self, expression: ast.expr, offset: int) -> None:
        if isinstance(expression, ast.Name):
            self.check(expression.id, offset)
            self.uses.append(_Use(Parameter(expression.id), is_listed=False))
        else:
            try:
                found = self.found([expression], offset)
            except _ListNameError as error:
                raise _not_a_name(str(error), offset) from None
            self.uses += found.values()
            self.printed.update(name for name, use in found.items() if use.is_listed)

    def control(self, trees: Sequence[ast.AST], offset: int) -> None:
        """Note what a control tag uses, but nothing of a parameter that was printed before."""
        try:
            found = self.found(trees, offset)
        except _ListNameError:
            return  # Tinybird finds nothing at all in such a tag (measured)
        self.uses += [
            use for name, use in found.items() if name not in self.printed and not use.is_number
        ]

    def found(self, trees: Sequence[ast.AST], offset: int) -> dict[str, _Use]:
        """Return what expressions use, level by level; of one name the last use counts."""
        for name in _outer_names(trees):
            self.check(name, offset)
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
        if node.id in _KNOWN:
            found.setdefault(node.id, _Use(Parameter(node.id), is_listed=False))
        else:
            _note(found, node.id, _Use(Parameter(node.id)))

    def call(self, node: ast.Call, offset: int, found: dict[str, _Use]) -> list[ast.AST]:
        """Note a call's own parameter; return what is to be looked through."""
        function = node.func.id if isinstance(node.func, ast.Name) else None
        first = None
        if function in _TYPED or function in _CALLS:
            with suppress(_UnreadableError):
                first = _own_parameter(str(function), node, found)
        inner: list[ast.AST] = [] if function is not None else [node.func]
        for argument in node.args:
            if not isinstance(argument, ast.Name):
                inner.append(argument)
                continue
            self.check(argument.id, offset)
            if argument.id != first and not (function in _SILENT and argument is node.args[0]):
                found.setdefault(argument.id, _Use(Parameter(argument.id), is_listed=False))
        return inner + node.keywords


def _outer_names(trees: Sequence[ast.AST]) -> Iterator[str]:
    """Yield all names, of functions too, but not those within a comprehension or a `lambda`."""
    for tree in trees:
        match tree:
            case ast.Name(id=name):
                yield name
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield from _outer_names([tree.generators[0].iter])
            case ast.Lambda():
                pass
            case _:
                yield from _outer_names(list(ast.iter_child_nodes(tree)))


def _note(found: dict[str, _Use], name: str, use: _Use) -> None:
    """Note a use; the order is that of the first uses that count."""
    if name in found and not found[name].is_listed:
        del found[name]
    found[name] = use


def _own_parameter(function: str, node: ast.Call, found: dict[str, _Use]) -> object:
    """Note the parameter that a call's first argument names, and return that argument."""
    values = _values(node)
    if not values:
        return None
    first = values[0]
    if isinstance(first, list):
        raise _ListNameError(first)
    if function in _TYPED:
        use = _Use(_parameter(str(first), function, node), rank=2)
        use.is_number = not isinstance(first, str)
        if first is not None or function == "Array":
            _note(found, str(first), use)
    elif isinstance(first, str) and not (first in found and found[first].is_listed):
        _note(found, first, _Use(Parameter(first, used_in="function_call"), rank=0))
    return first


def _plain(node: ast.expr) -> tuple[object, ...]:
    """Return the value that documentation has for an argument, nothing for a call.

    A name stands for its text, and an operation for one of its operands (all measured).

    Raises:
        _UnreadableError: a list or a negation in which Tinybird finds no values.
    """
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return (value,)
        case ast.Name(id=name):
            return (name,)
        case ast.List(elts=items):
            return (_listed(items),)
        case ast.BinOp(left=left, right=right):
            found = _plain(left)
            return found if any(found) else _plain(right) or (None,)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=None)):
            raise _UnreadableError
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=str())):
            return ("",)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return (-value,)
        case ast.UnaryOp(operand=ast.Constant(value=value)):
            return (value,)
        case ast.Call():
            return ()
        case _:
            return (None,)


def _listed(items: Sequence[ast.expr]) -> list[object]:
    """Return the values of a list: what the first item is, all the others have to be."""
    kinds = next((kinds for kinds in _LISTED if items and isinstance(items[0], kinds[0])), None)
    if kinds is None:
        return []
    if not all(isinstance(item, kinds) for item in items):
        raise _UnreadableError
    return [value for item in items if isinstance(item, kinds[0]) for value in _plain(item)]


# What can stand in a list behind a literal, and behind a name.
_LISTED: Final = ((ast.Constant, ast.Subscript, ast.Starred, ast.Attribute), (ast.Name,))


def _values(node: ast.Call) -> list[object]:
    return [value for argument in node.args for value in _plain(argument)]


def _parameter(name: str, function: str, node: ast.Call) -> Parameter:
    """Return what a type function says; of its positional arguments only the default counts."""
    values = _values(node)[1:]
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
