"""Nothing unknown passes: functions without a rule are errors, and only Athena's functions come out."""

import ast
import re
from pathlib import Path

import pytest
from tests.translate.cases import read_cases, translator

import martlet.translate
from martlet.errors import MartletError, QueryError, SqlError, UnsupportedError
from martlet.translate.aggregates import find_aggregate
from martlet.translate.catalogue import find_function
from martlet.translate.lower import SPECIAL
from martlet.translate.queries import parse
from martlet.translate.translator import MAX_SQL_BYTES

ALLOWED = {
    line
    for line in (Path(__file__).parent / "athena_functions.txt").read_text().splitlines()
    if line and not line.startswith("#")
}
# Words before a bracket that are no functions.
SYNTAX = set(
    """in values with using as and or not over filter unnest exists distinct on from join select
    interval row array map when then else by sets within decimal timestamp where having between case
    sequence limit offset char varchar order group end is like escape except union intersect""".split()
)  # fmt: skip
# ClickHouse's own names in lower case, which messages speak of.
MESSAGES = {"hex", "quantile", "match", "numbers"}
TYPES = {"decimal", "timestamp", "varchar", "row", "array", "map", "char"}

_CALL = re.compile(r"(?<![\w\"'.])([a-z_][a-z0-9_]*)\(")


def _without_texts(sql: str) -> str:
    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "''", sql)


def test_cases_call_only_what_athena_documents():
    used: dict[str, str] = {}
    for case in read_cases():
        for name in _CALL.findall(_without_texts((case.trino or "").lower())):
            used.setdefault(name, case.id)
    unknown = {name: where for name, where in used.items() if name not in ALLOWED | SYNTAX | TYPES}
    assert not unknown


def test_the_catalogue_has_only_what_athena_documents():
    """Every text in the translator's source that looks like a call of Trino's."""
    folder = Path(martlet.translate.__file__).parent
    unknown = []
    for path in sorted(folder.rglob("*.py")):
        if path.name == "names.py":  # writes ClickHouse's names
            continue
        tree = ast.parse(path.read_text())
        documented = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) in documented:
                continue
            unknown += [
                f"{path.name}:{node.lineno}: {name}"
                for name in _CALL.findall(_without_texts(node.value))
                if name not in ALLOWED | SYNTAX | TYPES | MESSAGES and not name.startswith("_")
            ]
    assert not unknown


def test_every_other_function_of_clickhouse_is_refused_by_name(engine):
    """All functions of the installed ClickHouse: a rule, or an error that names the function."""
    body = engine.execute("SELECT name FROM system.functions ORDER BY name", format="TSV").body
    translate = translator().translate
    for name in body.decode().split():
        if find_function(name) or find_aggregate(name) or name in SPECIAL:
            continue
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            continue
        with pytest.raises(SqlError) as caught:
            translate(f"SELECT {name}(u8) FROM v")
        if isinstance(caught.value, UnsupportedError):
            called = parse(f"SELECT {name}(u8) FROM v").columns[0].name  # date_diff is dateDiff
            assert f"{called}()" in caught.value.message
            assert caught.value.offset == len("SELECT ")


def test_a_query_too_long_for_athena_is_refused():
    names = ", ".join(f"concat(s, s2) AS c{i}_{'x' * 200}" for i in range(1200))
    with pytest.raises(QueryError, match=f"{MAX_SQL_BYTES} at most"):
        translator().translate(f"SELECT {names} FROM v")


OTHER_TEXTS = ["zz", "", "it's", "2024-05-06", "7", "%y", "Europe/Berlin", "a\\'b", "day", "[1]"]


@pytest.mark.parametrize(
    "case", [c for c in read_cases() if "'" in c.sql], ids=lambda case: case.id
)
def test_another_text_gives_what_a_first_translation_of_it_gives(case):
    """What is remembered of a query does not leak into one with other texts."""
    nulls = "join_use_nulls" in case.options
    warm = translator(join_use_nulls=nulls)
    literals = list(re.finditer(r"'(?:[^'\\]|\\.|'')*'", case.sql))
    try:
        warm.translate(case.sql)
    except MartletError:
        return
    for index, literal in enumerate(literals[:6]):
        for text in (OTHER_TEXTS[index % 10], OTHER_TEXTS[(index * 3 + 1) % 10]):
            quoted = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
            other = case.sql[: literal.start()] + quoted + case.sql[literal.end() :]
            assert _outcome(warm, other) == _outcome(translator(join_use_nulls=nulls), other)


def _outcome(made, sql: str) -> object:
    try:
        return made.translate(sql)
    except MartletError as error:
        return type(error).__name__, error.message
