"""Copy pipes: the result of a pipe written to a data source, all of it or nothing."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, RequestError
from martlet.ingest.sinks import ClickHouseSink
from martlet.jobstore import Job
from martlet.model import NodeType, Pipe
from martlet.query import Query, QueryBuilder
from martlet.sql.lexer import quote_identifier, quote_string

MODES = ("append", "replace")

# A copy may take longer than a request's query, but not for ever.
COPY_TIMEOUT_S = 3600

_STAGE_PREFIX = "__copy_"


@dataclass(frozen=True, slots=True)
class Copy:
    """A run of a copy pipe, as it was asked for.

    Attributes:
        target: the data source that it writes.
        mode: one of `MODES`.
        query: what it writes there.
    """

    target: str
    mode: str
    query: Query


def prepare_copy(
    pipe: Pipe, values: Mapping[str, object], *, mode: str | None, queries: QueryBuilder
) -> Copy:
    """Return a run of a copy pipe.

    Args:
        pipe: a pipe of type copy.
        values: template parameters; `job_timestamp` is added.
        mode: `append` or `replace`; None for the pipe's own COPY_MODE.
        queries: the live project's queries.

    Raises:
        ConflictError: the pipe is not a copy pipe.
        RequestError: unknown mode.
        TemplateError: its SQL cannot be rendered.
    """
    if pipe.type is not NodeType.COPY:
        raise ConflictError(f"The pipe '{pipe.name}' is not a copy pipe")
    mode = mode or pipe.output.settings.get("copy_mode") or "append"
    if mode not in MODES:
        raise RequestError(f"Copy mode '{mode}' is not one of: {', '.join(MODES)}")
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    query = queries.build(pipe, {"job_timestamp": stamp, **values})
    return Copy(pipe.output.settings["target_datasource"], mode, query)


def run_copy(copy: Copy, job: Job, *, engine: ClickHouse, sink: ClickHouseSink) -> int:
    """Run a copy pipe to its end and return how many rows it wrote.

    The rows are made in a table of their own first: a query that fails changes nothing, and
    `replace` is one exchange of tables, so readers see the old rows or the new.

    Args:
        copy: of `prepare_copy`.
        job: its end is the end of the query; nothing is written then.
        engine: where the data sources are.
        sink: held while tables are exchanged.

    Raises:
        ConflictError: the target changed meanwhile.
        QueryError: the query failed; nothing was written.
    """
    with engine.gate.passing():
        return _run_copy(copy, job, engine, sink)


def _run_copy(copy: Copy, job: Job, engine: ClickHouse, sink: ClickHouseSink) -> int:
    staged = f"{_STAGE_PREFIX}{uuid.uuid4().hex}"
    table, stage = quote_identifier(copy.target), quote_identifier(staged)
    # For an exchange the same engine; else one that keeps all rows, whatever the target's does.
    kept = "" if copy.mode == "replace" else " ENGINE = MergeTree ORDER BY tuple()"
    definition = _definition(engine, copy.target)

    def stop() -> None:
        engine.command(f"KILL QUERY WHERE startsWith(query, 'INSERT INTO {stage}') ASYNC")

    engine.command(f"CREATE TABLE {stage} AS {table}{kept}")
    try:
        columns = _columns(engine, copy.query.sql)
        with job.stopped_by(stop):
            engine.command_apart(
                f"INSERT INTO {stage} ({columns})"
                f" SETTINGS max_execution_time = {COPY_TIMEOUT_S},"
                f" max_memory_usage = {engine.settings.max_memory_bytes}"
                f" SELECT {columns} FROM (\n{copy.query.sql}\n)",
                parameters=copy.query.secrets,
            )
        rows = int(engine.command(f"SELECT count() FROM {stage}"))
        with sink.paused(), engine.versions.changing([copy.target]):
            if _definition(engine, copy.target) != definition:
                raise ConflictError(
                    f"The data source '{copy.target}' changed while the copy ran: nothing was"
                    " written",
                    hint="run the copy again",
                )
            job.commit()
            if copy.mode == "replace":
                engine.command(f"EXCHANGE TABLES {stage} AND {table}")
                sink.forget(copy.target)
            else:
                engine.command(f"INSERT INTO {table} SELECT * FROM {stage}")
    finally:
        engine.command(f"DROP TABLE IF EXISTS {stage} SYNC")
    return rows


def _definition(engine: ClickHouse, table: str) -> str:
    return engine.command(
        "SELECT create_table_query FROM system.tables"
        f" WHERE database = currentDatabase() AND name = {quote_string(table)}"
    )


def _columns(engine: ClickHouse, sql: str) -> str:
    described = engine.command(f"DESCRIBE TABLE (\n{sql}\n)")
    return ", ".join(quote_identifier(line.split("\t")[0]) for line in described.splitlines())
