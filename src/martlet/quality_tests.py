"""Data-quality tests of Tinybird Classic: queries that must find no row.

A file of `tests/` is a list of `name: {sql, pipe, max_time, max_bytes_read}`. Measured with PyPI
`tinybird-cli`: a query that is over a maximum still passes, so the two have no effect here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from martlet.errors import Location, MartletError
from martlet.files.classic import with_plain_names
from martlet.model import Node, Pipe
from martlet.query import find_pipe
from martlet.sql.lexer import quote_identifier
from martlet.workspace import Workspace


@dataclass(frozen=True, slots=True)
class QualityTest:
    """One entry of a file: of `sql` and `pipe`, one may be empty.

    Attributes:
        sql: read with the parameters of `pipe`, if there is one; then `_` is the pipe.
        pipe: name of an endpoint.
        parameters: of the request.
        fault: what is wrong with the entry, empty if nothing is.
    """

    name: str
    sql: str = ""
    pipe: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


def read_quality_tests(content: object) -> list[QualityTest]:
    """Return the tests of a file's YAML; none where it is no file of such tests."""
    entries = content if isinstance(content, list) else []
    if not all(_is_named(entry) for entry in entries):
        return []
    return [_read(str(name), keys) for entry in entries for name, keys in entry.items()]


def _is_named(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(keys, dict) for keys in entry.values())


def _read(name: str, keys: Mapping[str, object]) -> QualityTest:
    sql, target = str(keys.get("sql") or ""), keys.get("pipe") or {}
    if not isinstance(target, dict) or not isinstance(target.get("params") or {}, dict):
        return QualityTest(name, fault="pipe and its params must be `key: value`")
    pipe, parameters = str(target.get("name") or ""), target.get("params") or {}
    if not (sql or pipe):
        return QualityTest(name, fault="'sql' or 'pipe' attribute not found")
    # As Python writes the values: True, None, [1, 2].
    return QualityTest(name, sql, pipe, {str(key): str(value) for key, value in parameters.items()})


def problem_of(workspace: Workspace, test: QualityTest) -> str:
    """Run a test; return what is wrong, nothing if its query finds no row."""
    if test.fault:
        return test.fault
    live = workspace.live
    try:
        pipe = find_pipe(live.project, test.pipe) if test.pipe else None
        if test.sql or pipe is None:
            pipe = _query(test, pipe, live.project.versioned)
        query = live.queries.build(pipe, test.parameters)
        found = workspace.engine.execute(
            query.sql, format="JSONEachRow", settings=query.settings, parameters=query.secrets
        )
    except MartletError as error:
        return error.message
    rows = found.body.decode().splitlines()
    return f"The query must find no row, and found {len(rows)}: {rows[0]}" if rows else ""


def _query(test: QualityTest, pipe: Pipe | None, names: Mapping[str, str]) -> Pipe:
    """Return a test's SQL as a pipe of its own."""
    place = Location(test.name, 1)
    sql = with_plain_names(test.sql, names)
    if not pipe:
        sql = f"SELECT * FROM ({sql}) LIMIT 20"  # noqa: S608  the project's own
    nodes = [Node("(test)", sql, False, place, place)]
    if pipe:
        itself = f"SELECT * FROM {quote_identifier(pipe.name)}"  # noqa: S608
        nodes.insert(0, Node("_", itself, False, place, place))
    return Pipe("(test)", place, tuple(nodes))
