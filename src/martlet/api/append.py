"""Files of rows: CSV, NDJSON and Parquet, appended to a data source as events are."""

import io
import uuid
from concurrent.futures import Future
from dataclasses import dataclass
from typing import cast

from martlet.access import APPEND
from martlet.api.backend import Writing
from martlet.api.http import Answer, Request, Response, authenticate, json_response, then
from martlet.api.multipart import cut_out, parse_multipart
from martlet.api.write import MAX_BODY_BYTES, body_too_large, mark_replayed
from martlet.errors import NotAvailableError, RequestError, TooLargeError
from martlet.idempotency import Key, read_key
from martlet.ids import resource_id
from martlet.ingest.bodies import decode_body
from martlet.ingest.csvrows import Dialect, by_name
from martlet.ingest.files import MAGIC, CsvFile
from martlet.ingest.rows import Sent
from martlet.ingest.sinks import Appended
from martlet.model import Datasource

FORMATS = ("csv", "ndjson", "parquet")

_EXTENSIONS = {"csv": "csv", "ndjson": "ndjson", "jsonl": "ndjson", "json": "ndjson",
               "parquet": "parquet"}  # fmt: skip
_MEDIA_TYPES = {
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/json": "ndjson",
    "application/vnd.apache.parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a request has it, and the parameters beside it.

    Attributes:
        content: empty where the request's `file` has it.
    """

    content: bytes
    values: dict[str, str]
    hint: str


@dataclass(frozen=True, slots=True)
class Target:
    """What an append is for, from a request's parameters.

    Attributes:
        format: one of `FORMATS`.
        has_header: whether the first record of a CSV file has names, None to look.
    """

    datasource: Datasource
    format: str
    dialect: Dialect
    has_header: bool | None


def append_file(backend: Writing, request: Request) -> Answer:
    """`POST /v0/datasources?mode=append&name=<data source>[&format=csv|ndjson|parquet]`: stores a file.

    The file is the body, or the field `csv`, `ndjson`, `parquet` or `file` of a multipart form.
    """  # noqa: E501  what is asked, in one line
    access = authenticate(backend, request)
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    file = read_sent_file(request)
    name = required_name(file.values)
    access.require(APPEND, backend.resource(name))
    return append_sent(backend, request, file)


def append_sent(backend: Writing, request: Request, file: SentFile) -> Answer:
    """Store the rows of a file in a request, once it is known that they may be."""
    datasource = backend.datasource(backend.resource(file.values["name"]))
    target = read_target(file.values, datasource, file.hint)
    encoding = request.headers.get("content-encoding")
    content = _decoded(file.content, encoding, backend.max_decoded_bytes)
    form = sorted((name, value) for name, value in file.values.items() if name != "token")
    import_id = str(uuid.uuid4()).encode()
    key = read_key(request.headers, datasource.name, content, form=form, note=import_id)
    if target.format == "csv":
        return _append_csv(backend, request, target, content, key)
    if target.format == "parquet":
        content = backend.read_parquet(content, max_bytes=backend.max_decoded_bytes)
        if not content:
            return append_response(datasource, Appended(0, 0), {})
    return _answer(backend, request, json_source(target.datasource), content, None, {}, key)


def required_name(values: dict[str, str]) -> str:
    """Return the data source's name in parameters, whose mode is looked at too.

    Raises:
        RequestError: there is none.
        NotAvailableError: another mode than append, or a file that is elsewhere.
    """
    mode = values.get("mode", "")
    if mode != "append":
        asked = f"mode={mode[:40]}" if mode else "without a mode (which creates)"
        raise NotAvailableError(
            f"POST /v0/datasources {asked} is not available: only mode=append is",
            hint="data sources are made from the project's files",
        )
    if "url" in values:
        raise NotAvailableError(
            "The parameter 'url' is not available: files are not fetched",
            hint="send the file in the body, or use `martlet append`",
        )
    name = values.get("name")
    if not name:
        raise RequestError("The parameter 'name' is missing: which data source are the rows for?")
    return name


def read_target(values: dict[str, str], datasource: Datasource, hint: str = "") -> Target:
    """Return what parameters ask for.

    Args:
        values: parameters of the request.
        datasource: that they name.
        hint: the format that the file seems to have, where no parameter says it.

    Raises:
        RequestError: an unknown format, or a dialect that cannot be read.
    """
    format = values.get("format") or hint or "csv"
    if format not in FORMATS:
        raise RequestError(f"Unknown format '{format[:40]}'", hint=f"use {', '.join(FORMATS)}")
    if values.get("dialect_new_line") not in (None, "\n", "\r\n", "\\n", "\\r\\n"):
        raise RequestError("The parameter 'dialect_new_line' is \\n or \\r\\n")
    header = values.get("header")
    if header not in (None, "true", "false", "1", "0"):
        raise RequestError(f"The parameter 'header' is true or false, not {header[:40]!r}")
    dialect = Dialect(
        values.get("dialect_delimiter", ",").replace("\\t", "\t"),
        values.get("dialect_escapechar", ""),
        values.get("dialect_quotechar", '"'),
    )
    return Target(datasource, format, dialect, None if header is None else header in ("true", "1"))


def json_source(datasource: Datasource) -> Datasource:
    """Return a data source as files of JSON fill it: by its paths, by name where it has none."""
    has_paths = any(column.json_path for column in datasource.columns)
    return datasource if has_paths else by_name(datasource)


def read_sent_file(request: Request) -> SentFile:
    """Return the file that a request has: its body, or one in a form.

    Raises:
        RequestError: the form has none.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        return SentFile(request.body, request.query, _MEDIA_TYPES.get(media_type, ""))
    form = parse_multipart(request.file or io.BytesIO(request.body), content_type)
    hint = format_of_name(form.file_name) if form.name == "file" else form.name
    if request.file is not None:
        request.file = cut_out(request.file, form)
    content = request.body[form.begin : form.end]
    return SentFile(content, {**form.values, **request.query}, hint)


def format_of_name(name: str) -> str:
    """Return the format that a file's name or URL tells, empty if it tells none."""
    file = name.partition("?")[0].partition("#")[0].rpartition("/")[2].lower()
    _, dot, extension = file.removesuffix(".gz").removesuffix(".zst").rpartition(".")
    return _EXTENSIONS.get(extension, "") if dot else ""


def _decoded(content: bytes, encoding: str | None, max_bytes: int) -> bytes:
    seen = next((name for magic, name in MAGIC.items() if content.startswith(magic)), None)
    encoding = seen or (None if encoding and not content else encoding)
    return decode_body(content, encoding=encoding, max_decoded_bytes=max_bytes)


def _append_csv(
    backend: Writing, request: Request, target: Target, content: bytes, key: Key | None
) -> Answer:
    """Make events of CSV, part by part: its fields take many times the memory of its text."""
    file = CsvFile(target.datasource, target.dialect, target.has_header)
    bodies: list[bytes] = []
    size = 0
    texts: list[bytes] = []
    faults: dict[int, str] = {}
    datasource = target.datasource
    for body in file.bodies(io.BytesIO(content).read, size=1):
        if body.sent is not None:
            faults |= {len(texts) + number: why for number, why in body.sent.faults.items()}
            texts += body.sent.texts
        datasource = body.datasource
        bodies.append(body.data)
        size += len(body.data)
        if size > backend.max_decoded_bytes:
            raise TooLargeError(
                f"The rows have more than {backend.max_decoded_bytes} bytes as JSON, the limit of"
                " one request; nothing is stored",
                hint="use `martlet append`, which sends large files in parts",
            )
    more: dict[str, object] = {"header": file.header is not None}
    if bodies:
        content = b"\n".join(bodies)
        bodies.clear()
        return _answer(backend, request, datasource, content, Sent(texts, faults), more, key)
    return append_response(target.datasource, Appended(0, 0), more)


def _answer(
    backend: Writing,
    request: Request,
    datasource: Datasource,
    body: bytes,
    sent: Sent | None,
    more: dict[str, object],
    key: Key | None,
) -> Answer:
    appended = mark_replayed(
        request, key, backend.append(datasource, body, "ndjson", sent=sent, key=key)
    )

    def answer(result: object) -> Response:
        import_id = key.note.decode() if key else None
        return append_response(datasource, cast(Appended, result), more, import_id)

    return then(cast(Future[object], appended), answer)


def append_response(
    datasource: Datasource,
    counts: Appended,
    more: dict[str, object],
    import_id: str | None = None,
) -> Response:
    """Return the answer for a file whose rows are stored."""
    refused = counts.quarantined
    return json_response(
        {
            "import_id": import_id or str(uuid.uuid4()),
            "datasource": {
                "id": resource_id("datasource", datasource.name),
                "name": datasource.name,
            },
            "quarantine_rows": refused,
            "invalid_lines": 0,  # lines that cannot be read are in the quarantine too
            "error": quarantine_error(refused) or False,
            "successful_rows": counts.successful,
            "quarantined_rows": refused,
            **more,
        },
        rows=counts.successful + refused,
        quarantined=refused,
    )


def quarantine_error(count: int) -> str:
    """Return what Tinybird says of rows in the quarantine, nothing where there are none."""
    if not count:
        return ""
    return f"There was an error with file contents: {count} row{'s'[: count > 1]} in quarantine."
