"""The embedded engine: chDB, which is ClickHouse in this process, over one data folder."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# ClickHouse takes the process's zone for DateTime columns without one, in merges and TTLs too,
# where no session setting reaches. Martlet's time is UTC everywhere, so before chDB loads:
os.environ["TZ"] = "UTC"  # noqa: TID251
time.tzset()

import chdb  # noqa: E402  after TZ
import orjson  # noqa: E402

from martlet.engines.base import Result, Stop  # noqa: E402
from martlet.engines.totals import put_in_order  # noqa: E402
from martlet.errors import (  # noqa: E402
    EngineError,
    MartletError,
    QueryError,
    QueryTimeoutError,
    ResultTooLargeError,
)
from martlet.gate import Gate  # noqa: E402
from martlet.model import Settings  # noqa: E402
from martlet.versions import Versions  # noqa: E402

# Settings of every statement. Public projects were written for older ClickHouse; each row says
# what would differ without it (measured over 87 public projects on chDB 26.9).
COMMON_SETTINGS: dict[str, str] = {
    "compatibility": "24.8",  # row order of ties, of joins and of GROUP BY without ORDER BY
    "session_timezone": "UTC",
    "joined_subquery_requires_alias": "0",  # `JOIN (SELECT ...)` without a name
    "analyzer_compatibility_join_using_top_level_identifier": "1",  # USING an alias of the SELECT
    "allow_suspicious_types_in_group_by": "1",  # JSON and Dynamic columns as keys
    "allow_suspicious_types_in_order_by": "1",
    "allow_dynamic_type_in_join_keys": "1",
    "allow_suspicious_low_cardinality_types": "1",  # LowCardinality(UInt8) and the like
    "allow_experimental_json_type": "1",
}

# What Tinybird's endpoints answer with.
READ_SETTINGS: dict[str, str] = {
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_quote_denormals": "0",
    "output_format_parquet_string_as_string": "1",
    "output_format_native_write_json_as_string": "1",  # else keys of rows that were left out
    "result_overflow_mode": "throw",
    "timeout_overflow_mode": "throw",
}

WRITE_SETTINGS: dict[str, str] = {
    "input_format_defaults_for_omitted_fields": "1",
    # With `compatibility` 24.8 one Float64 in seven is stored one unit in the last place off.
    "precise_float_parsing": "1",
    "input_format_skip_unknown_fields": "0",
    "input_format_allow_errors_num": "0",
    "input_format_parallel_parsing": "0",  # with one thread: less to start for small blocks
    "max_threads": "1",
    "max_insert_threads": "1",
    "max_partitions_per_insert_block": "0",  # a group holds many requests: one must not sink all
    "parts_to_throw_insert": "3000",
    "insert_deduplicate": "0",  # else equal rows of two inserts were taken for one insert
}

# Settings of an insert with a token; the last one is the token itself.
_ONCE = (
    "insert_deduplicate = 1, deduplicate_blocks_in_dependent_materialized_views = 1,"
    " insert_deduplication_token"
)

# With its own, ClickHouse has 2 GB and more in memory to read 1 GB of Parquet, and the file itself
# as a map (measured on chDB 26.9); it is no slower with these.
_FILES = {
    "max_threads": "1",
    "input_format_parquet_max_block_size": "8192",
    "input_format_parquet_memory_high_watermark": str(32 * 1024 * 1024),
    "storage_file_read_method": "pread",
}

_FILE_PLACE = re.compile(r"\s*(?:You can specify the structure [^:]*: )?\(in file/uri [^)]*\)\.?")
_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")
_TRACE = re.compile(r"\nStack trace:|'\. This error maybe retryable or not\.")
_TIMEOUT_CODES = {159, 160}
_RESULT_CODES = {396}
_BUSY_CODES = {
    241,  # memory
    243,  # not enough space
    252,  # too many parts
    74,  # cannot read
    75,  # cannot write
    76,  # cannot open file
    210,  # network
    236,  # aborted: shutting down
}
_MEMORY = 241


# Where queries run that must not find a table by its bare name.
_EMPTY_DATABASE = "__empty"

# For the columns of a query, where ClickHouse runs its scalar subqueries (measured on chDB 26.9).
_DESCRIBING = {"max_execution_time": "2"}

# Of connections with settings of their own, beyond which they are not kept.
_MAX_KINDS = 64


class ClickHouse:
    """chDB over a data folder: any number of readers at once, writers in their own connections.

    One process can have one data folder open (chDB's limit); tools talk to the running server.
    """

    dialect = "clickhouse"

    def __init__(
        self, path: Path, *, settings: Settings | None = None, database: str = "default"
    ) -> None:
        """Open the data folder, which is made if it is not there.

        Raises:
            EngineError: another process has the folder open, or it cannot be written.
        """
        self.path = path
        self.database = database
        self.settings = settings or Settings()
        self.versions = Versions()
        self.gate = Gate()
        """Passed by what changes stored rows over several statements."""
        self._lock = threading.Lock()
        self._command_lock = threading.Lock()
        self._idle: dict[tuple[object, ...], list[Any]] = {}
        self._has_empty = False
        self._open: set[Any] = set()
        self._closed = False
        self._generation = 0
        path.mkdir(parents=True, exist_ok=True)
        self._admin = self._connect(self._writer_settings(self.settings), database="default")
        if database != "default":
            self.command(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        self.command(f"USE `{database}`")

    def _connect(self, settings: Mapping[str, str], *, database: str | None = None) -> Any:  # noqa: ANN401  chdb is not typed
        try:
            connection = chdb.connect(str(self.path))  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise EngineError(*_cannot_open(self.path, str(error))) from error
        try:
            with _translated():
                connection.query(f"USE `{database or self.database}`")
                mark = {"log_comment": _mark(connection)}  # first: readers cannot set it later
                for name, value in {**mark, **settings, **mark}.items():
                    connection.query(f"SET {name} = {_setting(value)}")
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._open.add(connection)
        return connection

    def execute(
        self,
        sql: str,
        *,
        format: str,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        max_age_s: float = 0,
        database: str = "",
        stop: Stop | None = None,
    ) -> Result:
        """Run one SELECT read-only; see `engines.base.Engine.execute`.

        Its tables are in `database`, which is the engine's own where it is empty. `stop` ends the
        query before its time, with a StoppedError. No answers are kept here.
        """
        with self._reader(settings or {}, is_isolated, database) as connection, _translated():
            with (stop or Stop()).ended_by(lambda: self._kill(connection)):
                answer = connection.query(sql, format, params=_bound(parameters))
            # ClickHouse counts its own blocks, where a constant column is one value.
            if answer.size() > self.settings.max_result_bytes:
                raise ResultTooLargeError(_too_large(self.settings.max_result_bytes, answer.size()))
            body, rows = answer.bytes(), answer.rows_read()  # chDB's name for those that came out
            return Result(
                body=body if rows else put_in_order(body, format),
                rows=rows,
                rows_read=answer.storage_rows_read(),
                bytes_read=answer.storage_bytes_read(),
                elapsed_s=answer.elapsed(),
            )

    def _kill(self, connection: Any) -> None:  # noqa: ANN401  chdb is not typed
        """End what runs in a connection; what begins there next is not harmed."""
        mark = _setting(_mark(connection))
        with suppress(MartletError):  # closed, and with it the connection
            self.command(f"KILL QUERY WHERE Settings['log_comment'] = {mark} ASYNC")

    def columns(
        self, sql: str, *, parameters: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """Return the columns of a SELECT; see `engines.base.Engine.columns`."""
        with self._reader(_DESCRIBING) as connection, _translated():
            answer = connection.query(
                f"DESCRIBE (\n{sql}\n)", "JSONCompactEachRow", params=_bound(parameters)
            )
            rows = [orjson.loads(line) for line in answer.bytes().splitlines()]
            return [(name, type_text) for name, type_text, *_ in rows]

    def explain(
        self,
        sql: str,
        *,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        database: str = "",
    ) -> str:
        """Return the plan of a SELECT; see `engines.base.Engine.explain`."""
        plan = self.execute(
            f"EXPLAIN\n{sql}",
            format="TSVRaw",
            parameters=parameters,
            is_isolated=is_isolated,
            database=database,
        )
        return plan.body.decode()

    def command(self, sql: str, *, parameters: Mapping[str, str] | None = None) -> str:
        """Run a statement of Martlet's own (DDL, counts) and return its answer as raw TSV."""
        return self._administer(sql, "TSVRaw", _bound(parameters)).decode()

    def rows(self, sql: str) -> list[dict[str, object]]:
        """Run a SELECT of Martlet's own and return its rows."""
        return [
            orjson.loads(line) for line in self._administer(sql, "JSONEachRow", {}).splitlines()
        ]

    def _administer(self, sql: str, format: str, parameters: dict[str, str]) -> bytes:
        with self._command_lock, _translated():
            if self._closed:
                raise EngineError("The engine is closed")
            try:
                return bytes(self._admin.query(sql, format, params=parameters).bytes())
            except BaseException:
                self.forget(self._admin)  # as in `_reader`
                self._admin = self._connect(self._writer_settings(self.settings))
                raise

    def command_apart(self, sql: str, *, parameters: Mapping[str, str] | None = None) -> None:
        """Run a statement that may take long in a connection of its own: no other waits for it."""
        connection = self._connect(self._writer_settings(self.settings))
        try:
            with _translated():
                connection.query(sql, params=_bound(parameters))
        finally:
            self.forget(connection)

    def read_file(self, path: Path, format: str, *, has_nan: bool = True) -> Iterator[bytes]:
        """Yield the rows of a file in an input format as NDJSON, a block at a time.

        Args:
            path: of the file.
            format: as ClickHouse names it.
            has_nan: whether NaN and infinities are texts, and not null.

        Raises:
            QueryError: the file is not in that format.
        """
        settings = {
            "max_memory_usage": str(self.settings.max_memory_bytes),
            "output_format_json_quote_denormals": str(int(has_nan)),
        }
        connection = self._connect({**COMMON_SETTINGS, **READ_SETTINGS, **_FILES, **settings})
        sql = f"SELECT * FROM file({_setting(str(path))}, {format})"  # noqa: S608  our own names
        try:
            with _translated(), connection.send_query(sql, "JSONEachRow") as answer:
                for block in answer:
                    yield bytes(block.bytes())
        except QueryError as error:
            error.message = _FILE_PLACE.sub("", error.message)  # of a file that we have made
            raise
        finally:
            self.forget(connection)

    def writer(self) -> "Writer":
        """Return a writer with a connection of its own; one thread at a time may use it."""
        return Writer(self)

    def configure(self, settings: Settings) -> None:
        """Use other settings from the next statement on.

        Raises:
            MartletError: ClickHouse refuses one; those of before stay.
        """
        if settings == self.settings:
            return
        # Both are tried: a reader has settings that a writer overrides.
        self.forget(self._connect(self._reader_settings(settings, {})))
        admin = self._connect(self._writer_settings(settings))
        self._renew(admin, settings, self.database)

    def move(self, database: str, settings: Settings, publish: Callable[[], None]) -> None:
        """Make another database of the data folder the engine's own, with other settings.

        Statements that run in the one before come to their end there.

        Args:
            database: is there.
            settings: from the next statement on.
            publish: called when nothing can fail any more; if it fails, nothing is changed.

        Raises:
            MartletError: ClickHouse refuses a setting.
        """
        self.forget(self._connect(self._reader_settings(settings, {}), database=database))
        admin = self._connect(self._writer_settings(settings), database=database)
        try:
            publish()
        except BaseException:
            self.forget(admin)
            raise
        self._renew(admin, settings, database)

    def _renew(self, admin: Any, settings: Settings, database: str) -> None:  # noqa: ANN401  chdb is not typed
        """Go on with another connection for commands; idle ones of readers are closed."""
        with self._command_lock:
            with self._lock:
                self.settings, self.database = settings, database
                self._generation += 1
                stale = [connection for idle in self._idle.values() for connection in idle]
                self._idle.clear()
            stale.append(self._admin)
            self._admin = admin
        for connection in stale:
            self.forget(connection)

    @property
    def generation(self) -> int:
        """How often settings or database have changed: a connection of an older one is stale."""
        return self._generation

    def connect_writer(self) -> Any:  # noqa: ANN401  chdb is not typed
        """Return a connection that may write; for `Writer`."""
        return self._connect(self._writer_settings(self.settings))

    def forget(self, connection: Any) -> None:  # noqa: ANN401  chdb is not typed
        """Close a connection."""
        with self._lock:
            self._open.discard(connection)
        connection.close()

    @contextmanager
    def _reader(
        self, extra: Mapping[str, str], is_isolated: bool = False, database: str = ""
    ) -> Iterator[Any]:
        """Lend a read-only connection with these settings; it is kept for the next one."""
        database = _EMPTY_DATABASE if is_isolated else database or self.database
        key = (database, *sorted(extra.items()))
        with self._lock:
            if self._closed:
                raise EngineError("The engine is closed")
            generation = self._generation
            idle = self._idle.get(key)
            connection = idle.pop() if idle else None
        if connection is None:
            if is_isolated:
                self._make_empty()
            connection = self._connect(
                self._reader_settings(self.settings, extra), database=database
            )
        try:
            yield connection
        except BaseException:
            # What a failed query has written already would stand before the next one's answer
            # (measured on chDB 26.9).
            self.forget(connection)
            raise
        with self._lock:
            is_known = key in self._idle or len(self._idle) < _MAX_KINDS
            if is_known and generation == self._generation and not self._closed:
                self._idle.setdefault(key, []).append(connection)
                return
        self.forget(connection)

    def _make_empty(self) -> None:
        if not self._has_empty:
            self.command(f"CREATE DATABASE IF NOT EXISTS {_EMPTY_DATABASE} ENGINE = Memory")
            self._has_empty = True

    @staticmethod
    def _project_settings(settings: Settings) -> dict[str, str]:
        return {
            "join_use_nulls": "1" if settings.join_use_nulls else "0",
            **settings.clickhouse,
        }

    def _writer_settings(self, settings: Settings) -> dict[str, str]:
        return {**COMMON_SETTINGS, **self._project_settings(settings), **WRITE_SETTINGS}

    def _reader_settings(self, settings: Settings, extra: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of readers; `readonly` comes last, nothing changes after it."""
        return {
            **COMMON_SETTINGS,
            **READ_SETTINGS,
            **self._project_settings(settings),
            **extra,
            "max_execution_time": _least(settings.query_timeout_s, extra, "max_execution_time"),
            "max_result_bytes": str(settings.max_result_bytes),
            "max_memory_usage": _least(settings.max_memory_bytes, extra, "max_memory_usage"),
            "readonly": "1",
        }

    def close(self) -> None:
        """Close every connection; the data folder is free for another process then."""
        with self._lock:
            self._closed = True
            connections, self._open = self._open, set()
            self._idle.clear()
        for connection in connections:
            connection.close()


class Writer:
    """Inserts blocks of rows; a block is committed when `insert` returns."""

    def __init__(self, engine: ClickHouse) -> None:
        self._engine = engine
        self._open()

    def _open(self) -> None:
        generation = self._engine.generation
        self._connection = self._engine.connect_writer()
        self._generation = generation

    def close(self) -> None:
        """Close the connection; the engine closes those that are left."""
        self._engine.forget(self._connection)

    def insert(
        self, table: str, block: bytes, *, format: str = "JSONEachRow", token: str = ""
    ) -> int:
        """Insert rows written in an input format and return how many were written.

        Args:
            table: its name.
            block: the rows.
            format: ClickHouse's name of it.
            token: where it is that of an insert before, each table and partition that has this
                insert's rows is left as it is, those that views write to as well.

        Raises:
            QueryError: ClickHouse refused the rows.
            EngineError: ClickHouse cannot write now.
        """
        # chDB's streaming insert would be a third faster on large blocks, but it hides what fails
        # behind the table, a materialized view for one (measured on chDB 26.9): never use it.
        once = f" SETTINGS {_ONCE} = '{token}'" if token else ""
        sql = f"INSERT INTO `{table}`{once} FORMAT {format}\n{block.decode()}"
        if self._generation != self._engine.generation:
            stale = self._connection
            self._open()
            self._engine.forget(stale)
        with _translated():
            return int(self._connection.query(sql).rows_written())


def _least(limit: float, extra: Mapping[str, str], name: str) -> str:
    """Return a limit, or what a query asks for if it is less."""
    return extra[name] if name in extra and float(extra[name]) < limit else str(limit)


def _bound(parameters: Mapping[str, str] | None) -> dict[str, str]:
    """Return values of placeholders as ClickHouse reads them: as fields of tab-separated text."""
    return {name: value.translate(_ESCAPES) for name, value in (parameters or {}).items()}


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def _too_large(limit: int, size: int) -> str:
    return (
        f"[Error] Limit for result exceeded, max bytes: {limit / 2**20:.2f} MiB,"
        f" current bytes: {size / 2**20:.2f} MiB"
    )


def _mark(connection: object) -> str:
    """Return what tells queries of a connection from others, in this process and while it is."""
    return f"martlet-{id(connection)}"


def _setting(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _cannot_open(path: Path, text: str) -> tuple[str]:
    if "Cannot lock file" in text or "CANNOT_OPEN_FILE" in text:
        return (f"The data folder {path} is in use by another process: one server runs on it",)
    return (f"Cannot open the data folder {path}: {_clean(text)}",)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn chDB's exceptions into ours."""
    try:
        yield
    except (chdb.ChdbError, RuntimeError) as error:
        raise engine_error(str(error)) from error


def engine_error(text: str) -> QueryError | EngineError:
    """Return the error that a ClickHouse exception text stands for."""
    found = _CODE.search(text)
    code = int(found[1]) if found else 0
    message = f"[Error] {_clean(text)}"
    if code in _TIMEOUT_CODES:
        return QueryTimeoutError(message, code=code)
    if code in _RESULT_CODES:
        return ResultTooLargeError(message, code=code)
    if code == _MEMORY or code not in _BUSY_CODES:
        return QueryError(message, code=code)
    return EngineError(message)


def _clean(text: str) -> str:
    """Cut ClickHouse's prefixes, version and stack trace from a message."""
    text = _TRACE.split(text)[0]
    text = re.sub(r"^.*?(?=Code: \d+\. DB::Exception: )", "", text, flags=re.DOTALL)
    text = _CODE.sub("", text).removeprefix("default: ")
    return re.sub(r"(?: \(version [\d.]+(?: \([^)]*\))?\)\.?(?: \([A-Z_]+\))?)+$", "", text.strip())
