"""Uploads: files in the results bucket, and their jobs, items of the state table.

An item is written as a whole, on the condition that nobody wrote it since it was read. A job is
held by one run of the function until the run gives it back, or could not be running any more.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from martlet.aws.names import UPLOADS_PREFIX
from martlet.errors import ConflictError, EngineError, NotFoundError, RequestError

WAITING, WORKING, DONE, ERROR = "waiting", "working", "done", "error"

VALID_S = 3600
# The bucket keeps results, and so uploads, for a day.
KEPT_S = 7 * 86_400

# A job that was begun, but is held by no run for so long, may be begun again.
STALLED_S = 60.0

# Of one GET; a file is read as fast as its rows are stored, which may be slow.
_RANGE_BYTES = 8 * 1024 * 1024
_TRIES = 6

_FAILURES = (BotoCoreError, ClientError, HTTPClientError, OSError)

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The state of one upload.

    Attributes:
        header: `true`, `false`, or empty to look.
        names: of a CSV file's columns by position, None while they are not known.
        size: of the object in bytes; 0 until the job is begun.
        etag: of the object that the job was begun with.
        offset: bytes of the file, without its compression, whose rows are stored.
        read_bytes: bytes of the object that were read for them.
        pending: events of the part at `offset` that are not stored yet, by number: rows, and
            refused ones; None for all of them.
        rows: stored.
        quarantined: refused and in the quarantine.
        twice: rows and refused ones that may be there twice; both copies have the same `__batch`
            and `__row`.
        owner: the run that holds the job, empty if none does.
        held_until: seconds since 1970 after which that run is over, whatever became of it.
        idle_runs: runs in a row that stored nothing.
        version: counts what was written.
    """

    id: str
    datasource: str
    format: str
    status: str = WAITING
    delimiter: str = ","
    escape: str = ""
    header: str = ""
    names: list[str] | None = None
    size: int = 0
    etag: str = ""
    offset: int = 0
    read_bytes: int = 0
    pending: tuple[Spans, Spans] | None = None
    rows: int = 0
    quarantined: int = 0
    twice: int = 0
    message: str = ""
    owner: str = ""
    held_until: float = 0
    idle_runs: int = 0
    created: float = 0
    updated: float = 0
    version: int = 0

    @property
    def key(self) -> str:
        """Return the object's key in the bucket."""
        return f"{UPLOADS_PREFIX}{self.id}"

    def shown(self) -> dict[str, object]:
        """Return what the API tells of it."""
        return {
            "id": self.id,
            "status": self.status,
            "datasource": self.datasource,
            "format": self.format,
            "created_at": _time(self.created),
            "updated_at": _time(self.updated),
            "bytes_total": self.size,
            "bytes_read": self.read_bytes,
            "bytes_stored": self.offset,
            "successful_rows": self.rows,
            "quarantined_rows": self.quarantined,
            "perhaps_twice_rows": self.twice,
            "error": self.message,
        }


@dataclass(slots=True)
class Jobs:
    """The jobs in the state table.

    Attributes:
        client: botocore's DynamoDB, which may try again by itself.
        table: its name; the key is `table`, a text.
        now: seconds since 1970.
    """

    client: Any
    table: str
    now: Callable[[], float] = field(default=time.time)

    def create(self, job: Job) -> Job:
        """Write a new job; see `save`."""
        return self.save(replace(job, id=str(uuid.uuid4()), created=self.now()))

    def read(self, id: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: there is none of that id.
            EngineError: DynamoDB does not answer.
        """
        try:
            answer = self.client.get_item(
                TableName=self.table, Key={"table": {"S": _key(id)}}, ConsistentRead=True
            )
        except _FAILURES as error:
            raise _unavailable(error) from error
        item = answer.get("Item")
        if not item:
            raise NotFoundError(f"The job '{id[:80]}' does not exist")
        values = json.loads(item["job"]["S"])
        if values["pending"] is not None:
            values["pending"] = tuple([(a, b) for a, b in spans] for spans in values["pending"])
        known = {field.name for field in fields(Job)}
        return Job(**{name: value for name, value in values.items() if name in known})

    def save(self, job: Job) -> Job:
        """Write a job; return it as it is written.

        Raises:
            ConflictError: somebody wrote it since it was read.
            EngineError: DynamoDB does not answer.
        """
        written = replace(job, version=job.version + 1, updated=self.now())
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(#table)"}
        if job.version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(job.version)}},
            }
        name = "version" if job.version else "table"
        try:
            self.client.put_item(
                TableName=self.table,
                Item={
                    "table": {"S": _key(job.id)},
                    "version": {"N": str(written.version)},
                    "job": {"S": json.dumps(asdict(written))},
                    "expires": {"N": str(int(written.created) + KEPT_S)},
                },
                ExpressionAttributeNames={f"#{name}": name},
                **condition,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                if self.read(job.id) == written:  # botocore's second try of a write of ours
                    return written
                raise ConflictError(
                    f"The job '{job.id}' was changed meanwhile: something else works on it"
                ) from error
            raise _unavailable(error) from error
        except _FAILURES as error:
            raise _unavailable(error) from error
        return written

    def claim(self, id: str, owner: str, seconds: float) -> tuple[Job, bool] | None:
        """Hold a job for a run of so many seconds.

        Returns:
            The job, and whether the run before ended without giving it back: what it has put since
            it wrote last is not known. None if the job is over, or another run holds it.
        """
        job = self.read(id)
        now = self.now()
        if job.status in (DONE, ERROR, WAITING):
            return None
        # Lambda gives an event again under the same id, and only when its first run is over.
        if job.owner and job.owner != owner and job.held_until > now:
            return None
        was_lost = bool(job.owner)
        try:
            held = self.save(replace(job, owner=owner, held_until=now + seconds))
        except ConflictError:
            return None
        return held, was_lost


class Objects:
    """The files, in the results bucket."""

    def __init__(
        self,
        s3: Any,  # noqa: ANN401  botocore makes its classes when asked
        bucket: str,
        *,
        wait: Callable[[float], object],
    ) -> None:
        self._s3, self._bucket, self._wait = s3, bucket, wait

    def url(self, job: Job) -> str:
        """Return the URL to PUT the file of a job to, good for `VALID_S` seconds."""
        place = {"Bucket": self._bucket, "Key": job.key}
        return str(self._s3.generate_presigned_url("put_object", Params=place, ExpiresIn=VALID_S))

    def look(self, job: Job) -> tuple[int, str]:
        """Return size and ETag of a job's file.

        Raises:
            ConflictError: it is not there.
            EngineError: S3 does not answer.
        """
        try:
            found = self._s3.head_object(Bucket=self._bucket, Key=job.key)
        except ClientError as error:
            # Without the right to list the bucket, what is not there is 403.
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (403, 404):
                raise ConflictError(
                    f"The file of the job '{job.id}' is not there",
                    hint="PUT it to the URL of the upload before the job is begun",
                ) from error
            raise EngineError("The file cannot be looked at now (S3)") from error
        except _FAILURES as error:
            raise EngineError("The file cannot be looked at now (S3)") from error
        return int(found["ContentLength"]), str(found["ETag"])

    def reader(self, job: Job, start: int = 0) -> "Ranges":
        """Return what reads a job's file from a byte of the object on."""
        return Ranges(self, job, start)

    def fetch(self, job: Job, start: int, stop: int) -> bytes:
        """Return bytes of a job's file.

        Raises:
            RequestError: it is another file than the job was begun with, or gone.
            EngineError: S3 does not answer.
        """
        for attempt in range(_TRIES):
            try:
                found = self._s3.get_object(
                    Bucket=self._bucket,
                    Key=job.key,
                    Range=f"bytes={start}-{stop - 1}",
                    IfMatch=job.etag,
                )
                return bytes(found["Body"].read())
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if status in (403, 404, 412, 416):
                    raise RequestError(
                        "The file has been replaced or removed since the job was begun"
                    ) from error
                reason = error.response.get("Error", {}).get("Code", "")
            except _FAILURES as error:
                reason = type(error).__name__
            self._wait(0.2 * 2**attempt)
        raise EngineError(f"The file cannot be read now (S3: {reason})")


class Ranges:
    """A file, read in order."""

    def __init__(self, objects: Objects, job: Job, start: int) -> None:
        self._objects, self._job = objects, job
        self.position = start
        self._have = b""
        self._taken = 0

    def __call__(self, size: int) -> bytes:
        """Return so many bytes or fewer, none at the end."""
        if self._taken == len(self._have) and self.position < self._job.size:
            stop = min(self.position + _RANGE_BYTES, self._job.size)
            self._have = self._objects.fetch(self._job, self.position, stop)
            self.position += len(self._have)
            self._taken = 0
        piece = self._have[self._taken : self._taken + size]
        self._taken += len(piece)
        return piece


def _key(id: str) -> str:
    return f"job:{id}"


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _unavailable(error: Exception) -> EngineError:
    reason = type(error).__name__
    if isinstance(error, ClientError):
        reason = error.response.get("Error", {}).get("Code", reason)
    return EngineError(f"The job cannot be read or written now (DynamoDB: {reason})")
