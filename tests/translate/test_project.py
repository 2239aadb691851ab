"""The repository's own pipes answer the same on both engines, whichever parameters a request has.

On the fixtures with every combination of the optional parameters; on many generated rows with
none, each one, and all of them.
"""

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.translate.pipes import PipeOracle
from tests.trino.client import Trino
from tests.trino.differential import Table, twins

from martlet.catalog import table_ddl
from martlet.engines.clickhouse import ClickHouse
from martlet.files.project import load_project
from martlet.query import QueryBuilder
from martlet.types import parse_type

PROJECT = load_project(Path(__file__).parents[2])
QUERIES = QueryBuilder(PROJECT)

ROWS = 100_000

# Queries that run at the same time.
THREADS = 4

_PERIOD = {"start_date": "2023-02-01 00:00:00", "end_date": "2025-05-01 12:00:00"}
_MARKETING = {**_PERIOD, "channel": "email", "campaign": "black_friday", "event_type": "view"}
_APP = {**_PERIOD, "app_version": "1.2.3", "country": "US", "device_type": "smartphone",
        "event_type": "screen_view"}  # fmt: skip
_EMAIL = {**_PERIOD, "campaign_id": "camp_winter2023", "recipient_id": "user_74",
          "event_type": "send", "limit": 7}  # fmt: skip
_USER = {**_PERIOD, "user_id": "user_1028", "session_id": "session_10117", "country": "USA",
         "event_type": "page_view", "device_type": "mobile", "limit": 4}  # fmt: skip

# Values of the parameters that leave rows, in every combination.
VALUES: dict[str, dict[str, object]] = {
    "campaign_performance_by_platform": {**_PERIOD, "campaign_id": "camp_23"},
    "campaign_stats": _EMAIL,
    "campaign_timeline": _EMAIL,
    "event_properties": _APP,
    "events_by_campaign": _MARKETING,
    "events_by_channel": _MARKETING,
    "events_by_type": _APP,
    "recipient_activity": _EMAIL,
    "total_events": _MARKETING,
    "user_activity_metrics": _USER,
    "user_event_timeline": _USER,
    "user_session_stats": _USER,
    "user_sessions": _APP,
}

# A parameter without which a pipe has no rows.
NEEDED = {"user_event_timeline": "user_id"}

# Columns of the generated rows, as expressions over `number`; {0} is the number of a group of
# rows for which some of them are the same, {1} a number that looks random.
_TIME = "toDateTime('2023-01-01 00:00:00', 'UTC') + {1} % 74000000"
_USER_ID = "concat('user_', toString(1000 + ({0} + 908) % 997))"
_SESSION_ID = "concat('session_', toString(10000 + {0}))"
_AD = {
    "ad_id": "concat('ad-', toString(number % 31))",
    "campaign_id": "['camp_23', 'camp-456', '', 'größe'][1 + number % 4]",
    "platform": "['web', 'mobile', 'facebook', 'Web', ''][1 + {1} % 5]",
    "timestamp": _TIME,
    "user_id": _USER_ID,
    "country": "['US', 'Deutschland', ''][1 + {0} % 3]",
    "device_type": "['mobile', 'desktop'][1 + {0} % 2]",
}
GENERATED: dict[str, dict[str, str]] = {
    "ad_clicks": {
        "click_id": "concat('click_', toString(number))",
        "impression_id": "concat('imp_', toString({1} % 120000))",
        **_AD,
    },
    "ad_impressions": {"impression_id": "concat('imp_', toString(number))", **_AD},
    "app_events": {
        "event_id": "concat('evt_', toString(number))",
        "user_id": _USER_ID,
        "session_id": _SESSION_ID,
        "event_type": "['screen_view', 'app_open', 'tap', 'purchase'][1 + {1} % 4]",
        "event_time": _TIME,
        "app_version": "['1.2.3', '2.0.1', ''][1 + {0} % 3]",
        "device_type": "['smartphone', 'tablet', 'Desktop'][1 + intDiv({0}, 2) % 3]",
        "os_version": "concat('iOS ', toString(number % 5))",
        "country": "['US', 'GB', 'DE', '日本'][1 + intDiv({0}, 3) % 4]",
        "properties": """[
            '{{"key": "screen", "value": "cart"}}', '{{"key": "a", "value": 1}}', 'broken', '',
            '{{"value": "ü\\\\u00e9\\\\n", "key": ""}}', '{{"key": {{"a": 1}}, "value": null}}',
            concat('{{"key": "n", "value": "', toString({1} % 9), '"}}')
        ][1 + {1} % 7]""",
    },
    "email_events": {
        "event_id": "concat('ev_', toString(number))",
        "timestamp": _TIME,
        "event_type": "['send', 'send', 'open', 'click', 'bounce', 'unsubscribe'][1 + {1} % 6]",
        "campaign_id": "['camp_winter2023', 'camp_spring2024', 'ünï', ''][1 + intDiv({1}, 6) % 4]",
        "email_id": "concat('email_', toString({1} % 5000))",
        "recipient_id": "concat('user_', toString(number % 151))",
        "recipient_email": "concat('user', toString(number % 151), '@example.com')",
        "link_url": "if(number % 3 = 0, '', concat('https://example.com/', toString(number)))",
        "metadata": "concat('{{\"n\": ', toString(number), '}}')",
        "user_agent": "['Mozilla/5.0', 'Ünï', ''][1 + number % 3]",
    },
    "marketing_events": {
        "event_time": _TIME,
        "channel": "['email', 'social', 'search', ''][1 + {1} % 4]",
        "campaign": "['black_friday', 'fall_promotion', 'naïve'][1 + intDiv({1}, 4) % 3]",
        "user_id": "concat('user_', toString(number % 1000))",
        "event_type": "['view', 'click', 'purchase'][1 + intDiv({1}, 12) % 3]",
    },
    "user_events": {
        "event_id": "concat('ev_', toString(number))",
        "user_id": _USER_ID,
        "session_id": _SESSION_ID,
        "event_type": "['page_view', 'click', 'scroll'][1 + number % 3]",
        "page_url": "concat('https://example.com/', toString(number % 17))",
        "referrer": "['', 'https://twitter.com'][1 + number % 2]",
        "device_type": "['mobile', 'desktop', 'tablet'][1 + {0} % 3]",
        "browser": "['Safari', 'Chrome', 'Firefox'][1 + {0} % 3]",
        "country": "['UK', 'USA', 'Canada', 'São Tomé'][1 + {0} % 4]",
        "city": "['Zürich', 'Toronto', ''][1 + {0} % 3]",
        "properties": "concat('{{\"n\": ', toString(number), '}}')",
        "timestamp": _TIME,
    },
}


@pytest.fixture(scope="module")
def with_fixtures(clickhouse_path: Path, trino: Trino) -> Iterator[PipeOracle]:
    """The rows of the fixtures in both engines."""
    engine = ClickHouse(clickhouse_path, database="project_fixtures", settings=PROJECT.settings)
    with twins(engine, trino) as opened:
        made = PipeOracle(PROJECT, QUERIES, opened)
        for name, path in PROJECT.fixtures.items():
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            opened.load(Table(name, made.columns(name), rows))
            made.place(name)
        yield made
    engine.close()


@pytest.fixture(scope="module")
def with_many_rows(clickhouse_path: Path, trino: Trino) -> Iterator[PipeOracle]:
    """Generated rows in both engines."""
    engine = ClickHouse(clickhouse_path, database="project_rows", settings=PROJECT.settings)
    with twins(engine, trino) as opened:
        made = PipeOracle(PROJECT, QUERIES, opened)
        for name, expressions in GENERATED.items():
            listed = ", ".join(
                f"{text.format('intDiv(number, 7)', 'cityHash64(number, 5)')} AS `{column}`"
                for column, text in expressions.items()
            )
            engine.command(table_ddl(PROJECT.datasources[name]))
            names = ", ".join(expressions)
            engine.command(f"INSERT INTO `{name}` ({names}) SELECT {listed} FROM numbers({ROWS})")
            opened._publish(name, {c: parse_type(text) for c, text in made.columns(name).items()})
            made.place(name)
        yield made
    engine.close()


def _combinations(name: str) -> Iterator[dict[str, object]]:
    """Yield every set of a pipe's parameters."""
    names = [parameter.name for parameter in QUERIES.parameters(PROJECT.pipes[name])]
    for count in range(len(names) + 1):
        for chosen in itertools.combinations(names, count):
            yield {key: VALUES[name][key] for key in chosen}


def _check(pipes: PipeOracle, name: str, sets: list[dict[str, object]]) -> None:
    """Assert that a pipe's answers agree with each set of values, and have rows."""
    with ThreadPoolExecutor(THREADS) as pool:
        differences = list(pool.map(lambda values: pipes.difference(name, values), sets))
    for values, found in zip(sets, differences, strict=True):
        assert not found, f"{values}: {found}"
        needed = NEEDED.get(name)
        assert pipes.count(name, values) or (needed and needed not in values), values


def _each_alone_and_all(name: str) -> list[dict[str, object]]:
    """Return the sets of values with one parameter or none, and the one with all."""
    sets = list(_combinations(name))
    return [*(values for values in sets if len(values) <= 1), sets[-1]]


@pytest.mark.parametrize("name", PROJECT.pipes)
def test_each_parameter(with_fixtures: PipeOracle, name: str):
    _check(with_fixtures, name, _each_alone_and_all(name))


@pytest.mark.proof
@pytest.mark.parametrize("name", PROJECT.pipes)
def test_every_combination(with_fixtures: PipeOracle, name: str):
    _check(with_fixtures, name, list(_combinations(name)))


@pytest.mark.proof
@pytest.mark.parametrize("name", PROJECT.pipes)
def test_many_rows(with_many_rows: PipeOracle, name: str):
    _check(with_many_rows, name, _each_alone_and_all(name))


def test_every_pipe_has_values():
    assert VALUES.keys() == PROJECT.pipes.keys()
    for name, source in PROJECT.datasources.items():
        assert GENERATED[name].keys() == {column.name for column in source.columns}
