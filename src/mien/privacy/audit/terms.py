"""A result against its original frame by frame, and part by part, in FaceMotionPreserve's terms.

The audit asks for the nearest of many original frames, which is what an attacker has. Papers on
face exchange compare each frame with its own original and with the face that was given instead
[1]_: the same question asked more kindly, and in numbers that can be set beside theirs.

References
----------
.. [1] FaceMotionPreserve, npj Digital Medicine, 2024: cosine to the original and to the surrogate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy  # loads its parts when they are used

from mien.recognition.recogniser import distances

ONE_IN = 1000
"""Of pairs of other people that a threshold for a part of a picture lets pass."""


@dataclass(frozen=True)
class OwnFrames:
    """Each output frame of one person against the original frame of the same moment."""

    frames: int
    """How many were compared."""
    cosine_mean: float
    """Mean cosine to the own original, -1 to 1."""
    cosine_sd: float
    """Its standard deviation."""
    share_recognised: float
    """Share of them in which the recogniser takes the two for one person, 0 to 1."""
    to_surrogate_mean: float | None = None
    """Mean cosine to the face that was given instead; None where that is not known."""
    to_surrogate_share: float | None = None
    """Share of frames that the recogniser takes for that face."""
    share_nearer_original: float | None = None
    """Share of frames that are nearer to the original than to that face."""
    paired_t: float | None = None
    """Student's t of the cosines to the original less those to that face, pair by pair."""
    paired_p: float | None = None
    """Its two-sided p."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON; without what is not known."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class OnePart:
    """What a recogniser makes of a part of the picture alone."""

    part: str
    """Which is left, see `mien.recognition.parts.PARTS`."""
    frames: int
    """Output frames that were compared."""
    cosine_mean: float
    """Mean cosine to the own original, -1 to 1."""
    rank1: float | None
    """Share of the output frames in which the person is picked among others, of whom the same part
    is seen; None where there are none."""
    share_recognised: float | None
    """Share of the output frames whose nearest original is nearer than all but one in `ONE_IN`
    pairs of others are to each other."""
    others: int
    """How many others."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def own_frames(
    originals: np.ndarray,
    results: np.ndarray,
    threshold: float,
    surrogate: np.ndarray | None = None,
) -> OwnFrames:
    """Compare each output frame with its own original.

    Parameters
    ----------
    originals, results : np.ndarray [shape=(n, size)]
        Descriptors of the same moments; n at least 1.
    threshold : float
        Distance under which the recogniser takes two faces for one person.
    surrogate : np.ndarray [shape=(size,)], optional
        Descriptor of the face that was given.
    """
    own = _cosines(originals, results)
    apart = np.linalg.norm(np.asarray(originals) - np.asarray(results), axis=1)
    found = OwnFrames(
        len(own), _rounded(own.mean()), _rounded(own.std()), _rounded((apart < threshold).mean())
    )
    if surrogate is None:
        return found
    given = np.broadcast_to(surrogate, results.shape)
    other, away = _cosines(given, results), np.linalg.norm(results - given, axis=1)
    test = scipy.stats.ttest_rel(own, other) if len(own) > 1 and np.ptp(own - other) > 0 else None
    return OwnFrames(
        found.frames,
        found.cosine_mean,
        found.cosine_sd,
        found.share_recognised,
        _rounded(other.mean()),
        _rounded((away < threshold).mean()),
        _rounded((own > other).mean()),
        None if test is None else round(float(test.statistic), 3),
        None if test is None else float(f"{test.pvalue:.3g}"),
    )


def one_part(
    part: str,
    originals: np.ndarray,
    results: np.ndarray,
    moments: np.ndarray,
    others: np.ndarray | None,
) -> OnePart:
    """What is made of a part of the picture.

    Parameters
    ----------
    part : str
        One of `mien.recognition.parts.PARTS`.
    originals : np.ndarray [shape=(m, size)]
        Descriptors of that part of original frames.
    results : np.ndarray [shape=(n, size)]
        Of output frames; n at least 1.
    moments : np.ndarray [shape=(n, size)]
        Of the original frames of the same moments.
    others : np.ndarray [shape=(k, size)], optional
        Of other people.
    """
    cosine = _rounded(_cosines(moments, results).mean())
    if others is None or len(others) < 2:
        return OnePart(part, len(results), cosine, None, None, 0)
    nearest = distances(results, originals).min(1)
    rank1 = nearest < distances(results, others).min(1)
    threshold = np.quantile(scipy.spatial.distance.pdist(others), 1 / ONE_IN)
    return OnePart(
        part,
        len(results),
        cosine,
        _rounded(rank1.mean()),
        _rounded((nearest < threshold).mean()),
        len(others),
    )


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of the rows of two arrays, shapes (n, d), as (n,)."""
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / np.maximum(length, 1e-12))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
