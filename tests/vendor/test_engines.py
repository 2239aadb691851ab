"""Table engines: the table that Tinybird's ENGINE clause makes, and ours, as ClickHouse shows them.

`python -m tests.vendor.test_engines` compares every engine with every key.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from scripts.environments import FORWARD
from tests.files.generate_datasource import PARTITION_KEYS, SORTING_KEYS, TTLS, engine_keys
from tests.files.reading import read
from tests.vendor.oracle import Vendor

from martlet.catalog import TABLE_SETTINGS, table_ddl
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError
from martlet.model import Datasource
from martlet.shapes import ENGINE_FULL

COLUMNS = """SCHEMA >
    id String,
    ts DateTime DEFAULT now(),
    v UInt32 CODEC(ZSTD(1)),
    sign Int8,
    deleted UInt8,
    amount Decimal(18, 2),
    n Nullable(String),
    kind LowCardinality(String) DEFAULT 'a'
"""
Keys = Mapping[str, str]
Shape = tuple[tuple[object, ...], ...]

OWN: dict[str, list[Keys]] = {
    "MergeTree": [{}, {"VER": "v", "SIGN": "sign"}],
    "ReplacingMergeTree": [{}, {"VER": "v"}, {"VER": "ts", "IS_DELETED": "deleted"}],
    "SummingMergeTree": [{}, {"COLUMNS": "v"}, {"COLUMNS": "amount"}],
    "AggregatingMergeTree": [{}, {"IS_DELETED": "deleted"}],
    "CollapsingMergeTree": [{}, {"SIGN": "sign"}],
    "VersionedCollapsingMergeTree": [{}, {"SIGN": "sign"}, {"SIGN": "sign", "VERSION": "v"}],
    "Null": [{}, {"SIGN": "sign"}],
}
# Each is tried with every engine; empty ones stand in the file as `""`.
COMMON: list[Keys] = [
    {},
    {"SORTING_KEY": ""},
    {"SORTING_KEY": "tuple()"},
    *({"SORTING_KEY": key} for key in SORTING_KEYS),
    *({"SORTING_KEY": "id", "PARTITION_KEY": key} for key in PARTITION_KEYS),
    *({"SORTING_KEY": "id", "TTL": key} for key in TTLS),
    {"SORTING_KEY": "id, ts", "PRIMARY_KEY": "id"},
    {"SORTING_KEY": "id, ts", "PRIMARY_KEY": "ts"},
    {"SORTING_KEY": "id, cityHash64(id)", "SAMPLING_KEY": "cityHash64(id)"},
    {"SORTING_KEY": "id", "SAMPLING_KEY": "cityHash64(id)"},
    {"SORTING_KEY": "id", "SETTINGS": "index_granularity=32"},
    {"SORTING_KEY": "id", "SETTINGS": "index_granularity = 128, ttl_only_drop_parts = 1"},
    {"SORTING_KEY": "id", "SETTINGS": "no_such_setting = 1"},
    {"SORTING_KEY": "id", "TTL": "ts + toIntervalDay(1) GROUP BY id SET v = max(v)"},
    {"SORTING_KEY": "id", "TTL": "ts + toIntervalDay(1) DELETE, ts + toIntervalDay(2) RECOMPRESS CODEC(ZSTD)"},
    {"SORTING_KEY": "id", "PARTITION_KEY": "rand()"},
    {"SORTING_KEY": "id", "TTL": "v"},
]  # fmt: skip


_ONE: Keys = {"SORTING_KEY": "id"}
_FEW = [*COMMON[:3], {"SORTING_KEY": "id, ts", "PRIMARY_KEY": "id"}]


def file_of(name: str, keys: Keys) -> str:
    lines = [f'ENGINE_{key} "{value}"' for key, value in keys.items()]
    return "\n".join([f'{COLUMNS}ENGINE "{name}"', *lines, ""])


def combinations(name: str) -> Iterator[str]:
    """Yield the files of an engine with all keys."""
    for keys, common in itertools.product(OWN[name], COMMON):
        yield file_of(name, {**common, **keys})


def shown_combinations() -> Iterator[str]:
    """Yield some: what engines share is written by the same code, so one of them shows all."""
    for name, own in OWN.items():
        for keys, common in itertools.product(own, COMMON):
            is_shown = name == "MergeTree" and keys is own[-1]
            if is_shown or common == _ONE or (keys is own[-1] and common in _FEW):
                yield file_of(name, {**common, **keys})


class Tables:
    """Tables that ClickHouse makes, each under a name of its own, and how it shows them."""

    def __init__(self, engine: ClickHouse) -> None:
        self.engine = engine
        self.count = 0

    def make(self, definition: str) -> str:
        """Return the table's name; empty if ClickHouse refuses it."""
        self.count += 1
        try:
            self.engine.command(f"CREATE TABLE t{self.count} {definition}")
        except QueryError:
            return ""
        return f"t{self.count}"

    def shapes(self) -> dict[str, Shape]:
        """Return by name what ClickHouse shows, without what Martlet sets for every table."""
        shapes: dict[str, Shape] = {"": ()}
        for row in self.engine.rows(
            "SELECT table, engine_full, partition_key, sorting_key, primary_key, sampling_key"
            " FROM system.tables WHERE database = currentDatabase()"
        ):
            full = ENGINE_FULL.fullmatch(str(row["engine_full"]))
            assert full is not None
            settings = (full["settings"] or "").split(", ")
            own = [setting for setting in settings if not _is_everywhere(setting)]
            # Parentheses around one column; a stored table would seem to be another without them.
            name = re.sub(r"^(SummingMergeTree\()\((\w+)\)", r"\1\2", full["engine"])
            shapes[str(row["table"])] = ((name, full["ttl"], *own, *list(row.values())[2:]),)
        for row in self.engine.rows(
            "SELECT table, name, type, default_kind, default_expression, compression_codec"
            " FROM system.columns WHERE database = currentDatabase() ORDER BY position"
        ):
            table, *facts = row.values()
            shapes[str(table)] += (tuple(facts),)
        return shapes


def _is_everywhere(setting: str) -> bool:
    # ClickHouse writes the granularity into every table.
    return setting.split(" ")[0] in TABLE_SETTINGS or setting == "index_granularity = 8192"


def theirs(tables: Tables, forward: Vendor, text: str) -> str:
    """Make the table that Tinybird's ENGINE clause stands for."""
    answer = forward.ask("datasource", content=text)
    if "error" in answer:
        return ""
    (node,) = answer["value"]["nodes"]
    made = node["engine"]
    args = dict(made["args"])
    clause = forward.ask("engine", name=made["type"], args=args, columns=node["columns"])
    if "error" in clause:
        return ""
    columns = (f"{column['name']} {_column(column)}" for column in node["columns"])
    return tables.make(f"({', '.join(columns)}) ENGINE = {clause['value']}")


def _column(column: Mapping[str, object]) -> str:
    kind = f"Nullable({column['type']})" if column["nullable"] else column["type"]
    return f"{kind} {column['default_value'] or ''} {column['codec'] or ''}"


def ours(tables: Tables, text: str) -> str:
    """Make our own table of the same file."""
    found, report = read(text)
    if report.errors:
        return ""
    assert isinstance(found, Datasource)
    return tables.make(table_ddl(found, name="t").removeprefix("CREATE TABLE `t`"))


@pytest.fixture
def tables(engine: ClickHouse) -> Tables:
    return Tables(engine)


def compared(
    tables: Tables, forward: Vendor, texts: Iterable[str]
) -> Iterator[tuple[str, Shape, Shape]]:
    """Yield each file, the shape of our table of it and that of theirs."""
    made = {text: (ours(tables, text), theirs(tables, forward, text)) for text in texts}
    shapes = tables.shapes()
    for text, (our_table, their_table) in made.items():
        yield text, shapes[our_table], shapes[their_table]


def test_every_engine_and_every_key(forward: Vendor, tables: Tables):
    found = list(compared(tables, forward, shown_combinations()))
    for text, our_shape, their_shape in found:
        assert our_shape == their_shape, text
    assert sum(bool(our_shape) for _, our_shape, _ in found) > 40


def test_generated_engines(forward: Vendor, tables: Tables):
    texts = [file_of(*engine_keys(Random(seed))) for seed in range(40)]
    texts = [text for text in texts if "v, deleted" not in text]  # one of `DIFFERENT`
    for text, our_shape, their_shape in compared(tables, forward, texts):
        assert our_shape, text
        assert our_shape == their_shape, text


# Where ours makes a table and Tinybird's package does not, or another one, with the reason.
DIFFERENT = {
    "the package writes SummingMergeTree(v, deleted), which ClickHouse refuses": file_of(
        "SummingMergeTree", {"SORTING_KEY": "id", "COLUMNS": "v, deleted"}
    ),
    "the package refuses parentheses": file_of(
        "SummingMergeTree", {"SORTING_KEY": "id", "COLUMNS": "(v, deleted)"}
    ),
    "the package refuses it by its parser": file_of("MergeTree()", {"SORTING_KEY": "id"}),
    "ClickHouse of the package has no Nullable keys": file_of(
        "MergeTree", {"SORTING_KEY": "ifNull(n, '')"}
    ),
    "the package refuses the version inside of a function too": file_of(
        "ReplacingMergeTree", {"SORTING_KEY": "toDate(ts), id", "VER": "ts"}
    ),
}


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_what_only_ours_makes(forward: Vendor, tables: Tables, text: str):
    assert ours(tables, text)
    assert not theirs(tables, forward, text)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Log", {}),
        ("Memory", {}),
        ("Kafka", {}),
        ("ReplicatedMergeTree", {}),
        ("CollapsingMergeTree", {"sorting_key": "id"}),
        ("ReplacingMergeTree", {"sorting_key": "tuple()"}),
    ],
)
def test_engines_that_are_refused(forward: Vendor, name: str, keys: Keys):
    text = file_of(name, {key.upper(): value for key, value in keys.items()})
    (error,) = read(text)[1].errors
    refusal = forward.ask("engine", name=name, args=keys)["error"]
    assert error.message.startswith(refusal) or "required" in error.message


def test_is_deleted_is_not_taken_as_the_version(forward: Vendor):
    keys = {"SORTING_KEY": "id", "IS_DELETED": "deleted"}
    text = file_of("ReplacingMergeTree", keys)
    (node,) = forward.ask("datasource", content=text)["value"]["nodes"]
    given = {"args": dict(node["engine"]["args"]), "columns": node["columns"]}
    clause = forward.ask("engine", name="ReplacingMergeTree", **given)["value"]
    assert clause == "ReplacingMergeTree(deleted) ORDER BY (id)"
    assert [e.message for e in read(text)[1].errors] == ["ENGINE_IS_DELETED requires ENGINE_VER"]


def test_only_ours_has_join(forward: Vendor, classic: Vendor, tables: Tables):
    """Of older projects; neither of the vendor's packages takes its keys any more."""
    keys = {"JOIN_STRICTNESS": "ANY", "JOIN_TYPE": "LEFT", "KEY_COLUMNS": "id"}
    text = file_of("Join", keys)
    assert ours(tables, text)
    assert not theirs(tables, forward, text)
    files = {"kind": "datasource", "files": {"x.datasource": text}, "name": "x.datasource"}
    assert "error" in classic.ask("classic", **files)


def main() -> None:
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder, closing(Vendor(FORWARD)) as vendor:
        for name in OWN:
            # A database for each: ClickHouse is slow with hundreds of tables.
            with closing(ClickHouse(Path(folder), database=name)) as engine:
                for text, our_shape, their_shape in compared(
                    Tables(engine), vendor, combinations(name)
                ):
                    counts["made" if our_shape else "refused"] += 1
                    if our_shape != their_shape and text not in DIFFERENT.values():
                        counts["different"] += 1
                        print(f"{text}\n{our_shape[:1]}\n{their_shape[:1]}\n{'-' * 40}")
                engine.command(f"DROP DATABASE {name} SYNC")
    print(dict(counts))


if __name__ == "__main__":
    main()
