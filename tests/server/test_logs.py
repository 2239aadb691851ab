"""Logs: one line a request, as text or JSON, and never a token."""

import json
import re

SECRETS = ["s3cret-admin", "s3cret-wrong", "s3cret-value"]


def make_requests(server) -> None:
    """Make requests of all kinds, with secrets wherever a request can have them."""
    wrong = {"Authorization": "Bearer s3cret-wrong"}
    for path in (
        "/v0/pipes/plain_ids.json?token=s3cret-admin&x=s3cret-value",
        "/v0/pipes/plain_ids.json?token=s3cret-wrong",
        "/v0/pipes/plain_ids.nope?token=s3cret-admin",
        "/v0/pipes/slow.json?token=s3cret-admin&n=s3cret-value",
        "/v0/nowhere?token=s3cret-admin",
        "/tokens?token=s3cret-wrong",
        "/v0/health?token=%ff%fe&s3cret-value",
    ):
        for method in ("GET", "POST", "PUT", "HEAD"):
            server.request(method, path, token=None)
    for path in ("/v0/pipes/plain_ids.json", "/v0/events?name=plain", "/v0/jobs/x"):
        server.request("GET", path, headers=wrong, token=None)
        server.request("POST", path, b"x", headers={"X-Api-Key": "s3cret-wrong"}, token=None)
        server.request("POST", path, b"s3cret-value", headers={"Authorization": "s3cret-wrong"})
    events = "/v0/events?name=plain&token=s3cret-admin"
    server.request("POST", events, b'{"id":"a"}\n{"id":1,"n":"s3cret-value"}', token=None)
    server.request("POST", events, b"", token=None)
    server.request("POST", f"{events}&wait=s3cret", b"x", token=None)
    server.request("GET", "/v0/tokens/s3cret-admin", token=None)
    server.request("POST", "/v0/tokens/s3cret-admin/refresh", b"", token=None)
    server.raw(b"GET /v0/health?token=s3cret-admin HTTP/1.1\r\ns3cret-wrong\r\n\r\n")
    server.raw(
        b"GET /v0/health?token=s3cret-admin HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\n"
        b"Upgrade: websocket\r\n\r\n"
    )


def test_json_lines_without_secrets(start_server, project):
    server = start_server(
        project, "--log-format", "json", env={"MARTLET_ADMIN_TOKEN": "s3cret-admin"}
    )
    make_requests(server)
    assert server.stop() == 0
    assert server.out.text == ""
    lines = [json.loads(line) for line in server.err.lines]
    assert lines[0]["message"].startswith("ready in ")
    assert all({"time", "level", "message"} <= line.keys() for line in lines)

    requests = [line for line in lines if "method" in line]
    assert len(requests) > 35
    for line in requests:
        assert line.keys() >= {"method", "path", "status", "ms", "rows", "request_id"}
        assert isinstance(line["status"], int)
        assert isinstance(line["ms"], float)
    first = requests[0]
    assert (first["method"], first["path"], first["status"]) == (
        "GET", "/v0/pipes/plain_ids.json", 200,
    )  # fmt: skip
    assert {line["status"] for line in requests} >= {200, 202, 400, 403, 404, 405}
    assert 500 not in {line["status"] for line in requests}
    assert {line["method"] for line in requests} == {"GET", "POST", "PUT", "HEAD"}
    (events,) = (line for line in requests if line["status"] == 202)
    assert events["rows"] == 2
    for secret in SECRETS:
        assert secret not in server.err.text


def test_text_lines_without_secrets(start_server, project):
    server = start_server(project, env={"MARTLET_ADMIN_TOKEN": "s3cret-admin"})
    server.out.wait_for("  curl .*json")
    make_requests(server)
    server.get("/v0/a%0Ab%1b[31m%C3%A9?token=s3cret-wrong")
    assert server.stop() == 0
    block = server.out.text.strip()
    assert re.fullmatch(r"  curl '.*json\?token=s3cret-admin'", block.splitlines()[-1])
    assert block.count("  curl ") == 2
    for secret in SECRETS:
        assert secret not in server.err.text
    line = r"\d\d:\d\d:\d\d (GET|POST|PUT|HEAD) \S+ \d{3} \d+\.\d ms( \d+ rows)?"
    others = [each[9:] for each in server.err.lines if not re.fullmatch(line, each)]
    assert others == ["refused: 400 Bad Request: The request is not valid HTTP/1.1"]
    assert r" GET '/v0/a\nb\x1b[31m\xe9' 404 " in server.err.text


def test_warnings_are_json_lines_too(start_server, project):
    (project / "fixtures").mkdir()
    (project / "fixtures" / "plain.ndjson").write_text("broken\n")
    server = start_server(project, "--log-format", "json", command="dev")
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.err.lines]
    warnings = [line["message"] for line in lines if line["level"] == "warning"]
    assert "warning: 1 rows of plain.ndjson are in plain_quarantine" in warnings
