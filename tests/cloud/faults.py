"""Faults that are planned per operation, and a proxy that makes them on the way to AWS.

A test POSTs `[{"operation": "PutRecordBatch", "fault": "throttle", "times": 2}, ...]` to
`/_admin/faults`; each call of that operation takes the first fault that is left. GET of the same
path tells what is left, GET of `/_admin/calls` how often each operation was called.
"""

import argparse
import base64
import http.client
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cloud.web import Call, DroppedError, Reply, make_server

THROTTLES = {
    "Firehose_20150804": ("ServiceUnavailableException", "Slow down.", 500),
    "DynamoDB_20120810": (
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "Slow.", 400,
    ),
    "AmazonAthena": ("TooManyRequestsException", "Rate exceeded", 400),
}  # fmt: skip

_HOP = {"host", "connection", "content-length", "transfer-encoding", "keep-alive"}


@dataclass
class Faults:
    """What goes wrong next, and what was called."""

    planned: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, faults: list[dict[str, Any]]) -> None:
        """Replace what is planned."""
        with self.lock:
            self.planned.clear()
            for fault in faults:
                times = fault.get("times", 1)
                self.planned.setdefault(fault["operation"], []).extend([fault] * times)

    def take(self, operation: str) -> dict[str, Any] | None:
        """Count a call and return what goes wrong with it."""
        with self.lock:
            self.calls[operation] += 1
            waiting = self.planned.get(operation)
            return waiting.pop(0) if waiting else None

    def admin(self, call: Call) -> Reply | None:
        """Answer a call of a test, None if it is none."""
        if call.path == "/_admin/faults":
            if call.method == "POST":
                self.plan(json.loads(call.body))
            with self.lock:
                return Reply.json({name: len(left) for name, left in self.planned.items() if left})
        if call.path == "/_admin/calls":
            with self.lock:
                return Reply.json(dict(self.calls))
        return None


class Proxy:
    """Forwards AWS JSON calls, unless a fault is planned for their operation.

    Faults: `throttle`; `error` (`status`, `code`); `refuse` (no answer, nothing forwarded); `lost`
    (forwarded, then no answer: the outcome is unknown to the caller); `twice` (forwarded twice);
    `partial` (PutRecordBatch: the records at `positions`, those with `text` in them, or every
    second one, are not forwarded and reported as failed).
    """

    def __init__(self, targets: dict[str, str], faults: Faults | None = None) -> None:
        """Take the addresses by the prefix of `X-Amz-Target`; the empty prefix is all others."""
        self.targets = targets
        self.faults = faults or Faults()
        self._connections = threading.local()

    def handle(self, call: Call) -> Reply:
        answered = self.faults.admin(call)
        if answered:
            return answered
        service = call.headers.get("x-amz-target", "").partition(".")[0]
        fault = self.faults.take(call.operation)
        if fault is None:
            return self._forward(service, call)
        match fault["fault"]:
            case "throttle":
                code, message, status = THROTTLES[service]
                return Reply.error(code, message, status)
            case "error":
                code = fault.get("code", "InternalFailure")
                return Reply.error(code, "planned by a test", fault.get("status", 500))
            case "refuse":
                raise DroppedError
            case "lost":
                self._forward(service, call)
                raise DroppedError
            case "twice":
                self._forward(service, call)
                return self._forward(service, call)
            case "partial":
                return self._partial(service, call, fault)
            case unknown:
                raise ValueError(f"no fault {unknown!r}")

    def _forward(self, service: str, call: Call, body: bytes | None = None) -> Reply:
        target = urlsplit(self.targets.get(service) or self.targets[""])
        connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=60)
        headers = {name: value for name, value in call.headers.items() if name not in _HOP}
        try:
            connection.request(call.method, call.path, call.body if body is None else body, headers)
            answer = connection.getresponse()
            received = answer.read()
        finally:
            connection.close()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return Reply(answer.status, received, kept)

    def _partial(self, service: str, call: Call, fault: dict[str, Any]) -> Reply:
        content = json.loads(call.body)
        records = content["Records"]
        if "text" in fault:
            wanted = fault["text"].encode()
            data = [base64.b64decode(record["Data"]) for record in records]
            failed = {index for index, content in enumerate(data) if wanted in content}
        else:
            failed = set(fault.get("positions", range(0, len(records), 2)))
        kept = [record for index, record in enumerate(records) if index not in failed]
        found: list[dict[str, object]] = []
        if kept:
            body = json.dumps({**content, "Records": kept}).encode()
            found = json.loads(self._forward(service, call, body).body)["RequestResponses"]
        taken = iter(found)
        failure = {
            "ErrorCode": fault.get("code", "ServiceUnavailableException"),
            "ErrorMessage": "Slow down.",
        }
        responses = [failure if i in failed else next(taken) for i in range(len(records))]
        count = len(failed & set(range(len(records))))
        return Reply.json(
            {"FailedPutCount": count, "Encrypted": False, "RequestResponses": responses}
        )


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud.faults", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True, help="address of MiniStack")
    parser.add_argument("--athena", required=True, help="address of Athena's stand-in")
    parser.add_argument("--ready", type=Path, help="a file to make when it listens")
    given = parser.parse_args()
    server = make_server(Proxy({"": given.aws, "AmazonAthena": given.athena}), given.port)
    if given.ready:
        given.ready.touch()
    server.serve_forever()


if __name__ == "__main__":
    main()
