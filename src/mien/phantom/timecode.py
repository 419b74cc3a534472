"""A number drawn into a corner of a picture, which survives a call and can be read back.

A strip of 24 black or white cells at the top left: four that are always alike, 16 bits of the
number, and four of a sum that tells a misread one. Whoever sees the picture at the other end knows
which one it was, and so how long it took.
"""

from __future__ import annotations

import numpy as np

CELL = 12
"""Pixels of a side of a cell."""
_START = (1, 0, 1, 0)
_BITS = 16
_DARK, _BRIGHT = 90, 165  # grey levels: up to one a cell is black, from the other on white
CELLS = len(_START) + _BITS + 4
"""In the strip, from left to right."""


def stamp(image: np.ndarray, number: int) -> None:
    """Draw a number into a picture.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        At least 288 pixels wide; changed in place.
    number : int
        0 to 65,535.
    """
    bits = [number >> k & 1 for k in range(_BITS)]
    for place, bit in enumerate((*_START, *bits, *_check(bits))):
        image[:CELL, place * CELL : (place + 1) * CELL] = 235 if bit else 16


def read(image: np.ndarray) -> int | None:
    """The number in a picture; None where there is none.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
    """
    if image.shape[0] < CELL or image.shape[1] < CELL * CELLS:
        return None
    cells = image[3 : CELL - 3, : CELL * CELLS].reshape(CELL - 6, CELLS, CELL, 3)[:, :, 3:-3]
    levels = cells.mean(axis=(0, 2, 3))
    if ((levels > _DARK) & (levels < _BRIGHT)).any():
        return None  # neither black nor white
    seen = [int(level >= _BRIGHT) for level in levels]
    bits = seen[len(_START) : -4]
    if seen[: len(_START)] != list(_START) or seen[-4:] != _check(bits):
        return None
    return sum(bit << k for k, bit in enumerate(bits))


def _check(bits: list[int]) -> list[int]:
    """A sum of the number's four groups of four bits, and one, so that nothing is not zero."""
    groups = [sum(bits[4 * g + k] << k for k in range(4)) for g in range(4)]
    total = (1 + sum((2 * g + 1) * group for g, group in enumerate(groups))) % 16
    return [total >> k & 1 for k in range(4)]
