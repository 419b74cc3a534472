"""Who counts as present, and what is a picture: on landmarks whose movement is known."""

import numpy as np
import pytest

from mien.face.model import FaceModel
from mien.tracking import FaceTrack, Meshes, State
from mien.tracking.presence import is_still, presence

SIZE = (360, 640)


def somebody(
    side: float = 80.0,
    count: int = 75,
    place: tuple[float, float] = (320.0, 180.0),
    sway: float = 0.0,
    blink: bool = False,
    noise: float = 0.15,
) -> tuple[FaceTrack, np.ndarray]:
    """A face of some pixels that sways by a share of its side, at 25 frames a second."""
    rng = np.random.default_rng(0)
    neutral = FaceModel.load().neutral
    shape = (neutral - neutral.mean(0)) / np.ptp(neutral[:, 1]) * side
    landmarks = np.repeat(shape[None] + [*place, 0], count, axis=0)
    landmarks[..., 0] += sway * side * np.sin(np.arange(count) / 8)[:, None]
    if blink:
        for upper, lower in ((159, 145), (386, 374)):
            landmarks[30:36, upper] = landmarks[30:36, lower]
    landmarks += rng.normal(0, noise, landmarks.shape)
    state = np.full(count, State.TRACKED, np.uint8)
    return FaceTrack(0, Meshes.of(landmarks), state), np.arange(count) / 25


@pytest.mark.parametrize("side", [50, 260])
def test_what_neither_moves_nor_blinks_is_a_picture(side):
    assert is_still(*somebody(side))
    assert not is_still(*somebody(side, sway=0.01))
    assert not is_still(*somebody(side, blink=True))
    assert not is_still(*somebody(side, count=40))  # too short to say


def test_somebody_large_central_and_moving_is_more_present():
    patient, _ = somebody(120)
    assert presence(patient, SIZE) > presence(somebody(60)[0], SIZE)
    assert presence(patient, SIZE) > presence(somebody(120, count=50)[0], SIZE)
    assert presence(patient, SIZE) > presence(somebody(120, place=(560, 180))[0], SIZE)
    poster, times = somebody(120)
    poster.still = is_still(poster, times)
    assert presence(patient, SIZE) > 2 * presence(poster, SIZE)
    nobody = FaceTrack(0, patient.landmarks, np.zeros(75, np.uint8))
    assert presence(nobody, SIZE) == 0
