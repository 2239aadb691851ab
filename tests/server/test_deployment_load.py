"""Deployments while readers and writers go on: no request fails, none sees half a project."""

import itertools
import json
import threading
from contextlib import closing
from urllib.parse import urlencode

from tests.api.test_deployments import form
from tests.server.conftest import write_files
from tests.server.process import Client, in_background

DEPLOYMENTS = 20

# Between two requests of a client: what is tried is the switch, not the machine.
PAUSE_S = 0.1

KINDS = """SCHEMA >
    `kind` Int64,
    `n` SimpleAggregateFunction(sum, UInt64)
ENGINE AggregatingMergeTree
ENGINE_SORTING_KEY kind
"""


def project(version: int) -> dict[str, str]:
    """Return files of which each needs all others to be of the same version."""
    kind = "Nullable(Int64)" if version % 4 == 3 else "Int64"
    forward = f"FORWARD_QUERY >\n    SELECT id, ifNull(kind, 0) AS kind, {version} AS v{version}\n"
    return {
        "datasources/events.datasource": f"""SCHEMA >
    `id` Int64 `json:$.id`,
    `kind` {kind} `json:$.kind`,
    `v{version}` Int64 `json:$.v` DEFAULT {version}
ENGINE MergeTree
ENGINE_SORTING_KEY {"id" if version % 2 else "(id, id % 2)"}
{forward}""",
        "datasources/kinds.datasource": KINDS,
        "pipes/view.pipe": f"""NODE n
SQL >
    SELECT ifNull(kind, 0) AS kind, count() AS n FROM events WHERE v{version} = {version} GROUP BY kind
TYPE materialized
DATASOURCE kinds
""",
        "pipes/state.pipe": f"""NODE n
SQL >
    SELECT {version} AS version, count() AS n, ifNull(max(v{version}), {version}) AS greatest,
        ifNull(min(v{version}), {version}) AS least FROM events
TYPE endpoint
""",
        "pipes/sums.pipe": """NODE n
SQL >
    SELECT sum(n) AS n FROM kinds
TYPE endpoint
""",
    }


class Load:
    """Clients that go on until they are stopped."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.wrong: list[object] = []
        self.sent: list[int] = []
        self.reads = 0
        self._ids = itertools.count()
        self._lock = threading.Lock()

    def write(self, stop: threading.Event) -> None:
        with closing(Client(self.port)) as client:
            while not stop.wait(PAUSE_S):
                self._write(client)

    def _write(self, client: Client) -> None:
        with self._lock:
            ids = [next(self._ids) for _ in range(5)]
        body = "\n".join(json.dumps({"id": id, "kind": id % 3}) for id in ids)
        answer = client.request("POST", "/v0/events?name=events&wait=true", body)
        if answer.status != 200 or answer.json() != {"successful_rows": 5, "quarantined_rows": 0}:
            self.wrong.append(answer)
        with self._lock:
            self.sent += ids

    def read(self, stop: threading.Event) -> None:
        with closing(Client(self.port)) as client:
            while not stop.wait(PAUSE_S):
                self._read(client)

    def _read(self, client: Client) -> None:
        with self._lock:
            sent = len(self.sent)
        answer = client.request("GET", "/v0/pipes/state.json")
        row = answer.json()["data"][0] if answer.status == 200 else {}
        same = {row.get("version"), row.get("greatest"), row.get("least")}
        if len(same) != 1 or row["n"] < sent:
            self.wrong.append((answer, sent))
        self.reads += 1


def test_deployments_under_load(start_server, tmp_path):
    root = tmp_path / "project"
    write_files(root, project(0))
    server = start_server(root)
    load = Load(server.port)
    client = server.client()
    query = urlencode({"auto_promote": "true", "allow_destructive_operations": "true"})
    with in_background(load.write, 2), in_background(load.read, 2):
        for version in range(1, DEPLOYMENTS + 1):
            answer = client.request("POST", f"/v1/deploy?{query}", **form(project(version)))
            assert answer.json()["result"] == "success", answer
            state = client.request("GET", "/v0/pipes/state.json").json()["data"][0]
            assert state["version"] == version
    client.close()
    assert load.wrong == []
    assert load.reads > DEPLOYMENTS
    ids = server.request(
        "GET", "/v0/sql?" + urlencode({"q": "SELECT id FROM events ORDER BY id FORMAT CSV"})
    ).body.split()
    assert [int(id) for id in ids] == sorted(load.sent)
    assert server.rows("sums") == [{"n": len(load.sent)}]
