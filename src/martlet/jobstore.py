"""Jobs: work that goes on behind the answer, and what is known of it, also after a restart."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from martlet.errors import ConflictError, EngineError, MartletError, NotFoundError

MAX_JOBS = 100
KEPT = timedelta(hours=48)
# Jobs at a time, copies, imports and deletes together; the others wait.
THREADS = 2
MAX_WAITING = 100

WAITING, WORKING, DONE, ERROR = "waiting", "working", "done", "error"
CANCELLING, CANCELLED = "cancelling", "cancelled"
STATUSES = (WAITING, WORKING, DONE, ERROR, CANCELLING, CANCELLED)
_OVER = frozenset((DONE, ERROR, CANCELLED))

INTERRUPTED = "interrupted"

# Progress is written down this often at most: a restarted server knows about how far a job was.
_SAVED_EVERY_S = 1.0
# Lines of the file above which it is written anew with the jobs that are kept.
_MAX_LINES = 2000

# What clients call the id of a job of some kinds.
_OWN_IDS = {"import": "import_id", "delete_data": "delete_id"}

log = logging.getLogger("martlet")

Fields = dict[str, object]


class CancelledJobError(Exception):
    """The job is to end; raised inside of its work only."""


class Job:
    """A job as its work sees it.

    Attributes:
        cancelled: set once the job is to end.
        is_unwanted: whether it is to end because somebody cancelled it.
        failure: what its work has raised.
    """

    def __init__(self, fields: Mapping[str, object] | None = None) -> None:
        """Start; without fields it is a job of nobody's, for work that an answer waits for."""
        self.cancelled = threading.Event()
        self.is_unwanted = False
        self.failure: Exception | None = None
        self._fields: Fields = dict(fields or {})
        self._lock = threading.RLock()
        self._stops: list[Callable[[], None]] = []
        self._changed: Callable[[Job, bool], None] = lambda job, is_urgent: None

    @property
    def id(self) -> str:
        return str(self._fields["id"])

    @property
    def status(self) -> str:
        return str(self._fields["status"])

    def shown(self) -> Fields:
        """Return what is known of the job."""
        with self._lock:
            return dict(self._fields)

    def progress(self, **fields: object) -> None:
        """Tell how far the work is.

        Raises:
            CancelledJobError: it is to end.
        """
        self.check()
        self._set(fields)
        self._changed(self, False)

    def note(self, **fields: object) -> None:
        """Tell what has come about, also where the work is to end."""
        self._set(fields)

    def check(self) -> None:
        """Go on, or not.

        Raises:
            CancelledJobError: the work is to end.
        """
        if self.cancelled.is_set():
            raise CancelledJobError

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have a function called, in another thread, if the job is cancelled inside of the block.

        It may be called several times.
        """
        self.check()
        with self._lock:
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)

    def commit(self) -> None:
        """Begin what cannot be undone: from here on the job cannot be cancelled.

        Raises:
            CancelledJobError: it was cancelled before.
        """
        with self._lock:
            self.check()
            self._set({"is_cancellable": False})

    def stop(self) -> None:
        """Have the work end as soon as it can."""
        with self._lock:
            self.cancelled.set()
            stops = list(self._stops)
        for each in stops:
            try:
                each()
            except MartletError as error:  # the work ends at its next step then
                log.warning("job: %s", error.message)

    def change(self, **fields: object) -> None:
        """Set fields and write them down."""
        self._set(fields)
        self._changed(self, True)

    def cancel(self) -> None:
        """Begin to cancel.

        Raises:
            ConflictError: the job is over, or too far.
        """
        with self._lock:
            if self.status in _OVER:
                raise ConflictError(f"The job '{self.id}' cannot be cancelled: it is {self.status}")
            if not self._fields["is_cancellable"]:
                raise ConflictError(
                    f"The job '{self.id}' cannot be cancelled: it is being cancelled already"
                    if self.status == CANCELLING
                    else f"The job '{self.id}' cannot be cancelled: its rows are being put in place"
                )
            self._set({"status": CANCELLING, "is_cancellable": False})
            self.is_unwanted = True
            self.cancelled.set()
        self._changed(self, True)  # not under our lock: who keeps all jobs has one too

    def _set(self, fields: Fields) -> None:
        with self._lock:
            self._fields |= fields
            self._fields["updated_at"] = _now()

    def listen(self, changed: Callable[["Job", bool], None]) -> None:
        """Have a function told of changes, and whether they are to be written down at once."""
        self._changed = changed


Work = Callable[[Job], Mapping[str, object] | None]
"""Does a job; returns fields of its final state."""


class Jobs:
    """The jobs of a workspace: run in threads of their own, the last ones kept.

    What is known of them is in memory and, line by line, in a file. A job that a server left
    unfinished is an error then: `interrupted`.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Start.

        Args:
            path: the file; without it jobs end with this object.
        """
        self._path = path
        self._lock = threading.RLock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="martlet-job")
        self._jobs: dict[str, Job] = {}
        self._futures: dict[str, Future[None]] = {}
        self._again: dict[str, Callable[[], Fields]] = {}
        self._saved: dict[str, float] = {}
        self._lines = 0
        self._closing = False
        self.told: Callable[[Fields], None] = lambda fields: None
        """Called with a job when it begins, changes its status, or ends."""
        if path is not None:
            self._jobs = {id: Job(fields) for id, fields in _read(path).items()}
            self._forget()
            self._rewrite()

    def start(
        self,
        kind: str,
        work: Work,
        *,
        over: Callable[[Job], None] | None = None,
        again: Callable[[], Fields] | None = None,
        **fields: object,
    ) -> Fields:
        """Run a function in a thread as soon as one is free, and return the job as it is now.

        Args:
            kind: as Tinybird names it: `import`, `copy`, `delete_data`, ...
            work: it raises a MartletError where it fails, and what `Job.check` raises.
            over: told the job when it is over, also where its work never began.
            again: starts another job for the same, if that can be done.
            fields: more of the job.

        Raises:
            EngineError: too many jobs wait, or the server is shutting down.
        """
        id = str(uuid.uuid4())
        head: Fields = {"id": id, "job_id": id, "job_url": f"/v0/jobs/{id}", "kind": kind}
        if kind in _OWN_IDS:
            head[_OWN_IDS[kind]] = id
        state = {"status": WAITING, "created_at": _now(), "updated_at": _now()}
        job = Job({**head, **state, "started_at": None, "is_cancellable": True, **fields})
        job.listen(self._on_change)
        with self._lock:
            if self._closing:
                raise EngineError("The server is shutting down: start the job again")
            if sum(each.status == WAITING for each in self._jobs.values()) >= MAX_WAITING:
                raise EngineError(f"{MAX_WAITING} jobs wait already: start the job again later")
            self._jobs[id] = job
            if again is not None:
                self._again[id] = again
            self._forget()
            self._save(job)
            shown = job.shown()
            self.told(shown)
            future = self._futures[id] = self._threads.submit(self._run, job, work)
        if over is not None:
            future.add_done_callback(lambda _: over(job))
        return shown

    def read(self, id: str) -> Fields:
        """Return a job.

        Raises:
            NotFoundError: there is none of that id, or none any more.
        """
        return self._find(id).shown()

    def list(self) -> list[Fields]:
        """Return all jobs that are kept, the latest first."""
        with self._lock:
            self._forget()
            return [job.shown() for job in reversed(self._jobs.values())]

    def cancel(self, id: str) -> Fields:
        """Have a job end; one that waits is cancelled at once.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is over, or too far.
        """
        job = self._find(id)
        job.cancel()
        future = self._futures.get(id)
        if future is not None and future.cancel():
            job.change(status=CANCELLED)
            self._futures.pop(id, None)
        else:
            job.stop()
        return job.shown()

    def retry(self, id: str) -> Fields:
        """Start another job for what one that is not done should have done, and return it.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is not over, or done; or what it was for is not known any more.
        """
        job = self._find(id)
        if job.status not in _OVER or job.status == DONE:
            raise ConflictError(f"The job '{id}' is not started again: it is {job.status}")
        again = self._again.get(id)
        if again is None:
            raise ConflictError(
                f"The job '{id}' is not started again: its request is not known any more",
                hint="send the request again",
            )
        return again()

    def finish(self, id: str, timeout_s: float) -> Fields:
        """Wait until a job is over, and return it; for those who cannot do without."""
        future = self._futures.get(id)
        if future is not None:
            wait([future], timeout=timeout_s)
        return self.read(id)

    def close(self) -> None:
        """End all jobs; those that are not over are interrupted."""
        with self._lock:
            self._closing = True
            futures = dict(self._futures)
        for id, future in futures.items():
            if future.cancel():
                self._jobs[id].change(status=ERROR, error=INTERRUPTED, is_cancellable=False)
        pending = {future for future in futures.values() if not future.cancelled()}
        while pending:
            for id in futures:
                if futures[id] in pending:
                    self._jobs[id].stop()
            # Again and again: a query that had not begun could not be stopped.
            pending = wait(pending, timeout=0.2).not_done
        self._threads.shutdown(wait=True)

    def _find(self, id: str) -> Job:
        with self._lock:
            job = self._jobs.get(id)
        if job is None:
            raise NotFoundError(f"The job '{id[:80]}' does not exist")
        return job

    def _run(self, job: Job, work: Work) -> None:
        try:
            if not job.cancelled.is_set():
                job.change(status=WORKING, started_at=_now())
            job.check()
            final = dict(work(job) or {})
            job.change(**final, status=DONE, is_cancellable=False)
        except CancelledJobError:
            self._end_early(job)
        except MartletError as error:
            if job.cancelled.is_set():  # the engine was told to stop, and says so
                self._end_early(job)
            else:
                job.failure = error
                job.change(status=ERROR, error=_text(error), is_cancellable=False)
        except Exception as error:
            log.exception("job %s failed", job.id)
            job.failure = error
            job.change(status=ERROR, error=f"Internal error, job {job.id}", is_cancellable=False)
        finally:
            with self._lock:
                self._futures.pop(job.id, None)

    def _end_early(self, job: Job) -> None:
        if job.is_unwanted:
            job.change(status=CANCELLED, is_cancellable=False)
        else:
            job.change(status=ERROR, error=INTERRUPTED, is_cancellable=False)

    def _on_change(self, job: Job, is_urgent: bool) -> None:
        with self._lock:
            if is_urgent:
                self.told(job.shown())
            if is_urgent or monotonic() - self._saved.get(job.id, 0.0) >= _SAVED_EVERY_S:
                self._save(job)

    def _save(self, job: Job) -> None:
        self._saved[job.id] = monotonic()
        if self._path is None:
            return
        if self._lines >= _MAX_LINES:
            self._rewrite()
            return
        try:
            with self._path.open("a") as file:
                file.write(json.dumps(job.shown()) + "\n")
            self._lines += 1
        except OSError as error:
            log.warning("jobs are not written down: %s", error)

    def _rewrite(self) -> None:
        if self._path is None:
            return
        lines = [json.dumps(job.shown()) + "\n" for job in self._jobs.values()]
        replacement = self._path.with_suffix(".new")
        try:
            replacement.parent.mkdir(parents=True, exist_ok=True)
            replacement.write_text("".join(lines))
            replacement.replace(self._path)
            self._lines = len(lines)
        except OSError as error:
            log.warning("jobs are not written down: %s", error)

    def _forget(self) -> None:
        """Forget the oldest of too many, and those of long ago; never one that is not over."""
        oldest = (datetime.now(UTC) - KEPT).strftime(_TIME)
        over = [job for job in self._jobs.values() if job.status in _OVER]
        too_many = len(self._jobs) - MAX_JOBS
        for index, job in enumerate(over):
            if index < too_many or str(job.shown()["created_at"]) < oldest:
                del self._jobs[job.id]
                self._saved.pop(job.id, None)
                self._again.pop(job.id, None)


_TIME = "%Y-%m-%d %H:%M:%S.%f"


def _now() -> str:
    return datetime.now(UTC).strftime(_TIME)


def _text(error: MartletError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _read(path: Path) -> dict[str, Fields]:
    """Return the jobs of a file, in the order in which they were started."""
    found: dict[str, Fields] = {}
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return found
    except OSError as error:
        log.warning("the jobs of before cannot be read: %s", error)
        return found
    for line in lines:
        try:
            fields = json.loads(line)
            found[str(fields["id"])] = dict(fields)
        except (ValueError, KeyError, TypeError):
            continue  # the line that a killed server was writing
    for fields in found.values():
        if fields.get("status") not in _OVER:
            fields |= {"status": ERROR, "error": INTERRUPTED, "is_cancellable": False}
        fields.setdefault("created_at", "")
    return found
