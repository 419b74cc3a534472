"""Whether a recording looks like what a network was taught with, before it is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.selfnorm.network import SelfNorm
from mien.selfnorm.opened import Network
from mien.selfnorm.snapshots import Snapshots

FAR = 2.0
"""Mean squared deviation, in variances of the training set, from which on a recording is far: the
training set itself has 1."""
_FEWEST = 10  # snapshots; fewer say nothing about a recording
_LEAST = 0.01  # of a deviation, as in training: what hardly varied is not blown up
_NAMED = 3


@dataclass(frozen=True)
class Drift:
    """How far a recording's scores are from those that taught a network."""

    distance: float
    """Mean squared deviation of all inputs from the mean of the training set, in its variances; 1
    for the training set itself."""
    farthest: tuple[str, ...]
    """Scores that deviate most."""

    @property
    def far(self) -> bool:
        """Whether the network's answers are not to be relied on."""
        return self.distance > FAR

    @property
    def sentence(self) -> str:
        """What to say of it."""
        return (
            "these scores are far from those that the network was taught with (mean squared "
            f"deviation {self.distance:.1f} where its own have 1; most: "
            f"{', '.join(self.farthest)}): its answers are not to be relied on. Were they made by "
            "another device or tracker?"
        )


def drift_of(network: Network, snapshots: Snapshots) -> Drift | None:
    """Compare a recording with what taught a network.

    Parameters
    ----------
    network : SelfNorm or Recurrent
        With the mean and deviation of its inputs in training; one of raw inputs keeps them in its
        notes.
    snapshots : Snapshots
        Of the recording; scores that it lacks are not compared.

    Returns
    -------
    drift : Drift or None
        None of fewer than ten snapshots, or where the network does not say what taught it.
    """
    mean, scale = network.mean, network.scale
    if isinstance(network, SelfNorm) and not network.config.standardise:
        noted = network.notes.get("inputs")
        if not isinstance(noted, dict) or len(noted.get("mean", ())) != len(mean):
            return None
        mean, scale = np.array(noted["mean"]), np.maximum(np.array(noted["sd"]), _LEAST)
    there = [k for k, name in enumerate(network.names) if name in snapshots.names]
    if len(snapshots) < _FEWEST or not there:
        return None
    aligned = snapshots.aligned(network.names)
    inputs = aligned.scores
    if isinstance(network, SelfNorm):
        inputs = network.config.features.of(aligned)
    squared = (((inputs - mean) / scale)[:, there].astype(np.float64) ** 2).mean(0)
    most = np.argsort(-squared)[:_NAMED]
    return Drift(float(squared.mean()), tuple(network.names[there[k]] for k in most))
