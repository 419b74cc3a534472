import numpy as np
import pytest

from mien.errors import ParameterError
from mien.face.model import FaceModel
from mien.recognition.spread import spread, spread_frames, spread_frames_often
from mien.tracking.meshes import Meshes

N = 200
TURNED, BLINK, OPEN = 71, 118, 163


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """A face that sways, drifts and comes nearer; in one frame each it turns, blinks, gapes."""
    model = FaceModel.load()
    rng = np.random.default_rng(0)
    names = list(model.expression_names)
    beta = np.zeros((N, len(names)))
    beta[:, names.index("mouthSmileLeft")] = 0.1 * np.sin(np.arange(N) / 9)
    beta[BLINK, [names.index("eyeBlinkLeft"), names.index("eyeBlinkRight")]] = 1
    beta[OPEN, names.index("jawOpen")] = 1
    yaw = 0.06 * np.sin(np.arange(N) / 17)
    yaw[TURNED] = 0.6
    alpha = np.zeros(len(model.identity))
    out = np.empty((N, 478, 3))
    for k in range(N):
        c, s = np.cos(yaw[k]), np.sin(yaw[k])
        turned = model.shape(alpha, beta[k]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
        tilt = 0.2 * np.sin(k / 23)
        roll = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        turned[:, :2] = turned[:, :2] @ roll.T
        out[k] = turned * (80 + 0.2 * k) + [200 + k, 150, 0]
    return out + rng.normal(0, 0.15, out.shape)


def test_what_happens_once_is_included(faces):
    chosen = spread(faces, 16)
    assert {0, N - 1, TURNED, BLINK, OPEN} <= set(chosen.tolist())
    assert (np.diff(chosen) > 0).all() and len(chosen) == 16
    even = set(np.linspace(0, N - 1, 16).astype(int).tolist())
    assert not even & {TURNED, BLINK, OPEN}  # even steps would have missed all three


def test_several_counts_at_once_choose_what_each_would(faces):
    meshes, frames = Meshes.of(faces), np.arange(20, N)
    counts = (48, 30, 1, 2, N, N - 20)
    for count, chosen in zip(counts, spread_frames_often(meshes, frames, counts), strict=True):
        assert (chosen == spread_frames(meshes, frames, count)).all()
        assert (chosen == frames[spread(faces[frames], count)]).all()
    with pytest.raises(ParameterError):
        spread_frames_often(meshes, frames, (5, 0))


def test_the_same_frames_every_time_and_wherever_the_face_is(faces):
    chosen = spread(faces, 12)
    assert (chosen == spread(faces.copy(), 12)).all()
    moved = faces * 1.7 + [300, -20, 5]
    assert (chosen == spread(moved, 12)).all()


def test_a_still_face_is_seen_over_its_whole_time(faces):
    still = np.repeat(faces[:1], 100, axis=0)
    chosen = spread(still, 10)
    assert len(set(chosen.tolist())) == 10
    assert np.diff(chosen).max() <= 20


def test_few_frames(faces):
    assert spread(faces[:5], 8).tolist() == [0, 1, 2, 3, 4]
    assert spread(faces, 1).tolist() == [0]
    assert spread(faces, 2).tolist() == [0, N - 1]
    with pytest.raises(ParameterError, match="at least 1"):
        spread(faces, 0)
    broken = faces.copy()
    broken[3] = np.nan
    with pytest.raises(ParameterError, match="no landmarks"):
        spread(broken, 8)
