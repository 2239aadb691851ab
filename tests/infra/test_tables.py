from collections.abc import Callable
from pathlib import Path

import pytest

from martlet.errors import ProjectError
from martlet.files.project import load_project
from martlet.lake import FORMS
from martlet_infra.tables import lake_tables

EVENTS = "SCHEMA >\n    `At` DateTime `json:$.at`,\n    amount UInt64 `json:$.amount`\n"


@pytest.fixture
def tables(write_project: Callable[[dict[str, str]], Path]):
    def read(files: dict[str, str]):
        return {table.name: table for table in lake_tables(load_project(write_project(files)))}

    return read


def test_a_data_source_has_a_table_and_one_for_refused_rows(tables):
    found = tables({"datasources/events.datasource": EVENTS})
    columns = [(column.name, column.type, column.comment) for column in found["events"].columns]
    assert columns == [
        ("at", "timestamp", "DateTime"),
        ("amount", "decimal(20,0)", "UInt64"),
        ("__ingested_at", "bigint", ""),
        ("__batch", "string", ""),
        ("__row", "bigint", ""),
    ]
    refused = [(column.name, column.type) for column in found["events_quarantine"].columns]
    assert refused == [
        ("c__error_column", "array<string>"),
        ("c__error", "array<string>"),
        ("c__import_id", "string"),
        ("at", "string"),
        ("amount", "string"),
        ("insertion_date", "timestamp"),
        ("c__raw", "string"),
        ("__ingested_at", "bigint"),
        ("__batch", "string"),
        ("__row", "bigint"),
    ]
    assert all(table.has_stream for table in found.values())


def test_what_takes_no_events_has_no_stream(tables):
    found = tables(
        {
            "datasources/events.datasource": EVENTS,
            "datasources/daily.datasource": "SCHEMA >\n    day Date,\n    amount UInt64\n",
        }
    )
    assert {name for name, table in found.items() if table.has_stream} == {
        "events",
        "events_quarantine",
    }


def test_what_only_views_fill_has_no_table_of_its_own(tables):
    view = (
        "NODE n\nSQL >\n    SELECT toDate(At) AS day, sumState(amount) AS amount FROM events GROUP BY day\n"
        "TYPE materialized\nDATASOURCE daily\n"
    )
    states = (
        "SCHEMA >\n    day Date,\n    amount AggregateFunction(sum, UInt64)\n\n"
        'ENGINE "AggregatingMergeTree"\nENGINE_SORTING_KEY "day"\n'
    )
    found = tables(
        {
            "datasources/events.datasource": EVENTS,
            "datasources/daily.datasource": states,
            "pipes/fill.pipe": view,
        }
    )
    assert found.keys() == {"events", "events_quarantine", "daily_quarantine"}


def test_a_kafka_data_source_has_the_columns_that_the_connector_fills(tables):
    kafka = EVENTS + "\nKAFKA_CONNECTION_NAME k\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"
    connection = "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS b:9092\nKAFKA_KEY k\nKAFKA_SECRET s\n"
    found = tables({"datasources/events.datasource": kafka, "connections/k.connection": connection})
    assert {"__value", "__timestamp"} < {column.name for column in found["events"].columns}


def test_every_type_that_the_lake_has_can_be_a_column(tables):
    arguments = {
        "FixedString": "(3)",
        "Decimal": "(10, 2)",
        "Decimal32": "(2)",
        "Decimal64": "(2)",
        "Decimal128": "(2)",
        "Decimal256": "(2)",
        "DateTime64": "(6)",
        "Enum": "('a' = 1)",
        "Enum8": "('a' = 1)",
        "Enum16": "('a' = 1)",
        "Array": "(Int8)",
        "Map": "(String, Int8)",
        "Tuple": "(a Int8)",
        "Nested": "(a Int8)",
        "Object": "('json')",
    }
    rows = [f"c{i} {name}{arguments.get(name, '')} `json:$.c{i}`" for i, name in enumerate(FORMS)]
    found = tables({"datasources/all.datasource": "SCHEMA >\n    " + ",\n    ".join(rows) + "\n"})
    assert len(found["all"].columns) == len(FORMS) + 3


@pytest.mark.parametrize(
    ("schema", "place", "message"),
    [
        ("a String `json:$.a`,\n    t Variant(String, Int8) `json:$.t`", "3:", "has no form in the lake"),
        ("a String `json:$.a`,\n    A String `json:$.b`", "3:", "A cannot be told apart from the name at datasources/events.datasource:2:5"),
        ("`a.b` String `json:$.a`", "2:", "Column a.b cannot be in the lake"),
        ("a String `json:$.a`,\n    DT Date `json:$.dt`", "3:", "DT cannot be told apart from a column that every table"),
        ("a String `json:$.a`,\n    r Float64 `json:$.r` DEFAULT rand()", "3:", "calls rand()"),
        ("a String `json:$.a`,\n    t DEFAULT a", "3:", "Column t has no type in the file"),
    ],
)  # fmt: skip
def test_what_the_lake_cannot_hold_is_refused_with_its_place(tables, schema, place, message):
    with pytest.raises(ProjectError) as error:
        tables({"datasources/events.datasource": f"SCHEMA >\n    {schema}\n"})
    (found,) = error.value.errors
    assert message in found.message
    assert str(found.location).startswith(f"datasources/events.datasource:{place}")


def test_data_sources_that_differ_in_case_only_are_refused_with_both_places(tables):
    place = "events cannot be told apart from the name at datasources/Events.datasource:1:1"
    with pytest.raises(ProjectError, match=place) as error:
        tables(
            {
                "datasources/Events.datasource": EVENTS,
                "datasources/events.datasource": EVENTS,
            }
        )
    assert len(error.value.errors) == 1


def test_all_errors_are_shown_at_once(tables):
    bad = "SCHEMA >\n    t Dynamic `json:$.t`,\n    u Variant(Int8, String) `json:$.u`\n"
    with pytest.raises(ProjectError) as error:
        tables({"datasources/a.datasource": bad, "datasources/b.datasource": bad})
    assert len(error.value.errors) == 4


def test_ids_of_rows_are_refused_with_their_line(tables):
    with pytest.raises(ProjectError) as caught:
        tables(
            {
                "datasources/events.datasource": EVENTS,
                "martlet.toml": '[settings]\n[datasources.events]\nid_column = "amount"\n',
            }
        )
    (error,) = caught.value.errors
    assert str(error.location) == "martlet.toml:2:14"
    assert error.message.startswith(
        "On AWS the rows of data source 'events' are not stored once by their 'amount'"
    )
