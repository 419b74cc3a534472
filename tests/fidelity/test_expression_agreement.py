"""Blendshape scores with known agreement."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.fidelity import expression

NAMES = ("jawOpen", "smile", "blink", "frown")


def scores(frames: int = 300, seed: int = 0) -> np.ndarray:
    """Three channels that move and one, the last, that does not."""
    rng = np.random.default_rng(seed)
    return 0.4 + rng.normal(0, 1, (frames, 4)) * [0.1, 0.08, 0.06, 0.01]


def compare(original: np.ndarray, other: np.ndarray) -> dict:
    times = np.arange(len(original)) / 30
    found = expression.agreement(original, other, NAMES, times).as_dict()
    json.dumps(found, allow_nan=False)
    return found


def test_the_same_scores_agree_entirely():
    found = compare(scores(), scores())
    assert found["r"] == 1 and found["difference"] == 0
    assert found["interval"] == {"r": [1, 1], "difference": [0, 0]}
    assert found["channels"] == 3 and set(found["r_by_channel"]) == set(NAMES[:3])
    assert found["labels"] is None
    assert "not an independent one" in found["source"]


def test_correlation_is_pearsons():
    original, noise = scores(), scores(seed=1)
    other = 0.5 * original + 0.5 * noise
    found = compare(original, other)
    for k, name in enumerate(NAMES[:3]):
        expected = np.corrcoef(original[:, k], other[:, k])[0, 1]
        assert found["r_by_channel"][name] == pytest.approx(expected, abs=1e-5)
    assert found["difference"] == pytest.approx(np.abs(original - other).mean(), abs=1e-5)
    low, high = found["interval"]["r"]
    assert low < found["r"] < high


def test_a_channel_that_freezes_counts_as_nothing_and_comes_first():
    other = scores()
    other[:, 1] = 0.4
    found = compare(scores(), other)
    assert found["r_by_channel"]["smile"] == 0
    assert found["r"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["worst"][0] == "smile"
    assert found["difference_by_channel"]["smile"] > found["difference_by_channel"]["jawOpen"] == 0


def test_a_damped_channel_keeps_its_correlation_and_differs():
    other = scores() * [0.8, 1, 1, 1]
    found = compare(scores(), other)
    assert found["r"] == pytest.approx(1, abs=1e-5)
    assert found["difference_by_channel"]["jawOpen"] == pytest.approx(
        0.2 * scores()[:, 0].mean(), abs=1e-5
    )


def test_frames_without_a_face_are_left_out():
    original, other = scores(), scores()
    original[:50] = np.nan
    other[250:] = np.nan
    other[:50] = 7
    found = compare(original, other)
    assert found["frames"] == 200
    assert found["r"] == 1 and found["difference"] == 0


def test_a_face_at_rest_has_no_correlation():
    still = np.full((90, 4), 0.2)
    found = compare(still, still)
    assert found["r"] is None and found["difference"] == 0
    assert "No channel moves" in found["note"]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_few_frames_are_no_trouble(frames):
    found = compare(scores(frames), scores(frames))
    assert found["r"] is None
    assert found["difference"] == (0 if frames else None)


def test_no_face_at_all_is_said():
    found = compare(scores() * np.nan, scores())
    assert found["frames"] == 0 and found["r"] is None and found["worst"] == []
    assert "No frame shows the face in both clips" in found["note"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="shape"):
        compare(scores(), scores(10))


def shown(*places: int) -> np.ndarray:
    """Probabilities in which these expressions lead; NaN for -1."""
    rows = np.full((len(places), 7), 0.1)
    rows[np.arange(len(places)), places] = 0.4
    rows[np.array(places) < 0] = np.nan
    return rows


def test_labels_are_compared_where_both_are_known():
    found = expression.compare_labels(
        shown(4, 4, 4, 4, 3, 3, 3, -1, 3), shown(4, 4, 4, 3, 3, 3, 3, 3, -1)
    ).as_dict()
    # 6 of 7 alike; by chance 4/7 * 3/7 + 3/7 * 4/7
    assert found["frames"] == 7 and found["same"] == round(6 / 7, 5)
    assert found["kappa"] == round((6 / 7 - 24 / 49) / (1 - 24 / 49), 5)
    assert found["shares"] == {
        "happiness": [round(3 / 7, 5), round(4 / 7, 5)],
        "neutral": [round(4 / 7, 5), round(3 / 7, 5)],
    }


def test_one_expression_throughout_has_no_kappa():
    alike = expression.compare_labels(shown(4, 4, 4), shown(4, 4, 4))
    assert alike.same == 1 and alike.kappa is None
    nothing = expression.compare_labels(shown(-1, -1), shown(4, 4))
    assert nothing.frames == 0 and nothing.same is None and nothing.shares == {}
    json.dumps(nothing.as_dict(), allow_nan=False)
