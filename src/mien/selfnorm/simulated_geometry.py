"""Faces for a simulated study: 478 landmarks of everybody, and the scores that mien reads off them.

So that scores and raw geometry can be compared, both come of one measurement, as in a study: a face
of somebody's own shape shows an expression, turns, and is measured with an error; the scores are
what the shipped network of blendshapes makes of those landmarks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes
from mien.face.model import FaceModel
from mien.selfnorm.geometry import GEOMETRY, normalised
from mien.selfnorm.snapshots import Snapshots

NOISE = 0.0067
"""Standard deviation of a landmark's error across and down, in outer-eye distances: how well
landmarks repeat between renders of one face (docs/cards/face_model.md); three times in depth."""
_PIXELS = 100.0  # outer-eye distance in the picture
_SIDE = 512  # of the picture, pixels
_POSE = np.array([6.0, 5.0, 4.0])  # deviation of yaw, pitch and roll from person to person, degrees
_SWAY = 3.0  # and of each recording's frames about that, degrees
_KEEP = 0.97  # of a frame's sway in the next one
_MOST = 2.5  # standard deviations of identity
_BLOCK = 512


def measured(study: Snapshots, seed: int = 0, noise: float = NOISE) -> Snapshots:
    """The faces that show the scores of a study, as they are measured.

    Parameters
    ----------
    study : Snapshots
        Simulated without noise on scores (``simulate(noise=0)``), under `blendshapes.NAMES`.
    seed : int
        Decides who has which face, how heads turn, and the errors.
    noise : float
        As `NOISE`.

    Returns
    -------
    study : Snapshots
        The same moments; scores as mien's network reads them off the landmarks, then the landmarks
        under `GEOMETRY`, normalised.
    """
    rng = np.random.default_rng([seed, 7])
    model, network = FaceModel.load(), Blendshapes.load()
    order = [NAMES.index(name) if name in NAMES else -1 for name in model.expression_names]
    beta = np.where(np.array(order) >= 0, study.scores[:, order], 0).astype(np.float64)
    people, who = np.unique(study.participants, return_inverse=True)
    alpha = rng.standard_normal((len(people), len(model.identity))).clip(-_MOST, _MOST)
    own = np.stack([model.resting(one) for one in alpha])
    turns = _turns(study, who, len(people), rng)
    out = np.empty((len(study), len(NAMES) + len(GEOMETRY)), np.float32)
    spread = noise * np.array([1.0, 1.0, 3.0])
    for begin in range(0, len(study), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        points = own[who[part]] + np.tensordot(beta[part], model.expression, 1)
        points = points @ turns[part].transpose(0, 2, 1)
        points += spread * rng.standard_normal(points.shape)
        pixels = _PIXELS * points + [_SIDE / 2, _SIDE / 2, 0]
        out[part, : len(NAMES)] = network.scores(pixels, _SIDE, _SIDE)
        out[part, len(NAMES) :] = normalised(pixels.reshape(len(pixels), -1))
    return replace(study, scores=out, names=(*NAMES, *GEOMETRY))


def _turns(study: Snapshots, who: np.ndarray, people: int, rng: np.random.Generator) -> np.ndarray:
    """How the head is turned in each snapshot, shape (n, 3, 3)."""
    degrees = (_POSE * rng.standard_normal((people, 3)))[who]
    recording = study.recordings()
    order = np.lexsort((study.times, recording))
    fresh = np.insert(np.diff(recording[order]) != 0, 0, True)
    sway, steps = np.zeros(3), rng.standard_normal((len(study), 3))
    for k, begins in zip(order.tolist(), fresh.tolist(), strict=True):
        sway = steps[k] if begins else _KEEP * sway + np.sqrt(1 - _KEEP**2) * steps[k]
        degrees[k] += _SWAY * sway
    yaw, pitch, roll = np.radians(degrees).T
    zero, one = np.zeros(len(yaw)), np.ones(len(yaw))

    def about(rows: list[list[np.ndarray]]) -> np.ndarray:
        return np.stack([np.stack(row, -1) for row in rows], -2)

    c, s = np.cos, np.sin
    across = about([[c(yaw), zero, s(yaw)], [zero, one, zero], [-s(yaw), zero, c(yaw)]])
    down = about([[one, zero, zero], [zero, c(pitch), -s(pitch)], [zero, s(pitch), c(pitch)]])
    tilt = about([[c(roll), -s(roll), zero], [s(roll), c(roll), zero], [zero, zero, one]])
    return np.asarray(tilt @ down @ across)
