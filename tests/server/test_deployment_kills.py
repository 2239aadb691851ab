"""A server that is killed while it deploys: the next one has one project whole, and every row."""

import json
import re
import threading
from contextlib import closing, suppress
from http.client import HTTPException
from urllib.parse import urlencode

from tests.api.test_deployments import form
from tests.server.conftest import write_files
from tests.server.process import TOKEN, Server, in_background, run
from tests.server.test_deployment_load import project

# How many requests are acknowledged from a deployment's begin on, until the kill.
MOMENTS = (2, 8)


def deploy(server: Server, version: int) -> None:
    query = urlencode({"auto_promote": "true", "allow_destructive_operations": "true"})
    with suppress(OSError, HTTPException):
        server.request("POST", f"/v1/deploy?{query}", **form(project(version)))


def ids_of(server: Server) -> list[int]:
    query = urlencode({"q": "SELECT id FROM events ORDER BY id FORMAT CSV"})
    return [int(id) for id in server.get(f"/v0/sql?{query}").body.split()]


def test_kills_while_it_deploys(start_server, tmp_path):
    root = write_files(tmp_path / "project", project(0))
    server = start_server(root)
    acknowledged: list[int] = []
    next_id = 0
    versions = {0}
    for version, moment in enumerate(MOMENTS, 1):
        versions.add(version)

        def work(stop: threading.Event, server=server, version=version) -> None:
            deploy(server, version)

        with in_background(work), closing(server.client()) as client:
            for _ in range(moment):
                body = json.dumps({"id": next_id, "kind": next_id % 3})
                answer = client.request("POST", "/v0/events?name=events&wait=true", body)
                assert answer.status == 200, answer
                acknowledged.append(next_id)
                next_id += 1
            server.kill()
        server = start_server(root)
        (state,) = server.rows("state")
        assert state["version"] in versions
        assert {state["greatest"], state["least"]} == {state["version"]}
        assert ids_of(server) == acknowledged
        assert server.rows("sums") == [{"n": len(acknowledged)}]
        versions = {state["version"]}
    deploy(server, 100)
    assert server.rows("state")[0]["version"] == 100
    assert ids_of(server) == acknowledged

    server.stop()
    server = start_server(root)
    assert re.search(r"files  deployment \d+; the project folder is as it was", server.out.text)
    assert server.rows("state")[0]["version"] == 100
    server.stop()
    changed = project(100)["pipes/state.pipe"].replace("100 AS version", "101 AS version")
    write_files(root, {**project(100), "pipes/state.pipe": changed})
    server = start_server(root)
    assert "files  the project folder; what was deployed before has ended" in server.out.text
    assert server.rows("state")[0]["version"] == 101
    assert ids_of(server) == acknowledged


def test_the_commands(start_server, tmp_path):
    root = write_files(tmp_path / "project", project(0))
    server = start_server(root)
    assert server.post("events", {"id": 1, "kind": 1}, parameters="&wait=true").status == 200
    to = ("--to", f"http://127.0.0.1:{server.port}", "--token", TOKEN)

    def martlet(*arguments: str) -> str:
        ran = run(*arguments, *to)
        return f"{ran.returncode}\n{ran.stdout}{ran.stderr}"

    assert martlet("build", str(root)) == "0\nno changes\n"
    write_files(root, project(1))
    refused = martlet("deploy", str(root), "--check")
    assert refused.startswith("1\n  changed  data source events\n")
    assert "column `v0` is gone" in refused
    allowed = (str(root), "--allow-destructive-operations")
    assert martlet("deploy", *allowed, "--check").endswith("is valid; nothing was deployed\n")
    assert "deployment 2 is staging: " in martlet("deploy", *allowed, "--staging")
    assert server.rows("state")[0]["version"] == 0
    assert server.rows("state?__tb__deployment=staging")[0]["version"] == 1
    assert martlet("deploy", "--promote") == "0\ndeployment 2 is live\n"
    assert server.rows("state") == [{"version": 1, "n": 1, "greatest": 1, "least": 1}]
    assert martlet("deploy", "--discard") == "1\nerror: No deployment is staging\n"
    assert "--check and --promote exclude" in martlet("deploy", str(root), "--check", "--promote")
    ran = run("deploy", str(root), "--promote")
    assert (ran.returncode, "name it with --to URL" in ran.stderr) == (1, True)
    ran = run("build", str(root), "--to", to[1], "--token", "other")
    assert (ran.returncode, TOKEN in ran.stderr) == (1, False)
