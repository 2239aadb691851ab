"""Operations that change stored rows: files of rows, replacements, deletes, truncates; as jobs."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from martlet.access import APPEND, CREATE_DATASOURCE, DROP_DATASOURCE, QUARANTINE, Access
from martlet.api.append import (
    SentFile,
    append_response,
    append_sent,
    format_of_name,
    json_source,
    quarantine_error,
    read_sent_file,
    read_target,
)
from martlet.api.http import Answer, Request, Response, authenticate, json_response, parse_form
from martlet.api.write import MAX_BODY_BYTES, body_too_large
from martlet.conditions import check_condition, parse_condition
from martlet.errors import EngineError, MartletError, NotAvailableError, RequestError
from martlet.fetch import check_url, fetch
from martlet.ids import resource_id
from martlet.imports import (
    FileForm,
    Imported,
    Place,
    append_file,
    delete_rows,
    replace_rows,
    truncate,
)
from martlet.ingest.sinks import Appended
from martlet.jobstore import CancelledJobError, Fields, Job
from martlet.model import Datasource
from martlet.sql.lexer import quote_identifier
from martlet.staging import is_true
from martlet.workspace import Workspace

MODES = ("append", "replace")

# A body that is a form and no file: `name=value&name=value`, with a URL among them.
_FORM = re.compile(rb"(?:[\w.]+=[^&\s]*&)*url=[^&\s]*(?:&[\w.]+=[^&\s]*)*\s*")


def write_file(workspace: Workspace, request: Request) -> Answer:
    """`POST /v0/datasources?mode=append|replace&name=<data source>[&format=csv|ndjson|parquet][&url=]`: stores a file."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    file = _sent(request)
    mode, values = file.values.get("mode", ""), file.values
    if mode not in MODES:
        asked = f"mode={mode[:40]}" if mode else "without a mode (which creates)"
        raise NotAvailableError(
            f"POST /v0/datasources {asked} is not available: mode=append and mode=replace are",
            hint="data sources are made from the project's files",
        )
    name = values.get("name")
    if not name:
        raise RequestError("The parameter 'name' is missing: which data source are the rows for?")
    _require(workspace, access, mode, name)
    if values.get("url"):
        return _start_import(workspace, request, mode, name, file)
    if mode == "append":
        return append_sent(workspace, request, file)
    form = _form(workspace, request, name, file)
    condition = _condition(workspace, form.datasource, values, "replace_condition", needed=False)
    with _spool(workspace) as spool:
        _write(spool, file.content)
        import_id = request.id
        counts = replace_rows(
            _place(workspace), Job(), Path(spool.name), form,
            condition=condition, import_id=import_id,
        )  # fmt: skip
    more: Fields = {"header": counts.header} if counts.header is not None else {}
    if condition:
        more["left_out_rows"] = counts.left_out
    appended = Appended(counts.successful, counts.quarantined)
    return append_response(form.datasource, appended, more, import_id)


def start_append(workspace: Workspace, request: Request, datasource: str) -> Answer:
    """`POST /v1/datasources/<data source>/append[?format=][&url=]`: a job that stores a file."""
    return _start(workspace, request, "append", datasource)


def start_replace(workspace: Workspace, request: Request, datasource: str) -> Answer:
    """`POST /v1/datasources/<data source>/replace[?format=][&url=][&replace_condition=]`: a job that puts a file's rows in the place of others."""  # noqa: E501  one line of the table of routes
    return _start(workspace, request, "replace", datasource)


def _start(workspace: Workspace, request: Request, mode: str, name: str) -> Response:
    access = authenticate(workspace, request)
    _require(workspace, access, mode, name)
    return _start_import(workspace, request, mode, name, _sent(request))


def _sent(request: Request) -> SentFile:
    """Return the file of a request, or the form in its place."""
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    if len(request.body) < 64 * 1024 and _FORM.fullmatch(request.body):
        fields = parse_form(request.body.decode("latin-1").strip(), "The form in the body")
        return SentFile(b"", {**fields, **request.query}, "")
    return read_sent_file(request)


def _require(workspace: Workspace, access: Access, mode: str, name: str) -> None:
    """Refuse who may only append to replace: that removes the rows of others."""
    if mode == "append":
        access.require(APPEND, workspace.resource(name))
    else:
        access.require(CREATE_DATASOURCE, "")


def _form(workspace: Workspace, request: Request, name: str, file: SentFile) -> FileForm:
    values = file.values
    hint = file.hint or (format_of_name(values["url"]) if values.get("url") else "")
    datasource = workspace.datasource(workspace.resource(name))
    target = read_target(values, datasource, hint)
    own = datasource if target.format == "csv" else json_source(datasource)
    encoding = None if values.get("url") else request.headers.get("content-encoding")
    return FileForm(own, target.format, target.dialect, target.has_header, encoding)


def _condition(
    workspace: Workspace, datasource: Datasource, values: dict[str, str], name: str, *, needed: bool
) -> str:
    if name not in values and not needed:
        return ""
    text = values.get(name, "")
    what = f"The parameter '{name}'"
    condition = parse_condition(text, what)

    def describe(sql: str) -> bytes:
        return workspace.engine.execute(sql, format="TSVRaw").body

    check_condition(condition, datasource.name, describe, what)
    return condition


def _place(workspace: Workspace) -> Place:
    return Place(workspace.engine, workspace.sink, workspace.stage_sink, lambda: workspace.live)


def _spool(workspace: Workspace) -> IO[bytes]:
    try:
        return NamedTemporaryFile(dir=workspace.folder, prefix="martlet-")
    except OSError as error:
        raise EngineError(f"No file can be made for the rows: {error.strerror}") from error


def _write(spool: IO[bytes], content: bytes) -> None:
    try:
        spool.write(content)
        spool.flush()
    except OSError as error:
        raise EngineError(f"The rows cannot be put into a file: {error.strerror}") from error


def _start_import(
    workspace: Workspace, request: Request, mode: str, name: str, file: SentFile
) -> Response:
    """Start the job of a file, in the request or at a URL."""
    form = _form(workspace, request, name, file)
    url = file.values.get("url", "")
    if url:
        check_url(url)
    elif not file.content:
        raise RequestError("The body is empty: send a file, or its URL in the parameter 'url'")
    condition = ""
    if mode == "replace":
        condition = _condition(
            workspace, form.datasource, file.values, "replace_condition", needed=False
        )
    spool = _spool(workspace)
    try:
        if not url:
            _write(spool, file.content)
        job = workspace.jobs.start(
            "import",
            _import(workspace, mode, form, url, condition, spool),
            release=lambda: _discard(spool),
            mode=mode,
            datasource=_named(form.datasource.name),
            **({"url": url.partition("?")[0]} if url else {}),
            **({"replace_condition": condition} if condition else {}),
        )
    except BaseException:
        _discard(spool)
        raise
    return json_response({**job, "job": job})


def _named(name: str) -> Fields:
    return {"id": resource_id("datasource", name), "name": name}


def _discard(spool: IO[bytes]) -> None:
    with suppress(OSError):
        spool.close()


def _import(
    workspace: Workspace, mode: str, form: FileForm, url: str, condition: str, spool: IO[bytes]
) -> Callable[[Job], Fields]:
    def work(job: Job) -> Fields:
        if url:
            _fetch(workspace, job, url, spool)
        path = Path(spool.name)
        # As the project is now: it may have changed while the job waited.
        now = workspace.datasource(form.datasource.name)
        read = replace(form, datasource=now if form.format == "csv" else json_source(now))
        if mode == "append":
            counts = _append(workspace, job, path, read)
        else:
            counts = replace_rows(
                _place(workspace), job, path, read, condition=condition, import_id=job.id
            )
        return _final(counts, path.stat().st_size)

    return work


def _fetch(workspace: Workspace, job: Job, url: str, spool: IO[bytes]) -> None:
    def progress(size: int, announced: int | None) -> None:
        job.progress(fetched_bytes=size, file_bytes=announced)

    fetch(
        url,
        spool,
        allow_private=workspace.live.project.settings.allow_private_urls,
        progress=progress,
        stopped_by=job.stopped_by,
    )
    spool.flush()


def _append(workspace: Workspace, job: Job, path: Path, form: FileForm) -> Imported:
    """Append part by part; a job that ends early says what is stored already."""
    try:
        return append_file(
            _place(workspace),
            job,
            path,
            form,
            lambda source, data, sent: workspace.append(
                source, data, "ndjson", sent=sent, import_id=job.id
            ),
        )
    except (CancelledJobError, MartletError):
        stored = job.shown()
        if rows := int(str(stored.get("successful_rows", 0))):
            job.note(note=f"{rows} rows were stored before the job ended, and stay")
        raise


def _final(counts: Imported, size: int) -> Fields:
    refused = counts.quarantined
    return {
        "successful_rows": counts.successful,
        "quarantined_rows": refused,
        "quarantine_rows": refused,
        "left_out_rows": counts.left_out,
        "invalid_lines": 0,
        "error": quarantine_error(refused) or False,
        "bytes": size,
        "statistics": {"row_count": counts.successful, "bytes": size},
        "progress_percentage": 100.0,
    }


def truncate_datasource(workspace: Workspace, request: Request, datasource: str) -> Response:
    """`POST /v0/datasources/<data source>/truncate`: removes all rows of a data source or quarantine."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    name = workspace.resource(datasource.removesuffix(QUARANTINE))
    is_quarantine = datasource.endswith(QUARANTINE)
    if is_quarantine and datasource in workspace.live.project.datasources:
        name, is_quarantine = datasource, False
    _require_drop(access, name)
    found = workspace.datasource(name)
    table = found.quarantine if is_quarantine else found.name
    values = _values(request)
    if values.get("cascade", "false").lower() not in ("false", "0", ""):
        raise RequestError(
            "The parameter 'cascade' is not available: truncate what is filled from it by its name"
        )
    truncate(_place(workspace), [table])
    return json_response({**_named(found.name), "truncated": table})


def start_delete(workspace: Workspace, request: Request, datasource: str) -> Response:
    """`POST /v0/datasources/<data source>/delete` with `delete_condition=<SQL>[&dry_run=true]`: a job that deletes rows."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    name = workspace.resource(datasource)
    _require_drop(access, name)
    found = workspace.datasource(name)
    values = _values(request)
    if "delete_condition" not in values:
        raise RequestError("The parameter 'delete_condition' is missing: which rows are deleted?")
    condition = _condition(workspace, found, values, "delete_condition", needed=True)
    dry = values.get("dry_run", "false").lower()
    if dry not in ("true", "false", "1", "0"):
        raise RequestError(f"The parameter 'dry_run' is true or false, not {dry[:40]!r}")
    if dry in ("true", "1"):
        sql = f"SELECT count() FROM {quote_identifier(name)} WHERE {is_true(condition)}"  # noqa: S608  checked
        counted = workspace.engine.execute(sql, format="TSVRaw").body
        return json_response({"rows_to_be_deleted": int(counted)})

    def work(job: Job) -> Fields:
        now = workspace.datasource(name)
        deleted = delete_rows(_place(workspace), job, now, condition)
        return {"rows_affected": deleted, "progress_percentage": 100.0}

    job = workspace.jobs.start(
        "delete_data", work, delete_condition=condition, datasource=_named(name)
    )
    return json_response({**job, "job": job})


def _require_drop(access: Access, name: str) -> None:
    if not access.may(DROP_DATASOURCE, name):
        access.require(CREATE_DATASOURCE, "")


def _values(request: Request) -> dict[str, str]:
    """Return the parameters of a query string and of a form in the body."""
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise RequestError("The form in the body is not UTF-8") from error
    return {**request.query, **parse_form(text, "The form in the body")}
