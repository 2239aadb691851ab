"""The state of one rendering and its limits."""

import ast
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from martlet.errors import TemplateError
from martlet.template.choices import Facts
from martlet.template.values import LimitError, failure

MAX_SQL_CHARACTERS: Final = 4 * 1024 * 1024
MAX_ITERATIONS: Final = 10_000
# Characters and elements that the expressions of one rendering may produce on the way.
MAX_WORK: Final = 32 * 1024 * 1024
MAX_INTEGER_BITS: Final = 4096


class Jump(Enum):
    """How a block ends early."""

    BREAK = "break"
    CONTINUE = "continue"


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


class Run:
    """What the closures of a template share while it is rendered.

    Attributes:
        read: the value of a parameter, None if it has none.
        locals: values of `set` and `for`, by name.
        out: the SQL so far, in parts.
        inserted: index in `out` and place in the template of each part that is not the template's
            own text; filled only where the result is checked.
        at: where in the template the rendering is, for errors.
        is_sample: parameters without value have placeholders, and `error()` is silent.
        pending: branches not yet taken while all are to be; None in any other rendering.
        facts: what is taken as true and false of tests, for a sample.
    """

    __slots__ = (
        "at", "facts", "inserted", "is_sample", "locals", "out", "pending", "read", "required",
        "room", "secrets", "settings", "turns", "used_secrets", "work",
    )  # fmt: skip

    def __init__(
        self,
        read: Callable[[str], object],
        *,
        secrets: Mapping[str, str],
        required: Sequence[str],
        is_sample: bool = False,
        pending: set[Branch] | None = None,
        facts: Facts | None = None,
    ) -> None:
        self.read = read
        self.secrets = secrets
        self.required = required
        self.is_sample = is_sample
        self.pending = pending
        self.facts = facts
        self.locals: dict[str, object] = {}
        self.out: list[str] = []
        self.inserted: list[tuple[int, int]] = []
        self.settings: dict[str, object] = {}
        self.used_secrets: dict[str, str] = {}
        self.at = 0
        self.room = MAX_SQL_CHARACTERS
        self.turns = MAX_ITERATIONS
        self.work = MAX_WORK

    def spend(self, amount: int) -> None:
        """Count characters or elements that an expression makes or looks through."""
        self.work -= amount
        if self.work < 0:
            raise LimitError("Template Syntax Error: expressions of the template grow too large")

    def turn(self) -> None:
        """Count one iteration of any loop."""
        self.turns -= 1
        if self.turns < 0:
            raise LimitError(
                f"Template Syntax Error: loops run more than {MAX_ITERATIONS:,} times in total"
            )

    def append(self, text: str) -> None:
        """Add SQL text."""
        self.room -= len(text)
        if self.room < 0:
            raise LimitError(
                f"Template Syntax Error: the SQL is longer than {MAX_SQL_CHARACTERS:,} characters"
            )
        self.out.append(text)

    def missing(self) -> TemplateError:
        """Return the error for a value that is needed; it lists what the template requires."""
        if not self.required:
            return failure("Required parameter is not defined")
        *others, last = self.required
        listed = f"{', '.join(others)} and {last}" if others else last
        return failure(
            f"Required parameter is not defined. Check the parameters {listed}. "
            "Please provide a value or set a default value in the pipe code."
        )

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

    def decide(self, test: ast.expr, evaluate: "Evaluate") -> bool:
        """Return whether a test holds; of a sample what is known of it comes first."""
        known = self.facts.truth(test) if self.facts is not None else None
        return bool(evaluate(self)) if known is None else known

    def _is_possible(self, branch: Branch) -> bool:
        assert self.facts is not None
        return all(self.facts.truth(test) in (value, None) for test, value in branch.tests)


Evaluate = Callable[[Run], object]
Step = Callable[[Run], Jump | None]
