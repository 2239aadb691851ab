"""`martlet export`: the files have all rows, and `martlet append` makes the same rows of them."""

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.api.calls import Api, answer
from tests.test_backup import Local

from martlet import cli
from martlet.backup import source
from martlet.errors import ConflictError, NotFoundError
from martlet.export import Exported, ExportError, export
from martlet.files.project import load_project
from martlet.workspace import Workspace

pytestmark = pytest.mark.usefixtures("other_folders")

# A type of each family that rows can have, and those that wrap and hold others.
TYPES = [
    "Int8", "Int64", "UInt64", "Int128", "UInt256", "Float32", "Float64", "Decimal(9, 4)",
    "Decimal(38, 10)", "Decimal(76, 20)", "Bool", "String", "UUID", "Date", "Date32", "DateTime",
    "DateTime('Europe/Madrid')", "DateTime64(3)", "DateTime64(6, 'America/New_York')", "DateTime64(9)",
    "Enum8('a' = 1, 'b,c' = 2)", "IPv4", "IPv6", "LowCardinality(String)", "Nullable(UInt64)",
    "Nullable(DateTime)", "Nullable(UUID)", "LowCardinality(Nullable(String))", "Array(UUID)",
    "Array(Array(DateTime))", "Array(Nullable(Float64))", "Array(Decimal(9, 2))", "Map(String, UInt64)",
    "Map(String, DateTime64(3))", "Map(LowCardinality(String), Array(UInt8))",
    "Tuple(a Int64, b String)", "Array(Tuple(a Int8, `b c` IPv4))", "Array(LowCardinality(String))",
]  # fmt: skip
# Those that are made in another way than at random.
MADE = {
    "FixedString(4)": "'ab'",
    "JSON": """'{"a": 1, "b": {"c": [1, 2]}, "d e": "é"}'""",
    "SimpleAggregateFunction(sum, UInt64)": "number",
    "String ": """arrayElement(['', '\\\\n\\\\t"\\\\\\\\', 'é😀', '\\\\0', 'NULL', '\\\\\\\\N'], number % 6 + 1)""",
}


def schema(columns: Mapping[str, str], more: str = "") -> str:
    rows = ",\n".join(f"    `{name}` {text}" for name, text in columns.items())
    return f"SCHEMA >\n{rows}\n\nENGINE MergeTree\nENGINE_SORTING_KEY id\n{more}"


@contextmanager
def opened(root: Path, files: Mapping[str, str], data: Path) -> Iterator[Api]:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text)
    workspace = Workspace.open(load_project(root), data, admin_token="admin")
    try:
        yield Api(workspace)
    finally:
        workspace.close()


def append_all(folder: Path, api: Api, suffix: str) -> None:
    """Append all files of an export as `martlet append` does."""
    for path in sorted((folder / "fixtures").iterdir()):
        target = f"/v0/datasources?mode=append&name={path.stem}&format={suffix}"
        told = answer(api("POST", target, path.read_bytes()))
        assert told["quarantine_rows"] == 0, api.rows(
            f"SELECT c__error FROM {path.stem}_quarantine"
        )


def rows_of(api: Api, table: str) -> list[str]:
    """Return all rows of a table, every value with all of its digits."""
    text = api.workspace.engine.command(
        f"SELECT * EXCEPT (j) APPLY toString, toString(j) FROM {table} ORDER BY id"
    )
    return text.removesuffix("\n").split("\n")


@pytest.mark.parametrize("suffix", ["parquet", "ndjson"])
def test_all_types_come_back(suffix: str, tmp_path):
    """ClickHouse draws the values; the seed differs for each format."""
    seed = {"parquet": 1, "ndjson": 2}[suffix]
    columns = {f"c{number}": text for number, text in enumerate(TYPES)}
    made = {f"m{number}": text.strip() for number, text in enumerate(MADE)}
    files = {"all.datasource": schema({"id": "UInt64", **columns, **made, "j": "String"})}
    structure = ", ".join(f"{name} {text}" for name, text in columns.items()).replace("'", "\\'")
    names = ", ".join(columns)
    # A number that JSON does not have, and two values of one key, are told of elsewhere.
    whole = " AND ".join(
        [f"isFinite({name})" for name, text in columns.items() if text.startswith("Float")]
        + [f"length(mapKeys({name})) = length(arrayDistinct(mapKeys({name})))"
           for name, text in columns.items() if text.startswith("Map")]
    ) + " AND NOT arrayExists(x -> NOT isFinite(assumeNotNull(x)), c30)"  # fmt: skip
    with opened(tmp_path / "p", files, tmp_path / "data") as api:
        assert columns["c30"] == "Array(Nullable(Float64))"
        api.workspace.engine.command(
            f"INSERT INTO all (id, {names}, {', '.join(made)}, j)"
            f" SELECT rowNumberInAllBlocks() AS number, {names}, {', '.join(MADE.values())}, 'x'"
            f" FROM generateRandom('{structure}', {seed}, 12, 4) WHERE {whole} LIMIT 60"
        )
        before = rows_of(api, "all")
        assert len(before) == 60
    exported = export(
        load_project(tmp_path / "p"), tmp_path / "data", tmp_path / "to", format=suffix
    )
    assert exported == Exported({"all": 60})
    with opened(tmp_path / "to" / "datasources", {}, tmp_path / "again") as api:
        append_all(tmp_path / "to", api, suffix)
        assert rows_of(api, "all") == before


EVENTS = """TOKEN app APPEND

SCHEMA >
    `id` UInt64 `json:$.id`,
    `j` String `json:$.deep.er` DEFAULT 'none',
    `items` Nested(a UInt8, b DateTime) `json:$.items[:]`,
    `day` Date DEFAULT toDate('2020-01-01')

ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
SAME = "SCHEMA >\n    `id` UInt64 `json:$.id`,\n    `j` String `json:$.j`\n\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
STATES = "SCHEMA >\n    `j` String,\n    `n` AggregateFunction(count)\nENGINE AggregatingMergeTree\nENGINE_SORTING_KEY j\n"
VIEW = "NODE n\nSQL >\n    SELECT j, countState() AS n FROM events GROUP BY j\nTYPE materialized\nDATASOURCE states\n"
FILES = {
    "events.datasource": EVENTS, "same.datasource": SAME, "states.datasource": STATES,
    "empty.datasource": SAME, "view.pipe": VIEW,
}  # fmt: skip
ROWS = [
    {"id": 1, "deep": {"er": "x"}, "items": [{"a": 1, "b": "2024-01-01 00:00:00"}]},
    {"id": 2, "items": []},
    {"id": "no"},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with opened(tmp_path / "p", FILES, tmp_path / "data") as api:
        api.send("events", "\n".join(map(json.dumps, ROWS)))
        api.send("same", '{"id": 7, "j": "seven"}')
    return tmp_path / "data"


@pytest.mark.parametrize("suffix", ["parquet", "ndjson"])
def test_what_an_export_has(suffix: str, data: Path, tmp_path):
    exported = export(load_project(tmp_path / "p"), data, tmp_path / "to", format=suffix)
    assert exported.rows == {"events": 2, "events_quarantine": 1, "same": 1, "empty": 0}
    assert exported.left_out == [
        "states is left out: its column n is AggregateFunction(count), whose values have no form in"
        " files that comes back"
    ]
    found = {p.relative_to(tmp_path / "to").as_posix() for p in (tmp_path / "to").rglob("*.*")}
    assert found == {
        "datasources/events.datasource", "datasources/same.datasource", "datasources/empty.datasource",
        f"fixtures/events.{suffix}", f"fixtures/same.{suffix}", f"fixtures/empty.{suffix}",
        f"quarantine/events_quarantine.{suffix}",
    }  # fmt: skip
    assert (tmp_path / "to/datasources/same.datasource").read_text() == SAME
    (tmp_path / "to/fixtures" / f"empty.{suffix}").unlink()
    with opened(tmp_path / "p", {}, data) as api:
        before = [api.rows(f"SELECT * FROM {table} ORDER BY id") for table in ("events", "same")]
    with opened(tmp_path / "to", {}, tmp_path / "again") as api:
        append_all(tmp_path / "to", api, suffix)
        after = [api.rows(f"SELECT * FROM {table} ORDER BY id") for table in ("events", "same")]
        assert "app" in api.workspace.tokens._declared
    assert after == before
    assert len(before[0]) == 2


def test_states_that_are_asked_for_are_an_error(data: Path, tmp_path):
    project = load_project(tmp_path / "p")
    with pytest.raises(ExportError, match=r"column n is AggregateFunction\(count\)"):
        export(project, data, tmp_path / "to", names=["same", "states"])
    with pytest.raises(NotFoundError):
        export(project, data, tmp_path / "to", names=["none"])
    assert not list(tmp_path.glob("*to*"))
    assert export(project, data, tmp_path / "to", names=["same"]).rows == {"same": 1}
    with pytest.raises(ConflictError):
        export(project, data, tmp_path / "to", names=["same"])


def test_tuples_without_names(tmp_path):
    files = {"t.datasource": schema({"id": "UInt64", "t": "Tuple(Int8, UUID)", "f": "Float64"})}
    with opened(tmp_path / "p", files, tmp_path / "data") as api:
        api.workspace.engine.command(
            "INSERT INTO t SELECT 1, (1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')), nan"
        )
    project = load_project(tmp_path / "p")
    exported = export(project, tmp_path / "data", tmp_path / "to")
    assert "Parquet has no tuples without names: use --format ndjson" in exported.left_out[0]
    exported = export(project, tmp_path / "data", tmp_path / "nd", format="ndjson")
    assert exported.notes == [
        "t: 1 values of f are infinite or no numbers, which `martlet append` cannot send"
    ]
    (line,) = (tmp_path / "nd/fixtures/t.ndjson").read_text().splitlines()
    assert json.loads(line) == {
        "id": 1,
        "t": [1, "61f0c404-5cb3-11e7-907b-a6006ad3dba0"],
        "f": "nan",
    }


def test_one_moment_of_all_tables_while_a_server_runs(data: Path, tmp_path):
    """The rows are read from a snapshot: what comes meanwhile is in no table."""
    with opened(tmp_path / "p", {}, data) as api:
        client = Local(api)
        client.token = "admin"
        client.api.workspace.tokens._given_admin = "admin"
        with source(data, lambda: client, is_held=False) as folder:
            api.send("same", '{"id": 8, "j": "eight"}')
            moved = tmp_path / "snapshot"
            shutil.copytree(folder, moved, symlinks=True)
    assert export(load_project(tmp_path / "p"), moved, tmp_path / "to", names=["same"]).rows == {
        "same": 1
    }
    assert list((data / "snapshots").iterdir()) == []


def test_a_disk_that_is_full(data: Path, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "touch", fail)
    with pytest.raises(ExportError, match=r"cannot be written: No space left on device"):
        export(load_project(tmp_path / "p"), data, tmp_path / "to")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "p"]


def test_the_command(data: Path, tmp_path, capsys):
    common = ["--folder", str(tmp_path / "p"), "--data", str(data)]
    assert cli.main(["export", "same", "events", "--to", str(tmp_path / "some"), *common]) == 0
    assert capsys.readouterr().out == "same: 1 rows\nevents: 2 rows\nevents_quarantine: 1 rows\n"
    assert cli.main(["export", "--to", str(tmp_path / "all"), *common]) == 1
    assert "error: states is left out" in capsys.readouterr().err
    assert (tmp_path / "all/fixtures/same.parquet").exists()
