"""The state of one rendering and its limits."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from martlet.errors import TemplateError
from martlet.template.values import SAMPLE, LimitError, failure

MAX_SQL_CHARACTERS: Final = 4 * 1024 * 1024
MAX_ITERATIONS: Final = 10_000
# Characters and elements that the expressions of one rendering may produce on the way.
MAX_WORK: Final = 32 * 1024 * 1024
MAX_INTEGER_BITS: Final = 4096


class Jump(Enum):
    """How a block ends early."""

    BREAK = "break"
    CONTINUE = "continue"


class Branch:
    """One way through an `if`, with the branches that can only be reached through it."""

    __slots__ = ("inside",)

    def __init__(self) -> None:
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
    """

    __slots__ = ("at", "inserted", "is_sample", "locals", "out", "pending", "read", "required",
                 "room", "secrets", "settings", "turns", "used_secrets", "work")  # fmt: skip

    def __init__(
        self,
        read: Callable[[str], object],
        *,
        secrets: Mapping[str, str],
        required: Sequence[str],
        is_sample: bool = False,
        pending: set[Branch] | None = None,
    ) -> None:
        self.read = read
        self.secrets = secrets
        self.required = required
        self.is_sample = is_sample
        self.pending = pending
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

    def missing(self, names: Sequence[str]) -> TemplateError:
        """Return the error for a value that is needed; it lists all parameters without value.

        Args:
            names: the parameters whose value would have been used.
        """
        if not names:
            return failure("Required parameter is not defined")
        lacking = [
            name for name in self.required if name in names or self.read(name) in (None, SAMPLE)
        ]
        lacking += [name for name in names if name not in lacking]
        listed = " and ".join(filter(None, (", ".join(lacking[:-1]), lacking[-1])))
        return failure(
            f"Required parameter is not defined. Check the parameters {listed}. "
            "Please provide a value or set a default value in the pipe code."
        )

    def choose(self, branches: Sequence[Branch]) -> int:
        """Return which branch to take so that in the end all are taken."""
        assert self.pending is not None
        for index, branch in enumerate(branches):
            if branch in self.pending or not branch.inside.isdisjoint(self.pending):
                self.pending.discard(branch)
                return index
        return 0


Evaluate = Callable[[Run], object]
Step = Callable[[Run], Jump | None]
