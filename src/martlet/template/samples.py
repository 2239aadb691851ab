"""Renderings without a request: placeholders for values, and every branch that can be taken."""

import ast
from collections.abc import Callable, Sequence

from martlet.errors import TemplateError
from martlet.template.choices import Facts
from martlet.template.expressions import Compiler
from martlet.template.run import Evaluate, Jump, Run, Step
from martlet.template.statements import VALUE_ERRORS, Assign, Builder, closed
from martlet.template.syntax import If, Output, Statement, Try
from martlet.template.values import SAMPLE, to_sql

Tests = tuple[tuple[ast.expr, bool], ...]


class Branch:
    """One way through an `if`.

    Attributes:
        tests: what is true and what is not where it is taken.
        path: these and those of the branches around it.
        inside: the branches that can only be reached through it.
    """

    __slots__ = ("inside", "path", "tests")

    def __init__(self, tests: Tests, path: Tests) -> None:
        self.tests = tests
        self.path = path
        self.inside: set[Branch] = set()


class SampleRun(Run):
    """What the closures of a sample share: parameters without value have placeholders.

    Attributes:
        facts: what is taken as true and false of tests.
        pending: branches not yet taken while all are to be; None in any other rendering.
    """

    __slots__ = ("facts", "pending")

    is_sample = True

    def __init__(self, facts: Facts | None = None, pending: set[Branch] | None = None) -> None:
        super().__init__(_sample, secrets={}, required=())
        self.facts = facts
        self.pending = pending

    def choose(self, branches: Sequence[Branch]) -> int | None:
        """Return which branch to take so that in the end all are taken.

        Returns:
            An index; None if what is known already leaves none of them.
        """
        assert self.pending is not None
        assert self.facts is not None
        possible = [i for i, branch in enumerate(branches) if self._is_possible(branch)]
        for index in possible:
            branch = branches[index]
            if branch in self.pending or not branch.inside.isdisjoint(self.pending):
                break
        else:
            if not possible:
                return None
            index = possible[0]
        self.pending.discard(branches[index])
        for test, value in branches[index].tests:
            self.facts.assume(test, value)
        return index

    def decide(self, test: ast.expr, evaluate: Evaluate) -> bool:
        """Return whether a test holds; what is known of it comes first."""
        known = self.facts.truth(test) if self.facts is not None else None
        return bool(evaluate(self)) if known is None else known

    def _is_possible(self, branch: Branch) -> bool:
        assert self.facts is not None
        return all(self.facts.truth(test) in (value, None) for test, value in branch.tests)


def _sample(_: str) -> object:
    return SAMPLE


class SampleCompiler(Compiler):
    """Turns expressions into closures that can be led through every branch.

    Attributes:
        branches: conditional expressions and statements.
    """

    def __init__(self, local_names: frozenset[str]) -> None:
        super().__init__(local_names)
        self.branches: list[Branch] = []
        self._parents: list[Branch] = []

    def branch(self, *tests: tuple[ast.expr, bool]) -> Branch:
        around = self._parents[-1].path if self._parents else ()
        made = Branch(tests, around + tests)
        self.branches.append(made)
        for parent in self._parents:
            parent.inside.add(made)
        return made

    def within(self, branch: Branch, build: Callable[[], Evaluate]) -> Evaluate:
        """Build what is only reached through a branch."""
        self._parents.append(branch)
        try:
            return build()
        finally:
            self._parents.pop()

    def conditional(self, node: ast.IfExp) -> Evaluate:
        test = self.compile(node.test)
        choices = [self.branch((node.test, True)), self.branch((node.test, False))]
        body = self.within(choices[0], lambda: self.compile(node.body))
        otherwise = self.within(choices[1], lambda: self.compile(node.orelse))

        def evaluate(run: Run) -> object:
            sample = _of(run)
            if sample.pending is not None:
                return otherwise(run) if sample.choose(choices) else body(run)
            return body(run) if sample.decide(node.test, test) else otherwise(run)

        return evaluate


class SampleBuilder(Builder):
    """Makes the closures of statements for a `SampleRun`."""

    compiler: SampleCompiler

    def output(self, statement: Output, before: str) -> Step:
        print_value = super().output(statement, before)

        def print_sample(run: Run) -> None:
            """Print a value, or with `pending` a placeholder for what has none."""
            if _of(run).pending is None:
                print_value(run)
                return
            try:
                print_value(run)
            except (TemplateError, *VALUE_ERRORS):
                run.out.append(to_sql(SAMPLE))

        return print_sample

    def computed(self, evaluate: Evaluate) -> Evaluate:
        """Return what computes a value, or with `pending` a placeholder for what has none."""

        def compute(run: Run) -> object:
            if _of(run).pending is None:
                return evaluate(run)
            try:
                return evaluate(run)
            except (TemplateError, *VALUE_ERRORS):
                return SAMPLE

        return compute

    def within(self, branch: Branch, statements: Sequence[Statement]) -> Step:
        return self.compiler.within(branch, lambda: self.block(statements))  # type: ignore[return-value]

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
            sample = _of(run)
            if sample.pending is not None:
                index = sample.choose(choices)
                return None if index is None else steps[index](run)
            for offset, test, tree, step in ways:
                run.at = offset
                if sample.decide(tree, test):
                    return step(run)
            return otherwise(run)

        return run_if

    def while_(self, offset: int, test: Evaluate, body: Step, otherwise: Step) -> Step:
        run_while = super().while_(offset, test, body, otherwise)

        def run_once(run: Run) -> Jump | None:
            if _of(run).pending is None:
                return run_while(run)
            body(run)
            return otherwise(run)

        return run_once

    def for_(
        self, offset: int, evaluate: Evaluate, assign: Assign, body: Step, otherwise: Step
    ) -> Step:
        run_for = super().for_(offset, evaluate, assign, body, otherwise)
        computed = self.computed(evaluate)

        def run_once(run: Run) -> Jump | None:
            if _of(run).pending is None:
                return run_for(run)
            run.at = offset
            _assign_first(run, computed(run), assign)
            body(run)
            return otherwise(run)

        return run_once

    def attempt(self, statement: Try) -> Step:
        choices = [self.compiler.branch() for _ in range(len(statement.handlers) + 1)]
        body = self.within(choices[0], statement.body)
        otherwise = self.within(choices[0], statement.otherwise or [])
        handlers = [
            (handler, self.within(choice, handler.body))
            for choice, handler in zip(choices[1:], statement.handlers, strict=True)
        ]
        finally_ = self.block(statement.finally_ or [])
        attempted = self.attempted(body, handlers, otherwise)

        def chosen(run: Run) -> Jump | None:
            sample = _of(run)
            if sample.pending is None:
                return attempted(run)
            index = sample.choose(choices)
            if index:
                handler, step = handlers[index - 1]
                if handler.name:
                    run.locals[handler.name] = SAMPLE
                return step(run)
            return body(run) or otherwise(run)

        return closed(chosen, finally_)


def _of(run: Run) -> SampleRun:
    assert isinstance(run, SampleRun)
    return run


def _tests(trees: Sequence[ast.expr], index: int) -> list[tuple[ast.expr, bool]]:
    """Return what is true and false where the branch of that index is taken; the last is `else`."""
    return [(tree, False) for tree in trees[:index]] + [(tree, True) for tree in trees[index:][:1]]


def _assign_first(run: Run, items: object, assign: Assign) -> None:
    """Give the names of a loop the first item, or placeholders if there is none."""
    try:
        assign(run, next(iter(items), SAMPLE))  # type: ignore[call-overload]
    except (TemplateError, *VALUE_ERRORS):
        assign(run, SAMPLE)


def _nothing(run: Run) -> None:
    return None
