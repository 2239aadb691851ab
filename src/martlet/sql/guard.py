"""What a pipe's SQL may not do: write, leave the query, or read beyond the project's tables.

Measured on chDB 26.9: `readonly=1` refuses DDL, INSERT, table functions and changed settings, but
not the scalar function `file()`, `INTO OUTFILE` nor a second statement; those are refused here.
"""

from collections.abc import Iterable, Sequence

from martlet.errors import SqlError
from martlet.sql.lexer import Kind, Lexeme

ALLOWED_TABLE_FUNCTIONS = frozenset(
    """numbers numbers_mt zeros zeros_mt null values sqlstandardvalues generaterandom
    generateseries generate_series primes format""".split()
)

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
    timeseriesselector timeseriestags url urlcluster view viewexplain viewifpermitted
    ytsaurus""".split()
)

# Scalar functions that read files, the network, the process or the catalogue, or only wait.
REFUSED_FUNCTIONS = frozenset(
    """file filesystemavailable filesystemcapacity filesystemunreserved reversednsquery
    catboostevaluate getmacro getserverport getserversetting getmergetreesetting hascolumnintable
    getclienthttpheader getoskernelversion addresstoline addresstolinewithinlines addresstosymbol
    demangle sleep sleepeachrow logtrace showcertificate zookeepersessionuptime aiclassify aiembed
    aiextract aifilter aigenerate airedact aisimilarity aitranslate mergetreepartinfo
    pg_get_userbyid pggetuserbyid pg_table_is_visible pgtableisvisible globalvariable
    structuretocapnprotoschema structuretoprotobufschema""".split()
)

ALLOWED_SYSTEM_TABLES = frozenset(
    {"system.numbers", "system.numbers_mt", "system.one", "system.functions", "system.zeros"}
)
_CATALOGUES = frozenset({"system", "information_schema"})


def check_select(lexemes: Sequence[Lexeme]) -> None:
    """Refuse anything but one SELECT over the project's own tables.

    Raises:
        SqlError: with the offset of the first thing that is not allowed.
    """
    _check_statement(lexemes)
    _check_calls(lexemes)
    _check_catalogues(lexemes)


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
    if len(kept) > 2 and kept[-2].upper == "FORMAT" and kept[-1].kind is Kind.WORD:
        _check_format(kept)


def _check_format(lexemes: Sequence[Lexeme]) -> None:
    """Refuse `... FORMAT JSON`; `SELECT a AS format x`-like ends are not valid SQL anyway."""
    before = lexemes[-3]
    if before.upper != "AS" and before.text not in (",", ".", "("):
        raise SqlError(
            "FORMAT is not allowed in a pipe",
            offset=lexemes[-2].start,
            hint="the format is the extension of the endpoint's URL: .json, .csv, .ndjson, ...",
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
        if lowered in REFUSED_TABLE_FUNCTIONS:
            raise SqlError(
                f"The query uses disabled table functions: '{name}'", offset=lexemes[index].start
            )


def _check_catalogues(lexemes: Sequence[Lexeme]) -> None:
    for index in range(len(lexemes) - 2):
        name = lexemes[index].name
        if (
            name is None
            or name.lower() not in _CATALOGUES
            or lexemes[index + 1].text != "."
            or (index and lexemes[index - 1].text == ".")
        ):
            continue
        table = f"{name}.{lexemes[index + 2].name}"
        if table.lower() not in ALLOWED_SYSTEM_TABLES:
            raise SqlError(f"Resource '{table}' not found", offset=lexemes[index].start)
