"""Jobs: their states, their end before time, and what a restarted server knows of them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from martlet import jobstore
from martlet.errors import ConflictError, EngineError, NotFoundError, RequestError
from martlet.jobstore import Job, Jobs


@pytest.fixture
def open_jobs():
    opened: list[Jobs] = []

    def open_them(path: Path | None = None) -> Jobs:
        opened.append(Jobs(path))
        return opened[-1]

    yield open_them
    for jobs in opened:
        jobs.close()


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, job: Job) -> dict[str, object]:
        self.begun.set()
        with job.stopped_by(self.go.set):
            assert self.go.wait(20)
        job.check()
        return {"rows": 1}


def test_a_job_waits_works_and_is_done(open_jobs):
    jobs, held = open_jobs(), Held()
    started = jobs.start("import", held, datasource={"name": "x"})
    id = str(started["id"])
    assert started["status"] == "waiting"
    assert (started["job_id"], started["import_id"], started["job_url"]) == (
        id,
        id,
        f"/v0/jobs/{id}",
    )
    assert held.begun.wait(20)
    working = jobs.read(id)
    assert (working["status"], working["is_cancellable"]) == ("working", True)
    held.go.set()
    done = jobs.finish(id, 20)
    assert (done["status"], done["rows"], done["is_cancellable"]) == ("done", 1, False)
    assert str(done["created_at"]) <= str(done["started_at"]) <= str(done["updated_at"])
    with pytest.raises(ConflictError, match="it is done"):
        jobs.cancel(id)
    with pytest.raises(NotFoundError):
        jobs.read("none")


def test_failures_are_told_but_what_nobody_foresaw_stays_in_the_log(open_jobs, caplog):
    jobs = open_jobs()

    def refuse(job: Job) -> None:
        raise RequestError("The file is empty", hint="send a row")

    def fail(job: Job) -> None:
        raise ZeroDivisionError("a secret")

    refused = jobs.finish(str(jobs.start("import", refuse)["id"]), 20)
    assert (refused["status"], refused["error"]) == ("error", "The file is empty; send a row")
    failed = jobs.finish(str(jobs.start("import", fail)["id"]), 20)
    assert failed["error"] == f"Internal error, job {failed['id']}"
    assert "a secret" in caplog.text


def test_jobs_are_cancelled_while_they_wait_and_while_they_work(open_jobs):
    jobs, released = open_jobs(), []
    held = [Held() for _ in range(jobstore.THREADS)]
    working = [str(jobs.start("copy", each)["id"]) for each in held]
    waiting = str(jobs.start("copy", Held(), over=lambda job: released.append(1))["id"])
    assert all(each.begun.wait(20) for each in held)
    assert jobs.cancel(waiting)["status"] == "cancelled"
    assert released == [1]
    jobs.cancel(working[0])
    assert jobs.finish(working[0], 20)["status"] == "cancelled"
    held[1].go.set()
    assert jobs.finish(working[1], 20)["status"] == "done"


def test_many_ask_while_jobs_are_cancelled(open_jobs):
    """The locks of a job and of all jobs are never taken in both orders."""
    jobs, stop = open_jobs(), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            jobs.list()

    with ThreadPoolExecutor(2) as threads:
        asking = threads.submit(ask)
        for _ in range(50):
            held = Held()
            id = str(jobs.start("copy", held)["id"])
            jobs.cancel(id)
            assert jobs.finish(id, 20)["status"] == "cancelled"
        stop.set()
        asking.result(20)


def test_a_commit_is_not_cancelled_and_a_cancelled_job_does_not_commit(open_jobs):
    jobs, committing, go = open_jobs(), threading.Event(), threading.Event()

    def commit(job: Job) -> dict[str, object]:
        job.commit()
        committing.set()
        assert go.wait(20)
        return {}

    id = str(jobs.start("import", commit)["id"])
    assert committing.wait(20)
    with pytest.raises(ConflictError, match="being put in place"):
        jobs.cancel(id)
    go.set()
    assert jobs.finish(id, 20)["status"] == "done"
    job = Job()
    job.stop()
    with pytest.raises(jobstore.CancelledJobError):
        job.commit()


def test_a_restarted_server_knows_them(open_jobs, tmp_path):
    path = tmp_path / "jobs.jsonl"
    jobs, held = open_jobs(path), Held()
    done = str(jobs.start("copy", lambda job: {"rows": 3})["id"])
    jobs.finish(done, 20)
    working = str(jobs.start("import", held)["id"])
    assert held.begun.wait(20)
    with path.open("a") as file:
        file.write('{"id": "cut of')  # a server was killed while it wrote
    killed = open_jobs(path)  # as the next server finds it
    assert killed.read(done)["rows"] == 3
    interrupted = killed.read(working)
    assert (interrupted["status"], interrupted["error"]) == ("error", "interrupted")
    assert not interrupted["is_cancellable"]
    assert [job["id"] for job in killed.list()] == [working, done]


def test_a_server_that_stops_interrupts_them(tmp_path):
    path = tmp_path / "jobs.jsonl"
    jobs = Jobs(path)
    held = [Held() for _ in range(jobstore.THREADS + 1)]
    ids = [str(jobs.start("copy", each)["id"]) for each in held]
    assert held[0].begun.wait(20)
    jobs.close()
    assert {jobs.read(id)["error"] for id in ids} == {"interrupted"}
    with pytest.raises(EngineError, match="shutting down"):
        jobs.start("copy", Held())


def test_the_last_ones_are_kept(open_jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(jobstore, "MAX_JOBS", 3)
    monkeypatch.setattr(jobstore, "_MAX_LINES", 10)
    path = tmp_path / "jobs.jsonl"
    jobs, ids = open_jobs(path), []
    for _ in range(8):
        ids.append(str(jobs.start("copy", lambda job: {})["id"]))
        jobs.finish(ids[-1], 20)
    assert [job["id"] for job in jobs.list()] == ids[:-4:-1]
    assert len(path.read_text().splitlines()) <= 11
    old = {**jobs.read(ids[-1]), "id": "old", "created_at": "2020-01-01 00:00:00.000000"}
    path.write_text(json.dumps(old) + "\n")
    assert open_jobs(path).list() == []


def test_too_many_that_wait(open_jobs, monkeypatch):
    monkeypatch.setattr(jobstore, "MAX_WAITING", 1)
    jobs = open_jobs()
    held = [Held() for _ in range(jobstore.THREADS)]
    for each in held:
        jobs.start("copy", each)
        assert each.begun.wait(20)
    jobs.start("copy", held[0])
    with pytest.raises(EngineError, match="1 jobs wait already"):
        jobs.start("copy", held[0])
