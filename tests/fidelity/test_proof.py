"""Pairs of phantoms of which the second has one fault: the measures find it, and its size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from mien.evidence.measuring import Readings
from mien.evidence.measuring import measure as measure_all
from mien.evidence.original import Ceiling
from mien.fidelity.observe import Place, read
from mien.fidelity.profile import Line, Profile
from mien.fidelity.reading import Reading
from mien.models.landmarker import open_backend
from mien.phantom import (
    DampMouth,
    Delay,
    Droop,
    Fault,
    Freeze,
    Hold,
    NoBlinks,
    Phantom,
    Script,
    Smooth,
    Tremor,
)

BLINKS = (0.8, 2.1, 3.4, 4.7, 6.0)
SCRIPT = Script(
    seconds=6.6,
    fps=20,
    width=320,
    height=240,
    seed=5,
    blinks=BLINKS,
    tremor=Tremor(hertz=5, amplitude=0.02, start_s=0, end_s=5),
    speech=(5.1, 6.5),
)
SPEECH = replace(SCRIPT, seconds=2.6, blinks=(0.3,), tremor=None, speech=(0.5, 2.5))
"""Where blinks and tremor are beside the point."""
FAULTS = {
    "damped": (SPEECH, DampMouth(0.2)),
    "late": (SPEECH, Delay(0.1)),
    "smooth": (SCRIPT, Smooth(3)),
    "open-eyed": (SCRIPT, NoBlinks()),
    "frozen": (SCRIPT, Freeze()),
    "held": (SPEECH, Hold(4)),
    "drooping": (SPEECH, Droop(0.02, "left")),
    "same": (SCRIPT, None),
}


@dataclass
class Shown:
    """What is measured of one fault."""

    metrics: dict[str, Any]
    lines: list[Line]

    def failing(self) -> set[str]:
        return {line.ask.key for line in self.lines if line.passed is False}


@pytest.fixture(scope="module")
def measured():
    """Measures a fault; each clip is read once, when it is first asked for."""
    backend = open_backend(None)

    @cache
    def look(script: Script, fault: Fault | None) -> Reading:
        clip = Phantom(script, fault=fault)
        # where to look is the phantom's truth; what is seen there is read
        places = [Place.around(one.astype(float)) for one in clip.truth.people[0].landmarks]
        none = np.zeros(len(places), bool)
        return read(clip, places, backend, (script.width, script.height), None, none)

    def measure(name: str) -> Shown:
        script, fault = FAULTS[name]
        original, other = look(script, None), look(script, fault)
        readings = Readings(original, other, Ceiling(None, original, np.zeros((0, 128))))
        _, metrics = measure_all(readings)
        lines = Profile.open("parkinson").check(metrics, "fidelity")
        return Shown(metrics, [li for li in lines if not li.ask.key.startswith("body")])

    yield measure
    backend.close()


def test_the_same_passes_with_every_blink_and_the_tremor(measured):
    shown = measured("same")
    assert not shown.failing()
    metrics = shown.metrics
    assert metrics["dynamics"]["r_x"] == metrics["dynamics"]["ceiling"]["r_x"] == 1
    assert metrics["dynamics"]["ratio"]["r_cca"] == 1
    assert metrics["blink"]["count_original"] == metrics["blink"]["count_other"] == len(BLINKS)
    assert metrics["tremor"]["present"]
    assert metrics["tremor"]["lip"]["band_peak_hz_original"] == pytest.approx(5.0, abs=0.1)


def test_a_damped_mouth(measured):
    shown = measured("damped")
    mouth = shown.metrics["dynamics"]["regions"]["mouth"]
    assert mouth["gain"] == pytest.approx(0.8, abs=0.03)
    assert abs(mouth["lag_ms"]) < 10


def test_a_late_face(measured):
    shown = measured("late")
    assert shown.metrics["dynamics"]["regions"]["mouth"]["lag_ms"] == pytest.approx(100, abs=10)
    assert "dynamics.regions.mouth.lag_ms" in shown.failing()


def test_a_drooping_mouth(measured):
    shown = measured("drooping")
    corner = shown.metrics["resting"]["second_opinion"]["mouth_corner"]
    assert corner["error"] == pytest.approx(2.0, abs=0.4)  # MediaPipe sees most of it, dlib half


def test_smoothed_motion_loses_its_tremor(measured):
    shown = measured("smooth")
    assert "tremor.lip.amplitude_ratio" in shown.failing()
    assert shown.metrics["tremor"]["lip"]["amplitude_ratio"] < 0.2
    assert "blink.own_recall" not in shown.failing()


def test_missing_blinks(measured):
    shown = measured("open-eyed")
    assert shown.metrics["blink"]["count_other"] == 0
    assert {"blink.own_recall", "blink.own_precision"} <= shown.failing()
    assert "tremor.lip.amplitude_ratio" not in shown.failing()


def test_a_frozen_face(measured):
    shown = measured("frozen")
    assert {
        "dynamics.regions.mouth.gain",
        "blink.own_recall",
        "tremor.lip.amplitude_ratio",
    } <= shown.failing()


def test_held_frames(measured):
    shown = measured("held")
    assert "continuity.held" in shown.failing()
    assert shown.metrics["continuity"]["held"] == pytest.approx(0.7, abs=0.1)
