"""The queue: nobody takes what another has, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mien.web.folders import Folders
from mien.web.jobs import ATTEMPTS, Jobs
from mien.web.tables import Status


def test_no_job_is_taken_twice(queue, put, tmp_path):
    waiting = [put(f"{number}.mp4") for number in range(24)]

    def take_all(name: str) -> list[str]:
        own = Jobs(Folders(tmp_path).database)  # as another process has it
        taken = []
        while (job := own.take(name)) is not None:
            taken.append(job.id)
        own.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take_all, "abcd"))
    assert sorted(job for ids in taken for job in ids) == sorted(waiting)
    for ids in taken:
        assert ids == sorted(ids)  # the longest wait first


def test_only_the_worker_that_has_a_job_changes_it(queue, put):
    job = put("a.mp4")
    queue.take("one")
    assert not queue.note(job, "two", done=5)
    assert not queue.finish(job, "two") and not queue.fail(job, "two", "no", "no")
    assert queue.note(job, "one", done=5)
    found = queue.get(job)
    assert (found.done, found.status) == (5, Status.RUNNING)


def test_what_ran_when_the_server_ended_waits_again(queue, put, tmp_path):
    folders = Folders(tmp_path)
    done, running, cancelled, waiting = (put(f"{k}.mp4") for k in range(4))
    finished = queue.take("w")
    folders.run(finished).mkdir(parents=True)
    queue.finish(done, "w")
    half = folders.run(queue.take("w"))
    half.mkdir(parents=True)
    (half / ".result.mp4.1-2.part").write_text("half")
    queue.take("w")
    queue.ask_to_cancel(cancelled)
    arriving = folders.upload(finished.project_id)
    arriving.write_text("half")

    queue.resume()
    folders.tidy([finished.project_id], queue.listing())
    statuses = [queue.get(job).status for job in (done, running, cancelled, waiting)]
    assert statuses == [Status.DONE, Status.QUEUED, Status.CANCELLED, Status.QUEUED]
    assert folders.run(finished).is_dir() and not half.exists() and not arriving.exists()
    assert folders.original(queue.get(running)).is_file()
    assert queue.take("w").id == running  # still before what came later


def test_a_job_whose_workers_die_is_tried_again_and_then_fails(queue, put):
    job = put("a.mp4")
    for attempt in range(ATTEMPTS):
        assert queue.take(f"w{attempt}").id == job
        assert [found.id for found in queue.reap(f"w{attempt}")] == [job]
    found = queue.get(job)
    assert found.status == Status.FAILED and found.code == "stopped_twice"
    assert found.error.endswith("try again.") and queue.take("w") is None


def test_a_server_that_ends_is_not_the_job_s_fault(queue, put):
    job = put("a.mp4")
    for _ in range(ATTEMPTS + 1):
        queue.take("w")
        queue.reap("w", count=False)
    found = queue.get(job)
    assert (found.status, found.attempts) == (Status.QUEUED, 0)


def test_a_job_that_is_to_be_cancelled_is_not_finished(queue, put):
    job = put("a.mp4")
    queue.take("w")
    queue.ask_to_cancel(job)
    assert not queue.note(job, "w", done=1) and not queue.finish(job, "w")
    assert queue.cancelled(job, "w")
    assert queue.get(job).status == Status.CANCELLED


def test_a_worker_that_dies_while_it_cancels_is_not_tried_again(queue, put):
    job = put("a.mp4")
    queue.take("w")
    queue.ask_to_cancel(job)
    queue.reap("w")
    assert queue.get(job).status == Status.CANCELLED
