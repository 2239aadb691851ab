import base64
import gzip
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from martlet.api.http import Request, Response, json_response
from martlet_functions.edge import read_request, serve, takes_gzip, time_left_s, write_response

EVENTS = Path(__file__).parent.parent / "events"


def event(name: str, **changes: object) -> dict[str, Any]:
    return {**json.loads((EVENTS / f"{name}.json").read_text()), **changes}


def test_payload_2_has_the_query_string_as_sent():
    request = read_request(event("http_api_v2_post"))
    assert (request.method, request.path, request.client) == ("POST", "/v0/events", "203.0.113.7")
    assert request.query_string == "name=events&token=p.secret%2Bvalue"
    assert request.query == {"name": "events", "token": "p.secret+value"}
    assert request.token == "p.secret+value"
    assert request.body == b'{"timestamp":"2026-11-21 10:00:00","id":1}\n'


def test_a_stage_is_no_part_of_the_path_which_is_decoded():
    request = read_request(event("http_api_v2_get_stage"))
    assert (request.method, request.path) == ("GET", "/v0/pipes/top pages.json")
    assert request.query == {"q": "c", "limit": "10"}
    assert (request.token, request.body, request.client) == ("p.value", b"", "2001:db8::1")


def test_payload_1_is_put_together_again():
    request = read_request(event("http_api_v1_post"))
    assert (request.method, request.path, request.client) == ("POST", "/v0/events", "203.0.113.7")
    assert request.query == {"name": "events", "wait": "false"}
    assert request.headers["accept"] == "text/plain,application/json"
    assert (request.token, request.body) == ("p.value", '{"text":"é"}'.encode())


def test_a_rest_api_sends_null_for_what_is_not_there():
    request = read_request(event("rest_api_get"))
    assert (request.method, request.path, request.query, request.headers) == (
        "GET",
        "/v0/health",
        {},
        {},
    )


def test_payload_1_of_one_value_each():
    changed = event(
        "http_api_v1_post", multiValueQueryStringParameters=None, multiValueHeaders=None
    )
    request = read_request(changed)
    assert request.query == {"name": "events", "wait": "false"}
    assert request.headers["x-api-key"] == "p.value"


@pytest.mark.parametrize(
    ("path", "expected"), [("/prod", "/"), ("/prod/", "/"), ("/production/x", "/production/x")]
)
def test_only_a_whole_first_step_is_the_stage(path: str, expected: str):
    assert read_request(event("http_api_v2_get_stage", rawPath=path)).path == expected


def answered(
    request: Request, body: bytes, media_type: str = "application/json; charset=utf-8"
) -> dict[str, Any]:
    return write_response(request, Response(200, body, media_type, {"x-request-id": "1"}))


LARGE = json.dumps({"data": ["é"] * 1000}, ensure_ascii=False).encode()


def test_small_texts_are_sent_as_they_are():
    request = Request("GET", "/", headers={"accept-encoding": "gzip"})
    assert answered(request, '{"a":"é"}'.encode()) == {
        "statusCode": 200,
        "headers": {"content-type": "application/json; charset=utf-8", "x-request-id": "1"},
        "body": '{"a":"é"}',
        "isBase64Encoded": False,
    }  # fmt: skip


def test_large_texts_are_compressed_for_clients_that_take_it():
    answer = answered(Request("GET", "/", headers={"accept-encoding": "br, gzip"}), LARGE)
    assert answer["headers"]["content-encoding"] == "gzip"
    assert answer["headers"]["vary"] == "accept-encoding"
    assert answer["isBase64Encoded"]
    assert len(answer["body"]) < len(LARGE) / 5
    assert gzip.decompress(base64.b64decode(answer["body"])) == LARGE


def test_and_not_for_others():
    answer = answered(Request("GET", "/"), LARGE)
    assert answer["body"].encode() == LARGE
    assert "content-encoding" not in answer["headers"]
    assert answer["headers"]["vary"] == "accept-encoding"


def test_bytes_are_base64_and_not_compressed():
    body = b"PAR1\xff" * 1000
    answer = answered(
        Request("GET", "/", headers={"accept-encoding": "gzip"}), body, "application/octet-stream"
    )
    assert base64.b64decode(answer["body"]) == body
    assert "content-encoding" not in answer["headers"]


def test_head_has_the_headers_alone():
    request = Request("HEAD", "/", headers={"accept-encoding": "gzip"})
    answer = answered(request, LARGE)
    assert (answer["body"], answer["statusCode"]) == ("", 200)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip; q=1.0", True), ("", False),
        ("identity", False), ("gzip;q=0", False), ("gzip;q=0.0, *", False), ("*;q=0", False),
        ("gzip;q=x", True),
    ],
)  # fmt: skip
def test_accept_encoding(accepted: str, expected: bool):
    assert takes_gzip(accepted) is expected


class Log:
    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def __call__(self, message: str, *, extra: dict[str, object]) -> None:
        self.lines.append({"message": message, **extra})


def test_one_line_is_logged_without_the_query_string():
    log = Log()
    sent = event("http_api_v2_post")
    answer = serve(sent, lambda request: json_response({"ok": 1}, rows=3), log)
    assert answer["statusCode"] == 200
    (line,) = log.lines
    assert {k: line[k] for k in ("method", "path", "status", "rows", "bytes_in")} == {
        "method": "POST", "path": "/v0/events", "status": 200, "rows": 3, "bytes_in": 43
    }  # fmt: skip
    assert "secret" not in json.dumps(line)


@pytest.mark.parametrize("changes", [{"body": "not base64!"}, {"requestContext": {}}])
def test_a_broken_event_is_answered_and_logged(changes: dict[str, object]):
    log = Log()
    answer = serve(
        event("http_api_v2_post", **changes), lambda request: pytest.fail("not asked"), log
    )
    assert answer["statusCode"] == 400
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert "error" in json.loads(str(answer["body"]))
    assert len(log.lines) == 1


def test_a_lone_surrogate_in_a_body_does_no_harm():
    assert read_request(event("http_api_v1_post", body="\ud800")).body == b"\xed\xa0\x80"


@pytest.mark.parametrize(
    ("left_ms", "waited_s", "seconds"),
    [(29_000, 0.0, 29.0), (60_000, 0.0, 30.0), (29_000, 20.0, 10.0), (1_000, 0.0, 1.0),
     (29_000, 40.0, -10.0), (29_000, None, 29.0)],
)  # fmt: skip
def test_a_request_has_until_lambda_or_api_gateway_cuts_it_off(left_ms, waited_s, seconds):
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: left_ms)
    for name in ("timeEpoch", "requestTimeEpoch"):
        came = {} if waited_s is None else {name: (time.time() - waited_s) * 1000}
        left = time_left_s({"requestContext": came}, context)
        assert left == pytest.approx(seconds, abs=0.2)
