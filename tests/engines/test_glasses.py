"""Frames drawn on faces are found whole, whatever they are made of."""

import cv2
import numpy as np
import pytest

from mien.engines.mesh.appearance import MAP, inside, logarithm
from mien.engines.mesh.glasses import glasses
from mien.face.uv import coordinates
from mien.surrogates import load

_OVER = 8  # drawn larger, so that a line may be 1.5 texels wide


def bare(name):
    return cv2.resize(load(name).texture, (MAP, MAP), interpolation=cv2.INTER_AREA)


def outline(side, square):
    """A rim, texels, shape (n, 2); the corners of a square one are round."""
    outer, inner = (33, 133) if side < 0 else (263, 362)
    x, y = (coordinates() * MAP)[[outer, inner]].mean(0)
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    power = 0.5 if square else 1.0
    cos, sin = (np.sign(v) * np.abs(v) ** power for v in (np.cos(angle), np.sin(angle)))
    return np.column_stack([x + 4 * side + 40 * cos, y + 8 + 25 * sin])


def draw(picture, colour, width, square):
    """A picture with a frame, and the middles of its rims, bridge and temples."""
    rims = [outline(side, square) for side in (-1, 1)]
    level = rims[0][:, 1].min() + 14
    ends = [(rims[0][:, 0].max(), level), (rims[1][:, 0].min(), level)]
    parts = [*(np.concatenate([rim, rim[:1]]) for rim in rims), np.array(ends)]
    for side, rim in zip((-1, 1), rims, strict=True):
        hinge = rim[:, 0].min() if side < 0 else rim[:, 0].max()
        parts.append(np.array([(hinge, level), (MAP / 2 + side * MAP / 2, level - 4)]))
    cover = np.zeros((MAP * _OVER, MAP * _OVER), np.uint8)
    for part in parts:
        line = (part * _OVER).round().astype(np.int32)
        cv2.polylines(cover, [line], False, 255, round(width * _OVER))
    share = cv2.resize(cover, (MAP, MAP), interpolation=cv2.INTER_AREA)[..., None] / 255
    worn = (picture * (1 - share) + share * np.array(colour)).astype(np.uint8)
    worn[~inside()] = 0
    way = np.linspace(0, 1, 40)[:, None]
    straight = [part[:1] * (1 - way) + part[1:] * way for part in parts[2:]]
    return worn, rims, straight


FRAMES = {
    "thin": ((40, 36, 34), 1.5, False),
    "thick": ((25, 22, 22), 7.0, True),
    "metal": ((245, 240, 225), 1.8, False),
}


@pytest.mark.parametrize("name", ["man-fair-1", "woman-dark-2", "woman-medium-1", "man-dark-8"])
@pytest.mark.parametrize("frame", sorted(FRAMES))
def test_a_frame_is_found_all_the_way_round(name, frame):
    picture, rims, straight = draw(bare(name), *FRAMES[frame])
    found = glasses(logarithm(picture))
    for part in [*rims, *straight]:
        columns, rows = part.astype(int).clip(0, MAP - 1).T
        on_face = cv2.erode(inside().astype(np.uint8), np.ones((9, 9)))[rows, columns] > 0
        assert found[rows, columns][on_face].min() > 0.5
    # skin, brows and nose are not shown with it
    assert (found > 0.5).mean() < 0.16
    columns, rows = (coordinates()[[105, 334, 50, 280, 4, 151]] * MAP).astype(int).T
    assert found[rows, columns].max() < 0.1
