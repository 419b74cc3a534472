"""Where a hand can be, by its joints: fingers, palm and forearm as round shapes.

Distances are in half widths of the part that is nearest: 0 on its axis, 1 where its edge is in a
hand of usual build, more beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from mien.tracking.hands import Hand, palm_of

FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_SLIM = (0.115, 0.095, 0.098, 0.095, 0.082)  # half width of a finger at its root, of the palm
_TIP = 0.8  # of that at its tip
_KNUCKLES = (5, 9, 13, 17)
_ARM = 3.0  # lengths of the palm by which the forearm is followed
SIDES = 2 * 3  # bones of a finger, each with two sides


@dataclass(frozen=True)
class Parts:
    """The parts of some hands, in pixels of a small picture."""

    ends: np.ndarray
    """Both ends of each part's axis, shape (n, 2, 2)."""
    radii: np.ndarray
    """Half width at each end, shape (n, 2)."""
    group: np.ndarray
    """Which finger each part belongs to, counted through all hands; -1 of palms, -2 of forearms,
    shape (n,)."""
    sure: np.ndarray
    """Whether both joints of a part are sure, shape (n,), bool."""
    palm: float
    """Length of the longest palm."""

    def distances(self, shape: tuple[int, int]) -> np.ndarray:
        """Of every pixel from every part, shape (n, height, width), float32."""
        return _distances(
            self.ends.astype(np.float32), self.radii.astype(np.float32), shape[0], shape[1]
        )


def parts_of(hands: Sequence[Hand], corner: np.ndarray, scale: np.ndarray) -> Parts:
    """The parts of hands in a picture cut out at a corner and scaled, shape (2,) each."""
    ends, radii, group, sure = [], [], [], []
    longest = 0.0
    for number, hand in enumerate(hands):
        joints = (hand.joints - corner) * scale
        palm = palm_of(joints)
        longest = max(longest, palm)

        def add(
            a: np.ndarray, b: np.ndarray, wide: tuple[float, float], of: int, known: bool
        ) -> None:
            ends.append((a, b))
            radii.append((wide[0] * palm, wide[1] * palm))  # noqa: B023
            group.append(of)
            sure.append(known)

        for place, (finger, slim) in enumerate(zip(FINGERS, _SLIM, strict=True)):
            for k in range(3):
                a, b = finger[k], finger[k + 1]
                taper = [slim * (1 - (1 - _TIP) * step / 3) for step in (k, k + 1)]
                known = bool(hand.sure[a] and hand.sure[b])
                add(joints[a], joints[b], (taper[0], taper[1]), 5 * number + place, known)
        for knuckle in _KNUCKLES:
            near = joints[0] + 0.15 * (joints[knuckle] - joints[0])
            known = bool(hand.sure[0] and hand.sure[knuckle])
            add(near, joints[knuckle], (0.15, 0.11), -1, known)
        add(joints[0], joints[1], (0.16, 0.13), -1, bool(hand.sure[0] and hand.sure[1]))
        down = joints[0] - joints[9]
        add(joints[0], joints[0] + _ARM * down, (0.22, 0.30), -2, False)
    return Parts(np.array(ends), np.array(radii), np.array(group), np.array(sure), longest)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _distances(ends: np.ndarray, radii: np.ndarray, height: int, width: int) -> np.ndarray:
    found = np.empty((ends.shape[0], height, width), np.float32)
    for n in range(ends.shape[0]):
        ax, ay = ends[n, 0, 0], ends[n, 0, 1]
        dx, dy = ends[n, 1, 0] - ax, ends[n, 1, 1] - ay
        long = dx * dx + dy * dy + np.float32(1e-9)
        for i in range(height):
            for j in range(width):
                x, y = np.float32(j + 0.5) - ax, np.float32(i + 0.5) - ay
                t = min(max((x * dx + y * dy) / long, np.float32(0)), np.float32(1))
                away = np.sqrt((x - t * dx) ** 2 + (y - t * dy) ** 2)
                found[n, i, j] = away / (radii[n, 0] + t * (radii[n, 1] - radii[n, 0]))
    return found


def widths(parts: Parts, hand: np.ndarray, most: float) -> np.ndarray:
    """How wide each part is in a picture, in the half widths that it should have, shape (n,).

    Of a finger all bones count on both sides: where it touches another one, or a shadow, it seems
    wide on one side, and that is left out of account.

    Parameters
    ----------
    parts : Parts
        Where they are.
    hand : np.ndarray [shape=(height, width), dtype=bool]
        What is taken for a hand.
    most : float
        Half widths that are looked at.
    """
    along = np.linspace(0.1, 0.9, 7)
    out = np.linspace(0.1, most, 24)
    a, b = parts.ends[:, 0], parts.ends[:, 1]
    axis = (b - a) / (np.linalg.norm(b - a, axis=1, keepdims=True) + 1e-9)
    normal = np.column_stack([-axis[:, 1], axis[:, 0]])
    on = a[:, None] + along[:, None] * (b - a)[:, None]  # (n, 7, 2)
    radius = parts.radii[:, :1] + along * (parts.radii[:, 1:] - parts.radii[:, :1])  # (n, 7)
    side = np.array([-1.0, 1.0])
    reach = radius[:, :, None, None] * out * side[:, None]  # (n, 7, 2, 24)
    points = on[:, :, None, None] + reach[..., None] * normal[:, None, None, None]
    cells = np.floor(points).astype(int).clip(0, [hand.shape[1] - 1, hand.shape[0] - 1])
    inside = hand[cells[..., 1], cells[..., 0]]
    first = np.where(inside.all(-1), len(out) - 1, inside.argmin(-1))
    wide = out[first]  # (n, 7, 2)
    found = np.full(len(wide), most)
    for finger in np.unique(parts.group[parts.group >= 0]):
        mine = parts.group == finger
        found[mine] = np.percentile(wide[mine], 30)
    return found
