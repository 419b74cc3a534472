"""The skin a patient is given: the surrogate's texture in the patient's light, and its changes.

All maps live in the UV layout. The patient's static texture is identity and never used; used are
its low frequencies (light, skin tone) and what a frame adds to the patient's own neutral
(wrinkles, shading, flush, pulse).
"""

from __future__ import annotations

from functools import cache

import cv2
import numba
import numpy as np

from mien.face import uv
from mien.face.topology import (
    FACE_OVAL,
    INNER_LIP_RING,
    LEFT_BROW,
    LEFT_EYE_RING,
    LIPS,
    RIGHT_BROW,
    RIGHT_EYE_RING,
)

MAP = 256  # side of the per-frame maps, texels
_LIGHT = 40.0  # texels: what is smoother than this is light and skin tone
_RIM_LIGHT = 14.0  # ... at the outline, where the two skins meet
_RIM = 0.16  # of the layout's side: how far in from the outline that is so
_SKIN = 0.1  # log: what differs more from the skin around it is hair, or its shadow;
_TINT = 0.04  # log: what is tinted otherwise is no skin;
_USUAL_SKIN = 1.5  # or, where all of it is uneven, so many times what is usual
_HIGHLIGHT = 0.5  # log
_SHADE = 5.0  # texels: shading of skin is coarser than this, pores and lines are finer
# of a portrait's shading that is kept, beside brows, eyes, nose and lips and away from them: there
# it is a studio's light, which is harder than a room's, and what smiles have left, and looks like
# blotches
_SHADED = (0.5, 0.15)
_BESIDE = (0.02, 0.06)  # of the layout's side: where that begins, and over how much it fades
_BANDS = 1.0, 2.0, 4.0, 8.0  # texels that fine bands of skin lie between
_LINES = 95.0  # percentile of it that is compared: lines are few, and seen first
_SOFTEST = 0.2  # of a portrait's detail that is kept at least
_CHANGE = 2.0  # texels: changes finer than this are measurement noise
_USUAL = 0.25  # log: about a quarter brighter or darker than at rest
_COARSE = 10.0  # texels: changes near brows, lids and lips are taken no finer than this
_NOSTRILS = [98, 327]
_FINE = 10.0  # texels: what is averaged wider is averaged on a smaller map
_SHALLOWEST = 0.2  # of a portrait's nostrils that is kept at least
FLOOR = 6.0  # grey levels added before logarithms, so that black is not minus infinity


@cache
def polygon(indices: tuple[int, ...], grow: float = 0.0, size: int = MAP) -> np.ndarray:
    """Mask of a closed outline in the UV layout, enlarged by `grow` of the layout's side."""
    mask = np.zeros((size, size), np.uint8)
    points = (uv.coordinates()[list(indices)] * size * 16).round().astype(np.int32)
    cv2.fillPoly(mask, [points], 1, shift=4)
    if grow:
        side = 2 * round(abs(grow) * size) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        mask = (cv2.dilate if grow > 0 else cv2.erode)(mask, kernel)
    return mask > 0


@cache
def inside() -> np.ndarray:
    """The face in the layout, shape (256, 256), bool."""
    return polygon(tuple(FACE_OVAL))


@cache
def features(grow: float = 0.015) -> np.ndarray:
    """Brows, eyes and lips: not skin, shape (256, 256), bool."""
    mask = np.zeros((MAP, MAP), bool)
    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING):
        mask |= polygon(tuple(ring), 0.03)
    for brow in (RIGHT_BROW, LEFT_BROW):
        mask |= polygon(tuple(np.concatenate([brow[:5], brow[:4:-1]])), grow)
    hull = cv2.convexHull((uv.coordinates()[LIPS] * MAP).astype(np.float32))
    lips = cv2.fillConvexPoly(np.zeros((MAP, MAP), np.uint8), hull.astype(np.int32), 1)
    mask |= cv2.dilate(lips, np.ones((5, 5), np.uint8)) > 0
    return mask | _spots(7)


def _spots(radius: int) -> np.ndarray:
    """Round the nostrils, shape (256, 256), bool."""
    mask = np.zeros((MAP, MAP), np.uint8)
    for x, y in uv.coordinates()[_NOSTRILS] * MAP:
        cv2.circle(mask, (int(x), int(y)), radius, 1, -1)
    return mask > 0


@cache
def feather(size: int = MAP) -> np.ndarray:
    """Opacity of the rendered face: 0 at its outline, 1 a little inside, float32."""
    mask = polygon(tuple(FACE_OVAL), 0.0, size).astype(np.uint8)
    mask[[0, -1]] = mask[:, [0, -1]] = 0
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) / size
    x = np.clip((distance - 0.002) / 0.04, 0, 1)
    return (x * x * (3 - 2 * x)).astype(np.float32)


@cache
def openings() -> np.ndarray:
    """Eyes with their lashes and the inner mouth, soft-edged, 0-1, shape (256, 256), float32."""
    soft = np.zeros((MAP, MAP), np.float32)
    for ring, grow, blur in (
        (RIGHT_EYE_RING, 0.02, 2.2),
        (LEFT_EYE_RING, 0.02, 2.2),
        (INNER_LIP_RING, 0.006, 1.2),
    ):
        hard = polygon(tuple(ring), grow).astype(np.float32)
        soft = np.maximum(soft, cv2.GaussianBlur(hard, (0, 0), blur))
    return soft


_LOG = np.log(np.arange(256, dtype=np.float32) + np.float32(FLOOR))


def logarithm(picture: np.ndarray) -> np.ndarray:
    """Log of a texture, so that light multiplies and differences are ratios, float32."""
    if picture.dtype == np.uint8:
        return cv2.LUT(picture, _LOG)
    return np.log(picture.astype(np.float32) + np.float32(FLOOR))


def smooth(values: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian average over the weighted texels only, extended to where there are none."""
    packed = _packed(values.astype(np.float32, copy=False), weight.astype(np.float32, copy=False))
    smaller = 1
    while sigma >= _FINE * 2 * smaller:
        smaller *= 2
    near = _blurred(packed, sigma, smaller)
    wide = _blurred(packed, 4 * sigma, 4 * smaller)
    return _extended(near, wide)


@numba.njit(cache=True, nogil=True)
def _packed(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted values and their weight as a fourth channel, shape (height, width, 4), float32."""
    height, width = weight.shape
    packed = np.empty((height, width, 4), np.float32)
    for row in range(height):
        for column in range(width):
            for k in range(3):
                packed[row, column, k] = values[row, column, k] * weight[row, column]
            packed[row, column, 3] = weight[row, column]
    return packed


@numba.njit(cache=True, nogil=True)
def _extended(near: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Averages of the near where there is enough of it, of the wide elsewhere."""
    height, width = near.shape[:2]
    found = np.empty((height, width, 3), np.float32)
    one, little = np.float32(1), np.float32(1e-6)
    for row in range(height):
        for column in range(width):
            weight, whole = near[row, column, 3], wide[row, column, 3] + little
            trust = min(max(weight * np.float32(4), np.float32(0)), one)
            for k in range(3):
                own = trust * near[row, column, k] / (weight + little)
                found[row, column, k] = own + (one - trust) * (wide[row, column, k] / whole)
    return found


def _blurred(picture: np.ndarray, sigma: float, smaller: int) -> np.ndarray:
    """A Gaussian blur, found on a picture so many times smaller: a wide one looks the same."""
    if smaller == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    height, width = picture.shape[:2]
    size = (width // smaller, height // smaller)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / smaller)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def light_of(neutral: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Light and tone of a patient's skin, finer towards the outline, log, shape (256, 256, 3).

    Parameters
    ----------
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture of the patient at rest.
    skin : np.ndarray [shape=(256, 256), dtype=bool]
        Texels of bare skin on the patient.
    """
    bare, rim = inside() & ~features() & skin, _at_rim()
    sure = _like_their_surroundings(neutral, bare)
    light = (1 - rim) * smooth(neutral, sure, _LIGHT) + rim * smooth(neutral, sure, _RIM_LIGHT)
    if not bare.any():
        return light
    # highlights lie apart as well, and count for how light a skin is as a whole
    return light + (neutral - light)[bare].clip(-_HIGHLIGHT, _HIGHLIGHT).mean(0)


def _like_their_surroundings(neutral: np.ndarray, bare: np.ndarray) -> np.ndarray:
    """How surely each texel is skin in the light of the skin around it, shape (256, 256), 0-1.

    A strand of hair or the shadow of an ear would be taken for light, and come out as a blotch; the
    wall behind a cheek, where the outline is not quite met, as a tint.
    """
    weight = bare.astype(np.float32)
    if not bare.any():
        return weight
    for _ in range(3):
        apart = neutral - smooth(neutral, weight, _LIGHT)
        light = apart.mean(2)
        tint = np.abs(apart - light[..., None]).max(2)
        far = np.zeros_like(light)
        for value, least in ((np.abs(light), _SKIN), (tint, _TINT)):
            far += (value / max(least, _USUAL_SKIN * float(np.median(value[bare])))) ** 2
        weight = bare * np.exp(-far)
    return weight


def detail_of(log: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """How much bare skin varies in each of the fine bands, log, shape (4,).

    Pores, lines and noise together, as sharp as the camera and its codec left them.

    Parameters
    ----------
    log : np.ndarray [shape=(256, 256, 3)]
        Log texture.
    skin : np.ndarray [shape=(256, 256), dtype=bool]
        Texels of bare skin.
    """
    where = skin & plain_skin()
    if not where.any():
        return np.full(len(_BANDS), np.inf)
    fine = _bands(log, 1.0)[:-1]
    return np.array([np.percentile(np.abs(band[where]).mean(1), _LINES) for band in fine])


def nostrils_of(log: np.ndarray) -> float:
    """How much darker nostrils are than the skin around them, log.

    How deep they look is a matter of where the camera stands and the light falls, not of who it is.

    Parameters
    ----------
    log : np.ndarray [shape=(256, 256, 3)]
        Log texture.
    """
    light = log.mean(2)
    inner = _spots(10)
    around = cv2.dilate(inner.astype(np.uint8), np.ones((13, 13), np.uint8)) > inner
    return float(np.median(light[around]) - np.percentile(light[inner], 10))


@cache
def _nose_holes() -> np.ndarray:
    """1 on the nostrils and between them, 0 away from them, soft, shape (256, 256, 1), float32."""
    hull = cv2.morphologyEx(_spots(9).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 15), np.uint8))
    return cv2.GaussianBlur(hull.astype(np.float32), (0, 0), 3)[..., None]


def in_patients_light(
    surrogate: np.ndarray,
    light: np.ndarray,
    size: int,
    detail: np.ndarray | None = None,
    nostrils: float | None = None,
) -> np.ndarray:
    """The surrogate's texture with the patient's light and tone, no crisper than the patient's.

    Parameters
    ----------
    surrogate : np.ndarray [shape=(n, n, 3), dtype=uint8]
        Texture of the surrogate.
    light : np.ndarray [shape=(256, 256, 3)]
        The patient's, of `light_of`.
    size : int
        Side of the result, texels.
    detail : np.ndarray [shape=(4,)], optional
        How much the patient's skin varies, of `detail_of`.
    nostrils : float, optional
        How deep the patient's nostrils look, of `nostrils_of`; the surrogate's look no deeper.
    """
    small = logarithm(cv2.resize(surrogate, (MAP, MAP), interpolation=cv2.INTER_AREA))
    given = inside() & ~features()
    base = smooth(small, given, _LIGHT)
    shade = smooth(small, given, _SHADE) - base
    gain = _enlarged(light - base - (1 - _shading()) * shade, size)
    interpolation = cv2.INTER_AREA if size <= len(surrogate) else cv2.INTER_CUBIC
    picture = logarithm(cv2.resize(surrogate, (size, size), interpolation=interpolation))
    if detail is not None:
        softer = np.minimum(detail / np.maximum(detail_of(small, inside()), 1e-6), 1.0)
        softer = np.maximum(softer, _SOFTEST)
        keep = _enlarged(_beside(), size)[..., None]
        *fine, coarse = _bands(picture, size / MAP)
        picture = coarse + sum(
            (keep + (1 - keep) * np.float32(much)) * band
            for band, much in zip(fine, softer, strict=True)
        )
    if nostrils is not None:
        keep = np.clip(nostrils / max(nostrils_of(small), 1e-6), _SHALLOWEST, 1.0)
        flat = smooth(small, given & (_nose_holes()[..., 0] < 0.1), _SHADE)
        away = _enlarged(_nose_holes(), size)[..., None] * np.float32(1 - keep)
        picture += away * (_enlarged(flat, size) - picture)
    return (np.exp(picture + gain) - np.float32(FLOOR)).clip(0, 255).astype(np.float32)


def _bands(log: np.ndarray, scale: float) -> list[np.ndarray]:
    """What of a log texture lies between each two of `_BANDS`, finest first, and the rest."""
    bands = []
    for sigma in _BANDS:
        coarser = cv2.GaussianBlur(log, (0, 0), sigma * scale)
        bands.append(log - coarser)
        log = coarser
    return [*bands, log]


@cache
def plain_skin() -> np.ndarray:
    """Skin away from features and outline, shape (256, 256), bool."""
    distance = cv2.distanceTransform(inside().astype(np.uint8), cv2.DIST_L2, 5) / MAP
    return (distance > _BESIDE[1]) & (_beside() == 0)


@cache
def _beside() -> np.ndarray:
    """1 on brows, eyes, lips and nostrils, 0 away from them, shape (256, 256), float32."""
    distance = cv2.distanceTransform((~features()).astype(np.uint8), cv2.DIST_L2, 5) / MAP
    return np.clip(1 - distance / _BESIDE[0], 0, 1).astype(np.float32)


@cache
def _shading() -> np.ndarray:
    """How much of a portrait's shading is kept in each place, shape (256, 256, 1), float32."""
    distance = cv2.distanceTransform((~features()).astype(np.uint8), cv2.DIST_L2, 5) / MAP
    away = np.clip((distance - _BESIDE[0]) / _BESIDE[1], 0, 1)[..., None]
    return (_SHADED[0] * (1 - away) + _SHADED[1] * away).astype(np.float32)


def _enlarged(values: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(values.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)


@cache
def _at_rim() -> np.ndarray:
    """1 on the outline of the face, 0 well inside it, shape (256, 256, 1), float32."""
    distance = cv2.distanceTransform(inside().astype(np.uint8), cv2.DIST_L2, 5) / MAP
    x = np.clip(1 - distance / _RIM, 0, 1)[..., None]
    return (x * x * (3 - 2 * x)).astype(np.float32)


def apart(current: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """What a frame adds to the person at rest, at half the size, log, shape (128, 128, 3), float32.

    Parameters
    ----------
    current, neutral : np.ndarray [shape=(256, 256, 3), dtype=float32]
        Log textures of the frame and of the person at rest.
    """
    half = MAP // 2
    return cv2.resize(current - neutral, (half, half), interpolation=cv2.INTER_AREA)


def lamp(added: np.ndarray) -> np.ndarray:
    """How much brighter a frame is as a whole, as after a light was switched, log, shape (3,).

    What the light does from frame to frame is small, and `change` takes it as it is: only what goes
    beyond that counts here.

    Parameters
    ----------
    added : np.ndarray [shape=(128, 128, 3), dtype=float32]
        What the frame adds to the person at rest, of `apart`.
    """
    level = np.median(added.reshape(-1, 3)[_bare()].T.copy(), axis=1)
    return np.asarray(np.sign(level) * np.maximum(np.abs(level) - _USUAL, 0), np.float32)


def change(added: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """What a frame adds to the patient's neutral, as a factor per texel.

    Parameters
    ----------
    added : np.ndarray [shape=(128, 128, 3), dtype=float32]
        That, log, of `apart`.
    hidden : np.ndarray [shape=(256, 256)]
        Where something lies over the skin, 0-1: no change is taken from there.
    """
    half = MAP // 2
    seen = 1 - cv2.resize(hidden, (half, half), interpolation=cv2.INTER_AREA)
    weight = _skin_weight() * seen
    difference = added.clip(-0.7, 0.7)
    # what is coarse is found at half the size again
    quarter = cv2.resize(difference, (half // 2, half // 2), interpolation=cv2.INTER_AREA)
    quarter_weight = cv2.resize(weight, (half // 2, half // 2), interpolation=cv2.INTER_AREA)
    coarse = smooth(quarter, quarter_weight, _COARSE / 4)
    coarse = cv2.resize(coarse, (half, half), interpolation=cv2.INTER_LINEAR)
    near = cv2.GaussianBlur(_packed(difference, weight), (0, 0), _CHANGE / 2)
    return np.asarray(np.exp(_joined(near, coarse, _trust()[..., 0])))


@numba.njit(cache=True, nogil=True)
def _joined(near: np.ndarray, coarse: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Fine changes, packed with their weight, where they are trusted, else coarse ones."""
    found = np.empty(coarse.shape, np.float32)
    for row in range(coarse.shape[0]):
        for column in range(coarse.shape[1]):
            weight = near[row, column, 3] + np.float32(1e-3)
            for k in range(3):
                rough = coarse[row, column, k]
                fine = near[row, column, k] / weight
                found[row, column, k] = rough + trust[row, column] * (fine - rough)
    return found


@cache
def _trust() -> np.ndarray:
    """Where fine changes are believed: skin, not the moving edges of features, (128, 128, 1)."""
    mask = cv2.erode((inside() & ~features()).astype(np.float32), np.ones((3, 3)))
    soft = cv2.GaussianBlur(mask, (0, 0), 3)
    return cv2.resize(soft, (MAP // 2, MAP // 2), interpolation=cv2.INTER_AREA)[..., None]


@cache
def _bare() -> np.ndarray:
    """Numbers of the texels of bare skin at half size, shape (n,)."""
    return np.flatnonzero(_skin_weight() > 0.5)


@cache
def _skin_weight() -> np.ndarray:
    """Bare skin at half size, 0-1, shape (128, 128)."""
    mask = (inside() & ~features()).astype(np.float32)
    return cv2.resize(mask, (MAP // 2, MAP // 2), interpolation=cv2.INTER_AREA)
