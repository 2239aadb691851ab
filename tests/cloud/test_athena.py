"""The stand-in behaves as Athena does, seen by botocore's own client."""

import csv as files
import json
import threading
import urllib.request
from collections.abc import Iterator

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.cloud.athena import MAX_SQL_BYTES, Athena
from tests.cloud.athena import Trino as Protocol
from tests.cloud.web import serving
from tests.trino.client import Trino

GROUPS = {
    "reads": {"Name": "reads", "Configuration": {"ResultConfiguration": {"OutputLocation": "s3://results/a/"}}},
    "small": {"Name": "small", "Configuration": {"BytesScannedCutoffPerQuery": 1, "ManagedQueryResultsConfiguration": {"Enabled": True}}},
    "nowhere": {"Name": "nowhere", "Configuration": {}},
    "off": {"Name": "off", "State": "DISABLED", "Configuration": {}},
}  # fmt: skip


class Caller:
    """botocore against the stand-in, and what the stand-in has stored."""

    def __init__(self, address: str, stored: dict[str, bytes]) -> None:
        self.address, self.stored = address, stored
        session = botocore.session.get_session()
        session.set_credentials("000000000000", "test")
        self.client = session.create_client(
            "athena",
            region_name="us-east-1",
            endpoint_url=address,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def start(self, sql: str, group: str = "reads", **more) -> str:
        return self.client.start_query_execution(QueryString=sql, WorkGroup=group, **more)[
            "QueryExecutionId"
        ]

    def status(self, query: str) -> dict:
        return self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"]

    def end(self, query: str) -> dict:
        nothing = threading.Event()
        for _ in range(1000):
            found = self.status(query)
            if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return found
            nothing.wait(0.02)
        raise AssertionError(found)

    def rows(self, sql: str) -> list[list[str | None]]:
        query = self.start(sql)
        found = self.end(query)
        assert found["Status"]["State"] == "SUCCEEDED", found
        result = self.client.get_query_results(QueryExecutionId=query)["ResultSet"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in result["Rows"]]

    def plan(self, *faults: dict) -> None:
        body = json.dumps(faults).encode()
        urllib.request.urlopen(f"{self.address}/_admin/faults", body, timeout=10).close()


@pytest.fixture(scope="module")
def service(trino: Trino) -> Iterator[Caller]:
    stored: dict[str, bytes] = {}
    engine = Protocol(f"http://127.0.0.1:{trino.server.port}", "hive")
    with serving(Athena(engine, work_group=GROUPS.get, store=stored.__setitem__)) as address:
        yield Caller(address, stored)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("true", "true"),
        ("1 = 2", "false"),
        ("TINYINT '-1'", "-1"),
        ("9223372036854775807", "9223372036854775807"),
        ("DECIMAL '18446744073709551615'", "18446744073709551615"),
        ("CAST(1.5 AS decimal(10, 4))", "1.5000"),
        ("1e10", "1.0E10"),
        ("0.1e0", "0.1"),
        ("1e-5", "1.0E-5"),
        ("nan()", "NaN"),
        ("-infinity()", "-Infinity"),
        ("REAL '3.4028235E38'", "3.4028235E38"),
        ("DATE '2024-02-29'", "2024-02-29"),
        ("TIMESTAMP '2024-01-01 00:00:00'", "2024-01-01 00:00:00.000"),
        ("'naïve \"🦜\", \n'", 'naïve "🦜", \n'),
        ("''", ""),
        ("NULL", None),
        ("to_utf8('hi')", "68 69"),
        ("ARRAY[1, NULL]", "[1, null]"),
        ("MAP(ARRAY['a'], ARRAY[1e0])", "{a=1.0}"),
        ("CAST(ROW(1, 'x') AS row(a integer, b varchar))", "{a=1, b=x}"),
        ("json_parse('{\"a\": 1}')", '{"a":1}'),
    ],
)
def test_values(service: Caller, sql: str, text: str | None):
    assert service.rows(f"SELECT {sql} AS v") == [["v"], [text]]


def test_result_file(service: Caller):
    query = service.start(
        "SELECT * FROM (VALUES (1, 'a\"b,\n'), (2, NULL), (3, '')) AS t (n, s) ORDER BY n"
    )
    place = service.end(query)["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://results/a/{query}.csv"
    assert service.stored[place] == b'"n","s"\n"1","a""b,\n"\n"2",\n"3",""\n'
    assert next(files.reader(service.stored[place].decode().splitlines())) == ["n", "s"]


def test_types_of_columns(service: Caller):
    query = service.start("SELECT 1 AS n, CAST(1 AS decimal(9, 2)) AS d, REAL '1' AS r, 'x' AS s")
    service.end(query)
    result = service.client.get_query_results(QueryExecutionId=query)["ResultSet"]
    found = [
        (c["Name"], c["Type"], c["Precision"], c["Scale"])
        for c in result["ResultSetMetadata"]["ColumnInfo"]
    ]
    assert found[:3] == [("n", "integer", 10, 0), ("d", "decimal", 9, 2), ("r", "float", 17, 0)]
    assert found[3][:2] == ("s", "varchar")


def test_pages_hold_the_header_once(service: Caller):
    query = service.start("SELECT n FROM UNNEST(sequence(1, 2500)) AS t (n) ORDER BY n")
    service.end(query)
    pages = service.client.get_paginator("get_query_results").paginate(
        QueryExecutionId=query, PaginationConfig={"PageSize": 1000}
    )
    sizes, cells = [], []
    for page in pages:
        sizes.append(len(page["ResultSet"]["Rows"]))
        cells += [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
    assert sizes == [1000, 1000, 501]
    assert cells == ["n", *map(str, range(1, 2501))]
    with pytest.raises(ClientError, match="MaxResults"):
        service.client.get_query_results(QueryExecutionId=query, MaxResults=1001)


def test_statistics(service: Caller, trino: Trino):
    trino.rows("CREATE TABLE IF NOT EXISTS martlet_ready.scanned AS SELECT 'x' AS s")
    query = service.start(
        "SELECT s FROM scanned", QueryExecutionContext={"Database": "martlet_ready"}
    )
    found = service.end(query)
    assert found["Statistics"]["DataScannedInBytes"] > 0
    assert (
        found["Statistics"]["TotalExecutionTimeInMillis"]
        >= found["Statistics"]["EngineExecutionTimeInMillis"] * 0
    )
    assert found["QueryExecutionContext"]["Database"] == "martlet_ready"
    over = service.start("SELECT s FROM martlet_ready.scanned", "small")
    assert service.end(over)["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert service.status(over)["Status"]["State"] == "CANCELLED"


@pytest.mark.parametrize(
    ("sql", "reason", "category"),
    [
        ("SELEC 1", "SYNTAX_ERROR: line 1:1: ", 2),
        ("SELECT x", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 2),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero", 2),
    ],
)
def test_failures(service: Caller, sql: str, reason: str, category: int):
    query = service.start(sql)
    status = service.end(query)["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith(reason)
    assert status["StateChangeReason"].endswith(f"Query Id: {query}")
    assert status["AthenaError"]["ErrorCategory"] == category
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        service.client.get_query_results(QueryExecutionId=query)


@pytest.mark.parametrize(
    ("group", "sql", "message"),
    [
        ("none", "SELECT 1", "WorkGroup none is not found"),
        ("off", "SELECT 1", "WorkGroup off is disabled"),
        ("nowhere", "SELECT 1", "No output location provided"),
        ("reads", f"SELECT '{'é' * (MAX_SQL_BYTES // 2)}'", "less than or equal to 262144"),
    ],
)
def test_refusals(service: Caller, group: str, sql: str, message: str):
    with pytest.raises(ClientError, match=message) as raised:
        service.start(sql, group)
    assert raised.value.response["Error"]["Code"] == "InvalidRequestException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_one_token_starts_one_query(service: Caller):
    token = "t" * 32
    assert service.start("SELECT 1", ClientRequestToken=token) == service.start(
        "SELECT 1", ClientRequestToken=token
    )
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        service.start("SELECT 2", ClientRequestToken=token)
    with pytest.raises(ClientError, match="32 to 128"):
        service.client.start_query_execution(QueryString="SELECT 1", ClientRequestToken="t" * 129)


def test_stopping(service: Caller):
    service.plan({"operation": "query", "fault": "slow", "seconds": 60})
    waiting = service.start("SELECT 1")
    assert service.status(waiting)["Status"]["State"] == "QUEUED"
    with pytest.raises(ClientError, match="has not yet finished"):
        service.client.get_query_results(QueryExecutionId=waiting)
    running = service.start(
        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (n), UNNEST(sequence(1, 10000)) AS b (m), UNNEST(sequence(1, 10000)) AS c (o)"
    )
    for query in (waiting, running):
        service.client.stop_query_execution(QueryExecutionId=query)
        assert service.end(query)["Status"]["State"] == "CANCELLED"


def test_faults_are_made_once_each(service: Caller):
    service.plan(
        {"operation": "StartQueryExecution", "fault": "throttle"},
        {"operation": "GetQueryExecution", "fault": "error", "status": 503},
        {"operation": "query", "fault": "fail", "reason": "INTERNAL_ERROR: x", "error": {"ErrorCategory": 1, "ErrorType": 200, "Retryable": True}},
    )  # fmt: skip
    with pytest.raises(ClientError, match="Rate exceeded") as raised:
        service.start("SELECT 1")
    assert raised.value.response["Error"]["Code"] == "TooManyRequestsException"
    query = service.start("SELECT 1")
    with pytest.raises(ClientError) as raised:
        service.status(query)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    status = service.end(query)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", "INTERNAL_ERROR: x")
    assert status["AthenaError"]["Retryable"]
    assert service.rows("SELECT 1 AS n") == [["n"], ["1"]]
