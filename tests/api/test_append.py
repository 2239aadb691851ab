"""Files of rows to the embedded server: what is stored, what is refused, what is answered."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard
from tests.api.calls import Api, MakeApi, answer, error

from martlet.engines.clickhouse import ClickHouse
from martlet.ids import resource_id

SOURCE = """
TOKEN "writer" APPEND

SCHEMA >
    `at` DateTime `json:$.at`,
    `id` UInt32 `json:$.meta.id`,
    `name` String `json:$.name` DEFAULT 'nobody',
    `price` Nullable(Float64) `json:$.price`,
    `tags` Array(String) `json:$.tags[:]`

ENGINE "MergeTree"
ENGINE_SORTING_KEY "id"
"""
PLAIN = "SCHEMA >\n    `id` Int32,\n    `name` String\n"
HEADER = "at,id,name,price,tags\n"


@pytest.fixture
def api(open_api: MakeApi) -> Api:
    return open_api(
        {"datasources/events.datasource": SOURCE, "datasources/plain.datasource": PLAIN}
    )


def send(api: Api, body: str | bytes, query: str = "", **options) -> dict:
    target = f"/v0/datasources?mode=append&name=events{query}"
    return answer(api("POST", target, body, **options))


def rows(api: Api, table: str = "events") -> list[list[object]]:
    return api.rows(f"SELECT * FROM {table} ORDER BY id")


def counts(content: dict) -> tuple[object, ...]:
    return content["successful_rows"], content["quarantined_rows"], content["quarantine_rows"]


def test_csv_is_stored_by_the_names_in_its_header(api: Api):
    text = (
        "price,tags,extra,id,at\n1.5,\"['a','b,c']\",x,1,2025-01-02 03:04:05\n,[],x,2,1735787045\n"
    )
    content = send(api, text)
    assert counts(content) == (2, 0, 0)
    assert (content["datasource"], content["error"], content["invalid_lines"], content["header"]) == (
        {"id": resource_id("datasource", "events"), "name": "events"}, False, 0, True,
    )  # fmt: skip
    assert rows(api) == [
        ["2025-01-02 03:04:05", 1, "nobody", 1.5, ["a", "b,c"]],
        ["2025-01-02 03:04:05", 2, "nobody", None, []],
    ]


def test_csv_without_a_header_has_the_columns_in_the_schemas_order(api: Api):
    text = '2025-01-01,1,"a ""quoted""\nline",,[]\r\n2025-01-01,2,  b ,0.5,"[""x""]"'
    content = send(api, text, "&format=csv")
    assert (counts(content), content["header"]) == ((2, 0, 0), False)
    assert [row[2:] for row in rows(api)] == [['a "quoted"\nline', None, []], ["b", 0.5, ["x"]]]


def test_a_header_may_be_forced_or_denied(api: Api):
    query = "/v0/datasources?mode=append&name=plain"
    assert counts(answer(api("POST", f"{query}&header=false", "id,name\n1,a\n"))) == (1, 1, 1)
    assert counts(answer(api("POST", f"{query}&header=true", "x,name\n1,a\n"))) == (0, 1, 1)


def test_what_does_not_fit_is_in_the_quarantine_as_it_was_sent(api: Api):
    text = (
        HEADER + '2025-01-01,1,a,,[]\n2025-01-01,-1,a,x,[]\n2025-01-01,3\n"2025,"x,y,,\n,4,a,,[]\n'
    )
    content = send(api, text)
    assert counts(content) == (1, 4, 4)
    assert content["error"] == "There was an error with file contents: 4 rows in quarantine."
    refused = api.rows(
        "SELECT c__raw, c__error_column, c__error, id FROM events_quarantine ORDER BY c__raw DESC"
    )
    assert refused == [
        ["2025-01-01,3", [""], ["Invalid CSV: 2 fields, expected 5 (at, id, name, price, tags)"], None],
        [
            "2025-01-01,-1,a,x,[]",
            ["id", "price"],
            ["Value -1 on column 'id' is not UInt32: out of range.", "Value \"x\" on column 'price' is not Float64."],
            "-1",
        ],
        [",4,a,,[]", ["at"], ["Value \"\" on column 'at' is not DateTime: expected YYYY-MM-DD hh:mm:ss."], "4"],
        ['"2025,"x,y,,', [""], ["Invalid CSV: a quote has no end, or more follows it"], None],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("&dialect_delimiter=%3B", "at;id;tags\n2025-01-01;1;['a','b']\n"),
        ("&dialect_delimiter=%5Ct", "at\tid\ttags\n2025-01-01\t1\t['a','b']\n"),
        ("&dialect_escapechar=%5C", 'at,id,tags\n2025-01-01,1,"[\\"a\\",\\"b\\"]"\n'),
        ("&dialect_escapechar=%5C", "at,id,tags\n2025-01-01,1,['a'\\,'b']\n"),
        ("&dialect_quotechar=%7C", "at,id,tags\n2025-01-01,1,|['a','b']|\n"),
        ("&dialect_new_line=%5Cr%5Cn", "at,id,tags\r\n2025-01-01,1,\"['a','b']\"\r\n"),
    ],
)
def test_dialects(api: Api, query: str, text: str):
    assert counts(send(api, text, query)) == (1, 0, 0)
    assert [row[4] for row in rows(api)] == [["a", "b"]]


@pytest.mark.parametrize(
    ("query", "content", "said"),
    [
        ("", "id,at,id,tags\n1,2025-01-01,2,[]\n", "names the column 'id' more than once"),
        ("&header=true", "at;id;tags\n2025-01-01;1;[]\n", "no column of data source 'events': 'at;id;tags'"),
        ("&header=true", "2025-01-01,1,a,,[]\n2025-01-02,2,b,,[]\n", "no column of data source 'events'"),
        ("&header=true", "at,id,tags\r2025-01-01,1,[]\r", "end with a carriage return alone"),
        ("", "at,id,tags\n2025-01-01,1,[]\n".encode("utf-16"), "The file is UTF-16"),
        ("&dialect_quotechar=", "at,id\n", "'dialect_quotechar' is one ASCII character"),
        ("&dialect_quotechar=,", "at,id\n", "'dialect_delimiter' is one ASCII character, and neither a quote"),
    ],
    ids=["twice", "other delimiter", "a row", "CR", "UTF-16", "no quote", "quote is delimiter"],
)  # fmt: skip
def test_csv_of_which_a_column_would_be_lost_is_refused(
    api: Api, query: str, content: str | bytes, said: str
):
    """All but an error would store defaults, or another column, without a word."""
    target = f"/v0/datasources?mode=append&name=events&format=csv{query}"
    status, message = error(api("POST", target, content))
    assert (status, said in message) == (400, True), message
    assert rows(api) == api.rows("SELECT c__raw FROM events_quarantine") == []


def test_ndjson_is_read_by_the_columns_paths_or_their_names(api: Api):
    line = b'{"at": "2025-01-01 00:00:00", "meta": {"id": 1}, "tags": []}\nnone\n'
    assert counts(send(api, line, "&format=ndjson")) == (1, 1, 1)
    plain = '{"id": 1, "name": "a"}\n{"id": 2}'
    named = api("POST", "/v0/datasources?mode=append&name=plain&format=ndjson", plain)
    assert counts(answer(named)) == (1, 1, 1)
    assert rows(api, "plain") == [[1, "a"]]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("is_told", [True, False])
def test_compressed_files_are_read_whether_told_or_not(api: Api, compress, is_told: bool):
    encoding = "gzip" if compress is gzip.compress else "zstd"
    headers = {"content-encoding": encoding} if is_told else {}
    assert counts(send(api, compress(f"{HEADER}2025-01-01,1,a,,[]".encode()), headers=headers)) == (
        1,
        0,
        0,
    )


def parquet(engine: ClickHouse, path: Path, sql: str) -> bytes:
    engine.command(f"INSERT INTO FUNCTION file('{path}', Parquet) {sql}")
    return path.read_bytes()


def test_parquet_is_read_by_the_columns_paths(api: Api, tmp_path: Path):
    content = parquet(
        api.workspace.engine, tmp_path / "x.parquet",
        "SELECT toDateTime('2025-01-01 00:00:00') AS at, tuple(number)::Tuple(id UInt64) AS meta,"
        " toFloat64(number) / 4 AS price, ['a'] AS tags FROM numbers(3)",
    )  # fmt: skip
    assert counts(send(api, content, "&format=parquet")) == (3, 0, 0)
    assert rows(api)[1] == ["2025-01-01 00:00:00", 1, "nobody", 0.25, ["a"]]
    status, message = error(
        api("POST", "/v0/datasources?mode=append&name=events&format=parquet", b"PAR1")
    )
    assert status == 400
    assert message.startswith("The file is not Parquet")
    assert "/" not in message  # the file is ours


def test_what_json_has_no_number_for_is_refused_of_parquet(api: Api, tmp_path: Path):
    content = parquet(
        api.workspace.engine, tmp_path / "x.parquet",
        "SELECT toDateTime('2025-01-01 00:00:00') AS at, tuple(number)::Tuple(id UInt64) AS meta,"
        " [nan, inf, 1.5, NULL][number + 1] AS price, ['a'] AS tags FROM numbers(4)",
    )  # fmt: skip
    assert counts(send(api, content, "&format=parquet")) == (2, 2, 2)
    assert [row[3] for row in rows(api)] == [1.5, None]
    refused = api.rows("SELECT c__error[1] AS why FROM events_quarantine ORDER BY why")
    assert [why.partition(" While")[0] for (why,) in refused] == [
        "Value \"inf\" on column 'price' is not Float64.",
        "Value \"nan\" on column 'price' is not Float64.",
    ]


def test_parquet_without_rows_is_no_error(api: Api, tmp_path: Path):
    content = parquet(api.workspace.engine, tmp_path / "x.parquet", "SELECT 1 AS a FROM numbers(0)")
    assert counts(send(api, content, "&format=parquet")) == (0, 0, 0)


def test_parquet_that_grows_too_large_is_refused(api: Api, tmp_path: Path):
    content = parquet(
        api.workspace.engine,
        tmp_path / "x.parquet",
        "SELECT repeat('x', 1000) AS name FROM numbers(120000)",
    )
    assert len(content) < 1_000_000
    status, message = error(
        api("POST", "/v0/datasources?mode=append&name=events&format=parquet", content)
    )
    assert (status, "nothing is stored" in message) == (413, True)


def form(*parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    pieces = [
        f"--xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    ]
    return b"".join(pieces) + b"--xyz--\r\n", {"content-type": "multipart/form-data; boundary=xyz"}


@pytest.mark.parametrize(
    "head", ['name="csv"; filename="x.csv"', 'name="file"; filename="a.csv.gz"', 'name="csv"']
)
def test_forms_have_the_file_in_a_field(api: Api, head: str):
    content = f"{HEADER}2025-01-01,1,a,,[]\n".encode()
    body, headers = form((head, gzip.compress(content) if ".gz" in head else content))
    assert counts(send(api, body, headers=headers)) == (1, 0, 0)


def test_forms_may_have_the_parameters_too(api: Api):
    line = b'{"at": "2025-01-01 00:00:00", "meta": {"id": 1}, "tags": []}'
    body, headers = form(
        ('name="mode"', b"append"), ('name="name"', b"events"), ('name="ndjson"', line)
    )
    assert counts(answer(api("POST", "/v0/datasources", body, headers))) == (1, 0, 0)


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("?mode=merge&name=events", 400, "'mode' is create, append or replace, not 'merge'"),
        ("?mode=append", 400, "'name' is missing"),
        ("?mode=append&name=events&url=s3://x/y", 501, "URLs with s3:// are not available"),
        ("?mode=append&name=events&url=nowhere", 400, "does not begin with http"),
        ("?mode=append&name=none", 404, "Data Source 'none' does not exist"),
        (
            "?mode=append&name=events&format=orc",
            400,
            "Unknown format 'orc'; use csv, ndjson, parquet",
        ),
        (
            "?mode=append&name=events&dialect_delimiter=ab",
            400,
            "'dialect_delimiter' is one ASCII character",
        ),
        ("?mode=append&name=events&header=maybe", 400, "'header' is true or false"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_stored(
    api: Api, target: str, status: int, said: str
):
    got, message = error(api("POST", f"/v0/datasources{target}", f"{HEADER}2025-01-01,1,a,,[]\n"))
    assert (got, said in message) == (status, True), message
    assert rows(api) == []


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_forms_that_are_none_are_refused(api: Api, body: bytes, type_: str):
    target = "/v0/datasources?mode=append&name=events"
    assert error(api("POST", target, body, {"content-type": type_}))[0] == 400


def test_tokens_need_the_scope(api: Api):
    writer = api.workspace.tokens.value("writer")
    assert counts(send(api, f"{HEADER}2025-01-01,1,a,,[]", token=writer)) == (1, 0, 0)
    status, _ = error(api("POST", "/v0/datasources?mode=append&name=plain", "1,a", token=writer))
    assert status == 403


def test_an_empty_file_is_an_error_and_one_with_a_header_only_is_not(api: Api):
    assert error(api("POST", "/v0/datasources?mode=append&name=events", " \n"))[0] == 400
    assert counts(send(api, HEADER)) == (0, 0, 0)


def test_uploads_are_not_needed_here(api: Api):
    assert error(api("POST", "/v0/uploads?mode=append&name=events"))[0] == 501
    assert error(api("POST", "/v0/jobs/x/start"))[0] == 501


def test_a_large_file_loses_nothing(api: Api):
    lines = [f'2025-01-01,{n},"a\n{n}",,[]' for n in range(20_000)]
    assert json.dumps(counts(send(api, "\n".join(lines)))) == "[20000, 0, 0]"
    assert api.rows("SELECT count(), uniqExact(id), uniqExact(name) FROM events") == [[20_000] * 3]
