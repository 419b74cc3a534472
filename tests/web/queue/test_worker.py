"""A worker in this process, and processes that die, hang and de-identify."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

import av
import cv2
import numpy as np
import pytest
from renderings import quick

from mien.errors import NoFaceError, VideoError
from mien.video import Reader, probe
from mien.web.http.serving import Serving
from mien.web.queue import worker
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, PREVIEW, RESULT, Folders
from mien.web.queue.held import HeldJobs
from mien.web.queue.log import Log
from mien.web.queue.probing import look
from mien.web.queue.supervisor import Pace, Supervisor
from mien.web.queue.tables import Job, Kind, Status
from mien.web.queue.worker import Meter, Worker

_IMPORTED = os.pathsep.join(str(Path(__file__).parents[up]) for up in (1, 2))
"""Where a worker finds renderings, and what they import."""


@pytest.fixture
def work(queue, tmp_path):
    """Lets a worker do one job."""
    return lambda render: Worker(Folders(tmp_path), queue, "w", render).step()


@pytest.fixture
def supervise(queue, tmp_path, monkeypatch):
    """Runs real worker processes until a job is as expected; returns the job."""
    monkeypatch.setenv("PYTHONPATH", _IMPORTED)

    def run(render: str, job: str, *conditions, slowest_s: float = 30.0) -> Job:
        workers = Supervisor(
            Folders(tmp_path),
            queue,
            Serving(tmp_path, workers=1, work=render),
            Pace(patience_s=0.2, slowest_s=slowest_s),
        )
        workers.start()
        pause, end = Event(), time.monotonic() + 120
        try:
            for condition in conditions:
                while not condition(found := queue.jobs.get(job)):
                    assert time.monotonic() < end, (found.status, found.error)
                    pause.wait(0.05)
        finally:
            workers.stop()
        return queue.jobs.get(job)

    return run


def over(job: Job) -> bool:
    return Status(job.status).over


def left(tmp_path: Path) -> list[str]:
    """Files of attempts."""
    return sorted(p.name for p in tmp_path.glob("projects/*/runs/**/*") if p.is_file())


def test_a_worker_makes_a_result(queue, put, work, tmp_path):
    job = put("a.mp4")
    assert work(quick) and not work(quick)
    found = queue.jobs.get(job)
    assert (found.status, found.error, found.worker) == (Status.DONE, None, None)
    assert (Folders(tmp_path).run(found) / RESULT).read_text() == "a.mp4"


def test_a_failure_is_a_sentence_that_names_the_clip(queue, put, work, tmp_path):
    job = put("visit.mp4")

    def render(task, progress):
        (task.folder / RESULT).write_text("half")
        raise NoFaceError(f"{task.clips[0].original}: no face\nwas found.")

    work(render)
    found = queue.jobs.get(job)
    assert (found.status, found.code) == (Status.FAILED, "no-face")
    assert found.error == "visit.mp4: no face was found."
    assert left(tmp_path) == [] and Folders(tmp_path).original(found).is_file()


def test_a_failure_calls_a_result_as_its_clip_is_called(queue, put, work, tmp_path):
    clip = put("visit.mp4")
    work(quick)
    job = queue.jobs.add(
        Kind.EVALUATE,
        id="m",
        project_id=queue.projects.all()[0].id,
        name="visit.mp4",
        clips=[clip],
        wanted={},
    )

    def measure(task, progress):
        raise VideoError(f"{task.clips[0].folder / RESULT} is damaged: make it again.")

    work(measure)
    assert queue.jobs.get(job.id).error == "visit.mp4 is damaged: make it again."


def test_a_failure_blames_the_right_one_of_two_clips_and_tells_no_places(
    queue, put, work, tmp_path
):
    clips = [put("first.mp4"), put("second.mp4")]
    work(quick), work(quick)
    project = queue.projects.all()[0].id
    queue.jobs.add(Kind.RELEASE, id="r", project_id=project, name="r", clips=clips, wanted={})

    def pack(task, progress):
        folder = task.clips[1].folder
        raise VideoError(
            f"{folder / RESULT} is damaged, {folder / MANIFEST} is none, {task.folder / 'a.zip'} "
            f"and {task.clips[0].original} as well: make them again."
        )

    work(pack)
    assert queue.jobs.get("r").error == (
        "second.mp4 is damaged, result.json is none, a.zip and first.mp4 as well: make them again."
    )


def test_what_is_written_on_the_way_lies_in_the_folder_of_the_run(queue, put, work, tmp_path):
    put("a.mp4")
    places = []

    def render(task, progress):
        with tempfile.TemporaryDirectory() as place:
            places.append(Path(place).parent == task.folder)
        return quick(task, progress)

    work(render)
    assert places == [True] and Path(tempfile.gettempdir()) != tmp_path


def test_a_worker_that_cannot_start_is_said(queue, put, supervise, tmp_path):
    job = put("a.mp4")
    found = supervise("nothing_here:do", job, over, slowest_s=0.0)
    assert (found.status, found.code) == (Status.FAILED, "no_worker")
    log = Folders(tmp_path).log.read_text()
    assert "No module named 'nothing_here'" in log[log.index(number_in(found.error)) :]


def test_what_nobody_expected_is_a_sentence_too(queue, put, work):
    job = put("a.mp4")
    work(lambda task, progress: [][1])
    found = queue.jobs.get(job)
    assert found.code == "unexpected" and "IndexError" in found.error
    assert "list index" not in found.error


def number_in(sentence: str | None) -> str:
    """Of the entry in the log that a sentence leads to."""
    found = re.search(
        r"\(note the number (\w{4}): the log mien\.log in the data folder", sentence or ""
    )
    assert found is not None, sentence
    return found[1]


def test_what_nobody_expected_is_in_the_log_in_full(queue, put, work, tmp_path):
    job = put("a.mp4")
    work(lambda task, progress: [][1])
    entry = Folders(tmp_path).log.read_text()
    assert entry.startswith(f"{number_in(queue.jobs.get(job).error)} ")
    assert "Traceback" in entry and "list index out of range" in entry and "deidentify" in entry


def test_a_log_that_cannot_be_written_stops_nothing(queue, put, work, tmp_path):
    Folders(tmp_path).log.mkdir()
    job = put("a.mp4")
    work(lambda task, progress: [][1])
    found = queue.jobs.get(job)
    assert found.code == "unexpected" and "number" not in found.error


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
@pytest.mark.parametrize(
    ("render", "traces"),
    [
        ("dying", ["ended by signal 9"]),
        ("crashing", ["ended by signal 11", "Segmentation fault", "string_at"]),
        ("leaving", ["ended with status 1", "the end of it"]),
    ],
)
def test_a_worker_that_dies_leaves_a_trace(queue, put, supervise, tmp_path, render, traces):
    job = put("a.mp4")
    found = supervise(f"renderings:{render}", job, over)
    assert found.code == "stopped_twice"
    log = Folders(tmp_path).log.read_text()
    last = log[log.index(number_in(found.error)) :]
    assert all(trace in last for trace in traces), log


def test_progress_is_written_down_and_cancelling_is_honoured(queue, put, work, tmp_path):
    job = put("a.mp4")
    seen = []

    def render(task, progress):
        (task.folder / RESULT).write_text("half")
        done = 0
        while True:  # until the worker says stop
            done += 1
            progress("measuring", done, None)
            now = queue.jobs.get(job)
            if now.done > 1 and not now.cancel_asked:
                seen.append((now.stage, now.done, now.beat))
                queue.jobs.ask_to_cancel(job)

    work(render)
    assert seen[0][0] == "measuring" and seen[0][2] is not None
    assert queue.jobs.get(job).status == Status.CANCELLED and left(tmp_path) == []


def test_a_result_that_comes_after_cancelling_is_dropped(queue, put, work, tmp_path):
    job = put("a.mp4")

    def render(task, progress):
        quick(task, progress)
        queue.jobs.ask_to_cancel(job)

    work(render)
    assert queue.jobs.get(job).status == Status.CANCELLED and left(tmp_path) == []


def test_speed_and_time_left_are_of_the_stage():
    now = [0.0]
    meter = Meter(lambda: now[0])
    assert meter.read()["fps"] is None
    for frame in range(11):
        now[0] = frame * 0.1
        meter("measuring", frame, 20)
    assert meter.read()["fps"] == pytest.approx(10)
    assert meter.read()["seconds_left"] == pytest.approx(1 + 2)  # and as long again for drawing
    for frame in range(11):
        now[0] += 0.2
        meter("rendering", frame, 20)
    assert meter.read()["fps"] == pytest.approx(5)
    assert meter.read()["seconds_left"] == pytest.approx(2)


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
def test_a_worker_that_is_killed_leaves_no_half_file(queue, put, supervise, tmp_path):
    job = put("a.mp4")
    found = supervise("renderings:dying", job, over)
    assert (found.status, found.code, found.attempts) == (Status.FAILED, "stopped_twice", 2)
    assert left(tmp_path) == []


def test_a_worker_that_does_not_listen_is_ended(queue, put, supervise, tmp_path):
    job = put("a.mp4")

    def runs(found: Job) -> bool:
        if found.status == Status.RUNNING and left(tmp_path):
            queue.jobs.ask_to_cancel(job)
            return True
        return False

    found = supervise("renderings:deaf", job, runs, over)
    assert found.status == Status.CANCELLED and left(tmp_path) == []


def test_a_server_that_ends_loses_no_job(queue, put, supervise, tmp_path):
    job = put("a.mp4", after="delete")
    found = supervise("renderings:deaf", job, lambda found: bool(left(tmp_path)))
    assert (found.status, found.attempts) == (Status.QUEUED, 0) and left(tmp_path) == []
    found = supervise("renderings:quick", job, lambda found: not queue.clips.get(job).original)
    assert found.status == Status.DONE
    assert left(tmp_path) == sorted([RESULT, MANIFEST, PREVIEW])
    assert not Folders(tmp_path).original(found).exists()


def test_a_worker_without_jobs_ends(queue, put, tmp_path):
    put("a.mp4")
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    worker.work(Worker(Folders(tmp_path), queue, "w", quick), lambda: now[0], sleep)
    assert queue.jobs.listing()[0].status == Status.DONE and now[0] > 60


def test_a_worker_process_is_there_only_for_a_job(queue, put, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", _IMPORTED)
    serving = Serving(tmp_path, workers=3, work="renderings:deaf")
    workers = Supervisor(Folders(tmp_path), queue, serving)
    try:
        workers._tick()
        assert workers.processes == []
        put("a.mp4"), put("b.mp4")
        workers._tick()
        assert len(workers.processes) == 2
        workers._tick()
        assert len(workers.processes) == 2
    finally:
        workers.start()
        workers.stop()


class Unreadable(HeldJobs):
    """A queue on a disk that fails as soon as it is looked at."""

    def __init__(self, held: HeldJobs) -> None:
        vars(self).update(vars(held))
        self.looks, self.looked = 0, Event()

    def cancels_overdue(self, seconds: float) -> set[str]:
        self.looks += 1
        if self.looks == 3:
            self.looked.set()
        raise OSError("a name of a patient")


def test_a_queue_that_cannot_be_read_is_said_once(queue, tmp_path, caplog):
    queue.held = held = Unreadable(queue.held)
    pace = Pace(look_s=0.0, trouble_s=0.0)
    workers = Supervisor(Folders(tmp_path), queue, Serving(tmp_path, workers=1), pace)
    workers.start()
    assert held.looked.wait(60)
    workers.stop()
    (said,) = caplog.messages
    assert "OSError" in said and "patient" not in said
    log = Folders(tmp_path).log.read_text()
    assert log.count("OSError: a name of a patient") == 1 and number_in(said) in log


_SERVER = """
import sys
from pathlib import Path
from mien.web.queue.folders import Folders
from mien.web.queue.store import Store
from mien.web.http.serving import Serving
from mien.web.queue.supervisor import Supervisor
folders = Folders(Path(sys.argv[1]))
serving = Serving(folders.data, workers=1, work="renderings:deaf")
workers = Supervisor(folders, Store(folders.database), serving)
workers.start()
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_a_server_that_is_killed_takes_its_workers_with_it(queue, put, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", _IMPORTED)
    put("a.mp4")
    server = subprocess.Popen([sys.executable, "-c", _SERVER, tmp_path], stdin=subprocess.PIPE)
    pause, end = Event(), time.monotonic() + 120

    def workers() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().decode().split("\0")
                if "mien.web.queue.worker" in words and str(tmp_path) in words:
                    found.append(process.name)
        return found

    try:
        while not left(tmp_path):
            assert server.poll() is None and time.monotonic() < end
            pause.wait(0.05)
        assert len(workers()) == 1
        server.kill()
        server.wait()
        while workers():
            assert time.monotonic() < end
            pause.wait(0.05)
    finally:
        server.kill()
        server.wait()
        server.stdin.close()
    queue.held.resume()
    assert [job.status for job in queue.jobs.listing()] == [Status.QUEUED]


def test_a_phantom_is_de_identified_by_a_worker_process(queue, put, supervise, brief, tmp_path):
    folders = Folders(tmp_path)
    job = put("phantom.mp4", brief.path, engine="mask", voice="mute", compare=True)
    beats = set()

    def watched(found: Job) -> bool:
        beats.add(found.beat)
        return over(found)

    found = supervise("mien.web.works.kinds:do", job, watched)
    assert (found.status, found.error) == (Status.DONE, None)
    assert len(beats - {None}) >= 2  # it was written down how far it is
    folder = folders.run(found)
    with Reader(brief.path) as before, Reader(folder / RESULT) as after:
        assert [frame.time for frame in after] == pytest.approx([frame.time for frame in before])
    assert json.loads((folder / MANIFEST).read_text())["settings"]["engine"] == "mask"
    with Reader(folder / RESULT) as reader:
        middle = [frame.image for frame in reader][queue.clips.get(job).frames // 2]
    shown = cv2.cvtColor(cv2.imread(str(folder / PREVIEW)), cv2.COLOR_BGR2RGB)
    assert shown.shape == middle.shape
    assert abs(shown.astype(float) - middle).mean() < 4
    with Reader(folder / RESULT) as reader:
        times = [frame.time for frame in reader]
    assert json.loads((folder / FRAMES).read_text())["times"] == pytest.approx(times, abs=1e-5)
    with Reader(folder / COMPARE) as beside:
        first = next(iter(beside)).image
    assert first.shape == (shown.shape[0], 2 * shown.shape[1], 3)
    assert left(tmp_path) == sorted([RESULT, MANIFEST, PREVIEW, FRAMES, COMPARE])


def test_an_upload_is_looked_at_in_a_process_of_its_own(brief, tmp_path):
    place = tmp_path / "0123"  # uploads have no ending
    place.write_bytes(brief.path.read_bytes())
    found, info = look(place), probe(brief.path)
    assert (found.width, found.height, found.frames) == (info.width, info.height, 8)
    place.write_text("no video at all")
    with pytest.raises(VideoError, match="0123"):
        look(place)


@pytest.mark.parametrize("ends", ["raise MemoryError", "os.abort()", "print('no answer')"])
def test_what_stops_the_look_at_an_upload_leaves_a_trace(tmp_path, monkeypatch, ends):
    module = tmp_path / "own" / "mien_stopped.py"
    module.parent.mkdir()
    module.write_text(f"import os, sys\nsys.stderr.write('last words')\n{ends}\n")
    monkeypatch.setenv("PYTHONPATH", str(module.parent))
    log = Log(tmp_path / "mien.log")
    with pytest.raises(VideoError, match=r"0123 cannot be read as a video.*number (\w{4})") as told:
        look(tmp_path / "0123", log, "mien_stopped")
    number = str(told.value).partition("number ")[2][:4]
    entry = (tmp_path / "mien.log").read_text()
    assert entry.startswith(f"{number} ") and "last words" in entry


def test_what_is_no_video_is_no_failure_of_the_program(tmp_path):
    place = tmp_path / "0123"
    place.write_text("no video at all")
    with pytest.raises(VideoError, match="0123") as told:
        look(place, Log(tmp_path / "mien.log"))
    assert "mien.log" not in str(told.value) and not (tmp_path / "mien.log").exists()


def test_an_upload_s_sound_is_looked_at_too(patient, tmp_path):
    place = tmp_path / "0123"
    with av.open(str(place), "w", format="avi") as clip:
        video = clip.add_stream("mjpeg", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuvj420p"
        sound = clip.add_stream("pcm_s16le", rate=8000, layout="hexadecagonal")
        for _ in range(3):
            clip.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        noise = np.zeros((1, 800 * 16), np.int16)  # more channels than an MP4 can hold
        frame = av.AudioFrame.from_ndarray(noise, layout="hexadecagonal")
        frame.sample_rate = 8000
        clip.mux(sound.encode(frame))
        clip.mux(video.encode(None))
    assert not look(place).sound_fits
    place.write_bytes(patient.path.read_bytes())
    assert look(place).sound_fits
