"""What a deployment on AWS does to each data source."""

import pytest

from martlet.cli import main
from martlet.files.project import load_project
from martlet.lake_plan import deployed_tables, lake_changes, project_tables

EVENTS = "SCHEMA >\n    `id` Int64 `json:$.id`,\n    `kind` String `json:$.kind`\n"
BASE = {"datasources/events.datasource": EVENTS}
DERIVED = "SCHEMA >\n    `kind` String,\n    `n` UInt64\n"
VIEW = "NODE n\nSQL >\n    SELECT kind, count() AS n FROM events GROUP BY kind\nTYPE materialized\nDATASOURCE kinds\n"


def project_of(tmp_path, name: str, files: dict[str, str]):
    root = tmp_path / name
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return load_project(root)


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (EVENTS, []),
        (EVENTS.replace("`kind`", "`more` Int32 `json:$.more`,\n    `kind`"),
         ["events: in place: new columns more; "]),
        (EVENTS.replace("`kind`", "`sort`").replace("$.kind", "$.sort"),
         ["events: in place: new columns sort; ", "events: in place: columns kind are not read"]),
        (EVENTS.replace("Int64", "Int32"),
         ["datasources/events.datasource:1: events: column id was Int64 and is Int32; refused: "]),
        (EVENTS.replace("String", "LowCardinality(Nullable(String))"),
         ["events: in place: column kind was String and is LowCardinality(Nullable(String)), stored"]),
        (EVENTS + "ENGINE MergeTree\nENGINE_SORTING_KEY kind\n", []),
    ],
    ids=["same", "added", "renamed", "retyped", "wrapped", "key"],
)  # fmt: skip
def test_columns(tmp_path, capsys, after, lines):
    old = project_of(tmp_path, "old", BASE)
    new = project_of(tmp_path, "new", {"datasources/events.datasource": after})
    changes = lake_changes(project_tables(old), new)
    assert len(changes) == len(lines)
    for change, line in zip(changes, lines, strict=True):
        assert str(change).startswith(line)
    code = main(
        ["deploy", str(new.root), "--check", "--engine", "athena", "--against", str(old.root)]
    )
    assert code == (1 if any("refused" in line for line in lines) else 0)
    out = capsys.readouterr().out
    assert all(line in out for line in lines or ["no table changes"])


def test_data_sources_that_come_and_go(tmp_path):
    viewed = {**BASE, "datasources/kinds.datasource": DERIVED, "pipes/view.pipe": VIEW}
    old = project_of(tmp_path, "old", viewed)
    new = project_of(tmp_path, "new", {"datasources/other.datasource": EVENTS})
    assert [str(change) for change in lake_changes(project_tables(old), new)] == [
        "other: a new Glue table and a Firehose stream",
        "events: its Glue table and its stream go; its rows stay in the bucket, and are read again"
        " if a data source of that name comes back",
    ]
    assert lake_changes(project_tables(new), old)[0].name == "events"
    assert lake_changes(project_tables(old), old) == []


def test_what_is_deployed_is_read_from_its_template(tmp_path):
    project = project_of(tmp_path, "project", BASE)
    columns = [
        {"Name": "id", "Type": "bigint", "Comment": "Int64"},
        {"Name": "kind", "Type": "string", "Comment": "String"},
        {"Name": "__row", "Type": "bigint"},
    ]
    table = {"Name": "events", "StorageDescriptor": {"Columns": columns}}
    other = {"Type": "AWS::S3::Bucket", "Properties": {}}
    resource = {"Type": "AWS::Glue::Table", "Properties": {"TableInput": table}}
    template = {"Resources": {"Table": resource, "Bucket": other}}
    assert lake_changes(deployed_tables(template), project) == []
