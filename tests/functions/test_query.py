"""The function of endpoints: events of API Gateway in, ClickHouse's answers out."""

import base64
import gzip
import json
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from moto import mock_aws
from moto.athena.models import QueryResults, athena_backends
from moto.core import DEFAULT_ACCOUNT_ID
from openapi_spec_validator import OpenAPIV31SpecValidator

from martlet.access import Grant
from martlet.aws.clients import client
from martlet.aws.results import LargeAnswers, fits
from martlet.aws.token_items import COMMAND, StoredToken, TokenItems
from martlet.errors import EngineError
from martlet.jwt import sign
from martlet.tokens import ADMIN_TOKEN_NAME
from martlet_functions import query

REGION = "us-east-1"
FILES = {
    "datasources/events.datasource": "SCHEMA >\n    `id` UInt64 `json:$.id`,\n    `name` String `json:$.name`\n",
    "pipes/listed.pipe": "NODE n\nSQL >\n    %\n    SELECT id, name FROM events WHERE name = {{String(name, 'a')}}"
    "\n    ORDER BY id\nTYPE endpoint\n",
    "pipes/kept.pipe": "NODE n\nSQL >\n    %\n    {{cache_ttl(String(ttl, '5m'))}} SELECT id, name FROM events\nTYPE endpoint\n",
    "pipes/inner.pipe": "NODE n\nSQL >\n    SELECT 1\n",
    "pipes/sampled.pipe": "NODE n\nSQL >\n    SELECT id FROM events SAMPLE 0.1\nTYPE endpoint\n",
}  # fmt: skip


class Context(SimpleNamespace):
    """What Lambda gives a handler beside the event."""

    function_name = "query"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:query"
    aws_request_id = "1"

    def __init__(self, left_ms: int = 29_000) -> None:
        super().__init__(left_ms=left_ms)

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@pytest.fixture
def deployed(monkeypatch, write_project):
    """An account with the tables, buckets and work group of a deployment; the admin token is `t`."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "MARTLET_PROJECT": "shop",
        "MARTLET_STAGE": "dev",
        "MARTLET_REGION": REGION,
        "MARTLET_FOLDER": str(write_project(FILES)),
        "MARTLET_TOKENS_TABLE": "tokens",
        "MARTLET_STATE_TABLE": "state",
        "MARTLET_RESULTS_BUCKET": "results",
        "MARTLET_DATABASE": "shop_dev",
        "MARTLET_WORKGROUP": "shop-dev",
    }.items():
        monkeypatch.setenv(name, value)
    query.workspace.cache_clear()
    with mock_aws():
        dynamodb = client("dynamodb", region=REGION)
        for table, key in (("tokens", "digest"), ("state", "table")):
            dynamodb.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )  # fmt: skip
        TokenItems(dynamodb, "tokens").put(
            StoredToken.of_value("t", "admin", [("ADMIN", "")], origin=COMMAND, created=1)
        )
        client("s3", region=REGION).create_bucket(Bucket="results")
        client("athena", region=REGION).create_work_group(Name="shop-dev", Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://results/queries/"}})  # fmt: skip
        yield
    query.workspace.cache_clear()


def athena_answers(*rows: list[str | None], labels=("id", "name")) -> None:
    """Have the account's Athena answer its next query with rows."""
    data = [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
            for row in [list(labels), *rows]]  # fmt: skip
    columns = [{"Name": name, "Label": name, "Type": "varchar"} for name in labels]
    backend = athena_backends[DEFAULT_ACCOUNT_ID][REGION]
    backend.query_results_queue.append(QueryResults(rows=data, column_info=columns))


def event(path: str, query_string: str = "", method: str = "GET", **headers) -> dict:
    return {
        "version": "2.0", "rawPath": path, "rawQueryString": query_string, "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default",
                           "timeEpoch": int(time.time() * 1000)},
        "isBase64Encoded": False,
    }  # fmt: skip


def test_an_endpoint_answers_clickhouses_json(deployed, capsys):
    athena_answers(["18446744073709551615", "a/b"], ["2", ""])
    answer = query.handler(event("/v0/pipes/listed.json", "token=t&name=a"), Context())
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["rows"]) == (200, 2)
    assert '"name": "a\\/b"' in answer["body"]
    assert body["meta"] == [{"name": "id", "type": "UInt64"}, {"name": "name", "type": "String"}]
    assert body["data"] == [{"id": 2**64 - 1, "name": "a/b"}, {"id": 2, "name": ""}]
    assert answer["headers"]["x-athena-query-id"]
    assert answer["headers"]["content-type"] == "application/json; charset=utf-8"
    logged = capsys.readouterr().out
    assert '"Queries":[1.0]' in logged
    assert "token=t" not in logged


@pytest.mark.parametrize(
    ("path", "query_string", "method", "status", "text"),
    [
        ("/v0/health", "", "GET", 200, "ok"),
        ("/v0/nothing", "", "GET", 404, "Nothing is at"),
        ("/v0/pipes/listed.json", "", "GET", 403, "token"),
        ("/v0/pipes/listed.json", "token=x", "GET", 403, "token"),
        ("/v0/pipes/missing.json", "token=t", "GET", 404, "missing"),
        ("/v0/pipes/inner.json", "token=t", "GET", 404, "endpoint"),
        ("/v0/pipes/listed.parquet", "token=t", "GET", 501, "Parquet is not available on AWS"),
        ("/v0/pipes/listed.xml", "token=t", "GET", 404, ".xml"),
        ("/v0/pipes/sampled.json", "token=t", "GET", 400, "SAMPLE"),
        ("/v0/pipes/listed.json", "token=t", "PATCH", 405, "PATCH"),
        ("/v0/pipes/listed/copy", "token=t", "POST", 501, "not available here"),
    ],
)
def test_what_is_no_answer_of_athena(deployed, path, query_string, method, status, text):
    answer = query.handler(event(path, query_string, method), Context())
    assert answer["statusCode"] == status
    assert text in answer["body"]


def test_a_preflight_is_answered(deployed):
    answer = query.handler(event("/v0/pipes/listed.json", method="OPTIONS"), Context())
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-origin"] == "*"
    answer = query.handler(event("/v0/events", method="OPTIONS"), Context())
    assert answer["headers"]["access-control-allow-methods"] == "POST, OPTIONS"


def test_the_document_has_the_columns_of_the_translation(deployed):
    headers = {"host": "abc.example.com", "x-forwarded-proto": "https"}
    answer = query.handler(event("/v0/pipes/openapi.json", "token=t", **headers), Context())
    found = json.loads(answer["body"])
    OpenAPIV31SpecValidator(found).validate()
    assert found["servers"] == [{"url": "https://abc.example.com"}]
    rows = found["components"]["schemas"]["listed_row"]["properties"]
    kinds = {name: each["x-clickhouse-type"] for name, each in rows.items()}
    assert kinds == {"id": "UInt64", "name": "String"}
    # Athena cannot run it, so nothing is said of its columns.
    assert found["components"]["schemas"]["sampled_row"]["properties"] == {}


@pytest.mark.parametrize(
    ("path", "query_string", "minutes"),
    [
        ("kept", "", 5),
        ("kept", "&ttl=1h", 60),
        ("kept", "&ttl=5s", None),  # Athena counts minutes
        ("listed", "", None),
    ],
)
def test_athena_may_answer_with_what_a_pipe_allows_to_be_old(deployed, path, query_string, minutes):
    asked = {}
    query.workspace().engine.athena._athena.meta.events.register(
        "provide-client-params.athena.StartQueryExecution",
        lambda params, **_: asked.update(params),
    )
    athena_answers(["1", "a"])
    answer = query.handler(event(f"/v0/pipes/{path}.json", f"token=t{query_string}"), Context())
    assert answer["statusCode"] == 200, answer["body"]
    reuse = asked.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
    assert reuse.get("MaxAgeInMinutes") == minutes


def test_what_is_told_of_the_project(deployed):
    def get(path: str) -> dict:
        answer = query.handler(event(path, "token=t"), Context())
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])

    assert [pipe["name"] for pipe in get("/v0/pipes")["pipes"]] == [
        "inner", "kept", "listed", "sampled"
    ]  # fmt: skip
    assert get("/v0/pipes/listed")["nodes"][0]["params"][0]["name"] == "name"
    assert get("/v0/dependencies")["dependencies"] == {"events": ["kept", "listed", "sampled"]}
    answer = query.handler(event("/v0/pipes/listed.pipe", "token=t"), Context())
    assert answer["body"] == FILES["pipes/listed.pipe"]
    assert get("/v0/workspace")["name"] == "shop"
    (source,) = get("/v0/datasources")["datasources"]
    assert (source["name"], source["engine"]["engine"]) == ("events", "MergeTree")
    detail = get("/v0/datasources/events")
    assert detail["id"] == source["id"]
    assert {column["name"]: column["type"] for column in detail["columns"]} == {
        "id": "UInt64", "name": "String"
    }  # fmt: skip
    # Rows are not counted: Athena would have to read them.
    assert detail["statistics"] == {"bytes": None, "row_count": None}
    assert [pipe["name"] for pipe in detail["used_by"]] == ["kept", "listed", "sampled"]
    answer = query.handler(event("/v0/datasources/events.datasource", "token=t"), Context())
    assert answer["body"] == FILES["datasources/events.datasource"]
    for path, status in (("/v0/datasources/other", 404), ("/v0/datasources/events", 403)):
        token = "t" if status == 404 else "x"
        answer = query.handler(event(path, f"token={token}"), Context())
        assert answer["statusCode"] == status
    answer = query.handler(event("/v0/datasources/events/truncate", "token=t", "POST"), Context())
    assert (answer["statusCode"], "truncate" in answer["body"]) == (501, True)


def test_a_jwt_reads_what_it_allows_with_the_values_that_it_has(deployed, monkeypatch):
    manager = client("secretsmanager", region=REGION)
    content = json.dumps({ADMIN_TOKEN_NAME: "the-key"})
    arn = manager.create_secret(Name="values", SecretString=content)["ARN"]
    monkeypatch.setenv("MARTLET_TOKENS_SECRET", arn)
    query.workspace.cache_clear()
    own = query.handler(event("/v0/workspace", "token=t"), Context())
    value = sign(
        "the-key",
        workspace_id=json.loads(own["body"])["id"],
        name="web",
        expires=int(time.time()) + 60,
        grants=[Grant("PIPES:READ", "listed", fixed={"name": "it's me"})],
        rate=1,
    )
    athena_answers(["1", "a"])
    answer = query.handler(event("/v0/pipes/listed.json", f"token={value}&name=you"), Context())
    assert answer["statusCode"] == 200, answer["body"]
    assert answer["headers"]["x-ratelimit-remaining"] == "0"
    (asked,) = athena_backends[DEFAULT_ACCOUNT_ID][REGION].executions.values()
    assert ("it''s me" in asked.query, "you" in asked.query) == (True, False)
    over = query.handler(event("/v0/pipes/listed.json", f"token={value}"), Context())
    assert over["statusCode"] == 429
    time_over = query.handler(event("/v0/pipes/inner.json", f"token={value[:-2]}xx"), Context())
    assert time_over["statusCode"] == 403


def test_what_is_broken_inside_is_told_without_its_text(deployed):
    client("dynamodb", region=REGION).delete_table(TableName="state")
    answer = query.handler(event("/v0/pipes/listed.json", "token=t"), Context())
    assert answer["statusCode"] == 503


# Answers too large for Lambda


def long_rows(count: int) -> list[list[str]]:
    return [[str(2**64 - 1), "é/" * 500] for _ in range(count)]


def test_a_large_answer_is_behind_a_url_for_a_while(deployed):
    athena_answers(*long_rows(6000))
    answer = query.handler(event("/v0/pipes/listed.ndjson", "token=t"), Context())
    assert (answer["statusCode"], answer["body"]) == (303, "")
    assert answer["headers"]["content-type"] == "application/x-ndjson; charset=utf-8"
    url = urlsplit(answer["headers"]["location"])
    assert "X-Amz-Expires=900" in url.query
    key = f"answers/{answer['headers']['x-request-id']}.ndjson"
    assert url.path.endswith(key)
    found = client("s3", region=REGION).get_object(Bucket="results", Key=key)
    assert found["ContentType"] == "application/x-ndjson; charset=utf-8"
    row = b'{"id":18446744073709551615,"name":"' + b"\xc3\xa9\\/" * 500 + b'"}\n'
    assert found["Body"].read() == row * 6000


def test_who_reads_gzip_gets_a_large_answer_itself(deployed):
    athena_answers(*long_rows(6000))
    sent = event("/v0/pipes/listed.ndjson", "token=t", **{"accept-encoding": "gzip, br"})
    answer = query.handler(sent, Context())
    assert (answer["statusCode"], answer["headers"]["content-encoding"]) == (200, "gzip")
    assert answer["isBase64Encoded"]
    assert gzip.decompress(base64.b64decode(answer["body"])).count(b"\n") == 6000


def test_a_bucket_that_takes_nothing_is_told(deployed):
    s3 = client("s3", region=REGION)
    with pytest.raises(EngineError, match="cannot be stored"):
        LargeAnswers(s3, "nowhere").put(b"x", "text/csv", "R")


@pytest.mark.parametrize(
    ("body", "is_sent"),
    [(b"", True), (b"x" * 5_500_000, True), (b"x" * 5_500_001, False), (b'"' * 2_750_000, True),
     (b'"' * 2_750_001, False), (b"x\n" * 2_000_000, False)],
)  # fmt: skip
def test_the_limit_is_of_the_text_as_it_is_sent(body: bytes, is_sent: bool):
    assert fits(body) is is_sent
    escaped = len(json.dumps(body.decode(), ensure_ascii=False)) - 2
    assert (escaped <= 5_500_000) is is_sent


def test_a_body_in_base64_is_read(deployed):
    athena_answers(["1", "z"])
    sent = event("/v0/pipes/listed.json", "token=t", "POST",
                 **{"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    sent |= {"body": base64.b64encode(b"name=z").decode(), "isBase64Encoded": True}
    answer = query.handler(sent, Context())
    assert json.loads(answer["body"])["data"] == [{"id": 1, "name": "z"}]
