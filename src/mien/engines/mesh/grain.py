"""Grain: the finest detail of skin: pores, the noise of the camera, what a codec left of them.

A new face without it looks painted beside the neck. What is added is noise of nobody, another in
every frame, as strong as is missing to the patient's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from mien.engines.mesh.appearance import MAP, logarithm, plain_skin
from mien.face.uv import unwrap
from mien.tracking.track import Sample

TILE = 256
"""Side of the pattern of noise, pixels."""
_SOFT = 0.6  # pixels that a camera's noise is alike over
_TRIED = 0.06  # log: strength of the noise by which a face's is gauged
_DRAWN = 0.7  # of a texture's grain that is left when it is drawn
_MOST = 0.05  # log


def grain_of(log: np.ndarray, skin: np.ndarray) -> float:
    """How much bare skin varies from texel to texel, log; 0 where there is none.

    Parameters
    ----------
    log : np.ndarray [shape=(256, 256, 3)]
        Log texture.
    skin : np.ndarray [shape=(256, 256), dtype=bool]
        Texels of bare skin.
    """
    where = skin & plain_skin()
    fine = log - cv2.GaussianBlur(log, (0, 0), 1.0)
    # the side that is turned away is streaked: the median does not see it
    return float(np.median(np.abs(fine.mean(2)[where]))) if where.any() else 0.0


def yield_of(samples: Sequence[Sample], skin: np.ndarray) -> float:
    """How much grain a face has for noise of strength 1 in the picture, as large as it is there.

    Parameters
    ----------
    samples : sequence of Sample
        Frames of a patient.
    skin : np.ndarray [shape=(256, 256), dtype=bool]
        Texels of bare skin.
    """
    found = []
    for sample in samples:
        tall, wide = sample.image.shape[:2]
        noise = np.tile(pattern(), (tall // TILE + 1, wide // TILE + 1))[:tall, :wide]
        grey = (128 * np.exp(_TRIED * noise)).clip(0, 255).astype(np.uint8)
        picture = np.repeat(grey[..., None], 3, axis=2)
        found.append(grain_of(logarithm(unwrap(picture, sample.landmarks, MAP)), skin))
    return float(np.median(found)) / _TRIED


def missing(wanted: float, texture: np.ndarray, per_noise: float) -> float:
    """Strength of the noise that a texture lacks, log.

    Parameters
    ----------
    wanted : float
        The patient's grain, of `grain_of`.
    texture : np.ndarray [shape=(n, n, 3)]
        What is drawn, grey levels.
    per_noise : float
        Of `yield_of`.
    """
    small = cv2.resize(texture, (MAP, MAP), interpolation=cv2.INTER_AREA)
    there = _DRAWN * grain_of(logarithm(small), np.ones((MAP, MAP), bool))
    lacks = np.sqrt(max(wanted**2 - there**2, 0.0))
    return float(min(lacks / max(per_noise, 1e-6), _MOST))


@cache
def pattern() -> np.ndarray:
    """Noise of strength 1 that goes on at its edges, shape (TILE, TILE), float32."""
    noise = np.random.default_rng(0).normal(size=(TILE, TILE)).astype(np.float32)
    around = cv2.copyMakeBorder(noise, 4, 4, 4, 4, cv2.BORDER_WRAP)
    soft = cv2.GaussianBlur(around, (0, 0), _SOFT)[4:-4, 4:-4]
    return np.ascontiguousarray(soft / soft.std())


def offset(image: np.ndarray) -> tuple[int, int]:
    """Where the pattern begins in a frame, rows and columns: for each picture elsewhere."""
    some = image[:: max(1, image.shape[0] // 64), :: max(1, image.shape[1] // 64)]
    number = int(some.astype(np.uint64).sum()) * 2654435761
    return number >> 8 & TILE - 1, number >> 20 & TILE - 1
