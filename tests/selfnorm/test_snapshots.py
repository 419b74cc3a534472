"""Snapshots hold together, and are matched by the names of their scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blobs import blobs

from mien.blendshapes.names import ARKIT, NAMES
from mien.blendshapes.recording import Recording
from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots


def test_a_recording_without_a_face_is_empty_and_keeps_its_names():
    nobody = Recording(ARKIT, np.full((3, len(ARKIT)), np.nan), np.arange(3.0))
    found = Snapshots.of(nobody)
    assert len(found) == 0 and found.names == ARKIT


def test_names_are_matched_and_what_is_missing_is_said():
    made = blobs(2, 2)
    few = made.aligned(("jawOpen", "tongueOut", "eyeBlinkLeft"))
    assert made.missing(few.names) == ("tongueOut",)
    assert (few.scores[:, 1] == 0).all()
    assert np.array_equal(few.scores[:, 0], made.scores[:, NAMES.index("jawOpen")])
    with pytest.raises(ParameterError, match="None of the 1 scores"):
        made.aligned(("headYaw",))
    joined = Snapshots.join([made, few])
    assert joined.names == ("eyeBlinkLeft", "jawOpen") and len(joined) == 2 * len(made)
    with pytest.raises(ParameterError, match="in common"):
        Snapshots.join([made.aligned(("jawOpen",)), made.aligned(("jawLeft",))])


def test_recordings_are_a_person_and_an_expression():
    made = blobs(3, 4)
    recordings = made.recordings()
    assert len(np.unique(recordings)) == 9 and (np.bincount(recordings) == 4).all()


@pytest.mark.parametrize(
    ("change", "say"),
    [
        ({"scores": np.zeros((2, 1))}, "shape"),
        ({"scores": np.full((2, 2), np.nan)}, "no NaN"),
        ({"labels": [0, 3]}, "-1 to 0"),
        ({"names": ("jawOpen", "jawOpen")}, "once"),
        ({"times": np.zeros(3)}, "3 entries"),
    ],
)
def test_snapshots_hold_together(change, say):
    given = {
        "scores": np.zeros((2, 2)),
        "names": ("jawOpen", "jawLeft"),
        "labels": [0, -1],
        "expressions": ("neutral",),
        "participants": ["a", "b"],
        "times": [0, 1],
    }
    assert len(Snapshots(**given)) == 2
    with pytest.raises(ParameterError, match=say):
        Snapshots(**(given | change))


def test_rows_that_are_there_before_are_told_from_those_that_are_alike():
    made = blobs(2, 3)
    twice = Snapshots.join([made, made])
    assert twice.repeats().tolist() == [False] * len(made) + [True] * len(made)
    assert not made.repeats().any() and not replace(twice, timed=False).repeats().any()
    later = replace(twice, times=np.arange(len(twice), dtype=float))
    assert not later.repeats().any()
    three = twice.take([0, len(made), 0])
    assert three.repeats().tolist() == [False, True, True]
