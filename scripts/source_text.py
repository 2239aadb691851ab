"""What the source says of itself: first lines of docstrings, comments of rows."""

import inspect
import re
from types import ModuleType


def first_sentence(item: object) -> str:
    """Return the first line of a docstring without its full stop."""
    return (inspect.getdoc(item) or "").partition("\n")[0].removesuffix(".")


_ROW = re.compile(r"\"(?P<name>\w+)\": \"(?P<value>[^\"]*)\",(?:\s+# (?P<reason>.*))?")


def reasons(module: ModuleType, name: str, *, shared: bool = False) -> dict[str, str]:
    """Return the comments of the rows of a dictionary in a module's source.

    Args:
        module: where it is.
        name: of the dictionary.
        shared: whether a comment on a line of its own is about all rows below it, not only one.
    """
    body = inspect.getsource(module).partition(f"\n{name}")[2].partition("\n}")[0]
    found: dict[str, str] = {}
    above = ""
    for line in (line.strip() for line in body.splitlines()[1:]):
        if line.startswith("#"):
            above = line.removeprefix("# ")
        elif row := _ROW.match(line):
            found[row["name"]] = row["reason"] or above
            above = above if shared else ""
    return found
