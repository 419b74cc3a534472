"""How long the queue takes, from jobs whose times are known."""

from __future__ import annotations

import pytest

from mien.web.queue.estimate import estimate
from mien.web.queue.tables import Clip, Job


def clip(id: str, frames: int) -> Clip:
    return Clip(id=id, project_id="p", name=id, created=0.0, after="ask", size=1, frames=frames)


def job(clip: str, status: str, kind: str = "deidentify", **columns) -> Job:
    wanted = columns.pop("wanted", {"engine": "mesh"} if kind == "deidentify" else {})
    return Job(id=f"{clip}{kind}", kind=kind, status=status, clips=[clip], wanted=wanted, **columns)


CLIPS = [clip("a", 100), clip("b", 300), clip("c", 50)]
DONE = job("a", "done", started=0.0, finished=50.0)  # half a second for a frame


def test_frames_take_as_long_as_the_last_ones_did():
    jobs = [DONE, job("b", "queued"), job("c", "queued")]
    assert estimate(jobs, CLIPS, 1, 60.0).seconds == pytest.approx(175.0)
    # two at once are done when the longest is
    assert estimate(jobs, CLIPS, 2, 60.0).seconds == pytest.approx(150.0)


def test_what_runs_counts_with_what_is_left_of_it():
    jobs = [DONE, job("b", "running", started=60.0), job("c", "running", seconds_left=3.0)]
    assert estimate(jobs, CLIPS, 1, 160.0).seconds == pytest.approx(53.0)


def test_a_measurement_that_follows_counts():
    measured = job("a", "done", "evaluate", started=50.0, finished=150.0)
    wanted = {"engine": "mesh", "measure": "generic"}
    jobs = [DONE, measured, job("c", "queued", wanted=wanted)]
    assert estimate(jobs, CLIPS, 1, 200.0).seconds == pytest.approx(75.0)
    assert estimate([DONE, jobs[2]], CLIPS, 1, 200.0).seconds is None


def test_of_other_methods_nothing_is_known():
    jobs = [DONE, job("b", "queued", wanted={"engine": "mask"})]
    found = estimate(jobs, CLIPS, 1, 60.0)
    assert (found.jobs, found.seconds) == (1, None)


def test_an_empty_queue_takes_no_time():
    assert estimate([DONE], CLIPS, 1, 60.0).seconds == 0.0
