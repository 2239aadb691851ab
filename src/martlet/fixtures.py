"""Sample rows for empty data sources: `fixtures/<data source>.ndjson`, `.csv` or `.sql`.

Their rows go the way of all rows: what does not fit is in the quarantine.
"""

import io
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from martlet.errors import Location, RequestError
from martlet.ingest.csvrows import CsvReader, Dialect, by_name, find_header, without_mark
from martlet.ingest.parts import CsvCut, read_parts
from martlet.ingest.sinks import Appended
from martlet.model import Datasource, Node, NodeType, Pipe
from martlet.workspace import Workspace

_CHUNK_BYTES = 512 * 1024
# So many are typed while others are written; more would only wait in memory.
_MAX_WAITING_CHUNKS = 16


def empty_with_fixture(workspace: Workspace) -> list[tuple[Datasource, Path]]:
    """Return the data sources that have a fixture and no rows, with the file.

    Queries come last: they may read the rows of the others.
    """
    project = workspace.live.project
    files = sorted(project.fixtures.items(), key=lambda item: (item[1].suffix == ".sql", item[0]))
    return [
        (project.datasources[name], path)
        for name, path in files
        if name in project.datasources and not _has_rows(workspace, name)
    ]


def _has_rows(workspace: Workspace, name: str) -> bool:
    """Whether a data source, or what is made of its rows if it keeps none, has rows."""
    if workspace.live.project.datasources[name].engine.name != "Null":
        return workspace.count(name) > 0
    queries = workspace.live.queries
    return any(
        workspace.count(pipe.output.settings["datasource"])
        for pipe in workspace.live.project.pipes.values()
        if pipe.type is NodeType.MATERIALIZED and name in queries.build(pipe, {}).datasources
    )


# What a body of rows is waited for with, and how many bytes of the file it was made of.
_Appending = tuple[Future[Appended], int]


def load_fixture(
    workspace: Workspace,
    datasource: Datasource,
    path: Path,
    advance: Callable[[int], None] = lambda size: None,
) -> Appended:
    """Append a fixture's rows as events are appended: typed, refused ones to the quarantine.

    Args:
        workspace: where to.
        datasource: what for.
        path: an .ndjson, .csv or .sql file.
        advance: told of bytes done.

    Raises:
        MartletError: the file cannot be read, or is of another kind; a query fails.
    """
    append = _KINDS.get(path.suffix)
    if append is None:
        raise RequestError(f"Fixtures of kind '{path.suffix}' cannot be loaded: {path.name}")
    waiting: deque[Future[Appended]] = deque()
    done: list[Appended] = []
    for future, size in append(workspace, datasource, path):
        waiting.append(future)
        if len(waiting) > _MAX_WAITING_CHUNKS:
            done.append(waiting.popleft().result())
        advance(size)
    done += [future.result() for future in waiting]
    return Appended(sum(d.successful for d in done), sum(d.quarantined for d in done))


def _append_ndjson(
    workspace: Workspace, datasource: Datasource, path: Path
) -> Iterator[_Appending]:
    """Append pieces of whole lines."""
    source = _json_source(datasource)
    with path.open("rb") as file:
        while lines := file.readlines(_CHUNK_BYTES):
            if chunk := b"".join(lines).strip():
                yield workspace.append(source, chunk, "ndjson"), len(chunk)


def _json_source(datasource: Datasource) -> Datasource:
    """Return a data source as JSON fills it: by its paths, by name where it has none."""
    has_paths = any(column.json_path for column in datasource.columns)
    return datasource if has_paths else by_name(datasource)


def _append_csv(workspace: Workspace, datasource: Datasource, path: Path) -> Iterator[_Appending]:
    """Append CSV as an upload of it: its header, if any, names the columns."""
    file, cut = io.BytesIO(without_mark(path.read_bytes())), CsvCut(Dialect())
    reader = CsvReader(datasource)
    for part in read_parts(file.read, cut, size=_CHUNK_BYTES):
        records = cut.records
        first = None if part.offset else records.first
        if first is not None and (names := find_header(first, datasource)):
            records.drop_first()
            reader = CsvReader(datasource, names)
        if records.texts:
            body, sent = reader.events(records)
            yield workspace.append(reader.datasource, body, "ndjson", sent=sent), len(part.data)


def _append_query(workspace: Workspace, datasource: Datasource, path: Path) -> Iterator[_Appending]:
    """Append the rows of a query, which may read the project's data sources and pipes."""
    text = path.read_text(encoding="utf-8-sig")
    place = Location(path.relative_to(workspace.live.project.root).as_posix(), 1)
    node = Node(datasource.name, text, is_template=False, location=place, sql_location=place)
    pipe = Pipe(f"fixtures/{path.name}", place, (node,))
    query = workspace.live.queries.build(pipe, {})
    body = workspace.engine.execute(query.sql, format="JSONEachRow", settings=query.settings).body
    if body:
        yield workspace.append(_json_source(datasource), body, "ndjson"), len(text)


_KINDS = {
    ".ndjson": _append_ndjson,
    ".jsonl": _append_ndjson,
    ".json": _append_ndjson,
    ".csv": _append_csv,
    ".sql": _append_query,
}
