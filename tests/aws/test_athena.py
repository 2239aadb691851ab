"""Athena's API as it is called: request shapes, waiting, retries, cancelling, results, failures."""

import io
import re

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from martlet.aws.athena import Athena, failure, parse_csv, public
from martlet.aws.clients import client
from martlet.errors import (
    ConfigurationError,
    EngineError,
    QueryError,
    QueryTimeoutError,
    ResultTooLargeError,
)

ID = "11111111-2222-3333-4444-555555555555"


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def execution(state: str = "SUCCEEDED", reason: str = "", output: str = "", **error) -> dict:
    status = {"State": state, "StateChangeReason": reason, "AthenaError": error}
    statistics = {
        "DataScannedInBytes": 1234, "QueryQueueTimeInMillis": 5, "QueryPlanningTimeInMillis": 60,
        "EngineExecutionTimeInMillis": 700, "TotalExecutionTimeInMillis": 800,
    }  # fmt: skip
    return {"QueryExecution": {"QueryExecutionId": ID, "Status": status, "Statistics": statistics,
                               "ResultConfiguration": {"OutputLocation": output}}}  # fmt: skip


def page(*rows: tuple[str | None, ...], labels=("a", "b"), token: str = "") -> dict:
    data = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
        for row in rows
    ]
    columns = [{"Name": label, "Label": label, "Type": "varchar"} for label in labels]
    result = {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}}}
    return {**result, "NextToken": token} if token else result


def refused(code: str, message: str = "", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message},
              "ResponseMetadata": {"HTTPStatusCode": status}}  # fmt: skip
    return ClientError(answer, "Operation")


class Script:
    """A client that answers as it is told: by operation, one item for each call, the last again."""

    def __init__(self, **answers) -> None:
        self.answers = {name: list(items) for name, items in answers.items()}
        self.calls: list[tuple[str, dict]] = []

    def __getattr__(self, operation: str):
        def call(**arguments):
            self.calls.append((operation, arguments))
            items = self.answers.get(operation, [{}])
            item = items.pop(0) if len(items) > 1 else items[0]
            if isinstance(item, Exception):
                raise item
            return item

        return call

    def named(self, operation: str) -> list[dict]:
        return [arguments for name, arguments in self.calls if name == operation]


STARTED = [{"QueryExecutionId": ID}]
HEAD = ("a", "b")


def run(script: Script, s3: Script | None = None, *, clock: Clock | None = None, **options):
    clock = clock or Clock()
    athena = Athena(script, s3 or Script(), workgroup="group", database="lake", clock=clock,
                    wait=clock.wait)  # fmt: skip
    return athena.run("SELECT 1", **{"timeout_s": 10.0, "max_bytes": 10_000, **options})


def test_request_shapes_are_those_of_the_api():
    api = client("athena", region="eu-west-1", signature_version="unsigned")
    clock = Clock()
    with Stubber(api) as stub:
        stub.add_response("start_query_execution", STARTED[0], {
            "QueryString": "SELECT 1", "ClientRequestToken": ANY, "WorkGroup": "group",
            "QueryExecutionContext": {"Database": "lake"},
            "ResultReuseConfiguration": {
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}},
        })  # fmt: skip
        stub.add_response("get_query_execution", execution("RUNNING"), {"QueryExecutionId": ID})
        stub.add_response("get_query_execution", execution(), {"QueryExecutionId": ID})
        stub.add_response("get_query_results", page(HEAD, ("1", None), token="t"),
                          {"QueryExecutionId": ID, "MaxResults": 1000})  # fmt: skip
        stub.add_response("get_query_results", page(("2", "")),
                          {"QueryExecutionId": ID, "MaxResults": 1000, "NextToken": "t"})  # fmt: skip
        athena = Athena(api, Script(), workgroup="group", database="lake", clock=clock,
                        wait=clock.wait)  # fmt: skip
        answer = athena.run("SELECT 1", timeout_s=10, max_bytes=1000, max_age_minutes=5)
        stub.assert_no_pending_responses()
    assert answer.rows == [("1", None), ("2", "")]
    found = answer.execution
    assert (found.id, found.scanned_bytes, found.run_ms, found.total_ms) == (ID, 1234, 700, 800)


def test_looks_come_soon_and_then_rarer():
    clock = Clock()
    running = [execution("QUEUED")] + [execution("RUNNING")] * 6 + [execution()]
    run(Script(start_query_execution=STARTED, get_query_execution=running,
               get_query_results=[page(HEAD)]), clock=clock)  # fmt: skip
    assert clock.waits == pytest.approx([0.4, 0.25, 0.375, 0.5625, 0.84375, 1.0, 1.0, 1.0])


def test_the_query_is_stopped_when_its_time_is_over():
    clock = Clock()
    script = Script(start_query_execution=STARTED, get_query_execution=[execution("RUNNING")])
    with pytest.raises(QueryTimeoutError, match=r"longer than 3 seconds") as caught:
        run(script, clock=clock, timeout_s=3.0)
    assert caught.value.status == 408
    assert script.named("stop_query_execution") == [{"QueryExecutionId": ID}]
    assert clock.now == pytest.approx(3.0)


def test_a_stop_that_fails_hides_nothing():
    script = Script(start_query_execution=STARTED, get_query_execution=[execution("RUNNING")],
                    stop_query_execution=[refused("InvalidRequestException")])  # fmt: skip
    with pytest.raises(QueryTimeoutError):
        run(script, timeout_s=1.0)


@pytest.mark.parametrize(
    "busy",
    [
        refused("TooManyRequestsException"),
        refused("ThrottlingException"),
        refused("InternalServerException", status=500),
        refused("Unknown", status=503),
        ReadTimeoutError(endpoint_url="https://athena"),
    ],
    ids=lambda error: type(error).__name__ + str(error)[:40],
)
def test_a_busy_service_is_asked_again_with_the_same_token(busy: Exception):
    script = Script(start_query_execution=[busy, busy, *STARTED],
                    get_query_execution=[busy, execution()],
                    get_query_results=[busy, page(HEAD, ("1", "2"))])  # fmt: skip
    assert run(script).rows == [("1", "2")]
    tokens = {call["ClientRequestToken"] for call in script.named("start_query_execution")}
    assert len(script.named("start_query_execution")) == 3
    assert len(tokens) == 1


def test_a_service_that_stays_busy_is_told_within_the_deadline():
    clock = Clock()
    script = Script(start_query_execution=[refused("TooManyRequestsException")])
    with pytest.raises(EngineError, match="too much to do") as caught:
        run(script, clock=clock, timeout_s=2.0)
    assert caught.value.status == 503
    assert clock.now < 2.0


def test_a_query_that_cannot_be_looked_at_any_more_is_stopped():
    script = Script(start_query_execution=STARTED,
                    get_query_execution=[refused("InternalServerException", status=500)])  # fmt: skip
    with pytest.raises(EngineError):
        run(script)
    assert script.named("stop_query_execution")


# Results


def test_a_first_row_that_is_no_header_stays():
    script = Script(start_query_execution=STARTED, get_query_execution=[execution()],
                    get_query_results=[page(("1", "2"))])  # fmt: skip
    assert run(script).rows == [("1", "2")]


def test_no_rows():
    script = Script(start_query_execution=STARTED, get_query_execution=[execution()],
                    get_query_results=[page(HEAD)])  # fmt: skip
    assert run(script).rows == []


def test_more_than_a_page_is_read_from_s3_at_once():
    body = b'"a","b"\n"1",\n"2",""\n'
    script = Script(start_query_execution=STARTED,
                    get_query_execution=[execution(output="s3://results/q/1.csv")],
                    get_query_results=[page(HEAD, ("1", None), token="t")])  # fmt: skip
    s3 = Script(get_object=[{"ContentLength": len(body), "Body": io.BytesIO(body)}])
    assert run(script, s3).rows == [("1", None), ("2", "")]
    assert s3.calls == [("get_object", {"Bucket": "results", "Key": "q/1.csv"})]
    assert len(script.named("get_query_results")) == 1


@pytest.mark.parametrize("output", ["", "s3://results/q/1.csv"])
def test_a_result_above_the_limit_is_an_error(output: str):
    big = ("x" * 600, "y" * 600)
    script = Script(start_query_execution=STARTED, get_query_execution=[execution(output=output)],
                    get_query_results=[page(HEAD, big, token="t"), page(big)])  # fmt: skip
    s3 = Script(get_object=[{"ContentLength": 2420, "Body": io.BytesIO()}])
    with pytest.raises(ResultTooLargeError, match="Limit for result exceeded") as caught:
        run(script, s3, max_bytes=1000)
    assert caught.value.status == 413


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('"a","b"\n', [("a", "b")]),
        ('"1",\n', [("1", None)]),
        (',"1"\n', [(None, "1")]),
        (",\n", [(None, None)]),
        ('"",""\n', [("", "")]),
        ('"a""b","c,d\ne"\n"1","2"\n', [('a"b', "c,d\ne"), ("1", "2")]),
        ('"\r\n","x"\n', [("\r\n", "x")]),
        ('"a","naïve 🦜"', [("a", "naïve 🦜")]),
        ("", []),
    ],
)
def test_result_files_tell_null_from_empty(text: str, rows):
    assert parse_csv(text, 2) == rows


def test_a_single_column_of_nulls_keeps_its_rows():
    assert parse_csv('"a"\n\n""\n\n', 1) == [("a",), (None,), ("",), (None,)]


def test_what_is_no_result_file_is_an_error():
    for text in ('"a","b"x\n', '"",""x\n', '"a","b","c"\n'):
        with pytest.raises(ValueError, match="not a result of Athena"):
            parse_csv(text, 2)
    with pytest.raises(ValueError, match="3 values in rows of 2"):
        parse_csv('"a","","c"\n', 2)


CELLS = st.none() | st.text(st.sampled_from('a",\n\r\\é'), max_size=4)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_every_result_is_read_as_it_was_written(rows):
    quoted = [["" if v is None else '"' + v.replace('"', '""') + '"' for v in row] for row in rows]
    text = "".join(",".join(row) + "\n" for row in quoted)
    assert parse_csv(text, 2) == rows
    single = [(row[0],) for row in rows]
    assert parse_csv("".join(row[0] + "\n" for row in quoted), 1) == single


# Failures


@pytest.mark.parametrize(
    ("reason", "kind", "code", "text"),
    [
        ("DIVISION_BY_ZERO: Division by zero", QueryError, 0, "DIVISION_BY_ZERO: Division by zero"),
        ("SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved", QueryError, 62, "line 1:8"),
        ("INVALID_CAST_ARGUMENT: Cannot cast 'a' to INT. If a data manifest file was generated at"
         " 's3://results/x-manifest.csv', you may need to clean up", QueryError, 0,
         "INVALID_CAST_ARGUMENT: Cannot cast 'a' to INT."),
        ("EXCEEDED_LOCAL_MEMORY_LIMIT: Query exceeded per-node memory", QueryError, 241, "Memory"),
        ("Query exhausted resources at this scale factor", QueryError, 241, "Memory limit"),
        ("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop_dev.events' does not exist",
         ConfigurationError, None, "A table of the project is not in the deployment"),
        ("HIVE_METASTORE_ERROR: com.amazonaws.services.glue", EngineError, None, "may succeed"),
        ("GENERIC_INTERNAL_ERROR: x", EngineError, None, "may succeed"),
        ("Access Denied (Service: Amazon S3; Status Code: 403)", ConfigurationError, None, "deploy"),
        ("Query timeout", QueryTimeoutError, 159, "Timeout"),
        ("", QueryError, 0, "Athena failed the query"),
    ],
)  # fmt: skip
def test_failures_have_their_errors(reason: str, kind, code: int | None, text: str):
    script = Script(start_query_execution=STARTED,
                    get_query_execution=[execution("FAILED", reason)])  # fmt: skip
    with pytest.raises(kind, match=re.escape(text)) as caught:
        run(script)
    assert type(caught.value) is kind
    assert code is None or caught.value.code == code


def test_a_query_that_reads_too_much_says_so():
    reason = "Query cancelled! : Bytes scanned limit was exceeded"
    error = failure("CANCELLED", {"StateChangeReason": reason})
    assert isinstance(error, ResultTooLargeError)
    assert "reads more data than the work group allows" in error.message


def test_a_query_that_somebody_cancelled_says_so():
    assert "cancelled" in failure("CANCELLED", {}).message


def test_failures_of_aws_itself_may_be_sent_again():
    status = {"AthenaError": {"ErrorCategory": 1, "ErrorMessage": "odd"}}
    assert failure("FAILED", status).status == 503


def test_messages_tell_nothing_of_the_account():
    text = (
        "HIVE_BAD_DATA: Malformed Parquet. [s3://data-123456789012/data/events/x.parquet] of"
        " arn:aws:glue:eu-west-1:123456789012:table/x in awsdatacatalog.shop_dev.events\n"
        "more s3://x"
    )
    assert public(text) == ("HIVE_BAD_DATA: Malformed Parquet. [... of ... in events")
    shown = public('MISSING: x. This query ran against the "shop_dev" database, unless qualified')
    assert shown == "MISSING: x."


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("InvalidRequestException", "line 1:1: mismatched input 'x'"), QueryError),
        (refused("InvalidRequestException", "WorkGroup g is not found"), ConfigurationError),
        (refused("AccessDeniedException", "User: arn:aws:sts::1:x is not authorized"),
         ConfigurationError),
    ],
    ids=["syntax", "workgroup", "access"],
)  # fmt: skip
def test_a_refused_start_is_not_sent_again(error: ClientError, kind):
    script = Script(start_query_execution=[error])
    with pytest.raises(kind) as caught:
        run(script)
    assert "arn:" not in str(caught.value)
    assert len(script.calls) == 1
