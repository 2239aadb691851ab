"""Sample rows go the way of all rows, whatever the kind of their file."""

import pytest

from martlet.errors import MartletError
from martlet.fixtures import empty_with_fixture, load_fixture

SCHEMA = "SCHEMA >\n    id UInt8 `json:$.id`,\n    name String `json:$.who.name` DEFAULT 'nobody'\n"
PLAIN = "SCHEMA >\n    id UInt8,\n    name String DEFAULT 'nobody'\n"


@pytest.fixture
def load(make_workspace):
    """Load one fixture of data source `events`; return what was told, and its rows."""

    def load(kind: str, content: str | bytes, schema: str = SCHEMA, **files: str):
        workspace = make_workspace({"events.datasource": schema, **files})
        path = workspace.live.project.root / "fixtures" / f"events.{kind}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        sizes: list[int] = []
        loaded = load_fixture(workspace, workspace.datasource("events"), path, sizes.append)
        found = workspace.engine.execute("SELECT id, name FROM events ORDER BY id", format="CSV")
        rows = [line.replace('"', "") for line in found.body.decode().splitlines()]
        return (loaded.successful, loaded.quarantined), rows

    return load


@pytest.mark.parametrize("schema", [SCHEMA, PLAIN], ids=["with paths", "without"])
@pytest.mark.parametrize(
    ("content", "counts", "rows"),
    [
        ("id,name\n1,a\n2,b\n", (2, 0), ["1,a", "2,b"]),
        ("name,id\r\na,1\r\n", (1, 0), ["1,a"]),
        ("1,a\n2,\n", (2, 0), ["1,a", "2,nobody"]),
        ('1,"a, ""b""\nc"\n', (1, 0), ["1,a, b", "c"]),
        ("id,name\n1,a\nx,b\n300,c\n4\n", (1, 3), ["1,a"]),
        ("id,name\n", (0, 0), []),
        ("", (0, 0), []),
        (b"\xef\xbb\xbfid\n1\n", (1, 0), ["1,nobody"]),
        (b"1,\xff\n2,b\n", (1, 1), ["2,b"]),
    ],
)
def test_csv(load, schema, content, counts, rows):
    assert load("csv", content, schema) == (counts, rows)


def test_ndjson(load):
    text = '{"id":1,"who":{"name":"a"}}\n\nbroken\n{"id":2}\n'
    assert load("ndjson", text) == ((2, 1), ["1,a", "2,nobody"])
    assert load("ndjson", '{"id":1,"name":"a"}\n', PLAIN) == ((1, 0), ["1,a"])


OTHERS = {
    "ids.datasource": PLAIN,
    "few.pipe": "NODE n\nSQL >\n    %\n    SELECT number FROM numbers({{Int8(n, 3)}})\nTYPE endpoint\n",
}


@pytest.mark.parametrize(
    ("content", "schema", "counts", "rows"),
    [
        ("SELECT 1 AS id, 'a' AS name;\n", PLAIN, (1, 0), ["1,a"]),
        ("SELECT number * 200 AS id FROM few -- 400 is too much\n", PLAIN, (2, 1), ["0,nobody", "200,nobody"]),
        ("SELECT 1 AS id, map('name', 'a') AS who", SCHEMA, (1, 0), ["1,a"]),
        ("SELECT id FROM ids", PLAIN, (0, 0), []),
    ],
)  # fmt: skip
def test_the_rows_of_a_query(load, content, schema, counts, rows):
    assert load("sql", content, schema, **OTHERS) == (counts, rows)


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("sql", "SELECT nothing", "nothing"),
        ("sql", "DROP TABLE events", "SELECT"),
        ("sql", "", "Empty query"),
        ("parquet", "PAR1", "Fixtures of kind '.parquet' cannot be loaded: events.parquet"),
    ],
)
def test_what_cannot_be_loaded(load, kind, content, message):
    with pytest.raises(MartletError, match=message):
        load(kind, content)


def test_queries_come_after_the_files(make_workspace):
    workspace = make_workspace(
        {
            "a.datasource": PLAIN,
            "b.datasource": PLAIN,
            "c.datasource": PLAIN,
            "fixtures/a.sql": "SELECT id FROM c",
            "fixtures/b.ndjson": "",
            "fixtures/b.sql": "SELECT 1 AS id",
            "fixtures/c.csv": "1,x\n",
        }
    )
    found = [(source.name, path.name) for source, path in empty_with_fixture(workspace)]
    assert found == [("b", "b.ndjson"), ("c", "c.csv"), ("a", "a.sql")]
