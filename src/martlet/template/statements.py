"""Statements as closures: what a template does when it is rendered for a request."""

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from martlet.errors import TemplateAbort, TemplateError
from martlet.template.expressions import Compiler
from martlet.template.operators import CONTROL_BINARY, Binary, assign_item, subscript
from martlet.template.run import Evaluate, Jump, Run, Step
from martlet.template.syntax import Handler, If, JumpOut, Loop, Output, Set, Statement, Text, Try
from martlet.template.values import LimitError, failure, to_sql

Assign = Callable[[Run, object], None]

# What Python raises for wrong values in an expression; the text is what the caller reads.
VALUE_ERRORS: Final = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, NameError, MemoryError,
    RuntimeError,
)  # fmt: skip


class Builder:
    """Makes one closure of each statement; a block is a closure over those of its statements."""

    def __init__(self, compiler: Compiler, *, is_checked: bool) -> None:
        """Take the compiler of expressions, and whether `guard.verify` will look at the values."""
        self.compiler = compiler
        self.is_checked = is_checked
        self._jumps = 0

    def block(self, statements: Sequence[Statement]) -> Step:
        jumps = self._jumps
        steps = []
        before = ""  # text that the step of the tag behind it prints too
        for statement in statements:
            if isinstance(statement, Text):
                before += statement.text
            elif isinstance(statement, Output):
                with _located(statement.offset):
                    steps.append(self.output(statement, before))
                before = ""
            else:
                if before:
                    steps.append(_text(before))
                    before = ""
                steps.append(self.statement(statement))
        if before or not steps:
            steps.append(_text(before))
        if len(steps) == 1:
            return steps[0]
        if self._jumps == jumps:
            return _in_turn(steps)

        def run_block(run: Run) -> Jump | None:
            for step in steps:
                jump = step(run)
                if jump is not None:
                    return jump
            return None

        return run_block

    def statement(self, statement: JumpOut | Set | If | Loop | Try) -> Step:
        if isinstance(statement, JumpOut):
            self._jumps += 1
            jump = Jump(statement.word)
            return lambda run: jump
        with _located(statement.offset):
            return self.tag(statement)

    def tag(self, statement: Set | If | Loop | Try) -> Step:
        match statement:
            case Set():
                return self.assignment(statement)
            case If():
                return self.condition(statement)
            case Loop():
                return self.loop(statement)
            case Try():
                return self.attempt(statement)

    def output(self, statement: Output, before: str) -> Step:
        """Return what prints a value, behind the text that stands before its tag."""
        evaluate = self.compiler.output(statement.expression)
        source, offset = statement.source, statement.offset

        def print_value(run: Run) -> None:
            run.at = offset
            out = run.out
            out.append(before)
            value = evaluate(run)
            if value is None:
                shown = source if len(source) <= 20 else f"{source[:20]}..."
                raise failure(f'expression "{shown}" evaluated to null')
            text = to_sql(value)
            run.spend_room(len(text))
            out.append(text)

        if not self.is_checked:
            return print_value

        def print_checked(run: Run) -> None:
            print_value(run)
            run.inserted.append((len(run.out) - 1, offset))

        return print_checked

    def computed(self, evaluate: Evaluate) -> Evaluate:
        """Return what computes a value that a statement keeps."""
        return evaluate

    def assignment(self, statement: Set) -> Step:
        offset, tree = statement.offset, statement.statement
        if isinstance(tree, ast.AugAssign):
            return self.augmented(tree, offset)
        evaluate = self.computed(self.compiler.control(tree.value))
        assign: Assign = _drop
        if isinstance(tree, ast.Assign):
            assign = _all_of([self.compiler.target(target) for target in tree.targets])

        def run_set(run: Run) -> None:
            run.at = offset
            assign(run, evaluate(run))

        return run_set

    def augmented(self, tree: ast.AugAssign, offset: int) -> Step:
        value = self.compiler.control(tree.value)
        function = CONTROL_BINARY[type(tree.op)]
        target = tree.target
        if isinstance(target, ast.Subscript):
            return self.augmented_item(target, offset, function, value)
        if not isinstance(target, ast.Name):
            raise failure(f"Invalid set statement: {ast.unparse(tree)}", page=None)
        before = self.compiler.control(ast.Name(target.id, ast.Load()))
        assign = self.compiler.target(target)
        made = self.computed(lambda run: function(run, before(run), value(run)))

        def run_augmented(run: Run) -> None:
            run.at = offset
            assign(run, made(run))

        return run_augmented

    def augmented_item(
        self, target: ast.Subscript, offset: int, function: Binary, value: Evaluate
    ) -> Step:
        container, index = map(self.computed, self.compiler.item(target))
        computed = self.computed

        def run_augmented(run: Run) -> None:
            run.at = offset
            items, key = container(run), index(run)
            made = computed(lambda run: function(run, subscript(run, items, key), value(run)))
            assign_item(run, items, key, made(run))

        return run_augmented

    def condition(self, statement: If) -> Step:
        tests = [(offset, self.compiler.control(test)) for test, offset, _ in statement.branches]
        steps = [self.block(body) for *_, body in statement.branches]
        ways = [(*test, step) for test, step in zip(tests, steps, strict=True)]
        if len(ways) == 1:
            return _if(*ways[0], self.block(statement.otherwise) if statement.otherwise else None)
        otherwise = self.block(statement.otherwise or [])

        def run_if(run: Run) -> Jump | None:
            for offset, test, step in ways:
                run.at = offset
                if test(run):
                    return step(run)
            return otherwise(run)

        return run_if

    def loop(self, statement: Loop) -> Step:
        evaluate = self.compiler.control(statement.expression)
        jumps = self._jumps
        body = self.block(statement.body)
        self._jumps = jumps  # they stay inside
        otherwise = self.block(statement.otherwise or [])
        if statement.target is None:
            return self.while_(statement.offset, evaluate, body, otherwise)
        assign = self.compiler.target(statement.target)
        return self.for_(statement.offset, evaluate, assign, body, otherwise)

    def while_(self, offset: int, test: Evaluate, body: Step, otherwise: Step) -> Step:
        def run_while(run: Run) -> Jump | None:
            run.at = offset
            while test(run):
                run.turn()
                if body(run) is Jump.BREAK:
                    return None
                run.at = offset
            return otherwise(run)

        return run_while

    def for_(
        self, offset: int, evaluate: Evaluate, assign: Assign, body: Step, otherwise: Step
    ) -> Step:
        def run_for(run: Run) -> Jump | None:
            run.at = offset
            items: Any = evaluate(run)
            for item in items:
                run.turn()
                run.at = offset
                assign(run, item)
                if body(run) is Jump.BREAK:
                    return None
            return otherwise(run)

        return run_for

    def attempt(self, statement: Try) -> Step:
        body, otherwise = self.block(statement.body), self.block(statement.otherwise or [])
        handlers = [(handler, self.block(handler.body)) for handler in statement.handlers]
        finally_ = self.block(statement.finally_ or [])
        return closed(self.attempted(body, handlers, otherwise), finally_)

    def attempted(
        self, body: Step, handlers: Sequence[tuple[Handler, Step]], otherwise: Step
    ) -> Step:
        def attempted(run: Run) -> Jump | None:
            try:
                jump = body(run)
            except LimitError:
                raise
            except (TemplateError, *VALUE_ERRORS) as error:
                for handler, step in handlers:
                    if _catches(handler, error):
                        return _handled(run, handler, step, error)
                raise
            return jump if jump is not None else otherwise(run)

        return attempted


def _text(text: str) -> Step:
    return lambda run: run.out.append(text)


def _if(offset: int, test: Evaluate, step: Step, otherwise: Step | None) -> Step:
    def run_if(run: Run) -> Jump | None:
        run.at = offset
        if test(run):
            return step(run)
        return otherwise(run) if otherwise is not None else None

    return run_if


def _in_turn(steps: Sequence[Step]) -> Step:
    """Return the block of statements none of which leaves it early."""
    if len(steps) == 2:
        first, second = steps

        def run_both(run: Run) -> None:
            first(run)
            second(run)

        return run_both

    def run_all(run: Run) -> None:
        for step in steps:
            step(run)

    return run_all


def closed(attempted: Step, finally_: Step) -> Step:
    """Return a step with another that comes after it in any case."""

    def run_try(run: Run) -> Jump | None:
        try:
            jump = attempted(run)
        except TemplateError:
            finally_(run)
            raise
        return finally_(run) or jump

    return run_try


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


def _all_of(targets: Sequence[Assign]) -> Assign:
    if len(targets) == 1:
        return targets[0]

    def assign(run: Run, value: object) -> None:
        for target in targets:
            target(run, value)

    return assign


def _drop(run: Run, value: object) -> None:
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
