"""Records of a real server: there when a request has been answered, and after the next start."""

import signal

TEXT = "/v0/sql?q=SELECT+request_id,client_ip+FROM+tinybird.pipe_stats_rt+FORMAT+JSON"


def recorded(server) -> dict[str, str]:
    rows = server.get(TEXT).json()["data"]
    return {row["request_id"]: row["client_ip"] for row in rows}


def test_records_of_answered_requests_stay(start_server, project):
    server = start_server(project)
    first = server.get("/v0/pipes/plain_ids.json").headers["x-request-id"]
    assert recorded(server) == {first: "127.0.0.1"}
    second = server.get("/v0/pipes/plain_ids.json").headers["x-request-id"]
    assert server.stop(signal.SIGTERM) == 0
    server = start_server(project)
    assert recorded(server).keys() == {first, second}
    third = server.get("/v0/pipes/plain_ids.json").headers["x-request-id"]
    assert third in recorded(server)
    server.kill()  # what a query has read is written
    assert recorded(start_server(project)).keys() == {first, second, third}
