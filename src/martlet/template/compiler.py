"""Templates: compiled once, rendered with the parameters of each request.

Text becomes statements (`syntax`), statements become closures here, and their expressions become
closures in `expressions`. Nothing of a template or a request is ever run as Python.
"""

import ast
import builtins
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from martlet.errors import TemplateAbort, TemplateError
from martlet.model import Parameter
from martlet.template import guard
from martlet.template.choices import Facts
from martlet.template.expressions import Compiler
from martlet.template.operators import CONTROL_BINARY, Binary, assign_item, subscript
from martlet.template.parameters import declared, local_names
from martlet.template.run import Branch, Evaluate, Jump, Run, Step
from martlet.template.syntax import (
    Handler,
    If,
    JumpOut,
    Loop,
    Output,
    Set,
    Statement,
    Text,
    Try,
    parse,
)
from martlet.template.typed import elements
from martlet.template.values import PAGE, SAMPLE, LimitError, failure, to_sql

# What Python raises for wrong values in an expression; the text is what the caller reads.
_VALUE_ERRORS: Final = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, NameError, MemoryError,
    RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class Rendered:
    """The outcome of a rendering.

    Attributes:
        sql: the statement.
        settings: what the template's hints set: `max_threads`, `cache_ttl`, `backend_hint`,
            `activate` (a tuple), `disable`.
        secrets: values of the placeholders `{name: String}` in `sql`, bound outside of the text.
        facts: of a sample, what its way through the template says about tests.
    """

    sql: str
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    facts: Facts | None = None


def compile_template(sql: str, *, name: str = "") -> "Template":
    """Return a template ready to render.

    Args:
        sql: the text after the `%`.
        name: of the node, for `repr`.

    Raises:
        TemplateError: not a template; `offset` is an index into `sql`.
    """
    try:
        return Template(sql, name=name)
    except RecursionError:
        raise failure("the template is nested too deeply", page=None) from None


class Template:
    """A compiled template.

    Attributes:
        name: of the node it belongs to.
        parameters: what can be given, found without rendering.
    """

    def __init__(self, sql: str, *, name: str = "") -> None:
        statements = parse(sql)
        names = local_names(statements)
        found = declared(sql, statements, names)
        is_checked = not guard.is_open(statements)
        builder = _Builder(Compiler(names), is_checked=is_checked)
        self.name = name
        self.parameters: tuple[Parameter, ...] = found.parameters
        self._required = found.required
        self._arrays = found.arrays
        self._is_checked = is_checked
        self._step = builder.block(statements)
        self._branches = builder.compiler.branches
        self._changes_values = builder.compiler.changes_values

    def __repr__(self) -> str:
        return f"<Template {self.name}>"

    def render(
        self, values: Mapping[str, object], *, secrets: Mapping[str, str] | None = None
    ) -> Rendered:
        """Return the SQL for the parameters of a request.

        Args:
            values: text from a query string, or what JSON makes of a body.
            secrets: what `tb_secret` can name.

        Raises:
            TemplateAbort: the template called `error()` or `custom_error()`.
            TemplateError: a value is missing or wrong, or the template cannot be rendered.
        """
        run = Run(values.get, secrets={} if secrets is None else secrets, required=self._required)
        if self._arrays or self._changes_values:
            own = copy.deepcopy(dict(values)) if self._changes_values else dict(values)
            run.read = own.get
            self._split_arrays(run, own)
        return self._rendered(run, is_checked=self._is_checked)

    def render_sample(self, facts: Facts | None = None) -> Rendered:
        """Return the SQL with placeholders for parameters without default.

        Args:
            facts: what is known of tests, for one that a placeholder does not decide.

        Raises:
            TemplateError: the template is wrong whatever the parameters.
        """
        run = Run(_sample, secrets={}, required=(), is_sample=True, facts=facts)
        return self._rendered(run, is_checked=self._is_checked)

    def branches(self) -> Iterator[Rendered]:
        """Yield renderings that together take every branch that a request can take.

        Loops run once, values are placeholders, and what cannot be computed with them is one too.
        """
        pending = set(self._branches)
        for target in [None, *self._branches]:
            if target is not None and target not in pending:
                continue
            facts = Facts()
            for test, value in target.path if target else ():
                facts.assume(test, value)
            before = len(pending)
            run = Run(
                _sample, secrets={}, required=(), is_sample=True, pending=pending, facts=facts
            )
            rendered = self._rendered(run, is_checked=False)
            if target is None or len(pending) < before:
                yield rendered

    def _split_arrays(self, run: Run, values: dict[str, object]) -> None:
        for name, type_name in self._arrays.items():
            value = values.get(name)
            if isinstance(value, str | list):
                try:
                    values[name] = elements(run, value, type_name)
                except TemplateError:
                    continue  # reported where the template gets to the array, if it does

    def _rendered(self, run: Run, *, is_checked: bool) -> Rendered:
        try:
            self._step(run)
            if is_checked and run.inserted:
                guard.verify(run.out, run.inserted)
            sql = "".join(run.out)
            if not sql.isascii():
                sql.encode()
        except TemplateError as error:
            if error.offset is None:
                error.offset = run.at
            raise
        except _VALUE_ERRORS as error:
            raise _as_template_error(error, run.at) from error
        return Rendered(sql, run.settings, run.used_secrets, run.facts)


def _tests(trees: Sequence[ast.expr], index: int) -> list[tuple[ast.expr, bool]]:
    """Return what is true and false where the branch of that index is taken; the last is `else`."""
    return [(tree, False) for tree in trees[:index]] + [(tree, True) for tree in trees[index:][:1]]


def _sample(_: str) -> object:
    return SAMPLE


def _as_template_error(error: Exception, offset: int) -> TemplateError:
    """Return the error a caller reads for one of Python's."""
    result: TemplateError
    text = str(error)
    match error:
        case UnicodeEncodeError():
            result = failure("a value is not valid Unicode", page=None)
        case MemoryError() | RecursionError():
            result = LimitError("Template Syntax Error: an expression is too large")
        case AttributeError():
            result = failure(text)
        case NameError():
            page = f"{PAGE}#defined" if "free variable" in text else None
            result = failure(text, page=page)
        case KeyError():
            result = failure(
                f"Missing key '{error.args[0]}' while rendering the template. "
                "Ensure every object accessed in the template has this key."
            )
        case IndexError():
            result = failure(_OUT_OF_TEXT if text.startswith("string") else text)
        case TypeError() if "() missing " in text and "required" in text:
            result = failure(
                "one of the transform type functions is missing an argument",
                page=f"{PAGE}#transform-types-functions",
            )
        case TypeError() if text.startswith("unhashable type") or text.endswith("not callable"):
            result = failure(
                "wrong syntax, you might be using a not valid function inside a control block"
            )
        case _:
            result = TemplateError(text or type(error).__name__)
    result.offset = offset
    return result


_OUT_OF_TEXT: Final = (
    "String index out of range. Check that string parameters have values before accessing "
    "specific characters (e.g., param[0]). Provide default values or add length checks in your "
    "template."
)


class _Builder:
    """Makes one closure of each statement; a block is a closure over those of its statements."""

    def __init__(self, compiler: Compiler, *, is_checked: bool) -> None:
        self.compiler = compiler
        self.is_checked = is_checked

    def block(self, statements: Sequence[Statement]) -> Step:
        steps = [self.statement(statement) for statement in statements]
        if len(steps) == 1:
            return steps[0]

        def run_block(run: Run) -> Jump | None:
            for step in steps:
                jump = step(run)
                if jump is not None:
                    return jump
            return None

        return run_block

    def statement(self, statement: Statement) -> Step:
        if isinstance(statement, Text):
            text = statement.text
            return lambda run: run.append(text)
        if isinstance(statement, JumpOut):
            jump = Jump(statement.word)
            return lambda run: jump
        with _located(statement.offset):
            return self.tag(statement)

    def tag(self, statement: Output | Set | If | Loop | Try) -> Step:
        match statement:
            case Output():
                return self.output(statement)
            case Set():
                return self.assignment(statement)
            case If():
                return self.condition(statement)
            case Loop():
                return self.loop(statement)
            case Try():
                return self.attempt(statement)

    def output(self, statement: Output) -> Step:
        evaluate = self.compiler.output(statement.expression)
        source, offset, is_checked = statement.source, statement.offset, self.is_checked

        def print_value(run: Run) -> None:
            run.at = offset
            value = evaluate(run)
            if value is None:
                shown = source if len(source) <= 20 else f"{source[:20]}..."
                raise failure(f'expression "{shown}" evaluated to null')
            if is_checked:
                run.inserted.append((len(run.out), offset))
            run.append(to_sql(value))

        def print_sample(run: Run) -> None:
            """Print a value, or with `branches` a placeholder for what has none."""
            if run.pending is None:
                print_value(run)
                return
            try:
                print_value(run)
            except (TemplateError, *_VALUE_ERRORS):
                run.append(to_sql(SAMPLE))

        return lambda run: print_sample(run) if run.is_sample else print_value(run)

    def assignment(self, statement: Set) -> Step:
        offset, tree = statement.offset, statement.statement
        evaluate = self.compiler.control(tree.value)
        if isinstance(tree, ast.AugAssign):
            return self.augmented(tree, offset, evaluate)
        assign: Callable[[Run, object], None] = _drop
        if isinstance(tree, ast.Assign):
            assign = _all_of([self.compiler.target(target) for target in tree.targets])

        def run_set(run: Run) -> None:
            run.at = offset
            assign(run, _computed(run, evaluate))

        return run_set

    def augmented(self, tree: ast.AugAssign, offset: int, value: Evaluate) -> Step:
        function = CONTROL_BINARY[type(tree.op)]
        target = tree.target
        if isinstance(target, ast.Subscript):
            return self.augmented_item(target, offset, function, value)
        if not isinstance(target, ast.Name):
            raise failure(f"Invalid set statement: {ast.unparse(tree)}", page=None)
        before = self.compiler.control(ast.Name(target.id, ast.Load()))
        assign = self.compiler.target(target)

        def run_augmented(run: Run) -> None:
            run.at = offset
            assign(run, _computed(run, lambda run: function(run, before(run), value(run))))

        return run_augmented

    def augmented_item(
        self, target: ast.Subscript, offset: int, function: Binary, value: Evaluate
    ) -> Step:
        container, index = self.compiler.item(target)

        def run_augmented(run: Run) -> None:
            run.at = offset
            items, key = _computed(run, container), _computed(run, index)
            made = _computed(run, lambda run: function(run, subscript(run, items, key), value(run)))
            assign_item(run, items, key, made)

        return run_augmented

    def within(self, branch: Branch, statements: Sequence[Statement]) -> Step:
        self.compiler.parents.append(branch)
        try:
            return self.block(statements)
        finally:
            self.compiler.parents.pop()

    def condition(self, statement: If) -> Step:
        tests = [(offset, self.compiler.control(test)) for test, offset, _ in statement.branches]
        bodies = [body for *_, body in statement.branches]
        if statement.otherwise is not None:
            bodies.append(statement.otherwise)
        trees = [test for test, *_ in statement.branches]
        choices = [self.compiler.branch(*_tests(trees, index)) for index in range(len(bodies))]
        steps = [self.within(*pair) for pair in zip(choices, bodies, strict=True)]
        ways = [(*test, tree, step) for test, tree, step in zip(tests, trees, steps, strict=False)]
        otherwise = steps[-1] if statement.otherwise is not None else _nothing

        def run_if(run: Run) -> Jump | None:
            if run.pending is not None:
                index = run.choose(choices)
                return None if index is None else steps[index](run)
            for offset, test, tree, step in ways:
                run.at = offset
                if run.decide(tree, test):
                    return step(run)
            return otherwise(run)

        return run_if

    def loop(self, statement: Loop) -> Step:
        evaluate = self.compiler.control(statement.expression)
        body = self.block(statement.body)
        otherwise = self.block(statement.otherwise or [])
        if statement.target is None:
            return _while(statement.offset, evaluate, body, otherwise)
        assign = self.compiler.target(statement.target)
        return _for(statement.offset, evaluate, assign, body, otherwise)

    def attempt(self, statement: Try) -> Step:
        choices = [self.compiler.branch() for _ in range(len(statement.handlers) + 1)]
        body = self.within(choices[0], [*statement.body])
        otherwise = self.within(choices[0], statement.otherwise or [])
        handlers = [
            (handler, self.within(choice, handler.body))
            for choice, handler in zip(choices[1:], statement.handlers, strict=True)
        ]
        finally_ = self.block(statement.finally_ or [])

        def attempted(run: Run) -> Jump | None:
            try:
                jump = body(run)
            except LimitError:
                raise
            except (TemplateError, *_VALUE_ERRORS) as error:
                for handler, step in handlers:
                    if _catches(handler, error):
                        return _handled(run, handler, step, error)
                raise
            return jump if jump is not None else otherwise(run)

        def chosen(run: Run) -> Jump | None:
            index = run.choose(choices)
            if index:
                handler, step = handlers[index - 1]
                if handler.name:
                    run.locals[handler.name] = SAMPLE
                return step(run)
            return body(run) or otherwise(run)

        def run_try(run: Run) -> Jump | None:
            try:
                jump = attempted(run) if run.pending is None else chosen(run)
            except TemplateError:
                finally_(run)
                raise
            return finally_(run) or jump

        return run_try


def _while(offset: int, test: Evaluate, body: Step, otherwise: Step) -> Step:
    def run_while(run: Run) -> Jump | None:
        if run.pending is not None:
            body(run)
            return otherwise(run)
        run.at = offset
        while test(run):
            run.turn()
            if body(run) is Jump.BREAK:
                return None
            run.at = offset
        return otherwise(run)

    return run_while


def _for(
    offset: int,
    evaluate: Evaluate,
    assign: Callable[[Run, object], None],
    body: Step,
    otherwise: Step,
) -> Step:
    def run_for(run: Run) -> Jump | None:
        run.at = offset
        if run.pending is not None:
            _assign_first(run, evaluate, assign)
            body(run)
            return otherwise(run)
        items: Any = evaluate(run)
        for item in items:
            run.turn()
            run.at = offset
            assign(run, item)
            if body(run) is Jump.BREAK:
                return None
        return otherwise(run)

    return run_for


def _assign_first(run: Run, evaluate: Evaluate, assign: Callable[[Run, object], None]) -> None:
    """Give the names of a loop the first item, or placeholders if there is none."""
    items: Any = _computed(run, evaluate)
    try:
        item = next(iter(items), SAMPLE)
        assign(run, item)
    except (TemplateError, *_VALUE_ERRORS):
        assign(run, SAMPLE)


def _computed(run: Run, evaluate: Evaluate) -> object:
    """Return a value, or with `branches` a placeholder for what has none."""
    if run.pending is None:
        return evaluate(run)
    try:
        return evaluate(run)
    except (TemplateError, *_VALUE_ERRORS):
        return SAMPLE


def _catches(handler: Handler, error: Exception) -> bool:
    """Whether a handler is for an error; a template's own errors are a ValueError."""
    if not handler.classes:
        return True
    kind = ValueError if isinstance(error, TemplateError) else type(error)
    if isinstance(error, TemplateAbort) and error.body is not None:
        kind = Exception
    for name in handler.classes:
        caught = getattr(builtins, name, None)
        if not (isinstance(caught, type) and issubclass(caught, BaseException)):
            raise TypeError(
                "catching classes that do not inherit from BaseException is not allowed"
            )
        if issubclass(kind, caught):
            return True
    return False


def _handled(run: Run, handler: Handler, step: Step, error: Exception) -> Jump | None:
    """Run the body of a handler; the error's name is gone after it, as in Python."""
    if handler.name is None:
        return step(run)
    # Tinybird prints the message as SQL; here it is a value.
    run.locals[handler.name] = str(error)
    try:
        return step(run)
    finally:
        run.locals.pop(handler.name, None)


def _all_of(targets: Sequence[Callable[[Run, object], None]]) -> Callable[[Run, object], None]:
    if len(targets) == 1:
        return targets[0]

    def assign(run: Run, value: object) -> None:
        for target in targets:
            target(run, value)

    return assign


def _drop(run: Run, value: object) -> None:
    return None


def _nothing(run: Run) -> None:
    return None


@contextmanager
def _located(offset: int) -> Iterator[None]:
    """Point errors of a statement at it, unless they point already."""
    try:
        yield
    except TemplateError as error:
        if error.offset is None:
            error.offset = offset
        raise
