"""The choice is measured, keeps what it is asked to keep, and can be pushed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mien.engines.mesh.engine import Person
from mien.errors import ParameterError
from mien.face.model import FaceModel
from mien.phantom import Phantom, Script
from mien.pipeline.choose import Wanted, apparent, choose, plausible
from mien.pipeline.pushing import Reach, push
from mien.pipeline.steering import Room, Steer
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.registry import ALSO_STEER
from mien.recognition.registry import recogniser as named
from mien.surrogates.bank import Bank, cards
from mien.tracking import Sample

NEAR = Room(0.0, 0.0)
"""Where how far a face goes is beside the point."""
QUICK: dict[str, Any] = {"room": NEAR, "candidates": 2, "probes": 2}
"""Where it is beside the point how well it was tried, too."""


@pytest.fixture(scope="module")
def recogniser() -> Dlib:
    return Dlib()


@pytest.fixture(scope="module")
def patient(recogniser):
    """Calibration, samples and descriptors of a phantom."""
    phantom = Phantom(Script(seconds=1.0, fps=4, width=300, height=300, seed=5, head_motion=1.0))
    samples = [
        Sample(frame.image, points)
        for frame, points in zip(phantom, phantom.truth.people[0].landmarks, strict=True)
    ]
    alpha = FaceModel.load().fit(np.stack([s.landmarks for s in samples]))
    gallery = recogniser.describe_all([recogniser.chip(s.image, s.landmarks) for s in samples])
    return Person.calibrate(samples, alpha), samples, gallery


@pytest.fixture(scope="module")
def steers(patient, recogniser) -> list[Steer]:
    """All who choose, and what they know of the phantom."""
    _, samples, gallery = patient
    others = [named(name) for name in ALSO_STEER]
    return [Steer(recogniser, gallery)] + [
        Steer(who, who.describe_all([who.chip(s.image, s.landmarks) for s in samples]))
        for who in others
    ]


def test_the_choice_is_far_from_every_original_for_all_who_choose(patient, steers):
    person, samples, _ = patient
    found = choose(person, samples, steers, Wanted(subject="P01"))
    assert found.margin > 1
    for who in steers:
        assert found.nearest[who.recogniser.name] >= who.recogniser.threshold * found.margin - 1e-3
    assert found.surrogate.id in cards()


def test_a_subject_gets_one_face_and_others_another(patient, steers):
    person, samples, _ = patient
    one, again, half = (
        choose(person, some, steers, Wanted(subject="P01", room=NEAR, candidates=3, probes=3))
        for some in (samples, samples, samples[::2])
    )
    assert one.surrogate.id == again.surrogate.id == half.surrogate.id
    np.testing.assert_array_equal(one.amounts, again.amounts)
    others = (
        choose(person, samples[:1], steers, Wanted("none", f"P{n}", **QUICK)) for n in range(2, 8)
    )
    assert any(other.surrogate.id != one.surrogate.id for other in others)


def test_without_a_subject_no_two_faces_are_alike(patient, steers):
    person, samples, _ = patient
    drawn = Wanted(**QUICK)
    one, two = (choose(person, samples[:1], steers, drawn) for _ in range(2))
    assert np.abs(one.amounts - two.amounts).max() > 0.01


def test_pushing_on_goes_further(patient, steers):
    person, samples, gallery = patient
    name = max(plausible(Bank.open(), gallery, person, "none"), key=lambda n: n == "man-fair-2")
    first = choose(person, samples, steers, Wanted(only=name, **QUICK))
    room = NEAR.more(first.margin - 1 + 0.08)
    more = push(person, samples, steers, first, Reach(room))
    assert more.pushed > first.pushed
    assert more.margin > first.margin
    assert more.surrogate.id == first.surrogate.id == name


@pytest.mark.parametrize("match", ["sex", "age", "tone"])
def test_what_has_to_match_matches(patient, match):
    person, _, gallery = patient
    looks = apparent(gallery, person)
    names = plausible(Bank.open(), gallery, person, match)
    assert names
    assert {cards()[name]["apparent_sex"] for name in names} == {looks["sex"]}
    if match != "sex":
        assert {cards()[name]["apparent_age"] for name in names} == {looks["age"]}


def test_nothing_has_to_match(patient):
    person, _, gallery = patient
    assert plausible(Bank.open(), gallery, person, "none") == list(cards())
    with pytest.raises(ParameterError, match="match is 'mood'"):
        plausible(Bank.open(), gallery, person, "mood")


def test_two_people_of_a_clip_get_two_faces(patient, steers):
    person, samples, _ = patient
    wanted = Wanted(subject="P01", **QUICK)
    first = choose(person, samples[:1], steers, wanted)
    given = [first.surrogate.id]
    other = replace(wanted, without=given)
    second = choose(person, samples[:1], steers, other)
    assert second.surrogate.id not in given
