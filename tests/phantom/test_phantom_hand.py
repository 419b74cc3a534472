"""A phantom's hand is where its truth says, comes and leaves, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.phantom import Hand, Phantom, Script

SCRIPT = Script(
    seconds=2, fps=10, width=256, height=256, noise=0, seed=2, hand=Hand(0.8, 1.2, "cheek")
)


def test_the_hand_covers_what_its_mask_says_and_leaves_the_rest():
    with_hand, without = Phantom(SCRIPT), Phantom(replace(SCRIPT, hand=None))
    there = [float(with_hand.hand(k).sum()) for k in range(len(with_hand))]
    assert there[0] == there[-1] == 0
    assert max(there) > 3000
    share, frame, bare = with_hand.hand(10), with_hand.frame(10).image, without.frame(10).image
    unlike = np.abs(frame.astype(int) - bare).max(2)
    assert (unlike[share > 0.9] > 3).mean() > 0.9
    brighter = (frame.astype(int) - bare).max(2)
    assert brighter[share == 0].max() <= 0  # beside it there is its shadow, and nothing else
    assert np.array_equal(with_hand.frame(0).image, without.frame(0).image)
    joints = with_hand.joints(10)
    assert share[tuple(joints[9].astype(int)[::-1])] == 1
    assert with_hand.joints(0) is None
    assert without.joints(10) is None


def test_the_same_script_gives_the_same_hand():
    assert np.array_equal(Phantom(SCRIPT).frame(9).image, Phantom(SCRIPT).frame(9).image)


@pytest.mark.parametrize(
    "wrong", [{"over": "knee"}, {"side": "up"}, {"spread": 2.0}, {"tone": 0.0}, {"start_s": -1.0}]
)
def test_a_hand_that_cannot_be_is_refused(wrong):
    with pytest.raises(ParameterError):
        Hand(**wrong)
