"""Arrays that are read side by side: those of different lengths are an error, as in ClickHouse.

Trino pads the shorter one with NULLs.
"""

import re
from collections.abc import Sequence

_ENUMERATED = re.compile(r"slice\(sequence\(0, cardinality\((.*)\)\), 2, cardinality\(\1\)\)")
_CALL = re.compile(r"(map_keys|map_values|map_entries|transform|reverse|array_sort|zip)\((.*)\)")
_NESTED = re.compile(r'(.*"[^".]+)\.[^".]+"')


def aligned(arrays: Sequence[str]) -> list[str]:
    """Return SQL of arrays that fails where one has another length than the first."""
    first = arrays[0]
    return [
        array if index == 0 or measured(array) == measured(first) else _guarded(array, first)
        for index, array in enumerate(arrays)
    ]


def _guarded(array: str, first: str) -> str:
    # There is no element 0 of an array: that is the error.
    test = f"cardinality({array}) = cardinality({first})"
    return f"IF({test}, {array}, element_at(ARRAY[{array}], 0))"


def measured(array: str) -> str:
    """Return a text that is the same for arrays that must have the same length."""
    found = _ENUMERATED.fullmatch(array)
    if found:
        return measured(found[1])
    found = _NESTED.fullmatch(array)
    if found and "(" not in array:
        return found[1]
    found = _CALL.fullmatch(array)
    inner = _first_argument(found[2]) if found else None
    if found is None or inner is None:
        return array
    if found[1].startswith("map_"):
        return f"map_entries({inner})" if inner == found[2] else array
    return measured(inner)


def _first_argument(text: str) -> str | None:
    """Return the first of the arguments of one call; None where the text may be no such list."""
    if "'" in text.partition("->")[0]:
        return None
    depth, first = 0, None
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0 and first is None:
            first = text[:index]
        if depth < 0:
            return None
    return text if first is None else first
