"""Samples of files sent to be analyzed: what is answered, and that the answer makes a data source."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import zstandard
from tests.api.calls import Api, MakeApi, answer, error

from martlet import cli

SOURCE = 'TOKEN "writer" APPEND\nSCHEMA >\n    `id` Int32 `json:$.id`\nENGINE Null\n'
NDJSON = b"""\
{"at": "2025-01-31T10:00:00.5Z", "user": {"name": "Ann", "age": 41}, "tags": ["x"], "big": 18446744073709551615}
{"at": "2025-01-31T10:00:01Z", "user": {"name": "Bob \\"/\\\\\\t"}, "tags": []}
not JSON
"""
CSV = b"First name;age\nAnn;41\nBob;\n"


@pytest.fixture(scope="module")
def api(open_api: MakeApi) -> Api:
    return open_api({"datasources/sink.datasource": SOURCE})


def analyzed(api: Api, body: bytes, query: str = "", **options) -> dict:
    return answer(api("POST", f"/v0/analyze{query}", body, **options))


def test_ndjson(api):
    found = analyzed(api, NDJSON)
    analysis, preview = found["analysis"], found["preview"]
    assert analysis["columns"][:3] == [
        {"path": "$.at", "recommended_type": "DateTime64(3)", "present_pct": 1, "name": "at"},
        {"path": "$.user.name", "recommended_type": "String", "present_pct": 1, "name": "user_name"},
        {"path": "$.user.age", "recommended_type": "Nullable(Int16)", "present_pct": 0.5, "name": "user_age"},
    ]  # fmt: skip
    assert analysis["schema"] == (
        "at DateTime64(3) `json:$.at`, user_name String `json:$.user.name`,"
        " user_age Nullable(Int16) `json:$.user.age`, tags Array(String) `json:$.tags[:]`,"
        " big Nullable(UInt64) `json:$.big`"
    )
    assert (analysis["format"], analysis["sampled_rows"], analysis["invalid_lines"]) == (
        "ndjson",
        2,
        1,
    )
    assert "dialect" not in found
    assert list(preview) == ["meta", "data", "rows", "statistics"]
    assert preview["meta"][0] == {"name": "at", "type": "DateTime64(3)"}
    assert preview["data"] == [
        {"at": "2025-01-31 10:00:00.500", "user_name": "Ann", "user_age": 41, "tags": ["x"], "big": 2**64 - 1},
        {"at": "2025-01-31 10:00:01.000", "user_name": 'Bob "/\\\t', "user_age": None, "tags": [], "big": None},
    ]  # fmt: skip


def test_long_integers_stay_as_they_are(api):
    body = b'{"x": %d, "y": %d, "f": 0.1, "g": 1e-300}' % (2**256 - 1, -(2**127))
    response = api("POST", "/v0/analyze", body)
    (row,) = json.loads(response.body)["preview"]["data"]
    assert row == {"x": 2**256 - 1, "y": -(2**127), "f": 0.1, "g": 1e-300}


def test_texts_that_are_no_unicode(api):
    found = analyzed(api, b'{"\\ud800": 1, "b": "x"}\n{"b": "\\ud800"}')
    assert found["analysis"]["skipped"] == [
        {"path": "$.\ufffd", "reason": "no jsonpath can be written for this name"}
    ]
    assert (found["analysis"]["sampled_rows"], found["analysis"]["quarantine_rows"]) == (2, 1)
    assert found["preview"]["rows"] == 1


def test_csv(api):
    found = analyzed(api, CSV)
    assert found["analysis"]["columns"][0] == {
        "path": None, "recommended_type": "String", "present_pct": 1, "name": "First_name",
    }  # fmt: skip
    assert found["dialect"] == found["analysis"]["dialect"]
    assert found["dialect"] == {
        "delimiter": ";", "quotechar": '"', "escapechar": None, "new_line": "\n", "has_header": True,
    }  # fmt: skip
    assert found["preview"]["data"] == [
        {"First_name": "Ann", "age": 41},
        {"First_name": "Bob", "age": None},
    ]
    forced = analyzed(api, b"a|b\n", "?format=csv&header=0&dialect_delimiter=%7C")
    assert forced["analysis"]["schema"] == "column_1 String, column_2 String"
    quoted = analyzed(api, b"'a,b';c\n'1,2';3\n", "?format=csv&dialect_quotechar='")
    assert (quoted["dialect"]["delimiter"], quoted["dialect"]["quotechar"]) == (";", "'")
    assert quoted["preview"]["data"] == [{"a_b": "1,2", "c": 3}]
    assert analyzed(api, b"a,b\n")["preview"]["rows"] == 0
    assert analyzed(api, b"a,b\r\n1,2\r\n")["dialect"]["new_line"] == "\r\n"


PARQUET = """
    SELECT toInt64(number) AS id, toString(number) AS name, 1.5::Float32 AS price, toDate32('1930-01-01') AS day,
    toDateTime64('2025-01-31 10:00:00.123', 3) AS at, [1, 2] AS ids, if(number = 1, NULL, number) AS maybe,
    number > 0 AS ok, 1.25::Decimal(9, 2) AS exact, CAST(tuple(1), 'Tuple(x UInt8)') AS t
    FROM numbers(3)
"""


def test_parquet_has_the_types_of_the_file(api):
    content = api.workspace.engine.execute(PARQUET, format="Parquet").body
    found = analyzed(api, content)
    assert found["analysis"]["format"] == "parquet"
    types = {c["name"]: c["recommended_type"] for c in found["analysis"]["columns"]}
    assert types == {
        "id": "Int64", "name": "String", "price": "Float32", "day": "Date32", "at": "DateTime64(3, 'UTC')",
        "ids": "Array(Int16)", "maybe": "Nullable(UInt64)", "ok": "UInt8", "exact": "Decimal(9, 2)", "t_x": "Int16",
    }  # fmt: skip
    assert found["preview"]["data"][1]["exact"] == 1.25
    assert found["preview"]["data"][0]["day"] == "1930-01-01"


def form(field: str, file: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{file}"\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n", {
        "content-type": "multipart/form-data; boundary=x"
    }


@pytest.mark.parametrize(
    ("field", "content", "format"),
    [
        ("file", NDJSON, "ndjson"),
        ("file", CSV, "csv"),
        ("csv", b"[1]\n", "csv"),
        ("ndjson", b'{"a": 1}', "ndjson"),
        ("file", gzip.compress(NDJSON, mtime=0), "ndjson"),
        ("file", zstandard.compress(CSV), "csv"),
    ],
)
def test_forms_and_compression(api, field: str, content: bytes, format: str):
    body, headers = form(field, "x", content)
    assert analyzed(api, body, headers=headers)["analysis"]["format"] == format
    if field == "file":
        assert analyzed(api, content)["analysis"]["format"] == format


def test_large_rows_have_a_preview_too(api):
    found = analyzed(api, b"\n".join(b'{"a": "%s"}' % (b"x" * 300_000) for _ in range(3)))
    assert [len(row["a"]) for row in found["preview"]["data"]] == [300_000] * 3


@pytest.mark.parametrize(
    ("query", "body", "status", "text"),
    [
        ("", b"", 400, "no CSV record"),
        ("", b"{}", 400, "no member"),
        ("?format=ndjson", b"a,b\n1,2\n", 400, "no JSON object"),
        ("?format=avro", b"x", 400, "Unknown format 'avro'; use csv, ndjson, parquet"),
        ("?format=parquet", b"x", 400, "The file is not Parquet"),
        ("", b"PAR1" + bytes(64), 400, "The file is not Parquet"),
        ("?header=maybe", b"a\n1\n", 400, "'header' is true or false"),
        ("?dialect_delimiter=%0A", b"a\n1\n", 400, "dialect_delimiter"),
        ("?url=http://127.0.0.1:9/x.csv", b"", 400, "not public"),
        ("?url=s3://bucket/x.csv", b"", 501, "s3:// are not available"),
        ("", b"\x1f\x8bx", 400, "not valid gzip"),
        ("", b"x" * (10 * 2**20 + 1), 413, "larger than"),
    ],
)
def test_what_cannot_be_analyzed(api, query: str, body: bytes, status: int, text: str):
    found = error(api("POST", f"/v0/analyze{query}", body))
    assert found[0] == status
    assert text in found[1]


class Files(BaseHTTPRequestHandler):
    """Answers with what a test has put here; the long file never ends."""

    content: ClassVar[dict[str, bytes]] = {}
    sent: ClassVar[int] = 0

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        part = self.content[self.path]
        try:
            self.wfile.write(part)
            while self.path == "/long":
                Files.sent += self.wfile.write(part[4:] * 1000)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_files_at_urls(open_api, url: str):
    api = open_api(
        {"sink.datasource": SOURCE, "martlet.toml": "[settings]\nallow_private_urls = true\n"}
    )
    parquet = api.workspace.engine.execute(PARQUET, format="Parquet").body
    Files.content = {
        "/x": CSV,
        "/y.gz": gzip.compress(NDJSON, mtime=0),
        "/z": parquet,
        "/long": b"a,b\n" + b"1,2\n" * 99,
    }
    for path, content in Files.content.items():
        found = analyzed(api, b"", f"?url={url}{path}")["analysis"]
        assert found["schema"] == analyzed(api, content)["analysis"]["schema"]
    assert Files.sent < 64 * 2**20


def test_tokens(api):
    for token in (None, "other", api.workspace.tokens.value("writer")):
        assert error(api("POST", "/v0/analyze", NDJSON, token=token))[0] == 403
    made = answer(api("POST", "/v0/tokens?name=maker&scope=DATASOURCES:CREATE"))["token"]
    assert analyzed(api, NDJSON, token=made)["analysis"]["sampled_rows"] == 2


def rows_of(api: Api, name: str) -> list[list[object]]:
    return api.rows(f"SELECT * FROM {name} ORDER BY 1")


def test_the_answer_makes_a_data_source_that_takes_the_file(api, open_api):
    files = {
        f"{name}.datasource": analyzed(api, body)["analysis"]["datafile"]
        for name, body in (("people", CSV), ("visits", NDJSON))
    }
    made = open_api(files)
    sent = made("POST", "/v0/datasources?mode=append&name=people&dialect_delimiter=%3B", CSV)
    assert answer(sent)["quarantine_rows"] == 0
    assert rows_of(made, "people") == [["Ann", 41], ["Bob", None]]
    assert answer(made.send("visits", NDJSON), status=202) == {
        "successful_rows": 2,
        "quarantined_rows": 1,
    }
    assert [row[1] for row in rows_of(made, "visits")] == ["Ann", 'Bob "/\\\t']


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("visits.ndjson", NDJSON),
        ("visits.csv", CSV),
        ("visits.csv.gz", gzip.compress(CSV, mtime=0)),
        ("visits.json", b'[{"a": 1}]'),
    ],
)
def test_the_command_prints_the_file(tmp_path: Path, capsys, api, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    assert cli.main(["analyze", str(path)]) == 0
    printed = capsys.readouterr()
    assert printed.out == analyzed(api, content)["analysis"]["datafile"]
    assert ("1 line is no row" in printed.err) == (content is NDJSON)
    assert cli.main(["analyze", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == analyzed(api, content)["analysis"]


def test_the_command_reads_parquet(tmp_path: Path, capsys, api):
    content = api.workspace.engine.execute(PARQUET, format="Parquet").body
    path = tmp_path / "x"
    path.write_bytes(content)
    script = "import sys; from martlet.cli import main; sys.exit(main(sys.argv[1:]))"  # chDB opens one folder
    done = subprocess.run(
        [sys.executable, "-c", script, "analyze", path], capture_output=True, check=True
    )
    assert done.stdout.decode() == analyzed(api, content)["analysis"]["datafile"]


def test_the_command_reads_text_without_an_engine(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_bytes(CSV)
    script = "import sys; from martlet.cli import main; main(sys.argv[1:]); assert 'chdb' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, "analyze", path], check=True)


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys):
    assert cli.main(["analyze", str(tmp_path / "none.csv")]) == 1
    assert "No such file" in capsys.readouterr().err
    empty = tmp_path / "empty.ndjson"
    empty.write_bytes(b"")
    assert cli.main(["analyze", str(empty)]) == 1
