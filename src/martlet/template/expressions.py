"""Python expressions as closures: only what is listed here can run."""

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from martlet.errors import TemplateError
from martlet.template.calls import (
    CONTROL_FUNCTIONS,
    Callback,
    arguments_of,
    callback,
    check_count,
    constant,
    element_type,
    is_constant,
    typed_call,
)
from martlet.template.functions import FUNCTIONS, OUTPUT_BUILTINS, Function
from martlet.template.operators import (
    COMPARISONS,
    CONTROL_BINARY,
    CONTROL_UNARY,
    METHOD_NAMES,
    OUTPUT_BINARY,
    OUTPUT_METHODS,
    OUTPUT_UNARY,
    REFUSED_ATTRIBUTES,
    add_named,
    assign_item,
    format_value,
    mapping,
    method_of,
    spread,
    subscript,
    unpacked,
)
from martlet.template.run import Evaluate, Run
from martlet.template.typed import TYPES
from martlet.template.values import Sample, failure

_OUTPUT_FUNCTIONS: Final = FUNCTIONS | OUTPUT_BUILTINS
# A name of these is the function wherever it stands, never a parameter.
FUNCTION_NAMES: Final = (FUNCTIONS.keys() | TYPES.keys() | {"Array"}) - {"symbol"}
_UNSAFE = frozenset(("eval", "exec", "type", "compile", "getattr", "globals", "vars", "__import__"))


def invalid(message: str) -> TemplateError:
    """Return the error for what an expression may not do."""
    return failure(message, page=None)


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
    """

    def __init__(self, local_names: frozenset[str]) -> None:
        self.scope = {name: name for name in local_names}
        self.is_control = False
        self.changes_values = False
        self.made_names = 0
        self.nesting = 0  # of comprehensions and lambdas around what is compiled

    def output(self, expression: ast.expr) -> Evaluate:
        self.is_control = False
        if isinstance(expression, ast.Name) and expression.id not in self.scope:
            name = expression.id
            if name in FUNCTION_NAMES:
                raise invalid(f"{name} is a function, it can not be used as a variable")
        return self.compile(expression)

    def control(self, expression: ast.expr) -> Evaluate:
        self.is_control = True
        return self.compile(expression)

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
            is_free = self.nesting > 0 and self.scope[name] == name
            return _local(name, self.scope[name], is_free=is_free)
        if name.startswith("__") and name.endswith("__"):
            raise invalid(f"Invalid name: {name}")
        if name in FUNCTION_NAMES:
            return lambda run: callback(run, name)
        if name in CONTROL_FUNCTIONS:
            return lambda run: _given_or_function(run, name)
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
        test, body, otherwise = map(self.compile, (node.test, node.body, node.orelse))
        return lambda run: body(run) if test(run) else otherwise(run)

    def list_(self, node: ast.List) -> Evaluate:
        return self.sequence(node.elts)

    def tuple_(self, node: ast.Tuple) -> Evaluate:
        items = self.sequence(node.elts)
        return lambda run: tuple(items(run))

    def set_(self, node: ast.Set) -> Evaluate:
        items = self.sequence(node.elts)
        return lambda run: set(items(run))

    def items(self, nodes: Sequence[ast.expr]) -> list[Evaluate]:
        return [self.compile(node) for node in nodes]

    def sequence(self, nodes: Sequence[ast.expr]) -> Callable[[Run], list[object]]:
        """Return what makes the list of some items; `*x` stands for those of x."""
        if not self.is_control or not any(isinstance(node, ast.Starred) for node in nodes):
            items = self.items(nodes)
            return lambda run: [item(run) for item in items]
        parts = [
            (True, self.compile(node.value))
            if isinstance(node, ast.Starred)
            else (False, self.compile(node))
            for node in nodes
        ]

        def evaluate(run: Run) -> list[object]:
            found: list[object] = []
            for is_spread, part in parts:
                found.extend(spread(run, part(run)) if is_spread else (part(run),))
            return found

        return evaluate

    def dict_(self, node: ast.Dict) -> Evaluate:
        if None in node.keys and not self.is_control:
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        keys = [_none if key is None else self.compile(key) for key in node.keys]
        pairs = list(zip(keys, self.items(node.values), strict=True))

        def evaluate(run: Run) -> object:
            found: dict[object, object] = {}
            for key, value in pairs:
                if key is _none:
                    found.update(mapping(run, value(run)))
                else:
                    found[key(run)] = value(run)
            return found

        return evaluate

    def lambda_(self, node: ast.Lambda) -> Evaluate:
        """Return what makes a function of named arguments without defaults."""
        names = [argument.arg for argument in node.args.args]
        if ast.dump(node.args) != ast.dump(
            ast.arguments([], node.args.args, None, [], [], None, [])
        ):
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        outer = self.scope
        self.scope = self.hiding(names)
        self.nesting += 1
        keys = [self.scope[name] for name in names]
        try:
            body = self.compile(node.body)
        finally:
            self.scope = outer
            self.nesting -= 1

        def evaluate(run: Run) -> object:
            def call(*values: object) -> object:
                run.turn()
                check_count(names, values)
                before = {key: run.locals[key] for key in keys if key in run.locals}
                run.locals.update(zip(keys, values, strict=True))
                try:
                    return body(run)
                finally:
                    run.locals.update(before)

            return Callback("<function <lambda>>", call)

        return evaluate

    def hiding(self, names: Iterable[str]) -> dict[str, str]:
        """Return the scope in which some names are others than outside."""
        inner = dict(self.scope)
        for name in names:
            self.made_names += 1
            inner[name] = f"{name}@{self.made_names}"
        return inner

    def subscript(self, node: ast.Subscript) -> Evaluate:
        value = self.compile(node.value)
        if not self.is_control and not isinstance(node.slice, _OUTPUT_INDEXES):
            raise invalid(f"Invalid Slice expression: {ast.dump(node.slice)}")
        index = self.index(node.slice)
        return lambda run: subscript(run, value(run), index(run))

    def index(self, node: ast.expr) -> Evaluate:
        if not isinstance(node, ast.Slice):
            return self.compile(node)
        bounds = [
            self.compile(bound) if bound is not None else _none
            for bound in (node.lower, node.upper, node.step)
        ]
        return lambda run: slice(*[bound(run) for bound in bounds])

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

    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> Evaluate:
        outer, nesting = self.scope, self.nesting
        clauses: list[tuple[Evaluate, Callable[[Run, object], None], list[Evaluate]]] = []
        try:
            for clause in node.generators:
                iterable = self.compile(clause.iter)
                # Names of its own: a comprehension hides the names outside and leaves no trace.
                self.scope = self.hiding(targets_of(clause.target))
                self.nesting = nesting + 1
                clauses.append((iterable, self.target(clause.target), self.items(clause.ifs)))
            element: Evaluate
            if isinstance(node, ast.DictComp):
                key, value = self.compile(node.key), self.compile(node.value)
                element = lambda run: (key(run), value(run))  # noqa: E731
            else:
                element = self.compile(node.elt)
        finally:
            self.scope, self.nesting = outer, nesting

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

        make: Callable[[Any], object] = _COLLECTED.get(type(node), list)

        def evaluate(run: Run) -> object:
            found: list[object] = []
            collect(run, 0, found)
            return make(found)

        return evaluate

    def target(self, node: ast.expr) -> Callable[[Run, object], None]:
        """Return what assigns a value to a name or, unpacked, to a tuple of names."""
        if isinstance(node, ast.Name):
            key = self.scope[node.id]
            return lambda run, value: run.locals.__setitem__(key, value)
        if isinstance(node, ast.Subscript):
            container, index = self.item(node)
            return lambda run, value: assign_item(run, container(run), index(run), value)
        if not isinstance(node, ast.Tuple | ast.List):
            raise invalid(f"Invalid expression type: {ast.dump(node)}")
        return self.unpacking(node.elts)

    def item(self, node: ast.Subscript) -> tuple[Evaluate, Evaluate]:
        """Return the container and the index of an item that is given a value."""
        self.changes_values = True
        return self.compile(node.value), self.index(node.slice)

    def unpacking(self, nodes: Sequence[ast.expr]) -> Callable[[Run, object], None]:
        starred = [index for index, node in enumerate(nodes) if isinstance(node, ast.Starred)]
        taking_rest = starred[0] if starred else None
        targets = [
            self.target(node.value if isinstance(node, ast.Starred) else node) for node in nodes
        ]

        count = len(targets)
        keys = [self.scope[node.id] for node in nodes if isinstance(node, ast.Name)]
        has_names_only = len(keys) == count

        def unpack(run: Run, value: object) -> None:
            if has_names_only and type(value) is tuple and len(value) == count:
                run.locals.update(zip(keys, value, strict=True))
                return
            items = [value] * count if isinstance(value, Sample) else None
            for target, item in zip(
                targets, items or unpacked(value, count, taking_rest), strict=True
            ):
                target(run, item)

        return unpack

    def call(self, node: ast.Call) -> Evaluate:
        keywords = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
        if len(set(keywords)) < len(keywords):
            repeated = next(name for name in keywords if keywords.count(name) > 1)
            raise TemplateError(f"keyword argument repeated: {repeated}")
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func)
        if not isinstance(node.func, ast.Name):
            if not self.is_control and not isinstance(node.func, ast.Call):
                raise invalid(f"Invalid function: {ast.dump(node)}")
            return self.called(self.compile(node.func), node)
        name = node.func.id
        if name not in self.scope and (name in TYPES or name == "Array"):
            return self.typed(name, node)
        table = CONTROL_FUNCTIONS if self.is_control else _OUTPUT_FUNCTIONS
        function = table.get(name)
        if function is None or name in self.scope:
            if not self.is_control or name in _UNSAFE:
                raise invalid(f"Invalid function name: {name}")
            return self.called(self.name(node.func) if name in self.scope else _none, node)
        return self.plain_call(function, node)

    def called(self, function: Evaluate, node: ast.Call) -> Evaluate:
        """Return the call of a value, which is a lambda unless the author is mistaken."""
        arguments = self.arguments(node)

        def evaluate(run: Run) -> object:
            value = function(run)
            given, options = arguments(run)
            if isinstance(value, Sample):
                return value
            if not isinstance(value, Callback):
                raise TypeError(f"{type(value).__name__!r} object is not callable")
            return value(*given, **options)

        return evaluate

    def plain_call(self, function: Function, node: ast.Call) -> Evaluate:
        if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            first = self.compile(node.args[0])
            return lambda run: function(run, first(run))
        arguments = self.arguments(node)

        def evaluate(run: Run) -> object:
            given, options = arguments(run)
            return function(run, *given, **options)

        return evaluate

    def arguments(self, node: ast.Call) -> Callable[[Run], tuple[list[object], dict[str, object]]]:
        """Return what makes the arguments of a call."""
        given = self.sequence(node.args)
        if not node.keywords:
            return lambda run: (given(run), {})
        options = [(keyword.arg, self.option(keyword.value)) for keyword in node.keywords]

        def evaluate(run: Run) -> tuple[list[object], dict[str, object]]:
            values = given(run)
            named: dict[str, object] = {}
            for name, option in options:
                if name is None:
                    add_named(named, mapping(run, option(run)))
                else:
                    named[name] = option(run)
            return values, named

        return evaluate

    def option(self, value: ast.expr) -> Evaluate:
        """Compile a keyword argument, which may be in `{{ }}` what it may be in `{% %}`."""
        is_control, self.is_control = self.is_control, True
        try:
            return self.compile(value)
        finally:
            self.is_control = is_control

    def method(self, node: ast.Call, function: ast.Attribute) -> Evaluate:
        name = function.attr
        if not self.is_control and name not in OUTPUT_METHODS:
            raise invalid(f"Invalid method name: {name}")
        if name in REFUSED_ATTRIBUTES or name.startswith("_"):
            raise invalid(f"Invalid attribute: {name}")
        # Any method may change its object; only a request's own values have to be kept from that.
        self.changes_values |= name not in OUTPUT_METHODS
        value, arguments = self.compile(function.value), self.arguments(node)

        def evaluate(run: Run) -> object:
            call = method_of(value(run), name)
            given, options = arguments(run)
            return call(run, *given, **options)

        return evaluate

    def attribute(self, node: ast.Attribute) -> Evaluate:
        """Return what fails where the template gets to it: values have methods only."""
        name = node.attr
        if name in METHOD_NAMES or name in REFUSED_ATTRIBUTES or name.startswith("_"):
            raise invalid(f"Invalid attribute: {name}")
        value = self.compile(node.value)
        return lambda run: method_of(value(run), name)(run)

    def typed(self, name: str, node: ast.Call) -> Evaluate:
        named = [(keyword.arg, keyword.value) for keyword in node.keywords]
        if None in dict(named) or any(isinstance(item, ast.Starred) for item in node.args):
            return self.spread_typed(name, node)
        try:
            given = arguments_of(name, node.args, named)
        except TypeError:
            return self.spread_typed(name, node)  # it counts only where the template gets to it
        value = self.compile(given.pop("name"))
        free = dict(named)
        options = {
            key: self.option(option) if key in free else self.compile(option)
            for key, option in given.items()
        }
        if all(map(is_constant, given.values())):
            return typed_call(name, element_type(given.get("_type")), value, options)
        return self.computed_typed(name, value, options)

    def spread_typed(self, name: str, node: ast.Call) -> Evaluate:
        """Return a type function whose arguments are known when it is called only."""
        arguments = self.arguments(node)

        def evaluate(run: Run) -> object:
            values, named = arguments(run)
            given = arguments_of(name, values, named.items())
            options = {key: constant(value) for key, value in given.items()}
            return typed_call(name, given.get("_type"), options.pop("name"), options)(run)

        return evaluate

    def computed_typed(self, name: str, value: Evaluate, options: dict[str, Evaluate]) -> Evaluate:
        """Return a type function all of whose arguments are computed first, needed or not."""

        def evaluate(run: Run) -> object:
            found = value(run)
            made = {key: option(run) for key, option in options.items()}
            constants = {key: constant(option) for key, option in made.items()}
            return typed_call(name, made.get("_type"), constant(found), constants)(run)

        return evaluate


def _none(run: Run) -> None:
    return None


def _empty(run: Run) -> str:
    return ""


def _given_or_function(run: Run, name: str) -> object:
    """Return a parameter that has the name of a function, or the function."""
    value = run.read(name)
    return callback(run, name) if value is None or isinstance(value, Sample) else value


def _local(name: str, key: str, *, is_free: bool) -> Evaluate:
    text = f"cannot access local variable {name!r} where it is not associated with a value"
    if is_free:
        text = text.replace("local", "free") + " in enclosing scope"

    def evaluate(run: Run) -> object:
        try:
            return run.locals[key]
        except KeyError:
            raise (NameError if is_free else UnboundLocalError)(text) from None

    return evaluate


_OUTPUT_INDEXES: Final = (ast.Constant, ast.Slice, ast.Subscript)
_COLLECTED: Final[dict[type[ast.expr], Callable[[Any], object]]] = {
    ast.DictComp: dict,
    ast.SetComp: set,
}
_NODES: Final[dict[type[ast.expr], Callable[[Compiler, Any], Evaluate]]] = {
    ast.Attribute: Compiler.attribute,
    ast.BinOp: Compiler.binary,
    ast.BoolOp: Compiler.boolean,
    ast.Call: Compiler.call,
    ast.Compare: Compiler.compare,
    ast.Constant: Compiler.constant,
    ast.Dict: Compiler.dict_,
    ast.DictComp: Compiler.comprehension,
    ast.FormattedValue: Compiler.formatted,
    ast.GeneratorExp: Compiler.comprehension,
    ast.IfExp: lambda compiler, node: compiler.conditional(node),  # samples have their own
    ast.JoinedStr: Compiler.joined,
    ast.Lambda: Compiler.lambda_,
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
    (
        ast.Attribute, ast.BoolOp, ast.Compare, ast.DictComp, ast.GeneratorExp, ast.Lambda,
        ast.ListComp, ast.SetComp,
    )
)  # fmt: skip
