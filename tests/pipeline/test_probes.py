"""Chips that are described as they come: the same descriptors, and few pictures held."""

import weakref

import numpy as np
import pytest

from mien.pipeline.probes import Probes
from mien.recognition.described import AT_ONCE, Described


class Chip(np.ndarray):
    """A picture of which it can be told whether anybody still holds it."""


def chip(number):
    return np.full((2, 2, 3), number, np.uint8).view(Chip)


class FirstPixel:
    """Describes a chip by its first pixel, and by the number of chips that it was given with."""

    name = "first pixel"

    def __init__(self):
        self.asked = []

    def describe_all(self, chips):
        self.asked.append(len(chips))
        return np.array([[c[0, 0, 0], len(chips)] for c in chips], float).reshape(-1, 2)


@pytest.mark.parametrize("sizes", [[], [1], [AT_ONCE], [1] * 70, [2] * 35, [3, 0, 61, 6], [100]])
def test_they_are_described_in_order_and_together_as_if_all_were_given_at_once(sizes):
    recogniser = FirstPixel()
    described, count = Described(recogniser), 0
    for size in sizes:
        described.add([chip(count + k) for k in range(size)])
        count += size
    found = described.descriptors()
    assert found.shape == (count, 2) and (found[:, 0] == np.arange(count)).all()
    full, rest = divmod(count, AT_ONCE)
    assert (found[: full * AT_ONCE, 1] == AT_ONCE).all() and (
        found[full * AT_ONCE :, 1] == rest
    ).all()
    assert np.array_equal(described.descriptors(), found)


def test_no_more_pictures_are_held_than_are_described_at_once():
    described, held = Described(FirstPixel()), []
    for number in range(10 * AT_ONCE):
        picture = chip(number % 256)
        held.append(weakref.ref(picture))
        described.add([picture])
        del picture
        assert sum(one() is not None for one in held) < AT_ONCE


def test_what_other_detectors_saw_is_compared_with_the_original_too():
    probes = Probes(FirstPixel())
    probes.add(4, [chip(1), chip(2)])
    probes.add_glimpse(9, chip(3), chip(4))
    probes.add(11, [])
    assert probes.frames == [4, 4, 9]
    assert probes.results.descriptors()[:, 0].tolist() == [1, 2, 4]
    assert probes.originals.descriptors()[:, 0].tolist() == [3]


def test_what_other_detectors_saw_behind_a_hand_is_kept_apart():
    probes = Probes(FirstPixel())
    probes.add_glimpse(9, chip(3), chip(4), hidden=True)
    assert probes.frames == [9]
    assert len(probes.originals.descriptors()) == 0
    assert probes.hidden.descriptors()[:, 0].tolist() == [3]
