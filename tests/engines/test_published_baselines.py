"""The baselines of FaceMotionPreserve, as strong as the paper says."""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines import ENGINES
from mien.engines.published import PUBLISHED

WIDTH, HEIGHT = 128, 192  # of the face


@pytest.fixture
def face() -> tuple[np.ndarray, np.ndarray]:
    """A picture of noise and a face in it that fills columns 40 to 168 and rows 30 to 222."""
    image = np.random.default_rng(1).integers(0, 256, (260, 240, 3), np.uint8)
    points = np.zeros((478, 3))
    points[:, 0] = np.linspace(41, 41 + WIDTH - 2, 478)
    points[:, 1] = np.linspace(31, 31 + HEIGHT - 2, 478)
    return image, points


def drawn(name: str, face: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    rendering = PUBLISHED[name]().render(*face)
    assert (rendering.left, rendering.top) == (40, 30)
    assert rendering.picture.shape == (HEIGHT, WIDTH, 3) and (rendering.opacity == 1).all()
    return rendering.picture


def test_the_mask_is_black(face):
    assert not drawn("fmp-mask", face).any()


def test_the_kernel_of_the_blur_is_a_quarter_of_the_area(face):
    """What lies farther away than half a kernel, a quarter of a side, has no part in a pixel."""
    image, _ = face
    image[:] = 0
    row, column = 30 + HEIGHT // 2, 40 + WIDTH // 2
    # a block, as a single pixel would be lost in the mean of thousands
    image[row - 6 : row + 6, column - 6 : column + 6] = 255
    reached = drawn("fmp-blur", face)[..., 0] > 0
    down, across = np.flatnonzero(reached.any(1)), np.flatnonzero(reached.any(0))
    assert len(down) == pytest.approx(HEIGHT / 2 + 11, abs=2)
    assert len(across) == pytest.approx(WIDTH / 2 + 11, abs=2)


def test_the_grid_has_16_squares_across_and_down(face):
    picture = drawn("fmp-pixelate", face)
    across = (np.abs(np.diff(picture.astype(int), axis=1)).sum((0, 2)) > 0).sum()
    down = (np.abs(np.diff(picture.astype(int), axis=0)).sum((1, 2)) > 0).sum()
    assert (across, down) == (15, 15)


def test_a_face_smaller_than_the_grid_is_no_trouble(face):
    image, points = face
    small = points * 0.05
    for kind in PUBLISHED.values():
        rendering = kind().render(image, small)
        assert rendering.picture.shape[:2] == rendering.opacity.shape


def test_they_are_for_comparisons_only():
    assert not set(PUBLISHED) & set(ENGINES)
