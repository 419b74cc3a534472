"""What every source of landmarks promises: a new one joins `BACKENDS`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mien.face.region import Region
from mien.models.landmarker import Backend, FaceMesh, Landmarker
from mien.phantom import Phantom, Script

MODEL = Path(__file__).resolve().parents[3] / "shared" / "models" / "face_landmarker.task"
BACKENDS = {"mesh": FaceMesh, "task": lambda: Landmarker(MODEL)}


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request) -> Iterator[Backend]:
    if request.param == "task" and not MODEL.is_file():
        pytest.skip("no Face Landmarker model file beside the project")
    with closing(BACKENDS[request.param]()) as made:
        yield made


@pytest.fixture(scope="module")
def phantom():
    return Phantom(Script(seconds=0.4, fps=10, width=400, height=400, seed=2))


@pytest.fixture(scope="module")
def frames(phantom):
    return [frame.image for frame in phantom]


@pytest.fixture(scope="module")
def regions(phantom):
    return [Region.around(points) for points in phantom.truth.people[0].landmarks]


def test_landmarks_lie_near_the_truth(backend, phantom, frames, regions):
    for image, region, truth in zip(
        frames, regions, phantom.truth.people[0].landmarks, strict=True
    ):
        (points,) = backend.measure(image, [region])
        assert points.shape == (478, 3) and np.isfinite(points).all()
        eyes = np.linalg.norm(truth[33] - truth[263])
        assert np.median(np.linalg.norm((points - truth)[:, :2], axis=1)) < 0.04 * eyes


def test_where_no_face_is_there_are_no_landmarks(backend, regions):
    blank = np.full((400, 400, 3), 90, np.uint8)
    assert backend.measure(blank, regions[:1]) == [None]
    assert backend.measure(blank, []) == []


def test_frames_before_change_nothing(backend, frames, regions):
    (first,) = backend.measure(frames[0], regions[:1])
    backend.measure(frames[3], regions[3:4])
    backend.measure(np.zeros_like(frames[0]), regions[:1])
    (again,) = backend.measure(frames[0], regions[:1])
    assert np.abs(again - first).max() < 1e-3


def test_regions_are_answered_in_their_order(backend, frames, regions):
    nowhere = Region(20, 20, 30, 0.0)
    (alone,) = backend.measure(frames[0], regions[:1])
    first, none, last = backend.measure(frames[0], [regions[0], nowhere, regions[0]])
    assert none is None
    assert np.abs(first - alone).max() < 1e-3 and np.abs(last - alone).max() < 1e-3


def test_the_picture_is_left_as_it_was(backend, frames, regions):
    image = frames[0].copy()
    backend.measure(image, regions[:1])
    assert (image == frames[0]).all()
