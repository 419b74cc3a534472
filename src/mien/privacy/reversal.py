"""Computing the original back: a small inverse, learnt from other people's clips.

Somebody who has clips of other people before and after, made with the same settings, can learn what
de-identification does and undo part of it. Here the inverse is linear (ridge regression), once from
picture to picture and once from descriptor to descriptor. Nobody's guess is computed by an inverse
that has seen that person: people are held out in turn. What a deep network would get back is more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.privacy.inverse import Inverse
from mien.privacy.linkage.cohort import Cohort, Stretch
from mien.privacy.linkage.identification import Identification, identify
from mien.privacy.linkage.observation import PICTURE, Observation
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser

GUESSES = ("nothing", "output", "picture", "descriptor")
NEEDED = 4  # people
_CHIP = 150  # pixels; what the recogniser sees
_FOLDS = 6
_BLOCKS = 12
_PAIRS = 2000  # frames that an inverse learns from, at most: bounds memory
_SAME_S = 0.02  # frames of original and result that are one moment


@dataclass(frozen=True)
class Guess:
    """How near one kind of guess comes to the truth."""

    guess: str
    """`nothing` (the mean of the other people), `output` (the result as it is), `picture` or
    `descriptor` (what an inverse makes of the result)."""
    distance: float
    """Mean recogniser distance from guess to the original of the same moment; each person counts
    once."""
    nearest: float
    """Smallest such distance."""
    matched: float
    """Share of frames in which it is below the recogniser's threshold."""
    identification: Identification
    """How well the guesses name people among those held out with them."""
    among_others: Identification | None
    """The same with the others added; None without others."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "guess": self.guess,
            "distance": round(self.distance, 4),
            "nearest": round(self.nearest, 4),
            "matched": round(self.matched, 4),
            **self.identification.as_dict(),
            "among_others": self.among_others.as_dict() if self.among_others else None,
        }


@dataclass(frozen=True)
class Reversal:
    """What came of computing the originals back."""

    pairs: int
    """Frames, before and after, that the inverses could learn from."""
    others: int
    """Further people among whom the guesses had to be named as well."""
    apart: float
    """Mean recogniser distance between frames of the originals of two people."""
    guesses: list[Guess]
    """In the order of `GUESSES`."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "pairs": self.pairs,
            "others": self.others,
            "apart": round(self.apart, 4),
            "guesses": [guess.as_dict() for guess in self.guesses],
        }


def reverse(
    cohort: Cohort,
    recogniser: Recogniser,
    others: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Reversal:
    """Guess the originals of a cohort's probes from their results.

    People are held out in groups. A guess is named among those who were held out with its person:
    an inverse makes its guesses of those whom it has seen, so they would be taken for everybody. A
    guess is named by its direction from the mean face of the people who were learnt from: by
    distance alone a guess near the mean is near to everybody. The direction of an output is that
    from the mean output, and of the others that from their own mean.

    Parameters
    ----------
    cohort : Cohort
        From `mien.privacy.linkage.cohort.gather`; at least four people.
    recogniser : Recogniser
        Describes the guesses.
    others : np.ndarray [shape=(n, 128)], optional
        Descriptors of further people, one each, among whom the guesses have to be named as well.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    ParameterError
        If there are fewer than four people, or originals and results share no moment.
    """
    if len(cohort.people) < NEEDED:
        raise ParameterError(
            f"Reversal needs clips of at least {NEEDED} people: two to learn from and two to tell "
            "apart."
        )
    pairs = _Pairs.of(cohort)
    # a picture is guessed as a change to the output; a descriptor is guessed as a whole
    output, original = pairs.rows("result", "pictures"), pairs.rows("original", "pictures")
    from_pictures = Inverse(output, original - output, pairs.blocks, pairs.count)
    del output, original
    before, after = pairs.rows("original", "descriptors"), pairs.rows("result", "descriptors")
    from_descriptors = Inverse(after, before, pairs.blocks, pairs.count)
    line = _Line.of(cohort, others)
    if progress is not None:
        progress("reversing", 0, None)
    for probe, (truly, shown) in pairs.of_probes():
        fold = pairs.fold_of[probe.person]
        learnt = pairs.folds != fold
        middle, middle_after = before[learnt].mean(0), after[learnt].mean(0)
        pictures = probe.result.pictures[shown].reshape(len(shown), -1).astype(np.float32)
        changed = np.clip(pictures + from_pictures.predict(pictures, fold), 0, 255)
        seen = probe.result.descriptors[shown].astype(np.float32)
        made = {
            "nothing": (middle[None], middle),
            "output": (seen, middle_after),
            "picture": (_describe(changed, recogniser), middle),
            "descriptor": (from_descriptors.predict(seen, fold), middle),
        }
        there = np.array([pairs.fold_of.get(name, fold) == fold for name in line.names])
        for name in GUESSES:
            guess, centre = made[name]
            line.face(name, guess, probe.original.descriptors[truly], centre, middle, there)
    guesses = [line.told(name, cohort, recogniser.threshold) for name in GUESSES]
    return Reversal(len(pairs.folds), len(line.strange), _apart(cohort), guesses)


@dataclass(frozen=True)
class _Pairs:
    """Moments that a cohort's originals and results share, and who is held out with whom."""

    cohort: Cohort
    matches: list[tuple[np.ndarray, np.ndarray]]
    """Of each stretch, those of the gallery first: numbers of the frames before, and after."""
    fold_of: dict[str, int]
    """By person."""
    blocks: np.ndarray
    """Of each moment, shape (n,): its person's block. A block's fold is the remainder."""
    count: int
    """Number of folds."""

    @property
    def folds(self) -> np.ndarray:
        return self.blocks % self.count

    @classmethod
    def of(cls, cohort: Cohort) -> _Pairs:
        stretches = [*cohort.gallery, *cohort.probes]
        matches = [_moments(stretch.original, stretch.result) for stretch in stretches]
        for stretch, match in zip(stretches, matches, strict=True):
            if not len(match[0]):
                raise ParameterError(
                    f"Original and result of {stretch.name} share no moment in which the face was "
                    "seen: reversal needs results with the timing of their originals."
                )
        most = max(1, _PAIRS // len(stretches))
        matches = [
            (before[:: _step(before, most)], after[:: _step(after, most)])
            for before, after in matches
        ]
        people = cohort.people
        count = min(_FOLDS, max(2, len(people) // 3))
        block_of = {person: k % min(_BLOCKS, len(people)) for k, person in enumerate(people)}
        of_each = [
            np.full(len(match[0]), block_of[stretch.person])
            for stretch, match in zip(stretches, matches, strict=True)
        ]
        fold_of = {person: block % count for person, block in block_of.items()}
        return cls(cohort, matches, fold_of, np.concatenate(of_each), count)

    def rows(self, kind: str, what: str) -> np.ndarray:
        """`pictures` or `descriptors` of `original` or `result` at all moments, shape (n, p)."""
        side = 0 if kind == "original" else 1
        stretches = [*self.cohort.gallery, *self.cohort.probes]
        found = [
            getattr(getattr(stretch, kind), what)[match[side]]
            for stretch, match in zip(stretches, self.matches, strict=True)
        ]
        return np.concatenate(found).reshape(len(self.blocks), -1).astype(np.float32)

    def of_probes(self) -> Iterator[tuple[Stretch, tuple[np.ndarray, np.ndarray]]]:
        """The probes and their moments."""
        matches = self.matches[len(self.cohort.gallery) :]
        return zip(self.cohort.probes, matches, strict=True)


class _Line:
    """Those among whom a guess is named, and how it went."""

    def __init__(self, names: list[str], gallery: np.ndarray, strange: np.ndarray) -> None:
        self.names, self.strange = names, strange
        self._gallery = gallery
        self._distances: dict[str, list[np.ndarray]] = {name: [] for name in GUESSES}
        self._unlike: dict[str, list[np.ndarray]] = {name: [] for name in GUESSES}

    @classmethod
    def of(cls, cohort: Cohort, others: np.ndarray | None) -> _Line:
        gallery = np.stack([stretch.original.mean for stretch in cohort.gallery])
        strange = np.empty((0, 128)) if others is None else np.asarray(others, np.float64)
        if len(strange):  # portraits differ from video as a whole, which must not give them away
            strange = strange - strange.mean(0)
        return cls([stretch.person for stretch in cohort.gallery], gallery, strange)

    def face(
        self,
        kind: str,
        guess: np.ndarray,
        truth: np.ndarray,
        centre: np.ndarray,
        middle: np.ndarray,
        there: np.ndarray,
    ) -> None:
        """Compare a guess of one probe with the truth, and with everybody who is `there`."""
        self._distances[kind].append(np.linalg.norm(guess - truth, axis=1))
        towards = np.concatenate([self._gallery - middle, self.strange])
        row = 1 - _unit(towards) @ _unit(guess.mean(0) - centre)
        row[: len(self.names)][~there] = np.inf
        self._unlike[kind].append(row)

    def told(self, kind: str, cohort: Cohort, threshold: float) -> Guess:
        """What came of one kind of guess; each person counts once."""
        people = [probe.person for probe in cohort.probes]
        share = np.array([1 / people.count(person) for person in people])
        share /= share.sum()
        all_names = self.names + [f"\0{k}" for k in range(len(self.strange))]  # no file's names
        distances, unlike = self._distances[kind], np.stack(self._unlike[kind])
        return Guess(
            kind,
            float(share @ [found.mean() for found in distances]),
            float(min(found.min() for found in distances)),
            float(share @ [(found < threshold).mean() for found in distances]),
            identify(unlike[:, : len(self.names)], people, self.names),
            identify(unlike, people, all_names) if len(self.strange) else None,
        )


def _step(found: np.ndarray, most: int) -> int:
    """Every how many-th is taken, so that there are not too many and they are spread."""
    return -(-len(found) // most)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12))


def _moments(original: Observation, result: Observation) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the described frames of original and result that show the same moment."""
    apart = np.abs(original.looked[:, None] - result.looked[None])
    before = np.flatnonzero(apart.min(1) < _SAME_S)
    return before, apart[before].argmin(1)


def _describe(pictures: np.ndarray, recogniser: Recogniser) -> np.ndarray:
    """Descriptors of guessed pictures, shape (n, 128)."""
    chips = [
        cv2.resize(picture, (_CHIP, _CHIP), interpolation=cv2.INTER_CUBIC)
        for picture in pictures.reshape(-1, PICTURE, PICTURE, 3).round().astype(np.uint8)
    ]
    return recogniser.describe_all(chips)


def _apart(cohort: Cohort) -> float:
    """Mean distance between frames of the originals of two people."""
    found = [
        float(
            np.linalg.norm(
                probe.original.descriptors[0] - other.original.descriptors, axis=1
            ).mean()
        )
        for probe in cohort.probes
        for other in cohort.gallery
        if probe.person != other.person
    ]
    return float(np.mean(found))
