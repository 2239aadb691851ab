"""Every pipe of `project/` answers on Athena's engine what it answers on ClickHouse.

The project is written as real ones are. Its data sources have their own engines in chDB, and in
Trino the rows as they arrived, with the hidden columns of the lake.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.translate.pipes import PipeOracle
from tests.translate.project_rows import Row, project_rows
from tests.trino.client import Trino
from tests.trino.differential import Table, twins

from martlet.catalog import table_ddl
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import MartletError, TemplateError
from martlet.files.project import load_project
from martlet.lake import HIDDEN
from martlet.query import Query, QueryBuilder
from martlet.translations import Translations

PROJECT = load_project(Path(__file__).parent / "project")
QUERIES = QueryBuilder(PROJECT)

HIDDEN_TYPES = {"__ingested_at": "Int64", "__batch": "String", "__row": "Int64"}

# Rows of a table are inserted in so many parts: FINAL has something to merge.
PARTS = 3

# Queries that run at the same time.
THREADS = 4

# A value for every parameter, which is not its default.
VALUES: dict[str, object] = {
    "account_id": "00000000-0000-4000-8000-00000000002a",
    "as_of": "2024-03-01",
    "amounts": "7,-1,9000000000000000000",
    "at": "2024-01-28 06:30:00",
    "at_least": 40,
    "below": 33,
    "browser": "chrome,safari",
    "budget": 1.25,
    "campaign_id": 3,
    "campaigns": "1,4",
    "column_name": "organization",
    "countries": "US,JP",
    "country": "DE",
    "coupon": "WELCOME",
    "customer_id": 21,
    "date_from": "2024-01-12",
    "date_to": "2024-01-25",
    "days": 3,
    "device": "mobile",
    "device_id": "d4",
    "devices": "d2,d3,d7",
    "end": "2024-02-05 12:00:00",
    "end_date": "2024-02-02 00:00:00",
    "environment": "staging",
    "exclude": "desktop",
    "fields": "url, session_id, visitor",
    "first": 9_000_000_011,
    "flag": "dark_mode",
    "from_time": "2024-01-11 01:02:03.400",
    "game": "dice",
    "granularity": "week",
    "group_by": "device",
    "hours": 30,
    "interests": "books",
    "is_gift": "true",
    "is_test": 1,
    "label": "100% o'clock",
    "levels": "error,warn",
    "limit": 4,
    "metrics": "seats, api",
    "min_calls": 1,
    "min_cost": 0.004,
    "min_events": 4,
    "min_total": 20,
    "minutes": 1440,
    "model": "small-1,mini",
    "month": 202402,
    "name": "pod",
    "names": "initech,acme,nobody",
    "number": -7,
    "offset": 2,
    "order_id": 18_446_744_073_709_551_000,
    "organization": "acme",
    "page": 1,
    "page_size": 3,
    "pattern": "%RE_USED%",
    "player_id": 9_000_000_013,
    "price": 0.5,
    "ratio": 1.5,
    "recipient": "user12@a.example",
    "regexp": "(?i)PANIC",
    "region": "us",
    "second": 9_000_000_012,
    "service": "api,auth",
    "service_name": "web",
    "skip": 1,
    "sku": "sku-5",
    "sort": "total",
    "start": "2024-01-06 00:00:00",
    "start_date": "2024-01-08 10:00:00",
    "status": "paid,shipped",
    "store_id": "s4",
    "stores": "s2,s8,s9",
    "tag": "vip",
    "target": 300,
    "tenant_id": "initech",
    "tenants": "acme,initech",
    "text": "yes",
    "threshold": 40.5,
    "timezone": "America/New_York",
    "to_time": "2024-02-01 00:00:00.000",
    "trace_id": "00000000-0000-4000-8000-000000000011",
    "until_time": "2024-01-18 00:00:00.000",
    "url_part": "shop",
    "user_id": "u12",
    "zone": "Asia/Tokyo",
}

# Where a pipe needs another value of a parameter than the others.
OWN_VALUES: dict[str, dict[str, object]] = {
    "activity_days": {"start": "2024-01-20"},
    "hits_over_time": {"granularity": "hour"},
    "link_clicks": {"tenant_id": "globex", "start": "2024-01-03 10:00:00"},
    "order_search": {"customer_id": 20, "page": 0},
    "sessions": {"start": "2024-01-06T00:00:00"},
}

# More ways through a template.
CHOICES: dict[str, tuple[dict[str, object], ...]] = {
    "customer_lookup": ({"customer_id": 12},),
    "analytics_router": ({"granularity": "day"},),
    "hits_columns": ({"fields": "payload"}, {"tenant_id": "it's"}),
    "hits_grouped": tuple({"group_by": name} for name in ("browser", "visitor", "duration_ms")),
    "hits_over_time": (
        {"granularity": "week"},
        {"granularity": "month"},
        {"granularity": "day", "device": "all"},
    ),
    "kpis": ({"date_from": "2024-01-12", "date_to": "2024-01-12"}, {"tenant_id": "acme"}),
    "link_clicks": ({"group_by": "country"}, {"group_by": "referrer"}, {"group_by": "browser"}),
    "llm_messages": ({"organization": "acme", "page": 2}, {"tag": "beta"}),
    "llm_usage": ({"column_name": "user"}, {"organization": ""}, {"model": "mini"}),
    "order_search": (
        {"status": "paid", "sort": "total", "page": 2},
        {"coupon": ""},
        {"is_gift": 0, "min_total": "350.5"},
    ),
    "sensor_locals": ({"zone": "UTC"}, {"zone": "Europe/Berlin"}),
    "tenant_overview": ({"tenants": "nobody's"},),
}

# Pipes that have a parameter without which they answer an error.
NEEDING = {"tenant_hits"}

# Pipes whose columns are states of aggregates: others read them.
STATES = {"hits_states", "order_states"}

# Ways that no row passes.
EMPTY = {
    "hits_columns-{'tenant_id': \"it's\"}",
    "tenant_overview-{'tenants': \"nobody's\"}",
}

# Pipes that `martlet check` says cannot run on Athena: how the message begins.
REFUSED: dict[str, str] = {
    "sensor_daily_spread": "Tuple(Float32, DateTime) has another order on Athena",
}

# Pipes that are answered differently: why.
WRONG: dict[str, str] = {}

# Pipes whose rows have the order of a node that they read.
ORDERED = {"model_ranking", "model_top", "newest_logs"}

KNOWN = {**REFUSED, **WRONG}

# Ways through such pipes that are right all the same.
RUNNING: set[str] = set()


ANSWERED = [name for name in PROJECT.pipes if name not in STATES | REFUSED.keys()]
SOURCES = {pipe.name: " ".join(node.sql for node in pipe.nodes) for pipe in PROJECT.pipes.values()}


def _ways() -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each pipe without values, where it has no required ones, and with each set of them."""
    for pipe in PROJECT.pipes.values():
        if pipe.name in STATES:
            continue
        values = {**VALUES, **OWN_VALUES.get(pipe.name, {})}
        given = {parameter.name: values[parameter.name] for parameter in QUERIES.parameters(pipe)}
        if pipe.name not in NEEDING:
            yield pipe.name, {}
        if given:
            yield pipe.name, given
        for choice in CHOICES.get(pipe.name, ()):
            yield pipe.name, choice


def _parameters() -> Iterator[object]:
    for name, values in _ways():
        kind = values if values in CHOICES.get(name, ()) else "all" if values else ""
        way = f"{name}-{kind}" if kind else name
        is_known = name in KNOWN and way not in RUNNING
        marks = [pytest.mark.xfail(reason=KNOWN[name], strict=True)] if is_known else []
        if values and name not in NEEDING:
            marks.append(pytest.mark.proof)
        yield pytest.param(name, values, id=way, marks=marks)


WAYS = list(_parameters())


@pytest.fixture(scope="module")
def pipes(clickhouse_path: Path, trino: Trino) -> Iterator[PipeOracle]:
    """Both engines with the project's rows."""
    yield from _both(clickhouse_path, trino, "own_pipes", project_rows())


@pytest.fixture(scope="module")
def checked() -> Translations:
    return Translations(PROJECT, QUERIES)


@pytest.fixture(scope="module")
def pipes_without_rows(clickhouse_path: Path, trino: Trino) -> Iterator[PipeOracle]:
    """Both engines with empty tables."""
    rows: dict[str, list[Row]] = {name: [] for name in PROJECT.datasources}
    yield from _both(clickhouse_path, trino, "own_pipes_without_rows", rows)


@pytest.fixture(scope="module")
def pipes_with_nulls(pipes: PipeOracle) -> PipeOracle:
    """The rows of `pipes`, and ClickHouse's setting join_use_nulls."""
    settings = replace(PROJECT.settings, join_use_nulls=True)
    made = PipeOracle(replace(PROJECT, settings=settings), QUERIES, pipes.oracle.twins)
    made.translations.tables.update(pipes.translations.tables)
    return made


def _both(
    clickhouse_path: Path, trino: Trino, database: str, rows_by_name: Mapping[str, list[Row]]
) -> Iterator[PipeOracle]:
    engine = ClickHouse(clickhouse_path, database=database, settings=PROJECT.settings)
    with twins(engine, trino) as opened:
        made = PipeOracle(PROJECT, QUERIES, opened)
        for name, rows in rows_by_name.items():
            columns = made.columns(name)
            arrived = [
                {**row, "__ingested_at": number, "__batch": "b", "__row": number}
                for number, row in enumerate(rows)
            ]
            opened.load(Table(f"raw_{name}", {**columns, **HIDDEN_TYPES}, arrived))
            _fill(engine, name, list(columns), len(rows))
            made.place(name, sql_name=f"raw_{name}", has_hidden=True)
        yield made
    engine.close()


def _fill(engine: ClickHouse, name: str, columns: list[str], count: int) -> None:
    """Make a data source's table with its own engine, whose parts stay as they are inserted."""
    engine.command(table_ddl(PROJECT.datasources[name]))
    engine.command(f"SYSTEM STOP MERGES `{name}`")
    listed = ", ".join(f"`{column}`" for column in columns)
    for part in range(PARTS if count else 0):
        engine.command(
            f"INSERT INTO `{name}` ({listed}) SELECT {listed} FROM `raw_{name}`"
            f" WHERE intDiv(__row * {PARTS}, {count}) = {part}"
            " SETTINGS optimize_on_insert = 0, async_insert = 0"
        )


@pytest.mark.parametrize(("name", "values"), WAYS)
def test_pipe(pipes: PipeOracle, name: str, values: dict[str, object], request):
    assert bool(pipes.count(name, values)) is (request.node.callspec.id not in EMPTY)
    found = pipes.difference(name, values, ordered=name in ORDERED or None)
    assert not found, found


@pytest.mark.proof
@pytest.mark.parametrize("name", [name for name in ANSWERED if " JOIN " in SOURCES[name]])
def test_joins_that_give_nulls(pipes_with_nulls: PipeOracle, name: str):
    found = pipes_with_nulls.difference(name, {})
    assert not found, found


@pytest.mark.proof
def test_pipes_without_rows(pipes_without_rows: PipeOracle):
    def difference(name: str) -> str:
        return pipes_without_rows.difference(name, VALUES if name in NEEDING else {})

    with ThreadPoolExecutor(THREADS) as pool:
        found = dict(zip(ANSWERED, pool.map(difference, ANSWERED), strict=True))
    assert not {name: text for name, text in found.items() if text}


@pytest.mark.parametrize("name", PROJECT.pipes)
def test_check_says_what_runs(checked: Translations, name: str):
    messages = [error.message for error in checked.errors(PROJECT.pipes[name])]
    assert len(messages) == (name in REFUSED), messages
    assert all(message.startswith(REFUSED[name]) for message in messages)


def _translated(translations: Translations, query: Query) -> str:
    try:
        return translations.translate(query).sql
    except MartletError as error:
        return error.message


def _query(name: str, values: Mapping[str, object]) -> Query | None:
    try:
        return QUERIES.build(PROJECT.pipes[name], values)
    except TemplateError:  # such a value is not of the parameter's type
        return None


def test_what_was_translated_before_changes_nothing():
    """A known translation with other texts put into it is what the query would be anew."""
    known = Translations(PROJECT, QUERIES)
    for text in (None, "", 'it\'s 100% \\ "q" ü', "2024-01-31"):
        for name, values in _ways():
            given = {key: old if text is None else text for key, old in values.items()}
            query = _query(name, given)
            if query is not None:
                anew = _translated(Translations(PROJECT, QUERIES), query)
                assert _translated(known, query) == anew, (name, given)


def test_there_is_enough_to_see():
    assert len(PROJECT.datasources) >= 10
    assert len(PROJECT.pipes) >= 130
    assert KNOWN.keys() <= PROJECT.pipes.keys()
    assert HIDDEN_TYPES.keys() == HIDDEN.keys()
