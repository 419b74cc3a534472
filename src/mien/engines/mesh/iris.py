"""Irises: where they look and how wide the pupil is stays; their colour and pattern are another's.

In polar coordinates round the iris, what changes slowly with the angle is kept: the pupil, wherever
exactly it lies, the dark ring at the edge, the shadow of the lid. What is left of it is the
pattern, by which people are known, and gives way to one that is nobody's. The colour is shifted by
one constant for a person, so that light and shadow pass as they were. Glints and lashes stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from mien.engines.mesh.appearance import FLOOR, logarithm
from mien.face.topology import LEFT_EYE_RING, LEFT_IRIS, RIGHT_EYE_RING, RIGHT_IRIS
from mien.tracking.track import Sample

_EYES = ((RIGHT_EYE_RING, RIGHT_IRIS), (LEFT_EYE_RING, LEFT_IRIS))
# colours of irises, RGB, where the white of the eye is `_WHITE`: as dark ones and as light ones are
_DARK = ((80, 58, 46), (76, 68, 50), (66, 64, 63), (60, 65, 72))
_LIGHT = ((88, 72, 58), (98, 90, 70), (98, 108, 92), (108, 114, 118), (98, 116, 134))
_WHITE = 175.0
_LIGHTER = -1.0  # log: brightness beside the white of the eye from which on an iris is light
_APART = 0.15  # log: colours that are nearer are one
_DARKER = (
    -0.4
)  # log: none is made darker by more, and none brighter: a pupil would have to be made up
_MOST = 0.34  # log: no colour is shifted farther
_ANNULUS = 0.5, 0.85  # radii between which an iris is all iris
_EDGE = 0.84, 1.02  # radii over which the change of the colour fades out
_SKIN = 0.02  # of an eye that is open, below which there is skin round it
_TINTED = 2.0  # what a difference of tint counts beside one of brightness, by which lids vary
_LID = 0.2, 0.45  # of the way from the skin to the iris: below is a lid, above an iris
_TOLD = 0.15  # log: an iris that is nearer to the skin is not told from it
_BETWEEN = 0.15  # log: on either side of half-way between an iris and the white it is either
_SLIT = 0.1, 0.25  # of an iris that is seen between the lids: where less is, it has no colour
_SMALL = 5.0  # pixels of an iris's radius under which it has no pattern
_STEP = 1.3  # pixels between the radii at which it is modelled
_OUTSTANDING = 0.3, 0.6  # log: what differs so much is a glint or a lash, and stays
_TEXELS = (24, 256)  # of a pattern: along the radius, round


@dataclass(frozen=True)
class IrisColour:
    """A patient's irises in the light of a clip."""

    tint: np.ndarray
    """Log RGB without its mean, beside the white of the eye, shape (3,)."""
    bright: float
    """Log brightness beside the white of the eye."""
    rough: float
    """How much their pattern varies, log."""
    between: float = -0.5
    """Log brightness half-way between them and the white of the eye, beside the skin round it."""
    beside: np.ndarray | None = None
    """Log RGB beside the skin round the eye, shape (3,); None where none was seen."""


@dataclass(frozen=True)
class Iris:
    """What irises are given."""

    shift: np.ndarray
    """Of the colour, log, shape (3,)."""
    pattern: np.ndarray
    """Log brightness by radius and angle, shape (24, 256), float32."""
    between: float = -0.5
    """See `IrisColour.between`."""
    beside: np.ndarray | None = None
    """See `IrisColour.beside`."""


@dataclass(frozen=True)
class _Eye:
    """The part of a frame round one iris."""

    rows: slice
    columns: slice
    log: np.ndarray
    """RGB, log, shape (h, w, 3)."""
    radius: np.ndarray
    """Distance from the middle of the iris, its edge at 1, shape (h, w)."""
    angle: np.ndarray
    """Round it, from the line between the eyes, radians."""
    open: np.ndarray
    """1 between the lids, 0 on them, soft."""
    size: float
    """Pixels of the radius."""


def _eyes(image: np.ndarray, landmarks: np.ndarray) -> list[_Eye]:
    """Both eyes, as far as they are in the picture and not shut."""
    found = []
    height, width = image.shape[:2]
    for ring, iris in _EYES:
        middle, right, top, left, low = landmarks[iris, :2]
        across, up = (right - left) / 2, (low - top) / 2
        size = float(np.linalg.norm(across))
        corner = np.floor(middle - 1.7 * size - 2).astype(int).clip(0, [width, height])
        end = np.ceil(middle + 1.7 * size + 3).astype(int).clip(0, [width, height])
        turn = across[0] * up[1] - across[1] * up[0]
        if (end - corner < 6).any() or abs(turn) < 1.0:
            continue
        rows, columns = slice(corner[1], end[1]), slice(corner[0], end[0])
        y, x = np.mgrid[rows, columns] + 0.5
        x, y = x - middle[0], y - middle[1]
        u, v = (x * up[1] - y * up[0]) / turn, (y * across[0] - x * across[1]) / turn
        lids = np.zeros(x.shape, np.uint8)
        points = ((landmarks[ring, :2] - corner - 0.5) * 16).round().astype(np.int32)
        cv2.fillPoly(lids, [points], 255, cv2.LINE_AA, 4)
        opened = cv2.GaussianBlur(lids, (0, 0), max(0.6, 0.05 * size)).astype(np.float32) / 255
        part = logarithm(np.ascontiguousarray(image[rows, columns]))
        found.append(_Eye(rows, columns, part, np.hypot(u, v), np.arctan2(v, u), opened, size))
    return found


def colour_of(samples: Sequence[Sample]) -> IrisColour | None:
    """A patient's irises in frames spread over a clip; None if they are never seen."""
    tints, rough, whites, beside = [], [], [], []
    for sample in samples:
        for eye in _eyes(sample.image, sample.landmarks):
            seen = eye.open > 0.9
            iris = seen & (eye.radius > _ANNULUS[0]) & (eye.radius < _ANNULUS[1])
            white = seen & (eye.radius > 1.25)
            if iris.sum() < 12 or white.sum() < 6:
                continue
            brightest = eye.log[white]
            brightest = brightest[np.argsort(brightest.mean(1))[len(brightest) // 2 :]]
            tints.append(np.median(eye.log[iris], axis=0) - np.median(brightest, axis=0))
            skin = eye.log[eye.open < _SKIN]
            if len(skin) >= 6:
                whites.append(float(np.median(brightest) - np.median(skin.mean(1))))
                beside.append(np.median(eye.log[iris], axis=0) - np.median(skin, axis=0))
            if eye.size >= _SMALL:
                rest = eye.log - _slow(eye)
                rough.append(float(np.median(np.abs(rest[iris].mean(1)))) * 1.5)
    if len(tints) < 2:
        return None
    tint = np.median(tints, axis=0)
    bright = float(tint.mean())
    between = bright / 2 + (float(np.median(whites)) if whites else 0.0)
    found = float(np.median(rough)) if rough else 0.0
    told = np.median(beside, axis=0) if beside else None
    return IrisColour(tint - bright, bright, found, between, told)


def given(name: str, patient: IrisColour | None) -> Iris | None:
    """The irises of a surrogate on a patient: of a colour that is not the patient's.

    Parameters
    ----------
    name : str
        Id of the surrogate: the same one has the same irises.
    patient : IrisColour or None
        The patient's; None where they were never seen, and stay.
    """
    if patient is None:
        return None
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    rng = np.random.default_rng(seed)
    colours = np.log(np.array(_DARK if patient.bright < _LIGHTER else _LIGHT, float))
    tints = colours - colours.mean(1, keepdims=True)
    far = np.linalg.norm(tints - patient.tint, axis=1)
    others = np.flatnonzero(far > max(_APART, float(far.min())))
    chosen = int(rng.choice(others))
    shift = tints[chosen] - patient.tint
    shift *= min(1.0, _MOST / float(np.linalg.norm(shift)))
    bright = float(colours[chosen].mean() - np.log(_WHITE))
    shift = shift + np.clip(bright - patient.bright, _DARKER, 0)
    rough = float(np.clip(patient.rough, 0.02, 0.1))
    return Iris(shift.astype(np.float32), rough * _pattern(seed), patient.between, patient.beside)


@cache
def _pattern(seed: int) -> np.ndarray:
    """Spokes and furrows of nobody, of unit strength, shape (24, 256), float32."""
    rng = np.random.default_rng([seed, 1])
    fine = rng.standard_normal(_TEXELS).astype(np.float32)
    found = np.zeros(_TEXELS, np.float32)
    for along, round_, strength in ((5.0, 1.5, 1.0), (3.0, 4.0, 0.7), (1.5, 9.0, 0.4)):
        wrapped = np.concatenate([fine, fine, fine], axis=1)
        band = cv2.GaussianBlur(wrapped, (0, 0), sigmaX=round_, sigmaY=along)
        band = band[:, _TEXELS[1] : 2 * _TEXELS[1]]
        found += strength * band / band.std()
        fine = rng.standard_normal(_TEXELS).astype(np.float32)
    return np.asarray(found / found.std(), np.float32)


def repaint(image: np.ndarray, landmarks: np.ndarray, iris: Iris | None) -> np.ndarray:
    """A frame whose irises are others; the frame itself is not changed.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        The face, pixels.
    iris : Iris or None
        What they are given; None for nothing.
    """
    eyes = _eyes(image, landmarks) if iris is not None else []
    if iris is None or not eyes:
        return image
    result = image.copy()
    for eye in eyes:
        inside, change = _share(eye, iris)
        if change.max() < 0.5:
            continue
        new = eye.log + change[..., None] * iris.shift
        if eye.size >= _SMALL:
            slow = _slow(eye)
            rest = eye.log - slow
            bright = np.abs(rest.mean(2))
            low, high = _OUTSTANDING
            stays = np.clip((bright - low) / (high - low), 0, 1)
            gone = (inside * (1 - stays))[..., None]
            new -= gone * rest
            new += gone * (_laid(iris.pattern, eye) * _beyond_pupil(eye, slow))[..., None]
        drawn = np.rint(np.exp(new) - FLOOR).clip(0, 255).astype(np.uint8)
        mine = inside > 0.004
        result[eye.rows, eye.columns][mine] = drawn[mine]
    return result


def _share(eye: _Eye, given: Iris) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel lies inside the iris and between the lids, 0-1; and how much of that
    is not white."""
    x = np.clip((_EDGE[1] - eye.radius) / (_EDGE[1] - _EDGE[0]), 0, 1)
    seen = float(eye.open[eye.radius < _ANNULUS[1]].mean())  # through shut lids lashes are
    inside = x * x * (3 - 2 * x) * eye.open
    inside = inside * float(np.clip((seen - _SLIT[0]) / (_SLIT[1] - _SLIT[0]), 0, 1))
    inside = inside * _no_lid(eye, given.beside)
    change = inside
    bright = eye.log.mean(2)
    iris = (eye.open > 0.9) & (eye.radius > _ANNULUS[0]) & (eye.radius < _ANNULUS[1])
    white = (eye.open > 0.9) & (eye.radius > 1.25)
    if iris.sum() >= 6 and white.sum() >= 6:
        dark, light = float(np.median(bright[iris])), float(np.percentile(bright[white], 75))
        if light > dark + 0.1:
            y = np.clip((light - bright) / (0.6 * (light - dark)), 0, 1)
            change = inside * y * y
            return np.asarray(inside, np.float32), np.asarray(change, np.float32)
    # all of it is alike: an iris beside which no white is seen, or white beside a hidden iris
    skin = bright[eye.open < _SKIN]
    if skin.size >= 6:
        # of the brighter skin: a dark glove beside it makes no white
        half = float(np.percentile(skin, 75)) + given.between
        inside = inside * np.clip((half - bright) / (2 * _BETWEEN) + 0.5, 0, 1)
        change = inside
    return np.asarray(inside, np.float32), np.asarray(change, np.float32)


def _no_lid(eye: _Eye, beside: np.ndarray | None) -> np.ndarray | float:
    """0 where an eye that landmarks take for open shows a lid, 1 where it may show an iris."""
    skin = eye.log[eye.open < _SKIN]
    if beside is None or len(skin) < 6:
        return 1.0
    way = _by_tint(beside)
    length = float(way @ way)
    if length < _TOLD**2:
        return 1.0
    along = _by_tint(eye.log - np.median(skin, axis=0)) @ way / length
    return np.asarray(np.clip((along - _LID[0]) / (_LID[1] - _LID[0]), 0, 1))


def _by_tint(log: np.ndarray) -> np.ndarray:
    """Differences of colours, log, shape (..., 3), in which tint counts more than brightness."""
    bright = log.mean(-1, keepdims=True)
    return np.concatenate([_TINTED * (log - bright), np.sqrt(3) * bright], axis=-1)


def _slow(eye: _Eye) -> np.ndarray:
    """What changes slowly round the iris: two waves at each radius, log, shape (h, w, 3)."""
    steps = int(np.clip(round(eye.size / _STEP), 4, 12))
    near = eye.radius < 1.1
    radius, angle = eye.radius[near].astype(np.float32), eye.angle[near].astype(np.float32)
    knots = radius * steps
    hats = np.maximum(0, 1 - np.abs(knots[..., None] - np.arange(steps + 2, dtype=np.float32)))
    waves = [np.ones_like(angle)]
    for k in (1, 2):
        waves += [np.cos(k * angle), np.sin(k * angle)]
    basis = (hats[..., None] * np.stack(waves, -1)[..., None, :]).reshape(radius.size, -1)
    weight, values = eye.open[near][:, None], eye.log[near]
    found = values
    for _ in range(2):  # the second time without glints and lashes
        inner = basis.T @ (weight * basis) + 1e-3 * np.eye(basis.shape[1], dtype=np.float32)
        found = basis @ np.linalg.solve(inner, basis.T @ (weight * values))
        apart = np.abs((values - found).mean(1, keepdims=True))
        weight = weight * (apart < _OUTSTANDING[0])
    slow = eye.log.copy()
    slow[near] = found
    return slow


def _beyond_pupil(eye: _Eye, slow: np.ndarray) -> np.ndarray:
    """0 in the pupil, which has no pattern, 1 where an iris is as bright as it gets, (h, w)."""
    bright = slow.mean(2)
    iris = (eye.open > 0.5) & (eye.radius > _ANNULUS[0]) & (eye.radius < _ANNULUS[1])
    pupil = (eye.open > 0.5) & (eye.radius < 0.2)
    ring = np.clip((eye.radius - 0.25) / 0.2, 0, 1)
    if iris.sum() < 6 or pupil.sum() < 1:
        return np.asarray(ring)
    dark, light = float(np.median(bright[pupil])), float(np.median(bright[iris]))
    if light < dark + 0.1:
        return np.asarray(ring)
    return np.asarray(ring * np.clip((bright - dark) / (light - dark) * 2 - 1, 0, 1))


def _laid(pattern: np.ndarray, eye: _Eye) -> np.ndarray:
    """A pattern on an iris, no finer than its pixels, shape (h, w), float32."""
    texels = _TEXELS[1] / (2 * np.pi * 0.7 * eye.size)
    soft = pattern
    if texels > 1:
        wrapped = np.concatenate([pattern, pattern, pattern], axis=1)
        along = max(0.3, 0.5 * _TEXELS[0] / eye.size)
        wrapped = cv2.GaussianBlur(wrapped, (0, 0), sigmaX=0.5 * texels, sigmaY=along)
        soft = wrapped[:, _TEXELS[1] : 2 * _TEXELS[1]]
    x = ((eye.angle / (2 * np.pi)) % 1 * _TEXELS[1]).astype(np.float32)
    y = (eye.radius.clip(0, 1) * (_TEXELS[0] - 1)).astype(np.float32)
    closed = np.concatenate([soft, soft[:, :1]], axis=1)
    return np.asarray(cv2.remap(closed, x, y, cv2.INTER_LINEAR), np.float32)
