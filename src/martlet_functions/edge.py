"""API Gateway's events to requests, and answers back: payload formats 1.0 and 2.0.

Powertools has classes for these events; importing them takes 35 ms of a cold start (measured,
3.37), for the few members that are read here.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from martlet.api.http import CORS, Request, Response, failure
from martlet.errors import RequestError

Event = Mapping[str, Any]
Answer = dict[str, object]

# Seconds after which an HTTP API answers 503 in our place, which cannot be raised.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
API_TIMEOUT_S = 30.0

# Bodies of this size fit a packet or two: smaller ones gain nothing.
MIN_COMPRESSED_BYTES = 1024
# Level 6 takes 1.7 times as long for 7 % less (measured, 1.2 MB of rows as JSON).
_LEVEL = 4
_COMPRESSED_TYPES = ("text/", "application/json", "application/x-ndjson")


def serve(event: Event, answer: Callable[[Request], Response], log: Callable[..., None]) -> Answer:
    """Answer an event; whatever goes wrong is answered too, and one line is logged.

    Args:
        event: from API Gateway.
        answer: what turns a request into a response; see `martlet.api.dispatch`.
        log: a logger's `info`: takes a message and `extra`, which never hold the query string.
    """
    started = time.perf_counter()
    try:
        request = read_request(event)
    except RequestError as error:
        request = Request(*_method_and_path(event))
        response = failure(request, error)
        response.headers = {**CORS, "x-request-id": request.id, **response.headers}
    else:
        response = answer(request)
    log("request", extra=access(request, response, time.perf_counter() - started))
    return write_response(request, response)


def time_left_s(event: Event, context: Any) -> float:  # noqa: ANN401  Lambda's own
    """Return the seconds until Lambda or API Gateway cuts the request off."""
    left: float = context.get_remaining_time_in_millis() / 1000
    of_call = event.get("requestContext") or {}
    came_ms = of_call.get("timeEpoch") or of_call.get("requestTimeEpoch")  # payload 1.0
    if came_ms is None:
        return left
    waited = max(time.time() - float(came_ms) / 1000, 0.0)  # a cold start, for one
    return min(left, API_TIMEOUT_S - waited)


def access(request: Request, response: Response, elapsed_s: float) -> dict[str, object]:
    """Return the members of an access line: never the query string, where tokens are."""
    return {
        "method": request.method,
        "path": request.logged_path,
        "status": response.status,
        "ms": round(elapsed_s * 1000, 2),
        "rows": response.rows,
        "bytes_in": len(request.body),
        "bytes_out": len(response.body),
        "request_id": request.id,
    }


def read_request(event: Event) -> Request:
    """Return the request of an event.

    Raises:
        RequestError: the body is not what the event says, or the event is not API Gateway's.
    """
    method, path = _method_and_path(event)
    if not method:
        raise RequestError("The event has no HTTP method: it does not come from API Gateway")
    return Request(
        method=method,
        path=path,
        query_string=_query_string(event),
        headers=_headers(event),
        body=_body(event),
        client=_client(event),
    )


def _method_and_path(event: Event) -> tuple[str, str]:
    """Return the method and the decoded path, without the stage, which no route has."""
    context = event.get("requestContext") or {}
    http = context.get("http")
    if http:
        method, path = http.get("method", ""), event.get("rawPath") or http.get("path") or "/"
    else:
        method, path = event.get("httpMethod") or "", event.get("path") or "/"
    stage = context.get("stage") or ""
    if stage and stage != "$default" and (path == f"/{stage}" or path.startswith(f"/{stage}/")):
        path = path[len(stage) + 1 :] or "/"
    return method.upper(), unquote(path)


def _query_string(event: Event) -> str:
    """Return the query string: 2.0 has it as sent, 1.0 decoded and taken apart."""
    if "rawQueryString" in event:
        return event["rawQueryString"] or ""
    many = event.get("multiValueQueryStringParameters")
    return urlencode(many or event.get("queryStringParameters") or {}, doseq=True)


def _headers(event: Event) -> dict[str, str]:
    """Return the headers by lower-case name; values of one sent twice are joined by commas."""
    many = event.get("multiValueHeaders")
    if many:
        return {name.lower(): ",".join(values) for name, values in many.items()}
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return binascii.a2b_base64(body, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("The body is not the Base64 that API Gateway says it is") from error


def _client(event: Event) -> str:
    context = event.get("requestContext") or {}
    caller = context.get("http") or context.get("identity") or {}
    return caller.get("sourceIp") or ""


def write_response(request: Request, response: Response) -> Answer:
    """Return what API Gateway makes an answer of; both payload formats read it."""
    body, headers = response.body, {"content-type": response.media_type, **response.headers}
    if _may_be_compressed(response):
        headers["vary"] = "accept-encoding"
        if takes_gzip(request.headers.get("accept-encoding", "")):
            body = _gzip(body)
            headers["content-encoding"] = "gzip"
    if request.method == "HEAD":
        body = b""
    text = None if "content-encoding" in headers else _text(body)
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip."""
    weights = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        weights[name.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    try:
        return float(parameters.partition("q=")[2] or 1)
    except ValueError:
        return 1


def _may_be_compressed(response: Response) -> bool:
    return (
        len(response.body) > MIN_COMPRESSED_BYTES
        and "content-encoding" not in response.headers
        and response.media_type.startswith(_COMPRESSED_TYPES)
    )


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, wbits=31)
    return compressor.compress(body) + compressor.flush()


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
