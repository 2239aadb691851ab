"""Tinybird's service data sources: their columns, keys and ends, and what fills them.

To add one, add a row to `SERVICE_TABLES`; one without a view is written by `service_records`.

Source: https://www.tinybird.co/docs/forward/monitoring/service-datasources
"""

from dataclasses import dataclass

PREFIX = "tinybird."
PREFIXES = (PREFIX, "organization.")

# Behind the name of a project's first database; no project's own is called so (`generations`).
_SUFFIX = "__tinybird"


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """One service data source.

    Attributes:
        columns: names and types.
        engine: ENGINE with its keys and TTL.
        time: the column by which rows are old.
        view: the SELECT that fills it when rows come into another one, its source.
    """

    columns: tuple[tuple[str, str], ...]
    engine: str
    time: str
    source: str = ""
    view: str = ""


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """Return the columns of lines `name type`."""
    rows = (line.strip().split(" ", 1) for line in text.strip().splitlines())
    return tuple((name, kind) for name, kind in rows)


_TABLES = {
    "pipe_stats_rt": ServiceTable(
        _columns("""
            start_datetime DateTime
            pipe_id String
            pipe_name String
            token String
            token_name String
            duration Float32
            read_bytes UInt64
            read_rows UInt64
            cpu_time Float32
            result_rows UInt64
            url Nullable(String)
            error UInt8
            error_message Nullable(String)
            status_code Int32
            request_id String
            parameters Map(String, String)
            method String
            release String
            user_agent Nullable(String)
            client_ip Nullable(String)
            resource_tags Array(String)
            memory_usage UInt64
            replica String
        """),
        "MergeTree ORDER BY (pipe_id, start_datetime) TTL start_datetime + toIntervalMonth(3)",
        "start_datetime",
    ),
    "pipe_stats": ServiceTable(
        _columns("""
            date DateTime
            pipe_id String
            pipe_name String
            avg_duration_state AggregateFunction(avg, Float32)
            error_count UInt64
            view_count UInt64
            quantile_timing_state AggregateFunction(quantilesTiming(0.9, 0.95, 0.99), Float64)
            read_bytes_sum UInt64
            read_rows_sum UInt64
            cpu_time_sum Float64
            resource_tags Array(String)
        """),
        "SummingMergeTree ORDER BY (pipe_id, date)",
        "date",
        "pipe_stats_rt",
        # In milliseconds, as Tinybird documents it; quantilesTiming keeps whole numbers.
        """SELECT toStartOfDay(start_datetime) AS date, pipe_id, any(pipe_name) AS pipe_name,
            avgState(toFloat32(duration * 1000)) AS avg_duration_state, sum(error) AS error_count,
            count() AS view_count,
            quantilesTimingState(0.9, 0.95, 0.99)(toFloat64(duration) * 1000)
                AS quantile_timing_state,
            sum(read_bytes) AS read_bytes_sum, sum(read_rows) AS read_rows_sum,
            sum(toFloat64(cpu_time)) AS cpu_time_sum, any(resource_tags) AS resource_tags
        FROM pipe_stats_rt GROUP BY pipe_id, date""",
    ),
    "endpoint_errors": ServiceTable(
        _columns("""
            start_datetime DateTime
            request_id String
            pipe_id String
            pipe_name String
            params Nullable(String)
            url Nullable(String)
            status_code Nullable(Int32)
            error Nullable(String)
            resource_tags Array(String)
        """),
        "MergeTree ORDER BY start_datetime TTL start_datetime + toIntervalDay(30)",
        "start_datetime",
    ),
    "datasources_ops_log": ServiceTable(
        _columns("""
            timestamp DateTime
            event_type String
            datasource_id String
            datasource_name String
            result String
            elapsed_time Float32
            error Nullable(String)
            Options.Names Array(String)
            Options.Values Array(String)
            request_id String
            import_id Nullable(String)
            job_id Nullable(String)
            rows Nullable(UInt64)
            rows_quarantine Nullable(UInt64)
            blocks_ids Array(String)
            operation_id String
            read_rows UInt64
            read_bytes UInt64
            cpu_time Float32
            memory_usage UInt64
            written_rows UInt64
            written_bytes UInt64
            written_rows_quarantine UInt64
            written_bytes_quarantine UInt64
            pipe_id String
            pipe_name String
            release String
            resource_tags Array(String)
        """),
        "MergeTree ORDER BY (datasource_id, timestamp)",
        "timestamp",
    ),
    "datasources_ops_stats": ServiceTable(
        _columns("""
            event_date DateTime
            datasource_id String
            datasource_name String
            event_type LowCardinality(String)
            pipe_id String
            pipe_name String
            error_count UInt64
            executions UInt64
            avg_elapsed_time_state AggregateFunction(avg, Float32)
            quantiles_state AggregateFunction(quantiles(0.9, 0.95, 0.99), Float64)
            read_rows UInt64
            read_bytes UInt64
            written_rows UInt64
            written_bytes UInt64
            written_rows_quarantine UInt64
            written_bytes_quarantine UInt64
            cpu_time Float64
            resource_tags Array(String)
        """),
        # Tinybird's key ends before the data source; rows of two of them would be summed as one.
        "SummingMergeTree ORDER BY (event_date, event_type, pipe_id, datasource_id)",
        "event_date",
        "datasources_ops_log",
        """SELECT toStartOfDay(timestamp) AS event_date, datasource_id,
            any(datasource_name) AS datasource_name, event_type, pipe_id,
            any(pipe_name) AS pipe_name, countIf(result = 'error') AS error_count,
            count() AS executions, avgState(elapsed_time) AS avg_elapsed_time_state,
            quantilesState(0.9, 0.95, 0.99)(toFloat64(elapsed_time)) AS quantiles_state,
            sum(read_rows) AS read_rows, sum(read_bytes) AS read_bytes,
            sum(written_rows) AS written_rows, sum(written_bytes) AS written_bytes,
            sum(written_rows_quarantine) AS written_rows_quarantine,
            sum(written_bytes_quarantine) AS written_bytes_quarantine,
            sum(toFloat64(cpu_time)) AS cpu_time, any(resource_tags) AS resource_tags
        FROM datasources_ops_log GROUP BY event_date, event_type, pipe_id, datasource_id""",
    ),
    "datasources_storage": ServiceTable(
        _columns("""
            datasource_id String
            datasource_name String
            timestamp DateTime
            bytes SimpleAggregateFunction(max, UInt64)
            rows SimpleAggregateFunction(max, UInt64)
            bytes_quarantine SimpleAggregateFunction(max, UInt64)
            rows_quarantine SimpleAggregateFunction(max, UInt64)
        """),
        "AggregatingMergeTree ORDER BY (datasource_id, timestamp)",
        "timestamp",
    ),
    "jobs_log": ServiceTable(
        _columns("""
            job_id String
            job_type LowCardinality(String)
            status LowCardinality(String)
            error Nullable(String)
            workspace_id String
            request_id Nullable(String)
            pipe_id Nullable(String)
            datasource_id Nullable(String)
            created_at DateTime64(3)
            started_at Nullable(DateTime64(3))
            updated_at DateTime64(3)
            job_metadata String
        """),
        "ReplacingMergeTree ORDER BY (created_at, job_id)",
        "created_at",
    ),
    "kafka_ops_log": ServiceTable(
        _columns("""
            timestamp DateTime
            datasource_id String
            topic String
            partition Int16
            msg_type String
            lag Int64
            processed_messages Int32
            processed_bytes Int32
            committed_messages Int32
            time_read Float32
            time_process Float32
            time_write Float32
            msg String
        """),
        "MergeTree ORDER BY (datasource_id, topic, timestamp) TTL timestamp + toIntervalDay(30)",
        "timestamp",
    ),
    "sinks_ops_log": ServiceTable(
        _columns("""
            timestamp DateTime
            job_id Nullable(String)
            service LowCardinality(String)
            pipe_name String
            pipe_id String
            result LowCardinality(String)
            error Nullable(String)
            elapsed_time Float64
            read_rows UInt64
            written_rows UInt64
            read_bytes UInt64
            written_bytes UInt64
            cpu_time Float32
            output UInt64
            parameters Map(String, String)
            options Map(String, String)
            token_name String
        """),
        "MergeTree ORDER BY (pipe_id, timestamp)",
        "timestamp",
    ),
    "block_log": ServiceTable(
        _columns("""
            timestamp DateTime
            request_id String
            import_id String
            job_id Nullable(String)
            source String
            block_id String
            status String
            datasource_id String
            datasource_name String
            start_offset Nullable(Int64)
            end_offset Nullable(Int64)
            rows Nullable(Int32)
            parser Nullable(String)
            quarantine_lines Nullable(UInt32)
            empty_lines Nullable(UInt32)
            bytes Nullable(UInt32)
            processing_time Nullable(Float32)
            processing_error Nullable(String)
        """),
        "MergeTree ORDER BY (timestamp, cityHash64(datasource_name))",
        "timestamp",
    ),
    "llm_usage": ServiceTable(
        _columns("""
            start_time DateTime
            end_time DateTime
            workspace_id String
            user_email String
            request_id String
            prompt_tokens UInt32
            completion_tokens UInt32
            total_tokens UInt32
            duration Float32
            cost Float32
            origin String
            feature String
        """),
        "MergeTree ORDER BY (workspace_id, start_time, user_email, request_id)",
        "start_time",
    ),
    "hfi_requests": ServiceTable(
        _columns("""
            event_time DateTime
            workspace_id String
            datasource_id String
            successful_requests UInt64
            error_requests UInt64
            rows_total UInt64
            rows_successful UInt64
            rows_quarantined UInt64
            bytes_received UInt64
            bytes_decompressed UInt64
            ch_written_rows UInt64
            ch_written_bytes UInt64
            ch_cpu_time Float32
            rate_limited UInt8
            ips SimpleAggregateFunction(groupUniqArrayArray, Array(String))
            tokens SimpleAggregateFunction(groupUniqArrayArray, Array(String))
        """),
        "SummingMergeTree ORDER BY (workspace_id, datasource_id, event_time)",
        "event_time",
    ),
}

SERVICE_TABLES = {f"{PREFIX}{name}": table for name, table in _TABLES.items()}


def service_database(first: str) -> str:
    """Return the database of a project's service data sources, of its first database's name.

    Without one it is `tinybird`, as queries name it that no server runs.
    """
    return f"{first}{_SUFFIX}" if first else "tinybird"


def unknown_hint() -> str:
    """Return what to say where a service data source is not there."""
    return f"the service data sources are {', '.join(SERVICE_TABLES)}"


def reads_service(sql: str) -> bool:
    """Whether a text may name a service data source."""
    return PREFIX in sql
