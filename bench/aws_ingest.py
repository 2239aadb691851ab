"""`python -m bench.aws_ingest [--seconds S]`: the events function in one process, without AWS.

API Gateway's event goes in and its answer comes out; Firehose and DynamoDB answer at once. What is
measured is the function's own work, in processor time, beside `orjson.loads` of the same lines.
"""

import argparse
import base64
import contextlib
import io
import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson

from bench.process import ROOT, machine
from bench.runs import TABLE, _events
from martlet.access import ADMIN, Access
from martlet.aws.firehose import FirehoseSink
from martlet.files.project import load_project
from martlet.ingest.lake import LakeCoder
from martlet.ingest.rows import RowCoder
from martlet_functions import edge, events

SIZES = (1, 100, 1000, 10_000)


class _Firehose:
    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[object]) -> dict[str, Any]:  # noqa: N803
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}] * len(Records)}


def _workspace() -> events.Workspace:
    token = Access("admin", frozenset({(ADMIN, "")}))
    tokens: Any = SimpleNamespace(find=lambda value: token)
    states: Any = SimpleNamespace(cover=lambda *names, **facts: None)
    project = load_project(ROOT, environment={})
    return events.Workspace(project, tokens, FirehoseSink(_Firehose(), str), states)


def _event(body: bytes) -> dict[str, Any]:
    return {
        "rawPath": "/v0/events",
        "rawQueryString": f"name={TABLE}",
        "headers": {"authorization": "Bearer p.value", "content-type": "application/x-ndjson"},
        "requestContext": {
            "http": {"method": "POST", "sourceIp": "203.0.113.7"},
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def rate(run: Callable[[], object], seconds: float) -> float:
    """Return how often a function runs in a second of processor time, the best of five."""
    best = 0.0
    for _ in range(5):
        count, started = 0, time.process_time()
        while (spent := time.process_time() - started) < seconds / 5:
            run()
            count += 1
        best = max(best, count / spent)
    return best


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.aws_ingest", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="a measurement (%(default)s)")
    seconds = parser.parse_args().seconds
    lines, opened = _events(), _workspace()
    datasource = opened.project.datasources[TABLE]
    embedded, lake = RowCoder(datasource), LakeCoder(datasource)
    print(f"{machine()}; best of 5, {seconds:g} s of processor time a measurement.\n")
    heads = ("rows a request", "orjson.loads events/s", "row coder", "documents", "function",
             "MB/s", "÷ orjson")  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    for size in SIZES:
        chosen = (lines * (size // len(lines) + 1))[:size]
        body = b"\n".join(chosen)
        sent = _event(body)

        def loads(chosen: list[bytes] = chosen) -> None:
            for line in chosen:
                orjson.loads(line)

        def code(body: bytes = body) -> None:
            lake.code(body, "ndjson", batch="01BATCH", moment=time.time_ns())

        def answer(sent: dict[str, Any] = sent) -> None:
            response = edge.serve(
                sent, lambda r: opened.answer(r, deadline=1e12), events.logger.info
            )
            assert response["statusCode"] == 202, response["body"]

        silent = io.StringIO()
        with contextlib.redirect_stdout(silent):  # metrics and the access line are written for real
            _to(silent)
            figures = [
                size * rate(run, seconds)
                for run in (loads, lambda body=body: embedded.code(body), code, answer)
            ]
        cells = [f"{size:,}", *(f"{figure:,.0f}" for figure in figures)]
        cells += [f"{figures[3] * len(body) / size / 1e6:.0f}", f"{figures[3] / figures[0]:.2f}"]
        print(f"| {' | '.join(cells)} |")


def _to(stream: io.StringIO) -> None:
    handler = events.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)


if __name__ == "__main__":
    main()
