"""The queue has an end for every kind of job, and says so in one sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mien.web
from mien.web.queue.capacity import MOST, Capacity, QueueFull
from mien.web.queue.folders import Folders
from mien.web.queue.jobs import LATER
from mien.web.queue.probing import Upload
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Kind, Status

WORDS = Path(mien.web.__file__).parent / "pages" / "words.js"


@pytest.fixture
def small(tmp_path, queue):
    """The same queue, with room for three of each kind."""
    return Store(Folders(tmp_path).database, capacity=Capacity(dict.fromkeys(Kind, 3)))


def add(store, kind, id, wanted=None, **columns):
    """The job that was queued; of a clip, the one that makes its result."""
    project = store.projects.all()[0].id
    if kind == Kind.DEIDENTIFY:
        clip = Clip(id=id, project_id=project, name="a", after="ask", size=1)
        return store.clips.add(clip, wanted or {}).job
    columns = {"project_id": project, "name": "a", "clips": [], "wanted": {}, **columns}
    return store.jobs.add(kind, id=id, **columns)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_an_end_of_its_own(small, kind):
    for number in range(3):
        add(small, kind, f"{number}")
    with pytest.raises(QueueFull, match="wait until some are done, or cancel some") as full:
        add(small, kind, "more")
    assert str(full.value).startswith("3 ") and str(full.value).count(". ") == 0
    with pytest.raises(QueueFull):
        small.jobs.check_room(kind)
    assert small.jobs.get("more") is None and small.jobs.waiting() == 3
    for other in set(Kind) - {kind}:
        small.jobs.check_room(other)
        add(small, other, f"{other}")
    small.jobs.ask_to_cancel("1")
    assert add(small, kind, "more").status == Status.QUEUED


def test_what_is_worked_on_counts_and_what_is_over_does_not(small):
    for number in range(3):
        add(small, Kind.RELEASE, f"{number}")
    assert small.held.take("w").id == "0"
    with pytest.raises(QueueFull):
        add(small, Kind.RELEASE, "more")
    assert small.held.finish("0", "w")
    add(small, Kind.RELEASE, "more")


def test_of_many_who_ask_at_once_no_more_get_in(small):
    def ask(number):
        try:
            return add(small, Kind.ENCOUNTER, f"{number}").id
        except QueueFull:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [id for id in pool.map(ask, range(24)) if id is not None]
    assert len(taken) == small.jobs.waiting() == 3


def test_trying_again_needs_room_too(small):
    for number in range(3):
        add(small, Kind.DEIDENTIFY, f"{number}")
    small.jobs.ask_to_cancel("0")
    add(small, Kind.DEIDENTIFY, "3")
    with pytest.raises(QueueFull):
        small.jobs.again("0")
    assert small.jobs.get("0").status == Status.CANCELLED and not small.jobs.again("1")
    small.jobs.ask_to_cancel("1")
    assert small.jobs.again("0") and small.jobs.get("0").status == Status.QUEUED


def test_what_follows_a_clip_unasked_is_never_refused(small):
    for number in range(3):
        add(small, Kind.EVALUATE, f"{number}", urgency=LATER)
    add(small, Kind.DEIDENTIFY, "clip", {"measure": "generic"})
    assert small.held.take("w").id == "clip" and small.held.finish("clip", "w")
    (measuring,) = small.jobs.of_clip("clip", Kind.EVALUATE)
    assert measuring.status == Status.QUEUED


def test_a_busy_day_fits():
    assert set(MOST) == set(Kind)
    assert MOST[Kind.DEIDENTIFY] >= 20 + 60 * 5 and MOST[Kind.EVALUATE] >= MOST[Kind.DEIDENTIFY]
    assert MOST[Kind.ENCOUNTER] >= 60 and MOST[Kind.RELEASE] >= 20


def test_the_pages_are_told(make_application):
    room = dict(MOST)
    application = make_application(capacity=Capacity(room))
    browser = application.client()
    browser.get("/enter", params={"token": application.access.token})
    clips = []
    for name in "ab":
        sent = browser.post("/api/clips", params={"name": name}, content=b"video")
        clips.append(sent.json()["id"])
        application.store.held.take("w")
        made = {"frames": 3, "ledger": {}, "surrogates": [], "renderings": 1}
        application.store.held.finish(clips[-1], "w", made)
    failed = browser.post("/api/clips", params={"name": "c"}, content=b"video").json()["id"]
    assert browser.post(f"/api/clips/{failed}/cancel").status_code == 200
    before = application.files()
    room.update(dict.fromkeys(Kind, 0))
    for path, sent in (
        ("/api/clips?name=d", {"content": b"video"}),
        (f"/api/clips/{failed}/again", {}),
        ("/api/encounters", {"json": {"doctor": clips[0], "patient": clips[1]}}),
        (f"/api/clips/{clips[0]}/evaluate", {"json": {}}),
    ):
        answer = browser.post(path, **sent)
        assert (answer.status_code, answer.json()["code"]) == (429, "queue_full"), path
    assert application.files() == before and browser.get("/api/works").json() == []
    room.update(MOST)
    assert browser.post("/api/clips?name=d", content=b"video").status_code == 201


def test_an_upload_that_comes_too_late_leaves_nothing(make_application):
    room = dict(MOST)

    def slow_look(path):  # there was room before
        room.update(dict.fromkeys(Kind, 0))
        return Upload(320, 240, 10, 1.0)

    application = make_application(looker=slow_look, capacity=Capacity(room))
    browser = application.client()
    browser.get("/enter", params={"token": application.access.token})
    answer = browser.post("/api/clips", params={"name": "a"}, content=b"video")
    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    assert application.files() == []


def test_projects_have_an_end(make_application):
    application = make_application(capacity=Capacity(projects=2))
    browser = application.client()
    browser.get("/enter", params={"token": application.access.token})
    assert browser.post("/api/projects", params={"name": "a"}).status_code == 201
    answer = browser.post("/api/projects", params={"name": "b"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_projects")


def test_it_is_said_in_german_too():
    words = WORDS.read_text()
    for code in ("queue_full", "too_many_projects"):
        assert f"      {code}: " in words
    chosen = (WORDS.parent / "deidentify-chosen.js").read_text()
    assert '"queue_full"' in chosen  # such a video can be sent again
