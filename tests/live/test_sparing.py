"""What is looked at in every second picture only, and what that costs: one picture at most."""

from __future__ import annotations

from threading import Event

import pytest
from calls import QUICK, TICK, Given, pictures, solid

from mien.live.audit import Audit
from mien.live.doubt import Doubt
from mien.live.following import Follower
from mien.live.guise import Wardrobe
from mien.live.session import Session
from mien.live.shot import Shot
from mien.recognition.mobileface import MobileFace
from mien.tracking.detection import Detector
from mien.tracking.scene import Scene


@pytest.fixture
def looks(monkeypatch):
    """Numbers of the pictures, by their order, that a detector saw as a whole."""
    made: list[int] = []
    see = Detector.see

    def counting(self, image, tiles=False):
        made.append(image.ctypes.data)
        return see(self, image, tiles)

    monkeypatch.setattr(Detector, "see", counting)
    return made


@pytest.mark.parametrize("skipped", [0, 1])
def test_a_second_face_is_known_one_picture_later_at_the_latest(mesh, looks, monkeypatch, skipped):
    images = pictures(people=2, seconds=1.6, width=480, other_absent=((0.0, 0.8),))[8 + skipped :]
    monkeypatch.setattr(Scene, "popped", lambda *_: [])  # as if she had come slowly
    every, sparing = Follower(mesh), Follower(mesh)
    first = next(n for n, each in enumerate(images) if every.see(each).doubt is Doubt.SECOND_FACE)
    looks.clear()
    found = [sparing.see(each, shown=True).doubt for each in images]
    assert found[:first] == [None] * first and len(images) > first + 4
    assert all(doubt is Doubt.SECOND_FACE for doubt in found[first + 1 :])
    assert len(looks) == (first + 1) // 2 + len(images) - first - (found[first] is None)
    for each in (every, sparing):
        each.close()


def test_whoever_is_not_shown_is_looked_at_in_every_picture(mesh, looks, person):
    follower = Follower(mesh)
    runs = {follower.see(image).run for image in person[:6]}
    follower.close()
    assert len(looks) == 6 and len(runs) == 1


@pytest.mark.parametrize("length", [7, 8])
def test_who_it_is_is_asked_in_every_second_picture_and_at_once_after_a_cut(
    hold, person, monkeypatch, length
):
    images = person[:length] + [image // 2 for image in person[length:12]]
    asked: list[int] = []
    chip = MobileFace.chip

    def counting(self, image, landmarks):
        asked.extend(number for number, each in enumerate(images) if each is image)
        return chip(self, image, landmarks)

    monkeypatch.setattr(MobileFace, "chip", counting)
    monkeypatch.setattr(Audit, "offer", lambda *_: None)
    made = hold(images)
    assert made.because["cut"] == QUICK.settle
    start = QUICK.settle  # until it is shown, and after the cut, which is covered, again
    first = [*range(start), *range(start + 1, length, 2)]
    assert asked == first + [length + 1 + number for number in range(12 - length - 1)][:start]


def test_while_a_face_is_chosen_few_pictures_are_measured_and_all_are_covered(
    mesh, person, monkeypatch
):
    chosen = Event()
    monkeypatch.setattr(Wardrobe, "choose", lambda *_: chosen.wait(60))
    session = Session(Given([]), [], QUICK, backend=mesh)
    measured, because = [], []
    try:
        for number, image in enumerate((person * 2)[: len(person) + 8]):
            shot = Shot(image, number, TICK)
            session._measure(shot)
            measured.append(shot.landmarks is not None)
            session.drawing.draw(shot)
            because.append(shot.doubt)
            assert solid(shot.result)
    finally:
        chosen.set()
        session.close()
    start = because.index(Doubt.CHOOSING)
    assert all(measured[: start + 1]) and set(because[start:]) == {Doubt.CHOOSING}
    rest = measured[start + 1 :]
    assert len(rest) >= 8 and sum(rest) == len(rest) // 4
