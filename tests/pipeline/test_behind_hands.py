"""Frames in which somebody is known by originals with a hand over the face are covered."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from mien.pipeline.behind_hands import cover_known_by_hands, frames_behind_hands
from mien.pipeline.casting import Individual
from mien.pipeline.probes import Probes
from mien.pipeline.withholding import Conceded
from mien.tracking import FaceTrack, State

COUNT = 40
BEHIND = range(10, 20)


class ByNumber:
    """Describes a chip by its first pixel; two that differ by less than 10 are one person."""

    threshold = 10.0

    def __init__(self, name):
        self.name = name

    def describe_all(self, chips):
        return np.array([float(c[0, 0, 0]) for c in chips]).reshape(-1, 1)


def chip(value):
    return np.full((1, 1, 3), value, np.uint8)


class Found:
    """A survey: pictures with a hand look like 50 to the first recogniser, like 200 to another."""

    times = np.arange(COUNT) / 10
    hands = MappingProxyType({frame: ("a hand",) for frame in BEHIND})

    def behind_hand(self, track, frame):
        return frame in BEHIND

    def chips_behind_hands(self, track, which=0):
        return [chip((50, 200)[which])]


def case(seen, glimpse=None):
    """One person whose result looks like `seen(frame)` to both recognisers."""
    landmarks = np.zeros((COUNT, 478, 3), np.float32)
    track = FaceTrack(0, landmarks, np.full(COUNT, State.TRACKED))
    person = Individual(track, engine=object(), gallery=np.zeros((1, 1)))
    who = ByNumber("first"), ByNumber("other")
    probes = [Probes(one) for one in who]
    for frame in range(COUNT):
        for own in probes:
            own.add(frame, [chip(seen(frame))])
    if glimpse is not None:
        probes[0].add_glimpse(30, chip(glimpse), chip(100), hidden=True)
    second = SimpleNamespace(people=[person], recogniser=who[0], others=who[1:], found=Found())
    rendered = SimpleNamespace(probes=probes[:1], judged=[SimpleNamespace(probes=probes[1:])])
    behind = frames_behind_hands(second.found, second.people)
    conceded = Conceded([0], np.ones((1, COUNT), bool), Found.times, behind)
    return second, rendered, conceded, person


def test_a_hand_lies_over_the_frames_in_which_it_was_seen_and_a_moment_before_and_after():
    second, *_ = case(lambda frame: 100)
    behind = np.flatnonzero(frames_behind_hands(second.found, second.people)[0])
    assert behind.tolist() == [*range(BEHIND[0] - 2, BEHIND[-1] + 3)]


@pytest.mark.parametrize(("like", "name"), [(55, "first"), (40, "first"), (193, "other")])
def test_whoever_is_known_by_a_hand_is_covered_there_and_it_is_said(like, name):
    second, rendered, conceded, person = case(lambda frame: like if frame in (12, 13) else 100)
    assert cover_known_by_hands(second, rendered, conceded)
    assert np.flatnonzero(person.covered).tolist() == [12, 13]
    (moment,) = conceded.as_dict()["moments"]
    assert (moment["first_frame"], moment["last_frame"], moment["by"]) == (12, 13, [name])
    assert conceded.counted == 0
    assert not cover_known_by_hands(second, rendered, conceded)  # not again


def test_who_is_only_just_not_known_behind_a_hand_is_covered_too():
    second, rendered, conceded, person = case(lambda frame: 60 if frame in (12, 30) else 100)
    assert cover_known_by_hands(second, rendered, conceded)
    assert np.flatnonzero(person.covered).tolist() == [12]


def test_who_is_not_known_by_a_hand_stays():
    second, rendered, conceded, person = case(lambda frame: 100)
    assert not cover_known_by_hands(second, rendered, conceded)
    assert person.covered is None and conceded.frames == 0


def test_where_no_hand_was_seen_it_counts():
    second, rendered, conceded, _ = case(lambda frame: 55 if frame == 30 else 100)
    assert cover_known_by_hands(second, rendered, conceded)
    assert conceded.counted == 1


def test_what_other_detectors_saw_behind_a_hand_is_compared_too():
    second, rendered, conceded, person = case(lambda frame: 100, glimpse=103)
    assert cover_known_by_hands(second, rendered, conceded)
    assert person.covered.all()  # hardly anything would be left


def test_a_face_that_is_known_where_no_hand_is_is_pushed_before_it_is_covered(monkeypatch):
    second, rendered, conceded, person = case(lambda frame: 55 if frame in (12, 30) else 100)
    pushed = []
    monkeypatch.setattr(person, "push_on", lambda *how: pushed.append(how) or True)
    assert cover_known_by_hands(second, rendered, conceded, room="room")
    assert [how[1] for how in pushed] == ["room"]
    assert person.covered is None and conceded.frames == 0
    monkeypatch.setattr(person, "push_on", lambda *how: False)  # no farther
    assert cover_known_by_hands(second, rendered, conceded, room="room")
    assert np.flatnonzero(person.covered).tolist() == [12, 30]


def test_where_only_a_hand_is_known_nothing_is_pushed(monkeypatch):
    second, rendered, conceded, person = case(lambda frame: 55 if frame == 12 else 100)
    monkeypatch.setattr(person, "push_on", lambda *how: pytest.fail("pushed"))
    assert cover_known_by_hands(second, rendered, conceded, room="room")
    assert np.flatnonzero(person.covered).tolist() == [12]
