"""Ids of resources, made of their names: clients take them in place of a name."""

import hashlib
from functools import lru_cache


@lru_cache(maxsize=16 * 1024)
def resource_id(kind: str, *names: str) -> str:
    """Return the id of a resource, `t_` and 32 hex digits: the same in each place and run.

    Args:
        kind: `datasource`, `pipe` or `node`.
        names: of the resource, a node's behind its pipe's.
    """
    said = "\0".join((kind, *names))
    return f"t_{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return len(text) == 34 and text.startswith("t_")
