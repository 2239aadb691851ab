"""Rows appended from files part by part; replaced and deleted, all of them at once or nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, MartletError, QueryError, RequestError
from martlet.ingest.csvrows import Dialect
from martlet.ingest.files import BODY_BYTES, Body, CsvFile, Decoded, ndjson_bodies
from martlet.ingest.rows import RowCoder, Sent
from martlet.ingest.sinks import VIEW_FAILED, Appended, Batch, ClickHouseSink
from martlet.jobstore import CancelledJobError, Job
from martlet.model import Datasource, Project
from martlet.query import QueryBuilder
from martlet.sql.lexer import quote_identifier
from martlet.staging import (
    TRIES,
    Fed,
    Rest,
    Stages,
    columns_of,
    count,
    definition,
    fed_by,
    is_true,
    refill,
    swap,
)

# What a job says of events that are read in another way than the project's.
Append = Callable[[Datasource, bytes, Sent | None], Future[Appended]]


@dataclass(frozen=True, slots=True)
class FileForm:
    """What a file of rows is, and for which data source.

    Attributes:
        datasource: as files of its format are read for it.
        format: csv, ndjson or parquet.
        has_header: whether the first record of a CSV file has names, None to look.
        encoding: the Content-Encoding that it was sent with.
    """

    datasource: Datasource
    format: str
    dialect: Dialect
    has_header: bool | None
    encoding: str | None = None


class Live(Protocol):
    """A project at one moment."""

    @property
    def project(self) -> Project: ...

    @property
    def queries(self) -> QueryBuilder: ...


@dataclass(frozen=True, slots=True)
class Place:
    """What changes of rows need of a workspace.

    Attributes:
        sink: held while tables change places.
        stage_sink: writes rows into stages, which nobody reads yet.
        live: returns the project as it is; it does not change while commits are held.
    """

    engine: ClickHouse
    sink: ClickHouseSink
    stage_sink: ClickHouseSink
    live: Callable[[], Live]


@dataclass(slots=True)
class Imported:
    """What became of a file.

    Attributes:
        left_out: rows that do not meet the condition of a replacement.
        header: whether it has names in its first record; None where it is not CSV.
    """

    successful: int = 0
    quarantined: int = 0
    left_out: int = 0
    deleted: int = 0
    header: bool | None = None
    fields: dict[str, object] = field(default_factory=dict)


def read_file(engine: ClickHouse, path: Path, form: FileForm, counts: Imported) -> Iterator[Body]:
    """Yield the events of a file, some MB at a time.

    Raises:
        RequestError: the file is empty, or not in its format or encoding.
        TooLargeError: a row, or the file without its compression, is above a limit.
    """
    source = Decoded(path, form.encoding)
    try:
        if form.format == "csv":
            csv = CsvFile(form.datasource, form.dialect, form.has_header)
            for body in csv.bodies(source.read):
                counts.header = csv.header is not None
                yield body
            counts.header = csv.header is not None
        elif form.format == "ndjson":
            yield from ndjson_bodies(form.datasource, source.read)
        elif source.is_compressed:
            with NamedTemporaryFile(dir=path.parent, suffix=".parquet") as plain:
                while piece := source.read(1024 * 1024):
                    plain.write(piece)
                plain.flush()
                yield from _parquet_bodies(engine, Path(plain.name), form.datasource)
        else:
            yield from _parquet_bodies(engine, path, form.datasource)
    finally:
        source.close()


_PARQUET_ROWS = "SELECT num_rows FROM file({path: String}, ParquetMetadata)"


def _parquet_bodies(engine: ClickHouse, path: Path, datasource: Datasource) -> Iterator[Body]:
    size, blocks, read_rows = path.stat().st_size, list[bytes](), 0
    try:
        rows = int(engine.command(_PARQUET_ROWS, parameters={"path": str(path)}))
        for block in engine.read_file(path, "Parquet"):
            blocks.append(block)
            if sum(map(len, blocks)) >= BODY_BYTES:
                data, blocks = b"".join(blocks), []
                read_rows += data.count(b"\n")
                yield Body(datasource, data, None, size * read_rows // max(rows, 1))
    except QueryError as error:
        raise RequestError(f"The file is not Parquet: {error.message}") from error
    if data := b"".join(blocks):
        yield Body(datasource, data, None, size)


def append_file(place: Place, job: Job, path: Path, form: FileForm, append: Append) -> Imported:
    """Append the rows of a file part by part; what is in stays, whatever comes behind it.

    Args:
        place: where the data source is.
        job: told how many rows are in.
        path: of the file.
        form: of the file.
        append: stores the events of a part as those of a request are.

    Raises:
        MartletError: a part cannot be read or stored; the job's fields have the counts of before.
    """
    counts = Imported()
    size = max(path.stat().st_size, 1)
    waiting: Future[Appended] | None = None

    def settle() -> None:
        if waiting is not None:
            _add(counts, waiting.result())
            job.note(**_fields(counts))

    try:
        for body in read_file(place.engine, path, form, counts):
            # The part before is committed while this one is read and typed.
            coming = append(body.datasource, body.data, body.sent)
            settle()
            waiting = coming
            job.progress(progress_percentage=min(99.0, round(100 * body.read_bytes / size, 1)))
    except CancelledJobError:
        settle()
        raise
    except MartletError:
        settle()
        raise
    settle()
    return counts


def _add(counts: Imported, appended: Appended) -> None:
    counts.successful += appended.successful
    counts.quarantined += appended.quarantined


def _fields(counts: Imported) -> dict[str, object]:
    return {
        "successful_rows": counts.successful,
        "quarantined_rows": counts.quarantined,
        "quarantine_rows": counts.quarantined,
    }


def replace_rows(
    place: Place,
    job: Job,
    path: Path,
    form: FileForm,
    *,
    condition: str = "",
    import_id: str,
) -> Imported:
    """Put the rows of a file in the place of a data source's, or of those that meet a condition.

    Readers see all old rows or all new ones; so do they of each data source that materialized
    pipes fill from them, which is made anew.

    Args:
        place: where the data source is.
        job: told how far this is.
        path: of the file.
        form: of the file.
        condition: checked; rows of the file that do not meet it are left out. Empty for all rows.
        import_id: for the quarantine.

    Raises:
        ConflictError: the data source has no rows to replace, changed meanwhile, or feeds another
            one that cannot be made anew.
        MartletError: the file cannot be read, or a query fails; nothing is changed.
    """
    datasource = place.live().project.datasource(form.datasource.name)
    _require_rows(datasource)
    _fed(place, datasource, condition)  # what cannot be done is said before the file is read
    with Stages(place.engine, job) as stages:
        before = definition(place.engine, datasource.name)[1]
        stage = stages.like(datasource.name)
        refused = stages.like(datasource.quarantine, name=f"{stage}_quarantine")
        counts = _fill(place, job, path, form, stage, import_id)

        def put(made: str) -> None:
            if definition(place.engine, datasource.name)[1] != before:
                raise _changed(datasource.name)
            _put(place, job, stages, datasource, made, refused, _fed(place, datasource, condition))

        if condition:
            _replace_some(place, job, stages, datasource, condition, stage, counts, put)
        else:
            with place.sink.paused():
                put(stage)
                place.sink.forget(datasource.name)
    return counts


def _fed(place: Place, datasource: Datasource, condition: str) -> Fed:
    live = place.live()
    return fed_by(place.engine, live.project, live.queries, datasource.name, is_whole=not condition)


def _changed(table: str) -> ConflictError:
    return ConflictError(
        f"The data source '{table}' changed meanwhile: nothing was written", hint="try it again"
    )


def _require_rows(datasource: Datasource) -> None:
    if datasource.engine.name == "Null":
        raise ConflictError(
            f"Data source '{datasource.name}' keeps no rows: its engine is Null",
            hint="append to it",
        )


def _fill(
    place: Place, job: Job, path: Path, form: FileForm, stage: str, import_id: str
) -> Imported:
    """Write the rows of a file into a stage, and those that do not fit beside it."""
    counts = Imported()
    size = max(path.stat().st_size, 1)
    coder: RowCoder | None = None
    coded_for: Datasource | None = None
    waiting: Future[Appended] | None = None
    for body in read_file(place.engine, path, form, counts):
        if coder is None or coded_for is not body.datasource:
            coder, coded_for = RowCoder(body.datasource), body.datasource
        coded = coder.code(body.data, "ndjson", sent=body.sent)
        batch = Batch(coded.block(), coded.accepted, coded.refused, import_id)
        if waiting is not None:
            _add(counts, waiting.result())
        waiting = place.stage_sink.append(stage, batch)
        job.progress(progress_percentage=min(95.0, round(95 * body.read_bytes / size, 1)))
    if waiting is not None:
        _add(counts, waiting.result())
    return counts


def _replace_some(
    place: Place,
    job: Job,
    stages: Stages,
    datasource: Datasource,
    condition: str,
    stage: str,
    counts: Imported,
    put: Callable[[str], None],
) -> None:
    """Replace the rows that meet a condition by those of a stage that meet it."""
    stored = count(place.engine, stage)
    counts.left_out = stored - count(place.engine, stage, condition)
    counts.successful -= counts.left_out
    columns = columns_of(place.engine, datasource.name)
    rows = f"SELECT {columns} FROM {quote_identifier(stage)} WHERE {is_true(condition)}"

    def add(rest: Rest) -> None:
        stages.run(rest.name, columns, rows)

    counts.deleted = _rewrite(place, stages, datasource, condition, add, put)


def _rewrite(
    place: Place,
    stages: Stages,
    datasource: Datasource,
    condition: str,
    add: Callable[[Rest], None],
    put: Callable[[str], None],
) -> int:
    """Make a stage of the rows that do not meet a condition, and put it in place.

    Args:
        place: where the data source is.
        stages: where the stage is made.
        datasource: whose rows they are.
        condition: checked.
        add: adds rows to the stage.
        put: puts a stage in place, while commits are held.

    Returns:
        How many rows met the condition.
    """
    for _ in range(TRIES):
        with Rest(stages, datasource, condition, place.sink.paused) as rest:
            add(rest)
            with place.sink.paused():
                if rest.catch_up():
                    put(rest.name)
                    return rest.deleted
    raise _changed(datasource.name)


def _put(
    place: Place,
    job: Job,
    stages: Stages,
    datasource: Datasource,
    stage: str,
    refused: str | None,
    fed: Fed | None,
) -> None:
    """Put a stage in the place of a data source; commits are held."""
    pairs = [(stage, datasource.name)]
    if fed is not None and fed.targets:
        made = refill(stages, fed, {datasource.name: stage})
        pairs += [(staged, target) for target, staged in made.items()]
    job.commit()
    if refused is not None and count(place.engine, refused):
        _quarantine(place.engine, refused, datasource.quarantine)
    swap(place.engine, pairs)


def _quarantine(engine: ClickHouse, stage: str, quarantine: str) -> None:
    columns = columns_of(engine, quarantine)
    try:
        with engine.versions.changing([quarantine]):
            engine.command(
                f"INSERT INTO {quote_identifier(quarantine)} ({columns})"
                f" SELECT {columns} FROM {quote_identifier(stage)}"
            )
    except QueryError as error:  # a view that reads the quarantine may fail, as with events
        if VIEW_FAILED not in error.message:
            raise


def delete_rows(place: Place, job: Job, datasource: Datasource, condition: str) -> int:
    """Delete the rows of a data source that meet a condition, all at once; return how many.

    What materialized pipes have made of them stays.

    Raises:
        ConflictError: the engine has no rows to choose from, or the data source changed meanwhile.
        MartletError: ClickHouse cannot evaluate the condition; nothing is changed.
    """
    with Stages(place.engine, job) as stages:
        return _rewrite(
            place,
            stages,
            datasource,
            condition,
            add=lambda rest: None,
            put=lambda made: _put(place, job, stages, datasource, made, None, None),
        )


def truncate(place: Place, tables: Sequence[str]) -> None:
    """Remove all rows of tables, of each at once."""
    with Stages(place.engine, Job()) as stages, place.sink.paused():
        swap(place.engine, [(stages.like(table), table) for table in tables])
        for table in tables:
            place.sink.forget(table)
