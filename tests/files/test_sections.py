import pytest
from tests.files.reading import datasource, errors, pipe, places, read, warnings

COLUMNS = "SCHEMA >\n    a String,\n    b Int32\n"


@pytest.mark.parametrize(
    ("line", "engine"),
    [
        ("ENGINE MergeTree", "MergeTree"),
        ("engine MergeTree", "MergeTree"),
        ('ENGINE "MergeTree"', "MergeTree"),
        ("ENGINE 'MergeTree'", "MergeTree"),
        ("ENGINE MergeTree # the default", "MergeTree"),
        ("ENGINE Null\nTAGS a\nENGINE_TTL ''# none", "Null"),
        ("ENGINE Null\nDESCRIPTION# of nothing", "Null"),
        ('ENGINE "MergeTree" # the default', "MergeTree"),
        ("ENGINE\tMergeTree  ", "MergeTree"),
        ("ENGINE MergeTree()", "MergeTree"),
        ('ENGINE ""', "MergeTree"),
        ("ENGINE Null", "Null"),
        ("ENGINE Null\nENGINE MergeTree", "MergeTree"),
    ],
)
def test_a_single_line_value_ends_at_a_comment_and_loses_its_quotes(line, engine):
    assert datasource(f"{COLUMNS}\n{line}\n").engine.name == engine


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("a,   b", "a, b"),
        ("concat(a, 'x  y')", "concat(a, 'x  y')"),
        ("concat(a, '#'), b # not the one in quotes", "concat(a, '#'), b"),
        ("\"concat(a, '#')\"", "concat(a, '#')"),
        ('"a", "b"', '"a", "b"'),
        ("`a`, `b`", "`a`, `b`"),
        (">\n    a,\n    b", "a,\n    b"),
    ],
)
def test_value_of_an_engine_key(value, key):
    assert datasource(f"{COLUMNS}ENGINE_SORTING_KEY {value}\n").engine.sorting_key == key


def test_typographic_quotes_are_quotes_with_a_warning():
    text = f"{COLUMNS}ENGINE \u201cMergeTree\u201d\nENGINE_SORTING_KEY \u2018a, b\u2019\n"
    assert datasource(text).engine.sorting_key == "a, b"
    assert warnings(text) == [
        "4:8 Typographic quotes around the value of ENGINE",
        "5:20 Typographic quotes around the value of ENGINE_SORTING_KEY",
    ]


def test_description_keeps_its_quotes_and_signs():
    text = f"DESCRIPTION \"hi # you\",  it's $USER's # why\n{COLUMNS}"
    assert datasource(text).description == "\"hi # you\", it's $USER's"


def test_description_block_loses_indent_and_blank_lines():
    text = f"DESCRIPTION >\n\n    First.\n\n      - item\n    # note\n    Last.\n{COLUMNS}"
    assert datasource(text).description == "First.\n  - item\nLast."


def test_a_block_ends_at_an_unindented_instruction_only():
    sql = "SELECT 1 AS type,\n2 AS x\n    TYPE endpoint\n\tNODE b\nFROM y"
    found = pipe(f"NODE n\nSQL >\n\n{sql}\n\n# end\nTYPE endpoint\n")
    assert [node.sql for node in found.nodes] == [sql]
    assert found.type.value == "endpoint"


def test_comment_lines_in_a_block_are_dropped_and_places_stay():
    node = pipe("NODE n\nSQL >\n    # why\n    SELECT 1\n  # and\n    , x # y\n").nodes[0]
    assert node.sql == "SELECT 1\n, x # y"
    place = node.locate(node.sql.index("x"), "x.pipe")
    assert (place.line, place.column, place.text) == (6, 7, "    , x # y")


def test_windows_line_ends_and_byte_order_mark():
    text = "\ufeff" + f"DESCRIPTION hi\n{COLUMNS}ENGINE_SORTING_KEY a\n".replace("\n", "\r\n")
    found = datasource(text)
    assert found.description == "hi"
    assert [column.name for column in found.columns] == ["a", "b"]
    assert found.engine.sorting_key == "a"
    assert found.columns[1].location.text == "    b Int32"


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("$DAYS", "7"),
        ("${DAYS}", "7"),
        ("${DAYS}0", "70"),
        ("$OTHER", "$OTHER"),
        ("${OTHER}", "${OTHER}"),
        ("$", "$"),
    ],
)
def test_variables_in_single_line_values(value, expanded):
    text = f"{COLUMNS}ENGINE_SETTINGS index_granularity={value}\n"
    found = datasource(text, environment={"DAYS": "7"})
    assert found.engine.settings == f"index_granularity={expanded}"


def test_variables_in_blocks_of_engine_keys():
    text = f"{COLUMNS}ENGINE_SETTINGS >\n    index_granularity=$DAYS\n"
    found = datasource(text, environment={"DAYS": "7"})
    assert found.engine.settings == "index_granularity=7"


def test_texts_for_people_and_names_have_no_variables():
    text = f"{COLUMNS}DESCRIPTION $A\nTAGS $A\nTOKEN $A READ\nSHARED_WITH $A\n"
    found = datasource(text, environment={"A": "b"})
    assert (found.description, found.tags, found.shared_with) == ("$A", ("$A",), ("$A",))
    assert found.tokens[0].name == "$A"


def test_variables_are_not_expanded_in_blocks():
    node = pipe("NODE n\nSQL >\n    SELECT '$DAYS'\n", environment={"DAYS": "7"}).nodes[0]
    assert node.sql == "SELECT '$DAYS'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FOO bar\n" + COLUMNS, ["1:1 FOO is not a valid option in datasource files."]),
        ("  foo bar\n" + COLUMNS, ["1:3 FOO is not a valid option in datasource files."]),
        ("NODE x\n" + COLUMNS, ["1:1 NODE is not a valid option in datasource files."]),
        (
            "some\nprose\n\nmore\n" + COLUMNS,
            [
                "1:1 SOME is not a valid option in datasource files.",
                "4:1 MORE is not a valid option in datasource files.",
            ],
        ),
        (
            "ENGINE_FOO 1\nENGINE_BAR 1\n" + COLUMNS,
            [
                "1:1 ENGINE_FOO is not a valid option in datasource files.",
                "2:1 ENGINE_BAR is not a valid option in datasource files.",
            ],
        ),
        (COLUMNS + "TOKEN >\n    x READ\n", ["4:7 TOKEN does not support multiline arguments"]),
        ("SCHEMA > a Int8\n", ["1:1 SCHEMA needs a value"]),
        (COLUMNS + 'TAGS "a\n', ['4:6 Unclosed quote "']),
        ("SCHEMA >\n\n# nothing\nENGINE Null\n", ["1:1 SCHEMA needs a value"]),
        ("SCHEMA\n    a String,\n    b Int8\n", ["1:1 SCHEMA needs a value"]),
        (COLUMNS + "    INCLUDE x\n", []),
    ],
)
def test_errors_of_the_line_grammar(text, expected):
    if not expected:  # swallowed by the block above it
        expected = ["4:5 Unexpected 'INCLUDE' after type Int32"]
    assert errors(text) == expected


def test_a_quote_inside_of_a_word_is_part_of_it():
    assert datasource(f"{COLUMNS}TAGS it's, o`clock\n").tags == ("it's", "o`clock")


def test_a_comment_that_touches_a_value_is_a_warning():
    text = f"{COLUMNS}ENGINE Null#1\n"
    assert datasource(text).engine.name == "Null"
    assert warnings(text) == ["4:12 The value of ENGINE ends at the #, which starts a comment"]


def test_text_behind_the_sign_of_a_block_is_ignored():
    text = f"DESCRIPTION > hi\n    you\n{COLUMNS}"
    assert datasource(text).description == "you"
    assert warnings(text) == ["1:15 The text after DESCRIPTION > is ignored"]


def test_a_misspelt_instruction_gets_a_hint():
    report = read(f"ENGINE_SORT_KEY a\n{COLUMNS}")[1]
    assert report.errors[0].hint == "did you mean ENGINE_SORTING_KEY?"


def test_a_misspelt_instruction_below_a_schema_gets_a_hint():
    report = read(f"{COLUMNS}ENGIN MergeTree\n")[1]
    assert places(report.errors) == ["4:1 Unexpected 'ENGIN' after type Int32"]
    assert "misspelt instruction" in report.errors[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "DESCRIPTION >\n    Stores it. SCHEMA >\n    a String\nENGINE Null\n",
        "DESCRIPTION Stores it. SCHEMA >\n    a String\nENGINE Null\n",
        "DESCRIPTION >\n    Stores it.\n    SCHEMA >\n    a String\nENGINE Null\n",
    ],
)
def test_schema_run_together_with_the_description(text):
    found = datasource(text)
    assert (found.description, found.engine.name) == ("Stores it.", "Null")
    assert [column.name for column in found.columns] == ["a"]
    assert [w.split(" ", 1)[1] for w in warnings(text)] == [
        "SCHEMA stands on the same line as the description"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "DESCRIPTION >\n    Counts. NODE n\nSQL >\n    SELECT 1\nTYPE endpoint\n",
        "DESCRIPTION Counts. NODE n\nSQL >\n    SELECT 1\nTYPE endpoint\n",
    ],
)
def test_node_run_together_with_the_description(text):
    found = pipe(text)
    assert (found.description, found.nodes[0].name) == ("Counts.", "n")
    place = text.splitlines()[text.count("\n", 0, text.index("NODE"))].index("NODE") + 1
    assert found.nodes[0].location.column == place
    assert len(warnings(text, "pipe")) == 1


def test_nothing_is_recovered_where_nothing_is_missing():
    text = "DESCRIPTION Made from NODE n\nNODE m\nSQL >\n    SELECT 1\n"
    assert pipe(text).description == "Made from NODE n"
    assert warnings(text, "pipe") == []
