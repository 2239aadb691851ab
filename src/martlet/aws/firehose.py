"""Documents into Firehose streams: packed into records, sent again where they failed, counted.

A row counts as stored when Firehose has acknowledged its record. A call whose answer never came
may have stored its rows; when it is sent again they may be there twice. Both copies have the same
`__batch` and `__row`, so duplicates can be told.

Sources: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html,
https://docs.aws.amazon.com/firehose/latest/dev/limits.html
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from martlet.errors import EngineError
from martlet.ingest.lake import MAX_DOCUMENT_BYTES, LakeRows

# Of one record. Firehose bills each in steps of 5 KB, and de-aggregates 500 documents at most;
# a document alone may be larger, up to `MAX_DOCUMENT_BYTES`.
MAX_RECORD_DOCUMENTS = 500
MAX_RECORD_BYTES = 900_000
# Of one call: 500 records and 4 MiB.
MAX_CALL_RECORDS = 500
MAX_CALL_BYTES = 4_000_000

# Of one call; it must end while there is time to tell the caller how it went.
READ_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 2.0
CALL_S = READ_TIMEOUT_S + CONNECT_TIMEOUT_S

# The waits before further tries: twice as long each time, with jitter.
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0

# The call was refused as a whole and for the moment: nothing of it is stored.
_THROTTLED = frozenset((
    "ServiceUnavailableException", "ThrottlingException", "Throttling", "LimitExceededException",
    "RequestLimitExceeded", "TooManyRequestsException", "SlowDown",
))  # fmt: skip


@dataclass(slots=True, eq=False)
class _Record:
    """Documents of one record: those from `start` to `stop` of a request.

    Attributes:
        is_unknown: whether a call with it got no answer, so that it may be stored.
    """

    data: bytes
    start: int
    stop: int
    is_unknown: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of documents.

    Attributes:
        stored: how many are in Firehose.
        lost: the event numbers, by record, of those that are not.
        unknown: of those that may be.
        reason: why, of the last failure.
        bytes: in Firehose.
        tries: calls that were sent again.
        twice: how many of the stored may be there twice: a call with them got no answer.
    """

    stored: int = 0
    lost: list[Sequence[int]] = field(default_factory=list)
    unknown: list[Sequence[int]] = field(default_factory=list)
    reason: str = ""
    bytes: int = 0
    tries: int = 0
    twice: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every document is in Firehose."""
        return not self.lost and not self.unknown

    def failed(self) -> int:
        """Return how many documents are not, or not surely, in Firehose."""
        return sum(map(len, self.lost)) + sum(map(len, self.unknown))


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a request's rows: of those with the types, and of the refused ones."""

    rows: Outcome
    refused: Outcome

    def error(self, datasource: str) -> EngineError | None:
        """Return what to answer when not all is stored, with counts and event numbers."""
        if self.rows.is_whole and self.refused.is_whole:
            return None
        total = self.rows.stored + self.rows.failed()
        parts = [f"{self.rows.stored} of {total} rows for '{datasource}' are stored"]
        if refused := self.refused.stored + self.refused.failed():
            parts.append(f"{self.refused.stored} of {refused} refused rows are in its quarantine")
        for outcome in (self.rows, self.refused):
            if outcome.lost:
                parts.append(f"not stored: events {_spans(outcome.lost)}")
            if outcome.unknown:
                parts.append(f"perhaps stored, the call got no answer: {_spans(outcome.unknown)}")
        reason = self.rows.reason or self.refused.reason
        return EngineError(
            f"{'; '.join(parts)} ({reason})",
            hint="events are counted from 1 in the request; send those again that are not stored",
        )


def _spans(records: Sequence[Sequence[int]]) -> str:
    """Return event numbers as spans; records that follow each other are one."""
    spans: list[list[int]] = []
    for numbers in records:
        if spans and numbers[0] == spans[-1][1] + 1:
            spans[-1][1] = numbers[-1]
        else:
            spans.append([numbers[0], numbers[-1]])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def pack(documents: Sequence[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield records of documents, with the indexes that each has."""
    for first in range(0, len(documents), MAX_RECORD_DOCUMENTS):
        yield from _packed(documents, first, min(first + MAX_RECORD_DOCUMENTS, len(documents)))


def _packed(documents: Sequence[bytes], start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    data = b"".join(documents[start:stop])
    if len(data) <= MAX_RECORD_BYTES or stop - start == 1:
        assert len(data) <= MAX_DOCUMENT_BYTES
        yield data, start, stop
        return
    middle = (start + stop) // 2
    yield from _packed(documents, start, middle)
    yield from _packed(documents, middle, stop)


def _calls(records: Sequence[_Record]) -> Iterator[list[_Record]]:
    call: list[_Record] = []
    size = 0
    for record in records:
        if call and (len(call) == MAX_CALL_RECORDS or size + len(record.data) > MAX_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(record)
        size += len(record.data)
    if call:
        yield call


class FirehoseSink:
    """Puts the rows of requests into the streams of data sources and quarantines."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401  botocore's Firehose
        stream: Callable[[str], str],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """Start.

        Args:
            client: made with `READ_TIMEOUT_S` and `CONNECT_TIMEOUT_S`, and without tries of its
                own, which nobody would count.
            stream: the stream's name of a data source or quarantine.
            clock: seconds, of any beginning.
            wait: waits some seconds.
        """
        self._client = client
        self._stream = stream
        self._clock = clock
        self._wait = wait or threading.Event().wait

    def append(
        self, datasource: str, quarantine: str, rows: LakeRows, *, deadline: float
    ) -> Appended:
        """Store the rows of a request.

        The quarantine comes first, as in the embedded server: if rows fail then, the client sends
        the request again, and only the quarantine has rows twice. Where it fails no row is stored.

        Args:
            datasource: its name.
            quarantine: the quarantine's name.
            rows: documents of this request.
            deadline: of the sink's clock, after which no call is begun; one takes up to `CALL_S`.
        """
        refused = self.put(quarantine, rows.refused, rows.refused_numbers, deadline=deadline)
        if not refused.is_whole:
            lost = [rows.numbers] if rows.documents else []
            return Appended(Outcome(lost=lost, reason=refused.reason), refused)
        taken = self.put(datasource, rows.documents, rows.numbers, deadline=deadline)
        return Appended(taken, refused)

    def put(
        self, table: str, documents: Sequence[bytes], numbers: Sequence[int], *, deadline: float
    ) -> Outcome:
        """Put documents into a table's stream; see `append`."""
        outcome = Outcome()
        if not documents:
            return outcome
        name = self._stream(table)
        records = [_Record(*packed) for packed in pack(documents)]
        for call in _calls(records):
            left = self._send(name, call, outcome, deadline)
            for record in left:
                of_record = numbers[record.start : record.stop]
                (outcome.unknown if record.is_unknown else outcome.lost).append(of_record)
        return outcome

    def _send(
        self, stream: str, records: list[_Record], outcome: Outcome, deadline: float
    ) -> list[_Record]:
        """Send records until all are stored or there is no time; return those that are not."""
        tries = 0
        while self._clock() < deadline:
            failed, may_pass = self._try(stream, records, outcome)
            stored = [record for record in records if record not in failed] if failed else records
            outcome.stored += sum(record.stop - record.start for record in stored)
            outcome.bytes += sum(len(record.data) for record in stored)
            outcome.twice += sum(r.stop - r.start for r in stored if r.is_unknown)
            if not failed or not may_pass:
                return failed
            records = failed
            longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**tries)
            pause = longest * random.uniform(0.5, 1)  # noqa: S311  jitter
            if self._clock() + pause >= deadline:
                return records
            self._wait(pause)
            tries += 1
            outcome.tries += 1
        outcome.reason = outcome.reason or "there was no time left"
        return records

    def _try(
        self, stream: str, records: list[_Record], outcome: Outcome
    ) -> tuple[list[_Record], bool]:
        """Return the records that one call did not store, and whether another may."""
        try:
            answer = self._client.put_record_batch(
                DeliveryStreamName=stream,
                Records=[{"Data": record.data} for record in records],
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            outcome.reason = f"Firehose: {code}"
            if code not in _THROTTLED and status >= 500:
                _mark(records)
            return records, code in _THROTTLED or status >= 500 or status == 429
        except BotoCoreError as error:
            outcome.reason = f"Firehose: {type(error).__name__}"
            if isinstance(error, HTTPClientError):  # it was sent
                _mark(records)
            return records, isinstance(error, HTTPClientError | ConnectionError)
        if not answer["FailedPutCount"]:
            return [], True
        results = answer["RequestResponses"]
        failed = []
        for record, result in zip(records, results, strict=True):
            if result.get("ErrorCode"):
                outcome.reason = f"Firehose: {result['ErrorCode']}"
                failed.append(record)
        return failed, True


def _mark(records: Sequence[_Record]) -> None:
    for record in records:
        record.is_unknown = True
