"""The job of an upload: a file's rows into Firehose, part by part, in as many runs as it takes.

After each part the job's item says how far it is. A run that dies between the two has put rows
that the next one puts again: both copies have the same `__batch`, which is the job and the part's
place, and the same `__row`; and the job counts them as perhaps twice.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from martlet.aws.firehose import FirehoseSink, Outcome
from martlet.aws.state import StateTable
from martlet.aws.uploads import DONE, ERROR, Job, Jobs, Objects, Spans
from martlet.errors import ConflictError, EngineError, MartletError, RequestError
from martlet.ingest.csvrows import CsvReader, Dialect, Records, by_name, find_header, read_records
from martlet.ingest.lake import LakeCoder, LakeRows
from martlet.ingest.parts import GZIP_MAGIC, CsvCut, Part, cut_lines, inflated, read_parts, skip
from martlet.model import Datasource

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MARK = b"\xef\xbb\xbf"

# Runs that store nothing, after which a job has failed: what keeps it from going on does not pass.
MAX_IDLE_RUNS = 3

# Seconds behind a run's deadline in which the job may still be written.
_GRACE_S = 30.0

# Waits before DynamoDB is asked again, in seconds.
_WAITS_S = (0.5, 1, 2, 4, 8, 16)


@dataclass(slots=True)
class AppendJobs:
    """Runs jobs.

    Attributes:
        clock: the sink's.
        now: nanoseconds since 1970.
    """

    jobs: Jobs
    objects: Objects
    datasources: Mapping[str, Datasource]
    sink: FirehoseSink
    states: StateTable
    wait: Callable[[float], object]
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], int] = field(default=time.time_ns)

    def run(self, id: str, owner: str, *, deadline: float, held_s: float) -> Job | None:
        """Take in as much of a job's file as there is time for.

        Args:
            id: of the job.
            owner: of this run, the same when Lambda repeats it.
            deadline: of the clock, after which no call is begun.
            held_s: seconds after which this run is over, whatever becomes of it.

        Returns:
            The job as it was written last: done, failed, or to be gone on with. None if there is
            nothing to do here: it is over, or another run holds it.

        Raises:
            EngineError: the job cannot be read or written.
            ConflictError: somebody else has gone on with it; what this run has stored since it
                wrote last is counted by the other.
        """
        claimed = self.jobs.claim(id, owner, held_s)
        if claimed is None:
            return None
        job, was_lost = claimed
        datasource = self.datasources.get(job.datasource)
        if datasource is None:
            return self._fail(job, f"Data Source '{job.datasource}' does not exist any more")
        run = _Run(self, job, datasource, deadline, is_unsure=was_lost)
        reason = "Firehose takes no rows"
        try:
            run.take()
        except ConflictError:
            raise
        except EngineError as error:
            reason = str(error)
        except MartletError as error:
            return self._fail(run.job, str(error))
        job = run.job
        if run.is_over:
            return self.jobs.save(replace(job, status=DONE, owner="", held_until=0))
        idle_runs = 0 if run.has_stored else job.idle_runs + 1
        if idle_runs >= MAX_IDLE_RUNS:
            return self._fail(job, f"{reason}; {idle_runs} runs have stored nothing")
        return self.jobs.save(replace(job, owner="", held_until=0, idle_runs=idle_runs))

    def _fail(self, job: Job, reason: str) -> Job:
        message = (
            f"{reason}; stored are the rows of the first {job.offset} bytes, as counted here, and"
            " starting the job again goes on behind them"
        )
        return self.jobs.save(replace(job, status=ERROR, message=message, owner="", held_until=0))


class _Run:
    """One run of a job.

    Attributes:
        job: as it was written last.
        is_over: whether all of the file is taken in.
        has_stored: whether this run has stored anything.
    """

    def __init__(
        self,
        place: AppendJobs,
        job: Job,
        datasource: Datasource,
        deadline: float,
        *,
        is_unsure: bool,
    ) -> None:
        self._place = place
        self._deadline = deadline
        self._is_unsure = is_unsure
        self.job = job
        self.is_over = False
        self.has_stored = False
        self._datasource = datasource
        self._dialect = Dialect(job.delimiter, job.escape)
        self._cut = CsvCut(self._dialect)
        has_paths = any(column.json_path for column in datasource.columns)
        self._json_coder = LakeCoder(datasource if has_paths else by_name(datasource))
        self._csv: tuple[CsvReader, LakeCoder] | None = None

    def take(self) -> None:
        """Take in parts until there is no time or no more; the job is written after each.

        Raises:
            MartletError: the file or a part cannot be taken in.
        """
        job = self.job
        ranges = self._place.objects.reader(job)
        magic = self._place.objects.fetch(job, 0, min(4, job.size)) if job.size else b""
        if magic.startswith(_ZSTD_MAGIC):
            raise RequestError("Files in zstd are not taken here", hint="use gzip")
        if magic.startswith(GZIP_MAGIC):
            read = inflated(ranges)
            skip(read, job.offset)
        else:
            ranges = read = self._place.objects.reader(job, job.offset)
        cut = self._cut if job.format == "csv" else cut_lines
        for part in read_parts(read, cut, offset=job.offset):
            if self._place.clock() >= self._deadline or not self._put(part, ranges.position):
                return
        self.is_over = True

    def _put(self, part: Part, read_bytes: int) -> bool:
        """Store the rows of a part; return whether all are, and so the next may come."""
        rows = self._code(part)
        job = self.job
        if job.pending is not None:
            rows = _only(rows, *job.pending)
        if self._is_unsure:
            job = replace(job, twice=job.twice + len(rows.documents) + len(rows.refused))
            self._is_unsure = False
        self._patiently(lambda: self._cover(rows))
        put = self._place.sink.append(
            job.datasource, self._datasource.quarantine, rows, deadline=self._deadline
        )
        error = put.error(job.datasource)
        stored = put.rows.stored + put.refused.stored
        self.has_stored = self.has_stored or stored > 0 or error is None
        unknown = sum(map(len, (*put.rows.unknown, *put.refused.unknown)))
        job = replace(
            job,
            names=self.job.names,
            rows=job.rows + put.rows.stored,
            quarantined=job.quarantined + put.refused.stored,
            twice=job.twice + put.rows.twice + put.refused.twice + unknown,
            pending=None if error is None else (_left(put.rows), _left(put.refused)),
            offset=part.end if error is None else part.offset,
            read_bytes=max(read_bytes if error is None else 0, job.read_bytes),
            idle_runs=0 if stored else job.idle_runs,
        )
        self._patiently(lambda: self._save(job), grace_s=_GRACE_S)
        if error is not None and self._place.clock() < self._deadline - 5:
            raise RequestError(f"In the part from byte {part.offset}: {error.message}")
        return error is None

    def _save(self, job: Job) -> None:
        self.job = self._place.jobs.save(job)

    def _code(self, part: Part) -> LakeRows:
        """Return the rows of a part; their numbers count from 1 in it.

        Raises:
            RequestError: something is wrong with all of it.
            TooLargeError: a row is above a limit.
        """
        data = part.data
        records = self._cut.records  # of this part, if it is CSV
        if part.offset == 0 and data.startswith(_MARK):
            data = data.removeprefix(_MARK)
            records = read_records(data, self._dialect)
        moment, batch = self._place.now(), f"{self.job.id}-{part.offset}"
        try:
            if self.job.format == "csv":
                return self._code_csv(records, part.offset, batch, moment)
            if not data.strip():
                return LakeRows([], [], [], [])
            return self._json_coder.code(data, "ndjson", batch=batch, moment=moment)
        except MartletError as error:
            if part.offset:
                error.message = f"In the part from byte {part.offset}: {error.message}"
            raise

    def _code_csv(self, records: Records, offset: int, batch: str, moment: int) -> LakeRows:
        job, first = self.job, records.first
        if offset == 0 and first is not None and job.header != "false":
            names = find_header(first, self._datasource)
            if names is None and job.header == "true":
                names = [text.decode("utf-8", "replace") for text in first]
            if names is not None:
                records.drop_first()
                self.job = replace(job, names=names)
        if self._csv is None:
            reader = CsvReader(self._datasource, self.job.names)
            self._csv = reader, LakeCoder(reader.datasource)
        if not records.texts:
            return LakeRows([], [], [], [])
        reader, coder = self._csv
        body, sent = reader.events(records)
        return coder.code(body, "ndjson", batch=batch, moment=moment, sent=sent)

    def _cover(self, rows: LakeRows) -> None:
        states, moment = self._place.states, self._place.now()
        if rows.refused:
            states.cover(self._datasource.quarantine, moment=moment, days_ahead=0)
        if rows.documents:
            columns = [column.name for column in self._datasource.columns]
            days = rows.days_ahead
            states.cover(self.job.datasource, moment=moment, days_ahead=days, columns=columns)

    def _patiently(self, call: Callable[[], None], *, grace_s: float = 0) -> None:
        """Make a call that may be made again, while there is time and it may help.

        Args:
            call: the call.
            grace_s: seconds that it may take behind the deadline.

        Raises:
            EngineError: it does not answer.
        """
        for pause in (*_WAITS_S, None):
            try:
                return call()
            except EngineError:
                if pause is None or self._place.clock() + pause >= self._deadline + grace_s:
                    raise
            self._place.wait(pause)
        return None


def _left(outcome: Outcome) -> Spans:
    """Return the numbers of the events that are not stored, as spans of those that were put."""
    return [(numbers[0], numbers[-1]) for numbers in (*outcome.lost, *outcome.unknown)]


def _only(rows: LakeRows, left: Spans, refused_left: Spans) -> LakeRows:
    """Return the rows whose numbers are in spans."""
    documents, numbers = _within(rows.documents, rows.numbers, left)
    refused, refused_numbers = _within(rows.refused, rows.refused_numbers, refused_left)
    return LakeRows(documents, numbers, refused, refused_numbers, rows.days_ahead)


def _within(
    documents: Sequence[bytes], numbers: Sequence[int], spans: Spans
) -> tuple[list[bytes], list[int]]:
    pairs = [
        (document, number)
        for document, number in zip(documents, numbers, strict=True)
        if any(first <= number <= last for first, last in spans)
    ]
    return [document for document, _ in pairs], [number for _, number in pairs]
