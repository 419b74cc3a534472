"""Computing the original back: a small inverse, learnt from other people's clips.

Somebody who has clips of other people before and after, made with the same settings, can learn what
de-identification does and undo part of it. Here the inverse is linear (ridge regression), once from
picture to picture and once from descriptor to descriptor. Nobody's guess is computed by an inverse
that has seen that person: people are held out in turn. What a deep network would get back is more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.privacy.linkage.cohort import Cohort
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
_COMPONENTS = 128
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # of the penalty, in mean variances of a component
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
    stretches = [*cohort.gallery, *cohort.probes]
    matches = [_moments(stretch.original, stretch.result) for stretch in stretches]
    if not all(len(match[0]) for match in matches):
        bare = next(
            s.name for s, match in zip(stretches, matches, strict=True) if not len(match[0])
        )
        raise ParameterError(
            f"Original and result of {bare} share no moment in which the face was seen: reversal "
            "needs results with the timing of their originals."
        )
    most = max(1, _PAIRS // len(stretches))
    matches = [
        (before[:: _step(before, most)], after[:: _step(after, most)]) for before, after in matches
    ]
    number = {person: k for k, person in enumerate(cohort.people)}
    count = min(_FOLDS, max(2, len(number) // 3))
    block_of = {person: k % min(_BLOCKS, len(number)) for person, k in number.items()}
    fold_of = {person: block % count for person, block in block_of.items()}
    blocks = np.concatenate(
        [np.full(len(m[0]), block_of[s.person]) for s, m in zip(stretches, matches, strict=True)]
    )
    folds = blocks % count

    def rows(kind: str, what: str) -> np.ndarray:
        side = 0 if kind == "original" else 1
        found = [
            getattr(getattr(s, kind), what)[m[side]]
            for s, m in zip(stretches, matches, strict=True)
        ]
        return np.concatenate(found).reshape(len(folds), -1).astype(np.float32)

    # a picture is guessed as a change to the output; a descriptor is guessed as a whole
    output, original = rows("result", "pictures"), rows("original", "pictures")
    from_pictures = _Inverse(output, original - output, blocks, count)
    del original
    before, after = rows("original", "descriptors"), rows("result", "descriptors")
    from_descriptors = _Inverse(after, before, blocks, count)
    gallery = np.stack([stretch.original.mean for stretch in cohort.gallery])
    names = [stretch.person for stretch in cohort.gallery]
    strange = np.empty((0, 128)) if others is None else np.asarray(others, np.float64)
    if len(strange):  # portraits differ from video as a whole, which must not give them away
        strange = strange - strange.mean(0)
    distances: dict[str, list[np.ndarray]] = {name: [] for name in GUESSES}
    unlike: dict[str, list[np.ndarray]] = {name: [] for name in GUESSES}
    if progress is not None:
        progress("reversing", 0, None)
    for probe, (truly, shown) in zip(cohort.probes, matches[len(cohort.gallery) :], strict=True):
        fold = fold_of[probe.person]
        candidates = np.array([fold_of.get(person, fold) == fold for person in names])
        strangers = folds != fold
        middle, middle_after = before[strangers].mean(0), after[strangers].mean(0)
        pictures = probe.result.pictures[shown].reshape(len(shown), -1).astype(np.float32)
        changed = np.clip(pictures + from_pictures.predict(pictures, fold), 0, 255)
        seen = probe.result.descriptors[shown].astype(np.float32)
        for name, guess, centre in (
            ("nothing", middle[None], middle),
            ("output", seen, middle_after),
            ("picture", _describe(changed, recogniser), middle),
            ("descriptor", from_descriptors.predict(seen, fold), middle),
        ):
            distances[name].append(
                np.linalg.norm(guess - probe.original.descriptors[truly], axis=1)
            )
            towards = np.concatenate([gallery - middle, strange])
            row = 1 - _unit(towards) @ _unit(guess.mean(0) - centre)
            row[: len(names)][~candidates] = np.inf
            unlike[name].append(row)
    people = [probe.person for probe in cohort.probes]
    share = np.array([1 / people.count(person) for person in people])
    share /= share.sum()
    all_names = names + [f"\0{k}" for k in range(len(strange))]  # names that no file can have
    guesses = [
        Guess(
            name,
            float(share @ [found.mean() for found in distances[name]]),
            float(min(found.min() for found in distances[name])),
            float(share @ [(found < recogniser.threshold).mean() for found in distances[name]]),
            identify(np.stack(unlike[name])[:, : len(names)], people, names),
            identify(np.stack(unlike[name]), people, all_names) if len(strange) else None,
        )
        for name in GUESSES
    ]
    return Reversal(len(folds), len(strange), _apart(cohort), guesses)


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


class _Inverse:
    """Ridge regression on principal components, one for each group of people left out.

    The components come from all outputs, since an attacker has those of the victims too. The
    penalty is the one that does best when each block of the people who are left is held out in
    turn, so the victims' originals have no part in it.

    Parameters
    ----------
    x : np.ndarray [shape=(n, p)]
        What the attacker sees.
    y : np.ndarray [shape=(n, q)]
        What the attacker wants.
    blocks : np.ndarray [shape=(n,)]
        Number of the block that each row's person belongs to.
    count : int
        Number of folds; a block's fold is the remainder of its number.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, blocks: np.ndarray, count: int) -> None:
        self._middle = x.mean(0)
        self._axes = _principal(x - self._middle)
        features = self._features(x)
        self._level = float(features[:, :-1].var(0).mean()) or 1.0
        parts = [blocks == block for block in range(blocks.max() + 1)]
        self._gram = np.stack([features[part].T @ features[part] for part in parts])
        self._cross = np.stack([features[part].T @ y[part] for part in parts])
        self._count = np.array([part.sum() for part in parts])
        some = self._cross[..., :: max(1, y.shape[1] // 1000)]  # enough columns to choose by
        wanted = y[:, :: max(1, y.shape[1] // 1000)]
        self._weights = {}
        for fold in range(count):
            left = [block for block in range(len(parts)) if block % count != fold]
            error = np.zeros(len(_STRENGTHS))
            for tried in left:
                learnt = [block for block in left if block != tried]
                cross = some[learnt].sum(0)
                for k, strength in enumerate(_STRENGTHS):
                    guess = features[parts[tried]] @ self._solve(learnt, strength, cross)
                    error[k] += float(((guess - wanted[parts[tried]]) ** 2).sum())
            best = _STRENGTHS[int(error.argmin())]
            self._weights[fold] = self._solve(left, best, self._cross[left].sum(0))

    def predict(self, x: np.ndarray, fold: int) -> np.ndarray:
        """What was wanted, by the inverse that knows nothing of this fold."""
        return np.asarray(self._features(x) @ self._weights[fold])

    def _features(self, x: np.ndarray) -> np.ndarray:
        return np.column_stack([(x - self._middle) @ self._axes.T, np.ones(len(x), x.dtype)])

    def _solve(self, keep: list[int], strength: float, cross: np.ndarray) -> np.ndarray:
        gram = self._gram[keep].sum(0)
        penalty = np.full(len(gram), strength * self._level * self._count[keep].sum())
        penalty[-1] = 1e-6  # the mean change costs nothing
        return np.linalg.solve(gram + np.diag(penalty).astype(gram.dtype), cross)


def _principal(x: np.ndarray) -> np.ndarray:
    """Leading principal axes of centred rows, by the smaller of the two Gram matrices."""
    count = min(_COMPONENTS, *x.shape)
    if len(x) < x.shape[1]:
        values, vectors = np.linalg.eigh(x @ x.T)
        kept = values[-count:] > 1e-6 * max(values[-1], 1e-12)
        axes = vectors[:, -count:][:, kept].T @ x
        return np.asarray(axes / np.linalg.norm(axes, axis=1, keepdims=True))
    return np.asarray(np.linalg.eigh(x.T @ x)[1][:, -count:].T)
