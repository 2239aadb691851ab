"""A deployed project answers what the embedded server answers, and stores what it says it stored.

The tutorials come first: their figures are those of tables that hold nothing else.
"""

import datetime
import gzip
import itertools
import json
import re
import shutil
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from scripts import cloud as script
from tests import test_tutorials as tutorials
from tests.api.calls import answer
from tests.cloud.box import Box, Twins, events_of_every_type
from tests.conftest import ROOT

from martlet.api.http import Response
from martlet.append import Append
from martlet.files.project import load_project
from martlet.model import Project


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT)


@pytest.mark.parametrize(
    "tutorial",
    [
        tutorials.test_ad_performance,
        tutorials.test_marketing_channels,
        tutorials.test_email_campaigns,
        tutorials.test_mobile_analytics,
        tutorials.test_user_behaviour,
    ],
    ids=lambda test: test.__name__,
)
def test_tutorials(twins: Twins, tutorial):
    tutorial(lambda *_, **__: twins)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "fixtures").iterdir()))
def test_sample_events(twins: Twins, name: str):
    lines = (ROOT / "fixtures" / f"{name}.ndjson").read_bytes().splitlines(keepends=True)
    body = b"".join(lines[::3])
    counts = answer(twins.send(name, body), status=202)
    assert counts == {"successful_rows": body.count(b"\n"), "quarantined_rows": 0}


@pytest.mark.parametrize("pipe", sorted(path.stem for path in (ROOT / "pipes").iterdir()))
def test_every_pipe_of_the_project(twins: Twins, project: Project, pipe: str):
    given = {"user_id": "user_1"} if pipe == "user_event_timeline" else {}
    found = answer(twins.get(f"/v0/pipes/{pipe}.json?{urllib.parse.urlencode(given)}"))
    assert found["rows"] == len(found["data"])
    wide = {**given, "start_date": "2025-01-01 00:00:00", "end_date": "2027-01-01 00:00:00"}
    answer(twins.get(f"/v0/pipes/{pipe}.json?{urllib.parse.urlencode(wide)}"))


@pytest.mark.parametrize("extension", ["ndjson", "csv"])
def test_other_formats(twins: Twins, extension: str):
    assert twins.get(f"/v0/pipes/events_by_channel.{extension}").body.count(b"\n") > 3


def test_compressed_events(twins: Twins):
    body = gzip.compress(tutorials.MARKETING_SAMPLE.encode())
    sent = twins.send("marketing_events", body, headers={"content-encoding": "gzip"})
    assert answer(sent, status=202) == {"successful_rows": 3, "quarantined_rows": 0}
    answer(twins.get("/v0/pipes/total_events.json"))


def test_compressed_answers(twins: Twins):
    target = "/v0/pipes/user_event_timeline.json?user_id=u789012"
    packed = twins.box.get(target, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    plain = orjson.loads(gzip.decompress(packed.body))
    assert plain["data"] == answer(twins.get(target))["data"]


def test_large_answers_are_fetched_from_elsewhere(twins: Twins):
    target = "/v0/pipes/large_answer.ndjson"
    moved = twins.box.get(target)
    assert moved.status == 303
    with urllib.request.urlopen(moved.headers["location"], timeout=30) as found:
        body = found.read()
    assert body == twins.embedded.get(target).body


def test_browsers_may_read_answers(twins: Twins):
    found = twins.get("/v0/pipes/total_events.json", headers={"origin": "https://example.com"})
    assert found.headers["access-control-allow-origin"] == "*"


def test_refused_events_are_in_the_quarantine(twins: Twins):
    event = orjson.loads(tutorials.APP)
    bad = [{**event, "event_time": "never"}, {**event, "event_time": "5", "user_id": 1}, event]
    body = b"\n".join([*map(orjson.dumps, bad), b"{"])
    counts = answer(twins.send("app_events", body), status=202)
    assert counts["quarantined_rows"] > 0
    found = answer(twins.get("/v0/pipes/refused.json"))
    assert sum(row["events"] for row in found["data"]) == counts["quarantined_rows"]


@pytest.mark.parametrize(
    ("method", "target", "body", "token"),
    [
        ("POST", "/v0/events?name=app_events", b"", "admin"),
        ("POST", "/v0/events?name=none", b"{}", "admin"),
        ("POST", "/v0/events", b"{}", "admin"),
        ("POST", "/v0/events?name=app_events", b"{}", "nobody's"),
        ("POST", "/v0/events?name=app_events", b"{}", None),
        ("GET", "/v0/pipes/none.json", b"", "admin"),
        ("GET", "/v0/pipes/total_events.json", b"", "nobody's"),
        ("GET", "/v0/pipes/total_events.json?start_date=x", b"", "admin"),
        ("GET", "/v0/pipes/total_events.xml", b"", "admin"),
        ("DELETE", "/v0/events", b"", "admin"),
        ("GET", "/nothing/here", b"", "admin"),
    ],
)
def test_errors(twins: Twins, method: str, target: str, body: bytes, token: str | None):
    assert twins(method, target, body, token=token).status >= 400


def test_every_type(twins: Twins):
    events = events_of_every_type()
    counts = answer(twins.send("every_type", b"\n".join(map(orjson.dumps, events))), status=202)
    assert counts == {"successful_rows": len(events), "quarantined_rows": 0}
    twins.box.wait_for_rows()
    deployed, embedded = (
        api.get("/v0/pipes/every_type_rows.json") for api in (twins.box, twins.embedded)
    )
    found, expected = answer(deployed), answer(embedded)
    assert found["meta"] == expected["meta"]
    exact = [json.loads(side.body, parse_float=str) for side in (deployed, embedded)]
    wrong = [
        (column["type"], ours[column["name"]], theirs[column["name"]])
        for ours, theirs in zip(*(side["data"] for side in exact), strict=True)
        for column in expected["meta"]
        if ours[column["name"]] != theirs[column["name"]]
    ]
    assert wrong == []


def test_old_and_future_events(twins: Twins):
    today = datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None)
    midnight = today.replace(hour=0, minute=0, second=0)
    times = [
        datetime.datetime(1970, 1, 1),
        datetime.datetime(2000, 2, 29, 23, 59, 59),
        midnight - datetime.timedelta(seconds=1),
        midnight,
        today,
        midnight + datetime.timedelta(days=1),
        midnight + datetime.timedelta(days=400),
        datetime.datetime(2090, 2, 6, 6, 28, 15),
    ]
    for number, at in enumerate(times):  # each in a request of its own: the state grows
        body = orjson.dumps({"id": number, "at": str(at)})
        answer(twins.send("dated", body), status=202)
    # Firehose takes a minute at least, and so long is the state's copy kept. MiniStack takes none.
    twins.box.restart("query")
    for begin, end in itertools.pairwise(times):
        window = urllib.parse.urlencode({"begin": str(begin), "end": str(end)})
        assert answer(twins.get(f"/v0/pipes/dated_between.json?{window}"))["rows"] == 1
    answer(twins.get("/v0/pipes/dated_days.json"))


# Faults. Each request has three records of Firehose; its events are numbered in the whole file.

EVENTS = 1200
_numbers = itertools.count(1)


@pytest.fixture
def put(box: Box):
    """Post events to `faulty`; what was planned is met with, and over then."""

    def put(*faults: dict, token: str = "admin") -> tuple[range, Response]:
        first = next(_numbers) * EVENTS
        numbers = range(first, first + EVENTS)
        body = b"\n".join(b'{"id": %d, "text": "is %d"}' % (n, n) for n in numbers)
        box.plan(*faults)
        answer = box.send("faulty", body, token=token)
        planned, left = sum(fault.get("times", 1) for fault in faults), box.faults_left()
        assert not left or planned > 10  # those that stay
        box.plan()
        return numbers, answer

    return put


def copies(box: Box, numbers: range) -> dict[int, int]:
    """Return how often each event is in the lake; copies are known by batch and row."""
    found = box.rows(
        f"SELECT id, count(*), count(DISTINCT (__batch, __row)) FROM {box.table('faulty')}"
        f" WHERE {box.since} AND id BETWEEN {numbers[0]} AND {numbers[-1]} GROUP BY id"
    )
    assert {rows for _, _, rows in found} <= {1}
    return {int(id): count for id, count, _ in found}


def test_no_fault(box: Box, put):
    numbers, response = put()
    assert answer(response, status=202) == {"successful_rows": EVENTS, "quarantined_rows": 0}
    assert copies(box, numbers) == dict.fromkeys(numbers, 1)


PUT = {"operation": "PutRecordBatch"}


@pytest.mark.parametrize(
    ("faults", "may_be_twice"),
    [
        ([{**PUT, "fault": "partial"}], False),
        ([{**PUT, "fault": "partial", "positions": [0, 1, 2], "times": 3}], False),
        ([{**PUT, "fault": "throttle", "times": 2}], False),
        ([{**PUT, "fault": "refuse"}], True),
        ([{**PUT, "fault": "error", "status": 500}], True),
        ([{**PUT, "fault": "lost"}], True),
        ([{**PUT, "fault": "twice"}], True),
        (
            [{**PUT, "fault": "lost"}, {**PUT, "fault": "throttle"}, {**PUT, "fault": "partial"}],
            True,
        ),
    ],
    ids=["some", "all", "throttle", "refuse", "error", "lost", "twice", "one after another"],
)
def test_faults_that_pass(box: Box, put, faults: list[dict], may_be_twice: bool):
    numbers, response = put(*faults)
    assert answer(response, status=202) == {"successful_rows": EVENTS, "quarantined_rows": 0}
    found = copies(box, numbers)
    assert found.keys() == set(numbers)
    assert set(found.values()) == {1} or may_be_twice


@pytest.fixture(scope="module")
def little_time(box: Box) -> None:
    """The events function tries for three seconds only, not for as long as API Gateway waits."""
    box.restart("events", Timeout=11)


@pytest.mark.usefixtures("little_time")
@pytest.mark.parametrize(
    "faults",
    [
        [{**PUT, "fault": "partial", "text": '"is 700"', "times": 500}],
        [{**PUT, "fault": "throttle", "times": 500}],
        [{**PUT, "fault": "error", "code": "AccessDeniedException", "status": 400}],
        [{**PUT, "fault": "lost", "times": 500}],
    ],
    ids=lambda faults: faults[0]["fault"],
)
def test_faults_that_stay(box: Box, put, faults: list[dict]):
    numbers = range(next(_numbers) * EVENTS, 0)
    if "text" in faults[0]:  # in the second record of the request that comes
        faults = [{**faults[0], "text": f'"is {numbers.start + EVENTS + 700}"'}]
    numbers, response = put(*faults)
    told = Told.of(answer(response, status=503)["error"], numbers)
    found = copies(box, numbers)
    assert told.stored <= found.keys() <= told.stored | told.unknown
    assert len(told.stored) == told.count
    assert response.headers["retry-after"]


@dataclass
class Told:
    """What an answer says of a request's events."""

    count: int
    stored: set[int]
    unknown: set[int]

    @classmethod
    def of(cls, message: str, numbers: range) -> "Told":
        count = int(re.match(r"(\d+) of \d+ rows for 'faulty' are stored", message)[1])
        lost = cls._spans(message, "not stored: events", numbers)
        unknown = cls._spans(message, "perhaps stored, the call got no answer:", numbers)
        return cls(count, set(numbers) - lost - unknown, unknown)

    @staticmethod
    def _spans(message: str, before: str, numbers: range) -> set[int]:
        found = re.search(before + r" ([\d, -]+)", message)
        spans = [span.partition("-") for span in found[1].split(", ")] if found else []
        positions = [range(int(a) - 1, int(b or a)) for a, _, b in spans]
        return {numbers[position] for span in positions for position in span}


def test_tokens_cannot_be_looked_up(box: Box, put):
    fault = {"operation": "GetItem", "fault": "error", "status": 500, "times": 50}
    numbers, response = put(fault, token="faulty_append")
    assert response.status == 503
    assert copies(box, numbers) == {}
    numbers, response = put(fault)  # a token that was used before goes on
    assert response.status == 202
    assert copies(box, numbers) == dict.fromkeys(numbers, 1)
    numbers, response = put(token="faulty_append")
    assert response.status == 202


def test_state_cannot_be_kept(twins: Twins):
    box = twins.box
    far = b'{"id": 99, "at": "2105-01-01 00:00:00"}'
    before = box.stored("dated")
    box.plan({"operation": "UpdateItem", "fault": "error", "status": 500, "times": 50})
    assert box.send("dated", far).status == 503  # further ahead than any before
    box.plan()
    assert box.stored("dated") == before
    answer(twins.send("dated", far), status=202)
    box.restart("query")
    found = answer(twins.get("/v0/pipes/dated_between.json?begin=2104-01-01+00:00:00"))
    assert 99 in [row["id"] for row in found["data"]]


START = {"operation": "StartQueryExecution"}


@pytest.mark.parametrize(
    "fault",
    [
        {**START, "fault": "throttle", "times": 2},
        {**START, "fault": "lost"},
        {**START, "fault": "error", "code": "InternalServerException", "status": 500},
        {"operation": "GetQueryExecution", "fault": "throttle"},
        {"operation": "GetQueryExecution", "fault": "refuse"},
        {
            "operation": "GetQueryResults",
            "fault": "error",
            "code": "InternalServerException",
            "status": 500,
        },
    ],
    ids=lambda fault: f"{fault['operation']}-{fault['fault']}",
)
def test_queries_get_over_faults(box: Box, fault: dict):
    before = len(box.queries())
    box.plan(fault)
    assert answer(box.get("/v0/pipes/faulty_count.json"))["rows"] == 1
    assert len(box.queries()) == before + 1
    assert box.faults_left() == {}


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        ("GENERIC_INTERNAL_ERROR: something", 1),
        ("HIVE_CANNOT_OPEN_SPLIT: Error opening s3://bucket-of-ours/data/x.parquet", 3),
        ("PERMISSION_DENIED: arn:aws:sts::000000000000:assumed-role/x is not authorized", 2),
    ],
)
def test_failing_queries_tell_nothing_of_the_account(box: Box, reason: str, category: int):
    error = {
        "ErrorCategory": category,
        "ErrorType": 200,
        "Retryable": False,
        "ErrorMessage": reason,
    }
    box.plan_queries({"operation": "query", "fault": "fail", "reason": reason, "error": error})
    response = box.get("/v0/pipes/faulty_count.json")
    assert response.status >= 400
    assert not re.search(rb"arn:|s3:|000000000000|bucket-of-ours", response.body)


def test_slow_queries_are_stopped(box: Box):
    box.restart("query", Timeout=6)
    box.plan_queries({"operation": "query", "fault": "slow", "seconds": 60})
    response = box.get("/v0/pipes/faulty_count.json")
    box.restart("query", Timeout=30)
    assert (response.status, b"Timeout exceeded" in response.body) == (408, True)
    last = max(box.queries(), key=lambda query: query["Status"]["SubmissionDateTime"])
    assert last["Status"]["State"] == "CANCELLED"


def test_functions_that_start_anew_lose_nothing(box: Box):
    """While events come, the function is deployed again: its processes end, others begin."""
    first = next(_numbers) * EVENTS
    numbers = range(first, first + 40)

    def post(number: int) -> int:
        if number == first + 15:
            box.restart("events")
        return box.send("faulty", b'{"id": %d, "text": ""}' % number).status

    with ThreadPoolExecutor(4) as threads:
        told = dict(zip(numbers, threads.map(post, numbers), strict=True))
    taken = {number for number, status in told.items() if status == 202}
    found = copies(box, numbers)
    assert taken <= found.keys()
    assert {told[number] for number in set(numbers) - taken} <= {500, 502, 503, 504}
    assert len(taken) > 20


def test_a_deployment_in_the_middle_loses_nothing(box: Box, project_folder: Path, tmp_path: Path):
    """While events come, the project is deployed with one more column."""
    changed = tmp_path / "project"
    shutil.copytree(project_folder, changed)
    source = changed / "datasources" / "faulty.datasource"
    column = "`text` String `json:$.text`"
    source.write_text(
        source.read_text().replace(column, f"{column},\n    `more` Nullable(String) `json:$.more`")
    )
    told = {}
    numbers = itertools.count(next(_numbers) * EVENTS)
    with ThreadPoolExecutor(1) as thread:
        deployed = thread.submit(script.deploy, box.cloud, changed)
        while not wait([deployed], timeout=0.1).done:
            number = next(numbers)
            body = b'{"id": %d, "text": "", "more": "new"}' % number
            told[number] = box.send("faulty", body).status
        deployed.result()
    last = next(numbers)
    answer(box.send("faulty", b'{"id": %d, "text": "", "more": "new"}' % last), status=202)
    found = copies(box, range(min(told), last + 1))
    taken = {number for number, status in told.items() if status == 202}
    assert taken | {last} <= found.keys()
    assert {told[number] for number in set(told) - taken} <= {500, 502, 503, 504}
    new = box.rows(f"SELECT more FROM {box.table('faulty')} WHERE {box.since} AND id = {last}")
    assert new == [["new"]]


def test_counts_after_all_faults(box: Box):
    ((count, ids),) = box.rows(
        f"SELECT count(*), count(DISTINCT id) FROM {box.table('faulty')} WHERE {box.since}"
    )
    (row,) = answer(box.get("/v0/pipes/faulty_count.json"))["data"]
    assert row == {"events": count, "ids": ids}


def test_a_large_file_is_uploaded_and_taken_in_by_a_job(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("martlet.append.MAX_REQUEST_BYTES", 1000)
    name = "marketing_events"
    lines = (ROOT / "fixtures" / f"{name}.ndjson").read_bytes().splitlines(keepends=True)[:500]
    path = tmp_path / "rows.ndjson.gz"
    path.write_bytes(gzip.compress(b"".join(lines) + b"no JSON\n"))
    box.wait_for_rows()
    before = box.stored(name)
    totals = Append(box.cloud.url, box.tokens["admin"], name, path).run()
    assert (totals.stored, totals.quarantined, totals.twice) == (len(lines), 1, 0)
    box.sent_to(name, totals.stored)
    box.sent_to(f"{name}_quarantine", totals.quarantined)
    box.wait_for_rows()
    assert box.stored(name) == before + len(lines)


def test_no_secret_is_told(box: Box):
    """Neither templates and bundles nor logs, of the box or in CloudWatch, have a token's value."""
    places = [box.cloud.logs, box.cloud.folder / "cdk.out"]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    texts = {str(path): path.read_bytes() for path in files}
    assert any(name.endswith("ministack.log") for name in texts)
    assert any(name.endswith("template.json") for name in texts)
    logs = script.client(box.cloud, "logs")
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        lines = [event["message"] for page in pages for event in page["events"]]
        texts[name] = "\n".join(lines).encode()
    assert any(texts[name] for name in texts if name.startswith("/aws/lambda/"))
    values = {name: value.encode() for name, value in box.tokens.items()}
    assert "admin" in values
    told = [
        (p, name) for p, text in texts.items() for name, value in values.items() if value in text
    ]
    assert told == []
