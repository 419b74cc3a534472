"""The network of seven classes that ships: what it must get right without any data."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import SEVEN, prototype
from mien.selfnorm.network import SelfNorm


@pytest.fixture(scope="module")
def network() -> SelfNorm:
    return SelfNorm.seven()


def said(network: SelfNorm, scores: np.ndarray) -> str:
    return network.expressions[int(network.predict_proba(scores[None])[0].argmax())]


def planted(**values: float) -> np.ndarray:
    """Scores of these names, on both sides where a name has sides."""
    scores = np.zeros(len(NAMES), np.float32)
    for name, value in values.items():
        places = [
            k for k, known in enumerate(NAMES) if known in (name, f"{name}Left", f"{name}Right")
        ]
        assert places
        scores[places] = value
    return scores


def test_the_network_ships_with_its_names_and_classes_in_order(network):
    assert network.expressions == SEVEN
    assert network.names == network.inputs == NAMES
    assert network.config.layers == 22
    assert 0 < network.threshold < 1


def test_probabilities_are_probabilities_on_any_scores(network):
    rng = np.random.default_rng(0)
    given = network.predict_proba(rng.uniform(0, 1, (500, len(NAMES))).astype(np.float32))
    assert given.shape == (500, 7) and (given >= 0).all()
    np.testing.assert_allclose(given.sum(1), 1, atol=1e-5)


def test_columns_are_matched_by_name(network):
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 0.6, (20, len(NAMES))).astype(np.float32)
    order = rng.permutation(len(NAMES))
    moved = network.predict_proba(scores[:, order], [NAMES[k] for k in order])
    np.testing.assert_allclose(moved, network.predict_proba(scores), atol=1e-6)


@pytest.mark.parametrize("strength", [0.8, 0.95])
def test_a_smile_resembles_happiness(network, strength):
    assert said(network, planted(mouthSmile=strength)) == "happiness"


def test_the_prototype_of_happiness_resembles_happiness(network):
    assert said(network, prototype("happiness")) == "happiness"


@pytest.mark.parametrize("strength", [0.5, 0.7, 0.9])
def test_an_open_jaw_below_raised_brows_resembles_surprise(network, strength):
    raised = planted(jawOpen=strength, browInnerUp=strength, browOuterUp=strength, eyeWide=0.3)
    assert said(network, raised) == "surprise"


def test_a_face_at_rest_is_neutral(network):
    assert said(network, np.zeros(len(NAMES), np.float32)) == "neutral"


def test_the_side_of_a_one_sided_smile_hardly_matters(network):
    left, right = np.zeros((2, len(NAMES)), np.float32)
    left[NAMES.index("mouthSmileLeft")] = right[NAMES.index("mouthSmileRight")] = 0.8
    one, other = network.predict_proba(np.stack([left, right]))
    assert np.abs(one - other).max() < 0.35


def test_more_of_a_smile_is_more_of_happiness(network):
    little, much = (
        network.predict_proba(planted(mouthSmile=v)[None])[0, SEVEN.index("happiness")]
        for v in (0.1, 0.8)
    )
    assert much > little + 0.3


@pytest.mark.parametrize("expression", ["neutral", "surprise", "sadness", "anger"])
def test_prototypes_resemble_what_they_are_named(network, expression):
    assert said(network, prototype(expression)) == expression


def test_it_abstains_where_it_is_not_sure(network):
    unsure = np.full((1, 7), 1 / 7, np.float32)
    assert network.decide(unsure)[0] == -1
    sure = np.eye(7, dtype=np.float32)
    np.testing.assert_array_equal(network.decide(sure), np.arange(7))
