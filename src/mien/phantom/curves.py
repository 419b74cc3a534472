"""Curves over time: smooth steps, slow paths, and expression coefficients by name."""

from __future__ import annotations

import numpy as np

from mien.face.model import FaceModel


def smooth(x: np.ndarray) -> np.ndarray:
    """From 0 at 0 to 1 at 1 without a corner."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def span(time: np.ndarray, start_s: float, end_s: float, ease_s: float) -> np.ndarray:
    """1 within a span, 0 outside, and a smooth way between them just before and just after."""
    return np.minimum(
        smooth((time - start_s + ease_s) / ease_s), smooth((end_s + ease_s - time) / ease_s)
    )


def wander(rng: np.random.Generator, time: np.ndarray, hertz: float) -> np.ndarray:
    """A slow path of about unit size: five sines around a frequency, with seeded phases."""
    frequency = hertz * rng.uniform(0.4, 1.6, 5)
    phase = rng.uniform(0, 2 * np.pi, 5)
    return np.sin(2 * np.pi * np.outer(time, frequency) + phase).sum(1) / 2.2


class Curves:
    """Expression coefficients over time, by name."""

    def __init__(self, model: FaceModel, count: int) -> None:
        self._names = {name: k for k, name in enumerate(model.expression_names)}
        self.beta = np.zeros((count, len(self._names)))

    def index(self, name: str) -> int:
        """Column of a coefficient."""
        return self._names[name]

    def add(self, name: str, values: np.ndarray) -> None:
        """Add a curve to one coefficient; its negative part is another coefficient's."""
        self.beta[:, self._names[name]] += np.maximum(values, 0)
