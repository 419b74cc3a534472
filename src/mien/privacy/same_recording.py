"""Whether two clips are of one recording, whatever was done to the faces in one of them.

Clothes, room or hair stay somewhere in a result, or at least their light and dark do. So small
tiles
of both pictures are compared at the same moments: of one recording some are alike, of two hardly
any are, and what is solid in one of them says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.video import Reader

_EVERY_S = 0.5
_LONGEST_S = 30.0  # that is looked through
_ENOUGH = 400  # tiles with something in them
_FEWEST = 24  # of them, without which nothing is said
_SIDE, _TILE = 128, 16  # pixels
_PLAIN = 3.0  # standard deviation in grey levels under which a tile shows nothing
_ALIKE = 0.85  # correlation of tiles
_SHARE = 0.08  # of the tiles, under which two clips are not of one recording


def check_same_recording(
    original: str | os.PathLike[str], deidentified: str | os.PathLike[str]
) -> None:
    """Refuse two clips of which one cannot be a result of the other.

    Parameters
    ----------
    original, deidentified : path
        The clips; their moments are counted from the first frame of each.

    Raises
    ------
    ParameterError
        If hardly a part of the one picture looks like that of the other at any moment.
    VideoError
        If a clip cannot be read.
    """
    share = share_alike(original, deidentified)
    if share is not None and share < _SHARE:
        names = Path(deidentified).name, Path(original).name
        raise ParameterError(
            f"{names[0]} does not seem to be made of {names[1]}: hardly any part of their pictures "
            "is alike at the same moments; name a clip and what became of it."
        )


def share_alike(
    original: str | os.PathLike[str], deidentified: str | os.PathLike[str]
) -> float | None:
    """Share of the tiles with something in them that look alike, 0 to 1; None with too few."""
    alike = shown = 0
    with (
        closing(_moments(original)) as ones,
        closing(_moments(deidentified)) as others,
    ):
        for one, other in zip(ones, others, strict=False):
            correlation = _correlations(one, other)
            shown += len(correlation)
            alike += int((correlation > _ALIKE).sum())
            if shown >= _ENOUGH:
                break
    return None if shown < _FEWEST else alike / shown


def _moments(path: str | os.PathLike[str]) -> Generator[np.ndarray, None, None]:
    """Small grey pictures, one each half second from the first frame on."""
    first, due = None, 0.0

    def wanted(time: float) -> bool:
        nonlocal first
        first = time if first is None else first
        return time - first >= due - 1e-6

    with Reader(path) as clip:
        for frame in clip.selected(wanted):
            if due > _LONGEST_S:
                return
            due += _EVERY_S
            small = cv2.resize(frame.image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
            yield cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Correlation of each pair of tiles in which both pictures show something."""
    a, b = (_tiles(picture) for picture in (one, other))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    spread = a.std(1), b.std(1)
    something = (spread[0] > _PLAIN) & (spread[1] > _PLAIN)
    together = (a[something] * b[something]).mean(1)
    return np.asarray(together / (spread[0][something] * spread[1][something]))


def _tiles(picture: np.ndarray) -> np.ndarray:
    """Tiles of a picture, shape (n_tiles, pixels)."""
    count = _SIDE // _TILE
    tiles = picture.reshape(count, _TILE, count, _TILE).swapaxes(1, 2)
    return tiles.reshape(count * count, _TILE * _TILE)
