"""Group commits: parts follow the number of commits, not of requests."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

CLIENTS = 64
EACH = 75

COMMITS = """\
import sys
from pathlib import Path
from martlet.engines.clickhouse import ClickHouse
engine = ClickHouse(Path(sys.argv[1]))
print(engine.command(
    "SELECT max(max_block_number), count() FROM system.parts"
    " WHERE active AND database = currentDatabase() AND table = 'plain'"
))
"""


def commits_and_parts(folder) -> tuple[int, int]:
    """Read the data folder of a server that has stopped; each insert took one block number."""
    ran = subprocess.run(
        [sys.executable, "-c", COMMITS, str(folder)],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    commits, parts = ran.stdout.split()
    return int(commits), int(parts)


def test_many_clients_share_commits(start_server, project):
    server = start_server(project, "--log-format", "json")

    def post(number: int) -> None:
        client = server.client()
        for i in range(EACH):
            answer = client.request(
                "POST", "/v0/events?name=plain", b'{"id":"%d-%d"}' % (number, i)
            )
            assert answer.status == 202, answer.body
            assert answer.json() == {"successful_rows": 1, "quarantined_rows": 0}
        client.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(post, range(CLIENTS)))
    client = server.client()
    for i in range(200):
        assert client.request("POST", "/v0/events?name=plain", b'{"id":"s%d"}' % i).status == 202
    client.close()
    total = CLIENTS * EACH + 200
    assert server.rows("plain_count") == [{"rows": total, "ids": total}]
    assert server.stop() == 0
    commits, parts = commits_and_parts(project / ".martlet" / "clickhouse")
    assert 200 < commits < 200 + CLIENTS * EACH / 5
    assert parts < 100
