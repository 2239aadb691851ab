"""Servers for tests: started as a user starts them, killed at the end whatever happened."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.server.process import Server

EVENTS = """\
SCHEMA >
    id String `json:$.id`,
    n Int64 `json:$.n` DEFAULT 0

ENGINE MergeTree
ENGINE_SORTING_KEY id
"""

PROJECT = {
    "datasources/plain.datasource": EVENTS,
    "datasources/viewed.datasource": EVENTS,
    "datasources/copies.datasource": EVENTS.replace(" `json:$.id`", "").replace(
        " `json:$.n` DEFAULT 0", ""
    ),
    "pipes/copying.pipe": """\
NODE copied
SQL >
    SELECT id, n FROM viewed
TYPE materialized
DATASOURCE copies
""",
    **{
        f"pipes/{table}_{suffix}.pipe": f"NODE n\nSQL >\n    {sql}\nTYPE endpoint\n"
        for table in ("plain", "viewed", "copies")
        for suffix, sql in (
            ("ids", f"SELECT id, count() AS times FROM {table} GROUP BY id"),
            ("count", f"SELECT count() AS rows, uniqExact(id) AS ids FROM {table}"),
        )
    },
    **{
        f"pipes/{name}.pipe": """\
NODE n
SQL >
    %
    SELECT count() AS c FROM numbers({{UInt64(n, 20000000)}}) WHERE NOT ignore(sipHash64(number))
TYPE endpoint
"""
        for name in ("slow", "shared_slow")
    },
    "martlet.toml": "[settings]\nquery_timeout_s = 20\n",
}


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project: `plain`, and `viewed` whose rows a materialized view copies to `copies`."""
    return write_files(tmp_path / "project", PROJECT)


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Start servers and wait until they answer; they are gone after the test."""
    servers: list[Server] = []

    def start(root: Path, *arguments: str, wait: bool = True, **options) -> Server:
        servers.append(Server(root, *arguments, **options))
        return servers[-1].wait_ready() if wait else servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module that leave it as it is, but for rows."""
    server = Server(write_files(tmp_path_factory.mktemp("shared"), PROJECT), "--log-format", "json")
    yield server.wait_ready()
    server.close()
