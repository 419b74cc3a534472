"""How often an attacker names a probe rightly, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError

_DRAWS = 400


@dataclass(frozen=True)
class Rate:
    """A rate with its 95 % interval."""

    value: float
    """The rate, 0 to 1."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""
    chance: float
    """What guessing gives."""

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval lies above what guessing gives."""
        return self.low > self.chance


@dataclass(frozen=True)
class Identification:
    """How well probes are named from a gallery."""

    probes: int
    """Stretches to be named."""
    people: int
    """People among the probes; the intervals count these."""
    candidates: int
    """People whom a probe could be taken for; the fewest, if that differs between probes."""
    rank1: Rate
    """Share of probes whose nearest candidate is the right one; Wilson's interval."""
    rank5: Rate | None
    """Share whose right candidate is among the nearest five; None if any has five or fewer."""
    auc: Rate
    """Probability that somebody's own pair is nearer than a pair of two people; bootstrap."""
    eer: Rate
    """Rate at which as many own pairs are missed as strange ones are taken; bootstrap."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded."""
        found: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, dict):
                value = {key: round(part, 4) for key, part in value.items()}
            found[name] = value
        return found


def identify(
    distance: np.ndarray, probes: Sequence[str], gallery: Sequence[str], seed: int = 0
) -> Identification:
    """Name each probe by its nearest candidate, and say how often that is right.

    A candidate is as near as the nearest of their gallery entries. Candidates at the same distance
    share what they win, so that distances that say nothing give chance. Rates count each person
    once, however many probes they have, since clips of one person resemble each other; so do the
    intervals.

    Parameters
    ----------
    distance : np.ndarray [shape=(n_probes, n_gallery)]
        Any measure of unlikeness; infinite where an entry is no candidate for a probe.
    probes, gallery : sequence of str
        Who is in each row and in each column.
    seed : int
        Decides the draws of the bootstrap.

    Raises
    ------
    ParameterError
        If the shapes differ, or a probe has fewer than two candidates or not the right one.
    """
    if distance.shape != (len(probes), len(gallery)) or not len(probes):
        raise ParameterError(
            f"{len(probes)} probes and {len(gallery)} gallery entries need as many distances, not "
            f"{distance.shape}."
        )
    candidates = sorted(set(gallery))
    column = {person: k for k, person in enumerate(candidates)}
    nearest = np.full((len(probes), len(candidates)), np.inf)
    for k, person in enumerate(gallery):
        nearest[:, column[person]] = np.minimum(nearest[:, column[person]], distance[:, k])
    own = np.array([column.get(person, -1) for person in probes])
    true = nearest[np.arange(len(own)), own]
    among = np.isfinite(nearest).sum(1)
    if own.min() < 0 or not np.isfinite(true).all() or among.min() < 2:
        raise ParameterError(
            "Naming needs at least two candidates for each probe, and the right one among them."
        )
    better = (nearest < true[:, None]).sum(1)
    equal = (nearest == true[:, None]).sum(1)
    people = len(set(probes))
    share = 1 / np.bincount(own, minlength=len(candidates))[own]  # of each probe in its person

    def within(rank: int) -> Rate:
        value = min(1.0, float(np.clip((rank - better) / equal, 0, 1) @ share / people))
        chance = float(np.minimum(1, rank / among) @ share / people)
        return Rate(value, *_wilson(value, people), chance)

    auc, eer = _verification(nearest, own, share, seed)
    fewest = int(among.min())
    five = within(5) if fewest > 5 else None
    return Identification(len(probes), people, fewest, within(1), five, auc, eer)


def _wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate seen in n trials (JASA 22, 1927)."""
    z2 = 1.959964**2
    middle = (value + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (value * (1 - value) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def _verification(
    nearest: np.ndarray, own: np.ndarray, share: np.ndarray, seed: int
) -> tuple[Rate, Rate]:
    """Area under the curve and equal error rate over all pairs, with people drawn anew."""
    genuine = np.zeros(nearest.shape, bool)
    genuine[np.arange(len(own)), own] = True
    levels, level = np.unique(nearest.ravel(), return_inverse=True)
    ours = genuine.ravel()
    strange = np.isfinite(nearest).ravel() & ~ours

    def measure(weight: np.ndarray) -> tuple[float, float]:
        # who is drawn twice counts twice, alone as well as in a pair
        probe = (share * weight[own])[:, None]
        pairs = (probe * weight[None]).ravel()
        singles = (probe * np.ones(len(weight))[None]).ravel()
        same = np.bincount(level[ours], singles[ours], len(levels))
        other = np.bincount(level[strange], pairs[strange], len(levels))
        if same.sum() == 0 or other.sum() == 0:
            return np.nan, np.nan
        same, other = same / same.sum(), other / other.sum()
        taken, found = np.cumsum(other), np.cumsum(same)
        auc = float(same @ (1 - taken + other / 2))
        gap = np.r_[0, taken] - np.r_[1, 1 - found]
        k = int(np.searchsorted(gap, 0))  # gap grows with the distance that is still taken
        a, b = np.r_[0, taken][k - 1 : k + 1], gap[k - 1 : k + 1]
        eer = float(a[0] + (a[1] - a[0]) * (-b[0]) / (b[1] - b[0]))
        return auc, eer

    rng = np.random.default_rng(seed)
    whole = measure(np.ones(nearest.shape[1]))
    those = np.unique(own)
    draws = []
    for _ in range(_DRAWS):
        weight = np.ones(nearest.shape[1])  # who is in the gallery only always stays
        weight[those] = np.bincount(rng.integers(len(those), size=len(those)), minlength=len(those))
        draws.append(measure(weight))
    low, high = np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0)
    auc, eer = (Rate(whole[k], float(low[k]), float(high[k]), 0.5) for k in (0, 1))
    return auc, eer
