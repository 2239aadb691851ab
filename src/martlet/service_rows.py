"""What a server has done, and the rows of Tinybird's service data sources that say so.

Values of tokens and of `tb_secret` are in none of them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote_plus

import orjson

from martlet.ids import resource_id

# Of one text in a row, and of the things of which one row has a list.
MAX_TEXT = 4096
MAX_ITEMS = 100

QUERY_API = "query_api"
OVER = ("done", "error", "cancelled")

_SECRET = "The query failed; it has a secret, so the reason is not recorded"  # noqa: S105
_JOB_EVENTS = {"copy": "copy", "delete_data": "delete"}
_COUNTS = ("successful_rows", "rows_affected", "rows")
_OPTIONS = ("url", "replace_condition", "delete_condition", "mode")
_NOT_METADATA = frozenset(("error", "id", "job_id", "job_url", "is_cancellable", "note"))

Row = list[object]
Fields = Mapping[str, object]


@dataclass(slots=True)  # a frozen one takes three times as long to make
class QueryRecord:
    """A request of an endpoint or of the Query API.

    Attributes:
        at: Unix seconds of its start.
        pipe: its name, `query_api` for a request's own SQL.
        error: body of the answer, where it failed.
        has_secret: the text of an error may have a secret in it.
    """

    at: float
    pipe: str
    token: str
    token_name: str
    duration_s: float
    bytes_read: int
    rows_read: int
    rows: int
    path: str
    query_string: str
    status: int
    error: bytes
    has_secret: bool
    id: str
    parameters: Mapping[str, object]
    method: str
    user_agent: str
    client: str


@dataclass(slots=True)
class EventsRecord:
    """Requests with events for one data source in one second."""

    first_id: str
    successful: int = 0
    failed: int = 0
    rows: int = 0
    quarantined: int = 0
    received: int = 0
    decompressed: int = 0
    rate_limited: int = 0
    ok_s: float = 0.0
    failed_s: float = 0.0
    error: bytes = b""
    clients: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of a data source's rows or of its table.

    Attributes:
        at: Unix seconds of its end.
        kind: Tinybird's `event_type`.
        error: why it failed, empty if it did not.
        rows: that were stored or removed, None where nobody counts.
    """

    at: float
    kind: str
    datasource: str
    elapsed_s: float = 0.0
    error: str = ""
    request_id: str = ""
    import_id: str | None = None
    job_id: str | None = None
    rows: int | None = None
    quarantined: int | None = None
    pipe: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class RowMaker:
    """Makes rows of what was recorded."""

    def __init__(self, workspace_id: str, secrets: Iterable[str]) -> None:
        """Start.

        Args:
            workspace_id: of the workspace.
            secrets: texts that are in no row.
        """
        self._workspace_id = workspace_id
        self._secrets = [value for value in secrets if value]

    def request(self, record: QueryRecord) -> Row:
        """Return a row of pipe_stats_rt."""
        error = self._told(record.error) if record.error else ""
        if error and record.has_secret:
            error = _SECRET
        pipe_id = QUERY_API if record.pipe == QUERY_API else resource_id("pipe", record.pipe)
        url = record.path + (f"?{record.query_string}" if record.query_string else "")
        # fmt: off
        return [
            int(record.at), pipe_id, record.pipe, record.token, record.token_name,
            record.duration_s, record.bytes_read, record.rows_read, 0, record.rows,
            _text(without_token(url)), int(record.status >= 400), error or None, record.status,
            record.id, bounded(record.parameters), record.method, "",
            _text(record.user_agent) or None, record.client or None, [], 0, "",
        ]
        # fmt: on

    def failure(self, record: QueryRecord) -> Row:
        """Return a row of endpoint_errors; a view would be asked about each request."""
        at, pipe_id, pipe, *more = self.request(record)
        url, error, parameters = more[7], more[9], json.dumps(more[12])
        return [at, record.id, pipe_id, pipe, parameters, url, record.status, error, []]

    def events(self, second: int, datasource: str, found: EventsRecord) -> Row:
        """Return a row of hfi_requests."""
        stored = found.rows - found.quarantined
        # fmt: off
        return [
            second, self._workspace_id, resource_id("datasource", datasource), found.successful,
            found.failed, found.rows, stored, found.quarantined, found.received,
            found.decompressed, stored, 0, 0, int(found.rate_limited), sorted(found.clients),
            sorted(found.tokens),
        ]
        # fmt: on

    def operations_of(self, second: int, datasource: str, found: EventsRecord) -> list[Row]:
        """Return the rows of datasources_ops_log for a second's events."""
        rows = []
        if found.successful:
            done = Operation(
                second, "append-hfi", datasource, found.ok_s, request_id=found.first_id,
                rows=found.rows - found.quarantined, quarantined=found.quarantined,
            )  # fmt: skip
            rows.append(self.operation(done))
        if found.failed:
            error = self._told(found.error) or "failed"
            done = Operation(
                second, "append-hfi", datasource, found.failed_s, error, request_id=found.first_id
            )
            rows.append(self.operation(done))
        return rows

    def operation(self, done: Operation) -> Row:
        """Return a row of datasources_ops_log."""
        written = 0 if done.kind in ("delete", "truncate") else done.rows or 0
        error = self._clean(done.error)
        # fmt: off
        return [
            int(done.at), done.kind, resource_id("datasource", done.datasource), done.datasource,
            "error" if error else "ok", done.elapsed_s, error or None, list(done.options),
            list(done.options.values()), done.request_id, done.import_id, done.job_id, done.rows,
            done.quarantined, [], done.job_id or done.request_id, 0, 0, 0, 0, written, 0,
            done.quarantined or 0, 0, resource_id("pipe", done.pipe) if done.pipe else "",
            done.pipe, "", [],
        ]
        # fmt: on

    def job(self, fields: Fields) -> Row:
        """Return a row of jobs_log."""
        datasource, started = fields.get("datasource"), fields.get("started_at")
        more = {name: value for name, value in fields.items() if name not in _NOT_METADATA}
        # fmt: off
        return [
            fields["id"], fields["kind"], fields["status"], self._job_error(fields) or None,
            self._workspace_id, None, fields.get("pipe_id"),
            datasource.get("id") if isinstance(datasource, Mapping) else None,
            _moment(fields["created_at"]), _moment(started) if started else None,
            _moment(fields["updated_at"]), self._clean(json.dumps(more, default=str)),
        ]
        # fmt: on

    def operation_of(self, fields: Fields) -> Operation | None:
        """Return what a job that is over has done to its data source."""
        kind = _JOB_EVENTS.get(str(fields["kind"])) or str(fields.get("mode", ""))
        datasource = fields.get("datasource")
        if not kind or not isinstance(datasource, Mapping):
            return None
        ended = _seconds(fields["updated_at"])
        began = _seconds(fields.get("started_at") or fields["created_at"])
        rows = next((fields[name] for name in _COUNTS if fields.get(name) is not None), None)
        is_done = fields["status"] == "done"
        return Operation(
            ended,
            kind,
            str(datasource.get("name")),
            elapsed_s=max(0.0, ended - began),
            error="" if is_done else self._job_error(fields) or str(fields["status"]),
            import_id=str(fields["import_id"]) if "import_id" in fields else None,
            job_id=str(fields["id"]),
            rows=_number(rows),
            quarantined=_number(fields.get("quarantined_rows")),
            pipe=str(fields.get("pipe_name", "")),
            options={name: _text(str(fields[name])) for name in _OPTIONS if name in fields},
        )

    def _job_error(self, fields: Fields) -> str:
        if fields["status"] == "done" or not fields.get("error"):
            return ""
        if fields["kind"] == "copy" and self._secrets:
            return _SECRET  # ClickHouse puts parts of the query into its messages
        return self._clean(str(fields["error"]))

    def _told(self, body: bytes) -> str:
        """Return the error that an answer has told."""
        try:
            content = orjson.loads(body)
            text = str(content["error"]) if isinstance(content, dict) else ""
        except (ValueError, KeyError):
            text = body.decode(errors="replace")
        return self._clean(text)

    def _clean(self, text: str) -> str:
        for value in self._secrets:
            text = text.replace(value, "***")
        return _text(text)


def without_token(url: str) -> str:
    """Return a path and query string without the parameter `token`, however it is spelled."""
    if "?" not in url or ("token" not in url and "%" not in url):
        return url
    path, _, query = url.partition("?")
    fields = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != "token"]
    return f"{path}?{'&'.join(fields)}" if fields else path


def bounded(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return parameters as texts, of bounded number and length."""
    return {
        _text(name): _text(value if isinstance(value, str) else _json(value))
        for name, value in list(parameters.items())[:MAX_ITEMS]
    }


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of more than 64 bits
        return str(value)


# The values of our tokens, and JWTs: `[p.]<JSON>.<...>[.<signature>]`, each part in base64.
_TOKEN = re.compile(r"(?:p\.)?eyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?")


def _text(text: str) -> str:
    """Return a text of bounded length that UTF-8 has, without what looks like a token's value."""
    if "eyJ" in text:  # before it is cut: half a value is one too
        text = _TOKEN.sub("***", text)
    text = text[:MAX_TEXT]
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _moment(text: object) -> str:
    """Return a job's time with milliseconds."""
    return str(text)[:23]


def _seconds(text: object) -> float:
    return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
