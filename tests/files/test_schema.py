import pytest
from tests.files.reading import datasource, errors, read


def columns(schema):
    body = "\n".join(f"    {line}" for line in schema.split("\n"))
    return datasource(f"SCHEMA >\n{body}\n").columns


def schema_errors(schema):
    return errors("SCHEMA >\n" + "\n".join(f"    {line}" for line in schema.split("\n")) + "\n")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("a String", ("a", "String", None, None, None)),
        ("`a` String,", ("a", "String", None, None, None)),
        ("`a b,c` String", ("a b,c", "String", None, None, None)),
        ("`a` String `json:$.a`", ("a", "String", "$.a", None, None)),
        ("`a` String `json:$.b` `json:$.a`", ("a", "String", "$.a", None, None)),
        ("`a` String `json:`", ("a", "String", None, None, None)),
        ("a String DEFAULT 'x, y'", ("a", "String", None, "'x, y'", None)),
        ("a Array(String) DEFAULT ['a', 'b']", ("a", "Array(String)", None, "['a', 'b']", None)),
        ("a String DEFAULT 'it\\'s'", ("a", "String", None, "'it\\'s'", None)),
        (
            "a DateTime64(3, 'UTC') `json:$.a` DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1))",
            ("a", "DateTime64(3, 'UTC')", "$.a", "now64(3, 'UTC')", "Delta, ZSTD(1)"),
        ),
        (
            "a Int8 CODEC (ZSTD(1)) DEFAULT 1 `json:$.a`",
            ("a", "Int8", "$.a", "1", "ZSTD(1)"),
        ),
        ("a DEFAULT now()", ("a", "None", None, "now()", None)),
        ("a `json:$.b` Int8 DEFAULT 1", ("a", "Int8", "$.b", "1", None)),
        ("a Nullable(Int8) DEFAULT NULL", ("a", "Nullable(Int8)", None, None, None)),
        ("a Nullable(Int8) default null", ("a", "Nullable(Int8)", None, None, None)),
        ("a Int8 DEFAULT NULL", ("a", "Int8", None, "NULL", None)),
        (
            "a UInt8 DEFAULT x IS NOT NULL CODEC(LZ4)",
            ("a", "UInt8", None, "x IS NOT NULL", "LZ4"),
        ),
        ("a String DEFAULT ttl", ("a", "String", None, "ttl", None)),
        ("a String -- the name\n  DEFAULT 'x' -- why", ("a", "String", None, "'x'", None)),
        ("a String DEFAULT '--'", ("a", "String", None, "'--'", None)),
        ("a Int32 DEFAULT 1 + -- one\n 2", ("a", "Int32", None, "1 + 2", None)),
        ("a String `json:$.a--b`", ("a", "String", "$.a--b", None, None)),
        ("default String", ("default", "String", None, None, None)),
        ("index String", ("index", "String", None, None, None)),
        (
            "a AggregateFunction(argMax, Nullable(String), DateTime64(6))",
            ("a", "AggregateFunction(argMax, Nullable(String), DateTime64(6))", None, None, None),
        ),
        ("a Double Precision", ("a", "Float64", None, None, None)),
    ],
)
def test_a_column(schema, expected):
    (column,) = columns(schema)
    found = (column.name, str(column.type), column.json_path, column.default, column.codec)
    assert found == expected


def test_columns_on_one_line_and_places():
    first, second = columns("a String, -- x, y\n\n`b` Int8")
    assert (first.location.line, first.location.column) == (2, 5)
    assert (second.location.line, second.location.column) == (4, 5)
    assert [c.name for c in datasource("SCHEMA a String, b Int8\n").columns] == ["a", "b"]


@pytest.mark.parametrize(
    "path",
    [
        "$", "$.a", "$.a.b", "$.a[:]", "$.a[:].b", "$.a.b[:].c", "$.[:]", "$.a.[:].b",
        "$.[:].a", "$.a[:][:]", "$.a b", "$.a-b", "$.@type", "$.$x", "$.é:1",
        "$[:]", "$.a[0]", "$.a[*].b", "$['a.b'].c", '$["a.b"][0]',
    ],
)  # fmt: skip
def test_json_paths(path):
    assert columns(f"a String `json:{path}`")[0].json_path == path


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("a", 20), ("$a", 21), ("$.", 21), ("$..a", 21), ("$.a.", 23), ("$.a[-1]", 23),
        ("$.a[:", 23), ("$.a]", 23), ("$.a[:]b", 26), ("$.'a'", 21), ('$."a"', 21), ("$['a]", 21),
    ],
)  # fmt: skip
def test_bad_json_paths(path, column):
    assert schema_errors(f"a String `json:{path}`") == [f"2:{column} Invalid JSON path '{path}'"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("a", "2:5 Column name and either type or DEFAULT are required"),
        ("a `json:$.a`", "2:5 Column name and either type or DEFAULT are required"),
        ("`json:$.a` String", "2:5 Column name and either type or DEFAULT are required"),
        ("`` String", "2:5 Column name and either type or DEFAULT are required"),
        ("a Int8,, b Int8", "2:12 Column name and either type or DEFAULT are required"),
        ("a$b String", "2:6 Column name contains invalid character '$'"),
        ("a(b) String", "2:6 Column name contains invalid character '('"),
        ('"a" String', "2:5 Column name contains invalid character '\"'"),
        ("naïve String", "2:7 Column name contains invalid character 'ï'"),
        ("a string", "2:7 Unknown data type family: string"),
        ("a Foo", "2:7 Unknown data type family: Foo"),
        ("a Array(Foo)", "2:13 Unknown data type family: Foo"),
        ("a String `json:$.a`,\nb Foo `json:$.b`", "3:7 Unknown data type family: Foo"),
        (
            "a Nullable(Array(Int8))",
            "2:7 Nested type Array(Int8) cannot be inside Nullable type",
        ),
        ("a DateTime64", "2:7 DateTime64 type without precision is not supported"),
        ("a Int", "2:7 Precision is mandatory for Int types"),
        ("a UInt", "2:7 Precision is mandatory for UInt types"),
        ("a BFloat16", "2:7 BFloat16 type is not supported"),
        ("a String DEFAULT", "2:14 Missing mandatory value for DEFAULT"),
        ("a String DEFAULT `json:$.a`", "2:14 Missing mandatory value for DEFAULT"),
        ("a String DEFAULT DEFAULT 1", "2:14 Missing mandatory value for DEFAULT"),
        ("a String DEFAULT 1 DEFAULT 2", "2:24 Unexpected DEFAULT after DEFAULT"),
        ("a Int8 CODEC(LZ4) CODEC(LZ4)", "2:23 Unexpected CODEC after CODEC"),
        ("a Int8 `json:$.a` Int8", "2:23 Unexpected TYPE after JSONPATH"),
        ("a String NULL", "2:14 NULL column syntax not supported"),
        ("a String NOT NULL", "2:14 NOT NULL column syntax not supported"),
        ("a String MATERIALIZED now()", "2:14 MATERIALIZED columns are not supported"),
        ("a String ALIAS b", "2:14 ALIAS columns are not supported"),
        ("a String EPHEMERAL", "2:14 EPHEMERAL columns are not supported"),
        ("a Date TTL a + INTERVAL 1 DAY", "2:12 column TTL is not supported"),
        ("a Date DEFAULT now() TTL a + 1", "2:26 column TTL is not supported"),
        ("a String COMMENT 'x'", "2:14 COMMENT on a column is not supported"),
        ("a String PRIMARY KEY", "2:14 PRIMARY KEY in SCHEMA is not supported"),
        ("INDEX i a TYPE minmax GRANULARITY 1", "2:5 INDEX in SCHEMA is not supported"),
        ("a String CODEC ZSTD", "2:14 CODEC needs its codecs in parentheses"),
        ("a String `json:$.a`\nb Int8", "3:5 Unexpected TYPE after JSONPATH"),
        ("a String CODEC(LZ4)\nb Int8", "3:5 Unexpected TYPE after CODEC"),
        ("a Int8 DEFAULT 1\nb Int8", "3:5 Unexpected COLUMN after DEFAULT"),
        ("a String\n`b` Int8", "3:5 Unexpected '`b`' after type String"),
        ("a String # x", "2:14 Invalid character '#'"),
        ("a String DEFAULT 'x", "2:22 Expected closing '"),
        ("`a String", "2:5 Expected closing `"),
        ("a Array(String", "2:12 Expected closing )"),
        ("a Array(String])", "2:19 Unexpected ]"),
        ("a String), b Int8", "2:13 Unexpected )"),
        ("a " + "Array(" * 60 + "Int8" + ")" * 60, "2:312 Brackets are nested too deeply"),
        ("a Int8, b Int8, a String", "2:21 Column 'a' is defined twice"),
    ],
)
def test_bad_schemas(schema, expected):
    assert schema_errors(schema) == [expected]


def test_names_differ_by_case():
    assert [column.name for column in columns("a Int8, A Int8")] == ["a", "A"]


def test_every_bad_column_is_an_error():
    assert schema_errors("a Foo,\nb Int8,\nc Bar,\nb Int16") == [
        "2:7 Unknown data type family: Foo",
        "4:7 Unknown data type family: Bar",
        "5:5 Column 'b' is defined twice",
    ]


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        ("a$b Int8", "use backticks."),
        ("a string", "did you mean String?"),
        ("a BFloat16", "use Float32 instead."),
        ("a DateTime64", "use DateTime64(3) instead."),
        ("a Int8 NULL", "use Nullable(...)."),
        ("a String\n`b` Int8", "is a comma missing before it?"),
        ("a Int8, a Int8", "the first one is in line 2."),
    ],
)
def test_hints(schema, hint):
    body = schema.replace("\n", "\n    ")
    assert [error.hint for error in read(f"SCHEMA >\n    {body}\n")[1].errors] == [hint]


def test_at_most_500_columns():
    schema = ",\n".join(f"c{i} Int8" for i in range(500))
    assert len(columns(schema)) == 500
    assert schema_errors(f"{schema},\nmore Int8") == [
        "502:5 A data source has at most 500 columns, this one has 501"
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("i a TYPE minmax GRANULARITY 4", ("i", "a", "minmax", 4)),
        ("INDEX i a TYPE minmax", ("i", "a", "minmax", 1)),
        ("i lower(a) TYPE set(100) GRANULARITY 1", ("i", "lower(a)", "set(100)", 1)),
        ("index i (a, b) type tokenbf_v1(256, 2, 0),", ("i", "(a, b)", "tokenbf_v1(256, 2, 0)", 1)),
    ],
)
def test_indexes(line, expected):
    text = f"SCHEMA >\n    a String,\n    b Int8\nINDEXES >\n    {line}\n    -- end\n"
    (index,) = datasource(text).indexes
    assert (index.name, index.expression, index.type, index.granularity) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("i a", "4:5 Invalid INDEX syntax"),
        ("i TYPE minmax", "4:5 Invalid INDEX syntax"),
        ("i a TYPE", "4:5 Invalid INDEX syntax"),
        ("INDEX", "4:5 Invalid INDEX syntax"),
        ("'i' a TYPE minmax", "4:5 Invalid INDEX syntax"),
        ("INDEX i a TYPE GRANULARITY 1", "4:11 Invalid INDEX syntax"),
        ("i a TYPE minmax GRANULARITY x", "4:5 Invalid INDEX syntax"),
        ("i a TYPE minmax GRANULARITY 0", "4:5 Invalid INDEX syntax"),
        ("i 'a TYPE minmax", "4:7 Unclosed string literal '"),
        ("i c TYPE minmax", "4:5 Index 'i' uses the column 'c', which does not exist"),
        ("i a TYPE minmax GRANULARITY 1 x", "4:5 Invalid INDEX syntax"),
        ("i a TYPE minmax GRANULARITY", "4:5 Invalid INDEX syntax"),
        ("i.j a TYPE minmax", "4:5 Invalid INDEX syntax"),
        ("GRANULARITY 1", "4:5 Invalid INDEX syntax"),
        ("i a TYPE set(1) x", "4:5 Invalid INDEX syntax"),
        ("i a TYPE minmax\n    i a TYPE set(1)", "5:5 Index 'i' is defined twice"),
    ],
)
def test_bad_indexes(line, expected):
    assert errors(f"SCHEMA >\n    a String\nINDEXES >\n    {line}\n") == [expected]
