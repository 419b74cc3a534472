"""How landmarks move when the identity is swapped: an eye goes as one, with its lids' edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.mesh.displacement import displacement
from mien.engines.mesh.engine import Mesh, Person
from mien.face.model import FaceModel
from mien.face.topology import LEFT_EYE_RING, RIGHT_EYE_RING
from mien.phantom import Phantom, Script
from mien.surrogates import load
from mien.tracking import Sample

GIVEN = ("man-fair-3", "man-medium-1", "woman-fair-2", "woman-dark-3")
EYES = {"right": RIGHT_EYE_RING, "left": LEFT_EYE_RING}
PATIENT = "man-medium-4"


def beside(shape: np.ndarray, ring: np.ndarray, within: float) -> np.ndarray:
    """Landmarks that lie so near to one of a ring's."""
    apart = np.linalg.norm(shape[:468, None, :2] - shape[None, ring, :2], axis=2).min(1)
    return np.flatnonzero(apart < within)


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("eye", EYES)
def test_lids_move_as_their_eye_does(given, eye):
    patient = load(PATIENT).shape
    offset = displacement(patient, load(given).shape)
    ring = EYES[eye]
    assert np.ptp(offset[ring], axis=0).max() < 1e-9
    near = beside(patient, ring, 0.065)
    assert len(near) > len(ring) + 6
    assert np.abs(offset[near] - offset[ring].mean(0)).max() < 1e-9


def test_the_face_around_goes_its_own_way():
    patient = load(PATIENT).shape
    offset = displacement(patient, load(GIVEN[0]).shape)
    for ring in EYES.values():
        far = np.setdiff1d(np.arange(468), beside(patient, ring, 0.2))
        assert np.abs(offset[far] - offset[ring].mean(0)).max() > 0.05


@pytest.fixture(scope="module")
def seen() -> tuple[list[np.ndarray], np.ndarray, Person]:
    """Frames of somebody with open eyes, where the face is, and what calibration learns."""
    script = Script(seconds=0.8, fps=5, width=480, height=480, seed=3, blinks=())
    phantom = Phantom(script)
    frames = [frame.image for frame in phantom]
    points = phantom.truth.people[0].landmarks.astype(float)
    samples = [Sample(f, p) for f, p in zip(frames, points, strict=True)]
    return frames, points, Person.calibrate(samples, FaceModel.load().fit(points))


def drawn_height(before: np.ndarray, after: np.ndarray, eye: np.ndarray) -> float:
    """How tall the picture of an eye with its lids is afterwards, in its height before.

    The two pictures are laid over each other by an affine map; no tracker is asked, since trackers
    read lids by the face around them.
    """
    low, high = eye.min(0), eye.max(0)
    wide = high[0] - low[0]
    x, y = np.floor(low - [0.12 * wide, 0.1 * wide]).astype(int)
    right, bottom = np.ceil(high + [0.12 * wide, 0.1 * wide]).astype(int)
    room = int(0.35 * wide)
    template = before[y:bottom, x:right]
    found = after[y - room : bottom + room, x - room : right + room]
    score = cv2.matchTemplate(found, template, cv2.TM_CCOEFF_NORMED)
    place = cv2.minMaxLoc(score)[3]
    large = [
        cv2.resize(part, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        for part in (template, found)
    ]
    start = np.array([[1, 0, 4 * place[0]], [0, 1, 4 * place[1]]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    _, matrix = cv2.findTransformECC(*large, start, cv2.MOTION_AFFINE, stop, None, 3)
    return float(matrix[1, 1])


@pytest.mark.parametrize("given", GIVEN)
def test_eyes_are_drawn_as_tall_as_they_are(seen, given):
    frames, points, person = seen
    engine = Mesh(person, load(given))
    heights = []
    for frame, landmarks in zip(frames, points, strict=True):
        result = frame.copy()
        composite(result, engine.render(frame, landmarks))
        grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (frame, result)]
        heights += [drawn_height(*grey, landmarks[ring, :2]) for ring in EYES.values()]
    assert np.median(heights) == pytest.approx(1, abs=0.025)
