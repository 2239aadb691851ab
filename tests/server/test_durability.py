"""What is acknowledged is stored: the process may die at any moment."""

import http.client
import itertools
import json
import random
import threading

import pytest
from tests.server.process import Client, in_background, ndjson, wait_until

TABLES = ("plain", "viewed")


class Posting:
    """Clients that post events with ids of their own, and note which are acknowledged."""

    def __init__(self, port: int, *, prefix: str) -> None:
        self.port, self.prefix = port, prefix
        self.sent: dict[str, set[str]] = {table: set() for table in TABLES}
        self.acknowledged: dict[str, set[str]] = {table: set() for table in TABLES}
        self.requests = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def post_until_cut_off(self, stop: threading.Event) -> None:
        client = Client(self.port)
        try:
            while not stop.is_set():
                self.post(client)
        except (OSError, http.client.HTTPException):
            return  # the server is gone; whatever was under way is not acknowledged
        finally:
            client.close()

    def post(self, client: Client) -> None:
        number = next(self._numbers)
        table, wait = TABLES[number % 2], number % 3 == 0
        ids = [f"{self.prefix}-{number}-{i}" for i in range(1 if number % 4 else 20)]
        with self._lock:
            self.sent[table].update(ids)
        answer = client.request(
            "POST",
            f"/v0/events?name={table}{'&wait=true' if wait else ''}",
            ndjson({"id": each} for each in ids),
        )
        if answer.status == 503:  # shutting down: not taken
            return
        assert answer.status == (200 if wait else 202), answer.body
        assert answer.json() == {"successful_rows": len(ids), "quarantined_rows": 0}
        with self._lock:
            self.acknowledged[table].update(ids)
            self.requests += 1


def stored(server, table: str) -> set[str]:
    rows = server.rows(f"{table}_ids")
    assert {row["times"] for row in rows} <= {1}
    return {row["id"] for row in rows}


def check(server, postings: list[Posting]) -> None:
    for table in TABLES:
        found = stored(server, table)
        assert set().union(*(p.acknowledged[table] for p in postings)) <= found
        assert found <= set().union(*(p.sent[table] for p in postings))
    copied = stored(server, "copies")
    assert set().union(*(p.acknowledged["viewed"] for p in postings)) <= copied
    assert copied <= stored(server, "viewed")


def test_a_killed_server_has_all_it_acknowledged(start_server, project):
    postings: list[Posting] = []
    server = start_server(project)
    for turn in range(3):
        postings.append(posting := Posting(server.port, prefix=f"turn{turn}"))
        enough = random.randint(10, 150)
        with in_background(posting.post_until_cut_off, threads=8):
            wait_until(lambda: posting.requests >= enough)  # noqa: B023  ends in this turn
            server.kill()
        server = start_server(project)
        check(server, postings)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("parameters", ["", "&wait=true"])
def test_a_server_killed_right_after_one_answer_has_the_row(
    start_server, project, table, parameters
):
    server = start_server(project)
    answer = server.post(table, {"id": "the one", "n": 7}, parameters=parameters)
    server.process.kill()
    assert answer.json() == {"successful_rows": 1, "quarantined_rows": 0}
    server.wait_exit()
    again = start_server(project)
    assert again.rows(f"{table}_ids") == [{"id": "the one", "times": 1}]
    if table == "viewed":
        assert again.rows("copies_ids") == [{"id": "the one", "times": 1}]


def test_refused_rows_survive_too(start_server, project):
    (project / "pipes" / "refused.pipe").write_text(
        "NODE n\nSQL >\n    SELECT c__raw AS raw FROM plain_quarantine ORDER BY raw\nTYPE endpoint\n"
    )
    server = start_server(project)
    answer = server.request("POST", "/v0/events?name=plain", b'{"id":"a","n":"x"}\nnot json')
    server.process.kill()
    assert answer.json() == {"successful_rows": 0, "quarantined_rows": 2}
    server.wait_exit()
    rows = start_server(project).rows("refused")
    assert rows == [
        {"raw": "not json"},
        {"raw": json.dumps({"id": "a", "n": "x"}, separators=(",", ":"))},
    ]
