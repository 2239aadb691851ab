"""The engine of a deployment, on a real Trino: chDB's bytes for a project's queries."""

import datetime
import itertools
import re
from decimal import Decimal

import pytest
from tests.trino.client import Trino, TrinoQueryError
from tests.trino.differential import Table, Twins, twins

from martlet.aws.athena import Athena
from martlet.aws.engine import LakeEngine
from martlet.aws.known import Known
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import NotAvailableError, QueryError, QueryTimeoutError, UnsupportedError
from martlet.files.project import load_project
from martlet.query import QueryBuilder
from martlet.translate.tables import Partitions

EVENTS = """\
SCHEMA >
    `id` UInt32 `json:$.id`,
    `name` LowCardinality(String) `json:$.name`,
    `at` DateTime64(3) `json:$.at`,
    `price` Decimal(10,2) `json:$.price`,
    `tags` Array(String) `json:$.tags`,
    `upper` String `json:$.upper` DEFAULT concat('it''s ', upper(name)),
    `twice` UInt64 `json:$.twice` DEFAULT id * 2,
    `kind` Enum8('b' = 0, 'a' = -1) `json:$.kind`,
    `score` Int16 `json:$.score` DEFAULT 7

ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(at)
ENGINE_SORTING_KEY id
"""
PIPES = {
    "listed": "SELECT id, name, at, price, tags FROM events WHERE id < {{Int32(below, 5)}} ORDER BY id",
    "counted": "SELECT name, count() AS n, sum(price) AS total FROM events"
    " GROUP BY name WITH TOTALS ORDER BY name",
    "tagged": "SELECT tags[1] AS tag, groupArray(id) AS ids FROM events WHERE id IN (1, 2) GROUP BY tag"
    " ORDER BY tag",
    "recent": "SELECT id FROM events WHERE at >= '2026-01-02 00:00:00' ORDER BY id",
    "filled": "SELECT id, upper, twice, kind, score FROM events ORDER BY id",
    "by_upper": "SELECT upper, sum(twice) AS s, max(score) AS m FROM events WHERE twice > 2"
    " GROUP BY upper ORDER BY upper",
    "sampled": "SELECT id FROM events SAMPLE 0.1",
    "failing": "SELECT toDate(name) AS x FROM events",
}  # fmt: skip
ROWS = [
    {"id": n, "name": f"n{n % 3}/\"é\"", "at": f"2026-01-0{1 + n % 3} 10:00:00.{n:03}",
     "price": f"{n}.50", "tags": [f"t{n % 2}", "x"]}
    for n in range(8)
]  # fmt: skip
NULLABLE = {"upper": "Nullable(String)", "twice": "Nullable(UInt64)",
            "kind": "Nullable(Enum8('b' = 0, 'a' = -1))", "score": "Nullable(Int16)"}  # fmt: skip
PLAIN = {"id": "UInt32", "name": "LowCardinality(String)", "at": "DateTime64(3)",
         "price": "Decimal(10,2)", "tags": "Array(String)"}  # fmt: skip


class TrinoAsAthena:
    """The calls of Athena's API, in this process, on the Trino server.

    Attributes:
        statements: the SQL that was started.
    """

    def __init__(self, trino: Trino, schema: str) -> None:
        self.trino, self.schema = trino, schema
        self.statements: list[str] = []
        self.results: dict[str, object] = {}
        self.ids = (f"query-{number}" for number in itertools.count(1))
        self.is_slow = False
        self.stopped: list[str] = []

    def start_query_execution(self, **arguments):
        sql, id = arguments["QueryString"], next(self.ids)
        self.statements.append(sql)
        if not self.is_slow:
            try:
                self.results[id] = self.trino.query(sql, schema=self.schema)
            except TrinoQueryError as error:
                self.results[id] = error
        return {"QueryExecutionId": id}

    def get_query_execution(self, **arguments):
        found = self.results.get(arguments["QueryExecutionId"])
        status = {"State": "SUCCEEDED" if found is not None else "RUNNING"}
        if isinstance(found, TrinoQueryError):
            status = {
                "State": "FAILED",
                "StateChangeReason": f"{found.error_name}: {found.message}",
            }
        return {"QueryExecution": {"Status": status, "Statistics": {
            "DataScannedInBytes": 4321, "TotalExecutionTimeInMillis": 250}}}  # fmt: skip

    def get_query_results(self, **arguments):
        answer = self.results[arguments["QueryExecutionId"]]
        rows = [answer.names, *([text(value) for value in row] for row in answer.rows)]
        return {"ResultSet": {
            "ResultSetMetadata": {"ColumnInfo": [{"Label": name} for name in answer.names]},
            "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
                     for row in rows],
        }}  # fmt: skip

    def stop_query_execution(self, **arguments):
        self.stopped.append(arguments["QueryExecutionId"])
        return {}


def text(value: object) -> str | None:
    """Return a value as Athena's text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "milliseconds")
    return (
        format(value, "f") if isinstance(value, Decimal) else None if value is None else str(value)
    )


@pytest.fixture(scope="module")
def pair(clickhouse_path, trino):
    engine = ClickHouse(clickhouse_path, database="lake_engine")
    with twins(engine, trino) as opened:
        hidden = {"__ingested_at": "Int64", "__batch": "String", "__row": "Int64", "dt": "String"}
        rows = [
            {**row, "__ingested_at": n, "__batch": "b", "__row": n, "dt": row["at"][:10]}
            for n, row in enumerate(ROWS)
        ]
        rows[1] |= {"upper": "given", "twice": 100, "kind": "b", "score": -3}
        opened.load(Table("events", {**PLAIN, **NULLABLE, **hidden}, rows))
        truth(opened, rows)
        yield opened
    engine.close()


def truth(pair: Twins, rows) -> None:
    """Make the table as ClickHouse has it, in a database of its own, where DEFAULTs are."""
    columns = ", ".join(f"`{name}` {kind}" for name, kind in PLAIN.items())
    pair.engine.command("DROP TABLE events")
    pair.engine.command(
        f"CREATE TABLE events ({columns}, upper String DEFAULT concat('it''s ', upper(name)),"
        " twice UInt64 DEFAULT id * 2, kind Enum8('b' = 0, 'a' = -1), score Int16 DEFAULT 7)"
        " ENGINE = MergeTree ORDER BY id"
    )
    import json

    known = {*PLAIN, *NULLABLE}
    block = "\n".join(json.dumps({k: v for k, v in row.items() if k in known}) for row in rows)
    writer = pair.engine.writer()
    writer.insert("events", block.encode())
    writer.close()
    pair.engine.command("CREATE TABLE dropped (x UInt8) ENGINE = Memory")


class Box:
    """A project, its engine over Trino, and chDB beside it."""

    def __init__(self, pair: Twins, root, **known) -> None:
        self.project = load_project(root)
        self.queries = QueryBuilder(self.project)
        self.api = TrinoAsAthena(pair.trino, pair.schema)
        self.known = Known(**known)
        athena = Athena(self.api, None, workgroup="g", database=pair.schema, wait=lambda _: None)
        self.engine = LakeEngine(self.project, athena, known=lambda: self.known)
        self.clickhouse = pair.engine

    def both(self, pipe: str, format: str = "JSON", settings=None, **values) -> tuple[str, str]:
        query = self.queries.build(self.project.pipes[pipe], values)
        engines = (self.engine, self.clickhouse)
        return tuple(
            without_statistics(engine.execute(query.sql, format=format, settings=settings).body)
            for engine in engines
        )

    def run(self, pipe: str, engine=None, format: str = "JSON", **values):
        query = self.queries.build(self.project.pipes[pipe], values)
        return (engine or self.engine).execute(query.sql, format=format, settings=query.settings)


def without_statistics(body: bytes) -> str:
    shown = re.sub(r'\t"rows_before_limit_at_least": \d+,\n\n', "", body.decode())
    return re.sub(r'\t"statistics":\n\t\{.*?\n\t\}\n', "", shown, flags=re.DOTALL)


@pytest.fixture
def root(write_project):
    pipes = {
        f"pipes/{name}.pipe": f"NODE n\nSQL >\n    %\n    {sql}\nTYPE endpoint\n"
        for name, sql in PIPES.items()
    }
    return write_project({"datasources/events.datasource": EVENTS, **pipes})


@pytest.fixture
def box(pair, root) -> Box:
    return Box(pair, root, added={"events": frozenset({"kind", "score"})})


@pytest.mark.parametrize("format", ["JSON", "JSONEachRow", "CSVWithNames"])
@pytest.mark.parametrize("pipe", ["listed", "counted", "tagged", "recent", "filled", "by_upper"])
def test_answers_are_clickhouses_bytes(box: Box, pipe: str, format: str):
    found, expected = box.both(pipe, format)
    assert found == expected


def test_output_settings_hold(box: Box):
    quoted = {"output_format_json_quote_64bit_integers": "1"}
    found, expected = box.both("counted", settings=quoted)
    assert '"n": "3"' in found
    assert found == expected


def test_a_query_of_other_values_is_not_parsed_again(box: Box):
    assert box.both("listed", below=3)[0] == box.both("listed", below=3)[1]
    translator = box.engine.translator()
    box.run("listed", below=3)
    assert box.engine.translator() is translator


def test_what_is_known_of_the_rows_prunes_days(box: Box):
    box.run("recent")
    assert "dt >=" in box.api.statements[-1]
    box.known = Known({"events": Partitions("2026-01-03", 0)}, box.known.added)
    box.run("recent")
    assert "2026-01-03" in box.api.statements[-1]


def test_a_result_says_what_it_cost(box: Box):
    result = box.run("counted")
    assert (result.rows, result.rows_read, result.bytes_read, result.elapsed_s) == (
        3,
        0,
        4321,
        0.25,
    )
    assert result.headers["x-athena-query-id"] == "query-1"
    assert result.headers["server-timing"].endswith("total;dur=250")


def test_a_format_that_cannot_be_written_starts_no_query(box: Box):
    with pytest.raises(NotAvailableError, match="Parquet is not available on AWS"):
        box.run("listed", format="Parquet")
    assert box.api.statements == []


def test_what_has_no_translation_starts_no_query(box: Box):
    with pytest.raises(UnsupportedError, match="SAMPLE"):
        box.run("sampled")
    assert box.api.statements == []


def test_a_failure_of_the_query_is_told(box: Box):
    with pytest.raises(QueryError, match=r"\[Error\] \w+: "):
        box.run("failing")


def test_a_request_has_a_deadline_of_its_own(box: Box):
    box.api.is_slow = True
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.01 seconds"):
        box.run("listed", box.engine.within(0.01))
    assert box.api.stopped == ["query-1"]


def test_a_default_that_cannot_be_evaluated_stops_the_query_not_the_answer(pair, write_project):
    source = EVENTS.replace("upper(name)", "normalizeQuery(name)")
    pipe = f"NODE n\nSQL >\n    {PIPES['filled']}\nTYPE endpoint\n"
    files = {"datasources/events.datasource": source, "pipes/filled.pipe": pipe}
    with pytest.raises(UnsupportedError, match="DEFAULT of 'upper'"):
        Box(pair, write_project(files)).run("filled")
