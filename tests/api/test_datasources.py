"""Data sources as the API tells of them: the list, one of them, its file; who is told what."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.api.calls import Api, MakeApi, answer, error

from martlet.files.datasource import parse_datasource
from martlet.files.source import Report, Source
from martlet.files.text import datasource_text
from martlet.fmt import meaning

EVENTS = """\
# Who does what.
DESCRIPTION What people do
TOKEN "reader" READ
TOKEN writer append
TAGS "team=growth, raw"

SCHEMA >
  `at` DateTime `json:$.at`, -- when
  tenant String `json:$.meta.tenant`,
  `price` Nullable(Float64) `json:$.price`,
  `kind` LowCardinality(Nullable(String)) `json:$.kind`,
  `seen` DateTime `json:$.seen` DEFAULT now() CODEC(ZSTD(3)),
  `ids` Array(Int32) `json:$.ids[:]`

ENGINE ReplacingMergeTree
ENGINE_SORTING_KEY tenant, at
ENGINE_PARTITION_KEY toYYYYMM(at)
ENGINE_TTL at + toIntervalDay(30000)
ENGINE_VER seen
INDEXES >
  INDEX by_price price TYPE minmax GRANULARITY 4
SHARED_WITH >
  other_workspace
"""
DAILY = "SCHEMA >\n    `day` Date,\n    `total` AggregateFunction(count)\nENGINE AggregatingMergeTree\nENGINE_SORTING_KEY day\n"
VIEW = "NODE v\nSQL >\n    SELECT toDate(at) AS day, countState() AS total FROM events GROUP BY day\nTYPE materialized\nDATASOURCE daily\n"
TOP = "TOKEN reports READ\nNODE n\nSQL >\n    SELECT tenant FROM events\nTYPE endpoint\n"
FILES = {
    "datasources/events.datasource": EVENTS,
    "datasources/daily.datasource": DAILY,
    "datasources/sink.datasource": "SCHEMA >\n    `id` Int32 `json:$.id`\nENGINE Null\n",
    "pipes/daily_mv.pipe": VIEW,
    "endpoints/top.pipe": TOP,
}
EVENT = '{"at": "2025-01-31 10:00:00", "meta": {"tenant": "%s"}, "ids": []}'
ID = re.compile(r"t_[0-9a-f]{32}")


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    call = open_api(FILES)
    body = "\n".join([EVENT % "a", EVENT % "b", EVENT % "c", '{"at": 1}'])
    assert answer(call.send("events", body, "&wait=true"))["successful_rows"] == 3
    return call


def value(api: Api, name: str) -> str:
    return api.workspace.tokens.value(name)


def test_a_data_source_is_described(api):
    shown = answer(api.get("/v0/datasources/events"))
    assert ID.fullmatch(shown["id"])
    engine = {
        "engine": "ReplacingMergeTree", "sorting_key": "tenant, at", "primary_key": "", "ver": "seen",
        "partition_key": "toYYYYMM(at)", "ttl": "at + toIntervalDay(30000)",
    }  # fmt: skip
    assert shown["engine"] == engine
    assert (shown["name"], shown["description"], shown["type"]) == (
        "events",
        "What people do",
        "ndjson",
    )
    assert shown["tags"] == {"team": "growth", "raw": ""}
    assert shown["shared_with"] == ["other_workspace"]
    columns = {column.pop("name"): column for column in shown["columns"]}
    assert list(columns) == ["at", "tenant", "price", "kind", "seen", "ids"]
    assert columns["price"] == {
        "type": "Float64", "codec": None, "default_value": None, "jsonpath": "$.price", "nullable": True,
        "normalized_name": "price",
    }  # fmt: skip
    assert columns["kind"]["type"] == "LowCardinality(Nullable(String))"
    assert columns["kind"]["nullable"] is False
    assert columns["seen"]["default_value"] == "DEFAULT now()"
    assert columns["seen"]["codec"] == "CODEC(ZSTD(3))"
    assert columns["ids"]["jsonpath"] == "$.ids[:]"
    assert shown["indexes"] == [
        {"name": "by_price", "expr": "price", "type_full": "minmax", "granularity": 4}
    ]
    assert shown["new_columns_detected"] == {}
    assert [pipe["name"] for pipe in shown["used_by"]] == ["top", "daily_mv"]
    assert answer(api.get(f"/v0/pipes/{shown['used_by'][0]['id']}"))["name"] == "top"


def test_rows_and_bytes_are_those_of_the_active_parts(api):
    shown = answer(api.get("/v0/datasources/events"))
    ((rows, size),) = api.rows(
        "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts"
        " WHERE database = currentDatabase() AND table = 'events' AND active"
    )
    assert shown["statistics"] == {"bytes": size, "row_count": rows}
    assert (rows, shown["quarantine_rows"]) == (3, 1)
    assert answer(api.get("/v0/datasources/sink"))["statistics"] == {"bytes": 0, "row_count": 0}


def test_times_are_those_of_the_table(api):
    shown = answer(api.get("/v0/datasources/events"))
    created, updated = (
        datetime.strptime(shown[key], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        for key in ("created_at", "updated_at")
    )
    now = datetime.now(UTC)
    assert now - timedelta(minutes=5) < created <= now
    assert now - timedelta(minutes=5) < updated <= now
    api.workspace.engine.command("ALTER TABLE events MODIFY COMMENT 'x'")
    changed = answer(api.get("/v0/datasources/events"))
    assert (changed["created_at"], changed["updated_at"] > shown["updated_at"]) == (
        shown["created_at"],
        True,
    )


def test_a_view_target_has_its_own_type_and_pipes(api):
    shown = answer(api.get("/v0/datasources/daily"))
    assert (shown["type"], shown["used_by"]) == ("csv", [])
    assert shown["columns"][1]["type"] == "AggregateFunction(count)"
    assert shown["statistics"]["row_count"] == 1


def test_an_id_stands_for_the_name_everywhere(api):
    id = answer(api.get("/v0/datasources/events"))["id"]
    assert answer(api.get(f"/v0/datasources/{id}"))["name"] == "events"
    assert (
        api.get(f"/v0/datasources/{id}.datasource").body
        == api.get("/v0/datasources/events.datasource").body
    )
    before = api.workspace.count("sink")
    other = answer(api.get("/v0/datasources/sink"))["id"]
    assert answer(api.send(other, '{"id": 1}'), status=202) == {
        "successful_rows": 1,
        "quarantined_rows": 0,
    }
    appended = api("POST", f"/v0/datasources?mode=append&name={other}&format=ndjson", '{"id": 2}')
    assert answer(appended)["quarantine_rows"] == 0
    assert api.workspace.count("sink") == before == 0  # its engine keeps none
    writer = value(api, "writer")
    assert api.send(id, EVENT % "a", token=writer).status == 202
    assert error(api.send(other, '{"id": 1}', token=writer))[0] == 403


def test_the_list_has_what_the_token_may_read(api):
    assert names(api) == ["daily", "events", "sink"]
    assert names(api, token=value(api, "reader")) == ["events"]
    assert names(api, token=value(api, "writer")) == []
    assert error(api.get("/v0/datasources", token=None))[0] == 403
    assert error(api.get("/v0/datasources", token="other"))[0] == 403


def names(api: Api, target: str = "/v0/datasources", **options) -> list[str]:
    return [shown["name"] for shown in answer(api.get(target, **options))["datasources"]]


def test_attributes_are_chosen(api):
    chosen = answer(api.get("/v0/datasources?attrs=statistics,%20type,unknown"))["datasources"]
    always = {"id", "name", "engine", "indexes", "new_columns_detected", "quarantine_rows"}
    assert [set(shown) for shown in chosen] == [always | {"statistics", "type"}] * 3
    whole = answer(api.get("/v0/datasources?attrs="))["datasources"]
    assert whole[1].pop("engine") == {
        "engine": "ReplacingMergeTree", "engine_sorting_key": "tenant, at",
        "engine_partition_key": "toYYYYMM(at)", "engine_primary_key": "",
    }  # fmt: skip
    one = answer(api.get("/v0/datasources/events"))
    assert whole[1] == {k: value for k, value in one.items() if k not in ("engine", "schema")}


@pytest.mark.parametrize("path", ["/v1/datasources", "/v0/datasources/"])
def test_other_forms_of_the_path(api, path: str):
    assert names(api, path) == ["daily", "events", "sink"]
    assert answer(api.get("/v1/datasources/events"))["name"] == "events"


def test_a_reader_is_not_told_of_pipes_that_it_may_not_read(api):
    shown = answer(api.get("/v0/datasources/events", token=value(api, "reader")))
    assert shown["used_by"] == []
    assert shown["statistics"]["row_count"] == api.workspace.count("events")


def test_a_token_that_sees_some_rows_is_not_told_how_many_there_are(api):
    scope = "DATASOURCES:READ:events:tenant%20=%20'a'"
    made = answer(api("POST", f"/v0/tokens?name=some&scope={scope}"))
    shown = answer(api.get("/v0/datasources/events", token=made["token"]))
    assert shown["statistics"] == {"bytes": None, "row_count": None}
    assert shown["quarantine_rows"] is None


@pytest.mark.parametrize("name", ["none", "events_quarantine", "t_" + "0" * 32, "none.datasource"])
def test_what_is_not_there(api, name: str):
    shown = name.removesuffix(".datasource")
    assert error(api.get(f"/v0/datasources/{name}")) == (
        404,
        f"Data Source '{shown}' does not exist",
    )
    status, message = error(api.get(f"/v0/datasources/{name}", token=value(api, "writer")))
    assert (status, message) == (
        403,
        f"The token 'writer' lacks the scope DATASOURCES:READ:{shown}",
    )


def test_the_file_is_told_as_it_was_read(api, tmp_path):
    response = api.get("/v0/datasources/events.datasource", token=value(api, "reader"))
    assert response.media_type == "text/plain"
    text = response.body.decode()
    assert text.startswith("# Who does what.\nDESCRIPTION >\n    What people do\n")
    assert "-- when" in text
    path = api.workspace.live.project.root / "datasources/events.datasource"
    path.write_text(EVENTS.replace("tenant", "renamed"))  # not live before a reload
    assert api.get("/v0/datasources/events.datasource").body.decode() == text
    path.write_text(EVENTS)
    assert error(api.get("/v0/datasources/events.datasource", token=value(api, "writer")))[0] == 403


CLASSIC_TARGET = (
    "NODE n\nSQL >\n    SELECT toDate(at) AS day, count() AS n FROM raw GROUP BY day\n"
    "TYPE materialized\nDATASOURCE made\nENGINE SummingMergeTree\nENGINE_SORTING_KEY day\n"
)


def test_what_has_no_file_is_written(open_api):
    raw = "SCHEMA >\n    `at` DateTime `json:$.at`\nENGINE MergeTree\nENGINE_SORTING_KEY at\n"
    api = open_api({"raw.datasource": raw, "made_mv.pipe": CLASSIC_TARGET})
    text = api.get("/v0/datasources/made.datasource").body.decode()
    assert text == (
        'SCHEMA >\n    `day` Date,\n    `n` UInt64\n\nENGINE "SummingMergeTree"\nENGINE_SORTING_KEY "day"\n'
    )
    columns = answer(api.get("/v0/datasources/made"))["columns"]
    assert [(c["name"], c["type"]) for c in columns] == [("day", "Date"), ("n", "UInt64")]


KAFKA = (
    "SCHEMA >\n    `a` String `json:$.a`\nENGINE MergeTree\nENGINE_SORTING_KEY a\n"
    "KAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"
)


@pytest.mark.parametrize("text", [EVENTS, DAILY, KAFKA], ids=["events", "daily", "kafka"])
def test_a_written_file_reads_as_the_same(text: str):
    before, after = (read(each) for each in (text, datasource_text(read(text))))
    assert meaning(after) == meaning(before)


def read(text: str):
    report = Report()
    found = parse_datasource(Source("events.datasource", text), report)
    assert not report.errors
    return found


def test_secrets_of_the_file_are_not_told(open_api):
    source = KAFKA.replace("KAFKA_TOPIC t", 'KAFKA_TOPIC {{ tb_secret("topic") }}')
    source = "TOKEN reader READ\n" + source
    connection = "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h:9092\nKAFKA_KEY k\nKAFKA_SECRET s\n"
    api = open_api(
        {"k.datasource": source, "c.connection": connection}, secrets={"topic": "hidden"}
    )
    token = value(api, "reader")
    for path in ("k.datasource", "k"):
        body = api.get(f"/v0/datasources/{path}", token=token).body
        assert b"hidden" not in body
    assert b'tb_secret("topic")' in api.get("/v0/datasources/k.datasource", token=token).body
    shown = answer(api.get("/v0/datasources/k"))
    assert shown["type"] == "kafka"
    assert "__topic" in [column["name"] for column in shown["columns"]]
