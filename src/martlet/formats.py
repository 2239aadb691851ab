"""The output formats of endpoints: URL extension to ClickHouse format and media type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a result.

    Attributes:
        extension: behind the last dot of the endpoint's path.
        clickhouse: the name of ClickHouse's output format.
        media_type: the Content-Type of the answer.
    """

    extension: str
    clickhouse: str
    media_type: str


# https://prometheus.io/docs/instrumenting/exposition_formats/
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

# `.csv` has a header row too: clients read the names (Tinybird's answers do).
_ROWS = (
    Format("json", "JSON", "application/json; charset=utf-8"),
    Format("ndjson", "JSONEachRow", "application/x-ndjson; charset=utf-8"),
    Format("csv", "CSVWithNames", "text/csv; charset=utf-8"),
    Format("csvwithnames", "CSVWithNames", "text/csv; charset=utf-8"),
    Format("parquet", "Parquet", "application/octet-stream"),
    Format("prometheus", "Prometheus", _PROMETHEUS),
)

FORMATS: dict[str, Format] = {row.extension: row for row in _ROWS}

_JSON = "application/json; charset=utf-8"
_NDJSON = "application/x-ndjson; charset=utf-8"
_CSV = "text/csv; charset=utf-8"
_TSV = "text/tab-separated-values; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"

# What FORMAT in a request's SQL may name, with the media type of the answer.
QUERY_FORMATS: dict[str, str] = {
    "CSV": _CSV,
    "CSVWithNames": _CSV,
    "CSVWithNamesAndTypes": _CSV,
    "JSON": _JSON,
    "JSONCompact": _JSON,
    "JSONCompactEachRow": _NDJSON,
    "JSONCompactStrings": _JSON,
    "JSONEachRow": _NDJSON,
    "JSONStrings": _JSON,
    "JSONStringsEachRow": _NDJSON,
    "Markdown": _TEXT,
    "Native": _BINARY,
    "Parquet": _BINARY,
    "Pretty": _TEXT,
    "PrettyCompact": _TEXT,
    "Prometheus": _PROMETHEUS,
    "RowBinary": _BINARY,
    "RowBinaryWithNames": _BINARY,
    "RowBinaryWithNamesAndTypes": _BINARY,
    "TSV": _TSV,
    "TSVWithNames": _TSV,
    "TSVWithNamesAndTypes": _TSV,
    "TabSeparated": _TSV,
    "TabSeparatedWithNames": _TSV,
    "TabSeparatedWithNamesAndTypes": _TSV,
    "Vertical": _TEXT,
}
