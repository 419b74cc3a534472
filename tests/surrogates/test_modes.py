"""Modes move a face a little and a recogniser a lot."""

from __future__ import annotations

import numpy as np
import pytest

from mien.recognition.registry import ALSO_STEER, STEERS, recogniser
from mien.surrogates.bank import cards, load
from mien.surrogates.modes import Modes
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


def test_nothing_is_moved_farther_than_faces_look_like_faces(modes):
    count = len(modes.shape)
    near = np.full(len(modes), 0.1)
    np.testing.assert_array_equal(modes.within(near), near)
    far = modes.within(100 * near)
    for part, whole in ((slice(count), near[:count]), (slice(count, None), near[count:])):
        assert np.linalg.norm(far[part]) < 10
        np.testing.assert_allclose(far[part] / np.linalg.norm(far[part]),
                                   whole / np.linalg.norm(whole))  # fmt: skip


@pytest.mark.parametrize("who", [STEERS, *ALSO_STEER])
@pytest.mark.parametrize("name", list(cards())[::6])
def test_away_is_where_the_recogniser_sees_another(modes, name, who):
    """One step away from a face is further than one step in a direction drawn by chance."""
    looks = recogniser(who)
    face = load(name)
    here = looks.describe(*likeness(face))

    def distance(direction):
        return np.linalg.norm(looks.describe(*likeness(modes.moved(face, 2.5 * direction))) - here)

    other = looks.describe(*likeness(load(list(cards())[-1 if name != list(cards())[-1] else 0])))
    direction = modes.away(here, other[None], looks.name)
    assert np.linalg.norm(direction) == pytest.approx(1)
    after = looks.describe(*likeness(modes.moved(face, 2.5 * direction)))
    assert np.linalg.norm(after - other) > np.linalg.norm(here - other)
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(8, len(modes)))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    assert distance(direction) > np.median([distance(d) for d in drawn])
