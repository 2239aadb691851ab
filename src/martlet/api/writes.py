"""Operations that change stored rows: files of rows, replacements, deletes, truncates; as jobs."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from martlet.access import ADMIN, APPEND, CREATE_DATASOURCE, DROP_DATASOURCE, QUARANTINE, Access
from martlet.api.analyze import analyze_sent
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
from martlet.api.dependencies import filled_from
from martlet.api.http import (
    Answer,
    Request,
    Response,
    addressed,
    authenticate,
    json_response,
    parse_form,
)
from martlet.api.push import create_datasource, is_new_datasource, make_datasource
from martlet.api.routes import takes_file
from martlet.api.write import MAX_BODY_BYTES, body_too_large
from martlet.conditions import check_condition, parse_condition
from martlet.errors import (
    ConflictError,
    EngineError,
    MartletError,
    NotAvailableError,
    QueryError,
    RequestError,
    TokenError,
)
from martlet.fetch import check_url, fetch
from martlet.idempotency import HEADER
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
from martlet.jobstore import DONE, CancelledJobError, Fields, Job
from martlet.model import Datasource
from martlet.sql.lexer import quote_identifier
from martlet.staging import is_true
from martlet.workspace import Workspace

MODES = ("create", "append", "replace")

# Parameters of a request that are of its file, and not of the data source that is made for it.
_OF_FILES = frozenset(
    ("url", "header", "dialect_delimiter", "dialect_escapechar", "dialect_new_line",
     "dialect_quotechar", "progress", "wait")
)  # fmt: skip

# A body that is a form and no file: `name=value&name=value`, with a URL among them.
_FORM = re.compile(rb"(?:[\w.]+=[^&\s]*&)*url=[^&\s]*(?:&[\w.]+=[^&\s]*)*\s*")


def largest_body(workspace: Workspace, request: Request) -> int:
    """Return the size that the body of a request may have: that of a file, where one is sent.

    Raises:
        TokenError: it may be a file, of somebody who may store none.
    """
    if not takes_file(request.method, request.path):
        return MAX_BODY_BYTES
    access = authenticate(workspace, request)
    if not any(scope in (ADMIN, APPEND) for scope, _ in access.scopes):
        access.require(CREATE_DATASOURCE, "")
    return max(workspace.live.project.settings.max_file_bytes, MAX_BODY_BYTES)


def write_file(workspace: Workspace, request: Request) -> Answer:
    """`POST /v0/datasources?mode=create|append|replace&name=<data source>[&format=csv|ndjson|parquet][&url=]`: stores a file."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    if is_new_datasource(request):
        return create_datasource(workspace, request)
    file = _sent(request)
    mode = file.values.get("mode", "") or "create"
    if mode not in MODES:
        raise RequestError(f"The parameter 'mode' is create, append or replace, not {mode[:40]!r}")
    if mode == "create":
        access.require(CREATE_DATASOURCE, "")
        mode, file = "append", _created(workspace, request, file)
    values = file.values
    name = values.get("name")
    if not name:
        raise RequestError("The parameter 'name' is missing: which data source are the rows for?")
    _require(workspace, access, mode, name, values)
    if values.get("url"):
        return _job_response(request, _start_job(workspace, request, mode, name, file))
    if request.file is not None:
        return _import_and_answer(workspace, request, mode, name, file)
    # What jobs do is recorded when they are over.
    request.noted.change = mode
    request.noted.changed = [workspace.datasource(workspace.resource(name)).name]
    if mode == "append":
        return append_sent(workspace, request, file)
    form = _form(workspace, request, name, file)
    condition = _condition(workspace, form.datasource, values, "replace_condition", needed=False)
    with _spool(workspace) as spool:
        _write(spool, file.content)
        import_id = request.id
        try:
            counts = replace_rows(
                _place(workspace), Job(), Path(spool.name), form,
                condition=condition, import_id=import_id,
            )  # fmt: skip
        except QueryError as error:
            raise _as_told(request, error) from error
    more: Fields = {"header": counts.header} if counts.header is not None else {}
    if condition:
        more["left_out_rows"] = counts.left_out
    appended = Appended(counts.successful, counts.quarantined)
    return append_response(form.datasource, appended, more, import_id)


def _created(workspace: Workspace, request: Request, file: SentFile) -> SentFile:
    """Make the data source that a file is for, with the schema that it seems to have.

    Returns:
        The file, with what was found out of its dialect, to be appended.

    Raises:
        ConflictError: there is one of that name.
        RequestError: the file has no rows that can be read; no data source is made.
    """
    values = dict(file.values)
    if file.hint:
        values.setdefault("format", file.hint)
    schema = values.pop("schema", "")
    if not schema:
        analysis = analyze_sent(workspace, request, file.content, values)
        schema = analysis.wide_schema
        values["format"] = analysis.format
        if analysis.layout is not None:
            dialect = analysis.layout.dialect
            values.setdefault("dialect_delimiter", dialect.delimiter)
            values.setdefault("dialect_escapechar", dialect.escape)
            values.setdefault("dialect_quotechar", dialect.quote)
            values.setdefault("header", str(analysis.layout.has_header).lower())
        if not any(key.startswith("engine") for key in values):
            values["engine_sorting_key"] = analysis.sorting_key
    make_datasource(workspace, {k: v for k, v in values.items() if k not in _OF_FILES}, schema)
    return replace(file, values={**values, "mode": "append"})


def start_append(workspace: Workspace, request: Request, datasource: str) -> Answer:
    """`POST /v1/datasources/<data source>/append[?format=][&url=]`: a job that stores a file."""
    return _start(workspace, request, "append", datasource)


def start_replace(workspace: Workspace, request: Request, datasource: str) -> Answer:
    """`POST /v1/datasources/<data source>/replace[?format=][&url=][&replace_condition=]`: a job that puts a file's rows in the place of others."""  # noqa: E501  one line of the table of routes
    return _start(workspace, request, "replace", datasource)


def _start(workspace: Workspace, request: Request, mode: str, name: str) -> Response:
    access = authenticate(workspace, request)
    file = _sent(request)
    _require(workspace, access, mode, name, file.values)
    return _job_response(request, _start_job(workspace, request, mode, name, file))


def _job_response(request: Request, job: Fields) -> Response:
    job = addressed(request, job)
    return json_response({**job, "job": job})


def _sent(request: Request) -> SentFile:
    """Return the file of a request, or the form in its place."""
    if len(request.body) > MAX_BODY_BYTES:
        raise body_too_large()
    if request.file is None and len(request.body) < 64 * 1024 and _FORM.fullmatch(request.body):
        fields = parse_form(request.body.decode("latin-1").strip(), "The form in the body")
        return SentFile(b"", {**fields, **request.query}, "")
    return read_sent_file(request)


def _require(
    workspace: Workspace, access: Access, mode: str, name: str, values: Mapping[str, str]
) -> None:
    """Refuse who may only append to replace: that removes the rows of others."""
    if mode == "append":
        access.require(APPEND, workspace.resource(name))
    else:
        access.require(CREATE_DATASOURCE, "")
        if "replace_condition" in values:
            _require_whole(access, workspace.resource(name))


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


def _import_and_answer(
    workspace: Workspace, request: Request, mode: str, name: str, file: SentFile
) -> Future[Response]:
    """Have a job store a large file, and answer when it is over."""
    answered: Future[Response] = Future()
    datasource = workspace.datasource(workspace.resource(name))

    def over(job: Job) -> None:
        fields = job.shown()
        if job.status != DONE:
            answered.set_exception(_as_told(request, _why(job)))
            return
        counts = Appended(int(str(fields["successful_rows"])), int(str(fields["quarantined_rows"])))
        keys = ("header", "left_out_rows") if "replace_condition" in fields else ("header",)
        more: Fields = {key: fields[key] for key in keys if key in fields}
        answered.set_result(append_response(datasource, counts, more, job.id))

    _start_job(workspace, request, mode, name, file, over)
    return answered


def _as_told(request: Request, error: Exception) -> Exception:
    """Return an error as its caller may know it: ClickHouse's may have values of rows."""
    is_filtered = request.access is None or request.access.filters
    if is_filtered and isinstance(error, QueryError):
        return ConflictError("It failed; why is not shown to a token that sees only some rows")
    return error


def _why(job: Job) -> Exception:
    """Return what became of a job that is not done; with the rows that it has stored."""
    note = str(job.shown().get("note", ""))
    if job.failure is None and job.is_unwanted:
        return ConflictError("The job was cancelled", hint=note)
    error = job.failure or EngineError("The server is shutting down", hint="send the request again")
    if note and isinstance(error, MartletError):
        error.hint = f"{error.hint}; {note}" if error.hint else note
    return error


def _start_job(
    workspace: Workspace,
    request: Request,
    mode: str,
    name: str,
    file: SentFile,
    over: Callable[[Job], None] = lambda job: None,
) -> Fields:
    """Start the job of a file, in the request or at a URL, and return it as it is now."""
    if mode == "append" and HEADER in request.headers:
        raise NotAvailableError(
            "An Idempotency-Key is not available for a file that is stored by a job: its rows are"
            " stored part by part",
            hint="send parts of up to 10 MB in requests with keys of their own",
        )
    form = _form(workspace, request, name, file)
    url = file.values.get("url", "")
    if url:
        check_url(url)
    elif not file.content and request.file is None:
        raise RequestError("The body is empty: send a file, or its URL in the parameter 'url'")
    condition = ""
    if mode == "replace":
        condition = _condition(
            workspace, form.datasource, file.values, "replace_condition", needed=False
        )
    spool = None if url else request.take_file()
    if spool is None:
        spool = _spool(workspace)
    try:
        if file.content and not url:
            _write(spool, file.content)
        return workspace.jobs.start(
            "import",
            _import(workspace, mode, form, url, condition, spool),
            over=lambda job: _end(job, spool, over),
            # A file that came in the request is gone with the job.
            again=(lambda: _start_job(workspace, request, mode, name, file)) if url else None,
            mode=mode,
            datasource=_named(form.datasource.name),
            **({"url": url.partition("?")[0]} if url else {}),
            **({"replace_condition": condition} if condition else {}),
        )
    except BaseException:
        _discard(spool)
        raise


def _end(job: Job, spool: IO[bytes], over: Callable[[Job], None]) -> None:
    _discard(spool)
    over(job)


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
        **({} if counts.header is None else {"header": counts.header}),
    }


def truncate_datasource(workspace: Workspace, request: Request, datasource: str) -> Response:
    """`POST /v0/datasources/<data source>/truncate[?cascade=true]`: removes all rows of a data source or quarantine."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    name = workspace.resource(datasource.removesuffix(QUARANTINE))
    is_quarantine = datasource.endswith(QUARANTINE)
    if is_quarantine and datasource in workspace.live.project.datasources:
        name, is_quarantine = datasource, False
    _require_drop(access, name)
    found = workspace.datasource(name)
    table = found.quarantine if is_quarantine else found.name
    tables = [table]
    if _flag(_values(request), "cascade"):
        tables += filled_from(workspace.live, table)
        for filled in tables[1:]:
            _require_drop(access, filled)
    request.noted.change, request.noted.changed = "truncate", tables
    truncate(_place(workspace), tables)
    return json_response({**_named(found.name), "truncated": table, "cascaded": tables[1:]})


def start_delete(workspace: Workspace, request: Request, datasource: str) -> Response:
    """`POST /v0/datasources/<data source>/delete` with `delete_condition=<SQL>[&dry_run=true]`: a job that deletes rows."""  # noqa: E501  one line of the table of routes
    name, condition, values = _asked_to_delete(workspace, request, datasource)
    if _flag(values, "dry_run"):
        sql = f"SELECT count() FROM {quote_identifier(name)} WHERE {is_true(condition)}"  # noqa: S608  checked
        counted = workspace.engine.execute(sql, format="TSVRaw").body
        return json_response({"rows_to_be_deleted": int(counted)})
    return _job_response(request, _start_delete(workspace, name, condition))


def delete_now(workspace: Workspace, request: Request, datasource: str) -> Answer:
    """`POST /v1/datasources/<data source>/delete` with `delete_condition=<SQL>[&wait=false]`: deletes rows."""  # noqa: E501  one line of the table of routes
    name, condition, values = _asked_to_delete(workspace, request, datasource)
    if values.get("partition"):
        raise NotAvailableError(
            "The parameter 'partition' is not available", hint="say it in the delete_condition"
        )
    # No data source has projections, so that all of these mean the same.
    if values.get("projection_mode", "throw") not in ("throw", "drop", "rebuild"):
        raise RequestError("The parameter 'projection_mode' is throw, drop or rebuild")
    if not _flag(values, "wait", default="true"):
        return _job_response(request, _start_delete(workspace, name, condition))
    answered: Future[Response] = Future()

    def over(job: Job) -> None:
        if job.status != DONE:
            answered.set_exception(_as_told(request, _why(job)))
            return
        deleted = job.shown()["rows_affected"]
        answered.set_result(json_response({**_named(name), "rows_affected": deleted}))

    _start_delete(workspace, name, condition, over)
    return answered


def _asked_to_delete(
    workspace: Workspace, request: Request, datasource: str
) -> tuple[str, str, dict[str, str]]:
    """Return whose rows are to be deleted, which, and all parameters."""
    access = authenticate(workspace, request)
    name = workspace.resource(datasource)
    _require_drop(access, name)
    found = workspace.datasource(name)
    values = _values(request)
    if "delete_condition" not in values:
        raise RequestError("The parameter 'delete_condition' is missing: which rows are deleted?")
    _require_whole(access, name)
    return name, _condition(workspace, found, values, "delete_condition", needed=True), values


def _start_delete(
    workspace: Workspace,
    name: str,
    condition: str,
    over: Callable[[Job], None] = lambda job: None,
) -> Fields:
    def work(job: Job) -> Fields:
        now = workspace.datasource(name)
        deleted = delete_rows(_place(workspace), job, now, condition)
        return {"rows_affected": deleted, "progress_percentage": 100.0}

    return workspace.jobs.start(
        "delete_data",
        work,
        over=over,
        again=lambda: _start_delete(workspace, name, condition),
        delete_condition=condition,
        datasource=_named(name),
    )


def _flag(values: Mapping[str, str], name: str, *, default: str = "false") -> bool:
    value = values.get(name, default).lower() or "false"
    if value not in ("true", "false", "1", "0"):
        raise RequestError(f"The parameter '{name}' is true or false, not {value[:40]!r}")
    return value in ("true", "1")


def _require_whole(access: Access, name: str) -> None:
    """Refuse a condition on rows that a token does not see: how many meet it would tell of them."""
    if access.filter_of(name):
        raise TokenError(
            f"The token '{access.name}' sees only some rows of '{name}': it cannot choose rows by a"
            " condition"
        )


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
