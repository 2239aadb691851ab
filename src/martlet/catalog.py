"""Data sources and materialized pipes as ClickHouse DDL."""

import hashlib

from martlet.errors import DatafileError
from martlet.model import (
    Column,
    Datasource,
    Index,
    NodeType,
    Pipe,
    Project,
    TableEngine,
)
from martlet.sql.lexer import lex, quote_identifier, quote_string
from martlet.types import parse_type

# Columns of a quarantine table around the data source's own, which are all Nullable(String).
# `c__raw` is ours: the refused line whole, so that nothing that was sent is lost.
QUARANTINE_BEFORE = (
    ("c__error_column", "Array(String)"),
    ("c__error", "Array(String)"),
    ("c__import_id", "Nullable(String)"),
)
QUARANTINE_AFTER = (("insertion_date", "DateTime DEFAULT now()"), ("c__raw", "String"))

# What Tinybird's Kafka connector adds to a data source that does not declare it.
KAFKA_COLUMNS = {
    "__value": "String",
    "__topic": "LowCardinality(String)",
    "__partition": "Int16",
    "__offset": "Int64",
    "__timestamp": "DateTime",
    "__key": "String",
}

# Settings of every table; a data source's own ENGINE_SETTINGS win.
TABLE_SETTINGS = {
    # Public projects are written for older ClickHouse and need these on 26.9 (measured).
    "allow_dimensions_outside_sorting_key": "1",
    "allow_nullable_key": "1",
    # What is acknowledged has been synced to the disk; a group of requests shares the cost.
    "fsync_after_insert": "1",
    "fsync_part_directory": "1",
    # So many parts that were inserted with a token are known, and left out if they come again.
    "non_replicated_deduplication_window": "10000",
    # Statistics take a tenth of a small insert, and the ClickHouse of `compatibility` has none.
    "auto_statistics_types": "''",
}

DEDUPLICATION_WINDOW = TABLE_SETTINGS["non_replicated_deduplication_window"]


def column_ddl(column: Column) -> str:
    """Return one column definition of CREATE TABLE or ALTER TABLE ADD COLUMN."""
    parts = [quote_identifier(column.name)]
    if column.type is not None:
        parts.append(str(column.type))
    if column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    if column.codec is not None:
        parts.append(f"CODEC({column.codec})")
    return " ".join(parts)


def index_ddl(index: Index) -> str:
    """Return one index definition of CREATE TABLE or ALTER TABLE ADD."""
    return (
        f"INDEX {quote_identifier(index.name)} {index.expression} TYPE {index.type}"
        f" GRANULARITY {index.granularity}"
    )


def engine_ddl(engine: TableEngine) -> str:
    """Return ENGINE and its keys."""
    if engine.name == "Null":
        return "ENGINE = Null"
    if engine.name == "Join":
        arguments = f"{engine.join_strictness}, {engine.join_type}, {engine.key_columns}"
        return f"ENGINE = Join({arguments})" + (engine.settings and f" SETTINGS {engine.settings}")
    keys = {
        "ReplacingMergeTree": [engine.ver, engine.is_deleted],
        "SummingMergeTree": [f"({engine.columns})" if engine.columns else ""],
        "CollapsingMergeTree": [engine.sign],
        "VersionedCollapsingMergeTree": [engine.sign, engine.version],
    }.get(engine.name, [])
    lines = [f"ENGINE = {engine.name}({', '.join(key for key in keys if key)})"]
    if engine.partition_key:
        lines.append(f"PARTITION BY ({engine.partition_key})")
    lines.append(f"ORDER BY ({engine.sorting_key or 'tuple()'})")
    if engine.primary_key:
        lines.append(f"PRIMARY KEY ({engine.primary_key})")
    if engine.sampling_key:
        lines.append(f"SAMPLE BY ({engine.sampling_key})")
    if engine.ttl:
        lines.append(f"TTL {engine.ttl}")
    lines.append(f"SETTINGS {', '.join(_settings(engine.settings))}")
    return "\n".join(lines)


def _settings(own: str) -> list[str]:
    chosen = {lexeme.text for lexeme in lex(own)}
    settings = [f"{name} = {value}" for name, value in TABLE_SETTINGS.items() if name not in chosen]
    return [*settings, own] if own else settings


def table_ddl(datasource: Datasource, *, name: str | None = None) -> str:
    """Return CREATE TABLE for a data source, its fingerprint as the table's comment."""
    rows = [column_ddl(column) for column in stored_columns(datasource)]
    rows += map(index_ddl, datasource.indexes)
    return _create(name or datasource.name, rows, engine_ddl(datasource.engine))


def comment_of(ddl: str) -> str:
    """Return the fingerprint in what `table_ddl` and its like return."""
    return ddl.rpartition("COMMENT ")[2].strip("'")


def definitions(project: Project) -> dict[str, str]:
    """Return data source -> fingerprint of its table, of those whose columns are written down."""
    return {
        name: comment_of(table_ddl(source))
        for name, source in project.datasources.items()
        if source.columns
    }


def stored_columns(datasource: Datasource) -> list[Column]:
    """Return the columns of a data source's table: its own, and those of its connector."""
    columns = list(datasource.columns)
    if "kafka_topic" in datasource.connector:
        declared = {column.name for column in columns}
        columns += [
            Column(name, parse_type(kind), datasource.location)
            for name, kind in KAFKA_COLUMNS.items()
            if name not in declared
        ]
    return columns


def quarantine_ddl(datasource: Datasource) -> str:
    """Return CREATE TABLE for the table of a data source's refused rows."""
    columns = [(name, "Nullable(String)") for name in quarantine_columns(datasource)]
    rows = [
        f"{quote_identifier(name)} {kind}"
        for name, kind in [*QUARANTINE_BEFORE, *columns, *QUARANTINE_AFTER]
    ]
    engine = (
        "ENGINE = MergeTree ORDER BY insertion_date TTL insertion_date + toIntervalDay(30)\n"
        "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,"
        f" non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
    )
    return _create(datasource.quarantine, rows, engine)


def quarantine_columns(datasource: Datasource) -> list[str]:
    """Return the data source's own columns in its quarantine table."""
    reserved = {name for name, _ in (*QUARANTINE_BEFORE, *QUARANTINE_AFTER)}
    return [column.name for column in datasource.columns if column.name not in reserved]


def view_ddl(name: str, target: str, sql: str) -> str:
    """Return CREATE MATERIALIZED VIEW that feeds a data source, with its fingerprint."""
    return (
        f"CREATE MATERIALIZED VIEW {quote_identifier(name)} TO {quote_identifier(target)}\n"
        f"AS {sql}\nCOMMENT {quote_string(fingerprint(sql))}"
    )


def fingerprint(text: str) -> str:
    """Return what tells two definitions apart: kept as the comment of a table or view.

    White space and comments count for nothing, so that a formatted file is the same.
    """
    said = "\n".join(lexeme.text for lexeme in lex(text))
    return f"martlet:{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def is_derived(datasource: Datasource) -> bool:
    """Whether no column is read from JSON: rows come from views, copies or files only."""
    return all(column.json_path is None for column in datasource.columns)


def id_error(project: Project, datasource: str) -> DatafileError | None:
    """Return why ids of rows that martlet.toml asks for are not looked at in the lake."""
    ids = project.settings.ids.get(datasource)
    if ids is None:
        return None
    return DatafileError(
        f"On AWS the rows of data source '{datasource}' are not stored once by their"
        f" '{ids.column}': nothing there knows which ids are stored",
        location=ids.location,
        hint="send an Idempotency-Key with each request, or use ReplacingMergeTree and FINAL",
    )


def feeders_of(project: Project) -> dict[str, list[Pipe]]:
    """Return the materialized pipes by the data source that they fill."""
    feeders: dict[str, list[Pipe]] = {name: [] for name in project.datasources}
    for pipe in project.pipes.values():
        target = pipe.output.settings.get("datasource")
        if pipe.type is NodeType.MATERIALIZED and target in feeders:
            feeders[target].append(pipe)
    return feeders


def _create(name: str, rows: list[str], engine: str) -> str:
    body = ",\n  ".join(rows)
    definition = f"(\n  {body}\n)\n{engine}"
    comment = quote_string(fingerprint(definition))
    return f"CREATE TABLE {quote_identifier(name)} {definition}\nCOMMENT {comment}"
