"""What is older than it may be goes, and nothing that is worked on."""

from __future__ import annotations

import pytest

from mien.web.http.serving import Serving
from mien.web.queue.folders import COMPARE, RESULT, Folders
from mien.web.queue.leaving import remove_clip
from mien.web.queue.retention import DAY_S, Keeper, Retention, came
from mien.web.queue.store import Store
from mien.web.queue.supervisor import Supervisor
from mien.web.queue.tables import Clip, Kind, Status

START = 1_000_000.0


class Hospital:
    """A store whose time tests set, and what was removed by itself."""

    def __init__(self, tmp_path, **days):
        self.now, self.noted = START, []
        self.folders = Folders(tmp_path)
        self.folders.make()
        self.store = Store(self.folders.database, clock=lambda: self.now)
        self.store.create()
        self.project = self.store.projects.first("Clips").id
        self.folders.open_project(self.project)
        self.keeper = Keeper(
            self.folders, self.store, Retention(**days), lambda *said: self.noted.append(said)
        )

    def clip(self, status=Status.DONE, **columns):
        new = Clip(
            id=f"{len(self.store.jobs.listing()):032x}",
            **{"project_id": self.project, "name": "a.mp4", "after": "ask", "size": 1, **columns},
        )
        self.store.clips.add(new, {"engine": "mask"}, 0, held=status == Status.HELD)
        self.folders.original(new).write_bytes(b"video")
        self.folders.portrait(new).write_bytes(b"picture")
        if status not in (Status.QUEUED, Status.HELD):
            self.store.held.take("w")
        if status == Status.DONE:
            self.store.held.finish(new.id, "w", {})
            made = self.store.clips.get(new.id)
            self.folders.run(made).mkdir(parents=True)
            for name in (RESULT, COMPARE):
                (self.folders.run(made) / name).write_bytes(b"video")
        elif status == Status.FAILED:
            self.store.held.fail(new.id, "w", "no", "unexpected")
        return self.store.clips.get(new.id)

    def job(self, kind, clip):
        return self.store.jobs.add(
            kind,
            **{"id": f"{len(self.store.jobs.listing()):032x}", "project_id": self.project},
            **{"name": "job", "clips": [clip.id], "wanted": {}},
        )

    def after(self, days):
        """What went, and what did not, when so many days have passed."""
        self.now = START + days * DAY_S
        self.keeper.step()
        for gone in self.store.clips.leaving():  # as the part that starts workers does
            remove_clip(self.folders, self.store, gone)
        return [(what, thing) for what, thing, _ in self.noted]


@pytest.fixture
def make(tmp_path):
    return lambda **days: Hospital(tmp_path, **days)


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.HELD])
def test_an_original_goes_with_all_that_shows_it(make, status):
    hospital = make(originals_days=30)
    clip = hospital.clip(status)
    looked = hospital.job(Kind.PEOPLE, clip)
    hospital.store.held.take("w")
    hospital.store.held.finish(looked.id, "w", {})
    assert hospital.after(29.9) == []
    assert hospital.folders.original(clip).exists()
    assert hospital.after(30.1) == [("original removed", clip.id)]
    assert not hospital.folders.original(clip).exists()
    assert not hospital.folders.portrait(clip).exists()
    left = hospital.store.clips.get(clip.id)
    assert left is not None and not left.original
    if status == Status.DONE:
        assert (hospital.folders.run(left) / RESULT).exists()
        assert not (hospital.folders.run(left) / COMPARE).exists()
    assert hospital.store.jobs.get(looked.id) is None
    assert hospital.after(60) == [("original removed", clip.id)]  # once


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_what_is_worked_on_or_waits_stays(make, status):
    hospital = make(originals_days=1, results_days=1)
    clip = hospital.clip(status)
    assert hospital.after(100) == []
    assert hospital.folders.original(clip).exists()


@pytest.mark.parametrize("kind", [Kind.EVALUATE, Kind.COVER, Kind.ENCOUNTER, Kind.RELEASE])
@pytest.mark.parametrize("runs", [False, True])
def test_what_something_is_still_to_read_stays(make, kind, runs):
    hospital = make(originals_days=1, results_days=1)
    clip = hospital.clip()
    reader = hospital.job(kind, clip)
    if runs:
        hospital.store.held.take("w")
    assert hospital.after(100) == []
    assert hospital.folders.original(clip).exists()
    if not runs:
        hospital.store.held.take("w")
    hospital.store.held.finish(reader.id, "w", {})
    assert ("original removed", clip.id) in hospital.after(100.01)


def test_nothing_goes_that_is_begun_between_the_look_and_the_removal(make):
    hospital = make(originals_days=1)
    clip = hospital.clip()
    found = hospital.store.clips.originals_before

    def looked(moment):
        due = found(moment)
        hospital.job(Kind.EVALUATE, clip)
        return due

    hospital.store.clips.originals_before = looked
    assert hospital.after(2) == []
    assert hospital.folders.original(clip).exists()
    assert hospital.store.clips.get(clip.id).original


def test_what_is_made_once_more_is_as_old_as_its_original(make):
    hospital = make(originals_days=10)
    hospital.now = START + 9 * DAY_S
    clip = hospital.clip(came=START)
    assert came(clip) == START
    assert hospital.after(10.5) == [("original removed", clip.id)]


def test_an_original_that_cannot_go_is_tried_again(make, monkeypatch):
    hospital = make(originals_days=1)
    clip = hospital.clip()
    with monkeypatch.context() as patch:

        def full(self, clip):
            raise OSError

        patch.setattr(Folders, "forget_original", full)
        assert hospital.after(2) == []
        assert hospital.store.clips.get(clip.id).original
    assert hospital.after(2.01) == [("original removed", clip.id)]


class Killed(BaseException):
    """As a server ends that is killed: nothing after it is done."""


@pytest.fixture
def started(tmp_path):
    """Starts a server's queue anew in the folder, and ends it."""

    def start(hospital):
        supervisor = Supervisor(hospital.folders, hospital.store, Serving(data=tmp_path))
        supervisor._keeper.step = lambda: None  # only what is done at the start
        supervisor.start()
        supervisor.stop()

    return start


@pytest.mark.parametrize("at", ["forget_original", "forget_portrait", "forget"])
def test_a_server_that_is_killed_while_an_original_goes_goes_on_at_the_next_start(
    make, started, monkeypatch, at
):
    hospital = make(originals_days=1)
    clip, other = hospital.clip(), hospital.clip(came=START + 10 * DAY_S)
    looked = hospital.job(Kind.PEOPLE, clip)
    hospital.store.held.take("w")
    hospital.store.held.finish(looked.id, "w", {})
    pictures = hospital.folders.run(hospital.store.jobs.get(looked.id))
    pictures.mkdir(parents=True)
    (pictures / "person-1.jpg").write_bytes(b"the patient")
    with monkeypatch.context() as patch:
        patch.setattr(Folders, at, lambda *given: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            hospital.after(2)
    started(hospital)
    shows = (hospital.folders.original(clip), hospital.folders.portrait(clip), pictures,
             hospital.folders.run(clip) / COMPARE)  # fmt: skip
    assert [path for path in shows if path.exists()] == []
    assert hospital.store.jobs.get(looked.id) is None
    assert (hospital.folders.run(clip) / RESULT).exists()
    assert hospital.folders.original(other).exists()
    assert hospital.folders.portrait(other).exists()


@pytest.mark.parametrize("at", ["forget_clip", "forget"])
def test_a_server_that_is_killed_while_a_clip_goes_goes_on_at_the_next_start(
    make, started, monkeypatch, at
):
    hospital = make(results_days=1)
    clip = hospital.clip()
    looked = hospital.job(Kind.PEOPLE, clip)
    hospital.store.held.take("w")
    hospital.store.held.finish(looked.id, "w", {})
    pictures = hospital.folders.run(hospital.store.jobs.get(looked.id))
    pictures.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(Folders, at, lambda *given: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            hospital.after(2)
    started(hospital)
    assert not hospital.folders.original(clip).exists() and not pictures.exists()
    assert not hospital.folders.runs(clip).exists()
    assert hospital.store.jobs.listing() == []


def test_results_go_some_days_after_the_last_that_was_made_of_them(make):
    hospital = make(results_days=10)
    clip = hospital.clip()
    hospital.now = START + 5 * DAY_S
    measured = hospital.job(Kind.EVALUATE, clip)
    hospital.store.held.take("w")
    hospital.store.held.finish(measured.id, "w", {})
    assert hospital.after(14.9) == []
    assert hospital.after(15.1) == [("clip removed", clip.id)]
    assert hospital.store.clips.get(clip.id) is None
    assert [path for path in (hospital.folders.project(hospital.project)).rglob("*.mp4")] == []


def test_encounters_and_releases_go_too(make):
    hospital = make(results_days=10)
    clip = hospital.clip()
    jobs = [hospital.job(kind, clip) for kind in (Kind.ENCOUNTER, Kind.RELEASE)]
    for job in jobs:
        hospital.store.held.take("w")
        hospital.store.held.finish(job.id, "w", {})
    assert hospital.after(9) == []
    gone = hospital.after(11)
    assert {thing for _, thing in gone} == {clip.id, *(job.id for job in jobs)}


def test_without_days_everything_stays(make):
    hospital = make()
    hospital.clip()
    assert hospital.after(10_000) == []


def test_it_is_looked_once_a_minute(make):
    hospital = make(originals_days=1)
    hospital.clip()
    hospital.keeper.step()
    asked = []
    hospital.store.clips.originals_before = lambda moment: asked.append(moment) or []
    for second in range(0, 300, 10):
        hospital.now = START + second
        hospital.keeper.step()
    assert len(asked) == 4
