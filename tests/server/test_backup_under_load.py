"""`martlet backup` while rows come: all that was acknowledged before is in it, and none in part."""

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

from tests.server.process import TOKEN, Server, in_background, wait_until

from martlet.backup import make_backup, restore_backup
from martlet.client import Client

TABLES = ("plain", "viewed", "copies")
WRITERS = 3


class Writers:
    """Writes rows with ids of their own; an id counts as acknowledged when its answer is there."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._acknowledged: dict[str, set[str]] = {"plain": set(), "viewed": set()}
        self._sent: dict[str, set[str]] = {"plain": set(), "viewed": set()}

    def run(self, stop: threading.Event) -> None:
        client = self._server.client()
        while not stop.is_set():
            number = next(self._numbers)
            table = ("plain", "viewed")[number % 2]
            ids = {f"{number}-{row}" for row in range(5)}
            body = "\n".join(f'{{"id": "{id}", "n": {number}}}' for id in ids)
            headers = {"Idempotency-Key": str(number)} if number % 3 == 0 else {}
            with self._lock:
                self._sent[table] |= ids
            answer = client.request("POST", f"/v0/events?name={table}", body.encode(), headers)
            assert answer.status == 202, answer.body
            with self._lock:
                self._acknowledged[table] |= ids
        client.close()

    def acknowledged(self) -> dict[str, set[str]]:
        with self._lock:
            return {table: set(ids) for table, ids in self._acknowledged.items()}

    def sent(self) -> dict[str, set[str]]:
        with self._lock:
            return {table: set(ids) for table, ids in self._sent.items()}


def ids_of(server: Server, table: str) -> set[str]:
    rows = server.rows(f"{table}_ids")
    assert {row["times"] for row in rows} <= {1}
    return {row["id"] for row in rows}


def test_a_backup_in_the_middle(project: Path, tmp_path: Path, start_server: Callable[..., Server]):
    data = tmp_path / "data"
    server = start_server(project, "--data", str(data))
    writers = Writers(server)
    kept = []
    with in_background(writers.run, WRITERS):
        for number in range(2):
            goal = sum(map(len, writers.acknowledged().values())) + 200
            wait_until(lambda goal=goal: sum(map(len, writers.acknowledged().values())) >= goal)
            before = writers.acknowledged()
            to = tmp_path / f"backup{number}{('', '.tar')[number % 2]}"
            make_backup(data, to, lambda: Client(f"http://127.0.0.1:{server.port}", TOKEN))
            kept.append((to, before, writers.sent()))
    assert list((data / "snapshots").iterdir()) == []
    last = {table: ids_of(server, table) for table in TABLES}
    assert last == {**writers.acknowledged(), "copies": last["viewed"]}  # the server was not harmed
    server.kill()
    for number, (to, before, sent) in enumerate(kept):
        restored = tmp_path / f"restored{number}"
        restore_backup(to, restored)
        again = start_server(project, "--data", str(restored))
        found = {table: ids_of(again, table) for table in TABLES}
        for table in ("plain", "viewed"):
            assert before[table] <= found[table] <= sent[table]
            # A request's rows are there together.
            requests = {id.partition("-")[0] for id in found[table]}
            assert len(found[table]) == 5 * len(requests)
        assert found["copies"] == found["viewed"]
        assert again.post("viewed", {"id": "new", "n": 1}).status == 202
        assert ids_of(again, "copies") == found["copies"] | {"new"}
        key = next(int(id.partition("-")[0]) for id in sorted(before["plain"])
                   if int(id.partition("-")[0]) % 6 == 0)  # fmt: skip
        repeated = again.request("POST", "/v0/events?name=plain", b'{"id": "other"}',
                                 {"Idempotency-Key": str(key)})  # fmt: skip
        assert repeated.status == 422, repeated.body  # the key is known, with another body
        again.close()
