"""The operation that guesses a schema from a sample of a file."""

import re
from contextlib import nullcontext, suppress
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING

import orjson

from martlet.access import CREATE_DATASOURCE
from martlet.analyze import MAX_SAMPLE_BYTES, Analysis, analyze_csv, analyze_json
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.multipart import parse_multipart
from martlet.api.write import MAX_BODY_BYTES, body_too_large
from martlet.errors import QueryError, RequestError
from martlet.fetch import fetch
from martlet.ingest.bodies import decode_body
from martlet.ingest.csvrows import Dialect
from martlet.ingest.parts import GZIP_MAGIC, inflated

if TYPE_CHECKING:
    from martlet.engines.clickhouse import ClickHouse
    from martlet.workspace import Workspace

FORMATS = ("csv", "ndjson", "parquet")

_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC = {GZIP_MAGIC: "gzip", _ZSTD: "zstd"}
_PARQUET = b"PAR1"
# Files that cannot be read from their beginning alone.
_WHOLE = (_PARQUET, _ZSTD)
_DESCRIBE = "DESCRIBE file({path: String}, Parquet)"
# What a Parquet file knows better than its values tell; of dates it may have the days alone.
_DECLARED = re.compile(r"(?:U?Int|Float)\d+|Date32|DateTime64\(.*\)|Decimal\(.*\)|Bool|UUID")
_PREVIEW_ROWS = 10
# Of a file on this machine: a sample and the longest row, and what is unpacked to get there.
_READ_BYTES = 16 * 1024 * 1024
_FETCH_S = 30.0
_MAX_ZSTD_BYTES = 1024 * 1024 * 1024
# `format` is nothing that queries may use, so this is a command; what it reads is bound.
_PREVIEW = (
    "SELECT * FROM format(JSONEachRow, {structure: String}, {rows: String})"
    " SETTINGS output_format_json_quote_64bit_integers = 0 FORMAT JSON"
)


def analyze_file(workspace: "Workspace", request: Request) -> Response:
    """`POST /v0/analyze[?format=csv|ndjson|parquet]`: the schema that a sample of a file seems to have.

    The file is the body, or the field `file`, `csv`, `ndjson` or `parquet` of a multipart form.
    """  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(CREATE_DATASOURCE, "")
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    content, values = _file(request)
    analysis = analyze_sent(workspace, request, content, values)
    answer: dict[str, object] = {
        "analysis": as_json(analysis),
        "preview": preview(workspace.engine, analysis),
    }
    if analysis.layout is not None:
        answer["dialect"] = _dialect(analysis)
    return json_response(answer, rows=analysis.rows)


def analyze_sent(
    workspace: "Workspace", request: Request, content: bytes, values: dict[str, str]
) -> Analysis:
    """Guess the schema of the file that a request has, in memory or not, or names by its URL.

    Raises:
        RequestError: it cannot be read, or there is no row in it.
    """
    if url := values.get("url"):
        return _fetched(workspace, url, values)
    if request.file is not None:
        return analyze_path(Path(request.file.name), values, engine=workspace.engine)
    content = _decoded(content, request, workspace.max_decoded_bytes)
    return _analysis(workspace.engine, content, values)


class _EnoughError(Exception):
    """The sample is there: the rest of the file is not fetched."""


def _fetched(workspace: "Workspace", url: str, values: dict[str, str]) -> Analysis:
    """Guess the schema of what is at a URL, of which no more is fetched than is looked at."""
    deadline = monotonic() + _FETCH_S

    def progress(size: int, whole: int | None) -> None:
        if monotonic() > deadline:
            raise RequestError(f"The file at the URL takes longer than {_FETCH_S:.0f} s")
        file.flush()
        if size >= _READ_BYTES and _first_bytes(Path(file.name)) not in _WHOLE:
            raise _EnoughError

    with NamedTemporaryFile() as file:
        with suppress(_EnoughError):
            fetch(
                url,
                file,
                allow_private=workspace.live.project.settings.allow_private_urls,
                progress=progress,
                stopped_by=lambda hang_up: nullcontext(),
                max_bytes=workspace.max_decoded_bytes,
            )
        file.flush()
        return analyze_path(Path(file.name), values, engine=workspace.engine)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _file(request: Request) -> tuple[bytes, dict[str, str]]:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        return request.body, request.query
    form = parse_multipart(BytesIO(request.body), content_type)
    format = {} if form.name == "file" else {"format": form.name}
    return request.body[form.begin : form.end], {**format, **form.values, **request.query}


def _decoded(content: bytes, request: Request, max_bytes: int) -> bytes:
    seen = next((name for magic, name in _MAGIC.items() if content.startswith(magic)), None)
    encoding = seen or request.headers.get("content-encoding")
    return decode_body(content, encoding=encoding, max_decoded_bytes=max_bytes)


def _analysis(engine: "ClickHouse", content: bytes, values: dict[str, str]) -> Analysis:
    format = values.get("format") or guess_format(content)
    if format != "parquet":
        return _of_text(content, format, values)
    with NamedTemporaryFile(suffix=".parquet") as file:
        file.write(content)
        file.flush()
        return _of_parquet(engine, Path(file.name))


def _of_text(content: bytes, format: str, values: dict[str, str]) -> Analysis:
    if format not in FORMATS:
        raise RequestError(f"Unknown format '{format[:40]}'", hint=f"use {', '.join(FORMATS)}")
    if format == "ndjson":
        return analyze_json(content)
    header = values.get("header")
    if header not in (None, "true", "false", "1", "0"):
        raise RequestError(f"The parameter 'header' is true or false, not {header[:40]!r}")
    delimiter, escape = values.get("dialect_delimiter"), values.get("dialect_escapechar", "")
    quote = values.get("dialect_quotechar", '"')
    dialect = Dialect((delimiter or ",").replace("\\t", "\t"), escape, quote)
    return analyze_csv(
        content,
        dialect=dialect,
        has_header=None if header is None else header in ("true", "1"),
        is_delimiter_known=bool(delimiter),
    )


def guess_format(content: bytes) -> str:
    """Return the format that a file seems to have."""
    if content.startswith(_PARQUET):
        return "parquet"
    first = content[:MAX_SAMPLE_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return "ndjson" if first in (b"{", b"[") else "csv"


def analyze_path(
    path: Path, values: dict[str, str], *, engine: "ClickHouse | None" = None
) -> Analysis:
    """Guess the schema of a file on this machine, of any size.

    Args:
        path: of the file.
        values: as of a request's parameters.
        engine: what reads Parquet, None to open one for that.

    Raises:
        RequestError: it cannot be read, or there is no row in it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_READ_BYTES)
            if content.startswith(GZIP_MAGIC):
                file.seek(0)
                content = inflated(file.read)(_READ_BYTES)
            elif content.startswith(_ZSTD):
                content = decode_body(
                    content + file.read(), encoding="zstd", max_decoded_bytes=_MAX_ZSTD_BYTES
                )
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error.strerror}") from error
    format = values.get("format") or guess_format(content)
    if format != "parquet":
        return _of_text(content, format, values)
    if engine is not None:
        return _of_parquet(engine, path.resolve())
    from martlet.engines.clickhouse import ClickHouse  # text is analyzed without chDB

    with TemporaryDirectory() as folder:
        opened = ClickHouse(Path(folder))
        try:
            return _of_parquet(opened, path.resolve())
        finally:
            opened.close()


def _of_parquet(engine: "ClickHouse", path: Path) -> Analysis:
    """Guess the schema of a Parquet file, whose types of scalars are known."""
    rows, declared = _parquet_sample(engine, path)
    return analyze_json(rows, format="parquet", declared=declared)


def _parquet_sample(engine: "ClickHouse", path: Path) -> tuple[bytes, dict[str, str]]:
    """Return the first rows of a Parquet file as NDJSON, and its types of scalars by path.

    Raises:
        RequestError: the file is none, or has no rows.
    """
    blocks: list[bytes] = []
    try:
        for block in engine.read_file(path, "Parquet", has_nan=False):
            blocks.append(block)
            if sum(map(len, blocks)) >= MAX_SAMPLE_BYTES:
                break
        described = engine.command(_DESCRIBE, parameters={"path": str(path)})
    except QueryError as error:
        raise RequestError(f"The file is not Parquet: {error.message}") from error
    if not any(blocks):
        raise RequestError("The Parquet file has no rows")
    columns = (line.split("\t")[:2] for line in described.splitlines())
    declared = {f"$.{name}": _without_nullable(text) for name, text in columns}
    return b"".join(blocks), {k: text for k, text in declared.items() if _DECLARED.fullmatch(text)}


def _without_nullable(text: str) -> str:
    return text.removeprefix("Nullable(").removesuffix(")") if text[:9] == "Nullable(" else text


def as_json(analysis: Analysis) -> dict[str, object]:
    """Return an analysis as the API answers it."""
    shown: dict[str, object] = {
        "format": analysis.format,
        "columns": [
            {
                "path": guess.column.json_path,
                "recommended_type": str(guess.column.type),
                "present_pct": guess.present,
                "name": guess.column.name,
            }
            for guess in analysis.guesses
        ],
        "schema": analysis.schema,
        "datafile": analysis.datafile(),
        "sampled_rows": analysis.rows,
        "invalid_lines": analysis.invalid,
        "quarantine_rows": analysis.refused,
        "skipped": [{"path": path, "reason": reason} for path, reason in analysis.skipped],
    }
    if analysis.layout is not None:
        shown["dialect"] = _dialect(analysis)
    return shown


def _dialect(analysis: Analysis) -> dict[str, object]:
    layout = analysis.layout
    assert layout is not None
    return {
        "delimiter": layout.dialect.delimiter,
        "quotechar": layout.dialect.quote,
        "escapechar": layout.dialect.escape or None,
        "new_line": layout.new_line,
        "has_header": layout.has_header,
    }


def preview(engine: "ClickHouse", analysis: Analysis) -> orjson.Fragment:
    """Return the first rows as a data source of the guessed schema has them: ClickHouse's JSON.

    It is not read here, for integers of more than 64 bits would not stay as they are.
    """
    rows = b"\n".join(analysis.coded.rows[:_PREVIEW_ROWS]).decode()
    structure = ", ".join(f"`{column.name}` {column.type}" for column in analysis.columns)
    parameters = {"structure": structure, "rows": rows}
    return orjson.Fragment(engine.command(_PREVIEW, parameters=parameters).strip())
