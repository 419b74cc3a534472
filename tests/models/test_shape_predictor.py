"""The rebuilt shape predictor against dlib's own."""

from __future__ import annotations

import dlib
import numpy as np
import pytest

from mien.errors import EngineError
from mien.models.dlib_file import weights
from mien.models.shape_predictor import ShapePredictor
from mien.phantom import Phantom, Script

FILE = "shape_predictor_68_face_landmarks.dat"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return Phantom(Script(seconds=0.1, fps=15, width=320, height=320)).frame(0).image


def test_rounded_it_is_dlibs(picture):
    theirs = dlib.shape_predictor(str(weights(FILE)))
    ours = ShapePredictor(weights(FILE))
    boxes = np.array(
        [[90, 80, 230, 220], [100, 95, 220, 215], [60, 60, 150, 150], [250, 9, 340, 99]]
    )
    points = ours.fit(picture, boxes)
    assert points.shape == (4, 68, 2)
    for box, found in zip(boxes, points, strict=True):
        shape = theirs(picture, dlib.rectangle(*(int(edge) for edge in box)))
        expected = np.array([(part.x, part.y) for part in shape.parts()])
        assert np.array_equal(np.floor(found + 0.5), expected)


def test_another_file_is_refused(tmp_path):
    for content in (b"", b"text" * 1000, weights(FILE).read_bytes()[:100_000]):
        path = tmp_path / "other.dat"
        path.write_bytes(content)
        with pytest.raises(EngineError, match="damaged"):
            ShapePredictor(path)
