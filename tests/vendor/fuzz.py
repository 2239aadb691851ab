"""The vendor's renderings beside ours: `python -m tests.vendor.fuzz --count 20000 --seed 1`.

Prints the differences that `DELIBERATE` does not explain, grouped by what the answers look like,
with the smallest case of each.
"""

import argparse
import builtins
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest import mock

from scripts.environments import CLASSIC, FORWARD
from tests.vendor.grammar import SECRETS, Case, Grammar
from tests.vendor.oracle import Answer, Vendor

from martlet.errors import TemplateAbort, TemplateError
from martlet.template import guard
from martlet.template.compiler import Rendered, compile_template

_BATCH = 500


@dataclass(frozen=True)
class Outcome:
    """What came of a rendering: SQL with settings, or an error as a client sees it.

    Attributes:
        is_early: the error was found when the template was read; known of ours only.
    """

    sql: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    error: str | None = None
    status: int = 400
    body: object = None
    documentation: str | None = None
    is_early: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if value not in (None, {}, 400)}
        return str(shown)


@dataclass(frozen=True)
class Difference:
    """A case whose outcomes differ; `reason` names the row of `DELIBERATE` that explains it."""

    case: Case
    theirs: Outcome
    ours: Outcome
    reason: str | None


def question(case: Case) -> dict[str, object]:
    return {
        "ask": "render", "sql": case.sql, "variables": case.values, "secrets": SECRETS,
        "test_mode": case.is_sample,
    }  # fmt: skip


def of_vendor(answer: Answer) -> Outcome:
    if "value" in answer:
        return Outcome(answer["value"]["sql"], answer["value"]["settings"])
    known = answer.get("known", {})
    if "SQLTemplateCustomError" in answer.get("kinds", ()):
        body = known["err"] if isinstance(known["err"], dict) else None
        return Outcome(error=answer["error"], status=known["code"], body=body)
    return Outcome(error=_told(answer["error"]), documentation=known.get("documentation"))


# Where in its own text, or in Python made of it, the vendor's package finds an error of syntax.
_PLACE = re.compile(r"(: [^:]+)? at <string>:\d+$| \(<[^>]*>(\.generated\.py)?, line \d+\)$")
# What else a message has in addition to its meaning, in a sample above all.
_ADDED = re.compile(r"^Template Syntax Error: |(, line \d+)+$| \(detected at line \d+\)")
# A set, in any order.
_SET = re.compile(r"\{('\w+'(?:, '\w+')*)\}")


def _told(error: str) -> str:
    """Return a message without what differs from run to run."""
    return _SET.sub(lambda found: f"{{{', '.join(sorted(found[1].split(', ')))}}}", error)


def of_ours(case: Case) -> Outcome:
    try:
        template = compile_template(case.sql)
    except TemplateError as error:
        return Outcome(error=_told(error.message), documentation=error.documentation, is_early=True)
    try:
        rendered = template.render_sample() if case.is_sample else _rendered(template, case)
    except TemplateAbort as error:
        return Outcome(error=error.message, status=error.status, body=error.body)
    except TemplateError as error:
        return Outcome(error=error.message, documentation=error.documentation)
    settings = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in rendered.settings.items()
    }
    return Outcome(rendered.sql, settings)


def _rendered(template: Any, case: Case) -> Rendered:
    rendered: Rendered = template.render(case.values, secrets=dict.fromkeys(SECRETS, "s"))
    return rendered


def differences(vendor: Vendor, cases: Sequence[Case]) -> Iterator[Difference]:
    """Yield the cases of which the two sides make different things."""
    for start in range(0, len(cases), _BATCH):
        some = cases[start : start + _BATCH]
        for case, answer in zip(some, vendor.ask_all(map(question, some)), strict=True):
            theirs, ours = of_vendor(answer), of_ours(case)
            if theirs != ours:
                yield Difference(case, theirs, ours, explained(case, theirs, ours))


def unguarded(case: Case) -> Outcome:
    """Return what we render where values may stand anywhere."""
    with mock.patch.object(guard, "verify"):
        return of_ours(case)


@dataclass(frozen=True)
class Deliberate:
    """A difference that is meant.

    Attributes:
        name: the first cell of its row in docs/templates.md, under "Differences from Tinybird".
        explains: whether a difference is this one.
    """

    name: str
    explains: Callable[[Case, Outcome, Outcome], bool]


def _is_guarded(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    """Whether our refusal is all that differs: the same is rendered where values may stand anywhere."""
    if not (ours.error or "").startswith(
        (
            "Template Syntax Error: a value cannot stand here",
            "Template Syntax Error: the rendered SQL cannot be read",
        )
    ):
        return False
    free = unguarded(case)
    return free == theirs or explained(case, theirs, free) is not None


def _meaning(error: str) -> str:
    return _ADDED.sub("", _PLACE.sub("", error))


_TAG = re.compile(r"\{[{%#]")
_UNREAD = re.compile(rf"{_PLACE.pattern}|^expected AST|^expression_wrapper|line \d+$")


def _is_early(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    """Whether ours cannot be read, and theirs fails there too, or where it gets to before."""
    if not ours.is_early or theirs.error is None:
        return False
    is_same = _meaning(theirs.error) == _meaning(ours.error or "")
    is_unread = _UNREAD.search(theirs.error) or "Error: Invalid " in theirs.error
    return is_same or bool(is_unread) or len(_TAG.findall(case.sql)) > 1


# Where theirs goes through a placeholder letter by letter, has one in spite of a default, or takes
# one that a variable has for a value that is given.
_WAYS = re.compile(
    r"\{%\s*for\b|,\s*(default=)?(''|0|False|\[\])|error\(|\.\w+\(|\*|[\w)]\["
    r"|(int|len|list|max|min)\(|\{%\s*set\b.*\bdefined\(|\bis\b",
    re.DOTALL,
)
_NO_DEFAULT = re.compile(r",\s*(default=)?(''|0|False|\[\])|error\(")


_PLACEHOLDER = (
    "[Pp]laceholder|__no_value__|not a valid function|Missing column|Invalid TTL"
    "|unsupported operand|bad operand|not supported between|values to unpack|Required parameter"
    "|catching classes|can only concatenate"
)


def _is_sample(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    if not case.is_sample:
        return False
    if theirs.error and ours.error and _meaning(theirs.error) == _meaning(ours.error):
        return True
    if theirs.sql is not None and ours.sql is None:
        return _NO_DEFAULT.search(case.sql) is not None
    is_other = re.search(_PLACEHOLDER, _plain(theirs))
    return is_other is not None or _WAYS.search(case.sql) is not None


def _is_requoted(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    is_repr = re.search(r"\"|\\[ux]", _plain(theirs)) is not None
    return is_repr and _unquoted(theirs) == _unquoted(ours)


def _plain(outcome: Outcome) -> str:
    return outcome.sql or outcome.error or ""


def _unquoted(outcome: Outcome) -> str:
    text = re.sub(r"\\[ux]([0-9a-f]+)", lambda found: chr(int(found[1], 16)), _plain(outcome))
    return re.sub(r"""[\\'"`]""", "", text)


_PYTHON_NAMES = frozenset(dir(builtins)) | {"self", "xhtml_escape"}
_CLASSES = re.compile(r"\b(\w+Error|Exception|StopIteration)\b")


# `str.split` splits its own argument.
_METHODS_OF_STR = re.compile(r"\b(split_to_array|columns?)\(\s*str\b")


def _hides_python(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    if theirs.error is not None and not _PYTHON_NAMES.isdisjoint(case.values):
        return True
    if (theirs.error or "").startswith("generate() got multiple values"):
        return True
    if _METHODS_OF_STR.search(case.sql) or (case.is_sample and "print" in case.sql):
        return True
    return _CLASSES.search(re.sub(r"\{%\s*except.*?%\}", "", case.sql)) is not None


_FUNCTIONS = re.compile(
    r"<function |<built-in|<class|'?type'? object|['\"](type|function|builtin_function_or_method)['\"]"
    r"|type\.__format__"
)


def _is_function(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    says = re.search(r"'function'|type function|is a function, it|function\.__", str(ours))
    return _FUNCTIONS.search(str(theirs)) is not None or says is not None


def _is_printed_error(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    return " as e" in case.sql and theirs.sql is not None and _unquoted(theirs) == _unquoted(ours)


def _is_spread(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    both = f"{theirs.error} {ours.error}"
    is_told = re.search(r"Starred|keywords must be strings|after \*", both) is not None
    are_errors = theirs.error is not None and ours.error is not None
    return is_told or (are_errors and re.search(r"[(,\[{]\s*\*", case.sql) is not None)


def _ours_says(pattern: str) -> Callable[[Case, Outcome, Outcome], bool]:
    return lambda case, theirs, ours: re.search(pattern, ours.error or "") is not None


def _theirs_says(pattern: str) -> Callable[[Case, Outcome, Outcome], bool]:
    return lambda case, theirs, ours: (
        re.search(pattern, theirs.error or theirs.sql or "") is not None
    )


def _same_without(pattern: str) -> Callable[[Case, Outcome, Outcome], bool]:
    """Explain outcomes that are equal when what matches is left out of SQL and error."""

    def explains(case: Case, theirs: Outcome, ours: Outcome) -> bool:
        sides = [
            tuple(re.sub(pattern, "", text or "") for text in (side.sql, side.error))
            for side in (theirs, ours)
        ]
        return sides[0] == sides[1] and (theirs.sql is None) == (ours.sql is None)

    return explains


def _is_refused_table(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    is_caught = re.search(r"\{%\s*try\b.*\b(table|TABLE|symbol)\(", case.sql, re.DOTALL) is not None
    return is_caught or (ours.error or "").endswith("is not a valid table name")


def _is_odd_status(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    return theirs.error == ours.error and ours.status == 400 != theirs.status


def _is_misfit(case: Case, theirs: Outcome, ours: Outcome) -> bool:
    """Whether both refuse, and ours says that a call has too many arguments or a wrong one."""
    same = _same_without(r"'(to)?(Int|UInt|Float)\w+'(?= object)")
    return same(case, theirs, ours) or (
        theirs.error is not None
        and re.search(r"^\w+\(\) (got|takes) ", ours.error or "") is not None
    )


def _either_says(pattern: str) -> Callable[[Case, Outcome, Outcome], bool]:
    return lambda case, theirs, ours: any(
        re.search(pattern, side.error or side.sql or "") for side in (theirs, ours)
    )


_OTHER_FUNCTIONS = re.compile(
    r"\b(bytes|callable|hasattr|hash|id|isinstance|repr|iter|next|pow|Symbol|chr|ord|hex|divmod)\("
)

DELIBERATE = (
    Deliberate("a value between quotes, `'{{String(x)}}'`", _is_guarded),
    Deliberate("an error of the template itself", _is_early),
    Deliberate("placeholders of `martlet check`", _is_sample),
    Deliberate("a parameter with a name of Python's, `self` or `str`", _hides_python),
    Deliberate("a function that is not called, `{{len}}`", _is_function),
    Deliberate("texts in lists", _is_requoted),
    Deliberate("`{% except E as e %}{{e}}`", _is_printed_error),
    Deliberate("`*x` and `**x`", _is_spread),
    Deliberate(
        "`{% except f(x) %}`",
        _ours_says("Invalid control block: except |^catching classes that do not inherit"),
    ),
    Deliberate(
        "`1j`, `b'a'`, `...`, `:=`, attributes, default values of a `lambda`",
        _ours_says(r"Invalid (Constant|attribute|expression type: (NamedExpr|Lambda|Attribute))"),
    ),
    Deliberate(
        "a parameter that only a comprehension or a `lambda` has",
        _theirs_says(r"^Template Syntax Error: name '\w+' is not defined$"),
    ),
    Deliberate("`tb_secret(x)`", _either_says(r"Error: Cannot access secret |\{\w+: String\}")),
    Deliberate(
        "other functions of Python, `isinstance(x, str)`",
        lambda case, theirs, ours: (
            _OTHER_FUNCTIONS.search(case.sql) is not None
            and "wrong syntax, you might be" in (ours.error or "")
        ),
    ),
    Deliberate(
        "views and iterators",
        _either_says("'(reversed|zip|map|filter|enumerate)'|dict_|_iterator|generator"),
    ),
    Deliberate(
        "loops, long texts, large numbers",
        _either_says("takes too long$|^not all arguments converted|a format is too wide$"),
    ),
    Deliberate("`{% set n += x %}`", _same_without("(?<=for )[^ ]+=?(?=:)")),
    Deliberate("`table(x)`, `TABLE(x)`, `symbol(x, quote='')`", _is_refused_table),
    Deliberate("`columns(x, fn=f)`", _ours_says(r"is not a valid function name in columns\(\)$")),
    Deliberate(
        "`columns(x, fn='sum')` with `a.b`", _same_without(r"[`\"]|\\[nrtb0z]?|[\n\r\t\b\0\x1a]")
    ),
    Deliberate("hints such as `max_threads()`", _same_without(r"\s")),
    Deliberate("`custom_error(x, code)`", _is_odd_status),
    Deliberate("wrong arguments", _is_misfit),
    Deliberate("numbers of thousands of digits", _theirs_says("^Exceeds the limit")),
    Deliberate(
        "`symbol(x) + 'a'`",
        _theirs_says(r"\b(Symbol|Expression|Comment)\b"),
    ),
)


def explained(case: Case, theirs: Outcome, ours: Outcome) -> str | None:
    return next((row.name for row in DELIBERATE if row.explains(case, theirs, ours)), None)


_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|\d+|\([^)]*\)|[^\x00-\x7f]")


def cause(difference: Difference) -> str:
    """Return what differences of one cause have in common, most of the time."""

    def shape(outcome: Outcome) -> str:
        if outcome.error is None:
            return "SQL"
        return _DETAIL.sub("…", outcome.error)[:70]

    sample = "sample: " if difference.case.is_sample else ""
    return f"{sample}{shape(difference.theirs)}  |  {shape(difference.ours)}"


def smallest(found: Iterable[Difference]) -> dict[str, Difference]:
    """Return the smallest case of each cause, most frequent first."""
    groups: dict[str, list[Difference]] = {}
    for difference in found:
        groups.setdefault(cause(difference), []).append(difference)
    return {
        f"{len(group)} x {name}": min(
            group, key=lambda item: (len(item.case.sql), len(str(item.case.values)))
        )
        for name, group in sorted(groups.items(), key=lambda item: -len(item[1]))
    }


def _used(case: Case) -> dict[str, Any]:
    """Return the values that the template names."""
    return {name: value for name, value in case.values.items() if name in case.sql}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--classic", action="store_true")
    parser.add_argument("--show", type=int, default=40)
    options = parser.parse_args(arguments)
    vendor = Vendor(CLASSIC if options.classic else FORWARD)
    cases = Grammar(Random(options.seed)).cases(options.count)
    found = list(differences(vendor, cases))
    vendor.close()
    for reason, count in Counter(item.reason for item in found if item.reason).most_common():
        print(f"{count} x {reason}")
    unexplained = smallest(item for item in found if item.reason is None)
    for name, difference in [*unexplained.items()][: options.show]:
        print(f"\n{name}\n  {difference.case.sql!r}\n  {_used(difference.case)}")
        print(f"  theirs: {difference.theirs}\n  ours:   {difference.ours}")
    print(f"\n{len(cases)} renderings, {len(unexplained)} unexplained kinds of difference")
    return bool(unexplained)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
