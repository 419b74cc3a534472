"""Modes move a face a little and a recogniser a lot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.face.model import FaceModel
from mien.recognition.registry import ALSO_STEER, STEERS, recogniser
from mien.surrogates.bank import cards, load
from mien.surrogates.modes import MOST_SHAPE, Modes
from mien.surrogates.portrait import likeness


@pytest.fixture(scope="module")
def modes() -> Modes:
    return Modes.load()


def test_nothing_moved_is_the_same_face(modes):
    face = load(next(iter(cards())))
    assert modes.moved(face, np.zeros(len(modes))) is face


def test_parts_fit(modes):
    assert set(modes.recognisers) == {recogniser(name).name for name in (STEERS, *ALSO_STEER)}
    for seen in modes.recognisers.values():
        assert len(modes) == len(modes.shape) + len(modes.texture) == len(seen)
    np.testing.assert_array_equal(modes.texture, modes.texture[:, :, ::-1])


def test_moving_changes_shape_and_texture_and_not_the_card(modes):
    face = load(next(iter(cards())))
    amounts = np.zeros(len(modes))
    amounts[0] = 1
    moved = modes.moved(face, amounts)
    assert np.abs(moved.shape - face.shape).max() > 1e-3
    np.testing.assert_array_equal(moved.texture, face.texture)
    amounts[0], amounts[len(modes.shape)] = 0, 1
    moved = modes.moved(face, amounts)
    np.testing.assert_allclose(moved.shape, face.shape, atol=1e-12)
    assert moved.texture.dtype == np.uint8
    assert np.abs(moved.texture.astype(int) - face.texture).max() > 5
    assert moved.card is face.card
    assert face.texture is not moved.texture


@pytest.mark.parametrize("name", list(cards())[::9])
def test_a_moved_face_lies_no_farther_out_than_people_do(modes, name):
    face, count = load(name), len(modes.shape)
    drawn = np.random.default_rng(0).normal(size=(6, len(modes)))
    for amounts in (*drawn, *(40 * drawn), 40 * np.eye(len(modes))[3]):
        kept = modes.within(amounts, face)
        place = modes.place(modes.moved(face, kept))
        assert np.linalg.norm(place) <= MOST_SHAPE + 0.01
        assert np.abs(place).max() <= 3.01
        assert np.linalg.norm(kept[count:]) <= min(2.001, np.linalg.norm(amounts[count:]) + 1e-9)
        np.testing.assert_allclose(modes.within(kept, face), kept, atol=1e-6)  # and stays there


@pytest.mark.parametrize("each", [2.0, 3.5])
def test_a_face_may_lie_far_out_in_many_traits_and_in_none_of_them_much(modes, each):
    face = load(next(iter(cards())))
    amounts = 40 * np.random.default_rng(1).normal(size=len(modes))
    kept = modes.within(amounts, face, 16.0, each)
    place = modes.place(modes.moved(face, kept))
    assert np.linalg.norm(place) > 3 * each
    assert np.abs(place).max() <= each + 0.01
    far, trait = modes.apart(kept, face)
    assert far == pytest.approx(np.linalg.norm(place), abs=0.01)
    assert trait == pytest.approx(np.abs(place).max(), abs=0.01)


def test_the_mean_face_of_a_sex_is_in_the_middle(modes):
    for sex, alpha in modes.middle.items():
        shape = FaceModel.load().resting(alpha)
        face = replace(load(next(iter(cards()))), shape=shape, card={"apparent_sex": sex})
        np.testing.assert_allclose(modes.place(face), 0, atol=1e-6)
        amounts = np.zeros(len(modes))
        amounts[2] = 1.5
        np.testing.assert_allclose(
            modes.place(modes.moved(face, amounts)), amounts[: len(modes.shape)], atol=1e-6
        )


@pytest.mark.parametrize("who", [STEERS, *ALSO_STEER])
def test_away_is_where_the_recogniser_sees_another(modes, who):
    """A step away from another leads farther from them than one in a direction drawn by chance; the
    modes' effects are averages, so for nearly every face."""
    looks, names = recogniser(who), list(cards())
    rng = np.random.default_rng(0)
    away, farther = [], []
    for name in names[::6]:
        face = load(name)
        here = looks.describe(*likeness(face))
        other = looks.describe(*likeness(load(names[-1 if name != names[-1] else 0])))

        def left_behind(direction, face=face, here=here, other=other):
            moved = looks.describe(*likeness(modes.moved(face, 2.5 * direction)))
            return np.linalg.norm(moved - other) - np.linalg.norm(here - other)

        direction = modes.away(here[None], other[None], looks.name)[0]
        assert np.linalg.norm(direction) == pytest.approx(1)
        drawn = rng.normal(size=(5, len(modes)))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        away.append(left_behind(direction))
        farther.append(away[-1] > np.median([left_behind(d) for d in drawn]))
    assert np.mean(np.array(away) > 0) >= 0.8
    assert np.mean(farther) >= 0.8
