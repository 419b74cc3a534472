"""Checking a result with a recogniser before anybody gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from mien.errors import ParameterError, PrivacyError
from mien.recognition.recogniser import Recogniser, distances

_WORST = 8
_QUANTILES = (5, 25, 50, 75, 95)
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Audit:
    """How near one person's replaced face comes to any of the original ones.

    "Distance" is that of an output frame to the nearest original frame of the same person.
    """

    TOLD: ClassVar[tuple[str, ...]] = (
        "person", "frames", "gallery", "nearest", "mean", "threshold", "quantiles", "share_under",
        "share_upper", "rank1", "rank1_single", "others", "target", "recogniser", "passed",
    )  # fmt: skip
    """What others may be told of it: not which frames come nearest, nor how near the surrogate."""

    person: int
    """Number of the person."""
    frames: int
    """Output frames that were compared."""
    gallery: int
    """Original frames that each was compared with."""
    nearest: float
    """Smallest distance."""
    mean: float
    """Mean distance."""
    threshold: float
    """Distance under which the recogniser takes two faces for one person."""
    quantiles: dict[str, float] = field(default_factory=dict)
    """Distance below which 5, 25, 50, 75 and 95 % of the output frames lie, by percentage."""
    share_under: float = 0.0
    """Share of the output frames whose distance is below the threshold, 0 to 1."""
    share_upper: float = 1.0
    """Upper 95 % bound of that share over all frames, as if those compared were drawn by chance."""
    rank1: float | None = None
    """Share of the output frames whose nearest among the person and the others is the person."""
    rank1_single: float | None = None
    """The same where one original frame is all that is known of the person: the mean over every
    original frame in turn."""
    others: int = 0
    """Other people that the person was mixed with for `rank1`."""
    to_surrogate: float | None = None
    """Mean distance of the output frames to the surrogate itself; None if that is not known."""
    worst: list[int] = field(default_factory=list)
    """Numbers of the output frames with the smallest distances, nearest first, at most 8."""
    under: list[int] = field(default_factory=list, repr=False)
    """Numbers of all output frames that do not keep the distance, increasing."""
    target: float = 0.0
    """Distance that every output frame has to keep."""
    recogniser: str = ""
    """Name of the recogniser."""

    @property
    def passed(self) -> bool:
        """Whether no compared frame is recognised."""
        return self.share_under == 0 and self.nearest >= max(self.target, self.threshold)

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        found = {**asdict(self), "passed": self.passed}
        del found["under"]  # of a result that is published there are none
        return found


def _check_any(person: int, originals: np.ndarray, results: np.ndarray) -> None:
    """Withhold what nothing was looked at of."""
    if not len(originals) or not len(results):
        raise PrivacyError(
            f"The output was withheld: no frame of person {person + 1} could be compared with the "
            "original; use --engine mask, or cut the clip to where the face is seen."
        )


def _target(wanted: float | None, recogniser: Recogniser) -> float:
    """The distance that every frame has to keep."""
    target = recogniser.threshold if wanted is None else float(wanted)
    if target < recogniser.threshold:
        raise ParameterError(
            f"target is {target:g}: choose at least the recogniser's {recogniser.threshold:g}."
        )
    return target


def _numbered(
    frames: Sequence[int] | np.ndarray | None, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of frames, each once, and the place among them of each of `count` descriptors."""
    numbers = np.arange(count) if frames is None else np.asarray(frames, int)
    if len(numbers) != count:
        raise ParameterError(f"{len(numbers)} frame numbers for {count} descriptors.")
    numbers, which = np.unique(numbers, return_inverse=True)
    return numbers, which


def _ranks(
    originals: np.ndarray, results: np.ndarray, others: np.ndarray | None, which: np.ndarray
) -> tuple[float | None, float | None]:
    """`Audit.rank1` and `Audit.rank1_single`; None without other people."""
    if others is None or not len(others):
        return None, None
    nearer = distances(results, originals) < distances(results, others).min(1)[:, None]
    rank1 = _rounded((_smallest(1.0 - nearer.any(1), which) == 0).mean())
    single = np.zeros((int(which.max()) + 1, len(originals)), bool)
    np.logical_or.at(single, which, nearer)
    return rank1, _rounded(single.mean())


def audit(
    person: int,
    originals: np.ndarray,
    results: np.ndarray,
    recogniser: Recogniser,
    *,
    frames: Sequence[int] | np.ndarray | None = None,
    others: np.ndarray | None = None,
    surrogate: np.ndarray | None = None,
    target: float | None = None,
) -> Audit:
    """Compare descriptors of a person's output frames with all sampled originals.

    Parameters
    ----------
    person : int
        Number of the person.
    originals, results : np.ndarray [shape=(n, size)]
        Descriptors of original and of output frames.
    recogniser : Recogniser
        Where they come from.
    frames : sequence of int, optional
        Frame numbers of `results`; their places in it by default. A frame may be given several
        times, in different views: the nearest counts.
    others : np.ndarray [shape=(n, size)], optional
        Descriptors of other people, for `Audit.rank1`.
    surrogate : np.ndarray [shape=(size,)], optional
        Descriptor of the face that the person was given.
    target : float, optional
        Distance that every frame has to keep; the recogniser's threshold by default.

    Raises
    ------
    ParameterError
        If `target` is below the threshold, or `frames` are not as many as `results`.
    PrivacyError
        If there is nothing to compare: what was not looked at has not passed.
    """
    target = _target(target, recogniser)
    _check_any(person, originals, results)
    numbers, which = _numbered(frames, len(results))
    distance = _smallest(distances(results, originals).min(1), which)
    under = int((distance < recogniser.threshold).sum())
    rank1, rank1_single = _ranks(originals, results, others, which)
    away = None if surrogate is None else np.linalg.norm(results - surrogate, axis=1).mean()
    nearest, mean = _rounded(distance.min()), _rounded(distance.mean())
    return Audit(
        *(person, len(numbers), len(originals), nearest, mean, recogniser.threshold),
        quantiles={str(q): _rounded(np.percentile(distance, q)) for q in _QUANTILES},
        share_under=_rounded(under / len(numbers)),
        share_upper=_rounded(upper_bound(under, len(numbers))),
        rank1=rank1,
        rank1_single=rank1_single,
        others=0 if others is None else len(others),
        to_surrogate=None if away is None else _rounded(away),
        worst=numbers[np.argsort(distance, kind="stable")[:_WORST]].tolist(),
        under=numbers[distance < target].tolist(),
        target=target,
        recogniser=recogniser.name,
    )


def upper_bound(hits: int, trials: int, confidence: float = _CONFIDENCE) -> float:
    """Largest share that still gives so few hits by chance: the exact binomial bound.

    With no hit in n trials it is about 3 / n [1]_.

    Parameters
    ----------
    hits, trials : int
        How often something happened, out of how many.
    confidence : float
        One-sided, 0 to 1.

    References
    ----------
    .. [1] Clopper & Pearson, Biometrika 26, 1934; Hanley & Lippman-Hand, JAMA 249, 1983.
    """
    from scipy.special import betaincinv

    if hits >= trials:
        return 1.0
    return float(betaincinv(hits + 1, trials - hits, confidence))


def enforce(
    audits: Iterable[Audit],
    places: Mapping[int, str] | None = None,
    remark: str = "",
    *,
    judges: bool = False,
) -> None:
    """Withhold a result in which somebody is recognised.

    Parameters
    ----------
    audits : iterable of Audit
        What was found of each person.
    places : mapping, optional
        By a person's number, where and when they are seen, in words.
    remark : str
        What else may be the reason, added to the sentence.
    judges : bool
        Whether those who look had no part in choosing the face, so that pushing it further would
        not have helped.

    Raises
    ------
    PrivacyError
        Naming the person, the distance and what to try.
    """
    audits = list(audits)
    several_people = len({found.person for found in audits}) > 1
    for found in audits:
        if found.passed:
            continue
        who = f" by {found.recogniser}" if found.recogniser else ""
        if judges:
            who += ", which had no part in choosing the face"
        number = found.person + 1
        where = f", nearest in frame {found.worst[0]}" if found.worst else ""
        seen = f", seen {places[found.person]}," if places and found.person in places else ""
        several = (
            f"; if that is nobody, or not the patient, --cover {number}" if several_people else ""
        )
        raise PrivacyError(
            f"The output was withheld: person {number}{seen} can still be recognised{who} "
            f"(distance {found.nearest:.2f}, needed {max(found.target, found.threshold):.2f}; "
            f"{found.share_under:.0%} of {found.frames} frames below{where}); try another "
            f"--surrogate, cut the clip where that face is, or use --engine mask{several}{remark}."
        )


def _smallest(values: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Smallest of the values of each frame, shape (n_frames,)."""
    found = np.full(int(which.max()) + 1, np.inf)
    np.minimum.at(found, which, values)
    return found


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
