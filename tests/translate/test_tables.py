"""What the translation knows of a project's tables."""

from pathlib import Path

from martlet.errors import Location
from martlet.model import Column, Datasource, Project
from martlet.translate.tables import Partitions, facts_of_project
from martlet.types import parse_type

AT = Location("x.datasource", 1, 1, "")


def project() -> Project:
    columns = (
        Column("ts", parse_type("DateTime"), AT),
        Column("day", None, AT, default="toDate(ts)"),
        Column("odd", None, AT, default="someUnknownFunction(ts)"),
        Column("d", parse_type("Decimal(10,2)"), AT),
    )
    events = Datasource("events", AT, columns, connector={"kafka_topic": "t"})
    return Project(Path(), {"events": events}, {}, versioned={"events__v3": "events"})


def test_columns():
    facts = facts_of_project(project(), partitions={"events": Partitions("2024-01-01", 1)})
    events = {name: str(type_) for name, type_ in facts["events"].columns.items()}
    assert list(events)[:3] == ["ts", "day", "d"]
    assert events["day"] == "Date"
    assert events["d"] == "Decimal(10, 2)"
    assert events["__topic"] == "LowCardinality(String)"
    assert facts["events"].partitions == Partitions("2024-01-01", 1)
    assert facts["events__v3"].sql_name == "events"


def test_refused_rows():
    columns = facts_of_project(project())["events_quarantine"].columns
    assert {name: str(type_) for name, type_ in columns.items()} == {
        "c__error_column": "Array(String)", "c__error": "Array(String)", "c__import_id": "Nullable(String)",
        "ts": "Nullable(String)", "day": "Nullable(String)", "odd": "Nullable(String)", "d": "Nullable(String)",
        "insertion_date": "DateTime", "c__raw": "String",
    }  # fmt: skip
