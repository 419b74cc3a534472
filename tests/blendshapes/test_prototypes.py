"""Action units and what is made of them show what the textbook names."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import FIVE, PROTOTYPES, SEVEN, UNITS, prototype, unit
from mien.errors import ParameterError


@pytest.mark.parametrize("number", UNITS)
def test_action_units_are_made_of_known_scores_on_both_sides(number):
    scores = dict(zip(NAMES, unit(number).tolist(), strict=True))
    assert 0.3 < max(scores.values()) <= 1.0
    for name in UNITS[number]:
        both = {f"{name}Left", f"{name}Right"}
        assert scores.get(name, 0) > 0 or (both <= set(scores) and min(map(scores.get, both)) > 0)
    for name, value in scores.items():
        partner = name.replace("Left", "Right")
        assert scores.get(partner, value) == value


def test_prototypes_show_what_the_textbook_names():
    happy, angry = (dict(zip(NAMES, prototype(n), strict=True)) for n in ("happiness", "anger"))
    assert max(happy, key=happy.get).startswith("mouthSmile")
    assert max(angry, key=angry.get).startswith("browDown")
    assert not prototype("neutral").any()
    for words in (SEVEN[1:], FIVE):
        between = np.corrcoef([prototype(name) for name in words])
        assert between[~np.eye(len(between), dtype=bool)].max() < 0.8


def test_the_published_five_have_prototypes_and_those_of_emfacs_where_they_mean_the_same():
    assert FIVE == ("disappointed", "stressed", "happy", "sad", "surprised")
    assert set(FIVE) | set(SEVEN) == set(PROTOTYPES)
    for word, same in (("happy", "happiness"), ("sad", "sadness"), ("surprised", "surprise")):
        assert np.array_equal(prototype(word), prototype(same))


def test_unknown_names_are_refused():
    with pytest.raises(ParameterError, match="choose from neutral, happiness"):
        prototype("pride")
    with pytest.raises(ParameterError, match="Action unit 99"):
        unit(99)
