"""Text that was burned into the picture: names, dates and numbers that a device drew over it.

Looked for are letters beside each other: strokes that are clearly brighter or darker than what is
around them (top-hat and black-hat [1]_), of similar height, on one line. What such a look can miss
is said in docs/dicom.md: letters smaller than `SMALLEST` pixels, faint, slanted or handwritten
ones, scripts whose letters join, one or two letters alone, and what is shown only between the
frames that are looked at. It also takes some things for text that are none.

References
----------
.. [1] Serra, Image Analysis and Mathematical Morphology, Academic Press, 1982.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, pixels; right and bottom are outside."""

SMALLEST = 6
"""Pixels of height that a letter needs to be seen."""
_TALLEST = 0.12  # of the picture's height
_CONTRAST = 45  # grey levels between a stroke and what is around it
_FEWEST = 3  # letters of a line
_LOOKS = 24  # frames that are looked at
_ROOM = 0.35  # of a letter's height that is covered above and below a line
_BESIDE = 1.0  # the same, before and after it: letters that were not seen
_WORDS = 2.5  # heights between two words of one line


@dataclass(frozen=True)
class Found:
    """Where text was seen."""

    boxes: tuple[Box, ...]
    """Lines of text, joined where they overlap."""
    frames: int
    """Frames that were looked at."""


def looked_at(frames: int) -> set[int]:
    """Numbers of the frames that are looked at: spread evenly, first and last included."""
    return set(np.linspace(0, max(frames - 1, 0), _LOOKS).round().astype(int).tolist())


def find(pictures: Iterable[np.ndarray]) -> Found:
    """Look for text in pictures of one clip.

    Parameters
    ----------
    pictures : iterable of np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.

    Returns
    -------
    found : Found
        A line that is seen in one of them counts.
    """
    boxes: list[Box] = []
    count = 0
    for picture in pictures:
        boxes += lines_of(picture)
        count += 1
        boxes = joined(boxes)
    return Found(tuple(boxes), count)


def lines_of(picture: np.ndarray) -> list[Box]:
    """Boxes around the lines of text in one picture [shape=(height, width, 3), dtype=uint8]."""
    height, width = picture.shape[:2]
    tallest = max(int(_TALLEST * height), 2 * SMALLEST)
    found: list[Box] = []
    # the kernel is wider than strokes and narrower than what letters are written on
    for stroke in sorted({5, 9, max(9, tallest // 4 | 1)}):
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (stroke, stroke))
        for channel in (
            picture.min(2),
            picture.max(2),
        ):  # coloured letters stand out in one of them
            for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
                strokes = cv2.morphologyEx(channel, kind, kernel) > _CONTRAST
                found += _lines(strokes.astype(np.uint8), tallest)
    return [
        (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
        for left, top, right, bottom in _one_line(joined(found))
    ]


def _lines(strokes: np.ndarray, tallest: int) -> list[Box]:
    """Letters beside each other, as boxes with some room around them."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    wide, tall, area = stats[1:].T[2:]
    fill = area / np.maximum(wide * tall, 1)
    letters = stats[1:][(tall >= SMALLEST) & (tall <= tallest) & (wide <= 3 * tall) & (fill > 0.12)]
    letters = letters[np.argsort(letters[:, 0], kind="stable")]
    boxes, free = [], np.ones(len(letters), bool)
    for first in range(len(letters)):
        if not free[first]:
            continue
        line = [first]
        for other in range(first + 1, len(letters)):
            if free[other] and _follows(letters[line[-1]], letters[other]):
                line.append(other)
        if len(line) < _FEWEST or not _even(letters[line]):
            continue
        free[line] = False
        x, y, w, h = letters[line][:, :4].T
        room, beside = int(np.ceil(_ROOM * h.max())), int(np.ceil(_BESIDE * h.max()))
        boxes.append(
            (int(x.min()) - beside, int(y.min()) - room, int((x + w).max()) + beside,
             int((y + h).max()) + room)
        )  # fmt: skip
    return boxes


def _one_line(boxes: list[Box]) -> list[Box]:
    """Boxes of words that stand on one line, with what is between them."""
    spans = []
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            tall = min(one[3] - one[1], other[3] - other[1])
            shared = min(one[3], other[3]) - max(one[1], other[1])
            gap = max(one[0], other[0]) - min(one[2], other[2])
            if shared > 0.6 * tall and gap <= _WORDS * tall:
                spans.append((min(one[0], other[0]), min(one[1], other[1]),
                              max(one[2], other[2]), max(one[3], other[3])))  # fmt: skip
    return joined([*boxes, *spans])


def _follows(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a letter may be the next on the line of another."""
    height = max(one[3], other[3])
    gap = other[0] - (one[0] + one[2])
    return bool(
        -0.3 * height <= gap <= 1.1 * height
        and min(one[3], other[3]) >= 0.55 * height
        and abs((one[1] + one[3]) - (other[1] + other[3])) <= 0.35 * height
    )


def _even(letters: np.ndarray) -> bool:
    """Whether letters stand on one line and are drawn with one pen."""
    heights, bottoms = letters[:, 3], letters[:, 1] + letters[:, 3]
    pen = letters[:, 4] / np.maximum(letters[:, 2] + letters[:, 3], 1)  # about the stroke's width
    return bool(
        np.median(np.abs(bottoms - np.median(bottoms))) <= 0.15 * np.median(heights)
        and pen.std() <= 0.45 * pen.mean()
    )


def joined(boxes: list[Box]) -> list[Box]:
    """The same area in boxes that do not overlap, as far as boxes can say it."""
    left: list[Box] = list(dict.fromkeys(boxes))
    done = False
    while not done:
        done = True
        merged: list[Box] = []
        for box in left:
            for k, other in enumerate(merged):
                if (
                    box[0] < other[2]
                    and other[0] < box[2]
                    and box[1] < other[3]
                    and other[1] < box[3]
                ):
                    merged[k] = (min(box[0], other[0]), min(box[1], other[1]),
                                 max(box[2], other[2]), max(box[3], other[3]))  # fmt: skip
                    done = False
                    break
            else:
                merged.append(box)
        left = merged
    return left


def paint_over(picture: np.ndarray, boxes: Iterable[Box]) -> np.ndarray:
    """A copy of a picture with black areas."""
    picture = picture.copy()
    for left, top, right, bottom in boxes:
        picture[max(top, 0) : bottom, max(left, 0) : right] = 0
    return picture
