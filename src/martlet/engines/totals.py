"""`WITH TOTALS` over no rows: chDB writes the totals before all else (measured on chDB 26.9)."""

import re
from collections.abc import Mapping

# What stands where it should not, and what belongs before it.
_JSON = re.compile(rb'(\n\t\],\n\n\t"totals":.*?)(\{\n\t"meta":.*?\n\t"data":\n\t\[\n)', re.DOTALL)
_CSV = re.compile(rb'(\n(?:[^"\n]|"[^"]*")*\n)(.+)', re.DOTALL)
_TSV = re.compile(rb"(\n[^\n]*\n)(.+)", re.DOTALL)

_FORMATS: Mapping[str, re.Pattern[bytes]] = {
    **dict.fromkeys(("JSON", "JSONCompact", "JSONStrings", "JSONCompactStrings"), _JSON),
    **dict.fromkeys(("CSVWithNames", "CSVWithNamesAndTypes"), _CSV),
    **dict.fromkeys(("TSVWithNames", "TSVWithNamesAndTypes"), _TSV),
    **dict.fromkeys(("TabSeparatedWithNames", "TabSeparatedWithNamesAndTypes"), _TSV),
}


def put_in_order(body: bytes, format: str) -> bytes:
    """Return an answer that has no rows with its totals at the end, if it has any."""
    wrong = _FORMATS.get(format)
    found = wrong.match(body) if wrong else None
    return found[2] + found[1] + body[found.end() :] if found else body
