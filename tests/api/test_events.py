"""Events in: every way to write a body, what is stored, what is quarantined, what views make of it."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, answer, error

FILES = {
    "events.datasource": """
SCHEMA >
    `id` UInt32 `json:$.id`,
    `name` String `json:$.user.name` DEFAULT 'nobody',
    `score` Nullable(Float64) `json:$.score`,
    `at` DateTime64(3) `json:$.at` DEFAULT '2000-01-01 00:00:00',
    `tags` Array(String) `json:$.tags[:]` DEFAULT [],
    `raw` String `json:$` DEFAULT ''

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
""",
    # A view behind this one fails on negative numbers.
    "readings.datasource": "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `n` Int32 `json:$.n`\n",
    "sums.datasource": "SCHEMA >\n    `part` UInt32,\n    `n` SimpleAggregateFunction(sum, Int64)\n\n"
    'ENGINE "AggregatingMergeTree"\nENGINE_SORTING_KEY "part"\n',
    "checked.datasource": "SCHEMA >\n    `id` UInt32,\n    `fails` UInt8\n",
    "to_sums.pipe": "NODE to_sums_node\nSQL >\n"
    "    SELECT id % 2 AS part, sum(toInt64(n)) AS n FROM readings GROUP BY part\n\n"
    "TYPE materialized\nDATASOURCE sums\n",
    "to_checked.pipe": "NODE to_checked_node\nSQL >\n"
    "    SELECT id, throwIf(n < 0, 'negative') AS fails FROM readings\n\n"
    "TYPE materialized\nDATASOURCE checked\n",
}
TABLES = ("events", "events_quarantine", "readings", "readings_quarantine", "sums", "checked")


@pytest.fixture(scope="module")
def opened(open_api: MakeApi) -> Api:
    return open_api(FILES)


@pytest.fixture
def api(opened: Api) -> Api:
    for table in TABLES:
        opened.workspace.engine.command(f"TRUNCATE TABLE {table}")
    return opened


def ids(api: Api, table: str = "events") -> list[int]:
    return [row[0] for row in api.rows(f"SELECT id FROM {table} ORDER BY id")]


PRETTY = """{
  "id": 1,
  "user": {
    "name": "a"
  }
}
"""
TWO = b'{"id":1}\n{"id":2}\n'


@pytest.mark.parametrize(
    ("body", "query", "stored"),
    [
        (b'{"id":1}', "", [1]),
        (b'{"id":1}\n', "", [1]),
        (TWO, "", [1, 2]),
        (b'\n\n{"id":1}\n\n{"id":2}\n\n', "", [1, 2]),
        (b' {"id":1} \t\r\n\t{"id":2}\r\n', "", [1, 2]),
        (PRETTY.encode(), "", [1]),
        ((PRETTY + PRETTY.replace("1", "2") + '{"id":3}').encode(), "", [1, 2, 3]),
        (b'[{"id":1},{"id":2}]', "", [1, 2]),
        (b'[\n  {"id": 1},\n  {"id": 2}\n]\n', "", [1, 2]),
        (b"[]", "", []),
        (TWO, "&format=ndjson", [1, 2]),
        (b'{"id":1}', "&format=json", [1]),
        (PRETTY.encode(), "&format=json", [1]),
        (b'[{"id":1},\n{"id":2}]', "&format=json", [1, 2]),
        (b'\xef\xbb\xbf{"id":1}', "&format=json", [1]),
    ],
)
def test_bodies(api: Api, body: bytes, query: str, stored: list[int]):
    counts = answer(api.send("events", body, query), status=202)
    assert counts == {"successful_rows": len(stored), "quarantined_rows": 0}
    assert ids(api) == stored


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TWO, mtime=0)),
        ("x-gzip", gzip.compress(TWO, mtime=0)),
        ("GZIP", gzip.compress(TWO, mtime=0)),
        ("gzip", gzip.compress(TWO[:9], mtime=0) + gzip.compress(TWO[9:], mtime=0)),
        ("zstd", zstandard.compress(TWO)),
        ("identity", TWO),
        ("", TWO),
    ],
)
def test_encodings(api: Api, encoding: str, body: bytes):
    response = api.send("events", body, headers={"content-encoding": encoding})
    assert answer(response, status=202) == {"successful_rows": 2, "quarantined_rows": 0}
    assert ids(api) == [1, 2]


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])  # fmt: skip
def test_the_content_type_does_not_matter(api: Api, media_type: str):
    answer(api.send("events", TWO, headers={"content-type": media_type}), status=202)
    assert ids(api) == [1, 2]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 202), ("&wait=false", 202), ("&wait=0", 202), ("&wait=", 202),
     ("&wait=true", 200), ("&wait=1", 200), ("&wait=TRUE", 200)],
)  # fmt: skip
def test_wait_chooses_the_status_alone(api: Api, query: str, status: int):
    """Either way the rows can be read when the answer is there."""
    response = api.send("events", b'{"id":1}\n{}', query)
    assert answer(response, status=status) == {"successful_rows": 1, "quarantined_rows": 1}
    assert response.rows == 2
    assert ids(api) == [1]


def test_all_rows_refused_is_no_error(api: Api):
    counts = answer(api.send("events", b"{}\nx\n", "&wait=true"))
    assert counts == {"successful_rows": 0, "quarantined_rows": 2}
    assert api.rows("SELECT count() FROM events_quarantine") == [[2]]


def test_unknown_query_parameters_are_ignored(api: Api):
    answer(api.send("events", TWO, "&utm_source=DEV&from=x&cli_version=1"), status=202)
    assert ids(api) == [1, 2]


def test_values_defaults_and_nulls(api: Api):
    body = (
        b'{"id":1}\n'
        b'{"id":2,"user":{"name":"b","age":3},"score":null,"at":"2024-05-06T07:08:09.1Z","tags":[]}\n'
        b'{"id":3,"user":{},"score":1,"at":"2024-05-06 07:08:09","tags":["x","y"],"more":true}\n'
    )
    counts = answer(api.send("events", body), status=202)
    assert counts == {"successful_rows": 3, "quarantined_rows": 0}
    assert api.rows("SELECT id, name, score, at, tags, raw FROM events ORDER BY id") == [
        [1, "nobody", None, "2000-01-01 00:00:00.000", [], '{"id":1}'],
        [2, "b", None, "2024-05-06 07:08:09.100", [], body.splitlines()[1].decode()],
        [3, "nobody", 1, "2024-05-06 07:08:09.000", ["x", "y"], body.splitlines()[2].decode()],
    ]


def test_the_quarantine_table(api: Api):
    refused = b'{"id":"7","user":{"name":"z"},"score":"high","tags":["x"],"more":1}'
    answer(api.send("events", b"not json\n" + refused + b'\n{"id":1}\n'), status=202)
    assert ids(api) == [1]
    described = api.rows("SELECT name, type FROM system.columns WHERE table = 'events_quarantine'"
                         " AND database = currentDatabase() ORDER BY position")  # fmt: skip
    nullable = [[name, "Nullable(String)"] for name in ("id", "name", "score", "at", "tags", "raw")]
    assert described == [
        ["c__error_column", "Array(String)"],
        ["c__error", "Array(String)"],
        ["c__import_id", "Nullable(String)"],
        *nullable,
        ["insertion_date", "DateTime"],
        ["c__raw", "String"],
    ]
    rows = api.rows(
        "SELECT * EXCEPT (insertion_date), insertion_date BETWEEN now() - 60 AND now()"
        " FROM events_quarantine ORDER BY c__raw"
    )
    assert rows == [
        [
            [""],
            ["Invalid JSON: Expecting value: line 1 column 1 (char 0)"],
            None, None, None, None, None, None, None,
            "not json",
            1,
        ],
        [
            ["id", "score"],
            [
                "Value \"7\" on column 'id' is not UInt32. While accessing jsonpath '$.id'",
                "Value \"high\" on column 'score' is not Float64."
                " While accessing jsonpath '$.score'",
            ],
            None, "7", "z", "high", None, '["x"]', refused.decode(),
            refused.decode(),
            1,
        ],
    ]  # fmt: skip


def test_views_see_the_rows(api: Api):
    answer(api.send("readings", b'{"id":1,"n":10}\n{"id":2,"n":20}\n{"id":3}\n'), status=202)
    answer(api.send("readings", b'{"id":3,"n":5}\n'), status=202)
    assert api.rows("SELECT part, sum(n) FROM sums GROUP BY part ORDER BY part") == [
        [0, 20],
        [1, 15],
    ]
    assert ids(api, "checked") == [1, 2, 3]


FAILED = (
    "The rows are stored in readings, but a materialized view that reads it failed, so its target"
    " lacks them; do not send them again."
)


def test_a_view_that_fails_is_told_to_its_request_alone(api: Api):
    good = [b'{"id":%d,"n":1}' % number for number in range(20)]
    bad = b'{"id":100,"n":-1}\n{"id":101,"n":1}'
    with ThreadPoolExecutor(8) as threads:
        bodies = [*good[:10], bad, *good[10:]]
        responses = list(threads.map(lambda body: api.send("readings", body, "&wait=true"), bodies))
    assert [response.status for response in responses] == [200] * 10 + [422] + [200] * 10
    _, text = error(responses[10])
    assert text.startswith(FAILED)
    assert "negative" in text
    assert ids(api, "readings") == [*range(20), 100, 101]
    assert ids(api, "checked") == list(range(20))
    # The data source goes on.
    answer(api.send("readings", b'{"id":200,"n":1}', "&wait=true"))
    assert ids(api, "checked")[-1] == 200


def test_requests_at_the_same_time_all_arrive(api: Api):
    bodies = [b'{"id":%d}\n{"id":"bad"}\n{"id":%d}' % (n, n + 1000) for n in range(100)]
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda body: api.send("events", body), bodies))
    counts = [answer(response, status=202) for response in responses]
    assert counts == [{"successful_rows": 2, "quarantined_rows": 1}] * 100
    assert ids(api) == [*range(100), *range(1000, 1100)]
    assert api.rows("SELECT count() FROM events_quarantine") == [[100]]


def test_a_row_may_be_large_and_a_batch_long(api: Api):
    rows = [{"id": number, "user": {"name": "x" * 1000}} for number in range(5000)]
    rows[7]["user"]["name"] = "y" * 900_000
    body = b"\n".join(map(orjson.dumps, rows))
    counts = answer(api.send("events", body, "&wait=true"))
    assert counts == {"successful_rows": 5000, "quarantined_rows": 0}
    assert api.rows("SELECT count(), sum(id), max(length(name)) FROM events") == [
        [5000, sum(range(5000)), 900_000]
    ]


# Whatever is sent, each row is either stored or quarantined, and the server is not at fault.
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 2**32 - 1) | VALUES,
        "user": st.fixed_dictionaries({}, optional={"name": st.text() | VALUES}) | VALUES,
        "score": FLOATS | VALUES,
        "at": st.datetimes().map(str) | st.integers() | VALUES,
        "tags": st.lists(st.text(max_size=3)) | VALUES,
        "more": VALUES,
    },
)
LINES = st.lists(EVENTS | VALUES, min_size=1, max_size=8)


def total(api: Api) -> int:
    return sum(api.workspace.count(table) for table in ("events", "events_quarantine"))


@given(LINES, st.booleans())
def test_every_event_is_stored_or_quarantined(opened: Api, events: list[object], is_array: bool):
    texts = [json.dumps(event).encode() for event in events]
    body = b"[" + b",".join(texts) + b"]" if is_array else b"\n".join(texts)
    # A body that starts as an array is one; so is a line that is an array, if it is alone.
    sent = len(events[0]) if not is_array and len(events) == 1 and type(events[0]) is list else len(events)  # fmt: skip
    before = total(opened)
    counts = answer(opened.send("events", body, "&wait=true"))
    assert counts["successful_rows"] + counts["quarantined_rows"] == sent
    assert total(opened) == before + sent


@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "zstd", "identity"]), st.sampled_from(["ndjson", "json"]))  # fmt: skip
def test_any_bytes_are_answered(opened: Api, body: bytes, encoding: str, format: str):
    before = total(opened)
    headers = {"content-encoding": encoding}
    response = opened.send("events", body, f"&format={format}", headers=headers)
    if response.status == 202:
        assert sum(orjson.loads(response.body).values()) == total(opened) - before
        assert response.rows == total(opened) - before
    else:
        assert error(response)[0] in (400, 413)
        assert total(opened) == before


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_query_string_is_answered(opened: Api, query: str, path: str):
    for target in (f"/v0/events?{query}", f"/v0/pipes/{path}.json?{query}", f"/{path}?{query}"):
        for method in ("GET", "POST", "HEAD"):
            response = opened(method, target, b"a=1")
            assert 400 <= error(response)[0] < 500
