import json

import pytest
from tests.files.reading import datasource, errors, warnings

OBJECT = {
    "DESCRIPTION": "Events",
    "SCHEMA": [
        {"name": "a", "type": "String", "json_path": "$.a"},
        {"name": "b c", "type": "Nullable(Int8)", "default": None},
        {"name": "n", "type": "Int32", "default": 7, "codec": "ZSTD(1)"},
        {"type": "String", "default": "lower('X, y')", "name": "late"},
        {"name": "d", "default": "now()"},
    ],
    "TOKEN": ["r READ", "w APPEND"],
    "TAGS": ["x", "y"],
    "INDEXES": ["i a TYPE minmax", "j n TYPE set(3)"],
    "ENGINE": "ReplacingMergeTree",
    "ENGINE_SORTING_KEY": "a",
    "VERSION": 3,
}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_datasource_as_a_json_object(indent):
    text = json.dumps(OBJECT, indent=indent)
    found = datasource(text)
    assert found.description == "Events"
    columns = [(c.name, str(c.type), c.json_path, c.default, c.codec) for c in found.columns]
    assert columns == [
        ("a", "String", "$.a", None, None),
        ("b c", "Nullable(Int8)", None, None, None),
        ("n", "Int32", None, "7", "ZSTD(1)"),
        ("late", "String", None, "lower('X, y')", None),
        ("d", "None", None, "now()", None),
    ]
    assert [(token.name, token.permission) for token in found.tokens] == [
        ("r", "READ"),
        ("w", "APPEND"),
    ]
    assert found.tags == ("x", "y")
    assert [index.name for index in found.indexes] == ["i", "j"]
    assert (found.engine.name, found.engine.sorting_key) == ("ReplacingMergeTree", "a")
    assert found.file_version == 3
    assert warnings(text)[0] == "1:1 A .datasource file written as JSON"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "1:2 Invalid JSON: Expecting property name enclosed in double quotes"),
        ('{"SCHEMA": []}\nENGINE Null', "2:1 Invalid JSON: Extra data"),
        ('{"ENGINE": "Null"}', "1:1 SCHEMA is mandatory"),
        ('{"SCHEMA": "a Int8", "FOO": "x"}', "1:23 FOO is not a valid option in datasource files."),
        ('{"SCHEMA": []}', "1:3 SCHEMA needs a value"),
        ('{"SCHEMA": {}}', "1:3 SCHEMA must be a list of columns"),
        ('{"SCHEMA": ["a Int8"]}', "1:3 SCHEMA must be a list of columns"),
        ('{"SCHEMA": "a Int8", "ENGINE": {}}', "1:23 ENGINE must be a string"),
        ('{"SCHEMA": "a Int8", "ENGINE": ["Null"]}', "1:23 ENGINE must be a string"),
        ('{"SCHEMA": [{"name": "a", "kind": "x"}]}', "1:28 kind is not a member of a column"),
        ('{"SCHEMA": [{"name": ["a"]}]}', "1:15 name must be a string"),
        (
            '{"SCHEMA": [{"name": "a"}]}',
            "1:22 Column name and either type or DEFAULT are required",
        ),
        ('{"SCHEMA": [{}]}', "1:3 Column name and either type or DEFAULT are required"),
        (
            '{"SCHEMA": [\n  {"name": "a",\n   "type": "Array(Foo)"}]}',
            "3:19 Unknown data type family: Foo",
        ),
        (
            '{"SCHEMA": [{"name": "a", "type": "Int8", "json_path": "$.a["}]}',
            "1:60 Invalid JSON path '$.a['",
        ),
        (
            '{"SCHEMA": "a Int8",\n "ENGINE_SORTING_KEY": "a, b"}',
            "2:28 Column 'b' does not exist in the SCHEMA",
        ),
        ("[" * 100_000, "1:1 [[["),
        ('{"a":' + "[" * 100_000, "1:1 Invalid JSON"),
    ],
)
def test_bad_objects(text, expected):
    assert errors(text)[0].startswith(expected)
