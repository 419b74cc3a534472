"""Pictures that the tests of DICOM share."""

from __future__ import annotations

import numpy as np
import pytest

from mien.video import Reader


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """Six pictures without text, each of another brightness [shape=(6, 64, 96, 3)]."""
    slope = np.linspace(40, 160, 96)[None, :, None] + np.zeros((64, 96, 3))
    return np.stack([slope + 10 * k for k in range(6)]).astype(np.uint8)


@pytest.fixture(scope="session")
def faces(brief) -> np.ndarray:
    """Frames of a phantom [shape=(n, 320, 320, 3)]."""
    with Reader(brief.path) as clip:
        return np.stack([frame.image for frame in clip])
