"""The embedded engine: what it lets through, what it caps, how its errors read."""

import json
import threading
from pathlib import Path

import pytest

from martlet.engines.clickhouse import engine_error
from martlet.errors import EngineError, QueryError, QueryTimeoutError, ResultTooLargeError
from martlet.model import Settings


def text(engine, sql: str, **options) -> str:
    return engine.execute(sql, format="TSV", **options).body.decode()


def test_a_result_is_clickhouses_own_json(engine):
    result = engine.execute("SELECT toUInt64(18446744073709551615) AS n, nan AS x", format="JSON")
    assert b'"n": 18446744073709551615' in result.body
    assert b'"x": null' in result.body
    assert b'"type": "UInt64"' in result.body


def test_time_is_utc(engine):
    assert text(engine, "SELECT timezone(), serverTimezone()") == "UTC\tUTC\n"


def test_parameters_are_bound_outside_of_the_text(engine):
    assert text(engine, "SELECT {s:String}", parameters={"s": "a'b"}) == "a\\'b\n"


@pytest.mark.parametrize("value", ["a\\nb", "\\", "x\ty\nz\r\0", "\\N", "", "\\'"])
def test_parameters_are_bound_exactly(engine, value: str):
    sql = "SELECT {s: String} AS s"
    found = engine.execute(sql, format="JSONEachRow", parameters={"s": value})
    assert json.loads(found.body) == {"s": value}
    assert (
        engine.command("SELECT hex({s: String})", parameters={"s": value}).strip()
        == value.encode().hex().upper()
    )


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a Int8) ENGINE = Memory",
        "INSERT INTO FUNCTION null('a Int8') VALUES (1)",
        "DROP DATABASE default",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 100",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
        "SYSTEM SHUTDOWN",
    ],
)
def test_readers_are_read_only(engine, sql: str):
    with pytest.raises(QueryError, match=r"READONLY|ACCESS_DENIED"):
        engine.execute(sql, format="TSV")


def test_time_is_capped(make_engine):
    engine = make_engine(settings=Settings(query_timeout_s=0.3))
    with pytest.raises(QueryTimeoutError, match="Timeout exceeded"):
        engine.execute(
            "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(number)", format="TSV"
        )


@pytest.mark.parametrize("name", ["max_threads", "max_block_size", "no_such_setting"])
def test_settings_that_clickhouse_refuses_leave_those_of_before(engine, name: str):
    writer, before = engine.writer(), engine.settings
    opened = len(engine._open)
    engine.command("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(QueryError):
        engine.configure(Settings(clickhouse={name: "x"}))
    assert engine.settings == before
    assert len(engine._open) == opened
    assert writer.insert("t", b'{"a":1}') == 1
    assert text(engine, "SELECT count() FROM t") == "1\n"


def test_results_are_capped(make_engine):
    engine = make_engine(settings=Settings(max_result_bytes=1000))
    with pytest.raises(
        ResultTooLargeError, match=r"^\[Error\] Limit for result exceeded, max bytes"
    ):
        engine.execute("SELECT number FROM numbers(100000)", format="TSV")


def test_results_of_constant_columns_are_capped_too(make_engine):
    engine = make_engine(settings=Settings(max_result_bytes=100_000))
    with pytest.raises(ResultTooLargeError, match=r"max bytes: 0.10 MiB, current bytes: 0.9"):
        engine.execute("SELECT repeat('x', 1000) FROM numbers(1000)", format="TSV")


def test_memory_is_capped(make_engine):
    engine = make_engine(settings=Settings(max_memory_bytes=20_000_000))
    with pytest.raises(QueryError, match=r"(?i)memory limit"):
        engine.execute("SELECT groupArray(toString(number)) FROM numbers(10000000)", format="TSV")


def test_project_settings_reach_the_query(make_engine):
    sql = "SELECT b.y FROM (SELECT 1 AS x) AS a LEFT JOIN (SELECT 2 AS x, 3 AS y) AS b ON a.x = b.x"
    assert text(make_engine(settings=Settings(join_use_nulls=True)), sql) == "\\N\n"
    assert text(make_engine(settings=Settings(join_use_nulls=False)), sql) == "0\n"
    chosen = Settings(clickhouse={"max_threads": "1"})
    assert text(make_engine(settings=chosen), "SELECT getSetting('max_threads')") == "1\n"


def test_query_settings_do_not_stay(engine):
    sql = "SELECT getSetting('max_threads')"
    before = text(engine, sql)
    assert text(engine, sql, settings={"max_threads": "1"}) == "1\n"
    assert text(engine, sql) == before


def test_other_settings_hold_from_the_next_statement_on(make_engine):
    engine = make_engine(settings=Settings(join_use_nulls=True))
    engine.command(
        "CREATE TABLE t (a Int8, b UInt8 DEFAULT getSetting('join_use_nulls')) ENGINE = MergeTree ORDER BY a"
    )
    writer = engine.writer()
    sql = "SELECT getSetting('join_use_nulls')"
    assert (text(engine, sql), engine.command(sql)) == ("true\n", "true\n")
    engine.configure(Settings(join_use_nulls=False))
    assert (text(engine, sql), engine.command(sql)) == ("false\n", "false\n")
    writer.insert("t", b'{"a":1}')
    assert engine.command("SELECT b FROM t") == "0\n"


def test_an_answer_starts_fresh_after_a_query_that_failed_half_way(engine):
    with pytest.raises(QueryError):
        text(
            engine,
            "SELECT throwIf(number = 150000) FROM numbers(200000)",
            settings={"max_block_size": "1000"},
        )
    assert text(engine, "SELECT 1", settings={"max_block_size": "1000"}) == "1\n"


def test_readers_run_at_the_same_time(engine):
    barrier = threading.Barrier(4, timeout=30)
    answers: list[str] = []

    def ask() -> None:
        barrier.wait()
        answers.append(text(engine, "SELECT sum(number) FROM numbers(1000000)"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["499999500000\n"] * 4


def test_a_writers_rows_are_there_when_insert_returns(engine):
    engine.command("CREATE TABLE t (a Int8, b String DEFAULT 'x') ENGINE = MergeTree ORDER BY a")
    assert engine.writer().insert("t", b'{"a":1}\n{"a":2,"b":"y"}') == 2
    assert text(engine, "SELECT * FROM t ORDER BY a") == "1\tx\n2\ty\n"


def test_rows_that_do_not_fit_are_refused_whole(engine):
    engine.command("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    writer = engine.writer()
    for block in (b'{"a":1}\n{"a":"x"}', b'{"a":1}\n{"z":1}'):
        with pytest.raises(QueryError):
            writer.insert("t", block)
    assert engine.command("SELECT count() FROM t").strip() == "0"


def test_a_folder_that_cannot_be_opened(clickhouse_path: Path, make_engine, tmp_path: Path):
    make_engine()  # this process has its folder open, and chDB opens only one
    from martlet.engines.clickhouse import ClickHouse

    with pytest.raises(EngineError, match="Cannot open the data folder"):
        ClickHouse(tmp_path / "other")


@pytest.mark.parametrize(
    ("raw", "message", "kind"),
    [
        (
            "Code: 47. DB::Exception: Unknown expression identifier `x` in scope SELECT x. (UNKNOWN_IDENTIFIER)",
            "[Error] Unknown expression identifier `x` in scope SELECT x. (UNKNOWN_IDENTIFIER)",
            QueryError,
        ),
        (
            "Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify 'a' setting in readonly mode. (READONLY) (version 26.9.2.1). (READONLY)",
            "[Error] Cannot modify 'a' setting in readonly mode. (READONLY)",
            QueryError,
        ),
        (
            "Code: 159. DB::Exception: Timeout exceeded: elapsed 1 s",
            "[Error] Timeout exceeded: elapsed 1 s",
            QueryTimeoutError,
        ),
        ("Code: 252. DB::Exception: Too many parts", "[Error] Too many parts", EngineError),
        (
            "Code: 341. DB::Exception: Exception happened during execution of mutation"
            " 'mutation_2.txt' with part 'all_1_1_0' reason: 'Code: 395. DB::Exception: Value passed"
            " to 'throwIf' function is non-zero (version 26.9.2.1)'. This error maybe retryable or"
            " not. In case of unretryable error, mutation can be killed with KILL MUTATION query"
            " \n\n0. ? @ 0x000000000e87006c\n\n. (UNFINISHED) (version 26.9.2.1)",
            "[Error] Value passed to 'throwIf' function is non-zero",
            QueryError,
        ),
        ("something else", "[Error] something else", QueryError),
    ],
)
def test_messages_lose_clickhouses_frame(raw: str, message: str, kind: type):
    error = engine_error(raw)
    assert (error.message, type(error)) == (message, kind)
