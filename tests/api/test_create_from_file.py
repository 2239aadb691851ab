"""Data sources that are made of files: with the schema that the file seems to have, then its rows."""

import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.api.calls import Api, MakeApi, answer, error

FILES = {"datasources/known.datasource": "SCHEMA >\n    id String `json:$.id`\n"}
CSV = "at;user;n\n2025-01-01 10:00:00;a;1\n2025-01-02 10:00:00;b;2\n"
JSON = '{"at": "2025-01-01 10:00:00", "user": {"id": 7}}\n{"at": "2025-01-02 10:00:00", "user": {"id": 8}}\n'


@pytest.fixture
def api(open_api: MakeApi) -> Api:
    return open_api(FILES)


def create(api: Api, body: bytes | str, more: str = "", **options):
    return api("POST", f"/v0/datasources?mode=create&name=made{more}", body, **options)


def test_csv_with_its_own_dialect(api: Api):
    counts = answer(create(api, CSV, "&format=csv"))
    assert (counts["successful_rows"], counts["quarantined_rows"], counts["header"]) == (2, 0, True)
    assert counts["datasource"]["name"] == "made"
    assert api.rows("SELECT toString(at), user, n FROM made ORDER BY n") == [
        ["2025-01-01 10:00:00", "a", 1],
        ["2025-01-02 10:00:00", "b", 2],
    ]
    shown = api.get("/v0/datasources/made.datasource").body.decode()
    assert "`n` Int64" in shown
    assert "ENGINE_SORTING_KEY at" in shown


def test_json_in_a_form_without_a_mode(api: Api):
    body = (
        '--xyz\r\nContent-Disposition: form-data; name="ndjson"\r\n\r\n' + JSON + "\r\n--xyz--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=xyz"}
    made = answer(api("POST", "/v0/datasources?name=made", body, headers))
    assert made["successful_rows"] == 2
    assert api.rows("SELECT user_id FROM made ORDER BY 1") == [[7], [8]]


def test_a_schema_and_an_engine_of_the_request(api: Api):
    more = (
        "&format=csv&dialect_delimiter=;&engine=ReplacingMergeTree&engine_sorting_key=user"
        f"&schema={quote('at DateTime64(3), user String, n Nullable(UInt8)')}"
    )
    assert answer(create(api, CSV, more))["successful_rows"] == 2
    found = answer(api.get("/v0/datasources/made"))
    assert [(column["type"], column["nullable"]) for column in found["columns"]] == [
        ("DateTime64(3)", False),
        ("String", False),
        ("UInt8", True),
    ]
    assert found["engine"]["engine"] == "ReplacingMergeTree"


def test_rows_behind_the_sample_may_have_larger_numbers(api: Api):
    lines = [f'{{"n": {n}, "many": [{n}], "text": "{"x" * 100}"}}' for n in range(40_000)]
    counts = answer(create(api, "\n".join(lines), "&format=ndjson"))
    assert (counts["successful_rows"], counts["quarantined_rows"]) == (40_000, 0)


def test_events_go_on_where_the_file_ended(api: Api):
    answer(create(api, JSON, "&format=ndjson"))
    event = '{"at": "2025-01-03 10:00:00", "user": {"id": 9}}'
    assert answer(api.send("made", event, "&wait=true"))["successful_rows"] == 1
    assert api.workspace.count("made") == 3


@pytest.mark.parametrize(
    ("body", "more", "status", "said"),
    [
        ("", "", 400, ""),
        ("not json", "&format=ndjson", 400, ""),
        (JSON, "&format=orc", 400, "Unknown format 'orc'"),
        (CSV, "&schema=nonsense", 400, ""),
        (CSV, "&engine_colour=red", 400, "ENGINE_COLOUR"),
        (CSV, "&nonsense=1", 501, "'nonsense' of a new data source"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(api: Api, body: str, more: str, status: int, said: str):
    before = api.workspace.live
    told = error(create(api, body, more))
    assert told[0] == status
    assert said in told[1]
    assert api.workspace.live is before


def test_a_name_that_is_taken(api: Api):
    body = '{"id": "x"}'
    status, message = error(
        api("POST", "/v0/datasources?mode=create&name=known&format=ndjson", body)
    )
    assert (status, message) == (409, "There is a data source 'known' already")
    assert api.workspace.count("known") == 0
    wrong = api("POST", "/v0/datasources?mode=create&name=1x&format=ndjson", body)
    assert error(wrong)[0] == 400
    missing = api("POST", "/v0/datasources?mode=create&format=ndjson", body)
    assert "'name'" in error(missing)[1]


def test_one_of_many_at_a_time_makes_it(api: Api):
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(create(api, JSON, "&format=ndjson").status))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409, 409]
    assert api.workspace.count("made") == 2


def test_it_takes_the_right_to_create(api: Api):
    made = answer(api("POST", "/v0/tokens?name=writer&scope=DATASOURCES:APPEND:known"))
    assert create(api, JSON, token=made["token"]).status == 403
    made = answer(api("POST", "/v0/tokens?name=maker&scope=DATASOURCES:CREATE"))
    assert create(api, JSON, "&format=ndjson", token=made["token"]).status == 200


def test_parquet(api: Api, tmp_path: Path):
    path = tmp_path / "rows.parquet"
    api.workspace.engine.command(
        f"SELECT number AS n, toString(number) AS s FROM numbers(3) INTO OUTFILE '{path}' FORMAT Parquet"
    )
    assert answer(create(api, path.read_bytes(), "&format=parquet"))["successful_rows"] == 3
    assert api.rows("SELECT n, s FROM made ORDER BY n") == [[0, "0"], [1, "1"], [2, "2"]]
