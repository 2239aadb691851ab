"""Partitions that are left out: which conditions say so, that Trino does, and that no row is lost."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from tests.translate.oracle import Oracle
from tests.trino.differential import Table, _names

from martlet.lake import WRITE_SETTINGS, lake_type
from martlet.model import TableEngine
from martlet.translate.tables import Partitions, TableFacts
from martlet.translate.translator import Translator
from martlet.translate.typing import canonical, type_of

COLUMNS = {"id": "UInt32", "ts": "DateTime", "t3": "DateTime64(3)", "t6": "DateTime64(6)", "tz": "DateTime('America/New_York')",
           "d": "Date", "ms": "Int64", "v": "Int32", "country": "String"}  # fmt: skip
TYPES = {name: canonical(type_of(text)) for name, text in COLUMNS.items()}
AHEAD = 2


def days_of(sql: str, key: str = "toYYYYMM(ts)", *, table: str = "t", ahead: int = AHEAD, first: str | None = None,
             engine: TableEngine | None = None) -> list[str]:  # fmt: skip
    """Return the conditions on days in a translation."""
    facts = TableFacts(
        TYPES, engine or TableEngine(partition_key=key), partitions=Partitions(first, ahead)
    )
    plain = TableFacts({"id": TYPES["id"], "ts": TYPES["ts"]})
    translated = Translator({table: facts, "u": plain}).translate(sql).sql
    found = []
    for line in translated.replace(" AND ", "\n").splitlines():
        word, _, rest = line.strip().removeprefix("WHERE ").removeprefix("AND ").partition(" >= ")
        if word.endswith(".dt"):
            found.append(rest)
    return found


SHAPES = {
    "toYYYYMM(ts)": ("ts", "'2024-03-08'"),
    "toYear(ts)": ("ts", "'2024-03-08'"),
    "ts": ("ts", "'2024-03-08'"),
    "toDate(ts)": ("ts", "'2024-03-08'"),
    "toYYYYMMDD(t3)": ("t3", "'2024-03-08'"),
    "toStartOfMonth(t6)": ("t6", "'2024-03-08'"),
    "toMonday(d)": ("d", "'2024-03-08'"),
    "d": ("d", "'2024-03-08'"),
    "(toYYYYMM(ts), country)": ("ts", "'2024-03-08'"),
    "(country, toYYYYMM(ts))": ("ts", "'2024-03-08'"),
    "toYYYYMM(toDateTime64(t3, 3))": ("t3", "'2024-03-08'"),
    "toYYYYMM(tz)": ("tz", "'2024-03-07'"),
    "toYYYYMM(fromUnixTimestamp64Milli(ms))": ("fromUnixTimestamp64Milli(ms)", "'2024-03-08'"),
    "substring(country, 1, 1)": ("ts", None),
    "tuple()": ("ts", None),
    "": ("ts", None),
    "id % 10": ("ts", None),
    "toYYYYMM(t3)": ("ts", None),
}


@pytest.mark.parametrize("key", SHAPES)
def test_partition_keys(key: str):
    column, day = SHAPES[key]
    found = days_of(f"SELECT count() FROM t WHERE {column} >= '2024-03-10'", key)
    if day is not None and column.startswith("from"):
        assert [text[:12] for text in found] in ([], ["date_format("], [day])
    else:
        assert found == ([] if day is None else [day])


CONDITIONS = {
    "ts > '2024-03-10 23:59:59'": ["'2024-03-08'"],
    "ts = '2024-03-10 10:00:00'": ["'2024-03-08'"],
    "'2024-03-10' <= ts": ["'2024-03-08'"],
    "ts BETWEEN '2024-03-10' AND '2024-04-01'": ["'2024-03-08'"],
    "toDate(ts) >= '2024-03-10'": ["'2024-03-08'"],
    "toDate(ts) = '2024-03-10'": ["'2024-03-08'"],
    "toStartOfMonth(ts) >= '2024-03-01'": ["'2024-02-28'"],
    "toStartOfHour(ts) > '2024-03-10 05:00:00'": ["'2024-03-08'"],
    "toYYYYMM(ts) >= 202401": ["'2023-12-30'"],
    "toYear(ts) = 2024": ["'2023-12-30'"],
    "toYYYYMMDD(ts) >= 20240310": ["'2024-03-08'"],
    "ts IN ('2024-03-12 00:00:00', '2024-03-11 00:00:00')": ["least('2024-03-10', '2024-03-09')"],
    "toDate(ts) IN ('2024-03-12')": ["'2024-03-10'"],
    "toUnixTimestamp(ts) >= 1710028800": ["'2024-03-08'"],
    "ts >= 1710028800": ["'2024-03-08'"],
    "v = 1 AND (ts >= '2024-03-10' AND country = 'x')": ["'2024-03-08'"],
    "ts >= '2024-03-10' AND ts >= '2024-04-10'": ["'2024-03-08'", "'2024-04-08'"],
    "toDate(ts, 'Asia/Tokyo') >= '2024-03-10'": ["'2024-03-07'"],
    "ts >= '1960-01-01'": ["'1969-12-30'"],
    "ts >= '2024-03-10' OR v = 1": [],
    "NOT (ts >= '2024-03-10')": [],
    "ts <= '2024-03-10'": [],
    "ts < '2024-03-10'": [],
    "ts != '2024-03-10'": [],
    "t3 >= '2024-03-10'": [],
    "ts NOT IN ('2024-03-10')": [],
    "ts >= t3": [],
    "toHour(ts) >= 5": [],
    "ts >= (SELECT max(ts) FROM u)": [],
    "v >= 20240310": [],
    "toDayOfMonth(ts) = 3": [],
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(condition: str):
    assert days_of(f"SELECT count() FROM t WHERE {condition}") == CONDITIONS[condition]
    assert days_of(f"SELECT count() FROM t PREWHERE {condition}") == CONDITIONS[condition]


def test_times_that_are_calculated():
    (day,) = days_of("SELECT count() FROM t WHERE ts >= now() - INTERVAL 7 DAY")
    assert "now()" in day or "current_timestamp" in day or "localtimestamp" in day
    (day,) = days_of("SELECT count() FROM t WHERE toDate(ts) > today() - 30")
    assert day.startswith("CAST(date_add('day', -2, ")
    (day,) = days_of("SELECT count() FROM t WHERE ts >= toDateTime('2024-03-10 00:00:00')")
    assert "2024-03-10" in day


def test_names():
    assert days_of(
        "SELECT toDate(ts) AS day, count() FROM t WHERE day >= '2024-03-10' GROUP BY day"
    ) == ["'2024-03-08'"]
    assert days_of("SELECT toStartOfHour(ts) AS ts FROM t WHERE ts >= '2024-03-10'") == [
        "'2024-03-08'"
    ]
    assert days_of("SELECT id AS ts FROM t WHERE ts >= 5") == []
    assert days_of("SELECT x.id FROM t AS x WHERE x.ts >= '2024-03-10'") == ["'2024-03-08'"]
    assert days_of("SELECT id FROM (SELECT * FROM t WHERE ts >= '2024-03-10')") == ["'2024-03-08'"]
    assert days_of("SELECT id FROM (SELECT * FROM t) WHERE ts >= '2024-03-10'") == []
    assert days_of("WITH a AS (SELECT * FROM t WHERE ts >= '2024-03-10') SELECT id FROM a") == [
        "'2024-03-08'"
    ]


def test_joins():
    left = "SELECT t.id FROM t LEFT JOIN u ON t.id = u.id WHERE t.ts >= '2024-03-10'"
    assert days_of(left) == ["'2024-03-08'"]
    assert days_of(left.replace("LEFT", "INNER")) == ["'2024-03-08'"]
    assert days_of(left.replace("LEFT", "RIGHT")) == []
    assert days_of(left.replace("LEFT", "FULL")) == []
    assert days_of("SELECT u.id FROM u LEFT JOIN t ON t.id = u.id WHERE t.ts >= '2024-03-10'") == []
    assert days_of("SELECT t.id FROM t JOIN u ON t.id = u.id WHERE u.ts >= '2024-03-10'") == []
    assert days_of("SELECT id FROM t JOIN u USING (id, ts) WHERE ts >= '2024-03-10'") == [
        "'2024-03-08'"
    ]


def test_first_day():
    assert days_of("SELECT count() FROM t", first="2024-01-05") == ["'2024-01-05'"]
    sql = "SELECT u.id FROM u LEFT JOIN t ON t.id = u.id"
    assert days_of(sql, first="2024-01-05") == []


def test_final():
    key = TableEngine("ReplacingMergeTree", sorting_key="id, ts", partition_key="toYYYYMM(ts)")
    sql = "SELECT count() FROM t FINAL WHERE ts >= '2024-03-10'"
    assert days_of(sql, engine=key) == ["'2024-03-08'"]
    assert days_of(sql, engine=key, first="2024-01-01") == ["'2024-01-01'", "'2024-03-08'"]
    day = TableEngine(
        "ReplacingMergeTree", sorting_key="toDate(ts), id", partition_key="toYYYYMM(ts)"
    )
    assert days_of(sql, engine=day) == ["'2024-03-08'"]
    other = TableEngine(
        "ReplacingMergeTree", sorting_key="id", ver="v", partition_key="toYYYYMM(ts)"
    )
    assert days_of(sql, engine=other) == []  # an older row of a key would come back


def test_no_column_of_days():
    facts = TableFacts(TYPES, TableEngine(partition_key="toYYYYMM(ts)"), partitions=None)
    sql = Translator({"t": facts}).translate("SELECT id FROM t WHERE ts >= '2024-03-10'").sql
    assert ".dt" not in sql
    facts = TableFacts(
        {**TYPES, "Dt": TYPES["d"]},
        TableEngine(partition_key="toYYYYMM(ts)"),
        partitions=Partitions(),
    )
    sql = Translator({"t": facts}).translate("SELECT id FROM t WHERE ts >= '2024-03-10'").sql
    assert ".dt >=" not in sql


def test_the_text_is_a_slot():
    facts = TableFacts(
        TYPES, TableEngine(partition_key="toYYYYMM(ts)"), partitions=Partitions(ahead_days=1)
    )
    translator = Translator({"t": facts})
    for day, before in (("2024-03-10", "2024-03-09"), ("2024-01-01 10:00:00", "2023-12-31")):
        assert (
            f"t.dt >= '{before}'"
            in translator.translate(f"SELECT id FROM t WHERE ts >= '{day}'").sql
        )


# On a partitioned table

NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


@pytest.fixture(scope="module")
def lake(oracle: Oracle) -> Oracle:
    """A table partitioned by arrival: rows come late, early and in time."""
    rng = random.Random(5)
    rows = []
    for number in range(600):
        time = NOW - timedelta(seconds=rng.randrange(60 * 86_400))
        arrival = time + timedelta(
            seconds=rng.choice([0, 30, 3600, 40 * 86_400, -int(1.9 * 86_400)])
        )
        text = f"{time:%Y-%m-%d %H:%M:%S}"
        rows.append({
            "id": number, "ts": text, "t3": f"{text}.123", "t6": f"{text}.123456", "tz": f"{int(time.replace(tzinfo=UTC).timestamp())}",
            "d": f"{time:%Y-%m-%d}", "ms": int(time.replace(tzinfo=UTC).timestamp() * 1000), "v": rng.randrange(10), "country": rng.choice("ab"),
            "arrived": f"{arrival:%Y-%m-%d}",
        })  # fmt: skip
    twins = oracle.twins
    twins.load(Table("t", {**COLUMNS, "arrived": "String"}, rows))
    folder = twins.folder / f"days_{next(_names)}"
    forms = {name: lake_type(type_) for name, type_ in TYPES.items()}
    written = ", ".join(f"{form.written(name)} AS {name}" for name, form in forms.items())
    settings = ", ".join(f"{key} = '{value}'" for key, value in WRITE_SETTINGS.items())
    for day in sorted({row["arrived"] for row in rows}):
        (folder / f"dt={day}").mkdir(parents=True)
        twins.engine.command(
            f"INSERT INTO FUNCTION file('{folder}/dt={day}/rows.parquet', 'Parquet')"
            f" SELECT {written} FROM t WHERE arrived = '{day}' SETTINGS {settings}"
        )
    declared = ", ".join(f"{name} {form.trino}" for name, form in forms.items())
    twins.trino.rows(
        f"CREATE TABLE days ({declared}, dt varchar) WITH (partitioned_by = ARRAY['dt'],"
        f" external_location = 'local:///{twins.schema}/{folder.name}')", schema=twins.schema,
    )  # fmt: skip
    twins.trino.rows(
        f"CALL system.sync_partition_metadata('{twins.schema}', 'days', 'ADD')", schema=twins.schema
    )
    return oracle


def use(lake: Oracle, key: str) -> None:
    lake.facts["t"] = TableFacts(
        TYPES, TableEngine(partition_key=key), "days", Partitions(None, AHEAD)
    )
    lake.translators.clear()


def days_read(lake: Oracle, sql: str) -> int:
    """Return how many partitions a translated query reads."""
    trino = lake.translate(sql).sql
    ((plan,),) = lake.twins.trino.rows(
        f"EXPLAIN (TYPE IO, FORMAT JSON) {trino}", schema=lake.twins.schema
    )
    (table,) = json.loads(plan)["inputTableColumnInfos"]
    ranges = [
        (item["low"]["value"], item["high"]["value"])
        for column in table["constraint"]["columnConstraints"]
        if column["columnName"] == "dt"
        for item in column["domain"]["ranges"]
    ]
    days = lake.twins.trino.rows('SELECT dt FROM "days$partitions"', schema=lake.twins.schema)
    return sum(any(low <= day <= high for low, high in ranges) for (day,) in days)


def day(back: int) -> str:
    return f"{NOW - timedelta(days=back):%Y-%m-%d}"


QUERIES = [
    ("toYYYYMM(ts)", f"ts >= '{day(5)}'"),
    ("toYYYYMM(ts)", f"ts >= '{day(5)} 12:30:00' AND ts < '{day(1)}'"),
    ("toDate(ts)", f"toDate(ts) = '{day(6)}'"),
    ("toYYYYMM(ts)", "ts >= now() - INTERVAL 7 DAY"),
    ("toYYYYMM(ts)", "toDate(ts) > today() - 8"),
    ("toYYYYMM(ts)", f"ts >= toDateTime('{day(5)} 01:00:00')"),
    ("toYYYYMM(t3)", f"t3 >= '{day(5)} 00:00:00.500'"),
    ("toYYYYMM(t3)", "t3 > now64(3) - INTERVAL 3 DAY"),
    ("toYYYYMM(t6)", f"t6 >= '{day(5)}'"),
    ("toYYYYMM(tz)", f"tz >= '{day(5)}'"),
    ("toYYYYMM(tz)", f"toDate(tz) >= toDate('{day(5)}')"),
    ("toYYYYMM(d)", f"d >= '{day(5)}'"),
    ("toYYYYMM(d)", "d >= today() - 4"),
    ("d", f"d IN ('{day(3)}', '{day(5)}')"),
    ("toYYYYMM(fromUnixTimestamp64Milli(ms))", f"ms >= {int((NOW - timedelta(days=5)).replace(tzinfo=UTC).timestamp() * 1000)}"),
    ("toYYYYMM(fromUnixTimestamp64Milli(ms))", f"fromUnixTimestamp64Milli(ms) >= toDateTime64('{day(5)} 00:00:00', 3)"),
    ("toYYYYMM(ts)", f"toUnixTimestamp(ts) >= {int((NOW - timedelta(days=5)).replace(tzinfo=UTC).timestamp())}"),
    ("toYYYYMM(ts)", f"toStartOfHour(ts) > '{day(5)} 03:00:00'"),
    ("toYYYYMM(ts)", f"toMonday(ts) >= '{day(9)}'"),
    ("toYYYYMM(ts)", f"toYYYYMMDD(ts) >= {day(5).replace('-', '')}"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "condition"), QUERIES, ids=[condition for _, condition in QUERIES])
def test_answers_and_days_read(lake: Oracle, key: str, condition: str):
    """Late rows and those of clocks that run ahead are there, and most days are not read."""
    use(lake, key)
    sql = f"SELECT count(), sum(id), min(ts), max(v) FROM t WHERE {condition}"
    lake.check(sql)
    every = days_read(lake, "SELECT count() FROM t WHERE country >= ''")
    read = days_read(lake, sql)
    assert 0 < read < 60
    assert every == 0 or read < every


def test_no_row_is_lost(lake: Oracle):
    use(lake, "toYYYYMM(ts)")
    rng = random.Random(11)
    for _ in range(12):
        sign = rng.choice([">=", ">", "="])
        function = rng.choice(
            ["ts", "toDate(ts)", "toStartOfHour(ts)", "toMonday(ts)", "toStartOfMonth(ts)"]
        )
        bound = NOW - timedelta(seconds=rng.randrange(62 * 86_400))
        text = (
            f"{bound:%Y-%m-%d}"
            if function.startswith(("toDate", "toMon", "toStartOfM"))
            else f"{bound:%Y-%m-%d %H:%M:%S}"
        )
        lake.check(f"SELECT id, ts FROM t WHERE {function} {sign} '{text}' AND v < 8 ORDER BY id")
