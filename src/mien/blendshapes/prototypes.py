"""Prototypes: which muscles an expression uses, and which scores those muscles move.

An expression is written down as action units of the Facial Action Coding System with a strength,
an action unit as blendshape scores. The combinations are those that EMFACS gives as typical of an
emotion; they say what a face shows, not what anybody feels. Strengths and the mapping from action
units to Apple's names are ours: the names' own descriptions say which muscle each one follows.
EMFACS knows no disappointed and no stressed face: the combinations of these two are ours as well.

References
----------
.. [1] Ekman & Friesen, "Facial Action Coding System", Consulting Psychologists Press 1978.
.. [2] Friesen & Ekman, "EMFACS-7: Emotional Facial Action Coding System", University of
   California at San Francisco 1983.
.. [3] Hartmann, Hartmann, Friebe-Hoffmann, Lato, Janni & Lato, "Novel Method for Three-Dimensional
   Facial Expression Recognition Using Self-Normalizing Neural Networks and Mobile Devices",
   Geburtshilfe und Frauenheilkunde 82 (2022), doi:10.1055/a-1866-2943.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from mien.blendshapes.names import NAMES
from mien.errors import ParameterError

FIVE: tuple[str, ...] = ("disappointed", "stressed", "happy", "sad", "surprised")
"""What Hartmann et al. asked 226 people to show [3]_, in the order of their tables."""
SEVEN: tuple[str, ...] = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear",
)  # fmt: skip
"""The classes of FER2013 and FER+ (without contempt), in FER+'s order."""

UNITS: Mapping[int, Mapping[str, float]] = MappingProxyType(
    {
        1: {"browInnerUp": 1.0},
        2: {"browOuterUp": 1.0, "browInnerUp": 0.3},
        4: {"browDown": 1.0},
        5: {"eyeWide": 1.0},
        6: {"cheekSquint": 1.0, "eyeSquint": 0.5},
        7: {"eyeSquint": 1.0},
        9: {"noseSneer": 1.0, "mouthUpperUp": 0.3, "browDown": 0.3},
        10: {"mouthUpperUp": 1.0, "noseSneer": 0.3},
        12: {"mouthSmile": 1.0, "mouthUpperUp": 0.15, "mouthDimple": 0.15},
        14: {"mouthDimple": 1.0},
        15: {"mouthFrown": 1.0},
        16: {"mouthLowerDown": 1.0},
        17: {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.5},
        18: {"mouthPucker": 1.0},
        20: {"mouthStretch": 1.0},
        22: {"mouthFunnel": 1.0},
        23: {"mouthPress": 0.7, "mouthRollLower": 0.4, "mouthRollUpper": 0.3},
        24: {"mouthPress": 1.0},
        25: {"mouthLowerDown": 0.4, "mouthUpperUp": 0.3, "jawOpen": 0.1},
        26: {"jawOpen": 1.0, "mouthLowerDown": 0.2},
        28: {"mouthRollLower": 1.0, "mouthRollUpper": 0.8},
        34: {"cheekPuff": 1.0},
    }
)
"""Scores at full strength of each action unit; a name without its side stands for both sides."""

_EMFACS: Mapping[str, Mapping[int, float]] = MappingProxyType(
    {
        "neutral": {},
        "happiness": {6: 0.45, 12: 0.75, 25: 0.4},
        "surprise": {1: 0.6, 2: 0.6, 5: 0.45, 26: 0.45},
        "sadness": {1: 0.5, 4: 0.3, 15: 0.5, 17: 0.3},
        "anger": {4: 0.65, 5: 0.2, 7: 0.4, 23: 0.45},
        "disgust": {9: 0.6, 10: 0.4, 15: 0.2, 16: 0.3, 17: 0.25},
        "fear": {1: 0.5, 2: 0.35, 4: 0.35, 5: 0.55, 7: 0.2, 20: 0.45, 26: 0.25},
    }
)
PROTOTYPES: Mapping[str, Mapping[int, float]] = MappingProxyType(
    {
        **_EMFACS,
        "disappointed": {4: 0.15, 14: 0.35, 15: 0.35, 17: 0.45, 24: 0.25},
        "stressed": {4: 0.5, 7: 0.4, 14: 0.2, 20: 0.35, 23: 0.3},
        "happy": _EMFACS["happiness"],
        "sad": _EMFACS["sadness"],
        "surprised": _EMFACS["surprise"],
    }
)
"""Strength of each action unit, 0 to 1, in a clear but not extreme expression."""

_SIDED = {name.removesuffix("Left") for name in NAMES if name.endswith("Left")} - {"jaw", "mouth"}


def unit(number: int) -> np.ndarray:
    """Scores of one action unit at full strength on both sides.

    Parameters
    ----------
    number : int
        As FACS counts, any of `UNITS`.

    Returns
    -------
    scores : np.ndarray [shape=(51,), dtype=float32]
        In the order of `blendshapes.NAMES`, 0 to 1.

    Raises
    ------
    ParameterError
        If the action unit is not known here.
    """
    if number not in UNITS:
        known = ", ".join(map(str, UNITS))
        raise ParameterError(f"Action unit {number} has no scores: choose from {known}.")
    scores = np.zeros(len(NAMES), np.float32)
    for name, weight in UNITS[number].items():
        for whole in (f"{name}Left", f"{name}Right") if name in _SIDED else (name,):
            scores[NAMES.index(whole)] += weight
    return scores


def prototype(expression: str) -> np.ndarray:
    """Scores of an expression as the textbook has it, without anybody's own way of showing it.

    Parameters
    ----------
    expression : str
        Any of `PROTOTYPES`.

    Returns
    -------
    scores : np.ndarray [shape=(51,), dtype=float32]
        In the order of `blendshapes.NAMES`, 0 to 1.

    Raises
    ------
    ParameterError
        If there is no prototype of that name.
    """
    if expression not in PROTOTYPES:
        known = ", ".join(PROTOTYPES)
        raise ParameterError(f"There is no prototype of {expression!r}: choose from {known}.")
    scores = np.zeros(len(NAMES), np.float32)
    for number, strength in PROTOTYPES[expression].items():
        scores += strength * unit(number)
    return scores.clip(0, 1)
