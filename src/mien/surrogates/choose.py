"""Choosing by measuring: the surrogate under which the patient is recognised least.

An average of many faces looks a little like everybody, so no surrogate suits all patients. Each
candidate is rendered on frames of the patient and described by a recogniser; what counts is the
smallest distance to *any* sampled original frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.compositing import composite
from mien.engines.mesh import Mesh, Person
from mien.privacy.recognisers import Dlib
from mien.surrogates import bank
from mien.surrogates.bank import Surrogate, load
from mien.tracking.track import Sample

STRENGTHS = (1.5, 1.85, 2.2)
_ENOUGH = 0.05  # above the recogniser's threshold: a choice that leaves room for unseen frames
_FINALISTS = 2
_PROBES = 4


@dataclass(frozen=True)
class Choice:
    """The chosen surrogate and what was measured."""

    surrogate: Surrogate
    """The face to give."""
    strength: float
    """How far the proportions go towards it."""
    nearest: float
    """Smallest recogniser distance to any sampled original, on the frames tried."""
    tried: dict[str, float]
    """The same for each candidate that was tried."""


def choose(
    person: Person,
    samples: list[Sample],
    recogniser: Dlib,
    gallery: np.ndarray,
) -> Choice:
    """Find the surrogate that hides a patient best.

    Surrogates of the same apparent sex are tried first, so that the picture stays plausible; the
    others only if none of them is far enough.

    Parameters
    ----------
    person : Person
        The patient's calibration.
    samples : list of Sample
        Frames of the patient with refined landmarks, spread over the clip.
    recogniser : Dlib
        Whose eyes count.
    gallery : np.ndarray [shape=(n, 128)]
        Descriptors of the original frames.

    Returns
    -------
    choice : Choice
    """
    target = recogniser.threshold + _ENOUGH
    probes = [
        (samples[i].image, samples[i].landmarks)
        for i in np.linspace(0, len(samples) - 1, _PROBES).round().astype(int)
    ]

    def nearest(name: str, strength: float, count: int) -> float:
        engine = Mesh(person, load(name), strength)
        found = []
        for image, landmarks in probes[:: max(1, len(probes) // count)][:count]:
            picture = image.copy()
            composite(picture, engine.render(image, landmarks))
            descriptor = recogniser.describe(picture, engine.move(landmarks))
            found.append(np.linalg.norm(gallery - descriptor, axis=1).min())
        return float(min(found))

    same, other = _by_apparent_sex(gallery)
    tried: dict[str, float] = {}
    best = ("", STRENGTHS[0], -1.0)
    for names in (same, other):
        quick = {name: nearest(name, STRENGTHS[0], 1) for name in names}
        for strength in STRENGTHS:
            for name in sorted(quick, key=lambda n: -quick[n])[:_FINALISTS]:
                distance = nearest(name, strength, len(probes))
                tried[f"{name} x{strength}"] = round(distance, 3)
                if distance > best[2]:
                    best = (name, strength, distance)
            if best[2] >= target:
                return Choice(load(best[0]), best[1], best[2], tried)
    return Choice(load(best[0]), best[1], best[2], tried)


def _by_apparent_sex(gallery: np.ndarray) -> tuple[list[str], list[str]]:
    """Names of the surrogates that look of the patient's sex to the recogniser, and the rest."""
    rule = bank.apparent_sex_rule()
    side = (gallery.mean(0) - rule["mean"]) @ rule["male"]
    looks = "male" if side > 0 else "female"
    same = [name for name, card in bank.cards().items() if card["apparent_sex"] == looks]
    return same, [name for name in bank.cards() if name not in same]
