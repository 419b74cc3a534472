"""Hands over a face: what is certainly hand stays, what is not is blurred or drawn over.

The joints of a hand say where it can be. What is shown has to be told from the face by the picture
as well: a pixel is compared with what the patient's own face, known from the rest of the clip,
would look like there in this light. Where it looks like that it is never shown, whatever the joints
say; so a hand that is imagined shows nothing of the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mien.engines.mesh.appearance import FLOOR, MAP, logarithm, openings
from mien.engines.mesh.hand_shape import Parts, parts_of, widths
from mien.face.geometry import rasterise
from mien.face.uv import coordinates, triangles, unwrap
from mien.tracking.hands import Hand

if TYPE_CHECKING:
    from mien.engines.base import Rendering

_SIDE = 128.0  # pixels of the face's width in the small picture in which hands are told
_REACH = 1.9  # half widths of a finger, or 1.4 of a forearm, beyond which there is no hand
_ARM = 1.4
_WIDEST = 1.3  # half widths of a finger or a palm in which it is believed
_EDGE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19))  # of a face, small pixels
_NARROW = 0.75  # of those half widths, there
_CORE = 0.5  # half widths within which a part is its own axis
_UNLIKE = (2.5, 0.08)  # noises, and log, by which a part's axis has to differ from the face
_MOSTLY = 40.0  # percentile of it that has to
_FEW = 6  # small pixels of an axis on the face from which on that is asked
_REAL = 0.5  # of the axes that are asked about, without which a hand is imagined
_ALIKE = (1.3, 0.045)  # ... below which a pixel is the face
_LIGHT = 0.18  # of the face's width: light on it is smoother than this
_TINT = 0.09  # log: red over green by which a hand's skin differs from itself
_AGREED = 0.9  # of the parts that are sure, from which on a hand is blurred that shows nothing
_PIECE = 0.04  # of the palm's length squared: pieces that are smaller are not shown
_ROUNDS = 2  # of the segmentation
_CERTAIN = 1.8, 1.2  # small pixels inside the edge where a hand begins to be shown, and over which
_SMEAR = 0.05  # of the face's width
_MOST = 0.42  # of the inner face that is shown at most: half of it would be a face left alone
_INNER = 0.33


@dataclass(frozen=True)
class Over:
    """What hands do to a patch of a frame."""

    kept: np.ndarray
    """Share of each pixel that stays the frame's own, shape (height, width), float32."""
    smeared: np.ndarray
    """Share that shows the frame blurred, likewise."""
    blurred: np.ndarray
    """The frame, blurred, where hands are, shape (height, width, 3), uint8."""
    near: np.ndarray
    """1 on and beside hands in the layout of the face, shape (256, 256), float32."""


@dataclass(frozen=True)
class _View:
    """A face in a small picture."""

    scale: np.ndarray
    """Small pixels of one of the frame's, across and down."""
    log: np.ndarray
    """What is seen, log, shape (h, w, 3)."""
    expected: np.ndarray
    """What the face at rest would look like there, log, shape (h, w, 3)."""
    skin: np.ndarray
    """Where that is known, bool, shape (h, w)."""
    face: np.ndarray
    """The whole face, bool."""


def hands_over(
    image: np.ndarray,
    landmarks: np.ndarray,
    hands: Sequence[Hand],
    box: tuple[int, int, int, int],
    neutral: np.ndarray,
) -> Over | None:
    """What of hands is shown in a patch of a frame; None if none lies over the face.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        The frame, RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        The face, pixels.
    hands : sequence of Hand
        Hands in the frame.
    box : tuple of int
        Left, top, right, bottom of the patch, pixels.
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture of the patient at rest.
    """
    hands = [hand for hand in hands if hand.over(landmarks)]
    if not hands:
        return None
    left, top, right, bottom = box
    part = image[top:bottom, left:right]
    view = _view(part, landmarks - [left, top, 0], neutral)
    parts = parts_of(hands, np.array([left, top]), view.scale)
    shape = view.log.shape[:2]
    far = parts.distances((shape[0], shape[1]))
    unlike, noise = _unlike(view, parts, far)
    hand = _segment(view, parts, far, unlike, noise)
    kept = hand & ~(view.skin & (cv2.GaussianBlur(unlike, (0, 0), 1.2) < _least(_ALIKE, noise)))
    kept = _pieces(kept, _PIECE * parts.palm**2)
    doubt = _doubtful(view, parts, far, unlike, noise, hand)
    return _laid(part, landmarks - [left, top, 0], view, kept, doubt)


def _pieces(kept: np.ndarray, least: float) -> np.ndarray:
    """Without what is thin, and without pieces of fewer pixels, bool."""
    thick = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(thick)
    return np.asarray((thick > 0) & (sizes[:, cv2.CC_STAT_AREA] >= least)[labels])


def _least(of: tuple[float, float], noise: float) -> float:
    return max(of[0] * noise, of[1])


def _view(part: np.ndarray, landmarks: np.ndarray, neutral: np.ndarray) -> _View:
    """See `_View`; landmarks in pixels of the part."""
    share = min(1.0, _SIDE / max(float(np.ptp(landmarks[:468, 0])), 1.0))
    size = max(8, round(part.shape[1] * share)), max(8, round(part.shape[0] * share))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
    corners = triangles(mouth=True)
    index, weights = rasterise(landmarks * [*scale, share], corners, size[1], size[0])
    where = coordinates()[corners[np.maximum(index, 0)]] * weights[..., None]
    x, y = np.moveaxis(where.sum(2).astype(np.float32) * MAP - 0.5, 2, 0)
    expected = cv2.remap(neutral, x, y, cv2.INTER_LINEAR)
    opening = cv2.remap(openings(), x, y, cv2.INTER_LINEAR)
    face = index >= 0
    return _View(scale, logarithm(small), expected, face & (opening < 0.3), face)


def _unlike(view: _View, parts: Parts, far: np.ndarray) -> tuple[np.ndarray, float]:
    """How unlike the face each pixel is, log, and how unlike it the face itself is."""
    arms = parts.group == -2
    away = view.skin & (far[~arms].min(0) > 2.2) & (far[arms].min(0) > _ARM)
    weight = away.astype(np.float32)
    apart = (view.log - view.expected).clip(-0.8, 0.8)
    sigma = _LIGHT * _SIDE
    most = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    whole = (apart * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1.0)
    light = cv2.GaussianBlur(apart * weight[..., None], (0, 0), sigma)
    rest = apart - (light + 0.01 * whole) / (most + 0.01)
    bright = rest.mean(2)
    tint = ((rest - bright[..., None]) ** 2).mean(2)
    unlike = cv2.GaussianBlur(np.sqrt(bright**2 + 4 * tint).astype(np.float32), (0, 0), 1.0)
    noise = 1.6 * float(np.median(unlike[away])) if away.sum() > 50 else 0.1
    return unlike, noise


def _proven(
    view: _View, parts: Parts, far: np.ndarray, unlike: np.ndarray, noise: float
) -> np.ndarray:
    """Parts that are where the joints say: sure, and unlike the face, shape (n,), bool.

    None where most of those on the face look like it: such a hand is imagined.
    """
    found, asked, seen = parts.sure.copy(), 0, 0
    for number in np.flatnonzero(found):
        on_face = (far[number] < _CORE) & view.skin
        if on_face.sum() >= _FEW:
            asked += 1
            found[number] = np.percentile(unlike[on_face], _MOSTLY) > _least(_UNLIKE, noise)
            seen += int(found[number])
    return found & (seen >= _REAL * asked)


def _segment(
    view: _View, parts: Parts, far: np.ndarray, unlike: np.ndarray, noise: float
) -> np.ndarray:
    """Pixels that are hand, bool."""
    proven = _proven(view, parts, far, unlike, noise)
    axes = (far[proven] < _CORE).any(0)
    arms = parts.group == -2
    near, arm = far[~arms].min(0), far[arms].min(0)
    possible = (near < _REACH) | (arm < _ARM)
    nothing = np.zeros(view.skin.shape, bool)
    if axes.sum() < 20:
        return nothing
    red = view.log[..., 0] - view.log[..., 1]
    rows, columns = np.nonzero(possible)
    window = tuple(slice(max(int(v.min()) - 10, 0), int(v.max()) + 11) for v in (rows, columns))
    light = view.log.mean(2)[window]
    guess = np.where(possible, cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    guess[near < 1.0] = cv2.GC_PR_FGD
    guess[axes] = cv2.GC_FGD
    picture = np.dstack(
        [
            (light - light.min()) / (np.ptp(light) + 1e-6) * 255,
            128 + red[window] * 250,
            np.where(view.skin, unlike.clip(0, 0.6), 0.15)[window] / 0.6 * 255,
        ]
    )
    guess = np.ascontiguousarray(guess[window])
    if not (guess == cv2.GC_BGD).any() and not (guess == cv2.GC_PR_BGD).any():
        return nothing
    cv2.setRNGSeed(1)  # the same frame gives the same hand
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(
        picture.clip(0, 255).astype(np.uint8), guess, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK
    )
    hand = nothing.copy()
    hand[window] = (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)
    own = red[axes]
    hand &= np.abs(red - np.median(own)) < max(_TINT, 2.5 * float(np.std(own)))
    # a finger is as wide as it is on its free side: what seems to widen it is its shadow
    wide = widths(parts, hand, _REACH)
    wide = np.where(arms, _ARM, np.where(parts.group == -1, _WIDEST, wide.clip(None, _WIDEST)))
    fits = proven | (arms & proven.any())
    # at its outline the face is known less well, by the hair that hangs there
    edge = view.face & ~cv2.erode(view.face.astype(np.uint8), _EDGE).astype(bool)
    narrow = np.where(edge, np.float32(_NARROW), np.float32(1.0))
    hand &= (far[fits] < wide[fits, None, None] * narrow).any(0)
    _, labels = cv2.connectedComponents(hand.astype(np.uint8))
    return hand & np.isin(labels, np.unique(labels[axes & hand]))


def _doubtful(
    view: _View,
    parts: Parts,
    far: np.ndarray,
    unlike: np.ndarray,
    noise: float,
    hand: np.ndarray,
) -> np.ndarray:
    """Pixels that may be hand, or its shadow: unexplained and joined to it, bool."""
    strange = view.skin & (cv2.GaussianBlur(unlike, (0, 0), 1.5) > _least(_UNLIKE, noise))
    strange = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5))) > 0
    near = far.min(0) < 0.8 * parts.palm / max(float(parts.radii.mean()), 1e-6)
    # no face is drawn on the palm and the sure fingers of a hand that is real; one of the face's
    # own colour cannot be told from it, but two looks that agree throughout leave little doubt
    agreed = parts.sure[parts.group != -2].mean() > _AGREED
    shape = hand
    if hand.any() or agreed:
        shape = (far[parts.sure | (parts.group == -1)] < 1.0).any(0)
    if not hand.any():
        return shape
    maybe = hand | shape | (strange & near)
    _, labels = cv2.connectedComponents(maybe.astype(np.uint8))
    return maybe & np.isin(labels, np.unique(labels[hand]))


def _laid(
    part: np.ndarray, landmarks: np.ndarray, view: _View, kept: np.ndarray, doubt: np.ndarray
) -> Over:
    """From small pictures to those of the patch."""
    size = part.shape[1::-1]
    one = 1 / float(view.scale.mean())
    whole = cv2.resize(kept.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5
    deep = cv2.distanceTransform(whole.astype(np.uint8), cv2.DIST_L2, 5)
    share = np.clip((deep - _CERTAIN[0] * one) / (_CERTAIN[1] * one), 0, 1)
    share = (share * share * (3 - 2 * share)).astype(np.float32)
    maybe = cv2.GaussianBlur((doubt | kept).astype(np.float32), (0, 0), 1.0)
    smeared = cv2.resize(maybe, size, interpolation=cv2.INTER_LINEAR).clip(0, 1)
    zone = (doubt | kept).astype(np.float32)
    small = np.exp(view.log) - FLOOR
    sigma = _SMEAR * _SIDE
    weight = cv2.GaussianBlur(zone, (0, 0), sigma)[..., None] + 1e-3
    blurred = cv2.GaussianBlur(small * zone[..., None] + 1e-3 * small, (0, 0), sigma) / weight
    blurred = cv2.resize(blurred.clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_CUBIC)
    if _share_of_inner(share, landmarks) > _MOST:
        smeared = np.maximum(smeared, share)
        share = np.zeros_like(share)
    beside = cv2.dilate(smeared, np.ones((3, 3)), iterations=max(1, round(2 * one)))
    seen = (255 * beside).astype(np.uint8)[..., None].repeat(3, 2)
    near = unwrap(np.ascontiguousarray(seen), landmarks, MAP)[..., 0].astype(np.float32) / 255
    return Over(share, smeared, blurred, near)


def _share_of_inner(kept: np.ndarray, landmarks: np.ndarray) -> float:
    """Share of the inner face, eyes to mouth, that is shown as it is."""
    low, high = landmarks[:468, :2].min(0), landmarks[:468, :2].max(0)
    x, y = (low + high) / 2
    radius = _INNER * float((high - low).max())
    rows, columns = np.ogrid[: kept.shape[0], : kept.shape[1]]
    circle = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= radius**2
    return float((kept[circle] > 0).mean()) if circle.any() else 0.0


def lay(image: np.ndarray, rendering: Rendering, over: Over) -> None:
    """Lay hands over a rendering, in place.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        The original frame.
    rendering : Rendering
        Of the face below.
    over : Over
        In its patch.
    """
    height, width = rendering.opacity.shape
    part = image[rendering.top : rendering.top + height, rendering.left : rendering.left + width]
    colour = rendering.picture.astype(np.float32)
    for share, what in ((over.smeared * rendering.opacity, over.blurred), (over.kept, part)):
        opacity = share + (1 - share) * rendering.opacity
        weight = np.divide(share, opacity, out=np.zeros_like(share), where=opacity > 0)[..., None]
        colour += weight * (what - colour)
        rendering.opacity[:] = opacity
    rendering.picture[:] = np.rint(colour).clip(0, 255).astype(np.uint8)
