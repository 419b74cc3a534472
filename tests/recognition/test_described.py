"""A chip that was described is not described again; one that differs in a bit is."""

from __future__ import annotations

import numpy as np

from mien.recognition.described import AT_ONCE, Described, Known


class Counted:
    """Describes a chip by its sum, and counts what it is shown."""

    def __init__(self) -> None:
        self.shown = 0

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        self.shown += len(chips)
        return np.array([[chip.sum(), chip[0, 0, 0]] for chip in chips], float).reshape(-1, 2)


def chip(number: int) -> np.ndarray:
    return np.full((4, 4, 3), number, np.uint8)


def test_the_same_chips_are_described_once_for_all_who_share_what_is_known():
    recogniser, known = Counted(), Known()
    gallery, moments = (Described(recogniser, known) for _ in range(2))
    numbers = [k % 40 for k in range(2 * AT_ONCE)]
    gallery.add([chip(k) for k in numbers])
    moments.add([chip(k) for k in (3, 3, 200)])
    found = gallery.descriptors()
    assert (found[:, 1] == numbers).all() and (found[:, 0] == 48 * found[:, 1]).all()
    assert moments.descriptors()[:, 1].tolist() == [3, 3, 200]
    assert recogniser.shown == 41


def test_a_chip_that_differs_in_one_place_is_another_one():
    recogniser, known = Counted(), Known()
    described, other = Described(recogniser, known), chip(9)
    other[3, 3, 2] = 10
    described.add([chip(9), other])
    assert described.descriptors()[:, 0].tolist() == [48 * 9, 48 * 9 + 1]


def test_with_nothing_to_describe_there_are_no_descriptors():
    assert Described(Counted(), Known()).descriptors().shape == (0, 2)
