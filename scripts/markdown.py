"""Pieces of Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in x)} |" for x in cells)


def code(text: object) -> str:
    """Return a text as code."""
    return f"`` {text} ``" if "`" in str(text) else f"`{text}`"


def codes(items: Iterable[object]) -> str:
    """Return texts as code, separated by commas."""
    return ", ".join(map(code, items))
