"""Valid `.datasource` texts: every directive in every form that a file may write it in.

`datasource` makes one from a seeded random, thousands a second; `datasources` is the Hypothesis strategy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st


def datasources() -> st.SearchStrategy[str]:
    """Valid texts; they shrink towards the first choice of each table here."""
    return st.randoms(use_true_random=False).map(datasource)


def datasource(r: Random) -> str:
    """Return the text of one valid file."""
    columns = _columns(r)
    parts = [_description, _tokens, _tags, _schema, _indexes, _engine, _others, _connector]
    blocks = [block for part in parts if (block := part(r, columns))]
    if r.random() < 0.3:
        r.shuffle(blocks)
    gap = r.choice(["", "\n", "\n", "\n# a comment\n", "\n\n"])
    text = gap.join(block + "\n" for block in blocks)
    if r.random() < 0.1:
        text = "# the first line\n\n" + text
    if r.random() < 0.1:
        text = text.rstrip("\n")
    return text.replace("\n", "\r\n") if r.random() < 0.05 else text


@dataclass(frozen=True)
class Made:
    """A column of a generated file."""

    name: str
    type: str
    text: str


SCALARS = [
    "String", "Int32", "UInt64", "Float64", "DateTime", "Date", "UUID", "Bool", "Int8", "Int16",
    "Int64", "Int128", "Int256", "UInt8", "UInt16", "UInt32", "UInt128", "UInt256", "Float32",
    "Date32", "DateTime('Europe/Madrid')", "DateTime64(3)", "DateTime64(6, 'UTC')", "Decimal(10, 2)",
    "Decimal32(4)", "Decimal64(6)", "Decimal128(8)", "Decimal256(10)", "FixedString(16)",
    "Enum8('a' = 1, 'b' = 2)", "Enum16('x y' = -5, 'it' = 300)", "IPv4", "IPv6",
]  # fmt: skip
_IN_LOW_CARDINALITY = ["String", "FixedString(4)", "Nullable(String)", "UInt32", "Date"]
_KEYS = ["String", "UInt32", "LowCardinality(String)", "Int64", "UUID"]
_STATES = [
    "AggregateFunction(count)",
    "AggregateFunction(sum, UInt64)",
    "AggregateFunction(uniq, String)",
    "AggregateFunction(argMax, Nullable(String), DateTime64(6))",
    "AggregateFunction(quantiles(0.5, 0.9), Float64)",
    "SimpleAggregateFunction(sum, UInt64)",
    "SimpleAggregateFunction(anyLast, Nullable(String))",
    "SimpleAggregateFunction(groupUniqArrayArray, Array(String))",
]
_JSON = ["JSON", "JSON(max_dynamic_types=8, max_dynamic_paths=64)"]


def column_type(r: Random, depth: int = 2) -> str:
    """Return a type; nested ones hold types of one level less."""
    if not depth or r.random() < 0.55:
        return r.choice(SCALARS)
    inner = depth - 1
    space = r.choice(["", "", " "])
    makers: list[Callable[[], str]] = [
        lambda: f"Nullable({space}{r.choice(SCALARS)}{space})",
        lambda: f"LowCardinality({r.choice(_IN_LOW_CARDINALITY)})",
        lambda: f"Array({space}{column_type(r, inner)})",
        lambda: f"Map({r.choice(_KEYS)},{space}{column_type(r, inner)})",
        lambda: f"Tuple({column_type(r, inner)}, {column_type(r, inner)})",
        lambda: f"Tuple(x {column_type(r, inner)},{space}y {column_type(r, 0)})",
    ]
    if depth == 2:
        makers += [
            lambda: f"Nested(k {column_type(r, 0)}, v {column_type(r, 0)})",
            lambda: r.choice(_STATES),
            lambda: r.choice(_JSON),
        ]
    return r.choice(makers)()


# A column is written `name type` and these, in any order.
_DEFAULTS = {
    "String": ["'x'", "''", "'a, b'", "concat('a', 'b')", "'(x)'", "lower('A')", "toString(1 + 2)"],
    "UInt64": ["1", "1 + 2", "toUInt64(7)", "if(1 = 1, 2, 3)", "length([1, 2])"],
    "Int32": ["-1", "0", "(1)", "CAST(1, 'Int32')"],
    "Float64": ["0.5", "1e3", "pi()"],
    "DateTime": ["now()", "toDateTime('2020-01-01 00:00:00')", "now() - INTERVAL 1 DAY"],
    "DateTime64(3)": ["now64(3)", "now64()"],
    "Date": ["today()", "toDate('2020-01-01')"],
    "UUID": ["generateUUIDv4()"],
    "Bool": ["true", "false", "0"],
    "Array(String)": ["[]", "['a']", "array('a', 'b')", "splitByChar(',', 'a,b')"],
    "Map(String, UInt64)": ["map()", "map('a', 1)"],
    "Nullable(String)": ["NULL", "'x'"],
}  # fmt: skip
_CODECS = ["CODEC(ZSTD(1))", "CODEC(LZ4)", "CODEC(Delta(4), LZ4)", "CODEC( ZSTD )", "CODEC(NONE)"]
_BARE = ["amount", "userId", "user_agent", "tags", "order", "from", "index", "default", "n1", "_x"]
_QUOTED = ["`a-b`", "`a.b`", "`1st`", "`naïve`", "`sel,ect`", "`type`", "`(x)`"]


def _columns(r: Random) -> list[Made]:
    """Return the columns that keys name, and some that are as odd as columns may be."""
    has_path = r.random() < 0.7
    made = [
        _column(r, "`id`", "String", "", has_path),
        _column(r, "ts", r.choice(["DateTime", "DateTime64(3)"]), "", has_path),
        _column(r, "`v`", "UInt32", "", has_path),
        _column(r, "sign", "Int8", "", has_path),
        _column(r, "`deleted`", "UInt8", "", has_path),
    ]
    names = r.sample(_BARE, r.randint(0, 4)) + r.sample(_QUOTED, r.randint(0, 2))
    for name in names:
        kind = r.choice(list(_DEFAULTS)) if r.random() < 0.5 else column_type(r)
        made.append(_column(r, name, kind, _default(r, kind), has_path))
    return made


def _default(r: Random, kind: str) -> str:
    if kind not in _DEFAULTS or r.random() < 0.3:
        return ""
    return f"{r.choice(['DEFAULT', 'DEFAULT', 'default'])} {r.choice(_DEFAULTS[kind])}"


def _column(r: Random, name: str, kind: str, default: str, has_path: bool) -> Made:
    parts = [default] if default else []
    if has_path and "Aggregate" not in kind:
        parts.append(_path(r, name.strip("`"), kind))
    if r.random() < 0.1 and not kind.startswith(("Nested", "JSON", "Array", "Map", "Tuple")):
        parts.append(r.choice(_CODECS))
    if r.random() < 0.3 and "CODEC" not in str(parts):  # DEFAULT may not follow CODEC
        r.shuffle(parts)
    written = kind
    if default and default.split(None, 1)[1] in ("now()", "'x'") and "`json" not in str(parts):
        written = r.choice([kind, ""])  # the expression gives the type
    gap = r.choice([" ", " ", " ", "  ", "\t"])
    return Made(name.strip("`"), kind, gap.join(part for part in [name, written, *parts] if part))


def _path(r: Random, name: str, kind: str) -> str:
    plain = "".join(c for c in name if c.isalnum() or c == "_")
    paths = [f"$.{plain}", f"$.{plain}", f"$.payload.{plain}", f"$.a-b.{plain}", f"$.{plain}:x"]
    if kind.startswith("Array"):
        paths += [f"$.{plain}[:]", f"$.items[:].{plain}"]
    if kind == "String":
        paths.append("$")
    return f"`json:{r.choice(paths)}`"


def _schema(r: Random, columns: Sequence[Made]) -> str:
    indent = r.choice(["    ", "    ", "  ", "\t", ""])
    lines = []
    for column in columns:
        last = column is columns[-1]
        comma = "" if last and r.random() < 0.7 else ","
        comment = r.choice(["", "", "", "", " -- why, it is", " --"])
        lines.append(f"{indent}{column.text}{comma}{comment}")
        if r.random() < 0.05:
            lines.append(r.choice([f"{indent}# a comment", f"{indent}-- a comment", ""]))
    if r.random() < 0.1 and not any("--" in line or "#" in line for line in lines):
        lines = [" ".join(line.strip() for line in lines)]
        lines[0] = f"    {lines[0]}"
    if not indent:  # a column must not look like an instruction
        lines = [line if line[:1] in "`#-" else f" {line}" for line in lines]
    return "\n".join([_block(r, "SCHEMA"), *lines])


def _word(r: Random, name: str) -> str:
    return r.choice([name, name, name, name, name.lower(), name.capitalize()])


def _block(r: Random, name: str) -> str:
    return f"{_word(r, name)}{r.choice([' >', ' >', ' >', ' > ', '  >'])}"


def _line(r: Random, name: str, value: str, *, comment: bool = True) -> str:
    """Return an instruction of one line, its value in quotes or not."""
    quotes = [f'"{value}"'] * 2 if '"' not in value else []
    quotes += [] if "'" in value else [f"'{value}'"]
    bare = [] if set("'\"#`") & set(value) else [value, value]
    end = r.choice(["", "", "", "", " ", " # why"]) if comment else ""
    gap = r.choice([" ", " ", " ", "  ", "\t"])
    return f"{_word(r, name)}{gap}{r.choice(bare + quotes)}{end}"


def _either(r: Random, name: str, value: str) -> str:
    """Return an instruction of one line, or as a block."""
    if r.random() < 0.85 or not name.startswith("ENGINE_"):
        return _line(r, name, value)
    return f"{_block(r, name)}\n    {value}"


def _description(r: Random, columns: Sequence[Made]) -> str:
    texts = ["Events", 'Events "quoted"', "it's # what; $HOME costs", "naïve ✓", "a > b", "  x"]
    kind = r.random()
    if kind < 0.4:
        return ""
    if kind < 0.7:
        return f"{_word(r, 'DESCRIPTION')} {r.choice(texts)}"
    body = r.choice(
        ["    One line", "    One\n    two", "    One\n      - two\n\n    three", "\tTab\n\tmore",
         "Not indented", "    # dropped\n    kept", "  **bold** `x`"]
    )  # fmt: skip
    return f"{_block(r, 'DESCRIPTION')}\n{body}"


def _tokens(r: Random, columns: Sequence[Made]) -> str:
    names = ["reader", '"read me"', "'app 1'", '"app"', "a_b-c", "naïve"]
    lines = []
    for _ in range(r.choice([0, 0, 1, 1, 2, 3])):
        permission = r.choice(["READ", "APPEND", "read", "Append"])
        end = r.choice(["", "", " ", " # c"])
        lines.append(f"{_word(r, 'TOKEN')} {r.choice(names)} {permission}{end}")
    return "\n".join(lines)


def _tags(r: Random, columns: Sequence[Made]) -> str:
    if r.random() < 0.7:
        return ""
    return _line(
        r, "TAGS", r.choice(["a", "a,b", "a, b", "stage=prod, team", "with space, b", "a,,b,"])
    )


def _indexes(r: Random, columns: Sequence[Made]) -> str:
    if r.random() < 0.75:
        return ""
    expressions = ["id", "v", "ts", "lower(id)", "(id, v)", "v % 8"]
    kinds = {
        "minmax": expressions,
        "set(100)": expressions,
        "set(0)": ["v"],
        "bloom_filter": ["id", "v", "lower(id)"],
        "bloom_filter(0.01)": ["id", "v"],
        "tokenbf_v1(256, 2, 0)": ["id", "lower(id)"],
        "ngrambf_v1(3, 256, 2, 0)": ["id"],
    }
    lines = []
    for number in range(r.randint(1, 3)):
        kind = r.choice(list(kinds))
        prefix = r.choice(["", "INDEX "])
        granularity = r.choice(["", " GRANULARITY 1", " GRANULARITY 4"])
        lines.append(f"    {prefix}i{number} {r.choice(kinds[kind])} TYPE {kind}{granularity}")
    return "\n".join([_block(r, "INDEXES"), *lines])


ENGINES: dict[str, list[dict[str, str]]] = {
    "MergeTree": [{}],
    "ReplacingMergeTree": [{}, {"VER": "v"}, {"VER": "v", "IS_DELETED": "deleted"}],
    "SummingMergeTree": [{}, {"COLUMNS": "v"}, {"COLUMNS": "v, deleted"}],
    "AggregatingMergeTree": [{}],
    "CollapsingMergeTree": [{"SIGN": "sign"}],
    "VersionedCollapsingMergeTree": [{"SIGN": "sign", "VERSION": "v"}],
    "Null": [{}],
}
SORTING_KEYS = ["id", "id, ts", "(id, ts)", "tuple(id)", "toDate(ts), id", "id, cityHash64(id)"]
PARTITION_KEYS = ["", "toYYYYMM(ts)", "toStartOfMonth(ts)", "tuple()", "(toYear(ts), length(id))"]
TTLS = [
    "", "toDateTime(ts) + INTERVAL 30 DAY", "toDate(ts) + toIntervalDay(60)",
    "toDateTime(ts) + INTERVAL 1 MONTH DELETE WHERE id = 'x'",
]  # fmt: skip
SETTINGS = ["", "index_granularity=32", "index_granularity = 128, ttl_only_drop_parts = 1"]


def engine_keys(r: Random) -> tuple[str, dict[str, str]]:
    """Return an engine and keys that go with it, over the columns that each file has."""
    name = r.choice(list(ENGINES))
    keys = {
        "SORTING_KEY": r.choice(SORTING_KEYS),
        "PARTITION_KEY": r.choice(PARTITION_KEYS),
        "TTL": r.choice(["", *TTLS]),
        "SETTINGS": r.choice(["", *SETTINGS]),
        **r.choice(ENGINES[name]),
    }
    if name in ("MergeTree", "AggregatingMergeTree", "SummingMergeTree") and r.random() < 0.2:
        keys["SORTING_KEY"] = r.choice(["", "tuple()"])
    elif r.random() < 0.15:
        keys["SORTING_KEY"] = keys["PRIMARY_KEY"] = "id"
    elif r.random() < 0.15:
        keys["SORTING_KEY"] = "id, cityHash64(id)"
        keys["SAMPLING_KEY"] = "cityHash64(id)"
    if name == "Null":
        keys = dict.fromkeys(keys, "")
    return name, {key: value for key, value in keys.items() if value or r.random() < 0.2}


_SHORT = ("SORTING_KEY", "PARTITION_KEY", "PRIMARY_KEY", "SAMPLING_KEY", "TTL")


def _engine(r: Random, columns: Sequence[Made]) -> str:
    if r.random() < 0.1:
        return ""
    name, keys = engine_keys(r)
    lines = []
    for key, value in keys.items():
        word = key if key in _SHORT and r.random() < 0.05 else f"ENGINE_{key}"
        lines.append(_either(r, word, value) if value else f'{word} ""')
    if r.random() < 0.2:
        r.shuffle(lines)
    return "\n".join([_line(r, "ENGINE", name), *lines])


def _others(r: Random, columns: Sequence[Made]) -> str:
    lines = []
    if r.random() < 0.15:
        query = r.choice(
            ["SELECT *", "SELECT *, 1 AS b", "SELECT id,\n      toDate(ts) AS d", "select *"]
        )
        lines.append(f"{_block(r, 'FORWARD_QUERY')}\n    {query}")
    if r.random() < 0.1:
        lines.append(_line(r, "BACKFILL", "skip"))
    if r.random() < 0.15:
        lines.append(
            r.choice(
                ["SHARED_WITH >\n    one", "SHARED_WITH >\n    one,\n    two", "SHARED_WITH one",
                 "SHARED_WITH >\n    one\n    two", 'SHARED_WITH "one, two"', "SHARED_WITH one,two,"]
            )
        )  # fmt: skip
    if r.random() < 0.05:
        lines.append(f"VERSION {r.randint(0, 12)}")
    return "\n".join(lines)


CONNECTORS = [
    {"KAFKA_CONNECTION_NAME": ["stream"], "KAFKA_TOPIC": ["t", "a.b"],
     "KAFKA_GROUP_ID": ["g", "$MARTLET_UNSET", '{{ tb_secret("group", "g") }}'],
     "KAFKA_AUTO_OFFSET_RESET": ["earliest", "latest", ""],
     "KAFKA_STORE_RAW_VALUE": ["True", "False", ""], "KAFKA_STORE_HEADERS": ["True", "False", ""],
     "KAFKA_KEY_FORMAT": ["avro", "json_with_schema", ""], "KAFKA_VALUE_FORMAT": ["avro", ""]},
    {"IMPORT_CONNECTION_NAME": ["bucket"], "IMPORT_BUCKET_URI": ["s3://b/*.csv", "gs://b/x.ndjson"],
     "IMPORT_SCHEDULE": ["@auto", "@on-demand", "@once"], "IMPORT_FORMAT": ["csv", "NDJSON", ""],
     "IMPORT_FROM_TIMESTAMP": ["2024-01-01T00:00:00Z", ""]},
    {"IMPORT_CONNECTION_NAME": ["dynamo"], "IMPORT_TABLE_ARN": ["arn:aws:dynamodb:eu:1:table/t"],
     "IMPORT_EXPORT_BUCKET": ["b"]},
    {"PG_CONNECTION_NAME": ["pg"], "PG_TABLE": ["public.t"]},
]  # fmt: skip


def _connector(r: Random, columns: Sequence[Made]) -> str:
    if r.random() < 0.7:
        return ""
    chosen = {name: r.choice(values) for name, values in r.choice(CONNECTORS).items()}
    lines = [_line(r, name, value) for name, value in chosen.items() if value]
    if r.random() < 0.2:
        r.shuffle(lines)
    return "\n".join(lines)
