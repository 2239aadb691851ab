"""Case files: ClickHouse SQL with the Trino SQL that is expected of it.

A block is a title, a query over the tables of `tables.py`, and what it becomes:

    -- case: a count of rows
    SELECT count() FROM events;
    -- trino
    SELECT count(*) AS "count()"
    FROM events;

`-- error: message` stands for a query that must be refused with that message. Options stand behind
the title: `[unordered]`, `[join_use_nulls]`, `[tolerance=1e-6]`, `[proof]` for what takes Trino seconds, `[text only]` where chDB cannot
run it as it stands. `python -m tests.translate.cases` writes the expected SQL of new blocks, and
of changed ones with `--all`: read the diff.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.translate.tables import TABLES

from martlet.errors import MartletError
from martlet.translate.tables import TableFacts
from martlet.translate.translator import Translator
from martlet.translate.typing import canonical, type_of

FOLDER = Path(__file__).parent / "cases"

_BLOCK = re.compile(
    r"^-- case: (?P<title>[^\n]*)\n(?P<sql>.*?;)\n(?:-- trino\n(?P<trino>.*?);\n|-- error: (?P<error>[^\n]*)\n)?",
    re.DOTALL | re.MULTILINE,
)


@dataclass(slots=True)
class Case:
    """One block of a case file."""

    file: str
    title: str
    sql: str
    trino: str | None
    error: str | None
    options: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.file}: {self.title}"


def read_cases() -> Iterator[Case]:
    """Yield the cases of all files."""
    for path in sorted(FOLDER.glob("*.sql")):
        text = path.read_text()
        found = list(_BLOCK.finditer(text))
        if len(found) != len(re.findall(r"^-- case:", text, re.MULTILINE)):
            raise ValueError(f"{path}: a block cannot be read: end queries with a semicolon")
        for block in found:
            title, options = _options(block["title"])
            yield Case(
                path.name, title, block["sql"].rstrip(";"), block["trino"], block["error"], options
            )


def _options(title: str) -> tuple[str, dict[str, str]]:
    options = dict(item.partition("=")[::2] for item in re.findall(r"\[([^\]]*)\]", title))
    return re.sub(r"\s*\[[^\]]*\]", "", title).strip(), options


def translator(*, join_use_nulls: bool = False) -> Translator:
    """Return a translator that knows the tables of `tables.py`."""
    facts = {
        table.name: TableFacts(
            {name: canonical(type_of(text)) for name, text in table.columns.items()},
            has_hidden=False,
        )
        for table in TABLES
    }
    return Translator(facts, join_use_nulls=join_use_nulls)


def expected(case: Case) -> str:
    """Return what stands below a case's query."""
    try:
        sql = translator(join_use_nulls="join_use_nulls" in case.options).translate(case.sql).sql
    except MartletError as error:
        return f"-- error: {error.message}\n"
    return f"-- trino\n{sql};\n"


def main(*, rewrite: bool) -> None:
    """Write the expected SQL into the case files."""
    for path in sorted(FOLDER.glob("*.sql")):

        def written(block: re.Match[str], name: str = path.name) -> str:
            if not rewrite and (block["trino"] is not None or block["error"] is not None):
                return block[0]
            title, options = _options(block["title"])
            case = Case(name, title, block["sql"].rstrip(";"), None, None, options)
            return f"-- case: {block['title']}\n{block['sql']}\n{expected(case)}"

        path.write_text(_BLOCK.sub(written, path.read_text()))


if __name__ == "__main__":
    main(rewrite="--all" in sys.argv[1:])
