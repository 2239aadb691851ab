"""Rows replaced by those of a file, all or by a condition; truncated: what readers and views see."""

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.calls import Api, MakeApi, answer, error

EVENTS = """
TOKEN "writer" APPEND
SCHEMA >
    `id` Int64 `json:$.id`,
    `country` LowCardinality(String) `json:$.country`,
    `n` Int32 `json:$.n` DEFAULT 7
ENGINE MergeTree
ENGINE_PARTITION_KEY country
ENGINE_SORTING_KEY id
"""
DERIVED = (
    "SCHEMA >\n    `country` String,\n    `rows` UInt64\nENGINE {0}\nENGINE_SORTING_KEY country\n"
)
TOP = "SCHEMA >\n    `rows` UInt64\nENGINE SummingMergeTree\nENGINE_SORTING_KEY tuple()\n"
PLAIN = "SCHEMA >\n    `id` Int64 `json:$.id`\nENGINE {0}\n"


def view(sql: str, target: str) -> str:
    return f"NODE n\nSQL >\n    {sql}\nTYPE materialized\nDATASOURCE {target}\n"


FILES = {
    "events.datasource": EVENTS,
    "alone.datasource": EVENTS,
    "per_country.datasource": DERIVED.format("SummingMergeTree"),
    "total.datasource": TOP,
    "to_country.pipe": view(
        "SELECT country, count() AS rows FROM events GROUP BY country", "per_country"
    ),
    "to_total.pipe": view("SELECT sum(rows) AS rows FROM per_country", "total"),
    "log.datasource": EVENTS,
    "log_rows.datasource": PLAIN.format("MergeTree\nENGINE_SORTING_KEY id"),
    "to_log_rows.pipe": view("SELECT id FROM log", "log_rows"),
    "empty.datasource": PLAIN.format("Null"),
}  # fmt: skip


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


@pytest.fixture(autouse=True)
def emptied(api: Api):
    for name in api.workspace.live.project.datasources:
        for table in (name, f"{name}_quarantine"):
            if table != "empty":
                api.workspace.engine.command(f"TRUNCATE TABLE `{table}`")
    yield
    assert "__" not in api.workspace.engine.command(
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND match(name, '^__(stage|swap|copy)_')"
    )


def ndjson(*rows: tuple[int, str]) -> str:
    return "\n".join(json.dumps({"id": id, "country": country}) for id, country in rows)


def replace(api: Api, name: str, body: str | bytes, query: str = "", **options) -> dict:
    target = f"/v0/datasources?mode=replace&name={name}&format=ndjson{query}"
    return answer(api("POST", target, body, **options))


def rows(api: Api, table: str, columns: str = "id, country") -> list[list[object]]:
    return api.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")


def test_all_rows_are_replaced_and_what_views_made_of_them(api: Api):
    api.send("events", ndjson((1, "ES"), (2, "ES"), (3, "FR")))
    content = replace(api, "events", ndjson((4, "IT"), (5, "FR"), (6, "FR")) + '\n{"id": "x"}')
    assert content["successful_rows"] == 3
    assert (content["quarantine_rows"], content["invalid_lines"]) == (1, 0)
    assert content["error"] == "There was an error with file contents: 1 row in quarantine."
    assert rows(api, "events", "id, country, n") == [[4, "IT", 7], [5, "FR", 7], [6, "FR", 7]]
    assert rows(api, "per_country", "country, rows") == [["FR", 2], ["IT", 1]]
    assert rows(api, "total", "sum(rows)") == [[3]]
    refused = api.rows("SELECT c__raw, c__import_id FROM events_quarantine")
    assert refused == [['{"id": "x"}', content["import_id"]]]
    # The views see rows of the new table, and write to the new targets.
    api.send("events", ndjson((7, "PT")))
    assert rows(api, "per_country", "country, rows") == [["FR", 2], ["IT", 1], ["PT", 1]]
    assert api.workspace.apply(api.workspace.live.project) == []


def test_rows_that_meet_a_condition_are_replaced(api: Api):
    api.send("events", ndjson((1, "ES"), (2, "ES"), (3, "FR")))
    content = replace(
        api, "events", ndjson((9, "ES"), (8, "IT")), "&replace_condition=country%20=%20'ES'"
    )
    assert (content["successful_rows"], content["left_out_rows"]) == (1, 1)
    assert rows(api, "events") == [[3, "FR"], [9, "ES"]]
    assert rows(api, "per_country", "country, rows") == [["ES", 1], ["FR", 1]]
    assert rows(api, "total", "sum(rows)") == [[2]]


def test_csv_gzip_and_forms(api: Api):
    form = (
        b"--b\r\nContent-Disposition: form-data; name=csv; filename=a.csv\r\n\r\n"
        b"country,id\nES,1\nES,x\n\r\n--b\r\n"
        b"Content-Disposition: form-data; name=mode\r\n\r\nreplace\r\n--b--"
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    content = answer(api("POST", "/v0/datasources?name=alone", form, headers=headers))
    assert (content["successful_rows"], content["quarantine_rows"]) == (1, 1)
    assert content["header"] is True
    assert rows(api, "alone") == [[1, "ES"]]
    replace(api, "alone", gzip.compress(ndjson((2, "FR")).encode()))
    assert rows(api, "alone") == [[2, "FR"]]


@pytest.mark.parametrize(
    ("name", "body", "query", "status", "message"),
    [
        ("log", ndjson((1, "ES")), "", 409, "fills 'log_rows' from them"),
        ("empty", '{"id": 1}', "", 409, "keeps no rows: its engine is Null"),
        ("alone", "", "", 400, "The file is empty"),
        ("alone", "no gzip", "", 400, "not valid gzip"),
        ("alone", ndjson((1, "ES")), "&replace_condition=", 400, "it is empty"),
        ("alone", ndjson((1, "ES")), "&replace_condition=nope=1", 400, "does not fit 'alone'"),
        ("alone", ndjson((1, "ES")), "&replace_condition=country", 400, "Invalid type for filter"),
        ("alone", ndjson((1, "ES")), "&replace_condition=1)%20OR%20(1", 400, "closes nothing"),
        ("alone", ndjson((1, "ES")), "&replace_condition=id%20IN%20(SELECT%201)", 400, "SELECT has no place"),
        ("alone", ndjson((1, "ES")), "&replace_condition=throwIf(id=5)%20=%200", 400, "throwIf"),
        ("none", ndjson((1, "ES")), "", 404, "'none'"),
    ],
)  # fmt: skip
def test_what_cannot_be_replaced_is_said_and_nothing_changed(
    api: Api, name: str, body: str, query: str, status: int, message: str
):
    api.send("alone", ndjson((5, "PT")))
    api.send("log", ndjson((5, "PT")))
    headers = {"content-encoding": "gzip"} if body == "no gzip" else {}
    target = f"/v0/datasources?mode=replace&name={name}&format=ndjson{query}"
    response = api("POST", target, body, headers=headers)
    assert (error(response)[0], message in error(response)[1]) == (status, True), response.body
    assert rows(api, "alone") == [[5, "PT"]]
    assert rows(api, "log") == [[5, "PT"]]


def test_a_token_that_may_append_may_not_replace(api: Api):
    writer = api.workspace.tokens.value("writer")
    target = "/v0/datasources?mode=replace&name=events"
    assert error(api("POST", target, "1", token=writer)) == (
        403, "The token 'writer' lacks the scope DATASOURCES:CREATE",
    )  # fmt: skip
    for path in ("v0/datasources/events/truncate", "v0/datasources/events/delete", "v1/datasources/events/replace"):  # fmt: skip
        assert error(api("POST", f"/{path}", token=writer))[0] == 403


def test_readers_see_the_old_rows_or_the_new(api: Api):
    """Each replacement has one country, and as many rows in it as its number says."""
    stop = threading.Event()
    seen: set[tuple[object, ...]] = set()

    def read() -> None:
        while not stop.is_set():
            ((countries, count, most),) = api.rows(
                "SELECT uniqExact(country) AS c, count() AS r, max(id) AS m FROM events"
            )
            assert (countries, most) == (1, count - 1)
            seen.add((count,))

    replace(api, "events", ndjson((0, "ES")))
    with ThreadPoolExecutor(2) as threads:
        reading = [threads.submit(read) for _ in range(2)]
        for size in range(2, 6):
            body = ndjson(*((id, f"{size}") for id in range(size)))
            condition = "&replace_condition=id%20>=%200" if size % 2 else ""
            replace(api, "events", body, condition)
        stop.set()
        for each in reading:
            each.result(20)
    assert len(seen) > 1


def test_rows_that_come_while_some_are_replaced_stay(api: Api):
    api.send("events", ndjson((0, "ES"), (1, "FR")))
    acknowledged: list[int] = []
    stop = threading.Event()

    def send() -> None:
        number = 100
        while not stop.is_set():
            answer(api.send("events", ndjson((number, "FR"))), status=202)
            acknowledged.append(number)
            number += 1

    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(send)
        for turn in range(2):
            replace(api, "events", ndjson((turn, "ES")), "&replace_condition=country='ES'")
        stop.set()
        sending.result(20)
    found = [row[0] for row in rows(api, "events")]
    assert found == sorted([1, 1, *acknowledged])
    assert len(acknowledged) > 3
    per_country = api.rows("SELECT country, sum(rows) FROM per_country GROUP BY country ORDER BY 1")
    assert per_country == [["ES", 1], ["FR", len(acknowledged) + 1]]


def test_a_table_of_parts_that_merged_meanwhile_is_rewritten_again(api: Api, monkeypatch):
    from martlet import staging

    api.send("alone", ndjson((1, "ES")))
    api.send("alone", ndjson((2, "ES")))
    delete, times = staging.Stages.delete, []

    def merge_then_delete(self, table: str, condition: str) -> None:
        if not times:
            api.workspace.engine.command("SYSTEM START MERGES alone")
            api.workspace.engine.command("OPTIMIZE TABLE alone FINAL")
            api.workspace.append(
                api.workspace.datasource("alone"), ndjson((3, "FR")).encode(), "ndjson"
            ).result(20)
        times.append(table)
        delete(self, table, condition)

    monkeypatch.setattr(staging.Stages, "delete", merge_then_delete)
    replace(api, "alone", ndjson((9, "ES")), "&replace_condition=id=1")
    assert len(times) == 2
    assert rows(api, "alone") == [[2, "ES"], [3, "FR"]]


@settings(suppress_health_check=list(HealthCheck), max_examples=12)
@given(
    stored=st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), max_size=12),
    new=st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), min_size=1, max_size=6),
    condition=st.sampled_from(
        ["id > 2", "country = 'a'", "id = 1 OR country IN ('b', 'c')", "0", "1", "nullIf(id, 1) > 0", "n = 8"]
    ),
)  # fmt: skip
def test_replacements_are_what_a_model_says(api: Api, stored, new, condition: str):
    meets = {
        "id > 2": lambda row: row[0] > 2,
        "country = 'a'": lambda row: row[1] == "a",
        "id = 1 OR country IN ('b', 'c')": lambda row: row[0] == 1 or row[1] in "bc",
        "0": lambda row: False,
        "1": lambda row: True,
        "nullIf(id, 1) > 0": lambda row: row[0] not in (0, 1),
        "n = 8": lambda row: False,
    }[condition]
    api.workspace.engine.command("TRUNCATE TABLE alone")
    if stored:
        api.send("alone", ndjson(*stored))
    quoted = condition.replace(" ", "%20").replace("=", "%3D")
    content = replace(api, "alone", ndjson(*new), f"&replace_condition={quoted}")
    kept = [row for row in stored if not meets(row)]
    added = [row for row in new if meets(row)]
    assert rows(api, "alone") == sorted(list(row) for row in [*kept, *added])
    assert content["successful_rows"] == len(added)
    assert content["left_out_rows"] == len(new) - len(added)


def test_truncate(api: Api):
    api.send("events", ndjson((1, "ES")) + "\n{}")
    content = answer(api("POST", "/v0/datasources/events/truncate"))
    assert (content["name"], content["truncated"]) == ("events", "events")
    assert rows(api, "events") == []
    assert rows(api, "per_country", "country, rows") == [["ES", 1]]
    assert len(api.rows("SELECT * FROM events_quarantine")) == 1
    assert answer(api("POST", f"/v0/datasources/{content['id']}/truncate"))["name"] == "events"
    answer(api("POST", "/v0/datasources/events_quarantine/truncate"))
    assert api.rows("SELECT * FROM events_quarantine") == []
    api.send("events", ndjson((2, "ES")))
    assert rows(api, "per_country", "sum(rows)") == [[2]]
    assert error(api("POST", "/v0/datasources/none/truncate"))[0] == 404
    assert error(api("POST", "/v0/datasources/events/truncate?cascade=perhaps"))[0] == 400
