"""Requests with an Idempotency-Key, of clients that repeat them: stored once, whenever it dies."""

import http.client
import itertools
import random
import threading
import time
from pathlib import Path

import pytest
from tests.server.conftest import write_files
from tests.server.process import DEADLINE_S, Client, Server, in_background, ndjson, wait_until

EVENTS = """\
SCHEMA >
    id String `json:$.id`,
    part UInt8 `json:$.part`

ENGINE MergeTree
ENGINE_PARTITION_KEY part
ENGINE_SORTING_KEY id
"""
TOTALS = """\
SCHEMA >
    part UInt8,
    events UInt64

ENGINE SummingMergeTree
ENGINE_SORTING_KEY part
"""
COUNTING = """\
NODE counted
SQL >
    SELECT part, count() AS events FROM {table} GROUP BY part
TYPE materialized
DATASOURCE {table}_totals
"""
SUMS = """
    SELECT part, sum(of_table) AS stored, sum(of_view) AS counted FROM (
        SELECT part, 1 AS of_table, 0 AS of_view FROM {table}
        UNION ALL SELECT part, 0 AS of_table, events AS of_view FROM {table}_totals
    ) GROUP BY part"""
ENDPOINT = "NODE n\nSQL >\n    {sql}\nTYPE endpoint\n"

# Requests to the one have keys, rows of the other have ids.
TABLES = ("keyed", "by_id")
FILES = {"martlet.toml": '[datasources.by_id]\nid_column = "id"\n'} | {
    path: text
    for table in TABLES
    for path, text in (
        (f"datasources/{table}.datasource", EVENTS),
        (f"datasources/{table}_totals.datasource", TOTALS),
        (f"pipes/{table}_counting.pipe", COUNTING.format(table=table)),
        (f"pipes/{table}_sums.pipe", ENDPOINT.format(sql=SUMS.format(table=table))),
        (
            f"pipes/{table}_ids.pipe",
            ENDPOINT.format(sql=f"SELECT id, count() AS times FROM {table} GROUP BY id"),
        ),
    )
}
FILES["pipes/refused.pipe"] = ENDPOINT.format(
    sql="SELECT c__raw AS raw, count() AS times FROM keyed_quarantine GROUP BY raw"
)


class Repeating:
    """Clients that send each request until it is answered, to whatever server runs now."""

    def __init__(self) -> None:
        self.port = 0
        self.sent: dict[str, set[str]] = {table: set() for table in TABLES}
        self.refused: set[str] = set()
        self.answers = 0
        self.replayed = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def send_all(self, stop: threading.Event) -> None:
        """Send requests until told to stop; the last one too is repeated until it is answered."""
        while not stop.is_set():
            number = next(self._numbers)
            table = TABLES[number % 2]
            rows = [
                {"id": f"{number}-{i}", "part": i % 3} for i in range(random.choice((1, 3, 30)))
            ]
            body = ndjson(rows)
            refused = f"refused {number}" if table == "keyed" and number % 5 == 0 else ""
            counts = {"successful_rows": len(rows), "quarantined_rows": int(bool(refused))}
            if refused:
                body += b"\n" + refused.encode()
            key = {"Idempotency-Key": f"request {number}"} if table == "keyed" else {}
            self._send_until_answered(f"/v0/events?name={table}", key, body, counts)
            with self._lock:
                self.sent[table].update(row["id"] for row in rows)
                self.refused |= {refused} - {""}

    def _send_until_answered(
        self, target: str, key: dict[str, str], body: bytes, counts: dict[str, int]
    ) -> None:
        end = time.monotonic() + 3 * DEADLINE_S
        while True:
            assert time.monotonic() < end, "no server answers"
            client = Client(self.port)
            try:
                answer = client.request("POST", target, body, key)
            except (OSError, http.client.HTTPException):
                threading.Event().wait(0.02)
                continue
            finally:
                client.close()
            assert answer.status in (202, 503), (answer.status, answer.body)
            if answer.status == 202:
                assert answer.json() == counts
                with self._lock:
                    self.answers += 1
                    self.replayed += "idempotency-replayed" in answer.headers
                return


def check(server: Server, clients: Repeating) -> None:
    for table in TABLES:
        rows = {row["id"]: row["times"] for row in server.rows(f"{table}_ids")}
        assert rows == dict.fromkeys(clients.sent[table], 1)
        for row in server.rows(f"{table}_sums"):
            assert row["stored"] == row["counted"], row
    refused = {row["raw"]: row["times"] for row in server.rows("refused")}
    assert refused == dict.fromkeys(clients.refused, 1)


def kill_and_repeat(start_server, root: Path, *, kills: int) -> Repeating:
    write_files(root, FILES)
    clients = Repeating()
    server = start_server(root)
    clients.port = server.port
    with in_background(clients.send_all, threads=8) as _:
        for _ in range(kills):
            enough = clients.answers + random.randint(5, 60)
            wait_until(lambda: clients.answers >= enough)  # noqa: B023  ends in this turn
            server.kill()
            server = start_server(root)
            clients.port = server.port
    check(server, clients)
    return clients


def test_repeated_requests_are_stored_once_by_a_server_that_is_killed(start_server, tmp_path):
    kill_and_repeat(start_server, tmp_path / "project", kills=3)


@pytest.mark.proof
def test_repeated_requests_are_stored_once_by_a_server_that_is_killed_often(start_server, tmp_path):
    clients = kill_and_repeat(start_server, tmp_path / "project", kills=12)
    assert clients.replayed
