"""The networks answer as MediaPipe does with the same files: its answers were written down once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.face.region import Region
from mien.models.blazeface import BlazeFace
from mien.models.landmarker import FaceMesh
from mien.models.pose import Pose
from mien.models.segmentation import Segmentation
from mien.models.squares import shipped
from mien.phantom import Script, render_phantom
from mien.video import Reader

ANSWERS = json.loads((Path(__file__).parent / "mediapipe_answers.json").read_text())
"""MediaPipe 0.10.21's, about the first picture of the phantom below."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> np.ndarray:
    path = tmp_path_factory.mktemp("phantom") / "phantom.mp4"
    render_phantom(Script(seconds=0.2, width=480, height=480, seed=11), path)
    with Reader(path) as reader:
        return np.asarray(next(iter(reader)).image)


def test_landmarks(picture):
    backend = FaceMesh()
    (found,) = backend.measure(picture, [Region(*ANSWERS["region"])])
    backend.close()
    assert np.abs(found - ANSWERS["mesh"]).max() < 0.1


@pytest.mark.parametrize("reach", ["short", "full"])
def test_faces(picture, reach):
    found = [
        (face.x, face.y, face.size, face.angle, face.score)
        for face in BlazeFace(reach).find(picture)
    ]
    assert np.abs(np.array(found) - ANSWERS["faces"][reach]).max() < 0.1


def test_a_body(picture):
    pose = Pose(outline=True)
    found, truth = pose.measure(picture), np.array(ANSWERS["body"])
    seen = truth[:, 2] > 0.5  # what is out of the picture is guessed
    assert np.abs(found - truth)[seen].max() < 1.0 and seen.sum() > 6
    assert pose.area == pytest.approx(ANSWERS["area"], rel=0.01)


def test_a_network_is_shared_while_somebody_has_it():
    one, two = (shipped("face_mesh", cores=1) for _ in range(2))
    assert one is two
    assert shipped("face_mesh", cores=2) is not one


def test_people(picture):
    found = Segmentation().people(picture)[::40, ::40]
    assert np.abs(found - ANSWERS["people"]).max() < 0.02
