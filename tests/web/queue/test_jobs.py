"""The queue: nobody takes what another has, and nothing is lost."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from mien.errors import OutputError
from mien.web.queue.folders import COMPARE, RESULT, Folders
from mien.web.queue.held import ATTEMPTS
from mien.web.queue.jobs import LATER
from mien.web.queue.store import Store
from mien.web.queue.tables import Kind, Status


def finished(queue, put, tmp_path, name="a.mp4", **wanted):
    """A clip with a result."""
    clip = put(name, **wanted)
    folder = Folders(tmp_path).run(queue.held.take("w"))
    folder.mkdir(parents=True)
    for file in (RESULT, COMPARE):
        (folder / file).write_text(file)
    assert queue.held.finish(clip, "w")
    return clip


def order(queue, kind, *clips, **values):
    """Queue a job that reads clips."""
    return queue.jobs.add(
        kind,
        id=f"{kind}-{len(queue.jobs.listing())}",
        project_id=queue.projects.all()[0].id,
        name="a",
        clips=list(clips),
        wanted={},
        **values,
    ).id


def test_no_job_is_taken_twice(queue, put, tmp_path):
    waiting = [put(f"{number}.mp4") for number in range(24)]

    def take_all(name: str) -> list[str]:
        own = Store(Folders(tmp_path).database)  # as another process has it
        taken = []
        while (job := own.held.take(name)) is not None:
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
    queue.held.take("one")
    assert not queue.held.note(job, "two", done=5)
    assert not queue.held.finish(job, "two") and not queue.held.fail(job, "two", "no", "no")
    assert queue.held.note(job, "one", done=5)
    found = queue.jobs.get(job)
    assert (found.done, found.status) == (5, Status.RUNNING)


def test_what_ran_when_the_server_ended_waits_again(queue, put, tmp_path):
    folders = Folders(tmp_path)
    done, running, cancelled, waiting = (put(f"{k}.mp4") for k in range(4))
    finished = queue.held.take("w")
    folders.run(finished).mkdir(parents=True)
    queue.held.finish(done, "w")
    half = folders.run(queue.held.take("w"))
    half.mkdir(parents=True)
    (half / ".result.mp4.1-2.part").write_text("half")
    queue.held.take("w")
    queue.jobs.ask_to_cancel(cancelled)
    arriving = folders.upload(finished.project_id)
    arriving.write_text("half")

    queue.held.resume()
    folders.tidy([finished.project_id], queue.results())
    statuses = [queue.jobs.get(job).status for job in (done, running, cancelled, waiting)]
    assert statuses == [Status.DONE, Status.QUEUED, Status.CANCELLED, Status.QUEUED]
    assert folders.run(finished).is_dir() and not half.exists() and not arriving.exists()
    assert folders.original(queue.clips.get(running)).is_file()
    assert queue.held.take("w").id == running  # still before what came later


def test_a_job_whose_workers_die_is_tried_again_and_then_fails(queue, put):
    job = put("a.mp4")
    for attempt in range(ATTEMPTS):
        assert queue.held.take(f"w{attempt}").id == job
        assert [found.id for found in queue.held.reap(f"w{attempt}")] == [job]
    found = queue.jobs.get(job)
    assert found.status == Status.FAILED and found.code == "stopped_twice"
    assert found.error.endswith("try again.") and queue.held.take("w") is None


def test_a_server_that_ends_is_not_the_job_s_fault(queue, put):
    job = put("a.mp4")
    for _ in range(ATTEMPTS + 1):
        queue.held.take("w")
        queue.held.reap("w", count=False)
    found = queue.jobs.get(job)
    assert (found.status, found.attempts) == (Status.QUEUED, 0)


def test_a_job_that_is_to_be_cancelled_is_not_finished(queue, put):
    job = put("a.mp4")
    queue.held.take("w")
    queue.jobs.ask_to_cancel(job)
    assert not queue.held.note(job, "w", done=1) and not queue.held.finish(job, "w")
    assert queue.held.cancelled(job, "w")
    assert queue.jobs.get(job).status == Status.CANCELLED


def test_a_worker_that_dies_while_it_cancels_is_not_tried_again(queue, put):
    job = put("a.mp4")
    queue.held.take("w")
    queue.jobs.ask_to_cancel(job)
    queue.held.reap("w")
    assert queue.jobs.get(job).status == Status.CANCELLED


def test_somebody_s_question_comes_before_clips_and_what_follows_them(queue, put, tmp_path):
    clip = finished(queue, put, tmp_path)
    later = order(queue, Kind.EVALUATE, clip, urgency=LATER)
    usual = put("b.mp4")
    urgent = order(queue, Kind.RELEASE, clip)
    assert [queue.held.take("w").id for _ in range(3)] == [urgent, usual, later]


def test_a_result_does_not_change_while_it_is_read(queue, put, tmp_path):
    clip = finished(queue, put, tmp_path)
    reading = order(queue, Kind.EVALUATE, clip)
    assert queue.held.take("one").id == reading
    covering = order(queue, Kind.COVER, clip)
    other = put("b.mp4")
    assert queue.held.take("two").id == other  # the cover waits for the reader
    assert queue.held.finish(reading, "one")
    assert queue.held.take("one").id == covering
    order(queue, Kind.EVALUATE, clip)
    assert queue.held.take("three") is None  # and the reader for the cover


def test_a_cover_takes_the_result_s_place(queue, put, tmp_path):
    folders = Folders(tmp_path)
    clip = finished(queue, put, tmp_path)
    before = folders.run(queue.clips.get(clip))
    order(queue, Kind.COVER, clip)
    job = queue.held.take("w")
    folders.run(job).mkdir(parents=True)
    (folders.run(job) / RESULT).write_text("covered")
    assert queue.held.finish(job.id, "w", {"ledger": {"covered": 3}})
    assert queue.clips.get(clip).found["ledger"] == {"covered": 3}
    now = folders.run(queue.clips.get(clip))
    assert (now / RESULT).read_text() == "covered" and now.parent == before.parent
    folders.tidy([job.project_id], queue.results())
    assert now.is_dir() and not before.exists()


def test_a_cover_that_fails_leaves_the_result(queue, put, tmp_path):
    folders = Folders(tmp_path)
    clip = finished(queue, put, tmp_path)
    before = folders.run(queue.clips.get(clip))
    job = order(queue, Kind.COVER, clip)
    queue.held.take("w")
    assert queue.held.fail(job, "w", "It did not work: try again.", "unreadable-video")
    folders.tidy([queue.clips.get(clip).project_id], queue.results())
    assert folders.run(queue.clips.get(clip)) == before and before.is_dir()


def test_a_clip_is_measured_before_its_original_goes(queue, put, tmp_path):
    clip = finished(queue, put, tmp_path, after="delete", measure="parkinson")
    (measuring,) = queue.jobs.of_clip(clip, Kind.EVALUATE)
    assert (measuring.wanted, measuring.urgency) == (
        {"profile": "parkinson", "language": "en"},
        LATER,
    )
    assert queue.jobs.needed() == {clip} and not queue.clips.originals_due()
    assert queue.held.take("w").id == measuring.id and queue.held.finish(
        measuring.id, "w", {"passed": True}
    )
    assert [due.id for due in queue.clips.originals_due()] == [clip]
    assert queue.jobs.get(measuring.id).found == {"passed": True}


def test_a_comparison_goes_with_the_original(queue, put, tmp_path):
    folders = Folders(tmp_path)
    clip = queue.jobs.get(finished(queue, put, tmp_path))
    folders.forget_original(clip)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file() and "mien" not in p.name) == [
        RESULT
    ]


def test_what_failed_or_was_cancelled_can_be_tried_again(queue, put, tmp_path):
    first, second = put("a.mp4"), put("b.mp4")
    queue.held.take("w")
    queue.held.fail(first, "w", "No face.", "no-face")
    assert queue.jobs.again(first) and not queue.jobs.again(second)
    found = queue.jobs.get(first)
    assert (found.status, found.error, found.attempts) == (Status.QUEUED, None, 0)
    assert queue.held.take("w").id == second  # those that waited come first
    queue.jobs.ask_to_cancel(first)
    assert queue.jobs.again(first) and queue.held.take("v").id == first


def test_a_folder_of_another_version_is_refused_and_left_alone(tmp_path):
    Store(tmp_path / "new").create()
    Store(tmp_path / "new").create()
    with sqlite3.connect(tmp_path / "old") as old:
        old.execute("CREATE TABLE jobs (id TEXT)")
    with pytest.raises(OutputError, match="another version"):
        Store(tmp_path / "old").create()
    with sqlite3.connect(tmp_path / "old") as old:
        assert old.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]


def test_strange_things_in_the_folder_do_not_keep_the_server_from_starting(queue, put, tmp_path):
    folders = Folders(tmp_path)
    clip = queue.jobs.get(finished(queue, put, tmp_path))
    runs = folders.runs(clip)
    for place in (runs, runs.parent, folders.original(clip).parent):
        (place / ".DS_Store").write_text("as some systems leave them")
    (folders.upload(clip.project_id).parent / "folder").mkdir()
    folders.tidy([clip.project_id], queue.results())
    folders.tidy([clip.project_id], queue.results())
    assert (folders.run(clip) / RESULT).is_file() and folders.original(clip).is_file()


def test_the_name_of_a_clip_that_was_removed_is_nowhere(queue, put, tmp_path):
    clip = finished(queue, put, tmp_path, "Anna Muster.mp4")
    queue.jobs.add(
        Kind.ENCOUNTER,
        id="e",
        project_id=queue.projects.all()[0].id,
        name="Anna Muster.mp4 + b.mp4",
        clips=[clip],
        wanted={},
    )
    queue.held.take("w")
    assert queue.held.finish("e", "w")

    def stored() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("mien.sqlite3*"))

    assert b"Anna Muster" in stored()
    assert queue.clips.remove(clip) and queue.jobs.get("e").name == "… + b.mp4"
    queue.scrub()
    assert b"Anna Muster" not in stored()


def test_a_reader_does_not_keep_a_clip_from_being_removed(queue, put, tmp_path):
    clip = finished(queue, put, tmp_path, "Anna Muster.mp4")
    with sqlite3.connect(tmp_path / "mien.sqlite3") as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
        assert queue.clips.remove(clip)
        queue.scrub()
        assert b"Anna Muster" in (tmp_path / "mien.sqlite3-wal").read_bytes()
    reader.close()
    queue.scrub()  # as the server does again and again
    assert b"Anna Muster" not in (tmp_path / "mien.sqlite3-wal").read_bytes()
