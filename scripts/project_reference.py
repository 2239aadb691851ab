"""The blocks of docs/projects.md: engines, types, instructions, settings of a project."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scripts.markdown import code, codes, table
from scripts.source_text import reasons

from martlet import catalog
from martlet.files import checks, connection, datasource, keys, pipe, project, schema, settings
from martlet.files.sections import CLASSIC_WORDS, Instruction
from martlet.model import Settings
from martlet.types import ALIASES, FAMILIES, REFUSED


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
        "max_file_bytes": "of a file of rows in one request",
        "idempotency_window_h": "hours for which a request with an"
        " [Idempotency-Key](api.md#idempotency) is known",
        "allow_private_urls": "[files at URLs](api.md#files-as-jobs) are also fetched from"
        " addresses that are not public",
        "service_rows": "of each [service data source](service-data-sources.md), the oldest go"
        " first; 0 for none",
        "cache_bytes": "of [answers that are kept](api.md#caching); 0 for none",
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


BLOCKS: dict[str, Callable[[], str]] = {
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
}
