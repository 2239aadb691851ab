"""The blocks of docs/aws.md: settings of a deployment, prices, and what a month costs by them."""

import inspect
import re

from scripts import cost
from scripts.markdown import code, table

from martlet_infra.config import Config, Options

STARTS_PER_SECOND = 20  # of Athena queries, by default

_EVENTS = ((1e6, "1 M"), (100e6, "100 M"), (10e9, "10 B"))
_PER_REQUEST = (1, 100, 1000)
_RATES = (1, 10, 100)
_DATA_SOURCES = (1, 5, 50)
# What one query reads, in bytes, files and seconds.
_SCANS = (("10 MB", 10e6, 60, 1.5), ("1 GB", 1e9, 600, 3.0))


def ingest_costs() -> str:
    """Return what events cost a month, part by part."""
    rows = []
    for events, name in _EVENTS:
        for per_request in _PER_REQUEST:
            found = cost.ingest_cost(events, per_request=per_request)
            rows.append((name, f"{per_request:,}", *_amounts(found)))
    parts = cost.ingest_cost(1).parts
    return table(("events a month", "a request", *parts, "**total**"), rows)


def query_costs() -> str:
    """Return what queries cost a month, part by part."""
    rows = []
    for rate in _RATES:
        for name, scanned, objects, seconds in _SCANS:
            found = cost.query_cost(rate, scanned=scanned, objects=objects, seconds=seconds)
            above = " (above the quota)" if rate > STARTS_PER_SECOND else ""
            rows.append((f"{rate}{above}", name, *_amounts(found)))
    parts = cost.query_cost(1).parts
    return table(("queries a second", "each reads", *parts, "**total**"), rows)


def fixed_costs() -> str:
    """Return what a deployment costs that nobody uses."""
    found = [(count, cost.fixed_cost(count)) for count in _DATA_SOURCES]
    rows = [(str(count), *_amounts(each)) for count, each in found]
    return table(("data sources", *found[0][1].parts, "**total**"), rows)


def prices() -> str:
    """Return the prices that the tables are made from."""
    head = f"{cost.REGION}, looked up on {cost.READ_ON}; GB and TB are AWS's, powers of 1,024.\n\n"
    return head + table(
        ("USD", "for a", "listed at"),
        (
            (f"{price.usd:.10f}".rstrip("0").ljust(4, "0"), price.unit, _link(price.source))
            for price in cost.PRICES.values()
        ),
    )


def _link(page: str) -> str:
    return f"[{page}](https://aws.amazon.com/{page}/)"


def _amounts(found: cost.Cost) -> tuple[str, ...]:
    return (*map(cost.money, found.parts.values()), f"**{cost.money(found.total)}**")


def assumptions() -> str:
    """Return what the tables assume."""
    return (
        f"An event is 500 bytes of JSON, and {cost.HIDDEN_BYTES} bytes of Martlet's own columns."
        f" Its Parquet is {cost.PARQUET_SHARE:.0%} of its JSON (41 bytes for 462, measured on one"
        f" kind of event). `events` has {cost.EVENTS_MEMORY_MB} MB and takes"
        f" {cost.EVENTS_BASE_S * 1000:g} ms a request and {cost.EVENTS_EACH_S * 1e6:g} µs an event."
        f" `query` has {cost.QUERY_MEMORY_MB:,} MB and waits for Athena for 1.5 s (10 MB in 60"
        " files) or 3 s (1 GB in 600 files); Athena reads each file"
        f" {cost.READS_PER_OBJECT} times. An answer is 5,000 bytes, a request's lines of log"
        f" {cost.LOG_BYTES:,} bytes (measured), and S3's own line about each of its requests"
        f" {cost.ACCESS_LOG_BYTES}. The durations and the reads a file are estimates: nobody has"
        " measured them on AWS."
    )


def small_files() -> str:
    """Return what it costs to read many small files."""
    a_day = 24 * 3600 // cost.BUFFER_S
    reads = cost.usd("s3_reads", 30 * a_day * cost.READS_PER_OBJECT / 1e6)
    least = cost.usd("athena", cost.ATHENA_MIN_BYTES / cost.TIB)
    return (
        "Firehose writes a file a minute for each data source that gets events:"
        f" {a_day:,} a day. A query over 30 days of it opens {30 * a_day:,} files, which is"
        f" {reads:.3f} USD of S3 requests each time, however little the rows weigh;"
        f" Athena itself takes {least:.5f} at least."
    )


def context() -> str:
    """Return what a deployment can be told, as its classes document it."""
    own = Options()
    rows = []
    for name, meaning in {**_attributes(Config), **_attributes(Options)}.items():
        if name == "options":
            continue
        default = getattr(own, name, {"folder": ".", "stage": "dev"}.get(name, ""))
        shown = code(default) if default != "" else ""
        if name == "project":
            shown = "the folder's name"
        rows.append((code(name), shown, meaning.removesuffix(".")))
    return table(("setting", "default", "meaning"), rows)


def _attributes(kind: type) -> dict[str, str]:
    """Return the attributes that a class's docstring tells of."""
    text = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    found = re.split(r"^    (\w+): ", text, flags=re.M)[1:]
    return {name: " ".join(found[i + 1].split()) for i, name in enumerate(found) if i % 2 == 0}


BLOCKS = {
    "aws-context": context,
    "aws-ingest-costs": ingest_costs,
    "aws-query-costs": query_costs,
    "aws-fixed-costs": fixed_costs,
    "aws-prices": prices,
    "aws-assumptions": assumptions,
    "aws-small-files": small_files,
}
