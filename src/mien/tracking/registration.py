"""A second, finer measurement: the skin itself, registered against the person's own texture.

A landmark model sees every frame anew and errs a little differently each time. The person's skin
does not change: laid out in UV, each frame is matched by dense optical flow to the person's
median texture, and the landmarks are moved by what the match says. Nothing is averaged over
time; what goes is the landmark model's jitter. Moves are shared over a small neighbourhood of
skin, so what a landmark model underrates in one place alone is not fully given back. Eyeballs,
teeth and tongue are no skin and move by themselves: they are left blank, or a look to one side
would drag the lids along.
"""

from __future__ import annotations

import threading
from functools import cache

import cv2
import numpy as np

from mien.face.model import FaceModel
from mien.face.topology import FACE_OVAL, INNER_LIP_RING, LEFT_EYE_RING, RIGHT_EYE_RING
from mien.face.uv import coordinates, unwrap
from mien.tracking.track import Sample

_SIZE = 192
_SMOOTH = 4.5  # texels over which the match is shared
_LARGEST = 4.0  # texels; a larger move is a mismatch, not jitter
_COARSE = 7.5  # texels: what is smoother than this is light
_PRIOR = 0.02  # weight of "no move" where the skin has no structure
_POLISH = {False: (16, 5), True: (6, 2)}  # steps of the match downhill, and of what smooths it
_SMALLER = {False: (1, 1), True: (2, 4)}  # by which maps are on which moves, light are averaged


class Registration:
    """Refines the landmarks of one person.

    Parameters
    ----------
    samples : list of Sample
        Frames spread over the clip; their median texture is the reference.
    quick : bool
        Take about half the time for a frame, for pictures that come as they are shown. Moves differ
        from those found otherwise by some hundredths of a pixel.
    """

    def __init__(self, samples: list[Sample], *, quick: bool = False) -> None:
        self._quick = quick
        at = (coordinates() * _SIZE - 0.5).astype(np.float32)
        self._at = at[:, :1], at[:, 1:]
        self._local = threading.local()
        self._outward = _Jacobian()
        self._reference = self._median(samples, [s.landmarks for s in samples])
        self._weigh()
        # once registered, the samples give a sharper reference
        refined = [self.refine(s.image, s.landmarks) for s in samples]
        self._reference = self._median(samples, refined)
        self._weigh()

    def refine(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Move the landmarks of one frame to where the person's skin is.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        landmarks : np.ndarray [shape=(478, 3)]
            As tracked, pixels.

        Returns
        -------
        refined : np.ndarray [shape=(478, 3)]
        """
        current = _structure(unwrap(image, landmarks, _SIZE), self._quick)
        flow = self._matcher().calc(self._reference, current, None).clip(-_LARGEST, _LARGEST)
        flow *= self._weight
        shared = _average(flow, _SMOOTH, _SMALLER[self._quick][0])
        shared /= self._spread
        moves = cv2.remap(shared, *self._at, cv2.INTER_LINEAR).reshape(-1, 2) / _SIZE
        refined = np.array(landmarks, np.float64)
        refined[:, :2] += self._outward.carry(landmarks, moves)
        return refined

    def _median(self, samples: list[Sample], landmarks: list[np.ndarray]) -> np.ndarray:
        views = [
            unwrap(s.image, points, _SIZE) for s, points in zip(samples, landmarks, strict=True)
        ]
        return _structure(np.median(np.stack(views), axis=0).astype(np.uint8), self._quick)

    def _weigh(self) -> None:
        """Trust the match where the skin has structure and is neither eye nor inner mouth."""
        mask = _fill(FACE_OVAL)
        mask = cv2.erode(mask, np.ones((5, 5), np.uint8))
        for ring in (RIGHT_EYE_RING, LEFT_EYE_RING, INNER_LIP_RING):
            mask &= 1 - cv2.dilate(_fill(ring), np.ones((3, 3), np.uint8))
        across = cv2.Sobel(self._reference, cv2.CV_32F, 1, 0) / 8
        down = cv2.Sobel(self._reference, cv2.CV_32F, 0, 1) / 8
        energy = cv2.GaussianBlur(across**2 + down**2, (0, 0), 1.5)
        weight = mask * energy / (energy + 30)
        spread = cv2.GaussianBlur(weight, (0, 0), _SMOOTH) + _PRIOR
        self._weight, self._spread = cv2.merge([weight] * 2), cv2.merge([spread] * 2)

    def _matcher(self) -> cv2.DISOpticalFlow:
        """One flow object per thread: it keeps scratch memory."""
        if not hasattr(self._local, "matcher"):
            matcher = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
            matcher.setFinestScale(1)
            downhill, smoothing = _POLISH[self._quick]
            matcher.setGradientDescentIterations(downhill)
            matcher.setVariationalRefinementIterations(smoothing)
            self._local.matcher = matcher
        return self._local.matcher


class _Jacobian:
    """Carries moves in the texture to moves in the image."""

    def __init__(self) -> None:
        uv = coordinates()
        self._triangles = FaceModel.load().triangles
        a, b, c = self._triangles.T
        edges = np.stack([uv[b] - uv[a], uv[c] - uv[a]], axis=2)
        self._area = np.abs(np.linalg.det(edges))
        self._inverse = np.linalg.inv(edges)
        self._total = np.zeros(478)
        for k in range(3):
            np.add.at(self._total, self._triangles[:, k], self._area)
        self._total = np.maximum(self._total, 1e-12)

    def carry(self, landmarks: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """Moves in texture coordinates, shape (478, 2), to pixels, shape (478, 2)."""
        a, b, c = self._triangles.T
        flat = np.asarray(landmarks)[:, :2]
        edges = np.stack([flat[b] - flat[a], flat[c] - flat[a]], axis=2)
        local = (edges @ self._inverse * self._area[:, None, None]).reshape(-1, 4)
        jacobian = np.empty((478, 4))
        for entry in range(4):
            jacobian[:, entry] = sum(
                np.bincount(self._triangles[:, k], local[:, entry], 478) for k in range(3)
            )
        jacobian /= self._total[:, None]
        return np.einsum("nij,nj->ni", jacobian.reshape(-1, 2, 2), moves)


_LOG = np.log(np.arange(256, dtype=np.float32) + 8)


def _average(picture: np.ndarray, sigma: float, smaller: int) -> np.ndarray:
    """A Gaussian blur, found on a map so many times smaller."""
    if smaller == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    height, width = picture.shape[:2]
    size = (width // smaller, height // smaller)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / smaller)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _structure(picture: np.ndarray, quick: bool) -> np.ndarray:
    """Brows, folds, pores without light: high-passed log brightness around 128, uint8; blank where
    eyes and mouth are open."""
    light = cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), _LOG)
    skin, spread, soft = _skin()
    base = _average(light * skin, _COARSE, _SMALLER[quick][1]) / spread
    return ((light - base) * (160 * soft) + 128).clip(0, 255).astype(np.uint8)


@cache
def _skin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All but the openings of eyes and mouth, as 0 and 1, spread, and with soft edges."""
    open_ = _fill(RIGHT_EYE_RING) | _fill(LEFT_EYE_RING) | _fill(INNER_LIP_RING)
    skin = (1 - open_).astype(np.float32)
    spread = np.maximum(cv2.GaussianBlur(skin, (0, 0), _COARSE), 1e-3)
    return skin, spread, cv2.GaussianBlur(skin, (0, 0), 1.0) * skin


def _fill(ring: np.ndarray) -> np.ndarray:
    points = (coordinates()[ring] * _SIZE * 16).round().astype(np.int32)
    return cv2.fillPoly(np.zeros((_SIZE, _SIZE), np.uint8), [points], 1, shift=4)
