import pytest
from tests.files.reading import datasource, errors, read, warnings

COLUMNS = """SCHEMA >
    a String,
    n Nullable(String),
    v UInt32,
    ts DateTime,
    s Int8,
    d UInt8,
    m AggregateFunction(sum, UInt64),
    `odd name` String,
    nested.key Array(String),
    t Tuple(x Int8)
"""


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "ENGINE MergeTree\nENGINE_SORTING_KEY tuple()",
        "ENGINE MergeTree\nENGINE_SORTING_KEY a, toDate(ts), cityHash64(a, v)",
        "ENGINE MergeTree\nENGINE_SORTING_KEY (a, ts)",
        "ENGINE MergeTree\nENGINE_SORTING_KEY tuple(a, `odd name`)",
        'ENGINE MergeTree\nENGINE_SORTING_KEY "a", "odd name"',
        "ENGINE MergeTree\nENGINE_SORTING_KEY ifNull(n, ''), nested.key, t.x",
        "ENGINE MergeTree\nENGINE_SORTING_KEY n\nENGINE_SETTINGS allow_nullable_key = 1",
        "ENGINE MergeTree\nENGINE_SORTING_KEY arrayMap(x -> x + v, [1])",
        "ENGINE MergeTree\nENGINE_SORTING_KEY arrayMap((x, y) -> x + y + v, [1], [2])",
        "ENGINE MergeTree\nENGINE_SORTING_KEY CAST(a AS UInt64), v::Int64, a = 'b' AND v IN (1)",
        "ENGINE MergeTree\nENGINE_PARTITION_KEY toYYYYMM(ts)\nENGINE_SORTING_KEY a",
        'ENGINE MergeTree\nENGINE_PARTITION_KEY ""',
        "ENGINE MergeTree\nENGINE_TTL ts + INTERVAL 30 DAY",
        "ENGINE MergeTree\nENGINE_TTL ts + INTERVAL 30 DAY RECOMPRESS CODEC(ZSTD, LZ4HC(9))",
        "ENGINE MergeTree\nENGINE_TTL toDateTime(ts) + toIntervalDay(7) DELETE WHERE v = 1",
        "ENGINE MergeTree\nENGINE_SORTING_KEY a, intHash32(v)\nENGINE_SAMPLING_KEY intHash32(v)",
        "ENGINE MergeTree\nENGINE_SETTINGS index_granularity = 32, ttl_only_drop_parts = 1",
        "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a\nENGINE_VER v\nENGINE_IS_DELETED d",
        "ENGINE SummingMergeTree\nENGINE_SORTING_KEY a\nENGINE_COLUMNS v",
        "ENGINE AggregatingMergeTree\nENGINE_SORTING_KEY a",
        "ENGINE CollapsingMergeTree\nENGINE_SORTING_KEY a\nENGINE_SIGN s",
        "ENGINE VersionedCollapsingMergeTree\nENGINE_SORTING_KEY a\nENGINE_SIGN s\n"
        "ENGINE_VERSION v",
        "ENGINE Null",
        "SORTING_KEY a\nPARTITION_KEY toYYYYMM(ts)\nPRIMARY_KEY a\nTTL ts + toIntervalDay(1)",
    ],
)
def test_good_engines(lines):
    assert datasource(f"{COLUMNS}{lines}\n")
    assert warnings(f"{COLUMNS}{lines}\n") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "ENGINE Log",
            "12:8 Engine Log is not supported, supported engines include: MergeTree, "
            "ReplacingMergeTree, SummingMergeTree, AggregatingMergeTree, CollapsingMergeTree, "
            "VersionedCollapsingMergeTree, Null, Join",
        ),
        (
            "ENGINE_SORTING_KEY a, n",
            "12:23 Sorting key contains nullable column 'n'. "
            "Nullable columns cannot be used in sorting keys.",
        ),
        (
            "ENGINE_SORTING_KEY (m)",
            "12:21 Sorting key contains column 'm' with AggregateFunction type. "
            "AggregateFunction columns cannot be used in sorting keys.",
        ),
        (
            "ENGINE_SORTING_KEY a, sum(v)",
            "12:23 Sorting key contains aggregate function expression 'sum(v)'. "
            "Aggregate function expressions cannot be used in sorting keys.",
        ),
        (
            "ENGINE_SORTING_KEY a, SUM(v)",
            "12:23 Sorting key contains aggregate function expression 'SUM(v)'. "
            "Aggregate function expressions cannot be used in sorting keys.",
        ),
        (
            "ENGINE_SORTING_KEY sum(v",
            "12:20 Sorting key contains aggregate function expression 'sum(v'. "
            "Aggregate function expressions cannot be used in sorting keys.",
        ),
        (
            "ENGINE_SORTING_KEY uniqExactIf(v, (d))",
            "12:20 Sorting key contains aggregate function expression 'uniqExactIf(v, (d))'. "
            "Aggregate function expressions cannot be used in sorting keys.",
        ),
        (
            "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a, v\nENGINE_VER v",
            "13:23 ENGINE_VER column 'v' cannot be included in the sorting key for "
            "ReplacingMergeTree. Including the version column in the sorting key prevents "
            "deduplication because rows with different versions will have different sorting keys "
            "and won't be considered duplicates. The sorting key should define the record identity "
            "(what makes it unique), while ENGINE_VER tracks which version to keep.",
        ),
        (
            "ENGINE ReplacingMergeTree",
            "12:8 ENGINE_SORTING_KEY is required for ReplacingMergeTree",
        ),
        (
            "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY tuple()",
            "12:8 ENGINE_SORTING_KEY is required for ReplacingMergeTree",
        ),
        (
            "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a\nENGINE_IS_DELETED d",
            "14:19 ENGINE_IS_DELETED requires ENGINE_VER",
        ),
        (
            "ENGINE CollapsingMergeTree\nENGINE_SORTING_KEY a",
            "12:8 ENGINE_SIGN is required for CollapsingMergeTree",
        ),
        (
            "ENGINE VersionedCollapsingMergeTree\nENGINE_SORTING_KEY a\nENGINE_SIGN s",
            "12:8 ENGINE_VERSION is required for VersionedCollapsingMergeTree",
        ),
        ("ENGINE_SORTING_KEY b", "12:20 Column 'b' does not exist in the SCHEMA"),
        ('ENGINE_SORTING_KEY "a, b"', "12:24 Column 'b' does not exist in the SCHEMA"),
        ("ENGINE_SORTING_KEY >\n    a,\n    b", "14:5 Column 'b' does not exist in the SCHEMA"),
        ("ENGINE_SORTING_KEY A", "12:20 Column 'A' does not exist in the SCHEMA"),
        ("ENGINE_SORTING_KEY 'a', `b`", "12:25 Column 'b' does not exist in the SCHEMA"),
        ("ENGINE_PARTITION_KEY toYYYYMM(t2)", "12:31 Column 't2' does not exist in the SCHEMA"),
        ("ENGINE_TTL t2 + toIntervalDay(1)", "12:12 Column 't2' does not exist in the SCHEMA"),
        (
            "ENGINE SummingMergeTree\nENGINE_COLUMNS x",
            "13:16 Column 'x' does not exist in the SCHEMA",
        ),
        ("ENGINE_SORTING_KEY a ¿", "12:22 Unexpected character '¿'"),
    ],
)
def test_bad_engines(lines, expected):
    assert errors(f"{COLUMNS}{lines}\n") == [expected]


@pytest.mark.parametrize("name", ["ENGINE_KEY_COLUMNS", "ENGINE_JOIN_KEY_COLUMNS"])
def test_join_of_classic(name):
    lines = f"ENGINE Join\nENGINE_JOIN_STRICTNESS ANY\nENGINE_JOIN_TYPE LEFT\n{name} a, v\n"
    engine = datasource(COLUMNS + lines).engine
    found = (engine.name, engine.join_strictness, engine.join_type, engine.key_columns)
    assert found == ("Join", "ANY", "LEFT", "a, v")
    assert errors(COLUMNS + lines.replace("a, v", "b")) == [
        f"15:{len(name) + 2} Column 'b' does not exist in the SCHEMA"
    ]


def test_join_needs_its_keys():
    assert errors(f"{COLUMNS}ENGINE Join\n") == [
        "12:8 ENGINE_JOIN_STRICTNESS is required for Join",
        "12:8 ENGINE_JOIN_TYPE is required for Join",
        "12:8 ENGINE_KEY_COLUMNS is required for Join",
    ]


def test_a_misspelt_engine_gets_a_hint():
    hint = read(f"{COLUMNS}ENGINE MergTree\n")[1].errors[0].hint
    assert hint == "did you mean MergeTree?"


@pytest.mark.parametrize("name", ["mergetree", "MERGETREE", "MergeTree()", "MergeTree ()"])
def test_engines_in_any_case(name):
    assert datasource(f"{COLUMNS}ENGINE {name}\n").engine.name == "MergeTree"


def test_missing_column_gets_a_hint():
    assert read(f"{COLUMNS}ENGINE_SORTING_KEY tss\n")[1].errors[0].hint == "did you mean ts?"


def test_columns_are_not_checked_against_a_broken_schema():
    assert errors("SCHEMA >\n    a Foo,\n    b Int8\nENGINE_SORTING_KEY a\n") == [
        "2:7 Unknown data type family: Foo"
    ]


def test_a_key_of_another_engine_is_a_warning():
    assert warnings(f"{COLUMNS}ENGINE MergeTree\nENGINE_VER v\n") == [
        "13:12 ENGINE_VER has no effect on MergeTree"
    ]
    assert warnings(f"{COLUMNS}ENGINE Null\nENGINE_TTL ts\n") == [
        "13:12 ENGINE_TTL has no effect on Null"
    ]


def test_kafka_columns_need_no_declaration():
    kafka = "KAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID g\n"
    key = "ENGINE_SORTING_KEY a, __timestamp\n"
    assert datasource(COLUMNS + kafka + key).engine.sorting_key == "a, __timestamp"
    assert errors(COLUMNS + key) == ["12:23 Column '__timestamp' does not exist in the SCHEMA"]


def test_places_of_keys():
    engine = datasource(f'{COLUMNS}ENGINE_SORTING_KEY "a"\nENGINE_TTL  ts\n').engine
    found = {key: (place.line, place.column) for key, place in engine.locations.items()}
    assert found == {"sorting_key": (12, 21), "ttl": (13, 13)}
