"""Python expressions as closures: only what is listed here can run."""

import ast
from collections.abc import Callable, Sequence
from typing import Any, Final

from martlet.errors import TemplateError
from martlet.template.functions import CONTROL_BUILTINS, FUNCTIONS, OUTPUT_BUILTINS, Function
from martlet.template.operators import (
    COMPARISONS,
    CONTROL_BINARY,
    CONTROL_UNARY,
    METHODS,
    OUTPUT_BINARY,
    OUTPUT_METHODS,
    OUTPUT_UNARY,
    call_method,
    format_value,
    subscript,
)
from martlet.template.run import Branch, Evaluate, Run
from martlet.template.typed import (
    ARRAY_PARAMETERS,
    BOOLEAN_PARAMETERS,
    PARAMETERS,
    TYPES,
    array,
    typed_value,
)
from martlet.template.values import PAGE, Sample, failure

NOT_A_FUNCTION: Final = (
    "wrong syntax, you might be using a not valid function inside a control block"
)
_CONTROL_FUNCTIONS: Final = FUNCTIONS | OUTPUT_BUILTINS | CONTROL_BUILTINS
_OUTPUT_FUNCTIONS: Final = FUNCTIONS | OUTPUT_BUILTINS
# A name of these is the function wherever it stands, never a parameter.
FUNCTION_NAMES: Final = FUNCTIONS.keys() | TYPES.keys() | {"Array"}
_UNSAFE = frozenset(("eval", "exec", "type", "compile", "getattr", "globals", "vars", "__import__"))


def invalid(message: str) -> TemplateError:
    """Return the error for what an expression may not do."""
    return failure(message, page=None)


def names_in(expression: ast.expr) -> list[str]:
    """Return the names that an expression reads, in order, each once."""
    called = {id(node.func) for node in ast.walk(expression) if isinstance(node, ast.Call)}
    names = [
        node
        for node in ast.walk(expression)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in FUNCTION_NAMES
    ]
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in names))


def targets_of(node: ast.AST) -> list[str]:
    """Return the names that a tree gives values."""
    return [
        item.id
        for item in ast.walk(node)
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    ]


class Compiler:
    """Turns syntax trees into closures.

    Attributes:
        scope: names that the template itself gives values, with their key in `Run.locals`.
        is_control: whether the expression stands in `{% %}`, where more is allowed.
        branches: conditional expressions and statements, for `Template.branches`.
    """

    def __init__(self, local_names: frozenset[str]) -> None:
        self.scope = {name: name for name in local_names}
        self.is_control = False
        self.branches: list[Branch] = []
        self.parents: list[Branch] = []
        self.changes_values = False

    def output(self, expression: ast.expr) -> Evaluate:
        self.is_control = False
        return self.compile(expression)

    def control(self, expression: ast.expr) -> Evaluate:
        self.is_control = True
        return self.compile(expression)

    def branch(self, *tests: tuple[ast.expr, bool]) -> Branch:
        around = self.parents[-1].path if self.parents else ()
        made = Branch(tests, around + tests)
        self.branches.append(made)
        for parent in self.parents:
            parent.inside.add(made)
        return made

    def inside(self, branch: Branch, expression: ast.expr) -> Evaluate:
        self.parents.append(branch)
        try:
            return self.compile(expression)
        finally:
            self.parents.pop()

    def compile(self, node: ast.expr) -> Evaluate:
        method = _NODES.get(type(node))
        if method is None or (type(node) in _CONTROL_ONLY and not self.is_control):
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        return method(self, node)

    def constant(self, node: ast.Constant) -> Evaluate:
        value = node.value
        if value is not None and not isinstance(value, str | int | float):
            raise invalid(f"Invalid Constant: {ast.dump(node)}")
        return lambda run: value

    def name(self, node: ast.Name) -> Evaluate:
        name = node.id
        if name in self.scope:
            return _local(name, self.scope[name])
        if name in FUNCTION_NAMES:
            raise invalid(f"{name} is a function, it can not be used as a variable")
        return lambda run: run.read(name)

    def binary(self, node: ast.BinOp) -> Evaluate:
        function = (CONTROL_BINARY if self.is_control else OUTPUT_BINARY).get(type(node.op))
        if function is None:
            raise invalid(f"Invalid BinOp: {ast.dump(node.op)}")
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda run: function(run, left(run), right(run))

    def unary(self, node: ast.UnaryOp) -> Evaluate:
        function = (CONTROL_UNARY if self.is_control else OUTPUT_UNARY).get(type(node.op))
        if function is None:
            raise invalid(f"Invalid UnaryOp: {ast.dump(node.op)}")
        operand = self.compile(node.operand)
        return lambda run: function(operand(run))

    def boolean(self, node: ast.BoolOp) -> Evaluate:
        values = [self.compile(value) for value in node.values]
        stops_at = isinstance(node.op, ast.Or)

        def evaluate(run: Run) -> object:
            result: object = None
            for value in values:
                result = value(run)
                if bool(result) is stops_at:
                    return result
            return result

        return evaluate

    def compare(self, node: ast.Compare) -> Evaluate:
        left = self.compile(node.left)
        steps = [
            (COMPARISONS[type(operator)], self.compile(right))
            for operator, right in zip(node.ops, node.comparators, strict=True)
        ]

        def evaluate(run: Run) -> object:
            value = left(run)
            result: object = True
            for function, right in steps:
                other = right(run)
                result = function(run, value, other)
                if not result:
                    return result
                value = other
            return result

        return evaluate

    def conditional(self, node: ast.IfExp) -> Evaluate:
        test = self.compile(node.test)
        choices = [self.branch((node.test, True)), self.branch((node.test, False))]
        body, otherwise = self.inside(choices[0], node.body), self.inside(choices[1], node.orelse)

        def evaluate(run: Run) -> object:
            if run.pending is not None:
                return otherwise(run) if run.choose(choices) else body(run)
            return body(run) if run.decide(node.test, test) else otherwise(run)

        return evaluate

    def list_(self, node: ast.List) -> Evaluate:
        items = self.items(node.elts)
        return lambda run: [item(run) for item in items]

    def tuple_(self, node: ast.Tuple) -> Evaluate:
        items = self.items(node.elts)
        return lambda run: tuple([item(run) for item in items])

    def set_(self, node: ast.Set) -> Evaluate:
        items = self.items(node.elts)
        return lambda run: {item(run) for item in items}

    def items(self, nodes: Sequence[ast.expr]) -> list[Evaluate]:
        return [self.compile(node) for node in nodes]

    def dict_(self, node: ast.Dict) -> Evaluate:
        if None in node.keys:
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        keys = self.items([key for key in node.keys if key is not None])
        pairs = list(zip(keys, self.items(node.values), strict=True))
        return lambda run: {key(run): value(run) for key, value in pairs}

    def subscript(self, node: ast.Subscript) -> Evaluate:
        value = self.compile(node.value)
        if not self.is_control and isinstance(node.slice, ast.UnaryOp | ast.Tuple):
            raise invalid(f"Invalid Slice expression: {ast.dump(node.slice)}")
        if isinstance(node.slice, ast.Slice):
            bounds = [
                self.compile(bound) if bound is not None else _none
                for bound in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return lambda run: subscript(run, value(run), slice(*[bound(run) for bound in bounds]))
        index = self.compile(node.slice)
        return lambda run: subscript(run, value(run), index(run))

    def joined(self, node: ast.JoinedStr) -> Evaluate:
        parts = self.items(node.values)

        def evaluate(run: Run) -> str:
            text = "".join([str(part(run)) for part in parts])
            run.spend(len(text))
            return text

        return evaluate

    def formatted(self, node: ast.FormattedValue) -> Evaluate:
        value, conversion = self.compile(node.value), node.conversion
        specification = self.compile(node.format_spec) if node.format_spec else _empty
        return lambda run: format_value(run, value(run), conversion, str(specification(run)))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Evaluate:
        outer = self.scope
        clauses: list[tuple[Evaluate, Callable[[Run, object], None], list[Evaluate]]] = []
        try:
            for clause in node.generators:
                iterable = self.compile(clause.iter)
                # Names of its own: a comprehension hides the names outside and leaves no trace.
                self.scope = dict(self.scope)
                for name in targets_of(clause.target):
                    self.scope[name] = f"{name}@{len(self.scope)}"
                clauses.append((iterable, self.target(clause.target), self.items(clause.ifs)))
            element = self.compile(node.elt)
        finally:
            self.scope = outer

        def collect(run: Run, depth: int, found: Any) -> None:  # noqa: ANN401
            if depth == len(clauses):
                found.append(element(run))
                return
            iterable, assign, tests = clauses[depth]
            for item in iterable(run):  # type: ignore[attr-defined]
                run.turn()
                assign(run, item)
                if all(test(run) for test in tests):
                    collect(run, depth + 1, found)

        def evaluate(run: Run) -> object:
            found: list[object] = []
            collect(run, 0, found)
            return set(found) if isinstance(node, ast.SetComp) else found

        return evaluate

    def target(self, node: ast.expr) -> Callable[[Run, object], None]:
        """Return what assigns a value to a name or, unpacked, to a tuple of names."""
        if isinstance(node, ast.Name):
            key = self.scope[node.id]
            return lambda run, value: run.locals.__setitem__(key, value)
        if isinstance(node, ast.Subscript):
            self.changes_values = True
            container, index = self.compile(node.value), self.compile(node.slice)
            return lambda run, value: _assign_item(container(run), index(run), value)
        if not isinstance(node, ast.Tuple | ast.List):
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        targets = [self.target(item) for item in node.elts]

        def unpack(run: Run, value: Any) -> None:  # noqa: ANN401
            values = [value] * len(targets) if isinstance(value, Sample) else list(value)
            if len(values) != len(targets):
                few = "not enough" if len(values) < len(targets) else "too many"
                raise TemplateError(
                    f"{few} values to unpack (expected {len(targets)}, got {len(values)})"
                )
            for target, item in zip(targets, values, strict=True):
                target(run, item)

        return unpack

    def call(self, node: ast.Call) -> Evaluate:
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func)
        if not isinstance(node.func, ast.Name):
            return _fails(failure(NOT_A_FUNCTION))
        name = node.func.id
        if name in TYPES or name == "Array":
            return self.typed(name, node)
        table = _CONTROL_FUNCTIONS if self.is_control else _OUTPUT_FUNCTIONS
        function = table.get(name)
        if function is None or name in self.scope:
            if not self.is_control or name in _UNSAFE:
                raise invalid(f"Invalid function name: {name}")
            return _fails(failure(NOT_A_FUNCTION))
        if name == "defined" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            return self.defined_text(node.args[0])
        return self.plain_call(function, node)

    def defined_text(self, node: ast.Constant) -> Evaluate:
        """Return `defined('x')`: the author means the parameter, not the text."""
        name = node.value
        if not isinstance(name, str):
            return lambda run: name is not None
        value = self.compile(ast.Name(name, ast.Load()))
        function = FUNCTIONS["defined"]
        return lambda run: function(run, value(run))

    def plain_call(self, function: Function, node: ast.Call) -> Evaluate:
        arguments = self.items(node.args)
        if not node.keywords:
            if len(arguments) == 1:
                first = arguments[0]
                return lambda run: function(run, first(run))
            return lambda run: function(run, *[argument(run) for argument in arguments])
        options = self.keywords(node)
        return lambda run: function(
            run,
            *[argument(run) for argument in arguments],
            **{key: option(run) for key, option in options.items()},
        )

    def keywords(self, node: ast.Call) -> dict[str, Evaluate]:
        options = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise invalid(f"Invalid expression type: {ast.dump(keyword)}")
            options[keyword.arg] = self.compile(keyword.value)
        return options

    def method(self, node: ast.Call, function: ast.Attribute) -> Evaluate:
        name = function.attr
        if not self.is_control and name not in OUTPUT_METHODS:
            raise invalid(f"Invalid method name: {name}")
        if name not in METHODS:
            raise invalid(f"Invalid attribute: {name}")
        self.changes_values |= name == "append"
        value, arguments = self.compile(function.value), self.items(node.args)
        options = self.keywords(node)
        return lambda run: call_method(
            run,
            name,
            value(run),
            [argument(run) for argument in arguments],
            {key: option(run) for key, option in options.items()},
        )

    def attribute(self, node: ast.Attribute) -> Evaluate:
        raise invalid(f"Invalid attribute: {node.attr}")

    def typed(self, name: str, node: ast.Call) -> Evaluate:
        given, problem = arguments_of(name, node)
        if problem is not None:
            return _fails(problem)
        first = given["name"]
        names = [item for item in names_in(first) if item not in self.scope]
        value = self.compile(first)
        default = self.compile(given["default"]) if "default" in given else None
        defined = self.compile(given["defined"]) if "defined" in given else None
        if name == "Array":
            return array(element_type(given.get("type")), value, default, defined, names)
        return typed_value(TYPES[name], value, default, defined, names)


def arguments_of(name: str, node: ast.Call) -> tuple[dict[str, ast.expr], TemplateError | None]:
    """Return the arguments of a type function by parameter, and what is wrong with them."""
    parameters = {"Array": ARRAY_PARAMETERS, "Boolean": BOOLEAN_PARAMETERS}.get(name, PARAMETERS)
    if len(node.args) > len(parameters):
        return {}, TemplateError(
            f"{name}() takes from 1 to {len(parameters)} positional arguments "
            f"but {len(node.args)} were given"
        )
    given = dict(zip(parameters, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in parameters[1:]:
            return {}, TemplateError(f"{name}() got an unexpected keyword argument {keyword.arg!r}")
        if keyword.arg in given:
            return {}, TemplateError(f"{name}() got multiple values for argument {keyword.arg!r}")
        given[keyword.arg] = keyword.value
    if "name" not in given:
        return {}, missing_argument()
    return given, None


def missing_argument() -> TemplateError:
    """Return Tinybird's error for a call without an argument that it needs."""
    return failure(
        "one of the transform type functions is missing an argument",
        page=f"{PAGE}#transform-types-functions",
    )


def element_type(node: ast.expr | None) -> str:
    """Return the element type that `Array` is given, quoted or bare."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "String"


def _none(run: Run) -> None:
    return None


def _empty(run: Run) -> str:
    return ""


def _fails(error: TemplateError) -> Evaluate:
    """Return a closure that raises: the error counts only where the template gets to it."""

    def evaluate(run: Run) -> object:
        raise (
            type(error)(error.message)
            if error.documentation is None
            else failure(
                error.message.removeprefix("Template Syntax Error: "), page=error.documentation
            )
        )

    return evaluate


def _local(name: str, key: str) -> Evaluate:
    def evaluate(run: Run) -> object:
        try:
            return run.locals[key]
        except KeyError:
            raise invalid(
                f"cannot access local variable {name!r} where it is not associated with a value"
            ) from None

    return evaluate


def _assign_item(container: Any, index: Any, value: object) -> None:  # noqa: ANN401
    if isinstance(container, Sample):
        return
    if not isinstance(container, dict | list):
        raise failure(f"{type(container).__name__!r} object does not support item assignment")
    if isinstance(index, slice):
        raise failure("slices cannot be assigned")
    container[index] = value


_NODES: Final[dict[type[ast.expr], Callable[[Compiler, Any], Evaluate]]] = {
    ast.Attribute: Compiler.attribute,
    ast.BinOp: Compiler.binary,
    ast.BoolOp: Compiler.boolean,
    ast.Call: Compiler.call,
    ast.Compare: Compiler.compare,
    ast.Constant: Compiler.constant,
    ast.Dict: Compiler.dict_,
    ast.FormattedValue: Compiler.formatted,
    ast.GeneratorExp: Compiler.comprehension,
    ast.IfExp: Compiler.conditional,
    ast.JoinedStr: Compiler.joined,
    ast.List: Compiler.list_,
    ast.ListComp: Compiler.comprehension,
    ast.Name: Compiler.name,
    ast.Set: Compiler.set_,
    ast.SetComp: Compiler.comprehension,
    ast.Subscript: Compiler.subscript,
    ast.Tuple: Compiler.tuple_,
    ast.UnaryOp: Compiler.unary,
}
_CONTROL_ONLY: Final = frozenset(
    (ast.Attribute, ast.BoolOp, ast.Compare, ast.GeneratorExp, ast.ListComp, ast.SetComp)
)
