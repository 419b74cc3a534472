"""The default engine: the surrogate's face on the patient's own motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numba
import numpy as np

from mien.engines import traits as known
from mien.engines.base import Engine, Fitted, Rendering
from mien.engines.mesh.appearance import (
    FLOOR,
    MAP,
    apart,
    change,
    detail_of,
    feather,
    in_patients_light,
    lamp,
    light_of,
    logarithm,
    nostrils_of,
    openings,
)
from mien.engines.mesh.displacement import displacement
from mien.engines.mesh.grain import TILE, grain_of, missing, offset, pattern, yield_of
from mien.engines.mesh.hands import hands_over, lay
from mien.engines.mesh.iris import IrisColour, colour_of, given, repaint
from mien.engines.mesh.occlusion import enlarged, moving, static, strange
from mien.engines.mesh.skin import like_skin, tone_of, uncovered
from mien.engines.mesh.surroundings import rings, sources
from mien.errors import ParameterError
from mien.face.geometry import face_box, rasterise
from mien.face.model import FaceModel
from mien.face.uv import coordinates, texels_per_pixel, triangles, unwrap
from mien.surrogates.bank import Surrogate
from mien.tracking.hands import Hand
from mien.tracking.track import Sample

_CHEEKS = [50, 280, 205, 425, 101, 330]
_LIT = 4  # samples that have to be so bright
_BARE = 0.3  # of something that lies over the skin, under which it is bare
_EDGE = 0.012  # widths of the face over which it fades where it is seen from the side
_AS_BRIGHT = 0.5  # log: how much darker a sample may be than they are
_BESIDE = np.ones((3, 3), np.uint8)  # coarse texels beside what is in front: its edge


@dataclass(frozen=True)
class Person(Fitted):
    """What calibration learns about a patient before any surrogate is chosen."""

    alpha: np.ndarray
    """Identity coefficients, shape (40,)."""
    shape: np.ndarray
    """Neutral landmarks, canonical units, shape (478, 3); see `FaceModel.at_rest`."""
    neutral: np.ndarray
    """Log of the texture at rest, shape (256, 256, 3), float32."""
    own: np.ndarray
    """Where glasses or hair lie over the skin, 0-1, shape (256, 256), float32."""
    size: int
    """Texels that match the face's pixels."""
    detail: np.ndarray
    """How much the skin varies in each of the fine bands, log, shape (4,)."""
    nostrils: float
    """How much darker the nostrils are than the skin around them, log."""
    grain: float
    """How much the skin varies from texel to texel, log."""
    grain_per_noise: float
    """How much of that noise in the picture makes, by its strength."""
    light: np.ndarray
    """Light and tone of the skin, log, shape (256, 256, 3)."""
    skin: np.ndarray
    """Usual colour of the skin, log, shape (3,)."""
    iris: IrisColour | None = None
    """Colour of the irises; None where they were never seen."""

    @property
    def tone(self) -> float:
        """Individual typology angle of the cheeks, degrees; high is fair (Chardin 1991)."""
        columns, rows = (coordinates()[_CHEEKS] * MAP).astype(int).T
        colour = np.exp(np.median(self.neutral[rows, columns], axis=0)) - FLOOR
        lab = cv2.cvtColor((colour / 255).astype(np.float32)[None, None], cv2.COLOR_RGB2LAB)[0, 0]
        return float(np.degrees(np.arctan2(lab[0] - 50, lab[2])))

    def shrunk(self, scale: float) -> Person:
        """See `Fitted.shrunk`."""
        return replace(self, size=max(64, round(self.size * scale)))

    def wearing(self, surrogate: Surrogate | None, strength: float = 1.0) -> Mesh:
        """See `Fitted.wearing`."""
        if surrogate is None:
            raise ParameterError("The engine mesh needs a surrogate: choose one.")
        return Mesh(self, surrogate, strength)

    @staticmethod
    def calibrate(samples: Sequence[Sample], alpha: np.ndarray, enlarge: float = 1.0) -> Person:
        """Learn a person's texture from frames spread over the clip.

        Parameters
        ----------
        samples : sequence of Sample
            With the finest landmarks there are.
        alpha : np.ndarray [shape=(40,)]
            Identity, from `FaceModel.fit`.
        enlarge : float
            How much larger the face is in the clip than in the samples.

        Raises
        ------
        ParameterError
            If there are no samples.
        """
        if not samples:
            raise ParameterError("A person needs at least one sample to be calibrated.")
        model = FaceModel.load()
        lit = _lit(samples)
        logs, rest = [], []
        for sample in lit:
            logs.append(logarithm(unwrap(sample.image, sample.landmarks, MAP)))
            solution = model.solve(sample.landmarks, alpha)
            turn = abs(solution.pose.rotation[0, 2])
            rest.append(np.abs(solution.beta).sum() + 6 * turn)
        # the calmer half of the samples; their median drops blinks, hands and highlights
        calm = np.argsort(rest)[: max(3, len(rest) // 2)]
        neutral = np.median(np.stack([logs[i] for i in calm]), axis=0).astype(np.float32)
        across = [texels_per_pixel(sample.landmarks, 1) for sample in samples]
        fitting = enlarge / max(float(np.median(across)), 1e-6)
        size = int(np.clip(fitting, 64, 512))
        shape = model.at_rest(np.stack([sample.landmarks for sample in samples]), alpha)
        neutral = uncovered(neutral, logs, calm)
        own = static(neutral)
        bare = own < _BARE
        detail = np.median([detail_of(logs[i], bare) for i in calm], axis=0)
        grain = float(np.median([grain_of(logs[i], bare) for i in calm]))
        return Person(
            alpha,
            shape,
            neutral,
            own,
            size,
            detail,
            nostrils_of(neutral),
            grain,
            yield_of([lit[i] for i in calm[:3]], bare),
            light_of(neutral, bare),
            tone_of(logs),
            colour_of(lit),
        )


def _lit(samples: Sequence[Sample]) -> list[Sample]:
    """Those of the samples in the brightest light that several have: dark ones show less."""
    level = np.array(
        [
            np.log(np.median(sample.image[rows, columns]) + FLOOR)
            for sample in samples
            for columns, rows in [_cheeks(sample)]
        ]
    )
    # not the brightest few: they may be a flash
    bright = level >= np.sort(level)[-min(len(level), _LIT)] - _AS_BRIGHT
    return [sample for sample, lit in zip(samples, bright, strict=True) if lit]


def _cheeks(sample: Sample) -> np.ndarray:
    """Columns and rows of landmarks on the cheeks in a sample, shape (2, n)."""
    height, width = sample.image.shape[:2]
    places = sample.landmarks[_CHEEKS, :2].round().astype(int)
    return places.clip(0, [width - 1, height - 1]).T


class Mesh(Engine):
    """Swaps the identity term and leaves pose, expression and residual alone.

    Parameters
    ----------
    person : Person
        The patient's calibration.
    surrogate : Surrogate
        The face to give.
    strength : float
        How far the proportions go towards the surrogate's, 1 all the way.
    """

    name = "mesh"
    traits = known.MESH

    def __init__(self, person: Person, surrogate: Surrogate, strength: float = 1.0) -> None:
        self._model = FaceModel.load()
        self._person = person
        self._offset = displacement(person.shape, surrogate.shape, strength)
        self._skin = in_patients_light(
            surrogate.texture, person.light, person.size, person.detail, person.nostrils
        )
        strength_of_noise = missing(person.grain, self._skin, person.grain_per_noise)
        self._noise = np.exp(strength_of_noise * pattern()).astype(np.float32)
        quarter = (MAP // 4, MAP // 4)
        self._rest = cv2.resize(person.neutral, quarter, interpolation=cv2.INTER_AREA)
        self._iris = given(surrogate.id, person.iris)
        self._triangles = triangles(mouth=True)
        self._uv = coordinates().astype(np.float32)

    @classmethod
    def calibrate(
        cls, samples: Sequence[Sample], landmarks: np.ndarray, enlarge: float = 1.0
    ) -> Person:
        """See `Engine.calibrate`."""
        return Person.calibrate(samples, FaceModel.load().fit(landmarks), enlarge)

    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """See `Engine.render`."""
        return self.render_behind(image, landmarks, ())

    def render_behind(
        self, image: np.ndarray, landmarks: np.ndarray, hands: Sequence[Hand]
    ) -> Rendering:
        """See `Engine.render_behind`."""
        landmarks = np.asarray(landmarks, np.float64)
        pose = self._model.pose(landmarks, self._person.alpha)
        moved = landmarks + pose.turn(self._offset)
        around, reached = rings(landmarks, moved)
        reaches = np.concatenate([around, reached, moved[:, :2]])
        left, top, right, bottom = face_box(reaches, image.shape)
        corner = np.array([left, top, 0.0])
        index, weights = rasterise(moved - corner, self._triangles, bottom - top, right - left)
        added = apart(logarithm(unwrap(image, landmarks, MAP)), self._person.neutral)
        switched = lamp(added)
        added -= switched
        unlike, skin = self._in_front(added)
        hidden, gone = moving(unlike, skin), enlarged(cv2.dilate(unlike, _BESIDE))
        # hair and glasses that the skin has come out from under are not there
        own = np.maximum(openings(), self._person.own * (1 - enlarged(unlike * skin)))
        box = (left, top, right, bottom)
        over = hands_over(image, landmarks, hands, box, self._person.neutral) if hands else None
        if over is None:
            own = np.maximum(own, hidden)
        else:  # what is unlike skin is a hand or its shadow by now
            gone = np.maximum(gone, over.near)
        gain = change(added, np.maximum(gone, self._person.own))
        gain *= np.exp(switched)
        down, across = offset(image)
        colour = np.zeros((bottom - top, right - left, 3), np.uint8)
        opacity = np.zeros((bottom - top, right - left), np.float32)
        _draw(
            index,
            weights,
            self._triangles,
            len(self._model.triangles),
            self._uv,
            landmarks.astype(np.float32),
            repaint(image, landmarks, self._iris),
            self._skin,
            np.ascontiguousarray(gain, np.float32),
            np.ascontiguousarray(own, np.float32),
            feather(),
            self._noise,
            (top + down, left + across),
            colour,
            opacity,
        )
        _soften(index, float(np.ptp(moved[:468, 0])), opacity)
        where = sources(around, reached, left, top, index)
        _inside(index, weights, self._triangles, landmarks.astype(np.float32), where)
        rendering = Rendering(left, top, colour, opacity, moved, where)
        if over is not None:
            lay(image, rendering, over)
        return rendering

    def _in_front(self, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a frame is unlike the person at rest, and where it can be skin, (64, 64) each."""
        size = self._rest.shape[1::-1]
        seen = self._rest + cv2.resize(added, size, interpolation=cv2.INTER_AREA)
        return strange(added), like_skin(seen, self._person.skin).astype(np.float32)


def _soften(index: np.ndarray, wide: float, opacity: np.ndarray) -> None:
    """Soften the edge of what is drawn, where a turned face ends before its outline does.

    Parameters
    ----------
    index : np.ndarray [shape=(height, width)]
        Triangle of each pixel, negative where there is none.
    wide : float
        Width of the face, pixels.
    opacity : np.ndarray [shape=(height, width), dtype=float32]
        What is lowered there.
    """
    drawn = (index >= 0).astype(np.uint8)  # the border of the picture is no edge of the face
    distance = cv2.distanceTransform(drawn, cv2.DIST_L2, 3)
    _fade(distance, np.float32(max(1.5, _EDGE * wide)), opacity)


@numba.njit(cache=True, nogil=True)
def _fade(distance: np.ndarray, over: np.float32, opacity: np.ndarray) -> None:
    for row in range(distance.shape[0]):
        for column in range(distance.shape[1]):
            x = (distance[row, column] - np.float32(0.5)) / over
            x = min(max(x, np.float32(0)), np.float32(1))
            opacity[row, column] *= x * x * (np.float32(3) - np.float32(2) * x)


@numba.njit(cache=True, nogil=True)
def _inside(
    index: np.ndarray,
    weights: np.ndarray,
    triangles: np.ndarray,
    source: np.ndarray,
    where: np.ndarray,
) -> None:
    """Where each pixel of the drawn face shows the original's, into `where`."""
    for row in range(index.shape[0]):
        for column in range(index.shape[1]):
            t = index[row, column]
            if t < 0:
                continue
            x, y = np.float32(-0.5), np.float32(-0.5)
            for k in range(3):
                x += weights[row, column, k] * source[triangles[t, k], 0]
                y += weights[row, column, k] * source[triangles[t, k], 1]
            where[row, column, 0] = x
            where[row, column, 1] = y


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _corner(x: float, y: float, width: int, height: int) -> tuple[int, int, np.float32, np.float32]:
    """Bilinear reading: the upper left texel of four, and how far across and down."""
    x = min(max(x - 0.5, 0.0), width - 1.001)
    y = min(max(y - 0.5, 0.0), height - 1.001)
    j, i = int(x), int(y)
    return i, j, np.float32(x - j), np.float32(y - i)


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _between(
    p: np.float32, q: np.float32, r: np.float32, s: np.float32, across: np.float32, down: np.float32
) -> np.float32:
    top = p + across * (q - p)
    low = r + across * (s - r)
    return top + down * (low - top)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _draw(
    index: np.ndarray,
    weights: np.ndarray,
    triangles: np.ndarray,
    n_skin: int,
    uv: np.ndarray,
    source: np.ndarray,
    image: np.ndarray,
    skin: np.ndarray,
    gain: np.ndarray,
    own: np.ndarray,
    feather: np.ndarray,
    noise: np.ndarray,
    corner: tuple[int, int],
    colour: np.ndarray,
    opacity: np.ndarray,
) -> None:
    tall, wide = image.shape[:2]
    floor = np.float32(FLOOR)
    skin_side, gain_side, map_side = skin.shape[0], gain.shape[0], own.shape[0]
    for row in range(index.shape[0]):
        for column in range(index.shape[1]):
            t = index[row, column]
            if t < 0:
                continue
            u, v, x, y = 0.0, 0.0, 0.0, 0.0
            for k in range(3):
                p = triangles[t, k]
                w = weights[row, column, k]
                u += w * uv[p, 0]
                v += w * uv[p, 1]
                x += w * source[p, 0]
                y += w * source[p, 1]
            i, j, a, b = _corner(u * map_side, v * map_side, map_side, map_side)
            opacity[row, column] = _between(
                feather[i, j], feather[i, j + 1], feather[i + 1, j], feather[i + 1, j + 1], a, b
            )
            mine = np.float32(1.0)  # eye and mouth openings
            if t < n_skin:
                mine = _between(own[i, j], own[i, j + 1], own[i + 1, j], own[i + 1, j + 1], a, b)
                mine = min(mine, np.float32(1.0))
            i, j, a, b = _corner(u * skin_side, v * skin_side, skin_side, skin_side)
            m, n, c, d = _corner(u * gain_side, v * gain_side, gain_side, gain_side)
            e, f, g, h = _corner(x, y, wide, tall)
            grain = noise[(row + corner[0]) % TILE, (column + corner[1]) % TILE]
            for k in range(3):
                value: Any = np.float32(0.0)
                if mine < 1.0:
                    tone = _between(
                        skin[i, j, k],
                        skin[i, j + 1, k],
                        skin[i + 1, j, k],
                        skin[i + 1, j + 1, k],
                        a,
                        b,
                    )
                    change = _between(
                        gain[m, n, k],
                        gain[m, n + 1, k],
                        gain[m + 1, n, k],
                        gain[m + 1, n + 1, k],
                        c,
                        d,
                    )
                    # the change was measured of logarithms with the floor in them
                    lit = (tone + floor) * change * grain - floor
                    value += (1 - mine) * min(max(lit, np.float32(0.0)), np.float32(255.0))
                if mine > 0.0:
                    value += mine * _between(
                        np.float32(image[e, f, k]),
                        np.float32(image[e, f + 1, k]),
                        np.float32(image[e + 1, f, k]),
                        np.float32(image[e + 1, f + 1, k]),
                        g,
                        h,
                    )
                colour[row, column, k] = np.uint8(min(max(value + 0.5, 0.0), 255.0))
