"""The Trino server of the tests: it is Athena's engine, runs in UTC, and is shared."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from scripts import trino as script
from tests.trino.client import Trino, TrinoQueryError


def test_it_is_the_version_that_the_script_names(trino: Trino):
    assert trino.rows("SELECT node_version FROM system.runtime.nodes") == [(script.VERSION,)]


def test_time_is_utc(trino: Trino):
    assert trino.rows("SELECT current_timezone()") == [("UTC",)]


def test_rows_are_typed(trino: Trino):
    answer = trino.query(
        "SELECT 9223372036854775807 AS a, DECIMAL '18446744073709551615' AS b, nan() AS c,"
        " DATE '2149-06-06' AS d, TIMESTAMP '2026-01-02 03:04:05.678' AS e, NULL AS f,"
        " ARRAY[1, NULL] AS g, MAP(ARRAY['k'], ARRAY[1]) AS h, ROW('x', 1) AS i, true AS j"
    )
    assert answer.names == tuple("abcdefghij")
    assert answer.types[:2] == ("bigint", "decimal(20, 0)")
    (row,) = answer.rows
    assert str(row[2]) == "nan"
    assert row[:2] + row[3:] == (
        9223372036854775807,
        Decimal(18446744073709551615),
        datetime.date(2149, 6, 6),
        datetime.datetime.fromisoformat("2026-01-02T03:04:05.678"),
        None,
        [1, None],
        {"k": 1},
        ("x", 1),
        True,
    )


def test_a_failure_is_the_servers_own(trino: Trino):
    with pytest.raises(TrinoQueryError, match="Column 'nope' cannot be resolved"):
        trino.rows("SELECT nope")


def test_a_second_start_is_the_same_server(trino: Trino):
    assert script.start(script.default_home(), trino.server.run) == trino.server


def test_nothing_runs_where_nothing_was_started(tmp_path: Path):
    assert script.status(tmp_path) is None
    assert not script.stop(tmp_path / "absent")


def test_a_start_without_a_server_says_what_to_run(tmp_path: Path):
    with pytest.raises(script.TrinoError, match=r"scripts/trino.py provision"):
        script.start(tmp_path / "home", tmp_path / "run")


def test_without_maven_a_provision_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(script.TrinoError, match="mvn"):
        script.provision(tmp_path / "home")
    assert [path.name for path in tmp_path.iterdir()] == ["home.lock"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("dear")
    with pytest.raises(script.TrinoError, match="holds something else"):
        script.provision(tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "dear"


def test_what_a_killed_run_left_is_removed(tmp_path: Path, monkeypatch):
    (tmp_path / "home.partial-abc" / "lib").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(script.TrinoError):
        script.provision(tmp_path / "home")
    assert not (tmp_path / "home.partial-abc").exists()
