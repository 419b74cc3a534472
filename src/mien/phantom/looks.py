"""What makes a phantom's face its own: brows, beard, lips, spots and skin, painted by chance.

Everything is painted on the face's texture in the UV layout and stays where it is: it is identity,
never expression.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from mien.face import topology, uv
from mien.surrogates import bank

SIZE = 512  # side of the face's texture, texels
_FLOOR = 6.0  # grey levels, so that black has a logarithm
_APART = 1.4  # how much farther from the bank's mean a phantom is than what it is mixed from
_LARGEST = 0.65  # and no farther than this, log units
_COARSE = 3.0  # texels: what is finer is left alone
# beards, right half: down the cheek, round the mouth's corner to the middle, back along the jaw
_CHEEK = (234, 93, 177, 147, 187, 207, 206, 203, 98, 2)
_JAW = (152, 148, 176, 149, 150, 136, 172, 58, 132)
_MOUSTACHE = (2, 97, 98, 203, 206, 92, 40, 39, 37, 0)
_GOATEE = (17, 84, 181, 91, 43, 202, 210, 169, 170, 140, 171, 175)
_BEARD = {"full": (_CHEEK + _JAW,), "goatee": (_GOATEE, _MOUSTACHE), "moustache": (_MOUSTACHE,)}


def distinct(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Mix two surrogates' textures and push the mix away from the mean of the bank.

    Parameters
    ----------
    first, second : np.ndarray [shape=(512, 512, 3), dtype=uint8]
        Textures.
    share : float
        Of the first one, 0 to 1.
    """
    mixed = share * _log(first) + (1 - share) * _log(second)
    away = cv2.GaussianBlur(mixed - _mean(), (0, 0), _COARSE)
    tone = away[cheeks()].mean(0)  # the tone of the skin is no farther from the mean than it was
    away = (_APART - 1) * (away - tone)
    away = _LARGEST * np.tanh(away / _LARGEST)
    for eye in (topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING):  # lids keep their edges
        away *= 1 - _polygon(eye, 10, 4)[..., None]
    return np.clip(np.exp(mixed + away) - _FLOOR, 0, 255).astype(np.uint8)


def paint(skin: np.ndarray, hair: np.ndarray, male: bool, rng: np.random.Generator) -> np.ndarray:
    """Give a face brows, lips, spots, and a man perhaps a beard; float32, shape (512, 512, 3)."""
    mean = skin[cheeks()].mean(0)
    tint = rng.normal(0, 0.02, 3) + rng.normal(0, 0.05)
    skin = skin * np.exp(tint).astype(np.float32)
    mean = mean * np.exp(tint)
    skin = _uneven(skin, rng)
    skin = _lips(skin, mean, male, rng)
    dark = np.minimum(hair * rng.uniform(0.35, 0.75), 0.5 * mean)
    skin = _spots(skin, mean, rng)
    if male:
        skin = _beard(skin, dark, rng)
    return _brows(skin, mean, dark, male, rng).astype(np.float32)


def _brows(
    skin: np.ndarray, mean: np.ndarray, dark: np.ndarray, male: bool, rng: np.random.Generator
) -> np.ndarray:
    """Take away the brows there are and draw others."""
    points = uv.coordinates() * SIZE
    thick = rng.uniform(0.7, 1.5) if male else rng.uniform(0.35, 0.85)
    lift = rng.uniform(-5, 3) if male else rng.uniform(-3, 8)  # texels, upwards
    arch = rng.uniform(-3, 3) if male else rng.uniform(1, 9)
    tilt = rng.uniform(-5, 5)
    length = rng.uniform(0.9, 1.12)
    near = rng.uniform(-0.02, 0.16)  # how far they reach towards each other
    strength = rng.uniform(0.7, 0.95)
    seed = int(rng.integers(2**31))
    for ring in (topology.RIGHT_BROW, topology.LEFT_BROW):
        # plain skin in their place
        hole = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(hole, [np.r_[points[ring[:5]], points[ring[:4:-1]]].astype(np.int32)], (1,))
        hole = cv2.dilate(hole, np.ones((15, 15), np.uint8))
        for eye in (topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING):
            lid = np.zeros_like(hole)
            cv2.fillPoly(lid, [points[eye].astype(np.int32)], (1,))
            hole &= 1 - cv2.dilate(lid, np.ones((21, 21), np.uint8))
        ground = cv2.inpaint(np.clip(skin, 0, 255).astype(np.uint8), hole, 9, cv2.INPAINT_TELEA)
        ground = cv2.GaussianBlur(ground.astype(np.float32), (0, 0), 5)
        soft = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), 3)[..., None]
        skin = skin + soft * (0.5 * ground + 0.5 * np.maximum(ground, 0.85 * mean) - skin)
        # both brows hold the same hairs, mirrored
        middle = (points[ring[:5]] + points[ring[5:]]) / 2
        inner, outer = middle[-1], middle[0]
        hairs = np.random.default_rng(seed)
        along = hairs.uniform(-near, length, 420)
        half = 8.5 * thick * np.interp(along, [-0.1, 0.15, 0.55, 1.1], [0.75, 1, 0.85, 0.2])
        across = np.clip(hairs.normal(0, 0.5, 420), -1, 1) * half
        order = np.linspace(1, 0, 5)
        x = np.interp(along, order[::-1], middle[::-1, 0], left=np.nan, right=np.nan)
        x = np.where(np.isnan(x), inner[0] + (outer[0] - inner[0]) * along, x)
        y = np.interp(np.clip(along, 0, 1), order[::-1], middle[::-1, 1]) - lift + across
        y += tilt * (0.5 - along) - arch * (1 - (2 * np.clip(along, 0, 1.1) - 1.1) ** 2)
        side = np.sign(outer[0] - inner[0])
        reach = hairs.uniform(9, 17, 420)
        slope = np.interp(along, [0, 0.3, 1], [0.8, 0.2, -0.15]) + hairs.normal(0, 0.15, 420)
        tips = np.stack([x + side * reach, y - slope * reach * 0.5], -1)
        lines = np.stack([np.stack([x, y], -1), tips], 1)
        ink = np.zeros((2 * SIZE, 2 * SIZE), np.uint8)
        cv2.polylines(ink, list(np.round(lines * 32).astype(np.int32)), False, (255,), 2, 16, 4)
        ink = cv2.resize(ink, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        ink = strength * np.clip(0.45 * ink + 0.6 * cv2.GaussianBlur(ink, (0, 0), 3), 0, 1)
        skin = skin + ink[..., None] * (dark - skin)
    return skin


def _beard(skin: np.ndarray, dark: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = str(rng.choice(["none", "full", "goatee", "moustache"], p=[0.15, 0.45, 0.2, 0.2]))
    stubble, strength = rng.uniform(0.05, 0.25), rng.uniform(0.55, 0.85)
    strength *= {"full": 0.6, "goatee": 0.5}.get(kind, 0.8)  # cut short: the mouth stays in sight
    noise = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
    combed = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.9, sigmaY=4)
    combed = np.clip(1 + 0.22 * combed / combed.std(), 0.2, 1.6)
    amount = stubble * _area(_BEARD["full"], 14)
    if kind != "none":
        amount = np.maximum(amount, strength * _area(_BEARD[kind], 5))
    # thin at the outline, where the jaw's own skin begins
    amount = amount * (0.45 + 0.55 * np.clip(_depth() / 30, 0, 1))
    ink = np.clip(amount * combed, 0, 0.92) * (1 - _mouth(2, 2))
    return skin + ink[..., None] * (dark - skin)


def _lips(skin: np.ndarray, mean: np.ndarray, male: bool, rng: np.random.Generator) -> np.ndarray:
    """Colour of the lips: near the skin's, or painted."""
    colour = mean * np.array([1.0, *(rng.uniform(0.68, 0.92) * np.array([0.97, 1.02]))])
    colour = colour * rng.uniform(0.8, 1.05)
    if not male and rng.random() < 0.5:
        colour = mean * [rng.uniform(0.7, 1.0), rng.uniform(0.2, 0.45), rng.uniform(0.25, 0.5)]
    mask = _mouth(1, 2)[..., None]
    shade = skin.mean(-1, keepdims=True)
    level = shade[mask > 0.5].mean()
    painted = colour * (shade / level)
    return skin + rng.uniform(0.5, 0.9) * mask * (painted - skin)


def _spots(skin: np.ndarray, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A few moles, and freckles on some."""
    points = uv.coordinates()[:468] * SIZE
    inner = points[_depth()[tuple(points.astype(int).T[::-1])] > 50]
    layer = np.zeros((SIZE, SIZE), np.float32)
    moles = int(rng.integers(0, 4))
    freckles = int(rng.integers(120, 350)) if rng.random() < 0.35 else 0
    for number in range(moles + freckles):
        place = inner[rng.integers(len(inner))] + rng.normal(0, 8, 2)
        radius = rng.uniform(2, 4) if number < moles else rng.uniform(0.8, 1.8)
        depth = rng.uniform(0.5, 0.8) if number < moles else rng.uniform(0.12, 0.35)
        where = tuple(int(v) for v in np.round(place * 16))
        cv2.circle(layer, where, round(radius * 16), (depth,), -1, cv2.LINE_AA, 4)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.8)[..., None]
    for eye in (topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING):
        layer[_polygon(eye, 9) > 0.3] = 0
    return skin + layer * (mean * [0.5, 0.38, 0.33] - skin)


def _uneven(skin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blush, shadows under the eyes and brows, and blotches, alike on both sides."""
    axis = np.arange(SIZE) / SIZE
    points = uv.coordinates()
    change = np.zeros((SIZE, SIZE, 3))
    for pair, width, tall, colour, range_ in (
        ((50, 280), 0.07, 0.06, (0.0, -1.0, -0.8), (0.0, 0.11)),  # cheeks
        ((230, 450), 0.05, 0.022, (-1.0, -1.1, -0.9), (-0.05, 0.3)),  # under the eyes
        ((207, 427), 0.022, 0.06, (-1.0, -1.0, -1.0), (-0.05, 0.22)),  # beside the mouth
        ((4, 4), 0.04, 0.04, (0.0, -1.0, -0.8), (0.0, 0.12)),  # tip of the nose
    ):
        amount = rng.uniform(*range_)
        for index in set(pair):
            u, v = points[index]
            spot = np.outer(
                np.exp(-(((axis - v) / tall) ** 2)), np.exp(-(((axis - u) / width) ** 2))
            )
            change += amount * spot[..., None] * colour
    coarse = rng.standard_normal((8, 8)).astype(np.float32)
    blotches = cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    change += 0.03 * blotches[..., None]
    return skin * np.exp(change).astype(np.float32)


def _log(picture: np.ndarray) -> np.ndarray:
    picture = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.log(picture.astype(np.float32) + np.float32(_FLOOR))


@cache
def _mean() -> np.ndarray:
    """Mean log texture of the bank."""
    return np.mean([_log(bank.load(name).texture) for name in bank.cards()], axis=0)


@cache
def _depth() -> np.ndarray:
    """How far inside the outline each texel lies, texels."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    outline = uv.coordinates()[topology.FACE_OVAL] * SIZE
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1,))
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5))


@cache
def cheeks() -> np.ndarray:
    """Cheeks and forehead, bool."""
    return (_depth() > 55) & (_depth() < 110)


def _polygon(ring: np.ndarray | list[int], grow: int = 0, blur: float = 1.0) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    points = uv.coordinates()[np.asarray(ring)] * SIZE
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], (1,))
    if grow:
        mask = cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8))
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), blur))


def _area(outlines: tuple[tuple[int, ...], ...], blur: float) -> np.ndarray:
    """Outlines of the right half, on both sides of the face, soft."""
    half = np.max([_polygon(list(outline), 2, blur) for outline in outlines], axis=0)
    return np.maximum(half, half[:, ::-1])


def _mouth(grow: int, blur: float) -> np.ndarray:
    lips = topology.LIPS[
        cv2.convexHull(
            (uv.coordinates()[topology.LIPS] * SIZE).astype(np.float32), returnPoints=False
        ).ravel()
    ]
    return _polygon(lips, grow, blur)
