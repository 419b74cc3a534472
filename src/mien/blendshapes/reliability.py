"""How far each score is to be relied on: r with MediaPipe's own, on clips that taught nothing.

The figures are those of the card (docs/cards/blendshapes.md): Pearson's r through mien's tracker,
mean over the clips in which the score varies, of a network taught without these clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mien.blendshapes.names import NAMES

_BOTH: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "browDown": (0.57, 0.73),
        "browOuterUp": (0.82, 0.81),
        "eyeBlink": (0.94, 0.96),
        "eyeLookDown": (0.90, 0.92),
        "eyeLookIn": (0.94, 0.83),
        "eyeLookOut": (0.84, 0.97),
        "eyeLookUp": (0.80, 0.80),
        "eyeSquint": (0.70, 0.71),
        "eyeWide": (0.90, 0.91),
        "mouthDimple": (0.89, 0.88),
        "mouth": (1.00, 0.95),
        "mouthLowerDown": (0.96, 0.94),
        "mouthPress": (0.84, 0.77),
        "mouthSmile": (0.99, 0.98),
        "mouthStretch": (0.90, 0.97),
        "mouthUpperUp": (0.99, 0.98),
    }
)
_ONE: Mapping[str, float] = MappingProxyType(
    {
        "browInnerUp": 0.65,
        "jawOpen": 0.95,
        "mouthClose": 0.99,
        "mouthFunnel": 0.75,
        "mouthPucker": 0.94,
        "mouthRollLower": 0.98,
        "mouthRollUpper": 0.91,
        "mouthShrugLower": 0.95,
    }
)
RELIABILITY: Mapping[str, float | None] = MappingProxyType(
    {
        name: _ONE.get(
            name,
            _BOTH[name[:-4]][0]
            if name.endswith("Left") and name[:-4] in _BOTH
            else _BOTH[name[:-5]][1]
            if name.endswith("Right") and name[:-5] in _BOTH
            else None,
        )
        for name in NAMES
    }
)
"""r of each score; None where it did not vary in any of the clips, so that nothing is known."""


def least(names: tuple[str, ...]) -> float | None:
    """The lowest r of several scores; None if one of them is not known."""
    values = [RELIABILITY[name] for name in names]
    return None if None in values else min(value for value in values if value is not None)
