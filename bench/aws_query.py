"""What the query function adds to Athena: the handler's own time beside the bare calls of the API.

`python -m bench.aws_query [rows]`: Athena, DynamoDB and S3 answer at once, in this process, so that
what is left is ours: the request read, the token found, the template rendered, the SQL translated
(from the cache), rows read from the API's answer, and ClickHouse's JSON written.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from martlet.aws.athena import Athena
from martlet.aws.engine import LakeEngine
from martlet.aws.known import Known
from martlet.aws.results import LargeAnswers
from martlet.files.project import load_project
from martlet.query import QueryBuilder
from martlet.tokens import TokenStore
from martlet_functions import edge
from martlet_functions.query import Workspace

ROUNDS = 40
DATASOURCE = """\
SCHEMA >
    `id` UInt64 `json:$.id`,
    `at` DateTime `json:$.at`,
    `name` String `json:$.name`,
    `price` Float64 `json:$.price`,
    `kind` LowCardinality(Nullable(String)) `json:$.kind`,
    `tags` Array(String) `json:$.tags`
"""
PIPE = """\
NODE n
SQL >
    %
    SELECT id, at, name, price, kind, tags FROM events
    WHERE name = {{String(name, 'a')}} AND at >= {{DateTime(start, '2026-01-01 00:00:00')}}
    ORDER BY at DESC LIMIT {{Int32(limit, 1000)}}
TYPE endpoint
"""


class InstantAthena:
    """Athena's calls, answered at once with the same rows."""

    def __init__(self, rows: int) -> None:
        names = ["id", "at", "name", "price", "kind", "tags"]
        data = [
            [str(n), f"2026-01-01 00:00:{n % 60:02}.000", f"user/{n}", f"{n / 7}",
             None if n % 5 else "web", '["a","b"]']
            for n in range(rows)
        ]  # fmt: skip
        self.page = {
            "ResultSet": {
                "ResultSetMetadata": {"ColumnInfo": [{"Label": name} for name in names]},
                "Rows": [
                    {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
                    for row in [names, *data]
                ],
            }
        }

    def start_query_execution(self, **arguments: object) -> dict[str, Any]:
        return {"QueryExecutionId": "q"}

    def get_query_execution(self, **arguments: object) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Statistics": {}}}

    def get_query_results(self, **arguments: object) -> dict[str, Any]:
        return self.page


def event(name: str) -> dict[str, Any]:
    """Return a request as API Gateway hands it over."""
    return {
        "rawPath": "/v0/pipes/listed.json",
        "rawQueryString": f"name={name}&token=admin",
        "headers": {"accept": "*/*"},
        "requestContext": {"http": {"method": "GET", "path": "/v0/pipes/listed.json"}},
    }


def best_ms(call: Callable[[int], object]) -> float:
    """Return the least time of a call, with another number each time."""
    found = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        call(number)
        found.append(time.perf_counter() - started)
    return min(found) * 1000


def main(rows: int) -> None:
    """Print the handler's time, the bare calls', and the difference."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in (
            ("datasources/events.datasource", DATASOURCE),
            ("pipes/listed.pipe", PIPE),
        ):
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(text)
        project = load_project(root)
        tokens = TokenStore(root / "tokens.json", admin_token="admin")  # noqa: S106
        athena = Athena(InstantAthena(rows), None, workgroup="w", database="d", wait=lambda _: None)
        engine = LakeEngine(project, athena, known=Known)
        opened = Workspace(project, QueryBuilder(project), tokens, engine, LargeAnswers(None, ""))

        def handle(number: int) -> dict[str, object]:
            return edge.serve(
                event(f"n{number}"), lambda r: opened.answer(r, 10), lambda *_, **__: 0
            )

        started = time.perf_counter()
        assert handle(0)["statusCode"] == 200
        first = (time.perf_counter() - started) * 1000
        bare = best_ms(lambda _: athena.run("SELECT 1", timeout_s=10, max_bytes=10**9))
        ours = best_ms(handle)
    print(f"{rows} rows x 6 columns: handler {ours:.2f} ms, bare Athena calls {bare:.2f} ms,")
    print(f"ours {ours - bare:.2f} ms; the first request, which is translated, {first:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
