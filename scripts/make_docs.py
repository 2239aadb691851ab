"""Write the generated blocks of docs/*.md from the code; `--check` only says whether they differ.

A block stands between `<!-- generated: name -->` and `<!-- end -->`; its maker is in `BLOCKS`.
"""

import argparse
import inspect
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from scripts import (
    aws_reference,
    cli_reference,
    clients_reference,
    project_reference,
    sql_reference,
    template_reference,
)
from scripts.markdown import code, codes, table
from scripts.source_text import first_sentence, reasons

from martlet import catalog, connections, errors, fetch, incoming, jobstore, resolution, server
from martlet.api import queries, routes, write
from martlet.engines import clickhouse
from martlet.formats import FORMATS
from martlet.ingest import bodies, rows, sinks
from martlet.ingest.files import MAX_DECODED_BYTES
from martlet.model import Settings
from martlet.sql import guard

DOCS = Path(__file__).resolve().parent.parent / "docs"

_BLOCK = re.compile(
    r"(?P<start><!-- generated: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def size(number: float) -> str:
    """Return a number of bytes as a person reads it."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if number >= unit and not number % unit:
            return f"{int(number // unit)} {name}"
    return f"{number:,}"


# --- cli.md


def log_fields() -> str:
    """Return the fields of a request's line in the JSON log."""
    return f"{codes(server.JsonFormatter.FIELDS)}."


# --- api.md


def routes_table() -> str:
    """Return the routes with the first line of what answers them."""
    from martlet.api.operations import OPERATIONS

    return table(
        ("method", "path", "answers"),
        (
            (r.method, code(r.path), _after_colon(first_sentence(OPERATIONS[r.operation])))
            for r in routes.ROUTES
        ),
    )


def _after_colon(text: str) -> str:
    """Return what a docstring says behind the request that it begins with."""
    _, colon, meaning = text.partition("`: ")
    return meaning if colon else "stores events"


def formats_table() -> str:
    """Return the output formats."""
    return table(
        ("extension", "ClickHouse format", "`Content-Type`"),
        ((code(f".{f.extension}"), f.clickhouse, code(f.media_type)) for f in FORMATS.values()),
    )


def limits_table() -> str:
    """Return the limits on requests and queries."""
    own = Settings()
    return table(
        ("limit", "value", "above it"),
        (
            ("request line and headers", size(connections.MAX_HEAD_BYTES), "431"),
            ("headers of a request", str(connections.MAX_HEADERS), "431"),
            ("request body as sent", size(write.MAX_BODY_BYTES), "413, nothing is stored"),
            (
                "request body that is a file of rows",
                f"{size(own.max_file_bytes)} (`max_file_bytes`)",
                "413, nothing is stored",
            ),
            ("bodies of all requests at a time", size(incoming.MAX_BODIES_BYTES), "503, try again"),
            ("files of all requests at a time", size(incoming.MAX_FILES_BYTES), "503, try again"),
            ("events after decompression", size(write.MAX_DECODED_BYTES), "413"),
            ("parameters in a body after decompression", size(queries.MAX_PARAMETER_BYTES), "413"),
            ("one event", size(rows.MAX_ROW_BYTES), "413 for the whole request"),
            ("refused rows of a request", f"{rows.MAX_REFUSED_ROWS:,}", "400, nothing is stored"),
            ("events waiting to be committed", size(sinks.MAX_PENDING_BYTES), "503, try again"),
            (
                "one group of events",
                f"{size(sinks.MAX_GROUP_BYTES)} or {sinks.MAX_GROUP_ROWS:,} rows",
                "the next group takes the rest",
            ),
            ("time of a query", f"{own.query_timeout_s:g} s (`query_timeout_s`)", "408"),
            (
                "memory of a query",
                f"{size(own.max_memory_bytes)} (`max_memory_bytes`)",
                "400, code 241",
            ),
            ("result of a query", f"{size(own.max_result_bytes)} (`max_result_bytes`)", "413"),
            *(
                (f"time of a client {what}", f"{seconds:g} s", then)
                for what, seconds, then in (
                    ("for the head of a request", connections.HEAD_TIMEOUT_S, "408"),
                    ("between pieces of a body", connections.BODY_PAUSE_TIMEOUT_S, "408"),
                    (
                        "for a request, and so long as its body takes at 256 KiB/s",
                        connections.REQUEST_TIMEOUT_S,
                        "408",
                    ),
                    ("between pieces of an answer", connections.READ_TIMEOUT_S, "cut off"),
                )
            ),
            (
                "connections",
                f"{connections.MAX_CONNECTIONS:,}, or half of the files that may be open",
                "the one that has been idle longest is closed; 503 if none is",
            ),
            (
                "requests of a connection behind one without an answer",
                str(connections.MAX_PIPELINED),
                "429 after their answers",
            ),
            ("threads by `max_threads()`", str(resolution.MAX_THREADS), "taken as the limit"),
            (
                "SQL of a node with the values of its parameters",
                f"{size(resolution.MAX_QUERY_SIZE)} (`max_query_size` in `[settings.clickhouse]`)",
                "400",
            ),
            ("pipes that read pipes", f"{resolution.MAX_DEPTH} levels", "400"),
            ("queries at a time", str(server._READERS), "the others wait"),
            ("jobs at a time", str(jobstore.THREADS), "the others wait"),
            ("jobs that wait", str(jobstore.MAX_WAITING), "503, try again"),
            ("jobs that are remembered", str(jobstore.MAX_JOBS), "the oldest is forgotten"),
            ("file at a URL", size(fetch.MAX_FILE_BYTES), "the job fails, nothing is stored"),
            ("file at a URL after decompression", size(MAX_DECODED_BYTES), "the job fails"),
            ("time of fetching a file", f"{fetch.FETCH_TIMEOUT_S:.0f} s", "the job fails"),
            ("redirects of a URL", str(fetch.MAX_REDIRECTS), "the job fails"),
        ),
    )


def errors_table() -> str:
    """Return the error classes with their statuses."""
    found = [
        item
        for item in vars(errors).values()
        if inspect.isclass(item)
        and issubclass(item, errors.MartletError)
        and item not in (errors.MartletError, errors.DatafileWarning)
    ]
    found.sort(key=lambda item: item.status)
    return table(
        ("status", "error", "when"),
        ((str(item.status), code(item.__name__), first_sentence(item)) for item in found),
    )


def engine_settings() -> str:
    """Return ClickHouse's settings for all statements, for queries, and for inserts."""
    parts = (
        ("every statement", "COMMON_SETTINGS", clickhouse.COMMON_SETTINGS),
        ("queries", "READ_SETTINGS", clickhouse.READ_SETTINGS),
        ("inserts", "WRITE_SETTINGS", clickhouse.WRITE_SETTINGS),
    )
    lines = []
    for where, name, values in parts:
        why = reasons(clickhouse, name)
        lines += [(code(k), code(v), where, why[k]) for k, v in values.items()]
    return table(("setting", "value", "for", "reason"), lines)


def refused_functions() -> str:
    """Return what a query may not call, and what it may read."""
    return "\n".join(
        (
            f"Refused functions: {codes(sorted(guard.REFUSED_FUNCTIONS))}.\n",
            f"Allowed table functions: {codes(sorted(guard.ALLOWED_TABLE_FUNCTIONS))}. All others"
            f" are refused; ClickHouse has {len(guard.REFUSED_TABLE_FUNCTIONS)} more.\n",
            f"Allowed system tables: {codes(sorted(guard.ALLOWED_SYSTEM_TABLES))}.",
        )
    )


def event_formats() -> str:
    """Return the formats and encodings of events."""
    return (
        f"`format` is one of {codes(bodies.FORMATS)} (`ndjson` when it is left out)."
        f" `Content-Encoding` is one of {codes(bodies.ENCODINGS)}."
    )


def quarantine_columns() -> str:
    """Return the columns of a quarantine table."""
    before, after = (
        [(code(name), code(kind)) for name, kind in part]
        for part in (catalog.QUARANTINE_BEFORE, catalog.QUARANTINE_AFTER)
    )
    own = ("each column of the data source", "`Nullable(String)`")
    return table(("column", "type"), [*before, own, *after])


BLOCKS: dict[str, Callable[[], str]] = {
    **cli_reference.BLOCKS,
    **clients_reference.BLOCKS,
    **sql_reference.BLOCKS,
    **aws_reference.BLOCKS,
    **project_reference.BLOCKS,
    **template_reference.BLOCKS,
    "log-fields": log_fields,
    "routes": routes_table,
    "formats": formats_table,
    "limits": limits_table,
    "errors": errors_table,
    "engine-settings": engine_settings,
    "refused-functions": refused_functions,
    "event-formats": event_formats,
    "quarantine": quarantine_columns,
}  # fmt: skip


def rewritten(text: str) -> str:
    """Return a document with its generated blocks made anew.

    Raises:
        KeyError: a block that is not in `BLOCKS`.
    """
    return _BLOCK.sub(
        lambda block: f"{block['start']}{BLOCKS[block['name']]()}\n{block['end']}", text
    )


def main() -> int:
    """Write the documents, or with `--check` only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    options = parser.parse_args()
    os.environ.pop("MARTLET_PORT", None)  # it would be printed as the default
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text()
        made = rewritten(text)
        if made != text:
            stale.append(path.name)
            if not options.check:
                path.write_text(made)
    for name in stale:
        print(f"docs/{name}: {'differs from the code' if options.check else 'written'}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
