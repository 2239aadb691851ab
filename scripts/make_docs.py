"""Write the generated blocks of docs/*.md from the code; `--check` only says whether they differ.

A block stands between `<!-- generated: name -->` and `<!-- end -->`; its maker is in `BLOCKS`.
"""

import argparse
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from scripts import aws_reference, cli_reference, sql_reference
from scripts.markdown import code, codes, table

from martlet import catalog, connections, errors, fetch, jobstore, resolution, server
from martlet.api import queries, routes, write
from martlet.engines import clickhouse
from martlet.files import checks, connection, datasource, keys, pipe, project, schema, settings
from martlet.files.sections import CLASSIC_WORDS, Instruction
from martlet.formats import FORMATS
from martlet.ingest import bodies, rows, sinks
from martlet.ingest.files import MAX_DECODED_BYTES
from martlet.model import Settings
from martlet.sql import guard
from martlet.template import functions, operators, run, typed
from martlet.template.compiler import compile_template
from martlet.types import ALIASES, FAMILIES, REFUSED

DOCS = Path(__file__).resolve().parent.parent / "docs"

_BLOCK = re.compile(
    r"(?P<start><!-- generated: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def first_sentence(item: object) -> str:
    """Return the first line of a docstring without its full stop."""
    return (inspect.getdoc(item) or "").partition("\n")[0].removesuffix(".")


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
            ("bodies of all requests at a time", size(server._MAX_BODIES_BYTES), "503, try again"),
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
                    ("for a request", connections.REQUEST_TIMEOUT_S, "408"),
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


_ROW = re.compile(r"\"(?P<name>\w+)\": \"(?P<value>[^\"]*)\",(?:\s+# (?P<reason>.*))?")


def reasons(module: ModuleType, name: str, *, shared: bool = False) -> dict[str, str]:
    """Return the comments of the rows of a dictionary in a module's source.

    Args:
        module: where it is.
        name: of the dictionary.
        shared: whether a comment on a line of its own is about all rows below it, not only one.
    """
    body = inspect.getsource(module).partition(f"\n{name}")[2].partition("\n}")[0]
    found: dict[str, str] = {}
    above = ""
    for line in (line.strip() for line in body.splitlines()[1:]):
        if line.startswith("#"):
            above = line.removeprefix("# ")
        elif row := _ROW.match(line):
            found[row["name"]] = row["reason"] or above
            above = above if shared else ""
    return found


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


# --- projects.md


def engines_table() -> str:
    """Return the table engines with the keys only they have."""
    lines = (
        (
            code(row.name),
            codes(f"ENGINE_{key.upper()}" for key in row.keys),
            codes(f"ENGINE_{key.upper()}" for key in row.required),
        )
        for row in keys.ENGINES.values()
    )
    return table(("engine", "its own keys", "required"), lines)


def types_table() -> str:
    """Return the column types by group."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for family in FAMILIES.values():
        groups.setdefault((family.group.value, family.ingested), []).append(family.name)
    return table(
        ("group", "types", "in events"),
        (
            (group, codes(names), "yes" if ingested else "no")
            for (group, ingested), names in groups.items()
        ),
    )


def type_names() -> str:
    """Return the other names of types, and those that are refused."""
    by_name: dict[str, list[str]] = {}
    for alias, name in ALIASES.items():
        by_name.setdefault(name, []).append(alias)
    aliases = "; ".join(f"{codes(found)}: {code(name)}" for name, found in by_name.items())
    refused = [(code(name), message, hint) for name, (message, hint) in REFUSED.items()]
    return f"ClickHouse's aliases, in any case: {aliases}.\n\nRefused:\n\n" + table(
        ("type", "error", "hint"), refused
    )


_MEANINGS: dict[str, dict[str, str]] = {
    "datasource": {
        "DESCRIPTION": "text for people",
        "TOKEN": "`TOKEN name READ` or `TOKEN name APPEND`: that token may do that here",
        "TAGS": "comma-separated; kept, no effect",
        "SCHEMA": "the columns; required",
        "INDEXES": "data skipping indexes, one per line",
        "ENGINE": "table engine, `MergeTree` when it is left out",
        "ENGINE_SORTING_KEY": "`ORDER BY`; `tuple()` when it is left out",
        "ENGINE_PARTITION_KEY": "`PARTITION BY`",
        "ENGINE_PRIMARY_KEY": "`PRIMARY KEY`",
        "ENGINE_SAMPLING_KEY": "`SAMPLE BY`",
        "ENGINE_TTL": "`TTL`",
        "ENGINE_SETTINGS": "`SETTINGS` of the table",
        "ENGINE_": "argument of its engine, see below",
        **{key: f"the same as `ENGINE_{key}`" for key in datasource._ENGINE_KEYS},
        "FORWARD_QUERY": "a SELECT; kept, does not run",
        "BACKFILL": "`skip`: a new materialized pipe into this data source is not filled",
        "SHARED_WITH": "names of workspaces; kept, no effect",
        "KAFKA_TOPIC": "checked and kept, does not run; the data source gets Kafka's columns",
        **dict.fromkeys(("KAFKA_", "IMPORT_", "PG_"), "checked and kept, does not run"),
        "EXPORT_SERVICE": "kept, no effect",
        "VERSION": "a number N: other files and clients may also say `name__vN`",
        "INCLUDE": '`INCLUDE "file" "NAME=value"`: the lines of that file',
        **dict.fromkeys(("SOURCE", *CLASSIC_WORDS), "no effect"),
        "INDICES": "the same as `INDEXES`",
        "SETTINGS": "refused: write `ENGINE_SETTINGS`",
    },
    "pipe": {
        "DESCRIPTION": "text for people; of the pipe, or below a NODE of that node",
        "TOKEN": "`TOKEN name READ`: the token of that name may read the endpoint",
        **dict.fromkeys(("SOURCE", *CLASSIC_WORDS), "no effect"),
        "TAGS": "comma-separated; kept, no effect",
        "VERSION": "a number N: other files and clients may also say `name__vN`",
        "INCLUDE": '`INCLUDE "file" "NAME=value"`: the lines of that file',
        "NODE": "starts a node and names it",
        "SQL": "the query; a block",
        "TYPE": "`endpoint`, `materialized`, `copy`, `sink` or `standard`; for one node at most",
        "DATASOURCE": "materialized: the data source that it fills; required",
        "DEPLOYMENT_METHOD": "materialized: `alter`; kept, no effect",
        "TARGET_DATASOURCE": "copy: the data source that it writes; required",
        "COPY_SCHEDULE": "copy: `@on-demand` or cron; checked and kept, nothing runs by itself",
        "COPY_MODE": "copy: `append` (when it is left out) or `replace`",
        "MODE": "the same as `COPY_MODE`",
        "ON_DEMAND_COMPUTE": "copy: `true` or `false`; kept, no effect",
        "EXPORT_": "sink: checked and kept, does not run",
        "FILTER": "kept, no effect",
        "SCOPE": "the same as `NODE`",
        "ENGINE": "materialized, of Tinybird Classic: makes the target if the project has none",
        "ENGINE_": "materialized, of Tinybird Classic: as in a data source",
    },
    "connection": {
        "DESCRIPTION": "text for people",
        "TYPE": f"{codes(connection.TYPES)}; another, or none, is a warning",
        "INCLUDE": '`INCLUDE "file" "NAME=value"`: the lines of that file',
        "KAFKA_KEY_AVRO_DESERIALIZATION": "refused: set `KAFKA_KEY_FORMAT` in the data source",
        "GCS_SERVICE_ACCOUNT_CREDENTIALS_JSON": "JSON; kept, not used yet",
        **{row.prefix.upper(): "kept, not used yet" for row in connection.TYPES.values()},
    },
}


def instructions(kind: str, known: Mapping[str, Instruction[Any]]) -> str:
    """Return the instructions of a kind of file; those with one meaning share a row.

    Raises:
        KeyError: an instruction has no meaning here: write one in `_MEANINGS`.
    """
    meanings = _MEANINGS[kind]
    lines: dict[tuple[str, bool, str], list[str]] = {}
    for name, row in known.items():
        key = name if name in meanings else f"{name.partition('_')[0]}_"
        lines.setdefault((meanings[key], row.block, row.note), []).append(name)
    return table(
        ("instruction", "as a block", "meaning", "warning"),
        (
            (codes(names), "yes" if block else "", meaning, note)
            for (meaning, block, note), names in lines.items()
        ),
    )


def toml_keys() -> str:
    """Return the keys of `[settings]` in martlet.toml."""
    own = Settings()
    meanings = {
        "generation": "Tinybird's product that it is [written for](#from-tinybird-classic)",
        "join_use_nulls": "NULLs instead of default values in the unmatched columns of a JOIN",
        "query_timeout_s": "seconds for one query",
        "max_result_bytes": "bytes of one result",
        "max_memory_bytes": "memory of one query",
        "allow_private_urls": "[files at URLs](api.md#files-as-jobs) are also fetched from"
        " addresses that are not public",
        "clickhouse": "other ClickHouse settings, for queries and for inserts",
    }
    lines = []
    for key, (wanted, _) in settings._KEYS.items():
        default = getattr(own, key)
        shown = "empty" if key == "clickhouse" else str(default).lower()
        lines.append((code(key), wanted, shown, meanings[key]))
    return table(("key", "value", "default", "meaning"), lines)


def project_limits() -> str:
    """Return the limits on the files of a project."""
    skipped = codes(sorted(project._SKIPPED))
    return (
        f"Datafiles lie in the root or in folders up to {project.MAX_DEPTH - 1} levels below it."
        " Folders whose name"
        f" starts with a dot, and {skipped}, are not searched for datafiles."
        f" A data source has at most {schema.MAX_COLUMNS} columns; brackets in a SCHEMA nest at"
        f" most {schema._MAX_DEPTH} deep."
    )


def reserved_names() -> str:
    """Return the names that no resource may have."""
    return f"Reserved, in any case: {codes(sorted(checks._RESERVED))}."


def table_settings() -> str:
    """Return the settings of every table."""
    why = reasons(catalog, "TABLE_SETTINGS", shared=True)
    return table(
        ("table setting", "value", "reason"),
        ((code(k), code(v), why[k]) for k, v in catalog.TABLE_SETTINGS.items()),
    )


_NODE = "NODE n\nSQL >\n    SELECT 1\nTYPE endpoint\n"
_BASE = "SCHEMA >\n    `x` Int32 `json:$.x`\n"
# What is written, and the files that write it.
_LENIENT: tuple[tuple[str, dict[str, str]], ...] = (
    ("template tags without `%`", {"p.pipe": _NODE.replace("1", "{{Int32(x, 1)}}")}),
    ("`SCHEMA >` behind the DESCRIPTION", {"a.datasource": "DESCRIPTION A table " + _BASE}),
    (
        "`NODE` behind the DESCRIPTION",
        {"p.pipe": "DESCRIPTION A pipe " + _NODE},
    ),
    ("typographic quotes", {"a.datasource": _BASE + "ENGINE \u201cMergeTree\u201d\n"}),
    (
        "a data source as JSON",
        {"a.datasource": '{"schema": [{"name": "x", "type": "Int32", "json_path": "$.x"}]}'},
    ),
    (
        "`INCLUDE`",
        {"a.datasource": _BASE + 'INCLUDE "k.incl" "KEY=x"\n', "k.incl": "ENGINE_TTL $KEY\n"},
    ),
    (
        "a materialized node with its own ENGINE",
        {
            "a.datasource": _BASE,
            "p.pipe": "NODE n\nSQL >\n    SELECT x FROM a\nTYPE materialized\nDATASOURCE t\n"
            "ENGINE MergeTree\n",
        },
    ),
    ("an engine key that the engine has not", {"a.datasource": _BASE + "ENGINE_VER x\n"}),
    (
        "a setting that the node's type has not",
        {"p.pipe": _NODE + "COPY_MODE append\n"},
    ),
    ("`VERSION`", {"a.datasource": _BASE + "VERSION 2\n"}),
    ("an instruction without effect", {"a.datasource": _BASE + "KAFKA_TARGET_PARTITIONS 3\n"}),
    (
        "a node with the name of a data source or pipe",
        {"n.datasource": _BASE, "p.pipe": _NODE},
    ),
    (
        "pipes without TYPE, in a project of Tinybird Classic",
        {"p.pipe": "TOKEN app READ\nNODE n\nSQL >\n    SELECT 1\n"},
    ),
    ("`TOKEN … CREATE`", {"a.datasource": "TOKEN app CREATE\n" + _BASE}),
    (
        "a scope of a `.token` file that is none here",
        {"a.datasource": _BASE, "app.token": "SCOPE ADMIN\n"},
    ),
    (
        "a datafile in too deep a folder",
        {"a.datasource": _BASE, "x/y/z/p.pipe": _NODE},
    ),
    ("an indented TYPE", {"p.pipe": _NODE.replace("TYPE", "    TYPE"), "q.pipe": _NODE}),
)


def lenient_forms() -> str:
    """Return the forms that are accepted with a warning, and the warnings they print."""
    lines = []
    for form, files in _LENIENT:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, name).write_text(text)
            found, _ = project.read_project(Path(folder))
        warning = found.warnings[0]
        lines.append((form, warning.message, warning.hint))
    return table(("form", "warning", "hint"), lines)


# --- templates.md

_SAMPLES = {"Float": "1.5", "Boolean": "true", "Date": "2025-01-31", "String": "it's"}
_MOMENTS = {"DateTime": "2025-01-31 10:00:00", "DateTime64": "2025-01-31 10:00:00.250"}


def type_functions() -> str:
    """Return the type functions, each with a value and what it renders."""
    lines = []
    for name in (*typed.TYPES, "Array"):
        parameters = {"Array": typed.ARRAY_PARAMETERS, "Boolean": typed.BOOLEAN_PARAMETERS}.get(
            name, typed.PARAMETERS
        )
        value = _MOMENTS.get(name) or _SAMPLES.get(name.rstrip("0123456789"), "5")
        tag = "{{" + f"{name}(x)" + "}}"
        if name == "Array":
            tag, value = "{{Array(x, 'Int32')}}", "1,2"
        rendered = compile_template(tag).render({"x": value}).sql
        shared = "…" if parameters is typed.PARAMETERS else ", ".join(parameters)
        lines.append((code(f"{name}({shared})"), code(value), code(rendered)))
    head = f"`…` stands for `{', '.join(typed.PARAMETERS)}`.\n\n"
    return head + table(("function", "`x` is", "its tag renders"), lines)


_UNDOCUMENTED = {
    "date_diff_in_hours": "Return the whole hours between two times",
    "date_diff_in_minutes": "Return the whole minutes between two times",
    "date_diff_in_seconds": "Return the seconds between two times",
}


def template_functions() -> str:
    """Return the functions other than types, with arguments and meaning."""
    lines = []
    for name, function in functions.FUNCTIONS.items():
        found = list(inspect.signature(function).parameters.values())[1:]
        arguments = ", ".join(
            f"{'**' if p.kind is p.VAR_KEYWORD else ''}{p.name}"
            + ("" if p.default is p.empty else f"={p.default!r}")
            for p in found
            if p.kind is not p.VAR_POSITIONAL
        )
        meaning = _UNDOCUMENTED.get(name) or first_sentence(function)
        lines.append((code(f"{name}({arguments})"), meaning))
    return table(("function", "meaning"), lines)


def python_parts() -> str:
    """Return what of Python templates may use, in `{{ }}` and in `{% %}`."""
    by_type = "; ".join(
        f"{owner.__name__}: {codes(sorted(methods))}"
        for owner, methods in operators.METHODS.items()
    )
    return table(
        ("", "`{{ }}`", "`{% %}` has these too"),
        (
            ("functions", codes(functions.OUTPUT_BUILTINS), codes(functions.CONTROL_BUILTINS)),
            ("methods", codes(sorted(operators.OUTPUT_METHODS)), by_type),
        ),
    )


def template_limits() -> str:
    """Return the limits of one rendering."""
    return table(
        ("limit", "value"),
        (
            ("length of the SQL", f"{run.MAX_SQL_CHARACTERS:,} characters"),
            ("iterations of all loops and comprehensions", f"{run.MAX_ITERATIONS:,}"),
            ("characters and elements that expressions make", f"{run.MAX_WORK:,}"),
            ("size of an integer", f"{run.MAX_INTEGER_BITS:,} bits"),
        ),
    )


BLOCKS: dict[str, Callable[[], str]] = {
    **cli_reference.BLOCKS,
    **sql_reference.BLOCKS,
    **aws_reference.BLOCKS,
    "log-fields": log_fields,
    "routes": routes_table,
    "formats": formats_table,
    "limits": limits_table,
    "errors": errors_table,
    "engine-settings": engine_settings,
    "refused-functions": refused_functions,
    "event-formats": event_formats,
    "quarantine": quarantine_columns,
    "engines": engines_table,
    "types": types_table,
    "type-names": type_names,
    "datasource": lambda: instructions("datasource", datasource.INSTRUCTIONS),
    "pipe": lambda: instructions("pipe", pipe.INSTRUCTIONS),
    "connection": lambda: instructions("connection", connection.INSTRUCTIONS),
    "toml": toml_keys,
    "project-limits": project_limits,
    "reserved": reserved_names,
    "table-settings": table_settings,
    "lenient": lenient_forms,
    "type-functions": type_functions,
    "template-functions": template_functions,
    "python": python_parts,
    "template-limits": template_limits,
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
