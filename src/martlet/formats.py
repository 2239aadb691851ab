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


# `.csv` has a header row too: clients read the names (Tinybird's answers do).
_ROWS = (
    Format("json", "JSON", "application/json; charset=utf-8"),
    Format("ndjson", "JSONEachRow", "application/x-ndjson; charset=utf-8"),
    Format("csv", "CSVWithNames", "text/csv; charset=utf-8"),
    Format("csvwithnames", "CSVWithNames", "text/csv; charset=utf-8"),
    Format("parquet", "Parquet", "application/octet-stream"),
)

FORMATS: dict[str, Format] = {row.extension: row for row in _ROWS}
