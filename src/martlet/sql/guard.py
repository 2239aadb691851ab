"""What a pipe's SQL may not do: write, leave the query, or read beyond the project's tables.

Measured on chDB 26.9: `readonly=1` refuses DDL, INSERT, table functions and changed settings, but
not the scalar function `file()`, `INTO OUTFILE` nor a second statement; those are refused here.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from martlet.errors import OutsideError, SqlError
from martlet.sql.lexer import Kind, Lexeme

ALLOWED_TABLE_FUNCTIONS = frozenset(
    """numbers numbers_mt null values sqlstandardvalues generaterandom generateseries
    generate_series primes""".split()
)

# The name of a harmless scalar function too, so it is refused in table position only.
SCALAR_TABLE_FUNCTIONS = frozenset({"format"})

# Every other table function of chDB 26.9 (system.table_functions; a test compares the list).
REFUSED_TABLE_FUNCTIONS = frozenset(
    """arrowstream azureblobstorage azureblobstoragecluster bigquery cluster clusterallreplicas
    cosn deltalake deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3
    deltalakes3cluster dictionary eval executable file filecluster filesystem fuzzjson fuzzquery gcs
    hdfs hdfscluster hudi hudicluster iceberg icebergazure icebergazurecluster icebergcluster
    iceberghdfs iceberghdfscluster iceberglocal iceberglocalcluster icebergs3 icebergs3cluster input
    jdbc loop merge mergetreeanalyzeindexes mergetreeanalyzeindexesuuid mergetreecodecblockcounts
    mergetreeindex mergetreeprojection mergetreetextindex mongodb mysql odbc oss paimon paimonazure
    paimonazurecluster paimoncluster paimonhdfs paimonhdfscluster paimonlocal paimons3
    paimons3cluster postgresql prometheusquery prometheusqueryrange python redis remote remotesecure
    s3 s3cluster sqlite timeseriesdata timeseriesmetricfamilies timeseriesmetrics timeseriessamples
    timeseriesselector timeseriestags url urlcluster view viewexplain viewifpermitted ytsaurus
    zeros zeros_mt""".split()
)

# Those of them that Tinybird lets copy pipes read from
# (https://www.tinybird.co/docs/sql-reference/table-functions).
COPY_TABLE_FUNCTIONS = frozenset(
    "azureblobstorage gcs iceberg mongodb mysql postgresql s3 url".split()
)

# Scalar functions that read files, the network, the process or the catalogue, or only wait, or tell
# of rows that a filter has left out of a column.
REFUSED_FUNCTIONS = frozenset(
    """file filesystemavailable filesystemcapacity filesystemunreserved reversednsquery
    catboostevaluate getmacro getserverport getserversetting getmergetreesetting hascolumnintable
    getclienthttpheader getoskernelversion addresstoline addresstolinewithinlines addresstosymbol
    demangle sleep sleepeachrow logtrace showcertificate zookeepersessionuptime aiclassify aiembed
    aiextract aifilter aigenerate airedact aisimilarity aitranslate mergetreepartinfo
    pg_get_userbyid pggetuserbyid pg_table_is_visible pgtableisvisible globalvariable
    structuretocapnprotoschema structuretoprotobufschema dumpcolumnstructure""".split()
)

ALLOWED_SYSTEM_TABLES = frozenset(
    {"system.numbers", "system.numbers_mt", "system.one", "system.functions", "system.zeros"}
)
# A project's tables are in `default` at first, later in `default__2` and so on; its service data
# sources in `default__tinybird`. Workspaces for tests have names of their own for `default`.
_DATABASES = re.compile(
    r"system|information_schema|default(?:_guest_\d+_)?(?:__(?:\d+|tinybird))?", re.IGNORECASE
)

# Tables of Martlet's own beside the project's: views, their trials, tables on the way to another.
INTERNAL_PREFIXES = (
    "__view_", "__trial_", "__new_", "__fill_", "__copy_", "__stage_", "__swap_",
    "__old_", "__remade_",
)  # fmt: skip

# Behind these words, and behind most symbols, FORMAT is a column's name and not the clause.
_BEFORE_COLUMN = frozenset(
    """AS BY SELECT DISTINCT WHERE PREWHERE HAVING QUALIFY ON USING AND OR NOT IN LIKE ILIKE BETWEEN
    WHEN THEN ELSE CASE LIMIT WITH FROM JOIN""".split()
)
_BEHIND_FORMAT = frozenset({"SETTINGS", "INTO"})


def check_select(lexemes: Sequence[Lexeme]) -> None:
    """Refuse anything but one SELECT over the project's own tables.

    Raises:
        SqlError: with the offset of the first thing that is not allowed.
    """
    _check_statement(lexemes)
    _check_calls(lexemes)
    _check_function_values(lexemes)
    _check_catalogues(lexemes)
    _check_internal(lexemes)


def without_end(lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """Return the lexemes without the semicolons at the end."""
    kept = list(lexemes)
    while kept and kept[-1].text == ";":
        kept.pop()
    return kept


def _check_statement(lexemes: Sequence[Lexeme]) -> None:
    kept = without_end(lexemes)
    if not kept:
        raise SqlError("Empty query")
    first = next((lexeme for lexeme in kept if lexeme.text != "("), kept[0])
    if first.upper not in ("SELECT", "WITH", "FROM"):
        raise SqlError(
            f"Only SELECT queries are allowed, this one starts with {first.text!r}",
            offset=first.start,
        )
    _check_parentheses(kept)
    for index, lexeme in enumerate(kept):
        following = kept[index + 1] if index + 1 < len(kept) else None
        if lexeme.text == ";" and lexeme.kind is Kind.SYMBOL:
            raise SqlError("Only one statement is allowed", offset=lexeme.start)
        if lexeme.upper == "INTO" and following and following.upper == "OUTFILE":
            raise SqlError("INTO OUTFILE is not allowed", offset=lexeme.start)
        if lexeme.upper == "SETTINGS" and is_settings(kept, index):
            raise SqlError(
                "SETTINGS is not allowed in a pipe",
                offset=lexeme.start,
                hint="set it for the project: martlet.toml, [settings.clickhouse]",
            )
        if lexeme.upper == "PARALLEL" and _is_parallel(kept, index):
            raise SqlError("Only one statement is allowed", offset=lexeme.start)
        if lexeme.text == "|" and lexeme.kind is Kind.SYMBOL:
            raise SqlError("The pipe operator |> is not allowed", offset=lexeme.start)
    _check_format(kept)


def is_settings(lexemes: Sequence[Lexeme], index: int) -> bool:
    """Whether the word SETTINGS begins the clause, `SETTINGS name = value`, and is no column."""
    is_column = index > 0 and lexemes[index - 1].text in (".", ",")
    names = lexemes[index + 1 : index + 3]
    return not is_column and len(names) == 2 and names[0].name is not None and names[1].text == "="


def _is_parallel(lexemes: Sequence[Lexeme], index: int) -> bool:
    """Whether `PARALLEL WITH` joins two statements; `GROUP BY parallel WITH TOTALS` does not."""
    following = [lexeme.upper for lexeme in lexemes[index + 1 : index + 3]]
    return following[:1] == ["WITH"] and following[-1] not in (
        "TOTALS", "ROLLUP", "CUBE", "FILL", "TIES",
    )  # fmt: skip


def _check_format(lexemes: Sequence[Lexeme]) -> None:
    """Refuse `... FORMAT JSON`, also before SETTINGS; a column may be called format."""
    for index in range(1, len(lexemes) - 1):
        behind = lexemes[index + 2].upper if index + 2 < len(lexemes) else ""
        is_last = index + 2 == len(lexemes)
        if (is_last or behind in _BEHIND_FORMAT) and is_format(lexemes, index):
            raise SqlError(
                "FORMAT is not allowed in a pipe",
                offset=lexemes[index].start,
                hint="the format is the extension of the endpoint's URL: .json, .csv, .ndjson, ...",
            )


def is_format(lexemes: Sequence[Lexeme], index: int) -> bool:
    """Whether `FORMAT name` stands at a place where a clause can, and no column of that name."""
    before, lexeme, name = lexemes[index - 1 : index + 2]
    is_operand_before = before.kind is not Kind.SYMBOL or before.text in (")", "]", "*")
    return (
        lexeme.upper == "FORMAT"
        and name.name is not None
        and is_operand_before
        and before.upper not in _BEFORE_COLUMN
    )


def _check_parentheses(lexemes: Iterable[Lexeme]) -> None:
    open_at: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind is Kind.SYMBOL and lexeme.text == "(":
            open_at.append(lexeme)
        elif lexeme.kind is Kind.SYMBOL and lexeme.text == ")":
            if not open_at:
                raise SqlError("Closing ) without an opening (", offset=lexeme.start)
            open_at.pop()
    if open_at:
        raise SqlError("Opening ( is never closed", offset=open_at[-1].start)


def _check_calls(lexemes: Sequence[Lexeme]) -> None:
    for index in range(len(lexemes) - 1):
        name = lexemes[index].name
        if name is None or lexemes[index + 1].text != "(":
            continue
        lowered = name.lower()
        if lowered in REFUSED_FUNCTIONS:
            raise SqlError(f"The function {name} is not allowed", offset=lexemes[index].start)
        if [lexeme.text for lexeme in lexemes[index + 2 : index + 4]] == [")", "("]:
            # Any function takes them (measured on chDB 26.9); what is asked here of a call's
            # arguments, in `tables` too, is asked of what stands behind its name.
            raise SqlError(
                f"{name}()(...) has empty parameters",
                offset=lexemes[index].start,
                hint=f"write {name}(...)",
            )
        if lowered in REFUSED_TABLE_FUNCTIONS:
            message = f"The query uses disabled table functions: '{name}'"
            if lowered in COPY_TABLE_FUNCTIONS:
                hint = "nothing outside of the project is read"
                raise OutsideError(message, offset=lexemes[index].start, hint=hint)
            raise SqlError(message, offset=lexemes[index].start)


def _check_function_values(lexemes: Sequence[Lexeme]) -> None:
    """Refuse functions that are given by name: `* APPLY(file)`, `arrayMap(ALL file, paths)`."""
    for index, lexeme in enumerate(lexemes):
        name = lexeme.name
        if name is None or name.lower() not in REFUSED_FUNCTIONS:
            continue
        before = index - 1
        while before >= 0 and (lexemes[before].text == "(" or lexemes[before].upper == "ALL"):
            before -= 1
        caller = (lexemes[before].name or "").lower() if before >= 0 else ""
        is_argument = before < index - 1 and caller.startswith(("array", "map"))
        if caller == "apply" or is_argument:
            raise SqlError(f"The function {name} is not allowed", offset=lexeme.start)


def _check_catalogues(lexemes: Sequence[Lexeme]) -> None:
    aliases = {"default"} if _is_alias("default", lexemes) else set()
    for index in range(len(lexemes) - 2):
        name = lexemes[index].name
        if (
            name is None
            or not _DATABASES.fullmatch(name)
            or lexemes[index + 1].text != "."
            or (index and lexemes[index - 1].text == ".")
            or name in aliases
        ):
            continue
        table = f"{name}.{lexemes[index + 2].name}"
        if table.lower() not in ALLOWED_SYSTEM_TABLES:
            raise SqlError(f"Resource '{table}' not found", offset=lexemes[index].start)


def _check_internal(lexemes: Iterable[Lexeme]) -> None:
    for lexeme in lexemes:
        name = lexeme.name
        if name is not None and name.startswith(INTERNAL_PREFIXES):
            raise SqlError(f"Resource '{name}' not found", offset=lexeme.start)


def _is_alias(name: str, lexemes: Sequence[Lexeme]) -> bool:
    return any(a.upper == "AS" and b.name == name for a, b in pairwise(lexemes))
