"""The job of an upload: whatever fails in the middle, no row is lost, and what is told is stored."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto import mock_aws
from tests.aws.test_firehose import Clock, Firehose, throttles

from martlet.aws.append_job import MAX_IDLE_RUNS, AppendJobs
from martlet.aws.clients import client
from martlet.aws.firehose import FirehoseSink
from martlet.aws.state import StateTable
from martlet.aws.uploads import DONE, ERROR, WORKING, Job, Jobs, Objects
from martlet.errors import ConflictError, EngineError, NotFoundError
from martlet.ingest import parts
from martlet.model import Column, Datasource, Location
from martlet.types import parse_type

PLACE = Location("x.datasource", 1)
SOURCE = Datasource(
    "events",
    PLACE,
    (
        Column("id", parse_type("UInt32"), PLACE, json_path="$.id"),
        Column("name", parse_type("String"), PLACE, json_path="$.name"),
    ),
)


class Place:
    """A bucket and a table, and a Firehose that fails as it is told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.s3 = client("s3", region="us-east-1", signature_version="s3v4")
        self.dynamodb = client("dynamodb", region="us-east-1")
        self.s3.create_bucket(Bucket="results")
        self.dynamodb.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "table", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "table", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.firehose = Firehose(clock=self.clock)
        self.jobs = Jobs(self.dynamodb, "state", now=lambda: self.clock.now)
        self.objects = Objects(self.s3, "results", wait=self.clock.wait)
        self.runner = AppendJobs(
            self.jobs,
            self.objects,
            {"events": SOURCE},
            FirehoseSink(
                self.firehose, lambda table: table, clock=self.clock, wait=self.clock.wait
            ),
            StateTable(self.dynamodb, "state"),
            wait=self.clock.wait,
            clock=self.clock,
            now=lambda: 1_795_273_514_000_000_000,
        )

    def upload(self, content: bytes, format: str = "ndjson", **values: Any) -> Job:
        job = self.jobs.create(Job(id="", datasource="events", format=format, **values))
        self.s3.put_object(Bucket="results", Key=job.key, Body=content)
        return self.begin(job)

    def begin(self, job: Job) -> Job:
        size, etag = self.objects.look(job)
        return self.jobs.save(_changed(job, status=WORKING, size=size, etag=etag))

    def run(self, job: Job, owner: str = "run", seconds: float = 100) -> Job | None:
        deadline = self.clock.now + seconds
        return self.runner.run(job.id, owner, deadline=deadline, held_s=seconds + 60)

    def stored(self, table: str = "events") -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for one in self.firehose.stored.get(table, [])
            for line in one.splitlines()
        ]


def _changed(job: Job, **values: Any) -> Job:
    return replace(job, **values)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Place()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few rows, so that small files have many."""
    read_parts = parts.read_parts
    monkeypatch.setattr(
        "martlet.aws.append_job.read_parts",
        lambda *given, **named: read_parts(*given, **named, size=1000),
    )


def lines(count: int, bad: int = 0) -> bytes:
    """Rows 0, 1, ...; each `bad`th has no id."""
    return b"".join(
        b'{"name": "%d"}\n' % n if bad and n % bad == 0 else b'{"id": %d, "name": "%d"}\n' % (n, n)
        for n in range(count)
    )


def counted(job: Job | None) -> tuple[str, int, int, int]:
    assert job is not None
    return job.status, job.rows, job.quarantined, job.twice


@pytest.mark.parametrize("compress", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_a_file_is_stored_with_its_refused_rows_in_the_quarantine(
    place: Place, compress: Callable, small_parts: None
):
    job = place.run(place.upload(compress(lines(500, bad=50))))
    assert counted(job) == (DONE, 490, 10, 0)
    assert [row["id"] for row in place.stored()] == [n for n in range(500) if n % 50]
    assert [json.loads(row["c__raw"])["name"] for row in place.stored("events_quarantine")] == [
        str(n) for n in range(0, 500, 50)
    ]
    assert job.offset == len(lines(500, bad=50))
    assert len({row["__batch"] for row in place.stored()}) > 10


def test_csv_has_its_header_in_the_first_part_only(place: Place, small_parts: None):
    records = b"".join(b'"%d\n",%d\n' % (n, n) for n in range(300))
    job = place.upload(b"\xef\xbb\xbfname,id\n" + records, "csv")
    first = place.run(job, seconds=0.01)
    place.firehose.takes_s = 1
    while counted(first)[0] == WORKING:
        first = place.run(first, seconds=3)
    assert counted(first) == (DONE, 300, 0, 0)
    assert [(row["name"], row["id"]) for row in place.stored()] == [
        (f"{n}\n", n) for n in range(300)
    ]


def test_a_run_goes_on_where_the_one_before_ended(place: Place, small_parts: None):
    job: Job | None = place.upload(lines(1000))
    place.firehose.takes_s = 1
    runs = 0
    while counted(job)[0] == WORKING:
        job, runs = place.run(job, owner=str(runs), seconds=5), runs + 1
    assert (counted(job), runs > 3) == ((DONE, 1000, 0, 0), True)
    assert [row["id"] for row in place.stored()] == list(range(1000))


class Crash(BaseException):
    """Lambda ends a run without a word."""


def test_a_run_that_dies_leaves_copies_that_can_be_told_and_are_counted(
    place: Place, small_parts: None
):
    job = place.upload(lines(300))
    save, saved = place.jobs.client.put_item, []

    def put_item(**item: Any) -> object:
        saved.append(item)
        if len(saved) == 4:  # the rows of a third part are in Firehose, the item is not written
            raise Crash
        return save(**item)

    place.jobs.client.put_item = put_item
    with pytest.raises(Crash):
        place.run(job, owner="a")
    place.jobs.client.put_item = save
    assert place.run(job, owner="b") is None  # the first one may still be at work
    done = place.run(job, owner="a")  # Lambda gives the event again
    stored = place.stored()
    copies = Counter((row["__batch"], row["__row"]) for row in stored)
    assert {row["id"] for row in stored} == set(range(300))
    twice = sum(count - 1 for count in copies.values())
    assert twice > 0
    assert counted(done) == (DONE, 300, 0, twice)


def test_a_run_that_is_over_by_its_time_is_followed_by_any_other(place: Place):
    job = place.upload(lines(3))
    claimed = place.jobs.claim(job.id, "lost", 100)
    assert claimed is not None
    assert place.run(job, owner="b") is None
    place.clock.now += 101
    assert counted(place.run(job, owner="b")) == (DONE, 3, 0, 3)


def test_two_runs_do_not_store_the_same_part(place: Place):
    job = place.upload(lines(3))
    read = place.jobs.read
    seen = []

    def slow_read(id: str) -> Job:
        found = read(id)
        if not seen:
            seen.append(1)
            assert counted(place.run(job, owner="other")) == (DONE, 3, 0, 0)
        return found

    place.runner.jobs = Racing(place.jobs.client, "state", now=place.jobs.now, first=slow_read)
    assert place.run(job, owner="late") is None
    assert len(place.stored()) == 3


class Racing(Jobs):
    def __init__(self, *given: Any, first: Callable[[str], Job], **named: Any) -> None:
        super().__init__(*given, **named)
        self.first: Callable[[str], Job] | None = first

    def read(self, id: str) -> Job:
        first, self.first = self.first, None
        return first(id) if first else super().read(id)


def test_throttled_rows_are_sent_in_the_next_run_and_those_stored_are_not(place: Place):
    job = place.upload(lines(1200))
    place.firehose.faults = [{1}, *throttles(place.firehose, 30)]
    half = place.run(job, seconds=10)
    assert counted(half) == (WORKING, 700, 0, 0)
    place.firehose.faults = []
    assert counted(place.run(half)) == (DONE, 1200, 0, 0)
    assert sorted(row["id"] for row in place.stored()) == list(range(1200))


def test_a_stream_that_is_not_there_ends_the_job_and_it_can_be_begun_again(place: Place):
    job = place.upload(lines(10))
    place.firehose.faults = [place.firehose.error("ResourceNotFoundException", 400)]
    failed = place.run(job)
    assert counted(failed) == (ERROR, 0, 0, 0)
    assert "ResourceNotFoundException" in failed.message
    assert place.run(failed) is None
    again = place.jobs.save(_changed(failed, status=WORKING))
    assert counted(place.run(again)) == (DONE, 10, 0, 0)


def test_a_job_that_stores_nothing_ends(place: Place):
    job: Job | None = place.upload(lines(10))
    place.firehose.faults = throttles(place.firehose, 10_000)
    for _ in range(MAX_IDLE_RUNS):
        assert counted(job)[0] == WORKING
        job = place.run(job, seconds=20)
    assert (counted(job), "3 runs have stored nothing" in job.message) == ((ERROR, 0, 0, 0), True)


def test_without_dynamodb_nothing_is_put(place: Place):
    job = place.upload(lines(10))
    place.dynamodb.delete_table(TableName="state")
    with pytest.raises(EngineError):
        place.run(job)
    assert place.firehose.calls == []


def test_a_file_that_is_replaced_is_not_gone_on_with(place: Place, small_parts: None):
    job = place.upload(lines(1000))
    place.firehose.takes_s = 1
    half = place.run(job, seconds=5)
    place.s3.put_object(Bucket="results", Key=job.key, Body=lines(1001))
    done = place.run(half)
    assert done.status == ERROR
    assert "replaced" in done.message
    assert (done.rows, len(place.stored())) == (half.rows, half.rows)


@pytest.mark.parametrize(
    ("content", "format", "said"),
    [
        (gzip.compress(lines(100))[:-20], "ndjson", "ends too early"),
        (b"\x1f\x8b" + b"x" * 50, "ndjson", "not valid gzip"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 50, "ndjson", "use gzip"),
        (b'{"name": "' + b"x" * 1_000_000 + b'"}', "ndjson", "Row 1 is larger"),
        (b'"' + b"x" * 17_000_000, "csv", "a quote without end"),
    ],
)
def test_files_that_cannot_be_read_fail_with_the_reason(
    place: Place, content: bytes, format: str, said: str
):
    job = place.run(place.upload(content, format))
    assert job.status == ERROR
    assert said in job.message
    assert (job.rows, place.stored()) == (0, [])


def test_an_empty_file_is_done(place: Place):
    assert counted(place.run(place.upload(b""))) == (DONE, 0, 0, 0)


def test_rows_of_a_call_without_an_answer_are_counted_as_perhaps_twice(place: Place):
    job = place.upload(lines(10, bad=5))
    place.firehose.faults = [
        ReadTimeoutError(endpoint_url="x"),
        (),
        (),
        ReadTimeoutError(endpoint_url="x"),
    ]
    assert counted(place.run(job)) == (DONE, 8, 2, 2)


def test_s3_is_asked_again(place: Place):
    job = place.upload(lines(10))
    get, calls = place.s3.get_object, []

    def get_object(**call: Any) -> object:
        calls.append(call)
        if len(calls) % 2:
            raise EndpointConnectionError(endpoint_url="x")
        return get(**call)

    place.s3.get_object = get_object
    assert counted(place.run(job)) == (DONE, 10, 0, 0)


def test_any_faults_lose_and_invent_nothing(place: Place, small_parts: None):
    chance = random.Random(3)
    for _ in range(25):
        place.firehose.stored.clear()
        job: Job | None = place.upload(lines(400, bad=7))
        for _ in range(60):
            faults = [
                (), (), {0}, ReadTimeoutError(endpoint_url="x"),
                place.firehose.error("ServiceUnavailableException", 503),
            ]  # fmt: skip
            place.firehose.faults = [chance.choice(faults) for _ in range(12)]
            place.firehose.takes_s = chance.choice([0, 0.5])
            job = place.run(job, seconds=chance.choice([1, 3, 8]))
            if counted(job)[0] != WORKING:
                break
        if job.status == ERROR:  # three short runs with faults only: begun again
            place.firehose.faults = []
            job = place.run(
                place.jobs.save(_changed(job, status=WORKING, idle_runs=0)), seconds=1000
            )
        refused = place.stored("events_quarantine")
        assert counted(job)[:3] == (DONE, 400 - 58, 58)
        assert sorted(row["id"] for row in place.stored()) == [n for n in range(400) if n % 7]
        assert len(refused) == 58


def test_what_is_written_meanwhile_is_not_written_over(place: Place):
    job = place.upload(lines(1))
    place.jobs.save(_changed(job, rows=1))
    with pytest.raises(ConflictError):
        place.jobs.save(_changed(job, rows=2))
    with pytest.raises(NotFoundError):
        place.jobs.read("none")


def test_a_second_try_of_a_write_finds_its_own(place: Place):
    job = place.upload(lines(1))
    put = place.dynamodb.put_item

    def twice(**item: Any) -> object:
        put(**item)
        return put(**item)

    place.dynamodb.put_item = twice
    assert place.jobs.save(job) == place.jobs.read(job.id)
