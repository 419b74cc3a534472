"""Scripted encounters: the faces do what the script says, when every camera's clock says it."""

from __future__ import annotations

import numpy as np
import pytest

from mien.emotion.classifier import EXPRESSIONS
from mien.errors import ParameterError
from mien.phantom.encounter import both_of, clip_of
from mien.phantom.encounter_script import POSED, EncounterScript
from mien.phantom.voices import RATE, sound_of

SCRIPT = EncounterScript(
    seconds=6, doctor=((3.0, 4.0, "happiness"),), patient=((2.0, 5.0, "sadness"),),
    doctor_speaks=((0.5, 2.0),), patient_speaks=((4.0, 5.5),), offset=1.25, patient_seconds=4,
    fps=10, width=160, height=160, seed=5,
)  # fmt: skip


def curve(clip, name: str) -> np.ndarray:
    truth = clip.truth
    return truth.people[0].beta[:, truth.names.index(name)]


def test_the_course_is_in_the_face_on_the_cameras_own_clock():
    assert SCRIPT.expression("patient", 2.5) == "sadness"
    assert SCRIPT.expression("patient", 5.0) == "neutral"
    patient = clip_of(SCRIPT, "patient")
    assert len(patient) == 40
    frown = curve(patient, "mouthFrownLeft")
    on_the_doctors_clock = patient.truth.time + SCRIPT.offset
    sad = (on_the_doctors_clock > 2.2) & (on_the_doctors_clock < 4.8)
    before = on_the_doctors_clock < 1.8
    assert frown[sad].min() > 0.8 and frown[before].max() < 0.05
    half = np.interp(0.5 * frown.max(), frown[:15], on_the_doctors_clock[:15])
    assert abs(half - 2.0) < 0.05
    assert curve(clip_of(SCRIPT, "doctor"), "mouthSmileRight").max() > 0.9


def test_who_speaks_moves_the_mouth():
    doctor = clip_of(SCRIPT, "doctor")
    jaw, time = curve(doctor, "jawOpen"), doctor.truth.time
    assert jaw[(time > 0.5) & (time < 2.0)].max() > 0.1
    assert jaw[(time > 4.5)].max() < 0.01


def test_both_microphones_hear_the_room_at_their_own_time_and_level():
    first, second = (sound_of(SCRIPT, role) for role in ("doctor", "patient"))
    assert len(first) == 6 * RATE and len(second) == 4 * RATE
    part = first[round(SCRIPT.offset * RATE) :][: len(second)]
    lags = np.correlate(part[: 2 * RATE : 4], second[: 2 * RATE : 4], "full")
    late = (int(lags.argmax()) - (2 * RATE // 4 - 1)) * 4 / RATE
    assert abs(late) < 0.005
    assert np.abs(first).max() <= 1 and first.std() > 1.5 * second.std()


def test_somebody_walks_past_behind_the_pair():
    script = EncounterScript(
        seconds=4, one_camera=True, passer_by=(1.0, 3.0), fps=5, width=300, height=200, seed=2
    )
    people = both_of(script).truth.people
    assert len(people) == 3
    doctor, patient, guest = (person.translation[:, 0] / 300 for person in people)
    assert (doctor < 0.5).all() and (patient > 0.5).all()
    present = people[2].present
    assert not present[[0, -1]].any() and present[9:11].all()
    assert (np.diff(guest[6:14]) > 0).all()
    assert people[2].scale.mean() < people[0].scale.mean()


def test_scripts_are_checked():
    assert set(POSED) == set(EXPRESSIONS)
    for wrong, words in (
        ({"doctor": ((1.0, 2.0, "boredom"),)}, "boredom"),
        ({"doctor": ((1.0, 3.0, "fear"), (2.0, 4.0, "anger"))}, "overlap"),
        ({"patient": ((3.0, 2.0, "fear"),)}, "patient must start"),
        ({"one_camera": True, "offset": 1.0}, "one clock"),
        ({"passer_by": (1.0, 2.0)}, "one_camera"),
        ({"strength": 9}, "strength"),
    ):
        with pytest.raises(ParameterError, match=words):
            EncounterScript(**wrong)
    with pytest.raises(ParameterError, match="nurse"):
        clip_of(EncounterScript(), "nurse")
