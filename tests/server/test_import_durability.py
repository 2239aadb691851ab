"""Replacements, deletes and imports of a server that is killed: the old rows or the new, all of them."""

import http.client
import json
import random
import threading

import pytest
from tests.server.process import Client, in_background, ndjson, wait_until

DERIVED = "SCHEMA >\n    id String,\n    n Int64\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"


@pytest.fixture
def replaced_project(project):
    """`viewed`, which a view copies to `copies`; an endpoint that tells of both at once."""
    (project / "pipes" / "turns.pipe").write_text(
        "NODE n\nSQL >\n    SELECT 'viewed' AS table, n AS turn, count() AS rows FROM viewed GROUP BY n"
        " UNION ALL SELECT 'copies' AS table, n AS turn, count() AS rows FROM copies GROUP BY n\n"
        "TYPE endpoint\n"
    )
    return project


def batch(turn: int, rows: int) -> bytes:
    return ndjson({"id": str(number), "n": turn} for number in range(rows))


def replace(client: Client, turn: int, rows: int) -> None:
    # Every second turn by a condition that all rows meet: the other way to the same end.
    condition = "&replace_condition=n%20%3E%3D%200" if turn % 2 else ""
    target = f"/v0/datasources?mode=replace&name=viewed&format=ndjson{condition}"
    answer = client.request("POST", target, batch(turn, rows))
    assert answer.status == 200, answer.body
    assert answer.json()["successful_rows"] == rows


def test_a_killed_server_has_the_old_rows_or_the_new(start_server, replaced_project):
    rows, state = 200, {"begun": 0, "done": 0}
    server = start_server(replaced_project)
    first = server.client()
    replace(first, 0, rows)
    first.close()

    def replace_until_cut_off(stop: threading.Event) -> None:
        client = Client(server.port)
        try:
            while not stop.is_set():
                state["begun"] += 1
                replace(client, state["begun"], rows)
                state["done"] = state["begun"]
        except (OSError, http.client.HTTPException):
            return
        finally:
            client.close()

    for _ in range(2):
        enough = state["done"] + random.randint(1, 4)
        with in_background(replace_until_cut_off):
            wait_until(lambda: state["done"] >= enough)  # noqa: B023  ends in this turn
            threading.Event().wait(random.random() * 0.1)
            server.kill()
        server = start_server(replaced_project)
        found = {row["table"]: row for row in server.rows("turns")}
        assert len(server.rows("turns")) == 2, found
        turn = found["viewed"]["turn"]
        assert turn in (state["done"], state["begun"])
        assert found == {
            name: {"table": name, "turn": turn, "rows": rows} for name in ("viewed", "copies")
        }
        state["begun"] = state["done"] = turn


def test_views_and_deletes_go_on_after_a_replacement(start_server, replaced_project):
    """As in the other tests of the API, but in the database that servers have."""
    server = start_server(replaced_project)
    client = server.client()
    for turn in range(2):
        replace(client, turn, 3)
        assert server.post("viewed", {"id": "new", "n": 9}).status == 202
        assert len(server.rows("copies_ids")) == 4
    started = client.request("POST", "/v0/datasources/viewed/delete", "delete_condition=n=9").json()
    wait_until(lambda: server.get(f"/v0/jobs/{started['id']}").json()["status"] == "done")
    assert server.get(f"/v0/jobs/{started['id']}").json()["rows_affected"] == 1
    assert len(server.rows("viewed_ids")) == 3
    assert client.request("POST", "/v0/datasources/viewed/truncate", "").status == 200
    assert server.rows("viewed_ids") == []
    assert len(server.rows("copies_ids")) == 4
    client.close()


def test_jobs_of_a_killed_server_are_interrupted(start_server, project):
    (project / "pipes" / "endless.pipe").write_text(
        "NODE n\nSQL >\n    SELECT toString(count()) AS id, toInt64(1) AS n FROM"
        " numbers(100000000000000) WHERE NOT ignore(number)\nTYPE copy\nTARGET_DATASOURCE copies\n"
    )
    server = start_server(project)
    done = server.request("POST", "/v1/datasources/plain/append?format=ndjson", batch(1, 5)).json()
    wait_until(lambda: server.get(f"/v0/jobs/{done['id']}").json()["status"] == "done")
    started = server.request("POST", "/v0/pipes/endless/copy").json()
    wait_until(lambda: server.get(f"/v0/jobs/{started['id']}").json()["status"] == "working")
    server.kill()
    server = start_server(project)
    assert server.rows("plain_count") == [{"rows": 5, "ids": 5}]
    job = server.get(f"/v0/jobs/{started['id']}").json()
    assert (job["status"], job["error"]) == ("error", "interrupted")
    jobs = server.get("/v0/jobs").json()["jobs"]
    assert [each["id"] for each in jobs] == [started["id"], done["id"]]
    assert jobs[1]["successful_rows"] == 5
    # What the killed copy had begun is gone, and so are files on their way.
    assert list((project / ".martlet" / "incoming").iterdir()) == []


def test_a_change_of_several_tables_is_brought_to_its_end(tmp_path):
    """A server that was killed between two exchanges: the next start does the second."""
    import subprocess
    import sys

    script = """
import sys
from pathlib import Path
from martlet import staging
from martlet.engines.clickhouse import ClickHouse
engine = ClickHouse(Path(sys.argv[1]))
rows = lambda table: engine.command(f"SELECT groupArray(n) FROM {table}").strip()
if sys.argv[2] == "kill":
    for name in ("a", "b", "sa", "sb"):
        engine.command(f"CREATE TABLE {'__stage_' * name.startswith('s') + name} (n UInt8) ENGINE = MergeTree ORDER BY n")
        engine.command(f"INSERT INTO {'__stage_' * name.startswith('s') + name} VALUES ({name.startswith('s') + 0})")
    exchange, left = staging._exchange, [int(sys.argv[3])]
    def exchange_then_die(*pair):
        if not left[0]:
            import os
            os._exit(9)
        left[0] -= 1
        exchange(*pair)
    staging._exchange = exchange_then_die
    staging.swap(engine, [("__stage_sa", "a"), ("__stage_sb", "b")])
else:
    staging.recover(engine)
    print(rows("a"), rows("b"), engine.command("SHOW TABLES").split())
"""
    for done in range(2):
        folder = str(tmp_path / str(done))
        command = [sys.executable, "-c", script, folder]
        assert subprocess.run([*command, "kill", str(done)]).returncode == 9
        ran = subprocess.run([*command, "recover"], capture_output=True, text=True)
        assert (
            ran.stdout.strip() == f"[1] [1] {json.dumps(['a', 'b']).replace(chr(34), chr(39))}"
        ), ran
