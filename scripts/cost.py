"""What a deployment costs a month, from dated prices: `python -m scripts.cost --events 100e6`.

No free tier, no discount, one region. What is assumed is a constant with its reason; what AWS
charges is in `PRICES`. To follow a new price, change its row and the date.
"""

import argparse
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from martlet.aws.firehose import MAX_RECORD_BYTES, MAX_RECORD_DOCUMENTS

REGION = "us-east-1"
READ_ON = "2026-11-21"  # the day on which all prices were looked up

MONTH_HOURS = 730
MONTH_S = MONTH_HOURS * 3600
MIB = 2**20
GIB = 2**30
TIB = 2**40


@dataclass(frozen=True, slots=True)
class Price:
    """What AWS charges for a unit.

    Attributes:
        usd: for one unit.
        unit: what is counted; GB and TB are AWS's, powers of 1,024.
        source: the page that lists it.
    """

    usd: float
    unit: str
    source: str


PRICES: dict[str, Price] = {
    "http_api": Price(1.00, "million requests, the first 300 million", "api-gateway/pricing"),
    "http_api_more": Price(0.90, "million requests after that", "api-gateway/pricing"),
    "lambda_requests": Price(0.20, "million requests", "lambda/pricing"),
    "lambda_compute": Price(0.0000133334, "GB-second, arm64", "lambda/pricing"),
    "firehose": Price(0.029, "GB, each record rounded up to 5 KB", "firehose/pricing"),
    "firehose_parquet": Price(0.018, "GB, rounded the same way", "firehose/pricing"),
    "s3_storage": Price(0.023, "GB-month", "s3/pricing"),
    "s3_writes": Price(5.00, "million PUT or LIST requests", "s3/pricing"),
    "s3_reads": Price(0.40, "million GET requests", "s3/pricing"),
    "athena": Price(5.00, "TB scanned, 10 MB a query at least", "athena/pricing"),
    "dynamodb_reads": Price(0.125, "million read units, on demand", "dynamodb/pricing"),
    "dynamodb_writes": Price(0.625, "million write units, on demand", "dynamodb/pricing"),
    "logs": Price(0.50, "GB of logs taken in", "cloudwatch/pricing"),
    "metric": Price(0.30, "custom metric and month", "cloudwatch/pricing"),
    "alarm": Price(0.10, "metric of an alarm and month", "cloudwatch/pricing"),
    "dashboard": Price(3.00, "dashboard and month", "cloudwatch/pricing"),
    "secret": Price(0.40, "secret and month", "secrets-manager/pricing"),
    "transfer": Price(0.09, "GB out to the internet, the first 10 TB", "ec2/pricing/on-demand"),
}

HTTP_API_FIRST_TIER = 300e6  # requests
HTTP_API_UNIT_BYTES = 512 * 1024  # a request is counted once for each 512 KB of it
FIREHOSE_UNIT_BYTES = 5 * 1024
ATHENA_MIN_BYTES = 10 * MIB

# What Martlet does, as its code has it.
HIDDEN_BYTES = 81  # `,"__ingested_at":…,"__batch":"…","__row":…` behind each event
BUFFER_BYTES = 64 * MIB  # a file is written after this much, or after BUFFER_S
BUFFER_S = 60
ACCESS_LOG_DAYS = 90  # that lines about each request to S3 are kept
EVENTS_MEMORY_MB = 512
QUERY_MEMORY_MB = 1769
ALARM_METRICS = 12  # of the API, three functions, Firehose's log and Athena
ALARM_METRICS_PER_DATA_SOURCE = 1
METRICS = 5  # of `query`, `jobs` and Firehose's log
METRICS_PER_DATA_SOURCE = 5  # of `events`
# Of one request, in bytes: API Gateway's line 225, the function's 490, that of its metrics 510
# (measured, 2026-11-21), and 26 that CloudWatch adds to each.
LOG_BYTES = 1_300

# What is assumed, since nobody measured it on a real account.
EVENTS_BASE_S = 0.040  # a call to Firehose, and the function around it
EVENTS_EACH_S = 0.00005  # the row coder on 0.29 of a core; 10 us a row on a whole one
QUERY_S = 1.5  # Athena's floor of one to two seconds, in which the function waits
PARQUET_SHARE = 0.1  # bytes of Parquet for a byte of JSON: 41 for 462, one kind of event, GZIP
READS_PER_OBJECT = 2  # a footer, and the columns that a query names
ACCESS_LOG_BYTES = 600  # S3's line about one request; it is not paid itself, its storage is
RESULT_WRITES = 2  # the rows, and what they are


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars a month, by what they are paid for."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


def usd(name: str, units: float) -> float:
    """Return the price of so many units."""
    return PRICES[name].usd * units


def ingest_cost(
    events: float,
    *,
    per_request: int = 100,
    event_bytes: int = 500,
    data_sources: int = 1,
    limited: bool = False,
) -> Cost:
    """Return what a month's events cost, stored for one month.

    Args:
        events: a month.
        per_request: events in one request, all for one data source.
        event_bytes: JSON of one event.
        data_sources: among which the events are spread evenly.
        limited: whether the token has a rate limit, which is a write for each request.
    """
    requests = events / per_request
    seconds = EVENTS_BASE_S + EVENTS_EACH_S * per_request
    billed_bytes = requests * _firehose_bytes(per_request, event_bytes + HIDDEN_BYTES)
    stored_bytes = events * event_bytes * PARQUET_SHARE
    return Cost(
        {
            "HTTP API": _http_api(requests, per_request * event_bytes),
            "Lambda": _lambda(requests, seconds, EVENTS_MEMORY_MB),
            "Firehose": usd("firehose", billed_bytes / GIB)
            + usd("firehose_parquet", billed_bytes / GIB),
            "S3 writes": usd(
                "s3_writes",
                objects_a_month(requests, events * (event_bytes + HIDDEN_BYTES), data_sources)
                / 1e6,
            ),
            "S3 storage": usd("s3_storage", stored_bytes / GIB),
            "DynamoDB": _tokens(requests, seconds, limited=limited),
            "logs": usd("logs", requests * LOG_BYTES / GIB),
        }
    )


def query_cost(
    queries_per_second: float,
    *,
    scanned: float = 10e6,
    objects: int = 60,
    days: int = 1,
    seconds: float = QUERY_S,
    answer_bytes: int = 5_000,
    memory_mb: int = QUERY_MEMORY_MB,
    limited: bool = False,
) -> Cost:
    """Return what a month of endpoint calls at a steady rate costs.

    Args:
        queries_per_second: all day, all month.
        scanned: bytes of Parquet that one query reads.
        objects: files that one query opens.
        days: partitions, each listed once.
        seconds: one call takes, most of it waiting for Athena.
        answer_bytes: of one answer.
        memory_mb: of the `query` function.
        limited: whether the token has a rate limit, which is a write for each request.
    """
    queries = queries_per_second * MONTH_S
    billed_bytes = max(ATHENA_MIN_BYTES, math.ceil(scanned / MIB) * MIB)
    reads = objects * READS_PER_OBJECT
    logged = queries * (reads + days + RESULT_WRITES) * ACCESS_LOG_BYTES
    return Cost(
        {
            "HTTP API": _http_api(queries, 0),
            "Lambda": _lambda(queries, seconds, memory_mb),
            "Athena": usd("athena", queries * billed_bytes / TIB),
            "S3 reads": usd("s3_reads", queries * reads / 1e6)
            + usd("s3_writes", queries * days / 1e6),
            "S3 results": usd("s3_writes", queries * RESULT_WRITES / 1e6),
            "S3 access logs": usd("s3_storage", logged / GIB * ACCESS_LOG_DAYS * 24 / MONTH_HOURS),
            "DynamoDB": _tokens(queries, seconds, limited=limited),
            "logs": usd("logs", queries * LOG_BYTES / GIB),
            "data out": usd("transfer", queries * answer_bytes / GIB),
        }
    )


def fixed_cost(data_sources: int) -> Cost:
    """Return what a deployment costs that nobody uses.

    Metrics of our own are paid in hours in which they are sent; they are counted for the whole
    month here. An alarm is paid for each metric that it looks at.
    """
    alarms = ALARM_METRICS + ALARM_METRICS_PER_DATA_SOURCE * data_sources
    return Cost(
        {
            "secret": usd("secret", 1),
            "alarms": usd("alarm", alarms),
            "metrics": usd("metric", METRICS + METRICS_PER_DATA_SOURCE * data_sources),
            "dashboard": usd("dashboard", 1),
        }
    )


def objects_a_month(requests: float, sent_bytes: float, data_sources: int = 1) -> float:
    """Return how many files Firehose writes: one when 64 MiB are full or a minute has passed."""
    minutes = MONTH_S / BUFFER_S * data_sources
    return max(min(requests, minutes), sent_bytes / BUFFER_BYTES)


def _firehose_bytes(events: int, event_bytes: int) -> int:
    """Return the bytes that Firehose counts for one request's events, packed into records."""
    full, rest = divmod(events, MAX_RECORD_DOCUMENTS)
    return full * _packed(MAX_RECORD_DOCUMENTS, event_bytes) + _packed(rest, event_bytes)


def _packed(events: int, event_bytes: int) -> int:
    """Return what is billed of one record, or of its halves while it is too large."""
    if events <= 1 or events * event_bytes <= MAX_RECORD_BYTES:
        return _rounded(events * event_bytes)
    half = events // 2
    return _packed(half, event_bytes) + _packed(events - half, event_bytes)


def _rounded(record_bytes: int) -> int:
    return math.ceil(record_bytes / FIREHOSE_UNIT_BYTES) * FIREHOSE_UNIT_BYTES


def _http_api(requests: float, request_bytes: int) -> float:
    counted = requests * max(1, math.ceil(request_bytes / HTTP_API_UNIT_BYTES))
    first = min(counted, HTTP_API_FIRST_TIER)
    return usd("http_api", first / 1e6) + usd("http_api_more", (counted - first) / 1e6)


def _lambda(requests: float, seconds: float, memory_mb: int) -> float:
    return usd("lambda_requests", requests / 1e6) + usd(
        "lambda_compute", requests * seconds * memory_mb / 1024
    )


def _tokens(requests: float, seconds: float, *, limited: bool) -> float:
    """Return the price of looking tokens up: once a minute in each copy of the function."""
    copies = max(1.0, requests / MONTH_S * seconds)
    reads = min(requests, copies * MONTH_S / 60)
    return usd("dynamodb_reads", reads / 1e6) + usd(
        "dynamodb_writes", requests / 1e6 if limited else 0
    )


def money(amount: float) -> str:
    """Return an amount as a person reads it."""
    if 0 < amount < 0.005:
        return "<0.01"
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"


def lines(cost: Cost) -> list[str]:
    """Return a cost as text, one line for each part and one for the sum."""
    rows = [*cost.parts.items(), ("total", cost.total)]
    return [f"  {name:<14} {money(amount):>12}" for name, amount in rows]


def main(arguments: list[str] | None = None) -> int:
    """Print what the numbers on the command line cost."""
    parser = argparse.ArgumentParser(prog="python -m scripts.cost", description=__doc__)
    parser.add_argument("--events", type=float, default=0, help="events a month")
    parser.add_argument("--per-request", type=int, default=100, help="events in one request (100)")
    parser.add_argument("--event-bytes", type=int, default=500, help="JSON of one event (500)")
    parser.add_argument("--data-sources", type=int, default=1, help="that take events (1)")
    parser.add_argument("--queries-per-second", type=float, default=0, help="all month")
    parser.add_argument("--scanned", type=float, default=10e6, help="bytes one query reads (10e6)")
    parser.add_argument("--objects", type=int, default=60, help="files one query opens (60)")
    parser.add_argument("--days", type=int, default=1, help="days one query reads (1)")
    parser.add_argument("--seconds", type=float, default=QUERY_S, help="one query takes (1.5)")
    parser.add_argument("--memory", type=int, default=QUERY_MEMORY_MB, help="of `query`, MB (1769)")
    parser.add_argument("--limited", action="store_true", help="tokens have a rate limit")
    options = parser.parse_args(arguments)
    if min(options.per_request, options.event_bytes, options.data_sources) < 1:
        parser.error("events a request, bytes an event and data sources are 1 or more")
    ingest = ingest_cost(
        options.events,
        per_request=options.per_request,
        event_bytes=options.event_bytes,
        data_sources=options.data_sources,
        limited=options.limited,
    )
    reads = query_cost(
        options.queries_per_second,
        scanned=options.scanned,
        objects=options.objects,
        days=options.days,
        seconds=options.seconds,
        memory_mb=options.memory,
        limited=options.limited,
    )
    print(f"USD a month, {REGION}, prices of {READ_ON}")
    fixed = fixed_cost(options.data_sources)
    for title, cost in (("events", ingest), ("queries", reads), ("in any case", fixed)):
        print(f"{title}\n" + "\n".join(lines(cost)))
    print(f"all {money(ingest.total + reads.total + fixed.total):>25}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
