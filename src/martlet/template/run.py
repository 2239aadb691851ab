"""The state of one rendering and its limits."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from martlet.errors import TemplateError
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
    """

    __slots__ = (
        "at", "inserted", "locals", "out", "read", "required", "room", "secrets", "settings",
        "turns", "used_secrets", "work",
    )  # fmt: skip

    is_sample = False

    def __init__(
        self,
        read: Callable[[str], object],
        *,
        secrets: Mapping[str, str],
        required: Sequence[str],
    ) -> None:
        self.read = read
        self.secrets = secrets
        self.required = required
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

    def spend_room(self, length: int) -> None:
        """Count characters of SQL that are not the template's own."""
        self.room -= length
        if self.room < 0:
            raise _too_long()

    def check_length(self) -> None:
        """Count all of the SQL: loops repeat the template's own text."""
        if sum(map(len, self.out)) > MAX_SQL_CHARACTERS:
            raise _too_long()

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


def _too_long() -> LimitError:
    return LimitError(
        f"Template Syntax Error: the SQL is longer than {MAX_SQL_CHARACTERS:,} characters"
    )


Evaluate = Callable[[Run], object]
Step = Callable[[Run], Jump | None]
