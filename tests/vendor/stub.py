"""As much of Tinybird's API as its command needs to push a project, and what the command asked."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

# Not a token of anybody: p.<base64 of {"u": "u", "id": "i", "host": "local"}>.<signature>
TOKEN = "p.eyJ1IjogInUiLCAiaWQiOiAiaSIsICJob3N0IjogImxvY2FsIn0.x"
DEADLINE_S = 60


class Asked(NamedTuple):
    """A request: its path, its query and form, and its body."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: str


class Stub(ThreadingHTTPServer):
    """An empty workspace that takes everything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []

    def run(self, program: Path, folder: Path, *arguments: str) -> str:
        """Run `tb` in a folder against the workspace; return what it printed."""
        done = subprocess.run(
            [str(program), "--host", f"http://127.0.0.1:{self.server_port}", "--token", TOKEN,
             *arguments],
            cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TB_CLI_TELEMETRY_OPTOUT": "1",
                 "TB_VERSION_WARNING": "0", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        return done.stdout + done.stderr


@contextmanager
def stubbed() -> Iterator[Stub]:
    """Serve a stub until the block ends."""
    stub = Stub()
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.shutdown()
        thread.join()
        stub.server_close()


def _tables(asked: Asked) -> list[list[str]]:
    query = parse_qs(asked.body).get("q", [""])[0]
    names = re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)", query)
    return [["", name] for name in names]


def _pipe(asked: Asked) -> dict[str, object]:
    content = json.loads(asked.body)
    nodes = [
        {**node, "id": f"id_{node['name']}", "node_type": node["type"], "dependencies": []}
        for node in content["nodes"]
    ]
    endpoint = next((node["id"] for node in nodes if node["type"] == "endpoint"), None)
    types = [node["type"] for node in nodes if node["type"] != "standard"]
    return {
        "name": content["name"],
        "id": content["name"],
        "nodes": nodes,
        "endpoint": endpoint,
        "type": types[0] if types else "default",
        "tokens": [],
    }


_WORKSPACE = {"id": "w", "name": "shop", "releases": [], "main": None, "members": []}
_FOUND = {"elapsed": 0.5, "rows_read": 10, "bytes_read": 100}


def _answer(asked: Asked) -> tuple[int, object]:
    match asked.method, asked.path:
        case "GET", "/v0/workspace":
            return 200, _WORKSPACE
        case "GET", "/v0/user/workspaces/":
            return 200, {"workspaces": [_WORKSPACE]}
        case "GET", "/v0/datasources" | "/v0/pipes" | "/v0/tokens" | "/v0/connectors":
            return 200, {asked.path.rpartition("/")[2]: []}
        case "GET", "/v0/sql":
            return 200, {"data": [], "meta": [], "rows": 0, "statistics": _FOUND}
        case "POST", "/v0/sql_tables":
            return 200, {"tables": _tables(asked)}
        case "POST", "/v0/pipes":
            return 200, _pipe(asked)
        case "POST", "/v0/datasources":
            return 200, {"datasource": {"id": "d", "name": "d"}}
        case "POST", path if path.endswith("/endpoint"):
            name, node = path.split("/")[3], path.split("/")[5]
            return 200, {"id": name, "name": name, "type": "endpoint", "endpoint": node}
        case "GET", _:
            return 404, {"error": "not found"}
    return 200, {"token": "t", "name": "t"}


class _Handler(BaseHTTPRequestHandler):
    server: Stub

    def _do(self) -> None:
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(
            "utf-8", "replace"
        )
        asked = Asked(self.command, target.path, parse_qs(target.query), body)
        self.server.asked.append(asked)
        status, answer = _answer(asked)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815  the server's names

    def log_message(self, *_: object) -> None:
        """Print nothing."""
