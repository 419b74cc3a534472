"""What looks like a patient's skin, by tint and brightness, and the face without what covers it.

Something that lies over a face for most of a clip and then goes must not be taken for the face:
what comes to light when it is gone is unlike it, and is the patient's own skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from mien.engines.mesh.appearance import features, inside

_TINT = 0.16  # log, of a channel: what is tinted otherwise is no skin
_DARKEST, _LIGHTEST = -1.1, 0.8  # log: skin in shadow, skin in a highlight
_PIECE = 13  # texels across: what is narrower, a rim of glasses or a strand, is left as it is
_ROUND = 9  # texels beyond it that its edge and its shadow take
_ACROSS = 31  # texels of eyes or lips between two parts of what lies over both
_OFTEN = 0.3  # of the calm frames, from which on a median may be of what covers the face
_SEEN = 0.15  # of all frames that have to show the face itself there
_FEWEST = 2
_ANOTHER = 0.25  # log: what is nearer to the face is the face, in the light of another pose


def tone_of(logs: Sequence[np.ndarray]) -> np.ndarray:
    """Usual colour of a face's skin, log, shape (3,), in log textures of shape (256, 256, 3)."""
    skin = _skin()
    return np.asarray(np.median(np.stack([log[skin] for log in logs]), axis=(0, 1)))


def like_skin(log: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Where a log picture of shape (h, w, 3) can be skin of that tone, lit or in shadow, bool."""
    apart = log - np.asarray(tone, np.float32)
    bright = apart.mean(2)
    tint = np.abs(apart - bright[..., None]).max(2)
    return np.asarray((tint < _TINT) & (bright > _DARKEST) & (bright < _LIGHTEST))


def uncovered(neutral: np.ndarray, logs: Sequence[np.ndarray], calm: np.ndarray) -> np.ndarray:
    """A face at rest without what lies over it in most frames, as far as others show it bare.

    Parameters
    ----------
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture at rest, the median of the calm frames.
    logs : sequence of np.ndarray [shape=(256, 256, 3)]
        Log textures of all frames that it may be learnt from.
    calm : np.ndarray
        Numbers of the calm ones.
    """
    tone = tone_of(logs)
    over = np.stack([_covered(log, tone) for log in logs])
    seen = (~over).sum(0)
    wrong = over[calm].mean(0) > _OFTEN
    wrong &= seen >= max(_FEWEST, _SEEN * len(logs))
    if not wrong.any():
        return neutral
    bare = np.stack([log[wrong] for log in logs])
    bare[over[:, wrong]] = np.nan
    found = neutral.copy()
    found[wrong] = np.nanmedian(bare, axis=0)
    apart = np.abs(found - neutral).max(2)
    result = neutral.copy()
    count, piece = cv2.connectedComponents(wrong.astype(np.uint8))
    for k in range(1, count):
        here = piece == k
        if apart[here].mean() > _ANOTHER:
            result[here] = found[here]
    return result


def _covered(log: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Where something broad that is no skin lies over a face, its eyes and lips too, bool."""
    strange = (_skin() & ~like_skin(log, tone)).astype(np.uint8)
    broad = cv2.morphologyEx(strange, cv2.MORPH_OPEN, _round(_PIECE))
    whole = cv2.morphologyEx(broad, cv2.MORPH_CLOSE, _round(_ACROSS))
    return cv2.dilate(broad | (whole & ~_skin()), _round(_ROUND)) > 0


def _round(side: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


@cache
def _skin() -> np.ndarray:
    """Where a face is skin, shape (256, 256), bool."""
    return np.asarray(inside() & ~features())
