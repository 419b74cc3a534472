"""What stands between a portrait and a neutral face of nobody: expression, glasses, hair, lashes.

All pictures here are textures in the UV layout, 512 texels a side; the numbers were set by looking
at several hundred portraits.
"""

from __future__ import annotations

import cv2
import numpy as np

from mien.face import topology
from mien.face.uv import coordinates, layout

SIZE = 512
_LASHES = 15  # texels that lashes and liner reach over, on both sides of a lid's edge together
_LID_SHADING = 6.0  # texels: what is coarser on a lid is its shading
_CRISPEST = 1.25  # times that the structure of an average is amplified: more draws lines around it


def patch(indices: list[int], radius: int) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for x, y in coordinates()[indices] * SIZE:
        cv2.circle(mask, (int(x), int(y)), radius, 1, -1)
    return mask > 0


CHEEKS = patch([50, 280, 205, 425, 101, 330], 14)
FOREHEAD = patch([151, 108, 337, 69, 299, 67, 297], 14)
CHIN = patch([199, 200, 208, 428, 194, 418], 10)
MOUSTACHE = patch([164, 167, 393], 8)
BRIDGE = patch([168, 6, 197], 16)
TEMPLES = patch([35, 143, 156, 124, 265, 372, 383, 353, 34, 264], 10)
UNDER_EYES = patch([120, 121, 119, 118, 349, 350, 348, 347, 100, 101, 329, 330], 9)


def rims() -> np.ndarray:
    """Below and beside the eyes, where the lower rims of glasses run."""
    uv = coordinates() * SIZE
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for outer, inner in ((33, 133), (263, 362)):
        width = np.linalg.norm(uv[outer] - uv[inner])
        middle = uv[[outer, inner]].mean(0) + np.array([0, 0.12 * width])
        centre = tuple(int(v) for v in middle)
        one = np.zeros_like(mask)
        cv2.ellipse(one, centre, (int(1.05 * width), int(0.95 * width)), 0, -20, 200, 1, -1)
        cv2.ellipse(one, centre, (int(0.66 * width), int(0.52 * width)), 0, 0, 360, 0, -1)
        mask |= one
    mask[: int(uv[33, 1]) - 2] = 0
    return mask > 0


RIMS = rims()


def glasses(picture: np.ndarray) -> float:
    """Thin dark lines where frames run: rims, bridge, temples. Bare skin stays below 1."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey /= np.median(grey[grey > 0])
    fine = cv2.morphologyEx(
        cv2.GaussianBlur(grey, (0, 0), 1.5),
        cv2.MORPH_BLACKHAT,
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15)),
    )
    grey = cv2.GaussianBlur(grey, (0, 0), 2)
    lines = cv2.morphologyEx(
        grey, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25))
    )
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    frame = (
        (lines[BRIDGE].mean() + np.percentile(slope[BRIDGE], 90) / 4) / 0.107
        + 0.6 * np.percentile(lines[TEMPLES], 85) / 0.112
        + np.percentile(lines[UNDER_EYES], 85) / 0.068
    )
    return float(max(np.percentile(fine[RIMS], 85) / 0.05, frame / 2.4))


def mouth_line(picture: np.ndarray) -> np.ndarray:
    """Where the members' teeth and shadows show between the lips: filled from the lips' red."""
    uv = coordinates() * SIZE
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.polylines(mask, [uv[topology.INNER_LIP_RING].round().astype(np.int32)], True, 1, 13)
    hull = cv2.convexHull(uv[topology.LIPS].astype(np.float32)).astype(np.int32)
    around = cv2.fillConvexPoly(np.zeros_like(mask), hull, 1)
    grey = np.log(cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 1.5) + 4.0)
    red = cv2.erode(around, np.ones((9, 9), np.uint8)) > 0
    shadow = (grey < np.median(grey[red]) - 0.12) & (cv2.dilate(around, np.ones((23, 23))) > 0)
    # the corners' shadow, not the red of dark lips: only near the corners and the line
    near = cv2.dilate(mask, np.ones((9, 9), np.uint8))
    for corner in topology.INNER_LIP_CORNERS:
        cv2.circle(near, tuple(int(v) for v in uv[corner]), 34, 1, -1)
    mask |= cv2.dilate((shadow & (near > 0)).astype(np.uint8), np.ones((7, 7), np.uint8))
    return mask


def sealed(picture: np.ndarray) -> np.ndarray:
    """Lips without what shows between them: each lip's own red up to the line, skin around."""
    uv = coordinates() * SIZE
    mask = cv2.GaussianBlur(mouth_line(picture).astype(np.float32), (0, 0), 2)[..., None]
    fill = picture.astype(np.float32)
    line = uv[topology.INNER_LIP_UPPER[4], 1]
    outline = np.concatenate(
        [
            uv[topology.OUTER_LIP_CORNERS[:1]],
            uv[topology.OUTER_LIP_UPPER],
            uv[topology.OUTER_LIP_CORNERS[1:]],
            uv[topology.OUTER_LIP_LOWER[::-1]],
        ]
    )
    lips = cv2.fillPoly(np.zeros((SIZE, SIZE), np.uint8), [outline.round().astype(np.int32)], 1)
    skin = (cv2.dilate(lips, np.ones((19, 19), np.uint8)) == 0) & (mask[..., 0] < 0.05)
    weight = skin.astype(np.float32)[..., None]
    around = cv2.GaussianBlur(fill * weight, (0, 0), 9) / (
        cv2.GaussianBlur(weight, (0, 0), 9)[..., None] + 1e-4
    )
    bare = (mask[..., 0] < 0.3) & (cv2.erode(lips, np.ones((5, 5), np.uint8)) > 0)
    rows = np.arange(SIZE)[:, None]
    red = np.zeros_like(fill)
    for side in (rows < line, rows >= line):
        where = bare & side & (np.abs(np.arange(SIZE)[None] - SIZE / 2) < 30)
        red[np.broadcast_to(side, bare.shape)] = np.median(fill[where], axis=0)
    red = cv2.GaussianBlur(red, (0, 0), 2)
    share = cv2.GaussianBlur(lips.astype(np.float32), (0, 0), 3)[..., None]
    fill = mask * (share * red + (1 - share) * around) + (1 - mask) * fill
    return fill.clip(0, 255).astype(np.uint8)


def skin_share(picture: np.ndarray) -> np.ndarray:
    """How surely each texel of a portrait is the person's skin, not hair, collar or background.

    The middle of the face is taken as it is; further out, a texel counts by how near its colour
    lies to the middle's.
    """
    outline = (coordinates() * SIZE)[topology.FACE_OVAL].round().astype(np.int32)
    face = cv2.fillPoly(np.zeros((SIZE, SIZE), np.uint8), [outline], 1)
    distance = cv2.distanceTransform(face, cv2.DIST_L2, 5)
    colour = cv2.cvtColor(
        cv2.GaussianBlur(picture.clip(0, 255).astype(np.float32) / 255, (0, 0), 3),
        cv2.COLOR_RGB2LAB,
    )
    colour[..., 0] *= 0.5  # light falls off towards the sides
    middle = colour[CHEEKS | FOREHEAD]
    spread = np.linalg.norm(colour - np.median(middle, axis=0), axis=2) / 9.0
    likely = np.exp(-0.5 * spread**2) + 0.01
    inner = np.clip((distance - 50) / 60, 0, 1)
    brows = np.zeros_like(face)
    for brow in (topology.RIGHT_BROW, topology.LEFT_BROW):
        hull = cv2.convexHull((coordinates() * SIZE)[brow].astype(np.float32))
        cv2.fillConvexPoly(brows, hull.astype(np.int32), 1)
    brows = cv2.GaussianBlur(cv2.dilate(brows, np.ones((21, 21))).astype(np.float32), (0, 0), 6)
    inner = np.maximum(inner, brows)
    share = inner + (1 - inner) * likely
    return cv2.GaussianBlur(cv2.erode(share.astype(np.float32), np.ones((5, 5))), (0, 0), 3)


def bare_lids(picture: np.ndarray) -> np.ndarray:
    """Lids without lashes, liner and shadow: what a blink shows is the patient's own margin.

    Shading that is broad, as of a deep-set eye, stays: lids as bright as the cheeks look painted.
    """
    uv = coordinates() * SIZE
    lids, brows = np.zeros((2, SIZE, SIZE), np.uint8)
    for ring in (topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING):
        cv2.fillPoly(lids, [uv[ring].round().astype(np.int32)], 1)
    for brow in (topology.RIGHT_BROW, topology.LEFT_BROW):
        outline = np.concatenate([brow[:5], brow[:4:-1]])
        cv2.fillPoly(brows, [uv[outline].round().astype(np.int32)], 1)
    brows = cv2.dilate(brows, np.ones((9, 9), np.uint8))
    wide = cv2.dilate(lids, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (57, 33)))
    lashes = cv2.dilate(lids, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_LASHES, _LASHES)))
    plain = picture.astype(np.float32)
    weight = ((lashes | brows) == 0).astype(np.float32) * (layout(SIZE)[0] >= 0)
    top = cv2.GaussianBlur(plain * weight[..., None], (0, 0), _LID_SHADING)
    around = top / (cv2.GaussianBlur(weight, (0, 0), _LID_SHADING)[..., None] + 1e-3)
    # a brow has no edge: its hairs end one by one
    free = 1 - cv2.GaussianBlur(brows.astype(np.float32), (0, 0), 4)
    share = cv2.GaussianBlur(wide.astype(np.float32), (0, 0), 5) * free**2 * 0.85
    # the eyes themselves stay: no patient gets them, but a picture of the bank has eyes
    eyes = cv2.dilate(lids, np.ones((3, 3), np.uint8)).astype(np.float32)
    share *= 1 - cv2.GaussianBlur(eyes, (0, 0), 1.5)
    return (plain + share[..., None] * (around - plain)).clip(0, 255).astype(np.uint8)


_UNDER_EYES = (
    (31, 228, 229, 230, 231, 232, 233),
    (111, 117, 118, 119, 120, 121),
    (261, 448, 449, 450, 451, 452, 453),
    (340, 346, 347, 348, 349, 350),
)


def folds() -> np.ndarray:
    """From the wings of the nose round the mouth to the chin, and under the eyes, 0-1: where smiles
    leave creases."""
    uv = coordinates() * SIZE
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for fold in ((129, 203, 206, 216, 212, 202, 204), (358, 423, 426, 436, 432, 422, 424)):
        cv2.polylines(mask, [uv[list(fold)].round().astype(np.int32)], False, 1, 62)
    for bag in _UNDER_EYES:
        cv2.polylines(mask, [uv[list(bag)].round().astype(np.int32)], False, 1, 34)
    hull = cv2.convexHull(uv[topology.LIPS].astype(np.float32)).astype(np.int32)
    lips = cv2.fillConvexPoly(np.zeros_like(mask), hull, 1)
    nose = uv[[98, 97, 2, 326, 327, 358, 279, 4, 49, 129]].round().astype(np.int32)
    keep = cv2.dilate(cv2.fillPoly(lips, [nose], 1), np.ones((11, 11), np.uint8))
    return cv2.GaussianBlur((mask & (1 - keep)).astype(np.float32), (0, 0), 7)


FOLDS = folds()


def unfolded(picture: np.ndarray) -> np.ndarray:
    """Flatten the creases that a smile leaves, keep pores and broad shading."""
    hull = cv2.convexHull((coordinates() * SIZE)[topology.LIPS].astype(np.float32))
    lips = cv2.fillConvexPoly(np.zeros((SIZE, SIZE), np.uint8), hull.astype(np.int32), 1)
    weight = (1 - cv2.dilate(lips, np.ones((9, 9), np.uint8))).astype(np.float32)
    weight *= layout(SIZE)[0] >= 0

    def average(sigma: float) -> np.ndarray:
        top = cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma)
        return top / (cv2.GaussianBlur(weight, (0, 0), sigma)[..., None] + 1e-3)

    return picture + 0.9 * FOLDS[..., None] * (average(26.0) - average(1.2))


def lightness(picture: np.ndarray, where: np.ndarray) -> float:
    return float(np.median(picture[where].astype(float) @ [0.299, 0.587, 0.114]))


def bands(picture: np.ndarray, sigmas=(1.0, 2.0, 4.0, 8.0)) -> list[np.ndarray]:
    out, current = [], picture
    for sigma in sigmas:
        low = cv2.GaussianBlur(current, (0, 0), sigma)
        out.append(current - low)
        current = low
    return [*out, current]


def sharpen(mean: np.ndarray, members: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Give the mean the crispness of its members: stronger structure, and pores of nobody."""
    member_bands = [bands(m) for m in members]
    own = bands(mean)
    result = own[-1]
    inside = layout(SIZE)[0] >= 0
    for level, band in enumerate(own[:-1]):
        power = np.mean([cv2.GaussianBlur(b[level] ** 2, (0, 0), 12) for b in member_bands], axis=0)
        have = cv2.GaussianBlur(band**2, (0, 0), 12)
        gain = np.clip(np.sqrt((power + 0.3) / (have + 0.3)), 1.0, _CRISPEST)
        result = result + band * gain
        if level < 3:
            noise = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
            noise = bands(noise)[level]
            noise /= noise[inside].std()
            missing = np.sqrt(np.clip(power - have * gain**2, 0, None)).mean(2)
            limit = (2.0, 2.0, 1.5)[level]
            result = result + (noise * np.minimum(missing * 0.6, limit))[..., None]
    return result
