"""`.datasource` files put to Tinybird's own parser and to ours: what is accepted, and what it says.

`python -m tests.vendor.test_datasource --count 20000 --seed 7` puts many more to both.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scripts.environments import FORWARD
from tests.files.generate_datasource import datasource
from tests.files.reading import read
from tests.vendor.oracle import Answer, Vendor

from martlet.model import Datasource
from martlet.types import parse_type

COLUMNS = """SCHEMA >
    a String,
    n Nullable(String),
    v UInt32,
    ts DateTime,
    lc LowCardinality(Nullable(String)),
    m AggregateFunction(sum, UInt64)
"""

# What ours refuses and Tinybird's parser does not: Tinybird's server, or ClickHouse, would.
STRICTER = {
    r"Column '.*' does not exist in the SCHEMA": "ClickHouse refuses the table",
    r"Index '.*' (uses the column|is defined twice)": "ClickHouse refuses the table",
    r"Column '.*' is defined twice": "ClickHouse refuses the table",
    r"SCHEMA needs at least one column": "ClickHouse has no table without columns",
    r"Engine .* is not supported": "the package refuses it later, when it builds the table",
    r"ENGINE_\w+ is required for": "the package refuses it later, when it builds the table",
    r"ENGINE_IS_DELETED requires ENGINE_VER": "the package would take it as the version",
    r"Invalid INDEX syntax": "the package cuts off what follows the granularity; 0 is none",
    r"Unclosed (string|identifier)|Unexpected character|Expected closing": "ClickHouse refuses it",
    r"Unexpected (\W|\w+ after)|Expected a type": "the package takes what it cannot read as a codec",
    r"Column name and either type|Missing mandatory value": "the package takes a path as a name",
    r"Unclosed quote": "the package keeps the quote in the value",
    r"Invalid character '#'": "the package takes it as a comment behind a comma only",
    r"Invalid JSON path": "the server refuses it",
    r"A data source has one connector": "rows come from one place",
    r"VERSION (must be|needs)": "of Classic, which refuses it",
    r"(SCHEMA|INDEXES|ENGINE_\w+) needs a value": "an empty block is a mistake",
    r"Tuple needs at least one element": "it holds nothing",
    r"Column name contains invalid character|Expected closing '": "a quote in a plain name",
    r"Only tb_secret\(\)": "a brace that is not closed, or a tag without effect",
}
# What Tinybird's parser refuses and ours does not, with the reason; docs/projects.md says the same.
LENIENT = {
    r"Sorting key contains nullable column": "inside of a function, which Classic accepts",
    r"ENGINE_VER column .* cannot be included": "inside of a function, which Classic accepts",
    r"Expected closing (backtick|'|\")": "spaces in names, escapes and -- in texts, prose",
    r"Column name contains invalid character": "brackets in a DEFAULT: ['a', 'b']",
    r"Invalid character": "braces in a DEFAULT",
    r"Unexpected (DEFAULT after CODEC|TYPE after JSONPATH)": "parts of a column in any order",
    r"Boolean type is not supported": "Classic and ClickHouse accept it",
    r"Error parsing type: ": "ClickHouse says the same when the table is made",
    r"Unknown data type family: Time64": "the newer ClickHouse has it",
    r"does not support multiline arguments|SQL must be multiline": "Classic accepts it",
    r"Column name and either type or DEFAULT are required": "SCHEMA on one line, as in Classic",
    r"Invalid INDEX syntax": "ClickHouse's own spelling, in any case; on one line",
    r"(KAFKA_STORE_BINARY_HEADERS|IMPORT_STRATEGY) has been deprecated": "Classic has it",
    r"KAFKA_\w+ is not a valid option": "of Classic",
    r"Some connection params": "Classic's IMPORT_QUERY",
    r"SCHEMA is mandatory": "it stands behind the text of the DESCRIPTION",
    r"SOURCE has been deprecated": "Classic ignores it",
    r"NOT NULL column syntax not supported": "IS NOT NULL in a DEFAULT",
    r"Missing mandatory value for DEFAULT": "a column named like a keyword in a DEFAULT",
    r"Invalid number of arguments for TOKEN": "a quote inside of a word",
    r"Validation error": "DESCRIPTION without a text",
    r"is not a valid option|Unexpected error": "a byte order mark, JSON",
}
# Forward's parser knows these only as what is ignored.
_DEPRECATED = re.compile(r"(VERSION|KAFKA_TARGET_PARTITIONS|IMPORT_SERVICE) has been deprecated")


def ask(vendor: Vendor, texts: Iterable[str]) -> list[Answer]:
    questions = [{"ask": "datasource", "content": text, "secrets": []} for text in texts]
    return list(vendor.ask_all(questions))


def squeezed(text: object) -> str:
    """Return a text without white space: both sides break and indent lines in their own way."""
    return "".join(str(text).split())


def theirs(answer: Answer) -> dict[str, Any]:
    """Return what Tinybird's parser made of a file, in the words of `ours`."""
    file = answer["value"]
    (node,) = file["nodes"]
    engine = node.get("engine", {})
    legacy = {key: node[key] for key in _LEGACY if key in node}
    operational = node.get("tags", "").split("&") if node.get("tags") else []
    return {
        "columns": [
            (
                column["name"],
                their_type(column),
                column["jsonpath"],
                squeezed((column["default_value"] or "").removeprefix("DEFAULT")),
                squeezed(column["codec"] or ""),
            )
            for column in node["columns"]
        ],
        "engine": (engine.get("type") or "MergeTree").lower().removesuffix("()"),
        "keys": {
            key: squeezed(value)
            for key, value in [*legacy.items(), *engine.get("args", [])]
            if value.strip()
        },
        "indexes": [
            (i["name"], squeezed(i["expr"]), squeezed(i["type_full"]), int(i["granularity"] or 1))
            for i in node.get("indexes", [])
        ],
        "tokens": [(token["token_name"], token["permission"]) for token in file["tokens"]],
        "description": squeezed(file["description"] or ""),
        "tags": {tag for tag in [*(file["filtering_tags"] or []), *operational] if tag},
        "shared_with": file["shared_with"],
        "forward_query": squeezed(file["forward_query"] or ""),
        "backfill": (node.get("backfill") or "").lower(),
        "connector": {
            key: squeezed(value)
            for key, value in node.items()
            if key.startswith(("kafka", "import", "pg_"))
        },
        "deprecated": _deprecated(warning["message"] for warning in file["warnings"]),
    }


_LEGACY = ("sorting_key", "partition_key", "primary_key", "sampling_key", "ttl")


def their_type(column: Mapping[str, Any]) -> str:
    written = f"Nullable({column['type']})" if column["nullable"] else column["type"]
    return squeezed(parse_type(written)) if written else ""


def ours(found: Datasource, warnings: Iterable[str]) -> dict[str, Any]:
    """Return what our parser made of a file, for comparison."""
    engine = found.engine
    keys = [slot for slot in engine.__slots__ if slot not in ("name", "locations")]
    return {
        "columns": [
            (
                column.name,
                squeezed(column.type or ""),
                column.json_path,
                squeezed(column.default or ""),
                squeezed(f"CODEC({column.codec})" if column.codec else ""),
            )
            for column in found.columns
        ],
        "engine": engine.name.lower(),
        "keys": {key: squeezed(getattr(engine, key)) for key in keys if getattr(engine, key)},
        "indexes": [
            (i.name, squeezed(i.expression), squeezed(i.type), i.granularity) for i in found.indexes
        ],
        "tokens": [(token.name, token.permission) for token in found.tokens],
        "description": squeezed(found.description),
        "tags": set(found.tags),
        "shared_with": list(found.shared_with),
        "forward_query": squeezed(found.forward_query),
        "backfill": found.backfill,
        "connector": {
            key: squeezed(value) for key, value in found.connector.items() if key not in _IGNORED
        },
        "deprecated": _deprecated(warnings),
    }


_IGNORED = ("kafka_target_partitions", "import_service")


def _deprecated(warnings: Iterable[str]) -> list[str]:
    return sorted(found[1] for text in warnings if (found := _DEPRECATED.match(text)))


def difference(text: str, answer: Answer) -> str:
    """Return how the two sides differ in a file, beside the reasons above; empty if they do not."""
    found, report = read(text, secrets={})
    if report.errors and "error" in answer:
        return ""
    if report.errors:
        message = report.errors[0].message
        return "" if _is_known(message, STRICTER) else f"only ours refuses it: {message}"
    if "error" in answer:
        message = answer["error"].partition("\n")[0]
        return "" if _is_known(message, LENIENT) else f"only theirs refuses it: {message}"
    assert isinstance(found, Datasource)
    left, right = theirs(answer), ours(found, [warning.message for warning in report.warnings])
    return "; ".join(
        f"{key}: {left[key]} and ours {right[key]}" for key in left if left[key] != right[key]
    )


def _is_known(message: str, reasons: Mapping[str, str]) -> bool:
    return any(re.search(pattern, message) for pattern in reasons)


WORDS = [
    "SCHEMA >", "ENGINE", "TOKEN", "DESCRIPTION", ">", "\n", "    ", ",", "(", ")", "`", "'", '"', "#",
    "--", "DEFAULT", "CODEC(LZ4)", "Nullable(String)", "`json:$.a`", "x", "1", "INDEXES >", "TYPE",
]  # fmt: skip


def mutated(text: str, r: Random) -> str:
    """Return a file with a line or a word dropped, doubled, moved or garbled."""
    lines = text.split("\n")
    for _ in range(r.randint(1, 2)):
        at = r.randrange(len(lines))
        words = re.split(r"(\s+)", lines[at])
        word = r.randrange(len(words))
        kind = r.randrange(7)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, lines[at])
        elif kind == 2:
            lines.insert(r.randrange(len(lines)), lines.pop(at))
        elif kind == 3:
            lines[at] = "".join(words[:word] + words[word + 1 :])
        elif kind == 4:
            lines[at] = "".join([*words[:word], r.choice(WORDS), *words[word:]])
        elif kind == 5:
            lines[at] = "".join([*words[:word], words[word], " ", *words[word:]])
        else:
            lines[at] = lines[at].lstrip()
        lines = lines or [""]
    return "\n".join(lines)


def generated(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield valid files, each with a broken one made of it."""
    for number in range(count):
        r = Random(f"{seed}-{number}")
        text = datasource(r)
        yield text, mutated(text, r)


def differences(vendor: Vendor, texts: list[str]) -> list[tuple[str, str]]:
    answers = zip(texts, ask(vendor, texts), strict=True)
    return [(found, text) for text, answer in answers if (found := difference(text, answer))]


ALIKE = [
    "", 'DESCRIPTION "hi" # why', "DESCRIPTION# why", "DESCRIPTION it's  $HOME", "DESCRIPTION >\n    One\n      two\n\n    three",
    "DESCRIPTION > ignored\n    kept", "DESCRIPTION >\nnot indented", "DESCRIPTION",
    'TOKEN "a b" read', "TOKEN a APPEND # c", 'TOKEN "a"READ', "TOKEN $HOME READ", "TOKEN '' READ",
    "TAGS a, b", 'TAGS "a, b,c=d, e = f"', "TAGS a b,, c", "TAGS >\n    a", "TAGS $HOME", "TAGS it's",
    "ENGINE MergeTree # x", "ENGINE MergeTree#x", "ENGINE >\n    MergeTree", "ENGINE mergetree",
    "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a\nENGINE_VER >\n    v", 'ENGINE_TTL ""',
    'ENGINE_SORTING_KEY "a, v"', "ENGINE_SORTING_KEY a,  v", "ENGINE_SORTING_KEY `a`, `v`",
    "ENGINE_SORTING_KEY >\n    a,\n    v", "SORTING_KEY a\nPARTITION_KEY v\nPRIMARY_KEY a\nTTL ts",
    "ENGINE_SORTING_KEY a\nENGINE_SORTING_KEY v", "ENGINE MergeTree\n  ENGINE_SORTING_KEY a",
    "ENGINE_SETTINGS 'a # b' # c", 'ENGINE_SETTINGS "x = \'y\'"', "ENGINE_SETTINGS it's fine",
    "ENGINE_SETTINGS f('a', 'b')", "ENGINE_SETTINGS a\\", "ENGINE_VER v", "ENGINE_IS_DELETED v",
    "INDEXES >\n    i a TYPE minmax\n\n    # x\n    INDEX j v TYPE set(10) GRANULARITY 3",
    "INDEXES >\n    i a TYPE minmax,\n    j (a, v) TYPE set(10) -- c",
    "SHARED_WITH a b, c", "SHARED_WITH >\n    a b\n    c", 'SHARED_WITH "a" "b"',
    "SHARED_WITH >\n    a,\n\n    b,", "SHARED_WITH a\nSHARED_WITH b", "SHARED_WITH $HOME",
    "BACKFILL SKIP", "BACKFILL 'skip'", "FORWARD_QUERY >\n    a, b",
    "FORWARD_QUERY >\n    -- x\n    SELECT $HOME", "VERSION 2",
    "KAFKA_TOPIC 't' # x\nKAFKA_CONNECTION_NAME \"c d\"\nKAFKA_GROUP_ID g",
    "KAFKA_TOPIC ''\nKAFKA_CONNECTION_NAME ''\nKAFKA_GROUP_ID g", "KAFKA_KEY_FORMAT x",
    'KAFKA_TOPIC {{ tb_secret("t", "u") }}\nKAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID $NOPE',
    "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s\nIMPORT_SCHEDULE @auto\nIMPORT_FORMAT XML",
    "IMPORT_TABLE_ARN x\nIMPORT_CONNECTION_NAME c\nIMPORT_EXPORT_BUCKET b\nIMPORT_SCHEDULE 1 2 3",
    "IMPORT_QUERY select 1", "PG_TABLE ''\nPG_CONNECTION_NAME ''", "IMPORT_SERVICE s3",
    "KAFKA_TARGET_PARTITIONS auto", "ENGINE MergeTree\nENGINE_SORTING_KEY ts, v\nENGINE_TTL ts",
]  # fmt: skip


@pytest.mark.parametrize("lines", ALIKE)
def test_what_both_accept_means_the_same(forward: Vendor, lines: str):
    (answer,) = ask(forward, [f"{COLUMNS}{lines}\n"])
    assert "error" not in answer
    assert difference(f"{COLUMNS}{lines}\n", answer) == ""
    assert not read(f"{COLUMNS}{lines}\n", secrets={})[1].errors


SCHEMAS = [
    "a String", "`a` String,", "`a,b` String", "1st String", "a.b String", "a-b String", "`a'b` String",
    "a `json:$.a` String", "a String `json:$.a` `json:$.b[:].c`", "a String `json:`", "a String `json:$.é`",
    "a Int8 DEFAULT 1 CODEC(LZ4) `json:$`", "a DEFAULT 1 `json:$.a`", "a String DEFAULT 'it''s, (ok'",
    'a String DEFAULT "x"', "a Int8 codec (LZ4) ", "a Nullable(Int8) DEFAULT null", "a Int8 default null",
    "a Nullable( Int8 ) DEFAULT NULL CODEC(LZ4)", "a Tuple( x  Int8,y String)", "a VARCHAR(20)",
    "a Double Precision", "a INT UNSIGNED", "a Decimal(5)", "a Enum8('a,b' = 1, 'c')", "a json, b Json",
    "a LowCardinality(Nullable(String))", "a Nested(a Int8, b Array(Int8))", "a JSON(a.b UInt32, SKIP x)",
    "a AggregateFunction(argMax, Nullable(String), DateTime64(6))", "a Dynamic(max_types=3)", "a IntervalDay",
    "a Variant(Int8,String)", "a String -- x, y\n    , b Int8 -- z", "a String,\n    # x\n    b Int8",
    "a String, -- c\nb Int8", "a char large object", "a Map(String, Array(DateTime64(3, 'UTC')))",
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schemas_mean_the_same(forward: Vendor, schema: str):
    text = f"SCHEMA >\n    {schema}\n"
    (answer,) = ask(forward, [text])
    assert "error" not in answer
    assert difference(text, answer) == ""
    assert not read(text)[1].errors


REFUSED = [
    "TOKEN x", "TOKEN", "TOKEN x y READ", "TOKEN x WRITE", "SHARED_WITH ,", "BACKFILL foo",
    "KAFKA_GROUP_ID ''\nKAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c", "TOKEN >\n    x READ",
    "KAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c", "IMPORT_TABLE_ARN x\nIMPORT_CONNECTION_NAME c",
    "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s", "PG_TABLE t",
    "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s\nIMPORT_SCHEDULE ''",
    "IMPORT_CONNECTION_NAME c\nIMPORT_BUCKET_URI s\nIMPORT_SCHEDULE 0 * * * *",
    "ENGINE_SORTING_KEY n", "ENGINE_SORTING_KEY a, (n)", "ENGINE_SORTING_KEY `n`", "ENGINE_SORTING_KEY m",
    "ENGINE_SORTING_KEY sum(v)", "ENGINE_SORTING_KEY a, toDate(SUM(v))", "ENGINE_SORTING_KEY lc",
    "ENGINE_VER v\nENGINE_SORTING_KEY a, v\nENGINE ReplacingMergeTree", "INDEXES >\n    i a",
    "INDEXES >\n    i a TYPE", "INDEXES >\n    i.j a TYPE minmax",
]  # fmt: skip
BAD_SCHEMAS = [
    "a", "a `json:$.a`", "a(b) String", "a$b String", "naïve String", "a string", "a Foo", "a Array(Foo)",
    "a DateTime64", "a Array(DateTime64)", "a Int", "a UInt", "a String DEFAULT", "a String DEFAULT `json:$.a`",
    "a String DEFAULT DEFAULT 1", "a Int8 DEFAULT 1 DEFAULT 2", "a Int8 CODEC(LZ4) CODEC(LZ4)",
    "a Int8 `json:$.a` Int8", "a String `json:$.a`\n    b Int8", "a String NULL", "a String NOT NULL",
    "a String MATERIALIZED now()", "a String ALIAS b", "a Date TTL a + 1", "a String DEFAULT 'x",
    "a Int8 DEFAULT (1", "a String # x",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [f"{COLUMNS}{lines}\n" for lines in REFUSED]
    + [f"SCHEMA >\n    {schema}\n" for schema in BAD_SCHEMAS]
    + [f"{lines}\n{COLUMNS}" for lines in ("FOO x", "NODE x", "SETTINGS x", "ENGINE_FOO x", "-- x")]
    + ["\n", "# nothing\n", "DESCRIPTION hi\n", "ENGINE MergeTree\n"],
)
def test_what_both_refuse_has_the_same_message(forward: Vendor, text: str):
    (answer,) = ask(forward, [text])
    found = read(text)[1].errors
    assert answer.get("error", "").split("\n")[0].partition(" Maybe you meant")[0].rstrip(".") == (
        found[0].message.rstrip(".") if found else ""
    )


# What Tinybird's parser refuses and ours accepts, each with a reason in `LENIENT`.
ONLY_OURS = [
    f"{COLUMNS}{lines}\n"
    for lines in (
        "ENGINE_SORTING_KEY ifNull(n, '')", "ENGINE_SORTING_KEY n\nENGINE_SETTINGS allow_nullable_key=1",
        "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a, v % 8\nENGINE_VER v",
        "SORTING_KEY >\n    a", "FORWARD_QUERY SELECT 1", "INDEXES >\n    `i` a type minmax granularity 2",
        "INDEXES i a TYPE minmax", "IMPORT_QUERY select 1\nIMPORT_CONNECTION_NAME c", 'DESCRIPTION say "hi',
        "KAFKA_STORE_BINARY_HEADERS x", "IMPORT_STRATEGY append", "TOKEN x READ\nKAFKA_KEY x", "SOURCE x",
    )
] + [
    f"SCHEMA >\n    {schema}\n"
    for schema in (
        "`odd name` String", "a String `json:$.a b`", "a String DEFAULT '--'", "a String DEFAULT 'it\\'s'",
        "a Array(String) DEFAULT ['a', 'b']", "a Map(String, Int8) DEFAULT {'a': 1}", "a Time64(3)",
        "a Int8 CODEC(LZ4) DEFAULT 1", "a Boolean", "a UInt8 DEFAULT 1 IS NOT NULL", "a UInt8 DEFAULT ttl",
        "a String`json:$.a`",
    )
] + ["SCHEMA a String, b Int8\n", "\ufeffSCHEMA >\n    a String\n", '{"SCHEMA": "a String"}\n']  # fmt: skip


@pytest.mark.parametrize("text", ONLY_OURS)
def test_what_only_ours_accepts(forward: Vendor, text: str):
    (answer,) = ask(forward, [text])
    assert "error" in answer
    assert difference(text, answer) == ""
    assert not read(text)[1].errors


# What only ours refuses, each with a reason in `STRICTER`.
ONLY_THEIRS = [
    f"{COLUMNS}{lines}\n"
    for lines in (
        "ENGINE_SORTING_KEY zz", "ENGINE_SORTING_KEY A", "INDEXES >\n    i zz TYPE minmax", "ENGINE Foo",
        "INDEXES >\n    i a TYPE minmax\n    i v TYPE minmax", "ENGINE CollapsingMergeTree",
        "INDEXES >\n    i a TYPE minmax GRANULARITY x", "VERSION x", "SCHEMA \"\"",
        "KAFKA_TOPIC t\nKAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID g\nPG_TABLE t\nPG_CONNECTION_NAME c",
        "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY a\nENGINE_IS_DELETED v",
    )
] + [
    f"SCHEMA >\n    {schema}\n"
    for schema in (
        "-- none", "a String, a Int8", "a String `json:a`", "a Tuple()", "a' Int8",
        "a Int8 CODEC(LZ4) x",
    )
]  # fmt: skip


@pytest.mark.parametrize("text", ONLY_THEIRS)
def test_what_only_ours_refuses(forward: Vendor, text: str):
    (answer,) = ask(forward, [text])
    assert "error" not in answer
    assert difference(text, answer) == ""
    assert read(text)[1].errors


def test_generated_files_mean_the_same(forward: Vendor):
    texts = [text for text, _ in generated(300, 1)]
    for text, answer in zip(texts, ask(forward, texts), strict=True):
        assert "error" not in answer, text
        assert difference(text, answer) == "", text


TUTORIALS = sorted((Path(__file__).parents[1] / "tutorials").rglob("*.datasource"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_files_of_tutorials_mean_the_same(forward: Vendor, path: Path):
    text = path.read_text()
    (answer,) = ask(forward, [text])
    assert difference(text, answer) == ""


def test_broken_files_are_refused_alike(forward: Vendor):
    assert differences(forward, [text for _, text in generated(600, 2)]) == []


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--count", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    counts: Counter[str] = Counter()
    with closing(Vendor(FORWARD)) as vendor:
        pairs = list(generated(chosen.count, chosen.seed))
        for found, text in differences(vendor, [text for pair in pairs for text in pair]):
            shape = re.sub(r"'[^']*'", "'...'", found)[:90]
            counts[shape] += 1
            if counts[shape] == 1:
                print(f"{found}\n{text}\n{'-' * 40}")
    print(f"{2 * chosen.count} files, {counts.total()} differences: {dict(counts)}")


if __name__ == "__main__":
    main()
