"""The atlas of a phantom: all the pictures that are painted on its head and shoulders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from mien.face.uv import coordinates
from mien.phantom.skull import OVAL, RINGS, hairline, step

SIZE = 1024  # side of the atlas, texels
# left, top, width and height of each picture in the atlas, texels; the face is at (0, 0, 512, 512)
HEAD, HAIR = (512, 0, 512, 256), (512, 256, 512, 128)
NECK_SKIN, CLOTH = (512, 384, 256, 128), (512, 576, 512, 448)
EYE_BOX, MOUTH_BOX, EAR = (0, 512, 256, 256), (256, 512, 256, 256), (512, 512, 64, 64)
EYE_REACH = 0.3  # half of the width that the eye's picture covers, canonical units
MOUTH_REACH = 0.4
_CLOTHES = ((58, 74, 104), (96, 104, 112), (112, 60, 62), (70, 96, 84), (172, 166, 156))
_IRISES = ((92, 62, 40), (104, 122, 136), (96, 104, 72))
_SPOKES = (17, 29, 43)  # of an iris, once round


def paint_atlas(
    skin: np.ndarray,
    rim: np.ndarray,
    mean: np.ndarray,
    hair: np.ndarray,
    grid: np.ndarray,
    line: float,
    dark: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Paint everything that is seen of a person.

    Parameters
    ----------
    skin : np.ndarray [shape=(512, 512, 3)]
        The face.
    rim : np.ndarray [shape=(37, 3)]
        The colours at the face's oval.
    mean, hair : np.ndarray [shape=(3,)]
        Colours of plain skin and of the hair.
    grid : np.ndarray [shape=(rings, 73, 3)]
        The skull, canonical.
    line : float
        How much lower than usual the hair begins, canonical units.
    dark : bool
        Whether irises are brown.
    rng : np.random.Generator
        Decides eyes, clothes and grain.

    Returns
    -------
    atlas : np.ndarray [shape=(1024, 1024, 3), dtype=uint8]
    """
    atlas = np.zeros((SIZE, SIZE, 3), np.float32)
    _put(atlas, (0, 0, 512, 512), skin)
    _put(atlas, HEAD, _paint_head(grid, rim, mean, hair, line, rng))
    _put(atlas, HAIR, hair * _strands(HAIR, rng)[..., None])
    _put(atlas, NECK_SKIN, _paint_neck(mean, rng))
    cloth = np.array(_CLOTHES[int(rng.integers(len(_CLOTHES)))], np.float32)
    weave = 1 + 0.04 * rng.standard_normal((CLOTH[3], CLOTH[2], 1)).astype(np.float32)
    _put(atlas, CLOTH, cloth * weave)
    _put(atlas, EYE_BOX, _paint_eye(rng, 1 if dark else len(_IRISES)))
    _put(atlas, MOUTH_BOX, _paint_mouth())
    _put(atlas, EAR, _paint_ear(mean))
    return np.clip(atlas, 0, 255).astype(np.uint8)


def _put(atlas: np.ndarray, box: tuple[int, int, int, int], picture: np.ndarray) -> None:
    left, top, width, height = box
    atlas[top : top + height, left : left + width] = picture


def inside(box: tuple[int, int, int, int], share: np.ndarray) -> np.ndarray:
    """Texels of shares (0 to 1) of a box, kept off its border, shape (..., 2)."""
    left, top, width, height = box
    share = np.clip(share, 0, 1)
    return np.array([left + 1.5, top + 1.5]) + share * [width - 3, height - 3]


def skin_of(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face texture whose rim is plain skin; the rim's colours (37, 3); the mean colour (3,)."""
    size = 512
    picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    uv = coordinates()[OVAL] * size
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.round(uv).astype(np.int32)], (1,))
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    clean = ((depth > 55) & (depth < 110)).astype(np.float32)
    # eyes and brows are no skin
    brightness = picture.mean(-1)
    clean *= brightness > 0.8 * np.median(brightness[clean > 0])
    spread = cv2.GaussianBlur(clean, (0, 0), 40)[..., None] + 1e-4
    smooth = cv2.GaussianBlur(picture * clean[..., None], (0, 0), 40) / spread
    mean = picture[clean > 0].mean(0)
    smooth = 0.6 * smooth + 0.4 * mean
    amount = step(depth, 16.0, 72.0)[..., None]
    skin = picture * amount + smooth * (1 - amount)
    column, row = np.clip(uv, 0, size - 1).astype(int).T
    rim = smooth[row, column]
    return skin, np.concatenate([rim, rim[:1]]), mean


def along_rim(rim: np.ndarray, plain: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """The rim's colours once the face is painted, shape (37, 3)."""
    ratio = cv2.GaussianBlur((painted + 1) / (plain + 1), (0, 0), 4)
    uv = np.clip(coordinates()[OVAL] * len(plain), 0, len(plain) - 1).astype(int)
    change = ratio[uv[:, 1], uv[:, 0]]
    return rim * np.concatenate([change, change[:1]])


def _strands(box: tuple[int, int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Brightness of combed hair, about 1, shape (height, width)."""
    noise = rng.standard_normal((box[3], box[2])).astype(np.float32)
    closed = np.pad(noise, ((0, 0), (8, 8)), mode="wrap")  # the picture meets itself
    combed = cv2.GaussianBlur(closed, (0, 0), sigmaX=1.2, sigmaY=25)[:, 8:-8]
    return 1 + 0.22 * combed / combed.std()


def _paint_head(
    grid: np.ndarray,
    rim: np.ndarray,
    mean: np.ndarray,
    hair: np.ndarray,
    line: float,
    rng: np.random.Generator,
) -> np.ndarray:
    width, height = HEAD[2:]
    t = np.linspace(0, 1, height, dtype=np.float32)
    rows = np.interp(t, RINGS, np.arange(len(RINGS))).astype(np.float32)
    columns = np.linspace(0, grid.shape[1] - 1, width, dtype=np.float32)
    rim_columns = np.linspace(0, len(rim) - 1, width, dtype=np.float32)
    x, y = np.meshgrid(columns, rows)
    points = cv2.remap(grid.astype(np.float32), x, y, cv2.INTER_LINEAR)
    x, y = np.meshgrid(rim_columns, np.zeros(height, np.float32))
    colour = cv2.remap(rim[None].astype(np.float32), x, y, cv2.INTER_LINEAR)
    fade = np.clip(t / 0.2, 0, 1)[:, None, None]
    colour = colour * (1 - fade) + mean * 0.93 * fade
    combed = _strands(HEAD, rng)
    uneven = points[..., 1] + 0.05 * (combed - 1)
    cover = hairline(uneven - line - 0.03, points[..., 2])[..., None]
    return colour * (1 - cover) + hair * combed[..., None] * cover


def _paint_neck(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    width, height = NECK_SKIN[2:]
    shadow = np.interp(np.linspace(0, 1, height), [0, 0.3, 0.65, 1], [0.5, 0.6, 0.86, 0.95])
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 3)
    return mean * (shadow[:, None, None] * (1 + 0.08 * grain[..., None]))


def _paint_ear(mean: np.ndarray) -> np.ndarray:
    width, height = EAR[2:]
    y, x = np.mgrid[:height, :width] / height
    hollow = np.exp(-(((x - 0.27) / 0.09) ** 2) - ((y - 0.5) / 0.17) ** 2)
    return mean * (0.95 - 0.35 * hollow[..., None])


def _paint_eye(rng: np.random.Generator, choices: int) -> np.ndarray:
    parts = _eye_parts()
    tone = np.array(_IRISES[int(rng.integers(choices))], np.float32)
    phases = np.array([rng.uniform(0, 6.3) for _ in _SPOKES], np.float32)
    spokes = parts.across @ np.cos(phases) - parts.along @ np.sin(phases)
    return parts.ball + tone * (parts.iris + 0.15 / len(_SPOKES) * spokes)[..., None]


@dataclass(frozen=True, eq=False)
class _EyeParts:
    """What all eyes have in common; an eye is a sum of these. Shapes begin with (256, 256)."""

    ball: np.ndarray
    """The white of the eye and the black of its pupil, grey levels, shape (..., 3)."""
    iris: np.ndarray
    """Share of the iris's tone."""
    across: np.ndarray
    """The same, times the cosine of each spoke's number of turns, shape (..., 3)."""
    along: np.ndarray
    """The same with the sine."""


@cache
def _eye_parts() -> _EyeParts:
    size, big = EYE_BOX[2], 4
    unit = size * big / (2 * EYE_REACH)
    y, x = (np.mgrid[: size * big, : size * big] + 0.5 - size * big / 2) / unit
    far, angle = np.hypot(x, y), np.arctan2(y, x)
    ball = np.array([226, 219, 214]) * (1 - 0.9 * np.clip(far - 0.07, 0, 1)[..., None])
    ball -= np.clip(far - 0.1, 0, 0.2)[..., None] * [20, 110, 110]  # pink towards the corners
    pupil = 1 - 0.93 * (1 - step(far, 0.024, 0.028))
    inner = (1 - step(far, 0.062, 0.068)) * pupil
    ball *= (pupil - inner)[..., None]
    inner *= 1 - 0.55 * step(far, 0.052, 0.066)

    def small(picture: np.ndarray) -> np.ndarray:
        whole = picture.astype(np.float32)
        return np.asarray(cv2.resize(whole, (size, size), interpolation=cv2.INTER_AREA))

    return _EyeParts(
        ball=small(ball),
        iris=small(inner),
        across=np.dstack([small(inner * np.cos(k * angle)) for k in _SPOKES]),
        along=np.dstack([small(inner * np.sin(k * angle)) for k in _SPOKES]),
    )


@cache
def _paint_mouth() -> np.ndarray:
    size, big = MOUTH_BOX[2], 4
    unit = size * big / (2 * MOUTH_REACH)
    y, x = (np.mgrid[: size * big, : size * big] + 0.5 - size * big / 2) / unit
    picture = np.empty((*x.shape, 3))
    picture[:] = 46, 16, 18
    tongue = 1 - step(np.hypot(x / 0.2, (y - 0.26) / 0.14), 0.5, 1.2)
    picture += tongue[..., None] * (np.array([150, 80, 82]) - picture)
    # six front teeth and two behind on either side; each is a rounded box
    edges = np.array([0, 0.095, 0.17, 0.245, 0.31, 0.37])
    k = np.clip(np.searchsorted(edges, np.abs(x)) - 1, 0, 4)
    middle, half = (edges[k] + edges[k + 1]) / 2, (edges[k + 1] - edges[k]) / 2
    off = np.abs(np.abs(x) - middle) / half
    low = np.array([0.036, 0.028, 0.034, 0.022, 0.01])[k] - 0.012 * off**4
    tooth = (1 - step(y, low - 0.004, low + 0.004)) * (1 - 0.35 * step(off, 0.86, 1.0))
    shade = np.interp(np.abs(x), [0, 0.12, 0.25, 0.37], [1, 0.95, 0.6, 0.25])
    enamel = np.array([222, 214, 198]) * shade[..., None]
    picture += tooth[..., None] * (enamel - picture)
    return cv2.resize(picture.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
