"""`martlet append`: a file of rows to a running API, by HTTP alone.

A small file is one request. A larger one is uploaded where the API has uploads, on AWS; elsewhere
it is sent in parts of whole rows. Nothing is sent twice: after an error it is told what is stored.
"""

import gzip
import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from martlet.errors import MartletError, NotFoundError, RequestError
from martlet.ingest.csvrows import Dialect, read_records
from martlet.ingest.parts import GZIP_MAGIC, PART_BYTES, CsvCut, cut_lines, read_parts

FORMATS = ("csv", "ndjson", "parquet")

# API Gateway and Lambda take less than the 10 MB of one request: 6 MB in Base64.
MAX_REQUEST_BYTES = 4_000_000

_EXTENSIONS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
               ".parquet": "parquet"}  # fmt: skip
_TIMEOUT_S = 60.0
_UPLOAD_TIMEOUT_S = 600.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
# A look at a job may fail so often in a row.
_MAX_FAILED_LOOKS = 10


@dataclass(slots=True)
class Totals:
    """What is stored of a file, as the API has counted it.

    Attributes:
        twice: rows that may be there twice, with the same `__batch` and `__row`.
        is_over: whether all of the file was taken in.
    """

    stored: int = 0
    quarantined: int = 0
    twice: int = 0
    bytes_done: int = 0
    is_over: bool = False

    def add(self, answer: Mapping[str, Any]) -> None:
        """Count the answer of one request."""
        self.stored += answer["successful_rows"]
        self.quarantined += answer["quarantined_rows"]

    def __str__(self) -> str:
        """Return the counts for a person."""
        text = f"{self.stored} rows stored, {self.quarantined} in the quarantine"
        return f"{text}, {self.twice} perhaps twice" if self.twice else text


class AppendError(MartletError):
    """A file could not be appended, or not all of it; the message says what is stored."""


class _AnswerError(Exception):
    """An answer that is none of success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Append:
    """One file on its way.

    Attributes:
        url: of the API, without a path.
        name: of the data source.
        format: one of `FORMATS`, empty for what the file's name says.
        dialect: of a CSV file.
        say: told of the counts so far, again and again.
        wait: waits some seconds.
    """

    url: str
    token: str
    name: str
    path: Path
    format: str = ""
    dialect: Dialect = field(default_factory=Dialect)
    say: Callable[[Totals], None] = field(default=lambda totals: None)
    wait: Callable[[float], object] = field(default=threading.Event().wait)
    totals: Totals = field(default_factory=Totals)

    def run(self) -> Totals:
        """Append the file; return the counts.

        Raises:
            NotFoundError: the file does not exist.
            RequestError: neither URL nor format can be used.
            AppendError: not all is stored; the message says what is.
        """
        if not self.url.startswith(("http://", "https://")):
            raise RequestError(
                f"{self.url!r} is not a URL", hint="give https://..., without a path"
            )
        if not self.path.is_file():
            raise NotFoundError(f"The file {self.path} does not exist")
        self.url = self.url.rstrip("/")
        self.format = self.format or self._format_of_name()
        with self.path.open("rb") as file:
            is_gzip = file.read(2) == GZIP_MAGIC
        try:
            self._send(is_gzip=is_gzip)
        except _AnswerError as error:
            raise AppendError(f"{error}; of {self.path.name}: {self._so_far()}") from error
        self.totals.is_over = True
        return self.totals

    def _so_far(self) -> str:
        if not self.totals.bytes_done or self.format == "parquet":
            return str(self.totals)
        return f"{self.totals}, all from its first {self.totals.bytes_done} bytes"

    def _format_of_name(self) -> str:
        name = Path(self.path.name.removesuffix(".gz"))
        found = _EXTENSIONS.get(name.suffix.lower())
        if found is None:
            raise RequestError(
                f"What {self.path.name} has in it cannot be told from its name",
                hint=f"give --format {'|'.join(FORMATS)}",
            )
        return found

    def _send(self, *, is_gzip: bool) -> None:
        if self.format == "parquet":
            self._send_parts(_parquet_parts(self.path), "ndjson")
            return
        size = self.path.stat().st_size
        if not is_gzip and size <= MAX_REQUEST_BYTES:
            self._send_parts(iter([self.path.read_bytes()]), self.format)
            return
        if self._upload(size):
            return
        with cast(BinaryIO, gzip.open(self.path) if is_gzip else self.path.open("rb")) as file:
            cut = CsvCut(self.dialect) if self.format == "csv" else cut_lines
            parts = read_parts(file.read, cut, size=min(PART_BYTES, MAX_REQUEST_BYTES))
            self._send_parts((part.data for part in parts), self.format)

    # Parts

    def _send_parts(self, parts: Iterator[bytes], format: str) -> None:
        header: bytes | None = None
        more: dict[str, str] = {}
        for number, data in enumerate(parts):
            if not data.strip() and number:
                continue
            query = {"mode": "append", "name": self.name, "format": format, **more}
            if format == "csv":
                query |= self._dialect_values()
            answer = self._ask("POST", "/v0/datasources", query, (header or b"") + data)
            self.totals.add(answer)
            self.totals.bytes_done += len(data)
            self.say(self.totals)
            if format == "csv" and number == 0:
                more = {"header": "true" if answer.get("header") else "false"}
                header = self._first_record(data) if answer.get("header") else None

    def _first_record(self, data: bytes) -> bytes:
        return read_records(data, self.dialect).texts[0] + b"\n"

    def _dialect_values(self) -> dict[str, str]:
        values = {"dialect_delimiter": self.dialect.delimiter}
        return values | ({"dialect_escapechar": self.dialect.escape} if self.dialect.escape else {})

    # Uploads

    def _upload(self, size: int) -> bool:
        """Append by an upload; return whether the API has uploads."""
        query = {"mode": "append", "name": self.name, "format": self.format}
        if self.format == "csv":
            query |= self._dialect_values()
        try:
            made = self._ask("POST", "/v0/uploads", query)
        except _AnswerError as error:
            if error.status in (404, 405, 501):
                return False
            raise
        self._put(made["upload"]["url"], size)
        self._begin(made["id"])
        self._follow(made["id"])
        return True

    def _put(self, url: str, size: int) -> None:
        with self.path.open("rb") as file:
            request = urllib.request.Request(  # noqa: S310  the API gave it, https
                url,
                cast(Any, file),
                {"Content-Length": str(size), "Content-Type": ""},
                method="PUT",
            )
            try:
                urllib.request.urlopen(request, timeout=_UPLOAD_TIMEOUT_S).close()  # noqa: S310
            except OSError as error:  # HTTP's errors too
                raise _AnswerError(0, f"The file cannot be uploaded: {error}") from error

    def _begin(self, job: str) -> None:
        try:
            self._ask("POST", f"/v0/jobs/{job}/start", {})
        except _AnswerError as error:
            if error.status not in (0, 409):  # it may have begun: following it tells
                raise

    def _follow(self, job: str) -> None:
        """Look at a job until it is over; begin it again where it has stopped."""
        pause, failed = _FIRST_PAUSE_S, 0
        while True:
            try:
                state = self._ask("GET", f"/v0/jobs/{job}", {})
                failed = 0
            except _AnswerError as error:
                failed += 1
                if failed > _MAX_FAILED_LOOKS:
                    raise _AnswerError(
                        error.status, f"{error}; the job {job} may be at work still"
                    ) from error
                state = {}
            if state:
                self.totals.stored = state["successful_rows"]
                self.totals.quarantined = state["quarantined_rows"]
                self.totals.twice = state["perhaps_twice_rows"]
                self.totals.bytes_done = state["bytes_stored"]
                self.say(self.totals)
            if state.get("status") == "done":
                return
            if state.get("status") == "error":
                raise _AnswerError(400, f"The job {job} has failed: {state['error']}")
            if state.get("is_stalled") or state.get("status") == "waiting":
                self._begin(job)
            self.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None
    ) -> dict[str, Any]:
        """Return the JSON of an answer; throttled requests, of which nothing is stored, again."""
        url = f"{self.url}{path}?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        for pause in (1.0, 2.0, 4.0, 8.0, None):
            request = urllib.request.Request(  # noqa: S310  looked at in `run`
                url, body, headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                    return cast(dict[str, Any], json.loads(answer.read()))
            except urllib.error.HTTPError as error:
                if error.code != 429 or pause is None:
                    raise _AnswerError(error.code, _message(error)) from error
            except (OSError, ValueError) as error:
                sent = "; it may have stored the rows that were sent last" if body else ""
                raise _AnswerError(0, f"No answer from {self.url}: {error}{sent}") from error
            self.wait(pause)
        raise AssertionError("the last try has neither answer nor error")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        content = json.loads(error.read())
        text = content.get("error") or content.get("message")
    except (ValueError, AttributeError, OSError):
        text = None
    return f"HTTP {error.code}: {text or error.reason}"


def _parquet_parts(path: Path) -> Iterator[bytes]:
    """Yield the rows of a Parquet file as NDJSON, in requests' sizes.

    Raises:
        RequestError: chDB is not here, or the file is not Parquet.
    """
    try:
        from martlet.engines.clickhouse import ClickHouse
    except ImportError as error:
        raise RequestError(
            "Parquet is read by chDB, which is not here", hint="pip install 'martlet[local]'"
        ) from error
    with tempfile.TemporaryDirectory(prefix="martlet-") as folder:
        engine = ClickHouse(Path(folder))
        try:
            link = Path(folder) / "rows.parquet"  # ClickHouse takes `*` in a name for any text
            link.symlink_to(path.resolve())
            blocks = engine.read_file(link, "Parquet")
            rest = _Blocks(blocks)
            for part in read_parts(rest.read, cut_lines, size=MAX_REQUEST_BYTES):
                yield part.data
        finally:
            engine.close()


class _Blocks:
    """Blocks of bytes, read as a file is."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._have = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._have:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._have = memoryview(block)
        piece, self._have = self._have[:size], self._have[size:]
        return bytes(piece)


def progress(say: Callable[[str], None], *, every_s: float = 1.0) -> Callable[[Totals], None]:
    """Return what tells of counts, a line a second at most."""
    last = [0.0]

    def told(totals: Totals) -> None:
        if time.monotonic() - last[0] >= every_s:
            last[0] = time.monotonic()
            say(str(totals))

    return told
