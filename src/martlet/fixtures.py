"""Sample rows of a project, `fixtures/<data source>.ndjson` or `.csv`, for empty data sources."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from martlet.errors import MartletError, RequestError
from martlet.ingest.sinks import Appended
from martlet.model import Datasource, NodeType
from martlet.workspace import Workspace

_CHUNK_BYTES = 512 * 1024
# So many are typed while others are written; more would only wait in memory.
_MAX_WAITING_CHUNKS = 16


def empty_with_fixture(workspace: Workspace) -> list[tuple[Datasource, Path]]:
    """Return the data sources that have a fixture and no rows, with the file."""
    project = workspace.live.project
    return [
        (project.datasources[name], path)
        for name, path in sorted(project.fixtures.items())
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
        path: an .ndjson or .csv file.
        advance: told of bytes done.

    Raises:
        MartletError: the file cannot be read, or is of another kind.
    """
    if path.suffix == ".csv":
        return _load_csv(workspace, datasource, path, advance)
    if path.suffix not in (".ndjson", ".jsonl", ".json"):
        raise RequestError(f"Fixtures of kind '{path.suffix}' cannot be loaded: {path.name}")
    futures: deque[Future[Appended]] = deque()
    done: list[Appended] = []
    for chunk in _chunks(path):
        futures.append(workspace.append(datasource, chunk, "ndjson"))
        if len(futures) > _MAX_WAITING_CHUNKS:
            done.append(futures.popleft().result())
        advance(len(chunk))
    done += [future.result() for future in futures]
    return Appended(sum(d.successful for d in done), sum(d.quarantined for d in done))


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the file in pieces of whole lines."""
    with path.open("rb") as file:
        while lines := file.readlines(_CHUNK_BYTES):
            if chunk := b"".join(lines).strip():
                yield chunk


def _first_line(content: bytes) -> str:
    return content.partition(b"\n")[0].decode("utf-8-sig", "replace")


def _load_csv(
    workspace: Workspace, datasource: Datasource, path: Path, advance: Callable[[int], None]
) -> Appended:
    """Insert a CSV file as ClickHouse reads it; its header, if any, names the columns."""
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"{path.name} is not UTF-8: {error.reason} at {error.start}") from error
    header = [name.strip().strip('"') for name in _first_line(content).split(",")]
    known = {column.name for column in datasource.columns}
    named = set(header) <= known
    before = workspace.count(datasource.name)
    writer = workspace.engine.writer()
    try:
        writer.insert(datasource.name, content, format="CSVWithNames" if named else "CSV")
    except MartletError as error:
        raise RequestError(f"{path.name}: {error.message}") from error
    finally:
        writer.close()
    advance(len(content))
    return Appended(workspace.count(datasource.name) - before, 0)
